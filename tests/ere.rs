//! What grep finds is found: patterns and lines are made up, and real grep and git grep are asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use tightlip::engine::Engine;
use tightlip::pattern::exact::Exact;
use tightlip::pattern::{Ere, escape_literal};
use tightlip::rule::{RuleOrigin, RuleSet};
use tightlip::setup::git_secrets::forbidden;

/// Pieces of patterns, those that mean something more often than chance would have it.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "b",
        "ab",
        "abc",
        "_",
        "1",
        "x",
        "-",
        " ",
        "@",
        "\u{e9}",
        ".",
        "[ab]",
        "[^a]",
        "[]a]",
        "[^]a]",
        "[a-]",
        "[a\\]",
        "[a-c1-3]",
        "[[:alpha:]_]",
        "[[:digit:]]+",
        "[[:space:]]",
        "[^[:alnum:]]",
        "[[.-.]a]",
        "[[=b=]]",
        "[[:upper:][:punct:]]",
        "[A-Za-z0-9/\\+=]{2}",
        "*",
        "+",
        "?",
        "{2}",
        "{,2}",
        "{1,}",
        "{1,2}",
        "{,}",
        "{",
        "}",
        "{a}",
        "{2",
        "a{0}",
        "|",
        "|",
        "(",
        "(",
        ")",
        ")",
        "(a|ab)",
        "(a)",
        "\\1",
        "\\1",
        "\\2",
        "^",
        "$",
        "\\<",
        "\\>",
        "\\b",
        "\\B",
        "\\w",
        "\\W",
        "\\s",
        "\\S",
        "\\`",
        "\\'",
        "\\.",
        "\\d",
        "\\t",
        "\\n",
        "\\x",
        "\\-",
        "\\/",
        "\\\\",
        "\\{",
        "\\[",
        "\\$",
        "&&",
        "~~",
        "#",
        "(ab|a)(c|bcd)",
        "(a*)(ab)*",
        "]",
    ])
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    let pattern = prop::collection::vec(piece(), 1..8).prop_map(|pieces| pieces.concat());
    prop::collection::vec(pattern, 12)
}

/// A line of bytes that patterns look for.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"a"[..],
        b"b",
        b"c",
        b"ab",
        b"abcd",
        b"aa",
        b"_",
        b"1",
        b"12",
        b"x",
        b"d",
        b"t",
        b"n",
        b" ",
        b"\t",
        b"-",
        b"@",
        b"/",
        b"\\",
        b"]",
        b"[",
        b"{",
        b"}",
        b"{2",
        b"$",
        b".",
        b"A",
        b"\xc3\xa9",
        b"\xff",
        b"\r",
        b"\x0b",
        b"&&",
        b"#",
        b"(",
        b")",
        b"=+",
    ]);
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

/// The numbers of the lines on which a program finds a pattern; `None` if it refuses it.
fn asked(program: &[&str], pattern: &str, file: &Path) -> Option<BTreeSet<usize>> {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).env("LC_ALL", "C").current_dir(file.parent().unwrap());
    let output = command.args(["-e", pattern, "--", "lines"]).output().unwrap();
    if output.status.code() > Some(1) {
        return None;
    }
    let number = |line: &[u8]| {
        let digits = line.split(|&byte| byte == b':').next().unwrap_or_default();
        std::str::from_utf8(digits).unwrap().parse().ok()
    };
    let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    Some(lines.filter_map(number).collect())
}

/// The first match on each line, as `grep -o` shows them.
fn asked_texts(pattern: &str, file: &Path) -> BTreeMap<usize, Vec<u8>> {
    let mut command = Command::new("grep");
    command.args(["-anowE", "-e", pattern, "--", "lines"]).env("LC_ALL", "C");
    let output = command.current_dir(file.parent().unwrap()).output().unwrap();
    let mut texts = BTreeMap::new();
    for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|&byte| byte == b':').unwrap();
        let number: usize = std::str::from_utf8(&line[..colon]).unwrap().parse().unwrap();
        texts.entry(number).or_insert_with(|| line[colon + 1..].to_vec());
    }
    texts
}

/// The first match on each line, as the engine finds them.
fn found_texts(pattern: &str, text: &[u8]) -> BTreeMap<usize, Vec<u8>> {
    let rule = forbidden(pattern.as_bytes(), Default::default(), origin()).unwrap();
    let engine = Engine::new(RuleSet::from_rules(vec![rule]), 1_790_000_000).unwrap();
    let mut texts = BTreeMap::new();
    for found in engine.scan(text).list {
        let first = texts.entry(line_of(text, found.span.start));
        first.or_insert_with(|| text[found.span.clone()].to_vec());
    }
    texts
}

fn line_of(text: &[u8], offset: usize) -> usize {
    text[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1
}

fn origin() -> RuleOrigin {
    RuleOrigin { file: "patterns".into(), line: 1, builtin: false }
}

/// The numbers of the lines on which the engine finds a pattern between word boundaries; `None`
/// if it refuses it.
fn found_words(pattern: &str, text: &[u8]) -> Option<BTreeSet<usize>> {
    let rule = forbidden(pattern.as_bytes(), Default::default(), origin()).ok()?;
    let rules = RuleSet::from_rules(vec![rule]);
    let engine = Engine::new(rules, 1_790_000_000).ok()?;
    let fast = engine.scan(text);
    assert_eq!(fast, engine.scan_slow(text), "{pattern}");
    Some(fast.list.iter().map(|found| line_of(text, found.span.start)).collect())
}

/// The same, without boundaries.
fn found(pattern: &str, text: &[u8]) -> Option<BTreeSet<usize>> {
    let ere = Ere::translate(pattern.as_bytes()).ok()?;
    let regex = regex::bytes::RegexBuilder::new(&ere.pattern).unicode(false).build().unwrap();
    let exact = ere.exact.map(|exact| Exact::compile(&exact).unwrap());
    let mut lines = BTreeSet::new();
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let is_exact = || exact.as_ref().is_none_or(|own| !own.find(line).unwrap().is_empty());
        if regex.is_match(line) && is_exact() {
            lines.insert(index + 1);
        }
    }
    Some(lines)
}

/// Whether more may be found than grep finds: `\d` and `\t` stand for two things, a line ends
/// before a CR too, every line is a buffer of its own, and a `)` that closes nothing is a character wherever it stands.
fn may_find_more(pattern: &str) -> bool {
    let parts = ["\\d", "\\t", "$", "\\`", "\\'"];
    // Of expressions that match everywhere grep forgets that: `a|a{0}`.
    let is_empty = Ere::translate(pattern.as_bytes()).is_ok_and(|ere| ere.matches_empty);
    // It also forgets that a place may be repeated no times.
    let places = ["^", "\\<", "\\>", "\\b", "\\B"];
    let repeats = |place: &&str| {
        pattern
            .match_indices(*place)
            .any(|(at, _)| pattern[at + place.len()..].starts_with(['*', '+', '?', '{']))
    };
    is_empty
        || parts.iter().any(|part| pattern.contains(part))
        || places.iter().any(repeats)
        || closes_nothing(pattern)
}

/// Whether a `)` stands where no group is open. No piece has one in brackets or escaped.
fn closes_nothing(pattern: &str) -> bool {
    let mut open = 0;
    pattern.bytes().any(|byte| {
        open += match byte {
            b'(' => 1,
            b')' => -1,
            _ => 0,
        };
        open < 0
    })
}

/// Whether a `{` stands where there is nothing to repeat. grep's faster engine takes it for a
/// character, its slower one for nothing.
fn begins_with_brace(pattern: &str) -> bool {
    let begins = ["({", "|{", "^{", ">{", "<{", "b{", "B{", "`{"];
    pattern.starts_with('{') || begins.iter().any(|part| pattern.contains(part))
}

/// Whether grep's slower engine reads a pattern that its faster one would read otherwise.
fn has_two_readings(pattern: &str) -> bool {
    let is_slow = ["[.", "[=", "\\1", "\\2"].iter().any(|part| pattern.contains(part));
    is_slow && begins_with_brace(pattern)
}

/// Whether a pattern may be refused that grep takes: one that matches nothing at all.
fn may_be_refused(pattern: &str) -> bool {
    let is_empty = Ere::translate(pattern.as_bytes()).is_ok_and(|ere| ere.matches_empty);
    let holds = |part: &&str| pattern.contains(*part);
    // Empty alternatives, and repetitions of nothing.
    let starts = ["|", "*", "+", "?", "{"].iter().any(|part| pattern.starts_with(part));
    let inside =
        ["()", "(|", "||", "|)", "|*", "|+", "|?", "(*", "(+", "(?", "({", "|{"].iter().any(holds);
    is_empty || starts || inside || pattern.ends_with('|')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_grep_finds_is_found(
        patterns in patterns(),
        lines in prop::collection::vec(line(), 40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines");
        let text: Vec<u8> = lines.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect();
        fs::write(&file, &text).unwrap();
        let git: Vec<&str> = "git -c grep.patternType=basic grep --no-index --no-color -anwE".split(' ').collect();
        for pattern in patterns.iter().filter(|pattern| !has_two_readings(pattern)) {
            let grep = asked(&["grep", "-anwE"], pattern, &file);
            let git_grep = asked(&git, pattern, &file);
            let ours = found_words(pattern, &text);
            // With -w, grep puts its own groups around a pattern, and a `)` closes one of those.
            if let (Some(ours), Some(grep), false) = (&ours, &grep, closes_nothing(pattern)) {
                let theirs: BTreeSet<_> = grep.union(git_grep.as_ref().unwrap_or(grep)).copied().collect();
                prop_assert!(ours.is_superset(&theirs), "{pattern}: {:?}", theirs.difference(ours));
                prop_assert!(ours == &theirs || may_find_more(pattern), "{pattern}: too much: {:?}", ours.difference(&theirs));
            }
            let is_regular = Ere::translate(pattern.as_bytes()).is_ok_and(|ere| ere.exact.is_none());
            let is_plain = is_regular && !may_find_more(pattern) && !begins_with_brace(pattern);
            if ours.is_some() && grep.is_some() && is_plain {
                prop_assert_eq!(found_texts(pattern, &text), asked_texts(pattern, &file), "{}", pattern);
            }
            let is_refused = ours.is_none() && grep.is_some();
            prop_assert!(!is_refused || may_be_refused(pattern), "{pattern}: refused");
            let grep = asked(&["grep", "-anE"], pattern, &file);
            if let (Some(ours), Some(grep)) = (found(pattern, &text), grep) {
                prop_assert!(ours.is_superset(&grep), "{pattern}: {:?}", grep.difference(&ours));
                prop_assert!(ours == grep || may_find_more(pattern), "{pattern}: too much {:?}", ours.difference(&grep));
            }
        }
    }

    #[test]
    fn a_literal_is_found_as_it_is(text in prop::collection::vec(any::<u8>(), 1..40)) {
        let text: Vec<u8> = text.into_iter().filter(|&byte| byte != b'\n').chain([b'.']).collect();
        let ere = Ere::translate(&escape_literal(&text)).unwrap();
        let regex = regex::bytes::RegexBuilder::new(&ere.pattern).unicode(false).build().unwrap();
        prop_assert_eq!(regex.find(&text).map(|found| found.range()), Some(0..text.len()));
        prop_assert!(ere.exact.is_none() && ere.lints.is_empty());
        let printable: Vec<u8> = text.iter().filter(|byte| byte.is_ascii_graphic()).copied().collect();
        let pattern = escape_literal(&printable);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lines"), &printable).unwrap();
        let file = folder.path().join("lines");
        let pattern = OsStr::from_bytes(&pattern).to_str().unwrap();
        prop_assert!(asked(&["grep", "-anE"], pattern, &file).is_some_and(|lines| lines.contains(&1)));
    }
}

#[test]
fn the_longest_match_counts_whatever_the_order_of_alternatives() {
    for (ere, line, expected) in [
        ("foo(-bar)?|foo-bar-baz", "a foo-bar-baz b", "foo-bar-baz"),
        ("x|x-y|x-y-z", "x-y-z", "x-y-z"),
        ("key|key=[0-9]+", "key=12\nkey=345", "key=12"),
        ("[0-9]+(-[0-9]+)*$", "1-2-3\r\n", "1-2-3"),
    ] {
        let origin = RuleOrigin { file: "x".into(), line: 1, builtin: false };
        let rule = forbidden(ere.as_bytes(), Default::default(), origin).unwrap();
        let engine = Engine::new(RuleSet::from_rules(vec![rule]), 0).unwrap();
        let found = engine.scan(line.as_bytes());
        let first = &found.list[0];
        assert_eq!(&line[first.span.clone()], expected, "{ere}");
        assert_eq!(first.span, first.secret);
    }
}
