//! Secrets that do not show themselves.

use std::collections::HashSet;
use std::fmt;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// The mask of a secret, whatever its length.
const MASK: &str = "********";

/// Secrets shorter than this show nothing of themselves.
const MIN_BYTES_TO_HINT: usize = 16;

/// How many bytes of a longer one are shown: the part that names its kind.
const HINT_BYTES: usize = 4;

/// Secrets shorter than this are not masked in text around them: the mask would hit words.
const MIN_BYTES_TO_REDACT: usize = 5;

/// Bytes that matched a rule and must not be shown by accident.
///
/// `Debug` prints a mask. The bytes are reachable through [`Secret::expose`] alone, so every line
/// that could leak one can be found by searching for it.
///
/// ```
/// let secret = tightlip::finding::Secret::new(b"correct horse battery".as_slice());
/// assert_eq!(secret.redacted(), "corr********");
/// assert_eq!(format!("{secret:?}"), "Secret(********)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Wraps the bytes of a secret.
    #[must_use]
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Secret(bytes.into())
    }

    /// Returns the bytes. Every caller answers for where they go.
    #[must_use]
    pub const fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether a person may have thought of it: it is short, of few different characters, or of letters
    /// alone. Services give out nothing of the kind.
    #[must_use]
    pub fn is_guessable(&self) -> bool {
        const MIN_BYTES: usize = 20;
        const MIN_DISTINCT: u32 = 10;
        let mut seen = [false; 256];
        self.0.iter().for_each(|&byte| seen[usize::from(byte)] = true);
        let distinct: u32 = seen.iter().map(|&is_seen| u32::from(is_seen)).sum();
        let has = |is: fn(&u8) -> bool| self.0.iter().any(is);
        self.0.len() < MIN_BYTES
            || distinct < MIN_DISTINCT
            || !has(u8::is_ascii_digit)
            || !has(u8::is_ascii_alphabetic)
    }

    /// Returns a text that tells secrets of different kinds apart and gives nothing away: at most
    /// the first four characters, and a mask of fixed length.
    #[must_use]
    pub fn redacted(&self) -> String {
        let hint = &self.0[..if self.0.len() < MIN_BYTES_TO_HINT { 0 } else { HINT_BYTES }];
        let shown = hint.iter().take_while(|byte| byte.is_ascii_graphic());
        shown.map(|&byte| char::from(byte)).chain(MASK.chars()).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}

/// Masks every known secret of a run in any text: a path, a note, a line.
#[derive(Debug)]
pub struct Redactor {
    automaton: Option<AhoCorasick>,
    masks: Vec<String>,
    /// Secrets that are left as they are in paths.
    shown_in_paths: HashSet<Box<[u8]>>,
}

impl Redactor {
    /// Makes a redactor of these secrets.
    #[must_use]
    pub fn new<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let mut known: Vec<&Secret> =
            secrets.filter(|secret| secret.0.len() >= MIN_BYTES_TO_REDACT).collect();
        known.sort_by_key(|secret| &secret.0);
        known.dedup();
        if known.is_empty() {
            return Redactor { automaton: None, masks: Vec::new(), shown_in_paths: HashSet::new() };
        }
        // The default for few words takes longer to be laid out than most texts take to be read.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(known.iter().map(|secret| secret.expose()))
            .ok();
        let masks = known.iter().map(|secret| secret.redacted()).collect();
        Redactor { masks, automaton, shown_in_paths: HashSet::new() }
    }

    /// Leaves these secrets as they are in paths: words that tell where a finding is.
    #[must_use]
    pub fn showing_in_paths(self, words: HashSet<Box<[u8]>>) -> Self {
        Redactor { shown_in_paths: words, ..self }
    }

    /// Returns a path with the secrets in it masked.
    #[must_use]
    pub fn redact_path(&self, path: &[u8]) -> Vec<u8> {
        let Some(automaton) = self.automaton.as_ref().filter(|_| !self.shown_in_paths.is_empty())
        else {
            return self.redact(path);
        };
        let mut shown = Vec::new();
        automaton.replace_all_with_bytes(path, &mut shown, |found, secret, shown| {
            let is_word = self.shown_in_paths.contains(secret);
            let mask = self.masks[found.pattern()].as_bytes();
            shown.extend_from_slice(if is_word { secret } else { mask });
            true
        });
        shown
    }

    /// Returns `text` with each secret in it replaced by its mask.
    #[must_use]
    pub fn redact(&self, text: &[u8]) -> Vec<u8> {
        match &self.automaton {
            _ if self.masks.is_empty() => text.to_vec(),
            Some(automaton) => automaton.replace_all_bytes(text, &self.masks),
            // The automaton cannot hold so many secrets: nothing is shown.
            None => MASK.as_bytes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Redactor, Secret};

    #[test]
    fn short_secrets_show_nothing() {
        assert_eq!(Secret::new(b"hunter2".as_slice()).redacted(), "********");
        assert_eq!(Secret::new(b"\x1b[0m and so on and on".as_slice()).redacted(), "********");
    }

    #[test]
    fn a_redactor_masks_secrets_wherever_they_stand() {
        let secrets = [Secret::new(b"abcdefgh".as_slice()), Secret::new(b"cde".as_slice())];
        let redactor = Redactor::new(secrets.iter());
        assert_eq!(redactor.redact(b"x/abcdefgh/cde"), b"x/********/cde");
        assert_eq!(Redactor::new(std::iter::empty()).redact(b"plain"), b"plain");
        let secrets = [Secret::new(b"abcdefgh".as_slice()), Secret::new(b"harbor".as_slice())];
        let words = [Box::from(&b"harbor"[..])].into();
        let redactor = Redactor::new(secrets.iter()).showing_in_paths(words);
        assert_eq!(redactor.redact_path(b"harbor/abcdefgh"), b"harbor/********");
        assert_eq!(redactor.redact(b"harbor/abcdefgh"), b"********/********");
    }
}
