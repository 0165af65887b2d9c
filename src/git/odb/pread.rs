//! Reading at a place of a file that several threads share.

use std::fs::File;
use std::io;

/// Fills `into` from `offset` on.
#[cfg(unix)]
pub(super) fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.read_exact_at(into, offset)
}

/// Fills `into` from `offset` on.
#[cfg(windows)]
pub(super) fn read_at(file: &File, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !into.is_empty() {
        let read = file.seek_read(into, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into = &mut into[read..];
        offset += read as u64;
    }
    Ok(())
}
