//! What a history refers to and does not have.

use super::Lister;
use super::scope::Scope;
use crate::finding::{SkipKind, Skipped};
use crate::git::ReadError;
use crate::git::odb::ObjectNo;

impl Lister<'_> {
    /// Names what history refers to and does not have, as far as no path leads to it.
    pub(super) fn gaps(&mut self, scope: &Scope, allows_shallow: bool) {
        let boundary = self.repository.shallow_commits();
        let mut cut = 0_u64;
        let wanted = scope.is_wanted.iter().zip(0..).filter(|(is_wanted, _)| **is_wanted);
        for (_, commit) in wanted {
            let id = self.objects.id(self.graph.commits[commit as usize].no);
            for parent in self.graph.missing_parents(commit) {
                if boundary.contains(&id) {
                    cut += 1;
                } else {
                    let place = format!("parent of commit {id}");
                    self.skip(place.as_bytes(), &ReadError::missing(parent));
                }
            }
            let why = match self.graph.tree(commit) {
                Ok(tree) => self.lost.remove(&tree),
                Err(tree) => Some(ReadError::missing(tree)),
            };
            if let Some(why) = why {
                self.skip(format!("tree of commit {id}").as_bytes(), &why);
            }
        }
        if cut > 0 {
            let commits = if cut == 1 { "commit" } else { "commits" };
            let kind = if allows_shallow { SkipKind::AllowedShallow } else { SkipKind::Shallow };
            let reason = format!(
                "this clone is shallow: history ends at {cut} {commits}; `git fetch --unshallow` \
                 brings the rest"
            );
            self.listing.skipped.push(Skipped::new(kind, b"", reason));
        }
        // What leads to the others is not known, or is itself lost: they may count.
        let mut left: Vec<(ObjectNo, ReadError)> =
            self.lost.iter().map(|(no, why)| (*no, why.clone())).collect();
        left.sort_by_key(|(no, _)| *no);
        for (no, why) in left {
            let id = self.objects.id(no);
            // `git gc` beside it takes away what nothing leads to.
            if self.repository.object(&id, |_, _| ()).is_err_and(|error| error.is_missing()) {
                continue;
            }
            self.skip(format!("object {id}").as_bytes(), &why);
        }
    }
}
