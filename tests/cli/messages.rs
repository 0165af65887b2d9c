//! Commit messages, as git will store them.

use crate::fixture::{TestRepo, key};

fn guarded() -> TestRepo {
    let repo = TestRepo::new();
    repo.hooks(&["commit-msg"]);
    repo
}

/// Makes an editor that appends `text` to the message.
fn editor(repo: &TestRepo, text: &str) -> String {
    let file = repo.folder().join("text");
    std::fs::write(&file, text).unwrap();
    format!("cat '{}' >>", file.display())
}

#[track_caller]
fn commit(repo: &TestRepo, editor: &str, arguments: &[&str]) -> crate::fixture::Ran {
    let mut git = repo.command("git");
    git.env("GIT_EDITOR", editor).args(arguments);
    repo.run(git)
}

#[test]
fn a_key_in_a_message_stops_the_commit() {
    let repo = guarded();
    let message = format!("Use {}\n\nNothing more.", key(0));
    let said = repo.git(&["commit", "--allow-empty", "-m", &message]).exits(1);
    said.says("COMMIT_EDITMSG:1:5").never_says(&key(0));
    repo.git(&["commit", "--allow-empty", "-m", "Use a role"]).exits(0);
}

#[test]
fn a_comment_counts_only_where_git_keeps_it() {
    let repo = guarded();
    let comment = format!("message\n# {}\n", key(0));
    // Without an editor, git keeps lines that look like comments.
    repo.git(&["commit", "--allow-empty", "-m", &comment]).exits(1);
    let with_comment = editor(&repo, &comment);
    commit(&repo, &with_comment, &["commit", "--allow-empty"]).exits(0);
    commit(&repo, &with_comment, &["-c", "commit.cleanup=verbatim", "commit", "--allow-empty"])
        .exits(1);
    commit(&repo, &with_comment, &["-c", "core.commentChar=;", "commit", "--allow-empty"]).exits(1);
    let other = editor(&repo, &format!("message\n; {}\n", key(0)));
    commit(&repo, &other, &["-c", "core.commentChar=;", "commit", "--allow-empty"]).exits(0);
    repo.git(&["config", "core.commentChar", ";"]).exits(0);
    commit(&repo, &other, &["commit", "--allow-empty"]).exits(0);
}

#[test]
fn a_cleanup_mode_that_is_given_as_a_flag_is_read_from_the_template() {
    let repo = guarded();
    repo.stage("a.txt", "clean\n");
    let first = format!("sed -i '1s/^/message\\n# {}\\n/'", key(0));
    for mode in ["verbatim", "whitespace", "scissors"] {
        let flag = format!("--cleanup={mode}");
        commit(&repo, &first, &["commit", "--allow-empty", &flag])
            .exits(1)
            .says("COMMIT_EDITMSG:2:3");
    }
    let last = editor(&repo, &format!("message\n# {}\n", key(0)));
    commit(&repo, &last, &["commit", "--allow-empty", "--cleanup=whitespace"]).exits(1);
    // Here git removes them, and says so.
    commit(&repo, &first, &["commit", "--allow-empty", "--cleanup=strip"]).exits(0);
    commit(&repo, &first, &["commit", "--allow-empty", "--amend", "-v"]).exits(0);
    commit(&repo, &first, &["commit", "--allow-empty", "--cleanup=default"]).exits(0);
}

#[test]
fn the_diff_below_the_scissors_is_no_message() {
    let repo = guarded();
    repo.commit("a.txt", format!("{}\n", key(0)));
    repo.stage("a.txt", "clean\n");
    let plain = editor(&repo, "take the key out\n");
    commit(&repo, "sed -i '1s/^/take it out/'", &["commit", "-v"]).exits(0);
    repo.stage("a.txt", "cleaner\n");
    let said = commit(&repo, &plain, &["commit", "-m", &key(0), "-e", "-v"]);
    assert_ne!(said.code, 0);
}

#[test]
fn a_branch_that_is_named_like_a_key_does_not_stop_a_commit() {
    let repo = guarded();
    repo.git(&["checkout", "-q", "-b", &key(0)]).exits(0);
    commit(&repo, "sed -i '1s/^/message/'", &["commit", "--allow-empty"]).exits(0);
}

#[test]
fn the_message_command_reads_a_file() {
    let repo = TestRepo::new();
    repo.write("message", format!("a\n# {}\n", key(0)));
    repo.tightlip(&["message", "message"]).exits(0);
    repo.tightlip(&["message", "--verbatim", "message"]).exits(1).says("message:2:3");
    repo.tightlip(&["message", "no-such-file"]).exits(2).says("no-such-file");
}

#[test]
fn scissors_and_comment_strings_count_as_git_counts_them() {
    let repo = guarded();
    let cut = "# ------------------------ >8 ------------------------\n# Do not modify\n";
    // By default git removes these lines as comments and keeps what stands below.
    let below = editor(&repo, &format!("message\n{cut}{}\n", key(0)));
    commit(&repo, &below, &["commit", "--allow-empty"]).exits(1);
    // Where -v cuts, it looks for whole lines that begin with its own character.
    let cut = "# ------------------------ >8 ------------------------";
    for other in [format!(" {cut}"), format!("{cut}\r"), format!("{cut} "), cut.replace('#', ";")] {
        let below = editor(&repo, &format!("message\n{other}\n{}\n", key(0)));
        commit(&repo, &below, &["commit", "-v", "--allow-empty"]).exits(1);
        repo.git(&["log", "--format=%B"]).exits(0).never_says(&key(0));
    }
    // Of two settings git takes the later; which that is, is not known here.
    let other = editor(&repo, &format!("message\n; {}\n", key(0)));
    repo.git(&["config", "core.commentString", ";"]).exits(0);
    repo.git(&["config", "core.commentChar", "#"]).exits(0);
    commit(&repo, &other, &["commit", "--allow-empty"]).exits(1);
}

/// A guard with both hooks that look at messages: the first sees what git wrote before an editor does.
fn noting() -> TestRepo {
    let repo = TestRepo::new();
    repo.hooks(&["prepare-commit-msg", "commit-msg"]);
    repo
}

#[test]
fn what_an_editor_takes_out_of_the_template_is_remembered() {
    let repo = noting();
    let written = repo.folder().join("written");
    std::fs::write(&written, format!("subject\n# {}\n", key(0))).unwrap();
    let replacing = format!("cp '{}'", written.display());
    for mode in ["verbatim", "whitespace", "scissors"] {
        let flag = format!("--cleanup={mode}");
        let said = commit(&repo, &replacing, &["commit", "--allow-empty", &flag]);
        said.exits(1).says("COMMIT_EDITMSG:2:3");
    }
    commit(&repo, &replacing, &["commit", "--allow-empty"]).exits(0);
    assert!(!repo.git(&["log", "--format=%B"]).out.contains(&key(0)));
}

#[test]
fn scissors_cut_only_where_git_drew_them_for_this_commit() {
    let repo = noting();
    repo.commit("f", key(0));
    repo.stage("f", "clean\n");
    // The diff of -v shows the line that goes.
    let saved = repo.folder().join("saved");
    let saving = format!("sh -c 'cat \"$1\" >\"{}\"; exit 1' -", saved.display());
    assert_ne!(commit(&repo, &saving, &["commit", "-v"]).code, 0);
    let text = format!("subject\n{}", std::fs::read_to_string(&saved).unwrap());
    assert!(text.contains(&key(0)));
    std::fs::write(&saved, text).unwrap();
    let file = saved.to_str().unwrap();
    // Used again without -v, git keeps it; with -v, it cuts.
    commit(&repo, "true", &["commit", "-e", "-F", file]).exits(1);
    commit(&repo, "true", &["commit", "-v", "-e", "-F", file]).exits(0);
    assert!(!repo.git(&["log", "--format=%B"]).out.contains(&key(0)));
    for other in [" #", ";"] {
        let cut = format!("{other} ------------------------ >8 ------------------------\n");
        std::fs::write(&saved, format!("subject\n{cut}diff --git a/x b/x\n+{}\n", key(1))).unwrap();
        let replacing = format!("cp '{file}'");
        commit(&repo, &replacing, &["commit", "-v", "--allow-empty"]).exits(1);
    }
    // An editor that draws scissors of its own draws nothing for git.
    let cut = "# ------------------------ >8 ------------------------\n# Do not modify\n";
    std::fs::write(&saved, format!("subject\n\n{cut}diff --git a/x b/x\n+{}\n", key(1))).unwrap();
    let replacing = format!("cp '{file}'");
    commit(&repo, &replacing, &["commit", "--allow-empty"]).exits(1);
    commit(&repo, &replacing, &["commit", "-v", "--allow-empty"]).exits(0);
}
