//! All that a repository's history holds.
//!
//! Every object is judged once, along the deltas, without asking where it stands; only what is
//! hot then is traced to its paths and commits, and listed. So a history without secrets is read
//! at the speed of its packs, and what finding out more costs is paid only where there is
//! something to find out.

mod commits;
mod content;
mod graph;
mod hot_trees;
mod kept;
mod listing;
mod long_list;
mod memory;
mod trace;
mod tree_entries;
mod trees;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::Sieve;
use super::{ArchiveLimits, Listing, ReaderOptions, Source, SourceError};
use crate::finding::{Progress, Skipped};
use crate::git::odb::{Limits, ObjectNo, ObjectTable, Objects};
use crate::git::{GitError, Kind, RepositoryPool, Tip};
use content::{ContentVisitor, Contents};
use graph::Graph;
use hot_trees::HotTrees;
use kept::Room;
use trees::{ObjectSet, TreeNotes, TreeVisitor};

/// A map whose keys are hashed fast, with a seed of this process.
type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A set of such keys.
type FastSet<T> = HashSet<T, foldhash::fast::RandomState>;

/// What of a history to read.
#[derive(Debug, Clone, Default)]
pub struct HistoryOptions {
    /// What to start from; nothing stands for all refs and HEAD.
    pub tips: Vec<Tip>,
    /// Commits that do not count, nor those behind them.
    pub known: Vec<crate::git::ObjectId>,
    /// Commits before this time, in seconds since 1970, do not count.
    pub since: Option<i64>,
    /// Only so many commits count, the newest.
    pub max_count: Option<usize>,
    /// Whether everything is on a server already, as in a CI job.
    pub is_on_server: bool,
    /// Whether objects count that nothing leads to.
    pub unreachable: bool,
    /// Whether a history that is cut off in a shallow clone is complete all the same.
    pub allows_shallow: bool,
    /// How far archives are opened, if they are.
    pub archives: Option<ArchiveLimits>,
    /// Where the files are that pointers of Git LFS stand for, if they are read, too.
    pub lfs: Option<super::LfsStore>,
    /// How many threads read; 0 for one a core.
    pub threads: usize,
}

/// The history of a repository.
pub struct History<'a> {
    repository: RepositoryPool,
    options: HistoryOptions,
    sieve: &'a dyn Sieve,
}

impl std::fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("options", &self.options).finish_non_exhaustive()
    }
}

impl HistoryOptions {
    /// Whether only part of a history counts: then what it adds is of interest, and not what was
    /// there before.
    fn is_range(&self) -> bool {
        !self.known.is_empty() || self.since.is_some() || self.max_count.is_some()
    }
}

impl<'a> History<'a> {
    /// Makes a source of a history; `sieve` tells what of it is worth listing.
    #[must_use]
    pub fn new(repository: &RepositoryPool, options: HistoryOptions, sieve: &'a dyn Sieve) -> Self {
        History { repository: repository.clone(), options, sieve }
    }

    fn limits<'b>(&'b self, progress: &'b Progress) -> Limits<'b> {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Limits {
            threads: if self.options.threads == 0 { cores() } else { self.options.threads },
            max_object_bytes: self.repository.max_object_bytes(),
            progress,
        }
    }

    /// Reads every object and follows what is hot to the root trees.
    fn survey(&self, objects: Objects, progress: &Progress) -> Survey {
        let limits = self.limits(progress);
        let room = Room::new();
        let visitors = objects.sweep(&|kind| kind != Kind::Tree, limits, &|| {
            ContentVisitor::new(objects.table(), self.sieve, &self.options, &room)
        });
        let mut contents =
            Contents::join(visitors.into_iter().map(ContentVisitor::into_found).collect());
        memory::give_back();
        let (notes, lost) = self.tree_notes(&objects, progress, &mut contents);
        let skipped = objects.skipped.clone();
        let objects = objects.into_table();
        memory::give_back();
        let commits = std::mem::take(&mut contents.commits);
        // Neither needs the other, and both take one thread.
        let (trees, graph) = std::thread::scope(|scope| {
            let graph = scope.spawn(|| Graph::new(commits, &|no| objects.id(no)));
            let trees = HotTrees::find(notes, &lost, objects.count());
            let graph = graph.join();
            (trees, graph.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        Survey { objects, skipped, contents, trees, graph }
    }

    /// Reads every tree once, and returns what was noted of them and which could not be read.
    fn tree_notes(
        &self,
        objects: &Objects,
        progress: &Progress,
        contents: &mut Contents,
    ) -> (Vec<TreeNotes>, Vec<ObjectNo>) {
        let mut looked_for = ObjectSet::new(objects.table().count());
        let blobs = contents.hot.iter().filter(|(_, kind)| *kind == Kind::Blob);
        let lost = contents.unreadable.iter();
        for no in blobs.map(|(no, _)| *no).chain(lost.map(|(no, _)| *no)) {
            looked_for.insert(no);
        }
        let visitors = objects.sweep(&|kind| kind == Kind::Tree, self.limits(progress), &|| {
            TreeVisitor::new(objects, &looked_for, self.sieve)
        });
        let mut notes: Vec<_> = visitors.into_iter().map(TreeVisitor::into_notes).collect();
        // A tree that cannot be read is hot: whoever leads to it is to be named.
        let mut lost = Vec::new();
        for notes in &mut notes {
            contents.bytes += notes.bytes;
            lost.append(&mut notes.unreadable);
        }
        lost.sort_by_key(|(no, _)| *no);
        let trees = lost.iter().map(|(no, _)| *no).collect();
        contents.unreadable.append(&mut lost);
        (notes, trees)
    }
}

/// What reading everything came to.
struct Survey {
    objects: ObjectTable,
    /// What could not be opened, and refs that could not be read.
    skipped: Vec<Skipped>,
    contents: Contents,
    trees: HotTrees,
    graph: Graph,
}

impl Source for History<'_> {
    fn list(&self, progress: &Progress) -> Result<Listing, SourceError> {
        let repository = &mut *self.repository.get()?;
        // Refs come before objects: what they lead to is here by then, whatever is committed meanwhile.
        let mut skipped = Vec::new();
        let refs = match &self.options.tips[..] {
            [] => repository.tips(&mut skipped)?,
            tips => tips.to_vec(),
        };
        let root = repository.objects_dir()?;
        let more: Vec<PathBuf> = repository.alternate_dirs();
        let objects = Objects::open(&root, &more, repository.id_bytes()?)
            .map_err(|error| GitError::file(&root, error))?;
        progress.start(u64::from(objects.table().count()));
        let mut survey = self.survey(objects, progress);
        survey.skipped.append(&mut skipped);
        let mut listing = listing::make(&self.options, &refs, self.sieve, repository, survey)?;
        listing.reader = ReaderOptions {
            repository: Some(self.repository.clone()),
            archives: self.options.archives,
            stream_from_bytes: STREAM_FROM_BYTES,
            has_promises: false,
            lfs: self.options.lfs.clone(),
        };
        Ok(listing)
    }
}

/// Blobs of a history that are larger than this are read in fragments.
pub(super) const STREAM_FROM_BYTES: u64 = 16 << 20;
