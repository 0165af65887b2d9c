//! Values of git's own configuration, with the file that sets each.
//!
//! libgit2 parses the files without starting a process. Git is asked where it would read something
//! else: values of `git -c` and of the environment, files included by a condition, a system file
//! that is not in `/etc`, and repositories that git may not trust.

use std::path::{Path, PathBuf};

use git2::{Config, ConfigEntry, ConfigLevel};

use super::command::{nul_fields, printed, printed_if_set};
use super::{GitError, Location};
use crate::text::os::path_from;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section and name in lower case, a subsection between them as written: `secrets.patterns`.
    pub key: String,
    /// The value as bytes; `None` where a key stands without one, which means yes.
    pub value: Option<Vec<u8>>,
    /// Which of git's files sets it.
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
    const ALL: [Level; 5] =
        [Level::System, Level::Global, Level::Local, Level::Worktree, Level::Command];

    /// Whether the repository itself sets the value, so that its author may be somebody else.
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
        Level::ALL.into_iter().find(|known| known.name().as_bytes() == name)
    }

    const fn of_native(level: ConfigLevel) -> Self {
        match level {
            ConfigLevel::ProgramData | ConfigLevel::System => Level::System,
            ConfigLevel::XDG | ConfigLevel::Global => Level::Global,
            ConfigLevel::Worktree => Level::Worktree,
            _ => Level::Local,
        }
    }
}

/// Git's configuration, read once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(Vec<Setting>);

/// The files of a repository that hold its configuration.
pub(super) struct RepositoryFiles<'a> {
    pub(super) common_dir: &'a Path,
    pub(super) git_dir: &'a Path,
    /// Whether git may refuse to read them: `safe.bareRepository` can forbid a bare repository that
    /// nobody has named, and libgit2 does not know it.
    pub(super) may_be_refused: bool,
}

impl Settings {
    /// Reads the values of the user and the machine, for use outside of a repository.
    ///
    /// # Errors
    /// The configuration cannot be read, or git is needed and cannot be run.
    pub fn outside(location: &Location) -> Result<Self, GitError> {
        Settings::read(location, None)
    }

    /// Reads every value, the weakest files first.
    pub(super) fn read(
        location: &Location,
        repository: Option<&RepositoryFiles<'_>>,
    ) -> Result<Self, GitError> {
        let must_ask = repository.is_some_and(|repository| repository.may_be_refused)
            || location.environment().sets_any(&["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"])
            || has_other_system_file(location);
        if !must_ask && let Some(found) = native(location, repository).map_err(native_error)? {
            return Ok(found);
        }
        by_git(location)
    }

    /// Returns the values of a section, the weakest files first.
    pub fn section(&self, section: &str) -> impl Iterator<Item = &Setting> {
        let is_in = move |setting: &&Setting| {
            setting.key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
        };
        self.0.iter().filter(is_in)
    }

    /// Returns the value that counts for a key (in lower case), as text.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        let last = self.0.iter().rfind(|setting| setting.key == key)?;
        Some(String::from_utf8_lossy(last.value.as_deref().unwrap_or_default()).into_owned())
    }

    /// Returns the file of ignore patterns that holds for all of the user's repositories.
    ///
    /// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreexcludesFile>
    #[must_use]
    pub fn excludes_file(&self, location: &Location) -> Option<PathBuf> {
        let Some(named) = self.get("core.excludesfile") else {
            return location.xdg_file("ignore");
        };
        match (named.strip_prefix("~/"), location.environment().home()) {
            (Some(path), Some(home)) => Some(home.join(path)),
            _ => Some(location.join(named)),
        }
    }

    /// Whether a key (in lower case) is true in git's terms. One that stands without a value is.
    ///
    /// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-boolean>
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        self.0.iter().rfind(|setting| setting.key == key).is_some_and(Setting::is_true)
    }
}

impl Setting {
    /// Whether the value is true in git's terms.
    #[must_use]
    pub fn is_true(&self) -> bool {
        let Some(value) = &self.value else { return true };
        let value = String::from_utf8_lossy(value).to_ascii_lowercase();
        // Git reads numbers as well, with a unit behind them.
        let digits = value.trim_end_matches(['k', 'm', 'g']);
        let number = digits.parse::<i64>();
        matches!(&*value, "true" | "yes" | "on") || number.is_ok_and(|number| number != 0)
    }
}

fn native_error(error: git2::Error) -> GitError {
    let advice = "`git config --list --show-origin` names the file";
    GitError::Native { what: "git's configuration", message: error.message().to_owned(), advice }
}

/// Parses the files by libgit2; `None` where it would not read what git reads.
fn native(
    location: &Location,
    repository: Option<&RepositoryFiles<'_>>,
) -> Result<Option<Settings>, git2::Error> {
    let mut config = Config::new()?;
    for (path, level) in files(location, repository) {
        if path.is_file() {
            config.add_file(&path, level, false)?;
        }
    }
    let worktree = repository.map(|repository| repository.git_dir.join("config.worktree"));
    if let Some(path) = worktree.filter(|path| path.is_file())
        && config.snapshot()?.get_bool("extensions.worktreeconfig").unwrap_or(false)
    {
        config.add_file(&path, ConfigLevel::Worktree, false)?;
    }
    let mut found = Vec::new();
    let mut entries = config.entries(None)?;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if is_conditional_include(entry) {
            return Ok(None);
        }
        found.push(Setting {
            key: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
            value: entry.has_value().then(|| entry.value_bytes().to_vec()),
            level: Level::of_native(entry.level()),
        });
    }
    found.sort_by_key(|setting| setting.level);
    Ok(Some(Settings(found)))
}

/// The files that git reads.
/// <https://git-scm.com/docs/git-config#FILES>
fn files(
    location: &Location,
    repository: Option<&RepositoryFiles<'_>>,
) -> Vec<(PathBuf, ConfigLevel)> {
    let environment = location.environment();
    let mut files = Vec::new();
    match environment.get("GIT_CONFIG_SYSTEM") {
        _ if environment.is_true("GIT_CONFIG_NOSYSTEM") => {}
        Some(file) => files.push((location.join(file), ConfigLevel::System)),
        None => files.push((PathBuf::from("/etc/gitconfig"), ConfigLevel::System)),
    }
    match environment.get("GIT_CONFIG_GLOBAL") {
        Some(file) => files.push((location.join(file), ConfigLevel::Global)),
        None => {
            let xdg = location.xdg_file("config");
            files.extend(xdg.map(|file| (file, ConfigLevel::XDG)));
            let home = environment.home().map(|home| home.join(".gitconfig"));
            files.extend(home.map(|file| (file, ConfigLevel::Global)));
        }
    }
    let local = repository.map(|repository| repository.common_dir.join("config"));
    files.extend(local.map(|file| (file, ConfigLevel::Local)));
    files
}

/// Whether a file is included in a way that libgit2 does not know as git does: by a remote's
/// address, by a directory that links lead to, from the home of another user.
fn is_conditional_include(entry: &ConfigEntry<'_>) -> bool {
    let name = entry.name_bytes();
    let path = if entry.has_value() { entry.value_bytes() } else { b"" };
    let is_from_home_of_other = path.starts_with(b"~") && !path.starts_with(b"~/");
    name.starts_with(b"includeif.") && name.ends_with(b".path")
        || name == b"include.path" && is_from_home_of_other
}

fn by_git(location: &Location) -> Result<Settings, GitError> {
    let mut command = location.git();
    command.args(["config", "-z", "--show-scope", "--list"]);
    let listed = printed_if_set(&mut command)?.unwrap_or_default();
    let mut found = Vec::new();
    let mut fields = nul_fields(&listed);
    while let (Some(level), Some(entry)) = (fields.next(), fields.next()) {
        let end = memchr::memchr(b'\n', entry).unwrap_or(entry.len());
        found.push(Setting {
            key: String::from_utf8_lossy(&entry[..end]).into_owned(),
            value: entry.get(end + 1..).map(<[u8]>::to_vec),
            level: Level::of_name(level).unwrap_or(Level::Local),
        });
    }
    Ok(Settings(found))
}

/// The value that counts for a key, and who sets it, as git itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Which of git's files sets it.
    pub(crate) level: Level,
    /// The file, as git names it.
    pub(crate) file: String,
    pub(crate) value: Vec<u8>,
}

/// Asks git who sets a key; `None` where nobody does. Our own commands set some keys for themselves, so this is
/// git as the user runs it.
pub(crate) fn origin(location: &Location, key: &str) -> Result<Option<Origin>, GitError> {
    let mut command = location.plain_git();
    command.args(["config", "-z", "--show-scope", "--show-origin", "--get", key]);
    let Some(said) = printed_if_set(&mut command)? else { return Ok(None) };
    let mut fields = nul_fields(&said);
    let mut field = || fields.next().unwrap_or_default();
    let (level, file, value) = (field(), field(), field());
    Ok(Some(Origin {
        level: Level::of_name(level).unwrap_or(Level::Local),
        file: String::from_utf8_lossy(file).into_owned(),
        value: value.to_vec(),
    }))
}

/// Reads the path that a key has in git's files of one level: the user's or the machine's.
pub(crate) fn path_at(
    location: &Location,
    level: Level,
    key: &str,
) -> Result<Option<PathBuf>, GitError> {
    let level = format!("--{}", level.name());
    let mut command = location.plain_git();
    command.args(["config", &level, "-z", "--type=path", "--get", key]);
    let said = printed_if_set(&mut command)?;
    Ok(said.map(|value| path_from(value.strip_suffix(b"\0").unwrap_or(&value))))
}

/// Sets a key of the user's own configuration to a path, or unsets it.
pub(crate) fn set_global(
    location: &Location,
    key: &str,
    value: Option<&Path>,
) -> Result<(), GitError> {
    let mut command = location.plain_git();
    command.args(["config", "--global"]);
    match value {
        Some(value) => command.arg(key).arg(value),
        None => command.args(["--unset", key]),
    };
    printed(&mut command).map(drop)
}

/// Whether the git on the PATH has a system file where libgit2 does not look: beside itself, as a
/// git under `/usr/local` or `/opt` has.
fn has_other_system_file(location: &Location) -> bool {
    let environment = location.environment();
    if environment.is_true("GIT_CONFIG_NOSYSTEM") || environment.is_set("GIT_CONFIG_SYSTEM") {
        return false;
    }
    let prefix = location.paths("PATH").iter().find_map(|folder| prefix_of_git(folder));
    prefix
        .is_some_and(|prefix| prefix != Path::new("/usr") && prefix.join("etc/gitconfig").exists())
}

/// Where git was installed, if it is in `folder`.
fn prefix_of_git(folder: &Path) -> Option<PathBuf> {
    // Git puts its own directory first on the PATH of hooks.
    if folder.ends_with("libexec/git-core") || folder.ends_with("lib/git-core") {
        return folder.ancestors().nth(2).map(Path::to_owned);
    }
    let git = folder.join("git");
    // Most folders have none, and to resolve a path asks for each part of it.
    git.symlink_metadata().ok()?;
    git.canonicalize().ok()?.ancestors().nth(2).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    #[test]
    fn a_value_is_true_where_git_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = ("PATH".into(), std::env::var_os("PATH").unwrap());
        let location = Location::named(folder.path(), &Environment::new([path]));
        let file = folder.path().join("config");
        for (line, expected) in [
            ("key", true),
            ("key = true", true),
            ("key = Yes", true),
            ("key = on", true),
            ("key = 1", true),
            ("key = 2", true),
            ("key = -1", true),
            ("key = 1k", true),
            ("key =", false),
            ("key = false", false),
            ("key = no", false),
            ("key = OFF", false),
            ("key = 0", false),
            ("key\nkey = no", false),
            ("key = no\nkey", true),
        ] {
            std::fs::write(&file, format!("[one]\n{line}\n")).unwrap();
            let environment = Environment::new([
                ("GIT_CONFIG_GLOBAL".into(), file.clone().into()),
                ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
            ]);
            let settings = Settings::outside(&Location::named(folder.path(), &environment));
            let settings = settings.unwrap();
            assert_eq!(settings.is_true("one.key"), expected, "{line}");
            let said = location.run([
                "config".as_ref(),
                "--type=bool".as_ref(),
                "--file".as_ref(),
                file.as_os_str(),
                "one.key".as_ref(),
            ]);
            assert_eq!(said.unwrap().trim_ascii(), expected.to_string().as_bytes(), "{line}");
        }
    }
}
