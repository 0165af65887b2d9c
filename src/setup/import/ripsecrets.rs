//! `.secretsignore` of ripsecrets: paths as in `.gitignore`, and below `[secrets]` secrets as they are.
//! <https://github.com/sirwart/ripsecrets#pre-existing-secrets>

use super::accepted::{Anywhere, Mark};
use super::{Draft, ImportError, SourceFile};
use crate::finding::Secret;
use crate::suppress::AllowEntry;
use crate::text::escape::escape;

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let mut are_secrets = false;
    let mut paths = Vec::new();
    let mut first = 1;
    for (number, line) in (1..).zip(file.text.lines()) {
        let line = line.trim();
        let origin = file.at(number);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') {
            are_secrets = line == "[secrets]";
            if !are_secrets {
                let line = escape(line.as_bytes());
                draft.note(&origin, &format!("the section `{line}` does not carry over"));
            }
        } else if are_secrets {
            draft.anywhere.push(Anywhere {
                origin,
                by: file.shown.clone(),
                mark: Mark::Value(Secret::new(line.as_bytes())),
            });
        } else if let Some(path) = line.strip_prefix('!') {
            let path = escape(path.as_bytes());
            draft.note(
                &origin,
                &format!("`!{path}` does not carry over: list what is left out instead"),
            );
        } else {
            if paths.is_empty() {
                first = number;
            }
            paths.push(line.to_owned());
        }
    }
    if !paths.is_empty() {
        let reason = format!("paths of {}", file.shown);
        let entry = AllowEntry { reason, paths, ..AllowEntry::default() };
        draft.allow.push((entry, file.at(first)));
    }
    Ok(())
}
