//! Which blocks of sixteen bytes may lie inside a run of encoded text: every byte of one has a code from `#` on, so
//! there is no blank, line end or double quote in it. Nearly all blocks of text have one.

/// How many bytes are looked at at once.
pub(super) const BLOCK: usize = 16;

/// The lowest code of a byte of encoded text.
const LOWEST: u8 = b'#';

/// Returns the first block without a byte of a lower code for which a test holds.
#[inline]
pub(super) fn next_high(
    blocks: &[[u8; BLOCK]],
    holds: impl Fn(&[u8; BLOCK]) -> bool,
) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calling into a target feature")]
        // SAFETY: AVX2 was detected on the line above.
        return unsafe { avx2::next_high(blocks, holds) };
    }
    portable(blocks, holds)
}

fn portable(blocks: &[[u8; BLOCK]], holds: impl Fn(&[u8; BLOCK]) -> bool) -> Option<usize> {
    let is_high =
        |block: &[u8; BLOCK]| block.iter().fold(true, |all, &byte| all & (byte >= LOWEST));
    blocks.iter().position(|block| is_high(block) && holds(block))
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8,
        _mm256_set1_epi8,
    };

    use super::{BLOCK, LOWEST, portable};

    /// Two blocks at once.
    #[target_feature(enable = "avx2")]
    pub(super) fn next_high(
        blocks: &[[u8; BLOCK]],
        holds: impl Fn(&[u8; BLOCK]) -> bool,
    ) -> Option<usize> {
        const FIRST: u32 = 0xffff;
        let lowest = _mm256_set1_epi8(LOWEST.cast_signed());
        let (pairs, rest) = blocks.as_chunks::<2>();
        for (at, pair) in pairs.iter().enumerate() {
            #[expect(unsafe_code, reason = "a load takes a pointer")]
            // SAFETY: a pair of blocks has 32 bytes, and the load needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(pair.as_ptr().cast::<__m256i>()) };
            let high = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, lowest), bytes);
            let high = _mm256_movemask_epi8(high).cast_unsigned();
            if high & FIRST == FIRST && holds(&pair[0]) {
                return Some(2 * at);
            }
            if high >= !FIRST && holds(&pair[1]) {
                return Some(2 * at + 1);
            }
        }
        portable(rest, holds).map(|at| 2 * pairs.len() + at)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, next_high, portable};

    #[test]
    fn the_first_block_without_a_low_byte_is_found_in_both_ways() {
        for count in 0..6 {
            for high in 0..=count {
                for low in 0..BLOCK {
                    let mut blocks = vec![[b'#'; BLOCK]; count];
                    for block in blocks.iter_mut().take(high) {
                        block[low] = b'"';
                    }
                    for wanted in 0..=count {
                        for (at, block) in blocks.iter_mut().enumerate().skip(high) {
                            *block = [if at < wanted { b'#' } else { b'x' }; BLOCK];
                        }
                        let first = high.max(wanted);
                        let expected = (first < count).then_some(first);
                        let holds = |block: &[u8; BLOCK]| block[0] == b'x';
                        assert_eq!(portable(&blocks, holds), expected);
                        assert_eq!(next_high(&blocks, holds), expected);
                    }
                }
            }
        }
        assert_eq!(next_high(&[[0xff; BLOCK]], |_| true), Some(0));
        assert_eq!(next_high(&[[0; BLOCK]], |_| true), None);
    }
}
