//! The library by itself: no command line, repositories handed in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tightlip::environment::Environment;
use tightlip::finding::Progress;
use tightlip::git::{Location, RepositoryPool};
use tightlip::rule::expand;
use tightlip::setup::{Request, Scanner};
use tightlip::source::{HistoryOptions, Staged, StagedOptions};

fn environment(home: &Path) -> Environment {
    let path = std::env::var_os("PATH").unwrap();
    let fixed = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ];
    let fixed = fixed.map(|(name, value)| (name.into(), value.into()));
    Environment::new([("PATH".into(), path), ("HOME".into(), home.into())].into_iter().chain(fixed))
}

/// A repository with a key in its history, another staged, and a file that `config` allows.
fn repository(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).env_clear().envs(environment(folder.path()).iter());
        assert!(command.args(words).output().unwrap().status.success(), "{words:?}");
    };
    let write = |name: &str, number: &str| {
        let key = expand(&format!("id = AKIA{{base32:16}}{{}}{number}\n")).unwrap();
        fs::write(folder.path().join(name), key).unwrap();
    };
    git(&["init", "-q", "-b", "main"]);
    fs::write(folder.path().join(".tightlip.toml"), config).unwrap();
    write("old", "");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "old"]);
    git(&["rm", "-q", "old"]);
    write("new", "{}");
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
fn example_scans_a_repository_by_its_path() {
    let folder = repository("");
    // Cargo builds examples beside the tests.
    let tests = std::env::current_exe().unwrap();
    let example = tests.parent().unwrap().with_file_name("examples").join("scan_repository");
    let output = Command::new(example).arg(folder.path()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed.matches("\"type\":\"finding\"").count(), 2, "{printed}");
    let text = include_str!("../examples/scan_repository.rs");
    assert!(text.lines().count() < 40, "the example stays short");
}
