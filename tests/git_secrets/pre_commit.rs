//! The pre-commit hook: what is about to be committed, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use crate::expected::{ours, peer};
use crate::ran::Ran;
use crate::repo::{Repo, words};

const COMMIT: [&str; 3] = ["commit", "-qm", "x"];

/// A repository with an old secret in its tree, from before the hooks.
fn with_old_secret() -> Repo {
    let repo = Repo::guarded();
    repo.commit("old", "hush1\n");
    repo.commit("other", "clean\n");
    repo
}

#[test]
fn a_staged_secret_stops_the_commit() {
    let repo = Repo::guarded();
    repo.stage("d/f", "one\nhush1\n");
    repo.stage("a b", "hush2\n");
    repo.git(COMMIT).finds("a b:1:hush2\nd/f:2:hush1");
    repo.git_in("d", COMMIT).finds("a b:1:hush2\nd/f:2:hush1");
    assert_eq!(repo.git(["log", "--format=%s"]).stdout(), "first\n");
    repo.git(["commit", "-q", "--no-verify", "-m", "x"]).passes();
}

#[test]
fn a_clean_commit_passes_in_silence() {
    let repo = Repo::guarded();
    repo.stage("f", "clean\n");
    repo.write("g", "hush1\n");
    repo.git(COMMIT).passes();
}

#[test]
fn the_first_commit_is_scanned_too() {
    let repo = Repo::unborn("repo");
    repo.config("secrets.patterns", "hush[0-9]+");
    repo.guard();
    repo.stage("f", "hush1\n");
    repo.git(COMMIT).finds("f:1:hush1");
    repo.stage("f", "clean\n");
    repo.git(COMMIT).passes();
}

#[test]
fn what_is_staged_counts_and_not_the_work_tree() {
    let repo = Repo::guarded();
    repo.stage("f", "hush1\n");
    repo.write("f", "clean\n");
    repo.git(COMMIT).finds("f:1:hush1");
    repo.stage("f", "clean\n");
    repo.write("f", "hush1\n");
    repo.git(COMMIT).passes();
}

#[test]
fn a_file_that_changes_is_scanned_whole() {
    let repo = with_old_secret();
    repo.stage("old", "hush1\nanother line\n");
    repo.git(COMMIT).finds("old:1:hush1");
}

#[test]
fn a_file_that_does_not_change_is_not_scanned() {
    let repo = with_old_secret();
    repo.stage("f", "clean\n");
    repo.git(COMMIT).passes();
}

#[test]
fn a_commit_without_a_changed_file_is_clean() {
    // B10's sibling: an empty list makes git-secrets scan the whole index.
    for words in [
        &["commit", "-q", "--allow-empty", "-m", "x"][..],
        &["commit", "-q", "--amend", "-m", "x"],
        &["commit", "-q", "--amend", "--no-edit"],
    ] {
        with_old_secret().git(words).finds(ours("").theirs("old:1:hush1"));
    }
    let repo = with_old_secret();
    repo.git(["rm", "-q", "other"]).passes();
    repo.git(COMMIT).finds(ours("").theirs("old:1:hush1"));
}

#[test]
fn a_secret_that_goes_is_no_finding() {
    let repo = with_old_secret();
    repo.git(["rm", "-q", "old"]).passes();
    repo.git(COMMIT).passes();
    let repo = with_old_secret();
    repo.stage("old", "clean\n");
    repo.git(COMMIT).passes();
}

#[test]
fn what_an_amendment_adds_is_scanned() {
    let repo = with_old_secret();
    repo.stage("other", "hush2\n");
    repo.git(["commit", "-q", "--amend", "--no-edit"]).finds("other:1:hush2");
}

#[test]
fn a_renamed_file_is_scanned() {
    let repo = with_old_secret();
    repo.git(["mv", "old", "new"]).passes();
    repo.git(COMMIT).finds("new:1:hush1");
    for setting in ["diff.renames=copies", "status.renames=copies", "diff.renameLimit=1"] {
        repo.git(["-c", setting].into_iter().chain(COMMIT)).finds("new:1:hush1");
    }
}

#[test]
fn a_copied_file_is_scanned() {
    let repo = with_old_secret();
    repo.stage("new", "hush1\n");
    repo.git(COMMIT).finds("new:1:hush1");
}

#[test]
fn a_file_with_another_mode_is_scanned() {
    let repo = with_old_secret();
    repo.git(["update-index", "--chmod=+x", "old"]).passes();
    repo.git(COMMIT).finds("old:1:hush1");
}

#[test]
fn every_way_to_choose_files_is_understood() {
    let fresh = || {
        let repo = Repo::guarded();
        repo.commit("f", "clean\n");
        repo.commit("g", "clean\n");
        repo.write("f", "hush1\n");
        repo
    };
    let repo = fresh();
    repo.git(["commit", "-qam", "x"]).finds("f:1:hush1");
    repo.git(["commit", "-qm", "x", "f"]).finds("f:1:hush1");
    repo.git(["commit", "-qm", "x", "-o", "f"]).finds("f:1:hush1");
    repo.git(["commit", "-qm", "x", "-i", "f"]).finds("f:1:hush1");
    // The other file alone.
    let repo = fresh();
    repo.write("g", "changed\n");
    repo.git(["commit", "-qm", "x", "g"]).passes();
    let repo = fresh();
    repo.git(["add", "f"]).passes();
    repo.write("g", "changed\n");
    repo.git(["commit", "-qm", "x", "-o", "g"]).passes();
    repo.write("g", "changed again\n");
    repo.git(["commit", "-qm", "x", "-i", "g"]).finds("f:1:hush1");
}

#[test]
fn another_index_is_respected() {
    let repo = Repo::guarded();
    repo.stage("f", "clean\n");
    let index = repo.folder().join("index");
    fs::copy(repo.root.join(".git/index"), &index).unwrap();
    let with_index =
        |words: &[&str]| Ran::of(repo.command("git").env("GIT_INDEX_FILE", &index).args(words));
    repo.write("f", "hush1\n");
    with_index(&["add", "f"]).passes();
    with_index(&COMMIT).finds("f:1:hush1");
    repo.git(COMMIT).passes();
}

#[test]
fn a_link_that_becomes_a_file_is_scanned() {
    // B3.
    let repo = Repo::guarded();
    symlink("target", repo.root.join("f")).unwrap();
    repo.git(["add", "f"]).passes();
    repo.commit_staged("link");
    repo.commit("old", "clean\n");
    fs::remove_file(repo.root.join("f")).unwrap();
    repo.stage("f", "hush1\n");
    repo.stage("old", "clean again\n");
    repo.git(COMMIT).finds(ours("f:1:hush1").theirs(""));
}

#[test]
fn a_submodule_is_no_file() {
    let repo = Repo::guarded();
    let sha = repo.id("HEAD");
    let entry = format!("160000,{sha},sub");
    repo.git(["update-index", "--add", "--cacheinfo", &entry]).passes();
    repo.stage("f", "clean\n");
    repo.git(COMMIT).passes();
}

#[test]
fn the_hook_finds_everything_from_any_directory() {
    // B10.
    let repo = Repo::guarded();
    repo.stage("d/f", "hush1\n");
    repo.stage("f", "hush2\n");
    repo.secrets(["--pre_commit_hook"]).finds("d/f:1:hush1\nf:1:hush2");
    let ran = repo.secrets_in("d", ["--pre_commit_hook"]);
    if peer().is_some() {
        // `f` is taken for `d/f`, and `d/f` for nothing.
        ran.finds("f:1:hush1");
    } else {
        ran.status(1).says("hush1\n").says("hush2\n");
    }
    let repo = Repo::guarded();
    repo.write("d/g", "clean\n");
    repo.stage("f", "hush2\n");
    repo.secrets_in("d", ["--pre_commit_hook"]).stopped_by(ours("f:1:hush2").theirs(""));
}

#[test]
fn files_that_are_named_are_scanned_when_nothing_is_staged() {
    // As `pre-commit run --all-files` names them.
    let repo = with_old_secret();
    repo.write("new", "hush2\n");
    let ran = repo.secrets(["--pre_commit_hook", "--", "other", "new"]).status(1);
    ran.says(ours("new:1:hush2\n").theirs("old:1:hush1\n"));
    let ran = repo.secrets(["--pre_commit_hook", "--", "other"]);
    ran.finds(ours("").theirs("old:1:hush1"));
    repo.stage("f", "hush3\n");
    repo.secrets(["--pre_commit_hook", "--", "f", "other"]).finds("f:1:hush3");
}

#[test]
fn a_hook_without_a_pattern_protects_nothing_and_says_so() {
    let repo = Repo::lax();
    repo.guard();
    repo.stage("f", "hush1\n");
    let ran = repo.git(COMMIT).status(0).out("");
    if peer().is_some() {
        ran.err("");
    } else {
        ran.says("git-secrets: nothing is forbidden");
    }
}

#[test]
fn an_allowed_secret_can_be_committed() {
    let repo = Repo::guarded();
    repo.stage("f", "hush1\n");
    repo.write(".gitallowed", "^f:1:\n");
    repo.git(COMMIT).passes();
}

#[test]
fn a_setting_of_one_command_reaches_the_hook() {
    let repo = Repo::guarded();
    repo.stage("f", "hush1\nmum\n");
    repo.git(["-c", "secrets.patterns=mum"].into_iter().chain(COMMIT)).finds("f:1:hush1\nf:2:mum");
    repo.git(["-c", "secrets.allowed=hush1"].into_iter().chain(COMMIT)).passes();
}

#[test]
fn names_of_any_kind_are_scanned() {
    // B1 and B2: git quotes some, and takes others for patterns of paths.
    let quoted: &[&[u8]] = &[
        "café".as_bytes(),
        b"\xff\xfe",
        b"a\"b",
        b"a\tb",
        b"a\nb",
        b"a\\b",
        b"\x01",
        b"\x7f",
        "日本/語".as_bytes(),
    ];
    let magic: &[&[u8]] = &[b":x", b":(top)x", b":/x"];
    let plain: &[&[u8]] = &[
        b"a b", b" a", b"a ", b"-a", b"--", b"*", b"[1]", b"?", b"a'b", b"$(x)", b"~", b"!", b":!x",
    ];
    for (names, theirs) in [(quoted, ""), (magic, ""), (plain, "hush1\n")] {
        for name in names {
            let repo = Repo::guarded();
            repo.commit("first", "clean\n");
            let path = words(&[name]).remove(0);
            repo.stage(&path, "hush1\n");
            let message = name.escape_ascii().to_string();
            repo.git(["commit", "-qm", &message]).stopped_by(ours("hush1\n").theirs(theirs));
        }
    }
}

#[test]
fn a_secret_in_the_index_of_a_conflict_is_found_when_it_is_resolved() {
    let repo = Repo::guarded();
    repo.commit("f", "one\n");
    repo.git(["branch", "other"]).passes();
    repo.commit("f", "two\n");
    repo.git(["checkout", "-q", "other"]).passes();
    repo.commit("f", "hush1\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.git(["merge", "-q", "other"]).status(1);
    repo.stage("f", "three\nhush1\n");
    // Ours tells of the branch too, see `merges`.
    repo.git(COMMIT).status(1).err_starts("f:2:hush1\n");
}

#[test]
fn linked_work_trees_have_the_same_hooks() {
    let repo = Repo::guarded();
    repo.git(["worktree", "add", "-q", "../tree"]).passes();
    repo.write("../tree/f", "hush1\n");
    repo.git_in("../tree", ["add", "f"]).passes();
    repo.git_in("../tree", COMMIT).finds("f:1:hush1");
}
