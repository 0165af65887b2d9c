//! Globs on paths.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Paths that have nothing in common: what fits all of them fits everything.
pub(super) const MANY_PATHS: [&str; 5] =
    ["a", "x/y.z", "deep/er/path/file.txt", ".hidden", "UPPER/Q-1"];

/// Globs in the way of `.gitignore`: without an inner slash they fit at any depth, and what fits
/// a folder fits all in it. Each pattern becomes two globs, in the order of the patterns.
pub(super) fn globs(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let trimmed = pattern.trim_end_matches('/');
        let anchored = trimmed.contains('/');
        let glob = trimmed.trim_start_matches('/');
        let glob = if anchored { glob.to_owned() } else { format!("**/{glob}") };
        for glob in [format!("{glob}/**"), glob] {
            set.add(GlobBuilder::new(&glob).literal_separator(true).build()?);
        }
    }
    set.build()
}

#[cfg(unix)]
pub(super) fn as_path(path: &[u8]) -> std::borrow::Cow<'_, Path> {
    use std::os::unix::ffi::OsStrExt as _;
    std::borrow::Cow::Borrowed(Path::new(std::ffi::OsStr::from_bytes(path)))
}

#[cfg(not(unix))]
pub(super) fn as_path(path: &[u8]) -> std::borrow::Cow<'_, Path> {
    std::borrow::Cow::Owned(Path::new(&*String::from_utf8_lossy(path)).to_owned())
}
