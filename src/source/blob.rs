//! Reads blobs, and the texts of commits and tags, by their ids.

use std::io::Cursor;

use super::archive::{self, ArchiveLimits};
use super::object::{Kind, ObjectId};
use super::{Added, Content, Fragment, ReadError, Reader, Repository, Unit, hunk};
use crate::finding::Skipped;

/// Reads blobs, names, and parts of commits and tags.
pub(super) struct BlobReader {
    repository: Repository,
    /// Blobs larger than this are read in parts.
    stream_from: u64,
    archives: Option<ArchiveLimits>,
    left_out: Vec<Skipped>,
}

impl BlobReader {
    pub(super) const fn new(repository: Repository) -> Self {
        BlobReader { repository, stream_from: u64::MAX, archives: None, left_out: Vec::new() }
    }

    /// Reads blobs of any size, large ones in parts, and the members of archives if `archives`
    /// says how far.
    pub(super) fn of_history(repository: Repository, archives: Option<ArchiveLimits>) -> Self {
        BlobReader { stream_from: STREAM_FROM_BYTES, archives, ..BlobReader::new(repository) }
    }

    fn blob(
        &mut self,
        unit: &Unit,
        id: &ObjectId,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), ReadError> {
        let is_large = self.repository.size(id) > self.stream_from;
        if is_large {
            let mut is_archive = None;
            self.repository.stream(id, &mut |fragment| {
                is_archive.get_or_insert_with(|| archive::is_whole_archive(fragment.bytes));
                each(fragment);
            })?;
            if self.archives.is_none() || is_archive != Some(true) {
                return Ok(());
            }
        }
        let (archives, left_out) = (self.archives, &mut self.left_out);
        let is_blob = self.repository.object(id, |kind, bytes| {
            if !is_large {
                each(Fragment::whole(bytes));
            }
            if let Some(limits) = archives.filter(|_| archive::is_whole_archive(bytes)) {
                archive::open(Cursor::new(bytes), limits, &unit.origin.path, left_out, each);
            }
            kind == Kind::Blob
        })?;
        let wrong = || Err(ReadError::object(id, "it stands for a file and is none"));
        if is_blob { Ok(()) } else { wrong() }
    }
}

/// Blobs of a history that are larger than this are read in parts.
const STREAM_FROM_BYTES: u64 = 16 << 20;

impl Reader for BlobReader {
    fn read(&mut self, unit: &Unit, each: &mut dyn FnMut(Fragment<'_>)) -> Result<(), ReadError> {
        match &unit.content {
            Content::Blob(blob) => self.blob(unit, &blob.id, each),
            Content::Header(id) => self.repository.object(id, |_, raw| {
                each(Fragment::whole(&raw[..super::object::header_bytes(raw)]));
            }),
            Content::Text(id) => self.repository.object(id, |_, raw| {
                each(Fragment::whole(&raw[super::object::header_bytes(raw)..]));
            }),
            Content::Bytes(bytes) => {
                each(Fragment::whole(bytes));
                Ok(())
            }
            Content::Name | Content::File(_) | Content::Link(_) | Content::Stdin => {
                each(Fragment::whole(&unit.origin.path));
                Ok(())
            }
        }
    }

    fn take_left_out(&mut self) -> Vec<Skipped> {
        std::mem::take(&mut self.left_out)
    }

    fn added(&mut self, unit: &Unit, bytes: &[u8]) -> Result<Added, ReadError> {
        let Content::Blob(blob) = &unit.content else {
            return Ok(Added::All);
        };
        let mut added = Added::All;
        for base in &blob.bases {
            added = hunk::both(added, self.against(base, bytes)?);
        }
        if blob.bases.is_empty() {
            for gone in blob.gone.iter().take(MAX_GONE) {
                let against = self.against(gone, bytes)?;
                if hunk::is_mostly_old(&against, bytes.len()) {
                    added = hunk::both(added, against);
                }
            }
        }
        Ok(added)
    }
}

/// How many removed files are tried as the older name of a new one.
const MAX_GONE: usize = 200;

impl BlobReader {
    fn against(&mut self, base: &ObjectId, bytes: &[u8]) -> Result<Added, ReadError> {
        self.repository.object(base, |_, old| hunk::added_lines(old, bytes))
    }
}
