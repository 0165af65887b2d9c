//! `.gitleaksignore`: findings by commit, file, rule and line; in `.betterleaksignore` also by the SHA-256 of their
//! secrets.

use super::accepted::{Accepted, Anywhere, Mark};
use super::{Draft, ImportError, SourceFile, is_hash, wrong};

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    for (index, line) in file.text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let origin = file.at(index + 1);
        if is_hash(line) {
            let (by, mark) = (file.shown.clone(), Mark::Sha256(line.to_owned()));
            draft.anywhere.push(Anywhere { origin, by, mark });
            continue;
        }
        let accepted = parse(line, &origin, &file.shown)?;
        if accepted.path.contains('!') {
            draft.note(&origin, "the entry for a file inside an archive is left out");
        } else {
            draft.accepted.push(accepted);
        }
    }
    Ok(())
}

fn parse(line: &str, origin: &str, by: &str) -> Result<Accepted, ImportError> {
    let form = "the entry is neither `file:rule:line` nor `commit:file:rule:line`";
    let parts: Vec<&str> = line.split(':').collect();
    let (commit, path, number) = match parts[..] {
        [path, _, number] => (None, path, number),
        [commit, path, _, number] => (Some(commit), path, number),
        _ => return Err(wrong(origin, form)),
    };
    let number: u64 = number.trim().parse().map_err(|_| wrong(origin, form))?;
    Ok(Accepted {
        origin: origin.to_owned(),
        by: by.to_owned(),
        commit: commit.map(str::to_owned),
        path: path.replace('\\', "/"),
        mark: Mark::Lines(number..=number),
    })
}
