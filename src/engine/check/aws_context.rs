//! Whether AWS is named before a secret that could be anybody's.

use super::{Candidate, Learnt, Verdict, drop_if};

/// Drops secrets that nothing shortly before them gives to AWS.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(!is_named(candidate.before))
}

/// How far before a secret its section may be named, in bytes.
const CONTEXT_BYTES: usize = 400;

/// Whether AWS is named shortly before: the table, section or element that a secret stands in.
///
/// The words have to begin a word, or a part of one in camel case: not those in "laws".
fn is_named(before: &[u8]) -> bool {
    let context = &before[before.len().saturating_sub(CONTEXT_BYTES)..];
    let lower = context.to_ascii_lowercase();
    let begins_word = |at: usize| {
        at.checked_sub(1).is_none_or(|before| {
            let (before, first) = (context[before], context[at]);
            !before.is_ascii_alphanumeric()
                || before.is_ascii_lowercase() && first.is_ascii_uppercase()
        })
    };
    let is_whole = |end: usize| !context.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let begins = |word: &[u8]| memchr::memmem::find_iter(&lower, word).any(begins_word);
    let stands = |word: &[u8]| {
        memchr::memmem::find_iter(&lower, word)
            .any(|at| begins_word(at) && is_whole(at + word.len()))
    };
    begins(b"aws") || begins(b"amazon") || begins(b"boto") || stands(b"s3")
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn context_names_aws_by_words_of_its_own() {
        for (before, expected) in [
            ("{\"aws\":{\"", true),
            ("aws:\n  region: eu-west-1\n  ", true),
            ("[myAws]\n", true),
            ("AwsSettings { ", true),
            ("s3: { ", true),
            ("amazon_web_services:\n", true),
            ("laws: { ", false),
            ("LAWS: { ", false),
            ("s3x: { ", false),
            ("stripe: { ", false),
            ("", false),
        ] {
            assert_eq!(is_named(before.as_bytes()), expected, "{before}");
        }
        let far = ["aws: ", &"x".repeat(400)].concat();
        assert!(!is_named(far.as_bytes()));
    }
}
