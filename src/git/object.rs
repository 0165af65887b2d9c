//! Git objects as raw bytes: ids, commits, trees and tags, parsed by hand.
//!
//! Raw objects are the same for SHA-1 and SHA-256 and for every way of storing them, and nothing
//! in a repository (replace refs, grafts, attributes) changes how they are read. Formats:
//! <https://git-scm.com/docs/git-cat-file>, <https://git-scm.com/docs/gitformat-signature>.

use std::fmt;
use std::ops::Range;

/// The id of an object: 20 bytes (SHA-1) or 32 (SHA-256).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    len: u8,
}

impl ObjectId {
    /// Makes an id of 20 or 32 bytes.
    #[must_use]
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        matches!(raw.len(), 20 | 32).then(|| {
            bytes[..raw.len()].copy_from_slice(raw);
            ObjectId { bytes, len: raw.len() as u8 }
        })
    }

    /// Parses 40 or 64 hexadecimal digits.
    #[must_use]
    pub fn parse(hex: &[u8]) -> Option<Self> {
        if !matches!(hex.len(), 40 | 64) {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Some(ObjectId { bytes, len: (hex.len() / 2) as u8 })
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether this is the id of zeros, which stands for "none".
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.as_bytes().iter().all(|&byte| byte == 0)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The type of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file's content or a symbolic link's target.
    Blob,
    /// A directory.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// Parses git's name of a type.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "blob" => Some(Kind::Blob),
            "tree" => Some(Kind::Tree),
            "commit" => Some(Kind::Commit),
            "tag" => Some(Kind::Tag),
            _ => None,
        }
    }

    /// The number of a type in a pack: 1 to 4.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        }
    }

    /// The type of this number in a pack.
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Kind::Commit),
            2 => Some(Kind::Tree),
            3 => Some(Kind::Blob),
            4 => Some(Kind::Tag),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Blob => "blob",
            Kind::Tree => "tree",
            Kind::Commit => "commit",
            Kind::Tag => "tag",
        })
    }
}

/// What a commit says, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) author: Vec<u8>,
    pub(crate) author_time: i64,
    pub(crate) committer_time: i64,
}

impl Commit {
    /// Parses a raw commit; `None` if it has no tree. What else is malformed is left empty.
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let header = &raw[..header_bytes(raw)];
        let mut lines = header.split(|&byte| byte == b'\n');
        let tree = ObjectId::parse(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut commit = Commit {
            tree,
            parents: Vec::new(),
            author: Vec::new(),
            author_time: 0,
            committer_time: 0,
        };
        for line in lines {
            if let Some(parent) = line.strip_prefix(b"parent ") {
                commit.parents.push(ObjectId::parse(parent)?);
            } else if let Some(person) = line.strip_prefix(b"author ") {
                (commit.author, commit.author_time) = person_and_time(person);
            } else if let Some(person) = line.strip_prefix(b"committer ") {
                commit.committer_time = person_and_time(person).1;
            }
        }
        Some(commit)
    }
}

/// `Name <mail> seconds zone`, apart; a time that is none is 0.
fn person_and_time(line: &[u8]) -> (Vec<u8>, i64) {
    let Some(end) = line.iter().rposition(|&byte| byte == b'>') else {
        return (line.to_vec(), 0);
    };
    let time = line[end + 1..].trim_ascii().split(|&byte| byte == b' ').next();
    let time = time.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    (line[..=end].to_vec(), time.unwrap_or(0))
}

/// How many bytes the headers of a commit or tag have, the empty line behind them included.
pub(crate) fn header_bytes(raw: &[u8]) -> usize {
    memchr::memmem::find(raw, b"\n\n").map_or(raw.len(), |at| at + 2)
}

/// What an annotated tag points at.
pub(crate) fn tag_target(raw: &[u8]) -> Option<ObjectId> {
    let line = raw.split(|&byte| byte == b'\n').next()?;
    ObjectId::parse(line.strip_prefix(b"object ")?)
}

/// The mode of a directory in a tree.
pub(crate) const MODE_TREE: u32 = 0o040_000;
/// The mode of a commit of a submodule.
pub(crate) const MODE_GITLINK: u32 = 0o160_000;

/// One name in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) mode: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) id: ObjectId,
}

/// How much of one tree is looked at. A tree made to harm has more paths than there are atoms, because it holds the
/// same tree many times over, or a path of megabytes.
#[derive(Debug, Default)]
pub(crate) struct TreeLimit {
    paths: usize,
    bytes: usize,
}

impl TreeLimit {
    const MAX_PATHS: usize = 1 << 20;
    /// Of all paths together.
    const MAX_BYTES: usize = 256 << 20;

    /// Counts the path of a directory or a file.
    pub(crate) fn count(&mut self, path: &[u8]) {
        self.paths += 1;
        self.bytes += path.len();
    }

    /// Whether no more is to be looked at.
    pub(crate) fn is_reached(&self) -> bool {
        self.paths > Self::MAX_PATHS || self.bytes > Self::MAX_BYTES
    }
}

/// Finds the mode, the name and the id of the first entry of a raw tree; `None` if it is malformed.
pub(crate) fn first_entry(
    raw: &[u8],
    id_bytes: usize,
) -> Option<(u32, Range<usize>, Range<usize>)> {
    let blank = raw.iter().take(12).position(|&byte| byte == b' ')?;
    let mut mode = 0_u32;
    for &digit in &raw[..blank] {
        let digit = digit.wrapping_sub(b'0');
        if digit > 7 {
            return None;
        }
        mode = mode << 3 | u32::from(digit);
    }
    // The type counts, whatever the permissions beside it are: old and forged trees have any.
    let mode = match mode & 0o170_000 {
        MODE_TREE => MODE_TREE,
        MODE_GITLINK => MODE_GITLINK,
        _ => mode,
    };
    let zero = blank + 1 + memchr::memchr(0, &raw[blank + 1..])?;
    let end = zero + 1 + id_bytes;
    (end <= raw.len()).then_some((mode, blank + 1..zero, zero + 1..end))
}

/// Parses a raw tree whose ids have `id_bytes` bytes; `None` if it is malformed.
pub(crate) fn parse_tree(mut raw: &[u8], id_bytes: usize) -> Option<Vec<TreeEntry>> {
    let mut entries = Vec::new();
    while !raw.is_empty() {
        let (mode, name, id) = first_entry(raw, id_bytes)?;
        let end = id.end;
        let id = ObjectId::from_bytes(&raw[id])?;
        entries.push(TreeEntry { mode, name: raw[name].to_vec(), id });
        raw = &raw[end..];
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::{Commit, ObjectId, parse_tree, tag_target};

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn ids_are_read_and_written() {
        let id = ObjectId::parse(ID.as_bytes()).unwrap();
        assert_eq!(id.to_string(), ID);
        assert_eq!(id.as_bytes().len(), 20);
        assert!(ObjectId::parse(b"0123").is_none());
        assert!(ObjectId::parse(&[b'g'; 40]).is_none());
        assert!(ObjectId::parse(&[b'0'; 64]).unwrap().is_zero());
    }

    #[test]
    fn malformed_commits_are_read_as_far_as_they_go() {
        let raw = format!("tree {ID}\nparent {ID}\nauthor A <a@b> 12 +0000\ncommitter X\n\nhi");
        let commit = Commit::parse(raw.as_bytes()).unwrap();
        assert_eq!(commit.parents.len(), 1);
        assert_eq!((commit.author.as_slice(), commit.author_time), (&b"A <a@b>"[..], 12));
        assert_eq!(commit.committer_time, 0);
        assert!(Commit::parse(b"author A\n\n").is_none());
        assert!(Commit::parse(b"").is_none());
    }

    #[test]
    fn trees_and_tags_are_parsed_or_refused() {
        let mut raw = b"100644 a b\0".to_vec();
        raw.extend([7; 20]);
        let entries = parse_tree(&raw, 20).unwrap();
        assert_eq!((entries[0].mode, entries[0].name.as_slice()), (0o100_644, &b"a b"[..]));
        let odd = [&b"40755 d\0"[..], &[7; 20]].concat();
        assert_eq!(parse_tree(&odd, 20).unwrap()[0].mode, super::MODE_TREE);
        assert!(parse_tree(&raw[..20], 20).is_none());
        assert!(parse_tree(b"nothing", 20).is_none());
        assert!(tag_target(format!("object {ID}\ntype blob\n").as_bytes()).is_some());
    }
}
