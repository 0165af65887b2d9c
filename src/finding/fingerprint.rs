//! A stable name for a finding.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Place, Secret};
use crate::text::hex::hex;

/// Names a finding by its rule, path and secret: no line, no commit, so it survives edits around
/// it, rebases and clones. It is a SHA-256 cut to 128 bits, in hexadecimal.
///
/// Fingerprints are published in logs and committed files. The fingerprint of a secret that a person may have thought
/// of holds ten bits of it, so that it cannot confirm a guess: one of a thousand guesses fits by chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

/// How many bits of a guessable secret the fingerprint holds.
const GUESSABLE_BITS: u32 = 10;

impl Fingerprint {
    /// How many digits one has.
    pub const DIGITS: usize = 32;

    /// Computes the fingerprint of a secret that `rule` found in `path`.
    ///
    /// The place counts only as content, message or name: the same secret has one fingerprint in
    /// the index, the working tree and a commit.
    #[must_use]
    pub fn new(rule: &str, place: Place, path: &[u8], secret: &Secret) -> Self {
        let kind = kind(place);
        // A message's path is the file git happens to pass; it says nothing.
        let path = if kind == "message" { b"" } else { path };
        let bytes = secret.expose();
        if !secret.is_guessable() {
            return cut(&hash(&[b"tightlip 1", rule.as_bytes(), kind.as_bytes(), path, bytes]));
        }
        // The path is left out: a password in many files would give ten bits away for each of them.
        let full = hash(&[b"tightlip guessable", bytes]);
        let bits = u32::from_le_bytes([full[0], full[1], full[2], full[3]]) % (1 << GUESSABLE_BITS);
        let bits = &bits.to_le_bytes();
        cut(&hash(&[b"tightlip 2", rule.as_bytes(), kind.as_bytes(), path, bits]))
    }

    /// Computes the fingerprint that a token has in every file, so that it survives `git mv` and a copy. A secret
    /// that a person may have thought of has none: its fingerprints hold too few bits.
    #[must_use]
    pub fn anywhere(rule: &str, place: Place, secret: &Secret) -> Option<Self> {
        if secret.is_guessable() {
            return None;
        }
        let parts = [b"tightlip any", rule.as_bytes(), kind(place).as_bytes(), secret.expose()];
        Some(cut(&hash(&parts)))
    }

    /// Returns the fingerprint as 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn kind(place: Place) -> &'static str {
    match place {
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
    }
}

/// Hashes parts, each with its length before it, so that no part can run into the next.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn cut(digest: &[u8; 32]) -> Fingerprint {
    Fingerprint(hex(&digest[..16]))
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
        assert_eq!(of("a", Place::Message, b"x").as_str().len(), Fingerprint::DIGITS);
    }

    #[test]
    fn a_guess_at_a_password_cannot_be_confirmed_and_a_token_keeps_all_its_bits() {
        let of = |secret: &[u8]| Fingerprint::new("a", Place::Index, b"x", &Secret::new(secret));
        let known = of(b"correct1horse");
        let guesses = (0..20_000).filter(|n| of(format!("guess{n}").as_bytes()) == known).count();
        assert!((5..60).contains(&guesses), "{guesses} of 20,000 guesses look right");
        // The same password in more files tells no more.
        let fits = |secret: &str| {
            let known = Secret::new(b"correct1horse".as_slice());
            let guess = Secret::new(secret.as_bytes());
            [b"x", b"y", b"z"].iter().all(|path| {
                let of = |secret| Fingerprint::new("a", Place::Index, *path, secret);
                of(&guess) == of(&known)
            })
        };
        assert!((0..20_000).filter(|n| fits(&format!("guess{n}"))).count() > 4);
        let tokens: std::collections::BTreeSet<Fingerprint> =
            (0..20_000).map(|n| of(format!("k7GzQ2pXw9Lr4TbY{n:08}").as_bytes())).collect();
        assert_eq!(tokens.len(), 20_000);
        let anywhere = |secret: &[u8]| {
            Fingerprint::anywhere("a", Place::Index, &Secret::new(secret)).is_some()
        };
        assert!(anywhere(b"k7GzQ2pXw9Lr4TbY00000000") && !anywhere(b"correct1horse"));
    }
}
