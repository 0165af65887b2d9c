//! Offline checks: what can be told of a secret without asking anybody.
//!
//! A check is a file beside this one and a line in [`CHECKS`].

pub(in crate::engine) mod aws_account;
mod aws_context;
mod base58check;
mod basic_auth;
mod bech32;
mod crc16_base32;
mod crc32_base62;
mod crc32_hex;
mod gitlab_routable;
mod jwt;
mod key_of_hash;
mod mixed;
mod mnemonic;
mod not_data;
mod not_hex;
mod password;
mod pem;
pub(in crate::engine) mod placeholder;
mod url_expiry;
mod url_password;
mod weak_word;

use crate::rule::{Confidence, Text};

/// A test of a secret that needs no network.
type Check = fn(&Candidate<'_>, &mut Learnt) -> Verdict;

/// Every check, by the name that rules give it.
const CHECKS: [(&str, Check); 21] = [
    ("placeholder", placeholder::check),
    ("not-hex", not_hex::check),
    ("mixed", mixed::check),
    ("crc32-base62", crc32_base62::check),
    ("crc32-hex", crc32_hex::check),
    ("crc16-base32", crc16_base32::check),
    ("gitlab-routable", gitlab_routable::check),
    ("bech32", bech32::check),
    ("base58check", base58check::check),
    ("jwt", jwt::check),
    ("pem", pem::check),
    ("url-password", url_password::check),
    ("url-expiry", url_expiry::check),
    ("not-data", not_data::check),
    ("weak-word", weak_word::check),
    ("password", password::check),
    ("basic-auth", basic_auth::check),
    ("aws-account", aws_account::check),
    ("aws-context", aws_context::check),
    ("key-of-hash", key_of_hash::check),
    ("mnemonic", mnemonic::check),
];

/// Whether a check has this name.
pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// The checks that go by what stands around the match, too.
const AROUND: [&str; 5] = ["url-password", "url-expiry", "not-data", "aws-account", "aws-context"];

/// Whether a check goes by what stands around the match, too.
pub(super) fn looks_around(name: &str) -> bool {
    AROUND.contains(&name)
}

/// Returns the names of all checks, for error messages.
pub(super) fn names() -> String {
    CHECKS.map(|(name, _)| name).join(", ")
}

fn find(name: &str) -> Option<Check> {
    CHECKS.iter().find(|(known, _)| *known == name).map(|(_, check)| *check)
}

/// What a check has to go by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// The secret.
    pub(super) secret: &'a [u8],
    /// The whole match.
    pub(super) matched: &'a [u8],
    /// Everything before the match.
    pub(super) before: &'a [u8],
    /// Everything behind the secret.
    pub(super) behind: &'a [u8],
    /// Seconds since 1970, to tell what has expired.
    pub(super) now: i64,
}

impl Candidate<'_> {
    /// Whether the secret stands inside encoded data, such as an image, which holds every short form sooner
    /// or later.
    fn is_inside_data(&self) -> bool {
        const FAR: usize = 64;
        let is_data = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let before = self.before.iter().rev().take(FAR).take_while(is_data).count();
        let behind = self.behind.iter().take(FAR).take_while(is_data).count();
        before == FAR || behind == FAR
    }
}

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing for or against.
    Keep,
    /// It is not a secret.
    Drop,
    /// As sure as can be.
    Raise,
    /// Less sure.
    Lower,
    /// Not much to go by.
    Lowest,
}

/// What checks learn of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Learnt {
    /// Facts for people, one noun phrase each.
    pub(super) notes: Vec<String>,
    /// The AWS account that the credential belongs to.
    pub(super) account: Option<String>,
}

impl Learnt {
    /// What a checksum says: the right one is proof; a wrong one is not, since a typo or a sample has it.
    fn checksum(&mut self, is_right: bool) -> Verdict {
        if is_right {
            return Verdict::Raise;
        }
        self.notes.push("wrong checksum".into());
        Verdict::Lower
    }
}

/// Runs a rule's checks in order. Returns how sure the candidate is and what was learnt.
///
/// # Errors
/// A check drops the candidate; this is its name.
pub(super) fn run<'a>(
    checks: &'a [Text],
    candidate: &Candidate<'_>,
    mut confidence: Confidence,
) -> Result<(Confidence, Learnt), &'a Text> {
    let mut learnt = Learnt::default();
    for name in checks {
        let check = find(name).expect("an engine is made only of rules whose checks are known");
        confidence = match check(candidate, &mut learnt) {
            Verdict::Keep => confidence,
            Verdict::Drop => return Err(name),
            Verdict::Raise => Confidence::High,
            Verdict::Lower => confidence.lowered(),
            Verdict::Lowest => Confidence::Low,
        };
    }
    Ok((confidence, learnt))
}

const fn drop_if(drop: bool) -> Verdict {
    if drop { Verdict::Drop } else { Verdict::Keep }
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, Candidate, Learnt, looks_around, run};
    use crate::rule::{Confidence, Text, expand};

    /// A secret that is the whole match.
    pub(super) fn candidate(secret: &[u8]) -> Candidate<'_> {
        Candidate { secret, matched: secret, before: b"", behind: b"", now: 1_790_000_000 }
    }

    fn judge(check: &'static str, template: &str) -> Option<(Confidence, Learnt)> {
        let text = expand(template).unwrap();
        run(&[Text::Borrowed(check)], &candidate(&text), Confidence::Medium).ok()
    }

    #[test]
    fn only_the_named_checks_look_around() {
        let data = "k3Qz".repeat(20);
        let around =
            ["", "key = ", "aws_secret_access_key: ", "https://u:", "@host/?X-Amz-Date=1", &data];
        for (name, check) in CHECKS.iter().filter(|(name, _)| !looks_around(name)) {
            for template in ["{alnum:30}", "{hex:40}", "{base64:40}", "{jwt}", "user:{alnum:12}"] {
                let text = expand(template).unwrap();
                let alone = check(&candidate(&text), &mut Learnt::default());
                for (before, behind) in around.iter().flat_map(|one| around.map(|two| (one, two))) {
                    let (before, behind) = (before.as_bytes(), behind.as_bytes());
                    let among = Candidate { before, behind, ..candidate(&text) };
                    assert_eq!(check(&among, &mut Learnt::default()), alone, "{name} {template}");
                }
            }
        }
    }

    #[test]
    fn checks_drop_what_is_no_secret() {
        for (check, dropped, kept) in [
            ("not-hex", "{hex:40}", "{base64:40}"),
            ("mixed", "{lower:40}", "{base64:40}"),
            ("placeholder", "your_key_{hex:20}", "{alnum:30}"),
            ("jwt", "eyJ{alnum:20}.eyJ{alnum:20}.{alnum:43}", "{jwt}"),
            ("pem", "-----BEGIN {}PRIVATE KEY-----\nsee below\n", "{pem:RSA PRIVATE KEY}"),
            ("url-password", "${{PASSWORD}}", "{alnum:12}"),
        ] {
            assert_eq!(judge(check, dropped), None, "{check} {dropped}");
            assert!(judge(check, kept).is_some(), "{check} {kept}");
        }
    }

    #[test]
    fn checksum_raises_when_right_and_lowers_when_wrong() {
        assert_eq!(judge("crc32-base62", "{crc:ghp_:30}").unwrap().0, Confidence::High);
        assert_eq!(judge("crc32-base62", "ghp_{alnum:36}").unwrap().0, Confidence::Low);
    }

    #[test]
    fn jwt_check_tells_that_a_token_has_expired() {
        let (confidence, learnt) = judge("jwt", "{jwt:expired}").unwrap();
        assert_eq!(confidence, Confidence::Low);
        assert_eq!(learnt.notes, ["algorithm HS256", "expired on 2017-07-14"]);
    }
}
