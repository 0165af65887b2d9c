//! All that a repository's history holds.
//!
//! Every object is judged once, along the deltas, without asking where it stands; only what is
//! hot then is traced to its paths and commits, and listed. So a history without secrets is read
//! at the speed of its packs, and what finding out more costs is paid only where there is
//! something to find out.

mod content;
mod graph;
mod listing;
mod trace;
mod trees;

use std::collections::HashMap;
use std::path::PathBuf;

use super::Sieve;
use super::{ArchiveLimits, Listing, ReaderOptions, Source, SourceError};
use crate::finding::Progress;
use crate::git::odb::{Limits, ObjectNo, Objects};
use crate::git::{GitError, Kind, RepositoryPool, Tip};
use content::{ContentVisitor, Contents, Link};
use graph::Graph;
use trees::{FolderVisitor, HotTrees, LookedFor, ObjectSet, TreeVisitor, TreesFound};

/// A map whose keys are hashed fast, with a seed of this process.
type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

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
    fn survey(&self, objects: &Objects, progress: &Progress) -> Survey {
        let limits = self.limits(progress);
        let is_content = |kind| kind != Kind::Tree;
        let contents = objects.sweep(&is_content, &|_| true, limits, &|| {
            ContentVisitor::new(objects, self.sieve, self.options.archives)
        });
        let mut contents =
            Contents::join(contents.into_iter().map(ContentVisitor::into_found).collect());
        let trees = self.hot_trees(objects, progress, &mut contents);
        let graph = Graph::new(std::mem::take(&mut contents.commits), &|no| objects.id(no));
        Survey { contents, trees, graph }
    }

    /// Goes over the trees until none is found any more that leads to something hot.
    ///
    /// Root trees are most of what there is to read. They come last, so that one pass over them is
    /// enough, however deep what they lead to lies. The others are gone over a few times, a level each; what
    /// lies deeper is followed in memory, so that the cost does not grow with the depth.
    fn hot_trees(
        &self,
        objects: &Objects,
        progress: &Progress,
        contents: &mut Contents,
    ) -> HotTrees {
        let mut roots = ObjectSet::new(objects);
        for commit in &contents.commits {
            if let Link::Here(tree) = commit.tree {
                roots.insert(tree);
            }
        }
        let mut pass = TreePass {
            history: self,
            progress,
            objects,
            trees: HotTrees::default(),
            inner: ObjectSet::new(objects),
            all: LookedFor::new(objects),
            contents,
        };
        pass.start();
        let is_root = |no| roots.contains(no);
        let found = pass.first(&|no| !is_root(no));
        pass.climb(found, &|no| !is_root(no));
        let found = pass.first(&is_root);
        // Few repositories have a root tree that is also a directory of another commit.
        pass.climb(found, &|_| true);
        pass.trees.sort();
        pass.trees
    }
}

/// As many levels above what is hot are gone over one by one.
const LEVELS: usize = 6;

/// Passes over trees, each of which looks for what the ones before have found.
struct TreePass<'a> {
    history: &'a History<'a>,
    progress: &'a Progress,
    objects: &'a Objects,
    trees: HotTrees,
    /// Trees that stand in other trees.
    inner: ObjectSet,
    /// Everything that was ever looked for.
    all: LookedFor,
    contents: &'a mut Contents,
}

impl TreePass<'_> {
    fn start(&mut self) {
        let blobs = self.contents.hot.iter().filter(|(_, kind)| *kind == Kind::Blob);
        let lost = self.contents.unreadable.iter().map(|(no, _)| *no);
        for no in blobs.map(|(no, _)| *no).chain(lost) {
            self.all.insert(no, self.objects);
        }
    }

    /// Goes over trees for the first time: looks for all that is known to be hot, judges names
    /// and counts what is not here. Returns the trees in which something was found, as far as
    /// they stand in others.
    fn first(&mut self, is_due: &dyn Fn(ObjectNo) -> bool) -> Vec<ObjectNo> {
        let history = self.history;
        let visitors = self.objects.sweep(
            &|kind| kind == Kind::Tree,
            is_due,
            history.limits(self.progress),
            &|| TreeVisitor::new(self.objects, &self.all, Some(history.sieve)),
        );
        let found = visitors.into_iter().map(TreeVisitor::into_found).collect();
        self.take(found, true)
    }

    /// Work that is done twice is no progress; that it should end counts all the same.
    fn quiet(&self) -> Progress {
        let quiet = Progress::default();
        quiet.stop.store(self.progress.is_stopped(), std::sync::atomic::Ordering::Relaxed);
        quiet
    }

    /// Finds all that leads to trees that were found.
    fn climb(&mut self, mut found: Vec<ObjectNo>, is_due: &dyn Fn(ObjectNo) -> bool) {
        for _ in 0..LEVELS {
            if found.is_empty() {
                return;
            }
            found = self.again(&found, is_due);
        }
        if !found.is_empty() {
            let above = self.above(found, is_due);
            self.again(&above, is_due);
        }
    }

    /// Returns these trees and all that lead to them.
    fn above(&self, found: Vec<ObjectNo>, is_due: &dyn Fn(ObjectNo) -> bool) -> Vec<ObjectNo> {
        let quiet = self.quiet();
        let limits = self.history.limits(&quiet);
        let visitors = self.objects.sweep(&|kind| kind == Kind::Tree, is_due, limits, &|| {
            FolderVisitor { objects: self.objects, pairs: Vec::new() }
        });
        let mut pairs: Vec<_> = visitors.into_iter().flat_map(|one| one.pairs).collect();
        pairs.sort_unstable();
        let mut seen = ObjectSet::new(self.objects);
        let mut todo = found;
        let mut above = Vec::new();
        while let Some(tree) = todo.pop() {
            if seen.insert(tree) {
                above.push(tree);
                let first = pairs.partition_point(|(inner, _)| *inner < tree);
                let outer = pairs[first..].iter().take_while(|(inner, _)| *inner == tree);
                todo.extend(outer.map(|(_, outer)| *outer));
            }
        }
        above
    }

    /// Goes over trees again, looking for some that were found since.
    fn again(&mut self, found: &[ObjectNo], is_due: &dyn Fn(ObjectNo) -> bool) -> Vec<ObjectNo> {
        let mut looked_for = LookedFor::new(self.objects);
        for &tree in found {
            looked_for.insert(tree, self.objects);
        }
        let quiet = self.quiet();
        let limits = self.history.limits(&quiet);
        let visitors = self.objects.sweep(&|kind| kind == Kind::Tree, is_due, limits, &|| {
            TreeVisitor::new(self.objects, &looked_for, None)
        });
        let found = visitors.into_iter().map(TreeVisitor::into_found).collect();
        self.take(found, false)
    }

    fn take(&mut self, all: Vec<TreesFound>, is_first: bool) -> Vec<ObjectNo> {
        let mut hits = Vec::new();
        let mut lost = Vec::new();
        for one in all {
            self.inner.join(&one.inner);
            hits.push(one.hits);
            lost.extend(one.unreadable);
            self.contents.bytes += if is_first { one.bytes } else { 0 };
        }
        let mut found = self.trees.add(hits);
        if is_first {
            // A tree that cannot be read is hot: whoever leads to it is to be named.
            lost.sort_unstable();
            found.extend(lost.iter().map(|&(no, _)| no));
            self.contents.unreadable.append(&mut lost);
        }
        for &tree in &found {
            self.all.insert(tree, self.objects);
        }
        found.retain(|&tree| self.inner.contains(tree));
        if self.progress.is_stopped() { Vec::new() } else { found }
    }
}

/// What reading everything came to.
struct Survey {
    contents: Contents,
    trees: HotTrees,
    graph: Graph,
}

impl Source for History<'_> {
    fn list(&self, progress: &Progress) -> Result<Listing, SourceError> {
        let repository = &mut *self.repository.get()?;
        let root = repository.objects_dir()?;
        let more: Vec<PathBuf> = repository.alternate_dirs();
        let objects = Objects::open(&root, &more, repository.id_bytes()?)
            .map_err(|error| GitError::file(&root, error))?;
        progress.start(u64::from(objects.count()));
        let survey = self.survey(&objects, progress);
        let mut listing = listing::make(&self.options, self.sieve, repository, &objects, survey)?;
        listing.reader = ReaderOptions {
            repository: Some(self.repository.clone()),
            archives: self.options.archives,
            stream_from_bytes: STREAM_FROM_BYTES,
            has_promises: false,
            lfs: None,
        };
        Ok(listing)
    }
}

/// Blobs of a history that are larger than this are read in fragments.
const STREAM_FROM_BYTES: u64 = 16 << 20;
