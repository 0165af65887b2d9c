//! Where keywords occur: one pass over the raw bytes, ASCII case ignored.
//!
//! Two stages. The first rejects nearly every position: on x86-64 with AVX2 it looks at 32 bytes
//! at a time (see [`shuffle`](super::shuffle)), elsewhere and for short inputs it hashes the four
//! bytes at each position. The second compares the whole keyword. Each keyword is known by one
//! *fragment* of four bytes, chosen for being rare in source text, not by its first bytes.
//!
//! The prefilter names every occurrence of every keyword, overlapping ones too, in rising order
//! of where they start; [`Prefilter::slow`] is the same by an Aho-Corasick automaton, and the
//! tests hold the two against each other.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::AhoCorasick;

use super::shuffle::{self, Shuffle};

/// The shortest keyword that the fast road takes, in bytes.
pub const MIN_KEYWORD_BYTES: usize = 3;

/// How many bytes the fragment of a keyword has. A shorter keyword is padded in front with a
/// position that any byte fits.
pub(super) const FRAGMENT_BYTES: usize = 4;

/// Inputs up to this size, in all, are not worth the shuffle tables.
const SHUFFLE_AFTER_BYTES: u64 = 512 << 10;

/// An occurrence of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The offset of the keyword's first byte.
    pub start: usize,
    /// The keyword's index in the list that the prefilter was made of.
    pub keyword: u32,
}

/// Finds every occurrence of a set of keywords.
#[derive(Debug)]
pub struct Prefilter {
    /// In lower case.
    keywords: Vec<Box<[u8]>>,
    max_keyword_bytes: usize,
    /// For short inputs: each keyword's own rarest fragment.
    plain: Fragments,
    /// For long ones: the tables, and the fragments that suit them best.
    shuffle: OnceLock<Option<(Shuffle, Fragments)>>,
    bytes_seen: AtomicU64,
}

impl Prefilter {
    /// Makes a prefilter of keywords of at least [`MIN_KEYWORD_BYTES`] bytes.
    #[must_use]
    pub fn new(keywords: &[&[u8]]) -> Self {
        let keywords: Vec<Box<[u8]>> =
            keywords.iter().map(|keyword| keyword.to_ascii_lowercase().into()).collect();
        let offsets: Vec<usize> = keywords.iter().map(|keyword| rarest_fragment(keyword)).collect();
        Prefilter {
            max_keyword_bytes: keywords.iter().map(|keyword| keyword.len()).max().unwrap_or(0),
            plain: Fragments::new(&keywords, &offsets),
            keywords,
            shuffle: OnceLock::new(),
            bytes_seen: AtomicU64::new(0),
        }
    }

    /// Calls `each` for every occurrence in `bytes`, in rising order.
    pub fn for_each(&self, bytes: &[u8], mut each: impl FnMut(Hit)) {
        if self.keywords.is_empty() {
            return;
        }
        let mut queue = Queue::default();
        match self.shuffle(bytes.len()) {
            Some((shuffle, fragments)) => shuffle.candidates(bytes, &mut |last| {
                if last + 1 >= MIN_KEYWORD_BYTES && fragments.might_end(bytes, last) {
                    self.verify(fragments, bytes, last, &mut queue, &mut each);
                }
            }),
            None => {
                for last in MIN_KEYWORD_BYTES - 1..bytes.len() {
                    if self.plain.might_end(bytes, last) {
                        self.verify(&self.plain, bytes, last, &mut queue, &mut each);
                    }
                }
            }
        }
        queue.release(usize::MAX, &mut each);
    }

    /// Names the same occurrences as [`for_each`](Self::for_each), by an Aho-Corasick automaton.
    ///
    /// # Panics
    /// If the automaton would be larger than the library allows; it is for tests and benchmarks.
    #[must_use]
    pub fn slow(&self, bytes: &[u8]) -> Vec<Hit> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(&self.keywords)
            .expect("keywords are few and short");
        let mut hits: Vec<Hit> = automaton
            .find_overlapping_iter(bytes)
            .map(|hit| Hit { start: hit.start(), keyword: hit.pattern().as_u32() })
            .collect();
        hits.sort_unstable();
        hits
    }

    /// The shuffle tables, where the machine has them and the input is worth making them.
    fn shuffle(&self, bytes: usize) -> Option<&(Shuffle, Fragments)> {
        if self.shuffle.get().is_none() {
            let seen = self.bytes_seen.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
            if seen < SHUFFLE_AFTER_BYTES {
                return None;
            }
        }
        let make = || {
            let (shuffle, offsets) = Shuffle::new(&self.keywords);
            (shuffle, Fragments::new(&self.keywords, &offsets))
        };
        self.shuffle.get_or_init(|| shuffle::is_available().then(make)).as_ref()
    }

    /// Compares whole keywords where a fragment ends at `last`.
    fn verify(
        &self,
        fragments: &Fragments,
        bytes: &[u8],
        last: usize,
        queue: &mut Queue,
        each: &mut impl FnMut(Hit),
    ) {
        queue.release(last.saturating_sub(self.max_keyword_bytes), each);
        for entry in fragments.ending_at(bytes, last) {
            let keyword = &self.keywords[entry.keyword as usize];
            let Some(start) = (last + 1).checked_sub(entry.end) else { continue };
            let Some(found) = bytes.get(start..start + keyword.len()) else { continue };
            if found.eq_ignore_ascii_case(keyword) {
                queue.push(Hit { start, keyword: entry.keyword });
            }
        }
    }
}

/// The last three bytes up to `last` in one word, with the bit set that makes ASCII letters lower
/// case. Other bytes that differ in that bit alone are taken for equal here and told apart later.
#[inline]
fn ending(bytes: &[u8], last: usize) -> u32 {
    let [a, b, c] = *bytes[..=last].last_chunk().expect("fragments end at the third byte or later");
    u32::from_le_bytes([a, b, c, 0]) | 0x0020_2020
}

/// Hits that wait until no earlier one can come: fragments end in rising order, keywords need
/// not begin so.
#[derive(Default)]
struct Queue(Vec<Hit>);

impl Queue {
    fn push(&mut self, hit: Hit) {
        let at = self.0.partition_point(|waiting| *waiting < hit);
        self.0.insert(at, hit);
    }

    fn release(&mut self, before: usize, each: &mut impl FnMut(Hit)) {
        let count = self.0.partition_point(|waiting| waiting.start < before);
        self.0.drain(..count).for_each(each);
    }
}

/// The fragments of all keywords, by a hash of their last three bytes: a keyword of three bytes
/// has no more.
#[derive(Debug)]
struct Fragments {
    /// Per hash, one more than the index of the first entry; 0 for none.
    heads: Box<[u32; 1 << Self::BITS]>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    ending: u32,
    keyword: u32,
    /// How many bytes of the keyword there are up to the fragment's end.
    end: usize,
    /// As in `heads`.
    next: u32,
}

impl Fragments {
    const BITS: u32 = 12;

    /// Makes a table of the fragments that begin at `offsets` of `keywords`.
    fn new(keywords: &[Box<[u8]>], offsets: &[usize]) -> Self {
        let mut fragments =
            Fragments { heads: Box::new([0; 1 << Self::BITS]), entries: Vec::new() };
        for (index, (keyword, offset)) in keywords.iter().zip(offsets).enumerate() {
            debug_assert!(keyword.len() >= MIN_KEYWORD_BYTES, "shorter keywords have no fragment");
            let end = keyword.len().min(offset + FRAGMENT_BYTES);
            let ending = ending(keyword, end - 1);
            let head = &mut fragments.heads[Self::hash(ending)];
            let keyword = u32::try_from(index).expect("keywords are counted in u32");
            fragments.entries.push(Entry { ending, keyword, end, next: *head });
            *head = keyword + 1;
        }
        fragments
    }

    #[inline]
    fn hash(ending: u32) -> usize {
        (ending.wrapping_mul(0x9e37_79b1) >> (32 - Self::BITS)) as usize
    }

    /// Whether a fragment might end at `last`, which is at least the third byte.
    #[inline]
    fn might_end(&self, bytes: &[u8], last: usize) -> bool {
        self.heads[Self::hash(ending(bytes, last))] != 0
    }

    fn ending_at(&self, bytes: &[u8], last: usize) -> impl Iterator<Item = &Entry> {
        let ending = ending(bytes, last);
        let mut next = self.heads[Self::hash(ending)];
        std::iter::from_fn(move || {
            let entry = &self.entries[(next as usize).checked_sub(1)?];
            next = entry.next;
            Some(entry)
        })
        .filter(move |entry| entry.ending == ending)
    }
}

/// Returns where fragments of `keyword` may begin.
pub(super) fn fragment_offsets(keyword: &[u8]) -> std::ops::RangeInclusive<usize> {
    0..=keyword.len().min(MAX_FRAGMENT_END).saturating_sub(FRAGMENT_BYTES)
}

/// Fragments are taken from the first bytes of a keyword: choosing among more saves nothing.
const MAX_FRAGMENT_END: usize = 250;

/// Returns where in `keyword` its rarest four bytes begin.
fn rarest_fragment(keyword: &[u8]) -> usize {
    let rarity = |offset: &usize| -> f32 {
        keyword[*offset..].iter().take(FRAGMENT_BYTES).map(|&byte| frequency(byte)).product()
    };
    fragment_offsets(keyword).min_by(|a, b| rarity(a).total_cmp(&rarity(b))).unwrap_or(0)
}

/// How often a byte occurs in source text, in either case, of 65,536.
fn frequency(byte: u8) -> f32 {
    let of = |byte: u8| f32::from(FREQUENCIES[usize::from(byte)]);
    if byte.is_ascii_alphabetic() {
        of(byte.to_ascii_lowercase()) + of(byte.to_ascii_uppercase())
    } else {
        of(byte)
    }
}

/// How often each byte occurs in 189 MB of Rust, C and Python source, of 65,536, at least 1.
#[rustfmt::skip]
pub(super) const FREQUENCIES: [u16; 256] = [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 50, 1894, 1, 1, 9, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    15539, 35, 633, 172, 14, 17, 41, 461, 812, 812, 214, 72, 1065, 270, 672, 298,
    575, 416, 393, 269, 192, 157, 172, 126, 162, 122, 838, 190, 67, 569, 167, 14,
    15, 327, 101, 235, 170, 359, 176, 99, 67, 283, 10, 44, 201, 144, 252, 192,
    203, 21, 256, 326, 362, 109, 71, 62, 43, 36, 19, 196, 85, 196, 7, 1486,
    115, 2181, 613, 1283, 1102, 3951, 1013, 588, 613, 2038, 48, 230, 1467, 834, 2123, 1947,
    1092, 92, 2235, 2403, 2925, 1144, 266, 253, 376, 462, 79, 114, 32, 114, 7, 1,
    5, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1,
    3, 2, 1, 1, 3, 1, 2, 1, 1, 1, 1, 1, 1, 2, 2, 3,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 3, 2, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1,
    3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    4, 4, 10, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1,
    8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
];
