//! What the script filters by: a row an entry, and the texts that the rows refer to by number.

use std::collections::HashMap;
use std::io::{self, Write};
use std::rc::Rc;

use super::Page;
use super::views::{author, folder, holders, rule};
use crate::report::entry::Entry;
use crate::report::text::place;
use crate::report::{printable, shown_secret};

/// Texts, each with a number.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Rc<str>, usize>,
    texts: Vec<Rc<str>>,
}

impl Texts {
    fn number(&mut self, text: String) -> usize {
        if let Some(number) = self.numbers.get(&*text) {
            return *number;
        }
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        self.numbers.insert(text, self.texts.len() - 1);
        self.texts.len() - 1
    }
}

/// The columns of texts, in the order of the script.
#[derive(Default)]
struct Columns {
    rules: Texts,
    folders: Texts,
    authors: Texts,
    holders: Texts,
    /// What a search by text looks at beside the columns: descriptions, places, fingerprints, commits.
    words: Texts,
}

/// Writes the object: `rows` one by one, then the columns.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut columns = Columns::default();
    write!(out, "{{\"rows\":[")?;
    for (number, entry) in page.entries.iter().enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        write_json(&row(page, entry, &mut columns), out)?;
    }
    write!(out, "]")?;
    for (name, texts) in [
        ("rule", &columns.rules),
        ("folder", &columns.folders),
        ("author", &columns.authors),
        ("holder", &columns.holders),
        ("word", &columns.words),
    ] {
        write!(out, ",\n\"{name}\":")?;
        for (number, text) in texts.texts.iter().enumerate() {
            out.write_all(if number == 0 { b"[" } else { b"," })?;
            write_json(&**text, out)?;
        }
        out.write_all(if texts.texts.is_empty() { b"[]" } else { b"]" })?;
    }
    write!(out, "}}")
}

type Row = (String, u8, &'static str, u8, String, [Vec<usize>; 5]);

fn row(page: &Page<'_>, entry: &Entry<'_>, columns: &mut Columns) -> Row {
    let mut numbers: [Vec<usize>; 5] = Default::default();
    let [rules, folders, authors, held, words] = &mut numbers;
    for finding in &entry.findings {
        rules.push(columns.rules.number(rule(page, finding)));
        folders.push(columns.folders.number(folder(page, finding)));
        authors.extend(author(page, finding).map(|author| columns.authors.number(author)));
        held.extend(holders(finding).into_iter().map(|name| columns.holders.number(name.into())));
        let description = printable(finding.description.as_bytes(), page.redactor);
        words.push(columns.words.number(description));
        words.push(columns.words.number(place(finding, page.redactor)));
        words.push(columns.words.number(finding.fingerprint.to_string()));
        let commit = finding.origin.commit.as_ref().map(|commit| commit.id.clone());
        words.extend(commit.map(|id| columns.words.number(id)));
        let others = finding.other_paths.iter().map(|path| printable(path, page.redactor));
        words.extend(others.map(|path| columns.words.number(path)));
    }
    for column in &mut numbers {
        column.sort_unstable();
        column.dedup();
    }
    let secret = shown_secret(&entry.lead().secret, page.options);
    let sure = entry.confidence() as u8;
    let pushed = u8::from(entry.is_pushed);
    (entry.id(), sure, entry.exposure.name(), pushed, secret, numbers)
}

/// Writes JSON as it may stand in a `script` element, which nothing but `<` could end.
fn write_json(value: &(impl serde::Serialize + ?Sized), out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    out.write_all(json.replace('<', "\\u003c").as_bytes())
}
