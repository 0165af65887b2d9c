//! What a scan of a whole history came to, kept for the next one: in the git directory, or where a CI service
//! keeps its cache.
//!
//! It counts only if its seal is that of this user's [`Key`], if program, rules, configuration and baseline are the
//! same, and if every ref leads to the same object. It holds no byte of a secret: what holds findings is read
//! again. Git's ids are trusted to name contents, as git trusts them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::seal::Key;
use crate::ci;
use crate::environment::Environment;
use crate::file::{self, Mode};
use crate::git::Repository;
use crate::scan::Record;
use crate::setup::Scanner;
use crate::text::escape::escape_path;
use crate::text::hex::hex;

/// The variable that names a directory that a CI service keeps from one job to the next.
const CACHE_VARIABLE: &str = "TIGHTLIP_CACHE";

/// The most that is kept.
const MAX_BYTES: u64 = 64 << 20;

/// Where the outcome of whole scans is kept, and what a kept one must fit.
#[derive(Debug)]
pub struct Whole {
    key: Key,
    path: PathBuf,
    /// A keyed digest of all that decides what is found.
    state: String,
    /// The packs that are there, where those of the next run are the same files.
    packs: Vec<Pack>,
}

/// The name of a pack, its size, and when it was written, in nanoseconds.
type Pack = (String, u64, u64);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<R> {
    state: String,
    packs: Vec<Pack>,
    record: R,
}

/// What there is of an earlier scan.
#[derive(Debug)]
pub enum Earlier {
    /// Nothing, or something that other rules or other commits have made.
    None,
    /// It is not to be trusted, and why.
    Untrusted(String),
    /// All is as it was.
    Same(Box<Record>),
}

impl Whole {
    /// Finds where the outcome of a scan of the whole history is kept. `None` if it is kept nowhere: without a key
    /// of the user's own, in a shallow clone, where the environment names other objects, or where refs cannot be
    /// read, which the scan then says.
    #[must_use]
    pub fn of(scanner: &Scanner) -> Option<Self> {
        let repository = scanner.repository().get().ok()?;
        let environment = scanner.repository().location().environment();
        let (folder, is_local) = folder(environment, &repository)?;
        let key = Key::load(environment).ok()?;
        let mut skipped = Vec::new();
        let tips = repository.tips(&mut skipped).ok()?;
        if !skipped.is_empty() || repository.is_shallow() {
            return None;
        }
        let rules = scanner.rules_hash();
        let mut parts: Vec<&[u8]> = vec![b"history 2", rules.as_bytes()];
        for tip in &tips {
            parts.extend([tip.id.as_bytes(), &*tip.name]);
        }
        let state = hex(&key.digest(parts));
        let objects = repository.objects_dir().ok()?;
        let packs = if is_local { packs(&objects) } else { Vec::new() };
        Some(Whole { key, path: folder.join(FILE), state, packs })
    }

    /// Returns what there is of an earlier scan.
    #[must_use]
    pub fn earlier(&self) -> Earlier {
        let untrusted = |why: &str| {
            let path = escape_path(&self.path);
            Earlier::Untrusted(format!("the checkpoint `{path}` {why}, so all is scanned"))
        };
        let sealed = match file::read(&self.path, MAX_BYTES) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Earlier::None,
            Err(error) => return untrusted(&format!("cannot be read ({error})")),
        };
        let Some(bytes) = self.key.open(&sealed) else {
            return untrusted("is damaged, or not sealed with this user's key");
        };
        match serde_json::from_slice::<Kept<Box<Record>>>(bytes) {
            Ok(kept) if kept.state == self.state && kept.packs == self.packs => {
                Earlier::Same(kept.record)
            }
            // Another version of the program has made it, or something has changed.
            Ok(_) | Err(_) => Earlier::None,
        }
    }

    /// Keeps what a scan came to, unless a name in it looks like a secret.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, record: &Record, scanner: &Scanner) -> io::Result<()> {
        let holds_secret = |text: &[u8]| !scanner.engine().scan(text).list.is_empty();
        if record.texts().any(|text| holds_secret(&text)) {
            return self.forget();
        }
        let (state, packs) = (self.state.clone(), self.packs.clone());
        let bytes = serde_json::to_vec(&Kept { state, packs, record })?;
        if bytes.len() as u64 > MAX_BYTES / 2 {
            return self.forget();
        }
        if let Some(folder) = self.path.parent() {
            // A repository may hold a link that leads elsewhere.
            if fs::symlink_metadata(folder).is_ok_and(|found| !found.is_dir()) {
                return Err(io::Error::other("its folder is not a directory"));
            }
            fs::create_dir_all(folder)?;
        }
        file::replace(&self.path, &self.key.seal(&bytes), Mode::Exact(0o600))
    }

    fn forget(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The name of the file.
const FILE: &str = "history";

/// The folder, and whether it is of the repository itself. In CI only one that is told: the git directory of a
/// job is new, or it was left by another job.
fn folder(environment: &Environment, repository: &Repository) -> Option<(PathBuf, bool)> {
    if environment.sets_any(&["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"]) {
        return None;
    }
    match environment.get_filled(CACHE_VARIABLE) {
        Some(folder) => Some((PathBuf::from(folder), false)),
        None if ci::is_job(environment) => None,
        None => Some((repository.common_dir().join("tightlip"), true)),
    }
}

/// The packs of a directory of objects, in order. Damage to what was read once is no secret, but it has to be
/// told; packs that are the same files are not damaged.
fn packs(objects: &Path) -> Vec<Pack> {
    let entries = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
    let mut packs: Vec<Pack> = entries
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            let written = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            let written = u64::try_from(written.as_nanos()).unwrap_or(u64::MAX);
            Some((entry.file_name().into_string().ok()?, data.len(), written))
        })
        .collect();
    packs.sort();
    packs
}
