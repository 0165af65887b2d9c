//! Which bytes the first places of a match may hold, and which the others.
//!
//! Most keywords of a token stand in other text, too: `ion_` begins a token of Ionic and ends `region_`. The byte
//! behind it tells, and costs far less than a search by the expression.

use std::borrow::Cow;
use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::byte_runs::{self, Run};
use super::byte_set::ByteSet;

/// How many places are told at most.
const PLACES: usize = 31;

/// The bytes that the first places of a match may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstBytes {
    /// One set for each place.
    pub(crate) places: Cow<'static, [ByteSet]>,
    /// What all places behind those may hold.
    pub(crate) behind: ByteSet,
    /// So many of the places are told wholly; `runs` begin behind them.
    pub(crate) whole: usize,
    pub(crate) runs: Cow<'static, [Run]>,
}

/// What an expression says of its first places.
struct Places {
    sets: Vec<ByteSet>,
    /// Whether every match has just these places, so that what comes next begins behind them.
    is_whole: bool,
}

impl FirstBytes {
    /// Tells the first places of an expression's matches.
    pub(crate) fn new(hir: &Hir) -> Self {
        let (whole, runs) = runs(hir);
        let places = places(hir).sets.into();
        FirstBytes { places, behind: ByteSet::of(hir), whole, runs: runs.into() }
    }

    /// Returns the first place in `range` that keeps a match from beginning where the range does: it may not hold its
    /// byte, or the range ends before it. `None` if a match may begin there.
    #[inline]
    pub(crate) fn mismatch(&self, bytes: &[u8], range: Range<usize>) -> Option<usize> {
        let count = self.places.len();
        let head = &bytes[range.start..range.end.min(range.start + count)];
        let found = head.iter().zip(&*self.places).position(|(byte, place)| !place.has(*byte));
        let found = found.or((head.len() < count).then_some(head.len()));
        match found {
            Some(place) => Some(range.start + place),
            None => byte_runs::read(&self.runs, bytes, range.start + self.whole..range.end).err(),
        }
    }

    /// Returns the first of `starts` at which a match may begin that ends before `end`.
    #[inline]
    pub(crate) fn next_start(
        &self,
        bytes: &[u8],
        starts: Range<usize>,
        end: usize,
    ) -> Option<usize> {
        let Range { start: mut at, end: last } = starts;
        while at < last {
            // Nearly all places end here.
            at += match self.places.first() {
                Some(first) => bytes[at..last].iter().position(|byte| first.has(*byte))?,
                None => 0,
            };
            if self.mismatch(bytes, at..end).is_none() {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// Returns the first place in `range` that no match reaches which begins where the range does; the end of the range
    /// if there is none.
    pub(crate) fn end(&self, bytes: &[u8], range: Range<usize>) -> usize {
        self.mismatch(bytes, range.clone()).unwrap_or_else(|| {
            let start = range.start + self.places.len();
            let holds = |byte: &&u8| self.behind.has(**byte);
            start + bytes[start..range.end].iter().take_while(holds).count()
        })
    }
}

/// How many places the parts tell wholly with which an expression begins, and the runs behind them.
fn runs(hir: &Hir) -> (usize, Vec<Run>) {
    let parts: Vec<&Hir> = match hir.kind() {
        HirKind::Capture(capture) => return runs(&capture.sub),
        HirKind::Concat(parts) => parts.iter().collect(),
        _ => vec![hir],
    };
    let mut whole = 0;
    for (at, part) in parts.iter().enumerate() {
        let Places { sets, is_whole } = places(part);
        if !is_whole || whole + sets.len() > PLACES {
            return (whole, byte_runs::runs(&parts[at..]));
        }
        whole += sets.len();
    }
    (whole, Vec::new())
}

fn places(hir: &Hir) -> Places {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Places { sets: Vec::new(), is_whole: true },
        HirKind::Literal(literal) => {
            let sets = literal.0.iter().take(PLACES).map(|byte| ByteSet::of_byte(*byte));
            Places { sets: sets.collect(), is_whole: literal.0.len() <= PLACES }
        }
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => places(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = (repetition.min as usize).min(PLACES);
            let is_exact = repetition.max == Some(repetition.min) && times < PLACES;
            let one = places(&repetition.sub);
            let mut all = in_a_row((0..times).map(|_| Places { sets: one.sets.clone(), ..one }));
            all.is_whole &= is_exact;
            all
        }
        HirKind::Concat(parts) => in_a_row(parts.iter().map(places)),
        HirKind::Alternation(branches) => branches
            .iter()
            .map(places)
            .reduce(either)
            .unwrap_or(Places { sets: Vec::new(), is_whole: false }),
    }
}

fn of_class(class: &Class) -> Places {
    if matches!(class, Class::Unicode(class) if !class.is_ascii()) {
        // A character of several bytes.
        return Places { sets: Vec::new(), is_whole: false };
    }
    Places { sets: vec![ByteSet::of_class(class)], is_whole: true }
}

fn in_a_row(parts: impl Iterator<Item = Places>) -> Places {
    let mut all = Places { sets: Vec::new(), is_whole: true };
    for part in parts {
        all.sets.extend(part.sets);
        all.is_whole &= part.is_whole && all.sets.len() <= PLACES;
        if !all.is_whole {
            break;
        }
    }
    all.sets.truncate(PLACES);
    all
}

fn either(mut one: Places, other: Places) -> Places {
    one.is_whole &= other.is_whole && one.sets.len() == other.sets.len();
    one.sets.truncate(other.sets.len());
    one.sets.iter_mut().zip(&other.sets).for_each(|(set, more)| set.extend(more));
    one
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FirstBytes, PLACES};
    use crate::pattern::syntax;

    #[test]
    fn mismatch_is_where_no_match_goes_on() {
        for (pattern, text, expected) in [
            ("ion_[A-Za-z0-9]{42}", "ion_token_of", Some(9)),
            ("ion_[A-Za-z0-9]{42}", "ion_", Some(4)),
            ("(?i:key)_[0-9]{2,4}x", "KEY_12y", Some(6)),
            ("(?i:key)_[0-9]{2,4}x", "KEY_12x", None),
            ("(?i:key)_[0-9]{2,4}x", "kex", Some(2)),
            ("(?:ab|cde)f", "cb", None),
            ("(?:ab|cde)f", "aa", Some(1)),
            ("(?:ab|cd)f", "cdg", Some(2)),
            ("(?:x{2})?a", "b", None),
            (r"\bab?c", "ax", Some(1)),
            (r"\bab?b", "ax", None),
            ("é?x", "y", None),
            ("a{40}", &"a".repeat(39), Some(39)),
            ("(?:a{20}b){2}", &"a".repeat(40), Some(20)),
            // Runs that one byte ends.
            ("[a-z]://[a-z.]{0,9}:([^@]{4,9})@x", "s://a.b/c:d@x", Some(7)),
            ("[a-z]://[a-z.]{0,9}:([^@]{4,9})@x", "s://a.b:c@x", Some(9)),
            ("[a-z]://[a-z.]{0,9}:([^@]{4,9})@x", "s://a.b:cdef@y", Some(13)),
            ("[a-z]://[a-z.]{0,9}:([^@]{4,9})@x", "s://a.b:cdef@x", None),
            ("[a-z]://[a-z.]{0,9}:([^@]{4,9})@x", "s://a.b:cdef", Some(12)),
            ("a(?:b+)c", "abbd", Some(3)),
            (r"a\s*=\s*b", "a  =c", Some(4)),
            // What may go on in two ways is not told.
            ("a[bc]{0,9}c", "abcbx", None),
        ] {
            let first = FirstBytes::new(&syntax::parse(pattern).unwrap());
            assert_eq!(
                first.mismatch(text.as_bytes(), 0..text.len()),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn end_is_where_no_match_reaches() {
        for (pattern, text, expected) in [
            ("ion_[a-z]{2,42}", "ion_abcd.ef", 8),
            ("ion_[a-z]{2,42}", "ion_a1", 5),
            ("a(?:b+|c*)[^\n]?", "abcab\nd", 5),
            ("a(?:é|b)*", "abéb.", 5),
        ] {
            let first = FirstBytes::new(&syntax::parse(pattern).unwrap());
            assert_eq!(first.end(text.as_bytes(), 0..text.len()), expected, "{pattern} {text}");
        }
    }

    /// Alternatives, groups and classes in a row, of which the last may be repeated.
    const PARTS: &str = "(?:[abc]|\\[[abc]{2}\\]|\\(a\\|[bc]{1,2}\\)|\\(\\?:b\\)){1,6}\
                         (?:\\{[0-3],[3-5]\\}|[?*+])?[abc]{0,3}";

    /// Classes in a row, each of which may be repeated.
    const RUNS: &str =
        "(?:(?:[abc]|\\[[abc]{1,2}\\]|\\([abc]\\))(?:\\{[0-2],[2-5]\\}|[?*+])?){1,6}";

    #[test]
    fn next_is_the_first_place_without_a_mismatch() {
        let text = b"ab a1 a2x b3x";
        let next = |pattern: &str, starts| {
            FirstBytes::new(&syntax::parse(pattern).unwrap()).next_start(text, starts, text.len())
        };
        assert_eq!(next("[ab][0-9]x", 0..13), Some(6));
        assert_eq!(next("[ab][0-9]x", 7..13), Some(10));
        assert_eq!(next("[ab][0-9]x", 7..10), None);
        assert_eq!(next("[0-9]?x", 0..13), Some(7), "its runs tell");
        assert_eq!(next("(?:a|[0-9]x)?", 0..13), Some(0), "nothing tells");
        assert_eq!(next("x", 13..13), None);
    }

    proptest! {
        #[test]
        fn no_match_has_a_mismatch(
            pattern in prop_oneof![PARTS, RUNS],
            text in "[abc]{0,12}",
        ) {
            let Ok(hir) = syntax::parse(&pattern) else { return Ok(()) };
            let first = FirstBytes::new(&hir);
            prop_assert!(first.places.len() <= PLACES);
            let regex = regex::bytes::Regex::new(&format!("^(?:{pattern})")).unwrap();
            let bytes = text.as_bytes();
            for start in 0..text.len() {
                if let Some(found) = regex.find(&bytes[start..]) {
                    prop_assert_eq!(first.mismatch(bytes, start..text.len()), None);
                    prop_assert_eq!(first.next_start(bytes, start..text.len(), text.len()), Some(start));
                    prop_assert!(start + found.end() <= first.end(bytes, start..text.len()));
                }
            }
        }
    }
}
