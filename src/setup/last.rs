//! The findings of the last run in a repository, by fingerprint, so that `tightlip allow` takes a short one or
//! `--last`.
//!
//! They are kept in the user's cache, because nothing is written into a repository that is only read. The file holds
//! no part of a secret. A run that finds nothing leaves it as it is: the user may still allow what blocked a commit.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::file::{self, Mode};
use crate::finding::Finding;
use crate::git::RepositoryPool;
use crate::report::Mask;
use crate::text::hex::hex;

/// How many findings are kept.
const MAX_FINDINGS: usize = 10_000;

const MAX_BYTES: u64 = 16 << 20;

/// A finding of the last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its fingerprint in its file.
    pub fingerprint: String,
    /// The fingerprints that accept it wherever it was found.
    pub accepted_by: Vec<String>,
    /// Whether that is in any file.
    pub is_anywhere: bool,
    /// The rule.
    pub rule: String,
    /// The path, escaped; its secrets are masked.
    pub path: String,
}

impl Seen {
    /// A finding as it is kept.
    #[must_use]
    pub fn of(finding: &Finding, mask: &Mask) -> Self {
        let accepted_by = finding.accepted_by();
        Seen {
            is_anywhere: !accepted_by.contains(&finding.fingerprint),
            fingerprint: finding.fingerprint.to_string(),
            accepted_by: accepted_by.iter().map(ToString::to_string).collect(),
            rule: finding.rule.to_string(),
            path: mask.path(finding),
        }
    }
}

/// Notes what a run has found.
///
/// # Errors
/// The cache cannot be written to.
pub fn note(repository: &RepositoryPool, findings: &[Finding]) -> io::Result<()> {
    let Some(path) = path(repository).filter(|_| !findings.is_empty()) else { return Ok(()) };
    let mask = Mask::default();
    let mut text = String::new();
    for finding in findings.iter().take(MAX_FINDINGS) {
        text.push_str(&serde_json::to_string(&Seen::of(finding, &mask))?);
        text.push('\n');
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    file::replace(&path, text.as_bytes(), Mode::Exact(0o600))
}

/// Returns the findings of the last run that had any.
///
/// # Errors
/// The note cannot be read or understood.
pub fn seen(repository: &RepositoryPool) -> io::Result<Vec<Seen>> {
    let Some(path) = path(repository) else { return Ok(Vec::new()) };
    let text = match file::read(&path, MAX_BYTES) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(io::Error::from)).collect()
}

/// The file for a repository: named by a hash of its git directory.
fn path(repository: &RepositoryPool) -> Option<PathBuf> {
    let opened = repository.get_if_there().ok()??;
    let folder = fs::canonicalize(opened.git_dir()).ok()?;
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name = hex(&digest[..16]);
    let cache = repository.location().environment().cache_directory()?;
    Some(cache.join("tightlip").join("last").join(name))
}
