//! The prefilter's first stage: which places may begin a gram.
//!
//! Every place is looked up in a bitmap by the hash of its four bytes. With AVX2 that is one gather for eight
//! places; elsewhere it is a loop without branches. Both visit the same places.

use std::ops::Range;

use super::keyword_tables::{BITMAP_WORDS, GRAM_BYTES, gram, hash};

/// A bit for each hash of a gram.
pub(super) type Bitmap = [u32; BITMAP_WORDS];

/// Tells which four bytes may be a gram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter<'a> {
    pub(super) bitmap: &'a Bitmap,
    /// What a gram is multiplied by to make its hash.
    pub(super) multiplier: u32,
}

impl Filter<'_> {
    fn may_be_gram(self, gram: u32) -> bool {
        let hash = hash(gram, self.multiplier);
        self.bitmap[hash / 32] >> (hash % 32) & 1 != 0
    }
}

/// How many places are looked up at once, and how many bytes are read for it.
const STEP: usize = 16;
const WINDOW: usize = STEP + 8;

/// Visits, in rising order, every place in `range` that may begin a gram, and perhaps some behind it. The last
/// gram may reach a byte beyond the end.
pub(super) fn candidates(
    bytes: &[u8],
    range: Range<usize>,
    filter: Filter<'_>,
    visit: &mut impl FnMut(usize, u32),
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calling into a target feature")]
        // SAFETY: AVX2 was detected on the line above.
        return unsafe { avx2::candidates(bytes, range, filter, visit) };
    }
    scalar(bytes, range, filter, visit);
}

/// The same without vectors.
fn scalar(
    bytes: &[u8],
    range: Range<usize>,
    filter: Filter<'_>,
    visit: &mut impl FnMut(usize, u32),
) {
    let mut at = range.start;
    while let Some(window) = window(bytes, at, range.end) {
        visit_lanes(at, window, mask(window, filter), visit);
        at += STEP;
    }
    tail(bytes, at..range.end, filter, visit);
}

/// The window at `at`, unless it begins behind `end` or does not wholly stand in `bytes`.
#[inline(always)]
fn window(bytes: &[u8], at: usize, end: usize) -> Option<&[u8; WINDOW]> {
    if at < end { bytes.get(at..)?.first_chunk() } else { None }
}

/// Visits the lanes of a window that are set in `found`.
#[inline(always)]
fn visit_lanes(
    at: usize,
    window: &[u8; WINDOW],
    mut found: u32,
    visit: &mut impl FnMut(usize, u32),
) {
    while found != 0 {
        let lane = found.trailing_zeros() as usize;
        found &= found - 1;
        visit(at + lane, gram(window, lane));
    }
}

/// Goes through what is left behind the last whole window of the bytes.
fn tail(bytes: &[u8], range: Range<usize>, filter: Filter<'_>, visit: &mut impl FnMut(usize, u32)) {
    let Some(rest) = bytes.get(range.start..).filter(|_| !range.is_empty()) else { return };
    // One more byte than there is: a keyword may be shorter than a gram.
    let mut end = [b' '; WINDOW + 1];
    end[..rest.len()].copy_from_slice(rest);
    for lane in 0..(rest.len() + 1).saturating_sub(GRAM_BYTES - 1) {
        let gram = gram(&end, lane);
        if filter.may_be_gram(gram) {
            visit(range.start + lane, gram);
        }
    }
}

/// The lanes of a window that may begin a gram, as bits.
fn mask(window: &[u8; WINDOW], filter: Filter<'_>) -> u32 {
    let bit = |lane| u32::from(filter.may_be_gram(gram(window, lane))) << lane;
    (0..STEP).fold(0, |found, lane| found | bit(lane))
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        _mm256_and_si256, _mm256_castsi256_ps, _mm256_i32gather_epi32, _mm256_movemask_ps,
        _mm256_mullo_epi32, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi32,
        _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_srlv_epi32,
    };

    use std::ops::Range;

    use super::{Filter, STEP, WINDOW, tail, visit_lanes, window};
    use crate::engine::keyword_tables::HASH_BITS;

    #[target_feature(enable = "avx2")]
    pub(super) fn candidates(
        bytes: &[u8],
        range: Range<usize>,
        filter: Filter<'_>,
        visit: &mut impl FnMut(usize, u32),
    ) {
        let mut at = range.start;
        while let Some(window) = window(bytes, at, range.end) {
            let found = mask(window, filter);
            if found != 0 {
                visit_lanes(at, window, found, visit);
            }
            at += STEP;
        }
        tail(bytes, at..range.end, filter, visit);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn mask(window: &[u8; WINDOW], filter: Filter<'_>) -> u32 {
        let (eights, _) = window.as_chunks::<8>();
        let first = i64::from_le_bytes(eights[0]);
        let second = i64::from_le_bytes(eights[1]);
        let third = i64::from_le_bytes(eights[2]);
        half_mask(first, second, filter) | half_mask(second, third, filter) << 8
    }

    /// The first eight places of sixteen bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn half_mask(low: i64, high: i64, filter: Filter<'_>) -> u32 {
        let bytes = _mm256_set_epi64x(high, low, high, low);
        let places = _mm256_setr_epi8(
            0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7,
            8, 9, 10,
        );
        let lower = _mm256_set1_epi32(0x2020_2020);
        let grams = _mm256_or_si256(_mm256_shuffle_epi8(bytes, places), lower);
        let hashes = _mm256_srli_epi32::<{ 32 - HASH_BITS as i32 }>(_mm256_mullo_epi32(
            grams,
            _mm256_set1_epi32(filter.multiplier.cast_signed()),
        ));
        #[expect(unsafe_code, reason = "a gather takes a pointer")]
        // SAFETY: the index of a word is a hash without its five lower bits, which is what the bitmap has.
        let words = unsafe {
            _mm256_i32gather_epi32::<4>(
                filter.bitmap.as_ptr().cast(),
                _mm256_srli_epi32::<5>(hashes),
            )
        };
        let bits = _mm256_srlv_epi32(words, _mm256_and_si256(hashes, _mm256_set1_epi32(31)));
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32::<31>(bits))).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bitmap, Filter, candidates, scalar};
    use crate::engine::keyword_tables::{BITMAP_WORDS, GramTables};

    #[test]
    fn every_machine_visits_the_same_places() {
        let keywords = [b"abc".to_vec(), b"token=".to_vec(), b"-----begin".to_vec()];
        let tables = GramTables::new(&keywords);
        let bitmap: Bitmap = tables.bitmap.try_into().unwrap();
        let filter = Filter { bitmap: &bitmap, multiplier: tables.multiplier };
        assert_eq!(bitmap.len(), BITMAP_WORDS);
        let text = b"a TOKEN= b, -----BEGIN c, xabc, abc".repeat(7);
        for length in 0..text.len() {
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            let bytes = &text[..length];
            candidates(bytes, 0..length, filter, &mut |at, gram| fast.push((at, gram)));
            scalar(bytes, 0..length, filter, &mut |at, gram| slow.push((at, gram)));
            assert_eq!(fast, slow, "{length}");
        }
    }
}
