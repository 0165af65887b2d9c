//! Passwords that guard nothing: `password`, `changeme`, `test`.

use super::{Candidate, Learnt, Verdict, drop_if};
use crate::engine::generic::is_weak;

/// Drops words that stand in for a password in manuals and examples.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(is_weak(candidate.secret))
}
