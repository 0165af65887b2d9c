//! Short prefixes inside encoded data.

use super::{Candidate, Learnt, Verdict, drop_if};

/// Drops what stands inside encoded data, such as an image: it holds every short prefix sooner or later.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    drop_if(candidate.is_inside_data())
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Candidate, Learnt, Verdict, check};

    #[test]
    fn secret_in_a_long_run_of_base64_is_dropped() {
        let data = [b'a'; 100];
        let verdict = |before: &[u8], behind: &[u8]| {
            let candidate = Candidate { before, behind, ..candidate(b"EAAB") };
            check(&candidate, &mut Learnt::default())
        };
        assert_eq!(verdict(&data, b"\""), Verdict::Drop);
        assert_eq!(verdict(b"\"", &data), Verdict::Drop);
        assert_eq!(verdict(&data[..20], &data[..20]), Verdict::Keep);
        assert_eq!(verdict(b"token=", b""), Verdict::Keep);
    }
}
