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
mod lines;
mod model;
mod plausible;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(super) use features::is_weak;
pub use features::{GROUPS, Group, Steps};
pub(super) use grammar::is_behind_gap;
pub(super) use lines::Lines;

use crate::rule::Confidence;
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

/// A name that speaks of a secret, with the value assigned to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment(Candidate);

impl Assignment {
    /// Reads the assignment to the name that holds a keyword; `None` where there is none, or its value is
    /// surely no secret.
    pub(super) fn at(bytes: &[u8], keyword: &Range<usize>) -> Option<Self> {
        plausible(bytes, &grammar::word_in(bytes, keyword)?).map(Assignment)
    }

    /// Calls `each` for that assignment, and for the others to the name where it heads a column. Returns whether
    /// anything is assigned to the name, a secret or not.
    pub(super) fn each_at(
        bytes: &[u8],
        keyword: &Range<usize>,
        mut each: impl FnMut(Self),
    ) -> bool {
        let name = grammar::word_in(bytes, keyword).and_then(|word| Reader::at(bytes, &word));
        let Some(name) = name else { return false };
        let is_plausible = |found: &Candidate| implausible(bytes, found).is_none();
        let first = name.clone().candidate();
        let is_assigned = first.is_some();
        let first = first.filter(is_plausible);
        // What is assigned in another way heads no column.
        let heads_column = first.as_ref().is_none_or(|first| first.kind == Kind::Pair);
        first.map(Assignment).into_iter().for_each(&mut each);
        if heads_column {
            name.other_rows().filter(is_plausible).map(Assignment).for_each(each);
        }
        is_assigned
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
