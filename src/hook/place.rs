//! Where git looks for hooks, and why there.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{HookError, Surroundings, Target};
use crate::git::Location;
use crate::git::config::{self, Level, Origin};
use crate::text::escape::escape_path;
use crate::text::os::path_from;

/// The key that says where git looks for hooks.
pub(super) const HOOKS_PATH: &str = "core.hooksPath";

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
        /// Which of git's files.
        level: Level,
        /// The file, as git names it.
        origin: String,
    },
    /// It was named on the command line.
    Named,
}

impl Reason {
    /// Whether the setting is not this repository's own.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Reason::Configured { level: Level::Global | Level::System, .. })
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Default => f.write_str("git's default"),
            Reason::Configured { level, origin } => {
                write!(f, "core.hooksPath in the {} configuration, {origin}", level.name())
            }
            Reason::Named => f.write_str("named on the command line"),
        }
    }
}

/// The directory that is locked while hooks are put in or taken out: two installs at once would each keep what
/// the other has half written.
pub(super) fn locked(target: &Target, around: &Surroundings) -> Option<PathBuf> {
    match target {
        Target::Repository => ask_path(&around.location, &["--git-common-dir"]).ok(),
        Target::Template(folder) => Some(around.location.join(folder)),
        Target::Global => {
            let set = global_hooks_path(&around.location).ok().flatten();
            let theirs = set.filter(|set| set.is_absolute() && *set != around.global_hooks());
            theirs.or_else(|| Some(around.config_directory.clone()))
        }
    }
}

/// Keeps other installs and uninstalls in a directory waiting until what is returned is dropped, or the process
/// ends. Where the directory is missing or the system cannot lock, nobody waits.
pub(super) fn lock(folder: Option<&Path>) -> Option<fs::File> {
    let folder = fs::File::open(folder?).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

impl Place {
    /// Finds the place for the repository of a location.
    ///
    /// # Errors
    /// There is no repository, or its hooks are switched off in a way that an install would have
    /// to overrule.
    pub fn of_repository(location: &Location) -> Result<Place, HookError> {
        let bare = location.plain_run(["rev-parse", "--is-bare-repository"])?;
        let common = ask_path(location, &["--git-common-dir"])?;
        let is_bare = bare.starts_with(b"true");
        let work_tree = match is_bare {
            true => None,
            false => Some(ask_path(location, &["--show-toplevel"])?),
        };
        let reason = reason(location)?;
        let searched = ask_path(location, &["--git-path", "hooks"])?;
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
fn reason(location: &Location) -> Result<Reason, HookError> {
    let Some(Origin { level, file, value }) = config::origin(location, HOOKS_PATH)? else {
        return Ok(Reason::Default);
    };
    if value.is_empty() {
        let level = level.name();
        return Err(HookError::Refused(format!(
            "core.hooksPath is empty ({level} configuration, {file}), so git looks for hooks \
             in the top of the work tree and runs none; unset it with \
             `git config --{level} --unset core.hooksPath`"
        )));
    }
    if level == Level::Command {
        return Err(HookError::Refused(
            "core.hooksPath is given for this one command (git -c, or GIT_CONFIG_COUNT), so it \
             does not say where git looks tomorrow; run again without it"
                .into(),
        ));
    }
    Ok(Reason::Configured { level, origin: file })
}

/// Reads the user's own `core.hooksPath`.
///
/// # Errors
/// Git cannot read it.
pub(super) fn global_hooks_path(location: &Location) -> Result<Option<PathBuf>, HookError> {
    Ok(config::path_at(location, Level::Global, HOOKS_PATH)?)
}

/// Reads this machine's `core.hooksPath`.
///
/// # Errors
/// Git cannot read it.
pub(super) fn system_hooks_path(location: &Location) -> Result<Option<PathBuf>, HookError> {
    Ok(config::path_at(location, Level::System, HOOKS_PATH)?)
}

/// Asks git, as the user runs it, for a path and makes it absolute, with links followed as far as it exists.
/// `rev-parse` runs nothing that a repository names.
fn ask_path(location: &Location, argument: &[&str]) -> Result<PathBuf, HookError> {
    let said = location.plain_run([&["rev-parse"], argument].concat())?;
    let path = location.join(path_from(said.strip_suffix(b"\n").unwrap_or(&said)));
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
