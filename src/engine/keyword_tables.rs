//! The tables by which keywords are found, made of the keywords alone.
//!
//! The build script shares this file: it lays the tables of the built-in rules, so that the start of
//! the program does not grow with their number.

/// How many bytes the fragment of a keyword has. A shorter keyword is padded in front with a
/// position that any byte fits.
pub(crate) const FRAGMENT_BYTES: usize = 4;

/// The shortest keyword, in bytes.
pub(crate) const SHORTEST_KEYWORD: usize = 3;

/// How many bits the hash of a fragment has.
pub(crate) const HASH_BITS: u32 = 12;

/// How many hashes there are.
pub(crate) const HASHES: usize = 1 << HASH_BITS;

/// The fragments of all keywords, by a hash of their last three bytes: a keyword of three bytes
/// has no more.
#[derive(Debug, Clone)]
pub(crate) struct FragmentTables {
    /// Per hash, one more than the index of the first entry; 0 for none.
    pub(crate) heads: Vec<u32>,
    /// One for each keyword, in their order.
    pub(crate) entries: Vec<FragmentEntry>,
}

/// The fragment of one keyword.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FragmentEntry {
    /// The last three bytes, as [`ending`] makes one word of them.
    pub(crate) ending: u32,
    /// The keyword's index.
    pub(crate) keyword: u32,
    /// How many bytes of the keyword there are up to the fragment's end.
    pub(crate) end: u32,
    /// As in [`FragmentTables::heads`].
    pub(crate) next: u32,
}

impl FragmentTables {
    /// Makes the tables for short inputs: each keyword's own rarest fragment.
    #[must_use]
    pub(crate) fn plain(keywords: &[Vec<u8>]) -> Self {
        let offsets: Vec<usize> = keywords.iter().map(|keyword| rarest_fragment(keyword)).collect();
        FragmentTables::new(keywords, &offsets)
    }

    /// Makes a table of the fragments that begin at `offsets` of `keywords`.
    fn new(keywords: &[Vec<u8>], offsets: &[usize]) -> Self {
        let mut tables = FragmentTables { heads: vec![0; HASHES], entries: Vec::new() };
        for (index, (keyword, offset)) in keywords.iter().zip(offsets).enumerate() {
            debug_assert!(keyword.len() >= SHORTEST_KEYWORD, "shorter ones have no fragment");
            let end = keyword.len().min(offset + FRAGMENT_BYTES);
            let ending = ending(keyword, end - 1);
            let head = &mut tables.heads[hash(ending)];
            let keyword = u32::try_from(index).expect("keywords are counted in u32");
            let entry = FragmentEntry { ending, keyword, end: end as u32, next: *head };
            tables.entries.push(entry);
            *head = keyword + 1;
        }
        tables
    }
}

/// Returns the last three bytes up to `last` in one word, with the bit set that makes ASCII letters
/// lower case. Other bytes that differ in that bit alone are taken for equal here and told apart later.
#[inline]
#[must_use]
pub(crate) fn ending(bytes: &[u8], last: usize) -> u32 {
    let [a, b, c] = *bytes[..=last].last_chunk().expect("fragments end at the third byte or later");
    u32::from_le_bytes([a, b, c, 0]) | 0x0020_2020
}

/// Returns the hash of an ending.
#[inline]
#[must_use]
pub(crate) fn hash(ending: u32) -> usize {
    (ending.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}

/// Returns the tables of the shuffle, and of the fragments that suit it best.
#[must_use]
pub(crate) fn shuffle(keywords: &[Vec<u8>]) -> (Shuffle, FragmentTables) {
    let (shuffle, offsets) = Shuffle::new(keywords);
    (shuffle, FragmentTables::new(keywords, &offsets))
}

/// Returns where fragments of `keyword` may begin.
fn fragment_offsets(keyword: &[u8]) -> std::ops::RangeInclusive<usize> {
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

/// How many buckets fragments are spread over: one for each bit of a byte.
const BUCKETS: usize = 8;

/// For each position of a fragment, a mask of buckets for each half of a byte.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shuffle {
    /// By the low half.
    pub(crate) low: [[u8; 16]; FRAGMENT_BYTES],
    /// By the high half.
    pub(crate) high: [[u8; 16]; FRAGMENT_BYTES],
}

impl Shuffle {
    /// Makes the tables of keywords (in lower case), and says where the fragment of each begins.
    /// A keyword of three bytes gets a first position that any byte fits.
    fn new(keywords: &[Vec<u8>]) -> (Self, Vec<usize>) {
        let mut order: Vec<usize> = (0..keywords.len()).collect();
        // Short ones first: they have no choice.
        order.sort_by_key(|&index| keywords[index].len());
        let mut buckets = [Bucket::default(); BUCKETS];
        let mut offsets = vec![0; keywords.len()];
        for index in order {
            let choices = fragment_offsets(&keywords[index]).flat_map(|offset| {
                let fragment = halves(&keywords[index], offset);
                buckets
                    .iter()
                    .enumerate()
                    .map(move |(at, bucket)| (offset, at, bucket.with(&fragment)))
            });
            let added =
                |choice: &(usize, usize, Bucket)| choice.2.expected - buckets[choice.1].expected;
            let best = choices.min_by(|a, b| added(a).total_cmp(&added(b)));
            let (offset, at, bucket) = best.expect("every keyword has a fragment");
            offsets[index] = offset;
            buckets[at] = bucket;
        }
        (Shuffle::tables(&buckets), offsets)
    }

    fn tables(buckets: &[Bucket; BUCKETS]) -> Self {
        let mut tables = Shuffle::default();
        for (index, bucket) in buckets.iter().enumerate() {
            for (position, (low, high)) in bucket.halves.iter().enumerate() {
                for half in 0..16 {
                    tables.low[position][half] |= u8::from(low >> half & 1 == 1) << index;
                    tables.high[position][half] |= u8::from(high >> half & 1 == 1) << index;
                }
            }
        }
        tables
    }
}

/// For each position, the sets of low and high halves.
type Halves = [(u16, u16); FRAGMENT_BYTES];

fn halves(keyword: &[u8], offset: usize) -> Halves {
    let any = (u16::MAX, u16::MAX);
    let mut halves = [any; FRAGMENT_BYTES];
    let fragment = &keyword[offset..keyword.len().min(offset + FRAGMENT_BYTES)];
    for (position, byte) in halves[FRAGMENT_BYTES - fragment.len()..].iter_mut().zip(fragment) {
        let upper = byte.to_ascii_uppercase();
        *position = (1 << (byte & 15), 1 << (byte >> 4) | 1 << (upper >> 4));
    }
    halves
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    halves: Halves,
    /// The share of positions in source text that would be candidates, were bytes independent.
    expected: f32,
}

impl Bucket {
    fn with(&self, fragment: &Halves) -> Self {
        let mut halves = self.halves;
        for (position, more) in halves.iter_mut().zip(fragment) {
            *position = (position.0 | more.0, position.1 | more.1);
        }
        let expected = halves.iter().map(|&(low, high)| share(low, high)).product();
        Bucket { halves, expected }
    }
}

/// The share of bytes in source text whose halves are in both sets.
fn share(low: u16, high: u16) -> f32 {
    if (low, high) == (u16::MAX, u16::MAX) {
        return 1.0;
    }
    // Bytes above 127 are rare: the upper half of the table is left out.
    let of_high = |high: u32| -> u32 {
        bits(low).map(|low| u32::from(FREQUENCIES[(high << 4 | low) as usize])).sum()
    };
    let sum: u32 = bits(high & 0xff).map(of_high).sum();
    sum as f32 / 65536.0
}

fn bits(mut set: u16) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (bit < 16).then_some(bit)
    })
}

/// How often each byte occurs in 189 MB of Rust, C and Python source, of 65,536, at least 1.
#[rustfmt::skip]
const FREQUENCIES: [u16; 256] = [
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
