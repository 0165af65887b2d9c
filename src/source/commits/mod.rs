//! Commits that another side lacks: those of a push, a merge or a ref update.
//!
//! The walk is our own, over raw commits: libgit2's obeys grafts, which would hide history. A
//! commit that only clock skew keeps from being recognised as known is read once too often,
//! never once too seldom.

mod walk;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::deleted::{Deleted, join};
use super::{Blob, Content, Listing, ReaderOptions, Source, SourceError, Unit, lfs};
use crate::archive::ArchiveLimits;
use crate::finding::{CommitInfo, Origin, Place, Progress, SkipKind, Skipped};
use crate::git::object::{Commit, Kind, MODE_GITLINK, MODE_TREE, ObjectId, TreeEntry, TreeLimit};
use crate::git::{GitError, Known, ReadError, Repository, RepositoryPool, Tip};
use walk::Walk;

/// The commits that can be reached from tips and not from what is known, oldest first, with
/// their messages, names and the blobs in which they differ from every parent.
#[derive(Debug)]
pub struct Commits {
    repository: RepositoryPool,
    tips: Vec<Tip>,
    known: Known,
    ends_here: bool,
}

impl Commits {
    /// Makes a source of what `tips` bring to a side that has `known`.
    #[must_use]
    pub fn new(repository: &RepositoryPool, tips: Vec<Tip>, known: Known) -> Self {
        Commits { repository: repository.clone(), tips, known, ends_here: false }
    }

    /// Takes the end of a shallow or partial clone for the end of all: git sends no more than what is here,
    /// and what it has not asked for when it merges, the remote has.
    #[must_use]
    pub fn ends_here(self) -> Self {
        Commits { ends_here: true, ..self }
    }
}

impl Source for Commits {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let repository = &mut *self.repository.get()?;
        let mut known = repository.refs(&self.known.ref_prefixes)?;
        known.extend(&self.known.ids);
        let mut list = Lister::new(repository);
        if self.ends_here {
            list.boundary = list.repository.shallow_commits();
            list.has_promises = list.repository.is_partial()?;
        }
        let mut starts = Vec::new();
        for tip in &self.tips {
            list.name(Place::RefName, &tip.name, None);
            starts.extend(list.peel(tip)?);
        }
        let commits = list.walk(starts, &known)?;
        for (id, commit) in commits.into_iter().rev() {
            list.commit(id, &commit)?;
        }
        let reader = ReaderOptions {
            repository: Some(self.repository.clone()),
            archives: Some(ArchiveLimits::default()),
            has_promises: list.has_promises,
            lfs: lfs::Store::of(list.repository)?,
            ..ReaderOptions::default()
        };
        Ok(Listing { reader, ..list.listing })
    }
}

/// How many bytes of parsed trees are kept, roughly: neighbours in history share most of them.
const TREE_CACHE_ENTRIES: usize = 400_000;

struct Lister<'a> {
    repository: &'a mut Repository,
    listing: Listing,
    /// By path, too: one that is allowed must not hide another.
    seen_blobs: HashSet<(ObjectId, Arc<[u8]>)>,
    seen_names: HashSet<Arc<[u8]>>,
    trees: HashMap<ObjectId, Arc<Vec<TreeEntry>>>,
    cached_entries: usize,
    /// The commits whose parents are not missed.
    boundary: HashSet<ObjectId>,
    /// Whether objects that are not here are not missed.
    has_promises: bool,
}

impl<'a> Lister<'a> {
    fn new(repository: &'a mut Repository) -> Self {
        Lister {
            repository,
            listing: Listing::default(),
            seen_blobs: HashSet::new(),
            seen_names: HashSet::new(),
            trees: HashMap::new(),
            cached_entries: 0,
            boundary: HashSet::new(),
            has_promises: false,
        }
    }

    fn push(
        &mut self,
        place: Place,
        path: &Arc<[u8]>,
        commit: Option<&Arc<CommitInfo>>,
        content: Content,
    ) {
        let origin = Origin { place, path: path.clone(), commit: commit.cloned() };
        self.listing.units.push(Unit::new(origin, content));
    }

    fn name(&mut self, place: Place, name: &[u8], commit: Option<&Arc<CommitInfo>>) {
        let name: Arc<[u8]> = name.into();
        if !name.is_empty() && self.seen_names.insert(name.clone()) {
            self.push(place, &name, commit, Content::Name);
        }
    }

    /// Lists the tags on the way from a tip to its commit, or the tree or blob at its end.
    fn peel(&mut self, tip: &Tip) -> Result<Option<ObjectId>, GitError> {
        let name: Arc<[u8]> = tip.name.as_slice().into();
        let mut tags = Vec::new();
        let (id, kind) =
            self.repository.peel(&tip.id, &mut |tag| tags.push(tag), |kind, _| kind)?;
        for tag in tags {
            self.push(Place::TagMessage, &name, None, Content::Header(tag));
            self.push(Place::TagMessage, &name, None, Content::Text(tag));
        }
        match kind {
            Kind::Commit => return Ok(Some(id)),
            Kind::Tree => self.tree_changes(Some(id), &[], None)?,
            Kind::Blob | Kind::Tag => self.blob(&name, id, Vec::new(), Arc::default(), None),
        }
        Ok(None)
    }

    fn blob(
        &mut self,
        path: &Arc<[u8]>,
        id: ObjectId,
        bases: Vec<ObjectId>,
        deleted: Arc<Deleted>,
        commit: Option<&Arc<CommitInfo>>,
    ) {
        if self.seen_blobs.insert((id, path.clone())) {
            let blob = Blob { id, bases, deleted };
            self.push(Place::Commit, path, commit, Content::Blob(blob));
        }
    }

    /// Returns the commits to read, newest first: those that a walk by date from `starts` meets
    /// and that no known commit is found to reach.
    fn walk(
        &mut self,
        starts: Vec<ObjectId>,
        known: &[ObjectId],
    ) -> Result<Vec<(ObjectId, Commit)>, GitError> {
        let mut walk = Walk::default();
        for id in known {
            // What the other side has need not be here.
            if let Ok(Some((id, commit))) = self.repository.commit(id) {
                walk.add(id, commit, true);
            }
        }
        for id in starts {
            self.visit(&mut walk, id, false)?;
        }
        let mut order = Vec::new();
        while walk.is_open() {
            let Some(id) = walk.next() else { break };
            let (parents, is_known) = walk.parents(&id);
            if !is_known {
                order.push(id);
            }
            // What is behind the end of a shallow clone is read if it is here, and else not missed.
            let is_end = self.boundary.contains(&id);
            for parent in parents {
                if !is_end || self.repository.commit(&parent).is_ok() {
                    self.visit(&mut walk, parent, is_known)?;
                }
            }
        }
        Ok(walk.wanted_of(order))
    }

    fn visit(&mut self, walk: &mut Walk, id: ObjectId, is_known: bool) -> Result<(), GitError> {
        if walk.has(&id) {
            if is_known {
                walk.mark_known(id);
            }
            return Ok(());
        }
        match self.repository.commit(&id) {
            Ok(Some((id, commit))) => walk.add(id, commit, is_known),
            Ok(None) => return Err(GitError::NotACommit(id)),
            // History of the other side may end at a shallow boundary; ours must not be lost.
            Err(_) if is_known => {}
            Err(error) => {
                let shallow = self.repository.is_shallow();
                let hint =
                    if shallow { "; this clone is shallow: git fetch --unshallow" } else { "" };
                self.listing.skipped.push(Skipped {
                    reason: format!("{error}{hint}"),
                    ..error.skip(id.to_string().as_bytes())
                });
            }
        }
        Ok(())
    }

    fn commit(&mut self, id: ObjectId, commit: &Commit) -> Result<(), GitError> {
        self.listing.commits += 1;
        let info = Arc::new(CommitInfo {
            id: id.to_string(),
            author: commit.author.clone(),
            time: commit.author_time,
        });
        let none: Arc<[u8]> = Arc::default();
        self.push(Place::CommitHeader, &none, Some(&info), Content::Header(id));
        self.push(Place::CommitMessage, &none, Some(&info), Content::Text(id));
        let mut parents = Vec::new();
        for parent in &commit.parents {
            // A shallow clone ends here; the commit is then compared with nothing, which reads
            // too much rather than too little.
            if let Ok(Some((_, parent))) = self.repository.commit(parent) {
                parents.push(parent.tree);
            }
        }
        self.tree_changes(Some(commit.tree), &parents, Some(&info))
    }

    /// Lists the blobs of `tree` that none of `parents` has at the same path.
    fn tree_changes(
        &mut self,
        tree: Option<ObjectId>,
        parents: &[ObjectId],
        commit: Option<&Arc<CommitInfo>>,
    ) -> Result<(), GitError> {
        let before = parents.iter().copied().map(Some).collect();
        let mut todo = vec![Folder { path: Vec::new(), tree, parents: before }];
        let mut changed = Vec::new();
        let mut limit = TreeLimit::default();
        while let Some(folder) = todo.pop() {
            limit.count(&folder.path);
            if limit.is_reached() {
                let reason = "it and others are more paths than can be listed";
                self.listing.skip(SkipKind::Unreadable, &folder.path, reason);
                break;
            }
            let before = changed.len();
            if let Err(error) = self.folder_changes(&folder, &mut todo, &mut changed) {
                let error = if self.has_promises { error.or_promised() } else { error };
                self.listing.skipped.push(error.skip(&folder.path));
            }
            changed[before..].iter().for_each(|(path, ..)| limit.count(path));
        }
        changed.sort_by(|a, b| a.0.cmp(&b.0));
        let has_new = changed.iter().any(|(_, _, bases)| bases.is_empty());
        let deleted = match (tree, parents) {
            (Some(tree), [only]) if has_new => {
                Deleted::between(*only, tree, |id| self.entries(Some(id)))
            }
            _ => Deleted::default(),
        };
        let deleted = Arc::new(deleted);
        for (path, id, bases) in changed {
            let path: Arc<[u8]> = path.into();
            let is_new = bases.is_empty();
            if is_new {
                self.name(Place::Path, &path, commit);
            }
            let deleted = if is_new { deleted.clone() } else { Arc::default() };
            self.blob(&path, id, bases, deleted, commit);
        }
        Ok(())
    }

    fn folder_changes(
        &mut self,
        folder: &Folder,
        todo: &mut Vec<Folder>,
        changed: &mut Vec<(Vec<u8>, ObjectId, Vec<ObjectId>)>,
    ) -> Result<(), ReadError> {
        let own = self.entries(folder.tree)?;
        let mut theirs = Vec::new();
        for parent in &folder.parents {
            theirs.push(self.entries(*parent)?);
        }
        let their_names: Vec<HashMap<&[u8], &TreeEntry>> = theirs
            .iter()
            .map(|entries| entries.iter().map(|entry| (&*entry.name, entry)).collect())
            .collect();
        for entry in own.iter() {
            let before: Vec<Option<&TreeEntry>> =
                their_names.iter().map(|names| names.get(&*entry.name).copied()).collect();
            let same = |old: &&TreeEntry| old.id == entry.id && old.mode == entry.mode;
            if before.iter().flatten().any(same) || entry.mode == MODE_GITLINK {
                continue;
            }
            let path = join(&folder.path, &entry.name);
            let is_tree = |old: &&TreeEntry| old.mode == MODE_TREE;
            if entry.mode == MODE_TREE {
                let parents =
                    before.iter().map(|old| old.filter(is_tree).map(|old| old.id)).collect();
                todo.push(Folder { path, tree: Some(entry.id), parents });
            } else {
                let bases: Vec<ObjectId> =
                    before.iter().flatten().filter(|old| !is_tree(old)).map(|old| old.id).collect();
                if !bases.contains(&entry.id) {
                    changed.push((path, entry.id, bases));
                }
            }
        }
        Ok(())
    }

    fn entries(&mut self, tree: Option<ObjectId>) -> Result<Arc<Vec<TreeEntry>>, ReadError> {
        let Some(id) = tree else {
            return Ok(Arc::default());
        };
        if let Some(known) = self.trees.get(&id) {
            return Ok(known.clone());
        }
        let entries = Arc::new(self.repository.tree(&id)?);
        if self.cached_entries > TREE_CACHE_ENTRIES {
            self.trees.clear();
            self.cached_entries = 0;
        }
        self.cached_entries += entries.len();
        self.trees.insert(id, entries.clone());
        Ok(entries)
    }
}

/// A directory of a commit beside that of its parents.
struct Folder {
    path: Vec<u8>,
    tree: Option<ObjectId>,
    parents: Vec<Option<ObjectId>>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{Commits, Known, Place, Progress, RepositoryPool, Source as _, Tip};
    use crate::environment::Environment;
    use crate::git::Location;

    /// An environment with nothing of the tester's in it.
    fn environment() -> Environment {
        let path = std::env::var_os("PATH").unwrap();
        let own =
            ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        let own = own.map(|name| (name.into(), "a@b".into()));
        let fixed = [("GIT_CONFIG_NOSYSTEM", "1"), ("HOME", "/nonexistent")];
        let fixed = fixed.map(|(name, value)| (name.into(), value.into()));
        Environment::new([("PATH".into(), path)].into_iter().chain(own).chain(fixed))
    }

    /// `w FILE TEXT` writes and adds a file, `c DAY` commits at noon of that day.
    const SHELL: &str = "git init -q -b main .; \
         w() { mkdir -p $(dirname $1); echo \"$2\" >$1; git add $1; }; \
         c() { GIT_COMMITTER_DATE=\"$((1700000000 + 86400 * $1)) +0000\" git commit -qm $1; };";

    /// What a side that has `known` is brought by `tip`: how many commits, and what of them is read, with `+`
    /// before names and `*` behind what has an older version.
    fn brought(script: &str, tip: &str, known: &str) -> (u64, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let folder: &Path = folder.path();
        let mut command = Command::new("sh");
        command.env_clear().envs(environment().iter()).current_dir(folder);
        let done = command.args(["-e", "-c", &format!("{SHELL} {script}")]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let location = Location::new(folder, environment());
        let id = |name: &str| location.id(["rev-parse", name]).unwrap().unwrap();
        let tips = vec![Tip { id: id(tip), name: b"refs/heads/sent".to_vec() }];
        let known = Known { ids: vec![id(known)], ref_prefixes: Vec::new() };
        let pool = RepositoryPool::new(location.clone());
        let listing = Commits::new(&pool, tips, known).list(&Progress::default()).unwrap();
        assert!(listing.skipped.is_empty(), "{:?}", listing.skipped);
        let units = listing.units.iter().filter_map(|unit| {
            let path = String::from_utf8_lossy(&unit.origin.path);
            match unit.origin.place {
                Place::Path => Some(format!("+{path}")),
                Place::Commit if unit.has_older() => Some(format!("{path}*")),
                Place::Commit => Some(path.into_owned()),
                _ => None,
            }
        });
        (listing.commits, units.collect())
    }

    #[test]
    fn commits_bring_the_files_in_which_they_differ_from_every_parent() {
        for (script, count, expected) in [
            ("w a 1; c 1; git tag old; w a 2; w b 1; c 2", 1, &["a*", "+b", "b"][..]),
            ("w d/e/f 1; c 1; git tag old; w d/e/f 2; w d/g 1; c 2", 1, &["d/e/f*", "+d/g", "d/g"]),
            ("w a 1; c 1; git tag old; c() { git commit -q --allow-empty -m x; }; c; c", 2, &[]),
            // A file under a new name has what was deleted for an older version, however deep it stood.
            (
                "w d/e/f 1; w a 1; c 1; git tag old; git mv d/e/f moved; c 2",
                1,
                &["+moved", "moved*"],
            ),
            ("w f 1; w a 1; c 1; git tag old; git mv f d; c 2", 1, &["+d", "d*"]),
            // Files and folders of one name.
            ("w p 1; c 1; git tag old; git rm -q p; w p/q 1; c 2", 1, &["+p/q", "p/q*"]),
            ("w p/q 1; c 1; git tag old; git rm -rq p; w p 1; c 2", 1, &["+p", "p*"]),
            // Another mode is no other file, and a submodule is none.
            ("w a 1; c 1; git tag old; chmod +x a; git add a; c 2", 1, &[]),
            (
                "w a 1; c 1; git tag old; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; c 2",
                1,
                &[],
            ),
            (
                "w a 1; c 1; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; c 2; git tag old; \
                 git rm -q --cached sub; w n 1; c 3",
                1,
                &["+n", "n"],
            ),
            // One content at two paths is two files; twice at one path it is one.
            ("w a 1; c 1; git tag old; w x/1 2; w y/1 2; c 2", 1, &["+x/1", "x/1", "+y/1", "y/1"]),
            ("w a 1; c 1; git tag old; w a 2; c 2; w a 1; c 3; w a 2; c 4", 3, &["a*", "a*"]),
            (
                "w a 1; c 1; git tag old; w n 1; c 2; git rm -q n; c 3; w n 2; c 4",
                3,
                &["+n", "n", "n"],
            ),
            // A folder that is the same is not read.
            (
                "w d/e 1; w a 1; c 1; git tag old; w a 2; c 2; \
                 rm .git/objects/$(git rev-parse HEAD:d | sed 's,..,&/,')",
                1,
                &["a*"],
            ),
            // What a merge has of either side is nothing new; what it has of none is.
            (
                "w a 1; c 1; git tag old; git checkout -qb side; w s 1; c 2; git checkout -q main; w m 1; c 3; \
                 git merge -q --no-commit side; w a 2; c 4",
                3,
                &["+s", "s", "+m", "m", "a*"],
            ),
        ] {
            assert_eq!(
                brought(script, "main", "old"),
                (count, expected.iter().map(|it| (*it).to_owned()).collect()),
                "{script}"
            );
        }
    }

    #[test]
    fn what_the_other_side_has_is_not_brought() {
        const THREE: &str = "w a 1; c 1; git tag one; w b 1; c 2; git tag two; w d 1; c 3;";
        for (script, known, expected) in [
            ("", "one", 2),
            ("", "two", 1),
            ("", "main", 0),
            // It may be ahead, or on a branch of its own.
            ("git checkout -qb ahead; w e 1; c 4; w e 2; c 5;", "ahead", 0),
            ("git checkout -qb side two; w e 1; c 4; w e 2; c 5;", "side", 1),
            // Its clock may be behind: the walk goes on for a while.
            ("git checkout -qb late two; w e 1; c -9;", "late", 1),
            ("git checkout -qb late one; for n in 9 8 7 6 5; do w e $n; c -$n; done;", "late", 2),
            // It may have nothing of this.
            ("git checkout -q --orphan alone; git rm -rqf .; w e 1; c 4;", "alone", 3),
        ] {
            let script = format!("{THREE} {script}");
            assert_eq!(brought(&script, "main", known).0, expected, "{script} {known}");
        }
    }

    #[test]
    fn tags_trees_and_blobs_are_followed_to_their_end() {
        const ONE: &str = "w a 1; c 1; git tag old; w d/b 1; c 2;";
        for (script, expected) in [
            ("git tag -a -m x tip; git tag -a -m x tip2 tip", (1, vec!["+d/b", "d/b"])),
            ("git tag tip2 HEAD^{tree}", (0, vec!["+a", "a", "+d/b", "d/b"])),
            ("git tag tip2 HEAD:d/b", (0, vec!["refs/heads/sent"])),
        ] {
            let expected = (expected.0, expected.1.into_iter().map(str::to_owned).collect());
            assert_eq!(brought(&format!("{ONE} {script}"), "tip2", "old"), expected, "{script}");
        }
    }
}
