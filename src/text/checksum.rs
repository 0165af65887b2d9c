//! Checksums that services put into their tokens.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns the CRC-32 of `bytes` as six base62 digits, the way GitHub and npm end their tokens.
///
/// Source: <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>.
///
/// ```
/// assert_eq!(&tightlip::text::checksum::crc32_base62(b""), b"000000");
/// ```
#[must_use]
pub fn crc32_base62(bytes: &[u8]) -> [u8; 6] {
    let mut rest = crc32fast::hash(bytes) as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits
}
