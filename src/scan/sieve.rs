//! The engine as a sieve for sources that go over everything.

use std::ops::Range;

use crate::engine::{Engine, Glance, Reach};
use crate::source::{Look, Sieve, Verdict};

/// Asks an engine what may be in bytes.
#[derive(Debug, Clone, Copy)]
pub struct EngineSieve<'a>(pub &'a Engine);

impl Sieve for EngineSieve<'_> {
    fn whole(&self, bytes: &[u8]) -> Verdict {
        verdict(self.0.glance(bytes))
    }

    fn edited(&self, bytes: &[u8], edits: &[Range<usize>], look: Look) -> Verdict {
        let reach = match look {
            Look::AtEdits => Reach::Near,
            Look::AlongTokens => Reach::Runs,
            Look::AtAll => Reach::Anywhere,
        };
        verdict(self.0.glance_at_edits(bytes, edits, reach))
    }
}

const fn verdict(seen: Glance) -> Verdict {
    let look = match seen.reach {
        Reach::Near => Look::AtEdits,
        Reach::Runs => Look::AlongTokens,
        Reach::Anywhere => Look::AtAll,
    };
    Verdict { is_hot: seen.has_match, look }
}
