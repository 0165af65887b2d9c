//! Tables and pairs: values that stand in the column, the row or the element beside their names.

use std::ops::Range;

use super::name::is_of_name;
use super::{Candidate, Kind, Operator, Quote, Reader, Scheme, Value};
use crate::text::search::{begins_with_ignoring_case, begins_with_one_of, ends_with_one_of, find};

/// How long the head of a column may be, in bytes.
const HEAD_BYTES: usize = 40;

/// How long the words are that stand before a name in the head of its column, in bytes.
const WORD_BYTES: usize = 12;

/// How long a line of a table may be, in bytes.
const COLUMN_BYTES: usize = 300;

/// How far the value of a pair stands behind its name, in bytes.
const PAIR_BYTES: usize = 80;

/// How far the default of a variable stands behind its name, in bytes: less than `NAME_TO_VALUE_BYTES`.
const VARIABLE_BYTES: usize = 180;

/// How far behind its name a row of a table ends that is read, in bytes: less than `BEHIND_BYTES`.
const TABLE_BYTES: usize = 1000;

/// A table whose head names a column for secrets.
struct Table {
    separator: u8,
    /// How many separators stand before the column, and in all in a row.
    column: usize,
    columns: usize,
    /// The first row.
    row: Range<usize>,
}

impl Reader<'_> {
    /// The value in the first row of a table whose head has the name: CSV, Markdown, `INSERT` of SQL.
    pub(super) fn column(&mut self) -> Option<Candidate> {
        if !self.may_head_column() {
            return None;
        }
        let value = self.cells_below().next()?;
        self.finish(Operator::Colon, Kind::Pair, value)
    }

    /// The values in the other rows, as far as they are read.
    pub(in super::super) fn other_rows(&self) -> impl Iterator<Item = Candidate> {
        let cells = self.may_head_column().then(|| self.cells_below().skip(1));
        let cells = cells.into_iter().flatten();
        cells.filter_map(|cell| self.finish(Operator::Colon, Kind::Pair, cell))
    }

    /// Whether the name may head a column, by what is around it. Most names do not.
    fn may_head_column(&self) -> bool {
        let behind = &self.bytes[self.name.end..];
        if !ends_column(behind) {
            return false;
        }
        let before = self.before_name();
        let above = &self.bytes[..self.name.start - before.len()];
        may_be_head(above, before) || values_behind(behind).is_some()
    }

    /// What stands below the name, row by row.
    fn cells_below(&self) -> impl Iterator<Item = Value> {
        let table = self.table();
        let tuples = if table.is_none() { self.inserted() } else { None };
        let rows = table.into_iter().flat_map(|table| self.rows(table));
        rows.chain(tuples.into_iter().flatten())
    }

    /// The table whose head is the line of the name: it is the first of its file or follows an empty one, or stands in
    /// bars.
    fn table(&self) -> Option<Table> {
        let before = self.before_name();
        let head_start = self.name.start - before.len();
        let above = &self.bytes[..head_start];
        // Most lines end here.
        if !may_be_head(above, before) {
            return None;
        }
        let head = self.line_at(head_start)?;
        let text = &self.bytes[head.clone()];
        let separator = separator(before, &self.bytes[self.name.end..head.end.max(self.name.end)])?;
        let stands_in_bars = separator == b'|' && is_in_bars(text) && !is_in_bars(last_line(above));
        if !is_behind_gap(above) && !stands_in_bars {
            return None;
        }
        let mut row = self.line_below(&head)?;
        if separator == b'|' && !above.ends_with(b"|===\n") {
            // A table of Markdown has a line between its head and its rows.
            if self.bytes[row.clone()].iter().all(|byte| b"|-: ".contains(byte)) {
                row = self.line_below(&row)?;
            } else if !stands_in_bars || !is_in_bars(&self.bytes[row.clone()]) {
                return None;
            }
        }
        let is_head = |byte: &u8| {
            byte.is_ascii_alphanumeric() || b" _-.\"()".contains(byte) || *byte == separator
        };
        let is_short = |cell: &[u8]| cell.len() <= HEAD_BYTES;
        let columns = count(text, separator);
        let is_table = text.iter().all(is_head)
            && text.split(|byte| *byte == separator).all(is_short)
            && (separator == b'|' || !text.ends_with(&[separator]) && text[0] != b' ')
            && columns == count(&self.bytes[row.clone()], separator);
        is_table.then(|| Table { separator, column: count(before, separator), columns, row })
    }

    /// The cells of the name's column, from the first row on.
    fn rows(&self, table: Table) -> impl Iterator<Item = Value> {
        let Table { separator, column, columns, row } = table;
        let rows = std::iter::successors(Some(row), |row| self.line_below(row));
        let rows = rows.take_while(|row| self.is_near(row.end));
        rows.filter_map(move |row| {
            let text = &self.bytes[row.clone()];
            let cell =
                nth(text, separator, column).filter(|_| count(text, separator) == columns)?;
            self.cell(row.start + cell.start..row.start + cell.end)
        })
    }

    /// Whether a row that ends here is read.
    const fn is_near(&self, end: usize) -> bool {
        end <= self.word.start + TABLE_BYTES
    }

    /// The line that begins at `start`, without what ends it; `None` if it is empty or long.
    fn line_at(&self, start: usize) -> Option<Range<usize>> {
        let text = self.bytes.get(start..)?;
        let text = &text[..text.len().min(COLUMN_BYTES)];
        let length = memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
        (1..COLUMN_BYTES).contains(&length).then_some(start..start + length)
    }

    /// The line below another one.
    fn line_below(&self, line: &Range<usize>) -> Option<Range<usize>> {
        let is_long = self.bytes[line.end..].starts_with(b"\r\n");
        self.line_at(line.end + 1 + usize::from(is_long))
    }

    /// The values that stand where the name does: `INSERT INTO users (name, password) VALUES ('a', 'b'), ('c', 'd')`.
    fn inserted(&self) -> Option<impl Iterator<Item = Value>> {
        let first = self.first_tuple()?;
        let before = self.before_name();
        let column = memchr::memrchr(b'(', before).map_or(0, |open| count(&before[open..], b','));
        let tuples = std::iter::successors(Some(first), |tuple| self.tuple_behind(tuple.end + 1));
        let tuples = tuples.take_while(|tuple| self.is_near(tuple.end));
        Some(tuples.filter_map(move |tuple| {
            let cell = element(&self.bytes[tuple.clone()], column)?;
            let value = self.cell(tuple.start + cell.start..tuple.start + cell.end)?;
            (value.quote != Quote::None).then_some(value)
        }))
    }

    /// What is between the brackets behind `VALUES`.
    fn first_tuple(&self) -> Option<Range<usize>> {
        let start = self.name.end;
        if !matches!(self.bytes.get(start), Some(b',' | b')' | b'`' | b'"')) {
            return None;
        }
        let values = values_behind(&self.bytes[start..])?;
        memchr::memrchr(b'(', self.before_name())?;
        self.tuple_behind(start + values)
    }

    /// What is between the brackets that open at `at`, behind blanks and a comma.
    fn tuple_behind(&self, at: usize) -> Option<Range<usize>> {
        let text = self.bytes.get(at..)?;
        let is_between = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b',';
        let open = text.iter().take(80).take_while(is_between).count();
        let inside = text[open..].strip_prefix(b"(")?;
        let inside = &inside[..inside.len().min(COLUMN_BYTES)];
        let length = bare(inside).find(|&at| inside[at] == b')')?;
        Some(at + open + 1..at + open + 1 + length)
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
        // Most names end here.
        if !closed && !matches!(self.peek(0), b'<' | b'\n' | b'\r' | b',' | b':') {
            return None;
        }
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
        let is_row = begins_with_one_of(self.rest(), &[b", value: ", b",value="]);
        // `api-token:` with `default: x` below
        let is_below = begins_with_one_of(self.rest(), &[b":\n", b":\r\n"])
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
        if !begins_with_one_of(self.rest(), &STEPS) {
            return None;
        }
        let before = self.before_name();
        let call = before.strip_suffix(b"\"").or(before.strip_suffix(b"'"))?;
        if !ends_with_one_of(call, &CALLS) || !STEPS.iter().any(|step| self.eat(step)) {
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

/// Whether the word of a keyword at `start` may be in the head of a table, whose rows say what matters of it. A sign or
/// two of the keyword may stand before the word.
fn may_head_table(bytes: &[u8], start: usize) -> bool {
    let rest = &bytes[start..bytes.len().min(start + HEAD_BYTES)];
    let signs = rest.iter().take(2).take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let rest = &rest[signs..];
    let end = rest.iter().position(|byte| !is_of_name(*byte)).unwrap_or(rest.len());
    ends_column(&rest[end..])
}

/// Whether what stands below its line may matter to the word of a keyword at `start`: the rows of a table, or tuples of
/// SQL. The line ends at `end`; it begins in `part`, or nothing is told of it.
pub(in super::super) fn may_have_rows(bytes: &[u8], part: usize, start: usize, end: usize) -> bool {
    if !may_head_table(bytes, start) {
        return false;
    }
    let from = part.max(start.saturating_sub(COLUMN_BYTES));
    let Some(line) = memchr::memrchr(b'\n', &bytes[from..start]) else { return true };
    let line = from + line + 1;
    let (before, behind) = (&bytes[line..start], &bytes[start..end]);
    may_be_head(&bytes[..line], before) || before.contains(&b'(') && !leads_to_no_values(behind)
}

/// Whether a line tells that no tuples of `INSERT` follow it: behind the next bracket stands something else.
fn leads_to_no_values(line: &[u8]) -> bool {
    let close = memchr::memchr(b')', line);
    let next = close.and_then(|at| line[at + 1..].trim_ascii_start().first());
    next.is_some_and(|next| !next.eq_ignore_ascii_case(&b'v'))
}

/// Whether the next line is the first of its file or of its part.
pub(in crate::engine) fn is_behind_gap(above: &[u8]) -> bool {
    above.is_empty() || ends_with_one_of(above, &[b"\n\n", b"\n\r\n", b"```\n", b"|===\n"])
}

/// Whether a line that begins so may be the head of a table, by what is above it.
fn may_be_head(above: &[u8], line: &[u8]) -> bool {
    is_behind_gap(above) || line.trim_ascii_start().starts_with(b"|")
}

/// Where the word `VALUES` of SQL ends that stands behind the next bracket.
fn values_behind(text: &[u8]) -> Option<usize> {
    let text = &text[..text.len().min(COLUMN_BYTES)];
    let close = memchr::memchr(b')', text)?;
    let behind = &text[close + 1..];
    let word = close + 1 + behind.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    text.get(word..word + 6).filter(|word| word.eq_ignore_ascii_case(b"values"))?;
    Some(word + 6)
}

/// Whether the head of a column ends where some bytes begin.
fn ends_column(behind: &[u8]) -> bool {
    let next = behind.iter().take(3).find(|byte| !matches!(byte, b' ' | b'"' | b'`'));
    matches!(next, None | Some(b',' | b';' | b'\t' | b'|' | b')' | b'\n' | b'\r'))
}

/// The sign between the columns of a table, by what stands around a name in its first line.
fn separator(before: &[u8], behind: &[u8]) -> Option<u8> {
    let is_sign = |byte: &u8| b",;\t|".contains(byte);
    let is_skipped = |byte: &&u8| !matches!(**byte, b' ' | b'"');
    match behind.iter().find(is_skipped) {
        Some(next) => Some(*next),
        None => {
            // `service;api key`: a word of the name may stand before it.
            let blank =
                before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b' ');
            let words = blank.count();
            let own = if words <= WORD_BYTES { words } else { 0 };
            before[..before.len() - own].iter().rev().find(is_skipped).copied()
        }
    }
    .filter(is_sign)
}

/// The last line of some text, without what ends it.
fn last_line(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let from = text.len().saturating_sub(COLUMN_BYTES);
    &text[memchr::memrchr(b'\n', &text[from..]).map_or(from, |at| from + at + 1)..]
}

/// Whether a line begins and ends with a bar.
fn is_in_bars(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() > 1 && line.starts_with(b"|") && line.ends_with(b"|")
}

fn count(text: &[u8], separator: u8) -> usize {
    memchr::memchr_iter(separator, text).count()
}

/// The places of the bytes that stand in no quotes of SQL.
fn bare(text: &[u8]) -> impl Iterator<Item = usize> {
    let mut is_quoted = false;
    (0..text.len()).filter(move |&at| {
        is_quoted ^= text[at] == b'\'';
        !is_quoted
    })
}

/// Where the element of a list of SQL stands that follows so many commas.
fn element(text: &[u8], index: usize) -> Option<Range<usize>> {
    let mut commas = bare(text).filter(|&at| text[at] == b',');
    let start = match index {
        0 => 0,
        _ => commas.nth(index - 1)? + 1,
    };
    Some(start..commas.next().unwrap_or(text.len()))
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
