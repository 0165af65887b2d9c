//! Changes of files that happen all or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::HookError;
use super::place::{HOOKS_PATH, global_hooks_path};
use crate::git::{Location, config};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A file with these bytes, in place of what of ours is there. Without a mode, the file
    /// keeps the one it has.
    Write { file: PathBuf, bytes: Vec<u8>, mode: Option<u32> },
    /// A second name in the same directory for what stands under the first; a link stays a link.
    Keep { file: PathBuf, kept: PathBuf },
    /// Another name in the same directory, in place of what of ours has that name.
    Rename { from: PathBuf, to: PathBuf },
    /// A file goes.
    Remove(PathBuf),
    /// A directory, and those above it.
    MakeFolder(PathBuf),
    /// The user's own `core.hooksPath`; `None` unsets it.
    GlobalHooks(Option<PathBuf>),
}

/// Makes all changes, or none.
///
/// A process that is killed in the middle leaves every hook under its name, its old bytes or its
/// new ones: what is there is replaced in one step, never moved away first. What such a process
/// has left beside them is removed.
///
/// # Errors
/// One of them cannot be made; those before it are undone.
pub(super) fn apply(changes: &[Change], location: &Location) -> Result<(), HookError> {
    let mut work = Work { undo: Vec::new(), old: Vec::new(), steps: 0, location };
    match work.run(changes) {
        Ok(()) => {
            work.clean_up();
            Ok(())
        }
        Err(first) => match work.undo() {
            Ok(()) => Err(first),
            Err(second) => {
                Err(HookError::NotUndone { first: Box::new(first), second: Box::new(second) })
            }
        },
    }
}

/// How to undo one step.
#[derive(Debug)]
enum Undo {
    RemoveFile(PathBuf),
    RemoveFolder(PathBuf),
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    /// `from` was put in the place of `to`, whose old bytes are `aside`.
    Replaced {
        from: PathBuf,
        to: PathBuf,
        aside: PathBuf,
    },
    GlobalHooks(Option<PathBuf>),
}

#[derive(Debug)]
struct Work<'a> {
    undo: Vec<Undo>,
    /// What stood in the place of something new, until all has gone well.
    old: Vec<PathBuf>,
    steps: usize,
    /// Where git is asked.
    location: &'a Location,
}

impl Work<'_> {
    fn run(&mut self, changes: &[Change]) -> Result<(), HookError> {
        for change in changes {
            match change {
                Change::MakeFolder(folder) => self.make_folder(folder)?,
                Change::Write { file, .. }
                | Change::Remove(file)
                | Change::Rename { to: file, .. } => {
                    remove_leftovers(file);
                }
                Change::Keep { .. } | Change::GlobalHooks(_) => {}
            }
        }
        // Writing is what fails, if anything does: first everything is written beside its place.
        let mut staged = Vec::new();
        for change in changes {
            staged.push(match change {
                Change::Write { file, bytes, mode } => Some(self.stage(file, bytes, *mode)?),
                _ => None,
            });
        }
        for (change, staged) in changes.iter().zip(staged) {
            self.make(change, staged)?;
        }
        Ok(())
    }

    fn make_folder(&mut self, folder: &Path) -> Result<(), HookError> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.make_folder(parent)?;
        }
        fs::create_dir(folder)
            .map_err(|error| HookError::file("make the directory", folder, error))?;
        self.undo.push(Undo::RemoveFolder(folder.to_owned()));
        Ok(())
    }

    fn stage(
        &mut self,
        file: &Path,
        bytes: &[u8],
        mode: Option<u32>,
    ) -> Result<PathBuf, HookError> {
        let staged = self.neighbour(file, "new");
        let failed = |error| HookError::file("write beside", file, error);
        create_new(&staged, bytes).map_err(failed)?;
        self.undo.push(Undo::RemoveFile(staged.clone()));
        match mode {
            Some(mode) => set_mode(&staged, mode),
            None => fs::metadata(file)
                .and_then(|metadata| fs::set_permissions(&staged, metadata.permissions())),
        }
        .map_err(failed)?;
        Ok(staged)
    }

    fn make(&mut self, change: &Change, staged: Option<PathBuf>) -> Result<(), HookError> {
        match change {
            Change::Write { file, .. } => {
                let staged = staged.expect("every write is staged");
                self.replace(&staged, file)
            }
            Change::Keep { file, kept } => {
                self.second_name(file, kept)?;
                self.undo.push(Undo::RemoveFile(kept.clone()));
                Ok(())
            }
            Change::Rename { from, to } => self.replace(from, to),
            Change::Remove(file) => self.set_aside(file),
            Change::MakeFolder(_) => Ok(()),
            Change::GlobalHooks(value) => {
                let old = global_hooks_path(self.location)?;
                config::set_global(self.location, HOOKS_PATH, value.as_deref())?;
                self.undo.push(Undo::GlobalHooks(old));
                Ok(())
            }
        }
    }

    /// Gives `from` the name `to`. What has that name is gone in the same instant.
    fn replace(&mut self, from: &Path, to: &Path) -> Result<(), HookError> {
        if !exists(to) {
            return self.rename(from, to);
        }
        let aside = self.neighbour(to, "old");
        self.second_name(to, &aside)?;
        self.old.push(aside.clone());
        self.undo.push(Undo::RemoveFile(aside.clone()));
        fs::rename(from, to).map_err(|error| HookError::file("rename", from, error))?;
        self.undo.push(Undo::Replaced { from: from.to_owned(), to: to.to_owned(), aside });
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), HookError> {
        fs::rename(from, to).map_err(|error| HookError::file("rename", from, error))?;
        let (from, to) = (to.to_owned(), from.to_owned());
        self.undo.push(Undo::Rename { from, to });
        Ok(())
    }

    /// Gives a file a second name; where the file system has no links, the second is a copy.
    fn second_name(&mut self, file: &Path, second: &Path) -> Result<(), HookError> {
        if exists(second) {
            let taken = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(HookError::file("rename a file to", second, taken));
        }
        if fs::hard_link(file, second).is_ok() {
            return Ok(());
        }
        let copy = self.neighbour(second, "new");
        copy_as_it_is(file, &copy)
            .and_then(|()| fs::rename(&copy, second))
            .map_err(|error| HookError::file("copy", file, error))
    }

    fn set_aside(&mut self, file: &Path) -> Result<(), HookError> {
        let aside = self.neighbour(file, "old");
        self.rename(file, &aside)?;
        self.old.push(aside);
        Ok(())
    }

    fn neighbour(&mut self, file: &Path, what: &str) -> PathBuf {
        self.steps += 1;
        let name = format!("{LEFTOVER}{}-{}.{what}", std::process::id(), self.steps);
        file.with_file_name(name)
    }

    fn clean_up(&self) {
        for file in &self.old {
            // All is done; a leftover is ugly and nothing more.
            let _ = fs::remove_file(file);
        }
    }

    fn undo(&mut self) -> Result<(), HookError> {
        let mut result = Ok(());
        while let Some(step) = self.undo.pop() {
            let undone = match &step {
                Undo::RemoveFile(file) => remove_if_there(file),
                Undo::RemoveFolder(folder) => fs::remove_dir(folder)
                    .map_err(|error| HookError::file("remove the directory", folder, error)),
                Undo::Rename { from, to } => fs::rename(from, to)
                    .map_err(|error| HookError::file("rename back", from, error)),
                Undo::Replaced { from, to, aside } => {
                    let named = self.second_name(to, from);
                    named.and_then(|()| {
                        fs::rename(aside, to)
                            .map_err(|error| HookError::file("rename back", aside, error))
                    })
                }
                Undo::GlobalHooks(value) => {
                    Ok(config::set_global(self.location, HOOKS_PATH, value.as_deref())?)
                }
            };
            result = result.and(undone);
        }
        result
    }
}

/// How the names begin of files that exist only while an install or uninstall runs.
const LEFTOVER: &str = ".tightlip-";

/// Removes, beside `file`, what a process has left that was killed in the middle. None of it is the
/// only copy of anything.
fn remove_leftovers(file: &Path) {
    let Some(entries) = file.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(LEFTOVER)).and_then(process);
        if process.is_some_and(|process| process != std::process::id() && is_over(process, &entry))
        {
            // What cannot be removed is ugly and nothing more.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns the id of the process that made a file whose name goes on like this.
fn process(rest: &str) -> Option<u32> {
    let numbers = rest.strip_suffix(".new").or_else(|| rest.strip_suffix(".old"))?;
    let (process, step) = numbers.split_once('-')?;
    step.parse::<usize>().ok()?;
    process.parse().ok()
}

/// Whether a process has ended that made this file: no other install is to lose what it works on.
fn is_over(process: u32, entry: &fs::DirEntry) -> bool {
    if Path::new("/proc/self").exists() {
        return !Path::new("/proc").join(process.to_string()).exists();
    }
    const LONG: Duration = Duration::from_secs(600);
    let changed = entry.metadata().and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > LONG))
}

/// Copies a file with its mode, or a link as a link.
fn copy_as_it_is(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if from.symlink_metadata()?.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}

/// Removes a file that a later step may have renamed.
fn remove_if_there(file: &Path) -> Result<(), HookError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(HookError::file("remove", file, error))
        }
        _ => Ok(()),
    }
}

fn create_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut new = fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    let written = new.write_all(bytes);
    if written.is_err() {
        let _ = fs::remove_file(file);
    }
    written
}

/// Whether there is anything of this name, a link that leads nowhere too.
pub(super) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(unix)]
fn set_mode(file: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Whether git would run this file.
#[cfg(unix)]
pub(super) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Whether git would run this file.
#[cfg(not(unix))]
pub(super) fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    #[test]
    fn a_failure_in_the_middle_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "a").unwrap();
        fs::write(path("b"), "b").unwrap();
        let location = Location::named(folder.path(), &Environment::default());
        let changes = [
            Change::MakeFolder(path("new/deep")),
            Change::Write { file: path("new/deep/file"), bytes: b"x".to_vec(), mode: Some(0o755) },
            Change::Keep { file: path("a"), kept: path("a.kept") },
            Change::Write { file: path("a"), bytes: b"ours".to_vec(), mode: Some(0o755) },
            Change::Write { file: path("b"), bytes: b"ours".to_vec(), mode: None },
            Change::Remove(path("a")),
            Change::Remove(path("missing")),
        ];
        let error = apply(&changes, &location).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
        assert_eq!(fs::read(path("a")).unwrap(), b"a");
        assert_eq!(fs::read(path("b")).unwrap(), b"b");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        apply(&changes[..5], &location).unwrap();
        assert_eq!(fs::read(path("a.kept")).unwrap(), b"a");
        assert_eq!(fs::read(path("b")).unwrap(), b"ours");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }
}
