//! Values: quoted literals with the calls around them, bare words, elements, defaults and credentials behind a scheme.

use super::{Candidate, Kind, Operator, Quote, Reader, Scheme, VALUE_BYTES, Value};
use crate::text::search::{begins_with_ignoring_case, begins_with_one_of, find, holds_one_of};

/// How far the first literal of a choice stands behind the name, in bytes.
const CASE_BYTES: usize = 160;

/// The shortest token behind a scheme without a header.
const MIN_BEARER_BYTES: usize = 16;

/// Calls that take a literal and give it back, as another type or decoded: `String("x")`, `atob("x")`.
const WRAPPERS: [&[u8]; 36] = [
    b"stringify",
    b"bcrypt",
    b"make",
    b"static",
    b"decodehex",
    b"frombase64string",
    b"fromhexstring",
    b"atob",
    b"base64decode",
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

impl Reader<'_> {
    pub(super) fn value(
        &mut self,
        operator: Operator,
        kind: Option<Kind>,
        has_blank: bool,
    ) -> Option<Value> {
        if operator == Operator::Element {
            kind?;
            return self.element();
        }
        // The quote behind `"&password="` closes its literal.
        if kind != Some(Kind::Parameter)
            && let Some(value) = self.quoted()
        {
            return Some(value);
        }
        if operator == Operator::Call
            && let Some(value) = self.behind_variables()
        {
            return Some(value);
        }
        if self.is_quote() {
            // An empty literal, or one that does not end.
            return None;
        }
        if let Some(value) = self.default_value(operator).or_else(|| self.first_case(operator)) {
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
        let marks: [&[u8]; 9] = [
            b"|| ",
            b"?? ",
            b"?: ",
            b" or ",
            b" ? ",
            b"unwrap_or(",
            b"unwrap_or_else(|_| ",
            b"unwrap_or_else(|| ",
            b"rElse(",
        ];
        // Most lines end here.
        if !holds_one_of(text, &marks) {
            return None;
        }
        let mark = marks.iter().find_map(|mark| Some(find(text, mark)? + mark.len()))?;
        let start = self.at;
        self.at += mark;
        self.blanks();
        let found = self.quoted();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// The first literal of a choice: `secret = match stage { Stage::Prod => "x", ...`, `when (x) { "a" -> "x" ...`.
    fn first_case(&mut self, operator: Operator) -> Option<Value> {
        const CHOICES: [&[u8]; 3] = [b"match ", b"when ", b"switch "];
        if operator != Operator::Equals || !begins_with_one_of(self.rest(), &CHOICES) {
            return None;
        }
        let text = &self.rest()[..self.rest().len().min(CASE_BYTES)];
        let line = memchr::memchr(b'\n', text)?;
        let next = &text[line + 1..];
        let next = &next[..memchr::memchr(b'\n', next).unwrap_or(next.len())];
        let arrow = [&b"=> "[..], b"-> "]
            .iter()
            .find_map(|arrow| Some(find(next, arrow)? + arrow.len()))
            .filter(|_| text[..line].trim_ascii_end().ends_with(b"{"))?;
        let start = self.at;
        self.at += line + 1 + arrow;
        let found = self.quoted();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// `${NAME:-x}` of shells, `${NAME:x}` of Spring.
    pub(super) fn shell_default(&mut self) -> Option<Candidate> {
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

    /// A scheme and its credentials where no name stands before them: the first argument of a call, an
    /// element of a list, a line of its own.
    pub(super) fn scheme_alone(&mut self) -> Option<Candidate> {
        let name = &self.bytes[self.name.clone()];
        let is_bearer = name.eq_ignore_ascii_case(b"bearer");
        if !is_bearer && name != b"Token" || self.peek(0) != b' ' {
            return None;
        }
        let before = self.before_name();
        let quoted = before.strip_suffix(b"\"").or(before.strip_suffix(b"'"));
        let is_alone = quoted.is_some_and(|rest| rest.ends_with(b"("))
            || is_bearer && matches!(before.trim_ascii(), b"" | b"-");
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

    /// The text of an XML element.
    pub(super) fn element(&mut self) -> Option<Value> {
        // `<Password><Value>x</Value></Password>`
        let inner = begins_with_ignoring_case(self.rest(), b"<value>");
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

    /// A quoted literal, with up to three calls around it.
    pub(super) fn quoted(&mut self) -> Option<Value> {
        let start = self.at;
        let mut is_wrapped = false;
        for _ in 0..4 {
            if let Some(mut value) = self.literal() {
                if is_wrapped && let Some(password) = self.password_of_pair(&value) {
                    value = password;
                }
                value.is_wrapped = is_wrapped;
                return Some(value);
            }
            let Some(length) = self.wrapper() else { break };
            is_wrapped = true;
            self.at += length;
            self.blanks();
            self.eat(b"default=");
        }
        self.at = start;
        None
    }

    /// The second of two literals, where the first is a user: `auth=("user", "x")`.
    fn password_of_pair(&mut self, user: &Value) -> Option<Value> {
        let word = &self.bytes[self.word.clone()];
        let is_pair = [&b"auth"[..], b"cred"].iter().any(|known| known.eq_ignore_ascii_case(word));
        let close = self.bytes[user.range.end..].iter().take_while(|b| matches!(b, b'"' | b'\''));
        let start = self.at;
        self.at = user.range.end + close.count();
        let is_next = is_pair && self.eat(b",") && (self.blanks() || self.is_quote());
        let found = if is_next { self.literal() } else { None };
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// The length of a call or bracket around a literal, up to what it opens.
    fn wrapper(&self) -> Option<usize> {
        let rest = self.rest();
        const NO_FILE: &[u8] = b"(None, ";
        match self.peek(0) {
            // A field of a form that the requests of Python send.
            b'(' if rest.starts_with(NO_FILE) => return Some(NO_FILE.len()),
            b'(' | b'[' | b'{' => return Some(1 + member(&rest[1..])),
            // A binary of Erlang.
            b'<' if rest.starts_with(b"<<\"") => return Some(2),
            b'$' | b'c' | b'C' => {
                if let Some(length) = secure_string(rest) {
                    return Some(length);
                }
            }
            _ => {}
        }
        let callee = rest.iter().take(48);
        let callee = callee
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.:[]<> !&*".contains(byte))
            .count();
        if self.peek(callee) != b'(' || callee == 0 {
            return None;
        }
        let last = rest[..callee]
            .rsplit(|byte| !byte.is_ascii_alphanumeric())
            .find(|part| !part.is_empty())?;
        let is_known = WRAPPERS.iter().any(|known| known.eq_ignore_ascii_case(last));
        is_known.then_some(callee + 1)
    }

    /// A literal in quotes.
    pub(super) fn literal(&mut self) -> Option<Value> {
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

    fn html_literal(&mut self) -> Option<Value> {
        self.at += 6;
        let text = &self.rest()[..VALUE_BYTES.min(self.rest().len())];
        let length = find(text, b"&quot;")?;
        Some(self.plain(length, Quote::Escaped))
    }

    /// The value inside a literal: what follows a scheme.
    fn in_literal(&mut self, length: usize, quote: Quote) -> Option<Value> {
        let mut value = self.plain(length, quote);
        if let Some((scheme, skip)) = self.peek_scheme().filter(|(_, skip)| *skip < length) {
            value.scheme = scheme;
            value.range.start += skip;
        }
        // Spring: the password stands there as it is.
        const PLAIN: &[u8] = b"{noop}";
        if self.bytes[value.range.clone()].starts_with(PLAIN) {
            value.range.start += PLAIN.len();
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
        if !matches!(self.peek(0).to_ascii_lowercase(), b'a' | b'b' | b'n' | b's' | b't') {
            return None;
        }
        let rest = self.rest();
        let found = SCHEMES.iter().find(|(word, _)| begins_with_ignoring_case(rest, word));
        found.map(|(word, scheme)| (*scheme, word.len()))
    }

    /// A word without quotes.
    pub(super) fn bare(&mut self, kind: Kind) -> Option<Value> {
        let scheme = self.peek_scheme();
        self.at += scheme.map_or(0, |(_, length)| length);
        let text = &self.rest()[..(VALUE_BYTES + 1).min(self.rest().len())];
        let goes_on = |at: usize| {
            let is_part = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
            at > 0 && is_part(at - 1) && is_part(at + 1)
        };
        let ends = |at: usize, byte: u8| match byte {
            b'&' | b'#' => kind == Kind::Parameter,
            // A connection string.
            b';' => true,
            // A bar is part of some tokens, and an apostrophe of passwords.
            b'|' => kind != Kind::Parameter && kind != Kind::Inside || !goes_on(at),
            b'\'' => kind != Kind::Plain || !goes_on(at),
            _ => byte.is_ascii_whitespace() || b"\"`,<>(){}[]\\".contains(&byte),
        };
        let length = (0..text.len()).find(|&at| ends(at, text[at])).unwrap_or(text.len());
        let mut value = self.plain(length, Quote::None);
        value.scheme = scheme.map_or(Scheme::None, |(scheme, _)| scheme);
        Some(value)
    }
}

/// The length of `ConvertTo-SecureString` of PowerShell at the start of some text, up to its argument.
fn secure_string(text: &[u8]) -> Option<usize> {
    const COMMAND: &[u8] = b"convertto-securestring ";
    const ARGUMENT: &[u8] = b"-string ";
    let starts = begins_with_ignoring_case;
    let open = if text.starts_with(b"$(") { 2 } else { 0 };
    let end = open + COMMAND.len();
    starts(&text[open..], COMMAND)
        .then(|| end + if starts(&text[end..], ARGUMENT) { ARGUMENT.len() } else { 0 })
}

/// How much stands before the value of an object that holds one by this name: `{ "value": "x" }`, also where it is in
/// the next line.
fn member(text: &[u8]) -> usize {
    let blanks = |text: &[u8]| text.iter().take(40).take_while(|b| b.is_ascii_whitespace()).count();
    let start = blanks(text);
    let names: [&[u8]; 4] = [b"\"value\"", b"'value'", b"value", b":value"];
    let Some(name) = names.iter().find(|name| text[start..].starts_with(name)) else { return 0 };
    let end = start + name.len();
    let end = end + blanks(&text[end..]);
    let signs: [&[u8]; 3] = [b"=>", b":", b"="];
    let sign = signs.iter().find(|sign| text[end..].starts_with(sign));
    sign.map_or(0, |sign| end + sign.len() + blanks(&text[end + sign.len()..]))
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
