//! JSON Web Tokens: whether they are, and until when.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use serde_json::Value;

use super::{Candidate, Verdict};

const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Drops what does not decode to a header with `alg` and a payload; an expired token is lowered.
pub(super) fn check(candidate: Candidate<'_>, notes: &mut Vec<String>) -> Verdict {
    let mut parts = candidate.secret.split(|&byte| byte == b'.');
    let (Some(header), Some(payload)) =
        (parts.next().and_then(object), parts.next().and_then(object))
    else {
        return Verdict::Drop;
    };
    let Some(algorithm) = header.get("alg").and_then(Value::as_str) else {
        return Verdict::Drop;
    };
    notes.push(format!("algorithm {algorithm}"));
    match payload.get("exp").and_then(Value::as_i64) {
        Some(expiry) if expiry < candidate.now => {
            notes.push(format!("expired on {}", date(expiry)));
            Verdict::Lower
        }
        Some(expiry) => {
            notes.push(format!("valid until {}", date(expiry)));
            Verdict::Keep
        }
        None => Verdict::Keep,
    }
}

fn object(part: &[u8]) -> Option<serde_json::Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE.decode(part).ok()?).ok()
}

/// A day in UTC as `YYYY-MM-DD`, by Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400).clamp(-700_000, 2_000_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
