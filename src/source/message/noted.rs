//! What git's template said, noted before an editor could change it.
//!
//! Whether git will drop comments and what stands below scissors depends on flags that no hook is told
//! (`--cleanup`, `-v`). The template tells, but whoever edits the message may take it out, or put in that of
//! another commit. So prepare-commit-msg, which sees the template as git wrote it, leaves a note for
//! commit-msg.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::template::{self, Told};
use super::{Rules, is_scissors, prefix_of_scissors};

/// What the template said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noted {
    /// Whether comments go.
    pub(super) comments_go: bool,
    /// What begins the line at which git cuts, if it cuts at scissors.
    pub(super) cut: Option<Vec<u8>>,
}

fn file(git_dir: &Path) -> PathBuf {
    git_dir.join("tightlip-template")
}

/// Notes what the template in `raw` says.
pub(super) fn write(git_dir: &Path, rules: &Rules, raw: &[u8]) -> io::Result<()> {
    let lines: Vec<&[u8]> = raw.split_inclusive(|&byte| byte == b'\n').collect();
    let own = (0..lines.len())
        .rev()
        .find(|&at| is_scissors(lines[at], lines.get(at + 1).copied().unwrap_or_default()));
    // Git's own scissors are the last thing in a template, with its explanation and a diff below. Those of
    // an earlier commit stand above this one's template.
    let cuts = own.is_some_and(|at| {
        let is_comment = |line: &&[u8]| rules.prefixes.iter().any(|own| line.starts_with(own));
        let mut below = lines[at + 1..].iter().copied().skip_while(is_comment);
        !below.any(|line| is_comment(&line))
    });
    let told = template::read(&lines, &rules.prefixes, own.filter(|_| cuts));
    let comments = if told == Told::Gone { "strip" } else { "keep" };
    let prefix = own.filter(|_| cuts).and_then(|at| prefix_of_scissors(lines[at]));
    fs::write(file(git_dir), [comments.as_bytes(), b"\n", prefix.unwrap_or_default()].concat())
}

/// Takes the note, which counts for one message.
pub(super) fn take(git_dir: &Path) -> Option<Noted> {
    let file = file(git_dir);
    let text = fs::read(&file).ok()?;
    // What stays is written anew before it is read again.
    let _ = fs::remove_file(&file);
    let end = memchr::memchr(b'\n', &text)?;
    let (comments, prefix) = (&text[..end], text[end + 1..].to_vec());
    Some(Noted { comments_go: comments == b"strip", cut: Some(prefix).filter(|it| !it.is_empty()) })
}
