//! The index against HEAD: what the next commit would add.
//!
//! Blobs are read from the index, never files of the working tree, so filters, attributes and
//! half-staged files change nothing. A path counts as changed if it differs from *every* parent:
//! in a merge, what one side already has is no news.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::blob::BlobReader;
use super::object::{MODE_GITLINK, MODE_TREE, ObjectId};
use super::repository::IndexChange;
use super::{Blob, Content, Listing, ReadError, Reader, Repository, Source, SourceError, Unit};
use crate::finding::{Origin, Place};

/// What to read of the index.
#[derive(Debug, Clone, Default)]
pub struct StagedOptions {
    /// Commits that are parents beside HEAD and that git has not written down yet: in
    /// pre-merge-commit there is no `MERGE_HEAD`.
    pub merge_heads: Vec<ObjectId>,
    /// Files that are read whole from the index even where nothing of them is staged.
    pub files: Vec<PathBuf>,
    /// Whether all lines of a changed file count, be it only its name or mode that changed, and not
    /// only those that no parent has.
    pub whole_files: bool,
    /// Objects larger than this are left out and named.
    pub max_object_bytes: u64,
}

/// What is staged.
#[derive(Debug)]
pub struct Staged {
    options: StagedOptions,
    /// The handle that listed, for the first reader: opening costs more than reading a file.
    spare: Mutex<Option<Repository>>,
}

impl Staged {
    /// Makes a source of what is staged in the repository that git would use here.
    #[must_use]
    pub const fn new(options: StagedOptions) -> Self {
        Staged { options, spare: Mutex::new(None) }
    }

    /// The commits beside HEAD that the next commit will have as parents.
    fn merge_heads(&self, repository: &Repository) -> Result<Vec<ObjectId>, SourceError> {
        let mut heads = self.options.merge_heads.clone();
        heads.extend(super::merge_heads(repository)?);
        heads.sort();
        heads.dedup();
        Ok(heads)
    }
}

impl Source for Staged {
    fn list(&self) -> Result<Listing, SourceError> {
        let mut repository =
            Repository::open()?.with_max_object_bytes(self.options.max_object_bytes);
        if repository.has_no_index() {
            return Err(SourceError::Other(
                "this repository is bare: nothing can be staged in it".into(),
            ));
        }
        let head = repository.head()?;
        let tree = match head {
            Some(id) => Some(root_of(&mut repository, &id)?),
            None => None,
        };
        let mut others = Vec::new();
        for id in self.merge_heads(&repository)? {
            others.push(root_of(&mut repository, &id)?);
        }
        let changes = repository.index_changes(tree.as_ref())?;
        let gone: Arc<[ObjectId]> = changes
            .iter()
            .filter(|change| change.new.is_none())
            .filter_map(|change| change.old)
            .collect();
        let mut listing = Listing::default();
        let older = Older { others: &others, gone, counts: !self.options.whole_files };
        for change in &changes {
            list_change(change, &older, &mut repository, &mut listing)?;
        }
        for (path, mode, id) in self.unstaged_files(&repository, &changes)? {
            push_blob(&path, (mode, id), Vec::new(), &Arc::default(), &repository, &mut listing);
        }
        if let Ok(mut spare) = self.spare.lock() {
            *spare = Some(repository);
        }
        Ok(listing)
    }

    fn open(&self) -> Result<Box<dyn Reader + '_>, SourceError> {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.take());
        let repository = match spare {
            Some(repository) => repository,
            None => Repository::open()?.with_max_object_bytes(self.options.max_object_bytes),
        };
        Ok(Box::new(BlobReader::new(repository)))
    }
}

impl Staged {
    /// What the index has of the files that were named and have no staged change.
    fn unstaged_files(
        &self,
        repository: &Repository,
        changes: &[IndexChange],
    ) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, SourceError> {
        if self.options.files.is_empty() {
            return Ok(Vec::new());
        }
        let mut files = repository.index_files(&self.options.files)?;
        let staged: HashSet<&[u8]> = changes.iter().map(|change| &*change.path).collect();
        files.retain(|(path, mode, _)| *mode != MODE_GITLINK && !staged.contains(&**path));
        Ok(files)
    }
}

fn root_of(repository: &mut Repository, id: &ObjectId) -> Result<ObjectId, SourceError> {
    match repository.commit(id)? {
        Some((_, commit)) => Ok(commit.tree),
        None => Err(SourceError::Other(format!(
            "{id} is no commit, so nothing can be compared with it"
        ))),
    }
}

/// What the parents have, with which changes are compared.
struct Older<'a> {
    /// The trees of the parents beside HEAD.
    others: &'a [ObjectId],
    /// The blobs that go away.
    gone: Arc<[ObjectId]>,
    /// Whether lines that were there before do not count.
    counts: bool,
}

fn list_change(
    change: &IndexChange,
    older: &Older<'_>,
    repository: &mut Repository,
    listing: &mut Listing,
) -> Result<(), SourceError> {
    let Some((mode, id)) = change.new else {
        return Ok(());
    };
    let mut bases: Vec<ObjectId> = change.old.into_iter().collect();
    for tree in older.others {
        bases.extend(entry_at(repository, tree, &change.path)?);
    }
    if mode == MODE_TREE {
        let path = crate::text::escape::escape(&change.path).into_owned();
        let message =
            format!("`{path}` stands in the index as a directory; `git sparse-checkout disable`");
        return Err(SourceError::Other(message));
    }
    if mode == MODE_GITLINK || older.counts && bases.contains(&id) {
        return Ok(());
    }
    if bases.is_empty() {
        let origin = Origin::new(Place::Path, &change.path);
        listing.units.push(Unit::new(origin, Content::Name));
    }
    if older.counts {
        push_blob(&change.path, (mode, id), bases, &older.gone, repository, listing);
    } else {
        push_blob(&change.path, (mode, id), Vec::new(), &Arc::default(), repository, listing);
    }
    Ok(())
}

fn push_blob(
    path: &[u8],
    (_, id): (u32, ObjectId),
    bases: Vec<ObjectId>,
    gone: &Arc<[ObjectId]>,
    repository: &Repository,
    listing: &mut Listing,
) {
    let gone = if bases.is_empty() { gone.clone() } else { Arc::default() };
    let content = Content::Blob(Blob { id, bases, gone });
    let unit = Unit::new(Origin::new(Place::Index, path), content);
    listing.units.push(Unit { size_hint: repository.size(&id), ..unit });
}

/// The id of what a tree has at `path`, if it has anything.
pub(super) fn entry_at(
    repository: &mut Repository,
    tree: &ObjectId,
    path: &[u8],
) -> Result<Option<ObjectId>, ReadError> {
    let mut at = *tree;
    let mut names = path.split(|&byte| byte == b'/').peekable();
    while let Some(name) = names.next() {
        let entries = repository.tree(&at)?;
        match entries.into_iter().find(|entry| entry.name == name) {
            Some(entry) if names.peek().is_none() => return Ok(Some(entry.id)),
            Some(entry) if entry.mode == MODE_TREE => at = entry.id,
            _ => return Ok(None),
        }
    }
    Ok(None)
}
