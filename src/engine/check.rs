//! Offline checks: what can be told of a secret without asking anybody.

mod aws;
mod jwt;
mod pem;
mod placeholder;
mod url;

use crate::rule::{Check, Confidence};
use crate::text::checksum::crc32_base62;

/// What a check has to go by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// The secret.
    pub(super) secret: &'a [u8],
    /// The whole match.
    pub(super) matched: &'a [u8],
    /// Everything before the match.
    pub(super) before: &'a [u8],
    /// Seconds since 1970, to tell what has expired.
    pub(super) now: i64,
}

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing for or against.
    Keep,
    /// No secret.
    Drop,
    /// As sure as can be.
    Raise,
    /// Less sure.
    Lower,
    /// Not much to go by.
    Lowest,
}

/// Runs a rule's checks in order. Returns `None` if one drops the candidate, else how sure it is
/// and what was learnt.
pub(super) fn run(
    checks: &[Check],
    candidate: Candidate<'_>,
    mut confidence: Confidence,
) -> Option<(Confidence, Vec<String>)> {
    let mut notes = Vec::new();
    for check in checks {
        let verdict = match check {
            Check::Placeholder => placeholder::check(candidate.secret),
            Check::NotHex => drop_if(candidate.secret.iter().all(u8::is_ascii_hexdigit)),
            Check::Mixed => drop_if(!is_mixed(candidate.secret)),
            Check::Crc32Base62 => crc32(candidate.secret),
            Check::Jwt => jwt::check(candidate, &mut notes),
            Check::Pem => pem::check(candidate.secret, &mut notes),
            Check::UrlPassword => url::check(candidate),
            Check::AwsAccount => aws::check(candidate.secret, &mut notes),
            Check::AwsContext => drop_if(!aws::is_named(candidate.before)),
            Check::KeyOfHash => drop_if(aws::is_key_of_hash(candidate.matched)),
        };
        confidence = match verdict {
            Verdict::Keep => confidence,
            Verdict::Drop => return None,
            Verdict::Raise => Confidence::High,
            Verdict::Lower => confidence.lowered(),
            Verdict::Lowest => Confidence::Low,
        };
    }
    Some((confidence, notes))
}

fn drop_if(drop: bool) -> Verdict {
    if drop { Verdict::Drop } else { Verdict::Keep }
}

fn is_mixed(secret: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| secret.iter().any(class);
    has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(|byte| !byte.is_ascii_alphabetic())
}

/// The sum covers what lies between the last underscore and itself.
fn crc32(secret: &[u8]) -> Verdict {
    let start = secret.iter().rposition(|&byte| byte == b'_').map_or(0, |at| at + 1);
    match secret[start..].split_last_chunk::<6>() {
        Some((body, sum)) if crc32_base62(body) == *sum => Verdict::Raise,
        _ => Verdict::Lower,
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, run};
    use crate::rule::{Check, Confidence, expand};

    fn judge(checks: &[Check], template: &str) -> Option<(Confidence, Vec<String>)> {
        let secret = expand(template).unwrap();
        let candidate =
            Candidate { secret: &secret, matched: &secret, before: b"", now: 1_790_000_000 };
        run(checks, candidate, Confidence::Medium)
    }

    #[test]
    fn checks_drop_what_is_no_secret() {
        for (check, dropped, kept) in [
            (Check::NotHex, "{hex:40}", "{base64:40}"),
            (Check::Mixed, "{lower:40}", "{base64:40}"),
            (Check::Placeholder, "your_key_{hex:20}", "{alnum:30}"),
            (Check::Jwt, "eyJ{alnum:20}.eyJ{alnum:20}.{alnum:43}", "{jwt}"),
            (Check::Pem, "-----BEGIN {}PRIVATE KEY-----\nsee below\n", "{pem:RSA PRIVATE KEY}"),
            (Check::UrlPassword, "${{PASSWORD}}", "{alnum:12}"),
        ] {
            assert_eq!(judge(&[check], dropped), None, "{check:?} {dropped}");
            assert!(judge(&[check], kept).is_some(), "{check:?} {kept}");
        }
    }

    #[test]
    fn a_right_checksum_raises_and_a_wrong_one_lowers() {
        assert_eq!(judge(&[Check::Crc32Base62], "{crc:ghp_:30}").unwrap().0, Confidence::High);
        assert_eq!(judge(&[Check::Crc32Base62], "ghp_{alnum:36}").unwrap().0, Confidence::Low);
    }

    #[test]
    fn an_expired_token_is_said_to_be() {
        let (confidence, notes) = judge(&[Check::Jwt], "{jwt:expired}").unwrap();
        assert_eq!(confidence, Confidence::Low);
        assert_eq!(notes, ["algorithm HS256", "expired on 2017-07-14"]);
    }
}
