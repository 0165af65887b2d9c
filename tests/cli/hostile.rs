//! Damage and malice: everything that cannot be read is named, and nothing is executed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::repo::{TestRepo, key, made};

/// The file of a loose object.
fn loose(repo: &TestRepo, revision: &str) -> std::path::PathBuf {
    let id = repo.git(&["rev-parse", revision]).exits(0).out.trim().to_owned();
    repo.root.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Makes a read-only object file something else.
fn damage(path: &std::path::Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_or_missing_object_is_named_and_the_rest_is_scanned() {
    for damaged in [Some(&b"garbage"[..]), Some(b""), None] {
        let repo = TestRepo::new();
        repo.stage("bad.txt", "bad\n");
        repo.stage("good.txt", key(0));
        let path = loose(&repo, ":bad.txt");
        match damaged {
            Some(bytes) => damage(&path, bytes),
            None => fs::remove_file(&path).unwrap(),
        }
        let id = format!(
            "{}{}",
            path.parent().unwrap().file_name().unwrap().to_str().unwrap(),
            path.file_name().unwrap().to_str().unwrap()
        );
        repo.tightlip(&["staged"]).exits(2).says("good.txt:1:1").says("bad.txt").says(&id);
        repo.tightlip(&["hook", "pre-commit"]).exits(2).says(&id);
    }
}

#[test]
fn a_damaged_index_head_or_tree_is_an_error() {
    let repo = TestRepo::new();
    repo.commit("sub/a.txt", "one\n");
    repo.stage("b.txt", key(0));
    let index = fs::read(repo.root.join(".git/index")).unwrap();
    for bytes in
        [&b"garbage"[..], &index[..index.len() / 2], &[&index[..20], &index[24..]].concat()]
    {
        fs::write(repo.root.join(".git/index"), bytes).unwrap();
        repo.tightlip(&["staged"]).exits(2).says("index");
    }
    fs::write(repo.root.join(".git/index"), &index).unwrap();
    repo.tightlip(&["staged"]).exits(1);
    let head = fs::read(repo.root.join(".git/HEAD")).unwrap();
    for bytes in [&b"garbage"[..], b""] {
        fs::write(repo.root.join(".git/HEAD"), bytes).unwrap();
        repo.tightlip(&["staged"]).exits(2);
    }
    fs::write(repo.root.join(".git/HEAD"), head).unwrap();
    fs::remove_file(loose(&repo, "HEAD^{tree}")).unwrap();
    repo.tightlip(&["staged"]).exits(2);
}

#[test]
fn a_broken_ref_hides_nothing_from_a_server() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.git(&["checkout", "-q", "--detach"]).exits(0);
    repo.commit("secret.txt", key(0));
    let (head, zero) = (repo.head(), "0".repeat(40));
    repo.write(".git/refs/heads/bad", "garbage\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    let line = format!("{zero} {head} refs/heads/new\n");
    let said = repo.tightlip_with_input(&["hook", "pre-receive"], line.as_bytes());
    assert_ne!(said.code, 0);
    said.says("secret.txt:1:1");
}

#[test]
fn nothing_that_a_repository_names_is_executed() {
    for format in ["sha1", "sha256"] {
        let repo = TestRepo::made_by(&["init", "-q", "-b", "main", "--object-format", format]);
        let marker = repo.folder().join("executed");
        let evil = repo.folder().join("evil.sh");
        fs::write(&evil, format!("#!/bin/sh\ntouch '{}'\n", marker.display())).unwrap();
        fs::set_permissions(&evil, fs::Permissions::from_mode(0o755)).unwrap();
        let evil = evil.to_str().unwrap();
        repo.stage("a.txt", key(0));
        repo.stage(".gitattributes", "* diff=evil filter=evil\n");
        for key in [
            "core.fsmonitor",
            "core.pager",
            "core.sshCommand",
            "diff.external",
            "diff.evil.textconv",
            "diff.evil.command",
            "filter.evil.smudge",
            "core.editor",
        ] {
            repo.git(&["config", key, evil]).exits(0);
        }
        repo.git(&["config", "core.hooksPath", repo.folder().to_str().unwrap()]).exits(0);
        repo.tightlip(&["staged"]).exits(1);
        repo.tightlip(&["staged", "a.txt"]).exits(1);
        repo.tightlip(&["scan"]).exits(1);
        let (head, zero) = (repo.head(), "0".repeat(repo.head().len()));
        let line = format!("x {head} refs/heads/x {zero}\n");
        let _ = repo.tightlip_with_input(&["hook", "pre-push", "o", "u"], line.as_bytes());
        assert!(!marker.exists(), "{format}");
    }
}

#[test]
fn nothing_is_written_into_the_repository() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    repo.write("untracked.txt", "x\n");
    let state = || {
        let mut find = repo.command("find");
        find.args([".", "-printf", "%p %s %T@ %A@\\n", "-path", "./.git/*"]);
        let mut lines: Vec<String> =
            repo.run(find).out.lines().map(|l| l.rsplit_once(' ').unwrap().0.to_owned()).collect();
        lines.sort();
        lines
    };
    let before = state();
    let _ =
        (repo.tightlip(&["staged"]), repo.tightlip(&["scan"]), repo.tightlip(&["rules", "check"]));
    assert_eq!(state(), before);
}

#[test]
fn control_characters_of_names_and_lines_never_reach_the_terminal() {
    let repo = TestRepo::new();
    repo.stage("\x1b[2Jname\u{202e}.txt", format!("\x1b]0;title\x07 {}\n", key(0)));
    let said = repo.tightlip(&["staged"]).exits(1);
    assert!(
        !said.out.contains('\x1b') && !said.out.contains('\u{202e}') && !said.out.contains('\x07')
    );
    let said = repo.tightlip(&["staged", "--format", "json"]).exits(1);
    assert!(!said.out.contains('\x1b'));
}

#[test]
fn an_object_above_the_limit_is_named() {
    let repo = TestRepo::new();
    repo.stage("large.bin", "x".repeat(5000));
    repo.stage("a.txt", key(0));
    let said = repo.tightlip(&["staged", "--max-object-bytes", "1000"]).exits(2);
    said.says("large.bin").says("5000 bytes").says("a.txt:1:1");
    repo.write(".tightlip.toml", "[[allow]]\nreason = 'a picture'\npaths = ['*.bin']\n");
    repo.tightlip(&["staged", "--max-object-bytes", "1000"]).exits(1).says("a picture");
}

#[test]
fn a_very_long_line_is_bounded_in_the_report() {
    let repo = TestRepo::new();
    let line = format!("{} {} {}", "x".repeat(5_000_000), key(0), "y".repeat(5_000_000));
    repo.stage("long.txt", line);
    let said = repo.tightlip(&["staged"]).exits(1).says("long.txt:1:5000002").says("...");
    assert!(said.out.len() < 2000);
}

#[test]
fn more_matches_than_can_be_listed_are_incomplete_not_silent() {
    let repo = TestRepo::new();
    let all: String =
        (0..10_050).map(|n| made(&format!("AKIA{{base32:16}}{}\n", "{}".repeat(n % 40)))).collect();
    repo.stage("all.txt", all);
    repo.tightlip(&["staged", "--format", "jsonl"]).exits(2).says("more than 10000 matches");
}

#[test]
fn a_pathological_pattern_ends() {
    let repo = TestRepo::new();
    repo.write(
        ".tightlip.toml",
        "[[rule]]\nid = 'slow'\npattern = '(a+)+$x'\nmax_bytes = 100000\n",
    );
    repo.stage("a.txt", "a".repeat(200_000));
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn a_tree_with_odd_modes_hides_nothing_from_a_push() {
    use std::io::Write as _;
    let repo = TestRepo::new();
    repo.write("secret", key(0));
    let blob = repo.git(&["hash-object", "-w", "secret"]).out;
    let raw_id = |hex: &str| -> Vec<u8> {
        let hex = hex.trim();
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    };
    let tree = |entry: &str, id: &str| {
        let file = repo.folder().join("tree");
        let mut out = fs::File::create(&file).unwrap();
        out.write_all(entry.as_bytes()).unwrap();
        out.write_all(&[&b"\0"[..], &raw_id(id)].concat()).unwrap();
        repo.git(&["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()])
            .exits(0)
            .out
    };
    for (mode, of_file) in [("40755", "100664"), ("40000", "100777"), ("040000", "120644")] {
        let inner = tree(&format!("{of_file} s"), &blob);
        let outer = tree(&format!("{mode} dir"), &inner);
        let commit = repo.git(&["commit-tree", "-m", "odd", outer.trim()]).exits(0).out;
        let line = format!("x {} refs/heads/x {}\n", commit.trim(), "0".repeat(40));
        let said = repo.tightlip_with_input(&["hook", "pre-push", "o", "u"], line.as_bytes());
        said.exits(1).says("dir/s:1:1");
    }
    // A file that is a tree in truth is not passed over.
    let inner = tree("100644 s", &blob);
    let outer = tree("100644 file", &inner);
    let commit = repo.git(&["commit-tree", "-m", "odd", outer.trim()]).out;
    let line = format!("x {} refs/heads/x {}\n", commit.trim(), "0".repeat(40));
    repo.tightlip_with_input(&["hook", "pre-push", "o", "u"], line.as_bytes())
        .exits(2)
        .says("file");
}

#[test]
fn a_changed_directory_of_a_sparse_index_is_read() {
    let repo = TestRepo::new();
    for path in ["in/a", "out/a", "out/deep/b"] {
        repo.write(path, "one\n");
    }
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("base");
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("out/deep/b", key(0));
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]).exits(0);
    repo.git(&["reset", "-q", "--hard", "side"]).exits(0);
    repo.git(&["reset", "-q", "--soft", "HEAD~1"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("out/deep/b:1:1");
}

#[test]
fn a_config_file_that_is_no_file_is_an_error() {
    let repo = TestRepo::new();
    std::os::unix::fs::symlink("/dev/zero", repo.root.join(".tightlip.toml")).unwrap();
    repo.tightlip(&["staged"]).exits(2).says("not a regular file");
}
