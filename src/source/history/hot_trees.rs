//! From the notes on trees to those that lead to something hot.
//!
//! What is hot is followed backwards: from an entry to the tree that brought it, to the trees made
//! from that one which kept it, and to the entries that lead to any of them. So the cost grows
//! with what is found, not with the depth of the trees or with how many there are.

use std::mem;

use super::FastMap;
use super::long_list::LongList;
use super::memory;
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
    found: Found,
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
        let (todo, found) = (Vec::new(), Found::default());
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
        self.found.begin(hot);
        let mut todo = vec![(brought_by, noted.at)];
        while let Some((tree, at)) = todo.pop() {
            if self.found.trees.len() == MAX_FOUND {
                self.is_cut = true;
                return;
            }
            let note = notes.trees.get(tree);
            self.found.trees.push(note.no);
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
        memory::give_back();
        let missing = self.order_missing();
        let (starts, entries) = self.found.by_tree(count);
        HotTrees { names: self.names.list, missing, is_cut, starts, entries }
    }

    /// Numbers the objects that are not here by their ids: which thread saw them first must not
    /// show in the order of findings.
    fn order_missing(&mut self) -> Vec<ObjectId> {
        let mut missing = self.missing.list.clone();
        missing.sort_unstable();
        let place = |id: &ObjectId| missing.partition_point(|other| other < id) as u32;
        let numbers: Vec<u32> = self.missing.list.iter().map(place).collect();
        for at in 0..self.found.entries.len() {
            let (entry, _) = self.found.entries.get_mut(at);
            if let Target::Missing(number) = entry.to() {
                *entry = NamedTarget::new(entry.name(), Target::Missing(numbers[number as usize]));
            }
        }
        missing
    }
}

/// Which trees have which entries, as they are found: millions of trees for each of a few entries.
#[derive(Default)]
struct Found {
    /// Entries, each with the place where its trees begin.
    entries: LongList<(NamedTarget, u32)>,
    trees: LongList<ObjectNo>,
}

impl Found {
    /// Notes an entry; the trees that come now have it.
    fn begin(&mut self, entry: NamedTarget) {
        self.entries.push((entry, self.trees.len() as u32));
    }

    /// The entries of each of `count` objects, in order and each once, those of one behind those of
    /// the one before; and where those of each begin.
    fn by_tree(self, count: usize) -> (Vec<u32>, Vec<NamedTarget>) {
        let mut ends = vec![0_u32; count + 1];
        for &tree in self.trees.iter() {
            ends[tree as usize + 1] += 1;
        }
        for at in 0..count {
            ends[at + 1] += ends[at];
        }
        let mut entries = vec![NamedTarget::new(0, Target::Name); self.trees.len()];
        let mut next = 0;
        for (&tree, at) in self.trees.iter().zip(0_u32..) {
            while next < self.entries.len() && self.entries.get(next).1 <= at {
                next += 1;
            }
            let place = &mut ends[tree as usize];
            entries[*place as usize] = self.entries.get(next - 1).0;
            *place += 1;
        }
        drop(self);
        // Each end stands where the next one's start is wanted; what stands twice goes.
        let (mut start, mut kept) = (0, 0);
        for end in &mut ends[..count] {
            let own = start..*end as usize;
            start = own.end;
            *end = kept as u32;
            entries[own.clone()].sort_unstable();
            for at in own.clone() {
                if at == own.start || entries[at] != entries[kept - 1] {
                    entries[kept] = entries[at];
                    kept += 1;
                }
            }
        }
        ends[count] = kept as u32;
        entries.truncate(kept);
        (ends, entries)
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

#[cfg(test)]
mod tests {
    use super::{Found, NamedTarget, Target};

    #[test]
    fn entries_are_found_by_tree_in_order_and_once() {
        let entry = |name, blob| NamedTarget::new(name, Target::Blob(blob));
        let mut found = Found::default();
        for (hot, trees) in [
            (entry(3, 1), &[4, 2, 4][..]),
            (entry(1, 9), &[4, 0]),
            (entry(3, 1), &[2]),
            (entry(2, 2), &[]),
        ] {
            found.begin(hot);
            trees.iter().for_each(|&tree| found.trees.push(tree));
        }
        let (starts, entries) = found.by_tree(6);
        assert_eq!(starts, [0, 1, 1, 2, 2, 4, 4]);
        assert_eq!(entries, [entry(1, 9), entry(3, 1), entry(1, 9), entry(3, 1)]);
        assert_eq!(Found::default().by_tree(2), (vec![0; 3], Vec::new()));
    }
}
