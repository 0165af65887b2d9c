//! Deltas: an object as copies from another one and bytes that are new.
//!
//! Format: <https://git-scm.com/docs/gitformat-pack#_deltified_representation>.

use super::{Buffer, Damage};
use crate::text::edits::Edits;

const SHORT: Damage = Damage("a delta is cut short");

/// Returns the sizes of the base and of the result, and the instructions.
pub(super) fn sizes(delta: &[u8]) -> Result<(usize, usize, &[u8]), Damage> {
    let (base, delta) = size(delta)?;
    let (result, delta) = size(delta)?;
    Ok((base, result, delta))
}

fn size(delta: &[u8]) -> Result<(usize, &[u8]), Damage> {
    let mut value = 0_u64;
    for (at, &byte) in delta.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let value = usize::try_from(value).map_err(|_| SHORT)?;
            return Ok((value, &delta[at + 1..]));
        }
    }
    Err(SHORT)
}

/// Makes the object that `delta` describes, and notes how it was made from `base`.
pub(super) fn apply(
    base: &[u8],
    delta: &[u8],
    max_bytes: u64,
    out: &mut Buffer,
    edits: &mut Edits,
) -> Result<(), Damage> {
    let (base_bytes, result_bytes, mut rest) = sizes(delta)?;
    if base_bytes != base.len() {
        return Err(Damage("a delta is made for another base"));
    }
    if result_bytes as u64 > max_bytes {
        return Err(Damage("it is too large"));
    }
    edits.begin(base.len());
    let into = out.reset(result_bytes);
    let mut at = 0;
    while let Some((&code, tail)) = rest.split_first() {
        rest = tail;
        let target = into.get_mut(at..).ok_or(SHORT)?;
        let bytes = if code & 0x80 != 0 {
            let (from, bytes) = copied(code, &mut rest)?;
            edits.keep(from, bytes);
            copy(base.get(from..).ok_or(SHORT)?, bytes, target)?;
            bytes
        } else if code != 0 {
            let bytes = usize::from(code);
            edits.insert(bytes);
            copy(rest, bytes, target)?;
            rest = &rest[bytes..];
            bytes
        } else {
            return Err(Damage("a delta has an unknown instruction"));
        };
        at += bytes;
    }
    edits.end();
    if at == result_bytes { Ok(()) } else { Err(SHORT) }
}

/// Copies the first `bytes` of `from`. Most parts are short: a block needs no call, and what of it is too much is
/// written over by the next part.
#[inline]
fn copy(from: &[u8], bytes: usize, into: &mut [u8]) -> Result<(), Damage> {
    const BLOCK: usize = 32;
    if bytes <= BLOCK
        && let (Some(block), Some(into)) =
            (from.first_chunk::<BLOCK>(), into.first_chunk_mut::<BLOCK>())
    {
        *into = *block;
        return Ok(());
    }
    let from = from.get(..bytes).ok_or(SHORT)?;
    into.get_mut(..bytes).ok_or(SHORT)?.copy_from_slice(from);
    Ok(())
}

/// Reads the offset and size of a copy: of seven bytes those that `code` has a bit for, without a branch for each,
/// because nothing foretells them.
#[inline]
fn copied(code: u8, rest: &mut &[u8]) -> Result<(usize, usize), Damage> {
    let mut next = match rest.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    *rest = rest.get((code & 0x7f).count_ones() as usize..).ok_or(SHORT)?;
    let mut value = 0_u64;
    for at in 0..7 {
        let is_there = u64::from(code >> at & 1);
        value |= (next & (0xff * is_there)) << (8 * at);
        next >>= 8 * is_there;
    }
    let (from, bytes) = (value as u32 as usize, (value >> 32) as usize);
    Ok((from, if bytes == 0 { 0x1_0000 } else { bytes }))
}

#[cfg(test)]
mod tests {
    use super::apply;
    use crate::git::odb::Buffer;
    use crate::text::edits::Edits;

    #[test]
    fn what_is_new_is_noted() {
        let base = b"0123456789";
        // Copy 0..4, insert "ab", copy 4..8, copy 0..2; 8..10 is lost.
        let delta = [10, 12, 0x90, 4, 2, b'a', b'b', 0x91, 4, 4, 0x90, 2];
        let mut out = Buffer::default();
        let mut edits = Edits::default();
        apply(base, &delta, 100, &mut out, &mut edits).unwrap();
        assert_eq!(out.bytes(), b"0123ab456701");
        assert_eq!(edits.changes, [4..6, 10..10, 12..12]);
        for cut in 0..delta.len() {
            assert!(apply(base, &delta[..cut], 100, &mut out, &mut edits).is_err(), "{cut}");
        }
        assert!(apply(b"other", &delta, 100, &mut out, &mut edits).is_err());
        assert!(apply(base, &delta, 11, &mut out, &mut edits).is_err());
        assert!(apply(base, &[10, 1, 0x91, 10, 1], 100, &mut out, &mut edits).is_err());
        assert!(apply(base, &[10, 1, 0], 100, &mut out, &mut edits).is_err());
    }

    #[test]
    fn apply_copies_parts_of_every_length_from_every_place() {
        let base: Vec<u8> = (0..600_u32).map(|at| (at * 7 % 251) as u8).collect();
        let mut out = Buffer::default();
        let mut edits = Edits::default();
        for bytes in 1..=90_usize {
            for from in [0, 1, 255, 256, 257, 510] {
                let [low, high] = (from as u16).to_le_bytes();
                // The size, a copy with an offset of the bytes that are not zero, and bytes that are new.
                let mut delta =
                    vec![0xd8, 4, bytes as u8 + 2, 0x90, low, high, bytes as u8, 2, 1, 2];
                delta[3] |= u8::from(low != 0) | u8::from(high != 0) << 1;
                if high == 0 {
                    delta.remove(5);
                }
                if low == 0 {
                    delta.remove(4);
                }
                apply(&base, &delta, 100, &mut out, &mut edits).unwrap();
                let expected = [&base[from..from + bytes], &[1, 2]].concat();
                assert_eq!(out.bytes(), expected, "{bytes} from {from}");
                assert!(
                    apply(&base[..from + bytes - 1], &delta, 100, &mut out, &mut edits).is_err()
                );
            }
        }
    }

    #[test]
    fn a_copy_that_goes_on_is_no_edit() {
        let mut out = Buffer::default();
        let mut edits = Edits::default();
        apply(b"0123", &[4, 4, 0x90, 2, 0x91, 2, 2], 9, &mut out, &mut edits).unwrap();
        assert_eq!(out.bytes(), b"0123");
        assert!(edits.changes.is_empty());
    }
}
