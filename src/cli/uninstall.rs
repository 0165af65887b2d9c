//! `tightlip uninstall`: takes the hooks out again.

use super::install::{WhereTo, surroundings};
use super::{Failure, Process};
use tightlip::hook::{Fate, UninstallOptions, uninstall};
use tightlip::text::escape::escape_path;

/// Take tightlip out of git's hooks
///
/// The hooks that were there before get back their bytes, modes and names. What somebody has
/// edited since is left alone and named.
#[derive(Debug, clap::Args)]
pub(super) struct UninstallArgs {
    #[command(flatten)]
    where_to: WhereTo,
}

/// Uninstalls, tells what was done, and returns the exit status.
///
/// # Errors
/// Nothing was taken out; or `out` cannot be written to.
pub(super) fn run(args: UninstallArgs, process: &mut Process<'_>) -> Result<u8, Failure> {
    let done = uninstall(&UninstallOptions {
        target: args.where_to.target(),
        around: surroundings(process)?,
    })?;
    let out = &mut *process.streams.out;
    if done.hooks.is_empty() {
        writeln!(out, "no hook of tightlip's is installed here")?;
    }
    for hook in &done.hooks {
        let file = escape_path(&hook.file);
        match &hook.fate {
            Fate::Removed => writeln!(out, "removed {file}")?,
            Fate::Restored => writeln!(out, "restored {file}")?,
            Fate::BlockRemoved => writeln!(out, "took the block out of {file}")?,
            Fate::LinesRemoved => writeln!(out, "took tightlip's lines out of {file}")?,
            Fate::Left(why) => writeln!(out, "left {file}: {why}")?,
        }
    }
    for note in &done.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(0)
}
