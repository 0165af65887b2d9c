//! Input that can be looked at before it is taken.

use std::io::{self, BufRead, Read};

const BUFFER_BYTES: usize = 32 << 10;

/// A buffered reader that can look ahead. An error of the input becomes an end, and is kept.
pub(super) struct Feed<'a> {
    input: &'a mut dyn Read,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// How much of the input has been pulled.
    pulled: u64,
    is_ended: bool,
    failure: Option<String>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Feed { input, buffer, start: 0, end: 0, pulled: 0, is_ended: false, failure: None }
    }

    /// The error that ended the input, if one did.
    pub(super) fn failure(self) -> Option<String> {
        self.failure
    }

    /// How much of the input has been taken.
    pub(super) const fn position(&self) -> u64 {
        self.pulled - (self.end - self.start) as u64
    }

    /// Returns the next bytes without taking them: `count` of them, which must be few, or all
    /// that are left.
    pub(super) fn peek(&mut self, count: usize) -> &[u8] {
        debug_assert!(count <= BUFFER_BYTES, "the buffer is larger than any look ahead");
        while self.end - self.start < count && !self.is_ended {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            let read = Self::pull(
                self.input,
                &mut self.buffer[self.end..],
                &mut self.is_ended,
                &mut self.failure,
            );
            self.end += read;
            self.pulled += read as u64;
        }
        &self.buffer[self.start..self.end.min(self.start + count)]
    }

    fn pull(
        input: &mut dyn Read,
        out: &mut [u8],
        is_ended: &mut bool,
        failure: &mut Option<String>,
    ) -> usize {
        loop {
            match input.read(out) {
                Ok(read) => {
                    *is_ended = read == 0 && !out.is_empty();
                    return read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    *is_ended = true;
                    *failure = Some(error.to_string());
                    return 0;
                }
            }
        }
    }
}

impl Read for Feed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && out.len() >= BUFFER_BYTES && !self.is_ended {
            let read = Self::pull(self.input, out, &mut self.is_ended, &mut self.failure);
            self.pulled += read as u64;
            return Ok(read);
        }
        let bytes = self.fill_buf()?;
        let read = bytes.len().min(out.len());
        out[..read].copy_from_slice(&bytes[..read]);
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Feed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1);
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}
