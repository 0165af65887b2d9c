//! What a repository's refs lead to.

use std::collections::HashSet;

use git2::ErrorCode;

use super::Repository;
use crate::finding::{SkipKind, Skipped};
use crate::git::GitError;
use crate::git::command::{lines, nul_fields, printed_if_set};
use crate::git::object::ObjectId;

/// Something that is sent, with the name it is sent under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// What the ref will point at: a commit, a tag, or rarely a tree or a blob.
    pub id: ObjectId,
    /// The name it is to have on the other side, or empty.
    pub name: Vec<u8>,
}

/// How `git for-each-ref` is asked.
const FORMAT: &str = "--format=%(objectname) %(refname)";

fn native_error(what: &'static str, error: &git2::Error) -> GitError {
    let advice = "`git fsck` shows what is damaged";
    GitError::Native { what, message: error.message().to_owned(), advice }
}

impl Repository {
    /// Returns what HEAD points at; `None` before the first commit.
    ///
    /// # Errors
    /// HEAD is damaged.
    pub fn head(&self) -> Result<Option<ObjectId>, GitError> {
        if let Some(native) = &self.native {
            match native.head().and_then(|head| head.resolve()) {
                Ok(head) => {
                    return Ok(head.target().and_then(|oid| ObjectId::from_bytes(oid.as_bytes())));
                }
                // A branch that libgit2 does not see may stand in a file that it could not understand before.
                Err(error) if error.code() == ErrorCode::UnbornBranch => {
                    if self.has_whole_packed_refs() {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(native_error("HEAD", &error)),
            }
        }
        let mut command = self.location.git();
        command.args(["rev-parse", "--verify", "-q", "HEAD"]);
        if let Some(printed) = printed_if_set(&mut command)? {
            let id = ObjectId::parse(printed.trim_ascii_end());
            let found = "no object id for HEAD";
            return id.map(Some).ok_or(GitError::Unexpected { command: "rev-parse", found });
        }
        // Unborn only if HEAD is a symbolic ref; anything else is damage.
        self.location.run(["symbolic-ref", "-q", "HEAD"]).map(|_| None)
    }

    /// Returns what the refs point at whose names begin with one of `prefixes`, tags not peeled.
    ///
    /// # Errors
    /// The refs cannot be listed.
    pub(crate) fn refs(&self, prefixes: &[String]) -> Result<Vec<ObjectId>, GitError> {
        Ok(self.refs_below(prefixes)?.into_iter().map(|tip| tip.id).collect())
    }

    /// As [`refs`](Self::refs), with their names.
    ///
    /// # Errors
    /// The refs cannot be listed.
    pub(crate) fn refs_below(&self, prefixes: &[String]) -> Result<Vec<Tip>, GitError> {
        let is_wanted =
            |name: &[u8]| prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()));
        if let Some(native) = self.native.as_ref().filter(|_| self.has_whole_packed_refs()) {
            let refused = |error: git2::Error| native_error("the refs", &error);
            let mut tips = Vec::new();
            for reference in native.references().map_err(refused)? {
                let reference = reference.map_err(refused)?;
                let name = reference.name_bytes();
                if is_wanted(name) {
                    let id =
                        reference.target().and_then(|oid| ObjectId::from_bytes(oid.as_bytes()));
                    tips.extend(id.map(|id| Tip { id, name: name.to_vec() }));
                }
            }
            return Ok(tips);
        }
        let listed = self.location.run(["for-each-ref", FORMAT])?;
        let tips = lines(&listed).filter_map(|line| {
            let (id, name) = line.split_at_checked(line.iter().position(|&byte| byte == b' ')?)?;
            let name = &name[1..];
            let id = is_wanted(name).then(|| ObjectId::parse(id)).flatten()?;
            Some(Tip { id, name: name.to_vec() })
        });
        Ok(tips.collect())
    }

    /// Returns HEAD and every ref with what they point at, tags not peeled. A ref that cannot be
    /// read is named in `skipped`.
    ///
    /// # Errors
    /// HEAD is damaged, or git is needed and cannot be run.
    pub fn tips(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, GitError> {
        let mut tips = Vec::new();
        if let Some(id) = self.head()? {
            tips.push(Tip { id, name: b"HEAD".to_vec() });
        }
        tips.extend(self.worktree_heads(skipped)?);
        let mut refs = self.named_refs(skipped)?;
        refs.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
        tips.extend(refs);
        Ok(tips)
    }

    /// Returns the stashes below the newest one, which no ref names.
    ///
    /// # Errors
    /// Git cannot read their list.
    pub fn stashes(&self) -> Result<Vec<Tip>, GitError> {
        if self.location.run(["rev-parse", "--verify", "--quiet", "refs/stash"]).is_err() {
            return Ok(Vec::new());
        }
        let listed = self.location.run(["rev-list", "--walk-reflogs", "refs/stash"])?;
        let ids = lines(&listed).filter_map(ObjectId::parse);
        let tip = |(at, id)| Tip { id, name: format!("stash@{{{at}}}").into_bytes() };
        Ok(ids.enumerate().skip(1).map(tip).collect())
    }

    /// Returns what is checked out in other worktrees without being on a branch. What cannot be read is named in
    /// `skipped`.
    fn worktree_heads(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, GitError> {
        let common = self.common_dir();
        let folder = common.join("worktrees");
        let is_linked = self.git_dir != common;
        match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_linked => {
                return Ok(Vec::new());
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let reason = format!("linked working trees cannot be listed: {error}");
                let folder = folder.as_os_str().as_encoded_bytes();
                skipped.push(Skipped::new(SkipKind::Unreadable, folder, reason));
            }
            _ => {}
        }
        // Git knows how each kind of repository stores a HEAD.
        let listed = self.worktree_list()?;
        let mut tips = Vec::new();
        // The main one is first.
        for (at, worktree) in parse_worktrees(&listed).into_iter().enumerate() {
            let name = match at {
                0 if is_linked => b"HEAD of the main worktree".to_vec(),
                0 => continue,
                _ => [b"HEAD of worktree ", file_name(worktree.root)].concat(),
            };
            match worktree.head {
                Head::Detached(id) => tips.push(Tip { id, name }),
                Head::Branch | Head::Bare => {}
                Head::Unreadable => {
                    let reason = "git cannot read it; `git worktree repair` or `prune` may help";
                    skipped.push(Skipped::new(SkipKind::Unreadable, &name, reason));
                }
            }
        }
        Ok(tips)
    }

    /// Returns what git says of all working trees, for [`parse_worktrees`].
    pub(super) fn worktree_list(&self) -> Result<Vec<u8>, GitError> {
        let words = ["worktree", "list", "--porcelain"];
        self.location.run(words.into_iter().chain(["-z"])).or_else(|_| {
            // Before git 2.36 there was no `-z`.
            let mut listed = self.location.run(words)?;
            listed.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = 0);
            Ok(listed)
        })
    }

    /// Returns every ref with what it points at, tags not peeled. One that cannot be read is named
    /// in `skipped`; symbolic refs are left to what they point at.
    fn named_refs(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, GitError> {
        let mut tips = Vec::new();
        let mut known = HashSet::new();
        // libgit2 stops at some refs that are broken, and passes over others.
        if let Some(native) = self.native.as_ref().filter(|_| self.has_whole_packed_refs())
            && let Ok(references) = native.references()
        {
            let refs: Result<Vec<_>, git2::Error> = references.collect();
            if let Ok(refs) = refs {
                for reference in refs {
                    let target = reference.target();
                    let id = target.and_then(|oid| ObjectId::from_bytes(oid.as_bytes()));
                    let name = reference.name_bytes().to_vec();
                    known.insert(name.clone());
                    tips.extend(id.map(|id| Tip { id, name }));
                }
                self.name_broken_refs(&known, skipped);
                return Ok(tips);
            }
        }
        let output = self.location.git().args(["for-each-ref", FORMAT]).output();
        let output = output.map_err(GitError::NoGit)?;
        for line in lines(&output.stdout) {
            let blank = line.iter().position(|&byte| byte == b' ').unwrap_or(0);
            if let Some(id) = ObjectId::parse(&line[..blank]) {
                tips.push(Tip { id, name: line[blank + 1..].to_vec() });
            }
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        for line in errors.lines().filter(|line| !line.is_empty()) {
            let reason = format!("git says \"{line}\"");
            skipped.push(Skipped::new(SkipKind::Damaged, b"refs", reason));
        }
        Ok(tips)
    }
}

impl Repository {
    /// Whether every line of `packed-refs` can be understood. libgit2 says once that one cannot, and has no refs
    /// at all from then on.
    fn has_whole_packed_refs(&self) -> bool {
        match std::fs::read(self.common_dir().join("packed-refs")) {
            Ok(text) => text.split_inclusive(|byte| *byte == b'\n').all(is_packed_ref),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// Names the files of refs that libgit2 has passed over: they lead nowhere, and nobody knows where they led.
    fn name_broken_refs(&self, known: &HashSet<Vec<u8>>, skipped: &mut Vec<Skipped>) {
        let mut todo = vec![(self.common_dir().join("refs"), b"refs".to_vec())];
        let mut broken = Vec::new();
        while let Some((folder, name)) = todo.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = [&name, &b"/"[..], entry.file_name().as_encoded_bytes()].concat();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    todo.push((entry.path(), name));
                } else if !name.ends_with(b".lock") && !known.contains(&name) {
                    // One that was made a moment ago is whole.
                    let text = std::fs::read(entry.path()).unwrap_or_default();
                    let is_whole =
                        text.starts_with(b"ref: ") || ObjectId::parse(text.trim_ascii()).is_some();
                    broken.extend((!is_whole && entry.path().exists()).then_some(name));
                }
            }
        }
        broken.sort();
        let reason = "it holds no object id, so what it led to is not known";
        skipped.extend(broken.iter().map(|name| Skipped::new(SkipKind::Damaged, name, reason)));
    }
}

/// Whether a line of `packed-refs` is a comment, a ref or what a tag leads to:
/// <https://git-scm.com/docs/git-pack-refs>.
fn is_packed_ref(line: &[u8]) -> bool {
    let Some(line) = line.strip_suffix(b"\n") else { return false };
    match line.split_first() {
        Some((b'#', _)) => true,
        Some((b'^', id)) => ObjectId::parse(id).is_some(),
        _ => line.iter().position(|byte| *byte == b' ').is_some_and(|blank| {
            let name = &line[blank + 1..];
            ObjectId::parse(&line[..blank]).is_some()
                && name.starts_with(b"refs/")
                && name.iter().all(|byte| *byte > b' ' && *byte != 0x7f)
        }),
    }
}

/// Branches tell most, then tags, then what stands for other places.
fn rank(name: &[u8]) -> u8 {
    let order: [&[u8]; 3] = [b"refs/heads/", b"refs/tags/", b"refs/remotes/"];
    order.iter().position(|prefix| name.starts_with(prefix)).unwrap_or(3) as u8
}

/// A working tree, as git lists it.
pub(super) struct ListedWorktree<'a> {
    pub(super) root: &'a [u8],
    pub(super) head: Head,
}

/// What is checked out in a working tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// A commit, on no branch.
    Detached(ObjectId),
    Branch,
    /// Nothing: the entry is the bare repository itself.
    Bare,
    /// Something that git cannot read.
    Unreadable,
}

/// Parses what `git worktree list --porcelain -z` prints.
/// <https://git-scm.com/docs/git-worktree#_porcelain_format>
pub(super) fn parse_worktrees(listed: &[u8]) -> Vec<ListedWorktree<'_>> {
    let mut found: Vec<ListedWorktree<'_>> = Vec::new();
    let mut id = None;
    for line in nul_fields(listed) {
        if let Some(root) = line.strip_prefix(b"worktree ") {
            found.push(ListedWorktree { root, head: Head::Unreadable });
            id = None;
        } else if let Some(named) = line.strip_prefix(b"HEAD ") {
            id = ObjectId::parse(named);
        } else if let Some(last) = found.last_mut() {
            match line {
                b"detached" => last.head = id.map_or(Head::Unreadable, Head::Detached),
                b"bare" => last.head = Head::Bare,
                _ if line.starts_with(b"branch ") => last.head = Head::Branch,
                _ => {}
            }
        }
    }
    found
}

/// The last part of a path that git prints.
fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().filter(|name| !name.is_empty()).unwrap_or(path)
}
