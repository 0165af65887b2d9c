//! What git-secrets is configured to forbid and to allow counts in `tightlip` too.

use crate::fixture::{TestRepo, key, link_program, made};

fn with(settings: &[(&str, &str)]) -> TestRepo {
    let repo = TestRepo::new();
    for (name, value) in settings {
        repo.git(&["config", "--add", name, value]).exits(0);
    }
    repo
}

#[test]
fn patterns_of_git_s_configuration_are_rules() {
    let repo = with(&[("secrets.patterns", "hush[0-9]+"), ("secrets.patterns", "(ab|cd)-\\1")]);
    repo.write("a.txt", "hush1\nhush2x\nab-cd\nab-ab\n");
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    let lines: Vec<_> = said.objects("finding").iter().map(|found| found["line"].clone()).collect();
    assert_eq!(lines, [1, 4]);
    let list = repo.tightlip(&["rules", "list"]).exits(0);
    list.says("forbidden pattern of secrets.patterns (local git configuration):1");
    // Beside the rules of the program.
    repo.write("b.txt", key(0));
    repo.tightlip(&["scan", "b.txt"]).exits(1).says("[aws-access-key-id]");
}

#[test]
fn hooks_stop_what_is_forbidden_and_pass_what_is_allowed() {
    let repo = with(&[("secrets.patterns", "hush[0-9]+")]);
    repo.hooks(&["pre-commit", "commit-msg"]);
    repo.stage("a.txt", "hush1\n");
    repo.git(&["commit", "-m", "x"]).exits(1).says("forbidden pattern of secrets.patterns");
    repo.write(".gitallowed", "hush1\n");
    repo.git(&["commit", "-m", "x"]).exits(0);
    repo.stage("a.txt", "hush1 hush2\n");
    repo.git(&["commit", "-m", "x"]).exits(1);
    repo.git(&["config", "secrets.allowScope", "line"]).exits(0);
    repo.git(&["commit", "-m", "x"]).exits(0);
    repo.git(&["commit", "--allow-empty", "-m", "hush3"]).exits(1);
}

#[test]
fn what_is_allowed_is_counted_and_told() {
    let repo = with(&[("secrets.patterns", "hush[0-9]+"), ("secrets.allowed", "^a\\.txt:")]);
    repo.write("a.txt", "hush1\n");
    let said = repo.tightlip(&["scan", "a.txt", "-v"]).exits(0);
    said.says("secrets.allowed (local git configuration):1");
}

#[test]
fn a_pattern_that_cannot_be_understood_stops_every_scan() {
    for (name, value) in [("secrets.patterns", "hu(sh"), ("secrets.allowed", "hu(sh")] {
        let repo = with(&[(name, value)]);
        repo.stage("a.txt", "x\n");
        for command in [&["scan", "a.txt"][..], &["staged"], &["history"], &["rules", "check"]] {
            repo.tightlip(command).exits(2).says(name).never_says("hu(sh");
        }
    }
}

#[test]
fn registered_aws_patterns_switch_on_account_ids() {
    let repo = TestRepo::new();
    repo.write("a.txt", format!("aws_account_id = {}\n", made("{digit:12}")));
    repo.tightlip(&["scan", "a.txt"]).exits(0);
    repo.git(&["config", "secrets.patterns", tightlip::setup::git_secrets::aws::KEY_ID]).exits(0);
    repo.tightlip(&["scan", "a.txt"]).exits(1).says("[aws-account-id]");
    repo.git(&["config", "secrets.builtinAws", "false"]).exits(0);
    repo.tightlip(&["scan", "a.txt"]).exits(0);
}

#[test]
fn providers_of_a_repository_run_in_its_hooks_alone() {
    let repo = with(&[("secrets.providers", "sh -c 'echo ran >>ran; echo hush[0-9]'")]);
    repo.stage("a.txt", "hush1\n");
    repo.write("message", "hush1\n");
    let ran = || std::fs::read_to_string(repo.root.join("ran")).unwrap_or_default();
    for command in
        [&["history"][..], &["audit"], &["scan", "a.txt"], &["staged"], &["message", "message"]]
    {
        repo.tightlip(command).exits(0).says("was not run, because the repository itself");
    }
    repo.tightlip(&["rules", "check"]).exits(0);
    assert_eq!(ran(), "");
    repo.tightlip(&["hook", "pre-commit"]).exits(1);
    assert_eq!(ran(), "ran\n");
    repo.git(&["commit", "-qm", "x"]).exits(0);
    // The user's own do.
    repo.git(&["config", "--unset-all", "secrets.providers"]).exits(0);
    repo.git(&["config", "--global", "secrets.providers", "echo hush[0-9]"]).exits(0);
    repo.tightlip(&["history"]).exits(1);
}

#[test]
fn a_provider_that_fails_stops_a_commit() {
    let repo = with(&[("secrets.providers", "false")]);
    repo.hooks(&["pre-commit"]);
    repo.stage("a.txt", "x\n");
    repo.git(&["commit", "-m", "x"]).exits(1).says("provider `false` failed");
    repo.git(&["config", "secrets.providerErrors", "ignore"]).exits(0);
    repo.git(&["commit", "-m", "x"]).exits(0);
}

#[test]
fn a_history_has_what_lines_far_from_their_changes_complete() {
    // Rules for lines look as far as a line goes, whatever was changed of it.
    let repo = with(&[("secrets.patterns", "begin .* end")]);
    let filler = "- ".repeat(3000);
    let text =
        |end: &str| format!("{}begin {filler}{end}\n{}", "x\n".repeat(500), "y\n".repeat(500));
    repo.stage("a.txt", text("here"));
    repo.git(&["commit", "-qm", "1"]).exits(0);
    repo.stage("a.txt", text("end"));
    repo.git(&["commit", "-qm", "2"]).exits(0);
    repo.git(&["gc", "-q"]).exits(0);
    repo.tightlip(&["history"]).exits(1).says("a.txt:501");
}

#[cfg(unix)]
#[test]
fn install_makes_a_second_name_for_the_program() {
    let repo = TestRepo::new();
    let bin = repo.root.join("bin");
    link_program(&bin);
    let run = |name: &str, words: &[&str]| {
        let mut command = repo.command(bin.join(name));
        command.args(words);
        repo.run(command)
    };
    let install = || run("tightlip", &["install", "--git-secrets"]);
    install().exits(0).says("is tightlip");
    install().exits(0);
    assert!(repo.root.join("share/man/man1/git-secrets.1").is_file());
    let secrets = |words: &[&str]| run("git-secrets", words);
    secrets(&["--add", "hush[0-9]+"]).exits(0);
    repo.write("a.txt", "hush1\n");
    secrets(&["--scan", "a.txt"]).exits(1).says("a.txt:1:hush1");
    std::fs::remove_file(bin.join("git-secrets")).unwrap();
    std::fs::write(bin.join("git-secrets"), "#!/bin/sh\n").unwrap();
    install().exits(2).says("is another program");
}

#[test]
fn what_a_provider_prints_is_shown_nowhere() {
    let repo = with(&[("secrets.providers", "git secrets --aws-provider")]);
    let secret = made("{base64:40}");
    let aws = repo.home().join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    std::fs::write(aws.join("credentials"), format!("aws_secret_access_key = {secret}\n")).unwrap();
    repo.write("a.txt", format!("the word {secret} alone\n"));
    // As it is, and as an expression.
    let tail = &secret[secret.len() - 12..];
    let tail = tail.rsplit(['/', '+']).next().unwrap();
    assert!(tail.len() > 3, "{tail}");
    for format in ["text", "json", "jsonl"] {
        let said = repo.tightlip(&["scan", "a.txt", "-v", "--format", format]).exits(1);
        said.says("forbidden pattern of output of provider").never_says(tail);
    }
    repo.git(&["config", "secrets.allowed", &format!("{tail}$|word .* alone")]).exits(0);
    repo.tightlip(&["scan", "a.txt", "-v"]).exits(0).never_says(tail);
    // Nor in what is said of one that cannot be understood.
    repo.write("bad", format!("{tail}(\n"));
    repo.git(&["config", "--add", "secrets.providers", "cat bad"]).exits(0);
    repo.git(&["config", "--unset", "secrets.allowed"]).exits(0);
    repo.tightlip(&["hook", "pre-commit"]).exits(2).says("is not closed").never_says(tail);
}
