//! Shannon entropy of short strings.

/// Returns the Shannon entropy of `bytes` in bits per byte (0 for an empty string, at most 8).
///
/// ```
/// use tightlip::text::entropy::shannon;
/// assert_eq!(shannon(b"aaaa"), 0.0);
/// assert_eq!(shannon(b"abcd"), 2.0);
/// ```
#[must_use]
pub fn shannon(bytes: &[u8]) -> f32 {
    if bytes.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f32;
    let bits: f32 = counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f32 / total;
            -share * share.log2()
        })
        .sum();
    bits.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::shannon;

    #[test]
    fn entropy_of_known_strings() {
        for (bytes, expected) in
            [(&b""[..], 0.0), (b"0000000000", 0.0), (b"01010101", 1.0), (b"0123456789abcdef", 4.0)]
        {
            assert!((shannon(bytes) - expected).abs() < 1e-5, "{bytes:?}");
        }
    }
}
