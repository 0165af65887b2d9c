//! Findings that were there when a team began, and are accepted: a versioned file of fingerprints.
//!
//! The file has one JSON object a line, sorted by fingerprint. It names no line and no date of its own, so
//! it does not change where code moves, and git can join the lines that two branches add
//! (`merge=union`). Nothing in it lets a password be guessed: see [`Fingerprint`].

use std::collections::BTreeMap;
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
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let fail = |message: String| BaselineError {
                file: file.to_owned(),
                line: Some(index + 1),
                message,
            };
            if [&b"<<<<<<<"[..], b"=======", b">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
                let message = "git has left a conflict here: keep the lines of both sides";
                return Err(fail(message.into()));
            }
            let entry: Accepted = serde_json::from_slice(line)
                .map_err(|error| fail(format!("it is no entry of a baseline: {error}")))?;
            entry.check().map_err(|message| fail(message.into()))?;
            baseline.add(entry);
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

/// A baseline on disk, read when the first finding is judged: a hook that finds nothing does not pay for
/// it.
#[derive(Debug)]
pub struct BaselineFile {
    path: PathBuf,
    now: i64,
    loaded: OnceLock<Result<Baseline, BaselineError>>,
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
        BaselineFile { path, now, loaded: OnceLock::new() }
    }

    /// Reads the file, once. What is not there accepts nothing.
    ///
    /// # Errors
    /// It cannot be read or understood.
    pub fn load(&self) -> Result<&Baseline, &BaselineError> {
        self.loaded.get_or_init(|| read(&self.path)).as_ref()
    }

    /// The error of the file, if it was read and has one.
    pub(super) fn failure(&self) -> Option<&BaselineError> {
        self.loaded.get().and_then(|loaded| loaded.as_ref().err())
    }

    /// What it says about a finding that has these fingerprints.
    pub(super) fn said_of<'a>(&self, known_by: impl Iterator<Item = &'a Fingerprint>) -> Said {
        // A baseline that cannot be read accepts nothing, and the run is incomplete.
        let Ok(baseline) = self.load() else { return Said::Nothing };
        let mut said = Said::Nothing;
        for entry in known_by.filter_map(|fingerprint| baseline.find(fingerprint.as_str())) {
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

/// Reads a baseline; one that is not there is empty.
fn read(path: &Path) -> Result<Baseline, BaselineError> {
    let shown = path
        .file_name()
        .map_or_else(|| escape_path(path), |name| escape(name.as_encoded_bytes()).into_owned());
    match file::read(path, MAX_BYTES) {
        Ok(text) => Baseline::parse(&text, &shown),
        // A link that leads nowhere is there.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() =>
        {
            Ok(Baseline::default())
        }
        Err(error) => {
            let message = format!("it cannot be read: {error}");
            Err(BaselineError { file: shown, line: None, message })
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
    fn an_entry_ends_after_its_last_day() {
        let file = BaselineFile::new("unused".into(), 86_400 * 10 + 5);
        for (until, expired) in [("1970-01-10", true), ("1970-01-11", false)] {
            let entry = Accepted { until: Some(until.into()), ..entry(1) };
            assert_eq!(entry.is_expired(file.now), expired);
        }
    }

    proptest::proptest! {
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
