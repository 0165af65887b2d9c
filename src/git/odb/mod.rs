//! Every object of a repository, read straight from its packs and loose files.
//!
//! libgit2 and git read objects by their ids, and make each of them from its chain of deltas anew,
//! as far as a small cache does not help. Whoever reads all of them does better to go along the
//! deltas: each object is made once, from the one before it, and where it differs from that one is
//! known without looking. Formats: <https://git-scm.com/docs/gitformat-pack>,
//! <https://git-scm.com/docs/gitrepository-layout>.
//!
//! What a sweep cannot make is looked up by its id (`lookup.rs`), where another copy may be whole. What is
//! damaged there, too, is named.

mod delta;
mod folders;
mod inflate;
mod lookup;
mod loose;
mod pack;
mod pack_index;
mod pread;
mod sweep;
mod table;

use std::io;
use std::path::{Path, PathBuf};

use folders::{folders, indexes, list_loose, skip};
use inflate::Buffer;
pub(crate) use lookup::{Lookup, LookupError};
use pack::Pack;
pub(crate) use sweep::{Limits, Object, Visitor};
pub(crate) use table::{ObjectNo, ObjectTable};

use super::object::Kind;
use crate::finding::Skipped;

/// What is wrong with a file of the object database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damage(&'static str);

/// The objects of a repository and of those it borrows from, with what is made from what.
#[derive(Debug)]
pub(crate) struct Objects {
    table: ObjectTable,
    packs: Vec<NumberedPack>,
    /// Where an object is stored more than once: one bit for each but the first.
    repeated: Vec<u64>,
    /// What could not be opened.
    pub(crate) skipped: Vec<Skipped>,
}

/// A pack with the number of the first of its objects.
#[derive(Debug)]
struct NumberedPack {
    first: ObjectNo,
    pack: Pack,
}

/// As often objects are listed while something else moves them.
const LISTINGS: u64 = 6;

impl Objects {
    /// Opens every pack and lists every loose object of `root`, an `objects` directory, and of
    /// those its `info/alternates` lead to. `more` names further directories to borrow from.
    ///
    /// A `git repack` beside it moves objects to other packs: then it is listed again.
    pub(crate) fn open(root: &Path, more: &[PathBuf], id_bytes: usize) -> io::Result<Self> {
        for wait in 1..LISTINGS {
            let (objects, is_moving) = Objects::list(root, more, id_bytes)?;
            if !is_moving {
                return Ok(objects);
            }
            std::thread::sleep(std::time::Duration::from_millis(10 * wait));
        }
        Objects::list(root, more, id_bytes).map(|(objects, _)| objects)
    }

    /// Lists what is there, and tells whether some of it went away meanwhile.
    fn list(root: &Path, more: &[PathBuf], id_bytes: usize) -> io::Result<(Self, bool)> {
        let mut skipped = Vec::new();
        let roots = folders(root, more, &mut skipped);
        let mut packs = Vec::new();
        let mut loose = Vec::new();
        let mut is_moving = false;
        // Loose objects come first: what is packed meanwhile is then seen in its pack.
        for (at, root) in roots.iter().enumerate() {
            let folder = u16::try_from(at).unwrap_or(u16::MAX);
            list_loose(root, id_bytes, &mut |id| loose.push((id, folder)), &mut skipped)?;
        }
        let mut table = ObjectTable::new(id_bytes);
        for (at, root) in roots.iter().enumerate() {
            let mut indexes = indexes(&root.join("pack"), &mut skipped)?;
            indexes.sort();
            for index in indexes {
                match Pack::open(&index, id_bytes) {
                    Ok((ids, pack)) => {
                        let first = table.add_pack(ids, at > 0)?;
                        packs.push(NumberedPack { first, pack });
                    }
                    Err(error) => {
                        is_moving |= error.is_gone();
                        skipped.push(skip(&index.with_extension("pack"), &error));
                    }
                }
            }
        }
        table.add_loose(loose, roots)?;
        let mut objects = Objects { table, packs, repeated: Vec::new(), skipped };
        objects.mark_repeated();
        Ok((objects, is_moving))
    }

    /// The objects by number and id.
    pub(crate) const fn table(&self) -> &ObjectTable {
        &self.table
    }

    /// Forgets what is made from what, which takes most of the memory, and keeps the table.
    pub(crate) fn into_table(self) -> ObjectTable {
        self.table
    }

    /// Opens a reader of single objects. It sees packs that have come since.
    fn lookup(&self) -> Lookup {
        let roots = &self.table.loose.roots;
        match roots.split_first() {
            Some((root, more)) => Lookup::open(root, more, self.table.id_bytes()),
            None => Lookup::open(Path::new(""), &[], self.table.id_bytes()),
        }
    }

    /// Returns the type of an object, where it is known without reading it.
    pub(crate) fn kind(&self, no: ObjectNo) -> Option<Kind> {
        let behind = self.packs.partition_point(|pack| pack.first <= no);
        match behind.checked_sub(1).map(|at| &self.packs[at]) {
            Some(pack) if no < self.table.loose_first => pack.pack.kind_of_id(no - pack.first),
            _ => self.table.loose.kind((no - self.table.loose_first) as usize),
        }
    }

    fn mark_repeated(&mut self) {
        let stores = self.packs.len() + usize::from(self.table.loose.len() > 0);
        if stores < 2 {
            return;
        }
        let mut repeated = vec![0_u64; (self.table.count() as usize).div_ceil(64)];
        for no in 0..self.table.count() {
            if self.table.find(self.table.id(no).as_bytes()) != Some(no) {
                repeated[no as usize / 64] |= 1 << (no % 64);
            }
        }
        self.repeated = repeated;
    }

    /// Whether the object is stored elsewhere, too, and read there.
    fn is_repeated(&self, no: ObjectNo) -> bool {
        self.repeated.get(no as usize / 64).is_some_and(|bits| bits >> (no % 64) & 1 != 0)
    }
}
