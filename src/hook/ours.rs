//! A copy of one hook of ours, in a directory where no other hook stands.
//!
//! Git fires more than one hook in a command. So that a proof runs nobody else's, git is led to a
//! directory that holds the hook to be proved and, for husky, what husky needs to come to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::place::{Kind, Place};
use super::script;
use super::{Hook, HookError};

/// What husky runs between git and the files of the team.
const HUSKY_RUNNERS: [&str; 2] = ["h", "husky.sh"];

/// Copies a hook into directories below `root` and returns the one where git is to look.
///
/// # Errors
/// A file cannot be copied.
pub(super) fn copy(hook: Hook, place: &Place, root: &Path) -> Result<PathBuf, HookError> {
    let folder = root.join("hooks");
    let stubs = folder.join("_");
    let name = hook.name();
    make(&folder)?;
    put(&place.folder.join(name), &folder.join(name))?;
    let searched = if place.kind == Kind::Husky {
        make(&stubs)?;
        put(&place.searched.join(name), &stubs.join(name))?;
        stubs.clone()
    } else {
        folder
    };
    let runners = match place.kind {
        Kind::Husky => place.searched.clone(),
        _ => place.folder.join("_"),
    };
    for name in HUSKY_RUNNERS {
        let runner = runners.join(name);
        if runner.is_file() {
            make(&stubs)?;
            put(&runner, &stubs.join(name))?;
        }
    }
    Ok(searched)
}

/// Whether the file does nothing of its own before tightlip's part of it: that is where a hook which is
/// fired for proof ends.
pub(super) fn comes_first(bytes: &[u8]) -> bool {
    let Some(found) = script::find_block(bytes) else { return true };
    let is_quiet = |line: &[u8]| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#") || script::loads_husky(line)
    };
    found.before.split(|&byte| byte == b'\n').all(is_quiet)
}

fn make(folder: &Path) -> Result<(), HookError> {
    fs::create_dir_all(folder).map_err(|error| HookError::file("make the directory", folder, error))
}

/// Copies bytes and mode, whatever links lead to them.
fn put(from: &Path, to: &Path) -> Result<(), HookError> {
    match fs::copy(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(HookError::file("copy", from, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::comes_first;

    #[test]
    fn a_block_comes_first_below_comments_and_the_line_that_loads_husky() {
        let block = "# >>> tightlip >>>\nx\n# <<< tightlip <<<\n";
        for (before, expected) in [
            ("", true),
            ("#!/bin/sh\n", true),
            ("#!/bin/sh\n# a\n\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n", true),
            ("#!/bin/sh\nmake\n", false),
        ] {
            assert_eq!(comes_first(format!("{before}{block}").as_bytes()), expected, "{before:?}");
        }
        assert!(comes_first(b"#!/bin/sh\n# tightlip guard: x\nmake\n"));
    }
}
