//! What a scan starts from, and which commits count.

use std::sync::Arc;

use super::Lister;
use crate::git::object::ObjectId;
use crate::git::odb::ObjectNo;
use crate::git::{GitError, ReadError, Tip};
use crate::source::history::HistoryOptions;
use crate::source::history::graph::CommitNo;

/// Where refs lead to.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) commits: Vec<CommitNo>,
    /// The ref that leads to each of them.
    pub(super) names: Vec<Arc<[u8]>>,
    pub(super) head: Option<CommitNo>,
    pub(super) tags: Vec<(ObjectNo, Arc<[u8]>)>,
    /// Blobs and trees.
    pub(super) others: Vec<(ObjectNo, Arc<[u8]>)>,
}

impl Ends {
    /// Forgets HEAD, which comes first, as a ref of its own if a branch leads to the same commit.
    fn drop_head(&mut self) {
        let is_head = self.names.first().is_some_and(|name| **name == *b"HEAD");
        if is_head && self.commits[1..].contains(&self.commits[0]) {
            self.names.remove(0);
            self.commits.remove(0);
        }
    }
}

/// Which commits count.
pub(super) struct Scope {
    pub(super) is_wanted: Vec<bool>,
    /// Those among them that no other leads to.
    pub(super) tips: Vec<CommitNo>,
    /// Which commits can be reached from HEAD.
    pub(super) in_head: Vec<bool>,
    /// Which commits a remote is known to have, whatever is scanned.
    pub(super) is_pushed: Vec<bool>,
}

impl Lister<'_> {
    /// Follows refs, through tags, to what they lead to.
    pub(super) fn ends(&mut self, refs: &[Tip], tags: &[(ObjectNo, Option<ObjectId>)]) -> Ends {
        let mut ends = Ends::default();
        for tip in refs {
            let name: Arc<[u8]> = tip.name.as_slice().into();
            let mut id = tip.id;
            // A tag may be of a tag; one that goes on is made to harm.
            for _ in 0..1000 {
                let Some(no) = self.objects.find(id.as_bytes()) else {
                    self.skip(&tip.name, &ReadError::missing(&id));
                    break;
                };
                if let Ok(at) = tags.binary_search_by_key(&no, |tag| tag.0) {
                    ends.tags.push((no, name.clone()));
                    let Some(target) = tags[at].1 else {
                        self.skip(&tip.name, &ReadError::malformed(&format!("tag, {id}")));
                        break;
                    };
                    id = target;
                    continue;
                }
                match self.graph.number(no) {
                    Some(commit) => {
                        ends.commits.push(commit);
                        ends.names.push(name.clone());
                        if &*name == b"HEAD" {
                            ends.head = Some(commit);
                        }
                    }
                    None => ends.others.push((no, name.clone())),
                }
                break;
            }
        }
        ends.drop_head();
        if ends.head.is_none()
            && let Ok(Some(head)) = self.repository.head()
        {
            ends.head = self.objects.find(head.as_bytes()).and_then(|no| self.graph.number(no));
        }
        ends
    }

    /// Tells which commits a remote has: those of remote-tracking refs, or all where that is said.
    fn pushed(&mut self, options: &HistoryOptions) -> Result<Vec<bool>, GitError> {
        if options.is_on_server {
            return Ok(vec![true; self.graph.commits.len()]);
        }
        let remotes = self.repository.refs(&["refs/remotes/".to_owned()])?;
        let places = remotes.iter().filter_map(|id| self.objects.find(id.as_bytes()));
        Ok(self.graph.reach(places.filter_map(|no| self.graph.number(no))))
    }

    pub(super) fn scope(
        &mut self,
        options: &HistoryOptions,
        ends: &Ends,
    ) -> Result<Scope, GitError> {
        let graph = self.graph;
        let mut is_wanted = if options.unreachable {
            vec![true; graph.commits.len()]
        } else {
            graph.reach(ends.commits.iter().copied())
        };
        let mut known: Vec<CommitNo> = Vec::new();
        for id in &options.known {
            // What another side has need not be here.
            let commit = self.repository.commit(id).ok().flatten();
            let no = commit.and_then(|(id, _)| self.objects.find(id.as_bytes()));
            known.extend(no.and_then(|no| graph.number(no)));
        }
        for (is_wanted, is_known) in is_wanted.iter_mut().zip(graph.reach(known)) {
            *is_wanted &= !is_known;
        }
        if let Some(since) = options.since {
            for (is_wanted, commit) in is_wanted.iter_mut().zip(&graph.commits) {
                *is_wanted &= commit.time >= since;
            }
        }
        if let Some(most) = options.max_count {
            let newest = is_wanted.iter_mut().rev().filter(|is_wanted| **is_wanted);
            newest.skip(most).for_each(|is_wanted| *is_wanted = false);
        }
        let mut is_end = vec![true; graph.commits.len()];
        for commit in (0..graph.commits.len()).filter(|&commit| is_wanted[commit]) {
            for &parent in graph.parents(commit as u32) {
                is_end[parent as usize] = false;
            }
        }
        for &commit in &ends.commits {
            is_end[commit as usize] = true;
        }
        let at = |commit: &u32| *commit as usize;
        let tips = (0..graph.commits.len() as u32)
            .filter(|commit| is_wanted[at(commit)] && is_end[at(commit)])
            .collect();
        self.listing.commits = is_wanted.iter().filter(|&&is_wanted| is_wanted).count() as u64;
        let is_pushed = self.pushed(options)?;
        Ok(Scope { is_wanted, tips, in_head: graph.reach(ends.head), is_pushed })
    }
}
