//! One allow entry: what it is written as, and what it fits.

use globset::GlobSet;
use regex::bytes::RegexSet;
use serde::Deserialize;

use super::Subject;
use super::globs::{MANY_PATHS, as_path, globs};
use crate::finding::Place;
use crate::pattern::syntax;
use crate::text::lines::line_around;

/// One `[[allow]]` table as written. Every key that is given must fit for the entry to apply; of
/// a key's list one item is enough.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowEntry {
    /// Why; it is shown whenever the entry hides a finding.
    pub reason: String,
    /// Ids of the rules it applies to; without it, all.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Globs on paths from the repository's root, in the way of `.gitignore`.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Regular expressions on the path.
    #[serde(default)]
    pub path_patterns: Vec<String>,
    /// Regular expressions on the path that must not match; the entry does not fit where there is no path.
    #[serde(default)]
    pub outside_path_patterns: Vec<String>,
    /// Commits, by their full ids.
    #[serde(default)]
    pub commits: Vec<String>,
    /// Regular expressions on the secret.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Regular expressions on the line that the secret begins on.
    #[serde(default)]
    pub line_patterns: Vec<String>,
    /// Parts of the secret, ASCII case ignored.
    #[serde(default)]
    pub stop_words: Vec<String>,
    /// Fingerprints of findings.
    #[serde(default)]
    pub fingerprints: Vec<String>,
}

impl AllowEntry {
    /// Returns every list that limits where the entry applies. A new list does not compile until it is here.
    pub(crate) fn lists(&self) -> [&Vec<String>; 9] {
        let AllowEntry {
            reason: _,
            rules,
            paths,
            path_patterns,
            outside_path_patterns,
            commits,
            patterns,
            line_patterns,
            stop_words,
            fingerprints,
        } = self;
        [
            rules,
            paths,
            path_patterns,
            outside_path_patterns,
            commits,
            patterns,
            line_patterns,
            stop_words,
            fingerprints,
        ]
    }
}

/// An allow entry that cannot work, with its file and line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct AllowError {
    origin: String,
    message: String,
}

/// A compiled allow entry.
#[derive(Debug)]
pub struct Allow {
    entry: AllowEntry,
    origin: String,
    paths: GlobSet,
    path_patterns: RegexSet,
    outside: RegexSet,
    patterns: RegexSet,
    line_patterns: RegexSet,
}

/// A pattern that fewer characters satisfy fits nearly every secret and line.
const MIN_PATTERN_BYTES: usize = 3;

/// A pattern that fewer characters satisfy fits nearly every path.
pub(super) const MIN_PATH_PATTERN_BYTES: usize = 2;

/// Whether a pattern fits wherever fewer than `min_bytes` characters stand.
pub(super) fn is_short_pattern(pattern: &str, min_bytes: usize) -> bool {
    syntax::parse(pattern).is_ok_and(|hir| {
        let properties = hir.properties();
        properties.minimum_len().is_some_and(|length| length < min_bytes)
            && properties.look_set().is_empty()
    })
}

impl Allow {
    /// Compiles an entry that stands at `origin` (`file:line`).
    ///
    /// # Errors
    /// An entry without a reason or without anything to go by, a broken glob or pattern, and a
    /// pattern or stop word that is empty and so would allow everything.
    pub fn compile(entry: AllowEntry, origin: String) -> Result<Self, AllowError> {
        let fail = |message: String| AllowError { origin: origin.clone(), message };
        if entry.reason.trim().is_empty() {
            return Err(fail("an allow entry needs a reason".into()));
        }
        // A rule alone is no limit: `disable` switches it off.
        let [_rules, lists @ ..] = entry.lists();
        if lists.iter().all(|list| list.is_empty()) {
            let message = "an allow entry needs paths, path_patterns, outside_path_patterns, commits, \
                           patterns, line_patterns, stop_words or fingerprints; to switch a rule off, \
                           use `disable`";
            return Err(fail(message.into()));
        }
        if lists.iter().any(|list| list.iter().any(|item| item.trim().is_empty())) {
            return Err(fail("an empty item would allow everything".into()));
        }
        let allow = Allow {
            paths: globs(&entry.paths).map_err(|error| fail(error.to_string()))?,
            path_patterns: regexes(&entry.path_patterns).map_err(&fail)?,
            outside: regexes(&entry.outside_path_patterns).map_err(&fail)?,
            patterns: regexes(&entry.patterns).map_err(&fail)?,
            line_patterns: regexes(&entry.line_patterns).map_err(&fail)?,
            entry,
            origin: origin.clone(),
        };
        match allow.everything() {
            Some(key) => Err(fail(format!(
                "`{key}` would allow everything; say more narrowly what is allowed, or use `disable` for a rule"
            ))),
            None => Ok(allow),
        }
    }

    /// The key that would allow everything, if there is one: each of its items fits things that have
    /// nothing in common.
    fn everything(&self) -> Option<&'static str> {
        const SECRETS: [&[u8]; 5] = [
            b"ZKXQWVBNZKXQWVBN",
            b"kxqwvbnzkxqwvbnz",
            b"0f9e8d7c6b5a4932",
            b"correct-horse-battery",
            b"WbXcY_d-EfG.hI/jK+lM=nO9pQ8rS7tU6vV5wW4xX3yY2zZ1",
        ];
        let AllowEntry {
            reason: _,
            rules,
            paths,
            path_patterns,
            outside_path_patterns,
            commits,
            patterns,
            line_patterns,
            stop_words,
            fingerprints,
        } = &self.entry;
        if [rules, commits, fingerprints].iter().any(|list| !list.is_empty()) {
            return None;
        }
        let is_short_word = |word: &String| word.trim().len() < MIN_PATTERN_BYTES;
        let fits_secrets = |set: &RegexSet, list: &[String]| {
            SECRETS.iter().all(|secret| set.is_match(secret))
                || list.iter().any(|item| is_short_pattern(item, MIN_PATTERN_BYTES))
        };
        let fits_paths =
            |fits: &dyn Fn(&[u8]) -> bool| MANY_PATHS.iter().all(|path| fits(path.as_bytes()));
        let is_short_path = |item: &String| is_short_pattern(item, MIN_PATH_PATTERN_BYTES);
        let keys = [
            ("paths", paths, fits_paths(&|path| self.paths.is_match(as_path(path).as_ref()))),
            (
                "path_patterns",
                path_patterns,
                fits_paths(&|path| self.path_patterns.is_match(path))
                    || path_patterns.iter().any(is_short_path),
            ),
            // Nearly every path is outside of some.
            ("outside_path_patterns", outside_path_patterns, true),
            ("patterns", patterns, fits_secrets(&self.patterns, patterns)),
            ("line_patterns", line_patterns, fits_secrets(&self.line_patterns, line_patterns)),
            ("stop_words", stop_words, stop_words.iter().any(is_short_word)),
        ];
        let mut given = keys.iter().filter(|(_, list, _)| !list.is_empty());
        given
            .clone()
            .all(|(_, _, fits_all)| *fits_all)
            .then(|| given.next().map(|(key, ..)| *key))?
    }

    /// Whether it is for single findings.
    pub(super) fn asks_for_fingerprint(&self) -> bool {
        !self.entry.fingerprints.is_empty()
    }

    /// The ids of rules that it names, each with where it stands.
    pub(super) fn rule_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entry.rules.iter().map(|id| (&*self.origin, &**id))
    }

    /// Says who allows, and where.
    pub(super) fn describe(&self) -> String {
        format!("{} ({})", self.entry.reason, self.origin)
    }

    /// Whether it asks for nothing but the path.
    pub(super) fn is_path_only(&self) -> bool {
        let AllowEntry { paths, path_patterns, outside_path_patterns, .. } = &self.entry;
        let of_paths = [paths, path_patterns, outside_path_patterns];
        let count = |lists: &[&Vec<String>]| lists.iter().map(|list| list.len()).sum::<usize>();
        count(&self.entry.lists()) == count(&of_paths)
    }

    /// Whether it allows a finding.
    pub(super) fn fits(&self, subject: Subject<'_>) -> bool {
        let AllowEntry {
            reason: _,
            rules,
            paths,
            path_patterns,
            outside_path_patterns,
            commits,
            patterns,
            line_patterns,
            stop_words,
            fingerprints,
        } = &self.entry;
        let of_paths = [paths, path_patterns, outside_path_patterns];
        let names_path = of_paths.iter().any(|list| !list.is_empty());
        let is_of = |commit: &String| {
            subject.commit.is_some_and(|known| known.eq_ignore_ascii_case(commit))
        };
        let has_path = !matches!(
            subject.place,
            Place::Message
                | Place::CommitMessage
                | Place::CommitHeader
                | Place::TagMessage
                | Place::Stdin
        );
        let line = || &subject.bytes[line_around(subject.bytes, subject.span.start)];
        let lower = || subject.secret.to_ascii_lowercase();
        let holds = |word: &String| {
            memchr::memmem::find(&lower(), word.to_ascii_lowercase().as_bytes()).is_some()
        };
        (rules.is_empty() || rules.iter().any(|id| id == subject.rule))
            && (!names_path || has_path && self.fits_path(subject.path))
            && (commits.is_empty() || commits.iter().any(is_of))
            && (patterns.is_empty() || self.patterns.is_match(subject.secret))
            && (line_patterns.is_empty() || self.line_patterns.is_match(line()))
            && (stop_words.is_empty() || stop_words.iter().any(holds))
            && (fingerprints.is_empty()
                || subject.known_by().any(|own| fingerprints.iter().any(|one| one == own.as_str())))
    }

    /// Whether a path is one of those that it is for.
    pub(super) fn fits_path(&self, path: &[u8]) -> bool {
        let AllowEntry { paths, path_patterns, outside_path_patterns, .. } = &self.entry;
        (paths.is_empty() || self.paths.is_match(as_path(path).as_ref()))
            && (path_patterns.is_empty() || self.path_patterns.is_match(path))
            && (outside_path_patterns.is_empty() || !self.outside.is_match(path))
    }
}

/// Compiles patterns; the message names the one that is wrong.
fn regexes(patterns: &[String]) -> Result<RegexSet, String> {
    for (index, pattern) in patterns.iter().enumerate() {
        let number = index + 1;
        syntax::parse(pattern).map_err(|error| format!("allow pattern {number}: {error}"))?;
        let set = syntax::compile_set(std::slice::from_ref(pattern))
            .map_err(|_| format!("allow pattern {number} is too large"))?;
        if set.is_match(b"") {
            return Err(format!("allow pattern {number} matches everything"));
        }
    }
    syntax::compile_set(patterns).map_err(|error| format!("allow patterns together: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{Allow, AllowEntry};
    use crate::finding::{Fingerprint, Place, Secret};
    use crate::suppress::{Allowlist, Subject};

    fn list(entry: AllowEntry) -> Allowlist {
        let entry = AllowEntry { reason: "because".into(), ..entry };
        Allowlist::new(vec![Allow::compile(entry, "a.toml:3".into()).unwrap()])
    }

    fn reason(list: &Allowlist, path: &str, line: &str, secret: &str) -> Option<String> {
        let start = line.find(secret).unwrap();
        let fingerprint = Fingerprint::new(
            "acme",
            Place::Index,
            path.as_bytes(),
            &Secret::new(secret.as_bytes()),
        );
        list.reason(Subject {
            rule: "acme",
            place: Place::Index,
            path: path.as_bytes(),
            line: 0,
            commit: None,
            secret: secret.as_bytes(),
            fingerprint: &fingerprint,
            anywhere: None,
            bytes: line.as_bytes(),
            span: &(start..start + secret.len()),
            decoding: None,
        })
    }

    #[test]
    fn every_key_that_is_given_must_fit() {
        let entry = AllowEntry {
            paths: vec!["tests/".into()],
            patterns: vec!["^fake".into()],
            ..AllowEntry::default()
        };
        let list = list(entry);
        assert_eq!(
            reason(&list, "tests/a.py", "k = fake1", "fake1").unwrap(),
            "because (a.toml:3)"
        );
        assert_eq!(reason(&list, "src/a.py", "k = fake1", "fake1"), None);
        assert_eq!(reason(&list, "tests/a.py", "k = real1", "real1"), None);
    }

    /// A finding as entries see it: all that a key may ask for.
    struct Seen {
        rule: &'static str,
        place: Place,
        path: &'static str,
        commit: Option<&'static str>,
        line: &'static str,
    }

    const SEEN: Seen = Seen {
        rule: "acme",
        place: Place::Commit,
        path: "src/a.py",
        commit: Some("0123abcd"),
        line: "x\nkey = Fake77 # why\ny",
    };

    fn fits(entry: &AllowEntry, seen: &Seen) -> bool {
        let secret = Secret::new(&b"Fake77"[..]);
        let fingerprint = Fingerprint::new(seen.rule, seen.place, seen.path.as_bytes(), &secret);
        let start = seen.line.find("Fake77").unwrap();
        let list = list(entry.clone());
        list.reason(Subject {
            rule: seen.rule,
            place: seen.place,
            path: seen.path.as_bytes(),
            line: 2,
            commit: seen.commit,
            secret: secret.expose(),
            fingerprint: &fingerprint,
            anywhere: None,
            bytes: seen.line.as_bytes(),
            span: &(start..start + 6),
            decoding: None,
        })
        .is_some()
    }

    #[test]
    fn each_key_fits_what_it_says_and_nothing_else() {
        let one = |text: &str| vec![text.to_owned()];
        let own =
            Fingerprint::new("acme", Place::Commit, b"src/a.py", &Secret::new(&b"Fake77"[..]));
        let narrow = AllowEntry { patterns: one("Fake77"), ..AllowEntry::default() };
        for (entry, other) in [
            (AllowEntry { rules: one("acme"), ..narrow.clone() }, Seen { rule: "other", ..SEEN }),
            (
                AllowEntry { paths: one("src/"), ..AllowEntry::default() },
                Seen { path: "lib/a.py", ..SEEN },
            ),
            (
                AllowEntry { path_patterns: one("^src/"), ..AllowEntry::default() },
                Seen { path: "lib/src/a.py", ..SEEN },
            ),
            (
                AllowEntry { outside_path_patterns: one("^lib/"), ..narrow.clone() },
                Seen { path: "lib/a.py", ..SEEN },
            ),
            // A message has no path, even where it has the name of a file.
            (
                AllowEntry { paths: one("src/"), ..AllowEntry::default() },
                Seen { place: Place::CommitMessage, ..SEEN },
            ),
            (
                AllowEntry { outside_path_patterns: one("^lib/"), ..narrow.clone() },
                Seen { place: Place::Stdin, ..SEEN },
            ),
            (
                AllowEntry { commits: one("0123ABCD"), ..AllowEntry::default() },
                Seen { commit: Some("0123abce"), ..SEEN },
            ),
            (
                AllowEntry { commits: one("0123abcd"), ..AllowEntry::default() },
                Seen { commit: None, ..SEEN },
            ),
            (
                AllowEntry { line_patterns: one("^key.*# why$"), ..AllowEntry::default() },
                Seen { line: "key = Fake77\n# why", ..SEEN },
            ),
            (
                AllowEntry { fingerprints: one(own.as_str()), ..AllowEntry::default() },
                Seen { path: "src/b.py", ..SEEN },
            ),
            (
                AllowEntry { rules: vec!["x".into(), "acme".into()], ..narrow.clone() },
                Seen { rule: "y", ..SEEN },
            ),
        ] {
            assert!(fits(&entry, &SEEN), "{entry:?}");
            assert!(!fits(&entry, &other), "{entry:?}");
        }
        for (entry, expected) in [
            (AllowEntry { patterns: one("^Fake"), ..AllowEntry::default() }, true),
            (AllowEntry { patterns: one("^ake"), ..AllowEntry::default() }, false),
            (AllowEntry { stop_words: one("fAKE7"), ..AllowEntry::default() }, true),
            (AllowEntry { stop_words: one("fake8"), ..AllowEntry::default() }, false),
            (AllowEntry { patterns: one("none"), paths: one("src/"), ..narrow }, false),
        ] {
            assert_eq!(fits(&entry, &SEEN), expected, "{entry:?}");
        }
    }

    #[test]
    fn a_file_is_left_out_unread_only_where_nothing_but_its_path_is_asked() {
        let one = |text: &str| vec![text.to_owned()];
        let paths = AllowEntry { paths: one("lib/"), ..AllowEntry::default() };
        for (entry, expected) in [
            (paths.clone(), true),
            (AllowEntry { path_patterns: one("^lib/"), ..AllowEntry::default() }, true),
            (AllowEntry { outside_path_patterns: one("[.]rs$"), ..paths.clone() }, true),
            (AllowEntry { outside_path_patterns: one("[.]py$"), ..paths.clone() }, false),
            (AllowEntry { rules: one("acme"), ..paths.clone() }, false),
            (AllowEntry { patterns: one("fake"), ..paths.clone() }, false),
            (AllowEntry { commits: one("0123abcd"), ..paths.clone() }, false),
            (AllowEntry { stop_words: one("fake"), ..paths }, false),
        ] {
            let reason = list(entry.clone()).whole_path(b"lib/a.py");
            assert_eq!(reason.is_some(), expected, "{entry:?}");
            assert_eq!(list(entry.clone()).whole_path(b"src/a.py"), None, "{entry:?}");
        }
    }

    #[test]
    fn paths_fit_in_the_way_of_gitignore() {
        for (glob, path, fits) in [
            ("*.lock", "a/b/Cargo.lock", true),
            ("tests/fixtures", "tests/fixtures/a/b.txt", true),
            ("tests/fixtures", "other/tests/fixtures/b.txt", false),
            ("fixtures/", "other/fixtures/b.txt", true),
            ("/top.txt", "top.txt", true),
            ("/top.txt", "a/top.txt", false),
            ("docs/*.md", "docs/a/b.md", false),
        ] {
            let entry = AllowEntry { paths: vec![glob.into()], ..AllowEntry::default() };
            assert_eq!(list(entry).whole_path(path.as_bytes()).is_some(), fits, "{glob} {path}");
        }
    }

    #[test]
    fn entries_that_would_allow_everything_are_errors() {
        for (entry, expected) in [
            (AllowEntry::default(), "needs paths"),
            (AllowEntry { patterns: vec![String::new()], ..AllowEntry::default() }, "empty item"),
            (
                AllowEntry { patterns: vec!["x*".into()], ..AllowEntry::default() },
                "matches everything",
            ),
            (
                AllowEntry { patterns: vec!["foo(".into()], ..AllowEntry::default() },
                "allow pattern 1",
            ),
            (
                AllowEntry { paths: vec!["**".into()], ..AllowEntry::default() },
                "`paths` would allow",
            ),
            (
                AllowEntry { paths: vec!["/".into()], ..AllowEntry::default() },
                "`paths` would allow",
            ),
            (
                AllowEntry { paths: vec!["x".into(), "*".into()], ..AllowEntry::default() },
                "`paths` would",
            ),
            (
                AllowEntry { patterns: vec![".".into()], ..AllowEntry::default() },
                "`patterns` would",
            ),
            (
                AllowEntry { patterns: vec!["[a-z]".into()], ..AllowEntry::default() },
                "`patterns` would",
            ),
            (
                AllowEntry { line_patterns: vec![".+".into()], ..AllowEntry::default() },
                "`line_patterns` would",
            ),
            (AllowEntry { paths: vec!["a[".into()], ..AllowEntry::default() }, "a["),
            (
                AllowEntry { path_patterns: vec![".+".into()], ..AllowEntry::default() },
                "`path_patterns` would",
            ),
            (
                AllowEntry { path_patterns: vec!["[a-z]".into()], ..AllowEntry::default() },
                "`path_patterns` would",
            ),
            (
                AllowEntry { outside_path_patterns: vec!["abc".into()], ..AllowEntry::default() },
                "`outside_path_patterns` would",
            ),
            // Two keys that fit everything limit nothing together.
            (
                AllowEntry {
                    paths: vec!["*".into()],
                    patterns: vec![".".repeat(3)],
                    ..AllowEntry::default()
                },
                "`paths` would",
            ),
            (
                AllowEntry {
                    path_patterns: vec![".+".into()],
                    outside_path_patterns: vec!["abc".into()],
                    ..AllowEntry::default()
                },
                "`path_patterns` would",
            ),
        ] {
            let entry = AllowEntry { reason: "because".into(), ..entry };
            let error = Allow::compile(entry, "a.toml:3".into()).unwrap_err().to_string();
            assert!(error.starts_with("a.toml:3: ") && error.contains(expected), "{error}");
        }
        let silent = AllowEntry { paths: vec!["x".into()], ..AllowEntry::default() };
        assert!(Allow::compile(silent, "a.toml:3".into()).is_err());
    }

    #[test]
    fn what_limits_an_entry_may_be_just_long_enough() {
        let one = |text: &str| vec![text.to_owned()];
        let none = AllowEntry { reason: "because".into(), ..AllowEntry::default() };
        for (entry, is_taken) in [
            (AllowEntry { stop_words: one("ab "), ..none.clone() }, false),
            (AllowEntry { stop_words: one("abc"), ..none.clone() }, true),
            (AllowEntry { patterns: one("a[bc]"), ..none.clone() }, false),
            (AllowEntry { patterns: one("a[bc]d"), ..none.clone() }, true),
            // What says where it stands may be short.
            (AllowEntry { patterns: one("^a$"), ..none.clone() }, true),
            (AllowEntry { line_patterns: one("xy"), ..none.clone() }, false),
            (AllowEntry { path_patterns: one("q"), ..none.clone() }, false),
            (AllowEntry { path_patterns: one("qq"), ..none.clone() }, true),
            // One item that fits everything opens the whole key, whatever stands beside it.
            (AllowEntry { patterns: vec!["abcd".into(), "z".into()], ..none.clone() }, false),
            (AllowEntry { stop_words: vec!["z".into(), "abcd".into()], ..none.clone() }, false),
            // Another key limits it.
            (AllowEntry { patterns: one("z"), rules: one("acme"), ..none.clone() }, true),
            (AllowEntry { paths: one("*"), commits: one("0123abcd"), ..none.clone() }, true),
            (AllowEntry { patterns: one("z"), paths: one("lib/"), ..none.clone() }, true),
        ] {
            let compiled = Allow::compile(entry.clone(), "a.toml:3".into());
            assert_eq!(compiled.is_ok(), is_taken, "{entry:?}: {:?}", compiled.err());
        }
    }
}
