//! Generic secrets: a name that speaks of a secret, an assignment, and a value that looks like one.
//!
//! Three stages, each a file. `grammar` takes candidates at the words of names, without judging.
//! `features` turns a candidate into a list of small numbers, with the help of `letters`, a model of
//! what words look like. `model` adds their weights up to a probability, which is the confidence. The
//! weights and the letters are data that `training/` makes anew; it takes its candidates and features from
//! [`candidates`], so that what is learnt is what is judged.
//!
//! It sees no path. `plausible` drops what surely is no secret (a variable, a call, a public key) before
//! any number is added up.

mod features;
mod grammar;
mod letters;
mod model;
mod plausible;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(super) use features::is_weak;
pub use features::{GROUPS, Group, Steps};

use crate::rule::Confidence;
use crate::text::search::holds;
use grammar::{Candidate, Kind, Reader};
use plausible::{implausible, plausible};

/// From these probabilities on, a candidate is of low, medium and high confidence.
const CUTS: [(f32, Confidence); 3] =
    [(0.92, Confidence::High), (0.75, Confidence::Medium), (0.5, Confidence::Low)];

/// How probable it is at least that a word with digits behind it is a password, where it is called one.
const CHOSEN: f32 = 0.8;

/// How far before and behind a word of a name everything stands that matters, in bytes: the name, its line
/// before it, what is between name and value, the value and its line behind it.
pub(super) const BEFORE_BYTES: usize = 320;
pub(super) const BEHIND_BYTES: usize = 1100;

/// How far behind the word the value begins at most.
const NAME_TO_VALUE_BYTES: usize = 200;

/// Tells of words in one part of some bytes whether all that matters of them stands in it. What is looked up in the
/// part is looked up once, whatever the number of words.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    part: Range<usize>,
    /// Where the second line end of the part is, if it is near its start.
    second_end: Option<Option<usize>>,
    /// Where the last line end of the part is, if it is near its end.
    last_end: Option<Option<usize>>,
    /// From here on the part has none of [`LONG_VALUES`].
    plain_from: Option<usize>,
}

/// What begins values that go on behind their line: `CDATA` sections, and quotes of HTML.
const LONG_VALUES: [&[u8]; 2] = [b"[CDATA[", b"&quot;"];

/// How far from the edges of a part the ends of lines are looked for: further than anything matters.
const LINE_BYTES: usize = 4096;

impl<'a> Lines<'a> {
    pub(super) const fn new(bytes: &'a [u8], part: Range<usize>) -> Self {
        Lines { bytes, part, second_end: None, last_end: None, plain_from: None }
    }

    /// Whether all that matters before a word at `start` stands in the part: its line and the one above.
    pub(super) fn has_start_of(&mut self, start: usize) -> bool {
        let Range { start: from, end } = self.part;
        let second = *self.second_end.get_or_insert_with(|| {
            let near = &self.bytes[from..end.min(from + LINE_BYTES)];
            memchr::memchr_iter(b'\n', near).nth(1).map(|at| from + at)
        });
        second.is_some_and(|second| second < start)
    }

    /// Whether all that matters of a word at `start` behind it stands in the part: a value ends where its line does,
    /// but for [`LONG_VALUES`] and tables, and most begin in the line of their name. Words are asked for in rising order.
    pub(super) fn has_end_of(&mut self, start: usize) -> bool {
        let Range { start: from, end } = self.part;
        let value = start + NAME_TO_VALUE_BYTES;
        let last = *self.last_end.get_or_insert_with(|| {
            let from = from.max(end.saturating_sub(LINE_BYTES));
            memchr::memrchr(b'\n', &self.bytes[from..end]).map(|at| from + at)
        });
        let is_far = last.is_some_and(|last| value <= last);
        let end = if is_far { Some(value) } else { self.settled_end(start) };
        end.is_some_and(|end| self.is_plain(start..end))
            && !grammar::may_head_table(self.bytes, start)
    }

    /// Returns where the line of a word at `start` ends, if that is in the part and nothing of the word goes on behind it:
    /// more than signs stands behind the name, and the line does not end with a sign that opens or joins.
    fn settled_end(&self, start: usize) -> Option<usize> {
        const CLOSING: &[u8] = b";)]}\"'/*";
        let rest = &self.bytes[start..self.part.end.min(start + NAME_TO_VALUE_BYTES)];
        let line = &rest[..memchr::memchr(b'\n', rest)?];
        let signs = line.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        let name = line[signs..].iter().take_while(|byte| grammar::is_of_name(**byte)).count();
        let behind = &line[signs + name..];
        let text = behind.iter().position(u8::is_ascii_alphanumeric)?;
        let (before, text) = behind.split_at(text);
        let last = text.trim_ascii_end().last()?;
        let is_closed = last.is_ascii_alphanumeric() || CLOSING.contains(last);
        // What is in braces, and what is called a value, may stand further on.
        let is_open = before.contains(&b'{') || text.starts_with(b"value");
        (is_closed && !is_open).then_some(start + line.len())
    }

    /// Whether `range` of the part has none of [`LONG_VALUES`].
    fn is_plain(&mut self, range: Range<usize>) -> bool {
        let begins = |at: usize| LONG_VALUES.iter().any(|mark| self.bytes[at..].starts_with(mark));
        let plain_from = *self.plain_from.get_or_insert_with(|| {
            let rest = &self.bytes[range.start..self.part.end];
            memchr::memchr2_iter(b'[', b'&', rest)
                .map(|at| range.start + at)
                .rfind(|&at| begins(at))
                .map_or(range.start, |at| at + 1)
        });
        plain_from <= range.start
            || !LONG_VALUES.iter().any(|mark| holds(&self.bytes[range.clone()], mark))
    }
}

/// A name that speaks of a secret, with the value assigned to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment(Candidate);

impl Assignment {
    /// Reads the assignment to the name that holds a keyword; `None` where there is none, or its value is
    /// surely no secret.
    pub(super) fn at(bytes: &[u8], keyword: &Range<usize>) -> Option<Self> {
        plausible(bytes, &grammar::word_in(bytes, keyword)?).map(Assignment)
    }

    /// Calls `each` for that assignment, and for the others to the name where it heads a column.
    pub(super) fn each_at(bytes: &[u8], keyword: &Range<usize>, mut each: impl FnMut(Self)) {
        let name = grammar::word_in(bytes, keyword).and_then(|word| Reader::at(bytes, &word));
        let Some(name) = name else { return };
        let is_plausible = |found: &Candidate| implausible(bytes, found).is_none();
        let first = name.clone().candidate().filter(is_plausible);
        // What is assigned in another way heads no column.
        let heads_column = first.as_ref().is_none_or(|first| first.kind == Kind::Pair);
        first.map(Assignment).into_iter().for_each(&mut each);
        if heads_column {
            name.other_rows().filter(is_plausible).map(Assignment).for_each(each);
        }
    }

    pub(super) fn name<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.0.name.clone()]
    }

    pub(super) fn value(&self) -> Range<usize> {
        self.0.value.clone()
    }

    /// From the name to the end of the value.
    pub(super) fn span(&self) -> Range<usize> {
        self.0.name.start.min(self.0.value.start)..self.0.value.end
    }

    /// How sure the model is that the value is a secret; `None` if it is not.
    pub(super) fn confidence(&self, bytes: &[u8]) -> Option<Confidence> {
        let probability = self.probability(bytes, &features::steps(bytes, &self.0));
        self.confidence_at(bytes, probability)
    }

    /// The probability by the model, or what is known of such passwords where that is more.
    fn probability(&self, bytes: &[u8], steps: &Steps) -> f32 {
        let probability = model::probability(steps);
        let is_chosen = probability < CHOSEN && features::is_chosen(bytes, &self.0);
        if is_chosen { CHOSEN } else { probability }
    }

    fn confidence_at(&self, bytes: &[u8], probability: f32) -> Option<Confidence> {
        // Most candidates end here; what guards nothing takes longer to tell.
        let (_, confidence) = CUTS.iter().find(|(cut, _)| probability >= *cut)?;
        Some(if features::guards_nothing(bytes, &self.0) { Confidence::Low } else { *confidence })
    }

    /// The same with its grounds.
    pub(super) fn judgement(&self, bytes: &[u8]) -> Judgement {
        let steps = features::steps(bytes, &self.0);
        let probability = self.probability(bytes, &steps);
        Judgement {
            probability,
            reasons: model::reasons(&steps),
            is_weak: features::guards_nothing(bytes, &self.0),
            confidence: self.confidence_at(bytes, probability),
        }
    }
}

/// What the model says of an assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// How probable it is that the value is a secret.
    pub probability: f32,
    /// The groups of features with their weights in hundredths, the heaviest first.
    pub reasons: Vec<(&'static str, i32)>,
    /// Whether the value is a word that everybody knows, such as `password`: of low confidence at most.
    pub is_weak: bool,
    /// The probability as a confidence; `None` if it is too low for any.
    pub confidence: Option<Confidence>,
}

/// What stands at a word of a name.
#[derive(Debug)]
pub(super) enum Reading {
    /// No value is assigned to a name that ends in it.
    NoValue,
    /// The value is surely no secret, for this reason.
    Implausible(Assignment, &'static str),
    /// The model has to judge it.
    Plausible(Assignment),
}

/// Reads the assignment to the name that holds a keyword, for explanations.
pub(super) fn read(bytes: &[u8], keyword: &Range<usize>) -> Reading {
    let word = grammar::word_in(bytes, keyword);
    let Some(found) = word.and_then(|word| grammar::candidate(bytes, &word)) else {
        return Reading::NoValue;
    };
    match implausible(bytes, &found) {
        Some(reason) => Reading::Implausible(Assignment(found), reason),
        None => Reading::Plausible(Assignment(found)),
    }
}

/// A candidate as the trainer wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingCandidate {
    /// Where the name stands.
    pub name: Range<usize>,
    /// Where the value stands.
    pub value: Range<usize>,
    /// The step of each group in [`GROUPS`].
    pub steps: Steps,
    /// The probability that the present weights give it.
    pub probability: f32,
    /// Which groups speak most for or against it, with their weights in hundredths.
    pub reasons: Vec<(&'static str, i32)>,
}

/// Returns all candidates in some bytes, for training and for explanations.
#[must_use]
pub fn candidates(bytes: &[u8]) -> Vec<TrainingCandidate> {
    let automaton = aho_corasick::AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(grammar::WORDS.map(|(word, _)| word))
        .expect("a few words make an automaton");
    let words = automaton.find_overlapping_iter(bytes).map(|found| found.range());
    let mut list: Vec<TrainingCandidate> = words
        .filter_map(|word| plausible(bytes, &word))
        .map(|found| {
            let steps = features::steps(bytes, &found);
            let probability = model::probability(&steps);
            let reasons = model::reasons(&steps);
            TrainingCandidate { name: found.name, value: found.value, steps, probability, reasons }
        })
        .collect();
    list.sort_by_key(|found| (found.value.start, found.name.start));
    list.dedup_by(|a, b| a.value == b.value);
    list
}

/// Below this mean, letters alone are no word: ten random ones have -1 and less.
const MIN_RANDOM_MEAN: f32 = -0.7;

/// How sure the model is that a value is a password, where the grammar tells so and no name does. Words without
/// a digit or a sign are of low confidence.
pub(super) fn as_password(value: &[u8]) -> Option<Confidence> {
    const NAME: &[u8] = b"password";
    if is_weak(value) {
        return None;
    }
    let text = [NAME, b": ", value, b"\n"].concat();
    let found =
        Assignment::at(&text, &(0..4)).filter(|found| found.value().len() == value.len())?;
    found.confidence(&text)?;
    let is_word = value.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && letters::Score::new(value).mean > MIN_RANDOM_MEAN;
    Some(if is_word { Confidence::Low } else { Confidence::Medium })
}

/// Whether a name speaks of a secret: *key*, *token*, *password*, ...
#[must_use]
pub fn speaks_of_secret(name: &[u8]) -> bool {
    grammar::has_word(name)
}

/// Whether letters look like words more than like random ones.
pub(super) fn is_wordlike(letters: &[u8]) -> bool {
    letters::Score::new(letters).mean > 0.2
}
