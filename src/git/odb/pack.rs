//! A pack: its objects in the order of the file, and which is made from which.
//!
//! Format: <https://git-scm.com/docs/gitformat-pack>.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use super::pack_index::{self, Ids};
use super::pread::read_at;
use super::{Damage, ObjectNo};
use crate::git::Kind;

/// No entry: an object that is stored whole has no base.
pub(super) const NONE: u32 = u32::MAX;

/// A pack, without the ids of its objects.
#[derive(Debug)]
pub(super) struct Pack {
    pub(super) file: File,
    /// Where the objects end and the checksum begins.
    end: u64,
    /// In the order of the file.
    pub(super) entries: Vec<Entry>,
    /// The number of the type of each object, or 0, in the order of the ids: whoever asks has an id, and in a byte for
    /// each they stay near.
    kinds: Vec<u8>,
    /// The entries made from each entry: those of entry `e` are
    /// `children[first_child[e]..first_child[e + 1]]`, the one from which most is made being last.
    first_child: Vec<u32>,
    children: Vec<u32>,
}

/// An object of a pack, in 16 bytes: there may be tens of millions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The offset, and above it the number of the type, or 0.
    offset_and_kind: u64,
    /// The place of its id in the order of ids.
    pub(super) id_at: u32,
    /// The entry from which it is made.
    pub(super) base: u32,
}

/// So many bits an offset has.
const OFFSET_BITS: u32 = 60;

impl Entry {
    fn new(offset: u64, id_at: u32) -> Result<Self, Damage> {
        if offset >> OFFSET_BITS != 0 {
            return Err(Damage("its index has an impossible offset"));
        }
        Ok(Entry { offset_and_kind: offset, id_at, base: NONE })
    }

    pub(super) const fn offset(&self) -> u64 {
        self.offset_and_kind & ((1 << OFFSET_BITS) - 1)
    }

    /// Its type; `None` where nothing in the pack tells.
    pub(super) const fn kind(&self) -> Option<Kind> {
        Kind::from_number((self.offset_and_kind >> OFFSET_BITS) as u8)
    }

    fn set_kind(&mut self, kind: Option<Kind>) {
        let number = kind.map_or(0, Kind::number);
        self.offset_and_kind = self.offset() | u64::from(number) << OFFSET_BITS;
    }
}

/// What stands before an entry's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) form: Form,
    /// The inflated size: of the object, or of the delta.
    pub(super) size: u64,
    /// How many bytes it takes.
    pub(super) bytes: usize,
}

/// How an entry is stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Whole(Kind),
    /// A delta to the object so many bytes before.
    Offset(u64),
    /// A delta to the object with this id.
    Id([u8; 32]),
}

/// The longest header: a size of ten bytes, an id of 32.
pub(super) const MAX_HEADER_BYTES: usize = 48;

pub(super) fn header(raw: &[u8], id_bytes: usize) -> Result<Header, Damage> {
    const WRONG: Damage = Damage("an entry has a malformed header");
    let mut at = 0;
    let mut next = || {
        let byte = *raw.get(at).ok_or(WRONG)?;
        at += 1;
        Ok(byte)
    };
    let mut byte = next()?;
    let form = byte >> 4 & 7;
    let mut size = u64::from(byte & 15);
    let mut shift = 4;
    while byte & 0x80 != 0 {
        byte = next()?;
        let more = u64::from(byte & 0x7f);
        if shift > 57 {
            return Err(WRONG);
        }
        size |= more << shift;
        shift += 7;
    }
    let form = match form {
        6 => {
            byte = next()?;
            let mut back = u64::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                byte = next()?;
                if back >> 55 != 0 {
                    return Err(WRONG);
                }
                back = (back + 1) << 7 | u64::from(byte & 0x7f);
            }
            Form::Offset(back)
        }
        7 => {
            let mut id = [0; 32];
            for byte in &mut id[..id_bytes] {
                *byte = next()?;
            }
            Form::Id(id)
        }
        other => Form::Whole(Kind::from_number(other).ok_or(WRONG)?),
    };
    Ok(Header { form, size, bytes: at })
}

impl Pack {
    /// Opens the pack whose index is `index`, and reads where everything is; not the objects.
    pub(super) fn open(index: &Path, id_bytes: usize) -> Result<(Ids, Self), PackError> {
        let path = index.with_extension("pack");
        let raw = std::fs::read(index)?;
        let (ids, offsets) = pack_index::parse(&raw, id_bytes)?;
        drop(raw);
        let file = File::open(&path)?;
        let bytes = file.metadata()?.len();
        let end = bytes.checked_sub(id_bytes as u64).ok_or(Damage("it is cut short"))?;
        let mut start = [0; 12];
        read_at(&file, &mut start, 0)?;
        let version = u32::from_be_bytes([start[4], start[5], start[6], start[7]]);
        if !start.starts_with(b"PACK") || !matches!(version, 2 | 3) {
            return Err(Damage("it is no pack of a known version").into());
        }
        let count = u32::from_be_bytes([start[8], start[9], start[10], start[11]]);
        if count as usize != ids.len() {
            return Err(Damage("it does not have the objects that its index names").into());
        }
        let offsets = offsets.into_iter().zip(0..);
        let mut entries: Vec<Entry> =
            offsets.map(|(offset, id_at)| Entry::new(offset, id_at)).collect::<Result<_, _>>()?;
        entries.sort_unstable_by_key(Entry::offset);
        if entries.last().is_some_and(|last| last.offset() >= end) {
            return Err(Damage("it is cut short").into());
        }
        let mut entry_of_id = vec![0; entries.len()];
        for (entry, at) in entries.iter().zip(0..) {
            entry_of_id[entry.id_at as usize] = at;
        }
        let (kinds, first_child, children) = (Vec::new(), Vec::new(), Vec::new());
        let mut pack = Pack { file, end, entries, kinds, first_child, children };
        pack.read_headers(&ids, &entry_of_id, id_bytes)?;
        pack.link();
        pack.kinds = vec![0; entry_of_id.len()];
        for entry in &pack.entries {
            pack.kinds[entry.id_at as usize] = entry.kind().map_or(0, Kind::number);
        }
        Ok((ids, pack))
    }

    /// Reads the header of every entry. One that cannot be understood is left without a type, and
    /// read by other means.
    fn read_headers(&mut self, ids: &Ids, entry_of_id: &[u32], id_bytes: usize) -> io::Result<()> {
        const CHUNK: usize = 1 << 20;
        let mut chunk = vec![0; CHUNK];
        let mut chunk_at = 0;
        let mut filled = 0;
        for at in 0..self.entries.len() {
            let offset = self.entries[at].offset();
            let mut skip = (offset - chunk_at) as usize;
            if skip + MAX_HEADER_BYTES > filled {
                let wanted = CHUNK.min((self.end + id_bytes as u64 - offset) as usize);
                read_at(&self.file, &mut chunk[..wanted], offset)?;
                (chunk_at, filled, skip) = (offset, wanted, 0);
            }
            let Ok(header) = header(&chunk[skip..filled], id_bytes) else { continue };
            let entry = match header.form {
                Form::Whole(kind) => {
                    self.entries[at].set_kind(Some(kind));
                    continue;
                }
                Form::Offset(back) => offset
                    .checked_sub(back)
                    .and_then(|base| self.entries.binary_search_by_key(&base, Entry::offset).ok()),
                Form::Id(id) => ids.find(&id[..id_bytes]).map(|id_at| entry_of_id[id_at] as usize),
            };
            self.entries[at].base = entry.map_or(NONE, |entry| entry as u32);
        }
        Ok(())
    }

    /// Links each entry to those made from it, and gives them its type.
    fn link(&mut self) {
        let count = self.entries.len();
        let mut first_child = vec![0_u32; count + 1];
        for entry in self.entries.iter().filter(|entry| entry.base != NONE) {
            first_child[entry.base as usize + 1] += 1;
        }
        for at in 0..count {
            first_child[at + 1] += first_child[at];
        }
        let mut children = vec![0; first_child[count] as usize];
        let mut place = first_child.clone();
        for (entry, at) in self.entries.iter().zip(0..).filter(|(entry, _)| entry.base != NONE) {
            let place = &mut place[entry.base as usize];
            children[*place as usize] = at;
            *place += 1;
        }
        (self.first_child, self.children) = (first_child, children);
        self.order();
    }

    /// Puts the child from which most is made last, wherever there are several: a walk that has
    /// come to the last child no longer needs the parent, so what it holds at a time grows with
    /// the logarithm of the number of objects and not with the length of the chains.
    fn order(&mut self) {
        let roots = (0..self.entries.len() as u32)
            .filter(|&at| self.entries[at as usize].kind().is_some())
            .collect();
        // Parents before children; entries that only hang together in a circle are never met.
        let mut order: Vec<u32> = roots;
        let mut at = 0;
        while let Some(&entry) = order.get(at) {
            at += 1;
            let kind = self.entries[entry as usize].kind();
            for place in self.child_range(entry) {
                let child = self.children[place];
                self.entries[child as usize].set_kind(kind);
                order.push(child);
            }
        }
        let mut weight = vec![1_u32; self.entries.len()];
        for &entry in order.iter().rev() {
            let base = self.entries[entry as usize].base;
            if base != NONE {
                weight[base as usize] += weight[entry as usize];
            }
            let range = self.child_range(entry);
            if range.len() > 1 {
                self.children[range].sort_by_key(|&child| weight[child as usize]);
            }
        }
    }

    fn child_range(&self, entry: u32) -> std::ops::Range<usize> {
        let entry = entry as usize;
        self.first_child[entry] as usize..self.first_child[entry + 1] as usize
    }

    /// The entries that are made from this one.
    pub(super) fn children(&self, entry: u32) -> &[u32] {
        &self.children[self.child_range(entry)]
    }

    /// The type of the object whose id stands at a place of the order, where the pack tells it.
    pub(super) fn kind_of_id(&self, id_at: u32) -> Option<Kind> {
        Kind::from_number(self.kinds[id_at as usize])
    }

    /// Where an entry's bytes end.
    pub(super) fn end_of(&self, entry: u32) -> u64 {
        self.entries.get(entry as usize + 1).map_or(self.end, Entry::offset)
    }

    /// Where the bytes of an entry begin and end, its header being first.
    fn range(&self, entry: u32) -> Range<u64> {
        self.entries[entry as usize].offset()..self.end_of(entry)
    }
}

/// The part of a pack that was read last. An entry stands mostly near the one it is made from, so
/// nine of ten are in it already.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The pack, by the number of its first object.
    pack: ObjectNo,
    range: Range<u64>,
    bytes: Vec<u8>,
}

/// As many bytes are read at a time: more cost more to copy than calls cost that are saved.
const WINDOW_BYTES: u64 = 16 << 10;

impl Window {
    /// Brings the packed bytes of an entry in, its header being first, and returns where in
    /// [`bytes`](Window::bytes) they are. `first` is the number of the pack's first object.
    pub(super) fn read(
        &mut self,
        pack: &Pack,
        first: ObjectNo,
        entry: u32,
    ) -> io::Result<Range<usize>> {
        let wanted = pack.range(entry);
        let is_in = self.range.start <= wanted.start && wanted.end <= self.range.end;
        if !is_in || self.pack != first {
            let end = pack.end.min(wanted.start.saturating_add(WINDOW_BYTES)).max(wanted.end);
            self.pack = first;
            // What stands behind the entry may be damaged where the entry is not.
            self.fill(pack, wanted.start..end).or_else(|_| self.fill(pack, wanted.clone()))?;
        }
        let at = (wanted.start - self.range.start) as usize;
        Ok(at..at + (wanted.end - wanted.start) as usize)
    }

    fn fill(&mut self, pack: &Pack, range: Range<u64>) -> io::Result<()> {
        self.range = 0..0;
        let bytes = (range.end - range.start) as usize;
        if self.bytes.len() < bytes {
            self.bytes.resize(bytes, 0);
        }
        read_at(&pack.file, &mut self.bytes[..bytes], range.start)?;
        self.range = range;
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a part of a file.
pub(super) struct Part<'a> {
    pub(super) file: &'a File,
    pub(super) at: u64,
    pub(super) end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = into.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        read_at(self.file, &mut into[..wanted], self.at)?;
        self.at += wanted as u64;
        Ok(wanted)
    }
}

/// A pack that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Damage(#[from] Damage),
}

impl PackError {
    /// Whether the pack or its index is not there any more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, PackError::Io(error) if error.kind() == std::io::ErrorKind::NotFound)
    }
}
