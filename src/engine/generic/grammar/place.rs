//! What a place allows and means: whether a bare word may stand there, and whether the words before a name assign.

use super::super::features::words;
use super::argument::ends_with_user;
use super::name::is_bracket;
use super::{Kind, Operator, Quote, Reader, Value};
use crate::text::search::{
    begins_with_ignoring_case, ends_with_ignoring_case, ends_with_one_of, holds,
};

impl Reader<'_> {
    /// Where the value stands; `None` if only a quoted one will do.
    pub(super) fn kind(&self, operator: Operator, closed: bool, is_flag: bool) -> Option<Kind> {
        let before = self.before_name();
        let last = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'-')).copied();
        let is_assignment =
            matches!(operator, Operator::Equals | Operator::Colon | Operator::ColonEquals);
        if is_flag && matches!(operator, Operator::Equals | Operator::Blank) {
            return Some(Kind::Flag);
        }
        if operator == Operator::Element {
            return match closed {
                // `<string name="password">x</string>`
                true => names_element(before).then_some(Kind::Pair),
                false => (last == Some(b'<') || opens_element(before)).then_some(Kind::Plain),
            };
        }
        let is_member = is_bracket(before) || before.ends_with(b"[") && before.contains(&b'&');
        if operator == Operator::Equals && (is_member || matches!(before.last(), Some(b'?' | b'&')))
        {
            return Some(Kind::Parameter);
        }
        if operator == Operator::Equals && matches!(last, Some(b';' | b':')) && !closed {
            return Some(Kind::Inside);
        }
        // `declare -A CREDS=([user]=x [password]=y)`, `http GET host X-Api-Key:x`
        let is_subscript = operator == Operator::Equals
            && before.ends_with(b"[")
            && self.bytes[..self.at].ends_with(b"]=")
            && before.contains(&b'(');
        if !closed && (is_subscript || operator == Operator::Colon && self.is_header_argument()) {
            return Some(Kind::Inside);
        }
        if is_assignment && !closed && matches!(before.last(), Some(b'"' | b'\'' | b'`')) {
            return Some(Kind::Inside);
        }
        if operator == Operator::Equals && !closed && (follows_pair(before) || self.is_variable()) {
            return Some(Kind::Inside);
        }
        // `${PASSWORD}    x` of Robot Framework.
        if operator == Operator::Equals && before == b"${" {
            return Some(Kind::Plain);
        }
        if is_assignment && !closed && self.starts_escaped_line() {
            return Some(Kind::Inside);
        }
        if operator == Operator::Colon && !closed && self.is_in_flow_map() {
            return Some(Kind::Inside);
        }
        let takes_bare = matches!(operator, Operator::Blank | Operator::Word)
            || operator == Operator::Arrow && self.is_arrow_of_note()
            || (is_assignment || operator == Operator::Table) && self.starts_line(operator, closed);
        takes_bare.then_some(Kind::Plain)
    }

    /// Whether nothing stands before the name in its line but what may stand before a setting: marks of comments and
    /// lists, `export` and the like, flags, a few words of a label.
    fn starts_line(&self, operator: Operator, closed: bool) -> bool {
        let before = self.before_name();
        // Marks of bold and code in Markdown.
        let ending = before.iter().rev().take_while(|byte| b"*_`".contains(byte)).count();
        let trimmed = without_comment_mark(before[..before.len() - ending].trim_ascii());
        const FLAGS: [&[u8]; 6] =
            [b" -e", b" -d", b" --data", b" --env", b" --set", b"--from-literal"];
        // `a=` begins an attribute of SDP.
        const MARKS: [&[u8]; 17] = [
            b"#", b"//", b"-", b"*", b";", b"export", b"env", b"set", b"setx", b"arg", b"declare",
            b"local", b"rem", b"-e", b"+", b"a=", b":",
        ];
        let quoted = trimmed.strip_suffix(b"\"").or(trimmed.strip_suffix(b"'"));
        let flag = trimmed.strip_suffix(b"=").unwrap_or(trimmed);
        trimmed.is_empty()
            || MARKS.iter().any(|mark| trimmed.eq_ignore_ascii_case(mark))
            || closed && quoted.is_some_and(|rest| rest.trim_ascii().is_empty())
            || FLAGS.iter().any(|own| ends_with_ignoring_case(flag, own))
            // `--dart-define=API_SECRET=x`
            || flag.len() < trimmed.len() && last_word(flag).starts_with(b"--")
            || ends_with_ignoring_case(trimmed, b":set")
            || operator == Operator::Colon
                && (is_name_space(trimmed)
                    || self.is_label(trimmed)
                    || ends_with_user(trimmed)
                    || self.follows_user_label(trimmed))
            || begins_with_ignoring_case(trimmed, b"env ")
            || ends_with_ignoring_case(trimmed, b"export")
    }

    /// Whether the name is a variable of the environment in the line of a command:
    /// `heroku config:set APP_SECRET=x`. Its value has a digit.
    fn is_variable(&self) -> bool {
        let name = &self.bytes[self.name.clone()];
        let before = self.before_name();
        let is_capital =
            |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9');
        let value = self.rest().iter().take(80).take_while(|byte| !byte.is_ascii_whitespace());
        name.iter().all(is_capital)
            && matches!(
                before,
                [.., b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'*', b' ']
            )
            && !before.contains(&b'(')
            && (value.clone().any(u8::is_ascii_digit) || holds(before, b"config:set "))
    }

    /// Whether the name is a header that the argument of a command gives: `X-Api-Key:x`.
    fn is_header_argument(&self) -> bool {
        const MIN_BYTES: usize = 16;
        let name = &self.bytes[self.name.clone()];
        let value = self.rest().iter().take_while(|byte| byte.is_ascii_graphic());
        begins_with_ignoring_case(name, b"x-")
            && self.bytes[..self.at].ends_with(b":")
            && self.before_name().ends_with(b" ")
            && value.take(MIN_BYTES).count() == MIN_BYTES
    }

    /// Whether the line is a comment.
    pub(super) fn is_comment(&self) -> bool {
        let before = self.before_name().trim_ascii();
        without_comment_mark(before).len() < before.len()
    }

    /// Whether the name stands in a map of YAML that is all of its line: `db: {user: x, password: y1}`. The value
    /// has a digit, since code that looks the same holds names of variables.
    fn is_in_flow_map(&self) -> bool {
        let before = self.before_name();
        let Some(open) = memchr::memchr(b'{', before) else { return false };
        let line = self.rest().iter().take(200).take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        let behind = &self.rest()[..line.count()];
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-: .".contains(byte);
        let value = behind.split(|byte| matches!(byte, b',' | b'}')).next().unwrap_or_default();
        before[..open].iter().all(is_key)
            && matches!(before.last(), Some(b'{' | b' '))
            && matches!(before.trim_ascii_end().last(), Some(b'{' | b','))
            && self.bytes[..self.at].ends_with(b" ")
            && behind.trim_ascii_end().ends_with(b"}")
            && value.iter().any(u8::is_ascii_digit)
    }

    /// Whether a name in quotes is one of several patterns: `"pw" | "kennwort" => ...`, `type A = "token" | "x"`. A
    /// row of Markdown begins with a bar, or has its names in backticks.
    pub(super) fn is_alternative(&self, operator: Operator, closed: bool) -> bool {
        let mark = self.bytes.get(self.name.end);
        operator == Operator::Table
            && closed
            && matches!(mark, Some(b'"' | b'\'' | b'\\'))
            && !self.before_name().trim_ascii_start().starts_with(b"|")
    }

    /// Whether a name, an arrow and a password are all of their line: `password -> x`.
    fn is_arrow_of_note(&self) -> bool {
        self.before_name().trim_ascii().is_empty()
            && self.bytes[..self.at].ends_with(b"-> ")
            && is_mixed(self.line_behind())
            && !self.line_behind().iter().any(|byte| b" ,;.".contains(byte))
    }

    /// The rest of the line.
    fn line_behind(&self) -> &[u8] {
        let line = self.rest().iter().take(200).take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        self.rest()[..line.count()].trim_ascii()
    }

    /// Whether the name is the second label of a line whose first one is that of a user: `login: bob / password: x`.
    fn follows_user_label(&self, before: &[u8]) -> bool {
        const USERS: [&[u8]; 6] =
            [b"user: ", b"username: ", b"login: ", b"account: ", b"email: ", b"mail: "];
        let value = self.line_behind().split(|byte| *byte == b' ').next().unwrap_or_default();
        // `User: bob Password: x`
        let label = before.len() - last_word(before).len();
        let label = before[..label].to_ascii_lowercase();
        if ends_with_one_of(&label, &USERS) {
            return is_mixed(value);
        }
        let Some(user) = before.strip_suffix(b" /").or(before.strip_suffix(b" |")) else {
            return false;
        };
        let lower = user.to_ascii_lowercase();
        USERS.iter().any(|label| holds(&lower, label)) && is_mixed(value)
    }

    /// Whether a few words and the name are the label of a line: `wifi password: x`.
    fn is_label(&self, before: &[u8]) -> bool {
        let is_word =
            |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || b" -*#".contains(byte);
        let words = before.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
        let line = self.rest().iter().take(80).take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        let value = self.rest()[..line.count()].trim_ascii();
        let value = value.strip_suffix(b"-->").or(value.strip_suffix(b"*/")).unwrap_or(value);
        let value = value.trim_ascii();
        let word = &self.bytes[self.word.clone()];
        let of_password = [&b"pass"[..], b"pwd", b"pw", b"kennwort", b"wachtwoord", b"senha"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word));
        let is_short = words <= 2
            && (words == 0 || of_password || self.is_comment() && value.len() >= 16)
            && before.iter().all(is_word);
        (is_short || of_password && is_prose(before) && is_mixed(value))
            && !value.iter().any(u8::is_ascii_whitespace)
            && !matches!(value.last(), Some(b',' | b';' | b'{' | b'('))
            && value.iter().any(u8::is_ascii_digit)
    }

    /// What an operator means where the words before it assign: `setApiKey("x")`, `header("X-Key", "x")`,
    /// `export NAME x`, `#define NAME "x"`, `:password "x"`.
    pub(super) fn meant(&self, operator: Operator, closed: bool, value: &Value) -> Operator {
        let assigns = match operator {
            Operator::Comma => {
                self.is_tuple_of_erlang(value)
                    || closed
                        && (self.is_named_by_call(value)
                            || self.is_flag_of_list()
                            || self.is_row_of_settings()
                            || self.is_entry(value))
            }
            Operator::Call => self.is_setter() || self.is_call_of_several(operator, value),
            Operator::Blank => {
                let before = self.before_name();
                const COMMANDS: [&[u8]; 13] = [
                    // nginx and Apache
                    b"proxy_set_header",
                    b"add_header",
                    b"fastcgi_param",
                    b"requestheader set",
                    b"env",
                    b"export",
                    b"setenv",
                    b"#define",
                    b"set -x",
                    b"set -gx",
                    b"option",
                    b"set-environment -g",
                    b"setenv -g",
                ];
                !self.repeats_name(value)
                    && (before.ends_with(b":") || ends_with_any(before, &COMMANDS))
                    || self.is_call_of_several(operator, value)
                    || self.is_setting(value)
                    || self.is_of_user(value)
            }
            Operator::Element => closed,
            _ => false,
        };
        if assigns { Operator::Equals } else { operator }
    }

    /// Whether a value has a word of the name: `#define TXT_DHE_PSK "DHE-PSK"`, or spells it in escapes.
    fn repeats_name(&self, value: &Value) -> bool {
        let own = words(&self.bytes[self.name.clone()]);
        let text = &self.bytes[value.range.clone()];
        text.starts_with(b"\\x")
            || words(text).iter().any(|word| own.iter().any(|own| own.eq_ignore_ascii_case(word)))
    }

    /// Whether a name and a bare value with a digit are all of their line: `masterauth x1y2z3`.
    fn is_setting(&self, value: &Value) -> bool {
        let text = &self.bytes[value.range.clone()];
        let next = self.bytes.get(value.range.end).copied().unwrap_or(b'\n');
        self.before_name().trim_ascii().is_empty()
            && matches!(next, b'\n' | b'\r')
            && text.len() > 5
            && text.iter().any(u8::is_ascii_digit)
    }

    /// Whether the name is the first literal of a call that assigns: `os.Setenv("NAME", ...`.
    fn is_named_by_call(&self, value: &Value) -> bool {
        const VERBS: [&[u8]; 18] = [
            b"set",
            b"param",
            b"put",
            b"add",
            b"append",
            b"define",
            b"env",
            b"setenv",
            b"putenv",
            b"setdefault",
            b"header",
            b"headers",
            b"property",
            b"insert",
            b"var",
            b"config",
            b"option",
            b"field",
        ];
        let before = self.before_name();
        let Some(before) = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")) else {
            return false;
        };
        let is_argument = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_&., \"'".contains(*byte);
        let arguments = before.iter().rev().take(40).take_while(is_argument).count();
        let Some(before) = before[..before.len() - arguments].strip_suffix(b"(") else {
            return false;
        };
        let is_callee = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = before.iter().rev().take(40).take_while(is_callee).count();
        let (object, callee) = before.split_at(before.len() - length);
        // `os.environ.get("NAME", "x")`, `ENV.fetch('NAME', 'x')`, `flag.String("name", "x", "what for")`
        let takes_default = (object.ends_with(b"environ.") || object.ends_with(b"ENV."))
            && (callee == b"get" || callee == b"fetch")
            || callee == b"String" && ends_with_one_of(object, &[b"flag.", b"Flags()."]);
        if takes_default {
            return true;
        }
        let callee = words(callee);
        // `set("section", "name", value)`: the second literal is a name, too.
        let goes_on = self.bytes.get(value.range.end + 1) == Some(&b',');
        if arguments == 0 && goes_on {
            return false;
        }
        [callee.first(), callee.last()]
            .into_iter()
            .flatten()
            .any(|word| VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word)))
    }

    /// Whether the name is a flag in a list of arguments: `["serve", "--token", "x"]`.
    fn is_flag_of_list(&self) -> bool {
        self.bytes[..self.name.start].ends_with(b"--")
    }

    /// Whether name and value are the first cells of a row of settings: `INSERT INTO settings (name, value) VALUES
    /// ('api_key', 'x')`.
    fn is_row_of_settings(&self) -> bool {
        const NAMES: [&[u8]; 3] = [b"name", b"key", b"option_name"];
        let before = self.before_name().to_ascii_lowercase();
        let Some(head) = before.strip_suffix(b"('") else { return false };
        let Some(head) = head.trim_ascii_end().strip_suffix(b"values") else { return false };
        let Some(columns) = head.trim_ascii_end().strip_suffix(b")") else { return false };
        let open = memchr::memrchr(b'(', columns).map_or(columns.len(), |at| at + 1);
        let is_quoted = |byte: &u8| b"`\"[] ".contains(byte);
        let mut columns = columns[open..].split(|byte| *byte == b',').map(|column| {
            column.iter().copied().filter(|byte| !is_quoted(byte)).collect::<Vec<u8>>()
        });
        columns.next().is_some_and(|first| NAMES.contains(&&first[..]))
            && columns
                .next()
                .is_some_and(|second| second.starts_with(b"val") || second == b"option_value")
    }

    /// Whether name and value are a pair of Erlang: `{default_pass, <<"x">>}`.
    fn is_tuple_of_erlang(&self, value: &Value) -> bool {
        self.before_name().ends_with(b"{")
            && self.bytes[..value.range.start].ends_with(b"<<\"")
            && self.bytes[value.range.end..].starts_with(b"\">>}")
    }

    /// Whether the value is the password of a user whom its sentence names.
    fn is_of_user(&self, value: &Value) -> bool {
        let mut start = Reader::new(self.bytes, self.name.clone(), self.word.clone());
        start.at = value.range.start;
        value.quote == Quote::None && start.follows_user()
    }

    /// Whether name and value are an entry of a map of JavaScript: `new Map([['apiKey', 'x']])`.
    fn is_entry(&self, value: &Value) -> bool {
        let before = self.before_name();
        let opened = before.strip_suffix(b"'").or(before.strip_suffix(b"\""));
        opened.is_some_and(|rest| rest.ends_with(b"Map([["))
            && self.bytes.get(value.range.end + 1) == Some(&b']')
    }

    /// Whether the name is one of a call that takes the secret alone: `setApiKey(`, `bearer_auth(`.
    pub(super) fn is_setter(&self) -> bool {
        const VERBS: [&[u8]; 3] = [b"set", b"with", b"bearer"];
        words(&self.bytes[self.name.clone()])
            .iter()
            .any(|word| VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word)))
    }
}

/// Whether some text is the beginning of a sentence, or of a line of a log: `here you go, `.
fn is_prose(before: &[u8]) -> bool {
    const MAX_BYTES: usize = 80;
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b" ,.:-'".contains(byte);
    before.len() <= MAX_BYTES
        && before.iter().all(is_part)
        && before.iter().filter(|byte| byte.is_ascii_alphabetic()).count() * 2 > before.len()
}

/// Whether a value has letters and digits, and is as long as a password that rules ask for.
fn is_mixed(value: &[u8]) -> bool {
    value.len() >= 8
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && !value.contains(&b'(')
}

/// Whether a name behind some text goes on a row of pairs: `user=app password=x`, `user=app,password=x`. Not
/// the arguments of a call.
fn follows_pair(before: &[u8]) -> bool {
    let rest = before.strip_suffix(b", ").or(before.strip_suffix(b" "));
    let Some(rest) = rest.or(before.strip_suffix(b",")) else { return false };
    // A call opens outside of the literal that holds the row: `connect("user=app password=x")`.
    let inside = memchr::memrchr2(b'"', b'\'', before).map_or(before, |at| &before[at + 1..]);
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b',' | b'"' | b'\'');
    let word = rest.rsplit(is_end).next().unwrap_or_default();
    let equals = memchr::memchr(b'=', word);
    equals.is_some_and(|at| at > 0 && at + 1 < word.len()) && !inside.contains(&b'(')
}

/// The line before a name without the mark of a comment at its start.
fn without_comment_mark(before: &[u8]) -> &[u8] {
    const MARKS: [&[u8]; 5] = [b"<!-- ", b"/* ", b"// ", b"-- ", b"# "];
    MARKS.iter().find_map(|mark| before.strip_prefix(*mark)).unwrap_or(before)
}

/// The last word of some text.
fn last_word(text: &[u8]) -> &[u8] {
    text.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default()
}

/// Whether all before a name is the name space of its key: `shop:dbPassword: x` of YAML.
fn is_name_space(before: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    before.strip_suffix(b":").is_some_and(|space| !space.is_empty() && space.iter().all(is_name))
}

/// Whether a name in quotes behind some text is the name of its XML element.
fn names_element(before: &[u8]) -> bool {
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    ends_with_one_of(before, &[b" name=", b" key=", b":name="])
}

/// Whether some text ends with the start of an element of a name space: `<wsse:`.
pub(super) fn opens_element(before: &[u8]) -> bool {
    let Some(rest) = before.strip_suffix(b":") else { return false };
    let name = rest.iter().rev().take(20).take_while(|byte| byte.is_ascii_alphanumeric());
    let name = name.count();
    name > 0 && rest[..rest.len() - name].ends_with(b"<")
}

/// Whether some text ends with one of these words.
pub(super) fn ends_with_any(before: &[u8], words: &[&[u8]]) -> bool {
    let trimmed = before.trim_ascii_end();
    words.iter().any(|word| ends_with_ignoring_case(trimmed, word))
}
