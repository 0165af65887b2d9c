//! What the index has that HEAD has not: read by ourselves, by libgit2, or by git.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Repository, path_from};
use crate::source::SourceError;
use crate::source::index::{self, Index, Unread, ends_in_its_sum};
use crate::source::object::ObjectId;
use crate::source::plumbing;
use crate::text::escape::escape;

/// A changed path of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct IndexChange {
    pub(in crate::source) path: Vec<u8>,
    /// The mode and id of what is staged; `None` where the path is removed.
    pub(in crate::source) new: Option<(u32, ObjectId)>,
    /// The id that the tree has at the path.
    pub(in crate::source) old: Option<ObjectId>,
}

impl Repository {
    /// Returns how the index differs from `tree` (from nothing, if there is none).
    pub(in crate::source) fn index_changes(
        &mut self,
        tree: Option<&ObjectId>,
    ) -> Result<Vec<IndexChange>, SourceError> {
        if self.native.is_some()
            && let Some(index) = self.own_index()?
        {
            return Ok(index::changes(&index, tree, self)?);
        }
        if let Some(native) = &self.native
            && let Ok(changes) = native_changes(native, tree)
        {
            return Ok(changes);
        }
        verify_index()?;
        plumbing_changes(tree)
    }

    /// Reads the index by hand; `None` if it uses what this program leaves to libgit2 and git.
    fn own_index(&self) -> Result<Option<Index>, SourceError> {
        let path = std::env::var_os("GIT_INDEX_FILE")
            .map_or_else(|| self.git_dir.join("index"), PathBuf::from);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(Index::default()));
            }
            Err(error) => return Err(SourceError::file(&path, error)),
        };
        match Index::parse(&bytes, 20) {
            Ok(index) => Ok(Some(index)),
            Err(Unread::Unknown) => Ok(None),
            Err(Unread::Damaged) => Err(damaged_index(&path)),
        }
    }

    /// Returns what the index has at `paths`, relative to the working directory of the process.
    pub(in crate::source) fn index_files(
        &self,
        paths: &[PathBuf],
    ) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, SourceError> {
        let mut arguments: Vec<&OsStr> =
            ["ls-files", "-s", "-z", "--full-name", "--"].iter().map(OsStr::new).collect();
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        parse_stages(&plumbing::run(&arguments)?)
    }

    /// Whether there can be no index here. A bare repository has one if somebody gave it one.
    pub(in crate::source) fn has_no_index(&self) -> bool {
        let is_bare = match &self.native {
            Some(native) => native.is_bare(),
            None => plumbing::run_str(&["rev-parse", "--is-bare-repository"])
                .is_ok_and(|said| said.starts_with(b"true")),
        };
        is_bare
            && std::env::var_os("GIT_INDEX_FILE").is_none()
            && !self.git_dir.join("index").exists()
    }
}

/// Whether an index entry is only an intention (`git add -N`): it is not committed.
const INTENT_TO_ADD: u16 = 0x2000;

fn native_changes(
    repository: &git2::Repository,
    tree: Option<&ObjectId>,
) -> Result<Vec<IndexChange>, git2::Error> {
    let tree =
        tree.map(|id| repository.find_tree(git2::Oid::from_bytes(id.as_bytes())?)).transpose()?;
    let index = repository.index()?;
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true).skip_binary_check(true);
    let diff = repository.diff_tree_to_index(tree.as_ref(), Some(&index), Some(&mut options))?;
    let id = |file: &git2::DiffFile<'_>| {
        ObjectId::from_bytes(file.id().as_bytes()).filter(|id| !id.is_zero())
    };
    let mut changes = Vec::new();
    for delta in diff.deltas() {
        let (old, new) = (delta.old_file(), delta.new_file());
        let Some(path) = new.path_bytes().or(old.path_bytes()) else {
            continue;
        };
        if delta.status() == git2::Delta::Conflicted {
            continue;
        }
        let is_intent = index
            .get_path(&path_from(path), 0)
            .is_some_and(|entry| entry.flags_extended & INTENT_TO_ADD != 0);
        let staged = match delta.status() {
            git2::Delta::Deleted => None,
            _ if is_intent => None,
            _ => id(&new).map(|id| (u32::from(new.mode()), id)),
        };
        changes.push(IndexChange { path: path.to_vec(), new: staged, old: id(&old) });
    }
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        for side in [conflict.our, conflict.their].into_iter().flatten() {
            let new = ObjectId::from_bytes(side.id.as_bytes()).map(|id| (side.mode, id));
            changes.push(IndexChange { path: side.path, new, old: None });
        }
    }
    Ok(changes)
}

/// Checks the sum of the index, which git does not look at when it reads it.
fn verify_index() -> Result<(), SourceError> {
    let path = plumbing::run_str(&["rev-parse", "--git-path", "index"])?;
    let path = path_from(path.trim_ascii_end());
    match std::fs::read(&path) {
        Ok(bytes) if [20, 32].iter().any(|&size| ends_in_its_sum(&bytes, size)) => Ok(()),
        Ok(_) => Err(damaged_index(&path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SourceError::file(&path, error)),
    }
}

fn damaged_index(path: &Path) -> SourceError {
    let path = escape(path.as_os_str().as_encoded_bytes()).into_owned();
    SourceError::Other(format!(
        "the index `{path}` is damaged; `git reset` makes it anew from HEAD"
    ))
}

fn plumbing_changes(tree: Option<&ObjectId>) -> Result<Vec<IndexChange>, SourceError> {
    let tree = match tree {
        Some(id) => *id,
        None => Repository::empty_tree()?,
    };
    let flags = ["diff-index", "--cached", "-r", "--raw", "-z", "--no-renames", "--no-abbrev"];
    let listed = plumbing::run_str(
        &[&flags[..], &["--ignore-submodules=none", &tree.to_string()]].concat(),
    )?;
    let malformed =
        || SourceError::Other("git diff-index said something that cannot be read".into());
    let mut fields = listed.split(|&byte| byte == 0);
    let mut changes = Vec::new();
    let mut has_conflicts = false;
    while let Some(header) = fields.next().filter(|header| !header.is_empty()) {
        let path = fields.next().ok_or_else(malformed)?.to_vec();
        let words: Vec<&[u8]> = header.split(|&byte| byte == b' ').collect();
        let [_, mode, old, new, status] = words[..] else {
            return Err(malformed());
        };
        if status.starts_with(b"U") {
            has_conflicts = true;
            continue;
        }
        let id = |hex: &[u8]| ObjectId::parse(hex).filter(|id| !id.is_zero());
        let mode =
            std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let mode = mode.ok_or_else(malformed)?;
        changes.push(IndexChange { path, new: id(new).map(|id| (mode, id)), old: id(old) });
    }
    if has_conflicts {
        // ls-files lists what is below the directory it runs in.
        let to_top = plumbing::run_str(&["rev-parse", "--show-cdup"])?;
        let to_top = String::from_utf8_lossy(to_top.trim_ascii_end()).into_owned();
        let to_top = if to_top.is_empty() { "." } else { &to_top };
        let stages = plumbing::run_str(&["-C", to_top, "ls-files", "-u", "-z", "--full-name"])?;
        for (path, mode, id) in parse_stages(&stages)? {
            changes.push(IndexChange { path, new: Some((mode, id)), old: None });
        }
    }
    Ok(changes)
}

/// Parses `mode id stage TAB path NUL`, leaving out stage 1: the common ancestor is old.
fn parse_stages(listed: &[u8]) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, SourceError> {
    let malformed = || SourceError::Other("git ls-files said something that cannot be read".into());
    let mut entries = Vec::new();
    for line in listed.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let tab = memchr::memchr(b'\t', line).ok_or_else(malformed)?;
        let words: Vec<&[u8]> = line[..tab].split(|&byte| byte == b' ').collect();
        let [mode, id, stage] = words[..] else {
            return Err(malformed());
        };
        if stage == b"1" {
            continue;
        }
        let mode =
            std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let (Some(mode), Some(id)) = (mode, ObjectId::parse(id)) else {
            return Err(malformed());
        };
        entries.push((line[tab + 1..].to_vec(), mode, id));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::Command;

    use super::{IndexChange, ObjectId, Repository, index, native_changes};

    fn git(folder: &Path, script: &str) {
        let script = format!(
            "set -e; export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a \
             GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; {script}"
        );
        let done = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// What is staged, without what only one of the readers says: the old side of a conflict.
    fn plain(changes: Vec<IndexChange>) -> BTreeSet<String> {
        let hex = |id: Option<ObjectId>| id.map_or_else(String::new, |id| id.to_string());
        changes
            .into_iter()
            // libgit2 names what is only intended, with nothing on either side.
            .filter(|change| change.new.is_some() || change.old.is_some())
            .map(|change| {
                let new = change.new.map(|(mode, id)| format!("{mode:o} {id}"));
                let path = String::from_utf8_lossy(&change.path).into_owned();
                format!(
                    "{path} {new:?} {}",
                    if path == "conflict" { String::new() } else { hex(change.old) }
                )
            })
            .collect()
    }

    const BASE: &str = "git init -q -b main .; mkdir -p a/b/c d/e gone/deep; for f in top a/1 a/b/2 a/b/c/3 \
         d/e/4 d.txt gone/5 gone/deep/6 d-e/7 turned kept; do mkdir -p $(dirname $f); echo $f >$f; done; \
         git add .; git commit -qm base;";

    #[test]
    fn both_readers_of_the_index_say_the_same() {
        for script in [
            "true",
            "echo x >>a/b/2; git add .",
            "echo n >a/b/new; echo n >d/new; echo n >zz; git add .",
            "git rm -rq gone a/b/c; git rm -q top",
            "git mv a/b moved; echo x >>d.txt; git add .",
            "rm turned; ln -s top turned; chmod +x kept; git add .",
            "git rm -q turned; mkdir turned; echo x >turned/inside; git add .",
            "git rm -rq d/e; mkdir -p d; echo file >d/e; git add .",
            "echo x >intended; git add -N intended; echo y >y; git add y",
            "git update-index --index-version 4; echo x >>a/b/c/3; git add .",
            "git write-tree >/dev/null; echo x >>d/e/4; git add .",
            "git rm -rq .",
            "git config index.skipHash true; echo x >>top; git add .",
            "git checkout -q -b side; echo s >conflict; git add .; git commit -qm s; git checkout -q main; \
             echo m >conflict; git add .; git commit -qm m; git merge -q side || true; echo x >>top; git add top",
        ] {
            let folder = tempfile::tempdir().unwrap();
            git(folder.path(), &format!("{BASE} {script}"));
            let open = || git2::Repository::open(folder.path()).unwrap();
            let head = open().head().unwrap().peel_to_tree().unwrap().id();
            let tree = ObjectId::from_bytes(head.as_bytes());
            let git_dir = open().path().to_owned();
            let mut repository = Repository::new(Some(open()), git_dir);
            for tree in [tree.as_ref(), None] {
                let own = repository.own_index().unwrap().expect("this index is known");
                let own = index::changes(&own, tree, &mut repository).unwrap();
                let native = native_changes(&open(), tree).unwrap();
                assert_eq!(plain(own), plain(native), "{script}");
            }
        }
    }
}
