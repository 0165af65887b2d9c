//! Holds the order of the modules: each may use only those to its right.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules by column, from the command lines down; a module may use those of later columns.
///
/// The library does not contain the first column: `cli` and `git_secrets` belong to the binary, and
/// name the library as `tightlip::`.
const COLUMNS: &[&[&str]] = &[
    &["cli"],
    &["git_secrets"],
    &["process"],
    &["setup"],
    &["hook", "scan", "ci", "respond"],
    &["source", "suppress", "report"],
    &["git", "archive"],
    &["engine"],
    &["finding"],
    &["rule", "pattern"],
    &["text", "file", "environment"],
];

/// The same, inside modules that have parts with an order of their own.
const INSIDE: &[(&str, &[&[&str]])] = &[
    (
        "source",
        &[
            &["remembered"],
            &["staged", "commits", "history", "message", "stdin", "tracked", "worktree"],
            &["reader"],
            &["filter", "error", "lfs", "deleted"],
        ],
    ),
    (
        "git",
        &[
            &["push"],
            &["state"],
            &["pool"],
            &["repository"],
            &["odb"],
            &["config", "index"],
            &["command"],
            &["location"],
            &["error"],
            &["object", "line_diff"],
        ],
    ),
];

/// Crates that only some modules may name.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("signal_hook", &["cli"]),
    ("rayon", &["scan"]),
    ("git2", &["git"]),
    ("libdeflater", &["git"]),
    ("libc", &["source"]),
    ("flate2", &["git", "archive", "engine"]),
    ("ruzstd", &["archive"]),
    ("ignore", &["source"]),
    ("toml", &["setup", "rule"]),
    ("serde_json", &["cli", "setup", "ci", "respond", "report", "suppress", "engine"]),
    ("aho_corasick", &["engine", "finding"]),
    ("regex", &["pattern", "suppress"]),
    ("regex_automata", &["engine", "pattern", "suppress"]),
    ("regex_syntax", &["engine", "pattern"]),
    ("fancy_regex", &["pattern"]),
    ("sha2", &["engine", "setup", "finding", "git", "report"]),
];

/// The largest share of the code that one module may have, in per cent.
const MAX_MODULE_PERCENT: usize = 20;

/// How many lines a file may have, its tests aside.
const MAX_FILE_LINES: usize = 500;

fn column(columns: &[&[&str]], module: &str) -> Option<usize> {
    columns.iter().position(|modules| modules.contains(&module))
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

/// The names that follow `prefix` in a line: `crate::` and then a module, or a crate and `::`.
fn names_after<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    line.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn uses_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::")).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '/')
    })
}

/// A line of code, with where it stands.
struct Line {
    place: String,
    /// The names of folders and the file on the way from `src`.
    way: Vec<String>,
    code: String,
}

/// Every line of code below `src`, but for the roots of the library and the binary.
fn lines() -> Vec<Line> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        let way: Vec<String> = relative
            .with_extension("")
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .filter(|name| name != "mod")
            .collect();
        if ["lib", "main"].contains(&&*way[0]) {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            found.push(Line {
                place: format!("src/{}:{}", relative.display(), number + 1),
                way: way.clone(),
                code: line.split("//").next().unwrap().to_owned(),
            });
        }
    }
    assert!(found.len() > 10_000, "the test reads the code");
    found
}

#[test]
fn no_module_uses_one_to_its_left_or_beside_it() {
    let mut wrong = Vec::new();
    for Line { place, way, code } in lines() {
        let module = way[0].as_str();
        let own = column(COLUMNS, module).unwrap_or_else(|| panic!("{module} has no column"));
        let inside = names_after(&code, "crate::").into_iter();
        for used in inside.chain(names_after(&code, "tightlip::")).filter(|used| *used != module) {
            // In the binary, `tightlip::report` and the like; in the library its name is `crate`.
            if column(COLUMNS, used).is_none_or(|used| used <= own) {
                wrong.push(format!("{place}: {module} uses {used}"));
            }
        }
        for (name, modules) in CRATES {
            if uses_crate(&code, name) && !modules.contains(&module) {
                wrong.push(format!("{place}: {module} uses the crate {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_part_of_a_module_uses_one_to_its_left_or_beside_it() {
    let mut wrong = Vec::new();
    for Line { place, way, code } in lines() {
        let Some((module, columns)) = INSIDE.iter().find(|(module, _)| *module == way[0]) else {
            continue;
        };
        let Some(part) = way.get(1) else { continue };
        let own = column(columns, part).unwrap_or_else(|| panic!("{module}/{part} has no column"));
        let mut used = names_after(&code, &format!("crate::{module}::"));
        if way.len() == 2 {
            used.extend(names_after(&code, "super::"));
        }
        for used in used.into_iter().filter(|used| used != part) {
            if column(columns, used).is_some_and(|used| used <= own) {
                wrong.push(format!("{place}: {module}/{part} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a file is a module of tests.
fn is_of_tests(relative: &Path) -> bool {
    relative.file_name().is_some_and(|name| name == "tests.rs")
}

/// The lines of a file before its tests.
fn without_tests(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines()
}

#[test]
fn modules_and_files_stay_small() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut code_of_module: std::collections::BTreeMap<String, usize> = Default::default();
    for path in files(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        if is_of_tests(relative) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let module = relative.iter().next().unwrap().to_str().unwrap().to_owned();
        *code_of_module.entry(module).or_default() += without_tests(&text).filter(is_code).count();
        let name = relative.to_str().unwrap().replace('\\', "/");
        let lines = without_tests(&text).count();
        if lines > MAX_FILE_LINES {
            wrong.push(format!(
                "src/{name} has {lines} lines, more than {MAX_FILE_LINES}: split it by subject"
            ));
        }
    }
    let all: usize = code_of_module.values().sum();
    assert!(all > 10_000, "the test reads the code");
    for (module, code) in code_of_module {
        if code * 100 > all * MAX_MODULE_PERCENT {
            wrong.push(format!(
                "src/{module} has {code} of {all} lines of code: move a subject out"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What of the process the library is told, so that two repositories fit into one.
const OF_THE_PROCESS: &[&str] =
    &["env::var", "env::args", "env::current_", "env::set_", "set_current_dir"];

#[test]
fn the_library_is_told_what_the_process_knows_and_git_starts_in_one_place() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in files(&src) {
        let relative = path.strip_prefix(&src).unwrap().to_owned();
        let name = relative.to_str().unwrap().replace('\\', "/");
        let is_of_binary = ["cli/", "git_secrets/", "main.rs", "process.rs"];
        if is_of_tests(&relative) || is_of_binary.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in without_tests(&text).map(|line| line.split("//").next().unwrap()) {
            if OF_THE_PROCESS.iter().any(|call| line.contains(call)) {
                wrong.push(format!("src/{name}: {}", line.trim()));
            }
            if line.contains("Command::new(\"git\")") && name != "git/command.rs" {
                wrong.push(format!("src/{name}: git starts in `Location::plain_git`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
