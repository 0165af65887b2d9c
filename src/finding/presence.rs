//! How long a repository has held something, and where.

use std::sync::Arc;

use super::CommitInfo;

/// From which commit to which a repository holds something, and what leads there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presence {
    /// The place of the first commit that has it, in an order in which parents stand before
    /// children.
    pub first: u32,
    /// The places of that commit's parents.
    pub parents: Vec<u32>,
    /// The place of the last commit that has it.
    pub last: u32,
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

/// As many refs are named; more are counted.
pub const MAX_REFS: usize = 8;

impl Presence {
    /// Joins what is known of the same thing at another place or time.
    pub fn join(&mut self, other: &Presence) {
        if (other.first, &other.parents) < (self.first, &self.parents) {
            self.first = other.first;
            self.parents.clone_from(&other.parents);
        }
        if other.last > self.last || self.last_commit.is_none() {
            self.last = other.last;
            self.last_commit.clone_from(&other.last_commit);
        }
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
