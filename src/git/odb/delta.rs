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
        let part = if code & 0x80 != 0 {
            let (from, bytes) = copied(code, &mut rest)?;
            edits.keep(from, bytes);
            base.get(from..from + bytes).ok_or(SHORT)?
        } else if code != 0 {
            let (part, tail) = rest.split_at_checked(usize::from(code)).ok_or(SHORT)?;
            rest = tail;
            edits.insert(part.len());
            part
        } else {
            return Err(Damage("a delta has an unknown instruction"));
        };
        into.get_mut(at..at + part.len()).ok_or(SHORT)?.copy_from_slice(part);
        at += part.len();
    }
    edits.end();
    if at == result_bytes { Ok(()) } else { Err(SHORT) }
}

/// Reads the offset and size of a copy.
fn copied(code: u8, rest: &mut &[u8]) -> Result<(usize, usize), Damage> {
    let mut number = |first: u32, count: u32| -> Result<usize, Damage> {
        let mut value = 0_usize;
        for at in 0..count {
            if code >> (first + at) & 1 != 0 {
                let (&byte, tail) = rest.split_first().ok_or(SHORT)?;
                value |= usize::from(byte) << (8 * at);
                *rest = tail;
            }
        }
        Ok(value)
    };
    let from = number(0, 4)?;
    let bytes = number(4, 3)?;
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
    fn a_copy_that_goes_on_is_no_edit() {
        let mut out = Buffer::default();
        let mut edits = Edits::default();
        apply(b"0123", &[4, 4, 0x90, 2, 0x91, 2, 2], 9, &mut out, &mut edits).unwrap();
        assert_eq!(out.bytes(), b"0123");
        assert!(edits.changes.is_empty());
    }
}
