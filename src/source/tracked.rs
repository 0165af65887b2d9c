//! The files that git knows here, as `git grep` names them: from the current directory down, by
//! their index entries or as they stand in the working tree.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Blob, Content, Listing, ReaderOptions, Source, SourceError, Unit};
use crate::finding::{Origin, Place, Progress, SkipKind};
use crate::git::command::nul_fields;
use crate::git::object::{MODE_GITLINK, ObjectId};
use crate::git::repository::parse_mode;
use crate::git::{GitError, Location, Repository, RepositoryPool};
use crate::text::os::os_str;

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
    repository: RepositoryPool,
    options: TrackedOptions,
}

impl Tracked {
    /// Makes a source of files that git tracks.
    #[must_use]
    pub fn new(repository: &RepositoryPool, options: TrackedOptions) -> Self {
        Tracked { repository: repository.clone(), options }
    }

    fn ls_files(&self, flags: &[&str]) -> Result<Vec<u8>, GitError> {
        let paths = &self.options.paths;
        let mut arguments: Vec<OsString> =
            ["ls-files", "-z"].iter().chain(flags).chain(&["--"]).map(OsString::from).collect();
        let location = self.repository.location();
        if paths.iter().any(|path| is_pathspec(path, location)) {
            arguments.extend(paths.iter().map(|path| as_pathspec(path, location)));
            return location.run_globbing(&arguments);
        }
        arguments.extend(paths.iter().map(OsString::from));
        location.run(&arguments)
    }
}

/// Whether git has to read a path as a pattern: it looks like one, and is no file.
fn is_pathspec(path: &Path, location: &Location) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let looks_like_one =
        bytes.starts_with(b":") || bytes.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
    looks_like_one && location.join(path).symlink_metadata().is_err()
}

fn as_pathspec(path: &Path, location: &Location) -> OsString {
    if is_pathspec(path, location) {
        return path.into();
    }
    let mut literal = OsString::from(":(literal)");
    literal.push(path);
    literal
}

impl Source for Tracked {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let reader =
            ReaderOptions { repository: Some(self.repository.clone()), ..ReaderOptions::default() };
        let mut listing = Listing { reader, ..Listing::default() };
        let stand = Stand::new(&*self.repository.get()?, self.options.names_from_root)?;
        // The tag of -v is a small letter for files that git takes for unchanged.
        let tracked = self.ls_files(&["-s", "-v"])?;
        for entry in nul_fields(&tracked) {
            let found = "a malformed line";
            let entry = IndexLine::parse(entry)
                .ok_or(GitError::Unexpected { command: "ls-files", found })?;
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
            for path in nul_fields(&others) {
                let content = on_disk(&stand.on_disk(path), &mut listing);
                let origin = Origin::new(Place::Worktree, &stand.name(path));
                listing.units.extend(content.map(|content| Unit::new(origin, content)));
            }
            listing.units.sort_by(|a, b| a.origin.path.cmp(&b.origin.path));
        }
        Ok(listing)
    }
}

/// Where git stands while it lists files.
struct Stand {
    /// The location's directory, or the root of the working tree where that is outside it: git goes
    /// there.
    directory: PathBuf,
    /// What a path needs before it to be one from the root, if that is asked for.
    prefix: Vec<u8>,
}

impl Stand {
    fn new(repository: &Repository, names_from_root: bool) -> Result<Self, GitError> {
        let location = repository.location();
        let root = repository.root_elsewhere();
        let prefix = match (&root, names_from_root) {
            (None, true) => location.line(["rev-parse", "--show-prefix"])?,
            _ => Vec::new(),
        };
        Ok(Stand { directory: root.unwrap_or_else(|| location.join("")), prefix })
    }

    /// Where a file is that git names so.
    fn on_disk(&self, path: &[u8]) -> PathBuf {
        self.directory.join(&*os_str(path))
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
            let name = path.as_os_str().as_encoded_bytes();
            listing.skip(SkipKind::Unreadable, name, format!("cannot be read: {error}"));
            None
        }
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// A line of `git ls-files -s -v`: `tag mode id stage TAB path`.
struct IndexLine<'a> {
    /// Whether the file is left out of the working tree by a sparse checkout, or git was told to
    /// take it for unchanged.
    is_left_out: bool,
    mode: u32,
    id: ObjectId,
    path: &'a [u8],
}

impl<'a> IndexLine<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let tab = memchr::memchr(b'\t', line)?;
        let mut words = line[..tab].split(|&byte| byte == b' ');
        let tag = words.next()?;
        let mode = parse_mode(words.next()?)?;
        let id = ObjectId::parse(words.next()?)?;
        Some(IndexLine {
            is_left_out: matches!(tag, [b'S' | b'a'..=b'z']),
            mode,
            id,
            path: &line[tab + 1..],
        })
    }
}
