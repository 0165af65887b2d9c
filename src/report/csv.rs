//! The report for spreadsheets: CSV (RFC 4180), one row for a finding and for each thing not read.
//!
//! Spreadsheets run what begins like a formula. Names and authors come from strangers, so such cells
//! get an apostrophe in front, which spreadsheets take for "this is text".

use std::io::{self, Write};

use super::details::steps;
use super::text::notes;
use super::{ReportOptions, printable, printable_path, shown_secret};
use crate::finding::{Finding, Outcome, Redactor, Skipped};
use crate::text::date::moment;

const COLUMNS: [&str; 21] = [
    "type",
    "rule",
    "description",
    "confidence",
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "secret",
    "fingerprint",
    "source",
    "commit",
    "author",
    "date",
    "last_commit",
    "last_date",
    "in_head",
    "pushed",
    "notes",
    "advice",
];

/// Writes the header and all rows.
pub(super) fn table(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    row(&COLUMNS.map(str::to_owned), out)?;
    for found in &outcome.findings {
        row(&finding(found, options, redactor), out)?;
    }
    for skipped in &outcome.skipped {
        row(&not_read(skipped, redactor), out)?;
    }
    Ok(())
}

fn finding(
    finding: &Finding,
    options: ReportOptions,
    redactor: &Redactor,
) -> [String; COLUMNS.len()] {
    let text = |bytes: &[u8]| printable(bytes, redactor);
    let (start, end) = (finding.location.start, finding.location.end);
    let commit = finding.origin.commit.as_ref();
    let presence = finding.presence.as_ref();
    let last = presence.and_then(|presence| presence.last_commit.as_ref());
    let notes = notes(finding).iter().map(|note| text(note.as_bytes())).collect::<Vec<_>>();
    let or_empty = |value: Option<String>| value.unwrap_or_default();
    [
        "finding".into(),
        text(finding.rule.as_bytes()),
        text(finding.description.as_bytes()),
        finding.confidence.name().into(),
        printable_path(&finding.origin.path, redactor),
        start.line.to_string(),
        start.column.to_string(),
        end.line.to_string(),
        end.column.to_string(),
        shown_secret(&finding.secret, options),
        finding.fingerprint.to_string(),
        finding.origin.place.name().into(),
        or_empty(commit.map(|commit| commit.id.clone())),
        or_empty(commit.map(|commit| text(&commit.author))),
        or_empty(commit.map(|commit| moment(commit.time))),
        or_empty(last.map(|commit| commit.id.clone())),
        or_empty(last.map(|commit| moment(commit.time))),
        or_empty(presence.map(|presence| presence.in_head.to_string())),
        or_empty(presence.map(|presence| presence.is_pushed.to_string())),
        notes.join(" | "),
        steps(finding, redactor).join(" | "),
    ]
}

fn not_read(skipped: &Skipped, redactor: &Redactor) -> [String; COLUMNS.len()] {
    let kind = if skipped.is_incomplete() { "not-read" } else { "left-out" };
    let mut cells = [const { String::new() }; COLUMNS.len()];
    cells[0] = kind.into();
    cells[1] = skipped.kind.name().into();
    cells[2] = printable(skipped.reason.as_bytes(), redactor);
    cells[4] = printable(&skipped.path, redactor);
    cells
}

fn row(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    for (number, text) in cells.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}{}", cell(text))?;
    }
    out.write_all(b"\r\n")
}

/// Returns the text as one cell that nobody calculates.
fn cell(text: &str) -> String {
    let text = harmless(text);
    if !text.contains([',', ';', '"', '\r', '\n', '\t']) && text.trim() == text {
        return text;
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Puts an apostrophe wherever a formula could begin: at the start, and behind a semicolon, at which
/// spreadsheets of half of Europe split a file whatever its quotes say.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    let mut may_begin = true;
    for char in text.chars() {
        if may_begin && is_formula(char) {
            out.push('\'');
        }
        may_begin = match char {
            ';' | '\t' | '\r' | '\n' => true,
            // What stands before a formula may be dropped when the cell is read.
            ' ' | '"' => may_begin,
            _ => false,
        };
        out.push(char);
    }
    out
}

/// Whether a spreadsheet takes a cell that begins so for a formula. The wide forms count as well where the
/// user writes Chinese or Japanese.
const fn is_formula(char: char) -> bool {
    matches!(
        char,
        '=' | '+'
            | '-'
            | '@'
            | '\t'
            | '\r'
            | '\n'
            | '\u{ff1d}'
            | '\u{ff0b}'
            | '\u{ff0d}'
            | '\u{ff20}'
    )
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_never_calculated() {
        for (text, expected) in [
            ("plain/path.txt", "plain/path.txt"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t'=1\""),
            ("\r=1", "\"'\r'=1\""),
            (" =1", "\" '=1\""),
            ("\"=1", "\"\"\"'=1\""),
            ("a;=1", "\"a;'=1\""),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a=1 -b", "a=1 -b"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
