//! `tightlip message`

use std::path::PathBuf;

use clap::Args;

use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::source::{Cleanup, Message, MessageOptions};

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
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let repository = process.repository();
    let session = Session::load(process, &repository, shared, Purpose::Look)?;
    let session = session.knowing(process, false);
    let cleanup = if args.verbatim {
        Cleanup::Verbatim
    } else {
        Cleanup::Configured { edited: true, is_noted: false }
    };
    let options = MessageOptions { file: args.file.clone(), cleanup };
    let outcome = session.scanner.scan(&Message::new(&repository, options));
    session.finish(&outcome, &mut process.streams)
}
