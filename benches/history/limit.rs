//! The limit: every entry of a repository's packs inflated once, on all cores, and nothing else done.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use libdeflater::Decompressor;

/// The bytes of a pack behind its last entry: a checksum, with 20 bytes in a repository of SHA-1.
const CHECKSUM_BYTES: usize = 20;

/// A pack in memory, with where its entries begin and the last one ends.
struct Pack {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

/// Packs as a scan finds them.
pub(crate) struct Packs(Vec<Pack>);

impl Packs {
    /// Reads the packs of a repository.
    pub(crate) fn of(repository: &Path) -> Packs {
        let found =
            super::git(repository).args(["rev-parse", "--git-path", "objects/pack"]).output();
        let found = found.expect("git can be run").stdout;
        let folder = repository.join(String::from_utf8_lossy(&found).trim());
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let packs =
            files.map(|file| file.path()).filter(|path| path.extension() == Some("pack".as_ref()));
        Packs(packs.map(|path| Pack::read(repository, &path)).collect())
    }

    /// How long it takes to inflate every entry on all cores.
    pub(crate) fn inflate(&self) -> Duration {
        let threads = std::thread::available_parallelism().map_or(1, Into::into);
        let started = Instant::now();
        for pack in &self.0 {
            let entries: Vec<&[usize]> = pack.places.windows(2).collect();
            std::thread::scope(|scope| {
                for part in entries.chunks(entries.len().div_ceil(threads).max(1)) {
                    scope.spawn(|| inflate_all(&pack.bytes, part));
                }
            });
        }
        started.elapsed()
    }
}

impl Pack {
    fn read(repository: &Path, path: &PathBuf) -> Pack {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.expect("the pack can be read");
        let index = File::open(path.with_extension("idx")).expect("a pack has an index");
        let listed = super::git(repository).arg("show-index").stdin(Stdio::from(index)).output();
        let listed = listed.expect("git can be run").stdout;
        let place = |line: &str| line.split(' ').next().and_then(|place| place.parse().ok());
        let mut places: Vec<usize> =
            String::from_utf8_lossy(&listed).lines().filter_map(place).collect();
        places.sort_unstable();
        places.push(bytes.len().saturating_sub(CHECKSUM_BYTES));
        Pack { bytes, places }
    }
}

fn inflate_all(pack: &[u8], entries: &[&[usize]]) {
    let mut inflater = Decompressor::new();
    let mut buffer = Vec::new();
    for place in entries {
        let (data, size) = data_of(&pack[place[0]..place[1]]);
        if buffer.len() < size {
            buffer.resize(size, 0);
        }
        let done = inflater.zlib_decompress(data, &mut buffer[..size]);
        done.expect("the pack is whole: git fsck tells more");
    }
}

/// The compressed bytes of an entry, and how many they are inflated (gitformat-pack(5)).
fn data_of(entry: &[u8]) -> (&[u8], usize) {
    const OFFSET_DELTA: u8 = 6;
    const ID_DELTA: u8 = 7;
    let mut at = 0;
    let mut next = || {
        at += 1;
        entry[at - 1]
    };
    let first = next();
    let (mut size, mut shift, mut last) = (usize::from(first & 15), 4, first);
    while last & 0x80 != 0 {
        last = next();
        size |= usize::from(last & 0x7f) << shift;
        shift += 7;
    }
    match first >> 4 & 7 {
        OFFSET_DELTA => while next() & 0x80 != 0 {},
        ID_DELTA => (0..CHECKSUM_BYTES).for_each(|_| _ = next()),
        _ => {}
    }
    (&entry[at..], size)
}
