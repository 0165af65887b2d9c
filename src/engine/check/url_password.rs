//! Passwords in URLs: real ones, not what a manual or a template puts in their place.

use super::placeholder::is_placeholder;
use super::{Candidate, Learnt, Verdict};
use crate::engine::generic::as_password;
use crate::rule::Confidence;

/// What people write for "the password goes here", and what guards nothing.
const WORDS: [&str; 44] = [
    "changeme",
    "changeit",
    "mypass",
    "mypassword",
    "mysecret",
    "yourpassword",
    "example",
    "pass123",
    "hunter2",
    "bar123",
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "passw0rd",
    "passphrase",
    "secret",
    "token",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "user",
    "username",
    "login",
    "root",
    "admin",
    "guest",
    "test",
    "postgres",
    "mysql",
    "mongo",
    "redis",
    "rabbitmq",
    "foo",
    "bar",
    "baz",
    "foobar",
    "default",
    "x-oauth-basic",
    "x-token-auth",
    "pat",
    "anonymous",
];

/// Hosts that are nobody's.
const LOCAL: [&[u8]; 4] = [b"localhost", b"127.0.0.1", b"0.0.0.0", b"[::1]"];

/// Hosts of documentation (RFC 2606).
const RESERVED: [&[u8]; 3] = [b"example.com", b"example.org", b"example.net"];

/// Drops placeholders, lowers words as passwords of hosts that are nobody's.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    let secret = candidate.secret;
    let begins_a_variable = secret.first().is_some_and(|byte| b"$<{[%(*#@".contains(byte))
        && !is_percent_escape(secret);
    let is_word = WORDS.iter().any(|word| secret.eq_ignore_ascii_case(word.as_bytes()));
    let of_mask = secret.iter().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b'-' | b'_'));
    if begins_a_variable || is_word || of_mask || is_placeholder(secret) {
        return Verdict::Drop;
    }
    let host = host(candidate);
    let names = |own: &&[u8]| {
        host.strip_suffix(*own).is_some_and(|rest| rest.is_empty() || rest.ends_with(b"."))
    };
    if RESERVED.iter().any(names) || is_user(candidate) || is_port(secret) {
        return Verdict::Drop;
    }
    let is_local = LOCAL.iter().any(names);
    // A word guards nothing there; what someone made up may guard other hosts, too.
    let is_word = || as_password(secret).is_none_or(|confidence| confidence < Confidence::Medium);
    if is_local && is_word() { Verdict::Lower } else { Verdict::Keep }
}

/// The host behind the password, in lower case.
fn host(candidate: &Candidate<'_>) -> Vec<u8> {
    let behind = candidate.behind.strip_prefix(b"@").unwrap_or_default();
    let is_host = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(byte);
    let host = behind.iter().take(254).take_while(is_host).count();
    let host = behind[..host].to_ascii_lowercase();
    match host.first() {
        Some(b'[') => host,
        _ => host.split(|byte| *byte == b':').next().unwrap_or_default().to_vec(),
    }
}

/// Whether the password is the user's name.
fn is_user(candidate: &Candidate<'_>) -> bool {
    let matched = candidate.matched;
    let Some(at) = memchr::memmem::find(matched, b"://") else { return false };
    let user =
        matched[at + 3..].split(|byte| matches!(byte, b':' | b'@')).next().unwrap_or_default();
    user.eq_ignore_ascii_case(candidate.secret)
}

/// Whether a port and parameters stand where a password would: `host:1433;user=sa@corp`.
fn is_port(secret: &[u8]) -> bool {
    let digits = secret.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=5).contains(&digits) && matches!(secret.get(digits), Some(b';' | b'/' | b'?'))
}

fn is_percent_escape(secret: &[u8]) -> bool {
    matches!(secret, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Candidate, Learnt, Verdict, check};

    #[test]
    fn check_judges_a_password_by_its_host() {
        for (password, behind, expected) in [
            ("tangerine", "@db.acme.io/shop", Verdict::Keep),
            // A word guards nothing on a host that is nobody's; what someone made up may.
            ("tangerine", "@localhost/shop", Verdict::Lower),
            ("tangerine", "@LOCALHOST:5432/shop", Verdict::Lower),
            ("tangerine", "@127.0.0.1:5432", Verdict::Lower),
            ("tangerine", "@[::1]", Verdict::Lower),
            ("tangerine", "@mylocalhost/shop", Verdict::Keep),
            ("Tr0ub4dor-wYj", "@localhost/shop", Verdict::Keep),
            // Hosts of documentation, and what only ends like them.
            ("Tr0ub4dor-wYj", "@example.com/", Verdict::Drop),
            ("Tr0ub4dor-wYj", "@db.example.org:5432", Verdict::Drop),
            ("Tr0ub4dor-wYj", "@notexample.com/", Verdict::Keep),
            ("Tr0ub4dor-wYj", "@example.com.acme.io", Verdict::Keep),
            ("Tr0ub4dor-wYj", "", Verdict::Keep),
        ] {
            let matched = format!("postgres://app:{password}");
            let candidate = Candidate {
                matched: matched.as_bytes(),
                behind: behind.as_bytes(),
                ..candidate(password.as_bytes())
            };
            assert_eq!(check(&candidate, &mut Learnt::default()), expected, "{password}{behind}");
        }
    }

    #[test]
    fn check_drops_what_stands_in_the_place_of_a_password() {
        for (user, password, expected) in [
            ("app", "tangerine", Verdict::Keep),
            ("app", "App", Verdict::Drop),
            ("bob", "bobby-Tr0ub4dor", Verdict::Keep),
            ("app", "xxx", Verdict::Drop),
            ("app", "..-**", Verdict::Drop),
            ("app", "xxy", Verdict::Keep),
            ("app", "mysecret", Verdict::Drop),
            // Variables, but no characters written as their numbers.
            ("app", "$PASS", Verdict::Drop),
            ("app", "%PASS%", Verdict::Drop),
            ("app", "%4bq7Zw9", Verdict::Keep),
            ("app", "%4qq7Zw9", Verdict::Drop),
            ("app", "%q4q7Zw9", Verdict::Drop),
            // A port, and what stands behind it.
            ("app", "1433;user=sa", Verdict::Drop),
            ("app", "5432/shop", Verdict::Drop),
            ("app", "80?x", Verdict::Drop),
            ("app", "91827/x", Verdict::Drop),
            ("app", "918274/x", Verdict::Keep),
            ("app", ";x918274", Verdict::Keep),
            ("app", "5432-shop", Verdict::Keep),
        ] {
            let matched = format!("postgres://{user}:{password}");
            let candidate = Candidate {
                matched: matched.as_bytes(),
                behind: b"@db.acme.io",
                ..candidate(password.as_bytes())
            };
            assert_eq!(check(&candidate, &mut Learnt::default()), expected, "{matched}");
        }
    }
}
