//! What a name says.

use super::super::grammar::Candidate;
use super::lists::THINGS;
use super::value::Value;
use crate::text::search::holds;

pub(super) struct Name<'a> {
    pub(super) text: &'a [u8],
    /// The words of the name, in lower case.
    pub(super) words: Vec<Vec<u8>>,
    pub(super) family: u8,
    /// Which of the words holds the secret word.
    pub(super) at: usize,
}

impl<'a> Name<'a> {
    pub(super) fn new(bytes: &'a [u8], found: &Candidate) -> Self {
        let text = &bytes[found.name.clone()];
        let word = bytes[found.word.clone()].to_ascii_lowercase();
        let words: Vec<Vec<u8>> = words(text).into_iter().map(<[u8]>::to_ascii_lowercase).collect();
        let at = words.iter().rposition(|own| holds(own, &word));
        let joined = words.concat();
        let holds = |part: &[u8]| holds(&joined, part);
        let family = match &word[..] {
            b"pass" | b"pwd" | b"psk" | b"pw" | b"kennwort" | b"wachtwoord" | b"contrasena"
            | b"senha" => 0,
            b"secret" => 1,
            b"token" | b"jwt" | b"bearer" => 2,
            b"key" if holds(b"apikey") => 3,
            b"key"
                if holds(b"access")
                    || holds(b"private")
                    || holds(b"encr")
                    || holds(b"sign")
                    || holds(b"secret") =>
            {
                4
            }
            b"key" => 5,
            b"auth" => 6,
            b"cred" => 7,
            b"salt" | b"nonce" | b"seed" | b"hmac" => 8,
            b"sess" | b"cookie" => 9,
            b"csrf" | b"xsrf" => 10,
            _ => 11,
        };
        Name { text, at: at.unwrap_or(words.len()), words, family }
    }

    /// Whether the secret word is the whole name, its last word, or what follows it.
    pub(super) fn word_place(&self) -> u8 {
        let last = self.words.len().saturating_sub(1);
        match self.words.get(self.at + 1) {
            None if self.words.len() == 1 => 0,
            None if self.at == last => 1,
            None => 4,
            Some(next) if next.iter().all(u8::is_ascii_digit) => 2,
            Some(_) => 3,
        }
    }

    pub(super) fn ends_with_thing(&self) -> bool {
        self.at + 1 < self.words.len()
            && self.words.last().is_some_and(|last| THINGS.contains(&&last[..]))
    }

    pub(super) fn holds_any(&self, words: &[&[u8]]) -> bool {
        self.words.iter().any(|own| words.contains(&&own[..]))
    }

    pub(super) fn case(&self) -> u8 {
        let has = |is: fn(&u8) -> bool| self.text.iter().any(is);
        let (upper, lower) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase));
        match (upper, lower) {
            (true, false) => 0,
            _ if self.text.contains(&b'.') => 1,
            _ if self.text.contains(&b'-') => 2,
            (false, true) if self.text.contains(&b'_') => 3,
            (false, _) => 4,
            _ if self.text[0].is_ascii_uppercase() => 5,
            _ => 6,
        }
    }

    /// Whether the value is the name, or shares a word of four letters with it.
    pub(super) fn shared_with(&self, value: &Value<'_>) -> u8 {
        if self.text.eq_ignore_ascii_case(value.bytes) {
            return 2;
        }
        let shares = |word: &Vec<u8>| word.len() > 3 && holds(&value.lower, word);
        u8::from(self.words.iter().any(shares))
    }
}

/// The words of a name: parted by signs and at changes of case.
pub(in crate::engine::generic) fn words(name: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    for part in name.split(|byte| !byte.is_ascii_alphanumeric()) {
        let mut start = 0;
        for at in 1..part.len() {
            let (before, here) = (part[at - 1], part[at]);
            let next_is_lower = part.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            let begins = here.is_ascii_uppercase()
                && (before.is_ascii_lowercase() || next_is_lower && before.is_ascii_uppercase())
                || here.is_ascii_digit() != before.is_ascii_digit();
            if begins {
                words.push(&part[start..at]);
                start = at;
            }
        }
        words.push(&part[start..]);
    }
    words.retain(|word| !word.is_empty());
    words
}
