//! How git's repositories are read: objects, refs, the index, configuration, and git's own commands.
//!
//! Objects come straight from packs and loose files (`odb`); git's own commands answer the rest. Nothing here judges
//! bytes or knows what a finding is.

pub mod command;
pub(crate) mod config;
mod error;
mod index;
pub(crate) mod line_diff;
mod location;
pub(crate) mod object;
pub(crate) mod odb;
mod pool;
pub mod push;
pub(crate) mod repository;
pub mod state;

pub use config::{Level, Setting, Settings};
pub use error::{GitError, ReadError};
pub use line_diff::Added;
pub use location::Location;
pub use object::{Kind, ObjectId};
pub use pool::{Handle, RepositoryPool};
pub use push::Known;
pub use repository::{Repository, Tip};

/// Objects larger than this are left out and named, unless another limit is set: libgit2 holds a
/// whole object in memory.
pub const MAX_OBJECT_BYTES: u64 = 512 << 20;
