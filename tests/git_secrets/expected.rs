//! What is expected of which program.

use std::path::PathBuf;

/// The git-secrets that is tested in place of ours, to prove the tests.
pub(crate) fn peer() -> Option<PathBuf> {
    std::env::var_os("TIGHTLIP_GIT_SECRETS").map(PathBuf::from)
}

/// An expectation, which may differ on purpose between the two programs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<T> {
    ours: T,
    theirs: T,
}

impl<T> Expected<T> {
    /// What is expected of the program under test.
    pub(crate) fn now(self) -> T {
        if peer().is_some() { self.theirs } else { self.ours }
    }
}

impl<T: Copy> From<T> for Expected<T> {
    fn from(both: T) -> Self {
        Expected { ours: both, theirs: both }
    }
}

impl<'a> From<&'a String> for Expected<&'a str> {
    fn from(both: &'a String) -> Self {
        Expected::from(both.as_str())
    }
}

/// What is expected of ours alone.
#[must_use = "git-secrets' part is missing"]
pub(crate) struct Ours<T>(T);

pub(crate) fn ours<T>(ours: T) -> Ours<T> {
    Ours(ours)
}

impl<T> Ours<T> {
    /// Adds what git-secrets 1.3.0 does.
    pub(crate) fn theirs(self, theirs: T) -> Expected<T> {
        Expected { ours: self.0, theirs }
    }
}
