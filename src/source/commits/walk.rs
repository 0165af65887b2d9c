//! The order in which commits are met, and which of them another side has.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::git::object::{Commit, ObjectId};

/// Commits met so far, with those that still have to be followed in order of their date.
#[derive(Default)]
pub(super) struct Walk {
    commits: HashMap<ObjectId, State>,
    queue: BinaryHeap<(i64, Reverse<ObjectId>)>,
    /// How many in the queue are not known.
    wanted: usize,
    /// The oldest date of a commit that was taken and was not known then.
    oldest_wanted: Option<i64>,
    /// How many more known commits are followed beyond that date.
    slack: usize,
}

/// Clocks differ: as git does, the walk goes on a little behind the date at which it could end.
const SLACK: usize = 16;

struct State {
    commit: Commit,
    is_known: bool,
    is_queued: bool,
}

impl Walk {
    /// Adds a commit that was met.
    pub(super) fn add(&mut self, id: ObjectId, commit: Commit, is_known: bool) {
        if self.commits.contains_key(&id) {
            if is_known {
                self.mark_known(id);
            }
            return;
        }
        self.queue.push((commit.committer_time, Reverse(id)));
        self.wanted += usize::from(!is_known);
        self.commits.insert(id, State { commit, is_known, is_queued: true });
    }

    /// Marks a commit as known, and those behind it that were met already.
    pub(super) fn mark_known(&mut self, id: ObjectId) {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            let Some(state) = self.commits.get_mut(&id).filter(|state| !state.is_known) else {
                continue;
            };
            state.is_known = true;
            if state.is_queued {
                self.wanted -= 1;
            } else {
                todo.extend(&state.commit.parents);
            }
        }
    }

    /// Whether there may still be wanted commits, or known ones that reach a wanted one.
    pub(super) fn is_open(&mut self) -> bool {
        if self.wanted > 0 {
            self.slack = SLACK;
            return true;
        }
        let (Some((date, _)), Some(oldest)) = (self.queue.peek(), self.oldest_wanted) else {
            return false;
        };
        if *date < oldest {
            self.slack = self.slack.saturating_sub(1);
        }
        self.slack > 0
    }

    /// Takes the newest commit that still has to be followed.
    pub(super) fn next(&mut self) -> Option<ObjectId> {
        let (date, Reverse(id)) = self.queue.pop()?;
        let state = self.commits.get_mut(&id)?;
        state.is_queued = false;
        if !state.is_known {
            self.wanted -= 1;
            self.oldest_wanted = Some(self.oldest_wanted.map_or(date, |oldest| oldest.min(date)));
        }
        Some(id)
    }

    /// Returns the parents of a commit that was met, and whether it is known.
    pub(super) fn parents(&self, id: &ObjectId) -> (Vec<ObjectId>, bool) {
        self.commits
            .get(id)
            .map_or((Vec::new(), true), |state| (state.commit.parents.clone(), state.is_known))
    }

    /// Whether a commit was met.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.commits.contains_key(id)
    }

    /// Returns the commits of `order` that are not known.
    pub(super) fn wanted_of(mut self, order: Vec<ObjectId>) -> Vec<(ObjectId, Commit)> {
        let wanted = order.into_iter().filter_map(|id| {
            let state = self.commits.remove(&id)?;
            (!state.is_known).then_some((id, state.commit))
        });
        wanted.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Commit, ObjectId, SLACK, Walk};

    /// Walks from one wanted commit to its parent and from `known`, a line of commits that ends at that parent:
    /// how many are looked at, and whether the parent was found to be known.
    fn walked(dates: &[i64], wanted: i64, base: i64) -> (usize, bool) {
        let id = |at: usize| ObjectId::from_bytes(&[at as u8; 20]).unwrap();
        let commit = |parent: Option<usize>, time: i64| Commit {
            parents: parent.map(id).into_iter().collect(),
            tree: id(0),
            author: Vec::new(),
            author_time: time,
            committer_time: time,
        };
        // The base is 1, the wanted commit 2, the known ones go from 3 on.
        let of = |at: usize| match at {
            1 => commit(None, base),
            2 => commit(Some(1), wanted),
            _ => commit(Some(if at - 2 == dates.len() { 1 } else { at + 1 }), dates[at - 3]),
        };
        let mut walk = Walk::default();
        walk.add(id(3), of(3), true);
        walk.add(id(2), of(2), false);
        let mut looked_at = 0;
        while walk.is_open() {
            let Some(next) = walk.next() else { break };
            looked_at += 1;
            let (parents, is_known) = walk.parents(&next);
            for parent in parents {
                walk.add(parent, of(usize::from(parent.as_bytes()[0])), is_known);
            }
        }
        (looked_at, walk.commits.get(&id(1)).is_some_and(|state| state.is_known))
    }

    #[test]
    fn walk_goes_on_behind_a_clock_that_is_late_and_then_ends() {
        // Clocks that are right.
        assert_eq!(walked(&[30, 20], 40, 10), (4, true));
        // A line of known commits that is older than what it was made from, and so long.
        for (late, is_known) in [(1, true), (10, true), (SLACK - 1, true), (100, false)] {
            let (looked_at, found) = walked(&vec![5; late], 40, 10);
            assert_eq!(found, is_known, "{late}");
            assert!(looked_at <= 2 + SLACK, "{late} {looked_at}");
        }
        // Commits of one moment, as an import makes them, are not late.
        assert_eq!(walked(&[10; 100], 40, 10), (102, true));
    }
}
