//! Reads every kind of unit, on one thread.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use super::{Blob, Content, Unit, lfs};
use crate::archive::{self, ArchiveLimits};
use crate::finding::{SkipKind, Skipped};
use crate::git::object::{Kind, ObjectId, header_bytes};
use crate::git::{Added, Handle, ReadError, Repository, RepositoryPool, line_diff};
use crate::text::fragment::Fragment;
use crate::text::stream;

/// What the units of a listing are read with.
#[derive(Debug, Clone)]
pub struct ReaderOptions {
    /// The repository that holds the objects, where there are any.
    pub repository: Option<RepositoryPool>,
    /// How far archives are opened, if they are.
    pub archives: Option<ArchiveLimits>,
    /// Blobs larger than this are read in fragments, however large they are.
    pub stream_from_bytes: u64,
    /// Whether objects that are not here are those that the remote of a partial clone has, so that it loses
    /// nothing not to read them.
    pub has_promises: bool,
    /// Where the files of Git LFS are kept, if pointers are followed.
    pub lfs: Option<lfs::Store>,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        ReaderOptions {
            repository: None,
            archives: None,
            stream_from_bytes: u64::MAX,
            has_promises: false,
            lfs: None,
        }
    }
}

/// Reads units of one listing. A kind of unit that a reader does not know cannot exist: there is one
/// reader, and its match on the content is exhaustive.
#[derive(Debug)]
pub struct Reader {
    options: ReaderOptions,
    /// Opened when the first object is read.
    repository: Option<Handle>,
    buffer: Vec<u8>,
    left_out: Vec<Skipped>,
}

/// How many deleted files are tried as the older name of a new one.
const MAX_DELETED: usize = 200;

impl Reader {
    /// Makes a reader for one worker; nothing is opened yet.
    #[must_use]
    pub fn new(options: &ReaderOptions) -> Self {
        Reader {
            options: options.clone(),
            repository: None,
            buffer: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Hands the bytes of `unit` to `each`, in one fragment or, where they are many, in several
    /// that overlap.
    ///
    /// # Errors
    /// The unit cannot be read wholly.
    pub fn read(
        &mut self,
        unit: &Unit,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), ReadError> {
        match &unit.content {
            Content::Name => each(Fragment::whole(&unit.origin.path)),
            Content::Bytes(bytes) => each(Fragment::whole(bytes)),
            Content::File(path) => self.file(path, unit, each).map_err(unreadable)?,
            Content::Link(path) => {
                let target = fs::read_link(path).map_err(unreadable)?;
                each(Fragment::whole(target.as_os_str().as_encoded_bytes()));
            }
            Content::Pipe(pipe) => {
                let mut input = pipe.take().ok_or_else(|| pipe_error(&"it was read before"))?;
                stream::fragments(&mut input, &mut self.buffer, each)
                    .map_err(|error| pipe_error(&error))?;
            }
            Content::Blob(blob) => {
                let has_promises = self.options.has_promises;
                let read = self.blob(unit, &blob.id, each);
                read.map_err(|error| if has_promises { error.or_promised() } else { error })?;
            }
            Content::Header(id) => self.repository()?.object(id, |_, raw| {
                each(Fragment::whole(&raw[..header_bytes(raw)]));
            })?,
            Content::Text(id) => self.repository()?.object(id, |_, raw| {
                each(Fragment::whole(&raw[header_bytes(raw)..]));
            })?,
        }
        Ok(())
    }

    /// Takes the list of what was left out of the units read since this was last asked: members of
    /// archives that cannot be opened.
    pub fn take_left_out(&mut self) -> Vec<Skipped> {
        std::mem::take(&mut self.left_out)
    }

    /// Tells which bytes of a unit are new, for units that have an older version. Called only
    /// where something was found in `bytes`, which are those of the unit.
    ///
    /// # Errors
    /// The older version cannot be read.
    pub fn added(&mut self, unit: &Unit, bytes: &[u8]) -> Result<Added, ReadError> {
        let Content::Blob(Blob { id, bases, deleted }) = &unit.content else {
            return Ok(Added::All);
        };
        if bases.is_empty() && deleted.contains(id) {
            // Only its name has changed.
            return Ok(Added::Ranges(Vec::new()));
        }
        let mut added = Added::All;
        for base in bases {
            added = line_diff::both(added, self.against(base, bytes)?);
        }
        if bases.is_empty() {
            for old in deleted.iter().take(MAX_DELETED) {
                let against = self.against(old, bytes)?;
                if line_diff::is_mostly_old(&against, bytes.len()) {
                    added = line_diff::both(added, against);
                }
            }
        }
        Ok(added)
    }

    fn against(&mut self, base: &ObjectId, bytes: &[u8]) -> Result<Added, ReadError> {
        let store = self.options.lfs.clone();
        let compared = self.repository()?.object(base, |_, old| {
            let file = store.as_ref().and_then(|store| store.file(old));
            match file.map(fs::read) {
                None => line_diff::added_lines(old, bytes),
                Some(Ok(old)) => line_diff::added_lines(&old, bytes),
                Some(Err(_)) => Added::All,
            }
        });
        // What cannot be compared is new: it hides no finding.
        Ok(compared.unwrap_or(Added::All))
    }

    fn repository(&mut self) -> Result<&mut Repository, ReadError> {
        let unopened = |reason: &dyn std::fmt::Display| {
            ReadError::new(SkipKind::Unreadable, format!("its repository cannot be read: {reason}"))
        };
        if self.repository.is_none() {
            let pool =
                self.options.repository.as_ref().ok_or_else(|| unopened(&"none is named"))?;
            self.repository = Some(pool.get().map_err(|error| unopened(&error))?);
        }
        self.repository.as_deref_mut().ok_or_else(|| unopened(&"it is not open"))
    }

    fn blob(
        &mut self,
        unit: &Unit,
        id: &ObjectId,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), ReadError> {
        let ReaderOptions { archives, stream_from_bytes, .. } = self.options;
        let repository = self.repository()?;
        let is_large = repository.size(id) > stream_from_bytes;
        if is_large {
            let mut is_archive = None;
            repository.stream(id, &mut |fragment| {
                is_archive.get_or_insert_with(|| archive::is_whole_archive(fragment.bytes));
                each(fragment);
            })?;
            if archives.is_none() || is_archive != Some(true) {
                return Ok(());
            }
        }
        let mut left_out = Vec::new();
        let store = self.options.lfs.clone();
        let mut file = None;
        let repository = self.repository()?;
        let found = repository.object(id, |kind, bytes| {
            file = store.as_ref().and_then(|store| store.file(bytes));
            if !is_large {
                each(Fragment::whole(bytes));
            }
            if let Some(limits) = archives.filter(|_| archive::is_whole_archive(bytes)) {
                archive::open(Cursor::new(bytes), limits, &unit.origin.path, &mut left_out, each);
            }
            kind
        })?;
        self.left_out.append(&mut left_out);
        if let Some(file) = file {
            self.file(&file, unit, each).map_err(unreadable)?;
        }
        match found {
            Kind::Blob => Ok(()),
            other => Err(ReadError::object(id, &format!("expected a blob, found a {other}"))),
        }
    }

    fn file(
        &mut self,
        path: &Path,
        unit: &Unit,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> io::Result<()> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        // How much a pipe or a device gives is not known before.
        let size = if metadata.is_file() { metadata.len() } else { u64::MAX };
        // Both ends of the file tell whether it is an archive; between them it may be long.
        let mut begins = None;
        let mut ends = false;
        let archives = self.options.archives.filter(|_| metadata.is_file());
        stream::read(&mut file, size, &mut self.buffer, &mut |fragment| {
            let bytes = fragment.bytes;
            if archives.is_some() {
                let start = &bytes[..bytes.len().min(archive::START_BYTES)];
                begins.get_or_insert_with(|| archive::is_archive(start));
                ends = archive::ends_like_zip(bytes);
            }
            each(fragment);
        })?;
        if let Some(limits) = archives.filter(|_| ends || begins == Some(true)) {
            let file = File::open(path)?;
            archive::open(file, limits, &unit.origin.path, &mut self.left_out, each);
        }
        Ok(())
    }
}

fn unreadable(error: io::Error) -> ReadError {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => SkipKind::Missing,
        _ => SkipKind::Unreadable,
    };
    ReadError::new(kind, format!("cannot be read: {error}"))
}

fn pipe_error(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::new(SkipKind::Unreadable, format!("cannot read standard input: {error}"))
}

/// Input that can be read once.
pub(super) struct Pipe(std::sync::Mutex<Option<Box<dyn Read + Send>>>);

impl Pipe {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Pipe(std::sync::Mutex::new(Some(input)))
    }

    fn take(&self) -> Option<Box<dyn Read + Send>> {
        self.0.lock().map_or(None, |mut input| input.take())
    }
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pipe")
    }
}
