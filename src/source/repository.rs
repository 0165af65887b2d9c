//! A repository: libgit2 first, git's plumbing where libgit2 refuses.
//!
//! libgit2 refuses SHA-256, reftable and partial-clone extensions, split and sparse indexes, and
//! a few more. Everything above this file sees one type and raw objects, and cannot tell which
//! of the two has read them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Once;

use git2::ErrorCode;

use super::index::{self, Index, Unread, ends_in_its_sum};
use super::object::{Commit, Kind, ObjectId, TreeEntry, parse_tree, tag_target};
use super::plumbing::{self, CatFile};
use super::settings::has_foreign_includes;
use super::{Fragment, MAX_OBJECT_BYTES, ReadError, SourceError, Tip};
use crate::finding::Skipped;
use crate::text::escape::escape;

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

/// A changed path of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexChange {
    pub(super) path: Vec<u8>,
    /// The mode and id of what is staged; `None` where the path is removed.
    pub(super) new: Option<(u32, ObjectId)>,
    /// The id that the tree has at the path.
    pub(super) old: Option<ObjectId>,
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

    /// Calls `each` with an object's type and bytes.
    ///
    /// # Errors
    /// It is missing, damaged or too large.
    pub(super) fn object<T>(
        &mut self,
        id: &ObjectId,
        each: impl FnOnce(Kind, &[u8]) -> T,
    ) -> Result<T, ReadError> {
        if let Some(native) = &self.native
            && let Ok(oid) = git2::Oid::from_bytes(id.as_bytes())
            && let Ok(odb) = native.odb()
            && let Ok((size, _)) = odb.read_header(oid)
        {
            if size as u64 > self.max_object_bytes {
                return Err(ReadError::too_large(id, size as u64, self.max_object_bytes));
            }
            if let Ok(object) = odb.read(oid)
                && let Some(kind) = kind(object.kind())
            {
                return Ok(each(kind, object.data()));
            }
        }
        // What libgit2 cannot read, git may; if git cannot either, its answer is the reason.
        let cat_file = match &mut self.cat_file {
            Some(running) => running,
            none => none.insert(CatFile::start()?),
        };
        let kind = cat_file.read(id, self.max_object_bytes, &mut self.buffer)?;
        Ok(each(kind, &self.buffer))
    }

    /// Hands the bytes of a blob of any size to `each`, in fragments.
    pub(super) fn stream(
        &mut self,
        id: &ObjectId,
        each: &mut dyn FnMut(Fragment<'_>),
    ) -> Result<(), ReadError> {
        plumbing::stream_blob(id, &mut self.buffer, each)
    }

    /// Returns an object's size, where it is cheap to know; 0 where it is not.
    pub(super) fn size(&self, id: &ObjectId) -> u64 {
        let size = || {
            let odb = self.native.as_ref()?.odb().ok()?;
            let (size, _) = odb.read_header(git2::Oid::from_bytes(id.as_bytes()).ok()?).ok()?;
            Some(size as u64)
        };
        size().unwrap_or(0)
    }

    /// Reads a commit, following annotated tags; `None` if `id` is no commit in the end.
    pub(super) fn commit(
        &mut self,
        id: &ObjectId,
    ) -> Result<Option<(ObjectId, Commit)>, ReadError> {
        let mut id = *id;
        // Tags of tags are rare and short; one that goes on is made to harm.
        for _ in 0..64 {
            let next = self.object(&id, |kind, raw| match kind {
                Kind::Commit => Some(Ok(Commit::parse(raw))),
                Kind::Tag => tag_target(raw).map(Err),
                Kind::Blob | Kind::Tree => None,
            })?;
            match next {
                Some(Ok(Some(commit))) => return Ok(Some((id, commit))),
                Some(Ok(None)) => return Err(ReadError::object(&id, "it is a malformed commit")),
                Some(Err(target)) => id = target,
                None => return Ok(None),
            }
        }
        Err(ReadError::object(&id, "it is a tag of a tag, 64 times over"))
    }

    /// Reads a tree.
    pub(super) fn tree(&mut self, id: &ObjectId) -> Result<Vec<TreeEntry>, ReadError> {
        let entries = self.object(id, |kind, raw| {
            (kind == Kind::Tree).then(|| parse_tree(raw, id.as_bytes().len())).flatten()
        })?;
        entries.ok_or_else(|| ReadError::object(id, "it is a malformed tree"))
    }

    /// Returns what HEAD points at; `None` before the first commit.
    ///
    /// # Errors
    /// HEAD is damaged.
    pub fn head(&self) -> Result<Option<ObjectId>, SourceError> {
        if let Some(native) = &self.native {
            return match native.head().and_then(|head| head.resolve()) {
                Ok(head) => Ok(head.target().and_then(|oid| ObjectId::from_bytes(oid.as_bytes()))),
                Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
                Err(error) => {
                    Err(SourceError::Other(format!("cannot read HEAD: {}", error.message())))
                }
            };
        }
        let output = plumbing::git().args(["rev-parse", "--verify", "-q", "HEAD"]).output();
        let output = output.map_err(SourceError::NoGit)?;
        if output.status.success() {
            return ObjectId::parse(output.stdout.trim_ascii_end())
                .map(Some)
                .ok_or_else(|| SourceError::Other("git says no id for HEAD".into()));
        }
        // Unborn only if HEAD is a symbolic ref; anything else is damage.
        plumbing::run_str(&["symbolic-ref", "-q", "HEAD"]).map(|_| None)
    }

    /// Returns what the refs point at whose names begin with one of `prefixes`, tags not peeled.
    ///
    /// # Errors
    /// The refs cannot be listed.
    pub(super) fn refs(&self, prefixes: &[String]) -> Result<Vec<ObjectId>, SourceError> {
        let is_wanted =
            |name: &[u8]| prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()));
        if let Some(native) = &self.native {
            let refused = |error: git2::Error| {
                SourceError::Other(format!("cannot list refs: {}", error.message()))
            };
            let mut ids = Vec::new();
            for reference in native.references().map_err(refused)? {
                let reference = reference.map_err(refused)?;
                if is_wanted(reference.name_bytes()) {
                    ids.extend(
                        reference.target().and_then(|oid| ObjectId::from_bytes(oid.as_bytes())),
                    );
                }
            }
            return Ok(ids);
        }
        let listed = plumbing::run_str(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
        let ids = listed.split(|&byte| byte == b'\n').filter_map(|line| {
            let (id, name) = line.split_at_checked(line.iter().position(|&byte| byte == b' ')?)?;
            is_wanted(&name[1..]).then(|| ObjectId::parse(id)).flatten()
        });
        Ok(ids.collect())
    }

    /// Returns HEAD and every ref with what they point at, tags not peeled. A ref that cannot be
    /// read is named in `skipped`.
    ///
    /// # Errors
    /// HEAD is damaged, or git is needed and cannot be run.
    pub fn tips(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, SourceError> {
        let mut tips = Vec::new();
        if let Some(id) = self.head()? {
            tips.push(Tip { id, name: b"HEAD".to_vec() });
        }
        tips.extend(self.worktree_heads());
        let mut refs = self.named_refs(skipped)?;
        refs.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
        tips.extend(refs);
        Ok(tips)
    }

    /// Returns the stashes below the newest one, which no ref names.
    ///
    /// # Errors
    /// Git cannot read their list.
    pub fn stashes(&self) -> Result<Vec<Tip>, SourceError> {
        if plumbing::run_str(&["rev-parse", "--verify", "--quiet", "refs/stash"]).is_err() {
            return Ok(Vec::new());
        }
        let said = plumbing::run_str(&["rev-list", "--walk-reflogs", "refs/stash"])?;
        let ids = said.split(|&byte| byte == b'\n').filter_map(ObjectId::parse);
        let tip = |(at, id)| Tip { id, name: format!("stash@{{{at}}}").into_bytes() };
        Ok(ids.enumerate().skip(1).map(tip).collect())
    }

    /// Returns what is checked out in other worktrees without being on a branch.
    fn worktree_heads(&self) -> Vec<Tip> {
        let common = self.common_dir();
        let mut heads = Vec::new();
        if self.git_dir != common {
            heads.push((common.join("HEAD"), b"HEAD of the main worktree".to_vec()));
        }
        if let Ok(folders) = std::fs::read_dir(common.join("worktrees")) {
            for folder in folders.flatten() {
                let name = folder.file_name();
                let name = [b"HEAD of worktree ", name.as_encoded_bytes()].concat();
                heads.push((folder.path().join("HEAD"), name));
            }
        }
        heads.sort();
        let detached = heads.into_iter().filter_map(|(file, name)| {
            let id = ObjectId::parse(std::fs::read(file).ok()?.trim_ascii())?;
            Some(Tip { id, name })
        });
        detached.collect()
    }

    /// Returns every ref with what it points at, tags not peeled. One that cannot be read is named
    /// in `skipped`; symbolic refs are left to what they point at.
    fn named_refs(&self, skipped: &mut Vec<Skipped>) -> Result<Vec<Tip>, SourceError> {
        let mut tips = Vec::new();
        let format = "--format=%(objectname) %(refname)";
        // libgit2 stops at the first ref that is broken.
        if let Some(native) = &self.native
            && let Ok(references) = native.references()
        {
            let refs: Result<Vec<_>, git2::Error> = references.collect();
            if let Ok(refs) = refs {
                for reference in refs {
                    let target = reference.target();
                    let id = target.and_then(|oid| ObjectId::from_bytes(oid.as_bytes()));
                    let name = reference.name_bytes().to_vec();
                    tips.extend(id.map(|id| Tip { id, name }));
                }
                return Ok(tips);
            }
        }
        let output = plumbing::git().args(["for-each-ref", format]).output();
        let output = output.map_err(SourceError::NoGit)?;
        for line in output.stdout.split(|&byte| byte == b'\n') {
            let blank = line.iter().position(|&byte| byte == b' ').unwrap_or(0);
            if let Some(id) = ObjectId::parse(&line[..blank]) {
                tips.push(Tip { id, name: line[blank + 1..].to_vec() });
            }
        }
        let said = String::from_utf8_lossy(&output.stderr);
        for line in said.lines().filter(|line| !line.is_empty()) {
            skipped.push(Skipped {
                path: b"refs".to_vec(),
                reason: format!("git says \"{line}\""),
                incomplete: true,
            });
        }
        Ok(tips)
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

    /// Returns how the index differs from `tree` (from nothing, if there is none).
    pub(super) fn index_changes(
        &mut self,
        tree: Option<&ObjectId>,
    ) -> Result<Vec<IndexChange>, SourceError> {
        if self.native.is_some()
            && let Some(index) = self.own_index()?
        {
            return Ok(index::changes(&index, tree, self)?);
        }
        if let Some(native) = &self.native
            && let Ok(changes) = native_changes(native, tree)
        {
            return Ok(changes);
        }
        verify_index()?;
        plumbing_changes(tree)
    }

    /// Reads the index by hand; `None` if it uses what this program leaves to libgit2 and git.
    fn own_index(&self) -> Result<Option<Index>, SourceError> {
        let path = std::env::var_os("GIT_INDEX_FILE")
            .map_or_else(|| self.git_dir.join("index"), PathBuf::from);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(Index::default()));
            }
            Err(error) => return Err(SourceError::file(&path, error)),
        };
        match Index::parse(&bytes, 20) {
            Ok(index) => Ok(Some(index)),
            Err(Unread::Unknown) => Ok(None),
            Err(Unread::Damaged) => Err(damaged_index(&path)),
        }
    }

    /// Returns what the index has at `paths`, relative to the working directory of the process.
    pub(super) fn index_files(
        &self,
        paths: &[PathBuf],
    ) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, SourceError> {
        let mut arguments: Vec<&OsStr> =
            ["ls-files", "-s", "-z", "--full-name", "--"].iter().map(OsStr::new).collect();
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        parse_stages(&plumbing::run(&arguments)?)
    }

    /// Whether there can be no index here. A bare repository has one if somebody gave it one.
    pub(super) fn has_no_index(&self) -> bool {
        let is_bare = match &self.native {
            Some(native) => native.is_bare(),
            None => plumbing::run_str(&["rev-parse", "--is-bare-repository"])
                .is_ok_and(|said| said.starts_with(b"true")),
        };
        is_bare
            && std::env::var_os("GIT_INDEX_FILE").is_none()
            && !self.git_dir.join("index").exists()
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

fn kind(kind: git2::ObjectType) -> Option<Kind> {
    Some(match kind {
        git2::ObjectType::Blob => Kind::Blob,
        git2::ObjectType::Tree => Kind::Tree,
        git2::ObjectType::Commit => Kind::Commit,
        git2::ObjectType::Tag => Kind::Tag,
        git2::ObjectType::Any => return None,
    })
}

/// Whether an index entry is only an intention (`git add -N`): it is not committed.
const INTENT_TO_ADD: u16 = 0x2000;

fn native_changes(
    repository: &git2::Repository,
    tree: Option<&ObjectId>,
) -> Result<Vec<IndexChange>, git2::Error> {
    let tree =
        tree.map(|id| repository.find_tree(git2::Oid::from_bytes(id.as_bytes())?)).transpose()?;
    let index = repository.index()?;
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true).skip_binary_check(true);
    let diff = repository.diff_tree_to_index(tree.as_ref(), Some(&index), Some(&mut options))?;
    let id = |file: &git2::DiffFile<'_>| {
        ObjectId::from_bytes(file.id().as_bytes()).filter(|id| !id.is_zero())
    };
    let mut changes = Vec::new();
    for delta in diff.deltas() {
        let (old, new) = (delta.old_file(), delta.new_file());
        let Some(path) = new.path_bytes().or(old.path_bytes()) else {
            continue;
        };
        if delta.status() == git2::Delta::Conflicted {
            continue;
        }
        let is_intent = index
            .get_path(&path_from(path), 0)
            .is_some_and(|entry| entry.flags_extended & INTENT_TO_ADD != 0);
        let staged = match delta.status() {
            git2::Delta::Deleted => None,
            _ if is_intent => None,
            _ => id(&new).map(|id| (u32::from(new.mode()), id)),
        };
        changes.push(IndexChange { path: path.to_vec(), new: staged, old: id(&old) });
    }
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        for side in [conflict.our, conflict.their].into_iter().flatten() {
            let new = ObjectId::from_bytes(side.id.as_bytes()).map(|id| (side.mode, id));
            changes.push(IndexChange { path: side.path, new, old: None });
        }
    }
    Ok(changes)
}

/// Checks the sum of the index, which git does not look at when it reads it.
fn verify_index() -> Result<(), SourceError> {
    let path = plumbing::run_str(&["rev-parse", "--git-path", "index"])?;
    let path = path_from(path.trim_ascii_end());
    match std::fs::read(&path) {
        Ok(bytes) if [20, 32].iter().any(|&size| ends_in_its_sum(&bytes, size)) => Ok(()),
        Ok(_) => Err(damaged_index(&path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SourceError::file(&path, error)),
    }
}

/// Branches tell most, then tags, then what stands for other places.
fn rank(name: &[u8]) -> u8 {
    let order: [&[u8]; 3] = [b"refs/heads/", b"refs/tags/", b"refs/remotes/"];
    order.iter().position(|prefix| name.starts_with(prefix)).unwrap_or(3) as u8
}

fn damaged_index(path: &Path) -> SourceError {
    let path = escape(path.as_os_str().as_encoded_bytes()).into_owned();
    SourceError::Other(format!(
        "the index `{path}` is damaged; `git reset` makes it anew from HEAD"
    ))
}

fn plumbing_changes(tree: Option<&ObjectId>) -> Result<Vec<IndexChange>, SourceError> {
    let tree = match tree {
        Some(id) => *id,
        None => Repository::empty_tree()?,
    };
    let flags = ["diff-index", "--cached", "-r", "--raw", "-z", "--no-renames", "--no-abbrev"];
    let listed = plumbing::run_str(
        &[&flags[..], &["--ignore-submodules=none", &tree.to_string()]].concat(),
    )?;
    let malformed =
        || SourceError::Other("git diff-index said something that cannot be read".into());
    let mut fields = listed.split(|&byte| byte == 0);
    let mut changes = Vec::new();
    let mut has_conflicts = false;
    while let Some(header) = fields.next().filter(|header| !header.is_empty()) {
        let path = fields.next().ok_or_else(malformed)?.to_vec();
        let words: Vec<&[u8]> = header.split(|&byte| byte == b' ').collect();
        let [_, mode, old, new, status] = words[..] else {
            return Err(malformed());
        };
        if status.starts_with(b"U") {
            has_conflicts = true;
            continue;
        }
        let id = |hex: &[u8]| ObjectId::parse(hex).filter(|id| !id.is_zero());
        let mode =
            std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let mode = mode.ok_or_else(malformed)?;
        changes.push(IndexChange { path, new: id(new).map(|id| (mode, id)), old: id(old) });
    }
    if has_conflicts {
        // ls-files lists what is below the directory it runs in.
        let to_top = plumbing::run_str(&["rev-parse", "--show-cdup"])?;
        let to_top = String::from_utf8_lossy(to_top.trim_ascii_end()).into_owned();
        let to_top = if to_top.is_empty() { "." } else { &to_top };
        let stages = plumbing::run_str(&["-C", to_top, "ls-files", "-u", "-z", "--full-name"])?;
        for (path, mode, id) in parse_stages(&stages)? {
            changes.push(IndexChange { path, new: Some((mode, id)), old: None });
        }
    }
    Ok(changes)
}

/// Parses `mode id stage TAB path NUL`, leaving out stage 1: the common ancestor is old.
fn parse_stages(listed: &[u8]) -> Result<Vec<(Vec<u8>, u32, ObjectId)>, SourceError> {
    let malformed = || SourceError::Other("git ls-files said something that cannot be read".into());
    let mut entries = Vec::new();
    for line in listed.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let tab = memchr::memchr(b'\t', line).ok_or_else(malformed)?;
        let words: Vec<&[u8]> = line[..tab].split(|&byte| byte == b' ').collect();
        let [mode, id, stage] = words[..] else {
            return Err(malformed());
        };
        if stage == b"1" {
            continue;
        }
        let mode =
            std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let (Some(mode), Some(id)) = (mode, ObjectId::parse(id)) else {
            return Err(malformed());
        };
        entries.push((line[tab + 1..].to_vec(), mode, id));
    }
    Ok(entries)
}

#[cfg(unix)]
pub(super) fn path_from(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn path_from(bytes: &[u8]) -> PathBuf {
    PathBuf::from(escape(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::process::Command;

    use super::{IndexChange, ObjectId, Repository, index, native_changes};

    fn git(folder: &Path, script: &str) {
        let script = format!(
            "set -e; export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a \
             GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; {script}"
        );
        let done = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// What is staged, without what only one of the readers says: the old side of a conflict.
    fn plain(changes: Vec<IndexChange>) -> BTreeSet<String> {
        let hex = |id: Option<ObjectId>| id.map_or_else(String::new, |id| id.to_string());
        changes
            .into_iter()
            // libgit2 names what is only intended, with nothing on either side.
            .filter(|change| change.new.is_some() || change.old.is_some())
            .map(|change| {
                let new = change.new.map(|(mode, id)| format!("{mode:o} {id}"));
                let path = String::from_utf8_lossy(&change.path).into_owned();
                format!(
                    "{path} {new:?} {}",
                    if path == "conflict" { String::new() } else { hex(change.old) }
                )
            })
            .collect()
    }

    const BASE: &str = "git init -q -b main .; mkdir -p a/b/c d/e gone/deep; for f in top a/1 a/b/2 a/b/c/3 \
         d/e/4 d.txt gone/5 gone/deep/6 d-e/7 turned kept; do mkdir -p $(dirname $f); echo $f >$f; done; \
         git add .; git commit -qm base;";

    #[test]
    fn both_readers_of_the_index_say_the_same() {
        for script in [
            "true",
            "echo x >>a/b/2; git add .",
            "echo n >a/b/new; echo n >d/new; echo n >zz; git add .",
            "git rm -rq gone a/b/c; git rm -q top",
            "git mv a/b moved; echo x >>d.txt; git add .",
            "rm turned; ln -s top turned; chmod +x kept; git add .",
            "git rm -q turned; mkdir turned; echo x >turned/inside; git add .",
            "git rm -rq d/e; mkdir -p d; echo file >d/e; git add .",
            "echo x >intended; git add -N intended; echo y >y; git add y",
            "git update-index --index-version 4; echo x >>a/b/c/3; git add .",
            "git write-tree >/dev/null; echo x >>d/e/4; git add .",
            "git rm -rq .",
            "git config index.skipHash true; echo x >>top; git add .",
            "git checkout -q -b side; echo s >conflict; git add .; git commit -qm s; git checkout -q main; \
             echo m >conflict; git add .; git commit -qm m; git merge -q side || true; echo x >>top; git add top",
        ] {
            let folder = tempfile::tempdir().unwrap();
            git(folder.path(), &format!("{BASE} {script}"));
            let open = || git2::Repository::open(folder.path()).unwrap();
            let head = open().head().unwrap().peel_to_tree().unwrap().id();
            let tree = ObjectId::from_bytes(head.as_bytes());
            let git_dir = open().path().to_owned();
            let mut repository = Repository::new(Some(open()), git_dir);
            for tree in [tree.as_ref(), None] {
                let own = repository.own_index().unwrap().expect("this index is known");
                let own = index::changes(&own, tree, &mut repository).unwrap();
                let native = native_changes(&open(), tree).unwrap();
                assert_eq!(plain(own), plain(native), "{script}");
            }
        }
    }
}
