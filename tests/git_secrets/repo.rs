//! A repository in a temporary folder, with its own HOME, git configuration and `git secrets`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::ops::Deref;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::expected::peer;
use crate::fixture::{TIGHTLIP, TestRepo};
use crate::ran::Ran;

/// The forbidden pattern of most tests; `hush1` and `hush2` are secrets.
pub(crate) const HUSH: &str = "hush[0-9]+";

/// The hooks of git-secrets and their commands.
pub(crate) const HOOKS: [(&str, &str); 3] = [
    ("commit-msg", "commit_msg_hook"),
    ("pre-commit", "pre_commit_hook"),
    ("prepare-commit-msg", "prepare_commit_msg_hook"),
];

/// The bytes of a hook as git-secrets writes it.
pub(crate) fn hook_text(command: &str) -> String {
    format!("#!/usr/bin/env bash\ngit secrets --{command} -- \"$@\"\n")
}

/// A repository whose commands find `git-secrets` first on their `PATH`.
pub(crate) struct Repo(TestRepo);

impl Deref for Repo {
    type Target = TestRepo;

    fn deref(&self) -> &TestRepo {
        &self.0
    }
}

impl Repo {
    /// A repository that forbids [`HUSH`].
    pub(crate) fn new() -> Self {
        let repo = Repo::lax();
        repo.config("secrets.patterns", HUSH);
        repo
    }

    /// A repository that forbids [`HUSH`] and has the three hooks, written by hand.
    pub(crate) fn guarded() -> Self {
        let repo = Repo::new();
        repo.guard();
        repo
    }

    /// A repository without any pattern, with one empty commit.
    pub(crate) fn lax() -> Self {
        let repo = Repo::unborn("repo");
        repo.git(["commit", "-q", "--allow-empty", "-m", "first"]).passes();
        repo
    }

    /// A repository without any pattern or commit, in a folder of that name.
    pub(crate) fn unborn(name: &str) -> Self {
        let repo = Repo::outside(name);
        repo.git(["init", "-q", "-b", "main", "--template="]).passes();
        repo
    }

    /// A folder of that name that is no repository.
    pub(crate) fn outside(name: &str) -> Self {
        let repo = Repo(TestRepo::outside("", name));
        let bin = repo.folder().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(peer().unwrap_or_else(|| TIGHTLIP.into()), bin.join("git-secrets")).unwrap();
        repo
    }

    /// A command in the repository with an environment of its own.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.0.command(program);
        let paths = std::env::var_os("PATH").unwrap();
        let paths = [self.folder().join("bin")].into_iter().chain(std::env::split_paths(&paths));
        command.env("PATH", std::env::join_paths(paths).unwrap());
        command
    }

    #[must_use = "nothing is expected of this run"]
    pub(crate) fn git<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Ran {
        Ran::of(self.command("git").args(words))
    }

    #[must_use = "nothing is expected of this run"]
    pub(crate) fn git_in<W: AsRef<OsStr>>(
        &self,
        folder: impl AsRef<Path>,
        words: impl IntoIterator<Item = W>,
    ) -> Ran {
        Ran::of(self.command("git").current_dir(self.root.join(folder)).args(words))
    }

    /// Runs git-secrets.
    #[must_use = "nothing is expected of this run"]
    pub(crate) fn secrets<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Ran {
        self.secrets_in("", words)
    }

    #[must_use = "nothing is expected of this run"]
    pub(crate) fn secrets_in<W: AsRef<OsStr>>(
        &self,
        folder: impl AsRef<Path>,
        words: impl IntoIterator<Item = W>,
    ) -> Ran {
        let program = self.folder().join("bin/git-secrets");
        Ran::of(self.command(program).current_dir(self.root.join(folder)).args(words))
    }

    /// Runs git-secrets on standard input.
    #[must_use = "nothing is expected of this run"]
    pub(crate) fn scan_input(&self, input: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(self.folder().join("bin/git-secrets"));
        Ran::of(command.args(["--scan", "-"]).stdin(self.input(input.as_ref())))
    }

    /// Adds a value to the repository's configuration.
    pub(crate) fn config(&self, name: &str, value: &str) {
        self.git(["config", "--add", name, value]).passes();
    }

    /// Removes a file and commits that without hooks.
    pub(crate) fn remove(&self, path: &str) {
        self.git(["rm", "-q", "--", path]).passes();
        self.commit_staged("remove");
    }

    /// Runs a git command without hooks.
    #[must_use = "nothing is expected of this run"]
    pub(crate) fn unhooked<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Ran {
        self.git(["-c", "core.hooksPath=/dev/null"].into_iter().chain(words))
    }

    /// Writes the hooks by hand, as they are found in the wild.
    pub(crate) fn guard(&self) {
        for (hook, command) in HOOKS {
            self.script(Path::new(".git/hooks").join(hook), &hook_text(command));
        }
    }

    /// The values of a key in the order of the configuration.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let values = self.git(["config", "--get-all", name]).stdout();
        values.lines().map(str::to_owned).collect()
    }
}

/// Words of a command line with bytes that no `&str` holds.
pub(crate) fn words(words: &[&[u8]]) -> Vec<OsString> {
    use std::os::unix::ffi::OsStringExt as _;
    words.iter().map(|word| OsString::from_vec(word.to_vec())).collect()
}
