//! Which of several values a name means: the argument of a call, `signInWithEmailAndPassword("user", "x")`; the literal of
//! its own name, `user, password = "user", "x"`; the part behind a bar, `user/password: user/x`.

use super::super::features::words;
use super::{Kind, Operator, Quote, Reader, Value, has_word};

/// Words of a name that stand for a value of their own.
const USERS: [&[u8]; 8] =
    [b"user", b"username", b"login", b"email", b"mail", b"account", b"usr", b"uname"];

/// Verbs of calls that are not given the secret.
const READERS: [&[u8]; 14] = [
    b"get", b"find", b"fetch", b"read", b"load", b"lookup", b"reset", b"forgot", b"prompt", b"ask",
    b"delete", b"remove", b"has", b"request",
];

/// The most arguments that are looked at.
const MAX_ARGUMENTS: usize = 4;

fn is_one_of(word: &[u8], list: &[&[u8]]) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

impl Reader<'_> {
    /// How many arguments stand before the secret, as the name of a call says: one in `signInWithEmailAndPassword`,
    /// `set_user_password` and `SetBasicAuth`. `None` where the name does not tell.
    pub(super) fn arguments_before(&self) -> Option<usize> {
        let name = &self.bytes[self.name.start..self.word.start];
        let callee = name.rsplit(|byte| matches!(byte, b'.' | b'$' | b'@')).next()?;
        let words = words(callee);
        if is_one_of(words.first()?, &READERS) {
            return None;
        }
        let begin = words.iter().rposition(|word| is_one_of(word, &[b"with", b"by", b"using"]));
        let listed = &words[begin.map_or(0, |at| at + 1)..];
        let others = listed.iter().filter(|word| is_one_of(word, &[b"and"])).count();
        let last = words.last()?;
        let is_second = is_one_of(last, &USERS)
            || is_one_of(last, &[b"basic"])
                && self.bytes[self.word.clone()].eq_ignore_ascii_case(b"auth");
        match others {
            0 => is_second.then_some(1),
            _ => Some(others),
        }
    }

    /// The literal that a call with several arguments takes for the secret. The value given is the first argument.
    /// `None` where it is the name of something, and the secret no literal.
    pub(super) fn of_its_argument(&mut self, first: Value) -> Option<Value> {
        let Some(index) = self.arguments_before() else {
            return if self.is_setter() { self.of_setter(first) } else { Some(first) };
        };
        self.at = self.behind(&first);
        if !self.next_argument() {
            // The only argument: `setUserPassword("x")`.
            return Some(first);
        }
        for _ in 1..index.min(MAX_ARGUMENTS) {
            self.at = match self.literal() {
                Some(value) => self.behind(&value),
                None => self.at + self.variable(),
            };
            if !self.next_argument() {
                return None;
            }
        }
        self.literal()
    }

    /// What a call sets that is given several literals: the first ones name it (`setToken("github", "x")`). A password
    /// comes last (`set_password("service", "user", "x")`).
    fn of_setter(&mut self, first: Value) -> Option<Value> {
        let is_password = [&b"pass"[..], b"pwd", b"pw"]
            .iter()
            .any(|word| self.bytes[self.word.clone()].eq_ignore_ascii_case(word));
        let limit = if is_password { MAX_ARGUMENTS } else { 2 };
        let mut last = first;
        for _ in 1..limit {
            self.at = self.behind(&last);
            if !self.next_argument() {
                return Some(last);
            }
            let Some(value) = self.literal() else {
                let variable = &self.rest()[..self.variable()];
                return (!has_word(variable)).then_some(last);
            };
            last = value;
        }
        Some(last)
    }

    /// The argument of a call whose first one is a variable: `signInWithEmailAndPassword(email, "x")`.
    pub(super) fn behind_variables(&mut self) -> Option<Value> {
        let index = self.arguments_before()?;
        let start = self.at;
        for _ in 0..index.min(MAX_ARGUMENTS) {
            self.at += self.variable();
            if !self.next_argument() {
                self.at = start;
                return None;
            }
        }
        let found = self.literal();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// The length of a variable or a member of one.
    fn variable(&self) -> usize {
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.$@&*->".contains(byte);
        self.rest().iter().take(40).take_while(is_part).count()
    }

    /// Skips a comma and blanks.
    fn next_argument(&mut self) -> bool {
        self.blanks();
        let found = self.eat(b",");
        self.blanks();
        found
    }

    /// The literal of this name where several are assigned at once: `user, password = "x", "y"`,
    /// `let (user, password) = ("x", "y")`. The value given is the first one.
    pub(super) fn of_its_name(&mut self, first: Value) -> Option<Value> {
        let before = self.before_name().trim_ascii();
        let is_list = |byte: &u8| byte.is_ascii_alphanumeric() || b"_,. ([".contains(byte);
        let is_bracketed = before.iter().any(|byte| matches!(byte, b'(' | b'['));
        let closes = matches!(self.bytes.get(self.name.end), Some(b')' | b']'));
        if !before.ends_with(b",") || !before.iter().all(is_list) || is_bracketed != closes {
            return Some(first);
        }
        let names = memchr::memchr_iter(b',', before).count();
        let mut value = first;
        for _ in 0..names {
            self.at = self.behind(&value);
            if !self.next_argument() {
                return None;
            }
            value = self.literal()?;
        }
        Some(value)
    }

    /// The part of a value behind its bar, where that of a user stands before it: `user/password: user/x`,
    /// `login / password: user / x`.
    pub(super) fn behind_user(&mut self, value: Value, kind: Kind) -> Option<Value> {
        if !ends_with_user(self.before_name()) {
            return Some(value);
        }
        if value.quote == Quote::None && self.bytes[value.range.end..].starts_with(b" / ") {
            self.at = value.range.end + 3;
            return self.bare(kind);
        }
        let bar = memchr::memchr(b'/', &self.bytes[value.range.clone()]);
        let start = value.range.start + bar.map_or(0, |at| at + 1);
        Some(Value { range: start..value.range.end, ..value })
    }

    /// Whether a call whose name tells which argument is the secret assigns it.
    pub(super) fn is_call_of_several(&self, operator: Operator, value: &Value) -> bool {
        matches!(operator, Operator::Call | Operator::Blank)
            && value.quote != Quote::None
            && value.range.start > self.name.end + 3
            && self.arguments_before().is_some()
    }

    /// Where the text goes on behind a literal and the marks that close it.
    fn behind(&self, value: &Value) -> usize {
        let is_mark = |byte: &&u8| matches!(byte, b'\\' | b'"' | b'\'' | b'`');
        value.range.end + self.bytes[value.range.end..].iter().take(4).take_while(is_mark).count()
    }
}

/// Whether some text ends with the word for a user and a bar: `user/`, `login / `.
pub(super) fn ends_with_user(before: &[u8]) -> bool {
    let user = before.trim_ascii_end().strip_suffix(b"/").map(<[u8]>::trim_ascii_end);
    let word = user.and_then(|user| user.rsplit(|byte| !byte.is_ascii_alphabetic()).next());
    word.is_some_and(|word| is_one_of(word, &USERS))
}
