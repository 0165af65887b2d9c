//! Scans a history: commit by commit where few count, all at once along the packs where many do.

use std::time::Instant;

use super::halves::Collected;
use super::occurrences::Secrets;
use super::record::{Record, Recorder};
use super::{EngineSieve, Options, Take, Taken, scan_all};
use crate::engine::Engine;
use crate::finding::{Outcome, Progress, SkipKind, Skipped};
use crate::git::{Known, RepositoryPool};
use crate::source::{ArchiveLimits, Commits, History, HistoryOptions, Source};
use crate::suppress::Allowlist;

/// Up to this many commits, going from one to the next is faster than reading everything.
const FEW_COMMITS: usize = 1000;

/// The engine, policy and options of a scan.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// Finds matches.
    pub engine: &'a Engine,
    /// Says what is allowed.
    pub policy: &'a Allowlist,
    /// How to scan.
    pub options: Options,
}

impl Scan<'_> {
    /// Scans one source. A source that cannot be listed makes the outcome incomplete, so that what
    /// others hold is still reported.
    #[must_use]
    pub fn source(&self, source: &dyn Source, progress: &Progress) -> Outcome {
        let mut take = Collected::default();
        let outcome = self.each(source, progress, &mut take);
        Outcome { findings: take.linked(self.engine), ..outcome }
    }

    fn each(&self, source: &dyn Source, progress: &Progress, take: &mut dyn Take) -> Outcome {
        let scanned = scan_all(source, self.engine, self.policy, self.options, progress, take);
        scanned.unwrap_or_else(|error| {
            let reason = crate::text::chain::chain(&error);
            let skipped = vec![Skipped::new(SkipKind::Source, b"", reason)];
            Outcome { skipped, ..Outcome::default() }
        })
    }

    /// Scans a history, and then what `more` scans.
    #[must_use]
    pub fn history(
        &self,
        repository: &RepositoryPool,
        options: HistoryOptions,
        progress: &Progress,
        more: impl FnOnce(&mut Outcome),
    ) -> Outcome {
        let few = self.few_commits(repository, &options, progress);
        let mut outcome = few.unwrap_or_else(|| self.all_at_once(repository, options, progress).0);
        if !progress.is_stopped() {
            more(&mut outcome);
        }
        joined_by_names(outcome)
    }

    /// Scans all of a history, and makes a record of what it came to. There is none where not everything could
    /// be looked at, for reasons that may be gone the next time.
    #[must_use]
    pub fn history_recorded(
        &self,
        repository: &RepositoryPool,
        options: HistoryOptions,
        progress: &Progress,
    ) -> (Outcome, Option<Record>) {
        let (outcome, record) = self.all_at_once(repository, options, progress);
        (joined_by_names(outcome), record.filter(|_| !progress.is_stopped()))
    }

    /// Returns what a scan of a history that has not changed since a record was made would come to. `None` if
    /// it would come to something else: only what holds findings is read again, and that has others now.
    #[must_use]
    pub fn recall(
        &self,
        repository: &RepositoryPool,
        record: &Record,
        archives: Option<ArchiveLimits>,
        progress: &Progress,
    ) -> Option<Outcome> {
        let source = record.source(repository, archives);
        let mut found = Vec::new();
        let mut take = |Taken { finding, part, .. }: Taken<'_>| found.push((part, finding));
        let started = Instant::now();
        let Scan { engine, policy, options } = *self;
        let outcome = scan_all(&source, engine, policy, options, progress, &mut take).ok()?;
        let findings = record.joined(found)?;
        let mut outcome = joined_by_names(Outcome { findings, ..outcome });
        outcome.summary.elapsed = started.elapsed();
        Some(outcome)
    }

    fn all_at_once(
        &self,
        repository: &RepositoryPool,
        options: HistoryOptions,
        progress: &Progress,
    ) -> (Outcome, Option<Record>) {
        let sieve = EngineSieve::new(self.engine, self.options.lines);
        let history = History::new(repository, options, &sieve);
        let mut recorder = Recorder::default();
        let outcome = self.each(&history, progress, &mut recorder);
        let (findings, record) = recorder.finish();
        (Outcome { findings, ..outcome }, record)
    }

    /// Scans a short range from commit to commit; `None` if it is not short, or if something is
    /// found: then its lifetime is to be found out, too.
    fn few_commits(
        &self,
        repository: &RepositoryPool,
        options: &HistoryOptions,
        progress: &Progress,
    ) -> Option<Outcome> {
        let HistoryOptions { tips, known, since, max_count, .. } = options;
        if known.is_empty() || since.is_some() || max_count.is_some() {
            return None;
        }
        // An estimate, as git's walk obeys grafts.
        let mut count = vec!["rev-list".to_owned(), "--count".to_owned()];
        count.push(format!("--max-count={}", FEW_COMMITS + 1));
        count.extend(tips.iter().map(|tip| tip.id.to_string()));
        count.extend(known.iter().map(|id| format!("^{id}")));
        let count = repository.location().line(&count).ok()?;
        let count: usize = std::str::from_utf8(&count).ok()?.parse().ok()?;
        if count > FEW_COMMITS {
            return None;
        }
        let known = Known { ids: known.clone(), ref_prefixes: Vec::new() };
        let outcome = self.source(&Commits::new(repository, tips.clone(), known), progress);
        outcome.findings.is_empty().then_some(outcome)
    }
}

/// Joins what else was scanned with what history holds, by the names of files.
fn joined_by_names(mut outcome: Outcome) -> Outcome {
    let mut secrets = Secrets::default();
    for finding in std::mem::take(&mut outcome.findings) {
        secrets.add(finding, None, None);
    }
    Outcome { findings: secrets.finish(), ..outcome }
}
