//! overcommit: a section for each hook of git that it knows, with hooks of its own in it.
//! <https://github.com/sds/overcommit#adding-existing-git-hooks>

use super::super::Hook;
use super::super::commands::is_call;
use super::super::script::Without;
use super::block::Insert;
use super::yaml::{Document, Refusal};
use super::{Aside, Profile, beside_value, mapping_around, section, shell, unquoted};

pub(super) const PROFILE: Profile = Profile {
    name: "overcommit",
    mark: "overcommit",
    files: &[".overcommit.yml"],
    own_files: &[],
    hooks: &HOOKS,
    installs: "overcommit --install && overcommit --sign",
    aside: Aside::Stays,
    names,
    condition: |_, _| None,
    inserts,
    whole: sections,
    notes: |_, _| Vec::new(),
};

/// The hooks that overcommit runs, of those that are installed where people commit, by its names.
const SECTIONS: [(Hook, &str); 4] = [
    (Hook::PreCommit, "PreCommit"),
    (Hook::CommitMsg, "CommitMsg"),
    (Hook::PrepareCommitMsg, "PrepareCommitMsg"),
    (Hook::PrePush, "PrePush"),
];

/// The hooks that overcommit can run.
pub(super) const HOOKS: [Hook; 4] = [SECTIONS[0].0, SECTIONS[1].0, SECTIONS[2].0, SECTIONS[3].0];

fn section_of(hook: Hook) -> &'static str {
    SECTIONS.iter().find(|(known, _)| *known == hook).map_or("", |(_, section)| section)
}

/// Lines that have overcommit run tightlip in each of `hooks`.
fn inserts(
    document: &Document<'_>,
    hooks: &[Hook],
    without: Without,
) -> Result<Vec<Insert>, Refusal> {
    let mut inserts = Vec::new();
    let mut new = Vec::new();
    for &hook in hooks {
        let name = section_of(hook);
        let Some(section) = document.key(name)? else {
            new.extend(sections(&[hook], without));
            continue;
        };
        if !section.value.is_empty() {
            return Err(beside_value(name));
        }
        if document.child(section, "Tightlip")?.is_some() {
            return Err(format!("{name} has a hook `Tightlip` that does something else"));
        }
        let indent = document.indent_below(section).unwrap_or(2);
        let lines = entry(hook, indent, without);
        inserts.push(Insert { at: document.below(section), indent, lines });
    }
    if !new.is_empty() {
        inserts.push(Insert { at: document.end(), indent: 0, lines: new });
    }
    Ok(inserts)
}

/// Whole sections for these hooks.
fn sections(hooks: &[Hook], without: Without) -> Vec<String> {
    let section = |hook: &Hook| {
        let mut lines = vec![format!("{}:", section_of(*hook))];
        lines.extend(entry(*hook, 2, without));
        lines
    };
    hooks.iter().flat_map(section).collect()
}

/// overcommit adds git's arguments, and passes on what git says on standard input.
fn entry(hook: Hook, indent: usize, without: Without) -> Vec<String> {
    let command = match without {
        Without::Stops => format!("['tightlip', 'hook', '{hook}']"),
        Without::Warns => {
            let script = shell(hook, "\"$@\"").join("; ").replace('\'', "''");
            format!("['sh', '-c', '{script}', 'tightlip']")
        }
    };
    ["Tightlip:", "  enabled: true", &format!("  command: {command}")]
        .map(|line| format!("{:indent$}{line}", ""))
        .to_vec()
}

/// Whether the file has overcommit call tightlip in a hook.
pub(super) fn names(text: &str, hook: Hook) -> bool {
    let lines: Vec<&str> = section(text, section_of(hook)).collect();
    (0..lines.len()).any(|at| {
        let list = lines[at].trim().strip_prefix("command:").map(str::trim);
        let list = list.and_then(|list| list.strip_prefix('[')?.strip_suffix(']'));
        // overcommit runs a hook of one's own only where it is told to.
        let is_enabled = || mapping_around(&lines, at, "command:").contains(&"enabled: true");
        list.is_some_and(|list| is_call(&words(list), hook) && is_enabled())
    })
}

/// The words of a list of YAML between its brackets.
fn words(list: &str) -> Vec<String> {
    let mut quote = None;
    let between = |char: char| {
        match quote {
            None if char == '\'' || char == '"' => quote = Some(char),
            Some(open) if char == open => quote = None,
            _ => {}
        }
        char == ',' && quote.is_none()
    };
    list.split(between).map(unquoted).collect()
}
