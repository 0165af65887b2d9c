//! Findings that are not reported, and why.
//!
//! Nothing is dropped without a reason: the answer of this module is either nothing, or the
//! sentence that says who allowed the finding.

mod allow;
mod allowlist;
mod baseline;
mod globs;
mod inline;
mod line_allow;
mod mark;
mod paths;

pub use allow::{Allow, AllowEntry, AllowError};
pub use allowlist::Allowlist;
pub use baseline::{Accepted, BASELINE_FILE, Baseline, BaselineError, BaselineFile};
pub use inline::{InlineAllow, inline_allow};
pub use line_allow::{LineAllow, LineAllowError};
pub use paths::{LeftOut, PathFilter, PathFilterError};

use std::ops::Range;

use baseline::Said;

/// The name of git-secrets' file at a repository's root that holds what is allowed.
pub const ALLOWED_FILE: &str = ".gitallowed";

use crate::engine::Decoding;
use crate::finding::{Fingerprint, OTHER_MARK, Place};
use crate::text::lines::{line_around, line_before};

/// A finding, as the policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// What kind of bytes the secret stands in.
    pub place: Place,
    /// Their path.
    pub path: &'a [u8],
    /// The line, where allow entries ask for it ([`Allowlist::asks_for_lines`]); else 0.
    pub line: u64,
    /// The commit that has it, where one is known.
    pub commit: Option<&'a str>,
    /// The secret.
    pub secret: &'a [u8],
    /// The fingerprint of the finding.
    pub fingerprint: &'a Fingerprint,
    /// The fingerprint that it has in any file, if it has one.
    pub anywhere: Option<&'a Fingerprint>,
    /// The bytes around the secret.
    pub bytes: &'a [u8],
    /// Where in them the match is.
    pub span: &'a Range<usize>,
    /// How the secret was decoded from them, if it was.
    pub decoding: Option<&'a Decoding>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The finding is reported; something beside it would allow it, and does not count for this reason.
    Report(Option<String>),
    /// The finding is not reported, for this reason.
    Suppress(String),
    /// The finding is not reported, for this reason, nor what else was found of the same credential: it was
    /// accepted by its fingerprint.
    Accept(String),
}

impl Subject<'_> {
    /// The fingerprints that it is known by.
    fn known_by(&self) -> impl Iterator<Item = &Fingerprint> {
        std::iter::once(self.fingerprint).chain(self.anywhere)
    }
}

/// Decides about one finding: inline allows first, then the allowlist.
///
/// UTF-16 and UTF-32 text is judged by what its lines say, not by their bytes.
#[must_use]
pub fn decide(allowlist: &Allowlist, subject: Subject<'_>) -> Decision {
    let lines = subject
        .decoding
        .and_then(|decoding| decoding.lines(subject.bytes, subject.span, subject.secret));
    match lines {
        Some((lines, span)) => {
            decide_by_lines(allowlist, Subject { bytes: &lines, span: &span, ..subject })
        }
        None => decide_by_lines(allowlist, subject),
    }
}

fn decide_by_lines(allowlist: &Allowlist, subject: Subject<'_>) -> Decision {
    let inline = match subject.place {
        Place::Path | Place::RefName => InlineAllow::None,
        _ => beside(subject),
    };
    if let InlineAllow::Allowed(reason) = inline {
        return Decision::Suppress(format!("inline allow: {reason}"));
    }
    if let Some(reason) = allowlist.accepted(subject) {
        return Decision::Accept(reason);
    }
    if let Some(reason) = allowlist.reason(subject) {
        return Decision::Suppress(reason);
    }
    let expired = match allowlist.baseline_says(subject) {
        Said::Accepted(reason) => return Decision::Accept(reason),
        Said::Expired(until) => Some(until),
        Said::Nothing => None,
    };
    if inline == InlineAllow::NoReason {
        let warning = "the inline allow here does not count: it gives no reason";
        return Decision::Report(Some(warning.to_owned()));
    }
    let mark = match subject.place {
        Place::Path | Place::RefName => None,
        _ => mark::beside(subject.bytes, subject.span),
    };
    match mark {
        Some(mark) if allowlist.accepts_other_marks() => {
            Decision::Suppress(format!("{OTHER_MARK}: {mark}"))
        }
        Some(mark) => Decision::Report(Some(format!(
            "the mark `{mark}` here does not count; `other_marks = true` in .tightlip.toml accepts the \
             marks of other scanners"
        ))),
        None => Decision::Report(expired),
    }
}

/// An inline allow on the first or last line of the match, or on the line before for the next.
fn beside(subject: Subject<'_>) -> InlineAllow {
    let Subject { bytes, span, rule, .. } = subject;
    let first = line_around(bytes, span.start);
    let last = line_around(bytes, span.end.saturating_sub(1).max(span.start));
    let mut found = inline_allow(&bytes[first.clone()], rule, false);
    if last != first {
        found = found.or(|| inline_allow(&bytes[last], rule, false));
    }
    found.or(|| {
        line_before(bytes, first.start)
            .map_or(InlineAllow::None, |line| inline_allow(&bytes[line], rule, true))
    })
}
