//! What surely is no secret, told by a few tests before the model is asked.

mod label;
mod placeholder;
mod thing;

use std::ops::Range;

use super::grammar::{Candidate, Kind, Operator, Quote, candidate};
use crate::text::search::{begins_with_one_of, ends_with_one_of, holds, holds_one_of};
use label::{is_name_of_a_value, is_phrase};
use placeholder::{is_encoded_placeholder, is_placeholder};
use thing::is_of_a_thing;

/// The candidate at a word, unless a few tests tell that it is no secret.
pub(super) fn plausible(bytes: &[u8], word: &Range<usize>) -> Option<Candidate> {
    let found = candidate(bytes, word)?;
    implausible(bytes, &found).is_none().then_some(found)
}

/// Why a candidate is surely no secret, as a phrase behind "its value"; `None` if it may be one.
pub(super) fn implausible(bytes: &[u8], found: &Candidate) -> Option<&'static str> {
    let value = &bytes[found.value.clone()];
    let behind = &bytes[found.value.end..(found.value.end + 4).min(bytes.len())];
    if is_call(found, value, behind) {
        Some("is a call or a member of code")
    } else if is_placeholder(value) {
        Some("is a placeholder")
    } else if is_of_a_thing(bytes, found, value) {
        Some("is the key of a table, a cursor or a checksum, by its name")
    } else if is_encoded_placeholder(found, value) {
        Some("is a placeholder once it is decoded")
    } else if is_reference(value) {
        Some("is a reference: a variable, a template, a pattern or a path of a vault")
    } else if is_public(bytes, found, value) {
        Some("is public: a public key, a hash of a password or a signature")
    } else if is_of_its_own_rule(value) {
        Some("has the form of a token that has a rule of its own")
    } else if is_digest_of_a_file(bytes, found, value) {
        Some("is a digest in a list of digests")
    } else if is_type_or_number(bytes, found, value, behind) {
        Some("is a type, a variable, a number or a fingerprint")
    } else if is_handshake(value) {
        Some("is the first message of a handshake")
    } else if is_name_of_a_value(bytes, found) {
        Some("is itself the name of a value")
    } else if is_phrase(bytes, found, value) {
        Some("is a label, a sentence or the first of several arguments")
    } else if value.iter().all(|byte| !byte.is_ascii_alphanumeric()) {
        Some("has no letter and no digit")
    } else {
        None
    }
}

/// A call, an index, a member: code, not a value.
fn is_call(found: &Candidate, value: &[u8], behind: &[u8]) -> bool {
    if found.quote != Quote::None || found.operator == Operator::Element {
        return false;
    }
    let is_name = value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.:$>-".contains(byte));
    is_name && !value[0].is_ascii_digit() && matches!(behind.first(), Some(b'(' | b'[' | b'{'))
        || value.ends_with(b"-") && behind.starts_with(b">")
        || begins_with_one_of(behind, &[b" == ", b" != "])
        || value.starts_with(b"self.")
        || value.starts_with(b"this.")
        || found.kind != Kind::Parameter && holds(value, b"->")
}

/// A type, a variable of code, a number, a fingerprint.
fn is_type_or_number(bytes: &[u8], found: &Candidate, value: &[u8], behind: &[u8]) -> bool {
    let word = name_word(bytes, found);
    let is_upper = value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    let is_key_id = matches!(value.len(), 16 | 40)
        && value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F'))
        // The short form of such an id, or a sum.
        || value.len() == 8 && value.iter().all(u8::is_ascii_hexdigit);
    let is_number = value.iter().all(u8::is_ascii_digit);
    let is_bare = found.quote == Quote::None && found.operator != Operator::Element;
    let is_password = matches!(&word[..], b"pass" | b"pwd" | b"pw");
    let is_constant = !is_password || is_bare && !is_config(found);
    if is_variable_name(value)
        || is_upper && (value.contains(&b'_') || value.len() < 20 && is_constant)
        || word == b"key" && is_key_id
        || is_number
            && (!matches!(&word[..], b"pass" | b"pwd" | b"secret" | b"otp")
                || found.word.end + 4 < found.name.end)
    {
        return true;
    }
    let is_pairs = value.len() > 5
        && value.chunks(3).all(|part| {
            part.iter().take(2).all(u8::is_ascii_hexdigit)
                && part.get(2).is_none_or(|byte| *byte == b':')
        });
    let is_hex = value.strip_prefix(b"0x").is_some_and(|digits| {
        let digits = digits.strip_suffix(b"L").unwrap_or(digits);
        digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit)
    });
    let is_code = found.operator == Operator::Equals && is_bare && behind.starts_with(b";");
    if is_pairs || is_hex || is_bare && is_typed_number(value) || is_number && is_code {
        return true;
    }
    if is_colour(value) {
        return true;
    }
    if is_time(value) || matches!(value, b"true" | b"false" | b"latest") {
        return true;
    }
    let is_letters =
        |text: &[u8]| text.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    // `Sunshine!`, no method of Ruby and no type of GraphQL.
    let is_shout = is_password
        && value.ends_with(b"!")
        && value.iter().any(u8::is_ascii_uppercase)
        && value != b"String!";
    is_bare
        && (value.strip_suffix(b"!").or(value.strip_suffix(b"?")).is_some_and(is_letters)
            && !is_shout
            || is_letters(value) && matches!(behind.first(), Some(b';' | b')'))
            || value == b"iota"
            || is_repetition(value)
            || is_shell_variable(value.strip_prefix(b"-p").unwrap_or_default())
            || value
                .strip_prefix(b"*")
                .or(value.strip_prefix(b"&"))
                .is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric))
            || value.starts_with(b"-"))
}

/// A number with its type: `1323u32`, `0x8029041A_u32`.
fn is_typed_number(value: &[u8]) -> bool {
    const TYPES: [&[u8]; 12] = [
        b"u8", b"u16", b"u32", b"u64", b"u128", b"usize", b"i8", b"i16", b"i32", b"i64", b"i128",
        b"isize",
    ];
    TYPES.iter().filter_map(|of| value.strip_suffix(*of)).any(|number| {
        let digits = number.strip_prefix(b"0x").unwrap_or(number);
        !digits.is_empty() && digits.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'_')
    })
}

/// A colour of a style: `#f8f8f2`.
fn is_colour(value: &[u8]) -> bool {
    value.strip_prefix(b"#").is_some_and(|digits| {
        matches!(digits.len(), 3 | 6 | 8) && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

/// A part of a grammar (RFC 5234): `1*SAFE`.
fn is_repetition(value: &[u8]) -> bool {
    let rule = value.strip_prefix(b"1*");
    rule.is_some_and(|rule| !rule.is_empty() && rule.iter().all(u8::is_ascii_uppercase))
}

/// A date with a time, as `2016-09-08T21:47:36Z`: when a password was changed, or a token ends.
fn is_time(value: &[u8]) -> bool {
    value.len() >= 16
        && value[..16].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => matches!(byte, b'T' | b' '),
            13 => *byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

/// The name of a variable of the environment: `ACME_E2E_ADMIN_PASSWORD`.
fn is_variable_name(value: &[u8]) -> bool {
    const ENDS: [&[u8]; 6] = [b"_KEY", b"_PASSWORD", b"_PASS", b"_TOKEN", b"_SECRET", b"_PWD"];
    value.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
        && ends_with_one_of(value, &ENDS)
}

/// Whether a bare word is one of configuration, where a word in capitals is no constant.
fn is_config(found: &Candidate) -> bool {
    matches!(found.operator, Operator::Equals | Operator::Colon) && found.kind != Kind::Flag
}

/// A template, a variable, an environment, a path in a vault.
fn is_reference(value: &[u8]) -> bool {
    const STARTS: [&[u8]; 15] = [
        b"$(",
        b"<%",
        b"#{",
        b"%{",
        b"@{",
        b"arn:",
        b"vault:",
        b"ssm:",
        b"secret://",
        b"op://",
        b"--",
        b"//",
        b".$",
        b"npm:",
        b"workspace:",
    ];
    const PARTS: [&[u8]; 12] = [
        b"${",
        b"{{",
        b"://",
        b"environ",
        b"process.env",
        b"getenv",
        b"secretKeyRef",
        b":aws:secretsmanager",
        b"(?:",
        b"[0-9",
        b"[a-z",
        b"[A-Z",
    ];
    begins_with_one_of(value, &STARTS)
        || has_format_verb(value)
        || value.starts_with(b"<") && value.ends_with(b">")
        || value.starts_with(b"[") && value.ends_with(b"]")
        || value.starts_with(b"&#") && value.ends_with(b";") && value.len() < 10
        || is_shell_variable(value)
        || value.starts_with(b"%") && value.ends_with(b"%")
        || holds_one_of(value, &PARTS)
        || holds(value, b"\\u00") && value.len() < 8
        || has_field(value)
        || is_yaml_tag(value)
}

/// Whether a program makes the value from a format: `acctest-%s`, `Name%[1]d`.
fn has_format_verb(value: &[u8]) -> bool {
    const VERBS: [&[u8]; 3] = [b"%s", b"%d", b"%v"];
    let is_numbered = |at: usize| matches!(value[at..], [_, b'[', digit, b']', b's' | b'd' | b'v' | b'q', ..] if digit.is_ascii_digit());
    begins_with_one_of(value, &VERBS)
        || ends_with_one_of(value, &VERBS)
        || memchr::memchr_iter(b'%', value).any(is_numbered)
}

/// `$DB_PASSWORD`
fn is_shell_variable(value: &[u8]) -> bool {
    let is_capital = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9');
    value.strip_prefix(b"$").is_some_and(|name| name.len() > 1 && name.iter().all(is_capital))
}

/// `!vault`, `!Ref`: what follows is no plain value.
fn is_yaml_tag(value: &[u8]) -> bool {
    value.strip_prefix(b"!").is_some_and(|tag| tag.iter().all(u8::is_ascii_alphabetic))
}

/// Whether a name stands in braces, which a program fills in: `{token}`, `{digits:10}`.
fn has_field(value: &[u8]) -> bool {
    memchr::memchr_iter(b'{', value).any(|open| {
        let rest = &value[open + 1..];
        let is_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
        let name = rest.iter().take_while(|byte| is_name(byte)).count();
        rest.first().is_some_and(u8::is_ascii_alphabetic) && rest.get(name) == Some(&b'}')
    })
}

/// How public keys, hashes of passwords and sums begin.
const PUBLIC_STARTS: [&[u8]; 36] = [
    b"pk.eyJ",
    b"pk_live_",
    b"pk_test_",
    b"ssh-",
    b"ecdsa-",
    b"AAAAB3Nza",
    b"AAAAC3Nza",
    b"-----",
    b"MFkw",
    b"MIGf",
    b"sha1-",
    b"sha1:",
    b"sha1$",
    b"argon2:",
    b"scrypt:",
    b"$y$",
    b"sha256",
    b"sha384-",
    b"sha512",
    b"$2a$",
    b"$2b$",
    b"$2y$",
    b"$1$",
    b"$5$",
    b"$6$",
    b"$apr1$",
    b"$argon2",
    b"pbkdf2",
    b"$pbkdf2",
    b"SCRAM-SHA-",
    b"{SSHA",
    b"{SHA",
    b"{bcrypt}",
    b"{pbkdf2",
    b"{scrypt",
    b"{argon2",
];

/// A public key, a hash of a password, a sum.
fn is_public(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    const NAMES: [&[u8]; 9] = [
        b"publickey",
        b"public_key",
        b"public-key",
        b"pubkey",
        b"publishable",
        b"amz-credential",
        b"fingerprint",
        b"sitekey",
        b"signature",
    ];
    let name = bytes[found.name.clone()].to_ascii_lowercase();
    let named = |word: &[u8]| holds(&name, word);
    begins_with_one_of(value, &PUBLIC_STARTS)
        // A private key begins with its version, `02 01 00` of DER.
        || value.starts_with(b"MIIB") && value.get(6..9) != Some(b"IBA")
        || holds_one_of(&name, &NAMES)
        || (name.starts_with(b"public") || name.starts_with(b"supublic")) && name.ends_with(b"key")
        || named(b"author") && !named(b"authoriz")
        // A line of a file of passwords: `bob:$2y$05$...`.
        || holds_one_of(value, &[b":$2y$", b":$2a$", b":$2b$", b":$apr1$"])
        || named(b"nkey") && is_public_nkey(value)
        || is_in_public_key(bytes, found)
}

/// Whether the value stands in braces behind the words *public key*: `PubKey{ID: 1, Key: "x"}`, `"publicKey": {"key": "x"}`.
fn is_in_public_key(bytes: &[u8], found: &Candidate) -> bool {
    let start = found.name.start.saturating_sub(120);
    let line =
        bytes[start..found.name.start].rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(open) = memchr::memrchr(b'{', line) else { return false };
    let owner = &line[open.saturating_sub(16)..open].to_ascii_lowercase();
    [&b"pubkey"[..], b"publickey", b"public_key"].iter().any(|word| holds(owner, word))
}

/// Whether a value is a public NKEY of NATS: 56 letters of base 32. A seed, which is secret, begins with `S`.
fn is_public_nkey(value: &[u8]) -> bool {
    let is_base32 = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
    value.len() == 56 && value[0] != b'S' && value.iter().all(is_base32)
}

/// What rules of their own look for, and know the published ones of: JSON Web Tokens, ids of AWS keys, keys and
/// tokens of Docker Swarm.
fn is_of_its_own_rule(value: &[u8]) -> bool {
    if value.starts_with(b"SWMKEY-1-") || value.starts_with(b"SWMTKN-1-") {
        return true;
    }
    let is_key_id = value.len() == 20 && (value.starts_with(b"AKIA") || value.starts_with(b"ASIA"));
    // The head of a token, without its claims.
    const HEAD_BYTES: usize = 60;
    is_key_id
        || value.starts_with(b"eyJhbGciOi") && value.len() < HEAD_BYTES
        || value.starts_with(b"eyJ") && value.iter().filter(|byte| **byte == b'.').count() >= 2
}

/// Whether a value is a digest of the usual lengths, in hexadecimal.
fn is_digest(value: &[u8]) -> bool {
    matches!(value.len(), 32 | 40 | 64) && value.iter().all(u8::is_ascii_hexdigit)
}

/// The entry of a list of sums (`"lib/key.rb": "<digest>"`), or a sum beside another one.
fn is_digest_of_a_file(bytes: &[u8], found: &Candidate, value: &[u8]) -> bool {
    let is_bare_key = bytes[found.name.clone()].eq_ignore_ascii_case(b"key");
    if let Some(at) = memchr::memrchr3(b'-', b':', b'/', value).filter(|_| is_bare_key)
        && is_digest(&value[at + 1..])
    {
        return true;
    }
    if let Some(dot) = memchr::memchr(b'.', value)
        && is_digest(&value[..dot])
    {
        return true;
    }
    if !is_digest(value) {
        return false;
    }
    // `matches("password", "<digest>")`: a password and its sum.
    if found.operator == Operator::Comma && matches!(&name_word(bytes, found)[..], b"pass" | b"pwd")
    {
        return true;
    }
    let before = found.name.start.checked_sub(1).map(|at| bytes[at]);
    let name = &bytes[found.name.clone()];
    let has_ending =
        memchr::memrchr(b'.', name).is_some_and(|dot| (2..=4).contains(&(name.len() - dot - 1)));
    let around = &bytes[found.name.start.saturating_sub(160)..found.name.start];
    // The line and the one above: see `Lines`.
    let start = memchr::memrchr_iter(b'\n', around).nth(1).map_or(0, |at| at + 1);
    let mut runs = around[start..].split(|byte| !byte.is_ascii_alphanumeric());
    before == Some(b'/') || has_ending || runs.any(|run| run.len() == value.len() && is_digest(run))
}

/// The word of the name, in lower case.
fn name_word(bytes: &[u8], found: &Candidate) -> Vec<u8> {
    bytes[found.word.clone()].to_ascii_lowercase()
}

/// The first message of NTLM, and schemes whose credentials follow further on.
fn is_handshake(value: &[u8]) -> bool {
    const STARTS: [&[u8]; 7] = [
        b"TlRMTVNTUAAB",
        b"TlRMTVNTUAAC",
        b"AWS4-HMAC",
        b"Digest",
        b"Negotiate",
        b"OAuth",
        b"Hawk",
    ];
    begins_with_one_of(value, &STARTS)
}
