//! The prepare-commit-msg hook: what a merge brings in, and commits that no other hook sees.

use std::process::Command;

use crate::expected::{ours, peer};
use crate::ran::Ran;
use crate::repo::Repo;

/// A guarded repository on `main`, and a branch `side` on which a secret has come and gone.
fn tainted() -> Repo {
    let repo = Repo::guarded();
    branch(&repo, "side", &[Some("hush1\n"), None]);
    repo
}

/// Makes a branch with a commit for each content of a file of its own, without hooks.
fn branch(repo: &Repo, name: &str, contents: &[Option<&str>]) {
    repo.git(["checkout", "-q", "-b", name, "main"]).passes();
    for content in contents {
        match content {
            Some(text) => repo.commit(name, text),
            None => repo.remove(name),
        }
    }
    repo.git(["checkout", "-q", "main"]).passes();
}

/// `main` and `side` have changed the same file, and on `side` a secret has come and gone.
fn conflicting() -> Repo {
    let repo = Repo::guarded();
    repo.commit("f", "one\n");
    repo.git(["checkout", "-q", "-b", "side"]).passes();
    repo.commit("g", "hush1\n");
    repo.remove("g");
    repo.commit("f", "two\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.commit("f", "three\n");
    repo
}

#[test]
fn a_merge_of_a_branch_with_a_secret_in_its_history_is_stopped() {
    for words in [
        &["merge", "-q", "--no-ff", "side"][..],
        &["merge", "-q", "--no-ff", "-m", "x", "side"],
        &["merge", "-q", "--no-ff", "--no-edit", "refs/heads/side"],
        &["merge", "-q", "--no-ff", "side~0"],
    ] {
        tainted().git(words).stopped_by("hush1\n");
    }
}

#[test]
fn a_merge_of_a_clean_branch_passes() {
    let repo = Repo::guarded();
    branch(&repo, "side", &[Some("clean\n"), Some("cleaner\n")]);
    repo.git(["merge", "-q", "--no-ff", "side"]).passes();
    assert_eq!(repo.id("HEAD^2"), repo.id("side"));
}

#[test]
fn what_is_merged_already_is_not_scanned_again() {
    let repo = tainted();
    repo.unhooked(["merge", "-q", "--no-ff", "side"]).passes();
    repo.git(["checkout", "-q", "side"]).passes();
    repo.commit("new", "clean\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.git(["merge", "-q", "--no-ff", "side"]).passes();
}

#[test]
fn a_merge_of_a_branch_that_only_removes_a_secret_passes() {
    let repo = Repo::guarded();
    repo.commit("f", "hush1\n");
    repo.git(["checkout", "-q", "-b", "side"]).passes();
    repo.remove("f");
    repo.git(["checkout", "-q", "main"]).passes();
    let ran = repo.git(["merge", "-q", "--no-ff", "side"]);
    ran.stopped_by(ours("").theirs(":-hush1\n"));
}

#[test]
fn a_merge_into_a_detached_head_is_stopped() {
    let repo = tainted();
    repo.git(["checkout", "-q", "--detach"]).passes();
    repo.git(["merge", "-q", "--no-ff", "side"]).stopped_by("hush1\n");
}

#[test]
fn a_merge_of_a_tag_is_stopped() {
    let repo = tainted();
    repo.git(["tag", "-a", "v1", "-m", "one", "side"]).passes();
    repo.git(["branch", "-q", "-D", "side"]).passes();
    repo.git(["merge", "-q", "--no-ff", "v1"]).stopped_by("hush1\n");
}

#[test]
fn a_fast_forward_makes_no_commit_and_runs_no_hook() {
    // B7: this is for pre-push.
    tainted().git(["merge", "-q", "--ff-only", "side"]).passes();
}

#[test]
fn a_merge_that_is_committed_later_is_stopped() {
    // B5: the names of the heads are no longer in the environment.
    let repo = tainted();
    repo.git(["merge", "-q", "--no-ff", "--no-commit", "side"]).status(0);
    repo.git(["commit", "-q", "--no-edit"]).stopped_by(ours("hush1\n").theirs(""));
}

#[test]
fn a_merge_that_is_continued_is_stopped() {
    // B5.
    for words in [&["commit", "-q", "--no-edit"][..], &["merge", "--continue"]] {
        let repo = conflicting();
        repo.git(["merge", "-q", "side"]).status(1);
        repo.stage("f", "four\n");
        repo.git(words).stopped_by(ours("hush1\n").theirs(""));
    }
}

#[test]
fn a_clean_merge_can_be_continued() {
    let repo = Repo::guarded();
    repo.commit("f", "one\n");
    repo.git(["branch", "side"]).passes();
    repo.commit("f", "two\n");
    repo.git(["checkout", "-q", "side"]).passes();
    repo.commit("f", "three\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.git(["merge", "-q", "side"]).status(1);
    repo.stage("f", "four\n");
    repo.git(["commit", "-q", "--no-edit"]).passes();
}

#[test]
fn every_head_of_an_octopus_is_scanned() {
    // B6: git-secrets takes the last head of its environment, in the order of bash's own table.
    let mut passed = 0;
    for number in 0..8 {
        let repo = Repo::guarded();
        branch(&repo, "clean", &[Some("clean\n")]);
        branch(&repo, "tainted", &[Some("hush1\n"), Some(&format!("{number}\n"))]);
        let mut heads = ["clean", "tainted"];
        heads.rotate_left(number % 2);
        let words = ["merge", "-q", "--no-ff", "-m", "x"];
        let ran = repo.git(words.into_iter().chain(heads));
        if ran.stderr().is_empty() {
            passed += 1;
            ran.status(0);
        } else {
            ran.stopped_by("hush1\n");
        }
    }
    assert_eq!(passed > 0, peer().is_some());
    assert!(passed < 8);
}

#[test]
fn a_commit_that_no_other_hook_sees_is_scanned() {
    // B7.
    for words in [
        &["cherry-pick", "side"][..],
        &["revert", "--no-edit", "HEAD"],
        &["rebase", "-q", "main", "side"],
    ] {
        let repo = Repo::guarded();
        branch(&repo, "side", &[Some("hush1\n")]);
        repo.commit("f", "hush1\n");
        repo.remove("f");
        repo.git(words).stopped_by(ours("hush1\n").theirs(""));
    }
}

#[test]
fn a_clean_cherry_pick_or_revert_passes() {
    let repo = Repo::guarded();
    branch(&repo, "side", &[Some("clean\n")]);
    repo.commit("f", "hush1\n");
    repo.git(["cherry-pick", "side"]).status(0);
    repo.git(["revert", "--no-edit", "HEAD"]).status(0);
    // The removal of a secret.
    repo.git(["revert", "--no-edit", "HEAD~2"]).status(0);
    assert!(!repo.root.join("f").exists());
}

#[test]
fn a_message_that_is_no_merge_s_is_left_to_its_own_hook() {
    let repo = Repo::new();
    // Ours cannot know here that pre-commit and commit-msg are to come.
    repo.write("message", ours("clean\n").theirs("hush1\n").now());
    for words in [
        &["--prepare_commit_msg_hook", "message"][..],
        &["--prepare_commit_msg_hook", "--", "message", "message"],
        &["--prepare_commit_msg_hook", "message", "template"],
        &["--prepare_commit_msg_hook", "message", "commit", "HEAD"],
        &["--prepare_commit_msg_hook", "message", "merge", "HEAD"],
    ] {
        repo.secrets(words).passes();
    }
}

#[test]
fn the_hook_reads_the_heads_from_the_environment() {
    let repo = tainted();
    let run = |more: &dyn Fn(&mut Command) -> &mut Command| {
        let mut command = repo.command("git");
        command.args(["secrets", "--prepare_commit_msg_hook", "--", ".git/MERGE_MSG", "merge"]);
        Ran::of(more(&mut command))
    };
    run(&|command| command.env(format!("GITHEAD_{}", repo.id("side")), "side"))
        .stopped_by("hush1\n");
    run(&|command| command.env(format!("GITHEAD_{}", repo.id("main")), "main")).passes();
}

#[test]
fn git_secrets_tells_a_line_of_a_merge_by_its_number_in_a_log() {
    let ran = tainted().git(["merge", "-q", "--no-ff", "side"]).status(1);
    if peer().is_some() {
        ran.err_starts("(standard input):");
    } else {
        // A commit and a path are of more use.
        ran.says(":side:1:hush1\n");
    }
}

#[test]
fn a_secret_in_a_message_of_the_branch_stops_the_merge() {
    let repo = Repo::guarded();
    repo.git(["checkout", "-q", "-b", "side"]).passes();
    repo.commit_staged("say hush1");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.git(["merge", "-q", "--no-ff", "-m", "x", "side"]).stopped_by("say hush1\n");
}
