//! `tightlip staged`

use std::path::PathBuf;

use clap::Args;

use super::session::{Purpose, Session};
use super::{Failure, Shared, Streams, hook};
use crate::source::{Staged, StagedOptions};

/// Scan what is staged: the lines that the next commit would add
#[derive(Debug, Args)]
pub(super) struct StagedArgs {
    /// Files to read whole from the index where nothing of them is staged (for `pre-commit run -a`)
    files: Vec<PathBuf>,
}

pub(super) fn run(
    args: &StagedArgs,
    shared: &Shared,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let session = Session::load(shared, Purpose::Commit)?;
    let source = Staged::new(StagedOptions {
        merge_heads: Vec::new(),
        files: args.files.clone(),
        whole_files: false,
        max_object_bytes: session.max_object_bytes,
    });
    let mut outcome = session.scan(&source);
    hook::add_incoming(&session, &mut outcome)?;
    session.finish(&outcome, streams)
}
