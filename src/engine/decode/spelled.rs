//! Text that is spelled in escapes from its first character on: `\x41\x4b`, `\u0041`, `\101`, `%41`, `&#65;`.
//!
//! No keyword stands in it, so that the window around one does not help. A view is a run of such escapes decoded in
//! its place, with what stands before and behind it.

use std::ops::Range;

use super::blocks::BLOCK;
use super::escapes::{KINDS, Kind};
use super::runs::{BEFORE_BYTES, BEHIND_BYTES};
use super::{Builder, View};

/// Shorter runs hold no secret that has a name or a shape. One of this length fills a block, wherever it stands.
const MIN_BYTES: usize = 32;

/// How long an escape may be: `\U00000041`.
const MAX_ESCAPE_BYTES: usize = 10;

/// The view of the run that the block at `at` lies inside of, which does not begin before `first`; and where the run
/// ends.
pub(super) fn view(bytes: &[u8], at: usize, first: usize) -> Option<(View, usize)> {
    let (at, kind) = (at..at + BLOCK).find_map(|at| {
        let kind = KINDS.iter().find(|kind| kind.0 == bytes[at])?;
        character(&bytes[at..], kind).map(|_| (at, kind))
    })?;
    let mut start = at;
    while let Some(before) = escape_before(bytes, start, first, kind) {
        start = before;
    }
    let mut end = start;
    while let Some((_, length)) = character(&bytes[end..], kind) {
        end += length;
    }
    // Most runs are shorter: control bytes, and the letters of one word.
    (end - start >= MIN_BYTES).then(|| (decoded(bytes, start..end, kind), end))
}

/// The view of a run.
fn decoded(bytes: &[u8], run: Range<usize>, kind: &Kind) -> View {
    let from = run.start.saturating_sub(BEFORE_BYTES);
    let mut builder = Builder::at(from);
    builder.copy(bytes, from..run.start);
    let first = builder.bytes.len();
    let mut at = run.start;
    while let Some((byte, length)) = character(&bytes[at..run.end], kind) {
        builder.push(byte, at);
        at += length;
    }
    let decoded = first..builder.bytes.len();
    let behind = (run.end + BEHIND_BYTES).min(bytes.len());
    builder.copy(bytes, run.end..behind);
    builder.view(kind.1, decoded, behind)
}

/// Reads an escape of a kind at the start of some bytes. Returns its character and its length; `None` if text does not
/// hold such a character.
fn character(bytes: &[u8], &(introducer, _, read): &Kind) -> Option<(u8, usize)> {
    match read(bytes).filter(|_| bytes.first() == Some(&introducer))? {
        // `\/` and `\\` spell nothing.
        (Some(byte), length) if length > 2 && (byte.is_ascii_graphic() || byte == b' ') => {
            Some((byte, length))
        }
        _ => None,
    }
}

/// Where the escape begins that ends at `end`.
fn escape_before(bytes: &[u8], end: usize, first: usize, kind: &Kind) -> Option<usize> {
    let from = end.saturating_sub(MAX_ESCAPE_BYTES).max(first);
    let start = from + memchr::memrchr(kind.0, &bytes[from..end])?;
    character(&bytes[start..], kind)
        .is_some_and(|(_, length)| start + length == end)
        .then_some(start)
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, each_view};

    /// What `text` is decoded to, and how.
    fn decoded(text: &str) -> Vec<(String, Encoding)> {
        let mut all = Vec::new();
        let _ = each_view(text.as_bytes(), &mut |view| {
            let bytes = String::from_utf8_lossy(&view.bytes).into_owned();
            all.push((bytes, view.decoding.encodings()[0]));
        });
        all
    }

    #[test]
    fn text_spelled_in_escapes_has_a_view_wherever_it_stands() {
        let plain = "password=hunter2";
        let spell = |each: &dyn Fn(u8) -> String| plain.bytes().map(each).collect::<String>();
        for (spelled, encoding) in [
            (spell(&|byte| format!("\\x{byte:02x}")), Encoding::Backslash),
            (spell(&|byte| format!("\\u{byte:04X}")), Encoding::Backslash),
            (spell(&|byte| format!("\\u{{{byte:x}}}")), Encoding::Backslash),
            (spell(&|byte| format!("\\{byte:03o}")), Encoding::Backslash),
            (spell(&|byte| format!("%{byte:02X}")), Encoding::Percent),
            (spell(&|byte| format!("&#{byte};")), Encoding::Html),
            (spell(&|byte| format!("&#x{byte:x};")), Encoding::Html),
            (spell(&|byte| format!("={byte:02X}")), Encoding::QuotedPrintable),
        ] {
            for before in 0..40 {
                let text = format!("{}f('{spelled}')", " ".repeat(before));
                let found = format!("{}f('{plain}')", " ".repeat(before));
                assert_eq!(decoded(&text), [(found, encoding)], "{text}");
            }
        }
    }

    #[test]
    fn a_run_ends_where_no_escape_of_its_kind_begins() {
        for (text, expected) in [
            ("&amp;;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", None),
            (
                "&#65;&#66;&#67;&#68;&#69;&#70;&#71;&#72;;x 1234567890",
                Some("ABCDEFGH;x 1234567890"),
            ),
            (
                "%41%42%43%44%45%46%47%48%49%4a%4bx42x43x44x45x46x47x48",
                Some("ABCDEFGHIJKx42x43x44x45x46x47x48"),
            ),
            (r"\x41\x42\x43\x44\x45\x46\x47\x48=x42/u0043x44", Some("ABCDEFGH=x42/u0043x44")),
        ] {
            let found = decoded(text).pop().map(|(text, _)| text);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn views_are_none_for_escapes_that_spell_no_text() {
        for text in [
            r"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d",
            r"\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\",
            r"\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/",
            "%E4%F6%FC%E4%F6%FC%E4%F6%FC%E4%F6%FC%E4%F6%FC",
            "&amp;&amp;&amp;&amp;&amp;&#228;&#246;&#252;&#228;&#246;&#252;",
            r"\x41\x42\x43 \x41\x42\x43 \x41\x42\x43 \x41\x42\x43",
            "================================================",
        ] {
            assert_eq!(decoded(text), [], "{text}");
        }
    }
}
