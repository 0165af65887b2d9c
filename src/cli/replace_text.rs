//! The file with which `git filter-repo` takes secrets out of a history. Unlike reports, it holds
//! them unmasked.
//!
//! Format: <https://htmlpreview.github.io/?https://github.com/newren/git-filter-repo/blob/docs/html/git-filter-repo.html>,
//! `--replace-text`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use super::Failure;
use tightlip::file;
use tightlip::finding::Finding;
use tightlip::text::escape::escape_path;

/// Shorter secrets would be replaced in the middle of words.
const MIN_BYTES: usize = 5;

/// Refuses a file that [`write`] could not make, before a long scan.
pub(super) fn check(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => {
            let shown = escape_path(path);
            Err(format!("cannot write `{shown}`: it is there already; name a new file").into())
        }
        Err(_) => Ok(()),
    }
}

/// Writes a line for every secret to a new file, and returns how many there are.
///
/// # Errors
/// The file is there already, or cannot be written.
pub(super) fn write(path: &Path, findings: &[Finding]) -> Result<usize, Failure> {
    let secrets: BTreeSet<&[u8]> = findings
        .iter()
        .flat_map(Finding::secrets)
        .map(|secret| secret.expose())
        .filter(|secret| secret.len() >= MIN_BYTES)
        .collect();
    // The longest first, because one secret may be part of another.
    let mut secrets: Vec<&[u8]> = secrets.into_iter().collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = Vec::new();
    for secret in &secrets {
        text.extend_from_slice(&line(secret));
    }
    let failed = |error| format!("cannot write `{}`: {error}", escape_path(path));
    let mut file = file::create_private(path).map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    Ok(secrets.len())
}

/// One line: the secret as it is or, where a line cannot hold it or it would be read as a form of its own, as a
/// regular expression of Python.
fn line(secret: &[u8]) -> Vec<u8> {
    const BY: &[u8] = b"==>***REMOVED***\n";
    let is_plain = secret.is_ascii()
        && !secret.iter().any(u8::is_ascii_control)
        && !secret.windows(3).any(|part| part == b"==>")
        && secret.trim_ascii() == secret;
    if is_plain {
        return [b"literal:", secret, BY].concat();
    }
    let escaped: String = secret.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    [b"regex:", escaped.as_bytes(), BY].concat()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn what_a_line_cannot_hold_is_written_in_escapes() {
        assert_eq!(line(b"a.b*c"), b"literal:a.b*c==>***REMOVED***\n");
        assert_eq!(line(b"a\nb"), b"regex:\\x61\\x0a\\x62==>***REMOVED***\n");
        assert_eq!(line(b"==>"), b"regex:\\x3d\\x3d\\x3e==>***REMOVED***\n");
        assert_eq!(line("ü".as_bytes()), b"regex:\\xc3\\xbc==>***REMOVED***\n");
    }
}
