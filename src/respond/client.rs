//! Commands run one by one: completed, logged, tried again when AWS throttles, their answers read.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Step;
use super::aws::{Aws, AwsOutput};
use super::call::Call;
use super::log::Log;
use super::mask::Masker;
use crate::text::date::moment;

/// How often a command that AWS throttles is tried.
const TRIES: u32 = 5;

/// Runs commands for one response.
#[derive(Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) aws: &'a dyn Aws,
    pub(super) log: &'a Log,
    pub(super) masker: &'a Masker,
    pub(super) profile: Option<&'a str>,
    /// The Region of commands that name none.
    pub(super) region: Option<&'a str>,
    /// The time between two commands in one Region, and the first pause after a throttled one.
    pub(super) pace: Duration,
    /// The time of the start, in seconds since 1970.
    pub(super) now: i64,
    pub(super) started: Instant,
}

/// A command that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) kind: FailKind,
    /// In AWS's own words, safe to show.
    pub(super) why: String,
    /// The command.
    pub(super) command: String,
}

/// Why a command failed, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailKind {
    /// The caller may not do it.
    Denied,
    /// What it names does not exist.
    Missing,
    /// Too many requests, and no end to it.
    Throttled,
    /// No Region is known.
    NoRegion,
    /// Anything else.
    Other,
}

/// Codes by which AWS says that there are too many requests.
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "RequestThrottled",
    "RequestThrottledException",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "Client.UnauthorizedOperation",
];

const MISSING: &[&str] = &["NoSuchEntity", "NoSuchEntityException"];

impl Client<'_> {
    /// The time now.
    pub(super) fn time(&self) -> i64 {
        self.now.saturating_add(i64::try_from(self.started.elapsed().as_secs()).unwrap_or(i64::MAX))
    }

    /// A command as it is run: with profile, Region and the form of its answer.
    pub(super) fn complete(&self, call: &Call) -> Call {
        let mut call = call.clone();
        let has_region = call.words().iter().any(|word| word == "--region");
        if let Some(region) = self.region.filter(|_| !has_region) {
            call = call.with("--region", region);
        }
        if let Some(profile) = self.profile {
            call = call.with("--profile", profile);
        }
        call.with("--output", "json")
    }

    /// Runs a command and returns its answer; `Null` if it has none.
    pub(super) fn ask(&self, step: Step, call: &Call) -> Result<Value, Failed> {
        let call = self.complete(call);
        let mut pause = self.pace;
        for _ in 1..TRIES {
            match self.try_once(step, &call) {
                Err(failed) if failed.kind == FailKind::Throttled => std::thread::sleep(pause),
                done => return done,
            }
            pause *= 2;
        }
        self.try_once(step, &call)
    }

    fn try_once(&self, step: Step, call: &Call) -> Result<Value, Failed> {
        let done = match self.aws.run(call.words()) {
            Ok(output) if output.is_success => answer(&output),
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.err);
                Err((kind(&text), text.trim().to_owned()))
            }
            Err(error) => Err((FailKind::Other, format!("the aws program failed: {error}"))),
        };
        let done = done.map_err(|(kind, why)| Failed {
            kind,
            why: short(&self.masker.text(&one_line(&why))),
            command: call.shown(),
        });
        self.note(step, call, &done);
        done
    }

    fn note(&self, step: Step, call: &Call, done: &Result<Value, Failed>) {
        let mut entry = json!({
            "type": "command",
            "time": moment(self.time()),
            "step": step.name(),
            "command": call.shown(),
            "arguments": call.words(),
            "changes": call.changes,
        });
        match done {
            Ok(answer) => entry["answer"] = self.masker.value(answer),
            Err(failed) => entry["error"] = Value::String(failed.why.clone()),
        }
        self.log.write(&entry);
    }
}

fn answer(output: &AwsOutput) -> Result<Value, (FailKind, String)> {
    if output.out.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&output.out).map_err(|error| {
        (FailKind::Other, format!("the aws program printed something that is not JSON: {error}"))
    })
}

/// Parses the error of a failed call: `An error occurred (CODE) when calling the ...`.
fn kind(text: &str) -> FailKind {
    let code = text.split_once("An error occurred (").and_then(|(_, rest)| rest.split_once(')'));
    match code.map(|(code, _)| code) {
        Some(code) if THROTTLED.contains(&code) => FailKind::Throttled,
        Some(code) if DENIED.contains(&code) => FailKind::Denied,
        Some(code) if MISSING.contains(&code) => FailKind::Missing,
        None if text.contains("You must specify a region") => FailKind::NoRegion,
        _ => FailKind::Other,
    }
}

/// The lines of a message as one.
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// Cuts a message to a length that people read. It is masked before: a rule would not recognise half a secret.
fn short(text: &str) -> String {
    match text.char_indices().nth(500) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{FailKind, kind};

    #[test]
    fn codes_tell_what_kind_of_failure_it_is() {
        let said =
            |code: &str| format!("\nAn error occurred ({code}) when calling the X operation: y");
        for (text, expected) in [
            (said("AccessDenied"), FailKind::Denied),
            (format!("aws: [ERROR]: {}", said("ThrottlingException")), FailKind::Throttled),
            (said("NoSuchEntity"), FailKind::Missing),
            (said("ExpiredToken"), FailKind::Other),
            ("You must specify a region. You can also".to_owned(), FailKind::NoRegion),
            ("Unable to locate credentials".to_owned(), FailKind::Other),
        ] {
            assert_eq!(kind(&text), expected, "{text}");
        }
    }
}
