//! Zlib: one stream of deflate behind two bytes, as git keeps loose objects and many programs their blobs.
//! Format: <https://www.rfc-editor.org/rfc/rfc1950>.
//!
//! Two bytes are a weak sign, and text may begin with `x^`. What follows them is unpacked on trial, and counts only if
//! all of it is valid.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::feed::Feed;
use super::inflate::Inflate;
use super::kind::START_BYTES;
use super::{Walk, broken, ends_early};

/// How much of a stream is unpacked on trial.
const TRIAL_BYTES: usize = 4 << 10;

/// The method of a stream with a window of 32 KB, as nearly all have it.
const FULL_WINDOW: u8 = 0x78;

/// Whether bytes begin like a stream. Fewer than [`START_BYTES`] are all that there are.
pub(super) fn is_stream(start: &[u8]) -> bool {
    let &[method, flags, ref packed @ ..] = start else { return false };
    // Deflate with a window of 32 KB at most; no dictionary; both bytes are a multiple of 31.
    let is_header = method & 0x0f == 8
        && method >> 4 <= 7
        && flags & 0x20 == 0
        && u16::from_be_bytes([method, flags]) % 31 == 0;
    is_header && unpacks(packed, start.len() < START_BYTES, method == FULL_WINDOW)
}

/// Whether bytes unpack without damage: to an end, if they are whole. Another
/// window than the common one is a weaker sign, for a text may begin with `(S` or `HK`; so a short
/// stream with it counts only with the right checksum.
fn unpacks(packed: &[u8], is_whole: bool, is_common: bool) -> bool {
    let mut out = [0; TRIAL_BYTES];
    let mut state = Decompress::new(false);
    match state.decompress(packed, &mut out, FlushDecompress::None) {
        Ok(Status::StreamEnd) if is_common => true,
        Ok(Status::StreamEnd) => {
            let mut sum = Adler::new();
            sum.add(&out[..state.total_out() as usize]);
            let trailer = packed[state.total_in() as usize..].first_chunk();
            trailer.map_or(!is_whole, |told| u32::from_be_bytes(*told) == sum.value())
        }
        Ok(Status::Ok | Status::BufError) => !is_whole,
        Err(_) => false,
    }
}

/// Reads a stream as one content.
pub(super) fn read(walk: &mut Walk<'_>, feed: &mut Feed<'_>) {
    let _ = feed.read_exact(&mut [0; 2]);
    let mut zlib = Zlib { inflate: Inflate::new(feed), sum: Adler::new(), is_ended: false };
    walk.unpack(&mut zlib);
}

struct Zlib<'f, 'a> {
    inflate: Inflate<&'f mut Feed<'a>>,
    sum: Adler,
    is_ended: bool,
}

impl Read for Zlib<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.is_ended {
            return Ok(0);
        }
        let read = self.inflate.read(out)?;
        if read > 0 {
            self.sum.add(&out[..read]);
            return Ok(read);
        }
        self.is_ended = true;
        let mut trailer = [0; 4];
        self.inflate.input().read_exact(&mut trailer).map_err(|_| ends_early())?;
        match u32::from_be_bytes(trailer) == self.sum.value() {
            true => Ok(0),
            false => Err(broken("its checksum does not match")),
        }
    }
}

/// The checksum of zlib, Adler-32.
struct Adler {
    low: u32,
    high: u32,
}

impl Adler {
    const MODULUS: u32 = 65_521;
    /// The most bytes whose sums fit 32 bits.
    const RUN: usize = 5552;

    const fn new() -> Self {
        Adler { low: 1, high: 0 }
    }

    fn add(&mut self, bytes: &[u8]) {
        for run in bytes.chunks(Self::RUN) {
            for &byte in run {
                self.low += u32::from(byte);
                self.high += self.low;
            }
            self.low %= Self::MODULUS;
            self.high %= Self::MODULUS;
        }
    }

    const fn value(&self) -> u32 {
        self.high << 16 | self.low
    }
}
