//! The report for GitLab's security pages: secret detection, schema 15
//! (<https://gitlab.com/gitlab-org/security-products/security-report-schemas>).
//!
//! Vulnerabilities are written one by one. GitLab tells them apart by the rule and the tracking
//! signature, for which the fingerprint stands: a finding that only moved stays the same one.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::details::{facts, steps};
use super::{ReportOptions, has_path, printable, printable_path, shown_secret};
use crate::finding::{Finding, Outcome, Redactor, Skipped, Status};
use crate::rule::Confidence;
use crate::text::date::moment;

/// The oldest version that holds all that is written here: GitLab takes any later one of its major version, too.
const VERSION: &str = "15.0.4";

const SCHEMA: &str = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/\
                      v15.0.4/dist/secret-detection-report-format.json";

/// The commit of a place that has none: the schema requires one.
const NO_COMMIT: &str = "0000000";

/// How long the schema lets a name, and a solution, be.
const MAX_NAME_CHARS: usize = 255;
const MAX_SOLUTION_CHARS: usize = 7000;

/// Writes one report of one scan.
pub(super) fn report(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (version, schema) = (Value::from(VERSION), Value::from(SCHEMA));
    write!(out, "{{\"version\":{version},\"schema\":{schema},\"scan\":{{\"messages\":[")?;
    for (number, skipped) in outcome.skipped.iter().enumerate() {
        separate(number, out)?;
        write!(out, "{}", message(skipped, redactor))?;
    }
    let scan = scan(outcome, options).to_string();
    write!(out, "],{},\"vulnerabilities\":[", &scan[1..])?;
    for (number, finding) in outcome.findings.iter().enumerate() {
        separate(number, out)?;
        write!(out, "{}", vulnerability(finding, options, redactor))?;
    }
    writeln!(out, "]}}")
}

fn separate(number: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(if number == 0 { b"\n" } else { b",\n" })
}

fn message(skipped: &Skipped, redactor: &Redactor) -> Value {
    let path = printable(&skipped.path, redactor);
    let reason = printable(skipped.reason.as_bytes(), redactor);
    let (level, what) = match skipped.is_incomplete() {
        true => ("warn", "not read"),
        false => ("info", "left out"),
    };
    json!({"level": level, "value": format!("{what}: `{path}`: {reason}")})
}

/// All of a scan but its messages.
fn scan(outcome: &Outcome, options: ReportOptions) -> Value {
    let program = json!({
        "id": "tightlip",
        "name": "tightlip",
        "version": env!("CARGO_PKG_VERSION"),
        "vendor": {"name": "tightlip"},
    });
    // The schema expects UTC, without a zone.
    let time = |seconds| moment(seconds).replace('Z', "");
    let elapsed = i64::try_from(outcome.summary.elapsed.as_secs()).unwrap_or_default();
    json!({
        "analyzer": program,
        "scanner": program,
        "type": "secret_detection",
        "start_time": time(options.started),
        "end_time": time(options.started.saturating_add(elapsed)),
        "status": if outcome.status() == Status::Incomplete { "failure" } else { "success" },
    })
}

fn vulnerability(finding: &Finding, options: ReportOptions, redactor: &Redactor) -> Value {
    let rule = printable(finding.rule.as_bytes(), redactor);
    let what = printable(finding.description.as_bytes(), redactor);
    let secret = shown_secret(&finding.secret, options);
    let description = format!("{what} {secret}\n\n{}", facts(finding, redactor).join("\n"));
    let fingerprint = finding.fingerprint.as_str();
    json!({
        "id": id(finding),
        "name": cut(&what, MAX_NAME_CHARS),
        "description": description,
        "severity": severity(finding.confidence),
        "solution": cut(&steps(finding, redactor).join("\n"), MAX_SOLUTION_CHARS),
        "identifiers": [{
            "type": "tightlip_rule_id",
            "name": format!("tightlip rule {rule}"),
            "value": rule,
        }],
        "location": location(finding, redactor),
        "tracking": {
            "type": "source",
            "items": [{
                "file": printable_path(&finding.origin.path, redactor),
                "start_line": finding.location.start.line,
                "end_line": finding.location.end.line,
                "signatures": [{"algorithm": "hash", "value": fingerprint}],
            }],
        },
        "details": {
            "fingerprint": {"type": "text", "name": "Fingerprint", "value": fingerprint},
            "confidence": {"type": "text", "name": "Confidence", "value": finding.confidence.name()},
        },
        "raw_source_code_extract": secret,
    })
}

/// One secret may stand at several places of a file, and one fingerprint for several messages.
fn id(finding: &Finding) -> String {
    let start = finding.location.start;
    let commit = finding.origin.commit.as_ref().map_or(NO_COMMIT, |commit| &commit.id);
    format!("{}:{commit}:{}:{}", finding.fingerprint, start.line, start.column)
}

const fn severity(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "Critical",
        Confidence::Medium => "Medium",
        Confidence::Low => "Low",
    }
}

fn location(finding: &Finding, redactor: &Redactor) -> Value {
    let commit = match &finding.origin.commit {
        Some(commit) => json!({
            "sha": commit.id,
            "author": printable(&commit.author, redactor),
            "date": moment(commit.time),
        }),
        None => json!({"sha": NO_COMMIT}),
    };
    let mut location = json!({
        "commit": commit,
        "start_line": finding.location.start.line,
        "end_line": finding.location.end.line,
    });
    if has_path(finding) {
        let path = finding.origin.path.strip_prefix(b"./").unwrap_or(&finding.origin.path);
        location["file"] = printable_path(path, redactor).into();
    }
    location
}

fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}
