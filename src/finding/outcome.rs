//! What a run found, and what it covered.

use std::collections::HashSet;
use std::time::Duration;

use super::{Finding, Fingerprint, Secret, Skipped};
use crate::text::lines::Position;

/// How a run ended; the exit status of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Everything was read, and nothing was found.
    Clean,
    /// Something was found.
    Found,
    /// Something could not be read or understood, whatever else was found.
    Incomplete,
}

impl Status {
    /// Returns the exit status of the process.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Status::Clean => 0,
            Status::Found => 1,
            Status::Incomplete => 2,
        }
    }

    /// Returns the name that machine formats use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Status::Clean => "clean",
            Status::Found => "found",
            Status::Incomplete => "incomplete",
        }
    }
}

/// What a run covered, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Commits looked at.
    pub commits: u64,
    /// Contents of files read: blobs, files, pipes.
    pub blobs: u64,
    /// Bytes read, of contents, messages and names.
    pub bytes: u64,
    /// Rules that were switched on.
    pub rules: u64,
    /// Secrets on lines that were there before and do not count as findings.
    pub older: u64,
    /// Time taken.
    pub elapsed: Duration,
}

impl Summary {
    fn add(&mut self, other: &Summary) {
        self.commits += other.commits;
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.rules = self.rules.max(other.rules);
        self.older += other.older;
        self.elapsed += other.elapsed;
    }
}

/// A finding that is not reported, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it is not reported.
    pub reason: String,
}

/// The result of a scan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// What was found and is allowed.
    pub suppressed: Vec<Suppressed>,
    /// What was not read.
    pub skipped: Vec<Skipped>,
    /// What was covered.
    pub summary: Summary,
}

impl Outcome {
    /// Returns the status of the run: incomplete outranks found.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.skipped.iter().any(Skipped::is_incomplete) {
            Status::Incomplete
        } else if self.findings.is_empty() {
            Status::Clean
        } else {
            Status::Found
        }
    }

    /// Adds the outcome of another scan of the same run. A finding of both counts once.
    pub fn merge(&mut self, other: Outcome) {
        // Two passwords may share a fingerprint.
        let key = |finding: &Finding| {
            (finding.fingerprint.clone(), finding.location.start, finding.secret.clone())
        };
        let known: HashSet<(Fingerprint, Position, Secret)> =
            self.findings.iter().map(key).collect();
        self.findings
            .extend(other.findings.into_iter().filter(|found| !known.contains(&key(found))));
        self.suppressed.extend(other.suppressed);
        // A note about the run as a whole, such as a broken baseline, is kept once.
        let is_new =
            |skipped: &Skipped| !skipped.path.is_empty() || !self.skipped.contains(skipped);
        let new: Vec<Skipped> = other.skipped.into_iter().filter(is_new).collect();
        self.skipped.extend(new);
        self.summary.add(&other.summary);
    }
}
