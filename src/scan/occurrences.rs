//! One finding for each secret and file, however many commits and names the file has had.

use std::collections::HashMap;
use std::sync::Arc;

use super::Part;
use super::judge::name_at;
use crate::finding::{Finding, Fingerprint, Occurrence, Place, Secret};
use crate::rule::Text;

/// A finding with its occurrence in a history.
struct Found {
    finding: Finding,
    occurrence: Option<Occurrence>,
    /// All that it was joined of.
    parts: Vec<Part>,
}

impl Found {
    fn into_finding(self) -> Finding {
        let presence = self.occurrence.map(|known| known.presence).or(self.finding.presence);
        Finding { presence, ..self.finding }
    }
}

/// Findings that are joined as they come: those that are the same secret in versions of the same file, under
/// whatever names it had, or in the same kind of message. What is left keeps the order of its first part.
#[derive(Default)]
pub(super) struct Secrets {
    list: Vec<Found>,
    /// Copies, such as reflogs, which come last: only then is it known what they may repeat.
    copies: Vec<Found>,
    secrets: HashMap<(Text, Secret), u32>,
    members: HashMap<(u32, Mark), usize>,
}

/// What a finding has in common with those that it is joined with, beside the secret.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Mark {
    /// It is there at all.
    Any,
    /// It stands in the same file, or in a file of that name.
    File(Arc<[u8]>),
    /// It stands in a name.
    Name(Arc<[u8]>),
    /// It stands in texts of the same kind.
    Text(Place),
    /// It was in a file up to this commit, after which the file may have got another name.
    Until(u32),
}

impl Secrets {
    /// Adds a finding, with how long a history holds it, as far as that is known.
    pub(super) fn add(
        &mut self,
        mut finding: Finding,
        occurrence: Option<Arc<Occurrence>>,
        part: Option<Part>,
    ) {
        cut_name(&mut finding);
        let is_copy = finding.origin.place.is_echo();
        let occurrence = occurrence.map(Arc::unwrap_or_clone);
        let found = Found { finding, occurrence, parts: part.into_iter().collect() };
        if is_copy {
            self.copies.push(found);
        } else {
            self.join(found);
        }
    }

    /// Returns what is left.
    pub(super) fn finish(self) -> Vec<Finding> {
        self.finish_with_parts().into_iter().map(|(finding, _)| finding).collect()
    }

    /// Returns what is left, each with what it was joined of, the one that it begins with first.
    pub(super) fn finish_with_parts(mut self) -> Vec<(Finding, Vec<Part>)> {
        std::mem::take(&mut self.copies).into_iter().for_each(|found| self.join(found));
        let apart = |mut found: Found| {
            let parts = std::mem::take(&mut found.parts);
            (found.into_finding(), parts)
        };
        self.list.into_iter().map(apart).collect()
    }

    fn join(&mut self, found: Found) {
        let finding = &found.finding;
        let next = self.secrets.len() as u32;
        let key = (finding.rule.clone(), finding.secret.clone());
        let secret = *self.secrets.entry(key).or_insert(next);
        let own = match finding.origin.place {
            Place::Object | Place::GitDir => Mark::Any,
            Place::Path | Place::RefName => Mark::Name(finding.origin.path.clone()),
            Place::Index | Place::Worktree | Place::Commit | Place::Stdin => {
                Mark::File(finding.origin.path.clone())
            }
            place => Mark::Text(place),
        };
        let renamed = || {
            let known = found.occurrence.as_ref().filter(|_| matches!(own, Mark::File(_)))?;
            known.lifetime.parents.iter().find_map(|&parent| {
                let at = *self.members.get(&(secret, Mark::Until(parent)))?;
                let before = &self.list[at].occurrence.as_ref()?.lifetime;
                (before.first < known.lifetime.first && before.last == parent).then_some(at)
            })
        };
        let joined = self.members.get(&(secret, own.clone())).copied().or_else(renamed);
        let at = joined.unwrap_or(self.list.len());
        for path in &finding.other_paths {
            self.members.insert((secret, Mark::File(path.clone())), at);
        }
        match self.list.get_mut(at) {
            Some(first) => first.join(found),
            None => self.list.push(found),
        }
        self.members.insert((secret, own.clone()), at);
        self.members.entry((secret, Mark::Any)).or_insert(at);
        if let (Mark::File(_), Some(known)) = (own, &self.list[at].occurrence) {
            self.members.insert((secret, Mark::Until(known.lifetime.last)), at);
        }
    }
}

/// A name is what is found, not what lies below it.
fn cut_name(finding: &mut Finding) {
    if finding.origin.place != Place::Path {
        return;
    }
    let end = (finding.location.end.column as usize).saturating_sub(1);
    let name = name_at(&finding.origin.path, end);
    if name.len() < finding.origin.path.len() {
        finding.origin.path = name.into();
        finding.fingerprint =
            Fingerprint::new(&finding.rule, Place::Path, &finding.origin.path, &finding.secret);
    }
}

impl Found {
    /// Joins another finding of the same secret.
    fn join(&mut self, other: Found) {
        self.parts.extend(other.parts);
        let own = &mut self.finding;
        let path = other.finding.origin.path;
        if own.other_paths.len() < MAX_NAMES
            && path != own.origin.path
            && !own.other_paths.contains(&path)
        {
            own.other_paths.push(path);
        }
        own.confidence = own.confidence.max(other.finding.confidence);
        own.presence = own.presence.take().or(other.finding.presence);
        match (&mut self.occurrence, other.occurrence) {
            (Some(own), Some(other)) => own.join(&other),
            (own @ None, other) => *own = other,
            (Some(_), None) => {}
        }
    }
}

/// How many other names of a file are kept.
const MAX_NAMES: usize = 100;
