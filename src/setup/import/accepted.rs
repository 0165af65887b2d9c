//! Findings that another scanner was told to accept, looked up.
//!
//! Other scanners name them by rule and line, or by a hash of the secret. Here the file is scanned, and
//! the fingerprints of the findings in that place are accepted: what is not found needs no entry.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::RangeInclusive;
use std::path::{Component, Path};

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::{Draft, ggshield};
use crate::file;
use crate::finding::{Finding, Place, Secret};
use crate::git::{ObjectId, RepositoryPool};
use crate::setup::Scanner;
use crate::source::{Stdin, Worktree, WorktreeOptions};
use crate::text::escape::escape;
use crate::text::hex::hex;
use crate::text::os::os_str;

/// A finding that another scanner was told to accept.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    /// The entry of the other scanner: `file:line`.
    pub(super) origin: String,
    /// Which file says so.
    pub(super) by: String,
    /// The commit that has it; without one, the working tree has.
    pub(super) commit: Option<String>,
    /// Its path from the repository's root.
    pub(super) path: String,
    /// What tells it from others in that file.
    pub(super) mark: Mark,
}

/// A secret that another scanner was told to accept wherever it stands.
#[derive(Debug, Clone)]
pub(super) struct Anywhere {
    /// The entry of the other scanner: `file:line`.
    pub(super) origin: String,
    /// Which file says so.
    pub(super) by: String,
    /// What tells it from others.
    pub(super) mark: Mark,
}

/// What tells a finding from others in its file.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    /// Nothing: all in that file is accepted.
    Everything,
    /// Its lines.
    Lines(RangeInclusive<u64>),
    /// Its lines, and a secret that overlaps it.
    Secret(RangeInclusive<u64>, Secret),
    /// The SHA-1 of the secret, in hexadecimal.
    Sha1(String),
    /// The SHA-256 of the secret, in hexadecimal.
    Sha256(String),
    /// The hash of ggshield, in hexadecimal: of a credential with the names of its parts.
    Ggshield(String),
    /// The secret.
    Value(Secret),
}

impl Mark {
    fn fits(&self, finding: &Finding) -> bool {
        let own = finding.secret.expose();
        let is_on = |lines: &RangeInclusive<u64>| {
            let (start, end) = (finding.location.start.line, finding.location.end.line);
            start <= *lines.end() && *lines.start() <= end
        };
        match self {
            Mark::Everything => true,
            Mark::Lines(lines) => is_on(lines),
            Mark::Secret(lines, secret) => {
                let other = secret.expose();
                let holds = |long: &[u8], short: &[u8]| {
                    !short.is_empty() && memchr::memmem::find(long, short).is_some()
                };
                is_on(lines) && (holds(own, other) || holds(other, own))
            }
            Mark::Sha1(hash) => hex(&Sha1::digest(own)).eq_ignore_ascii_case(hash),
            Mark::Sha256(hash) => hex(&Sha256::digest(own)).eq_ignore_ascii_case(hash),
            Mark::Ggshield(hash) => ggshield::has_hash(finding, hash),
            Mark::Value(secret) => secret.expose() == own,
        }
    }
}

/// A finding that is accepted from now on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    pub(super) by: String,
    pub(super) path: String,
    pub(super) rule: String,
    pub(super) fingerprint: String,
}

/// Looks up accepted findings, and notes those that are not found.
pub(super) fn resolve(
    draft: &mut Draft,
    repository: &RepositoryPool,
    scanner: &Scanner,
) -> Vec<Known> {
    let mut by_file: BTreeMap<(Option<String>, String), Vec<Accepted>> = BTreeMap::new();
    for accepted in std::mem::take(&mut draft.accepted) {
        let key = (accepted.commit.clone(), accepted.path.clone());
        by_file.entry(key).or_default().push(accepted);
    }
    let mut known = Vec::new();
    for ((commit, path), list) in by_file {
        let bytes = match &commit {
            Some(commit) => blob(repository, commit, &path),
            None => in_worktree(&draft.root, &path),
        };
        let outcome = bytes.map(|bytes| {
            scanner.scan(&Stdin::named(Box::new(Cursor::new(bytes)), path.as_bytes()))
        });
        for accepted in list {
            match &outcome {
                Ok(outcome) => look(draft, &accepted, outcome, &mut known),
                Err(problem) => draft.note(&accepted.origin, &not_found(&accepted, problem)),
            }
        }
    }
    resolve_anywhere(draft, scanner, &mut known);
    known.sort();
    known.dedup();
    known
}

/// Looks up, in all files of the working tree, what was accepted wherever it stands.
fn resolve_anywhere(draft: &mut Draft, scanner: &Scanner, known: &mut Vec<Known>) {
    let list = std::mem::take(&mut draft.anywhere);
    if list.is_empty() {
        return;
    }
    let everything =
        WorktreeOptions::everything(vec![draft.root.clone()], Place::Worktree, scanner.threads());
    let options = WorktreeOptions {
        honour_ignore_files: true,
        global_ignore: scanner.repository().excludes_file(),
        named_from: draft.root.clone(),
        ..everything
    };
    let outcome = scanner.scan(&Worktree::new(options));
    for skipped in outcome.skipped.iter().filter(|skipped| skipped.is_incomplete()) {
        let path = escape(&skipped.path).into_owned();
        draft.note(&path, "it is not read to the end, so nothing in it is accepted");
    }
    for anywhere in list {
        let fitting: Vec<&Finding> =
            outcome.findings.iter().filter(|finding| anywhere.mark.fits(finding)).collect();
        if fitting.is_empty() {
            let text = "the entry is left out: nothing that is found in the working tree fits it";
            draft.note(&anywhere.origin, text);
        }
        known.extend(fitting.into_iter().map(|finding| Known {
            by: anywhere.by.clone(),
            path: String::from_utf8_lossy(&finding.origin.path).into_owned(),
            rule: finding.rule.to_string(),
            fingerprint: finding.fingerprint.to_string(),
        }));
    }
}

fn look(
    draft: &mut Draft,
    accepted: &Accepted,
    outcome: &crate::finding::Outcome,
    known: &mut Vec<Known>,
) {
    let fitting: Vec<&Finding> =
        outcome.findings.iter().filter(|finding| accepted.mark.fits(finding)).collect();
    let is_allowed = outcome.suppressed.iter().any(|item| accepted.mark.fits(&item.finding));
    if outcome.skipped.iter().any(crate::finding::Skipped::is_incomplete) {
        draft.note(&accepted.origin, &not_found(accepted, "it is not read to the end"));
    } else if fitting.is_empty() && !is_allowed {
        draft.note(&accepted.origin, &not_found(accepted, "nothing is found there"));
    }
    known.extend(fitting.into_iter().map(|finding| Known {
        by: accepted.by.clone(),
        path: accepted.path.clone(),
        rule: finding.rule.to_string(),
        fingerprint: finding.fingerprint.to_string(),
    }));
}

fn not_found(accepted: &Accepted, problem: &str) -> String {
    let path = escape(accepted.path.as_bytes());
    let place = match &accepted.mark {
        Mark::Lines(lines) | Mark::Secret(lines, _) => format!("line {} of ", lines.start()),
        Mark::Everything | Mark::Sha1(_) | Mark::Sha256(_) | Mark::Ggshield(_) | Mark::Value(_) => {
            String::new()
        }
    };
    format!("the entry for {place}`{path}` is left out: {problem}")
}

/// Reads a file of the working tree; one that a link or `..` leads out of it is not read.
pub(super) fn in_worktree(root: &Path, path: &str) -> Result<Vec<u8>, String> {
    let relative = Path::new(path);
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let whole = root.join(relative);
    let inside = match (root.canonicalize(), whole.canonicalize()) {
        (Ok(root), Ok(whole)) => whole.starts_with(root),
        _ => return Err("the file is not there".to_owned()),
    };
    if !relative.components().all(is_plain) || !inside {
        return Err("the file is not in the repository".to_owned());
    }
    file::read(&whole, crate::git::MAX_OBJECT_BYTES).map_err(|error| error.to_string())
}

/// Reads a file as a commit has it.
fn blob(repository: &RepositoryPool, commit: &str, path: &str) -> Result<Vec<u8>, String> {
    let text = |error: &dyn std::error::Error| escape(error.to_string().as_bytes()).into_owned();
    let id = ObjectId::parse(commit.to_ascii_lowercase().as_bytes())
        .ok_or("the commit's id is not a full one")?;
    let mut repository = repository.get().map_err(|error| text(&error))?;
    let read = repository.commit(&id).map_err(|_| "the commit is not there".to_owned())?;
    let (_, commit) = read.ok_or("the id is not that of a commit")?;
    let blob = repository.entry_at(&commit.tree, os_str(path.as_bytes()).as_encoded_bytes());
    let blob = blob.map_err(|error| text(&error))?.ok_or("the commit does not have the file")?;
    repository.object(&blob, |_, bytes| bytes.to_vec()).map_err(|error| text(&error))
}
