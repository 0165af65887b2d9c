//! Which bytes are read, and where they came from.
//!
//! A source knows git, files and pipes; it judges nothing and knows no rule. Reading takes two
//! steps, so that it can use every core and the report is still the same on every run: a source
//! first lists its units, then each worker reads some of them with a [`Reader`] of its own. A source
//! only lists; there is one reader for all kinds of units.

mod commits;
mod deleted;
mod error;
mod filter;
mod history;
mod lfs;
mod message;
mod reader;
mod remembered;
mod staged;
mod stdin;
mod tracked;
mod worktree;

use std::path::PathBuf;
use std::sync::Arc;

pub use crate::archive::ArchiveLimits;
pub use commits::Commits;
use deleted::Deleted;
pub use error::SourceError;
pub use filter::{Seen, SeenLines, SeenPart, Sieve, Verdict};
pub use history::{History, HistoryOptions};
pub use lfs::Store as LfsStore;
pub use message::{Cleanup, Message, MessageOptions, note_template};
pub use reader::{Older, Reader, ReaderOptions};
pub use remembered::{Listed, Remembered};
pub use staged::{Staged, StagedOptions};
pub use stdin::Stdin;
pub use tracked::{Tracked, TrackedContent, TrackedOptions};
pub use worktree::{Worktree, WorktreeOptions};

use crate::finding::{Occurrence, Origin, Progress, SkipKind, Skipped};
use crate::git::ObjectId;

/// Somewhere a secret may hide: the index, a message, commits, a directory, a pipe.
pub trait Source {
    /// Names every unit to read once, in report order, on one thread. `progress` tells when to stop.
    ///
    /// # Errors
    /// The source as a whole cannot be read.
    fn list(&self, progress: &Progress) -> Result<Listing, SourceError>;
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
    /// What the units are read with.
    pub reader: ReaderOptions,
}

impl Listing {
    /// Names something that cannot be read.
    fn skip(&mut self, kind: SkipKind, path: &[u8], reason: impl Into<String>) {
        self.skipped.push(Skipped::new(kind, path, reason));
    }
}

/// One named thing to read.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Where the bytes come from.
    pub origin: Origin,
    /// How many bytes there are, as far as is known before reading.
    pub size_hint: u64,
    /// How long a history holds it, if that was asked.
    pub occurrence: Option<Arc<Occurrence>>,
    /// What was found in it when it was listed: then it need not be read.
    pub seen: Option<Arc<Seen>>,
    content: Content,
}

impl Unit {
    fn new(origin: Origin, content: Content) -> Self {
        Unit { origin, size_hint: 0, occurrence: None, seen: None, content }
    }

    /// Whether there is an older version, lines of which are not new.
    #[must_use]
    pub fn has_older(&self) -> bool {
        match &self.content {
            Content::Blob(blob) => !blob.bases.is_empty() || !blob.deleted.is_empty(),
            _ => false,
        }
    }
}

/// What a unit is read from.
#[derive(Debug, Clone)]
enum Content {
    /// The path itself is what is read.
    Name,
    /// A file of the working tree.
    File(PathBuf),
    /// The target of a symbolic link of the working tree.
    Link(PathBuf),
    /// Standard input.
    Pipe(Arc<reader::Pipe>),
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
    /// For a path that no parent has: the files that were deleted, one of which may be the same
    /// file under its older name.
    deleted: Arc<Deleted>,
}

impl Blob {
    /// A blob of which everything counts as new.
    fn alone(id: ObjectId) -> Self {
        Blob { id, bases: Vec::new(), deleted: Arc::default() }
    }
}
