//! `.gitguardian.yaml` of ggshield, versions 1 and 2: paths and secrets that it leaves out.
//! <https://docs.gitguardian.com/ggshield-docs/configuration>

use sha2::{Digest as _, Sha256};

use super::accepted::{Anywhere, Mark};
use super::yaml::Yaml;
use super::{Draft, ImportError, SourceFile, is_hash};
use crate::finding::{Finding, Secret};
use crate::suppress::AllowEntry;
use crate::text::escape::escape;
use crate::text::hex::hex;

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

/// The names that GitGuardian gives a secret that stands alone.
const NAMES: [&str; 6] =
    ["apikey", "password", "client_secret", "client_id", "token", "connection_uri"];

/// Whether a finding is what ggshield names by a hash: the SHA-256 of each part of a credential and its name,
/// `VALUE,NAME`, in the order of the names. Its documentation does not say so; all versions of it do.
pub(super) fn has_hash(finding: &Finding, hash: &str) -> bool {
    let own = finding.secret.expose();
    let is_it = |parts: &[(&[u8], &str)]| {
        let mut sum = Sha256::new();
        for (value, name) in parts {
            sum.update(value);
            sum.update(b",");
            sum.update(name);
        }
        hex(&sum.finalize()).eq_ignore_ascii_case(hash)
    };
    let is_pair = finding.related.as_ref().is_some_and(|other| {
        let other = other.secret.expose();
        [(own, other), (other, own)]
            .into_iter()
            .any(|(id, secret)| is_it(&[(id, "client_id"), (secret, "client_secret")]))
    });
    is_pair || NAMES.iter().any(|name| is_it(&[(own, name)]))
}

/// A match is a value or ggshield's own hash of what it found.
fn add_match(draft: &mut Draft, file: &SourceFile, item: &Yaml) {
    let origin = file.at(item.line);
    let value = item.text().or_else(|| item.get("match").and_then(Yaml::text));
    match value {
        Some(hash) if is_hash(hash) => draft.anywhere.push(Anywhere {
            origin,
            by: file.shown.clone(),
            mark: Mark::Ggshield(hash.to_owned()),
        }),
        Some(value) if !value.is_empty() => draft.anywhere.push(Anywhere {
            origin,
            by: file.shown.clone(),
            mark: Mark::Value(Secret::new(value.as_bytes())),
        }),
        _ => draft.note(&origin, "the entry is left out: it has no `match`"),
    }
}
