//! `.talismanrc`: files that talisman leaves out, and patterns of a team's own.
//! <https://thoughtworks.github.io/talisman/docs/configuring-talisman/>

use super::gitleaks::{GitleaksRule, add_rules};
use super::talisman_checksum::Pinned;
use super::yaml::Yaml;
use super::{Draft, ImportError, SourceFile, wrong};
use crate::pattern::go::{self, GoError};
use crate::suppress::AllowEntry;
use crate::text::escape::escape;

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let top = Yaml::parse(file)?;
    for (key, value) in top.entries() {
        match key.as_str() {
            "version" => {}
            "fileignoreconfig" => {
                value.items().iter().try_for_each(|item| add_file(draft, file, item))?;
            }
            "allowed_patterns" => add_patterns(draft, file, value, &[])?,
            "custom_patterns" => add_custom(draft, file, value)?,
            key => {
                let key = escape(key.as_bytes());
                draft.note(&file.at(value.line), &format!("`{key}` does not carry over"));
            }
        }
    }
    Ok(())
}

/// A file with a checksum is left out until it changes: what is found in it is accepted if it has not changed yet.
fn add_file(draft: &mut Draft, file: &SourceFile, item: &Yaml) -> Result<(), ImportError> {
    let origin = file.at(item.line);
    let name = item.get("filename").and_then(Yaml::text);
    let name = name.ok_or_else(|| wrong(&origin, "the entry has no `filename`"))?;
    if let Some(patterns) = item.get("allowed_patterns") {
        add_patterns(draft, file, patterns, &[name.to_owned()])?;
    }
    let checksum = item.get("checksum").and_then(Yaml::text).filter(|text| !text.is_empty());
    draft.pinned.extend(checksum.map(|checksum| Pinned::new(&origin, file, name, checksum)));
    let detectors = item.get("ignore_detectors").map(|list| list.texts(file)).transpose()?;
    // The other detectors look at names and sizes, at which no rule here looks.
    let is_ignored =
        detectors.is_some_and(|list| list.iter().any(|(detector, _)| detector == "filecontent"));
    if is_ignored {
        let reason = format!("`ignore_detectors` of {}", file.shown);
        let paths = vec![name.to_owned()];
        draft.allow.push((AllowEntry { reason, paths, ..AllowEntry::default() }, origin));
    }
    Ok(())
}

/// Talisman takes what these patterns match out of a text before it looks: here they count for the secret.
fn add_patterns(
    draft: &mut Draft,
    file: &SourceFile,
    list: &Yaml,
    paths: &[String],
) -> Result<(), ImportError> {
    let mut patterns = Vec::new();
    for (pattern, line) in list.texts(file)? {
        match go::translate(&pattern) {
            Ok(pattern) => patterns.push(pattern),
            Err(GoError::Unsupported(problem)) => {
                draft.note(
                    &file.at(line),
                    &format!("the pattern is left out: it asks for {problem}"),
                );
            }
            Err(error) => return Err(wrong(&file.at(line), error.to_string())),
        }
    }
    let origin = file.at(list.line);
    if !patterns.is_empty() {
        draft.note(
            &origin,
            "`allowed_patterns` count for the secret itself, and not for what is around it",
        );
        let reason = format!("`allowed_patterns` of {}", file.shown);
        let paths = paths.to_vec();
        draft.allow.push((AllowEntry { reason, paths, patterns, ..AllowEntry::default() }, origin));
    }
    Ok(())
}

fn add_custom(draft: &mut Draft, file: &SourceFile, list: &Yaml) -> Result<(), ImportError> {
    let named = list.texts(file)?.into_iter().zip(1..).map(|((pattern, line), number)| {
        let id = format!("talisman-custom-{number}");
        GitleaksRule::plain(file, line, id, pattern)
    });
    add_rules(draft, file, named.collect())
}
