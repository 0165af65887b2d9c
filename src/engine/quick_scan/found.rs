//! The matches of bytes that went through a quick scan: looked for only where the trail says that there are any.

use std::ops::Range;

use super::trail::{Mark, Trail};
use crate::engine::decode::View;
use crate::engine::search::Scan;
use crate::engine::{Engine, Hit, Matches, decode};

impl Engine {
    /// Finds what [`scan`](Self::scan) finds in bytes for which a quick scan left `trail`. `None` where that remembers
    /// nothing: then only a scan tells.
    #[must_use]
    pub fn scan_along(&self, bytes: &[u8], trail: &Trail) -> Option<Matches> {
        if trail.is_opaque || self.far().is_whole {
            return None;
        }
        let (before, behind) = trail.farthest;
        let around = self.far().around_everywhere;
        let found = || trail.found.iter().map(|extent| extent.range());
        // A keyword stands as far before what it leads to as rules look behind it, and the other way round.
        let near = self.windows(bytes, found(), (behind, before));
        let everywhere = match self.links.everywhere.is_empty() {
            true => Vec::new(),
            false => self.windows(bytes, found(), (around, around)),
        };
        let mut scan = Scan::new(self, bytes, &|_| true);
        scan.run_in(&everywhere, |each| {
            marks_in(&trail.hits, &near, &mut |mark| {
                each(Hit { start: mark.start(), keyword: mark.keyword });
            });
        });
        let encoded: Vec<Range<usize>> = trail
            .views
            .iter()
            .filter(|view| view.has_match)
            .map(|view| view.extent.range())
            .collect();
        let views = |each: &mut dyn FnMut(&View)| decode::each_in(bytes, &encoded, each);
        Some(self.complete(scan, bytes, &|_| true, views))
    }
}

/// Calls `each` with the marks that begin in one of the windows, or where one ends.
fn marks_in(marks: &[Mark], windows: &[Range<usize>], each: &mut dyn FnMut(Mark)) {
    for window in windows {
        let first = marks.partition_point(|mark| mark.start() < window.start);
        let near = marks[first..].iter().take_while(|mark| mark.start() <= window.end);
        near.for_each(|mark| each(*mark));
    }
}
