//! UTF-16 and UTF-32 text, with or without a byte-order mark, anywhere in a file.
//!
//! Tokens are ASCII. In UTF-16 and UTF-32 each of their characters stands beside one or three
//! zero bytes, so a *view* takes every second or fourth byte, from each of the possible first
//! bytes at which the text shows such a run. A character that is not ASCII becomes `0xff`, which
//! no token holds; offsets of a view lead back to offsets of the file by one multiplication.

use std::ops::Range;

/// How many characters in a row make text worth a view.
const EVIDENCE_CHARS: usize = 4;

/// The same bytes, read as characters of two or four bytes.
#[derive(Debug)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    phase: usize,
    width: usize,
    /// How many bytes the view was made of; big-endian text ends in the middle of a unit.
    total: usize,
}

impl View {
    fn new(bytes: &[u8], width: usize, phase: usize) -> Self {
        // Little-endian or big-endian: the zeros stand behind the byte that tells, or before it.
        let are_zero =
            |range: Option<&[u8]>| range.is_some_and(|r| r.iter().all(|&byte| byte == 0));
        let char = |at: usize| {
            let behind = bytes.get(at + 1..(at + width).min(bytes.len()));
            let before = (at + 1).checked_sub(width).and_then(|start| bytes.get(start..at));
            if are_zero(behind) || are_zero(before) { bytes[at] } else { 0xff }
        };
        let view = (phase..bytes.len()).step_by(width).map(char).collect();
        View { bytes: view, phase, width, total: bytes.len() }
    }

    /// Leads a range of the view back to the bytes it was made of.
    pub(super) fn raw(&self, range: &Range<usize>) -> Range<usize> {
        let raw = |at: usize| (at * self.width + self.phase).min(self.total);
        raw(range.start)..raw(range.end)
    }
}

/// Returns the views that `bytes` is worth; none for most files, at the price of a `memchr`.
pub(super) fn views(bytes: &[u8]) -> Vec<View> {
    let mut views = Vec::new();
    for width in [2, 4] {
        let phases = phases(bytes, width);
        let found = (0..width).filter(|phase| phases[*phase]);
        views.extend(found.map(|phase| View::new(bytes, width, phase)));
    }
    views
}

/// At which phases (offset modulo width) there is a run of wide ASCII characters.
fn phases(bytes: &[u8], width: usize) -> [bool; 4] {
    let mut phases = [false; 4];
    let run = EVIDENCE_CHARS * width;
    let mut at = 0;
    while let Some(zero) = memchr::memchr(0, &bytes[at..]).map(|found| at + found) {
        // A character stands before its first zero, never inside a run of them.
        if let Some(start) = zero.checked_sub(1)
            && !phases[start % width]
            && let Some(run) = bytes.get(start..start + run)
            && run.chunks_exact(width).all(is_wide_ascii)
        {
            phases[start % width] = true;
            if phases[..width].iter().all(|&phase| phase) {
                break;
            }
        }
        at = end_of_zeros(bytes, zero);
    }
    phases
}

fn is_wide_ascii(unit: &[u8]) -> bool {
    matches!(unit[0], b' '..=b'~' | b'\t' | b'\n' | b'\r')
        && unit[1..].iter().all(|&byte| byte == 0)
}

/// Where the zeros end that begin at `at`. Files of nothing else are common.
fn end_of_zeros(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let (blocks, _) = rest.as_chunks::<64>();
    let whole = blocks.iter().take_while(|block| **block == [0; 64]).count() * 64;
    let more = rest[whole..].iter().take_while(|&&byte| byte == 0).count();
    at + whole + more
}

#[cfg(test)]
mod tests {
    use super::views;

    #[test]
    fn every_wide_encoding_has_a_view_with_its_text() {
        let text = "token\r\nžluť key=1234";
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let encoded: [Vec<u8>; 4] = [
            utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            [vec![0xfe, 0xff], utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()].concat(),
            text.chars().flat_map(|char| (char as u32).to_le_bytes()).collect(),
            text.chars().flat_map(|char| (char as u32).to_be_bytes()).collect(),
        ];
        for bytes in encoded {
            let found = views(&bytes).into_iter().any(|view| {
                let at = view.bytes.windows(8).position(|window| window == b"key=1234");
                at.is_some_and(|at| {
                    let raw = view.raw(&(at..at + 1));
                    bytes[raw].contains(&b'k')
                })
            });
            assert!(found, "{bytes:?}");
        }
    }

    #[test]
    fn plain_text_and_binaries_have_none() {
        assert!(views(b"plain text\0with a zero").is_empty());
        assert!(views(&[0; 100]).is_empty());
        assert!(views(b"").is_empty());
    }
}
