//! A response for machines. Like every contract of tightlip's, it only ever grows.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::response::{Containment, Response};
use super::text::{Address, addresses};
use super::{Event, Options, plan};

/// The name and version of the contract.
const SCHEMA: &str = "tightlip.respond/1";

/// Writes responses, with what was planned for each, as one JSON document.
///
/// # Errors
/// The writer's.
pub fn render_json(all: &[(Options, Response)], log: &str, out: &mut dyn Write) -> io::Result<()> {
    let status = all.iter().map(|(_, response)| response.status()).max();
    let document = json!({
        "schema": SCHEMA,
        "status": status.map(|status| status.name()),
        "log": log,
        "responses": all.iter().map(|(options, response)| object(options, response)).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn object(options: &Options, response: &Response) -> Value {
    let (is_contained, reason) = match &response.containment {
        Containment::Contained(reason) => (true, reason),
        Containment::Open(reason) => (false, reason),
    };
    json!({
        "key": response.key.as_str(),
        "status": response.status().name(),
        "account": response.account,
        "account_known_by": response.account_known_by,
        "caller": response.caller,
        "owner": response.owner.to_string(),
        "last_used": response.last_used,
        "refused": response.refused,
        "contained": is_contained,
        "containment": reason,
        "sessions_refused": response.sessions_refused,
        "suspicious": response.is_suspicious(),
        "plan": plan(options).iter().map(|step| json!({
            "step": step.step.name(),
            "purpose": step.purpose,
            "commands": step.commands.iter().map(|(command, is_run)| {
                json!({ "command": command, "run": is_run })
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "changes": response.changes,
        "pending": response.pending,
        "undo": response.undo,
        "regions": response.regions,
        "events": response.events.iter().map(event).collect::<Vec<_>>(),
        "addresses": addresses(&response.events).iter().map(address).collect::<Vec<_>>(),
        "made": response.made.iter().map(|made| json!({
            "kind": made.kind.name(), "name": made.name, "of": made.of,
        })).collect::<Vec<_>>(),
        "facts": response.facts.iter().map(|fact| json!({
            "about": fact.about, "text": fact.text, "warning": fact.is_warning,
        })).collect::<Vec<_>>(),
        "gaps": response.gaps.iter().map(|gap| json!({
            "step": gap.step.name(), "what": gap.what, "why": gap.why, "command": gap.command,
        })).collect::<Vec<_>>(),
        "next": response.next.iter().map(|advice| json!({
            "text": advice.text, "command": advice.command,
        })).collect::<Vec<_>>(),
    })
}

fn event(event: &Event) -> Value {
    json!({
        "time": event.time,
        "region": event.region,
        "id": event.id,
        "service": event.service,
        "name": event.name,
        "error": event.error,
        "danger": event.verdict.danger.name(),
        "reason": event.verdict.reason,
        "address": event.address,
        "agent": event.agent,
        "key": event.key,
        "actor": event.actor,
        "about": event.about,
    })
}

fn address(address: &Address<'_>) -> Value {
    json!({
        "address": address.address,
        "first": address.first,
        "last": address.last,
        "events": address.events,
        "refused": address.refused,
        "agents": address.agents,
    })
}
