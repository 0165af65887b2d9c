//! How long history has held a secret, in words.

use crate::finding::{Finding, Presence, Redactor};
use crate::text::date::day;
use crate::text::escape::escape;

/// Says from when to when, under which names and refs, and what that means for what to do.
pub(super) fn lines(finding: &Finding, redactor: &Redactor) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = |bytes: &[u8]| escape(&redactor.redact(bytes)).into_owned();
    if !finding.other_paths.is_empty() {
        let paths: Vec<String> = finding.other_paths.iter().map(|path| shown(path)).collect();
        lines.push(format!("also as {}", paths.join(", ")));
    }
    let Some(presence) = &finding.presence else { return lines };
    let last = presence.last_commit.as_ref();
    let since = finding.origin.commit.as_ref();
    if presence.in_head {
        lines.push("HEAD still has it".into());
    } else if let Some(last) = last.filter(|last| Some(*last) != since) {
        lines.push(format!("last in commit {} of {}", last.id, day(last.time)));
    }
    lines.push(held_by(presence, &shown));
    lines.push(what_to_do(finding, presence));
    lines
}

fn held_by(presence: &Presence, shown: &dyn Fn(&[u8]) -> String) -> String {
    let names: Vec<String> = presence.refs.iter().map(|name| shown(name)).collect();
    let more = presence.ref_count.saturating_sub(names.len());
    match (names.is_empty(), more) {
        (true, 0) => "no ref leads to it: only the reflog or nothing keeps it".into(),
        (true, _) => "HEAD leads to it".into(),
        (false, 0) => format!("in the history of {}", names.join(", ")),
        (false, more) => format!("in the history of {} and {more} more", names.join(", ")),
    }
}

/// What has left this machine can only be made worthless; what has not can still be taken out.
fn what_to_do(finding: &Finding, presence: &Presence) -> String {
    if presence.is_pushed {
        return "a remote has it: it must be rotated; taking it out of history does not help"
            .into();
    }
    match &finding.origin.commit {
        Some(commit) if presence.ref_count > 0 => format!(
            "no remote-tracking branch has it: take it out before you push, with `git rebase -i \
             --rebase-merges {}` (mark the commit `edit`, mend it, `git commit --amend`, `git \
             rebase --continue`)",
            if !presence.has_parents {
                "--root".to_owned()
            } else {
                format!("{}^", &commit.id[..commit.id.len().min(12)])
            }
        ),
        _ => "`git reflog expire --expire=now --all && git gc --prune=now` removes what nothing \
              leads to"
            .into(),
    }
}
