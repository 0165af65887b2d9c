//! What the model looks at: a candidate as a list of small numbers.
//!
//! Each group of features has one step: a number cut into ranges, or one of a few kinds. The trainer gives every step
//! a weight. Groups stand in the order of [`GROUPS`], which names them in the file of weights.

mod lists;
mod name;
mod place;
#[cfg(test)]
mod tests;
mod value;

pub(super) use name::words;
pub(in crate::engine) use value::is_weak;

use super::grammar::{Candidate, Kind, Operator, Quote, Scheme};
use super::letters;
use crate::text::search::holds;
use lists::{CONSTANTS, OTHER_KEYS, PLACEHOLDERS, SECRET_WORDS};
use name::Name;
use place::Place;
use value::Value;

/// A group of features.
pub struct Group {
    /// Its name in the file of weights.
    pub name: &'static str,
    /// How many steps it has.
    pub steps: u8,
    /// Whether the steps rise: then the trainer learns what each adds to the one before.
    pub is_ordered: bool,
}

/// Ordered by where `cuts` part the numbers.
const fn cut(name: &'static str, cuts: &[f32]) -> Group {
    Group { name, steps: cuts.len() as u8 + 1, is_ordered: true }
}

/// One of a few kinds.
const fn kinds(name: &'static str, steps: u8) -> Group {
    Group { name, steps, is_ordered: false }
}

const SUM: [f32; 17] =
    [-40., -30., -22., -16., -12., -9., -6., -4., -2., 0., 2., 4., 7., 10., 15., 22., 30.];
const MEAN: [f32; 13] = [-3., -2.5, -2., -1.6, -1.3, -1., -0.7, -0.4, -0.1, 0.2, 0.5, 0.8, 1.2];
const LENGTH: [f32; 19] =
    [4., 5., 6., 7., 8., 9., 10., 12., 14., 16., 18., 20., 24., 28., 32., 36., 40., 64., 100.];
const COUNT: [f32; 8] = [1., 2., 3., 4., 6., 8., 12., 20.];
const SHARE: [f32; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.95];
const ENTROPY: [f32; 9] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99];
const REPEAT: [f32; 4] = [2., 3., 4., 6.];
const FEW: [f32; 3] = [1., 2., 3.];
const NAME_LENGTH: [f32; 6] = [4., 7., 10., 15., 20., 30.];

/// Every group, in the order of a candidate's steps.
pub const GROUPS: [Group; 58] = [
    cut("letters-sum", &SUM),
    cut("letters-mean", &MEAN),
    cut("letters-mean-whole", &MEAN),
    cut("letters-worst-run", &MEAN),
    cut("length", &LENGTH),
    kinds("classes", 16),
    cut("digit-letter-changes", &COUNT),
    cut("case-changes", &COUNT),
    cut("entropy-share", &ENTROPY),
    cut("distinct-share", &SHARE),
    cut("longest-repeat", &REPEAT),
    cut("neighbour-share", &SHARE),
    kinds("digest", 7),
    kinds("base64", 4),
    kinds("uuid", 2),
    cut("dots", &FEW),
    cut("slashes", &FEW),
    cut("colons", &FEW),
    cut("dashes", &FEW),
    cut("underscores", &FEW),
    cut("specials", &FEW),
    cut("blanks", &FEW),
    kinds("first", 10),
    kinds("file-name", 2),
    kinds("template", 2),
    kinds("placeholder-word", 2),
    kinds("secret-word", 2),
    kinds("shares-name", 3),
    kinds("constant", 2),
    kinds("weak-word", 2),
    kinds("mask", 2),
    kinds("identifier", 6),
    kinds("family", 12),
    kinds("word-place", 5),
    kinds("thing", 2),
    kinds("other-key", 2),
    kinds("name-case", 7),
    cut("name-words", &COUNT),
    cut("name-length", &NAME_LENGTH),
    kinds("declared", 2),
    kinds("dollar", 2),
    kinds("operator", 11),
    kinds("quote", 5),
    kinds("kind", 6),
    kinds("scheme", 5),
    kinds("wrapped", 2),
    kinds("behind", 10),
    kinds("before", 7),
    kinds("ends-line", 2),
    kinds("code-line", 2),
    kinds("comment", 2),
    kinds("digits-share", 6),
    kinds("family-classes", 60),
    kinds("operator-quote", 22),
    kinds("letters-classes", 60),
    kinds("bare-word", 4),
    kinds("length-classes", 36),
    kinds("non-ascii", 2),
];

/// The steps of a candidate, one for each group.
pub type Steps = [u8; GROUPS.len()];

/// Returns the steps of a candidate.
pub(super) fn steps(bytes: &[u8], found: &Candidate) -> Steps {
    let value = Value::new(&bytes[found.value.clone()]);
    let name = Name::new(bytes, found);
    let place = Place::new(bytes, found);
    let letters = letters::Score::new(value.bytes);
    let is_bare = found.quote == Quote::None;
    let classes = value.classes();
    let coarse = coarse(classes);
    let letters_coarse = below(letters.sum, &[-20., -9., -2., 4., 15.]);
    [
        below(letters.sum, &SUM),
        below(letters.mean, &MEAN),
        below(letters.mean_whole, &MEAN),
        below(letters.worst_run, &MEAN),
        below(value.length(), &LENGTH),
        classes,
        below(value.changes(u8::is_ascii_digit), &COUNT),
        below(value.changes(u8::is_ascii_uppercase), &COUNT),
        below(value.entropy_share(), &ENTROPY),
        below(value.distinct() / value.length(), &SHARE),
        below(value.longest_repeat(), &REPEAT),
        below(value.neighbours(), &SHARE),
        value.digest(),
        value.base64(),
        u8::from(value.is_uuid()),
        below(value.count(b"."), &FEW),
        below(value.count(b"/\\"), &FEW),
        below(value.count(b":"), &FEW),
        below(value.count(b"-"), &FEW),
        below(value.count(b"_"), &FEW),
        below(value.count(b"!@#$%^&*+?~"), &FEW),
        below(value.count(b" \t"), &FEW),
        value.first(),
        u8::from(value.is_file_name()),
        u8::from(value.is_template()),
        u8::from(value.holds(&PLACEHOLDERS)),
        u8::from(value.holds(&SECRET_WORDS)),
        name.shared_with(&value),
        u8::from(value.is_one_of(&CONSTANTS)),
        u8::from(is_weak(value.bytes)),
        u8::from(value.is_mask()),
        value.identifier(),
        name.family,
        name.word_place(),
        u8::from(name.ends_with_thing()),
        u8::from(name.holds_any(&OTHER_KEYS)),
        name.case(),
        below(name.words.len() as f32, &COUNT),
        below(name.text.len() as f32, &NAME_LENGTH),
        u8::from(place.is_declared()),
        u8::from(name.text.starts_with(b"$")),
        found.operator as u8,
        found.quote as u8,
        found.kind as u8,
        found.scheme as u8,
        u8::from(found.is_wrapped),
        place.behind(),
        place.before(),
        u8::from(place.ends_line()),
        u8::from(place.is_code()),
        u8::from(place.is_comment()),
        value.digits_share(),
        name.family.min(11) * 5 + coarse,
        found.operator as u8 * 2 + u8::from(is_bare),
        letters_coarse * 10 + coarse * 2 + u8::from(is_bare),
        u8::from(is_bare) * 2 + u8::from(value.identifier() > 0),
        below(value.length(), &[6., 9., 13., 18., 26., 40.]) * 5 + coarse,
        u8::from(!value.bytes.is_ascii()),
    ]
}

/// Whether a value is what people choose for a password where rules ask for digits and signs, in quotes or an element:
/// `summer42`, `Tuesday2019!`. In labelled source every one of them was a password.
pub(super) fn is_chosen(bytes: &[u8], found: &Candidate) -> bool {
    const WORDS: [&[u8]; 5] = [b"pass", b"passwd", b"pwd", b"pw", b"psk"];
    let word = &bytes[found.word.clone()];
    let is_password = WORDS.iter().any(|of| of.eq_ignore_ascii_case(word));
    let is_literal = found.quote != Quote::None || found.operator == Operator::Element;
    is_password && is_literal && is_word_with_digits(&bytes[found.value.clone()])
}

/// Whether a value is five letters or more, then two to four digits, then two signs at most.
fn is_word_with_digits(value: &[u8]) -> bool {
    let count = |text: &[u8], of: fn(&u8) -> bool| text.iter().take_while(|byte| of(byte)).count();
    let letters = count(value, u8::is_ascii_alphabetic);
    let digits = count(&value[letters..], u8::is_ascii_digit);
    let rest = &value[letters + digits..];
    letters > 4
        && (2..5).contains(&digits)
        && rest.len() < 3
        && rest.iter().all(|byte| b"!?#$%&*@+".contains(byte))
}

/// Whether a value guards nothing: a word that everybody knows, or a single word where a program would have made a
/// key or a token.
pub(super) fn guards_nothing(bytes: &[u8], found: &Candidate) -> bool {
    const MAX_WORD_BYTES: usize = 12;
    let value = &bytes[found.value.clone()];
    const MADE: [&[u8]; 5] = [b"secret", b"token", b"key", b"salt", b"nonce"];
    let word = &bytes[found.word.clone()];
    let is_made = MADE.iter().any(|made| made.eq_ignore_ascii_case(word));
    let is_word = || {
        value.len() <= MAX_WORD_BYTES
            && value.iter().all(u8::is_ascii_lowercase)
            && letters::Score::new(value).mean > WORD_MEAN
    };
    is_weak(value) || is_made && is_word() || is_user(bytes, found)
}

/// Whether the value also is that of a user's name before it, in its line or the one above: `user: app\npassword: app`.
fn is_user(bytes: &[u8], found: &Candidate) -> bool {
    const NAMES: [&[u8]; 3] = [b"user", b"login", b"role"];
    let value = &bytes[found.value.clone()];
    let around = &bytes[found.name.start.saturating_sub(160)..found.name.start];
    // The line and the one above: see `Lines`.
    let start = memchr::memrchr_iter(b'\n', around).nth(1).map_or(0, |at| at + 1);
    let before = &around[start..];
    let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    memchr::memmem::find_iter(before, value).any(|at| {
        !is_part(at.checked_sub(1).map(|at| &before[at]))
            && !is_part(before.get(at + value.len()))
            && NAMES.iter().any(|name| holds(&before[..at].to_ascii_lowercase(), name))
    })
}

/// Above this mean, letters look like a word.
const WORD_MEAN: f32 = 0.2;

/// The step of a number: how many of the cuts it reaches.
fn below(number: f32, cuts: &[f32]) -> u8 {
    cuts.iter().take_while(|cut| number >= **cut).count() as u8
}

/// Five kinds of values: digits, letters of one case, letters of both, letters and digits, anything else.
const fn coarse(classes: u8) -> u8 {
    match classes & 7 {
        1 => 0,
        2 | 4 => 1,
        6 => 2,
        3 | 5 | 7 => 3,
        _ => 4,
    }
}

const _: () = assert!(Operator::Word as u8 == 10 && Quote::Escaped as u8 == 4);
const _: () = assert!(Kind::Pair as u8 == 5 && Scheme::Other as u8 == 4);
