//! Git's own plumbing, run so that nothing of the repository's configuration changes what is
//! read and nothing it names is executed: the fallback where libgit2 refuses a repository.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::object::{Kind, ObjectId};
use super::{Fragment, ReadError, SourceError, stream};

/// Returns a `git` command with the flags and variables that keep it hermetic.
///
/// `core.fsmonitor` is a command that several plumbing commands run; replace refs, grafts and
/// the commit-graph can hide objects; a partial clone would fetch what is missing.
#[must_use]
pub fn git() -> Command {
    let mut command = globbing_git();
    command.arg("--literal-pathspecs");
    command
}

/// The same, for paths that may be patterns.
fn globbing_git() -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.commitGraph=false", "-c", "core.quotePath=false"])
        .args(["--no-pager", "--no-optional-locks"])
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_GRAFT_FILE", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

/// Runs git and returns what it printed.
///
/// # Errors
/// Git is missing, or it failed: then the error holds its own words.
pub fn run(arguments: &[&OsStr]) -> Result<Vec<u8>, SourceError> {
    output_of(git().args(arguments))
}

/// As [`run`], for arguments of which paths may be patterns.
pub(super) fn run_globbing(arguments: &[OsString]) -> Result<Vec<u8>, SourceError> {
    output_of(globbing_git().args(arguments))
}

fn output_of(command: &mut Command) -> Result<Vec<u8>, SourceError> {
    let output = command.output().map_err(SourceError::NoGit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    let is_flag = |word: &&OsStr| word.as_encoded_bytes().starts_with(b"-");
    let mut words = command.get_args().skip_while(|word| is_flag(word) || is_setting(word));
    let command = words.next().map(|name| name.to_string_lossy().into_owned());
    Err(SourceError::Git { command: command.unwrap_or_default(), said })
}

/// Whether a word is the value of `-c`.
fn is_setting(word: &OsStr) -> bool {
    memchr::memchr(b'=', word.as_encoded_bytes()).is_some()
}

/// As [`run`], for arguments that are text.
///
/// # Errors
/// As [`run`].
pub fn run_str(arguments: &[&str]) -> Result<Vec<u8>, SourceError> {
    run(&arguments.iter().map(OsStr::new).collect::<Vec<_>>())
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
pub(super) struct CatFile {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl CatFile {
    pub(super) fn start() -> Result<Self, ReadError> {
        let mut child = git()
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| ReadError::new(format!("git cannot be started: {error}")))?;
        let input = child.stdin.take();
        let output = child.stdout.take().map(BufReader::new);
        match (input, output) {
            (Some(input), Some(output)) => Ok(CatFile { child, input: Some(input), output }),
            _ => Err(ReadError::new("git cannot be talked to".into())),
        }
    }

    /// Reads one object into `buffer`, unless it is larger than `max_bytes`.
    pub(super) fn read(
        &mut self,
        id: &ObjectId,
        max_bytes: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Kind, ReadError> {
        let lost = |error: std::io::Error| ReadError::object(id, &format!("git stopped: {error}"));
        if let Some(input) = &mut self.input {
            writeln!(input, "{id}").and_then(|()| input.flush()).map_err(lost)?;
        }
        let mut header = String::new();
        self.output.read_line(&mut header).map_err(lost)?;
        let mut words = header.split_whitespace().skip(1);
        let (kind, size) = (words.next(), words.next().and_then(|size| size.parse::<u64>().ok()));
        let kind = match kind {
            Some("blob") => Kind::Blob,
            Some("tree") => Kind::Tree,
            Some("commit") => Kind::Commit,
            Some("tag") => Kind::Tag,
            Some("missing") => return Err(ReadError::missing(id)),
            _ => return Err(ReadError::object(id, "git cannot read it")),
        };
        let size = size.ok_or_else(|| ReadError::object(id, "git does not say its size"))?;
        if size > max_bytes {
            self.discard(size + 1).map_err(lost)?;
            return Err(ReadError::too_large(id, size, max_bytes));
        }
        buffer.clear();
        let read = (&mut self.output).take(size + 1).read_to_end(buffer).map_err(lost)?;
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
        // Closing its input ends it.
        self.input = None;
        let _ = self.child.wait();
    }
}

/// Hands a blob to `each` in fragments, as git inflates it.
pub(super) fn stream_blob(
    id: &ObjectId,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Fragment<'_>),
) -> Result<(), ReadError> {
    let lost = |error: std::io::Error| ReadError::object(id, &format!("git stopped: {error}"));
    let mut child = git()
        .args(["cat-file", "blob", &id.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| ReadError::new(format!("git cannot be started: {error}")))?;
    let read = match &mut child.stdout {
        Some(output) => stream::fragments(output, buffer, each),
        None => Ok(()),
    };
    let status = child.wait().map_err(lost)?;
    read.map_err(lost)?;
    if status.success() { Ok(()) } else { Err(ReadError::object(id, "git cannot read it")) }
}
