//! Bytes for people and machines, on a writer that is handed in.
//!
//! Secrets are masked everywhere unless the caller asks for them by name: in the secret's own
//! field, on its line, in paths and in notes.

mod json;
mod presence;
mod sarif;
mod streams;
mod text;

use std::io::{self, Write};

pub use streams::Streams;

use crate::finding::{Finding, Outcome, Place, Redactor, Secret};
use crate::text::escape::escape;

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line: findings, what was skipped, a summary.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

/// How to report.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportOptions {
    /// The form.
    pub format: Format,
    /// Whether secrets are shown.
    pub reveal: bool,
    /// Whether text is coloured.
    pub color: bool,
    /// Whether text names what was allowed, too.
    pub verbose: bool,
    /// Whether text ends with what was covered.
    pub receipt: bool,
    /// Whether text says how each finding is allowed, which it is in a repository.
    pub how_to_allow: bool,
}

/// Writes findings and what was not read.
///
/// # Errors
/// The writer's.
pub fn render(outcome: &Outcome, options: ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let redactor = redactor(outcome, options);
    match options.format {
        Format::Text => text::findings(outcome, options, &redactor, out),
        Format::Json => json::document(outcome, options, &redactor, out),
        Format::Jsonl => json::lines(outcome, options, &redactor, out),
        Format::Sarif => sarif::log(outcome, options, &redactor, out),
    }
}

/// Writes, for people, what was left out and what was covered: the receipt of the run.
///
/// # Errors
/// The writer's.
pub fn render_receipt(
    outcome: &Outcome,
    options: ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    text::receipt(outcome, options, &redactor(outcome, options), out)
}

fn redactor(outcome: &Outcome, options: ReportOptions) -> Redactor {
    if options.reveal {
        return Redactor::new(std::iter::empty());
    }
    let allowed = outcome.suppressed.iter().map(|suppressed| &suppressed.finding);
    let found: Vec<&Secret> =
        outcome.findings.iter().chain(allowed).flat_map(Finding::secrets).collect();
    Redactor::new(found.into_iter())
}

/// Returns untrusted text as it may be shown: secrets masked, nothing unprintable.
fn printable(text: &[u8], redactor: &Redactor) -> String {
    escape(&redactor.redact(text)).into_owned()
}

/// Returns the secret's mask, or the secret where the caller asked for it.
fn shown_secret(secret: &Secret, options: ReportOptions) -> String {
    match options.reveal {
        true => escape(secret.expose()).into_owned(),
        false => secret.redacted(),
    }
}

/// Whether the finding stands in a file, or in a file's name.
fn has_path(finding: &Finding) -> bool {
    let origin = &finding.origin;
    !origin.path.is_empty() && (origin.place.is_file() || origin.place == Place::Path)
}
