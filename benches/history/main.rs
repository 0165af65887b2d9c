//! How long a scan of all history takes beside git reading every object of it, as whole
//! processes: `cargo bench --bench history`.
//!
//! By default the repository is made here, from a seed: 3,000 commits, repacked.
//! `TIGHTLIP_BENCH_REPOS=PATH:PATH` measures real ones instead, bare or not; they are only read.
//! `TIGHTLIP_BENCH_ROUNDS=N` sets how often (5). Both run in turn in the same repository; the
//! ratio is that of their medians, so it can be compared with other machines'. The peak memory of
//! the process is read from `/proc` while it runs, and is left out where there is none.
//!
//! Every scan reads the whole history: what an earlier one came to is not asked for. The limit is the time in which
//! the entries of all packs are inflated once on all cores, with nothing else done.
//!
//! `git cat-file` reads all objects, and a scan those that refs lead to: the ratio means most for
//! a repository without others, such as a fresh clone.

mod limit;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use limit::Packs;

const ROUNDS: usize = 5;
const COMMITS: usize = 3000;
const FILES: usize = 400;
const LINES: usize = 300;

fn main() {
    let folder = tempfile::tempdir().expect("there is a temporary directory");
    let repositories = match std::env::var_os("TIGHTLIP_BENCH_REPOS") {
        Some(paths) => std::env::split_paths(&paths).collect(),
        None => vec![seeded(folder.path())],
    };
    let rounds = std::env::var("TIGHTLIP_BENCH_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |text| text.parse().expect("a number of rounds"));
    for repository in &repositories {
        measure(repository, rounds.max(1));
    }
}

fn measure(repository: &Path, rounds: usize) {
    say(&format!("{}: {}", repository.display(), Contents::of(repository)));
    let mut ours = Vec::new();
    let mut gits = Vec::new();
    let mut limits = Vec::new();
    let packs = Packs::of(repository);
    for _ in 0..rounds {
        gits.push(Run::of(&mut cat_file(repository)));
        ours.push(Run::of(&mut history(repository)));
        limits.push(packs.inflate());
    }
    limits.sort_unstable();
    let limit = limits[limits.len() / 2];
    let (ours, gits) = (Median::of(&ours), Median::of(&gits));
    say(&format!("  tightlip history   {ours}"));
    say(&format!("  git cat-file       {gits}"));
    let ratio = ours.time.as_secs_f64() / gits.time.as_secs_f64();
    let times = ours.time.as_secs_f64() / limit.as_secs_f64();
    say(&format!("  inflating alone    {limit:>10.2?}"));
    say(&format!("  ratio              {ratio:>10.2}x   (budget 0.35x, 300 MB)"));
    say(&format!("  times the limit    {times:>10.1}"));
}

#[expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
fn say(line: &str) {
    println!("{line}");
}

fn history(repository: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tightlip"));
    let arguments = ["history", "--quiet", "--no-checkpoint", "--format", "jsonl"];
    command.args(arguments).current_dir(repository);
    command
}

fn cat_file(repository: &Path) -> Command {
    let mut command = git(repository);
    command.args(["cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"]);
    command
}

/// git in a repository that may belong to someone else, and that never fetches what it lacks.
fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "safe.directory=*"]).current_dir(repository).env("GIT_NO_LAZY_FETCH", "1");
    command
}

/// What one run took.
#[derive(Clone, Copy)]
struct Run {
    time: Duration,
    peak_bytes: Option<u64>,
}

impl Run {
    /// Runs a command to its end. What it found is not of interest, nor that it found something.
    fn of(command: &mut Command) -> Run {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().expect("the command can be run");
        let peak_bytes = watch(&child);
        child.wait().expect("the command can be waited for");
        Run { time: started.elapsed(), peak_bytes }
    }
}

/// Reads a process's peak memory again and again until it ends.
///
/// The kernel keeps the peak, so only what is new in the last moment can be missed.
fn watch(child: &Child) -> Option<u64> {
    let path = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_bytes = None;
    while let Some(bytes) = peak(&path) {
        peak_bytes = peak_bytes.max(Some(bytes));
        std::thread::sleep(Duration::from_millis(2));
    }
    peak_bytes
}

/// The peak memory of a process; `None` if it has ended, or where the system does not tell.
fn peak(status: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// The middle of several runs' times, and the most memory that any of them took.
struct Median {
    time: Duration,
    peak_bytes: Option<u64>,
}

impl Median {
    fn of(runs: &[Run]) -> Median {
        let mut times: Vec<Duration> = runs.iter().map(|run| run.time).collect();
        times.sort_unstable();
        let peak_bytes = runs.iter().filter_map(|run| run.peak_bytes).max();
        Median { time: times[times.len() / 2], peak_bytes }
    }
}

impl std::fmt::Display for Median {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:>10.2?}", self.time)?;
        match self.peak_bytes {
            Some(bytes) => write!(out, "   {:>5} MB", bytes / 1_000_000),
            None => Ok(()),
        }
    }
}

/// How much a repository holds.
#[derive(Default)]
struct Contents {
    commits: u64,
    blobs: u64,
    blob_bytes: u64,
    bytes: u64,
}

impl Contents {
    fn of(repository: &Path) -> Contents {
        let listed = git(repository)
            .args(["cat-file", "--batch-all-objects", "--unordered", "--buffer"])
            .arg("--batch-check=%(objecttype) %(objectsize)")
            .output()
            .expect("git can be run");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let mut contents = Contents::default();
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let (kind, size) = line.split_once(' ').expect("git prints what was asked for");
            let size: u64 = size.parse().expect("a size is a number");
            contents.bytes += size;
            contents.commits += u64::from(kind == "commit");
            if kind == "blob" {
                contents.blobs += 1;
                contents.blob_bytes += size;
            }
        }
        contents
    }
}

impl std::fmt::Display for Contents {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Contents { commits, blobs, .. } = self;
        let blob_megabytes = self.blob_bytes as f64 / 1e6;
        let megabytes = self.bytes as f64 / 1e6;
        write!(out, "{commits} commits, {blobs} blobs, {blob_megabytes:.1} MB in blobs, ")?;
        write!(out, "{megabytes:.1} MB in all objects")
    }
}

/// Makes a repository whose files change a few lines at a time, as those of a project do.
fn seeded(folder: &Path) -> PathBuf {
    let repository = folder.join("seeded");
    let path = repository.to_str().expect("a temporary directory's name is text");
    succeeds(git(folder).args(["init", "-q", "--bare", path]));
    let mut import = git(&repository)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git can be run");
    let stream = import.stdin.take().expect("standard input is a pipe");
    write_commits(std::io::BufWriter::new(stream)).expect("git reads what it is given");
    assert!(import.wait().is_ok_and(|status| status.success()), "git fast-import failed");
    succeeds(git(&repository).args(["repack", "-q", "-a", "-d", "-f"]));
    repository
}

fn succeeds(command: &mut Command) {
    assert!(command.status().is_ok_and(|status| status.success()), "{command:?} failed");
}

/// Writes the history to `git fast-import`; each commit adds a file or changes lines of some.
fn write_commits(mut stream: impl std::io::Write) -> std::io::Result<()> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut files: Vec<Vec<String>> = Vec::new();
    for commit in 0..COMMITS {
        let message = format!("change {commit}");
        writeln!(stream, "commit refs/heads/main")?;
        writeln!(stream, "committer bench <bench@localhost> {} +0000", 1_700_000_000 + commit)?;
        write!(stream, "data {}\n{message}\n", message.len())?;
        let mut changed = Vec::new();
        if files.len() < FILES {
            changed.push(files.len());
            files.push((0..LINES).map(|_| random.line()).collect());
        }
        for _ in 0..1 + random.below(4) {
            let file = random.below(files.len());
            let lines = &mut files[file];
            let at = random.below(lines.len());
            lines[at] = random.line();
            lines.insert(at, random.line());
            if !changed.contains(&file) {
                changed.push(file);
            }
        }
        for file in changed {
            let text = files[file].concat();
            writeln!(stream, "M 100644 inline src/room{}/file{file}.rs", file % 20)?;
            write!(stream, "data {}\n{text}\n", text.len())?;
        }
    }
    stream.flush()
}

/// Numbers that look random and are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    /// A line in the way of source text.
    fn line(&mut self) -> String {
        const WORDS: [&str; 24] = [
            "let", "mut", "fn", "return", "if", "self", "struct", "value", "index", "buffer",
            "result", "error", "token", "key", "name", "path", "import", "class", "const",
            "static", "session", "secret", "request", "response",
        ];
        const MARKS: [&str; 8] = [" ", "_", ".", "(", " = ", ", ", "::", "->"];
        let mut line = "    ".repeat(self.below(4));
        for _ in 0..2 + self.below(8) {
            line.push_str(WORDS[self.below(WORDS.len())]);
            line.push_str(MARKS[self.below(MARKS.len())]);
        }
        line.push_str(&format!("{:x};\n", self.below(1 << 16)));
        line
    }
}
