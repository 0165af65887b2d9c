//! GitHub Actions.
//!
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
//! What runs a workflow, and what `GITHUB_SHA` is then:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>.
//! The file that `GITHUB_EVENT_PATH` names:
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

use std::path::PathBuf;

use serde::Deserialize;

use super::{CiError, CiRange, Job, Push, Rev, Service};
use crate::text::escape::escape;

pub(super) const SERVICE: Service =
    Service { name: "GitHub Actions", is_here: |job| job.is("GITHUB_ACTIONS", "true"), range };

const HINT: &str = "give `fetch-depth: 0` to actions/checkout";

/// What is read of an event; each kind has other keys, and those of one kind suffice for it.
#[derive(Debug, Default, Deserialize)]
struct Event {
    before: Option<String>,
    #[serde(default)]
    deleted: bool,
    repository: Option<Repository>,
    pull_request: Option<PullRequest>,
    merge_group: Option<MergeGroup>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    default_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PullRequest {
    number: u64,
    head: Side,
    base: Side,
}

/// One side of a pull request.
#[derive(Debug, Deserialize)]
struct Side {
    sha: String,
    #[serde(rename = "ref")]
    branch: String,
}

#[derive(Debug, Deserialize)]
struct MergeGroup {
    head_sha: String,
    base_sha: String,
    base_ref: String,
}

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let name = job.text("GITHUB_EVENT_NAME").unwrap_or_default();
    match name.as_str() {
        "push" => push(job, &event(job)?),
        "pull_request"
        | "pull_request_target"
        | "pull_request_review"
        | "pull_request_review_comment" => pull_request(job, &event(job)?),
        "merge_group" => merge_group(job, &event(job)?),
        // A schedule, a start by hand, a release: none of them is about a range.
        _ => {
            let name = escape(name.as_bytes());
            let about = format!("all that HEAD reaches: the event `{name}` has no range");
            Ok(job.all(about, Rev::Head, HINT))
        }
    }
}

fn event(job: &Job<'_>) -> Result<Event, CiError> {
    let path = job
        .text("GITHUB_EVENT_PATH")
        .map(PathBuf::from)
        .ok_or(CiError::Missing { service: job.service, name: "GITHUB_EVENT_PATH" })?;
    let bytes = (job.read)(&path);
    bytes.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)).map_err(|source| CiError::Event {
        service: job.service,
        path: escape(path.as_os_str().as_encoded_bytes()).into_owned(),
        source,
    })
}

/// `before` is zeros for a new branch, and gone after a forced push that nobody fetched before.
fn push(job: &Job<'_>, event: &Event) -> Result<CiRange, CiError> {
    let head = job.id("GITHUB_SHA")?.unwrap_or(Rev::Head);
    let name = job.text("GITHUB_REF").unwrap_or_default();
    if name.starts_with("refs/tags/")
        && let Some(tag) = job.tag("GITHUB_REF")?
    {
        return Ok(job.tag_range(tag, head, HINT));
    }
    if event.deleted {
        let about = "all that HEAD reaches: a branch was deleted, which has no range";
        return Ok(job.all(about, Rev::Head, HINT));
    }
    let before = event.before.as_deref().unwrap_or_default();
    let default = event.repository.as_ref().and_then(|of| of.default_branch.as_deref());
    let push = Push {
        branch: job.branch("GITHUB_REF")?,
        before: Rev::id(job.said("`before` of the event", before))?,
        default: Rev::branch(
            job.said("`repository.default_branch` of the event", default.unwrap_or_default()),
        )?,
        head,
    };
    Ok(job.push(push, HINT))
}

/// `HEAD` is no good here: with `pull_request` it is a merge with a target that has moved on, and
/// with `pull_request_target` the target itself, so nothing would be looked at. The event tells
/// both sides, and they do not change when the job runs late or again.
fn pull_request(job: &Job<'_>, event: &Event) -> Result<CiRange, CiError> {
    let name = "`pull_request` of the event";
    let missing = CiError::Missing { service: job.service, name };
    let request = event.pull_request.as_ref().ok_or(missing)?;
    let head = Rev::id(job.said("`pull_request.head.sha` of the event", &request.head.sha))?;
    let head = head.ok_or(CiError::Missing {
        service: job.service,
        name: "`pull_request.head.sha` of the event",
    })?;
    let base = Rev::id(job.said("`pull_request.base.sha` of the event", &request.base.sha))?;
    let target =
        Rev::branch(job.said("`pull_request.base.ref` of the event", &request.base.branch))?;
    let number = request.number;
    let hint = format!(
        "{HINT}, and where it does not check the pull request out by itself (as with \
         pull_request_target), `ref: refs/pull/{number}/head`"
    );
    Ok(job.pull_request(target.as_ref(), head, [base, target.clone()], &hint))
}

/// What the merge queue is about to merge.
fn merge_group(job: &Job<'_>, event: &Event) -> Result<CiRange, CiError> {
    let name = "`merge_group` of the event";
    let group =
        event.merge_group.as_ref().ok_or(CiError::Missing { service: job.service, name })?;
    let head = Rev::id(job.said("`merge_group.head_sha` of the event", &group.head_sha))?;
    let base = Rev::id(job.said("`merge_group.base_sha` of the event", &group.base_sha))?;
    let target = Rev::branch(job.said("`merge_group.base_ref` of the event", &group.base_ref))?;
    let into = target.as_ref().map_or(String::new(), |target| format!(" into {}", target.shown()));
    let range = job.all(format!("the merge group{into}"), head.unwrap_or(Rev::Head), HINT);
    Ok(CiRange { bases: base.into_iter().chain(target).collect(), ..range })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(event_name: &str, name: &str, event: &str) -> Result<CiRange, String> {
        let sha = id('c');
        let env = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", event_name),
            ("GITHUB_EVENT_PATH", "event.json"),
            ("GITHUB_REF", name),
            ("GITHUB_SHA", &sha),
        ];
        range_of(&env, event).map_err(|error| error.to_string())
    }

    fn pushed(before: &str) -> String {
        format!("{{\"before\":\"{before}\",\"repository\":{{\"default_branch\":\"main\"}}}}")
    }

    #[test]
    fn a_push_is_what_was_not_there_before() {
        let (before, zeros) = (id('b'), id('0'));
        for (name, before, bases, about) in [
            ("refs/heads/x", &before, vec![rev('b'), origin("main")], "the push to x"),
            ("refs/heads/main", &before, vec![rev('b')], "the push to main"),
            ("refs/heads/x", &zeros, vec![origin("main")], "the new branch x"),
            ("refs/heads/main", &zeros, vec![], "all that main reaches"),
        ] {
            let range = job("push", name, &pushed(before)).unwrap();
            check(&range, &rev('c'), &bases, about);
            assert_eq!(range.tag, None);
        }
        check(&job("push", "refs/heads/x", "{}").unwrap(), &rev('c'), &[], "all that x reaches");
        let deleted = job("push", "refs/heads/x", "{\"deleted\":true}").unwrap();
        check(&deleted, &Rev::Head, &[], "deleted");
    }

    #[test]
    fn a_tag_is_all_that_it_reaches() {
        for before in [id('b'), id('0')] {
            let range = job("push", "refs/tags/v1", &pushed(&before)).unwrap();
            check(&range, &rev('c'), &[], "all that the tag v1 reaches");
            assert_eq!(range.tag, Some(Rev::Ref("refs/tags/v1".into())));
        }
    }

    fn request(head: &str, base: &str, branch: &str) -> String {
        format!(
            "{{\"number\":7,\"pull_request\":{{\"number\":7,\
             \"head\":{{\"sha\":\"{head}\",\"ref\":\"--x\"}},\
             \"base\":{{\"sha\":\"{base}\",\"ref\":\"{branch}\"}}}}}}"
        )
    }

    #[test]
    fn a_pull_request_is_between_the_two_sides_that_the_event_names() {
        let event = request(&id('d'), &id('b'), "release/1");
        for name in ["pull_request", "pull_request_target", "pull_request_review"] {
            let range = job(name, "refs/pull/7/merge", &event).unwrap();
            let bases = [rev('b'), origin("release/1")];
            check(&range, &rev('d'), &bases, "the pull request into release/1");
            assert!(range.hint.contains("fetch-depth: 0"), "{}", range.hint);
            assert!(range.hint.contains("refs/pull/7/head"), "{}", range.hint);
        }
    }

    #[test]
    fn a_merge_group_is_what_it_adds() {
        let event = format!(
            "{{\"merge_group\":{{\"head_sha\":\"{}\",\"base_sha\":\"{}\",\"base_ref\":\"refs/heads/main\"}}}}",
            id('d'),
            id('b')
        );
        let range = job("merge_group", "refs/heads/gh-readonly-queue/main/pr-1", &event).unwrap();
        check(&range, &rev('d'), &[rev('b'), origin("main")], "the merge group into main");
    }

    #[test]
    fn other_events_are_about_everything() {
        for name in ["workflow_dispatch", "schedule", "release", "workflow_run", "create", ""] {
            let range = job(name, "refs/heads/main", "not even JSON").unwrap();
            check(&range, &Rev::Head, &[], "all that HEAD reaches");
        }
    }

    #[test]
    fn an_event_that_cannot_be_understood_is_an_error() {
        let (good, zeros) = (id('d'), id('0'));
        for (name, event, expected) in [
            ("push", String::new(), "cannot read `event.json`"),
            ("push", "[]".into(), "cannot read `event.json`"),
            ("push", pushed("--all"), "`before` of the event is `--all`"),
            ("push", pushed("\\u001b[31m"), "`before` of the event is `\\x1b[31m`"),
            ("pull_request", "{}".into(), "`pull_request` of the event is not set"),
            ("pull_request", request("HEAD", &good, "main"), "`pull_request.head.sha`"),
            ("pull_request", request(&zeros, &good, "main"), "`pull_request.head.sha`"),
            ("pull_request", request(&good, "a..b", "main"), "`pull_request.base.sha`"),
            ("pull_request", request(&good, &good, "--x"), "`pull_request.base.ref`"),
            ("merge_group", "{}".into(), "`merge_group` of the event is not set"),
        ] {
            let error = job(name, "refs/heads/x", &event).expect_err(&event);
            assert!(error.starts_with("GitHub Actions: ") && error.contains(expected), "{error}");
        }
        assert!(job("push", "refs/heads/a..b", &pushed(&good)).is_err());
        let env = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")];
        let error = range_of(&env, "{}").unwrap_err().to_string();
        assert!(error.contains("GITHUB_EVENT_PATH is not set"), "{error}");
        let env = [&env[..], &[("GITHUB_EVENT_PATH", "gone.json")]].concat();
        assert!(range_of(&env, "{}").unwrap_err().to_string().contains("gone.json"));
    }
}
