//! The index, read by hand.
//!
//! libgit2 copies every entry and reads every tree of HEAD; git does not, because the index keeps
//! the ids of trees that nothing was staged in (the cached tree). This reader uses them too, so
//! that a commit costs what it changes and not what the repository holds. Whatever it does not
//! know is left to libgit2 and then to git. Format: <https://git-scm.com/docs/index-format>.

use std::ops::Range;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::object::ObjectId;

/// What cannot be made of an index file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It uses something that this reader does not know.
    Unknown,
    /// Its sum is wrong, or it ends where it must not.
    Damaged,
}

/// One path of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: Range<usize>,
    pub(crate) mode: u32,
    pub(crate) id: ObjectId,
    pub(crate) stage: u8,
    pub(crate) is_intent: bool,
}

/// A directory of the cached tree.
#[derive(Debug, Default)]
pub(crate) struct Cached {
    pub(crate) name: Vec<u8>,
    /// How many entries are below it, and the id of its tree; `None` once something was staged.
    pub(crate) tree: Option<(usize, ObjectId)>,
    pub(crate) children: Vec<Cached>,
}

/// A parsed index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The paths, one behind the other.
    paths: Vec<u8>,
    /// In the order of their paths.
    pub(crate) entries: Vec<Entry>,
    pub(crate) cached: Option<Cached>,
}

/// Whether the bytes end in their own sum, or in zeros, which stand for none (`index.skipHash`).
pub(crate) fn ends_in_its_sum(bytes: &[u8], id_bytes: usize) -> bool {
    let Some((body, sum)) = bytes.len().checked_sub(id_bytes).map(|at| bytes.split_at(at)) else {
        return false;
    };
    let is_right = match id_bytes {
        20 => Sha1::digest(body).as_slice() == sum,
        _ => Sha256::digest(body).as_slice() == sum,
    };
    is_right || sum.iter().all(|&byte| byte == 0)
}

impl Index {
    /// Parses the file of an index whose ids have `id_bytes` bytes.
    pub(crate) fn parse(bytes: &[u8], id_bytes: usize) -> Result<Self, Unread> {
        if !ends_in_its_sum(bytes, id_bytes) {
            return Err(Unread::Damaged);
        }
        let mut input = Input { bytes: &bytes[..bytes.len() - id_bytes], at: 0 };
        if input.take(4)? != b"DIRC" {
            return Err(Unread::Damaged);
        }
        let version = input.number()?;
        if !(2..=4).contains(&version) {
            return Err(Unread::Unknown);
        }
        let count = input.number()? as usize;
        let mut index = Index::default();
        // A file cannot hold more entries than it has bytes for.
        index.entries.reserve(count.min(bytes.len() / 40));
        let mut previous = 0..0;
        for _ in 0..count {
            let entry = index.entry(&mut input, version, id_bytes, &previous)?;
            previous = entry.path.clone();
            index.entries.push(entry);
        }
        index.extensions(&mut input, id_bytes)?;
        let is_sorted = index.entries.is_sorted_by(|a, b| {
            (&index.paths[a.path.clone()], a.stage) < (&index.paths[b.path.clone()], b.stage)
        });
        if is_sorted { Ok(index) } else { Err(Unread::Damaged) }
    }

    fn entry(
        &mut self,
        input: &mut Input<'_>,
        version: u32,
        id_bytes: usize,
        previous: &Range<usize>,
    ) -> Result<Entry, Unread> {
        const EXTENDED: u16 = 0x4000;
        const INTENT_TO_ADD: u16 = 0x2000;
        let start = input.at;
        // Times, device, inode.
        input.take(24)?;
        let mode = input.number()?;
        // Owner, group, size.
        input.take(12)?;
        let id = ObjectId::from_bytes(input.take(id_bytes)?).ok_or(Unread::Damaged)?;
        let flags = input.short()?;
        let extended = if flags & EXTENDED != 0 { input.short()? } else { 0 };
        let from = self.paths.len();
        if version == 4 {
            let keep = previous.len().checked_sub(input.variable()?).ok_or(Unread::Damaged)?;
            self.paths.extend_from_within(previous.start..previous.start + keep);
        }
        self.paths.extend_from_slice(input.until_zero()?);
        if version < 4 {
            // Entries end at a multiple of eight bytes, in one to eight zeros.
            let used = input.at - start - 1;
            input.take((8 - used % 8) - 1)?;
        }
        let stage = (flags >> 12 & 3) as u8;
        let is_intent = extended & INTENT_TO_ADD != 0;
        Ok(Entry { path: from..self.paths.len(), mode, id, stage, is_intent })
    }

    /// Reads the cached tree; an extension in lower case must be understood, others need not be.
    fn extensions(&mut self, input: &mut Input<'_>, id_bytes: usize) -> Result<(), Unread> {
        while input.at < input.bytes.len() {
            let name = input.take(4)?;
            let size = input.number()? as usize;
            let body = input.take(size)?;
            if name == b"TREE" {
                // A cached tree that cannot be read is as good as none.
                self.cached = cached_tree(body, id_bytes).ok();
            } else if !name[0].is_ascii_uppercase() {
                return Err(Unread::Unknown);
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self, entry: &Entry) -> &[u8] {
        &self.paths[entry.path.clone()]
    }
}

/// Parses the cached tree: each directory before those in it, in the order of the file.
fn cached_tree(bytes: &[u8], id_bytes: usize) -> Result<Cached, Unread> {
    let mut input = Input { bytes, at: 0 };
    // Directories that still wait for children, outermost first.
    let mut open: Vec<(Cached, usize)> = Vec::new();
    loop {
        let name = input.until_zero()?.to_vec();
        let entries: i64 = input.decimal_until(b' ')?;
        let children = usize::try_from(input.decimal_until(b'\n')?).map_err(|_| Unread::Damaged)?;
        let tree = match usize::try_from(entries) {
            Ok(count) => {
                let id = ObjectId::from_bytes(input.take(id_bytes)?).ok_or(Unread::Damaged)?;
                Some((count, id))
            }
            Err(_) => None,
        };
        let mut done = (Cached { name, tree, children: Vec::new() }, children);
        // A directory whose last child has been read is a child itself.
        while done.1 == 0 {
            let Some(mut parent) = open.pop() else { return Ok(done.0) };
            parent.0.children.push(done.0);
            parent.1 -= 1;
            done = parent;
        }
        open.push(done);
    }
}

/// Bytes that are read from the front.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unread> {
        let end = self.at.checked_add(count).ok_or(Unread::Damaged)?;
        let taken = self.bytes.get(self.at..end).ok_or(Unread::Damaged)?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Unread> {
        let bytes = self.take(4)?.first_chunk().ok_or(Unread::Damaged)?;
        Ok(u32::from_be_bytes(*bytes))
    }

    fn short(&mut self) -> Result<u16, Unread> {
        let bytes = self.take(2)?.first_chunk().ok_or(Unread::Damaged)?;
        Ok(u16::from_be_bytes(*bytes))
    }

    /// A number as in the offsets of packs: seven bits a byte, and no two ways to write one.
    fn variable(&mut self) -> Result<usize, Unread> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 127);
        while byte & 128 != 0 {
            byte = self.take(1)?[0];
            let next = value.checked_add(1).and_then(|value| value.checked_mul(128));
            value = next.ok_or(Unread::Damaged)? + usize::from(byte & 127);
        }
        Ok(value)
    }

    fn until_zero(&mut self) -> Result<&'a [u8], Unread> {
        self.until(0)
    }

    fn until(&mut self, end: u8) -> Result<&'a [u8], Unread> {
        let length = memchr::memchr(end, &self.bytes[self.at..]).ok_or(Unread::Damaged)?;
        let taken = self.take(length)?;
        self.at += 1;
        Ok(taken)
    }

    fn decimal_until(&mut self, end: u8) -> Result<i64, Unread> {
        let digits = self.until(end)?;
        std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or(Unread::Damaged)
    }
}
