//! What the index has that HEAD has not: read by ourselves, or by git.

use std::path::{Path, PathBuf};

use super::Repository;
use super::compare::{self, IndexChange};
use crate::git::command::nul_fields;
use crate::git::index::{Index, Unread, ends_in_its_sum};
use crate::git::object::ObjectId;
use crate::git::{GitError, Location};
use crate::text::escape::escape_path;

impl Repository {
    /// Returns how the index differs from `tree` (from nothing, if there is none).
    pub(crate) fn index_changes(
        &mut self,
        tree: Option<&ObjectId>,
    ) -> Result<Vec<IndexChange>, GitError> {
        if self.native.is_some()
            && let Some(index) = self.own_index()?
        {
            return Ok(compare::changes(&index, tree, self)?);
        }
        self.verify_index()?;
        let tree = match tree {
            Some(id) => *id,
            None => self.empty_tree()?,
        };
        changes_by_git(&self.location, &tree)
    }

    /// Reads the index by hand; `None` if it uses what this program leaves to git.
    fn own_index(&self) -> Result<Option<Index>, GitError> {
        let path = self.index_file();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(Index::default()));
            }
            Err(error) => return Err(GitError::file(&path, error)),
        };
        match Index::parse(&bytes, 20) {
            Ok(index) => Ok(Some(index)),
            Err(Unread::Unknown) => Ok(None),
            Err(Unread::Damaged) => Err(damaged_index(&path)),
        }
    }

    /// Returns the id that the index has at a path from the root.
    pub(crate) fn staged_id(&self, path: &str) -> Result<Option<ObjectId>, GitError> {
        if self.native.is_some()
            && let Some(index) = self.own_index()?
        {
            let mut entries = index.entries.iter();
            // Of a conflict, the common ancestor is old.
            let found =
                entries.find(|entry| entry.stage != 1 && index.path(entry) == path.as_bytes());
            return Ok(found.map(|entry| entry.id));
        }
        let root = self.location.root().unwrap_or_default();
        let found = self.index_files(&[root.join(path)])?;
        Ok(found.first().map(|(_, _, id)| *id))
    }

    /// Returns what the index has at `paths`, relative to the location's directory.
    pub(crate) fn index_files(
        &self,
        paths: &[PathBuf],
    ) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, GitError> {
        let mut command = self.location.git();
        command.args(["ls-files", "-s", "-z", "--full-name", "--"]).args(paths);
        parse_stages(&crate::git::command::printed(&mut command)?)
    }

    /// Whether a path, from the current directory, names a file of the index or of `tree`.
    pub(crate) fn is_in_index_or(&self, tree: &ObjectId, path: &Path) -> Result<bool, GitError> {
        let mut command = self.location.git();
        command.args(["ls-files", "-z", &format!("--with-tree={tree}"), "--"]).arg(path);
        Ok(!crate::git::command::printed(&mut command)?.is_empty())
    }

    /// Whether there can be no index here. A bare repository has one if somebody gave it one.
    pub(crate) fn has_no_index(&self) -> bool {
        self.is_bare()
            && !self.location.environment().is_set("GIT_INDEX_FILE")
            && !self.git_dir.join("index").exists()
    }

    /// Checks the sum of the index, which git does not look at when it reads it.
    fn verify_index(&self) -> Result<(), GitError> {
        let path = self.location.path(["rev-parse", "--git-path", "index"])?;
        let path = self.location.join(path);
        match std::fs::read(&path) {
            Ok(bytes) if [20, 32].iter().any(|&size| ends_in_its_sum(&bytes, size)) => Ok(()),
            Ok(_) => Err(damaged_index(&path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(GitError::file(&path, error)),
        }
    }
}

fn damaged_index(path: &Path) -> GitError {
    GitError::Damaged { path: escape_path(path), advice: "`git reset` makes it anew from HEAD" }
}

fn changes_by_git(location: &Location, tree: &ObjectId) -> Result<Vec<IndexChange>, GitError> {
    let malformed = || GitError::Unexpected { command: "diff-index", found: "a malformed line" };
    let mut command = location.git();
    command
        .args(["diff-index", "--cached", "-r", "--raw", "-z", "--no-renames", "--no-abbrev"])
        .args(["--ita-invisible-in-index", "--ignore-submodules=none", &tree.to_string()]);
    let listed = crate::git::command::printed(&mut command)?;
    let mut fields = nul_fields(&listed);
    let mut changes = Vec::new();
    let mut has_conflicts = false;
    while let Some(header) = fields.next() {
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
        let mode = parse_mode(mode).ok_or_else(malformed)?;
        changes.push(IndexChange { path, new: id(new).map(|id| (mode, id)), old: id(old) });
    }
    if has_conflicts {
        // ls-files lists what is below the directory it runs in.
        let to_top = location.line(["rev-parse", "--show-cdup"])?;
        let to_top = String::from_utf8_lossy(&to_top).into_owned();
        let to_top = if to_top.is_empty() { "." } else { &to_top };
        let stages = location.run(["-C", to_top, "ls-files", "-u", "-z", "--full-name"])?;
        for (path, mode, id) in parse_stages(&stages)? {
            changes.push(IndexChange { path, new: Some((mode, id)), old: None });
        }
    }
    Ok(changes)
}

/// Parses `mode id stage TAB path NUL`, leaving out stage 1: the common ancestor is old.
fn parse_stages(listed: &[u8]) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, GitError> {
    let malformed = || GitError::Unexpected { command: "ls-files", found: "a malformed line" };
    let mut entries = Vec::new();
    for line in nul_fields(listed) {
        let tab = memchr::memchr(b'\t', line).ok_or_else(malformed)?;
        let words: Vec<&[u8]> = line[..tab].split(|&byte| byte == b' ').collect();
        let [mode, id, stage] = words[..] else {
            return Err(malformed());
        };
        if stage == b"1" {
            continue;
        }
        let (Some(mode), Some(id)) = (parse_mode(mode), ObjectId::parse(id)) else {
            return Err(malformed());
        };
        entries.push((line[tab + 1..].to_vec(), mode, id));
    }
    Ok(entries)
}

/// Parses the octal mode of a file.
pub(crate) fn parse_mode(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::Command;

    use super::{IndexChange, Location, ObjectId, Repository, changes_by_git, compare};
    use crate::environment::Environment;

    /// An environment with nothing of the tester's in it.
    fn environment() -> Environment {
        let path = std::env::var_os("PATH").unwrap();
        let own = ["GIT_CONFIG_NOSYSTEM", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"];
        let own = own.map(|name| (name.into(), "1".into()));
        let mails = ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        let mails = mails.map(|name| (name.into(), "a@b".into()));
        let home = ("HOME".into(), "/nonexistent".into());
        Environment::new([("PATH".into(), path), home].into_iter().chain(own).chain(mails))
    }

    fn shell(folder: &Path, script: &str) {
        let mut command = Command::new("sh");
        command.env_clear().envs(environment().iter()).current_dir(folder);
        let done = command.args(["-e", "-c", script]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// What is staged, without what only one of the readers says: the old side of a conflict, and
    /// what is only intended, with nothing on either side.
    fn plain(changes: Vec<IndexChange>) -> BTreeSet<String> {
        let hex = |id: Option<ObjectId>| id.map_or_else(String::new, |id| id.to_string());
        changes
            .into_iter()
            .filter(|change| change.new.is_some() || change.old.is_some())
            .map(|change| {
                let new = change.new.map(|(mode, id)| format!("{mode:o} {id}"));
                let path = String::from_utf8_lossy(&change.path).into_owned();
                let old = if path == "conflict" { String::new() } else { hex(change.old) };
                format!("{path} {new:?} {old}")
            })
            .collect()
    }

    const BASE: &str = "git init -q -b main .; mkdir -p a/b/c d/e gone/deep; for f in top a/1 a/b/2 a/b/c/3 \
         d/e/4 d.txt gone/5 gone/deep/6 d-e/7 turned kept; do mkdir -p $(dirname $f); echo $f >$f; done; \
         git add .; git commit -qm base;";

    #[test]
    fn own_reader_of_the_index_agrees_with_git() {
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
            shell(folder.path(), &format!("{BASE} {script}"));
            let location = Location::new(folder.path(), environment());
            let mut repository = Repository::open(&location).unwrap();
            let head = location.id(["rev-parse", "HEAD^{tree}"]).unwrap();
            for tree in [head, None] {
                let own = repository.own_index().unwrap().expect("this index is known");
                let own = compare::changes(&own, tree.as_ref(), &mut repository).unwrap();
                let empty = repository.empty_tree().unwrap();
                let by_git = changes_by_git(&location, &tree.unwrap_or(empty)).unwrap();
                assert_eq!(plain(own), plain(by_git), "{script}");
            }
        }
    }
}
