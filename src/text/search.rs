//! Searches of short bytes in short bytes.

/// Whether `part` stands in `bytes`.
#[must_use]
pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    find(bytes, part).is_some()
}

/// Returns where `part` first stands in `bytes`. For short ones: `memchr::memmem` prepares each search, which costs
/// more than the search.
#[must_use]
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let Some((first, rest)) = part.split_first() else { return Some(0) };
    memchr::memchr_iter(*first, bytes).find(|at| bytes[at + 1..].starts_with(rest))
}

/// Whether `bytes` begin with `part`, the case of ASCII letters ignored.
#[must_use]
pub fn begins_with_ignoring_case(bytes: &[u8], part: &[u8]) -> bool {
    bytes.get(..part.len()).is_some_and(|head| head.eq_ignore_ascii_case(part))
}

/// Whether `bytes` end with `part`, the case of ASCII letters ignored.
#[must_use]
pub fn ends_with_ignoring_case(bytes: &[u8], part: &[u8]) -> bool {
    let start = bytes.len().checked_sub(part.len());
    start.is_some_and(|start| bytes[start..].eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::{begins_with_ignoring_case, ends_with_ignoring_case, find, holds};

    #[test]
    fn holds_finds_parts_wherever_they_stand() {
        for (part, expected) in
            [("", true), ("a", true), ("aab", true), ("b", true), ("ba", false), ("aaabx", false)]
        {
            assert_eq!(holds(b"aaab", part.as_bytes()), expected, "{part}");
        }
        assert_eq!((find(b"aaab", b"ab"), find(b"aaab", b"")), (Some(2), Some(0)));
    }

    #[test]
    fn case_is_ignored_at_both_ends() {
        assert!(begins_with_ignoring_case(b"Bearer x", b"bearer "));
        assert!(!begins_with_ignoring_case(b"bea", b"bearer"));
        assert!(ends_with_ignoring_case(b"x EXPORT", b"export"));
        assert!(!ends_with_ignoring_case(b"port", b"export"));
    }
}
