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

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::AhoCorasick;

use super::keyword_tables::{self, FragmentEntry, FragmentTables, HASHES, Shuffle, ending, hash};
use super::shuffle;
use crate::pattern::MIN_KEYWORD_BYTES;

const _: () = assert!(MIN_KEYWORD_BYTES == keyword_tables::SHORTEST_KEYWORD);

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
    keywords: Cow<'static, [Cow<'static, [u8]>]>,
    max_keyword_bytes: usize,
    /// For short inputs: each keyword's own rarest fragment.
    plain: Fragments,
    /// For long ones: the tables, and the fragments that suit them best.
    shuffle: OnceLock<Option<(Cow<'static, Shuffle>, Fragments)>>,
    bytes_seen: AtomicU64,
}

impl Prefilter {
    /// Makes a prefilter of keywords of at least [`MIN_KEYWORD_BYTES`] bytes.
    #[must_use]
    pub fn new(keywords: &[&[u8]]) -> Self {
        let keywords: Vec<Vec<u8>> =
            keywords.iter().map(|keyword| keyword.to_ascii_lowercase()).collect();
        Prefilter {
            max_keyword_bytes: keywords.iter().map(Vec::len).max().unwrap_or(0),
            plain: Fragments::of(FragmentTables::plain(&keywords)),
            keywords: keywords.into_iter().map(Cow::Owned).collect(),
            shuffle: OnceLock::new(),
            bytes_seen: AtomicU64::new(0),
        }
    }

    /// Returns the prefilter of the built-in rules, whose tables the build script has laid.
    pub(super) fn builtin() -> Self {
        Prefilter {
            max_keyword_bytes: builtin::MAX_KEYWORD_BYTES,
            plain: Fragments {
                heads: Cow::Borrowed(&builtin::PLAIN_HEADS),
                entries: Cow::Borrowed(builtin::PLAIN_ENTRIES),
            },
            keywords: Cow::Borrowed(builtin::KEYWORDS),
            shuffle: OnceLock::new(),
            bytes_seen: AtomicU64::new(0),
        }
    }

    /// Returns how many bytes a keyword has.
    pub(super) fn keyword_bytes(&self, keyword: u32) -> usize {
        self.keywords[keyword as usize].len()
    }

    /// Calls `each` for every occurrence in `bytes`, in rising order.
    pub fn for_each(&self, bytes: &[u8], mut each: impl FnMut(Hit)) {
        if self.keywords.is_empty() {
            return;
        }
        let mut queue = Queue::default();
        match self.shuffle(bytes.len()) {
            Some((shuffle, fragments)) => {
                let fragments = fragments.view();
                shuffle.candidates(bytes, &mut |last| {
                    if last + 1 >= MIN_KEYWORD_BYTES && fragments.might_end(bytes, last) {
                        self.verify(fragments, bytes, last, &mut queue, &mut each);
                    }
                });
            }
            None => {
                let fragments = self.plain.view();
                for last in MIN_KEYWORD_BYTES - 1..bytes.len() {
                    if fragments.might_end(bytes, last) {
                        self.verify(fragments, bytes, last, &mut queue, &mut each);
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
            .build(self.keywords.iter())
            .expect("keywords are few and short");
        let mut hits: Vec<Hit> = automaton
            .find_overlapping_iter(bytes)
            .map(|hit| Hit { start: hit.start(), keyword: hit.pattern().as_u32() })
            .collect();
        hits.sort_unstable();
        hits
    }

    /// The shuffle tables, where the machine has them and the input is worth making them.
    fn shuffle(&self, bytes: usize) -> Option<&(Cow<'static, Shuffle>, Fragments)> {
        if self.shuffle.get().is_none() {
            let seen = self.bytes_seen.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
            if seen < SHUFFLE_AFTER_BYTES {
                return None;
            }
        }
        let make = || {
            if let Cow::Borrowed(_) = self.keywords {
                let fragments = Fragments {
                    heads: Cow::Borrowed(&builtin::SHUFFLE_HEADS),
                    entries: Cow::Borrowed(builtin::SHUFFLE_ENTRIES),
                };
                return (Cow::Borrowed(&builtin::SHUFFLE), fragments);
            }
            let keywords: Vec<Vec<u8>> = self.keywords.iter().map(|k| k.to_vec()).collect();
            let (shuffle, fragments) = keyword_tables::shuffle(&keywords);
            (Cow::Owned(shuffle), Fragments::of(fragments))
        };
        self.shuffle.get_or_init(|| shuffle::is_available().then(make)).as_ref()
    }

    /// Compares whole keywords where a fragment ends at `last`.
    fn verify(
        &self,
        fragments: FragmentsView<'_>,
        bytes: &[u8],
        last: usize,
        queue: &mut Queue,
        each: &mut impl FnMut(Hit),
    ) {
        queue.release(last.saturating_sub(self.max_keyword_bytes), each);
        for entry in fragments.ending_at(bytes, last) {
            let keyword = &self.keywords[entry.keyword as usize];
            let Some(start) = (last + 1).checked_sub(entry.end as usize) else { continue };
            let Some(found) = bytes.get(start..start + keyword.len()) else { continue };
            if found.eq_ignore_ascii_case(keyword) {
                queue.push(Hit { start, keyword: entry.keyword });
            }
        }
    }
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

/// The fragments of all keywords, laid by the build script or at the start.
#[derive(Debug)]
struct Fragments {
    heads: Cow<'static, [u32; HASHES]>,
    entries: Cow<'static, [FragmentEntry]>,
}

impl Fragments {
    fn of(tables: FragmentTables) -> Self {
        let heads = tables.heads.try_into().expect("there is a head for every hash");
        Fragments { heads: Cow::Owned(heads), entries: Cow::Owned(tables.entries) }
    }

    fn view(&self) -> FragmentsView<'_> {
        FragmentsView { heads: &self.heads, entries: &self.entries }
    }
}

/// [`Fragments`], whoever has laid them.
#[derive(Clone, Copy)]
struct FragmentsView<'a> {
    heads: &'a [u32; HASHES],
    entries: &'a [FragmentEntry],
}

impl<'a> FragmentsView<'a> {
    /// Whether a fragment might end at `last`, which is at least the third byte.
    #[inline]
    fn might_end(self, bytes: &[u8], last: usize) -> bool {
        self.heads[hash(ending(bytes, last))] != 0
    }

    fn ending_at(self, bytes: &[u8], last: usize) -> impl Iterator<Item = &'a FragmentEntry> {
        let ending = ending(bytes, last);
        let mut next = self.heads[hash(ending)];
        std::iter::from_fn(move || {
            let entry = &self.entries[(next as usize).checked_sub(1)?];
            next = entry.next;
            Some(entry)
        })
        .filter(move |entry| entry.ending == ending)
    }
}

/// The tables of the built-in rules.
pub(super) mod builtin {
    use std::borrow::Cow::{self, Borrowed};

    use super::super::keyword_tables::{FragmentEntry, HASHES, Shuffle};

    include!(concat!(env!("OUT_DIR"), "/keywords.rs"));
}
