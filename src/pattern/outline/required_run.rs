//! A run of bytes of which every match holds one: forty of base64 for a secret of AWS.
//!
//! A keyword such as `aws` leads to many places where no such run stands. A look at every fortieth byte finds one,
//! and costs a hundredth of a search by the expression.

use std::ops::Range;

use regex_syntax::hir::{Hir, HirKind};

use super::ByteSet;

/// Shorter runs are in most places.
const SHORTEST: usize = 12;

/// With more bytes than this in its set, a run is in most places: all letters, digits and a few signs are fewer.
const MOST_BYTES: usize = 80;

/// So many bytes of one set, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequiredRun {
    pub(crate) set: ByteSet,
    pub(crate) count: usize,
}

impl RequiredRun {
    /// Returns the longest run that every match of an expression holds, if there is one worth looking for.
    pub(crate) fn new(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Capture(capture) => RequiredRun::new(&capture.sub),
            HirKind::Concat(parts) => {
                parts.iter().filter_map(RequiredRun::new).max_by_key(|run| run.count)
            }
            HirKind::Alternation(branches) => {
                branches.iter().map(RequiredRun::new).reduce(|one, other| one?.or(&other?))?
            }
            HirKind::Repetition(repetition) if repetition.min > 0 => {
                let one = repetition.sub.properties().minimum_len()?;
                let set = ByteSet::of(&repetition.sub);
                let run = RequiredRun { set, count: one.saturating_mul(repetition.min as usize) };
                run.if_rare().or_else(|| RequiredRun::new(&repetition.sub))
            }
            _ => None,
        }
    }

    /// What holds one of two runs holds this.
    fn or(mut self, other: &RequiredRun) -> Option<Self> {
        self.set.extend(&other.set);
        self.count = self.count.min(other.count);
        self.if_rare()
    }

    fn if_rare(self) -> Option<Self> {
        (self.count >= SHORTEST && self.set.len() <= MOST_BYTES).then_some(self)
    }

    /// Whether such a run stands in `range`.
    pub(crate) fn is_in(&self, bytes: &[u8], range: Range<usize>) -> bool {
        let bytes = &bytes[range];
        // What ends before `start` is no run that is long enough. A run that begins there or behind holds its last byte.
        let mut start = 0;
        while let Some(window) = bytes.get(start..start + self.count) {
            match window.iter().rposition(|byte| !self.set.has(*byte)) {
                Some(last) => start += last + 1,
                None => return true,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RequiredRun;
    use crate::pattern::syntax;

    fn run(pattern: &str) -> Option<RequiredRun> {
        RequiredRun::new(&syntax::parse(pattern).unwrap())
    }

    #[test]
    fn the_longest_run_that_every_match_holds_is_known() {
        for (pattern, expected) in [
            ("aws.{0,20}([A-Za-z0-9/+]{40})=", Some(40)),
            ("[0-9]{12}:[0-9a-f]{32}", Some(32)),
            ("(?:[A-Z]{20}|[a-z]{30})", Some(20)),
            (r"(?:[A-Za-z0-9+]|\\/){40}", Some(40)),
            ("(?:ab){10}", Some(20)),
            ("(?:[0-9]{14},)+", Some(15)),
            // Not in every match, too short, or of bytes that stand everywhere.
            ("(?:[A-Z]{20})?", None),
            ("(?:[A-Z]{20}|acme)", None),
            ("[a-z]{8}", None),
            ("[^\"]{20}", None),
            ("acme_token_long_enough", None),
        ] {
            assert_eq!(run(pattern).map(|run| run.count), expected, "{pattern}");
        }
    }

    #[test]
    fn a_run_is_looked_for_where_it_is_told() {
        let run = run("[a-z]{12}").unwrap();
        let text = b"abcdefghijk-abcdefghijkl-abcdefghijk";
        assert!(run.is_in(text, 0..text.len()) && run.is_in(text, 12..24));
        assert!(!run.is_in(text, 13..text.len()) && !run.is_in(text, 0..23));
        assert!(!run.is_in(text, 0..0));
    }

    proptest! {
        #[test]
        fn no_match_is_without_its_run(
            text in "[ab/=. ]{0,80}",
            pattern in prop::sample::select(vec![
                "[ab]{12}", "(?:a=)?[ab/]{14}", "(?:[a]{13}|[b]{12})", "(?:ab|b){7}", "(?:[ab]{6}=){2}", "[ab=]{12,20} ",
            ]),
        ) {
            let regex = regex::bytes::Regex::new(pattern).unwrap();
            if let Some(found) = regex.find(text.as_bytes()) {
                prop_assert!(run(pattern).unwrap().is_in(text.as_bytes(), found.range()));
            }
        }
    }
}
