//! lefthook: a section for each hook of git, with commands in it.
//! <https://lefthook.dev/configuration/>

use super::super::Hook;
use super::super::commands::calls;
use super::super::script::Without;
use super::block::Insert;
use super::yaml::{Document, Refusal};
use super::{Aside, Profile, beside_value, mapping_around, section, shell, unquoted};

pub(super) const PROFILE: Profile = Profile {
    name: "lefthook",
    mark: "lefthook",
    files: &[
        "lefthook.yml",
        "lefthook.yaml",
        "lefthook.toml",
        "lefthook.json",
        "lefthook.jsonc",
        ".lefthook.yml",
        ".lefthook.yaml",
        ".lefthook.toml",
        ".lefthook.json",
        ".lefthook.jsonc",
        ".config/lefthook.yml",
        ".config/lefthook.yaml",
        ".config/lefthook.toml",
        ".config/lefthook.json",
        ".config/lefthook.jsonc",
    ],
    own_files: &[
        "lefthook-local.yml",
        "lefthook-local.yaml",
        ".lefthook-local.yml",
        ".lefthook-local.yaml",
    ],
    hooks: &Hook::CLIENT,
    installs: "lefthook install",
    aside: Aside::Moved(".old"),
    names,
    condition: |text, hook| {
        is_conditional(text, hook).then_some("`skip`, `only` or choice of files")
    },
    inserts,
    whole: sections,
    notes,
};

/// Lines that have lefthook run tightlip in each of `hooks`.
fn inserts(
    document: &Document<'_>,
    hooks: &[Hook],
    without: Without,
) -> Result<Vec<Insert>, Refusal> {
    let mut inserts = Vec::new();
    let mut new = Vec::new();
    for &hook in hooks {
        let Some(section) = document.key(hook.name())? else {
            new.extend(sections(&[hook], without));
            continue;
        };
        let plain = |key: &str, value: &str| match value {
            "" => Ok(()),
            _ => Err(beside_value(key)),
        };
        plain(hook.name(), section.value)?;
        if let Some(commands) = document.child(section, "commands")? {
            plain("commands", commands.value)?;
            if document.child(commands, "tightlip")?.is_some() {
                return Err(format!("{hook} has a command `tightlip` that does something else"));
            }
            let indent = document.indent_below(commands).unwrap_or(commands.indent + 2);
            let lines = command(hook, indent, without);
            inserts.push(Insert { at: document.below(commands), indent, lines });
        } else {
            let indent = document.indent_below(section).unwrap_or(2);
            let mut lines = vec![format!("{:indent$}commands:", "")];
            lines.extend(command(hook, indent + 2, without));
            inserts.push(Insert { at: document.below(section), indent, lines });
        }
    }
    if !new.is_empty() {
        inserts.push(Insert { at: document.end(), indent: 0, lines: new });
    }
    Ok(inserts)
}

/// Whole sections for these hooks.
fn sections(hooks: &[Hook], without: Without) -> Vec<String> {
    let section = |hook: &Hook| {
        let mut lines = vec![format!("{hook}:"), "  commands:".to_owned()];
        lines.extend(command(*hook, 4, without));
        lines
    };
    hooks.iter().flat_map(section).collect()
}

fn command(hook: Hook, indent: usize, without: Without) -> Vec<String> {
    let mut lines = vec!["tightlip:".to_owned()];
    match without {
        Without::Stops => {
            lines.push(format!("  run: tightlip hook {hook}{}", arguments(hook)));
        }
        Without::Warns => {
            lines.push("  run: |".to_owned());
            let shell = shell(hook, arguments(hook).trim_start());
            lines.extend(shell.into_iter().map(|line| format!("    {line}")));
        }
    }
    if hook == Hook::PrePush {
        // What git says on standard input reaches no command that does not ask for it.
        lines.push("  use_stdin: true".to_owned());
    }
    lines.into_iter().map(|line| format!("{:indent$}{line}", "")).collect()
}

/// The arguments that git passes to a hook, each in quotes: `{0}` would split a path at its blanks.
const fn arguments(hook: Hook) -> &'static str {
    match hook {
        Hook::CommitMsg | Hook::ApplypatchMsg => " \"{1}\"",
        Hook::PrepareCommitMsg | Hook::PrePush => " \"{1}\" \"{2}\"",
        Hook::PreCommit
        | Hook::PreMergeCommit
        | Hook::PreApplypatch
        | Hook::PreReceive
        | Hook::ReferenceTransaction => "",
    }
}

/// Keys of a command or a hook that decide when it runs.
const CONDITIONS: [&str; 8] =
    ["skip:", "only:", "glob:", "files:", "exclude:", "file_types:", "root:", "tags:"];

/// Whether the section of a hook calls tightlip, and passes on what it needs.
pub(super) fn names(text: &str, hook: Hook) -> bool {
    let is_off =
        |keys: &Vec<&str>| keys.iter().any(|key| ["skip: true", "only: false"].contains(key));
    let has_input = |keys: &Vec<&str>| hook != Hook::PrePush || keys.contains(&"use_stdin: true");
    !is_off(&keys_of_section(text, hook))
        && calls_in(text, hook).iter().any(|keys| !is_off(keys) && has_input(keys))
}

/// The keys beside each call of tightlip in the section of a hook.
fn calls_in(text: &str, hook: Hook) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = section(text, hook.name()).collect();
    let calls = (0..lines.len()).filter(|&at| calls(&command_in(lines[at]), hook));
    calls.map(|at| mapping_around(&lines, at, "run:")).collect()
}

/// The command on a line: what follows the key `run`, or the whole line, which may go on from the one above.
fn command_in(line: &str) -> String {
    let is_key = |at: usize| line[..at].ends_with([' ', '{', ',']) || at == 0;
    let run = line.match_indices("run: ").find(|(at, _)| is_key(*at));
    run.map_or_else(
        || line.to_owned(),
        |(at, key)| unquoted(line[at + key.len()..].trim_end_matches(['}', ' '])),
    )
}

fn notes(text: &str, hooks: &[Hook]) -> Vec<String> {
    let conditional = hooks.iter().find(|hook| is_conditional(text, **hook));
    let note = conditional.map(|hook| {
        format!(
            "lefthook leaves out {hook}, and tightlip with it, where `skip` or `only` of its section say so"
        )
    });
    note.into_iter().collect()
}

/// Whether lefthook may leave out what calls tightlip in a hook, or the whole hook.
fn is_conditional(text: &str, hook: Hook) -> bool {
    let decides =
        |keys: &[&str]| keys.iter().any(|key| CONDITIONS.iter().any(|name| key.starts_with(name)));
    let calls = calls_in(text, hook);
    decides(&keys_of_section(text, hook))
        || !calls.is_empty() && calls.iter().all(|keys| decides(keys))
}

/// The keys right below that of a hook.
fn keys_of_section(text: &str, hook: Hook) -> Vec<&str> {
    let lines: Vec<&str> = section(text, hook.name()).skip(1).collect();
    if lines.is_empty() { Vec::new() } else { mapping_around(&lines, 0, "") }
}
