//! How bytes were made from others: which parts were kept, and where something was changed.

use std::ops::Range;

/// A part that stands in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands now.
    pub at: usize,
    /// Where it stood.
    pub from: usize,
    /// How long it is.
    pub bytes: usize,
}

impl Kept {
    /// Where something stands now that stood at `range`; `None` if not all of it was kept here.
    #[must_use]
    pub fn shifted(&self, range: Range<usize>) -> Option<Range<usize>> {
        let is_inside = range.start >= self.from && range.end <= self.from + self.bytes;
        let now = |at: usize| at - self.from + self.at;
        is_inside.then(|| now(range.start)..now(range.end))
    }
}

/// How bytes were made from others. Every byte lies in one of `kept` or one of `changes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// The parts that were kept, by where they stand now. Parts may have changed places.
    pub kept: Vec<Kept>,
    /// Where bytes are new, in rising order; an empty range where two parts meet that did not meet
    /// before.
    pub changes: Vec<Range<usize>>,
    /// How many bytes there were.
    pub base_bytes: usize,
    /// How many bytes there are so far.
    at: usize,
    /// Where the others would go on if nothing were changed here.
    next: usize,
}

impl Edits {
    /// Begins anew, for a base of `base_bytes` bytes.
    pub fn begin(&mut self, base_bytes: usize) {
        self.kept.clear();
        self.changes.clear();
        (self.base_bytes, self.at, self.next) = (base_bytes, 0, 0);
    }

    /// Adds a part that stood at `from`.
    pub fn keep(&mut self, from: usize, bytes: usize) {
        if from != self.next {
            self.change(0);
        }
        match self.kept.last_mut() {
            Some(last) if last.at + last.bytes == self.at && last.from + last.bytes == from => {
                last.bytes += bytes;
            }
            _ => self.kept.push(Kept { at: self.at, from, bytes }),
        }
        self.next = from + bytes;
        self.at += bytes;
    }

    /// Adds bytes that are new.
    pub fn insert(&mut self, bytes: usize) {
        self.change(bytes);
        self.at += bytes;
    }

    /// Ends it: nothing more is added.
    pub fn end(&mut self) {
        if self.next != self.base_bytes {
            self.change(0);
        }
    }

    fn change(&mut self, bytes: usize) {
        match self.changes.last_mut() {
            Some(last) if last.end == self.at => last.end += bytes,
            _ => self.changes.push(self.at..self.at + bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Edits, Kept};

    #[test]
    fn edits_name_what_was_kept_and_what_is_new() {
        let mut edits = Edits::default();
        edits.begin(10);
        edits.keep(0, 2);
        edits.keep(2, 2);
        edits.insert(2);
        edits.keep(4, 4);
        edits.keep(0, 2);
        edits.end();
        let kept = |at, from, bytes| Kept { at, from, bytes };
        assert_eq!(edits.kept, [kept(0, 0, 4), kept(6, 4, 4), kept(10, 0, 2)]);
        // The last two bytes of the others are lost behind the end.
        assert_eq!(edits.changes, [4..6, 10..10, 12..12]);
        assert_eq!(edits.kept[1].shifted(5..7), Some(7..9));
        assert_eq!(edits.kept[1].shifted(3..7), None);
        edits.begin(4);
        edits.keep(0, 4);
        edits.end();
        assert_eq!((edits.kept.len(), edits.changes.len()), (1, 0));
    }
}
