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
mod inflate;
mod lookup;
mod loose;
mod pack;
mod pack_index;
mod pread;
mod sweep;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use inflate::Buffer;
pub(crate) use lookup::{Lookup, LookupError};
use pack::Pack;
use pack_index::Ids;
pub(crate) use sweep::{Limits, Object, Visitor};

use super::object::{Kind, ObjectId};
use crate::finding::{SkipKind, Skipped};

/// What is wrong with a file of the object database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damage(&'static str);

/// The number of an object: its place in [`Objects`].
pub(crate) type ObjectNo = u32;

/// The objects of a repository and of those it borrows from.
#[derive(Debug)]
pub(crate) struct Objects {
    packs: Vec<Store<Pack>>,
    /// Loose objects of all directories.
    loose: Store<LooseFiles>,
    id_bytes: usize,
    /// Where an object is stored more than once: one bit for each but the first.
    repeated: Vec<u64>,
    count: u32,
    /// What could not be opened.
    pub(crate) skipped: Vec<Skipped>,
}

/// Objects with the number of the first of them.
#[derive(Debug)]
struct Store<T> {
    first: ObjectNo,
    is_borrowed: bool,
    of: T,
}

/// Loose objects in the order of their ids.
#[derive(Debug)]
struct LooseFiles {
    ids: Ids,
    /// For each, which of the directories it is in.
    folders: Vec<u16>,
    roots: Vec<PathBuf>,
    /// The type of each as far as it has been read, or 0.
    kinds: Vec<AtomicU8>,
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
        let mut first = 0_u32;
        let mut packs = Vec::new();
        let mut loose = Vec::new();
        let mut is_moving = false;
        // Loose objects come first: what is packed meanwhile is then seen in its pack.
        for (at, root) in roots.iter().enumerate() {
            let folder = u16::try_from(at).unwrap_or(u16::MAX);
            list_loose(root, id_bytes, &mut |id| loose.push((id, folder)), &mut skipped)?;
        }
        for (at, root) in roots.iter().enumerate() {
            let mut indexes = indexes(&root.join("pack"), &mut skipped)?;
            indexes.sort();
            for index in indexes {
                match Pack::open(&index, id_bytes) {
                    Ok(pack) => {
                        let count = pack.entries.len() as u32;
                        packs.push(Store { first, is_borrowed: at > 0, of: pack });
                        first = first
                            .checked_add(count)
                            .ok_or_else(|| io::Error::other("it has over four billion objects"))?;
                    }
                    Err(error) => {
                        is_moving |= error.is_gone();
                        skipped.push(skip(&index.with_extension("pack"), &error));
                    }
                }
            }
        }
        loose.sort_unstable();
        loose.dedup_by(|next, one| next.0 == one.0);
        let ids = loose.iter().flat_map(|(id, _)| id.as_bytes().iter().copied()).collect();
        let of = LooseFiles {
            ids: Ids::new(id_bytes, ids).map_err(io::Error::other)?,
            folders: loose.iter().map(|&(_, folder)| folder).collect(),
            roots,
            kinds: loose.iter().map(|_| AtomicU8::new(0)).collect(),
        };
        let count = first
            .checked_add(loose.len() as u32)
            .ok_or_else(|| io::Error::other("it has over four billion objects"))?;
        let loose = Store { first, is_borrowed: false, of };
        let mut objects = Objects { packs, loose, id_bytes, repeated: Vec::new(), count, skipped };
        objects.mark_repeated();
        Ok((objects, is_moving))
    }

    /// Opens a reader of single objects. It sees packs that have come since.
    fn lookup(&self) -> Lookup {
        let roots = &self.loose.of.roots;
        match roots.split_first() {
            Some((root, more)) => Lookup::open(root, more, self.id_bytes),
            None => Lookup::open(Path::new(""), &[], self.id_bytes),
        }
    }

    /// How many bytes an id has.
    pub(crate) const fn id_bytes(&self) -> usize {
        self.id_bytes
    }

    /// How many objects there are, those that are stored twice counting twice.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// Returns the number of the object with this id.
    pub(crate) fn find(&self, id: &[u8]) -> Option<ObjectNo> {
        for pack in &self.packs {
            if let Some(at) = pack.of.ids.find(id) {
                return Some(pack.first + at as u32);
            }
        }
        self.loose.of.ids.find(id).map(|at| self.loose.first + at as u32)
    }

    /// Returns the id of an object.
    pub(crate) fn id(&self, no: ObjectNo) -> ObjectId {
        let raw = match self.pack_of(no) {
            Some(pack) => pack.of.ids.get((no - pack.first) as usize),
            None => self.loose.of.ids.get((no - self.loose.first) as usize),
        };
        ObjectId::from_bytes(raw).expect("ids have 20 or 32 bytes")
    }

    /// Whether an object is borrowed from another repository.
    pub(crate) fn is_borrowed(&self, no: ObjectNo) -> bool {
        let is_own_loose = |at: usize| self.loose.of.folders[at] == 0;
        match self.pack_of(no) {
            Some(pack) => {
                let own = self.loose.of.ids.find(self.id(no).as_bytes());
                pack.is_borrowed && !own.is_some_and(is_own_loose)
            }
            None => !is_own_loose((no - self.loose.first) as usize),
        }
    }

    /// Returns the type of an object, where it is known without reading it.
    pub(crate) fn kind(&self, no: ObjectNo) -> Option<Kind> {
        match self.pack_of(no) {
            Some(pack) => {
                let entry = pack.of.entry_of_id[(no - pack.first) as usize];
                pack.of.entries[entry as usize].kind
            }
            None => self.loose.of.kind((no - self.loose.first) as usize),
        }
    }

    fn pack_of(&self, no: ObjectNo) -> Option<&Store<Pack>> {
        if no >= self.loose.first {
            return None;
        }
        let behind = self.packs.partition_point(|pack| pack.first <= no);
        self.packs.get(behind.checked_sub(1)?)
    }

    fn mark_repeated(&mut self) {
        let stores = self.packs.len() + usize::from(self.loose.of.ids.len() > 0);
        if stores < 2 {
            return;
        }
        let mut repeated = vec![0_u64; (self.count as usize).div_ceil(64)];
        for no in 0..self.count {
            if self.find(self.id(no).as_bytes()) != Some(no) {
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

impl LooseFiles {
    fn path(&self, at: usize) -> PathBuf {
        let hex: String = self.ids.get(at).iter().map(|byte| format!("{byte:02x}")).collect();
        self.roots[usize::from(self.folders[at])].join(&hex[..2]).join(&hex[2..])
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        match self.kinds[at].load(Ordering::Relaxed) {
            1 => Some(Kind::Commit),
            2 => Some(Kind::Tree),
            3 => Some(Kind::Blob),
            4 => Some(Kind::Tag),
            _ => None,
        }
    }

    fn set_kind(&self, at: usize, kind: Kind) {
        let number = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.kinds[at].store(number, Ordering::Relaxed);
    }
}

fn skip(path: &Path, why: &dyn std::fmt::Display) -> Skipped {
    let reason = format!("cannot be read: {why}; `git fsck` shows what is lost with it");
    Skipped::new(SkipKind::Unreadable, path.as_os_str().as_encoded_bytes(), reason)
}

/// Alternates of alternates are followed as far as git follows them, and then a little further.
const MAX_ALTERNATES: usize = 64;

/// `root` and the directories it borrows from, each once.
fn folders(root: &Path, more: &[PathBuf], skipped: &mut Vec<Skipped>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut known = HashSet::new();
    let mut todo = std::collections::VecDeque::from([root.to_owned()]);
    todo.extend(more.iter().cloned());
    while let Some(folder) = todo.pop_front() {
        let canonical = match fs::canonicalize(&folder) {
            Ok(canonical) => canonical,
            Err(error) => {
                skipped.push(skip(&folder, &error));
                continue;
            }
        };
        if !known.insert(canonical) || found.len() == MAX_ALTERNATES {
            continue;
        }
        let listed = fs::read(folder.join("info/alternates")).unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                skipped.push(skip(&folder.join("info/alternates"), &error));
            }
            Vec::new()
        });
        let lines = listed.split(|&byte| byte == b'\n');
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
            todo.push_back(folder.join(super::command::path_from(&unquoted(line))));
        }
        found.push(folder);
    }
    found
}

/// A path that git has put in quotes, without them.
fn unquoted(line: &[u8]) -> Vec<u8> {
    let Some(inside) = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return line.to_vec();
    };
    let mut plain = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let (b'\\', Some((&escaped, tail))) = (byte, rest.split_first()) else {
            plain.push(byte);
            continue;
        };
        let octal = rest.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            plain.push(byte);
            rest = &rest[3..];
        } else {
            plain.push(match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                other => other,
            });
            rest = tail;
        }
    }
    plain
}

/// The index files of a pack directory; packs without one are named.
fn indexes(folder: &Path, skipped: &mut Vec<Skipped>) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            skipped.push(skip(folder, &error));
            return Ok(Vec::new());
        }
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is = |extension: &str| path.extension().is_some_and(|have| have == extension);
        if is("idx") {
            found.push(path);
        } else if is("pack") && !path.with_extension("idx").exists() && !is_in_the_making(&path) {
            skipped.push(skip(&path, &"its index is missing (`git index-pack` makes it)"));
        }
    }
    Ok(found)
}

/// Whether `git repack` is about to give a pack its index and its name, or has just done so. What is in
/// it is still in the packs that it was made of. One that a crash has left is older.
fn is_in_the_making(pack: &Path) -> bool {
    const LONGEST: Duration = Duration::from_secs(3600);
    let is_temporary =
        pack.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".tmp-"));
    match fs::symlink_metadata(pack).and_then(|metadata| metadata.modified()) {
        Ok(made) => is_temporary && made.elapsed().is_ok_and(|age| age < LONGEST),
        // It has its name now, or `git repack` has put another in its place.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Names the loose objects of a directory. A folder of them may go away meanwhile: what it held is in a pack.
fn list_loose(
    root: &Path,
    id_bytes: usize,
    each: &mut dyn FnMut(ObjectId),
    skipped: &mut Vec<Skipped>,
) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let folder = entry.file_name();
        let folder = folder.as_encoded_bytes();
        if folder.len() != 2 || !folder.iter().all(u8::is_ascii_hexdigit) {
            continue;
        }
        let files = match fs::read_dir(entry.path()) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                skipped.push(skip(&entry.path(), &error));
                continue;
            }
        };
        for file in files {
            let name = file?.file_name();
            let hex = [folder, name.as_encoded_bytes()].concat();
            // Temporary files of a git that was stopped are no objects.
            if let Some(id) = ObjectId::parse(&hex).filter(|_| hex.len() == id_bytes * 2) {
                each(id);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn quoted_paths_are_read_as_git_writes_them() {
        assert_eq!(unquoted(b"/a b"), b"/a b");
        assert_eq!(unquoted(br#""/a\"b\\c\tn\303\251""#), "/a\"b\\c\tné".as_bytes());
    }
}
