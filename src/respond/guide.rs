//! What AWS advises about an exposed access key, as steps with their commands: for people who have not begun yet, or
//! who may not run anything. [`respond`](super::respond) does most of it.
//!
//! The id of the key is filled in. Its secret is never asked for, and no step shows it.

use super::call::{self, Call, Principal};
use super::response::Advice;
use super::{KeyId, KeyKind};
use crate::rule::Rule;

/// The rule of key ids, which the rules of secrets pair with.
pub const KEY_ID_RULE: &str = "aws-access-key-id";

pub(super) const SECOND_KEY: &str =
    "make a new key, straight into the store of secrets (a user has two at most)";
pub(super) const PUT_IN_PLACE: &str =
    "put the new key where the old one was used, and test that it works there";
pub(super) const DELETE: &str = "when nothing misses the old key any more, delete it";
pub(super) const ROOT: &str = "sign in as root: deactivate and delete the key, change the password, check MFA; root needs no keys";
pub(super) const CASE: &str =
    "answer AWS's support case, if there is one; AWS takes its quarantine policy away itself";

/// The placeholder of an unknown name.
const USER: &str = "USER";
const ROLE: &str = "ROLE";

/// Steps that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they are for.
    pub title: &'static str,
    /// The steps, in order.
    pub steps: Vec<Advice>,
}

/// Whether a rule finds AWS access keys, or a part of one.
#[must_use]
pub fn is_about_access_keys(rule: &Rule) -> bool {
    let is_pair = rule.pair.as_deref() == Some(KEY_ID_RULE);
    let is_near = rule.near.as_deref() == Some(KEY_ID_RULE);
    is_pair || is_near || [KEY_ID_RULE, "aws-session-token"].contains(&&*rule.id)
}

/// Returns AWS's guidance for a key. `KEY_ID`, `USER`, `ROLE`, `REGION` and `NOW` are placeholders.
#[must_use]
pub fn guide(key: Option<&KeyId>) -> Vec<Section> {
    let id = key.map_or("KEY_ID", KeyId::as_str);
    let is_session = key.is_some_and(|key| key.kind() == KeyKind::Temporary);
    vec![
        section("All of it at once", at_once(id, is_session)),
        match is_session {
            true => section("Stop the session", stop_session()),
            false => section("Stop the key", stop_key(id)),
        },
        section("See what it did", see(id)),
        section("AWS's quarantine and support", support()),
        section("Root, MFA and the next time", prevent()),
    ]
}

fn section(title: &'static str, steps: Vec<Advice>) -> Section {
    Section { title, steps }
}

fn say(text: &str) -> Advice {
    Advice { text: text.to_owned(), command: None }
}

fn run(text: &str, call: &Call) -> Advice {
    command(text, &call.shown())
}

fn command(text: &str, command: &str) -> Advice {
    Advice { text: text.to_owned(), command: Some(command.to_owned()) }
}

fn at_once(id: &str, is_session: bool) -> Vec<Advice> {
    let apply = match is_session {
        true => format!("tightlip respond {id} --profile PROFILE --deny-sessions --apply"),
        false => format!("tightlip respond {id} --profile PROFILE --apply"),
    };
    vec![
        command(
            "see what an answer would run; nothing is changed",
            &format!("tightlip respond {id} --plan"),
        ),
        command(
            "stop the key and see what it did, as an identity that is neither the key, nor its user, nor root",
            &apply,
        ),
        say("or go through the steps below by hand"),
    ]
}

fn stop_key(id: &str) -> Vec<Advice> {
    vec![
        command(
            "see whose key it is, and when it was last used",
            &format!("aws iam get-access-key-last-used --access-key-id {id}"),
        ),
        run(SECOND_KEY, &call::create_key(USER)),
        say(PUT_IN_PLACE),
        run(
            "deactivate the old key; this can be undone with `Active`. If a stranger may have it, do this first, \
             and mend afterwards what stops",
            &call::set_key(USER, id, "Inactive"),
        ),
        say("watch for what still asks for the old key: applications that stop, refused calls"),
        run(DELETE, &call::delete_key(USER, id)),
        run(
            "refuse sessions that were made with it, for they outlive it by up to 36 hours; NOW is a time such as \
             2026-01-31T12:00:00Z",
            &call::revoke_sessions(Principal::User(USER), "NOW"),
        ),
    ]
}

fn stop_session() -> Vec<Advice> {
    vec![
        say(
            "a key that begins with ASIA belongs to a session: it ends by itself after 36 hours at most, and \
             cannot be deactivated or deleted",
        ),
        say(
            "see in CloudTrail whose session it is (below): `userIdentity` names the role or the user",
        ),
        run(
            "refuse all sessions of the role that were issued before now; NOW is a time such as \
             2026-01-31T12:00:00Z. Other sessions of the role stop, too, and are made anew",
            &call::revoke_sessions(Principal::Role(ROLE), "NOW"),
        ),
        run(
            "a session of a user was made with a key of that user: respond to that key, too",
            &call::of_user("list-access-keys", USER),
        ),
    ]
}

fn see(id: &str) -> Vec<Advice> {
    let lookup = format!(
        "for region in $(aws ec2 describe-regions --query 'Regions[].RegionName' --output text); do aws \
         cloudtrail lookup-events --region \"$region\" --lookup-attributes \
         AttributeKey=AccessKeyId,AttributeValue={id}; done"
    );
    vec![
        command(
            "look the key up in CloudTrail, in every Region (calls to IAM are in us-east-1 alone). It shows 90 \
             days, the last 15 minutes may be missing, and calls on objects, rows and messages are not in it",
            &lookup,
        ),
        command(
            "look for users, keys and passwords that you do not know: who made them may still be in",
            "aws iam generate-credential-report && aws iam get-credential-report --query Content --output text | base64 -d",
        ),
        say(
            "look in every Region, those that you do not use first, for what costs money: EC2 instances and Spot \
             requests, ECS and Lambda, SageMaker, Bedrock; and at the bill of these days",
        ),
        say(
            "look for new roles, trust policies, identity providers, Lambda functions and snapshots shared with \
             other accounts: ways to come back",
        ),
    ]
}

fn support() -> Vec<Advice> {
    vec![
        run(
            "see whether AWS has put `AWSCompromisedKeyQuarantine...` on the user. It forbids only what costs most: \
             the key stays active, so go on. Do not detach it",
            &call::of_user("list-attached-user-policies", USER),
        ),
        say("do not answer as the quarantined user: the policy forbids to change its own keys"),
        say(CASE),
        say(
            "say in the case that the key is deactivated or deleted, and what you found; AWS may then waive \
             charges. The key's id is enough: paste no secret into a case, a ticket, a chat or a picture of the \
             screen. Nobody at AWS asks for it",
        ),
    ]
}

fn prevent() -> Vec<Advice> {
    vec![
        say(&format!("if no user has the key, it is root's: {ROOT}")),
        run(
            "see whether root has keys (AccountAccessKeysPresent) and MFA (AccountMFAEnabled)",
            &call::account_summary(),
        ),
        run(
            "turn MFA on for root and for every user with a password",
            &call::of_user("list-mfa-devices", USER),
        ),
        say(
            "use temporary keys: IAM Identity Center for people (`aws configure sso`), roles for what runs in AWS, \
             OpenID Connect for CI; where a key has to stay, its user may do that one thing only",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::KeyId;
    use super::{guide, is_about_access_keys};
    use crate::rule::RuleSet;

    fn text(key: Option<&KeyId>) -> String {
        let of = |step: &super::Advice| {
            format!("{} {}\n", step.text, step.command.as_deref().unwrap_or_default())
        };
        guide(key).iter().flat_map(|section| section.steps.iter().map(of)).collect()
    }

    fn key(template: &str) -> KeyId {
        KeyId::parse(&String::from_utf8(crate::rule::expand(template).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_whole_of_the_guidance_names_the_key() {
        let key = key("AKIA{base32:16}");
        let said = text(Some(&key));
        for part in [
            &format!("update-access-key --user-name USER --access-key-id {key} --status Inactive"),
            &format!("delete-access-key --user-name USER --access-key-id {key}"),
            &format!("AttributeKey=AccessKeyId,AttributeValue={key}"),
            "create-access-key",
            "every Region",
            "AWSCompromisedKeyQuarantine",
            "MFA",
            "root",
            "temporary keys",
            "paste no secret",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        assert!(!said.contains("KEY_ID"));
        assert!(text(None).contains("--access-key-id KEY_ID"));
    }

    #[test]
    fn a_session_is_not_told_to_be_deactivated() {
        let said = text(Some(&key("ASIA{base32:16}")));
        assert!(said.contains("put-role-policy") && !said.contains("update-access-key"), "{said}");
    }

    #[test]
    fn the_rules_of_access_keys_are_known_by_their_own_data() {
        let set = RuleSet::builtin();
        let is = |id: &str| is_about_access_keys(set.find(id).unwrap());
        assert!(is("aws-access-key-id") && is("aws-secret-near-key-id") && is("aws-session-token"));
        assert!(is("aws-secret-access-key") && is("aws-possible-secret-key"));
        assert!(!is("aws-account-id") && !is("aws-bedrock-api-key") && !is("slack-webhook"));
    }
}
