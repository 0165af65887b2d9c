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
        let found = || trail.found.iter().map(|extent| extent.range());
        // A keyword stands as far before what it leads to as rules look behind it, and the other way round.
        let near = self.windows(bytes, found(), (behind, before));
        let ends = trail.found.iter().scan(0, |most, extent| {
            *most = extent.end.max(*most);
            Some(*most as usize)
        });
        let ends: Vec<usize> = ends.collect();
        let reaches_one = |mark: Mark| {
            let (start, reach) = (mark.start(), self.reach(mark.keyword));
            let end = start.saturating_add(reach.behind);
            let before = trail.found.partition_point(|extent| extent.start as usize <= end);
            let farthest = before.checked_sub(1).map(|last| ends[last]);
            reach.is_line || farthest.is_some_and(|end| start.saturating_sub(reach.before) <= end)
        };
        let everywhere = self.windows_everywhere(bytes, found());
        let mut scan = Scan::new(self, bytes, &|_| true);
        scan.plain_lines = Some(self.plain_lines());
        scan.run_in(&everywhere, |each| {
            for mark in marks_in(&trail.hits, &near).filter(|mark| reaches_one(*mark)) {
                each(Hit { start: mark.start(), keyword: mark.keyword });
            }
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

/// Returns the marks that begin in one of the windows, or where one ends.
fn marks_in(marks: &[Mark], windows: &[Range<usize>]) -> impl Iterator<Item = Mark> {
    windows.iter().flat_map(move |window| {
        let first = marks.partition_point(|mark| mark.start() < window.start);
        marks[first..].iter().copied().take_while(|mark| mark.start() <= window.end)
    })
}
