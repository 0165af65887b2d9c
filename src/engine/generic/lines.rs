//! Which lines matter to a word: most answers need no more than the line that the word stands in.
//!
//! The quick scan of a history goes by this. What it keeps of a version is read again only where a change stands in the
//! lines that matter, and a line that it has read in one version it need not read in the others.

use std::ops::Range;

use super::grammar;
use crate::text::search::holds;

/// How far behind the word the value begins at most.
const NAME_TO_VALUE_BYTES: usize = 200;

/// Tells of words in one part of some bytes whether all that matters of them stands in it. What is looked up in the
/// part is looked up once, whatever the number of words.
#[derive(Debug)]
pub(in crate::engine) struct Lines<'a> {
    bytes: &'a [u8],
    part: Range<usize>,
    /// Where the second line end of the part is, if it is near its start.
    second_end: Option<Option<usize>>,
    /// Where the last line end of the part is, if it is near its end.
    last_end: Option<Option<usize>>,
    /// From here on the part has none of [`LONG_VALUES`].
    plain_from: Option<usize>,
}

/// What begins values that go on behind their line: `CDATA` sections, and quotes of HTML.
const LONG_VALUES: [&[u8]; 2] = [b"[CDATA[", b"&quot;"];

/// How far from the edges of a part the ends of lines are looked for: further than anything matters.
const LINE_BYTES: usize = 4096;

impl<'a> Lines<'a> {
    pub(in crate::engine) const fn new(bytes: &'a [u8], part: Range<usize>) -> Self {
        Lines { bytes, part, second_end: None, last_end: None, plain_from: None }
    }

    /// Whether all that matters before a word at `start` stands in the part: its line and the one above.
    pub(in crate::engine) fn has_start_of(&mut self, start: usize) -> bool {
        let Range { start: from, end } = self.part;
        let second = *self.second_end.get_or_insert_with(|| {
            let near = &self.bytes[from..end.min(from + LINE_BYTES)];
            memchr::memchr_iter(b'\n', near).nth(1).map(|at| from + at)
        });
        second.is_some_and(|second| second < start)
    }

    /// Whether all that matters of a word at `start` behind it stands in the part: a value ends where its line does,
    /// but for [`LONG_VALUES`] and tables, and most begin in the line of their name. Words are asked for in rising order.
    pub(in crate::engine) fn has_end_of(&mut self, start: usize) -> bool {
        let Range { start: from, end } = self.part;
        let value = start + NAME_TO_VALUE_BYTES;
        let last = *self.last_end.get_or_insert_with(|| {
            let from = from.max(end.saturating_sub(LINE_BYTES));
            memchr::memrchr(b'\n', &self.bytes[from..end]).map(|at| from + at)
        });
        let is_far = last.is_some_and(|last| value <= last);
        let end = if is_far { Some(value) } else { self.settled_end(start) };
        end.is_some_and(|end| self.is_plain(start..end) && !self.may_have_rows(start, end))
    }

    fn may_have_rows(&self, start: usize, end: usize) -> bool {
        let line = &self.bytes[start..end];
        let end = memchr::memchr(b'\n', line).map_or(end, |length| start + length);
        grammar::may_have_rows(self.bytes, self.part.start, start, end)
    }

    /// Returns where the line of a word at `start` ends, if that is in the part and nothing of the word goes on behind
    /// it.
    fn settled_end(&self, start: usize) -> Option<usize> {
        let rest = &self.bytes[start..self.part.end.min(start + NAME_TO_VALUE_BYTES)];
        let line = &rest[..memchr::memchr(b'\n', rest)?];
        let is_sign = |byte: &&u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
        let signs = line.iter().take_while(is_sign).count();
        let name = line[signs..].iter().take_while(|byte| grammar::is_of_name(**byte)).count();
        ends_with_line(&line[signs + name..]).then_some(start + line.len())
    }

    /// Whether `range` of the part has none of [`LONG_VALUES`].
    fn is_plain(&mut self, range: Range<usize>) -> bool {
        let begins = |at: usize| LONG_VALUES.iter().any(|mark| self.bytes[at..].starts_with(mark));
        let plain_from = *self.plain_from.get_or_insert_with(|| {
            let rest = &self.bytes[range.start..self.part.end];
            memchr::memchr2_iter(b'[', b'&', rest)
                .map(|at| range.start + at)
                .rfind(|&at| begins(at))
                .map_or(range.start, |at| at + 1)
        });
        plain_from <= range.start
            || !LONG_VALUES.iter().any(|mark| holds(&self.bytes[range.clone()], mark))
    }
}

/// Whether nothing that is assigned to a name goes on behind its line, by what stands in the line behind the name.
/// Tables, CDATA sections and quotes of HTML aside: they go on anywhere.
fn ends_with_line(behind: &[u8]) -> bool {
    let closing = behind.iter().take_while(|byte| b"\\\"'`])}?!*".contains(byte)).count();
    if behind.get(closing) == Some(&b';') {
        // Nothing is assigned: `f(key);`.
        return true;
    }
    let element = behind[closing..].strip_prefix(b"</");
    // A `name`/`value` pair goes on behind signs alone; accessors of C# and variables of Terraform in braces.
    let Some(text) = behind.iter().position(u8::is_ascii_alphanumeric) else {
        // The last word of a comment: `of keys */`.
        let is_operator = |byte: &u8| b"\"'`\\:=<>|&+-{[(".contains(byte);
        let is_last = behind.trim_ascii_end().len() <= closing;
        return !is_last && !behind.iter().any(is_operator);
    };
    if let Some(tag) = element {
        // `<key>password</key>`: the next element may stand in the next line.
        let next = memchr::memchr(b'>', tag).map_or(tag, |end| &tag[end..]);
        if !next.iter().any(u8::is_ascii_alphanumeric) {
            return false;
        }
    }
    let is_opening = |byte: &u8| matches!(byte, b'(' | b'[' | b'{');
    let opens_last = behind.trim_ascii_end().last().is_some_and(is_opening);
    // `{ "value": "x" }` as the value.
    let opens_value = behind.iter().any(is_opening) && holds(behind, b"value");
    !behind[..text].contains(&b'{') && !opens_last && !opens_value
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::super::tests::places;
    use super::super::{Assignment, Reader, implausible};
    use super::Lines;
    use crate::rule::Confidence;

    #[test]
    fn lines_tell_whether_all_that_matters_of_a_word_stands_in_a_part() {
        let long = "x".repeat(250);
        for (part, word, has_start, has_end) in [
            ("a\nb\nkey = x\n", 4, true, true),
            ("a\nkey = x\n", 2, false, true),
            ("a\nkey = x", 2, false, false),
            // What goes on in the next line.
            ("\n\nkey\n", 2, true, false),
            ("\n\nkey:  \n", 2, true, false),
            ("\n\nkey = {\n", 2, true, false),
            ("\n\n\"key\" { # x\n", 2, true, false),
            ("\n\nkey = (\"value\"\n", 2, true, false),
            ("\n\nkey = f(\"values\")\n", 2, true, false),
            ("\n\nkey = f({\n", 2, true, false),
            ("\n\n\"key\", \n", 2, true, false),
            ("\n\nkey { get;\n", 2, true, false),
            ("\n\n// of keys:\n", 8, true, false),
            ("\n\n<key>key</key>\n", 7, true, false),
            // What does not.
            ("\n\n<key>key</key><string>x\n", 7, true, true),
            ("\n\n/* of keys */\n", 8, true, true),
            ("\n\nkey = f(x,\n", 2, true, true),
            ("\nx\nf(key);\n", 5, true, true),
            ("\nx\nf(key, x)\n", 5, true, false),
            ("\nx\nf(key, x),\n", 5, true, true),
            ("\nx\nINSERT (key, x) VALUES\n", 11, true, false),
            (&*format!("\n\nkey = {long}\n"), 2, true, true),
            (&*format!("\n\nkey = {long}"), 2, true, false),
            (&*format!("\n\nkey = <![CDATA[{long}\n"), 2, true, false),
            (&*format!("\n\nkey = &quot;{long}\n"), 2, true, false),
            (&*format!("\n\n[CDATA[ key = {long}\n"), 10, true, true),
            (&*format!("\n\nkey = {long}&quot;\n"), 2, true, true),
            // The rows of a table, and a keyword that begins with a sign.
            (&*format!("\n\n\"pw\",x\n{long}\n"), 2, true, false),
            (&*format!("\n\nkey,x\n{long}\n"), 2, true, false),
            (&*format!("\n\nkey.id,x\n{long}\n"), 2, true, false),
        ] {
            let bytes = format!("\n\n{part}\n\n");
            let mut lines = Lines::new(bytes.as_bytes(), 2..2 + part.len());
            assert_eq!(lines.has_start_of(2 + word), has_start, "{part}");
            assert_eq!(lines.has_end_of(2 + word), has_end, "{part}");
        }
        // What is asked first is looked up for the others, too.
        let bytes = format!("key = &quot;{long}\nkey = {long}\n");
        let mut lines = Lines::new(bytes.as_bytes(), 0..bytes.len());
        assert!(!lines.has_end_of(0) && lines.has_end_of(bytes.rfind("key").unwrap()));
    }

    /// What is assigned to the name at `word`, and how sure the model is of each value.
    fn judged(bytes: &[u8], word: &Range<usize>) -> Vec<(Range<usize>, Option<Confidence>)> {
        let Some(name) = Reader::at(bytes, word) else { return Vec::new() };
        let rows: Vec<_> = name.other_rows().collect();
        let found = name.candidate().into_iter().chain(rows);
        let judge = |found: Assignment| (found.value(), found.confidence(bytes));
        let plain = |found: Assignment| (found.value(), None);
        found
            .map(|found| match implausible(bytes, &found) {
                Some(_) => plain(Assignment(found)),
                None => judge(Assignment(found)),
            })
            .collect()
    }

    #[test]
    fn what_ends_with_its_line_is_judged_the_same_whatever_follows() {
        const BEFORE: [&str; 16] = [
            "",
            "  ",
            "x = \"",
            "'",
            "<",
            "- ",
            "variable \"",
            "f(",
            "{\"",
            "# of ",
            "if (!",
            "insert into t (id, ",
            "| ",
            "export ",
            "\"name\": \"",
            "${",
        ];
        const PARTS: [&str; 36] = [
            " ",
            "\"",
            "'",
            "=",
            " = ",
            ": ",
            " => ",
            ", ",
            ",",
            ";",
            ")",
            "(",
            "[",
            "{",
            "}",
            "<",
            "</b>",
            ">",
            "x",
            "k9Qz2w",
            "value",
            "\"value\"",
            "f(",
            " get;",
            " match y ",
            " |",
            " >-",
            " || ",
            "\\",
            "+",
            "String",
            " new ",
            " // y",
            "&quot;",
            "<![CDATA[",
            " is ",
        ];
        const BEHIND: [&str; 16] = [
            "",
            "value: k9Qz2w\n",
            "  \"value\": \"k9Qz2w\"\n",
            "  default: k9Qz2w\n",
            "\"k9Qz2w\"\n",
            "  default = \"k9Qz2w\"\n",
            "get; set; } = \"k9Qz2w\";\n",
            "= \"k9Qz2w\"\n",
            "=> \"k9Qz2w\"\n",
            ": k9Qz2w\n",
            "VALUES ('k9Qz2w', 'v8Xj5b')\n",
            ")\n values ('k9Qz2w')\n",
            "<string>k9Qz2w</string>\n",
            "k9Qz2w&quot;\n",
            "| --- |\n| k9Qz2w |\n",
            "y => \"k9Qz2w\",\n",
        ];
        const WORDS: [&str; 4] =
            ["password", "key", "auth", "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}"];
        const ABOVE: [&str; 10] = [
            "\"\n",
            "'\n",
            "${\n",
            "<\n",
            "user: x /\n",
            "name=\n",
            "login x \\n\n",
            "  - \n",
            "set \n",
            "| --- |\n",
        ];
        let mut settled = 0;
        let mut seed = 1_u64;
        let mut next = |count: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % count
        };
        for _ in 0..60_000 {
            let parts: String = (0..=next(5)).map(|_| PARTS[next(PARTS.len())]).collect();
            let (before, word) = (BEFORE[next(16)], WORDS[next(4)]);
            let line = format!("y\n\nx\n{before}{word}{parts}\n");
            let word = line.len() - 1 - parts.len() - word.len();
            let word = places(&line).into_iter().rfind(|place| place.start >= word).unwrap();
            if !Lines::new(line.as_bytes(), 0..line.len()).has_end_of(word.start) {
                continue;
            }
            settled += 1;
            let first = judged(line.as_bytes(), &word);
            if first.is_empty() {
                // Nor does it matter what stands above where nothing is assigned.
                for above in ABOVE {
                    let text = line.replacen("x\n", above, 1);
                    let by = text.len() as isize - line.len() as isize;
                    let word = word.start.strict_add_signed(by)..word.end.strict_add_signed(by);
                    assert_eq!(judged(text.as_bytes(), &word), [], "{text}");
                }
            }
            for behind in BEHIND {
                let text = format!("{line}{behind}");
                assert_eq!(judged(text.as_bytes(), &word), first, "{text}");
            }
        }
        assert!(settled > 20_000, "{settled}");
    }
}
