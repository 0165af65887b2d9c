//! What a name makes of its value: the key of a table, a cursor, a sum, an id.

use super::super::features::words;
use super::super::grammar::{Candidate, Kind, Operator, Quote, has_word};
use super::label::is_path;
use super::name_word;
use crate::text::search::{ends_with_one_of, holds};

/// Words of a key that opens nothing: of a table, a cache, a translation.
const KEYS: [&str; 17] = [
    "s3",
    "object",
    "cache",
    "cached",
    "primary",
    "foreign",
    "partition",
    "sort",
    "translation",
    "i18n",
    "idempotency",
    "bucket",
    "routing",
    "index",
    "start",
    "end",
    "path",
];

/// What a key with the form of a UUID opens, if it opens anything.
const KEYS_TO_SERVICES: [&str; 22] = [
    "api",
    "access",
    "secret",
    "private",
    "auth",
    "token",
    "app",
    "application",
    "client",
    "license",
    "subscription",
    "service",
    "integration",
    "account",
    "admin",
    "apikey",
    "record",
    "server",
    "device",
    "master",
    "ingestion",
    "webhook",
];

/// Words of a token that names a place or a request.
const TOKENS: [&str; 12] = [
    "idempotency",
    "change",
    "next",
    "continuation",
    "page",
    "pagination",
    "sync",
    "resume",
    "cursor",
    "marker",
    "upload",
    "redir",
];

/// Last words of the name of a way to do something: `pass_scheme: SSHA512`.
const WAYS: [&str; 9] =
    ["scheme", "algorithm", "algo", "driver", "format", "prefix", "suffix", "charset", "mode"];

/// Parts of the name of a sum, or of what is encrypted.
const SUMS: [&str; 13] = [
    "saltedpassword",
    "encodedpassword",
    "encoded_password",
    "checksum",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "digest",
    "encrypted",
    "ciphertext",
    "sealed",
    "websocket",
];

/// Whether the name says that the value is no secret: the key of a table, a cursor, a version, a checksum.
pub(super) fn is_of_a_thing(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    let name = words(&bytes[found.name.clone()]);
    let joined = bytes[found.name.clone()].to_ascii_lowercase();
    let word = name_word(bytes, found);
    let is_one_of = |own: &[u8], list: &[&str]| {
        list.iter().any(|known| own.eq_ignore_ascii_case(known.as_bytes()))
    };
    let has = |list: &[&str]| name.iter().any(|own| is_one_of(own, list));
    let holds = |list: &[&str]| list.iter().any(|known| holds(&joined, known.as_bytes()));
    word == b"key" && has(&KEYS)
        || word == b"token" && has(&TOKENS)
        || name.last().is_some_and(|last| is_one_of(last, &["hash", "hashed", "digest", "sha"]))
        || word == b"token"
            && has(&["client", "request", "lifecycle", "lock", "update"])
            && is_uuid(value)
        || is_type_path(bytes, found)
        || has(&["hashed"])
        || name.last().is_some_and(|last| is_one_of(last, &WAYS)) && is_short_name(value)
        || has(&["invalid"]) && is_short_name(value) && !value.iter().any(u8::is_ascii_digit)
        || joined == b"hmac" && found.operator == Operator::Colon
        || joined == b"onepass"
        || is_cipher_suite(value)
        || word == b"key" && is_uuid(value) && !has(&KEYS_TO_SERVICES)
        || has(&["csrf", "xsrf"]) && is_uuid(value)
        || word == b"cookie" && has(&["magic"])
        || word == b"token" && has(&["accessor"])
        || word == b"cred" && has(&["id"])
        || has(&["update"]) && is_plain_word(value)
        || name.last().is_some_and(|last| is_path(last, value))
        || word == b"nonce"
            && (has(&["client", "cnonce", "oauth"])
                || found.kind == Kind::Parameter
                || joined == b"nonce" && is_of_cipher(value)
                || is_challenge(bytes, found))
        || word == b"salt" && is_challenge(bytes, found)
        || word == b"auth" && has(&["tag"])
        || word == b"secret" && has(&["existing", "pull", "tls"])
        || word == b"sess"
            && is_uuid(value)
            && name.last().is_some_and(|last| is_one_of(last, &["id"]))
        || word == b"pass" && (has(&["through", "hint"]) || is_setup_pass(value))
        || name.last().is_some_and(|last| is_one_of(last, &["policy", "policies", "template"]))
            && value.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        || has(&["preference", "storage"]) && is_identifier_with_words(value)
        || &bytes[found.name.clone()] == b"ClientToken" && is_short_id(value)
        || has(&["encoded"]) && value.iter().all(u8::is_ascii_hexdigit)
        || word == b"secret" && is_one_of(name[name.len() - 1], &["id"]) && is_docker_id(value)
        || matches!(&bytes[found.name.clone()], b"PWD" | b"$PWD" | b"OLDPWD" | b"$OLDPWD")
            && (value.starts_with(b"/") || bytes[..found.name.start].ends_with(b"[ \""))
        || is_end_of_name(&joined, value)
        // Palau, in a list of countries.
        || &bytes[found.name.clone()] == b"PW" && value.iter().all(u8::is_ascii_alphabetic)
        || word == b"secret" && is_one_of(name[0], &["from"])
        || matches!(&word[..], b"key" | b"auth" | b"cred")
            && name.last().is_some_and(|last| is_one_of(last, &["id", "ids"]))
        || holds(&SUMS)
        || value.starts_with(b"AQICAH")
        || matches!(&word[..], b"token" | b"sess" | b"cookie" | b"csrf" | b"xsrf")
            && !has(&["secret"])
            && value
                .rsplit(|byte| *byte == b'=')
                .next()
                .is_some_and(|last| last.len() == 128 && last.iter().all(u8::is_ascii_hexdigit))
}

/// Whether a key of JSON is the path of a type: `"AWS::ApiGateway::ApiKey": "..."`.
fn is_type_path(bytes: &[u8], found: &Candidate) -> bool {
    found.operator == Operator::Colon
        && found.quote != Quote::None
        && bytes[..found.name.start].ends_with(b"::")
}

/// A word or two for a way to do something: letters and digits, with signs between.
fn is_short_name(value: &[u8]) -> bool {
    const MAX_BYTES: usize = 20;
    value.len() <= MAX_BYTES
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The name of a set of ciphers: `PSK-AES256-GCM-SHA384`.
fn is_cipher_suite(value: &[u8]) -> bool {
    let is_of_name =
        |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(byte);
    let ends: [&[u8]; 6] = [b"SHA", b"SHA256", b"SHA384", b"POLY1305", b"CCM", b"CCM8"];
    value.iter().all(is_of_name)
        && ends_with_one_of(value, &ends)
        && value.iter().filter(|byte| b"-_".contains(byte)).count() > 1
}

/// A constant that holds its own name: `stsLdapPassword = "LdapPassword"`.
fn is_end_of_name(name: &[u8], value: &[u8]) -> bool {
    const MIN_BYTES: usize = 6;
    let letters = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    value.len() >= MIN_BYTES
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && has_word(value)
        && letters(name).ends_with(&letters(value))
}

/// A word of a choice: `update_password: on_create`.
fn is_plain_word(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
}

/// Whether a nonce or a salt is one that anyone may know: of a challenge, of a policy for scripts, of a record of
/// what was encrypted or hashed.
fn is_challenge(bytes: &[u8], found: &Candidate) -> bool {
    let start = found.name.start.saturating_sub(120);
    let line =
        bytes[start..found.name.start].rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    const MARKS: [&[u8]; 5] = [b"-Authenticate:", b"SCRAM-SHA-", b"\"iv\"", b"\"aead\"", b"realm="];
    MARKS.iter().any(|mark| holds(line, mark))
}

/// A pass of Windows Setup: `<settings pass="oobeSystem">`.
fn is_setup_pass(value: &[u8]) -> bool {
    const PASSES: [&[u8]; 7] = [
        b"windowsPE",
        b"offlineServicing",
        b"generalize",
        b"specialize",
        b"auditSystem",
        b"auditUser",
        b"oobeSystem",
    ];
    PASSES.iter().any(|pass| pass.eq_ignore_ascii_case(value))
}

/// The name under which a program stores something: `PrefPinCode1`, `app_state_v1`.
fn is_identifier_with_words(value: &[u8]) -> bool {
    const MAX_BYTES: usize = 32;
    value.len() <= MAX_BYTES
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        && words(value).iter().filter(|word| word[0].is_ascii_alphabetic()).count() > 1
        && words(value)
            .iter()
            .all(|word| word.len() > 2 || word[0].is_ascii_digit() || word[0] == b'v')
}

/// What a client of AWS makes up so that a request can be repeated.
fn is_short_id(value: &[u8]) -> bool {
    value.len() < 24 && value.iter().all(u8::is_ascii_alphanumeric)
}

/// A nonce of 12 or 16 bytes in base64, which stands beside what a cipher made with it.
fn is_of_cipher(value: &[u8]) -> bool {
    // In JSON, signs of equality may be escaped.
    let is_escaped = value.len() == 34 && value.ends_with(b"\\u003d\\u003d");
    let value = if is_escaped { [&value[..22], b"=="].concat() } else { value.to_vec() };
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    value.iter().all(is_base64)
        && (value.len() == 24 && value.ends_with(b"==")
            || value.len() == 16 && !value.ends_with(b"="))
}

/// The id of an object of Docker Swarm: 25 digits of base 36.
fn is_docker_id(value: &[u8]) -> bool {
    value.len() == 25 && value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Five groups of digits: what makes a request safe to repeat, where a name says so.
fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_alphanumeric(),
        })
}
