//! Text of two or four bytes a character, decoded around a span.

use std::ops::Range;

/// Further than this from the span no line end is looked for, in characters.
const MAX_CHARS: usize = 64 << 10;

/// Returns the lines that `span` is on and the one before, as UTF-8, and where in them `text`
/// stands, which is what `span` spans; `None` if the characters have one byte.
///
/// What comes before may begin in the middle of a line.
#[must_use]
pub fn decoded_lines(
    bytes: &[u8],
    span: &Range<usize>,
    text: &[u8],
) -> Option<(Vec<u8>, Range<usize>)> {
    // At the end of big-endian text a span ends inside its last character.
    let width = span.len().div_ceil(text.len().max(1));
    if !matches!(width, 2 | 4) {
        return None;
    }
    // A span begins at the byte of its first character that tells: of a big-endian one, the last.
    let is_big_endian = span.start % width == width - 1;
    let start = span.start - if is_big_endian { width - 1 } else { 0 };
    let end = (start + text.len() * width).min(bytes.len());
    let order = Order { width, is_big_endian };
    let before = &bytes[start % width..start];
    let after = &bytes[end..];
    let mut lines = order.decode(&before[order.last_lines(before)..]);
    let secret = lines.len()..lines.len() + text.len();
    lines.extend_from_slice(text);
    lines.extend(order.decode(&after[..order.first_line(after)]));
    Some((lines, secret))
}

/// How the bytes of a character follow each other.
#[derive(Debug, Clone, Copy)]
struct Order {
    width: usize,
    is_big_endian: bool,
}

impl Order {
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
    use super::decoded_lines;

    #[test]
    fn lines_are_decoded_in_every_order() {
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
            let (lines, secret) =
                decoded_lines(&bytes, &(first..first + 3 * width), b"KEY").unwrap();
            let lines = String::from_utf8(lines).unwrap();
            assert_eq!(lines, "\u{17e}one\r\ntwo KEY tw\u{1f511}", "{width} {is_big_endian}");
            assert_eq!(&lines[secret], "KEY");
        }
    }

    #[test]
    fn the_end_of_the_bytes_may_cut_the_last_character() {
        let bytes: Vec<u8> = "a KEY".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let (lines, secret) = decoded_lines(&bytes, &(5..10), b"KEY").unwrap();
        assert_eq!((&lines[..], secret), (&b"a KEY"[..], 2..5));
    }

    #[test]
    fn narrow_text_is_left_as_it_is() {
        assert_eq!(decoded_lines(b"a KEY", &(2..5), b"KEY"), None);
        assert_eq!(decoded_lines(b"", &(0..0), b""), None);
    }
}
