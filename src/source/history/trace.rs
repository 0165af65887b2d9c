//! Where what is hot stands: by which paths, from which commit to which.

use super::graph::{CommitNo, Graph};
use super::hot_trees::HotTrees;
use super::trees::{NamedTarget, Target};
use super::{FastMap, FastSet};
use crate::git::odb::ObjectNo;

/// Something hot at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    pub(super) path: PathNo,
    pub(super) what: Target,
}

/// The number of a path.
pub(super) type PathNo = u32;

/// The time that something stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The first commit that brings it in.
    pub(super) first: CommitNo,
    /// The last commit that has it.
    pub(super) last: CommitNo,
}

/// Paths that lead to something hot, each name once.
#[derive(Debug, Default)]
pub(super) struct Paths {
    numbers: FastMap<(PathNo, u32), PathNo>,
    /// For each path, the one before it and the number of the name behind that.
    list: Vec<(PathNo, u32)>,
}

/// Folders: their paths and trees.
pub(super) type Folders = FastSet<(PathNo, ObjectNo)>;

/// The path of a root tree.
pub(super) const ROOT: PathNo = u32::MAX;

impl Paths {
    fn join(&mut self, folder: PathNo, name: u32) -> PathNo {
        *self.numbers.entry((folder, name)).or_insert_with(|| {
            self.list.push((folder, name));
            self.list.len() as u32 - 1
        })
    }

    pub(super) fn bytes(&self, mut path: PathNo, trees: &HotTrees) -> Vec<u8> {
        let mut names = Vec::new();
        while path != ROOT {
            let (folder, name) = self.list[path as usize];
            names.push(&*trees.names[name as usize]);
            path = folder;
        }
        names.reverse();
        names.join(&b'/')
    }
}

/// Follows what is hot through the commits.
pub(super) struct Trace<'a> {
    graph: &'a Graph,
    trees: &'a HotTrees,
    pub(super) paths: Paths,
    pub(super) spans: FastMap<Standing, Span>,
    /// Whether there were more than [`MAX_PATHS`].
    pub(super) is_cut: bool,
}

/// Not more paths are followed: a tree made to harm has more than there are atoms.
const MAX_PATHS: usize = 100_000;

impl<'a> Trace<'a> {
    pub(super) fn new(graph: &'a Graph, trees: &'a HotTrees) -> Self {
        Trace { graph, trees, paths: Paths::default(), spans: FastMap::default(), is_cut: false }
    }

    /// Follows it through the commits that are `wanted`; `tips` are those that end the walk.
    pub(super) fn commits(&mut self, wanted: &[bool], tips: &[CommitNo]) {
        let graph = self.graph;
        for commit in (0..graph.commits.len() as u32).filter(|&at| wanted[at as usize]) {
            let new = self.hot_tree(commit);
            let parents = graph.parents(commit);
            let olds = || parents.iter().filter_map(|&parent| self.hot_tree(parent));
            if let Some(new) = new.filter(|&new| olds().all(|old| old != new)) {
                let olds = olds().collect();
                self.brought_in(commit, new, olds);
            }
            for &parent in parents {
                if let Some(old) = self.hot_tree(parent).filter(|&old| Some(old) != new) {
                    self.taken_out(parent, old, new);
                }
            }
        }
        self.tips(tips.iter().copied().filter(|&tip| wanted[tip as usize]).collect());
    }

    /// Notes what tips have. Thousands of refs share most folders: each is looked at once, for the last of its tips.
    fn tips(&mut self, mut tips: Vec<CommitNo>) {
        tips.sort_unstable_by(|a, b| b.cmp(a));
        let mut done = Folders::default();
        for tip in tips {
            let Some(tree) = self.hot_tree(tip) else { continue };
            for standing in self.below(tree, &mut done) {
                if let Some(span) = self.spans.get_mut(&standing) {
                    span.last = span.last.max(tip);
                }
            }
        }
    }

    fn is_full(&mut self) -> bool {
        self.is_cut |= self.paths.list.len() >= MAX_PATHS;
        self.is_cut
    }

    /// The root tree of a commit, if it leads to something.
    fn hot_tree(&self, commit: CommitNo) -> Option<ObjectNo> {
        self.graph.tree(commit).ok().filter(|&tree| !self.trees.of(tree).is_empty())
    }

    /// Notes what a commit has and none of its parents has at the same path.
    fn brought_in(&mut self, commit: CommitNo, new: ObjectNo, olds: Vec<ObjectNo>) {
        let trees = self.trees;
        let mut todo = vec![(ROOT, new, olds)];
        while let Some((folder, new, olds)) = todo.pop() {
            let first_old = olds.first().map_or(&[][..], |&old| trees.of(old));
            for entry in only_in(trees.of(new), first_old) {
                if olds.iter().skip(1).any(|&old| trees.of(old).binary_search(entry).is_ok()) {
                    continue;
                }
                if self.is_full() {
                    return;
                }
                let path = self.paths.join(folder, entry.name());
                if let Target::Tree(tree) = entry.to() {
                    let before = olds.iter().flat_map(|&old| named(trees.of(old), entry.name()));
                    let before = before.filter_map(|old| match old.to() {
                        Target::Tree(old) => Some(old),
                        _ => None,
                    });
                    todo.push((path, tree, before.collect()));
                } else {
                    let standing = Standing { path, what: entry.to() };
                    // Commits come oldest first.
                    self.spans.entry(standing).or_insert(Span { first: commit, last: commit });
                }
            }
        }
    }

    /// Notes that `commit` has what is in `old` and not in `new`: it is the last for a while.
    fn taken_out(&mut self, commit: CommitNo, old: ObjectNo, new: Option<ObjectNo>) {
        let mut todo = vec![(ROOT, old, new)];
        while let Some((folder, old, new)) = todo.pop() {
            let now = new.map_or(&[][..], |new| self.trees.of(new));
            for entry in only_in(self.trees.of(old), now) {
                if self.is_full() {
                    return;
                }
                let path = self.paths.join(folder, entry.name());
                if let Target::Tree(tree) = entry.to() {
                    let now = named(now, entry.name()).find_map(|now| match now.to() {
                        Target::Tree(now) => Some(now),
                        _ => None,
                    });
                    todo.push((path, tree, now));
                } else if let Some(span) = self.spans.get_mut(&Standing { path, what: entry.to() })
                {
                    span.last = span.last.max(commit);
                }
            }
        }
    }

    /// Lists what is hot below a tree, but for the folders that are `done`, and notes its own there.
    pub(super) fn below(&mut self, tree: ObjectNo, done: &mut Folders) -> Vec<Standing> {
        let mut found = Vec::new();
        let mut todo = vec![(ROOT, tree)];
        while let Some((folder, tree)) = todo.pop() {
            if !done.insert((folder, tree)) {
                continue;
            }
            for entry in self.trees.of(tree) {
                if self.is_full() {
                    return found;
                }
                let path = self.paths.join(folder, entry.name());
                match entry.to() {
                    Target::Tree(tree) => todo.push((path, tree)),
                    what => found.push(Standing { path, what }),
                }
            }
        }
        found
    }
}

/// The entries of one tree that another does not have.
fn only_in<'a>(
    entries: &'a [NamedTarget],
    mut others: &'a [NamedTarget],
) -> impl Iterator<Item = &'a NamedTarget> {
    entries.iter().filter(move |entry| {
        while let Some((other, rest)) = others.split_first().filter(|(other, _)| other <= entry) {
            others = rest;
            if other == *entry {
                return false;
            }
        }
        true
    })
}

/// The entries of one name: a tree made to harm may have several.
fn named(entries: &[NamedTarget], name: u32) -> impl Iterator<Item = &NamedTarget> {
    let start = entries.partition_point(|entry| entry.name() < name);
    entries[start..].iter().take_while(move |entry| entry.name() == name)
}
