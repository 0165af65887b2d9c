//! Comments that allow the secret on their line.
//!
//! `tightlip:allow why it is no secret` at the end of a line allows every finding on it,
//! `tightlip:allow(rule-id) why` one rule's, and `tightlip:allow-next-line why` stands above.
//! Without a reason it does not count.

use crate::finding::INLINE_MARKER;

const NEXT_LINE: &[u8] = b"-next-line";

/// Longer lines are looked at from their end: a comment stands there.
const MAX_LINE_BYTES: usize = 64 << 10;

/// How long a list of rules in parentheses may be, and how much of a reason is kept.
const MAX_LIST_BYTES: usize = 1024;
const MAX_REASON_BYTES: usize = 200;

/// How many comments of a line are read, the last ones: what is before them allows nothing.
const MAX_COMMENTS: usize = 16;

/// What the comments of a line say about its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InlineAllow {
    /// Nothing.
    None,
    /// It allows them, without saying why; that does not count.
    NoReason,
    /// It allows them, for this reason.
    Allowed(String),
}

impl InlineAllow {
    /// Returns `self` if it allows, else the stronger of the two.
    pub(super) fn or(self, other: impl FnOnce() -> InlineAllow) -> InlineAllow {
        match self {
            InlineAllow::Allowed(_) => self,
            InlineAllow::NoReason => match other() {
                InlineAllow::None => InlineAllow::NoReason,
                found => found,
            },
            InlineAllow::None => other(),
        }
    }
}

/// Reads the inline allow of `line` for the findings of `rule`, on it or, with `next_line`, below.
#[must_use]
pub fn inline_allow(line: &[u8], rule: &str, next_line: bool) -> InlineAllow {
    let line = &line[line.len().saturating_sub(MAX_LINE_BYTES)..];
    let mut found = InlineAllow::None;
    for at in memchr::memmem::rfind_iter(line, INLINE_MARKER).take(MAX_COMMENTS) {
        let rest = &line[at + INLINE_MARKER.len()..];
        let for_next = rest.strip_prefix(NEXT_LINE);
        let rest = match (for_next, next_line) {
            (Some(rest), true) => rest,
            (None, false) => rest,
            _ => continue,
        };
        found = found.or(|| parse(rest, rule));
    }
    found
}

fn parse(rest: &[u8], rule: &str) -> InlineAllow {
    let mut reason = rest;
    if let Some(list) = rest.strip_prefix(b"(") {
        // A list that is not closed soon does not count: a line may hold thousands of openings.
        let Some(end) = list.iter().take(MAX_LIST_BYTES).position(|&byte| byte == b')') else {
            return InlineAllow::None;
        };
        let mut ids = list[..end].split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        if !ids.any(|id| id == rule.as_bytes()) {
            return InlineAllow::None;
        }
        reason = &list[end + 1..];
    } else if rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        // Part of a longer word.
        return InlineAllow::None;
    }
    reason = whole_words(reason, MAX_REASON_BYTES);
    for closer in [&b"*/"[..], b"-->", b"#}", b"%>"] {
        if let Some(end) = memchr::memmem::find(reason, closer) {
            reason = &reason[..end];
        }
    }
    let reason = String::from_utf8_lossy(reason);
    let reason =
        reason.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | ')' | '.'));
    if reason.chars().any(char::is_alphanumeric) {
        InlineAllow::Allowed(reason.to_owned())
    } else {
        InlineAllow::NoReason
    }
}

/// The start of a text, in whole words: half of a secret would be shown, for only whole ones are known.
fn whole_words(text: &[u8], most: usize) -> &[u8] {
    if text.len() <= most {
        return text;
    }
    let blank = text[..most].iter().rposition(u8::is_ascii_whitespace);
    &text[..blank.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::{InlineAllow, inline_allow};

    fn allowed(reason: &str) -> InlineAllow {
        InlineAllow::Allowed(reason.into())
    }

    #[test]
    fn an_allow_needs_a_reason() {
        for (line, expected) in [
            ("key = 1 # tightlip:allow test fixture", allowed("test fixture")),
            ("key = 1 // tightlip:allow: documented example.", allowed("documented example.")),
            ("key /* tightlip:allow fixture */ = 1", allowed("fixture")),
            ("<k/> <!-- tightlip:allow(acme) old, revoked -->", allowed("old, revoked")),
            ("key = 1 # tightlip:allow(other, acme) both", allowed("both")),
            ("key = 1 # tightlip:allow(other) why", InlineAllow::None),
            ("key = 1 # tightlip:allow", InlineAllow::NoReason),
            ("key = 1 # tightlip:allow --", InlineAllow::NoReason),
            ("key = 1 # tightlip:allowed here", InlineAllow::None),
            ("key = 1 # tightlip:allow-next-line why", InlineAllow::None),
            ("key = 1", InlineAllow::None),
            (&"tightlip:allow(".repeat(4000), InlineAllow::None),
            // Of a long reason, words are left out whole.
            (
                &format!("tightlip:allow {} {}", "w".repeat(190), "x".repeat(20)),
                allowed(&"w".repeat(190)),
            ),
            (&format!("tightlip:allow old {}", "x".repeat(300)), allowed("old")),
            (&format!("tightlip:allow {}", "x".repeat(300)), InlineAllow::NoReason),
        ] {
            assert_eq!(inline_allow(line.as_bytes(), "acme", false), expected, "{line}");
        }
        // Of many comments, the last ones are read.
        let many =
            |others| "tightlip:allow old ".to_owned() + &"tightlip:allow(b) x ".repeat(others);
        let said = |others| inline_allow(many(others).as_bytes(), "acme", false);
        assert!(matches!((said(15), said(16)), (InlineAllow::Allowed(_), InlineAllow::None)));
        let above = "# tightlip:allow-next-line revoked in May";
        assert_eq!(inline_allow(above.as_bytes(), "acme", true), allowed("revoked in May"));
    }
}
