//! Candidates: a name that speaks of a secret, an assignment, and a value.
//!
//! The grammar takes what may be a secret and judges nothing: a quoted literal of code, a bare word
//! of YAML, ini, shell and properties, an XML element, a header, a parameter of a URL, the other half of
//! a `name`/`value` pair. It starts at a word of the name, and a few byte tests end it at most words.

use std::ops::Range;

/// The words that make a name one of a secret, in lower case, each with what may follow it in the same word.
/// `passing`, `keyboard` and `author` are other words.
pub(super) const WORDS: [(&str, &[&str]); 19] = [
    ("pass", &["word", "words", "wd", "wrd", "phrase", "phrases", "code", "codes", "wort"]),
    ("pwd", &["s"]),
    ("secret", &["s"]),
    ("token", &["s"]),
    ("key", &["s"]),
    ("cred", &["s", "ential", "entials"]),
    ("auth", &["orization", "orisation", "entication"]),
    ("salt", &["s"]),
    ("nonce", &["s"]),
    ("seed", &["s"]),
    ("sess", &["id", "ion", "ionid", "ionkey"]),
    ("cookie", &["s"]),
    ("csrf", &[]),
    ("xsrf", &[]),
    ("hmac", &[]),
    ("bearer", &[]),
    ("jwt", &["s"]),
    ("psk", &[]),
    ("otp", &["s"]),
];

/// For each letter that begins a word, the letters that follow it, as bits.
const SECOND_LETTERS: [u32; 32] = {
    let mut seconds = [0; 32];
    let mut at = 0;
    while at < WORDS.len() {
        let word = WORDS[at].0.as_bytes();
        seconds[(word[0] & 31) as usize] |= 1 << (word[1] & 31);
        at += 1;
    }
    seconds
};

/// The word of [`WORDS`] with which some text begins: its place there.
fn word_at(text: &[u8]) -> Option<usize> {
    // Nearly all text has no word: two letters tell.
    let &[first, second, ..] = text else { return None };
    if SECOND_LETTERS[usize::from(first & 31)] >> (second & 31) & 1 == 0 {
        return None;
    }
    WORDS.iter().position(|(word, _)| {
        text.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Words that are parts of others: no letter may stand before them in the same word.
const WHOLE: [&[u8]; 6] = [b"salt", b"nonce", b"seed", b"sess", b"otp", b"cred"];

/// Ends of other words.
const OTHERS: [&[u8]; 7] = [b"mon", b"tur", b"don", b"hoc", b"whis", b"joc", b"by"];

/// How far a name reaches before its word and behind it, in bytes.
const NAME_BEFORE: usize = 60;
const NAME_BEHIND: usize = 50;

/// How long a value may be, in bytes. It keeps a match near its keyword.
const VALUE_BYTES: usize = 360;

/// The shortest value.
const MIN_VALUE_BYTES: usize = 3;

/// How far the value of a pair stands behind its name, in bytes.
const PAIR_BYTES: usize = 80;

/// A name, an assignment and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The name, without dashes around it.
    pub(super) name: Range<usize>,
    /// The word in it.
    pub(super) word: Range<usize>,
    /// The value, without quotes, wrappers and scheme.
    pub(super) value: Range<usize>,
    pub(super) operator: Operator,
    pub(super) quote: Quote,
    pub(super) kind: Kind,
    pub(super) scheme: Scheme,
    /// Whether a call stands around the value: `Some("x")`.
    pub(super) is_wrapped: bool,
}

/// What stands between name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    Compare,
    Colon,
    ColonEquals,
    Arrow,
    Comma,
    Call,
    Element,
    Table,
    Blank,
    Word,
}

/// What stands around the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Single,
    Double,
    Backtick,
    /// With backslashes before it: a literal inside a literal.
    Escaped,
}

/// Where the value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a quoted literal: anywhere. Of a bare word: the name starts its line.
    Plain,
    /// A parameter of a URL or a form.
    Parameter,
    /// A flag of a command line.
    Flag,
    /// Inside a literal that holds name and value: a header, a connection string.
    Inside,
    /// What is taken where a variable is not set.
    Default,
    /// The value of a `name`/`value` pair.
    Pair,
}

/// The word before the credentials of an `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    None,
    Bearer,
    Basic,
    Token,
    Other,
}

/// Returns where the word of a name stands in a keyword, which may hold a sign beside it (`key=`).
pub(super) fn word_in(bytes: &[u8], keyword: &Range<usize>) -> Option<Range<usize>> {
    (keyword.start..keyword.end).find_map(|at| {
        let (word, _) = WORDS[word_at(&bytes[at..keyword.end])?];
        Some(at..at + word.len())
    })
}

/// Returns the candidate whose name holds the word at `word`.
pub(super) fn candidate(bytes: &[u8], word: &Range<usize>) -> Option<Candidate> {
    if !is_word(bytes, word) {
        return None;
    }
    let name = name_around(bytes, word);
    if has_word(&bytes[word.end..name.end.max(word.end)]) {
        // The last word of a name says what it is; it has a hit of its own.
        return None;
    }
    let reader = Reader { bytes, at: name.end, name, word: word.clone() };
    reader.candidate()
}

/// Whether there is a word of [`WORDS`] in part of a name.
fn has_word(part: &[u8]) -> bool {
    (0..part.len()).any(|at| word_at(&part[at..]).is_some())
}

/// Whether the word is one of its own, not a part of another.
fn is_word(bytes: &[u8], word: &Range<usize>) -> bool {
    let text = &bytes[word.clone()];
    let is_upper = text.iter().all(u8::is_ascii_uppercase);
    let same =
        |byte: &&u8| if is_upper { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() };
    let behind = bytes[word.end..].iter().take(12).take_while(same).count();
    if behind > 0 {
        let behind = &bytes[word.end..word.end + behind];
        let is_end = |end: &&str| end.as_bytes().eq_ignore_ascii_case(behind);
        if !word_at(text).is_some_and(|known| WORDS[known].1.iter().any(is_end)) {
            return false;
        }
    }
    // A word in capitals, or a part of a name in camel case, begins anew.
    if text[0].is_ascii_uppercase() && !is_upper {
        return true;
    }
    let before = bytes[..word.start].iter().rev().take(4).take_while(same).count();
    let before = &bytes[word.start - before..word.start];
    let ends_with = |other: &&[u8]| {
        before
            .len()
            .checked_sub(other.len())
            .is_some_and(|at| before[at..].eq_ignore_ascii_case(other))
    };
    before.is_empty()
        || !WHOLE.iter().any(|whole| whole.eq_ignore_ascii_case(text))
            && !OTHERS.iter().any(ends_with)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@' | b'.' | b'-')
}

fn name_around(bytes: &[u8], word: &Range<usize>) -> Range<usize> {
    let before = bytes[..word.start].iter().rev().take(NAME_BEFORE);
    let before = before.take_while(|byte| is_name(**byte)).count();
    let behind = bytes[word.end..].iter().take(NAME_BEHIND);
    let behind = behind.take_while(|byte| is_name(**byte)).count();
    let mut end = word.end + behind;
    while end > word.end && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    word.start - before..end
}

/// Reads on from the end of a name.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    name: Range<usize>,
    word: Range<usize>,
}

/// A value as read, with what was around it.
struct Value {
    range: Range<usize>,
    quote: Quote,
    scheme: Scheme,
    is_wrapped: bool,
}

impl Reader<'_> {
    fn candidate(mut self) -> Option<Candidate> {
        let dashes = self.bytes[self.name.clone()].iter().take_while(|byte| **byte == b'-').count();
        self.name.start += dashes;
        let is_flag = dashes > 0 && self.starts_word(self.name.start - dashes);
        let closed = self.close_name();
        if let Some(found) = self.pair(closed) {
            return Some(found);
        }
        if let Some(found) = self.shell_default() {
            return Some(found);
        }
        let (operator, has_blank) = self.operator(closed, is_flag)?;
        let kind = self.kind(operator, closed, is_flag);
        let value = self.value(operator, kind, has_blank)?;
        self.finish(operator, kind.unwrap_or(Kind::Plain), value)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at.min(self.bytes.len())..]
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Skips blanks; returns whether there were any.
    fn blanks(&mut self) -> bool {
        let blanks = self.rest().iter().take(40);
        let count = blanks.take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.at += count;
        count > 0
    }

    fn starts_word(&self, at: usize) -> bool {
        at == 0 || !self.bytes[at - 1].is_ascii_alphanumeric()
    }

    /// Skips the quote that closes the name, and brackets; returns whether there was a quote.
    fn close_name(&mut self) -> bool {
        let backslashes = self.rest().iter().take(3).take_while(|byte| **byte == b'\\').count();
        let closed = matches!(self.peek(backslashes), b'"' | b'\'' | b'`');
        if closed {
            self.at += backslashes + 1;
        }
        let brackets = self.rest().iter().take(3);
        self.at += brackets
            .take_while(|byte| matches!(byte, b']' | b')' | b'}' | b'?' | b'!' | b'*'))
            .count();
        closed
    }

    /// Reads the operator; returns whether a blank stood around it.
    fn operator(&mut self, closed: bool, is_flag: bool) -> Option<(Operator, bool)> {
        let blank = self.blanks();
        const OPERATORS: [(&[u8], Operator); 18] = [
            (b"===", Operator::Compare),
            (b"!==", Operator::Compare),
            (b"||=", Operator::Equals),
            (b"==", Operator::Compare),
            (b"!=", Operator::Compare),
            (b":=", Operator::ColonEquals),
            (b"::", Operator::Colon),
            (b"+=", Operator::Equals),
            (b"?=", Operator::Equals),
            (b"=>", Operator::Arrow),
            (b"->", Operator::Arrow),
            (b"<-", Operator::Arrow),
            (b"=", Operator::Equals),
            (b":", Operator::Colon),
            (b",", Operator::Comma),
            (b"(", Operator::Call),
            (b">", Operator::Element),
            (b"|", Operator::Table),
        ];
        let found = OPERATORS.iter().find(|(text, _)| self.rest().starts_with(text));
        let operator = match found {
            Some(&(text, operator)) => {
                self.at += text.len();
                if operator == Operator::Colon && !closed {
                    self.skip_type().unwrap_or(operator)
                } else {
                    operator
                }
            }
            None if !blank => return None,
            None if !closed && self.skip_go_type() => Operator::Equals,
            None => match self.word_operator() {
                true => Operator::Word,
                false if is_flag || self.is_quote() || self.follows_command() => Operator::Blank,
                false => return None,
            },
        };
        let blank = self.blanks() || blank;
        Some((operator, blank))
    }

    fn is_quote(&self) -> bool {
        matches!(self.peek(0), b'"' | b'\'' | b'`')
    }

    /// Skips `String =` behind a colon.
    fn skip_type(&mut self) -> Option<Operator> {
        let line = self.rest().iter().take(60);
        let length = line
            .take_while(|byte| byte.is_ascii_alphanumeric() || b" _&'<>[]?*.|:".contains(byte))
            .count();
        let text = &self.rest()[..length];
        let has_letter = text.iter().any(u8::is_ascii_alphabetic);
        let is_type = has_letter && text.ends_with(b" ") && self.peek(length) == b'=';
        if !is_type || matches!(self.peek(length + 1), b'=' | b'>') {
            return None;
        }
        self.at += length + 1;
        Some(Operator::Equals)
    }

    /// Skips `string =` behind a blank.
    fn skip_go_type(&mut self) -> bool {
        let word = self.rest().iter().take(24);
        let word =
            word.take_while(|byte| byte.is_ascii_alphanumeric() || b"*[]._".contains(byte)).count();
        let is_type = word > 0 && self.rest()[word..].starts_with(b" = ");
        self.at += if is_type { word + 2 } else { 0 };
        is_type
    }

    fn word_operator(&mut self) -> bool {
        const VERBS: [&[u8]; 7] = [b"is ", b"to ", b"by ", b"as ", b"be ", b"equals ", b"eq "];
        let rest = self.rest();
        let head = rest[..rest.len().min(8)].to_ascii_lowercase();
        let found = VERBS.iter().find(|verb| head.starts_with(verb));
        self.at += found.map_or(0, |verb| verb.len() - 1);
        found.is_some()
    }

    /// Whether the name follows `ENV`, `export` or `set` at the start of its line, or starts the line of a
    /// file of words (`.netrc`).
    fn follows_command(&self) -> bool {
        let before = self.before_name();
        let trimmed = before.trim_ascii().to_ascii_lowercase();
        let commands: [&[u8]; 6] = [b"env", b"export", b"set", b"setenv", b"arg", b"password"];
        commands.iter().any(|command| trimmed.ends_with(command))
            || self.word.len() == 4 && {
                // `login x password y`
                let name = &self.bytes[self.name.clone()];
                name.eq_ignore_ascii_case(b"password")
                    && (trimmed.is_empty() || memchr::memmem::find(&trimmed, b"login ").is_some())
            }
    }

    /// The line before the name.
    fn before_name(&self) -> &[u8] {
        let start = self.name.start.saturating_sub(200);
        let before = &self.bytes[start..self.name.start];
        &before[memchr::memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1)..]
    }

    /// Where the value stands; `None` if only a quoted one will do.
    fn kind(&self, operator: Operator, closed: bool, is_flag: bool) -> Option<Kind> {
        let before = self.before_name();
        let last = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'-')).copied();
        let is_assignment =
            matches!(operator, Operator::Equals | Operator::Colon | Operator::ColonEquals);
        if is_flag && matches!(operator, Operator::Equals | Operator::Blank) {
            return Some(Kind::Flag);
        }
        if operator == Operator::Element {
            return (last == Some(b'<')).then_some(Kind::Plain);
        }
        if operator == Operator::Equals && matches!(before.last(), Some(b'?' | b'&')) {
            return Some(Kind::Parameter);
        }
        if operator == Operator::Equals && matches!(last, Some(b';' | b':')) && !closed {
            return Some(Kind::Inside);
        }
        if is_assignment && !closed && matches!(before.last(), Some(b'"' | b'\'' | b'`')) {
            return Some(Kind::Inside);
        }
        let starts_line = {
            // Marks of bold and code in Markdown.
            let ending = before.iter().rev().take_while(|byte| b"*_`".contains(byte)).count();
            let trimmed = before[..before.len() - ending].trim_ascii();
            let lower = trimmed.to_ascii_lowercase();
            const FLAGS: [&[u8]; 6] =
                [b" -e", b" -d", b" --data", b" --env", b" --set", b"--from-literal"];
            let marks: [&[u8]; 16] = [
                b"", b"#", b"//", b"-", b"*", b";", b"export", b"env", b"set", b"setx", b"arg",
                b"declare", b"local", b"rem", b"-e", b"+",
            ];
            let quoted = trimmed.strip_suffix(b"\"").or(trimmed.strip_suffix(b"'"));
            marks.iter().any(|mark| lower == *mark)
                || closed && quoted.is_some_and(|rest| rest.trim_ascii().is_empty())
                || FLAGS.iter().any(|flag| lower.ends_with(flag))
                || lower.starts_with(b"env ")
                || lower.ends_with(b"export")
        };
        let takes_bare = is_assignment && starts_line
            || matches!(operator, Operator::Blank | Operator::Word)
            || operator == Operator::Table && starts_line;
        takes_bare.then_some(Kind::Plain)
    }

    /// `${NAME:-x}`
    fn shell_default(&mut self) -> Option<Candidate> {
        let is_variable = self.bytes[..self.name.start].ends_with(b"${");
        if !is_variable || !(self.eat(b":-") || self.eat(b":=")) {
            return None;
        }
        let length =
            memchr::memchr2(b'}', b'\n', self.rest().get(..VALUE_BYTES.min(self.rest().len()))?)?;
        let range = self.at..self.at + length;
        let value = Value { range, quote: Quote::None, scheme: Scheme::None, is_wrapped: false };
        self.finish(Operator::Equals, Kind::Default, value)
    }

    /// The value of a pair: `"name": "X", "value": "y"`, `<name>X</name><value>y</value>`.
    fn pair(&mut self, closed: bool) -> Option<Candidate> {
        let start = self.at;
        let found = self.pair_value(closed);
        self.at = start;
        let value = found?;
        self.finish(Operator::Colon, Kind::Pair, value)
    }

    fn pair_value(&mut self, closed: bool) -> Option<Value> {
        let limit = self.at + PAIR_BYTES;
        let is_element = self.eat(b"</");
        if is_element {
            self.at += memchr::memchr(b'>', self.rest().get(..40)?)? + 1;
        }
        let ends_line = matches!(self.peek(0), b'\n' | b'\r');
        if !is_element && !closed && !ends_line {
            return None;
        }
        let gap = self.rest().iter().take(PAIR_BYTES);
        let gap = gap
            .take_while(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b',' | b'"' | b'\'' | b'<' | b'\\')
            })
            .count();
        self.at += gap;
        const WORDS: [&[u8]; 6] =
            [b"value", b"parametervalue", b"default", b"string", b"content", b"con:value"];
        let rest = self.rest();
        let head = rest[..rest.len().min(16)].to_ascii_lowercase();
        let word = WORDS.iter().find(|word| head.starts_with(word))?;
        self.at += word.len();
        let quoted = self
            .rest()
            .iter()
            .take(4)
            .take_while(|byte| matches!(byte, b'\\' | b'"' | b'\''))
            .count();
        self.at += quoted;
        self.blanks();
        let operator = self.peek(0);
        if self.at > limit || gap == 0 || !matches!(operator, b':' | b'=' | b'>') {
            return None;
        }
        self.at += 1;
        self.blanks();
        match operator {
            b'>' => self.element(),
            _ => self.quoted().or_else(|| self.bare(Kind::Pair)),
        }
    }

    fn value(&mut self, operator: Operator, kind: Option<Kind>, has_blank: bool) -> Option<Value> {
        if operator == Operator::Element {
            kind?;
            return self.element();
        }
        if let Some(value) = self.quoted() {
            return Some(value);
        }
        if self.is_quote() {
            // An empty literal, or one that does not end.
            return None;
        }
        if let Some(value) = self.default_value(operator) {
            return Some(value);
        }
        let kind = match kind {
            Some(kind) => kind,
            None if self.peek_scheme().is_some() => Kind::Inside,
            None => return None,
        };
        // `key:value` of code without a blank is a ternary, a label or a time.
        if operator == Operator::Colon && !has_blank && kind == Kind::Plain && self.peek(0) == b':'
        {
            return None;
        }
        self.bare(kind)
    }

    /// `x || "default"`, `x or "default"`, `x ?? "default"`
    fn default_value(&mut self, operator: Operator) -> Option<Value> {
        if !matches!(operator, Operator::Equals | Operator::Colon) {
            return None;
        }
        let line =
            self.rest().iter().take(80).take_while(|byte| !matches!(byte, b'\n' | b';')).count();
        let text = &self.rest()[..line];
        let marks: [&[u8]; 3] = [b"|| ", b"?? ", b" or "];
        let mark =
            marks.iter().find_map(|mark| Some(memchr::memmem::find(text, mark)? + mark.len()))?;
        let start = self.at;
        self.at += mark;
        self.blanks();
        let found = self.quoted();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// The text of an XML element.
    fn element(&mut self) -> Option<Value> {
        if self.eat(b"<![CDATA[") {
            let length =
                memchr::memchr(b']', self.rest().get(..VALUE_BYTES.min(self.rest().len()))?)?;
            return Some(self.plain(length, Quote::None));
        }
        let length =
            memchr::memchr2(b'<', b'\n', &self.rest()[..VALUE_BYTES.min(self.rest().len())])?;
        (self.peek(length) == b'<').then(|| self.plain(length, Quote::None))
    }

    fn plain(&self, length: usize, quote: Quote) -> Value {
        let range = self.at..self.at + length;
        Value { range, quote, scheme: Scheme::None, is_wrapped: false }
    }

    /// A quoted literal, with up to three calls around it.
    fn quoted(&mut self) -> Option<Value> {
        let start = self.at;
        let mut is_wrapped = false;
        for _ in 0..4 {
            if let Some(mut value) = self.literal() {
                value.is_wrapped = is_wrapped;
                return Some(value);
            }
            let Some(length) = self.wrapper() else { break };
            is_wrapped = true;
            self.at += length;
            self.blanks();
        }
        self.at = start;
        None
    }

    /// The length of a call or bracket around a literal, up to what it opens.
    fn wrapper(&self) -> Option<usize> {
        let rest = self.rest();
        if matches!(self.peek(0), b'(' | b'[' | b'{') {
            return Some(1);
        }
        let callee = rest.iter().take(48);
        let callee = callee
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.:[]<> !&*".contains(byte))
            .count();
        if self.peek(callee) != b'(' || callee == 0 {
            return None;
        }
        let name = rest[..callee].to_ascii_lowercase();
        const CALLS: [&[u8]; 26] = [
            b"decodestring",
            b"unhexlify",
            b"fromhex",
            b"hex2bin",
            b"b64decode",
            b"decode",
            b"parse",
            b"some",
            b"string",
            b"str",
            b"byte",
            b"bytes",
            b"from",
            b"new",
            b"secretstr",
            b"secret",
            b"just",
            b"text",
            b"ok",
            b"securestring",
            b"strdup",
            b"literal",
            b"char",
            b"raw",
            b"quote",
            b"b",
        ];
        let last =
            name.rsplit(|byte| !byte.is_ascii_alphanumeric()).find(|part| !part.is_empty())?;
        CALLS.contains(&last).then_some(callee + 1)
    }

    /// A literal in quotes.
    fn literal(&mut self) -> Option<Value> {
        let prefix =
            self.rest().iter().take(2).take_while(|byte| b"bruflL@$N".contains(byte)).count();
        let backslashes = self.rest()[prefix.min(self.rest().len())..]
            .iter()
            .take(3)
            .take_while(|byte| **byte == b'\\')
            .count();
        let mark = self.peek(prefix + backslashes);
        let quote = match mark {
            _ if backslashes > 0 && matches!(mark, b'"' | b'\'') => Quote::Escaped,
            b'"' => Quote::Double,
            b'\'' => Quote::Single,
            b'`' => Quote::Backtick,
            // Quotes of HTML.
            b'&' if self.rest().starts_with(b"&quot;") => return self.html_literal(),
            _ => return None,
        };
        let mut start = self.at + prefix + backslashes + 1;
        let triple = backslashes == 0 && self.bytes[start..].starts_with(&[mark, mark]);
        start += if triple { 2 } else { 0 };
        let text = &self.bytes[start..(start + VALUE_BYTES + 8).min(self.bytes.len())];
        let length = end_of_literal(text, mark, backslashes)?;
        self.at = start;
        self.in_literal(length, quote)
    }

    fn html_literal(&mut self) -> Option<Value> {
        self.at += 6;
        let text = &self.rest()[..VALUE_BYTES.min(self.rest().len())];
        let length = memchr::memmem::find(text, b"&quot;")?;
        Some(self.plain(length, Quote::Escaped))
    }

    /// The value inside a literal: what follows a scheme.
    fn in_literal(&mut self, length: usize, quote: Quote) -> Option<Value> {
        let mut value = self.plain(length, quote);
        if let Some((scheme, skip)) = self.peek_scheme().filter(|(_, skip)| *skip < length) {
            value.scheme = scheme;
            value.range.start += skip;
        }
        Some(value)
    }

    /// The scheme of credentials, and how long it is with the blank behind it.
    fn peek_scheme(&self) -> Option<(Scheme, usize)> {
        const SCHEMES: [(&[u8], Scheme); 8] = [
            (b"bearer ", Scheme::Bearer),
            (b"basic ", Scheme::Basic),
            (b"token ", Scheme::Token),
            (b"apikey ", Scheme::Token),
            (b"negotiate ", Scheme::Other),
            (b"ntlm ", Scheme::Other),
            (b"ssws ", Scheme::Token),
            (b"bot ", Scheme::Token),
        ];
        let rest = self.rest();
        let head = rest[..rest.len().min(10)].to_ascii_lowercase();
        SCHEMES
            .iter()
            .find(|(word, _)| head.starts_with(word))
            .map(|(word, scheme)| (*scheme, word.len()))
    }

    /// A word without quotes.
    fn bare(&mut self, kind: Kind) -> Option<Value> {
        let scheme = self.peek_scheme();
        self.at += scheme.map_or(0, |(_, length)| length);
        let text = &self.rest()[..(VALUE_BYTES + 1).min(self.rest().len())];
        let ends = |byte: &u8| match byte {
            b'&' | b'#' => kind == Kind::Parameter,
            // A connection string.
            b';' => true,
            _ => byte.is_ascii_whitespace() || b"\"'`,<>(){}[]|\\".contains(byte),
        };
        let length = text.iter().position(ends).unwrap_or(text.len());
        let mut value = self.plain(length, Quote::None);
        value.scheme = scheme.map_or(Scheme::None, |(scheme, _)| scheme);
        Some(value)
    }

    fn finish(&self, operator: Operator, kind: Kind, value: Value) -> Option<Candidate> {
        let Value { range, quote, scheme, is_wrapped } = value;
        let is_sized = range.len() >= MIN_VALUE_BYTES && range.len() <= VALUE_BYTES;
        is_sized.then(|| Candidate {
            name: self.name.clone(),
            word: self.word.clone(),
            value: range,
            operator,
            quote,
            kind,
            scheme,
            is_wrapped,
        })
    }
}

/// Where a literal ends that is closed by `mark` behind as many backslashes as opened it.
fn end_of_literal(text: &[u8], mark: u8, backslashes: usize) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let next = at + memchr::memchr3(mark, b'\n', b'\r', &text[at..])?;
        if text[next] != mark {
            return None;
        }
        let own = text[..next].iter().rev().take_while(|byte| **byte == b'\\').count();
        if own == backslashes || backslashes == 0 && own % 2 == 0 {
            return Some(next - own.min(backslashes));
        }
        at = next + 1;
    }
    None
}
