//! Files and directories.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use globset::GlobSet;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{Content, Listing, ReaderOptions, Source, SourceError, Unit};
use crate::archive::ArchiveLimits;
use crate::finding::{Origin, Place, Progress, SkipKind};
use crate::text::count::counted;
use crate::text::os::os_str;

/// What to read of the file system.
#[derive(Debug, Clone)]
pub struct WorktreeOptions {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// Whether files that `.gitignore` names are left out (and counted) inside directories.
    pub honour_ignore_files: bool,
    /// The user's own ignore file, which holds in every directory.
    pub global_ignore: Option<PathBuf>,
    /// How far archives are opened, if they are.
    pub archives: Option<ArchiveLimits>,
    /// What kind of files they are: [`Place::Worktree`] or [`Place::GitDir`].
    pub place: Place,
    /// Whether a `./` before a path is kept.
    pub keeps_dot: bool,
    /// The directory from which paths below it are named; empty for the current one.
    pub named_from: PathBuf,
    /// Which paths count, as they are shown; `None` for all.
    pub only: Option<GlobSet>,
    /// Files that the reports of this scan go to: they are not read.
    pub reports: Vec<PathBuf>,
    /// Whether each repository inside a directory is named as one that was not read. They are counted otherwise.
    pub names_repositories: bool,
    /// How many threads walk; 0 for one a core.
    pub threads: usize,
}

impl WorktreeOptions {
    /// All files of directories, whatever ignore files say, and what is in archives.
    #[must_use]
    pub fn everything(paths: Vec<PathBuf>, place: Place, threads: usize) -> Self {
        WorktreeOptions {
            paths,
            honour_ignore_files: false,
            global_ignore: None,
            archives: Some(ArchiveLimits::default()),
            place,
            keeps_dot: false,
            named_from: PathBuf::new(),
            only: None,
            reports: Vec::new(),
            names_repositories: false,
            threads,
        }
    }

    /// A path as it is named in reports.
    fn shown<'a>(&self, path: &'a Path) -> &'a [u8] {
        if let Ok(below) = path.strip_prefix(&self.named_from)
            && !self.named_from.as_os_str().is_empty()
        {
            let below = below.as_os_str().as_encoded_bytes();
            return if below.is_empty() { b"." } else { below };
        }
        let bytes = path.as_os_str().as_encoded_bytes();
        if self.keeps_dot {
            return bytes;
        }
        bytes.strip_prefix(b"./").unwrap_or(bytes)
    }
}

/// Files and the files of directories, hidden ones too. Symbolic links are not followed: their
/// targets are read as text. The insides of `.git` are not files of the working tree.
#[derive(Debug)]
pub struct Worktree {
    options: WorktreeOptions,
    left_out: Mutex<Vec<PathBuf>>,
}

impl Worktree {
    /// Makes a source of these files and directories.
    #[must_use]
    pub const fn new(options: WorktreeOptions) -> Self {
        Worktree { options, left_out: Mutex::new(Vec::new()) }
    }

    /// Takes the files and directories that ignore files have named since, in order.
    #[must_use]
    pub fn take_left_out(&self) -> Vec<PathBuf> {
        let mut left_out = std::mem::take(&mut *locked(&self.left_out));
        left_out.sort();
        left_out
    }

    fn walk(&self, root: &Path, listing: &mut Listing) {
        let left_out = walk(root, &self.options, listing);
        if !left_out.is_empty() {
            let count = left_out.len() as u64;
            let reason = format!(
                "{} in it (--no-ignore reads them)",
                counted(count, "ignored file or directory", "ignored files and directories")
            );
            listing.skip(SkipKind::Ignored, self.options.shown(root), reason);
            locked(&self.left_out).extend(left_out);
        }
    }
}

impl Source for Worktree {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let archives = self.options.archives;
        let reader = ReaderOptions { archives, ..ReaderOptions::default() };
        let mut listing = Listing { reader, ..Listing::default() };
        for path in &self.options.paths {
            // What is named is meant: a link stands for what it leads to, and a pipe is read.
            let link =
                fs::symlink_metadata(path).map_err(|error| SourceError::file(path, error))?;
            match fs::metadata(path) {
                Ok(kind) if kind.is_dir() && link.is_symlink() => {
                    self.walk(&path.join(""), &mut listing);
                }
                Ok(kind) if kind.is_dir() => self.walk(path, &mut listing),
                Ok(kind) => {
                    push(path, Content::File(path.clone()), kind.len(), &self.options, &mut listing)
                }
                // A link that leads nowhere is read as text.
                Err(_) => add(path, link.file_type(), link.len(), &self.options, &mut listing),
            }
        }
        listing.units.sort_by(|a, b| {
            (&a.origin.path, a.origin.place).cmp(&(&b.origin.path, b.origin.place))
        });
        listing.units.dedup_by(|a, b| a.origin == b.origin);
        let reports = self.options.reports.iter();
        let reports: Vec<PathBuf> = reports.filter_map(|path| path.canonicalize().ok()).collect();
        if !reports.is_empty() {
            listing.units.retain(|unit| match &unit.content {
                Content::File(path) => !reports.iter().any(|report| is_same_file(path, report)),
                _ => true,
            });
        }
        if let Some(only) = &self.options.only {
            let counts = |path: &[u8]| only.is_match(&*os_str(path));
            listing.units.retain(|unit| counts(&unit.origin.path));
            listing.skipped.retain(|skipped| counts(&skipped.path));
        }
        listing.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        if self.options.place == Place::GitDir {
            // Its names are git's own, and those of refs, which are read as such.
            listing.units.retain(|unit| unit.origin.place != Place::Path);
            for unit in &mut listing.units {
                unit.origin.place = Place::GitDir;
            }
        }
        Ok(listing)
    }
}

/// Whether a path leads to `file`, which is absolute.
fn is_same_file(path: &Path, file: &Path) -> bool {
    path.file_name() == file.file_name() && path.canonicalize().is_ok_and(|path| path == file)
}

/// Lists the files in a directory, and returns what ignore files name.
fn walk(root: &Path, options: &WorktreeOptions, listing: &mut Listing) -> Vec<PathBuf> {
    let ignored = options
        .honour_ignore_files
        .then(|| Arc::new(IgnoreFiles::new(root, options.global_ignore.as_deref())));
    let mut builder = WalkBuilder::new(root);
    let is_git_dir = options.place == Place::GitDir;
    let repositories = Arc::new(Mutex::new(Vec::new()));
    builder.standard_filters(false).threads(options.threads).filter_entry({
        let (ignored, repositories) = (ignored.clone(), repositories.clone());
        move |entry| {
            // The repository of the directory itself is read by other commands.
            if entry.depth() > 1
                && entry.file_name() == ".git"
                && entry.path().join("HEAD").exists()
            {
                locked(&repositories).push(entry.path().to_owned());
            }
            let is_objects = || is_git_dir && is_object_database(entry.path());
            entry.file_name() != ".git"
                && !is_objects()
                && !ignored.as_ref().is_some_and(|files| files.leave_out(entry))
        }
    });
    let shared = Mutex::new(std::mem::take(listing));
    builder.build_parallel().run(|| {
        let mut own = Batch { shared: &shared, options, listing: Listing::default() };
        Box::new(move |entry| {
            own.add(entry);
            WalkState::Continue
        })
    });
    *listing = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    name_repositories(root, &locked(&repositories), options, listing);
    ignored.map_or_else(Vec::new, |files| std::mem::take(&mut *locked(&files.left_out)))
}

/// Names the repositories inside a directory, or says how many there are.
fn name_repositories(
    root: &Path,
    repositories: &[PathBuf],
    options: &WorktreeOptions,
    listing: &mut Listing,
) {
    if options.names_repositories {
        for folder in repositories.iter().filter_map(|path| path.parent()) {
            let reason = "it is a repository of its own, whose history was not read; run `tightlip audit` in it";
            listing.skip(SkipKind::OtherRepository, options.shown(folder), reason);
        }
    } else if !repositories.is_empty() {
        let count = counted(repositories.len() as u64, "repository", "repositories");
        let reason = format!("the history of {count} in it (`tightlip audit` there reads one)");
        listing.skip(SkipKind::Ignored, options.shown(root), reason);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this is where a repository keeps its objects, which are read as such.
fn is_object_database(path: &Path) -> bool {
    path.ends_with("objects")
        && path.parent().is_some_and(|parent| parent.join("HEAD").is_file())
        && !path.is_symlink()
}

/// What one thread of the walk finds, joined to the rest when it ends.
struct Batch<'a> {
    shared: &'a Mutex<Listing>,
    options: &'a WorktreeOptions,
    listing: Listing,
}

impl Batch<'_> {
    fn add(&mut self, entry: Result<DirEntry, ignore::Error>) {
        match entry {
            Ok(entry) => {
                if let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) {
                    add(entry.path(), kind, 0, self.options, &mut self.listing);
                }
            }
            Err(error) => {
                let path = path_of(&error, self.options);
                let reason = format!("cannot be walked: {error}");
                self.listing.skip(SkipKind::Unreadable, &path, reason);
            }
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut shared = locked(self.shared);
        shared.units.append(&mut self.listing.units);
        shared.skipped.append(&mut self.listing.skipped);
    }
}

fn path_of(error: &ignore::Error, options: &WorktreeOptions) -> Vec<u8> {
    match error {
        ignore::Error::WithPath { path, .. } => options.shown(path).to_vec(),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err, options)
        }
        _ => Vec::new(),
    }
}

fn add(path: &Path, kind: FileType, size: u64, options: &WorktreeOptions, listing: &mut Listing) {
    let name = options.shown(path);
    let content = if kind.is_symlink() {
        Content::Link(path.to_owned())
    } else if kind.is_file() {
        Content::File(path.to_owned())
    } else {
        listing.skip(SkipKind::Special, name, "neither a file nor a link");
        return;
    };
    push(path, content, size, options, listing);
}

fn push(
    path: &Path,
    content: Content,
    size: u64,
    options: &WorktreeOptions,
    listing: &mut Listing,
) {
    let name: Arc<[u8]> = options.shown(path).into();
    let origin = Origin { place: Place::Worktree, path: name.clone(), commit: None };
    listing.units.push(Unit { size_hint: size, ..Unit::new(origin, content) });
    let origin = Origin { place: Place::Path, path: name, commit: None };
    listing.units.push(Unit::new(origin, Content::Name));
}

/// The `.gitignore` files above and inside a directory, with what they left out.
///
/// The `ignore` crate can apply them by itself, but then nobody knows how much was left out.
#[derive(Debug)]
struct IgnoreFiles {
    /// The directories that have been entered, as they are written: to hash a path takes ten times as long.
    folders: Mutex<HashMap<OsString, Folder, RandomState>>,
    left_out: Mutex<Vec<PathBuf>>,
}

/// A directory, with the ignore files that hold in it, the nearest last.
#[derive(Debug, Clone)]
struct Folder {
    absolute: PathBuf,
    files: Arc<Vec<Gitignore>>,
}

impl Folder {
    /// The directory `path`, known as `absolute`, in which `above` hold too.
    fn enter(absolute: PathBuf, above: &Arc<Vec<Gitignore>>) -> Self {
        let files = match own_ignore_file(&absolute) {
            Some(own) => Arc::new(above.iter().cloned().chain([own]).collect()),
            None => Arc::clone(above),
        };
        Folder { absolute, files }
    }
}

impl IgnoreFiles {
    fn new(root: &Path, global: Option<&Path>) -> Self {
        let absolute = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let mut above = Vec::new();
        let top = absolute.ancestors().find(|folder| folder.join(".git").exists());
        if let Some(global) = global {
            let mut file = GitignoreBuilder::new(top.unwrap_or(&absolute));
            file.add(global);
            above.extend(file.build().ok());
        }
        if let Some(top) = top {
            let mut exclude = GitignoreBuilder::new(top);
            exclude.add(top.join(".git/info/exclude"));
            above.extend(exclude.build().ok());
            let between = absolute.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
            let between: Vec<Gitignore> = between.filter_map(own_ignore_file).collect();
            above.extend(between.into_iter().rev());
        }
        let folder = Folder::enter(absolute, &Arc::new(above));
        // As the parent of what is in it is written: without a slash at the end.
        let name = root.components().as_path().into();
        IgnoreFiles {
            folders: Mutex::new(HashMap::from_iter([(name, folder)])),
            left_out: Mutex::new(Vec::new()),
        }
    }

    /// Whether an entry is ignored. Directories are asked about before what is in them.
    fn leave_out(&self, entry: &DirEntry) -> bool {
        let Some(parent) = entry.path().parent().filter(|_| entry.depth() > 0) else {
            return false;
        };
        let Some(folder) = self.folders().get(parent.as_os_str()).cloned() else {
            return false;
        };
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        let absolute = folder.absolute.join(entry.file_name());
        let verdict = folder.files.iter().rev().find_map(|file| {
            let found = file.matched(&absolute, is_dir);
            (!found.is_none()).then(|| found.is_ignore())
        });
        if verdict == Some(true) {
            locked(&self.left_out).push(entry.path().to_owned());
            return true;
        }
        if is_dir {
            let entered = Folder::enter(absolute, &folder.files);
            self.folders().insert(entry.path().into(), entered);
        }
        false
    }

    fn folders(&self) -> MutexGuard<'_, HashMap<OsString, Folder, RandomState>> {
        locked(&self.folders)
    }
}

fn own_ignore_file(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    builder.add(file);
    builder.build().ok()
}
