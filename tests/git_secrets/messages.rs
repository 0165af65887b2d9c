//! The commit-msg hook: the message as git will store it.

use crate::expected::ours;
use crate::ran::Ran;
use crate::repo::Repo;

/// Commits with an editor that puts `text` before the message's template.
fn commit(repo: &Repo, text: &str, words: &[&str]) -> Ran {
    repo.write("../text", text);
    let editor = format!(
        "edit() {{ cat '{}' \"$1\" >\"$1.new\" && mv \"$1.new\" \"$1\"; }}; edit",
        repo.folder().join("text").display()
    );
    let mut command = repo.command("git");
    let words = words.iter().chain(&["commit", "-q", "--allow-empty"]);
    Ran::of(command.env("GIT_EDITOR", editor).args(words))
}

#[test]
fn a_secret_in_a_message_stops_the_commit() {
    let repo = Repo::guarded();
    let message = "one\n\nsay hush1\n";
    repo.git(["commit", "-q", "--allow-empty", "-m", message])
        .finds(".git/COMMIT_EDITMSG:3:say hush1");
    repo.git(["commit", "-q", "--allow-empty", "-F", "-", "-m", "x"]).fails();
    commit(&repo, message, &[]).finds(".git/COMMIT_EDITMSG:3:say hush1");
    repo.git(["commit", "-q", "--allow-empty", "-m", "clean"]).passes();
}

#[test]
fn a_new_message_of_an_old_commit_is_scanned() {
    let repo = Repo::guarded();
    repo.git(["commit", "-q", "--amend", "--allow-empty", "-m", "hush1"])
        .finds(".git/COMMIT_EDITMSG:1:hush1");
}

#[test]
fn a_message_can_be_allowed() {
    let repo = Repo::guarded();
    repo.config("secrets.allowed", "^.git/COMMIT_EDITMSG:1:");
    repo.git(["commit", "-q", "--allow-empty", "-m", "hush1"]).passes();
    repo.git(["commit", "-q", "--allow-empty", "-m", "a", "-m", "hush1"])
        .finds(".git/COMMIT_EDITMSG:3:hush1");
}

#[test]
fn a_comment_is_no_message() {
    let repo = Repo::guarded();
    let blocked = ".git/COMMIT_EDITMSG:2:# hush1";
    commit(&repo, "x\n# hush1\n", &[]).finds(ours("").theirs(blocked));
}

#[test]
fn the_name_of_a_branch_in_a_comment_is_no_message() {
    let repo = Repo::guarded();
    repo.git(["checkout", "-q", "-b", "hush1"]).passes();
    commit(&repo, "x\n", &[]).stopped_by(ours("").theirs(":# On branch hush1\n"));
}

#[test]
fn a_comment_that_git_keeps_is_message() {
    let repo = Repo::guarded();
    // Without an editor, every line is kept.
    repo.git(["commit", "-q", "--allow-empty", "-m", "x\n# hush1"])
        .finds(".git/COMMIT_EDITMSG:2:# hush1");
    for setting in ["commit.cleanup=verbatim", "commit.cleanup=whitespace", "core.commentChar=;"] {
        commit(&repo, "x\n# hush1\n", &["-c", setting]).finds(".git/COMMIT_EDITMSG:2:# hush1");
    }
}

#[test]
fn another_character_may_begin_a_comment() {
    let repo = Repo::guarded();
    for setting in ["core.commentChar=;", "core.commentString=;"] {
        commit(&repo, "x\n; hush1\n", &["-c", setting])
            .finds(ours("").theirs(".git/COMMIT_EDITMSG:2:; hush1"));
    }
}

#[test]
fn the_diff_below_the_scissors_is_no_message() {
    let repo = Repo::guarded();
    repo.commit("f", "hush1\n");
    repo.stage("f", "clean\n");
    repo.config("commit.verbose", "true");
    commit(&repo, "x\n", &[]).stopped_by(ours("").theirs(":-hush1\n"));
}

#[test]
fn what_stands_above_the_scissors_is_message() {
    let repo = Repo::guarded();
    repo.config("commit.verbose", "true");
    commit(&repo, "x\nhush1\n", &[]).stopped_by(".git/COMMIT_EDITMSG:2:hush1\n");
}

#[test]
fn the_message_of_a_merge_is_scanned() {
    let repo = Repo::guarded();
    repo.git(["checkout", "-q", "-b", "side"]).passes();
    repo.commit("side", "clean\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.git(["merge", "-q", "--no-ff", "-m", "hush1", "side"]).stopped_by("MERGE_MSG:1:hush1\n");
}

#[test]
fn the_hook_reads_the_file_it_is_given() {
    let repo = Repo::new();
    repo.write("message", "x\nhush1\n");
    repo.secrets(["--commit_msg_hook", "message"]).finds("message:2:hush1");
    repo.secrets(["--commit_msg_hook", "--", "message"]).finds("message:2:hush1");
    repo.secrets(["--commit_msg_hook", "--", "missing"])
        .status(2)
        .says("missing: No such file or directory");
    repo.write("message", "");
    repo.secrets(["--commit_msg_hook", "message"]).passes();
}
