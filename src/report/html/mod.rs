//! The report for a browser: one page that needs no network, no server and no script.
//!
//! Entries are written one by one. The first few hundred are plain HTML. The others stand in
//! `noscript` elements of a hundred each: a browser without scripts shows them as they are; one with
//! scripts takes each for a single piece of text, at no cost, and the script makes elements of it
//! when the reader comes near. So there is one form of an entry, and 100,000 of them open at once.
//!
//! Every text goes through the redactor, [`escape`](crate::text::escape::escape) and
//! [`markup::html`]. The page's policy (`Content-Security-Policy`) names its one script and its one
//! style sheet by their hashes and forbids everything else, so what would slip through could not run.

mod details;
pub(crate) mod frame;
mod head;
mod index;
pub(super) mod markup;
mod timeline;
mod views;

use std::collections::BTreeMap;
use std::io::{self, Write};

use self::frame::{STYLE, policy};
use self::markup::html;
use super::entry::{self, Entry, Exposure};
use super::{ReportOptions, printable};
use crate::finding::{Outcome, Redactor};

/// The page, with names in double braces where parts go.
const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// What all parts of the page need.
struct Page<'a> {
    outcome: &'a Outcome,
    options: ReportOptions,
    redactor: &'a Redactor,
    entries: Vec<Entry<'a>>,
    /// Advice that many entries refer to, with its number.
    shared_steps: BTreeMap<&'a str, usize>,
}

/// Writes the page.
pub(super) fn page(
    outcome: &Outcome,
    options: ReportOptions,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    let entries = entry::entries(outcome);
    let shared_steps = details::shared_steps(&entries);
    let page = Page { outcome, options, redactor, entries, shared_steps };
    for part in PAGE.split("{{") {
        let (name, text) = part.split_once("}}").unwrap_or(("", part));
        page.part(name, out)?;
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

impl Page<'_> {
    fn part(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        match name {
            "policy" => write!(out, "{}", policy(STYLE, Some(SCRIPT))),
            "style" => write!(out, "{STYLE}"),
            "script" => write!(out, "{SCRIPT}"),
            "head" => head::write(self, out),
            "timeline" => timeline::write(self, out),
            "views" => views::write(self, out),
            "rules" => self.rules(out),
            "entries" => details::write(self, out),
            "steps" => details::write_shared_steps(self, out),
            "allowed" => head::allowed(self, out),
            "index" => index::write(self, out),
            "version" => write!(out, "{}", env!("CARGO_PKG_VERSION")),
            _ => Ok(()),
        }
    }

    /// The choices of the filter by rule.
    fn rules(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rules: Vec<&str> =
            self.outcome.findings.iter().map(|finding| &*finding.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in rules {
            let rule = self.text(rule.as_bytes());
            write!(out, "<option value=\"{rule}\">{rule}</option>")?;
        }
        Ok(())
    }

    /// Returns untrusted text as it may stand in the page.
    fn text(&self, bytes: &[u8]) -> String {
        html(&printable(bytes, self.redactor)).into_owned()
    }

    /// Returns the numbers of the entries of one circle: they stand together.
    fn of(&self, exposure: Exposure) -> std::ops::Range<usize> {
        let start = self.entries.partition_point(|entry| entry.exposure < exposure);
        let end = self.entries.partition_point(|entry| entry.exposure <= exposure);
        start..end
    }
}

/// Writes a long list: its first items as they are, the others for the script to bring in piece by
/// piece.
///
/// `item` writes the item of a number. Items hold no `noscript` of their own, which would end that
/// of the list.
fn long_list(
    count: usize,
    class: &str,
    out: &mut dyn Write,
    item: &mut dyn FnMut(usize, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    const PLAIN: usize = 50;
    const PIECE: usize = 200;
    let mut start = 0;
    while start < count {
        let end = count.min(if start == 0 { PLAIN } else { start + PIECE });
        if start > 0 {
            write!(out, "<noscript class=\"rest\" data-count=\"{}\">", end - start)?;
        }
        write!(out, "<ol class=\"{class}\" start=\"{}\">", start + 1)?;
        for number in start..end {
            item(number, out)?;
        }
        write!(out, "</ol>{}", if start > 0 { "</noscript>\n" } else { "\n" })?;
        start = end;
    }
    Ok(())
}
