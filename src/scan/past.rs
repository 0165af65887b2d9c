//! Which matches are old: an older version has their lines, and they are reported there.
//!
//! A line that was there before is no news, but only if what it holds was known there. Moved out of a path
//! that is allowed, with the mark above it taken away, or with a new name put before its value, an old line
//! holds a new finding. So an older version is scanned, too, where one of its lines would be reported.

use std::borrow::Cow;

use super::{Hits, Job};
use crate::engine::{Match, Matches};
use crate::source::{Older, Reader, Unit};
use crate::suppress::LeftOut;
use crate::text::fragment::Fragment;

/// The older versions of a unit.
pub(super) struct Past<'a> {
    versions: Vec<Version>,
    reader: Option<&'a mut Reader>,
}

struct Version {
    older: Older,
    /// The secrets that are reported in it, once they were looked for.
    told: Option<Vec<Box<[u8]>>>,
}

impl<'a> Past<'a> {
    /// Everything is new.
    pub(super) fn none() -> Self {
        Past { versions: Vec::new(), reader: None }
    }

    /// What these versions have is old; `reader` reads them.
    pub(super) fn new(versions: Vec<Older>, reader: &'a mut Reader) -> Self {
        let version = |older| Version { older, told: None };
        Past { versions: versions.into_iter().map(version).collect(), reader: Some(reader) }
    }

    /// Whether an older version has the lines of a match.
    pub(super) fn has_lines_of(&self, found: &Match) -> bool {
        self.versions.iter().any(|version| version.has(found))
    }

    /// Whether an older version has the lines of a match and the match is reported there. What cannot be
    /// read is not.
    pub(super) fn reported(
        &mut self,
        job: &Job<'_>,
        unit: &Unit,
        hits: &Hits<'_>,
        found: &Match,
    ) -> bool {
        let Some(reader) = &mut self.reader else { return false };
        self.versions.iter_mut().filter(|version| version.has(found)).any(|version| {
            let Version { older, told } = version;
            let told = told.get_or_insert_with(|| job.told_before(unit, hits, older, reader));
            told.iter().any(|secret| holds(secret, &found.text) || holds(&found.text, secret))
        })
    }
}

impl Version {
    fn has(&self, found: &Match) -> bool {
        !self.older.added.touches(&found.secret)
    }
}

fn holds(whole: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(whole, part).is_some()
}

impl Job<'_> {
    /// Returns the secrets that are reported in an older version of a unit, where it stood.
    fn told_before(
        &self,
        unit: &Unit,
        hits: &Hits<'_>,
        older: &Older,
        reader: &mut Reader,
    ) -> Vec<Box<[u8]>> {
        let mut unit = unit.clone();
        unit.origin.path = older.path.clone();
        unit.origin.commit = None;
        let is_left_out = self.allowlist.paths().leaves_out(&unit.origin, &mut LeftOut::default());
        if is_left_out || self.allowlist.whole_path(&unit.origin.path).is_some() {
            return Vec::new();
        }
        if older.is_same {
            return self.told(&unit, hits);
        }
        let scan = |bytes: &[u8]| {
            let Fragment { first, own, .. } = Fragment::whole(bytes);
            let bytes = Cow::Borrowed(bytes);
            let matches = self.scan_before(&bytes, hits);
            self.told(&unit, &Hits { bytes, first, own, member: Box::default(), matches })
        };
        reader.read_older(older, scan).ok().flatten().unwrap_or_default()
    }

    /// Scans an older version. Where it holds too much to list, what is looked for is listed.
    fn scan_before(&self, bytes: &[u8], hits: &Hits<'_>) -> Matches {
        let matches = self.engine.scan(bytes);
        if !matches.cut {
            return matches;
        }
        let sought = hits.matches.list.iter().map(|found| &hits.bytes[found.secret.clone()]);
        let sought: std::collections::HashSet<&[u8]> = sought.collect();
        self.engine.scan_new(bytes, &|secret| sought.contains(&bytes[secret.clone()]))
    }
}
