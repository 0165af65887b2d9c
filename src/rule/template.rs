//! Examples of secrets that are made when they are needed.
//!
//! No token-shaped text stands in the repository: a rule's examples are templates, and
//! [`expand`] fills them from a generator with a fixed seed. The forms:
//!
//! | form | becomes |
//! |---|---|
//! | `{alnum:36}` | random characters of a class; also `hex`, `HEX`, `upper`, `lower`, `digit`, `upnum`, `lownum`, `base32`, `base64`, `base64url`, `word` |
//! | `{zero:9}`, `{x:9}` | that many `0` or `x` |
//! | `{uuid}` | a random UUID in lower case |
//! | `{crc:ghp_:30}` | the prefix, random characters, and their checksum |
//! | `{jwt}`, `{jwt:expired}` | a JSON Web Token without or with a past `exp` |
//! | `{pem:LABEL}`, `{pem1:LABEL}` | an armoured key on several lines, or on one with `\n` escapes |
//! | `{}` | nothing (it splits text that would look like a token) |
//! | `{{`, `}}` | a brace |

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::text::checksum::crc32_base62;

/// A template that cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown form `{{{form}}}` in the template {template:?}")]
pub struct TemplateError {
    form: String,
    template: String,
}

/// Expands a template; the same template gives the same bytes on every run.
///
/// # Errors
/// An unknown form or a missing number.
///
/// ```
/// let text = tightlip::rule::expand("key = {zero:4}-{upper:20}")?;
/// assert!(text.starts_with(b"key = 0000-") && text.len() == 31);
/// # Ok::<(), tightlip::rule::TemplateError>(())
/// ```
pub fn expand(template: &str) -> Result<Vec<u8>, TemplateError> {
    let mut random = Random::seeded(template.as_bytes());
    let mut out = Vec::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let doubled = rest.as_bytes().get(at + 1) == rest.as_bytes().get(at);
        if doubled || rest.as_bytes()[at] == b'}' {
            out.push(rest.as_bytes()[at]);
            rest = &rest[at + 1 + usize::from(doubled)..];
            continue;
        }
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end);
        let form = &rest[at + 1..end];
        let filled = fill(form, &mut random).ok_or_else(|| TemplateError {
            form: form.to_owned(),
            template: template.to_owned(),
        })?;
        out.extend_from_slice(&filled);
        rest = rest.get(end + 1..).unwrap_or("");
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

fn fill(form: &str, random: &mut Random) -> Option<Vec<u8>> {
    let (name, argument) = form.split_once(':').unwrap_or((form, ""));
    match name {
        "" => Some(Vec::new()),
        "zero" => Some(vec![b'0'; count(argument)?]),
        "x" => Some(vec![b'x'; count(argument)?]),
        "uuid" => Some([8, 4, 4, 4, 12].map(|n| random.text(HEX, n)).join(&b'-')),
        "crc" => {
            let (prefix, length) = argument.rsplit_once(':')?;
            let body = random.text(ALNUM, count(length)?);
            let sum = crc32_base62(&body);
            Some([prefix.as_bytes(), &body, &sum].concat())
        }
        "basic" => Some(basic(count(argument)?, random)),
        "jwt" => Some(jwt(argument == "expired", random)),
        "pem" => Some(pem(argument, "\n", random)),
        "pem1" => Some(pem(argument, "\\n", random)),
        _ => Some(random.text(alphabet(name)?, count(argument)?)),
    }
}

/// A number of characters; no example needs more than a megabyte.
fn count(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&count| count <= 1 << 20)
}

const HEX: &[u8] = b"0123456789abcdef";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn alphabet(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "alnum" => ALNUM,
        "hex" => HEX,
        "HEX" => b"0123456789ABCDEF",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "lower" => b"abcdefghijklmnopqrstuvwxyz",
        "digit" => b"0123456789",
        "upnum" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "lownum" => b"0123456789abcdefghijklmnopqrstuvwxyz",
        "base32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "base64" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "base64url" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "word" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_",
        _ => return None,
    })
}

/// A user and a password of so many characters, as HTTP's scheme Basic encodes them.
fn basic(count: usize, random: &mut Random) -> Vec<u8> {
    use base64::engine::general_purpose::STANDARD;
    STANDARD.encode([b"ada:".to_vec(), random.text(ALNUM, count)].concat()).into_bytes()
}

fn jwt(expired: bool, random: &mut Random) -> Vec<u8> {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let subject = String::from_utf8_lossy(&random.text(b"123456789", 10)).into_owned();
    let expiry = if expired { r#","exp":1500000000"# } else { "" };
    let payload =
        URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"{subject}","iat":1490000000{expiry}}}"#));
    let signature = URL_SAFE_NO_PAD.encode(random.bytes(32));
    format!("{header}.{payload}.{signature}").into_bytes()
}

/// An armoured block: a plausible body for the label, 64 characters a line.
fn pem(label: &str, newline: &str, random: &mut Random) -> Vec<u8> {
    let mut body = match label {
        "OPENSSH PRIVATE KEY" => b"openssh-key-v1\0".to_vec(),
        // A DER sequence of 600 bytes that begins with the version number.
        _ => vec![0x30, 0x82, 0x02, 0x58, 0x02, 0x01, 0x00],
    };
    let total = body.len().max(4) + 0x258 - 3;
    body.extend(random.bytes(total - body.len()));
    let encoded = STANDARD.encode(body);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    lines.extend(
        encoded.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()),
    );
    lines.push(format!("-----END {label}-----"));
    let mut text = lines.join(newline);
    text.push_str(newline);
    text.into_bytes()
}

/// SplitMix64, seeded from text: examples must differ from each other and never between runs.
struct Random(u64);

impl Random {
    fn seeded(text: &[u8]) -> Self {
        let fnv = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random(text.iter().fold(0xcbf2_9ce4_8422_2325, fnv))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> Vec<u8> {
        (0..length).map(|_| alphabet[(self.next() % alphabet.len() as u64) as usize]).collect()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn forms_expand_to_their_length_and_class() {
        assert_eq!(expand("{{a}}").unwrap(), b"{a}");
        assert_eq!(expand("BE{}GIN").unwrap(), b"BEGIN");
        let token = expand("{crc:ghp_:30}").unwrap();
        assert_eq!(token.len(), 40);
        assert_eq!(expand("{crc:ghp_:30}").unwrap(), token);
        assert!(expand("{pem:EC PRIVATE KEY}").unwrap().ends_with(b"KEY-----\n"));
        assert_eq!(expand("{jwt}").unwrap().iter().filter(|&&b| b == b'.').count(), 2);
    }

    #[test]
    fn an_unknown_form_is_an_error() {
        assert!(expand("{nothing:3}").unwrap_err().to_string().contains("{nothing:3}"));
        assert!(expand("{hex}").is_err());
    }
}
