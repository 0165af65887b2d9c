//! Passwords that guard nothing: `password`, `changeme`, `test`.

use super::{Candidate, Learnt, Verdict, drop_if};
use crate::engine::generic::is_weak;

/// Drops words that stand in for a password in manuals and examples, and the name of the user before it.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(is_weak(candidate.secret) || is_user(candidate) || is_constant(candidate.secret))
}

/// Whether a secret is the name of a value that someone has to fill in: `ADMIN_PW`.
fn is_constant(secret: &[u8]) -> bool {
    secret.contains(&b'_') && secret.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// Whether the secret stands before itself as the user of a command: `mysql -u shop -pshop`.
fn is_user(candidate: &Candidate<'_>) -> bool {
    let Some(length) = candidate.matched.len().checked_sub(candidate.secret.len()) else {
        return false;
    };
    candidate.matched[..length]
        .split(u8::is_ascii_whitespace)
        .any(|word| word.strip_prefix(b"-u").unwrap_or(word) == candidate.secret)
}
