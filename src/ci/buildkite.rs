//! Buildkite.
//!
//! Variables: <https://buildkite.com/docs/pipelines/configure/environment-variables>; merge queues:
//! <https://buildkite.com/docs/pipelines/tutorials/github-merge-queue>.

use super::{CiError, CiRange, Job, Push, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "Buildkite", is_here: |job| job.is("BUILDKITE", "true"), range };

const HINT: &str = "take `--depth` out of BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS, \
                    and fetch the base branch (`git fetch origin`) before the scan";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    // A build that was started by hand may say `HEAD` here.
    let head = match job.text("BUILDKITE_COMMIT").as_deref() {
        Some("HEAD") | None => Rev::Head,
        Some(_) => job.id("BUILDKITE_COMMIT")?.unwrap_or(Rev::Head),
    };
    if let Some(base) = job.id("BUILDKITE_MERGE_QUEUE_BASE_COMMIT")? {
        let target = job.branch("BUILDKITE_MERGE_QUEUE_BASE_BRANCH")?;
        return Ok(job.pull_request(target.as_ref(), head, [Some(base)], HINT));
    }
    // It is `false` in a build of anything else.
    let is_request = job.text("BUILDKITE_PULL_REQUEST").is_some_and(|number| number != "false");
    if is_request && let Some(target) = job.branch("BUILDKITE_PULL_REQUEST_BASE_BRANCH")? {
        return Ok(job.pull_request(Some(&target), head, [Some(target.clone())], HINT));
    }
    if let Some(tag) = job.tag("BUILDKITE_TAG")? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    if !job.is("BUILDKITE_SOURCE", "webhook") {
        let about = "all that the commit of the build reaches: no push has started the build";
        return Ok(job.all(about, head, HINT));
    }
    let push = Push {
        branch: job.branch("BUILDKITE_BRANCH")?,
        before: None,
        default: job.branch("BUILDKITE_PIPELINE_DEFAULT_BRANCH")?,
        head,
    };
    let range = job.push(push, HINT);
    Ok(CiRange { about: range.about.replacen("the new branch", "the branch", 1), ..range })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [
            ("BUILDKITE", "true"),
            ("BUILDKITE_SOURCE", "webhook"),
            ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
        ];
        // The first of two counts, so that a case may say another commit.
        range_of(&[more, &job, &[("BUILDKITE_COMMIT", &commit)]].concat(), "")
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_build_has_its_range() {
        let base = id('b');
        let no_request = ("BUILDKITE_PULL_REQUEST", "false");
        for (env, bases, about) in [
            (
                vec![
                    ("BUILDKITE_PULL_REQUEST", "12"),
                    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "dev"),
                ],
                vec![origin("dev")],
                "the pull request into dev",
            ),
            (
                vec![
                    no_request,
                    ("BUILDKITE_MERGE_QUEUE_BASE_BRANCH", "main"),
                    ("BUILDKITE_MERGE_QUEUE_BASE_COMMIT", &base),
                ],
                vec![rev('b')],
                "into main",
            ),
            (vec![no_request, ("BUILDKITE_BRANCH", "x")], vec![origin("main")], "the branch x"),
            (vec![no_request, ("BUILDKITE_BRANCH", "main")], vec![], "all that main reaches"),
            (vec![no_request, ("BUILDKITE_TAG", "v1")], vec![], "the tag v1"),
            (
                vec![("BUILDKITE_SOURCE", "schedule"), ("BUILDKITE_BRANCH", "x")],
                vec![],
                "no push has started",
            ),
        ] {
            check(&job(&env).unwrap(), &rev('c'), &bases, about);
        }
    }

    #[test]
    fn a_build_by_hand_may_say_head() {
        let env = [("BUILDKITE_COMMIT", "HEAD"), ("BUILDKITE_SOURCE", "ui")];
        check(&job(&env).unwrap(), &Rev::Head, &[], "no push has started");
        assert!(job(&[("BUILDKITE_COMMIT", "main")]).is_err());
    }
}
