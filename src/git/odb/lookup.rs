//! One object by its id, from packs and loose files.
//!
//! libgit2 spins for ever on a loose object that is cut short, panics on a type that it does not
//! know, and git follows a circle of deltas without end. So this reader comes before both of them,
//! and what it calls damaged is not shown to them. Each object is made from its own chain of
//! deltas, in two buffers, however long the chain is.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::ZlibDecoder;

use super::folders::{folders, indexes};
use super::inflate::{Buffer, Inflater};
use super::loose::{Loose, LooseError};
use super::pack::{Form, MAX_HEADER_BYTES, Part, header};
use super::pread::read_at;
use super::{Damage, delta};
use crate::git::object::{Kind, ObjectId};
use crate::text::edits::Edits;
use crate::text::hex::hex;

/// git makes chains of at most 4,095 deltas. A longer chain is a circle, or made to harm.
const MAX_DELTAS: usize = 10_000;

/// So many ids of an index are read at once when the search has come down to them.
const IDS_AT_ONCE: u32 = 128;

/// Pieces up to this size are inflated at once; larger ones in parts, so that memory grows with the
/// bytes that come and not with the size that is claimed.
const MAX_AT_ONCE: u64 = 1 << 20;

/// Finds objects by their ids.
pub(crate) struct Lookup {
    roots: Vec<PathBuf>,
    packs: Vec<PackFile>,
    inflate: Pieces,
    /// The object that was read last.
    made: Buffer,
    base: Buffer,
    delta: Buffer,
    /// The delta that makes the object itself, and tells its size.
    last_delta: Buffer,
    bases: Bases,
}

/// Why an object that is there cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookupError {
    #[error(transparent)]
    Damage(#[from] Damage),
    /// It has more bytes than the limit.
    #[error("it has {0} bytes, more than the limit")]
    TooLarge(u64),
}

impl Lookup {
    /// Opens the indexes of all packs of `root`, an `objects` directory, and of those it borrows
    /// from. An index that cannot be opened has no objects here.
    pub(crate) fn open(root: &Path, more: &[PathBuf], id_bytes: usize) -> Self {
        let mut unread = Vec::new();
        let roots = folders(root, more, &mut unread);
        let mut packs = Vec::new();
        for root in &roots {
            let found = indexes(&root.join("pack"), &mut unread).unwrap_or_default();
            packs.extend(found.iter().filter_map(|index| PackFile::open(index, id_bytes).ok()));
        }
        Lookup {
            roots,
            packs,
            inflate: Pieces { inflater: Inflater::new(), raw: Vec::new() },
            made: Buffer::default(),
            base: Buffer::default(),
            delta: Buffer::default(),
            last_delta: Buffer::default(),
            bases: Bases::default(),
        }
    }

    /// Reads an object; `None` if no file has it. A copy that is damaged gives way to another.
    ///
    /// # Errors
    /// Every copy is damaged, or it is larger than `max_bytes`.
    pub(crate) fn read(
        &mut self,
        id: &ObjectId,
        max_bytes: u64,
    ) -> Result<Option<(Kind, &[u8])>, LookupError> {
        let made = self.first_copy(id, |lookup, stored| lookup.make(stored, max_bytes))?;
        Ok(made.map(|(kind, from)| (kind, &self.made.bytes()[from..])))
    }

    /// Returns the size of an object without making it; `None` if no file has it.
    ///
    /// # Errors
    /// Every copy is damaged as far as this looks.
    pub(crate) fn size(&mut self, id: &ObjectId) -> Result<Option<u64>, LookupError> {
        self.first_copy(id, |lookup, stored| Ok(lookup.size_of(&stored)?))
    }

    /// Gives each copy of an object to `read`, until one can be read.
    fn first_copy<T>(
        &mut self,
        id: &ObjectId,
        mut read: impl FnMut(&mut Self, Stored) -> Result<T, LookupError>,
    ) -> Result<Option<T>, LookupError> {
        let mut damage = None;
        for pack in 0..self.packs.len() {
            let stored = match self.packs[pack].find(id.as_bytes()) {
                Ok(None) => continue,
                Ok(Some(offset)) => self.chain(pack, offset),
                Err(error) => Err(error),
            };
            match stored.map_err(LookupError::from).and_then(|stored| read(self, stored)) {
                Err(LookupError::Damage(found)) => damage = damage.or(Some(found)),
                done => return done.map(Some),
            }
        }
        for root in 0..self.roots.len() {
            let stored = self.loose(root, id.as_bytes());
            let stored = stored.map(|loose| {
                loose.map(|loose| Stored { root: Root::Loose(loose), deltas: Vec::new() })
            });
            match stored.map_err(LookupError::from) {
                Ok(None) => {}
                Ok(Some(stored)) => match read(self, stored) {
                    Err(LookupError::Damage(found)) => damage = damage.or(Some(found)),
                    done => return done.map(Some),
                },
                Err(_) => damage = damage.or(Some(Damage("its file is damaged"))),
            }
        }
        damage.map_or(Ok(None), |damage| Err(damage.into()))
    }

    fn loose(&self, root: usize, id: &[u8]) -> Result<Option<Loose>, Damage> {
        let hex = hex(id);
        let path = self.roots[root].join(&hex[..2]).join(&hex[2..]);
        match Loose::open(&path) {
            Ok(loose) => Ok(Some(loose)),
            Err(LooseError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_damage(&error)),
        }
    }

    /// Follows the deltas of a packed object to a base that is kept in memory, or to the object that is
    /// stored whole.
    fn chain(&mut self, mut pack: usize, mut offset: u64) -> Result<Stored, Damage> {
        let mut deltas = Vec::new();
        loop {
            if !deltas.is_empty()
                && let Some((kind, bytes)) = self.bases.get((pack, offset))
            {
                return Ok(Stored { root: Root::Kept(kind, bytes), deltas });
            }
            let (form, piece) = self.packs[pack].piece(pack, offset)?;
            let id = match form {
                Form::Whole(kind) => return Ok(Stored { root: Root::Packed(kind, piece), deltas }),
                Form::Offset(back) => {
                    let base = offset.checked_sub(back).filter(|_| back > 0);
                    offset = base.ok_or(Damage("its delta points outside its pack"))?;
                    None
                }
                Form::Id(id) => Some(id),
            };
            deltas.push(piece);
            if deltas.len() > MAX_DELTAS {
                return Err(Damage("its chain of deltas has no end"));
            }
            let Some(id) = id else { continue };
            let id = &id[..self.packs[pack].id_bytes];
            if let Some(at) = self.packs[pack].find(id)? {
                offset = at;
            } else if let Some(at) = self.packed(id)? {
                (pack, offset) = at;
            } else {
                for root in 0..self.roots.len() {
                    if let Some(loose) = self.loose(root, id)? {
                        return Ok(Stored { root: Root::Loose(loose), deltas });
                    }
                }
                return Err(Damage("the base of its delta is missing"));
            }
        }
    }

    fn packed(&self, id: &[u8]) -> Result<Option<(usize, u64)>, Damage> {
        for (pack, at) in self.packs.iter().zip(0..) {
            if let Some(offset) = pack.find(id)? {
                return Ok(Some((at, offset)));
            }
        }
        Ok(None)
    }

    fn size_of(&self, stored: &Stored) -> Result<u64, Damage> {
        let Some(delta) = stored.deltas.first() else {
            return Ok(stored.root.size());
        };
        // Two sizes of at most ten bytes each stand at the beginning of a delta.
        let mut start = Vec::new();
        let packed = self.packs[delta.pack].part(delta);
        let read = ZlibDecoder::new(packed).take(delta.size.min(20)).read_to_end(&mut start);
        read.map_err(|_| Damage("its delta cannot be inflated"))?;
        Ok(delta::sizes(&start)?.1 as u64)
    }

    /// Makes an object in `self.made`; returns its type and where its bytes begin.
    fn make(&mut self, stored: Stored, max_bytes: u64) -> Result<(Kind, usize), LookupError> {
        let mut deltas = stored.deltas.into_iter();
        let last = deltas.next();
        let size = match &last {
            Some(last) => {
                self.inflate_delta(last, max_bytes)?;
                mem::swap(&mut self.delta, &mut self.last_delta);
                delta::sizes(self.last_delta.bytes())?.1 as u64
            }
            None => stored.root.size(),
        };
        if size > max_bytes {
            return Err(LookupError::TooLarge(size));
        }
        if stored.root.size() > max_bytes {
            return Err(Damage("the base of its delta is too large").into());
        }
        let mut edits = Edits::default();
        let (kind, mut from, mut place) = self.make_root(stored.root)?;
        for piece in deltas.rev() {
            self.inflate_delta(&piece, max_bytes)?;
            self.keep(place, kind, from);
            mem::swap(&mut self.base, &mut self.made);
            let base = &self.base.bytes()[from..];
            delta::apply(base, self.delta.bytes(), max_bytes, &mut self.made, &mut edits)?;
            (from, place) = (0, Some((piece.pack, piece.offset)));
        }
        if last.is_some() {
            self.keep(place, kind, from);
            mem::swap(&mut self.base, &mut self.made);
            let base = &self.base.bytes()[from..];
            delta::apply(base, self.last_delta.bytes(), max_bytes, &mut self.made, &mut edits)?;
            from = 0;
        }
        Ok((kind, from))
    }

    /// Makes what a chain of deltas begins with in `self.made`: its type, where its bytes begin, and
    /// where it is packed, unless it is kept already.
    fn make_root(&mut self, root: Root) -> Result<(Kind, usize, Option<Place>), LookupError> {
        match root {
            Root::Kept(kind, bytes) => {
                self.made.reset(bytes.len()).copy_from_slice(&bytes);
                Ok((kind, 0, None))
            }
            Root::Loose(mut loose) => {
                let read = loose.read(&mut self.inflate.inflater, &mut self.made);
                read.map_err(|error| file_damage(&error))?;
                Ok((loose.kind, loose.header_bytes(), None))
            }
            Root::Packed(kind, piece) => {
                self.inflate.piece(&self.packs[piece.pack], &piece, &mut self.made)?;
                Ok((kind, 0, Some((piece.pack, piece.offset))))
            }
        }
    }

    fn inflate_delta(&mut self, piece: &Piece, max_bytes: u64) -> Result<(), Damage> {
        if piece.size > max_bytes {
            return Err(Damage("its delta is too large"));
        }
        self.inflate.piece(&self.packs[piece.pack], piece, &mut self.delta)
    }

    /// Keeps what was just made: more may be made from it.
    fn keep(&mut self, place: Option<Place>, kind: Kind, from: usize) {
        if let Some(place) = place {
            self.bases.keep(place, kind, &self.made.bytes()[from..]);
        }
    }
}

/// Where an entry begins: the number of its pack, and the offset there.
type Place = (usize, u64);

/// Objects from which others were made. Versions of one file share most of their chain of deltas.
#[derive(Default)]
struct Bases {
    /// What was used since the generations last changed.
    young: HashMap<Place, (Kind, Arc<[u8]>), foldhash::fast::RandomState>,
    old: HashMap<Place, (Kind, Arc<[u8]>), foldhash::fast::RandomState>,
    young_bytes: usize,
    /// How many objects were offered.
    offered: u32,
}

impl Bases {
    /// Each generation holds so many bytes.
    const MAX_BYTES: usize = 8 << 20;
    /// A larger object is not kept.
    const MAX_OBJECT_BYTES: usize = 1 << 20;
    /// A commit reads a few objects. Keeping what they are made from would cost more than it saves.
    const FROM_OFFERED: u32 = 256;

    fn get(&mut self, place: Place) -> Option<(Kind, Arc<[u8]>)> {
        if let Some(found) = self.young.get(&place) {
            return Some(found.clone());
        }
        let (kind, bytes) = self.old.remove(&place)?;
        self.insert(place, kind, bytes.clone());
        Some((kind, bytes))
    }

    fn keep(&mut self, place: Place, kind: Kind, bytes: &[u8]) {
        self.offered = self.offered.saturating_add(1);
        if self.offered > Self::FROM_OFFERED && bytes.len() <= Self::MAX_OBJECT_BYTES {
            self.insert(place, kind, bytes.into());
        }
    }

    fn insert(&mut self, place: Place, kind: Kind, bytes: Arc<[u8]>) {
        if self.young_bytes + bytes.len() > Self::MAX_BYTES {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes.len();
        self.young.insert(place, (kind, bytes));
    }
}

/// Inflates pieces of packs.
struct Pieces {
    inflater: Inflater,
    raw: Vec<u8>,
}

impl Pieces {
    fn piece(&mut self, pack: &PackFile, piece: &Piece, out: &mut Buffer) -> Result<(), Damage> {
        if piece.size <= MAX_AT_ONCE && self.at_once(pack, piece, out).is_ok() {
            return Ok(());
        }
        let packed = ZlibDecoder::new(pack.part(piece));
        match out.fill(packed, piece.size) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Damage("its declared size does not match its content")),
            Err(_) => Err(Damage("it cannot be inflated")),
        }
    }

    /// Inflates a piece from as many bytes as deflate needs for its size at most. An encoder may have
    /// used more, though none is known to.
    fn at_once(&mut self, pack: &PackFile, piece: &Piece, out: &mut Buffer) -> Result<(), Damage> {
        let needed = piece.size + piece.size / 1024 + 64;
        let bytes = needed.min(pack.pack_bytes.saturating_sub(piece.at)) as usize;
        if self.raw.len() < bytes {
            self.raw.resize(bytes, 0);
        }
        let raw = &mut self.raw[..bytes];
        read_at(&pack.pack, raw, piece.at).map_err(|_| Damage("its pack cannot be read"))?;
        self.inflater.inflate(raw, piece.size, out)
    }
}

fn file_damage(error: &LooseError) -> Damage {
    match error {
        LooseError::Io(_) => Damage("its file cannot be read"),
        LooseError::Damage(damage) => *damage,
    }
}

/// Where an object is: what is stored whole, and the deltas from it, the last one first.
struct Stored {
    root: Root,
    deltas: Vec<Piece>,
}

enum Root {
    /// One that was made before.
    Kept(Kind, Arc<[u8]>),
    Loose(Loose),
    Packed(Kind, Piece),
}

impl Root {
    fn size(&self) -> u64 {
        match self {
            Root::Kept(_, bytes) => bytes.len() as u64,
            Root::Loose(loose) => loose.size,
            Root::Packed(_, piece) => piece.size,
        }
    }
}

/// The compressed bytes of an entry.
struct Piece {
    pack: usize,
    /// Where its entry begins.
    offset: u64,
    at: u64,
    /// How many bytes it is inflated to.
    size: u64,
}

/// A pack whose index is searched on disk: a commit of one file reads a few objects of a pack that
/// may have millions.
struct PackFile {
    index: File,
    pack: File,
    pack_bytes: u64,
    id_bytes: usize,
    is_v2: bool,
    /// For each first byte of an id, how many ids begin with it or a lower one.
    fanout: Vec<u32>,
}

impl PackFile {
    fn open(path: &Path, id_bytes: usize) -> io::Result<Self> {
        let index = File::open(path)?;
        let mut start = [0; 8 + 1024];
        read_at(&index, &mut start, 0)?;
        let is_v2 = start.starts_with(b"\xfftOc\0\0\0\x02");
        let fanout = if is_v2 { &start[8..] } else { &start[..1024] };
        let fanout = fanout.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word));
        let pack = File::open(path.with_extension("pack"))?;
        let pack_bytes = pack.metadata()?.len();
        Ok(PackFile { index, pack, pack_bytes, id_bytes, is_v2, fanout: fanout.collect() })
    }

    /// Returns the offset of an object in the pack.
    fn find(&self, id: &[u8]) -> Result<Option<u64>, Damage> {
        const UNREAD: Damage = Damage("the index of its pack is damaged");
        let first = usize::from(id[0]);
        let mut start = if first == 0 { 0 } else { self.fanout[first - 1] };
        let mut end = self.fanout[first];
        if start > end {
            return Err(UNREAD);
        }
        // Version 1 has an offset before each id, version 2 has all ids and then the rest.
        let (ids_at, before) = if self.is_v2 { (8 + 1024, 0) } else { (1024, 4) };
        let stride = before + self.id_bytes;
        let place = |at: u32| ids_at + u64::from(at) * stride as u64;
        while end - start > IDS_AT_ONCE {
            let middle = start + (end - start) / 2;
            let mut one = [0; 32];
            let one = &mut one[..self.id_bytes];
            read_at(&self.index, one, place(middle) + before as u64).map_err(|_| UNREAD)?;
            if &*one <= id {
                start = middle;
            } else {
                end = middle;
            }
        }
        let mut entries = [0; IDS_AT_ONCE as usize * 36];
        let entries = &mut entries[..(end - start) as usize * stride];
        read_at(&self.index, entries, place(start)).map_err(|_| UNREAD)?;
        let mut entries = entries.chunks_exact(stride).zip(start..);
        let Some((entry, at)) = entries.find(|(entry, _)| &entry[before..] == id) else {
            return Ok(None);
        };
        if !self.is_v2 {
            return Ok(Some(u64::from(u32::from_be_bytes([
                entry[0], entry[1], entry[2], entry[3],
            ]))));
        }
        let count = u64::from(self.fanout[255]);
        let offsets_at = ids_at + count * (stride as u64 + 4);
        let mut word = [0; 4];
        read_at(&self.index, &mut word, offsets_at + u64::from(at) * 4).map_err(|_| UNREAD)?;
        let offset = u32::from_be_bytes(word);
        if offset >> 31 == 0 {
            return Ok(Some(u64::from(offset)));
        }
        let mut large = [0; 8];
        let large_at = offsets_at + count * 4 + u64::from(offset & !(1 << 31)) * 8;
        read_at(&self.index, &mut large, large_at).map_err(|_| UNREAD)?;
        Ok(Some(u64::from_be_bytes(large)))
    }

    fn piece(&self, pack: usize, offset: u64) -> Result<(Form, Piece), Damage> {
        let left = self.pack_bytes.checked_sub(offset).ok_or(Damage("its pack is cut short"))?;
        let mut start = [0; MAX_HEADER_BYTES];
        let start = &mut start[..MAX_HEADER_BYTES.min(left as usize)];
        read_at(&self.pack, start, offset).map_err(|_| Damage("its pack cannot be read"))?;
        let header = header(start, self.id_bytes)?;
        let at = offset + header.bytes as u64;
        Ok((header.form, Piece { pack, offset, at, size: header.size }))
    }

    fn part(&self, piece: &Piece) -> impl io::BufRead {
        let wanted = piece.size.clamp(512, 1 << 16) as usize;
        let part = Part { file: &self.pack, at: piece.at, end: self.pack_bytes };
        BufReader::with_capacity(wanted, part)
    }
}
