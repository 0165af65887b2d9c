//! What is told of an expression before it is parsed: how far its matches reach around a keyword, and which bytes they
//! may hold.
//!
//! Most places that have a keyword hold no match, and the outline tells so. The build script shares these files: it
//! lays the outlines of the built-in rules, so that a run parses only the few expressions that may match.

mod byte_runs;
mod byte_set;
mod first_bytes;
mod literal;
mod prefix_length;
mod required_run;

use std::borrow::Cow;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

pub(crate) use byte_runs::Run;
pub(crate) use byte_set::ByteSet;
pub(crate) use first_bytes::FirstBytes;
pub(crate) use literal::literal;
pub(crate) use required_run::RequiredRun;

/// How far a match may reach where neither the expression nor the rule sets a limit, in bytes.
pub(crate) const DEFAULT_MAX_BYTES: usize = 1024;

/// What is told of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    /// How many bytes a match may have before its keyword.
    pub(crate) max_prefix: usize,
    /// The longest match that is looked for, in bytes.
    pub(crate) max_bytes: usize,
    pub(crate) first: FirstBytes,
    pub(crate) run: Option<RequiredRun>,
}

impl Outline {
    /// Tells of an expression whose matches hold one of some keywords, which are in lower case. `limit` is for what may
    /// match more than any number of bytes.
    pub(crate) fn new(hir: &Hir, keywords: &[Vec<u8>], limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(DEFAULT_MAX_BYTES);
        let max_bytes = hir.properties().maximum_len().unwrap_or(limit);
        let max_prefix = prefix_length::max_bytes(hir, keywords);
        Outline {
            max_prefix: max_prefix.unwrap_or(max_bytes).min(max_bytes),
            max_bytes,
            first: FirstBytes::new(hir),
            run: RequiredRun::new(hir),
        }
    }
}

/// An outline as the build script lays it: without pointers, which the system's loader would have to write anew at
/// every start of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) max_prefix: usize,
    pub(crate) max_bytes: usize,
    /// Where the sets of the first places begin and end among those of all rows.
    pub(crate) places: (usize, usize),
    pub(crate) behind: ByteSet,
    pub(crate) whole: usize,
    /// Where the runs begin and end among those of all rows.
    pub(crate) runs: (usize, usize),
    pub(crate) run: Option<RequiredRun>,
    /// What [`class`] makes of the rule's boundary.
    pub(crate) boundary: Option<ByteSet>,
}

impl Row {
    /// Returns the outline, of whose sets and runs `places` and `runs` are all that were laid.
    pub(crate) fn outline(&self, places: &'static [ByteSet], runs: &'static [Run]) -> Outline {
        let places = Cow::Borrowed(&places[self.places.0..self.places.1]);
        let runs = Cow::Borrowed(&runs[self.runs.0..self.runs.1]);
        Outline {
            max_prefix: self.max_prefix,
            max_bytes: self.max_bytes,
            first: FirstBytes { places, behind: self.behind, whole: self.whole, runs },
            run: self.run,
        }
    }
}

/// Parses an expression in our syntax: it matches bytes, which need not be UTF-8; Unicode is off. Lines end at LF and
/// CRLF; `^` and `$` match at their ends.
///
/// # Errors
/// It is not a regular expression.
pub(crate) fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    let mut parser = ParserBuilder::new();
    parser.unicode(false).utf8(false).multi_line(true).crlf(true);
    parser.build().parse(pattern).map_err(Box::new)
}

/// Returns the bytes of a character class, given without its brackets; `None` if `class` is no such class.
pub(crate) fn class(class: &str) -> Option<ByteSet> {
    match parse(&format!("[{class}]")).ok()?.kind() {
        HirKind::Class(class @ regex_syntax::hir::Class::Bytes(_)) => {
            Some(ByteSet::of_class(class))
        }
        HirKind::Literal(literal) if literal.0.len() == 1 => Some(ByteSet::of_byte(literal.0[0])),
        _ => None,
    }
}
