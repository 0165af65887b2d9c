//! Standard input, or whatever stands in for it.

use std::io::Read;
use std::sync::Mutex;

use super::{Content, Fragment, Listing, ReadError, Reader, Source, SourceError, Unit, stream};
use crate::finding::{Origin, Place};

/// A pipe that is read once.
pub struct Stdin {
    input: Mutex<Option<Box<dyn Read + Send>>>,
}

impl Stdin {
    /// Makes a source of `input`.
    #[must_use]
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        Stdin { input: Mutex::new(Some(input)) }
    }
}

impl Source for Stdin {
    fn list(&self) -> Result<Listing, SourceError> {
        let origin = Origin::new(Place::Stdin, b"(standard input)");
        let unit = Unit::new(origin, Content::Stdin);
        Ok(Listing { units: vec![unit], ..Listing::default() })
    }

    fn open(&self) -> Result<Box<dyn Reader + '_>, SourceError> {
        Ok(Box::new(StdinReader { source: self }))
    }
}

struct StdinReader<'a> {
    source: &'a Stdin,
}

impl Reader for StdinReader<'_> {
    fn read(&mut self, _unit: &Unit, each: &mut dyn FnMut(Fragment<'_>)) -> Result<(), ReadError> {
        let taken = self.source.input.lock().map_or(None, |mut input| input.take());
        let mut input = taken.ok_or_else(|| ReadError::new("it was read before".into()))?;
        stream::fragments(&mut input, &mut Vec::new(), each)
            .map_err(|error| ReadError::new(format!("cannot read standard input: {error}")))
    }
}
