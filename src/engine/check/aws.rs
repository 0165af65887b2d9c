//! AWS: the account number that an access key id holds, and what is said to be AWS's.

use super::Verdict;

/// Adds the account number; an id with a digit that AWS never uses is hardly one.
pub(super) fn check(id: &[u8], notes: &mut Vec<String>) -> Verdict {
    let Some(body) = id.get(4..) else {
        return Verdict::Keep;
    };
    let Some(bits) = base32_prefix(body) else {
        return Verdict::Lowest;
    };
    if let Some(account) = account(bits) {
        notes.push(format!("AWS account {account:012}"));
    }
    if id.starts_with(b"ASIA") {
        notes.push("temporary key".into());
    }
    Verdict::Keep
}

/// Whether a match of git-secrets' pattern for secret keys gives a SHA-1 to a name that does not
/// say whose key it is: that of a cache, as a rule.
pub(super) fn is_key_of_hash(matched: &[u8]) -> bool {
    let is_edge = |byte: u8| matches!(byte, b'"' | b'\'');
    let end = matched.iter().rposition(|&byte| !is_edge(byte)).map_or(0, |at| at + 1);
    let Some((rest, value)) = matched[..end].split_last_chunk::<40>() else { return false };
    let is_hash = value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic);
    let name = rest.to_ascii_lowercase();
    let says = |word: &str| memchr::memmem::find(&name, word.as_bytes()).is_some();
    is_hash && !["aws", "secret", "access"].into_iter().any(says)
}

/// The first 48 bits of what the characters encode (RFC 4648 base32); `None` if one is no digit.
fn base32_prefix(body: &[u8]) -> Option<u64> {
    let mut bits = 0u64;
    for (index, byte) in body.iter().enumerate() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        if index < 10 {
            bits = bits << 5 | u64::from(digit);
        }
    }
    Some(bits >> 2)
}

/// Bits 1 to 40 are the account, in ids that begin with a set bit; older ids hold none.
/// Source: <https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489>.
fn account(bits: u64) -> Option<u64> {
    let account = (bits & 0x7fff_ffff_ff80) >> 7;
    (bits >> 47 == 1 && account <= 999_999_999_999).then_some(account)
}

/// How far before a secret its section may be named, in bytes.
const CONTEXT_BYTES: usize = 400;

/// Whether AWS is named shortly before: the table, section or element that a secret stands in.
///
/// The words have to begin a word, or a part of one in camel case: not those in "laws".
pub(super) fn is_named(before: &[u8]) -> bool {
    let context = &before[before.len().saturating_sub(CONTEXT_BYTES)..];
    let lower = context.to_ascii_lowercase();
    let begins_word = |at: usize| {
        at.checked_sub(1).is_none_or(|before| {
            let (before, first) = (context[before], context[at]);
            !before.is_ascii_alphanumeric()
                || before.is_ascii_lowercase() && first.is_ascii_uppercase()
        })
    };
    let is_whole = |end: usize| !context.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let begins = |word: &[u8]| memchr::memmem::find_iter(&lower, word).any(begins_word);
    let stands = |word: &[u8]| {
        memchr::memmem::find_iter(&lower, word)
            .any(|at| begins_word(at) && is_whole(at + word.len()))
    };
    begins(b"aws") || begins(b"amazon") || begins(b"boto") || stands(b"s3")
}

#[cfg(test)]
mod tests {
    use super::{check, is_named};

    #[test]
    fn aws_is_named_by_words_of_its_own() {
        for (before, expected) in [
            ("{\"aws\":{\"", true),
            ("aws:\n  region: eu-west-1\n  ", true),
            ("[myAws]\n", true),
            ("AwsSettings { ", true),
            ("s3: { ", true),
            ("amazon_web_services:\n", true),
            ("laws: { ", false),
            ("LAWS: { ", false),
            ("s3x: { ", false),
            ("stripe: { ", false),
            ("", false),
        ] {
            assert_eq!(is_named(before.as_bytes()), expected, "{before}");
        }
        let far = ["aws: ", &"x".repeat(400)].concat();
        assert!(!is_named(far.as_bytes()));
    }

    /// Encodes an account number the way AWS does, so that no real id stands here.
    fn id_of(account: u64) -> Vec<u8> {
        let bits = (1 << 47 | account << 7 | 0x55) << 2;
        let digit =
            |at: u64| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (45 - 5 * at) & 31) as usize];
        [b"AKIA".to_vec(), (0..10).map(digit).collect(), b"QQQQQQ".to_vec()].concat()
    }

    #[test]
    fn the_account_is_read_from_the_id() {
        for account in [0, 1, 52_310_077_262, 999_999_999_999] {
            let mut notes = Vec::new();
            check(&id_of(account), &mut notes);
            assert_eq!(notes, [format!("AWS account {account:012}")]);
        }
    }

    #[test]
    fn an_old_id_holds_no_account() {
        let mut notes = Vec::new();
        check(&[b"AKIAI".as_slice(), &[b'A'; 15]].concat(), &mut notes);
        assert!(notes.is_empty());
    }
}
