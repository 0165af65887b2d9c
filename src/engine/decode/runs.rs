//! Base64 and hexadecimal text, found as runs of its characters.
//!
//! A view is a run decoded in its place: what stands before and behind it is kept, so that a name
//! in plain text meets its encoded value (`data:` of Kubernetes). Most runs are identifiers, hashes
//! and images: the first characters tell whether a run holds text.

use std::io::Read as _;
use std::ops::Range;

use super::{Builder, Decoding, Encoding, Map, View};

/// How many bytes are looked at at once. A run that fills three of these is never missed.
const BLOCK: usize = 16;

/// Shorter runs hold no secret that has a name or a shape.
const MIN_CHARS: usize = 32;

/// How many bytes have to be text for the rest to be decoded.
const EVIDENCE_BYTES: usize = 24;

/// How many bytes before and behind a run are kept.
const BEFORE_BYTES: usize = 128;
const BEHIND_BYTES: usize = 48;

/// A line of folded base64 has at least as many characters, all but the last.
const MIN_FOLD_CHARS: usize = 40;

/// More than this is not inflated.
const MAX_INFLATED_BYTES: u64 = 4 << 20;

/// Returns the views of all runs that hold text, or gzip data.
pub(super) fn views(bytes: &[u8]) -> Vec<View> {
    views_in(bytes, std::slice::from_ref(&(0..bytes.len())))
}

/// Returns where the blocks stand that tell of a run that a change at `change` touches.
pub(in crate::engine) fn region_around(change: &Range<usize>) -> Range<usize> {
    change.start.saturating_sub(3 * BLOCK)..change.end.saturating_add(3 * BLOCK)
}

/// Returns the views of the runs that stand in one of `regions` or reach into it. Regions rise.
pub(super) fn views_in(bytes: &[u8], regions: &[Range<usize>]) -> Vec<View> {
    let mut views = Vec::new();
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    // What was looked at, so that a run that reaches over many regions is decoded once.
    let mut done = 0;
    for region in regions {
        let mut block = (region.start / BLOCK / 2 * 2).max(done);
        let last = region.end.div_ceil(BLOCK).min(blocks.len());
        // Of two blocks in a row one has an even number, so the others are looked at beside it only.
        while let Some(inside) = next_inside(blocks, block..last) {
            let is_beside = |at: usize| blocks.get(at).is_some_and(all_base64);
            block = if is_beside(inside + 1) || inside.checked_sub(1).is_some_and(is_beside) {
                let run = run_around(bytes, inside * BLOCK, done.saturating_sub(2) * BLOCK);
                add_views(bytes, run, &mut views).div_ceil(BLOCK).next_multiple_of(2)
            } else {
                inside + 2
            };
            done = block;
        }
        done = done.max(block);
    }
    views
}

/// Adds the views that a run is worth; returns where the encoded text ends.
fn add_views(bytes: &[u8], run: Range<usize>, views: &mut Vec<View>) -> usize {
    if run.len() < MIN_CHARS {
        return run.end;
    }
    if let Some((view, end)) = base64(bytes, &run) {
        views.extend(gzip(&view));
        views.push(view);
        return end;
    }
    views.extend(hex(bytes, &run));
    run.end
}

/// Returns the first block of `range` that lies inside a run, looking at every second one.
fn next_inside(blocks: &[[u8; BLOCK]], range: Range<usize>) -> Option<usize> {
    let range = range.start..range.end.min(blocks.len());
    range.step_by(2).find(|&at| all_base64(&blocks[at]))
}

/// Whether every byte could be base64. Written without branches, so that it is compiled to vectors; inlined, so that
/// these are loaded once.
#[inline(always)]
fn all_base64(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(true, |all, &byte| all & is_base64(byte))
}

#[inline(always)]
const fn is_base64(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // From `/` to `9` in one comparison.
    let is_digit = byte.wrapping_sub(b'/') < 11;
    is_letter | is_digit | (byte == b'+') | (byte == b'-') | (byte == b'_')
}

/// The run that holds `inside`, not before `first`.
fn run_around(bytes: &[u8], inside: usize, first: usize) -> Range<usize> {
    let before = bytes[first..inside].iter().rev().take_while(|byte| is_base64(**byte)).count();
    let behind = bytes[inside..].iter().take_while(|byte| is_base64(**byte)).count();
    inside - before..inside + behind
}

/// The value of a character of base64, with either alphabet.
const fn sextet(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    } as u32)
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// The view of a run of base64, and where the encoded text ends. What comes before the text may touch it
/// (a path, a name), so each of the first four characters is tried as its first.
fn base64(bytes: &[u8], run: &Range<usize>) -> Option<(View, usize)> {
    let start = (run.start..run.start + 4).find(|&start| {
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

/// Whether the start of a run decodes to text, or to gzip data. Text has its high bits clear, which
/// ends the test at the first characters of most runs.
fn is_worth_decoding(head: &[u8]) -> bool {
    if head.len() < MIN_CHARS.min(EVIDENCE_BYTES / 3 * 4) {
        return false;
    }
    head.starts_with(b"H4sI")
        || head.chunks_exact(4).all(|group| {
            let value = group.iter().fold(0, |value, &byte| value << 6 | sextet(byte).unwrap_or(0));
            [value >> 16, value >> 8, value].iter().all(|&byte| is_text(byte as u8))
        })
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
    if digits.len() < 2 * EVIDENCE_BYTES
        || !digits.chunks_exact(2).take(EVIDENCE_BYTES).all(is_text_pair)
    {
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
fn gzip(outer: &View) -> Option<View> {
    let data = &outer.bytes[outer.decoded.clone()];
    if !data.starts_with(b"\x1f\x8b") {
        return None;
    }
    let mut bytes = Vec::new();
    // What is damaged or too long is looked at as far as it goes.
    let _ = flate2::read::GzDecoder::new(data).take(MAX_INFLATED_BYTES).read_to_end(&mut bytes);
    let map = Map::Whole(outer.decoded.clone());
    let decoding = Decoding { encoding: Encoding::Gzip, map, outer: None }.inside(&outer.decoding);
    (!bytes.is_empty()).then_some(View { decoded: 0..bytes.len(), bytes, decoding })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::{super::each_view, views};

    /// The text that some view of `bytes` holds, led back to what it was decoded from.
    fn raw_of<'a>(bytes: &'a str, text: &str) -> Option<&'a str> {
        let mut raw = None;
        each_view(bytes.as_bytes(), &mut |view| {
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
    fn views_of_every_length_end() {
        let text = STANDARD.encode("the quick brown fox jumps over the lazy dog ".repeat(4));
        for length in 0..text.len() {
            for before in 0..33 {
                let bytes = [&b" ".repeat(before)[..], &text.as_bytes()[..length]].concat();
                assert!(views(&bytes).len() <= 1, "{length} {before}");
                assert_eq!(
                    views(&bytes).len(),
                    usize::from(length >= 48 || !views(&bytes).is_empty())
                );
            }
        }
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
