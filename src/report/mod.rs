//! Bytes for people and machines, on a writer that is handed in.
//!
//! Secrets are masked everywhere unless the caller asks for them by name: in the secret's own
//! field, on its line, in paths and in notes.

mod csv;
mod details;
mod entry;
mod eventbridge;
mod excerpt;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod mask;
mod presence;
mod sarif;
mod streams;
mod text;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write};

pub(crate) use html::frame;
use mask::encoded_forms;
pub use mask::{Mask, masked};
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
    /// JUnit XML, for test results.
    Junit,
    /// GitLab's secret detection report.
    Gitlab,
    /// Annotations of GitHub Actions; [`render_summary`] writes the summary of the step.
    Github,
    /// CSV, for spreadsheets.
    Csv,
    /// One HTML page that needs nothing else.
    Html,
    /// Events of exposed AWS keys, for Amazon EventBridge: one request a line.
    Eventbridge,
}

impl Format {
    /// All of them.
    pub const ALL: &[Format] = &[
        Format::Text,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Junit,
        Format::Gitlab,
        Format::Github,
        Format::Csv,
        Format::Html,
        Format::Eventbridge,
    ];
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
    /// Whether text ends with how to take secrets out of a history.
    pub recipe: bool,
    /// Whether text says how each finding is allowed, which it is in a repository.
    pub how_to_allow: bool,
    /// What to do now, which text says ahead of the findings.
    pub to_do: Option<&'static str>,
    /// How many columns a line of text may take; nothing if lines need not fit anything.
    pub width: Option<usize>,
    /// When the run began, in seconds since 1970.
    pub started: i64,
    /// Whether keys that no remote is known to have get events, too.
    pub unpushed: bool,
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
        Format::Junit => junit::suites(outcome, options, &redactor, out),
        Format::Gitlab => gitlab::report(outcome, options, &redactor, out),
        Format::Github => github::annotations(outcome, options, &redactor, out),
        Format::Csv => csv::table(outcome, options, &redactor, out),
        Format::Html => html::page(outcome, options, &redactor, out),
        Format::Eventbridge => eventbridge::requests(outcome, options, out),
    }
}

/// Writes, in Markdown, the summary of a step of GitHub Actions, of about `max_bytes` at most.
///
/// # Errors
/// The writer's.
pub fn render_summary(
    outcome: &Outcome,
    options: ReportOptions,
    max_bytes: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    github::summary(outcome, options, &redactor(outcome, options), max_bytes, out)
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

/// Returns, for people, what a report of this form leaves out of an outcome, and why.
#[must_use]
pub fn left_out(outcome: &Outcome, options: ReportOptions) -> Option<String> {
    match options.format {
        Format::Eventbridge => eventbridge::left_out(outcome, options),
        _ => None,
    }
}

/// Knows every secret of a run, found or allowed, as it is and as it was encoded.
fn redactor(outcome: &Outcome, options: ReportOptions) -> Redactor {
    if options.reveal {
        return Redactor::new(std::iter::empty());
    }
    let allowed = outcome.suppressed.iter().map(|suppressed| &suppressed.finding);
    let found = || outcome.findings.iter().chain(allowed.clone());
    let encoded: Vec<Secret> = found().flat_map(encoded_forms).collect();
    // What could not be read was not searched, and its name is shown.
    let unread = outcome.skipped.iter();
    let unread = unread.flat_map(|skipped| [&*skipped.path, skipped.reason.as_bytes()]);
    // Nor does a run of a few rules look for the tokens of others in the names beside a finding.
    // Of many findings most have the same; numbers stand for them, which take less memory.
    let mut known = HashSet::new();
    let hasher = RandomState::new();
    let beside = found().flat_map(names).filter(|name| known.insert(hasher.hash_one(name)));
    let mask = Mask::default();
    let named: Vec<Secret> = unread.chain(beside).flat_map(|text| mask.tokens(text)).collect();
    Redactor::new(found().flat_map(Finding::secrets).chain(&encoded).chain(&named))
        .showing_in_paths(words_of_paths(outcome))
}

/// Passwords that are a word of a path, such as the name of the project. A path without it could not be read. What was
/// found in a name itself is not among them.
fn words_of_paths(outcome: &Outcome) -> HashSet<Box<[u8]>> {
    const MAX_BYTES: usize = 16;
    let allowed = outcome.suppressed.iter().map(|suppressed| &suppressed.finding);
    let found = || outcome.findings.iter().chain(allowed.clone());
    let is_word =
        |secret: &&[u8]| secret.len() <= MAX_BYTES && secret.iter().all(u8::is_ascii_alphabetic);
    let mut words: HashSet<Box<[u8]>> = found()
        .flat_map(Finding::secrets)
        .map(Secret::expose)
        .filter(is_word)
        .map(Box::from)
        .collect();
    if !words.is_empty() {
        let paths = found().map(|finding| &*finding.origin.path);
        let parts: HashSet<&[u8]> =
            paths.flat_map(|path| path.split(|byte| !byte.is_ascii_alphanumeric())).collect();
        words.retain(|word| parts.contains(&**word));
        let is_name =
            |finding: &&Finding| matches!(finding.origin.place, Place::Path | Place::RefName);
        for secret in found().filter(is_name).flat_map(Finding::secrets) {
            words.remove(secret.expose());
        }
    }
    words
}

/// The names that stand beside a finding in reports: of files, refs and people.
fn names(finding: &Finding) -> impl Iterator<Item = &[u8]> {
    let related = finding.related.iter().map(|related| &*related.path);
    let refs = finding.presence.iter().flat_map(|presence| presence.refs.iter());
    let commit = finding.origin.commit.iter();
    std::iter::once(&*finding.origin.path)
        .chain(finding.other_paths.iter().map(|path| &**path))
        .chain(refs.map(|name| &**name))
        .chain(commit.map(|commit| &*commit.author))
        .chain(related)
}

/// Returns untrusted text as it may be shown: secrets masked, nothing unprintable.
fn printable(text: &[u8], redactor: &Redactor) -> String {
    escape(&redactor.redact(text)).into_owned()
}

/// Returns a path as it may be shown.
fn printable_path(path: &[u8], redactor: &Redactor) -> String {
    escape(&redactor.redact_path(path)).into_owned()
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

/// Whether the columns of a finding, which count bytes, count characters as well, on one line.
fn columns_are_characters(finding: &Finding) -> bool {
    let (start, end) = (finding.location.start, finding.location.end);
    !finding.excerpt.cut_before && finding.excerpt.bytes.is_ascii() && start.line == end.line
}
