//! The reports for machines: JSON, and JSON lines, the stable contract.
//!
//! Lines and columns count from 1. Keys that do not apply are absent. Paths are text; where one
//! is not UTF-8, `path_hex` holds its bytes.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::{ReportOptions, printable, printable_path, shown_secret};
use crate::finding::{Finding, Outcome, Place, Presence, Redactor, Skipped};
use crate::text::date::moment;
use crate::text::hex::hex;

/// The version of the contract. It only ever grows: a new key does not change it.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<F: Serialize, S: Serialize> {
    schema: u32,
    findings: F,
    skipped: S,
    summary: SummaryObject,
}

/// A list whose objects are made one by one while it is written.
struct Each<'a, T, M> {
    items: &'a [T],
    make: M,
}

impl<T, O: Serialize, M: Fn(&T) -> O> Serialize for Each<'_, T, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.iter().map(&self.make))
    }
}

#[derive(Serialize)]
struct FindingObject {
    r#type: &'static str,
    rule: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    secret: String,
    fingerprint: String,
    /// The fingerprints that a baseline or an allow entry names to accept it wherever it was found.
    accepted_by: Vec<String>,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(flatten)]
    presence: Option<PresenceObject>,
    /// Other names that the file has had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_paths: Vec<String>,
    confidence: &'static str,
    /// How the secret was decoded, the outermost encoding first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decoded: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<RelatedObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_account: Option<String>,
}

/// The other half of a credential.
#[derive(Serialize)]
struct RelatedObject {
    rule: String,
    path: String,
    line: u64,
    secret: String,
}

/// How long history has held it; `commit` is the first that has it.
#[derive(Serialize)]
struct PresenceObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_date: Option<String>,
    in_head: bool,
    /// Refs whose history holds it; a few of them.
    refs: Vec<String>,
    ref_count: usize,
    /// Whether a remote-tracking ref holds it.
    pushed: bool,
}

#[derive(Serialize)]
struct SkippedObject {
    r#type: &'static str,
    kind: &'static str,
    path: String,
    reason: String,
    /// Whether the run is incomplete for it.
    incomplete: bool,
}

#[derive(Serialize)]
struct SummaryObject {
    r#type: &'static str,
    schema: u32,
    status: &'static str,
    commits: u64,
    blobs: u64,
    bytes: u64,
    rules: u64,
    findings: usize,
    suppressed: usize,
    older: u64,
    elapsed_ms: u64,
}

/// Writes one document: findings, what was skipped, a summary.
pub(super) fn document(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        findings: Each {
            items: &outcome.findings,
            make: |found: &_| finding(found, options, redactor),
        },
        skipped: Each { items: &outcome.skipped, make: |skip: &_| skipped(skip, redactor) },
        summary: summary(outcome),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes one object a line, the summary last.
pub(super) fn lines(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    for found in &outcome.findings {
        line(&finding(found, options, redactor), out)?;
    }
    for skip in &outcome.skipped {
        line(&skipped(skip, redactor), out)?;
    }
    line(&summary(outcome), out)
}

fn line(object: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    writeln!(out)
}

fn finding(finding: &Finding, options: ReportOptions, redactor: &Redactor) -> FindingObject {
    let origin = &finding.origin;
    let text = |bytes: &[u8]| printable(bytes, redactor);
    let has_path = !matches!(origin.place, Place::CommitMessage | Place::CommitHeader);
    let is_text = std::str::from_utf8(&origin.path).is_ok();
    let commit = origin.commit.as_ref();
    let (start, end) = (finding.location.start, finding.location.end);
    FindingObject {
        r#type: "finding",
        rule: finding.rule.to_string(),
        description: text(finding.description.as_bytes()),
        path: has_path.then(|| printable_path(&origin.path, redactor)),
        path_hex: (has_path && !is_text).then(|| hex(&redactor.redact_path(&origin.path))),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        secret: shown_secret(&finding.secret, options),
        fingerprint: finding.fingerprint.to_string(),
        accepted_by: finding.accepted_by().iter().map(ToString::to_string).collect(),
        source: origin.place.name(),
        commit: commit.map(|commit| commit.id.clone()),
        author: commit.map(|commit| text(&commit.author)),
        date: commit.map(|commit| moment(commit.time)),
        presence: finding.presence.as_ref().map(|presence| presence_object(presence, text)),
        other_paths: finding
            .other_paths
            .iter()
            .map(|path| printable_path(path, redactor))
            .collect(),
        confidence: finding.confidence.name(),
        decoded: finding.decoded.clone(),
        notes: finding.notes.iter().map(|note| text(note.as_bytes())).collect(),
        warnings: finding.warnings.iter().map(|warning| text(warning.as_bytes())).collect(),
        related: finding
            .related
            .iter()
            .map(|related| RelatedObject {
                rule: related.rule.to_string(),
                path: printable_path(&related.path, redactor),
                line: related.start.line,
                secret: shown_secret(&related.secret, options),
            })
            .collect(),
        aws_account: finding.account.clone(),
    }
}

fn presence_object(presence: &Presence, text: impl Fn(&[u8]) -> String) -> PresenceObject {
    let last = presence.last_commit.as_ref();
    PresenceObject {
        last_commit: last.map(|commit| commit.id.clone()),
        last_date: last.map(|commit| moment(commit.time)),
        in_head: presence.in_head,
        refs: presence.refs.iter().map(|name| text(name)).collect(),
        ref_count: presence.ref_count,
        pushed: presence.is_pushed,
    }
}

fn skipped(skipped: &Skipped, redactor: &Redactor) -> SkippedObject {
    let text = |bytes: &[u8]| printable(bytes, redactor);
    SkippedObject {
        r#type: "skipped",
        kind: skipped.kind.name(),
        path: text(&skipped.path),
        reason: text(skipped.reason.as_bytes()),
        incomplete: skipped.is_incomplete(),
    }
}

fn summary(outcome: &Outcome) -> SummaryObject {
    let summary = &outcome.summary;
    SummaryObject {
        r#type: "summary",
        schema: SCHEMA,
        status: outcome.status().name(),
        commits: summary.commits,
        blobs: summary.blobs,
        bytes: summary.bytes,
        rules: summary.rules,
        findings: outcome.findings.len(),
        suppressed: outcome.suppressed.len(),
        older: summary.older,
        elapsed_ms: u64::try_from(summary.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}
