//! Allow entries of git-secrets: expressions on a line with its path and number before it.
//!
//! git-secrets drops every finding of a line of its output, `path:line:text`, on which an entry
//! matches anything. Here an entry hides what it covers: the secrets that one of its matches
//! touches, or all of a line if it matches in the path and number before it.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::Input;
use regex_automata::meta::Regex;

use super::Subject;
use super::allow::{MIN_PATH_PATTERN_BYTES, is_short_pattern};
use super::globs::MANY_PATHS;
use crate::pattern::exact::Exact;
use crate::pattern::{Ere, EreError, requires_literal, syntax};
use crate::text::escape::escape;
use crate::text::lines::lf_line_around;

/// An allow entry that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: allowed pattern")]
pub struct LineAllowError {
    origin: String,
    #[source]
    source: EreError,
}

/// One allow entry, compiled when there is a finding to judge.
#[derive(Debug)]
pub struct LineAllow {
    text: String,
    ere: Ere,
    origin: String,
    hides_line: bool,
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    exact: Option<Exact>,
}

/// A line as git-secrets would print it.
#[derive(Debug)]
struct Printed {
    text: Vec<u8>,
    /// The digits of the commit's id; none if no commit is printed.
    commit: Range<usize>,
    /// The digits of the line's number.
    number: Range<usize>,
    secret: Range<usize>,
}

/// How many bytes of a line are read before a secret and behind it.
const MAX_AROUND_BYTES: usize = 64 << 10;

/// How many digits of its id name a commit.
const MIN_COMMIT_DIGITS: usize = 7;

impl LineAllow {
    /// Makes an entry of a POSIX extended regular expression that stands at `origin`; with
    /// `hides_line`, it hides all of a line on which it matches anything.
    ///
    /// # Errors
    /// The expression cannot be translated, or would allow everything.
    pub fn new(ere: &[u8], origin: String, hides_line: bool) -> Result<Self, LineAllowError> {
        let text = escape(ere).into_owned();
        let translated = Ere::translate_allowed(ere).and_then(Ere::if_not_empty);
        let usable = translated.and_then(|ere| {
            let compiled = OnceLock::new();
            let entry =
                LineAllow { text: text.clone(), ere, origin: origin.clone(), hides_line, compiled };
            entry.check().map(|()| entry)
        });
        usable.map_err(|source| LineAllowError { origin, source })
    }

    /// Compiles the few entries that may have to be refused.
    fn check(&self) -> Result<(), EreError> {
        let ere = &self.ere;
        let may_be_large =
            ere.exact.is_some() || ere.pattern.contains('{') || ere.pattern.len() > 1000;
        if may_be_large && self.compiled().is_none() {
            return Err(EreError::TooLarge);
        }
        // What some characters in a row have to fit is narrow enough, and need not be compiled.
        let may_fit_all = ere.exact.is_some() || !requires_literal(&ere.pattern);
        if may_fit_all && (self.fits_every_line() || self.is_short()) {
            return Err(EreError::MatchesAll);
        }
        Ok(())
    }

    /// Whether a single character is all that it asks for.
    fn is_short(&self) -> bool {
        self.ere.exact.is_none() && is_short_pattern(&self.ere.pattern, MIN_PATH_PATTERN_BYTES)
    }

    /// Whether it hides secrets that have nothing in common, in files that have nothing in common.
    fn fits_every_line(&self) -> bool {
        let secrets = ["ZKXQWVBNZKXQWVBN", "kxqwvbnzkxqwvbnz", "0f9e8d7c6b5a4932"];
        MANY_PATHS.iter().zip(secrets.into_iter().cycle()).all(|(path, secret)| {
            let text = format!("{path}:7319:{secret}").into_bytes();
            let start = text.len() - secret.len();
            let number = path.len() + 1..start - 1;
            let secret = start..text.len();
            self.hides(&Printed { text, commit: 0..0, number, secret })
        })
    }

    fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get_or_init(|| compile(&self.ere)).as_ref()
    }

    /// Returns where it stands, and not what it says: it may be what it hides.
    pub(super) fn describe(&self) -> String {
        self.origin.clone()
    }

    /// The expression as it was written, for a hash of everything that decides.
    pub(super) fn key(&self) -> (&str, bool) {
        (&self.text, self.hides_line)
    }

    fn hides(&self, line: &Printed) -> bool {
        // An entry that cannot be compiled allows nothing.
        let Some(compiled) = self.compiled() else { return false };
        let secret = &line.secret;
        let prefix = line.number.end + 1;
        let counts = |found: Range<usize>| {
            let is_in = |part: &Range<usize>| part.start <= found.start && found.end <= part.end;
            // Digits that fit by chance mean neither a line nor a commit.
            let is_chance =
                is_in(&line.number) || is_in(&line.commit) && found.len() < MIN_COMMIT_DIGITS;
            self.hides_line
                || found.end <= prefix && !is_chance
                || found.start < secret.end && secret.start < found.end
        };
        match &compiled.exact {
            Some(exact) => {
                compiled.regex.is_match(&line.text)
                    && exact.find(&line.text).is_ok_and(|spans| spans.into_iter().any(counts))
            }
            None => {
                let prefix = Input::new(&line.text).range(..prefix);
                compiled.regex.find_iter(prefix).any(|found| counts(found.range()))
                    || compiled.regex.find_iter(&line.text).any(|found| counts(found.range()))
            }
        }
    }
}

fn compile(ere: &Ere) -> Option<Compiled> {
    let regex = syntax::compile(&ere.pattern).ok()?;
    let exact = ere.exact.as_deref().map(Exact::compile).transpose().ok()?;
    Some(Compiled { regex, exact })
}

/// Returns the entry that hides a finding, if one does.
pub(super) fn hidden_by<'a>(
    allows: &'a [LineAllow],
    subject: Subject<'_>,
) -> Option<&'a LineAllow> {
    let by_path = Printed::new(subject, None);
    let hider = allows.iter().find(|allow| allow.hides(&by_path));
    hider.or_else(|| {
        let with_commit = Printed::new(subject, Some(subject.commit?));
        allows.iter().find(|allow| allow.hides(&with_commit))
    })
}

impl Printed {
    fn new(subject: Subject<'_>, commit: Option<&str>) -> Self {
        let Subject { bytes, span, path, .. } = subject;
        let from = span.start.saturating_sub(MAX_AROUND_BYTES);
        let to = bytes.len().min(span.end.saturating_add(MAX_AROUND_BYTES));
        let line = lf_line_around(&bytes[from..to], span.start - from);
        let (start, end) = (from + line.start, from + line.end);
        let mut text = Vec::new();
        let id = 0..commit.map_or(0, str::len);
        if let Some(commit) = commit {
            text.extend_from_slice(commit.as_bytes());
            text.push(b':');
        }
        text.extend_from_slice(path);
        text.push(b':');
        let from = text.len();
        text.extend_from_slice(subject.line.to_string().as_bytes());
        let number = from..text.len();
        text.push(b':');
        let secret = text.len() + span.start - start;
        text.extend_from_slice(&bytes[start..end]);
        let secret = secret..(secret + span.len()).min(text.len());
        Printed { text, commit: id, number, secret }
    }
}

#[cfg(test)]
mod tests {
    use super::{LineAllow, hidden_by};
    use crate::finding::{Fingerprint, Place, Secret};
    use crate::suppress::Subject;

    fn is_hidden(ere: &str, hides_line: bool, line: &str, secret: &str) -> bool {
        let allow = LineAllow::new(ere.as_bytes(), "x:1".into(), hides_line).unwrap();
        let start = line.find(secret).unwrap();
        let fingerprint =
            Fingerprint::new("r", Place::Index, b"src/a.py", &Secret::new(secret.as_bytes()));
        let subject = Subject {
            rule: "r",
            place: Place::Index,
            path: b"src/a.py",
            line: 12,
            commit: Some("0123abcd"),
            secret: secret.as_bytes(),
            fingerprint: &fingerprint,
            anywhere: None,
            bytes: line.as_bytes(),
            span: &(start..start + secret.len()),
            decoding: None,
        };
        hidden_by(&[allow], subject).is_some()
    }

    #[test]
    fn an_entry_hides_what_it_covers() {
        for (ere, line, secret, expected) in [
            ("EXAMPLE", "k = KEYEXAMPLE", "KEYEXAMPLE", true),
            ("KEYEXAMPLE", "KEYEXAMPLE and KEYREAL", "KEYREAL", false),
            ("KEYEXAMPLE", "KEYEXAMPLE and KEYREAL", "KEYEXAMPLE", true),
            // The path and number before the line.
            ("^src/.*:", "a: KEYREAL", "KEYREAL", true),
            ("^src/a\\.py:12:", "KEYREAL", "KEYREAL", true),
            ("a\\.py", "KEYREAL", "KEYREAL", true),
            ("^src/b", "KEYREAL", "KEYREAL", false),
            ("^src/.*EXAMPLE", "KEYEXAMPLE and KEYREAL", "KEYEXAMPLE", true),
            ("^src/.*EXAMPLE", "KEYEXAMPLE and KEYREAL", "KEYREAL", false),
            ("^[0-9a-f]+:src/", "KEYREAL", "KEYREAL", true),
            // A number is no path.
            ("12", "KEYREAL", "KEYREAL", false),
            ("^0123abcd:", "KEYREAL", "KEYREAL", true),
            ("0123abc", "KEYREAL", "KEYREAL", true),
            // Beside it.
            ("# fine", "KEYREAL # fine", "KEYREAL", false),
            ("KEY.*# fine", "KEYREAL # fine", "KEYREAL", true),
            ("(K)EY\\1", "KEYK", "KEYK", true),
        ] {
            assert_eq!(is_hidden(ere, false, line, secret), expected, "{ere} {line}");
        }
        assert!(is_hidden("# fine", true, "KEYREAL # fine", "KEYREAL"));
    }

    #[test]
    fn what_would_allow_everything_is_refused() {
        for ere in [
            "x*",
            "",
            "a|",
            "foo(",
            ".",
            ".+",
            ":",
            "^.*:[0-9]+:",
            "a",
            "[^x]",
            "[A-Z]",
            "[A-Za-z]+",
            "\\w",
            "(foo|.)",
            "[a-zA-Z0-9_./-]+",
            "[[:alnum:]]{8,}",
            ".{5}",
            "(.)\\1|.",
        ] {
            let error = LineAllow::new(ere.as_bytes(), "x:1".into(), false).unwrap_err();
            assert!(error.to_string().starts_with("x:1: allowed pattern"), "{error}");
        }
    }
}
