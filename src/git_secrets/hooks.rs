//! The bodies of the hooks.

use std::ffi::OsString;

use super::options::Options;
use super::report::{Once, finish};
use super::scan::{files, open};
use super::scanner::{Guard, Program};
use super::{NAME, Stop, say};
use crate::process::Process;
use tightlip::finding::Outcome;
use tightlip::git::state::merge_heads_of_environment;
use tightlip::hook::{Call, Hook, Work, merged, message_options, was_looked_at};
use tightlip::source::{MessageOptions, StagedOptions};

/// What is about to be committed: changed files whole, as git-secrets has it.
pub(super) fn pre_commit(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let Some(guard) = Guard::load(process, Program::GitGrep)? else {
        say(
            process.streams.err,
            format_args!(
                "{NAME}: nothing is forbidden here, because no pattern is configured; `git secrets \
                 --register-aws` adds those of AWS, `git secrets --add` your own"
            ),
        );
        return Ok(0);
    };
    let work = Work::of_index(&*open(guard.repository())?);
    let work = work.map_err(|error| Stop::of(128, &error))?;
    let mut outcome = Outcome::default();
    staged(&guard, &work, &mut outcome);
    if outcome.summary.blobs == 0 {
        // Nothing is staged: then it is the pre-commit framework that asks about files.
        files(&guard, &options.operands, false, &mut outcome);
    }
    commits(&guard, &work, &mut outcome);
    Ok(finish(&guard, &outcome, Once::Line, Program::GitGrep, &mut process.streams))
}

fn staged(guard: &Guard, work: &Work, outcome: &mut Outcome) {
    let options = StagedOptions { whole_files: true, ..StagedOptions::default() };
    if let Some(staged) = work.staged_source(guard.repository(), options) {
        guard.scan(&staged, outcome);
    }
}

fn commits(guard: &Guard, work: &Work, outcome: &mut Outcome) {
    for commits in work.commit_sources(guard.repository()) {
        guard.scan(&commits, outcome);
    }
}

/// The message of a commit, as git will store it.
pub(super) fn commit_msg(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let Some(guard) = Guard::load(process, Program::Grep)? else { return Ok(0) };
    let call = Call { repository: guard.repository(), arguments: &options.operands };
    let mut outcome = Outcome::default();
    scan_message(&guard, options.operands.first(), call.is_edited(), &mut outcome);
    Ok(finish(&guard, &outcome, Once::Line, Program::Grep, &mut process.streams))
}

fn scan_message(guard: &Guard, file: Option<&OsString>, edited: bool, outcome: &mut Outcome) {
    let file = file.cloned().unwrap_or_default();
    if std::fs::metadata(&file).is_err() {
        // Says what is wrong with it.
        return files(guard, &[file], false, outcome);
    }
    let message: MessageOptions = message_options(file.into(), edited);
    let work = Work { message: Some(message), ..Work::default() };
    if let Some(message) = work.message_source(guard.repository()) {
        guard.scan(&message, outcome);
    }
}

/// What a merge brings in; and what is about to be committed where pre-commit was not asked.
pub(super) fn prepare_commit_msg(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let argument = |index: usize| options.operands.get(index);
    let repository = process.repository();
    let call = Call { repository: &repository, arguments: &options.operands };
    let heads = match argument(2).is_none_or(|commit| commit.is_empty()) {
        true if call.is_merge_message() => merge_heads_of_environment(&process.environment)
            .map_err(|error| Stop::of(128, &error))?,
        _ => Vec::new(),
    };
    let opened = repository.get().map_err(|error| Stop::of(128, &error))?;
    let is_done = was_looked_at(&opened, call.is_merge_message());
    if heads.is_empty() && is_done {
        return Ok(0);
    }
    let Some(guard) = Guard::load(process, Program::GitGrep)? else { return Ok(0) };
    let mut work = Work::default();
    if !heads.is_empty() {
        work.commits.push(merged(&opened, heads).map_err(|error| Stop::of(128, &error))?);
    }
    drop(opened);
    let mut outcome = Outcome::default();
    commits(&guard, &work, &mut outcome);
    if !is_done {
        work.staged = Some(Vec::new());
        staged(&guard, &work, &mut outcome);
        scan_message(&guard, argument(0), true, &mut outcome);
    }
    Ok(finish(&guard, &outcome, Once::Line, Program::GitGrep, &mut process.streams))
}

/// What a push would send: git-secrets has no such hook.
pub(super) fn pre_push(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    scan_hook(Hook::PrePush, options, process)
}

/// What a mailed patch changes, before its commit: git-secrets has no such hook.
pub(super) fn pre_applypatch(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    scan_hook(Hook::PreApplypatch, options, process)
}

/// What a hook has to look at that only tightlip has.
fn scan_hook(hook: Hook, options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let Some(guard) = Guard::load(process, Program::GitGrep)? else { return Ok(0) };
    open(guard.repository())?;
    let call = Call { repository: guard.repository(), arguments: &options.operands };
    let work = Work::plan(hook, call, &mut std::io::stdin());
    let work = work.map_err(|error| Stop::of(128, &error))?.unwrap_or_default();
    let mut outcome = Outcome::default();
    staged(&guard, &work, &mut outcome);
    commits(&guard, &work, &mut outcome);
    Ok(finish(&guard, &outcome, Once::Line, Program::GitGrep, &mut process.streams))
}
