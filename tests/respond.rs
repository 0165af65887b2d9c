//! `tightlip respond`, against a recorded `aws` program that answers by its arguments and notes them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its program has failed")]

#[path = "fixture/mod.rs"]
mod fixture;

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fixture::{TIGHTLIP, made, sealed};
use serde_json::{Value, json};
use tightlip::environment::Environment;
use tightlip::respond::{AwsProgram, KeyId, Log, Options, Response, respond};

const ACCOUNT: u64 = 111_122_223_333;

/// An id that holds the account, as AWS makes them. Another number makes another one.
fn id(prefix: &str, number: u64) -> String {
    let bits = (1 << 47 | ACCOUNT << 7 | number) << 2;
    let digit = |at: u64| {
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (45 - 5 * at) & 31) as usize])
    };
    format!("{prefix}{}QQQQQQ", (0..10).map(digit).collect::<String>())
}

fn key() -> String {
    id("AKIA", 1)
}

/// An `aws` program in a folder of its own, with a home and a directory to work in.
struct Fake {
    folder: tempfile::TempDir,
    rules: Vec<Rule>,
}

struct Rule {
    /// Parts that the arguments hold, one after the other.
    parts: Vec<String>,
    out: String,
    error: Option<String>,
    /// How often it counts.
    times: Option<u32>,
}

/// What the program said, and what it asked of AWS.
#[must_use]
#[derive(Debug)]
struct Ran {
    ran: fixture::Ran,
    calls: Vec<String>,
    log: Vec<Value>,
}

impl Deref for Ran {
    type Target = fixture::Ran;

    fn deref(&self) -> &fixture::Ran {
        &self.ran
    }
}

impl Ran {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        Ran { ran: self.ran.exits(code), ..self }
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        Ran { ran: self.ran.says(text), ..self }
    }

    /// The commands that change something.
    fn changes(&self) -> Vec<&str> {
        let reads = ["get-", "list-", "describe-", "lookup-"];
        let is_read = |call: &&str| {
            call.split(' ')
                .nth(1)
                .is_some_and(|name| reads.iter().any(|read| name.starts_with(read)))
        };
        self.calls.iter().map(String::as_str).filter(|call| !is_read(call)).collect()
    }
}

fn event(name: &str, service: &str, body: Value) -> Value {
    let mut event = json!({
        "eventTime": "2026-11-20T01:02:03Z", "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name, "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2", "userIdentity": {"type": "IAMUser", "accessKeyId": key(), "userName": "deploy"},
    });
    for (field, value) in body.as_object().unwrap() {
        event[field] = value.clone();
    }
    json!({"EventId": format!("{service}-{name}-{body}"), "EventName": name, "CloudTrailEvent": event.to_string()})
}

fn events(list: &[Value]) -> Value {
    json!({ "Events": list })
}

impl Fake {
    /// A program without answers. The first rule that fits counts.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "home", "work"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Fake { folder, rules: Vec::new() }
    }

    fn rule(mut self, parts: &str, out: &str, error: Option<String>, times: Option<u32>) -> Self {
        let parts = parts.split("..").map(str::to_owned).collect();
        self.rules.push(Rule { parts, out: out.to_owned(), error, times });
        self
    }

    fn answers(self, parts: &str, answer: &Value) -> Self {
        self.rule(parts, &answer.to_string(), None, None)
    }

    fn answers_once(self, parts: &str, answer: &Value) -> Self {
        self.rule(parts, &answer.to_string(), None, Some(1))
    }

    fn fails(self, parts: &str, code: &str) -> Self {
        let error = format!("\nAn error occurred ({code}) when calling the X operation: not today");
        self.rule(parts, "", Some(error), None)
    }

    fn fails_times(self, parts: &str, code: &str, times: u32) -> Self {
        let error = format!("\nAn error occurred ({code}) when calling the X operation: not today");
        self.rule(parts, "", Some(error), Some(times))
    }

    /// An account with the user `deploy`, who has one active key that did nothing.
    fn ordinary(self) -> Self {
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/responder/me");
        let active = json!({"AccessKeyId": key(), "Status": "Active", "UserName": "deploy"});
        let regions = json!([{"RegionName": "us-east-1"}, {"RegionName": "eu-west-1"}]);
        self.answers("sts get-caller-identity", &json!({"Account": ACCOUNT.to_string(), "Arn": arn}))
            .answers("sts get-access-key-info", &json!({"Account": ACCOUNT.to_string()}))
            .answers("iam get-access-key-last-used", &json!({"UserName": "deploy", "AccessKeyLastUsed": {
                "LastUsedDate": "2026-11-20T01:02:03Z", "Region": "us-east-1", "ServiceName": "s3"}}))
            .answers("iam list-access-keys", &json!({"AccessKeyMetadata": [active]}))
            .rule("iam update-access-key", "", None, None)
            .rule("iam put-", "", None, None)
            .answers("ec2 describe-regions", &json!({"Regions": regions}))
            .answers("cloudtrail lookup-events", &events(&[]))
            .answers("iam list-attached-", &json!({"AttachedPolicies": []}))
            .answers("iam list-user-policies", &json!({"PolicyNames": []}))
            .answers("iam list-groups-for-user", &json!({"Groups": [{"GroupName": "ops"}]}))
            .fails("iam get-login-profile", "NoSuchEntity")
            .answers("iam list-mfa-devices", &json!({"MFADevices": []}))
            .answers("iam get-account-summary", &json!({"SummaryMap": {
                "AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1}}))
    }

    /// As [`ordinary`](Self::ordinary), but the key is inactive.
    fn inactive(self) -> Self {
        let key = json!({"AccessKeyId": key(), "Status": "Inactive"});
        self.answers("iam list-access-keys", &json!({"AccessKeyMetadata": [key]})).ordinary()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the program: a `case` for every rule.
    fn write(&self, program: &Path) {
        let mut script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{0}/calls'\n",
            self.folder.path().display()
        );
        for (number, Rule { parts, out, error, times }) in self.rules.iter().enumerate() {
            let file = self.path(&format!("answer{number}"));
            fs::write(&file, error.as_deref().unwrap_or(out)).unwrap();
            let quoted: Vec<String> = parts.iter().map(|part| format!("'{part}'")).collect();
            let (to, code) = if error.is_some() { (" >&2", 254) } else { ("", 0) };
            let count = times.map_or_else(String::new, |times| {
                let used = self.path(&format!("used{number}"));
                let used = used.display();
                format!("[ \"$(cat '{used}' 2>/dev/null | wc -l)\" -lt {times} ] && echo >> '{used}' && ")
            });
            script.push_str(&format!(
                "case \"$*\" in *{}*) {count}{{ cat '{}'{to}; exit {code}; }};; esac\n",
                quoted.join("*"),
                file.display()
            ));
        }
        script.push_str("echo \"no answer for $*\" >&2\nexit 255\n");
        fixture::script(program, &script);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.write(&self.path("bin/aws"));
        let mut command = sealed(TIGHTLIP, &self.path("work"), &self.path("home"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command.arg("respond").args(arguments);
        command
    }

    fn finish(&self, mut command: Command) -> Ran {
        let ran = fixture::Ran::of(&mut command);
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let log = fs::read_to_string(self.path("work/log")).unwrap_or_default();
        Ran {
            ran,
            calls: calls.lines().map(str::to_owned).collect(),
            log: log.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let log: &[&str] = if arguments.contains(&"--log") { &[] } else { &["--log", "log"] };
        self.finish(self.command(&[arguments, log].concat()))
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = sealed("git", &self.path("work"), &self.path("home"));
        fixture::Ran::of(git.args(arguments)).ok();
    }

    /// Responds by the library, without pauses.
    fn respond(&self, key: &str) -> Response {
        self.write(&self.path("bin/aws"));
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        let environment = Environment::new([("PATH".into(), path.into())]);
        let aws = AwsProgram::find(&environment, &[]).unwrap();
        let options = Options {
            key: KeyId::parse(key).unwrap(),
            apply: true,
            deny_sessions: false,
            deny_all: false,
            profile: None,
            region: None,
            own_key: None,
            threads: 2,
            pace: Duration::ZERO,
            now: 1_795_744_864,
        };
        respond(&options, &aws, &Log::new(Box::new(std::io::sink())), &mut |_| {})
    }
}

/// What every command ends with.
const END: &str = " --region us-east-1 --output json";

fn lookup(attribute: &str, value: &str, region: &str) -> String {
    format!(
        "cloudtrail lookup-events --lookup-attributes AttributeKey={attribute},AttributeValue={value} \
         --max-results 50 --no-paginate --region {region} --output json"
    )
}

#[test]
fn without_apply_only_commands_that_read_are_run_and_all_are_known() {
    let ran = Fake::new().ordinary().run(&[&key()]).exits(2);
    let user = " --user-name deploy";
    let mut expected = vec![
        "sts get-caller-identity --output json".to_owned(),
        format!("sts get-access-key-info --access-key-id {}{END}", key()),
        format!("iam get-access-key-last-used --access-key-id {}{END}", key()),
        format!("iam list-access-keys{user}{END}"),
        format!("ec2 describe-regions{END}"),
        lookup("AccessKeyId", &key(), "eu-west-1"),
        lookup("AccessKeyId", &key(), "us-east-1"),
        format!("iam list-attached-user-policies{user}{END}"),
        format!("iam list-user-policies{user}{END}"),
        format!("iam list-groups-for-user{user}{END}"),
        format!("iam list-attached-group-policies --group-name ops{END}"),
        format!("iam get-login-profile{user}{END}"),
        format!("iam list-mfa-devices{user}{END}"),
        format!("iam get-account-summary{END}"),
    ];
    let mut calls = ran.calls.clone();
    calls.sort();
    expected.sort();
    assert_eq!(calls, expected);
    let change =
        format!("aws iam update-access-key{user} --access-key-id {} --status Inactive{END}", key());
    let ran = ran.says("Contained  NO").says("Not done without --apply").says(&change);
    assert!(ran.out.starts_with("Plan for "), "the plan comes first");
}

#[test]
fn apply_deactivates_the_key_never_deletes_it_and_says_how_to_undo_it() {
    let active = json!({"AccessKeyMetadata": [{"AccessKeyId": key(), "Status": "Active"}]});
    let ran = Fake::new()
        .answers_once("iam list-access-keys", &active)
        .inactive()
        .run(&[&key(), "--apply"]);
    let ran = ran.exits(0).says("Contained  yes: it was deactivated now");
    let change =
        format!("iam update-access-key --user-name deploy --access-key-id {} --status ", key());
    assert_eq!(ran.changes(), [format!("{change}Inactive{END}")]);
    let _ = ran.says(&format!("{change}Active"));
}

#[test]
fn a_key_that_is_still_active_after_the_change_is_not_contained() {
    let ran = Fake::new().ordinary().run(&[&key(), "--apply"]).exits(2);
    let _ = ran.says("Contained  NO: it is still Active");
}

#[test]
fn an_inactive_key_is_not_touched() {
    let ran = Fake::new().inactive().run(&[&key(), "--apply"]).exits(0);
    assert_eq!(ran.changes(), [""; 0]);
}

#[test]
fn a_plan_runs_nothing() {
    let ran = Fake::new().run(&[&key(), "--plan"]).exits(0).says("update-access-key");
    assert_eq!((ran.calls.len(), ran.log.len()), (0, 0));
}

#[test]
fn sessions_and_all_else_are_denied_only_when_asked() {
    let ran =
        Fake::new().inactive().run(&[&key(), "--apply", "--deny-sessions", "--deny-all"]).exits(0);
    let changes = ran.changes();
    assert_eq!(changes.len(), 2);
    assert!(changes[0].starts_with(
        "iam put-user-policy --user-name deploy --policy-name AWSRevokeOlderSessions"
    ));
    assert!(
        changes[0].contains("aws:TokenIssueTime") && !changes[1].contains("aws:TokenIssueTime")
    );
    assert!(changes[1].contains("TightlipDenyAll"));
    let _ = ran
        .says("aws iam delete-user-policy --user-name deploy --policy-name AWSRevokeOlderSessions");
}

#[test]
fn all_pages_in_all_regions_are_read() {
    let page = |name: &str, token: Option<&str>| {
        let mut page = events(&[event(name, "sqs", json!({}))]);
        page["NextToken"] = json!(token);
        page
    };
    let ran = Fake::new()
        .answers(
            "lookup-events..--region us-east-1..--next-token tok/2=",
            &page("CreateQueue", None),
        )
        .answers("lookup-events..--region us-east-1", &page("ListQueues", Some("tok/2=")))
        .answers("lookup-events..--region eu-west-1", &page("TagQueue", None))
        .inactive()
        .run(&[&key()]);
    let ran = ran.exits(1).says("Timeline: 3 events in 2 Regions");
    let _ = ran.says("sqs ListQueues").says("sqs CreateQueue").says("sqs TagQueue");
}

#[test]
fn a_way_to_the_next_page_that_leads_back_or_elsewhere_is_a_gap() {
    for token in ["again", "file:///etc/passwd"] {
        let mut page = events(&[]);
        page["NextToken"] = json!(token);
        let ran = Fake::new().answers("cloudtrail lookup-events", &page).inactive().run(&[&key()]);
        let ran = ran.exits(2).says("the way to the next page cannot be followed");
        assert!(!ran.calls.iter().any(|call| call.contains("file:")));
    }
}

#[test]
fn throttled_commands_are_tried_again_and_then_named() {
    let throttled = |times| {
        Fake::new()
            .fails_times("lookup-events..--region eu-west-1", "ThrottlingException", times)
            .inactive()
    };
    assert_eq!(throttled(4).respond(&key()).gaps, []);
    let response = throttled(9).respond(&key());
    assert_eq!(response.gaps.len(), 1);
    assert_eq!(response.gaps[0].what, "no events of CloudTrail in eu-west-1");
    assert_eq!(response.status().code(), 2);
}

#[test]
fn every_permission_that_is_missing_is_a_named_gap() {
    let reads = [
        "sts get-access-key-info",
        "iam get-access-key-last-used",
        "iam list-access-keys",
        "ec2 describe-regions",
        "cloudtrail lookup-events",
        "iam list-attached-user-policies",
        "iam list-user-policies",
        "iam list-groups-for-user",
        "iam list-attached-group-policies",
        "iam get-login-profile",
        "iam list-mfa-devices",
        "iam get-account-summary",
    ];
    for denied in reads {
        let response = Fake::new().fails(denied, "AccessDenied").inactive().respond(&key());
        let command = response.gaps.first().and_then(|gap| gap.command.as_deref());
        assert!(
            command.is_some_and(|command| command.contains(denied)),
            "{denied}: {:?}",
            response.gaps
        );
        assert!(response.gaps[0].why.contains("AccessDenied"));
        assert_eq!(response.status().code(), 2, "{denied}");
    }
    let response =
        Fake::new().fails("iam update-access-key", "AccessDenied").ordinary().respond(&key());
    assert_eq!(response.gaps[0].what, "the key could not be deactivated");
    assert!(!response.is_contained());
}

#[test]
fn an_owner_whom_iam_may_not_tell_is_known_by_his_events() {
    let ran = Fake::new()
        .fails("iam get-access-key-last-used", "AccessDenied")
        .answers(
            "lookup-events..us-east-1",
            &events(&[event("ListBuckets", "s3", json!({"readOnly": true}))]),
        )
        .ordinary()
        .run(&[&key(), "--apply"])
        .exits(2);
    let change = format!("iam update-access-key --user-name deploy --access-key-id {}", key());
    assert!(ran.changes()[0].starts_with(&change));
    let lookups = ran.calls.iter().filter(|call| call.starts_with("cloudtrail")).count();
    assert_eq!(lookups, 2, "CloudTrail is read once");
}

#[test]
fn the_key_of_a_finding_is_taken_from_history() {
    let fake = Fake::new().inactive();
    fake.git(&["init", "-q"]);
    let secret = made("aws_secret_access_key = {base64:40}");
    fs::write(fake.path("work/deploy.ini"), format!("aws_access_key_id = {}\n{secret}\n", key()))
        .unwrap();
    fake.git(&["add", "."]);
    fake.git(&["commit", "-q", "-m", "x"]);
    let mut command = sealed(TIGHTLIP, &fake.path("work"), &fake.path("home"));
    let listed = fixture::Ran::of(command.args(["history", "--format", "json"])).out;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let findings = listed["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        let fingerprint = finding["fingerprint"].as_str().unwrap();
        let ran = fake.run(&["--finding", &fingerprint[..12], "--plan"]).exits(0);
        let ran = ran.says(&format!("Plan for {}", key()));
        assert!(!ran.out.contains(secret.rsplit(' ').next().unwrap()));
    }
    let _ = fake.run(&["--finding", "0000"]).exits(2).says("no finding of this history");
}

#[test]
fn a_key_that_is_not_there_counts_as_contained_only_if_it_cannot_be_roots() {
    let unknown = || Fake::new().fails("iam get-access-key-last-used", "NoSuchEntity");
    let _ =
        unknown().ordinary().run(&[&key(), "--apply"]).exits(0).says("the account has no such key");
    let root = json!({"SummaryMap": {"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 1}});
    let ran =
        unknown().answers("iam get-account-summary", &root).ordinary().run(&[&key(), "--apply"]);
    let ran = ran.exits(2).says("Contained  NO: IAM knows no such key");
    assert_eq!(ran.changes(), [""; 0]);
}

#[test]
fn nothing_is_done_as_the_key_its_user_its_role_root_or_in_another_account() {
    let me = |arn: &str| json!({"Account": ACCOUNT.to_string(), "Arn": arn});
    let identity = "sts get-caller-identity";
    let cases = [
        (me(&format!("arn:aws:iam::{ACCOUNT}:root")), "you act as the root", 1),
        (me(&format!("arn:aws:iam::{ACCOUNT}:user/team/deploy")), "you act as deploy", 3),
        (me("arn:aws:iam::999988887777:user/x"), "the key is of account 111122223333", 2),
    ];
    for (answer, why, calls) in cases {
        let ran = Fake::new().answers(identity, &answer).ordinary().run(&[&key(), "--apply"]);
        let ran = ran.exits(2).says("REFUSED").says(why);
        assert_eq!(ran.calls.len(), calls, "{ran:#?}");
        assert_eq!(ran.changes(), [""; 0]);
    }
    let fake = Fake::new().ordinary();
    let mut command = fake.command(&[&key(), "--apply", "--log", "log"]);
    command.env("AWS_ACCESS_KEY_ID", key());
    let ran = fake.finish(command).exits(2).says("AWS_ACCESS_KEY_ID holds the exposed key");
    assert_eq!(ran.calls.len(), 0);
}

/// A session of the role `build`.
fn of_role() -> Value {
    json!({"userIdentity": {"type": "AssumedRole", "accessKeyId": id("ASIA", 1), "arn": "arn:x",
           "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "build"}}}})
}

#[test]
fn the_owner_of_a_temporary_key_is_known_by_its_events() {
    let fake = || {
        let list = events(&[
            event("ListBuckets", "s3", json!({"readOnly": true})),
            event("Get", "s3", of_role()),
        ]);
        Fake::new().answers("lookup-events", &list).ordinary()
    };
    let session = id("ASIA", 1);
    let ran = fake().run(&[&session, "--apply"]).exits(2).says("a session cannot be deactivated");
    assert_eq!(ran.changes(), [""; 0]);
    let ran = fake().run(&[&session, "--apply", "--deny-sessions"]).exits(1);
    let ran = ran.says("Owner      a session of the role build").says("Contained  yes");
    assert!(ran.changes()[0].starts_with("iam put-role-policy --role-name build --policy-name"));
    let me = json!({"Account": ACCOUNT.to_string(), "Arn": "arn:aws:sts::111122223333:assumed-role/build/me"});
    let same = Fake::new()
        .answers("sts get-caller-identity", &me)
        .answers("lookup-events", &events(&[event("Get", "s3", of_role())]));
    let ran = same.ordinary().run(&[&session, "--apply", "--deny-sessions"]).exits(2);
    assert_eq!(ran.says("you act through the role build").changes(), [""; 0]);
}

#[test]
fn keys_users_and_sessions_that_the_key_made_are_followed_one_hop() {
    let (other, session) = (id("AKIA", 2), id("ASIA", 3));
    let made = events(&[
        event("CreateUser", "iam", json!({"requestParameters": {"userName": "evil"}})),
        event(
            "CreateAccessKey",
            "iam",
            json!({
            "responseElements": {"accessKey": {"accessKeyId": other, "userName": "evil"}}}),
        ),
        event(
            "GetSessionToken",
            "sts",
            json!({"responseElements": {"credentials": {"accessKeyId": session}}}),
        ),
        event(
            "CreateRole",
            "iam",
            json!({"errorCode": "AccessDenied", "requestParameters": {"roleName": "no"}}),
        ),
    ]);
    let by_other = json!({"userIdentity": {"accessKeyId": other}, "requestParameters": {"instanceType": "p5.48xlarge"}});
    let ran = Fake::new()
        .answers(&format!("lookup-events..AccessKeyId,AttributeValue={}..us-east-1", key()), &made)
        .answers(
            &format!("lookup-events..{other}..eu-west-1"),
            &events(&[event("RunInstances", "ec2", by_other)]),
        )
        .inactive()
        .run(&[&key()])
        .exits(1);
    for subject in [
        format!("AccessKeyId,AttributeValue={other}"),
        format!("AccessKeyId,AttributeValue={session}"),
        "Username,AttributeValue=evil".to_owned(),
    ] {
        let count = ran.calls.iter().filter(|call| call.contains(&subject)).count();
        assert_eq!(count, 2, "{subject}: once a Region");
    }
    assert!(!ran.calls.iter().any(|call| call.contains("AttributeValue=no")));
    let ran = ran.says("RunInstances instanceType=p5.48xlarge").says(&format!("by {other}"));
    let _ = ran.says(&format!(
        "aws iam update-access-key --user-name evil --access-key-id {other} --status Inactive"
    ));
}

#[test]
fn many_refused_calls_are_suspicious_though_each_only_reads() {
    let tried = |count: usize| {
        let one = |n| {
            event(
                "ListUsers",
                "iam",
                json!({"readOnly": true, "errorCode": "AccessDenied", "n": n}),
            )
        };
        Fake::new()
            .answers("lookup-events..us-east-1", &events(&(0..count).map(one).collect::<Vec<_>>()))
    };
    let _ = tried(4).inactive().run(&[&key()]).exits(0);
    let _ = tried(5).inactive().run(&[&key()]).exits(1).says("5 calls were refused");
}

#[test]
fn secrets_and_control_characters_of_events_are_nowhere_to_be_seen() {
    let (token, github) = (made("{base64:80}"), made("{crc:ghp_:30}"));
    let hostile = event(
        "AssumeRole",
        "sts",
        json!({
            "userAgent": format!("x\u{1b}[2J {github}"), "sourceIPAddress": "::warning::1",
            "requestParameters": {"userName": "a\u{202e}b", "name": github},
            "responseElements": {"credentials": {"accessKeyId": id("ASIA", 3), "sessionToken": token}},
        }),
    );
    let fake = Fake::new().answers("lookup-events..us-east-1", &events(&[hostile])).inactive();
    for format in ["text", "json", "html"] {
        let _ = fs::remove_file(fake.path("work/log"));
        let ran = fake.run(&[&key(), "--format", format]).exits(1);
        let log = fs::read_to_string(fake.path("work/log")).unwrap();
        for text in [&ran.out, &ran.err, &log] {
            assert!(!text.contains(&token) && !text.contains(&github), "{text}");
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        }
    }
}

#[test]
fn a_secret_pasted_as_the_id_is_not_repeated() {
    let secret = made("{base64:40}");
    let ran = Fake::new().run(&[&secret]).exits(2).says("not the id of an AWS access key");
    assert!(!ran.err.contains(&secret) && ran.calls.is_empty());
}

#[test]
fn the_log_is_private_holds_every_command_and_replaces_nothing() {
    let fake = Fake::new().inactive();
    let ran = fake.run(&[&key()]).exits(0);
    let mode = fs::metadata(fake.path("work/log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let commands: Vec<&Value> = ran.log.iter().filter(|entry| entry["type"] == "command").collect();
    assert_eq!(commands.len(), ran.calls.len());
    assert!(commands.iter().all(|entry| entry["changes"] == false && entry["command"].is_string()));
    assert_eq!(ran.log.last().unwrap()["status"], "clean");
    let again = fake.run(&[&key()]).exits(2).says("cannot write the log");
    assert_eq!(again.calls.len(), ran.calls.len(), "nothing is run without a log");
    let ran = fake.finish(fake.command(&[&key()])).exits(0);
    assert!(ran.err.contains(".local/state/tightlip/respond/"));
}

#[test]
fn a_program_in_the_repository_is_not_run() {
    let fake = Fake::new().inactive();
    fake.git(&["init", "-q"]);
    let mut command = fake.command(&[&key(), "--log", "log"]);
    fs::create_dir_all(fake.path("work/tools/bin")).unwrap();
    fs::rename(fake.path("bin/aws"), fake.path("work/tools/bin/aws")).unwrap();
    std::os::unix::fs::symlink(fake.path("work/tools/bin/aws"), fake.path("bin/aws")).unwrap();
    let bin = fake.path("bin");
    let inside = fake.path("work/tools/bin");
    command.env("PATH", format!("tools/bin:{}:{}", inside.display(), bin.display()));
    let ran = fake.finish(command).exits(2).says("cannot find the program `aws`");
    assert_eq!(ran.calls.len(), 0);
}

#[test]
fn a_profile_goes_into_every_command() {
    let fake = Fake::new().inactive();
    let ran = fake.run(&[&key(), "--profile", "breakglass"]).exits(0);
    assert!(ran.calls.iter().all(|call| call.contains(" --profile breakglass ")), "{ran:#?}");
    assert!(ran.out.contains("get-caller-identity --profile breakglass"), "the plan, too");
}

#[test]
fn a_region_is_given_where_none_is_configured() {
    let error = "You must specify a region. You can also configure your region".to_owned();
    let fake =
        Fake::new().rule("sts get-caller-identity --output", "", Some(error), None).inactive();
    let ran = fake.run(&[&key()]).exits(0);
    assert_eq!(ran.calls[1], format!("sts get-caller-identity{END}"));
}

#[test]
fn a_quarantine_and_other_keys_are_told() {
    let keys = json!({"AccessKeyMetadata": [{"AccessKeyId": key(), "Status": "Inactive"},
                                            {"AccessKeyId": id("AKIA", 9), "Status": "Active"}]});
    let policies = json!({"AttachedPolicies": [{"PolicyName": "AWSCompromisedKeyQuarantineV9"}]});
    let fake = Fake::new()
        .answers("iam list-attached-user-policies", &policies)
        .answers("iam list-access-keys", &keys);
    let ran = fake
        .inactive()
        .run(&[&key()])
        .exits(0)
        .says("AWS has attached AWSCompromisedKeyQuarantineV9");
    let _ = ran.says(&format!("{} (Active)", id("AKIA", 9)));
}

#[test]
fn an_owner_whose_name_looks_like_an_option_is_one_word() {
    let owner = json!({"UserName": "--help", "AccessKeyLastUsed": {}});
    let ran = Fake::new()
        .answers("iam get-access-key-last-used", &owner)
        .inactive()
        .run(&[&key()])
        .exits(0);
    assert!(ran.calls.contains(&format!("iam list-access-keys --user-name=--help{END}")));
}

#[test]
fn answers_that_are_no_json_are_gaps() {
    let ran =
        Fake::new().rule("iam list-user-policies", "oops", None, None).inactive().run(&[&key()]);
    let _ = ran.exits(2).says("something that is not JSON");
}

#[test]
fn events_of_health_trusted_advisor_and_our_own_name_their_keys() {
    let (one, two) = (key(), id("AKIA", 2));
    let health = json!({"source": "aws.health", "detail-type": "AWS Health Event", "detail": {
        "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
        "affectedEntities": [{"entityValue": one}, {"entityValue": two}, {"entityValue": one}]}});
    let advisor = json!({"source": "aws.trustedadvisor", "detail": {"check-name": "Exposed Access Keys",
        "check-item-detail": {"Access Key ID": one, "User Name (IAM or Root)": "x"}}});
    let own = json!([{"Source": "tightlip", "Detail": json!({"eventTypeCode": "TIGHTLIP_CREDENTIAL_EXPOSED",
        "affectedEntities": [{"entityValue": one}], "check-item-detail": {"Access Key ID": one}}).to_string()}]);
    for (event, expected) in [(health, vec![&one, &two]), (advisor, vec![&one]), (own, vec![&one])]
    {
        let fake = Fake::new();
        fs::write(fake.path("work/event.json"), event.to_string()).unwrap();
        let ran = fake.run(&["--event", "event.json", "--plan"]).exits(0);
        let plans: Vec<&str> =
            ran.out.lines().filter_map(|line| line.strip_prefix("Plan for ")).collect();
        assert_eq!(plans, expected);
    }
    let open = json!({"detail": {"eventTypeCode": "AWS_RISK_IAM_QUARANTINE", "page": "1", "totalPages": "2",
        "affectedEntities": [{"entityValue": one}, {"entityValue": "arn:aws:iam::1:user/x"}]}});
    let fake = Fake::new().inactive();
    fs::write(fake.path("work/event.json"), open.to_string()).unwrap();
    let ran = fake.run(&["--event", "event.json"]).exits(2).says("an event is page 1 of 2");
    let _ = ran.says("an event names 1 things that are no keys").says("Contained  yes");
    let fake = Fake::new();
    let other = json!({"source": "aws.health", "detail": {"eventTypeCode": "AWS_EC2_X",
        "affectedEntities": [{"entityValue": one}]}});
    fs::write(fake.path("work/event.json"), other.to_string()).unwrap();
    let _ = fake.run(&["--event", "event.json"]).exits(2).says("it is no event of AWS Health");
}

#[test]
fn reports_go_to_files_and_other_forms_are_refused() {
    let fake = Fake::new().inactive();
    let _ = fake.run(&[&key(), "--output", "a.txt", "--report", "json=a.json"]).exits(0);
    let read = |name: &str| fs::read_to_string(fake.path(&format!("work/{name}"))).unwrap();
    assert!(
        read("a.txt").starts_with("Key        ") && read("a.json").contains("tightlip.respond/1")
    );
    let refused =
        Fake::new().run(&[&key(), "--report", "sarif=x"]).exits(2).says("text, json or html");
    assert!(refused.calls.is_empty());
}

#[test]
fn a_page_has_the_whole_timeline_and_nothing_that_runs_or_loads() {
    let at = |day: u32, name: &str, service: &str, more: Value| {
        let mut body = json!({"eventTime": format!("2026-11-{day:02}T01:02:03Z"), "n": day});
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        event(name, service, body)
    };
    let markup = "<img src=https://evil.example/x onerror=alert(1)>";
    let mut list: Vec<Value> = (1..20)
        .map(|day| at(day, "ListBuckets", "s3", json!({"readOnly": true, "n": day})))
        .collect();
    list.push(at(20, "StopLogging", "cloudtrail", json!({"requestParameters": {"name": markup}})));
    list.push(at(
        20,
        "GetUser",
        "iam",
        json!({"userAgent": markup, "readOnly": true, "errorCode": "AccessDenied"}),
    ));
    list.push(at(21, "RunInstances", "ec2", json!({"sourceIPAddress": "198.51.100.9"})));
    let fake = Fake::new().answers("lookup-events..us-east-1", &events(&list)).ordinary();
    let text = fake.run(&[&key(), "--report", "html=page.html"]).exits(2);
    let page = fs::read_to_string(fake.path("work/page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains(&format!("<h1>AWS key {}: NOT contained</h1>", key())), "{page}");
    // Days without danger are folded into one part, and no call is left out.
    assert_eq!(page.matches("<details class=\"day\"").count(), 3);
    assert_eq!(page.matches("<details class=\"day\" open>").count(), 2);
    assert!(page.contains("<summary>2026-11-01 to 2026-11-19 "), "{page}");
    assert!(page.contains("<code>s3 ListBuckets</code> x19 "), "{page}");
    assert!(page.contains("2026-11-01 01:02:03Z<br><small>to 2026-11-19 01:02:03Z</small>"));
    let dangerous = page.split("<h2>Most dangerous first</h2>").nth(1).unwrap();
    assert!(dangerous.find("StopLogging").unwrap() < dangerous.find("RunInstances").unwrap());
    for part in [
        "<code>cloudtrail StopLogging</code>",
        "<em>AccessDenied</em>",
        "it blinds the watchers",
        "198.51.100.9",
        "role=\"img\"",
        "<rect class=\"critical\"",
        "Not done without --apply",
        "<dt>Owner</dt><dd>user deploy</dd>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for step in
        text.out.split("\nNext\n").nth(1).unwrap().lines().filter(|line| line.starts_with("  - "))
    {
        let step = step.trim_start_matches("  - ").replace('\'', "&#39;");
        assert!(page.contains(&step), "{step}");
    }
    assert!(!page.contains("<img") && !page.contains("<script"), "{page}");
    assert!(page.contains("&lt;img src=https"), "{page}");
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    assert!(!page.contains(" style=") && !page.contains("javascript:"));
}

#[test]
fn json_holds_what_text_tells() {
    let list = events(&[event("StopLogging", "cloudtrail", json!({}))]);
    let fake = Fake::new().answers("lookup-events..us-east-1", &list).ordinary();
    let ran = fake.run(&[&key(), "--format", "json", "--quiet"]).exits(2);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["schema"], "tightlip.respond/1");
    let response = &document["responses"][0];
    assert_eq!(response["owner"], "user deploy");
    assert_eq!(response["contained"], false);
    assert_eq!(response["pending"].as_array().unwrap().len(), 1);
    assert_eq!(response["events"][0]["danger"], "critical");
    assert_eq!(response["addresses"][0]["address"], "203.0.113.7");
    assert_eq!(response["plan"][0]["step"], "identity");
}
