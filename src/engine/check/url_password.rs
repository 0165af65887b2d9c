//! Passwords in URLs: real ones, not what a manual or a template puts in their place.

use super::placeholder::is_placeholder;
use super::{Candidate, Learnt, Verdict};
use crate::engine::generic::as_password;
use crate::rule::Confidence;
use crate::text::search::holds;

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

/// What manuals and tests write for a host.
const STAND_INS: [&[u8]; 13] = [
    b"host",
    b"hostname",
    b"server",
    b"db_host",
    b"dbhost",
    b"yourhost",
    b"myhost",
    b"otherhost",
    b"example",
    b"foo",
    b"bar",
    b"foo.com",
    b"host.com",
];

/// Hosts of documentation (RFC 2606).
const RESERVED: [&[u8]; 3] = [b"example.com", b"example.org", b"example.net"];

/// Drops placeholders, lowers words as passwords of hosts that are nobody's.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    let secret = candidate.secret;
    let begins_a_variable = secret.first().is_some_and(|byte| b"$<{[%(*#@".contains(byte))
        && !is_percent_escape(secret);
    let is_word = is_listed(secret) || is_of_fields(secret);
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
    if says_password(secret) {
        return Verdict::Lower;
    }
    let is_nobodys = LOCAL.iter().any(names) || STAND_INS.contains(&&*host);
    // A word guards nothing there; what someone made up may guard other hosts, too.
    let is_word = || as_password(secret).is_none_or(|confidence| confidence < Confidence::Medium);
    // A parameter of a JDBC address stands behind its host.
    let is_local = LOCAL.iter().any(|own| holds(candidate.matched, own));
    let is_shown = is_local && is_of_demo(secret)
        || is_nobodys && (is_word() || is_user_with_number(candidate));
    if is_shown { Verdict::Lower } else { Verdict::Keep }
}

fn is_listed(text: &[u8]) -> bool {
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether words stand for more than one field, as in `imap://auth:user:password@server`, or a colon parts a word.
fn is_of_fields(secret: &[u8]) -> bool {
    if !secret.contains(&b':') {
        return false;
    }
    let fields = || secret.split(|byte| *byte == b':').filter(|field| !field.is_empty());
    let is_field = |field: &[u8]| is_listed(field) || field.eq_ignore_ascii_case(b"auth");
    fields().all(is_field) || is_listed(&fields().collect::<Vec<_>>().concat())
}

/// Whether the secret calls itself a password, with nothing but words and a number around it: `ldap_password`,
/// `NotAGoodPassword`, `password2`.
fn says_password(secret: &[u8]) -> bool {
    let number = secret.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let words = &secret[..secret.len() - number];
    let is_of_words = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    number <= 5 && words.iter().all(is_of_words) && holds(&words.to_ascii_lowercase(), b"password")
}

/// Whether a password is `demo` with a number, as programs print it that make a cluster to try.
fn is_of_demo(secret: &[u8]) -> bool {
    secret.strip_prefix(b"demo").is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
}

/// Whether the password is the user's name with a number, as programs make them for a demonstration.
fn is_user_with_number(candidate: &Candidate<'_>) -> bool {
    let rest = user(candidate).filter(|user| !user.is_empty());
    let rest = rest.and_then(|user| candidate.secret.strip_prefix(user));
    rest.is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
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
    user(candidate).is_some_and(|user| user.eq_ignore_ascii_case(candidate.secret))
}

fn user<'a>(candidate: &Candidate<'a>) -> Option<&'a [u8]> {
    let matched = candidate.matched;
    let Some(at) = memchr::memmem::find(matched, b"://") else {
        // An address of Go has no scheme: `user:password@tcp(host)`.
        let sign = usize::from(!matched.first()?.is_ascii_alphanumeric());
        return memchr::memchr(b':', matched).filter(|at| *at > sign).map(|at| &matched[sign..at]);
    };
    matched[at + 3..].split(|byte| matches!(byte, b':' | b'@')).next()
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

    fn verdict(user: &str, password: &str, host: &str) -> Verdict {
        let matched = format!("://{user}:{password}@{host}");
        let behind = format!("@{host}/x");
        let own = candidate(password.as_bytes());
        let candidate = Candidate { matched: matched.as_bytes(), behind: behind.as_bytes(), ..own };
        check(&candidate, &mut Learnt::default())
    }

    #[test]
    fn words_of_manuals_are_no_passwords() {
        for (user, password, host, expected) in [
            ("app", "Tr0ub4dor-wYj", "db.acme.io", Verdict::Keep),
            ("app", "Tr0ub4dor-wYj", "localhost:5432", Verdict::Keep),
            ("app", "tangerine", "db.acme.io", Verdict::Keep),
            ("app", "tangerine", "localhost", Verdict::Lower),
            ("max", "roach", "host:port", Verdict::Lower),
            ("auth", "user:password", "server:port", Verdict::Drop),
            ("user", "password:auth", "server:port", Verdict::Drop),
            ("", "pass:word", "example", Verdict::Drop),
            ("root", "password2", "otherhost", Verdict::Lower),
            ("x", "ldap_password", "ldap.acme.io", Verdict::Lower),
            ("x", "NotAGoodPassword", "db.acme.io", Verdict::Lower),
            ("x", "password-Xk27tz", "db.acme.io", Verdict::Keep),
            ("demo", "demo76950", "127.0.0.1:26257", Verdict::Lower),
            ("demo", "demo76950", "db.acme.io", Verdict::Keep),
            ("app", "app", "db.acme.io", Verdict::Drop),
            ("app", "Tr0ub4dor-wYj", "db.example.com", Verdict::Drop),
        ] {
            assert_eq!(verdict(user, password, host), expected, "{user}:{password}@{host}");
        }
    }

    #[test]
    fn a_user_without_a_scheme_before_it_is_compared_too() {
        for (matched, password, expected) in [
            ("\"gorm:gorm", "gorm", Verdict::Drop),
            ("gorm:gorm", "gorm", Verdict::Drop),
            ("=gorm:tangerine", "tangerine", Verdict::Keep),
        ] {
            let candidate =
                Candidate { matched: matched.as_bytes(), ..candidate(password.as_bytes()) };
            assert_eq!(check(&candidate, &mut Learnt::default()), expected, "{matched}");
        }
    }
}
