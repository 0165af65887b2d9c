//! Where keywords occur: one pass over the raw bytes, ASCII case ignored.
//!
//! Two stages. The first rejects nearly every position: it hashes four bytes and looks the hash up in a
//! bitmap, of 32 KB however many keywords there are ([`grams`]). The second compares the whole keyword. Each
//! keyword is known by its rarest *gram* of four bytes (see [`keyword_tables`]).
//!
//! The prefilter names every occurrence of every keyword, overlapping ones too, in rising order
//! of where they start; [`Prefilter::slow`] is the same by an Aho-Corasick automaton, and the
//! tests hold the two against each other.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::grams::{self, Filter};
use super::keyword_tables::{self, Bitmap, GramEntry, GramTables, MAX_GRAM_OFFSET, hash, list_of};
use crate::pattern::MIN_KEYWORD_BYTES;
use crate::text::lists::Lists;

const _: () = assert!(MIN_KEYWORD_BYTES == keyword_tables::SHORTEST_KEYWORD);

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
    keywords: Lists<u8>,
    multiplier: u32,
    bitmap: Cow<'static, Bitmap>,
    lists: Cow<'static, [u32]>,
    entries: Cow<'static, [GramEntry]>,
}

/// An own one is kept in a box, so that an engine is small enough to be moved.
impl ToOwned for Bitmap {
    type Owned = Box<Bitmap>;

    fn to_owned(&self) -> Box<Bitmap> {
        Box::new(Bitmap(self.0))
    }
}

impl Prefilter {
    /// Makes a prefilter of keywords of at least [`MIN_KEYWORD_BYTES`] bytes.
    ///
    /// # Panics
    /// A keyword is shorter, or there are more than four thousand million.
    #[must_use]
    pub fn new(keywords: &[&[u8]]) -> Self {
        let keywords: Vec<Vec<u8>> =
            keywords.iter().map(|keyword| keyword.to_ascii_lowercase()).collect();
        let tables = GramTables::new(&keywords);
        Prefilter {
            keywords: keywords.into_iter().collect(),
            multiplier: tables.multiplier,
            bitmap: Cow::Owned(tables.bitmap),
            lists: Cow::Owned(tables.lists),
            entries: Cow::Owned(tables.entries),
        }
    }

    /// Returns the prefilter of the built-in rules, whose tables the build script has laid.
    pub(super) fn builtin() -> Self {
        Prefilter {
            keywords: Lists::of_constants(builtin::KEYWORDS, builtin::KEYWORD_ENDS),
            multiplier: builtin::MULTIPLIER,
            bitmap: Cow::Borrowed(&builtin::BITMAP),
            lists: Cow::Borrowed(builtin::LISTS_OF_GRAMS),
            entries: Cow::Borrowed(builtin::ENTRIES),
        }
    }

    /// Adds keywords, in lower case and of at least [`MIN_KEYWORD_BYTES`] bytes, behind those that there are.
    pub(super) fn with(self, keywords: &[Vec<u8>]) -> Self {
        let Prefilter { keywords: known, multiplier, bitmap, lists, entries } = self;
        let (bitmap, lists, entries) =
            (bitmap.into_owned(), lists.into_owned(), entries.into_owned());
        let mut tables = GramTables { multiplier, bitmap, lists, entries };
        tables.extend(keyword_tables::grams(known.len(), keywords));
        Prefilter {
            keywords: known.iter().chain(keywords.iter().map(|keyword| &**keyword)).collect(),
            multiplier,
            bitmap: Cow::Owned(tables.bitmap),
            lists: Cow::Owned(tables.lists),
            entries: Cow::Owned(tables.entries),
        }
    }

    /// Returns how many bytes a keyword has.
    pub(super) fn keyword_bytes(&self, keyword: u32) -> usize {
        self.keyword(keyword).len()
    }

    /// Returns a keyword, in lower case.
    pub(super) fn keyword(&self, keyword: u32) -> &[u8] {
        self.keywords.get(keyword as usize)
    }

    /// Calls `each` for every occurrence in `bytes`, in rising order.
    pub fn for_each(&self, bytes: &[u8], each: impl FnMut(Hit)) {
        self.for_each_in(bytes, 0..bytes.len(), each);
    }

    /// How far from where its gram begins a keyword begins and ends at most.
    pub(super) fn longest_arms(&self) -> (usize, usize) {
        let behind = |entry: &GramEntry| self.keyword_bytes(entry.keyword) - entry.offset as usize;
        let before = self.entries.iter().map(|entry| entry.offset as usize).max();
        (before.unwrap_or(0), self.entries.iter().map(behind).max().unwrap_or(0))
    }

    /// The same for keywords whose gram begins in `range`, and perhaps for some more.
    pub(super) fn for_each_in(&self, bytes: &[u8], range: Range<usize>, mut each: impl FnMut(Hit)) {
        if self.keywords.len() == 0 || bytes.len() < MIN_KEYWORD_BYTES {
            return;
        }
        let mut queue = Queue::default();
        grams::candidates(bytes, range, self.filter(), &mut |at, gram| {
            self.verify(bytes, at, gram, &mut queue, &mut each);
        });
        queue.release(usize::MAX, &mut each);
    }

    /// Names the same occurrences as [`for_each`](Self::for_each), as a machine without AVX2 or NEON does. It is for
    /// tests.
    #[must_use]
    pub fn portable(&self, bytes: &[u8]) -> Vec<Hit> {
        let (mut queue, mut hits) = (Queue::default(), Vec::new());
        let mut each = |hit| hits.push(hit);
        grams::portable(bytes, 0..bytes.len(), self.filter(), &mut |at, gram| {
            self.verify(bytes, at, gram, &mut queue, &mut each);
        });
        queue.release(usize::MAX, &mut each);
        hits
    }

    fn filter(&self) -> Filter<'_> {
        Filter { bitmap: &self.bitmap, multiplier: self.multiplier }
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

    /// Compares whole keywords where a gram stands at `at`.
    fn verify(
        &self,
        bytes: &[u8],
        at: usize,
        gram: u32,
        queue: &mut Queue,
        each: &mut impl FnMut(Hit),
    ) {
        let mut next = self.lists[list_of(hash(gram, self.multiplier))] as usize;
        while let Some(entry) = next.checked_sub(1).map(|index| self.entries[index]) {
            next = entry.next as usize;
            if entry.gram != gram {
                continue;
            }
            let keyword = self.keyword(entry.keyword);
            let Some(start) = at.checked_sub(entry.offset as usize) else { continue };
            let Some(found) = bytes.get(start..start + keyword.len()) else { continue };
            if found.eq_ignore_ascii_case(keyword) {
                queue.release(at.saturating_sub(MAX_GRAM_OFFSET), each);
                queue.push(Hit { start, keyword: entry.keyword });
            }
        }
    }
}

/// Hits that wait until no earlier one can come: grams begin in rising order, keywords need
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

/// The tables of the built-in rules.
pub(super) mod builtin {
    use super::super::keyword_tables::{Bitmap, GramEntry};

    include!(concat!(env!("OUT_DIR"), "/keywords.rs"));
}
