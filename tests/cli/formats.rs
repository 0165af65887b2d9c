//! Every kind of repository that git makes: the same findings, or exit status 2 and a reason.

use std::fs;
use std::path::PathBuf;

use crate::fixture::{TIGHTLIP, TestRepo, key, made};

/// What is staged in every repository of this file, with what is committed before.
fn fill(repo: &TestRepo) {
    for number in 0..20 {
        repo.write(format!("kept/{number}.txt"), format!("kept {number}\n"));
    }
    repo.write("sub/old.txt", format!("old {}\n", key(0)));
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("base");
    repo.write("sub/old.txt", format!("old {}\nnew {}\n", key(0), key(1)));
    repo.write("new.txt", format!("aws_secret_access_key = {}\n", made("{base64:40}")));
    repo.git(&["add", "."]).exits(0);
}

/// The findings of what is staged, and those of pushing a commit of it.
fn findings(repo: &TestRepo) -> (Vec<String>, Vec<String>) {
    let mut staged = repo.command(TIGHTLIP);
    staged.args(["staged", "--format", "jsonl"]);
    let staged = repo.run(staged).exits(1);
    repo.commit_staged("with secrets");
    let (head, base) = (repo.head(), repo.git(&["rev-parse", "HEAD~1"]).out.trim().to_owned());
    let zero = "0".repeat(head.len());
    let line =
        format!("refs/heads/main {head} refs/heads/main {base}\nx {head} refs/heads/y {zero}\n");
    let pushed = repo
        .tightlip_with_input(
            &["--format", "jsonl", "hook", "pre-push", "origin", "url"],
            line.as_bytes(),
        )
        .exits(1);
    let told = |text: &str| -> Vec<String> {
        let parse = |line| -> serde_json::Value { serde_json::from_str(line).unwrap() };
        text.lines()
            .filter(|line| line.starts_with("{\"type\":\"finding\""))
            .map(parse)
            .map(|f| format!("{} {} {} {}", f["rule"], f["path"], f["line"], f["fingerprint"]))
            .collect()
    };
    (told(&staged.out), told(&pushed.err))
}

/// The findings in a plain repository, against which the others are held.
fn expected() -> (Vec<String>, Vec<String>) {
    let repo = TestRepo::new();
    fill(&repo);
    let found = findings(&repo);
    assert_eq!((found.0.len(), found.1.len()), (2, 2), "{found:?}");
    found
}

#[track_caller]
fn same(repo: &TestRepo) {
    assert_eq!(findings(repo), expected());
}

#[test]
fn hashes_and_ref_stores_of_every_kind() {
    for init in [
        &["init", "-q", "-b", "main", "--object-format=sha256"][..],
        &["init", "-q", "-b", "main", "--ref-format=reftable"],
        &["init", "-q", "-b", "main", "--ref-format=reftable", "--object-format=sha256"],
    ] {
        let repo = TestRepo::made_by(init);
        fill(&repo);
        same(&repo);
    }
}

#[test]
fn a_first_commit_in_a_repository_of_another_hash() {
    let repo = TestRepo::unborn(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    repo.stage("a.txt", key(0));
    repo.tightlip(&["staged"]).exits(1).says("a.txt:1:1");
}

#[test]
fn a_conflict_in_a_repository_of_another_hash() {
    let repo = TestRepo::made_by(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    repo.commit("sub/a.txt", "one\n");
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("sub/a.txt", "side\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("sub/a.txt", "main\n");
    let _ = repo.git(&["merge", "side"]);
    repo.tightlip(&["staged"]).exits(0);
    repo.stage("sub/a.txt", key(0));
    repo.tightlip(&["staged"]).exits(1).says("sub/a.txt:1:1");
}

#[test]
fn indexes_of_every_kind() {
    for commands in [
        &[&["update-index", "--split-index"][..]][..],
        &[&["update-index", "--index-version", "4"]],
        &[&["update-index", "--untracked-cache"]],
        &[&["config", "index.skipHash", "true"], &["read-tree", "HEAD"], &["add", "."]],
        &[&["sparse-checkout", "set", "--cone", "--sparse-index", "sub"], &["add", "."]],
    ] {
        let repo = TestRepo::new();
        fill(&repo);
        for command in commands {
            repo.git(command).exits(0);
        }
        same(&repo);
    }
}

#[test]
fn objects_stored_in_every_way() {
    for commands in [
        &[&["gc", "-q"][..]][..],
        &[&["repack", "-q", "-d"], &["multi-pack-index", "write"]],
        &[&["gc", "-q"], &["commit-graph", "write", "--reachable"]],
        &[&["pack-refs", "--all"]],
    ] {
        let repo = TestRepo::new();
        fill(&repo);
        for command in commands {
            repo.git(command).exits(0);
        }
        same(&repo);
    }
}

#[test]
fn alternates_and_separate_git_dirs() {
    let store = TestRepo::new();
    fill(&store);
    store.commit_staged("with secrets");
    let repo = TestRepo::unborn(&["init", "-q", "-b", "main"]);
    repo.write(".git/objects/info/alternates", format!("{}/.git/objects\n", store.root.display()));
    repo.git(&["reset", "-q", "--hard", store.git(&["rev-parse", "HEAD~1"]).out.trim()]).exits(0);
    repo.git(&["read-tree", &store.head()]).exits(0);
    same(&repo);

    let folder = tempfile::tempdir().unwrap();
    let git_dir = folder.path().join("elsewhere.git");
    let argument = format!("--separate-git-dir={}", git_dir.display());
    let repo = TestRepo::made_by(&["init", "-q", "-b", "main", &argument]);
    fill(&repo);
    same(&repo);
}

#[test]
fn a_linked_worktree_with_relative_paths() {
    let mut repo = TestRepo::new();
    let linked = repo.folder().join("linked");
    let add = ["-c", "worktree.useRelativePaths=true", "worktree", "add", "-q", "-b", "linked"];
    if repo.git(&[&add[..], &[linked.to_str().unwrap()]].concat()).code != 0 {
        repo.git(&["worktree", "add", "-q", "-b", "linked", linked.to_str().unwrap()]).exits(0);
    }
    repo.root = linked;
    fill(&repo);
    same(&repo);
}

/// A clone that lacks the blobs of its source.
fn partial(source: &TestRepo) -> PathBuf {
    source.git(&["config", "uploadpack.allowFilter", "true"]).exits(0);
    let clone = source.folder().join("partial");
    let url = format!("file://{}", source.root.display());
    let path = clone.to_str().unwrap();
    source.git(&["clone", "-q", "--filter=blob:none", "--no-checkout", &url, path]).exits(0);
    clone
}

#[test]
fn a_partial_clone_scans_what_is_here_and_names_what_is_not() {
    let mut repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.commit("b.txt", "two\n");
    let clone = partial(&repo);
    repo.root = clone;
    repo.git(&["reset", "-q"]).exits(0);
    repo.stage("new.txt", key(0));
    repo.tightlip(&["staged"]).exits(1).says("new.txt:1:1");
    // Nothing is fetched to read what is missing: it is named.
    let blob = repo.git(&["rev-parse", "HEAD:a.txt"]).out.trim().to_owned();
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},copy.txt")])
        .exits(0);
    repo.tightlip(&["staged"]).exits(2).says("copy.txt").says(&blob);
    repo.git(&["config", "core.repositoryFormatVersion", "1"]).exits(0);
    repo.git(&["config", "extensions.partialClone", "origin"]).exits(0);
    repo.tightlip(&["staged"]).exits(2).says("new.txt:1:1").says(&blob);
}

#[test]
fn an_unknown_extension_is_read_by_git_or_refused() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    repo.git(&["config", "core.repositoryFormatVersion", "1"]).exits(0);
    repo.git(&["config", "extensions.fromTheFuture", "yes"]).exits(0);
    repo.tightlip(&["staged"]).exits(2).says("fromthefuture");
}

#[test]
fn a_bare_repository_has_nothing_staged_and_says_so() {
    let repo = TestRepo::unborn(&["init", "-q", "--bare"]);
    let said = repo.tightlip(&["staged"]);
    assert_eq!(said.code, 2, "{said:?}");
    said.says("bare");
}

#[test]
fn outside_a_repository_files_are_scanned_and_the_index_is_not() {
    let repo = TestRepo::new();
    fs::rename(repo.root.join(".git"), repo.folder().join("away")).unwrap();
    repo.write("a.txt", key(0));
    repo.tightlip(&["staged"]).exits(2).says("not a git repository");
    repo.tightlip(&["scan"]).exits(1).says("a.txt:1:1");
}
