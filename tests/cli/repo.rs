//! A repository in a temporary folder, with its own HOME and git configuration.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tightlip::rule::expand;

/// The program under test.
pub(crate) const TIGHTLIP: &str = env!("CARGO_BIN_EXE_tightlip");

/// Text made from a template: no token stands in these files.
pub(crate) fn made(template: &str) -> String {
    String::from_utf8(expand(template).unwrap()).unwrap()
}

/// A false AWS key id; another number makes another one.
pub(crate) fn key(number: usize) -> String {
    made(&format!("AKIA{{base32:16}}{{}}{}", "{}".repeat(number)))
}

/// What a process said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "{text:?} in {self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        assert!(!self.out.contains(text) && !self.err.contains(text), "{text:?} in {self:?}");
        self
    }

    /// The JSON lines of the given type.
    #[track_caller]
    pub(crate) fn objects(&self, kind: &str) -> Vec<serde_json::Value> {
        let parse = |line| -> serde_json::Value { serde_json::from_str(line).unwrap() };
        self.out.lines().map(parse).filter(|object| object["type"] == kind).collect()
    }
}

/// A repository with one empty commit on the branch `main`.
pub(crate) struct TestRepo {
    folder: TempDir,
    home: PathBuf,
    pub(crate) root: PathBuf,
}

impl TestRepo {
    pub(crate) fn new() -> Self {
        TestRepo::made_by(&["init", "-q", "-b", "main"])
    }

    /// A repository made by another form of `git init`.
    pub(crate) fn made_by(init: &[&str]) -> Self {
        let repo = TestRepo::unborn(init);
        repo.git(&["commit", "-q", "--allow-empty", "-m", "first"]).exits(0);
        repo
    }

    /// A repository without a commit.
    pub(crate) fn unborn(init: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (home, root) = (folder.path().join("home"), folder.path().join("repo"));
        fs::create_dir(&home).unwrap();
        fs::create_dir(&root).unwrap();
        let repo = TestRepo { folder, home, root };
        repo.git(init).exits(0);
        repo
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// A command in the repository with an environment of its own.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.com")
            .env("GIT_AUTHOR_DATE", "1700000000 +0000")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000")
            .env("GIT_EDITOR", "true")
            .env("GIT_ALLOW_PROTOCOL", "file")
            .stdin(Stdio::null());
        command
    }

    #[must_use]
    pub(crate) fn git(&self, arguments: &[&str]) -> Said {
        Said::of(self.command("git").args(arguments).output().unwrap())
    }

    #[must_use]
    pub(crate) fn git_in(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> Said {
        let folder = self.root.join(folder);
        Said::of(self.command("git").current_dir(folder).args(arguments).output().unwrap())
    }

    #[must_use]
    pub(crate) fn tightlip(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(TIGHTLIP).args(arguments).output().unwrap())
    }

    #[must_use]
    pub(crate) fn run(&self, mut command: Command) -> Said {
        Said::of(command.output().unwrap())
    }

    /// Runs the program with `input` on its standard input.
    #[must_use]
    pub(crate) fn tightlip_with_input(&self, arguments: &[&str], input: &[u8]) -> Said {
        let file = self.folder.path().join("input");
        fs::write(&file, input).unwrap();
        let mut command = self.command(TIGHTLIP);
        Said::of(command.args(arguments).stdin(fs::File::open(&file).unwrap()).output().unwrap())
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn append(&self, path: &str, text: &str) {
        let before = fs::read(self.root.join(path)).unwrap_or_default();
        self.write(path, [&before, text.as_bytes()].concat());
    }

    /// Writes a file and stages it.
    pub(crate) fn stage(&self, path: &str, bytes: impl AsRef<[u8]>) {
        self.write(path, bytes);
        self.git(&["add", "--", path]).exits(0);
    }

    /// Writes a file and commits it without hooks.
    pub(crate) fn commit(&self, path: &str, bytes: impl AsRef<[u8]>) {
        self.stage(path, bytes);
        self.commit_staged(path);
    }

    /// Commits what is staged without hooks.
    pub(crate) fn commit_staged(&self, message: &str) {
        self.git(&["-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", message]).exits(0);
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).out.trim().to_owned()
    }

    /// Wires these hooks straight to the program.
    pub(crate) fn hooks(&self, names: &[&str]) {
        let folder = self.git(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]).out;
        let folder = PathBuf::from(folder.trim());
        fs::create_dir_all(&folder).unwrap();
        for name in names {
            let file = folder.join(name);
            fs::write(&file, format!("#!/bin/sh\nexec '{TIGHTLIP}' hook {name} \"$@\"\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}
