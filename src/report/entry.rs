//! One entry a secret: its findings joined, and how urgent it is.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::finding::{Finding, Outcome, Place, Presence};
use crate::rule::Confidence;

/// A secret with all the places that it was found in.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Its findings, in the order of the run; never empty.
    pub(super) findings: Vec<&'a Finding>,
    /// The widest of the circles that hold it.
    pub(super) exposure: Exposure,
    /// Whether a remote-tracking ref holds it.
    pub(super) is_pushed: bool,
    /// Its number, from 1, among those that share its fingerprint.
    twin: usize,
}

/// How far a secret has come, the widest circle first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exposure {
    /// HEAD holds it.
    Head,
    /// Refs or commits hold it, HEAD does not.
    History,
    /// Files, stashes, reflogs or objects of this disk hold it, nothing that a push would take along.
    Disk,
    /// No history was read, so there is nothing to tell.
    Unknown,
}

/// When a history had a secret, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    /// The time of the first commit that has it.
    pub(super) came: i64,
    /// The time of the last one; nothing if HEAD has it.
    pub(super) went: Option<i64>,
}

impl Exposure {
    /// All of them, the most urgent first.
    pub(super) const ALL: [Exposure; 4] =
        [Exposure::Head, Exposure::History, Exposure::Disk, Exposure::Unknown];

    /// Returns the name that the page's addresses use.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Exposure::Head => "head",
            Exposure::History => "history",
            Exposure::Disk => "disk",
            Exposure::Unknown => "found",
        }
    }

    /// Returns the title of its section.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Exposure::Head => "In HEAD",
            Exposure::History => "Only in history",
            Exposure::Disk => "Only on this disk",
            Exposure::Unknown => "In what was scanned",
        }
    }

    /// Says what that means.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Exposure::Head => "Everybody who checks this repository out has these.",
            Exposure::History => {
                "HEAD does not show these; whoever gets the history has them all the same."
            }
            Exposure::Disk => {
                "No branch or tag holds these: files, stashes, reflogs or left-over objects do."
            }
            Exposure::Unknown => {
                "No history was read, so this report cannot tell how far these have come; \
                 `tightlip audit` can."
            }
        }
    }

    fn of(finding: &Finding, is_history_read: bool) -> Self {
        match (&finding.presence, finding.origin.place) {
            (Some(presence), _) if presence.in_head => Exposure::Head,
            (Some(presence), _) if is_in_refs(presence) => Exposure::History,
            (Some(_), _) => Exposure::Disk,
            (None, Place::TagMessage | Place::RefName) => Exposure::History,
            (None, _) if finding.origin.commit.is_some() => Exposure::History,
            (None, _) if is_history_read => Exposure::Disk,
            (None, _) => Exposure::Unknown,
        }
    }
}

/// Whether a ref holds it that others may get; a stash is never pushed.
fn is_in_refs(presence: &Presence) -> bool {
    presence.is_pushed
        || presence.ref_count > presence.refs.len()
        || presence.refs.iter().any(|name| &**name != b"refs/stash")
}

/// Joins the findings of each secret; what to rotate first stands first.
pub(super) fn entries(outcome: &Outcome) -> Vec<Entry<'_>> {
    let has_presence = |finding: &Finding| finding.presence.is_some();
    let is_history_read = outcome.summary.commits > 0 || outcome.findings.iter().any(has_presence);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    let mut names: HashMap<&str, usize> = HashMap::new();
    for finding in &outcome.findings {
        let exposure = Exposure::of(finding, is_history_read);
        let is_pushed = finding.presence.as_ref().is_some_and(|presence| presence.is_pushed);
        let number = *known.entry(finding.secret.expose()).or_insert(entries.len());
        match entries.get_mut(number) {
            Some(entry) => {
                entry.findings.push(finding);
                entry.exposure = entry.exposure.min(exposure);
                entry.is_pushed |= is_pushed;
            }
            None => {
                let twin = names.entry(name_of(finding)).or_insert(0);
                *twin += 1;
                let twin = *twin;
                entries.push(Entry { findings: vec![finding], exposure, is_pushed, twin });
            }
        }
    }
    // The sort is stable: what is equally urgent stays in the order of the run.
    entries.sort_by_cached_key(Entry::urgency);
    entries
}

fn name_of(finding: &Finding) -> &str {
    &finding.fingerprint.as_str()[..16]
}

impl<'a> Entry<'a> {
    /// Returns what is sorted by, the most urgent first: a sure secret that has left this machine.
    fn urgency(&self) -> impl Ord + use<> {
        let sure = self.confidence();
        (self.exposure, sure == Confidence::Low, !self.is_pushed, Reverse(sure))
    }

    /// Returns how sure the surest finding is.
    pub(super) fn confidence(&self) -> Confidence {
        self.findings.iter().map(|finding| finding.confidence).max().unwrap_or(Confidence::Low)
    }

    /// Returns the finding that speaks for all: the surest, of the widest circle.
    pub(super) fn lead(&self) -> &'a Finding {
        let weight = |finding: &&&Finding| {
            let pushed = finding.presence.as_ref().is_some_and(|presence| presence.is_pushed);
            (finding.confidence, Reverse(Exposure::of(finding, true)), pushed)
        };
        let mut lead = self.findings[0];
        for finding in &self.findings[1..] {
            if weight(&finding) > weight(&&lead) {
                lead = finding;
            }
        }
        lead
    }

    /// Returns the name of the entry in the page's addresses. Two short passwords may share a fingerprint.
    pub(super) fn id(&self) -> String {
        let name = name_of(self.findings[0]);
        if self.twin == 1 { name.to_owned() } else { format!("{name}-{}", self.twin) }
    }

    /// Returns when history had it, as far as commits tell.
    pub(super) fn life(&self) -> Option<Life> {
        let commits = || self.findings.iter().filter_map(|finding| finding.origin.commit.as_ref());
        let came = commits().map(|commit| commit.time).min()?;
        if self.exposure == Exposure::Head {
            return Some(Life { came, went: None });
        }
        let last = self.findings.iter().filter_map(|finding| finding.presence.as_ref());
        let last = last.filter_map(|presence| presence.last_commit.as_ref());
        let went = commits().chain(last).map(|commit| commit.time).max().unwrap_or(came);
        Some(Life { came, went: Some(went) })
    }
}
