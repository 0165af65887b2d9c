//! The report for people.

mod history;

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::excerpt::{self, Piece};
use super::{ReportOptions, entry, presence, printable};
use crate::finding::{
    Finding, Fingerprint, INLINE_MARKER, OTHER_MARK, Outcome, Place, Redactor, Status, Suppressed,
};
use crate::rule::Confidence;
use crate::text::date::day;
use crate::text::escape::escape;

/// ANSI codes, or nothing.
#[derive(Clone, Copy)]
struct Style {
    color: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    fn green(self, text: &str) -> String {
        self.paint("32", text)
    }
}

/// Writes the findings, each with its line, what it is and what to do: in the order of the run or, where a
/// history was read, joined by secret.
pub(super) fn findings(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = Style { color: options.color };
    let digits = short_digits(&outcome.findings);
    let mut writer =
        Writer { options, redactor, style, digits, advised: Vec::new(), is_brief: false };
    if outcome.summary.commits > 0 && outcome.findings.iter().any(|one| one.presence.is_some()) {
        history::write(&mut writer, &entry::entries(outcome), outcome, out)?;
    } else {
        for finding in &outcome.findings {
            writer.finding(finding, out, &|_, _| Ok(()))?;
        }
    }
    if options.verbose {
        for suppressed in &outcome.suppressed {
            let place = place(&suppressed.finding, redactor);
            let reason = writer.shown(suppressed.reason.as_bytes());
            let rule = &suppressed.finding.rule;
            writeln!(out, "{} {place}: {rule}: {reason}", style.dim("allowed"))?;
        }
    }
    Ok(())
}

/// What the parts of a report share.
struct Writer<'a> {
    options: ReportOptions,
    redactor: &'a Redactor,
    style: Style,
    /// How many digits of a fingerprint are shown.
    digits: usize,
    /// Advice that was given: once is enough.
    advised: Vec<String>,
    /// Whether there is so much that what is known of each has to fit a line.
    is_brief: bool,
}

impl Writer<'_> {
    /// Writes a finding; `more` adds to its notes.
    fn finding(
        &mut self,
        finding: &Finding,
        out: &mut dyn Write,
        more: &dyn Fn(&Self, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        write_finding(finding, self.options, self.redactor, self.style, out)?;
        match self.is_brief {
            true => history::facts(self, finding, out)?,
            false => write_facts(self, finding, out)?,
        }
        more(self, out)?;
        if !self.advised.iter().any(|advice| **advice == *finding.advice) {
            self.advised.push(finding.advice.to_string());
            write_advice(finding, self.style, out)?;
        }
        if self.options.how_to_allow {
            let short = &finding.fingerprint.as_str()[..self.digits];
            let allow = format!("tightlip allow {short} --reason '<why>'");
            writeln!(out, "  {} {allow}", self.style.dim("no secret?"))?;
        }
        writeln!(out)
    }

    /// Returns untrusted text as it may be shown.
    fn shown(&self, bytes: &[u8]) -> String {
        printable(bytes, self.redactor)
    }
}

/// How many digits tell the fingerprints of a report apart, as git shortens ids.
fn short_digits(findings: &[Finding]) -> usize {
    const MIN: usize = 8;
    let all: BTreeSet<&str> = findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let common = |(one, next): (&&str, &&str)| {
        one.bytes().zip(next.bytes()).take_while(|(one, next)| one == next).count()
    };
    // Sorted, the most alike stand beside each other.
    let longest = all.iter().zip(all.iter().skip(1)).map(common).max().unwrap_or(0);
    (longest + 1).clamp(MIN, Fingerprint::DIGITS)
}

fn write_finding(
    finding: &Finding,
    options: ReportOptions,
    redactor: &Redactor,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let place = style.bold(&place(finding, redactor));
    let sure = match finding.confidence {
        Confidence::High => String::new(),
        sure => style.dim(&format!(" ({} confidence)", sure.name())),
    };
    let rule = style.dim(&format!("[{}]", finding.rule));
    writeln!(out, "{place}: {} {rule}{sure}", style.red(&escape(finding.description.as_bytes())))?;
    let line = finding.location.start.line.to_string();
    let shown = excerpt(finding, options, redactor, style);
    writeln!(out, "  {} {shown}", style.dim(&format!("{line} |")))?;
    Ok(())
}

/// Writes what is known of it, a line each.
fn write_facts(writer: &Writer<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let Writer { style, redactor, .. } = *writer;
    if let Some(commit) = &finding.origin.commit {
        let author = writer.shown(&commit.author);
        let day = day(commit.time);
        writeln!(out, "  {} commit {} of {day} by {author}", style.dim("in"), commit.id)?;
    }
    for line in presence::lines(finding, redactor) {
        writeln!(out, "  {} {line}", style.dim("="))?;
    }
    for note in notes(finding) {
        writeln!(out, "  {} {}", style.dim("="), writer.shown(note.as_bytes()))?;
    }
    Ok(())
}

/// What is known about a secret beside its place.
pub(super) fn notes(finding: &Finding) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(finding.related.as_ref().map(|related| {
        let (what, line) = (&related.description, related.start.line);
        format!("with {what} {} on line {line}", related.secret.redacted())
    }));
    notes.extend(finding.account.as_ref().map(|account| format!("AWS account {account}")));
    notes.extend(finding.notes.iter().chain(&finding.warnings).cloned());
    notes
}

fn write_advice(finding: &Finding, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for step in finding.advice.lines().filter(|step| !step.trim().is_empty()) {
        writeln!(out, "  {} {}", style.yellow("->"), escape(step.trim().as_bytes()))?;
    }
    Ok(())
}

/// `path:line:column`, or what stands for the path.
pub(super) fn place(finding: &Finding, redactor: &Redactor) -> String {
    let path = escape(&redactor.redact(&finding.origin.path)).into_owned();
    let start = finding.location.start;
    match finding.origin.place {
        Place::Path => format!("{path} (the name itself)"),
        Place::RefName => format!("{path} (the name of the ref)"),
        Place::CommitMessage => format!("commit message:{}:{}", start.line, start.column),
        Place::CommitHeader => format!("commit header:{}:{}", start.line, start.column),
        Place::TagMessage => format!("tag {path}:{}:{}", start.line, start.column),
        Place::Index
        | Place::Worktree
        | Place::Commit
        | Place::Object
        | Place::GitDir
        | Place::Stdin
        | Place::Message => {
            format!("{path}:{}:{}", start.line, start.column)
        }
    }
}

/// The line with its secrets masked, or shown if that was asked for.
fn excerpt(finding: &Finding, options: ReportOptions, redactor: &Redactor, style: Style) -> String {
    let shown = excerpt::pieces(finding, options, redactor);
    let pieces = shown.iter().map(|piece| match piece {
        Piece::Plain(text) => text.clone(),
        Piece::Secret(text) => style.red(text),
    });
    pieces.collect()
}

/// Writes what was left out, how to go on, and what was covered.
pub(super) fn receipt(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = Style { color: options.color };
    for skipped in &outcome.skipped {
        let word =
            if skipped.is_incomplete() { style.red("not read") } else { style.dim("left out") };
        if skipped.is_incomplete() || options.receipt {
            let path = escape(&redactor.redact(&skipped.path)).into_owned();
            let reason = escape(&redactor.redact(skipped.reason.as_bytes())).into_owned();
            let path = if path.is_empty() { path } else { format!("{path}: ") };
            writeln!(out, "tightlip: {word}: {path}{reason}")?;
        }
    }
    if !outcome.findings.is_empty() {
        writeln!(
            out,
            "tightlip: if one is no secret, say why on its line (`{INLINE_MARKER} <why>`), with \
             `tightlip allow`, or in .tightlip.toml ([[allow]])"
        )?;
    }
    if options.receipt || outcome.status() != Status::Clean {
        writeln!(out, "tightlip: {}", covered(outcome, options))?;
    }
    Ok(())
}

/// Says in a line how the run ended and what it covered.
pub(super) fn covered(outcome: &Outcome, options: ReportOptions) -> String {
    let style = Style { color: options.color };
    let summary = &outcome.summary;
    let status = match outcome.status() {
        Status::Clean => style.green("clean"),
        Status::Found => style.red(&count(outcome.findings.len() as u64, "finding")),
        Status::Incomplete if outcome.findings.is_empty() => style.red("incomplete"),
        Status::Incomplete => {
            style.red(&format!("incomplete, {}", count(outcome.findings.len() as u64, "finding")))
        }
    };
    let mut parts = Vec::new();
    if summary.commits > 0 {
        parts.push(count(summary.commits, "commit"));
    }
    parts.push(count(summary.blobs, "file"));
    parts.push(size(summary.bytes));
    parts.push(count(summary.rules, "rule"));
    if !outcome.suppressed.is_empty() {
        let is_marked = |item: &&Suppressed| item.reason.starts_with(OTHER_MARK);
        let by_marks = match outcome.suppressed.iter().filter(is_marked).count() {
            0 => String::new(),
            marked => format!(" ({marked} by marks of other scanners)"),
        };
        parts.push(format!("{} allowed{by_marks}", outcome.suppressed.len()));
    }
    if summary.older > 0 {
        parts.push(format!("{} on older lines, which this change does not add", summary.older));
    }
    parts.push(format!("{:.1} ms", summary.elapsed.as_secs_f64() * 1e3));
    format!("{status}: {}", parts.join(", "))
}

/// Returns a number with its noun, which gets an `s` where it needs one.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Returns a number of bytes in the largest unit that fits.
pub(super) fn size(bytes: u64) -> String {
    let units = ["bytes", "KB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { count(bytes, "byte") } else { format!("{value:.1} {}", units[unit]) }
}
