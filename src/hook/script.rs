//! The scripts that git runs, put together from `hooks/*.sh`, and how they are known again.
//!
//! Everything written carries a checksum of itself: what somebody has edited since is not ours
//! to remove.

use std::path::{Path, PathBuf};

use super::Hook;
use crate::text::checksum::crc32_base62;
use crate::text::os::os_str;

const BEGIN: &str = include_str!("../../hooks/begin.sh");
const KEPT_BESIDE: &str = include_str!("../../hooks/kept-beside.sh");
const KEPT_OWN: &str = include_str!("../../hooks/kept-own.sh");
const CHAIN: &str = include_str!("../../hooks/chain.sh");
const CHAIN_STDIN: &str = include_str!("../../hooks/chain-stdin.sh");
const ONCE: &str = include_str!("../../hooks/once.sh");
const PREPARED: &str = include_str!("../../hooks/prepared.sh");
const SCAN: &str = include_str!("../../hooks/scan.sh");
const PASS: &str = include_str!("../../hooks/pass.sh");
const BLOCK_BEGIN: &str = include_str!("../../hooks/block-begin.sh");
const BLOCK_REST: &str = include_str!("../../hooks/block-rest.sh");
const BLOCK_REST_STDIN: &str = include_str!("../../hooks/block-rest-stdin.sh");
const BLOCK_SCAN: &str = include_str!("../../hooks/block-scan.sh");

/// The second line of every script of ours begins so.
const MARKER: &[u8] = b"#!/bin/sh\n# tightlip guard: ";
const BLOCK_FIRST: &[u8] = b"# >>> tightlip >>>\n";
const BLOCK_LAST: &[u8] = b"# <<< tightlip <<<";
/// The second line of a block that is all there was to the file.
const BLOCK_MADE: &[u8] = b"# >>> tightlip >>>\n# Made by ";
const SUM: &[u8] = b"(checksum ";
const NO_SUM: &[u8] = b"@SUM@";

/// What follows the name of a hook that was there before.
pub(super) const KEPT: &str = ".before-tightlip";

/// How a guard comes to the hook that it runs first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// It stands beside the guard, renamed.
    Beside(Run),
    /// It is the repository's own, and the guard stands where the global `core.hooksPath` leads.
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
pub(super) fn guard(hook: Hook, form: &Form, binary: Option<&Path>) -> Vec<u8> {
    let (kept, run, once) = match form {
        Form::Beside(run) => (KEPT_BESIDE, run.clone(), ONCE),
        Form::Own => (KEPT_OWN, Run::Program, ""),
    };
    let chain = if hook.reads_stdin() { CHAIN_STDIN } else { CHAIN };
    let prepared = match hook {
        Hook::ReferenceTransaction => PREPARED,
        _ => "",
    };
    let run = match run {
        Run::Program => "\"$kept\"".to_owned(),
        Run::Named(interpreter) => {
            format!("{interpreter} -c '. \"${{0%/*}}/{hook}{KEPT}\"' \"${{kept%{KEPT}}}\"")
        }
    };
    let text = [BEGIN, kept, chain, once, prepared, SCAN]
        .concat()
        .replace("@RUN@", &run)
        .replace("@NAME@", hook.name());
    let binary = binary.map_or_else(|| b"''".to_vec(), quoted);
    seal(&replaced(text.as_bytes(), b"@BINARY@", &binary))
}

/// Makes the script that only runs the repository's own hook.
pub(super) fn pass(name: &str) -> Vec<u8> {
    let text = [BEGIN, KEPT_OWN, PASS].concat().replace("@NAME@", name);
    seal(text.as_bytes())
}

/// What a block stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockOptions {
    /// The file is run by `sh -e`, as husky does, not by itself.
    pub(super) is_sourced: bool,
    /// There was no file before.
    pub(super) is_new: bool,
}

/// Makes the block that stands in a file of a team.
pub(super) fn block(hook: Hook, options: BlockOptions) -> Vec<u8> {
    let rest = if hook.reads_stdin() { BLOCK_REST_STDIN } else { BLOCK_REST };
    let run = if options.is_sourced { "sh -e \"$0\"" } else { "\"$0\"" };
    let text = [BLOCK_BEGIN, rest, BLOCK_SCAN]
        .concat()
        .replace("@RUN@", run)
        .replace("@HOW@", if options.is_new { "Made" } else { "Added" })
        .replace("@NAME@", hook.name());
    seal(text.as_bytes())
}

/// Whether a file is a script of ours, edited or not.
pub(super) fn is_ours(bytes: &[u8]) -> bool {
    bytes.starts_with(MARKER)
}

/// Whether a file has a script or block of ours that scans, edited or not.
pub(super) fn scans(bytes: &[u8]) -> bool {
    let is_guard = is_ours(bytes) && !bytes.ends_with(PASS.as_bytes());
    is_guard || find_block(bytes).is_some()
}

/// Whether a script or block is as it was written.
pub(super) fn is_unedited(bytes: &[u8]) -> bool {
    let bytes = replaced(bytes, b"\r\n", b"\n");
    let Some(at) = find(&bytes, SUM) else {
        return false;
    };
    let Some((sum, rest)) = bytes[at + SUM.len()..].split_at_checked(6) else {
        return false;
    };
    let unsealed = [&bytes[..at + SUM.len()], NO_SUM, rest].concat();
    sum == crc32_base62(&unsealed)
}

/// Returns the program that a guard was told to run.
pub(super) fn recorded_binary(bytes: &[u8]) -> Option<PathBuf> {
    let start = find(bytes, b"\nbinary='")? + b"\nbinary=".len();
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
    let first = find(bytes, BLOCK_FIRST.trim_ascii_end())?;
    let last = first + find(&bytes[first..], BLOCK_LAST)? + BLOCK_LAST.len();
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
            && find(line, b"husky.sh").is_some()
    })
}

/// Fills in the checksum of a text that has a place for it.
fn seal(text: &[u8]) -> Vec<u8> {
    replaced(text, NO_SUM, &crc32_base62(text))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let bytes = if cfg!(windows) { replaced(bytes, b"\\", b"/") } else { bytes.to_vec() };
    [&b"'"[..], &replaced(&bytes, b"'", b"'\\''"), b"'"].concat()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

fn replaced(bytes: &[u8], what: &[u8], by: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = find(rest, what) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(by);
        rest = &rest[at + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}

pub(super) fn path_from(bytes: &[u8]) -> PathBuf {
    PathBuf::from(os_str(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDED: BlockOptions = BlockOptions { is_sourced: true, is_new: false };

    #[test]
    fn a_guard_knows_itself_and_its_program_until_it_is_edited() {
        for path in ["/usr/bin/tightlip", "/a 'b'/\\c\n/tightlip", "/ä/$(x)/`y`"] {
            let script = guard(Hook::PrePush, &Form::Own, Some(Path::new(path)));
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
            let mut all: Vec<Vec<u8>> = forms.iter().map(|form| guard(hook, form, None)).collect();
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
        let windows = replaced(&block, b"\n", b"\r\n");
        assert!(is_unedited(find_block(&windows).unwrap().block));
        assert!(!is_unedited(&replaced(&block, b"exit 1", b"exit 0")));
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
}
