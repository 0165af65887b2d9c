//! A process that has ended, and what is expected of it.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use crate::expected::Expected;
use crate::fixture::output;

/// What follows the findings.
pub(crate) const MESSAGE: &str = "
[ERROR] Matched one or more prohibited patterns

Possible mitigations:
- Mark false positives as allowed using: git config --add secrets.allowed ...
- Mark false positives as allowed by adding regular expressions to .gitallowed at repository's \
root directory
- List your configured patterns: git config --get-all secrets.patterns
- List your configured allowed patterns: git config --get-all secrets.allowed
- List your configured allowed patterns in .gitallowed at repository's root directory
- Use --no-verify if this is a one-time false positive
";

/// What a process said and how it ended.
pub(crate) struct Ran {
    command: String,
    status: i32,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl fmt::Display for Ran {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        writeln!(to, "$ {}\nstatus {}", self.command, self.status)?;
        writeln!(to, "--- stdout\n{}--- stderr\n{}---", shown(&self.out), shown(&self.err))
    }
}

impl Ran {
    /// Runs a command to its end.
    #[must_use = "nothing is expected of this run"]
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = output(command);
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| format!("{:?}", OsStr::from_bytes(word.as_bytes())))
            .collect();
        let signal = output.status.signal().map_or(-1, |signal| 128 + signal);
        Ran {
            command: words.join(" "),
            status: output.status.code().unwrap_or(signal),
            out: output.stdout,
            err: output.stderr,
        }
    }

    /// Standard output.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Standard error.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    #[track_caller]
    pub(crate) fn status(self, expected: impl Into<Expected<i32>>) -> Self {
        let expected = expected.into().now();
        assert!(self.status == expected, "status {expected} is expected\n{self}");
        self
    }

    /// Expects any status but 0.
    #[track_caller]
    pub(crate) fn fails(self) -> Self {
        assert!(self.status != 0, "a failure is expected\n{self}");
        self
    }

    /// Expects exactly this on standard output.
    #[track_caller]
    pub(crate) fn out<'a>(self, expected: impl Into<Expected<&'a str>>) -> Self {
        let expected = expected.into().now();
        assert!(self.stdout() == expected, "expected on stdout:\n{expected}\n{self}");
        self
    }

    /// Expects exactly this on standard error.
    #[track_caller]
    pub(crate) fn err<'a>(self, expected: impl Into<Expected<&'a str>>) -> Self {
        let expected = expected.into().now();
        assert!(self.stderr() == expected, "expected on stderr:\n{expected}\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn out_starts(self, expected: &str) -> Self {
        assert!(self.stdout().starts_with(expected), "stdout is to start {expected:?}\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn err_starts(self, expected: &str) -> Self {
        assert!(self.stderr().starts_with(expected), "stderr is to start {expected:?}\n{self}");
        self
    }

    /// Expects this somewhere on standard error.
    #[track_caller]
    pub(crate) fn says<'a>(self, expected: impl Into<Expected<&'a str>>) -> Self {
        let expected = expected.into().now();
        assert!(self.stderr().contains(expected), "stderr is to say {expected:?}\n{self}");
        self
    }

    /// Expects this nowhere on standard error.
    #[track_caller]
    pub(crate) fn never_says(self, unexpected: &str) -> Self {
        assert!(!self.stderr().contains(unexpected), "stderr says {unexpected:?}\n{self}");
        self
    }

    /// Expects a run that is content and says nothing.
    #[track_caller]
    pub(crate) fn passes(self) {
        self.finds("");
    }

    /// Expects exactly these findings with the text that follows them, or none and silence.
    #[track_caller]
    pub(crate) fn finds<'a>(self, expected: impl Into<Expected<&'a str>>) {
        let expected = expected.into().now();
        if expected.is_empty() {
            self.status(0).out("").err("");
        } else {
            self.status(1).out("").err(&format!("{expected}\n{MESSAGE}"));
        }
    }

    /// Expects exactly these findings in any order.
    #[track_caller]
    pub(crate) fn finds_all(self, expected: &[&str]) {
        let said = self.stderr();
        let mut found: Vec<_> = said.strip_suffix(MESSAGE).unwrap_or(&said).lines().collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert!(found == expected, "expected are the findings {expected:#?}\n{self}");
        self.status(i32::from(!expected.is_empty())).out("");
    }

    /// Expects findings, these among them if any are named, from a run that nothing else stopped.
    #[track_caller]
    pub(crate) fn stopped_by<'a>(self, text: impl Into<Expected<&'a str>>) {
        let text = text.into().now();
        if text.is_empty() {
            self.status(0);
        } else {
            self.fails().says(text).says("[ERROR] Matched one or more prohibited patterns");
        }
    }
}
