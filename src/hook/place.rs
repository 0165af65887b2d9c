//! Where git looks for hooks, and why there.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use super::HookError;
use super::script::path_from;
use crate::git::GitError;
use crate::text::escape::escape_path;

/// Where git looks for the hooks of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory in which git looks.
    pub searched: PathBuf,
    /// The directory whose files are ours to write; another one only with husky 9.
    pub folder: PathBuf,
    /// Whose the directory is.
    pub kind: Kind,
    /// Why git looks there.
    pub reason: Reason,
    /// The repository's own directory of hooks, in which git looks by default.
    pub own: PathBuf,
    /// The top of the work tree, where there is one.
    pub work_tree: Option<PathBuf>,
    /// Whether it is a bare repository's, in which nobody commits.
    pub is_bare: bool,
}

/// Whose a directory of hooks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// This machine's: `.git/hooks`, or a directory outside the work tree.
    Private,
    /// A team's: inside the work tree, where it is committed with the rest.
    Team,
    /// Husky 9: git looks in the generated `.husky/_`, whose scripts run the files of `.husky`.
    Husky,
}

/// Why git looks for hooks where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is where git looks when nothing else is said.
    Default,
    /// `core.hooksPath` says so.
    Configured {
        /// Which configuration: `local`, `worktree`, `global`, `system` or `command`.
        scope: String,
        /// The file, as git names it.
        origin: String,
    },
    /// It was named on the command line.
    Named,
}

impl Reason {
    /// Whether the setting is not this repository's own.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Reason::Configured { scope, .. } if scope == "global" || scope == "system")
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Default => f.write_str("git's default"),
            Reason::Configured { scope, origin } => {
                write!(f, "core.hooksPath in the {scope} configuration, {origin}")
            }
            Reason::Named => f.write_str("named on the command line"),
        }
    }
}

/// Keeps other installs and uninstalls in a repository waiting until what is returned is dropped, or the process
/// ends: two at once would each keep what the other has half written. Where the system cannot lock, nobody waits.
pub(super) fn lock(directory: &Path) -> Option<fs::File> {
    let common = ask_path(directory, &["rev-parse", "--git-common-dir"]).ok()?;
    let folder = fs::File::open(common).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

impl Place {
    /// Finds the place for the repository that `directory` is in.
    ///
    /// # Errors
    /// There is no repository, or its hooks are switched off in a way that an install would have
    /// to overrule.
    pub fn of_repository(directory: &Path) -> Result<Place, HookError> {
        let bare = ask_str(directory, &["rev-parse", "--is-bare-repository"])?;
        let common = ask_path(directory, &["rev-parse", "--git-common-dir"])?;
        let is_bare = bare.starts_with(b"true");
        let work_tree = match is_bare {
            true => None,
            false => Some(ask_path(directory, &["rev-parse", "--show-toplevel"])?),
        };
        let reason = reason(directory)?;
        let searched = ask_path(directory, &["rev-parse", "--git-path", "hooks"])?;
        if !searched.is_dir() && super::change::exists(&searched) {
            return Err(HookError::Refused(format!(
                "git looks for hooks in `{}`, which is not a directory, so no hook runs \
                 ({reason}); unset core.hooksPath, or give it a directory",
                escape_path(&searched)
            )));
        }
        let mut place = Place {
            folder: searched.clone(),
            searched,
            kind: Kind::Private,
            reason,
            own: resolved(&common.join("hooks")),
            work_tree,
            is_bare,
        };
        place.classify(&common);
        Ok(place)
    }

    /// Makes the place of a directory that is named, or is our own.
    pub(super) fn of_folder(folder: &Path, reason: Reason) -> Place {
        Place {
            searched: folder.to_owned(),
            folder: folder.to_owned(),
            kind: Kind::Private,
            reason,
            own: folder.to_owned(),
            work_tree: None,
            is_bare: false,
        }
    }

    fn classify(&mut self, common: &Path) {
        let is_stubs = self.searched.ends_with("_")
            && (self.searched.ends_with(".husky/_") || self.searched.join("h").is_file());
        // The main work tree, where this is a linked one.
        let main = common.ends_with(".git").then(|| common.parent()).flatten();
        let tops = [self.work_tree.as_deref(), main];
        let is_inside = tops.into_iter().flatten().any(|top| self.searched.starts_with(top));
        self.kind = match (is_inside && !self.searched.starts_with(common), is_stubs) {
            (true, true) => Kind::Husky,
            (true, false) => Kind::Team,
            (false, _) => Kind::Private,
        };
        if self.kind == Kind::Husky {
            self.folder.pop();
        }
    }
}

/// Reads why git looks where it does.
fn reason(directory: &Path) -> Result<Reason, HookError> {
    let arguments = ["config", "-z", "--show-scope", "--show-origin"];
    let arguments = [&arguments[..], &["--get", "core.hooksPath"]].concat();
    let Some(said) = ask_value(directory, &arguments)? else {
        return Ok(Reason::Default);
    };
    let mut fields = said.split(|&byte| byte == 0);
    let mut field = || String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
    let (scope, origin, value) = (field(), field(), field());
    if value.is_empty() {
        return Err(HookError::Refused(format!(
            "core.hooksPath is empty ({scope} configuration, {origin}), so git looks for hooks \
             in the top of the work tree and runs none; unset it with \
             `git config --{scope} --unset core.hooksPath`"
        )));
    }
    if scope == "command" {
        return Err(HookError::Refused(
            "core.hooksPath is given for this one command (git -c, or GIT_CONFIG_COUNT), so it \
             does not say where git looks tomorrow; run again without it"
                .into(),
        ));
    }
    Ok(Reason::Configured { scope, origin })
}

/// Reads the user's own `core.hooksPath`.
///
/// # Errors
/// Git cannot read it.
pub(super) fn global_hooks_path() -> Result<Option<PathBuf>, HookError> {
    path_of_scope("--global")
}

/// Reads this machine's `core.hooksPath`.
///
/// # Errors
/// Git cannot read it.
pub(super) fn system_hooks_path() -> Result<Option<PathBuf>, HookError> {
    path_of_scope("--system")
}

fn path_of_scope(scope: &str) -> Result<Option<PathBuf>, HookError> {
    let arguments = ["config", scope, "-z", "--type=path", "--get", "core.hooksPath"];
    let value = ask_value(Path::new("."), &arguments)?;
    Ok(value.map(|value| path_from(value.strip_suffix(b"\0").unwrap_or(&value))))
}

/// Asks git, which must know the hooks of the repository: the hermetic commands of
/// [`command`](crate::git::command) set `core.hooksPath` themselves. What is asked here
/// (`rev-parse`, `config`) runs nothing that a repository names.
pub(super) fn ask(directory: &Path, arguments: &[&OsStr]) -> Result<Vec<u8>, HookError> {
    let output = command(directory).args(arguments).output().map_err(GitError::NoGit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if said.contains("not a git repository") {
        return Err(HookError::NoRepository);
    }
    let command =
        arguments.first().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let said = said.replace('\n', "; ");
    Err(GitError::Failed { command, message: said }.into())
}

/// As [`ask`], for arguments that are text.
pub(super) fn ask_str(directory: &Path, arguments: &[&str]) -> Result<Vec<u8>, HookError> {
    ask(directory, &arguments.iter().map(OsStr::new).collect::<Vec<_>>())
}

/// Asks for a value that may be unset.
fn ask_value(directory: &Path, arguments: &[&str]) -> Result<Option<Vec<u8>>, HookError> {
    let output = command(directory).args(arguments).output().map_err(GitError::NoGit)?;
    match output.status.code() {
        Some(0) => Ok(Some(output.stdout)),
        Some(1) => Ok(None),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
            let command = "config".into();
            Err(GitError::Failed { command, message: said }.into())
        }
    }
}

/// Asks for a path and makes it absolute, with links followed as far as it exists.
fn ask_path(directory: &Path, arguments: &[&str]) -> Result<PathBuf, HookError> {
    let said = ask_str(directory, arguments)?;
    let said = said.strip_suffix(b"\n").unwrap_or(&said);
    let path = directory.join(path_from(said));
    Ok(fs::canonicalize(&path).unwrap_or_else(|_| resolved(&path)))
}

/// Follows the links of the part that exists, and takes `.` and `..` out of the rest.
fn resolved(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => {
                out.push(other);
                out = fs::canonicalize(&out).unwrap_or(out);
            }
        }
    }
    out
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).env("LC_ALL", "C").stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(searched: &str, top: Option<&str>, common: &str) -> (Kind, PathBuf) {
        let mut place = Place::of_folder(Path::new(searched), Reason::Default);
        place.work_tree = top.map(PathBuf::from);
        place.classify(Path::new(common));
        (place.kind, place.folder)
    }

    #[test]
    fn directories_in_the_work_tree_are_the_teams_and_those_in_the_git_directory_are_not() {
        let top = Some("/w");
        for (searched, top, common, kind, folder) in [
            ("/w/.git/hooks", top, "/w/.git", Kind::Private, "/w/.git/hooks"),
            ("/w/.githooks", top, "/w/.git", Kind::Team, "/w/.githooks"),
            ("/w/.husky", top, "/w/.git", Kind::Team, "/w/.husky"),
            ("/w/.husky/_", top, "/w/.git", Kind::Husky, "/w/.husky"),
            ("/home/h", top, "/w/.git", Kind::Private, "/home/h"),
            ("/w/.dots/hooks", top, "/w/.dots", Kind::Private, "/w/.dots/hooks"),
            ("/main/.githooks", top, "/main/.git", Kind::Team, "/main/.githooks"),
            ("/bare.git/hooks", None, "/bare.git", Kind::Private, "/bare.git/hooks"),
        ] {
            assert_eq!(place(searched, top, common), (kind, folder.into()), "{searched}");
        }
    }
}
