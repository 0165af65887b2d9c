//! Tree to text, in the languages of the two engines.

use std::fmt::Write as _;

use super::node::{Group, Node, Place};
use super::set::ByteSet;

/// Writes an expression for the `regex` crate: bytes, Unicode off. Where the tree is more than a
/// regular expression, it matches all that the tree matches, and more.
pub(super) fn pattern(node: &Node) -> String {
    Writer { dialect: Dialect::Bytes, out: String::new() }.written(node)
}

/// Writes an expression for the `fancy-regex` crate: one line, each byte a character.
pub(super) fn exact(node: &Node) -> String {
    Writer { dialect: Dialect::Chars, out: String::new() }.written(node)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Bytes,
    Chars,
}

/// Beyond so many bytes a reference is written as whatever may stand in a line.
const MAX_COPIED_BYTES: usize = 16 << 10;

/// Whatever may stand in a line.
const ANYTHING: &str = r"[^\n]*";

struct Writer {
    dialect: Dialect,
    out: String,
}

impl Writer {
    fn written(mut self, node: &Node) -> String {
        self.node(node);
        self.out
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Set(set) => self.set(*set),
            Node::At(place) => self.out.push_str(self.place(*place)),
            Node::Sequence(parts) => parts.iter().for_each(|part| match part {
                Node::Alternation(_) => self.enclosed("(?:", part),
                _ => self.node(part),
            }),
            Node::Alternation(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        self.out.push('|');
                    }
                    self.node(branch);
                }
            }
            Node::Group(number, inside) => {
                let is_named = number.is_some() && self.dialect == Dialect::Chars;
                self.enclosed(if is_named { "(" } else { "(?:" }, inside);
            }
            Node::Repeat(part, min, max) => self.repeat(part, *min, *max),
            Node::BackReference { number, group } => self.back_reference(*number, group),
            Node::Look { ahead, negated, node } => {
                if self.dialect == Dialect::Chars {
                    self.enclosed(look(*ahead, *negated), node);
                }
            }
            Node::AnyCase(inside) => self.enclosed("(?i:", inside),
        }
    }

    fn enclosed(&mut self, open: &str, inside: &Node) {
        self.out.push_str(open);
        self.node(inside);
        self.out.push(')');
    }

    fn repeat(&mut self, part: &Node, min: u32, max: Option<u32>) {
        if let Node::At(_) | Node::Look { .. } = part {
            // A place is there or not, however many times; fancy-regex repeats none.
            if min > 0 {
                self.node(part);
            }
            return;
        }
        let is_one = matches!(part, Node::Set(_) | Node::Group(..) | Node::AnyCase(_));
        if is_one {
            self.node(part);
        } else {
            self.enclosed("(?:", part);
        }
        let _ = match (min, max) {
            (0, None) => write!(self.out, "*"),
            (1, None) => write!(self.out, "+"),
            (0, Some(1)) => write!(self.out, "?"),
            (min, None) => write!(self.out, "{{{min},}}"),
            (min, Some(max)) if min == max => write!(self.out, "{{{min}}}"),
            (min, Some(max)) => write!(self.out, "{{{min},{max}}}"),
        };
    }

    fn back_reference(&mut self, number: usize, group: &Group) {
        if self.dialect == Dialect::Chars {
            // In a group of its own, so that no digit behind it is taken for a part of the number.
            let _ = write!(self.out, r"(?:\{number})");
            return;
        }
        let before = self.out.len();
        match &group.node {
            Some(group) if before < MAX_COPIED_BYTES => self.node(group),
            _ => self.out.push_str(ANYTHING),
        }
        if self.out.len() > before + MAX_COPIED_BYTES {
            self.out.truncate(before);
            self.out.push_str(ANYTHING);
        }
    }

    fn set(&mut self, set: ByteSet) {
        if let Some(byte) = set.single() {
            return self.byte(byte);
        }
        let ranges = set.ranges();
        let is_wide = set.holds(0xff) && set.negated().ranges().len() < ranges.len() + 1;
        let ranges = if is_wide { set.negated().ranges() } else { ranges };
        self.out.push_str(if is_wide { "[^" } else { "[" });
        for (first, last) in ranges {
            self.byte(first);
            if last > first + 1 {
                self.out.push('-');
            }
            if last > first {
                self.byte(last);
            }
        }
        self.out.push(']');
    }

    fn byte(&mut self, byte: u8) {
        let _ = match byte {
            b'\n' => write!(self.out, r"\n"),
            b'\r' => write!(self.out, r"\r"),
            b'\t' => write!(self.out, r"\t"),
            _ if byte.is_ascii_alphanumeric() || b" _\"'/:=,;@%!".contains(&byte) => {
                write!(self.out, "{}", char::from(byte))
            }
            _ if b"\\.+*?()|[]{}^$#&-~".contains(&byte) => {
                write!(self.out, r"\{}", char::from(byte))
            }
            _ => write!(self.out, r"\x{byte:02x}"),
        };
    }

    fn place(&self, place: Place) -> &'static str {
        match (self.dialect, place) {
            // A line ends before the CR of a CRLF as well as behind it.
            (Dialect::Bytes, Place::LineStart) => "(?m-R:^)",
            (Dialect::Bytes, Place::LineEnd) => "(?:(?mR:$)|(?m-R:$))",
            (Dialect::Bytes, Place::LineFeed) => "(?m-R:$)",
            (Dialect::Bytes, Place::WordEdge) => r"\b",
            (Dialect::Bytes, Place::NoWordEdge) => r"\B",
            (Dialect::Bytes, Place::WordStart) => r"\b{start}",
            (Dialect::Bytes, Place::WordEnd) => r"\b{end}",
            (Dialect::Bytes, Place::BehindNoWord) => r"\b{start-half}",
            (Dialect::Bytes, Place::BeforeNoWord) => r"\b{end-half}",
            (Dialect::Chars, Place::LineStart) => r"\A",
            (Dialect::Chars, Place::LineEnd) => r"(?=\r|\z)",
            (Dialect::Chars, Place::LineFeed) => r"\z",
            (Dialect::Chars, Place::WordEdge) => {
                "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"
            }
            (Dialect::Chars, Place::NoWordEdge) => {
                "(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))"
            }
            (Dialect::Chars, Place::WordStart) => "(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])",
            (Dialect::Chars, Place::WordEnd) => "(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])",
            (Dialect::Chars, Place::BehindNoWord) => "(?<![0-9A-Za-z_])",
            (Dialect::Chars, Place::BeforeNoWord) => "(?![0-9A-Za-z_])",
        }
    }
}

const fn look(ahead: bool, negated: bool) -> &'static str {
    match (ahead, negated) {
        (true, false) => "(?=",
        (true, true) => "(?!",
        (false, false) => "(?<=",
        (false, true) => "(?<!",
    }
}
