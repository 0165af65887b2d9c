//! The quick scan: whether bytes hold a match at all, and whether a change of them brought one.
//!
//! A history holds each file many times over, one version differing little from the next. The quick scan of one
//! version leaves a [`Trail`]: the places of keywords, of encoded text, and of matches. In the next version only
//! what is new goes through the prefilter, and a kept keyword is tried again only if a change is within the reach
//! of its rules ([`reach`]). So a version costs what was changed of it, whatever is found in it.

mod found;
mod pass;
mod plain_lines;
mod reach;
mod trail;

#[cfg(test)]
mod tests;

use std::ops::Range;

use self::pass::Pass;
pub(super) use self::plain_lines::PlainLines;
pub(super) use self::reach::Far;
use self::trail::Mark;
pub use self::trail::Trail;
use super::{Engine, Hit, decode};
use crate::text::edits::Edits;
use crate::text::lines::lf_line_around;

/// What a quick scan of bytes came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuickScan {
    /// Whether a scan would find a match. It may be true too often, never too seldom.
    pub has_match: bool,
    /// What is remembered for bytes that are made from these.
    pub trail: Trail,
}

impl Engine {
    /// Scans bytes for whether they hold a match at all.
    #[must_use]
    pub fn quick_scan(&self, bytes: &[u8]) -> QuickScan {
        if decode::is_whole(bytes) || u32::try_from(bytes.len()).is_err() {
            let found = self.scan(bytes);
            // What is not decoded to the end is for the scan to name.
            let has_match = found.unread || !found.list.is_empty();
            return QuickScan { has_match, trail: Trail::opaque() };
        }
        let mut pass = Pass::new(self, bytes);
        let hits = &mut pass.trail.hits;
        pass.scan.keywords(|each| {
            self.links.prefilter.for_each(bytes, |hit: Hit| {
                hits.push(Mark::new(hit.start, hit.keyword));
                each(hit);
            });
        });
        pass.note_farthest((0, 0));
        let whole = 0..bytes.len();
        let whole = std::slice::from_ref(&whole);
        pass.finish(whole, whole)
    }

    /// Scans only what `edits` changed: `bytes` were made from others, for which a quick scan left `before`.
    ///
    /// The result is that of [`quick_scan`](Self::quick_scan), but that it may report a match too many.
    #[must_use]
    pub fn quick_scan_of_edits(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> QuickScan {
        if before.is_opaque || self.far().is_whole || brings_whole(bytes, edits) {
            return self.quick_scan(bytes);
        }
        let mut pass = Pass::new(self, bytes);
        pass.new_keywords(edits);
        pass.note_farthest(before.farthest);
        let mut tried = pass.trail.hits.clone();
        pass.trail.hits.reserve_exact(before.hits.len());
        let mut regions: Vec<_> = edits.changes.iter().map(decode::region_around).collect();
        for kept in &edits.kept {
            let settled = pass.keep_found(edits, *kept, before);
            pass.keep_keywords(edits, *kept, before, &settled, &mut tried);
            pass.keep_views(*kept, before, &mut regions);
        }
        pass.trail.hits.sort();
        tried.sort();
        pass.scan.keywords(|each| {
            tried.iter().for_each(|mark| each(Hit { start: mark.start(), keyword: mark.keyword }));
        });
        regions.sort_unstable_by_key(|region| region.start);
        let windows = self.windows_everywhere(bytes, edits.changes.iter().cloned());
        pass.finish(&windows, &regions)
    }

    /// Returns the windows around ranges in which rules without a keyword are tried; none where there is no such rule.
    fn windows_everywhere(
        &self,
        bytes: &[u8],
        ranges: impl Iterator<Item = Range<usize>>,
    ) -> Vec<Range<usize>> {
        let around = self.far().around_everywhere;
        match self.links.everywhere.is_empty() {
            true => Vec::new(),
            false => self.windows(bytes, ranges, (around, around)),
        }
    }

    /// Returns the windows that reach so far around ranges, which rise, and to the ends of their lines where there are
    /// rules for lines. Those that meet are one.
    fn windows(
        &self,
        bytes: &[u8],
        ranges: impl Iterator<Item = Range<usize>>,
        (before, behind): (usize, usize),
    ) -> Vec<Range<usize>> {
        let mut windows: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            let start = range.start.saturating_sub(before);
            let end = range.end.saturating_add(behind).min(bytes.len());
            match windows.last_mut() {
                // The line of the end is known: it may be long, and ranges many.
                Some(last) if end <= last.end => {}
                Some(last) if start <= last.end => last.end = self.line_end(bytes, end),
                _ => windows.push(self.line_start(bytes, start)..self.line_end(bytes, end)),
            }
        }
        windows
    }

    fn line_start(&self, bytes: &[u8], at: usize) -> usize {
        if self.far().has_line_rules { lf_line_around(bytes, at).start } else { at }
    }

    fn line_end(&self, bytes: &[u8], at: usize) -> usize {
        if self.far().has_line_rules { lf_line_around(bytes, at).end } else { at }
    }
}

/// Whether a change brings what only a scan of the whole decodes.
fn brings_whole(bytes: &[u8], edits: &Edits) -> bool {
    /// Changes that are so near each other are looked at as one: what was kept between them had nothing of the kind.
    const NEAR_BYTES: usize = 64;
    let is_near = |one: &Range<usize>, next: &Range<usize>| one.end + NEAR_BYTES >= next.start;
    edits
        .changes
        .chunk_by(is_near)
        .any(|near| decode::is_whole(&bytes[near[0].start..near[near.len() - 1].end]))
}
