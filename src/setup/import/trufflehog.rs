//! The custom detectors of a configuration of trufflehog.
//! <https://docs.trufflesecurity.com/custom-detectors>

use super::gitleaks::{GitleaksRule, add_rules};
use super::yaml::Yaml;
use super::{Draft, ImportError, SourceFile, wrong};
use crate::text::escape::escape;

/// The key under which the detectors stand.
pub(super) const KEY: &str = "detectors";

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let top = Yaml::parse(file)?;
    let mut rules = Vec::new();
    for (key, value) in top.entries() {
        if key == KEY {
            for detector in value.items() {
                rules.extend(detector_rules(draft, file, detector)?);
            }
        } else {
            let key = escape(key.as_bytes());
            draft.note(&file.at(value.line), &format!("`{key}` does not carry over"));
        }
    }
    add_rules(draft, file, rules)
}

/// One rule for each expression of a detector.
fn detector_rules(
    draft: &mut Draft,
    file: &SourceFile,
    detector: &Yaml,
) -> Result<Vec<GitleaksRule>, ImportError> {
    let origin = file.at(detector.line);
    let name = detector.get("name").and_then(Yaml::text);
    let name = name.ok_or_else(|| wrong(&origin, "the detector has no `name`"))?;
    let shown = escape(name.as_bytes()).into_owned();
    let regexes = detector.get("regex").map_or(&[][..], Yaml::entries);
    if regexes.is_empty() {
        return Err(wrong(&origin, format!("the detector `{shown}` has no `regex`")));
    }
    if regexes.len() > 1 {
        draft.note(
            &origin,
            &format!("each expression of `{shown}` finds alone what they find together there"),
        );
    }
    let texts = |key: &str| -> Result<Vec<(String, String)>, ImportError> {
        let list = detector.get(key).map_or(Ok(Vec::new()), |list| list.texts(file))?;
        Ok(list.into_iter().map(|(text, line)| (text, file.at(line))).collect())
    };
    let entropy = match detector.get("entropy").and_then(Yaml::text).map(str::parse) {
        Some(Ok(entropy)) => Some(entropy),
        Some(Err(_)) => return Err(wrong(&origin, "`entropy` is no number")),
        None => None,
    };
    let taken = ["name", "keywords", "regex", "entropy", "exclude_words", "exclude_regexes_match"];
    for (key, value) in detector.entries().iter().filter(|(key, _)| !taken.contains(&&**key)) {
        let key = escape(key.as_bytes());
        draft.note(&file.at(value.line), &format!("`{key}` of `{shown}` does not carry over"));
    }
    let mut rules = Vec::new();
    for (key, regex) in regexes {
        let id = if regexes.len() == 1 { name.to_owned() } else { format!("{name}-{key}") };
        let pattern = regex.text().ok_or_else(|| wrong(&file.at(regex.line), "it is no text"))?;
        let rule = GitleaksRule::plain(file, regex.line, id, pattern.to_owned());
        let keywords = texts("keywords")?.into_iter().map(|(word, _)| word).collect();
        let rule = rule.with(keywords, entropy);
        rules.push(rule.allowing(
            &origin,
            texts("exclude_words")?,
            texts("exclude_regexes_match")?,
        ));
    }
    Ok(rules)
}
