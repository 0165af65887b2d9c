//! One quick scan: which keywords are new, and what is kept of the trail before.

use std::ops::Range;

use super::QuickScan;
use super::reach::Reach;
use super::trail::{Encoded, Extent, Mark, Trail};
use crate::engine::search::Scan;
use crate::engine::{Engine, Match, decode, generic};
use crate::text::edits::{Edits, Kept};

/// With more matches than this, the next version is scanned whole: the trail would cost more.
const MAX_FOUND: usize = 1000;

/// Returns where `is_before` ends to hold in `list`, which is sorted by it. It begins at `place`, where the last
/// search ended, with steps that double: kept parts follow each other, as a rule.
fn from_here<T>(list: &[T], place: &mut usize, is_before: impl Fn(&T) -> bool) -> usize {
    let (mut start, mut end, mut step) = (*place, *place, 1);
    while start > 0 && !is_before(&list[start - 1]) {
        (start, end, step) = (start.saturating_sub(step), start - 1, 2 * step);
    }
    while end < list.len() && is_before(&list[end]) {
        (start, end, step) = (end + 1, (end + step).min(list.len()), 2 * step);
    }
    *place = start + list[start..end].partition_point(is_before);
    *place
}

/// A part of the bytes that was kept, for the keywords in it.
struct KeptPart<'a> {
    kept: Kept,
    /// Whether it stands at the start of the bytes, and did before.
    is_first: bool,
    /// Whether it stands at the end of the bytes, and did before.
    is_last: bool,
    /// What of it consists of whole lines, if there are rules for lines.
    lines: Range<usize>,
    /// The part of it, in the bytes before, that lies outside broken matches.
    settled: Range<usize>,
    judged: generic::Lines<'a>,
}

impl KeptPart<'_> {
    /// Whether a rule of the keyword that stands at `now` reaches a change.
    fn is_reached(&mut self, reach: Reach, now: &Range<usize>) -> bool {
        let Range { start, end } = self.kept.at..self.kept.at + self.kept.bytes;
        let begins_in_reach = !self.is_first && now.start < start.saturating_add(reach.before);
        let ends_in_reach = !self.is_last && now.start.saturating_add(reach.behind) > end;
        begins_in_reach && !(reach.is_assignment && self.judged.has_start_of(now.start))
            || ends_in_reach && !(reach.is_assignment && self.judged.has_end_of(now.start))
            || reach.is_line && !(self.lines.start <= now.start && now.end <= self.lines.end)
    }
}

/// A quick scan that is not finished.
pub(super) struct Pass<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    pub(super) scan: Scan<'a>,
    pub(super) trail: Trail,
    /// Where the keywords of the last kept part end in the trail before.
    next_hit: usize,
}

impl<'a> Pass<'a> {
    pub(super) fn new(engine: &'a Engine, bytes: &'a [u8]) -> Self {
        let mut scan = Scan::new(engine, bytes, &|_| true);
        scan.plain_lines = Some(engine.plain_lines());
        Pass { engine, bytes, scan, trail: Trail::default(), next_hit: 0 }
    }

    /// Notes the keywords that touch a change: they were not there before.
    pub(super) fn new_keywords(&mut self, edits: &Edits) {
        let prefilter = &self.engine.links.prefilter;
        // A keyword that touches a change begins before its end and ends behind its start.
        let (before, behind) = self.engine.far().arms;
        // Changes whose windows meet are filtered as one.
        let meets =
            |one: &Range<usize>, next: &Range<usize>| one.end + before + behind >= next.start;
        for changes in edits.changes.chunk_by(meets) {
            let start = changes[0].start.saturating_sub(behind.saturating_sub(1));
            let last = changes[changes.len() - 1].end;
            let range = start..(last + before).min(self.bytes.len());
            let mut next = 0;
            prefilter.for_each_in(self.bytes, range, |hit| {
                let end = hit.start + prefilter.keyword_bytes(hit.keyword);
                while changes.get(next).is_some_and(|change| change.end <= hit.start) {
                    next += 1;
                }
                if changes.get(next).is_some_and(|change| change.start < end) {
                    self.trail.hits.push(Mark::new(hit.start, hit.keyword));
                }
            });
        }
    }

    /// Notes how far the rules look of the keywords so far, and those of a trail before that looked as far as
    /// `before`.
    pub(super) fn note_farthest(&mut self, before: (usize, usize)) {
        let reaches = self.trail.hits.iter().map(|mark| {
            let reach = self.engine.reach(mark.keyword);
            let keyword_bytes = self.engine.links.prefilter.keyword_bytes(mark.keyword);
            (reach.before, reach.behind.max(keyword_bytes))
        });
        self.trail.farthest = reaches.fold(before, |all, one| (all.0.max(one.0), all.1.max(one.1)));
    }

    /// Keeps the keywords of a kept part. Into `tried` go those from which a rule reaches a change, and those outside
    /// `settled`: a match that is broken held them, so that nobody tried them.
    pub(super) fn keep_keywords(
        &mut self,
        edits: &Edits,
        kept: Kept,
        before: &Trail,
        settled: &Range<usize>,
        tried: &mut Vec<Mark>,
    ) {
        let far = self.engine.far();
        let base_end = kept.from + kept.bytes;
        let start = from_here(&before.hits, &mut self.next_hit, |mark| mark.start() < kept.from);
        let marks = &before.hits[start..];
        if marks.first().is_none_or(|first| first.start() >= base_end) {
            return;
        }
        // Nothing was changed where the bytes begin or end.
        let is_first = kept.from == 0 && kept.at == 0;
        let is_last = base_end == edits.base_bytes && kept.at + kept.bytes == self.bytes.len();
        let lines =
            if far.has_line_rules { self.whole_lines(kept, is_first, is_last) } else { 0..0 };
        let mut part = KeptPart {
            kept,
            is_first,
            is_last,
            lines,
            settled: settled.clone(),
            judged: generic::Lines::new(self.bytes, kept.at..kept.at + kept.bytes),
        };
        // No keyword of these reaches a change or was in a broken match, and most are of these.
        let (reach_before, reach_behind) = before.farthest;
        let deep_from = if is_first { 0 } else { kept.from.saturating_add(reach_before) };
        let deep_end = if is_last { base_end } else { base_end.saturating_sub(reach_behind) };
        let (deep_from, deep_end) = (deep_from.max(settled.start), deep_end.min(settled.end));
        let deep = if deep_from < deep_end && !far.has_line_rules {
            let start = marks.partition_point(|mark| mark.start() < deep_from);
            start..start + marks[start..].partition_point(|mark| mark.start() < deep_end)
        } else {
            0..0
        };
        marks[..deep.start].iter().for_each(|mark| self.keep_keyword(&mut part, *mark, tried));
        self.trail.hits.extend(marks[deep.clone()].iter().map(|mark| mark.shifted(kept)));
        let mut next = deep.end;
        while let Some(mark) = marks.get(next).filter(|mark| mark.start() < base_end) {
            self.keep_keyword(&mut part, *mark, tried);
            next += 1;
        }
        // The next part stands right behind this one, as a rule.
        self.next_hit = start + next;
    }

    /// Keeps a keyword if all of it is in a kept part, and notes it if a rule reaches a change from there.
    fn keep_keyword(&mut self, part: &mut KeptPart<'_>, mark: Mark, tried: &mut Vec<Mark>) {
        let end = mark.start() + self.engine.links.prefilter.keyword_bytes(mark.keyword);
        let Some(now) = part.kept.shifted(mark.start()..end) else { return };
        let reach = self.engine.reach(mark.keyword);
        let own = Mark::new(now.start, mark.keyword);
        self.trail.hits.push(own);
        if part.is_reached(reach, &now) || !part.settled.contains(&mark.start()) {
            tried.push(own);
        }
    }

    /// Returns the part of `kept` that consists of whole kept lines.
    fn whole_lines(&self, kept: Kept, is_first: bool, is_last: bool) -> Range<usize> {
        let bytes = &self.bytes[kept.at..kept.at + kept.bytes];
        let start = if is_first { Some(0) } else { memchr::memchr(b'\n', bytes) };
        let end = if is_last { Some(bytes.len()) } else { memchr::memrchr(b'\n', bytes) };
        let start = start.unwrap_or(bytes.len());
        kept.at + start..kept.at + end.unwrap_or(start).max(start)
    }

    /// Keeps encoded text that was not changed. The rest goes into `regions`, to be decoded again.
    pub(super) fn keep_views(
        &mut self,
        kept: Kept,
        before: &Trail,
        regions: &mut Vec<Range<usize>>,
    ) {
        // Of two views, the later one begins and ends later.
        let end = kept.from + kept.bytes;
        let first = before.views.partition_point(|view| view.extent.end as usize <= kept.from);
        let views = before.views[first..].iter();
        for view in views.take_while(|view| (view.extent.start as usize) < end) {
            let range = view.extent.range();
            let part = range.start.max(kept.from)..range.end.min(end);
            let Some(now) = kept.shifted(part.clone()) else { continue };
            match part == range {
                true => self.trail.views.push(Encoded { extent: Extent::new(&now), ..*view }),
                false => regions.push(now),
            }
        }
    }

    /// Keeps the places of matches, unless a change lies in one or right beside it: such a match is broken, and its
    /// keyword is tried again. Returns the part of `kept`, in the bytes before, that lies outside broken matches.
    pub(super) fn keep_found(&mut self, edits: &Edits, kept: Kept, before: &Trail) -> Range<usize> {
        let mut settled = kept.from..kept.from + kept.bytes;
        let Range { start: first, end: last } = settled.clone();
        for extent in &before.found {
            let Range { start, end } = extent.range();
            let beside = start.saturating_sub(1)..(end + 1).min(edits.base_bytes);
            match kept.shifted(beside.clone()).and_then(|_| kept.shifted(start..end)) {
                Some(now) => self.trail.found.push(Extent::new(&now)),
                None if end <= first || last <= start => {}
                None if beside.start < first => settled.start = settled.start.max(end),
                None => settled.end = settled.end.min(start),
            }
        }
        settled
    }

    /// Tries rules without a keyword in `windows`, and decodes encoded text in `regions`.
    pub(super) fn finish(
        mut self,
        windows: &[Range<usize>],
        regions: &[Range<usize>],
    ) -> QuickScan {
        self.scan.everywhere(windows);
        self.scan.near();
        // A rule that is switched off may still be one that others are tried near.
        let rules = self.engine.rules.all();
        let is_enabled = |found: &&Match| rules[found.rule].enabled;
        let is_kept = !self.trail.found.is_empty();
        let found = self.scan.found.list.iter().filter(is_enabled);
        self.trail.found.extend(found.map(|found| Extent::new(&found.span)));
        // The trail keeps what an example covers: where a change ends the example, nobody tries the rest again.
        self.scan.drop_examples();
        let is_new = self.scan.found.list.iter().any(|found| is_enabled(&found));
        let is_unread = self.decode(regions);
        let mut trail = self.trail;
        trail.found.sort();
        trail.found.dedup();
        // What is not decoded to the end is for the scan to name.
        trail.is_opaque = trail.found.len() > MAX_FOUND || is_unread;
        let has_match =
            is_unread || is_kept || is_new || trail.views.iter().any(|view| view.has_match);
        QuickScan { has_match, trail }
    }

    /// Adds the encoded text in `regions` to the trail, and notes which views hold a match. Returns whether there is
    /// more than is decoded.
    fn decode(&mut self, regions: &[Range<usize>]) -> bool {
        let rules = self.engine.rules.all();
        let views = &mut self.trail.views;
        let mut matched = Vec::new();
        let is_unread = decode::each_in(self.bytes, regions, &mut |view| {
            let extent = Extent::new(&view.decoding.raw(&(0..view.bytes.len())));
            if view.decoding.is_outermost() {
                views.push(Encoded { extent, has_match: false });
            }
            let mut scan = Scan::new(self.engine, &view.bytes, &|_| true);
            scan.run();
            let mut found = scan.found.list.iter().filter(|found| rules[found.rule].enabled);
            if found.any(|found| view.is_decoded(&found.span)) {
                matched.push(extent.start);
            }
        });
        matched.sort_unstable();
        for Encoded { extent, has_match } in &mut *views {
            // What is encoded inside other encoded text begins in it.
            let first = matched.partition_point(|start| *start < extent.start);
            *has_match |= matched.get(first).is_some_and(|start| *start < extent.end);
        }
        views.sort();
        views.dedup_by(|later, view| {
            view.has_match |= later.extent == view.extent && later.has_match;
            later.extent == view.extent
        });
        is_unread
    }
}

#[cfg(test)]
mod tests {
    use super::from_here;

    #[test]
    fn from_here_finds_the_same_from_every_place() {
        let list: Vec<usize> = (0..70).map(|at| at / 2 * 3).collect();
        for length in [0, 1, 2, 33, 70] {
            let list = &list[..length];
            for from in 0..=length {
                for wanted in 0..110 {
                    let mut place = from;
                    let found = from_here(list, &mut place, |item| *item < wanted);
                    assert_eq!(found, list.partition_point(|item| *item < wanted));
                    assert_eq!(found, place);
                }
            }
        }
    }
}
