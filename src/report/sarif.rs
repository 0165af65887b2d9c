//! The report for code scanning: SARIF 2.1.0
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).
//!
//! Results and notifications are written one by one; only the rules, which stand before them, are
//! collected first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{
    ReportOptions, columns_are_characters, has_path, printable, printable_path, shown_secret,
};
use crate::finding::{Finding, Outcome, Redactor, Skipped, Status};
use crate::rule::Confidence;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run.
pub(super) fn log(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rules: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in &outcome.findings {
        rules.entry(&finding.rule).or_insert(finding);
    }
    let driver = json!({
        "name": "tightlip",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.values().map(|finding| rule(finding, redactor)).collect::<Vec<_>>(),
    });
    let schema = Value::from(SCHEMA);
    write!(out, "{{\"$schema\":{schema},\"version\":\"2.1.0\",\"runs\":[{{")?;
    write!(out, "\"tool\":{{\"driver\":{driver}}},\"columnKind\":\"unicodeCodePoints\",")?;
    invocation(outcome, redactor, out)?;
    write!(out, "\"results\":[")?;
    let index: BTreeMap<&str, usize> =
        rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    for (number, finding) in outcome.findings.iter().enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        let rule_index = index.get(&*finding.rule).copied();
        write!(out, "{}", result(finding, rule_index, options, redactor))?;
    }
    writeln!(out, "]}}]}}")
}

/// How the rule is described beside each of its results.
fn rule(finding: &Finding, redactor: &Redactor) -> Value {
    let description = printable(finding.description.as_bytes(), redactor);
    let steps: Vec<String> =
        finding.advice.lines().map(|step| printable(step.as_bytes(), redactor)).collect();
    let help = if steps.is_empty() { description.clone() } else { steps.join("\n") };
    json!({
        "id": &*finding.rule,
        "shortDescription": {"text": description},
        "help": {"text": help},
        "properties": {"tags": ["security", "secret"]},
    })
}

fn invocation(outcome: &Outcome, redactor: &Redactor, out: &mut dyn Write) -> io::Result<()> {
    let is_whole = outcome.status() != Status::Incomplete;
    write!(out, "\"invocations\":[{{\"executionSuccessful\":{is_whole},")?;
    write!(out, "\"toolExecutionNotifications\":[")?;
    for (number, skipped) in outcome.skipped.iter().enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        write!(out, "{}", notification(skipped, redactor))?;
    }
    write!(out, "]}}],")
}

fn notification(skipped: &Skipped, redactor: &Redactor) -> Value {
    let path = printable(&skipped.path, redactor);
    let reason = printable(skipped.reason.as_bytes(), redactor);
    json!({
        "level": if skipped.is_incomplete() { "error" } else { "note" },
        "descriptor": {"id": skipped.kind.name()},
        "message": {"text": format!("not read: `{path}`: {reason}")},
    })
}

fn result(
    finding: &Finding,
    rule_index: Option<usize>,
    options: ReportOptions,
    redactor: &Redactor,
) -> Value {
    let description = printable(finding.description.as_bytes(), redactor);
    let secret = shown_secret(&finding.secret, options);
    let mut properties = json!({
        "secret": secret,
        "confidence": finding.confidence.name(),
        "source": finding.origin.place.name(),
    });
    if let Some(commit) = &finding.origin.commit {
        properties["commit"] = commit.id.clone().into();
    }
    let mut result = json!({
        "ruleId": &*finding.rule,
        "level": level(finding.confidence),
        "message": {"text": format!("{description}: {secret}")},
        "locations": [location(finding, redactor)],
        "partialFingerprints": {"tightlip/v1": finding.fingerprint.as_str()},
        "properties": properties,
    });
    if let Some(index) = rule_index {
        result["ruleIndex"] = index.into();
    }
    result
}

const fn level(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "error",
        Confidence::Medium => "warning",
        Confidence::Low => "note",
    }
}

/// A place in a file; or, where no file has it (a message, the name of a branch), a logical one.
fn location(finding: &Finding, redactor: &Redactor) -> Value {
    if has_path(finding) {
        return json!({"physicalLocation": {
            "artifactLocation": artifact(&redactor.redact_path(&finding.origin.path)),
            "region": region(finding),
        }});
    }
    let name = match &finding.origin.commit {
        Some(commit) => commit.id.clone(),
        None => printable_path(&finding.origin.path, redactor),
    };
    json!({"logicalLocations": [{
        "fullyQualifiedName": format!("{} {name}", finding.origin.place.name()).trim_end(),
        "kind": finding.origin.place.name(),
    }]})
}

/// Columns of SARIF count characters and ours count bytes: they are given where both are the same.
fn region(finding: &Finding) -> Value {
    let (start, end) = (finding.location.start, finding.location.end);
    let mut region = json!({"startLine": start.line, "endLine": end.line});
    if columns_are_characters(finding) {
        region["startColumn"] = start.column.into();
        region["endColumn"] = end.column.into();
    }
    region
}

fn artifact(path: &[u8]) -> Value {
    if path.starts_with(b"/") {
        return json!({"uri": format!("file://{}", percent_encoded(path))});
    }
    let path = path.strip_prefix(b"./").unwrap_or(path);
    json!({"uri": percent_encoded(path), "uriBaseId": "%SRCROOT%"})
}

/// Returns the path of a URI (RFC 3986): any byte but the unreserved ones is `%XX`.
fn percent_encoded(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::artifact;

    #[test]
    fn paths_become_uris() {
        for (path, uri) in [
            (&b"a/b.txt"[..], "a/b.txt"),
            (b"./a", "a"),
            (b"a b:c%\xff\n", "a%20b%3Ac%25%FF%0A"),
            (b"/tmp/x", "file:///tmp/x"),
        ] {
            assert_eq!(artifact(path)["uri"], uri);
        }
    }
}
