//! What an archive is, told by its bytes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{tar, zlib};

/// How many bytes tell what something is: a header of tar.
pub(crate) const START_BYTES: usize = 512;

/// The record that ends a zip, before its comment.
const ZIP_END_BYTES: usize = 22;

/// How that record begins. Searched forward, which is several times as fast as backward.
static ZIP_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"PK\x05\x06"));

/// How long a comment may be that is found behind whatever bytes.
const SHORT_COMMENT_BYTES: usize = 512;

/// A kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    Gzip,
    Zlib,
    Zstd,
    /// One that is known and not opened, by its name.
    Unopened(&'static str),
}

/// Kinds that are known by their first bytes and not opened. Only such as no text begins with, and
/// hardly anything else by chance.
const UNOPENED: [(&str, &[u8]); 15] = [
    ("xz", b"\xfd7zXZ\0"),
    ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("rar", b"Rar!\x1a\x07\0"),
    ("rar", b"Rar!\x1a\x07\x01\0"),
    ("lz4", b"\x04\x22\x4d\x18"),
    ("lz4", b"\x02\x21\x4c\x18"),
    ("lzip", b"LZIP\x01"),
    ("lzop", b"\x89LZO\0\r\n\x1a\n"),
    ("cabinet", b"MSCF\0\0\0\0"),
    ("Debian", b"!<arch>\ndebian-binary"),
    ("RPM", b"\xed\xab\xee\xdb\x03"),
    ("snappy", b"\xff\x06\0\0sNaPpY"),
    ("git pack", b"PACK\0\0\0\x02"),
    ("git bundle", b"# v2 git bundle\n"),
    ("git bundle", b"# v3 git bundle\n"),
];

impl Kind {
    /// The kind of archive that begins with these bytes.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Kind::Zip),
            // A split zip, which says so first.
            [b'P', b'K', 7, 8, b'P', b'K', ..] | [b'P', b'K', b'0', b'0', b'P', b'K', ..] => {
                Some(Kind::Zip)
            }
            // The upper three flags are reserved.
            [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => Some(Kind::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Kind::Zstd),
            _ if tar::is_header(start) => Some(Kind::Tar),
            _ if zlib::is_stream(start) => Some(Kind::Zlib),
            _ => Self::unopened(start),
        }
    }

    fn unopened(start: &[u8]) -> Option<Self> {
        if let [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] = start {
            // The squares of pi and of e: how a block begins, and how a stream without one ends.
            let is_bzip2 =
                rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17\x72\x45\x38\x50\x90");
            return is_bzip2.then_some(Kind::Unopened("bzip2"));
        }
        let known = UNOPENED.iter().find(|(_, magic)| start.starts_with(magic));
        known.map(|(what, _)| *what).or_else(|| unopened_by_header(start)).map(Kind::Unopened)
    }
}

/// The name of a kind that is not opened, and whose first bytes alone are too weak a sign: text or
/// something else may begin with them. The rest of its header must make sense.
fn unopened_by_header(start: &[u8]) -> Option<&'static str> {
    let field_16 = |at: usize| u16::from_le_bytes([start[at], start[at + 1]]);
    match start {
        // The longest code has 9 to 16 bits; two flags are reserved.
        [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f)) => {
            Some("compress")
        }
        [0x5d, 0, 0, ..] if is_lzma(start) => Some("LZMA"),
        // Version 4.0, which all have had since 2009.
        [b'h', b's', b'q', b's', ..] if start.get(28..32) == Some(&[4, 0, 0, 0]) => {
            Some("squashfs")
        }
        [b'x', b'a', b'r', b'!', 0, 28..=0xff, 0, 1, ..] => Some("xar"),
        // The main header: its size, that of its fixed part, and its type.
        [0x60, 0xea, _, _, fixed @ 30..=0xff, _, _, _, _, _, 2, ..]
            if (u16::from(*fixed)..=2600).contains(&field_16(2)) =>
        {
            Some("ARJ")
        }
        // Two bytes of sizes and sums stand before the method, and a level of 0 to 3 behind it.
        [_, _, b'-', b'l', b'h' | b'z', _, b'-', ..]
            if start.get(20).is_some_and(|level| *level <= 3) =>
        {
            Some("LHA")
        }
        _ => None,
    }
}

/// Whether bytes are the header of a file of LZMA alone: a dictionary of a common size, the size
/// of the content or none, and the zero that each such stream begins with.
fn is_lzma(start: &[u8]) -> bool {
    let Some(&[_, _, _, low, high, ref size @ .., 0]) = start.first_chunk::<14>() else {
        return false;
    };
    let dictionary = u16::from_le_bytes([low, high]);
    let is_common =
        dictionary.is_power_of_two() || dictionary % 3 == 0 && (dictionary / 3).is_power_of_two();
    let size = u64::from_le_bytes(*size);
    is_common && (size == u64::MAX || size < 1 << 40)
}

/// Whether bytes begin like an archive that [`members`](super::members) opens, or names as one
/// that it does not open. Give it [`START_BYTES`] where there are as many: a tar is not known by
/// less.
pub(crate) fn is_archive(start: &[u8]) -> bool {
    Kind::of(start).is_some()
}

/// Whether bytes end like a zip, whatever they begin with: a program that unpacks itself.
///
/// A comment of 512 bytes is found behind anything. A longer one is searched for where the start looks
/// like a program's, or where there are so many bytes that the search costs nothing: this is asked
/// of every blob of a history, and nearly all of them are short texts.
pub(crate) fn ends_like_zip(bytes: &[u8]) -> bool {
    let is_searched = bytes.len() > 1 << 20 || begins_like_program(bytes);
    let comment = if is_searched { usize::from(u16::MAX) } else { SHORT_COMMENT_BYTES };
    let tail = &bytes[bytes.len().saturating_sub(ZIP_END_BYTES + comment)..];
    ZIP_END.find_iter(tail).any(|at| {
        let end = &tail[at..];
        end.len() >= ZIP_END_BYTES
            && end.len() - ZIP_END_BYTES == usize::from(u16::from_le_bytes([end[20], end[21]]))
    })
}

/// Whether bytes begin like a script or hold a NUL near their start, as programs do.
fn begins_like_program(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!") || memchr::memchr(0, &bytes[..bytes.len().min(START_BYTES)]).is_some()
}
