//! Which lines of a blob are new.
//!
//! The comparison is of raw lines and with no regard to attributes: a path that is marked as binary is
//! compared like any other. It is our own, because that of libgit2 says "no difference" when it runs out
//! of memory, and so would every secret be old.

use std::ops::Range;

mod lines;
mod shortest;

use lines::Lines;
use shortest::is_old;

/// Parts of more lines are not compared, and new.
const MAX_LINES: usize = 2_000_000;

/// How many bytes are compared at once.
const BLOCK: usize = 256;

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
                let at = ranges.partition_point(|new| new.end <= range.start);
                ranges.get(at).is_some_and(|new| new.start < range.end)
            }
        }
    }
}

/// Returns the ranges of `new` whose lines `old` does not have in that order.
///
/// What takes more work or memory than there is to compare counts as new.
pub(crate) fn added_lines(old: &[u8], new: &[u8]) -> Added {
    // Most versions differ in one place: what is before and behind it need not be parted into lines.
    let start = common_start(old, new);
    let end = common_end(&old[start..], &new[start..]);
    let middle = start..new.len() - end;
    if middle.is_empty() {
        return Added::Ranges(Vec::new());
    }
    let hasher = foldhash::quality::RandomState::default();
    let lines = |bytes| Lines::part(bytes, MAX_LINES, &hasher);
    let parted = lines(&old[start..old.len() - end]).zip(lines(&new[middle.clone()]));
    let Some((old, new)) = parted else { return Added::Ranges(vec![middle]) };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, _) in is_old(&old, &new).iter().enumerate().filter(|(_, is_old)| !**is_old) {
        let line = new.range(at);
        let line = middle.start + line.start..middle.start + line.end;
        match ranges.last_mut() {
            Some(before) if before.end == line.start => before.end = line.end,
            _ => ranges.push(line),
        }
    }
    Added::Ranges(ranges)
}

/// How many bytes at the start are the same, as far as they are whole lines.
fn common_start(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.chunks(BLOCK).zip(new.chunks(BLOCK));
    let same = BLOCK * blocks.take_while(|(old, new)| old == new && old.len() == BLOCK).count();
    let rest = old[same..].iter().zip(&new[same..]);
    let same = same + rest.take_while(|(old, new)| old == new).count();
    memchr::memrchr(b'\n', &new[..same]).map_or(0, |at| at + 1)
}

/// How many bytes at the end are the same, as far as they are whole lines.
fn common_end(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.rchunks(BLOCK).zip(new.rchunks(BLOCK));
    let same = BLOCK * blocks.take_while(|(old, new)| old == new && old.len() == BLOCK).count();
    let rest = old[..old.len() - same].iter().rev().zip(new[..new.len() - same].iter().rev());
    let same = same + rest.take_while(|(old, new)| old == new).count();
    let starts_line = |bytes: &[u8]| bytes.len() == same || bytes[bytes.len() - same - 1] == b'\n';
    if starts_line(old) && starts_line(new) {
        return same;
    }
    let end = &new[new.len() - same..];
    memchr::memchr(b'\n', end).map_or(0, |at| same - at - 1)
}

/// What is new against both: the parts that two answers share.
pub(crate) fn both(a: Added, b: Added) -> Added {
    match (a, b) {
        (Added::All, other) | (other, Added::All) => other,
        (Added::Ranges(a), Added::Ranges(b)) => {
            let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
            let mut shared = Vec::new();
            while let (Some(one), Some(other)) = (a.peek(), b.peek()) {
                let range = one.start.max(other.start)..one.end.min(other.end);
                // The one that ends first has nothing in common with what follows.
                let _ = if one.end < other.end { a.next() } else { b.next() };
                if !range.is_empty() {
                    shared.push(range);
                }
            }
            Added::Ranges(shared)
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
            ("a", "a", vec![]),
            ("b\na", "b\na", vec![]),
            ("a", "a\nb\n", vec!["b\n"]),
            ("", "a\nb\n", vec!["a\nb\n"]),
            ("a\nb\n", "b\n", vec![]),
            ("a\n", "", vec![]),
            ("a\0b\nc\n", "a\0b\nd\n", vec!["d\n"]),
            ("1\n2\n3\n4\n5\n", "0\n1\n2\n3\nx\n4\n5\n", vec!["0\n", "x\n"]),
            ("a\nb\nc\n", "c\na\nb\n", vec!["c\n"]),
            ("xa\n", "a\n", vec!["a\n"]),
            ("a\nb", "a\nb\nc", vec!["c"]),
            ("\n\n\n", "\n\n\n\nk\n", vec!["\nk\n"]),
            ("a\r\n", "a\n", vec!["a\n"]),
        ] {
            assert_eq!(texts(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn only_new_lines_are_new_whatever_stands_before_and_behind() {
        // Bytes are compared in blocks of 256; what is the same may end anywhere in one.
        for length in (0..4).chain(125..131).chain(250..262).chain(508..516) {
            let same = &*"x".repeat(length);
            for (old, new, expected) in [
                (
                    format!("{same}\na\n{same}\n"),
                    format!("{same}\nb\n{same}\n"),
                    vec!["b\n".to_owned()],
                ),
                (format!("{same}\n{same}"), format!("{same}\nb\n{same}"), vec!["b\n".to_owned()]),
                (
                    format!("{same}a{same}\n"),
                    format!("{same}b{same}\n"),
                    vec![format!("{same}b{same}\n")],
                ),
                (format!("a{same}\nz"), format!("b{same}\nz"), vec![format!("b{same}\n")]),
                (format!("z\n{same}a"), format!("z\n{same}b"), vec![format!("{same}b")]),
                (format!("{same}\n"), format!("{same}\nb"), vec!["b".to_owned()]),
                (format!("a\n{same}\n"), format!("{same}\n"), vec![]),
                (format!("{same}\na\n"), format!("{same}\n"), vec![]),
                (
                    format!("y{same}\n"),
                    format!("y{same}\nb\ny{same}\n"),
                    vec![format!("b\ny{same}\n")],
                ),
            ] {
                let found = texts(&old, &new);
                // Of two ways to put a line between others that are the same, either will do.
                let other = expected.iter().map(|text| {
                    text.strip_prefix("b\n").map_or(text.clone(), |rest| format!("{rest}b\n"))
                });
                let other: Vec<String> = other.collect();
                assert!(found == expected || found == other, "{length}: {old:?} {new:?} {found:?}");
            }
        }
    }

    #[test]
    fn what_two_answers_share_takes_one_walk_along_both() {
        // A walk of one beside all of the other would take 10^11 steps.
        let odd = |from: usize| (0..400_000).map(|at| from + 4 * at..from + 4 * at + 2).collect();
        let shared = both(Added::Ranges(odd(0)), Added::Ranges(odd(1)));
        let expected = (0..400_000).map(|at| 4 * at + 1..4 * at + 2).collect();
        assert!(shared == Added::Ranges(expected));
        assert!((0..400_000).all(|at| shared.touches(&(4 * at..4 * at + 2))));
        assert!((0..400_000).all(|at| !shared.touches(&(4 * at + 2..4 * at + 5))));
        // Against the plain way.
        let mut random = 7_u64;
        for _ in 0..200 {
            let mut list = || {
                let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
                let mut at = 0;
                for _ in 0..6 {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (gap, length) = ((random >> 40) as usize % 4, (random >> 50) as usize % 5);
                    ranges.push(at + 1 + gap..at + 2 + gap + length);
                    at += 2 + gap + length;
                }
                ranges
            };
            let (a, b) = (list(), list());
            let holds =
                |all: &[std::ops::Range<usize>], at| all.iter().any(|one| one.contains(&at));
            let Added::Ranges(found) = both(Added::Ranges(a.clone()), Added::Ranges(b.clone()))
            else {
                panic!("ranges share ranges");
            };
            assert!(found.is_sorted_by(|one, next| one.end <= next.start), "{found:?}");
            for at in 0..60 {
                assert_eq!(holds(&found, at), holds(&a, at) && holds(&b, at), "{a:?} {b:?} {at}");
            }
        }
    }

    #[test]
    fn a_range_is_touched_where_it_shares_a_byte_with_what_is_new() {
        let added = Added::Ranges(vec![2..4, 8..10]);
        for (range, expected) in [
            (0..2, false),
            (0..3, true),
            (2..4, true),
            (3..5, true),
            (4..8, false),
            (4..9, true),
            (9..20, true),
            (10..20, false),
            (0..20, true),
        ] {
            assert_eq!(added.touches(&range), expected, "{range:?}");
            assert!(Added::All.touches(&range));
            assert!(!Added::Ranges(Vec::new()).touches(&range));
        }
    }

    /// How many lines of `new` count as old, which must be found in that order in `old`.
    fn count_old(old: &[u8], new: &[u8]) -> usize {
        let ranges = match added_lines(old, new) {
            Added::All => return 0,
            Added::Ranges(ranges) => ranges,
        };
        let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
            bytes
                .split_inclusive(|byte| *byte == b'\n')
                .map(|line| line.trim_ascii_end().to_vec())
                .collect()
        };
        let mut at = 0;
        let mut kept = Vec::new();
        for range in ranges {
            kept.extend(lines(&new[at..range.start]));
            at = range.end;
        }
        kept.extend(lines(&new[at..]));
        let old = lines(old);
        let mut left = old.iter();
        assert!(
            kept.iter().all(|line| left.any(|old| old == line)),
            "a line counts as old that `old` does not have there"
        );
        kept.len()
    }

    /// The length of the longest common subsequence, by the textbook.
    fn longest_common(old: &[u8], new: &[u8]) -> usize {
        let mut row = vec![0; new.len() + 1];
        for a in old {
            let mut diagonal = 0;
            for (at, b) in new.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if a == b { diagonal + 1 } else { above.max(row[at]) };
                diagonal = above;
            }
        }
        row[new.len()]
    }

    proptest::proptest! {
        #[test]
        fn as_many_lines_are_old_as_can_be(
            old in proptest::collection::vec(0u8..4, 0..40),
            new in proptest::collection::vec(0u8..4, 0..40),
        ) {
            let text = |lines: &[u8]| -> Vec<u8> {
                lines.iter().flat_map(|line| [b'a' + line, b'\n']).collect()
            };
            let found = count_old(&text(&old), &text(&new));
            proptest::prop_assert_eq!(found, longest_common(&old, &new));
        }
    }

    #[test]
    fn versions_without_much_in_common_are_parted_at_lines_that_stand_once() {
        // Every other line is new, and each old one stands once: more edits than are looked for.
        let line = |text: String| format!("{text}\n");
        let old: String = (0..20_000).map(|at| line(format!("kept {at}"))).collect();
        let new: String =
            (0..20_000).map(|at| line(format!("kept {at}")) + &line(format!("new {at}"))).collect();
        assert_eq!(count_old(old.as_bytes(), new.as_bytes()), 20_000);
    }

    #[test]
    fn lines_that_are_too_many_to_compare_are_new() {
        let old = "x\n\n".repeat(1_200_000);
        let new = format!("k\n{}k\n", "\ny\n".repeat(1_200_000));
        assert_eq!(texts(&old, &new), [&*new]);
        // What is before and behind them is compared.
        let long = format!("{old}k\n{old}");
        assert_eq!(texts(&format!("{old}{old}"), &long), ["k\n"]);
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
