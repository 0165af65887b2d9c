//! The scripts that git runs, made of `hooks/*.sh`, and how they are known again.
//!
//! Each script in `hooks/` is whole: a person can read and run it as it stands. An install fills in the
//! lines that say which hook it is, and a checksum of the rest: what somebody has edited since is not
//! ours to remove.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::Hook;
use crate::text::checksum::crc32_base62;
use crate::text::os::path_from;

const GUARD: &str = include_str!("../../hooks/guard.sh");
const PASS: &str = include_str!("../../hooks/pass.sh");
const BLOCK: &str = include_str!("../../hooks/block.sh");

/// How scripts end that only pass on: as this version writes them, and as those before it did, whose hook had the
/// script's own process.
const PASS_ENDS: [&str; 2] = [
    "    TIGHTLIP_GUARD=$$ \"$kept\" \"$@\"\n    exit $?\nfi\nexit 0\n",
    "    TIGHTLIP_GUARD=$$\n    export TIGHTLIP_GUARD\n    exec \"$kept\" \"$@\"\nfi\nexit 0\n",
];

/// What the second line of every script of ours begins with.
const MARKER: &[u8] = b"\n# tightlip guard: ";
pub(super) const BLOCK_FIRST: &[u8] = b"# >>> tightlip >>>\n";
pub(super) const BLOCK_LAST: &[u8] = b"# <<< tightlip <<<";
/// The second line of a block that is all there was to the file.
const BLOCK_MADE: &[u8] = b"# >>> tightlip >>>\n# Made by ";
const SUM: &[u8] = b"(checksum ";
const NO_SUM: &[u8] = b"@SUM@";

/// What follows the name of a hook that was there before.
pub(super) const KEPT: &str = ".before-tightlip";

/// What happens in a clone of somebody who has no tightlip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Without {
    /// Git is stopped.
    #[default]
    Stops,
    /// A line says how to install it, and git goes on.
    Warns,
}

/// Which program a guard runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program<'a> {
    /// This one first, as it is on this machine.
    At(&'a Path),
    /// What is found on the PATH, or not: the guard is a team's.
    OnPath(Without),
}

/// Where the hook stands that a guard runs first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Beside the guard, renamed.
    Beside(Run),
    /// In the repository; the guard stands where the global `core.hooksPath` leads.
    Own,
}

/// How a renamed hook is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// As git would run it.
    Program,
    /// By the interpreter given, under the name it had: it looks at its own name, as those of
    /// husky 4 do, or the runners of `NAME.d` directories.
    Named(String),
}

impl Run {
    /// Decides how a hook with these bytes is run when its name has changed.
    pub(super) fn of(bytes: &[u8]) -> Run {
        let Some(interpreter) = shell_of(bytes) else {
            return Run::Program;
        };
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for harmless in ["dirname \"$0\"", "dirname -- \"$0\"", "dirname $0", "${0%/*}"] {
            text = text.replace(harmless, "");
        }
        if text.contains("$0") || text.contains("${0") {
            Run::Named(interpreter)
        } else {
            Run::Program
        }
    }
}

/// Returns the words that start the interpreter, if the file is a script of a POSIX shell.
pub(super) fn shell_of(bytes: &[u8]) -> Option<String> {
    let Some(line) = bytes.strip_prefix(b"#!") else {
        // Git gives what has no interpreter to the shell.
        return (!bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()).then(|| "sh".into());
    };
    let line = line.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._- ".contains(char);
    let mut words = line.split_whitespace();
    let mut program = words.next()?.rsplit('/').next()?;
    if program == "env" {
        program = words.next()?;
    }
    let is_shell = matches!(program, "sh" | "bash" | "dash" | "ash" | "ksh");
    (is_shell && line.chars().all(is_plain)).then(|| line.to_owned())
}

/// Makes the script that stands in a hook's place.
pub(super) fn guard(hook: Hook, form: &Form, program: Program<'_>) -> Vec<u8> {
    let (kept_in, interpreter) = match form {
        Form::Beside(Run::Program) => ("beside", String::new()),
        Form::Beside(Run::Named(interpreter)) => ("beside", format!("'{interpreter}'")),
        Form::Own => ("repository", String::new()),
    };
    let (binary, without) = match program {
        Program::At(path) => (quoted(path), Without::Stops),
        Program::OnPath(without) => (b"''".to_vec(), without),
    };
    let filled = [
        ("hook=", hook.name().as_bytes()),
        ("binary=", &binary),
        ("kept_in=", kept_in.as_bytes()),
        ("interpreter=", interpreter.as_bytes()),
        ("missing=", without.word()),
    ];
    seal(&fill(&GUARD.replace("@NAME@", hook.name()), &filled))
}

/// Makes the script that only runs the repository's own hook.
pub(super) fn pass(name: &str) -> Vec<u8> {
    seal(&fill(&PASS.replace("@NAME@", name), &[("hook=", name.as_bytes())]))
}

/// Fills in the first line that begins with each of these words.
fn fill(script: &str, lines: &[(&str, &[u8])]) -> Vec<u8> {
    let mut left = lines.to_vec();
    let mut out = Vec::with_capacity(script.len() + 64);
    for line in script.split_inclusive('\n') {
        let code = line.trim_start();
        match left.iter().position(|(begin, _)| code.starts_with(begin)) {
            Some(at) => {
                let (begin, value) = left.remove(at);
                let indent = &line[..line.len() - code.len()];
                out.extend([indent.as_bytes(), begin.as_bytes(), value, b"\n"].concat());
            }
            None => out.extend_from_slice(line.as_bytes()),
        }
    }
    debug_assert!(left.is_empty(), "the script has a line for everything that is filled in");
    out
}

/// What a block stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockOptions {
    /// The file is run by `sh -e`, as husky does, not by itself.
    pub(super) is_sourced: bool,
    /// There was no file before.
    pub(super) is_new: bool,
    /// What it does where there is no tightlip.
    pub(super) without: Without,
}

/// Makes the block that stands in a file of a team.
pub(super) fn block(hook: Hook, options: BlockOptions) -> Vec<u8> {
    let shell: &[u8] = if options.is_sourced { b"'sh -e'" } else { b"" };
    let text = if options.is_new { BLOCK.replace("# Added by", "# Made by") } else { BLOCK.into() };
    let filled = [
        ("tightlip_hook=", hook.name().as_bytes()),
        ("tightlip_shell=", shell),
        ("tightlip_missing=", options.without.word()),
    ];
    seal(&fill(&text, &filled))
}

/// Whether a file is a script of ours, edited or not: lines may have been put above the one that names it.
pub(super) fn is_ours(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!") && bytes.find(MARKER).is_some()
}

/// Whether a file has a script or block of ours that scans, edited or not.
pub(super) fn scans(bytes: &[u8]) -> bool {
    let only_passes_on = || PASS_ENDS.iter().any(|end| bytes.ends_with(end.as_bytes()));
    let is_guard = is_ours(bytes) && !only_passes_on();
    is_guard || find_block(bytes).is_some()
}

/// Whether a script or block is as it was written. Line breaks around it do not count: a block at the end of
/// a file that has no last one is written without its own.
pub(super) fn is_unedited(bytes: &[u8]) -> bool {
    let bytes = bytes.replace(b"\r\n", b"\n");
    let inner = bytes.trim_start_with(|char| char == '\n').trim_end_with(|char| char == '\n');
    let bytes = [inner, b"\n"].concat();
    let Some(at) = bytes.find(SUM) else {
        return false;
    };
    let Some((sum, rest)) = bytes[at + SUM.len()..].split_at_checked(6) else {
        return false;
    };
    let unsealed = [&bytes[..at + SUM.len()], NO_SUM, rest].concat();
    sum == crc32_base62(&unsealed)
}

impl Without {
    /// How a script says it.
    const fn word(self) -> &'static [u8] {
        match self {
            Without::Stops => b"stop",
            Without::Warns => b"warn",
        }
    }

    /// Reads what a script of ours, or a block in it, does.
    pub(super) fn of(bytes: &[u8]) -> Without {
        let says_warn = bytes
            .split(|&byte| byte == b'\n')
            .any(|line| matches!(line.trim_ascii(), b"missing=warn" | b"tightlip_missing=warn"));
        if says_warn { Without::Warns } else { Without::Stops }
    }
}

/// Returns the program that a guard was told to run.
pub(super) fn recorded_binary(bytes: &[u8]) -> Option<PathBuf> {
    let start = bytes.find(b"\nbinary='")? + b"\nbinary=".len();
    let mut path = Vec::new();
    let mut is_quoted = false;
    let mut rest = bytes[start..].iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'\'' => is_quoted = !is_quoted,
            b'\\' if !is_quoted => path.extend(rest.next()),
            b'\n' if !is_quoted => break,
            _ => path.push(byte),
        }
    }
    (!path.is_empty()).then(|| path_from(&path))
}

/// A block in a file: where it is, and what the file is without it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) before: &'a [u8],
    pub(super) block: &'a [u8],
    pub(super) after: &'a [u8],
}

impl Found<'_> {
    /// Whether the file was made for the block.
    pub(super) fn is_made(&self) -> bool {
        self.block.trim_ascii_start().starts_with(BLOCK_MADE)
    }

    /// The file without the block.
    pub(super) fn rest(&self) -> Vec<u8> {
        [self.before, self.after].concat()
    }
}

/// Finds the block in a file.
///
/// Where the line before the block had no end, the block was written with a line break before it
/// and none after; that break goes with it.
pub(super) fn find_block(bytes: &[u8]) -> Option<Found<'_>> {
    let first = bytes.find(BLOCK_FIRST.trim_ascii_end())?;
    let last = first + bytes[first..].find(BLOCK_LAST)? + BLOCK_LAST.len();
    let rest = &bytes[last..];
    let newline = rest.len() - rest.strip_prefix(b"\r").unwrap_or(rest).len();
    if rest.get(newline) == Some(&b'\n') {
        let (before, after) = (&bytes[..first], &rest[newline + 1..]);
        let block = &bytes[first..last + newline + 1];
        return Some(Found { before, block, after });
    }
    let start = first.saturating_sub(1);
    Some(Found { before: &bytes[..start], block: &bytes[start..last], after: rest })
}

/// Puts a block into a file of somebody else: below the line that names the interpreter and the
/// one that loads husky, above all that could end the script.
pub(super) fn with_block(bytes: &[u8], block: &[u8]) -> Vec<u8> {
    let at = head_length(bytes);
    let (head, rest) = bytes.split_at(at);
    if head.is_empty() || head.ends_with(b"\n") {
        return [head, block, rest].concat();
    }
    [head, b"\n", block.trim_ascii_end()].concat()
}

fn head_length(bytes: &[u8]) -> usize {
    let mut end = 0;
    let mut head = 0;
    for (number, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        end += line.len();
        let is_interpreter = number == 0 && line.starts_with(b"#!");
        let is_husky = loads_husky(line);
        if is_interpreter || is_husky {
            head = end;
        }
        if is_husky {
            break;
        }
    }
    head
}

/// Whether a script of husky 5 to 8 loads husky, which runs the script again by `sh -e`.
pub(super) fn loads_husky(bytes: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').any(|line| {
        let line = line.trim_ascii();
        (line.starts_with(b". ") || line.starts_with(b"source "))
            && line.find(b"husky.sh").is_some()
    })
}

/// What to do where there is no tightlip.
pub(super) const fn install_hint() -> &'static str {
    "install it (cargo install tightlip, or as your team does it)"
}

/// Fills in the checksum of a text that has a place for it.
pub(super) fn seal(text: &[u8]) -> Vec<u8> {
    text.replace(NO_SUM, crc32_base62(text))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let bytes = if cfg!(windows) { bytes.replace(b"\\", b"/") } else { bytes.to_vec() };
    [&b"'"[..], &bytes.replace(b"'", b"'\\''"), b"'"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDED: BlockOptions =
        BlockOptions { is_sourced: true, is_new: false, without: Without::Stops };
    const TEAM: Program<'_> = Program::OnPath(Without::Stops);

    #[test]
    fn a_guard_knows_itself_and_its_program_until_it_is_edited() {
        for path in ["/usr/bin/tightlip", "/a 'b'/\\c\n/tightlip", "/ä/$(x)/`y`"] {
            let script = guard(Hook::PrePush, &Form::Own, Program::At(Path::new(path)));
            assert!(is_ours(&script) && is_unedited(&script), "{path}");
            assert_eq!(recorded_binary(&script).unwrap(), Path::new(path));
            let edited = [&script[..], b"echo more\n"].concat();
            assert!(is_ours(&edited) && !is_unedited(&edited));
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in_and_nothing_but_sh_is_needed() {
        let forms = [Form::Own, Form::Beside(Run::Program)];
        for hook in Hook::ALL {
            let mut all: Vec<Vec<u8>> = forms.iter().map(|form| guard(hook, form, TEAM)).collect();
            all.push(block(hook, ADDED));
            all.push(pass("post-commit"));
            for script in all {
                let text = String::from_utf8(script).unwrap();
                assert!(!text.replace("\"$@\"", "").contains('@'), "{text}");
                assert!(text.is_ascii() && !text.contains('\r'));
                assert!(text.ends_with('\n'));
            }
        }
    }

    #[test]
    fn a_block_goes_in_below_the_head_and_out_without_a_trace() {
        let husky = "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\nnpm test\n";
        let cases = [
            ("", 0),
            ("npm test", 0),
            ("npm test\n", 0),
            ("#!/bin/sh\nmake\n", 10),
            ("#!/bin/sh\nmake", 10),
            ("#!/bin/sh", 9),
            ("#!/bin/sh\n", 10),
            (husky, husky.len() - 10),
            (". x/husky.sh", 12),
        ];
        for (text, at) in cases {
            let block = block(Hook::PreCommit, ADDED);
            let with = with_block(text.as_bytes(), &block);
            let found = find_block(&with).unwrap();
            assert_eq!(found.before.len(), at, "{text:?}");
            assert_eq!(found.rest(), text.as_bytes(), "{text:?}");
            assert!(!found.is_made());
        }
    }

    #[test]
    fn a_block_with_windows_line_ends_is_still_ours() {
        let block = block(Hook::PrePush, ADDED);
        assert!(is_unedited(&block));
        let windows = block.replace(b"\n", b"\r\n");
        assert!(is_unedited(find_block(&windows).unwrap().block));
        assert!(!is_unedited(&block.replace(b"exit 1", b"exit 0")));
    }

    #[test]
    fn hooks_that_look_at_their_name_keep_it() {
        let named = |text: &str| match Run::of(text.as_bytes()) {
            Run::Program => None,
            Run::Named(interpreter) => Some(interpreter),
        };
        assert_eq!(named("#!/bin/sh\ncd \"$(dirname \"$0\")\"\n"), None);
        assert_eq!(named("#!/bin/sh -e\nrun-parts \"$0.d\"\n").as_deref(), Some("/bin/sh -e"));
        assert_eq!(
            named("#!/usr/bin/env bash\nh=${0##*/}\n").as_deref(),
            Some("/usr/bin/env bash")
        );
        assert_eq!(named("basename $0\n").as_deref(), Some("sh"));
        assert_eq!(named("#!/usr/bin/env ruby\nFile.basename($0)\n"), None);
        assert_eq!(named("\x7fELF\0$0"), None);
    }

    /// Copies of the scripts as git gets them: `TIGHTLIP_ACCEPT=1 cargo test golden` writes them anew.
    #[test]
    fn scripts_are_the_golden_copies() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/hooks");
        let binary = Program::At(Path::new("/usr/bin/it's tightlip"));
        let husky4 = Form::Beside(Run::Named("/bin/sh -e".into()));
        let made = BlockOptions { is_sourced: false, is_new: true, without: Without::Stops };
        let warns = BlockOptions { without: Without::Warns, ..ADDED };
        let team = Program::OnPath(Without::Warns);
        for (name, script) in [
            ("guard-pre-commit", guard(Hook::PreCommit, &Form::Beside(Run::Program), binary)),
            ("guard-pre-commit-named", guard(Hook::PreCommit, &husky4, binary)),
            ("guard-pre-commit-global", guard(Hook::PreCommit, &Form::Own, binary)),
            ("guard-pre-push", guard(Hook::PrePush, &Form::Beside(Run::Program), TEAM)),
            ("guard-commit-msg-warns", guard(Hook::CommitMsg, &Form::Beside(Run::Program), team)),
            ("block-commit-msg-warns", block(Hook::CommitMsg, warns)),
            ("guard-reference-transaction", guard(Hook::ReferenceTransaction, &Form::Own, binary)),
            ("block-pre-commit", block(Hook::PreCommit, made)),
            ("block-pre-push-husky", block(Hook::PrePush, ADDED)),
            ("pass-post-commit", pass("post-commit")),
        ] {
            let file = folder.join(format!("{name}.sh"));
            if std::env::var_os("TIGHTLIP_ACCEPT").is_some() {
                std::fs::write(&file, &script).unwrap();
            }
            let golden = std::fs::read(&file).unwrap();
            let (golden, script) =
                (String::from_utf8(golden).unwrap(), String::from_utf8(script).unwrap());
            assert_eq!(script, golden, "{name}");
        }
    }

    #[test]
    fn what_a_script_does_without_the_program_can_be_read_in_it() {
        for without in [Without::Stops, Without::Warns] {
            let block = block(Hook::PrePush, BlockOptions { without, ..ADDED });
            let guard = guard(Hook::PrePush, &Form::Own, Program::OnPath(without));
            assert_eq!((Without::of(&block), Without::of(&guard)), (without, without));
        }
    }

    #[test]
    fn pass_script_is_known_as_one_that_does_not_scan() {
        let [now, before] = PASS_ENDS;
        assert!(PASS.ends_with(now));
        let older = PASS.replace(now, before);
        for script in [pass("post-commit"), older.into_bytes()] {
            assert!(is_ours(&script) && !scans(&script));
        }
        assert!(scans(&guard(Hook::PrePush, &Form::Own, TEAM)));
    }
}
