//! The top of the page: how the run ended, what was not read, and what to rotate first.

use std::io::{self, Write};

use super::markup::html;
use super::{Page, long_list};
use crate::finding::{Skipped, Status};
use crate::report::entry::{Entry, Exposure};
use crate::report::shown_secret;
use crate::report::text::what_was_read;
use crate::text::count::count;

/// How many secrets are named as the first to rotate.
const FIRST: usize = 5;

/// Writes the header, with what was not read above everything that was found.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let status = page.outcome.status();
    writeln!(out, "<header class=\"{}\">\n<h1>{}</h1>", status.name(), title(page))?;
    writeln!(out, "<p class=\"covered\">{}</p>", html(&covered(page)))?;
    if page.options.reveal {
        writeln!(out, "<p class=\"warn\">This file shows secrets. Do not share it.</p>")?;
    }
    skipped(page, out)?;
    if !page.entries.is_empty() {
        cards(page, out)?;
        first(page, out)?;
    }
    writeln!(out, "</header>")
}

/// Writes, at the end, what was found and is allowed.
pub(super) fn allowed(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let allowed = &page.outcome.suppressed;
    if allowed.is_empty() {
        return Ok(());
    }
    let title = count(allowed.len() as u64, "finding");
    writeln!(out, "<details class=\"allowed\"><summary>Allowed: {title}</summary>")?;
    long_list(allowed.len(), "plain", out, &mut |number, out| {
        let one = &allowed[number];
        let place = html(&crate::report::text::place(&one.finding, page.redactor)).into_owned();
        let rule = page.text(one.finding.rule.as_bytes());
        let reason = page.text(one.reason.as_bytes());
        writeln!(out, "<li><code>{place}</code> {rule}: {reason}</li>")
    })?;
    writeln!(out, "</details>")
}

fn title(page: &Page<'_>) -> String {
    let places = page.outcome.findings.len() as u64;
    let secrets = page.entries.len() as u64;
    match (page.outcome.status(), secrets) {
        (Status::Clean, _) => "No secrets found".into(),
        (_, 0) => "No secrets found in what was read".into(),
        _ => format!("{} in {}", count(secrets, "secret"), count(places, "place")),
    }
}

fn covered(page: &Page<'_>) -> String {
    let summary = &page.outcome.summary;
    let mut parts = what_was_read(summary);
    if summary.older > 0 {
        parts.push(format!("{} on older lines, which this change does not add", summary.older));
    }
    format!("Read: {}.", parts.join(", "))
}

/// What was not read comes first: nothing below counts for it. What was left out as told is less.
fn skipped(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (unread, left): (Vec<&Skipped>, Vec<&Skipped>) =
        page.outcome.skipped.iter().partition(|skipped| skipped.is_incomplete());
    if !unread.is_empty() {
        let things = count(unread.len() as u64, "thing");
        writeln!(out, "<section class=\"unread\" aria-labelledby=\"unread\">")?;
        writeln!(out, "<h2 id=\"unread\">Not everything was read: {things}</h2>")?;
        writeln!(out, "<p>There may be secrets in these that this page does not show.</p>")?;
        list(page, &unread, out)?;
        writeln!(out, "</section>")?;
    }
    if !left.is_empty() {
        let things = count(left.len() as u64, "thing");
        writeln!(out, "<details class=\"left\"><summary>Left out as told: {things}</summary>")?;
        list(page, &left, out)?;
        writeln!(out, "</details>")?;
    }
    Ok(())
}

fn list(page: &Page<'_>, skipped: &[&Skipped], out: &mut dyn Write) -> io::Result<()> {
    long_list(skipped.len(), "plain", out, &mut |number, out| {
        let one = skipped[number];
        let path = match one.path.is_empty() {
            true => String::new(),
            false => format!("<code>{}</code>: ", page.text(&one.path)),
        };
        writeln!(out, "<li>{path}{}</li>", page.text(one.reason.as_bytes()))
    })
}

/// How many secrets each circle holds, as links to them.
fn cards(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<nav class=\"cards\" aria-label=\"Secrets to rotate\">")?;
    for exposure in Exposure::ALL {
        let of = page.of(exposure);
        let is_asked = page.of(Exposure::Unknown).is_empty();
        if of.is_empty() && (exposure == Exposure::Unknown || !is_asked) {
            continue;
        }
        let entries = &page.entries[of];
        let pushed = entries.iter().filter(|entry| entry.is_pushed).count();
        let note = match (entries.is_empty(), pushed) {
            (true, _) => "none".to_owned(),
            (false, 0) if exposure == Exposure::Unknown => "no history was read".to_owned(),
            (false, 0) => "no remote has one".to_owned(),
            (false, pushed) if pushed == entries.len() => "a remote has them".to_owned(),
            (false, pushed) => format!("a remote has {pushed}"),
        };
        let (name, title) = (exposure.name(), exposure.title());
        let tag = match entries.is_empty() {
            true => format!("<span class=\"card {name} none\">"),
            false => format!("<a class=\"card {name}\" href=\"#{name}\">"),
        };
        let end = if entries.is_empty() { "span" } else { "a" };
        writeln!(
            out,
            "{tag}<b>{}</b> <span>{title}</span> <small>{note}</small></{end}>",
            entries.len()
        )?;
    }
    writeln!(out, "</nav>")
}

/// The most urgent secrets, if there are many.
fn first(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.entries.len() <= FIRST {
        return Ok(());
    }
    writeln!(out, "<section class=\"first\"><h2>Rotate first</h2><ol>")?;
    for entry in &page.entries[..FIRST] {
        writeln!(out, "<li>{} <small>{}</small></li>", link(page, entry), why(entry))?;
    }
    writeln!(out, "</ol></section>")
}

/// Returns a link to an entry, with what it is and its mask.
pub(super) fn link(page: &Page<'_>, entry: &Entry<'_>) -> String {
    let lead = entry.lead();
    format!(
        "<a href=\"#s-{}\">{} <code>{}</code></a>",
        entry.id(),
        page.text(lead.description.as_bytes()),
        html(&shown_secret(&lead.secret, page.options))
    )
}

fn why(entry: &Entry<'_>) -> String {
    let mut parts = vec![match entry.exposure {
        Exposure::Head => "in HEAD".to_owned(),
        Exposure::History => "in history".to_owned(),
        Exposure::Disk => "on this disk".to_owned(),
        Exposure::Unknown => "found".to_owned(),
    }];
    if entry.is_pushed {
        parts.push("a remote has it".to_owned());
    }
    parts.push(format!("{} confidence", entry.confidence().name()));
    parts.push(count(entry.findings.len() as u64, "place"));
    parts.join(", ")
}
