//! The library by itself: no command line, repositories handed in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "fixture/mod.rs"]
mod fixture;

use std::fs;
use std::path::Path;

use fixture::{Ran, key, sealed};
use tempfile::TempDir;
use tightlip::environment::Environment;
use tightlip::finding::Progress;
use tightlip::git::{Location, RepositoryPool};
use tightlip::setup::{Request, Scanner};
use tightlip::source::{HistoryOptions, Staged, StagedOptions};

fn environment(home: &Path) -> Environment {
    let variables = fixture::environment(home);
    Environment::new(variables.into_iter().map(|(name, value)| (name.into(), value)))
}

/// A repository with a key in its history, another staged, and a file that `config` allows.
fn repository(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let git = |words: &[&str]| {
        Ran::of(sealed("git", folder.path(), folder.path()).args(words)).ok();
    };
    let write = |name: &str, number: usize| {
        fs::write(folder.path().join(name), format!("id = {}\n", key(number))).unwrap();
    };
    git(&["init", "-q", "-b", "main"]);
    fs::write(folder.path().join(".tightlip.toml"), config).unwrap();
    write("old", 0);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "old"]);
    git(&["rm", "-q", "old"]);
    write("new", 1);
    git(&["add", "."]);
    folder
}

/// The paths of what is staged and of what history holds.
fn found(folder: &Path) -> (Vec<String>, Vec<String>) {
    let location = Location::named(folder, &environment(folder));
    let repository = RepositoryPool::new(location);
    let scanner = Scanner::load(&repository, &Request::default()).unwrap();
    let staged = scanner.scan(&Staged::new(&repository, StagedOptions::default()));
    let history = scanner.history(HistoryOptions::default(), &Progress::default());
    let paths = |outcome: tightlip::finding::Outcome| {
        assert!(outcome.skipped.iter().all(|skipped| !skipped.is_incomplete()), "{outcome:?}");
        let paths = outcome.findings.iter().map(|it| String::from_utf8_lossy(&it.origin.path));
        paths.map(std::borrow::Cow::into_owned).collect::<Vec<_>>()
    };
    (paths(staged), paths(history))
}

#[test]
fn two_repositories_in_one_process_are_scanned_by_their_own_configuration() {
    let allows = |path: &str| format!("[[allow]]\nreason = 'known'\npaths = ['{path}']\n");
    let (one, other) = (repository(&allows("new")), repository(&allows("old")));
    assert_eq!(found(one.path()), (vec![], vec!["old".to_owned()]));
    assert_eq!(found(other.path()), (vec!["new".to_owned()], vec![]));
    assert_eq!(found(one.path()), (vec![], vec!["old".to_owned()]));
}

#[test]
fn named_repository_is_read_whatever_the_environment_leads_to() {
    let (one, other) = (repository(""), repository(""));
    let git_dir = ("GIT_DIR".into(), other.path().join(".git").into());
    let index = ("GIT_INDEX_FILE".into(), other.path().join("absent").into());
    let inherited = environment(one.path());
    let inherited = inherited.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inherited = Environment::new(inherited.chain([git_dir, index]));
    let repository = RepositoryPool::new(Location::named(one.path(), &inherited));
    let git_dir = repository.get().unwrap().git_dir().canonicalize().unwrap();
    assert_eq!(git_dir, one.path().canonicalize().unwrap().join(".git"));
    let scanner = Scanner::load(&repository, &Request::default()).unwrap();
    let staged = scanner.scan(&Staged::new(&repository, StagedOptions::default()));
    assert_eq!(staged.findings.len(), 1);
}

#[test]
fn damaged_packed_refs_are_no_absence_however_often_they_are_asked_for() {
    let folder = repository("");
    let git =
        |words: &[&str]| Ran::of(sealed("git", folder.path(), folder.path()).args(words)).ok();
    let _ = git(&["pack-refs", "--all"]);
    let packed = folder.path().join(".git/packed-refs");
    let text = fs::read_to_string(&packed).unwrap();
    let damaged = text.replacen('\n', "\nneither an id nor a name\n", 1);
    fs::write(&packed, damaged).unwrap();
    let location = Location::named(folder.path(), &environment(folder.path()));
    let pool = RepositoryPool::new(location);
    let repository = pool.get().unwrap();
    for time in 0..3 {
        // A branch that is packed is not unborn because a line before it cannot be read.
        let head = repository.head();
        assert!(!matches!(head, Ok(None)), "asked {time} times before: {head:?}");
        let mut skipped = Vec::new();
        let tips = repository.tips(&mut skipped);
        assert!(tips.is_err() || !skipped.is_empty(), "asked {time} times before: {tips:?}");
    }
}

#[test]
fn example_scans_a_repository_by_its_path() {
    let folder = repository("");
    // Cargo builds examples beside the tests.
    let tests = std::env::current_exe().unwrap();
    let example = tests.parent().unwrap().with_file_name("examples").join("scan_repository");
    let printed = Ran::of(sealed(example, folder.path(), folder.path()).arg(folder.path())).ok();
    assert_eq!(printed.matches("\"type\":\"finding\"").count(), 2, "{printed}");
    let text = include_str!("../examples/scan_repository.rs");
    assert!(text.lines().count() < 40, "the example stays short");
}
