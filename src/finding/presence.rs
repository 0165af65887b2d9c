//! How long a repository has held something, and where.

use std::sync::Arc;

use super::CommitInfo;

/// From which commit to which a repository holds something, and by which refs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presence {
    /// Whether the first commit that has it has parents.
    pub has_parents: bool,
    /// The last commit that has it.
    pub last_commit: Option<Arc<CommitInfo>>,
    /// Whether HEAD still has it.
    pub in_head: bool,
    /// Names of refs whose history holds it, the most telling first; not more than a few.
    pub refs: Vec<Arc<[u8]>>,
    /// How many refs hold it in all.
    pub ref_count: usize,
    /// Whether a remote-tracking ref holds it: it has left this machine.
    pub is_pushed: bool,
}

/// The commits from which to which a history holds something, as numbers of an order in which
/// parents stand before children.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lifetime {
    /// The first commit that has it.
    pub first: u32,
    /// That commit's parents.
    pub parents: Vec<u32>,
    /// The last commit that has it.
    pub last: u32,
}

/// How many refs are named; the others are counted.
pub const MAX_REFS: usize = 8;

/// How long a history holds something, for people and as numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Occurrence {
    /// What is reported.
    pub presence: Presence,
    /// What occurrences of one secret are joined by.
    pub lifetime: Lifetime,
}

impl Occurrence {
    /// Joins what is known of the same thing at another place or time.
    pub fn join(&mut self, other: &Occurrence) {
        let first = |of: &Occurrence| (of.lifetime.first, of.lifetime.parents.clone());
        if first(other) < first(self) {
            self.lifetime.first = other.lifetime.first;
            self.lifetime.parents.clone_from(&other.lifetime.parents);
            self.presence.has_parents = other.presence.has_parents;
        }
        if other.lifetime.last > self.lifetime.last || self.presence.last_commit.is_none() {
            self.lifetime.last = other.lifetime.last;
            self.presence.last_commit.clone_from(&other.presence.last_commit);
        }
        self.presence.add(&other.presence);
    }
}

impl Presence {
    /// Adds the places of another occurrence.
    fn add(&mut self, other: &Presence) {
        self.in_head |= other.in_head;
        self.is_pushed |= other.is_pushed;
        self.ref_count = self.ref_count.max(other.ref_count);
        for name in &other.refs {
            if self.refs.len() < MAX_REFS && !self.refs.contains(name) {
                self.refs.push(name.clone());
            }
        }
        self.ref_count = self.ref_count.max(self.refs.len());
    }
}
