//! How long a history has held something, and who made the commits.

use std::sync::Arc;

use super::Lister;
use super::scope::{Ends, Scope};
use crate::finding::{CommitInfo, Lifetime, MAX_REFS, Occurrence, Presence};
use crate::git::object::ObjectId;
use crate::source::deleted::Deleted;
use crate::source::history::graph::CommitNo;
use crate::source::history::trace::Span;

impl Lister<'_> {
    /// What the parents of the first commit have at a path.
    pub(super) fn before(&mut self, lifetime: &Lifetime, path: &[u8]) -> Vec<ObjectId> {
        let mut found = Vec::new();
        for &parent in &lifetime.parents {
            if let Ok(tree) = self.graph.tree(parent) {
                let tree = self.objects.id(tree);
                // What cannot be read there is not known to be old.
                found.extend(self.repository.entry_at(&tree, path).ok().flatten());
            }
        }
        found
    }

    /// What the first commit deletes: a file that no parent has at its path may be one of these under a new name.
    pub(super) fn deleted_by(&mut self, lifetime: &Lifetime) -> Arc<Deleted> {
        let [parent] = lifetime.parents[..] else { return Arc::default() };
        if let Some(known) = self.deleted.get(&lifetime.first) {
            return known.clone();
        }
        let (Ok(old), Ok(new)) = (self.graph.tree(parent), self.graph.tree(lifetime.first)) else {
            return Arc::default();
        };
        let read = |id| self.repository.tree(&id).map(Arc::new);
        let deleted = Deleted::between(self.objects.id(old), self.objects.id(new), read);
        let deleted = Arc::new(deleted);
        self.deleted.insert(lifetime.first, deleted.clone());
        deleted
    }

    /// What is known of spans of commits; `in_head` is said where it is not that HEAD's history
    /// has the first commit.
    pub(super) fn presences(
        &self,
        spans: impl Iterator<Item = (Span, Option<bool>)>,
        scope: &Scope,
        ends: &Ends,
    ) -> Vec<Arc<Occurrence>> {
        let spans: Vec<_> = spans.collect();
        let mut firsts: Vec<CommitNo> = spans.iter().map(|(span, _)| span.first).collect();
        firsts.sort_unstable();
        firsts.dedup();
        let holders = self.graph.holders(&firsts, &ends.commits, MAX_REFS);
        let made = spans.into_iter().map(|(span, in_head)| {
            let at = firsts.partition_point(|&first| first < span.first);
            let holders = &holders[at];
            let named = holders.tips.iter().map(|&at| &ends.names[at]);
            let parents = self.graph.parents(span.first).to_vec();
            let presence = Presence {
                has_parents: !parents.is_empty(),
                last_commit: None,
                in_head: in_head.unwrap_or(scope.in_head[span.first as usize]),
                refs: named.cloned().collect(),
                ref_count: holders.count,
                is_pushed: scope.is_pushed[span.first as usize],
            };
            let lifetime = Lifetime { first: span.first, parents, last: span.last };
            Arc::new(Occurrence { presence, lifetime })
        });
        made.collect()
    }

    /// Reads who made a commit, and when.
    pub(super) fn info(&mut self, commit: CommitNo) -> Arc<CommitInfo> {
        if let Some(info) = self.infos.get(&commit) {
            return info.clone();
        }
        let id = self.objects.id(self.graph.commits[commit as usize].no);
        let read = self.repository.commit(&id).ok().flatten();
        let (author, time) =
            read.map_or((Vec::new(), 0), |(_, commit)| (commit.author, commit.author_time));
        let info = Arc::new(CommitInfo { id: id.to_string(), author, time });
        self.infos.insert(commit, info.clone());
        info
    }
}
