//! `tightlip scan`

use std::path::{Path, PathBuf};

use clap::Args;

use super::paths::{self as filter, PathArgs};
use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::finding::{Outcome, Place, SkipKind};
use tightlip::git::command::nul_fields;
use tightlip::git::{Location, RepositoryPool};
use tightlip::source::{ArchiveLimits, Stdin, Worktree, WorktreeOptions};
use tightlip::text::os::os_str;

/// Scan files and directories
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// Files and directories; `-` is standard input
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Read files that .gitignore names, too
    #[arg(long)]
    no_ignore: bool,
    /// Open archives (zip, tar, gzip, zstd) and scan what is in them
    #[arg(long)]
    archives: bool,
    #[command(flatten)]
    filter: PathArgs,
}

pub(super) fn run(
    args: &ScanArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let mut session = Session::load(process, &process.repository(), shared, Purpose::Look)?;
    args.filter.limit(&mut session.scanner)?;
    let is_stdin = |path: &&PathBuf| path.as_path() == Path::new("-");
    let mut outcome = Outcome::default();
    let paths: Vec<PathBuf> = args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    if paths.len() < args.paths.len() {
        outcome.merge(session.scanner.scan(&Stdin::new(Box::new(std::io::stdin()))));
    }
    if !paths.is_empty() {
        let options = WorktreeOptions {
            honour_ignore_files: !args.no_ignore,
            archives: args.archives.then(ArchiveLimits::default),
            reports: shared.report_files(),
            ..WorktreeOptions::everything(paths, Place::Worktree, usize::from(shared.threads))
        };
        let mut found = session.scanner.scan(&Worktree::new(options.clone()));
        if found.skipped.iter().any(|skipped| skipped.kind == SkipKind::Ignored) {
            let paths = tracked_but_ignored(&options.paths, process)?;
            let options = WorktreeOptions { paths, honour_ignore_files: false, ..options };
            found.merge(session.scanner.scan(&Worktree::new(options)));
        }
        outcome.merge(found);
    }
    // All files were listed.
    filter::name_unused(&session.scanner, &mut outcome, [], process)?;
    session.finish(&outcome, &mut process.streams)
}

/// The files in directories that `.gitignore` names and git tracks all the same.
fn tracked_but_ignored(paths: &[PathBuf], process: &Process<'_>) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for folder in paths.iter().filter(|path| path.is_dir()) {
        let location = Location::named(folder, &process.environment);
        if RepositoryPool::new(location.clone()).get_if_there()?.is_none_or(|own| own.is_bare()) {
            continue;
        }
        let listed = location.run(["ls-files", "-z", "-c", "-i", "--exclude-standard"])?;
        let files = nul_fields(&listed).map(|path| folder.join(&*os_str(path)));
        found.extend(files.filter(|path| path.symlink_metadata().is_ok()));
    }
    Ok(found)
}
