//! The id of an access key.

use std::fmt;

use crate::engine::aws_account;

/// The id of an AWS access key. It is no secret, and is shown whole: every command needs it.
///
/// ```
/// use tightlip::respond::{KeyId, KeyKind};
/// let text = String::from_utf8(tightlip::rule::expand("ASIA{base32:16}").unwrap()).unwrap();
/// assert_eq!(KeyId::parse(&text)?.kind(), KeyKind::Temporary);
/// assert!(KeyId::parse("--profile").is_err());
/// # Ok::<(), tightlip::respond::KeyIdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

/// How long a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `AKIA...`: the key of a user, or of the account's root, until it is deleted.
    LongTerm,
    /// `ASIA...`: the key of a session.
    Temporary,
}

/// A text that is not the id of an access key. It is not repeated: it may be a pasted secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyIdError {
    /// The id of something else in IAM.
    #[error("this is the id of {0}, not of an access key, which begins with AKIA or ASIA")]
    OfSomethingElse(&'static str),
    /// No id at all.
    #[error(
        "this is not the id of an AWS access key, which has 16 to 128 capital letters and digits \
         and begins with AKIA or ASIA; if it was the secret, tell nobody, and give the id"
    )]
    NotAnId,
}

/// What other ids of IAM begin with.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>
const OTHERS: &[(&str, &str)] = &[
    ("ABIA", "a bearer token of STS"),
    ("ACCA", "a context-specific credential"),
    ("AGPA", "a group"),
    ("AIDA", "a user"),
    ("AIPA", "an instance profile"),
    ("ANPA", "a managed policy"),
    ("APKA", "a public key"),
    ("AROA", "a role"),
    ("ASCA", "a certificate"),
];

impl KeyId {
    /// Reads an id. White space around it is left out.
    ///
    /// # Errors
    /// The text is not the id of an access key.
    pub fn parse(text: &str) -> Result<Self, KeyIdError> {
        let text = text.trim();
        let is_id = (16..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !is_id {
            return Err(KeyIdError::NotAnId);
        }
        let other = OTHERS.iter().find(|(prefix, _)| text.starts_with(prefix));
        match other {
            Some((_, kind)) => Err(KeyIdError::OfSomethingElse(kind)),
            None if text.starts_with("AKIA") || text.starts_with("ASIA") => {
                Ok(KeyId(text.to_owned()))
            }
            None => Err(KeyIdError::NotAnId),
        }
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns how long the key lives.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        if self.0.starts_with("ASIA") { KeyKind::Temporary } else { KeyKind::LongTerm }
    }

    /// Returns the account that the id itself holds; older ids hold none.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        aws_account(self.0.as_bytes())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyId, KeyIdError};

    #[test]
    fn parse_refuses_other_ids_and_never_repeats_what_it_was_given() {
        let made = |template| String::from_utf8(crate::rule::expand(template).unwrap()).unwrap();
        let user = KeyId::parse(&made("AIDA{base32:16}")).unwrap_err();
        assert_eq!(user, KeyIdError::OfSomethingElse("a user"));
        for wrong in [made("{base64:40}"), made("{upnum:20}"), "AKIA".into(), "-h".into()] {
            let error = KeyId::parse(&wrong).unwrap_err();
            assert_eq!(error, KeyIdError::NotAnId);
            assert!(!error.to_string().contains(&wrong) || wrong == "AKIA");
        }
    }
}
