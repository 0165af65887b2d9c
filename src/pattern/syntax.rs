//! The syntax of rules' and users' regular expressions, set up in one place.
//!
//! Expressions match bytes, which need not be UTF-8; Unicode is off. Lines end at LF and CRLF; `^` and
//! `$` match at their ends.

use regex::bytes::{RegexSet, RegexSetBuilder};
use regex_automata::meta::{BuildError, Regex};
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;

use super::outline;

/// Returns the setup of every expression.
#[must_use]
pub fn config() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).multi_line(true).crlf(true)
}

/// Parses an expression.
///
/// # Errors
/// It is not a regular expression.
pub fn parse(pattern: &str) -> Result<Hir, SyntaxError> {
    outline::parse(pattern).map_err(|error| SyntaxError::new(&error))
}

/// What is wrong with an expression. It does not show the expression, which may be the very secret that it
/// forbids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {column}")]
pub struct SyntaxError {
    problem: String,
    /// Counted from 1.
    column: usize,
}

impl SyntaxError {
    fn new(error: &regex_syntax::Error) -> Self {
        let (problem, column) = match error {
            regex_syntax::Error::Parse(error) => {
                (error.kind().to_string(), error.span().start.column)
            }
            regex_syntax::Error::Translate(error) => {
                (error.kind().to_string(), error.span().start.column)
            }
            _ => ("it is not a regular expression".to_owned(), 1),
        };
        SyntaxError { problem, column }
    }
}

/// Compiles an expression.
///
/// # Errors
/// It is not a regular expression, or it is too large.
pub fn compile(pattern: &str) -> Result<Regex, Box<BuildError>> {
    Regex::builder().syntax(config()).build(pattern).map_err(Box::new)
}

/// Compiles expressions of which only whether one matches is asked.
///
/// # Errors
/// One is not a regular expression, or they are too large.
pub fn compile_set(patterns: &[String]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).unicode(false).multi_line(true).crlf(true).build()
}
