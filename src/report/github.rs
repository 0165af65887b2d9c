//! The reports for GitHub Actions: annotations beside the lines of a change, as commands in the log of a
//! step, and a summary of the step in Markdown
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).
//!
//! GitHub shows few annotations and drops the rest in silence. The log says how many it would have dropped and
//! lists them as plain lines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::details::steps;
use super::text::{covered, place};
use super::{
    ReportOptions, columns_are_characters, has_path, printable, printable_path, shown_secret,
};
use crate::finding::{Finding, Outcome, Place, Redactor, Skipped, Status};
use crate::rule::Confidence;
use crate::text::count::count;

/// How many annotations of a level GitHub shows of a step.
const MAX_OF_A_LEVEL: usize = 10;

/// Writes annotations, and as plain lines what GitHub would drop.
pub(super) fn annotations(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut room = Room::new(outcome);
    if outcome.status() == Status::Incomplete {
        writeln!(out, "{}", incomplete(outcome, redactor))?;
    }
    let mut left_over = 0;
    for finding in &outcome.findings {
        match room.take(finding.confidence) {
            true => writeln!(out, "{}", annotation(finding, options, redactor))?,
            false => left_over += 1,
        }
    }
    if left_over == 0 {
        return Ok(());
    }
    let more = count(left_over, "more finding");
    writeln!(
        out,
        "::notice title=tightlip::{more} in the log and the summary of this step: GitHub shows \
         {MAX_OF_A_LEVEL} annotations of a level"
    )?;
    writeln!(out, "::group::tightlip: {more}")?;
    let mut room = Room::new(outcome);
    for finding in outcome.findings.iter().filter(|finding| !room.take(finding.confidence)) {
        let what = printable(finding.description.as_bytes(), redactor);
        let secret = shown_secret(&finding.secret, options);
        let place = place(finding, redactor);
        writeln!(out, "tightlip: {place}: {what} {secret} {}", finding.fingerprint)?;
    }
    writeln!(out, "::endgroup::")
}

/// How many annotations of each level are still shown.
struct Room {
    errors: usize,
    warnings: usize,
    notices: usize,
}

impl Room {
    /// Leaves room for notes about the run as a whole.
    fn new(outcome: &Outcome) -> Self {
        Room {
            errors: MAX_OF_A_LEVEL - usize::from(outcome.status() == Status::Incomplete),
            warnings: MAX_OF_A_LEVEL,
            notices: MAX_OF_A_LEVEL - 1,
        }
    }

    /// Whether one more of this confidence is shown.
    fn take(&mut self, confidence: Confidence) -> bool {
        let left = match confidence {
            Confidence::High => &mut self.errors,
            Confidence::Medium => &mut self.warnings,
            Confidence::Low => &mut self.notices,
        };
        let is_shown = *left > 0;
        *left = left.saturating_sub(1);
        is_shown
    }
}

fn incomplete(outcome: &Outcome, redactor: &Redactor) -> String {
    let mut unread = outcome.skipped.iter().filter(|skipped| skipped.is_incomplete());
    let first = unread.next().map_or(String::new(), |skipped| not_read(skipped, redactor));
    let more = match unread.count() {
        0 => String::new(),
        more => format!("\nand {more} more"),
    };
    let message = data(&format!("not everything was read, so this is no proof: {first}{more}"));
    format!("::error title=tightlip is incomplete::{message}")
}

fn not_read(skipped: &Skipped, redactor: &Redactor) -> String {
    let path = printable(&skipped.path, redactor);
    let reason = printable(skipped.reason.as_bytes(), redactor);
    if path.is_empty() { reason } else { format!("{path}: {reason}") }
}

fn annotation(finding: &Finding, options: ReportOptions, redactor: &Redactor) -> String {
    let level = match finding.confidence {
        Confidence::High => "error",
        Confidence::Medium => "warning",
        Confidence::Low => "notice",
    };
    let title = printable(finding.description.as_bytes(), redactor);
    let rule = printable(finding.rule.as_bytes(), redactor);
    let secret = shown_secret(&finding.secret, options);
    let mut lines = vec![format!("{secret} [{rule}] fingerprint {}", finding.fingerprint)];
    if !has_path(finding) {
        lines[0].push_str(&format!(" in {}", place(finding, redactor)));
    }
    if let Some(commit) = &finding.origin.commit {
        lines[0].push_str(&format!(" commit {}", commit.id));
    }
    lines.extend(steps(finding, redactor));
    let (title, place) = (property(&title), position(finding, redactor));
    format!("::{level} {place}title={title}::{}", data(&lines.join("\n")))
}

/// The properties that lead to a line of a file.
fn position(finding: &Finding, redactor: &Redactor) -> String {
    if !has_path(finding) {
        return String::new();
    }
    let path = finding.origin.path.strip_prefix(b"./").unwrap_or(&finding.origin.path);
    let file = property(&printable_path(path, redactor));
    if finding.origin.place == Place::Path {
        return format!("file={file},");
    }
    let (start, end) = (finding.location.start, finding.location.end);
    let columns = match columns_are_characters(finding) {
        true => format!("col={},endColumn={},", start.column, end.column),
        false => String::new(),
    };
    format!("file={file},line={},endLine={},{columns}", start.line, end.line)
}

/// Escapes the message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Writes the summary of a step in Markdown, of about `max_bytes` at most: GitHub drops a longer one as a
/// whole.
pub(super) fn summary(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    max_bytes: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let plain = ReportOptions { color: false, ..options };
    writeln!(out, "### tightlip\n\n{}\n", markdown(&covered(outcome, plain)))?;
    let unread = outcome.skipped.iter().filter(|skipped| skipped.is_incomplete());
    let unread = unread.map(|skipped| format!("- {}\n", markdown(&not_read(skipped, redactor))));
    section("**Not read**\n\n", "- ", unread, max_bytes / 5, out)?;
    let rows = outcome.findings.iter().map(|finding| table_row(finding, options, redactor));
    let head = "| what | where | secret | rule | fingerprint |\n|---|---|---|---|---|\n";
    section(head, "| ", rows, max_bytes / 5 * 3, out)?;
    let mut advice: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in &outcome.findings {
        advice.entry(&finding.advice).or_insert(finding);
    }
    let steps = advice.values().map(|finding| {
        let steps = steps(finding, redactor);
        let steps: String = steps.iter().map(|step| format!("1. {}\n", markdown(step))).collect();
        format!("{}\n\n{steps}\n", markdown(&printable(finding.description.as_bytes(), redactor)))
    });
    section("**What to do**\n\n", "", steps, max_bytes / 10, out)
}

/// Writes pieces behind a heading as long as there is room, and how many are left.
fn section(
    heading: &str,
    bullet: &str,
    pieces: impl Iterator<Item = String>,
    max_bytes: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (mut used, mut left) = (0, 0_u64);
    for piece in pieces {
        if left > 0 || heading.len() + used + piece.len() > max_bytes {
            left += 1;
            continue;
        }
        if used == 0 {
            out.write_all(heading.as_bytes())?;
        }
        used += piece.len();
        out.write_all(piece.as_bytes())?;
    }
    if left > 0 {
        writeln!(out, "{bullet}and {left} more, for which a summary has no room")?;
    }
    if used > 0 || left > 0 { writeln!(out) } else { Ok(()) }
}

fn table_row(finding: &Finding, options: ReportOptions, redactor: &Redactor) -> String {
    let mut place = markdown(&place(finding, redactor));
    if let Some(commit) = &finding.origin.commit {
        place.push_str(&format!(" in {}", commit.id));
    }
    let what = markdown(&printable(finding.description.as_bytes(), redactor));
    let secret = markdown(&shown_secret(&finding.secret, options));
    let rule = markdown(&printable(finding.rule.as_bytes(), redactor));
    let fingerprint = &finding.fingerprint;
    format!("| {what} | {place} | <code>{secret}</code> | {rule} | {fingerprint} |\n")
}

/// Returns text that Markdown and HTML show as it is: punctuation becomes references, so that nothing is a
/// link, a mention, an image, a cell or a tag.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for char in text.chars() {
        match char {
            _ if !char.is_ascii() || char.is_ascii_alphanumeric() => out.push(char),
            ' ' | '/' | '-' | ',' => out.push(char),
            // Only `www.` begins a link.
            '.' if !out.ends_with('w') => out.push(char),
            _ => out.push_str(&format!("&#{};", u32::from(char))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{data, markdown, property, section};

    #[test]
    fn commands_end_where_they_should() {
        let text = "50%\r\n::error::x, y: z";
        assert_eq!(data(text), "50%25%0D%0A::error::x, y: z");
        assert_eq!(property(text), "50%25%0D%0A%3A%3Aerror%3A%3Ax%2C y%3A z");
    }

    #[test]
    fn nothing_is_markup() {
        let text = "a|b <img src=x> @me [x](y) `c` **d** www.e.f #1";
        let shown = markdown(text);
        assert!(!shown.contains(['|', '<', '>', '@', '[', '(', '`', '*', ':', '=']), "{shown}");
        assert!(!shown.contains("www.") && shown.contains("e.f"), "{shown}");
        assert_eq!(markdown("plain/path-1.txt caf\u{e9}"), "plain/path-1.txt caf\u{e9}");
    }

    #[test]
    fn a_section_says_how_much_it_leaves_out() {
        let pieces = || (0..10).map(|number| format!("- {number}\n"));
        let mut out = Vec::new();
        section("head\n", "- ", pieces(), 5 + 4 * 3, &mut out).expect("a vector takes all");
        let text = String::from_utf8(out).expect("it is text");
        assert_eq!(text, "head\n- 0\n- 1\n- 2\n- and 7 more, for which a summary has no room\n\n");
        let mut out = Vec::new();
        section("head\n", "- ", std::iter::empty(), 100, &mut out).expect("a vector takes all");
        assert!(out.is_empty());
    }
}
