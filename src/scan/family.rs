//! One finding for each secret and file, however many commits and names the file has had.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::{Finding, Fingerprint, Outcome, Place, Secret};
use crate::rule::Text;

/// Joins findings that are the same secret in versions of the same file, under whatever names it
/// had, or in the same kind of message.
pub fn join_families(outcome: &mut Outcome) {
    outcome.findings = join(std::mem::take(&mut outcome.findings));
}

/// Joins findings of a history that are the same secret in versions of the same file, under
/// whatever names it had, or in the same kind of message. What is left keeps the order of its
/// first part.
fn join(findings: Vec<Finding>) -> Vec<Finding> {
    let mut families = Families::default();
    // What echoes other places comes last, when it is known what there is to echo.
    let (echoes, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.origin.place.is_echo());
    for mut finding in others.into_iter().chain(echoes) {
        cut_name(&mut finding);
        families.add(finding);
    }
    families.list
}

/// Findings that have been joined so far, with what tells that another belongs to one of them.
#[derive(Default)]
struct Families {
    list: Vec<Finding>,
    secrets: HashMap<(Text, Secret), u32>,
    members: HashMap<(u32, Mark), usize>,
}

/// What a finding has in common with others of its family, beside the secret.
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

impl Families {
    fn add(&mut self, finding: Finding) {
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
            let presence = finding.presence.as_ref().filter(|_| matches!(own, Mark::File(_)))?;
            presence.parents.iter().find_map(|&parent| {
                let at = *self.members.get(&(secret, Mark::Until(parent)))?;
                let before = self.list[at].presence.as_ref()?;
                (before.first < presence.first && before.last == parent).then_some(at)
            })
        };
        let family = self.members.get(&(secret, own.clone())).copied().or_else(renamed);
        let at = family.unwrap_or(self.list.len());
        match self.list.get_mut(at) {
            Some(family) => add(family, finding),
            None => self.list.push(finding),
        }
        self.members.insert((secret, own.clone()), at);
        self.members.entry((secret, Mark::Any)).or_insert(at);
        if let (Mark::File(_), Some(presence)) = (own, &self.list[at].presence) {
            self.members.insert((secret, Mark::Until(presence.last)), at);
        }
    }
}

/// A name is what is found, not what lies below it.
fn cut_name(finding: &mut Finding) {
    if finding.origin.place != Place::Path {
        return;
    }
    let end = (finding.location.end.column as usize).saturating_sub(1);
    let path = &finding.origin.path;
    let slash = path.get(end..).and_then(|rest| memchr::memchr(b'/', rest));
    if let Some(slash) = slash {
        finding.origin.path = path[..end + slash].into();
        finding.fingerprint =
            Fingerprint::new(&finding.rule, Place::Path, &finding.origin.path, &finding.secret);
    }
}

fn add(family: &mut Finding, other: Finding) {
    if family.other_paths.len() < MAX_NAMES
        && other.origin.path != family.origin.path
        && !family.other_paths.contains(&other.origin.path)
    {
        family.other_paths.push(other.origin.path);
    }
    match (&mut family.presence, other.presence) {
        (Some(own), Some(other)) => own.join(&other),
        (own @ None, other) => *own = other,
        (Some(_), None) => {}
    }
    family.confidence = family.confidence.max(other.confidence);
}

/// As many other names of a file are kept.
const MAX_NAMES: usize = 100;
