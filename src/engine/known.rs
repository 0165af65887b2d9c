//! Values that are known to be secrets, found wherever they stand, plain and encoded.
//!
//! Who makes the engine hands in how to load them; they are loaded when the first bytes are scanned, so that a
//! hook with nothing to look at reads no file of the user's. Each value becomes *needles*, the beginnings of its
//! forms: itself, base64 at its three offsets, hexadecimal, percent and JSON escapes, UTF-16. A bitmap says for four
//! bytes whether a needle may begin with them; where one does, the whole form is compared. An Aho-Corasick automaton
//! of some hundred needles takes longer to be made than what a commit adds takes to be searched.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::check::placeholder::is_placeholder;
use super::decode::Decoding;
use super::{Encoding, Match, generic};
use crate::finding::Secret;
use crate::rule::Confidence;

/// A value that is known to be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownValue {
    /// The value.
    pub secret: Secret,
    /// Where it comes from, as a noun phrase that does not hold it.
    pub source: String,
}

/// Loads known values.
pub type Load = Box<dyn Fn() -> Vec<KnownValue> + Send + Sync>;

/// Shorter values stand in text by chance.
pub const MIN_VALUE_BYTES: usize = 12;

/// Longer ones are whole files.
const MAX_VALUE_BYTES: usize = 8192;

/// Fewer different bytes make no secret.
const MIN_DISTINCT_BYTES: usize = 6;

/// Whether a value is worth being looked for everywhere: long enough, and no word, placeholder, path, address or
/// number that stands in text by itself.
#[must_use]
pub fn is_worth_knowing(value: &[u8]) -> bool {
    let distinct = |value: &[u8]| {
        let mut seen = value.to_vec();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    let is_word = |value: &[u8]| {
        let letters: Vec<u8> = value.iter().copied().filter(u8::is_ascii_alphabetic).collect();
        value.iter().all(|byte| byte.is_ascii_alphabetic() || b"-_.@ ".contains(byte))
            && generic::is_wordlike(&letters)
    };
    let starts = [&b"/"[..], b"./", b"~/", b"../", b"$"];
    (MIN_VALUE_BYTES..=MAX_VALUE_BYTES).contains(&value.len())
        && !value.iter().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
        && !value.iter().all(|byte| byte.is_ascii_digit() || b".:-".contains(byte))
        && !starts.iter().any(|start| value.starts_with(start))
        && memchr::memmem::find(value, b"://").is_none()
        && distinct(value) >= MIN_DISTINCT_BYTES
        && !is_placeholder(value)
        && !generic::is_weak(value)
        && !is_word(value)
}

/// Known values of an engine.
pub(super) struct Known {
    rule: usize,
    load: Load,
    needles: OnceLock<Needles>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl Known {
    pub(super) const fn new(rule: usize, load: Load) -> Self {
        Known { rule, load, needles: OnceLock::new() }
    }

    /// Calls `each` for every place where a value stands in some bytes; `each` returns whether to go on.
    pub(super) fn find(&self, bytes: &[u8], each: &mut dyn FnMut(Match) -> bool) {
        if bytes.len() < MIN_VALUE_BYTES {
            return;
        }
        let needles = self.needles.get_or_init(|| Needles::new((self.load)()));
        needles.find(bytes, &mut |needle, span| each(needles.found(self.rule, needle, span)));
    }
}

/// The beginning of a value in one of its forms.
struct Needle {
    /// The first four bytes.
    key: u32,
    bytes: Vec<u8>,
    form: Form,
    value: usize,
}

/// How many bytes of a value a needle encodes. The rest is compared only where the needle fits.
const NEEDLE_VALUE_BYTES: usize = 24;

/// How many bits the bitmap has, as a power of two.
const BITMAP_BITS: u32 = 16;

struct Needles {
    values: Vec<KnownValue>,
    /// In rising order of their keys.
    list: Vec<Needle>,
    bitmap: Vec<u64>,
}

/// Where the bit of four bytes stands.
const fn bit_of(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> (32 - BITMAP_BITS)) as usize
}

impl Needles {
    fn new(values: Vec<KnownValue>) -> Self {
        let mut list: Vec<Needle> = Vec::new();
        for (value, known) in values.iter().enumerate() {
            let secret = known.secret.expose();
            let start = &secret[..secret.len().min(NEEDLE_VALUE_BYTES)];
            let first = list.len();
            for form in FORMS {
                let (bytes, full) = (form.of(start), || form.of(secret));
                let is_same =
                    |other: &Needle| other.bytes == bytes && other.form.of(secret) == full();
                if list[first..].iter().any(is_same) {
                    continue;
                }
                if let Some(key) = bytes.first_chunk().map(|key| u32::from_le_bytes(*key)) {
                    list.push(Needle { key, bytes, form, value });
                }
            }
        }
        list.sort_by_key(|needle| needle.key);
        let mut bitmap = vec![0; 1 << (BITMAP_BITS - 6)];
        for needle in &list {
            bitmap[bit_of(needle.key) >> 6] |= 1_u64 << (bit_of(needle.key) & 63);
        }
        Needles { values, list, bitmap }
    }

    fn find(&self, bytes: &[u8], each: &mut dyn FnMut(usize, Range<usize>) -> bool) {
        if self.list.is_empty() {
            return;
        }
        for (start, four) in bytes.windows(4).enumerate() {
            let key = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            let bit = bit_of(key);
            if self.bitmap[bit >> 6] >> (bit & 63) & 1 == 0 {
                continue;
            }
            let first = self.list.partition_point(|needle| needle.key < key);
            let same = self.list[first..].iter().take_while(|needle| needle.key == key);
            for (needle, _) in (first..).zip(same) {
                if let Some(end) = self.end_at(bytes, start, needle)
                    && !each(needle, start..end)
                {
                    return;
                }
            }
        }
    }

    /// Where a value ends that begins at `start`, if it does.
    fn end_at(&self, bytes: &[u8], start: usize, needle: usize) -> Option<usize> {
        let Needle { bytes: own, form, value, .. } = &self.list[needle];
        if !bytes[start..].starts_with(own) {
            return None;
        }
        let whole = form.of(self.values[*value].secret.expose());
        bytes[start..].starts_with(&whole).then_some(start + whole.len())
    }

    fn found(&self, rule: usize, needle: usize, span: Range<usize>) -> Match {
        let Needle { value, form, .. } = &self.list[needle];
        let KnownValue { secret, source } = &self.values[*value];
        let whole = |encoding| Arc::new(Decoding::whole(encoding, span.clone()));
        Match {
            rule,
            text: secret.expose().into(),
            confidence: Confidence::High,
            notes: vec![source.clone()],
            account: None,
            pair: None,
            decoding: form.encoding().map(whole),
            secret: span.clone(),
            span,
        }
    }
}

/// A form in which a value is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// Behind so many other bytes; with the alphabet for URLs or the standard one.
    Base64(usize, bool),
    Hex(Case),
    Percent(Case),
    /// The characters that must be escaped, and these.
    Json(&'static [u8]),
    /// The characters that some programs escape by their numbers, too.
    JsonNumbers(Case),
    /// With the high byte first, or the low one.
    Wide(bool),
}

/// How hexadecimal digits are written.
type Case = &'static [u8; 16];
const LOWER: Case = b"0123456789abcdef";
const UPPER: Case = b"0123456789ABCDEF";

/// The plain form comes first: a form that is the same is none of its own.
const FORMS: [Form; 17] = [
    Form::Plain,
    Form::Base64(0, false),
    Form::Base64(1, false),
    Form::Base64(2, false),
    Form::Base64(0, true),
    Form::Base64(1, true),
    Form::Base64(2, true),
    Form::Hex(LOWER),
    Form::Hex(UPPER),
    Form::Percent(UPPER),
    Form::Percent(LOWER),
    Form::Json(b""),
    Form::Json(b"/"),
    Form::JsonNumbers(UPPER),
    Form::JsonNumbers(LOWER),
    Form::Wide(false),
    Form::Wide(true),
];

impl Form {
    /// A value in this form. That of its beginning is the beginning of that of the whole.
    fn of(self, value: &[u8]) -> Vec<u8> {
        let digits =
            |case: Case, byte: u8| [case[usize::from(byte >> 4)], case[usize::from(byte & 15)]];
        let each = |bytes_of: &dyn Fn(u8, &mut Vec<u8>)| {
            let mut out = Vec::with_capacity(value.len() * 2);
            value.iter().for_each(|&byte| bytes_of(byte, &mut out));
            out
        };
        match self {
            Form::Plain => value.to_vec(),
            Form::Base64(offset, is_for_urls) => base64_inside(value, offset, is_for_urls),
            Form::Hex(case) => each(&|byte, out| out.extend(digits(case, byte))),
            Form::Percent(case) => each(&|byte, out| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(byte)
                }
                _ => {
                    out.push(b'%');
                    out.extend(digits(case, byte));
                }
            }),
            Form::Json(more) => each(&|byte, out| {
                if matches!(byte, b'"' | b'\\') || more.contains(&byte) {
                    out.push(b'\\');
                }
                out.push(byte);
            }),
            Form::JsonNumbers(case) => each(&|byte, out| match byte {
                b'<' | b'>' | b'&' | b'\'' | b'+' | b'=' => {
                    out.extend(b"\\u00");
                    out.extend(digits(case, byte));
                }
                b'"' | b'\\' => out.extend([b'\\', byte]),
                _ => out.push(byte),
            }),
            Form::Wide(true) => each(&|byte, out| out.extend([0, byte])),
            Form::Wide(false) => each(&|byte, out| out.extend([byte, 0])),
        }
    }

    const fn encoding(self) -> Option<Encoding> {
        match self {
            Form::Plain => None,
            Form::Base64(..) => Some(Encoding::Base64),
            Form::Hex(_) => Some(Encoding::Hex),
            Form::Percent(_) => Some(Encoding::Percent),
            Form::Json(_) | Form::JsonNumbers(_) => Some(Encoding::Backslash),
            Form::Wide(true) => Some(Encoding::Utf16Be),
            Form::Wide(false) => Some(Encoding::Utf16Le),
        }
    }
}

/// What of base64 a value alone decides, if it stands behind `offset` other bytes.
fn base64_inside(value: &[u8], offset: usize, is_for_urls: bool) -> Vec<u8> {
    let padded = [&[0; 3][..offset], value].concat();
    let (first, last) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    let alphabet = if is_for_urls { &URL_SAFE_NO_PAD } else { &STANDARD_NO_PAD };
    alphabet.encode(&padded).as_bytes()[first..last].to_vec()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{KnownValue, is_worth_knowing};
    use crate::engine::Engine;
    use crate::finding::Secret;
    use crate::rule::{RuleSet, expand};

    const VALUE: &str = "zq8/Kw+tR4=v\"Lx1";

    /// An engine that knows `VALUE`, and how often it has loaded it.
    fn engine() -> (Engine, Arc<AtomicUsize>) {
        let loads = Arc::new(AtomicUsize::new(0));
        let counter = loads.clone();
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let engine = engine.with_known_values(Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            let secret = Secret::new(VALUE.as_bytes());
            vec![KnownValue { secret, source: "the value of `x` in y".into() }]
        }));
        (engine, loads)
    }

    fn found(engine: &Engine, text: &[u8]) -> Vec<Option<&'static str>> {
        let list = engine.scan(text).list.into_iter();
        let known = list.filter(|found| engine.rules().all()[found.rule].id == "known-value");
        known
            .map(|found| {
                assert_eq!(*found.text, *VALUE.as_bytes());
                assert_eq!(found.notes, ["the value of `x` in y"]);
                found.decoding.map(|how| how.outermost().name())
            })
            .collect()
    }

    #[test]
    fn a_known_value_is_found_plain_and_encoded() {
        let (engine, _) = engine();
        let hex: String = VALUE.bytes().map(|byte| format!("{byte:02X}")).collect();
        let mut cases: Vec<(String, Option<&str>)> = vec![
            (VALUE.to_owned(), None),
            (hex.to_lowercase(), Some("hex")),
            (hex, Some("hex")),
            ("zq8%2FKw%2BtR4%3Dv%22Lx1".into(), Some("percent")),
            ("zq8%2fKw%2btR4%3dv%22Lx1".into(), Some("percent")),
            (VALUE.replace('"', "\\\""), Some("backslash")),
            (VALUE.replace('"', "\\\"").replace('/', "\\/"), Some("backslash")),
            ("zq8/Kw\\u002BtR4\\u003Dv\\\"Lx1".into(), Some("backslash")),
        ];
        for before in ["", "a", "ab", "user:"] {
            let text = STANDARD.encode(format!("{before}{VALUE} and more"));
            cases.push((text.replace('+', "-").replace('/', "_"), Some("base64")));
            cases.push((text, Some("base64")));
        }
        for (text, how) in cases {
            let small = format!("x = <{text}>\n");
            assert_eq!(found(&engine, small.as_bytes()), [how], "{text}");
            let large = small + &".".repeat(1 << 17);
            assert_eq!(found(&engine, large.as_bytes()), [how], "{text}");
        }
        let wide: Vec<u8> = VALUE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(found(&engine, &wide), [Some("utf-16be")]);
        assert_eq!(found(&engine, &VALUE.as_bytes()[1..]), []);
    }

    #[test]
    fn a_long_value_is_found_whole_or_not_at_all() {
        let value: Vec<u8> = expand("{alnum:900}").unwrap();
        let known = KnownValue { secret: Secret::new(&*value), source: "a value in y".into() };
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let engine = engine.with_known_values(Box::new(move || vec![known.clone()]));
        let spans = |text: &[u8]| -> Vec<usize> {
            let list = engine.scan(text).list.into_iter();
            let known = list.filter(|found| engine.rules().all()[found.rule].id == "known-value");
            known.map(|found| found.secret.len()).collect()
        };
        assert_eq!(spans(&[b"x ", &*value, b" y"].concat()), [900]);
        assert_eq!(spans(STANDARD.encode(&value).as_bytes()), [1200]);
        assert_eq!(spans(&value[..899]), [] as [usize; 0]);
    }

    #[test]
    fn values_are_loaded_once_and_only_when_there_is_something_to_look_at() {
        let (engine, loads) = engine();
        let _ = engine.scan(b"");
        assert_eq!(loads.load(Ordering::Relaxed), 0);
        let _ = engine.scan(b"some text to look at");
        let _ = engine.scan(b"and some more text");
        assert_eq!(loads.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn words_paths_addresses_and_placeholders_are_not_worth_knowing() {
        for (value, expected) in [
            ("k7GzQ2pXw9Lr", true),
            ("correct-horse-7-battery", true),
            ("k7GzQ2pXw9L", false),
            ("development", false),
            ("development_database", false),
            ("production.example.com", false),
            ("http://localhost:3000/x1", false),
            ("/usr/local/share/x1y2", false),
            ("${SOME_TOKEN_1}", false),
            ("192.168.100.200", false),
            ("your_token_goes_here1", false),
            ("aaaaaaaa1111", false),
            ("two words 1234", false),
        ] {
            assert_eq!(is_worth_knowing(value.as_bytes()), expected, "{value}");
        }
    }
}
