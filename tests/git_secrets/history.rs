//! `--scan-history`: everything that a repository's references reach.

use crate::expected::{ours, peer};
use crate::repo::{HUSH, Repo};

/// A repository whose one secret has come and gone, and its commit.
fn come_and_gone() -> (Repo, String) {
    let repo = Repo::new();
    repo.commit("d/f", "one\nhush1\n");
    let sha = repo.id("HEAD");
    repo.remove("d/f");
    (repo, sha)
}

#[test]
fn a_secret_that_was_removed_is_found_in_its_commit() {
    let (repo, sha) = come_and_gone();
    repo.secrets(["--scan"]).passes();
    repo.secrets(["--scan-history"]).finds(&format!("{sha}:d/f:2:hush1"));
}

#[test]
fn history_is_whole_in_a_subdirectory() {
    let (repo, sha) = come_and_gone();
    repo.write("e/f", "");
    let found = format!("{sha}:d/f:2:hush1");
    repo.secrets_in("e", ["--scan-history"]).finds(ours(&*found).theirs(""));
}

#[test]
fn every_reference_is_read() {
    for reference in ["refs/heads/other", "refs/tags/v1", "refs/remotes/o/x", "refs/own/thing"] {
        let (repo, sha) = come_and_gone();
        let first = repo.id("HEAD~2");
        repo.git(["update-ref", reference, &sha]).passes();
        repo.git(["update-ref", "HEAD", &first]).passes();
        repo.secrets(["--scan-history"]).finds(&format!("{sha}:d/f:2:hush1"));
    }
}

#[test]
fn a_detached_head_is_read() {
    let (repo, sha) = come_and_gone();
    repo.git(["checkout", "-q", "--detach", &sha]).passes();
    repo.git(["update-ref", "refs/heads/main", "main~2"]).passes();
    repo.secrets(["--scan-history"]).finds(&format!("{sha}:d/f:2:hush1"));
}

#[test]
fn a_line_is_told_once_with_the_commit_that_brought_it() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    let first = repo.id("HEAD");
    repo.commit("f", "zero\nhush1\nhush2\n");
    let second = repo.id("HEAD");
    let ran = repo.secrets(["--scan-history"]);
    if peer().is_some() {
        ran.finds_all(&[
            &format!("{first}:f:1:hush1"),
            &format!("{second}:f:2:hush1"),
            &format!("{second}:f:3:hush2"),
        ]);
    } else {
        ran.finds_all(&[&format!("{first}:f:1:hush1"), &format!("{second}:f:3:hush2")]);
    }
}

#[test]
fn the_same_line_of_another_path_is_another_finding() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.commit("g", "hush1\n");
    let ran = repo.secrets(["--scan-history"]).status(1);
    ran.says(":f:1:hush1\n").says(":g:1:hush1\n");
}

#[test]
fn allowed_matches_are_no_findings_of_history() {
    let (repo, _) = come_and_gone();
    repo.write(".gitallowed", "hush1\n");
    repo.secrets(["--scan-history"]).passes();
}

#[test]
fn a_secret_of_a_merge_commit_is_found() {
    // B15: merges have no diff in `git log -G`.
    let repo = Repo::new();
    repo.git(["checkout", "-q", "-b", "side"]).passes();
    repo.commit("side", "clean\n");
    repo.git(["checkout", "-q", "main"]).passes();
    repo.commit("f", "clean\n");
    repo.git(["merge", "-q", "--no-commit", "side"]).status(0).never_says("fatal");
    repo.stage("f", "hush1\n");
    repo.commit_staged("merge");
    let sha = repo.id("HEAD");
    repo.commit("f", "clean again\n");
    let found = format!("{sha}:f:1:hush1");
    repo.secrets(["--scan-history"]).finds(ours(&*found).theirs(""));
}

#[test]
fn a_secret_of_a_commit_message_is_found() {
    // B15.
    let repo = Repo::new();
    repo.commit_staged("fix\n\nnot hush1, but\n");
    let found = format!("{}:(commit message):3:not hush1, but", repo.id("HEAD"));
    repo.secrets(["--scan-history"]).finds(ours(&*found).theirs(""));
}

#[test]
fn a_secret_of_a_tag_message_is_found() {
    // B15.
    let repo = Repo::new();
    repo.git(["tag", "-a", "v1", "-m", "one", "-m", "hush1"]).passes();
    let found = "refs/tags/v1:(tag message):3:hush1";
    repo.secrets(["--scan-history"]).finds(ours(found).theirs(""));
}

#[test]
fn a_secret_of_a_note_is_found() {
    // As a file of the branch of notes; what 1.12 says of git-secrets here is not so.
    let repo = Repo::new();
    repo.git(["notes", "add", "-m", "hush1"]).passes();
    repo.secrets(["--scan-history"]).status(1).says("hush1\n");
}

#[test]
fn every_stash_is_read() {
    // B15: only the last one has a reference, and `git log -G` does not look into that either,
    // for a stash is a merge.
    let repo = Repo::new();
    repo.commit("f", "clean\n");
    for secret in ["hush1\n", "hush2\n"] {
        repo.write("f", secret);
        repo.git(["stash", "-q"]).passes();
    }
    let ran = repo.secrets(["--scan-history"]);
    if peer().is_some() {
        ran.passes();
    } else {
        ran.status(1).says(":f:1:hush1\n").says(":f:1:hush2\n");
    }
}

#[test]
fn the_index_of_a_stash_is_read() {
    let repo = Repo::new();
    repo.commit("f", "clean\n");
    repo.stage("f", "hush1\n");
    repo.write("f", "clean again\n");
    repo.git(["stash", "-q"]).passes();
    repo.secrets(["--scan-history"]).stopped_by(":f:1:hush1\n");
}

#[test]
fn untracked_files_of_a_stash_are_read() {
    let repo = Repo::new();
    repo.commit("f", "clean\n");
    repo.write("f", "changed\n");
    repo.write("new", "hush1\n");
    repo.git(["stash", "-q", "-u"]).passes();
    repo.secrets(["--scan-history"]).stopped_by(":new:1:hush1\n");
}

#[test]
fn the_work_tree_is_no_history() {
    // git-secrets greps the work tree when no commit is selected.
    let repo = Repo::new();
    repo.commit("f", "clean\n");
    repo.write("f", "hush1\n");
    repo.secrets(["--scan-history"]).finds(ours("").theirs("f:1:hush1"));
}

#[test]
fn a_bare_repository_has_a_history_too() {
    let (repo, sha) = come_and_gone();
    repo.git(["clone", "-q", "--mirror", ".", "../bare.git"]).passes();
    repo.git_in("../bare.git", ["config", "secrets.patterns", HUSH]).passes();
    let found = format!("{sha}:d/f:2:hush1\n");
    let ran = repo.secrets_in("../bare.git", ["--scan-history"]).status(1);
    // It looks for `.gitallowed` and says first that there is no work tree.
    let ran = ran.says(&found);
    if peer().is_none() {
        ran.finds(found.trim_end());
    }
    // Where it selects nothing, it greps a work tree that is not there.
    repo.git_in("../bare.git", ["config", "secrets.patterns", "nothing"]).passes();
    repo.secrets_in("../bare.git", ["--scan-history"]).status(ours(0).theirs(128));
}

#[test]
fn a_path_of_history_is_told_as_it_is() {
    let repo = Repo::new();
    repo.commit("café \"x\"", "hush1\n");
    let sha = repo.id("HEAD");
    let found = format!("{sha}:café \"x\":1:hush1");
    let quoted = format!("{sha}:\"caf\\303\\251 \\\"x\\\"\":1:hush1");
    repo.secrets(["--scan-history"]).finds(ours(&*found).theirs(&quoted));
}

#[test]
fn a_binary_file_of_history_is_read() {
    let repo = Repo::new();
    repo.commit("f", b"\0\nhush1\n");
    repo.remove("f");
    repo.secrets(["--scan-history"]).stopped_by(ours(":f:2:hush1").theirs(""));
}

#[test]
fn a_pattern_of_several_words_is_one_in_history() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "hush hush");
    repo.commit("f", "hush\nhush hush\n");
    let sha = repo.id("HEAD");
    let found = format!("{sha}:f:2:hush hush");
    let split = format!("{sha}:f:1:hush\n{found}");
    repo.secrets(["--scan-history"]).finds(ours(&*found).theirs(&split));
}

#[test]
fn settings_of_log_and_diff_hide_nothing() {
    let (repo, sha) = come_and_gone();
    let found = format!("{sha}:d/f:2:hush1");
    for setting in [
        "log.excludeDecoration=*",
        "log.showRoot=false",
        "log.follow=true",
        "log.date=relative",
        "format.pretty=oneline",
        "diff.external=false",
        "log.diffMerges=off",
    ] {
        repo.git(["-c", setting, "secrets", "--scan-history"]).finds(&found);
    }
}

#[test]
fn attributes_hide_no_history() {
    // What `git log -G` compares is the diff that attributes make.
    for attributes in ["-diff", "binary", "diff=masked"] {
        let repo = Repo::new();
        repo.config("diff.masked.textconv", "sed s/hush/mask/");
        repo.commit("f", "hush1\n");
        let found = format!("{}:f:1:hush1", repo.id("HEAD"));
        repo.remove("f");
        repo.write(".git/info/attributes", format!("f {attributes}\n"));
        repo.secrets(["--scan-history"]).finds(ours(&*found).theirs(""));
    }
}

#[test]
fn a_replaced_commit_is_read_as_it_was() {
    let (repo, sha) = come_and_gone();
    repo.git(["replace", &sha, "HEAD"]).passes();
    let found = format!("{sha}:d/f:2:hush1");
    repo.secrets(["--scan-history"]).finds(ours(&*found).theirs(""));
}

#[test]
fn a_missing_object_is_no_clean_history() {
    let (repo, sha) = come_and_gone();
    let object = repo.id(&format!("{sha}:d/f"));
    let (folder, file) = object.split_at(2);
    let path = repo.root.join(".git/objects").join(folder).join(file);
    std::fs::remove_file(path).unwrap();
    let ran = repo.secrets(["--scan-history"]);
    // git-secrets takes a `git log` that has failed for one that has found nothing.
    ran.status(ours(128).theirs(0)).says(ours(&*object).theirs("fatal: unable to read "));
}

#[test]
fn a_shallow_clone_is_scanned_and_named() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.commit("g", "clean\n");
    let url = format!("file://{}", repo.root.display());
    repo.git_in("..", ["clone", "-q", "--depth=1", &url, "clone"]).passes();
    repo.git_in("../clone", ["config", "secrets.patterns", "nothing"]).passes();
    let ran = repo.secrets_in("../clone", ["--scan-history"]).status(ours(128).theirs(0));
    ran.says(ours("this clone is shallow").theirs(""));
    repo.git_in("../clone", ["config", "secrets.allowShallow", "true"]).passes();
    let ran = repo.secrets_in("../clone", ["--scan-history"]).status(0);
    ran.says(ours("this clone is shallow").theirs(""));
}
