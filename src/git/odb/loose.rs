//! Loose objects: one zlib stream a file, `type size NUL` before the bytes.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::{Decompress, FlushDecompress};

use super::Damage;
use super::inflate::{Buffer, Inflater, in_fragments};
use crate::git::Kind;
use crate::text::fragment::Fragment;

/// What a loose object's file says of it.
pub(super) struct Loose {
    file: File,
    pub(super) kind: Kind,
    pub(super) size: u64,
    header_bytes: usize,
    path: PathBuf,
}

impl Loose {
    pub(super) fn open(path: &Path) -> Result<Self, LooseError> {
        let mut file = File::open(path)?;
        let mut start = [0; 192];
        let mut have = 0;
        while have < start.len() {
            match file.read(&mut start[have..])? {
                0 => break,
                read => have += read,
            }
        }
        let mut plain = [0; 64];
        let mut inflate = Decompress::new(true);
        let said = inflate.decompress(&start[..have], &mut plain, FlushDecompress::Sync);
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
        Ok(Loose { file, kind, size, header_bytes: end + 1, path: path.to_owned() })
    }

    /// Inflates the object behind its header: `out` holds both, see [`Self::header_bytes`].
    pub(super) fn read(
        &mut self,
        inflater: &mut Inflater,
        out: &mut Buffer,
    ) -> Result<(), LooseError> {
        let packed = std::fs::read(&self.path)?;
        inflater.inflate(&packed, self.size + self.header_bytes as u64, out)?;
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
        drop(self.file);
        let file = File::open(&self.path)?;
        in_fragments(file, self.header_bytes as u64, self.size, buffer, each)?;
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
