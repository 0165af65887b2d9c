//! The answer to an exposed AWS key: who owns it, kill it, find out what was done with it.
//!
//! Every step is a command of the `aws` program, which resolves profiles, SSO and MFA; nothing here
//! speaks to a network. Commands that only read are run; those that change anything are run only where
//! [`Options::apply`] says so. All of them are logged with their answers. What was not permitted is a
//! [`Gap`], and a response with gaps is incomplete.
//!
//! [`respond`] goes through the steps; [`plan`] tells them beforehand; [`Notice`] reads what AWS
//! sends when it finds a key.

mod advice;
mod aws;
mod call;
mod client;
mod contain;
mod danger;
mod event;
mod guide;
mod html;
mod json;
mod key;
mod log;
mod mask;
mod notice;
mod plan;
mod response;
mod runbook;
mod state;
mod text;
mod trail;

use std::time::Duration;

pub use aws::{Aws, AwsOutput, AwsProgram};
pub use danger::{Danger, Verdict};
pub use event::{Event, Made, MadeKind};
pub use guide::{KEY_ID_RULE, Section, guide, is_about_access_keys};
pub use html::render_html;
pub use json::render_json;
pub use key::{KeyId, KeyIdError, KeyKind};
pub use log::Log;
pub use notice::{Notice, NoticeError};
pub use plan::{PlannedStep, plan};
pub use response::{Advice, Containment, Fact, Gap, Owner, Response};
pub use text::{render_plan, render_text};

/// What to respond to, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The exposed key.
    pub key: KeyId,
    /// Whether changes are made.
    pub apply: bool,
    /// Whether the owner's sessions that were issued before now are refused.
    pub deny_sessions: bool,
    /// Whether the owner is denied everything.
    pub deny_all: bool,
    /// The profile of the `aws` program.
    pub profile: Option<String>,
    /// The Region of the first command.
    pub region: Option<String>,
    /// The key id that the environment gives to the `aws` program.
    pub own_key: Option<String>,
    /// How many Regions are asked at a time; 0 is a few.
    pub threads: usize,
    /// The time between two commands in one Region.
    pub pace: Duration,
    /// The time of the start, in seconds since 1970.
    pub now: i64,
}

/// The time between two commands in one Region: AWS takes two lookups of CloudTrail a second.
pub const PACE: Duration = Duration::from_millis(500);

/// A step of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Who runs the commands.
    Identity,
    /// Whose account the key is of.
    Account,
    /// Whose key it is.
    Owner,
    /// Deactivates it.
    Contain,
    /// Refuses sessions that it made.
    Sessions,
    /// What was done with it.
    Trail,
    /// What the owner has, and how the account stands.
    State,
    /// A new key for whatever used the old one.
    Rotate,
}

impl Step {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Step::Identity => "identity",
            Step::Account => "account",
            Step::Owner => "owner",
            Step::Contain => "contain",
            Step::Sessions => "sessions",
            Step::Trail => "trail",
            Step::State => "state",
            Step::Rotate => "rotate",
        }
    }
}

/// Goes through all steps for one key. `tell` hears of each command before it is run.
pub fn respond(
    options: &Options,
    aws: &dyn Aws,
    log: &Log,
    tell: &mut dyn FnMut(&str),
) -> Response {
    runbook::run(options, aws, log, tell)
}
