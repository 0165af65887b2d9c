//! Every report, help page and main error, byte for byte: `tests/golden` holds them.

use regex::Regex;

use crate::fixture::golden::compare;
use crate::fixture::{TestRepo, key, made};

/// Replaces what differs from run to run and with every new rule.
fn steady(repo: &TestRepo, text: &str) -> String {
    let mut text = text.replace(repo.folder().to_str().unwrap(), "/FOLDER");
    for (pattern, steady) in [
        (r"\b[0-9.]+ (ms|s)\b", "TIME"),
        (r#"("(?:elapsed_ms|rules|duration_ms)": ?)[0-9.]+"#, "${1}N"),
        (r"\b[0-9]+ rules\b", "N rules"),
        (r#"time="[0-9.]+""#, r#"time="N""#),
        // Events show whole ids of keys; no committed file does.
        (r"\b(AKIA)[A-Z2-7]{16}\b", "${1}..."),
        // The commits of the fixture were made in 2023.
        (
            r"\b20(?:2[4-9]|[3-9][0-9])-[0-9]{2}-[0-9]{2}([T ])[0-9:.]{5,}(?:Z| UTC)?",
            "DATE${1}TIME",
        ),
        (r"\b20(?:2[4-9]|[3-9][0-9])-[0-9]{2}-[0-9]{2}\b", "DATE"),
        (r"(?s)<(style|script)([^>]*)>.*?</(?:style|script)>", "<$1$2>...</$1>"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, steady).into_owned();
    }
    text
}

/// A history with both halves of a credential, a token in a message, a name that needs escapes, something allowed,
/// and a file too large to read.
fn repository() -> TestRepo {
    let repo = TestRepo::new();
    let pair = format!(
        "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n",
        made("AKIAS{base32:15}"),
        made("{base64:40}")
    );
    repo.commit("config/prod.env", &pair);
    repo.commit("config/prod.env", "empty = true\n");
    repo.stage("a \"<b>\"\t\u{e4}.txt", format!("id = {}\n", key(1)));
    repo.commit_staged(&format!("Rotate {}", key(2)));
    repo.commit("ok.txt", format!("{} tightlip:allow an example\n", key(3)));
    repo.commit("large.bin", "large ".repeat(4000));
    repo
}

#[test]
fn every_report_is_the_golden_copy() {
    let repo = repository();
    let texts: Vec<(String, String)> = [
        ("text", "txt"),
        ("json", "json"),
        ("jsonl", "jsonl"),
        ("sarif", "sarif"),
        ("junit", "xml"),
        ("gitlab", "gitlab.json"),
        ("github", "github.txt"),
        ("csv", "csv"),
        ("html", "html"),
        ("eventbridge", "eventbridge.jsonl"),
    ]
    .into_iter()
    .map(|(format, extension)| {
        let flags = ["-v", "--unpushed", "--max-object-bytes", "10000", "--threads", "1"];
        let ran = repo.tightlip(&[&["history", "--format", format][..], &flags].concat()).exits(2);
        (format!("history.{extension}"), steady(&repo, &format!("{}{}", ran.out, ran.err)))
    })
    .collect();
    compare("reports", &texts);
}

/// The help of a command and of all commands below it.
fn help(repo: &TestRepo, command: &[&str], pages: &mut Vec<(String, String)>) {
    let page = repo.tightlip(&[command, &["--help"]].concat()).ok();
    let commands = page.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    // Further lines of a description are indented more.
    let names = names
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        help(repo, &[command, &[name]].concat(), pages);
    }
    pages.push((format!("{}.txt", [&["tightlip"], command].concat().join("-")), page));
}

#[test]
fn every_help_page_is_the_golden_copy() {
    let (repo, mut pages) = (TestRepo::new(), Vec::new());
    help(&repo, &[], &mut pages);
    assert!(pages.len() > 20, "{}", pages.len());
    compare("help", &pages);
}

/// The name of an error, the files that bring it about, and the arguments.
type Wrong = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const ERRORS: &[Wrong] = &[
    ("unknown-command", &[], &["stagde"]),
    ("unknown-flag", &[], &["staged", "--formt", "json"]),
    ("unknown-format", &[], &["staged", "--format", "yaml"]),
    ("unknown-rule", &[], &["staged", "--rule", "aws-acess-key-id"]),
    ("unknown-revision", &[], &["history", "nowhere"]),
    (
        "unknown-check",
        &[(
            ".tightlip.toml",
            "[[rule]]\nid = 'a-b'\ndescription = 'x'\nkeywords = ['abcd']\npattern = '(abcd)'\nchecks = ['luhm']\n",
        )],
        &["staged"],
    ),
    ("missing-file", &[], &["scan", "nowhere.txt"]),
    ("missing-config", &[], &["staged", "--config", "nowhere.toml"]),
    ("missing-baseline", &[], &["staged", "--baseline", "nowhere"]),
    ("config-key", &[(".tightlip.toml", "dissable = ['x']\n")], &["staged"]),
    ("config-syntax", &[(".tightlip.toml", "disable = [\n")], &["staged"]),
    ("config-rule", &[(".tightlip.toml", "disable = ['aws-acess-key-id']\n")], &["staged"]),
    (
        "config-pattern",
        &[(
            ".tightlip.toml",
            "[[rule]]\nid = 'a-b'\ndescription = 'x'\nkeywords = ['abcd']\npattern = '(abcd'\n",
        )],
        &["staged"],
    ),
    (
        "allow-without-reason",
        &[(".tightlip.toml", "[[allow]]\nreason = ''\npaths = ['x']\n")],
        &["staged"],
    ),
    (
        "allow-everything",
        &[(".tightlip.toml", "[[allow]]\nreason = 'x'\npaths = ['**']\n")],
        &["staged"],
    ),
    ("allow-unknown-finding", &[], &["allow", "0123abcd", "--reason", "x"]),
    ("exclude-everything", &[], &["staged", "--exclude", "*"]),
    ("output-folder", &[], &["staged", "--format", "json", "--output", "no/such/report"]),
    ("message-missing", &[], &["message", "nowhere"]),
    ("why-line", &[("a.txt", "one\n")], &["why", "a.txt:7"]),
    ("migrate-format", &[("a.txt", "one\n")], &["migrate", "a.txt"]),
    ("respond-key-id", &[], &["respond", "AKIA"]),
    ("no-service-of-ci", &[], &["history", "--ci"]),
];

#[test]
fn every_main_error_is_the_golden_copy() {
    let texts: Vec<(String, String)> = ERRORS
        .iter()
        .map(|(name, files, arguments)| {
            let repo = TestRepo::new();
            for (path, text) in *files {
                repo.write(path, text);
            }
            let ran = repo.tightlip(arguments);
            assert_eq!(ran.code, 2, "{name}: {ran:?}");
            let words = arguments.join(" ");
            let text = format!("$ tightlip {words}\n{}{}", ran.out, ran.err);
            (format!("{name}.txt"), steady(&repo, &text))
        })
        .collect();
    compare("errors", &texts);
}

#[test]
fn outside_of_a_repository_every_command_says_so() {
    let repo = TestRepo::outside("", "nothing");
    let mut text = String::new();
    for words in [&["staged"][..], &["history"], &["audit"], &["install"], &["doctor"]] {
        let ran = repo.tightlip(words).exits(2);
        text.push_str(&format!("$ tightlip {}\n{}{}", words.join(" "), ran.out, ran.err));
    }
    compare("outside", &[("outside.txt".to_owned(), steady(&repo, &text))]);
}
