//! What a source may ask about bytes before it lists them.

use crate::engine::Trail;
use crate::text::edits::Edits;

/// Tells bytes that may hold something from those that do not, so that a source which goes over
/// everything a repository has need only list the few that do.
pub trait Sieve: Sync {
    /// Judges bytes.
    fn whole(&self, bytes: &[u8]) -> Verdict;

    /// Judges bytes that were made from others as `edits` says. The others were judged, and `before` is
    /// what that left.
    fn edited(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> Verdict;
}

/// What is known of some bytes.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Whether something may be in them. May be said too often, never too seldom.
    pub is_hot: bool,
    /// What is remembered for those that are made from them.
    pub trail: Trail,
}
