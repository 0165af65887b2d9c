//! `--add` and `--list`: patterns in git's configuration.

use crate::expected::{ours, peer};
use crate::ran::Ran;
use crate::repo::{HUSH, Repo};

/// Expects a refusal, told on standard error by ours.
#[track_caller]
fn is_refused(ran: Ran) {
    let ran = ran.status(1).out("");
    assert_eq!(ran.stderr().is_empty(), peer().is_some(), "a reason is expected\n{ran}");
}

#[test]
fn a_pattern_is_added_to_the_repository_s_configuration() {
    let repo = Repo::lax();
    repo.secrets(["--add", HUSH]).passes();
    repo.secrets(["--add", "a b"]).passes();
    assert_eq!(repo.values("secrets.patterns"), [HUSH, "a b"]);
    repo.git(["config", "--local", "--get", "secrets.patterns", "hush"]).status(0);
    repo.write("f", "hush1\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1");
}

#[test]
fn an_allowed_expression_is_added() {
    for word in ["-a", "--allowed", "--allow"] {
        let repo = Repo::new();
        repo.secrets(["--add", word, "hush1"]).passes();
        assert_eq!(repo.values("secrets.allowed"), ["hush1"]);
        repo.write("f", "hush1\n");
        repo.secrets(["--scan", "f"]).passes();
    }
}

#[test]
fn a_pattern_is_added_for_all_repositories() {
    let repo = Repo::lax();
    repo.secrets(["--add", "--global", HUSH]).passes();
    repo.secrets(["--add", "--global", "-a", "hush1"]).passes();
    repo.git(["config", "--global", "--get", "secrets.patterns"]).status(0).out("hush[0-9]+\n");
    repo.git(["config", "--global", "--get", "secrets.allowed"]).status(0).out("hush1\n");
    repo.git(["config", "--local", "--get", "secrets.patterns"]).status(1);
}

#[test]
fn a_literal_is_escaped() {
    for word in ["-l", "--literal"] {
        let repo = Repo::lax();
        repo.secrets(["--add", word, r"a.b|c$d(e)f{1}g?h+i*j^k\l"]).passes();
        assert_eq!(repo.values("secrets.patterns"), [r"a\.b\|c\$d\(e\)f\{1\}g\?h\+i\*j\^k\\l"]);
        repo.write("f", "a.b|c$d(e)f{1}g?h+i*j^k\\l\n");
        repo.secrets(["--scan", "f"]).status(1);
    }
}

#[test]
fn a_literal_may_have_brackets() {
    let repo = Repo::lax();
    repo.secrets(["--add", "-l", "a[1]"]).status(0).out("");
    repo.write("f", "a[1]\n");
    repo.write("g", "a1\n");
    repo.secrets(["--scan", "f", "g"]).stopped_by(ours("f:1:a[1]\n").theirs("g:1:a1\n"));
}

#[test]
fn what_is_there_is_not_added_again() {
    let repo = Repo::lax();
    repo.secrets(["--add", "testing+123"]).passes();
    is_refused(repo.secrets(["--add", "testing+123"]));
    repo.secrets(["--add", "-l", "testing+abc"]).passes();
    is_refused(repo.secrets(["--add", "-l", "testing+abc"]));
    is_refused(repo.secrets(["--add", "testing\\+abc"]));
    repo.secrets(["--add", "-a", "testing+123"]).passes();
    is_refused(repo.secrets(["--add", "-a", "testing+123"]));
    assert_eq!(repo.values("secrets.patterns"), ["testing+123", "testing\\+abc"]);
    assert_eq!(repo.values("secrets.allowed"), ["testing+123"]);
}

#[test]
fn a_part_of_what_is_there_is_something_else() {
    // B16.
    let repo = Repo::lax();
    repo.secrets(["--add", "foobar"]).passes();
    repo.secrets(["--add", "foo"]).status(ours(0).theirs(1)).out("").err("");
    let values = repo.values("secrets.patterns");
    assert_eq!(values, ours(&["foobar", "foo"][..]).theirs(&["foobar"][..]).now());
}

#[test]
fn the_global_value_counts_as_there() {
    let repo = Repo::lax();
    repo.secrets(["--add", "--global", HUSH]).passes();
    is_refused(repo.secrets(["--add", HUSH]));
    // But not the other way round.
    repo.secrets(["--add", "mum"]).passes();
    repo.secrets(["--add", "--global", "mum"]).passes();
    is_refused(repo.secrets(["--add", "--global", "mum"]));
}

#[test]
fn nothing_cannot_be_added() {
    let repo = Repo::new();
    is_refused(repo.secrets(["--add"]));
    is_refused(repo.secrets(["--add", ""]));
    assert_eq!(repo.values("secrets.patterns"), [HUSH]);
}

#[test]
fn only_the_first_operand_is_added() {
    let repo = Repo::lax();
    repo.secrets(["--add", "one", "two"]).passes();
    assert_eq!(repo.values("secrets.patterns"), ["one"]);
}

#[test]
fn a_pattern_that_begins_with_a_dash_is_added() {
    let repo = Repo::lax();
    let ran = repo.secrets(["--add", "--", "-----BEGIN KEY"]).status(0).out("");
    if peer().is_none() {
        ran.err("");
    }
    assert_eq!(repo.values("secrets.patterns"), ["-----BEGIN KEY"]);
    repo.secrets(["--add", "-----BEGIN X"]).status(ours(0).theirs(129));
}

#[test]
fn the_list_is_what_git_config_prints() {
    let repo = Repo::new();
    repo.config("secrets.patterns", "a  b");
    repo.config("secrets.allowed", "hush1");
    repo.config("secrets.providers", "echo x");
    let said = "secrets.patterns hush[0-9]+\n\
                secrets.patterns a  b\n\
                secrets.allowed hush1\n\
                secrets.providers echo x\n";
    repo.secrets(["--list"]).status(0).out(said).err("");
}

#[test]
fn the_list_is_of_all_places_or_of_the_global_one() {
    let repo = Repo::new();
    repo.secrets(["--list", "--global"]).status(1).out("").err("");
    repo.git(["config", "--global", "secrets.patterns", "mum"]).passes();
    repo.secrets(["--list", "--global"]).status(0).out("secrets.patterns mum\n");
    let both = "secrets.patterns mum\nsecrets.patterns hush[0-9]+\n";
    repo.secrets(["--list"]).status(0).out(both);
    repo.git(["-c", "secrets.patterns=x", "secrets", "--list"])
        .status(0)
        .out(&format!("{both}secrets.patterns x\n"));
}

#[test]
fn an_empty_list_is_status_1() {
    let repo = Repo::lax();
    repo.secrets(["--list"]).status(1).out("").err("");
}

#[test]
fn a_file_named_like_a_key_changes_no_list() {
    let repo = Repo::new();
    repo.write("secrets.txt", "");
    let listed = repo.secrets(["--list"]).status(ours(0).theirs(1));
    listed.out(ours("secrets.patterns hush[0-9]+\n").theirs(""));
}

#[test]
fn outside_a_repository_only_the_global_configuration_is_there() {
    let folder = Repo::outside("plain");
    folder.secrets(["--add", HUSH]).fails().out("");
    folder.secrets(["--add", "--global", HUSH]).passes();
    folder.secrets(["--list"]).status(0).out("secrets.patterns hush[0-9]+\n").err("");
}

#[test]
fn a_pattern_that_no_scan_could_use_is_not_added() {
    if peer().is_some() {
        return; // git-secrets adds whatever it is given.
    }
    let repo = Repo::lax();
    for pattern in ["foo(", "a|", "x*", "([0-9a-f]{1,500}x){500}", r"(a)\2"] {
        repo.secrets(["--add", pattern]).status(1).says(pattern).says("was not added");
        repo.secrets(["--add", "-a", pattern]).status(1).says("was not added");
    }
    assert!(repo.values("secrets.patterns").is_empty());
}

#[test]
fn output_that_is_lost_is_an_error() {
    if peer().is_some() {
        return; // awk complains, and nobody listens.
    }
    let repo = Repo::new();
    repo.write("f", "aws_access_key_id = abc\n");
    for words in [&["--aws-provider", "f"][..], &["--list"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = repo.command(repo.folder().join("bin/git-secrets"));
        Ran::of(command.args(words).stdout(full)).fails().says("cannot write");
    }
}
