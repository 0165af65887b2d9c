//! A source that cannot be listed.

use std::path::Path;

use crate::git::{GitError, ReadError};
use crate::text::escape::escape_path;

/// A source that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Git or the repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file that was named cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file, escaped.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The repository has no index.
    #[error(
        "this repository is bare, so nothing can be staged in it; scan it with `tightlip history`"
    )]
    Bare,
    /// What was kept of an earlier listing does not fit the repository any more.
    #[error("what an earlier run has listed is not here any more; run again")]
    Outdated,
}

impl From<ReadError> for SourceError {
    fn from(error: ReadError) -> Self {
        SourceError::Git(error.into())
    }
}

impl SourceError {
    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        SourceError::File { path: escape_path(path), source }
    }
}
