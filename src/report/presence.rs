//! How long history has held a secret, in words.

use super::printable;
use crate::finding::{CommitInfo, Finding, Place, Presence, Redactor};
use crate::text::date::day;

/// Says from when to when, under which names and refs, and what that means for what to do.
pub(super) fn lines(finding: &Finding, redactor: &Redactor) -> Vec<String> {
    let mut lines = facts(finding, redactor);
    lines.extend(next_step(finding, redactor));
    lines
}

/// Says from when to when, and under which names and refs.
pub(super) fn facts(finding: &Finding, redactor: &Redactor) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = |bytes: &[u8]| printable(bytes, redactor);
    if !finding.other_paths.is_empty() {
        let paths: Vec<String> = finding.other_paths.iter().map(|path| shown(path)).collect();
        lines.push(format!("also as {}", paths.join(", ")));
    }
    let Some(presence) = &finding.presence else { return lines };
    if presence.in_head {
        lines.push("HEAD still has it".into());
    } else if let Some(last) = last_commit(finding) {
        lines.push(format!("last in commit {} of {}", last.id, day(last.time)));
    }
    lines.push(held_by(presence, &shown));
    lines
}

/// The same on one line, without what a title above it says.
pub(super) fn short_facts(finding: &Finding, redactor: &Redactor, is_in_head: bool) -> Vec<String> {
    let shown = |bytes: &[u8]| printable(bytes, redactor);
    let mut parts = Vec::new();
    if !finding.other_paths.is_empty() {
        let paths: Vec<String> = finding.other_paths.iter().map(|path| shown(path)).collect();
        parts.push(format!("also as {}", paths.join(", ")));
    }
    let Some(presence) = finding.presence.as_ref().filter(|_| !is_in_head) else { return parts };
    parts.extend(
        last_commit(finding)
            .map(|last| format!("last in {} of {}", last.short_id(), day(last.time))),
    );
    let held = held_by(presence, &shown);
    // Behind the commit that brought it in, it is plain whose history is meant.
    parts.push(held.replacen("in the history of ", "in ", 1));
    parts
}

/// Returns the last commit that has it, where that tells more than the one that brought it.
pub(super) fn last_commit(finding: &Finding) -> Option<&CommitInfo> {
    let presence = finding.presence.as_ref().filter(|presence| !presence.in_head)?;
    let since = finding.origin.commit.as_ref();
    presence.last_commit.as_ref().filter(|last| Some(*last) != since).map(|last| &**last)
}

/// Says what leads to it.
pub(super) fn held(finding: &Finding, redactor: &Redactor) -> Option<String> {
    let shown = |bytes: &[u8]| printable(bytes, redactor);
    finding.presence.as_ref().map(|presence| held_by(presence, &shown))
}

/// Says how to get rid of it at this place.
pub(super) fn next_step(finding: &Finding, redactor: &Redactor) -> Option<String> {
    let shown = |bytes: &[u8]| printable(bytes, redactor);
    if finding.origin.place == Place::TagMessage {
        return Some(about_a_tag(&shown(&finding.origin.path)));
    }
    if finding.origin.place == Place::RefName {
        return Some(about_a_name(&shown(&finding.origin.path)));
    }
    if let Some(name) = ref_without_commit(finding) {
        return Some(about_a_ref(&shown(name)));
    }
    finding.presence.as_ref().map(|presence| what_to_do(finding, presence, &shown))
}

/// The ref that leads to a secret by no commit: to a blob, or a tree, `refs/tags/x:path`.
fn ref_without_commit(finding: &Finding) -> Option<&[u8]> {
    let is_of_commits = finding.presence.is_some() || finding.origin.commit.is_some();
    let path = &*finding.origin.path;
    let is_in_objects = matches!(finding.origin.place, Place::Commit | Place::Path);
    if is_of_commits || !is_in_objects || !path.starts_with(b"refs/") {
        return None;
    }
    // No name of a ref has a colon.
    path.split(|&byte| byte == b':').next()
}

fn about_a_ref(name: &str) -> String {
    match name.strip_prefix("refs/tags/") {
        Some(_) => about_tags(&[name.to_owned()]),
        None => format!(
            "only this ref leads to it: `git update-ref -d {name}` takes it away, and `git push --delete REMOTE \
             {name}` where it was pushed"
        ),
    }
}

fn about_a_tag(name: &str) -> String {
    let name = name.strip_prefix("refs/tags/").unwrap_or(name);
    format!(
        "the message of a tag cannot be changed: `git tag -d {name}`, make it again, and delete it where \
         it was pushed (`git push --delete REMOTE {name}`)"
    )
}

fn about_a_name(name: &str) -> String {
    let short = name.strip_prefix("refs/").and_then(|rest| rest.split_once('/'));
    let rename = match short {
        Some(("heads", short)) => format!("`git branch -m {short} NEW`"),
        Some(("tags", short)) => format!("`git tag NEW {short} && git tag -d {short}`"),
        Some(("remotes", short)) => {
            format!("rename the branch there, then `git branch -rd {short}`")
        }
        _ => format!("`git update-ref NEW {name} && git update-ref -d {name}`"),
    };
    format!(
        "give it another name: {rename}; delete the old one where it was pushed (`git push --delete REMOTE {name}`)"
    )
}

/// What only tags lead to, be it a commit, a tree or a blob.
fn about_tags(names: &[String]) -> String {
    let short = |name: &String| name.strip_prefix("refs/tags/").unwrap_or(name).to_owned();
    let names: Vec<String> = names.iter().map(short).collect();
    let names = names.join(" ");
    format!(
        "only tags lead to it: `git tag -d {names}` takes them away, and `git push --delete REMOTE {names}` where \
         they were pushed; make them again on a history without it"
    )
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

/// A pushed secret can only be revoked. One that has not left this machine can still be taken out, each place in its
/// own way.
fn what_to_do(finding: &Finding, presence: &Presence, shown: &dyn Fn(&[u8]) -> String) -> String {
    if presence.is_pushed {
        return "a remote has it: it must be rotated; taking it out of history does not help"
            .into();
    }
    let none = "no remote-tracking branch has it";
    let are_all = |prefix: &[u8]| {
        !presence.in_head
            && !presence.refs.is_empty()
            && presence.refs.iter().all(|name| name.starts_with(prefix))
    };
    if are_all(b"refs/tags/") {
        let names: Vec<String> = presence.refs.iter().map(|name| shown(name)).collect();
        return format!("{none}: {}", about_tags(&names));
    }
    let Some(commit) = finding.origin.commit.as_ref().filter(|_| presence.ref_count > 0) else {
        return "`git reflog expire --expire=now --all && git gc --prune=now` removes what nothing \
                leads to"
            .into();
    };
    if are_all(b"refs/stash") {
        return format!(
            "{none}: `git stash list` names the stashes, `git stash drop stash@{{N}}` drops this one"
        );
    }
    if are_all(b"refs/notes/") {
        let name = shown(&presence.refs[0]);
        return format!(
            "{none}: `git notes --ref={name} list` names the notes, `git notes --ref={name} remove COMMIT` \
             removes one, and its history stays: `git update-ref {name} $(git commit-tree -m notes \
             {name}^{{tree}})` makes a new one"
        );
    }
    let parent = match presence.has_parents {
        true => format!("{}^", &commit.id[..commit.id.len().min(12)]),
        false => "--root".to_owned(),
    };
    let branch = match presence.refs.first() {
        Some(name) if !presence.in_head => format!("on {}, ", shown(name)),
        _ => String::new(),
    };
    format!(
        "{none}: take it out before you push, {branch}with `git rebase -i --rebase-merges {parent}` (mark the \
         commit `edit`, mend it, `git commit --amend`, `git rebase --continue`)"
    )
}
