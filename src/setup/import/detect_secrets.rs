//! `.secrets.baseline` of detect-secrets: findings by the SHA-1 of their secrets, and filters.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::accepted::{Accepted, Mark};
use super::baseline::json_error;
use super::{Draft, ImportError, SourceFile};
use crate::pattern::syntax;
use crate::suppress::AllowEntry;
use crate::text::escape::escape;

#[derive(Deserialize)]
struct Baseline {
    #[serde(default)]
    plugins_used: Vec<serde_json::Value>,
    #[serde(default)]
    filters_used: Vec<Filter>,
    results: BTreeMap<String, Vec<Entry>>,
}

#[derive(Deserialize)]
struct Filter {
    path: String,
    #[serde(default)]
    pattern: Patterns,
}

/// One expression or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(String),
    Many(Vec<String>),
}

impl Default for Patterns {
    fn default() -> Self {
        Patterns::Many(Vec::new())
    }
}

#[derive(Deserialize)]
struct Entry {
    hashed_secret: String,
    is_secret: Option<bool>,
}

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let baseline: Baseline = serde_json::from_str(&file.text)
        .map_err(|error| json_error(file, &error, "detect-secrets"))?;
    if !baseline.plugins_used.is_empty() {
        draft.note(
            &file.shown,
            "`plugins_used` and their limits do not carry over; the built-in rules take their place",
        );
    }
    for filter in baseline.filters_used {
        add_filter(draft, file, filter);
    }
    for (path, entries) in baseline.results {
        for entry in entries {
            let line = line_of_hash(file, &entry.hashed_secret);
            let origin = file.at(line);
            if entry.is_secret == Some(true) {
                draft.note(&origin, "the entry was audited as a real secret; rotate it");
            }
            draft.accepted.push(Accepted {
                origin,
                by: file.shown.clone(),
                commit: None,
                path: path.replace('\\', "/"),
                mark: Mark::Sha1(entry.hashed_secret),
            });
        }
    }
    Ok(())
}

fn line_of_hash(file: &SourceFile, hash: &str) -> u32 {
    file.line(if hash.is_empty() { 0 } else { file.text.find(hash).unwrap_or(0) })
}

/// Filters of the user's own; those that come with detect-secrets have their like in every rule.
fn add_filter(draft: &mut Draft, file: &SourceFile, filter: Filter) {
    let name = filter.path.rsplit('.').next().unwrap_or_default();
    let name = escape(name.as_bytes()).into_owned();
    let line = file.line(file.text.find(&filter.path).unwrap_or(0));
    let origin = file.at(line);
    let is_own = |prefix: &str| filter.path.starts_with(prefix);
    let patterns = match filter.pattern {
        Patterns::One(pattern) => vec![pattern],
        Patterns::Many(patterns) => patterns,
    };
    if !is_own("detect_secrets.filters.regex.") {
        let comes_with_it = ["allowlist.", "common.", "heuristic.", "gibberish."]
            .iter()
            .any(|kind| is_own(&format!("detect_secrets.filters.{kind}")));
        if !comes_with_it {
            let shown = escape(filter.path.as_bytes()).into_owned();
            draft.note(&origin, &format!("the filter `{shown}` does not carry over"));
        }
        return;
    }
    let mut usable = Vec::new();
    for pattern in patterns {
        match translate(&pattern) {
            Ok(pattern) => usable.push(pattern),
            Err(problem) => {
                draft.note(&origin, &format!("a pattern of `{name}` is left out: {problem}"));
            }
        }
    }
    if usable.is_empty() {
        return;
    }
    let mut entry =
        AllowEntry { reason: format!("`{name}` of {}", file.shown), ..AllowEntry::default() };
    match &*name {
        "should_exclude_file" => entry.path_patterns = usable,
        "should_exclude_line" => entry.line_patterns = usable,
        "should_exclude_secret" => entry.patterns = usable,
        _ => {
            return draft.note(
                &origin,
                &format!("the filter `{}` does not carry over", escape(name.as_bytes())),
            );
        }
    }
    draft.allow.push((entry, origin));
}

/// Expressions of Python differ in lookaround and references, which no expression here has.
fn translate(pattern: &str) -> Result<String, syntax::SyntaxError> {
    syntax::parse(pattern).map(|_| format!("(?-mR){pattern}"))
}
