//! The account number that an AWS access key id holds.

use super::placeholder::is_sequence;
use super::{Candidate, Learnt, Verdict};
use crate::engine::generic::is_wordlike;

/// Returns the account number that an access key id holds; `None` for ids that hold none (older ones) and for
/// what is no such id.
///
/// ```
/// use tightlip::engine::aws_account;
/// let old = tightlip::rule::expand("AKIAI{base32:15}").unwrap();
/// assert_eq!(aws_account(&old), None);
/// ```
#[must_use]
pub fn aws_account(id: &[u8]) -> Option<String> {
    let bits = base32_prefix(id.get(4..)?)?;
    account(bits).map(|account| format!("{account:012}"))
}

/// The account of the documentation, and of tools that imitate AWS.
const DOCUMENTED_ACCOUNT: u64 = 123_456_789_012;

/// Tells the account; an id with a digit that AWS never uses is hardly one.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let id = candidate.secret;
    let Some(body) = id.get(4..) else {
        return Verdict::Keep;
    };
    let Some(bits) = base32_prefix(body) else {
        return Verdict::Lowest;
    };
    if is_worded(body) || is_sequence(body) || account(bits) == Some(DOCUMENTED_ACCOUNT) {
        return Verdict::Drop;
    }
    if candidate.is_inside_data() {
        return Verdict::Drop;
    }
    learnt.account = account(bits).map(|account| format!("{account:012}"));
    if id.starts_with(b"ASIA") {
        learnt.notes.push("temporary key".into());
    }
    Verdict::Keep
}

/// Fewer letters spell no words.
const MIN_DISTINCT: usize = 6;

/// Whether an id is spelled by words, as `ASIAPACIFIC...`: no digit, and likely letters.
fn is_worded(body: &[u8]) -> bool {
    let distinct = body.iter().collect::<std::collections::BTreeSet<_>>().len();
    body.iter().all(u8::is_ascii_alphabetic) && distinct >= MIN_DISTINCT && is_wordlike(body)
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

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Candidate, Learnt, Verdict, check};

    /// Encodes an account number the way AWS does, so that no real id stands here.
    fn id_of(account: u64) -> Vec<u8> {
        let bits = (1 << 47 | account << 7 | 0x55) << 2;
        let digit =
            |at: u64| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (45 - 5 * at) & 31) as usize];
        [b"AKIA".to_vec(), (0..10).map(digit).collect(), b"QQQQQQ".to_vec()].concat()
    }

    #[test]
    fn check_reads_the_account_from_the_id() {
        for account in [0, 1, 52_310_077_262, 999_999_999_999] {
            let mut learnt = Learnt::default();
            check(&candidate(&id_of(account)), &mut learnt);
            assert_eq!(learnt.account, Some(format!("{account:012}")));
        }
    }

    #[test]
    fn check_finds_no_account_in_an_old_id() {
        let mut learnt = Learnt::default();
        check(&candidate(&[b"AKIAI".as_slice(), &[b'A'; 15]].concat()), &mut learnt);
        assert_eq!(learnt, Learnt::default());
    }

    #[test]
    fn check_drops_what_is_an_id_by_chance() {
        let made = id_of(52_310_077_262);
        let data = |bytes: usize| "aB3+/".repeat(20)[..bytes].to_owned();
        for (before, behind, expected) in [
            (String::new(), String::new(), Verdict::Keep),
            // In encoded data; a line or two of it stand on either side.
            (data(64), String::new(), Verdict::Drop),
            (data(63), String::new(), Verdict::Keep),
            (String::new(), data(64), Verdict::Drop),
            (String::new(), data(63), Verdict::Keep),
            (data(80) + "=", format!("={}", data(80)), Verdict::Keep),
        ] {
            let candidate = Candidate {
                before: before.as_bytes(),
                behind: behind.as_bytes(),
                ..candidate(&made)
            };
            assert_eq!(check(&candidate, &mut Learnt::default()), expected, "{before} {behind}");
        }
        for (body, expected) in [
            ("INTERNATIONALITY", Verdict::Drop),
            ("ABCDEFGHIJKLMNOP", Verdict::Drop),
            // Few letters spell no word, and a digit is in none.
            ("QQQQQQQQQQQQQQQQ", Verdict::Keep),
            ("INTERNATIONAL7TY", Verdict::Keep),
            // AWS uses no such digits.
            ("QQQQQQQQQQQQQQQ1", Verdict::Lowest),
        ] {
            let id = format!("AKIA{body}");
            let verdict = check(&candidate(id.as_bytes()), &mut Learnt::default());
            assert_eq!(verdict, expected, "{body}");
        }
        assert_eq!(
            check(&candidate(&id_of(123_456_789_012)), &mut Learnt::default()),
            Verdict::Drop
        );
    }

    #[test]
    fn check_says_that_a_key_is_temporary() {
        let id = [b"ASIA", &id_of(52_310_077_262)[4..]].concat();
        let mut learnt = Learnt::default();
        check(&candidate(&id), &mut learnt);
        assert_eq!(learnt.notes, ["temporary key"]);
    }
}
