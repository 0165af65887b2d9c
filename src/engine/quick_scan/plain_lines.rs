//! Lines that are known to assign nothing to a name in them.
//!
//! A history holds most of its lines in many versions, and most names stand where nothing is assigned to them. A line
//! that was read once need not be read again: its hash is kept, with the place of the name.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::quality::RandomState;

use crate::engine::generic;

/// How many lines are kept: half a megabyte of hashes.
const SLOTS: usize = 1 << 16;

/// How far before a name its line may begin, and how far behind its start it may end, in bytes.
const REACH_BYTES: usize = 200;

/// Hashes of lines, each in the one place that its bits tell; a later one takes the place of an earlier one.
///
/// Two lines have one hash by chance once in 2^64 pairs. The seed is new in every run, so that nobody can make two.
#[derive(Debug)]
pub(in crate::engine) struct PlainLines {
    hashes: Box<[AtomicU64]>,
    seed: RandomState,
}

/// A line with the place of a keyword in it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Line {
    range: Range<usize>,
    start: usize,
    hash: u64,
}

impl PlainLines {
    pub(super) fn new() -> Self {
        let hashes = std::iter::repeat_with(AtomicU64::default).take(SLOTS).collect();
        PlainLines { hashes, seed: RandomState::default() }
    }

    /// Returns the line around a keyword; `None` for a long one, and for one that does not end.
    pub(in crate::engine) fn line(&self, bytes: &[u8], keyword: &Range<usize>) -> Option<Line> {
        let from = keyword.start.saturating_sub(REACH_BYTES);
        let before = &bytes[from..keyword.start];
        let start = match memchr::memrchr(b'\n', before) {
            Some(at) => from + at + 1,
            None if from == 0 => 0,
            None => return None,
        };
        let behind = &bytes[keyword.start..bytes.len().min(keyword.start + REACH_BYTES)];
        let end = keyword.start + memchr::memchr(b'\n', behind)?;
        let place = (keyword.start - start, keyword.len());
        // A table may begin behind an empty line.
        let is_behind_gap = generic::is_behind_gap(&bytes[..start]);
        let hash = self.seed.hash_one((&bytes[start..end], place, is_behind_gap));
        Some(Line { range: start..end, start: keyword.start, hash })
    }

    /// Whether the line is known to assign nothing there.
    pub(in crate::engine) fn has(&self, line: &Line) -> bool {
        self.slot(line).load(Ordering::Relaxed) == line.hash
    }

    /// Keeps a line in which nothing was assigned there, if nothing else could matter.
    pub(in crate::engine) fn add(&self, bytes: &[u8], line: &Line) {
        let part = line.range.start.saturating_sub(1)..line.range.end + 1;
        if generic::Lines::new(bytes, part).has_end_of(line.start) {
            self.slot(line).store(line.hash, Ordering::Relaxed);
        }
    }

    fn slot(&self, line: &Line) -> &AtomicU64 {
        &self.hashes[line.hash as usize % SLOTS]
    }
}

#[cfg(test)]
mod tests {
    use super::PlainLines;

    #[test]
    fn a_line_is_known_by_its_text_and_the_place_of_its_keyword() {
        let lines = PlainLines::new();
        let text = b"x\nkey is a key of a map\n";
        let line = lines.line(text, &(2..5)).unwrap();
        assert!(!lines.has(&line));
        lines.add(text, &line);
        assert!(lines.has(&line));
        let other = b"and\nkey is a key of a map\nand more";
        assert!(lines.has(&lines.line(other, &(4..7)).unwrap()));
        for (text, keyword) in [
            (&b"x\nkey is a key of a map\n"[..], 11..14),
            (b"x\nkey is a key of a map\n", 2..6),
            (b"x\nkey is a key of a mop\n", 2..5),
            (b"x\n key is a key of a map\n", 3..6),
            // Behind an empty line it may be the head of a table.
            (b"\n\nkey is a key of a map\n", 2..5),
        ] {
            assert!(!lines.has(&lines.line(text, &keyword).unwrap()));
        }
    }

    #[test]
    fn lines_that_go_on_are_not_kept() {
        let lines = PlainLines::new();
        for text in ["key:\n", "key,x\n", "f(key = {\n", "key = &quot;x\n"] {
            let at = text.find("key").unwrap();
            let line = lines.line(text.as_bytes(), &(at..at + 3)).unwrap();
            lines.add(text.as_bytes(), &line);
            assert!(!lines.has(&line), "{text}");
        }
        let long = " ".repeat(300);
        assert!(lines.line(format!("key is{long}\n").as_bytes(), &(0..3)).is_none());
        assert!(lines.line(format!("{long}key\n").as_bytes(), &(300..303)).is_none());
        assert!(lines.line(b"key", &(0..3)).is_none());
    }
}
