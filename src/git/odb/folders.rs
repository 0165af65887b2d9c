//! The directories of an object database, and what is in them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::finding::{SkipKind, Skipped};
use crate::git::object::ObjectId;
use crate::text::os::path_from;

pub(super) fn skip(path: &Path, why: &dyn std::fmt::Display) -> Skipped {
    let reason = format!("cannot be read: {why}; `git fsck` shows what is lost with it");
    Skipped::new(SkipKind::Unreadable, path.as_os_str().as_encoded_bytes(), reason)
}

/// Alternates of alternates are followed as far as git follows them, and then a little further.
const MAX_ALTERNATES: usize = 64;

/// `root` and the directories it borrows from, each once.
pub(super) fn folders(root: &Path, more: &[PathBuf], skipped: &mut Vec<Skipped>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut known = HashSet::new();
    let mut todo = std::collections::VecDeque::from([root.to_owned()]);
    todo.extend(more.iter().cloned());
    while let Some(folder) = todo.pop_front() {
        let canonical = match fs::canonicalize(&folder) {
            Ok(canonical) => canonical,
            Err(error) => {
                skipped.push(skip(&folder, &error));
                continue;
            }
        };
        if !known.insert(canonical) || found.len() == MAX_ALTERNATES {
            continue;
        }
        let listed = fs::read(folder.join("info/alternates")).unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                skipped.push(skip(&folder.join("info/alternates"), &error));
            }
            Vec::new()
        });
        let lines = listed.split(|&byte| byte == b'\n');
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
            todo.push_back(folder.join(path_from(&unquoted(line))));
        }
        found.push(folder);
    }
    found
}

/// A path that git has put in quotes, without them.
fn unquoted(line: &[u8]) -> Vec<u8> {
    let Some(inside) = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return line.to_vec();
    };
    let mut plain = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let (b'\\', Some((&escaped, tail))) = (byte, rest.split_first()) else {
            plain.push(byte);
            continue;
        };
        let octal = rest.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            plain.push(byte);
            rest = &rest[3..];
        } else {
            plain.push(match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                other => other,
            });
            rest = tail;
        }
    }
    plain
}

/// The index files of a pack directory; packs without one are named.
pub(super) fn indexes(folder: &Path, skipped: &mut Vec<Skipped>) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            skipped.push(skip(folder, &error));
            return Ok(Vec::new());
        }
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is = |extension: &str| path.extension().is_some_and(|have| have == extension);
        if is("idx") {
            found.push(path);
        } else if is("pack") && !path.with_extension("idx").exists() && !is_in_the_making(&path) {
            skipped.push(skip(&path, &"its index is missing (`git index-pack` makes it)"));
        }
    }
    Ok(found)
}

/// Whether `git repack` is about to give a pack its index and its name, or has just done so. What is in
/// it is still in the packs that it was made of. One that a crash has left is older.
fn is_in_the_making(pack: &Path) -> bool {
    const LONGEST: Duration = Duration::from_secs(3600);
    let is_temporary =
        pack.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".tmp-"));
    match fs::symlink_metadata(pack).and_then(|metadata| metadata.modified()) {
        Ok(made) => is_temporary && made.elapsed().is_ok_and(|age| age < LONGEST),
        // It has its name now, or `git repack` has put another in its place.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Names the loose objects of a directory. A folder of them may go away meanwhile: what it held is in a pack.
pub(super) fn list_loose(
    root: &Path,
    id_bytes: usize,
    each: &mut dyn FnMut(ObjectId),
    skipped: &mut Vec<Skipped>,
) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let folder = entry.file_name();
        let folder = folder.as_encoded_bytes();
        if folder.len() != 2 || !folder.iter().all(u8::is_ascii_hexdigit) {
            continue;
        }
        let files = match fs::read_dir(entry.path()) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                skipped.push(skip(&entry.path(), &error));
                continue;
            }
        };
        for file in files {
            let name = file?.file_name();
            let hex = [folder, name.as_encoded_bytes()].concat();
            // Temporary files of a git that was stopped are no objects.
            if let Some(id) = ObjectId::parse(&hex).filter(|_| hex.len() == id_bytes * 2) {
                each(id);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn quoted_paths_are_read_as_git_writes_them() {
        assert_eq!(unquoted(b"/a b"), b"/a b");
        assert_eq!(unquoted(br#""/a\"b\\c\tn\303\251""#), "/a\"b\\c\tné".as_bytes());
    }
}
