//! A JSON report of gitleaks, which it takes as a baseline.

use serde::Deserialize;

use super::accepted::{Accepted, Mark};
use super::{Draft, ImportError, SourceFile, wrong};
use crate::finding::Secret;

/// A finding as written; what else it holds does not tell it from others.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    start_line: u64,
    end_line: u64,
    #[serde(default)]
    secret: String,
    file: String,
    #[serde(default)]
    commit: String,
}

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let entries: Option<Vec<Entry>> =
        serde_json::from_str(&file.text).map_err(|error| json_error(file, &error, "gitleaks"))?;
    let mut holds_secrets = false;
    for (index, entry) in entries.unwrap_or_default().into_iter().enumerate() {
        let origin = format!("{}: finding {}", file.shown, index + 1);
        if entry.start_line == 0 {
            draft.note(&origin, "a file found by its name is left out: no rule here finds those");
            continue;
        }
        let lines = entry.start_line..=entry.end_line.max(entry.start_line);
        let is_redacted =
            entry.secret.is_empty() || entry.secret == "REDACTED" || entry.secret.ends_with("...");
        holds_secrets |= !is_redacted;
        draft.accepted.push(Accepted {
            origin,
            by: file.shown.clone(),
            commit: (!entry.commit.is_empty()).then_some(entry.commit),
            path: entry.file.replace('\\', "/"),
            mark: match is_redacted {
                true => Mark::Lines(lines),
                false => Mark::Secret(lines, Secret::new(entry.secret.into_bytes())),
            },
        });
    }
    if holds_secrets {
        draft.note(&file.shown, "it holds secrets in clear text; delete it once it is taken over");
    }
    Ok(())
}

/// What is wrong with a JSON text, without the values that the error would quote.
pub(super) fn json_error(
    file: &SourceFile,
    error: &serde_json::Error,
    scanner: &str,
) -> ImportError {
    let message = if error.is_data() {
        format!("it has not the form of a baseline of {scanner}")
    } else {
        "it is not JSON".to_owned()
    };
    wrong(&file.at(error.line()), message)
}
