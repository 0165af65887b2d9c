//! `tightlip hook`: what an installed hook calls.

use std::env;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::session::{Purpose, Session};
use super::{Failure, Shared, Streams};
use crate::finding::{Outcome, Status};
use crate::source::{
    Cleanup, Commits, Known, Message, MessageOptions, ObjectId, Repository, Staged, StagedOptions,
    Tip, merge_heads, merge_heads_of_environment, merged, pushed, strange, was_looked_at,
};

/// Do the work of a git hook
#[derive(Debug, Args)]
pub(super) struct HookArgs {
    /// Name of the hook
    #[arg(value_enum)]
    name: HookName,
    /// What git passes to the hook
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HookName {
    PreCommit,
    CommitMsg,
    PrepareCommitMsg,
    PreMergeCommit,
    ApplypatchMsg,
    PreApplypatch,
    PrePush,
    PreReceive,
    ReferenceTransaction,
}

/// Set to anything but 0 or nothing, it lets one git command pass.
const SKIP_VARIABLE: &str = "TIGHTLIP_SKIP";

pub(super) fn run(
    args: &HookArgs,
    shared: &Shared,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    if env::var_os(SKIP_VARIABLE).is_some_and(|value| !value.is_empty() && value != "0") {
        writeln!(streams.err, "tightlip: not scanned, because {SKIP_VARIABLE} is set")?;
        return Ok(0);
    }
    let Some(work) = Work::plan(args)? else { return Ok(0) };
    let session = Session::load(shared, Purpose::Hook)?;
    let outcome = work.scan(&session)?;
    let code = session.finish(&outcome, streams)?;
    if !outcome.findings.is_empty() {
        writeln!(streams.err, "tightlip: {}", args.name.how_to_go_on())?;
    } else if outcome.status() == Status::Incomplete {
        let advice = "git was stopped, because not everything could be scanned";
        writeln!(streams.err, "tightlip: {advice} ({SKIP_VARIABLE}=1 git ... passes once)")?;
    }
    Ok(code)
}

impl HookName {
    const fn how_to_go_on(self) -> &'static str {
        match self {
            HookName::PreCommit | HookName::CommitMsg => {
                "nothing was committed; take it out, `git add`, and commit again \
                 (TIGHTLIP_SKIP=1 git commit ... passes once)"
            }
            HookName::PrepareCommitMsg | HookName::PreApplypatch | HookName::ApplypatchMsg => {
                "nothing was committed, the change is still staged; take it out, `git add`, and go \
                 on with --continue, or drop it with --abort (TIGHTLIP_SKIP=1 git ... passes once)"
            }
            HookName::PreMergeCommit => {
                "the merge was not committed; `git merge --abort` undoes it (TIGHTLIP_SKIP=1 git \
                 merge ... passes once)"
            }
            HookName::PrePush => {
                "nothing was pushed; rewrite the commits that hold it (git commit --amend, git rebase \
                 -i), for a later commit leaves it in history (TIGHTLIP_SKIP=1 git push ... passes \
                 once)"
            }
            HookName::PreReceive => {
                "the push was refused; rewrite the commits that hold it and push again"
            }
            HookName::ReferenceTransaction => {
                "no ref was changed; take it out and try again (TIGHTLIP_SKIP=1 git ... passes once)"
            }
        }
    }
}

/// What a hook has to look at.
#[derive(Debug, Default)]
struct Work {
    /// Whether to look at the index, with these parents beside HEAD.
    staged: Option<Vec<ObjectId>>,
    message: Option<MessageOptions>,
    /// What is sent, and what the other side has.
    commits: Option<(Vec<Tip>, Known)>,
}

impl Work {
    /// Reads the hook's arguments and input; `None` where there is nothing to do.
    fn plan(args: &HookArgs) -> Result<Option<Work>, Failure> {
        let mut work = Work::default();
        let argument = |index: usize| args.arguments.get(index);
        let file = || {
            let file = argument(0)
                .ok_or("git passes the file of the message to this hook, and did not")?;
            Ok::<PathBuf, Failure>(PathBuf::from(file))
        };
        match args.name {
            HookName::PreCommit | HookName::PreApplypatch => work.staged = Some(Vec::new()),
            HookName::PreMergeCommit => {
                work.staged = Some(merge_heads_of_environment(env::vars_os())?)
            }
            HookName::CommitMsg => work.message = Some(message(file()?, is_edited())),
            HookName::ApplypatchMsg => work.message = Some(message(file()?, false)),
            HookName::PrepareCommitMsg => {
                let is_merge = argument(1).is_some_and(|source| source == "merge");
                if was_looked_at(is_merge, env::var_os("GIT_AUTHOR_DATE"))? {
                    return Ok(None);
                }
                work.staged = Some(Vec::new());
                work.message = Some(message(file()?, true));
            }
            HookName::PrePush => {
                work.commits = pushed(
                    &standard_input()?,
                    argument(0).map(|name| &**name),
                    argument(1).map(|address| &**address),
                )?;
            }
            HookName::PreReceive => work.commits = updated(|_| true, &["refs/"])?,
            HookName::ReferenceTransaction => {
                if argument(0).is_none_or(|state| state != "prepared") {
                    return Ok(None);
                }
                // Other refs, such as the stash, are not looked at, so they prove nothing.
                let looked_at = ["refs/heads/", "refs/tags/", "refs/notes/", "refs/remotes/"];
                work.commits = updated(is_own_ref, &looked_at)?;
            }
        }
        let has_work = work.staged.is_some() || work.message.is_some() || work.commits.is_some();
        Ok(has_work.then_some(work))
    }

    fn scan(self, session: &Session<'_>) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        let max_object_bytes = session.max_object_bytes;
        if let Some(merge_heads) = self.staged {
            let options = StagedOptions {
                merge_heads: merge_heads.clone(),
                max_object_bytes,
                ..StagedOptions::default()
            };
            outcome.merge(session.scan(&Staged::new(options)));
            if merge_heads.is_empty() {
                add_incoming(session, &mut outcome)?;
            } else {
                outcome.merge(incoming(session, merge_heads)?);
            }
        }
        if let Some(options) = self.message {
            outcome.merge(session.scan(&Message::new(options)));
        }
        if let Some((tips, known)) = self.commits {
            outcome.merge(session.scan(&Commits::new(tips, known, max_object_bytes)));
        }
        Ok(outcome)
    }
}

fn message(file: PathBuf, edited: bool) -> MessageOptions {
    MessageOptions { file, cleanup: Cleanup::Configured { edited } }
}

/// Git sets the editor to `:` where it opens none; then it removes no comments by default.
fn is_edited() -> bool {
    env::var_os("GIT_EDITOR").is_none_or(|editor| editor != ":")
}

/// During a conflicted merge, adds what the other side's commits bring: pre-merge-commit does
/// not run for it.
pub(super) fn add_incoming(session: &Session<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let heads = merge_heads(&Repository::open()?)?;
    if heads.is_empty() {
        return Ok(());
    }
    outcome.merge(incoming(session, heads)?);
    Ok(())
}

/// The commits that a merge brings in.
fn incoming(session: &Session<'_>, heads: Vec<ObjectId>) -> Result<Outcome, Failure> {
    let (tips, known) = merged(heads)?;
    Ok(session.scan(&Commits::new(tips, known, session.max_object_bytes)))
}

/// Refs that are this repository's own work; what was fetched is another's.
fn is_own_ref(name: &[u8]) -> bool {
    name == b"HEAD"
        || [&b"refs/heads/"[..], b"refs/tags/", b"refs/notes/"]
            .iter()
            .any(|own| name.starts_with(own))
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| format!("cannot read what git says on standard input: {error}"))?;
    Ok(text)
}

/// Lines `<old-id> <new-id> <ref>`, of which those count whose ref `counts`.
fn updated(
    counts: impl Fn(&[u8]) -> bool,
    known: &[&str],
) -> Result<Option<(Vec<Tip>, Known)>, Failure> {
    let text = standard_input()?;
    let mut tips: Vec<Tip> = Vec::new();
    let ref_prefixes = known.iter().map(|&prefix| prefix.to_owned()).collect();
    let mut known = Known { ids: Vec::new(), ref_prefixes };
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let mut words = line.splitn(3, |&byte| byte == b' ');
        let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err(strange(line).into());
        };
        // A symbolic ref names a ref, which has a line of its own.
        if !counts(name) || new.starts_with(b"ref:") {
            continue;
        }
        let new = ObjectId::parse(new).ok_or_else(|| strange(line))?;
        known.ids.extend(ObjectId::parse(old).filter(|old| !old.is_zero()));
        if !new.is_zero() {
            let name = if name == b"HEAD" { Vec::new() } else { name.to_vec() };
            tips.push(Tip { id: new, name });
        }
    }
    Ok((!tips.is_empty()).then_some((tips, known)))
}
