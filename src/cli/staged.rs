//! `tightlip staged`

use std::path::PathBuf;

use clap::Args;

use super::paths::{self, PathArgs};
use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::hook::Work;
use tightlip::source::StagedOptions;

/// Scan what is staged: the lines that the next commit would add
#[derive(Debug, Args)]
pub(super) struct StagedArgs {
    /// Files to read whole from the index where nothing of them is staged (for `pre-commit run -a`)
    files: Vec<PathBuf>,
    #[command(flatten)]
    paths: PathArgs,
    /// Look for your own credentials in CI, too
    #[arg(long)]
    known_values: bool,
}

pub(super) fn run(
    args: &StagedArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let repository = process.repository();
    let mut session = Session::load(process, &repository, shared, Purpose::Look)?
        .with_to_do("take these lines out, and `git add` again before you commit");
    args.paths.limit(&mut session.scanner)?;
    let session = session.knowing(process, args.known_values);
    let work = Work::of_index(&*repository.get()?)?;
    let options = StagedOptions { files: args.files.clone(), ..StagedOptions::default() };
    let mut outcome = Default::default();
    if let Some(staged) = work.staged_source(&repository, options) {
        outcome = session.scanner.scan(&staged);
    }
    for commits in work.commit_sources(&repository) {
        outcome.merge(session.scanner.scan(&commits));
    }
    paths::name_unused(&session.scanner, &mut outcome, paths::of_index(&repository), process)?;
    session.finish(&outcome, &mut process.streams)
}
