//! A stable name for a finding.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Place, Secret};

/// Names a finding by its rule, path and secret: no line, no commit, so it survives edits around
/// it, rebases and clones. It is a SHA-256 cut to 128 bits, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Computes the fingerprint of a secret that `rule` found in `path`.
    ///
    /// The place counts only as content, message or name: the same secret has one fingerprint in
    /// the index, the working tree and a commit.
    #[must_use]
    pub fn new(rule: &str, place: Place, path: &[u8], secret: &Secret) -> Self {
        let kind = match place {
            Place::Index
            | Place::Worktree
            | Place::Commit
            | Place::Object
            | Place::GitDir
            | Place::Stdin => "content",
            Place::Message | Place::CommitMessage | Place::CommitHeader | Place::TagMessage => {
                "message"
            }
            Place::Path | Place::RefName => "name",
        };
        // A message's path is the file git happens to pass; it says nothing.
        let path = if kind == "message" { b"" } else { path };
        let mut hash = Sha256::new();
        for part in [b"tightlip 1", rule.as_bytes(), kind.as_bytes(), path, secret.expose()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        Fingerprint(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns the fingerprint as 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, Place, Secret};

    #[test]
    fn only_rule_path_and_secret_count() {
        let secret = Secret::new(b"0123456789".as_slice());
        let of = |rule, place, path: &[u8]| Fingerprint::new(rule, place, path, &secret);
        assert_eq!(of("a", Place::Index, b"x"), of("a", Place::Commit, b"x"));
        assert_ne!(of("a", Place::Index, b"x"), of("b", Place::Index, b"x"));
        assert_ne!(of("a", Place::Index, b"x"), of("a", Place::Index, b"y"));
        assert_ne!(of("a", Place::Index, b"x"), of("a", Place::Path, b"x"));
        assert_eq!(of("a", Place::Message, b"x").as_str().len(), 32);
    }
}
