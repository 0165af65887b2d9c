//! A repository in a temporary folder, with its own HOME, git configuration and `git secrets`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tightlip::rule::expand;

use crate::expected::peer;
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

/// Text made from a template: no token stands in these files.
pub(crate) fn made(template: &str) -> String {
    String::from_utf8(expand(template).unwrap()).unwrap()
}

/// A repository with one empty commit on the branch `main`.
pub(crate) struct Repo {
    folder: TempDir,
    pub(crate) root: PathBuf,
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

    /// A repository without any pattern.
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
        let folder = tempfile::tempdir().unwrap();
        // Paths as git tells them, also where the folder of temporary files is a link.
        let real = folder.path().canonicalize().unwrap();
        let root = real.join(name);
        for path in [&real.join("home"), &real.join("bin"), &root] {
            fs::create_dir(path).unwrap();
        }
        let program = peer().unwrap_or_else(|| env!("CARGO_BIN_EXE_tightlip").into());
        symlink(program, real.join("bin/git-secrets")).unwrap();
        Repo { folder, root }
    }

    /// The folder of all, the repository's parent.
    pub(crate) fn folder(&self) -> &Path {
        self.root.parent().unwrap()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    /// A command in the repository with an environment of its own.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let paths = std::env::var_os("PATH").unwrap();
        let first = self.folder.path().join("bin");
        let paths = std::iter::once(first).chain(std::env::split_paths(&paths));
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::join_paths(paths).unwrap())
            .env("HOME", self.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.com")
            .env("GIT_AUTHOR_DATE", "1700000000 +0000")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000")
            .env("GIT_EDITOR", "true")
            .env("GIT_MERGE_AUTOEDIT", "no")
            .env("GIT_ALLOW_PROTOCOL", "file")
            .stdin(Stdio::null());
        command
    }

    #[must_use = "nothing is expected of this run"]
    pub(crate) fn run(command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        Ran::of(command, output)
    }

    #[must_use = "nothing is expected of this run"]
    pub(crate) fn git<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Ran {
        Repo::run(self.command("git").args(words))
    }

    #[must_use = "nothing is expected of this run"]
    pub(crate) fn git_in<W: AsRef<OsStr>>(
        &self,
        folder: impl AsRef<Path>,
        words: impl IntoIterator<Item = W>,
    ) -> Ran {
        Repo::run(self.command("git").current_dir(self.root.join(folder)).args(words))
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
        Repo::run(self.command(program).current_dir(self.root.join(folder)).args(words))
    }

    /// Runs git-secrets on standard input.
    #[must_use = "nothing is expected of this run"]
    pub(crate) fn scan_input(&self, input: impl AsRef<[u8]>) -> Ran {
        let file = self.folder().join("input");
        fs::write(&file, input).unwrap();
        let mut command = self.command(self.folder().join("bin/git-secrets"));
        Repo::run(command.args(["--scan", "-"]).stdin(fs::File::open(&file).unwrap()))
    }

    /// Adds a value to the repository's configuration.
    pub(crate) fn config(&self, name: &str, value: &str) {
        self.git(["config", "--add", name, value]).passes();
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes a program.
    pub(crate) fn script(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.root.join(path);
        self.write(&path, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes a file and stages it.
    pub(crate) fn stage(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        self.write(path.as_ref(), bytes);
        let path = path.as_ref().as_os_str();
        let words = ["--literal-pathspecs", "add", "-f", "--"].map(OsStr::new);
        self.git(words.into_iter().chain([path])).passes();
    }

    /// Writes a file and commits it without hooks.
    pub(crate) fn commit(&self, path: &str, bytes: impl AsRef<[u8]>) {
        self.stage(path, bytes);
        self.commit_staged(path);
    }

    /// Removes a file and commits that without hooks.
    pub(crate) fn remove(&self, path: &str) {
        self.git(["rm", "-q", "--", path]).passes();
        self.commit_staged("remove");
    }

    /// Commits what is staged without hooks.
    pub(crate) fn commit_staged(&self, message: &str) {
        let off = "core.hooksPath=/dev/null";
        let words = ["-c", off, "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m"];
        self.git(words.into_iter().chain([message])).passes();
    }

    /// Runs a git command without hooks.
    #[must_use = "nothing is expected of this run"]
    pub(crate) fn unhooked<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Ran {
        self.git(["-c", "core.hooksPath=/dev/null"].into_iter().chain(words))
    }

    /// The id of an object.
    pub(crate) fn id(&self, name: &str) -> String {
        self.git(["rev-parse", name]).status(0).stdout().trim().to_owned()
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
