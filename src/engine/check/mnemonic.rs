//! Phrases of words that a wallet is made of (BIP 39).

use super::{Candidate, Learnt, Verdict, drop_if};

/// Words of sentences. None of them is on the English list of BIP 39.
const OF_SENTENCES: [&[u8]; 14] = [
    b"the", b"and", b"for", b"with", b"your", b"from", b"not", b"but", b"was", b"has", b"its",
    b"were", b"into", b"which",
];

/// Fewer words that differ than this are an example: `test test test ... junk`.
const MIN_WORDS: usize = 8;

/// Drops sentences and phrases of few words. A phrase has 12, 15, 18, 21 or 24.
pub(super) fn check(candidate: &Candidate<'_>, _learnt: &mut Learnt) -> Verdict {
    let words: Vec<&[u8]> = candidate.secret.split(|byte| *byte == b' ').collect();
    let mut different = words.clone();
    different.sort_unstable();
    different.dedup();
    let is_sentence = words.iter().any(|word| OF_SENTENCES.contains(word));
    drop_if(
        !(12..=24).contains(&words.len())
            || !words.len().is_multiple_of(3)
            || different.len() < MIN_WORDS
            || is_sentence,
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Learnt, Verdict, check};

    #[test]
    fn only_a_phrase_of_many_words_is_kept() {
        let word = |at: u8| format!("wor{}", char::from(b'a' + at));
        let phrase = |count: u8| (0..count).map(word).collect::<Vec<_>>().join(" ");
        for (text, expected) in [
            (phrase(12), Verdict::Keep),
            (phrase(24), Verdict::Keep),
            (phrase(13), Verdict::Drop),
            (phrase(9), Verdict::Drop),
            (phrase(27), Verdict::Drop),
            (phrase(12).replace("worc", "the"), Verdict::Drop),
            ("abandon ".repeat(11) + "about", Verdict::Drop),
        ] {
            assert_eq!(
                check(&candidate(text.as_bytes()), &mut Learnt::default()),
                expected,
                "{text}"
            );
        }
    }
}
