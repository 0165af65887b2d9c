//! A draft as the text of `.tightlip.toml`.

use std::fmt::Write as _;

use super::Draft;
use super::accepted::Known;
use crate::report::Mask;
use crate::rule::RuleEntry;
use crate::suppress::AllowEntry;
use crate::text::escape::escape;

/// Writes the text.
pub(super) fn render(draft: &Draft, known: &[Known]) -> String {
    let mut text = String::from("# Made by `tightlip migrate`.\n");
    if !draft.disable.is_empty() {
        let ids: Vec<String> = draft.disable.iter().map(|(id, _)| id.clone()).collect();
        list(&mut text, "disable", &ids);
    }
    text.push_str("other_marks = true    # inline marks of other scanners count\n");
    list(&mut text, "migrated", &draft.files);
    for (entry, _) in &draft.rules {
        rule(&mut text, entry);
    }
    for (entry, _) in &draft.allow {
        allow(&mut text, entry);
    }
    let mask = Mask::default();
    for group in known.chunk_by(|one, next| one.by == next.by) {
        accepted(&mut text, group, &mask);
    }
    text
}

fn rule(text: &mut String, entry: &RuleEntry) {
    text.push_str("\n[[rule]]\n");
    key(text, "id", &entry.id);
    for (name, value) in [
        ("description", &entry.description),
        ("pattern", &entry.pattern),
        ("confidence", &entry.confidence),
        ("near", &entry.near),
    ] {
        if let Some(value) = value {
            key(text, name, value);
        }
    }
    for (name, number) in [
        ("secret_group", entry.secret_group),
        ("max_bytes", entry.max_bytes),
        ("near_bytes", entry.near_bytes),
    ] {
        if let Some(number) = number {
            line(text, name, &number.to_string());
        }
    }
    if let Some(bits) = entry.min_entropy {
        line(text, "min_entropy", &format!("{bits:?}"));
    }
    if let Some(enabled) = entry.enabled {
        line(text, "enabled", &enabled.to_string());
    }
}

fn allow(text: &mut String, entry: &AllowEntry) {
    text.push_str("\n[[allow]]\n");
    key(text, "reason", &entry.reason);
    for (name, items) in [
        ("rules", &entry.rules),
        ("paths", &entry.paths),
        ("path_patterns", &entry.path_patterns),
        ("outside_path_patterns", &entry.outside_path_patterns),
        ("commits", &entry.commits),
        ("patterns", &entry.patterns),
        ("line_patterns", &entry.line_patterns),
        ("stop_words", &entry.stop_words),
    ] {
        if !items.is_empty() {
            list(text, name, items);
        }
    }
}

/// One entry for all that a file accepts; each fingerprint says whose it is.
fn accepted(text: &mut String, group: &[Known], mask: &Mask) {
    let about: Vec<(&str, String)> = group
        .iter()
        .map(|known| {
            let about = mask.text(&format!("{} in {}", known.rule, known.path));
            (&*known.fingerprint, about)
        })
        .collect();
    let about: Vec<(&str, &str)> = about.iter().map(|(known, about)| (*known, &**about)).collect();
    text.push_str(&allow_entry(&format!("accepted in {}", group[0].by), &about));
}

/// Writes an allow entry for fingerprints, each with what it is about, as text to be put at the end of
/// a config file.
#[must_use]
pub fn allow_entry(reason: &str, fingerprints: &[(&str, &str)]) -> String {
    let mut text = String::from("\n[[allow]]\n");
    key(&mut text, "reason", reason);
    text.push_str("fingerprints = [\n");
    for (fingerprint, about) in fingerprints {
        let about = escape(about.as_bytes());
        let _ = writeln!(text, "    \"{fingerprint}\", # {about}");
    }
    text.push_str("]\n");
    text
}

fn list(text: &mut String, name: &str, items: &[String]) {
    let quoted: Vec<String> = items.iter().map(|item| quote(item)).collect();
    let short = quoted.join(", ");
    if short.len() <= 80 {
        line(text, name, &format!("[{short}]"));
    } else {
        line(text, name, &format!("[\n    {},\n]", quoted.join(",\n    ")));
    }
}

fn key(text: &mut String, name: &str, value: &str) {
    line(text, name, &quote(value));
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name} = {value}");
}

/// A string of TOML: as it is between single quotes where that can be.
fn quote(value: &str) -> String {
    if !value.contains('\'') && !value.chars().any(char::is_control) {
        return format!("'{value}'");
    }
    let mut quoted = String::from("\"");
    for char in value.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
