//! Commits as a history notes them: there are hundreds of thousands, so each takes few bytes.

use crate::git::object::{Commit, ObjectId};
use crate::git::odb::{ObjectNo, ObjectTable};

/// A commit without its parents.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommitRecord {
    pub(super) no: ObjectNo,
    pub(super) tree: Link,
    /// The committer's time, in seconds since 1970.
    pub(super) time: i64,
    /// Where its parents begin among those of all.
    parents: u32,
}

/// An object that a commit names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Here(ObjectNo),
    /// An object that is not here, by its place in [`Commits::missing`].
    Missing(u32),
}

/// Commits with their parents, in any order.
#[derive(Debug, Default)]
pub(super) struct Commits {
    pub(super) records: Vec<CommitRecord>,
    /// The parents of each record behind those of the record before.
    parents: Vec<Link>,
    /// The ids of objects that are not here.
    pub(super) missing: Vec<ObjectId>,
}

/// As many parents are noted: a pack made to harm has millions in each of thousands of commits.
const MAX_PARENTS: usize = 1 << 26;

impl Commits {
    /// Adds a commit; tells whether its parents could be noted, too.
    pub(super) fn push(&mut self, no: ObjectNo, commit: &Commit, objects: &ObjectTable) -> bool {
        let parents = self.parents.len() as u32;
        let tree = self.link(&commit.tree, objects);
        let is_whole = self.parents.len() + commit.parents.len() <= MAX_PARENTS;
        for parent in commit.parents.iter().filter(|_| is_whole) {
            let parent = self.link(parent, objects);
            self.parents.push(parent);
        }
        self.records.push(CommitRecord { no, tree, time: commit.committer_time, parents });
        is_whole
    }

    fn link(&mut self, id: &ObjectId, objects: &ObjectTable) -> Link {
        objects.find(id.as_bytes()).map_or_else(
            || {
                self.missing.push(*id);
                Link::Missing(self.missing.len() as u32 - 1)
            },
            Link::Here,
        )
    }

    /// Adds all commits of `other`.
    pub(super) fn append(&mut self, other: Commits) {
        let (parents, missing) = (self.parents.len() as u32, self.missing.len() as u32);
        let moved = |link: Link| match link {
            Link::Missing(at) => Link::Missing(at + missing),
            here @ Link::Here(_) => here,
        };
        self.records.extend(other.records.into_iter().map(|record| CommitRecord {
            tree: moved(record.tree),
            parents: record.parents + parents,
            ..record
        }));
        self.parents.extend(other.parents.into_iter().map(moved));
        self.missing.extend(other.missing);
    }

    /// The parents of the record at a place.
    pub(super) fn parents(&self, at: usize) -> &[Link] {
        let end = self.records.get(at + 1).map_or(self.parents.len(), |next| next.parents as usize);
        &self.parents[self.records[at].parents as usize..end]
    }
}

#[cfg(test)]
impl Commits {
    /// Adds a commit of which everything is here.
    pub(super) fn push_here(&mut self, no: ObjectNo, time: i64, parents: &[ObjectNo]) {
        let at = self.parents.len() as u32;
        self.parents.extend(parents.iter().map(|&no| Link::Here(no)));
        self.records.push(CommitRecord { no, tree: Link::Here(0), time, parents: at });
    }
}
