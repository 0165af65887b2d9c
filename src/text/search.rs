//! Searches of short bytes in short bytes.

/// Whether `part` stands in `bytes`. For short ones: `memchr::memmem` prepares each search, which costs more
/// than the search.
#[must_use]
pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    memchr::memchr_iter(*first, bytes).any(|at| bytes[at + 1..].starts_with(rest))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn holds_finds_parts_wherever_they_stand() {
        for (part, expected) in
            [("", true), ("a", true), ("aab", true), ("b", true), ("ba", false), ("aaabx", false)]
        {
            assert_eq!(holds(b"aaab", part.as_bytes()), expected, "{part}");
        }
    }
}
