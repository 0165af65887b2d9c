//! The details of a finding beside its place and secret, as plain lines.

use super::text::notes;
use super::{presence, printable};
use crate::finding::{Finding, Redactor};
use crate::text::date::day;

/// Returns who brought it in, how long history has held it, what the checks learnt, and its fingerprint.
pub(super) fn facts(finding: &Finding, redactor: &Redactor) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(finding.origin.commit.as_ref().map(|commit| {
        let author = printable(&commit.author, redactor);
        format!("in commit {} of {} by {author}", commit.id, day(commit.time))
    }));
    facts.extend(presence::lines(finding, redactor));
    facts.extend(notes(finding).iter().map(|note| printable(note.as_bytes(), redactor)));
    facts.push(format!("fingerprint {}", finding.fingerprint));
    facts
}

/// Returns what to do about it, one step each.
pub(super) fn steps(finding: &Finding, redactor: &Redactor) -> Vec<String> {
    let steps = finding.advice.lines().map(str::trim).filter(|step| !step.is_empty());
    steps.map(|step| printable(step.as_bytes(), redactor)).collect()
}
