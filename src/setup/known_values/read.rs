//! The secrets of a file of credentials.
//!
//! The formats are read by what they have in common (a key, a sign and a value), not by their grammars. A text that is
//! taken for a value by mistake does no harm: it is looked for in vain.

use base64::Engine as _;

use crate::engine::generic::speaks_of_secret;
use crate::text::base64::LENIENT;

/// How a file says which of its values are secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// By these keys: ini, TOML, YAML, JSON.
    Keys(&'static [&'static str]),
    /// Behind the word `password`.
    Netrc,
    /// As passwords of URLs, one a line.
    Urls,
    /// By names that speak of secrets: `NAME=value`, one a line.
    Environment,
    /// Every value: `NAME=value` or a value alone, one a line.
    Everything,
}

/// A key and its value.
type Pair = (String, Vec<u8>);

impl Form {
    /// Returns every secret of a file with the key that it stands behind.
    pub(super) fn values(self, text: &[u8]) -> Vec<Pair> {
        let mut found = match self {
            Form::Keys(keys) => keys.iter().flat_map(|key| keyed(text, key)).collect(),
            Form::Netrc => netrc(text),
            Form::Urls => lines(text).filter_map(|line| url_password("password", line)).collect(),
            Form::Environment => assignments(text, false),
            Form::Everything => assignments(text, true),
        };
        let inner: Vec<Pair> = found.iter().filter_map(password_inside).collect();
        found.extend(inner);
        found
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii)
}

/// The values behind a key, wherever it stands as a word of its own.
fn keyed(text: &[u8], key: &str) -> Vec<Pair> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let value_at = |at: usize| {
        let before = at.checked_sub(1).map(|at| text[at]);
        if before.is_some_and(is_word) {
            return None;
        }
        let rest = &text[at + key.len()..];
        let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"=").or(rest.strip_prefix(b":"))?;
        let line = rest.split(|byte| *byte == b'\n').next()?;
        let mut value = value_of(line);
        // Without quotes, a comma or a brace at the end is a sign of YAML on one line.
        let is_quoted = matches!(line.trim_ascii_start(), [b'"' | b'\'', ..]);
        while !is_quoted && value.pop_if(|last| matches!(last, b',' | b'}')).is_some() {}
        Some((key.to_owned(), value))
    };
    memchr::memmem::find_iter(text, key).filter_map(value_at).collect()
}

/// The value at the start of a part of a line, without its quotes.
fn value_of(part: &[u8]) -> Vec<u8> {
    let part = part.trim_ascii();
    match part.first() {
        Some(&quote @ (b'"' | b'\'')) => {
            part[1..].split(|byte| *byte == quote).next().unwrap_or_default().to_vec()
        }
        _ => part.split(u8::is_ascii_whitespace).next().unwrap_or_default().to_vec(),
    }
}

fn netrc(text: &[u8]) -> Vec<Pair> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if word == b"password" {
            found.extend(words.next().map(|value| ("password".to_owned(), value_of(value))));
        }
    }
    found
}

/// The password of a URL, if it has one, as it is.
fn url_password(key: &str, text: &[u8]) -> Option<Pair> {
    let start = memchr::memmem::find(text, b"://")? + 3;
    let word = text[start..].split(u8::is_ascii_whitespace).next()?;
    let authority = word.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()?;
    // A `/` in a password should be written `%2F`, and often is not.
    let end = memchr::memrchr(b'@', authority).or_else(|| memchr::memrchr(b'@', word))?;
    let user = &word[..end];
    let password = &user[memchr::memchr(b':', user)? + 1..];
    Some((key.to_owned(), unescaped(password)))
}

/// Decodes `%2F` and its like.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| text[at] == b'%');
        let number = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(number.unwrap_or(text[at]));
        at += if number.is_some() { 3 } else { 1 };
    }
    plain
}

/// Reads `NAME=value`, one a line, of all names or of those that speak of secrets, but not of names whose values are
/// public in a client's bundle.
fn assignments(text: &[u8], all: bool) -> Vec<Pair> {
    let mut found = Vec::new();
    for line in lines(text).filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        let sign = memchr::memchr(b'=', line);
        let is_name = |name: &[u8]| {
            !name.is_empty()
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let split = sign.map(|at| (line[..at].trim_ascii(), &line[at + 1..]));
        // Base64 that stands alone ends in signs, too.
        let is_padding = |value: &[u8]| value.iter().all(|&byte| byte == b'=');
        let split = split.filter(|(name, value)| is_name(name) && !(all && is_padding(value)));
        let Some((name, value)) = split else {
            if all {
                found.push((String::new(), value_of(line)));
            }
            continue;
        };
        let key = String::from_utf8_lossy(name).into_owned();
        let value = value_of(value);
        let is_public = key.to_ascii_lowercase().contains("public");
        if memchr::memmem::find(&value, b"://").is_some() {
            found.extend(url_password(&key, &value));
        } else if all || speaks_of_secret(name) && !is_public {
            found.push((key, value));
        }
    }
    found
}

/// The password in `user:password` that is encoded in base64, as registries and proxies have it.
fn password_inside((key, value): &Pair) -> Option<Pair> {
    if !matches!(&**key, "auth" | "_auth" | "_password") {
        return None;
    }
    let plain = LENIENT.decode(value).ok()?;
    let password = match memchr::memchr(b':', &plain) {
        Some(colon) => plain[colon + 1..].to_vec(),
        None => plain,
    };
    Some((key.clone(), password))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::Form;

    fn values(form: Form, text: &str) -> Vec<(String, String)> {
        let found = form.values(text.as_bytes()).into_iter();
        found.map(|(key, value)| (key, String::from_utf8(value).unwrap())).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_format_gives_its_secrets_and_nothing_else() {
        let aws =
            "[default]\nregion = eu\naws_secret_access_key = a+b/c==\r\naws_secret_access_key=\n";
        let auth = STANDARD.encode("me:pa:ss");
        let docker = format!("{{\"auths\":{{\"x\":{{\"auth\":\"{auth}\"}}}},\"authx\":\"no\"}}");
        for (form, text, expected) in [
            (
                Form::Keys(&["aws_secret_access_key"]),
                aws,
                &[("aws_secret_access_key", "a+b/c=="), ("aws_secret_access_key", "")][..],
            ),
            (Form::Keys(&["auth"]), &docker, &[("auth", &auth), ("auth", "pa:ss")]),
            (
                Form::Keys(&["_authToken", "_auth"]),
                "//r.example/:_authToken=abc\nx:always-auth=true\n",
                &[("_authToken", "abc")],
            ),
            (
                Form::Keys(&["oauth_token", "token"]),
                "h:\n    oauth_token: gho\n    token: 'k'\n",
                &[("oauth_token", "gho"), ("token", "k")],
            ),
            (
                Form::Netrc,
                "machine h login me password pw\ndefault password\n  other\n",
                &[("password", "pw"), ("password", "other")],
            ),
            (
                Form::Urls,
                "https://me:p%2Fw@h.example/x\nhttps://h.example\nhttps://me:q/w?@h.example/x\n\
                 https://h.example/a@b\n",
                &[("password", "p/w"), ("password", "q/w?")],
            ),
            (
                Form::Environment,
                "# TOKEN=no\nexport API_KEY=\"k k\"\nNAME=no\nNEXT_PUBLIC_KEY=no\n\
                 DATABASE_URL=postgres://u:pw@h/d\nDB_PASSWORD=x # why\n",
                &[("API_KEY", "k k"), ("DATABASE_URL", "pw"), ("DB_PASSWORD", "x")],
            ),
            (
                Form::Everything,
                "NAME=a\nbare-b\nQUJD==\nX=a,b}c\n",
                &[("NAME", "a"), ("", "bare-b"), ("", "QUJD=="), ("X", "a,b}c")],
            ),
            (
                Form::Keys(&["token"]),
                "{token: a, b: c}\n{ token: d}",
                &[("token", "a"), ("token", "d")],
            ),
        ] {
            assert_eq!(values(form, text), pairs(expected), "{text}");
        }
    }
}
