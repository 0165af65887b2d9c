//! Which bytes each way of scanning reads.

use std::fs;
use std::os::unix::fs::symlink;

use crate::expected::ours;
use crate::ran::Ran;
use crate::repo::{HUSH, Repo};

/// A file in each state that git tells apart; each holds a secret of its own.
fn states() -> Repo {
    let repo = Repo::new();
    repo.commit(".gitignore", "ignored\n");
    repo.commit("changed", "hush1 index\n");
    repo.write("changed", "hush1 tree\n");
    repo.commit("deleted", "hush2 index\n");
    fs::remove_file(repo.root.join("deleted")).unwrap();
    repo.write("ignored", "hush3\n");
    repo.commit("same", "hush4\n");
    repo.stage("staged", "hush5\n");
    repo.write("untracked", "hush6\n");
    repo
}

#[test]
fn the_tree_is_what_is_tracked_as_it_is_in_the_work_tree() {
    let repo = states();
    let found = "changed:1:hush1 tree\nsame:1:hush4\nstaged:1:hush5";
    repo.secrets(["--scan"]).finds(found);
    repo.secrets(["--scan", "-r"]).finds(found);
}

#[test]
fn cached_is_the_index() {
    let found = "changed:1:hush1 index\ndeleted:1:hush2 index\nsame:1:hush4\nstaged:1:hush5";
    states().secrets(["--scan", "--cached"]).finds(found);
}

#[test]
fn untracked_is_the_tree_and_what_is_not_ignored() {
    let found = ["changed:1:hush1 tree", "same:1:hush4", "staged:1:hush5", "untracked:1:hush6"];
    states().secrets(["--scan", "--untracked"]).finds_all(&found);
}

#[test]
fn no_index_is_every_file_of_the_directory() {
    let repo = states();
    repo.write("d/ignored", "hush7\n");
    let found = [
        "changed:1:hush1 tree",
        "d/ignored:1:hush7",
        "ignored:1:hush3",
        "same:1:hush4",
        "staged:1:hush5",
        "untracked:1:hush6",
    ];
    repo.secrets(["--scan", "--no-index"]).finds_all(&found);
    repo.secrets_in("d", ["--scan", "--no-index"]).finds("ignored:1:hush7");
}

#[test]
fn files_are_read_from_disk_whatever_git_knows_of_them() {
    let repo = states();
    repo.secrets(["--scan", "ignored", "changed", "untracked"])
        .finds("ignored:1:hush3\nchanged:1:hush1 tree\nuntracked:1:hush6");
}

#[test]
fn recursion_is_into_everything_but_git_s_own_folder() {
    let repo = states();
    fs::create_dir(repo.root.join("d")).unwrap();
    fs::rename(repo.root.join("ignored"), repo.root.join("d/ignored")).unwrap();
    repo.secrets(["--scan", "-r", "d"]).finds("d/ignored:1:hush3");
    repo.write(".git/description", "hush8\n");
    let found = [
        "./changed:1:hush1 tree",
        "./d/ignored:1:hush3",
        "./same:1:hush4",
        "./staged:1:hush5",
        "./untracked:1:hush6",
    ];
    let ran = repo.secrets(["--scan", "-r", "."]);
    if crate::expected::peer().is_some() {
        ran.status(1).says("./.git/description:1:hush8");
    } else {
        ran.finds_all(&found);
    }
    // What is named is read.
    repo.secrets(["--scan", ".git/description"]).finds(".git/description:1:hush8");
}

#[test]
fn a_pattern_in_the_configuration_is_no_finding_of_a_recursive_scan() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "a-literal-pattern");
    let found = "./.git/config:7:\tpatterns = a-literal-pattern";
    repo.secrets(["--scan", "-r", "."]).finds(ours("").theirs(found));
}

#[test]
fn standard_input_is_a_file() {
    let repo = Repo::new();
    repo.scan_input("one\nhush1\ntwo\nhush2").finds(
        "(standard input):2:hush1\n\
         (standard input):4:hush2",
    );
    repo.write("f", "hush3\n");
    repo.write("g", "hush4\n");
    let input = fs::File::open(repo.root.join("f")).unwrap();
    let mut command = repo.command("git");
    let command = command.args(["secrets", "--scan", "g", "-", "f"]).stdin(input);
    Ran::of(command).finds("g:1:hush4\n(standard input):1:hush3\nf:1:hush3");
}

#[test]
fn operands_of_a_scan_by_git_choose_among_its_files() {
    let repo = Repo::new();
    for path in ["a.rs", "b.txt", "d/c.rs", "d/e.txt"] {
        repo.commit(path, "hush1\n");
    }
    for flag in ["--cached", "--untracked", "--no-index"] {
        repo.secrets(["--scan", flag, "b.txt"]).finds("b.txt:1:hush1");
        repo.secrets(["--scan", flag, "d"]).finds("d/c.rs:1:hush1\nd/e.txt:1:hush1");
        repo.secrets(["--scan", flag, "b.txt", "d"])
            .finds("b.txt:1:hush1\nd/c.rs:1:hush1\nd/e.txt:1:hush1");
        repo.secrets_in("d", ["--scan", flag, "c.rs"]).finds("c.rs:1:hush1");
    }
    repo.secrets_in("d", ["--scan", "--cached", ".."])
        .finds("../a.rs:1:hush1\n../b.txt:1:hush1\nc.rs:1:hush1\ne.txt:1:hush1");
}

#[test]
fn operands_of_a_scan_by_git_may_be_patterns_of_paths() {
    let repo = Repo::new();
    for path in ["a.rs", "b.txt", "d/c.rs"] {
        repo.commit(path, "hush1\n");
    }
    for flag in ["--cached", "--untracked", "--no-index"] {
        repo.secrets(["--scan", flag, "*.rs"]).finds("a.rs:1:hush1\nd/c.rs:1:hush1");
    }
}

#[test]
fn several_ways_are_joined() {
    // B12: git-secrets takes the second for a path, and scans nothing.
    let both = "changed:1:hush1 index\nchanged:1:hush1 tree";
    let repo = Repo::new();
    repo.commit("changed", "hush1 index\n");
    repo.write("changed", "hush1 tree\n");
    repo.write("untracked", "hush2\n");
    for flags in [&["--cached", "--untracked"][..], &["--untracked", "--cached"]] {
        let words = ["--scan"].iter().chain(flags);
        let ran = repo.secrets(words);
        if crate::expected::peer().is_some() {
            ran.passes();
        } else {
            let ran = ran.status(1).says("untracked:1:hush2\n");
            both.lines().fold(ran, crate::ran::Ran::says);
        }
    }
    let ran = repo.secrets(["--scan", "--cached", "--no-index"]).status(ours(1).theirs(0));
    ran.says(ours("changed:1:hush1 index\n").theirs(""));
    let ran = repo.secrets(["--scan", "--untracked", "--no-index"]).status(ours(1).theirs(0));
    ran.says(ours("untracked:1:hush2\n").theirs(""));
}

#[test]
fn bytes_of_any_encoding_are_text() {
    let repo = Repo::new();
    for (name, bytes) in [
        ("latin-1", &b"caf\xe9 hush1 \xff\xfe\n"[..]),
        ("utf-8", "café hush1 ☃\n".as_bytes()),
        ("marked", b"\xef\xbb\xbfhush1\n"),
        ("controls", b"\x01\x02\x7f hush1 \x1b[31m\n"),
    ] {
        repo.commit(name, bytes);
        repo.secrets(["--scan", name]).stopped_by("hush1");
        repo.secrets(["--scan", "--cached", name]).stopped_by("hush1");
    }
}

#[test]
fn binary_files_are_scanned() {
    // B4: git-secrets leaves them out, and each kind of scan has its own idea of them.
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let mark = std::iter::once(0xfeff);
        let units = mark.chain(text.encode_utf16());
        units
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect()
    };
    let far = [&b"x\n".repeat(8000)[..], b"\0\nhush1\n"].concat();
    for (name, bytes, by_grep, by_git) in [
        ("nul before", b"\0\0\nhush1\n".to_vec(), "", ""),
        ("nul behind", b"hush1\n\0".to_vec(), "", ""),
        ("nul in the line", b"a\0 hush1\n".to_vec(), "", ""),
        ("far nul", far, "", "hush1"),
        ("utf-16le", wide("hush1\n", true), "", ""),
        ("utf-16be", wide("hush1\n", false), "", ""),
    ] {
        let repo = Repo::guarded();
        repo.stage(name, bytes);
        repo.secrets(["--scan", name]).stopped_by(ours(name).theirs(by_grep));
        repo.secrets(["--scan"]).stopped_by(ours(name).theirs(by_git));
        repo.secrets(["--scan", "--cached"]).stopped_by(ours(name).theirs(by_git));
        repo.git(["commit", "-qm", name]).stopped_by(ours(name).theirs(by_git));
    }
}

#[test]
fn attributes_switch_nothing_off() {
    // B4.
    for attribute in ["-diff", "binary", "-text diff=none", "filter=none", "-text"] {
        let repo = Repo::guarded();
        repo.commit(".gitattributes", format!("f {attribute}\n"));
        repo.stage("f", "hush1\n");
        let binary = matches!(attribute, "-diff" | "binary");
        let theirs = if binary { "" } else { "f:1:hush1" };
        repo.secrets(["--scan"]).finds(ours("f:1:hush1").theirs(theirs));
        repo.secrets(["--scan", "f"]).finds("f:1:hush1");
        repo.git(["commit", "-qm", "x"]).finds(ours("f:1:hush1").theirs(theirs));
    }
}

#[test]
fn a_link_is_read_as_git_stores_it() {
    // B17.
    let repo = Repo::guarded();
    symlink("hush1", repo.root.join("link")).unwrap();
    repo.git(["add", "link"]).passes();
    repo.secrets(["--scan", "--cached"]).stopped_by(ours("link:1:hush1").theirs(""));
    repo.secrets(["--scan"]).stopped_by(ours("link:1:hush1").theirs(""));
    repo.git(["commit", "-qm", "x"]).stopped_by(ours("link:1:hush1").theirs(""));
}

#[test]
fn a_link_that_is_named_is_followed() {
    let repo = Repo::new();
    repo.write("target", "hush1\n");
    symlink("target", repo.root.join("link")).unwrap();
    repo.secrets(["--scan", "link"]).finds("link:1:hush1");
}

#[test]
fn recursion_follows_no_link_below() {
    let repo = Repo::new();
    repo.write("d/f", "clean\n");
    repo.write("e/f", "hush1\n");
    symlink("../e", repo.root.join("d/link")).unwrap();
    repo.secrets(["--scan", "-r", "d"]).passes();
    symlink("e", repo.root.join("link")).unwrap();
    repo.secrets(["--scan", "-r", "link"]).finds("link/f:1:hush1");
}

#[test]
fn a_conflicted_file_is_scanned_as_it_lies_there() {
    let repo = Repo::new();
    repo.commit("f", "one\n");
    repo.git(["branch", "other"]).passes();
    repo.commit("f", "two\n");
    repo.git(["checkout", "-q", "other"]).passes();
    repo.commit("f", "hush1\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.git(["merge", "-q", "other"]).status(1);
    repo.secrets(["--scan"]).finds("f:4:hush1");
}

#[test]
fn outside_a_repository_no_index_reads_the_directory() {
    let folder = Repo::outside("plain");
    folder.git(["config", "--global", "secrets.patterns", HUSH]).passes();
    folder.write("d/f", "hush1\n");
    folder.secrets(["--scan", "--no-index"]).status(1).says("d/f:1:hush1\n");
    folder.secrets(["--scan", "-r", "d"]).status(1).says("d/f:1:hush1\n");
    folder.secrets(["--scan", "d"]).status(0).out("");
}
