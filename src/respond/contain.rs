//! The changes: a key deactivated, sessions refused. Each one can be undone.

use serde_json::Value;

use super::call::{self, Call, Principal};
use super::response::{Containment, Owner};
use super::runbook::Runbook;
use super::{KeyKind, Step, state};
use crate::text::date::moment;

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Done,
    Pending,
    Failed,
}

impl Runbook<'_> {
    /// Makes sure that the key cannot be used.
    pub(super) fn contain(&mut self) {
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
                Containment::Open("its sessions are not refused".to_owned())
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

    /// IAM knows no such key: it was deleted, or it is one of root's, which IAM does not list.
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
    pub(super) fn refuse_sessions(&mut self) {
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
        self.response.sessions_refused = is_refused;
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
}
