//! Commands of the `aws` program, as argument vectors: the same ones are planned, shown and run.

use super::key::KeyId;

/// The name of the inline policy that refuses sessions issued before now. AWS's console gives this
/// name to the same policy of a role.
pub(super) const REVOKING_POLICY: &str = "AWSRevokeOlderSessions";

/// The name of the inline policy that refuses everything.
pub(super) const DENYING_POLICY: &str = "TightlipDenyAll";

/// One command of the `aws` program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    words: Vec<String>,
    /// Whether it changes anything.
    pub(super) changes: bool,
}

impl Call {
    pub(super) fn read(service: &str, operation: &str) -> Self {
        Call { words: vec![service.to_owned(), operation.to_owned()], changes: false }
    }

    fn change(service: &str, operation: &str) -> Self {
        Call { changes: true, ..Call::read(service, operation) }
    }

    /// Adds an option. A value that begins with a hyphen, as a user's name may, is joined to it: the
    /// program would take it for an option of its own.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if value.starts_with('-') {
            self.words.push(format!("{name}={value}"));
        } else {
            self.words.extend([name.to_owned(), value.to_owned()]);
        }
        self
    }

    #[must_use]
    pub(super) fn flag(mut self, name: &str) -> Self {
        self.words.push(name.to_owned());
        self
    }

    /// The arguments of the program.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// The command as a line for a POSIX shell.
    pub(super) fn shown(&self) -> String {
        let quoted: Vec<String> = self.words.iter().map(|word| quote(word)).collect();
        format!("aws {}", quoted.join(" "))
    }
}

/// Quotes a word for a POSIX shell, if it needs that.
fn quote(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "_./:=,@+-".contains(char);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

pub(super) fn caller_identity() -> Call {
    Call::read("sts", "get-caller-identity")
}

pub(super) fn key_info(key: &KeyId) -> Call {
    Call::read("sts", "get-access-key-info").with("--access-key-id", key.as_str())
}

pub(super) fn key_last_used(key: &KeyId) -> Call {
    Call::read("iam", "get-access-key-last-used").with("--access-key-id", key.as_str())
}

pub(super) fn of_user(operation: &str, user: &str) -> Call {
    Call::read("iam", operation).with("--user-name", user)
}

pub(super) fn group_policies(group: &str) -> Call {
    Call::read("iam", "list-attached-group-policies").with("--group-name", group)
}

pub(super) fn role_policies(role: &str) -> Call {
    Call::read("iam", "list-attached-role-policies").with("--role-name", role)
}

pub(super) fn account_summary() -> Call {
    Call::read("iam", "get-account-summary")
}

pub(super) fn regions() -> Call {
    Call::read("ec2", "describe-regions")
}

/// Makes a key `Active` or `Inactive`.
pub(super) fn set_key(user: &str, key: &str, status: &str) -> Call {
    Call::change("iam", "update-access-key")
        .with("--user-name", user)
        .with("--access-key-id", key)
        .with("--status", status)
}

/// Makes a key. It is shown and never run: its answer is a secret.
pub(super) fn create_key(user: &str) -> Call {
    Call::change("iam", "create-access-key").with("--user-name", user)
}

/// Deletes a key. It is shown and never run: nothing brings the key back.
pub(super) fn delete_key(user: &str, key: &str) -> Call {
    Call::change("iam", "delete-access-key").with("--user-name", user).with("--access-key-id", key)
}

/// A user or a role: what has inline policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal<'a> {
    User(&'a str),
    Role(&'a str),
}

impl Principal<'_> {
    fn call(self, verb: &str) -> Call {
        match self {
            Principal::User(name) => {
                Call::change("iam", &format!("{verb}-user-policy")).with("--user-name", name)
            }
            Principal::Role(name) => {
                Call::change("iam", &format!("{verb}-role-policy")).with("--role-name", name)
            }
        }
    }
}

/// Refuses all sessions that were issued before `moment`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>
pub(super) fn revoke_sessions(of: Principal<'_>, moment: &str) -> Call {
    let condition =
        format!(r#","Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{moment}"}}}}"#);
    of.call("put")
        .with("--policy-name", REVOKING_POLICY)
        .with("--policy-document", &deny(&condition))
}

/// Refuses everything.
pub(super) fn deny_all(of: Principal<'_>) -> Call {
    of.call("put").with("--policy-name", DENYING_POLICY).with("--policy-document", &deny(""))
}

pub(super) fn delete_policy(of: Principal<'_>, policy: &str) -> Call {
    of.call("delete").with("--policy-name", policy)
}

fn deny(condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"*","Resource":"*"{condition}}}]}}"#
    )
}

/// One page of CloudTrail's events that have this value, in one Region. The program must not follow
/// the pages itself: it keeps no rate.
pub(super) fn events(attribute: &str, value: &str, region: &str, token: Option<&str>) -> Call {
    // In the short form a comma in a name would begin another attribute.
    let is_plain =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-/:".contains(&byte));
    let lookup = match is_plain {
        true => format!("AttributeKey={attribute},AttributeValue={value}"),
        false => {
            serde_json::json!([{ "AttributeKey": attribute, "AttributeValue": value }]).to_string()
        }
    };
    let call = Call::read("cloudtrail", "lookup-events")
        .with("--lookup-attributes", &lookup)
        .with("--max-results", "50")
        .flag("--no-paginate")
        .with("--region", region);
    match token {
        Some(token) => call.with("--next-token", token),
        None => call,
    }
}

#[cfg(test)]
mod tests {
    use super::{Principal, deny_all, events, of_user, revoke_sessions};

    #[test]
    fn words_stay_one_word_for_the_program_and_for_a_shell() {
        let call = of_user("list-access-keys", "-o,a=b");
        assert_eq!(call.words()[2], "--user-name=-o,a=b");
        assert_eq!(call.shown(), "aws iam list-access-keys --user-name=-o,a=b");
        assert!(of_user("x", "it's").shown().ends_with(r"--user-name 'it'\''s'"));
    }

    #[test]
    fn a_comma_in_a_name_is_no_second_attribute() {
        let call = events("Username", "a,AttributeKey=b", "us-east-1", None);
        let lookup: serde_json::Value = serde_json::from_str(&call.words()[3]).unwrap();
        assert_eq!(lookup[0]["AttributeValue"], "a,AttributeKey=b");
    }

    #[test]
    fn policies_are_json_and_deny() {
        for call in [
            deny_all(Principal::User("u")),
            revoke_sessions(Principal::Role("r"), "2026-01-02T03:04:05Z"),
        ] {
            let policy: serde_json::Value = serde_json::from_str(&call.words()[7]).unwrap();
            assert_eq!(policy["Statement"][0]["Effect"], "Deny");
            assert!(call.changes);
        }
    }
}
