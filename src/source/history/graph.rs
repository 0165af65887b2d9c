//! The commits of a repository as a graph, in an order in which parents stand before children.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::commits::{CommitRecord, Commits, Link};
use crate::git::object::ObjectId;
use crate::git::odb::ObjectNo;

/// The place of a commit in [`Graph::commits`].
pub(super) type CommitNo = u32;

/// Commits, parents before children, older ones first where neither is behind the other.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) commits: Vec<CommitRecord>,
    /// For each commit, its parents that are here.
    parents: Lists,
    /// Parents that are not here, in the order of the commits that name them.
    missing_parents: Vec<(CommitNo, ObjectId)>,
    /// The ids of objects that commits name and that are not here.
    missing: Vec<ObjectId>,
    /// All commits by their objects' numbers.
    numbers: Vec<(ObjectNo, CommitNo)>,
    /// Commits whose parents lead in a circle, as those of objects under false ids can. One of their parents comes later
    /// in the order, and is left out of their parents.
    pub(super) circular: Vec<ObjectNo>,
}

/// A list of numbers for each of many things, one list behind the other.
#[derive(Debug, Default)]
struct Lists {
    /// Where each list ends.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lists {
    fn of(&self, at: usize) -> &[u32] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start as usize..self.ends[at] as usize]
    }

    /// Makes `count` lists of `pairs`: the second of each stands in the list of the first.
    fn of_pairs(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut ends = vec![0_u32; count];
        for (list, _) in pairs.clone() {
            ends[list as usize] += 1;
        }
        let mut end = 0;
        for list in &mut ends {
            end += *list;
            *list = end - *list;
        }
        let mut numbers = vec![0; end as usize];
        for (list, number) in pairs {
            let place = &mut ends[list as usize];
            numbers[*place as usize] = number;
            *place += 1;
        }
        Lists { ends, numbers }
    }
}

impl Graph {
    /// Puts `read` in order; those of the same time by their ids, so that how they are stored
    /// does not matter.
    pub(super) fn new<I: Ord>(read: Commits, id: &dyn Fn(ObjectNo) -> I) -> Self {
        let mut numbers: Vec<(ObjectNo, u32)> =
            read.records.iter().zip(0..).map(|(record, at)| (record.no, at)).collect();
        numbers.sort_unstable();
        let order = order(&read, &numbers, id);
        let commits: Vec<CommitRecord> =
            order.iter().map(|&at| read.records[at as usize]).collect();
        let mut place = vec![0; read.records.len()];
        for (&at, number) in order.iter().zip(0..) {
            place[at as usize] = number;
        }
        for (_, at) in &mut numbers {
            *at = place[*at as usize];
        }
        drop(place);
        let mut graph = Graph { commits, numbers, ..Graph::default() };
        for (&at, commit) in order.iter().zip(0..) {
            for &parent in read.parents(at as usize) {
                match parent {
                    Link::Here(no) => match graph.number(no) {
                        Some(parent) if parent >= commit => {
                            graph.circular.push(read.records[at as usize].no);
                        }
                        parent => graph.parents.numbers.extend(parent),
                    },
                    Link::Missing(at) => {
                        graph.missing_parents.push((commit, read.missing[at as usize]));
                    }
                }
            }
            graph.parents.ends.push(graph.parents.numbers.len() as u32);
        }
        graph.missing = read.missing;
        graph
    }

    pub(super) fn number(&self, object: ObjectNo) -> Option<CommitNo> {
        number_of(&self.numbers, object)
    }

    pub(super) fn parents(&self, commit: CommitNo) -> &[CommitNo] {
        self.parents.of(commit as usize)
    }

    /// The parents of a commit that are not here.
    pub(super) fn missing_parents(&self, commit: CommitNo) -> impl Iterator<Item = &ObjectId> {
        let start = self.missing_parents.partition_point(|(other, _)| *other < commit);
        let of_commit =
            self.missing_parents[start..].iter().take_while(move |(no, _)| *no == commit);
        of_commit.map(|(_, id)| id)
    }

    /// The tree of a commit; if it is not here, its id.
    pub(super) fn tree(&self, commit: CommitNo) -> Result<ObjectNo, &ObjectId> {
        match self.commits[commit as usize].tree {
            Link::Here(tree) => Ok(tree),
            Link::Missing(at) => Err(&self.missing[at as usize]),
        }
    }

    /// Whether each commit can be reached from `tips`.
    pub(super) fn reach(&self, tips: impl IntoIterator<Item = CommitNo>) -> Vec<bool> {
        let mut is_reached = vec![false; self.commits.len()];
        for tip in tips {
            is_reached[tip as usize] = true;
        }
        for commit in (0..self.commits.len()).rev() {
            if is_reached[commit] {
                for &parent in self.parents.of(commit) {
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
            let first = chunk.iter().min().map_or(0, |&first| first as usize);
            for commit in first..self.commits.len() {
                for &parent in self.parents.of(commit) {
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

/// The second number of the pair that begins with `first`.
fn number_of(numbers: &[(ObjectNo, u32)], first: ObjectNo) -> Option<u32> {
    let at = numbers.binary_search_by_key(&first, |pair| pair.0).ok()?;
    Some(numbers[at].1)
}

/// The places of the records, parents first; `places` tells where the record of an object stands.
fn order<I: Ord>(
    read: &Commits,
    places: &[(ObjectNo, u32)],
    id: &dyn Fn(ObjectNo) -> I,
) -> Vec<u32> {
    let count = read.records.len();
    let mut edges = Vec::new();
    for (at, child) in (0..count).zip(0..) {
        let here = read.parents(at).iter().filter_map(|parent| match parent {
            Link::Here(no) => number_of(places, *no),
            Link::Missing(_) => None,
        });
        edges.extend(here.map(|parent| (parent, child)));
    }
    let mut missing = vec![0_u32; count];
    for &(_, child) in &edges {
        missing[child as usize] += 1;
    }
    let children = Lists::of_pairs(count, edges.iter().copied());
    drop(edges);
    let ready = |at: u32| {
        let record = &read.records[at as usize];
        Reverse((record.time, id(record.no), at))
    };
    let mut queue: BinaryHeap<_> =
        (0..count as u32).filter(|&at| missing[at as usize] == 0).map(ready).collect();
    let mut order = Vec::with_capacity(count);
    let mut is_placed = vec![false; count];
    let mut in_circles = None;
    loop {
        while let Some(Reverse((_, _, at))) = queue.pop() {
            order.push(at);
            is_placed[at as usize] = true;
            for &child in children.of(at as usize).iter().filter(|&&at| !is_placed[at as usize]) {
                missing[child as usize] -= 1;
                if missing[child as usize] == 0 {
                    queue.push(ready(child));
                }
            }
        }
        if order.len() == count {
            return order;
        }
        // Each of those that are left waits for another: the oldest goes on without.
        let left = in_circles.get_or_insert_with(|| {
            let left = (0..count as u32).filter(|&at| !is_placed[at as usize]);
            let mut left: Vec<_> = left.map(ready).collect();
            left.sort_unstable();
            left
        });
        while let Some(next) = left.pop() {
            if !is_placed[next.0.2 as usize] {
                queue.push(next);
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::commits::Commits;
    use super::Graph;

    #[test]
    fn parents_stand_before_children_whatever_their_dates() {
        // 10 <- 11 <- 13, 10 <- 12 <- 13; the clock of 10 was wrong.
        let mut read = Commits::default();
        read.push_here(13, 4, &[11, 12]);
        read.push_here(12, 2, &[10]);
        let mut more = Commits::default();
        more.push_here(11, 3, &[10]);
        more.push_here(10, 9, &[]);
        read.append(more);
        let graph = Graph::new(read, &|no| no);
        let order: Vec<u32> = graph.commits.iter().map(|commit| commit.no).collect();
        assert_eq!(order, [10, 12, 11, 13]);
        let at = |no| graph.number(no).unwrap();
        assert_eq!(graph.reach([at(11)]), [true, false, true, false]);
        let found = graph.holders(&[at(12), at(10)], &[at(11), at(13)], 1);
        let tips: Vec<_> = found.iter().map(|holders| (&holders.tips[..], holders.count)).collect();
        assert_eq!(tips, [(&[1][..], 1), (&[0][..], 2)]);
    }

    #[test]
    fn a_circle_of_commits_begins_with_the_oldest() {
        let mut read = Commits::default();
        read.push_here(7, 1, &[8]);
        read.push_here(8, 2, &[7]);
        read.push_here(9, 3, &[5]);
        read.push_here(5, 4, &[]);
        // Behind the circle, and one that is its own parent.
        read.push_here(6, 0, &[8, 5]);
        read.push_here(4, 5, &[4]);
        let graph = Graph::new(read, &|no| no);
        let order: Vec<u32> = graph.commits.iter().map(|commit| commit.no).collect();
        assert_eq!(order, [5, 9, 6, 7, 8, 4]);
        assert_eq!(graph.circular, [6, 7, 4]);
        let parents: Vec<&[u32]> = (0..6).map(|at| graph.parents(at)).collect();
        assert_eq!(parents, [&[][..], &[0], &[0], &[], &[3], &[]]);
    }
}
