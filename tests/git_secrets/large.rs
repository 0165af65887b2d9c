//! Many files, many patterns, and names of any bytes.

use std::fmt::Write as _;
use std::fs;

use crate::expected::{ours, peer};
use crate::ran::Ran;
use crate::repo::{Repo, words};

/// A part of names that are long, as in many a project.
const LONG: &str = "a-name-as-long-as-those-of-generated-files-in-many-a-project";

const COMMIT: [&str; 4] = ["commit", "-q", "-m", "x"];

/// Stages that many files with the same content, without writing them.
fn stage_many(repo: &Repo, files: usize, last: &str) {
    repo.write("../clean", "clean\n");
    repo.write("../last", last);
    let id = |file: &str| repo.git(["hash-object", "-w", file]).status(0).stdout();
    let (clean, last) = (id("../clean"), id("../last"));
    let mut index = String::new();
    for file in 0..files {
        let blob = if file + 1 == files { &last } else { &clean };
        let folder = file / 1000;
        let name = format!("folder-{folder:04}/{LONG}-{file:06}");
        writeln!(index, "100644 {} 0\t{name}", blob.trim()).unwrap();
    }
    let list = repo.folder().join("list");
    fs::write(&list, index).unwrap();
    let mut command = repo.command("git");
    command.args(["update-index", "--index-info"]).stdin(fs::File::open(&list).unwrap());
    Ran::of(&mut command).passes();
}

#[test]
fn fifty_thousand_files_can_be_committed() {
    // git-secrets hands every name to `git grep`.
    let repo = Repo::guarded();
    stage_many(&repo, 50_000, "clean\n");
    repo.git(COMMIT).status(ours(0).theirs(1)).says(ours("").theirs("Argument list too long"));
}

#[test]
fn a_secret_in_the_last_of_fifty_thousand_files_is_found() {
    let repo = Repo::guarded();
    stage_many(&repo, 50_000, "hush1\n");
    let found = format!("folder-0049/{LONG}-049999:1:hush1");
    let ran = repo.git(COMMIT).status(1);
    ran.says(ours(&*found).theirs("Argument list too long"));
    repo.secrets(["--scan", "--cached"]).finds(&found);
}

#[test]
fn ten_thousand_patterns_can_be_provided() {
    let repo = Repo::lax();
    let mut patterns = String::new();
    for number in 0..10_000 {
        writeln!(patterns, "hush{number:05}[a-z]").unwrap();
    }
    repo.write("../patterns", patterns);
    let file = repo.folder().join("patterns");
    repo.config("secrets.providers", &format!("cat {}", file.display()));
    repo.write("f", "hush1\nhush09999x\nhush04711y hush00000\nhush10000x\n");
    repo.git(["add", "f"]).passes();
    for way in [&["--scan", "f"][..], &["--scan", "--cached"]] {
        let ran = repo.secrets(way);
        if peer().is_some() {
            // Joined, they are more than one argument can hold.
            ran.fails().says("Argument list too long");
        } else {
            ran.finds("f:2:hush09999x\nf:3:hush04711y hush00000");
        }
    }
}

#[test]
fn a_long_history_is_scanned() {
    let repo = Repo::new();
    let mut stream = String::new();
    for number in 0..3000 {
        let text = if number == 1500 { "hush1\n".to_owned() } else { format!("{number}\n") };
        writeln!(
            stream,
            "commit refs/heads/main\ncommitter C <c@example.com> {} +0000\ndata 1\nx\n\
             M 100644 inline f\ndata {}\n{text}",
            1_700_000_000 + number,
            text.len(),
        )
        .unwrap();
    }
    repo.write("../stream", stream);
    let mut command = repo.command("git");
    command.args(["fast-import", "--quiet", "--force"]);
    command.stdin(fs::File::open(repo.folder().join("stream")).unwrap());
    Ran::of(&mut command).passes();
    let sha = repo.id("main~1499");
    repo.secrets(["--scan-history"]).finds(&format!("{sha}:f:1:hush1"));
}

#[test]
fn every_byte_can_be_in_a_name() {
    // B1 again, byte by byte: git quotes control characters and all bytes beyond ASCII.
    let repo = Repo::guarded();
    let bytes = || (1..=255_u8).filter(|byte| *byte != b'/');
    for byte in bytes() {
        let name = [b"n-", &[byte][..], format!("-{byte:03}").as_bytes()].concat();
        repo.stage(words(&[&name]).remove(0), format!("hush{byte}\n"));
    }
    let ran = repo.git(COMMIT).fails();
    for byte in bytes() {
        let is_quoted = !(0x20..0x7f).contains(&byte) || matches!(byte, b'"' | b'\\');
        let is_found = ran.stderr().contains(&format!(":1:hush{byte}\n"));
        assert_eq!(is_found, ours(true).theirs(!is_quoted).now(), "{byte:#04x}");
    }
}

#[test]
fn a_deep_folder_is_scanned() {
    let repo = Repo::guarded();
    let folder = "folder/".repeat(100);
    let path = format!("{folder}f");
    repo.stage(&path, "hush1\n");
    let found = format!("{path}:1:hush1");
    repo.secrets(["--scan", "-r", "folder"]).finds(&found);
    repo.secrets(["--scan"]).finds(&found);
    repo.git(COMMIT).finds(&found);
}

#[test]
fn a_large_file_is_scanned_to_its_end() {
    let repo = Repo::guarded();
    let text = format!("{}hush1\n", "a line of text that is clean\n".repeat(200_000));
    repo.stage("f", text);
    repo.secrets(["--scan", "f"]).finds("f:200001:hush1");
    repo.git(COMMIT).finds("f:200001:hush1");
}
