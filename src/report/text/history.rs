//! The findings of a history: one entry a secret, the most urgent first, below a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::super::entry::{Entry, Exposure};
use super::super::presence;
use super::{Detail, Writer, notes, place};
use crate::finding::{Finding, Outcome};
use crate::text::count::count;
use crate::text::date::day;
use crate::text::escape::escape;

/// How many other places of a secret are named, unless all are asked for.
const MAX_PLACES: usize = 3;

/// Up to this many secrets, all details are shown.
const FEW: usize = 3;

/// How many digits name a commit where space is short.
const SHORT_ID: usize = 12;

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
    for entry in entries {
        if entries.len() > 1 && entry.exposure.title() != title {
            title = entry.exposure.title();
            writeln!(out, "{}\n", writer.style.bold(&format!("== {title}")))?;
        }
        writer.finding(entry.lead(), out, &|writer, out| others(writer, entry, out))?;
    }
    if writer.options.recipe && entries.iter().any(|entry| entry.exposure <= Exposure::History) {
        recipe(writer, out)?;
    }
    Ok(())
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
    writer.wrapped(&most(entries, &rule), "  by rule: ", "    ", out)?;
    let folder = |entry: &Entry<'_>| folder(writer, entry.lead());
    writer.wrapped(&most(entries, &folder), "  by directory: ", "    ", out)?;
    writeln!(out)
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

/// The names that most entries have, each with how many have it.
fn most(entries: &[Entry<'_>], name: &dyn Fn(&Entry<'_>) -> String) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(name(entry)).or_default() += 1;
    }
    let mut all: Vec<(String, usize)> = counts.into_iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = all.len().saturating_sub(MAX_NAMED);
    all.truncate(MAX_NAMED);
    let named: Vec<String> = all.iter().map(|(name, count)| format!("{name} {count}")).collect();
    match more {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Writes the facts about a secret on one line, and how to remove it unless an entry before says the same.
pub(super) fn facts(
    writer: &mut Writer<'_>,
    finding: &Finding,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut parts = Vec::new();
    if let Some(commit) = &finding.origin.commit {
        let id = &commit.id[..commit.id.len().min(SHORT_ID)];
        let author = writer.shown(&commit.author);
        parts.push(format!("commit {id} of {} by {author}", day(commit.time)));
    }
    parts.extend(presence::facts(finding, writer.redactor));
    if finding.presence.as_ref().is_some_and(|presence| presence.is_pushed) {
        parts.push("a remote has it".into());
    }
    parts.extend(notes(finding).iter().map(|note| writer.shown(note.as_bytes())));
    writer.fact(&parts.join("; "), out)?;
    if let Some(step) = presence::next_step(finding, writer.redactor) {
        // What stands before the first command says which kind of step it is.
        let kind = step.split('`').next().unwrap_or_default();
        if !writer.advised.iter().any(|advice| advice == kind) {
            writer.advised.push(kind.to_owned());
            writer.fact(&step, out)?;
        }
    }
    Ok(())
}

/// Where else the secret is.
fn others(writer: &Writer<'_>, entry: &Entry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lead = entry.lead();
    let others: Vec<&&Finding> =
        entry.findings.iter().filter(|other| !std::ptr::eq(**other, lead)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let most = if writer.options.verbose { usize::MAX } else { MAX_PLACES };
    let mut named: Vec<String> =
        others.iter().take(most).map(|other| place(other, writer.redactor)).collect();
    let more = others.len() - named.len();
    if more > 0 {
        named.push(format!("and {more} more (-v names all)"));
    }
    writer.fact(&format!("also in {}", named.join(", ")), out)
}

/// How to take all secrets out of a history at once.
fn recipe(writer: &Writer<'_>, out: &mut dyn Write) -> io::Result<()> {
    const STEPS: [&str; 6] = [
        "Rotate what a remote has or others may have seen. Taking it out of the history does not help.",
        "`tightlip audit --replace-text ../secrets.txt` writes all of them to a file that only you can \
         read. Keep it out of every repository, and delete it in the end.",
        "In a fresh `git clone --mirror`: `git filter-repo --replace-text ../secrets.txt` \
         (https://github.com/newren/git-filter-repo), then `git push --force --mirror`.",
        "Forks, pull requests and other clones keep the old commits: have them made anew, and ask the \
         support of the server to collect what nothing leads to.",
        "Here: `git stash list` for stashes, then `git reflog expire --expire=now --all && git gc \
         --prune=now`.",
        "`tightlip audit` once more: it reads what nothing leads to, as well.",
    ];
    writeln!(out, "{}", writer.style.bold("To take them out of the history"))?;
    for (number, step) in STEPS.iter().enumerate() {
        writer.wrapped(step, &format!("  {}. ", number + 1), "     ", out)?;
    }
    writeln!(out)
}
