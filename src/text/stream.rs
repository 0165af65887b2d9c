//! Bytes of any number, read in fragments that overlap.

use std::fs::File;
use std::io::{self, Read};

use super::fragment::Fragment;
use super::lines::{Locator, Position};

/// How many bytes are held at a time.
const FRAGMENT_BYTES: usize = 16 << 20;

/// How many of them are repeated at the start of the next fragment: the longest match that is
/// found whole wherever the cut falls. Even, so that UTF-16 and UTF-32 stay in step.
const OVERLAP_BYTES: usize = 128 << 10;

/// How many bytes before a fragment's own are repeated, so that no cut looks like a start.
const LOOK_BEHIND_BYTES: usize = 4 << 10;

/// Reads a file of `size` bytes: at once where it fits, which saves system calls.
pub(crate) fn read(
    file: &mut File,
    size: u64,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Fragment<'_>),
) -> io::Result<()> {
    if size >= FRAGMENT_BYTES as u64 {
        return fragments(file, buffer, each);
    }
    buffer.clear();
    file.read_to_end(buffer)?;
    each(Fragment::whole(buffer));
    Ok(())
}

/// Reads all of `input` through `buffer` and hands it to `each`.
pub(crate) fn fragments(
    input: &mut dyn Read,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Fragment<'_>),
) -> io::Result<()> {
    let mut first = Position { line: 1, column: 1 };
    let mut own_start = 0;
    buffer.clear();
    loop {
        let missing = FRAGMENT_BYTES - buffer.len();
        let read = input.take(missing as u64).read_to_end(buffer)?;
        if read < missing {
            each(Fragment { bytes: buffer, first, own: (own_start, buffer.len()), member: b"" });
            return Ok(());
        }
        let own_end = FRAGMENT_BYTES - OVERLAP_BYTES;
        each(Fragment { bytes: buffer, first, own: (own_start, own_end), member: b"" });
        let kept = own_end - LOOK_BEHIND_BYTES;
        first = Locator::new(buffer, first).locate(kept);
        buffer.drain(..kept);
        own_start = LOOK_BEHIND_BYTES;
    }
}

#[cfg(test)]
mod tests {
    use super::{FRAGMENT_BYTES, fragments};
    use crate::text::lines::Position;

    #[test]
    fn fragments_cover_every_byte_and_know_their_place() {
        let mut bytes = vec![b'x'; FRAGMENT_BYTES * 2];
        for at in (0..bytes.len()).step_by(1000) {
            bytes[at] = b'\n';
        }
        let mut own = 0;
        let mut firsts = Vec::new();
        fragments(&mut &bytes[..], &mut Vec::new(), &mut |fragment| {
            let (start, end) = fragment.own;
            assert_eq!(fragment.bytes, &bytes[own - start..own - start + fragment.bytes.len()]);
            firsts.push((own - start, fragment.first));
            own += end - start;
        })
        .unwrap();
        assert_eq!(own, bytes.len());
        assert_eq!(firsts.len(), 3);
        for (at, first) in firsts.into_iter().skip(1) {
            let line = (at as u64).div_ceil(1000) + 1;
            let column = (at as u64 - 1) % 1000 + 1;
            assert_eq!(first, Position { line, column });
        }
    }
}
