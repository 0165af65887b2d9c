//! Escapes inside a window: `%2F` of URLs, `&#43;` of HTML, `\u002b`, `\x2b` and `\/` of string
//! literals, `=3D` of mail.
//!
//! Escapes are everywhere in source (`\n`, `%d`), so only the window around a keyword is decoded, and
//! only where an escape stands for a character that a secret can hold.

use std::ops::Range;
use std::sync::Arc;

use super::{Builder, Decoding, Encoding, View};
use crate::text::search::holds;

/// How many times text may be escaped: a URL inside JSON inside a URL.
const MAX_DEPTH: usize = 3;

/// How many characters stand before the `=` at the end of a line of mail that is joined to the next one: as many as a
/// line may have (RFC 2045, 6.7), less an escape that is not cut.
const MAIL_CHARS: Range<usize> = 70..77;

/// An `=` as mail writes it.
const ESCAPED_EQUALS: &[u8] = b"=3D";

/// The introducer of a kind of escape, and how one is read: its byte and its length.
pub(super) type Kind = (u8, Encoding, Read);

/// Every kind of escape.
pub(super) const KINDS: [Kind; 4] = [
    (b'\\', Encoding::Backslash, backslash),
    (b'%', Encoding::Percent, percent),
    (b'&', Encoding::Html, html),
    (b'=', Encoding::QuotedPrintable, quoted_printable),
];

/// Reads the escape at the start of some bytes: what it stands for, if anything, and its length.
type Read = fn(&[u8]) -> Option<(Option<u8>, usize)>;

/// Returns the views of a window, one for each kind of escape in it, and those inside them.
pub(in crate::engine) fn views(bytes: &[u8], window: Range<usize>) -> Vec<View> {
    let mut views = Vec::new();
    if memchr::memchr3(b'\\', b'%', b'&', &bytes[window.clone()]).is_some()
        || is_mail(bytes, window.clone())
    {
        nested(bytes, window, 0, None, &mut views);
    }
    views
}

/// Whether some bytes begin with an escape.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let kind = KINDS.iter().find(|(introducer, ..)| bytes.first() == Some(introducer));
    kind.is_some_and(|(.., read)| read(bytes).is_some())
}

/// Whether some bytes begin with an `=` by which text may be told to be mail.
pub(super) fn may_be_of_mail(bytes: &[u8]) -> bool {
    matches!(bytes, [_, b'\r' | b'\n', ..]) || bytes.starts_with(ESCAPED_EQUALS)
}

fn nested(
    bytes: &[u8],
    window: Range<usize>,
    depth: usize,
    outer: Option<&Arc<Decoding>>,
    views: &mut Vec<View>,
) {
    for kind in KINDS.iter().filter(|_| depth < MAX_DEPTH) {
        let Some(mut view) = view(bytes, window.clone(), kind) else { continue };
        if let Some(outer) = outer {
            view.decoding = view.decoding.inside(outer);
        }
        nested(&view.bytes, 0..view.bytes.len(), depth + 1, Some(&view.decoding), views);
        views.push(view);
    }
}

/// The window with escapes of one kind decoded; `None` if it has none that matters.
fn view(bytes: &[u8], window: Range<usize>, &(introducer, encoding, read): &Kind) -> Option<View> {
    let text = &bytes[window.clone()];
    let is_quoted_printable = encoding == Encoding::QuotedPrintable;
    if is_quoted_printable && !is_mail(bytes, window.clone()) {
        return None;
    }
    let is_useful = |at: usize| match read(&text[at..]) {
        Some((None, _)) => is_quoted_printable,
        // A backslash counts where it may begin another escape: JSON inside a string.
        Some((Some(b'\\'), 2)) => text.get(at + 2).is_some_and(|next| b"/xu\\".contains(next)),
        Some((Some(byte), _)) => byte.is_ascii_graphic(),
        _ => false,
    };
    memchr::memchr_iter(introducer, text).find(|&at| is_useful(at))?;
    let mut builder = Builder::at(window.start);
    let mut decoded: Option<Range<usize>> = None;
    let mut at = 0;
    while let Some(plain) = memchr::memchr(introducer, &text[at..]) {
        let plain = at..at + plain;
        builder.copy(bytes, window.start + plain.start..window.start + plain.end);
        at = plain.end;
        let escape = read(&text[at..]);
        let (byte, length) = escape.unwrap_or((Some(introducer), 1));
        if let Some(byte) = byte {
            builder.push(byte, window.start + at);
        }
        if escape.is_some() {
            let end = builder.bytes.len();
            decoded = Some(decoded.map_or(end.saturating_sub(1), |range| range.start)..end);
        }
        at += length;
    }
    builder.copy(bytes, window.start + at..window.end);
    Some(builder.view(encoding, decoded?, window.end))
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)
}

fn percent(text: &[u8]) -> Option<(Option<u8>, usize)> {
    Some((Some(hex(text.get(1..3)?)?), 3))
}

/// Whether a window is text of mail: it holds an `=` as mail writes it, or a full line that is joined to the next one.
fn is_mail(bytes: &[u8], window: Range<usize>) -> bool {
    let text = &bytes[window.clone()];
    let is_join = |at: usize| {
        let at = window.start + at;
        let from = at.saturating_sub(MAIL_CHARS.end);
        let before =
            memchr::memrchr(b'\n', &bytes[from..at]).map_or(at, |line| at - from - line - 1);
        let behind = quoted_printable(&bytes[at..]).and_then(|(_, length)| bytes.get(at + length));
        let in_word = [at.checked_sub(1).map(|at| &bytes[at]), behind];
        MAIL_CHARS.contains(&before)
            && matches!(bytes.get(at + 1), Some(b'\r' | b'\n'))
            && in_word.iter().all(|byte| byte.is_some_and(u8::is_ascii_graphic))
    };
    holds(text, ESCAPED_EQUALS) || memchr::memchr_iter(b'=', text).any(is_join)
}

/// A line end behind `=` joins two lines.
fn quoted_printable(text: &[u8]) -> Option<(Option<u8>, usize)> {
    match text {
        [_, b'\n', ..] => Some((None, 2)),
        [_, b'\r', b'\n', ..] => Some((None, 3)),
        _ => percent(text),
    }
}

fn backslash(text: &[u8]) -> Option<(Option<u8>, usize)> {
    match text {
        [_, b'/', ..] => Some((Some(b'/'), 2)),
        [_, b'x' | b'X', a, b, ..] => Some((Some(hex(&[*a, *b])?), 4)),
        [_, b'u', b'0', b'0', a, b, ..] => Some((Some(hex(&[*a, *b])?), 6)),
        [_, b'u', b'{', a, b, b'}', ..] => Some((Some(hex(&[*a, *b])?), 6)),
        [_, b'U', b'0', b'0', b'0', b'0', b'0', b'0', a, b, ..] => {
            Some((Some(hex(&[*a, *b])?), 10))
        }
        [_, a @ b'0'..=b'1', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
            Some((Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0')), 4))
        }
        [_, b'\\', ..] => Some((Some(b'\\'), 2)),
        _ => None,
    }
}

/// Numbers, and the five names of XML.
fn html(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let end = text.iter().take(9).position(|&byte| byte == b';')?;
    let byte = match text.get(1..end)? {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => {
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
        }
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    byte.is_ascii().then_some((Some(byte), end + 1))
}

#[cfg(test)]
mod tests {
    use super::views;

    #[test]
    fn views_decode_every_kind_of_escape_and_lead_back() {
        for (text, decoded, names) in [
            ("k=a%2Bb", "k=a+b", vec!["percent"]),
            (r#""k":"a\u002Bb""#, r#""k":"a+b""#, vec!["backslash"]),
            (r"k='a\x2Fb'", "k='a/b'", vec!["backslash"]),
            (r"k: a\/b", "k: a/b", vec!["backslash"]),
            ("k=a&#43;b", "k=a+b", vec!["html"]),
            ("k=a&#x2F;b&amp;c", "k=a/b&c", vec!["html"]),
            ("k=3Dx=\r\nb", "k=xb", vec!["quoted-printable"]),
            (r"k='a\u{2b}b'", "k='a+b'", vec!["backslash"]),
            (r"k='a\U0000002Bb'", "k='a+b'", vec!["backslash"]),
            (r"k='a\053b'", "k='a+b'", vec!["backslash"]),
            ("k=a%252Bb", "k=a+b", vec!["percent", "percent"]),
            (r#"\"k\":\"a\\\/b\""#, r#"\"k\":\"a/b\""#, vec!["backslash", "backslash"]),
        ] {
            let views = views(text.as_bytes(), 0..text.len());
            let of_names = |view: &&super::View| view.decoding.encodings().len() == names.len();
            let mut views = views.iter().filter(of_names);
            let view = views.find(|view| view.bytes == decoded.as_bytes());
            let view = view.unwrap_or_else(|| panic!("{text} is not decoded"));
            let found: Vec<&str> =
                view.decoding.encodings().into_iter().map(super::Encoding::name).collect();
            assert_eq!(found, names, "{text}");
            let at = decoded.rfind('b').unwrap();
            assert_eq!(&text[view.decoding.raw(&(at..at + 1))], "b", "{text}");
        }
    }

    #[test]
    fn views_join_full_lines_of_mail_and_no_others() {
        let joined = |width: usize, end: &str, next: &str| {
            let text = format!("> {}={end}{next}", "a".repeat(width - 2));
            let views = views(text.as_bytes(), 60..text.len());
            let plain = format!("{}{next}", "a".repeat(width - 60));
            views.iter().any(|view| view.bytes == plain.as_bytes())
        };
        for (width, end, next, expected) in [
            (75, "\n", "bcd", true),
            (75, "\r\n", "bcd", true),
            (73, "\n", "bcd", true),
            (70, "\n", "bcd", true),
            (76, "\n", "bcd", true),
            (69, "\n", "bcd", false),
            (77, "\n", "bcd", false),
            (75, "\n", " bcd", false),
            (75, "\n", "", false),
            (75, "", "bcd", false),
        ] {
            assert_eq!(joined(width, end, next), expected, "{width} {end:?} {next:?}");
        }
    }

    #[test]
    fn views_are_none_where_no_escape_hides_a_character_of_a_secret() {
        for text in
            ["printf(\"%d %s\\n\", a & b)", "50% off", "a &nbsp; b", "x = 3", "%E4%F6", "\\t"]
        {
            assert!(views(text.as_bytes(), 0..text.len()).is_empty(), "{text}");
        }
    }
}
