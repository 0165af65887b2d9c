//! Where a token may begin: behind a character that is no part of it, or behind an escape.
//!
//! In JSON, in source text, in URLs and in logs a token often stands right behind an escape whose
//! last character could be a part of it: `\n`, `\u003d`, `%3D`, a terminal's colour. A pattern
//! would have to spell out every one of them; here they are written down once, and looked for
//! only where a rule's keyword stands.

use super::outline::{self, ByteSet};
use crate::text::search::ends_with_one_of;

/// What may not stand before a match is not a set of characters.
#[derive(Debug, thiserror::Error)]
#[error("boundary `{0}` is not what stands between the brackets of a character class")]
pub struct BoundaryError(String);

/// What may not stand right before a match, unless it ends an escape.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Boundary {
    /// What may be part of a token.
    inside: ByteSet,
}

impl Boundary {
    pub(crate) const fn new(inside: ByteSet) -> Self {
        Boundary { inside }
    }

    /// Parses what would stand between the brackets of a character class.
    pub(crate) fn parse(class: &str) -> Result<Self, BoundaryError> {
        outline::class(class).map(Boundary::new).ok_or_else(|| BoundaryError(class.to_owned()))
    }

    /// Whether a token may begin at `at`.
    pub(crate) fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        let before = &bytes[..at];
        before.last().is_none_or(|&last| !self.inside.has(last) || ends_escape(before))
    }
}

/// Whether the last bytes are an escape, in one of the notations that text is wrapped in.
fn ends_escape(before: &[u8]) -> bool {
    ends_letter(before) || ends_digits(before) || ends_control_sequence(before)
}

/// `\n` and the other escapes of one letter that C and its heirs have.
fn ends_letter(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'a' | b'b' | b'e' | b'f' | b'n' | b'r' | b't' | b'v'])
}

/// An escape that gives a character by number: `\x3d`, `\u003d`, `\U0000003d`, `\75`, `%3D`
/// (encoded up to three times), `%u003D`, and `=3D` of quoted-printable mail.
fn ends_digits(before: &[u8]) -> bool {
    let octal = |digits: usize| {
        split_digits(before, digits, |byte| matches!(byte, b'0'..=b'7'))
            .is_some_and(|rest| rest.ends_with(b"\\"))
    };
    let hex = |digits: usize, marks: &[&[u8]]| {
        split_digits(before, digits, u8::is_ascii_hexdigit)
            .is_some_and(|rest| ends_with_one_of(rest, marks))
    };
    hex(2, &[b"\\x", b"%", b"%25", b"%2525"])
        || hex(4, &[b"\\u", b"%u"])
        || hex(8, &[b"\\U"])
        || before.ends_with(b"=3D")
        || (1..=3).any(octal)
}

/// What stands before the last so many digits, if they are all digits.
fn split_digits(before: &[u8], digits: usize, is_digit: impl Fn(&u8) -> bool) -> Option<&[u8]> {
    let (rest, last) = before.split_at(before.len().checked_sub(digits)?);
    last.iter().all(is_digit).then_some(rest)
}

/// The escape character: itself, and as source text and `cat -v` write it.
const ESCAPES: [&[u8]; 9] =
    [b"\x1b", b"\\e", b"\\E", b"\\x1b", b"\\x1B", b"\\u001b", b"\\u001B", b"\\033", b"^["];

/// How many bytes the parameters of a control sequence have at most: two 24-bit colours.
const MAX_PARAMETERS: usize = 40;

/// A control sequence of a terminal, `ESC [ 1 ; 31 m`. A colour is one even without the escape
/// character, which logs lose on their way.
fn ends_control_sequence(before: &[u8]) -> bool {
    let Some((last, rest)) = before.split_last().filter(|(last, _)| last.is_ascii_alphabetic())
    else {
        return false;
    };
    let is_parameter = |byte: &&u8| matches!(byte, b'0'..=b'9' | b';' | b':' | b'?');
    let parameters = rest.iter().rev().take(MAX_PARAMETERS).take_while(is_parameter).count();
    let Some(introducer) = rest[..rest.len() - parameters].strip_suffix(b"[") else {
        return false;
    };
    *last == b'm' && parameters > 0
        || ends_with_one_of(introducer, &ESCAPES)
        || introducer.ends_with(b"\\u{1b}")
        || introducer.ends_with(b"\\x{1b}")
}

#[cfg(test)]
mod tests {
    use super::Boundary;

    #[test]
    fn a_token_begins_behind_what_is_no_part_of_it_and_behind_escapes() {
        let word = Boundary::parse("A-Za-z0-9_").unwrap();
        for (before, expected) in [
            ("", true),
            ("=", true),
            ("\u{e9}", true),
            ("x", false),
            ("_", false),
            // One letter.
            ("\\n", true),
            ("\\\\t", true),
            ("\\q", false),
            ("n", false),
            // Numbers.
            ("\\x22", true),
            ("\\x2", false),
            ("\\u003d", true),
            ("\\u003", false),
            ("\\u{3d}", true),
            ("\\U0000003d", true),
            ("\\075", true),
            ("\\0", true),
            ("\\9", false),
            ("075", false),
            ("%3D", true),
            ("%25253D", true),
            ("%3", false),
            ("%u003D", true),
            ("=3D", true),
            ("=3d", false),
            // Control sequences.
            ("\x1b[31m", true),
            ("\x1b[1;38;2;255;0;0m", true),
            ("\x1b[m", true),
            ("\x1b[K", true),
            ("\\e[0m", true),
            ("\\x1B[32m", true),
            ("\\u001b[32m", true),
            ("\\u{1b}[32m", true),
            ("\\033[1;32m", true),
            ("^[[32m", true),
            ("[32m", true),
            ("[m", false),
            ("a[3K", false),
            ("[32mx", false),
        ] {
            assert_eq!(word.is_at(before.as_bytes(), before.len()), expected, "{before:?}");
        }
    }

    #[test]
    fn boundary_is_one_class() {
        assert!(Boundary::parse("_").unwrap().inside.has(b'_'));
        let negated = Boundary::parse("^\\s:").unwrap();
        assert!(negated.is_at(b" ", 1) && !negated.is_at(b"x", 1));
        for class in ["", "a][b", "z-a", "é"] {
            assert!(Boundary::parse(class).is_err(), "{class}");
        }
    }
}
