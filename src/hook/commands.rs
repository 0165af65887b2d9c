//! Commands of a shell, read as far as it takes to tell whether they call tightlip for a hook.
//!
//! Text that only speaks of tightlip calls nothing: `echo "run tightlip hook pre-commit"`, a here-document. Nor does a
//! call whose status is lost. What cannot be read for sure does not count: a quote that is never closed takes all that
//! follows.

use std::iter::Peekable;
use std::str::Chars;

use super::Hook;

/// Programs that run the text behind `-c`.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ksh", "zsh"];

/// Words of a shell, and programs, before the program of a command.
const BEFORE: [&str; 13] = [
    "!", "{", "if", "then", "elif", "else", "while", "until", "do", "time", "exec", "command",
    "env",
];

/// A command, and what stands behind it.
#[derive(Debug, Default)]
struct Command {
    words: Vec<String>,
    end: End,
}

/// What becomes of the exit status of a command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    /// `&&`: what follows is run if it is zero.
    And,
    /// `||`: what follows is run if it is not.
    Or,
    /// `&` and `|`: it is lost.
    Lost,
    /// The next command's takes its place.
    #[default]
    Next,
}

/// Whether commands of a shell call tightlip for the work of a hook, and end as it does: by `tightlip hook` and its
/// name, by `tightlip staged` for pre-commit or by `tightlip message` for commit-msg.
pub(super) fn calls(text: &str, hook: Hook) -> bool {
    let commands = commands(text);
    let ends_at_errors = text
        .lines()
        .next()
        .is_some_and(|first| first.starts_with("#!") && first.split(' ').any(is_set_e));
    (0..commands.len()).any(|at| {
        let (before, rest) = commands.split_at(at);
        let sets = |command: &Command| {
            command.words.first().is_some_and(|word| word == "set")
                && command.words.iter().any(|word| is_set_e(word))
        };
        is_call(&rest[0].words, hook)
            && before.last().is_none_or(|before| before.words != ["if", "false"])
            && counts(rest, ends_at_errors || before.iter().any(sets))
    })
}

/// Whether an option is `-e` of a shell, by which it ends at the first error.
fn is_set_e(word: &str) -> bool {
    word == "errexit" || word.starts_with('-') && !word.starts_with("--") && word.contains('e')
}

/// Whether the status of the first of some commands becomes that of their script. What is not sure does not count.
fn counts(commands: &[Command], ends_at_errors: bool) -> bool {
    let Some((command, rest)) = commands.split_first() else { return false };
    let first = command.words.first().map_or("", |word| word);
    if command.words.iter().any(|word| word == "exec") {
        return true;
    }
    let leaves = |command: &Command| {
        command.words.iter().take(3).any(|word| matches!(&**word, "exit" | "return" | "false"))
    };
    if matches!(first, "if" | "elif" | "!") {
        return rest.iter().any(leaves);
    }
    match command.end {
        End::Lost => false,
        End::Or => match rest.first() {
            Some(next) if next.words.first().is_some_and(|word| word == "{") => {
                rest.iter().any(leaves)
            }
            Some(next) => leaves(next),
            None => false,
        },
        // What follows is not run; the end of it is that of the command.
        End::And => {
            rest.first().is_none_or(|next| next.end != End::Or) && counts(rest, ends_at_errors)
        }
        End::Next => ends_at_errors || is_last(rest) || is_asked_for(rest),
    }
}

/// Whether nothing is run before these commands end but what is in other branches.
fn is_last(rest: &[Command]) -> bool {
    const CLOSE: [&str; 5] = ["fi", "done", "esac", "}", "else"];
    let mut is_other = false;
    rest.iter().all(|command| {
        let first = command.words.first().map_or("", |word| word);
        is_other = (is_other || matches!(first, "else" | "elif")) && first != "fi";
        is_other || first.is_empty() || CLOSE.contains(&first)
    })
}

/// Whether the next command looks at the status.
fn is_asked_for(rest: &[Command]) -> bool {
    let next = rest.iter().find(|command| !command.words.is_empty());
    next.is_some_and(|next| next.words.iter().any(|word| word.contains("$?")))
}

/// Whether the words of one command are such a call.
pub(super) fn is_call(words: &[String], hook: Hook) -> bool {
    let comes_before = |word: &&str| BEFORE.contains(word) || is_assignment(word);
    let mut words = words.iter().map(String::as_str).skip_while(comes_before);
    let Some(program) = words.next() else { return false };
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    if SHELLS.contains(&program) {
        let is_script_next = |word: &&str| word.starts_with('-') && word.ends_with('c');
        return words
            .skip_while(|word| !is_script_next(word))
            .nth(1)
            .is_some_and(|script| calls(script, hook));
    }
    if program.strip_suffix(".exe").unwrap_or(program) != "tightlip" {
        return false;
    }
    let mut arguments = words.skip_while(|word| word.starts_with('-'));
    match arguments.next() {
        Some("hook") => {
            arguments.next().is_some_and(|name| name == hook.name() || is_own_name(name))
        }
        Some("staged") => hook == Hook::PreCommit,
        Some("message") => hook == Hook::CommitMsg,
        _ => false,
    }
}

/// Whether a word stands for the name of the script it is in, which git calls by the name of the hook.
fn is_own_name(word: &str) -> bool {
    word.contains("$0") || word.contains("${0")
}

fn is_assignment(word: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_part))
}

/// Splits text into commands and these into words, without their quotes.
fn commands(text: &str) -> Vec<Command> {
    let mut commands = vec![Command::default()];
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    // What ends the here-documents that begin behind the line.
    let mut documents: Vec<String> = Vec::new();
    let end_word = |word: &mut Option<String>, commands: &mut Vec<Command>| {
        if let (Some(word), Some(command)) = (word.take(), commands.last_mut()) {
            command.words.push(word);
        }
    };
    while let Some(char) = chars.next() {
        match char {
            '#' if word.is_none() => while chars.next_if(|&char| char != '\n').is_some() {},
            '\\' if chars.peek() == Some(&'\n') => drop(chars.next()),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '\'' | '"' => {
                // What is not closed may hold anything.
                let Some(quoted) = quoted(char, &mut chars) else { break };
                word.get_or_insert_default().push_str(&quoted);
            }
            '<' if chars.next_if_eq(&'<').is_some() => {
                end_word(&mut word, &mut commands);
                // `<<<` is followed by the text itself.
                if chars.next_if_eq(&'<').is_none() {
                    documents.push(delimiter(&mut chars));
                }
            }
            // `2>&1` and `&>file` send streams elsewhere.
            '&' if word.as_ref().is_some_and(|word| word.ends_with(['>', '<']))
                || chars.peek() == Some(&'>') =>
            {
                word.get_or_insert_default().push(char);
            }
            ';' | '&' | '|' | '(' | ')' | '`' | '\n' => {
                end_word(&mut word, &mut commands);
                let end = end_of(char, &mut chars);
                if let Some(command) = commands.last_mut() {
                    command.end = end;
                }
                commands.push(Command::default());
                if char == '\n' {
                    documents.drain(..).for_each(|end| skip_document(&mut chars, &end));
                }
            }
            _ if char.is_whitespace() => end_word(&mut word, &mut commands),
            _ => word.get_or_insert_default().push(char),
        }
    }
    end_word(&mut word, &mut commands);
    commands
}

/// What a sign between two commands says; takes the rest of the sign.
fn end_of(char: char, chars: &mut Peekable<Chars<'_>>) -> End {
    match char {
        '&' if chars.next_if_eq(&'&').is_some() => End::And,
        '|' if chars.next_if_eq(&'|').is_some() => End::Or,
        '&' | '|' => End::Lost,
        _ => End::Next,
    }
}

/// Reads the word that ends a here-document, behind `<<` or `<<-`, without its quotes.
fn delimiter(chars: &mut Peekable<Chars<'_>>) -> String {
    while chars.next_if(|char| matches!(char, '-' | ' ' | '\t')).is_some() {}
    let is_of_word = |char: &char| !char.is_whitespace() && !";&|()<>".contains(*char);
    let word = std::iter::from_fn(|| chars.next_if(is_of_word));
    word.filter(|char| !matches!(char, '\'' | '"' | '\\')).collect()
}

/// Passes over the lines of a here-document and the one that ends it.
fn skip_document(chars: &mut Peekable<Chars<'_>>, end: &str) {
    while chars.peek().is_some() {
        let line: String = chars.by_ref().take_while(|char| *char != '\n').collect();
        if line.trim_start_matches('\t').trim_end_matches('\r') == end {
            return;
        }
    }
}

/// Reads up to the quote that closes what a quote has opened.
fn quoted(quote: char, chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            char if char == quote => return Some(text),
            '\\' if quote == '"' && chars.peek().is_some_and(|char| "\"\\$`".contains(*char)) => {
                text.extend(chars.next());
            }
            char => text.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_that_does_the_work_of_the_hook_is_a_call() {
        for (text, hooks) in [
            ("tightlip hook pre-commit", &[Hook::PreCommit][..]),
            ("  exec tightlip --quiet hook commit-msg \"$1\"", &[Hook::CommitMsg]),
            (
                "command -v tightlip >/dev/null 2>&1 && tightlip hook pre-push \"$@\"",
                &[Hook::PrePush],
            ),
            (
                "if ! A=b \"$HOME/.cargo/bin/tightlip\" hook pre-commit; then exit 1; fi",
                &[Hook::PreCommit],
            ),
            ("make lint; tightlip staged || exit 1", &[Hook::PreCommit]),
            ("tightlip message \"$1\"", &[Hook::CommitMsg]),
            ("case $1 in x) tightlip hook \\\n  pre-merge-commit;; esac", &[Hook::PreMergeCommit]),
            ("sh -ec 'make; exec tightlip hook pre-commit \"$@\"' tightlip", &[Hook::PreCommit]),
            ("tightlip hook \"$(basename \"$0\")\" \"$@\"", &Hook::ALL),
            ("tightlip hook", &[]),
            ("tightlip history && tightlip doctor", &[]),
            ("tightlip hook pre-commit-not", &[]),
            ("echo tightlip hook pre-commit", &[]),
            ("echo \"use; tightlip hook pre-commit\"", &[]),
            ("echo 'never closed\ntightlip hook pre-commit", &[]),
            ("make # tightlip hook pre-commit\n# tightlip staged", &[]),
            ("not-tightlip hook pre-commit", &[]),
            ("sh -c 'echo tightlip hook pre-commit'", &[]),
            ("sh tightlip hook pre-commit", &[]),
            ("cat <<EOF\ntightlip hook pre-commit\nEOF\n", &[]),
            ("cat <<-'END OF' >&2\n\ttightlip staged\n\tEND\n", &[]),
            ("cat <<A <<\"B\"\ntightlip staged\nA\ntightlip staged\nB\nmake", &[]),
            ("cat <<EOF\nhelp\nEOF\ntightlip hook pre-commit", &[Hook::PreCommit]),
            ("cat <<EOF | tightlip staged\nhelp\nEOF\n", &[Hook::PreCommit]),
            ("grep -q x <<<\"$y\" && tightlip hook pre-commit", &[Hook::PreCommit]),
            // Its status has to be that of the hook.
            ("tightlip hook pre-commit\necho done", &[]),
            ("tightlip hook pre-commit; echo done", &[]),
            ("tightlip hook pre-commit || true", &[]),
            ("tightlip hook pre-commit || echo bad", &[]),
            ("tightlip hook pre-commit &", &[]),
            ("tightlip hook pre-commit | tee log", &[]),
            ("if false; then tightlip hook pre-commit; fi", &[]),
            ("if tightlip hook pre-commit; then echo ok; fi", &[]),
            ("bash -c 'tightlip hook pre-commit || true'", &[]),
            ("tightlip hook pre-commit && echo ok || true", &[]),
            ("set -e\ntightlip hook pre-commit\necho done", &[Hook::PreCommit]),
            ("#!/bin/sh -e\ntightlip hook pre-commit\necho done", &[Hook::PreCommit]),
            ("set -euo pipefail; tightlip hook pre-commit; make", &[Hook::PreCommit]),
            ("tightlip hook pre-commit || { echo bad; exit 1; }\nmake", &[Hook::PreCommit]),
            ("tightlip hook pre-commit\nrc=$?\nmake\nexit $rc", &[Hook::PreCommit]),
            ("tightlip hook pre-commit && make", &[Hook::PreCommit]),
            ("tightlip hook pre-commit >&2 2>&1 || exit $?\nmake", &[Hook::PreCommit]),
            (
                "if command -v tightlip; then\n  tightlip hook pre-commit\nelse\n  echo no\nfi\n",
                &[Hook::PreCommit],
            ),
            ("make && tightlip hook pre-commit\n\n", &[Hook::PreCommit]),
        ] {
            let called = Hook::ALL.into_iter().filter(|hook| calls(text, *hook));
            assert_eq!(called.collect::<Vec<_>>(), hooks, "{text}");
        }
    }
}
