//! Archives made at run time, whole, nested, damaged and hostile.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{ArchiveLimits, LeftOut, Part, ends_like_zip, is_archive, members};
use crate::rule::expand;

/// All that was handed over.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    pieces: Vec<(Vec<u8>, Part, Vec<u8>)>,
    left_out: Vec<(String, String)>,
}

impl Seen {
    /// The content of a member, its fragments joined.
    fn content(&self, name: &str) -> Vec<u8> {
        let pieces = self.pieces.iter();
        let of_it = pieces.filter(|(of, part, _)| *of == name.as_bytes() && *part == Part::Content);
        of_it.flat_map(|(_, _, bytes)| bytes.clone()).collect()
    }

    fn holds(&self, part: Part, secret: &[u8]) -> bool {
        let holds = |bytes: &[u8]| memchr::memmem::find(bytes, secret).is_some();
        self.pieces.iter().any(|(_, of, bytes)| *of == part && holds(bytes))
    }

    fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, _, bytes)| bytes.len()).sum()
    }

    #[track_caller]
    fn is_whole(&self) {
        assert_eq!(self.left_out, []);
    }

    #[track_caller]
    fn lacks(&self, name: &str, reason: &str) {
        let named = |(of, why): &(String, String)| of == name && why.contains(reason);
        assert!(self.left_out.iter().any(named), "{name}: {reason}: {:?}", self.left_out);
    }
}

fn open_within(archive: &[u8], limits: ArchiveLimits) -> Seen {
    let mut seen = Seen::default();
    let left_out = members(Cursor::new(archive), limits, &mut |piece| {
        let (start, end) = piece.fragment.own;
        let own = piece.fragment.bytes[start..end].to_vec();
        seen.pieces.push((piece.name.to_vec(), piece.part, own));
    });
    let text = |LeftOut { name, reason }| (String::from_utf8_lossy(&name).into_owned(), reason);
    seen.left_out = left_out.into_iter().map(text).collect();
    seen
}

fn open(archive: &[u8]) -> Seen {
    open_within(archive, ArchiveLimits::default())
}

fn secret() -> Vec<u8> {
    expand("AKIA{base32:16}").unwrap()
}

/// Text that packs badly, with a secret at the end.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b' ' + (state >> 24) as u8 % 90
    };
    std::iter::repeat_with(&mut next).take(length).chain(secret()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One member of a tar: its header and its bytes.
fn tar_entry(kind: u8, name: &[u8], link: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut block = [0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link);
    block[257..265].copy_from_slice(b"ustar\x0000");
    sign(&mut block);
    let mut entry = block.to_vec();
    entry.extend_from_slice(bytes);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

fn sign(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in entries {
        out.extend(tar_entry(b'0', name.as_bytes(), b"", bytes));
    }
    out.extend([0; 1024]);
    out
}

/// A zip that is made member by member.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    fn add(self, name: &[u8], bytes: &[u8]) -> Self {
        self.add_as(8, 0, name, &deflate(bytes), bytes)
    }

    fn store(self, name: &[u8], bytes: &[u8]) -> Self {
        self.add_as(0, 0, name, bytes, bytes)
    }

    fn add_as(mut self, method: u16, flags: u16, name: &[u8], packed: &[u8], raw: &[u8]) -> Self {
        let offset = self.bytes.len() as u32;
        let header = header(method, flags, name, packed.len(), raw);
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&header);
        self.bytes.extend(name);
        self.bytes.extend(packed);
        self.list(&header, offset, name)
    }

    fn list(mut self, header: &[u8], offset: u32, name: &[u8]) -> Self {
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(header);
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name);
        self.count += 1;
        self
    }

    fn end(mut self, comment: &[u8]) -> Vec<u8> {
        let at = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.count.to_le_bytes(), self.count.to_le_bytes()].concat());
        self.bytes.extend((self.directory.len() as u32).to_le_bytes());
        self.bytes.extend(at.to_le_bytes());
        self.bytes.extend((comment.len() as u16).to_le_bytes());
        self.bytes.extend(comment);
        self.bytes
    }
}

fn header(method: u16, flags: u16, name: &[u8], packed: usize, raw: &[u8]) -> Vec<u8> {
    let mut out = vec![20, 0];
    out.extend(flags.to_le_bytes());
    out.extend(method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(crc32fast::hash(raw).to_le_bytes());
    out.extend((packed as u32).to_le_bytes());
    out.extend((raw.len() as u32).to_le_bytes());
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0; 2]);
    out
}

#[test]
fn every_kind_is_known_by_its_bytes() {
    let bytes = secret();
    for archive in
        [Zip::default().add(b"f", &bytes).end(b""), Zip::default().end(b""), tar(&[("f", &bytes)])]
    {
        assert!(is_archive(&archive));
        open(&archive).is_whole();
    }
    for archive in [gzip(&bytes), zstd(&bytes), zlib(&bytes, 0), zlib(&bytes, 9)] {
        assert!(is_archive(&archive));
        let seen = open(&archive);
        seen.is_whole();
        assert_eq!(seen.content(""), bytes);
    }
    for text in [&b"PK"[..], b"", b"BZhello", b"plain text", &[0; 600], &[0x1f, 0x8b, 9, 0]] {
        assert!(!is_archive(text), "{text:?}");
    }
}

#[test]
fn streams_of_zlib_are_told_from_text_and_chance_by_what_they_hold() {
    for level in 0..10 {
        let bytes = noise(20_000);
        let seen = open(&zlib(&bytes, level));
        seen.is_whole();
        assert_eq!(seen.content(""), bytes, "level {level}");
    }
    let texts = [
        "x^2",
        "x^2 + y^2 = z^2\n",
        "x^",
        "x\u{1}",
        "x\u{1}\u{1}\u{1}\u{1}",
        &format!("x^n = {}", "1 + x + ".repeat(500)),
    ];
    for text in texts {
        assert!(!is_archive(&text.as_bytes()[..text.len().min(512)]), "{text}");
    }
    let chance = [&[0x78, 0x9c][..], &noise(600)].concat();
    assert!(!is_archive(&chance[..512]));
    // A short one that is cut is nothing; a long one is damaged.
    let short = zlib(b"short", 6);
    assert!(is_archive(&short) && !is_archive(&short[..short.len() - 6]));
    let long = zlib(&noise(5000), 6);
    open(&long[..long.len() / 2]).lacks("", "ends early");
}

#[test]
fn archives_inside_each_other_are_opened() {
    let bytes = noise(3000);
    let inner_tar = tar(&[("dir/file", &bytes), ("empty", b"")]);
    let inner_zip = Zip::default().store(b"a.tar.zst", &zstd(&inner_tar)).end(b"");
    let jar = Zip::default().add(b"lib/b.zip", &inner_zip).end(b"");
    let seen = open(&gzip(&tar(&[("app.jar", &jar)])));
    seen.is_whole();
    assert_eq!(seen.content("app.jar!lib/b.zip!a.tar.zst!dir/file"), bytes);
    let names = seen.pieces.iter().filter(|(_, part, _)| *part == Part::Name);
    let names: Vec<_> = names.map(|(_, _, name)| String::from_utf8_lossy(name)).collect();
    assert_eq!(names, ["app.jar", "lib/b.zip", "a.tar.zst", "dir/file", "empty"]);
}

#[test]
fn streams_of_several_parts_are_one() {
    let bytes = tar(&[("file", &noise(1000))]);
    let (one, two) = bytes.split_at(700);
    let skipped = [b"\x53\x2a\x4d\x18\x14\0\0\0", &secret()[..]].concat();
    for stream in [
        [gzip(one), gzip(b""), gzip(two)].concat(),
        [skipped.clone(), zstd(one), skipped, zstd(two)].concat(),
    ] {
        let seen = open(&stream);
        seen.is_whole();
        assert_eq!(seen.content("file"), noise(1000));
    }
}

#[test]
fn a_large_member_comes_in_fragments() {
    let bytes = noise(20 << 20);
    for archive in [gzip(&bytes), Zip::default().add(b"", &bytes).end(b"")] {
        let seen = open(&archive);
        seen.is_whole();
        assert_eq!(seen.content("").len(), bytes.len());
        assert!(seen.pieces.iter().all(|(_, _, bytes)| bytes.len() <= 16 << 20));
    }
}

#[test]
fn text_beside_the_content_is_handed_over() {
    let secret = secret();
    let mut comment =
        flate2::GzBuilder::new().comment(&secret[..]).write(Vec::new(), Compression::fast());
    comment.write_all(b"x").unwrap();
    let record = [b"44 SCHILY.xattr=", &secret[..], b"\n"].concat();
    let record = [format!("{} ", record.len()).as_bytes(), &record[3..]].concat();
    for archive in [
        comment.finish().unwrap(),
        [b"\x50\x2a\x4d\x18\x14\0\0\0", &secret[..], &zstd(b"x")].concat(),
        Zip::default().end(&secret),
        tar_entry(b'2', b"link", &secret, b""),
        [tar_entry(b'x', b"pax", b"", &record), tar(&[("f", b"x")])].concat(),
    ] {
        let seen = open(&archive);
        seen.is_whole();
        assert!(seen.holds(Part::Text, &secret), "{seen:?}");
    }
    for archive in [Zip::default().store(&secret, b"").end(b""), tar_entry(b'5', &secret, b"", b"")]
    {
        assert!(open(&archive).holds(Part::Name, &secret));
    }
}

#[test]
fn long_names_of_tar_are_put_together() {
    let name = "d/".repeat(100) + "file";
    let record = format!("{} path={name}\n", name.len() + 10);
    assert_eq!(record.len(), name.len() + 10);
    let mut split = tar_entry(b'0', b"file", b"", b"x");
    split[345..352].copy_from_slice(b"one/two");
    sign(&mut split[..512]);
    for (start, name) in [
        (tar_entry(b'L', b"././@LongLink", b"", format!("{name}\0").as_bytes()), &name[..]),
        (tar_entry(b'x', b"pax", b"", record.as_bytes()), &name[..]),
        (split, "one/two/file"),
    ] {
        let seen = open(&[start, tar(&[("short", b"x")])].concat());
        seen.is_whole();
        assert_eq!(seen.content(name), b"x");
    }
}

#[test]
fn sizes_of_tar_may_be_binary_or_extended() {
    let bytes = noise(1000);
    let mut binary = tar_entry(b'0', b"f", b"", &bytes);
    binary[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xfc]);
    assert_eq!(bytes.len(), 0x3fc);
    sign(&mut binary[..512]);
    let mut extended = tar_entry(b'0', b"f", b"", &bytes);
    extended[124..136].fill(0);
    sign(&mut extended[..512]);
    let extended = [tar_entry(b'x', b"pax", b"", b"13 size=1020\n"), extended].concat();
    for start in [binary, extended] {
        let seen = open(&[start, tar(&[("g", b"x")])].concat());
        seen.is_whole();
        assert_eq!((seen.content("f"), seen.content("g")), (bytes.clone(), b"x".to_vec()));
    }
}

#[test]
fn members_of_the_same_name_are_all_read() {
    let zip = Zip::default().add(b"f", b"one").add(b"f", b"two").end(b"");
    assert_eq!(open(&zip).content("f"), b"onetwo");
}

#[test]
fn a_member_that_the_directory_hides_is_read() {
    let mut zip = Zip::default().add(b"a", b"x").add(b"hidden", &secret());
    let shown = zip.directory.len() / 2;
    zip.directory.truncate(shown - 2);
    zip.count = 1;
    let seen = open(&zip.add(b"c", b"y").end(b""));
    seen.is_whole();
    assert_eq!(seen.content("hidden"), secret());
    assert_eq!(seen.content("c"), b"y");
}

#[test]
fn a_member_that_the_directory_hides_behind_junk_is_read() {
    for (front, junk) in [(0, 40), (0, 3000), (0, 200_000), (40, 0), (1 << 20, 5)] {
        let mut zip = Zip { bytes: vec![b'j'; front], ..Zip::default() };
        zip = zip.add(b"a", b"x");
        zip.bytes.extend(vec![b'j'; junk]);
        let (shown, count) = (zip.directory.len(), zip.count);
        for name in [b"hidden", b"second"] {
            zip = zip.add(name, &secret());
            zip.bytes.extend(b"junk");
        }
        zip.directory.truncate(shown);
        zip.count = count;
        let zip = zip.add(b"c", b"y").end(b"");
        for (archive, outer) in [(zip.clone(), ""), (tar(&[("z", &zip)]), "z!")] {
            let seen = open(&archive);
            seen.is_whole();
            for name in ["hidden", "second"] {
                assert_eq!(seen.content(&format!("{outer}{name}")), secret(), "{front} {junk}");
            }
            assert_eq!(seen.content(&format!("{outer}c")), b"y");
        }
    }
    // Bytes of a program that only begin like a header.
    let program =
        [&b"#!/bin/dash  PK\x03\x04\x14\0\xff\xff\x08\0"[..], b"PK\x03\x04 and more", &[1; 60]]
            .concat();
    let seen = open(&Zip { bytes: program, ..Zip::default() }.add(b"a", b"x").end(b""));
    seen.is_whole();
    assert_eq!(seen.content("a"), b"x");
}

#[test]
fn long_zips_are_read() {
    let bytes = noise(100);
    let max = u32::MAX.to_le_bytes();
    let front = b"#!/bin/sh\n";
    let mut zip = front.to_vec();
    let local = header(0, 0, b"f", bytes.len(), &bytes);
    zip.extend([b"PK\x03\x04", &local[..], b"f", &bytes].concat());
    let directory = zip.len() - front.len();
    let size = (bytes.len() as u64).to_le_bytes();
    let extra = [b"\x01\0\x18\0", &size[..], &size, &[0; 8]].concat();
    let mut record = header(0, 0, b"f", 0, &bytes);
    record[14..22].fill(0xff);
    record[24] = extra.len() as u8;
    zip.extend([b"PK\x01\x02\x14\0", &record[..], &[0; 10], &max, b"f", &extra].concat());
    let [size, at, end] = [zip.len() - front.len() - directory, directory, zip.len() - front.len()]
        .map(|number| (number as u64).to_le_bytes());
    let one = 1_u64.to_le_bytes();
    zip.extend([&b"PK\x06\x06"[..], &[0; 20], &one, &one, &size, &at].concat());
    zip.extend([&b"PK\x06\x07\0\0\0\0"[..], &end, &[1, 0, 0, 0]].concat());
    zip.extend([&b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff"[..], &max, &max, &[0; 2]].concat());
    for archive in [&zip[..], &tar(&[("z", &zip[front.len()..])])] {
        let seen = open(archive);
        assert!(seen.holds(Part::Content, &bytes), "{seen:?}");
        seen.is_whole();
    }
}

#[test]
fn a_zip_behind_a_program_is_found() {
    let zip = [&b"#!/bin/sh\n"[..], &Zip::default().add(b"f", &secret()).end(b"")].concat();
    assert!(!is_archive(&zip) && ends_like_zip(&zip));
    let seen = open(&zip);
    seen.is_whole();
    assert_eq!(seen.content("f"), secret());
}

#[test]
fn a_zip_with_a_comment_behind_a_program_is_found() {
    let zip = |start: &[u8], comment: usize| {
        let comment = vec![b'c'; comment];
        [start, &Zip::default().add(b"f", &secret()).end(&comment)].concat()
    };
    for (start, comment) in [
        (&b"any text\n"[..], 1),
        (b"any text\n", 512),
        (b"#!/bin/sh\n", 65_535),
        (b"\x7fELF\0", 65_535),
        (&vec![b'p'; 2 << 20], 65_535),
    ] {
        let zip = zip(start, comment);
        assert!(ends_like_zip(&zip), "{comment} bytes of comment");
        assert_eq!(open(&zip).content("f"), secret());
        assert!(
            !ends_like_zip(&zip[..zip.len() - 1]) && !ends_like_zip(&[&zip[..], b"x"].concat())
        );
    }
    assert!(!ends_like_zip(b"PK\x05\x06") && !ends_like_zip(b""));
}

#[test]
fn what_stands_behind_an_archive_is_read() {
    let secret = secret();
    let zip = Zip::default().add(b"f", &secret).end(b"");
    let text = b"text";
    let first = [
        gzip(text),
        zlib(text, 6),
        zstd(text),
        tar(&[("t", text)]),
        Zip::default().add(b"t", text).end(b""),
    ];
    let second = [gzip(&secret), zlib(&secret, 6), zstd(&secret), tar(&[("f", &secret)]), zip];
    for (at, one) in first.iter().enumerate() {
        for two in &second {
            let both = [&one[..], two].concat();
            for archive in [both.clone(), tar(&[("inner", &both)]), gzip(&both)] {
                let seen = open(&archive);
                assert!(seen.holds(Part::Content, &secret), "{at}: {seen:?}");
                seen.is_whole();
            }
        }
        let locked = [&one[..], b"7z\xbc\xaf\x27\x1c and what a whole one has besides"].concat();
        open(&locked).lacks("", "7z archives are not opened");
    }
    // A zip is found at the end, whatever stands between.
    let far = [&gzip(text)[..], b"junk", &second[4]].concat();
    assert!(open(&far).holds(Part::Content, &secret));
    let padded = [gzip(text), vec![0; 512]].concat();
    open(&padded).is_whole();
}

#[test]
fn archives_behind_each_other_are_bounded() {
    let many = zlib(b"x", 6).repeat(300);
    open(&many).is_whole();
    let seen = open_within(&many, ArchiveLimits { max_members: 99, ..ArchiveLimits::default() });
    seen.lacks("", "more than 99 members");
    assert_eq!(seen.content("").len(), 100);
    open(b"\x50\x2a\x4d\x18").lacks("", "ends early");
}

#[test]
fn a_zip_behind_a_program_is_found_inside_an_archive() {
    let zip = Zip::default().add(b"f", &secret()).end(b"comment");
    let program = [&b"#!/bin/sh\n"[..], &zip].concat();
    for (archive, name) in [
        (tar(&[("run", &program)]), "run!f"),
        (gzip(&program), "f"),
        (Zip::default().add(b"run", &program).end(b""), "run!f"),
        (tar(&[("twice", &[b"#!", &tar(&[])[..], &program].concat())]), "twice!f"),
    ] {
        let seen = open(&archive);
        seen.is_whole();
        assert_eq!(seen.content(name), secret());
    }
    // The program's own bytes are handed over once.
    let stored = [b"once", &Zip::default().add(b"f", b"x").end(b"")[..]].concat();
    let seen = open(&tar(&[("run", &stored)]));
    assert_eq!(seen.content("run"), stored);

    let deep = (0..7).fold(tar(&[("run", &program)]), |inner, _| gzip(&inner));
    open(&deep).lacks("run", "more than 8 archives inside each other");
    let large = [&vec![b'p'; 17 << 20][..], &zip].concat();
    open(&tar(&[("large", &large)])).lacks("large", "a zip stands at its end");
    let cut = Zip::default().store(b"f", &secret()).end(b"");
    let cut = [b"#!", &cut[1..]].concat();
    open(&tar(&[("cut", &cut)])).lacks("cut!f", "not where the directory says");
}

#[test]
fn a_zip_without_its_directory_is_read_from_its_headers() {
    let zip = Zip::default().add(b"a", &noise(500)).store(b"b", &secret()).bytes;
    let descriptor = [&b"PK\x07\x08"[..], &[0; 12]].concat();
    let streamed = deflate(&secret());
    let mut zip = Zip { bytes: zip, ..Zip::default() }.add_as(8, 8, b"c", &streamed, b"");
    let sizes = zip.bytes.len() - streamed.len() - 1 - 12;
    zip.bytes[sizes..sizes + 8].fill(0);
    zip.bytes.extend(descriptor);
    let seen = open(&zip.add(b"d", b"last").bytes);
    seen.lacks("", "its directory is missing");
    assert_eq!(seen.content("a"), noise(500));
    assert_eq!((seen.content("b"), seen.content("c")), (secret(), secret()));
    assert_eq!(seen.content("d"), b"last");
}

#[test]
fn what_stands_before_damage_is_read() {
    let bytes = noise(9000);
    let secret = secret();
    for archive in [
        gzip(&bytes),
        zstd(&bytes),
        tar(&[("f", &bytes)])[..512 + bytes.len()].to_vec(),
        Zip::default().add(b"f", &bytes).bytes,
        Zip::default().store(b"f", &bytes).bytes,
    ] {
        assert!(open(&archive).holds(Part::Content, &secret));
        let seen = open(&archive[..archive.len() - 10]);
        assert!(!seen.left_out.is_empty());
        assert!(!seen.holds(Part::Content, &secret) || archive.starts_with(&[0x1f]));
        let read = seen.bytes();
        assert!(read > 8800 || archive.starts_with(&[0x28]), "{read}: {:?}", seen.left_out);
    }
    let mut stream = gzip(&[noise(5000), noise(100)].concat());
    let end = stream.len() - 8;
    stream[end - 4..end].fill(0xff);
    assert!(open(&stream).bytes() > 5050, "bytes of the call that meets the damage are kept");
    let mut frames = zstd(&[noise(300_000), noise(300_000)].concat());
    frames.truncate(frames.len() / 2 + 200_000);
    assert!(open(&frames).bytes() >= 128 << 10, "bytes in the window are kept");
}

#[test]
fn damage_is_named() {
    let wrong = Zip::default().add_as(8, 0, b"f", &deflate(b"one"), b"two").end(b"");
    open(&wrong).lacks("f", "checksum");
    let mut stream = gzip(b"one");
    let end = stream.len();
    stream[end - 8] ^= 1;
    open(&stream).lacks("", "checksum");
    let mut stream = zlib(b"one", 6);
    let end = stream.len();
    stream[end - 1] ^= 1;
    open(&stream).lacks("", "checksum");
    let mut frame = zstd(b"one");
    let end = frame.len();
    frame[end - 1] ^= 1;
    open(&frame).lacks("", "checksum");
    let damaged = [tar_entry(b'0', b"a", b"", b"x"), noise(600), tar(&[("b", b"y")])].concat();
    let seen = open(&damaged);
    seen.lacks("", "no header");
    assert!(seen.holds(Part::Content, &secret()));
    assert_eq!(seen.content("a"), b"x");
}

#[test]
fn members_behind_damage_in_a_tar_are_read() {
    let mut bytes = tar(&[("a", b"x"), ("b", &secret()), ("c", &gzip(&secret()))]);
    bytes[1024] ^= 1;
    let seen = open(&bytes);
    seen.lacks("", "no header");
    assert_eq!(seen.content("c"), secret());
}

#[test]
fn what_cannot_be_read_is_named() {
    let zip = Zip::default()
        .add_as(0, 1, b"locked", b"x", b"x")
        .add_as(14, 0, b"lzma", b"x", b"x")
        .add_as(77, 0, b"odd", b"x", b"x")
        .store(b"f.xz", b"\xfd7zXZ\0\0")
        .store(b"f.bz2", b"BZh91AY&SY")
        .add_as(93, 0, b"fine", &zstd(b"y"), b"y")
        .end(b"");
    let seen = open(&zip);
    seen.lacks("locked", "encrypted");
    seen.lacks("lzma", "LZMA");
    seen.lacks("odd", "method 77");
    seen.lacks("f.xz", "xz archives are not opened");
    seen.lacks("f.bz2", "bzip2 archives are not opened");
    assert_eq!(seen.left_out.len(), 5);
    assert_eq!(seen.content("fine"), b"y");
    open(b"7z\xbc\xaf\x27\x1c").lacks("", "7z archives are not opened");
    open(b"text").lacks("", "not an archive");
}

#[test]
fn kinds_with_a_weak_sign_are_told_by_their_headers() {
    let header = |start: &[u8], at: usize, field: &[u8]| {
        let mut header = [start, &[0; 40]].concat();
        header[at..at + field.len()].copy_from_slice(field);
        header
    };
    let cases = [
        ("compress", header(b"\x1f\x9d\x8c", 3, b"x"), 2, 0x60),
        ("LZMA", header(b"\x5d\0\0\x80\0", 5, &[0xff; 8]), 13, 0x0a),
        ("LZMA", header(b"\x5d\0\0\0\x03", 5, b"\x10"), 4, 5),
        ("squashfs", header(b"hsqs", 28, b"\x04"), 28, b' '),
        ("xar", header(b"xar!\0\x1c\0\x01", 8, b"x"), 4, b' '),
        ("ARJ", header(b"\x60\xea\x2b\0\x1e\x0b\x01", 10, b"\x02"), 10, b' '),
        ("LHA", header(b"\x20\x51-lh5-", 20, b"\x02"), 20, b' '),
    ];
    for (what, bytes, at, other) in cases {
        open(&bytes).lacks("", &format!("{what} archives are not opened"));
        let mut changed = bytes.clone();
        changed[at] = other;
        assert!(!is_archive(&changed), "{what}");
        for length in 0..3 {
            assert!(!is_archive(&bytes[..length]), "{what}, {length} bytes");
        }
    }
}

#[test]
fn streams_of_zlib_may_have_a_small_window() {
    for window in 8..15_u8 {
        for bytes in [secret(), noise(5000)] {
            let mut stream = zlib(&bytes, 1);
            let method = (window - 8) << 4 | 8;
            let rest = u16::from_be_bytes([method, 0]) % 31;
            stream[..2].copy_from_slice(&[method, ((31 - rest) % 31) as u8]);
            let seen = open(&stream);
            seen.is_whole();
            assert_eq!(seen.content(""), bytes, "window of {window} bits");
            let end = stream.len();
            stream[end - 1] ^= 1;
            assert!(end > 512 || !is_archive(&stream));
        }
    }
    for text in ["HKEY_CURRENT_USER\n", "(Sketch)\n", "(Sk", "hC", "X\tY", "8O"] {
        assert!(!is_archive(text.as_bytes()), "{text}");
    }
}

#[test]
fn limits_are_kept_and_named() {
    let nested = (0..20).fold(secret(), |inner, _| gzip(&inner));
    open(&nested).lacks("", "more than 8 archives inside each other");

    let many = (0..300).fold(Zip::default(), |zip, _| zip.store(b"f", b"x")).end(b"");
    let seen = open_within(&many, ArchiveLimits { max_members: 99, ..ArchiveLimits::default() });
    seen.lacks("", "more than 99 members");
    assert_eq!(seen.content("f").len(), 99);

    let locked = (0..1200).fold(Zip::default(), |zip, _| zip.add_as(0, 1, b"f", b"x", b"x"));
    let seen = open(&locked.end(b""));
    seen.lacks("", "200 more members are left out");
    assert_eq!(seen.left_out.len(), 1001);

    let zeros = deflate(&vec![0; 70 << 20]);
    let bomb = Zip::default().add_as(8, 0, b"z", &zeros, b"").end(b"");
    let seen = open_within(&bomb, ArchiveLimits { max_ratio: 50, ..ArchiveLimits::default() });
    seen.lacks("z", "more than 50 times its size");
    assert_eq!(seen.left_out.len(), 1);
    assert_eq!(seen.bytes(), (64 << 20) + 2);
}

#[test]
fn members_that_overlap_are_bounded() {
    let bytes = noise(1 << 16);
    let mut zip = Zip::default().store(b"f", &bytes);
    for _ in 0..500 {
        zip = zip.list(&header(0, 0, b"f", bytes.len(), &bytes), 0, b"f");
    }
    let limits = ArchiveLimits { max_bytes: 1 << 20, ..ArchiveLimits::default() };
    let seen = open_within(&zip.end(b""), limits);
    seen.lacks("f", "more than 1048576 bytes");
    assert!(seen.bytes() < 2 << 20);
}

#[test]
fn a_header_that_many_records_lead_to_is_bounded() {
    let extra = noise(60_000);
    let mut local = header(0, 0, b"f", 0, b"");
    local[24..26].copy_from_slice(&(extra.len() as u16).to_le_bytes());
    let bytes = [b"PK\x03\x04", &local[..], b"f", &extra].concat();
    let mut zip = Zip { bytes, ..Zip::default() };
    for _ in 0..500 {
        zip = zip.list(&header(0, 0, b"f", 0, b""), 0, b"f");
    }
    let limits = ArchiveLimits { max_bytes: 1 << 20, ..ArchiveLimits::default() };
    let seen = open_within(&zip.end(b""), limits);
    seen.lacks("", "more than 1048576 bytes");
    assert!(seen.holds(Part::Text, &secret()) && seen.bytes() < 2 << 20, "{}", seen.bytes());
}

#[test]
fn a_zip_too_large_to_be_held_is_scanned_as_it_is() {
    let large = Zip::default().store(b"f", &noise(65 << 20)).end(b"");
    let seen = open(&tar(&[("a.zip", &large)]));
    seen.lacks("a.zip", "too large to be held");
    assert!(seen.holds(Part::Content, &secret()));
    assert_eq!(seen.content("a.zip").len(), large.len());
}

#[test]
fn no_cut_parts_a_secret_in_a_name() {
    let secret = String::from_utf8(secret()).unwrap();
    let name = format!("{} {secret} .7z", "n".repeat(4080));
    let zip = Zip::default().store(name.as_bytes(), b"7z\xbc\xaf\x27\x1c").end(b"");
    open(&zip).lacks(&name, "not opened");

    // Half of it stands before the longest name of a tar.
    let name = format!("{} {secret}", "n".repeat((64 << 10) - 11));
    let record = format!("65558 path={name}\n");
    assert_eq!(record.len(), 65_558);
    for (kind, text) in [(b'L', &name), (b'x', &record)] {
        let long = tar_entry(kind, b"long", b"", text.as_bytes());
        let seen = open(&[long, tar(&[("f", b"7z\xbc\xaf\x27\x1c")])].concat());
        assert!(seen.holds(Part::Text, secret.as_bytes()));
        seen.lacks("(a name of 65546 bytes)", "not opened");
    }
}

#[test]
fn long_names_of_left_out_members_are_bounded() {
    let name = vec![b'n'; 60_000];
    let zip = (0..100).fold(Zip::default(), |zip, _| zip.add_as(0, 1, &name, b"x", b"x"));
    let seen = open(&zip.end(b""));
    assert_eq!(seen.left_out.len(), 70);
    seen.lacks("", "31 more members are left out");
}

#[test]
fn names_stay_as_they_are() {
    for name in [&b"../../up"[..], b"/root", b"a\0b\nc", b"\xff\xfe", b"\x1b[31m"] {
        let seen = open(&Zip::default().store(name, b"x").end(b""));
        seen.is_whole();
        assert_eq!(seen.pieces[0], (name.to_vec(), Part::Name, name.to_vec()));
    }
}

/// A small archive of every kind inside every other.
fn sample() -> Vec<u8> {
    let bytes = noise(300);
    let zip = Zip::default().add(b"f", &bytes).store(b"g.gz", &gzip(&bytes)).end(b"why");
    let long = tar_entry(b'L', b"././@LongLink", b"", b"long\0");
    let inner = [long, tar(&[("a.zip", &zip), ("b.zst", &zstd(&bytes))])].concat();
    Zip::default().add(b"t.tar.gz", &gzip(&inner)).store(b"u.tar", &inner).end(b"")
}

fn small() -> ArchiveLimits {
    ArchiveLimits { max_bytes: 1 << 20, max_members: 1000, ..ArchiveLimits::default() }
}

#[test]
fn an_archive_cut_anywhere_is_never_whole() {
    let archive = sample();
    open(&archive).is_whole();
    for length in 0..archive.len() {
        let seen = open_within(&archive[..length], small());
        assert!(!seen.left_out.is_empty(), "cut to {length} bytes");
        assert!(seen.bytes() < 8 << 20);
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_do_harm(
        changes in proptest::collection::vec((0..1_usize << 16, 0..=255_u8), 0..8),
        kind in 0..6,
        repeated in 0..40_usize,
    ) {
        // Repetition makes compressors use all they have.
        let bytes = (0..=repeated).flat_map(|at| noise(at * 7 % 50)).chain(noise(300));
        let bytes: Vec<u8> = bytes.collect();
        let mut archive = match kind {
            0 => gzip(&bytes),
            1 => zstd(&bytes),
            2 => tar(&[("f", &gzip(&bytes)), ("g", &bytes)]),
            3 => Zip::default().add(b"f", &bytes).store(b"g", &zstd(&bytes)).end(b""),
            4 => tar(&[("f", &zlib(&bytes, 6)), ("g", &bytes)]),
            _ => sample(),
        };
        for (at, value) in changes {
            let length = archive.len();
            archive[at % length] = value;
        }
        let seen = open_within(&archive, small());
        proptest::prop_assert!(seen.bytes() < 16 << 20);
        proptest::prop_assert!(seen.left_out.len() <= 1001);
    }
}
