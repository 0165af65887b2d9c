//! Files read with a limit, and files put in place whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Reads a regular file of at most `max_bytes`.
///
/// What a repository or a cache holds under a known name may be anything: a device that never ends, a
/// pipe that never answers, a file that fills the memory.
///
/// # Errors
/// It cannot be read, is not a regular file, or is larger.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("a");
/// std::fs::write(&path, "text")?;
/// assert_eq!(tightlip::file::read(&path, 4)?, b"text");
/// assert!(tightlip::file::read(&path, 3).is_err());
/// assert!(tightlip::file::read(folder.path(), 3).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::other(format!("it has more than {max_bytes} bytes"));
    let kind = fs::metadata(path)?;
    if !kind.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if kind.len() > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes { Err(too_large()) } else { Ok(bytes) }
}

/// The permissions of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As the user's umask has it.
    Plain,
    /// Everyone may run it.
    Executable,
    /// Exactly these permission bits; ignored on Windows.
    Exact(u32),
}

/// Puts a file in place of whatever has its name, wholly or not at all: a process that is killed leaves
/// the old file. A symbolic link is replaced, not followed.
///
/// # Errors
/// The folder cannot be written to.
pub fn replace(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    let (file, temporary) = create_beside(path)?;
    let done = fill(file, bytes, mode).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

/// Creates a new file in the folder of `path`: only there is a rename sure to be one step. Two
/// processes at once each have their own.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it does not name a file"))?;
    for number in 0..100 {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{number}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("the folder is full of temporary files of earlier runs"))
}

fn fill(mut file: File, bytes: &[u8], mode: Mode) -> io::Result<()> {
    file.write_all(bytes)?;
    set_mode(&file, mode)?;
    // Without it a crash of the machine can leave the new name on an empty file.
    file.sync_all()
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Mode) -> io::Result<()> {
    let bits = match mode {
        Mode::Plain => return Ok(()),
        Mode::Executable => 0o755,
        Mode::Exact(bits) => bits,
    };
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(bits))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: Mode) -> io::Result<()> {
    Ok(())
}
