//! How far a long listing has come.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a long listing has come, and whether it is to end early; threads share it.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many objects there are; 0 as long as nobody knows.
    pub total: AtomicU64,
    /// How many have been read.
    pub done: AtomicU64,
    /// How many bytes they had.
    pub bytes: AtomicU64,
    /// Whether to end with what has been found so far.
    pub stop: AtomicBool,
}

impl Progress {
    /// Begins a listing of so many objects.
    pub fn start(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Whether to end with what has been found so far.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Counts objects that have been read, and their bytes.
    pub fn add(&self, objects: u64, bytes: u64) {
        self.done.fetch_add(objects, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}
