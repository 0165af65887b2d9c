//! Where the files stand that configure us.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the environment says of a name.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Returns the user's directory.
#[must_use]
pub fn home(variable: Variable<'_>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("HOME").or_else(|| set("USERPROFILE"))
}

/// Returns the root of the working tree that `here` is in: hooks run there, people run us anywhere
/// in it.
///
/// The root is `.` where it is `here`, so that messages are short; a bare repository has none.
#[must_use]
pub fn work_tree_root(here: &Path, variable: Variable<'_>) -> Option<PathBuf> {
    if let Some(root) = variable("GIT_WORK_TREE") {
        return Some(here.join(root));
    }
    let has_git_dir = variable("GIT_DIR").is_some();
    let root = here.ancestors().find(|folder| folder.join(".git").exists());
    if root.is_some() || !has_git_dir {
        return root.map(|root| if root == here { PathBuf::from(".") } else { root.to_owned() });
    }
    // With GIT_DIR alone, git takes the current directory for the root; a bare one has none.
    let is_bare = here.join("HEAD").is_file() && here.join("objects").is_dir();
    (!is_bare).then(|| PathBuf::from("."))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use super::home;

    fn work_tree_root(here: &Path, work_tree: Option<&str>, has_git_dir: bool) -> Option<PathBuf> {
        super::work_tree_root(here, &|name| match name {
            "GIT_WORK_TREE" => work_tree.map(OsString::from),
            _ => has_git_dir.then(|| "x".into()),
        })
    }

    #[test]
    fn the_home_of_windows_counts_where_there_is_no_other() {
        let of =
            |own: &'static str| home(&move |name| (name == own).then(|| "/h".into())).is_some();
        assert!(of("HOME") && of("USERPROFILE") && !of("X"));
    }

    #[test]
    fn the_root_is_found_from_anywhere_in_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let inner = root.join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        assert_eq!(work_tree_root(&inner, None, false), None);
        assert_eq!(work_tree_root(&inner, None, true).as_deref(), Some(Path::new(".")));
        std::fs::create_dir(root.join(".git")).unwrap();
        for has_git_dir in [false, true] {
            assert_eq!(work_tree_root(root, None, has_git_dir).as_deref(), Some(Path::new(".")));
            assert_eq!(work_tree_root(&inner, None, has_git_dir).as_deref(), Some(root));
        }
        let named = work_tree_root(&inner, Some("/x"), true);
        assert_eq!(named.as_deref(), Some(Path::new("/x")));
        std::fs::create_dir_all(root.join("bare/objects")).unwrap();
        std::fs::remove_dir(root.join(".git")).unwrap();
        std::fs::write(root.join("bare/HEAD"), "").unwrap();
        assert_eq!(work_tree_root(&root.join("bare"), None, true), None);
    }
}
