//! Where a repository is, and what of an environment counts for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{env, fs};

use crate::environment::Environment;
use crate::text::os::os_str;
use crate::text::search::holds;

/// The variables that lead git to one repository: what `git rev-parse --local-env-vars` lists, and
/// what git sets for the hooks of a push.
const OF_ONE_REPOSITORY: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Where git looks for a repository: a directory, and an environment that may lead elsewhere.
#[derive(Debug, Clone)]
pub struct Location {
    directory: PathBuf,
    environment: Environment,
    /// The root, once it was looked for.
    root: Arc<OnceLock<Option<PathBuf>>>,
}

impl Location {
    /// The repository that git would use in `directory` with this environment: `GIT_DIR` and its like
    /// count, as in a hook.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, environment: Environment) -> Self {
        Location { directory: directory.into(), environment, root: Arc::default() }
    }

    /// The repository in `directory`, whatever repository the environment leads to.
    ///
    /// ```
    /// use tightlip::environment::Environment;
    /// use tightlip::git::Location;
    /// let in_a_hook = Environment::new([("GIT_DIR".into(), "/other/.git".into())]);
    /// let named = Location::named("/repository", &in_a_hook);
    /// assert!(!named.environment().is_set("GIT_DIR"));
    /// ```
    #[must_use]
    pub fn named(directory: impl Into<PathBuf>, environment: &Environment) -> Self {
        Location::new(directory, environment.without(OF_ONE_REPOSITORY))
    }

    /// Returns the directory in which git's commands run.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the environment of git's commands.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns a path as the directory has it; an absolute one stays what it is.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        if self.directory == Path::new(".") {
            return path.as_ref().to_owned();
        }
        self.directory.join(path)
    }

    /// Returns a file in the user's directory of git's configuration. Git heeds a relative one, too.
    pub(super) fn xdg_file(&self, name: &str) -> Option<PathBuf> {
        let environment = &self.environment;
        let named = environment.get_filled("XDG_CONFIG_HOME").map(|folder| self.join(folder));
        let folder = named.or_else(|| environment.home().map(|home| home.join(".config")));
        folder.map(|folder| folder.join("git").join(name))
    }

    /// Returns the paths of a variable that holds a list of them.
    pub(super) fn paths(&self, name: &str) -> Vec<PathBuf> {
        let list = self.environment.get_filled(name).unwrap_or_default();
        env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect()
    }

    /// Returns the root of the working tree that the directory is in: hooks run there, people run us
    /// anywhere in it.
    ///
    /// The root is the directory itself where it is the same, so that messages are short; a bare
    /// repository has none.
    #[must_use]
    pub fn root(&self) -> Option<PathBuf> {
        self.root.get_or_init(|| self.find_root()).clone()
    }

    /// Finds it as git does: what the environment names, then what the repository's configuration names,
    /// then where its directory stands. With `GIT_DIR` of a repository that is elsewhere, git takes the
    /// current directory.
    /// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreworktree>
    fn find_root(&self) -> Option<PathBuf> {
        if let Some(root) = self.environment.get("GIT_WORK_TREE") {
            return Some(self.join(root));
        }
        let here = self.directory.canonicalize().ok()?;
        // A directory that is itself one of git's is a bare repository, which has no root.
        let found = here.ancestors().find(|folder| {
            let git_dir = folder.join(".git");
            git_dir.is_file() || is_git_dir(&git_dir) || is_git_dir(folder)
        });
        let around = found.and_then(git_dir_of);
        let named = self.environment.get("GIT_DIR");
        let git_dir = match named {
            Some(git_dir) => self.join(git_dir).canonicalize().ok(),
            None => around.clone(),
        };
        let shown = |root: &Path| match root == here {
            true => self.directory.clone(),
            false => root.to_owned(),
        };
        if let Some(root) = git_dir.as_deref().and_then(configured_root) {
            return Some(shown(&root));
        }
        if named.is_none() || git_dir.is_some() && git_dir == around {
            return found.filter(|folder| folder.join(".git").exists()).map(shown);
        }
        let is_bare = || git_dir.as_deref().is_some_and(is_configured_bare) || is_git_dir(&here);
        (!is_bare()).then(|| self.directory.clone())
    }
}

/// Returns the root of the working tree that a repository's own configuration names.
fn configured_root(git_dir: &Path) -> Option<PathBuf> {
    let named = own_configurations(git_dir, b"worktree");
    let root = named.iter().find_map(|config| config.get_path("core.worktree").ok())?;
    let root = git_dir.join(root);
    Some(root.canonicalize().unwrap_or(root))
}

/// Whether a repository's own configuration says that it has no working tree.
fn is_configured_bare(git_dir: &Path) -> bool {
    let named = own_configurations(git_dir, b"bare");
    named.iter().any(|config| config.get_bool("core.bare").unwrap_or(false))
}

/// Parses a repository's own configuration where it may set what has `key` in its name. The files of the user and the
/// machine do not count for the working tree, nor does that of the main one for a linked one.
fn own_configurations(git_dir: &Path, key: &[u8]) -> Vec<git2::Config> {
    let is_linked = git_dir.join("commondir").is_file();
    let of_all = (!is_linked).then(|| git_dir.join("config"));
    let files = std::iter::once(git_dir.join("config.worktree")).chain(of_all);
    // Few files hold the word, and to look for it takes a fraction of what parsing does.
    let may_set = |file: &Path| {
        let text = fs::read(file).unwrap_or_default().to_ascii_lowercase();
        holds(&text, key) || holds(&text, b"include")
    };
    files
        .filter(|file| file.is_file() && may_set(file))
        .filter_map(|file| git2::Config::open(&file).ok())
        .collect()
}

/// Returns the git directory of the working tree or bare repository in `folder`.
fn git_dir_of(folder: &Path) -> Option<PathBuf> {
    let git_dir = folder.join(".git");
    if git_dir.is_file() {
        let text = fs::read(&git_dir).ok()?;
        let path = text.strip_prefix(b"gitdir: ")?.trim_ascii_end();
        return folder.join(&*os_str(path)).canonicalize().ok();
    }
    let git_dir = if git_dir.is_dir() { git_dir } else { folder.to_owned() };
    git_dir.canonicalize().ok()
}

/// Whether git accepts a directory as a git directory. It does not accept an empty one.
fn is_git_dir(folder: &Path) -> bool {
    let is_shared = folder.join("commondir").is_file();
    let has_all = is_shared || folder.join("objects").is_dir() && folder.join("refs").is_dir();
    has_all && folder.join("HEAD").symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::Location;
    use crate::environment::Environment;

    fn root(here: &Path, work_tree: Option<&str>, git_dir: Option<&Path>) -> Option<PathBuf> {
        let variables = [("GIT_WORK_TREE", work_tree.map(Path::new)), ("GIT_DIR", git_dir)];
        let set = variables.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let environment = Environment::new(set.map(|(name, value)| (name.into(), value.into())));
        Location::new(here, environment).root()
    }

    fn make_git_dir(folder: &Path, config: &str) {
        for name in ["objects", "refs"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::write(folder.join("HEAD"), "").unwrap();
        fs::write(folder.join("config"), config).unwrap();
    }

    #[test]
    fn root_is_found_from_anywhere_in_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let (inner, git_dir) = (top.join("a/b"), top.join(".git"));
        fs::create_dir_all(&inner).unwrap();
        let elsewhere = top.join("elsewhere");
        make_git_dir(&elsewhere, "");
        assert_eq!(root(&inner, None, None), None);
        assert_eq!(root(&inner, None, Some(&elsewhere)), Some(inner.clone()));
        fs::create_dir(&git_dir).unwrap();
        assert_eq!(root(&inner, None, None), None, "an empty .git");
        make_git_dir(&git_dir, "");
        for named in [None, Some(&*git_dir)] {
            assert_eq!(root(&top, None, named), Some(top.clone()));
            assert_eq!(root(&inner, None, named), Some(top.clone()));
        }
        assert_eq!(root(&inner, None, Some(&elsewhere)), Some(inner.clone()), "of another one");
        assert_eq!(root(&inner, Some("/x"), Some(&git_dir)), Some("/x".into()));
        make_git_dir(&top.join("bare"), "[core]\n\tbare = true\n");
        assert_eq!(root(&top.join("bare"), None, None), None, "a bare one in a work tree");
        assert_eq!(root(&inner, None, Some(&top.join("bare"))), None, "a bare one named");
        fs::remove_dir_all(git_dir).unwrap();
        assert_eq!(root(&top.join("bare"), None, Some(&top.join("bare"))), None);
    }

    #[test]
    fn root_is_where_the_configuration_says() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let (git_dir, tree, sub) = (top.join("r/.git"), top.join("tree"), top.join("tree/sub"));
        fs::create_dir_all(&sub).unwrap();
        for written in ["../../tree".to_owned(), tree.display().to_string()] {
            make_git_dir(&git_dir, &format!("[core]\n\tworktree = {written}\n"));
            for here in [&top, &top.join("r"), &tree, &sub] {
                assert_eq!(root(here, None, Some(&git_dir)), Some(tree.clone()), "{written}");
            }
            assert_eq!(root(&top.join("r"), None, None), Some(tree.clone()), "{written}");
            assert_eq!(root(&sub, Some("/x"), Some(&git_dir)), Some("/x".into()));
        }
        fs::write(top.join("r/more"), format!("[core]\n\tworktree = {}\n", tree.display()))
            .unwrap();
        for config in [
            "[CORE]\n\tWorkTree = ../../tree\n",
            "[Include]\n\tpath = ../more\n[core]\n\tbare = false\n",
        ] {
            make_git_dir(&git_dir, config);
            assert_eq!(root(&top.join("r"), None, None), Some(tree.clone()), "{config}");
        }
        // A linked working tree is its own.
        let linked = git_dir.join("worktrees/w");
        fs::create_dir_all(&linked).unwrap();
        fs::create_dir(top.join("w")).unwrap();
        fs::write(linked.join("commondir"), "../..\n").unwrap();
        fs::write(linked.join("HEAD"), "").unwrap();
        fs::write(top.join("w/.git"), format!("gitdir: {}\n", linked.display())).unwrap();
        for named in [None, Some(&*linked)] {
            assert_eq!(root(&top.join("w"), None, named), Some(top.join("w")));
        }
    }

    #[test]
    fn named_location_forgets_the_repository_of_the_environment() {
        let hook = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_QUARANTINE_PATH", "HOME"];
        let environment = Environment::new(hook.map(|name| (name.into(), "/x".into())));
        let named = Location::named("/b", &environment);
        assert!(named.environment().is_set("HOME"));
        assert!(!named.environment().sets_any(&hook[..3]));
    }
}
