//! Where a repository is, and what of an environment counts for it.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::environment::Environment;

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

    fn find_root(&self) -> Option<PathBuf> {
        if let Some(root) = self.environment.get("GIT_WORK_TREE") {
            return Some(self.join(root));
        }
        let has_git_dir = self.environment.is_set("GIT_DIR");
        let here = self.directory.canonicalize().ok()?;
        // A directory that is itself one of git's is a bare repository, which has no root.
        let found = here.ancestors().find(|folder| {
            let git_dir = folder.join(".git");
            git_dir.is_file() || is_git_dir(&git_dir) || is_git_dir(folder)
        });
        let root = found.filter(|folder| folder.join(".git").exists());
        if found.is_some() || !has_git_dir {
            return root
                .map(|root| if root == here { self.directory.clone() } else { root.to_owned() });
        }
        // With GIT_DIR alone, git takes the current directory for the root; a bare one has none.
        let is_bare = here.join("HEAD").is_file() && here.join("objects").is_dir();
        (!is_bare).then(|| self.directory.clone())
    }
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

    fn root(here: &Path, work_tree: Option<&str>, has_git_dir: bool) -> Option<PathBuf> {
        let variables = [("GIT_WORK_TREE", work_tree), ("GIT_DIR", has_git_dir.then_some("x"))];
        let set = variables.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let environment = Environment::new(set.map(|(name, value)| (name.into(), value.into())));
        Location::new(here, environment).root()
    }

    #[test]
    fn root_is_found_from_anywhere_in_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let inner = top.join("a/b");
        fs::create_dir_all(&inner).unwrap();
        assert_eq!(root(&inner, None, false), None);
        assert_eq!(root(&inner, None, true), Some(inner.clone()));
        fs::create_dir(top.join(".git")).unwrap();
        assert_eq!(root(&inner, None, false), None, "an empty .git");
        for folder in ["objects", "refs"] {
            fs::create_dir(top.join(".git").join(folder)).unwrap();
        }
        fs::write(top.join(".git/HEAD"), "").unwrap();
        for has_git_dir in [false, true] {
            assert_eq!(root(&top, None, has_git_dir), Some(top.clone()));
            assert_eq!(root(&inner, None, has_git_dir), Some(top.clone()));
        }
        assert_eq!(root(&inner, Some("/x"), true), Some("/x".into()));
        for folder in ["objects", "refs"] {
            fs::create_dir_all(top.join("bare").join(folder)).unwrap();
        }
        fs::write(top.join("bare/HEAD"), "").unwrap();
        assert_eq!(root(&top.join("bare"), None, false), None, "a bare one in a work tree");
        fs::remove_dir_all(top.join(".git")).unwrap();
        assert_eq!(root(&top.join("bare"), None, true), None);
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
