//! Views: bytes decoded, with the way back to the bytes that they were decoded from.
//!
//! A decoder looks at bytes and returns the views that they are worth; the engine scans each view like
//! any other buffer and leads its matches back. Views nest: what one decoder returns is given to the
//! others, up to [`MAX_DEPTH`]. A new decoder is a file beside [`wide`] and an entry in [`DECODERS`], which says how a
//! history asks it.
//!
//! Escapes (`%2F`, `\u002b`, `&#43;`) are decoded elsewhere: they are too frequent for views of whole
//! buffers, and a keyword has none as a rule. [`escapes::views`] decodes the window around a keyword, and
//! [`joins::view`] joins the literals in it (`"AKIA" + "..."`). Where every character is an escape, `spelled` decodes
//! the run of them.

mod blocks;
mod escapes;
mod joins;
mod runs;
mod spelled;
mod wide;

pub(super) use escapes::views as unescaped;
pub(super) use joins::view as joined;
pub(super) use runs::region_around;

use std::ops::Range;
use std::sync::Arc;

use crate::text::lines::Position;

/// How many encodings may be inside each other.
const MAX_DEPTH: usize = 8;

/// What is decoded deeper than this counts against the [`Budget`]: no text of a person does.
const FREE_DEPTH: usize = 3;

/// A decoder.
struct Decoder {
    /// Hands over the views that bytes are worth, one after the other; none for most bytes, at next to no price.
    views: fn(&[u8], &mut Budget, &mut Each<'_>),
    in_history: InHistory,
}

/// Takes views as they are made: all of them at once would be more than memory holds.
type Each<'a> = dyn FnMut(&mut Budget, View) + 'a;

/// How much may still be inflated of what stands encoded in a buffer, or decoded deep inside it.
#[derive(Debug)]
struct Budget {
    bytes: u64,
    /// Whether there was more.
    is_spent: bool,
}

impl Budget {
    const MAX_BYTES: u64 = 64 << 20;

    const fn new() -> Self {
        Budget { bytes: Self::MAX_BYTES, is_spent: false }
    }

    /// Subtracts what was decoded. Whatever uses up the budget was cut, as far as can be told.
    const fn take(&mut self, bytes: u64) {
        self.is_spent |= bytes >= self.bytes;
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// How the quick scan of a history asks a decoder, without which a history would miss what it decodes.
enum InHistory {
    /// For the views that stand in regions, which reach as far around each change as [`region_around`] says.
    Regions(fn(&[u8], &[Range<usize>], &mut Budget, &mut Each<'_>)),
    /// The quick scan does not ask it. Where this test holds for bytes, it scans them whole; a test that holds for a
    /// part has to hold for the whole.
    Whole(fn(&[u8]) -> bool),
}

/// Every decoder.
const DECODERS: [Decoder; 2] = [
    Decoder { views: wide::views, in_history: InHistory::Whole(wide::may_be_in) },
    Decoder { views: runs::views, in_history: InHistory::Regions(runs::views_in) },
];

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
    /// Base64 with either alphabet, padded or not, in one line or folded.
    Base64,
    /// Two hexadecimal digits a byte.
    Hex,
    /// gzip data (RFC 1952).
    Gzip,
    /// `%2F` of URLs.
    Percent,
    /// `&#43;` and `&amp;` of HTML and XML.
    Html,
    /// `\u002b`, `\x2b` and `\/` of string literals and JSON.
    Backslash,
    /// `=3D` of mail (RFC 2045).
    QuotedPrintable,
    /// Literals that the language joins, such as `"a" + "b"`.
    Joined,
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
            Encoding::Base64 => "base64",
            Encoding::Hex => "hex",
            Encoding::Gzip => "gzip",
            Encoding::Percent => "percent",
            Encoding::Html => "html",
            Encoding::Backslash => "backslash",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Joined => "joined",
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
    /// Each byte begins at an offset of its own; one more offset says where the last one ends.
    Offsets {
        /// What the offsets count from.
        base: usize,
        offsets: Box<[u32]>,
    },
    /// All bytes stand for all of these.
    Whole(Range<usize>),
}

impl Map {
    fn raw(&self, range: &Range<usize>) -> Range<usize> {
        match self {
            &Map::Stride { width, phase, total } => {
                let raw = |at: usize| (at * width + phase).min(total);
                raw(range.start)..raw(range.end)
            }
            Map::Offsets { base, offsets } => {
                let raw = |at: usize| base + offsets[at.min(offsets.len() - 1)] as usize;
                raw(range.start)..raw(range.end)
            }
            Map::Whole(raw) => raw.clone(),
        }
    }
}

impl Decoding {
    /// A decoding of text that as a whole stands for these raw bytes.
    pub(super) const fn whole(encoding: Encoding, raw: Range<usize>) -> Self {
        Decoding { encoding, map: Map::Whole(raw), outer: None }
    }

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

    /// Returns the same encodings without the way back, which takes four bytes for each decoded one.
    #[must_use]
    pub fn without_way(&self) -> Arc<Decoding> {
        let outer = self.outer.as_ref().map(|outer| outer.without_way());
        Arc::new(Decoding { encoding: self.encoding, map: Map::Whole(0..0), outer })
    }

    /// Returns the same for text that was found in text decoded as `outer` says.
    #[must_use]
    pub(super) fn inside(&self, outer: &Arc<Decoding>) -> Arc<Decoding> {
        let outer = self.outer.as_ref().map_or_else(|| outer.clone(), |own| own.inside(outer));
        Arc::new(Decoding { encoding: self.encoding, map: self.map.clone(), outer: Some(outer) })
    }

    /// Whether it leads back to the unit's own bytes at once.
    pub(super) const fn is_outermost(&self) -> bool {
        self.outer.is_none()
    }

    /// Returns the encoding of the unit's own bytes.
    #[must_use]
    pub fn outermost(&self) -> Encoding {
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

/// Returns where the first escape or join in `range` begins. Without one, no window inside the range has a view.
pub(super) fn sign_in(bytes: &[u8], range: Range<usize>) -> Option<usize> {
    let begins = |at: usize| match bytes[at] {
        b'\\' => escapes::begins(&bytes[at..]) || joins::begins(bytes, at),
        b'"' | b'\'' => joins::begins(bytes, at),
        b'%' | b'&' => escapes::begins(&bytes[at..]),
        _ => escapes::may_be_of_mail(&bytes[at..]),
    };
    let places = bytes[range.clone()].iter().zip(range);
    places.filter(|(byte, _)| MAY_BEGIN[**byte as usize]).map(|(_, at)| at).find(|&at| begins(at))
}

/// Whether a byte may begin an escape or a join: this is asked of every byte of many windows.
const MAY_BEGIN: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\\\"'%&=";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// Bytes decoded, with some of the bytes around them, which may say what they are.
#[derive(Debug)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    pub(super) decoding: Arc<Decoding>,
    /// Which of `bytes` are decoded.
    decoded: Range<usize>,
}

impl View {
    /// The raw bytes that were decoded.
    pub(super) fn raw(&self) -> Range<usize> {
        self.decoding.raw(&self.decoded)
    }

    /// Whether some of a match is decoded: the rest is found in the raw bytes, too.
    pub(super) fn is_decoded(&self, span: &Range<usize>) -> bool {
        span.start < self.decoded.end && self.decoded.start < span.end
    }
}

/// A view in the making, each byte with the offset of what it was decoded from.
#[derive(Debug, Default)]
struct Builder {
    base: usize,
    bytes: Vec<u8>,
    offsets: Vec<u32>,
}

impl Builder {
    /// Begins a view whose raw bytes stand from `base` on.
    fn at(base: usize) -> Self {
        Builder { base, ..Builder::default() }
    }

    /// Adds a byte that was decoded from the raw bytes at `raw`.
    fn push(&mut self, byte: u8, raw: usize) {
        // Buffers are far smaller than 4 GB; a wrong offset in a larger one would only misplace a finding.
        self.offsets.push(u32::try_from(raw - self.base).unwrap_or(u32::MAX));
        self.bytes.push(byte);
    }

    /// Adds bytes as they are.
    fn copy(&mut self, bytes: &[u8], raw: Range<usize>) {
        self.bytes.extend_from_slice(&bytes[raw.clone()]);
        let base = self.base;
        self.offsets.extend(raw.map(|at| u32::try_from(at - base).unwrap_or(u32::MAX)));
    }

    /// Ends the view, whose last byte ends at `raw`.
    fn view(mut self, encoding: Encoding, decoded: Range<usize>, raw: usize) -> View {
        self.offsets.push(u32::try_from(raw - self.base).unwrap_or(u32::MAX));
        let map = Map::Offsets { base: self.base, offsets: self.offsets.into() };
        let decoding = Arc::new(Decoding { encoding, map, outer: None });
        View { bytes: self.bytes, decoding, decoded }
    }
}

/// Whether a quick scan has to scan bytes whole. If it holds for a part, it holds for the whole.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    DECODERS.iter().any(|decoder| match decoder.in_history {
        InHistory::Whole(may_be_in) => may_be_in(bytes),
        InHistory::Regions(_) => false,
    })
}

/// Calls `each` with the views of what stands in `regions`, which rise, and those inside them, for bytes that are not
/// scanned whole ([`is_whole`]). Returns whether more is encoded than was decoded.
#[must_use]
pub(super) fn each_in(bytes: &[u8], regions: &[Range<usize>], each: &mut dyn FnMut(&View)) -> bool {
    let mut budget = Budget::new();
    for decoder in &DECODERS {
        let InHistory::Regions(views_in) = decoder.in_history else { continue };
        views_in(bytes, regions, &mut budget, &mut |budget, view| {
            each(&view);
            inside(&view, 1, budget, each);
        });
    }
    budget.is_spent
}

/// Calls `each` with every view that `bytes` are worth, outer ones before those inside them. Returns whether there is
/// more than is decoded.
#[must_use]
pub(super) fn each_view(bytes: &[u8], each: &mut dyn FnMut(&View)) -> bool {
    let mut budget = Budget::new();
    for decoder in &DECODERS {
        (decoder.views)(bytes, &mut budget, &mut |budget, view| {
            each(&view);
            inside(&view, 1, budget, each);
        });
    }
    budget.is_spent
}

/// Calls `each` with the views of what is encoded inside a view, which is inside `depth - 1` others.
fn inside(outer: &View, depth: usize, budget: &mut Budget, each: &mut dyn FnMut(&View)) {
    if budget.bytes == 0 {
        return;
    }
    for decoder in &DECODERS {
        (decoder.views)(&outer.bytes, budget, &mut |budget, view| {
            // What is encoded beside the decoded bytes is a view of its own.
            let is_beside = !outer.is_decoded(&view.raw());
            let is_wide = wide::Units::of(view.decoding.encoding).is_some();
            if is_beside || is_wide && outer.decoding.encoding == view.decoding.encoding {
                return;
            }
            if depth == MAX_DEPTH {
                budget.is_spent = true;
                return;
            }
            if depth >= FREE_DEPTH {
                budget.take(view.bytes.len() as u64);
            }
            let view = View { decoding: view.decoding.inside(&outer.decoding), ..view };
            each(&view);
            inside(&view, depth + 1, budget, each);
        });
    }
}
