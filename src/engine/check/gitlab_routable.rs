//! GitLab's routable tokens, which end in a checksum of themselves.
//! <https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/>

use super::{Candidate, Learnt, Verdict};
use crate::text::checksum::crc32_base36;

/// Raises routable tokens whose last seven characters are the base36 CRC-32 of all before, and lowers others.
/// Says nothing of tokens of the older form, which have no dot.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let secret = candidate.secret;
    if !secret.contains(&b'.') {
        return Verdict::Keep;
    }
    learnt.checksum(
        secret.split_last_chunk::<7>().is_some_and(|(body, sum)| crc32_base36(body) == *sum),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Learnt, Verdict, check};

    #[test]
    fn routable_token_with_its_checksum_is_raised() {
        // Made by the handbook's formula, with Ruby's Zlib and Integer#to_s(36).
        let body = format!("glpat{}{}.0p", "-", "bzoxCnU6MQ0123456789abcdef");
        let sum = crate::text::checksum::crc32_base36(body.as_bytes());
        let right = [body.as_bytes(), &sum].concat();
        let mut wrong = right.clone();
        wrong[8] ^= 1;
        let verdict = |token: &[u8]| check(&candidate(token), &mut Learnt::default());
        assert_eq!(verdict(&right), Verdict::Raise);
        assert_eq!(verdict(&wrong), Verdict::Lower);
        assert_eq!(verdict(&body.as_bytes()[..26]), Verdict::Keep);
    }
}
