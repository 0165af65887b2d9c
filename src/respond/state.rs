//! What the owner has, and how the account stands.

use serde_json::Value;

use super::call::{self, Call};
use super::client::FailKind;
use super::event::is_name;
use super::response::{Fact, Owner};
use super::runbook::Runbook;
use super::{KeyKind, Step};

/// Reads the state of the owner and of the account.
pub(super) fn read(runbook: &mut Runbook<'_>) {
    match runbook.response.owner.clone() {
        Owner::User(user) => {
            policies(runbook, &user);
            groups(runbook, &user);
            other_keys(runbook, &user);
            console(runbook, &user);
        }
        Owner::Role(role) => {
            attached(runbook, "policies of the role", &call::role_policies(&role));
        }
        Owner::Unknown | Owner::Root => {}
    }
    account(runbook);
}

fn add(runbook: &mut Runbook<'_>, about: &'static str, text: &str, is_warning: bool) {
    let text = runbook.client.masker.text(text);
    runbook.response.facts.push(Fact { about, text, is_warning });
}

/// The texts of one field in a list of an answer.
fn names(answer: &Value, list: &str, field: Option<&str>) -> Vec<String> {
    let list = answer[list].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |item: &Value| field.map_or(item, |field| &item[field]).as_str().map(str::to_owned);
    list.iter().filter_map(text).collect()
}

fn policies(runbook: &mut Runbook<'_>, user: &str) {
    attached(runbook, "policies of the owner", &call::of_user("list-attached-user-policies", user));
    let call = call::of_user("list-user-policies", user);
    if let Some(answer) = runbook.ask_or_note(Step::State, "inline policies of the owner", &call) {
        let names = names(&answer, "PolicyNames", None);
        add(runbook, "inline policies of the owner", &listed(&names), false);
    }
}

/// Policies of a user, a role or a group, with AWS's quarantine among them.
fn attached(runbook: &mut Runbook<'_>, what: &'static str, call: &Call) {
    let Some(answer) = runbook.ask_or_note(Step::State, what, call) else {
        return;
    };
    let names = names(&answer, "AttachedPolicies", Some("PolicyName"));
    let is_admin = names.iter().any(|name| name == "AdministratorAccess");
    add(runbook, what, &listed(&names), is_admin);
    if let Some(name) = names.iter().find(|name| is_quarantine(name)) {
        let text = format!(
            "AWS has attached {name}: it knows of the exposure and denies some calls, but the key \
             stays active. Do not detach it; AWS does"
        );
        add(runbook, "quarantine", &text, true);
    }
}

/// Whether a policy is one that AWS attaches to the owner of an exposed key. New versions of it appear.
fn is_quarantine(name: &str) -> bool {
    let version = name.strip_prefix("AWSCompromisedKeyQuarantine");
    let is_version = |text: &str| {
        text.is_empty()
            || text.strip_prefix('V').is_some_and(|digits| {
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    version.is_some_and(is_version) || name == "AWSExposedCredentialPolicy_DO_NOT_REMOVE"
}

fn groups(runbook: &mut Runbook<'_>, user: &str) {
    let call = call::of_user("list-groups-for-user", user);
    let Some(answer) = runbook.ask_or_note(Step::State, "groups of the owner", &call) else {
        return;
    };
    let names = names(&answer, "Groups", Some("GroupName"));
    add(runbook, "groups of the owner", &listed(&names), false);
    for group in names.iter().filter(|name| is_name(name)) {
        attached(runbook, "policies of a group of the owner", &call::group_policies(group));
    }
}

fn other_keys(runbook: &mut Runbook<'_>, user: &str) {
    if runbook.options.key.kind() == KeyKind::Temporary {
        runbook.keys = runbook.list_keys(user);
    }
    let Some(keys) = &runbook.keys else { return };
    let own = runbook.options.key.as_str();
    let others: Vec<String> = keys
        .iter()
        .filter(|(id, _)| id != own)
        .map(|(id, status)| format!("{id} ({status})"))
        .collect();
    let is_active = others.iter().any(|key| key.ends_with("(Active)"));
    add(runbook, "other keys of the owner", &listed(&others), is_active);
}

fn console(runbook: &mut Runbook<'_>, user: &str) {
    let profile = runbook.ask(Step::State, &call::of_user("get-login-profile", user));
    let has_password = match profile {
        Ok(answer) => {
            let made = answer["LoginProfile"]["CreateDate"].as_str().unwrap_or("an unknown day");
            add(runbook, "console password", &format!("the owner has one, made {made}"), false);
            true
        }
        Err(failed) if failed.kind == FailKind::Missing => {
            add(runbook, "console password", "none", false);
            false
        }
        Err(failed) => {
            runbook.gap(Step::State, "whether the owner has a console password", failed);
            true
        }
    };
    let call = call::of_user("list-mfa-devices", user);
    if let Some(answer) = runbook.ask_or_note(Step::State, "MFA devices of the owner", &call) {
        let names = names(&answer, "MFADevices", Some("SerialNumber"));
        add(runbook, "MFA devices of the owner", &listed(&names), names.is_empty() && has_password);
    }
}

/// Reads the summary of the account, once.
pub(super) fn read_summary(runbook: &mut Runbook<'_>) {
    if runbook.summary.is_none() {
        let call = call::account_summary();
        let answer = runbook.ask_or_note(Step::State, "MFA and keys of root", &call);
        runbook.summary = Some(answer);
    }
}

/// How many keys root has, once the summary is read.
pub(super) fn root_keys(runbook: &Runbook<'_>) -> Option<u64> {
    summary(runbook, "AccountAccessKeysPresent")
}

fn summary(runbook: &Runbook<'_>, name: &str) -> Option<u64> {
    runbook.summary.as_ref()?.as_ref()?["SummaryMap"][name].as_u64()
}

fn account(runbook: &mut Runbook<'_>) {
    read_summary(runbook);
    if runbook.summary.as_ref().is_none_or(Option::is_none) {
        return;
    }
    let mfa = summary(runbook, "AccountMFAEnabled");
    match root_keys(runbook) {
        Some(0) => add(runbook, "keys of root", "none", false),
        Some(_) => add(runbook, "keys of root", "root has keys; it needs none: delete them", true),
        None => add(runbook, "keys of root", "AWS does not say", true),
    }
    let text = if mfa == Some(1) { "on" } else { "off: switch it on" };
    add(runbook, "MFA of root", text, mfa != Some(1));
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::is_quarantine;

    #[test]
    fn quarantine_policies_are_known_in_every_version() {
        for (name, expected) in [
            ("AWSCompromisedKeyQuarantine", true),
            ("AWSCompromisedKeyQuarantineV2", true),
            ("AWSCompromisedKeyQuarantineV17", true),
            ("AWSExposedCredentialPolicy_DO_NOT_REMOVE", true),
            ("AWSCompromisedKeyQuarantineV", false),
            ("AWSCompromisedKeyQuarantineVx", false),
            ("AdministratorAccess", false),
        ] {
            assert_eq!(is_quarantine(name), expected, "{name}");
        }
    }
}
