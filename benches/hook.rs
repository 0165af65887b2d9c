//! How long the pre-commit hook takes beside `git diff --cached --quiet`, as whole processes:
//! `cargo bench --bench hook`.
//!
//! Both run in turn in the same repository with one small file staged; the ratio is that of their
//! medians. It says nothing about this machine, so it can be compared with other machines'. The start alone is
//! `tightlip --version` without what `true` takes.
//!
//! `TIGHTLIP_MORE_PATTERNS=FOLDER cargo bench --bench hook` builds further packs in, to see what more rules cost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 200;

fn main() {
    let folder = tempfile::tempdir().expect("there is a temporary directory");
    let repository = folder.path();
    for arguments in [
        &["init", "-q"][..],
        &["commit", "-q", "--allow-empty", "-m", "first"],
        &["config", "core.hooksPath", "/dev/null"],
    ] {
        assert!(git(repository, arguments).status().is_ok_and(|status| status.success()));
    }
    for file in 0..200 {
        let text = format!("file {file}\n").repeat(100);
        std::fs::write(repository.join(format!("{file}.txt")), text).expect("can be written");
    }
    assert!(git(repository, &["add", "."]).status().is_ok_and(|status| status.success()));
    assert!(git(repository, &["commit", "-qm", "files"]).status().is_ok_and(|s| s.success()));
    std::fs::write(repository.join("new.txt"), "one more line\n".repeat(20))
        .expect("can be written");
    assert!(git(repository, &["add", "."]).status().is_ok_and(|status| status.success()));

    let (mut ours, mut gits, mut starts, mut nothings) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(timed(&mut tightlip(repository, &["hook", "pre-commit"])));
        gits.push(timed(&mut git(repository, &["diff", "--cached", "--quiet"])));
        starts.push(timed(&mut tightlip(repository, &["--version"])));
        nothings.push(timed(Command::new("true").stdout(Stdio::null())));
    }
    let (ours, gits) = (median(ours), median(gits));
    let start = median(starts).saturating_sub(median(nothings));
    let ratio = ours.as_secs_f64() / gits.as_secs_f64();
    say(&format!("tightlip hook pre-commit    {ours:>10.2?}"));
    say(&format!("git diff --cached --quiet   {gits:>10.2?}"));
    say(&format!("ratio                       {ratio:>9.2}x   (budget 1.2x)"));
    say(&format!("start                       {start:>10.2?}   (budget 0.5 ms)"));
}

#[expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
fn say(line: &str) {
    println!("{line}");
}

fn git(repository: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=bench", "-c", "user.email=bench@localhost"])
        .args(arguments)
        .current_dir(repository)
        .stdout(Stdio::null());
    command
}

fn tightlip(repository: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tightlip"));
    command.args(arguments).current_dir(repository).stdout(Stdio::null());
    command
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    command.status().expect("the command can be run");
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
