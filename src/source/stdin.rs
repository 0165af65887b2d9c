//! Standard input, or whatever stands in for it.

use std::io::Read;
use std::sync::Arc;

use super::reader::Pipe;
use super::{Content, Listing, ReaderOptions, Source, SourceError, Unit};
use crate::archive::ArchiveLimits;
use crate::finding::{Origin, Place, Progress};

/// A pipe that is read once.
#[derive(Debug)]
pub struct Stdin {
    pipe: Arc<Pipe>,
    path: Vec<u8>,
    place: Place,
    archives: Option<ArchiveLimits>,
}

impl Stdin {
    /// Makes a source of `input`.
    #[must_use]
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        Stdin::named(input, b"(standard input)")
    }

    /// Makes a source of `input`, the content of `path`: a finding has the fingerprint that it has
    /// in that file.
    #[must_use]
    pub fn named(input: Box<dyn Read + Send>, path: &[u8]) -> Self {
        Stdin {
            pipe: Arc::new(Pipe::new(input)),
            path: path.to_vec(),
            place: Place::Stdin,
            archives: None,
        }
    }

    /// Makes a source of `input` that stands in for the file at `path`, as an editor has it: what is allowed by
    /// its path is allowed here, and its name is read, too.
    #[must_use]
    pub fn in_place_of(input: Box<dyn Read + Send>, path: &[u8]) -> Self {
        Stdin { place: Place::Worktree, ..Stdin::named(input, path) }
    }

    /// Opens the input within these limits, if it is an archive.
    #[must_use]
    pub fn open_archives(self, limits: ArchiveLimits) -> Self {
        Stdin { archives: Some(limits), ..self }
    }
}

impl Source for Stdin {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let origin = Origin::new(self.place, &self.path);
        let mut units = vec![Unit::new(origin, Content::Pipe(self.pipe.clone()))];
        if self.place == Place::Worktree {
            units.push(Unit::new(Origin::new(Place::Path, &self.path), Content::Name));
        }
        let reader = ReaderOptions { archives: self.archives, ..ReaderOptions::default() };
        Ok(Listing { units, reader, ..Listing::default() })
    }
}
