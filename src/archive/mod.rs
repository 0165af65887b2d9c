//! What is inside archives: zip, tar, gzip, zlib and zstd, within each other in any order.
//!
//! An archive is known by its bytes, never by its name, and all of it is hostile: sizes, offsets
//! and names are claims. Nothing is written to disk, members pass through in fragments, and the
//! work that one archive can cause is bounded by [`ArchiveLimits`]. What is not read is left out
//! by name, and what stands before damage is read all the same.
//!
//! Zip and tar are read here rather than by a library. The libraries keep one of two members with
//! the same name, give up at the first damaged header and hold headers of any length in memory; a
//! scanner needs the opposite of all three.

mod feed;
mod gzip;
mod inflate;
mod kind;
mod limits;
mod tar;
#[cfg(test)]
mod tests;
mod zip;
mod zlib;
mod zstd;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use feed::Feed;
use kind::Kind;
pub use limits::ArchiveLimits;
use limits::{Meter, Unpacked};

use crate::finding::{SkipKind, Skipped};
use crate::text::fragment::Fragment;
use crate::text::stream;

pub(crate) use kind::{START_BYTES, ends_like_zip, is_archive};

/// How much of the archives inside an archive is held in memory at a time. A zip cannot be read
/// from front to back, so one inside another archive has to be held.
const MAX_HELD_BYTES: usize = 64 << 20;

/// How many left-out members are named; the others are counted.
const MAX_LEFT_OUT: usize = 1000;

/// How long the names of left-out members may be, all added; those for which there is no room are
/// counted. No name is cut: reports mask a secret where they see all of it, and a cut one they
/// would show.
const MAX_LEFT_OUT_BYTES: usize = 4 << 20;

/// Which part of a member some bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The member's name inside the archive that holds it.
    Name,
    /// What an archive says about a member or itself: comments, targets of links, owners,
    /// extended headers.
    Text,
    /// The member's bytes.
    Content,
}

/// Some bytes of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    /// The member inside the outermost archive, as in `dir/inner.zip!file`; empty for what
    /// belongs to the outermost archive itself.
    pub(crate) name: &'a [u8],
    #[cfg_attr(not(test), expect(dead_code, reason = "tests tell the parts apart by it"))]
    pub(crate) part: Part,
    pub(crate) fragment: Fragment<'a>,
}

/// A member that was not read, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The member inside the outermost archive; empty for the archive itself.
    pub(crate) name: Vec<u8>,
    pub(crate) reason: String,
}

/// Hands what is in `archive` to `each`, and returns what was left out.
///
/// The archive's own bytes are not handed over: whoever has it scans them as they are. Those of
/// an archive inside it are, as far as they are not a member's.
pub(crate) fn members<R: Read + Seek>(
    mut archive: R,
    limits: ArchiveLimits,
    each: &mut dyn FnMut(Piece<'_>),
) -> Vec<LeftOut> {
    let size = archive.seek(SeekFrom::End(0));
    let meter = Meter::new(limits, size.as_ref().map_or(0, |size| *size));
    let mut walk = Walk::new(&meter, each);
    if let Err(error) = size.and_then(|_| walk.outermost(&mut archive)) {
        walk.leave_out(format!("cannot be read: {error}"));
    }
    walk.finish()
}

/// Whether all of some bytes are an archive.
pub(crate) fn is_whole_archive(bytes: &[u8]) -> bool {
    is_archive(&bytes[..bytes.len().min(START_BYTES)]) || ends_like_zip(bytes)
}

/// Opens an archive: hands its members to `each`, and adds what was left out to `left_out`, as parts
/// of `path`.
pub(crate) fn open<R: Read + Seek>(
    archive: R,
    limits: ArchiveLimits,
    path: &[u8],
    left_out: &mut Vec<Skipped>,
    each: &mut dyn FnMut(Fragment<'_>),
) {
    let left = members(archive, limits, &mut |piece| {
        each(Fragment { member: piece.name, ..piece.fragment });
    });
    left_out.extend(
        left.into_iter().map(|left| {
            Skipped::new(SkipKind::Unopened, &member_path(path, &left.name), left.reason)
        }),
    );
}

/// The path of a member of the archive at `path`.
fn member_path(path: &[u8], member: &[u8]) -> Vec<u8> {
    if member.is_empty() { path.to_vec() } else { [path, b"!", member].concat() }
}

trait ReadSeek: Read + Seek {}

impl<R: Read + Seek> ReadSeek for R {}

/// The state of going through one outermost archive.
struct Walk<'a> {
    meter: &'a Meter,
    each: &'a mut dyn FnMut(Piece<'_>),
    /// The member that is being read.
    name: Vec<u8>,
    /// How many archives are open.
    depth: u32,
    /// How many of them are zstd streams, each with a window in memory.
    windows: u32,
    held_bytes: usize,
    buffer: Vec<u8>,
    left_out: Vec<LeftOut>,
    /// How long their names are.
    left_out_bytes: usize,
    /// How many members are left out and not named.
    more_left_out: u64,
}

impl<'a> Walk<'a> {
    fn new(meter: &'a Meter, each: &'a mut dyn FnMut(Piece<'_>)) -> Self {
        Walk {
            meter,
            each,
            name: Vec::new(),
            depth: 0,
            windows: 0,
            held_bytes: 0,
            buffer: Vec::new(),
            left_out: Vec::new(),
            left_out_bytes: 0,
            more_left_out: 0,
        }
    }

    fn outermost(&mut self, archive: &mut dyn ReadSeek) -> io::Result<()> {
        archive.rewind()?;
        let (start, length) = start_of(archive)?;
        archive.rewind()?;
        self.depth = 1;
        match Kind::of(&start[..length]) {
            Some(Kind::Zip) => zip::read(self, archive, 0, true),
            Some(kind) => {
                let (end, next) = self.stream(kind, &mut &mut *archive);
                if next == Some(Kind::Zip) || zip::is_at_end(archive, end)? {
                    zip::read(self, archive, end, true);
                }
            }
            // A program that unpacks itself, or an archive that can be run: a zip is at its end.
            None if zip::is_at_end(archive, 0)? => zip::read(self, archive, 0, true),
            None => self.leave_out("not an archive of a known kind".into()),
        }
        Ok(())
    }

    /// Reads a member: its name, then its content with `read`.
    fn member(&mut self, name: &[u8], read: impl FnOnce(&mut Self)) {
        if !self.meter.count_member() {
            return;
        }
        let outer = self.name.len();
        if outer > 0 {
            self.name.push(b'!');
        }
        self.name.extend_from_slice(name);
        self.hand_over(Part::Name, name);
        read(self);
        self.name.truncate(outer);
    }

    /// Reads the whole of a member's content, whatever it is. An error of `input` must have been
    /// turned into an end, and be told by whoever made it.
    fn content(&mut self, input: &mut dyn Read) {
        let Ok((start, length)) = start_of(input) else { return };
        let start = &start[..length];
        let mut input = start.chain(input);
        match Kind::of(start) {
            None => self.plain(&mut input),
            Some(_) if self.depth >= self.meter.limits().depth => {
                let limit = self.meter.limits().depth;
                self.leave_out(format!("more than {limit} archives inside each other"));
                self.leaf(Part::Content, &mut input);
            }
            Some(kind) => {
                self.depth += 1;
                match kind {
                    Kind::Zip => self.held_zip(&mut input),
                    kind => {
                        self.stream(kind, &mut input);
                    }
                }
                self.depth -= 1;
            }
        }
    }

    /// Reads an archive that can be read from front to back, and those that stand behind it.
    /// Returns where that ends, and the kind of what is there and was not read: an archive that is
    /// not opened, or a zip where `input` is the outermost archive, which is not held.
    fn stream(&mut self, kind: Kind, input: &mut dyn Read) -> (u64, Option<Kind>) {
        let mut feed = Feed::new(input);
        let mut next = Some(kind);
        while let Some(kind) = next {
            let start = feed.position();
            match kind {
                Kind::Gzip => gzip::read(self, &mut feed),
                Kind::Zlib => zlib::read(self, &mut feed),
                Kind::Zstd => zstd::read(self, &mut feed),
                Kind::Tar => tar::read(self, &mut feed),
                Kind::Zip if self.depth > 1 => self.held_zip(&mut feed),
                Kind::Zip => break,
                Kind::Unopened(what) => {
                    self.leave_out(format!("{what} archives are not opened"));
                    break;
                }
            }
            // Each counts as a member, for the smallest have a few bytes.
            let is_read = feed.position() > start;
            next =
                Kind::of(feed.peek(START_BYTES)).filter(|_| is_read && self.meter.count_member());
        }
        let end = feed.position();
        self.rest(&mut feed);
        if let Some(failure) = feed.failure() {
            self.leave_out(format!("cannot be read: {failure}"));
        }
        (end, next)
    }

    /// Reads a zip inside another archive, which has to be held in memory.
    fn held_zip(&mut self, input: &mut dyn Read) {
        let room = MAX_HELD_BYTES - self.held_bytes;
        let mut bytes = Vec::new();
        if input.take(room as u64 + 1).read_to_end(&mut bytes).is_err() {
            return;
        }
        if bytes.len() > room {
            self.leave_out(format!(
                "a zip inside an archive, and too large to be held in memory ({MAX_HELD_BYTES} bytes)"
            ));
            self.leaf(Part::Content, &mut bytes.chain(input));
            return;
        }
        self.held_bytes += bytes.len();
        let length = bytes.len();
        zip::read(self, &mut Cursor::new(bytes), 0, false);
        self.held_bytes -= length;
    }

    /// Hands over what is left of an archive inside another. The outermost one's own bytes are
    /// scanned by whoever has it.
    fn rest(&mut self, input: &mut dyn Read) {
        if self.depth > 1 {
            self.plain(input);
        }
    }

    /// Hands over bytes that begin like no archive, and opens the zip at their end, if one is there:
    /// behind a program or a script.
    fn plain(&mut self, input: &mut dyn Read) {
        let Some(is_held) = self.leaf(Part::Content, input) else { return };
        let limit = self.meter.limits().depth;
        let length = self.buffer.len();
        if self.depth >= limit {
            self.leave_out(format!("more than {limit} archives inside each other"));
        } else if !is_held || length > MAX_HELD_BYTES - self.held_bytes {
            self.leave_out("a zip stands at its end, and was not opened".into());
        } else {
            let mut zip = Cursor::new(std::mem::take(&mut self.buffer));
            self.depth += 1;
            self.held_bytes += length;
            zip::read(self, &mut zip, 0, true);
            self.held_bytes -= length;
            self.depth -= 1;
        }
    }

    /// Hands over bytes that are not an archive. If they end like a zip, returns whether the buffer
    /// holds them all.
    fn leaf(&mut self, part: Part, input: &mut dyn Read) -> Option<bool> {
        let Walk { each, name, buffer, .. } = self;
        let mut zip_is_held = None;
        // An error cannot occur here, as with `content`.
        let _ = stream::fragments(input, buffer, &mut |fragment| {
            if !fragment.bytes.is_empty() {
                each(Piece { name, part, fragment });
            }
            let (start, end) = fragment.own;
            let is_end = end == fragment.bytes.len() && ends_like_zip(fragment.bytes);
            zip_is_held = is_end.then_some(start == 0);
        });
        zip_is_held
    }

    fn hand_over(&mut self, part: Part, bytes: &[u8]) {
        if bytes.iter().any(|byte| *byte != 0) {
            (self.each)(Piece { name: &self.name, part, fragment: Fragment::whole(bytes) });
        }
    }

    /// Names the member that is being read as left out, wholly or in part.
    fn leave_out(&mut self, reason: String) {
        let name_bytes = self.left_out_bytes + self.name.len();
        if self.left_out.len() == MAX_LEFT_OUT || name_bytes > MAX_LEFT_OUT_BYTES {
            self.more_left_out += 1;
            return;
        }
        self.left_out_bytes = name_bytes;
        self.left_out.push(LeftOut { name: self.name.clone(), reason });
    }

    /// Names the member that is being read as damaged, unless it only looks so because a limit
    /// was reached.
    fn damaged(&mut self, what: &str) {
        if !self.is_over() {
            self.leave_out(format!("damaged: {what}"));
        }
    }

    /// Whether a limit has been reached that ends all reading. It is told once, in the name of
    /// the member that was being read.
    fn is_over(&mut self) -> bool {
        if let Some(reason) = self.meter.untold_limit() {
            self.leave_out(reason);
        }
        self.meter.is_over()
    }

    fn finish(mut self) -> Vec<LeftOut> {
        self.name.clear();
        self.is_over();
        if self.more_left_out > 0 {
            let reason = format!("{} more members are left out", self.more_left_out);
            self.left_out.push(LeftOut { name: Vec::new(), reason });
        }
        self.left_out
    }

    /// Reads what a decompressor gives, and tells what became of it.
    fn unpack(&mut self, decoder: &mut dyn Read) {
        let mut unpacked = Unpacked::new(decoder, self.meter);
        self.content(&mut unpacked);
        if let Some(failure) = unpacked.failure() {
            self.damaged(&failure);
        }
        self.is_over();
    }
}

/// Reads as many bytes as are needed to tell what something is.
fn start_of<R: Read + ?Sized>(input: &mut R) -> io::Result<([u8; START_BYTES], usize)> {
    let mut start = [0; START_BYTES];
    let mut length = 0;
    while length < start.len() {
        match input.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((start, length))
}

/// Text beside the content of a compressed stream, kept until it can be handed over.
#[derive(Debug, Default)]
struct Asides {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Asides {
    const MAX_BYTES: usize = 1 << 20;

    /// Keeps `count` bytes of `input`, and passes over those for which there is no room.
    fn keep(&mut self, feed: &mut Feed<'_>, count: u64) -> io::Result<()> {
        let room = (Self::MAX_BYTES - self.bytes.len().min(Self::MAX_BYTES)) as u64;
        let kept = feed.take(count.min(room)).read_to_end(&mut self.bytes)? as u64;
        let passed = io::copy(&mut feed.take(count - kept), &mut io::sink())?;
        self.is_full |= passed > 0;
        if kept + passed < count { Err(ends_early()) } else { Ok(()) }
    }

    fn end_line(&mut self) {
        if self.bytes.len() < Self::MAX_BYTES {
            self.bytes.push(b'\n');
        }
    }

    fn hand_over(self, walk: &mut Walk<'_>) {
        walk.hand_over(Part::Text, &self.bytes);
        if self.is_full {
            walk.leave_out(format!(
                "its headers hold more than {} bytes, of which the first are read",
                Self::MAX_BYTES
            ));
        }
    }
}

fn ends_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it ends early")
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
