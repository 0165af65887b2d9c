//! `tightlip scan`

use std::path::{Path, PathBuf};

use clap::Args;

use super::session::{Purpose, Session};
use super::{Failure, Shared, Streams};
use crate::finding::{Outcome, Place};
use crate::source::{ArchiveLimits, Stdin, Worktree, WorktreeOptions};

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
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let session = Session::load(shared, Purpose::Look)?;
    let is_stdin = |path: &&PathBuf| path.as_path() == Path::new("-");
    let mut outcome = Outcome::default();
    let paths: Vec<PathBuf> = args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    if paths.len() < args.paths.len() {
        outcome.merge(session.scan(&Stdin::new(Box::new(std::io::stdin()))));
    }
    if !paths.is_empty() {
        let source = Worktree::new(WorktreeOptions {
            keeps_dot: false,
            only: None,
            paths,
            honour_ignore_files: !args.no_ignore,
            archives: args.archives.then(ArchiveLimits::default),
            place: Place::Worktree,
            threads: usize::from(shared.threads),
        });
        outcome.merge(session.scan(&source));
    }
    session.finish(&outcome, streams)
}
