//! Tokens that end in a checksum of themselves (GitHub, npm).
//! <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>

use super::{Candidate, Learnt, Verdict};
use crate::text::checksum::crc32_base62;

/// Raises tokens whose last six characters are the base62 CRC-32 of those between the last underscore
/// and themselves, and lowers others.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    let secret = candidate.secret;
    let start = secret.iter().rposition(|&byte| byte == b'_').map_or(0, |at| at + 1);
    match secret[start..].split_last_chunk::<6>() {
        Some((body, sum)) if crc32_base62(body) == *sum => Verdict::Raise,
        _ => Verdict::Lower,
    }
}
