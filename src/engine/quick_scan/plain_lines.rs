//! Lines that are known to hold no secret that is assigned to a name in them.
//!
//! A history holds most of its lines in many versions, and most names stand where nothing is assigned to them, or
//! nothing secret. What was read once need not be read again: its hash is kept, with the place of the name.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::quality::RandomState;

use crate::engine::generic;

/// How many lines are kept: a megabyte of hashes.
const SLOTS: usize = 1 << 17;

/// How far before a name its line may begin, and how far behind its start it may end, in bytes. The line above may be
/// as long.
const REACH_BYTES: usize = 200;

/// Hashes of lines, each in the one place that its bits tell; a later one takes the place of an earlier one.
///
/// Two lines have one hash by chance once in 2^64 pairs. The seed is new in every run, so that nobody can make two.
#[derive(Debug)]
pub(in crate::engine) struct PlainLines {
    hashes: Box<[AtomicU64]>,
    seed: RandomState,
    /// Whether the judge goes by a line and the one above alone.
    judges_alone: bool,
}

/// Where a name stands in its line.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Place {
    start: usize,
    line: Range<usize>,
    /// The hash of the line, by which it is known that nothing is assigned to the name.
    alone: u64,
    /// Where the line above begins, and the hash of both, by which it is known that nothing secret is.
    above: Option<(usize, u64)>,
}

impl PlainLines {
    pub(super) fn new(judges_alone: bool) -> Self {
        let hashes = std::iter::repeat_with(AtomicU64::default).take(SLOTS).collect();
        PlainLines { hashes, seed: RandomState::default(), judges_alone }
    }

    /// Returns the place of a keyword of a rule; `None` in a long line, and in one that does not end.
    pub(in crate::engine) fn place(
        &self,
        bytes: &[u8],
        keyword: &Range<usize>,
        rule: usize,
    ) -> Option<Place> {
        let start = line_start(bytes, keyword.start)?;
        let behind = &bytes[keyword.start..bytes.len().min(keyword.start + REACH_BYTES)];
        let end = keyword.start + memchr::memchr(b'\n', behind)?;
        let at = (keyword.start - start, keyword.len(), rule);
        // A table may begin behind an empty line.
        let is_behind_gap = generic::is_behind_gap(&bytes[..start]);
        let alone = self.seed.hash_one((&bytes[start..end], at, is_behind_gap));
        let above = start.checked_sub(1).and_then(|last| line_start(bytes, last));
        let above = above.map(|above| (above, self.seed.hash_one((&bytes[above..start], alone))));
        Some(Place { start: keyword.start, line: start..end, alone, above })
    }

    /// Whether it is known that no secret is assigned there.
    pub(in crate::engine) fn has(&self, place: &Place) -> bool {
        let is_kept = |hash: u64| self.slot(hash).load(Ordering::Relaxed) == hash;
        is_kept(place.alone) || place.above.is_some_and(|(_, both)| is_kept(both))
    }

    /// Keeps a line where no secret was found, if nothing but it could matter, and the line above it if something was
    /// assigned.
    pub(in crate::engine) fn add(&self, bytes: &[u8], place: &Place, is_assigned: bool) {
        let (from, hash) = match place.above {
            _ if !is_assigned => (place.line.start, place.alone),
            Some(both) if self.judges_alone => both,
            _ => return,
        };
        let part = from.saturating_sub(1)..place.line.end + 1;
        if generic::Lines::new(bytes, part).has_end_of(place.start) {
            self.slot(hash).store(hash, Ordering::Relaxed);
        }
    }

    fn slot(&self, hash: u64) -> &AtomicU64 {
        &self.hashes[hash as usize % SLOTS]
    }
}

/// Where the line begins that `at` stands in; `None` if that is far before.
fn line_start(bytes: &[u8], at: usize) -> Option<usize> {
    let from = at.saturating_sub(REACH_BYTES);
    match memchr::memrchr(b'\n', &bytes[from..at]) {
        Some(end) => Some(from + end + 1),
        None => (from == 0).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::PlainLines;

    #[test]
    fn a_line_is_known_by_its_text_and_the_place_of_its_keyword() {
        let lines = PlainLines::new(true);
        let text = b"x\nkey is a key of a map\n";
        let place = lines.place(text, &(2..5), 1).unwrap();
        assert!(!lines.has(&place));
        lines.add(text, &place, false);
        assert!(lines.has(&place));
        let other = b"and\nkey is a key of a map\nand more";
        assert!(lines.has(&lines.place(other, &(4..7), 1).unwrap()));
        for (text, keyword, rule) in [
            (&b"x\nkey is a key of a map\n"[..], 11..14, 1),
            (b"x\nkey is a key of a map\n", 2..6, 1),
            (b"x\nkey is a key of a map\n", 2..5, 2),
            (b"x\nkey is a key of a mop\n", 2..5, 1),
            (b"x\n key is a key of a map\n", 3..6, 1),
            // Behind an empty line it may be the head of a table.
            (b"\n\nkey is a key of a map\n", 2..5, 1),
        ] {
            assert!(!lines.has(&lines.place(text, &keyword, rule).unwrap()));
        }
    }

    #[test]
    fn a_line_that_assigns_is_known_with_the_one_above() {
        let text = b"a\nuser = x\nkey = some(thing)\n";
        let other = b"a\nuser = y\nkey = some(thing)\n";
        for judges_alone in [true, false] {
            let lines = PlainLines::new(judges_alone);
            let place = lines.place(text, &(11..14), 1).unwrap();
            lines.add(text, &place, true);
            assert_eq!(lines.has(&place), judges_alone);
            assert!(!lines.has(&lines.place(other, &(11..14), 1).unwrap()));
        }
    }

    #[test]
    fn lines_that_go_on_are_not_kept() {
        let lines = PlainLines::new(true);
        for text in ["key:\n", "key,x\n", "f(key = {\n", "key = &quot;x\n"] {
            let at = text.find("key").unwrap();
            let place = lines.place(text.as_bytes(), &(at..at + 3), 1).unwrap();
            lines.add(text.as_bytes(), &place, false);
            assert!(!lines.has(&place), "{text}");
        }
        let long = " ".repeat(300);
        assert!(lines.place(format!("key is{long}\n").as_bytes(), &(0..3), 1).is_none());
        assert!(lines.place(format!("{long}key\n").as_bytes(), &(300..303), 1).is_none());
        assert!(lines.place(b"key", &(0..3), 1).is_none());
    }
}
