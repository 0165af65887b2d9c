//! Regular expressions: their dialects, and what an expression requires of what it matches.
//!
//! Rules and users write in our own syntax ([`syntax`]); git-secrets' patterns are POSIX extended ones
//! ([`Ere`]), and those with back-references or lookaround are tried by a backtracking engine
//! ([`exact`]). Go's, in which gitleaks' rules are written, are translated ([`go`]). Analysis tells what an expression requires
//! without compiling it.

pub(crate) mod analysis;
pub(crate) mod boundary;
mod ere;
pub mod exact;
pub mod go;
pub(crate) mod longest;
pub(crate) mod outline;
pub(crate) mod required_literals;
pub(crate) mod stepwise;
pub mod syntax;

pub use ere::{Ere, EreError, EreLint, escape_literal};

/// The shortest literal that is worth looking for before an expression is tried, in bytes.
pub const MIN_KEYWORD_BYTES: usize = 3;

/// Whether every match of an expression in our syntax holds a literal of [`MIN_KEYWORD_BYTES`] or more.
#[must_use]
pub fn requires_literal(pattern: &str) -> bool {
    syntax::parse(pattern).is_ok_and(|hir| required_literals::literals(&hir).is_some())
}
