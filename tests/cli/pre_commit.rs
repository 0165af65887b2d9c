//! The pre-commit framework: its ids, and what it passes to each stage.

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key};

/// What the framework sets in a push, beside `PRE_COMMIT=1`.
fn push(repo: &TestRepo, variables: &[(&str, &str)]) -> Ran {
    let mut command = repo.command(TIGHTLIP);
    command.args(["hook", "pre-push"]).env("PRE_COMMIT", "1");
    command.envs(variables.iter().map(|(name, value)| (format!("PRE_COMMIT_{name}"), value)));
    repo.run(command)
}

/// A repository with a remote that has its first commit.
fn with_remote() -> (TestRepo, String) {
    let repo = TestRepo::new();
    let remote = repo.folder().join("remote.git").display().to_string();
    repo.git(&["init", "-q", "--bare", &remote]).exits(0);
    repo.git(&["remote", "add", "origin", &remote]).exits(0);
    repo.commit("old.txt", key(1));
    repo.git(&["push", "-q", "--no-verify", "origin", "main"]).exits(0);
    (repo, remote)
}

#[test]
fn a_push_is_what_the_framework_says_in_variables() {
    let (repo, remote) = with_remote();
    let before = repo.head();
    repo.commit("new.txt", key(2));
    repo.commit("new.txt", "clean again\n");
    let head = repo.head();
    let names = [
        ("LOCAL_BRANCH", "refs/heads/main"),
        ("REMOTE_BRANCH", "refs/heads/main"),
        ("REMOTE_NAME", "origin"),
        ("REMOTE_URL", remote.as_str()),
    ];
    let refs = [("FROM_REF", before.as_str()), ("TO_REF", &head)];
    let said = push(&repo, &[&names[..], &refs].concat()).exits(1);
    said.says("new.txt:1:1").never_says("old.txt").says("nothing was pushed");
    // The whole tree is pushed: the framework names no range.
    push(&repo, &names).exits(1).says("new.txt:1:1").never_says("old.txt");
    // By hand, with --from-ref and --to-ref.
    push(&repo, &[("FROM_REF", "HEAD~1"), ("TO_REF", "HEAD")]).exits(0);
    push(&repo, &[("FROM_REF", "HEAD~2"), ("TO_REF", "main")]).exits(1).says("new.txt:1:1");
    // Refs that were fetched from elsewhere do not tell what this remote has.
    let elsewhere = [&names[..3], &[("REMOTE_URL", "/elsewhere")], &refs].concat();
    push(&repo, &elsewhere).exits(1).says("new.txt:1:1").says("old.txt:1:1");
    // A URL has no refs: what it is said to have is from itself.
    let url = [("REMOTE_NAME", remote.as_str()), names[3], names[0], names[1]];
    let said = push(&repo, &[&url[..], &refs].concat()).exits(1);
    said.says("new.txt:1:1").never_says("old.txt");
    // A name of a branch that holds a secret is pushed, too.
    let branch = format!("refs/heads/{}", key(3));
    let clean = [("FROM_REF", head.as_str()), ("TO_REF", &head), ("REMOTE_BRANCH", &branch)];
    push(&repo, &clean).exits(1).says("name of the ref");
}

#[test]
fn a_push_that_nothing_tells_of_never_passes() {
    let (repo, _) = with_remote();
    push(&repo, &[]).exits(2).says("cannot tell what is pushed").says("use_stdin: true");
    repo.tightlip_with_input(&["hook", "pre-push"], b"")
        .exits(2)
        .says("cannot tell what is pushed");
    repo.tightlip_with_input(&["hook", "pre-push"], b"\n").exits(2);
    push(&repo, &[("TO_REF", "nowhere")]).exits(2).says("PRE_COMMIT_TO_REF is `nowhere`");
    push(&repo, &[("TO_REF", "--all")]).exits(2).says("names nothing here");
    push(&repo, &[("TO_REF", "HEAD"), ("FROM_REF", "gone")]).exits(2).says("PRE_COMMIT_FROM_REF");
    push(&repo, &[("TO_REF", &"b".repeat(40)), ("FROM_REF", "HEAD")]).exits(2);
    push(&repo, &[("LOCAL_BRANCH", "refs/heads/nowhere")]).exits(2);
    // What git says counts more than variables that another program has left behind.
    let zeros = "0".repeat(40);
    let line = format!("refs/heads/main {} refs/heads/main {zeros}\n", repo.head());
    let mut command = repo.command(TIGHTLIP);
    command.args(["hook", "pre-push", "nowhere", "/nowhere"]).env("PRE_COMMIT_TO_REF", "nowhere");
    let input = repo.folder().join("line");
    std::fs::write(&input, line).unwrap();
    command.stdin(std::fs::File::open(input).unwrap());
    repo.run(command).exits(1).says("old.txt:1:1");
}

#[test]
fn a_message_of_a_merge_is_known_by_its_variable() {
    let repo = TestRepo::new();
    repo.write("staged.txt", key(1));
    repo.git(&["add", "-A"]).exits(0);
    repo.write(".git/MSG", "x\n");
    let prepare = |source: &str| {
        let mut command = repo.command(TIGHTLIP);
        command
            .args(["hook", "prepare-commit-msg", ".git/MSG"])
            .env("PRE_COMMIT", "1")
            .env("PRE_COMMIT_COMMIT_MSG_SOURCE", source);
        repo.run(command)
    };
    prepare("message").exits(1).says("staged.txt:1:1");
    // pre-merge-commit has looked at it.
    prepare("merge").exits(0);
}

/// Each hook of `.pre-commit-hooks.yaml`, as the values of its keys.
fn hooks() -> Vec<Vec<(String, String)>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let mut found: Vec<Vec<(String, String)>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with("- ") {
            found.push(Vec::new());
        }
        let (key, value) = line[2..].split_once(": ").unwrap();
        found.last_mut().unwrap().push((key.trim().to_owned(), value.to_owned()));
    }
    found
}

#[test]
fn every_stage_has_an_id_that_runs_a_command_that_there_is() {
    let repo = TestRepo::new();
    repo.write(".git/MSG", "x\n");
    let value = |hook: &[(String, String)], name: &str| {
        let found = hook.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let hooks = hooks();
    let mut stages = Vec::new();
    for hook in &hooks {
        let entry = value(hook, "entry");
        let stage = value(hook, "stages");
        stages.extend(stage.trim_matches(['[', ']']).split(", ").map(str::to_owned));
        // Nothing may be skipped because no file fits.
        assert_eq!(value(hook, "always_run"), "true", "{hook:?}");
        let takes_files = entry == "tightlip staged" || stage.contains("msg");
        assert_eq!(value(hook, "pass_filenames") == "false", !takes_files, "{hook:?}");
        let mut words: Vec<&str> = entry.split(' ').skip(1).collect();
        if stage.contains("msg") {
            words.push(".git/MSG");
        }
        let status = if stage == "[pre-push]" { 2 } else { 0 };
        let mut command = repo.command(TIGHTLIP);
        command.args(&words).env("PRE_COMMIT", "1").stdin(std::process::Stdio::null());
        repo.run(command).exits(status);
    }
    stages.sort();
    stages.dedup();
    let all = [
        "commit-msg",
        "manual",
        "pre-commit",
        "pre-merge-commit",
        "pre-push",
        "prepare-commit-msg",
    ];
    assert_eq!(stages, all);
}
