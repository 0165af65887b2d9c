//! Expressions that are no regular ones, tried on single lines by a backtracking engine.

use std::ops::Range;

/// An expression with back-references or lookaround.
#[derive(Debug)]
pub struct Exact(Box<fancy_regex::Regex>);

/// Text that is no expression with back-references or lookaround.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ExactError(Box<fancy_regex::Error>);

/// How many steps one line may cost.
const MAX_STEPS: usize = 1_000_000;

/// A line that took more steps than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the line takes too many steps to be matched")]
pub struct TooSlow;

impl Exact {
    /// Compiles an expression for text in which each byte is the character of that number.
    ///
    /// # Errors
    /// It is no expression.
    pub fn compile(pattern: &str) -> Result<Self, ExactError> {
        let built = fancy_regex::RegexBuilder::new(pattern).backtrack_limit(MAX_STEPS).build();
        Ok(Exact(Box::new(built.map_err(|error| ExactError(Box::new(error)))?)))
    }

    /// Returns where it matches in `line`.
    ///
    /// # Errors
    /// It takes too many steps to tell.
    pub fn find(&self, line: &[u8]) -> Result<Vec<Range<usize>>, TooSlow> {
        let text: String = line.iter().map(|&byte| char::from(byte)).collect();
        let matches: Result<Vec<_>, _> = self.0.find_iter(&text).collect();
        // From byte offsets in the text to those in the line: matches rise.
        let (mut at, mut in_line) = (0, 0);
        let mut offset = |to: usize| {
            in_line += text[at..to].chars().count();
            at = to;
            in_line
        };
        let range = |found: &fancy_regex::Match<'_>| offset(found.start())..offset(found.end());
        Ok(matches.map_err(|_| TooSlow)?.iter().map(range).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exact, TooSlow};

    #[test]
    fn bytes_are_characters_and_offsets_are_bytes() {
        let twice = Exact::compile(r"([a-z])\1").unwrap();
        assert_eq!(twice.find(b"\xff abba cc").unwrap(), [3..5, 7..9]);
        assert!(twice.find(b"abc").unwrap().is_empty());
    }

    #[test]
    fn a_line_that_takes_too_long_is_told() {
        let slow = Exact::compile(r"(x+x+)+\1y").unwrap();
        assert_eq!(slow.find(&[b'x'; 60]), Err(TooSlow));
    }
}
