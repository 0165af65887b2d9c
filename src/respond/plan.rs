//! The plan of a response, made before anything is done.

use super::call::{self, Call, Principal};
use super::{KeyKind, Options, Step};

/// The placeholder of a name that is not known yet.
const USER: &str = "USER";
const ROLE: &str = "ROLE";

/// One step as it is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// What it is for.
    pub purpose: &'static str,
    /// Its commands, and whether each one is going to be run.
    pub commands: Vec<(String, bool)>,
}

/// Returns the steps for one key. `USER`, `ROLE`, `GROUP` and `REGION` are placeholders of what is not known yet.
#[must_use]
pub fn plan(options: &Options) -> Vec<PlannedStep> {
    let mut steps = vec![
        step(
            options,
            Step::Identity,
            "who you are: not the key, its user, or root",
            &[call::caller_identity()],
        ),
        step(
            options,
            Step::Account,
            "whose account the key is of; stop if it is not yours",
            &[call::key_info(&options.key)],
        ),
    ];
    let trail = step(
        options,
        Step::Trail,
        "what was done with the key and with what it made: every Region, all pages, 90 days",
        &[call::regions(), call::events("AccessKeyId", options.key.as_str(), "REGION", None)],
    );
    match options.key.kind() {
        KeyKind::LongTerm => {
            let owner = [call::key_last_used(&options.key)];
            steps.push(step(
                options,
                Step::Owner,
                "whose key it is, and when it was last used",
                &owner,
            ));
            steps.push(contain(options));
            steps.extend(sessions(options));
            steps.push(trail);
        }
        KeyKind::Temporary => {
            steps.push(trail);
            steps.extend(sessions(options));
        }
    }
    steps.push(state(options));
    steps.extend((options.key.kind() == KeyKind::LongTerm).then(|| rotate(options)));
    steps
}

fn rotate(options: &Options) -> PlannedStep {
    let calls = [call::create_key(USER), call::delete_key(USER, options.key.as_str())];
    let mut rotate = step(options, Step::Rotate, "yours to run, at the end", &calls);
    rotate.commands.iter_mut().for_each(|(_, is_run)| *is_run = false);
    rotate
}

fn step(options: &Options, step: Step, purpose: &'static str, calls: &[Call]) -> PlannedStep {
    let one = |call: &Call| {
        let call = match &options.profile {
            Some(profile) => call.clone().with("--profile", profile),
            None => call.clone(),
        };
        (call.shown(), options.apply || !call.changes)
    };
    PlannedStep { step, purpose, commands: calls.iter().map(one).collect() }
}

fn contain(options: &Options) -> PlannedStep {
    let calls = [
        call::of_user("list-access-keys", USER),
        call::set_key(USER, options.key.as_str(), "Inactive"),
    ];
    step(
        options,
        Step::Contain,
        "deactivate the key; it is never deleted, so this can be undone",
        &calls,
    )
}

fn sessions(options: &Options) -> Option<PlannedStep> {
    let (revoke, deny) = match options.key.kind() {
        KeyKind::LongTerm => (Principal::User(USER), Principal::User(USER)),
        KeyKind::Temporary => (Principal::Role(ROLE), Principal::Role(ROLE)),
    };
    let mut calls = Vec::new();
    if options.deny_sessions {
        calls.push(call::revoke_sessions(revoke, "NOW"));
    }
    if options.deny_all {
        calls.push(call::deny_all(deny));
    }
    let purpose = "refuse sessions that were issued before now, as asked";
    (!calls.is_empty()).then(|| step(options, Step::Sessions, purpose, &calls))
}

fn state(options: &Options) -> PlannedStep {
    let mut calls: Vec<Call> = Vec::new();
    if options.key.kind() == KeyKind::LongTerm {
        let of_user = [
            "list-attached-user-policies",
            "list-user-policies",
            "list-groups-for-user",
            "get-login-profile",
            "list-mfa-devices",
        ];
        calls.extend(of_user.map(|operation| call::of_user(operation, USER)));
        calls.push(call::group_policies("GROUP"));
    } else {
        calls.push(call::role_policies(ROLE));
    }
    calls.push(call::account_summary());
    step(options, Step::State, "quarantine, policies, other keys, passwords, MFA, root", &calls)
}
