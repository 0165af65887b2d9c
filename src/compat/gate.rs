//! What is forbidden and allowed here, and what comes of scanning with it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Stop, home, work_tree_root};
use crate::config::git_secrets::{GitSecrets, Providers};
use crate::engine::Engine;
use crate::finding::{Finding, Outcome, Place, Skipped};
use crate::rule::RuleSet;
use crate::scan::{self, EngineSieve, Lines};
use crate::source::{Repository, RepositoryError, Source, SourceError};
use crate::suppress::Allowlist;

/// Which of git-secrets' two programs would have looked: their errors have statuses of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    /// grep, on files that are named.
    Files,
    /// git grep, on what git knows.
    Git,
}

impl Road {
    /// The exit status of what cannot be looked at or understood.
    pub(super) const fn broken(self) -> u8 {
        match self {
            Road::Files => 2,
            Road::Git => 128,
        }
    }
}

/// Rules and allow entries, ready to scan with.
pub(super) struct Gate {
    engine: Engine,
    allowlist: Allowlist,
    /// Whether secrets are masked in what is printed.
    pub(super) redacts: bool,
    /// Whether a history that a shallow clone cuts off counts as whole.
    pub(super) allows_shallow: bool,
    /// What was ignored in the configuration, one sentence each.
    pub(super) warnings: Vec<String>,
}

impl Gate {
    /// Reads git's configuration, runs the providers and makes rules of what they say; `None` if
    /// nothing is forbidden.
    pub(super) fn load(road: Road) -> Result<Option<Gate>, Stop> {
        let broken = road.broken();
        let repository = match Repository::open() {
            Ok(repository) => Some(repository),
            Err(RepositoryError::NotFound) => None,
            Err(error) => return Err(Stop::of(128, &error)),
        };
        let root = repository.as_ref().and_then(|_| work_tree_root());
        let found = GitSecrets::load(repository.as_ref(), root.as_deref())
            .and_then(|mut found| {
                found.run_providers(Providers::All, home().as_deref())?;
                Ok(found)
            })
            .map_err(|error| Stop::of(broken, &error))?;
        if found.forbids_nothing() {
            return Ok(None);
        }
        let mut rules = found.rules().map_err(|error| Stop::of(broken, &error))?;
        if found.completes_aws() {
            rules.extend(GitSecrets::aws_rules());
        }
        // Entries are grep's matter, whatever looked at the files.
        let lines = found.line_allows().map_err(|error| Stop::of(Road::Files.broken(), &error))?;
        let engine = Engine::new(RuleSet::from_rules(rules), now())
            .map_err(|error| Stop::of(broken, &error))?;
        Ok(Some(Gate {
            engine,
            allowlist: Allowlist::default().with_lines(lines),
            redacts: found.redact,
            allows_shallow: found.allow_shallow,
            warnings: found.warnings,
        }))
    }

    /// Returns the engine as a sieve for a history.
    pub(super) fn sieve(&self) -> EngineSieve<'_> {
        EngineSieve(&self.engine)
    }

    /// Scans a source. One that cannot be read makes the outcome incomplete, so that what others
    /// hold is still told.
    pub(super) fn scan(&self, source: &dyn Source, outcome: &mut Outcome) {
        let options = scan::Options { lines: Lines::Whole, ..scan::Options::default() };
        match scan::run(source, &self.engine, &self.allowlist, options) {
            Ok(found) => {
                // git-secrets looks at no names.
                let counts = |finding: &Finding| !is_name(finding.origin.place);
                outcome.findings.extend(found.findings.into_iter().filter(counts));
                outcome.skipped.extend(found.skipped);
                outcome.summary.blobs += found.summary.blobs;
            }
            Err(error) => outcome.skipped.push(Skipped {
                path: Vec::new(),
                reason: match error {
                    SourceError::Git { said, .. } => said,
                    error => Stop::of(0, &error).text,
                },
                incomplete: true,
            }),
        }
    }
}

const fn is_name(place: Place) -> bool {
    matches!(place, Place::Path | Place::RefName | Place::CommitHeader)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
