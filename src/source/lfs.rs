//! Pointers of Git LFS: small blobs in place of files that are kept elsewhere.
//!
//! Format: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.

use std::path::{Path, PathBuf};

use crate::git::{GitError, Repository};

/// A pointer is no longer than this.
const MAX_BYTES: usize = 1024;

/// Where the files are kept that pointers stand for, as far as they are on this disk.
#[derive(Debug, Clone)]
pub struct Store(PathBuf);

impl Store {
    /// The store of a repository; `None` if it has none.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn of(repository: &Repository) -> Result<Option<Self>, GitError> {
        let named = repository.settings()?.get("lfs.storage").filter(|path| !path.is_empty());
        let common = repository.common_dir();
        let folder = common.join(named.as_deref().unwrap_or("lfs")).join("objects");
        Ok(folder.is_dir().then_some(Store(folder)))
    }

    /// The directory of the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The file that a blob stands for, if it is a pointer and the file is here.
    pub(super) fn file(&self, blob: &[u8]) -> Option<PathBuf> {
        let id = pointer(blob)?;
        let path = self.0.join(&id[..2]).join(&id[2..4]).join(id);
        Path::is_file(&path).then_some(path)
    }
}

/// The id in a pointer: the SHA-256 of the file.
fn pointer(blob: &[u8]) -> Option<&str> {
    let blob = blob.strip_prefix(b"version https://git-lfs.github.com/spec/v1\n")?;
    let text = std::str::from_utf8(blob).ok().filter(|text| text.len() <= MAX_BYTES)?;
    let id = text.lines().find_map(|line| line.strip_prefix("oid sha256:"))?;
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn pointers_are_told_from_other_text() {
        let id = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let version = "version https://git-lfs.github.com/spec/v1";
        let whole = format!("{version}\next-0-foo sha256:1\noid sha256:{id}\nsize 12345\n");
        assert_eq!(pointer(whole.as_bytes()), Some(id));
        for other in [
            format!("{version}\noid sha256:../{id}\n"),
            format!("{version}\nsize 1\n"),
            format!("x\noid sha256:{id}\n"),
            format!("{whole}{}", "x".repeat(2000)),
        ] {
            assert_eq!(pointer(other.as_bytes()), None, "{other}");
        }
    }
}
