//! Zip: members are read as the directory at the end lists them, then whatever looks like a
//! member between them, which the directory does not list.

mod directory;

use std::io::{self, BufRead, BufReader, Read, SeekFrom};
use std::ops::Range;

use crc32fast::Hasher;

use super::feed::Feed;
use super::inflate::Inflate;
use super::kind::{Kind, START_BYTES};
use super::{Part, ReadSeek, Walk, broken, ends_early, zstd};
use directory::{Directory, Record, field_16, field_32};

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";

/// The fixed part of a local header.
const LOCAL_BYTES: u64 = 30;

/// The longest descriptor behind a member whose size was not known when it was written.
const DESCRIPTOR_BYTES: u64 = 24;

/// How much is searched at a time for a local header.
const SEARCH_BYTES: u64 = 64 << 10;

/// How much is searched first. Any number of members may stand close to each other.
const FIRST_SEARCH_BYTES: u64 = 1 << 10;

const IS_ENCRYPTED: u16 = 1;
const SIZE_COMES_LATER: u16 = 8;
/// Flags that have no meaning.
const RESERVED_FLAGS: u16 = 0xd780;

/// Whether a zip is at the end, whatever is in front of it, and its directory not before `from`.
pub(super) fn is_at_end(archive: &mut dyn ReadSeek, from: u64) -> io::Result<bool> {
    let mut place = Place::new(archive)?;
    Ok(place.size > from && Directory::find(&mut place)?.is_some_and(|found| found.at >= from))
}

/// Reads a zip. What stands before `from` has been read. Where the zip's own bytes are scanned
/// anyhow, those that are no member's are not handed over.
pub(super) fn read(walk: &mut Walk<'_>, archive: &mut dyn ReadSeek, from: u64, is_scanned: bool) {
    let done = Place::new(archive).and_then(|mut place| {
        let mut zip =
            Zip { walk, place: &mut place, read: Vec::new(), is_listed: true, is_scanned };
        zip.read.push(0..from);
        zip.listed()?;
        zip.unlisted()
    });
    if let Err(error) = done {
        walk.damaged(&error.to_string());
    }
}

/// A place in a zip. Going to a near one keeps what is buffered.
struct Place<'a> {
    input: BufReader<&'a mut dyn ReadSeek>,
    at: u64,
    size: u64,
}

impl<'a> Place<'a> {
    fn new(archive: &'a mut dyn ReadSeek) -> io::Result<Self> {
        let size = archive.seek(SeekFrom::End(0))?;
        Ok(Place { input: BufReader::with_capacity(64 << 10, archive), at: size, size })
    }

    fn go(&mut self, to: u64) -> io::Result<()> {
        let by = i64::try_from(i128::from(to) - i128::from(self.at));
        self.input.seek_relative(by.map_err(|_| ends_early())?)?;
        self.at = to;
        Ok(())
    }

    /// Returns the bytes from `at` on: `count` of them, or all that are left.
    fn peek(&mut self, at: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if at < self.size {
            self.go(at)?;
            (&mut *self).take(count).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
}

impl Read for Place<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl BufRead for Place<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.at += count as u64;
    }
}

struct Zip<'w, 'a, 'p, 'i> {
    walk: &'w mut Walk<'a>,
    place: &'p mut Place<'i>,
    /// What has been read, as ranges in any order.
    read: Vec<Range<u64>>,
    /// Whether there is a directory.
    is_listed: bool,
    /// Whether bytes that are no member's are scanned anyhow.
    is_scanned: bool,
}

impl Zip<'_, '_, '_, '_> {
    /// Reads what the directory lists.
    fn listed(&mut self) -> io::Result<()> {
        let Some(mut directory) = Directory::find(self.place)? else {
            self.is_listed = false;
            self.walk.damaged("its directory is missing; members are read where they are found");
            return Ok(());
        };
        if directory.is_split {
            self.walk.leave_out("the other parts of a split zip are not read".into());
        }
        self.walk.hand_over(Part::Text, &directory.comment);
        self.read.push(directory.end.clone());
        let start = directory.at;
        let mut count = 0;
        while let Some(batch) = directory.batch(self.place)? {
            for record in batch.records() {
                count += 1;
                if self.walk.is_over() {
                    return Ok(());
                }
                self.member(&record, directory.shift)?;
            }
        }
        self.read.push(start..directory.at);
        if count < directory.count {
            self.walk.damaged("its directory lists fewer members than it says");
        }
        Ok(())
    }

    /// Reads a member that the directory lists.
    fn member(&mut self, record: &Record<'_>, shift: u64) -> io::Result<()> {
        let at = record.offset.saturating_add(shift);
        let header = Local::read(self.place, at)?;
        if let Some(header) = &header {
            // Any number of records may lead to one header, with 128 KB behind it.
            self.walk.meter.count_packed(header.data.saturating_sub(at));
        }
        let Zip { walk, place, read, .. } = self;
        let mut failure = Ok(());
        walk.member(record.name, |walk| {
            walk.hand_over(Part::Text, record.text);
            let Some(header) = header else {
                return walk.damaged("it is not where the directory says");
            };
            if header.name != record.name {
                walk.hand_over(Part::Text, &header.name);
            }
            if header.extra != record.extra() {
                walk.hand_over(Part::Text, &header.extra);
            }
            // Where the two disagree, the checksum tells.
            let member = Member {
                flags: record.flags,
                method: record.method,
                checksum: Some(record.checksum),
                packed: record.packed,
            };
            failure = member.read(walk, place, header.data);
            read.push(at..place.at);
        });
        failure
    }

    /// Reads what is between the members that the directory lists.
    fn unlisted(&mut self) -> io::Result<()> {
        let mut read = std::mem::take(&mut self.read);
        read.sort_by_key(|range| range.start);
        read.push(self.place.size..self.place.size);
        let mut at = 0;
        for range in read {
            if at < range.start && !self.walk.is_over() {
                self.gap(at..range.start)?;
            }
            at = at.max(range.end);
        }
        Ok(())
    }

    fn gap(&mut self, mut gap: Range<u64>) -> io::Result<()> {
        // Less than a local header holds no member. Between members it is a descriptor, most often.
        let is_short = gap.end - gap.start < LOCAL_BYTES;
        if self.is_scanned && is_short && gap.end < self.place.size {
            return Ok(());
        }
        while !self.walk.is_over() {
            let Some(start) = self.next_local(&gap)? else { break };
            self.leaf(gap.start..start)?;
            gap.start = self.unlisted_member(start..gap.end)?;
        }
        self.rest(gap)
    }

    /// Reads what is left of a gap: another archive, as behind the end, or no member.
    fn rest(&mut self, gap: Range<u64>) -> io::Result<()> {
        let length = gap.end.saturating_sub(gap.start);
        let start = self.place.peek(gap.start, length.min(START_BYTES as u64))?;
        if self.walk.is_over() || matches!(Kind::of(&start), None | Some(Kind::Zip)) {
            return self.leaf(gap);
        }
        self.place.go(gap.start)?;
        self.walk.content(&mut (&mut *self.place).take(length));
        Ok(())
    }

    /// Hands over what is no member, unless it is scanned anyhow.
    fn leaf(&mut self, range: Range<u64>) -> io::Result<()> {
        if !self.is_scanned && range.start < range.end {
            self.place.go(range.start)?;
            let mut bytes = (&mut *self.place).take(range.end - range.start);
            self.walk.leaf(Part::Content, &mut bytes);
        }
        Ok(())
    }

    /// Finds the local header that begins a gap, or follows the descriptor that begins it, or is
    /// further on: behind damage, behind a program, or hidden from the directory.
    fn next_local(&mut self, gap: &Range<u64>) -> io::Result<Option<u64>> {
        if gap.start >= gap.end {
            return Ok(None);
        }
        let start = self.place.peek(gap.start, DESCRIPTOR_BYTES + 4)?;
        let found = [0, 12, 16, 20, 24]
            .into_iter()
            .find(|at| start.get(*at..).is_some_and(|bytes| bytes.starts_with(LOCAL)))
            .map(|at| gap.start + at as u64);
        let found = match found {
            None => self.search_local(gap)?,
            found => found,
        };
        Ok(found.filter(|at| at + LOCAL_BYTES <= gap.end))
    }

    /// Finds the next bytes that could be a local header.
    fn search_local(&mut self, gap: &Range<u64>) -> io::Result<Option<u64>> {
        let mut from = gap.start;
        let mut length = FIRST_SEARCH_BYTES;
        loop {
            let bytes = self.place.peek(from, length.min(gap.end - from))?;
            let found = memchr::memmem::find_iter(&bytes, LOCAL).find(|at| {
                let header = &bytes[*at..];
                let room = gap.end - from - *at as u64;
                header.len() >= LOCAL_BYTES as usize
                    && Local::is_likely(header)
                    && (!self.is_listed || Local::is_certain(header, room))
            });
            if let Some(at) = found {
                return Ok(Some(from + at as u64));
            }
            if (bytes.len() as u64) < length {
                return Ok(None);
            }
            from += length - LOCAL_BYTES + 1;
            length = SEARCH_BYTES;
        }
    }

    /// Reads a member that the directory does not list; returns where it ends.
    fn unlisted_member(&mut self, gap: Range<u64>) -> io::Result<u64> {
        let Some(header) = Local::read(self.place, gap.start)? else { return Ok(gap.end) };
        self.walk.meter.count_packed(header.data.saturating_sub(gap.start));
        let room = gap.end.saturating_sub(header.data);
        let is_size_known = header.flags & SIZE_COMES_LATER == 0 || header.packed > 0;
        let place = &mut *self.place;
        let mut end = Ok(gap.end);
        self.walk.member(&header.name, |walk| {
            walk.hand_over(Part::Text, &header.extra);
            let knows_its_end = header.method == Method::DEFLATE;
            if !is_size_known && (!knows_its_end || header.flags & IS_ENCRYPTED != 0) {
                walk.leave_out("not in the directory, and its size is not known".into());
                end = Ok(header.data.min(gap.end));
                return;
            }
            let member = Member {
                flags: header.flags,
                method: header.method,
                checksum: is_size_known.then_some(header.checksum),
                packed: if is_size_known { header.packed.min(room) } else { room },
            };
            end = member.read(walk, place, header.data).map(|()| {
                // What follows damage is found by the size, if that is known.
                if is_size_known { header.data + member.packed } else { place.at }
            });
        });
        end
    }
}

/// What stands in front of a member's bytes.
struct Local {
    flags: u16,
    method: u16,
    checksum: u32,
    packed: u64,
    name: Vec<u8>,
    extra: Vec<u8>,
    /// Where the member's bytes begin.
    data: u64,
}

impl Local {
    /// Whether a header makes sense: of a known version and method, with a name.
    fn is_likely(header: &[u8]) -> bool {
        let name = field_16(header, 26);
        header[4] <= 63 && field_16(header, 8) <= Method::AES && (1..=4096).contains(&name)
    }

    /// Whether a likely header, with `room` bytes from its start on, is hardly there by chance.
    /// Where the directory is whole, nobody misses a member, and a program in front of the zip may
    /// well name the bytes that begin one.
    fn is_certain(header: &[u8], room: u64) -> bool {
        let [flags, method] = [6, 8].map(|at| field_16(header, at));
        let [name, extra] = [26, 28].map(|at| usize::from(field_16(header, at)));
        let packed = u64::from(field_32(header, 18));
        let start = header.get(LOCAL_BYTES as usize..).unwrap_or_default();
        let fits =
            packed == u64::from(u32::MAX) || LOCAL_BYTES + (name + extra) as u64 + packed <= room;
        header[4] >= 10
            && header[5] <= 30
            && flags & RESERVED_FLAGS == 0
            && matches!(method, 0..=14 | 20 | 93..=99)
            && fits
            && !start[..name.min(start.len())].iter().any(u8::is_ascii_control)
    }

    fn read(place: &mut Place<'_>, at: u64) -> io::Result<Option<Self>> {
        let header = place.peek(at, LOCAL_BYTES)?;
        if header.len() < LOCAL_BYTES as usize || !header.starts_with(LOCAL) {
            return Ok(None);
        }
        let lengths = [field_16(&header, 26), field_16(&header, 28)].map(u64::from);
        let mut name = place.peek(at + LOCAL_BYTES, lengths[0] + lengths[1])?;
        let extra = name.split_off(name.len().min(lengths[0] as usize));
        let packed = u64::from(field_32(&header, 18));
        Ok(Some(Local {
            flags: field_16(&header, 6),
            method: field_16(&header, 8),
            checksum: field_32(&header, 14),
            packed: directory::long_sizes(&extra, [u64::from(field_32(&header, 22)), packed, 0])[1],
            name,
            extra,
            data: at + LOCAL_BYTES + lengths[0] + lengths[1],
        }))
    }
}

/// How a member's bytes are to be read.
struct Member {
    flags: u16,
    method: u16,
    checksum: Option<u32>,
    packed: u64,
}

/// How a member is compressed.
struct Method;

impl Method {
    const STORED: u16 = 0;
    const DEFLATE: u16 = 8;
    const OLD_ZSTD: u16 = 20;
    const ZSTD: u16 = 93;
    const AES: u16 = 99;

    fn name(number: u16) -> String {
        let name = match number {
            1 => "shrink",
            2..=5 => "reduce",
            6 => "implode",
            9 => "deflate64",
            12 => "bzip2",
            14 => "LZMA",
            94 => "MP3",
            95 => "xz",
            96 => "JPEG",
            97 => "WavPack",
            98 => "PPMd",
            _ => return format!("method {number}"),
        };
        name.into()
    }
}

impl Member {
    /// Reads the bytes at `data`, and leaves the place behind them.
    fn read(&self, walk: &mut Walk<'_>, place: &mut Place<'_>, data: u64) -> io::Result<()> {
        let end = data.saturating_add(self.packed);
        let is_cut = end > place.size;
        let end = end.min(place.size).max(data.min(place.size));
        place.go(data.min(end))?;
        if self.flags & IS_ENCRYPTED != 0 || self.method == Method::AES {
            walk.leave_out("encrypted".into());
            return place.go(end);
        }
        let mut packed = (&mut *place).take(end - data.min(end));
        match self.method {
            Method::STORED => self.unpack(walk, &mut packed),
            Method::DEFLATE => self.unpack(walk, &mut Inflate::new(&mut packed)),
            Method::ZSTD | Method::OLD_ZSTD => {
                let mut feed = Feed::new(&mut packed);
                zstd::decode(walk, &mut feed, |walk, zstd| self.unpack(walk, zstd));
                place.go(end)?;
            }
            other => {
                walk.leave_out(format!(
                    "compressed with {}, which is not read",
                    Method::name(other)
                ));
                place.go(end)?;
            }
        }
        walk.meter.count_packed(place.at.saturating_sub(data));
        if is_cut {
            walk.damaged("the archive ends before it does");
        }
        Ok(())
    }

    fn unpack(&self, walk: &mut Walk<'_>, decoder: &mut dyn Read) {
        walk.unpack(&mut Summed { decoder, sum: Hasher::new(), checksum: self.checksum });
    }
}

/// Bytes that are compared with their checksum at the end.
struct Summed<'a> {
    decoder: &'a mut dyn Read,
    sum: Hasher,
    checksum: Option<u32>,
}

impl Read for Summed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(out)?;
        self.sum.update(&out[..read]);
        if read == 0 && !out.is_empty() {
            let sum = self.sum.clone().finalize();
            if self.checksum.take().is_some_and(|told| told != sum) {
                return Err(broken("its checksum does not match"));
            }
        }
        Ok(read)
    }
}
