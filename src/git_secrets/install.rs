//! `--install`: hook files of two lines, where git looks for them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::options::Options;
use super::{NAME, Stop, say};
use crate::process::Process;
use tightlip::file::{self, Mode};
use tightlip::git::{GitError, Location, Settings};
use tightlip::hook::Place;
use tightlip::report::Streams;
use tightlip::setup::git_secrets::GitSecrets;
use tightlip::text::escape::escape_path;
use tightlip::text::os::os_str;

/// The hooks of git-secrets, with the option that each runs.
const HOOKS: [(&str, &str); 3] = [
    ("commit-msg", "commit_msg_hook"),
    ("pre-commit", "pre_commit_hook"),
    ("prepare-commit-msg", "prepare_commit_msg_hook"),
];

/// Hooks that close what gets past those.
const EXTRA: [(&str, &str); 3] = [
    ("applypatch-msg", "commit_msg_hook"),
    ("pre-applypatch", "pre_applypatch_hook"),
    ("pre-push", "pre_push_hook"),
];

/// Writes the hooks of a repository or of a template directory.
pub(super) fn install(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let operand = options.operands.first().filter(|path| !path.is_empty());
    let folder = match operand {
        Some(path) => folder_of(Path::new(path), process)?,
        None => folder_here(process)?,
    };
    fs::create_dir_all(&folder).map_err(|error| {
        Stop::new(1, format!("Could not create dir: {}: {error}", escape_path(&folder)))
    })?;
    let file = |hook: &str| destination(&folder, hook);
    // All are looked at before one is written.
    for (hook, _) in HOOKS {
        let file = file(hook);
        if exists(&file) && !options.force {
            let text = format!("{} already exists. Use -f to force", escape_path(&file));
            return Err(Stop::new(1, text));
        }
    }
    for (hook, command) in HOOKS {
        if folder.join(format!("{hook}.d")).is_dir() && !exists(&folder.join(hook)) {
            let text = format!("no {hook} hook is there to run what is in {hook}.d: git does not");
            say(process.streams.err, format_args!("{NAME}: {text}"));
        }
        let file = file(hook);
        write(&file, command).map_err(|error| failed(&file, &error))?;
        say(process.streams.out, format_args!("Installed {hook} hook to {}", escape_path(&file)));
    }
    if wants_extra(process)? {
        extra(&folder, &mut process.streams)?;
    }
    if options.global {
        let text = "--global says nothing to --install: these hooks are this repository's; \
                    `tightlip install --global` wires in all of yours";
        say(process.streams.err, format_args!("{NAME}: {text}"));
    }
    Ok(0)
}

fn failed(file: &Path, error: &io::Error) -> Stop {
    Stop::new(1, format!("{NAME}: `{}` cannot be written: {error}", escape_path(file)))
}

/// Writes the hooks beyond git-secrets' own, as far as no other hook is in their place.
fn extra(folder: &Path, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let mut written = Vec::new();
    for (hook, command) in EXTRA {
        let file = destination(folder, hook);
        if !exists(&file) || fs::read(&file).is_ok_and(|bytes| bytes == script(command)) {
            write(&file, command).map_err(|error| failed(&file, &error))?;
            written.push(hook);
        } else {
            let file = escape_path(&file);
            say(streams.err, format_args!("{NAME}: {file} is another hook, and was left alone"));
        }
    }
    if !written.is_empty() {
        say(
            streams.err,
            format_args!(
                "{NAME}: also installed {}, which close what gets past the others; `git config \
                 secrets.extraHooks false` keeps them out",
                written.join(", ")
            ),
        );
    }
    Ok(())
}

fn wants_extra(process: &Process<'_>) -> Result<bool, Stop> {
    let repository = process.repository();
    let settings = match repository.get() {
        Ok(repository) => repository.settings().cloned(),
        Err(_) => Settings::outside(repository.location()),
    };
    let settings = settings.map_err(|error| Stop::of(1, &error))?;
    let found = GitSecrets::load(&settings, None);
    Ok(found.map_err(|error| Stop::of(1, &error))?.extra_hooks)
}

fn script(command: &str) -> Vec<u8> {
    format!("#!/usr/bin/env bash\ngit secrets --{command} -- \"$@\"\n").into_bytes()
}

/// The file of a hook: one of a directory of hooks, where there is one, as on Debian.
fn destination(folder: &Path, hook: &str) -> PathBuf {
    let several = folder.join(format!("{hook}.d"));
    if several.is_dir() { several.join(NAME) } else { folder.join(hook) }
}

/// Whether there is anything, be it a link that leads nowhere.
fn exists(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

/// Puts a hook in the place of whatever is there: a link is replaced, not followed.
fn write(path: &Path, command: &str) -> io::Result<()> {
    file::replace(path, &script(command), Mode::Executable)
}

/// Where git looks for the hooks of the repository here.
fn folder_here(process: &Process<'_>) -> Result<PathBuf, Stop> {
    let location = Location::new(".", process.environment.clone());
    let git_dir = location.line(["rev-parse", "--git-dir"]).map_err(|error| {
        let message = match error {
            GitError::Failed { message, .. } => message,
            error => Stop::of(1, &error).text,
        };
        Stop::new(
            1,
            format!(
                "{message}
Not in a Git repository"
            ),
        )
    })?;
    searched(&process.directory, process, &Path::new(&*os_str(&git_dir)).join("hooks"))
}

/// Where the hooks go for a directory that is named: a repository, or a template.
fn folder_of(directory: &Path, process: &Process<'_>) -> Result<PathBuf, Stop> {
    let git = directory.join(".git");
    match git.symlink_metadata() {
        Ok(_) => searched(directory, process, &git.join("hooks")),
        Err(_) => Ok(directory.join("hooks")),
    }
}

/// Where git looks for the hooks of the repository in `directory`, called `usual` if it is that.
fn searched(directory: &Path, process: &Process<'_>, usual: &Path) -> Result<PathBuf, Stop> {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let location = Location::new(directory, process.environment.clone());
    let place = Place::of_repository(&location).map_err(|error| Stop::of(1, &error))?;
    let is_usual = match (usual.parent().map(Path::canonicalize), place.folder.parent()) {
        (Some(Ok(usual)), Some(parent)) => {
            place.folder.file_name() == Some("hooks".as_ref())
                && parent.canonicalize().is_ok_and(|parent| parent == usual)
        }
        _ => false,
    };
    Ok(if is_usual { usual.to_owned() } else { place.folder })
}
