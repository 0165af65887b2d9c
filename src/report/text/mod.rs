//! The report for people.
//!
//! It fits the width of the terminal. First it says what to do now. A few findings are shown with all details; of
//! many, each has only the lines that matter, so that six fit a screen of 24 lines. The last line of a finding is the
//! command to paste if it is no secret.

mod history;
mod line;

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::{ReportOptions, entry, presence, printable, printable_path};
use crate::finding::{
    Finding, Fingerprint, INLINE_MARKER, OTHER_MARK, Outcome, Place, Redactor, Status, Summary,
    Suppressed,
};
use crate::rule::{Advice, Confidence};
use crate::text::count::count;
use crate::text::date::day;
use crate::text::escape::escape;
use crate::text::wrap::{columns, wrap};

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
    let advised = Vec::new();
    let mut writer = Writer { options, redactor, style, digits, advised, detail: Detail::Full };
    if let Some(first) = options.to_do.filter(|_| !outcome.findings.is_empty()) {
        for line in [first, ROTATE] {
            writer.wrapped(&style.bold(&format!("tightlip: {line}")), "", "  ", out)?;
        }
    }
    if outcome.summary.commits > 0 && outcome.findings.iter().any(|one| one.presence.is_some()) {
        history::write(&mut writer, &entry::entries(outcome), outcome, out)?;
    } else {
        if !options.verbose && !is_few(&outcome.findings) {
            writer.detail = Detail::Place;
        }
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

/// Advice for every secret that stops a commit.
const ROTATE: &str = "what has left this machine has to be rotated: see `tightlip advice`";

/// Whether all details of all findings fit on one screen.
fn is_few(findings: &[Finding]) -> bool {
    const FEW: usize = 2;
    findings.len() <= FEW && findings.windows(2).all(|two| two[0].advice == two[1].advice)
}

/// How much of each finding is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Everything, each fact on its line.
    Full,
    /// All facts on as few lines as hold them, for entries of a history.
    Facts,
    /// Where it is and what it is; advice is left to `tightlip advice`.
    Place,
}

/// What the parts of a report share.
struct Writer<'a> {
    options: ReportOptions,
    redactor: &'a Redactor,
    style: Style,
    /// How many digits of a fingerprint are shown.
    digits: usize,
    /// Advice that was given already.
    advised: Vec<String>,
    detail: Detail,
}

impl Writer<'_> {
    /// Writes a finding; `more` adds to its notes.
    fn finding(
        &mut self,
        finding: &Finding,
        out: &mut dyn Write,
        more: &dyn Fn(&Self, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.head(finding, out)?;
        match self.detail {
            Detail::Full => {
                line::write(self, finding, out)?;
                write_facts(self, finding, out)?;
            }
            // Its entry has written them.
            Detail::Facts => {}
            Detail::Place => line::write_with_notes(self, finding, out)?,
        }
        more(self, out)?;
        let most = if self.detail == Detail::Facts { 1 } else { usize::MAX };
        let steps: Vec<&str> = Advice::of(&finding.advice).to_do().take(most).collect();
        let is_advised = self.advised.contains(&steps.join("\n"));
        if self.detail != Detail::Place && !is_advised {
            self.advised.push(steps.join("\n"));
            self.advice(&steps, out)?;
        }
        if self.options.how_to_allow {
            let short = &finding.fingerprint.as_str()[..self.digits];
            let allow = format!("tightlip allow {short} --reason '<why>'");
            writeln!(out, "  {} {allow}", self.style.dim("no secret?"))?;
        }
        if self.detail == Detail::Full { writeln!(out) } else { Ok(()) }
    }

    /// Writes where it is and what it is.
    fn head(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let style = self.style;
        let commit = self.commit_in_head(finding).unwrap_or_default();
        let place = format!("{}{commit}", style.bold(&place(finding, self.redactor)));
        let sure = match finding.confidence {
            Confidence::High => String::new(),
            sure => style.dim(&format!(" ({} confidence)", sure.name())),
        };
        let rule = style.dim(&format!("[{}]", finding.rule));
        let what = style.red(&escape(finding.description.as_bytes()));
        let whole = format!("{place}: {what} {rule}{sure}");
        // On one line the id of the rule has to do without the description.
        let is_too_long = self.options.width.is_some_and(|width| columns(&whole) > width);
        match self.detail != Detail::Full && is_too_long {
            true => self.wrapped(&format!("{place}: {rule}{sure}"), "", "    ", out),
            false => self.wrapped(&whole, "", "    ", out),
        }
    }

    /// Returns the commit as it stands behind the place. Where little is told of a pair, it stands there if it
    /// fits, so that the other half fits behind the line.
    fn commit_in_head(&self, finding: &Finding) -> Option<String> {
        let width = self.options.width.filter(|_| self.detail == Detail::Place)?;
        finding.related.as_ref()?;
        let commit = format!(" in {}", line::commit(finding)?);
        let head = format!("{}{commit}: [{}]", place(finding, self.redactor), finding.rule);
        (columns(&head) <= width).then_some(commit)
    }

    /// Writes steps of what to do about it; `tightlip advice` has all, and says what the secret can do.
    fn advice(&self, steps: &[&str], out: &mut dyn Write) -> io::Result<()> {
        let mark = self.style.yellow("->");
        for step in steps {
            self.wrapped(&escape(step.as_bytes()), &format!("  {mark} "), "     ", out)?;
        }
        Ok(())
    }

    /// Writes something that is known of a finding.
    fn fact(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let mark = self.style.dim("=");
        self.wrapped(text, &format!("  {mark} "), "    ", out)
    }

    /// Writes text on lines that fit the terminal.
    fn wrapped(&self, text: &str, first: &str, next: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", wrap(text, self.options.width, first, next))
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

/// Writes what is known of it, a line each.
fn write_facts(writer: &Writer<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    if let Some(commit) = &finding.origin.commit {
        let author = writer.shown(&commit.author);
        let mark = writer.style.dim("in");
        let about = format!("commit {} of {} by {author}", commit.id, day(commit.time));
        writer.wrapped(&about, &format!("  {mark} "), "     ", out)?;
    }
    for line in presence::lines(finding, writer.redactor) {
        writer.fact(&line, out)?;
    }
    for note in notes(finding) {
        writer.fact(&writer.shown(note.as_bytes()), out)?;
    }
    Ok(())
}

/// Notes on a secret beside its place.
pub(super) fn notes(finding: &Finding) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(finding.related.as_ref().map(|related| {
        let (what, line) = (&related.description, related.start.line);
        format!("with {what} {}{} on line {line}", related.secret.redacted(), file_of(finding))
    }));
    notes.extend(finding.account.as_ref().map(|account| format!("AWS account {account}")));
    notes.extend(finding.notes.iter().chain(&finding.warnings).cloned());
    notes
}

/// ` in PATH` where the other half of a credential stands in another file.
pub(super) fn file_of(finding: &Finding) -> String {
    let related = finding.related.as_ref().filter(|other| other.path != finding.origin.path);
    related
        .map_or_else(String::new, |other| format!(" in {}", String::from_utf8_lossy(&other.path)))
}

/// `path:line:column`, or the name of a place without a path.
pub(super) fn place(finding: &Finding, redactor: &Redactor) -> String {
    let path = printable_path(&finding.origin.path, redactor);
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
            let line = format!("tightlip: {word}: {path}{reason}");
            writeln!(out, "{}", wrap(&line, options.width, "", "  "))?;
        }
    }
    // In what is pushed, a mark would need another commit; each finding says how it is allowed.
    let is_in_commits = options.how_to_allow
        && options.to_do.is_some()
        && outcome.findings.iter().all(|finding| finding.origin.commit.is_some());
    // The closing recipe tells the same.
    let has_recipe = options.recipe && history::has_recipe(&entry::entries(outcome));
    if !outcome.findings.is_empty() && !is_in_commits && !has_recipe {
        let allow =
            format!("tightlip: if one is no secret, say why on its line: `{INLINE_MARKER} <why>`");
        writeln!(out, "{}", wrap(&allow, options.width, "", "  "))?;
        if options.to_do.is_none() {
            let advice =
                "tightlip: `tightlip advice` says what each can do, and where it is rotated";
            writeln!(out, "{}", wrap(advice, options.width, "", "  "))?;
        }
    }
    if options.receipt || outcome.status() != Status::Clean {
        let covered = format!("tightlip: {}", covered(outcome, options));
        writeln!(out, "{}", wrap(&covered, options.width, "", "  "))?;
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
    let mut parts = what_was_read(summary);
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

/// Returns what a run read, and how many rules it had.
pub(super) fn what_was_read(summary: &Summary) -> Vec<String> {
    let commits = (summary.commits > 0).then(|| count(summary.commits, "commit"));
    let always = [count(summary.blobs, "file"), size(summary.bytes), count(summary.rules, "rule")];
    commits.into_iter().chain(always).collect()
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
