//! `tightlip message`

use std::path::PathBuf;

use clap::Args;

use super::session::{Purpose, Session};
use super::{Failure, Shared, Streams};
use crate::source::{Cleanup, Message, MessageOptions};

/// Scan a commit message as git will store it
#[derive(Debug, Args)]
pub(super) struct MessageArgs {
    /// File that holds the message
    file: PathBuf,
    /// Scan comments and what stands below the scissors, too
    #[arg(long)]
    verbatim: bool,
}

pub(super) fn run(
    args: &MessageArgs,
    shared: &Shared,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let session = Session::load(shared, Purpose::Commit)?;
    let cleanup =
        if args.verbatim { Cleanup::Verbatim } else { Cleanup::Configured { edited: true } };
    let source = Message::new(MessageOptions { file: args.file.clone(), cleanup });
    let outcome = session.scan(&source);
    session.finish(&outcome, streams)
}
