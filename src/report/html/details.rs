//! The entries: what each secret is, what to do next, and every place of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::markup::{advice, html, with_code};
use super::{Page, long_list};
use crate::finding::{CommitInfo, Finding, Place};
use crate::report::entry::{Entry, Exposure};
use crate::report::excerpt::{self, Piece};
use crate::report::text::{notes, place};
use crate::report::{presence, printable, shown_secret};
use crate::text::count::count;
use crate::text::date::day;

/// How many entries are plain HTML, whether or not scripts run.
const PLAIN: usize = 300;

/// How many of the others the script makes at once.
const CHUNK: usize = 100;

/// From this many places on, an entry has a list of places that comes in pieces. Such an entry is
/// always plain, because pieces cannot be nested.
const LONG: usize = 50;

/// Writes one section a circle, the most urgent first.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    for exposure in Exposure::ALL {
        let of = page.of(exposure);
        if of.is_empty() {
            continue;
        }
        let (name, title) = (exposure.name(), exposure.title());
        let secrets = count(of.len() as u64, "secret");
        writeln!(out, "<section class=\"group {name}\" id=\"{name}\">")?;
        writeln!(out, "<h2>{title} <small>{secrets}</small></h2>")?;
        writeln!(out, "<p>{}</p>", with_code(exposure.meaning()))?;
        section(page, of, out)?;
        writeln!(out, "</section>")?;
    }
    Ok(())
}

fn section(page: &Page<'_>, of: std::ops::Range<usize>, out: &mut dyn Write) -> io::Result<()> {
    let is_plain = |number: usize| number < PLAIN || page.entries[number].findings.len() > LONG;
    let mut number = of.start;
    while number < of.end {
        if is_plain(number) {
            entry(page, number, out)?;
            number += 1;
            continue;
        }
        let limit = of.end.min(number + CHUNK);
        let end = (number..limit).find(|number| is_plain(*number)).unwrap_or(limit);
        let size = end - number;
        writeln!(out, "<noscript class=\"chunk\" data-first=\"{number}\" data-count=\"{size}\">")?;
        for number in number..end {
            entry(page, number, out)?;
        }
        writeln!(out, "</noscript>")?;
        number = end;
    }
    Ok(())
}

fn entry(page: &Page<'_>, number: usize, out: &mut dyn Write) -> io::Result<()> {
    let entry = &page.entries[number];
    let lead = entry.lead();
    let confidence = entry.confidence().name();
    write!(out, "<details class=\"secret\" id=\"s-{}\"><summary>", entry.id())?;
    write!(out, "<span class=\"sure {confidence}\">{confidence}</span> ")?;
    write!(out, "<span class=\"what\">{} ", page.text(lead.description.as_bytes()))?;
    write!(out, "<code>{}</code></span> ", html(&shown_secret(&lead.secret, page.options)))?;
    if entry.is_pushed {
        write!(out, "<span class=\"tag pushed\">a remote has it</span> ")?;
    }
    let more = match entry.findings.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    write!(out, "<span class=\"where\">{}{more}</span>", html(&place(lead, page.redactor)))?;
    writeln!(out, "</summary><div class=\"body\">")?;
    next(page, number, out)?;
    facts(page, entry, out)?;
    places(page, entry, lead, out)?;
    writeln!(out, "</div></details>")
}

/// What to do, the first step first.
fn next(page: &Page<'_>, number: usize, out: &mut dyn Write) -> io::Result<()> {
    let entry = &page.entries[number];
    let lead = entry.lead();
    writeln!(out, "<h3>Next</h3><ol class=\"next\">")?;
    let step = presence::next_step(lead, page.redactor)
        .or_else(|| without_history(entry.exposure, lead).map(str::to_owned));
    if let Some(step) = step {
        writeln!(out, "<li>{}</li>", with_code(&capitalised(&step)))?;
    }
    match page.shared_steps.get(&*lead.advice) {
        Some(steps) if number >= PLAIN => {
            let description = page.text(lead.description.as_bytes());
            writeln!(
                out,
                "<li><a class=\"how\" href=\"#how-{steps}\">{description}: what to do</a></li>"
            )?;
        }
        _ => advice_steps(page, &lead.advice, out)?,
    }
    writeln!(out, "</ol>")
}

fn advice_steps(page: &Page<'_>, steps: &str, out: &mut dyn Write) -> io::Result<()> {
    for step in steps.lines().map(str::trim).filter(|step| !step.is_empty()) {
        writeln!(out, "<li>{}</li>", advice(&printable(step.as_bytes(), page.redactor)))?;
    }
    Ok(())
}

/// Numbers the advice that many entries share. The first entries have it in full; with it in each of
/// 100,000, the page would be half as large again.
pub(super) fn shared_steps<'a>(entries: &[Entry<'a>]) -> BTreeMap<&'a str, usize> {
    let rest = entries.get(PLAIN..).unwrap_or_default();
    let mut steps: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in rest {
        let number = steps.len();
        steps.entry(&entry.lead().advice).or_insert(number);
    }
    steps
}

/// Writes the advice that entries refer to.
pub(super) fn write_shared_steps(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.shared_steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section class=\"how\"><h2>What to do</h2>")?;
    for (steps, number) in &page.shared_steps {
        writeln!(out, "<ol class=\"next\" id=\"how-{number}\">")?;
        advice_steps(page, steps, out)?;
        writeln!(out, "</ol>")?;
    }
    writeln!(out, "</section>")
}

/// What to do where no commit is known that has it.
fn without_history(exposure: Exposure, finding: &Finding) -> Option<&'static str> {
    Some(match finding.origin.place {
        Place::Index => "take it out of the file and `git add` the file again, before you commit",
        Place::Worktree if exposure == Exposure::Disk => {
            "take it out of the file before you commit; no commit has it"
        }
        Place::Worktree | Place::Stdin => "take it out of the file",
        Place::Message => "take it out of the message before you commit",
        Place::GitDir => {
            "take it out of this file of the git directory, or expire the reflog that repeats it"
        }
        Place::Object => {
            "`git reflog expire --expire=now --all && git gc --prune=now` removes what nothing leads to"
        }
        Place::Path => "give the file another name",
        Place::RefName => {
            "give the branch or tag another name, and delete the old one where it was pushed"
        }
        Place::Commit | Place::CommitMessage | Place::CommitHeader => {
            "take it out of the commit before you push; if it was pushed, it must be rotated"
        }
        Place::TagMessage => return None,
    })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// What is known of the secret as a whole.
fn facts(page: &Page<'_>, entry: &Entry<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<p class=\"facts\">")?;
    let mut rules: Vec<&str> = entry.findings.iter().map(|finding| &*finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    for rule in rules {
        write!(out, "<code>{}</code> ", page.text(rule.as_bytes()))?;
    }
    if let Some(life) = entry.life() {
        write!(out, "came {}, ", day(life.came))?;
        match life.went {
            Some(went) => write!(out, "last in a commit of {}", day(went))?,
            None => write!(out, "HEAD still has it")?,
        }
    }
    writeln!(out, "</p>")
}

fn places(
    page: &Page<'_>,
    entry: &Entry<'_>,
    lead: &Finding,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<h3>{}</h3>", count(entry.findings.len() as u64, "place"))?;
    // What is pushed has to be rotated; how to take it out of each place does not matter any more.
    let step = if entry.is_pushed { None } else { presence::next_step(lead, page.redactor) };
    let limit = entry.findings.len();
    let mut item = |number: usize, out: &mut dyn Write| -> io::Result<()> {
        let finding = entry.findings[number];
        let own = presence::next_step(finding, page.redactor);
        let own = own.filter(|own| step.as_ref().is_some_and(|step| step != own));
        one_place(page, finding, own.as_deref(), out)
    };
    long_list(limit, "places", out, &mut item)
}

fn one_place(
    page: &Page<'_>,
    finding: &Finding,
    step: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let path = html(&place(finding, page.redactor)).into_owned();
    write!(out, "<li><code class=\"path\">{path}</code>")?;
    if let Some(kind) = kind(finding.origin.place) {
        write!(out, " <span class=\"tag\">{kind}</span>")?;
    }
    write!(out, "<pre>{} | ", finding.location.start.line)?;
    for piece in excerpt::pieces(finding, page.options, page.redactor) {
        match piece {
            Piece::Plain(text) => write!(out, "{}", html(&text))?,
            Piece::Secret(text) => write!(out, "<mark>{}</mark>", html(&text))?,
        }
    }
    write!(out, "</pre><p>")?;
    if let Some(commit) = &finding.origin.commit {
        let by = page.text(&commit.author);
        write!(out, "In commit {} by {by}. ", dated(commit))?;
    }
    if let Some(last) = presence::last_commit(finding) {
        write!(out, "Last in commit {}. ", dated(last))?;
    }
    for fact in known(page, finding) {
        write!(out, "{}. ", with_code(&capitalised(&fact)))?;
    }
    if let Some(step) = step {
        write!(out, "{}. ", with_code(&capitalised(step)))?;
    }
    writeln!(out, "<small>Fingerprint <code>{}</code></small></p></li>", finding.fingerprint)
}

/// Names a commit and its day.
fn dated(commit: &CommitInfo) -> String {
    let (id, short) = (html(&commit.id), &commit.id[..commit.id.len().min(12)]);
    format!("<code title=\"{id}\">{}</code> of {}", html(short), day(commit.time))
}

/// What is known of one place beside its line, as sentences without a full stop.
fn known(page: &Page<'_>, finding: &Finding) -> Vec<String> {
    let mut known = Vec::new();
    if !finding.other_paths.is_empty() {
        let paths: Vec<String> =
            finding.other_paths.iter().map(|path| printable(path, page.redactor)).collect();
        known.push(format!("Also as {}", paths.join(", ")));
    }
    if finding.presence.as_ref().is_some_and(|presence| presence.in_head) {
        known.push("HEAD still has it".into());
    }
    known.extend(presence::held(finding, page.redactor));
    if !finding.decoded.is_empty() {
        known.push(format!("Decoded from {}", finding.decoded.join(", ")));
    }
    known.extend(notes(finding).iter().map(|note| printable(note.as_bytes(), page.redactor)));
    known
}

/// Names a place that a path alone does not tell.
const fn kind(place: Place) -> Option<&'static str> {
    match place {
        Place::Index => Some("staged"),
        Place::Worktree => Some("working tree"),
        Place::Object => Some("left-over object"),
        Place::GitDir => Some("git directory"),
        Place::Stdin => Some("standard input"),
        Place::Commit
        | Place::Message
        | Place::CommitMessage
        | Place::CommitHeader
        | Place::TagMessage
        | Place::Path
        | Place::RefName => None,
    }
}
