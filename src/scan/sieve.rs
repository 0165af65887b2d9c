//! The engine as a sieve for sources that go over everything.

use std::ops::Range;
use std::sync::Arc;

use super::Lines;
use super::maker::AROUND_BYTES;
use crate::engine::{Engine, Match, Matches, QuickScan, Trail};
use crate::source::{Seen, SeenLines, SeenPart, Sieve, Verdict};
use crate::text::edits::Edits;
use crate::text::fragment::Fragment;
use crate::text::lines::{lf_line_around, line_before};
use crate::text::ranges::merged;

/// Asks an engine what may be in bytes.
#[derive(Debug, Clone, Copy)]
pub struct EngineSieve<'a> {
    engine: &'a Engine,
    lines: Lines,
}

impl<'a> EngineSieve<'a> {
    /// Makes one for findings whose lines are counted as `lines` says.
    #[must_use]
    pub const fn new(engine: &'a Engine, lines: Lines) -> Self {
        EngineSieve { engine, lines }
    }
}

impl Sieve for EngineSieve<'_> {
    fn whole(&self, bytes: &[u8]) -> Verdict {
        verdict(self.engine.quick_scan(bytes))
    }

    fn edited(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> Verdict {
        verdict(self.engine.quick_scan_of_edits(bytes, edits, before))
    }

    fn seen(&self, bytes: &[u8], trail: &Trail) -> Option<Seen> {
        let matches = self.engine.scan_along(bytes, trail)?;
        if matches.cut || matches.unread {
            return None;
        }
        let ranges = parts(bytes, &matches.list);
        if ranges.iter().any(|range| range.len() > MAX_PART_BYTES) {
            return None;
        }
        let mut locator = self.lines.locator(Fragment::whole(bytes));
        let mut left = matches.list.into_iter().peekable();
        let mut done = 0;
        let part = |range: Range<usize>| {
            let mut list = Vec::new();
            while let Some(found) = left.next_if(|found| found.secret.start < range.end) {
                let pair = found.pair.map(|pair| pair - done);
                let shifted = |own: Range<usize>| own.start - range.start..own.end - range.start;
                let (span, secret) = (shifted(found.span), shifted(found.secret));
                // The way back counts from the start of the blob: with it, versions would share no lines.
                let decoding = found.decoding.map(|how| how.without_way());
                list.push(Match { span, secret, pair, decoding, ..found });
            }
            done += list.len();
            let first = locator.locate(range.start);
            let matches = Matches { list, ..Matches::default() };
            SeenPart { first, lines: Arc::new(SeenLines { bytes: bytes[range].into(), matches }) }
        };
        Some(Seen { parts: ranges.into_iter().map(part).collect() })
    }
}

fn verdict(seen: QuickScan) -> Verdict {
    Verdict { is_hot: seen.has_match, trail: seen.trail }
}

/// A blob with longer lines around what was found is read again: to keep them costs too much memory.
const MAX_PART_BYTES: usize = 16 << 10;

/// Returns the parts that findings are made of: the lines of each match and the one before, what is masked
/// beside them, and all that stands between two halves of a pair. Parts that meet are one.
fn parts(bytes: &[u8], list: &[Match]) -> Vec<Range<usize>> {
    let around = |found: &Match| {
        let start = found.span.start.min(found.secret.start);
        let end = found.span.end.max(found.secret.end);
        let line = lf_line_around(bytes, start);
        let before = line_before(bytes, line.start).map_or(0, |before| before.start);
        // With the end of the line, which may be of two bytes.
        let behind = lf_line_around(bytes, end).end + 1;
        before.min(start.saturating_sub(AROUND_BYTES))
            ..behind.max(end + AROUND_BYTES).min(bytes.len())
    };
    let own: Vec<Range<usize>> = list.iter().map(around).collect();
    let with_pair = |(found, own_part): (&Match, &Range<usize>)| match found.pair {
        Some(pair) => own_part.start.min(own[pair].start)..own_part.end.max(own[pair].end),
        None => own_part.clone(),
    };
    merged(list.iter().zip(&own).map(with_pair).collect())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{EngineSieve, Lines};
    use crate::engine::Engine;
    use crate::rule::{RuleSet, expand};
    use crate::source::Sieve as _;

    #[test]
    fn lines_are_the_same_wherever_they_stand_encoded_or_not() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let sieve = EngineSieve::new(&engine, Lines::Around);
        let key = expand("id: AKIA{base32:16} and some words behind it").unwrap();
        let words = b"some words that mean nothing ".repeat(40);
        let encoded = STANDARD.encode([&words[..], &key].concat()).into_bytes();
        for text in [key, encoded] {
            let seen = |above: &[u8]| {
                let bytes = [above, b"\n\n", &text, b"\n\nend\n"].concat();
                sieve.seen(&bytes, &sieve.whole(&bytes).trail).unwrap()
            };
            let far = b"a line\n".repeat(50);
            let (one, other) = (seen(&far), seen(&far.repeat(2)));
            assert_eq!((one.parts.len(), other.parts.len()), (1, 1));
            assert!(one.parts[0].lines == other.parts[0].lines);
            assert_eq!(other.parts[0].first.line - one.parts[0].first.line, 50);
        }
    }
}
