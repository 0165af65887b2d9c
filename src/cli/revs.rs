//! Revisions as people type them and CI services name them, turned into ids by git's own rules.

use super::Failure;
use super::ci::{CiRange, Rev};
use crate::source::{ObjectId, SourceError, Tip, plumbing};
use crate::text::escape::escape;

/// What to scan, and what of it is known already.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) tips: Vec<Tip>,
    pub(super) known: Vec<ObjectId>,
}

impl Selection {
    /// Resolves branches, tags, commits and ranges.
    pub(super) fn of_revs(revs: &[String]) -> Result<Self, Failure> {
        let mut selection = Selection::default();
        for rev in revs {
            let said = plumbing::run_str(&["rev-parse", "--revs-only", "--end-of-options", rev]);
            let said = said.unwrap_or_default();
            let ids: Vec<&[u8]> =
                said.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
            if ids.is_empty() {
                return Err(unknown(rev).into());
            }
            for line in ids {
                match line.strip_prefix(b"^") {
                    Some(known) => selection.known.extend(ObjectId::parse(known)),
                    None => selection.tips.extend(
                        ObjectId::parse(line).map(|id| Tip { id, name: rev.clone().into_bytes() }),
                    ),
                }
            }
        }
        if selection.tips.is_empty() && !selection.known.is_empty() {
            // As in git: what is left out is left out of HEAD's history.
            let head = plumbing::run_str(&["rev-parse", "--verify", "HEAD"])?;
            let id = ObjectId::parse(head.trim_ascii_end()).ok_or("HEAD is no commit yet")?;
            selection.tips.push(Tip { id, name: b"HEAD".to_vec() });
        }
        Ok(selection)
    }

    /// Resolves a branch by its name, here or on the remote it comes from.
    pub(super) fn of_branch(name: &str) -> Result<Self, Failure> {
        for prefix in ["refs/heads/", "refs/remotes/", "refs/remotes/origin/"] {
            let name = format!("{prefix}{name}");
            if let Some(id) = verify(&name) {
                let tips = vec![Tip { id, name: name.into_bytes() }];
                return Ok(Selection { tips, known: Vec::new() });
            }
        }
        Err(format!("no branch has the name `{}`", escape(name.as_bytes())).into())
    }

    /// Resolves the range of a CI job; says whether none of the commits that it could begin at is
    /// here.
    pub(super) fn of_ci(range: &CiRange) -> Result<(Self, bool), Failure> {
        let head = find(&range.head).ok_or_else(|| {
            format!(
                "{}: {} is not in this clone, so nothing can be scanned; {}",
                range.service,
                range.head.shown(),
                range.hint
            )
        })?;
        let mut tips = vec![Tip { id: head, name: b"HEAD".to_vec() }];
        if let Some(Rev::Ref(name)) = &range.tag {
            tips.extend(verify(name).map(|id| Tip { id, name: name.clone().into_bytes() }));
        }
        let base = range.bases.iter().find_map(find);
        let is_lost = base.is_none() && !range.bases.is_empty();
        Ok((Selection { tips, known: base.into_iter().collect() }, is_lost))
    }
}

fn unknown(rev: &str) -> String {
    format!(
        "`{}` names no revision here; see `git log` and `git branch --all`",
        escape(rev.as_bytes())
    )
}

fn find(rev: &Rev) -> Option<ObjectId> {
    match rev {
        Rev::Head => verify("HEAD"),
        Rev::Ref(name) => verify(name),
        Rev::Id(id) => {
            // A short id is looked up among objects only, and must be the only one.
            let said = plumbing::run_str(&["rev-parse", &format!("--disambiguate={id}")]).ok()?;
            let mut lines = said.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
            let only = lines.next().and_then(ObjectId::parse)?;
            lines.next().is_none().then_some(only)
        }
    }
}

fn verify(name: &str) -> Option<ObjectId> {
    let said =
        plumbing::run_str(&["rev-parse", "--verify", "-q", "--end-of-options", name]).ok()?;
    ObjectId::parse(said.trim_ascii_end())
}

/// Returns the time, in seconds since 1970, that git understands by a date.
pub(super) fn since(date: &str) -> Result<i64, Failure> {
    let said = plumbing::run_str(&["rev-parse", &format!("--since={date}")])?;
    let seconds = std::str::from_utf8(said.trim_ascii()).ok();
    let seconds = seconds.and_then(|text| text.strip_prefix("--max-age=")?.parse().ok());
    seconds.ok_or_else(|| format!("`{}` is no date", escape(date.as_bytes())).into())
}

/// Counts the commits of a selection, up to `most` and one more; an estimate, as git's walk obeys
/// grafts.
pub(super) fn count(selection: &Selection, most: usize) -> Result<usize, SourceError> {
    let mut arguments: Vec<String> =
        vec!["rev-list".into(), "--count".into(), format!("--max-count={}", most + 1)];
    arguments.extend(selection.tips.iter().map(|tip| tip.id.to_string()));
    arguments.extend(selection.known.iter().map(|id| format!("^{id}")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = plumbing::run_str(&arguments)?;
    let number = std::str::from_utf8(said.trim_ascii()).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| SourceError::Other("git rev-list said no number".into()))
}
