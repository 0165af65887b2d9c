//! Pushes, merges, ref updates, and the git commands that run no pre-commit.

use std::fs;

use crate::fixture::{Ran, TestRepo, key};

/// A repository with a remote that has its first commits.
fn with_remote() -> (TestRepo, TestRepo) {
    let remote = TestRepo::unborn(&["init", "-q", "--bare", "-b", "main"]);
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.git(&["remote", "add", "origin", remote.root.to_str().unwrap()]).exits(0);
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    (repo, remote)
}

#[track_caller]
fn refused(said: Ran) -> Ran {
    assert_ne!(said.code, 0, "{said:?}");
    said.says("aws-access-key-id").never_says(&key(0))
}

#[test]
fn a_push_is_stopped_by_any_commit_that_the_remote_lacks() {
    let (repo, remote) = with_remote();
    repo.hooks(&["pre-push"]);
    repo.commit("b.txt", "clean\n");
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    repo.commit("secret.txt", key(0));
    let introduced = repo.head();
    repo.git(&["rm", "-q", "secret.txt"]).exits(0);
    repo.commit_staged("and out again");
    let said = refused(repo.git(&["push", "origin", "main"]));
    said.says(&introduced).says("secret.txt:1:1");
    assert_ne!(remote.head(), repo.head());
    repo.git(&["push", "-q", "--no-verify", "origin", "main"]).exits(0);
    // What the remote has by now is no news.
    repo.commit("c.txt", "clean\n");
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
}

#[test]
fn a_push_is_stopped_by_messages_tags_names_and_odd_objects() {
    let (repo, _remote) = with_remote();
    repo.hooks(&["pre-push"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("see {}", key(0))]).exits(0);
    refused(repo.git(&["push", "origin", "main"])).says("commit message:1:5");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]).exits(0);

    repo.git(&["tag", "-a", "v1", "-m", &key(0)]).exits(0);
    refused(repo.git(&["push", "origin", "v1"])).says("tag refs/tags/v1");
    repo.git(&["tag", "-a", "v2", "-m", "a tag of a tag", "v1"]).exits(0);
    refused(repo.git(&["push", "origin", "v2"]));

    refused(repo.git(&["push", "origin", &format!("main:refs/heads/{}", key(0))]))
        .says("the name of the ref");

    repo.write("blob", key(0));
    let blob = repo.git(&["hash-object", "-w", "blob"]).out;
    repo.git(&["tag", "blob", blob.trim()]).exits(0);
    refused(repo.git(&["push", "origin", "blob"]));
    repo.git(&["push", "-q", "origin", "main", "main:other"]).exits(0);
    repo.git(&["push", "-q", "origin", ":other"]).exits(0);
}

#[test]
fn a_push_is_stopped_by_what_only_a_merge_commit_holds() {
    let (repo, _remote) = with_remote();
    repo.hooks(&["pre-push"]);
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("side.txt", "side\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("main.txt", "main\n");
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]).exits(0);
    repo.stage("evil.txt", key(0));
    repo.commit_staged("merged");
    let merge = repo.head();
    refused(repo.git(&["push", "origin", "main"])).says(&merge);
}

#[test]
fn grafts_and_replace_refs_hide_nothing_from_a_push() {
    let (repo, _remote) = with_remote();
    repo.hooks(&["pre-push"]);
    repo.commit("secret.txt", key(0));
    repo.git(&["rm", "-q", "secret.txt"]).exits(0);
    repo.commit_staged("out");
    let head = repo.head();
    repo.write(".git/info/grafts", format!("{head}\n"));
    refused(repo.git(&["push", "--force", "origin", "main"]));
    fs::remove_file(repo.root.join(".git/info/grafts")).unwrap();
    repo.write("clean", "clean\n");
    let clean = repo.git(&["hash-object", "-w", "clean"]).out;
    repo.git(&["replace", "HEAD~1:secret.txt", clean.trim()]).exits(0);
    refused(repo.git(&["push", "origin", "main"]));
}

#[test]
fn a_first_push_to_an_empty_remote_reads_everything() {
    let remote = TestRepo::unborn(&["init", "-q", "--bare"]);
    let repo = TestRepo::new();
    repo.commit("old.txt", key(0));
    repo.commit("new.txt", "clean\n");
    repo.hooks(&["pre-push"]);
    let url = remote.root.to_str().unwrap();
    refused(repo.git(&["push", url, "main"])).says("old.txt:1:1");
}

#[test]
fn a_server_refuses_a_push_in_pre_receive() {
    let (repo, remote) = with_remote();
    remote.hooks(&["pre-receive"]);
    repo.commit("b.txt", "clean\n");
    repo.git(&["push", "-q", "origin", "main", "main:other"]).exits(0);
    repo.commit("secret.txt", key(0));
    refused(repo.git(&["push", "origin", "main"])).says("the push was refused");
    repo.git(&["push", "-q", "origin", ":other"]).exits(0);
}

#[test]
fn a_merge_is_stopped_by_what_it_brings() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.hooks(&["pre-merge-commit"]);
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("secret.txt", key(0));
    repo.git(&["rm", "-q", "secret.txt"]).exits(0);
    repo.commit_staged("out");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("b.txt", "two\n");
    refused(repo.git(&["merge", "--no-edit", "side"])).says("the merge was not committed");
    repo.git(&["merge", "--abort"]).exits(0);
    repo.git(&["checkout", "-q", "-b", "clean", "HEAD~1"]).exits(0);
    repo.commit("c.txt", "three\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.git(&["merge", "--no-edit", "clean"]).exits(0);
}

#[test]
fn an_octopus_is_stopped_whichever_head_holds_the_secret() {
    for bad in ["one", "two", "three"] {
        let repo = TestRepo::new();
        repo.hooks(&["pre-merge-commit"]);
        for name in ["one", "two", "three"] {
            repo.git(&["checkout", "-q", "-b", name, "main"]).exits(0);
            repo.commit(name, if name == bad { key(0) } else { "clean\n".into() });
        }
        repo.git(&["checkout", "-q", "main"]).exits(0);
        repo.commit("main.txt", "main\n");
        refused(repo.git(&["merge", "--no-edit", "one", "two", "three"]));
    }
}

#[test]
fn a_merge_that_only_removes_a_secret_goes_through() {
    let repo = TestRepo::new();
    repo.commit("secret.txt", key(0));
    repo.hooks(&["pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg"]);
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.git(&["rm", "-q", "secret.txt"]).exits(0);
    repo.git(&["commit", "-q", "-m", "out"]).exits(0);
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.stage("b.txt", "b\n");
    repo.git(&["commit", "-q", "-m", "b"]).exits(0);
    repo.git(&["merge", "-q", "--no-edit", "side"]).exits(0);
}

/// A branch `side` with a key in its last commit, and `main` beside it, all hooks in place.
fn with_secret_on_a_branch() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("secret.txt", key(0));
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("b.txt", "two\n");
    repo.hooks(&["pre-commit", "prepare-commit-msg", "commit-msg"]);
    repo
}

#[test]
fn cherry_pick_and_revert_are_stopped_though_they_run_no_pre_commit() {
    let repo = with_secret_on_a_branch();
    refused(repo.git(&["cherry-pick", "side"])).says("still staged");
    repo.git(&["cherry-pick", "--abort"]).exits(0);
    refused(repo.git(&["cherry-pick", "-x", "side"]));
    repo.git(&["reset", "-q", "--hard"]).exits(0);

    repo.commit("secret.txt", key(0));
    repo.git(&["rm", "-q", "secret.txt"]).exits(0);
    repo.commit_staged("out");
    refused(repo.git(&["revert", "--no-edit", "HEAD"]));
    repo.git(&["reset", "-q", "--hard"]).exits(0);
    repo.git(&["revert", "--no-edit", "HEAD~2"]).exits(0);
}

#[test]
fn a_rebase_is_stopped_where_it_brings_a_secret() {
    let repo = with_secret_on_a_branch();
    repo.git(&["checkout", "-q", "side"]).exits(0);
    refused(repo.git(&["rebase", "main"]));
    repo.git(&["rebase", "--abort"]).exits(0);
}

#[test]
fn a_conflict_that_is_resolved_with_a_secret_stops_the_rebase() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("a.txt", "side\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("a.txt", "main\n");
    repo.hooks(&["pre-commit", "prepare-commit-msg"]);
    repo.git(&["checkout", "-q", "side"]).exits(0);
    assert_ne!(repo.git(&["rebase", "main"]).code, 0);
    repo.stage("a.txt", key(0));
    refused(repo.git(&["rebase", "--continue"]));
    repo.stage("a.txt", "both\n");
    repo.git(&["rebase", "--continue"]).exits(0);
}

#[test]
fn no_verify_is_respected_by_a_plain_commit_and_caught_by_the_push() {
    let (repo, _remote) = with_remote();
    repo.hooks(&["pre-commit", "prepare-commit-msg", "commit-msg", "pre-push"]);
    repo.stage("secret.txt", key(0));
    refused(repo.git(&["commit", "-m", "x"]));
    repo.git(&["commit", "-q", "--no-verify", "-m", "x"]).exits(0);
    refused(repo.git(&["push", "origin", "main"]));
}

#[test]
fn am_is_stopped_by_the_patch_and_by_its_message() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("secret.txt", key(0));
    repo.git(&["checkout", "-q", "-b", "said", "main"]).exits(0);
    repo.stage("b.txt", "two\n");
    repo.commit_staged(&format!("uses {}", key(0)));
    let folder = repo.folder().join("patches");
    for branch in ["side", "said"] {
        let to = folder.join(branch);
        repo.git(&["format-patch", "-q", "-1", "-o", to.to_str().unwrap(), branch]).exits(0);
    }
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.hooks(&["applypatch-msg", "pre-applypatch"]);
    for branch in ["side", "said"] {
        let patch = fs::read_dir(folder.join(branch)).unwrap().next().unwrap().unwrap().path();
        refused(repo.git(&["am", patch.to_str().unwrap()]));
        repo.git(&["am", "--abort"]).exits(0);
    }
}

#[test]
fn a_ref_update_is_stopped_whatever_makes_it() {
    let repo = with_secret_on_a_branch();
    let side = repo.git(&["rev-parse", "side"]).out.trim().to_owned();
    repo.git(&["branch", "-q", "-D", "side"]).exits(0);
    repo.hooks(&["reference-transaction"]);
    refused(repo.git(&["update-ref", "refs/heads/again", &side])).says("no ref was changed");
    refused(repo.git(&["branch", "again", &side]));
    repo.stage("c.txt", format!("{}\n", key(0)));
    refused(repo.git(&["commit", "-n", "-m", "x"]));
    repo.stage("c.txt", "clean\n");
    repo.git(&["commit", "-q", "-m", "clean"]).exits(0);
    repo.git(&["branch", "fine"]).exits(0);
    repo.git(&["tag", "-a", "fine", "-m", "fine"]).exits(0);
}

#[test]
fn one_variable_lets_one_command_pass_and_says_so() {
    let repo = TestRepo::new();
    repo.hooks(&["pre-commit"]);
    repo.stage("a.txt", key(0));
    let mut git = repo.command("git");
    git.env("TIGHTLIP_SKIP", "1").args(["commit", "-m", "x"]);
    repo.run(git).exits(0).says("not scanned, because TIGHTLIP_SKIP is set");
}

#[test]
fn what_git_never_says_to_a_hook_is_an_error() {
    let repo = TestRepo::new();
    for (arguments, input) in [
        (&["hook", "pre-push", "origin", "url"][..], "refs/heads/main\n"),
        (&["hook", "pre-receive"], "0123 4567 refs/heads/main\n"),
        (&["hook", "commit-msg"], ""),
        (&["hook", "no-such-hook"], ""),
    ] {
        repo.tightlip_with_input(arguments, input.as_bytes()).exits(2);
    }
    repo.tightlip_with_input(&["hook", "pre-push", "origin", "url"], b"").exits(0);
}

#[test]
fn a_push_from_a_shallow_clone_sends_what_is_here() {
    let repo = TestRepo::new();
    for number in 0..3 {
        repo.commit("a.txt", format!("{number}\n"));
    }
    let shallow = repo.folder().join("shallow");
    let url = format!("file://{}", repo.root.display());
    repo.git(&["clone", "-q", "--depth", "1", &url, shallow.to_str().unwrap()]).exits(0);
    let head = repo.head();
    let line = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40));
    let file = repo.folder().join("line");
    fs::write(&file, line).unwrap();
    let mut hook = repo.command(crate::fixture::TIGHTLIP);
    hook.current_dir(&shallow).args(["hook", "pre-push", "elsewhere", "url"]);
    hook.stdin(fs::File::open(file).unwrap());
    repo.run(hook).exits(0);
}

#[test]
fn a_copy_under_another_path_is_not_hidden_by_the_one_that_is_allowed() {
    let (repo, _remote) = with_remote();
    repo.commit(".tightlip.toml", "[[allow]]\nreason = 'fixtures'\npaths = ['fixtures/']\n");
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    repo.hooks(&["pre-push"]);
    repo.stage("fixtures/a", key(0));
    repo.commit("src/a", key(0));
    refused(repo.git(&["push", "origin", "main"])).says("src/a:1:1");
}

#[test]
fn a_push_to_another_address_than_the_fetch_address_reads_everything() {
    let (repo, _remote) = with_remote();
    repo.commit("secret.txt", key(0));
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    repo.hooks(&["pre-push"]);
    let other = TestRepo::unborn(&["init", "-q", "--bare"]);
    repo.git(&["remote", "set-url", "--push", "origin", other.root.to_str().unwrap()]).exits(0);
    refused(repo.git(&["push", "origin", "main"]));
}

#[test]
fn a_ref_that_is_not_looked_at_proves_nothing() {
    let repo = with_secret_on_a_branch();
    let side = repo.git(&["rev-parse", "side"]).out.trim().to_owned();
    repo.git(&["branch", "-q", "-D", "side"]).exits(0);
    repo.hooks(&["reference-transaction"]);
    repo.git(&["update-ref", "refs/odd/one", &side]).exits(0);
    refused(repo.git(&["branch", "again", "refs/odd/one"]));
}

#[test]
fn what_is_known_of_one_address_says_nothing_of_another() {
    let repo = TestRepo::new();
    for name in ["up.git", "other.git"] {
        repo.git_in("..", &["init", "-q", "--bare", name]).exits(0);
    }
    let address = |name: &str| repo.folder().join(name).to_str().unwrap().to_owned();
    repo.git(&["remote", "add", "pub", &address("up.git")]).exits(0);
    repo.commit("a.txt", format!("{}\n", key(0)));
    repo.git(&["push", "-q", "pub", "main"]).exits(0);
    repo.hooks(&["pre-push"]);
    repo.git(&["push", "-q", "pub", "main"]).exits(0);
    // Pushed elsewhere than it is fetched from.
    let instead = format!("url.{}.pushInsteadOf", address("other.git"));
    repo.git(&["config", &instead, &address("up.git")]).exits(0);
    repo.git(&["push", "-q", "pub", "main"]).exits(1);
    repo.git(&["config", "--unset", &instead]).exits(0);
    // Another remote's refs stand below this one's.
    repo.git(&["remote", "rename", "pub", "all/pub"]).exits(0);
    repo.git(&["remote", "add", "all", &address("other.git")]).exits(0);
    repo.git(&["push", "-q", "all", "main"]).exits(1);
}

#[test]
fn a_merge_in_a_partial_clone_does_not_miss_what_it_never_asked_for() {
    let (repo, remote) = with_remote();
    repo.git_in(&remote.root, &["config", "uploadpack.allowFilter", "true"]).exits(0);
    let clone = repo.folder().join("partial");
    let url = format!("file://{}", remote.root.display());
    repo.git(&["clone", "-q", "--filter=blob:none", &url, clone.to_str().unwrap()]).exits(0);
    for version in ["one", "two", "three"] {
        repo.commit("m.txt", version);
    }
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    repo.git_in(&clone, &["commit", "-q", "--allow-empty", "-m", "own"]).exits(0);
    let mut install = repo.command(crate::fixture::TIGHTLIP);
    install.current_dir(&clone).args(["install"]);
    repo.run(install).exits(0);
    repo.git_in(&clone, &["pull", "-q", "--no-rebase", "--no-edit"]).exits(0);
    // A secret among what came is found.
    repo.commit("m.txt", key(0));
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    refused(repo.git_in(&clone, &["pull", "-q", "--no-rebase", "--no-edit"]));
}

#[test]
fn what_a_remote_has_is_called_pushed_whatever_is_scanned() {
    let (repo, _remote) = with_remote();
    repo.commit("b.txt", key(0));
    let pushed = |arguments: &[&str]| {
        let said = repo.tightlip(&[&["history", "--format", "jsonl"], arguments].concat());
        said.objects("finding").iter().all(|finding| finding["pushed"] == true)
    };
    let ways = [&[][..], &["HEAD"], &["--branch", "main"], &["-n", "5"], &["HEAD^..HEAD"]];
    assert!(ways.iter().all(|way| !pushed(way)));
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
    for way in ways {
        assert!(pushed(way), "{way:?}");
    }
    assert!(pushed(&["origin/main"]));
}

/// Pushes a branch `leak` with a secret past the hooks, and goes back to a `main` without it.
fn leak(repo: &TestRepo) -> String {
    repo.git(&["checkout", "-q", "-b", "leak"]).exits(0);
    repo.commit("secret.txt", format!("{}\n", key(0)));
    let leak = repo.head();
    repo.git(&["push", "-q", "origin", "leak"]).exits(0);
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.hooks(&["pre-push"]);
    leak
}

#[test]
fn a_branch_that_the_remote_has_deleted_proves_nothing() {
    let (repo, remote) = with_remote();
    leak(&repo);
    repo.git(&["push", "-q", "origin", "leak:again"]).exits(0);
    repo.git(&["push", "-q", "origin", ":again"]).exits(0);
    repo.git_in(&remote.root, &["branch", "-q", "-D", "leak"]).exits(0);
    refused(repo.git(&["push", "origin", "leak:other"]));
    repo.git(&["merge", "-q", "--ff-only", "leak"]).exits(0);
    refused(repo.git(&["push", "origin", "main"]));
}

#[test]
fn a_branch_that_was_forced_back_proves_nothing() {
    let (repo, remote) = with_remote();
    let clean = repo.head();
    leak(&repo);
    repo.git_in(&remote.root, &["update-ref", "refs/heads/leak", &clean]).exits(0);
    refused(repo.git(&["push", "origin", "leak:other"]));
    refused(repo.git(&["push", "origin", "leak"]));
    repo.git(&["push", "-q", "origin", "main:clean"]).exits(0);
}

#[test]
fn what_was_fetched_before_the_address_changed_proves_nothing() {
    let (repo, _remote) = with_remote();
    leak(&repo);
    let other = TestRepo::unborn(&["init", "-q", "--bare"]);
    let address = other.root.to_str().unwrap();
    repo.git(&["remote", "set-url", "origin", address]).exits(0);
    refused(repo.git(&["push", "origin", "leak"]));
    refused(repo.git(&["push", "origin", "leak:elsewhere"]));
    refused(repo.git(&["push", "--mirror", "origin"]));
    repo.git(&["push", "-q", "origin", "main"]).exits(0);
}

#[test]
fn a_push_to_an_address_of_this_machine_knows_all_that_is_there() {
    let (repo, remote) = with_remote();
    leak(&repo);
    // The refs that tell of it are gone, and a URL has none.
    let prune = ["update-ref", "-d", "refs/remotes/origin/leak"];
    repo.git(&prune).exits(0);
    repo.git(&["push", "-q", "origin", "leak:one"]).exits(0);
    repo.git(&["push", "-q", remote.root.to_str().unwrap(), "leak:two"]).exits(0);
    let url = format!("file://{}", remote.root.display());
    repo.git(&["push", "-q", &url, "leak:three"]).exits(0);
}

#[test]
fn asking_a_remote_runs_nothing_that_the_repository_names() {
    let repo = TestRepo::new();
    let address = "../near.git";
    repo.git(&["init", "-q", "--bare", address]).exits(0);
    let (marker, evil) = (repo.folder().join("marker"), repo.folder().join("evil"));
    repo.script(&evil, &format!("#!/bin/sh\ntouch '{}'\n", marker.display()));
    let file = repo.folder().join("line");
    let line = format!("refs/heads/main {} refs/heads/x {}\n", repo.head(), "0".repeat(40));
    fs::write(&file, line).unwrap();
    for (key, value) in [
        (format!("remote.{address}.uploadpack"), evil.to_str().unwrap()),
        ("protocol.ext.allow".to_owned(), "always"),
        (format!("url.ext::{} .insteadOf", evil.display()), address),
    ] {
        repo.git(&["config", &key, value]).exits(0);
        let mut hook = repo.command(crate::fixture::TIGHTLIP);
        hook.args(["hook", "pre-push", "origin", address]).env_remove("GIT_ALLOW_PROTOCOL");
        hook.stdin(fs::File::open(&file).unwrap());
        let _ = repo.run(hook);
        assert!(!marker.exists(), "{key}");
    }
}

/// A repository whose remote is no directory of this machine: git says `lines` of a push to it.
struct Far {
    repo: TestRepo,
    leak: String,
    clean: String,
}

impl Far {
    const URL: &str = "ssh://host.invalid/repository";

    fn new() -> Self {
        let (repo, _remote) = with_remote();
        let clean = repo.head();
        let leak = leak(&repo);
        repo.git(&["remote", "set-url", "origin", Far::URL]).exits(0);
        Far { repo, leak, clean }
    }

    fn pushes(&self, lines: &[(&str, &str, &str)]) -> Ran {
        let zero = "0".repeat(40);
        let id = |id: &str| if id.is_empty() { zero.clone() } else { id.to_owned() };
        let line = |(ours, name, theirs): &(&str, &str, &str)| {
            format!("refs/heads/x {} {name} {}\n", id(ours), id(theirs))
        };
        let text: String = lines.iter().map(line).collect();
        let arguments = ["hook", "pre-push", "origin", Far::URL];
        self.repo.tightlip_with_input(&arguments, text.as_bytes())
    }
}

#[test]
fn where_git_contradicts_one_ref_of_a_remote_none_of_them_counts() {
    let far = Far::new();
    let (leak, clean) = (far.leak.as_str(), far.clean.as_str());
    let doubted = |said: Ran, name: &str| {
        let text = format!("tightlip: refs/remotes/origin/{name} is not what origin has now");
        refused(said.says(&text).says("`git fetch --prune origin` brings"));
    };
    // Nothing speaks against them.
    far.pushes(&[(leak, "refs/heads/new", "")]).exits(0).never_says("is not what origin has");
    far.pushes(&[(leak, "refs/heads/main", clean)]).exits(0).never_says("is not what origin has");
    far.pushes(&[(leak, "refs/tags/v1", "")]).exits(0).never_says("is not what origin has");
    // The branch is gone, has gone back, or is at what nobody here knows.
    doubted(far.pushes(&[(leak, "refs/heads/leak", "")]), "leak");
    doubted(far.pushes(&[(leak, "refs/heads/leak", clean)]), "leak");
    doubted(far.pushes(&[(leak, "refs/heads/main", &"1".repeat(40))]), "main");
    // One of several refs is enough, also one that is to be deleted.
    doubted(far.pushes(&[(leak, "refs/heads/new", ""), (clean, "refs/heads/main", "")]), "main");
    doubted(far.pushes(&[("", "refs/heads/leak", clean), (leak, "refs/heads/new", "")]), "leak");
    // A branch that has moved on still has what it had.
    far.repo.git(&["update-ref", "refs/remotes/origin/main", clean]).exits(0);
    far.pushes(&[(leak, "refs/heads/main", leak)]).exits(0).never_says("is not what origin has");
    // What a push brings beside the doubt is read, and nothing more is wrong with it.
    far.pushes(&[(clean, "refs/heads/leak", "")]).exits(0).says("is not what origin has");
}

#[test]
fn what_the_first_of_two_addresses_has_the_second_need_not_have() {
    let far = Far::new();
    let second = "ssh://second.invalid/repository";
    far.repo.git(&["remote", "set-url", "--add", "origin", second]).exits(0);
    far.pushes(&[(&far.leak, "refs/heads/new", "")]).exits(0);
    let line = format!("refs/heads/x {} refs/heads/new {}\n", far.leak, "0".repeat(40));
    let arguments = ["hook", "pre-push", "origin", second];
    refused(far.repo.tightlip_with_input(&arguments, line.as_bytes()));
}

#[test]
fn a_ref_that_no_fetch_brings_up_to_date_proves_nothing() {
    let far = Far::new();
    far.pushes(&[(&far.leak, "refs/heads/new", "")]).exits(0);
    let fetch = ["config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"];
    far.repo.git(&fetch).exits(0);
    refused(far.pushes(&[(&far.leak, "refs/heads/new", "")]));
}

#[test]
fn a_remote_elsewhere_is_asked_where_that_is_switched_on() {
    let far = Far::new();
    let server = TestRepo::unborn(&["init", "-q", "--bare"]);
    // The last argument is the command for the other machine; it names the path of the URL.
    let ssh = "#!/bin/sh\nfor last; do :; done\necho asked >>\"$0.log\"\n\
               eval \"${last%% *} \\\"$SERVER\\\"\"\n";
    let program = far.repo.folder().join("ssh");
    fs::write(&program, ssh).unwrap();
    let file = far.repo.folder().join("line");
    let line = format!("refs/heads/x {} refs/heads/new {}\n", far.leak, "0".repeat(40));
    fs::write(&file, line).unwrap();
    let push = |server: &std::path::Path| {
        let mut hook = far.repo.command(crate::fixture::TIGHTLIP);
        hook.args(["hook", "pre-push", "origin", Far::URL]).stdin(fs::File::open(&file).unwrap());
        let program = format!("sh '{}'", program.display());
        hook.env("GIT_SSH_COMMAND", program)
            .env("GIT_SSH_VARIANT", "simple")
            .env("GIT_ALLOW_PROTOCOL", "file:ssh")
            .env("SERVER", server);
        far.repo.run(hook)
    };
    let note = "`git config tightlip.askRemote true` has the remote asked";
    let _ = far.repo.tightlip(&["doctor"]).says(note);
    push(&server.root).exits(0);
    assert!(!program.with_extension("log").exists(), "nothing leaves the machine unasked");
    far.repo.git(&["config", "tightlip.askRemote", "true"]).exits(0);
    let _ = far.repo.tightlip(&["doctor"]).never_says(note);
    refused(push(&server.root));
    assert!(program.with_extension("log").exists());
    far.repo.git(&["push", "-q", "--no-verify", server.root.to_str().unwrap(), "leak"]).exits(0);
    push(&server.root).exits(0);
    let said = push(&server.root.join("nowhere"));
    refused(said.says("`ssh://host.invalid/repository` could not be asked what it has"));
}
