//! tightlip's lines in a file of somebody else, between two marks that are comments.
//!
//! The first of them holds a checksum of the rest: lines that somebody has edited are not ours to remove.

use std::ops::Range;

use super::super::script::{self, BLOCK_FIRST, BLOCK_LAST};

/// Lines to put into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Insert {
    /// Where the line begins that comes after them.
    pub(super) at: usize,
    /// Column of the marks.
    pub(super) indent: usize,
    /// The lines, each with its indentation and without its end.
    pub(super) lines: Vec<String>,
}

/// What of a file is tightlip's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// The file without it.
    pub(super) rest: Vec<u8>,
    /// How many blocks were taken out.
    pub(super) count: usize,
    /// Whether somebody has edited one of them.
    pub(super) is_edited: bool,
}

/// Puts the lines in; the rest keeps its bytes.
pub(super) fn insert(text: &[u8], mut inserts: Vec<Insert>, line_break: &str) -> Vec<u8> {
    inserts.sort_by_key(|insert| insert.at);
    let mut out = Vec::with_capacity(text.len() + 1024);
    let mut done = 0;
    for Insert { at, indent, lines } in inserts {
        out.extend_from_slice(&text[done..at]);
        done = at;
        let mark = |mark: &[u8]| [&b" ".repeat(indent)[..], mark.trim_ascii()].concat();
        let lines: Vec<Vec<u8>> = [mark(BLOCK_FIRST), mark(ADDED)]
            .into_iter()
            .chain(lines.into_iter().map(String::into_bytes))
            .chain([mark(BLOCK_LAST)])
            .collect();
        let block = script::seal(&[&lines.join(&b'\n')[..], b"\n"].concat());
        let block = bstr::ByteSlice::replace(&block[..], "\n", line_break);
        if out.is_empty() || out.ends_with(b"\n") {
            out.extend(block);
        } else {
            out.extend_from_slice(line_break.as_bytes());
            out.extend_from_slice(block.trim_ascii_end());
        }
    }
    out.extend_from_slice(&text[done..]);
    out
}

const ADDED: &[u8] =
    b"# Added by `tightlip install`; `tightlip uninstall` takes it out (checksum @SUM@).";

/// Takes all blocks out. One that somebody has edited goes, too; the caller is told.
pub(super) fn take_out(text: &[u8]) -> Parts {
    let mut parts = Parts { rest: Vec::new(), count: 0, is_edited: false };
    let mut done = 0;
    while let Some(range) = find(text, done) {
        parts.rest.extend_from_slice(&text[done..range.start]);
        parts.is_edited |= !is_unedited(&text[range.clone()]);
        parts.count += 1;
        done = range.end;
    }
    parts.rest.extend_from_slice(&text[done..]);
    // A block at the end without a line break was put behind a line that had none.
    if parts.count > 0 && done == text.len() && !text.ends_with(b"\n") {
        let rest = parts.rest.strip_suffix(b"\n").unwrap_or(&parts.rest);
        parts.rest.truncate(rest.strip_suffix(b"\r").unwrap_or(rest).len());
    }
    parts
}

/// Finds the next block.
fn find(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut start = None;
    let mut at = from;
    for line in text[from..].split_inclusive(|&byte| byte == b'\n') {
        let words = line.trim_ascii();
        if words == BLOCK_FIRST.trim_ascii() {
            start = Some(at);
        }
        at += line.len();
        if let (Some(start), true) = (start, words == BLOCK_LAST) {
            return Some(start..at);
        }
    }
    None
}

fn is_unedited(block: &[u8]) -> bool {
    script::is_unedited(&[block.trim_ascii_end(), b"\n"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_in_and_out_without_a_trace() {
        for text in ["", "a", "a:\n", "a:\n  b: c\n", "a:\r\n  b: c\r\nd:\r\n", "a:\n  b: c"] {
            let line_break = if text.contains('\r') { "\r\n" } else { "\n" };
            let below = text.find('\n').map_or(text.len(), |at| at + 1);
            let end = Insert { at: text.len(), indent: 0, lines: vec!["x: y".into()] };
            let nested = Insert { at: below, indent: 2, lines: vec!["  x: y".into()] };
            for inserts in [vec![end.clone()], vec![nested.clone()], vec![end, nested]] {
                let with = insert(text.as_bytes(), inserts.clone(), line_break);
                let parts = take_out(&with);
                assert_eq!(parts.rest, text.as_bytes(), "{inserts:?}");
                assert!(parts.count == inserts.len() && !parts.is_edited, "{inserts:?}");
                let shown = String::from_utf8(with.clone()).unwrap();
                assert_eq!(shown.matches('\n').count(), shown.matches(line_break).count());
                let edited = shown.replace("x: y", "x: z");
                assert!(take_out(edited.as_bytes()).is_edited);
            }
        }
    }

    #[test]
    fn a_mark_without_its_other_is_no_block() {
        for text in ["# >>> tightlip >>>\na: b\n", "# <<< tightlip <<<\n"] {
            let parts = take_out(text.as_bytes());
            assert_eq!((parts.rest, parts.count), (text.as_bytes().to_vec(), 0));
        }
    }
}
