//! `--path` and `--exclude`: which paths a command looks at.

use clap::Args;

use super::{Failure, Process};
use tightlip::finding::{Outcome, SkipKind, Skipped};
use tightlip::git::command::nul_fields;
use tightlip::git::{GitError, Location, RepositoryPool, Tip};
use tightlip::report::masked;
use tightlip::setup::Scanner;
use tightlip::suppress::PathFilter;
use tightlip::text::chain::chain;
use tightlip::text::escape::escape;

/// Which paths count.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct PathArgs {
    /// Look only at paths that fit this pattern, as in the `paths` of an allow entry; may be given again
    ///
    /// Leaves out messages, names of refs and whatever else has no path. A pattern that fits no path is an error.
    #[arg(long = "path", value_name = "GLOB")]
    only: Vec<String>,
    /// Leave out, and count, paths that fit this pattern; may be given again
    #[arg(long = "exclude", value_name = "GLOB")]
    exclude: Vec<String>,
}

impl PathArgs {
    /// Whether all paths count.
    pub(super) fn is_empty(&self) -> bool {
        self.only.is_empty() && self.exclude.is_empty()
    }

    /// Has a scanner leave out the other paths.
    pub(super) fn limit(&self, scanner: &mut Scanner) -> Result<(), Failure> {
        if !self.is_empty() {
            scanner.limit_paths(PathFilter::new(&self.only, &self.exclude)?);
        }
        Ok(())
    }
}

/// Names the patterns that fit nothing: what was to be looked at and is nowhere is not clean. `lists` has
/// ways to list the paths that there are, the fastest first; a scan of a history lists only what may hold a
/// secret.
pub(super) fn name_unused(
    scanner: &Scanner,
    outcome: &mut Outcome,
    lists: impl IntoIterator<Item = Result<Vec<u8>, GitError>>,
    process: &mut Process<'_>,
) -> Result<(), Failure> {
    let filter = scanner.paths();
    if outcome.skipped.iter().any(|skipped| skipped.kind == SkipKind::Excluded) {
        outcome.skipped.retain(|skipped| skipped.kind != SkipKind::Excluded);
        outcome.skipped.extend(filter.say_once());
    }
    let mut lists = lists.into_iter();
    while filter.has_unused()
        && let Some(list) = lists.next()
    {
        match list {
            Ok(list) => nul_fields(&list).for_each(|path| filter.note(path)),
            // What was found is reported all the same.
            Err(error) => {
                let reason =
                    format!("the paths that there are cannot be listed: {}", chain(&error));
                outcome.skipped.push(Skipped::new(SkipKind::Source, b"", reason));
            }
        }
    }
    for pattern in filter.unused_only() {
        let reason = "`--path` names nothing here; a pattern goes from the top, as in .gitignore";
        outcome.skipped.push(Skipped::new(SkipKind::Missing, pattern.as_bytes(), reason));
    }
    for pattern in filter.unused_exclude() {
        let pattern = escape(pattern.as_bytes()).into_owned();
        let pattern = masked(&pattern);
        writeln!(process.streams.err, "tightlip: `--exclude {pattern}` fits nothing here")?;
    }
    Ok(())
}

/// Lists what the tips of a history have, and then what they ever had; all refs where no tip is given.
pub(super) fn of_history<'a>(
    location: &'a Location,
    tips: &'a [Tip],
) -> impl Iterator<Item = Result<Vec<u8>, GitError>> + 'a {
    let ids: Vec<String> = tips.iter().map(|tip| tip.id.to_string()).collect();
    let now = if ids.is_empty() { vec!["HEAD".to_owned()] } else { ids.clone() };
    let trees = now.into_iter().take(MAX_TREES).map(move |tip| {
        // A repository without commits has no such tree.
        let tree = location.run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", &*tip]);
        Ok(tree.unwrap_or_default())
    });
    let ever = std::iter::once_with(move || {
        let words = ["log", "--format=", "--name-only", "-z", "--root", "--diff-merges=separate"];
        let words =
            words.into_iter().chain(["--no-renames", "--no-relative", "--no-show-signature"]);
        let from = if ids.is_empty() { vec!["--all".to_owned()] } else { ids };
        location.run(words.map(str::to_owned).chain(from))
    });
    trees.chain(ever)
}

/// The trees of more tips are not looked at one by one.
const MAX_TREES: usize = 8;

/// Lists what the index has, and what HEAD has.
pub(super) fn of_index(
    repository: &RepositoryPool,
) -> impl Iterator<Item = Result<Vec<u8>, GitError>> {
    let location = repository.location();
    let top = location.root().map(|root| Location::new(root, location.environment().clone()));
    let top = top.unwrap_or_else(|| location.clone());
    let head = location.clone();
    let index = std::iter::once_with(move || top.run(["ls-files", "-z"]));
    index.chain(std::iter::once_with(move || {
        let tree = head.run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"]);
        Ok(tree.unwrap_or_default())
    }))
}
