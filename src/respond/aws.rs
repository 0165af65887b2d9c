//! The `aws` program: where it is, and how it is run.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::environment::Environment;

/// How long one command may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How long the rest of its output is waited for at least, once it has ended.
const GRACE: Duration = Duration::from_secs(1);

/// How much of its output is read. A page of CloudTrail has 50 events of at most 256 KB.
const MAX_BYTES: u64 = 32 << 20;

/// What runs commands of the `aws` program: the program, or a test.
pub trait Aws: Sync {
    /// Runs it with these arguments, without a shell.
    ///
    /// # Errors
    /// It cannot be run, takes too long or prints too much.
    fn run(&self, arguments: &[String]) -> io::Result<AwsOutput>;
}

/// The output of the `aws` program.
#[derive(Debug, Clone, Default)]
pub struct AwsOutput {
    /// Whether its exit status was 0.
    pub is_success: bool,
    /// What it printed.
    pub out: Vec<u8>,
    /// What went wrong.
    pub err: Vec<u8>,
}

/// The `aws` program on this machine.
#[derive(Debug)]
pub struct AwsProgram {
    path: PathBuf,
    environment: Environment,
    directory: PathBuf,
}

impl AwsProgram {
    /// Finds the program on the `PATH`. Nothing below one of the `untrusted` folders counts: a
    /// repository may hold a file of that name. Relative entries do not count, either.
    #[must_use]
    pub fn find(environment: &Environment, untrusted: &[PathBuf]) -> Option<Self> {
        let untrusted: Vec<PathBuf> =
            untrusted.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        let names: &[&str] = if cfg!(windows) { &["aws.exe"] } else { &["aws"] };
        let folders: Vec<PathBuf> = std::env::split_paths(environment.get("PATH")?).collect();
        let path = folders
            .iter()
            .filter(|folder| folder.is_absolute())
            .flat_map(|folder| names.iter().map(|name| folder.join(name)))
            .find(|path| is_program(path) && is_trusted(path, &untrusted))?;
        // A repository's files must not steer the program, as those of version managers do.
        let home = environment.home().filter(|home| home.is_dir() && is_trusted(home, &untrusted));
        let directory = home.unwrap_or_else(|| PathBuf::from("/"));
        Some(AwsProgram { path, environment: environment.clone(), directory })
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Aws for AwsProgram {
    fn run(&self, arguments: &[String]) -> io::Result<AwsOutput> {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter())
            // Version 2 would open a pager, or ask questions.
            .env("AWS_PAGER", "")
            .env("AWS_CLI_AUTO_PROMPT", "off")
            .current_dir(&self.directory);
        output(&mut command, TIMEOUT)
    }
}

/// Runs a command for at most `most` and returns what it prints.
fn output(command: &mut Command, most: Duration) -> io::Result<AwsOutput> {
    let end = Instant::now() + most;
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let status = wait(&mut child, end)?.ok_or_else(|| slow(most))?;
    let read = |output: &Receiver<io::Result<Vec<u8>>>| {
        let left = end.saturating_duration_since(Instant::now()).max(GRACE);
        output.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => slow(most),
            RecvTimeoutError::Disconnected => io::Error::other("a reader has failed"),
        })?
    };
    Ok(AwsOutput { is_success: status.success(), out: read(&out)?, err: read(&err)? })
}

fn slow(most: Duration) -> io::Error {
    io::Error::other(format!("it gave no answer for {} seconds", most.as_secs()))
}

/// Reads a stream in a thread. What the program has started may keep the stream open, so the thread is
/// not waited for.
fn reader(stream: Option<impl Read + Send + 'static>) -> Receiver<io::Result<Vec<u8>>> {
    let (done, read) = mpsc::channel();
    thread::spawn(move || done.send(all(stream)));
    read
}

/// Waits for a program until `end`, and kills it then.
fn wait(child: &mut Child, end: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn all(stream: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(MAX_BYTES).read_to_end(&mut bytes)?;
        // Output beyond the limit is read and dropped, so that the program can end.
        if io::copy(&mut stream, &mut io::sink())? > 0 {
            return Err(io::Error::other(format!("it printed more than {MAX_BYTES} bytes")));
        }
    }
    Ok(bytes)
}

/// Whether neither the file nor what it links to is below an untrusted folder.
fn is_trusted(path: &Path, untrusted: &[PathBuf]) -> bool {
    let real = path.canonicalize();
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let is_below = |path: &Path| untrusted.iter().any(|folder| path.starts_with(folder));
    real.is_ok_and(|real| !is_below(&real)) && folder.is_some_and(|folder| !is_below(&folder))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::output;

    #[test]
    fn a_program_that_leaves_its_output_to_another_is_not_waited_for() {
        let start = Instant::now();
        for script in ["sleep 600", "sleep 600 & wait", "echo a; sleep 600 &"] {
            let mut command = Command::new("sh");
            let error = output(command.args(["-c", script]), Duration::from_millis(200));
            assert!(error.unwrap_err().to_string().contains("no answer"), "{script}");
        }
        assert!(start.elapsed() < Duration::from_secs(300));
        let mut command = Command::new("sh");
        let script = "sleep 0.1; echo a; echo b >&2; exit 3";
        let ran = output(command.args(["-c", script]), Duration::from_secs(60)).unwrap();
        assert_eq!((ran.is_success, &*ran.out, &*ran.err), (false, &b"a\n"[..], &b"b\n"[..]));
    }
}
