//! The exit status and the stream of each outcome. The grammar's are in `grammar`, those of
//! hooks, of installing and of lists with their subjects.

use crate::expected::{ours, peer};
use crate::repo::{HUSH, Repo};

/// The ways to scan a file `f` that is tracked.
const WAYS: [&[&str]; 5] = [
    &["--scan", "f"],
    &["--scan"],
    &["--scan", "--cached"],
    &["--scan", "--untracked"],
    &["--scan", "--no-index"],
];

#[test]
fn a_clean_scan_is_silent() {
    let repo = Repo::new();
    repo.commit("f", "clean\n");
    repo.secrets(["--scan-history"]).passes();
    for way in WAYS {
        repo.secrets(way).passes();
    }
    repo.scan_input("clean\n").passes();
    repo.scan_input("").passes();
}

#[test]
fn findings_are_status_1() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    for way in WAYS {
        repo.secrets(way).finds("f:1:hush1");
    }
    repo.secrets(["--scan-history"]).finds(&format!("{}:f:1:hush1", repo.id("HEAD")));
    repo.scan_input("hush1\n").finds("(standard input):1:hush1");
}

#[test]
fn without_a_pattern_nothing_is_found_and_nothing_is_said() {
    let repo = Repo::lax();
    repo.commit("f", "hush1\n");
    repo.secrets(["--scan-history"]).passes();
    for way in WAYS {
        repo.secrets(way).passes();
    }
    repo.scan_input("hush1\n").passes();
    // Not even a missing file is missed.
    repo.secrets(["--scan", "no-such-file"]).passes();
}

#[test]
fn an_empty_repository_is_clean() {
    let repo = Repo::unborn("repo");
    repo.config("secrets.patterns", HUSH);
    repo.secrets(["--scan"]).passes();
    repo.secrets(["--scan", "--cached"]).passes();
    repo.secrets(["--scan-history"]).passes();
}

#[test]
fn a_directory_is_left_out_unless_the_scan_is_recursive() {
    let repo = Repo::new();
    repo.write("d/f", "hush1\n");
    repo.write("f", "hush2\n");
    repo.secrets(["--scan", "d"]).passes();
    repo.secrets(["--scan", "d", "f"]).finds("f:1:hush2");
    repo.secrets(["--scan", "-r", "d", "f"]).finds("d/f:1:hush1\nf:1:hush2");
}

#[test]
fn a_missing_file_outranks_findings() {
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    let missing = "grep: missing: No such file or directory\n";
    repo.secrets(["--scan", "missing"]).status(2).out("").err(missing);
    let ran = repo.secrets(["--scan", "f", "missing"]).status(2).out("").says(missing);
    // The findings of the others are told, before everything else.
    ran.err_starts(if peer().is_some() { missing } else { "f:1:hush1\n" });
    repo.secrets(["--scan", "missing", "f"]).status(2).says(missing);
    repo.secrets(["--scan", "-r", "missing"]).status(2).out("").err(missing);
    repo.secrets(["--scan", ""]).status(2).out("").err("grep: : No such file or directory\n");
}

#[test]
fn an_invalid_pattern_is_status_2_for_files_and_128_for_git() {
    let repo = Repo::new();
    repo.commit("f", "clean\n");
    for pattern in ["hu(sh", "[z-a]", "[[:nope:]]", "a{2,1}", "a{99999}"] {
        repo.git(["config", "--replace-all", "secrets.patterns", pattern]).passes();
        for (way, status) in WAYS.into_iter().zip([2, 128, 128, 128, 128]) {
            let ran = repo.secrets(way).status(status).out("");
            if peer().is_none() {
                ran.never_says(pattern).says("secrets.patterns");
            }
        }
        repo.scan_input("clean\n").status(2);
        repo.secrets(["--scan-history"]).status(128);
    }
}

#[test]
fn an_invalid_pattern_beside_a_valid_one_hides_no_error() {
    let repo = Repo::new();
    repo.config("secrets.patterns", "hu(sh");
    repo.commit("f", "hush1\n");
    repo.secrets(["--scan", "f"]).status(2);
    repo.secrets(["--scan"]).status(128);
}

#[test]
fn an_invalid_pattern_stops_every_commit() {
    let repo = Repo::guarded();
    repo.config("secrets.patterns", "hu(sh");
    repo.stage("f", "clean\n");
    repo.git(["commit", "-qm", "clean"]).status(1).says(ours("secrets.patterns").theirs("fatal: "));
}

#[test]
fn outside_a_repository_only_what_needs_none_is_scanned() {
    let folder = Repo::outside("plain");
    folder.git(["config", "--global", "secrets.patterns", HUSH]).passes();
    folder.write("f", "hush1\n");
    folder.write("clean", "clean\n");
    // git-secrets says `fatal: not a git repository` first, where it looks for `.gitallowed`.
    folder.secrets(["--scan", "f"]).status(1).says("f:1:hush1\n");
    folder.secrets(["--scan", "--no-index"]).status(1).says("f:1:hush1\n");
    folder.secrets(["--scan", "clean"]).status(0).out("");
    for way in [&["--scan"][..], &["--scan", "--cached"], &["--scan-history"]] {
        folder.secrets(way).status(128).out("").says("fatal: not a git repository");
    }
}

#[test]
fn a_bare_repository_has_no_work_tree_to_scan() {
    let repo = Repo::outside("bare");
    repo.git(["init", "-q", "--bare"]).passes();
    repo.config("secrets.patterns", HUSH);
    repo.secrets(["--scan"]).status(128).out("").says("must be run in a work tree");
    // git-secrets scans no file, and passes.
    let untracked = repo.secrets(["--scan", "--untracked"]).out("");
    untracked.status(ours(128).theirs(0)).says("must be run in a work tree");
}

#[test]
fn a_pattern_may_begin_with_a_dash() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "-+BEGIN [A-Z]+ KEY-+");
    repo.commit("f", "-----BEGIN SOME KEY-----\n");
    let found = "f:1:-----BEGIN SOME KEY-----";
    if peer().is_some() {
        repo.secrets(["--scan", "f"]).status(2);
        repo.secrets(["--scan"]).status(129);
    } else {
        repo.secrets(["--scan", "f"]).finds(found);
        repo.secrets(["--scan"]).finds(found);
    }
}

#[test]
fn a_pattern_that_matches_nothing_at_all_is_an_error() {
    for pattern in ["x|", "(|q)", "a*", "(a|)", "|", "^", "$"] {
        is_an_error_of_ours(pattern);
    }
}

#[test]
fn an_empty_pattern_is_an_error() {
    is_an_error_of_ours("");
}

#[track_caller]
fn is_an_error_of_ours(pattern: &str) {
    let repo = Repo::lax();
    repo.config("secrets.patterns", pattern);
    repo.commit("f", "clean\n");
    // git-secrets scans with it, and the two kinds of grep disagree on what it finds.
    if peer().is_none() {
        repo.secrets(["--scan", "f"]).status(2).out("").says("secrets.patterns");
        repo.secrets(["--scan"]).status(128).out("").says("secrets.patterns");
    }
}

#[test]
fn an_invalid_allowed_expression_is_an_error() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.config("secrets.allowed", "hu(sh");
    for way in WAYS {
        let ran = repo.secrets(way);
        if peer().is_some() {
            // grep's complaint is taken for a match.
            ran.status(0).says("grep: ");
        } else {
            ran.fails().says("secrets.allowed").never_says("hu(sh");
        }
    }
}

#[test]
fn an_invalid_allowed_line_is_named_with_its_file() {
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    repo.write(".gitallowed", "# comment\n\nhu(sh\n");
    let ran = repo.secrets(["--scan", "f"]).says(ours(".gitallowed:3").theirs("grep: "));
    if peer().is_some() {
        ran.status(0);
    } else {
        ran.fails();
    }
}
