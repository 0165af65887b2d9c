//! A copy of one hook of ours, in a directory where no other hook stands.
//!
//! Git fires more than one hook in a command. So that a proof runs nobody else's, git is led to a
//! directory that holds the hook to be proved and, for husky, what stands for husky between the two: its
//! files are the repository's, and nothing is run that may have come with a repository.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::change::is_executable;
use super::place::{Kind, Place};
use super::script;
use super::{Hook, HookError};

/// What husky runs between git and the files of the team.
const HUSKY_RUNNERS: [&str; 2] = ["h", "husky.sh"];

/// Does what a hook that husky 9 generates does.
const HUSKY_STUB: &str = "#!/bin/sh
[ \"${HUSKY-}\" = 0 ] && exit 0
sh -e \"${0%/_/*}/${0##*/}\" \"$@\"
";

/// Does what `husky.sh` of husky 5 to 8 does to the script that loads it.
const HUSKY_LOADER: &str = "if [ -z \"${husky_skip_init-}\" ]; then
    [ \"${HUSKY-}\" = 0 ] && exit 0
    export husky_skip_init=1
    sh -e \"$0\" \"$@\"
    exit $?
fi
";

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
    let is_husky = place.kind == Kind::Husky;
    let runners = if is_husky { place.searched.clone() } else { place.folder.join("_") };
    let has = |runner: &&str| runners.join(runner).is_file();
    if HUSKY_RUNNERS.iter().any(has) {
        make(&stubs)?;
        write(&stubs.join("husky.sh"), HUSKY_LOADER)?;
        let stub = place.searched.join(name);
        if is_husky && is_executable(&stub) {
            write(&stubs.join(name), HUSKY_STUB)?;
            // Its mode is what git looks at.
            fs::metadata(&stub)
                .and_then(|metadata| fs::set_permissions(stubs.join(name), metadata.permissions()))
                .map_err(|error| HookError::file("copy", &stub, error))?;
        }
    }
    Ok(if is_husky { stubs } else { folder })
}

/// Whether a shell of the system's runs nothing of the file before tightlip's part of it: that is where a hook
/// which is fired for proof ends.
pub(super) fn comes_first(bytes: &[u8]) -> bool {
    let Some(found) = script::find_block(bytes) else { return true };
    let is_quiet = |line: &[u8]| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#") || HUSKY_LINES.contains(&line)
    };
    is_run_by_system(bytes) && found.before.split(|&byte| byte == b'\n').all(is_quiet)
}

/// The lines that load husky and do nothing else.
const HUSKY_LINES: [&[u8]; 4] = [
    b". \"$(dirname \"$0\")/_/husky.sh\"",
    b". \"$(dirname -- \"$0\")/_/husky.sh\"",
    b". \"${0%/*}/_/husky.sh\"",
    b"source \"$(dirname -- \"$0\")/_/husky.sh\"",
];

/// Whether the line that names the interpreter, if there is one, names a shell where systems have theirs.
fn is_run_by_system(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"#!") {
        return true;
    }
    let Some(line) = script::shell_of(bytes) else { return false };
    let program = line.split_whitespace().next().unwrap_or_default();
    let folders = ["/bin/", "/usr/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"];
    let is_word = |name: &str| !name.contains('/');
    folders.iter().any(|folder| program.strip_prefix(folder).is_some_and(is_word))
}

fn make(folder: &Path) -> Result<(), HookError> {
    fs::create_dir_all(folder).map_err(|error| HookError::file("make the directory", folder, error))
}

fn write(file: &Path, text: &str) -> Result<(), HookError> {
    fs::write(file, text).map_err(|error| HookError::file("write", file, error))
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
            ("#!/usr/bin/env -S sh -e\n", false),
            ("#!/bin/bash -e\n", true),
            ("#!/usr/bin/env sh\n", true),
            ("#!/home/x/sh\n", false),
            ("#!/bin/../home/x/sh\n", false),
            ("#!/usr/bin/python3\n", false),
            ("#!/bin/sh\nmake\n", false),
            ("#!/bin/sh\n. \"$(make)/husky.sh\"\n", false),
        ] {
            assert_eq!(comes_first(format!("{before}{block}").as_bytes()), expected, "{before:?}");
        }
        assert!(comes_first(b"#!/bin/sh\n# tightlip guard: x\nmake\n"));
    }
}
