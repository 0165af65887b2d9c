//! Keys in Bech32, whose last six characters are a checksum: age's and Nostr's.
//! <https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>

use super::{Candidate, Learnt, Verdict};

const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Raises keys whose checksum is right, and lowers others.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    learnt.checksum(is_valid(&candidate.secret.to_ascii_lowercase()))
}

/// Whether text in lower case is Bech32: a label, `1`, digits of which the last six are right.
fn is_valid(text: &[u8]) -> bool {
    let Some(at) = text.iter().rposition(|&byte| byte == b'1') else { return false };
    let (label, data) = (&text[..at], &text[at + 1..]);
    let digits = data.iter().map(|byte| DIGITS.iter().position(|digit| digit == byte));
    let Some(digits) = digits.collect::<Option<Vec<usize>>>() else { return false };
    let high = label.iter().map(|byte| usize::from(byte >> 5));
    let low = label.iter().map(|byte| usize::from(byte & 31));
    data.len() >= 6 && polymod(high.chain([0]).chain(low).chain(digits)) == 1
}

fn polymod(values: impl Iterator<Item = usize>) -> usize {
    const STEPS: [usize; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let shifted = (sum & 0x1ff_ffff) << 5 ^ value;
        let of_bit = |(bit, step): (usize, &usize)| if top >> bit & 1 == 1 { *step } else { 0 };
        STEPS.iter().enumerate().map(of_bit).fold(shifted, |sum, step| sum ^ step)
    })
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn checksum_is_that_of_bip_173() {
        // Valid and invalid strings of the BIP.
        for valid in ["a12uel5l", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"] {
            assert!(is_valid(valid.as_bytes()), "{valid}");
            assert!(!is_valid(valid.replace('l', "q").as_bytes()), "{valid}");
        }
        for invalid in ["", "1", "x1b4n0q5v", "li1dgmt3", "nodigits"] {
            assert!(!is_valid(invalid.as_bytes()), "{invalid}");
        }
    }
}
