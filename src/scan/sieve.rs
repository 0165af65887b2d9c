//! The engine as a sieve for sources that go over everything.

use crate::engine::{Engine, QuickScan, Trail};
use crate::source::{Sieve, Verdict};
use crate::text::edits::Edits;

/// Asks an engine what may be in bytes.
#[derive(Debug, Clone, Copy)]
pub struct EngineSieve<'a>(pub &'a Engine);

impl Sieve for EngineSieve<'_> {
    fn whole(&self, bytes: &[u8]) -> Verdict {
        verdict(self.0.quick_scan(bytes))
    }

    fn edited(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> Verdict {
        verdict(self.0.quick_scan_of_edits(bytes, edits, before))
    }
}

fn verdict(seen: QuickScan) -> Verdict {
    Verdict { is_hot: seen.has_match, trail: seen.trail }
}
