//! Changes of files that happen all or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::HookError;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A file with these bytes, in place of what of ours is there. Without a mode, the file
    /// keeps the one it has.
    Write { file: PathBuf, bytes: Vec<u8>, mode: Option<u32> },
    /// Another name in the same directory; a link stays a link.
    Rename { from: PathBuf, to: PathBuf },
    /// A file goes.
    Remove(PathBuf),
    /// A directory, and those above it.
    MakeFolder(PathBuf),
    /// A value in the user's own configuration; `None` unsets it.
    GlobalConfig { key: &'static str, value: Option<PathBuf> },
}

/// Makes all changes, or none.
///
/// # Errors
/// One of them cannot be made; those before it are undone.
pub(super) fn apply(changes: &[Change]) -> Result<(), HookError> {
    let mut work = Work::default();
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
    Rename { from: PathBuf, to: PathBuf },
    Config(&'static str, Option<PathBuf>),
}

#[derive(Debug, Default)]
struct Work {
    undo: Vec<Undo>,
    /// What stood in the place of something new, until all has gone well.
    old: Vec<PathBuf>,
    steps: usize,
}

impl Work {
    fn run(&mut self, changes: &[Change]) -> Result<(), HookError> {
        for change in changes {
            if let Change::MakeFolder(folder) = change {
                self.make_folder(folder)?;
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
                if exists(file) {
                    self.set_aside(file)?;
                }
                let staged = staged.expect("every write is staged");
                self.rename(&staged, file)
            }
            Change::Rename { from, to } => self.rename(from, to),
            Change::Remove(file) => self.set_aside(file),
            Change::MakeFolder(_) => Ok(()),
            Change::GlobalConfig { key, value } => {
                let old = super::place::global_hooks_path()?;
                set_global(key, value.as_deref())?;
                self.undo.push(Undo::Config(key, old));
                Ok(())
            }
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), HookError> {
        if exists(to) {
            let taken = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(HookError::file("rename a file to", to, taken));
        }
        fs::rename(from, to).map_err(|error| HookError::file("rename", from, error))?;
        let (from, to) = (to.to_owned(), from.to_owned());
        self.undo.push(Undo::Rename { from, to });
        Ok(())
    }

    fn set_aside(&mut self, file: &Path) -> Result<(), HookError> {
        let aside = self.neighbour(file, "old");
        self.rename(file, &aside)?;
        self.old.push(aside);
        Ok(())
    }

    fn neighbour(&mut self, file: &Path, what: &str) -> PathBuf {
        self.steps += 1;
        let name = format!(".tightlip-{}-{}.{what}", std::process::id(), self.steps);
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
                Undo::RemoveFile(file) => {
                    fs::remove_file(file).map_err(|error| HookError::file("remove", file, error))
                }
                Undo::RemoveFolder(folder) => fs::remove_dir(folder)
                    .map_err(|error| HookError::file("remove the directory", folder, error)),
                Undo::Rename { from, to } => fs::rename(from, to)
                    .map_err(|error| HookError::file("rename back", from, error)),
                Undo::Config(key, value) => set_global(key, value.as_deref()),
            };
            result = result.and(undone);
        }
        result
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

fn set_global(key: &str, value: Option<&Path>) -> Result<(), HookError> {
    let here = Path::new(".");
    match value {
        Some(value) => super::place::ask(
            here,
            &["config".as_ref(), "--global".as_ref(), key.as_ref(), value.as_os_str()],
        ),
        None => super::place::ask_str(here, &["config", "--global", "--unset", key]),
    }
    .map(drop)
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

    #[test]
    fn a_failure_in_the_middle_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "a").unwrap();
        fs::write(path("b"), "b").unwrap();
        let changes = [
            Change::MakeFolder(path("new/deep")),
            Change::Write { file: path("new/deep/file"), bytes: b"x".to_vec(), mode: Some(0o755) },
            Change::Rename { from: path("a"), to: path("a.kept") },
            Change::Write { file: path("a"), bytes: b"ours".to_vec(), mode: Some(0o755) },
            Change::Write { file: path("b"), bytes: b"ours".to_vec(), mode: None },
            Change::Remove(path("a")),
            Change::Remove(path("missing")),
        ];
        let error = apply(&changes).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
        assert_eq!(fs::read(path("a")).unwrap(), b"a");
        assert_eq!(fs::read(path("b")).unwrap(), b"b");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        apply(&changes[..5]).unwrap();
        assert_eq!(fs::read(path("a.kept")).unwrap(), b"a");
        assert_eq!(fs::read(path("b")).unwrap(), b"ours");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }
}
