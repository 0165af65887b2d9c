//! A repository: objects by `odb`, the rest by libgit2, or git's own commands where libgit2 refuses.
//!
//! libgit2 refuses SHA-256, reftable and partial-clone extensions, split and sparse indexes, and
//! a few more. Everything above this file sees one type and raw objects, and cannot tell which
//! of the two has read them.

mod changes;
mod compare;
mod read;
mod refs;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use git2::{ErrorCode, RepositoryOpenFlags};

pub(crate) use changes::parse_mode;
pub(crate) use compare::IndexChange;
pub use refs::Tip;

use super::command::{CatFile, lines, printed_if_set};
use super::config::{RepositoryFiles, Settings};
use super::object::ObjectId;
use super::odb::Lookup;
use super::{GitError, Location, MAX_OBJECT_BYTES};
use crate::text::escape::escape;
use crate::text::os::path_from;

/// An open repository, for one thread.
pub struct Repository {
    location: Location,
    native: Option<git2::Repository>,
    cat_file: Option<CatFile>,
    lookup: Option<Lookup>,
    git_dir: PathBuf,
    settings: OnceLock<Settings>,
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
    /// Opens the repository that git would use at a location: its environment (`GIT_DIR`,
    /// `GIT_INDEX_FILE`, quarantined objects of a push) counts, then its directory.
    ///
    /// # Errors
    /// There is none, or neither libgit2 nor git can open it.
    pub fn open(location: &Location) -> Result<Self, GitError> {
        SETTINGS.call_once(|| {
            // libgit2 hashes every object it reads; git does not, and it is worth a factor of 4.
            git2::opts::strict_hash_verification(false);
            git2::opts::enable_caching(false);
            limit_mapping();
        });
        match open_native(location) {
            Ok(native) => {
                let git_dir = native.path().to_owned();
                Ok(Repository::new(location, Some(native), git_dir))
            }
            Err(error) => Repository::open_by_git(location, &error),
        }
    }

    fn open_by_git(location: &Location, native: &git2::Error) -> Result<Self, GitError> {
        match location.path(["rev-parse", "--absolute-git-dir"]) {
            Ok(git_dir) => Ok(Repository::new(location, None, git_dir)),
            Err(_) if native.code() == ErrorCode::NotFound => Err(GitError::NoRepository),
            Err(error) => Err(GitError::Refused {
                native: native.message().to_owned(),
                git: error.to_string(),
            }),
        }
    }

    fn new(location: &Location, native: Option<git2::Repository>, git_dir: PathBuf) -> Self {
        Repository {
            location: location.clone(),
            native,
            cat_file: None,
            lookup: None,
            git_dir,
            settings: OnceLock::new(),
            max_object_bytes: MAX_OBJECT_BYTES,
            buffer: Vec::new(),
        }
    }

    /// Sets the size above which an object is left out and named.
    pub fn set_max_object_bytes(&mut self, bytes: u64) {
        self.max_object_bytes = bytes;
    }

    /// Returns where the repository was looked for.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the git directory; of a linked worktree, its own.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Returns git's configuration as it counts here.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn settings(&self) -> Result<&Settings, GitError> {
        if let Some(known) = self.settings.get() {
            return Ok(known);
        }
        let is_named = self.location.environment().is_set("GIT_DIR");
        let files = RepositoryFiles {
            common_dir: &self.common_dir(),
            git_dir: &self.git_dir,
            may_be_refused: self.native.is_none() || self.is_bare() && !is_named,
        };
        let read = Settings::read(&self.location, Some(&files))?;
        Ok(self.settings.get_or_init(|| read))
    }

    /// Returns the file of the index.
    pub(super) fn index_file(&self) -> PathBuf {
        match self.location.environment().get("GIT_INDEX_FILE") {
            // Git gives hooks a path from the top of the working tree, wherever they go from there.
            Some(path) => match self.worktree() {
                Some(root) => root.join(path),
                None => self.location.join(path),
            },
            None => self.git_dir.join("index"),
        }
    }

    /// Returns the directory of the objects.
    pub(crate) fn objects_dir(&self) -> Result<PathBuf, GitError> {
        if let Some(path) = self.location.environment().get("GIT_OBJECT_DIRECTORY") {
            return Ok(self.location.join(path));
        }
        match &self.native {
            Some(native) => Ok(native.commondir().join("objects")),
            None => {
                let path = self.location.path(["rev-parse", "--git-path", "objects"])?;
                Ok(self.location.join(path))
            }
        }
    }

    /// Returns the further directories of objects that the environment names.
    pub(crate) fn alternate_dirs(&self) -> Vec<PathBuf> {
        alternate_dirs(&self.location)
    }

    /// Returns how many bytes ids have: 20 (SHA-1) or 32 (SHA-256).
    pub(crate) fn id_bytes(&self) -> Result<usize, GitError> {
        if self.native.is_some() {
            return Ok(20);
        }
        match &*self.location.line(["rev-parse", "--show-object-format"])? {
            b"sha1" => Ok(20),
            b"sha256" => Ok(32),
            other => Err(GitError::ObjectFormat(escape(other).into_owned())),
        }
    }

    /// Returns the roots of other working trees of this repository, be they there or not.
    ///
    /// # Errors
    /// Git cannot list them.
    pub fn other_worktrees(&self) -> Result<Vec<PathBuf>, GitError> {
        let listed = self.worktree_list()?;
        let worktrees = refs::parse_worktrees(&listed).into_iter();
        let mut roots: Vec<PathBuf> = worktrees
            .filter(|worktree| worktree.head != refs::Head::Bare)
            .map(|worktree| path_from(worktree.root))
            .collect();
        let own = self.worktree();
        // Of a submodule, and of a repository beside its working tree, git lists the repository in place of the tree.
        let repository = self.common_dir().canonicalize().ok();
        let is_repository =
            |root: &PathBuf| repository.is_some() && root.canonicalize().ok() == repository;
        roots.retain(|root| Some(root) != own.as_ref() && !is_repository(root));
        Ok(roots)
    }

    /// Returns the git directories of submodules that are kept inside this one.
    #[must_use]
    pub fn modules(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut todo = vec![self.common_dir().join("modules")];
        while let Some(folder) = todo.pop() {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
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
        self.location.path(["rev-parse", "--show-toplevel"]).ok()
    }

    /// Returns the root of the working tree if the location's directory is outside it: commands of
    /// git then run there.
    pub(crate) fn root_elsewhere(&self) -> Option<PathBuf> {
        let root = match &self.native {
            Some(native) => native.workdir().map(PathBuf::from).or_else(|| self.worktree())?,
            None => self.worktree()?,
        };
        let real = root.canonicalize().ok()?;
        let here = self.location.directory().canonicalize().ok()?;
        (!here.starts_with(&real)).then_some(real)
    }

    /// Whether an ignore file names a file at the root of the working tree, be it tracked or not. What cannot be
    /// told counts as ignored.
    #[must_use]
    pub fn ignores(&self, name: &Path) -> bool {
        if let Some(native) = &self.native {
            return native.is_path_ignored(name).unwrap_or(true);
        }
        let Some(root) = self.location.root() else { return true };
        let mut git = self.location.git();
        git.args(["check-ignore", "--no-index", "--"]).arg(root.join(name));
        printed_if_set(&mut git).map_or(true, |printed| printed.is_some())
    }

    /// Whether it has no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        match &self.native {
            Some(native) => native.is_bare(),
            None => self.location.is_true(&["rev-parse", "--is-bare-repository"]),
        }
    }

    /// Returns the directory that linked worktrees share with the main one.
    #[must_use]
    pub fn common_dir(&self) -> PathBuf {
        match &self.native {
            Some(native) => native.commondir().to_owned(),
            None => match self.location.path(["rev-parse", "--git-common-dir"]) {
                Ok(path) => self.location.join(path),
                Err(_) => self.git_dir.clone(),
            },
        }
    }

    /// Returns the commits at which a shallow clone ends.
    pub(crate) fn shallow_commits(&self) -> HashSet<ObjectId> {
        let listed = fs::read(self.common_dir().join("shallow")).unwrap_or_default();
        lines(&listed).filter_map(ObjectId::parse).collect()
    }

    /// Whether the repository is a shallow clone.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        match &self.native {
            Some(native) => native.is_shallow(),
            None => self.location.is_true(&["rev-parse", "--is-shallow-repository"]),
        }
    }

    /// Whether the repository is a partial clone: a remote has promised the objects that are not here.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn is_partial(&self) -> Result<bool, GitError> {
        let settings = self.settings()?;
        let mut remotes = settings.section("remote").map(|setting| &*setting.key);
        Ok(settings.get("extensions.partialclone").is_some()
            || remotes.any(|key| key.ends_with(".promisor") && settings.is_true(key)))
    }

    /// Returns the empty tree's id in this repository's hash.
    pub(super) fn empty_tree(&self) -> Result<ObjectId, GitError> {
        self.location.id(["hash-object", "-t", "tree", "/dev/null"])?.ok_or(GitError::Unexpected {
            command: "hash-object",
            found: "no object id for the empty tree",
        })
    }
}

/// Opens the repository by libgit2, as git would find it with the location's environment. libgit2's own
/// reading of the environment is that of the process, which the location need not have.
fn open_native(location: &Location) -> Result<git2::Repository, git2::Error> {
    let environment = location.environment();
    if environment.is_set("GIT_COMMON_DIR") {
        return Err(git2::Error::from_str("GIT_COMMON_DIR is set, which only git obeys"));
    }
    let native = match environment.get("GIT_DIR") {
        Some(git_dir) => {
            let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
            let ceilings: [PathBuf; 0] = [];
            git2::Repository::open_ext(location.join(git_dir), flags, ceilings)?
        }
        None => {
            let flags = match environment.is_true("GIT_DISCOVERY_ACROSS_FILESYSTEM") {
                true => RepositoryOpenFlags::CROSS_FS,
                false => RepositoryOpenFlags::empty(),
            };
            let ceilings = location.paths("GIT_CEILING_DIRECTORIES");
            git2::Repository::open_ext(location.directory(), flags, ceilings)?
        }
    };
    set_objects(location, &native)?;
    if let Some(root) = environment.get_filled("GIT_WORK_TREE").filter(|_| !native.is_bare()) {
        native.set_workdir(&location.join(root), false)?;
    }
    Ok(native)
}

/// Gives libgit2 the objects that the environment names: those of a push are in a quarantine until
/// the hooks agree.
fn set_objects(location: &Location, native: &git2::Repository) -> Result<(), git2::Error> {
    let own = location.environment().get("GIT_OBJECT_DIRECTORY").map(|path| location.join(path));
    let more = alternate_dirs(location);
    if own.is_none() && more.is_empty() {
        return Ok(());
    }
    let objects = git2::Odb::new()?;
    let own = own.unwrap_or_else(|| native.commondir().join("objects"));
    for folder in std::iter::once(own).chain(more) {
        let utf8 = folder.to_str();
        let not_utf8 = || git2::Error::from_str("a directory of objects has a name only git reads");
        objects.add_disk_alternate(utf8.ok_or_else(not_utf8)?)?;
    }
    native.set_odb(&objects)
}

fn alternate_dirs(location: &Location) -> Vec<PathBuf> {
    let named = location.paths("GIT_ALTERNATE_OBJECT_DIRECTORIES");
    named.iter().map(|path| location.join(path)).collect()
}
