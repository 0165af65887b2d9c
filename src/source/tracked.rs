//! The files that git knows here, as `git grep` names them: from the current directory down, by
//! their index entries or as they stand in the working tree.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::blob::BlobReader;
use super::object::{MODE_GITLINK, ObjectId};
use super::repository::path_from;
use super::worktree::WorktreeReader;
use super::{
    Blob, Content, Fragment, Listing, ReadError, Reader, Repository, Source, SourceError, Unit,
    plumbing,
};
use crate::finding::{Origin, Place, Skipped};

/// Which files to read, and from where.
#[derive(Debug, Clone, Default)]
pub struct TrackedOptions {
    /// Paths and pathspecs, relative to the current directory; none stands for all below it.
    pub paths: Vec<PathBuf>,
    /// Where their bytes come from.
    pub content: TrackedContent,
    /// Whether paths are named from the root of the working tree, as `grep.fullName` has it, and
    /// not from the current directory.
    pub names_from_root: bool,
    /// Objects larger than this are left out and named.
    pub max_object_bytes: u64,
}

/// Where the bytes of tracked files come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrackedContent {
    /// The index.
    Index,
    /// The working tree.
    #[default]
    Worktree,
    /// The working tree, with files that are neither tracked nor ignored.
    WorktreeAndUntracked,
}

/// Files that git tracks.
#[derive(Debug)]
pub struct Tracked {
    options: TrackedOptions,
}

impl Tracked {
    /// Makes a source of files that git tracks, in the repository that git would use here.
    #[must_use]
    pub const fn new(options: TrackedOptions) -> Self {
        Tracked { options }
    }

    fn ls_files(&self, flags: &[&str]) -> Result<Vec<u8>, SourceError> {
        let paths = &self.options.paths;
        let mut arguments: Vec<OsString> =
            ["ls-files", "-z"].iter().chain(flags).chain(&["--"]).map(OsString::from).collect();
        if paths.iter().any(|path| is_pathspec(path)) {
            arguments.extend(paths.iter().map(|path| as_pathspec(path)));
            return plumbing::run_globbing(&arguments);
        }
        arguments.extend(paths.iter().map(OsString::from));
        let arguments: Vec<&OsStr> = arguments.iter().map(|word| &**word).collect();
        plumbing::run(&arguments)
    }
}

/// Whether git has to read a path as a pattern: it looks like one, and is no file.
fn is_pathspec(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let looks_like_one =
        bytes.starts_with(b":") || bytes.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
    looks_like_one && path.symlink_metadata().is_err()
}

fn as_pathspec(path: &Path) -> OsString {
    if is_pathspec(path) {
        return path.into();
    }
    let mut literal = OsString::from(":(literal)");
    literal.push(path);
    literal
}

impl Source for Tracked {
    fn list(&self) -> Result<Listing, SourceError> {
        let mut listing = Listing::default();
        let stand = Stand::new(self.options.names_from_root)?;
        // The tag of -v is a small letter for files that git takes for unchanged.
        let tracked = self.ls_files(&["-s", "-v"])?;
        for entry in tracked.split(|&byte| byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = Entry::parse(entry).ok_or_else(|| {
                SourceError::Other("git ls-files said something that cannot be read".into())
            })?;
            if entry.mode == MODE_GITLINK {
                continue;
            }
            let is_read_from_index =
                entry.is_left_out || self.options.content == TrackedContent::Index;
            let content = if is_read_from_index {
                Some(Content::Blob(Blob::alone(entry.id)))
            } else {
                on_disk(&stand.on_disk(entry.path), &mut listing)
            };
            let origin = |place| Origin::new(place, &stand.name(entry.path));
            let place = if is_read_from_index { Place::Index } else { Place::Worktree };
            listing.units.extend(content.map(|content| Unit::new(origin(place), content)));
        }
        if self.options.content == TrackedContent::WorktreeAndUntracked {
            let others = self.ls_files(&["--others", "--exclude-standard"])?;
            for path in others.split(|&byte| byte == 0).filter(|path| !path.is_empty()) {
                let content = on_disk(&stand.on_disk(path), &mut listing);
                let origin = Origin::new(Place::Worktree, &stand.name(path));
                listing.units.extend(content.map(|content| Unit::new(origin, content)));
            }
            listing.units.sort_by(|a, b| a.origin.path.cmp(&b.origin.path));
        }
        Ok(listing)
    }

    fn open(&self) -> Result<Box<dyn Reader + '_>, SourceError> {
        Ok(Box::new(TrackedReader {
            files: WorktreeReader::new(None),
            blobs: None,
            max_object_bytes: self.options.max_object_bytes,
        }))
    }
}

/// Where git stands while it lists files.
struct Stand {
    /// The root of the working tree, where the current directory is outside it: git goes there.
    root: Option<PathBuf>,
    /// What a path needs before it to be one from the root, if that is asked for.
    prefix: Vec<u8>,
}

impl Stand {
    fn new(names_from_root: bool) -> Result<Self, SourceError> {
        let root = Repository::open()?.root_elsewhere();
        let prefix = match (&root, names_from_root) {
            (None, true) => plumbing::run_str(&["rev-parse", "--show-prefix"])?,
            _ => Vec::new(),
        };
        Ok(Stand { root, prefix: prefix.trim_ascii_end().to_vec() })
    }

    /// Where a file is that git names so.
    fn on_disk(&self, path: &[u8]) -> PathBuf {
        let path = path_from(path);
        self.root.as_ref().map_or(path.clone(), |root| root.join(path))
    }

    /// What a file is called in reports.
    fn name(&self, path: &[u8]) -> Vec<u8> {
        let mut prefix = self.prefix.as_slice();
        let mut path = path;
        while let Some(rest) = path.strip_prefix(b"../").filter(|_| !prefix.is_empty()) {
            path = rest;
            let above = prefix[..prefix.len() - 1].iter().rposition(|&byte| byte == b'/');
            prefix = &prefix[..above.map_or(0, |at| at + 1)];
        }
        [prefix, path].concat()
    }
}

/// What stands at a path on disk; `None` where nothing does: the file was deleted.
fn on_disk(path: &Path, listing: &mut Listing) -> Option<Content> {
    match path.symlink_metadata() {
        Ok(kind) if kind.is_symlink() => Some(Content::Link(path.to_owned())),
        Ok(kind) if kind.is_file() => Some(Content::File(path.to_owned())),
        Ok(_) => None,
        Err(error) if is_absent(&error) => None,
        Err(error) => {
            listing.skip(path.as_os_str().as_encoded_bytes(), format!("cannot be read: {error}"));
            None
        }
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// A line of `git ls-files -s -v`: `tag mode id stage TAB path`.
struct Entry<'a> {
    /// Whether the file is left out of the working tree by a sparse checkout, or git was told to
    /// take it for unchanged.
    is_left_out: bool,
    mode: u32,
    id: ObjectId,
    path: &'a [u8],
}

impl<'a> Entry<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let tab = memchr::memchr(b'\t', line)?;
        let mut words = line[..tab].split(|&byte| byte == b' ');
        let tag = words.next()?;
        let mode = u32::from_str_radix(std::str::from_utf8(words.next()?).ok()?, 8).ok()?;
        let id = ObjectId::parse(words.next()?)?;
        Some(Entry {
            is_left_out: matches!(tag, [b'S' | b'a'..=b'z']),
            mode,
            id,
            path: &line[tab + 1..],
        })
    }
}

struct TrackedReader {
    files: WorktreeReader,
    /// Opened when the first blob is read.
    blobs: Option<BlobReader>,
    max_object_bytes: u64,
}

impl Reader for TrackedReader {
    fn take_left_out(&mut self) -> Vec<Skipped> {
        self.files.take_left_out()
    }

    fn read(&mut self, unit: &Unit, each: &mut dyn FnMut(Fragment<'_>)) -> Result<(), ReadError> {
        if !matches!(unit.content, Content::Blob(_)) {
            return self.files.read(unit, each);
        }
        let blobs = match &mut self.blobs {
            Some(open) => open,
            none => {
                let repository =
                    Repository::open().map_err(|error| ReadError::new(error.to_string()))?;
                let repository = repository.with_max_object_bytes(self.max_object_bytes);
                none.insert(BlobReader::new(repository))
            }
        };
        blobs.read(unit, each)
    }
}
