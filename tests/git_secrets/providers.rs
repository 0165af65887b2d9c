//! Programs that print patterns.

use crate::expected::{ours, peer};
use crate::repo::{HUSH, Repo};

/// A repository with one provider and the file `f`.
fn with_provider(command: &str, text: &str) -> Repo {
    let repo = Repo::lax();
    repo.config("secrets.providers", command);
    repo.commit("f", text);
    repo
}

/// A script beside the repository that prints a text, and the command to run it.
fn printing(repo: &Repo, name: &str, text: &str) -> String {
    repo.write(format!("../{name}.txt"), text);
    let folder = repo.folder().display();
    format!("cat {folder}/{name}.txt")
}

#[test]
fn each_line_of_output_is_a_pattern() {
    let repo = Repo::lax();
    let command = printing(&repo, "patterns", "hush[0-9]+\nmum mum\n");
    repo.config("secrets.providers", &command);
    repo.commit("f", "hush1\nclean\nmum\nmum mum\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1\nf:4:mum mum");
    let split = "f:1:hush1\nf:3:mum\nf:4:mum mum";
    repo.secrets(["--scan"]).finds(ours("f:1:hush1\nf:4:mum mum").theirs(split));
}

#[test]
fn providers_add_to_patterns_and_to_each_other() {
    let repo = with_provider("echo mum", "hush1\nmum\nshh\n");
    repo.config("secrets.providers", "echo shh");
    repo.config("secrets.patterns", HUSH);
    let found = "f:1:hush1\nf:2:mum\nf:3:shh";
    for way in [&["--scan", "f"][..], &["--scan"], &["--scan", "--cached"]] {
        repo.secrets(way).finds(found);
    }
    repo.scan_input("shh\n").finds("(standard input):1:shh");
}

#[test]
fn a_provider_counts_in_a_hook_and_in_history() {
    let repo = with_provider("echo mum", "mum\n");
    repo.secrets(["--scan-history"]).finds(&format!("{}:f:1:mum", repo.id("HEAD")));
    repo.guard();
    repo.stage("g", "mum\n");
    repo.git(["commit", "-q", "-m", "x"]).finds("g:1:mum");
}

#[test]
fn carriage_returns_of_output_are_dropped() {
    let repo = Repo::lax();
    let command = printing(&repo, "patterns", "hush1\r\nmum\r\n");
    repo.config("secrets.providers", &command);
    repo.commit("f", "hush1\nmum\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1\nf:2:mum");
}

#[test]
fn empty_output_is_no_pattern() {
    for command in ["echo", "true", "printf \\n\\n"] {
        let repo = with_provider(command, "clean\n\nmore\n");
        repo.secrets(["--scan", "f"]).passes();
        repo.secrets(["--scan"]).passes();
        repo.config("secrets.providers", "echo more");
        repo.secrets(["--scan", "f"]).finds("f:3:more");
    }
}

#[test]
fn an_empty_line_of_output_is_no_pattern() {
    let repo = Repo::lax();
    let command = printing(&repo, "patterns", "hush1\n\nmum\n");
    repo.config("secrets.providers", &command);
    repo.commit("f", "clean\n\nmum\n");
    repo.secrets(["--scan", "f"]).finds(ours("f:3:mum").theirs("f:2:\nf:3:mum"));
}

#[test]
fn output_needs_no_last_newline() {
    let repo = with_provider("printf hush1", "hush1\n");
    repo.config("secrets.providers", "printf mum");
    repo.write("g", "mum\n");
    repo.secrets(["--scan", "f", "g"]).finds("f:1:hush1\ng:1:mum");
}

#[test]
fn a_provider_runs_in_the_directory_of_the_scan() {
    let repo = with_provider("cat patterns", "hush1\n");
    repo.write("d/patterns", "hush1\n");
    repo.write("d/f", "hush1\n");
    repo.secrets_in("d", ["--scan", "f"]).finds("f:1:hush1");
    repo.secrets_in("d", ["--scan", "../f"]).finds("../f:1:hush1");
}

#[test]
fn words_of_a_provider_are_split_at_any_blank() {
    let repo = with_provider("  printf \t %s\\n   hush1 \tmum  ", "hush1\nmum\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1\nf:2:mum");
}

#[test]
fn quoted_words_of_a_provider_stay_together() {
    for command in ["sh -c 'echo hush1'", "sh -c \"echo hush1\"", "sh -c echo\\ hush1"] {
        let repo = with_provider(command, "hush1\n");
        let ran = repo.secrets(["--scan", "f"]);
        ran.stopped_by(ours("f:1:hush1\n").theirs(""));
    }
}

#[test]
fn what_a_provider_says_on_standard_error_is_passed_on() {
    let repo = Repo::lax();
    repo.script("../provider", "#!/bin/sh\necho a note >&2\necho hush1\n");
    repo.config("secrets.providers", repo.folder().join("provider").to_str().unwrap());
    repo.write("f", "hush1\n");
    repo.secrets(["--scan", "f"]).status(1).says("a note\n").says("f:1:hush1\n");
}

#[test]
fn a_provider_that_fails_fails_the_scan() {
    // B13.
    for (command, name) in [
        ("false", "false"),
        ("no-such-provider --flag", "no-such-provider"),
        ("sh -c exit\\ 7", "sh"),
        ("cat no-such-file", "cat"),
    ] {
        let repo = with_provider(command, "clean\n");
        repo.config("secrets.patterns", HUSH);
        for way in [&["--scan", "f"][..], &["--scan"], &["--scan-history"]] {
            let ran = repo.secrets(way);
            if peer().is_some() {
                ran.status(0);
            } else {
                ran.fails().says(name);
            }
        }
        repo.guard();
        repo.stage("f", "clean again\n");
        repo.git(["commit", "-q", "-m", "x"]).status(ours(1).theirs(0));
    }
}

#[test]
fn a_provider_that_prints_without_end_is_stopped() {
    if peer().is_some() {
        // It would wait for ever.
        return;
    }
    let repo = with_provider("yes hush1", "clean\n");
    repo.secrets(["--scan", "f"]).fails().says("more than 64 MB");
}

#[test]
fn a_provider_that_fails_hides_no_finding() {
    let repo = with_provider("false", "hush1\n");
    repo.config("secrets.patterns", HUSH);
    repo.secrets(["--scan", "f"]).fails().says(ours("false").theirs("f:1:hush1\n"));
}

#[test]
fn failing_providers_can_be_ignored() {
    let repo = with_provider("no-such-provider", "hush1\n");
    repo.config("secrets.patterns", HUSH);
    repo.config("secrets.providerErrors", "ignore");
    repo.write("g", "clean\n");
    repo.secrets(["--scan", "f"]).status(1).says("f:1:hush1\n");
    repo.secrets(["--scan", "g"]).status(0).out("");
}

#[test]
fn a_provider_that_reads_standard_input_starves_no_other() {
    // B13: the rest of the list of providers is its input.
    let repo = with_provider("cat", "hush1\n");
    repo.config("secrets.providers", "printf %s\\n hush1");
    let ran = repo.secrets(["--scan", "f"]);
    ran.finds(ours("f:1:hush1").theirs(""));
    // What is scanned is not its input either.
    let repo = Repo::lax();
    repo.config("secrets.providers", "cat");
    repo.config("secrets.patterns", HUSH);
    repo.scan_input("hush1\n").finds("(standard input):1:hush1");
}

#[test]
fn a_provider_runs_once() {
    let repo = Repo::lax();
    repo.script("../provider", "#!/bin/sh\necho >>../log\necho hush1\n");
    repo.config("secrets.providers", repo.folder().join("provider").to_str().unwrap());
    for path in ["f", "g", "h"] {
        repo.commit(path, "clean\n");
    }
    for (number, way) in
        [&["--scan", "f", "g", "h"][..], &["--scan"], &["--scan-history"]].into_iter().enumerate()
    {
        // git-secrets runs it again for the work tree it greps when history is clean.
        repo.secrets(way).passes();
        let log = std::fs::read(repo.folder().join("log")).unwrap();
        assert_eq!(log.len(), number + 1, "after {way:?}");
    }
}

#[test]
fn a_provider_is_added() {
    let repo = Repo::lax();
    repo.secrets(["--add-provider", "--", "echo", "foo", "baz bar"]).passes();
    repo.secrets(["--add-provider", "--", "printf", "%s", "-x"]).passes();
    repo.secrets(["--add-provider", "echo bam"]).passes();
    let values = repo.values("secrets.providers");
    assert_eq!(values.len(), 3);
    assert_eq!(values[1..], ["printf %s -x", "echo bam"]);
    repo.write("f", "foo baz bar\nbam\n");
    repo.secrets(["--scan", "f"]).stopped_by("f:2:bam\n");
}

#[test]
fn words_of_a_provider_that_is_added_are_joined() {
    let repo = Repo::lax();
    repo.secrets(["--add-provider", "--", "git", "secrets", "--aws-provider", "f"]).passes();
    assert_eq!(repo.values("secrets.providers"), ["git secrets --aws-provider f"]);
    repo.secrets(["--add-provider", "--global", "--", "echo", "x"]).passes();
    repo.git(["config", "--global", "--get-all", "secrets.providers"]).out("echo x\n");
}

#[test]
fn a_provider_is_added_once() {
    let repo = Repo::lax();
    repo.secrets(["--add-provider", "--", "echo", "hush1"]).passes();
    let ran = repo.secrets(["--add-provider", "--", "echo", "hush1"]).status(1).out("");
    assert_eq!(ran.stderr().is_empty(), peer().is_some());
    assert_eq!(repo.values("secrets.providers"), ["echo hush1"]);
}
