//! Standard input, or whatever stands in for it.

use std::io::Read;
use std::sync::Arc;

use super::reader::Pipe;
use super::{Content, Listing, Source, SourceError, Unit};
use crate::finding::{Origin, Place, Progress};

/// A pipe that is read once.
#[derive(Debug)]
pub struct Stdin {
    pipe: Arc<Pipe>,
}

impl Stdin {
    /// Makes a source of `input`.
    #[must_use]
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        Stdin { pipe: Arc::new(Pipe::new(input)) }
    }
}

impl Source for Stdin {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let origin = Origin::new(Place::Stdin, b"(standard input)");
        let unit = Unit::new(origin, Content::Pipe(self.pipe.clone()));
        Ok(Listing { units: vec![unit], ..Listing::default() })
    }
}
