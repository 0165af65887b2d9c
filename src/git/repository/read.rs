//! Objects by their ids.

use super::Repository;
use crate::git::ReadError;
use crate::git::command::{CatFile, stream_blob};
use crate::git::object::{Commit, Kind, MODE_TREE, ObjectId, TreeEntry, parse_tree, tag_target};
use crate::git::odb::{Lookup, LookupError};
use crate::text::fragment::Fragment;

impl Repository {
    /// Calls `each` with an object's type and bytes.
    ///
    /// # Errors
    /// It is missing, damaged or too large.
    pub(crate) fn object<T>(
        &mut self,
        id: &ObjectId,
        each: impl FnOnce(Kind, &[u8]) -> T,
    ) -> Result<T, ReadError> {
        let max_bytes = self.max_object_bytes;
        match self.lookup(id)?.read(id, max_bytes) {
            Ok(Some((kind, raw))) => return Ok(each(kind, raw)),
            Ok(None) => {}
            Err(error) => return Err(unreadable(id, max_bytes, &error)),
        }
        // git may have packed it anew in the meantime; if it has not, its answer is the reason.
        let cat_file = match &mut self.cat_file {
            Some(running) => running,
            none => none.insert(CatFile::start(&self.location)?),
        };
        let read = cat_file.read(id, self.max_object_bytes, &mut self.buffer);
        if read.as_ref().is_err_and(ReadError::is_damage) {
            // git ends at a damaged object: what is asked for next needs another.
            self.cat_file = None;
        }
        Ok(each(read?, &self.buffer))
    }

    /// Returns the reader of single objects, which is opened when the first is read.
    fn lookup(&mut self, id: &ObjectId) -> Result<&mut Lookup, ReadError> {
        if self.lookup.is_none() {
            let root =
                self.objects_dir().map_err(|error| ReadError::object(id, &error.to_string()))?;
            self.lookup = Some(Lookup::open(&root, &self.alternate_dirs(), id.as_bytes().len()));
        }
        self.lookup.as_mut().ok_or_else(|| ReadError::missing(id))
    }

    /// Hands the bytes of a blob of any size to `each`, in fragments.
    pub(crate) fn stream(
        &mut self,
        id: &ObjectId,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), ReadError> {
        if let Err(error) = self.lookup(id)?.size(id) {
            return Err(unreadable(id, self.max_object_bytes, &error));
        }
        stream_blob(&self.location, id, &mut self.buffer, each)
    }

    /// Returns an object's size, where it is cheap to know; 0 where it is not.
    pub(crate) fn size(&mut self, id: &ObjectId) -> u64 {
        let lookup = self.lookup(id).ok();
        lookup.and_then(|lookup| lookup.size(id).ok()?).unwrap_or(0)
    }

    /// Reads a commit, following annotated tags; `None` if `id` is no commit in the end.
    pub(crate) fn commit(
        &mut self,
        id: &ObjectId,
    ) -> Result<Option<(ObjectId, Commit)>, ReadError> {
        let parse = |kind, raw: &[u8]| (kind == Kind::Commit).then(|| Commit::parse(raw));
        match self.peel(id, &mut |_| {}, parse)? {
            (id, Some(Some(commit))) => Ok(Some((id, commit))),
            (id, Some(None)) => Err(ReadError::object(&id, "it is a malformed commit")),
            (_, None) => Ok(None),
        }
    }

    /// Follows annotated tags, which `each_tag` is told, and hands what they lead to in the end to `read`.
    pub(crate) fn peel<R>(
        &mut self,
        start: &ObjectId,
        each_tag: &mut dyn FnMut(ObjectId),
        mut read: impl FnMut(Kind, &[u8]) -> R,
    ) -> Result<(ObjectId, R), ReadError> {
        let mut id = *start;
        // Tags of tags are rare and short; one that goes on is made to harm.
        for _ in 0..64 {
            let end = self.object(&id, |kind, raw| match kind {
                Kind::Tag => Err(tag_target(raw)),
                _ => Ok(read(kind, raw)),
            })?;
            match end {
                Ok(end) => return Ok((id, end)),
                Err(Some(target)) => {
                    each_tag(id);
                    id = target;
                }
                Err(None) => return Err(ReadError::object(&id, "it is a malformed tag")),
            }
        }
        Err(ReadError::object(start, "it is a tag of a tag, 64 times over"))
    }

    /// Reads a tree.
    pub(crate) fn tree(&mut self, id: &ObjectId) -> Result<Vec<TreeEntry>, ReadError> {
        let entries = self.object(id, |kind, raw| {
            (kind == Kind::Tree).then(|| parse_tree(raw, id.as_bytes().len())).flatten()
        })?;
        entries.ok_or_else(|| ReadError::object(id, "it is a malformed tree"))
    }

    /// Returns the id of what a tree has at `path`, if it has anything.
    pub(crate) fn entry_at(
        &mut self,
        tree: &ObjectId,
        path: &[u8],
    ) -> Result<Option<ObjectId>, ReadError> {
        let mut at = *tree;
        let mut names = path.split(|&byte| byte == b'/').peekable();
        while let Some(name) = names.next() {
            let entries = self.tree(&at)?;
            match entries.into_iter().find(|entry| entry.name == name) {
                Some(entry) if names.peek().is_none() => return Ok(Some(entry.id)),
                Some(entry) if entry.mode == MODE_TREE => at = entry.id,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

fn unreadable(id: &ObjectId, max_bytes: u64, error: &LookupError) -> ReadError {
    match error {
        LookupError::TooLarge(size) => ReadError::too_large(id, *size, max_bytes),
        LookupError::Damage(damage) => ReadError::object(id, &damage.to_string()),
    }
}
