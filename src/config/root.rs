//! Where the files of a repository stand that configure us.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Returns the root of the working tree that `here` is in: hooks run there, people run us anywhere
/// in it. `work_tree` is `GIT_WORK_TREE`; `has_git_dir` tells whether `GIT_DIR` is set.
///
/// The root is `.` where it is `here`, so that messages are short; a bare repository has none.
#[must_use]
pub fn work_tree_root(
    here: &Path,
    work_tree: Option<&OsStr>,
    has_git_dir: bool,
) -> Option<PathBuf> {
    if let Some(root) = work_tree {
        return Some(here.join(root));
    }
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
    use std::ffi::OsStr;
    use std::path::Path;

    use super::work_tree_root;

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
        let named = work_tree_root(&inner, Some(OsStr::new("/x")), true);
        assert_eq!(named.as_deref(), Some(Path::new("/x")));
        std::fs::create_dir_all(root.join("bare/objects")).unwrap();
        std::fs::remove_dir(root.join(".git")).unwrap();
        std::fs::write(root.join("bare/HEAD"), "").unwrap();
        assert_eq!(work_tree_root(&root.join("bare"), None, true), None);
    }
}
