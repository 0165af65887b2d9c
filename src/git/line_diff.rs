//! Which lines of a blob are new.
//!
//! The comparison is of raw lines, by libgit2's own line diff and with no regard to attributes:
//! a path that is marked as binary is compared like any other.

use std::borrow::Cow;
use std::ops::Range;

use git2::{DiffOptions, Patch};

/// Which bytes of a unit are new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// All of them.
    All,
    /// Those in these ranges, which rise and do not touch.
    Ranges(Vec<Range<usize>>),
}

impl Added {
    /// Whether any byte of `range` is new.
    #[must_use]
    pub fn touches(&self, range: &Range<usize>) -> bool {
        match self {
            Added::All => true,
            Added::Ranges(ranges) => {
                ranges.iter().any(|new| new.start < range.end && range.start < new.end)
            }
        }
    }
}

/// A blob larger than this counts as new wholly: its lines are not compared.
const MAX_BYTES: usize = 256 << 20;

/// Returns the ranges of `new` whose lines `old` does not have in that order.
pub(crate) fn added_lines(old: &[u8], new: &[u8]) -> Added {
    if old.len() > MAX_BYTES || new.len() > MAX_BYTES {
        return Added::All;
    }
    let mut options = DiffOptions::new();
    options.force_text(true).context_lines(0);
    // A last line without an end is the same line when others follow it.
    let (ended_old, ended_new) = (ended(old), ended(new));
    let patch = Patch::from_buffers(&ended_old, None, &ended_new, None, Some(&mut options));
    let Ok(patch) = patch else { return Added::All };
    let starts = line_starts(new);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for index in 0..patch.num_hunks() {
        let Ok((hunk, _)) = patch.hunk(index) else {
            return Added::All;
        };
        if hunk.new_lines() == 0 {
            continue;
        }
        let first = hunk.new_start() as usize - 1;
        let last = first + hunk.new_lines() as usize;
        let at = |line: usize| starts.get(line).copied().unwrap_or(new.len());
        match ranges.last_mut() {
            Some(before) if before.end == at(first) => before.end = at(last),
            _ => ranges.push(at(first)..at(last)),
        }
    }
    Added::Ranges(ranges)
}

fn ended(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.is_empty() || bytes.ends_with(b"\n") {
        Cow::Borrowed(bytes)
    } else {
        Cow::Owned([bytes, b"\n"].concat())
    }
}

/// What is new against both: the parts that two answers share.
pub(crate) fn both(a: Added, b: Added) -> Added {
    match (a, b) {
        (Added::All, other) | (other, Added::All) => other,
        (Added::Ranges(a), Added::Ranges(b)) => {
            let shared = a
                .iter()
                .flat_map(|a| b.iter().map(move |b| a.start.max(b.start)..a.end.min(b.end)));
            Added::Ranges(shared.filter(|range| !range.is_empty()).collect())
        }
    }
}

/// Whether most of a blob of `total` bytes is old, as that of a file under a new name is.
pub(crate) fn is_mostly_old(added: &Added, total: usize) -> bool {
    match added {
        Added::All => false,
        Added::Ranges(ranges) => {
            ranges.iter().map(ExactSizeIterator::len).sum::<usize>() * 2 <= total
        }
    }
}

/// Where each line begins. Git's lines end at LF alone.
fn line_starts(bytes: &[u8]) -> Vec<usize> {
    std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Added, added_lines, both, is_mostly_old};

    fn texts<'a>(old: &str, new: &'a str) -> Vec<&'a str> {
        match added_lines(old.as_bytes(), new.as_bytes()) {
            Added::All => vec![new],
            Added::Ranges(ranges) => ranges.into_iter().map(|range| &new[range]).collect(),
        }
    }

    #[test]
    fn only_new_lines_are_new() {
        for (old, new, expected) in [
            ("a\nb\nc\n", "a\nx\nc\n", vec!["x\n"]),
            ("a\n", "a\nb", vec!["b"]),
            ("a", "a\n", vec![]),
            ("a", "a\nb\n", vec!["b\n"]),
            ("", "a\nb\n", vec!["a\nb\n"]),
            ("a\nb\n", "b\n", vec![]),
            ("a\n", "", vec![]),
            ("a\0b\nc\n", "a\0b\nd\n", vec!["d\n"]),
            ("1\n2\n3\n4\n5\n", "0\n1\n2\n3\nx\n4\n5\n", vec!["0\n", "x\n"]),
        ] {
            assert_eq!(texts(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_is_new_against_two_parents_is_new_against_each() {
        let a = Added::Ranges(vec![0..4, 8..12]);
        let b = Added::Ranges(vec![2..10, 20..30]);
        assert_eq!(both(a.clone(), b), Added::Ranges(vec![2..4, 8..10]));
        assert_eq!(both(a.clone(), Added::All), a);
    }

    #[test]
    fn half_new_is_still_the_same_file() {
        assert!(is_mostly_old(&Added::Ranges(vec![0..2, 4..7]), 10));
        assert!(!is_mostly_old(&Added::Ranges(vec![0..3, 4..7]), 10));
        assert!(!is_mostly_old(&Added::All, 10));
    }
}
