//! What is forbidden and allowed here, and what comes of scanning with it.

use super::Stop;
use crate::process::Process;
use tightlip::finding::{Finding, Outcome, Place};
use tightlip::git::{RepositoryPool, Settings};
use tightlip::setup::git_secrets::{GitSecrets, GitSecretsError, Providers};
use tightlip::setup::{Scanner, SetupError};
use tightlip::source::{History, HistoryOptions, Source};

/// Which of git-secrets' two programs would have looked: their errors have statuses of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// grep, on files that are named.
    Grep,
    /// git grep, on what git knows.
    GitGrep,
}

impl Program {
    /// The exit status of what cannot be looked at or understood.
    pub(super) const fn broken(self) -> u8 {
        match self {
            Program::Grep => 2,
            Program::GitGrep => 128,
        }
    }
}

/// A scanner by git-secrets' configuration, and what else that says.
pub(super) struct Guard {
    scanner: Scanner,
    /// Whether secrets are masked in what is printed.
    pub(super) redacts: bool,
    /// Whether a history that a shallow clone cuts off counts as whole.
    pub(super) allows_shallow: bool,
}

impl Guard {
    /// Reads git's configuration, runs the providers and makes rules of what they say; `None` if
    /// nothing is forbidden.
    pub(super) fn load(process: &Process<'_>, program: Program) -> Result<Option<Guard>, Stop> {
        let repository = &process.repository();
        let broken = |error: &dyn std::error::Error| Stop::of(program.broken(), error);
        let found = configuration(repository, program)?;
        let (redacts, allows_shallow) = (found.redact, found.allow_shallow);
        let scanner =
            Scanner::of_git_secrets(repository, found, process.now).map_err(
                |error| match error {
                    // Entries are grep's matter, whatever looked at the files.
                    SetupError::GitSecrets(error @ GitSecretsError::Allowed(_)) => {
                        Stop::of(Program::Grep.broken(), &error)
                    }
                    error => broken(&error),
                },
            )?;
        Ok(scanner.map(|scanner| Guard { scanner, redacts, allows_shallow }))
    }

    /// What was ignored in the configuration, one sentence each.
    pub(super) fn warnings(&self) -> &[String] {
        self.scanner.warnings()
    }

    /// Returns the repository that is scanned.
    pub(super) fn repository(&self) -> &RepositoryPool {
        self.scanner.repository()
    }

    /// Scans a source, and adds what was found to `outcome`.
    pub(super) fn scan(&self, source: &dyn Source, outcome: &mut Outcome) {
        let found = self.scanner.scan(source);
        // git-secrets does not look at names.
        let counts = |finding: &Finding| !is_name(finding.origin.place);
        outcome.findings.extend(found.findings.into_iter().filter(counts));
        outcome.skipped.extend(found.skipped);
        outcome.summary.blobs += found.summary.blobs;
    }

    /// Scans a history, and adds what was found to `outcome`: every version of every file.
    pub(super) fn history(&self, options: HistoryOptions, outcome: &mut Outcome) {
        let sieve = self.scanner.sieve();
        self.scan(&History::new(self.repository(), options, &sieve), outcome);
    }
}

/// What git-secrets' configuration says, with what the providers print.
fn configuration(repository: &RepositoryPool, program: Program) -> Result<GitSecrets, Stop> {
    let location = repository.location();
    let opened = repository.get_if_there().map_err(|error| Stop::of(128, &error))?;
    let root = opened.as_ref().and_then(|_| location.root());
    let read = || {
        let settings = match &opened {
            Some(repository) => repository.settings()?.clone(),
            None => Settings::outside(location)?,
        };
        let mut found = GitSecrets::load(&settings, root.as_deref())?;
        found.run_providers(Providers::All, location.environment())?;
        Ok::<GitSecrets, GitSecretsError>(found)
    };
    read().map_err(|error| Stop::of(program.broken(), &error))
}

const fn is_name(place: Place) -> bool {
    matches!(place, Place::Path | Place::RefName | Place::CommitHeader)
}
