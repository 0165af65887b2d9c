//! What a source may ask about bytes before it lists them.

use std::ops::Range;

/// Tells bytes that may hold something from those that do not, so that a source which goes over
/// everything a repository has need only list the few that do.
pub trait Sieve: Sync {
    /// Judges bytes.
    fn whole(&self, bytes: &[u8]) -> Verdict;

    /// Judges bytes that were made from others by changing them at `edits`. The others were
    /// judged, there was nothing in them, and `look` is what was said of those made from them.
    fn edited(&self, bytes: &[u8], edits: &[Range<usize>], look: Look) -> Verdict;
}

/// What is known of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether something may be in them. May be said too often, never too seldom.
    pub is_hot: bool,
    /// How to look at what is made from them.
    pub look: Look,
}

/// How to look at bytes that are made from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Look {
    /// At what was changed, and a little around it.
    AtEdits,
    /// At what was changed, and as far around it as a token may reach.
    AlongTokens,
    /// At all of them, because it is not enough to look at what was changed.
    AtAll,
}

impl Look {
    /// Returns it as a number, for what keeps many.
    pub(super) const fn as_byte(self) -> u8 {
        self as u8
    }

    /// Returns what [`as_byte`](Self::as_byte) made a number of.
    pub(super) const fn of_byte(byte: u8) -> Self {
        match byte {
            0 => Look::AtEdits,
            1 => Look::AlongTokens,
            _ => Look::AtAll,
        }
    }
}
