//! Findings that were there when a team began, and are accepted: a versioned file of fingerprints.
//!
//! The file has one JSON object a line, sorted by fingerprint. It names no line and no date of its own, so
//! it does not change where code moves, and git can join the lines that two branches add
//! (`merge=union`). Nothing in it lets a password be guessed: see [`Fingerprint`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::file;
use crate::finding::Fingerprint;
use crate::text::date;
use crate::text::escape::{escape, escape_path};

/// The name of the file at a repository's root.
pub const BASELINE_FILE: &str = ".tightlip.baseline";

/// A million entries have a quarter of it.
const MAX_BYTES: u64 = 1 << 30;

/// One accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// What it is known by: in its file or, for a token, in any file.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: String,
    /// Where it was found first, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Why it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it is accepted, as `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A baseline that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", line.map_or_else(String::new, |line| format!(":{line}")))]
pub struct BaselineError {
    file: String,
    line: Option<usize>,
    message: String,
}

impl BaselineError {
    fn new(file: &str, line: usize, message: String) -> Self {
        BaselineError { file: file.to_owned(), line: Some(line), message }
    }
}

/// Accepted findings by their fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    entries: BTreeMap<String, Accepted>,
}

impl Accepted {
    /// Whether its last day has passed; `now` is in seconds since 1970.
    #[must_use]
    pub fn is_expired(&self, now: i64) -> bool {
        // Days of this form sort as they follow each other.
        self.until.as_ref().is_some_and(|until| *until < date::day(now))
    }

    /// Why it is accepted, and by whom.
    fn describe(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or("it was there before");
        match &self.owner {
            Some(owner) => format!("{reason}, says {owner}"),
            None => reason.to_owned(),
        }
    }

    /// Parses a line.
    fn parse(line: &[u8]) -> Result<Self, String> {
        if [&b"<<<<<<<"[..], b"=======", b">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
            return Err("git has left a conflict here: keep the lines of both sides".into());
        }
        let entry: Accepted = serde_json::from_slice(line)
            .map_err(|error| format!("it is no entry of a baseline: {error}"))?;
        entry.check()?;
        Ok(entry)
    }

    fn check(&self) -> Result<(), &'static str> {
        let is_hex = self.fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        if self.fingerprint.len() != Fingerprint::DIGITS || !is_hex {
            return Err("a fingerprint has 32 hexadecimal digits");
        }
        if self.until.as_ref().is_some_and(|until| !date::is_day(until)) {
            return Err("`until` is a day, as in 2027-01-31");
        }
        Ok(())
    }
}

impl Baseline {
    /// Parses the text of a file that is called `file` in errors.
    ///
    /// # Errors
    /// A line is no entry.
    pub fn parse(text: &[u8], file: &str) -> Result<Self, BaselineError> {
        let mut baseline = Baseline::default();
        for (number, line) in lines(text) {
            let entry = Accepted::parse(&text[line]);
            baseline.add(entry.map_err(|message| BaselineError::new(file, number, message))?);
        }
        Ok(baseline)
    }

    /// Writes the text of the file.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for entry in self.entries.values() {
            text.push_str(&serde_json::to_string(entry).expect("an entry has only text"));
            text.push('\n');
        }
        text
    }

    /// Adds an entry. Of two with one fingerprint the smaller one stays, so that it does not matter
    /// which came first.
    pub fn add(&mut self, entry: Accepted) {
        match self.entries.get_mut(&entry.fingerprint) {
            Some(known) => {
                if entry < *known {
                    *known = entry;
                }
            }
            None => drop(self.entries.insert(entry.fingerprint.clone(), entry)),
        }
    }

    /// Keeps the entries for which `is_kept` is true, and returns how many went.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&Accepted) -> bool) -> usize {
        let before = self.entries.len();
        self.entries.retain(|_, entry| is_kept(entry));
        before - self.entries.len()
    }

    /// The entry of a fingerprint.
    #[must_use]
    pub fn find(&self, fingerprint: &str) -> Option<&Accepted> {
        self.entries.get(fingerprint)
    }

    /// All entries, by fingerprint.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Accepted> {
        self.entries.values()
    }
}

/// The lines of a text that are not blank, without blanks around them, each with its number from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
    let ends = memchr::memchr_iter(b'\n', text).chain(std::iter::once(text.len()));
    let mut start = 0;
    let all = ends.map(move |end| {
        let line = start..end;
        start = end + 1;
        line
    });
    (1..).zip(all).filter_map(|(number, line)| {
        let bytes = &text[line.clone()];
        let before = bytes.len() - bytes.trim_ascii_start().len();
        let length = bytes.trim_ascii().len();
        (length > 0).then(|| (number, line.start + before..line.start + before + length))
    })
}

/// A baseline of which every line was checked, and each is parsed only when it is asked for: a hook that judges one
/// finding does not pay for a hundred thousand accepted ones.
#[derive(Debug)]
struct Ledger {
    text: Vec<u8>,
    /// The lines by their fingerprints.
    entries: Vec<(Digits, Range<usize>)>,
}

/// The digits of a fingerprint.
type Digits = [u8; Fingerprint::DIGITS];

impl Ledger {
    /// Looks at every line of a file that is called `file` in errors.
    fn new(text: Vec<u8>, file: &str) -> Result<Self, BaselineError> {
        let is_control = |byte: &u8| *byte < b' ';
        // Once for all lines, which is faster than for each; without a branch for each byte, many go at once.
        let has_control = |part: &[u8]| {
            part.iter().fold(false, |has, byte| has | (is_control(byte) & (*byte != b'\n')))
        };
        let is_plain = std::str::from_utf8(&text).is_ok() && !text.chunks(4096).any(has_control);
        let is_plain_line = |line: &[u8]| {
            is_plain || !line.iter().any(is_control) && std::str::from_utf8(line).is_ok()
        };
        let mut entries = Vec::new();
        for (number, line) in lines(&text) {
            let fail = |message| BaselineError::new(file, number, message);
            let bytes = &text[line.clone()];
            let digits = match plain_line(bytes).filter(|_| is_plain_line(bytes)) {
                Some(digits) => digits,
                None => digits_of(&Accepted::parse(&text[line.clone()]).map_err(fail)?),
            };
            entries.push((digits, line));
        }
        // A file that we wrote is in order; one that git has joined may not be.
        if !entries.is_sorted_by(|one, next| one.0 <= next.0) {
            entries.sort_unstable_by_key(|(fingerprint, _)| *fingerprint);
        }
        Ok(Ledger { text, entries })
    }

    /// The entry of a fingerprint: the smallest of several, as in [`Baseline::add`].
    fn find(&self, fingerprint: &str) -> Option<Accepted> {
        let wanted = fingerprint.as_bytes();
        let first = self.entries.partition_point(|(digits, _)| digits[..] < *wanted);
        let same = self.entries[first..].iter().take_while(|(digits, _)| digits[..] == *wanted);
        same.filter_map(|(_, line)| Accepted::parse(&self.text[line.clone()]).ok()).min()
    }
}

fn digits_of(entry: &Accepted) -> Digits {
    let mut digits = [0; Fingerprint::DIGITS];
    // Its length was checked.
    digits.iter_mut().zip(entry.fingerprint.bytes()).for_each(|(digit, byte)| *digit = byte);
    digits
}

/// Returns the digits of a line that has the form in which [`Baseline::render`] writes it, without an escape; any
/// other is parsed. Text of other bytes than UTF-8 without control characters is for the caller to refuse.
fn plain_line(line: &[u8]) -> Option<Digits> {
    const KEYS: [&[u8]; 4] = [b"\"path\":\"", b"\"reason\":\"", b"\"owner\":\"", b"\"until\":\""];
    let text = |rest: &mut &[u8]| -> Option<usize> {
        let end = memchr::memchr2(b'"', b'\\', rest).filter(|&end| rest[end] == b'"')?;
        *rest = &rest[end + 1..];
        Some(end)
    };
    let mut rest = line.strip_prefix(b"{\"fingerprint\":\"")?;
    let digits: Digits = rest.get(..Fingerprint::DIGITS)?.try_into().ok()?;
    rest = rest[Fingerprint::DIGITS..].strip_prefix(b"\",\"rule\":\"")?;
    text(&mut rest)?;
    for key in KEYS {
        let Some(value) = rest.strip_prefix(b",").and_then(|rest| rest.strip_prefix(key)) else {
            continue;
        };
        rest = value;
        let length = text(&mut rest)?;
        let is_day = || std::str::from_utf8(&value[..length]).is_ok_and(date::is_day);
        if key == KEYS[3] && !is_day() {
            return None;
        }
    }
    (rest == b"}" && digits.iter().fold(true, |all, digit| all & digit.is_ascii_hexdigit()))
        .then_some(digits)
}

/// A baseline on disk, read when the first finding is judged: a hook that finds nothing does not pay for
/// it.
#[derive(Debug)]
pub struct BaselineFile {
    path: PathBuf,
    now: i64,
    ledger: OnceLock<Result<Ledger, BaselineError>>,
    whole: OnceLock<Result<Baseline, BaselineError>>,
}

/// What a baseline says about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// It is accepted, for this reason.
    Accepted(String),
    /// It was accepted; this tells how long.
    Expired(String),
}

impl BaselineFile {
    /// Names a file that need not be there. `now` is in seconds since 1970.
    #[must_use]
    pub fn new(path: PathBuf, now: i64) -> Self {
        BaselineFile { path, now, ledger: OnceLock::new(), whole: OnceLock::new() }
    }

    /// Reads the file, once. What is not there accepts nothing.
    ///
    /// # Errors
    /// It cannot be read or understood.
    pub fn load(&self) -> Result<&Baseline, &BaselineError> {
        let whole = || {
            let ledger = self.ledger().map_err(Clone::clone)?;
            Baseline::parse(&ledger.text, &shown(&self.path))
        };
        self.whole.get_or_init(whole).as_ref()
    }

    /// Whether the last day of an entry has passed, today being that of the run.
    #[must_use]
    pub fn is_expired(&self, entry: &Accepted) -> bool {
        entry.is_expired(self.now)
    }

    /// Reads the file if it was not read, so that a run is incomplete where it cannot be understood, whatever is found.
    pub(super) fn check(&self) {
        let _ = self.ledger();
    }

    fn ledger(&self) -> Result<&Ledger, &BaselineError> {
        self.ledger.get_or_init(|| read(&self.path)).as_ref()
    }

    /// The error of the file, if it was read and has one.
    pub(super) fn failure(&self) -> Option<&BaselineError> {
        self.ledger.get().and_then(|loaded| loaded.as_ref().err())
    }

    /// What it says about a finding that has these fingerprints.
    pub(super) fn said_of<'a>(&self, known_by: impl Iterator<Item = &'a Fingerprint>) -> Said {
        // A baseline that cannot be read accepts nothing, and the run is incomplete.
        let Ok(ledger) = self.ledger() else { return Said::Nothing };
        let mut said = Said::Nothing;
        for entry in known_by.filter_map(|fingerprint| ledger.find(fingerprint.as_str())) {
            if !entry.is_expired(self.now) {
                return Said::Accepted(format!("the baseline accepts it: {}", entry.describe()));
            }
            let until = entry.until.as_deref().unwrap_or_default();
            said = Said::Expired(format!(
                "the baseline accepted it until {until}: {}",
                entry.describe()
            ));
        }
        said
    }
}

/// The name of a file as errors tell it.
fn shown(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| escape_path(path), |name| escape(name.as_encoded_bytes()).into_owned())
}

/// Reads a baseline; one that is not there is empty.
fn read(path: &Path) -> Result<Ledger, BaselineError> {
    match file::read(path, MAX_BYTES) {
        Ok(text) => Ledger::new(text, &shown(path)),
        // A link that leads nowhere is there.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() =>
        {
            Ledger::new(Vec::new(), "")
        }
        Err(error) => {
            let message = format!("it cannot be read: {error}");
            Err(BaselineError { file: shown(path), line: None, message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Accepted {
        Accepted {
            fingerprint: format!("{number:032x}"),
            rule: "r".into(),
            path: format!("a/{number}"),
            reason: None,
            owner: None,
            until: None,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut baseline = Baseline::default();
        baseline.add(Accepted {
            reason: Some("it's \"old\"\n".into()),
            owner: Some("team ü".into()),
            until: Some("2027-01-31".into()),
            ..entry(2)
        });
        baseline.add(entry(1));
        let text = baseline.render();
        assert_eq!(text.lines().count(), 2);
        assert!(text.starts_with("{\"fingerprint\":\"0000"), "{text}");
        assert_eq!(Baseline::parse(text.as_bytes(), "f").unwrap(), baseline);
    }

    #[test]
    fn what_is_broken_names_its_line() {
        let good = Baseline { entries: [(String::new(), entry(1))].into() }.render();
        for (bad, expected) in [
            ("{}", "missing field"),
            ("{\"fingerprint\":\"12\",\"rule\":\"r\"}", "32 hexadecimal digits"),
            ("<<<<<<< HEAD", "conflict"),
            ("secret", "no entry"),
            (&good.replace("\"r\"", "\"r\",\"until\":\"soon\"") as &str, "`until` is a day"),
            (&good.replace("\"r\"", "\"r\",\"line\":1"), "unknown field"),
        ] {
            let text = format!("{good}\n{bad}\n");
            let error = Baseline::parse(text.as_bytes(), "f").unwrap_err().to_string();
            assert!(error.starts_with("f:3: ") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_line_is_read_fast_only_in_the_form_that_is_written() {
        let whole = Accepted {
            reason: Some("old".into()),
            owner: Some("me".into()),
            until: Some("2027-01-31".into()),
            ..entry(1)
        };
        for entry in [entry(1), whole] {
            let line = Baseline { entries: [(String::new(), entry.clone())].into() }.render();
            let line = line.trim_end();
            assert_eq!(plain_line(line.as_bytes()), Some(digits_of(&entry)));
            for (good, bad) in [
                ("{\"fing", "{ \"fing"),
                ("0001\"", "000g\""),
                ("0001\"", "00gg\""),
                ("0001\"", "001\""),
                ("\"r\"", "\"\\u0072\""),
                ("\"a/1\"", "\"a\\/1\""),
                ("\"}", "\"} "),
                ("\"}", "\",\"x\":1}"),
            ] {
                assert!(line.contains(good), "{line}");
                let line = line.replacen(good, bad, 1);
                assert_eq!(plain_line(line.as_bytes()), None, "{line}");
            }
        }
    }

    #[test]
    fn an_entry_ends_after_its_last_day() {
        let file = BaselineFile::new("unused".into(), 86_400 * 10 + 5);
        for (until, expired) in [("1970-01-10", true), ("1970-01-11", false)] {
            let entry = Accepted { until: Some(until.into()), ..entry(1) };
            assert_eq!(entry.is_expired(file.now), expired);
        }
    }

    #[test]
    fn a_baseline_file_says_why_by_whom_and_how_long() {
        let secret = crate::finding::Secret::new(&b"Fake77"[..]);
        let own = Fingerprint::new("acme", crate::finding::Place::Commit, b"a", &secret);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accepted");
        let base = Accepted { fingerprint: own.as_str().to_owned(), ..entry(1) };
        let known = |reason: &str, owner: &str, until: &str| {
            let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let entry = Accepted {
                reason: filled(reason),
                owner: filled(owner),
                until: filled(until),
                ..base.clone()
            };
            fs::write(&path, Baseline { entries: [(String::new(), entry)].into() }.render())
                .unwrap();
            let file = BaselineFile::new(path.clone(), 86_400 * 10 + 5);
            assert_eq!(file.load().unwrap().entries().len(), 1);
            match file.said_of([&own].into_iter()) {
                Said::Nothing => String::new(),
                Said::Accepted(reason) | Said::Expired(reason) => reason,
            }
        };
        for (reason, owner, until, expected) in [
            ("", "", "", "the baseline accepts it: it was there before"),
            ("a test", "", "", "the baseline accepts it: a test"),
            ("a test", "A", "1970-01-11", "the baseline accepts it: a test, says A"),
            (
                "",
                "A",
                "1970-01-10",
                "the baseline accepted it until 1970-01-10: it was there before, says A",
            ),
        ] {
            assert_eq!(known(reason, owner, until), expected);
        }
        let other = Fingerprint::new("acme", crate::finding::Place::Commit, b"b", &secret);
        let file = BaselineFile::new(path.clone(), 0);
        assert!(matches!(file.said_of([&other].into_iter()), Said::Nothing));
        assert!(file.failure().is_none());
    }

    #[test]
    fn a_baseline_that_is_there_and_cannot_be_read_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("broken"), "{}\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
        let unread: &[&str] =
            if cfg!(unix) { &["folder", "broken", "dangling"] } else { &["folder", "broken"] };
        for name in unread {
            let file = BaselineFile::new(at(name), 0);
            assert!(file.load().is_err(), "{name}");
            assert!(file.failure().is_some() || *name == "broken", "{name}");
        }
        let absent = BaselineFile::new(at("absent"), 0);
        assert_eq!(absent.load().unwrap().entries().len(), 0);
        assert!(absent.failure().is_none());
    }

    #[test]
    fn entries_that_are_not_kept_are_counted() {
        let mut baseline = Baseline::default();
        (1..=5).for_each(|number| baseline.add(entry(number)));
        assert_eq!(baseline.retain(|one| one.path != "a/2" && one.path != "a/4"), 2);
        let left: Vec<&str> = baseline.entries().map(|one| &*one.path).collect();
        assert_eq!(left, ["a/1", "a/3", "a/5"]);
        assert_eq!(baseline.retain(|_| true), 0);
        assert!(baseline.find(&entry(3).fingerprint).is_some());
        assert!(baseline.find(&entry(2).fingerprint).is_none());
    }

    /// Entries whose texts hold what JSON escapes, and bytes that need none.
    fn entries() -> impl proptest::strategy::Strategy<Value = Vec<Accepted>> {
        use proptest::prelude::*;
        let text = || proptest::option::of("[a-z\"\\\\ü/ \n\u{1}]{0,6}");
        let until = prop_oneof![Just(None), Just(Some("2027-01-31".to_owned()))];
        let one = (0_u64..30, text(), text(), text(), until).prop_map(
            |(number, path, reason, owner, until)| {
                let path = path.unwrap_or_default();
                Accepted { path, reason, owner, until, ..entry(number) }
            },
        );
        proptest::collection::vec(one, 0..20)
    }

    proptest::proptest! {
        #[test]
        fn a_line_that_is_not_parsed_yet_says_what_a_parsed_one_says(
            list in entries(),
            changes in proptest::collection::vec((0..1_usize << 16, 0..=255_u8), 0..3),
        ) {
            // As git joins them: in any order, and one fingerprint several times.
            let lines = list.iter().map(|one| serde_json::to_string(one).unwrap() + "\n");
            let mut text: Vec<u8> = lines.flat_map(String::into_bytes).collect();
            for (at, value) in changes.iter().filter(|_| !list.is_empty()) {
                let length = text.len();
                text[at % length] = *value;
            }
            let whole = Baseline::parse(&text, "f");
            let ledger = Ledger::new(text, "f");
            proptest::prop_assert_eq!(whole.as_ref().err(), ledger.as_ref().err());
            if let (Ok(whole), Ok(ledger)) = (whole, ledger) {
                proptest::prop_assert!(whole.entries().len() <= ledger.entries.len());
                for accepted in whole.entries() {
                    proptest::prop_assert_eq!(ledger.find(&accepted.fingerprint), Some(accepted.clone()));
                }
                proptest::prop_assert_eq!(ledger.find(&entry(99).fingerprint), None);
            }
        }

        #[test]
        fn joined_lines_are_the_baseline_of_both(
            ours in proptest::collection::vec(0_u64..40, 0..30),
            theirs in proptest::collection::vec(0_u64..40, 0..30),
        ) {
            let of = |numbers: &[u64]| {
                let mut baseline = Baseline::default();
                numbers.iter().for_each(|&number| baseline.add(entry(number)));
                baseline
            };
            let both = of(&[&ours[..], &theirs[..]].concat());
            let union = of(&ours).render() + &of(&theirs).render();
            proptest::prop_assert_eq!(Baseline::parse(union.as_bytes(), "f").unwrap(), both);
        }
    }
}
