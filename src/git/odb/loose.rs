//! Loose objects: one zlib stream a file, `type size NUL` before the bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::{Decompress, FlushDecompress};

use super::Damage;
use super::inflate::{Buffer, Inflater, in_fragments};
use crate::git::Kind;
use crate::text::fragment::Fragment;

/// What a loose object's file says of it.
pub(super) struct Loose {
    /// The first bytes of the file: all of it, if it is small.
    start: Vec<u8>,
    /// The open file, if it may hold more bytes.
    rest: Option<File>,
    pub(super) kind: Kind,
    pub(super) size: u64,
    header_bytes: usize,
}

/// How much of a file is read to see its header. Most files have fewer bytes.
const START_BYTES: u64 = 4096;

impl Loose {
    pub(super) fn open(path: &Path) -> Result<Self, LooseError> {
        let mut file = File::open(path)?;
        let mut start = Vec::with_capacity(START_BYTES as usize);
        file.by_ref().take(START_BYTES).read_to_end(&mut start)?;
        let rest = (start.len() as u64 == START_BYTES).then_some(file);
        let mut plain = [0; 64];
        let mut inflate = Decompress::new(true);
        let said = inflate.decompress(&start, &mut plain, FlushDecompress::Sync);
        // An error behind the header shows when the rest is read.
        let plain = &plain[..inflate.total_out() as usize];
        let end = memchr::memchr(0, plain).filter(|_| said.is_ok());
        let end = end.ok_or(Damage("it has no header"))?;
        let header = std::str::from_utf8(&plain[..end]).ok().and_then(|text| text.split_once(' '));
        let kind = match header {
            Some(("blob", _)) => Kind::Blob,
            Some(("tree", _)) => Kind::Tree,
            Some(("commit", _)) => Kind::Commit,
            Some(("tag", _)) => Kind::Tag,
            _ => return Err(Damage("its type is unknown").into()),
        };
        let size = header.and_then(|(_, size)| size.parse().ok());
        let size = size.ok_or(Damage("its declared size cannot be understood"))?;
        Ok(Loose { start, rest, kind, size, header_bytes: end + 1 })
    }

    /// Inflates the object behind its header: `out` holds both, see [`Self::header_bytes`].
    pub(super) fn read(
        &mut self,
        inflater: &mut Inflater,
        out: &mut Buffer,
    ) -> Result<(), LooseError> {
        if let Some(mut rest) = self.rest.take() {
            rest.read_to_end(&mut self.start)?;
        }
        inflater.inflate(&self.start, self.size + self.header_bytes as u64, out)?;
        Ok(())
    }

    pub(super) fn header_bytes(&self) -> usize {
        self.header_bytes
    }

    pub(super) fn in_fragments(
        self,
        buffer: &mut Vec<u8>,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), LooseError> {
        let start = self.start.as_slice();
        let (skip, size) = (self.header_bytes as u64, self.size);
        match self.rest {
            Some(rest) => in_fragments(start.chain(rest), skip, size, buffer, each)?,
            None => in_fragments(start, skip, size, buffer, each)?,
        }
        Ok(())
    }
}

/// A loose object that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LooseError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Damage(#[from] Damage),
}
