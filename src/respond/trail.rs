//! What CloudTrail says, from every Region, all pages, at the rate that AWS allows.
//!
//! AWS takes two lookups a second, account and Region. A Region is asked by one thread, one command
//! after the other, so that the rate holds whatever is looked for; Regions are asked side by side.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::client::Client;
use super::event::{Event, Identity, identity, parse};
use super::response::Gap;
use super::{Step, call};

/// How many pages of 50 events are read for one value in one Region.
const MAX_PAGES: usize = 200;

/// Something to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// `AccessKeyId`, `Username` or `ResourceName`.
    pub(super) attribute: &'static str,
    pub(super) value: String,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In order of time, each once.
    pub(super) events: Vec<Event>,
    /// Who made the first event that tells it.
    pub(super) identity: Option<Identity>,
    pub(super) gaps: Vec<Gap>,
}

/// One Region's part of it.
#[derive(Debug, Default)]
struct Part {
    events: Vec<Event>,
    identity: Option<Identity>,
    /// What could not be read, why, and the command.
    gap: Option<(String, String, String)>,
}

/// Looks for all subjects in all Regions.
pub(super) fn look(
    client: Client<'_>,
    regions: &[String],
    subjects: &[Subject],
    threads: usize,
) -> Found {
    let (next, parts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, regions.len().max(1)) {
            scope.spawn(|| {
                while let Some(region) = regions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let part = look_in(client, region, subjects);
                    let mut parts = parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    parts.insert(region.clone(), part);
                }
            });
        }
    });
    join(parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn join(parts: BTreeMap<String, Part>) -> Found {
    let mut found = Found::default();
    let mut gaps: BTreeMap<(String, String), (Vec<String>, String)> = BTreeMap::new();
    for (region, part) in parts {
        found.events.extend(part.events);
        found.identity = found.identity.or(part.identity);
        if let Some((what, why, command)) = part.gap {
            gaps.entry((what, why)).or_insert_with(|| (Vec::new(), command)).0.push(region);
        }
    }
    sort(&mut found.events);
    found.gaps.extend(gaps.into_iter().map(|((what, why), (regions, command))| Gap {
        step: Step::Trail,
        what: format!("{what} in {}", regions.join(", ")),
        why,
        command: Some(command),
    }));
    found
}

/// Puts events into the order of time, and leaves one of each.
pub(super) fn sort(events: &mut Vec<Event>) {
    events.sort_by(|a, b| (&a.time, &a.region, &a.id).cmp(&(&b.time, &b.region, &b.id)));
    events.dedup_by(|a, b| !a.id.is_empty() && a.id == b.id && a.region == b.region);
}

fn look_in(client: Client<'_>, region: &str, subjects: &[Subject]) -> Part {
    let mut part = Part::default();
    let mut last = None;
    for subject in subjects {
        if let Err(gap) = pages(client, region, subject, &mut last, &mut part) {
            part.gap = Some(gap);
            // What is refused for one value is refused for all.
            break;
        }
    }
    part
}

/// Follows all pages of one subject.
fn pages(
    client: Client<'_>,
    region: &str,
    subject: &Subject,
    last: &mut Option<Instant>,
    part: &mut Part,
) -> Result<(), (String, String, String)> {
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let call = call::events(subject.attribute, &subject.value, region, token.as_deref());
        let failed = |why: &str| {
            let command = client.complete(&call).shown();
            ("not all events of CloudTrail".to_owned(), why.to_owned(), command)
        };
        if let Some(last) = *last {
            std::thread::sleep(client.pace.saturating_sub(last.elapsed()));
        }
        *last = Some(Instant::now());
        let answer = client.ask(Step::Trail, &call).map_err(|failed| {
            let what = match token {
                Some(_) => "not all events of CloudTrail",
                None => "no events of CloudTrail",
            };
            (what.to_owned(), failed.why, failed.command)
        })?;
        let Some(events) = answer["Events"].as_array() else {
            return Err(failed("the answer holds no list of events"));
        };
        for event in events {
            part.identity = part.identity.take().or_else(|| identity(event, &subject.value));
            match parse(event, region, client.masker) {
                Some(event) => part.events.push(event),
                None => part.gap = Some(failed("an event has no name or no time")),
            }
        }
        match answer["NextToken"].as_str() {
            None => return Ok(()),
            Some(next) if is_token(next) && token.as_deref() != Some(next) => {
                token = Some(next.to_owned());
            }
            Some(_) => return Err(failed("the way to the next page cannot be followed")),
        }
    }
    let why = format!("there are more than {} of them; the newest were read", MAX_PAGES * 50);
    let command = call::events(subject.attribute, &subject.value, region, token.as_deref());
    Err(("not all events of CloudTrail".to_owned(), why, client.complete(&command).shown()))
}

/// Whether a text can go into a command: the program reads a file for a value `file://...`.
fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains("://")
}

/// The Regions of an account, from the answer of `aws ec2 describe-regions`.
pub(super) fn regions(answer: &Value) -> Vec<String> {
    let list = answer["Regions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_region = |name: &&str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let names = list.iter().filter_map(|region| region["RegionName"].as_str()).filter(is_region);
    let mut names: Vec<String> =
        names.filter(|name| !name.starts_with('-')).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// The Regions that every account has from its start.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
pub(super) fn usual_regions(partition: &str) -> Vec<String> {
    let names: &[&str] = match partition {
        "aws-cn" => &["cn-north-1", "cn-northwest-1"],
        "aws-us-gov" => &["us-gov-east-1", "us-gov-west-1"],
        _ => &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    };
    names.iter().map(|&name| name.to_owned()).collect()
}
