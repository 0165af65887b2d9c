//! Damaged repositories: whatever happens to a file of git, no secret passes in silence.
//!
//! A run copies one of five repositories, damages one file under `.git` at random, and runs the commands on it.
//! A run fails if a command ends by a signal or a panic, takes more than [`LIMIT`], shows a secret, or loses one
//! that it found in the whole repository without exit status 2. A loss is right only if git itself reads the
//! damaged repository without an error and no longer knows the secret either.
//!
//! The seed of a run is the first seed plus the number of the run, so one run can be repeated alone:
//! `TIGHTLIP_DAMAGE_SEED=4711 TIGHTLIP_DAMAGE_RUNS=1 cargo test --test damage`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "fixture/mod.rs"]
mod fixture;

use std::fmt;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fixture::{TIGHTLIP, key, output, sealed, start};

/// A command that takes longer hangs: thousands of times what it needs, so that a busy machine fails no run.
const LIMIT: Duration = Duration::from_secs(300);

/// The commands that are tried, and the files whose secrets each has to find in a whole repository.
const COMMANDS: [(&[&str], &[&str]); 4] = [
    (&["staged", "--format", "jsonl"], &["staged.env"]),
    (&["history", "--format", "jsonl"], &["kept.env", "past.env", "side.env"]),
    (&["scan", "--format", "jsonl"], &["kept.env", "staged.env"]),
    (&["doctor"], &[]),
];

#[test]
fn damage_hides_no_secret() {
    let runs = number("TIGHTLIP_DAMAGE_RUNS", 60);
    let first = number("TIGHTLIP_DAMAGE_SEED", 1);
    let folder = tempfile::tempdir().unwrap();
    let originals: Vec<Original> =
        Kind::ALL.iter().map(|kind| Original::make(*kind, folder.path())).collect();
    for original in &originals {
        original.holds_what_is_looked_for();
    }
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || loop {
        let run = next.fetch_add(1, Ordering::Relaxed);
        if run >= runs {
            break;
        }
        let seed = first + run;
        let original = &originals[(seed % originals.len() as u64) as usize];
        let found = original.damaged(folder.path(), seed);
        failures.lock().unwrap().extend(found);
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} failures in {runs} runs:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A number from the environment.
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

/// What git stores differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Loose,
    Packed,
    LinkedWorktree,
    Submodule,
    SplitIndex,
}

impl Kind {
    const ALL: [Kind; 5] =
        [Kind::Loose, Kind::Packed, Kind::LinkedWorktree, Kind::Submodule, Kind::SplitIndex];

    /// Where the commands run, from the folder that is copied.
    fn work_tree(self) -> &'static str {
        match self {
            Kind::Loose | Kind::Packed | Kind::SplitIndex => "top",
            Kind::LinkedWorktree => "linked",
            Kind::Submodule => "top/module",
        }
    }
}

/// A repository that is whole.
struct Original {
    kind: Kind,
    folder: PathBuf,
}

impl Original {
    fn make(kind: Kind, folder: &Path) -> Self {
        let folder = folder.join(format!("{kind:?}"));
        let original = Original { kind, folder };
        let top = original.folder.join("top");
        fs::create_dir_all(&top).unwrap();
        original.git("top", &["init", "-q", "-b", "main", "--template="]);
        let work_tree = match kind {
            Kind::LinkedWorktree => {
                original.git("top", &["commit", "-q", "--allow-empty", "-m", "first"]);
                original.git("top", &["worktree", "add", "-q", "-b", "work", "../linked"]);
                // Relative, so that a copy does not lead back to the original.
                let link = original.folder.join("linked/.git");
                fs::write(link, "gitdir: ../top/.git/worktrees/linked\n").unwrap();
                fs::write(top.join(".git/worktrees/linked/gitdir"), "../../../../linked/.git\n")
                    .unwrap();
                "linked"
            }
            Kind::Submodule => {
                original.git("", &["init", "-q", "-b", "main", "--template=", "other"]);
                original.git("other", &["commit", "-q", "--allow-empty", "-m", "first"]);
                original.git("top", &["submodule", "--quiet", "add", "../other", "module"]);
                original.git("top", &["commit", "-q", "-m", "a module"]);
                "top/module"
            }
            Kind::Loose | Kind::Packed | Kind::SplitIndex => "top",
        };
        original.fill(work_tree);
        match kind {
            Kind::Packed => original.git(work_tree, &["repack", "-q", "-a", "-d", "-f"]),
            Kind::SplitIndex => {
                original.git(work_tree, &["pack-refs", "--all"]);
                original.git(work_tree, &["update-index", "--split-index"]);
            }
            Kind::Loose | Kind::LinkedWorktree | Kind::Submodule => {}
        }
        original.stage(work_tree);
        original
    }

    /// Commits: a secret that stays, one that was removed again, one on another branch.
    fn fill(&self, work_tree: &str) {
        let lines: Vec<String> =
            (0..120).map(|line| format!("a line of text, {}\n", line * 7919)).collect();
        for version in 0..5 {
            let mut text = lines.clone();
            text[version * 20] = format!("version {version}\n");
            let secrets = match version {
                0 => &["kept.env"][..],
                1 => &["past.env"],
                _ => &[],
            };
            self.write(work_tree, "text.txt", &text.concat());
            for name in secrets {
                self.write(
                    work_tree,
                    name,
                    &format!("{}KEY={}\n{}", lines.concat(), secret(name), lines[3]),
                );
            }
            if version == 3 {
                fs::remove_file(self.folder.join(work_tree).join("past.env")).unwrap();
            }
            self.git(work_tree, &["add", "-A"]);
            self.git(work_tree, &["commit", "-q", "-m", &format!("version {version}")]);
        }
        self.git(work_tree, &["checkout", "-q", "-b", "side"]);
        self.write(work_tree, "side.env", &format!("KEY={}\n", secret("side.env")));
        self.git(work_tree, &["add", "-A"]);
        self.git(work_tree, &["commit", "-q", "-m", "aside"]);
        self.git(work_tree, &["tag", "-a", "v1", "-m", "a tag"]);
        self.git(work_tree, &["checkout", "-q", "-"]);
    }

    fn stage(&self, work_tree: &str) {
        self.write(work_tree, "staged.env", &format!("KEY={}\n", secret("staged.env")));
        self.git(work_tree, &["add", "-A"]);
    }

    fn write(&self, work_tree: &str, name: &str, text: &str) {
        fs::write(self.folder.join(work_tree).join(name), text).unwrap();
    }

    fn git(&self, work_tree: &str, arguments: &[&str]) {
        let output = output(command("git", &self.folder, work_tree).args(arguments));
        assert!(output.status.success(), "{:?}: git {arguments:?}: {output:?}", self.kind);
    }

    /// Without this, a run that finds nothing would prove nothing.
    fn holds_what_is_looked_for(&self) {
        for (arguments, names) in COMMANDS {
            let said = Said::by(&self.folder, self.kind.work_tree(), arguments);
            assert_eq!(said.found(), names, "{:?}: {arguments:?}: {said}", self.kind);
            for name in names {
                let known = git_knows(&self.folder, self.kind.work_tree(), arguments[0], name);
                assert_eq!(known, Some(true), "{:?}: {arguments:?}: {name}", self.kind);
            }
        }
    }

    /// Runs the commands on a copy that is damaged as the seed says; returns what went wrong.
    fn damaged(&self, folder: &Path, seed: u64) -> Vec<String> {
        let mut random = Random(seed);
        let copy = folder.join(format!("run-{seed}"));
        copy_folder(&self.folder, &copy);
        let mut files = Vec::new();
        list_files(&copy.join("top/.git"), &mut files);
        files.sort();
        let file = &files[random.below(files.len())];
        let mut bytes = fs::read(file).unwrap();
        let damage = Damage::random(&mut random, &mut bytes);
        replace(file, &bytes);
        let mut failures = Vec::new();
        for (arguments, names) in COMMANDS {
            let said = Said::by(&copy, self.kind.work_tree(), arguments);
            if let Some(fault) = said.fault(&copy, self.kind.work_tree(), arguments, names) {
                let file = file.strip_prefix(&copy).unwrap().display();
                failures.push(format!(
                    "seed {seed}, {:?}, {damage:?} of {file}, {arguments:?}: {fault}\n{said}",
                    self.kind
                ));
            }
        }
        fs::remove_dir_all(&copy).unwrap();
        failures
    }
}

/// What is done to the bytes of a file.
#[derive(Debug)]
#[expect(dead_code, reason = "the fields are printed where a run fails")]
enum Damage {
    Flip { at: usize, bit: u32 },
    Cut { at: usize },
    Hole { at: usize, bytes: usize },
    Insert { at: usize, bytes: usize },
    Zero { at: usize, bytes: usize },
}

impl Damage {
    fn random(random: &mut Random, bytes: &mut Vec<u8>) -> Self {
        let at = random.below(bytes.len().max(1)).min(bytes.len());
        let longest = if random.below(2) == 0 { 4 } else { 64 };
        let count = random.below(longest) + 1;
        let end = (at + count).min(bytes.len());
        match random.below(5) {
            0 if !bytes.is_empty() => {
                let bit = random.below(8) as u32;
                bytes[at] ^= 1 << bit;
                Damage::Flip { at, bit }
            }
            1 => {
                bytes.truncate(at);
                Damage::Cut { at }
            }
            2 => {
                bytes.drain(at..end);
                Damage::Hole { at, bytes: end - at }
            }
            3 => {
                bytes[at..end].fill(0);
                Damage::Zero { at, bytes: end - at }
            }
            _ => {
                let new: Vec<u8> = (0..count).map(|_| random.below(256) as u8).collect();
                bytes.splice(at..at, new);
                Damage::Insert { at, bytes: count }
            }
        }
    }
}

/// What a command said and how it ended.
struct Said {
    code: Option<i32>,
    signal: Option<i32>,
    is_late: bool,
    out: String,
    err: String,
}

impl Said {
    fn by(folder: &Path, work_tree: &str, arguments: &[&str]) -> Self {
        let (out, err) = (folder.join("out"), folder.join("err"));
        let mut command = command(TIGHTLIP, folder, work_tree);
        command.args(arguments);
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        let mut child = start(&mut command);
        let started = Instant::now();
        let (status, is_late) = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break (status, false);
            }
            if started.elapsed() > LIMIT {
                child.kill().unwrap();
                break (child.wait().unwrap(), true);
            }
            thread::sleep(Duration::from_millis(2));
        };
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        Said {
            code: status.code(),
            signal: status.signal(),
            is_late,
            out: read(&out),
            err: read(&err),
        }
    }

    /// The planted files in which something was found, in order.
    fn found(&self) -> Vec<&'static str> {
        let findings: Vec<serde_json::Value> = self
            .out
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|line: &serde_json::Value| line["type"] == "finding")
            .collect();
        let holds = |name: &&str| findings.iter().any(|finding| finding.to_string().contains(name));
        ["kept.env", "past.env", "side.env", "staged.env"].into_iter().filter(holds).collect()
    }

    fn fault(
        &self,
        folder: &Path,
        work_tree: &str,
        arguments: &[&str],
        names: &[&str],
    ) -> Option<String> {
        if self.is_late {
            return Some(format!("takes more than {LIMIT:?}"));
        }
        if self.signal.is_some() || self.err.contains("panicked") {
            return Some("dies".to_owned());
        }
        let shown = format!("{}{}", self.out, self.err);
        if let Some(name) = names.iter().find(|name| shown.contains(&secret(name))) {
            return Some(format!("shows the secret of {name}"));
        }
        match self.code {
            Some(2) if shown.trim().is_empty() => Some("says nothing".to_owned()),
            Some(2) => None,
            Some(0 | 1) => {
                let found = self.found();
                let lost = names.iter().filter(|name| !found.contains(*name));
                lost.map(|name| (name, git_knows(folder, work_tree, arguments[0], name)))
                    .find(|(_, known)| *known != Some(false))
                    .map(|(name, known)| match known {
                        Some(_) => format!("loses {name}, which git knows"),
                        None => format!("loses {name}, and git fails"),
                    })
            }
            _ => Some("ends with an unknown status".to_owned()),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  status {:?}, signal {:?}\n{}{}", self.code, self.signal, self.out, self.err)
    }
}

/// Whether git still knows the secret of a file where a command looks; `None` if git fails.
fn git_knows(folder: &Path, work_tree: &str, subject: &str, name: &str) -> Option<bool> {
    let script = match subject {
        "staged" => "git --no-replace-objects diff --cached --no-ext-diff --no-textconv --text",
        "history" => {
            "set -o pipefail; git rev-list --all --objects | cut -d' ' -f1 | git cat-file --batch"
        }
        _ => "git ls-files -z --cached --others --exclude-standard | xargs -0 cat",
    };
    let output = output(command("bash", folder, work_tree).args(["-c", script]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // git names an object that is not there, and goes on.
    let is_whole = output.status.success() && !text.contains(" missing\n");
    is_whole.then(|| text.contains(&secret(name)))
}

/// A command that sees nothing above `folder`, which is its home, too.
fn command(program: &str, folder: &Path, work_tree: &str) -> Command {
    let mut command = sealed(program, &folder.join(work_tree), folder);
    command.env("GIT_CEILING_DIRECTORIES", folder);
    command
}

/// The secret of a planted file: a false AWS key id, another one for each name.
fn secret(name: &str) -> String {
    key(usize::from(name.as_bytes()[0] % 7) + name.len())
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn list_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_files(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// Writes a file anew, because git makes objects read-only.
fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Numbers that a seed fixes (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) % end as u64) as usize
    }
}
