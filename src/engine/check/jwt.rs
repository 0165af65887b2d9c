//! JSON Web Tokens: whether a token is one, and until when it is valid.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use serde_json::Value;

use super::{Candidate, Learnt, Verdict};
use crate::text::date::day;

const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Drops what does not decode to a header with `alg` and a payload; an expired token is lowered.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let mut parts = candidate.secret.split(|&byte| byte == b'.');
    let (Some(header), Some(payload)) =
        (parts.next().and_then(object), parts.next().and_then(object))
    else {
        return Verdict::Drop;
    };
    let Some(algorithm) = header.get("alg").and_then(Value::as_str) else {
        return Verdict::Drop;
    };
    learnt.notes.push(format!("algorithm {algorithm}"));
    match payload.get("exp").and_then(Value::as_i64) {
        Some(expiry) if expiry < candidate.now => {
            learnt.notes.push(format!("expired on {}", day(expiry)));
            Verdict::Lower
        }
        Some(expiry) => {
            learnt.notes.push(format!("valid until {}", day(expiry)));
            Verdict::Keep
        }
        None => Verdict::Keep,
    }
}

fn object(part: &[u8]) -> Option<serde_json::Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE.decode(part).ok()?).ok()
}
