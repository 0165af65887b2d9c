//! What stands in for a secret: words of documentation, values that everybody has, the same in base64.

use base64::Engine as _;

use super::super::features::{is_weak, words};
use super::super::grammar::{Candidate, Scheme};
use super::super::is_wordlike;
use crate::engine::check::placeholder::is_sequence;
use crate::text::base64::LENIENT;
use crate::text::search::holds_one_of;

/// Words that alone make a placeholder: `your-secret-key-here`.
const PLACEHOLDER_WORDS: [&str; 37] = [
    "my",
    "your",
    "the",
    "a",
    "an",
    "some",
    "any",
    "super",
    "very",
    "top",
    "secret",
    "secrets",
    "key",
    "keys",
    "token",
    "tokens",
    "password",
    "passwd",
    "pass",
    "passphrase",
    "api",
    "access",
    "private",
    "client",
    "app",
    "auth",
    "user",
    "username",
    "name",
    "email",
    "db",
    "database",
    "here",
    "value",
    "string",
    "goes",
    "id",
];

/// The keys of MinIO's own documentation, the password of RFC 7617, the tokens of RFC 6749, 6750 and 7628. Then parts of
/// keys that everybody has: of the wiki of Google Authenticator and RFC 6238, OpenSSL's own of FIPS, the two of NIST
/// SP 800-38A, and that of Azurite.
const DOCUMENTED: [&[u8]; 14] = [
    b"q3am3uq867",
    b"minioadmin",
    b"open sesame",
    b"opensesame",
    b"2yotnfzfejr1zcsicmwpaa",
    b"tgzv3jokf0xg5qx2tlkwia",
    b"mf_9.b5f-4.1jqm",
    b"vf9dft4qmtc2nvb3rlckbhbhrhdmlzdgeuy29t",
    b"jbswy3dpehpk3pxp",
    b"gezdgnbvgy3tqojq",
    b"f4556650ac31d354",
    b"603deb1015ca71be",
    b"2b7e151628aed2a6",
    b"eby8vdm02xnocqflqubp",
];

/// What documentation puts in the place of a secret.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    /// How often one character may follow itself.
    const MAX_RUN: usize = 5;
    let lower = value.to_ascii_lowercase();
    let is_demo = |rest: &[u8]| rest.iter().all(u8::is_ascii_digit);
    holds_one_of(&lower, &[b"example", b"redacted", b"***"])
        || value.chunk_by(|a, b| a == b).any(|run| run.len() > MAX_RUN)
        || value.ends_with(b"..")
        || lower.strip_prefix(b"demo").is_some_and(is_demo)
        || holds_one_of(&lower, &DOCUMENTED)
        || is_sequence(value)
        || lower.ends_with(b"here") && holds_one_of(&lower, &[b"pass", b"key", b"token", b"secret"])
        || lower == b"$encrypted$"
        || is_all_placeholder_words(value)
}

fn is_all_placeholder_words(value: &[u8]) -> bool {
    let is_one = |word: &&[u8]| {
        PLACEHOLDER_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    };
    let own = words(value);
    own.len() > 1 && own.iter().all(is_one)
}

/// Base64 of a placeholder; credentials of the scheme Basic without a password worth the name.
pub(super) fn is_encoded_placeholder(found: &Candidate, value: &[u8]) -> bool {
    let is_basic = found.scheme == Scheme::Basic;
    if !is_basic && (value.len() < 8 || !value.len().is_multiple_of(4)) {
        return false;
    }
    let decoded = LENIENT.decode(value).ok();
    let text =
        decoded.filter(|text| text.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r')));
    let Some(text) = text else { return is_basic };
    let text = text.trim_ascii();
    let secret = match memchr::memchr(b':', text) {
        Some(at) if is_basic => &text[at + 1..],
        None if is_basic => return true,
        _ => text,
    };
    let lower = secret.to_ascii_lowercase();
    // `hello-world`, not a password with digits.
    let is_words = |text: &[u8]| {
        text.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
            && is_wordlike(text)
    };
    is_placeholder(secret)
        // A sentence, such as "this is not a real value".
        || !is_basic && secret.contains(&b' ')
        || is_weak(secret)
        || !is_basic && is_words(secret)
        || holds_one_of(&lower, &[b"secret", b"token", b"password", b"changeme", b"<", b"${"])
}
