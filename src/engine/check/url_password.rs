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
