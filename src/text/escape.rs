//! Hostile bytes made safe for a terminal and a log.
//!
//! Names, messages and lines of a repository may hold escape sequences, bidirectional overrides
//! or bytes that are not UTF-8. What leaves this module is printable UTF-8 on one line.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// Returns `bytes` as printable text: control, format and invalid bytes become `\x..` or `\u{..}`.
///
/// A tab becomes a blank, so that columns stay readable; a backslash stays as it is.
///
/// ```
/// use tightlip::text::escape::escape;
/// assert_eq!(escape(b"caf\xc3\xa9.txt"), "caf\u{e9}.txt");
/// assert_eq!(escape(b"a\x1b[31mb\xff"), "a\\x1b[31mb\\xff");
/// ```
#[must_use]
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(is_unsafe)
    {
        return without_commands(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            push_char(&mut out, char);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    without_commands(Cow::Owned(out))
}

/// Breaks what a CI service would take for a command in its log: `::name` at the start of a line (GitHub),
/// `##[name` and `##vso[name` anywhere (Azure Pipelines, GitHub).
fn without_commands(text: Cow<'_, str>) -> Cow<'_, str> {
    let text = match text.trim_start().starts_with("::") {
        true => Cow::Owned(text.replacen("::", "\\x3a:", 1)),
        false => text,
    };
    match text.contains("##vso[") || text.contains("##[") {
        true => Cow::Owned(text.replace("##", "#\\x23")),
        false => text,
    }
}

/// Returns a path as printable text.
///
/// ```
/// use tightlip::text::escape::escape_path;
/// assert_eq!(escape_path("a\tb".as_ref()), "a b");
/// ```
#[must_use]
pub fn escape_path(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes()).into_owned()
}

fn push_char(out: &mut String, char: char) {
    match char {
        '\t' => out.push(' '),
        _ if !is_unsafe(char) => out.push(char),
        _ if char.is_ascii() => {
            let _ = write!(out, "\\x{:02x}", char as u32);
        }
        _ => {
            let _ = write!(out, "\\u{{{:x}}}", char as u32);
        }
    }
}

/// Whether a character could move the cursor, reorder or hide text on a terminal.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_unprintable_is_left() {
        for (bytes, expected) in [
            (&b"plain name"[..], "plain name"),
            (b"new\nline\r", "new\\x0aline\\x0d"),
            (b"tab\there", "tab here"),
            (b"::set-output name=a::b", "\\x3a:set-output name=a::b"),
            (b"x ##vso[task.x]y", "x #\\x23vso[task.x]y"),
            (b"##[group]", "#\\x23[group]"),
            (b"a::b ## c", "a::b ## c"),
            (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            (b"\xff\xfe", "\\xff\\xfe"),
            ("a\u{202e}b".as_bytes(), "a\\u{202e}b"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
        ] {
            assert_eq!(escape(bytes), expected);
        }
    }
}
