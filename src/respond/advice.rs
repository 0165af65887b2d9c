//! What people have to do themselves, with the commands for it.

use super::KeyKind;
use super::call::{self, Call};
use super::event::{Made, MadeKind};
use super::guide;
use super::response::{Advice, Owner};
use super::runbook::Runbook;

/// Tells what to do after a response.
pub(super) fn of(runbook: &Runbook<'_>) -> Vec<Advice> {
    let made = runbook.response.made.iter().map(|made| of_made(runbook, made));
    let mut next: Vec<Advice> = made.collect();
    next.extend(of_owner(runbook));
    next.push(plain(guide::CASE));
    next
}

fn plain(text: &str) -> Advice {
    Advice { text: text.to_owned(), command: None }
}

fn with(runbook: &Runbook<'_>, text: &str, call: &Call) -> Advice {
    Advice { text: text.to_owned(), command: Some(runbook.client.complete(call).shown()) }
}

/// What the key made is the stranger's, until somebody knows better.
fn of_made(runbook: &Runbook<'_>, made: &Made) -> Advice {
    let (name, of) = (&made.name, made.of.as_deref().unwrap_or("USER"));
    match made.kind {
        MadeKind::Key => {
            let text = "deactivate the key that was made";
            with(runbook, text, &call::set_key(of, name, "Inactive"))
        }
        MadeKind::User => {
            let text = format!(
                "look at the user {name}, who was made or given a key or password; list his keys"
            );
            with(runbook, &text, &call::of_user("list-access-keys", name))
        }
        MadeKind::Role => plain(&format!("look at the role {name}: who may take it, and what for")),
        MadeKind::Session => plain(&format!(
            "the session {name} lives on; `tightlip respond {name} --deny-sessions --apply` refuses it"
        )),
    }
}

fn of_owner(runbook: &Runbook<'_>) -> Vec<Advice> {
    match (&runbook.response.owner, runbook.options.key.kind()) {
        (Owner::User(user), KeyKind::Temporary) => vec![with(
            runbook,
            "the session was made with a key of its owner, by GetSessionToken or GetFederationToken; find \
             out which key, and respond to it, too",
            &call::of_user("list-access-keys", user),
        )],
        (Owner::User(user), KeyKind::LongTerm) => vec![
            with(runbook, guide::SECOND_KEY, &call::create_key(user)),
            plain(guide::PUT_IN_PLACE),
            with(runbook, guide::DELETE, &call::delete_key(user, runbook.options.key.as_str())),
        ],
        (Owner::Role(_), _) => {
            vec![plain("find out how the session's key got out; a new one comes by itself")]
        }
        (Owner::Root, _) => vec![plain(guide::ROOT)],
        (Owner::Unknown, _) => Vec::new(),
    }
}
