//! What a source may ask about bytes before it lists them.

use std::ops::Range;

/// Tells bytes that may hold something from those that do not, so that a source which goes over
/// everything a repository has need only list the few that do.
pub trait Sieve: Sync {
    /// Judges bytes.
    fn whole(&self, bytes: &[u8]) -> Verdict;

    /// Judges bytes that were made from others by changing them at `edits`. The others were
    /// judged, and the verdict was [`Verdict::NOTHING`].
    fn edited(&self, bytes: &[u8], edits: &[Range<usize>]) -> Verdict;
}

/// What is known of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether something may be in them. May be said too often, never too seldom.
    pub is_hot: bool,
    /// Whether what is made from them has to be judged whole, because it is not enough to look
    /// at what was changed.
    pub is_sticky: bool,
}

impl Verdict {
    /// There is nothing in them, nor the beginnings of anything.
    pub const NOTHING: Verdict = Verdict { is_hot: false, is_sticky: false };
}
