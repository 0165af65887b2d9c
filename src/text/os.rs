//! Bytes as the system's strings: git's paths and values have no encoding.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Returns `bytes` as a string of the system. Where the system's strings are text, bytes that
/// are not UTF-8 are lost.
///
/// ```
/// assert_eq!(*tightlip::text::os::os_str(b"a/b"), *"a/b");
/// ```
#[cfg(unix)]
#[must_use]
pub fn os_str(bytes: &[u8]) -> Cow<'_, OsStr> {
    Cow::Borrowed(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

/// Returns `bytes` as a string of the system. Where the system's strings are text, bytes that
/// are not UTF-8 are lost.
#[cfg(not(unix))]
#[must_use]
pub fn os_str(bytes: &[u8]) -> Cow<'_, OsStr> {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(OsStr::new(text)),
        Cow::Owned(text) => Cow::Owned(text.into()),
    }
}

/// Returns `bytes` as a path, as [`os_str`] does.
#[must_use]
pub fn path_from(bytes: &[u8]) -> PathBuf {
    PathBuf::from(os_str(bytes).into_owned())
}
