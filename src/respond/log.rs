//! The log of a response: one JSON object a line, for the people who ask later what was done.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;

use crate::file;

/// Where every command and its answer is written.
pub struct Log(Mutex<State>);

struct State {
    to: Box<dyn Write + Send>,
    /// The first error. What could not be logged makes a response incomplete.
    error: Option<io::Error>,
}

impl Log {
    /// Creates a log that only its owner can read, and the folder that holds it. A file that is there
    /// is evidence, and is never written over.
    ///
    /// # Errors
    /// There is such a file, or none can be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        Ok(Log::new(Box::new(file::create_private(path)?)))
    }

    /// Logs to a writer.
    #[must_use]
    pub fn new(to: Box<dyn Write + Send>) -> Self {
        Log(Mutex::new(State { to, error: None }))
    }

    /// Writes one entry, at once: a process that is killed leaves what it did.
    pub(super) fn write(&self, entry: &Value) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let done = writeln!(state.to, "{entry}").and_then(|()| state.to.flush());
        if let Err(error) = done {
            state.error.get_or_insert(error);
        }
    }

    /// Returns the error that made it incomplete.
    pub(super) fn error(&self) -> Option<String> {
        let state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.error.as_ref().map(ToString::to_string)
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}
