//! The objects of a repository by their numbers and ids.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

use super::pack_index::Ids;
use crate::git::object::{Kind, ObjectId};
use crate::text::hex::hex;

/// The number of an object: its place in an [`ObjectTable`].
pub(crate) type ObjectNo = u32;

/// The ids of all objects, those of packs first, loose ones behind them.
#[derive(Debug)]
pub(crate) struct ObjectTable {
    packs: Vec<PackIds>,
    /// The number of the first loose object.
    pub(super) loose_first: ObjectNo,
    /// Loose objects of all directories.
    pub(super) loose: LooseFiles,
    id_bytes: usize,
}

/// The ids of a pack, with the number of the first.
#[derive(Debug)]
struct PackIds {
    first: ObjectNo,
    is_borrowed: bool,
    ids: Ids,
}

/// Loose objects in the order of their ids.
#[derive(Debug)]
pub(super) struct LooseFiles {
    ids: Ids,
    /// For each, which of the directories it is in.
    folders: Vec<u16>,
    pub(super) roots: Vec<PathBuf>,
    /// The type of each as far as it has been read, or 0.
    kinds: Vec<AtomicU8>,
}

impl ObjectTable {
    /// Makes a table without objects, for ids of `id_bytes`.
    pub(super) fn new(id_bytes: usize) -> Self {
        let loose = LooseFiles {
            ids: Ids::none(id_bytes),
            folders: Vec::new(),
            roots: Vec::new(),
            kinds: Vec::new(),
        };
        ObjectTable { packs: Vec::new(), loose_first: 0, loose, id_bytes }
    }

    /// Adds the ids of a pack, and returns the number of the first. Packs come before loose objects.
    ///
    /// # Errors
    /// There are more objects than there are numbers.
    pub(super) fn add_pack(&mut self, ids: Ids, is_borrowed: bool) -> io::Result<ObjectNo> {
        let first = self.loose_first;
        self.loose_first = numbered(first, ids.len())?;
        self.packs.push(PackIds { first, is_borrowed, ids });
        Ok(first)
    }

    /// Adds loose objects, each with the place of its directory in `roots`.
    ///
    /// # Errors
    /// There are more objects than there are numbers.
    pub(super) fn add_loose(
        &mut self,
        mut loose: Vec<(ObjectId, u16)>,
        roots: Vec<PathBuf>,
    ) -> io::Result<()> {
        loose.sort_unstable();
        loose.dedup_by(|next, one| next.0 == one.0);
        numbered(self.loose_first, loose.len())?;
        let ids = loose.iter().flat_map(|(id, _)| id.as_bytes().iter().copied()).collect();
        self.loose = LooseFiles {
            ids: Ids::new(self.id_bytes, ids).map_err(io::Error::other)?,
            folders: loose.iter().map(|&(_, folder)| folder).collect(),
            roots,
            kinds: loose.iter().map(|_| AtomicU8::new(0)).collect(),
        };
        Ok(())
    }

    /// How many bytes an id has.
    pub(crate) const fn id_bytes(&self) -> usize {
        self.id_bytes
    }

    /// How many objects there are, those that are stored twice counting twice.
    pub(crate) fn count(&self) -> u32 {
        self.loose_first + self.loose.len() as u32
    }

    /// Returns the number of the object with this id.
    pub(crate) fn find(&self, id: &[u8]) -> Option<ObjectNo> {
        for pack in &self.packs {
            if let Some(at) = pack.ids.find(id) {
                return Some(pack.first + at as u32);
            }
        }
        self.loose.ids.find(id).map(|at| self.loose_first + at as u32)
    }

    /// Returns the id of an object.
    pub(crate) fn id(&self, no: ObjectNo) -> ObjectId {
        let raw = match self.pack_of(no) {
            Some(pack) => pack.ids.get((no - pack.first) as usize),
            None => self.loose.ids.get((no - self.loose_first) as usize),
        };
        ObjectId::from_bytes(raw).expect("ids have 20 or 32 bytes")
    }

    /// Whether an object is borrowed from another repository.
    pub(crate) fn is_borrowed(&self, no: ObjectNo) -> bool {
        let is_own_loose = |at: usize| self.loose.folders[at] == 0;
        match self.pack_of(no) {
            Some(pack) => {
                let own = self.loose.ids.find(self.id(no).as_bytes());
                pack.is_borrowed && !own.is_some_and(is_own_loose)
            }
            None => !is_own_loose((no - self.loose_first) as usize),
        }
    }

    fn pack_of(&self, no: ObjectNo) -> Option<&PackIds> {
        if no >= self.loose_first {
            return None;
        }
        let behind = self.packs.partition_point(|pack| pack.first <= no);
        self.packs.get(behind.checked_sub(1)?)
    }
}

/// The number behind `count` objects, of which `first` is the first.
fn numbered(first: ObjectNo, count: usize) -> io::Result<ObjectNo> {
    let count = u32::try_from(count).ok();
    count
        .and_then(|count| first.checked_add(count))
        .ok_or_else(|| io::Error::other("it has over four billion objects"))
}

impl LooseFiles {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn path(&self, at: usize) -> PathBuf {
        let hex = hex(self.ids.get(at));
        self.roots[usize::from(self.folders[at])].join(&hex[..2]).join(&hex[2..])
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        Kind::from_number(self.kinds[at].load(Ordering::Relaxed))
    }

    pub(super) fn set_kind(&self, at: usize, kind: Kind) {
        self.kinds[at].store(kind.number(), Ordering::Relaxed);
    }
}
