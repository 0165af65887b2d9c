//! The process that a command runs in, read once in `main`.

use std::path::PathBuf;

use tightlip::environment::Environment;
use tightlip::git::{Location, RepositoryPool};
use tightlip::report::Streams;

/// What a command knows of its process.
pub(crate) struct Process<'a> {
    pub(crate) environment: Environment,
    /// The directory that paths on the command line are relative to.
    pub(crate) directory: PathBuf,
    /// The time of the start, in seconds since 1970.
    pub(crate) now: i64,
    pub(crate) streams: Streams<'a>,
    /// Whether somebody can answer a question.
    pub(crate) in_is_terminal: bool,
}

impl Process<'_> {
    /// The repository that git would use here.
    pub(crate) fn repository(&self) -> RepositoryPool {
        RepositoryPool::new(Location::new(".", self.environment.clone()))
    }
}
