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
const UNOPENED: [(&str, &[u8]); 12] = [
    ("compress", b"\x1f\x9d\x90"),
    ("xz", b"\xfd7zXZ\0"),
    ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("rar", b"Rar!\x1a\x07\0"),
    ("rar", b"Rar!\x1a\x07\x01\0"),
    ("lz4", b"\x04\x22\x4d\x18"),
    ("lzip", b"LZIP\x01"),
    ("lzop", b"\x89LZO\0\r\n\x1a\n"),
    ("cabinet", b"MSCF\0\0\0\0"),
    ("Debian", b"!<arch>\ndebian-binary"),
    ("RPM", b"\xed\xab\xee\xdb\x03"),
    ("snappy", b"\xff\x06\0\0sNaPpY"),
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
        known.map(|(what, _)| Kind::Unopened(what))
    }
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
