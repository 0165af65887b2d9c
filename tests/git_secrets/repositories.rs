//! Repositories of every make.

use crate::expected::peer;
use crate::ran::Ran;
use crate::repo::{HUSH, Repo};

const COMMIT: [&str; 4] = ["commit", "-q", "-m", "x"];

/// A guarded repository that is made with an option, without a commit.
fn made_with(option: &str) -> Repo {
    let repo = Repo::outside("repo");
    repo.git(["init", "-q", "-b", "main", "--template=", option]).passes();
    repo.config("secrets.patterns", HUSH);
    repo.guard();
    repo
}

/// Expects that hooks and scans find their secrets.
#[track_caller]
fn is_scanned(repo: &Repo) {
    repo.stage("f", "clean\n");
    repo.git(COMMIT).passes();
    repo.stage("f", "hush1\n");
    repo.git(COMMIT).finds("f:1:hush1");
    repo.secrets(["--scan"]).finds("f:1:hush1");
    repo.secrets(["--scan", "--cached"]).finds("f:1:hush1");
    repo.commit_staged("secret");
    let found = format!("{}:f:1:hush1", repo.id("HEAD"));
    repo.secrets(["--scan-history"]).finds(&found);
    repo.remove("f");
    repo.secrets(["--scan-history"]).finds(&found);
}

#[test]
fn a_repository_of_sha_256_is_scanned() {
    let repo = made_with("--object-format=sha256");
    repo.git(["commit", "-q", "--allow-empty", "-m", "first"]).status(0);
    is_scanned(&repo);
    assert_eq!(repo.id("HEAD").len(), 64);
}

#[test]
fn the_first_commit_of_sha_256_is_scanned() {
    // git-secrets knows the empty tree by its SHA-1 alone, and says so first.
    let repo = made_with("--object-format=sha256");
    repo.stage("f", "hush1\n");
    let ran = repo.git(COMMIT);
    if peer().is_some() {
        ran.status(1).err_starts("fatal: bad revision").says("f:1:hush1\n");
    } else {
        ran.finds("f:1:hush1");
    }
}

#[test]
fn a_repository_with_a_table_of_references_is_scanned() {
    let repo = made_with("--ref-format=reftable");
    is_scanned(&repo);
}

#[test]
fn a_packed_repository_is_scanned() {
    let repo = made_with("--quiet");
    repo.commit("g", "hush2\n");
    repo.remove("g");
    repo.git(["gc", "-q"]).status(0);
    let found = format!("{}:g:1:hush2", repo.id("HEAD~1"));
    repo.secrets(["--scan-history"]).finds(&found);
    repo.stage("f", "hush1\n");
    repo.git(["repack", "-q", "-a", "-d"]).status(0);
    repo.git(COMMIT).finds("f:1:hush1");
}

#[test]
fn a_clone_that_borrows_objects_is_scanned() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.git(["clone", "-q", "-s", ".", "../clone"]).passes();
    repo.git_in("../clone", ["config", "secrets.patterns", HUSH]).passes();
    repo.secrets_in("../clone", ["--scan", "--cached"]).finds("f:1:hush1");
    let found = format!("{}:f:1:hush1", repo.id("HEAD"));
    repo.secrets_in("../clone", ["--scan-history"]).finds(&found);
}

#[test]
fn options_of_git_name_the_repository() {
    let repo = Repo::guarded();
    repo.stage("f", "hush1\n");
    let scan = ["secrets", "--scan"];
    repo.git_in("..", ["-C", "repo"].into_iter().chain(scan)).finds("f:1:hush1");
    let named = ["--git-dir=repo/.git", "--work-tree=repo"];
    repo.git_in("..", named.into_iter().chain(["commit", "-q", "-m", "x"])).finds("f:1:hush1");
}

#[test]
fn variables_of_git_name_the_repository() {
    let repo = Repo::new();
    repo.stage("f", "hush1\n");
    let environment = [("GIT_DIR", "repo/.git"), ("GIT_WORK_TREE", "repo")];
    let mut command = repo.command("git");
    let command = command.current_dir(repo.folder()).envs(environment).args(["secrets", "--scan"]);
    Ran::of(command).status(1).says("f:1:hush1\n");
}

#[test]
fn a_linked_work_tree_has_its_own_allowed_lines() {
    let repo = Repo::guarded();
    repo.git(["worktree", "add", "-q", "../tree"]).passes();
    repo.write(".gitallowed", "hush1\n");
    for root in ["", "../tree"] {
        repo.write(format!("{root}/f").trim_start_matches('/'), "hush1\n");
        repo.git_in(root, ["add", "f"]).passes();
    }
    repo.secrets(["--scan"]).passes();
    repo.secrets_in("../tree", ["--scan"]).finds("f:1:hush1");
    repo.git_in("../tree", COMMIT).finds("f:1:hush1");
    repo.git(COMMIT).passes();
}

#[test]
fn a_submodule_is_another_repository() {
    let repo = Repo::new();
    repo.git(["init", "-q", "../inner"]).passes();
    repo.write("../inner/f", "hush1\n");
    repo.git_in("../inner", ["add", "f"]).passes();
    repo.git_in("../inner", COMMIT).passes();
    repo.git(["submodule", "--quiet", "add", "../inner", "sub"]).status(0);
    repo.secrets(["--scan"]).passes();
    repo.secrets(["--scan", "--cached"]).passes();
    repo.secrets(["--scan", "-r", "sub"]).finds("sub/f:1:hush1");
    repo.write(".gitallowed", "hush1\n");
    repo.secrets(["--scan", "-r", "sub"]).passes();
    let words = ["-c", "secrets.patterns=hush[0-9]+", "secrets", "--scan"];
    repo.git_in("sub", words).finds("f:1:hush1");
}

#[test]
fn a_file_that_is_assumed_unchanged_is_read_from_the_index() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.git(["update-index", "--assume-unchanged", "f"]).passes();
    repo.write("f", "clean\n");
    repo.secrets(["--scan"]).finds("f:1:hush1");
}

#[test]
fn a_pattern_that_is_the_name_of_a_branch_and_of_a_file_is_a_pattern() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "main");
    repo.stage("main", "the main thing\n");
    repo.commit_staged("x");
    repo.secrets(["--scan"]).finds("main:1:the main thing");
    let found = format!("{}:main:1:the main thing", repo.id("HEAD"));
    repo.secrets(["--scan-history"]).finds(&found);
}
