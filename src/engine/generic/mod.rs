//! Generic secrets: a name that speaks of a secret, an assignment, and a value that looks like one.
//!
//! Three stages, each a file. [`grammar`] takes candidates at the words of names, without judging.
//! [`features`] turns a candidate into a list of small numbers, with the help of [`letters`], a model of
//! what words look like. [`model`] adds their weights up to a probability, which is the confidence. The
//! weights and the letters are data that `training/` makes anew; it takes its candidates and features from
//! [`candidates`], so that what is learnt is what is judged.
//!
//! It sees no path. What surely is no secret (a variable, a call, a public key) is dropped before any
//! number is added up.

mod features;
mod grammar;
mod letters;
mod model;

use std::ops::Range;

pub use features::{GROUPS, Group, Steps};

use crate::rule::Confidence;
use grammar::{Candidate, Kind, Operator, Quote};

/// From these probabilities on, a candidate is of low, medium and high confidence.
const CUTS: [(f32, Confidence); 3] =
    [(0.92, Confidence::High), (0.75, Confidence::Medium), (0.5, Confidence::Low)];

/// A value that looks like a secret.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Generic {
    /// From the name to the end of the value.
    pub(super) span: Range<usize>,
    pub(super) secret: Range<usize>,
    pub(super) confidence: Confidence,
}

/// Judges what a word of a name begins; `None` for what is no secret.
pub(super) fn judge(bytes: &[u8], word: &Range<usize>) -> Option<Generic> {
    let found = plausible(bytes, word)?;
    let probability = model::probability(&features::steps(bytes, &found));
    let (_, confidence) = CUTS.iter().find(|(cut, _)| probability >= *cut)?;
    let span = found.name.start.min(found.value.start)..found.value.end;
    Some(Generic { span, secret: found.value, confidence: *confidence })
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

/// The candidate at a word, unless a few tests tell that it is no secret.
fn plausible(bytes: &[u8], word: &Range<usize>) -> Option<Candidate> {
    let found = grammar::candidate(bytes, word)?;
    let value = &bytes[found.value.clone()];
    let behind = &bytes[found.value.end..(found.value.end + 4).min(bytes.len())];
    let is_dropped = is_call(&found, value, behind)
        || is_reference(value)
        || is_public(bytes, &found, value)
        || is_of_its_own_rule(value)
        || is_digest_of_a_file(bytes, &found, value)
        || is_type_or_number(&found, value, behind)
        || value.iter().all(|byte| !byte.is_ascii_alphanumeric());
    (!is_dropped).then_some(found)
}

/// A call, an index, a member: code, not a value.
fn is_call(found: &Candidate, value: &[u8], behind: &[u8]) -> bool {
    if found.quote != Quote::None || found.operator == Operator::Element {
        return false;
    }
    let is_name = value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.:$>-".contains(byte));
    is_name && !value[0].is_ascii_digit() && matches!(behind.first(), Some(b'(' | b'[' | b'{'))
        || value.starts_with(b"self.")
        || value.starts_with(b"this.")
        || found.kind != Kind::Parameter && memchr::memmem::find(value, b"->").is_some()
}

/// A type, a variable of code, a number, a fingerprint.
fn is_type_or_number(found: &Candidate, value: &[u8], behind: &[u8]) -> bool {
    let is_pairs = value.len() > 5 && value.chunks(3).all(|part| {
        part.iter().take(2).all(u8::is_ascii_hexdigit) && part.get(2).is_none_or(|byte| *byte == b':')
    });
    if is_pairs || value.starts_with(b"0x") && value.len() <= 10 {
        return true;
    }
    let is_letters = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let is_bare = found.quote == Quote::None && found.operator != Operator::Element;
    is_bare
        && (value.strip_suffix(b"!").or(value.strip_suffix(b"?")).is_some_and(is_letters)
            || is_letters(value) && matches!(behind.first(), Some(b';' | b')'))
            || value.starts_with(b"-"))
}

/// A template, a variable, an environment, a path in a vault.
fn is_reference(value: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"${", b"$(", b"{{", b"<%", b"#{", b"%{", b"@{", b"arn:", b"vault:", b"ssm:", b"secret://", b"op://",
    ];
    let holds = |mark: &[u8]| memchr::memmem::find(value, mark).is_some();
    STARTS.iter().any(|mark| value.starts_with(mark))
        || value.starts_with(b"<") && value.ends_with(b">")
        || value.starts_with(b"%") && value.ends_with(b"%")
        || holds(b"${") || holds(b"{{") || holds(b"://") || holds(b"environ") || holds(b"process.env") || holds(b"getenv")
        || holds(b"secretKeyRef") || holds(b":aws:secretsmanager") || holds(b"\\u00") && value.len() < 8
}

/// A public key, a hash of a password, a sum.
fn is_public(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    const STARTS: [&[u8]; 24] = [
        b"ssh-", b"ecdsa-", b"AAAAB3Nza", b"AAAAC3Nza", b"-----", b"MIIB", b"MFkw", b"MIGf", b"sha1-", b"sha256", b"sha384-", b"sha512",
        b"$2a$", b"$2b$", b"$2y$", b"$1$", b"$5$", b"$6$", b"$apr1$", b"$argon2", b"pbkdf2", b"{SSHA", b"{SHA", b"{bcrypt}",
    ];
    let name = bytes[found.name.clone()].to_ascii_lowercase();
    let named = |word: &[u8]| memchr::memmem::find(&name, word).is_some();
    STARTS.iter().any(|mark| value.starts_with(mark))
        || named(b"publickey") || named(b"public_key") || named(b"public-key") || named(b"fingerprint") || named(b"sitekey")
        || named(b"signature") || named(b"author") && !named(b"authoriz")
}

/// What rules of their own look for: JSON Web Tokens and keys in armour.
fn is_of_its_own_rule(value: &[u8]) -> bool {
    value.starts_with(b"eyJ") && value.iter().filter(|byte| **byte == b'.').count() >= 2
}

/// The entry of a list of sums: `"lib/key.rb": "<digest>"`.
fn is_digest_of_a_file(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    let is_digest = matches!(value.len(), 32 | 40 | 64) && value.iter().all(u8::is_ascii_hexdigit);
    let before = found.name.start.checked_sub(1).map(|at| bytes[at]);
    let name = &bytes[found.name.clone()];
    let has_ending = memchr::memrchr(b'.', name).is_some_and(|dot| (2..=4).contains(&(name.len() - dot - 1)));
    is_digest && (before == Some(b'/') || has_ending)
}
