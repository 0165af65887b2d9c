//! The command line, as `git rev-parse --parseopt` reads it.

use crate::expected::ours;
use crate::repo::{HUSH, Repo};

const USAGE: &str = "usage: git secrets --scan [-r|--recursive] [--cached] [--no-index] \
                     [--untracked] [<files>...]\n";

#[test]
fn a_first_argument_that_is_no_option_prints_the_usage() {
    let repo = Repo::new();
    let none: [&str; 0] = [];
    for words in [&none[..], &["scan"], &["--"], &["--", "--scan"], &["-"]] {
        repo.secrets(words).status(0).out_starts(USAGE).err("");
    }
    repo.git(["secrets"]).status(0).out_starts(USAGE).err("");
}

#[test]
fn help_is_the_usage_with_a_status_of_its_own() {
    let repo = Repo::new();
    for words in [&["-h"][..], &["--help"], &["--scan", "-h"]] {
        let said = repo.secrets(words).status(129).out_starts(USAGE).err("").stdout();
        for option in ["--scan-history", "--register-aws", "-r, --", "--no-index", "-f, --"] {
            assert!(said.contains(option), "{option} in {said}");
        }
        // Hooks are for hooks.
        assert!(!said.contains("commit_msg_hook"), "{said}");
    }
}

#[test]
fn an_option_that_is_not_understood_is_named() {
    let repo = Repo::new();
    for (words, error) in [
        (&["--bogus"][..], "unknown option `bogus'"),
        (&["--scan", "--bogus"], "unknown option `bogus'"),
        (&["-z"], "unknown switch `z'"),
        (&["--scan", "-rz"], "unknown switch `z'"),
        (&["--scan", "--cached=x"], "option `cached' takes no value"),
        (&["--scan=x"], "option `scan' takes no value"),
    ] {
        repo.secrets(words).status(129).err_starts(&format!("error: {error}\n"));
    }
    // The usage follows an option that does not exist, on the same stream.
    repo.secrets(["--bogus"]).out("").says(USAGE);
}

#[test]
fn a_long_option_may_be_cut_short_where_that_is_unambiguous() {
    let repo = Repo::new();
    repo.stage("f", "hush1\n");
    repo.write("f", "clean\n");
    repo.secrets(["--scan", "--cach"]).finds("f:1:hush1");
    repo.secrets(["--sca"]).status(129).says("ambiguous option: sca");
    repo.secrets(["--scan-h"]).passes();
    repo.secrets(["--lis", "--glo"]).status(1).out("").err("");
    let candidates = "(could be --pre_commit_hook or --prepare_commit_msg_hook)";
    repo.secrets(["--pre"])
        .status(129)
        .err(&format!("error: ambiguous option: pre {candidates}\n"));
    repo.secrets(["--scan", "--no-r"]).status(129).err_starts("error: ambiguous option: no-r ");
}

#[test]
fn a_command_is_found_though_its_name_begins_another() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.remove("f");
    // `--scan` and not `--scan-history`, `--add` and not `--add-provider`.
    repo.secrets(["--scan"]).passes();
    repo.secrets(["--add", "hum"]).passes();
    assert_eq!(repo.values("secrets.patterns"), [HUSH, "hum"]);
}

#[test]
fn short_options_may_be_bundled() {
    let repo = Repo::new();
    repo.secrets(["--add", "-al", "a+b"]).passes();
    repo.secrets(["--add", "-la", "c+d"]).passes();
    assert_eq!(repo.values("secrets.allowed"), ["a\\+b", "c\\+d"]);
}

#[test]
fn options_count_behind_operands_too() {
    let repo = Repo::new();
    repo.write("d/f", "hush1\n");
    repo.secrets(["--scan", "d", "-r"]).finds("d/f:1:hush1");
    repo.secrets(["d", "--scan", "--recursive", "-r"]).finds("d/f:1:hush1");
}

#[test]
fn the_command_stands_before_its_options() {
    let repo = Repo::new();
    for word in ["-r", "--cached", "--global", "--no-scan"] {
        let said = format!("Unknown option: {word}\n{USAGE}");
        repo.secrets([word, "--scan"]).status(129).out_starts(&said);
    }
}

#[test]
fn a_second_command_is_ignored() {
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    repo.secrets(["--scan", "--list", "f"]).finds("f:1:hush1");
    repo.secrets(["--list", "--scan"]).status(0).out_starts("secrets.patterns hush");
}

#[test]
fn the_negative_of_an_option_does_nothing() {
    let repo = Repo::new();
    repo.commit("d/f", "hush1\n");
    for word in ["--no-cached", "--no-untracked", "--index", "--no-recursive", "--no-force"] {
        repo.secrets(["--scan", word, "d"]).passes();
        repo.secrets(["--scan", word, "d/f"]).finds("d/f:1:hush1");
        // It takes nothing back.
        repo.secrets(["--scan", "-r", word, "d"]).finds("d/f:1:hush1");
    }
}

#[test]
fn global_is_accepted_where_it_means_nothing() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.secrets(["--scan", "--global", "f"]).finds("f:1:hush1");
    let finding = format!("{}:f:1:hush1", repo.id("HEAD"));
    repo.secrets(["--scan-history", "--global"]).finds(&finding);
}

#[test]
fn operands_of_commands_without_operands_are_ignored() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    let finding = format!("{}:f:1:hush1", repo.id("HEAD"));
    repo.secrets(["--scan-history", "no-such-thing"]).finds(&finding);
    repo.secrets(["--register-aws", "x"]).status(0).out("OK\n").err("");
    repo.secrets(["--list", "x"]).status(0).err("");
}

#[test]
fn what_follows_two_dashes_is_a_file() {
    let repo = Repo::new();
    repo.write("d/f", "hush1\n");
    let ran = repo.secrets(["--scan", "--", "-r", "d"]).status(ours(2).theirs(1));
    ran.says(ours("grep: -r: No such file or directory").theirs("d/f:1:hush1"));
    repo.write("-v", "hush1\n");
    repo.write("--cached", "hush2\n");
    repo.secrets(["--scan", "--", "--cached", "-v"])
        .status(ours(1).theirs(2))
        .says(ours("--cached:1:hush2\n-v:1:hush1\n").theirs("grep: "));
}

#[test]
fn an_option_of_another_command_is_refused() {
    let repo = Repo::new();
    for (option, word, command) in [
        ("-f", "-f|--force", "--install"),
        ("--force", "-f|--force", "--install"),
        ("-r", "-r|--recursive", "--scan"),
        ("--recursive", "-r|--recursive", "--scan"),
        ("--cached", "--cached", "--scan"),
        ("--no-index", "--no-index", "--scan"),
        ("--untracked", "--untracked", "--scan"),
        ("-a", "-a|--allowed", "--add"),
        ("-l", "-l|--literal", "--add"),
    ] {
        let said = format!("{word} can only be supplied with the {command} subcommand\n");
        let others = ["--scan", "--scan-history", "--install", "--list", "--add", "--add-provider"];
        for other in others.into_iter().filter(|other| *other != command) {
            repo.secrets([other, option]).status(1).out("").err(&said);
        }
    }
    assert!(!repo.root.join(".git/hooks/pre-commit").exists());
}

#[test]
fn recursion_is_for_files_alone() {
    let repo = Repo::new();
    let said = "-r|--recursive cannot be supplied with --cached, --no-index, or --untracked\n";
    for word in ["--cached", "--no-index", "--untracked"] {
        repo.secrets(["--scan", "-r", word]).status(1).out("").err(said);
        repo.secrets(["--scan", word, ".", "-r"]).status(1).out("").err(said);
    }
}

#[test]
fn it_is_found_as_a_command_of_git() {
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    repo.git(["secrets", "--scan", "f"]).finds("f:1:hush1");
    repo.git(["secrets"]).status(0).out_starts(USAGE).err("");
    // And so it is in hooks: no other git-secrets is tested by mistake.
    let program = repo.folder().join("bin/git-secrets");
    let found = repo.git(["-c", "alias.found=!command -v git-secrets", "found"]).status(0);
    found.out(&format!("{}\n", program.display()));
}
