//! The part of YAML that scanners' files are written in: maps, lists, texts and comments.
//!
//! What is outside of that part (anchors, tags, folded texts, maps between braces) is an error with its line, so
//! that nothing is taken for something else.

use super::{ImportError, SourceFile, wrong};

/// A value and the line it begins on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Yaml {
    pub(super) line: u32,
    node: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Empty,
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// Parses a file.
    pub(super) fn parse(file: &SourceFile) -> Result<Yaml, ImportError> {
        let lines = lines(file)?;
        let mut parser = Parser { file, lines, at: 0, depth: 0 };
        let Some(first) = parser.lines.first() else {
            return Ok(Yaml { line: 1, node: Node::Empty });
        };
        let indent = first.indent;
        let root = parser.block(indent)?;
        match parser.lines.get(parser.at) {
            Some(rest) => Err(parser.wrong(rest.number, "its indentation fits nothing above it")),
            None => Ok(root),
        }
    }

    /// The value under a key; `None` where there is none, or an empty one.
    pub(super) fn get(&self, key: &str) -> Option<&Yaml> {
        let (_, value) = self.entries().iter().find(|(name, _)| name == key)?;
        (value.node != Node::Empty).then_some(value)
    }

    /// The keys of a map, with their values; nothing of anything else.
    pub(super) fn entries(&self) -> &[(String, Yaml)] {
        match &self.node {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value counts as a list of one.
    pub(super) fn items(&self) -> &[Yaml] {
        match &self.node {
            Node::List(items) => items,
            Node::Empty => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list.
    ///
    /// # Errors
    /// One is no text.
    pub(super) fn texts(&self, file: &SourceFile) -> Result<Vec<(String, u32)>, ImportError> {
        let text = |item: &Yaml| match item.text() {
            Some(text) => Ok((text.to_owned(), item.line)),
            None => Err(wrong(&file.at(item.line), "the item is no text")),
        };
        self.items().iter().map(text).collect()
    }
}

/// A line without its comment.
#[derive(Debug, Clone)]
struct Line {
    number: u32,
    indent: usize,
    text: String,
}

fn lines(file: &SourceFile) -> Result<Vec<Line>, ImportError> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let text = without_comment(line).trim_end();
        let trimmed = text.trim_start_matches(' ');
        if trimmed.is_empty() || ["---", "..."].contains(&text) {
            continue;
        }
        if trimmed.starts_with('\t') {
            return Err(wrong(&file.at(number), "a tab indents it, which YAML does not allow"));
        }
        let indent = text.len() - trimmed.len();
        found.push(Line { number, indent, text: trimmed.to_owned() });
    }
    Ok(found)
}

/// A comment begins at the line's first `#` that no quote holds and that a blank precedes.
fn without_comment(line: &str) -> &str {
    let mut quote = Quote::default();
    let mut before = ' ';
    for (at, char) in line.char_indices() {
        if !quote.take(char, before) && char == '#' && before.is_whitespace() {
            return &line[..at];
        }
        before = char;
    }
    line
}

/// Whether a scan of characters is between quotes.
#[derive(Debug, Default)]
struct Quote {
    open: Option<char>,
    is_escaped: bool,
}

impl Quote {
    /// Takes the next character; says whether it stands between quotes, or is one.
    fn take(&mut self, char: char, before: char) -> bool {
        match self.open {
            Some('"') if self.is_escaped => self.is_escaped = false,
            Some('"') if char == '\\' => self.is_escaped = true,
            Some(open) if char == open => self.open = None,
            Some(_) => {}
            // In the middle of a word it is an apostrophe.
            None if "'\"".contains(char) && (before.is_whitespace() || "[,".contains(before)) => {
                self.open = Some(char);
            }
            None => return false,
        }
        true
    }
}

/// Values may stand this deep in each other.
const MAX_DEPTH: usize = 16;

struct Parser<'a> {
    file: &'a SourceFile,
    lines: Vec<Line>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn wrong(&self, line: u32, problem: &str) -> ImportError {
        wrong(&self.file.at(line), format!("it cannot be read as YAML: {problem}"))
    }

    /// Reads the value whose lines are indented by `indent`.
    fn block(&mut self, indent: usize) -> Result<Yaml, ImportError> {
        let first = self.lines[self.at].clone();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(first.number, "it is nested too deep"));
        }
        let node = if is_item(&first.text) {
            self.list(indent)?
        } else if split_key(&first.text).is_some() {
            self.map(indent)?
        } else {
            self.at += 1;
            self.scalar(&first.text, first.number)?
        };
        self.depth -= 1;
        Ok(Yaml { line: first.number, node })
    }

    fn list(&mut self, indent: usize) -> Result<Node, ImportError> {
        let mut items = Vec::new();
        while let Some(line) = self.lines.get(self.at).cloned()
            && line.indent == indent
            && is_item(&line.text)
        {
            let rest = line.text[1..].trim_start();
            if rest.is_empty() {
                self.at += 1;
                items.push(self.child(indent + 1, line.number)?);
            } else {
                // What follows the dash is the first line of the item.
                let inner = indent + line.text.len() - rest.len();
                self.lines[self.at] = Line { indent: inner, text: rest.to_owned(), ..line };
                items.push(self.block(inner)?);
            }
        }
        Ok(Node::List(items))
    }

    fn map(&mut self, indent: usize) -> Result<Node, ImportError> {
        let mut entries: Vec<(String, Yaml)> = Vec::new();
        while let Some(line) = self.lines.get(self.at).cloned()
            && line.indent == indent
            && !is_item(&line.text)
        {
            let (key, rest) = split_key(&line.text)
                .ok_or_else(|| self.wrong(line.number, "a key and a colon are missing"))?;
            let key = match self.scalar(key, line.number)? {
                Node::Text(key) => key,
                _ => return Err(self.wrong(line.number, "its key is no text")),
            };
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(self.wrong(line.number, "its key is there twice"));
            }
            self.at += 1;
            let value = if rest.is_empty() {
                Yaml { line: line.number, ..self.value_below(indent, line.number)? }
            } else {
                Yaml { line: line.number, node: self.scalar(rest, line.number)? }
            };
            entries.push((key, value));
        }
        Ok(Node::Map(entries))
    }

    /// The value of a key that has none on its line: a list may be indented as its key is.
    fn value_below(&mut self, indent: usize, number: u32) -> Result<Yaml, ImportError> {
        match self.lines.get(self.at) {
            Some(next) if next.indent == indent && is_item(&next.text) => self.block(indent),
            _ => self.child(indent + 1, number),
        }
    }

    /// The value that is indented by `least` or more, if there is one.
    fn child(&mut self, least: usize, number: u32) -> Result<Yaml, ImportError> {
        match self.lines.get(self.at) {
            Some(next) if next.indent >= least => self.block(next.indent),
            _ => Ok(Yaml { line: number, node: Node::Empty }),
        }
    }

    /// A text, or a list of texts between brackets.
    fn scalar(&self, text: &str, number: u32) -> Result<Node, ImportError> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']');
            let inner = inner.ok_or_else(|| self.wrong(number, "its bracket is not closed"))?;
            let mut items = Vec::new();
            for item in split_items(inner) {
                let node = self.scalar(item.trim(), number)?;
                if !matches!(node, Node::Text(_)) {
                    return Err(self.wrong(number, "a list of lists stands on one line"));
                }
                items.push(Yaml { line: number, node });
            }
            return Ok(Node::List(items));
        }
        if let Some(quote) = text.chars().next().filter(|char| "'\"".contains(*char)) {
            let inner = text[1..].strip_suffix(quote).filter(|_| text.len() > 1);
            let inner = inner.ok_or_else(|| self.wrong(number, "its quote is not closed"))?;
            let plain = if quote == '\'' { Some(inner.replace("''", "'")) } else { unquote(inner) };
            let plain = plain.ok_or_else(|| self.wrong(number, "an escape of it is unknown"))?;
            return Ok(Node::Text(plain));
        }
        match text {
            "~" | "null" | "{}" => Ok(Node::Empty),
            _ if text.starts_with(['{', '&', '*', '!', '|', '>', '%', '@', '`', ']', '}']) => {
                Err(self.wrong(number, "this form is not known here"))
            }
            _ => Ok(Node::Text(text.to_owned())),
        }
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// Splits `key: value` at the first colon that no quote holds and that a blank or the end follows.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let mut quote = Quote::default();
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        let rest = &text[at + char.len_utf8()..];
        if !quote.take(char, before) && char == ':' && (rest.is_empty() || rest.starts_with(' ')) {
            return Some((text[..at].trim_end(), rest.trim_start()));
        }
        before = char;
    }
    None
}

/// Splits at commas that no quote holds; an empty item at the end is none.
fn split_items(text: &str) -> Vec<&str> {
    let mut quote = Quote::default();
    let (mut items, mut start, mut before) = (Vec::new(), 0, ' ');
    for (at, char) in text.char_indices() {
        if !quote.take(char, before) && char == ',' {
            items.push(&text[start..at]);
            start = at + 1;
        }
        before = char;
    }
    items.push(&text[start..]);
    if items.last().is_some_and(|last| last.trim().is_empty()) {
        items.pop();
    }
    items
}

/// A text between double quotes; `None` if an escape of it is unknown.
fn unquote(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            plain.push(char);
            continue;
        }
        let digits = match chars.next()? {
            'n' => {
                plain.push('\n');
                continue;
            }
            't' => {
                plain.push('\t');
                continue;
            }
            same @ ('"' | '\\' | '/' | ' ') => {
                plain.push(same);
                continue;
            }
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let number: String = chars.by_ref().take(digits).collect();
        plain.push(char::from_u32(u32::from_str_radix(&number, 16).ok()?)?);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, Yaml};

    fn parse(text: &str) -> Result<Yaml, String> {
        let file = SourceFile { shown: "x.yaml".into(), text: text.into() };
        Yaml::parse(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn maps_lists_and_texts_are_read_in_every_form_that_people_write() {
        let text = "---\n# first\nversion: 2\nlist:\n- a   # one\n- 'it''s'\n- \"b\\t\\u00e9\"\n\
                    deep:\n    - name: x # y\n      more: [p, 'q, r', \"s\"]\n    -\n      name: \"#z\"\n\
                    'quoted key': a:b#c\nnone:\nalso: ~\nlast: don't # stop\n...\n";
        let yaml = parse(text).unwrap();
        let text = |key: &str| yaml.get(key).and_then(Yaml::text).unwrap();
        assert_eq!((text("version"), text("quoted key"), text("last")), ("2", "a:b#c", "don't"));
        let list: Vec<_> = yaml.get("list").unwrap().items().iter().map(Yaml::text).collect();
        assert_eq!(list, [Some("a"), Some("it's"), Some("b\t\u{e9}")]);
        let deep = yaml.get("deep").unwrap().items();
        assert_eq!(deep[0].get("name").and_then(Yaml::text), Some("x"));
        let more: Vec<_> = deep[0].get("more").unwrap().items().iter().map(Yaml::text).collect();
        assert_eq!(more, [Some("p"), Some("q, r"), Some("s")]);
        assert_eq!(deep[1].get("name").and_then(Yaml::text), Some("#z"));
        assert_eq!((deep[0].line, deep[1].line), (9, 12));
        assert!(yaml.get("none").is_none() && yaml.get("also").is_none());
        assert!(parse("").unwrap().entries().is_empty());
        assert!(parse("# nothing\n").unwrap().items().is_empty());
    }

    #[test]
    fn what_is_not_read_is_an_error_with_its_line() {
        for (text, expected) in [
            ("a: {b: c}", "x.yaml:1: it cannot be read as YAML: this form"),
            ("a: |\n  text", "x.yaml:1: "),
            ("a: &x b", "x.yaml:1: "),
            ("a: b\n  c: d", "x.yaml:2: "),
            ("a: b\nc", "x.yaml:2: "),
            ("- a\nb: c", "x.yaml:2: "),
            ("a:\n\t- b", "x.yaml:2: a tab"),
            ("a: 'b", "x.yaml:1: it cannot be read as YAML: its quote"),
            ("a: \"\\q\"", "x.yaml:1: "),
            ("a: [b", "x.yaml:1: "),
            ("a: [[b]]", "x.yaml:1: "),
            ("a: b\na: c", "x.yaml:2: "),
            ("'", "x.yaml:1: "),
            ("a: '", "x.yaml:1: "),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
        let deep: String = (0..100).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(parse(&deep).is_err());
        assert!(parse(&format!("{}a", "- ".repeat(10_000))).is_err());
    }
}
