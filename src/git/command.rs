//! Git's own commands, run so that nothing of the repository's configuration changes what is read
//! and nothing it names is executed: the fallback where libgit2 refuses a repository.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use super::object::{Kind, ObjectId};
use super::{GitError, Location, ReadError};
use crate::text::fragment::Fragment;
use crate::text::os::path_from;
use crate::text::stream;

impl Location {
    /// Returns a `git` command as the user would run it: configuration, hooks and all. For what a
    /// repository must not decide, see [`git`](Self::git).
    #[must_use]
    pub fn plain_git(&self) -> Command {
        let mut command = Command::new("git");
        // A trace would stand among what git prints.
        let variables = self.environment().iter();
        let kept = variables.filter(|(name, _)| !name.as_encoded_bytes().starts_with(b"GIT_TRACE"));
        command.current_dir(self.directory()).env_clear().envs(kept);
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// Returns a `git` command with the flags and variables that keep it hermetic.
    ///
    /// `core.fsmonitor` is a command that several of git's commands run; replace refs, grafts and
    /// the commit-graph can hide objects; a partial clone would fetch what is missing.
    #[must_use]
    pub fn git(&self) -> Command {
        let mut command = self.globbing_git();
        command.arg("--literal-pathspecs");
        command
    }

    /// The same, for paths that may be patterns.
    fn globbing_git(&self) -> Command {
        let mut command = self.plain_git();
        command
            .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
            .args(["-c", "core.commitGraph=false", "-c", "core.quotePath=false"])
            .args(["--no-pager", "--no-optional-locks"])
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_GRAFT_FILE", if cfg!(windows) { "NUL" } else { "/dev/null" })
            .env("GIT_TERMINAL_PROMPT", "0");
        command
    }

    /// Runs git and returns what it printed.
    ///
    /// # Errors
    /// Git is missing, or it failed: then the error holds its own words.
    pub fn run<W: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = W>,
    ) -> Result<Vec<u8>, GitError> {
        printed(self.git().args(arguments))
    }

    /// As [`run`](Self::run), with git as the user would run it: for what its own configuration of hooks says.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(crate) fn plain_run<W: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = W>,
    ) -> Result<Vec<u8>, GitError> {
        printed(self.plain_git().args(arguments))
    }

    /// As [`run`](Self::run), without the newline at the end.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn line<W: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = W>,
    ) -> Result<Vec<u8>, GitError> {
        let mut printed = self.run(arguments)?;
        if printed.ends_with(b"\n") {
            printed.pop();
        }
        Ok(printed)
    }

    /// As [`line`](Self::line), for a path.
    pub(crate) fn path<W: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = W>,
    ) -> Result<PathBuf, GitError> {
        Ok(path_from(&self.line(arguments)?))
    }

    /// As [`line`](Self::line), for an object id; `None` if git prints something else.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn id<W: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = W>,
    ) -> Result<Option<ObjectId>, GitError> {
        Ok(ObjectId::parse(self.line(arguments)?.trim_ascii_end()))
    }

    /// Whether git prints `true`.
    pub(super) fn is_true(&self, arguments: &[&str]) -> bool {
        self.line(arguments).is_ok_and(|printed| printed == b"true")
    }

    /// As [`run`](Self::run), for arguments of which paths may be patterns.
    pub(crate) fn run_globbing(&self, arguments: &[OsString]) -> Result<Vec<u8>, GitError> {
        printed(self.globbing_git().args(arguments))
    }
}

/// Runs a command and returns what it printed.
///
/// # Errors
/// Git is missing, or it failed: then the error holds its own words.
pub fn printed(command: &mut Command) -> Result<Vec<u8>, GitError> {
    let output = command.output().map_err(GitError::NoGit)?;
    if output.status.success() { Ok(output.stdout) } else { Err(failure(command, &output)) }
}

/// As [`printed`], for a value that may be unset: git then exits with 1.
///
/// # Errors
/// As [`printed`].
pub fn printed_if_set(command: &mut Command) -> Result<Option<Vec<u8>>, GitError> {
    let output = command.output().map_err(GitError::NoGit)?;
    match output.status.code() {
        Some(0) => Ok(Some(output.stdout)),
        Some(1) => Ok(None),
        _ => Err(failure(command, &output)),
    }
}

/// The error of a command that failed, in its own words.
fn failure(command: &Command, output: &Output) -> GitError {
    let message = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    let is_flag = |word: &&OsStr| word.as_encoded_bytes().starts_with(b"-");
    let is_setting = |word: &&OsStr| memchr::memchr(b'=', word.as_encoded_bytes()).is_some();
    let mut words = command.get_args().skip_while(|word| is_flag(word) || is_setting(word));
    let command = words.next().map(|name| name.to_string_lossy().into_owned());
    GitError::Failed { command: command.unwrap_or_default(), message }
}

/// The lines of what git printed.
pub fn lines(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    fields(printed, b'\n')
}

/// The fields of what git printed with `-z`.
pub fn nul_fields(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    fields(printed, 0)
}

/// What stands between separators; the last one may be missing.
fn fields(printed: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let body = printed.strip_suffix(&[separator]).unwrap_or(printed);
    let is_empty = printed.is_empty();
    body.split(move |&byte| byte == separator).filter(move |_| !is_empty)
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
pub(super) struct CatFile {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl CatFile {
    pub(super) fn start(location: &Location) -> Result<Self, ReadError> {
        let mut child = location
            .git()
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| ReadError::no_git(&error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => {
                Ok(CatFile { child, input: Some(input), output: BufReader::new(output) })
            }
            _ => Err(ReadError::no_git(&std::io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Reads one object into `buffer`, unless it is larger than `max_bytes`.
    pub(super) fn read(
        &mut self,
        id: &ObjectId,
        max_bytes: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Kind, ReadError> {
        let stopped = |error: std::io::Error| git_stopped(id, &error);
        if let Some(input) = &mut self.input {
            writeln!(input, "{id}").and_then(|()| input.flush()).map_err(stopped)?;
        }
        let mut header = String::new();
        self.output.read_line(&mut header).map_err(stopped)?;
        let mut words = header.split_whitespace().skip(1);
        let (kind, size) = (words.next(), words.next().and_then(|size| size.parse::<u64>().ok()));
        let kind = match kind {
            Some("missing") => return Err(ReadError::missing(id)),
            Some(name) => Kind::parse(name),
            None => None,
        };
        let kind = kind.ok_or_else(|| ReadError::object(id, "git cannot read it"))?;
        let size = size.ok_or_else(|| ReadError::object(id, "git does not print its size"))?;
        if size > max_bytes {
            self.discard(size + 1).map_err(stopped)?;
            return Err(ReadError::too_large(id, size, max_bytes));
        }
        buffer.clear();
        let read = (&mut self.output).take(size + 1).read_to_end(buffer).map_err(stopped)?;
        if read as u64 != size + 1 {
            return Err(ReadError::object(id, "git stopped in the middle of it"));
        }
        buffer.pop();
        Ok(kind)
    }

    fn discard(&mut self, bytes: u64) -> std::io::Result<()> {
        std::io::copy(&mut (&mut self.output).take(bytes), &mut std::io::sink()).map(drop)
    }
}

impl Drop for CatFile {
    fn drop(&mut self) {
        // Closing its input ends it, unless it waits for a reader of what it has printed so far.
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands a blob to `each` in fragments, as git inflates it.
pub(super) fn stream_blob(
    location: &Location,
    id: &ObjectId,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Fragment<'_>),
) -> Result<(), ReadError> {
    let stopped = |error: std::io::Error| git_stopped(id, &error);
    let mut child = location
        .git()
        .args(["cat-file", "blob", &id.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| ReadError::no_git(&error))?;
    let read = match &mut child.stdout {
        Some(output) => stream::fragments(output, buffer, each),
        None => Ok(()),
    };
    if read.is_err() {
        // It may wait for a reader of the rest.
        let _ = child.kill();
    }
    let status = child.wait().map_err(stopped)?;
    read.map_err(stopped)?;
    if status.success() { Ok(()) } else { Err(ReadError::object(id, "git cannot read it")) }
}

fn git_stopped(id: &ObjectId, error: &std::io::Error) -> ReadError {
    ReadError::object(id, &format!("git stopped: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{lines, nul_fields};

    #[test]
    fn lines_and_fields_end_or_part() {
        let all = |text: &'static [u8]| lines(text).collect::<Vec<_>>();
        assert_eq!(all(b"a\n\nb\n"), [&b"a"[..], b"", b"b"]);
        assert_eq!(all(b"a"), [b"a"]);
        assert!(all(b"").is_empty());
        assert_eq!(nul_fields(b"a\0b\0").count(), 2);
    }
}
