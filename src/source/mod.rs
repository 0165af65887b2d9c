//! Which bytes are read, and where they came from.
//!
//! A source knows git, files and pipes; it judges nothing and knows no rule. Reading takes two
//! steps, so that it can use every core and the report is still the same on every run: a source
//! first lists its units, then each worker reads some of them with a reader of its own.

mod archive;
mod blob;
mod commits;
mod history;
mod hunk;
mod index;
mod message;
mod object;
mod odb;
mod operation;
pub mod plumbing;
mod progress;
mod repository;
mod settings;
mod sieve;
mod staged;
mod stdin;
mod stream;
mod tracked;
mod worktree;

use std::ops::Range;
use std::sync::Arc;

pub use archive::ArchiveLimits;
pub use commits::{Commits, Known, Tip};
pub use history::{History, HistoryOptions};
pub use message::{Cleanup, Message, MessageOptions};
pub use object::{Kind, ObjectId};
pub use operation::{
    merge_heads, merge_heads_of_environment, merged, pushed, strange, was_looked_at,
};
pub use progress::Progress;
pub use repository::{Repository, RepositoryError};
pub use settings::{Level, Setting, settings};
pub use sieve::{Look, Sieve, Verdict};
pub use staged::{Staged, StagedOptions};
pub use stdin::Stdin;
pub use tracked::{Tracked, TrackedContent, TrackedOptions};
pub use worktree::{Worktree, WorktreeOptions};

use crate::finding::{Origin, Presence, Skipped};
use crate::text::escape::escape;
use crate::text::lines::Position;

/// Objects larger than this are left out and named, unless another limit is set: libgit2 holds a
/// whole object in memory.
pub const MAX_OBJECT_BYTES: u64 = 512 << 20;

/// Somewhere a secret may hide: the index, a message, commits, a directory, a pipe.
///
/// [`list`](Self::list) names each unit once, in a fixed order, on one thread;
/// [`open`](Self::open) gives each worker a [`Reader`] of its own, because a libgit2 repository
/// handle must not be shared between threads.
pub trait Source: Sync {
    /// Names every unit to read, in report order.
    ///
    /// # Errors
    /// The source as a whole cannot be read.
    fn list(&self) -> Result<Listing, SourceError>;

    /// Opens a reader for one worker.
    ///
    /// # Errors
    /// The source cannot be opened again.
    fn open(&self) -> Result<Box<dyn Reader + '_>, SourceError>;

    /// Whether it was told to stop: then no more units are read.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Reads units of one source, on one thread.
pub trait Reader {
    /// Hands the bytes of `unit` to `each`, in one fragment or, where they are many, in several
    /// that overlap.
    ///
    /// # Errors
    /// The unit cannot be read wholly.
    fn read(&mut self, unit: &Unit, each: &mut dyn FnMut(Fragment<'_>)) -> Result<(), ReadError>;

    /// Takes the list of what was left out of the units read since this was last asked: members of
    /// archives that cannot be opened.
    fn take_left_out(&mut self) -> Vec<Skipped> {
        Vec::new()
    }

    /// Tells which bytes of a unit are new, for units that have an older version. Called only
    /// where something was found in `bytes`, which are those of the unit.
    ///
    /// # Errors
    /// The older version cannot be read.
    fn added(&mut self, unit: &Unit, bytes: &[u8]) -> Result<Added, ReadError> {
        let _ = (unit, bytes);
        Ok(Added::All)
    }
}

/// Which bytes of a unit are new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// All of them.
    All,
    /// Those in these ranges, which rise and do not touch.
    Ranges(Vec<Range<usize>>),
}

impl Added {
    /// Whether any byte of `range` is new.
    #[must_use]
    pub fn touches(&self, range: &Range<usize>) -> bool {
        match self {
            Added::All => true,
            Added::Ranges(ranges) => {
                ranges.iter().any(|new| new.start < range.end && range.start < new.end)
            }
        }
    }
}

/// What a source has to read.
#[derive(Debug, Default)]
pub struct Listing {
    /// The units, in report order.
    pub units: Vec<Unit>,
    /// What is left out, and why.
    pub skipped: Vec<Skipped>,
    /// How many commits were looked at.
    pub commits: u64,
    /// How many blobs were read to make the list, if it was made by reading them; the units are
    /// then those that are worth another look.
    pub blobs: Option<u64>,
    /// How many bytes were read to make the list.
    pub bytes: u64,
}

impl Listing {
    /// Notes something without which the run is incomplete.
    fn skip(&mut self, path: &[u8], reason: String) {
        self.skipped.push(Skipped { path: path.to_vec(), reason, incomplete: true });
    }
}

/// One named thing to read.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Where the bytes come from.
    pub origin: Origin,
    /// How many bytes there are, as far as is known before reading.
    pub size_hint: u64,
    /// How long a history has held it, if that was asked.
    pub presence: Option<Arc<Presence>>,
    content: Content,
}

impl Unit {
    fn new(origin: Origin, content: Content) -> Self {
        Unit { origin, size_hint: 0, presence: None, content }
    }
}

/// What a unit's reader needs to know.
#[derive(Debug, Clone)]
enum Content {
    /// The path itself is what is read.
    Name,
    /// A file of the working tree.
    File(std::path::PathBuf),
    /// The target of a symbolic link of the working tree.
    Link(std::path::PathBuf),
    /// Standard input.
    Stdin,
    /// A message, already cleaned up.
    Bytes(Arc<[u8]>),
    /// A blob, with its older versions.
    Blob(Blob),
    /// The headers of a commit or tag.
    Header(ObjectId),
    /// The message of a commit or tag.
    Text(ObjectId),
}

/// A blob, with what stood in its place before.
#[derive(Debug, Clone)]
struct Blob {
    id: ObjectId,
    /// What each parent has at the path; lines that one of them has are not new.
    bases: Vec<ObjectId>,
    /// For a path that no parent has: the blobs that went away, one of which may be the same
    /// file under its older name.
    gone: Arc<[ObjectId]>,
}

impl Blob {
    /// A blob of which everything counts as new.
    fn alone(id: ObjectId) -> Self {
        Blob { id, bases: Vec::new(), gone: Arc::default() }
    }
}

/// Some bytes of a unit.
#[derive(Debug, Clone, Copy)]
pub struct Fragment<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Where the first of them stands in the unit.
    pub first: Position,
    /// Secrets that begin in this range belong to this fragment; what stands before it and behind
    /// it belongs to its neighbours, and is there for them to be seen in.
    pub own: (usize, usize),
    /// The member of an archive that the bytes are part of; empty for the unit itself.
    pub member: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Makes the only fragment of a unit.
    #[must_use]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Fragment {
            bytes,
            first: Position { line: 1, column: 1 },
            own: (0, bytes.len()),
            member: b"",
        }
    }
}

/// A source that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The repository cannot be opened.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Git is needed and cannot be run.
    #[error("git cannot be run: install it, or put it on the PATH")]
    NoGit(#[source] std::io::Error),
    /// Git failed.
    #[error("git {command} failed: {said}")]
    Git {
        /// The subcommand.
        command: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// A file that was named cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file, escaped.
        path: String,
        #[source]
        /// Why.
        source: std::io::Error,
    },
    /// An object without which nothing can be listed.
    #[error(transparent)]
    Object(#[from] ReadError),
    /// Something else, said in a sentence.
    #[error("{0}")]
    Other(String),
}

impl SourceError {
    fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        let path = escape(path.as_os_str().as_encoded_bytes()).into_owned();
        SourceError::File { path, source }
    }
}

/// A unit that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ReadError {
    reason: String,
}

impl ReadError {
    fn new(reason: String) -> Self {
        ReadError { reason }
    }

    fn object(id: &ObjectId, what: &str) -> Self {
        ReadError::new(format!("object {id} cannot be read: {what}"))
    }

    fn missing(id: &ObjectId) -> Self {
        ReadError::new(format!(
            "object {id} is missing; `git fsck` shows what else is, and in a partial clone \
             `git fetch` brings it"
        ))
    }

    fn too_large(id: &ObjectId, size: u64, limit: u64) -> Self {
        ReadError::new(format!(
            "object {id} has {size} bytes, more than the limit of {limit}; raise it with \
             --max-object-bytes, or allow its path"
        ))
    }
}
