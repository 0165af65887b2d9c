//! Raw deflate.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::{broken, ends_early};

/// Decodes raw deflate.
///
/// The readers of `flate2` drop what they decoded in the call that meets damage; this one gives
/// every byte before it.
pub(super) struct Inflate<R> {
    input: R,
    state: Decompress,
    is_done: bool,
    is_broken: bool,
}

impl<R: BufRead> Inflate<R> {
    pub(super) fn new(input: R) -> Self {
        Inflate { input, state: Decompress::new(false), is_done: false, is_broken: false }
    }

    /// Goes back to the start, for another stream in the same input.
    pub(super) fn reset(&mut self) {
        self.state.reset(false);
        self.is_done = false;
    }

    pub(super) const fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// Decodes once; returns how many bytes were read and written.
    fn step(&mut self, out: &mut [u8]) -> io::Result<(usize, usize)> {
        let input = self.input.fill_buf()?;
        let is_end = input.is_empty();
        let before = (self.state.total_in(), self.state.total_out());
        let status = self.state.decompress(input, out, FlushDecompress::None);
        let read = (self.state.total_in() - before.0) as usize;
        let written = (self.state.total_out() - before.1) as usize;
        self.input.consume(read);
        match status {
            Ok(Status::StreamEnd) => self.is_done = true,
            Err(_) => self.is_broken = true,
            Ok(_) if is_end && written == 0 => return Err(ends_early()),
            Ok(_) => self.is_broken = read == 0 && written == 0,
        }
        Ok((read, written))
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.is_done && !out.is_empty() {
            if self.is_broken {
                return Err(broken("its compressed bytes are not valid"));
            }
            let (_, written) = self.step(out)?;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}
