//! Open handles of one repository, one for each thread that reads.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{GitError, Location, MAX_OBJECT_BYTES, Repository, Settings};

/// A repository that is opened as often as it is read at the same time, and no more often: opening
/// takes longer than reading a file. Clones share their handles.
///
/// ```no_run
/// use tightlip::environment::Environment;
/// use tightlip::git::{Location, RepositoryPool};
/// let location = Location::named(".", &Environment::new(std::env::vars_os()));
/// let pool = RepositoryPool::new(location);
/// let head = pool.get()?.head()?;
/// # Ok::<(), tightlip::git::GitError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RepositoryPool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    location: Location,
    max_object_bytes: AtomicU64,
    idle: Mutex<Vec<Repository>>,
}

impl RepositoryPool {
    /// Makes a pool without a handle; nothing is opened.
    #[must_use]
    pub fn new(location: Location) -> Self {
        let max_object_bytes = AtomicU64::new(MAX_OBJECT_BYTES);
        RepositoryPool(Arc::new(Shared { location, max_object_bytes, idle: Mutex::default() }))
    }

    /// Returns where the repository is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// Sets the size above which handles leave an object out and name it.
    pub fn set_max_object_bytes(&self, bytes: u64) {
        self.0.max_object_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Returns the size above which an object is left out and named.
    #[must_use]
    pub fn max_object_bytes(&self) -> u64 {
        self.0.max_object_bytes.load(Ordering::Relaxed)
    }

    /// Takes an idle handle, or opens one.
    ///
    /// # Errors
    /// The repository cannot be opened.
    pub fn get(&self) -> Result<Handle, GitError> {
        let idle = self.idle().pop();
        let mut repository = match idle {
            Some(repository) => repository,
            None => Repository::open(&self.0.location)?,
        };
        repository.set_max_object_bytes(self.max_object_bytes());
        Ok(Handle { repository: Some(repository), pool: self.clone() })
    }

    /// Returns the user's own ignore file, which need not be there; `None` too where git's configuration cannot be
    /// read: then more is looked at.
    #[must_use]
    pub fn excludes_file(&self) -> Option<PathBuf> {
        let location = self.location();
        let settings = match self.get_if_there().ok()? {
            Some(repository) => repository.settings().ok()?.clone(),
            None => Settings::outside(location).ok()?,
        };
        settings.excludes_file(location)
    }

    /// As [`get`](Self::get); `None` where there is no repository.
    ///
    /// # Errors
    /// There is one, and it cannot be opened.
    pub fn get_if_there(&self) -> Result<Option<Handle>, GitError> {
        match self.get() {
            Ok(handle) => Ok(Some(handle)),
            Err(GitError::NoRepository) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Repository>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open repository, for one thread; it goes back to its pool when it is dropped.
#[derive(Debug)]
pub struct Handle {
    /// `None` only while it is dropped.
    repository: Option<Repository>,
    pool: RepositoryPool,
}

const HELD: &str = "a handle holds its repository until it is dropped";

impl Deref for Handle {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        self.repository.as_ref().expect(HELD)
    }
}

impl DerefMut for Handle {
    fn deref_mut(&mut self) -> &mut Repository {
        self.repository.as_mut().expect(HELD)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.pool.idle().extend(self.repository.take());
    }
}
