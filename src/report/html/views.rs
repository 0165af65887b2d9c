//! The same secrets counted by rule, by folder, by author and by what holds them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Page;
use super::head::link;
use super::markup::html;
use crate::finding::{Finding, Place};
use crate::report::entry::{Entry, Exposure};
use crate::report::{has_path, printable, printable_path};
use crate::text::count::count;

/// How many rows a view has.
const ROWS: usize = 100;

/// How many secrets a row links to.
const LINKS: usize = 20;

/// A way to look at the secrets.
struct View {
    /// The name that the script knows.
    name: &'static str,
    title: &'static str,
    /// What the first column names.
    column: &'static str,
    /// The rows that a finding counts in.
    rows: fn(&Page<'_>, &Finding) -> Vec<String>,
}

const VIEWS: &[View] = &[
    View {
        name: "rule",
        title: "By rule",
        column: "Rule",
        rows: |page, finding| vec![rule(page, finding)],
    },
    View {
        name: "folder",
        title: "By folder",
        column: "Folder",
        rows: |page, finding| vec![folder(page, finding)],
    },
    View {
        name: "author",
        title: "By author",
        column: "Author",
        rows: |page, finding| author(page, finding).into_iter().collect(),
    },
    View {
        name: "holder",
        title: "By what holds them",
        column: "Holder",
        rows: |_, finding| holders(finding).into_iter().map(str::to_owned).collect(),
    },
];

/// The counts of a row.
#[derive(Default)]
struct Row {
    places: usize,
    secrets: usize,
    in_head: usize,
    pushed: usize,
    /// The first few entries.
    entries: Vec<usize>,
    last: Option<usize>,
}

/// Writes all views, closed but for their titles.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.entries.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section class=\"views\"><h2>Views</h2>")?;
    for view in VIEWS {
        one_view(page, view, out)?;
    }
    writeln!(out, "</section>")
}

fn one_view(page: &Page<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut counted: BTreeMap<String, Row> = BTreeMap::new();
    for (number, entry) in page.entries.iter().enumerate() {
        for finding in &entry.findings {
            for name in (view.rows)(page, finding) {
                counted.entry(name).or_default().add(number, entry);
            }
        }
    }
    let mut rows: Vec<(String, Row)> = counted.into_iter().collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse((row.secrets, row.places)));
    let (name, title) = (view.name, view.title);
    writeln!(
        out,
        "<details class=\"view\" id=\"by-{name}\"><summary>{title} <small>{}</small></summary>",
        rows.len()
    )?;
    writeln!(
        out,
        "<table data-view=\"{name}\"><thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\">Secrets</th><th scope=\"col\">Places</th>\
         <th scope=\"col\">In HEAD</th><th scope=\"col\">On a remote</th></tr></thead><tbody>",
        view.column
    )?;
    let most = rows[0].1.secrets;
    for (name, row) in rows.iter().take(ROWS) {
        write_row(page, name, row, most, out)?;
    }
    writeln!(out, "</tbody></table>")?;
    if rows.len() > ROWS {
        writeln!(
            out,
            "<p class=\"note\">{} with no more secrets than these: not listed.</p>",
            count((rows.len() - ROWS) as u64, "row")
        )?;
    }
    writeln!(out, "</details>")
}

impl Row {
    fn add(&mut self, number: usize, entry: &Entry<'_>) {
        self.places += 1;
        // The findings of an entry come one after the other.
        if self.last == Some(number) {
            return;
        }
        self.last = Some(number);
        self.secrets += 1;
        self.in_head += usize::from(entry.exposure == Exposure::Head);
        self.pushed += usize::from(entry.is_pushed);
        if self.entries.len() < LINKS {
            self.entries.push(number);
        }
    }
}

fn write_row(
    page: &Page<'_>,
    name: &str,
    row: &Row,
    most: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = html(name);
    let width = row.secrets as f64 / most.max(1) as f64 * 100.0;
    write!(
        out,
        "<tr><th scope=\"row\"><details><summary data-only=\"{shown}\">{shown}</summary><ul>"
    )?;
    for number in &row.entries {
        write!(out, "<li>{}</li>", link(page, &page.entries[*number]))?;
    }
    if row.secrets > row.entries.len() {
        write!(out, "<li>and {} more</li>", row.secrets - row.entries.len())?;
    }
    write!(
        out,
        "</ul></details></th><td><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\"><rect width=\"{width:.1}\" height=\"10\"/></svg> {}</td>",
        row.secrets
    )?;
    writeln!(out, "<td>{}</td><td>{}</td><td>{}</td></tr>", row.places, row.in_head, row.pushed)
}

/// Returns the rule's id.
pub(super) fn rule(page: &Page<'_>, finding: &Finding) -> String {
    printable(finding.rule.as_bytes(), page.redactor)
}

/// Returns the folder of the file, or the kind of a place that is no file.
pub(super) fn folder(page: &Page<'_>, finding: &Finding) -> String {
    match finding.origin.place {
        _ if has_path(finding) => {
            let path = printable_path(&finding.origin.path, page.redactor);
            path.rsplit_once('/').map_or("./", |(folder, _)| folder).to_owned()
        }
        Place::CommitMessage | Place::Message => "(messages)".into(),
        Place::CommitHeader => "(headers of commits)".into(),
        Place::TagMessage => "(messages of tags)".into(),
        Place::RefName => "(names of refs)".into(),
        Place::GitDir => "(git directory)".into(),
        Place::Object => "(left-over objects)".into(),
        _ => "(standard input)".into(),
    }
}

/// Returns who wrote the commit that brought it.
pub(super) fn author(page: &Page<'_>, finding: &Finding) -> Option<String> {
    let commit = finding.origin.commit.as_ref()?;
    Some(printable(&commit.author, page.redactor))
}

/// Returns what holds it: the kinds of refs, or the place on this disk.
pub(super) fn holders(finding: &Finding) -> Vec<&'static str> {
    let Some(presence) = &finding.presence else {
        return vec![match finding.origin.place {
            Place::Index => "the index",
            Place::Worktree => "the working tree",
            Place::GitDir => "the git directory",
            Place::Object => "objects that nothing leads to",
            Place::Stdin => "standard input",
            Place::Message => "a message",
            _ if finding.origin.commit.is_some() => "a commit",
            _ => "a name or a message",
        }];
    };
    let has = |prefix: &[u8]| presence.refs.iter().any(|name| name.starts_with(prefix));
    let kinds = [
        (presence.in_head, "HEAD"),
        (presence.is_pushed, "a remote"),
        (has(b"refs/heads/"), "branches of this clone"),
        (has(b"refs/tags/"), "tags"),
        (has(b"refs/stash"), "stashes"),
        (has(b"refs/notes/"), "notes"),
        (presence.ref_count == 0 && !presence.in_head, "reflogs or left-over objects"),
    ];
    let held: Vec<&str> = kinds.iter().filter(|(holds, _)| *holds).map(|(_, kind)| *kind).collect();
    if held.is_empty() { vec!["other refs"] } else { held }
}
