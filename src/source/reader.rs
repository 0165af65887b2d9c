//! Reads every kind of unit, on one thread.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use super::{Blob, Content, Unit, lfs};
use crate::archive::{self, ArchiveLimits};
use crate::file;
use crate::finding::{SkipKind, Skipped};
use crate::git::object::{Kind, ObjectId, header_bytes};
use crate::git::{
    Added, Handle, MAX_OBJECT_BYTES, ReadError, Repository, RepositoryPool, line_diff,
};
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

/// How much of a pipe is held in memory, to open it if it is an archive.
const MAX_HELD_BYTES: u64 = 64 << 20;

/// How many deleted files are tried as the older name of a new one that has other bytes.
const MAX_DELETED: usize = 200;

/// An older version of a unit.
#[derive(Debug, Clone)]
pub struct Older {
    id: ObjectId,
    /// Where it stood.
    pub path: Arc<[u8]>,
    /// What the unit has that this version has not.
    pub added: Added,
    /// Whether it has the same bytes as the unit.
    pub is_same: bool,
}

impl Older {
    /// What is new against all of these.
    #[must_use]
    pub fn added(versions: &[Older]) -> Added {
        versions.iter().fold(Added::All, |added, older| line_diff::both(added, older.added.clone()))
    }
}

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
                let input = pipe.take().ok_or_else(|| pipe_error(&"it was read before"))?;
                self.pipe(input, unit, each).map_err(|error| pipe_error(&error))?;
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

    /// Returns the older versions of a unit, each with what is new against it. Called only where
    /// something was found in `bytes`, which are those of the unit. A version that cannot be compared is
    /// left out: it makes nothing old.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn older(&mut self, unit: &Unit, bytes: &[u8]) -> Result<Vec<Older>, ReadError> {
        let Content::Blob(Blob { id, bases, deleted }) = &unit.content else {
            return Ok(Vec::new());
        };
        let mut older = Vec::new();
        if bases.is_empty() {
            // Where only its name has changed, nothing is new.
            let same = |path: &Arc<[u8]>| {
                let path = path.clone();
                Older { id: *id, path, added: Added::Ranges(Vec::new()), is_same: true }
            };
            older.extend(deleted.paths_of(id).map(same));
        }
        if !older.is_empty() {
            return Ok(older);
        }
        for base in bases {
            older.extend(self.against(base, &unit.origin.path, bytes)?);
        }
        if bases.is_empty() {
            for (old, path) in deleted.same_name_first(&unit.origin.path).take(MAX_DELETED) {
                let against = self.against(old, path, bytes)?;
                let is_mostly_old =
                    |older: &Older| line_diff::is_mostly_old(&older.added, bytes.len());
                older.extend(against.filter(is_mostly_old));
            }
        }
        Ok(older)
    }

    fn against(
        &mut self,
        id: &ObjectId,
        path: &Arc<[u8]>,
        bytes: &[u8],
    ) -> Result<Option<Older>, ReadError> {
        let added = self.with_blob(id, |old| line_diff::added_lines(old, bytes))?;
        let older = |added| Older { id: *id, path: path.clone(), added, is_same: false };
        Ok(added.filter(|added| *added != Added::All).map(older))
    }

    /// Hands the bytes of an older version to `each`; `None` if they cannot be read.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn read_older<R>(
        &mut self,
        older: &Older,
        each: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, ReadError> {
        self.with_blob(&older.id, each)
    }

    fn with_blob<R>(
        &mut self,
        id: &ObjectId,
        each: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, ReadError> {
        let store = self.options.lfs.clone();
        let pool = self.options.repository.as_ref();
        let max_bytes = pool.map_or(MAX_OBJECT_BYTES, RepositoryPool::max_object_bytes);
        let read = self.repository()?.object(id, |_, bytes| {
            let file = store.as_ref().and_then(|store| store.file(bytes));
            match file.map(|path| file::read(&path, max_bytes)) {
                None => Some(each(bytes)),
                Some(Ok(content)) => Some(each(&content)),
                Some(Err(_)) => None,
            }
        });
        Ok(read.unwrap_or_default())
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
            let mut begins = None;
            let mut ends = false;
            repository.stream(id, &mut |fragment| {
                begins.get_or_insert_with(|| archive::is_archive(fragment.bytes));
                ends = archive::ends_like_zip(fragment.bytes);
                each(fragment);
            })?;
            let is_archive = ends || begins == Some(true);
            if is_archive && archives.is_none() {
                self.name_closed(unit);
            }
            if !is_archive || archives.is_none() {
                return Ok(());
            }
        }
        let mut left_out = Vec::new();
        let store = self.options.lfs.clone();
        let mut file = None;
        let mut is_closed = false;
        let repository = self.repository()?;
        let found = repository.object(id, |kind, bytes| {
            file = store.as_ref().and_then(|store| store.file(bytes));
            if !is_large {
                each(Fragment::whole(bytes));
            }
            match archives {
                _ if !archive::is_whole_archive(bytes) => {}
                Some(limits) => {
                    let path = &unit.origin.path;
                    archive::open(Cursor::new(bytes), limits, path, &mut left_out, each);
                }
                None => is_closed = true,
            }
            kind
        })?;
        self.left_out.append(&mut left_out);
        if is_closed {
            self.name_closed(unit);
        }
        if let Some(file) = file {
            self.file(&file, unit, each).map_err(unreadable)?;
        }
        match found {
            Kind::Blob => Ok(()),
            other => Err(ReadError::object(id, &format!("expected a blob, found a {other}"))),
        }
    }

    /// Reads a pipe. What begins like an archive is opened if all of it can be held, since a zip is read from its end;
    /// anything else streams.
    fn pipe(
        &mut self,
        mut input: Box<dyn Read + Send>,
        unit: &Unit,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> io::Result<()> {
        let mut held = Vec::new();
        input.by_ref().take(archive::START_BYTES as u64).read_to_end(&mut held)?;
        let begins = archive::is_archive(&held);
        if begins && self.options.archives.is_some() {
            input.by_ref().take(MAX_HELD_BYTES).read_to_end(&mut held)?;
        }
        let mut ends = false;
        let mut all = Cursor::new(&held).chain(&mut input);
        stream::fragments(&mut all, &mut self.buffer, &mut |fragment| {
            ends = archive::ends_like_zip(fragment.bytes);
            each(fragment);
        })?;
        if !ends && !begins {
            return Ok(());
        }
        let is_held = begins && (held.len() as u64) < MAX_HELD_BYTES;
        match self.options.archives.filter(|_| is_held) {
            Some(limits) => {
                let path = &unit.origin.path;
                archive::open(Cursor::new(&held), limits, path, &mut self.left_out, each);
            }
            None => self.name_closed(unit),
        }
        Ok(())
    }

    fn name_closed(&mut self, unit: &Unit) {
        let reason = "it is an archive, whose members were not read";
        self.left_out.push(Skipped::new(SkipKind::Closed, &unit.origin.path, reason));
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
        stream::read(&mut file, size, &mut self.buffer, &mut |fragment| {
            let bytes = fragment.bytes;
            let start = &bytes[..bytes.len().min(archive::START_BYTES)];
            begins.get_or_insert_with(|| archive::is_archive(start));
            ends = archive::ends_like_zip(bytes);
            each(fragment);
        })?;
        if !metadata.is_file() || !(ends || begins == Some(true)) {
            return Ok(());
        }
        match self.options.archives {
            Some(limits) => {
                let file = File::open(path)?;
                archive::open(file, limits, &unit.origin.path, &mut self.left_out, each);
            }
            None => self.name_closed(unit),
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
