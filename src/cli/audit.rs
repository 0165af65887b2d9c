//! `tightlip audit`

use std::path::{Path, PathBuf};

use clap::Args;

use super::history::HistoryScan;
use super::paths::{self, PathArgs};
use super::session::{Purpose, Session};
use super::{Failure, Process, Shared, replace_text};
use tightlip::finding::{Outcome, Place, SkipKind, Skipped};
use tightlip::git::{Location, Repository, RepositoryPool};
use tightlip::setup::Scanner;
use tightlip::source::{
    ArchiveLimits, HistoryOptions, Staged, StagedOptions, Worktree, WorktreeOptions,
};
use tightlip::text::chain::chain;
use tightlip::text::count::counted;
use tightlip::text::escape::escape_path;

/// Scan all that a repository holds, once, before it is made public
///
/// Reads history, reflogs, every part of every stash, objects that nothing refers to, the repository's config,
/// what is staged, and the working tree with untracked and ignored files. Opens archives (zip, tar, gzip,
/// zlib, zstd), and reads files of Git LFS that are on this disk.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// The repository; by default the one here
    #[arg(value_name = "REPO")]
    pub(super) repository: Option<PathBuf>,
    /// Write all secrets, as they are, to a new file for `git filter-repo --replace-text`
    ///
    /// Only you can read it. Keep it out of every repository, and delete it when the history is clean.
    #[arg(long, value_name = "FILE")]
    replace_text: Option<PathBuf>,
    #[command(flatten)]
    paths: PathArgs,
}

pub(super) fn run(
    args: &AuditArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    if let Some(path) = &args.replace_text {
        replace_text::check(path)?;
    }
    let repository = repository(args.repository.as_deref(), process)?;
    let mut session = Session::load(process, &repository, shared, Purpose::Audit)?;
    args.paths.limit(&mut session.scanner)?;
    let scan = HistoryScan::new(&session, shared, process.streams.err_is_terminal);
    let options = HistoryOptions {
        unreachable: true,
        archives: Some(ArchiveLimits::default()),
        ..HistoryOptions::default()
    };
    let reports = shared.report_files();
    let files = Files { scanner: &session.scanner, repository: &*repository.get()?, reports };
    let mut outcome = scan.run(options, |outcome| files.scan(outcome))?;
    let lists = paths::of_history(repository.location(), &[]);
    paths::name_unused(&session.scanner, &mut outcome, lists, process)?;
    let written =
        args.replace_text.as_ref().map(|path| write_replacements(path, &outcome, process));
    // What was found is reported, whether they could be written or not.
    let status = session.finish(&outcome, &mut process.streams)?;
    written.transpose().map(|_| status)
}

/// Writes the file for `git filter-repo`, and says what it does not reach.
fn write_replacements(
    path: &Path,
    outcome: &Outcome,
    process: &mut Process<'_>,
) -> Result<(), Failure> {
    let count = replace_text::write(path, &outcome.findings)?;
    let path = escape_path(path);
    let err = &mut process.streams.err;
    let secrets = counted(count as u64, "secret", "secrets");
    writeln!(err, "tightlip: {secrets} written to `{path}`")?;
    let encoded = outcome.findings.iter().filter(|one| !one.decoded.is_empty()).count();
    if encoded > 0 {
        writeln!(
            err,
            "tightlip: {} encoded, where git filter-repo does not see them: remove their files",
            counted(encoded as u64, "finding stands", "findings stand")
        )?;
    }
    Ok(())
}

/// Opens what is audited, from its top, so that the report is the same from every directory in it.
fn repository(named: Option<&Path>, process: &Process<'_>) -> Result<RepositoryPool, Failure> {
    let environment = process.environment.clone();
    let location = match named {
        Some(path) if !path.is_dir() => {
            return Err(
                format!("`{}` is not a directory; name a repository", path.display()).into()
            );
        }
        // A repository that is named outranks the one that a hook of another repository has inherited.
        Some(path) => Location::named(path, &environment),
        None => Location::new(".", environment),
    };
    let directory = location.directory().canonicalize().ok();
    let repository = RepositoryPool::new(location);
    let root = repository.get_if_there()?.and_then(|opened| opened.worktree());
    match root {
        Some(root) if root.canonicalize().ok() != directory => {
            let environment = repository.location().environment().clone();
            Ok(RepositoryPool::new(Location::new(&root, environment)))
        }
        _ => Ok(repository),
    }
}

/// The files of a repository.
struct Files<'a> {
    scanner: &'a Scanner,
    repository: &'a Repository,
    /// Files that reports go to.
    reports: Vec<PathBuf>,
}

impl Files<'_> {
    fn scan(&self, outcome: &mut Outcome) {
        let own = self.repository.worktree();
        let others = self.repository.other_worktrees().unwrap_or_else(|error| {
            let reason = format!("linked working trees cannot be listed: {}", chain(&error));
            outcome.skipped.push(Skipped::new(SkipKind::Source, b"", reason));
            Vec::new()
        });
        let (mut roots, gone): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|root| root.join(".git").exists());
        outcome.skipped.extend(gone.iter().map(|root| {
            let reason = "this linked working tree is not there; mount it again, or let `git worktree \
                          prune` forget it (`git worktree unlock` before, if it is locked)";
            Skipped::new(SkipKind::Missing, root.as_os_str().as_encoded_bytes(), reason)
        }));
        roots.extend(own.iter().cloned());
        if !roots.is_empty() {
            outcome.merge(self.directories(&roots, Place::Worktree));
        }
        if own.is_some() {
            let staged = Staged::new(self.scanner.repository(), StagedOptions::default());
            outcome.merge(self.scanner.scan(&staged));
        }
        let modules = self.repository.modules();
        outcome.skipped.extend(modules.iter().map(|module| {
            let path = self.short_path(module);
            let reason = "the history of this submodule is a repository of its own; run `tightlip \
                          audit` in it";
            Skipped::new(SkipKind::OtherRepository, path.as_os_str().as_encoded_bytes(), reason)
        }));
        let mut folders = vec![self.repository.common_dir(), self.repository.git_dir().to_owned()];
        folders.dedup_by(|own, common| own.starts_with(&*common));
        outcome.merge(self.directories(&folders, Place::GitDir));
    }

    fn directories(&self, paths: &[PathBuf], place: Place) -> Outcome {
        let location = self.repository.location();
        let paths = paths.iter().map(|path| location.join(self.short_path(path))).collect();
        let mut options = WorktreeOptions::everything(paths, place, self.scanner.threads());
        if location.directory() != Path::new(".") {
            options.named_from = location.directory().to_owned();
        }
        options.reports.clone_from(&self.reports);
        options.names_repositories = place == Place::Worktree;
        self.scanner.scan(&Worktree::new(options))
    }

    /// A path as short as it can be named from the directory that is audited.
    fn short_path(&self, path: &Path) -> PathBuf {
        let here = self.repository.location().directory();
        let short = path
            .canonicalize()
            .and_then(|path| Ok((path, here.canonicalize()?)))
            .ok()
            .and_then(|(path, here)| path.strip_prefix(here).map(Path::to_owned).ok());
        match short {
            Some(short) if short.as_os_str().is_empty() => PathBuf::from("."),
            Some(short) => short,
            None => path.to_owned(),
        }
    }
}
