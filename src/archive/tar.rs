//! Tar: ustar, GNU and pax, and what came before them.
//!
//! Where the next header should be and is not, blocks are handed over as they are until one looks
//! like a header again, so that damage hides nothing behind it.

use std::io::{self, BufRead, Read};

use super::feed::Feed;
use super::kind::Kind;
use super::{Part, Walk};

const BLOCK: usize = 512;

/// How much of a long name or an extended header is held and understood.
const MAX_EXTENDED_BYTES: u64 = 1 << 20;

/// The longest name of a member. A longer one is read as text, and the member goes by its length:
/// a name that is cut could show most of a secret, which reports mask where they see all of it.
const MAX_NAME_BYTES: usize = 64 << 10;

/// Whether bytes begin with a header of tar.
pub(super) fn is_header(start: &[u8]) -> bool {
    Header::parse(start).is_some()
}

/// Reads a tar from front to back.
pub(super) fn read(walk: &mut Walk<'_>, feed: &mut Feed<'_>) {
    let mut tar = Tar { walk, feed, next: Extended::default(), about: Vec::new() };
    let mut is_expected = true;
    let mut is_damaged = false;
    while !tar.walk.is_over() {
        let block = tar.feed.peek(BLOCK);
        if block.is_empty() {
            return;
        }
        if block.iter().all(|byte| *byte == 0) {
            // Two such blocks end a tar, and another may follow them.
            is_expected = false;
            let length = block.len();
            tar.feed.consume(length);
        } else if let Some(header) = Header::parse(block) {
            is_expected = true;
            tar.entry(&header);
        } else if !is_expected && !is_damaged && Kind::of(block).is_some() {
            // Behind the end stands another archive.
            return;
        } else {
            if is_expected && !std::mem::replace(&mut is_damaged, true) {
                tar.walk.damaged("no header where the next member should begin");
            }
            is_expected = false;
            tar.walk.plain(&mut UntilHeader { feed: tar.feed, left: 0 });
        }
    }
}

struct Tar<'w, 'a, 'f, 'i> {
    walk: &'w mut Walk<'a>,
    feed: &'f mut Feed<'i>,
    /// What has been said about the next member.
    next: Extended,
    /// What the last header said beside the name: most often, the next says the same.
    about: Vec<u8>,
}

/// What headers of their own say about the member behind them.
#[derive(Debug, Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Tar<'_, '_, '_, '_> {
    fn entry(&mut self, header: &Header) {
        self.feed.consume(BLOCK);
        match header.kind() {
            b'L' => self.long_name(header.size),
            b'K' => {
                let bytes = self.held(header.size);
                self.walk.hand_over(Part::Text, &bytes);
            }
            b'x' | b'g' => self.extended(header),
            _ => self.member(header),
        }
    }

    fn member(&mut self, header: &Header) {
        let extended = std::mem::take(&mut self.next);
        // The size in the header of a hard link is that of the file it leads to, which is not
        // repeated.
        let size = if header.kind() == b'1' { 0 } else { extended.size.unwrap_or(header.size) };
        let mut name = extended.name.unwrap_or_else(|| header.name());
        if name.len() > MAX_NAME_BYTES {
            name = format!("(a name of {} bytes)", name.len()).into_bytes();
        }
        if header.continues_map() {
            self.pass_map();
        }
        let about = header.about();
        let is_new = self.about != about;
        if is_new {
            self.about = about.to_vec();
        }
        let feed = &mut *self.feed;
        self.walk.member(&name, |walk| {
            if is_new {
                walk.hand_over(Part::Text, about);
            }
            if size > 0 {
                Self::content(walk, feed, size);
            }
        });
    }

    fn content(walk: &mut Walk<'_>, feed: &mut Feed<'_>, size: u64) {
        let mut bytes = feed.take(size);
        walk.content(&mut bytes);
        if bytes.limit() > 0 {
            return walk.damaged("it ends early");
        }
        let padding = padding(feed, size);
        walk.hand_over(Part::Content, &padding);
    }

    /// Passes the blocks that go on with the map of a sparse file.
    fn pass_map(&mut self) {
        while let Some(goes_on) = self.feed.peek(BLOCK).get(504).map(|byte| *byte != 0) {
            self.feed.consume(BLOCK);
            if !goes_on {
                return;
            }
        }
    }

    fn long_name(&mut self, size: u64) {
        let mut name = self.held(size);
        let end = memchr::memchr(0, &name).unwrap_or(name.len());
        if end > MAX_NAME_BYTES || end + 1 < name.len() {
            self.walk.hand_over(Part::Text, &name);
        }
        name.truncate(end);
        self.next.name = Some(name);
    }

    /// Reads an extended header of pax: records of a length, a key and a value.
    fn extended(&mut self, header: &Header) {
        let bytes = self.held(header.size);
        let mut text = Vec::new();
        let mut rest = &bytes[..];
        while let Some((key, value, after)) = record(rest) {
            match key {
                // One for all members cannot be a name or a size.
                b"path" | b"GNU.sparse.name" if header.kind() == b'x' => {
                    if value.len() > MAX_NAME_BYTES {
                        text.extend_from_slice(&rest[..rest.len() - after.len()]);
                    }
                    self.next.name = Some(value.to_vec());
                }
                b"size" if header.kind() == b'x' => {
                    self.next.size = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok());
                    text.extend_from_slice(&rest[..rest.len() - after.len()]);
                }
                _ => text.extend_from_slice(&rest[..rest.len() - after.len()]),
            }
            rest = after;
        }
        text.extend_from_slice(rest);
        self.walk.hand_over(Part::Text, &text);
    }

    /// Takes bytes that are needed as a whole. What is too long is handed over and not held.
    fn held(&mut self, size: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        // The feed has no errors.
        let _ = self.feed.take(size.min(MAX_EXTENDED_BYTES)).read_to_end(&mut bytes);
        if size > MAX_EXTENDED_BYTES {
            self.walk.damaged("a header is too long to be understood");
            self.walk.leaf(Part::Text, &mut self.feed.take(size - MAX_EXTENDED_BYTES));
        }
        padding(self.feed, size);
        bytes
    }
}

/// Takes the bytes between the end of a content and the next block.
fn padding(feed: &mut Feed<'_>, size: u64) -> Vec<u8> {
    let count = (size.wrapping_neg() % BLOCK as u64) as usize;
    let bytes = feed.peek(count).to_vec();
    feed.consume(bytes.len());
    bytes
}

/// Parses the first record of an extended header; returns its key, its value and what follows.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..blank]).ok()?.parse().ok()?;
    let line = bytes.get(blank + 1..length)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', line)?;
    Some((&line[..equals], &line[equals + 1..], &bytes[length..]))
}

/// The blocks up to the next header.
struct UntilHeader<'f, 'a> {
    feed: &'f mut Feed<'a>,
    /// How much is left of a block that is no header.
    left: usize,
}

impl Read for UntilHeader<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let block = self.feed.peek(BLOCK);
            if Header::parse(block).is_some() {
                return Ok(0);
            }
            self.left = block.len();
        }
        let length = out.len().min(self.left);
        let read = self.feed.read(&mut out[..length])?;
        self.left -= read;
        Ok(read)
    }
}

/// A header whose checksum is right.
struct Header {
    block: [u8; BLOCK],
    size: u64,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let block: [u8; BLOCK] = bytes.get(..BLOCK)?.try_into().ok()?;
        let told = octal(&block[148..156]).filter(|told| *told > 0)?;
        let sum = |signed: bool| {
            let value = |byte: u8| if signed { i64::from(byte as i8) } else { i64::from(byte) };
            let blanks = 8 * i64::from(b' ');
            let around = block[..148].iter().chain(&block[156..]);
            blanks + around.map(|byte| value(*byte)).sum::<i64>()
        };
        // Old programs add the bytes as signed numbers.
        let is_right = [false, true].iter().any(|signed| u64::try_from(sum(*signed)) == Ok(told));
        let is_empty = block[..148].iter().all(|byte| *byte == 0);
        let size = number(&block[124..136])?;
        (is_right && !is_empty).then_some(Header { block, size })
    }

    const fn kind(&self) -> u8 {
        self.block[156]
    }

    fn is_ustar(&self) -> bool {
        self.block[257..263] == *b"ustar\0"
    }

    fn name(&self) -> Vec<u8> {
        let prefix = if self.is_ustar() { until_nul(&self.block[345..500]) } else { b"" };
        let name = until_nul(&self.block[..100]);
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    /// The target of a link, the owners, and what is not used of a block.
    fn about(&self) -> &[u8] {
        if self.is_ustar() { &self.block[157..345] } else { &self.block[157..] }
    }

    /// Whether it is an old GNU sparse file whose map goes on in further blocks.
    fn continues_map(&self) -> bool {
        self.kind() == b'S' && self.block[482] != 0
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

/// Parses octal digits among blanks and NULs; nothing but these is zero.
fn octal(field: &[u8]) -> Option<u64> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_blank(byte)).unwrap_or(field.len());
    let digits = field[start..].split(is_blank).next().unwrap_or_default();
    digits.iter().try_fold(0, |value, digit| match digit {
        b'0'..=b'7' => Some(value << 3 | u64::from(digit - b'0')),
        _ => None,
    })
}

/// Parses a size, which is octal or, where that is too short, binary with the highest bit set.
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, 0, 0, 0, low @ ..] => Some(u64::from_be_bytes(low.try_into().ok()?)),
        _ => octal(field),
    }
}
