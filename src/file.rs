//! Files read with a limit, and files put in place whole.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    // One byte more tells the end without a larger buffer.
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len() + 1).unwrap_or(0));
    // The file may grow while it is read.
    File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes { Err(too_large()) } else { Ok(bytes) }
}

/// Creates a file that only its owner can read and write (on Windows, as its folder has it).
///
/// # Errors
/// There is such a file, or its folder cannot be written to.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("a");
/// tightlip::file::create_private(&path)?;
/// assert!(tightlip::file::create_private(&path).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The permissions of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As the user's umask has it.
    Plain,
    /// The permissions of the regular file that is replaced. A new file gets those of the user's umask.
    Kept,
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
    let mut file = Replacement::begin(path)?;
    file.write_all(bytes)?;
    file.finish(mode)
}

/// A file that is written beside its place and put there whole, as [`replace`] does it. Without
/// [`Replacement::finish`] it goes, and the old file stays.
#[derive(Debug)]
pub struct Replacement<'a> {
    file: BufWriter<File>,
    temporary: PathBuf,
    path: &'a Path,
    is_placed: bool,
}

impl<'a> Replacement<'a> {
    /// Creates an empty file beside `path`.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn begin(path: &'a Path) -> io::Result<Self> {
        let (file, temporary) = create_beside(path)?;
        Ok(Replacement { file: BufWriter::new(file), temporary, path, is_placed: false })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Not all of it can be written, or it cannot be renamed.
    pub fn finish(mut self, mode: Mode) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_ref();
        set_mode(file, mode, self.path)?;
        // Without it a crash of the machine can leave the new name on an empty file.
        file.sync_all()?;
        fs::rename(&self.temporary, self.path)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Write for Replacement<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement<'_> {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Creates a new file in the folder of `path`: only there is a rename sure to be one step. Two
/// processes at once each have their own.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it does not name a file"))?;
    remove_leftovers(path, name);
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

/// A temporary file that is older was left by a process that was killed.
const LEFT_AFTER: Duration = Duration::from_secs(60 * 60);

/// Removes the temporary files that earlier processes have left for the same file. That they stay is no error.
fn remove_leftovers(path: &Path, name: &OsStr) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_temporary_of(&entry.file_name(), name)) {
        let kind = entry.metadata().ok().filter(fs::Metadata::is_file);
        let age = kind.and_then(|kind| kind.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age > LEFT_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a file is called `.NAME.PROCESS-NUMBER.tmp`.
fn is_temporary_of(file: &OsStr, name: &OsStr) -> bool {
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let middle = file.as_encoded_bytes().strip_prefix(b".").and_then(|rest| {
        rest.strip_prefix(name.as_encoded_bytes())?.strip_prefix(b".")?.strip_suffix(b".tmp")
    });
    let Some(middle) = middle else { return false };
    let Some(dash) = middle.iter().position(|&byte| byte == b'-') else { return false };
    is_number(&middle[..dash]) && is_number(&middle[dash + 1..])
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Mode, path: &Path) -> io::Result<()> {
    let bits = match mode {
        Mode::Plain => return Ok(()),
        Mode::Kept => match fs::symlink_metadata(path) {
            Ok(old) if old.is_file() => return file.set_permissions(old.permissions()),
            _ => return Ok(()),
        },
        Mode::Executable => 0o755,
        Mode::Exact(bits) => bits,
    };
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(bits))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: Mode, _path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Mode, Replacement};

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("report");
        std::fs::write(&path, "old").expect("it can be written");
        let mut file = Replacement::begin(&path).expect("the folder is there");
        file.write_all(b"half").expect("it can be written");
        drop(file);
        let names = || std::fs::read_dir(folder.path()).expect("the folder is there").count();
        assert_eq!((std::fs::read(&path).expect("it is there"), names()), (b"old".to_vec(), 1));
        let mut file = Replacement::begin(&path).expect("the folder is there");
        file.write_all(b"whole").expect("it can be written");
        file.finish(Mode::Kept).expect("it can be renamed");
        assert_eq!((std::fs::read(&path).expect("it is there"), names()), (b"whole".to_vec(), 1));
    }

    #[test]
    fn what_a_killed_process_has_left_goes_with_the_next_write() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("report");
        let old = std::time::SystemTime::now() - super::LEFT_AFTER * 2;
        let of_report = [".report.12-0.tmp", ".report.7-31.tmp"];
        let others = [".report.tmp", ".report.12.tmp", ".report.12-.tmp", ".other.12-0.tmp", "a"];
        for name in of_report.iter().chain(&others) {
            let file = std::fs::File::create(folder.path().join(name)).expect("there is room");
            file.set_modified(old).expect("it has a time");
        }
        let young = folder.path().join(".report.13-0.tmp");
        std::fs::write(&young, "of a process that still runs").expect("there is room");
        super::replace(&path, b"whole", Mode::Plain).expect("the folder is there");
        let is_there = |name: &&str| folder.path().join(name).exists();
        assert!(!of_report.iter().any(is_there) && others.iter().all(is_there) && young.exists());
    }
}
