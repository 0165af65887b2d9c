//! The words of names: which words speak of a secret, and how far the name around one reaches.

use std::ops::Range;

use crate::text::search::{begins_with_ignoring_case, ends_with_ignoring_case};

/// The words that make a name one of a secret, in lower case, each with what may follow it in the same word.
/// `passing`, `keyboard` and `author` are other words.
pub(in super::super) const WORDS: [(&str, &[&str]); 27] = [
    ("pass", &["word", "words", "wd", "wrd", "phrase", "phrases", "code", "codes", "wort", "e"]),
    ("pwd", &["s"]),
    ("secret", &["s"]),
    ("token", &["s"]),
    ("key", &["s"]),
    ("cred", &["s", "ential", "entials"]),
    ("auth", &["orization", "orisation", "entication"]),
    ("salt", &["s"]),
    ("nonce", &["s"]),
    ("seed", &["s"]),
    ("sess", &["id", "ion", "ionid", "ionkey"]),
    ("cookie", &["s"]),
    ("csrf", &[]),
    ("xsrf", &[]),
    ("hmac", &[]),
    ("bearer", &[]),
    ("jwt", &["s"]),
    ("psk", &[]),
    ("otp", &["s"]),
    ("pw", &["s"]),
    // German, Dutch, Spanish and Portuguese.
    ("kennwort", &[]),
    ("wachtwoord", &[]),
    ("contrasena", &[]),
    ("senha", &["s"]),
    ("contrase\u{f1}a", &["s"]),
    // Polish and Russian.
    ("has\u{142}o", &[]),
    ("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", &[]),
];

/// For each two letters, the first of [`WORDS`] that begins with them; behind the last one if none does.
const FIRST_WORDS: [u8; 1 << 10] = {
    let mut firsts = [WORDS.len() as u8; 1 << 10];
    let mut at = WORDS.len();
    while at > 0 {
        at -= 1;
        let word = WORDS[at].0.as_bytes();
        firsts[two_letters(word[0], word[1])] = at as u8;
    }
    firsts
};

/// Five bits of each of two letters, which are the same in both cases.
const fn two_letters(first: u8, second: u8) -> usize {
    (first as usize & 31) << 5 | second as usize & 31
}

/// The word of [`WORDS`] with which some text begins: its place there.
#[inline]
pub(super) fn word_at(text: &[u8]) -> Option<usize> {
    // Nearly all text has no word: two letters tell.
    let &[first, second, ..] = text else { return None };
    let from = usize::from(FIRST_WORDS[two_letters(first, second)]);
    let words = WORDS[from..].iter();
    words
        .zip(from..)
        .find(|((word, _), _)| begins_with_ignoring_case(text, word.as_bytes()))
        .map(|(_, at)| at)
}

/// Words that are parts of others: no letter may stand before them in the same word.
const WHOLE: [&[u8]; 8] = [b"salt", b"nonce", b"seed", b"sess", b"otp", b"cred", b"pw", b"senha"];

/// Ends of words behind which one of [`WHOLE`] is a word of its own: `authsalt`, `noncesalt`.
const SECRETS: [&[u8]; 4] = [b"auth", b"once", b"word", b"hash"];

/// Ends of other words.
const OTHERS: [&[u8]; 13] = [
    b"mon", b"tur", b"don", b"hoc", b"whis", b"joc", b"by", b"com", b"tres", b"sur", b"over",
    b"nder", b"ask",
];

/// How far a name reaches before its word and behind it, in bytes.
const NAME_BEFORE: usize = 80;
const NAME_BEHIND: usize = 50;

/// Whether there is a word of [`WORDS`] in part of a name.
pub(in super::super) fn has_word(part: &[u8]) -> bool {
    (0..part.len()).any(|at| word_at(&part[at..]).is_some())
}

/// Whether the word is one of its own, not a part of another.
pub(super) fn is_word(bytes: &[u8], word: &Range<usize>) -> bool {
    let text = &bytes[word.clone()];
    let is_upper = text.iter().all(u8::is_ascii_uppercase);
    let same =
        |byte: &&u8| if is_upper { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() };
    let behind = bytes[word.end..].iter().take(12).take_while(same).count();
    if behind > 0 {
        let behind = &bytes[word.end..word.end + behind];
        let is_end = |end: &&str| end.as_bytes().eq_ignore_ascii_case(behind);
        if !word_at(text).is_some_and(|known| WORDS[known].1.iter().any(is_end)) {
            return false;
        }
    }
    // A word in capitals, or a part of a name in camel case, begins anew.
    if text[0].is_ascii_uppercase() && !is_upper {
        return true;
    }
    let mut before = bytes[..word.start].iter().rev().take(4).take_while(same).count();
    // `AclBypass`: the capital is a letter of the word, too.
    let capital = word.start.checked_sub(before + 1).map(|at| bytes[at]);
    if before > 0 && !is_upper && capital.is_some_and(|byte| byte.is_ascii_uppercase()) {
        before += 1;
    }
    let before = &bytes[word.start - before..word.start];
    let before = match bytes[..word.start - before.len()] {
        [.., b'\\'] => before.strip_prefix(b"n").or(before.strip_prefix(b"r")).unwrap_or(before),
        _ => before,
    };
    let ends_with = |other: &&[u8]| ends_with_ignoring_case(before, other);
    before.is_empty()
        || (!WHOLE.iter().any(|whole| whole.eq_ignore_ascii_case(text))
            || SECRETS.iter().any(ends_with))
            && !OTHERS.iter().any(ends_with)
}

pub(super) fn name_around(bytes: &[u8], word: &Range<usize>) -> Range<usize> {
    let before = bytes[..word.start].iter().rev().take(NAME_BEFORE);
    let before = before.take_while(|byte| is_name(**byte)).count();
    let behind = bytes[word.end..].iter().take(NAME_BEHIND);
    let behind = behind.take_while(|byte| is_name(**byte)).count();
    let mut end = word.end + behind;
    while end > word.end && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let mut start = word.start - before;
    start -= letters_before(&bytes[..start]);
    let is_escaped = start < word.start && is_escape(&bytes[..=start]);
    start += usize::from(is_escaped);
    // `user%5Bpassword%5D=x`: brackets of a form.
    let opens = start + 2 <= word.start && is_bracket(&bytes[..start + 2]);
    start += if opens { 2 } else { 0 };
    start..end
}

/// Whether some text ends with an escape of blank: the `n` of `\npassword: x` is no letter of the name.
fn is_escape(text: &[u8]) -> bool {
    matches!(text, [.., b'\\', b'n' | b'r' | b't'])
}

/// Whether some text ends with an opening bracket of a form, encoded.
pub(super) fn is_bracket(text: &[u8]) -> bool {
    text.ends_with(b"%5B") || text.ends_with(b"%5b")
}

/// How many bytes of letters with two bytes each (Latin, Greek, Cyrillic) some text ends with, names of ASCII
/// between them.
fn letters_before(text: &[u8]) -> usize {
    let mut rest = text;
    while let [before @ .., 0xc3..=0xd4, 0x80..=0xbf] = rest {
        let ascii = before.iter().rev().take(NAME_BEFORE).take_while(|byte| is_name(**byte));
        rest = &before[..before.len() - ascii.count()];
        if text.len() - rest.len() > NAME_BEFORE {
            break;
        }
    }
    text.len() - rest.len()
}

/// Whether a byte may be part of a name: letters of other alphabets are.
pub(in super::super) fn is_of_name(byte: u8) -> bool {
    is_name(byte) || !byte.is_ascii()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@' | b'.' | b'-')
}
