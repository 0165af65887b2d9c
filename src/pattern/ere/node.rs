//! The tree of an expression.

use std::rc::Rc;

use super::set::ByteSet;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// One byte of a set.
    Set(ByteSet),
    /// A place between bytes.
    At(Place),
    /// Parts that follow each other.
    Sequence(Vec<Node>),
    /// One of several parts.
    Alternation(Vec<Node>),
    /// A group with its number, if it has one.
    Group(Option<usize>, Box<Node>),
    /// A part so many times; without an end if there is no maximum.
    Repeat(Box<Node>, u32, Option<u32>),
    /// What the group of that number matched.
    BackReference { number: usize, group: Rc<Group> },
    /// What must stand, or must not stand, before or behind a place.
    Look { ahead: bool, negated: bool, node: Box<Node> },
    /// A part in which letters stand for both cases.
    AnyCase(Box<Node>),
}

/// A group to which something refers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The group, if it refers to no other one: copies of copies would have no end.
    pub(super) node: Option<Node>,
    pub(super) matches_empty: bool,
}

/// A place between bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    LineStart,
    /// Before LF, the CR of a CRLF, or the end.
    LineEnd,
    /// Before LF or the end.
    LineFeed,
    /// Between a byte of a word and one that is none.
    WordEdge,
    /// Anywhere else.
    NoWordEdge,
    WordStart,
    WordEnd,
    /// Behind no byte of a word.
    BehindNoWord,
    /// Before no byte of a word.
    BeforeNoWord,
}

impl Node {
    /// The node with no byte of a word beside it, as `grep -w` has it.
    pub(super) fn between_words(self) -> Node {
        let group = Node::Group(None, Box::new(self));
        Node::Sequence(vec![Node::At(Place::BehindNoWord), group, Node::At(Place::BeforeNoWord)])
    }

    /// Whether some match is empty. A lookaround is taken to be.
    pub(super) fn matches_empty(&self) -> bool {
        match self {
            Node::Set(_) => false,
            Node::At(_) | Node::Look { .. } => true,
            Node::Sequence(parts) => parts.iter().all(Node::matches_empty),
            Node::Alternation(parts) => parts.iter().any(Node::matches_empty),
            Node::Repeat(part, min, _) => *min == 0 || part.matches_empty(),
            Node::Group(_, part) | Node::AnyCase(part) => part.matches_empty(),
            Node::BackReference { group, .. } => group.matches_empty,
        }
    }

    /// Whether it is more than a regular expression.
    pub(super) fn is_irregular(&self) -> bool {
        match self {
            Node::BackReference { .. } | Node::Look { .. } => true,
            Node::Set(_) | Node::At(_) => false,
            Node::Sequence(parts) | Node::Alternation(parts) => {
                parts.iter().any(Node::is_irregular)
            }
            Node::Group(_, part) | Node::Repeat(part, ..) | Node::AnyCase(part) => {
                part.is_irregular()
            }
        }
    }

    /// Whether every match ends with a byte that is no part of a word.
    pub(super) fn ends_outside_word(&self) -> bool {
        match self {
            Node::Set(set) => set
                .ranges()
                .iter()
                .all(|&(first, last)| (first..=last).all(|byte| !ByteSet::word().holds(byte))),
            Node::Sequence(parts) => parts.last().is_some_and(Node::ends_outside_word),
            Node::Alternation(parts) => parts.iter().all(Node::ends_outside_word),
            Node::Group(_, part) | Node::AnyCase(part) => part.ends_outside_word(),
            Node::Repeat(part, min, _) => *min > 0 && part.ends_outside_word(),
            Node::At(_) | Node::BackReference { .. } | Node::Look { .. } => false,
        }
    }
}
