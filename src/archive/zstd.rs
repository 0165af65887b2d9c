//! Zstandard: any number of frames, among them such as are to be skipped.

use std::io::{self, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::feed::Feed;
use super::{Asides, Walk, broken, ends_early};

/// The largest window, which is what decoders take by default; each stream inside another may
/// have half as much, so that all have less than twice this.
const MAX_WINDOW_BYTES: u64 = 128 << 20;

/// An empty last block, with room for a checksum.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Reads a zstd stream as one content, without a name of its own.
pub(super) fn read(walk: &mut Walk<'_>, feed: &mut Feed<'_>) {
    decode(walk, feed, |walk, zstd| walk.unpack(zstd));
}

/// Decodes a zstd stream and lets `read` read it.
pub(super) fn decode(
    walk: &mut Walk<'_>,
    feed: &mut Feed<'_>,
    read: impl FnOnce(&mut Walk<'_>, &mut dyn Read),
) {
    let mut zstd = Zstd::new(feed, MAX_WINDOW_BYTES >> walk.windows.min(16));
    walk.windows += 1;
    read(walk, &mut zstd);
    walk.windows -= 1;
    zstd.asides.hand_over(walk);
}

struct Zstd<'f, 'a> {
    feed: &'f mut Feed<'a>,
    decoder: FrameDecoder,
    is_in_frame: bool,
    failure: Option<io::Error>,
    /// Whether a checksum did not match. It is told at the end, after the frames that follow.
    is_wrong: bool,
    asides: Asides,
}

impl<'f, 'a> Zstd<'f, 'a> {
    fn new(feed: &'f mut Feed<'a>, max_window_bytes: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(max_window_bytes);
        Zstd {
            feed,
            decoder,
            is_in_frame: false,
            failure: None,
            is_wrong: false,
            asides: Asides::default(),
        }
    }

    /// Begins the next frame that holds content, if there is one.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            match self.feed.peek(8) {
                [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                    self.decoder.reset(&mut *self.feed).map_err(io::Error::other)?;
                    return Ok(true);
                }
                &[0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d] => {
                    self.feed.read_exact(&mut [0; 8])?;
                    self.asides.keep(self.feed, u64::from(u32::from_le_bytes([a, b, c, d])))?;
                    self.asides.end_line();
                }
                [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Err(ends_early()),
                _ => return Ok(false),
            }
        }
    }

    /// Decodes until there is something to give.
    fn decode(&mut self) {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let one = BlockDecodingStrategy::UptoBlocks(1);
            if let Err(error) = self.decoder.decode_blocks(&mut *self.feed, one) {
                self.failure = Some(io::Error::other(error));
                // The decoder keeps back as many bytes as its window holds until the frame ends,
                // and has no way to give them up. So the frame is ended for it.
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let _ = self.decoder.decode_blocks(&LAST_BLOCK[..], one);
                return;
            }
        }
    }

    fn end(&mut self) {
        let told = self.decoder.get_checksum_from_data();
        self.is_wrong |= told.is_some() && told != self.decoder.get_calculated_checksum();
    }
}

impl Read for Zstd<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.is_in_frame {
                if self.failure.is_none() {
                    self.decode();
                }
                let read = self.decoder.read(out)?;
                if read > 0 {
                    return Ok(read);
                }
                self.end();
                self.is_in_frame = false;
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.is_in_frame = self.begin()?;
            if !self.is_in_frame {
                let wrong = std::mem::take(&mut self.is_wrong);
                return if wrong { Err(broken("its checksum does not match")) } else { Ok(0) };
            }
        }
    }
}
