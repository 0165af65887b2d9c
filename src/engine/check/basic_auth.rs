//! `user:password` in base64, as HTTP and container registries write it (RFC 7617).

use base64::Engine as _;

use super::placeholder::is_placeholder;
use super::{Candidate, Learnt, Verdict, drop_if};
use crate::engine::generic::is_weak;
use crate::text::base64::LENIENT;

/// Drops what is no user and password, and passwords that guard nothing.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(!password(candidate.secret).is_some_and(|password| {
        !password.is_empty() && !is_weak(&password) && !is_placeholder(&password)
    }))
}

/// The password, if the text is a user and a password.
fn password(encoded: &[u8]) -> Option<Vec<u8>> {
    let text = LENIENT.decode(encoded).ok()?;
    let is_text = text.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let colon = memchr::memchr(b':', &text)?;
    (is_text && colon > 0).then(|| text[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use base64::Engine as _;

    use super::{LENIENT, Learnt, Verdict, check};

    #[test]
    fn check_judges_the_password_inside() {
        for (text, expected) in [
            ("bob:Xk3!pQ9z", Verdict::Keep),
            ("bob:password", Verdict::Drop),
            ("bob:", Verdict::Drop),
            ("no colon at all", Verdict::Drop),
        ] {
            let encoded = LENIENT.encode(text);
            let verdict = check(&candidate(encoded.as_bytes()), &mut Learnt::default());
            assert_eq!(verdict, expected, "{text}");
        }
    }
}
