//! The line that holds a secret, as wide as the terminal.

use std::io::{self, Write};

use super::super::excerpt::{self, Piece};
use super::super::presence;
use super::{Writer, file_of};
use crate::finding::Finding;
use crate::text::wrap::columns;

/// The mark of a cut.
const CUT: &str = "...";

/// How many columns show enough of a line.
const ENOUGH: usize = 48;

/// Writes the line.
pub(super) fn write(writer: &Writer<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", numbered(writer, finding, writer.options.width))
}

/// Writes the line and, if the terminal is wide enough, the facts for a first step behind it.
pub(super) fn write_with_notes(
    writer: &Writer<'_>,
    finding: &Finding,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = writer.options.width;
    let line = numbered(writer, finding, width);
    let notes = notes(writer, finding);
    let account = finding.account.as_ref().map(|account| format!("AWS account {account}"));
    let with_account: Vec<String> = notes.iter().cloned().chain(account).collect();
    for notes in [&with_account, &notes] {
        if notes.is_empty() {
            return writeln!(out, "{line}");
        }
        let joined = format!("{line}{}", behind(writer, notes));
        if width.is_some_and(|width| columns(&joined) <= width) {
            return writeln!(out, "{joined}");
        }
    }
    // A long line is cut some more, if enough of it is left.
    let behind = behind(writer, &notes);
    let left = width.map_or(0, |width| width.saturating_sub(columns(&behind)));
    let shorter = numbered(writer, finding, Some(left));
    if left >= ENOUGH && columns(&shorter) <= left {
        return writeln!(out, "{shorter}{behind}");
    }
    writeln!(out, "{line}")?;
    let notes = if width.is_some() { notes } else { with_account };
    writer.fact(&notes.join("; "), out)
}

/// Notes as they stand behind a line.
fn behind(writer: &Writer<'_>, notes: &[String]) -> String {
    format!("  {} {}", writer.style.dim("="), notes.join("; "))
}

/// Names the commit of a finding where space is short.
pub(super) fn commit(finding: &Finding) -> Option<String> {
    let commit = finding.origin.commit.as_ref()?;
    Some(format!("commit {}", commit.short_id()))
}

/// What is needed to take the secret out, without what helps only later.
fn notes(writer: &Writer<'_>, finding: &Finding) -> Vec<String> {
    let mut notes = Vec::new();
    if writer.commit_in_head(finding).is_none() {
        notes.extend(commit(finding));
    }
    notes.extend(presence::lines(finding, writer.redactor));
    notes.extend(finding.related.as_ref().map(|related| {
        let what = writer.shown(related.description.as_bytes());
        let file = writer.shown(file_of(finding).as_bytes());
        format!("with {what}{file} on line {}", related.start.line)
    }));
    notes.extend(
        finding.notes.iter().chain(&finding.warnings).map(|note| writer.shown(note.as_bytes())),
    );
    notes
}

/// `12 | NAME=****`, with its secrets masked unless they were asked for.
pub(super) fn numbered(writer: &Writer<'_>, finding: &Finding, width: Option<usize>) -> String {
    let number = format!("{} |", finding.location.start.line);
    let pieces = excerpt::pieces(finding, writer.options, writer.redactor);
    let before = 2 + number.len() + 1;
    let pieces = match width {
        // `--reveal` asks for whole secrets: nothing is cut.
        Some(width) if !writer.options.reveal => {
            fit(pieces, own(finding), width.saturating_sub(before))
        }
        _ => pieces,
    };
    let shown: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Secret(text) => writer.style.red(text),
        })
        .collect();
    format!("  {} {shown}", writer.style.dim(&number))
}

/// Which of the secrets on the line is the finding's own.
fn own(finding: &Finding) -> usize {
    let excerpt = &finding.excerpt;
    let is_own = |span: &std::ops::Range<usize>| {
        finding.secret.expose().starts_with(&excerpt.bytes[span.clone()])
    };
    excerpt.secrets.iter().position(is_own).unwrap_or(0)
}

/// Cuts a line to a width around one of its secrets, most of what is left before it: a name says more than what
/// follows.
fn fit(pieces: Vec<Piece>, own: usize, width: usize) -> Vec<Piece> {
    let text = |piece: &Piece| match piece {
        Piece::Plain(text) | Piece::Secret(text) => text.chars().count(),
    };
    let total: usize = pieces.iter().map(text).sum();
    let secrets = pieces.iter().enumerate().filter(|(_, piece)| matches!(piece, Piece::Secret(_)));
    let Some((at, secret)) = secrets.clone().nth(own).filter(|_| total > width) else {
        return pieces;
    };
    let start: usize = pieces[..at].iter().map(text).sum();
    let room = width.saturating_sub(text(secret) + 2 * CUT.len());
    let after = total - start - text(secret);
    let before = start.min(room.saturating_sub(after.min(room / 3)));
    let first = start - before;
    let last = start + text(secret) + (room - before).min(after);
    let mut kept = Vec::new();
    let mut at = 0;
    kept.extend((first > 0).then(|| Piece::Plain(CUT.to_owned())));
    for piece in pieces {
        let length = text(&piece);
        let from = first.saturating_sub(at).min(length);
        let to = last.saturating_sub(at).min(length);
        let part = |text: String| text.chars().skip(from).take(to - from).collect::<String>();
        match piece {
            _ if to <= from => {}
            Piece::Plain(text) => kept.push(Piece::Plain(part(text))),
            Piece::Secret(text) => kept.push(Piece::Secret(part(text))),
        }
        at += length;
    }
    kept.extend((last < total).then(|| Piece::Plain(CUT.to_owned())));
    kept
}

#[cfg(test)]
mod tests {
    use super::{Piece, fit};

    fn shown(pieces: &[Piece]) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Secret(text) => format!("<{text}>"),
        };
        pieces.iter().map(text).collect()
    }

    fn line() -> Vec<Piece> {
        vec![
            Piece::Plain("export A=1 ".into()),
            Piece::Secret("AKIA****".into()),
            Piece::Plain(" and then a long tail with KEY=".into()),
            Piece::Secret("wJal****".into()),
            Piece::Plain(" # the end of the line".into()),
        ]
    }

    #[test]
    fn a_line_is_cut_around_the_secret_of_the_finding() {
        assert_eq!(shown(&fit(line(), 0, 200)), shown(&line()));
        assert_eq!(shown(&fit(line(), 0, 40)), "export A=1 <AKIA****> and then a lon...");
        assert_eq!(shown(&fit(line(), 1, 40)), "...ong tail with KEY=<wJal****> # the e...");
        for own in 0..2 {
            for width in 0..90 {
                let cut = shown(&fit(line(), own, width));
                assert!(cut.contains(["<AKIA****>", "<wJal****>"][own]), "{width}: {cut}");
                let marks = cut.matches(['<', '>']).count();
                assert!(cut.chars().count() - marks <= width.max(14), "{width}: {cut}");
            }
        }
    }
}
