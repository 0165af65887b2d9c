//! What git is in the middle of when it runs a hook, told by its environment and by what it has
//! left in the git directory.

use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

use super::command::lines;
use super::object::header_bytes;
use super::{GitError, ObjectId, Repository};
use crate::environment::Environment;
use crate::text::escape::escape_path;

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
