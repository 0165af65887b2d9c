//! JSON Web Tokens: whether a token is one, and until when it is valid.

use base64::Engine as _;
use serde_json::Value;

use super::{Candidate, Learnt, Verdict};
use crate::text::base64::LENIENT_URL;
use crate::text::date::day;

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
    if is_published(&payload) {
        return Verdict::Drop;
    }
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

/// Whether a token is the sample of a standard or of a service's documentation.
fn is_published(payload: &serde_json::Map<String, Value>) -> bool {
    let is = |key: &str, values: &[&str]| {
        payload.get(key).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
    };
    // RFC 7519 has the issuer "joe", jwt.io "John Doe".
    is("iss", &["supabase-demo", "joe"]) || is("name", &["John Doe"])
}

fn object(part: &[u8]) -> Option<serde_json::Map<String, Value>> {
    serde_json::from_slice(&LENIENT_URL.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::super::tests::candidate;
    use super::{Candidate, Learnt, Verdict, check};

    #[test]
    fn check_reads_the_header_and_when_the_token_expires() {
        const HEADER: &str = r#"{"alg":"HS256"}"#;
        for (header, payload, expected, notes) in [
            (HEADER, r#"{"sub":"1"}"#, Verdict::Keep, &["algorithm HS256"][..]),
            (
                HEADER,
                r#"{"exp":1499999999}"#,
                Verdict::Lower,
                &["algorithm HS256", "expired on 2017-07-14"],
            ),
            (
                HEADER,
                r#"{"exp":1500000000}"#,
                Verdict::Keep,
                &["algorithm HS256", "valid until 2017-07-14"],
            ),
            (HEADER, r#"{"iss":"joe"}"#, Verdict::Drop, &["algorithm HS256"]),
            (HEADER, r#"{"name":"John Doe"}"#, Verdict::Drop, &["algorithm HS256"]),
            (HEADER, r#"{"iss":"jane","name":"joe"}"#, Verdict::Keep, &["algorithm HS256"]),
            (r#"{"typ":"JWT"}"#, "{}", Verdict::Drop, &[]),
            ("[]", "{}", Verdict::Drop, &[]),
            (HEADER, "x", Verdict::Drop, &[]),
        ] {
            let token =
                [header, payload, "signature"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
            let mut learnt = Learnt::default();
            let candidate = Candidate { now: 1_500_000_000, ..candidate(token.as_bytes()) };
            assert_eq!(check(&candidate, &mut learnt), expected, "{header} {payload}");
            assert_eq!(learnt.notes, notes, "{header} {payload}");
        }
    }
}
