//! Bytes of any number, read in fragments that overlap.

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

/// Reads a file of `size` bytes: at once where it fits, by one call of the system if that is the size.
pub(crate) fn read(
    file: &mut dyn Read,
    size: u64,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Fragment<'_>),
) -> io::Result<()> {
    if size >= FRAGMENT_BYTES as u64 {
        return fragments(file, buffer, each);
    }
    // One byte more tells the end of a file from one that has grown. The buffer is not cleared: what is
    // behind the bytes of this file stays as it is.
    let asked = size as usize + 1;
    if buffer.len() < asked {
        buffer.resize(asked, 0);
    }
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..asked]) {
            Ok(0) => break,
            // All that there should be, at once, and not the byte behind it.
            Ok(read) if length == 0 && read as u64 == size => {
                length = read;
                break;
            }
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length == asked {
            buffer.truncate(length);
            file.read_to_end(buffer)?;
            length = buffer.len();
            break;
        }
    }
    each(Fragment::whole(&buffer[..length]));
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
    use std::io::{self, Read};

    use super::{FRAGMENT_BYTES, fragments, read};
    use crate::text::fragment::Fragment;
    use crate::text::lines::Position;

    /// Gives a few bytes at a time, and then says that a signal came.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let few = buffer.len().min(7);
            self.0.read(&mut buffer[..few])
        }
    }

    #[test]
    fn a_file_is_read_whole_whatever_size_was_said_and_however_it_comes() {
        let bytes: Vec<u8> = (0..1000_u32).map(|number| number as u8).collect();
        let mut buffer = b"what another file has left".to_vec();
        for length in [0, 1, 26, 999, 1000] {
            for said in [0, 1, 26, 999, 1000, 5000] {
                let mut seen = Vec::new();
                let mut each = |fragment: Fragment<'_>| seen.extend_from_slice(fragment.bytes);
                read(&mut Slow(&bytes[..length], false), said, &mut buffer, &mut each).unwrap();
                // One that has become shorter or longer since it was asked for its size, too.
                assert_eq!(seen, bytes[..length], "{length} bytes, {said} said");
            }
        }
    }

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
