//! What stands in for a secret in documentation, templates and tests.

use super::{Candidate, Learnt, Verdict, drop_if};
use crate::text::search::holds;

/// Words (in lower case) that a random token of 40 characters holds less than once in 10,000.
const WORDS: [&[u8]; 22] = [
    b"example",
    b"xxxx",
    b"your_",
    b"your-",
    b"yourkey",
    b"yourtoken",
    b"yoursecret",
    b"changeme",
    b"change_me",
    b"change-me",
    b"placeholder",
    b"dummy",
    b"redacted",
    b"replace",
    b"sample",
    b"insert",
    b"notreal",
    b"123456789",
    b"987654321",
    b"abcdefgh",
    b"deadbeef",
    b"....",
];

/// Characters that begin a variable or a mask and that no token holds.
const MARKS: [&[u8]; 6] = [b"${", b"{{", b"$(", b"***", b"<", b"%("];

/// The share of characters that may follow their neighbour in the alphabet.
const MAX_NEIGHBOUR_SHARE: f32 = 0.5;

/// How often one character may follow itself.
const MAX_RUN: usize = 5;

/// Drops placeholders.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(is_placeholder(candidate.secret))
}

/// Whether a value stands in for a secret.
pub(in crate::engine) fn is_placeholder(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    let holds = |part: &&[u8]| holds(&lower, part);
    let run = lower.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0);
    run > MAX_RUN || is_sequence(secret) || WORDS.iter().chain(&MARKS).any(holds)
}

/// Whether a value runs through the alphabet or the digits, or through bytes in hexadecimal.
pub(in crate::engine) fn is_sequence(value: &[u8]) -> bool {
    if are_even_bytes(value) {
        return true;
    }
    let steps = value.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
    value.len() >= 8 && steps as f32 > MAX_NEIGHBOUR_SHARE * value.len() as f32
}

/// Whether bytes in hexadecimal are all the same or rise by one: the keys of test vectors.
fn are_even_bytes(value: &[u8]) -> bool {
    const MIN_DIGITS: usize = 16;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8; 2]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    let (pairs, rest) = value.as_chunks::<2>();
    let step = |two: &[[u8; 2]]| Some(byte(&two[1])?.wrapping_sub(byte(&two[0])?));
    let mut steps = pairs.windows(2).map(step);
    value.len() >= MIN_DIGITS
        && rest.is_empty()
        && steps
            .next()
            .flatten()
            .is_some_and(|first| first < 2 && steps.all(|own| own == Some(first)))
}

#[cfg(test)]
mod tests {
    use super::{is_placeholder, is_sequence};

    #[test]
    fn what_stands_in_for_a_secret_is_a_placeholder() {
        for (value, expected) in [
            ("k3v9q7w2x5z1", false),
            ("k3v9EXAMPLEq7w2", true),
            ("xxxx", true),
            ("k3v9${NAME}", true),
            ("<token>", true),
            // One character five times over is chance, six times is not.
            ("k3vqqqqqz1", false),
            ("k3vqqqqqqz1", true),
            ("k3vqQqQqQz1", true),
        ] {
            assert_eq!(is_placeholder(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn a_sequence_is_long_and_mostly_in_order() {
        for (value, expected) in [
            ("bcdefghi", true),
            ("bcdefgh", false),
            ("45678345", true),
            // Five steps of eight characters, and four.
            ("bcdefgqx", true),
            ("bcdefzqx", false),
            ("ihgfedcb", false),
            ("000102030405060708090a0b0c0d0e0f", true),
            ("fdfeff0001020304", true),
            ("0c0c0c0c0c0c0c0c", true),
            ("0c0c0c0c0c0c0c", false),
            ("0002040608a0c0e0", false),
        ] {
            assert_eq!(is_sequence(value.as_bytes()), expected, "{value}");
        }
    }
}
