//! A SHA-1 that git-secrets' pattern for AWS secret keys takes for one.

use super::{Candidate, Learnt, Verdict, drop_if};
use crate::text::search::holds;

/// Drops an assignment of a SHA-1 to a name that only says `key`, such as `cache-key: 2fd4...`.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(is_key_of_hash(candidate.matched))
}

/// Whether a match of git-secrets' pattern for secret keys gives a SHA-1 to a name that does not
/// say whose key it is: that of a cache, as a rule.
fn is_key_of_hash(matched: &[u8]) -> bool {
    let is_edge = |byte: u8| matches!(byte, b'"' | b'\'');
    let end = matched.iter().rposition(|&byte| !is_edge(byte)).map_or(0, |at| at + 1);
    let Some((rest, value)) = matched[..end].split_last_chunk::<40>() else { return false };
    let is_hash = value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic);
    let name = rest.to_ascii_lowercase();
    let says = |word: &str| holds(&name, word.as_bytes());
    is_hash && !["aws", "secret", "access"].into_iter().any(says)
}
