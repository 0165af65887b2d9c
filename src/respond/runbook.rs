//! The steps, one after the other.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use super::call::{self, Call};
use super::client::{Client, FailKind, Failed};
use super::event::{Identity, Made, MadeKind, is_name};
use super::mask::Masker;
use super::response::{Containment, Gap, Owner, Response};
use super::trail::{self, Subject};
use super::{Aws, KeyKind, Log, Options, Step, advice, state};
use crate::text::date::moment;

/// How many keys, users and roles that a key made are followed.
const MAX_MADE: usize = 20;

/// How many Regions are asked at a time: each command is a process of its own.
const THREADS: usize = 8;

/// A reason to stop: nothing more is read or changed.
pub(super) struct Refusal(pub(super) String);

/// A response under way.
pub(super) struct Runbook<'a> {
    pub(super) options: &'a Options,
    pub(super) client: Client<'a>,
    pub(super) response: Response,
    /// Hears of each step as it is done.
    tell: &'a mut dyn FnMut(&str),
    /// The user or role that the caller acts as.
    caller: Caller,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    partition: String,
    /// The keys of the owner with their status, once they are read.
    pub(super) keys: Option<Vec<(String, String)>>,
    /// The summary of the account; `None` inside if it cannot be read.
    pub(super) summary: Option<Option<Value>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Caller {
    User(String),
    Role(String),
    #[default]
    Other,
}

/// Responds to one key.
pub(super) fn run(
    options: &Options,
    aws: &dyn Aws,
    log: &Log,
    tell: &mut dyn FnMut(&str),
) -> Response {
    let masker = Masker::default();
    let client = Client {
        aws,
        log,
        masker: &masker,
        profile: options.profile.as_deref(),
        region: options.region.as_deref(),
        pace: options.pace,
        now: options.now,
        started: Instant::now(),
    };
    let mut runbook = Runbook {
        options,
        client,
        response: Response::new(&options.key),
        tell,
        caller: Caller::Other,
        partition: "aws".to_owned(),
        keys: None,
        summary: None,
    };
    if let Err(Refusal(why)) = runbook.steps() {
        runbook.response.containment = Containment::Open("nothing was changed".to_owned());
        runbook.response.refused = Some(masker.text(&why));
    }
    runbook.end()
}

impl Runbook<'_> {
    fn steps(&mut self) -> Result<(), Refusal> {
        self.log_start();
        self.identify()?;
        self.tell_account()?;
        match self.options.key.kind() {
            KeyKind::LongTerm => self.find_owner()?,
            KeyKind::Temporary => self.find_owner_by_trail()?,
        }
        self.contain();
        self.refuse_sessions();
        if self.response.regions.is_empty() {
            self.read_trail();
        }
        self.follow_made();
        state::read(self);
        self.response.next = advice::of(self);
        Ok(())
    }

    /// Runs a command, and reports it to the listener.
    pub(super) fn ask(&mut self, step: Step, call: &Call) -> Result<Value, Failed> {
        let shown = self.client.complete(call).shown();
        (self.tell)(&format!("{}: {shown}", step.name()));
        self.client.ask(step, call)
    }

    /// Runs a command whose failure is a gap.
    pub(super) fn ask_or_note(&mut self, step: Step, what: &str, call: &Call) -> Option<Value> {
        match self.ask(step, call) {
            Ok(answer) => Some(answer),
            Err(failed) => {
                self.gap(step, what, failed);
                None
            }
        }
    }

    pub(super) fn gap(&mut self, step: Step, what: &str, failed: Failed) {
        let Failed { why, command, .. } = failed;
        let what = what.to_owned();
        self.response.gaps.push(Gap { step, what, why, command: Some(command) });
    }

    pub(super) fn note_gap(&mut self, step: Step, what: &str, why: &str) {
        let (what, why) = (what.to_owned(), why.to_owned());
        self.response.gaps.push(Gap { step, what, why, command: None });
    }

    /// Who am I.
    fn identify(&mut self) -> Result<(), Refusal> {
        let key = self.options.key.as_str();
        if self.options.profile.is_none() && self.options.own_key.as_deref() == Some(key) {
            return Err(Refusal(
                "AWS_ACCESS_KEY_ID holds the exposed key itself; take another identity: `--profile NAME`"
                    .to_owned(),
            ));
        }
        let call = call::caller_identity();
        let answer = match self.ask(Step::Identity, &call) {
            Err(failed) if failed.kind == FailKind::NoRegion && self.client.region.is_none() => {
                self.client.region = Some("us-east-1");
                self.ask(Step::Identity, &call)
            }
            done => done,
        };
        let answer = answer.map_err(|failed| {
            Refusal(format!("cannot tell who you are: {} (`{}`)", failed.why, failed.command))
        })?;
        let arn = answer["Arn"].as_str().unwrap_or_default();
        self.response.caller = Some(self.client.masker.text(arn));
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, _, _, account, who] = parts[..] else {
            return Err(Refusal("AWS does not say who you are".to_owned()));
        };
        if who == "root" {
            return Err(Refusal(
                "you act as the root of the account; take a user or role that may do no more than this \
                 needs"
                    .to_owned(),
            ));
        }
        self.caller = caller(who);
        self.partition = partition.to_owned();
        self.client.region = Some(match partition {
            "aws" => "us-east-1",
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            _ => self.client.region.unwrap_or("us-east-1"),
        });
        self.response.account = Some(account.to_owned());
        Ok(())
    }

    /// Whose account the key is of. AWS's word counts more than what the id holds.
    fn tell_account(&mut self) -> Result<(), Refusal> {
        let own = self.response.account.take().unwrap_or_default();
        let decoded = self.options.key.account();
        let call = call::key_info(&self.options.key);
        let said = self.ask_or_note(Step::Account, "whose account the key is of", &call);
        let said = said.and_then(|answer| answer["Account"].as_str().map(str::to_owned));
        let said = said.filter(|account| account.bytes().all(|byte| byte.is_ascii_digit()));
        self.response.account_known_by = match (&decoded, &said) {
            (Some(decoded), Some(said)) if decoded == said => {
                "the id holds it, and AWS confirms it"
            }
            (_, Some(_)) => "AWS says it",
            (Some(_), None) => "the id holds it; AWS did not confirm it",
            (None, None) => "nobody says it",
        };
        self.response.account = said.or(decoded);
        match &self.response.account {
            Some(account) if *account != own => Err(Refusal(format!(
                "the key is of account {account}, and you act in account {own}; take a profile of {account}: \
                 `--profile NAME` (`aws configure list-profiles` lists yours)"
            ))),
            _ => Ok(()),
        }
    }

    /// Whose key it is.
    fn find_owner(&mut self) -> Result<(), Refusal> {
        let call = call::key_last_used(&self.options.key);
        let answer = match self.ask(Step::Owner, &call) {
            Ok(answer) => answer,
            Err(failed) if failed.kind == FailKind::Missing => {
                self.keys = Some(Vec::new());
                return Ok(());
            }
            Err(failed) => {
                self.gap(Step::Owner, "whose key it is, by IAM's word", failed);
                return self.find_owner_by_trail();
            }
        };
        let used = &answer["AccessKeyLastUsed"];
        let word = |name: &str| self.client.masker.text(used[name].as_str().unwrap_or("N/A"));
        self.response.last_used = Some(match used["LastUsedDate"].as_str() {
            Some(_) => {
                format!("{} in {}, {}", word("LastUsedDate"), word("Region"), word("ServiceName"))
            }
            None => "never, by IAM's word (hours late)".to_owned(),
        });
        match answer["UserName"].as_str() {
            Some(name) if is_name(name) => self.own(Owner::User(name.to_owned())),
            Some("<root_account>") | None => self.own(Owner::Root),
            Some(_) => {
                self.note_gap(Step::Owner, "whose key it is", "AWS names no possible user");
                Ok(())
            }
        }
    }

    /// Whose key it is, by the events that were signed with it: only CloudTrail tells that of a session.
    fn find_owner_by_trail(&mut self) -> Result<(), Refusal> {
        match self.read_trail() {
            Some(Identity::User(name)) => self.own(Owner::User(name)),
            Some(Identity::Role(name)) => self.own(Owner::Role(name)),
            Some(Identity::Root) => self.own(Owner::Root),
            None => {
                let why =
                    "CloudTrail holds no event of it that tells; events are up to 15 minutes late";
                self.note_gap(Step::Owner, "whose key it is", why);
                Ok(())
            }
        }
    }

    /// Notes the owner. Nobody takes his own rights away half-way through; a quarantined user could
    /// not finish, and one who holds the exposed key may be the stranger.
    fn own(&mut self, owner: Owner) -> Result<(), Refusal> {
        let refusal = match (&owner, &self.caller) {
            (Owner::User(owner), Caller::User(caller)) if owner == caller => Some(format!(
                "you act as {owner}, whose key is exposed; take another identity: `--profile NAME`"
            )),
            (Owner::Role(owner), Caller::Role(caller)) if owner == caller => Some(format!(
                "you act through the role {owner}, whose session is exposed; take another identity: \
                 `--profile NAME`"
            )),
            _ => None,
        };
        self.response.owner = owner;
        refusal.map_or(Ok(()), |why| Err(Refusal(why)))
    }

    /// What happened: events by the id of the key, in every Region.
    fn read_trail(&mut self) -> Option<Identity> {
        self.find_regions();
        let value = self.options.key.as_str().to_owned();
        self.look(&[Subject { attribute: "AccessKeyId", value }])
    }

    fn find_regions(&mut self) {
        let answer = self.ask_or_note(
            Step::Trail,
            "which Regions the account has; only those that every account has were asked",
            &call::regions(),
        );
        let listed = answer.map(|answer| trail::regions(&answer)).unwrap_or_default();
        self.response.regions = match listed.is_empty() {
            true => trail::usual_regions(&self.partition),
            false => listed,
        };
    }

    fn look(&mut self, subjects: &[Subject]) -> Option<Identity> {
        let (Some(first), Some(region)) = (subjects.first(), self.response.regions.first()) else {
            return None;
        };
        let call = call::events(first.attribute, &first.value, region, None);
        let shown = self.client.complete(&call).shown();
        let count = self.response.regions.len();
        let more = subjects.len() - 1;
        let others = if more > 0 { format!(", and {more} more values") } else { String::new() };
        (self.tell)(&format!(
            "{}: {shown} (and so in {count} Regions{others})",
            Step::Trail.name()
        ));
        let threads = if self.options.threads == 0 { THREADS } else { self.options.threads };
        let found = trail::look(self.client, &self.response.regions, subjects, threads);
        self.response.events.extend(found.events);
        trail::sort(&mut self.response.events);
        self.response.gaps.extend(found.gaps);
        found.identity
    }

    /// One hop: what the keys, users and roles did that the key made.
    fn follow_made(&mut self) {
        let events = &self.response.events;
        let made: BTreeSet<Made> = events.iter().flat_map(|event| event.made.clone()).collect();
        let made: Vec<Made> = made.into_iter().collect();
        let left = made.len().saturating_sub(MAX_MADE);
        let subject = |made: &Made| Subject {
            attribute: match made.kind {
                MadeKind::Key | MadeKind::Session => "AccessKeyId",
                MadeKind::User => "Username",
                MadeKind::Role => "ResourceName",
            },
            value: made.name.clone(),
        };
        let subjects: Vec<Subject> = made.iter().take(MAX_MADE).map(subject).collect();
        self.look(&subjects);
        if left > 0 {
            let why = format!("the key made {} keys, sessions, users and roles", made.len());
            self.note_gap(Step::Trail, &format!("what {left} of them did"), &why);
        }
        self.response.made = made;
    }

    fn log_start(&self) {
        self.client.log.write(&json!({
            "type": "start",
            "time": moment(self.options.now),
            "key": self.options.key.as_str(),
            "apply": self.options.apply,
            "version": env!("CARGO_PKG_VERSION"),
        }));
    }

    fn end(mut self) -> Response {
        let status = self.response.status();
        self.client.log.write(&json!({
            "type": "end",
            "time": moment(self.client.time()),
            "key": self.options.key.as_str(),
            "refused": self.response.refused,
            "contained": self.response.is_contained(),
            "status": status.name(),
        }));
        if let Some(why) = self.client.log.error() {
            self.note_gap(Step::Identity, "the log is not whole", &why);
        }
        self.response
    }
}

/// Reads the last part of an ARN: `user/PATH/NAME` or `assumed-role/NAME/SESSION`.
fn caller(who: &str) -> Caller {
    let mut parts = who.split('/');
    match (parts.next(), parts.next(), who.rsplit('/').next()) {
        (Some("user"), Some(_), Some(name)) => Caller::User(name.to_owned()),
        (Some("assumed-role"), Some(name), _) => Caller::Role(name.to_owned()),
        _ => Caller::Other,
    }
}
