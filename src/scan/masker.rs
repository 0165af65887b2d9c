//! What is not to be shown of the text beside a finding.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::engine::Engine;

/// All built-in rules, switched on or not. The versions of a file show the same lines again and again, so what was found
/// in a text is kept.
#[derive(Default)]
pub(super) struct Masker {
    /// Made when it is first needed.
    engine: OnceLock<Engine>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    secrets: HashMap<Box<[u8]>, Arc<[Range<usize>]>>,
    /// The length of all texts.
    bytes: usize,
}

impl Masker {
    /// Not more text than this is kept.
    const MAX_BYTES: usize = 8 << 20;

    /// Returns where secrets stand in a short text.
    pub(super) fn secrets(&self, text: &[u8]) -> Arc<[Range<usize>]> {
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen().secrets.get(text) {
            return known.clone();
        }
        let matches = self.engine.get_or_init(Engine::of_all_rules).scan(text);
        let found: Arc<[_]> = matches.list.into_iter().map(|found| found.secret).collect();
        let mut seen = seen();
        if seen.bytes > Self::MAX_BYTES {
            *seen = Seen::default();
        }
        seen.bytes += text.len();
        seen.secrets.insert(text.into(), found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::expand;

    #[test]
    fn a_text_is_masked_the_same_when_it_is_seen_again_and_when_it_was_forgotten() {
        let masker = Masker::default();
        let key = expand("AKIA{base32:16}").unwrap();
        let text = [b"id ", &key[..], b" end"].concat();
        let whole = 3..3 + key.len();
        for _ in 0..2 {
            assert_eq!(*masker.secrets(&text), std::slice::from_ref(&whole)[..]);
            assert!(masker.secrets(b"id end").is_empty());
        }
        for number in 0..3 {
            masker.secrets(&vec![b'0' + number; 6 << 20]);
        }
        assert!(masker.seen.lock().unwrap().bytes <= 6 << 20, "what is kept is bounded");
        assert_eq!(*masker.secrets(&text), [whole]);
    }
}
