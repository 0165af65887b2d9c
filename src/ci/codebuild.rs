//! AWS CodeBuild.
//!
//! Variables: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html>; events:
//! <https://docs.aws.amazon.com/codebuild/latest/userguide/webhooks.html>.

use super::{CiError, CiRange, Job, Push, Rev, Service};

pub(super) const SERVICE: Service = Service {
    name: "AWS CodeBuild",
    is_here: |job| job.text("CODEBUILD_BUILD_ID").is_some(),
    range,
};

const HINT: &str = "set `Git clone depth` of the project to `Full`";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("CODEBUILD_RESOLVED_SOURCE_VERSION")?.unwrap_or(Rev::Head);
    match job.text("CODEBUILD_WEBHOOK_EVENT").as_deref() {
        // CODEBUILD_WEBHOOK_PREV_COMMIT is not asked: it is the commit before the last push to the
        // branch of the request.
        Some("PULL_REQUEST_CREATED" | "PULL_REQUEST_UPDATED" | "PULL_REQUEST_REOPENED") => {
            let target = job.branch("CODEBUILD_WEBHOOK_BASE_REF")?;
            let name = "CODEBUILD_WEBHOOK_BASE_REF";
            let target = target.ok_or(CiError::Missing { service: job.service, name })?;
            Ok(job.pull_request(Some(&target), head, [Some(target.clone())], HINT))
        }
        Some("PUSH") => push(job, head),
        // A merged pull request is part of its target already: nothing would be left to look at.
        _ => {
            let about = "all that the commit of the build reaches: no push has started the build";
            Ok(job.all(about, head, HINT))
        }
    }
}

fn push(job: &Job<'_>, head: Rev) -> Result<CiRange, CiError> {
    let name = "CODEBUILD_WEBHOOK_HEAD_REF";
    let is_tag = job.text(name).is_some_and(|name| name.starts_with("refs/tags/"));
    if is_tag && let Some(tag) = job.tag(name)? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    // The default branch is not told, so a new branch is all that it reaches.
    let push = Push {
        branch: job.branch(name)?,
        before: job.id("CODEBUILD_WEBHOOK_PREV_COMMIT")?,
        default: None,
        head,
    };
    Ok(job.push(push, HINT))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [
            ("CODEBUILD_BUILD_ID", "project:1"),
            ("CODEBUILD_RESOLVED_SOURCE_VERSION", commit.as_str()),
        ];
        range_of(&[more, &job].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_is_what_was_not_there_before() {
        let (before, zeros) = (id('b'), id('0'));
        for (before, bases, about) in [
            (before.as_str(), vec![rev('b')], "the push to x/y"),
            (&zeros, vec![], "all that x/y reaches"),
            ("", vec![], "all that x/y reaches"),
        ] {
            let env = [
                ("CODEBUILD_WEBHOOK_EVENT", "PUSH"),
                ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/heads/x/y"),
                ("CODEBUILD_WEBHOOK_PREV_COMMIT", before),
            ];
            check(&job(&env).unwrap(), &rev('c'), &bases, about);
        }
        let event = ("CODEBUILD_WEBHOOK_EVENT", "PUSH");
        assert!(job(&[event, ("CODEBUILD_WEBHOOK_PREV_COMMIT", "main")]).is_err());
        let tag = job(&[event, ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/tags/v1")]).unwrap();
        check(&tag, &rev('c'), &[], "the tag v1");
        assert_eq!(tag.tag, Some(Rev::Ref("refs/tags/v1".into())));
    }

    #[test]
    fn a_pull_request_is_what_its_target_lacks() {
        let before = id('b');
        for event in ["PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_REOPENED"] {
            let event = ("CODEBUILD_WEBHOOK_EVENT", event);
            let env = [
                event,
                ("CODEBUILD_WEBHOOK_BASE_REF", "refs/heads/main"),
                ("CODEBUILD_WEBHOOK_PREV_COMMIT", &before),
            ];
            let about = "the pull request into main";
            check(&job(&env).unwrap(), &rev('c'), &[origin("main")], about);
            assert!(job(&[event]).unwrap_err().contains("CODEBUILD_WEBHOOK_BASE_REF"));
        }
    }

    #[test]
    fn anything_else_is_all_that_it_reaches() {
        for event in ["PULL_REQUEST_MERGED", "PULL_REQUEST_CLOSED", "RELEASED", ""] {
            let env = [
                ("CODEBUILD_WEBHOOK_EVENT", event),
                ("CODEBUILD_WEBHOOK_BASE_REF", "refs/heads/main"),
            ];
            check(&job(&env).unwrap(), &rev('c'), &[], "no push has started");
        }
        let env = [("CODEBUILD_RESOLVED_SOURCE_VERSION", "")];
        check(&job(&env).unwrap(), &Rev::Head, &[], "no push has started");
    }

    #[test]
    fn a_runner_of_another_service_counts_as_that_service() {
        let env = [("GITHUB_ACTIONS", "true"), ("CODEBUILD_BUILD_ID", "project:1")];
        assert_eq!(range_of(&env, "").unwrap().service, "GitHub Actions");
    }
}
