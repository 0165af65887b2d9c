//! The index beside a tree: what was staged.

use std::collections::HashMap;
use std::ops::Range;

use super::Repository;
use crate::git::ReadError;
use crate::git::index::{Cached, Entry, Index};
use crate::git::object::{MODE_TREE, ObjectId, TreeEntry, TreeLimit};

/// A changed path of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexChange {
    pub(crate) path: Vec<u8>,
    /// The mode and id of what is staged; `None` where the path is removed.
    pub(crate) new: Option<(u32, ObjectId)>,
    /// The id that the tree has at the path.
    pub(crate) old: Option<ObjectId>,
}

/// Returns how `index` differs from `tree` (from nothing, if there is none).
pub(crate) fn changes(
    index: &Index,
    tree: Option<&ObjectId>,
    repository: &mut Repository,
) -> Result<Vec<IndexChange>, ReadError> {
    let mut comparison =
        Comparison { index, repository, changes: Vec::new(), limit: TreeLimit::default() };
    let mut todo = vec![Folder {
        prefix: Vec::new(),
        entries: 0..index.entries.len(),
        cached: index.cached.as_ref(),
        tree: tree.copied(),
    }];
    while let Some(folder) = todo.pop() {
        comparison.folder(&folder, &mut todo)?;
    }
    let mut changes = comparison.changes;
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// A directory: what the index has in it beside what the tree has.
struct Folder<'a> {
    /// Its path with a slash at the end; empty for the root.
    prefix: Vec<u8>,
    entries: Range<usize>,
    cached: Option<&'a Cached>,
    tree: Option<ObjectId>,
}

struct Comparison<'a> {
    index: &'a Index,
    repository: &'a mut Repository,
    changes: Vec<IndexChange>,
    /// Limits what is listed of the tree alone. What the index has is no longer than its file.
    limit: TreeLimit,
}

impl<'a> Comparison<'a> {
    fn folder(&mut self, folder: &Folder<'a>, todo: &mut Vec<Folder<'a>>) -> Result<(), ReadError> {
        let cached_id = folder.cached.and_then(|cached| cached.tree).map(|(_, id)| id);
        if cached_id.is_some() && cached_id == folder.tree {
            return Ok(());
        }
        let tree = match &folder.tree {
            Some(id) => self.repository.tree(id)?,
            None => Vec::new(),
        };
        let mut names = Names::new(&tree);
        let mut at = folder.entries.start;
        while at < folder.entries.end {
            let entry = &self.index.entries[at];
            let path = self.index.path(entry);
            let rest = &path[folder.prefix.len()..];
            match memchr::memchr(b'/', rest) {
                Some(slash) => {
                    let old = names.find(&rest[..slash]);
                    let below = self.below(folder, &path[..folder.prefix.len() + slash + 1], at);
                    at = below.entries.end;
                    let tree = old.filter(|old| old.mode == MODE_TREE).map(|old| old.id);
                    self.note_lost_file(old, &below.prefix);
                    todo.push(Folder { tree, ..below });
                }
                None => {
                    let old = names.find(rest);
                    self.file(entry, path, old, todo);
                    at += 1;
                }
            }
        }
        for old in names.not_found() {
            self.lost(old, [&folder.prefix, old.name.as_slice()].concat(), todo);
        }
        Ok(())
    }

    /// The directory that begins at entry `at`; `prefix` is its path with the slash.
    fn below(&self, folder: &Folder<'a>, prefix: &[u8], at: usize) -> Folder<'a> {
        let name = &prefix[folder.prefix.len()..prefix.len() - 1];
        let children = folder.cached.map_or(&[][..], |cached| &cached.children);
        let cached = children.iter().find(|child| child.name == name);
        let rest = &self.index.entries[at..folder.entries.end];
        let is_below = |entry: &Entry| self.index.path(entry).starts_with(prefix);
        let counted = cached.and_then(|cached| cached.tree).map(|(count, _)| count);
        // The count saves a search; it is checked, for nothing else says that it is right.
        let count = counted
            .filter(|&count| {
                count > 0
                    && rest.get(count - 1).is_some_and(is_below)
                    && !rest.get(count).is_some_and(is_below)
            })
            .unwrap_or_else(|| rest.partition_point(is_below));
        Folder { prefix: prefix.to_vec(), entries: at..at + count, cached, tree: None }
    }

    fn file(
        &mut self,
        entry: &Entry,
        path: &[u8],
        old: Option<&TreeEntry>,
        todo: &mut Vec<Folder<'a>>,
    ) {
        let blob = old.filter(|old| old.mode != MODE_TREE);
        let is_same = |old: &TreeEntry| old.id == entry.id && old.mode == entry.mode;
        // Of a conflict, the common ancestor is old.
        if entry.is_intent || entry.stage == 1 || entry.stage == 0 && blob.is_some_and(is_same) {
            return;
        }
        let new = Some((entry.mode, entry.id));
        let old_id = blob.map(|old| old.id);
        self.changes.push(IndexChange { path: path.to_vec(), new, old: old_id });
        if let Some(tree) = old.filter(|old| old.mode == MODE_TREE) {
            self.lost(tree, path.to_vec(), todo);
        }
    }

    /// A file where the index now has a directory.
    fn note_lost_file(&mut self, old: Option<&TreeEntry>, prefix: &[u8]) {
        if let Some(old) = old.filter(|old| old.mode != MODE_TREE) {
            let path = prefix[..prefix.len() - 1].to_vec();
            self.changes.push(IndexChange { path, new: None, old: Some(old.id) });
        }
    }

    /// What the tree has and the index has not. It can only make a new file an old one that was renamed, so what is
    /// beyond the limit is left out.
    fn lost(&mut self, old: &TreeEntry, path: Vec<u8>, todo: &mut Vec<Folder<'a>>) {
        if self.limit.is_reached() {
            return;
        }
        self.limit.count(&path);
        if old.mode == MODE_TREE {
            let prefix = [&path, &b"/"[..]].concat();
            todo.push(Folder { prefix, entries: 0..0, cached: None, tree: Some(old.id) });
        } else {
            self.changes.push(IndexChange { path, new: None, old: Some(old.id) });
        }
    }
}

/// The names of a tree, and which of them were asked for.
struct Names<'t> {
    tree: &'t [TreeEntry],
    places: HashMap<&'t [u8], usize>,
    found: Vec<bool>,
}

impl<'t> Names<'t> {
    fn new(tree: &'t [TreeEntry]) -> Self {
        let places = tree.iter().enumerate().map(|(at, entry)| (&*entry.name, at)).collect();
        Names { tree, places, found: vec![false; tree.len()] }
    }

    fn find(&mut self, name: &[u8]) -> Option<&'t TreeEntry> {
        let at = *self.places.get(name)?;
        self.found[at] = true;
        Some(&self.tree[at])
    }

    fn not_found(self) -> impl Iterator<Item = &'t TreeEntry> {
        self.tree.iter().zip(self.found).filter(|(_, found)| !found).map(|(entry, _)| entry)
    }
}
