//! What git is in the middle of when it runs a hook, told by its environment and by what it has
//! left in the git directory.

use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

use super::command::lines;
use super::object::header_bytes;
use super::{GitError, ObjectId, Repository, Tip};
use crate::environment::Environment;
use crate::text::escape::escape_path;

/// What the other side has.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Objects it is known to have; those that are not here are passed over.
    pub ids: Vec<ObjectId>,
    /// Prefixes of the refs of this repository that stand for what it has.
    pub ref_prefixes: Vec<String>,
}

/// What other commands than `git commit` leave in the git directory while they make commits.
const TRACES: [&str; 6] =
    ["CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_MSG", "rebase-merge", "rebase-apply", "MERGE_HEAD"];

/// Whether pre-commit or pre-merge-commit has looked at what prepare-commit-msg is about to see.
///
/// Cherry-pick, revert and rebase run neither. `git commit` and `git merge` do, and if they were
/// told not to (`--no-verify`), that is respected here; the push hook will still look. `git
/// commit` is known by the author date that it exports in its own form (`GIT_AUTHOR_DATE`), and by the absence of what the other commands leave in the git directory.
///
#[must_use]
pub fn was_looked_at(repository: &Repository, is_merge: bool) -> bool {
    let author_date = repository.location().environment().get("GIT_AUTHOR_DATE");
    let is_commit = author_date.is_some_and(|date| date.as_encoded_bytes().starts_with(b"@"));
    is_merge || is_commit && !TRACES.iter().any(|name| repository.git_dir().join(name).exists())
}

/// Whether git is about to replace HEAD by an amended commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amend {
    /// It is not.
    No,
    /// It is, if nothing is staged: else it may be another commit of the same second.
    IfNothingIsStaged,
    /// It is.
    Yes,
}

/// Tells whether git is about to amend HEAD. No hook is told; but git exports the author whom the commit will
/// have, and an amended one keeps the second in which it was written, and most often its author.
///
/// # Errors
/// HEAD cannot be read.
pub fn amend(repository: &mut Repository) -> Result<Amend, GitError> {
    let environment = repository.location().environment().clone();
    let value = |name: &str| environment.get(name).map(OsStr::as_encoded_bytes);
    let variables = (value("GIT_AUTHOR_NAME"), value("GIT_AUTHOR_EMAIL"), value("GIT_AUTHOR_DATE"));
    let (Some(name), Some(email), Some(date)) = variables else { return Ok(Amend::No) };
    let Some(date) = date.strip_prefix(b"@") else { return Ok(Amend::No) };
    // Who sets the dates of commits may give many the same.
    let is_fixed = value("GIT_COMMITTER_DATE").is_some();
    let author = [b"author ", name, b" <", email, b"> ", date].concat();
    let time = date.split(|byte| *byte == b' ').next().unwrap_or_default();
    let time: u64 = std::str::from_utf8(time).ok().and_then(|time| time.parse().ok()).unwrap_or(0);
    let Some(head) = repository.head()? else { return Ok(Amend::No) };
    let date = date.to_vec();
    let is_of_then = |line: &[u8]| {
        line.strip_prefix(b"author ")
            .and_then(|line| line.strip_suffix(&date[..]))
            .is_some_and(|line| line.ends_with(b"> "))
    };
    let (is_author, is_of_then) = repository.object(&head, |_, raw| {
        let headers = &raw[..header_bytes(raw)];
        (lines(headers).any(|line| line == author), lines(headers).any(is_of_then))
    })?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let is_past = !is_fixed && now.saturating_sub(time) >= 3;
    Ok(match (is_author, is_of_then) {
        // `--author` gives it another one.
        (_, true) if is_past => Amend::Yes,
        (true, _) | (_, true) => Amend::IfNothingIsStaged,
        _ => Amend::No,
    })
}

/// Returns the commits that are being merged as git names them to hooks before it writes them
/// down: in variables `GITHEAD_<id>`.
///
/// # Errors
/// Such a variable holds no id.
pub fn merge_heads_of_environment(environment: &Environment) -> Result<Vec<ObjectId>, GitError> {
    let mut heads = Vec::new();
    for (name, _) in environment.iter() {
        if let Some(id) = name.as_encoded_bytes().strip_prefix(b"GITHEAD_") {
            let malformed = || GitError::unexpected_hook_input(name.as_encoded_bytes());
            heads.push(ObjectId::parse(id).ok_or_else(malformed)?);
        }
    }
    heads.sort();
    Ok(heads)
}

/// Returns the commits that are being merged as git has written them down; none if there is no
/// merge.
///
/// # Errors
/// What is written there cannot be read.
pub fn merge_heads(repository: &Repository) -> Result<Vec<ObjectId>, GitError> {
    let file = repository.git_dir().join("MERGE_HEAD");
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(GitError::file(&file, error)),
    };
    let heads: Option<Vec<ObjectId>> =
        lines(&text).map(|line| ObjectId::parse(line.trim_ascii())).collect();
    let advice = "`git merge --abort` undoes the merge";
    heads.ok_or_else(|| GitError::Damaged { path: escape_path(&file), advice })
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
