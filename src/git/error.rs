//! What goes wrong while a repository is read.

use std::path::Path;

use super::ObjectId;
use crate::finding::{SkipKind, Skipped};
use crate::text::escape::{escape, escape_path};

/// Git, or a repository, that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no repository here.
    #[error(
        "this is not a git repository; run tightlip inside one, or scan files with `tightlip scan`"
    )]
    NoRepository,
    /// There is a repository that neither libgit2 nor git opens.
    #[error("cannot open the repository: libgit2 says \"{native}\", git says \"{git}\"")]
    Refused {
        /// libgit2's reason.
        native: String,
        /// Git's reason.
        git: String,
    },
    /// Git is needed and cannot be run.
    #[error("git cannot be run: install it, or put it on the PATH")]
    NoGit(#[source] std::io::Error),
    /// A command of git's failed.
    #[error("git {command} failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it wrote to standard error.
        message: String,
    },
    /// A command of git's printed something that cannot be understood.
    #[error("git {command} printed {found}; {UPDATE}")]
    Unexpected {
        /// The subcommand.
        command: &'static str,
        /// What was printed.
        found: &'static str,
    },
    /// A line that git hands to a hook does not match githooks(5).
    #[error("git passed the hook a line that cannot be understood: {line}; {UPDATE}")]
    HookInput {
        /// The line, escaped.
        line: String,
    },
    /// A file of the repository cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file, escaped.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the repository is damaged.
    #[error("`{path}` is damaged; {advice}")]
    Damaged {
        /// The file, escaped.
        path: String,
        /// What to do.
        advice: &'static str,
    },
    /// libgit2 cannot read something without which nothing can be listed.
    #[error("cannot read {what}: {message}; {advice}")]
    Native {
        /// What was to be read.
        what: &'static str,
        /// libgit2's reason.
        message: String,
        /// What to do.
        advice: &'static str,
    },
    /// Objects have ids of a hash that is not known.
    #[error("the repository names its objects by {0}, which is not supported")]
    ObjectFormat(String),
    /// A directory stands in the index, which a sparse checkout does.
    #[error("`{path}` is a directory in the index; `git sparse-checkout disable` lists its files")]
    SparseDirectory {
        /// The directory, escaped.
        path: String,
    },
    /// An object that must be a commit is something else.
    #[error("expected a commit, found another object: {0}; `git fsck` shows what is damaged")]
    NotACommit(ObjectId),
    /// An object without which nothing can be listed.
    #[error(transparent)]
    Object(#[from] ReadError),
}

/// What to do where git prints what no known version prints.
const UPDATE: &str = "a newer tightlip may know this version of git";

impl GitError {
    pub(crate) fn file(path: &Path, source: std::io::Error) -> Self {
        GitError::File { path: escape_path(path), source }
    }

    /// The error of a line that does not match githooks(5).
    #[must_use]
    pub fn unexpected_hook_input(line: &[u8]) -> Self {
        GitError::HookInput { line: escape(line).into_owned() }
    }
}

/// An object that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    kind: SkipKind,
    message: String,
    /// The object that is not here, if that is why.
    missing: Option<ObjectId>,
}

impl ReadError {
    pub(crate) fn object(id: &ObjectId, what: &str) -> Self {
        ReadError::new(SkipKind::Damaged, format!("object {id} cannot be read: {what}"))
    }

    pub(crate) fn missing(id: &ObjectId) -> Self {
        let message = format!(
            "object {id} is missing; `git fsck` shows what else is, and in a partial clone \
             `git fetch` brings it"
        );
        ReadError { missing: Some(*id), ..ReadError::new(SkipKind::Missing, message) }
    }

    pub(crate) fn too_large(id: &ObjectId, size: u64, limit: u64) -> Self {
        ReadError::new(
            SkipKind::TooLarge,
            format!(
                "object {id} has {size} bytes, more than the limit of {limit}; raise it with \
                 --max-object-bytes, or allow its path"
            ),
        )
    }

    /// An object of a kind, `what`, that is not of its form.
    pub(crate) fn malformed(what: &str) -> Self {
        let message = format!("it is a malformed {what}; `git fsck` shows what else is damaged");
        ReadError::new(SkipKind::Damaged, message)
    }

    pub(crate) fn no_git(error: &std::io::Error) -> Self {
        ReadError::new(SkipKind::Unreadable, format!("git cannot be started: {error}"))
    }

    pub(crate) fn new(kind: SkipKind, message: String) -> Self {
        ReadError { kind, message, missing: None }
    }

    /// Whether the object is there, and damaged.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self.kind, SkipKind::Damaged)
    }

    /// Whether the object is not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.kind, SkipKind::Missing)
    }

    /// The same for an object that the remote of a partial clone has promised to give.
    pub(crate) fn or_promised(self) -> Self {
        match self.kind {
            SkipKind::Missing => ReadError { kind: SkipKind::Promised, ..self },
            _ => self,
        }
    }

    /// Names what could not be read because of this.
    #[must_use]
    pub fn skip(&self, path: &[u8]) -> Skipped {
        let object = self.missing.as_ref().map(ToString::to_string);
        Skipped { object, ..Skipped::new(self.kind, path, self.message.clone()) }
    }
}
