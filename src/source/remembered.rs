//! Units of a history as plain values, to be kept from one run to the next.
//!
//! Kept are places, paths, ids and authors; never a byte of what a unit holds. The bytes of a unit that is
//! taken up again are read from the repository.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ArchiveLimits, Blob, Content, Listing, ReaderOptions, Source, SourceError, Unit};
use crate::finding::{
    CommitInfo, Lifetime, Occurrence, Origin, Place, Presence, Progress, SkipKind, Skipped,
};
use crate::git::{ObjectId, Repository, RepositoryPool};

/// The listing of a history, without what is in it.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Paths, names of refs and authors, each once; a character stands for a byte.
    texts: Vec<String>,
    commits: Vec<ListedCommit>,
    units: Vec<ListedUnit>,
    skipped: Vec<ListedSkip>,
    commit_count: u64,
    blobs: u64,
    bytes: u64,
}

/// The id, the author's number among the texts, the time.
type ListedCommit = (String, u32, i64);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ListedUnit {
    place: u8,
    path: u32,
    commit: Option<u32>,
    content: ListedContent,
    occurrence: Option<ListedOccurrence>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum ListedContent {
    Name,
    Blob(String),
    Header(String),
    Text(String),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ListedOccurrence {
    has_parents: bool,
    last_commit: Option<u32>,
    in_head: bool,
    refs: Vec<u32>,
    ref_count: usize,
    is_pushed: bool,
    lifetime: (u32, Vec<u32>, u32),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ListedSkip {
    path: u32,
    reason: u32,
    kind: ListedKind,
}

/// Why something was left out. What may be read the next time is not kept: then all is read again.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum ListedKind {
    AllowedPath,
    /// This object is not here.
    Missing(String),
}

/// The places that a history has.
const PLACES: [Place; 7] = [
    Place::Commit,
    Place::Object,
    Place::CommitMessage,
    Place::CommitHeader,
    Place::TagMessage,
    Place::Path,
    Place::RefName,
];

impl Listed {
    /// Makes a copy of a listing, of which `skipped` was left out. `None` if it has something that
    /// cannot be kept.
    pub(crate) fn new(listing: &Listing, skipped: &[Skipped]) -> Option<Self> {
        let mut listed = Listed {
            commit_count: listing.commits,
            blobs: listing.blobs?,
            bytes: listing.bytes,
            ..Listed::default()
        };
        let mut numbers = Numbers::default();
        for unit in &listing.units {
            let unit = listed.unit(unit, &mut numbers)?;
            listed.units.push(unit);
        }
        for skip in skipped {
            let kind = match skip.kind {
                SkipKind::AllowedPath => ListedKind::AllowedPath,
                SkipKind::Missing => ListedKind::Missing(skip.object.clone()?),
                _ => return None,
            };
            let path = listed.text(&skip.path, &mut numbers)?;
            let reason = listed.text(skip.reason.as_bytes(), &mut numbers)?;
            listed.skipped.push(ListedSkip { path, reason, kind });
        }
        Some(listed)
    }

    /// Returns every text that is kept: none of them may hold a secret.
    pub fn texts(&self) -> impl Iterator<Item = Vec<u8>> {
        self.texts.iter().filter_map(|text| bytes(text))
    }

    /// Keeps one more text, and returns its number.
    pub(crate) fn add_text(&mut self, text: &[u8]) -> Option<u32> {
        self.text(text, &mut Numbers::default())
    }

    /// Returns a text by its number.
    pub(crate) fn text_at(&self, number: u32) -> Option<Arc<[u8]>> {
        bytes(self.texts.get(number as usize)?).map(Into::into)
    }

    /// Returns how long the history holds what a unit has.
    pub(crate) fn occurrence(&self, unit: u32) -> Option<Occurrence> {
        let known = self.units.get(unit as usize)?.occurrence.as_ref()?;
        let last_commit = match known.last_commit {
            Some(commit) => Some(self.commit(commit)?),
            None => None,
        };
        let (first, parents, last) = known.lifetime.clone();
        Some(Occurrence {
            presence: Presence {
                has_parents: known.has_parents,
                last_commit,
                in_head: known.in_head,
                refs: known.refs.iter().map(|name| self.text_at(*name)).collect::<Option<_>>()?,
                ref_count: known.ref_count,
                is_pushed: known.is_pushed,
            },
            lifetime: Lifetime { first, parents, last },
        })
    }

    fn unit(&mut self, unit: &Unit, numbers: &mut Numbers) -> Option<ListedUnit> {
        let Origin { place, path, commit } = &unit.origin;
        let content = match &unit.content {
            Content::Name => ListedContent::Name,
            Content::Blob(Blob { id, bases, deleted }) => (bases.is_empty() && deleted.is_empty())
                .then(|| ListedContent::Blob(id.to_string()))?,
            Content::Header(id) => ListedContent::Header(id.to_string()),
            Content::Text(id) => ListedContent::Text(id.to_string()),
            Content::File(_) | Content::Link(_) | Content::Pipe(_) | Content::Bytes(_) => {
                return None;
            }
        };
        let commit = match commit {
            Some(commit) => Some(self.commit_number(commit, numbers)?),
            None => None,
        };
        let occurrence = match &unit.occurrence {
            Some(known) => Some(self.listed_occurrence(known, numbers)?),
            None => None,
        };
        Some(ListedUnit {
            place: PLACES.iter().position(|known| known == place)? as u8,
            path: self.text(path, numbers)?,
            commit,
            content,
            occurrence,
        })
    }

    fn listed_occurrence(
        &mut self,
        known: &Occurrence,
        numbers: &mut Numbers,
    ) -> Option<ListedOccurrence> {
        let Occurrence { presence, lifetime } = known;
        let Presence { has_parents, last_commit, in_head, refs, ref_count, is_pushed } = presence;
        let last_commit = match last_commit {
            Some(commit) => Some(self.commit_number(commit, numbers)?),
            None => None,
        };
        Some(ListedOccurrence {
            has_parents: *has_parents,
            last_commit,
            in_head: *in_head,
            refs: refs.iter().map(|name| self.text(name, numbers)).collect::<Option<_>>()?,
            ref_count: *ref_count,
            is_pushed: *is_pushed,
            lifetime: (lifetime.first, lifetime.parents.clone(), lifetime.last),
        })
    }

    fn text(&mut self, text: &[u8], numbers: &mut Numbers) -> Option<u32> {
        if let Some(number) = numbers.texts.get(text) {
            return Some(*number);
        }
        let number = u32::try_from(self.texts.len()).ok()?;
        self.texts.push(text.iter().map(|&byte| char::from(byte)).collect());
        numbers.texts.insert(text.into(), number);
        Some(number)
    }

    fn commit_number(&mut self, commit: &CommitInfo, numbers: &mut Numbers) -> Option<u32> {
        if let Some(number) = numbers.commits.get(&commit.id) {
            return Some(*number);
        }
        let number = u32::try_from(self.commits.len()).ok()?;
        let author = self.text(&commit.author, numbers)?;
        self.commits.push((commit.id.clone(), author, commit.time));
        numbers.commits.insert(commit.id.clone(), number);
        Some(number)
    }

    fn commit(&self, number: u32) -> Option<Arc<CommitInfo>> {
        let (id, author, time) = self.commits.get(number as usize)?;
        let author = bytes(self.texts.get(*author as usize)?)?;
        Some(Arc::new(CommitInfo { id: id.clone(), author, time: *time }))
    }

    /// Makes a unit again.
    fn unit_again(&self, number: u32) -> Option<Unit> {
        let unit = self.units.get(number as usize)?;
        let id = |id: &String| ObjectId::parse(id.as_bytes());
        let content = match &unit.content {
            ListedContent::Name => Content::Name,
            ListedContent::Blob(blob) => Content::Blob(Blob::alone(id(blob)?)),
            ListedContent::Header(object) => Content::Header(id(object)?),
            ListedContent::Text(object) => Content::Text(id(object)?),
        };
        let commit = match unit.commit {
            Some(commit) => Some(self.commit(commit)?),
            None => None,
        };
        let place = *PLACES.get(usize::from(unit.place))?;
        Some(Unit::new(Origin { place, path: self.text_at(unit.path)?, commit }, content))
    }
}

/// The numbers that texts and commits have got.
#[derive(Default)]
struct Numbers {
    texts: HashMap<Box<[u8]>, u32>,
    commits: HashMap<String, u32>,
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|char| u8::try_from(char).ok()).collect()
}

/// Some units of a history that was listed before.
#[derive(Debug)]
pub struct Remembered<'a> {
    repository: RepositoryPool,
    listed: &'a Listed,
    units: Vec<u32>,
    archives: Option<ArchiveLimits>,
}

impl<'a> Remembered<'a> {
    /// Makes a source of the units with these numbers.
    #[must_use]
    pub fn new(
        repository: &RepositoryPool,
        listed: &'a Listed,
        units: Vec<u32>,
        archives: Option<ArchiveLimits>,
    ) -> Self {
        Remembered { repository: repository.clone(), listed, units, archives }
    }

    fn skipped(&self, repository: &mut Repository) -> Option<Vec<Skipped>> {
        let again = |skip: &ListedSkip| {
            let kind = match &skip.kind {
                ListedKind::AllowedPath => SkipKind::AllowedPath,
                ListedKind::Missing(id) => {
                    let id = ObjectId::parse(id.as_bytes())?;
                    // By now it may have come.
                    let read = repository.object(&id, |_, _| ());
                    read.is_err_and(|error| error.is_missing()).then_some(SkipKind::Missing)?
                }
            };
            let object = match &skip.kind {
                ListedKind::AllowedPath => None,
                ListedKind::Missing(id) => Some(id.clone()),
            };
            let reason = String::from_utf8(self.listed.text_at(skip.reason)?.to_vec()).ok()?;
            Some(Skipped { object, ..Skipped::new(kind, &self.listed.text_at(skip.path)?, reason) })
        };
        self.listed.skipped.iter().map(again).collect()
    }
}

impl Source for Remembered<'_> {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let units = self.units.iter().map(|&unit| self.listed.unit_again(unit));
        let skipped = self.skipped(&mut *self.repository.get()?);
        let (Some(units), Some(skipped)) = (units.collect(), skipped) else {
            return Err(SourceError::Outdated);
        };
        Ok(Listing {
            units,
            skipped,
            commits: self.listed.commit_count,
            blobs: Some(self.listed.blobs),
            bytes: self.listed.bytes,
            reader: ReaderOptions {
                repository: Some(self.repository.clone()),
                archives: self.archives,
                stream_from_bytes: super::history::STREAM_FROM_BYTES,
                ..ReaderOptions::default()
            },
        })
    }
}
