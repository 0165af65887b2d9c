//! Tables and pairs: values that stand in the column, the row or the element beside their names.

use std::ops::Range;

use super::{Candidate, Kind, Operator, Quote, Reader, Scheme, Value};
use crate::text::search::{begins_with_ignoring_case, find};

/// How long the head of a column may be, in bytes.
const HEAD_BYTES: usize = 40;

/// How long a line of a table may be, in bytes.
const COLUMN_BYTES: usize = 300;

/// How far the value of a pair stands behind its name, in bytes.
const PAIR_BYTES: usize = 80;

/// How far the default of a variable stands behind its name, in bytes: less than `NAME_TO_VALUE_BYTES`.
const VARIABLE_BYTES: usize = 180;

impl Reader<'_> {
    /// The value in the first row of a table whose head has the name: CSV, Markdown, `INSERT` of SQL.
    pub(super) fn column(&mut self) -> Option<Candidate> {
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
            && ![&b"\n\n"[..], b"\n\r\n", b"```\n", b"|===\n"]
                .iter()
                .any(|end| above.ends_with(end))
        {
            return None;
        }
        let head = self.line_at(head_start)?;
        let separator = separator(before, &self.bytes[self.name.end..head.end.max(self.name.end)])?;
        let mut row = self.line_at(head.end + 1)?;
        let is_rule = |byte: &u8| b"|-: ".contains(byte);
        if separator == b'|' && !above.ends_with(b"|===\n") {
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

    /// The value that a row gets that the name selects: `UPDATE settings SET value = 'x' WHERE name = 'api_key'`.
    pub(super) fn updated(&mut self, closed: bool) -> Option<Candidate> {
        const CONDITIONS: [&[u8]; 4] =
            [b" where name = ", b" where key = ", b" where `key` = ", b" where option_name = "];
        const COLUMNS: [&[u8]; 4] =
            [b"set value = ", b"set `value` = ", b"set val = ", b"set option_value = "];
        if !closed || self.bytes.get(self.name.end) != Some(&b'\'') {
            return None;
        }
        let before = self.before_name().strip_suffix(b"'")?.to_ascii_lowercase();
        let condition = CONDITIONS.iter().find(|condition| before.ends_with(condition))?;
        let assigned = &before[..before.len() - condition.len()];
        let at = COLUMNS.iter().find_map(|column| Some(find(assigned, column)? + column.len()))?;
        let start = self.name.start - 1 - before.len() + at;
        let value = self.cell(start..start + assigned.len() - at)?;
        let is_one = value.quote == Quote::Single
            && !self.bytes[value.range.clone()].iter().any(|byte| matches!(byte, b'\'' | b' '));
        if is_one { self.finish(Operator::Colon, Kind::Pair, value) } else { None }
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

    /// The value of a pair: `"name": "X", "value": "y"`, `<name>X</name><value>y</value>`.
    pub(super) fn pair(&mut self, closed: bool) -> Option<Candidate> {
        let start = self.at;
        let found = self.pair_value(closed);
        self.at = start;
        let value = found?;
        self.finish(Operator::Colon, Kind::Pair, value)
    }

    fn pair_value(&mut self, closed: bool) -> Option<Value> {
        if closed && self.rest().starts_with(b" {") && self.before_name().ends_with(b"variable \"")
        {
            return self.variable_default();
        }
        if closed && let Some(value) = self.environment_default() {
            return Some(value);
        }
        let limit = self.at + PAIR_BYTES;
        self.skip_to_pair(closed)?;
        let gap = self.rest().iter().take(PAIR_BYTES);
        let gap = gap
            .take_while(|byte| {
                byte.is_ascii_whitespace()
                    || matches!(byte, b',' | b'"' | b'\'' | b'<' | b'>' | b'\\')
            })
            .count();
        self.at += gap;
        const WORDS: [&[u8]; 10] = [
            b"value",
            b"envdefault",
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
        let word = WORDS.iter().find(|word| begins_with_ignoring_case(rest, word))?;
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

    /// Skips what ends the name of a pair; `None` where none can follow.
    fn skip_to_pair(&mut self, closed: bool) -> Option<()> {
        let is_element = self.eat(b"</");
        if is_element {
            self.at += memchr::memchr(b'>', &self.rest()[..self.rest().len().min(40)])? + 1;
        }
        let ends_line = matches!(self.peek(0), b'\n' | b'\r') && !self.is_comment();
        // `{name: TOKEN, value: x}`, `name=password,value=x`
        let is_row =
            [&b", value: "[..], b",value="].iter().any(|next| self.rest().starts_with(next));
        // `api-token:` with `default: x` below
        let is_below = [&b":\n"[..], b":\r\n"].iter().any(|end| self.rest().starts_with(end))
            && begins_with_ignoring_case(self.rest()[1..].trim_ascii_start(), b"default:");
        if is_below {
            self.at += 1;
        }
        (is_element || closed || ends_line || is_row || is_below).then_some(())
    }

    /// The value that is taken where a variable of the environment is not set: `getenv("TOKEN")).orElse("x")`,
    /// `ENV.fetch('TOKEN') { 'x' }`, `String.fromEnvironment('TOKEN', defaultValue: 'x')`.
    fn environment_default(&mut self) -> Option<Value> {
        const CALLS: [&[u8]; 4] = [b"getenv(", b"ENV.fetch(", b".fromEnvironment(", b"env("];
        const STEPS: [&[u8]; 4] = [b".orElse(", b" { ", b" ?: ", b", defaultValue: "];
        // Most names end here.
        if !STEPS.iter().any(|step| self.rest().starts_with(step)) {
            return None;
        }
        let before = self.before_name();
        let call = before.strip_suffix(b"\"").or(before.strip_suffix(b"'"))?;
        if !CALLS.iter().any(|of| call.ends_with(of)) || !STEPS.iter().any(|step| self.eat(step)) {
            return None;
        }
        self.quoted()
    }

    /// The default of a variable of Terraform: `variable "db_password" { ... default = "x"`.
    fn variable_default(&mut self) -> Option<Value> {
        let text = &self.rest()[..self.rest().len().min(VARIABLE_BYTES)];
        let text = &text[..find(text, b"\n}").unwrap_or(text.len())];
        let at = find(text, b"\n  default ")?;
        self.at += at + b"\n  default ".len();
        self.blanks();
        if !self.eat(b"=") {
            return None;
        }
        self.blanks();
        self.quoted()
    }
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
