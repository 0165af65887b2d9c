//! Scans a history: commit by commit where few count, all at once along the packs where many do.

use super::occurrences::Secrets;
use super::{EngineSieve, Options, Take, scan_all};
use crate::engine::Engine;
use crate::finding::{Outcome, Progress, SkipKind, Skipped};
use crate::git::{Known, RepositoryPool};
use crate::source::{Commits, History, HistoryOptions, Source};
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
        let mut findings = Vec::new();
        let outcome = self.each(source, progress, &mut |finding, _| findings.push(finding));
        Outcome { findings, ..outcome }
    }

    fn each(&self, source: &dyn Source, progress: &Progress, take: &mut Take<'_>) -> Outcome {
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
        let mut outcome = few.unwrap_or_else(|| {
            let sieve = EngineSieve(self.engine);
            let history = History::new(repository, options, &sieve);
            let mut secrets = Secrets::default();
            let outcome = self.each(&history, progress, &mut |finding, known| {
                secrets.add(finding, known.cloned());
            });
            Outcome { findings: secrets.finish(), ..outcome }
        });
        if !progress.is_stopped() {
            more(&mut outcome);
        }
        // What else was scanned is joined by the names of files.
        let mut secrets = Secrets::default();
        std::mem::take(&mut outcome.findings).into_iter().for_each(|one| secrets.add(one, None));
        Outcome { findings: secrets.finish(), ..outcome }
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
