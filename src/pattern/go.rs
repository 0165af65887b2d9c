//! Regular expressions of Go (RE2), as gitleaks has them, in our own syntax.
//!
//! Both are the same for the most part. What differs is rewritten: quotes (`\Q...\E`), octal escapes,
//! braces that repeat nothing, brackets and operators inside a class, `\<` and `\>`, and the flags that
//! are on by default here and off there. What cannot be rewritten is named.

use std::iter::Peekable;
use std::str::Chars;

use super::syntax;

/// An expression of Go that has no counterpart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoError {
    /// It is right in Go, and cannot be said here.
    #[error("{0}")]
    Unsupported(&'static str),
    /// It is no expression.
    #[error(transparent)]
    Syntax(#[from] syntax::SyntaxError),
}

/// Translates an expression.
///
/// # Errors
/// It is no expression, or has what only Go knows.
///
/// ```
/// use tightlip::pattern::go;
///
/// assert_eq!(go::translate(r"\Qa.b\E{{[[x]").unwrap(), r"a\.b\{\{[\[x]");
/// assert!(go::translate("(").is_err());
/// ```
pub fn translate(pattern: &str) -> Result<String, GoError> {
    let from = pattern.chars().peekable();
    let mut translation = Translation { from, to: String::new(), is_in_repetition: false };
    translation.run()?;
    let plain = translation.to;
    let parsed = syntax::parse(&plain)?;
    // Lines do not matter to `^`, `$` and `.` in Go, unless the expression says so.
    let flagged = format!("(?-mR){plain}");
    let is_same = syntax::parse(&flagged).is_ok_and(|other| other == parsed);
    Ok(if is_same { plain } else { flagged })
}

const UNICODE: GoError =
    GoError::Unsupported("it asks for classes of Unicode, and expressions here are of bytes");

struct Translation<'a> {
    from: Peekable<Chars<'a>>,
    to: String,
    /// Whether `{2` was copied, and its end was not.
    is_in_repetition: bool,
}

impl Translation<'_> {
    fn run(&mut self) -> Result<(), GoError> {
        while let Some(char) = self.from.next() {
            match char {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '{' if !self.repeats() => self.to.push_str("\\{"),
                '}' if !self.is_in_repetition => self.to.push_str("\\}"),
                '{' | '}' => {
                    self.is_in_repetition = char == '{';
                    self.to.push(char);
                }
                _ => self.to.push(char),
            }
        }
        Ok(())
    }

    /// Whether `{` begins `{2}`, `{2,}` or `{2,3}`, and not text.
    fn repeats(&self) -> bool {
        let rest: String = self.from.clone().take(16).collect();
        let Some((inside, _)) = rest.split_once('}') else { return false };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match inside.split_once(',') {
            Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
            None => is_number(inside),
        }
    }

    fn escape(&mut self) -> Result<(), GoError> {
        match self.from.next() {
            Some('Q') => self.quote(),
            Some('p' | 'P') => return Err(UNICODE),
            Some('x') => self.hexadecimal(),
            Some(digit @ '0'..='7') => self.octal(digit),
            Some(char @ ('<' | '>')) => self.to.push(char),
            Some(char) => self.to.extend(['\\', char]),
            None => self.to.push('\\'),
        }
        Ok(())
    }

    /// Copies `\xFF` or `\x{10FFFF}`, whose braces repeat nothing.
    fn hexadecimal(&mut self) {
        self.to.push_str("\\x");
        if self.from.peek() == Some(&'{') {
            for char in self.from.by_ref() {
                self.to.push(char);
                if char == '}' {
                    break;
                }
            }
        }
    }

    fn quote(&mut self) {
        while let Some(char) = self.from.next() {
            if char == '\\' && self.from.peek() == Some(&'E') {
                self.from.next();
                return;
            }
            self.literal(char);
        }
    }

    fn literal(&mut self, char: char) {
        if char.is_ascii_punctuation() && !matches!(char, '<' | '>') {
            self.to.push('\\');
        }
        self.to.push(char);
    }

    /// `\0`, and `\1` to `\7` with an octal digit behind; what is left would be a reference to a group.
    fn octal(&mut self, first: char) {
        let mut value = first.to_digit(8).unwrap_or(0);
        let is_octal = |char: Option<&char>| char.is_some_and(|char| char.is_digit(8));
        if first != '0' && !is_octal(self.from.peek()) {
            self.to.extend(['\\', first]);
            return;
        }
        for _ in 0..2 {
            if !is_octal(self.from.peek()) {
                break;
            }
            value = value * 8 + self.from.next().and_then(|char| char.to_digit(8)).unwrap_or(0);
        }
        self.to.push_str(&format!("\\x{{{value:x}}}"));
    }

    /// Copies a class item by item: brackets, `&&`, `--` and `~~` are plain characters in Go.
    fn class(&mut self) -> Result<(), GoError> {
        self.to.push('[');
        if self.from.next_if_eq(&'^').is_some() {
            self.to.push('^');
        }
        let mut is_first = true;
        while let Some(&char) = self.from.peek() {
            if char == ']' && !is_first {
                self.from.next();
                self.to.push(']');
                return Ok(());
            }
            is_first = false;
            if self.named_class() {
                continue;
            }
            let is_class = self.from.clone().take(2).collect::<String>().to_ascii_lowercase();
            let is_class = matches!(&*is_class, "\\d" | "\\w" | "\\s");
            self.item()?;
            let mut ahead = self.from.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
            if is_range && !is_class {
                self.from.next();
                self.to.push('-');
                self.item()?;
            }
        }
        // It is never closed: the parser says so.
        Ok(())
    }

    /// Copies `[:alpha:]`.
    fn named_class(&mut self) -> bool {
        let rest: String = self.from.clone().take(12).collect();
        let Some(name) = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) else {
            return false;
        };
        let length = name.0.chars().count() + 4;
        for _ in 0..length {
            self.to.extend(self.from.next());
        }
        true
    }

    fn item(&mut self) -> Result<(), GoError> {
        match self.from.next() {
            Some('\\') => self.escape(),
            Some(char) if !char.is_ascii() => Err(UNICODE),
            Some(char @ ('[' | ']' | '&' | '~' | '-' | '^')) => {
                self.to.extend(['\\', char]);
                Ok(())
            }
            Some(char) => {
                self.to.push(char);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GoError, translate};
    use crate::pattern::syntax;

    #[test]
    fn expressions_mean_here_what_they_mean_in_go() {
        for (go, yes, no) in [
            (r"\Qa.b\E", "xa.bx", "xaxb"),
            (r"\Qa.b", "a.b", "axb"),
            (r"^\$\{.+\}$", "${NAME}", "NAME"),
            (r"{{.*}}", "{{ name }}", "name"),
            (r"a{,5}", "a{,5}", "aaa"),
            (r"a{2,3}b", "aab", "ab"),
            (r"[[a]", "[", "b"),
            (r"[]a]", "]", "b"),
            (r"[^]a]", "b", "]"),
            (r"[a&&b]", "&", "c"),
            (r"[+--]x", ",x", "/x"),
            (r"[--/]x", ".x", ",x"),
            (r"[a-z0-9_-]x", "-x", ".x"),
            (r"[\w.-]x", "-x", "+x"),
            (r"[\w-.]x", "-x", "+x"),
            (r"^\\{2}$", r"\\", r"\"),
            (r"[[:digit:]]x", "1x", "ax"),
            (r"[[:digit:]]\Qa.b\E", "1a.b", "1axb"),
            (r"\<a\>", "<a>", "a"),
            (r"\101\0", "A\0", "1"),
            (r"(?P<name>a)(?i:B)", "ab", "ba"),
            (r"\x41\x{42}", "AB", "ab"),
            (r"a.c", "a\rc", "a\nc"),
            (r"^ab$", "ab", "x\nab"),
            (r"(?m)^ab$", "x\nab\n", "xab"),
        ] {
            let pattern = translate(go).unwrap();
            let regex = syntax::compile(&pattern).unwrap();
            assert!(regex.is_match(yes), "{go} -> {pattern}: {yes:?}");
            assert!(!regex.is_match(no), "{go} -> {pattern}: {no:?}");
        }
    }

    #[test]
    fn plain_expressions_stay_as_they_are() {
        for pattern in [r"acme_[0-9a-f]{40}", r"(?i)acme\s*=\s*'([a-z]+)'", r"a|b"] {
            assert_eq!(translate(pattern).unwrap(), pattern);
        }
    }

    #[test]
    fn what_cannot_be_said_here_is_named() {
        for pattern in [r"\pL", r"[\p{Greek}]", "[é]"] {
            assert!(matches!(translate(pattern), Err(GoError::Unsupported(_))), "{pattern}");
        }
        for pattern in ["(", r"\1", "a**b(", "[a"] {
            assert!(matches!(translate(pattern), Err(GoError::Syntax(_))), "{pattern}");
        }
    }
}
