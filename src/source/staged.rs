//! The index against HEAD: what the next commit would add.
//!
//! Blobs are read from the index, never files of the working tree, so filters, attributes and
//! half-staged files change nothing. A path counts as changed if it differs from *every* parent:
//! in a merge, what one side already has is no news.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::deleted::Deleted;
use super::{Blob, Content, Listing, ReaderOptions, Source, SourceError, Unit, lfs};
use crate::archive::ArchiveLimits;
use crate::finding::{Origin, Place, Progress, SkipKind};
use crate::git::object::{MODE_GITLINK, MODE_TREE, ObjectId};
use crate::git::repository::IndexChange;
use crate::git::state::{Amend, amend, merge_heads};
use crate::git::{GitError, Repository, RepositoryPool};
use crate::text::escape::escape;

/// What to read of the index.
#[derive(Debug, Clone, Default)]
pub struct StagedOptions {
    /// Commits that are parents beside HEAD and that git has not written down yet: in
    /// pre-merge-commit there is no `MERGE_HEAD`.
    pub merge_heads: Vec<ObjectId>,
    /// Whether HEAD is known to be amended.
    pub amends: bool,
    /// Files that are read whole from the index even where nothing of them is staged.
    pub files: Vec<PathBuf>,
    /// Whether all lines of a changed file count, be it only its name or mode that changed, and not
    /// only those that no parent has.
    pub whole_files: bool,
}

/// What is staged.
#[derive(Debug)]
pub struct Staged {
    repository: RepositoryPool,
    options: StagedOptions,
}

impl Staged {
    /// Makes a source of what is staged.
    #[must_use]
    pub fn new(repository: &RepositoryPool, options: StagedOptions) -> Self {
        Staged { repository: repository.clone(), options }
    }

    /// The commits that the next commit will have as parents, the first and the others: HEAD and what is
    /// being merged, or the parents of HEAD where it is amended.
    fn parents(
        &self,
        repository: &mut Repository,
    ) -> Result<(Option<ObjectId>, Vec<ObjectId>), GitError> {
        let head = repository.head()?;
        let mut heads = self.options.merge_heads.clone();
        heads.extend(merge_heads(repository)?);
        heads.sort();
        heads.dedup();
        if let Some(head) = head
            && heads.is_empty()
            && (self.options.amends || is_amend(repository, &head)?)
        {
            let amended = repository.commit(&head)?.ok_or(GitError::NotACommit(head))?.1;
            let mut parents = amended.parents.into_iter();
            return Ok((parents.next(), parents.collect()));
        }
        Ok((head, heads))
    }
}

impl Source for Staged {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let repository = &mut *self.repository.get()?;
        if repository.has_no_index() {
            return Err(SourceError::Bare);
        }
        let (first, more) = self.parents(repository)?;
        let tree = first.map(|id| root_of(repository, &id)).transpose()?;
        let mut others = Vec::new();
        for id in more {
            others.push(root_of(repository, &id)?);
        }
        let changes = repository.index_changes(tree.as_ref())?;
        let deleted = changes
            .iter()
            .filter(|change| change.new.is_none())
            .filter_map(|change| Some((change.old?, change.path.as_slice().into())))
            .collect();
        let deleted = Arc::new(Deleted::new(deleted));
        let reader = ReaderOptions {
            repository: Some(self.repository.clone()),
            archives: Some(ArchiveLimits::default()),
            lfs: lfs::Store::of(repository)?,
            ..ReaderOptions::default()
        };
        let mut listing = Listing { reader, ..Listing::default() };
        let older = Older { others: &others, deleted, counts: !self.options.whole_files };
        for change in &changes {
            list_change(change, &older, repository, &mut listing)?;
        }
        for (path, id) in self.unstaged_files(repository, &changes)? {
            push_blob(&path, Blob::alone(id), repository, &mut listing);
        }
        for file in &self.options.files {
            let is_known = match &tree {
                // What is staged may be that the file goes.
                Some(tree) => repository.is_in_index_or(tree, file)?,
                None => !repository.index_files(std::slice::from_ref(file))?.is_empty(),
            };
            if !is_known {
                let reason =
                    "the index has no such file; `git add` it, or read it with `tightlip scan`";
                listing.skip(SkipKind::Missing, file.as_os_str().as_encoded_bytes(), reason);
            }
        }
        Ok(listing)
    }
}

impl Staged {
    /// What the index has of the files that were named and have no staged change.
    fn unstaged_files(
        &self,
        repository: &Repository,
        changes: &[IndexChange],
    ) -> Result<Vec<(Vec<u8>, ObjectId)>, GitError> {
        if self.options.files.is_empty() {
            return Ok(Vec::new());
        }
        let mut files = repository.index_files(&self.options.files)?;
        let staged: HashSet<&[u8]> = changes.iter().map(|change| &*change.path).collect();
        files.retain(|(path, mode, _)| *mode != MODE_GITLINK && !staged.contains(&**path));
        Ok(files.into_iter().map(|(path, _, id)| (path, id)).collect())
    }
}

fn is_amend(repository: &mut Repository, head: &ObjectId) -> Result<bool, GitError> {
    Ok(match amend(repository)? {
        Amend::No => false,
        Amend::Yes => true,
        Amend::IfNothingIsStaged => {
            let tree = root_of(repository, head)?;
            repository.index_changes(Some(&tree))?.is_empty()
        }
    })
}

fn root_of(repository: &mut Repository, id: &ObjectId) -> Result<ObjectId, GitError> {
    match repository.commit(id)? {
        Some((_, commit)) => Ok(commit.tree),
        None => Err(GitError::NotACommit(*id)),
    }
}

/// What the parents have, with which changes are compared.
struct Older<'a> {
    /// The trees of the parents beside HEAD.
    others: &'a [ObjectId],
    /// The files that are deleted.
    deleted: Arc<Deleted>,
    /// Whether lines that were there before do not count.
    counts: bool,
}

fn list_change(
    change: &IndexChange,
    older: &Older<'_>,
    repository: &mut Repository,
    listing: &mut Listing,
) -> Result<(), GitError> {
    let Some((mode, id)) = change.new else {
        return Ok(());
    };
    let mut bases: Vec<ObjectId> = change.old.into_iter().collect();
    for tree in older.others {
        bases.extend(repository.entry_at(tree, &change.path)?);
    }
    if mode == MODE_TREE {
        let path = escape(&change.path).into_owned();
        return Err(GitError::SparseDirectory { path });
    }
    if mode == MODE_GITLINK || older.counts && bases.contains(&id) {
        return Ok(());
    }
    if bases.is_empty() {
        let origin = Origin::new(Place::Path, &change.path);
        listing.units.push(Unit::new(origin, Content::Name));
    }
    let deleted = if bases.is_empty() { older.deleted.clone() } else { Arc::default() };
    let blob = if older.counts { Blob { id, bases, deleted } } else { Blob::alone(id) };
    push_blob(&change.path, blob, repository, listing);
    Ok(())
}

fn push_blob(path: &[u8], blob: Blob, repository: &mut Repository, listing: &mut Listing) {
    let size_hint = repository.size(&blob.id);
    let unit = Unit::new(Origin::new(Place::Index, path), Content::Blob(blob));
    listing.units.push(Unit { size_hint, ..unit });
}
