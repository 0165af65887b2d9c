//! As much of YAML as it takes to put lines into a document: on which line each key stands.
//!
//! A document is never written anew, so that comments, order and style of the rest stay. The reader follows
//! quotes, flow collections and block scalars from line to line only to know which lines begin a key: text
//! that merely looks like one is passed over. What it is not sure of is refused.
//! <https://yaml.org/spec/1.2.2/>

/// Why a document is not edited, as a clause.
pub(super) type Refusal = String;

/// A document, line by line.
#[derive(Debug)]
pub(super) struct Document<'a> {
    text: &'a str,
    lines: Vec<Line<'a>>,
}

/// A line that begins a node: not a comment, not empty, not the rest of a longer scalar.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    /// Where the next line begins.
    end: usize,
    indent: usize,
    /// What stands on it, without the comment at its end.
    code: &'a str,
}

/// A key of a mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    line: usize,
    pub(super) indent: usize,
    /// What stands behind the colon on its line.
    pub(super) value: &'a str,
}

impl<'a> Document<'a> {
    /// Finds the lines of a document that can be edited.
    ///
    /// # Errors
    /// The text is no single YAML document, or one with rare syntax.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let mut document = Document { text, lines: Vec::new() };
        let mut state = State::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = if start == 0 { line.trim_start_matches('\u{feff}') } else { line };
            let content = line.trim_start_matches(' ');
            let indent = line.len() - content.len();
            if let Some(code) = state.code(indent, content.trim_end())? {
                document.lines.push(Line { end: at, indent, code });
            }
        }
        if state.is_open() {
            return Err("a quote or bracket is never closed".into());
        }
        // A line break behind it would become part of the text.
        if state.scalar.is_some_and(|scalar| scalar.is_block) && !text.ends_with('\n') {
            return Err("its last line, of a block of text, has no line break at its end".into());
        }
        Ok(document)
    }

    /// Returns the line break that the document uses.
    pub(super) fn line_break(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// Returns where the line begins that is next after `key`'s.
    pub(super) fn below(&self, key: Key<'_>) -> usize {
        self.lines[key.line].end
    }

    /// Returns where the line begins on which `key` stands.
    pub(super) fn above(&self, key: Key<'_>) -> usize {
        let end = self.below(key);
        let line = self.text[..end].trim_end_matches(['\n', '\r']);
        line.rfind('\n').map_or(0, |at| at + 1)
    }

    /// Returns where the document ends.
    pub(super) const fn end(&self) -> usize {
        self.text.len()
    }

    /// Finds a key of the document.
    ///
    /// # Errors
    /// It occurs twice, or the document is no mapping.
    pub(super) fn key(&self, name: &str) -> Result<Option<Key<'a>>, Refusal> {
        self.find(0..self.lines.len(), 0, name)
    }

    /// Finds a key of the mapping below `key`.
    ///
    /// # Errors
    /// It occurs twice, or what is below is no mapping that stands by itself.
    pub(super) fn child(&self, key: Key<'_>, name: &str) -> Result<Option<Key<'a>>, Refusal> {
        let below = self.lines_below(key);
        match self.indent_below(key) {
            Some(indent) => self.find(below, indent, name),
            None => Ok(None),
        }
    }

    /// Returns the column of what stands below `key`, if anything does.
    pub(super) fn indent_below(&self, key: Key<'_>) -> Option<usize> {
        let first = self.lines.get(self.lines_below(key).start)?;
        let is_below =
            first.indent > key.indent || first.indent == key.indent && is_item(first.code);
        is_below.then_some(first.indent)
    }

    /// Whether a list stands below `key`.
    pub(super) fn has_list_below(&self, key: Key<'_>) -> bool {
        self.indent_below(key).is_some_and(|_| is_item(self.lines[key.line + 1].code))
    }

    fn lines_below(&self, key: Key<'_>) -> std::ops::Range<usize> {
        let first = key.line + 1;
        let is_over = |line: &Line<'_>| {
            line.indent < key.indent || line.indent == key.indent && !is_item(line.code)
        };
        let length = self.lines[first..].iter().take_while(|line| !is_over(line)).count();
        first..first + length
    }

    fn find(
        &self,
        lines: std::ops::Range<usize>,
        indent: usize,
        name: &str,
    ) -> Result<Option<Key<'a>>, Refusal> {
        let mut found = None;
        let first = lines.start;
        for number in lines {
            let line = self.lines[number];
            if line.indent != indent {
                continue;
            }
            match split_key(line.code) {
                Some((key, value)) if key == name => {
                    let key = Key { line: number, indent, value };
                    if found.replace(key).is_some() {
                        return Err(format!("it has the key `{name}` twice"));
                    }
                }
                Some(("<<", _)) => return Err("it merges other parts of itself (`<<`)".into()),
                Some(_) => {}
                // The items of a list may stand in the column of the key above them.
                None if is_item(line.code) && number > first => {}
                None => return Err(format!("`{name}` would have to stand in what is no mapping")),
            }
        }
        Ok(found)
    }
}

/// Splits a line at the colon behind its key.
pub(super) fn split_key(code: &str) -> Option<(&str, &str)> {
    // A flow collection, an anchor, a tag or an alias is no plain key.
    if is_item(code) || code.starts_with(['{', '[', '&', '!', '*', '|', '>']) {
        return None;
    }
    let colon = match code.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let end = code[1..].find(char::from(*quote))? + 2;
            let colon = code.len() - code[end..].trim_start().len();
            code[colon..].starts_with(':').then_some(colon)?
        }
        _ => code
            .match_indices(':')
            .map(|(at, _)| at)
            .find(|at| code[at + 1..].is_empty() || code[at + 1..].starts_with([' ', '\t']))?,
    };
    let name = code[..colon].trim_end().trim_matches(['"', '\'']);
    Some((name, code[colon + 1..].trim_start()))
}

fn is_item(code: &str) -> bool {
    code == "-" || code.starts_with("- ")
}

/// What is open at the end of a line.
#[derive(Debug, Default)]
struct State {
    quote: Option<char>,
    /// How many flow collections are open.
    depth: usize,
    /// The column that the text of a scalar is to the right of.
    scalar: Option<Scalar>,
    has_code: bool,
}

/// A scalar that may go on in the next line.
#[derive(Debug, Clone, Copy)]
struct Scalar {
    column: usize,
    /// Whether its text begins below it (`|`, `>`), so that a `#` is part of it.
    is_block: bool,
}

impl State {
    const fn is_open(&self) -> bool {
        self.quote.is_some() || self.depth > 0
    }

    /// Returns what stands on a line, if a node begins there.
    fn code<'a>(&mut self, indent: usize, content: &'a str) -> Result<Option<&'a str>, Refusal> {
        if self.is_open() {
            self.follow(content);
            return Ok(None);
        }
        if content.is_empty() {
            return Ok(None);
        }
        let is_comment = content.starts_with('#');
        if self
            .scalar
            .is_some_and(|scalar| indent > scalar.column && (scalar.is_block || !is_comment))
        {
            return Ok(None);
        }
        self.scalar = None;
        if is_comment {
            return Ok(None);
        }
        self.check(indent, content)?;
        if indent == 0 && content.starts_with("---") {
            return Ok(None);
        }
        self.has_code = true;
        let (length, is_plain) = self.follow(content);
        let code = content[..length].trim_end();
        let is_block = is_block_scalar(code);
        if !self.is_open() && (is_plain || is_block) {
            let items = code.len() - without_dashes(code).len();
            // An item that is no mapping has its dash for a parent.
            let is_key = split_key(without_dashes(code)).is_some();
            let column = if is_key { indent + items } else { indent + items.saturating_sub(2) };
            self.scalar = Some(Scalar { column, is_block });
        }
        Ok(Some(code))
    }

    fn check(&self, indent: usize, content: &str) -> Result<(), Refusal> {
        let is_marker = |marker| indent == 0 && content.starts_with(marker);
        if content.starts_with('\t') {
            return Err("a tab stands at the beginning of a line".into());
        }
        if is_marker("...") || is_marker("---") && (self.has_code || !is_bare_marker(content)) {
            return Err("it holds more than one document".into());
        }
        if is_marker("%") || content == "?" || content.starts_with("? ") {
            return Err("it uses syntax of YAML that tightlip does not edit (`%`, `?`)".into());
        }
        Ok(())
    }

    /// Follows quotes and brackets to the end of a line. Returns where its comment begins, and whether it ends
    /// in a plain scalar.
    fn follow(&mut self, content: &str) -> (usize, bool) {
        // Only where a value may begin is a quote or bracket more than text.
        let mut is_start = true;
        let mut is_plain = false;
        let mut before = ' ';
        let mut chars = content.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            if let Some(quote) = self.quote {
                let is_escape = quote == '"' && char == '\\';
                let is_doubled =
                    quote == '\'' && char == '\'' && chars.next_if(|next| next.1 == '\'').is_some();
                if is_escape {
                    chars.next();
                } else if char == quote && !is_doubled {
                    self.quote = None;
                }
                (is_start, is_plain) = (false, false);
                before = char;
                continue;
            }
            let next = chars.peek().map_or(' ', |next| next.1);
            match char {
                '#' if before.is_whitespace() => return (at, is_plain),
                '"' | '\'' if is_start => self.quote = Some(char),
                '[' | '{' if is_start || self.depth > 0 => {
                    self.depth += 1;
                    (is_start, is_plain) = (true, false);
                }
                ']' | '}' if self.depth > 0 => {
                    self.depth -= 1;
                    (is_start, is_plain) = (false, false);
                }
                ',' if self.depth > 0 => is_start = true,
                ':' if next.is_whitespace() || self.depth > 0 => {
                    (is_start, is_plain) = (true, false)
                }
                '-' if is_start && next.is_whitespace() => {}
                // An anchor or a tag stands before a value.
                '&' | '!' if is_start => {
                    while chars.next_if(|next| !next.1.is_whitespace()).is_some() {}
                }
                _ if char.is_whitespace() => {}
                _ => (is_start, is_plain) = (false, true),
            }
            before = char;
        }
        (content.len(), is_plain)
    }
}

fn is_bare_marker(content: &str) -> bool {
    let rest = content.trim_start_matches('-').trim_start();
    rest.is_empty() || rest.starts_with('#')
}

fn without_dashes(code: &str) -> &str {
    let mut rest = code;
    while let Some(inner) = rest.strip_prefix('-').filter(|inner| inner.starts_with(' ')) {
        rest = inner.trim_start();
    }
    rest
}

/// Whether a line ends in the sign of a block scalar, such as `|` or `>-2`.
fn is_block_scalar(code: &str) -> bool {
    let mut words = code.rsplit([' ', '\t']).filter(|word| !word.is_empty());
    let sign = words.next().unwrap_or_default();
    let is_sign = sign.starts_with(['|', '>'])
        && sign[1..].chars().all(|char| char.is_ascii_digit() || "+-".contains(char));
    let before = words.next().unwrap_or("-");
    is_sign && (before == "-" || before.ends_with(':') || before.starts_with(['&', '!']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# top: no
---
first: &a
  # commands: no
  script: |
    commands: no
      first: no
    # no

  skip:
  - merge
  "commands" : # yes
    lint: {run: "a
commands: no", b: [
second: no
]}
second: it's # yes
  commands:no
list:
- name: x
  run: >-
    third: no
- "y
third: no"
third: ''
fourth: 'a''b: c
   fifth: no'
fifth:
"#;

    #[test]
    fn keys_are_found_where_a_reader_of_yaml_finds_them() {
        for text in [TEXT.to_owned(), TEXT.replace('\n', "\r\n")] {
            let document = Document::parse(text.as_bytes()).unwrap();
            let key = |name| document.key(name).unwrap();
            let first = key("first").unwrap();
            assert_eq!(first.value, "&a");
            let commands = document.child(first, "commands").unwrap().unwrap();
            assert_eq!((commands.value, document.indent_below(commands)), ("", Some(4)));
            assert!(text[document.below(commands)..].starts_with("    lint:"));
            assert!(text[document.above(commands)..].starts_with("  \"commands\""));
            assert!(document.child(commands, "lint").unwrap().is_some());
            assert!(document.child(commands, "b").unwrap().is_none());
            assert!(text[document.above(key("second").unwrap())..].starts_with("second: it's"));
            let list = key("list").unwrap();
            assert!(document.has_list_below(list) && document.indent_below(list) == Some(0));
            assert!(text[document.above(key("third").unwrap())..].starts_with("third: ''"));
            let fifth = key("fifth").unwrap();
            assert_eq!((fifth.value, document.indent_below(fifth)), ("", None));
            assert!(key("top").is_none() && key("script").is_none());
        }
    }

    #[test]
    fn what_is_not_sure_is_refused() {
        for (text, why) in [
            (&b"a: \xff"[..], "not UTF-8"),
            (b"a: 'b\n", "never closed"),
            (b"a: [b\n", "never closed"),
            (b"a:\n\tb: c\n", "a tab"),
            (b"a: b\n---\na: c\n", "more than one document"),
            (b"--- a\n", "more than one document"),
            (b"a: |\n  b", "no line break"),
            (b"%YAML 1.2\n---\na: b\n", "syntax"),
            (b"? a\n: b\n", "syntax"),
        ] {
            let error = Document::parse(text).unwrap_err();
            assert!(error.contains(why), "{}: {error}", String::from_utf8_lossy(text));
        }
        for (text, why) in [
            ("a: b\na: c\n", "twice"),
            ("<<: *x\na: b\n", "merges"),
            ("- a\n- b\n", "no mapping"),
            ("just text\n", "no mapping"),
            ("{b: c}\n", "no mapping"),
            ("&a b: c\n", "no mapping"),
        ] {
            let document = Document::parse(text.as_bytes()).unwrap();
            let error = document.key("a").unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
