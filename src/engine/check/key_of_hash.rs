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

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Candidate, Learnt, Verdict, check};
    use crate::rule::expand;

    #[test]
    fn check_drops_a_hash_under_a_name_that_does_not_say_whose_key_it_is() {
        for (matched, expected) in [
            ("key = {hex:40}", Verdict::Drop),
            ("cache-key: \"{hex:40}\"", Verdict::Drop),
            ("key = '{hex:40}", Verdict::Drop),
            ("aws_key = {hex:40}", Verdict::Keep),
            ("SECRET_KEY = \"{hex:40}\"", Verdict::Keep),
            ("accessKey = {hex:40}", Verdict::Keep),
            ("key = {base64:40}", Verdict::Keep),
            ("key = {digit:40}", Verdict::Keep),
            ("key = {hex:39}", Verdict::Keep),
            ("{hex:39}", Verdict::Keep),
        ] {
            let matched = expand(matched).unwrap();
            let candidate = Candidate { matched: &matched, ..candidate(b"") };
            let verdict = check(&candidate, &mut Learnt::default());
            assert_eq!(verdict, expected, "{}", String::from_utf8_lossy(&matched));
        }
        // Letters or digits alone are no hash.
        for byte in ["a", "7"] {
            let matched = format!("key = {}", byte.repeat(40));
            let candidate = Candidate { matched: matched.as_bytes(), ..candidate(b"") };
            assert_eq!(check(&candidate, &mut Learnt::default()), Verdict::Keep, "{byte}");
        }
    }
}
