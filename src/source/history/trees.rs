//! The second pass: which trees and hot objects stand in which trees, and by which names.
//!
//! Every tree is read once. What an entry leads to is asked for only where a delta brings the
//! entry; for those that stay, it is noted where they stood, and whoever needs them goes along
//! (`hot_trees.rs`).

use super::FastMap;
use super::long_list::LongList;
use super::tree_entries::TreeDiff;
use crate::git::ReadError;
use crate::git::object::{Kind, MODE_GITLINK, MODE_TREE, ObjectId, first_entry};
use crate::git::odb::{Object, ObjectNo, Objects, Visitor};
use crate::source::Sieve;
use crate::text::fragment::Fragment;

/// A set of objects.
#[derive(Debug, Clone)]
pub(super) struct ObjectSet(Vec<u64>);

impl ObjectSet {
    /// Makes an empty set for so many objects.
    pub(super) fn new(count: u32) -> Self {
        ObjectSet(vec![0; (count as usize).div_ceil(64)])
    }

    pub(super) fn insert(&mut self, no: ObjectNo) -> bool {
        let bits = &mut self.0[no as usize / 64];
        let is_new = *bits >> (no % 64) & 1 == 0;
        *bits |= 1 << (no % 64);
        is_new
    }

    pub(super) fn contains(&self, no: ObjectNo) -> bool {
        self.0[no as usize / 64] >> (no % 64) & 1 != 0
    }
}

/// What a name in a tree leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Target {
    /// A hot blob, or one that cannot be read.
    Blob(ObjectNo),
    /// A tree.
    Tree(ObjectNo),
    /// An object that is not here, by its number among those.
    Missing(u32),
    /// The name is what is hot, whatever it stands for.
    Name,
}

/// What one thread noted of the trees that it read.
#[derive(Debug, Default)]
pub(super) struct TreeNotes {
    pub(super) trees: LongList<TreeNote>,
    /// The noted entries of all trees, those of one behind those of the one before.
    pub(super) entries: LongList<EntryNote>,
    /// The runs of entries that trees have from the one they were made from, in the same order.
    pub(super) runs: LongList<Run>,
    /// The number of each name.
    pub(super) names: FastMap<Box<[u8]>, Name>,
    /// The number of each object that is not here.
    pub(super) missing: FastMap<ObjectId, u32>,
    pub(super) unreadable: Vec<(ObjectNo, ReadError)>,
    pub(super) bytes: u64,
    /// Whether there were more entries than can be noted.
    pub(super) is_cut: bool,
}

/// A tree with entries that are noted, its own or those of the tree it was made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeNote {
    pub(super) no: ObjectNo,
    /// Where its entries and its runs begin; they end where the next tree's begin.
    pub(super) entries: u32,
    pub(super) runs: u32,
    /// The last tree that was made from it, by its place among the notes.
    pub(super) made_last: u32,
    /// The one before it that was made from the same tree.
    pub(super) made_before: u32,
}

/// A name in a tree and what it leads to, by name. There are millions of them: a target takes two
/// bits and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedTarget {
    name_and_kind: u32,
    number: u32,
}

impl NamedTarget {
    const MAX_NAMES: usize = 1 << 30;

    pub(super) const fn new(name: u32, to: Target) -> Self {
        let (kind, number) = match to {
            Target::Blob(no) => (0, no),
            Target::Tree(no) => (1, no),
            Target::Missing(number) => (2, number),
            Target::Name => (3, 0),
        };
        NamedTarget { name_and_kind: name << 2 | kind, number }
    }

    /// The number of the name.
    pub(super) const fn name(self) -> u32 {
        self.name_and_kind >> 2
    }

    pub(super) const fn to(self) -> Target {
        match self.name_and_kind & 3 {
            0 => Target::Blob(self.number),
            1 => Target::Tree(self.number),
            2 => Target::Missing(self.number),
            _ => Target::Name,
        }
    }
}

/// An entry that a tree did not have from the one it was made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct EntryNote {
    pub(super) at: u32,
    pub(super) entry: NamedTarget,
}

/// Entries that stand in a tree and in the one it was made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) at: u32,
    pub(super) from: u32,
    pub(super) bytes: u32,
}

/// A name of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) number: u32,
    is_hot: bool,
}

/// No tree.
pub(super) const NO_TREE: u32 = u32::MAX;

/// As many entries a thread notes: a pack made to harm has trees without end.
const MAX_ENTRIES: usize = 1 << 26;

/// What is said of a tree to those made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// It is malformed: what it had is not known.
    Malformed,
    /// It has no entries that are noted.
    Empty,
    /// The place of its note.
    Noted(u32),
}

/// Notes the entries of trees that lead to trees or to what is looked for, that have hot names or
/// lead to what is not here.
pub(super) struct TreeVisitor<'a> {
    objects: &'a Objects,
    looked_for: &'a ObjectSet,
    sieve: &'a dyn Sieve,
    diff: TreeDiff,
    notes: TreeNotes,
}

impl<'a> TreeVisitor<'a> {
    /// Makes a visitor that notes which entries lead to the blobs in `looked_for`.
    pub(super) fn new(
        objects: &'a Objects,
        looked_for: &'a ObjectSet,
        sieve: &'a dyn Sieve,
    ) -> Self {
        let (diff, notes) = (TreeDiff::default(), TreeNotes::default());
        TreeVisitor { objects, looked_for, sieve, diff, notes }
    }

    pub(super) fn into_notes(self) -> TreeNotes {
        self.notes
    }
}

impl Visitor for TreeVisitor<'_> {
    type Said = Said;

    fn object(&mut self, object: Object<'_, Said>) -> Said {
        self.notes.bytes += object.bytes.len() as u64;
        let id_bytes = self.objects.table().id_bytes();
        let step = object.step.as_ref().filter(|step| *step.said != Said::Malformed);
        let compared = step.and_then(|step| {
            self.diff.between(step.base, object.bytes, step.edits, id_bytes)?;
            Some(*step.said)
        });
        if compared.is_none() {
            self.diff.all_new(object.bytes, id_bytes);
        }
        let base = compared.unwrap_or(Said::Empty);
        let first = self.notes.entries.len();
        let is_whole = self.note_entries(object.bytes).is_some();
        let said = self.note_tree(object.no, base, first);
        if is_whole {
            return said;
        }
        self.notes.unreadable.push((object.no, ReadError::malformed("tree")));
        Said::Malformed
    }

    fn part(&mut self, _: ObjectNo, _: Fragment<'_>) {}

    fn unreadable(&mut self, no: ObjectNo, error: ReadError) {
        self.notes.unreadable.push((no, error));
    }
}

impl TreeVisitor<'_> {
    /// Notes the new entries of a tree; `None` if it is malformed.
    fn note_entries(&mut self, tree: &[u8]) -> Option<()> {
        let new = std::mem::take(&mut self.diff.new);
        let done = new.iter().try_for_each(|&at| self.note_entry(tree, at));
        self.diff.new = new;
        done
    }

    fn note_entry(&mut self, tree: &[u8], at: usize) -> Option<()> {
        let bytes = &tree[at..];
        let (mode, name, id) = first_entry(bytes, self.objects.table().id_bytes())?;
        let at = u32::try_from(at).ok()?;
        let to = self.target(mode, &bytes[id]);
        let name = self.name(&bytes[name]);
        let hot = name.is_hot.then_some(Target::Name);
        for to in hot.into_iter().chain(to) {
            let is_full = self.notes.entries.len() == MAX_ENTRIES;
            if is_full || name.number as usize >= NamedTarget::MAX_NAMES {
                self.notes.is_cut = true;
                break;
            }
            self.notes.entries.push(EntryNote { at, entry: NamedTarget::new(name.number, to) });
        }
        Some(())
    }

    /// What an entry leads to, if that is to be noted.
    fn target(&mut self, mode: u32, id: &[u8]) -> Option<Target> {
        if mode == MODE_GITLINK {
            return None;
        }
        let Some(no) = self.objects.table().find(id) else {
            let number = self.notes.missing.len() as u32;
            let id = ObjectId::from_bytes(id)?;
            return Some(Target::Missing(*self.notes.missing.entry(id).or_insert(number)));
        };
        // A mode may lie, so it counts only where the kind is not known.
        let is_tree = self.objects.kind(no).map_or(mode == MODE_TREE, |kind| kind == Kind::Tree);
        if is_tree {
            return Some(Target::Tree(no));
        }
        self.looked_for.contains(no).then_some(Target::Blob(no))
    }

    fn name(&mut self, name: &[u8]) -> Name {
        if let Some(&name) = self.notes.names.get(name) {
            return name;
        }
        let number = self.notes.names.len() as u32;
        let known = Name { number, is_hot: self.sieve.whole(name).is_hot };
        self.notes.names.insert(name.into(), known);
        known
    }

    /// Notes a tree whose entries are noted from `first` on, and that was made from `base`.
    fn note_tree(&mut self, no: ObjectNo, base: Said, first: usize) -> Said {
        let notes = &mut self.notes;
        let at = notes.trees.len() as u32;
        let mut note = TreeNote {
            no,
            entries: first as u32,
            runs: notes.runs.len() as u32,
            made_last: NO_TREE,
            made_before: NO_TREE,
        };
        if let Said::Noted(base) = base {
            let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            for kept in &self.diff.kept {
                let (at, from) = (short(kept.at), short(kept.from));
                notes.runs.push(Run { at, from, bytes: short(kept.bytes) });
            }
            let base = notes.trees.get_mut(base as usize);
            note.made_before = std::mem::replace(&mut base.made_last, at);
        } else if notes.entries.len() == first {
            return Said::Empty;
        }
        notes.trees.push(note);
        Said::Noted(at)
    }
}
