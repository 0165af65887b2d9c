//! Throw-away repositories outside the user's, in which hooks are fired for proof.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{DoctorOptions, HookError, SKIP_VARIABLE};
use crate::environment::Environment;
use crate::git::{GitError, Location};

/// A directory of our own that goes when it is dropped.
#[derive(Debug)]
pub(super) struct Sandbox {
    root: PathBuf,
    environment: Environment,
    /// A file that holds a line with a secret in it.
    pub(super) secret: PathBuf,
}

/// What git did.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) is_success: bool,
    /// Standard output and error.
    pub(super) said: Vec<u8>,
}

/// Variables that change what git or a hook does in any repository. Those that lead git to one repository are
/// what [`Location::named`] leaves out.
const FOREIGN: &[&str] = &[
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_REFLOG_ACTION",
    "GIT_SEQUENCE_EDITOR",
    "GIT_TEMPLATE_DIR",
    "PRE_COMMIT",
    "TIGHTLIP_GUARD",
    SKIP_VARIABLE,
];

/// What the names of variables begin with in which git tells the hooks of a merge what is merged.
const MERGE_HEAD: &[u8] = b"GITHEAD_";

/// An environment without what is foreign to a new repository.
fn own(environment: &Environment) -> Environment {
    let is_kept = |name: &OsStr| !name.as_encoded_bytes().starts_with(MERGE_HEAD);
    let kept = environment.iter().filter(|(name, _)| is_kept(name));
    let kept = Environment::new(kept.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Location::named("", &kept.without(FOREIGN)).environment().clone()
}

impl Sandbox {
    /// Makes the directory in the one for temporary files, with `secret` in a file, and `config` as the
    /// configuration of every repository that is made in it.
    pub(super) fn new(
        options: &DoctorOptions,
        secret: &[u8],
        config: &str,
    ) -> Result<Self, HookError> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanoseconds = since.map_or(0, |since| since.as_nanos());
        let name = format!("tightlip-doctor-{}-{nanoseconds}", std::process::id());
        let root = options.temporary.join(name);
        let failed = |error| HookError::file("make the temporary directory", &root, error);
        make_private(&root).map_err(failed)?;
        let sandbox = Sandbox {
            secret: root.join("secret"),
            root: root.clone(),
            environment: own(options.around.location.environment()),
        };
        fs::write(&sandbox.secret, secret).map_err(failed)?;
        fs::write(root.join("gitconfig"), "").map_err(failed)?;
        fs::write(sandbox.config(), config).map_err(failed)?;
        Ok(sandbox)
    }

    /// Makes an empty repository in it.
    pub(super) fn repository(&self, name: &str, is_bare: bool) -> Result<PathBuf, HookError> {
        let folder = self.root.join(name);
        let kind = if is_bare { "--bare" } else { "--quiet" };
        let arguments = ["init", "-q", "--template=", kind].map(OsStr::new);
        let outcome = self.git(&self.root, &[&arguments[..], &[folder.as_os_str()]].concat())?;
        must(outcome, "init")?;
        let config = self.config();
        for (key, value) in [
            ("user.name", OsStr::new("tightlip doctor")),
            ("user.email", OsStr::new("doctor@localhost")),
            ("tightlip.config", config.as_os_str()),
        ] {
            let set = [OsStr::new("config"), OsStr::new(key), value];
            must(self.git(&folder, &set)?, "config")?;
        }
        Ok(folder)
    }

    /// The directory itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The file into which git writes which hooks it has run.
    pub(super) fn trace(&self) -> PathBuf {
        self.root.join("trace")
    }

    /// Runs git as it is.
    pub(super) fn git(&self, folder: &Path, arguments: &[&OsStr]) -> Result<Outcome, HookError> {
        let mut command = Location::new(folder, self.environment.clone()).plain_git();
        command
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.root.join("gitconfig"))
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_TRACE2_EVENT", self.trace())
            .env("GIT_EDITOR", "add() { cat \"$TIGHTLIP_SECRET\" >>\"$1\"; }; add")
            .env("TIGHTLIP_SECRET", &self.secret)
            .env("TIGHTLIP_DOCTOR", "1")
            // What the fired hooks note goes with the rest.
            .env("XDG_CACHE_HOME", &self.root);
        let output = command.output().map_err(GitError::NoGit)?;
        Ok(Outcome {
            is_success: output.status.success(),
            said: [output.stdout, output.stderr].concat(),
        })
    }

    /// As [`git`](Self::git), for arguments that are text.
    pub(super) fn git_str(&self, folder: &Path, arguments: &[&str]) -> Result<Outcome, HookError> {
        self.git(folder, &arguments.iter().map(OsStr::new).collect::<Vec<_>>())
    }

    /// Runs git without hooks; it has to succeed.
    pub(super) fn prepare(&self, folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, HookError> {
        let off = ["-c", "core.hooksPath=/dev/null"];
        let outcome = self.git_str(folder, &[&off[..], arguments].concat())?;
        must(outcome, arguments.first().copied().unwrap_or_default())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn must(outcome: Outcome, command: &str) -> Result<Vec<u8>, HookError> {
    if outcome.is_success {
        return Ok(outcome.said);
    }
    let said = String::from_utf8_lossy(&outcome.said).trim().replace('\n', "; ");
    let command = format!("{command} (in a temporary repository)");
    Err(GitError::Failed { command, message: said }.into())
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_repository_whose_hook_runs_reaches_the_sandbox() {
        let foreign = [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_GRAFT_FILE",
            "GIT_SHALLOW_FILE",
            "GIT_REPLACE_REF_BASE",
            "GIT_NO_REPLACE_OBJECTS",
            "GIT_IMPLICIT_WORK_TREE",
            "GIT_TEMPLATE_DIR",
            "GITHEAD_0123456789012345678901234567890123456789",
            SKIP_VARIABLE,
        ];
        let all = foreign.iter().chain(&["PATH", "GIT_AUTHOR_NAME"]);
        let environment = Environment::new(all.map(|name| ((*name).into(), "x".into())));
        let names: Vec<String> =
            own(&environment).iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["GIT_AUTHOR_NAME", "PATH"]);
    }
}
