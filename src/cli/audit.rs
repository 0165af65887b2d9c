//! `tightlip audit`

use std::path::{Path, PathBuf};

use clap::Args;

use super::history::HistoryScan;
use super::session::{Purpose, Session};
use super::{Failure, Shared, Streams};
use crate::finding::{Outcome, Place, Skipped};
use crate::source::{
    ArchiveLimits, HistoryOptions, Repository, Staged, StagedOptions, Worktree, WorktreeOptions,
};

/// Scan all that a repository holds, once, before it is made public
///
/// Beside history, that is: reflogs, every part of every stash, objects that nothing leads to, the
/// repository's config, what is staged, and the working tree with files that are untracked or
/// ignored. Archives (zip, tar, gzip, zstd) are opened; files of Git LFS are read as far as they
/// are on this disk.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// The repository
    #[arg(value_name = "REPO", default_value = ".")]
    pub(super) repository: PathBuf,
}

pub(super) fn run(
    args: &AuditArgs,
    shared: &Shared,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let shared = &shared.anchored()?;
    // Everything that is read, config too, is that of the repository.
    std::env::set_current_dir(&args.repository)
        .map_err(|error| format!("cannot go to `{}`: {error}", args.repository.display()))?;
    let session = Session::load(shared, Purpose::Look)?;
    let repository = Repository::open()?;
    let scan = HistoryScan::new(&session, shared, streams.err_is_terminal);
    let options = HistoryOptions {
        unreachable: true,
        archives: Some(ArchiveLimits::default()),
        ..scan.options()
    };
    let files = Files { session: &session, threads: usize::from(shared.threads), repository };
    let outcome = scan.run(options, |outcome| files.scan(outcome))?;
    session.finish(&outcome, streams)
}

/// What of a repository are files.
struct Files<'a> {
    session: &'a Session<'a>,
    threads: usize,
    repository: Repository,
}

impl Files<'_> {
    fn scan(&self, outcome: &mut Outcome) {
        let own = self.repository.worktree();
        let mut roots = self.repository.other_worktrees();
        roots.extend(own.iter().cloned());
        let roots: Vec<PathBuf> = roots.iter().map(|root| from_here(root)).collect();
        if !roots.is_empty() {
            let options = WorktreeOptions::everything(roots, Place::Worktree, self.threads);
            outcome.merge(self.session.scan(&Worktree::new(options)));
        }
        if own.is_some() {
            let options = StagedOptions {
                max_object_bytes: self.session.max_object_bytes,
                ..StagedOptions::default()
            };
            outcome.merge(self.session.scan(&Staged::new(options)));
        }
        self.git_dir(outcome);
    }

    fn git_dir(&self, outcome: &mut Outcome) {
        let modules = self.repository.modules();
        outcome.skipped.extend(modules.iter().map(|module| {
            Skipped {
                path: from_here(module).as_os_str().as_encoded_bytes().to_vec(),
                reason: "the history of this submodule is a repository of its own; run `tightlip \
                     audit` in it"
                    .into(),
                incomplete: true,
            }
        }));
        let mut folders = vec![self.repository.common_dir(), self.repository.git_dir().to_owned()];
        folders.dedup_by(|own, common| own.starts_with(&*common));
        let folders = folders.iter().map(|folder| from_here(folder)).collect();
        let options = WorktreeOptions::everything(folders, Place::GitDir, self.threads);
        outcome.merge(self.session.scan(&Worktree::new(options)));
    }
}

/// A path as short as it can be named from the current directory.
fn from_here(path: &Path) -> PathBuf {
    let canonical = |path: &Path| std::fs::canonicalize(path).ok();
    let short = canonical(path)
        .zip(canonical(Path::new(".")))
        .and_then(|(path, here)| path.strip_prefix(here).map(Path::to_owned).ok());
    match short {
        Some(short) if short.as_os_str().is_empty() => PathBuf::from("."),
        Some(short) => short,
        None => path.to_owned(),
    }
}
