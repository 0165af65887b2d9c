//! From what is hot to units, each with the commit that brought it in.

mod gaps;
mod presence;
mod scope;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::graph::{CommitNo, Graph};
use super::hot_trees::HotTrees;
use super::trace::{Folders, Span, Standing, Trace};
use super::trees::{ObjectSet, Target};
use super::{FastMap, HistoryOptions, Survey};
use crate::finding::{CommitInfo, Occurrence, Origin, Place, SkipKind};
use crate::git::object::Kind;
use crate::git::odb::{ObjectNo, ObjectTable};
use crate::git::{GitError, ReadError, Repository, Tip};
use crate::source::deleted::Deleted;
use crate::source::{Blob, Content, Listing, Seen, Sieve, Unit};
use scope::{Ends, Scope};

/// As many objects that cannot be read are named one by one; more are counted.
const MAX_NAMED: usize = 1000;

/// Makes the listing of what a survey found; `refs` are what to start from, HEAD first.
pub(super) fn make(
    options: &HistoryOptions,
    refs: &[Tip],
    sieve: &dyn Sieve,
    repository: &mut Repository,
    survey: Survey,
) -> Result<Listing, GitError> {
    let Survey { objects, skipped, contents, trees, graph } = survey;
    let mut lister = Lister {
        objects: &objects,
        repository,
        graph: &graph,
        trees: &trees,
        listing: Listing::default(),
        infos: HashMap::new(),
        lost: HashMap::new(),
        seen: contents.seen,
        order: Vec::new(),
        deleted: HashMap::new(),
        is_range: options.is_range(),
    };
    lister.lost = contents.unreadable.iter().map(|(no, why)| (*no, why.clone())).collect();
    lister.listing.skipped.extend(skipped);
    lister.listing.blobs = Some(contents.blobs);
    lister.listing.bytes = contents.bytes;
    for &no in &graph.circular {
        let place = format!("commit {}", objects.id(no));
        let reason = "its parents lead in a circle, so where its files came from may be told wrong; \
                      `git fsck` names what is damaged";
        lister.listing.skip(SkipKind::Damaged, place.as_bytes(), reason);
    }
    let ends = lister.ends(refs, &contents.tags);
    let scope = lister.scope(options, &ends)?;
    lister.ref_names(sieve, refs);
    lister.commits_and_tags(&contents.hot, &scope, &ends, options.unreachable);
    lister.standing(&contents.hot, &scope, &ends, options.unreachable);
    lister.gaps(&scope, options.allows_shallow);
    Ok(lister.finish())
}

struct Lister<'a> {
    objects: &'a ObjectTable,
    repository: &'a mut Repository,
    graph: &'a Graph,
    trees: &'a HotTrees,
    listing: Listing,
    infos: HashMap<CommitNo, Arc<CommitInfo>>,
    /// Objects that cannot be read, and why.
    lost: HashMap<ObjectNo, ReadError>,
    /// What was found in blobs that were read.
    seen: FastMap<ObjectNo, Arc<Seen>>,
    /// For each unit, what it is sorted by before its path.
    order: Vec<u32>,
    /// What commits delete, where it was asked for.
    deleted: HashMap<CommitNo, Arc<Deleted>>,
    is_range: bool,
}

impl Lister<'_> {
    fn ref_names(&mut self, sieve: &dyn Sieve, refs: &[Tip]) {
        for tip in refs.iter().filter(|tip| sieve.whole(&tip.name).is_hot) {
            let origin = Origin::new(Place::RefName, &tip.name);
            self.push(0, Unit::new(origin, Content::Name));
        }
    }

    /// Lists commits and tags whose own text is hot.
    fn commits_and_tags(
        &mut self,
        hot: &[(ObjectNo, Kind)],
        scope: &Scope,
        ends: &Ends,
        unreachable: bool,
    ) {
        let tag_names: HashMap<ObjectNo, &Arc<[u8]>> =
            ends.tags.iter().rev().map(|(no, name)| (*no, name)).collect();
        let mut commits = Vec::new();
        for &(no, kind) in hot {
            let id = self.objects.id(no);
            match kind {
                Kind::Commit => {
                    commits.extend(self.graph.number(no).filter(|&at| scope.is_wanted[at as usize]))
                }
                Kind::Tag => {
                    let unnamed = format!("tag {id}").into_bytes();
                    let name = match tag_names.get(&no) {
                        Some(&name) => name.clone(),
                        None if unreachable && !self.objects.is_borrowed(no) => unnamed.into(),
                        None => continue,
                    };
                    for content in [Content::Header(id), Content::Text(id)] {
                        let path = name.clone();
                        let origin = Origin { place: Place::TagMessage, path, commit: None };
                        self.push(0, Unit::new(origin, content));
                    }
                }
                Kind::Blob | Kind::Tree => {}
            }
        }
        let presences = self.presences(
            commits.iter().map(|&commit| (Span { first: commit, last: commit }, None)),
            scope,
            ends,
        );
        for (&commit, presence) in commits.iter().zip(presences) {
            let id = self.objects.id(self.graph.commits[commit as usize].no);
            let info = self.info(commit);
            for (place, content) in [
                (Place::CommitHeader, Content::Header(id)),
                (Place::CommitMessage, Content::Text(id)),
            ] {
                let origin = Origin { place, path: Arc::default(), commit: Some(info.clone()) };
                let occurrence = Some(presence.clone());
                self.push(commit, Unit { occurrence, ..Unit::new(origin, content) });
            }
        }
    }

    /// Lists what stands in trees.
    fn standing(
        &mut self,
        hot: &[(ObjectNo, Kind)],
        scope: &Scope,
        ends: &Ends,
        unreachable: bool,
    ) {
        let mut trace = Trace::new(self.graph, self.trees);
        trace.commits(&scope.is_wanted, &scope.tips);
        let in_head = self.in_head(&mut trace, ends);
        let mut seen = ObjectSet::new(self.objects.count());
        for (tree, name) in &ends.others {
            for standing in trace.below(*tree, &mut Folders::default()) {
                if let Target::Blob(no) = standing.what {
                    seen.insert(no);
                }
                let path = trace.paths.bytes(standing.path, self.trees);
                self.stand(0, &path, standing.what, None, None, name);
            }
        }
        let Trace { paths, spans, .. } = trace;
        let is_cut = trace.is_cut || self.trees.is_cut;
        if is_cut {
            let reason = "more paths lead to findings than can be listed";
            self.listing.skip(SkipKind::Unreadable, b"", reason);
        }

        let mut all: Vec<(Standing, Span, Vec<u8>)> = spans
            .into_iter()
            .map(|(standing, span)| (standing, span, paths.bytes(standing.path, self.trees)))
            .collect();
        all.sort_unstable_by(|a, b| (a.1.first, &a.2, a.0.what).cmp(&(b.1.first, &b.2, b.0.what)));
        let presences = self.presences(
            all.iter().map(|(standing, span, _)| (*span, Some(in_head.contains(standing)))),
            scope,
            ends,
        );
        for ((standing, span, path), presence) in all.into_iter().zip(presences) {
            if let Target::Blob(no) = standing.what {
                seen.insert(no);
            }
            let info = self.info(span.first);
            self.stand(
                span.first,
                &path,
                standing.what,
                Some(info),
                Some(presence),
                &Arc::default(),
            );
        }
        // Where paths are too many to follow, every blob is still listed once.
        self.loose_ends(hot, &mut seen, ends, unreachable || is_cut);
    }

    /// Lists blobs that a ref leads to without a tree, and those that nothing leads to.
    fn loose_ends(
        &mut self,
        hot: &[(ObjectNo, Kind)],
        seen: &mut ObjectSet,
        ends: &Ends,
        unreachable: bool,
    ) {
        let named: HashMap<ObjectNo, &Arc<[u8]>> =
            ends.others.iter().rev().map(|(no, name)| (*no, name)).collect();
        for &(no, kind) in hot {
            if kind != Kind::Blob || seen.contains(no) {
                continue;
            }
            let id = self.objects.id(no);
            let path: Arc<[u8]> = match named.get(&no) {
                Some(&name) => name.clone(),
                None if unreachable && !self.objects.is_borrowed(no) => {
                    format!("object {id}").into_bytes().into()
                }
                None => continue,
            };
            let place = if named.contains_key(&no) { Place::Commit } else { Place::Object };
            let origin = Origin { place, path, commit: None };
            let seen = self.seen.get(&no).cloned();
            self.push(u32::MAX, Unit { seen, ..Unit::new(origin, Content::Blob(Blob::alone(id))) });
        }
    }

    /// What HEAD has.
    fn in_head(&self, trace: &mut Trace<'_>, ends: &Ends) -> HashSet<Standing> {
        let tree = ends.head.and_then(|head| self.graph.tree(head).ok());
        let below = tree.map(|tree| trace.below(tree, &mut Folders::default()));
        below.into_iter().flatten().collect()
    }

    /// Lists one thing at one path.
    fn stand(
        &mut self,
        order: u32,
        path: &[u8],
        what: Target,
        commit: Option<Arc<CommitInfo>>,
        occurrence: Option<Arc<Occurrence>>,
        tree_name: &Arc<[u8]>,
    ) {
        let path: Arc<[u8]> = if tree_name.is_empty() {
            path.into()
        } else {
            [tree_name, &b":"[..], path].concat().into()
        };
        let place = match &commit {
            Some(commit) => [&*path, b" in commit ", commit.id.as_bytes()].concat(),
            None => path.to_vec(),
        };
        match what {
            Target::Missing(number) => {
                let id = self.trees.missing[number as usize];
                self.skip(&place, &ReadError::missing(&id));
            }
            Target::Blob(no) | Target::Tree(no) if self.lost.contains_key(&no) => {
                if let Some(why) = self.lost.remove(&no) {
                    self.skip(&place, &why);
                }
            }
            Target::Blob(no) => {
                let id = self.objects.id(no);
                let mut blob = Blob::alone(id);
                if let Some(known) = occurrence.as_ref().filter(|_| self.is_range) {
                    blob.bases = self.before(&known.lifetime, &path);
                    if blob.bases.is_empty() {
                        blob.deleted = self.deleted_by(&known.lifetime);
                    }
                }
                let origin = Origin { place: Place::Commit, path, commit };
                let seen = self.seen.get(&no).cloned();
                let unit = Unit::new(origin, Content::Blob(blob));
                self.push(order, Unit { occurrence, seen, ..unit });
            }
            Target::Name => {
                let origin = Origin { place: Place::Path, path, commit };
                self.push(order, Unit { occurrence, ..Unit::new(origin, Content::Name) });
            }
            Target::Tree(_) => {}
        }
    }

    fn skip(&mut self, path: &[u8], error: &ReadError) {
        self.listing.skipped.push(error.skip(path));
    }

    fn push(&mut self, order: u32, unit: Unit) {
        self.order.push(order);
        self.listing.units.push(unit);
    }

    /// Puts the units in order, and tells each when it was last there.
    fn finish(mut self) -> Listing {
        let units = std::mem::take(&mut self.listing.units);
        let mut ordered: Vec<(u32, Unit)> = self.order.drain(..).zip(units).collect();
        ordered.sort_by(|a, b| {
            let key = |unit: &Unit| (unit.origin.path.clone(), unit.origin.place);
            a.0.cmp(&b.0).then_with(|| key(&a.1).cmp(&key(&b.1)))
        });
        self.listing.units = ordered.into_iter().map(|(_, unit)| unit).collect();
        for at in 0..self.listing.units.len() {
            let Some(occurrence) = &self.listing.units[at].occurrence else { continue };
            let mut occurrence = (**occurrence).clone();
            occurrence.presence.last_commit = Some(self.info(occurrence.lifetime.last));
            self.listing.units[at].occurrence = Some(Arc::new(occurrence));
        }
        let more = self.listing.skipped.len().saturating_sub(MAX_NAMED);
        if more > 0 {
            self.listing.skipped.truncate(MAX_NAMED);
            let reason = format!("{more} more that cannot be read");
            self.listing.skip(SkipKind::Unreadable, b"", reason);
        }
        self.listing
    }
}
