//! The tables by which keywords are found, made of the keywords alone.
//!
//! A *gram* is four bytes in a row. Each keyword is known by its rarest one; a keyword of three bytes by all
//! grams that begin with it.
//!
//! The build script shares this file: it lays the tables of the built-in rules, so that the start of
//! the program does not grow with their number.

/// How many bytes a gram has.
pub(crate) const GRAM_BYTES: usize = 4;

/// The shortest keyword, in bytes.
pub(crate) const SHORTEST_KEYWORD: usize = GRAM_BYTES - 1;

/// How many bits the hash of a gram has, and how many words hold a bit for each hash.
pub(crate) const HASH_BITS: u32 = 18;
pub(crate) const BITMAP_WORDS: usize = (1 << HASH_BITS) / 32;

/// What a gram is multiplied by; the upper bits are its hash (Knuth's multiplicative hashing).
pub(crate) const MULTIPLIER: u32 = 0x9e37_79b1;

/// How many lists of entries there are.
pub(crate) const LISTS: usize = 1 << 12;

/// Grams begin in the first bytes of a keyword: choosing among more saves nothing, and hits are put in order sooner.
pub(crate) const MAX_GRAM_OFFSET: usize = 24;

/// The grams of all keywords.
#[derive(Debug, Clone)]
pub(crate) struct GramTables {
    /// A bit for each hash: whether a gram has it.
    pub(crate) bitmap: Vec<u32>,
    /// Per upper part of a hash, one more than the index of the first entry; 0 for none.
    pub(crate) lists: Vec<u32>,
    pub(crate) entries: Vec<GramEntry>,
}

/// A gram of one keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GramEntry {
    /// The four bytes, as [`gram`] makes one word of them.
    pub(crate) gram: u32,
    /// The keyword's index.
    pub(crate) keyword: u32,
    /// Where in the keyword the gram begins.
    pub(crate) offset: u32,
    /// As in [`GramTables::lists`].
    pub(crate) next: u32,
}

impl GramTables {
    /// Lays the tables of keywords in lower case, of at least [`SHORTEST_KEYWORD`] bytes.
    #[must_use]
    pub(crate) fn new(keywords: &[Vec<u8>]) -> Self {
        let mut tables = GramTables {
            bitmap: vec![0; BITMAP_WORDS],
            lists: vec![0; LISTS],
            entries: Vec::new(),
        };
        for (index, keyword) in keywords.iter().enumerate() {
            let index = u32::try_from(index).expect("keywords are counted in u32");
            if keyword.len() >= GRAM_BYTES {
                let offset = rarest_offset(keyword);
                tables.add(gram(keyword, offset), index, offset);
                continue;
            }
            let with = |last| gram(&[keyword[0], keyword[1], keyword[2], last], 0);
            let mut grams: Vec<u32> = (0..=u8::MAX).map(with).collect();
            grams.sort_unstable();
            grams.dedup();
            grams.into_iter().for_each(|gram| tables.add(gram, index, 0));
        }
        tables
    }

    fn add(&mut self, gram: u32, keyword: u32, offset: usize) {
        let hash = hash(gram);
        self.bitmap[hash / 32] |= 1 << (hash % 32);
        let list = &mut self.lists[list_of(hash)];
        let entry = GramEntry { gram, keyword, offset: offset as u32, next: *list };
        self.entries.push(entry);
        *list = u32::try_from(self.entries.len()).expect("grams are counted in u32");
    }
}

/// Returns the four bytes from `at` on in one word, with the bit set that makes ASCII letters lower case.
/// Other bytes that differ in that bit alone are taken for equal here and told apart later.
#[inline]
#[must_use]
pub(crate) fn gram(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) | 0x2020_2020
}

/// Returns the hash of a gram.
#[inline]
#[must_use]
pub(crate) const fn hash(gram: u32) -> usize {
    (gram.wrapping_mul(MULTIPLIER) >> (32 - HASH_BITS)) as usize
}

/// Returns the list that the entries of a hash are in.
#[inline]
#[must_use]
pub(crate) const fn list_of(hash: usize) -> usize {
    hash >> (HASH_BITS - LISTS.trailing_zeros())
}

/// Returns where the rarest gram of a keyword begins.
fn rarest_offset(keyword: &[u8]) -> usize {
    let rarity = |at: &usize| {
        let [a, b, c, d] = [0, 1, 2, 3].map(|next| keyword[at + next]);
        frequency(a) * frequency(b) * third_frequency(a, b, c) * third_frequency(b, c, d)
    };
    let last = (keyword.len() - GRAM_BYTES).min(MAX_GRAM_OFFSET);
    (0..=last).min_by(|a, b| rarity(a).total_cmp(&rarity(b))).unwrap_or(0)
}

/// How often a byte follows two others, of 65,536: letters follow letters as they do in words.
fn third_frequency(first: u8, second: u8, third: u8) -> f32 {
    let letter = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a'));
    let letters = (letter(first), letter(second), letter(third));
    let (Some(first), Some(second), Some(third)) = letters else { return frequency(third) };
    let sixteenths = f32::from(LETTERS[(first * 27 + second) * 27 + third] as i8);
    65536. / 26. * (sixteenths / 16.).exp()
}

/// How much likelier three letters are in words than at random: see `generic/letters.rs`.
const LETTERS: &[u8; 27 * 27 * 27] = include_bytes!("generic/letters.bin");

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
