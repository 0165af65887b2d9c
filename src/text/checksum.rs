//! Checksums that services put into their tokens.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

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

/// Returns the CRC-32 of `bytes` as seven base36 digits, the way GitLab ends its routable tokens.
///
/// ```
/// assert_eq!(&tightlip::text::checksum::crc32_base36(b""), b"0000000");
/// assert_eq!(&tightlip::text::checksum::crc32_base36(b"123456789"), b"1kl8mjq");
/// ```
#[must_use]
pub fn crc32_base36(bytes: &[u8]) -> [u8; 7] {
    let mut rest = crc32fast::hash(bytes) as usize;
    let mut digits = [b'0'; 7];
    for digit in digits.iter_mut().rev() {
        *digit = BASE36[rest % 36];
        rest /= 36;
    }
    digits
}

/// Returns the CRC-16 of `bytes` in the form XMODEM has it: the polynomial 0x1021, from zero.
///
/// ```
/// assert_eq!(tightlip::text::checksum::crc16_xmodem(b"123456789"), 0x31c3);
/// ```
#[must_use]
pub fn crc16_xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 }
        })
    })
}
