//! Exposed AWS keys as events for Amazon EventBridge, as `aws events put-events --entries` takes them
//! (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
//!
//! A line is one request: a JSON array of entries. There is one entry for each key id, whatever the number of
//! places that hold it, and each entry names the fingerprint of its finding. Nothing in it depends on the time,
//! so the same findings give the same bytes.
//!
//! The detail holds the fields of AWS Health's events and those of Trusted Advisor's, so that what AWS
//! publishes for either takes it. A key id is what such an event is about, and is shown. The secret of a key is
//! never part of one, whatever the options.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::text::place;
use super::{ReportOptions, printable};
use crate::finding::{Finding, Outcome, Redactor, Secret};
use crate::text::count::count;

/// How many entries a request may hold.
const MAX_ENTRIES: usize = 10;

/// How long a line may be. EventBridge takes 256 KB a request; an argument of a command on Linux holds 128 KiB.
const MAX_REQUEST_BYTES: usize = 120_000;

/// How many characters of a text from a repository an event holds.
const MAX_TEXT_CHARS: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    source: &'static str,
    detail_type: &'static str,
    event_bus_name: &'static str,
    resources: [&'a str; 1],
    /// A JSON text, as the API wants it.
    detail: String,
}

#[derive(Serialize)]
struct Detail<'a> {
    schema: &'static str,
    service: &'static str,
    #[serde(rename = "eventTypeCode")]
    event_type_code: &'static str,
    #[serde(rename = "eventTypeCategory")]
    event_type_category: &'static str,
    /// Where AWS Health names a key.
    #[serde(rename = "affectedEntities")]
    affected_entities: [Entity<'a>; 1],
    status: &'static str,
    #[serde(rename = "check-name")]
    check_name: &'static str,
    #[serde(rename = "check-item-detail")]
    check_item_detail: CheckItem<'a>,
    finding: FindingObject<'a>,
}

#[derive(Serialize)]
struct Entity<'a> {
    #[serde(rename = "entityValue")]
    entity_value: &'a str,
}

/// Where Trusted Advisor names a key.
#[derive(Serialize)]
struct CheckItem<'a> {
    #[serde(rename = "Access Key ID")]
    access_key_id: &'a str,
    /// No file tells whose key it is: the sender fills it in where somebody needs it.
    #[serde(rename = "User Name (IAM or Root)")]
    user_name: &'static str,
    #[serde(rename = "Fraud Type")]
    fraud_type: &'static str,
    #[serde(rename = "Location")]
    location: &'a str,
}

#[derive(Serialize)]
struct FindingObject<'a> {
    fingerprint: &'a str,
    rule: String,
    location: &'a str,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    pushed: bool,
    /// Whether the secret of the key was found, too: an id alone opens nothing.
    secret_found: bool,
    /// How many findings are about this key.
    places: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_account: Option<&'a str>,
}

/// Writes one request a line.
pub(super) fn requests(
    outcome: &Outcome,
    options: ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Paths are masked whatever is revealed: an event leaves this machine.
    let redactor = super::redactor(outcome, ReportOptions { reveal: false, ..options });
    let exposed = Exposed::of(outcome, options);
    let mut line = String::new();
    let mut entries = 0;
    for key in &exposed.keys {
        let entry = serde_json::to_string(&Entry::new(key, &redactor)?)?;
        if entries == MAX_ENTRIES || line.len() + entry.len() + 2 > MAX_REQUEST_BYTES {
            writeln!(out, "{line}]")?;
            line.clear();
            entries = 0;
        }
        line.push(if entries == 0 { '[' } else { ',' });
        line.push_str(&entry);
        entries += 1;
    }
    if entries > 0 { writeln!(out, "{line}]") } else { Ok(()) }
}

/// Returns, for people, which findings of AWS keys have no event, and why.
pub(super) fn left_out(outcome: &Outcome, options: ReportOptions) -> Option<String> {
    let exposed = Exposed::of(outcome, options);
    let mut parts = Vec::new();
    if exposed.unpushed > 0 {
        let keys = count(exposed.unpushed, "key");
        parts.push(format!(
            "{keys} that no remote is known to hold (`history` asks remote-tracking branches; `--unpushed` \
             adds such keys)"
        ));
    }
    if exposed.nameless > 0 {
        parts.push(format!("{} without a key id nearby", count(exposed.nameless, "AWS secret")));
    }
    (!parts.is_empty()).then(|| format!("without an event: {}", parts.join("; ")))
}

/// The keys of a run, sorted into those with an event and others.
struct Exposed<'a> {
    /// In the order in which they were found.
    keys: Vec<Key<'a>>,
    /// How many keys are in no remote, as far as is known.
    unpushed: u64,
    /// How many secrets of AWS have no key id.
    nameless: u64,
}

/// A key id, with what is known of it from all its findings.
struct Key<'a> {
    id: &'a str,
    /// The finding that the event tells of: with the secret rather than without, then the first.
    finding: &'a Finding,
    secret_found: bool,
    pushed: bool,
    places: usize,
}

impl<'a> Exposed<'a> {
    fn of(outcome: &'a Outcome, options: ReportOptions) -> Self {
        let mut keys: Vec<Key<'a>> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let mut nameless = BTreeSet::new();
        for finding in &outcome.findings {
            let Some(id) = finding.secrets().find_map(key_id) else {
                if finding.rule.starts_with("aws-") && finding.rule.contains("secret") {
                    nameless.insert(finding.fingerprint.as_str());
                }
                continue;
            };
            let key = Key::new(id, finding);
            match known.get(id) {
                Some(&at) => keys[at].join(key),
                None => {
                    known.insert(id, keys.len());
                    keys.push(key);
                }
            }
        }
        let all = keys.len();
        keys.retain(|key| key.pushed || options.unpushed);
        let unpushed = (all - keys.len()) as u64;
        Exposed { keys, unpushed, nameless: nameless.len() as u64 }
    }
}

impl<'a> Key<'a> {
    fn new(id: &'a str, finding: &'a Finding) -> Self {
        Key {
            id,
            finding,
            secret_found: finding.secrets().any(|secret| key_id(secret).is_none()),
            pushed: finding.presence.as_ref().is_some_and(|presence| presence.is_pushed),
            places: 1,
        }
    }

    /// Adds another finding of the same key.
    fn join(&mut self, other: Key<'a>) {
        // The finding that left this machine, with its secret, is the one to report.
        if (other.pushed, other.secret_found) > (self.pushed, self.secret_found) {
            self.finding = other.finding;
        }
        self.secret_found |= other.secret_found;
        self.pushed |= other.pushed;
        self.places += other.places;
    }
}

impl<'a> Entry<'a> {
    fn new(key: &'a Key<'_>, redactor: &Redactor) -> serde_json::Result<Self> {
        let finding = key.finding;
        let commit = finding.origin.commit.as_ref().map(|commit| &*commit.id);
        let mut location = short(&place(finding, redactor));
        if let Some(commit) = commit {
            location.push('@');
            location.push_str(commit);
        }
        let detail = Detail {
            schema: "tightlip.exposure/1",
            service: "RISK",
            event_type_code: "TIGHTLIP_CREDENTIAL_EXPOSED",
            event_type_category: "issue",
            affected_entities: [Entity { entity_value: key.id }],
            status: "ERROR",
            check_name: "Exposed Access Keys",
            check_item_detail: CheckItem {
                access_key_id: key.id,
                user_name: "",
                fraud_type: "Exposed",
                location: &location,
            },
            finding: FindingObject {
                fingerprint: finding.fingerprint.as_str(),
                rule: short(&printable(finding.rule.as_bytes(), redactor)),
                location: &location,
                line: finding.location.start.line,
                commit,
                pushed: key.pushed,
                secret_found: key.secret_found,
                places: key.places,
                aws_account: finding.account.as_deref(),
            },
        };
        Ok(Entry {
            source: "tightlip",
            detail_type: "Exposed Credential Found",
            event_bus_name: "default",
            resources: [key.id],
            detail: serde_json::to_string(&detail)?,
        })
    }
}

/// Cuts a text to what an event holds.
fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

/// What the id of an access key begins with
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
const PREFIXES: [&str; 5] = ["AKIA", "ASIA", "ABIA", "ACCA", "A3T"];

const KEY_ID_BYTES: usize = 20;

/// Returns the bytes if they are the id of an access key, whichever rule found them. A secret never is: it has
/// 40 characters.
fn key_id(secret: &Secret) -> Option<&str> {
    let id = std::str::from_utf8(secret.expose()).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_id = id.len() == KEY_ID_BYTES
        && id.bytes().all(is_plain)
        && PREFIXES.iter().any(|prefix| id.starts_with(prefix));
    is_id.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::{Secret, key_id};
    use crate::rule::expand;

    #[test]
    fn ids_are_told_from_secrets_by_their_shape() {
        for (template, is_id) in [
            ("AKIA{base32:16}", true),
            ("ASIA{base32:16}", true),
            ("A3TX{base32:16}", true),
            ("AKIA{base32:15}", false),
            ("AKIA{base32:17}", false),
            ("AIDA{base32:16}", false),
            ("AKIA{lower:16}", false),
            ("{base64:40}", false),
        ] {
            let secret = Secret::new(expand(template).expect("it is a template"));
            assert_eq!(key_id(&secret).is_some(), is_id, "{template}");
        }
    }
}
