//! A match is a whole word: no letter, digit or underscore touches it.

use crate::expected::{ours, peer};
use crate::repo::Repo;

/// Tries one pattern on one line, in a file and in the index.
#[track_caller]
fn found(pattern: &str, line: &[u8]) -> (bool, bool) {
    let repo = Repo::lax();
    repo.config("secrets.patterns", pattern);
    repo.stage("f", [line, b"\n"].concat());
    let is_found = |words: &[&str]| {
        let ran = repo.secrets(words);
        ran.stderr().contains("[ERROR] Matched")
    };
    (is_found(&["--scan", "f"]), is_found(&["--scan", "--cached"]))
}

#[track_caller]
fn check(rows: &[(&str, &str, bool)]) {
    for &(pattern, line, expected) in rows {
        let found = found(pattern, line.as_bytes());
        assert_eq!(found, (expected, expected), "{pattern} on {line:?} in a file and the index");
    }
}

#[test]
fn no_word_character_touches_a_match() {
    check(&[
        ("hush[0-9]+", "hush1", true),
        ("hush[0-9]+", "(hush1)", true),
        ("hush[0-9]+", "-hush1-", true),
        ("hush[0-9]+", "a.hush1.b", true),
        ("hush[0-9]+", "\"hush1\"", true),
        ("hush[0-9]+", "\thush1\t", true),
        ("hush[0-9]+", "hush1_old", false),
        ("hush[0-9]+", "my_hush1", false),
        ("hush[0-9]+", "xhush1", false),
        ("hush[0-9]+", "9hush1", false),
        ("hush[0-9]+", "hush1x", false),
        ("hush[0-9]", "hush12", false),
    ]);
}

#[test]
fn one_whole_word_on_a_line_is_enough() {
    check(&[
        ("hush[0-9]+", "xhush1 hush2x hush3", true),
        ("hush[0-9]+", "xhush1 hush2x", false),
        ("hush", "hushhush hush", true),
        ("hush", "hushhush", false),
    ]);
}

#[test]
fn bytes_beyond_ascii_are_no_word_characters() {
    check(&[
        ("hush[0-9]+", "éhush1", true),
        ("hush[0-9]+", "hush1é", true),
        ("hush[0-9]+", "日本hush1日本", true),
        ("hush[0-9]+", "\u{a0}hush1", true),
    ]);
    assert_eq!(found("hush[0-9]+", b"\xe9hush1\xff"), (true, true));
}

#[test]
fn a_match_that_begins_or_ends_with_no_word_character_needs_none_beside_it() {
    check(&[
        ("://[^@]+@", "amqp://me:pass@host", false),
        ("://[^@]+@", "amqp ://me:pass@ host", true),
        ("=secret;", "x=secret;y", false),
        ("=secret;", " =secret; ", true),
        ("=secret;", "=secret;", true),
        ("\"hush[0-9]+\"", "x\"hush1\"", false),
        ("\"hush[0-9]+\"", ": \"hush1\",", true),
    ]);
}

#[test]
fn any_match_that_is_a_word_counts_not_just_the_longest() {
    // `git grep` tries the longest match at each start, and no other.
    for (pattern, line) in [
        ("x[a-z]+@?", "xabc@yyy1"),
        ("(hush|hush-hush)", "hush-hush1"),
        ("[a-z]+(-[a-z]+)?", "one-two3"),
        ("hush(-[a-z]+)*", "hush-a-b-c1"),
        ("hush[0-9]*-?[a-z]*", "hush1-abc_"),
    ] {
        let (file, index) = found(pattern, line.as_bytes());
        assert!(file, "{pattern} on {line:?} in a file");
        assert!(index || peer().is_some(), "{pattern} on {line:?} in the index");
    }
    let (_, index) = found("x[a-z]+@?", b"xabc@yyy1");
    assert_eq!(index, ours(true).theirs(false).now());
}

#[test]
fn case_counts() {
    check(&[("hush", "HUSH", false), ("[Hh]ush", "Hush", true), ("HUSH", "hush", false)]);
}

#[test]
fn an_anchor_is_the_end_of_a_line() {
    check(&[
        ("^hush1$", "hush1", true),
        ("^hush1", "say hush1", false),
        ("hush1$", "say hush1", true),
        ("hush1$", "hush1 ", false),
        ("(^|;)hush1(;|$)", "x ;hush1", true),
        ("(^|;)hush1(;|$)", "x;hush1", false),
        ("x^hush1", "x^hush1", false),
    ]);
}

#[test]
fn a_dos_line_end_is_an_end_of_line() {
    let (file, index) = found("hush[0-9]+$", b"hush1\r");
    assert_eq!((file, index), ours((true, true)).theirs((false, false)).now());
}
