//! How far a long reading has come, and whether it is to stop.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// Counters that readers raise and a watcher polls.
///
/// They say nothing exact: each is read by itself, and none orders any other memory, so
/// [`Ordering::Relaxed`](std::sync::atomic::Ordering::Relaxed) is enough for all of them.
///
/// ```
/// use std::sync::atomic::Ordering::Relaxed;
/// let progress = tightlip::finding::Progress::default();
/// progress.total.store(2, Relaxed);
/// progress.done.fetch_add(1, Relaxed);
/// progress.bytes.fetch_add(4096, Relaxed);
/// assert!(!progress.stop.load(Relaxed));
/// ```
#[derive(Debug, Default)]
pub struct Progress {
    /// How many units there are to read; 0 as long as that is not known.
    pub total: AtomicU64,
    /// How many were read, or, as long as there is no total, how many were listed: it begins at 0
    /// again just before the total is set.
    pub done: AtomicU64,
    /// How many bytes were read.
    pub bytes: AtomicU64,
    /// Whether to stop before the next unit. What was found so far still counts, and the outcome
    /// is incomplete. It is shared, because a signal handler may outlive its maker.
    pub stop: Arc<AtomicBool>,
}

impl Progress {
    /// Begins the reading of `total` units.
    pub fn start(&self, total: u64) {
        self.done.store(0, Relaxed);
        self.total.store(total, Relaxed);
    }

    /// Counts units that were read, and their bytes.
    pub fn add(&self, units: u64, bytes: u64) {
        self.done.fetch_add(units, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }
}
