//! What is fuzzed: plain functions that take any bytes and panic where the program breaks a promise.
//!
//! Each has a binary in `fuzz_targets`. `corpus.rs` runs all of them on seeds that are changed at random.

#[cfg(test)]
mod corpus;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tightlip::engine::Engine;
use tightlip::environment::Environment;
use tightlip::finding::{Outcome, Place, Progress, Status};
use tightlip::git::{Location, RepositoryPool};
use tightlip::report::{Format, ReportOptions, render};
use tightlip::rule::{RuleOrigin, RuleSet, expand};
use tightlip::scan::{Options, run};
use tightlip::setup::git_secrets::forbidden;
use tightlip::setup::{Request, Scanner};
use tightlip::source::{
    Cleanup, HistoryOptions, Message, MessageOptions, Source, Staged, StagedOptions, Worktree,
    WorktreeOptions,
};
use tightlip::suppress::Allowlist;
use tightlip::text::edits::Edits;

/// A name and a function that takes any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 9] = [
    ("index", index),
    ("pack", pack),
    ("loose", loose),
    ("archives", archives),
    ("ere", ere),
    ("config", config),
    ("messages", messages),
    ("engine", engine),
    ("reports", reports),
];

/// The bytes are the index of a repository.
pub fn index(bytes: &[u8]) {
    FIXTURE.with(|fixture| {
        replace(&fixture.path("index"), bytes);
        fixture.staged();
    });
}

/// The bytes are the only pack of a repository: its secret is found, or something is named as not read.
pub fn pack(bytes: &[u8]) {
    FIXTURE.with(|fixture| {
        replace(&fixture.pack, bytes);
        fixture.history_loses_nothing("packed.env");
        replace(&fixture.pack, &fixture.pack_bytes);
    });
}

/// The bytes are the file of a loose object: its secret is found, or something is named as not read.
pub fn loose(bytes: &[u8]) {
    FIXTURE.with(|fixture| {
        replace(&fixture.loose, bytes);
        fixture.history_loses_nothing("loose.env");
        replace(&fixture.loose, &fixture.loose_bytes);
    });
}

/// The bytes are a file of the working tree that may be an archive.
pub fn archives(bytes: &[u8]) {
    scan_file(bytes);
}

/// The first line is a pattern of git-secrets, the rest is text: a filtered search finds what a slow one does.
pub fn ere(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let origin = RuleOrigin { file: "patterns".into(), line: 1, builtin: false };
    let Ok(rule) = forbidden(&bytes[..end], Default::default(), origin) else { return };
    let Ok(engine) = Engine::new(RuleSet::from_rules(vec![rule]), NOW) else { return };
    let text = bytes.get(end + 1..).unwrap_or_default();
    assert_eq!(engine.scan(text), engine.scan_slow(text));
}

/// The bytes are a config file.
pub fn config(bytes: &[u8]) {
    FIXTURE.with(|fixture| {
        let file = fixture.path("config.toml");
        replace(&file, bytes);
        // An error is an answer, too.
        if let Ok(scanner) =
            Scanner::load(&fixture.pool(), &Request { config: Some(file), ..Request::default() })
        {
            assert!(!scanner.rules_hash().is_empty());
        }
    });
}

/// The bytes are a message, with and without an editor.
pub fn messages(bytes: &[u8]) {
    FIXTURE.with(|fixture| {
        let file = fixture.path("message");
        replace(&file, bytes);
        for cleanup in [
            Cleanup::Verbatim,
            Cleanup::Configured { edited: false, is_noted: false },
            Cleanup::Configured { edited: true, is_noted: false },
        ] {
            let options = MessageOptions { file: file.clone(), cleanup };
            fixture.scan(&Message::new(&fixture.pool(), options));
        }
    });
}

/// The bytes are text: the filter of keywords changes no match, and neither does the way of a history, which scans the
/// text without its middle first and then what is put there.
pub fn engine(bytes: &[u8]) {
    FIXTURE.with(|fixture| {
        let engine = &fixture.engine;
        let found = engine.scan(bytes);
        assert_eq!(found, engine.scan_slow(bytes));
        let (start, end) = (bytes.len() / 3, bytes.len() / 3 * 2);
        let base = [&bytes[..start], &bytes[end..]].concat();
        let mut edits = Edits::default();
        edits.begin(base.len());
        edits.keep(0, start);
        edits.insert(end - start);
        edits.keep(start, bytes.len() - end);
        edits.end();
        let edited = engine.quick_scan_of_edits(bytes, &edits, &engine.quick_scan(&base).trail);
        for seen in [engine.quick_scan(bytes), edited] {
            assert!(seen.has_match || found.list.is_empty());
            if let Some(along) = engine.scan_along(bytes, &seen.trail) {
                assert_eq!(along, found);
            }
        }
    });
}

/// The bytes are a file: no report shows a secret of it. The receipt behind a report is left out: a fuzzer learns to
/// write its counts as a secret.
pub fn reports(bytes: &[u8]) {
    let outcome = scan_file(bytes);
    for &format in Format::ALL {
        let shown = report(&outcome, format);
        for finding in &outcome.findings {
            let secret = finding.secret.expose();
            // A short password may be a word of the report itself, and a longer one of words a part of its text.
            let digits = secret.iter().filter(|byte| byte.is_ascii_digit()).count();
            let holds = secret.len() >= 8 && digits > 1 && shows(&shown, secret);
            assert!(!holds || is_of_every_report(secret, format), "{} is shown", finding.rule);
        }
    }
}

fn report(outcome: &Outcome, format: Format) -> Vec<u8> {
    let options = ReportOptions {
        format,
        reveal: false,
        verbose: true,
        receipt: true,
        how_to_allow: true,
        ..ReportOptions::default()
    };
    let mut shown = Vec::new();
    render(outcome, options, &mut shown).expect("a vector takes all");
    shown
}

/// Whether a report holds a secret. A byte that is shown as an escape may end in the digit that a secret begins with:
/// `\x03` before the rest of one is another text.
fn shows(report: &[u8], secret: &[u8]) -> bool {
    (0..report.len()).any(|at| {
        let before = &report[at.saturating_sub(3)..at];
        report[at..].starts_with(secret) && !(before.starts_with(b"\\x") && before.len() == 3)
    })
}

/// Whether a report about another secret has this text, too.
fn is_of_every_report(text: &[u8], format: Format) -> bool {
    let other = scan_file(format!("id = {}", secret("other")).as_bytes());
    shows(&report(&other, format), text)
}

/// Inputs from which a target starts: whole ones, so that changes reach what is behind the first check.
#[must_use]
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let texts = || -> Vec<Vec<u8>> {
        let rules = RuleSet::builtin();
        let templates = rules.all().iter().flat_map(|rule| rule.matches.iter());
        templates.map(|template| expand(template).expect("templates of rules are right")).collect()
    };
    FIXTURE.with(|fixture| match target {
        "index" => vec![fixture.index_bytes.clone()],
        "pack" => vec![fixture.pack_bytes.clone()],
        "loose" => vec![fixture.loose_bytes.clone()],
        "archives" => ["tar", "zip", "tar.gz"].map(|format| fixture.archive(format)).into(),
        "ere" => [
            "secret.*=[0-9]{3,}$\nsecret = a=123",
            "^[^a-z]*([A-F]{4}|x+)?[[:digit:]]\nABCD1 x2",
            "(=|:)+ *\\1\n== =:",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into(),
        "config" => vec![CONFIG.as_bytes().to_vec()],
        "messages" => vec![[MESSAGE.as_bytes(), secret("message").as_bytes()].concat()],
        _ => texts(),
    })
}

/// Writes the seeds of a target (`seeds FOLDER`), or gives files to it one after the other.
///
/// # Errors
/// A file cannot be read or written.
pub fn run_by_hand(target: &str, arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let arguments: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    if let [word, folder] = &arguments[..]
        && word == Path::new("seeds")
    {
        fs::create_dir_all(folder)?;
        for (number, seed) in seeds(target).iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
        return Ok(());
    }
    let (_, function) =
        TARGETS.iter().find(|(name, _)| *name == target).expect("a binary is a target");
    for file in arguments {
        function(&fs::read(file)?);
    }
    Ok(())
}

/// The time that engines are given: whatever it is, a run can be repeated.
const NOW: i64 = 1_790_000_000;

const CONFIG: &str = r#"disable = ["aws-account-id"]
[[rule]]
id = "acme"
description = "Acme"
keywords = ["acme_"]
pattern = '\b(acme_[0-9a-f]{40})\b'
min_entropy = 3.0
[[allow]]
reason = "examples"
paths = ["docs/*.md"]
"#;

const MESSAGE: &str =
    "subject\n\n# a comment\n# ------------------------ >8 ------------------------\n";

thread_local! {
    static FIXTURE: Fixture = Fixture::make();
}

/// A repository with one pack and one loose secret, and what is needed to scan it.
struct Fixture {
    folder: tempfile::TempDir,
    engine: Engine,
    index_bytes: Vec<u8>,
    pack: PathBuf,
    pack_bytes: Vec<u8>,
    loose: PathBuf,
    loose_bytes: Vec<u8>,
}

impl Fixture {
    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = |name: &str| folder.path().join(name);
        git(folder.path(), &["init", "-q", "-b", "main", "--template="]);
        let lines: String = (0..100).map(|line| format!("line {}\n", line * 7919)).collect();
        for version in 0..4 {
            replace(&path("text.txt"), format!("{lines}{version}\n{lines}").as_bytes());
            replace(
                &path("packed.env"),
                format!("{lines}KEY={}\n{version}\n", secret("packed.env")).as_bytes(),
            );
            git(folder.path(), &["add", "-A"]);
            git(folder.path(), &["commit", "-q", "-m", "version"]);
        }
        git(folder.path(), &["repack", "-q", "-a", "-d", "-f"]);
        replace(&path("loose.env"), format!("KEY={}\n", secret("loose.env")).as_bytes());
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-q", "-m", "loose"]);
        let id = git(folder.path(), &["rev-parse", "HEAD:loose.env"]);
        let loose = path(".git/objects").join(&id[..2]).join(id[2..].trim());
        let packs = fs::read_dir(path(".git/objects/pack")).expect("there is a pack");
        let mut packs = packs.map(|entry| entry.expect("the folder can be read").path());
        let pack = packs
            .find(|path| path.extension().is_some_and(|end| end == "pack"))
            .expect("there is a pack");
        Fixture {
            engine: Engine::new(RuleSet::builtin(), NOW).expect("the rules are right"),
            index_bytes: read(&path(".git/index")),
            pack_bytes: read(&pack),
            loose_bytes: read(&loose),
            folder,
            pack,
            loose,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(".git").join(name)
    }

    /// A new handle, which remembers nothing of the run before.
    fn pool(&self) -> RepositoryPool {
        let path = std::env::var_os("PATH").map(|value| ("PATH".into(), value));
        RepositoryPool::new(Location::named(self.folder.path(), &Environment::new(path)))
    }

    fn archive(&self, format: &str) -> Vec<u8> {
        let output = command(self.folder.path(), &["archive", "--format", format, "HEAD"]).output();
        output.expect("git runs").stdout
    }

    fn scan(&self, source: &dyn Source) -> Option<Outcome> {
        let options = Options { threads: 1, ..Options::default() };
        // A source that cannot be listed is status 2.
        run(source, &self.engine, &Allowlist::default(), options, &Progress::default()).ok()
    }

    fn staged(&self) {
        self.scan(&Staged::new(&self.pool(), StagedOptions::default()));
    }

    fn history_loses_nothing(&self, name: &str) {
        let request = Request { threads: 1, ..Request::default() };
        let Ok(scanner) = Scanner::load(&self.pool(), &request) else { return };
        let outcome = scanner.history(HistoryOptions::default(), &Progress::default());
        let secret = secret(name);
        let is_found =
            outcome.findings.iter().any(|finding| finding.secret.expose() == secret.as_bytes());
        assert!(is_found || outcome.status() == Status::Incomplete, "the secret of {name} is lost");
    }
}

fn scan_file(bytes: &[u8]) -> Outcome {
    FIXTURE.with(|fixture| {
        let file = fixture.path("file");
        replace(&file, bytes);
        let source = Worktree::new(WorktreeOptions::everything(vec![file], Place::Worktree, 1));
        fixture.scan(&source).expect("one file can be listed")
    })
}

/// A false AWS key id, another one for each name.
fn secret(name: &str) -> String {
    let template = format!("AKIA{{base32:16}}{}", "{}".repeat(name.len()));
    String::from_utf8(expand(&template).expect("the template is right")).expect("a key is text")
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "A U Thor")
            .env(format!("GIT_{who}_EMAIL"), "author@example.com")
            .env(format!("GIT_{who}_DATE"), "1700000000 +0000");
    }
    command
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("the file is there")
}

/// Writes a file anew: the old one may be read-only, or mapped.
fn replace(path: &Path, bytes: &[u8]) {
    if path.exists() {
        fs::remove_file(path).expect("the folder can be written");
    }
    fs::write(path, bytes).expect("the folder can be written");
}
