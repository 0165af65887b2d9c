//! The prefilter's first stage on x86-64: 32 bytes at a time.
//!
//! Every fragment belongs to one of eight buckets. A byte fits position `i` of a bucket if both
//! its halves are among those of the bucket's fragments there, which two table look-ups by
//! `vpshufb` answer for 32 bytes and all buckets at once; four positions in a row that fit one
//! bucket make a candidate. The idea is that of the Teddy algorithm of Hyperscan
//! (<https://github.com/intel/hyperscan>); what differs is that fragments are spread over the
//! buckets so that the expected number of candidates in source text is least.
//!
//! On other machines [`is_available`] is false and the prefilter hashes each position.

use super::keyword_tables::Shuffle;

#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::is_available;

/// Whether this machine can run [`Shuffle::candidates`].
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn is_available() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
impl Shuffle {
    pub(super) fn candidates(&self, _bytes: &[u8], _visit: &mut impl FnMut(usize)) {
        unreachable!("not made where it is not available");
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::arch::x86_64::{
        __m256i, _mm256_alignr_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_movemask_epi8,
        _mm256_permute2x128_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    use super::Shuffle;

    /// Whether this machine can run [`Shuffle::candidates`].
    pub(in super::super) fn is_available() -> bool {
        is_x86_feature_detected!("avx2")
    }

    const STEP: usize = 32;

    impl Shuffle {
        /// Visits the last byte of every window of four that fits a bucket, in rising order; at
        /// the start of `bytes` a shorter window counts too.
        pub(in super::super) fn candidates(&self, bytes: &[u8], visit: &mut impl FnMut(usize)) {
            assert!(is_available(), "made only where it is available");
            #[expect(unsafe_code, reason = "calling into a target feature")]
            // SAFETY: AVX2 was detected on the line above; the function itself is safe code.
            unsafe {
                self.candidates_avx2(bytes, visit);
            }
        }

        #[target_feature(enable = "avx2")]
        fn candidates_avx2(&self, bytes: &[u8], visit: &mut impl FnMut(usize)) {
            let tables = Tables::new(self);
            // Before the first byte anything may have stood: keywords of three bytes begin there.
            let mut before = Before([_mm256_set1_epi8(-1); 3]);
            let mut found = Positions { list: [0; Positions::ROOM], count: 0 };
            let (blocks, tail) = bytes.as_chunks::<{ 2 * STEP }>();
            for (index, block) in blocks.iter().enumerate() {
                found.add(index * 2 * STEP, tables.block(block, &mut before));
                if found.count > Positions::ROOM - 2 * STEP {
                    found.visit(visit);
                }
            }
            let mut last = [0; 2 * STEP];
            last[..tail.len()].copy_from_slice(tail);
            let inside = (1u64 << tail.len()).wrapping_sub(1);
            found.add(blocks.len() * 2 * STEP, tables.block(&last, &mut before) & inside);
            found.visit(visit);
        }
    }

    /// Positions on their way from the tables to whoever looks at them. One in 60 bytes is a
    /// candidate, which no branch predictor foresees, so they are collected without branches
    /// (<https://arxiv.org/abs/1902.08318>, section 3.1.4, does the same).
    struct Positions {
        list: [usize; Self::ROOM],
        count: usize,
    }

    impl Positions {
        const ROOM: usize = 512;
        /// So many are written whether there are as many or not.
        const AT_ONCE: usize = 4;

        #[inline]
        fn add(&mut self, base: usize, mut bits: u64) {
            let end = self.count + bits.count_ones() as usize;
            let mut next = |slot: &mut usize| {
                *slot = base + bits.trailing_zeros() as usize;
                bits &= bits.wrapping_sub(1);
            };
            let free = &mut self.list[self.count..];
            let (first, rest) = free.split_at_mut(Self::AT_ONCE);
            first.iter_mut().for_each(&mut next);
            if end > self.count + Self::AT_ONCE {
                rest[..end - self.count - Self::AT_ONCE].iter_mut().for_each(&mut next);
            }
            self.count = end;
        }

        fn visit(&mut self, visit: &mut impl FnMut(usize)) {
            self.list[..self.count].iter().copied().for_each(visit);
            self.count = 0;
        }
    }

    /// What the three positions before the last one held in the 32 bytes before.
    struct Before([__m256i; 3]);

    struct Tables {
        low: [__m256i; 4],
        high: [__m256i; 4],
    }

    impl Tables {
        #[target_feature(enable = "avx2")]
        fn new(shuffle: &Shuffle) -> Self {
            let [l0, l1, l2, l3] = &shuffle.low;
            let [h0, h1, h2, h3] = &shuffle.high;
            Tables {
                low: [twice(l0), twice(l1), twice(l2), twice(l3)],
                high: [twice(h0), twice(h1), twice(h2), twice(h3)],
            }
        }

        /// Returns a bit for each of 64 bytes that may end a fragment.
        #[target_feature(enable = "avx2")]
        fn block(&self, bytes: &[u8; 2 * STEP], before: &mut Before) -> u64 {
            let (halves, _) = bytes.as_chunks::<STEP>();
            let low = mask(self.step(load(&halves[0]), before));
            let high = mask(self.step(load(&halves[1]), before));
            u64::from(high) << 32 | u64::from(low)
        }

        /// Returns, for each of 32 bytes, the buckets of which it may end a fragment.
        #[target_feature(enable = "avx2")]
        fn step(&self, bytes: __m256i, before: &mut Before) -> __m256i {
            let half = _mm256_set1_epi8(15);
            let low = _mm256_and_si256(bytes, half);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half);
            let [b0, b1, b2] = before.0;
            let p0 = fitting(self.low[0], low, self.high[0], high);
            let p1 = fitting(self.low[1], low, self.high[1], high);
            let p2 = fitting(self.low[2], low, self.high[2], high);
            let p3 = fitting(self.low[3], low, self.high[3], high);
            before.0 = [p0, p1, p2];
            let p0 = _mm256_alignr_epi8::<13>(p0, _mm256_permute2x128_si256::<0x21>(b0, p0));
            let p1 = _mm256_alignr_epi8::<14>(p1, _mm256_permute2x128_si256::<0x21>(b1, p1));
            let p2 = _mm256_alignr_epi8::<15>(p2, _mm256_permute2x128_si256::<0x21>(b2, p2));
            _mm256_and_si256(_mm256_and_si256(p0, p1), _mm256_and_si256(p2, p3))
        }
    }

    #[target_feature(enable = "avx2")]
    fn fitting(lows: __m256i, low: __m256i, highs: __m256i, high: __m256i) -> __m256i {
        _mm256_and_si256(_mm256_shuffle_epi8(lows, low), _mm256_shuffle_epi8(highs, high))
    }

    /// One bit for each byte that is not zero.
    #[target_feature(enable = "avx2")]
    fn mask(fits: __m256i) -> u32 {
        !_mm256_movemask_epi8(_mm256_cmpeq_epi8(fits, _mm256_setzero_si256())).cast_unsigned()
    }

    /// The compiler makes one vector load of this.
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8; STEP]) -> __m256i {
        let (words, _) = bytes.as_chunks::<8>();
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| i64::from_le_bytes(words[at]));
        _mm256_set_epi64x(d, c, b, a)
    }

    /// A table of 16 bytes in both halves of a vector.
    #[target_feature(enable = "avx2")]
    fn twice(table: &[u8; 16]) -> __m256i {
        let (words, _) = table.as_chunks::<8>();
        let [a, b] = [0, 1].map(|at| i64::from_le_bytes(words[at]));
        _mm256_set_epi64x(b, a, b, a)
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefilter::Prefilter;

    #[test]
    fn tables_never_miss_a_keyword_at_any_offset() {
        let prefilter = Prefilter::new(&[b"AKIA", b"://", b"secret", b"private key"]);
        for offset in 0..100 {
            for keyword in [&b"aKiA"[..], b"://", b"SECRET", b"Private Key"] {
                let mut bytes = vec![b'.'; 70_000];
                bytes[offset..offset + keyword.len()].copy_from_slice(keyword);
                let end = bytes.len() - offset;
                bytes[end - keyword.len()..end].copy_from_slice(keyword);
                let mut starts = Vec::new();
                prefilter.for_each(&bytes, |hit| starts.push(hit.start));
                assert_eq!(starts, [offset, end - keyword.len()], "{keyword:?}");
            }
        }
    }
}
