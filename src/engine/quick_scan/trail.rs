//! What a quick scan remembers of bytes for those that are made from them.

use std::ops::Range;

use crate::text::edits::Kept;

/// What a quick scan remembers of bytes for those that are made from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail {
    /// Whether nothing is remembered: what is made from the bytes is scanned whole.
    pub(super) is_opaque: bool,
    /// Every keyword, in the order of where it begins.
    pub(super) hits: Vec<Mark>,
    /// Encoded text, in rising order.
    pub(super) views: Vec<Encoded>,
    /// Where something was found in plain text.
    pub(super) found: Vec<Extent>,
    /// How far the rules look before and behind where one of the keywords begins, at most. It may be too far, because
    /// keywords that are gone count, too.
    pub(super) farthest: (usize, usize),
}

/// Encoded text, with what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Encoded {
    pub(super) extent: Extent,
    pub(super) has_match: bool,
}

impl Trail {
    pub(super) fn opaque() -> Self {
        Trail { is_opaque: true, ..Trail::default() }
    }
}

/// A keyword that stands at `start`. Bytes of 4 GB and more have an opaque trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    start: u32,
    pub(super) keyword: u32,
}

impl Mark {
    pub(super) fn new(start: usize, keyword: u32) -> Self {
        Mark { start: short(start), keyword }
    }

    pub(super) const fn start(self) -> usize {
        self.start as usize
    }

    /// The same keyword where the kept part stands now that holds it.
    pub(super) const fn shifted(self, kept: Kept) -> Self {
        // Both places are below 4 GB: what is added is their difference, modulo 4 GB.
        let by = (kept.at as u32).wrapping_sub(kept.from as u32);
        Mark { start: self.start.wrapping_add(by), keyword: self.keyword }
    }
}

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Extent {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Extent {
    pub(super) fn new(range: &Range<usize>) -> Self {
        Extent { start: short(range.start), end: short(range.end) }
    }

    pub(super) const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

pub(super) fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
