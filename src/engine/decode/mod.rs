//! Views: bytes decoded, with the way back to the bytes that they were decoded from.
//!
//! A decoder looks at bytes and returns the views that they are worth; the engine scans each view like
//! any other buffer and leads its matches back. Views nest: what one decoder returns is given to the
//! others, up to [`MAX_DEPTH`]. A new decoder is a file beside [`wide`] and a line in [`DECODERS`].

mod wide;

use std::ops::Range;
use std::sync::Arc;

use crate::text::lines::Position;

/// How many encodings may be inside each other.
const MAX_DEPTH: usize = 3;

/// A decoder: the views that bytes are worth; none for most bytes, at next to no price.
type Decoder = fn(&[u8]) -> Vec<View>;

/// Every decoder. None is applied to its own views.
const DECODERS: [Decoder; 1] = [wide::views];

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16 with the low byte first.
    Utf16Le,
    /// UTF-16 with the high byte first.
    Utf16Be,
    /// UTF-32 with the low byte first.
    Utf32Le,
    /// UTF-32 with the high byte first.
    Utf32Be,
}

impl Encoding {
    /// Returns the name that machine formats use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Utf32Le => "utf-32le",
            Encoding::Utf32Be => "utf-32be",
        }
    }
}

/// How the text of a match was decoded, with the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoding {
    encoding: Encoding,
    map: Map,
    /// How the bytes were decoded that the encoding was found in; `None` for those of the unit.
    outer: Option<Arc<Decoding>>,
}

/// The way from offsets of decoded bytes to offsets of raw bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Map {
    /// Each byte stands for `width` raw bytes, the first of which is at `phase`.
    Stride {
        width: usize,
        phase: usize,
        /// How many raw bytes there are: the last byte may stand for fewer.
        total: usize,
    },
}

impl Map {
    fn raw(&self, range: &Range<usize>) -> Range<usize> {
        match *self {
            Map::Stride { width, phase, total } => {
                let raw = |at: usize| (at * width + phase).min(total);
                raw(range.start)..raw(range.end)
            }
        }
    }
}

impl Decoding {
    /// Leads a range of decoded bytes back to the bytes of the unit.
    #[must_use]
    pub fn raw(&self, range: &Range<usize>) -> Range<usize> {
        let raw = self.map.raw(range);
        self.outer.as_ref().map_or(raw.clone(), |outer| outer.raw(&raw))
    }

    /// Returns the encodings, the outermost first.
    #[must_use]
    pub fn encodings(&self) -> Vec<Encoding> {
        let mut all = self.outer.as_ref().map_or_else(Vec::new, |outer| outer.encodings());
        all.push(self.encoding);
        all
    }

    /// The encoding of the unit's own bytes.
    fn outermost(&self) -> Encoding {
        self.outer.as_ref().map_or(self.encoding, |outer| outer.outermost())
    }

    /// Returns the position of an offset in the unit's bytes, which begin at `first`; `None` if their
    /// lines are those of plain bytes.
    #[must_use]
    pub fn locate(&self, bytes: &[u8], first: Position, offset: usize) -> Option<Position> {
        wide::Units::of(self.outermost()).map(|units| units.locate(bytes, first, offset))
    }

    /// Returns the lines that `span` of the unit's bytes is on and the one before, as UTF-8, and where
    /// in them `text` stands, which is what `span` spans; `None` if their lines are those of plain
    /// bytes.
    ///
    /// What comes before may begin in the middle of a line.
    #[must_use]
    pub fn lines(
        &self,
        bytes: &[u8],
        span: &Range<usize>,
        text: &[u8],
    ) -> Option<(Vec<u8>, Range<usize>)> {
        wide::Units::of(self.outermost()).map(|units| units.lines(bytes, span, text))
    }
}

/// Bytes decoded.
#[derive(Debug)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    pub(super) decoding: Arc<Decoding>,
}

/// Calls `each` with every view that `bytes` are worth, outer ones before those inside them.
pub(super) fn each_view(bytes: &[u8], each: &mut dyn FnMut(&View)) {
    nested(bytes, None, &mut Vec::new(), each);
}

fn nested(
    bytes: &[u8],
    outer: Option<&Arc<Decoding>>,
    applied: &mut Vec<usize>,
    each: &mut dyn FnMut(&View),
) {
    for (index, decoder) in DECODERS.iter().enumerate() {
        if applied.len() == MAX_DEPTH || applied.contains(&index) {
            continue;
        }
        for view in decoder(bytes) {
            let inner = Decoding { outer: outer.cloned(), ..(*view.decoding).clone() };
            let view = View { decoding: Arc::new(inner), ..view };
            each(&view);
            applied.push(index);
            nested(&view.bytes, Some(&view.decoding), applied, each);
            applied.pop();
        }
    }
}
