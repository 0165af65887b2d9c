//! The pages: every command on them is run, and every configuration on them is loaded.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key};

/// How a command of a page ends in a repository that is prepared for it.
enum Case {
    /// With this exit status, after these commands.
    Ends(i32, &'static [&'static str]),
    /// It is not run here, and why.
    NotHere(&'static str),
}

use Case::{Ends, NotHere};

const BUILD: &str = "it builds the program, which is what runs this test";
const AWS: &str = "it asks AWS; tests/respond.rs plays it with a program in the place of `aws`";

/// Every command of `README.md` and `docs/*.md`, as it stands there.
const CASES: &[(&str, Case)] = &[
    ("cargo run --release -- scan", NotHere(BUILD)),
    ("cargo test", NotHere(BUILD)),
    ("cargo install --path .", NotHere(BUILD)),
    (
        "cd ~/work/shop && tightlip install",
        NotHere("the folder is Ada's; `tightlip install` is run"),
    ),
    ("git commit -am \"deploy to production\"", Ends(1, &["tightlip install", "git add -A"])),
    ("tightlip install", Ends(0, &[])),
    ("tightlip doctor", Ends(0, &["tightlip install"])),
    ("tightlip history", Ends(1, &[])),
    ("tightlip audit", Ends(1, &[])),
    ("tightlip history --ci", Ends(1, &[])),
    // A scan comes before.
    ("tightlip advice", Ends(0, &[])),
    ("tightlip advice github-personal-access-token", Ends(0, &[])),
    ("tightlip advice 1a2b3c4d", Ends(0, &[])),
    ("tightlip advice AKIA...", Ends(0, &[])),
    ("tightlip advice aws-secret-access-key --key-id AKIA...", Ends(0, &[])),
    ("tightlip allow 12cab1ae --reason \"sample of the documentation\"", Ends(0, &[])),
    (
        "tightlip baseline create --reason \"before 2027\" --owner security@example.com --until 2027-06-30",
        Ends(0, &[]),
    ),
    (
        "git add .tightlip.baseline .gitattributes",
        Ends(0, &["tightlip baseline create --reason x"]),
    ),
    ("tightlip history --ci --report eventbridge=exposed.jsonl", Ends(1, &[])),
    (
        "cd a-bare-mirror; time tightlip history; time git cat-file --batch-all-objects --batch --unordered --buffer >/dev/null",
        NotHere("it measures time on a large repository, in bash"),
    ),
    ("cargo bench --bench history", NotHere("it measures for minutes")),
    ("cargo bench --bench hook", NotHere("it measures for minutes")),
    ("cargo bench --bench engine", NotHere("it measures for minutes")),
    ("tightlip history --ci \"$BEFORE\" HEAD", Ends(1, &[])),
    ("tightlip audit --path src --path '*.tf' --exclude vendor", Ends(1, &[])),
    ("tightlip scan - --stdin-filename src/a.py --format jsonl < src/a.py", Ends(1, &[])),
    ("tightlip migrate", Ends(0, &[])),
    ("tightlip migrate base.json", Ends(0, &[])),
    ("tightlip migrate --from gitleaks-baseline old-report", Ends(0, &[])),
    (
        "tightlip history --ci --report sarif=tightlip.sarif --report junit=tightlip.xml --report csv=tightlip.csv",
        Ends(1, &[]),
    ),
    ("tightlip history --ci --report junit=tightlip.xml", Ends(1, &[])),
    ("tightlip history --ci --report gitlab=gl-secret-detection-report.json", Ends(1, &[])),
    ("tightlip history --ci --format github --report sarif=tightlip.sarif", Ends(1, &[])),
    ("tightlip respond KEY_ID --plan", NotHere(AWS)),
    ("tightlip respond KEY_ID --profile PROFILE --apply", NotHere(AWS)),
    ("tightlip respond KEY_ID --profile PROFILE --apply --deny-sessions", NotHere(AWS)),
];

/// The pages, with their texts.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.push(root.join("README.md"));
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The fenced blocks of a page: the language, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), is_inside) {
            (Some(language), false) => {
                found.push((language.trim().to_owned(), String::new()));
                is_inside = true;
            }
            (Some(_), true) => is_inside = false,
            (None, true) => {
                let text = &mut found.last_mut().unwrap().1;
                text.push_str(line);
                text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!is_inside, "a block is not closed");
    found
}

/// The commands of a block: all lines of `sh`, those behind `$` of `console`, and elsewhere those that call
/// tightlip, also as the script of a job.
fn commands(language: &str, text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let command = |line: &str| {
        let line = line.trim();
        let line = match language {
            "sh" => line,
            "console" => line.strip_prefix("$ ")?,
            _ => {
                let line = line.trim_start_matches("- ");
                let script = ["run: ", "script: "].iter().find_map(|key| line.strip_prefix(key));
                Some(script.unwrap_or(line)).filter(|line| line.starts_with("tightlip "))?
            }
        };
        let line = line.split(" # ").next().unwrap_or_default();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        (!line.is_empty() && !line.starts_with('#')).then_some(line)
    };
    joined.lines().filter_map(command).collect()
}

/// A repository that has what the commands of the pages name, in a CI job of a service.
fn prepared() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("src/a.py", format!("key = '{}'\n", key(0)));
    repo.commit("vendor/x.py", format!("key = '{}'\n", key(1)));
    repo.commit("main.tf", "nothing\n");
    repo.commit("config/prod.env", "nothing\n");
    repo.write("config/prod.env", format!("key = {}\n", key(2)));
    repo.write(".gitleaksignore", "src/a.py:aws-access-token:1\n");
    for name in ["base.json", "old-report"] {
        repo.write(name, "[]\n");
    }
    repo
}

fn shell(repo: &TestRepo, line: &str) -> Ran {
    let mut command = repo.command("sh");
    let folder = Path::new(TIGHTLIP).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap();
    let before = repo.git(&["rev-parse", "HEAD~3"]).exits(0).out;
    let input = repo.folder().join("nothing");
    fs::write(&input, "").unwrap();
    command
        .args(["-c", line])
        .stdin(fs::File::open(input).unwrap())
        .env("PATH", format!("{folder}:{path}"))
        .env("BEFORE", before.trim())
        .env("GITLAB_CI", "true")
        .env("CI_PIPELINE_SOURCE", "push")
        .env("CI_COMMIT_BRANCH", "main")
        .env("CI_DEFAULT_BRANCH", "main")
        .env("CI_COMMIT_SHA", repo.head())
        .env("CI_COMMIT_BEFORE_SHA", "0".repeat(40));
    repo.run(command)
}

#[test]
fn every_command_of_the_pages_ends_as_it_should() {
    let mut seen = BTreeSet::new();
    for (page, text) in pages() {
        for (language, block) in blocks(&text) {
            for command in commands(&language, &block) {
                let case = CASES.iter().find(|(known, _)| *known == command);
                let Some((_, case)) = case else {
                    panic!(
                        "{page}: `{command}` is not in CASES; say how it ends, or why it is not run"
                    );
                };
                if !seen.insert(command.clone()) {
                    continue;
                }
                match case {
                    NotHere(why) => assert!(!why.is_empty()),
                    Ends(status, before) => ends(&page, &command, *status, before),
                }
            }
        }
    }
    let gone: Vec<&str> =
        CASES.iter().map(|(command, _)| *command).filter(|known| !seen.contains(*known)).collect();
    assert!(gone.is_empty(), "no page has these any more: {gone:?}");
}

fn ends(page: &str, command: &str, status: i32, before: &[&str]) {
    let repo = prepared();
    // The pages show fingerprints of findings of their own.
    let found = repo.tightlip(&["scan", "src/a.py", "--format", "jsonl"]).exits(1);
    let finding = found.objects("finding")[0]["fingerprint"].as_str().unwrap()[..8].to_owned();
    for line in before {
        shell(&repo, line).exits(0);
    }
    let mut line = command.replace("AKIA...", &key(0));
    for shown in ["12cab1ae", "1a2b3c4d"] {
        line = line.replace(shown, &finding);
    }
    let said = shell(&repo, &line);
    assert_eq!(said.code, status, "{page}: `{command}`: {said:?}");
}

/// Blocks of TOML, each with its page: they are examples of `.tightlip.toml`.
fn configurations() -> Vec<(String, String)> {
    let blocks = pages().into_iter().flat_map(|(page, text)| {
        let named = |(language, block)| (language == "toml").then(|| (page.clone(), block));
        blocks(&text).into_iter().filter_map(named).collect::<Vec<_>>()
    });
    let found: Vec<_> = blocks.collect();
    assert!(found.len() >= 2, "{found:?}");
    found
}

/// A configuration as it stands, and once for each key that it shows behind a `#`.
fn variants(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_key = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| {
            key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
    };
    let mut found = vec![text.to_owned()];
    for (at, line) in lines.iter().enumerate() {
        if let Some(shown) = line.strip_prefix("# ").filter(|line| is_key(line)) {
            let mut with = lines.clone();
            with[at] = shown;
            if shown.starts_with("grammar") {
                // It needs the keywords, which stand before it.
                with[at - 1] = lines[at - 1].strip_prefix("# ").unwrap();
            }
            found.push(with.join("\n"));
        }
    }
    found
}

#[test]
fn every_configuration_of_the_pages_is_loaded_and_fits_the_schema() {
    let repo = TestRepo::new();
    repo.write("clean.txt", "clean\n");
    let schema = repo.tightlip(&["generate", "schema"]).exits(0).out;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut shown = BTreeSet::new();
    for (page, text) in configurations() {
        for variant in variants(&text) {
            repo.write(".tightlip.toml", &variant);
            let said = repo.tightlip(&["scan", "clean.txt"]);
            assert_eq!(said.code, 0, "{page}: {variant}\n{said:?}");
            let value: Value = toml::from_str(&variant).unwrap();
            let mut wrong = Vec::new();
            fits(&value, &schema, &page, &mut wrong);
            assert!(wrong.is_empty(), "{wrong:?}\n{variant}");
            names(&value, &mut shown);
        }
    }
    // What an editor offers is explained.
    let mut known = BTreeSet::new();
    properties(&schema, &mut known);
    let told: String = pages().into_iter().map(|(_, text)| text).collect();
    let hidden: Vec<&String> =
        known.iter().filter(|name| !told.contains(&format!("`{name}`"))).collect();
    let hidden: Vec<_> = hidden.into_iter().filter(|name| !shown.contains(*name)).collect();
    assert!(hidden.is_empty(), "no page tells of these keys of the schema: {hidden:?}");
}

#[test]
fn a_configuration_with_a_key_that_there_is_not_fits_neither() {
    let repo = TestRepo::new();
    let schema = repo.tightlip(&["generate", "schema"]).exits(0).out;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for text in [
        "nobody = 1\n",
        "disable = 'x'\n",
        "min_confidence = 'huge'\n",
        "[[allow]]\npaths = ['x']\n",
        "[[allow]]\nreason = 'x'\npaths = [7]\n",
        "[[rule]]\nid = 'x'\nwords = ['x']\n",
    ] {
        repo.write(".tightlip.toml", text);
        repo.tightlip(&["scan", "."]).exits(2);
        let mut wrong = Vec::new();
        fits(&toml::from_str(text).unwrap(), &schema, "x", &mut wrong);
        assert!(!wrong.is_empty(), "{text}");
    }
}

/// The keys of a configuration, at every depth.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(keys) => keys.iter().for_each(|(name, value)| {
            found.insert(name.clone());
            names(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

/// The keys that a schema knows, at every depth.
fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(keys) = schema["properties"].as_object() {
        found.extend(keys.keys().cloned());
        keys.values().for_each(|inner| properties(inner, found));
    }
    if schema["items"].is_object() {
        properties(&schema["items"], found);
    }
}

/// The words of JSON Schema that this program writes; another one is an error, so that none is passed over.
const WORDS: [&str; 14] = [
    "$schema",
    "$id",
    "title",
    "description",
    "type",
    "properties",
    "additionalProperties",
    "required",
    "items",
    "enum",
    "minimum",
    "maximum",
    "default",
    "examples",
];

/// Holds a value against a schema.
fn fits(value: &Value, schema: &Value, at: &str, wrong: &mut Vec<String>) {
    for word in schema.as_object().unwrap().keys() {
        assert!(
            WORDS.contains(&&**word),
            "the schema says `{word}`, which this test does not read"
        );
    }
    let is_of = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("the schema has the type `{other}`"),
    };
    if let Some(kind) = schema["type"].as_str()
        && !is_of(kind)
    {
        return wrong.push(format!("{at}: {value} is no {kind}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {words:?}"));
    }
    let beyond = |word: &str, is_wrong: fn(f64, f64) -> bool| {
        let (limit, number) = (schema[word].as_f64(), value.as_f64());
        limit.zip(number).is_some_and(|(limit, number)| is_wrong(number, limit))
    };
    if beyond("minimum", |number, limit| number < limit)
        || beyond("maximum", |number, limit| number > limit)
    {
        wrong.push(format!("{at}: {value} is beyond a limit"));
    }
    if let Some(keys) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !keys.contains_key(name.as_str().unwrap()) {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        for (name, inner) in keys {
            let known = &schema["properties"][name];
            if known.is_object() {
                fits(inner, known, &format!("{at}.{name}"), wrong);
            } else if schema["additionalProperties"] == Value::Bool(false) {
                wrong.push(format!("{at}: there is no key `{name}`"));
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        if schema["items"].is_object() {
            fits(item, &schema["items"], at, wrong);
        }
    }
}
