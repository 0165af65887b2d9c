//! Grafana's tokens of service accounts, which end in a checksum of themselves: `pkg/components/satokengen` of Grafana.

use super::{Candidate, Learnt, Verdict};

/// Raises tokens whose last eight characters are the CRC-32 of what stands before the last underscore, in
/// hexadecimal with the lowest byte first, and lowers others.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let is_right = candidate.secret.split_last_chunk::<8>().is_some_and(|(rest, sum)| {
        let body = rest.strip_suffix(b"_").unwrap_or(rest);
        let expected = format!("{:08x}", crc32fast::hash(body).swap_bytes());
        sum.eq_ignore_ascii_case(expected.as_bytes())
    });
    learnt.checksum(is_right)
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Learnt, Verdict, check};

    #[test]
    fn token_with_its_checksum_is_raised() {
        let body = format!("glsa{}{}", "_", "0123456789abcdefABCDEF0123456789");
        let sum: String = crc32fast::hash(body.as_bytes())
            .to_le_bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let verdict = |token: String| check(&candidate(token.as_bytes()), &mut Learnt::default());
        assert_eq!(verdict(format!("{body}_{sum}")), Verdict::Raise);
        assert_eq!(verdict(format!("{body}_00000000")), Verdict::Lower);
        assert_eq!(verdict("short".into()), Verdict::Lower);
    }
}
