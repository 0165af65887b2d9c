//! `.gitguardian.yaml` of ggshield, versions 1 and 2: paths and secrets that it leaves out.
//! <https://docs.gitguardian.com/ggshield-docs/configuration>

use super::accepted::{Anywhere, Mark};
use super::yaml::Yaml;
use super::{Draft, ImportError, SourceFile, is_hash};
use crate::finding::Secret;
use crate::suppress::AllowEntry;
use crate::text::escape::escape;

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let top = Yaml::parse(file)?;
    for (key, value) in top.entries() {
        match key.replace('-', "_").as_str() {
            "version" => {}
            "secret" => {
                for (key, value) in value.entries() {
                    add_key(draft, file, key, value)?;
                }
            }
            _ => add_key(draft, file, key, value)?,
        }
    }
    Ok(())
}

fn add_key(
    draft: &mut Draft,
    file: &SourceFile,
    key: &str,
    value: &Yaml,
) -> Result<(), ImportError> {
    let origin = file.at(value.line);
    match key.replace('-', "_").as_str() {
        "ignored_paths" | "paths_ignore" => {
            let paths: Vec<String> = value.texts(file)?.into_iter().map(|(path, _)| path).collect();
            if !paths.is_empty() {
                let reason = format!("`{}` of {}", escape(key.as_bytes()), file.shown);
                draft.allow.push((AllowEntry { reason, paths, ..AllowEntry::default() }, origin));
            }
        }
        "ignored_matches" | "matches_ignore" => {
            value.items().iter().for_each(|item| add_match(draft, file, item));
        }
        name => {
            let known =
                ["exit_zero", "verbose", "show_secrets", "instance", "max_commits_for_hook"];
            if !known.contains(&name) {
                let key = escape(key.as_bytes());
                draft.note(&origin, &format!("`{key}` does not carry over"));
            }
        }
    }
    Ok(())
}

/// A match is a value or ggshield's own hash of what it found, which nothing here can be compared with.
fn add_match(draft: &mut Draft, file: &SourceFile, item: &Yaml) {
    let origin = file.at(item.line);
    let value = item.text().or_else(|| item.get("match").and_then(Yaml::text));
    match value {
        Some(hash) if is_hash(hash) => {
            draft.note(
                &origin,
                "the entry is left out: a hash of ggshield's is of more than the secret",
            );
        }
        Some(value) if !value.is_empty() => draft.anywhere.push(Anywhere {
            origin,
            by: file.shown.clone(),
            mark: Mark::Value(Secret::new(value.as_bytes())),
        }),
        _ => draft.note(&origin, "the entry is left out: it has no `match`"),
    }
}
