//! The bodies of the hooks.

use std::env;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;

use super::gate::{Gate, Road};
use super::options::Options;
use super::report::{Once, finish};
use super::scan::{files, open};
use super::{NAME, Stop, say};
use crate::finding::Outcome;
use crate::report::Streams;
use crate::source::{
    Cleanup, Commits, Known, MAX_OBJECT_BYTES, Message, MessageOptions, ObjectId, SourceError,
    Staged, StagedOptions, Tip, merge_heads, merge_heads_of_environment, merged, pushed,
    was_looked_at,
};

/// What is about to be committed: changed files whole, as git-secrets has it.
pub(super) fn pre_commit(options: &Options, streams: &mut Streams<'_>) -> Result<u8, Stop> {
    let Some(gate) = Gate::load(Road::Git)? else {
        say(
            streams.err,
            format_args!(
                "{NAME}: nothing is forbidden here, because no pattern is configured; `git secrets \
                 --register-aws` adds those of AWS, `git secrets --add` your own"
            ),
        );
        return Ok(0);
    };
    let repository = open()?;
    let mut outcome = Outcome::default();
    staged(&gate, &mut outcome);
    if outcome.summary.blobs == 0 {
        // Nothing is staged: then it is the pre-commit framework that asks about files.
        files(&gate, &options.operands, false, &mut outcome);
    }
    // A merge that stopped at a conflict, or before its commit: its history comes in, too.
    let heads = merge_heads(&repository).map_err(|error| Stop::of(128, &error))?;
    incoming(&gate, heads, &mut outcome)?;
    Ok(finish(&gate, &outcome, Once::Line, Road::Git, streams))
}

fn staged(gate: &Gate, outcome: &mut Outcome) {
    let options = StagedOptions {
        whole_files: true,
        max_object_bytes: MAX_OBJECT_BYTES,
        ..StagedOptions::default()
    };
    gate.scan(&Staged::new(options), outcome);
}

/// The commits that a merge of `heads` brings in.
fn incoming(gate: &Gate, heads: Vec<ObjectId>, outcome: &mut Outcome) -> Result<(), Stop> {
    if !heads.is_empty() {
        let work = merged(heads).map_err(|error| Stop::of(128, &error))?;
        commits(gate, work, outcome);
    }
    Ok(())
}

fn commits(gate: &Gate, (tips, known): (Vec<Tip>, Known), outcome: &mut Outcome) {
    gate.scan(&Commits::new(tips, known, MAX_OBJECT_BYTES), outcome);
}

/// The message of a commit, as git will store it.
pub(super) fn commit_msg(options: &Options, streams: &mut Streams<'_>) -> Result<u8, Stop> {
    let Some(gate) = Gate::load(Road::Files)? else { return Ok(0) };
    let mut outcome = Outcome::default();
    message(&gate, options.operands.first(), is_edited(), &mut outcome);
    Ok(finish(&gate, &outcome, Once::Line, Road::Files, streams))
}

/// Git sets the editor to `:` where it opens none; then it removes no comments by default.
fn is_edited() -> bool {
    env::var_os("GIT_EDITOR").is_none_or(|editor| editor != ":")
}

fn message(gate: &Gate, file: Option<&OsString>, edited: bool, outcome: &mut Outcome) {
    let file = file.cloned().unwrap_or_default();
    if std::fs::metadata(&file).is_err() {
        // Says what is wrong with it.
        return files(gate, &[file], false, outcome);
    }
    let cleanup = Cleanup::Configured { edited };
    gate.scan(&Message::new(MessageOptions { file: PathBuf::from(file), cleanup }), outcome);
}

/// What a merge brings in; and what is about to be committed where pre-commit was not asked.
pub(super) fn prepare_commit_msg(options: &Options, streams: &mut Streams<'_>) -> Result<u8, Stop> {
    let argument = |index: usize| options.operands.get(index);
    let is_merge = argument(1).is_some_and(|source| source == "merge");
    let broken = |error: SourceError| Stop::of(128, &error);
    let heads = match argument(2).is_none_or(|commit| commit.is_empty()) {
        true if is_merge => merge_heads_of_environment(env::vars_os()).map_err(broken)?,
        _ => Vec::new(),
    };
    let is_done = was_looked_at(is_merge, env::var_os("GIT_AUTHOR_DATE")).map_err(broken)?;
    if heads.is_empty() && is_done {
        return Ok(0);
    }
    let Some(gate) = Gate::load(Road::Git)? else { return Ok(0) };
    let mut outcome = Outcome::default();
    incoming(&gate, heads, &mut outcome)?;
    if !is_done {
        staged(&gate, &mut outcome);
        message(&gate, argument(0), true, &mut outcome);
    }
    Ok(finish(&gate, &outcome, Once::Line, Road::Git, streams))
}

/// What a push would send: git-secrets has no such hook.
pub(super) fn pre_push(options: &Options, streams: &mut Streams<'_>) -> Result<u8, Stop> {
    let Some(gate) = Gate::load(Road::Git)? else { return Ok(0) };
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| Stop::new(128, format!("{NAME}: cannot read what git says: {error}")))?;
    let operand = |index: usize| options.operands.get(index).map(|operand| &**operand);
    let work = pushed(&text, operand(0), operand(1)).map_err(|error| Stop::of(128, &error))?;
    let mut outcome = Outcome::default();
    if let Some(work) = work {
        commits(&gate, work, &mut outcome);
    }
    Ok(finish(&gate, &outcome, Once::Line, Road::Git, streams))
}

/// What a mailed patch changes, before its commit: git-secrets has no such hook.
pub(super) fn pre_applypatch(streams: &mut Streams<'_>) -> Result<u8, Stop> {
    let Some(gate) = Gate::load(Road::Git)? else { return Ok(0) };
    open()?;
    let mut outcome = Outcome::default();
    staged(&gate, &mut outcome);
    Ok(finish(&gate, &outcome, Once::Line, Road::Git, streams))
}
