//! The line around a candidate.

use super::super::grammar::{Candidate, Quote};
use crate::text::search::begins_with_one_of;

/// The line around a candidate.
pub(super) struct Place<'a> {
    before: &'a [u8],
    behind: &'a [u8],
    found: &'a Candidate,
}

/// How much of the line is looked at on either side.
const LINE_BYTES: usize = 160;

impl<'a> Place<'a> {
    pub(super) fn new(bytes: &'a [u8], found: &'a Candidate) -> Self {
        let before = &bytes[found.name.start.saturating_sub(LINE_BYTES)..found.name.start];
        let before = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
        let behind = &bytes[found.value.end..(found.value.end + LINE_BYTES).min(bytes.len())];
        let behind = &behind[..memchr::memchr2(b'\n', b'\r', behind).unwrap_or(behind.len())];
        Place { before, behind, found }
    }

    /// What follows the value, behind the quote that closes it.
    pub(super) fn after_quote(&self) -> &[u8] {
        let quoted =
            self.behind.iter().take_while(|byte| matches!(byte, b'\\' | b'"' | b'\'' | b'`'));
        match self.found.quote {
            Quote::None => self.behind,
            _ => &self.behind[quoted.count()..],
        }
    }

    pub(super) fn behind(&self) -> u8 {
        let after = self.after_quote();
        match after.first() {
            None => 0,
            Some(b',') => 1,
            Some(b';') => 2,
            Some(b')' | b']' | b'}') => 3,
            Some(b'.' | b'[' | b'(') => 4,
            Some(b'+' | b'%') => 5,
            Some(b'<' | b'>' | b'&' | b'/') => 6,
            Some(b' ' | b'\t') => match after.trim_ascii_start().first() {
                None => 0,
                Some(byte) if byte.is_ascii_alphabetic() => 7,
                Some(b'+' | b'.' | b'%' | b'-' | b'?' | b'(') => 5,
                _ => 8,
            },
            _ => 9,
        }
    }

    pub(super) fn before(&self) -> u8 {
        match self.before.trim_ascii_end().last() {
            None if self.before.is_empty() => 0,
            None => 1,
            Some(b'"' | b'\'' | b'`') => 2,
            Some(b'.' | b'>') => 3,
            Some(b'(' | b',' | b'{' | b'[' | b';') => 4,
            Some(byte) if byte.is_ascii_alphanumeric() => 5,
            _ => 6,
        }
    }

    pub(super) fn ends_line(&self) -> bool {
        self.after_quote().trim_ascii().is_empty()
    }

    pub(super) fn is_declared(&self) -> bool {
        const WORDS: [&[u8]; 14] = [
            b"const", b"let", b"var", b"val", b"def", b"static", b"final", b"string", b"char",
            b"define", b"my", b"auto", b"export", b"set",
        ];
        let lower = self.before.to_ascii_lowercase();
        let last = lower.rsplit(|byte| !byte.is_ascii_alphabetic()).find(|word| !word.is_empty());
        last.is_some_and(|word| WORDS.contains(&word))
    }

    /// Whether the line ends or goes on as one of code does.
    pub(super) fn is_code(&self) -> bool {
        let end = self.behind.trim_ascii_end().last();
        matches!(end, Some(b';' | b'{' | b'(')) || self.before.contains(&b'(')
    }

    pub(super) fn is_comment(&self) -> bool {
        let start = self.before.trim_ascii_start();
        let marks: [&[u8]; 6] = [b"#", b"//", b"*", b"/*", b"<!--", b"--"];
        begins_with_one_of(start, &marks)
    }
}
