//! Which blocks of sixteen bytes may lie inside a run of encoded text. Nearly all blocks of text have a blank, a line
//! end or a double quote, and are rejected by that.

/// How many bytes are looked at at once.
pub(super) const BLOCK: usize = 16;

/// The lowest code of a byte of encoded text: below it are blanks, line ends and double quotes.
const LOWEST: u8 = b'#';

/// What fills a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    /// Characters of base64, with either alphabet.
    Base64,
    /// Perhaps escapes: one has no more than eight bytes as a rule, so that two begin in a block.
    Escapes,
}

/// Returns the first block that is filled, and with what.
#[inline]
pub(super) fn next_filled(blocks: &[[u8; BLOCK]]) -> Option<(usize, Filling)> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calling into a target feature")]
        // SAFETY: AVX2 was detected on the line above.
        return unsafe { avx2::next_filled(blocks) };
    }
    portable(blocks)
}

fn portable(blocks: &[[u8; BLOCK]]) -> Option<(usize, Filling)> {
    let found = |(at, block)| Some((at, filling(block)?));
    blocks.iter().enumerate().find_map(found)
}

/// What fills a block. Written without branches inside of the loops, so that they are compiled to vectors.
fn filling(block: &[u8; BLOCK]) -> Option<Filling> {
    if !block.iter().fold(true, |all, &byte| all & (byte >= LOWEST)) {
        return None;
    }
    if all_base64(block) {
        return Some(Filling::Base64);
    }
    let signs = block.iter().fold(0_u8, |count, &byte| count + u8::from(begins_escape(byte)));
    (signs >= 2).then_some(Filling::Escapes)
}

/// Whether every byte could be base64.
pub(super) fn all_base64<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().fold(true, |all, &byte| all & is_base64(byte))
}

const fn is_base64(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // From `/` to `9` in one comparison.
    let is_digit = byte.wrapping_sub(b'/') < 11;
    is_letter | is_digit | (byte == b'+') | (byte == b'-') | (byte == b'_')
}

const fn begins_escape(byte: u8) -> bool {
    (byte == b'\\') | (byte == b'%') | (byte == b'&') | (byte == b'=')
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8,
        _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    };

    use super::{BLOCK, Filling, LOWEST, portable};

    /// One bit for each byte of a block, all set.
    const ALL: u16 = u16::MAX;

    /// Two blocks at once.
    #[target_feature(enable = "avx2")]
    pub(super) fn next_filled(blocks: &[[u8; BLOCK]]) -> Option<(usize, Filling)> {
        let (pairs, rest) = blocks.as_chunks::<2>();
        for (at, pair) in pairs.iter().enumerate() {
            #[expect(unsafe_code, reason = "a load takes a pointer")]
            // SAFETY: a pair of blocks has 32 bytes, and the load needs no alignment.
            let bytes = unsafe { _mm256_loadu_si256(pair.as_ptr().cast::<__m256i>()) };
            let own = bits(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, every(LOWEST)), bytes));
            // Nearly all end here.
            if own as u16 != ALL && (own >> BLOCK) as u16 != ALL {
                continue;
            }
            if let Some((block, filling)) = filled(bytes, own) {
                return Some((2 * at + block, filling));
            }
        }
        portable(rest).map(|(at, filling)| (2 * pairs.len() + at, filling))
    }

    /// Which of two blocks is filled first, and with what. Bits of `own` are for the bytes that may be encoded text.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn filled(bytes: __m256i, own: u32) -> Option<(usize, Filling)> {
        let (base64, signs) = (bits(base64(bytes)), bits(signs(bytes)));
        for block in 0..2 {
            let shift = BLOCK * block;
            if (base64 >> shift) as u16 == ALL {
                return Some((block, Filling::Base64));
            }
            if (own >> shift) as u16 == ALL && ((signs >> shift) as u16).count_ones() >= 2 {
                return Some((block, Filling::Escapes));
            }
        }
        None
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn every(byte: u8) -> __m256i {
        _mm256_set1_epi8(byte.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn bits(bytes: __m256i) -> u32 {
        _mm256_movemask_epi8(bytes).cast_unsigned()
    }

    /// Which bytes could be base64: see `is_base64`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn base64(bytes: __m256i) -> __m256i {
        let letters = are_among(_mm256_or_si256(bytes, every(0x20)), b'a', 26);
        let digits = are_among(bytes, b'/', 11);
        let others =
            _mm256_or_si256(are(bytes, b'+'), _mm256_or_si256(are(bytes, b'-'), are(bytes, b'_')));
        _mm256_or_si256(letters, _mm256_or_si256(digits, others))
    }

    /// Which bytes are among `count` from `first` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn are_among(bytes: __m256i, first: u8, count: u8) -> __m256i {
        let offsets = _mm256_add_epi8(bytes, every(first.wrapping_neg()));
        _mm256_cmpeq_epi8(_mm256_min_epu8(offsets, every(count - 1)), offsets)
    }

    /// Which bytes may begin an escape: see `begins_escape`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn signs(bytes: __m256i) -> __m256i {
        _mm256_or_si256(
            _mm256_or_si256(are(bytes, b'\\'), are(bytes, b'%')),
            _mm256_or_si256(are(bytes, b'&'), are(bytes, b'=')),
        )
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn are(bytes: __m256i, byte: u8) -> __m256i {
        _mm256_cmpeq_epi8(bytes, every(byte))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BLOCK, Filling, next_filled, portable};

    #[test]
    fn what_fills_a_block_is_told_byte_by_byte() {
        for byte in 0..=u8::MAX {
            let is_base64 = byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
            let is_sign = b"\\%&=".contains(&byte);
            for at in 0..BLOCK {
                let mut block = [b'x'; BLOCK];
                block[at] = byte;
                let expected = is_base64.then_some((0, Filling::Base64));
                assert_eq!(next_filled(&[block; 4]), expected, "{byte}");
                assert_eq!(portable(&[block]), expected, "{byte}");
                block = [b'#'; BLOCK];
                block[at] = byte;
                block[(at + 1) % BLOCK] = b'%';
                let expected = is_sign.then_some((0, Filling::Escapes));
                assert_eq!(next_filled(&[block; 4]), expected, "{byte}");
                assert_eq!(portable(&[block]), expected, "{byte}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_block_that_is_filled_is_found_in_both_ways(
            blocks in prop::collection::vec(
                prop_oneof!["[ x]{16}", "[a-zA-Z/9+]{16}", "[\\\\%x41]{16}", "[#-~]{16}", "[!-$x]{16}"], 0..11),
        ) {
            let text = blocks.concat();
            let (blocks, _) = text.as_bytes().as_chunks::<BLOCK>();
            prop_assert_eq!(next_filled(blocks), portable(blocks));
        }
    }
}
