//! The steps, one after the other.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use super::call::{self, Call, Principal};
use super::client::{Client, FailKind, Failed};
use super::event::{Identity, Made, MadeKind, is_name};
use super::mask::Masker;
use super::response::{Advice, Containment, Gap, Owner, Response};
use super::trail::{self, Subject};
use super::{Aws, KeyKind, Log, Options, Step, state};
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
    /// Told what is done, while it is done.
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
            KeyKind::Temporary => {
                // Only CloudTrail tells whose session it is.
                let identity = self.read_trail();
                self.own_session(identity)?;
            }
        }
        self.contain();
        self.refuse_sessions();
        if self.options.key.kind() == KeyKind::LongTerm {
            self.read_trail();
        }
        self.follow_made();
        state::read(self);
        self.advise();
        Ok(())
    }

    /// Runs a command that is told as it is run.
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

    fn note_gap(&mut self, step: Step, what: &str, why: &str) {
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
                self.gap(Step::Owner, "whose key it is", failed);
                return Ok(());
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

    /// Whose session it is, by the events that it made.
    fn own_session(&mut self, identity: Option<Identity>) -> Result<(), Refusal> {
        match identity {
            Some(Identity::User(name)) => self.own(Owner::User(name)),
            Some(Identity::Role(name)) => self.own(Owner::Role(name)),
            Some(Identity::Root) => self.own(Owner::Root),
            None => {
                let why = "only CloudTrail tells whose session it is, and holds no event of it; events \
                           are up to 15 minutes late";
                self.note_gap(Step::Owner, "whose session it is", why);
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

    /// Makes sure that the key cannot be used.
    fn contain(&mut self) {
        let owner = self.response.owner.clone();
        self.response.containment = match (self.options.key.kind(), owner) {
            (KeyKind::LongTerm, Owner::User(user)) => self.deactivate(&user),
            (KeyKind::LongTerm, Owner::Unknown) if self.keys.is_some() => self.is_gone(),
            (KeyKind::LongTerm, Owner::Root) => Containment::Open(
                "it is a key of the root, which only root can deactivate: sign in as root, Security \
                 credentials, Access keys, Deactivate"
                    .to_owned(),
            ),
            (KeyKind::Temporary, Owner::User(_) | Owner::Role(_)) if self.options.deny_sessions => {
                // Known when the policy is there.
                Containment::Open("its sessions are not refused yet".to_owned())
            }
            (KeyKind::Temporary, Owner::User(_) | Owner::Role(_)) => Containment::Open(
                "a session cannot be deactivated; `--deny-sessions --apply` refuses all sessions of its \
                 owner that were issued before now"
                    .to_owned(),
            ),
            (KeyKind::Temporary, Owner::Root) => Containment::Open(
                "it is a session of the root; sign in as root, change the password, delete root's keys"
                    .to_owned(),
            ),
            (_, Owner::Unknown | Owner::Role(_)) => {
                Containment::Open("nobody says whose key it is".to_owned())
            }
        };
    }

    fn deactivate(&mut self, user: &str) -> Containment {
        let key = self.options.key.as_str();
        self.keys = self.list_keys(user);
        match self.status_of_key().as_deref() {
            Some("Inactive") => return Containment::Contained("it is Inactive already".to_owned()),
            None if self.keys.is_some() => {
                return Containment::Contained(format!("{user} no longer has it: it was deleted"));
            }
            _ => {}
        }
        let (call, undo) =
            (call::set_key(user, key, "Inactive"), call::set_key(user, key, "Active"));
        match self.change(Step::Contain, "the key could not be deactivated", &call, &undo) {
            Changed::Pending => {
                Containment::Open("it is Active; `--apply` deactivates it".to_owned())
            }
            Changed::Failed => Containment::Open("it could not be deactivated".to_owned()),
            Changed::Done => {
                self.keys = self.list_keys(user);
                match self.status_of_key().as_deref() {
                    Some("Active") => Containment::Open("it is still Active".to_owned()),
                    _ => Containment::Contained("it was deactivated now".to_owned()),
                }
            }
        }
    }

    /// IAM knows no such key: it was deleted, unless it is one of root's, of which IAM does not speak.
    fn is_gone(&mut self) -> Containment {
        state::read_summary(self);
        match state::root_keys(self) {
            Some(0) => {
                Containment::Contained("the account has no such key: it was deleted".to_owned())
            }
            _ => Containment::Open(
                "IAM knows no such key, and root has keys, or nobody says: it may be root's. Sign in as \
                 root, Security credentials, Access keys"
                    .to_owned(),
            ),
        }
    }

    fn status_of_key(&self) -> Option<String> {
        let keys = self.keys.as_ref()?;
        let found = keys.iter().find(|(id, _)| id == self.options.key.as_str());
        found.map(|(_, status)| status.clone())
    }

    /// The keys of a user with their status.
    pub(super) fn list_keys(&mut self, user: &str) -> Option<Vec<(String, String)>> {
        let call = call::of_user("list-access-keys", user);
        let answer = self.ask_or_note(Step::Contain, "the keys of the owner", &call)?;
        let list = answer["AccessKeyMetadata"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |key: &Value, name: &str| key[name].as_str().map(str::to_owned);
        Some(
            list.iter()
                .filter_map(|key| Some((text(key, "AccessKeyId")?, text(key, "Status")?)))
                .collect(),
        )
    }

    /// Refuses sessions that were made before the key was contained, and all else, where asked to.
    fn refuse_sessions(&mut self) {
        let owner = self.response.owner.clone();
        let principal = match &owner {
            Owner::User(name) => Principal::User(name),
            Owner::Role(name) => Principal::Role(name),
            Owner::Unknown | Owner::Root => {
                if self.options.deny_sessions || self.options.deny_all {
                    let why = "policies are put on a user or a role, and the owner is neither";
                    self.note_gap(Step::Sessions, "sessions could not be refused", why);
                }
                return;
            }
        };
        let mut is_refused = false;
        if self.options.deny_sessions {
            // The time has lost its fractions twice. The key is dead by now, so nothing new is hit.
            let moment = moment(self.client.time().saturating_add(2));
            let call = call::revoke_sessions(principal, &moment);
            let undo = call::delete_policy(principal, call::REVOKING_POLICY);
            let what = "sessions could not be refused";
            is_refused |= self.change(Step::Sessions, what, &call, &undo) == Changed::Done;
        }
        if self.options.deny_all {
            let call = call::deny_all(principal);
            let undo = call::delete_policy(principal, call::DENYING_POLICY);
            let what = "the owner could not be denied everything";
            is_refused |= self.change(Step::Sessions, what, &call, &undo) == Changed::Done;
        }
        if is_refused && self.options.key.kind() == KeyKind::Temporary {
            let how = format!("sessions of {owner} that were issued until now are refused");
            self.response.containment = Containment::Contained(how);
        }
    }

    /// Makes a change, if changes are to be made.
    fn change(&mut self, step: Step, what: &str, call: &Call, undo: &Call) -> Changed {
        let shown = self.client.complete(call).shown();
        if !self.options.apply {
            self.response.pending.push(shown);
            return Changed::Pending;
        }
        match self.ask(step, call) {
            Ok(_) => {
                self.response.changes.push(shown);
                self.response.undo.push(self.client.complete(undo).shown());
                Changed::Done
            }
            Err(failed) => {
                self.gap(step, what, failed);
                Changed::Failed
            }
        }
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

    /// What people have to do themselves.
    fn advise(&mut self) {
        let key = self.options.key.as_str();
        let shown = |call: &Call| Some(self.client.complete(call).shown());
        let mut next: Vec<Advice> = Vec::new();
        let mut add = |text: &str, command| next.push(Advice { text: text.to_owned(), command });
        for made in &self.response.made {
            let (name, of) = (&made.name, made.of.as_deref().unwrap_or("USER"));
            match made.kind {
                MadeKind::Key => add(
                    "deactivate the key that was made",
                    shown(&call::set_key(of, name, "Inactive")),
                ),
                MadeKind::User => add(
                    &format!(
                        "look at the user {name}, who was made or given a password; list what he has"
                    ),
                    shown(&call::of_user("list-access-keys", name)),
                ),
                MadeKind::Role => {
                    add(&format!("look at the role {name}: who may take it, and what for"), None)
                }
                MadeKind::Session => add(
                    &format!(
                        "the session {name} lives on: `--deny-sessions --apply` refuses it if it is of \
                              the same owner"
                    ),
                    None,
                ),
            }
        }
        match &self.response.owner {
            Owner::User(user) if self.options.key.kind() == KeyKind::Temporary => add(
                "the session was made with a key of its owner, by GetSessionToken or GetFederationToken; find \
                 out which key, and respond to it, too",
                shown(&call::of_user("list-access-keys", user)),
            ),
            Owner::User(user) => {
                add(
                    "make a new key, straight into the store of secrets (a user has two at most)",
                    shown(&call::create_key(user)),
                );
                add(
                    "put the new key where the old one was used, and test that it works there",
                    None,
                );
                add(
                    "when nothing misses the old key any more, delete it",
                    shown(&call::delete_key(user, key)),
                );
            }
            Owner::Role(_) => {
                add("find out how the session's key got out; a new one comes by itself", None)
            }
            Owner::Root => add(
                "sign in as root: deactivate and delete the key, change the password, check MFA; root \
                 needs no keys",
                None,
            ),
            Owner::Unknown => {}
        }
        add(
            "answer AWS's support case, if there is one; AWS takes its quarantine policy away itself",
            None,
        );
        self.response.next = next;
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

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Done,
    Pending,
    Failed,
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
