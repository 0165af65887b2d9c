//! A response for a browser: one page that needs no network, no server and no script.
//!
//! The timeline is first a picture, then a table of every call. Nothing is left out: days without a dangerous call are
//! folded. Every text was masked when it was read, and is escaped here.

use std::io::{self, Write};

use super::response::{Containment, Response};
use super::text::{Address, account, addresses, is_same, most_dangerous, sessions};
use super::{Danger, Event, KeyKind};
use crate::report::frame::{self, html, with_code};
use crate::text::date::{moment, seconds};
use crate::text::escape::escape;

/// What this page has beside the style of all reports.
const STYLE: &str = include_str!("html.css");

/// How many spans the picture divides the time into.
const SPANS: usize = 60;

/// The dangers, the worst first.
const DANGERS: [Danger; 4] = [Danger::Critical, Danger::High, Danger::Medium, Danger::Low];

/// Writes responses as one page.
///
/// # Errors
/// The writer's.
pub fn render_html<'a>(
    all: impl IntoIterator<Item = &'a Response>,
    log: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = format!("{}{STYLE}", frame::STYLE);
    frame::head("tightlip: exposed AWS keys", &style, out)?;
    for response in all {
        one(response, out)?;
    }
    writeln!(
        out,
        "<footer><p>Written by tightlip {}. The log of every command and answer is <code>{}</code>.</p></footer>\n\
         </body>\n</html>",
        env!("CARGO_PKG_VERSION"),
        safe(log)
    )
}

/// Untrusted text as it may stand in the page.
fn safe(text: &str) -> String {
    html(&escape(text.as_bytes())).into_owned()
}

/// Untrusted text, with what stands between backticks as code.
fn sentence(text: &str) -> String {
    with_code(&escape(text.as_bytes()))
}

fn one(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<article>")?;
    head(response, out)?;
    if let Some(why) = &response.refused {
        return writeln!(out, "<p class=\"warn\">Refused: {}</p>\n</article>", sentence(why));
    }
    gaps(response, out)?;
    next(response, out)?;
    dangerous(response, out)?;
    timeline(response, out)?;
    origins(response, out)?;
    table("What it made", &["what", "name", "of the user"], &response.made, out, |made| {
        vec![made.kind.name().to_owned(), made.name.clone(), made.of.clone().unwrap_or_default()]
    })?;
    table("Owner and account", &["", "what", "what was found"], &response.facts, out, |fact| {
        let mark = if fact.is_warning { "!" } else { "" };
        vec![mark.to_owned(), fact.about.to_owned(), fact.text.clone()]
    })?;
    commands("Not done without --apply", &response.pending, out)?;
    commands("Changes that were made", &response.changes, out)?;
    commands("Undo", &response.undo, out)?;
    writeln!(out, "</article>")
}

fn head(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let (class, state, why) = match &response.containment {
        Containment::Contained(how) if response.is_suspicious() => ("", "contained", how),
        Containment::Contained(how) => ("clean", "contained", how),
        Containment::Open(why) => ("", "NOT contained", why),
    };
    let key = safe(response.key.as_str());
    writeln!(
        out,
        "<header class=\"{class}\"><h1>AWS key {key}: {state}</h1><p>{}</p>",
        sentence(why)
    )?;
    let mut facts = vec![
        ("Account", account(response)),
        ("Owner", response.owner.to_string()),
        ("You", response.caller.clone().unwrap_or_else(|| "unknown".to_owned())),
    ];
    facts.extend(response.last_used.clone().map(|used| ("Last used", used)));
    if response.is_contained() && response.key.kind() == KeyKind::LongTerm {
        facts.push(("Sessions", sessions(response).to_owned()));
    }
    write!(out, "<dl>")?;
    for (name, value) in facts {
        write!(out, "<dt>{name}</dt><dd>{}</dd>", safe(&value))?;
    }
    writeln!(out, "</dl>\n<div class=\"cards\">")?;
    for danger in DANGERS {
        let count = response.events.iter().filter(|event| event.verdict.danger == danger).count();
        let none = if count == 0 { " none" } else { "" };
        writeln!(
            out,
            "<div class=\"card {}{none}\"><b>{count}</b><span>{}</span></div>",
            danger.name(),
            match danger {
                Danger::Critical => "critical calls",
                Danger::High => "calls of high danger",
                Danger::Medium => "calls of medium danger",
                Danger::Low => "calls that only read",
            }
        )?;
    }
    writeln!(out, "</div></header>")
}

fn gaps(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    if response.gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section class=\"unread\"><h2>Not read or not done</h2><ul>")?;
    for gap in &response.gaps {
        write!(out, "<li>{}: {}: {}", gap.step.name(), safe(&gap.what), safe(&gap.why))?;
        command(gap.command.as_deref(), out)?;
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul></section>")
}

fn next(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    if response.next.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Next</h2><ol class=\"next\">")?;
    for advice in &response.next {
        write!(out, "<li>{}", sentence(&advice.text))?;
        command(advice.command.as_deref(), out)?;
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ol>")
}

fn command(command: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    command.map_or(Ok(()), |command| write!(out, "<pre>{}</pre>", safe(command)))
}

fn commands(title: &str, commands: &[String], out: &mut dyn Write) -> io::Result<()> {
    if commands.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{title}</h2>")?;
    commands.iter().try_for_each(|one| writeln!(out, "<pre>{}</pre>", safe(one)))
}

/// Writes a table below its title; nothing if there is nothing in it.
fn table<T>(
    title: &str,
    columns: &[&str],
    items: &[T],
    out: &mut dyn Write,
    cells: impl Fn(&T) -> Vec<String>,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    write!(out, "<h2>{title}</h2><div class=\"scroll\"><table><thead><tr>")?;
    columns.iter().try_for_each(|column| write!(out, "<th scope=\"col\">{column}</th>"))?;
    writeln!(out, "</tr></thead><tbody>")?;
    for item in items {
        write!(out, "<tr>")?;
        cells(item).iter().try_for_each(|cell| write!(out, "<td>{}</td>", safe(cell)))?;
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn timeline(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"timeline\"><h2>Timeline <small>{} calls in {} Regions, 90 days</small></h2>\n\
         <p class=\"note\">The last 15 minutes may be missing. Calls on objects, rows and messages are not in it.</p>",
        response.events.len(),
        response.regions.len()
    )?;
    picture(&response.events, out)?;
    for events in days(&response.events) {
        fold(events, response, out)?;
    }
    writeln!(out, "</section>")
}

/// Divides events, which are in order of time, into days; quiet days that follow each other are one part.
fn days(events: &[Event]) -> Vec<&[Event]> {
    let mut parts = Vec::new();
    let (mut start, mut end, mut is_quiet) = (0, 0, false);
    for events_of_day in events.chunk_by(|one, other| day(one) == day(other)) {
        let quiet = events_of_day.iter().all(|event| event.verdict.danger == Danger::Low);
        if end > start && !(is_quiet && quiet) {
            parts.push(&events[start..end]);
            start = end;
        }
        end += events_of_day.len();
        is_quiet = quiet;
    }
    parts.extend((end > start).then(|| &events[start..end]));
    parts
}

fn day(event: &Event) -> &str {
    event.time.get(..10).unwrap_or_default()
}

/// How many calls of each danger there were.
type Counts = [usize; DANGERS.len()];

/// Draws how many calls there were when, the dangerous ones at the bottom.
fn picture(events: &[Event], out: &mut dyn Write) -> io::Result<()> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let time = |event: &Event| seconds(&event.time);
    let (Some(start), Some(end)) = (time(first), time(last)) else { return Ok(()) };
    let length = (end - start).max(1);
    let counts = counts_of_spans(events, start, length);
    // Few dangerous calls among many harmless ones are to be seen all the same.
    let height = |count: usize| (count as f64 + 1.0).log2() * f64::from(u8::from(count > 0));
    let tall = |span: &Counts| span.iter().map(|count| height(*count)).sum::<f64>();
    let most = counts.iter().map(tall).fold(1.0, f64::max);
    let (from, until) = (safe(&first.time), safe(&last.time));
    writeln!(
        out,
        "<svg class=\"spans\" viewBox=\"0 0 {} 100\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Calls from {from} to {until}\">",
        SPANS * 10
    )?;
    for (number, span) in counts.iter().enumerate().filter(|(_, span)| tall(span) > 0.0) {
        let begin = start + length * number as i64 / SPANS as i64;
        let heights = span.map(|count| height(count) / most * 97.0);
        bar(number, begin, *span, heights, out)?;
    }
    writeln!(
        out,
        "</svg>\n<p class=\"axis\" aria-hidden=\"true\"><span>{from}</span><span>{until}</span></p>\n<p class=\"note\">{}</p>",
        DANGERS
            .map(|danger| format!("<span class=\"key {0}\">{0}</span>", danger.name()))
            .join(" ")
    )
}

/// Returns how many calls of each danger came in each span of `length` seconds from `start` on.
fn counts_of_spans(events: &[Event], start: i64, length: i64) -> [Counts; SPANS] {
    let mut counts = [Counts::default(); SPANS];
    for event in events {
        let since = seconds(&event.time).map_or(0, |time| (time - start).clamp(0, length));
        let share = since as f64 / length as f64;
        let span = ((share * SPANS as f64) as usize).min(SPANS - 1);
        let danger = DANGERS.iter().position(|danger| *danger == event.verdict.danger);
        counts[span][danger.unwrap_or(0)] += 1;
    }
    counts
}

/// Draws the calls of one span, one danger above the other.
fn bar(
    number: usize,
    begin: i64,
    counts: Counts,
    heights: [f64; DANGERS.len()],
    out: &mut dyn Write,
) -> io::Result<()> {
    let present = || DANGERS.iter().zip(counts).zip(heights).filter(|((_, count), _)| *count > 0);
    let told: Vec<String> =
        present().map(|((danger, count), _)| format!("{count} {}", danger.name())).collect();
    write!(out, "<g><title>from {}: {}</title>", moment(begin), told.join(", "))?;
    let mut bottom = 99.0;
    for ((danger, _), tall) in present() {
        bottom -= tall;
        write!(
            out,
            "<rect class=\"{}\" x=\"{}\" y=\"{bottom:.1}\" width=\"8\" height=\"{tall:.1}\"/>",
            danger.name(),
            number * 10 + 1
        )?;
    }
    writeln!(out, "</g>")
}

/// Writes the calls of one or more days, equal ones that follow each other as one.
fn fold(events: &[Event], response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let days = match day(first) == day(last) {
        true => safe(day(first)),
        false => format!("{} to {}", safe(day(first)), safe(day(last))),
    };
    let worst = events.iter().map(|event| event.verdict.danger).max().unwrap_or(Danger::Low);
    let open = if worst > Danger::Low { " open" } else { "" };
    writeln!(
        out,
        "<details class=\"day\"{open}><summary>{days} <span class=\"danger {0}\">{0}</span> <small>{1} calls</small></summary>",
        worst.name(),
        events.len()
    )?;
    open_table(out)?;
    for run in events.chunk_by(is_same) {
        call(run, response, out)?;
    }
    close_table(out)?;
    writeln!(out, "</details>")
}

fn open_table(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\"><table class=\"calls\"><thead><tr><th scope=\"col\">time</th>\
         <th scope=\"col\">danger</th><th scope=\"col\">call</th><th scope=\"col\">from</th>\
         <th scope=\"col\">Region</th></tr></thead><tbody>"
    )
}

fn close_table(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</tbody></table></div>")
}

/// Writes equal calls as one row.
fn call(run: &[Event], response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let (Some(event), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
    let danger = event.verdict.danger;
    let time = |event: &Event| safe(&event.time.replacen('T', " ", 1));
    let (times, until) = match run.len() {
        1 => (String::new(), String::new()),
        count => (format!(" x{count}"), format!("<br><small>to {}</small>", time(last))),
    };
    let error =
        event.error.as_ref().map(|code| format!(" <em>{}</em>", safe(code))).unwrap_or_default();
    let why = match danger {
        Danger::Low => String::new(),
        _ => format!("<br><small>it {}</small>", event.verdict.reason),
    };
    let by = match &*event.key {
        key if key == response.key.as_str() => String::new(),
        "" => format!("<br><small>by {}</small>", safe(&event.actor)),
        key => format!("<br><small>by {}</small>", safe(key)),
    };
    writeln!(
        out,
        "<tr><td>{}{until}</td><td><span class=\"danger {1}\">{1}</span></td>\
         <td><code>{2} {3}</code>{times} {4}{error}{why}</td><td title=\"{5}\">{6}{by}</td><td>{7}</td></tr>",
        time(event),
        danger.name(),
        safe(&event.service),
        safe(&event.name),
        safe(&event.about),
        safe(&event.agent),
        safe(&event.address),
        safe(&event.region)
    )
}

/// Writes what changed, the most dangerous first.
fn dangerous(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let (events, left) = most_dangerous(&response.events);
    if events.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Most dangerous first</h2>")?;
    open_table(out)?;
    events.iter().try_for_each(|event| call(std::slice::from_ref(*event), response, out))?;
    close_table(out)?;
    match left {
        0 => Ok(()),
        left => writeln!(out, "<p class=\"note\">and {left} more: see the timeline</p>"),
    }
}

fn origins(response: &Response, out: &mut dyn Write) -> io::Result<()> {
    let columns = ["address", "first", "last", "calls", "refused", "programs"];
    let all = addresses(&response.events);
    table("Where calls came from, the newest first", &columns, &all, out, |of: &Address<'_>| {
        let agents: Vec<&str> = of.agents.iter().copied().collect();
        vec![
            of.address.to_owned(),
            of.first.to_owned(),
            of.last.to_owned(),
            of.events.to_string(),
            of.refused.to_string(),
            agents.join("; "),
        ]
    })
}
