//! What a scan has to say: lines as grep prints them, and what can be done about them.

use std::collections::HashSet;
use std::io::{BufWriter, Write};

use super::scanner::{Guard, Program};
use super::{NAME, say};
use tightlip::finding::{Finding, Outcome, Place};
use tightlip::report::Streams;
use tightlip::text::escape::escape;

/// What stands below findings.
const MITIGATIONS: &str = "
[ERROR] Matched one or more prohibited patterns

Possible mitigations:
- Mark false positives as allowed using: git config --add secrets.allowed ...
- Mark false positives as allowed by adding regular expressions to .gitallowed at repository's root directory
- List your configured patterns: git config --get-all secrets.patterns
- List your configured allowed patterns: git config --get-all secrets.allowed
- List your configured allowed patterns in .gitallowed at repository's root directory
- Use --no-verify if this is a one-time false positive";

/// Which lines are told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Once {
    /// Each line of each file.
    Line,
    /// Each text of a line in each file, however many commits and lines have it.
    Text,
}

/// Prints what was found and what could not be read, and returns the exit status.
pub(super) fn finish(
    guard: &Guard,
    outcome: &Outcome,
    once: Once,
    program: Program,
    streams: &mut Streams<'_>,
) -> u8 {
    let is_terminal = streams.err_is_terminal;
    let mut err = BufWriter::new(&mut *streams.err);
    let has_findings = lines(guard, &outcome.findings, once, is_terminal, &mut err);
    let mut is_incomplete = false;
    for skipped in outcome.skipped.iter().filter(|skipped| skipped.is_incomplete()) {
        is_incomplete = true;
        say(&mut err, format_args!("{}", told(&skipped.path, &skipped.reason)));
    }
    if has_findings {
        say(&mut err, format_args!("{MITIGATIONS}"));
    }
    for warning in guard.warnings() {
        say(&mut err, format_args!("{NAME}: {warning}"));
    }
    let _ = err.flush();
    match (is_incomplete, has_findings) {
        (true, _) => program.broken(),
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// What grep, git and this program say of what they cannot read begins with their names.
fn told(path: &[u8], reason: &str) -> String {
    let is_named = ["grep: ", "fatal: ", "git-secrets: "].iter().any(|by| reason.starts_with(by));
    match (is_named, path) {
        (true, _) => reason.to_owned(),
        (false, []) => format!("{NAME}: {reason}"),
        (false, path) => format!("{NAME}: {}: {reason}", escape(path)),
    }
}

/// Prints a line for each finding; returns whether there are any.
fn lines(
    guard: &Guard,
    findings: &[Finding],
    once: Once,
    is_terminal: bool,
    out: &mut dyn Write,
) -> bool {
    let mut places = HashSet::new();
    let mut texts = HashSet::new();
    for finding in findings {
        let origin = &finding.origin;
        let place = (origin.place, &origin.path, commit(finding), finding.location.start.line);
        if !places.insert(place) {
            continue;
        }
        let text = text(finding, guard.redacts);
        if once == Once::Text && !texts.insert((&origin.path, &finding.excerpt.bytes)) {
            continue;
        }
        let line = [prefix(finding), text].concat();
        // A pipe gets the bytes as they are, as from grep; they must not move a terminal's cursor.
        let shown = if is_terminal { escape(&line).into_owned().into_bytes() } else { line };
        let _ = out.write_all(&shown).and_then(|()| out.write_all(b"\n"));
    }
    !findings.is_empty()
}

fn commit(finding: &Finding) -> &str {
    finding.origin.commit.as_ref().map_or("", |commit| &commit.id)
}

/// `path:line:`, with the commit before it where there is one.
fn prefix(finding: &Finding) -> Vec<u8> {
    let mut prefix = Vec::new();
    let commit = commit(finding);
    if !commit.is_empty() {
        prefix.extend_from_slice(commit.as_bytes());
        prefix.push(b':');
    }
    match finding.origin.place {
        Place::CommitMessage => prefix.extend_from_slice(b"(commit message)"),
        Place::TagMessage if !commit.is_empty() => prefix.extend_from_slice(b"(tag message)"),
        Place::TagMessage => {
            prefix.extend_from_slice(&finding.origin.path);
            prefix.extend_from_slice(b":(tag message)");
        }
        _ => prefix.extend_from_slice(&finding.origin.path),
    }
    prefix.extend_from_slice(format!(":{}:", finding.location.start.line).as_bytes());
    prefix
}

/// The line, with what was left out of a very long one marked.
fn text(finding: &Finding, redacts: bool) -> Vec<u8> {
    let excerpt = &finding.excerpt;
    let mut text = Vec::with_capacity(excerpt.bytes.len() + 8);
    if excerpt.cut_before {
        text.extend_from_slice(b"...");
    }
    let mut at = 0;
    if redacts {
        for secret in excerpt.secrets.iter().filter(|secret| !secret.is_empty()) {
            text.extend_from_slice(&excerpt.bytes[at..secret.start.max(at)]);
            text.extend_from_slice(b"[redacted]");
            at = secret.end.max(at);
        }
    }
    text.extend_from_slice(&excerpt.bytes[at..]);
    if excerpt.cut_after {
        text.extend_from_slice(b"...");
    }
    text
}
