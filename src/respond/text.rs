//! A response for people: what is planned, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::response::{Containment, Response};
use super::{Danger, Event, KeyKind, Options, plan};
use crate::text::escape::escape;

/// How many lines of calls that only read a timeline shows; the JSON form has all.
const MAX_READS: usize = 100;

/// How many lines it shows of calls of medium danger; the worse ones are all shown.
const MAX_CHANGES: usize = 400;

/// How many dangerous calls are repeated ahead of the timeline.
const MAX_DANGEROUS: usize = 20;

/// Writes what is going to be done.
///
/// # Errors
/// The writer's.
pub fn render_plan(options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Plan for {}", options.key)?;
    for step in plan(options) {
        writeln!(out, "  {:<9} {}", step.step.name(), step.purpose)?;
        for (command, is_run) in &step.commands {
            let mark = if *is_run { "run " } else { "show" };
            writeln!(out, "    {mark}  {}", safe(command))?;
        }
    }
    writeln!(out, "  Each command gets --region and --output json, too.")?;
    if !options.apply {
        writeln!(out, "  Nothing is changed without --apply.")?;
    }
    writeln!(out)
}

/// Writes what was found and done.
///
/// # Errors
/// The writer's.
pub fn render_text(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    head(response, out)?;
    if let Some(why) = &response.refused {
        return writeln!(out, "\nREFUSED: {}\n", safe(why));
    }
    dangerous(response, out)?;
    timeline(response, out)?;
    origins(response, out)?;
    section("What it made", &response.made, out, |made, out| {
        let of = made.of.as_deref().map(|of| format!(" of the user {of}")).unwrap_or_default();
        writeln!(out, "  {:<8} {}{}", made.kind.name(), safe(&made.name), safe(&of))
    })?;
    section("Owner and account", &response.facts, out, |fact, out| {
        let mark = if fact.is_warning { "!" } else { " " };
        writeln!(out, "{mark} {:<34} {}", fact.about, safe(&fact.text))
    })?;
    section("NOT READ OR NOT DONE", &response.gaps, out, |gap, out| {
        writeln!(out, "  {}: {}: {}", gap.step.name(), safe(&gap.what), safe(&gap.why))?;
        gap.command.iter().try_for_each(|command| writeln!(out, "    {}", safe(command)))
    })?;
    commands("Not done without --apply", &response.pending, out)?;
    commands("Changes that were made", &response.changes, out)?;
    commands("Undo", &response.undo, out)?;
    section("Next", &response.next, out, |advice, out| {
        writeln!(out, "  - {}", safe(&advice.text))?;
        advice.command.iter().try_for_each(|command| writeln!(out, "      {}", safe(command)))
    })?;
    writeln!(out)
}

fn safe(text: &str) -> String {
    escape(text.as_bytes()).into_owned()
}

fn commands(title: &str, commands: &[String], out: &mut dyn Write) -> io::Result<()> {
    section(title, commands, out, |command, out| writeln!(out, "  {}", safe(command)))
}

/// Writes a list below its title; nothing if there is nothing in it.
fn section<T>(
    title: &str,
    items: &[T],
    out: &mut dyn Write,
    one: impl Fn(&T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    items.iter().try_for_each(|item| one(item, out))
}

/// The account, and how it is known.
pub(super) fn account(response: &Response) -> String {
    match &response.account {
        Some(account) => format!("{account} ({})", response.account_known_by),
        None => "unknown".to_owned(),
    }
}

fn head(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Key        {}", response.key)?;
    writeln!(out, "Account    {}", safe(&account(response)))?;
    writeln!(out, "You        {}", safe(response.caller.as_deref().unwrap_or("unknown")))?;
    writeln!(out, "Owner      {}", safe(&response.owner.to_string()))?;
    if let Some(used) = &response.last_used {
        writeln!(out, "Last used  {}", safe(used))?;
    }
    match &response.containment {
        Containment::Contained(how) => writeln!(out, "Contained  yes: {}", safe(how))?,
        Containment::Open(why) => writeln!(out, "Contained  NO: {}", safe(why))?,
    }
    if response.is_contained() && response.key.kind() == KeyKind::LongTerm {
        writeln!(out, "Sessions   {}", sessions(response))?;
    }
    Ok(())
}

/// What becomes of sessions that a long-term key made.
pub(super) const fn sessions(response: &Response) -> &'static str {
    match response.sessions_refused {
        true => "those of the owner that were issued before now are refused",
        false => "one that the key made lives on, up to 36 hours; --deny-sessions refuses it",
    }
}

/// Returns calls that changed something, the most dangerous first, and how many more there are.
pub(super) fn most_dangerous(events: &[Event]) -> (Vec<&Event>, usize) {
    let mut list: Vec<&Event> =
        events.iter().filter(|event| event.verdict.danger > Danger::Low).collect();
    list.sort_by_key(|event| std::cmp::Reverse(event.verdict.danger));
    let left = list.len().saturating_sub(MAX_DANGEROUS);
    list.truncate(MAX_DANGEROUS);
    (list, left)
}

/// What changed, the most dangerous first.
fn dangerous(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let (events, left) = most_dangerous(&response.events);
    section("Most dangerous first", &events, out, |event, out| {
        writeln!(out, "  {:<8} {}; it {}", event.verdict.danger.name(), call(event), verb(event))
    })?;
    if left > 0 {
        writeln!(out, "  and {left} more: see the timeline")?;
    }
    let refused = response.refused_calls();
    if refused > 0 {
        writeln!(out, "\n{refused} calls were refused for want of permission")?;
    }
    Ok(())
}

fn verb(event: &Event) -> String {
    match &event.error {
        Some(code) => format!("failed ({}); it {}", safe(code), event.verdict.reason),
        None => event.verdict.reason.to_owned(),
    }
}

fn call(event: &Event) -> String {
    let about = if event.about.is_empty() { String::new() } else { format!(" {}", event.about) };
    safe(&format!("{} {}{about}", event.service, event.name))
}

/// Whether two calls are the same but for their time and id.
pub(super) fn is_same(a: &Event, b: &Event) -> bool {
    (&a.service, &a.name, &a.region, &a.address, &a.about, &a.error, &a.key)
        == (&b.service, &b.name, &b.region, &b.address, &b.about, &b.error, &b.key)
}

/// Equal calls, one after the other, as one line.
fn timeline(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nTimeline: {} events in {} Regions, 90 days (the last 15 minutes may be missing; calls on \
         objects, rows and messages are not in it)",
        response.events.len(),
        response.regions.len()
    )?;
    let (mut reads, mut changes, mut left) = (0, 0, 0);
    for run in response.events.chunk_by(is_same) {
        let event = &run[0];
        let (lines, most) = match event.verdict.danger {
            Danger::Low => (&mut reads, MAX_READS),
            Danger::Medium => (&mut changes, MAX_CHANGES),
            Danger::High | Danger::Critical => (&mut 0, usize::MAX),
        };
        *lines += 1;
        match *lines > most {
            true => left += run.len(),
            false => line(event, run.len(), response, out)?,
        }
    }
    if left > 0 {
        writeln!(out, "  and {left} more of the less dangerous ones: see --format json")?;
    }
    Ok(())
}

fn line(event: &Event, count: usize, response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let danger = match event.verdict.danger {
        Danger::Low => "",
        danger => danger.name(),
    };
    let times = if count > 1 { format!(" x{count}") } else { String::new() };
    let error = event.error.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
    let by = match event.key == response.key.as_str() {
        true => String::new(),
        false if event.key.is_empty() => format!(" by {}", event.actor),
        false => format!(" by {}", event.key),
    };
    writeln!(
        out,
        "  {} {:<14} {danger:<8} {}{times}{} from {}{}",
        safe(&event.time),
        safe(&event.region),
        call(event),
        safe(&error),
        safe(&event.address),
        safe(&by)
    )
}

/// Where calls came from.
#[derive(Debug)]
pub(super) struct Address<'a> {
    pub(super) address: &'a str,
    pub(super) first: &'a str,
    pub(super) last: &'a str,
    pub(super) events: usize,
    pub(super) refused: usize,
    pub(super) agents: BTreeSet<&'a str>,
}

/// Collects where calls came from, the newest first: a stranger's address is newer than one's own.
pub(super) fn addresses(events: &[Event]) -> Vec<Address<'_>> {
    let mut known: BTreeMap<&str, Address<'_>> = BTreeMap::new();
    for event in events {
        let of = known.entry(&event.address).or_insert_with(|| Address {
            address: &event.address,
            first: &event.time,
            last: &event.time,
            events: 0,
            refused: 0,
            agents: BTreeSet::new(),
        });
        of.last = &event.time;
        of.events += 1;
        of.refused += usize::from(event.verdict.is_refused);
        of.agents.insert(&event.agent);
    }
    let mut list: Vec<Address<'_>> = known.into_values().collect();
    list.sort_by(|a, b| (b.first, a.address).cmp(&(a.first, b.address)));
    list
}

fn origins(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    section(
        "Where calls came from, the newest first",
        &addresses(&response.events),
        out,
        |of, out| {
            let refused = match of.refused {
                0 => String::new(),
                count => format!(", {count} refused"),
            };
            let agent = of.agents.iter().next().copied().unwrap_or_default();
            let agent: String = agent.chars().take(60).collect();
            let more = match of.agents.len().saturating_sub(1) {
                0 => String::new(),
                count => format!(" and {count} more"),
            };
            writeln!(
                out,
                "  {:<20} {} to {}: {} calls{refused}, {}{more}",
                safe(of.address),
                safe(of.first),
                safe(of.last),
                of.events,
                safe(&agent)
            )
        },
    )
}
