//! What a scan tells of files, of what is staged and of histories, by small rules of its own.

use std::fs;
use std::sync::atomic::Ordering;

use tempfile::TempDir;

use super::{Lines, Options, Scan, run};
use crate::engine::{Engine, MAX_MATCHES};
use crate::environment::Environment;
use crate::finding::{Finding, Outcome, Place, Progress, SkipKind, Status};
use crate::git::{Location, ObjectId, RepositoryPool, Tip};
use crate::rule::{Confidence, RuleSet, expand, parse_pack};
use crate::source::{
    HistoryOptions, Source, Staged, StagedOptions, Stdin, Worktree, WorktreeOptions,
};
use crate::suppress::{Allow, AllowEntry, Allowlist, LineAllow, PathFilter};

const WORD: &str = "[[rule]]\nid = 'word'\npattern = 'word_[0-9]{4}'\n";

/// A pair, the second half of which is unsure by itself, the judge of values, and a rule of some of those halves.
const HALVES: &str = "\
    [[rule]]\nid = 'id'\npattern = 'user_[0-9]{4}'\n\
    [[rule]]\nid = 'half'\npattern = 'k3v9q7w2x5z1[0-9]{4}'\nconfidence = 'low'\npair = 'id'\nnear_bytes = 30\n\
    [[rule]]\nid = 'named'\ngrammar = 'assignment'\nkeywords = ['token']\n\
    [[rule]]\nid = 'sure'\npattern = 'k3v9q7w2x5z177[0-9]{2}'\n";

const MEDIUM: Options =
    Options { threads: 1, min_confidence: Confidence::Medium, lines: Lines::Around };

fn engine(pack: &str) -> Engine {
    Engine::new(RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap()), 0).unwrap()
}

fn allowlist(entry: AllowEntry) -> Allowlist {
    let entry = AllowEntry { reason: "known".into(), ..entry };
    Allowlist::new(vec![Allow::compile(entry, "test".into()).unwrap()])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each finding as `path rule secret`, with the path and secret of its other half behind `<`.
fn told(outcome: &Outcome) -> Vec<String> {
    let one = |finding: &Finding| {
        let of = |related: &crate::finding::Related| {
            format!(" < {} {}", text(&related.path), text(related.secret.expose()))
        };
        let related = finding.related.as_ref().map(of).unwrap_or_default();
        let (path, secret) = (text(&finding.origin.path), text(finding.secret.expose()));
        format!("{path} {} {secret}{related}", finding.rule)
    };
    outcome.findings.iter().map(one).collect()
}

fn write(folder: &TempDir, files: &[(impl AsRef<str>, impl AsRef<[u8]>)]) {
    for (name, bytes) in files {
        let path = folder.path().join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn worktree(folder: &TempDir) -> Worktree {
    let root = folder.path().to_path_buf();
    let everything = WorktreeOptions::everything(vec![root.clone()], Place::Worktree, 1);
    Worktree::new(WorktreeOptions { named_from: root, ..everything })
}

/// Scans files by their names.
fn files(
    pack: &str,
    policy: &Allowlist,
    options: Options,
    files: &[(impl AsRef<str>, impl AsRef<[u8]>)],
) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, files);
    run(&worktree(&folder), &engine(pack), policy, options, &Progress::default()).unwrap()
}

fn stdin(bytes: impl Into<Vec<u8>>) -> Stdin {
    Stdin::new(Box::new(std::io::Cursor::new(bytes.into())))
}

#[test]
fn stopped_scan_reads_no_further_and_says_so() {
    let key = expand("AKIA{base32:16}").unwrap();
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let scan = |progress: &Progress| {
        let source = stdin(key.clone());
        run(&source, &engine, &Allowlist::default(), Options::default(), progress).unwrap()
    };
    assert_eq!(scan(&Progress::default()).status(), Status::Found);
    let stopped = Progress::default();
    stopped.stop.store(true, Ordering::Relaxed);
    let outcome = scan(&stopped);
    assert_eq!(outcome.status(), Status::Incomplete);
    assert!(outcome.findings.is_empty());
    assert!(outcome.skipped[0].reason.starts_with("interrupted"));
}

#[test]
fn every_file_is_read_once_and_told_in_order_by_any_number_of_threads() {
    let names: Vec<(String, String)> =
        (0..700).map(|no| (format!("f{no:03}"), format!("word_{no:04}\n"))).collect();
    let expected: Vec<String> = (0..700).map(|no| format!("f{no:03} word word_{no:04}")).collect();
    for threads in [1, 2, 3] {
        let options = Options { threads, ..Options::default() };
        let outcome = files(WORD, &Allowlist::default(), options, &names);
        assert_eq!(told(&outcome), expected);
        // The names of files are read, too.
        let summary = outcome.summary;
        assert_eq!((summary.blobs, summary.bytes, summary.older), (700, 700 * (10 + 4), 0));
        assert_eq!((summary.rules, outcome.skipped.len()), (1, 0));
    }
}

#[test]
fn two_halves_in_two_files_are_linked_where_there_is_one_of_each() {
    let none = Allowlist::default();
    for (list, expected) in [
        (
            &[("a", "user_0001"), ("b", "k3v9q7w2x5z10002")][..],
            &["a id user_0001", "b half k3v9q7w2x5z10002 < a user_0001"][..],
        ),
        (
            &[("a", "k3v9q7w2x5z10002"), ("b", "user_0001")],
            &["a half k3v9q7w2x5z10002 < b user_0001", "b id user_0001"],
        ),
        // Without its other half, it is too unsure.
        (&[("a", "x"), ("b", "k3v9q7w2x5z10002")], &[]),
        (&[("a", "word_0001"), ("b", "k3v9q7w2x5z10002")], &[]),
        // In one file they are too far from each other.
        (
            &[(
                "a",
                "user_0001\n\n\n\n                                        \n k3v9q7w2x5z10002",
            )],
            &["a id user_0001"],
        ),
        // Nobody knows whose the other half is.
        (
            &[("a", "user_0001"), ("b", "user_0003"), ("c", "k3v9q7w2x5z10002")],
            &["a id user_0001", "b id user_0003"],
        ),
        (
            &[("a", "user_0001"), ("b", "k3v9q7w2x5z10002"), ("c", "k3v9q7w2x5z10003")],
            &["a id user_0001"],
        ),
        // The same one twice is one.
        (
            &[
                ("a", "user_0001"),
                ("b", "user_0001"),
                ("c", "k3v9q7w2x5z10002"),
                ("d", "k3v9q7w2x5z10002"),
            ],
            &[
                "a id user_0001",
                "b id user_0001",
                "c half k3v9q7w2x5z10002 < a user_0001",
                "d half k3v9q7w2x5z10002 < a user_0001",
            ],
        ),
        // What has its other half beside it has no other.
        (
            &[("a", "user_0001 k3v9q7w2x5z10004"), ("b", "k3v9q7w2x5z10002")],
            &["a half k3v9q7w2x5z10004 < a user_0001"],
        ),
        (
            &[("a", "user_0001 k3v9q7w2x5z10004"), ("b", "user_0001"), ("c", "k3v9q7w2x5z10002")],
            &["a half k3v9q7w2x5z10004 < a user_0001", "b id user_0001"],
        ),
        (
            &[("a", "user_0001 k3v9q7w2x5z10004"), ("b", "user_0003"), ("c", "k3v9q7w2x5z10002")],
            &[
                "a half k3v9q7w2x5z10004 < a user_0001",
                "b id user_0003",
                "c half k3v9q7w2x5z10002 < b user_0003",
            ],
        ),
        // What a named value is otherwise told as gives way.
        (
            &[("a", "user_0001"), ("b", "token = 'k3v9q7w2x5z10002'")],
            &["a id user_0001", "b half k3v9q7w2x5z10002 < a user_0001"],
        ),
        (
            &[
                ("a", "user_0001"),
                ("b", "token = 'k3v9q7w2x5z10002'"),
                ("c", "token = 'k3v9q7w2x5z10002'\ntoken = 'k3v9q7w2x5z10003'\n"),
            ],
            &[
                "a id user_0001",
                "b named k3v9q7w2x5z10002",
                "c named k3v9q7w2x5z10002",
                "c named k3v9q7w2x5z10003",
            ],
        ),
        (&[("a", "word"), ("b", "token = 'k3v9q7w2x5z10002'")], &["b named k3v9q7w2x5z10002"]),
        // What another rule is sure of is no guess.
        (
            &[("a", "user_0001"), ("b", "k3v9q7w2x5z17702")],
            &["a id user_0001", "b sure k3v9q7w2x5z17702"],
        ),
        // What another rule tells of other bytes stays; the guess comes behind the findings of its file.
        (
            &[("a", "user_0001"), ("b", "k3v9q7w2x5z10002 k3v9q7w2x5z17701")],
            &["a id user_0001", "b sure k3v9q7w2x5z17701", "b half k3v9q7w2x5z10002 < a user_0001"],
        ),
    ] {
        let outcome = files(HALVES, &none, MEDIUM, list);
        assert_eq!(told(&outcome), expected, "{list:?}");
        let is_sure = |finding: &Finding| finding.confidence == Confidence::High;
        assert!(outcome.findings.iter().filter(|it| it.related.is_some()).all(is_sure), "{list:?}");
    }
    // An id that is allowed is none to link, and a half that is allowed is not told.
    for secret in ["user_0001", "k3v9q7w2x5z10002"] {
        let entry = AllowEntry { patterns: vec![secret.into()], ..AllowEntry::default() };
        let list = [("a", "user_0001"), ("b", "k3v9q7w2x5z10002")];
        let outcome = files(HALVES, &allowlist(entry), MEDIUM, &list);
        assert!(outcome.findings.iter().all(|it| it.related.is_none() && &*it.rule != "half"));
        assert_eq!(outcome.suppressed.len(), usize::from(secret == "user_0001"));
    }
}

#[test]
fn what_is_left_out_of_a_scan_is_named_with_its_reason() {
    let list = [("lib/a", "word_0001"), ("src/b", "word_0002"), ("src/c", "word_0003")];
    let paths = |text: &str| AllowEntry { paths: vec![text.into()], ..AllowEntry::default() };
    let only = |only: &[&str], exclude: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        Allowlist::default().with_paths(PathFilter::new(&owned(only), &owned(exclude)).unwrap())
    };
    for (policy, rest, kinds) in [
        (Allowlist::default(), &["lib/a", "src/b", "src/c"][..], &[][..]),
        (allowlist(paths("src/")), &["lib/a"], &[SkipKind::AllowedPath; 2]),
        (only(&["src"], &[]), &["src/b", "src/c"], &[SkipKind::Excluded]),
        (only(&[], &["src/b"]), &["lib/a", "src/c"], &[SkipKind::Excluded]),
    ] {
        let outcome = files(WORD, &policy, Options::default(), &list);
        let found: Vec<String> = outcome.findings.iter().map(|it| text(&it.origin.path)).collect();
        assert_eq!(found, rest);
        let skipped: Vec<SkipKind> = outcome.skipped.iter().map(|it| it.kind).collect();
        assert_eq!(skipped, kinds);
        assert_eq!(outcome.summary.blobs, rest.len() as u64);
        for it in outcome.skipped.iter().filter(|it| it.kind == SkipKind::AllowedPath) {
            assert!(it.path.starts_with(b"src/") && it.reason.starts_with("its path is allowed"));
        }
    }
    // A line of bytes by no path is no file.
    let policy = allowlist(paths("src/"));
    let source = stdin("word_0001");
    let engine = engine(WORD);
    let found = run(&source, &engine, &policy, Options::default(), &Progress::default()).unwrap();
    assert_eq!(found.findings.len(), 1);
}

#[test]
fn an_allowed_line_of_git_secrets_is_known_by_its_number() {
    let line = LineAllow::new(b"^a:2:", "x:1".into(), false).unwrap();
    let policy = Allowlist::default().with_lines(vec![line]);
    let list = [("a", "word_0001\nword_0002\n"), ("b", "y\nword_0002\n")];
    let outcome = files(WORD, &policy, Options::default(), &list);
    assert_eq!(told(&outcome), ["a word word_0001", "b word word_0002"]);
    assert_eq!(outcome.suppressed.len(), 1);
}

#[test]
fn more_matches_than_are_listed_are_named_and_show_nothing_beside_a_secret() {
    let line = "word_0001 ".repeat(MAX_MATCHES);
    let outcome = files(WORD, &Allowlist::default(), Options::default(), &[("a", &line)]);
    assert_eq!((outcome.findings.len(), outcome.skipped.len()), (MAX_MATCHES, 0));
    assert_eq!(outcome.findings[7].excerpt.secrets.len(), 16);
    let more = format!("{line}word_0002");
    let outcome = files(WORD, &Allowlist::default(), Options::default(), &[("a", &more)]);
    assert_eq!(outcome.findings.len(), MAX_MATCHES);
    assert_eq!(outcome.skipped[0].kind, SkipKind::TooManyMatches);
    assert_eq!((outcome.skipped.len(), &*outcome.skipped[0].path), (1, &b"a"[..]));
    assert!(outcome.findings.iter().all(|it| it.excerpt.bytes == it.secret.expose()));
}

#[test]
fn a_shown_line_masks_what_rules_that_are_off_would_find() {
    let key = String::from_utf8(expand("AKIA{base32:16}").unwrap()).unwrap();
    let masked = |line: &str, lines: Lines| {
        let options = Options { lines, ..Options::default() };
        let outcome = files(WORD, &Allowlist::default(), options, &[("a", line)]);
        let excerpt = &outcome.findings[0].excerpt;
        let mut bytes = excerpt.bytes.clone();
        excerpt.secrets.iter().for_each(|secret| bytes[secret.clone()].fill(b'*'));
        text(&bytes)
    };
    let stars = "*".repeat(20);
    let dots = |count: usize| ".".repeat(count);
    for (line, expected) in [
        (format!("{key} word_0001 x"), format!("{stars} ********* x")),
        (format!("word_0001 {key} x"), format!("********* {stars} x")),
        // Whole keys are looked for, even where a part of one is shown.
        (
            format!("word_0001{} {key} x", dots(70)),
            format!("*********{} {}", dots(70), &stars[..9]),
        ),
        (
            format!("x {key} {}word_0001", dots(70)),
            format!("{} {}*********", &stars[..9], dots(70)),
        ),
        (
            format!("{} {key} {}word_0001{} {key} x", dots(300), dots(60), dots(60)),
            format!("{0} {1}*********{1} {0}", &stars[..19], dots(60)),
        ),
    ] {
        assert_eq!(masked(&line, Lines::Around), expected, "{line}");
    }
    // As grep shows lines, nothing but the findings is masked.
    assert_eq!(masked(&format!("{key} word_0001"), Lines::Whole), format!("{key} *********"));
}

#[test]
fn lines_are_counted_and_shown_as_asked_for() {
    let dots = ".".repeat(200);
    let line = format!("x\ry\n{dots}word_0001{dots}word_0002{dots}\n");
    for (lines, number, shown) in
        [(Lines::Around, 3, [80 + 9 + 80, 80 + 9 + 80]), (Lines::Whole, 2, [618, 80 + 9 + 80])]
    {
        let options = Options { lines, ..Options::default() };
        let outcome = files(WORD, &Allowlist::default(), options, &[("a", &line)]);
        let own: Vec<u64> = outcome.findings.iter().map(|it| it.location.start.line).collect();
        assert_eq!(own, [number; 2]);
        let lengths: Vec<usize> =
            outcome.findings.iter().map(|it| it.excerpt.bytes.len()).collect();
        assert_eq!(lengths, shown);
    }
    let long = format!("{}word_0001{}", ".".repeat(5000), ".".repeat(5000));
    let options = Options { lines: Lines::Whole, ..Options::default() };
    let outcome = files(WORD, &Allowlist::default(), options, &[("a", &long)]);
    let excerpt = &outcome.findings[0].excerpt;
    assert_eq!(excerpt.bytes.len(), 2 * 4096 + 9);
    assert!(excerpt.cut_before && excerpt.cut_after);
}

/// A member of a tar archive.
fn tar_member(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend_from_slice(bytes);
    header.resize(header.len().next_multiple_of(512), 0);
    header
}

#[test]
fn what_an_archive_holds_uncompressed_is_told_once_under_the_members_name() {
    let archive = [tar_member("m", b"word_0001\n"), tar_member("word_0002", b"x\n")].concat();
    let list = [("a.tar", &archive[..]), ("b", &b"word_0001"[..])];
    let mut own = told(&files(WORD, &Allowlist::default(), Options::default(), &list));
    own.sort();
    assert_eq!(
        own,
        ["a.tar!m word word_0001", "a.tar!word_0002 word word_0002", "b word word_0001"]
    );
}

/// A repository of its own with an empty environment but `PATH`.
struct Repo {
    folder: TempDir,
    pool: RepositoryPool,
}

impl Repo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let fixed = ["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
            [
                (format!("GIT_{who}_NAME").into(), "A".into()),
                (format!("GIT_{who}_EMAIL").into(), "a@example.com".into()),
                (format!("GIT_{who}_DATE").into(), "1700000000 +0000".into()),
            ]
        });
        let own = [
            ("PATH".into(), path),
            ("HOME".into(), folder.path().into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ];
        let environment = Environment::new(own.into_iter().chain(fixed));
        let pool = RepositoryPool::new(Location::named(folder.path(), &environment));
        let repo = Repo { folder, pool };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    fn git(&self, words: &[&str]) -> Vec<u8> {
        self.pool.location().line(words).unwrap()
    }

    /// Writes and stages files; one without bytes is removed.
    fn stage(&self, files: &[(impl AsRef<str>, impl AsRef<str>)]) {
        for (name, bytes) in files {
            match bytes.as_ref() {
                "" => {
                    let path = self.folder.path().join(name.as_ref());
                    fs::remove_file(&path).unwrap();
                    // As git does: a folder without files goes, too.
                    let _ = fs::remove_dir(path.parent().unwrap());
                }
                bytes => write(&self.folder, &[(name, bytes)]),
            }
        }
        self.git(&["add", "-A"]);
    }

    fn commit(&self, files: &[(impl AsRef<str>, impl AsRef<str>)]) -> ObjectId {
        self.stage(files);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
        ObjectId::parse(&self.git(&["rev-parse", "HEAD"])).unwrap()
    }

    fn scan(&self, source: &dyn Source, pack: &str, policy: &Allowlist) -> Outcome {
        run(source, &engine(pack), policy, MEDIUM, &Progress::default()).unwrap()
    }

    fn staged(&self, pack: &str, policy: &Allowlist) -> Outcome {
        self.scan(&Staged::new(&self.pool, StagedOptions::default()), pack, policy)
    }
}

#[test]
fn a_line_is_old_only_where_it_was_reported_before() {
    const PLAIN: &str = "[[rule]]\nid = 'word'\npattern = 'word_[0-9]{4}'\n\
        [[rule]]\nid = 'below'\npattern = 'key:\\n(v[0-9]{4})'\n\
        [[rule]]\nid = 'low'\npattern = 'low_[0-9]{4}'\nconfidence = 'low'\n";
    let allow = |entry: AllowEntry| move || allowlist(entry.clone());
    let none: &dyn Fn() -> Allowlist = &Allowlist::default;
    let lib = allow(AllowEntry { paths: vec!["lib/".into()], ..AllowEntry::default() });
    let one = allow(AllowEntry { patterns: vec!["word_0001".into()], ..AllowEntry::default() });
    let filtered = || {
        let only = PathFilter::new(&["src".to_owned()], &[]).unwrap();
        Allowlist::default().with_paths(only)
    };
    let long = "x\n".repeat(20);
    let lines = |head: &str| format!("{head}{long}");
    for (before, after, policy, expected) in [
        (
            &[("a", lines("word_0001\n"))][..],
            &[("a", lines("y\nword_0001\n"))][..],
            none,
            (&[][..], 0, 1),
        ),
        (
            &[("a", lines("word_0001\n"))],
            &[("a", lines("word_0001\nword_0002\n"))],
            none,
            (&["a word word_0002"], 0, 1),
        ),
        (
            &[("a", lines("word_0001\n"))],
            &[("a", lines("word_0001 y\n"))],
            none,
            (&["a word word_0001"], 0, 0),
        ),
        // A line that was no finding before, by what stood above it.
        (
            &[("a", lines("x:\nv0001\n"))],
            &[("a", lines("key:\nv0001\n"))],
            none,
            (&["a below v0001"], 0, 0),
        ),
        // Moved whole, it is old; out of a path that is allowed, or not looked at, it is new.
        (
            &[("a", lines("word_0001\n"))],
            &[("a", String::new()), ("b", lines("word_0001\n"))],
            none,
            (&[], 0, 1),
        ),
        (
            &[("lib/a", lines("word_0001\n"))],
            &[("lib/a", String::new()), ("src/b", lines("word_0001\n"))],
            &lib,
            (&["src/b word word_0001"], 0, 0),
        ),
        (
            &[("lib/a", lines("word_0001\n"))],
            &[("lib/a", String::new()), ("src/b", lines("word_0001\n"))],
            &filtered,
            (&["src/b word word_0001"], 0, 0),
        ),
        (
            &[("src/a", lines("word_0001\n"))],
            &[("src/a", String::new()), ("src/b", lines("word_0001\ny\n"))],
            &filtered,
            (&[], 0, 1),
        ),
        // The mark that allowed it is gone.
        (
            &[("a", lines("# tightlip:allow-next-line a test\nword_0001\n"))],
            &[("a", lines("word_0001\n"))],
            none,
            (&["a word word_0001"], 0, 0),
        ),
        // What is allowed counts as old where it was there, and as suppressed where it was not.
        (&[("a", lines("word_0001\n"))], &[("a", lines("y\nword_0001\n"))], &one, (&[], 0, 1)),
        (&[("a", lines("x\n"))], &[("a", lines("word_0001\n"))], &one, (&[], 1, 0)),
        // What was too unsure before is sure by another rule.
        (
            &[("a", lines("low_0001\n"))],
            &[("a", lines("word_0003 low_0001\n"))],
            none,
            (&["a word word_0003"], 0, 0),
        ),
    ] {
        let repo = Repo::new();
        repo.commit(before);
        repo.stage(after);
        let outcome = repo.staged(PLAIN, &policy());
        let own = (told(&outcome), outcome.suppressed.len(), outcome.summary.older);
        let (found, suppressed, older) = expected;
        let found: Vec<String> = found.iter().map(|&it| it.to_owned()).collect();
        assert_eq!(own, (found, suppressed, older), "{before:?} {after:?}");
        assert!(outcome.skipped.iter().all(|it| !it.is_incomplete()), "{:?}", outcome.skipped);
    }
}

#[test]
fn a_new_secret_is_told_in_a_file_with_more_old_ones_than_are_listed() {
    let old: String = (0..=MAX_MATCHES).map(|no| format!("long_{no:06}\n")).collect();
    let pack = "[[rule]]\nid = 'long'\npattern = 'long_[0-9]{6}'\n";
    let none = Allowlist::default();
    let repo = Repo::new();
    repo.commit(&[("a", &old)]);
    repo.stage(&[("a", format!("{old}long_999999\n"))]);
    let outcome = repo.staged(pack, &none);
    assert_eq!((told(&outcome), outcome.summary.older), (vec!["a long long_999999".to_owned()], 0));
    assert!(outcome.skipped.is_empty(), "{:?}", outcome.skipped);
    // One that changed its place is looked for among all of the older version.
    repo.stage(&[
        ("a", format!("{old}long_999999\n")),
        ("b", format!("long_{:06}\n", MAX_MATCHES)),
    ]);
    assert_eq!(told(&repo.staged(pack, &none)).len(), 2);
    // All of them are new.
    let repo = Repo::new();
    repo.stage(&[("a", &old)]);
    let outcome = repo.staged(pack, &none);
    assert_eq!(outcome.findings.len(), MAX_MATCHES);
    assert_eq!(outcome.skipped[0].kind, SkipKind::TooManyMatches);
}

#[test]
fn an_old_half_is_not_linked_with_a_new_id() {
    let long = "x\n".repeat(20);
    let half = format!("k3v9q7w2x5z10002\n{long}");
    let none = Allowlist::default();
    let repo = Repo::new();
    repo.commit(&[("b", &half)]);
    repo.stage(&[("a", "user_0001"), ("b", &*format!("{half}y\n"))]);
    assert_eq!(told(&repo.staged(HALVES, &none)), ["a id user_0001"]);
    repo.stage(&[("b", format!("{half}k3v9q7w2x5z10002 y\n"))]);
    assert_eq!(
        told(&repo.staged(HALVES, &none)),
        ["a id user_0001", "b half k3v9q7w2x5z10002 < a user_0001"]
    );
}

#[test]
fn a_history_tells_a_secret_once_for_each_file_and_all_names_it_had() {
    let long = "x\n".repeat(20);
    let with = |secret: &str| format!("{secret}\n{long}");
    let repo = Repo::new();
    let first = repo.commit(&[("a", with("word_0001"))]);
    let second = repo.commit(&[("a", with("word_0001\nword_0002")), ("k", with("word_0001"))]);
    repo.commit(&[("a", String::new()), ("b", with("word_0001\nword_0002"))]);
    let last = repo.commit(&[("b", with("y"))]);
    let (engine, policy, progress) = (engine(WORD), Allowlist::default(), Progress::default());
    let scan = Scan { engine: &engine, policy: &policy, options: MEDIUM };
    let names = |outcome: &Outcome| {
        let mut all: Vec<String> = Vec::new();
        for finding in &outcome.findings {
            let others = finding.other_paths.iter().map(|path| text(path));
            let paths = std::iter::once(text(&finding.origin.path)).chain(others);
            let paths = paths.collect::<Vec<_>>().join("=");
            let presence = finding.presence.as_ref().unwrap();
            let state = if presence.in_head { "head" } else { "gone" };
            all.push(format!("{paths} {} {state}", text(finding.secret.expose())));
        }
        all.sort();
        all
    };
    let all = scan.history(&repo.pool, HistoryOptions::default(), &progress, |_| {});
    let expected = ["a=b word_0001 gone", "a=b word_0002 gone", "k word_0001 head"];
    assert_eq!(names(&all), expected);
    assert_eq!(all.summary.commits, 4);
    // The same again, from a record that holds no secret, and reads no more than it needs.
    let (again, record) = scan.history_recorded(&repo.pool, HistoryOptions::default(), &progress);
    let record = record.unwrap();
    assert_eq!(told(&again), told(&all));
    let kept: Vec<Vec<u8>> = record.texts().collect();
    assert!(kept.iter().any(|it| it == b"k") && kept.iter().all(|it| !text(it).contains("word_")));
    let recalled = scan.recall(&repo.pool, &record, None, &progress).unwrap();
    assert_eq!((told(&recalled), names(&recalled)), (told(&all), names(&all)));
    assert_eq!(recalled.summary.commits, 4);
    // What is suppressed is told again, too.
    let allows = allowlist(AllowEntry { patterns: vec!["word_".into()], ..AllowEntry::default() });
    let allowing = Scan { policy: &allows, ..scan };
    let (all_allowed, quiet) =
        allowing.history_recorded(&repo.pool, HistoryOptions::default(), &progress);
    assert!(all_allowed.findings.is_empty() && !all_allowed.suppressed.is_empty());
    let recalled = allowing.recall(&repo.pool, &quiet.unwrap(), None, &progress).unwrap();
    assert_eq!(recalled.suppressed.len(), all_allowed.suppressed.len());
    // Other rules find something else: the record is of no use.
    for (pack, is_same) in [
        (WORD.to_owned(), true),
        (format!("{WORD}confidence = 'medium'\n"), false),
        (WORD.replace("{4}", "{3}2"), false),
        (format!("{WORD}[[rule]]\nid = 'x'\npattern = 'x\\n'\n"), false),
    ] {
        let engine = self::engine(&pack);
        let scan = Scan { engine: &engine, ..scan };
        let own = scan.recall(&repo.pool, &record, None, &progress);
        assert_eq!(own.is_some(), is_same, "{pack}");
    }
    // Ranges: what a push brings, what a limit leaves.
    let tip = |id: ObjectId| vec![Tip { id, name: Vec::new() }];
    let range =
        HistoryOptions { tips: tip(second), known: vec![first], ..HistoryOptions::default() };
    let limited = HistoryOptions { max_count: Some(1), ..HistoryOptions::default() };
    for (options, expected, commits) in [
        (range, &["a word_0002 gone", "k word_0001 head"][..], 1),
        (limited, &[], 1),
        (
            HistoryOptions { tips: tip(first), ..HistoryOptions::default() },
            &["a word_0001 gone"],
            1,
        ),
        (
            HistoryOptions { tips: tip(last), known: vec![last], ..HistoryOptions::default() },
            &[],
            0,
        ),
    ] {
        let text = format!("{options:?}");
        let outcome = scan.history(&repo.pool, options, &progress, |_| {});
        assert_eq!(
            (&*names(&outcome), outcome.summary.commits),
            (&*expected.iter().map(|&it| it.to_owned()).collect::<Vec<_>>(), commits),
            "{text}"
        );
    }
    // What else was scanned is joined by the names of files.
    let more = |outcome: &mut Outcome| {
        let found = scan.source(&worktree(&repo.folder), &progress).findings;
        outcome.findings.extend(found.into_iter().filter(|it| !it.origin.path.starts_with(b".")));
    };
    let joined = scan.history(&repo.pool, HistoryOptions::default(), &progress, more);
    assert_eq!(names(&joined), expected);
    // Nothing is recorded of a scan that was stopped, and nothing more is scanned.
    progress.stop.store(true, Ordering::Relaxed);
    let (_, record) = scan.history_recorded(&repo.pool, HistoryOptions::default(), &progress);
    assert!(record.is_none());
    let mut ran = false;
    let _ = scan.history(&repo.pool, HistoryOptions::default(), &progress, |_| ran = true);
    assert!(!ran);
}

#[test]
fn what_is_kept_of_a_blob_is_judged_as_the_blob_itself() {
    let repo = Repo::new();
    let pair =
        "aws_access_key_id = AKIA{base32:16}{} ab\n\n\naws_secret_access_key = {base64:39}a\n";
    let long = "x".repeat(20_000);
    let texts = [
        "first\n\nid = AKIA{base32:16}{} last\n".to_owned(),
        "\r\na\rb\r\nid = AKIA{base32:16}{}\r\nc\r\rid = AKIA{base32:16}{}".to_owned(),
        "x\n# tightlip:allow-next-line of a test\nid = AKIA{base32:16}{}\n".to_owned(),
        "# tightlip:allow-next-line of a test\rid = AKIA{base32:16}{} AKIA{base32:16}{}".to_owned(),
        "a\nid = AKIA{base32:16}{} # tightlip:allow(aws-access-key-id) it is old\n".to_owned(),
        format!("{pair}{}{pair}", "-\n".repeat(3000)),
        format!("a\n{long} AKIA{{base32:16}}{{}} {long}\nid = AKIA{{base32:16}}{{}}\n"),
        "user,password\nbob,{alnum:9}Zq7!\nann,{alnum:9}Zq8!\n".to_owned(),
        "key = 'AKIA' +\n'{base32:16}'\nurl = https://a:{alnum:9}%2fZq7@example.com\n".to_owned(),
    ];
    let files: Vec<(String, String)> = texts
        .iter()
        .enumerate()
        .map(|(at, template)| (format!("file{at}"), text(&expand(template).unwrap())))
        .collect();
    for start in ["one\n", "one\r\ntwo\n", "", "three\n\n\n"] {
        let changed: Vec<(&str, String)> =
            files.iter().map(|(name, text)| (&**name, [start, text].concat())).collect();
        repo.commit(&changed);
    }
    repo.git(&["repack", "-adfq"]);
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let (policy, progress) = (Allowlist::default(), Progress::default());
    for lines in [Lines::Around, Lines::Whole] {
        let options = Options { lines, ..MEDIUM };
        let scan = Scan { engine: &engine, policy: &policy, options };
        let (kept, record) =
            scan.history_recorded(&repo.pool, HistoryOptions::default(), &progress);
        // This reads the blobs.
        let read = scan.recall(&repo.pool, &record.unwrap(), None, &progress).unwrap();
        assert!(kept.findings.len() >= 10 && kept.suppressed.len() >= 10);
        assert!(kept.findings == read.findings);
        let allowed = |outcome: &Outcome| -> Vec<(Finding, String)> {
            // A record does not keep how long what is allowed was there.
            let bare = |finding: &Finding| Finding { presence: None, ..finding.clone() };
            outcome.suppressed.iter().map(|it| (bare(&it.finding), it.reason.clone())).collect()
        };
        assert!(allowed(&kept) == allowed(&read));
    }
}

#[test]
fn what_a_push_brings_is_told_once_with_names_messages_and_tags() {
    let lines = |head: &str| format!("{head}{}", "x\n".repeat(20));
    let repo = Repo::new();
    let first = repo.commit(&[
        ("a", lines("word_0001\n")),
        ("d/x", "word_0002\n".to_owned()),
        ("e", "plain\n".to_owned()),
    ]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit(&[("s", "word_0003\n"), ("deep/er/t", "word_0003\n")]);
    repo.git(&["checkout", "-q", "main"]);
    // A folder becomes a file and a file a folder.
    repo.stage(&[("d/x", ""), ("e", "")]);
    let second = repo.commit(&[
        ("a", lines("word_0001\nword_0012\n")),
        ("d", "word_0005\n".to_owned()),
        ("e/z", "word_0007\n".to_owned()),
        ("word_0006/deep/y", "plain\n".to_owned()),
    ]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    repo.stage(&[("m", "word_0004\n")]);
    repo.git(&["commit", "-q", "-m", "a merge with word_0008"]);
    repo.git(&["tag", "-a", "-m", "word_0010", "v1"]);
    let id = |name: &str| ObjectId::parse(&repo.git(&["rev-parse", name])).unwrap();
    let push = |tip: ObjectId, name: &str, known: &[ObjectId]| {
        let tips = vec![Tip { id: tip, name: name.as_bytes().to_vec() }];
        let known = crate::git::Known { ids: known.to_vec(), ref_prefixes: Vec::new() };
        let source = crate::source::Commits::new(&repo.pool, tips, known);
        let outcome = repo.scan(&source, WORD, &Allowlist::default());
        assert!(outcome.skipped.is_empty(), "{:?}", outcome.skipped);
        let mut own: Vec<String> = told(&outcome);
        own.sort();
        (own, outcome.summary.commits, outcome.summary.older)
    };
    let of_main = ["a word word_0012", "d word word_0005", "e/z word word_0007"];
    let of_side = ["deep/er/t word word_0003", "s word word_0003"];
    let of_first = ["a word word_0001", "d/x word word_0002"];
    let of_merge = [" word word_0008", "m word word_0004"];
    let name = "word_0006/deep/y word word_0006";
    let with = |parts: &[&[&str]]| {
        let mut all: Vec<String> =
            parts.iter().flat_map(|part| part.iter()).map(|&it| it.to_owned()).collect();
        all.sort();
        all
    };
    let (main, side, tag) = (id("main"), id("side"), id("v1"));
    let new = [&of_main[..], &of_side, &of_merge, &[name]];
    assert_eq!(push(main, "", &[first]), (with(&new), 3, 1));
    assert_eq!(push(main, "", &[]), (with(&[&new.concat(), &of_first]), 4, 1));
    assert_eq!(push(main, "", &[side]), (with(&[&of_main, &of_merge, &[name]]), 2, 1));
    assert_eq!(push(main, "", &[second]), (with(&[&of_side, &of_merge]), 2, 0));
    assert_eq!(push(main, "", &[second, side]), (with(&[&of_merge]), 1, 0));
    assert_eq!(push(main, "", &[main]), (Vec::new(), 0, 0));
    assert_eq!(push(first, "", &[main]), (Vec::new(), 0, 0));
    let named = ["refs/heads/word_0011 word word_0011"];
    assert_eq!(push(main, "refs/heads/word_0011", &[main]), (with(&[&named]), 0, 0));
    let tagged = ["refs/tags/v1 word word_0010"];
    assert_eq!(push(tag, "refs/tags/v1", &[main]), (with(&[&tagged]), 0, 0));
}

#[test]
fn what_cannot_be_read_is_named_by_its_path_and_commit() {
    let repo = Repo::new();
    repo.stage(&[("a", "word_0001\n"), ("b", "word_0002\n")]);
    let id = text(&repo.git(&["rev-parse", ":a"]));
    let object = repo.folder.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let kept = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    let outcome = repo.staged(WORD, &Allowlist::default());
    assert_eq!(told(&outcome), ["b word word_0002"]);
    assert_eq!(outcome.status(), Status::Incomplete);
    assert_eq!(outcome.skipped.iter().map(|it| text(&it.path)).collect::<Vec<_>>(), ["a"]);
    fs::write(&object, kept).unwrap();
    repo.git(&["commit", "-q", "-m", "a change"]);
    fs::remove_file(&object).unwrap();
    let commit = ObjectId::parse(&repo.git(&["rev-parse", "HEAD"])).unwrap();
    let known = crate::git::Known::default();
    let tips = vec![Tip { id: commit, name: b"refs/heads/x".to_vec() }];
    let commits = crate::source::Commits::new(&repo.pool, tips, known);
    let outcome = repo.scan(&commits, WORD, &Allowlist::default());
    assert_eq!(told(&outcome), ["b word word_0002"]);
    assert_eq!(
        outcome.skipped.iter().map(|it| text(&it.path)).collect::<Vec<_>>(),
        [format!("a in commit {commit}")]
    );
    // A source that cannot be listed is named, too.
    let (engine, policy, progress) = (engine(WORD), Allowlist::default(), Progress::default());
    let scan = Scan { engine: &engine, policy: &policy, options: MEDIUM };
    let nowhere = tempfile::tempdir().unwrap();
    let environment = Environment::new([("PATH".into(), std::env::var_os("PATH").unwrap())]);
    let pool = RepositoryPool::new(Location::named(nowhere.path(), &environment));
    let outcome = scan.source(&Staged::new(&pool, StagedOptions::default()), &progress);
    assert_eq!(outcome.skipped.iter().map(|it| it.kind).collect::<Vec<_>>(), [SkipKind::Source]);
}
