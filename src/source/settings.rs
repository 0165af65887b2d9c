//! Values of git's own configuration, with where each was said.
//!
//! libgit2 reads them without starting a process; git is asked where libgit2 would read something
//! else: values of `git -c` and of the environment, files included by a remote's address, a system
//! file that is not in `/etc`, and repositories that git may not trust.

use std::env;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel};

use super::plumbing;
use super::{Repository, SourceError};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section and name, both in lower case: `secrets.patterns`.
    pub key: String,
    /// The value as bytes; `None` where a key stands without one, which means yes.
    pub value: Option<Vec<u8>>,
    /// Which of git's files said it.
    pub level: Level,
}

/// Which of git's files a value comes from, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The machine's.
    System,
    /// The user's.
    Global,
    /// The repository's.
    Local,
    /// That of one working tree.
    Worktree,
    /// The command line or the environment.
    Command,
}

impl Level {
    /// Whether the repository itself says it, so that whoever made the repository may have.
    #[must_use]
    pub const fn is_of_repository(self) -> bool {
        matches!(self, Level::Local | Level::Worktree)
    }

    /// Returns git's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Level::System => "system",
            Level::Global => "global",
            Level::Local => "local",
            Level::Worktree => "worktree",
            Level::Command => "command",
        }
    }

    fn of_name(name: &[u8]) -> Option<Self> {
        [Level::System, Level::Global, Level::Local, Level::Worktree, Level::Command]
            .into_iter()
            .find(|level| level.name().as_bytes() == name)
    }

    const fn of_native(level: ConfigLevel) -> Self {
        match level {
            ConfigLevel::ProgramData | ConfigLevel::System => Level::System,
            ConfigLevel::XDG | ConfigLevel::Global => Level::Global,
            ConfigLevel::Local => Level::Local,
            ConfigLevel::Worktree => Level::Worktree,
            _ => Level::Command,
        }
    }
}

/// Returns every value of a section, the weakest files first: of keys that have one value the last
/// counts. Without a repository, those of the user and the machine.
///
/// # Errors
/// The configuration cannot be read, or git is needed and cannot be run.
pub fn settings(
    repository: Option<&Repository>,
    section: &str,
) -> Result<Vec<Setting>, SourceError> {
    match native_config(repository).and_then(|config| native(&config, section).transpose()) {
        Some(found) => found,
        None => by_git(section),
    }
}

/// What libgit2 has read, if that is what git would read.
fn native_config(repository: Option<&Repository>) -> Option<Config> {
    let is_set = |name: &str| env::var_os(name).is_some();
    if ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"].into_iter().any(is_set)
        || has_other_system_file()
    {
        return None;
    }
    let config = match repository {
        Some(repository) => repository.trusted_native()?.config(),
        None if ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"]
            .into_iter()
            .any(is_set) =>
        {
            return None;
        }
        None => Config::open_default(),
    };
    config.and_then(|mut config| config.snapshot()).ok()
}

/// Reads by libgit2; `None` where it does not know all that git knows.
fn native(config: &Config, section: &str) -> Result<Option<Vec<Setting>>, SourceError> {
    let failed = |error: git2::Error| {
        SourceError::Other(format!("cannot read git's configuration: {}", error.message()))
    };
    if has_foreign_includes(config).map_err(failed)? {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut entries = config.entries(Some(&format!("^{section}\\."))).map_err(failed)?;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(failed)?;
        let value = entry.has_value().then(|| entry.value_bytes().to_vec());
        let key = String::from_utf8_lossy(entry.name_bytes()).into_owned();
        found.push(Setting { key, value, level: Level::of_native(entry.level()) });
    }
    found.sort_by_key(|setting| setting.level);
    Ok(Some(found))
}

/// Whether files are included in a way that libgit2 does not know as git does: by a remote's
/// address, by a directory that links lead to, from the home of another user.
pub(super) fn has_foreign_includes(config: &Config) -> Result<bool, git2::Error> {
    let mut includes = config.entries(Some(r"^include(if\..*)?\.path$"))?;
    while let Some(entry) = includes.next() {
        let entry = entry?;
        let is_conditional = entry.name_bytes().starts_with(b"includeif.");
        let path = if entry.has_value() { entry.value_bytes() } else { b"" };
        let is_of_other = path.starts_with(b"~") && !path.starts_with(b"~/");
        if is_conditional || is_of_other {
            return Ok(true);
        }
    }
    Ok(false)
}

fn by_git(section: &str) -> Result<Vec<Setting>, SourceError> {
    let arguments = ["config", "-z", "--show-scope", "--get-regexp", &format!("^{section}\\.")];
    let output = plumbing::git().args(arguments).output().map_err(SourceError::NoGit)?;
    match output.status.code() {
        Some(0) => {}
        Some(1) => return Ok(Vec::new()),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
            return Err(SourceError::Git { command: "config".into(), said });
        }
    }
    let mut found = Vec::new();
    let mut fields = output.stdout.split(|&byte| byte == 0);
    while let (Some(level), Some(entry)) = (fields.next(), fields.next()) {
        let end = memchr::memchr(b'\n', entry).unwrap_or(entry.len());
        found.push(Setting {
            key: String::from_utf8_lossy(&entry[..end]).into_owned(),
            value: entry.get(end + 1..).map(<[u8]>::to_vec),
            level: Level::of_name(level).unwrap_or(Level::Local),
        });
    }
    Ok(found)
}

/// Whether the git on the PATH has a system file where libgit2 does not look: beside itself, as a
/// git under `/usr/local` or `/opt` has.
fn has_other_system_file() -> bool {
    if env::var_os("GIT_CONFIG_NOSYSTEM").is_some() || env::var_os("GIT_CONFIG_SYSTEM").is_some() {
        return false;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let prefix = env::split_paths(&path).find_map(|folder| prefix_of_git(&folder));
    prefix
        .is_some_and(|prefix| prefix != Path::new("/usr") && prefix.join("etc/gitconfig").exists())
}

/// Where git was installed, if it is in `folder`.
fn prefix_of_git(folder: &Path) -> Option<PathBuf> {
    // Git puts its own directory first on the PATH of hooks.
    if folder.ends_with("libexec/git-core") || folder.ends_with("lib/git-core") {
        return folder.ancestors().nth(2).map(Path::to_owned);
    }
    let git = folder.join("git").canonicalize().ok()?;
    git.ancestors().nth(2).map(Path::to_owned)
}
