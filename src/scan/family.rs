//! One finding for each secret and file, however many commits and names the file has had.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::{Finding, Fingerprint, Outcome, Place};
use crate::rule::Text;

/// Joins the findings of histories: see [`join`].
pub fn join_families(outcome: &mut Outcome) {
    outcome.findings = join(std::mem::take(&mut outcome.findings));
}

/// Joins findings of a history that are the same secret in versions of the same file, under
/// whatever names it had, or in the same kind of message. What is left keeps the order of its
/// first part.
fn join(findings: Vec<Finding>) -> Vec<Finding> {
    let mut secrets: HashMap<(Text, Box<[u8]>), Vec<usize>> = HashMap::new();
    let mut joined: Vec<Finding> = Vec::new();
    // What echoes other places comes last, when it is known what there is to echo.
    let (echoes, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.origin.place.is_echo());
    for mut finding in others.into_iter().chain(echoes) {
        cut_name(&mut finding);
        let key = (finding.rule.clone(), Box::from(finding.secret.expose()));
        let same = secrets.entry(key).or_default();
        let family = same.iter().copied().find(|&at| are_family(&joined[at], &finding));
        match family {
            Some(at) => add(&mut joined[at], finding),
            None => {
                same.push(joined.len());
                joined.push(finding);
            }
        }
    }
    joined
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

/// Whether a finding that comes later in history is in the same file as one before it.
fn are_family(before: &Finding, later: &Finding) -> bool {
    let (one, other) = (before.origin.place, later.origin.place);
    if other.is_echo() {
        return true;
    }
    if one != other && !(one.is_file() && other.is_file()) {
        return false;
    }
    if matches!(one, Place::CommitMessage | Place::CommitHeader | Place::TagMessage) {
        return true;
    }
    let is_known = |path: &Arc<[u8]>| before.other_paths.contains(path);
    if before.origin.path == later.origin.path || is_known(&later.origin.path) {
        return true;
    }
    match (&before.presence, &later.presence) {
        // Renamed: the last commit with the old name is the one before the first with the new.
        (Some(before), Some(later)) => {
            before.first < later.first && later.parents.contains(&before.last)
        }
        _ => false,
    }
}

fn add(family: &mut Finding, other: Finding) {
    if other.origin.path != family.origin.path && !family.other_paths.contains(&other.origin.path) {
        family.other_paths.push(other.origin.path);
    }
    match (&mut family.presence, other.presence) {
        (Some(own), Some(other)) => own.join(&other),
        (own @ None, other) => *own = other,
        (Some(_), None) => {}
    }
    family.confidence = family.confidence.max(other.confidence);
}
