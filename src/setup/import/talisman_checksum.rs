//! Checksums of talisman: which files an entry of `.talismanrc` means, and whether they are as they were.
//!
//! Talisman hashes path and content of every tracked file that a name fits:
//! <https://github.com/thoughtworks/talisman/blob/main/utility/sha_256_hasher.go>.

use std::path::Path;

use globset::GlobBuilder;
use sha2::{Digest as _, Sha256};

use super::accepted::{Accepted, Mark, in_worktree};
use super::{Draft, SourceFile, is_hash};
use crate::git::command::nul_fields;
use crate::git::{Location, RepositoryPool};
use crate::text::escape::escape;
use crate::text::hex::hex;

/// Files that talisman was told to leave out as long as their checksum is this.
#[derive(Debug, Clone)]
pub(super) struct Pinned {
    origin: String,
    by: String,
    name: String,
    checksum: String,
}

impl Pinned {
    /// An entry of `file`.
    pub(super) fn new(origin: &str, file: &SourceFile, name: &str, checksum: &str) -> Self {
        let [origin, by, name, checksum] = [origin, &file.shown, name, checksum].map(str::to_owned);
        Pinned { origin, by, name, checksum }
    }

    /// The paths that the name fits, in two ways: of a plain name, older versions of talisman look at the last part
    /// of a path, newer ones at all of it. The checksum tells which was meant.
    fn candidates(&self, tracked: &[String]) -> Vec<Vec<String>> {
        let of = |fits: &dyn Fn(&str) -> bool| -> Vec<String> {
            tracked.iter().filter(|path| fits(path)).cloned().collect()
        };
        if self.name.ends_with('/') {
            return vec![of(&|path| path.starts_with(&self.name))];
        }
        let whole = of(&|path| path == self.name);
        let Ok(glob) = GlobBuilder::new(&self.name).literal_separator(true).build() else {
            return vec![whole];
        };
        let glob = glob.compile_matcher();
        if self.name.contains('/') {
            return vec![whole, of(&|path| glob.is_match(path))];
        }
        let last = |path: &str| path.rsplit('/').next().is_some_and(|name| glob.is_match(name));
        vec![whole, of(&last)]
    }
}

/// Turns entries whose files are as they were into accepted findings of those files, and notes the others.
pub(super) fn resolve(draft: &mut Draft, repository: &RepositoryPool) {
    let pinned = std::mem::take(&mut draft.pinned);
    if pinned.is_empty() {
        return;
    }
    let top = Location::new(&draft.root, repository.location().environment().clone());
    let listed = top.run(["ls-files", "-z"]).unwrap_or_default();
    let tracked: Vec<String> =
        nul_fields(&listed).map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    for entry in pinned {
        let sets = entry.candidates(&tracked);
        let fits = |paths: &&Vec<String>| {
            let is_hash = is_hash(&entry.checksum) && !paths.is_empty();
            is_hash && checksum(&draft.root, paths).eq_ignore_ascii_case(&entry.checksum)
        };
        match sets.iter().find(fits) {
            Some(paths) => draft.accepted.extend(paths.iter().map(|path| Accepted {
                origin: entry.origin.clone(),
                by: entry.by.clone(),
                commit: None,
                path: path.clone(),
                mark: Mark::Everything,
            })),
            None => {
                let shown = escape(entry.name.as_bytes());
                let text = format!(
                    "the entry for `{shown}` is left out: what git tracks by that name has not the checksum any \
                     more; if what stands there is accepted, `tightlip baseline create` notes it"
                );
                draft.note(&entry.origin, &text);
            }
        }
    }
}

/// The checksum of files, as talisman makes it. A file that cannot be read counts as empty there.
fn checksum(root: &Path, paths: &[String]) -> String {
    let hash = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    let mut all = String::new();
    for path in paths {
        let content = in_worktree(root, path).unwrap_or_default();
        all = hash(all.as_bytes()) + &hash(&content) + &hash(path.as_bytes());
    }
    hash(all.as_bytes())
}
