//! Seeds in base32 that end in a CRC-16: NATS's NKEYs and Stellar's.
//! <https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth>,
//! <https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md>

use super::{Candidate, Learnt, Verdict};
use crate::text::checksum::crc16_xmodem;

/// Raises seeds whose last two bytes are the CRC-16 (XMODEM, low byte first) of those before, and lowers others.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let bytes = base32(candidate.secret);
    let is_right = bytes.as_deref().and_then(<[u8]>::split_last_chunk::<2>);
    learnt.checksum(
        is_right.is_some_and(|(body, sum)| crc16_xmodem(body) == u16::from_le_bytes(*sum)),
    )
}

/// What base32 digits without padding encode (RFC 4648); `None` if one is no digit.
fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(digit);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Learnt, Verdict, base32, check};
    use crate::text::checksum::crc16_xmodem;

    fn encode(bytes: &[u8]) -> String {
        let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
        let digit = |at: usize| (0..5).fold(0, |value, offset| value << 1 | bit(at + offset));
        let digits = (0..bytes.len() * 8).step_by(5).map(digit);
        digits.map(|d| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(d)])).collect()
    }

    #[test]
    fn seed_with_its_checksum_is_raised() {
        // The prefix byte of a seed (18 << 3), that of a user in five bits, 32 bytes.
        let mut seed = vec![0x95, 0x00];
        seed.extend(1..=32);
        seed.extend(crc16_xmodem(&seed).to_le_bytes());
        let text = encode(&seed);
        assert_eq!(base32(text.as_bytes()).unwrap(), seed);
        let verdict = |token: &[u8]| check(&candidate(token), &mut Learnt::default());
        assert_eq!(verdict(text.as_bytes()), Verdict::Raise);
        assert_eq!(verdict(text.replace('A', "B").as_bytes()), Verdict::Lower);
        assert_eq!(verdict(b"not base32"), Verdict::Lower);
    }
}
