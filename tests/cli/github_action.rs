//! The script of the GitHub Action, run as a runner runs it.
#![cfg(unix)]

use std::path::Path;

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key};

/// Runs the script for a recorded event; returns what it said and what it wrote for later steps.
fn run(repo: &TestRepo, name: &str, event: &serde_json::Value) -> (Ran, String, String) {
    let event_file = repo.folder().join("event.json");
    std::fs::write(&event_file, event.to_string()).unwrap();
    let [output, summary, report] =
        ["output", "summary", "report.sarif"].map(|file| repo.folder().join(file));
    for file in [&output, &summary] {
        std::fs::write(file, "").unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/github/scan.sh");
    let mut command = repo.command("sh");
    let folder = Path::new(TIGHTLIP).parent().unwrap().display();
    command
        .arg(script)
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", &event_file)
        .env("GITHUB_SHA", repo.head())
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_OUTPUT", &output)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("TIGHTLIP_SARIF", &report)
        .env("TIGHTLIP_ARGUMENTS", "--threads 1");
    let said = repo.run(command);
    let read = |file: &Path| std::fs::read_to_string(file).unwrap_or_default();
    (said, read(&output) + &read(&summary), read(&report))
}

#[test]
fn a_push_is_annotated_and_reported_for_code_scanning() {
    let repo = TestRepo::new();
    repo.commit("a", key(0));
    let before = repo.head();
    repo.commit("b", "clean");
    let event = |before: &str| {
        serde_json::json!({
            "ref": "refs/heads/main",
            "before": before,
            "after": repo.head(),
            "created": false,
            "forced": false,
            "repository": {"default_branch": "main"},
        })
    };
    let (said, for_later, report) = run(&repo, "push", &event(&before));
    let said = said.exits(0);
    assert!(for_later.contains("status=0\n"), "{for_later} {said:?}");
    assert!(report.contains("\"results\":["), "{report}");
    repo.commit("c", key(1));
    let (said, for_later, report) = run(&repo, "push", &event(&before));
    let said = said.exits(1);
    assert!(said.out.contains("::error file=c,line=1"), "{said:?}");
    assert!(for_later.contains("status=1\n") && for_later.contains('|'), "{for_later}");
    assert!(report.contains("aws-access-key-id") && !report.contains(&key(1)));
    assert!(!said.out.contains("file=a"), "it was there before: {said:?}");
}

#[test]
fn a_pull_request_of_which_nothing_is_here_ends_in_2() {
    let repo = TestRepo::new();
    let gone = "0123456789012345678901234567890123456789";
    let event = serde_json::json!({
        "pull_request": {"number": 7, "head": {"sha": gone, "ref": "feature"}, "base": {"sha": gone, "ref": "main"}},
    });
    let (said, for_later, _) = run(&repo, "pull_request", &event);
    let said = said.exits(2);
    assert!(said.err.contains("fetch-depth: 0"), "{said:?}");
    assert!(for_later.contains("status=2\n"), "{for_later}");
}
