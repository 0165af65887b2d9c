//! What a repository's refs lead to.

use git2::ErrorCode;

use super::Repository;
use crate::finding::Skipped;
use crate::source::object::ObjectId;
use crate::source::{SourceError, Tip, plumbing};

impl Repository {
    /// Returns what HEAD points at; `None` before the first commit.
    ///
    /// # Errors
    /// HEAD is damaged.
    pub fn head(&self) -> Result<Option<ObjectId>, SourceError> {
        if let Some(native) = &self.native {
            return match native.head().and_then(|head| head.resolve()) {
                Ok(head) => Ok(head.target().and_then(|oid| ObjectId::from_bytes(oid.as_bytes()))),
                Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
                Err(error) => {
                    Err(SourceError::Other(format!("cannot read HEAD: {}", error.message())))
                }
            };
        }
        let output = plumbing::git().args(["rev-parse", "--verify", "-q", "HEAD"]).output();
        let output = output.map_err(SourceError::NoGit)?;
        if output.status.success() {
            return ObjectId::parse(output.stdout.trim_ascii_end())
                .map(Some)
                .ok_or_else(|| SourceError::Other("git says no id for HEAD".into()));
        }
        // Unborn only if HEAD is a symbolic ref; anything else is damage.
        plumbing::run_str(&["symbolic-ref", "-q", "HEAD"]).map(|_| None)
    }

    /// Returns what the refs point at whose names begin with one of `prefixes`, tags not peeled.
    ///
    /// # Errors
    /// The refs cannot be listed.
    pub(in crate::source) fn refs(
        &self,
        prefixes: &[String],
    ) -> Result<Vec<ObjectId>, SourceError> {
        let is_wanted =
            |name: &[u8]| prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()));
        if let Some(native) = &self.native {
            let refused = |error: git2::Error| {
                SourceError::Other(format!("cannot list refs: {}", error.message()))
            };
            let mut ids = Vec::new();
            for reference in native.references().map_err(refused)? {
                let reference = reference.map_err(refused)?;
                if is_wanted(reference.name_bytes()) {
                    ids.extend(
                        reference.target().and_then(|oid| ObjectId::from_bytes(oid.as_bytes())),
                    );
                }
            }
            return Ok(ids);
        }
        let listed = plumbing::run_str(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
        let ids = listed.split(|&byte| byte == b'\n').filter_map(|line| {
            let (id, name) = line.split_at_checked(line.iter().position(|&byte| byte == b' ')?)?;
            is_wanted(&name[1..]).then(|| ObjectId::parse(id)).flatten()
        });
        Ok(ids.collect())
    }

    /// Returns HEAD and every ref with what they point at, tags not peeled. A ref that cannot be
    /// read is named in `skipped`.
    ///
    /// # Errors
    /// HEAD is damaged, or git is needed and cannot be run.
    pub fn tips(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, SourceError> {
        let mut tips = Vec::new();
        if let Some(id) = self.head()? {
            tips.push(Tip { id, name: b"HEAD".to_vec() });
        }
        tips.extend(self.worktree_heads());
        let mut refs = self.named_refs(skipped)?;
        refs.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
        tips.extend(refs);
        Ok(tips)
    }

    /// Returns the stashes below the newest one, which no ref names.
    ///
    /// # Errors
    /// Git cannot read their list.
    pub fn stashes(&self) -> Result<Vec<Tip>, SourceError> {
        if plumbing::run_str(&["rev-parse", "--verify", "--quiet", "refs/stash"]).is_err() {
            return Ok(Vec::new());
        }
        let said = plumbing::run_str(&["rev-list", "--walk-reflogs", "refs/stash"])?;
        let ids = said.split(|&byte| byte == b'\n').filter_map(ObjectId::parse);
        let tip = |(at, id)| Tip { id, name: format!("stash@{{{at}}}").into_bytes() };
        Ok(ids.enumerate().skip(1).map(tip).collect())
    }

    /// Returns what is checked out in other worktrees without being on a branch.
    fn worktree_heads(&self) -> Vec<Tip> {
        let common = self.common_dir();
        let mut heads = Vec::new();
        if self.git_dir != common {
            heads.push((common.join("HEAD"), b"HEAD of the main worktree".to_vec()));
        }
        if let Ok(folders) = std::fs::read_dir(common.join("worktrees")) {
            for folder in folders.flatten() {
                let name = folder.file_name();
                let name = [b"HEAD of worktree ", name.as_encoded_bytes()].concat();
                heads.push((folder.path().join("HEAD"), name));
            }
        }
        heads.sort();
        let detached = heads.into_iter().filter_map(|(file, name)| {
            let id = ObjectId::parse(std::fs::read(file).ok()?.trim_ascii())?;
            Some(Tip { id, name })
        });
        detached.collect()
    }

    /// Returns every ref with what it points at, tags not peeled. One that cannot be read is named
    /// in `skipped`; symbolic refs are left to what they point at.
    fn named_refs(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, SourceError> {
        let mut tips = Vec::new();
        let format = "--format=%(objectname) %(refname)";
        // libgit2 stops at the first ref that is broken.
        if let Some(native) = &self.native
            && let Ok(references) = native.references()
        {
            let refs: Result<Vec<_>, git2::Error> = references.collect();
            if let Ok(refs) = refs {
                for reference in refs {
                    let target = reference.target();
                    let id = target.and_then(|oid| ObjectId::from_bytes(oid.as_bytes()));
                    let name = reference.name_bytes().to_vec();
                    tips.extend(id.map(|id| Tip { id, name }));
                }
                return Ok(tips);
            }
        }
        let output = plumbing::git().args(["for-each-ref", format]).output();
        let output = output.map_err(SourceError::NoGit)?;
        for line in output.stdout.split(|&byte| byte == b'\n') {
            let blank = line.iter().position(|&byte| byte == b' ').unwrap_or(0);
            if let Some(id) = ObjectId::parse(&line[..blank]) {
                tips.push(Tip { id, name: line[blank + 1..].to_vec() });
            }
        }
        let said = String::from_utf8_lossy(&output.stderr);
        for line in said.lines().filter(|line| !line.is_empty()) {
            skipped.push(Skipped {
                path: b"refs".to_vec(),
                reason: format!("git says \"{line}\""),
                incomplete: true,
            });
        }
        Ok(tips)
    }
}

/// Branches tell most, then tags, then what stands for other places.
fn rank(name: &[u8]) -> u8 {
    let order: [&[u8]; 3] = [b"refs/heads/", b"refs/tags/", b"refs/remotes/"];
    order.iter().position(|prefix| name.starts_with(prefix)).unwrap_or(3) as u8
}
