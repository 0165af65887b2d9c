//! The first pass: the content of blobs, commits and tags.

use std::io::Cursor;

use super::HistoryOptions;
use super::commits::Commits;
use super::kept::{Kept, Room, SeenBlobs};
use crate::archive;
use crate::engine::Trail;
use crate::finding::SkipKind;
use crate::git::ReadError;
use crate::git::object::{Commit, Kind, ObjectId, tag_target};
use crate::git::odb::{Object, ObjectNo, ObjectTable, Visitor};
use crate::source::{Sieve, Verdict};
use crate::text::fragment::Fragment;

/// What the first pass has to say.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Blobs, commits and tags in which there may be something.
    pub(super) hot: Vec<(ObjectNo, Kind)>,
    pub(super) commits: Commits,
    pub(super) tags: Vec<(ObjectNo, Option<ObjectId>)>,
    /// What was found in some of them.
    pub(super) seen: SeenBlobs,
    pub(super) unreadable: Vec<(ObjectNo, ReadError)>,
    pub(super) blobs: u64,
    pub(super) bytes: u64,
}

impl Contents {
    pub(super) fn join(all: Vec<Contents>) -> Self {
        let mut joined = Contents::default();
        for mut one in all {
            joined.hot.append(&mut one.hot);
            joined.seen.extend(one.seen);
            joined.commits.append(one.commits);
            joined.tags.append(&mut one.tags);
            joined.unreadable.append(&mut one.unreadable);
            joined.blobs += one.blobs;
            joined.bytes += one.bytes;
        }
        joined.hot.sort_unstable_by_key(|&(no, _)| no);
        joined.hot.dedup();
        joined.tags.sort_unstable_by_key(|tag| tag.0);
        joined.unreadable.sort_by_key(|(no, _)| *no);
        joined
    }
}

pub(super) struct ContentVisitor<'a> {
    objects: &'a ObjectTable,
    sieve: &'a dyn Sieve,
    options: &'a HistoryOptions,
    kept: Kept<'a>,
    found: Contents,
}

impl ContentVisitor<'_> {
    fn judge(&self, object: &Object<'_, Trail>) -> Verdict {
        match &object.step {
            Some(step) => self.sieve.edited(object.bytes, step.edits, step.said),
            None => self.sieve.whole(object.bytes),
        }
    }

    fn note_link(&mut self, object: &Object<'_, Trail>) {
        match object.kind {
            Kind::Commit => {
                let Some(commit) = Commit::parse(object.bytes) else {
                    self.found.unreadable.push((object.no, ReadError::malformed("commit")));
                    return;
                };
                if !self.found.commits.push(object.no, &commit, self.objects) {
                    let reason = "there are more parents than can be noted".to_owned();
                    let error = ReadError::new(SkipKind::Unreadable, reason);
                    self.found.unreadable.push((object.no, error));
                }
            }
            Kind::Tag => self.found.tags.push((object.no, tag_target(object.bytes))),
            Kind::Blob => self.found.blobs += 1,
            Kind::Tree => {}
        }
    }
}

impl Visitor for ContentVisitor<'_> {
    type Said = Trail;

    fn object(&mut self, object: Object<'_, Trail>) -> Trail {
        self.found.bytes += object.bytes.len() as u64;
        self.note_link(&object);
        let verdict = self.judge(&object);
        if self.is_hot(&object, &verdict) {
            self.found.hot.push((object.no, object.kind));
        }
        verdict.trail
    }

    fn part(&mut self, no: ObjectNo, fragment: Fragment<'_>) {
        let (start, end) = fragment.own;
        self.found.bytes += (end - start) as u64;
        self.found.blobs += u64::from(start == 0);
        // What is in a large archive is looked at when it is read again. Only its end shows a zip behind a program;
        // a fragment in the middle may look like that end, and then the blob is read again for nothing.
        let is_archive = self.options.archives.is_some()
            && (start == 0 && archive::is_archive(fragment.bytes)
                || archive::ends_like_zip(fragment.bytes));
        if (is_archive || self.sieve.whole(fragment.bytes).is_hot)
            && self.found.hot.last() != Some(&(no, Kind::Blob))
        {
            self.found.hot.push((no, Kind::Blob));
        }
    }

    fn unreadable(&mut self, no: ObjectNo, error: ReadError) {
        self.found.unreadable.push((no, error));
    }
}

impl<'a> ContentVisitor<'a> {
    pub(super) fn new(
        objects: &'a ObjectTable,
        sieve: &'a dyn Sieve,
        options: &'a HistoryOptions,
        room: &'a Room,
    ) -> Self {
        ContentVisitor {
            objects,
            sieve,
            options,
            kept: Kept::new(room),
            found: Contents::default(),
        }
    }

    /// Whether there is something in an object. What was found in a blob is kept, as long as there is room.
    fn is_hot(&mut self, object: &Object<'_, Trail>, verdict: &Verdict) -> bool {
        let Object { no, kind, bytes, .. } = *object;
        if kind != Kind::Blob {
            return verdict.is_hot;
        }
        if !verdict.is_hot || self.is_pointer(bytes) || archive::is_whole_archive(bytes) {
            return verdict.is_hot || self.is_hot_inside(bytes);
        }
        let Some(seen) = self.sieve.seen(bytes, &verdict.trail) else { return true };
        let is_hot = !seen.parts.is_empty();
        if is_hot {
            self.kept.keep(no, seen);
        }
        is_hot
    }

    /// Whether a blob is a pointer of Git LFS whose file is here.
    fn is_pointer(&self, bytes: &[u8]) -> bool {
        self.options.lfs.as_ref().is_some_and(|store| store.file(bytes).is_some())
    }

    /// Whether a blob has to be read again for more than its own bytes: it is a pointer to a file of Git LFS, or an
    /// archive whose members hold something or cannot be read.
    fn is_hot_inside(&self, bytes: &[u8]) -> bool {
        if self.is_pointer(bytes) {
            return true;
        }
        let limits = self.options.archives.filter(|_| archive::is_whole_archive(bytes));
        let Some(limits) = limits else { return false };
        let mut left_out = Vec::new();
        let mut is_hot = false;
        archive::open(Cursor::new(bytes), limits, b"", &mut left_out, &mut |piece| {
            is_hot = is_hot || self.sieve.whole(piece.bytes).is_hot;
        });
        is_hot || !left_out.is_empty()
    }

    pub(super) fn into_found(self) -> Contents {
        Contents { seen: self.kept.blobs, ..self.found }
    }
}
