//! What a scan of a history came to, without a byte of what was found: enough to tell the same again after
//! reading only what holds findings.
//!
//! A secret in a file is one finding, however many versions of the file hold it. Kept is which version a finding
//! begins with, and what the others add to it. Of what holds nothing, nothing is kept: objects have the names of
//! their contents, so as long as history leads to the same ones, it still holds nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::occurrences::Secrets;
use super::{Part, Take, Taken};
use crate::finding::{Finding, Occurrence, Skipped};
use crate::git::RepositoryPool;
use crate::rule::Confidence;
use crate::source::{ArchiveLimits, Listed, Listing, Remembered};

/// What a scan of a history came to.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    listed: Listed,
    /// The units that are read again, in rising order, each with how sure its findings are.
    again: BTreeMap<u32, Vec<Grade>>,
    findings: Vec<Joined>,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Grade {
    Low,
    Medium,
    High,
}

impl From<Confidence> for Grade {
    fn from(confidence: Confidence) -> Self {
        match confidence {
            Confidence::Low => Grade::Low,
            Confidence::Medium => Grade::Medium,
            Confidence::High => Grade::High,
        }
    }
}

impl From<Grade> for Confidence {
    fn from(grade: Grade) -> Self {
        match grade {
            Grade::Low => Confidence::Low,
            Grade::Medium => Confidence::Medium,
            Grade::High => Confidence::High,
        }
    }
}

/// A finding with what other units add to it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Joined {
    begins: Part,
    /// All units that have it; the first is that of `begins`.
    units: Vec<u32>,
    /// The numbers of other names of its file.
    other_paths: Vec<u32>,
    grade: Grade,
}

impl Record {
    /// Returns every text that is kept: none of them may hold a secret.
    pub fn texts(&self) -> impl Iterator<Item = Vec<u8>> {
        self.listed.texts()
    }

    /// Returns what has to be read again.
    pub(super) fn source(
        &self,
        repository: &RepositoryPool,
        archives: Option<ArchiveLimits>,
    ) -> Remembered<'_> {
        Remembered::new(repository, &self.listed, self.again.keys().copied().collect(), archives)
    }

    /// Completes the findings of what was read again, whose parts count only those units. `None` if they are
    /// not those of then.
    pub(super) fn joined(&self, found: Vec<(Part, Finding)>) -> Option<Vec<Finding>> {
        let numbers: Vec<u32> = self.again.keys().copied().collect();
        let mut grades: BTreeMap<u32, Vec<Grade>> =
            numbers.iter().map(|&unit| (unit, Vec::new())).collect();
        let mut by_part: BTreeMap<Part, Finding> = BTreeMap::new();
        for ((unit, number), finding) in found {
            let unit = *numbers.get(unit as usize)?;
            grades.get_mut(&unit)?.push(finding.confidence.into());
            by_part.insert((unit, number), finding);
        }
        if grades != self.again {
            return None;
        }
        self.findings.iter().map(|joined| self.join(joined, &mut by_part)).collect()
    }

    fn join(&self, joined: &Joined, found: &mut BTreeMap<Part, Finding>) -> Option<Finding> {
        let finding = found.remove(&joined.begins)?;
        let mut occurrence: Option<Occurrence> = None;
        for &unit in &joined.units {
            match (&mut occurrence, self.listed.occurrence(unit)) {
                (Some(own), Some(other)) => own.join(&other),
                (own @ None, other) => *own = other,
                (Some(_), None) => {}
            }
        }
        let other_paths = joined.other_paths.iter();
        Some(Finding {
            confidence: joined.grade.into(),
            presence: occurrence.map(|known| known.presence),
            other_paths: other_paths.map(|no| self.listed.text_at(*no)).collect::<Option<_>>()?,
            ..finding
        })
    }
}

/// Takes what a scan of a history finds, and makes a record of it.
#[derive(Default)]
pub(super) struct Recorder {
    secrets: Secrets,
    listed: Option<Listed>,
    grades: BTreeMap<u32, Vec<Grade>>,
    remarked: BTreeSet<u32>,
}

impl Take for Recorder {
    fn listed(&mut self, listing: &Listing, skipped: &[Skipped]) {
        self.listed = Listed::new(listing, skipped);
    }

    fn finding(&mut self, Taken { finding, occurrence, part }: Taken<'_>) {
        self.grades.entry(part.0).or_default().push(finding.confidence.into());
        self.secrets.add(finding, occurrence.cloned(), Some(part));
    }

    fn remarked(&mut self, unit: u32) {
        self.remarked.insert(unit);
    }
}

impl Recorder {
    /// Returns what was found, and the record.
    pub(super) fn finish(self) -> (Vec<Finding>, Option<Record>) {
        let Recorder { secrets, listed, grades, mut remarked } = self;
        let list = secrets.finish_with_parts();
        let record = listed.and_then(|mut listed| {
            let findings: Vec<Joined> =
                list.iter().map(|one| joined(&mut listed, one)).collect::<Option<_>>()?;
            remarked.extend(findings.iter().map(|joined| joined.begins.0));
            let of = |unit: u32| (unit, grades.get(&unit).cloned().unwrap_or_default());
            let again = remarked.into_iter().map(of).collect();
            Some(Record { listed, again, findings })
        });
        (list.into_iter().map(|(finding, _)| finding).collect(), record)
    }
}

fn joined(listed: &mut Listed, (finding, parts): &(Finding, Vec<Part>)) -> Option<Joined> {
    let mut units: Vec<u32> = parts.iter().map(|(unit, _)| *unit).collect();
    units.dedup();
    Some(Joined {
        begins: *parts.first()?,
        units,
        other_paths: finding
            .other_paths
            .iter()
            .map(|path| listed.add_text(path))
            .collect::<Option<_>>()?,
        grade: finding.confidence.into(),
    })
}
