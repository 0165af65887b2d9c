//! The prefilter's first stage: which places may begin a gram.
//!
//! Every place is looked up in a bitmap by the hash of its four bytes. With AVX-512 that is one gather for sixteen
//! places, with AVX2 one for eight; NEON computes sixteen hashes at once and loads a byte for each; elsewhere it is a
//! loop without branches. All visit the same places.

use std::ops::Range;

use super::keyword_tables::{Bitmap, GRAM_BYTES, gram, hash};

/// Tells which four bytes may be a gram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter<'a> {
    pub(super) bitmap: &'a Bitmap,
    /// What a gram is multiplied by to make its hash.
    pub(super) multiplier: u32,
}

impl Filter<'_> {
    fn may_be_gram(self, gram: u32) -> bool {
        self.bitmap.may_have(hash(gram, self.multiplier))
    }
}

/// How many places are looked up at once, and how many bytes are read for it.
const STEP: usize = 16;
const WINDOW: usize = 2 * STEP;

/// Visits, in rising order, every place in `range` that may begin a gram, and perhaps some behind it. The last
/// gram may reach a byte beyond the end.
pub(super) fn candidates(
    bytes: &[u8],
    range: Range<usize>,
    filter: Filter<'_>,
    visit: &mut impl FnMut(usize, u32),
) {
    #[cfg(target_arch = "x86_64")]
    if avx512::is_here() {
        #[expect(unsafe_code, reason = "calling into a target feature")]
        // SAFETY: its features were detected on the line above.
        return unsafe { avx512::candidates(bytes, range, filter, visit) };
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calling into a target feature")]
        // SAFETY: AVX2 was detected on the line above.
        return unsafe { avx2::candidates(bytes, range, filter, visit) };
    }
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    #[expect(unsafe_code, reason = "calling into a target feature")]
    // SAFETY: the program is compiled for machines that have NEON.
    return unsafe { neon::candidates(bytes, range, filter, visit) };
    #[cfg(not(all(target_arch = "aarch64", target_feature = "neon")))]
    portable(bytes, range, filter, visit);
}

/// The same without instructions of one machine.
pub(super) fn portable(
    bytes: &[u8],
    range: Range<usize>,
    filter: Filter<'_>,
    visit: &mut impl FnMut(usize, u32),
) {
    let bit = |window: &[u8], lane| u32::from(filter.may_be_gram(gram(window, lane))) << lane;
    let mask = |window: &[u8; WINDOW]| (0..STEP).fold(0, |found, lane| found | bit(window, lane));
    by_masks(bytes, range, filter, visit, mask);
}

/// Visits the places in a range whose lanes are set in the mask of a window.
#[inline(always)]
fn by_masks(
    bytes: &[u8],
    range: Range<usize>,
    filter: Filter<'_>,
    visit: &mut impl FnMut(usize, u32),
    mask: impl Fn(&[u8; WINDOW]) -> u32,
) {
    let mut at = range.start;
    // What is found is visited when some more has been looked up: a branch behind each look-up would wait for it.
    while at < range.end {
        let (start, mut found) = (at, 0_u64);
        for lane in (0..u64::BITS).step_by(STEP) {
            let Some(window) = window(bytes, at, range.end) else { break };
            found |= u64::from(mask(window)) << lane;
            at += STEP;
        }
        if at == start {
            break;
        }
        visit_lanes(start, bytes, found, visit);
    }
    tail(bytes, at..range.end, filter, visit);
}

/// The window at `at`, unless it begins behind `end` or does not wholly stand in `bytes`.
#[inline(always)]
fn window(bytes: &[u8], at: usize, end: usize) -> Option<&[u8; WINDOW]> {
    if at < end { bytes.get(at..)?.first_chunk() } else { None }
}

/// Visits every lane that is set in `found`. Lane 0 is the place `at`.
#[inline(always)]
fn visit_lanes(at: usize, bytes: &[u8], mut found: u64, visit: &mut impl FnMut(usize, u32)) {
    while found != 0 {
        let lane = found.trailing_zeros() as usize;
        found &= found - 1;
        visit(at + lane, gram(bytes, at + lane));
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

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm256_loadu_si256, _mm512_and_si512, _mm512_castsi256_si512,
        _mm512_cmpeq_epi32_mask, _mm512_i32gather_epi32, _mm512_loadu_si512, _mm512_mullo_epi32,
        _mm512_or_si512, _mm512_permutexvar_epi8, _mm512_rolv_epi32, _mm512_set1_epi32,
        _mm512_srli_epi32,
    };
    use std::ops::Range;

    use super::{Filter, STEP, WINDOW, by_masks};
    use crate::engine::keyword_tables::{GRAM_BYTES, TO_BIT, TO_OTHER_BIT, TO_WORD};

    /// Lane for lane, the places of the four bytes of a gram.
    const PLACES: [u8; STEP * GRAM_BYTES] = {
        let mut places = [0; STEP * GRAM_BYTES];
        let mut at = 0;
        while at < places.len() {
            places[at] = (at / GRAM_BYTES + at % GRAM_BYTES) as u8;
            at += 1;
        }
        places
    };

    pub(super) fn is_here() -> bool {
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vbmi")
    }

    #[target_feature(enable = "avx512f,avx512vbmi")]
    pub(super) fn candidates(
        bytes: &[u8],
        range: Range<usize>,
        filter: Filter<'_>,
        visit: &mut impl FnMut(usize, u32),
    ) {
        by_masks(bytes, range, filter, visit, |window| mask(window, filter));
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    fn mask(window: &[u8; WINDOW], filter: Filter<'_>) -> u32 {
        #[expect(unsafe_code, reason = "loading vectors takes pointers")]
        // SAFETY: a window has as many bytes as the one vector, and PLACES as many as the other.
        let (window, places): (_, __m512i) = unsafe {
            (_mm256_loadu_si256(window.as_ptr().cast()), _mm512_loadu_si512(PLACES.as_ptr().cast()))
        };
        let grams = _mm512_permutexvar_epi8(places, _mm512_castsi256_si512(window));
        let grams = _mm512_or_si512(grams, _mm512_set1_epi32(0x2020_2020));
        let multiplier = _mm512_set1_epi32(filter.multiplier.cast_signed());
        let hashes = _mm512_mullo_epi32(grams, multiplier);
        #[expect(unsafe_code, reason = "a gather takes a pointer")]
        // SAFETY: an index is the upper bits of a hash, and the bitmap has a word for each.
        let words = unsafe {
            let index = _mm512_srli_epi32::<TO_WORD>(hashes);
            _mm512_i32gather_epi32::<4>(index, filter.bitmap.0.as_ptr().cast())
        };
        // A rotation takes the lowest five bits of its count.
        let one = _mm512_set1_epi32(1);
        let bits = _mm512_or_si512(
            _mm512_rolv_epi32(one, _mm512_srli_epi32::<TO_BIT>(hashes)),
            _mm512_rolv_epi32(one, _mm512_srli_epi32::<TO_OTHER_BIT>(hashes)),
        );
        u32::from(_mm512_cmpeq_epi32_mask(_mm512_and_si512(words, bits), bits))
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_castsi256_ps, _mm256_i32gather_epi32, _mm256_movemask_ps,
        _mm256_mullo_epi32, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi32,
        _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_srlv_epi32,
    };
    use std::ops::Range;

    use super::{Filter, WINDOW, by_masks};
    use crate::engine::keyword_tables::{TO_BIT, TO_OTHER_BIT, TO_WORD};

    #[target_feature(enable = "avx2")]
    pub(super) fn candidates(
        bytes: &[u8],
        range: Range<usize>,
        filter: Filter<'_>,
        visit: &mut impl FnMut(usize, u32),
    ) {
        by_masks(bytes, range, filter, visit, |window| mask(window, filter));
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
        let multiplier = _mm256_set1_epi32(filter.multiplier.cast_signed());
        let hashes = _mm256_mullo_epi32(grams, multiplier);
        #[expect(unsafe_code, reason = "a gather takes a pointer")]
        // SAFETY: an index is the upper bits of a hash, and the bitmap has a word for each; a gather needs no alignment.
        let words = unsafe {
            let index = _mm256_srli_epi32::<{ TO_WORD as i32 }>(hashes);
            _mm256_i32gather_epi32::<4>(filter.bitmap.0.as_ptr().cast(), index)
        };
        let shifted =
            |by: __m256i| _mm256_srlv_epi32(words, _mm256_and_si256(by, _mm256_set1_epi32(31)));
        let is_set = _mm256_and_si256(
            shifted(_mm256_srli_epi32::<{ TO_BIT as i32 }>(hashes)),
            shifted(_mm256_srli_epi32::<{ TO_OTHER_BIT as i32 }>(hashes)),
        );
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32::<31>(is_set))).cast_unsigned()
    }
}

/// NEON has no gather. Products, hashes and the test of the bits are vectors of places; only the bytes of the bitmap
/// are loaded one by one. The compiler makes twice as many instructions of [`mask`](super::mask).
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon {
    use std::arch::aarch64::{
        uint8x8_t, uint8x16_t, uint32x4_t, vand_u8, vcombine_u8, vcombine_u16, vcreate_u8,
        vdup_n_u8, vdupq_n_u8, vdupq_n_u32, vget_lane_u64, vgetq_lane_u64, vmovn_u16, vmulq_u32,
        vorrq_u8, vqtbl1q_u8, vreinterpret_s8_u8, vreinterpret_u64_u8, vreinterpretq_u16_u8,
        vreinterpretq_u32_u8, vreinterpretq_u64_u16, vshl_u8, vshrn_n_u16, vshrn_n_u32, vtstq_u8,
    };
    use std::ops::Range;

    use super::{Filter, STEP, WINDOW, by_masks};
    use crate::engine::keyword_tables::{BITMAP_BYTES, TO_BIT, gram};

    #[target_feature(enable = "neon")]
    pub(super) fn candidates(
        bytes: &[u8],
        range: Range<usize>,
        filter: Filter<'_>,
        visit: &mut impl FnMut(usize, u32),
    ) {
        by_masks(bytes, range, filter, visit, |window| mask(window, filter));
    }

    /// The lanes of a window that may begin a gram, as bits.
    #[inline]
    #[target_feature(enable = "neon")]
    fn mask(window: &[u8; WINDOW], filter: Filter<'_>) -> u32 {
        let (eights, _) = window.as_chunks::<8>();
        let part = |at: usize| vcreate_u8(u64::from_le_bytes(eights[at]));
        let (low, high) = (vcombine_u8(part(0), part(1)), vcombine_u8(part(1), part(2)));
        let (first, first_bits) = half(low, filter);
        let (second, second_bits) = half(high, filter);
        let is_set = vtstq_u8(vcombine_u8(first, second), vcombine_u8(first_bits, second_bits));
        // Four bits of every lane, in one word.
        let lanes = vreinterpret_u64_u8(vshrn_n_u16::<4>(vreinterpretq_u16_u8(is_set)));
        let lanes = vget_lane_u64::<0>(lanes);
        if lanes == 0 {
            return 0;
        }
        // The vectors tested one of the two bits.
        let has_both =
            |lane| lanes >> (4 * lane) & 1 != 0 && filter.may_be_gram(gram(window, lane));
        (0..STEP).fold(0, |found, lane| found | u32::from(has_both(lane)) << lane)
    }

    /// For the first eight places of sixteen bytes, the byte of the bitmap that has the bit of the hash, and that bit.
    #[inline]
    #[target_feature(enable = "neon")]
    fn half(bytes: uint8x16_t, filter: Filter<'_>) -> (uint8x8_t, uint8x8_t) {
        const PLACES: u64 = 0x0403_0201_0302_0100;
        const _: () = assert!(TO_BIT == 14 && BITMAP_BYTES == 1 << 15);
        let product = |first: u64| -> uint32x4_t {
            let first = PLACES + first * 0x0101_0101_0101_0101;
            let next = first + 0x0202_0202_0202_0202;
            let places = vcombine_u8(vcreate_u8(first), vcreate_u8(next));
            let grams = vorrq_u8(vqtbl1q_u8(bytes, places), vdupq_n_u8(b' '));
            vmulq_u32(vreinterpretq_u32_u8(grams), vdupq_n_u32(filter.multiplier))
        };
        let (first, second) = (product(0), product(4));
        // Of the upper 18 bits of a product 15 are for the byte, three for the first bit in it.
        let upper = vcombine_u16(vshrn_n_u32::<16>(first), vshrn_n_u32::<16>(second));
        let upper = vreinterpretq_u64_u16(upper);
        let (left, right) = (vgetq_lane_u64::<0>(upper), vgetq_lane_u64::<1>(upper));
        let byte =
            |four: u64, at: usize| filter.bitmap.0[(four >> (16 * at + 1)) as usize & 0x7fff];
        let four = |four| [0, 1, 2, 3].map(|at| u64::from(byte(four, at)) << (8 * at)).iter().sum();
        let (left, right): (u64, u64) = (four(left), four(right));
        let hash = vcombine_u16(vshrn_n_u32::<14>(first), vshrn_n_u32::<14>(second));
        let bit = vand_u8(vmovn_u16(hash), vdup_n_u8(7));
        (vcreate_u8(left | right << 32), vshl_u8(vdup_n_u8(1), vreinterpret_s8_u8(bit)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, candidates, portable};
    use crate::engine::keyword_tables::GramTables;

    #[test]
    fn every_machine_visits_the_same_places() {
        let keywords = [b"abc".to_vec(), b"token=".to_vec(), b"-----begin".to_vec()];
        let tables = GramTables::new(&keywords);
        let filter = Filter { bitmap: &tables.bitmap, multiplier: tables.multiplier };
        let text = b"a TOKEN= b, -----BEGIN c, xabc, abc".repeat(7);
        for length in 0..text.len() {
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            let bytes = &text[..length];
            candidates(bytes, 0..length, filter, &mut |at, gram| fast.push((at, gram)));
            portable(bytes, 0..length, filter, &mut |at, gram| slow.push((at, gram)));
            assert_eq!(fast, slow, "{length}");
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // A machine with AVX-512 would not come here.
                fast.clear();
                let visit = &mut |at, gram| fast.push((at, gram));
                #[expect(unsafe_code, reason = "calling into a target feature")]
                // SAFETY: AVX2 was detected above.
                unsafe {
                    super::avx2::candidates(bytes, 0..length, filter, visit);
                }
                assert_eq!(fast, slow, "{length}");
            }
        }
    }
}
