//! The vocabulary that all modules share: where bytes come from, and what was found in them.

mod fingerprint;
mod outcome;
mod presence;
mod progress;
mod secret;
mod skipped;

use std::sync::Arc;

pub use fingerprint::Fingerprint;
pub use outcome::{Outcome, Status, Summary, Suppressed};
pub use presence::{Lifetime, MAX_REFS, Occurrence, Presence};
pub use progress::Progress;
pub use secret::{Redactor, Secret};
pub use skipped::{SkipKind, Skipped};

use crate::rule::{Confidence, Text};
use crate::text::lines::Position;

/// The beginning of an inline allow: a comment that says why its line holds no secret.
pub const INLINE_MARKER: &str = "tightlip:allow";

/// The beginning of the reason if the mark of another scanner allows a finding.
pub const OTHER_MARK: &str = "the mark of another scanner";

/// What kind of bytes a unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The content of a file in the index.
    Index,
    /// The content of a file in the working tree.
    Worktree,
    /// The content of a file in a commit.
    Commit,
    /// The content of an object that no path leads to.
    Object,
    /// A file of the git directory: config, reflogs, messages that were left there.
    GitDir,
    /// Standard input.
    Stdin,
    /// A message that is about to become a commit's.
    Message,
    /// A commit's message.
    CommitMessage,
    /// A commit's author, committer and extra headers.
    CommitHeader,
    /// An annotated tag's message and headers.
    TagMessage,
    /// The name of a file or directory.
    Path,
    /// The name of a branch or tag.
    RefName,
}

impl Place {
    /// Whether it is the content of a file that has a path.
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Place::Index | Place::Worktree | Place::Commit)
    }

    /// Whether such bytes usually are a copy: a reflog repeats messages, and an object that nothing refers to was
    /// once staged.
    #[must_use]
    pub const fn is_echo(self) -> bool {
        matches!(self, Place::Object | Place::GitDir)
    }
    /// Returns the name that machine formats use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Place::Index => "index",
            Place::Worktree => "worktree",
            Place::Commit => "commit",
            Place::Object => "object",
            Place::GitDir => "git-dir",
            Place::Stdin => "stdin",
            Place::Message => "message",
            Place::CommitMessage => "commit-message",
            Place::CommitHeader => "commit-header",
            Place::TagMessage => "tag-message",
            Place::Path => "path",
            Place::RefName => "ref-name",
        }
    }
}

/// The commit that brought bytes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// The object id in hexadecimal.
    pub id: String,
    /// Name and mail as the commit has them.
    pub author: Vec<u8>,
    /// The author's time in seconds since 1970.
    pub time: i64,
}

impl CommitInfo {
    /// Returns as much of the id as tells commits apart for people.
    #[must_use]
    pub fn short_id(&self) -> &str {
        const SHORT_ID: usize = 12;
        &self.id[..self.id.len().min(SHORT_ID)]
    }
}

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What kind of bytes they are.
    pub place: Place,
    /// The path (bytes: git sets no encoding), the ref or the message file; empty for a pipe.
    pub path: Arc<[u8]>,
    /// The commit, where there is one.
    pub commit: Option<Arc<CommitInfo>>,
}

impl Origin {
    /// Makes an origin without a commit.
    #[must_use]
    pub fn new(place: Place, path: &[u8]) -> Self {
        Origin { place, path: path.into(), commit: None }
    }
}

/// Lines and columns of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The first byte of the secret.
    pub start: Position,
    /// The byte behind the secret.
    pub end: Position,
}

/// A match with its origin, location and secret: what is reported or suppressed.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule's id.
    pub rule: Text,
    /// The rule's description.
    pub description: Text,
    /// What to do about it, one step a line.
    pub advice: Text,
    /// How sure it is.
    pub confidence: Confidence,
    /// Where the bytes come from.
    pub origin: Origin,
    /// Where in them the secret is.
    pub location: Location,
    /// The secret.
    pub secret: Secret,
    /// The same for the same rule, path and secret, whatever the line and the commit.
    pub fingerprint: Fingerprint,
    /// How the secret was decoded, the outermost encoding first; empty for bytes as they are.
    pub decoded: Vec<&'static str>,
    /// What the checks learnt, one noun phrase each.
    pub notes: Vec<String>,
    /// Warnings about the finding itself, such as an inline allow that does not count.
    pub warnings: Vec<String>,
    /// The other half of the credential, such as the key id of a secret key.
    pub related: Option<Related>,
    /// The AWS account that the credential belongs to, as far as it tells.
    pub account: Option<String>,
    /// The line that holds the secret's beginning, cut to a window around it.
    pub excerpt: Excerpt,
    /// How long a history has held it, if one was read.
    pub presence: Option<Presence>,
    /// Whether it stands in a member of an archive.
    pub is_in_member: bool,
    /// Other names that the file has had while it held the secret.
    pub other_paths: Vec<Arc<[u8]>>,
}

impl Finding {
    /// Returns the fingerprints that a baseline needs to accept the finding in all its places: a token has one
    /// for all files, a password has one for each name that its file has had.
    #[must_use]
    pub fn accepted_by(&self) -> Vec<Fingerprint> {
        let Finding { rule, origin, secret, .. } = self;
        if let Some(anywhere) = Fingerprint::anywhere(rule, origin.place, secret) {
            return vec![anywhere];
        }
        let others = self.other_paths.iter();
        let others = others.map(|path| Fingerprint::new(rule, origin.place, path, secret));
        let mut all: Vec<Fingerprint> =
            std::iter::once(self.fingerprint.clone()).chain(others).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Returns every secret that the finding holds: its own, and that of its other half.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.secret).chain(self.related.iter().map(|related| &related.secret))
    }
}

/// The other half of a credential that a finding is one half of.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The id of the rule that found it.
    pub rule: Text,
    /// That rule's description.
    pub description: Text,
    /// The file that it stands in.
    pub path: Arc<[u8]>,
    /// Where its first byte is.
    pub start: Position,
    /// Its bytes.
    pub secret: Secret,
}

/// Part of a line, with the places of secrets in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The bytes; never to be shown without the secrets masked.
    pub bytes: Vec<u8>,
    /// Where secrets stand in `bytes`, in rising order, not overlapping.
    pub secrets: Vec<std::ops::Range<usize>>,
    /// Whether the line goes on before the window.
    pub cut_before: bool,
    /// Whether the line goes on behind the window.
    pub cut_after: bool,
}
