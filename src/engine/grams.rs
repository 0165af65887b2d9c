//! The prefilter's first stage: which places may begin a gram.
//!
//! Every place is looked up in a bitmap by the hash of its four bytes. With AVX2 that is one gather for eight
//! places; elsewhere it is a loop without branches. Both visit the same places.

use super::keyword_tables::{BITMAP_WORDS, GRAM_BYTES, gram, hash};

/// A bit for each hash of a gram.
pub(super) type Bitmap = [u32; BITMAP_WORDS];

/// How many places are looked up at once, and how many bytes are read for it.
const STEP: usize = 16;
const WINDOW: usize = STEP + 8;

/// Visits, in rising order, every place in `bytes` that may begin a gram. The last gram may reach a byte beyond
/// the end.
pub(super) fn candidates(bytes: &[u8], bitmap: &Bitmap, visit: &mut impl FnMut(usize, u32)) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calling into a target feature")]
        // SAFETY: AVX2 was detected on the line above.
        return unsafe { avx2::candidates(bytes, bitmap, visit) };
    }
    scalar(bytes, bitmap, visit);
}

/// The same without vectors.
fn scalar(bytes: &[u8], bitmap: &Bitmap, visit: &mut impl FnMut(usize, u32)) {
    let mut at = 0;
    while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        visit_lanes(at, window, mask(window, bitmap), visit);
        at += STEP;
    }
    tail(bytes, at, bitmap, visit);
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

/// Goes through what is left behind the last whole window.
fn tail(bytes: &[u8], at: usize, bitmap: &Bitmap, visit: &mut impl FnMut(usize, u32)) {
    let end = [&bytes[at..], b" "].concat();
    for lane in 0..end.len().saturating_sub(GRAM_BYTES - 1) {
        let gram = gram(&end, lane);
        if is_gram(gram, bitmap) == 1 {
            visit(at + lane, gram);
        }
    }
}

fn is_gram(gram: u32, bitmap: &Bitmap) -> u32 {
    bitmap[hash(gram) / 32] >> (hash(gram) % 32) & 1
}

/// The lanes of a window that may begin a gram, as bits.
fn mask(window: &[u8; WINDOW], bitmap: &Bitmap) -> u32 {
    (0..STEP).fold(0, |found, lane| found | is_gram(gram(window, lane), bitmap) << lane)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        _mm256_and_si256, _mm256_castsi256_ps, _mm256_i32gather_epi32, _mm256_movemask_ps,
        _mm256_mullo_epi32, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi32,
        _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_srlv_epi32,
    };

    use super::{Bitmap, STEP, WINDOW, tail, visit_lanes};
    use crate::engine::keyword_tables::{HASH_BITS, MULTIPLIER};

    #[target_feature(enable = "avx2")]
    pub(super) fn candidates(bytes: &[u8], bitmap: &Bitmap, visit: &mut impl FnMut(usize, u32)) {
        let mut at = 0;
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let found = mask(window, bitmap);
            if found != 0 {
                visit_lanes(at, window, found, visit);
            }
            at += STEP;
        }
        tail(bytes, at, bitmap, visit);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn mask(window: &[u8; WINDOW], bitmap: &Bitmap) -> u32 {
        let (eights, _) = window.as_chunks::<8>();
        let first = i64::from_le_bytes(eights[0]);
        let second = i64::from_le_bytes(eights[1]);
        let third = i64::from_le_bytes(eights[2]);
        half_mask(first, second, bitmap) | half_mask(second, third, bitmap) << 8
    }

    /// The first eight places of sixteen bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn half_mask(low: i64, high: i64, bitmap: &Bitmap) -> u32 {
        let bytes = _mm256_set_epi64x(high, low, high, low);
        let places = _mm256_setr_epi8(
            0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7,
            8, 9, 10,
        );
        let lower = _mm256_set1_epi32(0x2020_2020);
        let grams = _mm256_or_si256(_mm256_shuffle_epi8(bytes, places), lower);
        let hashes = _mm256_srli_epi32::<{ 32 - HASH_BITS as i32 }>(_mm256_mullo_epi32(
            grams,
            _mm256_set1_epi32(MULTIPLIER.cast_signed()),
        ));
        #[expect(unsafe_code, reason = "a gather takes a pointer")]
        // SAFETY: the index of a word is a hash without its five lower bits, which is what the bitmap has.
        let words = unsafe {
            _mm256_i32gather_epi32::<4>(bitmap.as_ptr().cast(), _mm256_srli_epi32::<5>(hashes))
        };
        let bits = _mm256_srlv_epi32(words, _mm256_and_si256(hashes, _mm256_set1_epi32(31)));
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32::<31>(bits))).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bitmap, candidates, scalar};
    use crate::engine::keyword_tables::{BITMAP_WORDS, GramTables};

    #[test]
    fn every_machine_visits_the_same_places() {
        let keywords = [b"abc".to_vec(), b"token=".to_vec(), b"-----begin".to_vec()];
        let words = GramTables::new(&keywords).bitmap;
        let bitmap: Bitmap = words.try_into().unwrap();
        assert_eq!(bitmap.len(), BITMAP_WORDS);
        let text = b"a TOKEN= b, -----BEGIN c, xabc, abc".repeat(7);
        for length in 0..text.len() {
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            candidates(&text[..length], &bitmap, &mut |at, gram| fast.push((at, gram)));
            scalar(&text[..length], &bitmap, &mut |at, gram| slow.push((at, gram)));
            assert_eq!(fast, slow, "{length}");
        }
    }
}
