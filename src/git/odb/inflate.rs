//! Compressed bytes made whole: at once where they are few, in fragments where they are many.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::Damage;
use crate::text::fragment::Fragment;
use crate::text::stream;

/// Bytes that are written again and again; what was there is not cleared first.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// Makes room for `len` bytes, of any value.
    pub(super) fn reset(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() < len {
            self.bytes.resize(len, 0);
        }
        self.len = len;
        &mut self.bytes[..len]
    }

    /// Takes `size` bytes from a reader; tells whether it has as many, and no more. Memory grows
    /// with the bytes that come.
    pub(super) fn fill(&mut self, from: impl Read, size: u64) -> std::io::Result<bool> {
        self.bytes.clear();
        self.len = 0;
        from.take(size.saturating_add(1)).read_to_end(&mut self.bytes)?;
        self.len = self.bytes.len();
        Ok(self.len as u64 == size)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// How much memory it holds.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

/// Deflate makes nothing larger than 1,032 times its size: what claims to be is damaged, and
/// nothing is set aside for it.
const MAX_RATIO: u64 = 1040;

/// Inflates whole objects. The size is always known before, which is what makes libdeflate twice
/// as fast as zlib.
pub(super) struct Inflater(libdeflater::Decompressor);

impl Inflater {
    pub(super) fn new() -> Self {
        Inflater(libdeflater::Decompressor::new())
    }

    /// Inflates what is at the beginning of `packed` to exactly `size` bytes.
    pub(super) fn inflate(
        &mut self,
        packed: &[u8],
        size: u64,
        out: &mut Buffer,
    ) -> Result<(), Damage> {
        if size > (packed.len() as u64 + 64) * MAX_RATIO {
            return Err(Damage("its declared size does not match its content"));
        }
        let size = usize::try_from(size).map_err(|_| Damage("it is too large"))?;
        let into = out.reset(size);
        // One byte more than there is would not be told from the right size.
        match self.0.zlib_decompress(packed, into) {
            Ok(made) if made == size => Ok(()),
            Ok(_) | Err(_) => Err(Damage("it cannot be inflated")),
        }
    }
}

/// Hands the inflated bytes of `packed` to `each` in fragments, leaving out the first `skip`.
pub(super) fn in_fragments(
    packed: impl Read,
    skip: u64,
    size: u64,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Fragment<'_>),
) -> Result<(), Damage> {
    let mut decoder = ZlibDecoder::new(packed);
    let failed = |_| Damage("it cannot be inflated");
    std::io::copy(&mut decoder.by_ref().take(skip), &mut std::io::sink()).map_err(failed)?;
    stream::fragments(&mut decoder.by_ref().take(size), buffer, each).map_err(failed)?;
    if decoder.total_out() == skip + size { Ok(()) } else { Err(Damage("it is cut short")) }
}
