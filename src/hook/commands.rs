//! Commands of a shell, read as far as it takes to tell whether they call tightlip for a hook.
//!
//! Text that only speaks of tightlip calls nothing: `echo "run tightlip hook pre-commit"`, a here-document. What cannot be read for
//! sure does not count: a quote that is never closed takes all that follows.

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

/// Whether commands of a shell call tightlip for the work of a hook: by `tightlip hook` and its name, by
/// `tightlip staged` for pre-commit or by `tightlip message` for commit-msg.
pub(super) fn calls(text: &str, hook: Hook) -> bool {
    commands(text).iter().any(|words| is_call(words, hook))
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
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    // What ends the here-documents that begin behind the line.
    let mut documents: Vec<String> = Vec::new();
    let end_word = |word: &mut Option<String>, commands: &mut Vec<Vec<String>>| {
        if let (Some(word), Some(command)) = (word.take(), commands.last_mut()) {
            command.push(word);
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
            ';' | '&' | '|' | '(' | ')' | '`' | '\n' => {
                end_word(&mut word, &mut commands);
                commands.push(Vec::new());
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
        ] {
            let called = Hook::ALL.into_iter().filter(|hook| calls(text, *hook));
            assert_eq!(called.collect::<Vec<_>>(), hooks, "{text}");
        }
    }
}
