//! What a hook has to look at, from what git passes to it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::PathBuf;

use super::Hook;
use crate::environment::Environment;
use crate::git::command::lines;
use crate::git::push::{Push, PushCall, PushedRef, pushed};
use crate::git::state::{Amend, amend, merge_heads, merge_heads_of_environment};
use crate::git::{GitError, Known, ObjectId, Repository, RepositoryPool, Tip};
use crate::source::{
    Cleanup, Commits, Message, MessageOptions, SourceError, Staged, StagedOptions, note_template,
};
use crate::text::escape::escape;

/// What a hook has to look at.
#[derive(Debug, Default)]
pub struct Work {
    /// The index, with these commits as parents beside HEAD.
    pub staged: Option<Vec<ObjectId>>,
    /// Whether HEAD is known to be amended.
    pub amends: bool,
    /// A message.
    pub message: Option<MessageOptions>,
    /// What is sent or merged, and what the other side has.
    pub commits: Vec<(Vec<Tip>, Known)>,
    /// What the user should know of what the other side has, as a sentence.
    pub doubt: Option<String>,
}

/// A hook whose work cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The repository cannot be read, or git passed something that cannot be understood.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The template of a message cannot be read, or what it says cannot be noted.
    #[error(transparent)]
    Template(#[from] SourceError),
    /// Git has not passed an argument that it always passes.
    #[error(
        "{0} was called without the file of the message; git passes it as the first argument. By hand use \
         `tightlip message FILE`"
    )]
    NoMessage(Hook),
    /// Nothing tells what is pushed.
    #[error(
        "cannot tell what is pushed: git's lines are not on standard input, and the pre-commit framework does \
         not name it; give the hook what git passes (lefthook: `use_stdin: true`, and `{{1}} {{2}}`), and by \
         hand use `tightlip history origin/main..HEAD`"
    )]
    NoPush,
    /// The pre-commit framework names what is not there.
    #[error("cannot tell what is pushed: {name} is `{value}`, which names nothing here")]
    Framework {
        /// The variable.
        name: &'static str,
        /// Its value, escaped.
        value: String,
    },
    /// What git says on standard input cannot be read.
    #[error("cannot read what git says on standard input")]
    Input(#[source] io::Error),
}

/// What git passes to a hook.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The repository that git works on.
    pub repository: &'a RepositoryPool,
    /// The arguments behind the hook's name.
    pub arguments: &'a [OsString],
}

impl Work {
    /// The work of a hook; `None` where there is nothing to do. `input` is read only by hooks to which
    /// git speaks on standard input. For prepare-commit-msg, git's template is noted on the way.
    ///
    /// # Errors
    /// What git passes cannot be read or understood.
    pub fn plan(
        hook: Hook,
        call: Call<'_>,
        input: &mut dyn Read,
    ) -> Result<Option<Work>, WorkError> {
        let repository = &mut *call.repository.get()?;
        let environment = &repository.location().environment().clone();
        let file = || call.arguments.first().map(PathBuf::from).ok_or(WorkError::NoMessage(hook));
        let mut work = Work::default();
        match hook {
            Hook::PreCommit => work = Work::of_index(repository)?,
            Hook::PreApplypatch => work.staged = Some(Vec::new()),
            Hook::PreMergeCommit => work = Work::of_merge(repository, environment)?,
            Hook::CommitMsg => {
                let cleanup = Cleanup::Configured { edited: call.is_edited(), is_noted: true };
                work.message = Some(MessageOptions { file: file()?, cleanup });
            }
            Hook::ApplypatchMsg => work.message = Some(message_options(file()?, false)),
            Hook::PrepareCommitMsg => {
                return Work::before_message(repository, call, file);
            }
            Hook::PrePush => work = Work::of_push(repository, call, &read(input)?)?,
            Hook::PreReceive => work.commits.extend(updated(&read(input)?, |_| true, &["refs/"])?),
            Hook::ReferenceTransaction => {
                if call.arguments.first().is_none_or(|state| state != "prepared") {
                    return Ok(None);
                }
                // Remote-tracking refs are not looked at: others made what was fetched. Refs such as the
                // stash prove nothing.
                let looked_at = ["refs/heads/", "refs/tags/", "refs/notes/", "refs/remotes/"];
                work.commits.extend(updated(&read(input)?, is_own_ref, &looked_at)?);
            }
        }
        let is_empty = work.staged.is_none() && work.message.is_none() && work.commits.is_empty();
        Ok((!is_empty).then_some(work))
    }

    /// What is staged and, during a conflicted merge, what the other side's commits bring:
    /// pre-merge-commit does not run for it.
    ///
    /// # Errors
    /// The state of the merge cannot be read.
    pub fn of_index(repository: &Repository) -> Result<Work, GitError> {
        let heads = merge_heads(repository)?;
        let incoming = if heads.is_empty() { None } else { Some(merged(repository, heads)?) };
        let commits = incoming.into_iter().collect();
        Ok(Work { staged: Some(Vec::new()), commits, ..Work::default() })
    }

    /// What is staged and what is merged, as git tells pre-merge-commit.
    fn of_merge(repository: &mut Repository, environment: &Environment) -> Result<Work, GitError> {
        let heads = merge_heads_of_environment(environment)?;
        if heads.is_empty() {
            return Work::of_index(repository);
        }
        let commits = vec![merged(repository, heads.clone())?];
        Ok(Work { staged: Some(heads), commits, ..Work::default() })
    }

    /// What prepare-commit-msg has to look at: all that no earlier hook was told of.
    fn before_message(
        repository: &mut Repository,
        call: Call<'_>,
        file: impl Fn() -> Result<PathBuf, WorkError>,
    ) -> Result<Option<Work>, WorkError> {
        if call.is_edited() {
            note_template(repository, &file()?)?;
        }
        // No earlier hook is told of an amended commit that gets a new author or date.
        let amends = call.reuses_head() && amend(repository)? != Amend::Yes;
        if !amends && was_looked_at(repository, call.is_merge_message()) {
            return Ok(None);
        }
        let staged = Work::of_index(repository)?;
        Ok(Some(Work { amends, message: Some(message_options(file()?, true)), ..staged }))
    }

    /// What is pushed, as `text` of git's or as little as else is told.
    fn of_push(repository: &Repository, call: Call<'_>, text: &[u8]) -> Result<Work, WorkError> {
        let argument = |index: usize| call.arguments.get(index).map(|word| &**word);
        let is_of_framework = repository.location().environment().get_filled(FRAMEWORK).is_some();
        let push = if !text.trim_ascii().is_empty() {
            let (remote, address) = (argument(0), argument(1));
            let refs = &PushedRef::parse(text)?;
            let told = PushCall { refs, remote, address, is_sure: true };
            Some(pushed(repository, told)?)
        } else if argument(1).is_some() {
            pushed_head(repository, argument(0), argument(1))?
        } else if is_of_framework {
            Some(pushed_by_framework(repository)?)
        } else {
            return Err(WorkError::NoPush);
        };
        let mut work = Work::default();
        if let Some(push) = push {
            work.doubt = push.doubt;
            let is_more = !push.tips.is_empty();
            work.commits.extend(is_more.then_some((push.tips, push.known)));
        }
        Ok(work)
    }

    /// The index as a source, if it is to be looked at.
    #[must_use]
    pub fn staged_source(
        &self,
        repository: &RepositoryPool,
        options: StagedOptions,
    ) -> Option<Staged> {
        let merge_heads = self.staged.clone()?;
        let amends = self.amends;
        Some(Staged::new(repository, StagedOptions { merge_heads, amends, ..options }))
    }

    /// The message as a source, if there is one.
    #[must_use]
    pub fn message_source(&self, repository: &RepositoryPool) -> Option<Message> {
        self.message.clone().map(|options| Message::new(repository, options))
    }

    /// The commits as sources.
    pub fn commit_sources(&self, repository: &RepositoryPool) -> impl Iterator<Item = Commits> {
        self.commits
            .iter()
            .map(|(tips, known)| Commits::new(repository, tips.clone(), known.clone()).ends_here())
    }
}

impl Call<'_> {
    /// Whether prepare-commit-msg is called for a merge.
    #[must_use]
    pub fn is_merge_message(&self) -> bool {
        let environment = self.repository.location().environment();
        let is_of_framework = environment.get_filled(FRAMEWORK).is_some();
        // The pre-commit framework passes the file alone.
        let said = || environment.get(FRAMEWORK_SOURCE).filter(|_| is_of_framework);
        let source = self.arguments.get(1).map(OsString::as_os_str).or_else(said);
        source.is_some_and(|source| source == "merge")
    }

    /// Whether prepare-commit-msg is called for a commit that takes the message of HEAD, as an amended one
    /// does unless it is given another.
    fn reuses_head(&self) -> bool {
        let words = self.arguments.iter().skip(1).map(OsString::as_os_str);
        words.eq(["commit", "HEAD"].map(OsStr::new))
    }

    /// Whether git opens an editor. It sets the editor to `:` where it opens none; then it removes no
    /// comments by default.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        let editor = self.repository.location().environment().get("GIT_EDITOR");
        editor.is_none_or(|editor| editor != ":")
    }
}

/// Set by the pre-commit framework in all that it runs.
const FRAMEWORK: &str = "PRE_COMMIT";
/// What git passes to prepare-commit-msg as its second argument.
const FRAMEWORK_SOURCE: &str = "PRE_COMMIT_COMMIT_MSG_SOURCE";
/// What is pushed, and what the other side has; neither is set where all that a new branch reaches is pushed.
const FRAMEWORK_TO: &str = "PRE_COMMIT_TO_REF";
const FRAMEWORK_FROM: &str = "PRE_COMMIT_FROM_REF";
/// The name of what is pushed.
const FRAMEWORK_BRANCH: &str = "PRE_COMMIT_LOCAL_BRANCH";

/// What a push sends and what the other side has, as the pre-commit framework tells it: it reads what git says
/// on standard input, and names the first ref that brings something.
/// <https://pre-commit.com/#pre-push>
fn pushed_by_framework(repository: &Repository) -> Result<Push, WorkError> {
    let location = repository.location();
    let environment = location.environment();
    let find = |name: &'static str| -> Result<Option<ObjectId>, WorkError> {
        let Some(value) = environment.get_filled(name) else { return Ok(None) };
        let words = ["rev-parse", "--verify", "-q", "--end-of-options"].map(OsStr::new);
        let id = location.id(words.into_iter().chain([value])).ok().flatten();
        let value = escape(value.as_encoded_bytes()).into_owned();
        id.map(Some).ok_or(WorkError::Framework { name, value })
    };
    let tip = match find(FRAMEWORK_TO)? {
        Some(tip) => tip,
        None => find(FRAMEWORK_BRANCH)?.ok_or(WorkError::NoPush)?,
    };
    let name = environment.get_filled("PRE_COMMIT_REMOTE_BRANCH").unwrap_or_default();
    let name = name.as_encoded_bytes().to_vec();
    let told = PushCall {
        refs: &[PushedRef { name, ours: Some(tip), theirs: find(FRAMEWORK_FROM)? }],
        remote: environment.get_filled("PRE_COMMIT_REMOTE_NAME"),
        address: environment.get_filled("PRE_COMMIT_REMOTE_URL"),
        is_sure: false,
    };
    Ok(pushed(repository, told)?)
}

/// What a push may send of which nothing is said on standard input: git has nothing to push, or a hook manager
/// keeps its lines to itself. What HEAD has is most often what is pushed.
fn pushed_head(
    repository: &Repository,
    remote: Option<&OsStr>,
    address: Option<&OsStr>,
) -> Result<Option<Push>, WorkError> {
    let Some(head) = repository.head()? else { return Ok(None) };
    let refs = &[PushedRef { name: b"HEAD".to_vec(), ours: Some(head), theirs: None }];
    let told = PushCall { refs, remote, address, is_sure: false };
    Ok(Some(pushed(repository, told)?))
}

/// A message in `file`, cleaned up as git is configured to.
#[must_use]
pub fn message_options(file: PathBuf, edited: bool) -> MessageOptions {
    MessageOptions { file, cleanup: Cleanup::Configured { edited, is_noted: false } }
}

/// Reads all that git says on standard input.
fn read(input: &mut dyn Read) -> Result<Vec<u8>, WorkError> {
    let mut text = Vec::new();
    input.read_to_end(&mut text).map_err(WorkError::Input)?;
    Ok(text)
}

/// What other commands than `git commit` leave in the git directory while they make commits.
const TRACES: [&str; 6] =
    ["CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_MSG", "rebase-merge", "rebase-apply", "MERGE_HEAD"];

/// Whether pre-commit or pre-merge-commit has looked at what prepare-commit-msg is about to see.
///
/// Cherry-pick, revert and rebase run neither. `git commit` and `git merge` do, and if they were
/// told not to (`--no-verify`), that is respected here; the push hook will still look. `git
/// commit` is known by the author date that it exports in its own form (`GIT_AUTHOR_DATE`), and by the
/// absence of what the other commands leave in the git directory.
#[must_use]
pub fn was_looked_at(repository: &Repository, is_merge: bool) -> bool {
    let author_date = repository.location().environment().get("GIT_AUTHOR_DATE");
    let is_commit = author_date.is_some_and(|date| date.as_encoded_bytes().starts_with(b"@"));
    is_merge || is_commit && !TRACES.iter().any(|name| repository.git_dir().join(name).exists())
}

/// Returns what a merge of these commits brings in: what to start from, and what is here already.
///
/// # Errors
/// HEAD cannot be read.
pub fn merged(
    repository: &Repository,
    heads: Vec<ObjectId>,
) -> Result<(Vec<Tip>, Known), GitError> {
    let own = repository.head()?;
    let tips = heads.into_iter().map(|id| Tip { id, name: Vec::new() }).collect();
    Ok((tips, Known { ids: own.into_iter().collect(), ref_prefixes: Vec::new() }))
}

/// Refs that are this repository's own work; what was fetched is another's.
fn is_own_ref(name: &[u8]) -> bool {
    let own = [&b"refs/heads/"[..], b"refs/tags/", b"refs/notes/"];
    name == b"HEAD" || own.iter().any(|own| name.starts_with(own))
}

/// Parses lines `<old-id> <new-id> <ref>`, leaving out refs that do not count.
/// <https://git-scm.com/docs/githooks#pre-receive>
fn updated(
    text: &[u8],
    counts: impl Fn(&[u8]) -> bool,
    known: &[&str],
) -> Result<Option<(Vec<Tip>, Known)>, GitError> {
    let mut tips: Vec<Tip> = Vec::new();
    let ref_prefixes = known.iter().map(|&prefix| prefix.to_owned()).collect();
    let mut known = Known { ids: Vec::new(), ref_prefixes };
    for line in lines(text).filter(|line| !line.is_empty()) {
        let malformed = || GitError::unexpected_hook_input(line);
        let mut words = line.splitn(3, |&byte| byte == b' ');
        let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err(malformed());
        };
        // A symbolic ref names a ref, which has a line of its own.
        if !counts(name) || new.starts_with(b"ref:") {
            continue;
        }
        let new = ObjectId::parse(new).ok_or_else(malformed)?;
        known.ids.extend(ObjectId::parse(old).filter(|old| !old.is_zero()));
        if !new.is_zero() {
            let name = if name == b"HEAD" { Vec::new() } else { name.to_vec() };
            tips.push(Tip { id: new, name });
        }
    }
    Ok((!tips.is_empty()).then_some((tips, known)))
}
