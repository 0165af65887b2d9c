//! Holds the order of the rooms: each may use only those behind it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by column; one may use what stands in a later column, and itself.
const COLUMNS: [&[&str]; 6] = [
    &["cli", "compat"],
    &["scan", "config", "hook"],
    &["source", "engine", "suppress", "report"],
    &["finding"],
    &["rule"],
    &["text"],
];

/// Crates that only some rooms may name.
const CRATES: [(&str, &[&str]); 16] = [
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("signal_hook", &["cli"]),
    ("rayon", &["scan"]),
    ("git2", &["source", "hook"]),
    ("libdeflater", &["source"]),
    ("flate2", &["source"]),
    ("ruzstd", &["source"]),
    ("ignore", &["source"]),
    ("toml", &["config", "rule"]),
    ("serde_json", &["cli", "report", "engine"]),
    ("aho_corasick", &["engine", "finding"]),
    ("regex", &["suppress"]),
    ("regex_automata", &["engine", "suppress"]),
    ("fancy_regex", &["text"]),
    ("sha2", &["cli", "finding", "source"]),
];

fn column(room: &str) -> Option<usize> {
    COLUMNS.iter().position(|rooms| rooms.contains(&room))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The names that follow `prefix` in a line: `crate::` and then a room, or a crate and `::`.
fn names_after<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    line.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .collect()
}

fn uses_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '/')
    })
}

#[test]
fn no_room_uses_one_before_it_or_beside_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        let Some(room) = relative.components().next().filter(|_| relative.components().count() > 1)
        else {
            continue;
        };
        let room = room.as_os_str().to_str().unwrap();
        let own = column(room).unwrap_or_else(|| panic!("{room} has no column"));
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap();
            let place = format!("src/{}:{}", relative.display(), number + 1);
            for used in names_after(code, "crate::").into_iter().filter(|used| *used != room) {
                seen += 1;
                if column(used).is_none_or(|used| used <= own) {
                    wrong.push(format!("{place}: {room} uses {used}"));
                }
            }
            for (name, rooms) in CRATES {
                if uses_crate(code, name) && !rooms.contains(&room) {
                    wrong.push(format!("{place}: {room} uses the crate {name}"));
                }
            }
        }
    }
    assert!(seen > 50, "the test reads the code");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
