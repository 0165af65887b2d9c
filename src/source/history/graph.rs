//! The commits of a repository as a graph, in an order in which parents stand before children.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::FastMap;
use super::content::{CommitRecord, Link};
use crate::git::odb::ObjectNo;

/// The place of a commit in [`Graph::commits`].
pub(super) type CommitNo = u32;

/// Commits, parents before children, older ones first where neither is behind the other.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) commits: Vec<CommitRecord>,
    /// The parents that are here.
    parents: Vec<Vec<CommitNo>>,
    number: FastMap<ObjectNo, CommitNo>,
}

impl Graph {
    pub(super) fn new<I: Ord>(records: Vec<CommitRecord>, id: &dyn Fn(ObjectNo) -> I) -> Self {
        let order = order(&records, id);
        let mut place = vec![0_u32; records.len()];
        for (&at, number) in order.iter().zip(0..) {
            place[at] = number;
        }
        let mut records: Vec<Option<CommitRecord>> = records.into_iter().map(Some).collect();
        let commits: Vec<CommitRecord> =
            order.iter().filter_map(|&at| records[at].take()).collect();
        let number: FastMap<ObjectNo, CommitNo> =
            commits.iter().zip(0..).map(|(commit, at)| (commit.no, at)).collect();
        let here = |link: &Link| match link {
            Link::Here(no) => number.get(no).copied(),
            Link::Missing(_) => None,
        };
        let parents =
            commits.iter().map(|commit| commit.parents.iter().filter_map(here).collect()).collect();
        Graph { commits, parents, number }
    }

    pub(super) fn number(&self, object: ObjectNo) -> Option<CommitNo> {
        self.number.get(&object).copied()
    }

    pub(super) fn parents(&self, commit: CommitNo) -> &[CommitNo] {
        &self.parents[commit as usize]
    }

    /// Whether each commit can be reached from `tips`.
    pub(super) fn reach(&self, tips: impl IntoIterator<Item = CommitNo>) -> Vec<bool> {
        let mut is_reached = vec![false; self.commits.len()];
        for tip in tips {
            is_reached[tip as usize] = true;
        }
        for commit in (0..self.commits.len()).rev() {
            if is_reached[commit] {
                for &parent in &self.parents[commit] {
                    is_reached[parent as usize] = true;
                }
            }
        }
        is_reached
    }

    /// For each of `commits`, which of `tips` reach it: not more than `most` places in `tips`, and how many
    /// there are in all.
    pub(super) fn holders(
        &self,
        commits: &[CommitNo],
        tips: &[CommitNo],
        most: usize,
    ) -> Vec<Holders> {
        let mut found = vec![Holders::default(); commits.len()];
        // As many at a time as a word has bits: one walk along the graph for all of them.
        for (chunk, found) in commits.chunks(64).zip(found.chunks_mut(64)) {
            let mut bits = vec![0_u64; self.commits.len()];
            for (&commit, bit) in chunk.iter().zip(0..) {
                bits[commit as usize] |= 1 << bit;
            }
            for commit in 0..self.commits.len() {
                for &parent in &self.parents[commit] {
                    bits[commit] |= bits[parent as usize];
                }
            }
            for (at, &tip) in tips.iter().enumerate() {
                let mut left = bits[tip as usize];
                while left != 0 {
                    found[left.trailing_zeros() as usize].add(at, most);
                    left &= left - 1;
                }
            }
        }
        found
    }
}

/// The tips that reach a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holders {
    /// The first few, as places in the list of tips.
    pub(super) tips: Vec<usize>,
    pub(super) count: usize,
}

impl Holders {
    fn add(&mut self, tip: usize, most: usize) {
        if self.tips.len() < most {
            self.tips.push(tip);
        }
        self.count += 1;
    }
}

/// The places of `records`, parents first.
///
/// Those of the same time are ordered by their ids, so that how they are stored does not matter.
fn order<I: Ord>(records: &[CommitRecord], id: &dyn Fn(ObjectNo) -> I) -> Vec<usize> {
    let place: FastMap<ObjectNo, usize> =
        records.iter().enumerate().map(|(at, commit)| (commit.no, at)).collect();
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); records.len()];
    let mut missing: Vec<u32> = vec![0; records.len()];
    for (at, commit) in records.iter().enumerate() {
        for parent in &commit.parents {
            if let Link::Here(no) = parent
                && let Some(&parent) = place.get(no)
            {
                children[parent].push(at as u32);
                missing[at] += 1;
            }
        }
    }
    let ready = |at: usize| Reverse((records[at].time, id(records[at].no), at));
    let mut queue: BinaryHeap<_> =
        (0..records.len()).filter(|&at| missing[at] == 0).map(ready).collect();
    let mut order = Vec::with_capacity(records.len());
    while let Some(Reverse((_, _, at))) = queue.pop() {
        order.push(at);
        for &child in &children[at] {
            let child = child as usize;
            missing[child] -= 1;
            if missing[child] == 0 {
                queue.push(ready(child));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{CommitRecord, Graph, Link};

    fn commit(no: u32, time: i64, parents: &[u32]) -> CommitRecord {
        let parents = parents.iter().map(|&no| Link::Here(no)).collect();
        CommitRecord { no, tree: Link::Here(0), parents, time }
    }

    #[test]
    fn parents_stand_before_children_whatever_their_dates() {
        // 10 <- 11 <- 13, 10 <- 12 <- 13; the clock of 10 was wrong.
        let records = vec![
            commit(13, 4, &[11, 12]),
            commit(12, 2, &[10]),
            commit(11, 3, &[10]),
            commit(10, 9, &[]),
        ];
        let graph = Graph::new(records, &|no| no);
        let order: Vec<u32> = graph.commits.iter().map(|commit| commit.no).collect();
        assert_eq!(order, [10, 12, 11, 13]);
        let at = |no| graph.number(no).unwrap();
        assert_eq!(graph.reach([at(11)]), [true, false, true, false]);
        let found = graph.holders(&[at(12), at(10)], &[at(11), at(13)], 1);
        let tips: Vec<_> = found.iter().map(|holders| (&holders.tips[..], holders.count)).collect();
        assert_eq!(tips, [(&[1][..], 1), (&[0][..], 2)]);
    }
}
