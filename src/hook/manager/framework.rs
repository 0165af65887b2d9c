//! The pre-commit framework: a list of repositories, each with hooks that have stages.
//! <https://pre-commit.com/#adding-pre-commit-plugins-to-your-project>

use super::super::Hook;
use super::super::commands::calls;
use super::super::script::Without;
use super::block::Insert;
use super::yaml::{Document, Refusal};
use super::{beside_value, code_lines, shell, unquoted};

/// The key that decides which hooks `pre-commit install` writes.
const INSTALLED: &str = "default_install_hook_types";

/// Lines that have the framework run tightlip in each of `hooks`.
pub(super) fn inserts(
    document: &Document<'_>,
    hooks: &[Hook],
    without: Without,
) -> Result<Vec<Insert>, Refusal> {
    let Some(repos) = document.key("repos")? else {
        return Err("it has no key `repos`".into());
    };
    if !repos.value.is_empty() {
        return Err(beside_value("repos"));
    }
    if document.indent_below(repos).is_some() && !document.has_list_below(repos) {
        return Err("`repos` is no list".into());
    }
    let indent = document.indent_below(repos).unwrap_or(2);
    let lines = repository(hooks, indent, without);
    let mut inserts = vec![Insert { at: document.below(repos), indent, lines }];
    if document.key(INSTALLED)?.is_none() {
        let lines = vec![installed()];
        inserts.push(Insert { at: document.above(repos), indent: 0, lines });
    }
    Ok(inserts)
}

/// The hooks that a file does not let `pre-commit install` write, although it has a list of them.
pub(super) fn not_installed(text: &str, hooks: &[Hook]) -> Vec<Hook> {
    let Some(words) = listed(text, INSTALLED) else {
        return Vec::new();
    };
    hooks.iter().copied().filter(|hook| !words.contains(&hook.name())).collect()
}

/// The words of a list at the top of a file; `None` where its key is missing.
fn listed<'a>(text: &'a str, key: &str) -> Option<Vec<&'a str>> {
    let is_key = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let mut lines = code_lines(text).skip_while(|line| !is_key(line));
    let (_, first) = lines.next()?.split_once(':')?;
    let below = lines.take_while(|line| line.starts_with([' ', '-', ']']));
    Some(std::iter::once(first).chain(below).flat_map(words).collect())
}

/// The whole of what a file needs.
pub(super) fn whole(hooks: &[Hook], without: Without) -> Vec<String> {
    let mut lines = vec![installed(), "repos:".to_owned()];
    lines.extend(repository(hooks, 2, without));
    lines
}

fn installed() -> String {
    let names: Vec<&str> = STAGES.iter().map(|hook| hook.name()).collect();
    format!("{INSTALLED}: [{}]", names.join(", "))
}

/// The hooks that the framework can run, of those that are installed where people commit.
pub(super) const STAGES: [Hook; 5] =
    [Hook::PreCommit, Hook::PreMergeCommit, Hook::CommitMsg, Hook::PrepareCommitMsg, Hook::PrePush];

fn repository(hooks: &[Hook], indent: usize, without: Without) -> Vec<String> {
    let mut lines = vec!["- repo: local".to_owned(), "  hooks:".to_owned()];
    for hook in hooks {
        lines.push(format!("    - id: tightlip-{hook}"));
        lines.push(format!("      name: tightlip ({hook})"));
        match without {
            Without::Stops => lines.push(format!("      entry: tightlip hook {hook}")),
            Without::Warns => {
                let script = shell(*hook, "\"$@\"").join("; ");
                lines.push("      entry: >-".to_owned());
                lines.push(format!("        sh -c '{script}' tightlip"));
                lines.push("      verbose: true".to_owned());
            }
        }
        lines.push("      language: system".to_owned());
        // The files of a commit are not passed: what is staged is asked of git, a message has one file.
        let is_message = matches!(hook, Hook::CommitMsg | Hook::PrepareCommitMsg);
        if !is_message {
            lines.push("      pass_filenames: false".to_owned());
        }
        lines.push("      always_run: true".to_owned());
        lines.push(format!("      stages: [{hook}]"));
    }
    lines.into_iter().map(|line| format!("{:indent$}{line}", "")).collect()
}

/// Whether the file has the framework call tightlip in a hook.
pub(super) fn names(text: &str, hook: Hook) -> bool {
    let lines: Vec<&str> = code_lines(text).collect();
    let default_stages = listed(text, "default_stages");
    let is_in_braces = |line: &&str| line.contains('{') && has_id(line, hook);
    let runs = |item: Item<'_>| item.runs_in(hook, default_stages.as_deref());
    lines.iter().any(is_in_braces)
        || (0..lines.len()).any(|at| item(&lines[at..]).is_some_and(runs))
}

/// The id in `.pre-commit-hooks.yaml` of this repository that does the work of a hook.
const fn id_of(hook: Hook) -> Option<&'static str> {
    match hook {
        Hook::PreCommit => Some("tightlip"),
        Hook::PreMergeCommit => Some("tightlip-merge"),
        Hook::CommitMsg => Some("tightlip-message"),
        Hook::PrepareCommitMsg => Some("tightlip-prepare"),
        Hook::PrePush => Some("tightlip-push"),
        Hook::ApplypatchMsg
        | Hook::PreApplypatch
        | Hook::ReferenceTransaction
        | Hook::PreReceive => None,
    }
}

/// Whether a line has entries in braces one of which is the hook of this repository that does the work of
/// `hook`, and runs there.
fn has_id(line: &str, hook: Hook) -> bool {
    let Some(id) = id_of(hook) else { return false };
    let is_part = |next: char| next.is_ascii_alphanumeric() || "-_".contains(next);
    line.match_indices("id:").any(|(at, key)| {
        let value = line[at + key.len()..].trim_start().trim_start_matches(['"', '\'']);
        value.strip_prefix(id).is_some_and(|rest| {
            let entry = rest.split('}').next().unwrap_or_default();
            let stages = entry.split_once("stages:").map(|(_, stages)| stages);
            !rest.starts_with(is_part)
                && stages.is_none_or(|stages| words(stages).any(|word| word == hook.name()))
        })
    })
}

/// An entry of a list, by its keys.
struct Item<'a> {
    id: &'a str,
    entry: String,
    stages: Option<Vec<&'a str>>,
}

/// Reads the item that begins on the first of these lines.
fn item<'a>(lines: &[&'a str]) -> Option<Item<'a>> {
    let dash = lines[0].len() - lines[0].trim_start().len();
    let first = lines[0].trim_start().strip_prefix('-')?;
    let column = lines[0].len() - first.trim_start().len();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let rest = lines[1..].iter().take_while(|line| indent(line) > dash).copied();
    let mut item = Item { id: "", entry: String::new(), stages: None };
    let (mut is_stages, mut is_entry) = (false, false);
    for line in std::iter::once(first.trim_start()).chain(rest.map(|line| {
        // What is deeper belongs to the key above it.
        if indent(line) == column { line.trim_start() } else { line }
    })) {
        if line.starts_with(' ') {
            if is_stages && let Some(stages) = &mut item.stages {
                stages.extend(words(line));
            }
            if is_entry {
                item.entry.push_str(line);
            }
            continue;
        }
        is_stages = line.starts_with("stages:");
        is_entry = line.starts_with("entry:");
        let value = |key| line.strip_prefix(key).map(str::trim);
        if let Some(id) = value("id:") {
            item.id = id.trim_matches(['"', '\'']);
        } else if let Some(entry) = value("entry:") {
            // A value that begins with a sign for it stands on the lines below.
            item.entry =
                if entry.starts_with(['>', '|']) { String::new() } else { unquoted(entry) };
        } else if let Some(stages) = value("stages:") {
            item.stages = Some(words(stages).collect());
        }
    }
    Some(item)
}

impl Item<'_> {
    /// Whether the framework runs it in a hook, and it does the work of that hook there.
    fn runs_in(&self, hook: Hook, default_stages: Option<&[&str]>) -> bool {
        let stages = self.stages.as_deref().filter(|stages| !stages.is_empty());
        let is_among = |stages: &[&str]| stages.contains(&hook.name());
        if self.entry.is_empty() {
            // The hooks of this repository name their stages, and these go before the default.
            return id_of(hook) == Some(self.id) && stages.is_none_or(is_among);
        }
        stages.or(default_stages).is_none_or(is_among) && calls(&self.entry, hook)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_ascii_alphanumeric() && char != '-')
        .filter(|word| word.chars().any(char::is_alphabetic))
}
