//! `--path` and `--exclude` of every scanning command.

use crate::fixture::{Ran, TestRepo, key};
use crate::history::by_secret;

/// A repository with keys in two folders, in HEAD and before.
fn two_folders() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("src/old.rs", key(1));
    repo.git(&["mv", "src/old.rs", "src/new.rs"]).exits(0);
    repo.commit("vendor/lib/x.rs", key(2));
    repo.commit("src/clean.rs", "nothing");
    repo.git(&["rm", "-q", "vendor/lib/x.rs"]).exits(0);
    repo.commit("gone/only.txt", "nothing");
    repo.git(&["rm", "-q", "gone/only.txt"]).exits(0);
    repo.git(&["commit", "-q", "--no-verify", "-m", &format!("says {}", key(3))]).exits(0);
    repo
}

fn found(said: &Ran) -> Vec<String> {
    by_secret(said).into_keys().collect()
}

fn sorted(numbers: &[usize]) -> Vec<String> {
    let mut keys: Vec<String> = numbers.iter().map(|&number| key(number)).collect();
    keys.sort();
    keys
}

#[test]
fn history_looks_only_at_the_paths_that_count() {
    let repo = two_folders();
    let history = |more: &[&str]| {
        repo.tightlip(&[&["history", "--format", "jsonl", "--reveal"], more].concat())
    };
    for (more, numbers) in [
        (&[][..], &[1, 2, 3][..]),
        (&["--path", "src"], &[1]),
        (&["--path", "vendor/**/*.rs"], &[2]),
        (&["--path", "src", "--path", "vendor"], &[1, 2]),
        (&["--exclude", "vendor"], &[1, 3]),
        (&["--path", "*.rs", "--exclude", "vendor"], &[1]),
        (&["--exclude", "vendor", "HEAD~2..HEAD"], &[3]),
    ] {
        let said = history(more).exits(1);
        assert_eq!(found(&said), sorted(numbers), "{more:?}");
        let is_limited = !more.is_empty();
        let kinds = said.objects("skipped");
        assert!(kinds.iter().all(|skipped| skipped["kind"] == "excluded"), "{kinds:?}");
        assert_eq!(!kinds.is_empty(), is_limited && numbers != [3], "{more:?} {kinds:?}");
    }
    // The commit that brought it in is the same, whatever else is left out.
    let all = by_secret(&history(&[]).exits(1));
    let one = by_secret(&history(&["--path", "src/new.rs", "--path", "src/old.rs"]).exits(1));
    for what in ["commit", "path", "fingerprint", "in_head", "last_commit"] {
        assert_eq!(one[&key(1)][what], all[&key(1)][what], "{what}");
    }
}

#[test]
fn a_path_that_names_nothing_is_never_clean() {
    let repo = two_folders();
    repo.write("src/staged.rs", "nothing");
    repo.git(&["add", "-A"]).exits(0);
    for command in ["history", "audit", "staged", "scan"] {
        let said = repo.tightlip(&[command, "--path", "nowhere/**"]).exits(2);
        assert!(said.err.contains("not read: nowhere/**: `--path` names nothing"), "{}", said.err);
        // What is there and holds no secret is clean.
        repo.tightlip(&[command, "--path", "src/clean.rs"]).exits(0).never_says("names nothing");
        let said = repo.tightlip(&[command, "--path", "src/clean.rs", "--exclude", "nowhere"]);
        said.exits(0).says("`--exclude nowhere` fits nothing here");
        repo.tightlip(&[command, "--exclude", "**"]).exits(2).says("nothing would be left");
        repo.tightlip(&[command, "--path", "a["]).exits(2).says("cannot use `--path a[`");
    }
    // What only history has, too.
    repo.tightlip(&["history", "--path", "gone/only.txt"]).exits(0);
    repo.tightlip(&["history", "HEAD~1..HEAD", "--path", "gone"]).exits(0);
    repo.tightlip(&["scan", "--path", "gone"]).exits(2);
    // A range in which nothing changes at that path is clean; a path that never was is not.
    repo.tightlip(&["history", "HEAD~1..HEAD", "--path", "src"]).exits(0);
    repo.tightlip(&["history", "HEAD~1..HEAD", "--path", "srk"]).exits(2);
}

#[test]
fn staged_scan_and_audit_leave_paths_out_and_count_them() {
    let repo = TestRepo::new();
    repo.write("a/one.txt", key(1));
    repo.write("b/two.txt", key(2));
    repo.git(&["add", "-A"]).exits(0);
    for command in ["staged", "scan", "audit"] {
        if command == "audit" {
            // What is staged alone is an object without a path, too.
            repo.git(&["commit", "-q", "--no-verify", "-m", "x"]).exits(0);
        }
        let run = |more: &[&str]| {
            repo.tightlip(&[&[command, "--format", "jsonl", "--reveal"], more].concat())
        };
        assert_eq!(found(&run(&[]).exits(1)), sorted(&[1, 2]), "{command}");
        assert_eq!(found(&run(&["--path", "a"]).exits(1)), sorted(&[1]), "{command}");
        let said = run(&["--exclude", "a/"]).exits(1);
        assert_eq!(found(&said), sorted(&[2]), "{command}");
        assert!(said.objects("skipped").iter().any(|skipped| {
            skipped["path"] == "a/" && skipped["reason"].as_str().unwrap().contains("leaves out")
        }));
    }
    repo.git(&["update-ref", "-d", "HEAD"]).exits(0);
    let said = repo.tightlip(&["staged", "--exclude", "a", "--exclude", "b"]).exits(0);
    assert!(
        said.err.contains("left out: a: --exclude leaves out 2 files and names"),
        "{}",
        said.err
    );
    // From a folder of the repository, patterns go from its root all the same.
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.current_dir(repo.root.join("a")).args(["staged", "--path", "b/two.txt"]);
    repo.run(command).exits(1);
}

#[test]
fn a_checkpoint_is_not_made_of_part_of_the_paths() {
    let repo = TestRepo::new();
    for flag in ["--path", "--exclude"] {
        let said = repo.tightlip(&["history", "--checkpoint", "c", flag, "a"]).exits(2);
        assert!(said.err.contains("cannot be used with"), "{}", said.err);
    }
}
