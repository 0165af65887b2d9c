//! What a value looks like.

use super::below;
use super::lists::{SELF_WORDS, WEAK};
use crate::text::search::{ends_with_one_of, holds_one_of};

pub(super) struct Value<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) lower: Vec<u8>,
}

impl<'a> Value<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Value { bytes, lower: bytes.to_ascii_lowercase() }
    }

    pub(super) fn length(&self) -> f32 {
        self.bytes.len() as f32
    }

    /// Digits, lower case, upper case and anything else, as bits.
    pub(super) fn classes(&self) -> u8 {
        self.bytes.iter().fold(0, |bits, byte| {
            bits | match byte {
                b'0'..=b'9' => 1,
                b'a'..=b'z' => 2,
                b'A'..=b'Z' => 4,
                _ => 8,
            }
        })
    }

    /// How often the bytes go from one kind to another.
    pub(super) fn changes(&self, is: fn(&u8) -> bool) -> f32 {
        let letters = self.bytes.iter().filter(|byte| byte.is_ascii_alphanumeric());
        let kinds: Vec<bool> = letters.map(is).collect();
        kinds.windows(2).filter(|pair| pair[0] != pair[1]).count() as f32
    }

    pub(super) fn entropy_share(&self) -> f32 {
        let most = self.length().min(64.).log2().max(1.);
        crate::text::entropy::shannon(self.bytes) / most
    }

    pub(super) fn distinct(&self) -> f32 {
        let mut seen = [false; 256];
        self.bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
        seen.iter().filter(|seen| **seen).count() as f32
    }

    pub(super) fn longest_repeat(&self) -> f32 {
        self.bytes.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0) as f32
    }

    /// The share of bytes that follow their neighbour in the alphabet.
    pub(super) fn neighbours(&self) -> f32 {
        let steps = self.bytes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
        steps as f32 / self.length()
    }

    pub(super) fn digest(&self) -> u8 {
        if !self.bytes.iter().all(u8::is_ascii_hexdigit) || self.bytes.len() < 12 {
            return 0;
        }
        match self.bytes.len() {
            32 => 1,
            40 => 2,
            64 => 3,
            96 | 128 => 4,
            length if length % 2 == 0 => 5,
            _ => 6,
        }
    }

    pub(super) fn base64(&self) -> u8 {
        let body = self.bytes.trim_ascii_end();
        let padding = body.iter().rev().take_while(|byte| **byte == b'=').count();
        let is_body = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        let is_all = body[..body.len() - padding].iter().all(is_body);
        match (is_all && body.len() >= 12, padding) {
            (false, _) => 0,
            (true, 0) => 1,
            (true, 1 | 2) => 2,
            _ => 3,
        }
    }

    pub(super) fn is_uuid(&self) -> bool {
        self.bytes.len() == 36
            && self.bytes.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    }

    pub(super) fn count(&self, of: &[u8]) -> f32 {
        self.bytes.iter().filter(|byte| of.contains(byte)).count() as f32
    }

    pub(super) fn first(&self) -> u8 {
        match self.bytes[0] {
            b'a'..=b'z' => 0,
            b'A'..=b'Z' => 1,
            b'0'..=b'9' => 2,
            b'$' => 3,
            b'%' | b'@' | b'&' => 4,
            b':' | b'.' | b'/' | b'~' => 5,
            b'{' | b'[' | b'(' | b'<' => 6,
            b'*' | b'!' | b'#' => 7,
            b'_' | b'-' | b'+' => 8,
            _ => 9,
        }
    }

    pub(super) fn is_file_name(&self) -> bool {
        let Some(dot) = memchr::memrchr(b'.', self.bytes) else { return false };
        let ending = &self.bytes[dot + 1..];
        (1..=5).contains(&ending.len()) && ending.iter().all(u8::is_ascii_lowercase) && dot > 1
    }

    pub(super) fn is_template(&self) -> bool {
        let marks: [&[u8]; 14] = [
            b"${", b"{{", b"}}", b"<%", b"%(", b"%s", b"#{", b"$(", b"@{", b"{0}", b"%d", b"<",
            b"__", b"$",
        ];
        holds_one_of(self.bytes, &marks[..12])
            || self.bytes.starts_with(b"%") && self.bytes.ends_with(b"%")
            || self.bytes.starts_with(b"{") && self.bytes.ends_with(b"}")
            || self.bytes.starts_with(b"__") && self.bytes.ends_with(b"__")
            || self.bytes.starts_with(b"$")
                && self.bytes[1..].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    }

    pub(super) fn holds(&self, words: &[&[u8]]) -> bool {
        holds_one_of(&self.lower, words)
    }

    pub(super) fn is_one_of(&self, words: &[&[u8]]) -> bool {
        words.iter().any(|word| self.lower == *word)
    }

    pub(super) fn is_mask(&self) -> bool {
        let marks: [&[u8]; 4] = [b"***", b"xxxx", b"...", b"---"];
        self.holds(&marks) || self.lower.iter().all(|byte| b"*x.-_ ?#".contains(byte))
    }

    /// 0 for what no language takes for an identifier; else how it is written.
    pub(super) fn identifier(&self) -> u8 {
        let is_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':');
        if !self.bytes.iter().all(is_name) || self.bytes[0].is_ascii_digit() {
            return 0;
        }
        let has = |of: u8| self.bytes.contains(&of);
        let upper = self.bytes.iter().any(u8::is_ascii_uppercase);
        let lower = self.bytes.iter().any(u8::is_ascii_lowercase);
        match (upper, lower) {
            _ if has(b'.') || has(b':') => 1,
            (true, false) => 2,
            (false, _) if has(b'_') || has(b'-') => 3,
            (true, true) => 4,
            _ => 5,
        }
    }

    pub(super) fn digits_share(&self) -> u8 {
        let digits = self.bytes.iter().filter(|byte| byte.is_ascii_digit()).count() as f32;
        below(digits / self.length(), &[0.01, 0.15, 0.3, 0.5, 0.99])
    }
}

/// Whether a value is one of the words that guard nothing.
pub(in crate::engine) fn is_weak(value: &[u8]) -> bool {
    value.len() < 3
        || Value::new(value).is_one_of(&WEAK)
        || {
            let letters: Vec<u8> = value.iter().map(letter_of).collect();
            letters.len() > 4 && Value::new(&letters).is_one_of(&WEAK)
        }
        || is_password_disguised(value)
        || names_itself(value)
        || is_known_with_digits(value)
        || describes_itself(value)
}

/// Whether a value is a word that guards nothing with the digits and signs that rules ask for: `Minio123!`.
fn is_known_with_digits(value: &[u8]) -> bool {
    const DIGITS: [&[u8]; 9] =
        [b"", b"1", b"12", b"123", b"1234", b"12345", b"123456", b"321", b"01"];
    let Some(last) = value.iter().rposition(u8::is_ascii_alphabetic) else { return false };
    let (word, rest) = value.split_at(last + 1);
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, signs) = rest.split_at(digits);
    word.len() > 6
        && DIGITS.contains(&digits)
        && signs.len() < 3
        && !signs.iter().any(u8::is_ascii_alphanumeric)
        && Value::new(word).is_one_of(&WEAK)
}

/// Whether a value is made of nothing but words that say what it is, with digits for letters or without:
/// `4-v3ry-53cr37-p455w0rd`, `NotV3ryS3cur3P@$$w0rd`.
fn describes_itself(value: &[u8]) -> bool {
    const MAX_BYTES: usize = 40;
    // What is shorter guards something in tests of real programs too often.
    const MIN_BYTES: usize = 12;
    if value.len() > MAX_BYTES || value.len() < MIN_BYTES {
        return false;
    }
    // For each place, whether words reach it, and whether one of them names a secret.
    let mut reached = [[false; 2]; MAX_BYTES + 1];
    reached[0][0] = true;
    for at in 0..value.len() {
        for named in [false, true] {
            if !reached[at][usize::from(named)] {
                continue;
            }
            if !value[at].is_ascii_alphabetic() {
                reached[at + 1][usize::from(named)] = true;
            }
            for (word, names) in SELF_WORDS {
                if spells(&value[at..], word) {
                    reached[at + word.len()][usize::from(named || names)] = true;
                }
            }
        }
    }
    reached[value.len()][1]
}

/// Whether some text begins with a word, digits and signs for letters or not.
fn spells(text: &[u8], word: &[u8]) -> bool {
    text.len() >= word.len()
        && text.iter().zip(word).all(|(byte, letter)| {
            byte.to_ascii_lowercase() == *letter
                || match byte {
                    b'0' => *letter == b'o',
                    b'1' | b'!' => matches!(letter, b'i' | b'l'),
                    b'3' => *letter == b'e',
                    b'4' | b'@' => *letter == b'a',
                    b'5' | b'$' => *letter == b's',
                    b'7' => *letter == b't',
                    _ => false,
                }
        })
}

/// Whether a value is the word *password* with digits for letters, letters doubled, and digits and signs behind it:
/// `P@ssw0rd1234!`, what everybody writes where rules ask for four kinds of characters; or a walk over the keyboard.
fn is_password_disguised(value: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
    let Some(last) = value.iter().rposition(is_letter) else { return false };
    let mut letters: Vec<u8> =
        value[..=last].iter().map(|byte| letter_of(byte).to_ascii_lowercase()).collect();
    letters.dedup();
    let only: Vec<u8> =
        value.iter().filter(|byte| is_letter(byte)).map(u8::to_ascii_lowercase).collect();
    let is_walk = matches!(
        &only[..],
        b"qwer"
            | b"qwert"
            | b"qwerty"
            | b"qwertz"
            | b"qazwsx"
            | b"asdf"
            | b"asdfgh"
            | b"asdfqwer"
            | b"qweasd"
            | b"zxcvbn"
    );
    is_walk || matches!(&letters[..], b"pasword" | b"mypasword" | b"pasphrase" | b"testpasword")
}

/// Whether a value is words in lower case that end in what it is: `rootpassword`, `my_client_secret`.
fn names_itself(value: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] =
        [b"password", b"passwd", b"pwd", b"secret", b"passphrase", b"passcode", b"_pass", b"-pass"];
    value.len() <= 32
        && value.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
        && ends_with_one_of(value, &ENDS)
}

/// The letter that a digit or a sign stands for in words such as `p4ssw0rd`.
const fn letter_of(byte: &u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        byte => *byte,
    }
}
