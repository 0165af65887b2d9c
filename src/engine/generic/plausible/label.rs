//! What is text: a label, a sentence, one of several words, the rest of a command.

use super::super::grammar::{Candidate, Kind, Operator, Quote};
use crate::text::search::{begins_with_ignoring_case, holds};

/// A label, a sentence of another language, the first of several arguments or words.
pub(super) fn is_phrase(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    value.ends_with(b":")
        || is_text_of_button(bytes, found, value)
        || value.iter().filter(|byte| !byte.is_ascii()).count() * 3 > value.len()
        || !value.is_ascii() && value.contains(&b' ')
        || !value.is_ascii() && !value.iter().any(u8::is_ascii_digit)
        || found.operator == Operator::Call && goes_on(bytes, found)
        || is_first_of_words(bytes, found, value)
        || is_in_unicode_escapes(value)
        || begins_sentence(bytes, found, value)
        // What follows the quote that closes a prompt: `-p "password: " -u root`.
        || found.quote != Quote::None && value.starts_with(b" -")
}

/// Text of another alphabet, as JSON of ASCII writes it: `\u5bc6\u94a5`.
fn is_in_unicode_escapes(value: &[u8]) -> bool {
    let is_other = |at: usize| match value[at..] {
        [_, b'u', a, b, ..] => (a, b) != (b'0', b'0') && a.is_ascii_hexdigit(),
        _ => false,
    };
    memchr::memchr_iter(b'\\', value).filter(|&at| is_other(at)).count() > 1
}

/// The first word of a sentence that no quotes hold together: the text of a button in a file of settings.
fn begins_sentence(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    const LINE_BYTES: usize = 200;
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    if found.quote != Quote::None
        || found.operator != Operator::Equals
        || !value.iter().all(is_letter)
    {
        return false;
    }
    let rest = &bytes[found.value.end..bytes.len().min(found.value.end + LINE_BYTES)];
    let rest = &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
    let is_of_text = |byte: &u8| is_letter(byte) || b" ,.:;?!'`()".contains(byte);
    let words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
    let rest = rest.trim_ascii_end();
    rest.starts_with(b" ")
        && rest.iter().all(is_of_text)
        && (words > 1 || rest.ends_with(b"?") || rest.ends_with(b".") || rest.ends_with(b"!"))
}

/// Whether a comma follows the value.
fn goes_on(bytes: &[u8], found: &Candidate) -> bool {
    behind_quote(bytes, found).iter().find(|byte| **byte != b' ') == Some(&b',')
}

/// A few bytes behind the value and the quote that closes it.
fn behind_quote<'a>(bytes: &'a [u8], found: &Candidate) -> &'a [u8] {
    let start = found.value.end + usize::from(found.quote != Quote::None);
    bytes.get(start..bytes.len().min(start + 4)).unwrap_or_default()
}

/// The text of a button: `<string name="password">Pasahitza</string>`, in Android's files also one in small letters.
fn is_text_of_button(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    let is_small = value[1..].iter().all(u8::is_ascii_lowercase);
    let is_element = found.kind == Kind::Pair && found.quote == Quote::None;
    is_element
        && is_small
        && (value[0].is_ascii_uppercase()
            || value[0].is_ascii_lowercase()
                && bytes[..found.name.start].ends_with(b"<string name=\""))
}

/// The first of several words in brackets: `PASS_KINDS = ('plain', 'hashed')`.
fn is_first_of_words(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-');
    let opened = found.value.start.checked_sub(2).map(|at| bytes[at]);
    found.is_wrapped
        && matches!(opened, Some(b'(' | b'[' | b'{'))
        && value.iter().all(is_word)
        && matches!(behind_quote(bytes, found), [b',', b' ', b'"' | b'\'', ..])
}

/// A quoted name, as `"shape"` in `"Password": {"shape": "String"}`.
pub(super) fn is_name_of_a_value(bytes: &[u8], found: &Candidate) -> bool {
    // `if password == "x":` of Python.
    let between = bytes.get(found.name.end..found.value.start).unwrap_or_default();
    if holds(between, b"==") || holds(between, b"!=") {
        return false;
    }
    let behind = &bytes[found.value.end..(found.value.end + 4).min(bytes.len())];
    let escapes = behind.iter().take_while(|byte| **byte == b'\\').count();
    found.quote != Quote::None && matches!(behind[escapes..], [b'"' | b'\'', b':', ..])
}

/// Whether the name is that of a file, and the value a path: `private_key_file: /etc/app/identity`.
pub(super) fn is_path(last: &[u8], value: &[u8]) -> bool {
    const FILES: [&[u8]; 4] = [b"file", b"path", b"dir", b"filename"];
    value.contains(&b'/')
        && FILES
            .iter()
            .any(|file| begins_with_ignoring_case(last, file) && last.len() == file.len())
}
