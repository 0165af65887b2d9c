//! Events of CloudTrail, as `aws cloudtrail lookup-events` prints them.

use serde_json::Value;

use super::danger::{Verdict, judge};
use super::mask::Masker;
use crate::text::date::moment;

/// One call that somebody made. All its text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub time: String,
    /// Where.
    pub region: String,
    /// CloudTrail's id of it.
    pub id: String,
    /// The service, as `iam`.
    pub service: String,
    /// The call, as `CreateUser`.
    pub name: String,
    /// The code with which AWS refused it.
    pub error: Option<String>,
    /// Where it came from: an address, or a service of AWS.
    pub address: String,
    /// The program that made it, by its own word.
    pub agent: String,
    /// The key that it was signed with; empty for the console.
    pub key: String,
    /// Who made it, as CloudTrail has it.
    pub actor: String,
    /// What it was about: the parameters that name something.
    pub about: String,
    /// How dangerous it is, and why.
    pub verdict: Verdict,
    /// What it made.
    pub made: Vec<Made>,
}

/// A key, user or role that an event made: what it does is looked for, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    /// What it is.
    pub kind: MadeKind,
    /// The id of a key, the name of a user, the ARN or the name of a role.
    pub name: String,
    /// The user that a key belongs to.
    pub of: Option<String>,
}

/// What an event made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MadeKind {
    /// A key of a user.
    Key,
    /// The key of a session.
    Session,
    /// A user, or a user who was given a password.
    User,
    /// A role.
    Role,
}

impl MadeKind {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MadeKind::Key => "key",
            MadeKind::Session => "session",
            MadeKind::User => "user",
            MadeKind::Role => "role",
        }
    }
}

/// What the owner of a temporary key is, by an event that it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    User(String),
    Role(String),
    Root,
}

/// Parameters that name what a call is about, in the order in which they are shown.
const TELLING: &[&str] = &[
    "userName",
    "roleName",
    "groupName",
    "policyArn",
    "policyName",
    "roleArn",
    "accessKeyId",
    "status",
    "serialNumber",
    "instanceType",
    "imageId",
    "minCount",
    "maxCount",
    "keyName",
    "instancesSet",
    "bucketName",
    "key",
    "functionName",
    "secretId",
    "name",
    "modelId",
    "queueName",
    "topicArn",
    "trailName",
    "dBInstanceIdentifier",
    "dBSnapshotIdentifier",
    "snapshotId",
    "groupId",
    "cluster",
    "stackName",
    "emailAddress",
    "emailIdentity",
    "durationSeconds",
    "domainName",
];

/// How many characters of them are shown.
const MAX_ABOUT: usize = 200;

/// Parses one event; `None` if the text is not one.
pub(super) fn parse(event: &Value, region: &str, masker: &Masker) -> Option<Event> {
    let body: Value = text(event, "CloudTrailEvent")
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or(Value::Null);
    let shown = |value: Option<&str>| masker.text(value.unwrap_or(""));
    let parameters = &body["requestParameters"];
    let name = text(event, "EventName").or_else(|| text(&body, "eventName"))?;
    // Emulators of AWS call every call of its older services `POST`, and keep the name as a parameter.
    let name = text(parameters, "Action").filter(|_| name.contains('.')).unwrap_or(name);
    let source = text(event, "EventSource").or_else(|| text(&body, "eventSource")).unwrap_or("");
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    let error = text(&body, "errorCode");
    let is_read = [&body["readOnly"], &event["ReadOnly"]]
        .iter()
        .find_map(|value| value.as_bool().or_else(|| value.as_str()?.parse().ok()));
    Some(Event {
        time: shown(Some(&time(event, &body)?)),
        region: shown(text(&body, "awsRegion").or(Some(region))),
        id: shown(text(event, "EventId").or_else(|| text(&body, "eventID"))),
        service: shown(Some(service)),
        name: shown(Some(name)),
        error: error.map(|code| shown(Some(code))),
        address: shown(text(&body, "sourceIPAddress")),
        agent: shown(text(&body, "userAgent")),
        key: shown(
            text(&body["userIdentity"], "accessKeyId").or_else(|| text(event, "AccessKeyId")),
        ),
        actor: shown(text(&body["userIdentity"], "arn").or_else(|| text(event, "Username"))),
        about: about(parameters, masker),
        verdict: judge(service, name, is_read.unwrap_or(false), error),
        made: if error.is_some() { Vec::new() } else { made(service, name, &body) },
    })
}

/// Tells whose key signed an event, if it was this one.
pub(super) fn identity(event: &Value, key: &str) -> Option<Identity> {
    let body: Value = serde_json::from_str(text(event, "CloudTrailEvent")?).ok()?;
    let identity = &body["userIdentity"];
    if text(identity, "accessKeyId") != Some(key) {
        return None;
    }
    let issuer = &identity["sessionContext"]["sessionIssuer"];
    let named =
        |value: &Value| text(value, "userName").filter(|name| is_name(name)).map(str::to_owned);
    match (text(identity, "type")?, text(issuer, "type")) {
        ("Root", _) | (_, Some("Root")) => Some(Identity::Root),
        ("AssumedRole", _) | (_, Some("Role")) => named(issuer).map(Identity::Role),
        (_, Some("IAMUser")) => named(issuer).map(Identity::User),
        ("IAMUser", _) => named(identity).map(Identity::User),
        _ => None,
    }
}

/// Whether a text can be the name of a user, a role or a group.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(is_allowed)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// The time, which version 1 of the program prints as a number and version 2 in the local zone: the
/// body has it in UTC.
fn time(event: &Value, body: &Value) -> Option<String> {
    let number = || event["EventTime"].as_f64().map(|seconds| moment(seconds as i64));
    let text = || text(event, "EventTime").map(str::to_owned);
    body["eventTime"].as_str().map(str::to_owned).or_else(number).or_else(text)
}

fn about(parameters: &Value, masker: &Masker) -> String {
    let mut parts = Vec::new();
    for name in TELLING {
        // Emulators write the names as the API has them, with a capital.
        let mut capital = (*name).to_owned();
        capital[..1].make_ascii_uppercase();
        match parameters.get(*name).or_else(|| parameters.get(&capital)) {
            Some(Value::String(value)) => parts.push(format!("{name}={value}")),
            Some(Value::Null) | None => {}
            Some(value) => parts.push(format!("{name}={value}")),
        }
    }
    // A secret that was cut would be known no more, so the mask comes first.
    let text = masker.text(&parts.join(" "));
    let end = text.char_indices().nth(MAX_ABOUT).map_or(text.len(), |(end, _)| end);
    text[..end].to_owned()
}

fn made(service: &str, name: &str, body: &Value) -> Vec<Made> {
    let (asked, answer) = (&body["requestParameters"], &body["responseElements"]);
    let one = |kind, name: Option<&str>, of: Option<&str>| Made {
        kind,
        name: name.unwrap_or("").to_owned(),
        of: of.filter(|of| is_name(of)).map(str::to_owned),
    };
    let user = text(asked, "userName").or_else(|| text(asked, "UserName"));
    let made = match (service, name) {
        ("iam", "CreateAccessKey") => {
            let key = &answer["accessKey"];
            match text(key, "accessKeyId") {
                Some(id) => one(MadeKind::Key, Some(id), text(key, "userName").or(user)),
                None => one(MadeKind::User, user, None),
            }
        }
        ("iam", "CreateUser" | "CreateLoginProfile" | "UpdateLoginProfile") => {
            one(MadeKind::User, user, None)
        }
        ("iam", "CreateRole" | "UpdateAssumeRolePolicy") => {
            let arn = text(&answer["role"], "arn").or_else(|| text(asked, "roleName"));
            one(MadeKind::Role, arn.or_else(|| text(asked, "RoleName")), None)
        }
        ("sts", _) => one(MadeKind::Session, text(&answer["credentials"], "accessKeyId"), None),
        _ => return Vec::new(),
    };
    let is_valid = match made.kind {
        MadeKind::Key | MadeKind::Session => super::KeyId::parse(&made.name).is_ok(),
        MadeKind::User => is_name(&made.name),
        MadeKind::Role => {
            made.name.rsplit('/').next().is_some_and(is_name)
                && made.name.bytes().all(|byte| byte.is_ascii_graphic())
                && !made.name.starts_with('-')
                && made.name.len() <= 2048
        }
    };
    if is_valid { vec![made] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{Identity, MadeKind, identity, is_name, parse};
    use crate::respond::mask::Masker;
    use serde_json::{Value, json};

    fn id(prefix: &str) -> String {
        let template = format!("{prefix}{{base32:16}}");
        String::from_utf8(crate::rule::expand(&template).unwrap()).unwrap()
    }

    fn with_body(name: &str, time: Value, body: &Value) -> Value {
        json!({ "EventName": name, "EventTime": time, "CloudTrailEvent": body.to_string() })
    }

    #[test]
    fn times_are_utc_whatever_version_of_the_program_prints_them() {
        let body = json!({ "eventTime": "2026-11-20T01:02:03Z" });
        let empty = json!({});
        for (time, body, expected) in [
            (json!("2026-11-20T02:02:03+01:00"), &body, "2026-11-20T01:02:03Z"),
            (json!(1.5), &empty, "1970-01-01T00:00:01Z"),
        ] {
            let event = parse(&with_body("X", time, body), "r", &Masker::default()).unwrap();
            assert_eq!((event.time.as_str(), event.region.as_str()), (expected, "r"));
        }
        assert_eq!(parse(&json!({ "EventName": "X" }), "r", &Masker::default()), None);
    }

    #[test]
    fn only_what_can_be_a_key_a_user_or_a_role_counts_as_made() {
        let (key, session) = (id("AKIA"), id("ASIA"));
        let arn = "arn:aws:iam::1:role/a/b";
        let cases = [
            (
                "iam",
                "CreateAccessKey",
                json!({"responseElements": {"accessKey": {"accessKeyId": key}}}),
                Some(MadeKind::Key),
            ),
            (
                "iam",
                "CreateAccessKey",
                json!({"requestParameters": {"userName": "u"}}),
                Some(MadeKind::User),
            ),
            (
                "iam",
                "CreateAccessKey",
                json!({"responseElements": {"accessKey": {"accessKeyId": "--x"}}}),
                None,
            ),
            ("iam", "CreateUser", json!({"requestParameters": {"userName": "file:///x"}}), None),
            (
                "iam",
                "CreateRole",
                json!({"responseElements": {"role": {"arn": arn}}}),
                Some(MadeKind::Role),
            ),
            ("iam", "CreateRole", json!({"requestParameters": {"roleName": "-a/b c"}}), None),
            (
                "sts",
                "AssumeRole",
                json!({"responseElements": {"credentials": {"accessKeyId": session}}}),
                Some(MadeKind::Session),
            ),
            ("sts", "GetCallerIdentity", json!({}), None),
        ];
        for (service, name, mut body, expected) in cases {
            body["eventSource"] = json!(format!("{service}.amazonaws.com"));
            let event = parse(&with_body(name, json!(0), &body), "r", &Masker::default()).unwrap();
            assert_eq!(event.made.first().map(|made| made.kind), expected, "{name} {body}");
        }
    }

    #[test]
    fn the_owner_is_whoever_signed_with_this_key() {
        let key = id("ASIA");
        let signed = |mut identity: Value| {
            identity["accessKeyId"] = json!(key);
            with_body("X", json!(0), &json!({ "userIdentity": identity }))
        };
        let issued = |kind: &str| json!({"sessionIssuer": {"type": kind, "userName": "r"}});
        let role = signed(json!({"type": "AssumedRole", "sessionContext": issued("Role")}));
        let user = signed(json!({"type": "IAMUser", "userName": "u"}));
        let federated =
            signed(json!({"type": "FederatedUser", "sessionContext": issued("IAMUser")}));
        assert_eq!(identity(&role, &key), Some(Identity::Role("r".into())));
        assert_eq!(identity(&user, &key), Some(Identity::User("u".into())));
        assert_eq!(identity(&federated, &key), Some(Identity::User("r".into())));
        assert_eq!(identity(&signed(json!({"type": "Root"})), &key), Some(Identity::Root));
        assert_eq!(identity(&user, &id("AKIA")), None);
    }

    #[test]
    fn names_are_those_that_iam_allows() {
        assert!(is_name("a+b=c,d.e@f-g_h") && is_name(&"x".repeat(64)));
        assert!(!is_name("") && !is_name("a b") && !is_name("file://x") && !is_name("a\nb"));
    }
}
