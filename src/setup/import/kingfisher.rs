//! A baseline of kingfisher: findings by file and line, and a hash that is its own.
//! <https://github.com/mongodb/kingfisher/blob/main/docs/BASELINE.md>

use super::accepted::{Accepted, Mark};
use super::yaml::Yaml;
use super::{Draft, ImportError, SourceFile, wrong};

/// The key under which the findings stand.
pub(super) const KEY: &str = "ExactFindings";

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let top = Yaml::parse(file)?;
    let form = |line: u32| wrong(&file.at(line), "it has not the form of a baseline of kingfisher");
    let found = top.entries().iter().find(|(key, _)| key == KEY).ok_or_else(|| form(top.line))?;
    let matches = found.1.get("matches").map_or(&[][..], Yaml::items);
    for item in matches {
        let text = |key: &str| item.get(key).and_then(Yaml::text);
        let path = text("filepath").ok_or_else(|| form(item.line))?;
        let line: u64 = text("linenum")
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| form(item.line))?;
        draft.accepted.push(Accepted {
            origin: file.at(item.line),
            by: file.shown.clone(),
            commit: None,
            path: path.replace('\\', "/"),
            mark: Mark::Lines(line..=line),
        });
    }
    Ok(())
}
