//! What a source may ask about bytes before it lists them.

use std::sync::Arc;

use crate::engine::{Matches, Trail};
use crate::text::edits::Edits;
use crate::text::lines::Position;

/// Tells bytes that may hold something from those that do not, so that a source which goes over
/// everything a repository has need only list the few that do.
pub trait Sieve: Sync {
    /// Judges bytes.
    fn whole(&self, bytes: &[u8]) -> Verdict;

    /// Judges bytes that were made from others as `edits` says. The others were judged, and `before` is
    /// what that left.
    fn edited(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> Verdict;

    /// Returns what is in bytes that were judged to be hot, which left `trail`; `None` where they have to be read
    /// again to tell.
    fn seen(&self, bytes: &[u8], trail: &Trail) -> Option<Seen>;
}

/// What is known of some bytes.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Whether something may be in them. May be said too often, never too seldom.
    pub is_hot: bool,
    /// What is remembered for those that are made from them.
    pub trail: Trail,
}

/// All that was found in a blob while a source went over everything, so that the blob need not be read again.
#[derive(Debug, Default)]
pub struct Seen {
    /// The parts, in rising order.
    pub parts: Vec<SeenPart>,
}

/// Lines of a blob in which something was found.
#[derive(Debug)]
pub struct SeenPart {
    /// Where the first of them stands in the blob.
    pub first: Position,
    /// The lines. The versions of a file share those that they have in common.
    pub lines: Arc<SeenLines>,
}

/// Lines with what was found in them.
#[derive(Debug, PartialEq)]
pub struct SeenLines {
    /// The bytes that a finding is made of: whole lines, and what stands beside them.
    pub bytes: Box<[u8]>,
    /// What was found, counted from where the bytes begin.
    pub matches: Matches,
}
