//! UTF-16 and UTF-32 text, with or without a byte-order mark, anywhere in a file.
//!
//! Tokens are ASCII. In UTF-16 and UTF-32 each of their characters stands beside one or three
//! zero bytes, so a *view* takes every second or fourth byte of such a text. A character that is not
//! ASCII becomes `0xff`, which no token holds; offsets of a view lead back to offsets of the file by
//! one multiplication.

use std::ops::Range;
use std::sync::Arc;

use super::{Budget, Decoding, Each, Encoding, Map, View};
use crate::text::lines::Position;

/// How many bytes are looked at at once. Two words side by side make it a text, so one of three times
/// as many bytes is never missed.
const WORD: usize = 4;

/// How many words are tested together. A block in which no word may be text is skipped.
const BLOCK: usize = 32;

/// Shorter text holds no secret.
const MIN_CHARS: usize = 4;

/// A text ends where more characters in a row than this are not ASCII.
const MAX_OTHERS: usize = 16;

/// The byte that replaces a character outside ASCII.
const OTHER: u8 = 0xff;

/// The kinds of text: how many bytes a character has, and at which of them, counted from the start of the
/// file, the one stands that tells.
const KINDS: [(usize, usize); 6] = [(2, 0), (2, 1), (4, 0), (4, 1), (4, 2), (4, 3)];

/// Whether there may be wide text in `bytes`: it has zeros between its letters.
pub(super) fn may_be_in(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_some()
}

/// Hands over the views of all wide text in `bytes`.
pub(super) fn views(bytes: &[u8], budget: &mut Budget, each: &mut Each<'_>) {
    if !may_be_in(bytes) {
        return;
    }
    let (words, _) = bytes.as_chunks::<WORD>();
    // Where the last text of each kind ends. Text of one kind may stand between characters of another.
    let mut done = [0; KINDS.len()];
    let blocks = words.chunks(BLOCK).zip((0..).step_by(BLOCK));
    let blocks = blocks
        .filter(|(block, _)| block.iter().fold(false, |may_be, word| may_be | may_be_text(*word)));
    let places = blocks.flat_map(|(block, first)| first..first + block.len());
    for at in places.filter(|&at| may_be_text(words[at])) {
        let Some(next) = words.get(at + 1) else { break };
        let are_text = |kind: &(usize, usize)| is_text(next, *kind) && is_text(&words[at], *kind);
        let Some(kind) = KINDS.iter().position(are_text) else { continue };
        let at = at * WORD;
        if at >= done[kind]
            && let Some(text) = Text::around(bytes, at, KINDS[kind], done[kind])
        {
            done[kind] = text.end;
            each(budget, text.view(bytes));
        }
    }
}

/// Whether a word is text of a kind. Words begin at multiples of all widths.
fn is_text(word: &[u8; WORD], (width, phase): (usize, usize)) -> bool {
    word.iter().enumerate().all(|(place, &byte)| match place % width == phase {
        true => is_ascii_text(byte),
        false => byte == 0,
    })
}

/// Whether all even or all odd bytes are zero, but not both, and the others may be text. Written without
/// branches, so that the compiler looks at several words at once.
const fn may_be_text(word: [u8; WORD]) -> bool {
    const EVEN: u32 = 0x00ff_00ff;
    const HIGH: u32 = 0x0080_0080;
    // Added to a tab or anything behind it, this reaches the highest bit.
    const FROM_TAB: u32 = 0x0077_0077;
    let word = u32::from_le_bytes(word);
    let (even, odd) = (word & EVEN, word >> 8 & EVEN);
    let telling = even | odd;
    ((even == 0) != (odd == 0)) & (telling & HIGH == 0) & ((telling + FROM_TAB) & HIGH != 0)
}

/// Text of `width` bytes a character. From `start` to `end`, every `width`th byte is the one that tells.
#[derive(Debug, Clone, Copy)]
struct Text {
    width: usize,
    start: usize,
    end: usize,
}

impl Text {
    /// The text of a kind around the word at `at`, not before `first`.
    fn around(
        bytes: &[u8],
        at: usize,
        (width, phase): (usize, usize),
        first: usize,
    ) -> Option<Self> {
        let middle = at + phase;
        let before = (0..=middle - first).step_by(width).map(|back| middle - back);
        let behind = (middle..bytes.len()).step_by(width);
        let start = last_text(before, bytes, width)?;
        let end = last_text(behind, bytes, width)? + 1;
        ((end - start).div_ceil(width) >= MIN_CHARS).then_some(Text { width, start, end })
    }

    fn view(self, bytes: &[u8]) -> View {
        let Text { width, start, end } = self;
        let encoding = match (width, start % width + 1 == width) {
            (2, false) => Encoding::Utf16Le,
            (2, true) => Encoding::Utf16Be,
            (_, false) => Encoding::Utf32Le,
            (_, true) => Encoding::Utf32Be,
        };
        let map = Map::Stride { width, phase: start, total: bytes.len() };
        let decoding = Arc::new(Decoding { encoding, map, outer: None });
        let bytes: Vec<u8> =
            (start..end).step_by(width).map(|at| char_at(bytes, at, width)).collect();
        View { decoded: 0..bytes.len(), bytes, decoding }
    }
}

/// The last of `places` with a character of a text that begins at the first of them.
fn last_text(places: impl Iterator<Item = usize>, bytes: &[u8], width: usize) -> Option<usize> {
    let mut others = 0;
    let is_near = |&at: &usize| {
        others = if is_ascii_text(char_at(bytes, at, width)) { 0 } else { others + 1 };
        others <= MAX_OTHERS
    };
    let text = places.take_while(is_near);
    text.filter(|&at| is_ascii_text(char_at(bytes, at, width))).last()
}

/// The character whose byte that tells stands at `at`.
#[inline]
fn char_at(bytes: &[u8], at: usize, width: usize) -> u8 {
    // Little-endian or big-endian: the zeros stand behind the byte that tells, or before it.
    if width == 2 {
        let is_zero =
            bytes.get(at + 1).is_none_or(|&behind| behind == 0) || at > 0 && bytes[at - 1] == 0;
        return if is_zero { bytes[at] } else { OTHER };
    }
    let are_zero = |range: Option<&[u8]>| range.is_some_and(|r| r.iter().all(|&byte| byte == 0));
    let behind = bytes.get(at + 1..(at + width).min(bytes.len()));
    let before = (at + 1).checked_sub(width).and_then(|start| bytes.get(start..at));
    if are_zero(behind) || are_zero(before) { bytes[at] } else { OTHER }
}

const fn is_ascii_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Further than this from the span no line end is looked for, in characters.
const MAX_CHARS: usize = 64 << 10;

/// Text of two or four bytes a character.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units {
    width: usize,
    is_big_endian: bool,
}

impl Units {
    /// The units of an encoding, if it is wide.
    pub(super) const fn of(encoding: Encoding) -> Option<Self> {
        let (width, is_big_endian) = match encoding {
            Encoding::Utf16Le => (2, false),
            Encoding::Utf16Be => (2, true),
            Encoding::Utf32Le => (4, false),
            Encoding::Utf32Be => (4, true),
            _ => return None,
        };
        Some(Units { width, is_big_endian })
    }

    /// The position of an offset: in wide text a byte of a character may look like a line end.
    /// Columns still count bytes.
    pub(super) fn locate(self, bytes: &[u8], first: Position, offset: usize) -> Position {
        let width = self.width;
        // Of a big-endian character the last byte is the one that tells.
        let start = if self.is_big_endian { 0 } else { offset % width };
        let before = &bytes[start..offset.min(bytes.len())];
        let mut units = before.chunks_exact(width).map(|unit| self.number(unit)).enumerate();
        let mut units = units.by_ref().peekable();
        let mut line = first.line;
        let mut line_start = 0;
        while let Some((index, char)) = units.next() {
            let next = units.peek().map(|(_, char)| *char);
            if char == 0x0a || char == 0x0d && next != Some(0x0a) {
                line += 1;
                line_start = start + (index + 1) * width;
            }
        }
        let before = if line_start == 0 { first.column } else { 1 };
        Position { line, column: before + (offset - line_start) as u64 }
    }

    /// The lines around a span, as UTF-8, and where in them its text stands.
    pub(super) fn lines(
        self,
        bytes: &[u8],
        span: &Range<usize>,
        text: &[u8],
    ) -> (Vec<u8>, Range<usize>) {
        let width = self.width;
        // A span begins at the byte of its first character that tells: of a big-endian one, the last.
        let start = span.start.saturating_sub(if self.is_big_endian { width - 1 } else { 0 });
        let end = (start + text.len() * width).min(bytes.len());
        let before = &bytes[start % width..start];
        let after = &bytes[end..];
        let mut lines = self.decode(&before[self.last_lines(before)..]);
        let secret = lines.len()..lines.len() + text.len();
        lines.extend_from_slice(text);
        lines.extend(self.decode(&after[..self.first_line(after)]));
        (lines, secret)
    }

    /// Where the last two whole lines of `bytes` begin. CRLF counts as two line ends, hence three.
    fn last_lines(self, bytes: &[u8]) -> usize {
        let mut ends = 0;
        let chars = bytes.rchunks_exact(self.width).take(MAX_CHARS).take_while(|unit| {
            ends += usize::from(self.is_line_end(unit));
            ends < 3
        });
        bytes.len() - chars.count() * self.width
    }

    /// Where the first line of `bytes` ends.
    fn first_line(self, bytes: &[u8]) -> usize {
        let chars = bytes.chunks_exact(self.width).take(MAX_CHARS);
        chars.take_while(|unit| !self.is_line_end(unit)).count() * self.width
    }

    fn is_line_end(self, unit: &[u8]) -> bool {
        matches!(self.number(unit), 0x0a | 0x0d)
    }

    fn number(self, unit: &[u8]) -> u32 {
        let join = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        if self.is_big_endian { unit.iter().fold(0, join) } else { unit.iter().rev().fold(0, join) }
    }

    fn decode(self, bytes: &[u8]) -> Vec<u8> {
        let numbers = bytes.chunks_exact(self.width).map(|unit| self.number(unit));
        let text: String = if self.width == 2 {
            // Two bytes make no more than 16 bits.
            char::decode_utf16(numbers.map(|number| number as u16))
                .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        } else {
            numbers
                .map(|number| char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        };
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Budget, View};
    use super::{Encoding, Units};

    fn views(bytes: &[u8]) -> Vec<View> {
        let mut found = Vec::new();
        super::views(bytes, &mut Budget::new(), &mut |_, view| found.push(view));
        found
    }

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
                    let raw = view.decoding.raw(&(at..at + 1));
                    bytes[raw].contains(&b'k')
                })
            });
            assert!(found, "{bytes:?}");
        }
    }

    #[test]
    fn text_between_characters_of_another_kind_has_a_view() {
        let utf16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let utf32 = |text: &str| -> Vec<u8> {
            text.chars().flat_map(|char| (char as u32).to_le_bytes()).collect()
        };
        let key = utf16("AKIA0123456789ABCDEF");
        for bytes in [
            [utf32("abcd"), key.clone(), utf32("efgh")].concat(),
            [utf32("a"), key.clone(), utf32("b"), utf32("c"), utf32("d")].concat(),
            [utf16("a b c d"), vec![0], key.clone(), vec![0], utf16("e f g h")].concat(),
            [b"x".to_vec(), key, b"x".to_vec()].concat(),
        ] {
            let holds = |view: &super::View| {
                view.bytes.windows(20).any(|text| text == b"AKIA0123456789ABCDEF")
            };
            assert!(views(&bytes).iter().any(holds), "{bytes:?}");
        }
    }

    #[test]
    fn plain_text_and_binaries_have_none() {
        assert!(views(b"plain text\0with a zero").is_empty());
        assert!(views(&[0; 100]).is_empty());
        assert!(views(b"").is_empty());
    }

    #[test]
    fn units_decode_lines_in_every_order() {
        let text = "zero\r\n\u{17e}one\r\ntwo KEY tw\u{1f511}\nthree";
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let encoded: [(Vec<u8>, usize, bool); 4] = [
            (utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(), 2, false),
            (utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(), 2, true),
            (text.chars().flat_map(|char| (char as u32).to_le_bytes()).collect(), 4, false),
            (text.chars().flat_map(|char| (char as u32).to_be_bytes()).collect(), 4, true),
        ];
        for (bytes, width, is_big_endian) in encoded {
            let first = 16 * width + if is_big_endian { width - 1 } else { 0 };
            let units = Units { width, is_big_endian };
            let (lines, secret) = units.lines(&bytes, &(first..first + 3 * width), b"KEY");
            let lines = String::from_utf8(lines).unwrap();
            assert_eq!(lines, "\u{17e}one\r\ntwo KEY tw\u{1f511}", "{width} {is_big_endian}");
            assert_eq!(&lines[secret], "KEY");
        }
    }

    #[test]
    fn units_decode_a_last_character_that_is_cut() {
        let bytes: Vec<u8> = "a KEY".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let (lines, secret) = Units::of(Encoding::Utf16Be).unwrap().lines(&bytes, &(5..10), b"KEY");
        assert_eq!((&lines[..], secret), (&b"a KEY"[..], 2..5));
    }

    #[test]
    fn views_name_the_encoding_wherever_the_text_stands() {
        let text = "token key=1234";
        for (width, is_big_endian, expected) in [
            (2, false, Encoding::Utf16Le),
            (2, true, Encoding::Utf16Be),
            (4, false, Encoding::Utf32Le),
            (4, true, Encoding::Utf32Be),
        ] {
            let wide = text.bytes().flat_map(|byte| {
                let place = if is_big_endian { width - 1 } else { 0 };
                (0..width).map(move |at| if at == place { byte } else { 0 })
            });
            let wide: Vec<u8> = wide.collect();
            for before in (0..64).step_by(width) {
                let bytes = [&vec![0xff; before][..], &wide, &[0xff; 64]].concat();
                let found: Vec<_> = views(&bytes)
                    .into_iter()
                    .filter(|view| view.bytes.windows(8).any(|window| window == b"key=1234"))
                    .map(|view| (view.decoding.encodings(), view.decoding.raw(&(0..1)).start))
                    .collect();
                let start = before + if is_big_endian { width - 1 } else { 0 };
                assert_eq!(found, [(vec![expected], start)], "{before} {expected:?}");
            }
        }
    }
}
