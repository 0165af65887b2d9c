//! Hook managers: programs that write git's hooks themselves, and are told in a file of the work tree what
//! to run in them.
//!
//! tightlip can be one of the things they run, and then survives when they write their hooks again. Lines are
//! put into their file, between two marks; everything else of it keeps its bytes, and `uninstall` takes the
//! lines out without a trace. A file that cannot be edited by lines for sure is refused, with the lines to
//! paste.
//!
//! | manager | file | what is added |
//! |---|---|---|
//! | lefthook | `lefthook.yml` and its other names | a command in the section of each hook |
//! | the pre-commit framework | `.pre-commit-config.yaml` | a local repository with a hook for each stage, and which hooks to install |
//! | overcommit | `.overcommit.yml` | a hook in the section of each hook that it runs |
//! | husky, before git looks there | `.husky` | the blocks of [`plan`](super::plan), as afterwards |

mod block;
mod framework;
mod husky;
mod lefthook;
mod overcommit;
mod yaml;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::change::exists;
use super::place::{Kind, Place};
use super::script::{Without, install_hint};
use super::{Hook, HookError};
use crate::text::escape::{escape, escape_path};
use block::Insert;
use yaml::{Document, Refusal};

/// A hook manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// lefthook.
    Lefthook,
    /// The framework of <https://pre-commit.com>.
    Framework,
    /// overcommit.
    Overcommit,
    /// husky, whose directory git does not look in yet.
    Husky,
}

/// A manager that is in use in a work tree.
#[derive(Debug, Clone)]
pub struct Managed {
    /// The manager.
    pub manager: Manager,
    /// Its file, or husky's directory.
    pub file: PathBuf,
    /// Why the file cannot be edited, and the lines to paste; `None` if it can.
    pub refusal: Option<String>,
    /// Whether it calls tightlip in all hooks that both of them know.
    pub is_wired: bool,
}

type Inserts = fn(&Document<'_>, &[Hook], Without) -> Result<Vec<Insert>, Refusal>;

/// What tightlip knows of a manager: each has one, in its own file.
struct Profile {
    /// What people call it.
    name: &'static str,
    /// What every hook that it writes has in it, in small letters.
    mark: &'static str,
    /// The files that it reads, each alone; the first that exists counts.
    files: &'static [&'static str],
    /// The files of a person's own, which are read beside the other.
    own_files: &'static [&'static str],
    /// The hooks that both it and tightlip know.
    hooks: &'static [Hook],
    /// The command that puts its hooks in, after its file has changed.
    installs: &'static str,
    /// What becomes of a hook that stands where it writes its own.
    aside: Aside,
    /// Whether a file has it call tightlip in a hook.
    names: fn(&str, Hook) -> bool,
    /// What decides whether it runs a hook at all, as a clause; `None` if nothing does.
    condition: fn(&str, Hook) -> Option<&'static str>,
    /// Lines that have it call tightlip in hooks, and where in its file they go.
    inserts: Inserts,
    /// The lines of a file that has nothing else.
    whole: fn(&[Hook], Without) -> Vec<String>,
    /// What the user should know of a file that gets these hooks, each a sentence.
    notes: fn(&str, &[Hook]) -> Vec<String>,
}

/// What a manager does with a hook that stands where it writes its own. What it appends to the name is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aside {
    /// It does not move it.
    Stays,
    /// It moves it away.
    Moved(&'static str),
    /// It moves it away and runs it from its own hook.
    Run(&'static str),
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.profile().name)
    }
}

/// What becomes of a manager's file.
pub(super) struct Wiring {
    /// The file's bytes now.
    pub(super) old: Vec<u8>,
    /// Those with tightlip's lines.
    pub(super) new: Vec<u8>,
    /// Whether somebody has edited tightlip's lines in it.
    pub(super) is_edited: bool,
    /// What tightlip's lines do where there is no tightlip.
    pub(super) without: Without,
    /// Whether the file has lines of tightlip's now.
    pub(super) has_lines: bool,
    /// What the user should know, each a sentence.
    pub(super) notes: Vec<String>,
}

/// A file of more bytes is nothing that a person has written.
const MAX_BYTES: u64 = 1 << 20;

impl Manager {
    /// All of them. The first whose mark a hook has is the one that wrote it.
    pub(super) const ALL: [Manager; 4] =
        [Manager::Lefthook, Manager::Framework, Manager::Overcommit, Manager::Husky];

    const fn profile(self) -> &'static Profile {
        match self {
            Manager::Lefthook => &lefthook::PROFILE,
            Manager::Framework => &framework::PROFILE,
            Manager::Overcommit => &overcommit::PROFILE,
            Manager::Husky => &husky::PROFILE,
        }
    }

    /// What the manager appends to the name of a hook that it moves away.
    pub(super) fn moves_to(self) -> Option<&'static str> {
        match self.profile().aside {
            Aside::Stays => None,
            Aside::Moved(ending) | Aside::Run(ending) => Some(ending),
        }
    }

    /// What it appends, if it goes on running the hook.
    pub(super) fn runs_moved(self) -> Option<&'static str> {
        self.moves_to().filter(|ending| self.profile().aside == Aside::Run(ending))
    }

    /// Returns the manager that has written a hook.
    pub(super) fn of_hook(bytes: &[u8]) -> Option<Manager> {
        let lower = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        Manager::ALL.into_iter().find(|manager| lower.contains(manager.profile().mark))
    }

    /// Returns the manager's file that has it call tightlip in this hook, as people name it.
    pub(super) fn calling_file(self, hook: Hook, top: &Path) -> Option<String> {
        let profile = self.profile();
        let found = profile.files.iter().find(|file| exists(&top.join(file)));
        found.into_iter().chain(profile.own_files).find_map(|file| {
            let text = crate::file::read(&top.join(file), MAX_BYTES).ok()?;
            let text = String::from_utf8_lossy(&text);
            let condition = match (profile.condition)(&text, hook) {
                Some(condition) => format!(", whose {condition} decides when"),
                None => String::new(),
            };
            let warning = match without(&text) {
                Without::Warns => ", which only warns where there is no tightlip",
                Without::Stops => "",
            };
            self.names(&text, hook).then(|| format!("{file}{condition}{warning}"))
        })
    }

    fn names(self, text: &str, hook: Hook) -> bool {
        (self.profile().names)(text, hook)
    }

    /// Finds the manager's file below the top of a work tree.
    fn file(self, top: &Path) -> Option<PathBuf> {
        self.profile().files.iter().map(|file| top.join(file)).find(|file| exists(file))
    }

    /// Plans what becomes of the manager's file.
    ///
    /// # Errors
    /// It cannot be read, or not be edited by lines.
    pub(super) fn wire(self, file: &Path, asked: Option<Without>) -> Result<Wiring, HookError> {
        let old = read(file)?;
        let without = asked.unwrap_or_else(|| without(&String::from_utf8_lossy(&old)));
        self.lines(file, &old, without)
            .map_err(|refusal| HookError::Refused(self.explain(file, &refusal, without)))
    }

    fn lines(self, file: &Path, old: &[u8], without: Without) -> Result<Wiring, Refusal> {
        if !file.extension().is_some_and(|ending| ending == "yml" || ending == "yaml") {
            return Err("it is not YAML".into());
        }
        let profile = self.profile();
        let parts = block::take_out(old);
        let document = Document::parse(&parts.rest)?;
        let text = String::from_utf8_lossy(&parts.rest);
        let hooks: Vec<Hook> =
            profile.hooks.iter().copied().filter(|hook| !self.names(&text, *hook)).collect();
        let inserts = if hooks.is_empty() {
            Vec::new()
        } else {
            (profile.inserts)(&document, &hooks, without)?
        };
        let new = block::insert(&parts.rest, inserts, document.line_break());
        if block::take_out(&new).rest != parts.rest {
            return Err("its lines could not be taken out again byte for byte".into());
        }
        let notes = (profile.notes)(&text, &hooks);
        let has_lines = parts.count > 0;
        Ok(Wiring { old: old.to_vec(), new, is_edited: parts.is_edited, without, has_lines, notes })
    }

    /// Says why a file is not edited, and what to paste into it.
    fn explain(self, file: &Path, refusal: &str, without: Without) -> String {
        let lines = (self.profile().whole)(self.profile().hooks, without);
        format!(
            "cannot add tightlip to `{}`: {}; nothing was changed. Put in by hand what these \
             lines of YAML say, then install without --into-manager:\n\n{}\n",
            escape_path(file),
            escape(refusal.as_bytes()),
            lines.join("\n")
        )
    }
}

/// Finds the managers that are in use in a work tree.
pub(super) fn in_use(place: &Place, without: Option<Without>) -> Vec<Managed> {
    let Some(top) = &place.work_tree else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for manager in Manager::ALL {
        if let Some(file) = manager.file(top) {
            let wiring = manager.wire(&file, without);
            let is_wired = wiring.as_ref().is_ok_and(|wiring| wiring.new == wiring.old);
            let refusal = wiring.err().map(|error| error.to_string());
            found.push(Managed { manager, file, refusal, is_wired });
        }
    }
    let husky = top.join(".husky");
    if place.kind != Kind::Husky && place.folder != husky && husky.is_dir() {
        let hook = fs::read(husky.join(Hook::PreCommit.name())).unwrap_or_default();
        let is_wired = super::script::find_block(&hook).is_some();
        found.push(Managed { manager: Manager::Husky, file: husky, refusal: None, is_wired });
    }
    found
}

impl Managed {
    /// What has to be done after the file has changed.
    #[must_use]
    pub fn next_step(&self) -> String {
        let file = self.file.file_name().unwrap_or_default();
        let file = escape(file.as_encoded_bytes());
        format!(
            "commit {file}, and let {} take it up: `{}`",
            self.manager,
            self.manager.profile().installs
        )
    }
}

/// A manager's file that has lines of tightlip's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unwiring {
    pub(super) file: PathBuf,
    /// The file without them; `None` where somebody has edited them.
    pub(super) rest: Option<Vec<u8>>,
}

/// A refusal that does not show the value: it may be a secret.
fn beside_value(key: &str) -> Refusal {
    format!("`{key}` has its value on its own line, beside which nothing can be added")
}

/// Takes tightlip's lines out of the files of all managers.
///
/// # Errors
/// A file cannot be read.
pub(super) fn unwire(top: &Path) -> Result<Vec<Unwiring>, HookError> {
    let mut out = Vec::new();
    let files = Manager::ALL.iter().flat_map(|manager| manager.profile().files);
    for file in files.map(|file| top.join(file)).filter(|file| may_be_wired(file)) {
        let parts = block::take_out(&read(&file)?);
        if parts.count > 0 {
            out.push(Unwiring { file, rest: (!parts.is_edited).then_some(parts.rest) });
        }
    }
    Ok(out)
}

/// Whether lines may have been put into a file: what is a link or too large was refused.
fn may_be_wired(file: &Path) -> bool {
    let metadata = file.symlink_metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES)
}

fn read(file: &Path) -> Result<Vec<u8>, HookError> {
    if file.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(HookError::Refused(format!(
            "`{}` is a symbolic link, and tightlip does not write through links: put a file in its \
             place",
            escape_path(file)
        )));
    }
    crate::file::read(file, MAX_BYTES).map_err(|error| HookError::file("read", file, error))
}

/// A plain or quoted value of YAML on one line, without its quotes.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inside = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    match (inside('\''), inside('"')) {
        (Some(text), _) => text.replace("''", "'"),
        (_, Some(text)) => text.replace("\\\"", "\"").replace("\\\\", "\\"),
        _ => value.to_owned(),
    }
}

/// The lines that are no comments and not empty, each without the comment at its end.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.find(" #").map_or(line, |at| &line[..at]))
        .filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
}

/// The lines of a top-level section of YAML, without comments.
fn section<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mut is_inside = false;
    code_lines(text).filter(move |line| {
        if !line.starts_with([' ', '\t', '-']) {
            is_inside = yaml::split_key(line).is_some_and(|(key, _)| key == name);
        }
        is_inside
    })
}

/// The keys, with their values, that stand beside `key`, whose value holds the line `at`: on lines of the same column, or
/// in braces on that line.
fn mapping_around<'a>(lines: &[&'a str], at: usize, key: &str) -> Vec<&'a str> {
    let content = |line: &'a str| line.trim_start_matches([' ', '\t', '-']);
    let column = |line: &'a str| line.len() - content(line).len();
    let is_item = |line: &str| line.trim_start().starts_with("- ");
    if lines[at].find('{').is_some_and(|brace| lines[at].find(key).is_some_and(|key| brace < key)) {
        return lines[at].split(['{', '}', ',']).map(str::trim).collect();
    }
    let own = (0..=at).rev().find(|&own| content(lines[own]).starts_with(key));
    // A block of text stands deeper than its key.
    let own = own.filter(|&own| own == at || column(lines[own]) < column(lines[at])).unwrap_or(at);
    let indent = column(lines[own]);
    let is_first = |line: usize| is_item(lines[line]) && column(lines[line]) == indent;
    let mut start = own;
    while start > 0 && !is_first(start) && column(lines[start - 1]) >= indent {
        start -= 1;
    }
    let is_outside = |&line: &usize| column(lines[line]) < indent || is_first(line);
    let end = (own + 1..lines.len()).find(is_outside).unwrap_or(lines.len());
    lines[start..end]
        .iter()
        .filter(|line| column(line) == indent)
        .map(|line| content(line))
        .collect()
}

/// What tightlip's lines in a file do where there is no tightlip.
fn without(text: &str) -> Without {
    if text.contains(&warning("")) { Without::Warns } else { Without::Stops }
}

/// How the warning begins.
fn warning(hook: &str) -> String {
    format!("echo \"tightlip: nothing was scanned{hook}")
}

/// Commands of a shell, without single quotes, that run a hook if there is a tightlip, and warn if not.
fn shell(hook: Hook, arguments: &str) -> Vec<String> {
    vec![
        "PATH=\"$PATH:$HOME/.cargo/bin:$HOME/.local/bin:/usr/local/bin:/opt/homebrew/bin\"".into(),
        format!("command -v tightlip >/dev/null 2>&1 && exec tightlip hook {hook} {arguments}"),
        format!("{}; {}\" >&2", warning(&format!(" by {hook}")), install_hint()),
    ]
}

#[cfg(test)]
mod tests;
