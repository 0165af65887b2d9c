//! Candidates: a name that speaks of a secret, an assignment, and a value.
//!
//! The grammar takes what may be a secret and judges nothing: a quoted literal of code, a bare word
//! of YAML, ini, shell and properties, an XML element, a header, a parameter of a URL, the other half of
//! a `name`/`value` pair. It starts at a word of the name, and a few byte tests end it at most words.
//!
//! `name` tells the words of names, `operator` reads what stands between name and value, `place` tells what a place
//! allows, `value` reads literals and bare words, `argument` tells which of several values a name means, and `table` finds
//! values that stand away from their names.

mod argument;
mod name;
mod operator;
mod place;
mod table;
mod value;

use std::cell::OnceCell;
use std::ops::Range;

pub(super) use name::{WORDS, has_word, is_of_name};
use name::{is_word, name_around, word_at};
pub(in crate::engine) use table::is_behind_gap;
pub(super) use table::may_have_rows;

use crate::text::search::begins_with_one_of;

/// How long a value may be, in bytes. It keeps a match near its keyword.
const VALUE_BYTES: usize = 360;

/// The shortest value.
const MIN_VALUE_BYTES: usize = 3;

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
    Reader::at(bytes, word)?.candidate()
}

/// Reads on from the end of a name.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    name: Range<usize>,
    word: Range<usize>,
    /// Where the line of the name begins, once it was looked for.
    line_start: OnceCell<usize>,
}

/// A value as read, with what was around it.
struct Value {
    range: Range<usize>,
    quote: Quote,
    scheme: Scheme,
    is_wrapped: bool,
}

impl<'a> Reader<'a> {
    /// Reads the name that ends in the word at `word`; `None` where that is no word of a name.
    pub(super) fn at(bytes: &'a [u8], word: &Range<usize>) -> Option<Self> {
        if !is_word(bytes, word) {
            return None;
        }
        let name = name_around(bytes, word);
        // The last word of a name says what it is; it has a hit of its own.
        let is_last = !has_word(&bytes[word.end..name.end.max(word.end)]);
        is_last.then(|| Reader::new(bytes, name, word.clone()))
    }

    const fn new(bytes: &'a [u8], name: Range<usize>, word: Range<usize>) -> Self {
        Reader { bytes, at: name.end, name, word, line_start: OnceCell::new() }
    }

    /// Reads what is assigned to the name.
    pub(super) fn candidate(mut self) -> Option<Candidate> {
        let dashes = self.bytes[self.name.clone()].iter().take_while(|byte| **byte == b'-').count();
        self.name.start += dashes;
        // `-p$PASSWORD` is a flag and a variable.
        let is_flag = dashes > 0
            && self.starts_word(self.name.start - dashes)
            && !self.bytes[self.name.clone()].contains(&b'$');
        let closed = self.close_name();
        if let Some(found) = self.pair(closed) {
            return Some(found);
        }
        if let Some(found) = self.shell_default() {
            return Some(found);
        }
        if let Some(found) = self.updated(closed).or_else(|| self.column()) {
            return Some(found);
        }
        if let Some(found) = self.scheme_alone() {
            return Some(found);
        }
        let (operator, has_blank) = self.operator(closed, is_flag)?;
        if self.is_alternative(operator, closed) {
            return None;
        }
        let kind = self.kind(operator, closed, is_flag);
        let value = self.value(operator, kind, has_blank)?;
        let value = match operator {
            Operator::Equals | Operator::ColonEquals if value.quote != Quote::None => {
                self.of_its_name(value)?
            }
            Operator::Call | Operator::Blank if value.quote != Quote::None && !closed => {
                self.of_its_argument(value)?
            }
            Operator::Colon => self.behind_user(value, kind.unwrap_or(Kind::Plain))?,
            _ => value,
        };
        let operator = self.meant(operator, closed, &value);
        self.finish(operator, kind.unwrap_or(Kind::Plain), value)
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

    fn plain(&self, length: usize, quote: Quote) -> Value {
        let range = self.at..self.at + length;
        Value { range, quote, scheme: Scheme::None, is_wrapped: false }
    }

    /// The line before the name.
    fn before_name(&self) -> &[u8] {
        let start = *self.line_start.get_or_init(|| {
            let from = self.name.start.saturating_sub(200);
            let before = &self.bytes[from..self.name.start];
            memchr::memrchr2(b'\n', b'\r', before).map_or(from, |at| from + at + 1)
        });
        &self.bytes[start..self.name.start]
    }

    /// Whether the name begins a line inside a literal: `"user: x\npassword: y"`.
    fn starts_escaped_line(&self) -> bool {
        let mut before = &self.bytes[..self.name.start];
        while let Some(rest) = before.strip_suffix(b" ").or(before.strip_suffix(b"\\t")) {
            before = rest;
        }
        before.ends_with(b"\\n")
            || before.ends_with(b"\\r")
            || before.len() + 1 < self.name.start && before.ends_with(b"\"")
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at.min(self.bytes.len())..]
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        let found = begins_with_one_of(self.rest(), &[text]);
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

    fn is_quote(&self) -> bool {
        matches!(self.peek(0), b'"' | b'\'' | b'`') || self.peek(0) == b'@' && self.peek(1) == b'"'
    }
}

#[cfg(test)]
mod tests {
    use super::{WORDS, candidate};

    const VALUE: &str = "v4lue";

    /// The values of all candidates in some text with a value in the place of `{v}`, and with `{v}` in its place.
    fn values(text: &str) -> Vec<String> {
        let text = text.replace("{v}", VALUE);
        let lower = text.to_ascii_lowercase();
        let mut places: Vec<_> = WORDS
            .iter()
            .flat_map(|(word, _)| lower.match_indices(word).map(|(at, _)| at..at + word.len()))
            .collect();
        places.sort_by_key(|place| place.start);
        let found = places.iter().filter_map(|place| candidate(text.as_bytes(), place));
        found.map(|found| text[found.value].replace(VALUE, "{v}")).collect()
    }

    #[test]
    fn candidate_reads_the_value_in_the_ways_of_languages() {
        for text in [
            r#"password = "{v}""#,
            "password: {v}",
            r#"db: {password: "{v}", user: y}"#,
            "db: {user: y, password: {v}}",
            r#""password": {"value": "{v}"}"#,
            "\"adminPassword\": {\n  \"value\": \"{v}\"\n}",
            "cookies[:token] = { value: '{v}', expires: 3600 }",
            r#"token, err := hex.DecodeString("{v}")"#,
            r#"token, _ := decode("{v}")"#,
            "login, password = 'me@here', '{v}'",
            r#"auth=("someone", "{v}")"#,
            "$password = ConvertTo-SecureString '{v}' -AsPlainText",
            "x -Password $(ConvertTo-SecureString -String '{v}' -Force)",
            r#""host: x\npassword: {v}\nuser: y""#,
            r#""\t\tpassword={v}\n""#,
            "heroku config:set --app x APP_SECRET={v} OTHER=y",
            "user%5Bname%5D=x&user%5Bpassword%5D={v}&y=z",
            "user[name]=x&user[password]={v}&y=z",
            "a=ice-pwd:{v}",
            "noncesalt: {v}",
            "größe_passwort: {v}",
            "clé_token = '{v}'",
        ] {
            assert_eq!(values(text), ["{v}"], "{text}");
        }
    }

    #[test]
    fn candidate_keeps_apostrophes_and_bars_inside_a_value() {
        for (text, value) in [
            ("password: {v}'s", "{v}'s"),
            ("?access_token=12|{v}&x=y", "12|{v}"),
            ("password: '{v}'", "{v}"),
            ("password: {v} | next", "{v}"),
        ] {
            assert_eq!(values(text), [value], "{text}");
        }
    }

    #[test]
    fn candidate_is_none_where_nothing_is_assigned() {
        for text in [
            r#""pw" | "kennwort" => Some(1),"#,
            r#"type Kind = "token" | "session1";"#,
            "call({user: x, password: y1}, z)",
            "auth: {user: x, password: y}",
            r#"url += "&password=" + value("password")"#,
            "f(a, API_KEY={v})",
            "login, password = 'me@here', read()",
        ] {
            assert!(values(text).is_empty(), "{text}");
        }
    }
}
