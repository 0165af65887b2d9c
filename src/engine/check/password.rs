//! Passwords that stand where no name tells of them: an argument of a call, of a command, a word of a line.
//!
//! The judge of generic secrets is asked, as if the text were assigned to `password`.

use super::{Candidate, Learnt, Verdict};
use crate::engine::generic::as_password;
use crate::rule::Confidence;

/// Drops what the judge takes for no password; plain words are of low confidence.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    match as_password(candidate.secret) {
        None => Verdict::Drop,
        Some(Confidence::Low) => Verdict::Lowest,
        Some(_) => Verdict::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Learnt, Verdict, check};

    #[test]
    fn check_asks_the_judge_of_generic_secrets() {
        for (text, expected) in [
            ("Tr0ub4dor-wYj", Verdict::Keep),
            ("blue-Horse77", Verdict::Keep),
            ("password", Verdict::Drop),
            ("p4ssw0rd", Verdict::Drop),
            ("tangerine", Verdict::Lowest),
            ("user_name", Verdict::Drop),
            ("$PASSWORD", Verdict::Drop),
            ("${PASSWORD}", Verdict::Drop),
            ("<password>", Verdict::Drop),
            ("get_password()", Verdict::Drop),
            ("two words", Verdict::Drop),
            ("", Verdict::Drop),
        ] {
            let verdict = check(&candidate(text.as_bytes()), &mut Learnt::default());
            assert_eq!(verdict, expected, "{text}");
        }
    }
}
