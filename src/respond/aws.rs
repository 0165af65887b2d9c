//! The `aws` program: where it is, and how it is run.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::environment::Environment;

/// How long one command may take.
const TIMEOUT: Duration = Duration::from_secs(120);

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
        let mut child = Command::new(&self.path)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter())
            // Version 2 would open a pager, or ask questions.
            .env("AWS_PAGER", "")
            .env("AWS_CLI_AUTO_PROMPT", "off")
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            let out = scope.spawn(|| all(out));
            let err = scope.spawn(|| all(err));
            let status = wait(&mut child);
            let joined = |read: std::thread::ScopedJoinHandle<'_, io::Result<Vec<u8>>>| {
                read.join().unwrap_or_else(|_| Err(io::Error::other("a reader has failed")))
            };
            let (out, err) = (joined(out), joined(err));
            Ok(AwsOutput { is_success: status?, out: out?, err: err? })
        })
    }
}

/// Waits for the end of a program, and ends it when its time is over.
fn wait(child: &mut Child) -> io::Result<bool> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            let seconds = TIMEOUT.as_secs();
            return Err(io::Error::other(format!("it gave no answer for {seconds} seconds")));
        }
        std::thread::sleep(Duration::from_millis(10));
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
