//! Twice the history, twice the work: counted, not timed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tightlip::engine::{Engine, Trail};
use tightlip::environment::Environment;
use tightlip::finding::Progress;
use tightlip::git::{Location, RepositoryPool};
use tightlip::rule::{RuleSet, expand};
use tightlip::scan::{EngineSieve, Lines};
use tightlip::source::{History, HistoryOptions, Seen, Sieve, Source as _, Verdict};
use tightlip::text::edits::Edits;

/// Counts what the sieve is asked to look at.
struct Counting<'a> {
    sieve: EngineSieve<'a>,
    wholes: AtomicU64,
    edits: AtomicU64,
    /// Bytes of wholes, and of what changed in edited ones.
    bytes: AtomicU64,
    /// Bytes of what was found, with the lines around it.
    kept: AtomicU64,
}

impl Sieve for Counting<'_> {
    fn whole(&self, bytes: &[u8]) -> Verdict {
        self.wholes.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes.len() as u64, Relaxed);
        self.sieve.whole(bytes)
    }

    fn edited(&self, bytes: &[u8], edits: &Edits, before: &Trail) -> Verdict {
        let changed: usize = edits.changes.iter().map(|change| change.len()).sum();
        self.edits.fetch_add(1, Relaxed);
        self.bytes.fetch_add(changed as u64, Relaxed);
        self.sieve.edited(bytes, edits, before)
    }

    fn seen(&self, bytes: &[u8], trail: &Trail) -> Option<Seen> {
        let seen = self.sieve.seen(bytes, trail);
        self.kept.fetch_add(seen.as_ref().map_or(0, bytes_of), Relaxed);
        seen
    }
}

/// What it takes to scan a history.
#[derive(Debug)]
struct Work {
    objects: u64,
    inflated: u64,
    wholes: u64,
    edits: u64,
    bytes: u64,
    /// The versions of files with a secret, and what is kept of them.
    units: u64,
    kept: u64,
}

/// How many bytes are kept of a version.
fn bytes_of(seen: &Seen) -> u64 {
    seen.parts.iter().map(|part| part.lines.bytes.len() as u64).sum()
}

fn git(folder: &Path, arguments: &[&str], input: &str) {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let mut running = git.spawn().unwrap();
    running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(running.wait().unwrap().success());
}

/// A history whose every commit changes a line of one of 40 files, four folders deep. Every twentieth adds a
/// file with a secret, and one file has held a secret in all its versions.
fn repository(folder: &Path, commits: usize) {
    const LINES: usize = 60;
    git(folder, &["init", "-q", "--bare", "-b", "main"], "");
    let secret = |number: usize| {
        let template = format!("AKIA{{base32:16}}{}", "{}".repeat(number));
        String::from_utf8(expand(&template).unwrap()).unwrap()
    };
    let mut files: Vec<Vec<String>> = (0..40)
        .map(|file| (0..LINES).map(|line| format!("line {line} of file {file}")).collect())
        .collect();
    files[0][0] = secret(0);
    let mut stream = String::new();
    for commit in 0..commits {
        let file = commit % files.len();
        files[file][1 + commit * 7 % (LINES - 1)] = format!("changed by commit {commit}");
        let time = 1_700_000_000 + commit;
        stream.push_str("commit refs/heads/main\n");
        stream.push_str(&format!("committer A <a@example.com> {time} +0000\ndata 1\nx\n"));
        let text = files[file].join("\n");
        let path = format!("a{}/b/c{}/d/file{file}.txt", file % 3, file % 5);
        stream.push_str(&format!("M 644 inline {path}\ndata {}\n{text}\n", text.len()));
        if commit % 20 == 0 {
            let text = secret(1 + commit / 20);
            let path = format!("keys/{}/{commit}", commit % 7);
            stream.push_str(&format!("M 644 inline {path}\ndata {}\n{text}\n", text.len()));
        }
    }
    git(folder, &["fast-import", "--quiet"], &stream);
    // As a server packs it: deltas are looked for among neighbours only.
    let pack = ["-c", "pack.threads=1", "repack", "-adfq", "--window=10", "--depth=50"];
    git(folder, &pack, "");
}

fn work(commits: usize) -> Work {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path(), commits);
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let none = || AtomicU64::new(0);
    let sieve = Counting {
        sieve: EngineSieve::new(&engine, Lines::Around),
        wholes: none(),
        edits: none(),
        bytes: none(),
        kept: none(),
    };
    let environment = Environment::new(std::env::vars_os());
    let pool = RepositoryPool::new(Location::named(folder.path(), &environment));
    let options = HistoryOptions { threads: 1, ..HistoryOptions::default() };
    let progress = Progress::default();
    let listing = History::new(&pool, options, &sieve).list(&progress).unwrap();
    assert_eq!((listing.commits, listing.skipped.len()), (commits as u64, 0));
    // None is read again.
    assert!(listing.units.iter().all(|unit| unit.seen.is_some()));
    Work {
        objects: progress.total.load(Relaxed),
        inflated: progress.bytes.load(Relaxed),
        wholes: sieve.wholes.into_inner(),
        edits: sieve.edits.into_inner(),
        bytes: sieve.bytes.into_inner(),
        units: listing.units.len() as u64,
        kept: sieve.kept.into_inner(),
    }
}

#[test]
fn twice_the_commits_are_twice_the_work() {
    const COMMITS: usize = 800;
    let (once, twice) = (work(COMMITS), work(2 * COMMITS));
    for (name, count) in [
        ("objects", |work: &Work| work.objects),
        ("bytes inflated", |work| work.inflated),
        ("objects looked at whole", |work| work.wholes),
        ("objects looked at around their edits", |work| work.edits),
        ("bytes looked at", |work| work.bytes),
        ("versions with a secret", |work| work.units),
        ("bytes kept of those", |work| work.kept),
    ] as [(&str, fn(&Work) -> u64); 7]
    {
        let (one, two) = (count(&once), count(&twice));
        assert!(one > 0, "{name} are counted: {once:?}");
        // Folders grow, so it is a little more than twice.
        assert!(two * 10 <= one * 23, "{name}: {one} of {COMMITS} commits, {two} of twice as many");
    }
    // No object is looked at twice: blobs, commits, and names, of which a few are new.
    assert!(once.wholes + once.edits <= once.objects + 200, "{once:?}");
}
