//! A finding made of a match: where it stands, what belongs to it, and the line around it.

use std::ops::Range;

use super::{Hits, Job, Lines};
use crate::engine::{Encoding, Match};
use crate::finding::{Excerpt, Finding, Fingerprint, Location, Related, Secret};
use crate::source::Unit;
use crate::text::fragment::Fragment;
use crate::text::lines::{Locator, Position, lf_line_around, line_around};

/// How many bytes of a line are shown before a secret and behind it.
const EXCERPT_BYTES: usize = 80;

/// The same, where whole lines are shown.
const WHOLE_LINE_BYTES: usize = 4096;

/// How many bytes before and behind a match a finding may need beyond its lines: what is shown, and as much again, in
/// which secrets are looked for that must not be shown.
pub(super) const AROUND_BYTES: usize = 2 * EXCERPT_BYTES;

/// Makes findings of one fragment's matches.
pub(super) struct Maker<'a> {
    job: &'a Job<'a>,
    unit: &'a Unit,
    hits: &'a Hits<'a>,
    locator: Locator<'a>,
    /// The line that was looked at last: of a long one, many findings are made.
    line: Range<usize>,
    /// For each match, how far it and those before it reach.
    reached: Vec<usize>,
    /// The last place that was located in encoded text: the encoding, its offset, its position.
    decoded: Option<(Encoding, usize, Position)>,
}

impl<'a> Maker<'a> {
    /// Makes one for the matches of `hits`.
    pub(super) fn new(job: &'a Job<'a>, unit: &'a Unit, hits: &'a Hits<'a>) -> Self {
        let locator = job.options.lines.locator(hits.fragment());
        let ends = hits.matches.list.iter().map(|found| found.secret.end);
        let reached = ends.scan(0, |most, end| {
            *most = end.max(*most);
            Some(*most)
        });
        Maker { job, unit, hits, locator, line: 0..0, reached: reached.collect(), decoded: None }
    }

    /// Makes the finding of a match.
    pub(super) fn finding(&mut self, found: &Match) -> Finding {
        let rule = &self.job.engine.rules().all()[found.rule];
        let secret = Secret::new(found.text.clone());
        let mut origin = self.unit.origin.clone();
        origin.path = self.hits.path(self.unit);
        let mut notes = found.notes.clone();
        let mut account = found.account.clone();
        let mut related = None;
        if let Some(pair) = found.pair {
            let other = &self.hits.matches.list[pair];
            let rule = &self.job.engine.rules().all()[other.rule];
            related = Some(Related {
                rule: rule.id.clone(),
                description: rule.description.clone(),
                path: origin.path.clone(),
                start: self.locate(other, other.secret.start),
                secret: Secret::new(other.text.clone()),
            });
            notes.extend(other.notes.iter().cloned());
            account = account.or_else(|| other.account.clone());
        }
        let encodings = found.decoding.as_ref().map_or_else(Vec::new, |how| how.encodings());
        Finding {
            rule: rule.id.clone(),
            description: rule.description.clone(),
            advice: rule.advice.clone(),
            confidence: found.confidence,
            fingerprint: Fingerprint::new(&rule.id, origin.place, &origin.path, &secret),
            location: Location {
                start: self.locate(found, found.secret.start),
                end: self.locate(found, found.secret.end),
            },
            secret,
            origin,
            decoded: encodings.into_iter().map(Encoding::name).collect(),
            notes,
            warnings: Vec::new(),
            related,
            account,
            excerpt: self.excerpt(found),
            presence: self.unit.occurrence.as_ref().map(|known| known.presence.clone()),
            is_in_member: !self.hits.member.is_empty(),
            other_paths: Vec::new(),
        }
    }

    /// The position of an offset, in text encoded as that of `found` is.
    pub(super) fn locate(&mut self, found: &Match, offset: usize) -> Position {
        let Fragment { bytes, first, .. } = self.hits.fragment();
        let Some(how) = &found.decoding else { return self.locator.locate(offset) };
        // Matches rise, so the lines before the last one need not be counted again.
        let (start, position) = match self.decoded {
            Some((encoding, last, position))
                if encoding == how.outermost()
                    && last <= offset
                    && (offset - last).is_multiple_of(4) =>
            {
                (last, position)
            }
            _ => (0, first),
        };
        match how.locate(&bytes[start..], position, offset - start) {
            Some(position) => {
                self.decoded = Some((how.outermost(), offset, position));
                position
            }
            None => self.locator.locate(offset),
        }
    }

    /// The line around a secret, cut to a window, with every secret on it.
    fn excerpt(&mut self, found: &Match) -> Excerpt {
        let bytes = &self.hits.bytes;
        if found.decoding.is_some() {
            // The bytes of the line are not its text.
            let whole = 0..found.text.len();
            return Excerpt {
                bytes: found.text.to_vec(),
                secrets: vec![whole],
                ..Excerpt::default()
            };
        }
        let at = found.secret.start;
        let is_same_line = self.line.contains(&at);
        if !is_same_line {
            self.line = match self.job.options.lines {
                Lines::Around => line_around(bytes, at),
                Lines::Whole => lf_line_around(bytes, at),
            };
        }
        let line = &self.line;
        // A line is shown whole with the first finding on it.
        let around = match self.job.options.lines {
            Lines::Whole if !is_same_line => WHOLE_LINE_BYTES,
            _ => EXCERPT_BYTES,
        };
        let start = line.start.max(at.saturating_sub(around));
        let end = line.end.min(found.secret.end.saturating_add(around));
        // Where there is more than was looked for, what stands beside it is not known.
        let (start, end) = match self.hits.matches.cut {
            true => (at, found.secret.end.min(end)),
            false => (start, end),
        };
        let list = &self.hits.matches.list;
        let first = self.reached.partition_point(|&reached| reached <= start);
        let last = list.partition_point(|other| other.secret.start < end).max(first);
        let mut all: Vec<Range<usize>> =
            list[first..last].iter().map(|other| other.secret.clone()).collect();
        all.extend(self.job.masked(bytes, start..end));
        all.sort_unstable_by_key(|secret| secret.start);
        Excerpt {
            bytes: bytes[start..end].to_vec(),
            secrets: joined(&all, start..end),
            cut_before: start > line.start,
            cut_after: end < line.end,
        }
    }
}

impl Job<'_> {
    /// What all built-in rules find in a part of some bytes, switched on or not: it is not to be shown.
    fn masked(&self, bytes: &[u8], part: Range<usize>) -> Vec<Range<usize>> {
        if self.options.lines == Lines::Whole {
            // Lines are shown as grep shows them.
            return Vec::new();
        }
        let start = part.start.saturating_sub(EXCERPT_BYTES);
        let around = &bytes[start..(part.end + EXCERPT_BYTES).min(bytes.len())];
        let found = self.masker.secrets(around);
        found.iter().map(|secret| start + secret.start..start + secret.end).collect()
    }
}

/// The parts of ranges, which rise, that stand in a window, counted from where it begins. Those that meet are one.
fn joined(ranges: &[Range<usize>], window: Range<usize>) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let (from, to) = (range.start.max(window.start), range.end.min(window.end));
        if from >= to {
            continue;
        }
        let (from, to) = (from - window.start, to - window.start);
        match parts.last_mut() {
            Some(last) if from <= last.end => last.end = last.end.max(to),
            _ => parts.push(from..to),
        }
    }
    parts
}
