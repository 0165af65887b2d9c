//! Matches told from a parsed expression step by step, without compiling it.
//!
//! To compile an expression with bounded repetitions takes about a millisecond, and most rules are tried a few
//! times in a run. The answers are those of [`regex_automata`]: the leftmost match, and of those that begin there the
//! one that the order of branches prefers. Backtracking may take exponential time, so steps are counted, and
//! whoever asks says how many may be taken.

use std::ops::Range;

use regex_automata::util::look::LookMatcher;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// So many parts deep a match is followed, which keeps the stack small.
const MAX_DEPTH: usize = 500;

/// A match was not told within the steps that were granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManySteps;

/// A search through some bytes.
pub(crate) struct Search<'a> {
    bytes: &'a [u8],
    /// Where every match must end; what stands behind counts for `\b` and `$` alone.
    end: usize,
    /// Where each group begins and ends, at twice its number and the place behind.
    slots: Vec<Option<usize>>,
    /// How many steps may still be taken.
    steps: usize,
    depth: usize,
}

/// What a match must hold behind the part at hand.
enum Rest<'a> {
    Nothing,
    Parts(&'a [Hir], &'a Rest<'a>),
    /// The end of a group.
    Close(usize, &'a Rest<'a>),
    /// More rounds of a repetition, of which some are done.
    Rounds(&'a Repetition, u32, &'a Rest<'a>),
}

type Condition = fn(&LookMatcher, &[u8], usize) -> bool;

type Answer = Result<Option<usize>, TooManySteps>;

/// Whether an expression can be followed: it has no Unicode, and repeats nothing that may be empty.
pub(crate) fn can_follow(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(Class::Bytes(_)) => true,
        HirKind::Class(Class::Unicode(_)) => false,
        HirKind::Look(look) => condition(*look).is_some(),
        HirKind::Capture(capture) => can_follow(&capture.sub),
        HirKind::Repetition(Repetition { max, sub, .. }) => {
            let is_filled = sub.properties().minimum_len() > Some(0);
            can_follow(sub) && (*max == Some(1) || is_filled)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(can_follow),
    }
}

impl<'a> Search<'a> {
    /// Makes a search that may take `steps` for matches that end at `end` at the latest.
    pub(crate) const fn new(bytes: &'a [u8], end: usize, steps: usize) -> Self {
        Search { bytes, end, slots: Vec::new(), steps, depth: 0 }
    }

    /// Returns the end of the match that begins at `start`.
    ///
    /// # Errors
    /// It takes more steps than are left.
    pub(crate) fn end_of_match(&mut self, hir: &Hir, start: usize) -> Answer {
        self.slots.clear();
        self.slots.resize(2 * (hir.properties().explicit_captures_len() + 1), None);
        self.part(hir, start, &Rest::Nothing)
    }

    /// Returns what a group of the last match holds.
    pub(crate) fn group(&self, group: usize) -> Option<Range<usize>> {
        Some((*self.slots.get(2 * group)?)?..(*self.slots.get(2 * group + 1)?)?)
    }

    /// How many steps are left.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }

    /// Takes steps, of which there must be enough.
    pub(crate) fn take(&mut self, steps: usize) -> Result<(), TooManySteps> {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or(TooManySteps)
    }

    fn part(&mut self, hir: &Hir, at: usize, rest: &Rest<'_>) -> Answer {
        self.take(1)?;
        if self.depth == MAX_DEPTH {
            return Err(TooManySteps);
        }
        self.depth += 1;
        let answer = self.kind(hir, at, rest);
        self.depth -= 1;
        answer
    }

    fn kind(&mut self, hir: &Hir, at: usize, rest: &Rest<'_>) -> Answer {
        match hir.kind() {
            HirKind::Empty => self.rest(at, rest),
            HirKind::Literal(literal) => match self.bytes[at..self.end].starts_with(&literal.0) {
                true => self.rest(at + literal.0.len(), rest),
                false => Ok(None),
            },
            HirKind::Class(class) => match at < self.end && holds(class, self.bytes[at]) {
                true => self.rest(at + 1, rest),
                false => Ok(None),
            },
            HirKind::Look(look) => match condition(*look) {
                Some(is_here) if is_here(&LookMatcher::new(), self.bytes, at) => {
                    self.rest(at, rest)
                }
                _ => Ok(None),
            },
            HirKind::Capture(capture) => {
                let group = capture.index as usize;
                self.with_slot(2 * group, at, |search| {
                    search.part(&capture.sub, at, &Rest::Close(group, rest))
                })
            }
            HirKind::Repetition(repetition) => match repetition.sub.kind() {
                HirKind::Class(class) => self.run_of(class, repetition, at, rest),
                _ => self.rounds(repetition, 0, at, rest),
            },
            HirKind::Concat(parts) => self.rest(at, &Rest::Parts(parts, rest)),
            HirKind::Alternation(branches) => {
                for branch in branches {
                    if let Some(end) = self.part(branch, at, rest)? {
                        return Ok(Some(end));
                    }
                }
                Ok(None)
            }
        }
    }

    fn rest(&mut self, at: usize, rest: &Rest<'_>) -> Answer {
        match rest {
            Rest::Nothing => Ok(Some(at)),
            Rest::Parts([], next) => self.rest(at, next),
            Rest::Parts([part], next) => self.part(part, at, next),
            Rest::Parts([part, behind @ ..], next) => {
                self.part(part, at, &Rest::Parts(behind, next))
            }
            Rest::Close(group, next) => {
                self.with_slot(2 * group + 1, at, |search| search.rest(at, next))
            }
            Rest::Rounds(repetition, done, next) => self.rounds(repetition, *done, at, next),
        }
    }

    fn rounds(&mut self, repetition: &Repetition, done: u32, at: usize, rest: &Rest<'_>) -> Answer {
        let Repetition { min, max, greedy, sub } = repetition;
        let (must, may) = (done < *min, max.is_none_or(|max| done < max));
        if !may || !(must || *greedy) {
            let end = self.rest(at, rest)?;
            if end.is_some() || !may {
                return Ok(end);
            }
        }
        let more = self.part(sub, at, &Rest::Rounds(repetition, done + 1, rest))?;
        if more.is_some() || must || !greedy {
            return Ok(more);
        }
        self.rest(at, rest)
    }

    /// Follows a class that is repeated: in a row, since each round takes one byte.
    fn run_of(
        &mut self,
        class: &Class,
        repetition: &Repetition,
        at: usize,
        rest: &Rest<'_>,
    ) -> Answer {
        let most = repetition.max.map_or(usize::MAX, |max| max as usize);
        let bytes = self.bytes[at..self.end].iter().take(most);
        let most = bytes.take_while(|byte| holds(class, **byte)).count();
        self.take(most / 4)?;
        let min = repetition.min as usize;
        let mut counts = min..most + 1;
        while let Some(count) = if repetition.greedy { counts.next_back() } else { counts.next() } {
            self.take(1)?;
            if let Some(end) = self.rest(at + count, rest)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Sets an end of a group for what is done meanwhile, and for good where that matches.
    fn with_slot(
        &mut self,
        slot: usize,
        at: usize,
        follow: impl FnOnce(&mut Self) -> Answer,
    ) -> Answer {
        let before = self.slots[slot].replace(at);
        let answer = follow(self)?;
        if answer.is_none() {
            self.slots[slot] = before;
        }
        Ok(answer)
    }
}

fn holds(class: &Class, byte: u8) -> bool {
    let Class::Bytes(class) = class else { return false };
    class.ranges().iter().any(|range| range.start() <= byte && byte <= range.end())
}

/// What tells whether a condition without Unicode holds at a place.
fn condition(look: Look) -> Option<Condition> {
    Some(match look {
        Look::Start => LookMatcher::is_start,
        Look::End => LookMatcher::is_end,
        Look::StartLF => LookMatcher::is_start_lf,
        Look::EndLF => LookMatcher::is_end_lf,
        Look::StartCRLF => LookMatcher::is_start_crlf,
        Look::EndCRLF => LookMatcher::is_end_crlf,
        Look::WordAscii => LookMatcher::is_word_ascii,
        Look::WordAsciiNegate => LookMatcher::is_word_ascii_negate,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::{Anchored, Input};

    use super::{Search, TooManySteps, can_follow};
    use crate::pattern::syntax;

    #[test]
    fn what_cannot_be_followed_is_told() {
        for (pattern, expected) in [
            (r"\b(?:acme|ajax)_([0-9a-f]{8,40})(?:$|[^\w])", true),
            ("(?:a?){2}", false),
            ("(?:a?)?", true),
            ("(?u:é[é-ü])", false),
            (r"(?u:\b)a", false),
        ] {
            assert_eq!(can_follow(&syntax::parse(pattern).unwrap()), expected, "{pattern}");
        }
    }

    #[test]
    fn steps_end_a_search_that_would_take_too_long() {
        let hir = syntax::parse("(?:a+)+b").unwrap();
        let text = [b'a'; 40];
        let mut search = Search::new(&text, text.len(), 10_000);
        assert_eq!(search.end_of_match(&hir, 0), Err(TooManySteps));
        assert_eq!(search.steps(), 0);
        // Neither does a long one take the stack.
        let hir = syntax::parse("(?:ab)+").unwrap();
        let text = b"ab".repeat(100_000);
        let mut search = Search::new(&text, text.len(), usize::MAX);
        assert_eq!(search.end_of_match(&hir, 0), Err(TooManySteps));
    }

    fn expressions() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "a", "b", "ab", "[ab]", "[^b]", ".", "(?i:a)", r"\b", r"\B", "^", "$", r"\A", r"\z",
        ]);
        part.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
            let count =
                prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{1,3}?"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..3)
                    .prop_map(|parts| format!("(?:{})", parts.join("|"))),
                inner.clone().prop_map(|part| format!("({part})")),
                (inner, count).prop_map(|(part, count)| format!("(?:{part}){count}")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn answers_are_those_of_the_compiled_expression(
            pattern in expressions(), text in "[ab \n\r]{0,12}", cut in 0..4_usize,
        ) {
            let hir = syntax::parse(&pattern).unwrap();
            prop_assume!(can_follow(&hir));
            let regex = syntax::compile(&pattern).unwrap();
            let (bytes, end) = (text.as_bytes(), text.len().saturating_sub(cut));
            let mut search = Search::new(bytes, end, 1 << 20);
            let mut groups = regex.create_captures();
            for start in 0..=end {
                let input = Input::new(bytes).range(start..end).anchored(Anchored::Yes);
                regex.search_captures(&input, &mut groups);
                let expected = groups.get_match().map(|found| found.end());
                prop_assert_eq!(search.end_of_match(&hir, start), Ok(expected), "{}", pattern);
                for group in 1..groups.group_len() {
                    let own = expected.and_then(|_| search.group(group));
                    let expected = groups.get_group(group).map(|group| group.range());
                    prop_assert_eq!(own, expected, "{} of {}", group, pattern);
                }
            }
        }
    }
}
