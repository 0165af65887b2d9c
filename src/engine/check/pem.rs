//! Private keys in armour: whether there is a key inside, and whether a passphrase guards it.

use base64::Engine as _;

use super::{Candidate, Learnt, Verdict};
use crate::text::base64::LENIENT;

/// Fewer characters than this are no key: the shortest real one, Ed25519 in PKCS #8, has 64.
const MIN_BODY_CHARS: usize = 56;

/// Shorter runs of base64 characters are words.
const MIN_RUN_CHARS: usize = 16;

/// Drops armour without a key in it; lowers keys that need a passphrase.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let armour = candidate.secret;
    let (headers, text) = split_headers(inside(armour));
    let body = body(text);
    if body.len() < MIN_BODY_CHARS {
        return Verdict::Drop;
    }
    // Enough to tell the kind; the end may be cut off or damaged.
    let Ok(start) = LENIENT.decode(&body[..MIN_BODY_CHARS]) else {
        return Verdict::Drop;
    };
    // RFC 1421: all of the body is a ciphertext then, and begins with any byte.
    let is_ciphertext = holds(headers, b"4,ENCRYPTED");
    if holds_words(text) || !(is_ciphertext || is_key(&start)) {
        return Verdict::Drop;
    }
    let encrypted = holds(armour, b"ENCRYPTED")
        || holds(armour, b"Encryption: aes")
        || start
            .strip_prefix(b"openssh-key-v1\0")
            .is_some_and(|rest| !rest.starts_with(b"\0\0\0\x04none"));
    if encrypted {
        learnt.notes.push("guarded by a passphrase".into());
        return Verdict::Lower;
    }
    Verdict::Keep
}

/// Whether the body begins as one of a key does: DER (a SEQUENCE), OpenSSH's own form, an OpenPGP packet.
fn is_key(start: &[u8]) -> bool {
    match start {
        [0x30, length, rest @ ..] if length & 0x80 == 0 => {
            matches!(rest.first(), Some(0x02 | 0x30))
        }
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] => {
            matches!(rest.first(), Some(0x02 | 0x30))
        }
        [0x30, ..] => true,
        _ => start.starts_with(b"openssh-key-v1") || start[0] & 0x80 != 0,
    }
}

/// Whether there are words in the place of some of the key: `...`, `key content`.
fn holds_words(text: &[u8]) -> bool {
    holds(text, b"...")
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// Parts the headers (`Proc-Type: 4,ENCRYPTED`, `Comment: made by hand...`) from what follows them.
/// A header may hold dots, and runs as long as those of the body.
fn split_headers(inside: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while let Some(length) = header(&inside[end..]) {
        end += length;
    }
    inside.split_at(end)
}

/// How long the header is with which a text begins, up to the end of its line. What stands before
/// its name are line ends, quotes and the marks of comments.
fn header(text: &[u8]) -> Option<usize> {
    let mut start = 0;
    while !text.get(start)?.is_ascii_alphanumeric() {
        start += if is_escape(&text[start..]) { 2 } else { 1 };
    }
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
    let value = start + text[start..].iter().take_while(is_of_name).count();
    if !text[value..].starts_with(b": ") {
        return None;
    }
    (value..text.len()).find(|&at| matches!(text[at], b'\n' | b'\r') || is_escape(&text[at..]))
}

/// Whether a text begins with a line end as literals write it.
fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'\\', b'n' | b'r', ..])
}

/// The base64 text behind the headers. Short runs of such characters are words.
fn body(text: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in runs(text) {
        if part.len() >= MIN_RUN_CHARS {
            body.extend_from_slice(part);
        }
    }
    body
}

/// What stands between the dashes of the header and those of the footer, or the end.
fn inside(armour: &[u8]) -> &[u8] {
    const DASHES: &[u8] = b"-----";
    let after = |bytes: &'_ [u8]| memchr::memmem::find(bytes, DASHES).map(|at| at + DASHES.len());
    let Some(label) = after(armour) else {
        return armour;
    };
    let Some(header) = after(&armour[label..]) else {
        return armour;
    };
    let rest = &armour[label + header..];
    &rest[..memchr::memmem::find(rest, DASHES).unwrap_or(rest.len())]
}

/// Runs of base64 characters; an escape such as `\n` parts two of them as a line end does.
fn runs(text: &[u8]) -> Vec<&[u8]> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < text.len() {
        let is_base64 = text[at].is_ascii_alphanumeric() || matches!(text[at], b'+' | b'/');
        let edge = at;
        at += if text[at] == b'\\' { 2 } else { 1 };
        if !is_base64 {
            runs.push(&text[start..edge]);
            start = at;
        }
    }
    runs.push(text.get(start..).unwrap_or_default());
    runs
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::tests::candidate;
    use super::{Learnt, Verdict, check};

    fn judged(label: &str, body: &str) -> (Verdict, Learnt) {
        let armour =
            format!("-----BEGIN {label}PRIVATE KEY-----\n{body}\n-----END {label}PRIVATE KEY-----");
        let mut learnt = Learnt::default();
        (check(&candidate(armour.as_bytes()), &mut learnt), learnt)
    }

    /// The body of armour whose first bytes are these.
    fn body(start: &[u8], bytes: usize) -> String {
        STANDARD.encode(
            (0..bytes).map(|at| start.get(at).copied().unwrap_or(0x5a)).collect::<Vec<u8>>(),
        )
    }

    #[test]
    fn check_keeps_what_begins_as_a_key_does() {
        for (start, expected) in [
            // DER: a sequence with a length in each form, of a number or of another sequence.
            (&[0x30, 0x2e, 0x02][..], Verdict::Keep),
            (&[0x30, 0x2e, 0x30], Verdict::Keep),
            (&[0x30, 0x2e, 0x04], Verdict::Drop),
            (&[0x30, 0x81, 0xb0, 0x02], Verdict::Keep),
            (&[0x30, 0x81, 0xb0, 0x04], Verdict::Drop),
            (&[0x30, 0x82, 0x04, 0xa4, 0x30], Verdict::Keep),
            (&[0x30, 0x82, 0x04, 0xa4, 0x31], Verdict::Drop),
            (&[0x30, 0x83, 0x01, 0x04, 0xa4, 0x02], Verdict::Keep),
            // A packet of OpenPGP, and text.
            (&[0x95, 0x03], Verdict::Keep),
            (b"some words of a manual", Verdict::Drop),
            (b"openssh-key-v1\0\0\0\0\x04none", Verdict::Keep),
            (b"openssh-key-v1\0\0\0\0\x0aaes256-ctr", Verdict::Lower),
        ] {
            let (verdict, learnt) = judged("", &body(start, 90));
            assert_eq!(verdict, expected, "{start:x?}");
            assert_eq!(learnt.notes.is_empty(), verdict != Verdict::Lower, "{start:x?}");
        }
    }

    #[test]
    fn check_tells_a_key_from_what_is_left_of_one() {
        let key = body(&[0x30, 0x2e, 0x02], 90);
        let (first, second) = key.split_at(60);
        for (label, text, expected) in [
            ("", key.clone(), Verdict::Keep),
            ("RSA ", format!("{first}\n{second}"), Verdict::Keep),
            ("", format!("{first}\\n{second}"), Verdict::Keep),
            ("ENCRYPTED ", key.clone(), Verdict::Lower),
            (
                "RSA ",
                format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC\n\n{key}"),
                Verdict::Lower,
            ),
            ("", format!("{first}...{second}"), Verdict::Drop),
            ("", format!("{key}\n..."), Verdict::Drop),
            ("", "put the key here".to_owned(), Verdict::Drop),
            // 42 bytes are 56 characters.
            ("", body(&[0x30, 0x2e, 0x02], 42), Verdict::Keep),
            ("", body(&[0x30, 0x2e, 0x02], 41), Verdict::Drop),
            // Short runs are words.
            ("", "MC4CAQAwBQYDK2V ".repeat(8), Verdict::Drop),
        ] {
            assert_eq!(judged(label, &text).0, expected, "{label} {text}");
        }
    }

    #[test]
    fn check_goes_by_what_stands_behind_the_headers() {
        let key = body(&[0x30, 0x2e, 0x02], 90);
        let ciphertext = body(&[0x11, 0x22, 0x33], 90);
        let encrypted = |vector: &str| format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: x,{vector}");
        for (headers, text, expected) in [
            // Words, dots and long runs of a comment.
            ("Proc-Type: 4,CLEAR\nComment: made by hand...".to_owned(), &key, Verdict::Keep),
            ("Comment: of/the/build/server/eu-1".to_owned(), &key, Verdict::Keep),
            // The vector is 32 characters of base64, too; a ciphertext begins with any byte.
            (encrypted(&"A1".repeat(16)), &ciphertext, Verdict::Lower),
            (encrypted(&"91".repeat(16)), &key, Verdict::Lower),
            ("Proc-Type: 4,CLEAR".to_owned(), &ciphertext, Verdict::Drop),
        ] {
            let plain = format!("{headers}\n\n{text}");
            let commented = plain.replace('\n', "\n# ");
            for whole in [plain.replace('\n', "\\n"), plain, commented] {
                assert_eq!(judged("RSA ", &whole).0, expected, "{whole}");
            }
        }
        let dots = format!("Comment: x\n\n{}...{}", &key[..60], &key[60..]);
        assert_eq!(judged("RSA ", &dots).0, Verdict::Drop);
        assert_eq!(judged("RSA ", "Comment: a key").0, Verdict::Drop);
    }
}
