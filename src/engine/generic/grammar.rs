//! Candidates: a name that speaks of a secret, an assignment, and a value.
//!
//! The grammar takes what may be a secret and judges nothing: a quoted literal of code, a bare word
//! of YAML, ini, shell and properties, an XML element, a header, a parameter of a URL, the other half of
//! a `name`/`value` pair. It starts at a word of the name, and a few byte tests end it at most words.

use std::ops::Range;

use super::features::words;

/// The words that make a name one of a secret, in lower case, each with what may follow it in the same word.
/// `passing`, `keyboard` and `author` are other words.
pub(super) const WORDS: [(&str, &[&str]); 24] = [
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
    ("pw", &["s"]),
    // German, Dutch, Spanish and Portuguese.
    ("kennwort", &[]),
    ("wachtwoord", &[]),
    ("contrasena", &[]),
    ("senha", &["s"]),
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
const WHOLE: [&[u8]; 8] = [b"salt", b"nonce", b"seed", b"sess", b"otp", b"cred", b"pw", b"senha"];

/// Ends of other words.
const OTHERS: [&[u8]; 12] = [
    b"mon", b"tur", b"don", b"hoc", b"whis", b"joc", b"by", b"com", b"tres", b"sur", b"over",
    b"nder",
];

/// How far a name reaches before its word and behind it, in bytes.
const NAME_BEFORE: usize = 60;
const NAME_BEHIND: usize = 50;

/// How long a value may be, in bytes. It keeps a match near its keyword.
const VALUE_BYTES: usize = 360;

/// The shortest value.
const MIN_VALUE_BYTES: usize = 3;

/// How long the head of a column may be, in bytes.
const HEAD_BYTES: usize = 40;

/// How long a line of a table may be, in bytes.
const COLUMN_BYTES: usize = 300;

/// The shortest token behind a scheme without a header.
const MIN_BEARER_BYTES: usize = 16;

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
pub(super) fn has_word(part: &[u8]) -> bool {
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

/// Whether a name behind some text goes on a row of pairs: `user=app password=x`, `user=app,password=x`. Not
/// the arguments of a call.
fn follows_pair(before: &[u8]) -> bool {
    let Some(rest) = before.strip_suffix(b" ").or(before.strip_suffix(b",")) else { return false };
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b',' | b'"' | b'\'');
    let word = rest.rsplit(is_end).next().unwrap_or_default();
    let equals = memchr::memchr(b'=', word);
    equals.is_some_and(|at| at > 0 && at + 1 < word.len()) && !before.contains(&b'(')
}

/// Whether a name in quotes behind some text is the name of its XML element.
fn names_element(before: &[u8]) -> bool {
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    [&b" name="[..], b" key="].iter().any(|attribute| before.ends_with(attribute))
}

/// Whether some text ends with one of these words.
fn ends_with_any(before: &[u8], words: &[&[u8]]) -> bool {
    let trimmed = before.trim_ascii_end();
    words.iter().any(|word| {
        trimmed
            .len()
            .checked_sub(word.len())
            .is_some_and(|at| trimmed[at..].eq_ignore_ascii_case(word))
    })
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

/// The sign between the columns of a table, by what stands around a name in its first line.
fn separator(before: &[u8], behind: &[u8]) -> Option<u8> {
    let is_sign = |byte: &u8| b",;\t|".contains(byte);
    let is_skipped = |byte: &&u8| !matches!(**byte, b' ' | b'"');
    match behind.iter().find(is_skipped) {
        Some(next) => Some(*next),
        None => before.iter().rev().find(is_skipped).copied(),
    }
    .filter(is_sign)
}

/// Where the part of some text stands that follows so many separators.
fn nth(text: &[u8], separator: u8, index: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for _ in 0..index {
        start += memchr::memchr(separator, &text[start..])? + 1;
    }
    let length = memchr::memchr(separator, &text[start..]).unwrap_or(text.len() - start);
    Some(start..start + length)
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
        if let Some(found) = self.column() {
            return Some(found);
        }
        if let Some(found) = self.scheme_alone() {
            return Some(found);
        }
        let (operator, has_blank) = self.operator(closed, is_flag)?;
        let kind = self.kind(operator, closed, is_flag);
        let value = self.value(operator, kind, has_blank)?;
        let operator = self.meant(operator, closed, &value);
        self.finish(operator, kind.unwrap_or(Kind::Plain), value)
    }

    /// What an operator means where the words before it assign: `setApiKey("x")`, `header("X-Key", "x")`,
    /// `export NAME x`, `#define NAME "x"`, `:password "x"`.
    fn meant(&self, operator: Operator, closed: bool, value: &Value) -> Operator {
        let assigns = match operator {
            Operator::Comma => closed && self.is_named_by_call(value),
            Operator::Call => self.is_setter(),
            Operator::Blank => {
                let before = self.before_name();
                const COMMANDS: [&[u8]; 6] =
                    [b"env", b"export", b"setenv", b"#define", b"set -x", b"set -gx"];
                !self.repeats_name(value)
                    && (before.ends_with(b":") || ends_with_any(before, &COMMANDS))
                    || self.is_setting(value)
            }
            Operator::Element => closed,
            _ => false,
        };
        if assigns { Operator::Equals } else { operator }
    }

    /// Whether a value has a word of the name: `#define TXT_DHE_PSK "DHE-PSK"`, or spells it in escapes.
    fn repeats_name(&self, value: &Value) -> bool {
        let own = words(&self.bytes[self.name.clone()]);
        let text = &self.bytes[value.range.clone()];
        text.starts_with(b"\\x")
            || words(text).iter().any(|word| own.iter().any(|own| own.eq_ignore_ascii_case(word)))
    }

    /// Whether a name and a bare value with a digit are all of their line: `masterauth x1y2z3`.
    fn is_setting(&self, value: &Value) -> bool {
        let text = &self.bytes[value.range.clone()];
        let next = self.bytes.get(value.range.end).copied().unwrap_or(b'\n');
        self.before_name().trim_ascii().is_empty()
            && matches!(next, b'\n' | b'\r')
            && text.len() > 5
            && text.iter().any(u8::is_ascii_digit)
    }

    /// Whether the name is the first literal of a call that assigns: `os.Setenv("NAME", ...`.
    fn is_named_by_call(&self, value: &Value) -> bool {
        const VERBS: [&[u8]; 17] = [
            b"set",
            b"put",
            b"add",
            b"append",
            b"define",
            b"env",
            b"setenv",
            b"putenv",
            b"setdefault",
            b"header",
            b"headers",
            b"property",
            b"insert",
            b"var",
            b"config",
            b"option",
            b"field",
        ];
        let before = self.before_name();
        let Some(before) = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")) else {
            return false;
        };
        let is_argument = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_&., ".contains(*byte);
        let arguments = before.iter().rev().take(40).take_while(is_argument).count();
        let Some(before) = before[..before.len() - arguments].strip_suffix(b"(") else {
            return false;
        };
        let is_callee = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = before.iter().rev().take(40).take_while(is_callee).count();
        let callee = words(&before[before.len() - length..]);
        // `set("section", "name", value)`: the second literal is a name, too.
        let goes_on = self.bytes.get(value.range.end + 1) == Some(&b',');
        if arguments == 0 && goes_on {
            return false;
        }
        [callee.first(), callee.last()]
            .into_iter()
            .flatten()
            .any(|word| VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word)))
    }

    /// Whether the name is one of a call that takes the secret alone: `setApiKey(`, `bearer_auth(`.
    fn is_setter(&self) -> bool {
        const VERBS: [&[u8]; 3] = [b"set", b"with", b"bearer"];
        words(&self.bytes[self.name.clone()])
            .iter()
            .any(|word| VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word)))
    }

    /// The value in the first row of a table whose head has the name: CSV, Markdown, `INSERT` of SQL.
    fn column(&mut self) -> Option<Candidate> {
        // Most names end here.
        let behind = self.bytes[self.name.end..].iter().take(3);
        let next = behind.copied().find(|byte| !matches!(byte, b' ' | b'"' | b'`'));
        if !matches!(next, None | Some(b',' | b';' | b'\t' | b'|' | b')' | b'\n' | b'\r')) {
            return None;
        }
        let value = self.row_value().or_else(|| self.inserted())?;
        self.finish(Operator::Colon, Kind::Pair, value)
    }

    /// The value below a name in a line of names, which is the first of its file or follows an empty one.
    fn row_value(&self) -> Option<Value> {
        let before = self.before_name();
        let head_start = self.name.start - before.len();
        let above = &self.bytes[..head_start];
        if !above.is_empty()
            && ![&b"\n\n"[..], b"\n\r\n", b"```\n"].iter().any(|end| above.ends_with(end))
        {
            return None;
        }
        let head = self.line_at(head_start)?;
        let separator = separator(before, &self.bytes[self.name.end..head.end.max(self.name.end)])?;
        let mut row = self.line_at(head.end + 1)?;
        let is_rule = |byte: &u8| b"|-: ".contains(byte);
        if separator == b'|' {
            // A table of Markdown has a line between its head and its rows.
            self.bytes[row.clone()].iter().all(is_rule).then_some(())?;
            row = self.line_at(row.end + 1)?;
        }
        let text = &self.bytes[head.clone()];
        let is_head = |byte: &u8| {
            byte.is_ascii_alphanumeric() || b" _-.\"()".contains(byte) || *byte == separator
        };
        let is_short = |cell: &[u8]| cell.len() <= HEAD_BYTES;
        let count = |part: &[u8]| memchr::memchr_iter(separator, part).count();
        let is_table = text.iter().all(is_head)
            && text.split(|byte| *byte == separator).all(is_short)
            && (separator == b'|' || !text.ends_with(&[separator]) && text[0] != b' ')
            && count(text) == count(&self.bytes[row.clone()]);
        let cell = nth(&self.bytes[row.clone()], separator, count(before)).filter(|_| is_table)?;
        self.cell(row.start + cell.start..row.start + cell.end)
    }

    /// The line that begins at `start`, without what ends it; `None` if it is empty or long.
    fn line_at(&self, start: usize) -> Option<Range<usize>> {
        let text = self.bytes.get(start..)?;
        let text = &text[..text.len().min(COLUMN_BYTES)];
        let length = memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
        (1..COLUMN_BYTES).contains(&length).then_some(start..start + length)
    }

    /// The value that stands where the name does: `INSERT INTO users (name, password) VALUES ('a', 'b')`.
    fn inserted(&self) -> Option<Value> {
        let start = self.name.end;
        if !matches!(self.bytes.get(start), Some(b',' | b')' | b'`' | b'"')) {
            return None;
        }
        let before = self.before_name();
        let open = memchr::memrchr(b'(', before)?;
        let text = &self.bytes[start..self.bytes.len().min(start + COLUMN_BYTES)];
        let close = memchr::memchr(b')', text)?;
        let behind = &text[close + 1..];
        let word = close + 1 + behind.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        text.get(word..word + 6).filter(|word| word.eq_ignore_ascii_case(b"values"))?;
        let first = word + memchr::memchr(b'(', &text[word..])? + 1;
        let length = memchr::memchr2(b')', b'\n', &text[first..])?;
        let index = memchr::memchr_iter(b',', &before[open..]).count();
        let cell = nth(&text[first..first + length], b',', index)?;
        let value = self.cell(start + first + cell.start..start + first + cell.end)?;
        (value.quote != Quote::None).then_some(value)
    }

    /// A cell of a table, without blanks and quotes.
    fn cell(&self, range: Range<usize>) -> Option<Value> {
        let text = &self.bytes[range.clone()];
        let is_blank = |byte: &&u8| byte.is_ascii_whitespace();
        let mut start = range.start + text.iter().take_while(is_blank).count();
        let mut end = range.end - text.iter().rev().take_while(is_blank).count();
        let quote = match self.bytes.get(start..end)? {
            [b'"', .., b'"'] => Quote::Double,
            [b'\'', .., b'\''] => Quote::Single,
            [b'`', .., b'`'] => Quote::Backtick,
            _ => Quote::None,
        };
        if quote != Quote::None {
            (start, end) = (start + 1, end - 1);
        }
        Some(Value { range: start..end, quote, scheme: Scheme::None, is_wrapped: false })
    }

    /// A scheme and its credentials where no name stands before them: the first argument of a call, an
    /// element of a list, a line of its own.
    fn scheme_alone(&mut self) -> Option<Candidate> {
        let is_bearer = self.bytes[self.name.clone()].eq_ignore_ascii_case(b"bearer");
        if !is_bearer || self.peek(0) != b' ' {
            return None;
        }
        let before = self.before_name();
        let quoted = before.strip_suffix(b"\"").or(before.strip_suffix(b"'"));
        let is_alone = quoted.is_some_and(|rest| rest.ends_with(b"("))
            || matches!(before.trim_ascii(), b"" | b"-");
        if !is_alone {
            return None;
        }
        let start = self.at;
        self.at += 1;
        let value = self.bare(Kind::Inside).filter(|value| value.range.len() >= MIN_BEARER_BYTES);
        self.at = start;
        let value = Value { scheme: Scheme::Bearer, ..value? };
        self.finish(Operator::Colon, Kind::Inside, value)
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
            // `std::string token{"x"}` of C++.
            None if !closed && self.peek(0) == b'{' && matches!(self.peek(1), b'"' | b'\'') => {
                self.at += 1;
                Operator::Equals
            }
            None if !blank => return None,
            None if !closed
                && (self.skip_go_type() || self.skip_accessors() || self.skip_basic_type()) =>
            {
                Operator::Equals
            }
            None => match self.word_operator() {
                true => Operator::Word,
                false if is_flag || self.is_quote() || self.follows_command() => Operator::Blank,
                false => return None,
            },
        };
        if operator == Operator::Colon && self.eat(b"** ") {
            // `**Password:** x` of Markdown.
            return Some((operator, true));
        }
        let blank = self.blanks() || blank;
        Some((operator, blank))
    }

    fn is_quote(&self) -> bool {
        matches!(self.peek(0), b'"' | b'\'' | b'`') || self.peek(0) == b'@' && self.peek(1) == b'"'
    }

    /// Skips `As String =` of Basic.
    fn skip_basic_type(&mut self) -> bool {
        let rest = &self.rest()[..self.rest().len().min(40)];
        let is_as = rest.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(b"as "));
        let equals = memchr::memmem::find(rest, b" = ").filter(|_| is_as);
        let is_type = |at: usize| rest[3..at].iter().all(|byte| byte.is_ascii_alphanumeric());
        let found = equals.filter(|&at| at > 3 && is_type(at));
        self.at += found.map_or(0, |at| at + 2);
        found.is_some()
    }

    /// Skips `{ get; set; } =` of C#.
    fn skip_accessors(&mut self) -> bool {
        let rest = &self.rest()[..self.rest().len().min(60)];
        let Some(inside) = rest.strip_prefix(b"{") else { return false };
        let Some(close) = memchr::memchr(b'}', inside) else { return false };
        let is_get = inside.trim_ascii_start().starts_with(b"get");
        let behind = &inside[close + 1..];
        let blanks = behind.iter().take_while(|byte| **byte == b' ').count();
        let is_set = is_get && behind[blanks..].starts_with(b"= ");
        self.at += if is_set { close + blanks + 3 } else { 0 };
        is_set
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
        const COMMANDS: [&[u8]; 8] =
            [b"env", b"export", b"set", b"setenv", b"arg", b"password", b"set -x", b"set -gx"];
        ends_with_any(&trimmed, &COMMANDS) || {
            // `login x password y`, and files of words.
            const NAMES: [&[u8]; 4] = [b"password", b"passwd", b"requirepass", b"masterauth"];
            let name = &self.bytes[self.name.clone()];
            NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
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
            return match closed {
                // `<string name="password">x</string>`
                true => names_element(before).then_some(Kind::Pair),
                false => (last == Some(b'<')).then_some(Kind::Plain),
            };
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
        if operator == Operator::Equals && !closed && follows_pair(before) {
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
                || FLAGS
                    .iter()
                    .any(|flag| lower.strip_suffix(b"=").unwrap_or(&lower).ends_with(flag))
                || lower.ends_with(b":set")
                || operator == Operator::Colon && self.is_label(trimmed)
                || lower.starts_with(b"env ")
                || lower.ends_with(b"export")
        };
        let takes_bare = is_assignment && starts_line
            || matches!(operator, Operator::Blank | Operator::Word)
            || operator == Operator::Table && starts_line;
        takes_bare.then_some(Kind::Plain)
    }

    /// Whether a few words and the name are the label of a line: `wifi password: x`.
    fn is_label(&self, before: &[u8]) -> bool {
        let is_word = |byte: &u8| byte.is_ascii_alphabetic() || b" -*#".contains(byte);
        let words = before.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
        let line = self.rest().iter().take(80).take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        let value: Vec<u8> = line.copied().collect();
        let value = value.trim_ascii();
        let word = &self.bytes[self.word.clone()];
        let of_password = [&b"pass"[..], b"pwd", b"pw", b"kennwort", b"wachtwoord", b"senha"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word));
        words <= 2
            && (words == 0 || of_password)
            && before.iter().all(is_word)
            && !value.iter().any(u8::is_ascii_whitespace)
            && !matches!(value.last(), Some(b',' | b';' | b'{' | b'('))
            && value.iter().any(u8::is_ascii_digit)
    }

    /// `${NAME:-x}` of shells, `${NAME:x}` of Spring.
    fn shell_default(&mut self) -> Option<Candidate> {
        let is_variable = self.bytes[..self.name.start].ends_with(b"${");
        let is_spring =
            self.peek(0) == b':' && (self.peek(1).is_ascii_alphanumeric() || self.peek(1) == b'#');
        if !is_variable || !(self.eat(b":-") || self.eat(b":=") || is_spring && self.eat(b":")) {
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
            self.at += memchr::memchr(b'>', &self.rest()[..self.rest().len().min(40)])? + 1;
        }
        let ends_line = matches!(self.peek(0), b'\n' | b'\r');
        if !is_element && !closed && !ends_line {
            return None;
        }
        let gap = self.rest().iter().take(PAIR_BYTES);
        let gap = gap
            .take_while(|byte| {
                byte.is_ascii_whitespace()
                    || matches!(byte, b',' | b'"' | b'\'' | b'<' | b'>' | b'\\')
            })
            .count();
        self.at += gap;
        const WORDS: [&[u8]; 9] = [
            b"value",
            b"parametervalue",
            b"default",
            b"string",
            b"content",
            b"con:value",
            b"android:value",
            b"td",
            b"dd",
        ];
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
        if operator == Operator::Colon && kind == Some(Kind::Plain) {
            self.skip_block_mark();
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

    /// Skips `>-` and the like of YAML, behind which the value stands in a line of its own.
    fn skip_block_mark(&mut self) {
        let start = self.at;
        if !matches!(self.peek(0), b'>' | b'|') {
            return;
        }
        self.at += 1 + usize::from(matches!(self.peek(1), b'-' | b'+'));
        let is_end = self.eat(b"\n") || self.eat(b"\r\n");
        if !is_end || !self.blanks() {
            self.at = start;
        }
    }

    /// `x || "default"`, `x or "default"`, `x ?? "default"`, `x ?: "default"`
    fn default_value(&mut self, operator: Operator) -> Option<Value> {
        if !matches!(operator, Operator::Equals | Operator::Colon) {
            return None;
        }
        let line =
            self.rest().iter().take(80).take_while(|byte| !matches!(byte, b'\n' | b';')).count();
        let text = &self.rest()[..line];
        let marks: [&[u8]; 4] = [b"|| ", b"?? ", b"?: ", b" or "];
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
        // `<Password><Value>x</Value></Password>`
        let inner = self.rest().get(..7).is_some_and(|head| head.eq_ignore_ascii_case(b"<value>"));
        self.at += if inner { 7 } else { 0 };
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
        const CALLS: [&[u8]; 27] = [
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
            b"field",
        ];
        let last =
            name.rsplit(|byte| !byte.is_ascii_alphanumeric()).find(|part| !part.is_empty())?;
        CALLS.contains(&last).then_some(callee + 1)
    }

    /// `q{x}` and `qq(x)` of Perl, `%q(x)` of Ruby.
    fn perl_literal(&mut self) -> Option<Value> {
        let rest = self.rest();
        let prefix = [&b"qq"[..], b"q", b"%q"].into_iter().find(|mark| rest.starts_with(mark))?;
        let close = match self.peek(prefix.len()) {
            b'{' => b'}',
            b'(' => b')',
            _ => return None,
        };
        self.at += prefix.len() + 1;
        let text = &self.rest()[..VALUE_BYTES.min(self.rest().len())];
        let length = memchr::memchr2(close, b'\n', text).filter(|&end| text[end] == close);
        if length.is_none() {
            self.at -= prefix.len() + 1;
        }
        Some(self.plain(length?, Quote::Single))
    }

    /// A literal in quotes.
    fn literal(&mut self) -> Option<Value> {
        if matches!(self.peek(0), b'q' | b'%') {
            return self.perl_literal();
        }
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
