//! Secrets of few kinds of characters.

use super::{Candidate, Learnt, Verdict, drop_if};

/// Drops secrets without an upper-case letter, a lower-case letter and something else: one in 800
/// random strings of 40 base64 characters has no digit, one in 4,000 letters only.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    let has = |class: fn(&u8) -> bool| candidate.secret.iter().any(class);
    let is_mixed = has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(|byte| !byte.is_ascii_alphabetic());
    drop_if(!is_mixed)
}
