//! A repository: libgit2 first, git's plumbing where libgit2 refuses.
//!
//! libgit2 refuses SHA-256, reftable and partial-clone extensions, split and sparse indexes, and
//! a few more. Everything above this file sees one type and raw objects, and cannot tell which
//! of the two has read them.

mod changes;
mod read;
mod refs;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Once;

use git2::ErrorCode;

pub(super) use changes::IndexChange;

use super::object::ObjectId;
use super::plumbing::{self, CatFile};
use super::settings::has_foreign_includes;
use super::{MAX_OBJECT_BYTES, SourceError};
use crate::text::escape::escape;
use crate::text::os::os_str;

/// A repository that neither libgit2 nor git opens.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is none here.
    #[error(
        "this is not a git repository; run tightlip inside one, or scan files with `tightlip scan`"
    )]
    NotFound,
    /// There is one, and it cannot be read.
    #[error("the repository cannot be opened: libgit2 says \"{native}\", git says \"{git}\"")]
    Refused {
        /// libgit2's reason.
        native: String,
        /// Git's reason.
        git: String,
    },
}

/// An open repository, for one thread.
pub struct Repository {
    native: Option<git2::Repository>,
    cat_file: Option<CatFile>,
    git_dir: PathBuf,
    max_object_bytes: u64,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("git_dir", &self.git_dir).finish_non_exhaustive()
    }
}

static SETTINGS: Once = Once::new();

/// Makes libgit2 map packs in small windows: by default it maps them whole, and what is mapped
/// counts as memory.
#[expect(unsafe_code, reason = "these settings of libgit2 have no safe form")]
fn limit_mapping() {
    // SAFETY: the settings must not change while another thread uses libgit2. They are set once,
    // before the first repository is opened, and every repository is opened behind that.
    let set = unsafe {
        git2::opts::set_mwindow_size(4 << 20)
            .and_then(|()| git2::opts::set_mwindow_mapped_limit(48 << 20))
    };
    // Without them there is more memory in use, and nothing else is different.
    let _ = set;
}

impl Repository {
    /// Opens the repository that git would use here: the environment (`GIT_DIR`,
    /// `GIT_INDEX_FILE`, quarantined objects of a push) counts, then the working directory.
    ///
    /// # Errors
    /// There is none, or neither libgit2 nor git can open it.
    pub fn open() -> Result<Self, RepositoryError> {
        SETTINGS.call_once(|| {
            // libgit2 hashes every object it reads; git does not, and it is worth a factor of 4.
            git2::opts::strict_hash_verification(false);
            git2::opts::enable_caching(false);
            limit_mapping();
        });
        let native = match git2::Repository::open_from_env() {
            Ok(native) => native,
            Err(error) => return Repository::open_by_git(&error),
        };
        let git_dir = native.path().to_owned();
        Ok(Repository::new(Some(native), git_dir))
    }

    fn open_by_git(native: &git2::Error) -> Result<Self, RepositoryError> {
        match plumbing::run_str(&["rev-parse", "--absolute-git-dir"]) {
            Ok(said) => Ok(Repository::new(None, path_from(said.trim_ascii_end()))),
            Err(_) if native.code() == ErrorCode::NotFound => Err(RepositoryError::NotFound),
            Err(error) => Err(RepositoryError::Refused {
                native: native.message().to_owned(),
                git: error.to_string(),
            }),
        }
    }

    fn new(native: Option<git2::Repository>, git_dir: PathBuf) -> Self {
        Repository {
            native,
            cat_file: None,
            git_dir,
            max_object_bytes: MAX_OBJECT_BYTES,
            buffer: Vec::new(),
        }
    }

    /// Sets the size above which an object is left out and named.
    #[must_use]
    pub fn with_max_object_bytes(mut self, bytes: u64) -> Self {
        self.max_object_bytes = bytes;
        self
    }

    /// Returns the git directory; of a linked worktree, its own.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Returns libgit2's handle, if git trusts what is configured here: `safe.bareRepository` can
    /// forbid a bare repository that nobody has named, and libgit2 does not know it.
    pub(super) fn trusted_native(&self) -> Option<&git2::Repository> {
        let is_named = || std::env::var_os("GIT_DIR").is_some();
        self.native.as_ref().filter(|native| !native.is_bare() || is_named())
    }

    /// Returns the value of a configuration key, as git has it.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn config(&self, key: &str) -> Result<Option<String>, SourceError> {
        // Values of `git -c` reach libgit2 by no road.
        let from_environment = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        if let Some(native) = self.native.as_ref().filter(|_| !from_environment) {
            let failed = |error: git2::Error| {
                SourceError::Other(format!("cannot read {key}: {}", error.message()))
            };
            let snapshot = native.config().and_then(|mut config| config.snapshot());
            let snapshot = snapshot.map_err(failed)?;
            if !has_foreign_includes(&snapshot).map_err(failed)? {
                return match snapshot.get_string(key) {
                    Ok(value) => Ok(Some(value)),
                    Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                    Err(error) => Err(failed(error)),
                };
            }
        }
        let output = plumbing::git().args(["config", "-z", "--get", key]).output();
        let output = output.map_err(SourceError::NoGit)?;
        match output.status.code() {
            Some(0) => {
                Ok(Some(String::from_utf8_lossy(&output.stdout).trim_end_matches('\0').into()))
            }
            Some(1) => Ok(None),
            _ => Err(SourceError::Other(format!(
                "cannot read {key}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ))),
        }
    }

    /// Returns the directory of the objects.
    pub(super) fn objects_dir(&self) -> Result<PathBuf, SourceError> {
        if let Some(path) = std::env::var_os("GIT_OBJECT_DIRECTORY") {
            return Ok(PathBuf::from(path));
        }
        match &self.native {
            Some(native) => Ok(native.commondir().join("objects")),
            None => {
                let said = plumbing::run_str(&["rev-parse", "--git-path", "objects"])?;
                Ok(path_from(said.strip_suffix(b"\n").unwrap_or(&said)))
            }
        }
    }

    /// Returns the further directories of objects that the environment names.
    pub(super) fn alternate_dirs() -> Vec<PathBuf> {
        std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES")
            .map(|paths| std::env::split_paths(&paths).collect())
            .unwrap_or_default()
    }

    /// Returns how many bytes ids have: 20 (SHA-1) or 32 (SHA-256).
    pub(super) fn id_bytes(&self) -> Result<usize, SourceError> {
        if self.native.is_some() {
            return Ok(20);
        }
        match plumbing::run_str(&["rev-parse", "--show-object-format"])?.trim_ascii_end() {
            b"sha1" => Ok(20),
            b"sha256" => Ok(32),
            other => Err(SourceError::Other(format!(
                "objects are named by {}, which is unknown here",
                escape(other)
            ))),
        }
    }

    /// Returns the roots of other working trees of this repository, as far as they are there.
    #[must_use]
    pub fn other_worktrees(&self) -> Vec<PathBuf> {
        let Ok(said) = plumbing::run_str(&["worktree", "list", "--porcelain", "-z"]) else {
            return Vec::new();
        };
        let own = self.worktree();
        let roots =
            said.split(|&byte| byte == 0).filter_map(|line| line.strip_prefix(b"worktree "));
        let roots = roots.map(path_from);
        roots.filter(|root| Some(root) != own.as_ref() && root.join(".git").exists()).collect()
    }

    /// Returns the git directories of submodules that are kept inside this one.
    #[must_use]
    pub fn modules(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut todo = vec![self.common_dir().join("modules")];
        while let Some(folder) = todo.pop() {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
                let path = entry.path();
                if path.join("objects").is_dir() && path.join("HEAD").is_file() {
                    todo.push(path.join("modules"));
                    found.push(path);
                } else {
                    // The name of a submodule may have slashes.
                    todo.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// Returns the root of the working tree; a bare repository has none.
    #[must_use]
    pub fn worktree(&self) -> Option<PathBuf> {
        let said = plumbing::run_str(&["rev-parse", "--show-toplevel"]).ok()?;
        Some(path_from(said.strip_suffix(b"\n").unwrap_or(&said)))
    }

    /// Returns the root of the working tree if the current directory is outside it: commands of git
    /// then run there.
    pub(super) fn root_elsewhere(&self) -> Option<PathBuf> {
        let root = match &self.native {
            Some(native) => native.workdir().map(PathBuf::from).or_else(|| self.worktree())?,
            None => self.worktree()?,
        };
        let real = root.canonicalize().ok()?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok()?;
        (!here.starts_with(&real)).then_some(real)
    }

    /// Whether it has no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        match &self.native {
            Some(native) => native.is_bare(),
            None => plumbing::run_str(&["rev-parse", "--is-bare-repository"])
                .is_ok_and(|said| said.starts_with(b"true")),
        }
    }

    /// Returns the directory that linked worktrees share with the main one.
    #[must_use]
    pub fn common_dir(&self) -> PathBuf {
        match &self.native {
            Some(native) => native.commondir().to_owned(),
            None => match plumbing::run_str(&["rev-parse", "--git-common-dir"]) {
                Ok(said) => path_from(said.strip_suffix(b"\n").unwrap_or(&said)),
                Err(_) => self.git_dir.clone(),
            },
        }
    }

    /// Returns the commits at which a shallow clone ends.
    pub(super) fn shallow_commits(&self) -> HashSet<ObjectId> {
        let listed = std::fs::read(self.common_dir().join("shallow")).unwrap_or_default();
        listed.split(|&byte| byte == b'\n').filter_map(ObjectId::parse).collect()
    }

    /// Whether the repository is a shallow clone.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        match &self.native {
            Some(native) => native.is_shallow(),
            None => plumbing::run_str(&["rev-parse", "--is-shallow-repository"])
                .is_ok_and(|said| said.starts_with(b"true")),
        }
    }

    /// Returns the empty tree's id in this repository's hash.
    pub(super) fn empty_tree() -> Result<ObjectId, SourceError> {
        let said = plumbing::run_str(&["hash-object", "-t", "tree", "/dev/null"])?;
        ObjectId::parse(said.trim_ascii_end())
            .ok_or_else(|| SourceError::Other("git says no id for the empty tree".into()))
    }
}

pub(super) fn path_from(bytes: &[u8]) -> PathBuf {
    PathBuf::from(os_str(bytes).into_owned())
}
