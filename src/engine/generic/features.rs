//! What the model looks at: a candidate as a list of small numbers.
//!
//! Each group of features has one step: a number cut into ranges, or one of a few kinds. The trainer gives every step
//! a weight. Groups stand in the order of [`GROUPS`], which names them in the file of weights.

use super::grammar::{Candidate, Kind, Operator, Quote, Scheme};
use super::letters;
use crate::text::search::holds;

/// A group of features.
pub struct Group {
    /// Its name in the file of weights.
    pub name: &'static str,
    /// How many steps it has.
    pub steps: u8,
    /// Whether the steps rise: then the trainer learns what each adds to the one before.
    pub is_ordered: bool,
}

/// Ordered by where `cuts` part the numbers.
const fn cut(name: &'static str, cuts: &[f32]) -> Group {
    Group { name, steps: cuts.len() as u8 + 1, is_ordered: true }
}

/// One of a few kinds.
const fn kinds(name: &'static str, steps: u8) -> Group {
    Group { name, steps, is_ordered: false }
}

const SUM: [f32; 17] =
    [-40., -30., -22., -16., -12., -9., -6., -4., -2., 0., 2., 4., 7., 10., 15., 22., 30.];
const MEAN: [f32; 13] = [-3., -2.5, -2., -1.6, -1.3, -1., -0.7, -0.4, -0.1, 0.2, 0.5, 0.8, 1.2];
const LENGTH: [f32; 19] =
    [4., 5., 6., 7., 8., 9., 10., 12., 14., 16., 18., 20., 24., 28., 32., 36., 40., 64., 100.];
const COUNT: [f32; 8] = [1., 2., 3., 4., 6., 8., 12., 20.];
const SHARE: [f32; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.95];
const ENTROPY: [f32; 9] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99];
const REPEAT: [f32; 4] = [2., 3., 4., 6.];
const FEW: [f32; 3] = [1., 2., 3.];
const NAME_LENGTH: [f32; 6] = [4., 7., 10., 15., 20., 30.];

/// Every group, in the order of a candidate's steps.
pub const GROUPS: [Group; 58] = [
    cut("letters-sum", &SUM),
    cut("letters-mean", &MEAN),
    cut("letters-mean-whole", &MEAN),
    cut("letters-worst-run", &MEAN),
    cut("length", &LENGTH),
    kinds("classes", 16),
    cut("digit-letter-changes", &COUNT),
    cut("case-changes", &COUNT),
    cut("entropy-share", &ENTROPY),
    cut("distinct-share", &SHARE),
    cut("longest-repeat", &REPEAT),
    cut("neighbour-share", &SHARE),
    kinds("digest", 7),
    kinds("base64", 4),
    kinds("uuid", 2),
    cut("dots", &FEW),
    cut("slashes", &FEW),
    cut("colons", &FEW),
    cut("dashes", &FEW),
    cut("underscores", &FEW),
    cut("specials", &FEW),
    cut("blanks", &FEW),
    kinds("first", 10),
    kinds("file-name", 2),
    kinds("template", 2),
    kinds("placeholder-word", 2),
    kinds("secret-word", 2),
    kinds("shares-name", 3),
    kinds("constant", 2),
    kinds("weak-word", 2),
    kinds("mask", 2),
    kinds("identifier", 6),
    kinds("family", 12),
    kinds("word-place", 5),
    kinds("thing", 2),
    kinds("other-key", 2),
    kinds("name-case", 7),
    cut("name-words", &COUNT),
    cut("name-length", &NAME_LENGTH),
    kinds("declared", 2),
    kinds("dollar", 2),
    kinds("operator", 11),
    kinds("quote", 5),
    kinds("kind", 6),
    kinds("scheme", 5),
    kinds("wrapped", 2),
    kinds("behind", 10),
    kinds("before", 7),
    kinds("ends-line", 2),
    kinds("code-line", 2),
    kinds("comment", 2),
    kinds("digits-share", 6),
    kinds("family-classes", 60),
    kinds("operator-quote", 22),
    kinds("letters-classes", 60),
    kinds("bare-word", 4),
    kinds("length-classes", 36),
    kinds("non-ascii", 2),
];

/// The steps of a candidate, one for each group.
pub type Steps = [u8; GROUPS.len()];

/// Returns the steps of a candidate.
pub(super) fn steps(bytes: &[u8], found: &Candidate) -> Steps {
    let value = Value::new(&bytes[found.value.clone()]);
    let name = Name::new(bytes, found);
    let place = Place::new(bytes, found);
    let letters = letters::Score::new(value.bytes);
    let is_bare = found.quote == Quote::None;
    let classes = value.classes();
    let coarse = coarse(classes);
    let letters_coarse = below(letters.sum, &[-20., -9., -2., 4., 15.]);
    [
        below(letters.sum, &SUM),
        below(letters.mean, &MEAN),
        below(letters.mean_whole, &MEAN),
        below(letters.worst_run, &MEAN),
        below(value.length(), &LENGTH),
        classes,
        below(value.changes(u8::is_ascii_digit), &COUNT),
        below(value.changes(u8::is_ascii_uppercase), &COUNT),
        below(value.entropy_share(), &ENTROPY),
        below(value.distinct() / value.length(), &SHARE),
        below(value.longest_repeat(), &REPEAT),
        below(value.neighbours(), &SHARE),
        value.digest(),
        value.base64(),
        u8::from(value.is_uuid()),
        below(value.count(b"."), &FEW),
        below(value.count(b"/\\"), &FEW),
        below(value.count(b":"), &FEW),
        below(value.count(b"-"), &FEW),
        below(value.count(b"_"), &FEW),
        below(value.count(b"!@#$%^&*+?~"), &FEW),
        below(value.count(b" \t"), &FEW),
        value.first(),
        u8::from(value.is_file_name()),
        u8::from(value.is_template()),
        u8::from(value.holds(&PLACEHOLDERS)),
        u8::from(value.holds(&SECRET_WORDS)),
        name.shared_with(&value),
        u8::from(value.is_one_of(&CONSTANTS)),
        u8::from(is_weak(value.bytes)),
        u8::from(value.is_mask()),
        value.identifier(),
        name.family,
        name.word_place(),
        u8::from(name.ends_with_thing()),
        u8::from(name.holds_any(&OTHER_KEYS)),
        name.case(),
        below(name.words.len() as f32, &COUNT),
        below(name.text.len() as f32, &NAME_LENGTH),
        u8::from(place.is_declared()),
        u8::from(name.text.starts_with(b"$")),
        found.operator as u8,
        found.quote as u8,
        found.kind as u8,
        found.scheme as u8,
        u8::from(found.is_wrapped),
        place.behind(),
        place.before(),
        u8::from(place.ends_line()),
        u8::from(place.is_code()),
        u8::from(place.is_comment()),
        value.digits_share(),
        name.family.min(11) * 5 + coarse,
        found.operator as u8 * 2 + u8::from(is_bare),
        letters_coarse * 10 + coarse * 2 + u8::from(is_bare),
        u8::from(is_bare) * 2 + u8::from(value.identifier() > 0),
        below(value.length(), &[6., 9., 13., 18., 26., 40.]) * 5 + coarse,
        u8::from(!value.bytes.is_ascii()),
    ]
}

/// The step of a number: how many of the cuts it reaches.
fn below(number: f32, cuts: &[f32]) -> u8 {
    cuts.iter().take_while(|cut| number >= **cut).count() as u8
}

/// Five kinds of values: digits, letters of one case, letters of both, letters and digits, anything else.
const fn coarse(classes: u8) -> u8 {
    match classes & 7 {
        1 => 0,
        2 | 4 => 1,
        6 => 2,
        3 | 5 | 7 => 3,
        _ => 4,
    }
}

const PLACEHOLDERS: [&[u8]; 26] = [
    b"example",
    b"your",
    b"change",
    b"foo",
    b"bar",
    b"placeholder",
    b"dummy",
    b"redacted",
    b"replace",
    b"sample",
    b"insert",
    b"xxx",
    b"todo",
    b"fixme",
    b"abc",
    b"123456",
    b"qwerty",
    b"fake",
    b"mock",
    b"demo",
    b"test",
    b"default",
    b"lorem",
    b"enter",
    b"some",
    b"here",
];

const SECRET_WORDS: [&[u8]; 14] = [
    b"pass", b"pwd", b"token", b"key", b"secret", b"user", b"auth", b"login", b"cred", b"session",
    b"cookie", b"hash", b"salt", b"admin",
];

const CONSTANTS: [&[u8]; 48] = [
    b"null",
    b"none",
    b"nil",
    b"true",
    b"false",
    b"undefined",
    b"string",
    b"str",
    b"int",
    b"integer",
    b"number",
    b"boolean",
    b"bool",
    b"text",
    b"varchar",
    b"object",
    b"array",
    b"list",
    b"map",
    b"any",
    b"void",
    b"required",
    b"optional",
    b"yes",
    b"no",
    b"on",
    b"off",
    b"empty",
    b"unknown",
    b"self",
    b"this",
    b"default",
    b"auto",
    b"disabled",
    b"date",
    b"datetime",
    b"timestamp",
    b"float",
    b"double",
    b"char",
    b"uuid",
    b"json",
    b"blob",
    b"symbol",
    b"option",
    b"value",
    b"argument",
    b"parameter",
];

/// Words that guard nothing: the usual ones, those of tests, and what other languages call a password.
const WEAK: [&[u8]; 75] = [
    b"password",
    b"passwd",
    b"pass",
    b"secret",
    b"token",
    b"key",
    b"admin",
    b"root",
    b"test",
    b"guest",
    b"user",
    b"username",
    b"changeme",
    b"changeit",
    b"letmein",
    b"welcome",
    b"qwerty",
    b"123456",
    b"12345678",
    b"123456789",
    b"1234",
    b"12345",
    b"foo",
    b"bar",
    b"baz",
    b"foobar",
    b"example",
    b"sample",
    b"demo",
    b"hello",
    b"world",
    b"abc",
    b"abc123",
    b"abcd",
    b"default",
    b"mysecret",
    b"mypassword",
    b"mypass",
    b"mytoken",
    b"mykey",
    b"apikey",
    b"api_key",
    b"supersecret",
    b"topsecret",
    b"xxx",
    b"postgres",
    b"mysql",
    b"redis",
    b"rabbitmq",
    b"p@ssw0rd",
    b"invalid",
    b"wrong",
    b"incorrect",
    b"ignored",
    b"unused",
    b"omitted",
    b"whatever",
    b"secret123",
    b"password1",
    b"password123",
    b"admin123",
    b"test123",
    b"passwort",
    b"kennwort",
    b"wachtwoord",
    b"senha",
    b"contrasena",
    "contraseña".as_bytes(),
    b"parola",
    b"lozinka",
    b"heslo",
    "hasło".as_bytes(),
    "lösenord".as_bytes(),
    b"adgangskode",
    b"salasana",
];

/// Words at the end of a name that make it one of a thing about the secret.
const THINGS: [&[u8]; 73] = [
    b"id",
    b"ids",
    b"name",
    b"names",
    b"type",
    b"url",
    b"uri",
    b"file",
    b"path",
    b"dir",
    b"length",
    b"len",
    b"size",
    b"error",
    b"errors",
    b"policy",
    b"field",
    b"label",
    b"prefix",
    b"suffix",
    b"format",
    b"provider",
    b"manager",
    b"service",
    b"handler",
    b"factory",
    b"class",
    b"method",
    b"endpoint",
    b"host",
    b"port",
    b"user",
    b"username",
    b"email",
    b"expiry",
    b"expires",
    b"expiration",
    b"timeout",
    b"ttl",
    b"count",
    b"index",
    b"algorithm",
    b"alg",
    b"mode",
    b"status",
    b"state",
    b"event",
    b"message",
    b"title",
    b"description",
    b"hint",
    b"placeholder",
    b"required",
    b"enabled",
    b"valid",
    b"validator",
    b"strength",
    b"reset",
    b"input",
    b"form",
    b"page",
    b"view",
    b"column",
    b"table",
    b"header",
    b"scope",
    b"store",
    b"arn",
    b"ref",
    b"scheme",
    b"version",
    b"time",
    b"code",
];

/// Words that make a key one of tables, caches and translations, or a public one.
const OTHER_KEYS: [&[u8]; 30] = [
    b"public",
    b"pub",
    b"primary",
    b"foreign",
    b"sort",
    b"cache",
    b"partition",
    b"translation",
    b"index",
    b"object",
    b"storage",
    b"bucket",
    b"item",
    b"row",
    b"map",
    b"dict",
    b"hot",
    b"shortcut",
    b"keyboard",
    b"i18n",
    b"locale",
    b"group",
    b"hash",
    b"hashed",
    b"encrypted",
    b"crypted",
    b"digest",
    b"fingerprint",
    b"signature",
    b"author",
];

struct Value<'a> {
    bytes: &'a [u8],
    lower: Vec<u8>,
}

impl<'a> Value<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Value { bytes, lower: bytes.to_ascii_lowercase() }
    }

    fn length(&self) -> f32 {
        self.bytes.len() as f32
    }

    /// Digits, lower case, upper case and anything else, as bits.
    fn classes(&self) -> u8 {
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
    fn changes(&self, is: fn(&u8) -> bool) -> f32 {
        let letters = self.bytes.iter().filter(|byte| byte.is_ascii_alphanumeric());
        let kinds: Vec<bool> = letters.map(is).collect();
        kinds.windows(2).filter(|pair| pair[0] != pair[1]).count() as f32
    }

    fn entropy_share(&self) -> f32 {
        let most = self.length().min(64.).log2().max(1.);
        crate::text::entropy::shannon(self.bytes) / most
    }

    fn distinct(&self) -> f32 {
        let mut seen = [false; 256];
        self.bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
        seen.iter().filter(|seen| **seen).count() as f32
    }

    fn longest_repeat(&self) -> f32 {
        self.bytes.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0) as f32
    }

    /// The share of bytes that follow their neighbour in the alphabet.
    fn neighbours(&self) -> f32 {
        let steps = self.bytes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
        steps as f32 / self.length()
    }

    fn digest(&self) -> u8 {
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

    fn base64(&self) -> u8 {
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

    fn is_uuid(&self) -> bool {
        self.bytes.len() == 36
            && self.bytes.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    }

    fn count(&self, of: &[u8]) -> f32 {
        self.bytes.iter().filter(|byte| of.contains(byte)).count() as f32
    }

    fn first(&self) -> u8 {
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

    fn is_file_name(&self) -> bool {
        let Some(dot) = memchr::memrchr(b'.', self.bytes) else { return false };
        let ending = &self.bytes[dot + 1..];
        (1..=5).contains(&ending.len()) && ending.iter().all(u8::is_ascii_lowercase) && dot > 1
    }

    fn is_template(&self) -> bool {
        let marks: [&[u8]; 14] = [
            b"${", b"{{", b"}}", b"<%", b"%(", b"%s", b"#{", b"$(", b"@{", b"{0}", b"%d", b"<",
            b"__", b"$",
        ];
        marks[..12].iter().any(|mark| holds(self.bytes, mark))
            || self.bytes.starts_with(b"%") && self.bytes.ends_with(b"%")
            || self.bytes.starts_with(b"{") && self.bytes.ends_with(b"}")
            || self.bytes.starts_with(b"__") && self.bytes.ends_with(b"__")
            || self.bytes.starts_with(b"$")
                && self.bytes[1..].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    }

    fn holds(&self, words: &[&[u8]]) -> bool {
        words.iter().any(|word| holds(&self.lower, word))
    }

    fn is_one_of(&self, words: &[&[u8]]) -> bool {
        words.iter().any(|word| self.lower == *word)
    }

    fn is_mask(&self) -> bool {
        let marks: [&[u8]; 4] = [b"***", b"xxxx", b"...", b"---"];
        self.holds(&marks) || self.lower.iter().all(|byte| b"*x.-_ ?#".contains(byte))
    }

    /// 0 for what no language takes for an identifier; else how it is written.
    fn identifier(&self) -> u8 {
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

    fn digits_share(&self) -> u8 {
        let digits = self.bytes.iter().filter(|byte| byte.is_ascii_digit()).count() as f32;
        below(digits / self.length(), &[0.01, 0.15, 0.3, 0.5, 0.99])
    }
}

struct Name<'a> {
    text: &'a [u8],
    /// The words of the name, in lower case.
    words: Vec<Vec<u8>>,
    family: u8,
    /// Which of the words holds the secret word.
    at: usize,
}

impl<'a> Name<'a> {
    fn new(bytes: &'a [u8], found: &Candidate) -> Self {
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
    fn word_place(&self) -> u8 {
        let last = self.words.len().saturating_sub(1);
        match self.words.get(self.at + 1) {
            None if self.words.len() == 1 => 0,
            None if self.at == last => 1,
            None => 4,
            Some(next) if next.iter().all(u8::is_ascii_digit) => 2,
            Some(_) => 3,
        }
    }

    fn ends_with_thing(&self) -> bool {
        self.at + 1 < self.words.len()
            && self.words.last().is_some_and(|last| THINGS.contains(&&last[..]))
    }

    fn holds_any(&self, words: &[&[u8]]) -> bool {
        self.words.iter().any(|own| words.contains(&&own[..]))
    }

    fn case(&self) -> u8 {
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
    fn shared_with(&self, value: &Value<'_>) -> u8 {
        if self.text.eq_ignore_ascii_case(value.bytes) {
            return 2;
        }
        let shares = |word: &Vec<u8>| word.len() > 3 && holds(&value.lower, word);
        u8::from(self.words.iter().any(shares))
    }
}

/// Whether a value is one of the words that guard nothing.
pub(in crate::engine) fn is_weak(value: &[u8]) -> bool {
    value.len() < 3 || Value::new(value).is_one_of(&WEAK) || {
        let letters: Vec<u8> = value.iter().map(letter_of).collect();
        letters.len() > 4 && Value::new(&letters).is_one_of(&WEAK)
    }
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

/// The words of a name: parted by signs and at changes of case.
pub(super) fn words(name: &[u8]) -> Vec<&[u8]> {
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

/// The line around a candidate.
struct Place<'a> {
    before: &'a [u8],
    behind: &'a [u8],
    found: &'a Candidate,
}

/// How much of the line is looked at on either side.
const LINE_BYTES: usize = 160;

impl<'a> Place<'a> {
    fn new(bytes: &'a [u8], found: &'a Candidate) -> Self {
        let before = &bytes[found.name.start.saturating_sub(LINE_BYTES)..found.name.start];
        let before = &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..];
        let behind = &bytes[found.value.end..(found.value.end + LINE_BYTES).min(bytes.len())];
        let behind = &behind[..memchr::memchr2(b'\n', b'\r', behind).unwrap_or(behind.len())];
        Place { before, behind, found }
    }

    /// What follows the value, behind the quote that closes it.
    fn after_quote(&self) -> &[u8] {
        let quoted =
            self.behind.iter().take_while(|byte| matches!(byte, b'\\' | b'"' | b'\'' | b'`'));
        match self.found.quote {
            Quote::None => self.behind,
            _ => &self.behind[quoted.count()..],
        }
    }

    fn behind(&self) -> u8 {
        let after = self.after_quote();
        match after.first() {
            None => 0,
            Some(b',') => 1,
            Some(b';') => 2,
            Some(b')' | b']' | b'}') => 3,
            Some(b'.' | b'[' | b'(') => 4,
            Some(b'+' | b'%') => 5,
            Some(b'<' | b'>' | b'&' | b'/') => 6,
            Some(b' ' | b'\t') => match after.trim_ascii_start().first() {
                None => 0,
                Some(byte) if byte.is_ascii_alphabetic() => 7,
                Some(b'+' | b'.' | b'%' | b'-' | b'?' | b'(') => 5,
                _ => 8,
            },
            _ => 9,
        }
    }

    fn before(&self) -> u8 {
        match self.before.trim_ascii_end().last() {
            None if self.before.is_empty() => 0,
            None => 1,
            Some(b'"' | b'\'' | b'`') => 2,
            Some(b'.' | b'>') => 3,
            Some(b'(' | b',' | b'{' | b'[' | b';') => 4,
            Some(byte) if byte.is_ascii_alphanumeric() => 5,
            _ => 6,
        }
    }

    fn ends_line(&self) -> bool {
        self.after_quote().trim_ascii().is_empty()
    }

    fn is_declared(&self) -> bool {
        const WORDS: [&[u8]; 14] = [
            b"const", b"let", b"var", b"val", b"def", b"static", b"final", b"string", b"char",
            b"define", b"my", b"auto", b"export", b"set",
        ];
        let lower = self.before.to_ascii_lowercase();
        let last = lower.rsplit(|byte| !byte.is_ascii_alphabetic()).find(|word| !word.is_empty());
        last.is_some_and(|word| WORDS.contains(&word))
    }

    /// Whether the line ends or goes on as one of code does.
    fn is_code(&self) -> bool {
        let end = self.behind.trim_ascii_end().last();
        matches!(end, Some(b';' | b'{' | b'(')) || self.before.contains(&b'(')
    }

    fn is_comment(&self) -> bool {
        let start = self.before.trim_ascii_start();
        let marks: [&[u8]; 6] = [b"#", b"//", b"*", b"/*", b"<!--", b"--"];
        marks.iter().any(|mark| start.starts_with(mark))
    }
}

const _: () = assert!(Operator::Word as u8 == 10 && Quote::Escaped as u8 == 4);
const _: () = assert!(Kind::Pair as u8 == 5 && Scheme::Other as u8 == 4);
