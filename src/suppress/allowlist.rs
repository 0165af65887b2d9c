//! All that allows findings in a run: entries of config files, lines of git-secrets, a baseline.

use super::allow::Allow;
use super::baseline::{BaselineError, BaselineFile, Said};
use super::line_allow::{self, LineAllow};
use super::paths::PathFilter;
use super::{ALLOWED_FILE, Subject};
use crate::rule::FORBIDDEN_PREFIX;

/// All allow entries of a run.
#[derive(Debug, Default)]
pub struct Allowlist {
    entries: Vec<Allow>,
    lines: Vec<LineAllow>,
    other_marks: bool,
    baseline: Option<BaselineFile>,
    paths: PathFilter,
}

impl Allowlist {
    /// Makes an allowlist of compiled entries; the first that fits decides.
    #[must_use]
    pub fn new(entries: Vec<Allow>) -> Self {
        Allowlist { entries, ..Allowlist::default() }
    }

    /// Adds the entries of git-secrets.
    #[must_use]
    pub fn with_lines(mut self, lines: Vec<LineAllow>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Sets whether the inline marks of other scanners count.
    #[must_use]
    pub const fn with_other_marks(mut self, accepted: bool) -> Self {
        self.other_marks = accepted;
        self
    }

    /// Whether the inline marks of other scanners count.
    #[must_use]
    pub const fn accepts_other_marks(&self) -> bool {
        self.other_marks
    }

    /// Whether there are entries that look at lines with their numbers.
    #[must_use]
    pub fn asks_for_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Returns the expressions of git-secrets' entries, and whether they hide whole lines.
    pub fn line_keys(&self) -> impl Iterator<Item = (&str, bool)> {
        self.lines.iter().map(LineAllow::key)
    }

    /// Adds a file of findings that are accepted.
    #[must_use]
    pub fn with_baseline(mut self, baseline: Option<BaselineFile>) -> Self {
        self.baseline = baseline;
        self
    }

    /// Sets which paths count.
    #[must_use]
    pub fn with_paths(mut self, paths: PathFilter) -> Self {
        self.paths = paths;
        self
    }

    /// Which paths count.
    #[must_use]
    pub const fn paths(&self) -> &PathFilter {
        &self.paths
    }

    /// The file of findings that are accepted, if there is one.
    #[must_use]
    pub const fn baseline(&self) -> Option<&BaselineFile> {
        self.baseline.as_ref()
    }

    /// Reads the baseline now: as a rule it is read when there is a finding to judge.
    pub fn check_baseline(&self) {
        self.baseline.iter().for_each(BaselineFile::check);
    }

    /// The error of the baseline, if it was read and has one.
    #[must_use]
    pub fn failure(&self) -> Option<&BaselineError> {
        self.baseline.as_ref().and_then(BaselineFile::failure)
    }

    pub(super) fn baseline_says(&self, subject: Subject<'_>) -> Said {
        self.baseline
            .as_ref()
            .map_or(Said::Nothing, |baseline| baseline.said_of(subject.known_by()))
    }

    /// Returns why `subject` is accepted by its fingerprint, if it is.
    pub(super) fn accepted(&self, subject: Subject<'_>) -> Option<String> {
        let mut entries = self.entries.iter().filter(|allow| allow.asks_for_fingerprint());
        entries.find(|allow| allow.fits(subject)).map(Allow::describe)
    }

    /// Whether it has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.lines.is_empty()
    }

    /// Returns why `subject` is allowed, if it is.
    #[must_use]
    pub fn reason(&self, subject: Subject<'_>) -> Option<String> {
        let entry = self.entries.iter().find(|allow| allow.fits(subject)).map(Allow::describe);
        entry.or_else(|| {
            if self.lines.is_empty() {
                return None;
            }
            // `.gitallowed` quotes what it allows: its patterns match there.
            if subject.path == ALLOWED_FILE.as_bytes() && subject.rule.starts_with(FORBIDDEN_PREFIX)
            {
                return Some(format!("a pattern of {ALLOWED_FILE}"));
            }
            line_allow::hidden_by(&self.lines, subject).map(LineAllow::describe)
        })
    }

    /// Returns why everything in `path` is allowed, if it is: such a file need not be read.
    #[must_use]
    pub fn whole_path(&self, path: &[u8]) -> Option<String> {
        let entry = self.entries.iter().find(|allow| allow.is_path_only() && allow.fits_path(path));
        entry.map(Allow::describe)
    }

    /// Returns the ids of rules that entries name.
    pub fn rule_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().flat_map(Allow::rule_ids)
    }
}
