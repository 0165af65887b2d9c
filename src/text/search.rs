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

/// Whether `bytes` begin with one of some parts. The first byte tells of most, without a call.
#[inline]
#[must_use]
pub fn begins_with_one_of(bytes: &[u8], parts: &[&[u8]]) -> bool {
    let Some(first) = bytes.first() else { return parts.iter().any(|part| part.is_empty()) };
    parts.iter().any(|part| part.first().is_none_or(|own| own == first) && bytes.starts_with(part))
}

/// Whether `bytes` end with one of some parts. The last byte tells of most, without a call.
#[inline]
#[must_use]
pub fn ends_with_one_of(bytes: &[u8], parts: &[&[u8]]) -> bool {
    let Some(last) = bytes.last() else { return parts.iter().any(|part| part.is_empty()) };
    parts.iter().any(|part| part.last().is_none_or(|own| own == last) && bytes.ends_with(part))
}

/// Whether one of some parts stands in `bytes`. For many short parts: one pass by their first bytes costs less than a
/// search for each.
#[must_use]
pub fn holds_one_of(bytes: &[u8], parts: &[&[u8]]) -> bool {
    let mut firsts = [0_u64; 4];
    for part in parts {
        let Some(&first) = part.first() else { return true };
        firsts[usize::from(first >> 6)] |= 1 << (first & 63);
    }
    let is_first = |byte: u8| firsts[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0;
    let mut places = bytes.iter().enumerate().filter(|(_, byte)| is_first(**byte));
    places.any(|(at, _)| begins_with_one_of(&bytes[at..], parts))
}

/// Whether `bytes` begin with `part`, the case of ASCII letters ignored.
#[inline]
#[must_use]
pub fn begins_with_ignoring_case(bytes: &[u8], part: &[u8]) -> bool {
    are_one_letter(bytes.first(), part.first())
        && bytes.get(..part.len()).is_some_and(|head| head.eq_ignore_ascii_case(part))
}

/// Whether `bytes` end with `part`, the case of ASCII letters ignored.
#[inline]
#[must_use]
pub fn ends_with_ignoring_case(bytes: &[u8], part: &[u8]) -> bool {
    let start = bytes.len().checked_sub(part.len());
    are_one_letter(bytes.last(), part.last())
        && start.is_some_and(|start| bytes[start..].eq_ignore_ascii_case(part))
}

/// Whether two bytes may be the same letter: it tells of most, without a call.
#[inline]
fn are_one_letter(one: Option<&u8>, other: Option<&u8>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        // Nothing begins and ends everything.
        (_, other) => other.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        begins_with_ignoring_case, begins_with_one_of, ends_with_ignoring_case, ends_with_one_of,
        find, holds, holds_one_of,
    };

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
        for bytes in [&b""[..], b"a"] {
            assert!(begins_with_ignoring_case(bytes, b"") && ends_with_ignoring_case(bytes, b""));
        }
    }

    #[test]
    fn one_of_some_parts_is_found_wherever_it_stands() {
        let parts: [&[u8]; 3] = [b"ab", b"\xff", b"\x01c"];
        for (bytes, expected) in [
            (&b"xxab"[..], true),
            (b"\xff", true),
            (b"a\x01c", true),
            (b"a b\x01", false),
            (b"", false),
        ] {
            assert_eq!(holds_one_of(bytes, &parts), expected, "{bytes:?}");
            assert!(holds_one_of(bytes, &[b"ab", b""]), "{bytes:?}");
        }
    }

    #[test]
    fn one_of_some_parts_is_found_at_both_ends() {
        let parts: [&[u8]; 3] = [b"ab", b"b", b"abc"];
        for (bytes, begins, ends) in
            [("abcd", true, false), ("b", true, true), ("cab", false, true), ("", false, false)]
        {
            assert_eq!(begins_with_one_of(bytes.as_bytes(), &parts), begins, "{bytes}");
            assert_eq!(ends_with_one_of(bytes.as_bytes(), &parts), ends, "{bytes}");
            assert!(begins_with_one_of(bytes.as_bytes(), &[b"x", b""]), "{bytes}");
            assert!(ends_with_one_of(bytes.as_bytes(), &[b"x", b""]), "{bytes}");
        }
    }
}
