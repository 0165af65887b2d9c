//! The line of a finding, in pieces that may be shown.

use super::{ReportOptions, printable};
use crate::finding::{Excerpt, Finding, Redactor, Secret};
use crate::text::escape::escape;

/// A piece of a line: printable, and masked unless the caller asked for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text around secrets.
    Plain(String),
    /// The mask, or the secret where `--reveal` was given.
    Secret(String),
}

/// Returns the line that holds the secret's beginning, without the blanks before it.
pub(super) fn pieces(finding: &Finding, options: ReportOptions, redactor: &Redactor) -> Vec<Piece> {
    let excerpt = &finding.excerpt;
    let mut pieces = Vec::new();
    let mut at = 0;
    for secret in &excerpt.secrets {
        pieces.push(Piece::Plain(printable(&excerpt.bytes[at..secret.start], redactor)));
        pieces.push(Piece::Secret(match options.reveal {
            true => escape(&excerpt.bytes[secret.clone()]).into_owned(),
            false => mask(excerpt, secret, finding),
        }));
        at = secret.end;
    }
    pieces.push(Piece::Plain(printable(&excerpt.bytes[at..], redactor)));
    if let Some(Piece::Plain(first)) = pieces.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if excerpt.cut_before {
        pieces.insert(0, Piece::Plain("...".into()));
    }
    if excerpt.cut_after {
        pieces.push(Piece::Plain("...".into()));
    }
    pieces
}

fn mask(excerpt: &Excerpt, secret: &std::ops::Range<usize>, finding: &Finding) -> String {
    let bytes = &excerpt.bytes[secret.clone()];
    if finding.secret.expose().starts_with(bytes) {
        // The finding's own secret, or the part of it that stands on this line.
        return finding.secret.redacted();
    }
    Secret::new(bytes).redacted()
}
