//! Secrets taken out of what AWS answers.
//!
//! CloudTrail's events hold session tokens in clear, and whatever people pass as a parameter.

use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;

use crate::engine::Engine;
use crate::rule::RuleSet;
use crate::text::escape::escape;

const MASK: &str = "********";

/// Rules that find ids: they are no secrets, and every command needs them.
const OF_IDS: &[&str] = &["aws-access-key-id", "aws-account-id"];

/// Parts of the names of fields whose values are never kept.
const SECRET_NAMES: &[&str] = &[
    "sessiontoken",
    "secretaccesskey",
    "password",
    "authorizationtoken",
    "secretstring",
    "secretbinary",
    "privatekey",
    "keymaterial",
    "signintoken",
    "userdata",
];

/// Masks what any built-in rule finds, and fields by their names.
#[derive(Debug, Default)]
pub(super) struct Masker(OnceLock<Engine>);

impl Masker {
    fn engine(&self) -> &Engine {
        self.0.get_or_init(|| {
            let mut rules = RuleSet::builtin();
            let ids: Vec<_> = rules.all().iter().map(|rule| rule.id.clone()).collect();
            for id in ids {
                let done = rules.enable(&id, !OF_IDS.contains(&&*id));
                done.expect("a rule is found by its own id");
            }
            Engine::new(rules, 0).expect("built-in rules make an engine: tests/packs.rs")
        })
    }

    /// Returns a text without secrets, on one line, without anything that a terminal obeys.
    pub(super) fn text(&self, text: &str) -> String {
        let found = self.engine().scan(text.as_bytes()).list;
        let kept = without(text, found.into_iter().map(|found| found.secret));
        escape(kept.as_bytes()).into_owned()
    }

    /// Returns an answer without secrets. The body of a CloudTrail event, which is JSON as text,
    /// becomes JSON.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|value| self.value(value)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.field(name, value))).collect()
            }
            plain => plain.clone(),
        }
    }

    fn field(&self, name: &str, value: &Value) -> Value {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        if value.is_string() && SECRET_NAMES.iter().any(|secret| plain.contains(secret)) {
            return Value::String(MASK.to_owned());
        }
        let body = value.as_str().filter(|_| name == "CloudTrailEvent");
        match body.and_then(|text| serde_json::from_str(text).ok()) {
            Some(body) => self.value(&body),
            None => self.value(value),
        }
    }
}

/// Puts a mask in the place of each secret, in order of where they begin. Behind one that begins or
/// ends inside a character nothing is kept.
fn without(text: &str, secrets: impl Iterator<Item = Range<usize>>) -> String {
    let mut kept = String::new();
    let mut end = 0;
    for secret in secrets {
        let start = secret.start.max(end);
        if secret.end <= start {
            continue;
        }
        let Some(before) = text.get(end..start) else { return kept + MASK };
        kept.push_str(before);
        kept.push_str(MASK);
        end = secret.end;
    }
    kept + text.get(end..).unwrap_or(MASK)
}

#[cfg(test)]
mod tests {
    use super::{MASK, Masker, without};
    use serde_json::json;

    #[test]
    fn secrets_are_masked_by_shape_and_by_name_and_ids_are_kept() {
        let made = |template| String::from_utf8(crate::rule::expand(template).unwrap()).unwrap();
        let (id, token) = (made("ASIA{base32:16}"), made("{base64:64}"));
        let github = made("{crc:ghp_:30}");
        let body =
            json!({ "accessKeyId": id, "sessionToken": token, "note": format!("x {github}") });
        let answer = json!({ "Events": [{ "CloudTrailEvent": body.to_string() }] });
        let masked = Masker::default().value(&answer).to_string();
        assert!(masked.contains(&id), "{masked}");
        assert!(!masked.contains(&token) && !masked.contains(&github), "{masked}");
    }

    #[test]
    fn nothing_is_kept_behind_a_secret_that_begins_or_ends_inside_a_character() {
        let masked = |secrets: &[(usize, usize)]| {
            let secrets = secrets.iter().map(|&(start, end)| start..end);
            without("key \u{e4}bc, d", secrets)
        };
        for (secrets, expected) in [
            (&[][..], "key \u{e4}bc, d".to_owned()),
            (&[(4, 8), (10, 11)], format!("key {MASK}, {MASK}")),
            (&[(4, 8), (4, 6), (6, 8)], format!("key {MASK}, d")),
            (&[(5, 8)], MASK.to_owned()),
            (&[(0, 1), (5, 8), (10, 11)], format!("{MASK}{MASK}")),
            (&[(4, 5)], format!("key {MASK}{MASK}")),
        ] {
            assert_eq!(masked(secrets), expected, "{secrets:?}");
        }
    }
}
