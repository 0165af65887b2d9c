//! The report for test results: JUnit XML, as Jenkins, GitLab and most CI services read it.
//!
//! There is no one schema; this is valid by that of Jenkins' xunit plugin and by that of Apache Ant.
//! A finding is a failed test, what was not read is an error, and what policy leaves out is skipped.
//! Names hold no lines, so that a service can tell a new failure from one that only moved.

use std::io::{self, Write};

use super::details::{facts, steps};
use super::html::markup::entity;
use super::text::place;
use super::{ReportOptions, printable, printable_path, shown_secret};
use crate::finding::{Finding, Outcome, Redactor, Skipped};
use crate::text::date::moment;

/// Writes one suite.
pub(super) fn suites(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>")?;
    begin_suite(outcome, options, out)?;
    for finding in &outcome.findings {
        failure(finding, options, redactor, out)?;
    }
    for skipped in &outcome.skipped {
        not_read(skipped, redactor, out)?;
    }
    if is_clean(outcome) {
        writeln!(out, "{}</testcase>", begin_case("scan", "no secrets"))?;
    }
    writeln!(out, "<system-out></system-out>\n<system-err></system-err>\n</testsuite>")?;
    writeln!(out, "</testsuites>")
}

/// Whether one passed test is all there is to say. Without it, consumers take the report for a broken one.
fn is_clean(outcome: &Outcome) -> bool {
    outcome.findings.is_empty() && !outcome.skipped.iter().any(Skipped::is_incomplete)
}

fn begin_suite(outcome: &Outcome, options: ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let summary = &outcome.summary;
    let failures = outcome.findings.len();
    let errors = outcome.skipped.iter().filter(|skipped| skipped.is_incomplete()).count();
    let skipped = outcome.skipped.len() - errors;
    let tests = failures + errors + skipped + usize::from(is_clean(outcome));
    // The schemas know no time zone.
    let timestamp = moment(options.started).replace('Z', "");
    writeln!(
        out,
        "<testsuite name=\"tightlip\" package=\"tightlip\" id=\"0\" hostname=\"localhost\" \
         timestamp=\"{timestamp}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"{skipped}\" time=\"{:.3}\">\n<properties>",
        summary.elapsed.as_secs_f64()
    )?;
    for (name, number) in [
        ("commits", summary.commits),
        ("files", summary.blobs),
        ("bytes", summary.bytes),
        ("rules", summary.rules),
        ("allowed", outcome.suppressed.len() as u64),
        ("older", summary.older),
    ] {
        writeln!(out, "<property name=\"{name}\" value=\"{number}\"/>")?;
    }
    let (status, version) = (outcome.status().name(), env!("CARGO_PKG_VERSION"));
    writeln!(out, "<property name=\"status\" value=\"{status}\"/>")?;
    writeln!(out, "<property name=\"version\" value=\"{version}\"/>\n</properties>")
}

fn failure(
    finding: &Finding,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rule = printable(finding.rule.as_bytes(), redactor);
    let file = printable_path(&finding.origin.path, redactor);
    let place = place(finding, redactor);
    let description = printable(finding.description.as_bytes(), redactor);
    let secret = shown_secret(&finding.secret, options);
    let name = match file.is_empty() {
        true => format!("{} {}", finding.origin.place.name(), finding.fingerprint),
        false => format!("{file} {}", finding.fingerprint),
    };
    writeln!(out, "{}", begin_case(&rule, &name))?;
    let message = xml(&format!("{description} {secret} at {place}"));
    writeln!(out, "<failure type=\"{}\" message=\"{message}\">{message}", xml(&rule))?;
    writeln!(out, "confidence: {}", finding.confidence.name())?;
    for fact in facts(finding, redactor) {
        writeln!(out, "{}", xml(&fact))?;
    }
    for step in steps(finding, redactor) {
        writeln!(out, "-&gt; {}", xml(&step))?;
    }
    writeln!(out, "</failure>\n</testcase>")
}

fn not_read(skipped: &Skipped, redactor: &Redactor, out: &mut dyn Write) -> io::Result<()> {
    let path = printable(&skipped.path, redactor);
    let name = if path.is_empty() { "the run as a whole" } else { &path };
    let kind = skipped.kind.name();
    writeln!(out, "{}", begin_case(kind, name))?;
    let reason = xml(&printable(skipped.reason.as_bytes(), redactor));
    match skipped.is_incomplete() {
        true => writeln!(out, "<error type=\"{kind}\" message=\"not read: {reason}\"></error>")?,
        false => writeln!(out, "<skipped message=\"left out: {reason}\"></skipped>")?,
    }
    writeln!(out, "</testcase>")
}

fn begin_case(class: &str, name: &str) -> String {
    let (class, name) = (xml(class), xml(name));
    format!("<testcase classname=\"tightlip.{class}\" name=\"{name}\" time=\"0\">")
}

/// Returns text as XML 1.0 may hold it, in an attribute or between tags. What XML cannot hold at all, not
/// even as a reference, is spelled out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match (char, entity(char)) {
            (_, Some(entity)) => out.push_str(entity),
            ('\u{fffe}' | '\u{ffff}', _) => out.extend(char.escape_unicode()),
            _ if char.is_control() => out.extend(char.escape_unicode()),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn nothing_ends_an_attribute_or_an_element_early() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a]]>b", "a]]&gt;b"),
            ("<!-- \"x\" & 'y'", "&lt;!-- &quot;x&quot; &amp; &#39;y&#39;"),
            ("a\u{1b}b\u{0}\n", "a\\u{1b}b\\u{0}\\u{a}"),
            ("\u{fffe}\u{fffd}\u{1f600}", "\\u{fffe}\u{fffd}\u{1f600}"),
        ] {
            assert_eq!(xml(text), expected);
        }
    }
}
