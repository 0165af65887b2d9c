//! `tightlip hook`: what an installed hook calls.

use std::ffi::OsString;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::finding::{Outcome, Status};
use tightlip::hook::{Call, Hook, SKIP_VARIABLE, Work, lost_guard};
use tightlip::report::masked;
use tightlip::setup::Scanner;
use tightlip::source::StagedOptions;
use tightlip::text::wrap::wrap;

/// Do the work of a git hook
#[derive(Debug, Args)]
pub(super) struct HookArgs {
    /// Name of the hook
    #[arg(value_parser = PossibleValuesParser::new(Hook::ALL.map(Hook::name))
        .try_map(|name| Hook::parse(&name).ok_or("no hook that scans has this name")))]
    name: Hook,
    /// What git passes to the hook
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(super) fn run(
    args: &HookArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    if process.environment.is_true(SKIP_VARIABLE) {
        let err = &mut process.streams.err;
        writeln!(err, "tightlip: not scanned, because {SKIP_VARIABLE} is set")?;
        return Ok(0);
    }
    if let Some(lost) = lost_guard(args.name, &process.environment, &process.directory) {
        writeln!(process.streams.err, "tightlip: {lost}")?;
    }
    let repository = process.repository();
    let call = Call { repository: &repository, arguments: &args.arguments };
    let Some(work) = Work::plan(args.name, call, &mut std::io::stdin())? else { return Ok(0) };
    let after = Refusal::of(args.name);
    if let Some(doubt) = &work.doubt {
        writeln!(process.streams.err, "tightlip: {}", masked(doubt))?;
    }
    let session = Session::load(process, &repository, shared, Purpose::Hook)?;
    let mut session = session.with_to_do(after.to_do);
    // On a server the credentials are the server's own, and who pushes must not learn of them.
    if args.name != Hook::PreReceive {
        session = session.knowing(process, false);
    }
    let outcome = scan(&work, &session.scanner);
    let code = session.finish(&outcome, &mut process.streams)?;
    let width = process.streams.err_width;
    let err = &mut process.streams.err;
    if !outcome.findings.is_empty() {
        // A report for people began with it.
        let to_do = Some(after.to_do).filter(|_| !session.is_for_people());
        let passes = after.passes.map(|command| format!("{SKIP_VARIABLE}=1 {command} passes once"));
        for line in to_do.map(str::to_owned).into_iter().chain(passes) {
            writeln!(err, "{}", wrap(&format!("tightlip: {line}"), width, "", "  "))?;
        }
    } else if outcome.status() == Status::Incomplete {
        let advice = "git was stopped, because not everything could be scanned";
        let line = format!("tightlip: {advice} ({SKIP_VARIABLE}=1 git ... passes once)");
        writeln!(err, "{}", wrap(&line, width, "", "  "))?;
    }
    Ok(code)
}

/// Scans all that a hook has to look at.
pub(super) fn scan(work: &Work, scanner: &Scanner) -> Outcome {
    let repository = scanner.repository();
    let mut outcome = Outcome::default();
    if let Some(staged) = work.staged_source(repository, StagedOptions::default()) {
        outcome.merge(scanner.scan(&staged));
    }
    if let Some(message) = work.message_source(repository) {
        outcome.merge(scanner.scan(&message));
    }
    for commits in work.commit_sources(repository) {
        outcome.merge(scanner.scan(&commits));
    }
    outcome
}

/// The words for a hook that stops git.
struct Refusal {
    /// What was not done, and what to do now.
    to_do: &'static str,
    /// The git command that passes once, if the hook can let one pass.
    passes: Option<&'static str>,
}

impl Refusal {
    const fn of(hook: Hook) -> Self {
        let (to_do, passes) = match hook {
            Hook::PreCommit => (
                "nothing was committed; take these lines out, `git add`, commit again",
                Some("git commit ..."),
            ),
            Hook::CommitMsg => (
                "nothing was committed; take it out of the message, and commit again",
                Some("git commit ..."),
            ),
            Hook::PrepareCommitMsg | Hook::PreApplypatch | Hook::ApplypatchMsg => (
                "nothing was committed, the change is still staged; take these lines out, `git add`, \
                 and go on with --continue, or drop it with --abort",
                Some("git ..."),
            ),
            Hook::PreMergeCommit => (
                "the merge was not committed; `git merge --abort` undoes it",
                Some("git merge ..."),
            ),
            Hook::PrePush => (
                "nothing was pushed; rewrite the commits that hold it (git commit --amend, git \
                 rebase -i), for a later commit leaves it in history",
                Some("git push ..."),
            ),
            Hook::PreReceive => {
                ("the push was refused; rewrite the commits that hold it and push again", None)
            }
            Hook::ReferenceTransaction => {
                ("no ref was changed; take it out and try again", Some("git ..."))
            }
        };
        Refusal { to_do, passes }
    }
}
