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

/// How many bits of a hash name a word of the bitmap.
pub(crate) const WORD_BITS: u32 = 13;
pub(crate) const BITMAP_BYTES: usize = size_of::<u32>() << WORD_BITS;

/// Two bits for each hash of a gram, in one word (a Bloom filter that is read at one place). It begins where a cache
/// line does, so that no word of it lies in two. The lowest byte of a word stands first.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Bitmap(pub(crate) [u8; BITMAP_BYTES]);

/// What a gram is multiplied by, as a start; the upper bits are a good hash (Knuth's multiplicative hashing). Of
/// as many multipliers, that one is taken for which the fewest common grams have the hash of a keyword's.
const FIRST_MULTIPLIER: u32 = 0x9e37_79b1;
const MULTIPLIERS: u32 = 64;

/// How many lists of entries there are.
pub(crate) const LISTS: usize = 1 << 12;

/// Grams begin in the first bytes of a keyword: choosing among more saves nothing, and hits are put in order sooner.
pub(crate) const MAX_GRAM_OFFSET: usize = 24;

/// The grams of all keywords.
#[derive(Debug)]
pub(crate) struct GramTables {
    /// What grams are multiplied by.
    pub(crate) multiplier: u32,
    /// Which hashes a gram has.
    pub(crate) bitmap: Box<Bitmap>,
    /// Per upper bits of a hash, one more than the index of the first entry; 0 for none.
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
        let grams = grams(0, keywords);
        let mut tables = GramTables {
            multiplier: best_multiplier(grams.iter().map(|(gram, ..)| *gram)),
            bitmap: Box::new(Bitmap([0; BITMAP_BYTES])),
            lists: vec![0; LISTS],
            entries: Vec::new(),
        };
        tables.extend(grams);
        tables
    }

    /// Adds grams of further keywords. The multiplier stays.
    pub(crate) fn extend(&mut self, grams: Vec<Gram>) {
        grams.into_iter().for_each(|(gram, keyword, offset)| self.add(gram, keyword, offset));
    }

    fn add(&mut self, gram: u32, keyword: u32, offset: usize) {
        let hash = hash(gram, self.multiplier);
        self.bitmap.add(hash);
        let list = &mut self.lists[list_of(hash)];
        let entry = GramEntry { gram, keyword, offset: offset as u32, next: *list };
        self.entries.push(entry);
        *list = u32::try_from(self.entries.len()).expect("grams are counted in u32");
    }
}

/// A gram with the index of its keyword, and where in it the gram begins.
pub(crate) type Gram = (u32, u32, usize);

/// Returns the grams of keywords. The first keyword has the index `first`, and the others follow.
pub(crate) fn grams(first: usize, keywords: &[Vec<u8>]) -> Vec<Gram> {
    let mut grams = Vec::new();
    for (index, keyword) in keywords.iter().enumerate() {
        let index = u32::try_from(first + index).expect("keywords are counted in u32");
        if keyword.len() >= GRAM_BYTES {
            let offset = rarest_offset(keyword);
            grams.push((gram(keyword, offset), index, offset));
            continue;
        }
        let with = |last| gram(&[keyword[0], keyword[1], keyword[2], last], 0);
        let mut own: Vec<u32> = (0..=u8::MAX).map(with).collect();
        own.sort_unstable();
        own.dedup();
        grams.extend(own.into_iter().map(|gram| (gram, index, 0)));
    }
    grams
}

impl Bitmap {
    fn word(&mut self, hash: u32) -> &mut [u8] {
        &mut self.0[size_of::<u32>() * word_of(hash)..][..size_of::<u32>()]
    }

    fn add(&mut self, hash: u32) {
        for (byte, bits) in self.word(hash).iter_mut().zip(bits_of(hash).to_le_bytes()) {
            *byte |= bits;
        }
    }

    /// Whether a gram may have the hash.
    #[inline]
    #[must_use]
    pub(crate) fn may_have(&self, hash: u32) -> bool {
        let word = &self.0[size_of::<u32>() * word_of(hash)..];
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        word & bits_of(hash) == bits_of(hash)
    }
}

/// Returns the four bytes from `at` on in one word, with the bit set that makes ASCII letters lower case.
/// Other bytes that differ in that bit alone are taken for equal here and told apart later.
#[inline]
#[must_use]
pub(crate) fn gram(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) | 0x2020_2020
}

/// Returns the hash of a gram: from the top, the bits that name a word of the bitmap, then twice five that name a bit
/// of it.
#[inline]
#[must_use]
pub(crate) const fn hash(gram: u32, multiplier: u32) -> u32 {
    gram.wrapping_mul(multiplier)
}

/// By how much a hash is shifted for the word, and for its bits.
pub(crate) const TO_WORD: u32 = u32::BITS - WORD_BITS;
pub(crate) const TO_BIT: u32 = TO_WORD - 5;
pub(crate) const TO_OTHER_BIT: u32 = TO_BIT - 5;

#[inline]
const fn word_of(hash: u32) -> usize {
    (hash >> TO_WORD) as usize
}

#[inline]
const fn bits_of(hash: u32) -> u32 {
    1 << (hash >> TO_BIT & 31) | 1 << (hash >> TO_OTHER_BIT & 31)
}

/// Returns the list that the entries of a hash are in.
#[inline]
#[must_use]
pub(crate) const fn list_of(hash: u32) -> usize {
    (hash >> (u32::BITS - LISTS.trailing_zeros())) as usize
}

/// Returns the multiplier for which the least frequent of the common grams, which are none of `grams`, have
/// a hash of theirs.
fn best_multiplier(grams: impl Iterator<Item = u32> + Clone) -> u32 {
    let common = COMMON.map(|bytes| gram(bytes, 0));
    // One bitmap for all: each of its own would be fresh pages, and take longer to be had than to be filled.
    let mut bitmap = Box::new(Bitmap([0; BITMAP_BYTES]));
    let mut cost = |multiplier: u32| {
        let hashes = grams.clone().map(|gram| hash(gram, multiplier));
        hashes.clone().for_each(|hash| bitmap.add(hash));
        let hits = common.iter().enumerate();
        let hits = hits.filter(|(_, gram)| bitmap.may_have(hash(**gram, multiplier)));
        let cost = hits.map(|(place, _)| COMMON.len() * COMMON.len() / (place + 1)).sum::<usize>();
        hashes.for_each(|hash| bitmap.word(hash).fill(0));
        cost
    };
    let multipliers = (0..MULTIPLIERS).map(|at| FIRST_MULTIPLIER.wrapping_mul(2 * at + 1));
    multipliers.min_by_key(|&multiplier| cost(multiplier)).unwrap_or(FIRST_MULTIPLIER)
}

/// Returns where the rarest gram of a keyword begins.
fn rarest_offset(keyword: &[u8]) -> usize {
    let rarity = |at: &usize| {
        let [a, b, c, d] = [0, 1, 2, 3].map(|next| keyword[at + next]);
        let is_common = COMMON.iter().any(|common| gram(*common, 0) == gram(keyword, *at));
        frequency(a)
            * frequency(b)
            * third_frequency(a, b, c)
            * third_frequency(b, c, d)
            * if is_common { 1000. } else { 1. }
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

/// The most frequent grams of 57 MB of C, Rust, shell, Python and Markdown, the most frequent first, and some of
/// other text. The bit that makes letters lower case is set: a line end is `*`, a tab `)`.
#[rustfmt::skip]
const COMMON: [&[u8; GRAM_BYTES]; 243] = [
    b"    ", b"*   ", b"****", b";*  ", b" the", b"the ", b"test", b" &&*", b"&&*)", b"tion",
    b"est\x7f", b");* ", b"file", b"*)))", b"{*  ", b",*  ", b")*  ", b") {*", b" {* ", b" to ",
    b" */*", b"name", b"ing ", b"**  ", b"if (", b"stat", b"stru", b"truc", b"ruct", b"turn",
    b"comm", b"etur", b"retu", b"* * ", b");*)", b"data", b" con", b"uct ", b"----", b"))))",
    b" str", b"urn ", b";*))", b" if ", b"path", b")tes", b"size", b"   .", b"  if", b"   }",
    b"   r", b"int ", b"   i", b" is ", b"ion ", b"  }*", b"with", b"  re", b" ret", b" for",
    b");**", b"char", b"   /", b" cha", b"   c", b"*/* ", b"}*  ", b")if ", b"conf", b"*)te",
    b" /* ", b"cons", b" of ", b"ject", b"for ", b"ect\x7f", b";** ", b"*}**", b" com", b"and ",
    b" in ", b"able", b" int", b"har ", b"*)gi", b"onst", b"head", b" {*)", b";**)", b"cess",
    b"   s", b"onfi", b"nfig", b"   \"", b"nst ", b"null", b" and", b"\", \"", b"ptio", b"t re",
    b"list", b"opti", b"/*  ", b"void", b",*))", b"ar *", b"ess ", b";*}*", b"stri", b")   ",
    b"&*))", b" pro", b" fil", b"t = ", b" not", b"rror", b"this", b"dule", b"t ch", b"   l",
    b"erro", b"chec", b"heck", b"modu", b"odul", b"read", b" res", b"allo", b"  /*", b" thi",
    b")*))", b"*tes", b"resu", b"ile ", b"sion", b"http", b"cces", b" wit", b"e = ", b"&*)t",
    b"his ", b"{*))", b"type", b"sult", b"esul", b" nul", b"tati", b"bjec", b"oid ", b"t\x7fsu",
    b" }* ", b"ring", b"succ", b"ucce", b"))) ", b"ted ", b"line", b"\x7fexp", b")str", b"atio",
    b"code", b"();*", b"buil", b"ect ", b"not ", b"obje", b"info", b"st\x7fe", b" use", b"))  ",
    b"ctio", b")ret", b"init", b"st c", b"port", b"t\x7fex", b"time", b"atic", b" == ", b"cont",
    b"**te", b"ions", b"e th", b"inde", b"  cu", b"&*)g", b"ine ", b"form", b"ent ", b"tic ",
    b" ref", b"   p", b"trin", b"tree", b"(str", b" tha", b"0000", b"ct\x7fs", b"clud", b"ate ",
    b" if(", b"atch", b"*)if", b"lude", b"\x7fsuc", b"uild", b"vers", b"valu", b") * ", b"else",
    b"ndex", b"alue", b" = \"", b"fail", b"writ", b"\x7fcon", b" let", b"*sta", b"\"*  ", b"e re",
    b"aaaa", b"====", b"\x7f\x7f\x7f\x7f", b"....", b"////", b"\xff\xff\xff\xff", b"\": \"",
    b"</td", b"<div", b"div>", b"span", b"clas", b"lass", b"func", b"unct", b"impo", b"mpor",
    b"publ", b"ubli", b"serv", b"sert", b"ound", b"user",
];
