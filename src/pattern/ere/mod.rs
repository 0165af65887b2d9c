//! POSIX extended regular expressions, as grep reads them, made into expressions of our engines.
//!
//! git-secrets hands its patterns to `grep -E` and `git grep -E`. Their language differs from that
//! of the `regex` crate in what a backslash, a bracket and a brace mean, so that a pattern that is
//! passed through may silently look for something else. Here it is parsed by the rules of POSIX
//! with the extensions of GNU, and written anew.
//!
//! What the two programs disagree on is read in the way that finds more: an unmatched `)` and a
//! brace that opens no interval are characters, `$` also stands before the CR of a CRLF, and `\d`
//! and `\t` stand for the letter, as in grep, and for what their writer meant; of what is allowed,
//! they stand for what grep takes them for. What only `regex` knows, `(?i)`, `(?:...)` and lookaround, is understood too: in grep it is an error or nonsense.
//!
//! Source of the language:
//! <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap09.html#tag_09_04> and
//! <https://www.gnu.org/software/grep/manual/grep.html#Regular-Expressions>.

mod bracket;
mod node;
mod parse;
mod render;
mod set;

use std::fmt;

use node::Node;

/// An expression that was translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ere {
    /// The expression in the syntax of the `regex` crate, for bytes, with Unicode off. No match
    /// reaches over an LF.
    pub pattern: String,
    /// The expression in the syntax of the `fancy-regex` crate, for a single line in which each
    /// byte is the character of that number; only if `pattern` finds more than it should, because
    /// the expression has back-references or lookaround.
    pub exact: Option<String>,
    /// Whether it matches where there is nothing.
    pub matches_empty: bool,
    /// What is likely to be a mistake.
    pub lints: Vec<EreLint>,
}

/// Text that is no extended regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EreError {
    /// A group is never closed.
    #[error("a `(` is not closed; `\\(` is the character")]
    OpenGroup,
    /// A bracket expression is never closed.
    #[error("a `[` is not closed; `\\[` is the character")]
    OpenBracket,
    /// Nothing stands before a repetition.
    #[error("nothing stands before `{0}`; `\\{0}` is the character")]
    NothingToRepeat(char),
    /// An alternative that matches everywhere.
    #[error("an alternative is empty, so it would match everywhere")]
    EmptyAlternative,
    /// The expression matches where there is nothing.
    #[error("it matches the empty string, so it would match everywhere")]
    MatchesEmpty,
    /// The expression fits whatever it is tried on.
    #[error("it fits every line, so it would allow everything")]
    MatchesAll,
    /// What it repeats how often makes it too large to be compiled.
    #[error("it is too large: its repetitions multiply")]
    TooLarge,
    /// A backslash at the end.
    #[error("a backslash is the last character; `\\\\` is the character")]
    TrailingBackslash,
    /// A range whose end stands before its beginning.
    #[error("the end of range `{}-{}` stands before its beginning", .0.escape_ascii(), .1.escape_ascii())]
    Range(u8, u8),
    /// A range that begins or ends with what is no character.
    #[error("a range in brackets does not go from a character to a character")]
    RangeEdge,
    /// `[:space:]` in place of `[[:space:]]`.
    #[error("a class of characters stands in two pairs of brackets: `[[:{0}:]]`")]
    ClassOutside(String),
    /// A class of characters that does not exist.
    #[error("there is no class of characters `[:{0}:]`")]
    Class(String),
    /// A collating symbol that is no single byte.
    #[error("`{0}` in brackets is not one character")]
    Collating(String),
    /// An interval that is none.
    #[error("interval `{{{0}}}` is not `{{min,max}}` with min <= max <= {MAX_REPEAT}")]
    Interval(String),
    /// A reference to a group that is not complete where it stands.
    #[error("`\\{0}` refers to a group that is not there")]
    BackReference(usize),
    /// An extension that is not understood.
    #[error(
        "`(?{0}` is not understood here; `(?:`, `(?=`, `(?!`, `(?<=`, `(?<!` are, and `(?i)` at the beginning"
    )]
    Extension(String),
    /// More groups in each other than can be read.
    #[error("more than {MAX_DEPTH} groups stand in each other")]
    Depth,
}

/// Something in an expression that does not mean what it seems to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EreLint {
    /// A backslash and a character that mean something in other languages only.
    Escape(char),
    /// A repetition that would be lazy in other languages.
    LazyRepetition,
    /// After the last character a word must end, so what follows it in a text matters.
    EndsOutsideWord,
}

impl fmt::Display for EreLint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EreLint::Escape('d') => out.write_str("`\\d` is the letter d to grep; write `[0-9]`"),
            EreLint::Escape(letter) => {
                write!(out, "`\\{letter}` is the letter {letter} to grep, and no control character")
            }
            EreLint::LazyRepetition => {
                out.write_str("a `?` behind a repetition makes it optional, not lazy")
            }
            EreLint::EndsOutsideWord => out.write_str(
                "it ends with a character that is no part of a word, so it is not found where a \
                 letter, a digit or `_` follows",
            ),
        }
    }
}

/// How to read what grep and its users do not agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// So that more is found: `\d` is a digit too, `\t` a tab, and a line ends before CRLF.
    More,
    /// As grep does.
    AsGrep,
}

/// As many times may something be repeated: glibc's `RE_DUP_MAX`.
const MAX_REPEAT: u32 = 0x7fff;

/// So many groups may stand in each other.
const MAX_DEPTH: usize = 100;

impl Ere {
    /// Translates an expression of one line, for something to be found.
    ///
    /// # Errors
    /// It is none, or has an alternative that is empty.
    ///
    /// ```
    /// use tightlip::pattern::Ere;
    /// assert_eq!(Ere::translate(br"[\d]{2}")?.pattern, r"[\\d]{2}");
    /// # Ok::<(), tightlip::pattern::EreError>(())
    /// ```
    pub fn translate(ere: &[u8]) -> Result<Ere, EreError> {
        let parsed = parse::parse(ere, Reading::More)?;
        Ok(Ere::render(&parsed.node, parsed.lints))
    }

    /// Translates an expression of what is allowed: where grep finds less, that is what counts.
    ///
    /// # Errors
    /// As for [`translate`](Self::translate).
    ///
    /// ```
    /// use tightlip::pattern::Ere;
    /// assert_eq!(Ere::translate_allowed(br"id\d+")?.pattern, "idd+");
    /// # Ok::<(), tightlip::pattern::EreError>(())
    /// ```
    pub fn translate_allowed(ere: &[u8]) -> Result<Ere, EreError> {
        let parsed = parse::parse(ere, Reading::AsGrep)?;
        Ok(Ere::render(&parsed.node, parsed.lints))
    }

    /// Translates an expression that must stand between the edges of words, as `grep -w` has it.
    ///
    /// # Errors
    /// As for [`translate`](Self::translate).
    pub fn translate_word(ere: &[u8]) -> Result<Ere, EreError> {
        let parse::Parsed { node, mut lints } = parse::parse(ere, Reading::More)?;
        if node.ends_outside_word() {
            lints.push(EreLint::EndsOutsideWord);
        }
        Ok(Ere::render(&node.between_words(), lints))
    }

    /// Returns the expression if it matches something only.
    ///
    /// # Errors
    /// It matches the empty string.
    pub fn if_not_empty(self) -> Result<Ere, EreError> {
        if self.matches_empty { Err(EreError::MatchesEmpty) } else { Ok(self) }
    }

    fn render(node: &Node, lints: Vec<EreLint>) -> Ere {
        Ere {
            pattern: render::pattern(node),
            exact: node.is_irregular().then(|| render::exact(node)),
            matches_empty: node.matches_empty(),
            lints,
        }
    }
}

/// Returns an expression that matches `text` and nothing else.
///
/// ```
/// assert_eq!(tightlip::pattern::escape_literal(b"a[1]"), b"a\\[1\\]");
/// ```
#[must_use]
pub fn escape_literal(text: &[u8]) -> Vec<u8> {
    let mut ere = Vec::with_capacity(text.len() + 8);
    for &byte in text {
        if b"][\\.|$(){}?+*^".contains(&byte) {
            ere.push(b'\\');
        }
        ere.push(byte);
    }
    ere
}

#[cfg(test)]
mod tests {
    use super::{Ere, EreError, EreLint};

    fn pattern(ere: &str) -> String {
        Ere::translate(ere.as_bytes()).unwrap().pattern
    }

    #[test]
    fn what_is_no_regular_expression_is_written_for_a_line_as_well() {
        use crate::pattern::exact::Exact;
        for (ere, line, expected) in [
            (r"([a-z])\1", &b"xaabx"[..], Some(1..3)),
            (r"([a-z])\1", b"abab", None),
            // Bytes are characters, and a bracket takes any of them but an LF.
            (r"(.)[^x]\1", b"\xe9\xe8\xe9", Some(0..3)),
            (r"(a|b)c\1", b"acbc bcb", Some(5..8)),
        ] {
            let exact = Ere::translate(ere.as_bytes()).unwrap().exact.unwrap();
            let found = Exact::compile(&exact).unwrap().find(line).unwrap();
            assert_eq!(found.first().cloned(), expected, "{ere} as {exact}");
        }
        assert_eq!(Ere::translate(b"a(b|c)").unwrap().exact, None);
    }

    #[test]
    fn what_differs_is_written_anew() {
        for (ere, expected) in [
            ("AKIA[A-Z0-9]{16}", "AKIA[0-9A-Z]{16}"),
            (r"[/\+=]", r"[\+/=\\]"),
            ("a.b", r"a[^\n]b"),
            ("[^a]", r"[^\na]"),
            (r"\s", r"[\t\x0b-\r ]"),
            (r"\d", "[0-9d]"),
            (r"\-", r"\-"),
            ("a{2", r"a\{2"),
            ("a{,2}", "a{0,2}"),
            ("a{,}", "a*"),
            ("{1", r"\{1"),
            ("<", r"\x3c"),
            ("a**", "(?:a*)*"),
            ("(.+?)", r"(?:(?:[^\n]+)?)"),
            ("a)", r"a\)"),
            ("a|bc", "a|bc"),
            ("(a|b)c", "(?:a|b)c"),
            ("ab*", "ab*"),
            ("^a$", r"(?m-R:^)a(?:(?mR:$)|(?m-R:$))"),
            (r"\<a\>", r"\b{start}a\b{end}"),
            ("[]a]", r"[\]a]"),
            ("[a-]", r"[\-a]"),
            ("[[:digit:]x]", "[0-9x]"),
            ("[[=a=][.-.]]", r"[\-a]"),
            ("(?i)ab", "(?i:ab)"),
            ("(?:ab)?", "(?:ab)?"),
            ("é", r"\xc3\xa9"),
            (r"(a|b)\1", "(?:a|b)(?:a|b)"),
            ("a(?=b)", "a"),
        ] {
            assert_eq!(pattern(ere), expected, "{ere}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        use EreError::{
            BackReference, Class, ClassOutside, Collating, Depth, EmptyAlternative, Extension,
            Interval, NothingToRepeat, OpenBracket, OpenGroup, Range, RangeEdge, TrailingBackslash,
        };
        for (ere, expected) in [
            ("(a", OpenGroup),
            ("a(", OpenGroup),
            ("a(b|", OpenGroup),
            ("[a", OpenBracket),
            ("[[:alpha:]", OpenBracket),
            ("*a", NothingToRepeat('*')),
            ("a|+", NothingToRepeat('+')),
            ("{1}", NothingToRepeat('{')),
            ("(?)", Extension(")".into())),
            ("", EmptyAlternative),
            ("a|", EmptyAlternative),
            ("()", EmptyAlternative),
            ("(|a)", EmptyAlternative),
            ("a\\", TrailingBackslash),
            ("[z-a]", Range(b'z', b'a')),
            ("[a-[:digit:]]", RangeEdge),
            ("[a-c-e]", RangeEdge),
            ("[:space:]", ClassOutside("space".into())),
            ("[[:word:]]", Class("word".into())),
            ("[[.space.]]", Collating("space".into())),
            ("a{2,1}", Interval("2,1".into())),
            ("a{32768}", Interval("32768".into())),
            (r"(a)\2", BackReference(2)),
            (r"(a\1)", BackReference(1)),
            ("(?P<x>a)", Extension("P".into())),
            (&"(".repeat(3000), Depth),
        ] {
            assert_eq!(Ere::translate(ere.as_bytes()).unwrap_err(), expected, "{ere:.20}");
        }
    }

    #[test]
    fn what_matches_nothing_is_known() {
        for (ere, expected) in
            [("a*", true), ("a*b", false), ("^", true), ("(a|b?)", true), (r"(a?)\1", true)]
        {
            assert_eq!(Ere::translate(ere.as_bytes()).unwrap().matches_empty, expected, "{ere}");
        }
    }

    #[test]
    fn what_is_likely_to_be_a_mistake_is_known() {
        for (ere, expected) in [
            (r"a\d", &[EreLint::Escape('d')][..]),
            (r"a\t\w", &[EreLint::Escape('t')]),
            ("a.+?b", &[EreLint::LazyRepetition]),
            ("a[^@]+@", &[EreLint::EndsOutsideWord]),
            ("a[^@]+@?", &[]),
            (r"\.x", &[]),
        ] {
            assert_eq!(Ere::translate_word(ere.as_bytes()).unwrap().lints, expected, "{ere}");
        }
    }

    #[test]
    fn back_references_grow_no_pattern_beyond_bounds() {
        let mut ere = String::from("(abcdefgh)");
        for group in 1..9 {
            ere.push_str(&format!("({})", format!(r"\{group}").repeat(40)));
        }
        let translated = Ere::translate(ere.as_bytes()).unwrap();
        assert!(translated.pattern.len() < 100_000, "{}", translated.pattern.len());
        assert!(translated.exact.is_some());
    }
}
