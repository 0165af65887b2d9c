//! Comments of other scanners that allow the secret on their line.
//!
//! They count only where the configuration says so (`other_marks = true`): they give no reason.

use std::ops::Range;

use crate::text::lines::{line_around, line_before};

/// What other scanners take for an allowed line: gitleaks, betterleaks, trufflehog, kingfisher,
/// detect-secrets and ggshield.
const MARKS: [&str; 7] = [
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist secret",
    "pragma: whitelist secret",
    "ggignore",
];

/// The same on the line before, where nothing but the beginning of a comment may stand before it.
const NEXT_LINE_MARKS: [&str; 2] =
    ["pragma: allowlist nextline secret", "pragma: whitelist nextline secret"];

/// Longer lines are looked at from their end: a comment stands there.
const MAX_LINE_BYTES: usize = 64 << 10;

/// Returns the mark of another scanner on the first or last line of `span`, or on the line before
/// for the next.
pub(super) fn beside(bytes: &[u8], span: &Range<usize>) -> Option<&'static str> {
    let first = line_around(bytes, span.start);
    let last = line_around(bytes, span.end.saturating_sub(1).max(span.start));
    let on = |line: &Range<usize>| on_line(&bytes[line.clone()]);
    on(&first).or_else(|| on(&last)).or_else(|| {
        let line = line_before(bytes, first.start)?;
        for_next(&bytes[line])
    })
}

fn on_line(line: &[u8]) -> Option<&'static str> {
    let line = &line[line.len().saturating_sub(MAX_LINE_BYTES)..];
    MARKS.into_iter().find(|mark| {
        memchr::memmem::find_iter(line, mark).any(|at| is_word(line, at..at + mark.len()))
    })
}

fn for_next(line: &[u8]) -> Option<&'static str> {
    let line = &line[..line.len().min(MAX_LINE_BYTES)];
    let opens =
        |byte: &u8| matches!(byte, b' ' | b'\t' | b'#' | b'/' | b'*' | b'\'' | b'-' | b'<' | b'!');
    NEXT_LINE_MARKS.into_iter().find(|mark| {
        let at = memchr::memmem::find(line, mark.as_bytes());
        at.is_some_and(|at| line[..at].iter().all(opens) && is_word(line, at..at + mark.len()))
    })
}

/// Whether a mark is not part of a longer word.
fn is_word(line: &[u8], mark: Range<usize>) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !line[..mark.start].last().is_some_and(is_part) && !line.get(mark.end).is_some_and(is_part)
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn marks_count_on_their_line_or_before_it() {
        for (text, expected) in [
            ("k = KEY # gitleaks:allow", Some("gitleaks:allow")),
            ("k = KEY // betterleaks:allow", Some("betterleaks:allow")),
            ("k = KEY; trufflehog:ignore", Some("trufflehog:ignore")),
            ("k = KEY # kingfisher:ignore", Some("kingfisher:ignore")),
            ("<a>KEY</a> <!-- pragma: whitelist secret -->", Some("pragma: whitelist secret")),
            ("k = KEY # pragma: allowlist secret\nx", Some("pragma: allowlist secret")),
            ("k = KEY # ggignore", Some("ggignore")),
            ("# pragma: allowlist nextline secret\nKEY", Some("pragma: allowlist nextline secret")),
            ("x = 1 # pragma: allowlist nextline secret\nKEY", None),
            ("# pragma: allowlist nextline secret\n\nKEY", None),
            ("# gitleaks:allow\nKEY", None),
            ("KEY # gitleaks:allowed", None),
            ("KEY # nogitleaks:allow", None),
            ("KEY # ggignored", None),
            ("KEY\n# gitleaks:allow", None),
        ] {
            let start = text.find("KEY").unwrap();
            assert_eq!(beside(text.as_bytes(), &(start..start + 3)), expected, "{text}");
        }
    }
}
