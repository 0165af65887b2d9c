//! What findings look like, and that no setting changes it.

use std::fs;

use crate::expected::{ours, peer};
use crate::ran::Ran;
use crate::repo::{HUSH, Repo};

#[test]
fn a_finding_is_the_whole_line_with_its_place() {
    let repo = Repo::new();
    repo.write("f", "one\n\n  say hush1, please\t\ntwo\nhush2");
    repo.secrets(["--scan", "f"]).finds("f:3:  say hush1, please\t\nf:5:hush2");
}

#[test]
fn a_line_is_told_once_whatever_hits_it() {
    let repo = Repo::new();
    repo.config("secrets.patterns", "please");
    repo.commit("f", "hush1 hush2 please\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1 hush2 please");
    repo.secrets(["--scan"]).finds("f:1:hush1 hush2 please");
}

#[test]
fn a_carriage_return_is_part_of_the_line() {
    let repo = Repo::new();
    repo.commit("f", "one\r\nhush1\r\n");
    repo.secrets(["--scan", "f"]).finds("f:2:hush1\r");
    repo.secrets(["--scan"]).finds("f:2:hush1\r");
}

#[test]
fn bytes_that_are_not_utf_8_are_told_as_they_are() {
    let repo = Repo::new();
    repo.commit("f", b"caf\xe9 hush1\n");
    for way in [&["--scan", "f"][..], &["--scan"]] {
        repo.secrets(way).status(1).err_starts("f:1:caf\u{fffd} hush1\n");
    }
}

#[test]
fn files_are_told_in_the_order_given() {
    let repo = Repo::new();
    for path in ["b", "a", "c"] {
        repo.write(path, "hush1\n");
    }
    repo.secrets(["--scan", "b", "c", "a"]).finds("b:1:hush1\nc:1:hush1\na:1:hush1");
}

#[test]
fn a_file_that_is_named_twice_is_told_once() {
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    let found = ours("f:1:hush1").theirs("f:1:hush1\nf:1:hush1");
    repo.secrets(["--scan", "f", "f"]).finds(found);
}

#[test]
fn tracked_files_are_told_in_the_order_of_the_index() {
    let repo = Repo::new();
    for path in ["b", "a.b", "a/b", "a", "B"] {
        if path != "a" {
            repo.commit(path, "hush1\n");
        }
    }
    let found = "B:1:hush1\na.b:1:hush1\na/b:1:hush1\nb:1:hush1";
    repo.secrets(["--scan"]).finds(found);
    repo.secrets(["--scan", "--cached"]).finds(found);
}

#[test]
fn a_path_is_told_as_it_was_typed() {
    let repo = Repo::new();
    repo.write("d/e/f", "hush1\n");
    repo.secrets(["--scan", "./d//e/f"]).finds("./d//e/f:1:hush1");
    repo.secrets_in("d", ["--scan", "../d/e/f"]).finds("../d/e/f:1:hush1");
    let whole = repo.root.join("d/e/f");
    let whole = whole.to_str().unwrap();
    repo.secrets(["--scan", whole]).finds(&format!("{whole}:1:hush1"));
    repo.secrets(["--scan", "-r", "./d"]).finds("./d/e/f:1:hush1");
    repo.secrets(["--scan", "-r", "d/"]).finds("d/e/f:1:hush1");
    repo.secrets_in("d", ["--scan", "-r", "."]).finds("./e/f:1:hush1");
    repo.secrets_in("d", ["--scan", "-r", ".."]).stopped_by("../d/e/f:1:hush1\n");
}

#[test]
fn a_scan_in_a_subdirectory_is_of_that_subdirectory() {
    let repo = Repo::new();
    repo.commit("d/f", "hush1\n");
    repo.commit("f", "hush2\n");
    for way in [&["--scan"][..], &["--scan", "-r"], &["--scan", "--cached"]] {
        repo.secrets_in("d", way).finds("f:1:hush1");
        repo.secrets(way).finds("d/f:1:hush1\nf:1:hush2");
    }
}

#[test]
fn the_full_name_of_a_path_can_be_asked_for() {
    let repo = Repo::new();
    repo.commit("d/f", "hush1\n");
    repo.config("grep.fullName", "true");
    repo.secrets_in("d", ["--scan"]).finds("d/f:1:hush1");
}

#[test]
fn a_commit_message_is_told_by_the_path_git_gives() {
    let repo = Repo::guarded();
    let commit = ["commit", "-q", "--allow-empty", "-m", "hush1"];
    repo.git(commit).finds(".git/COMMIT_EDITMSG:1:hush1");
    repo.write("d/f", "");
    repo.git_in("d", commit).finds(".git/COMMIT_EDITMSG:1:hush1");
    repo.git(["worktree", "add", "-q", "../tree"]).passes();
    let inside = repo.root.join(".git/worktrees/tree/COMMIT_EDITMSG");
    repo.git_in("../tree", commit).finds(&format!("{}:1:hush1", inside.display()));
}

#[test]
fn no_setting_of_git_changes_a_finding() {
    let repo = Repo::new();
    repo.commit("f", "one\nhush1\n");
    for (name, value, theirs) in [
        ("color.ui", "always", "\u{1b}["),
        ("color.grep", "always", "\u{1b}["),
        ("grep.column", "true", "f:2:1:hush1"),
        ("grep.lineNumber", "false", "f:2:hush1"),
        ("grep.patternType", "fixed", "f:2:hush1"),
        ("grep.extendedRegexp", "false", "f:2:hush1"),
        ("core.pager", "false", "f:2:hush1"),
    ] {
        let setting = format!("{name}={value}");
        for way in [&["--scan"][..], &["--scan", "--cached"], &["--scan-history"]] {
            let words = ["-c", &setting, "secrets"].into_iter().chain(way.iter().copied());
            repo.git(words).status(1).says(ours("f:2:hush1\n").theirs(theirs));
        }
    }
}

#[test]
fn a_path_is_told_byte_by_byte() {
    let repo = Repo::new();
    repo.commit("café \"x\"", "hush1\n");
    let (plain, quoted) = ("café \"x\":1:hush1", "\"caf\\303\\251 \\\"x\\\"\":1:hush1");
    repo.secrets(["--scan", "café \"x\""]).finds(plain);
    for way in [&["--scan"][..], &["--scan", "--cached"]] {
        repo.secrets(way).finds(ours(plain).theirs(quoted));
    }
    let words = ["-c", "core.quotePath=false", "secrets", "--scan"];
    repo.git(words).status(1).says(ours(plain).theirs("hush1"));
}

#[test]
fn no_option_of_grep_in_the_environment_changes_a_finding() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    for (name, value) in [
        ("GREP_OPTIONS", "-v --color=always"),
        ("GREP_COLOR", "1;32"),
        ("LC_ALL", "C.UTF-8"),
        ("CI", "true"),
        ("NO_COLOR", "1"),
        ("CLICOLOR_FORCE", "1"),
    ] {
        for way in [&["secrets", "--scan", "f"][..], &["secrets", "--scan"]] {
            Ran::of(repo.command("git").env(name, value).args(way)).finds("f:1:hush1");
        }
    }
}

#[test]
fn findings_come_before_whatever_else_is_said() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.config("secrets.allowed", "");
    repo.secrets(["--scan", "f"]).status(1).err_starts("f:1:hush1\n\n[ERROR] Matched");
    repo.secrets(["--scan"]).status(1).err_starts("f:1:hush1\n\n[ERROR] Matched");
}

#[test]
fn a_long_line_is_found_to_its_end() {
    let repo = Repo::new();
    let line = format!("{} hush1", "x ".repeat(600_000));
    repo.commit("f", format!("{line}\n"));
    for way in [&["--scan", "f"][..], &["--scan"]] {
        let ran = repo.secrets(way).status(1).err_starts("f:1:");
        // Nobody reads a line of a million characters.
        assert_eq!(ran.stderr().len() < 10_000, peer().is_none());
    }
}

#[test]
fn no_file_is_left_behind() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.secrets(["--scan"]).finds("f:1:hush1");
    repo.secrets(["--scan-history"]).stopped_by("f:1:hush1");
    let names = fs::read_dir(&repo.root).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, [".git", "f"]);
    assert_eq!(fs::read_dir(repo.home()).unwrap().count(), 0);
    assert_eq!(repo.values("secrets.patterns"), [HUSH]);
}

#[test]
fn a_line_of_many_secrets_is_told_once() {
    let repo = Repo::new();
    let line: Vec<String> = (0..5000).map(|number| format!("hush{number}")).collect();
    repo.write("f", format!("{}\n", line.join(" ")));
    let ran = repo.secrets(["--scan", "f"]).status(1).err_starts("f:1:hush0 hush1 ");
    assert_eq!(ran.stderr().matches("f:1:").count(), 1);
}
