//! Gzip: one stream in any number of parts, each with a header of its own.

use std::io::{self, BufRead, Read};

use crc32fast::Hasher;

use super::feed::Feed;
use super::inflate::Inflate;
use super::{Asides, Walk, broken, ends_early};

const HAS_CHECKSUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;

/// Reads a gzip stream as one content, without a name of its own: the name in its header, if any,
/// is only text.
pub(super) fn read(walk: &mut Walk<'_>, feed: &mut Feed<'_>) {
    let mut gzip = Gzip::new(feed);
    walk.unpack(&mut gzip);
    gzip.asides.hand_over(walk);
}

struct Gzip<'f, 'a> {
    inflate: Inflate<&'f mut Feed<'a>>,
    checksum: Hasher,
    is_in_part: bool,
    /// Whether a checksum did not match. It is told at the end, after the parts that follow.
    is_wrong: bool,
    asides: Asides,
}

impl<'f, 'a> Gzip<'f, 'a> {
    fn new(feed: &'f mut Feed<'a>) -> Self {
        Gzip {
            inflate: Inflate::new(feed),
            checksum: Hasher::new(),
            is_in_part: false,
            is_wrong: false,
            asides: Asides::default(),
        }
    }

    /// Begins the next part, if there is one.
    fn begin(&mut self) -> io::Result<bool> {
        let feed = &mut **self.inflate.input();
        let &[0x1f, 0x8b, 8, flags] = feed.peek(4) else { return Ok(false) };
        take(feed, 10)?;
        if flags & HAS_EXTRA != 0 {
            let length = take(feed, 2)?;
            self.asides.keep(feed, u64::from(u16::from_le_bytes([length[0], length[1]])))?;
            self.asides.end_line();
        }
        for flag in [HAS_NAME, HAS_COMMENT] {
            if flags & flag != 0 {
                keep_line(&mut self.asides, feed)?;
            }
        }
        if flags & HAS_CHECKSUM != 0 {
            take(feed, 2)?;
        }
        self.inflate.reset();
        self.checksum = Hasher::new();
        Ok(true)
    }

    /// Ends a part with its checksum.
    fn end(&mut self) -> io::Result<()> {
        let trailer = take(self.inflate.input(), 8)?;
        let expected = self.checksum.clone().finalize().to_le_bytes();
        self.is_wrong |= trailer[..4] != expected;
        Ok(())
    }
}

impl Read for Gzip<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.is_in_part {
                self.is_in_part = self.begin()?;
            }
            if !self.is_in_part {
                let wrong = std::mem::take(&mut self.is_wrong);
                return if wrong { Err(broken("its checksum does not match")) } else { Ok(0) };
            }
            let read = self.inflate.read(out)?;
            if read > 0 {
                self.checksum.update(&out[..read]);
                return Ok(read);
            }
            self.end()?;
            self.is_in_part = false;
        }
    }
}

/// Takes a few bytes.
fn take(feed: &mut Feed<'_>, count: usize) -> io::Result<[u8; 10]> {
    let mut bytes = [0; 10];
    feed.read_exact(&mut bytes[..count]).map_err(|_| ends_early())?;
    Ok(bytes)
}

/// Keeps what stands before the next NUL.
fn keep_line(asides: &mut Asides, feed: &mut Feed<'_>) -> io::Result<()> {
    loop {
        let bytes = feed.fill_buf()?;
        let end = memchr::memchr(0, bytes);
        let length = end.unwrap_or(bytes.len());
        if bytes.is_empty() {
            return Err(ends_early());
        }
        asides.keep(feed, length as u64)?;
        if end.is_some() {
            feed.consume(1);
            asides.end_line();
            return Ok(());
        }
    }
}
