//! `tightlip allow` and `tightlip baseline`: what is fine, and what was there before.

use crate::fixture::{Ran, TestRepo, key, made};

fn password(number: usize) -> String {
    format!("password = \"Zebra-hunt3r!{number}\"\n")
}

/// Scans what is staged, as a hook does, and returns the fingerprints of what is reported.
fn staged(repo: &TestRepo) -> Vec<String> {
    fingerprints(&repo.tightlip(&["staged", "--format", "jsonl"]))
}

fn fingerprints(said: &Ran) -> Vec<String> {
    let findings = said.objects("finding");
    findings.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

fn allow(repo: &TestRepo, arguments: &[&str]) -> Ran {
    repo.tightlip(&[&["allow"], arguments, &["--reason", "a 'sample'"]].concat())
}

#[test]
fn what_just_blocked_is_allowed_by_its_short_fingerprint() {
    let repo = TestRepo::new();
    let before = "# ours\ndisable = ['jwt']   # noisy\n";
    repo.write(".tightlip.toml", before);
    repo.stage("package-lock.json", format!("{{\"k\": \"{}\"}}", key(0)));
    repo.stage("b", key(1));
    let said = repo.tightlip(&["staged"]).exits(1);
    let lines: Vec<&str> =
        said.out.lines().filter(|line| line.contains("tightlip allow")).collect();
    assert_eq!(lines.len(), 2, "{}", said.out);
    let short = lines[1].split(' ').find(|word| word.len() == 8 && !word.contains('t')).unwrap();
    allow(&repo, &[short]).exits(0).says("allowed in .tightlip.toml: ");
    assert_eq!(staged(&repo).len(), 1);
    let text = std::fs::read_to_string(repo.root.join(".tightlip.toml")).unwrap();
    assert!(text.starts_with(before) && !text.contains(&key(1)), "{text}");
    allow(&repo, &["--last"]).exits(0);
    assert_eq!(staged(&repo).len(), 0);
    repo.tightlip(&["staged", "-v"]).exits(0).says("a 'sample' (.tightlip.toml:");
}

#[test]
fn a_token_is_allowed_in_every_file_and_a_password_only_in_its_own() {
    let repo = TestRepo::new();
    repo.stage("a", format!("{}\n{}", key(0), password(0)));
    assert_eq!(staged(&repo).len(), 2);
    allow(&repo, &["--last"]).exits(0).says("and in every other file");
    assert_eq!(staged(&repo).len(), 0);
    // Moved and formatted anew, and copied.
    repo.git(&["mv", "a", "b"]).exits(0);
    repo.stage("b", format!("\n\n  {}\n{}", key(0), password(0)));
    assert_eq!(staged(&repo).len(), 1);
    let only_here = TestRepo::new();
    only_here.stage("a", key(0));
    assert_eq!(staged(&only_here).len(), 1);
    allow(&only_here, &["--last", "--only-here"]).exits(0);
    assert_eq!(staged(&only_here).len(), 0);
    only_here.git(&["mv", "a", "b"]).exits(0);
    assert_eq!(staged(&only_here).len(), 1);
}

#[test]
fn what_cannot_be_allowed_is_said_and_nothing_is_written() {
    let repo = TestRepo::new();
    allow(&repo, &["--last"]).exits(2).says("has found anything yet");
    repo.stage("a", key(0));
    let whole = staged(&repo).remove(0);
    allow(&repo, &["ffffffff"]).exits(2).says("begins with `ffffffff`");
    allow(&repo, &[&whole[..3]]).exits(2).says("too short");
    repo.tightlip(&["allow", &whole]).exits(2).says("--reason");
    repo.tightlip(&["allow", &whole, "--reason", ""]).exits(2);
    assert!(!repo.root.join(".tightlip.toml").exists());
    repo.write(".tightlip.toml", "allow = []\n");
    allow(&repo, &[&whole]).exits(2).says("nothing was written");
    assert_eq!(std::fs::read_to_string(repo.root.join(".tightlip.toml")).unwrap(), "allow = []\n");
    std::fs::remove_file(repo.root.join(".tightlip.toml")).unwrap();
    allow(&repo, &[&whole, "--user"]).exits(0);
    assert!(!repo.root.join(".tightlip.toml").exists());
    assert_eq!(staged(&repo).len(), 0);
}

/// A history with a renamed file, a pair of AWS, a message and the name of a file.
fn long_history(repo: &TestRepo) {
    repo.commit("old name", format!("{}{}", password(1), "line\n".repeat(50)));
    repo.git(&["mv", "old name", "new"]).exits(0);
    repo.commit_staged("moved");
    let pair = "aws_access_key_id = AKIA{base32:16}\naws_secret_access_key = {base64:40}\n";
    repo.commit("pair", made(pair));
    repo.write(format!("{}/file", key(3)), "clean");
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged(&format!("say {}", key(4)));
}

#[test]
fn a_runs_baseline_silences_exactly_that_run() {
    let repo = TestRepo::new();
    long_history(&repo);
    let history = || repo.tightlip(&["history", "--format", "jsonl"]);
    assert!(fingerprints(&history().exits(1)).len() >= 4);
    repo.tightlip(&["baseline", "create", "--reason", "old", "--owner", "me"]).exits(0);
    let said = history().exits(0);
    assert_eq!(said.objects("finding").len(), 0);
    let text = std::fs::read_to_string(repo.root.join(".tightlip.baseline")).unwrap();
    assert!(text.lines().is_sorted());
    for secret in ["Zebra", &key(3), &key(4)] {
        assert!(!text.contains(secret), "{text}");
    }
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("the baseline");
    history().exits(0);
    repo.commit("after", key(5));
    assert_eq!(fingerprints(&history().exits(1)).len(), 1);
    repo.tightlip(&["baseline", "create"]).exits(2).says("baseline update");
    let update = |flags: &[&str]| repo.tightlip(&[&["baseline", "update"], flags].concat());
    update(&["--ratchet"]).exits(1).says("1 new and not added");
    history().exits(1);
    update(&[]).exits(0).says("1 of them new, 0 gone");
    history().exits(0);
    // Of one rule alone, all that the others accept would be gone.
    let one = ["--rule", "jwt"];
    repo.tightlip(&[&["history"], &one[..]].concat()).exits(0).never_says("prune");
    repo.tightlip(&[&["baseline", "prune"], &one[..]].concat()).exits(2).says("--rule");
    // What was accepted first keeps its reason.
    repo.tightlip(&["baseline", "show"]).exits(0).says("reason: old").says("owner: me");
}

#[test]
fn what_is_gone_or_expired_is_reported_and_pruned() {
    let repo = TestRepo::new();
    repo.commit("a", key(0));
    repo.tightlip(&["baseline", "create", "--until", "2020-01-31"]).exits(0);
    let said = repo.tightlip(&["history"]).exits(1);
    assert!(said.out.contains("the baseline accepted it until 2020-01-31"), "{}", said.out);
    // Nothing of the reason reaches a report unescaped.
    let before = std::fs::read_to_string(repo.root.join(".tightlip.baseline")).unwrap();
    let said = ",\"reason\":\"old \\u001b[2J\",\"until\"";
    repo.write(".tightlip.baseline", before.replace(",\"until\"", said));
    let history = repo.tightlip(&["history", "--format", "jsonl"]).exits(1);
    let finding = &history.objects("finding")[0];
    let warning = finding["warnings"][0].as_str().unwrap();
    assert!(warning.contains("old \\x1b[2J"), "{warning}");
    repo.tightlip(&["baseline", "show"]).exits(0).says("EXPIRED").says("1 expired");
    let ratchet = repo.tightlip(&["baseline", "update", "--ratchet"]).exits(1);
    ratchet.says("1 entry has expired").says("0 accepted, 0 gone, 0 new");
    repo.tightlip(&["baseline", "prune"]).exits(0).says("0 accepted, 0 gone, 1 expired");
    repo.tightlip(&["baseline", "update", "--until", "2999-01-31"]).exits(0).says("1 of them new");
    repo.tightlip(&["history"]).exits(0).never_says("prune");
    repo.git(&["commit", "-q", "--allow-empty", "-m", "x"]).exits(0);
    repo.git(&["checkout", "-q", "--orphan", "other"]).exits(0);
    repo.git(&["rm", "-rqf", "."]).exits(0);
    repo.commit("clean", "clean");
    repo.git(&["branch", "-qD", "main"]).exits(0);
    repo.tightlip(&["history"]).exits(0).says("1 entry of the baseline fits nothing any more");
    repo.tightlip(&["baseline", "prune"]).exits(0).says("0 accepted, 1 gone");
    repo.tightlip(&["baseline", "create", "--until", "soon"]).exits(2).says("2027-01-31");
}

#[test]
fn a_baseline_that_is_broken_or_not_there_ends_in_2() {
    let repo = TestRepo::new();
    repo.stage("a", key(0));
    repo.write(".tightlip.baseline", "{\"fingerprint\":\"x\"}\n");
    repo.tightlip(&["staged"]).exits(2).says(".tightlip.baseline:1: ").says("aws-access-key-id");
    repo.write("clean", "clean");
    // Nothing is found, and the file is as broken.
    repo.tightlip(&["scan", "clean"]).exits(2).says(".tightlip.baseline:1: ");
    let named = ["--baseline", "nowhere"];
    repo.tightlip(&[&["scan", "clean"], &named[..]].concat()).exits(2).says("nowhere");
    std::fs::remove_file(repo.root.join(".tightlip.baseline")).unwrap();
    std::os::unix::fs::symlink("nowhere", repo.root.join(".tightlip.baseline")).unwrap();
    repo.tightlip(&["staged"]).exits(2).says("it cannot be read");
}

#[test]
fn two_branches_that_add_to_it_merge_without_a_conflict() {
    let repo = TestRepo::new();
    repo.commit("a", key(0));
    repo.tightlip(&["baseline", "create"]).exits(0);
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("baseline");
    for branch in ["one", "two"] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]).exits(0);
        for number in 0..6 {
            let number = number + if branch == "one" { 10 } else { 20 };
            repo.commit(&format!("{branch}-{number}"), password(number));
        }
        // Each branch accepts what it sees: of all refs, both at last.
        repo.tightlip(&["baseline", "update", "--reason", branch]).exits(0);
        repo.git(&["add", "."]).exits(0);
        repo.commit_staged(branch);
    }
    repo.git(&["merge", "-q", "one", "-m", "merge"]).exits(0);
    repo.tightlip(&["history"]).exits(0);
    let text = std::fs::read_to_string(repo.root.join(".tightlip.baseline")).unwrap();
    assert!(text.lines().count() >= 13, "{text}");
}
