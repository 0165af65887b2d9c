//! Text to tree.

use std::rc::Rc;

use super::node::{Group, Node, Place};
use super::set::ByteSet;
use super::{EreError, EreLint, MAX_DEPTH, MAX_REPEAT, Reading, bracket};

/// An expression that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    pub(super) lints: Vec<EreLint>,
}

/// Reads an expression.
pub(super) fn parse(text: &[u8], reading: Reading) -> Result<Parsed, EreError> {
    let rest = text.strip_prefix(b"(?i)");
    let mut parser = Parser {
        text: rest.unwrap_or(text),
        reading,
        at: 0,
        depth: 0,
        opened: 0,
        groups: Vec::new(),
        lints: Vec::new(),
    };
    let node = parser.alternation()?;
    let node = if rest.is_some() { Node::AnyCase(Box::new(node)) } else { node };
    Ok(Parsed { node, lints: parser.lints })
}

struct Parser<'a> {
    text: &'a [u8],
    reading: Reading,
    at: usize,
    depth: usize,
    /// How many groups with a number were opened.
    opened: usize,
    /// The groups that were closed, by number.
    groups: Vec<(usize, Rc<Group>)>,
    lints: Vec<EreLint>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, expected: &[u8]) -> bool {
        let found = self.text[self.at..].starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn alternation(&mut self) -> Result<Node, EreError> {
        let mut branches = vec![self.sequence()?];
        while self.take(b"|") {
            branches.push(self.sequence()?);
        }
        if branches.len() > 1 {
            return Ok(Node::Alternation(branches));
        }
        branches.pop().ok_or(EreError::EmptyAlternative)
    }

    fn sequence(&mut self) -> Result<Node, EreError> {
        let mut parts = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == b'|' || byte == b')' && self.depth > 0 {
                break;
            }
            if matches!(byte, b'*' | b'+' | b'?') && parts.is_empty() {
                return Err(EreError::NothingToRepeat(char::from(byte)));
            }
            if byte == b'{' && parts.is_empty() && self.interval()?.is_some() {
                return Err(EreError::NothingToRepeat('{'));
            }
            let atom = self.atom()?;
            parts.push(self.repetitions(atom)?);
        }
        if self.at == self.text.len() && self.depth > 0 {
            return Err(EreError::OpenGroup);
        }
        match parts.len() {
            0 => Err(EreError::EmptyAlternative),
            1 => Ok(parts.remove(0)),
            _ => Ok(Node::Sequence(parts)),
        }
    }

    fn atom(&mut self) -> Result<Node, EreError> {
        let byte = self.text[self.at];
        self.at += 1;
        match byte {
            b'(' => self.group(),
            b'[' => {
                let (set, taken) = bracket::parse(&self.text[self.at..])?;
                self.at += taken;
                Ok(Node::Set(set))
            }
            b'.' => Ok(Node::Set(ByteSet::EMPTY.negated().in_line())),
            b'^' => Ok(Node::At(Place::LineStart)),
            b'$' => Ok(Node::At(self.line_end())),
            b'\\' => self.escape(),
            // A `{` here opens no interval, a `)` closes no group.
            _ => Ok(Node::Set(ByteSet::of(byte))),
        }
    }

    fn escape(&mut self) -> Result<Node, EreError> {
        let byte = self.peek().ok_or(EreError::TrailingBackslash)?;
        self.at += 1;
        let two = |letter: u8, other: u8| {
            let mut set = ByteSet::of(letter);
            set.add(other);
            Node::Set(set)
        };
        if matches!(byte, b'd' | b't' | b'n' | b'x' | b'r' | b'f' | b'v') {
            self.lint(EreLint::Escape(char::from(byte)));
        }
        Ok(match byte {
            b'w' => Node::Set(ByteSet::word()),
            b'W' => Node::Set(ByteSet::word().negated().in_line()),
            b's' => Node::Set(ByteSet::space().in_line()),
            b'S' => Node::Set(ByteSet::space().negated()),
            b'b' => Node::At(Place::WordEdge),
            b'B' => Node::At(Place::NoWordEdge),
            b'<' => Node::At(Place::WordStart),
            b'>' => Node::At(Place::WordEnd),
            b'`' => Node::At(Place::LineStart),
            b'\'' => Node::At(self.line_end()),
            b'1'..=b'9' => {
                let number = usize::from(byte - b'0');
                let group = self.groups.iter().find(|(closed, _)| *closed == number);
                let (_, group) = group.ok_or(EreError::BackReference(number))?;
                Node::BackReference { number, group: group.clone() }
            }
            b'd' if self.reading == Reading::More => {
                Node::Set(ByteSet::from_fn(|byte| byte.is_ascii_digit() || byte == b'd'))
            }
            b't' if self.reading == Reading::More => two(b't', b'\t'),
            _ => Node::Set(ByteSet::of(byte)),
        })
    }

    fn line_end(&self) -> Place {
        match self.reading {
            Reading::More => Place::LineEnd,
            Reading::AsGrep => Place::LineFeed,
        }
    }

    /// Reads what stands behind a `(`.
    fn group(&mut self) -> Result<Node, EreError> {
        if self.depth == MAX_DEPTH {
            return Err(EreError::Depth);
        }
        let look = |ahead, negated| move |node| Node::Look { ahead, negated, node };
        let make: Box<dyn FnOnce(Box<Node>) -> Node> = if self.take(b"?:") {
            Box::new(|node| Node::Group(None, node))
        } else if self.take(b"?=") {
            Box::new(look(true, false))
        } else if self.take(b"?!") {
            Box::new(look(true, true))
        } else if self.take(b"?<=") {
            Box::new(look(false, false))
        } else if self.take(b"?<!") {
            Box::new(look(false, true))
        } else if self.take(b"?") {
            let next = self.peek().map(char::from);
            return Err(EreError::Extension(next.map(String::from).unwrap_or_default()));
        } else {
            self.opened += 1;
            let number = self.opened;
            Box::new(move |node| Node::Group(Some(number), node))
        };
        self.depth += 1;
        let inside = self.alternation()?;
        self.depth -= 1;
        if !self.take(b")") {
            return Err(EreError::OpenGroup);
        }
        let group = make(Box::new(inside));
        // No reference names a group beyond the ninth.
        if let Node::Group(Some(number @ 1..=9), _) = group {
            let matches_empty = group.matches_empty();
            let node = (!group.is_irregular()).then(|| group.clone());
            self.groups.push((number, Rc::new(Group { node, matches_empty })));
        }
        Ok(group)
    }

    /// Reads the repetitions behind an atom; one behind another repeats what the first one made.
    fn repetitions(&mut self, atom: Node) -> Result<Node, EreError> {
        let mut node = atom;
        let mut is_repeated = false;
        while let Some(byte) = self.peek() {
            let (min, max) = match byte {
                b'*' => (0, None),
                b'+' => (1, None),
                b'?' => (0, Some(1)),
                b'{' => match self.interval()? {
                    Some(interval) => interval,
                    None => break,
                },
                _ => break,
            };
            if byte != b'{' {
                self.at += 1;
            }
            if byte == b'?' && is_repeated {
                self.lint(EreLint::LazyRepetition);
            }
            is_repeated = byte != b'?';
            node = Node::Repeat(Box::new(node), min, max);
        }
        Ok(node)
    }

    /// Reads an interval; `None` if the brace opens none.
    fn interval(&mut self) -> Result<Option<(u32, Option<u32>)>, EreError> {
        let rest = &self.text[self.at + 1..];
        let Some(end) = rest.iter().position(|&byte| byte == b'}') else { return Ok(None) };
        let inside = &rest[..end];
        let mut parts = inside.splitn(2, |&byte| byte == b',');
        let (min, max) = (parts.next().unwrap_or_default(), parts.next());
        let is_number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
        if inside.is_empty() || !is_number(min) || !max.is_none_or(is_number) {
            return Ok(None);
        }
        self.at += 1 + end + 1;
        let number = |digits: &[u8]| {
            let text = std::str::from_utf8(digits).ok()?;
            text.parse().ok().filter(|&number: &u32| number <= MAX_REPEAT)
        };
        let bad = || EreError::Interval(String::from_utf8_lossy(inside).into_owned());
        let least = if min.is_empty() { 0 } else { number(min).ok_or_else(bad)? };
        let most = match max {
            None => Some(least),
            Some([]) => None,
            Some(max) => Some(number(max).ok_or_else(bad)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err(bad());
        }
        Ok(Some((least, most)))
    }

    fn lint(&mut self, lint: EreLint) {
        if !self.lints.contains(&lint) {
            self.lints.push(lint);
        }
    }
}
