//! The JSON schema of `.tightlip.toml`, which editors complete and check by (with Taplo, Even Better TOML
//! and others): <https://json-schema.org/draft/2020-12>.

use serde_json::{Map, Value, json};

/// A key: its name, its type and what it is for.
type Key = (&'static str, Type, &'static str);

/// What the value of a key is.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Texts,
    Switch,
    Count,
    Number,
    Confidence,
    Grammar,
}

const TOP: [Key; 6] = [
    ("disable", Type::Texts, "Ids of rules that are switched off."),
    ("enable", Type::Texts, "Ids of rules that are switched on although they are off by default."),
    ("min_confidence", Type::Confidence, "Findings less sure than this are not reported."),
    ("max_object_bytes", Type::Count, "Objects larger than this are left out and named."),
    ("other_marks", Type::Switch, "Whether the inline marks of other scanners count."),
    (
        "migrated",
        Type::Texts,
        "Files of other scanners of which `tightlip migrate` has made this file.",
    ),
];

const RULE: [Key; 21] = [
    (
        "id",
        Type::Text,
        "The rule: vendor, then kind, in kebab case. A built-in id overrides its keys.",
    ),
    ("description", Type::Text, "What it finds, as one noun phrase."),
    ("keywords", Type::Texts, "Literals; the pattern is tried only where one occurs."),
    (
        "pattern",
        Type::Text,
        "The regular expression, on bytes; group 1 is the secret, if there is one.",
    ),
    (
        "grammar",
        Type::Grammar,
        "`assignment`: the keywords are words of a name that is assigned a value.",
    ),
    ("boundary", Type::Text, "Characters that must not stand right before a match."),
    ("edge", Type::Text, "The old name of `boundary`."),
    ("secret_group", Type::Count, "The group that holds the secret."),
    ("min_entropy", Type::Number, "Bits a byte below which a secret is dropped."),
    ("checks", Type::Texts, "Offline checks, by name."),
    ("confidence", Type::Confidence, "How sure a match is."),
    ("stop_words", Type::Texts, "Parts of a secret that mark it as documentation."),
    (
        "advice",
        Type::Text,
        "What to do about a finding, one step a line: what it can do (`It can ...`), where it is rotated, \
         how to see its use (`Check ...`).",
    ),
    ("url", Type::Text, "The service's documentation of the format."),
    ("enabled", Type::Switch, "false for a rule that works only when it is enabled by id."),
    ("max_bytes", Type::Count, "How far a match may reach from its keyword, in bytes."),
    ("near", Type::Text, "The pattern is tried near matches of this rule only."),
    ("pair", Type::Text, "Together with a match of this rule nearby it is one finding."),
    ("near_bytes", Type::Count, "How near, in bytes, for `near` and `pair`."),
    ("matches", Type::Texts, "Templates that must match: `tightlip rules check` tries them."),
    ("rejects", Type::Texts, "Templates that must not match."),
];

const KNOWN_VALUES: [Key; 2] = [
    (
        "ignore",
        Type::Texts,
        "Files of credentials that are not read, such as `~/.npmrc` or `.env`.",
    ),
    ("files", Type::Texts, "More files, all values of which are looked for."),
];

const ALLOW: [Key; 10] = [
    ("reason", Type::Text, "Why; it is shown whenever the entry hides a finding."),
    ("rules", Type::Texts, "Ids of the rules that it applies to; without it, all."),
    ("paths", Type::Texts, "Globs on paths, in the way of .gitignore."),
    ("path_patterns", Type::Texts, "Regular expressions on the path."),
    (
        "outside_path_patterns",
        Type::Texts,
        "Regular expressions on the path, none of which may match.",
    ),
    ("commits", Type::Texts, "Commits, by their full ids."),
    ("patterns", Type::Texts, "Regular expressions on the secret."),
    ("line_patterns", Type::Texts, "Regular expressions on the line that the secret begins on."),
    ("stop_words", Type::Texts, "Parts of the secret, ASCII case ignored."),
    ("fingerprints", Type::Texts, "Fingerprints of findings: `tightlip allow` adds them."),
];

/// Returns the schema as a JSON document.
#[must_use]
pub fn schema() -> Value {
    let mut properties = keys(&TOP);
    properties
        .insert("rule".into(), tables(&RULE, "id", "Rules, new ones or changes to built-in ones."));
    properties.insert("allow".into(), tables(&ALLOW, "reason", "What is never reported."));
    properties.insert(
        "known_values".into(),
        json!({
            "type": "object",
            "description": "Which of the user's own credentials are looked for.",
            "properties": keys(&KNOWN_VALUES),
            "additionalProperties": false,
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": ".tightlip.toml",
        "description": "What tightlip looks for in this repository, and what it allows.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn keys(keys: &[Key]) -> Map<String, Value> {
    keys.iter()
        .map(|(name, kind, about)| {
            let mut value = kind.schema();
            value["description"] = (*about).into();
            ((*name).to_owned(), value)
        })
        .collect()
}

/// The schema of a list of tables that all need one key.
fn tables(list: &[Key], required: &str, about: &str) -> Value {
    json!({
        "type": "array",
        "description": about,
        "items": {
            "type": "object",
            "properties": keys(list),
            "required": [required],
            "additionalProperties": false,
        },
    })
}

impl Type {
    fn schema(self) -> Value {
        match self {
            Type::Text => json!({"type": "string"}),
            Type::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Type::Switch => json!({"type": "boolean"}),
            Type::Count => json!({"type": "integer", "minimum": 0}),
            Type::Number => json!({"type": "number"}),
            Type::Confidence => json!({"enum": ["low", "medium", "high"]}),
            Type::Grammar => json!({"enum": ["assignment"]}),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::schema;
    use crate::setup::load_text;

    /// The keys that the loader names when it meets one that it does not know.
    fn known_to_the_loader(text: &str) -> BTreeSet<String> {
        let error = load_text(text, "f").unwrap_err().to_string();
        let (_, list) = error.split_once("expected").unwrap_or_else(|| panic!("{error}"));
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_has_every_key_of_the_loader_and_no_other() {
        let schema = schema();
        let keys = |value: &serde_json::Value| -> BTreeSet<String> {
            value["properties"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(&schema), known_to_the_loader("no_such_key = 1\n"));
        let known = "[known_values]\nno_such_key = 1\n";
        assert_eq!(keys(&schema["properties"]["known_values"]), known_to_the_loader(known));
        for table in ["rule", "allow"] {
            let text = format!("[[{table}]]\nno_such_key = 1\n");
            let items = &schema["properties"][table]["items"];
            assert_eq!(keys(items), known_to_the_loader(&text), "{table}");
        }
    }
}
