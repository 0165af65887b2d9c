//! The further passes: which trees lead to what is hot, and by which names.

use std::ops::Range;

use super::FastMap;
use crate::git::object::{Kind, MODE_GITLINK, MODE_TREE, ObjectId};
use crate::git::odb::{Object, ObjectNo, Objects, Visitor};
use crate::source::Sieve;
use crate::text::edits::Edits;
use crate::text::fragment::Fragment;

/// A set of objects.
#[derive(Debug, Clone)]
pub(super) struct ObjectSet(Vec<u64>);

impl ObjectSet {
    pub(super) fn new(objects: &Objects) -> Self {
        ObjectSet(vec![0; (objects.count() as usize).div_ceil(64)])
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

    pub(super) fn join(&mut self, other: &ObjectSet) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own |= other;
        }
    }
}

/// A name in a tree that leads to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HotEntry {
    /// The name's number.
    pub(super) name: u32,
    pub(super) to: Target,
}

/// What a name in a tree leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Target {
    /// A hot blob, or one that cannot be read.
    Blob(ObjectNo),
    /// A tree that leads to something.
    Tree(ObjectNo),
    /// An object that is not here.
    Missing(ObjectId),
    /// The name is what is hot, whatever it stands for.
    Name,
}

/// What one thread found in a pass.
#[derive(Debug)]
pub(super) struct TreesFound {
    pub(super) hits: TreeHits,
    /// Trees that stand in other trees.
    pub(super) inner: ObjectSet,
    pub(super) unreadable: Vec<(ObjectNo, String)>,
    pub(super) bytes: u64,
}

/// Entries that lead to something.
#[derive(Debug, Default)]
pub(super) struct TreeHits {
    names: Vec<Box<[u8]>>,
    entries: Vec<(ObjectNo, HotEntry)>,
}

/// Names of hot entries, each with a number.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: FastMap<Box<[u8]>, u32>,
    pub(super) list: Vec<Box<[u8]>>,
}

impl Names {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.list.len() as u32;
        self.numbers.insert(name.into(), number);
        self.list.push(name.into());
        number
    }
}

/// Trees that lead to something, each with the names that do.
#[derive(Debug, Default)]
pub(super) struct HotTrees {
    pub(super) names: Names,
    pub(super) entries: FastMap<ObjectNo, Vec<HotEntry>>,
}

impl HotTrees {
    /// Takes what a pass found, and returns the trees that were not known to be hot before.
    pub(super) fn add(&mut self, found: Vec<TreeHits>) -> Vec<ObjectNo> {
        let mut new = Vec::new();
        for hits in found {
            let numbers: Vec<u32> = hits.names.iter().map(|name| self.names.number(name)).collect();
            for (tree, entry) in hits.entries {
                let entry = HotEntry { name: numbers[entry.name as usize], to: entry.to };
                let entries = self.entries.entry(tree).or_insert_with(|| {
                    new.push(tree);
                    Vec::new()
                });
                entries.push(entry);
            }
        }
        new.sort_unstable();
        new
    }

    /// Puts entries in order; to be called when nothing more is added.
    pub(super) fn sort(&mut self) {
        self.entries.values_mut().for_each(|entries| {
            entries.sort_unstable();
            entries.dedup();
            entries.shrink_to_fit();
        });
    }

    pub(super) fn of(&self, tree: ObjectNo) -> &[HotEntry] {
        self.entries.get(&tree).map_or(&[], Vec::as_slice)
    }
}

/// A set of byte strings that says "no" fast, and "yes" a little too often.
#[derive(Debug, Clone)]
struct Filter(Box<[u64; 1024]>);

impl Filter {
    fn new() -> Self {
        Filter(Box::new([0; 1024]))
    }

    /// Two bytes of an id, which are as good as a hash.
    fn of_id(id: &[u8]) -> usize {
        usize::from(u16::from_le_bytes([id[0], id[1]]))
    }

    fn insert(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn contains(&self, bit: usize) -> bool {
        self.0[bit / 64] >> (bit % 64) & 1 != 0
    }
}

/// Objects that a pass looks for.
#[derive(Debug)]
pub(super) struct LookedFor {
    objects: ObjectSet,
    filter: Filter,
}

impl LookedFor {
    pub(super) fn new(objects: &Objects) -> Self {
        LookedFor { objects: ObjectSet::new(objects), filter: Filter::new() }
    }

    pub(super) fn insert(&mut self, no: ObjectNo, objects: &Objects) {
        self.objects.insert(no);
        self.filter.insert(Filter::of_id(objects.id(no).as_bytes()));
    }
}

/// Looks for entries that lead to certain objects; in the first pass also for names that are hot
/// and for objects that are not here.
pub(super) struct TreeVisitor<'a> {
    objects: &'a Objects,
    looked_for: &'a LookedFor,
    /// Judges names, and counts objects that are not here; in the first pass only.
    sieve: Option<&'a dyn Sieve>,
    /// Names that have been judged: whether they are hot.
    judged: FastMap<Box<[u8]>, bool>,
    /// The numbers of those in `hits`.
    numbers: FastMap<Box<[u8]>, u32>,
    found: TreesFound,
}

impl<'a> TreeVisitor<'a> {
    pub(super) fn new(
        objects: &'a Objects,
        looked_for: &'a LookedFor,
        sieve: Option<&'a dyn Sieve>,
    ) -> Self {
        TreeVisitor {
            objects,
            looked_for,
            sieve,
            judged: FastMap::default(),
            numbers: FastMap::default(),
            found: TreesFound {
                hits: TreeHits::default(),
                inner: ObjectSet::new(objects),
                unreadable: Vec::new(),
                bytes: 0,
            },
        }
    }

    pub(super) fn into_found(self) -> TreesFound {
        self.found
    }

    /// Looks at an entry, and returns whether it leads to something.
    fn entry(&mut self, tree: ObjectNo, mode: u32, name: &[u8], id: &[u8]) -> bool {
        let is_hot_name = self.sieve.is_some_and(|sieve| self.is_hot_name(sieve, name));
        if is_hot_name {
            self.hit(tree, name, Target::Name);
        }
        let to = self.target(mode, id);
        if let Some(to) = to {
            self.hit(tree, name, to);
        }
        is_hot_name || to.is_some()
    }

    fn target(&mut self, mode: u32, id: &[u8]) -> Option<Target> {
        if mode == MODE_GITLINK {
            return None;
        }
        let Some(no) = self.objects.find(id) else {
            self.sieve?;
            return ObjectId::from_bytes(id).map(Target::Missing);
        };
        // A mode may lie.
        let kind = self.objects.kind(no).unwrap_or(Kind::Tree);
        let is_tree = mode == MODE_TREE && kind == Kind::Tree;
        if is_tree && self.sieve.is_some() {
            self.found.inner.insert(no);
        }
        let to = if is_tree { Target::Tree(no) } else { Target::Blob(no) };
        self.looked_for.objects.contains(no).then_some(to)
    }

    fn is_hot_name(&mut self, sieve: &dyn Sieve, name: &[u8]) -> bool {
        if let Some(&is_hot) = self.judged.get(name) {
            return is_hot;
        }
        let is_hot = sieve.whole(name).is_hot;
        self.judged.insert(name.into(), is_hot);
        is_hot
    }

    fn hit(&mut self, tree: ObjectNo, name: &[u8], to: Target) {
        let number = match self.numbers.get(name) {
            Some(&number) => number,
            None => {
                let number = self.found.hits.names.len() as u32;
                self.numbers.insert(name.into(), number);
                self.found.hits.names.push(name.into());
                number
            }
        };
        self.found.hits.entries.push((tree, HotEntry { name: number, to }));
    }
}

impl Visitor for TreeVisitor<'_> {
    /// Where the entries stand that lead to something, in rising order.
    type Said = Vec<Range<usize>>;

    fn object(&mut self, object: Object<'_, Self::Said>) -> Self::Said {
        self.found.bytes += object.bytes.len() as u64;
        let seen = match &object.step {
            Some(step) => self.changed_entries(object.no, object.bytes, step.edits, step.said),
            None => self.all_entries(object.no, object.bytes),
        };
        seen.unwrap_or_else(|| {
            if self.sieve.is_some() {
                let reason = "it is a malformed tree".to_owned();
                self.found.unreadable.push((object.no, reason));
            }
            Vec::new()
        })
    }

    fn part(&mut self, _: ObjectNo, _: Fragment<'_>) {}

    fn unreadable(&mut self, no: ObjectNo, reason: String) {
        self.found.unreadable.push((no, reason));
    }
}

impl TreeVisitor<'_> {
    /// Looks at every entry; `None` if the tree is malformed.
    fn all_entries(&mut self, no: ObjectNo, tree: &[u8]) -> Option<Vec<Range<usize>>> {
        let mut hot = Vec::new();
        let mut at = 0;
        while at < tree.len() {
            at = self.look_at(no, tree, at, &mut hot)?;
        }
        Some(hot)
    }

    /// Looks at the entries that are new, and at those that led to something in the tree before.
    fn changed_entries(
        &mut self,
        no: ObjectNo,
        tree: &[u8],
        edits: &Edits,
        before: &[Range<usize>],
    ) -> Option<Vec<Range<usize>>> {
        let mut hot = Vec::new();
        if self.sieve.is_none() && before.is_empty() && !self.may_be_near(tree, &edits.changes) {
            return Some(hot);
        }
        let kept: Vec<Range<usize>> = edits
            .kept
            .iter()
            .flat_map(|kept| {
                let first = before.partition_point(|range| range.start < kept.from);
                before[first..].iter().map_while(|range| kept.shifted(range.clone()))
            })
            .collect();
        let (mut kept, mut changes) = (kept.iter().peekable(), edits.changes.iter().peekable());
        let mut at = 0;
        while at < tree.len() && (kept.peek().is_some() || changes.peek().is_some()) {
            let end = skip(tree, at, self.objects.id_bytes()).filter(|&end| end <= tree.len())?;
            while changes.next_if(|change| change.end < at).is_some() {}
            while kept.next_if(|range| range.start < at).is_some() {}
            let is_new = changes.peek().is_some_and(|change| change.start <= end);
            if is_new || kept.peek().is_some_and(|range| range.start == at) {
                self.look_at(no, tree, at, &mut hot)?;
            }
            at = end;
        }
        Some(hot)
    }

    /// Looks at the entry at `at`, notes in `hot` where it stands if it leads to something, and returns where it
    /// ends.
    fn look_at(
        &mut self,
        no: ObjectNo,
        tree: &[u8],
        at: usize,
        hot: &mut Vec<Range<usize>>,
    ) -> Option<usize> {
        let bytes = &tree[at..];
        let (mode, name, id) = next_entry(bytes, self.objects.id_bytes())?;
        let end = at + id.end;
        let (name, id) = (&bytes[name], &bytes[id]);
        // In the first pass names are judged, and what is not here is counted.
        let is_due = self.sieve.is_some() || self.looked_for.filter.contains(Filter::of_id(id));
        if is_due && self.entry(no, mode, name, id) {
            hot.push(at..end);
        }
        Some(end)
    }

    /// Whether an id that is looked for may stand at one of `edits`.
    fn may_be_near(&self, tree: &[u8], edits: &[Range<usize>]) -> bool {
        let id_bytes = self.objects.id_bytes();
        edits.iter().any(|edit| {
            let start = edit.start.saturating_sub(id_bytes);
            let end = tree.len().min(edit.end + id_bytes);
            tree[start..end].windows(id_bytes).any(|id| {
                self.looked_for.filter.contains(Filter::of_id(id))
                    && self.objects.find(id).is_some_and(|no| self.looked_for.objects.contains(no))
            })
        })
    }
}

/// Notes which trees stand in which.
pub(super) struct FolderVisitor<'a> {
    pub(super) objects: &'a Objects,
    /// Trees, each with one that it stands in.
    pub(super) pairs: Vec<(ObjectNo, ObjectNo)>,
}

impl Visitor for FolderVisitor<'_> {
    type Said = ();

    fn object(&mut self, object: Object<'_, ()>) {
        let mut left = object.bytes;
        while let Some((mode, _, id)) = next_entry(left, self.objects.id_bytes()) {
            if mode == MODE_TREE {
                let inner = self.objects.find(&left[id.clone()]);
                self.pairs.extend(inner.map(|inner| (inner, object.no)));
            }
            left = &left[id.end..];
        }
    }

    fn part(&mut self, _: ObjectNo, _: Fragment<'_>) {}

    /// The first pass has named it.
    fn unreadable(&mut self, _: ObjectNo, _: String) {}
}

/// Where the entry that begins at `at` ends, without looking at it.
fn skip(tree: &[u8], at: usize, id_bytes: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Neither a mode nor a name has a zero.
    let mut zero = at + 1;
    while let Some(&word) = tree.get(zero..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(word);
        let zeros = word.wrapping_sub(ONES) & !word & ONES << 7;
        if zeros != 0 {
            zero += zeros.trailing_zeros() as usize / 8;
            return Some(zero + 1 + id_bytes);
        }
        zero += 8;
    }
    let left = memchr::memchr(0, tree.get(zero..)?)?;
    Some(zero + left + 1 + id_bytes)
}

type Entry = (u32, Range<usize>, Range<usize>);

/// Finds the mode, the name and the id of the first entry of `raw`.
fn next_entry(raw: &[u8], id_bytes: usize) -> Option<Entry> {
    let blank = raw.iter().take(12).position(|&byte| byte == b' ')?;
    let mut mode = 0_u32;
    for &digit in &raw[..blank] {
        let digit = digit.wrapping_sub(b'0');
        if digit > 7 {
            return None;
        }
        mode = mode << 3 | u32::from(digit);
    }
    // The type counts, whatever the permissions beside it are.
    let mode = match mode & 0o170_000 {
        MODE_TREE => MODE_TREE,
        MODE_GITLINK => MODE_GITLINK,
        _ => mode,
    };
    let zero = blank + 1 + memchr::memchr(0, &raw[blank + 1..])?;
    let end = zero + 1 + id_bytes;
    (end <= raw.len()).then_some((mode, blank + 1..zero, zero + 1..end))
}
