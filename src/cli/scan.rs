//! `tightlip scan`

use std::path::{Path, PathBuf};

use clap::Args;

use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::finding::{Outcome, Place};
use tightlip::source::{ArchiveLimits, Stdin, Worktree, WorktreeOptions};

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
}

pub(super) fn run(
    args: &ScanArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let session = Session::load(process, &process.repository(), shared, Purpose::Look)?;
    let is_stdin = |path: &&PathBuf| path.as_path() == Path::new("-");
    let mut outcome = Outcome::default();
    let paths: Vec<PathBuf> = args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    if paths.len() < args.paths.len() {
        outcome.merge(session.scanner.scan(&Stdin::new(Box::new(std::io::stdin()))));
    }
    if !paths.is_empty() {
        let source = Worktree::new(WorktreeOptions {
            paths,
            honour_ignore_files: !args.no_ignore,
            archives: args.archives.then(ArchiveLimits::default),
            ..WorktreeOptions::everything(Vec::new(), Place::Worktree, usize::from(shared.threads))
        });
        outcome.merge(session.scanner.scan(&source));
    }
    session.finish(&outcome, &mut process.streams)
}
