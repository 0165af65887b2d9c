//! The directory at the end of a zip.

use std::io;
use std::ops::Range;

use super::{CENTRAL, Place};

const END: &[u8; 4] = b"PK\x05\x06";
const LONG_END: &[u8; 4] = b"PK\x06\x06";
const LONG_LOCATOR: &[u8; 4] = b"PK\x06\x07";

/// The fixed parts of the records.
const END_BYTES: usize = 22;
const LONG_END_BYTES: usize = 56;
const LONG_LOCATOR_BYTES: usize = 20;
const RECORD_BYTES: usize = 46;

/// How much of the directory is held at a time; the longest record is a fifth of it.
const BATCH_BYTES: u64 = 1 << 20;

/// Where the directory is, and how far it has been read.
#[derive(Debug)]
pub(super) struct Directory {
    /// Where the next record is.
    pub(super) at: u64,
    /// How much further back everything is than it says, since something is in front of the zip.
    pub(super) shift: u64,
    /// How many members it says there are.
    pub(super) count: u64,
    /// What ends the zip.
    pub(super) end: Range<u64>,
    pub(super) comment: Vec<u8>,
    /// Whether members may be in other files.
    pub(super) is_split: bool,
}

impl Directory {
    /// Finds the directory of a zip; none if the end is missing or no directory is where it says.
    pub(super) fn find(place: &mut Place<'_>) -> io::Result<Option<Self>> {
        let longest = (END_BYTES + usize::from(u16::MAX)) as u64;
        let from = place.size.saturating_sub(longest);
        let tail = place.peek(from, longest)?;
        let Some(at) = find_end(&tail) else { return Ok(None) };
        let end = &tail[at..];
        let length = END_BYTES + usize::from(field_16(end, 20));
        let at = from + at as u64;
        let mut found = Found {
            at,
            count: u64::from(field_16(end, 10)),
            size: u64::from(field_32(end, 12)),
            offset: u64::from(field_32(end, 16)),
        };
        found.lengthen(place)?;
        let Some((start, shift)) = found.start(place)? else { return Ok(None) };
        Ok(Some(Directory {
            at: start,
            shift,
            count: found.count,
            end: found.at..at + length as u64,
            comment: end[END_BYTES..length.min(end.len())].to_vec(),
            is_split: !matches!(field_16(end, 4), 0 | u16::MAX),
        }))
    }

    /// Reads some records; none at the end.
    pub(super) fn batch(&mut self, place: &mut Place<'_>) -> io::Result<Option<Batch>> {
        let mut bytes = place.peek(self.at, BATCH_BYTES)?;
        let length = Records { rest: &bytes }.map(|record| record.length).sum();
        bytes.truncate(length);
        self.at += length as u64;
        Ok((length > 0).then_some(Batch { bytes }))
    }
}

/// Finds the record that ends a zip: the last one whose comment ends with the file, or else the
/// last one of all.
fn find_end(tail: &[u8]) -> Option<usize> {
    let fits = |at: &usize| at + END_BYTES <= tail.len();
    let ends = || memchr::memmem::rfind_iter(tail, END).filter(fits);
    ends()
        .find(|at| at + END_BYTES + usize::from(field_16(&tail[*at..], 20)) == tail.len())
        .or_else(|| ends().next())
}

/// What the end of a zip says.
struct Found {
    /// Where it is.
    at: u64,
    count: u64,
    size: u64,
    offset: u64,
}

impl Found {
    /// Takes what the longer record in front of this one says, if there is one.
    fn lengthen(&mut self, place: &mut Place<'_>) -> io::Result<()> {
        let Some(locator_at) = self.at.checked_sub(LONG_LOCATOR_BYTES as u64) else {
            return Ok(());
        };
        let locator = place.peek(locator_at, LONG_LOCATOR_BYTES as u64)?;
        if !locator.starts_with(LONG_LOCATOR) {
            return Ok(());
        }
        // Where it says, or right in front of what says so, which holds behind other data too.
        let near = locator_at.saturating_sub(LONG_END_BYTES as u64);
        for at in [field_64(&locator, 8), near] {
            let long = place.peek(at, LONG_END_BYTES as u64)?;
            if long.len() == LONG_END_BYTES && long.starts_with(LONG_END) && at < locator_at {
                self.at = at;
                self.count = field_64(&long, 32);
                self.size = field_64(&long, 40);
                self.offset = field_64(&long, 48);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Finds where the directory starts, and how far that is from where it says.
    fn start(&self, place: &mut Place<'_>) -> io::Result<Option<(u64, u64)>> {
        let by_size = self.at.checked_sub(self.size);
        for start in [by_size, Some(self.offset)].into_iter().flatten() {
            let is_empty = self.count == 0 && start == self.at;
            if let Some(shift) = start.checked_sub(self.offset)
                && (is_empty || place.peek(start, 4)? == CENTRAL)
            {
                return Ok(Some((start, shift)));
            }
        }
        Ok(None)
    }
}

/// Some records of a directory.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
}

impl Batch {
    pub(super) fn records(&self) -> Records<'_> {
        Records { rest: &self.bytes }
    }
}

/// The records at the start of some bytes.
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let record = Record::parse(self.rest)?;
        self.rest = &self.rest[record.length..];
        Some(record)
    }
}

/// What the directory says about a member.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    pub(super) packed: u64,
    /// Where its local header is said to be.
    pub(super) offset: u64,
    pub(super) name: &'a [u8],
    /// The extra field and the comment.
    pub(super) text: &'a [u8],
    extra_length: usize,
    length: usize,
}

impl<'a> Record<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() < RECORD_BYTES || !bytes.starts_with(CENTRAL) {
            return None;
        }
        let [name, extra_length, comment] = [28, 30, 32].map(|at| usize::from(field_16(bytes, at)));
        let length = RECORD_BYTES + name + extra_length + comment;
        let (name, text) = bytes.get(RECORD_BYTES..length)?.split_at(name);
        let sizes = [24, 20, 42].map(|at| u64::from(field_32(bytes, at)));
        let [_, packed, offset] = long_sizes(&text[..extra_length], sizes);
        Some(Record {
            flags: field_16(bytes, 8),
            method: field_16(bytes, 10),
            checksum: field_32(bytes, 16),
            packed,
            offset,
            name,
            text,
            extra_length,
            length,
        })
    }

    pub(super) fn extra(&self) -> &'a [u8] {
        &self.text[..self.extra_length]
    }
}

/// The unpacked size, the packed size and the offset, each taken from the extra field of zip64
/// where it is too long for its own place.
pub(super) fn long_sizes(mut extra: &[u8], mut sizes: [u64; 3]) -> [u64; 3] {
    while extra.len() >= 4 {
        let length = usize::from(field_16(extra, 2));
        let Some(field) = extra.get(4..4 + length) else { break };
        if field_16(extra, 0) == 1 {
            let mut values = field.chunks_exact(8);
            for size in sizes.iter_mut().filter(|size| **size == u64::from(u32::MAX)) {
                if let Some(value) = values.next() {
                    *size = field_64(value, 0);
                }
            }
            break;
        }
        extra = &extra[4 + length..];
    }
    sizes
}

pub(super) fn field_16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn field_32(bytes: &[u8], at: usize) -> u32 {
    u32::from(field_16(bytes, at)) | u32::from(field_16(bytes, at + 2)) << 16
}

fn field_64(bytes: &[u8], at: usize) -> u64 {
    u64::from(field_32(bytes, at)) | u64::from(field_32(bytes, at + 4)) << 32
}
