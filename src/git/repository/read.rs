//! Objects by their ids.

use super::Repository;
use crate::git::ReadError;
use crate::git::command::{CatFile, stream_blob};
use crate::git::object::{Commit, Kind, MODE_TREE, ObjectId, TreeEntry, parse_tree, tag_target};
use crate::git::odb;
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
        if let Some((kind, bytes)) = self.loose(id)? {
            return Ok(each(kind, &bytes));
        }
        if let Some(native) = &self.native
            && let Ok(oid) = git2::Oid::from_bytes(id.as_bytes())
            && let Ok(odb) = native.odb()
            && let Ok((size, _)) = odb.read_header(oid)
        {
            if size as u64 > self.max_object_bytes {
                return Err(ReadError::too_large(id, size as u64, self.max_object_bytes));
            }
            if let Ok(object) = odb.read(oid)
                && let Some(kind) = kind(object.kind())
            {
                return Ok(each(kind, object.data()));
            }
        }
        // What libgit2 cannot read, git may; if git cannot either, its answer is the reason.
        let cat_file = match &mut self.cat_file {
            Some(running) => running,
            none => none.insert(CatFile::start(&self.location)?),
        };
        let kind = cat_file.read(id, self.max_object_bytes, &mut self.buffer)?;
        Ok(each(kind, &self.buffer))
    }

    /// Reads a loose object; `None` if there is none of this id. Libgit2 never sees one that is damaged: it
    /// does not end on a file that is cut short.
    fn loose(&self, id: &ObjectId) -> Result<Option<(Kind, Vec<u8>)>, ReadError> {
        let Ok(objects) = self.objects_dir() else { return Ok(None) };
        odb::read_loose(&objects, id, self.max_object_bytes)
    }

    /// Hands the bytes of a blob of any size to `each`, in fragments.
    pub(crate) fn stream(
        &mut self,
        id: &ObjectId,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), ReadError> {
        stream_blob(&self.location, id, &mut self.buffer, each)
    }

    /// Returns an object's size, where it is cheap to know; 0 where it is not.
    pub(crate) fn size(&self, id: &ObjectId) -> u64 {
        let size = || {
            if let Some(size) = odb::loose_size(&self.objects_dir().ok()?, id) {
                return Some(size);
            }
            let odb = self.native.as_ref()?.odb().ok()?;
            let (size, _) = odb.read_header(git2::Oid::from_bytes(id.as_bytes()).ok()?).ok()?;
            Some(size as u64)
        };
        size().unwrap_or(0)
    }

    /// Reads a commit, following annotated tags; `None` if `id` is no commit in the end.
    pub(crate) fn commit(
        &mut self,
        id: &ObjectId,
    ) -> Result<Option<(ObjectId, Commit)>, ReadError> {
        let mut id = *id;
        // Tags of tags are rare and short; one that goes on is made to harm.
        for _ in 0..64 {
            let next = self.object(&id, |kind, raw| match kind {
                Kind::Commit => Some(Ok(Commit::parse(raw))),
                Kind::Tag => tag_target(raw).map(Err),
                Kind::Blob | Kind::Tree => None,
            })?;
            match next {
                Some(Ok(Some(commit))) => return Ok(Some((id, commit))),
                Some(Ok(None)) => return Err(ReadError::object(&id, "it is a malformed commit")),
                Some(Err(target)) => id = target,
                None => return Ok(None),
            }
        }
        Err(ReadError::object(&id, "it is a tag of a tag, 64 times over"))
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

fn kind(kind: git2::ObjectType) -> Option<Kind> {
    Some(match kind {
        git2::ObjectType::Blob => Kind::Blob,
        git2::ObjectType::Tree => Kind::Tree,
        git2::ObjectType::Commit => Kind::Commit,
        git2::ObjectType::Tag => Kind::Tag,
        git2::ObjectType::Any => return None,
    })
}
