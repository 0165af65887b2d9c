//! The result of a response: findings, changes, gaps.

use super::danger::Danger;
use super::event::{Event, Made};
use super::{KeyId, Step};
use crate::finding::Status;

/// How many refused calls look like somebody who tries out what a key may do.
const MANY_REFUSED: usize = 5;

/// What a response has found and done. All its text is safe to show.
#[derive(Debug, Clone)]
pub struct Response {
    /// The key.
    pub key: KeyId,
    /// The account that it belongs to.
    pub account: Option<String>,
    /// How that is known.
    pub account_known_by: &'static str,
    /// The ARN of who ran the commands.
    pub caller: Option<String>,
    /// Whose key it is.
    pub owner: Owner,
    /// When and where it was last used, by IAM's word.
    pub last_used: Option<String>,
    /// Why nothing more was done.
    pub refused: Option<String>,
    /// Whether the key can still be used.
    pub containment: Containment,
    /// Whether sessions of the owner that were issued before this response are refused by it.
    pub sessions_refused: bool,
    /// Changes that were made, as commands.
    pub changes: Vec<String>,
    /// Changes that were not made, for want of `--apply`.
    pub pending: Vec<String>,
    /// How to take changes back.
    pub undo: Vec<String>,
    /// The Regions that CloudTrail was asked in.
    pub regions: Vec<String>,
    /// What was done with the key, and with what it made.
    pub events: Vec<Event>,
    /// Keys, users, roles and sessions that it made.
    pub made: Vec<Made>,
    /// What was found of the owner and the account.
    pub facts: Vec<Fact>,
    /// What could not be read or done.
    pub gaps: Vec<Gap>,
    /// What to do now.
    pub next: Vec<Advice>,
}

/// Whose key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nothing tells it.
    Unknown,
    /// A user.
    User(String),
    /// A session of a role.
    Role(String),
    /// The root of the account.
    Root,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Unknown => f.write_str("unknown"),
            Owner::User(name) => write!(f, "user {name}"),
            Owner::Role(name) => write!(f, "a session of the role {name}"),
            Owner::Root => f.write_str("the root of the account"),
        }
    }
}

/// Whether a key can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Containment {
    /// It cannot, for this reason.
    Contained(String),
    /// It can, or nobody knows, for this reason.
    Open(String),
}

/// Something found of the owner or the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub about: &'static str,
    /// What was found.
    pub text: String,
    /// Whether somebody should do something about it.
    pub is_warning: bool,
}

/// Something that could not be read or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where.
    pub step: Step,
    /// What is missing.
    pub what: String,
    /// Why.
    pub why: String,
    /// The command that failed.
    pub command: Option<String>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What, and why.
    pub text: String,
    /// The command for it.
    pub command: Option<String>,
}

impl Response {
    pub(super) fn new(key: &KeyId) -> Self {
        Response {
            key: key.clone(),
            account: None,
            account_known_by: "",
            caller: None,
            owner: Owner::Unknown,
            last_used: None,
            refused: None,
            containment: Containment::Open("nothing was done".to_owned()),
            sessions_refused: false,
            changes: Vec::new(),
            pending: Vec::new(),
            undo: Vec::new(),
            regions: Vec::new(),
            events: Vec::new(),
            made: Vec::new(),
            facts: Vec::new(),
            gaps: Vec::new(),
            next: Vec::new(),
        }
    }

    /// Whether the key can no longer be used.
    #[must_use]
    pub const fn is_contained(&self) -> bool {
        matches!(self.containment, Containment::Contained(_))
    }

    /// How many calls AWS refused for want of permission.
    #[must_use]
    pub fn refused_calls(&self) -> usize {
        self.events.iter().filter(|event| event.verdict.is_refused).count()
    }

    /// Whether something was done that a stranger may have done: anything that changes, makes, costs
    /// or reveals something, or many calls that were refused.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.refused_calls() >= MANY_REFUSED
            || self.events.iter().any(|event| event.verdict.danger >= Danger::Medium)
    }

    /// Returns the status: incomplete if the key is not contained or something was not read or done.
    #[must_use]
    pub fn status(&self) -> Status {
        let is_whole = self.refused.is_none() && self.gaps.is_empty() && self.pending.is_empty();
        match (is_whole && self.is_contained(), self.is_suspicious()) {
            (false, _) => Status::Incomplete,
            (true, true) => Status::Found,
            (true, false) => Status::Clean,
        }
    }
}
