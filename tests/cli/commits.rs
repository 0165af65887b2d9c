//! Pushes, merges, ref updates, and the git commands that run no pre-commit.

use std::fs;

use crate::repo::{Said, TestRepo, key};

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
fn refused(said: Said) -> Said {
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
    let mut hook = repo.command(crate::repo::TIGHTLIP);
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
    let mut install = repo.command(crate::repo::TIGHTLIP);
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
