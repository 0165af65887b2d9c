//! Submodules: repositories of their own, which an install in the superproject does not reach.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::callers::guards;
use super::place::Place;
use super::{Hook, HookError};
use crate::git::Location;
use crate::git::command::nul_fields;
use crate::text::escape::escape_path;
use crate::text::os::os_str;

/// How many submodules a warning names; the others are counted.
const MAX_NAMED: usize = 5;

/// Returns a sentence that names the submodules whose commits tightlip does not stop, if there are
/// any. A submodule that is not checked out takes no commit, so it does not count.
///
/// # Errors
/// Git cannot list what the index of the superproject holds.
pub(super) fn warning(place: &Place, location: &Location) -> Result<Option<String>, HookError> {
    let Some(top) = &place.work_tree else {
        return Ok(None);
    };
    let mut uncovered = Vec::new();
    let mut repositories = vec![(top.clone(), location.clone(), place.own.clone())];
    while let Some((folder, location, own)) = repositories.pop() {
        for submodule in checked_out(&folder, &location)? {
            let location = Location::named(&submodule, location.environment());
            // A damaged submodule is one in which git finds the superproject: that is no cover.
            let inner = Place::of_repository(&location).ok().filter(|inner| inner.own != own);
            let Some(inner) = inner else {
                uncovered.push(submodule);
                continue;
            };
            if !guards(Hook::PreCommit, &inner) {
                uncovered.push(submodule.clone());
            }
            repositories.push((submodule, location, inner.own));
        }
    }
    uncovered.sort();
    Ok((!uncovered.is_empty()).then(|| sentence(top, &uncovered)))
}

/// Lists the submodules of a repository that have a working tree.
fn checked_out(folder: &Path, location: &Location) -> Result<Vec<PathBuf>, HookError> {
    let listed = location.run(["ls-files", "--stage", "-z"])?;
    let gitlinks = nul_fields(&listed).filter_map(|entry| {
        let tab = memchr::memchr(b'\t', entry)?;
        entry.starts_with(b"160000 ").then(|| &entry[tab + 1..])
    });
    let has_git = |path: &PathBuf| fs::symlink_metadata(path.join(".git")).is_ok();
    // A link may stand in the place of a submodule and lead up again: only what lies deeper counts.
    let is_below = |path: &PathBuf| path != folder && path.starts_with(folder);
    let real = |path: &[u8]| fs::canonicalize(folder.join::<&OsStr>(&os_str(path))).ok();
    let mut found: Vec<PathBuf> =
        gitlinks.filter_map(real).filter(|path| is_below(path) && has_git(path)).collect();
    // A conflict lists one path more than once.
    found.sort();
    found.dedup();
    Ok(found)
}

fn sentence(top: &Path, uncovered: &[PathBuf]) -> String {
    let named = uncovered
        .iter()
        .take(MAX_NAMED)
        .map(|path| format!("`{}`", escape_path(path.strip_prefix(top).unwrap_or(path))));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match uncovered.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "nothing stops a secret in a commit of these submodules, which have hooks of their own: \
         {named}{more}; run `tightlip install` in each"
    )
}
