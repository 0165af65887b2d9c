//! Operators: what stands between a name and its value.

use super::place::{ends_with_any, opens_element};
use super::{Operator, Reader};
use crate::text::search::{begins_with_ignoring_case, begins_with_one_of, find, holds};

impl Reader<'_> {
    /// Skips the quote that closes the name, and brackets; returns whether there was a quote.
    pub(super) fn close_name(&mut self) -> bool {
        let backslashes = self.rest().iter().take(3).take_while(|byte| **byte == b'\\').count();
        let closed = matches!(self.peek(backslashes), b'"' | b'\'' | b'`');
        if closed {
            self.at += backslashes + 1;
        }
        match self.rest() {
            [b'%', b'5', b'D' | b'd', b'=', ..] => self.at += 3,
            // An array of C, an entry that is added in PHP: `char token[] = "x"`.
            [b'[', b']', ..] => self.at += 1,
            _ => {}
        }
        let brackets = self.rest().iter().take(3);
        self.at += brackets
            .take_while(|byte| matches!(byte, b']' | b')' | b'}' | b'?' | b'!' | b'*'))
            .count();
        closed
    }

    /// Reads the operator; returns whether a blank stood around it.
    pub(super) fn operator(&mut self, closed: bool, is_flag: bool) -> Option<(Operator, bool)> {
        let blank = self.blanks();
        if !closed && self.peek(0) == b',' && self.skip_error() {
            return Some((Operator::Equals, true));
        }
        let found = operator_at(self.rest());
        let operator = match found {
            Some((operator, length)) => {
                self.at += length;
                if operator == Operator::Colon && !closed {
                    self.skip_type().unwrap_or(operator)
                } else {
                    operator
                }
            }
            // `std::string token{"x"}` of C++.
            None if !closed && self.peek(0) == b'{' && matches!(self.peek(1), b'"' | b'\'') => {
                self.at += 1;
                Operator::Equals
            }
            None if !blank => return None,
            None if !closed
                && (self.skip_go_type() || self.skip_accessors() || self.skip_basic_type()) =>
            {
                Operator::Equals
            }
            None if !closed && self.skip_attributes() => Operator::Element,
            None => match self.word_operator() {
                true => Operator::Word,
                false if self.is_variable_of_robot() => Operator::Equals,
                false if is_flag || self.is_quote() || self.follows_command() => Operator::Blank,
                false => return None,
            },
        };
        // `**Password:** x` of Markdown, `*Password:* x` of Jira.
        if operator == Operator::Colon
            && (self.eat(b"** ") || self.before_name().ends_with(b"*") && self.eat(b"* "))
        {
            return Some((operator, true));
        }
        let blank = self.blanks() || blank;
        Some((operator, blank))
    }

    /// Skips `String =` behind a colon.
    fn skip_type(&mut self) -> Option<Operator> {
        let line = self.rest().iter().take(60);
        let length = line
            .take_while(|byte| byte.is_ascii_alphanumeric() || b" _&'<>[]?*.|:".contains(byte))
            .count();
        let text = &self.rest()[..length];
        let has_letter = text.iter().any(u8::is_ascii_alphabetic);
        let is_type = has_letter && text.ends_with(b" ") && self.peek(length) == b'=';
        if !is_type || matches!(self.peek(length + 1), b'=' | b'>') {
            return None;
        }
        self.at += length + 1;
        Some(Operator::Equals)
    }

    /// Skips `, err :=` of Go.
    fn skip_error(&mut self) -> bool {
        [&b", _ := "[..], b", err := ", b", err = "].iter().any(|next| self.eat(next))
    }

    /// Skips `string =` behind a blank.
    fn skip_go_type(&mut self) -> bool {
        let word = self.rest().iter().take(24);
        let word =
            word.take_while(|byte| byte.is_ascii_alphanumeric() || b"*[]._".contains(byte)).count();
        let is_type = word > 0 && self.rest()[word..].starts_with(b" = ");
        self.at += if is_type { word + 2 } else { 0 };
        is_type
    }

    /// Skips `{ get; set; } =` of C#.
    fn skip_accessors(&mut self) -> bool {
        let rest = &self.rest()[..self.rest().len().min(60)];
        let Some(inside) = rest.strip_prefix(b"{") else { return false };
        let Some(close) = memchr::memchr(b'}', inside) else { return false };
        let is_get = inside.trim_ascii_start().starts_with(b"get");
        let behind = &inside[close + 1..];
        let blanks = behind.iter().take_while(|byte| **byte == b' ').count();
        let is_set = is_get && behind[blanks..].starts_with(b"= ");
        self.at += if is_set { close + blanks + 3 } else { 0 };
        is_set
    }

    /// Skips `As String =` of Basic.
    fn skip_basic_type(&mut self) -> bool {
        let rest = &self.rest()[..self.rest().len().min(40)];
        let is_as = begins_with_ignoring_case(rest, b"as ");
        let equals = if is_as { find(rest, b" = ") } else { None };
        let is_type = |at: usize| rest[3..at].iter().all(|byte| byte.is_ascii_alphanumeric());
        let found = equals.filter(|&at| at > 3 && is_type(at));
        self.at += found.map_or(0, |at| at + 2);
        found.is_some()
    }

    /// Skips the attributes of an element: `<wsse:Password Type="PasswordText">x`.
    fn skip_attributes(&mut self) -> bool {
        // Most names end here.
        let last = self.name.start.checked_sub(1).map(|at| self.bytes[at]);
        if !matches!(last, Some(b'<' | b':')) {
            return false;
        }
        let before = self.before_name();
        if !before.ends_with(b"<") && !opens_element(before) {
            return false;
        }
        let rest = &self.rest()[..self.rest().len().min(120)];
        let Some(end) = memchr::memchr3(b'>', b'<', b'\n', rest) else { return false };
        let is_open = rest[end] == b'>' && !rest[..end].ends_with(b"/");
        self.at += if is_open { end + 1 } else { 0 };
        is_open
    }

    fn word_operator(&mut self) -> bool {
        const VERBS: [&[u8]; 7] = [b"is ", b"to ", b"by ", b"as ", b"be ", b"equals ", b"eq "];
        // German, French, Spanish and Italian.
        const OTHER_VERBS: [&[u8]; 5] =
            [b"lautet ", b"ist ", b"est ", b"es ", "\u{e8} ".as_bytes()];
        // Most words end here: none of these begins so.
        let first = self.peek(0).to_ascii_lowercase();
        if !b"abdefilotv\xc3".contains(&first) {
            return false;
        }
        if self.skip_purpose() {
            return true;
        }
        let has_digit = |verb: &&&[u8]| {
            let value = self.rest()[verb.len().min(self.rest().len())..].iter();
            value.take_while(|byte| !byte.is_ascii_whitespace()).any(u8::is_ascii_digit)
        };
        let begins = |verb: &&&[u8]| begins_with_ignoring_case(self.rest(), verb);
        // `options to pass to mysqldump`: the name is a verb.
        let name = &self.bytes[self.name.clone()];
        if name == b"pass"
            && [&b"to "[..], b"by ", b"as ", b"be "]
                .iter()
                .any(|next| self.rest().starts_with(next))
        {
            return false;
        }
        let other = || OTHER_VERBS.iter().find(begins).filter(has_digit);
        let found = VERBS.iter().find(begins).or_else(other);
        self.at += found.map_or(0, |verb| verb.len() - 1);
        found.is_some()
    }

    /// Skips what the secret is for: `pw for the staging db is x`.
    fn skip_purpose(&mut self) -> bool {
        const PREPOSITIONS: [&[u8]; 9] = [
            b"for ",
            b"of ",
            b"do ",
            b"da ",
            b"de ",
            b"del ",
            b"du ",
            b"vom ",
            "f\u{fc}r ".as_bytes(),
        ];
        let text = &self.rest()[..self.rest().len().min(48)];
        if !begins_with_one_of(text, &PREPOSITIONS) {
            return false;
        }
        let is_word = |byte: &&u8| {
            byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(**byte, b' ' | b'-')
        };
        let words = text.iter().take_while(is_word).count();
        let end = match find(&text[..words], b" is ") {
            Some(verb) => Some(verb + 3),
            None => text[words..].starts_with(b": ").then_some(words + 1),
        };
        self.at += end.unwrap_or(0);
        end.is_some()
    }

    /// Whether the name follows `ENV`, `export` or `set` at the start of its line, or starts the line of a
    /// file of words (`.netrc`).
    fn follows_command(&self) -> bool {
        let trimmed = self.before_name().trim_ascii();
        const COMMANDS: [&[u8]; 10] = [
            b"env",
            b"export",
            b"set",
            b"setenv",
            b"arg",
            b"password",
            b"set -x",
            b"set -gx",
            b"set-environment -g",
            b"setenv -g",
        ];
        // `npm config set //registry.acme.io/:_authToken x`
        ends_with_any(trimmed, &COMMANDS) || trimmed.ends_with(b"/:") || self.follows_user() || {
            // `login x password y`, and files of words.
            const NAMES: [&[u8]; 4] = [b"password", b"passwd", b"requirepass", b"masterauth"];
            let name = &self.bytes[self.name.clone()];
            NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
                && (trimmed.is_empty() || holds(&trimmed.to_ascii_lowercase(), b"login "))
        }
    }

    /// Whether name and value stand in a table of variables of Robot Framework: `${PASSWORD}    x`.
    fn is_variable_of_robot(&self) -> bool {
        let text = &self.bytes[..self.at];
        self.before_name() == b"${"
            && self.bytes.get(self.name.end) == Some(&b'}')
            && (text.ends_with(b"  ") || text.ends_with(b"\t"))
    }

    /// Whether the name follows that of a user in a sentence: `VPN user bob, pass X, server ...`.
    pub(super) fn follows_user(&self) -> bool {
        const USERS: [&[u8]; 3] = [b"user ", b"username ", b"login "];
        const NAMES: [&[u8]; 4] = [b"pass", b"password", b"pw", b"pwd"];
        let name = &self.bytes[self.name.clone()];
        if !NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return false;
        }
        let value = self.rest().iter().take_while(|byte| !matches!(byte, b' ' | b',' | b'\n'));
        let value = &self.rest()[..value.take(40).count()];
        let before = self.before_name().to_ascii_lowercase();
        value.len() >= 8
            && value.iter().any(u8::is_ascii_digit)
            && value.iter().any(u8::is_ascii_alphabetic)
            && USERS.iter().any(|user| holds(&before, user))
    }

    pub(super) fn starts_word(&self, at: usize) -> bool {
        at == 0 || !self.bytes[at - 1].is_ascii_alphanumeric()
    }
}

/// The operator with which some text begins, and its length.
const fn operator_at(text: &[u8]) -> Option<(Operator, usize)> {
    Some(match text {
        [b'=' | b'!', b'=', b'=', ..] => (Operator::Compare, 3),
        [b'|', b'|', b'=', ..] => (Operator::Equals, 3),
        [b'=' | b'!', b'=', ..] => (Operator::Compare, 2),
        [b':', b'=', ..] => (Operator::ColonEquals, 2),
        [b':', b':', ..] => (Operator::Colon, 2),
        [b'+' | b'?', b'=', ..] => (Operator::Equals, 2),
        [b'=' | b'-', b'>', ..] | [b'<', b'-', ..] => (Operator::Arrow, 2),
        [b'=', ..] => (Operator::Equals, 1),
        [b':', ..] => (Operator::Colon, 1),
        [b',', ..] => (Operator::Comma, 1),
        [b'(', ..] => (Operator::Call, 1),
        [b'>', ..] => (Operator::Element, 1),
        [b'|', ..] => (Operator::Table, 1),
        _ => return None,
    })
}
