//! Secrets of hexadecimal digits only.

use super::{Candidate, Learnt, Verdict, drop_if};

/// Drops secrets of hexadecimal digits only, such as a SHA-1.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(candidate.secret.iter().all(u8::is_ascii_hexdigit))
}
