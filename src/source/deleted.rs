//! Files that a change deletes: one of them may be a new file under its older name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::git::ReadError;
use crate::git::object::{MODE_GITLINK, MODE_TREE, ObjectId, TreeEntry, TreeLimit};

/// Files that a change deletes.
#[derive(Debug, Default)]
pub(super) struct Deleted {
    /// Their blobs and paths.
    files: Vec<(ObjectId, Arc<[u8]>)>,
    /// Which of them have a blob.
    by_id: HashMap<ObjectId, Vec<usize>>,
}

impl Deleted {
    /// Makes a list of blobs and their paths.
    pub(super) fn new(files: Vec<(ObjectId, Arc<[u8]>)>) -> Self {
        let mut by_id: HashMap<ObjectId, Vec<usize>> = HashMap::new();
        for (index, (id, _)) in files.iter().enumerate() {
            by_id.entry(*id).or_default().push(index);
        }
        Deleted { files, by_id }
    }

    /// Compares two trees, which `read` reads. What of `old` cannot be read, or is too much to look at, is not listed,
    /// so it makes nothing old.
    pub(super) fn between(
        old: ObjectId,
        new: ObjectId,
        mut read: impl FnMut(ObjectId) -> Result<Arc<Vec<TreeEntry>>, ReadError>,
    ) -> Self {
        let mut files = Vec::new();
        let mut todo = vec![(Vec::new(), old, Some(new))];
        let mut limit = TreeLimit::default();
        while let Some((folder, old, new)) = todo.pop() {
            if new == Some(old) {
                continue;
            }
            limit.count(&folder);
            if limit.is_reached() {
                break;
            }
            let Ok(old) = read(old) else { continue };
            let Ok(new) = new.map_or_else(|| Ok(Arc::default()), &mut read) else { continue };
            let names: HashMap<&[u8], &TreeEntry> =
                new.iter().map(|entry| (&*entry.name, entry)).collect();
            for old in old.iter() {
                let now = names.get(&*old.name).map(|now| (now.mode, now.id));
                let path = join(&folder, &old.name);
                match old.mode {
                    MODE_GITLINK => {}
                    MODE_TREE => {
                        let now = now.filter(|(mode, _)| *mode == MODE_TREE).map(|(_, id)| id);
                        todo.push((path, old.id, now));
                    }
                    _ if now.is_none_or(|(mode, _)| [MODE_TREE, MODE_GITLINK].contains(&mode)) => {
                        limit.count(&path);
                        files.push((old.id, path.into()));
                    }
                    _ => {}
                }
            }
        }
        Deleted::new(files)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the paths of the files that have a blob.
    pub(super) fn paths_of(&self, id: &ObjectId) -> impl Iterator<Item = &Arc<[u8]>> {
        self.by_id.get(id).into_iter().flatten().map(|&index| &self.files[index].1)
    }

    /// Returns all files, those first that have the name of `path`: whole directories are renamed.
    pub(super) fn same_name_first(
        &self,
        path: &[u8],
    ) -> impl Iterator<Item = &(ObjectId, Arc<[u8]>)> {
        let name =
            |path: &[u8]| path[memchr::memrchr(b'/', path).map_or(0, |at| at + 1)..].to_vec();
        let own = name(path);
        let has_name = move |file: &&(ObjectId, Arc<[u8]>)| name(&file.1) == own;
        let others = has_name.clone();
        let first = self.files.iter().filter(has_name);
        first.chain(self.files.iter().filter(move |file| !others(file)))
    }
}

/// The path of `name` in a folder.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
