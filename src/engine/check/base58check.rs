//! Keys in Base58Check, whose last four bytes are a checksum: extended private keys, Tezos's.
//! <https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki#serialization-format>

use sha2::{Digest as _, Sha256};

use super::{Candidate, Learnt, Verdict};

const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Raises keys whose checksum is right, and lowers others.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let bytes = decode(candidate.secret);
    let parts = bytes.as_deref().and_then(<[u8]>::split_last_chunk::<4>);
    learnt.checksum(
        parts.is_some_and(|(body, sum)| Sha256::digest(Sha256::digest(body)).starts_with(sum)),
    )
}

/// What base58 digits encode; `None` if one is no digit. Takes a square of the length: keys are short.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    for byte in text {
        let mut carry = DIGITS.iter().position(|digit| digit == byte)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, (carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    let zeros = text.iter().take_while(|&&byte| byte == b'1').count();
    Some([vec![0; zeros], bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use sha2::{Digest as _, Sha256};

    use super::{Learnt, Verdict, check, decode};

    fn encode(bytes: &[u8]) -> String {
        let mut digits: Vec<usize> = Vec::new();
        for byte in bytes {
            let mut carry = usize::from(*byte);
            for digit in digits.iter_mut().rev() {
                carry += *digit * 256;
                *digit = carry % 58;
                carry /= 58;
            }
            while carry > 0 {
                digits.insert(0, carry % 58);
                carry /= 58;
            }
        }
        digits.into_iter().map(|digit| char::from(super::DIGITS[digit])).collect()
    }

    #[test]
    fn key_with_its_checksum_is_raised() {
        // The version bytes of an extended private key, and 74 more.
        let body: Vec<u8> = [0x04, 0x88, 0xad, 0xe4].into_iter().chain(0..74).collect();
        let sum = Sha256::digest(Sha256::digest(&body));
        let text = encode(&[&body, &sum[..4]].concat());
        assert!(text.starts_with("xprv") && text.len() == 111, "{text}");
        let verdict = |token: &[u8]| check(&candidate(token), &mut Learnt::default());
        assert_eq!(verdict(text.as_bytes()), Verdict::Raise);
        assert_eq!(verdict(text.replace('a', "b").as_bytes()), Verdict::Lower);
        assert_eq!(decode(b"11z").unwrap(), [0, 0, 57]);
        assert_eq!(decode(b"0"), None);
    }
}
