//! Bytes parted into lines that are fast to compare.

use std::hash::BuildHasher;
use std::ops::Range;

/// The lines of some bytes. Git's lines end at LF alone; a last line without an end is the same line when
/// others follow it.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
    hashes: Vec<u64>,
}

/// Hashes lines. The seed is that of this process: whoever writes a file does not know it.
type Hasher = foldhash::quality::RandomState;

impl<'a> Lines<'a> {
    /// Parts bytes into lines; `None` if there are more than `most`, or if there is no memory for them.
    pub(super) fn part(bytes: &'a [u8], most: usize, hasher: &Hasher) -> Option<Self> {
        let count = memchr::memchr_iter(b'\n', bytes).count() + 1;
        if count > most {
            return None;
        }
        let (mut starts, mut hashes) = (Vec::new(), Vec::new());
        starts.try_reserve_exact(count + 1).ok()?;
        hashes.try_reserve_exact(count).ok()?;
        starts.push(0);
        let ends = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1);
        let last = Some(bytes.len()).filter(|_| !bytes.is_empty() && !bytes.ends_with(b"\n"));
        for end in ends.chain(last) {
            let start = starts.last().copied().unwrap_or(0);
            hashes.push(hasher.hash_one(text(&bytes[start..end])));
            starts.push(end);
        }
        Some(Lines { bytes, starts, hashes })
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(super) fn range(&self, at: usize) -> Range<usize> {
        self.starts[at]..self.starts[at + 1]
    }

    pub(super) fn hash(&self, at: usize) -> u64 {
        self.hashes[at]
    }

    /// Whether two lines are the same, but for their ends.
    pub(super) fn is_same(&self, at: usize, other: &Lines<'_>, other_at: usize) -> bool {
        self.hashes[at] == other.hashes[other_at]
            && text(&self.bytes[self.range(at)]) == text(&other.bytes[other.range(other_at)])
    }
}

fn text(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}
