//! The findings of a history: one entry a secret, the most urgent first, below a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::super::entry::{Entry, Exposure};
use super::super::presence;
use super::{Detail, Writer, line, notes, place};
use crate::finding::{Finding, Outcome};
use crate::text::count::{count, counted};
use crate::text::date::day;
use crate::text::escape::escape;
use crate::text::wrap::columns;

/// How many other places of a secret are named, unless all are asked for.
const MAX_PLACES: usize = 3;

/// Up to this many secrets, all details are shown.
const FEW: usize = 3;

/// How many rules and directories a summary names.
const MAX_NAMED: usize = 5;

/// Writes the summary and the entries.
pub(super) fn write(
    writer: &mut Writer<'_>,
    entries: &[Entry<'_>],
    outcome: &Outcome,
    out: &mut dyn Write,
) -> io::Result<()> {
    if entries.len() > FEW && !writer.options.verbose {
        writer.detail = Detail::Facts;
    }
    if entries.len() > 1 {
        summary(writer, entries, outcome, out)?;
    }
    let mut title = "";
    let is_short = writer.detail == Detail::Facts;
    for entry in entries {
        if entries.len() > 1 && entry.exposure.title() != title {
            let gap = if is_short && !title.is_empty() { "\n" } else { "" };
            title = entry.exposure.title();
            let below = if is_short { "" } else { "\n" };
            writeln!(out, "{gap}{}{below}", writer.style.bold(&format!("== {title}")))?;
        }
        match is_short {
            true => {
                let step = new_step(writer, entry.lead());
                writer.finding(entry.lead(), out, &|writer, out| {
                    facts(writer, entry, out)?;
                    step.iter().try_for_each(|step| writer.fact(step, out))
                })?;
            }
            false => {
                writer.finding(entry.lead(), out, &|writer, out| others(writer, entry, out))?
            }
        }
    }
    if writer.options.recipe && has_recipe(entries) {
        if is_short {
            writeln!(out)?;
        }
        return recipe(writer, out);
    }
    if is_short { writeln!(out) } else { Ok(()) }
}

/// Whether there is a secret that has to be taken out of a history.
pub(super) fn has_recipe(entries: &[Entry<'_>]) -> bool {
    entries.iter().any(|entry| entry.exposure <= Exposure::History)
}

/// How many secrets there are, how far they have come, and where most of them are.
fn summary(
    writer: &Writer<'_>,
    entries: &[Entry<'_>],
    outcome: &Outcome,
    out: &mut dyn Write,
) -> io::Result<()> {
    let of = |exposure| entries.iter().filter(|entry| entry.exposure == exposure).count();
    let parts = [
        (of(Exposure::Head), "in HEAD"),
        (of(Exposure::History), "only in history"),
        (of(Exposure::Disk), "only on this disk"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let secrets = count(entries.len() as u64, "secret");
    let places = count(outcome.findings.len() as u64, "place");
    writeln!(
        out,
        "{}: {}",
        writer.style.bold(&format!("{secrets} to rotate, in {places}")),
        parts.join(", ")
    )?;
    let pushed = entries.iter().filter(|entry| entry.is_pushed).count();
    if pushed > 0 {
        writeln!(out, "  a remote has {pushed} of them")?;
    }
    let rule = |entry: &Entry<'_>| escape(entry.lead().rule.as_bytes()).into_owned();
    writer.wrapped(&most(writer, entries, "  by rule: ", &rule), "  by rule: ", "    ", out)?;
    let folder = |entry: &Entry<'_>| folder(writer, entry.lead());
    let title = "  by directory: ";
    writer.wrapped(&most(writer, entries, title, &folder), title, "    ", out)?;
    if writer.detail == Detail::Facts { Ok(()) } else { writeln!(out) }
}

/// The directory of a finding, as far down as two levels.
fn folder(writer: &Writer<'_>, finding: &Finding) -> String {
    let path = &finding.origin.path;
    if !finding.origin.place.is_file() {
        return finding.origin.place.name().to_owned();
    }
    let slashes: Vec<usize> = memchr::memchr_iter(b'/', path).collect();
    let end = slashes.get(1).or(slashes.first());
    end.map_or_else(|| ".".to_owned(), |&end| writer.shown(&path[..end]))
}

/// The names that most entries have, each with how many have it: as many as fit on a line behind `title`.
fn most(
    writer: &Writer<'_>,
    entries: &[Entry<'_>],
    title: &str,
    name: &dyn Fn(&Entry<'_>) -> String,
) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(name(entry)).or_default() += 1;
    }
    let mut all: Vec<(String, usize)> = counts.into_iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named: Vec<String> = all.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let text = |count: usize| match named.len() - count {
        0 => named.join(", "),
        more => format!("{} and {more} more", named[..count].join(", ")),
    };
    let room = writer.options.width.map_or(usize::MAX, |width| width.saturating_sub(title.len()));
    let counts = (1..=named.len().min(MAX_NAMED)).rev();
    counts.map(text).find(|text| columns(text) <= room).unwrap_or_else(|| text(1))
}

/// Writes the line of a secret, as many of the facts behind it as fit, and the others below.
fn facts(writer: &Writer<'_>, entry: &Entry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let finding = entry.lead();
    let mut parts = facts_of(writer, entry);
    parts.reverse();
    let mut line = line::numbered(writer, finding, writer.options.width);
    let mut mark = format!("  {} ", writer.style.dim("="));
    while let Some(part) = parts.pop() {
        let longer = format!("{line}{mark}{part}");
        if writer.options.width.is_some_and(|width| columns(&longer) > width) {
            parts.push(part);
            break;
        }
        line = longer;
        mark = "; ".to_owned();
    }
    writeln!(out, "{line}")?;
    parts.reverse();
    let rest = parts.join("; ");
    match (parts.is_empty(), also_in(writer, entry, &rest)) {
        (true, None) => Ok(()),
        (false, None) => writer.fact(&rest, out),
        (true, Some(also)) => writer.fact(&also, out),
        (false, Some(also)) => writer.fact(&format!("{rest}; {also}"), out),
    }
}

/// What is known of a secret, without what the title above it says.
fn facts_of(writer: &Writer<'_>, entry: &Entry<'_>) -> Vec<String> {
    let finding = entry.lead();
    let mut parts = Vec::new();
    if let Some(commit) = &finding.origin.commit {
        let id = commit.short_id();
        // The name says enough here; `-v` shows the address, too.
        let author = writer.shown(&commit.author);
        let name = author.split_once(" <").map_or(&*author, |(name, _)| name);
        parts.push(format!("commit {id} of {} by {name}", day(commit.time)));
    }
    let is_in_head = finding.presence.as_ref().is_some_and(|presence| presence.in_head);
    parts.extend(presence::short_facts(finding, writer.redactor, is_in_head));
    if finding.presence.as_ref().is_some_and(|presence| presence.is_pushed) {
        parts.push("a remote has it".into());
    }
    parts.extend(notes(finding).iter().map(|note| writer.shown(note.as_bytes())));
    parts
}

/// How to remove a secret, unless an entry before says the same of another commit.
fn new_step(writer: &mut Writer<'_>, finding: &Finding) -> Option<String> {
    let step = presence::next_step(finding, writer.redactor)?;
    // What stands before the first command says which kind of step it is; some begin with the command.
    let kind = step.split(',').next().unwrap_or_default();
    let kind =
        kind.split_once('`').map_or(kind, |(before, _)| match before.ends_with("has it: ") {
            true => kind,
            false => before,
        });
    if writer.advised.iter().any(|advice| advice == kind) {
        return None;
    }
    writer.advised.push(kind.to_owned());
    Some(step)
}

/// The other places of a secret: as many names as fit on the line behind `before`, and how many more there are.
fn also_in(writer: &Writer<'_>, entry: &Entry<'_>, before: &str) -> Option<String> {
    let named = names_of_others(writer, entry);
    let width = writer.options.width.map_or(usize::MAX, |width| {
        let taken = if before.is_empty() { 0 } else { columns(before) + 2 };
        width.saturating_sub("  = ".len() + taken)
    });
    let text = |count: usize| match named.len() - count {
        0 => format!("also in {}", named.join(", ")),
        more if count == 0 => {
            format!("in {} (-v)", counted(more as u64, "more place", "more places"))
        }
        more => format!("also in {} and {more} more (-v names all)", named[..count].join(", ")),
    };
    let most = named.len().min(MAX_PLACES);
    let fitting = (1..=most).rev().find(|&count| columns(&text(count)) <= width);
    (!named.is_empty()).then(|| text(fitting.unwrap_or(0)))
}

fn names_of_others(writer: &Writer<'_>, entry: &Entry<'_>) -> Vec<String> {
    let lead = entry.lead();
    let others = entry.findings.iter().filter(|other| !std::ptr::eq(**other, lead));
    others.map(|other| place(other, writer.redactor)).collect()
}

/// Where else the secret is.
fn others(writer: &Writer<'_>, entry: &Entry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut named = names_of_others(writer, entry);
    if named.is_empty() {
        return Ok(());
    }
    let most = if writer.options.verbose { usize::MAX } else { MAX_PLACES };
    let more = named.len().saturating_sub(most);
    if more > 0 {
        named.truncate(most);
        named.push(format!("and {more} more (-v names all)"));
    }
    writer.fact(&format!("also in {}", named.join(", ")), out)
}

/// How to take all secrets out of a history at once.
fn recipe(writer: &Writer<'_>, out: &mut dyn Write) -> io::Result<()> {
    const STEPS: [&str; 6] = [
        "Rotate what a remote has or others have seen (`tightlip advice`); removing it does not help.",
        "`tightlip audit --replace-text ../secrets.txt` writes them to a private file; delete it later.",
        "In a fresh `git clone --mirror`: `git filter-repo --replace-text ../secrets.txt` \
         (https://github.com/newren/git-filter-repo), then `git push --force --mirror`.",
        "Forks, pull requests and other clones keep the old commits: have them made anew, and ask the \
         support of the server to collect what nothing leads to.",
        "Here: drop stashes, `git reflog expire --expire=now --all`, then `git gc --prune=now`.",
        "`tightlip audit` once more: it reads what nothing leads to, as well.",
    ];
    writeln!(out, "{}", writer.style.bold("To take them out of the history"))?;
    for (number, step) in STEPS.iter().enumerate() {
        writer.wrapped(step, &format!("  {}. ", number + 1), "     ", out)?;
    }
    if writer.detail == Detail::Facts { Ok(()) } else { writeln!(out) }
}
