//! Bytes as hexadecimal digits.

/// Returns two small hexadecimal digits for each byte.
///
/// ```
/// assert_eq!(tightlip::text::hex::hex(&[0, 0xaf]), "00af");
/// ```
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}
