//! Whether there is anything at all, in bytes or in what was changed of them.
//!
//! A history holds each file many times over, one version differing little from the next. A glance at one
//! version leaves a *trail*: where keywords stand, where encoded text stands, where something was found. In
//! the next version only what is new is filtered for keywords, and a keyword that was kept is tried
//! again only if a change is within the reach of its rules. So a version costs what was changed of it,
//! whatever is found in it.

use std::ops::Range;

use super::search::Scan;
use super::{Engine, Hit, decode, generic, pattern};
use crate::pattern::{analysis, syntax};
use crate::rule::{Rule, Scope};
use crate::text::edits::{Edits, Kept};
use crate::text::lines::lf_line_around;

/// Rules without a keyword that look no further than this are tried near changes only.
const NEAR_BYTES: usize = 512;

/// What may matter around a match: the bytes beside it, and escapes inside it.
const CONTEXT_BYTES: usize = 128;

/// The same for rules with checks, which look further.
const CHECK_BYTES: usize = 512;

/// So many rules may be tried near one another in a row.
const MAX_NEAR: usize = 8;

/// Where more was found, what is made from the bytes is looked at whole.
const MAX_FOUND: usize = 1000;

/// What a glance at bytes came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// Whether a scan would find a match. May be said too often, never too seldom.
    pub has_match: bool,
    /// What is remembered for bytes that are made from these.
    pub trail: Trail,
}

/// What a glance at bytes leaves for those that are made from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail {
    /// Whether nothing is remembered: what is made from the bytes is looked at whole.
    is_opaque: bool,
    /// Every keyword, by where it begins.
    hits: Vec<Mark>,
    /// Encoded text, in rising order.
    views: Vec<Encoded>,
    /// Where something was found in plain text.
    found: Vec<Extent>,
}

/// Encoded text, with what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Encoded {
    extent: Extent,
    has_match: bool,
}

impl Trail {
    fn opaque() -> Self {
        Trail { is_opaque: true, ..Trail::default() }
    }
}

/// A keyword that stands at `start`. Bytes of 4 GB and more have an opaque trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    start: u32,
    keyword: u32,
}

impl Mark {
    fn new(start: usize, keyword: u32) -> Self {
        Mark { start: short(start), keyword }
    }

    const fn start(self) -> usize {
        self.start as usize
    }
}

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Extent {
    start: u32,
    end: u32,
}

impl Extent {
    fn new(range: &Range<usize>) -> Self {
        Extent { start: short(range.start), end: short(range.end) }
    }

    const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Engine {
    /// Glances at bytes.
    #[must_use]
    pub fn glance(&self, bytes: &[u8]) -> Glance {
        if memchr::memchr(0, bytes).is_some() || u32::try_from(bytes.len()).is_err() {
            // Text in UTF-16 is looked at as a whole.
            let has_match = !self.scan(bytes).list.is_empty();
            return Glance { has_match, trail: Trail::opaque() };
        }
        let mut look = Look::new(self, bytes);
        let hits = &mut look.trail.hits;
        look.scan.keywords(|each| {
            self.links.prefilter.for_each(bytes, |hit: Hit| {
                hits.push(Mark::new(hit.start, hit.keyword));
                each(hit);
            });
        });
        let whole = 0..bytes.len();
        let whole = std::slice::from_ref(&whole);
        look.finish(whole, whole)
    }

    /// Glances at bytes that were made from others as `edits` says; `before` is what a glance at the
    /// others left.
    #[must_use]
    pub fn glance_at_edits(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> Glance {
        let has_zero = |change: &Range<usize>| memchr::memchr(0, &bytes[change.clone()]).is_some();
        if before.is_opaque || self.far().is_whole || edits.changes.iter().any(has_zero) {
            return self.glance(bytes);
        }
        let mut look = Look::new(self, bytes);
        look.new_keywords(edits);
        let mut tried = look.trail.hits.clone();
        let mut regions: Vec<_> = edits.changes.iter().map(decode::region_around).collect();
        for kept in &edits.kept {
            look.keep_keywords(edits, *kept, before, &mut tried);
            look.keep_views(*kept, before, &mut regions);
            look.keep_found(edits, *kept, before);
        }
        look.trail.hits.sort();
        tried.sort();
        look.scan.keywords(|each| {
            tried.iter().for_each(|mark| each(Hit { start: mark.start(), keyword: mark.keyword }));
        });
        regions.sort_unstable_by_key(|region| region.start);
        let windows = self.windows_around(bytes, edits);
        look.finish(&windows, &regions)
    }

    /// Where rules without a keyword may match that did not match before.
    fn windows_around(&self, bytes: &[u8], edits: &Edits) -> Vec<Range<usize>> {
        let mut windows: Vec<Range<usize>> = Vec::new();
        let around = self.far().around_everywhere;
        for change in edits.changes.iter().filter(|_| !self.links.everywhere.is_empty()) {
            let start = change.start.saturating_sub(around);
            let end = change.end.saturating_add(around).min(bytes.len());
            match windows.last_mut() {
                // The line of the end is known: it may be long, and changes many.
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

    fn far(&self) -> &Far {
        self.far.get_or_init(|| {
            let rules = self.rules.all();
            let is_needed = |rule: &&usize| self.is_needed[**rule];
            let of_keyword = |list: &[usize]| {
                let reaches = list.iter().filter(is_needed).map(|&rule| self.reach_of(rule));
                reaches.reduce(Reach::or).unwrap_or_default()
            };
            let is_far = |rule: &usize| match rules[*rule].scope {
                Scope::Line { .. } => false,
                _ => syntax::parse(&rules[*rule].pattern)
                    .is_ok_and(|hir| analysis::max_bytes(&hir) > NEAR_BYTES),
            };
            let keywords = 0..short(self.links.rules_of_keyword.len());
            let lengths = keywords.map(|keyword| self.links.prefilter.keyword_bytes(keyword));
            let everywhere = self.links.everywhere.iter();
            let near = everywhere.map(|&rule| self.near_reach(rule, MAX_NEAR)).max().unwrap_or(0);
            Far {
                keywords: self.links.rules_of_keyword.iter().map(|list| of_keyword(list)).collect(),
                longest_keyword: lengths.max().unwrap_or(0),
                around_everywhere: NEAR_BYTES + CHECK_BYTES + near,
                is_whole: self.links.everywhere.iter().filter(is_needed).any(is_far),
                has_line_rules: rules.iter().any(|rule| matches!(rule.scope, Scope::Line { .. })),
            }
        })
    }

    /// How far a rule looks from its keyword, and from its matches the rules that are tried near them.
    fn reach_of(&self, at: usize) -> Reach {
        let rule = &self.rules.all()[at];
        let more = self.near_reach(at, MAX_NEAR).saturating_add(context(rule));
        let (before, behind) = match rule.scope {
            Scope::Assignment => (generic::BEFORE_BYTES, generic::BEHIND_BYTES),
            // What cannot be parsed is found out when the pattern is compiled.
            _ => pattern::limits(rule).unwrap_or_default(),
        };
        Reach {
            before: before.saturating_add(more),
            behind: behind.saturating_add(more),
            is_line: matches!(rule.scope, Scope::Line { .. }),
            is_assignment: rule.scope == Scope::Assignment,
        }
    }
}

impl Engine {
    /// How far from the matches of a rule others are tried, and from theirs again others.
    fn near_reach(&self, at: usize, depth: usize) -> usize {
        let near = self
            .links
            .near
            .iter()
            .filter(|(rule, other)| *other == at && self.is_needed[*rule] && depth > 0);
        let reach = near.map(|&(rule, _)| {
            let own = self.rules.all()[rule].near_bytes.saturating_add(CHECK_BYTES);
            own.saturating_add(self.near_reach(rule, depth - 1))
        });
        reach.max().unwrap_or(0)
    }
}

fn context(rule: &Rule) -> usize {
    if rule.checks.is_empty() { CONTEXT_BYTES } else { CHECK_BYTES }
}

/// How far rules look from where a keyword begins, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    before: usize,
    behind: usize,
    /// Whether one looks to the ends of the line.
    is_line: bool,
    /// Whether all are for values assigned to a name.
    is_assignment: bool,
}

impl Reach {
    fn or(self, other: Reach) -> Reach {
        Reach {
            before: self.before.max(other.before),
            behind: self.behind.max(other.behind),
            is_line: self.is_line | other.is_line,
            is_assignment: self.is_assignment & other.is_assignment,
        }
    }
}

/// How far the rules look.
#[derive(Debug)]
pub(super) struct Far {
    /// For each keyword of the prefilter, how far the rules look that have it.
    keywords: Vec<Reach>,
    longest_keyword: usize,
    /// So far from a change a match of a rule without a keyword may begin or end, with all that matters around
    /// it.
    around_everywhere: usize,
    /// Whether a rule without a keyword looks so far that every version is looked at whole.
    is_whole: bool,
    /// Whether there are rules that look to the ends of their line.
    has_line_rules: bool,
}

/// A glance under way.
struct Look<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    scan: Scan<'a>,
    trail: Trail,
}

impl<'a> Look<'a> {
    fn new(engine: &'a Engine, bytes: &'a [u8]) -> Self {
        let scan = Scan::new(engine, bytes, &|_| true);
        Look { engine, bytes, scan, trail: Trail::default() }
    }

    /// Notes the keywords that touch a change: those that were not there before.
    fn new_keywords(&mut self, edits: &Edits) {
        let prefilter = &self.engine.links.prefilter;
        let beside = self.engine.far().longest_keyword.saturating_sub(1);
        let mut left = &edits.changes[..];
        while let Some(first) = left.first() {
            // Changes whose windows meet are filtered as one.
            let meets = |two: &&[Range<usize>]| two[0].end + 2 * beside >= two[1].start;
            let (changes, rest) = left.split_at(1 + left.windows(2).take_while(meets).count());
            left = rest;
            let start = first.start.saturating_sub(beside);
            let last = changes.last().map_or(start, |change| change.end);
            let range = start..(last + beside).min(self.bytes.len());
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

    /// Keeps the keywords of a part that was kept; those near its ends are to be `tried` again.
    fn keep_keywords(&mut self, edits: &Edits, kept: Kept, before: &Trail, tried: &mut Vec<Mark>) {
        let far = self.engine.far();
        let base_end = kept.from + kept.bytes;
        // Where all begins or ends, nothing was changed.
        let is_first = kept.from == 0 && kept.at == 0;
        let is_last = base_end == edits.base_bytes && kept.at + kept.bytes == self.bytes.len();
        let lines =
            if far.has_line_rules { self.whole_lines(kept, is_first, is_last) } else { 0..0 };
        let start = before.hits.partition_point(|mark| mark.start() < kept.from);
        for mark in before.hits[start..].iter().take_while(|mark| mark.start() < base_end) {
            let end = mark.start() + self.engine.links.prefilter.keyword_bytes(mark.keyword);
            let Some(now) = kept.shifted(mark.start()..end) else { continue };
            let reach = &far.keywords[mark.keyword as usize];
            let own = Mark::new(now.start, mark.keyword);
            self.trail.hits.push(own);
            if !is_first && mark.start() < kept.from.saturating_add(reach.before)
                || !is_last && self.reaches(reach, now.start, kept.at + kept.bytes)
                || reach.is_line && !(lines.start <= now.start && now.end <= lines.end)
            {
                tried.push(own);
            }
        }
    }

    /// Whether what matters of a keyword at `start` reaches to a change at `end`.
    fn reaches(&self, reach: &Reach, start: usize, end: usize) -> bool {
        if start.saturating_add(reach.behind) <= end {
            return false;
        }
        !(reach.is_assignment && generic::ends_before(self.bytes, start, end))
    }

    /// The part of what was kept in which every line is one that was kept.
    fn whole_lines(&self, kept: Kept, is_first: bool, is_last: bool) -> Range<usize> {
        let bytes = &self.bytes[kept.at..kept.at + kept.bytes];
        let start = if is_first { Some(0) } else { memchr::memchr(b'\n', bytes) };
        let end = if is_last { Some(bytes.len()) } else { memchr::memrchr(b'\n', bytes) };
        let start = start.unwrap_or(bytes.len());
        kept.at + start..kept.at + end.unwrap_or(start).max(start)
    }

    /// Keeps what is known of encoded text; where some of it was changed, it is looked at again.
    fn keep_views(&mut self, kept: Kept, before: &Trail, regions: &mut Vec<Range<usize>>) {
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

    /// Keeps what was found, unless something was changed in it or right beside it: then its keyword is tried
    /// again.
    fn keep_found(&mut self, edits: &Edits, kept: Kept, before: &Trail) {
        for extent in &before.found {
            let Range { start, end } = extent.range();
            let beside = start.saturating_sub(1)..(end + 1).min(edits.base_bytes);
            let found = kept.shifted(beside).and_then(|_| kept.shifted(start..end));
            self.trail.found.extend(found.map(|now| Extent::new(&now)));
        }
    }

    /// Tries rules without a keyword in `windows`, and encoded text in `regions`.
    fn finish(mut self, windows: &[Range<usize>], regions: &[Range<usize>]) -> Glance {
        let (engine, mut trail) = (self.engine, self.trail);
        self.scan.everywhere(windows);
        self.scan.near();
        // A rule that is switched off may still be one that others are tried near.
        let is_on = |rule: usize| engine.rules.all()[rule].enabled;
        let found = self.scan.found.list.iter().filter(|found| is_on(found.rule));
        trail.found.extend(found.map(|found| Extent::new(&found.span)));
        let mut decoded = Vec::new();
        decode::each_run(self.bytes, regions, &mut |view| {
            let extent = Extent::new(&view.decoding.raw(&(0..view.bytes.len())));
            if view.decoding.is_outermost() {
                trail.views.push(Encoded { extent, has_match: false });
            }
            let mut scan = Scan::new(engine, &view.bytes, &|_| true);
            scan.run();
            let mut found = scan.found.list.iter().filter(|found| is_on(found.rule));
            if found.any(|found| view.is_decoded(&found.span)) {
                decoded.push(extent.start);
            }
        });
        decoded.sort_unstable();
        for Encoded { extent, has_match } in &mut trail.views {
            // What is encoded inside other encoded text begins in it.
            let first = decoded.partition_point(|start| *start < extent.start);
            *has_match |= decoded.get(first).is_some_and(|start| *start < extent.end);
        }
        trail.views.sort();
        trail.views.dedup_by(|later, view| {
            view.has_match |= later.extent == view.extent && later.has_match;
            later.extent == view.extent
        });
        trail.found.sort();
        trail.found.dedup();
        trail.is_opaque = trail.found.len() > MAX_FOUND;
        let has_match = !trail.found.is_empty() || trail.views.iter().any(|view| view.has_match);
        Glance { has_match, trail }
    }
}

#[cfg(test)]
mod tests {
    use super::{Engine, Glance, Trail};
    use crate::rule::{RuleSet, expand};
    use crate::text::edits::Edits;

    /// `text`, with `new` in place of what stands at `at`, and how it was made.
    fn edited(text: &[u8], at: std::ops::Range<usize>, new: &[u8]) -> (Vec<u8>, Edits) {
        let mut edits = Edits::default();
        edits.begin(text.len());
        edits.keep(0, at.start);
        if !new.is_empty() {
            edits.insert(new.len());
        }
        edits.keep(at.end, text.len() - at.end);
        edits.end();
        ([&text[..at.start], new, &text[at.end..]].concat(), edits)
    }

    /// Whether the version is glanced at as a whole and by its edits with the same result.
    fn has_match(engine: &Engine, before: &Trail, (text, edits): (Vec<u8>, Edits)) -> bool {
        let seen = engine.glance_at_edits(&text, &edits, before);
        assert_eq!(seen, engine.glance(&text));
        seen.has_match
    }

    #[test]
    fn glance_at_edits_sees_what_a_change_completes_and_what_it_breaks() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let key = expand("AKIA{base32:16}").unwrap();
        let filler = b"nothing to see here\n".repeat(400);
        let text = [&filler[..], b"id = ", &key, b"\n", &filler].concat();
        let at = filler.len() + 5;
        let Glance { has_match: true, trail: whole } = engine.glance(&text) else { panic!() };
        // A change elsewhere keeps it; a letter that is lost or too many ends it, and the way back begins it.
        assert!(has_match(&engine, &whole, edited(&text, 5..9, b"x")));
        for change in [at + 19..at + 20, at..at + 1] {
            let (broken, edits) = edited(&text, change.clone(), b"");
            let seen = engine.glance_at_edits(&broken, &edits, &whole);
            assert_eq!(seen, engine.glance(&broken));
            assert!(!seen.has_match);
            let mended = edited(&broken, change.start..change.start, &text[change]);
            assert!(has_match(&engine, &seen.trail, mended));
        }
        assert!(!has_match(&engine, &whole, edited(&text, at + 20..at + 20, b"ABC")));
    }

    #[test]
    fn glance_at_edits_finds_a_keyword_that_a_change_puts_together() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let key = expand("AKIA{base32:16}").unwrap();
        let parted = [&b"x\n".repeat(900)[..], &key[..2], b"--", &key[2..], b"\n"].concat();
        let before = engine.glance(&parted);
        assert!(!before.has_match);
        assert!(has_match(&engine, &before.trail, edited(&parted, 1802..1804, b"")));
    }

    #[test]
    fn glance_at_edits_reaches_as_far_as_a_key_and_encoded_text_do() {
        use base64::Engine as _;
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let filler = b"nothing to see here\n".repeat(100);
        let pem = expand("{pem:RSA PRIVATE KEY}").unwrap();
        let inner = expand("{alnum:900} id: AKIA{base32:16} {alnum:900}").unwrap();
        let encoded = base64::engine::general_purpose::STANDARD.encode(inner).into_bytes();
        for secret in [pem, encoded] {
            let whole = [&filler[..], &secret, b"\n", &filler].concat();
            let end = filler.len() + secret.len();
            for (at, lost) in [(end - 2, 2), (filler.len(), 1)] {
                let before = engine.glance(&edited(&whole, at..at + lost, b"").0);
                let (broken, _) = edited(&whole, at..at + lost, b"");
                let seen = has_match(
                    &engine,
                    &before.trail,
                    edited(&broken, at..at, &whole[at..at + lost]),
                );
                assert!(seen, "{at} of {}", secret.len());
            }
        }
    }

    #[test]
    fn glance_at_edits_keeps_what_is_found_whatever_is_changed_beside_it() {
        use base64::Engine as _;
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let long = expand("password = \"{alnum:200}Zq7!{alnum:60}\"").unwrap();
        let inner =
            expand("some words before it id: AKIA{base32:16} and some words behind it").unwrap();
        let encoded = base64::engine::general_purpose::STANDARD.encode(inner).into_bytes();
        for secret in [long, encoded] {
            let filler = b"nothing to see here\n".repeat(20);
            let text = [&filler[..], &secret, b"\n", &filler].concat();
            let before = engine.glance(&text);
            assert!(before.has_match);
            let (start, end) = (filler.len(), filler.len() + secret.len());
            for beside in 0..200 {
                for at in [start - beside, end + 1 + beside] {
                    let (text, edits) = edited(&text, at..at + 1, b"x");
                    let seen = engine.glance_at_edits(&text, &edits, &before.trail);
                    assert!(seen.has_match || !engine.glance(&text).has_match, "{beside} {at}");
                }
            }
        }
    }

    #[test]
    fn glance_leaves_nothing_where_there_are_zeros() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        assert!(engine.glance(b"a\0b").trail.is_opaque);
        assert_eq!(engine.glance(b"nothing to see here"), Glance::default());
    }
}
