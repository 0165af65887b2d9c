//! Offsets as lines and columns.
//!
//! A line ends at LF, CRLF or a lone CR, as in editors. Lines and columns count from 1; a column
//! is a count of bytes.

use std::ops::Range;

/// A line and a column, both counted from 1; the column counts bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The column in bytes, from 1.
    pub column: u64,
}

/// Turns rising offsets of one buffer into positions, reading each byte once at most.
#[derive(Debug)]
pub struct Locator<'a> {
    bytes: &'a [u8],
    /// Where the buffer begins in the unit it was cut from.
    first: Position,
    at: usize,
    line: u64,
    line_start: usize,
    /// Whether a CR that no LF follows ends a line.
    cr_ends: bool,
}

impl<'a> Locator<'a> {
    /// Starts at the beginning of `bytes`, which is at `first` in the unit it was cut from.
    #[must_use]
    pub fn new(bytes: &'a [u8], first: Position) -> Self {
        Locator { bytes, first, at: 0, line: first.line, line_start: 0, cr_ends: true }
    }

    /// The same, counting lines as grep does: only LF ends one.
    #[must_use]
    pub fn by_lf(bytes: &'a [u8], first: Position) -> Self {
        Locator { cr_ends: false, ..Locator::new(bytes, first) }
    }

    /// Returns the position of `offset`. Going back to an earlier offset is allowed, and slow.
    pub fn locate(&mut self, offset: usize) -> Position {
        if offset < self.at {
            let cr_ends = self.cr_ends;
            *self = Locator { cr_ends, ..Locator::new(self.bytes, self.first) };
        }
        let offset = offset.min(self.bytes.len());
        let passed = &self.bytes[self.at..offset];
        if self.cr_ends && memchr::memchr(b'\r', passed).is_some() {
            self.pass_any(offset);
        } else {
            self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
            if let Some(last) = memchr::memrchr(b'\n', passed) {
                self.line_start = self.at + last + 1;
            }
        }
        self.at = offset;
        let before = if self.line_start == 0 { self.first.column } else { 1 };
        Position { line: self.line, column: before + (offset - self.line_start) as u64 }
    }

    /// Goes on to `offset` over lines, some of which end at CR.
    fn pass_any(&mut self, offset: usize) {
        for at in self.at..offset {
            let ends = match self.bytes[at] {
                b'\n' => true,
                b'\r' => self.bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends {
                self.line += 1;
                self.line_start = at + 1;
            }
        }
    }
}

/// Returns the line that holds `offset`, without its end, as a range of `bytes`.
#[must_use]
pub fn line_around(bytes: &[u8], offset: usize) -> Range<usize> {
    let offset = offset.min(bytes.len());
    let start = memchr::memrchr2(b'\n', b'\r', &bytes[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr2(b'\n', b'\r', &bytes[offset..]);
    start..end.map_or(bytes.len(), |at| offset + at)
}

/// Returns the line that holds `offset` as grep sees lines: only LF ends one.
#[must_use]
pub fn lf_line_around(bytes: &[u8], offset: usize) -> Range<usize> {
    let offset = offset.min(bytes.len());
    let start = memchr::memrchr(b'\n', &bytes[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &bytes[offset..]).map_or(bytes.len(), |at| offset + at);
    start..end
}

/// Returns the line with this number, counted from 1, without its end.
///
/// # Errors
/// The number of lines, if there are fewer.
pub fn line_at(bytes: &[u8], number: u64) -> Result<Range<usize>, u64> {
    // Text in UTF-16 has a zero between CR and LF.
    let by_lf = memchr::memchr(0, bytes).is_some();
    let (mut start, mut count) = (0, 0);
    while start < bytes.len() {
        let line = match by_lf {
            true => lf_line_around(bytes, start),
            false => line_around(bytes, start),
        };
        count += 1;
        if count == number {
            return Ok(line);
        }
        let is_crlf = bytes[line.end..].starts_with(b"\r\n");
        start = line.end + if is_crlf { 2 } else { 1 };
    }
    Err(count)
}

/// Returns the line before the one that starts at `line_start`, without its end, if there is one.
#[must_use]
pub fn line_before(bytes: &[u8], line_start: usize) -> Option<Range<usize>> {
    let mut end = line_start.checked_sub(1)?;
    if bytes[end] == b'\n' && end > 0 && bytes[end - 1] == b'\r' {
        end -= 1;
    }
    Some(line_around(bytes, end))
}

#[cfg(test)]
mod tests {
    use super::{Locator, Position, line_around, line_at, line_before};

    const START: Position = Position { line: 1, column: 1 };

    #[test]
    fn every_kind_of_line_end_counts_once() {
        for (bytes, offset, line, column) in [
            (&b"abc"[..], 2, 1, 3),
            (b"a\nb\nc", 4, 3, 1),
            (b"a\r\nb\r\nc", 6, 3, 1),
            (b"a\rb\rc", 4, 3, 1),
            (b"a\r\r\nb", 4, 3, 1),
            (b"a\n", 2, 2, 1),
        ] {
            let mut locator = Locator::new(bytes, START);
            assert_eq!(locator.locate(offset), Position { line, column }, "{bytes:?}");
        }
    }

    #[test]
    fn a_fragment_goes_on_where_the_one_before_ended() {
        let first = Position { line: 7, column: 11 };
        let mut locator = Locator::new(b"ab\ncd", first);
        assert_eq!(locator.locate(1), Position { line: 7, column: 12 });
        assert_eq!(locator.locate(4), Position { line: 8, column: 2 });
        assert_eq!(locator.locate(0), first);
    }

    #[test]
    fn lines_around_and_before() {
        let bytes = b"one\r\ntwo\nthree";
        assert_eq!(line_around(bytes, 6), 5..8);
        assert_eq!(line_before(bytes, 5), Some(0..3));
        assert_eq!(line_before(bytes, 9), Some(5..8));
        assert_eq!(line_before(bytes, 0), None);
    }

    #[test]
    fn lines_are_found_by_their_number_whatever_ends_them() {
        for (bytes, number, expected) in [
            (&b"a\nbc\r\nd"[..], 2, Ok(2..4)),
            (b"a\nbc\r\nd", 3, Ok(6..7)),
            (b"a\rbc", 2, Ok(2..4)),
            (b"\n\nx", 2, Ok(1..1)),
            (b"a\n", 2, Err(1)),
            (b"", 1, Err(0)),
            (b"a", 0, Err(1)),
            // UTF-16 with the low byte first.
            (b"a\0\r\0\n\0b\0", 2, Ok(5..8)),
        ] {
            assert_eq!(line_at(bytes, number), expected, "{bytes:?} {number}");
        }
    }
}
