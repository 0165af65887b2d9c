//! The guard of pre-commit, as the other guards see it.
//!
//! An install puts all hooks in. Where one of them still runs and pre-commit is no longer tightlip's, another
//! program has written its own hook over it, or somebody has removed it: commits go through unseen, and only
//! the others can say so.

use std::io::ErrorKind;
use std::path::Path;

use super::change::is_executable;
use super::manager::Manager;
use super::place::{Kind, Place, Reason};
use super::plan::{moved_guards, with_ending};
use super::{Hook, callers, script};
use crate::environment::Environment;
use crate::text::escape::escape_path;

/// The variable in which a guard names its own file. A hook manager that calls tightlip names none: then
/// nothing was installed beside it.
const FILE: &str = "TIGHTLIP_HOOK_FILE";

/// A hook of more bytes is no script, and not ours.
const MAX_BYTES: u64 = 1 << 20;

/// Returns a sentence about the guard of pre-commit if it is gone from beside the guard that runs. Only hooks
/// that run once a command say it.
#[must_use]
pub fn lost_guard(hook: Hook, environment: &Environment, directory: &Path) -> Option<String> {
    if !matches!(hook, Hook::CommitMsg | Hook::PrePush) || environment.is_set("TIGHTLIP_DOCTOR") {
        return None;
    }
    let file = directory.join(environment.get_filled(FILE)?);
    let guard = file.with_file_name(Hook::PreCommit.name());
    let loss = loss(&guard, directory)?;
    Some(format!(
        "`{}` {loss}, so nothing looks at what is staged before a commit; `tightlip install` mends that",
        escape_path(&guard)
    ))
}

/// How a hook has ceased to be tightlip's.
fn loss(guard: &Path, directory: &Path) -> Option<&'static str> {
    let bytes = match crate::file::read(guard, MAX_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Some("is gone"),
        // Git runs what it can, whether it can be read here or not.
        Err(_) => return Some("is no longer tightlip's"),
        Ok(bytes) => bytes,
    };
    let place = place_of(guard, directory);
    if callers::guards(Hook::PreCommit, &place) {
        return None;
    }
    let is_run = callers::is_run(Hook::PreCommit, &place);
    // A manager may run the guard that it has moved aside.
    let runs_guard = |manager: Manager| {
        let moved = manager.runs_moved().map(|ending| with_ending(guard, ending));
        moved.is_some_and(|moved| {
            is_executable(&moved) && moved_guards(guard).any(|guard| guard == moved)
        })
    };
    match Manager::of_hook(&bytes) {
        Some(manager) if is_run && runs_guard(manager) => None,
        _ if !is_run && script::scans(&bytes) => Some("is not executable"),
        _ => Some("is no longer tightlip's"),
    }
}

/// The place of a guard that runs: git runs hooks from the top of the work tree.
fn place_of(guard: &Path, directory: &Path) -> Place {
    let mut place = Place::of_folder(guard.parent().unwrap_or(directory), Reason::Default);
    place.work_tree = Some(directory.to_owned());
    let stubs = place.folder.join("_");
    if stubs.join("h").is_file() {
        place.searched = stubs;
        place.kind = Kind::Husky;
    }
    place
}
