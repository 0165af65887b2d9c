//! Numbers with their nouns.

/// Returns a number with its noun: `one` for 1, else `many`.
///
/// ```
/// use tightlip::text::count::counted;
/// assert_eq!((counted(1, "entry", "entries"), counted(0, "entry", "entries")), ("1 entry".into(), "0 entries".into()));
/// ```
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Returns a number with its noun, which gets an `s` for any number but 1.
///
/// ```
/// assert_eq!(tightlip::text::count::count(2, "file"), "2 files");
/// ```
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    counted(number, noun, &format!("{noun}s"))
}
