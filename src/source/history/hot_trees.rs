//! From the notes on trees to those that lead to something hot.
//!
//! What is hot is followed backwards: from an entry to the tree that brought it, to the trees made
//! from that one which kept it, and to the entries that lead to any of them. So the cost grows
//! with what is found, not with the depth of the trees or with how many there are.

use std::mem;

use super::FastMap;
use super::trees::{NO_TREE, NamedTarget, ObjectSet, Target, TreeNotes};
use crate::git::object::ObjectId;
use crate::git::odb::ObjectNo;

/// Trees that lead to something, each with the names that do.
#[derive(Debug, Default)]
pub(super) struct HotTrees {
    pub(super) names: Vec<Box<[u8]>>,
    /// Objects that are not here.
    pub(super) missing: Vec<ObjectId>,
    /// Whether there were more entries than can be noted.
    pub(super) is_cut: bool,
    /// For each object, where its entries begin; they end where the next object's begin.
    starts: Vec<u32>,
    entries: Vec<NamedTarget>,
}

impl HotTrees {
    /// The entries of a tree that lead to something, in order.
    pub(super) fn of(&self, tree: ObjectNo) -> &[NamedTarget] {
        let tree = tree as usize;
        let range = self.starts.get(tree..tree + 2);
        range.map_or(&[], |range| &self.entries[range[0] as usize..range[1] as usize])
    }

    /// Follows what is hot through the notes on all trees; `lost` are the trees that could not be
    /// read, and `count` says how many objects there are.
    pub(super) fn find(notes: Vec<TreeNotes>, lost: &[ObjectNo], count: u32) -> Self {
        let is_cut = notes.iter().any(|notes| notes.is_cut);
        let has_start = |notes: &TreeNotes| {
            notes.entries.iter().any(|entry| !matches!(entry.entry.to(), Target::Tree(_)))
        };
        if lost.is_empty() && !notes.iter().any(has_start) {
            return HotTrees { is_cut, ..HotTrees::default() };
        }
        let mut search = Search::new(notes, count);
        search.start(lost);
        while let Some(tree) = search.todo.pop().filter(|_| !search.is_cut) {
            search.leads_to(tree);
        }
        let is_cut = is_cut || search.is_cut;
        search.finish(count as usize, is_cut)
    }
}

/// As many entries are found: a pack made to harm names one blob in a thousand versions of a large tree.
const MAX_FOUND: usize = 1 << 25;

/// The place of an entry among those of all threads, one thread's behind the other's.
type EntryAt = u32;

/// No entry.
const NONE: EntryAt = u32::MAX;

struct Search {
    /// What each thread noted, with the place of its first entry.
    parts: Vec<(EntryAt, TreeNotes)>,
    /// For each tree, the last noted entry that leads to it.
    last: Vec<EntryAt>,
    /// For each noted entry, the one before it that leads to the same tree.
    before: Vec<EntryAt>,
    /// Trees that lead to something, and those that could not be read.
    hot: ObjectSet,
    /// Those of them that were not followed yet.
    todo: Vec<ObjectNo>,
    found: Vec<(ObjectNo, NamedTarget)>,
    is_cut: bool,
    names: Numbers<Box<[u8]>>,
    missing: Numbers<ObjectId>,
}

/// Numbers for the values of all threads, given where they are first needed.
struct Numbers<T> {
    /// For each thread, its values in the order of their numbers there.
    own: Vec<Vec<T>>,
    /// For each of them the number that counts, or `u32::MAX`.
    given: Vec<Vec<u32>>,
    numbers: FastMap<T, u32>,
    list: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn new(maps: impl Iterator<Item = Vec<(u32, T)>>) -> Self {
        let ordered = |mut pairs: Vec<(u32, T)>| {
            pairs.sort_unstable_by_key(|pair| pair.0);
            pairs.into_iter().map(|(_, value)| value).collect::<Vec<T>>()
        };
        let own: Vec<Vec<T>> = maps.map(ordered).collect();
        let given = own.iter().map(|own| vec![u32::MAX; own.len()]).collect();
        Numbers { own, given, numbers: FastMap::default(), list: Vec::new() }
    }

    fn of(&mut self, part: usize, number: u32) -> u32 {
        let given = &mut self.given[part][number as usize];
        if *given == u32::MAX {
            let value = &self.own[part][number as usize];
            *given = *self.numbers.entry(value.clone()).or_insert_with(|| {
                self.list.push(value.clone());
                self.list.len() as u32 - 1
            });
        }
        *given
    }
}

impl Search {
    fn new(mut parts: Vec<TreeNotes>, count: u32) -> Self {
        let names = parts.iter_mut().map(|part| {
            mem::take(&mut part.names).into_iter().map(|(name, at)| (at.number, name)).collect()
        });
        let names = Numbers::new(names);
        let missing = parts.iter_mut().map(|part| {
            mem::take(&mut part.missing).into_iter().map(|(id, number)| (number, id)).collect()
        });
        let missing = Numbers::new(missing);
        let mut last = vec![NONE; count as usize];
        let mut before = Vec::with_capacity(parts.iter().map(|notes| notes.entries.len()).sum());
        let mut first = 0;
        let parts: Vec<(EntryAt, TreeNotes)> = parts
            .into_iter()
            .map(|notes| {
                for (entry, at) in notes.entries.iter().zip(first..) {
                    before.push(match entry.entry.to() {
                        Target::Tree(tree) => mem::replace(&mut last[tree as usize], at),
                        _ => NONE,
                    });
                }
                (mem::replace(&mut first, before.len() as EntryAt), notes)
            })
            .collect();
        let hot = ObjectSet::new(count);
        let (todo, found) = (Vec::new(), Vec::new());
        Search { parts, last, before, hot, todo, found, is_cut: false, names, missing }
    }

    /// Notes what is hot by itself.
    fn start(&mut self, lost: &[ObjectNo]) {
        for part in 0..self.parts.len() {
            for at in 0..self.parts[part].1.entries.len() {
                if self.is_cut {
                    return;
                }
                if !matches!(self.parts[part].1.entries.get(at).entry.to(), Target::Tree(_)) {
                    self.follow(part, at);
                }
            }
        }
        self.todo.extend(lost.iter().filter(|&&tree| self.hot.insert(tree)));
    }

    /// Follows the entries that lead to a tree.
    fn leads_to(&mut self, tree: ObjectNo) {
        let mut next = self.last[tree as usize];
        while next != NONE {
            let part = self.parts.partition_point(|(first, _)| *first <= next) - 1;
            self.follow(part, (next - self.parts[part].0) as usize);
            next = self.before[next as usize];
        }
    }

    /// Notes an entry in the tree that brought it, and in those made from it that kept it.
    fn follow(&mut self, part: usize, entry: usize) {
        let notes = &self.parts[part].1;
        let noted = notes.entries.get(entry);
        let to = match noted.entry.to() {
            Target::Missing(number) => Target::Missing(self.missing.of(part, number)),
            to => to,
        };
        let hot = NamedTarget::new(self.names.of(part, noted.entry.name()), to);
        let trees = 0..notes.trees.len();
        let brought_by =
            notes.trees.partition_point(trees, |tree| tree.entries as usize <= entry) - 1;
        let mut todo = vec![(brought_by, noted.at)];
        while let Some((tree, at)) = todo.pop() {
            if self.found.len() == MAX_FOUND {
                self.is_cut = true;
                return;
            }
            let note = notes.trees.get(tree);
            self.found.push((note.no, hot));
            if self.hot.insert(note.no) {
                self.todo.push(note.no);
            }
            let mut made = note.made_last;
            while made != NO_TREE {
                let now = shifted(notes, made as usize, at);
                todo.extend(now.map(|now| (made as usize, now)));
                made = notes.trees.get(made as usize).made_before;
            }
        }
    }

    fn finish(mut self, count: usize, is_cut: bool) -> HotTrees {
        // Millions of notes make room for what was found in them.
        drop((self.parts.drain(..), mem::take(&mut self.last), mem::take(&mut self.before)));
        let missing = self.order_missing();
        self.found.sort_unstable();
        self.found.dedup();
        let mut starts = vec![0_u32; count + 1];
        for (tree, _) in &self.found {
            starts[*tree as usize + 1] += 1;
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let entries = self.found.into_iter().map(|(_, entry)| entry).collect();
        HotTrees { names: self.names.list, missing, is_cut, starts, entries }
    }

    /// Numbers the objects that are not here by their ids: which thread saw them first must not
    /// show in the order of findings.
    fn order_missing(&mut self) -> Vec<ObjectId> {
        let mut missing = self.missing.list.clone();
        missing.sort_unstable();
        let place = |id: &ObjectId| missing.partition_point(|other| other < id) as u32;
        let numbers: Vec<u32> = self.missing.list.iter().map(place).collect();
        for (_, entry) in &mut self.found {
            if let Target::Missing(number) = entry.to() {
                *entry = NamedTarget::new(entry.name(), Target::Missing(numbers[number as usize]));
            }
        }
        missing
    }
}

/// Where an entry stands in a tree that stood at `at` in the one it was made from; `None` if it was
/// not kept. Runs are of whole entries.
fn shifted(notes: &TreeNotes, tree: usize, at: u32) -> Option<u32> {
    let start = notes.trees.get(tree).runs as usize;
    let is_last = tree + 1 == notes.trees.len();
    let end = if is_last { notes.runs.len() } else { notes.trees.get(tree + 1).runs as usize };
    let behind = notes.runs.partition_point(start..end, |run| run.from <= at);
    if behind == start {
        return None;
    }
    let run = notes.runs.get(behind - 1);
    let inside = at - run.from;
    (inside < run.bytes).then(|| run.at + inside)
}
