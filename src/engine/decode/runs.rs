//! Base64, hexadecimal text and text that is spelled in escapes, found as runs of their characters.
//!
//! A view is a run decoded in its place: what stands before and behind it is kept, so that a name
//! in plain text meets its encoded value (`data:` of Kubernetes). Most runs are identifiers, hashes
//! and images: the first characters tell whether a run holds text.

use std::io::Read as _;
use std::ops::Range;

use super::blocks::{BLOCK, Filling, all_base64, next_filled};
use super::{Budget, Builder, Decoding, Each, Encoding, Map, View, spelled};

/// Shorter runs hold no secret that has a name or a shape.
const MIN_CHARS: usize = 32;

/// How many bytes have to be text for the rest to be decoded.
const EVIDENCE_BYTES: usize = 24;

/// How many bytes before and behind a run are kept.
pub(super) const BEFORE_BYTES: usize = 128;
pub(super) const BEHIND_BYTES: usize = 48;

/// A line of folded base64 has at least as many characters, all but the last.
const MIN_FOLD_CHARS: usize = 32;

/// How far into a run text may begin behind a path.
const PATH_BYTES: usize = 128;

/// Hands over the views of all runs that hold text, or gzip data.
pub(super) fn views(bytes: &[u8], budget: &mut Budget, each: &mut Each<'_>) {
    views_in(bytes, std::slice::from_ref(&(0..bytes.len())), budget, each);
}

/// Returns where the blocks stand that tell of a run that a change at `change` touches. A run as long as two blocks
/// holds a whole one, wherever it begins. A change may go on with a run behind the end of its line and an indent.
pub(in crate::engine) fn region_around(change: &Range<usize>) -> Range<usize> {
    change.start.saturating_sub(3 * BLOCK)..change.end.saturating_add(2 * BLOCK)
}

/// Hands over the views of the runs that stand in one of `regions` or reach into it. Regions rise.
pub(super) fn views_in(
    bytes: &[u8],
    regions: &[Range<usize>],
    budget: &mut Budget,
    each: &mut Each<'_>,
) {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    // Up to where everything was looked at, so that a run that reaches over many regions is decoded once.
    let mut done = 0;
    let mut left = regions;
    while let Some((first, mut rest)) = left.split_first() {
        // Regions that touch are looked at as one: there are many, and most are short.
        let mut last = first.end;
        while let Some((next, behind)) = rest.split_first()
            && next.start <= last + BLOCK
        {
            (last, rest) = (last.max(next.end), behind);
        }
        left = rest;
        let mut block = (first.start / BLOCK).max(done / BLOCK);
        let last = last.div_ceil(BLOCK).min(blocks.len());
        while let Some((found, filling)) = blocks.get(block..last).and_then(next_filled) {
            let inside = block + found;
            let (at, first) = (inside * BLOCK, done.min(inside * BLOCK));
            block = inside + 1;
            match filling {
                Filling::Escapes => {
                    if let Some((view, end)) = spelled::view(bytes, at, first) {
                        done = end;
                        each(budget, view);
                    }
                }
                Filling::Base64 if goes_on(bytes, at) => {
                    done = show_views(bytes, run_around(bytes, at, first), budget, each);
                }
                Filling::Base64 => continue,
            }
            block = block.max(done.div_ceil(BLOCK));
        }
    }
}

/// Hands over the views that a run is worth; returns where the encoded text ends.
fn show_views(bytes: &[u8], run: Range<usize>, budget: &mut Budget, each: &mut Each<'_>) -> usize {
    if run.len() < MIN_CHARS {
        return run.end;
    }
    let (view, end) = match base64(bytes, &run) {
        Some((view, end)) => (view, end),
        None => match hex(bytes, &run) {
            Some(view) => (view, run.end),
            None => return run.end,
        },
    };
    let inflated = gzip(&view, budget);
    each(budget, view);
    if let Some(inflated) = inflated {
        each(budget, inflated);
    }
    end
}

/// Whether a run that fills the block at `at` may be one of [`MIN_CHARS`]: then it fills half a block more on one side.
fn goes_on(bytes: &[u8], at: usize) -> bool {
    let is_half = |half: Option<&[u8; BLOCK / 2]>| half.is_some_and(all_base64);
    is_half(bytes[..at].last_chunk()) || is_half(bytes[at + BLOCK..].first_chunk())
}

/// The run that holds `inside`, not before `first`.
fn run_around(bytes: &[u8], inside: usize, first: usize) -> Range<usize> {
    let before = bytes[first..inside].iter().rev().take_while(|byte| is_base64(**byte)).count();
    let behind = bytes[inside..].iter().take_while(|byte| is_base64(**byte)).count();
    inside - before..inside + behind
}

/// Whether a byte could be base64.
fn is_base64(byte: u8) -> bool {
    SEXTETS[byte as usize] != NO_SEXTET
}

/// The value of a character of base64, with either alphabet.
fn sextet(byte: u8) -> Option<u32> {
    Some(SEXTETS[usize::from(byte)]).filter(|value| *value != NO_SEXTET).map(u32::from)
}

const NO_SEXTET: u8 = u8::MAX;

/// The value of every byte: this is asked of every byte of many runs.
static SEXTETS: [u8; 256] = {
    let mut sextets = [NO_SEXTET; 256];
    let mut byte = 0;
    while byte < sextets.len() {
        let own = byte as u8;
        sextets[byte] = match own {
            b'A'..=b'Z' => own - b'A',
            b'a'..=b'z' => own - b'a' + 26,
            b'0'..=b'9' => own - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => NO_SEXTET,
        };
        byte += 1;
    }
    sextets
};

const fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// The view of a run of base64, and where the encoded text ends. What comes before the text may touch it: each of
/// the first four characters is tried as its first, and each behind a slash of a path.
fn base64(bytes: &[u8], run: &Range<usize>) -> Option<(View, usize)> {
    let path = run.start..(run.start + PATH_BYTES).min(run.end);
    let behind_slashes = memchr::memchr_iter(b'/', &bytes[path]).map(|at| run.start + at + 1);
    let start = (run.start..run.start + 4).chain(behind_slashes).find(|&start| {
        let head = bytes.get(start..(start + EVIDENCE_BYTES / 3 * 4).min(run.end));
        head.is_some_and(is_worth_decoding)
    })?;
    let from = run.start.saturating_sub(BEFORE_BYTES);
    let mut builder = Builder::at(from);
    builder.copy(bytes, from..start);
    let first = builder.bytes.len();
    let mut line = start..run.end;
    let (mut bits, mut have, mut previous) = (0u32, 0, start);
    loop {
        for at in line.clone() {
            let Some(value) = sextet(bytes[at]) else { break };
            bits = bits << 6 | value;
            have += 6;
            if have >= 8 {
                have -= 8;
                // Every byte begins in one character and ends in the next.
                builder.push((bits >> have) as u8, previous);
            }
            previous = at;
        }
        match next_line(bytes, &line) {
            Some(next) => line = next,
            None => break,
        }
    }
    let padding = bytes[line.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    let decoded = first..builder.bytes.len();
    let end = line.end + padding;
    let behind = (end + BEHIND_BYTES).min(bytes.len());
    builder.copy(bytes, end..behind);
    Some((builder.view(Encoding::Base64, decoded, behind), end))
}

/// Whether the start of a run decodes to text, or to gzip data.
fn is_worth_decoding(head: &[u8]) -> bool {
    if head.len() < MIN_CHARS.min(EVIDENCE_BYTES / 3 * 4) {
        return false;
    }
    if let [b'H', b'4', b's', b'I', ..] = head {
        return true;
    }
    let mut bytes = [0; EVIDENCE_BYTES];
    let mut is_ascii = true;
    for (at, group) in head.as_chunks::<4>().0.iter().enumerate() {
        let value = group.iter().fold(0, |value, &byte| value << 6 | sextet(byte).unwrap_or(0));
        let three = [(value >> 16) as u8, (value >> 8) as u8, value as u8];
        bytes[3 * at..3 * at + 3].copy_from_slice(&three);
        if three.iter().all(|&byte| is_text(byte)) {
            continue;
        }
        // What most runs begin with is neither a part of a letter of UTF-8 nor of a character of UTF-16.
        is_ascii = false;
        let begins_letter = matches!(bytes[0], 0 | 0xc2..=0xf4 | 0xfe..);
        if !is_text(bytes[0]) && !begins_letter {
            return false;
        }
        let behind = &bytes[..3 * at + 3];
        let is_marked = matches!(behind, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        if !behind.contains(&0) && !is_marked && !is_utf8(behind) {
            return false;
        }
    }
    is_ascii || is_utf16(&bytes) || is_utf8(&bytes) && has_ascii(&bytes)
}

/// Whether there are so many letters of ASCII that a secret may stand among them.
fn has_ascii(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| is_text(**byte)).count() > EVIDENCE_BYTES / 4
}

/// Whether bytes are text in UTF-8, which may end in the middle of a letter.
fn is_utf8(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii() && !is_text(*byte);
    let is_whole = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_whole && !bytes.iter().any(is_control)
}

/// Whether bytes are text in UTF-16 with letters of ASCII, a mark of the order before it or not.
fn is_utf16(bytes: &[u8; EVIDENCE_BYTES]) -> bool {
    let bytes =
        bytes.strip_prefix(b"\xff\xfe").or(bytes.strip_prefix(b"\xfe\xff")).unwrap_or(bytes);
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.iter().all(|&[text, zero]| zero == 0 && is_text(text))
        || pairs.iter().all(|&[zero, text]| zero == 0 && is_text(text))
}

/// The next line of folded base64: behind a line end, real or escaped, and an indent.
fn next_line(bytes: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    if line.len() < MIN_FOLD_CHARS {
        return None;
    }
    let rest = &bytes[line.end..];
    let rest = rest.strip_prefix(b"\\r").or_else(|| rest.strip_prefix(b"\r")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"\\n").or_else(|| rest.strip_prefix(b"\n"))?;
    let indent = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let start = bytes.len() - rest.len() + indent;
    let chars = bytes[start..].iter().take_while(|byte| is_base64(**byte)).count();
    // The last line may be short, but it is no word of a text that goes on.
    let ends =
        !bytes.get(start + chars).is_some_and(|byte| matches!(byte, b' ' | b':' | b'.' | b','));
    (chars > 0 && chars <= line.len() && ends).then(|| start..start + chars)
}

/// The view of a run of hexadecimal digits.
fn hex(bytes: &[u8], run: &Range<usize>) -> Option<View> {
    let digits = &bytes[run.clone()];
    let pair = |pair: &[u8]| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8)
    };
    let is_text_pair = |digits: &[u8]| pair(digits).is_some_and(is_text);
    let is_gzip = digits.starts_with(b"1f8b08") || digits.starts_with(b"1F8B08");
    let is_text = || digits.chunks_exact(2).take(EVIDENCE_BYTES).all(is_text_pair);
    if digits.len() < 2 * EVIDENCE_BYTES || !is_gzip && !is_text() {
        return None;
    }
    let from = run.start.saturating_sub(BEFORE_BYTES);
    let mut builder = Builder::at(from);
    builder.copy(bytes, from..run.start);
    let first = builder.bytes.len();
    let mut end = run.start;
    for pair in digits.chunks_exact(2).map_while(pair) {
        builder.push(pair, end);
        end += 2;
    }
    let decoded = first..builder.bytes.len();
    let behind = (end + BEHIND_BYTES).min(bytes.len());
    builder.copy(bytes, end..behind);
    Some(builder.view(Encoding::Hex, decoded, behind))
}

/// The view of gzip data that a view holds.
fn gzip(outer: &View, budget: &mut Budget) -> Option<View> {
    let data = &outer.bytes[outer.decoded.clone()];
    if !data.starts_with(b"\x1f\x8b") {
        return None;
    }
    let mut bytes = Vec::new();
    // What is damaged or too long is looked at as far as it goes.
    let _ = flate2::read::GzDecoder::new(data).take(budget.bytes).read_to_end(&mut bytes);
    budget.take(bytes.len() as u64);
    let map = Map::Whole(outer.decoded.clone());
    let decoding = Decoding { encoding: Encoding::Gzip, map, outer: None }.inside(&outer.decoding);
    (!bytes.is_empty()).then_some(View { decoded: 0..bytes.len(), bytes, decoding })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::super::{Budget, View, each_view};

    fn views(bytes: &[u8]) -> Vec<View> {
        let mut found = Vec::new();
        super::views(bytes, &mut Budget::new(), &mut |_, view| found.push(view));
        found
    }

    /// The text that some view of `bytes` holds, led back to what it was decoded from.
    fn raw_of<'a>(bytes: &'a str, text: &str) -> Option<&'a str> {
        let mut raw = None;
        let _ = each_view(bytes.as_bytes(), &mut |view| {
            if let Some(at) = memchr::memmem::find(&view.bytes, text.as_bytes()) {
                raw = Some(&bytes[view.decoding.raw(&(at..at + text.len()))]);
            }
        });
        raw
    }

    #[test]
    fn views_decode_base64_in_its_place() {
        let encoded = STANDARD.encode("user:correct horse battery staple and more");
        let text = format!("data:\n  password: {encoded}\n  next: 1\n");
        let found = raw_of(&text, "password: user:correct horse battery staple and more\n  next");
        assert_eq!(found, Some(&*format!("password: {encoded}\n  next")));
    }

    #[test]
    fn views_decode_folded_url_safe_and_hexadecimal_text() {
        let plain = "the quick brown fox jumps over the lazy dog ".repeat(4) + "???>>> end";
        let encoded = STANDARD.encode(&plain);
        let lines = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap());
        for fold in ["\n", "\r\n    ", "\\n"] {
            let folded = lines.clone().collect::<Vec<_>>().join(fold);
            assert!(raw_of(&format!("x: '{folded}'"), "???>>> end").is_some(), "{fold:?}");
        }
        assert!(raw_of(&format!("x/{}", URL_SAFE_NO_PAD.encode(&plain)), "???>>> end").is_some());
        let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(raw_of(&hex, "lazy dog").is_some());
    }

    #[test]
    fn views_decode_base64_in_base64_and_gzip_in_base64() {
        let inner = STANDARD.encode("password = correct horse battery staple");
        let outer = STANDARD.encode(format!("data:\n  x: {inner}"));
        assert!(raw_of(&outer, "correct horse").is_some());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut gzip, b"password = correct horse battery staple").unwrap();
        let release = STANDARD.encode(gzip.finish().unwrap());
        assert_eq!(raw_of(&release, "correct horse"), Some(&*release));
    }

    #[test]
    fn views_decode_many_encodings_inside_each_other() {
        let mut text = String::from("password = correct horse battery staple");
        for times in 1..=9 {
            text = format!("data: {}", STANDARD.encode(&text));
            assert_eq!(raw_of(&text, "correct horse").is_some(), times < 9, "{times}");
            // What is too deep is told.
            assert_eq!(each_view(text.as_bytes(), &mut |_| ()), times == 9, "{times}");
        }
    }

    #[test]
    fn views_of_runs_side_by_side_are_not_decoded_again_in_each_other() {
        let run = STANDARD.encode("the quick brown fox jumps");
        let mut count = 0;
        let _ = each_view([&*run; 50].join(" ").as_bytes(), &mut |_| count += 1);
        assert_eq!(count, 50);
    }

    #[test]
    fn views_of_every_length_end() {
        let text = STANDARD.encode("the quick brown fox jumps over the lazy dog ".repeat(4));
        for length in 0..text.len() {
            for before in 0..33 {
                let bytes = [&b" ".repeat(before)[..], &text.as_bytes()[..length]].concat();
                assert_eq!(views(&bytes).len(), usize::from(length >= 32), "{length} {before}");
            }
        }
    }

    #[test]
    fn views_decode_text_of_other_letters_and_behind_a_path() {
        let wide = |order: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(order).collect()
        };
        let plain = "password = correct horse battery staple";
        for (bytes, found) in [
            (format!("\u{feff}{plain}").into_bytes(), plain),
            (format!("# gr\u{fc}\u{df}e\n{plain}").into_bytes(), plain),
            (format!("\u{5bc6}\u{7801} is here: {plain}").into_bytes(), plain),
            (wide(u16::to_le_bytes, plain), plain),
            (wide(u16::to_be_bytes, plain), plain),
            (wide(u16::to_le_bytes, &format!("\u{feff}{plain}")), plain),
        ] {
            let encoded = STANDARD.encode(&bytes);
            for text in [encoded.clone(), format!("https://acme.io/a/long/path/{encoded}")] {
                let mut is_found = false;
                let _ = each_view(text.as_bytes(), &mut |view| {
                    is_found |= memchr::memmem::find(&view.bytes, found.as_bytes()).is_some();
                });
                assert!(is_found, "{text}");
            }
        }
    }

    #[test]
    fn views_decode_gzip_in_hexadecimal_and_no_more_of_it_than_there_is_room_for() {
        let gzip = |bytes: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut gzip, bytes).unwrap();
            gzip.finish().unwrap()
        };
        let small = gzip(b"password = correct horse battery staple");
        let hex = crate::text::hex::hex(&small);
        assert_eq!(raw_of(&hex, "correct horse"), Some(&*hex));
        let late = [&vec![b' '; 5 << 20][..], b"correct horse"].concat();
        let late = STANDARD.encode(gzip(&late));
        assert!(raw_of(&late, "correct horse").is_some());
        let bomb = STANDARD.encode(gzip(&vec![b' '; 40 << 20]));
        let mut longest = 0;
        let mut inflated = |text: &str| {
            each_view(text.as_bytes(), &mut |view| longest = longest.max(view.bytes.len()))
        };
        assert!(!inflated(&bomb));
        assert!(inflated(&[&*bomb, &bomb, &bomb].join(" ")), "it says that there is more");
        assert_eq!(longest, 40 << 20);
    }

    #[test]
    fn views_are_none_for_identifiers_hashes_and_images() {
        let image =
            STANDARD.encode((0..400u32).map(|i| ((i * 7919) >> 3) as u8).collect::<Vec<_>>());
        for text in [
            "org/springframework/context/annotation/Configuration",
            "d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e",
            "AbstractSingletonProxyFactoryBeanImplementation",
            "-------------------------------------------------",
            &image,
        ] {
            assert!(views(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
