//! Woodpecker CI.
//!
//! Variables: <https://woodpecker-ci.org/docs/usage/environment>; how much is fetched:
//! <https://woodpecker-ci.org/plugins/git-clone>.

use super::{CiError, CiRange, Job, Push, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "Woodpecker CI", is_here: |job| job.is("CI", "woodpecker"), range };

const HINT: &str = "give the `clone` step of the git plugin the setting `partial: false` and no `depth`, and \
                    fetch the base branch (`git fetch origin`) before the scan";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("CI_COMMIT_SHA")?.unwrap_or(Rev::Head);
    match job.text("CI_PIPELINE_EVENT").as_deref() {
        Some("pull_request" | "pull_request_metadata") => {
            let target = job.branch("CI_COMMIT_TARGET_BRANCH")?;
            let target = target.ok_or(CiError::Missing {
                service: job.service,
                name: "CI_COMMIT_TARGET_BRANCH",
            })?;
            Ok(job.pull_request(Some(&target), head, [Some(target.clone())], HINT))
        }
        Some("tag" | "release") if let Some(tag) = job.tag("CI_COMMIT_TAG")? => {
            Ok(job.tag_range(tag, head, HINT))
        }
        Some("push") => {
            let branch = job.branch("CI_COMMIT_BRANCH")?;
            let push = Push {
                before: last_good(job, branch.as_ref())?,
                default: job.branch("CI_REPO_DEFAULT_BRANCH")?,
                branch,
                head,
            };
            let range = job.push(push, HINT);
            Ok(CiRange { about: range.about.replacen("the new branch", "the branch", 1), ..range })
        }
        // A closed pull request is part of its target already: nothing would be left to look at.
        _ => {
            let about =
                "all that the commit of the pipeline reaches: no push has started the pipeline";
            Ok(job.all(about, head, HINT))
        }
    }
}

/// The commit of the pipeline before, if that was good and of a push to the same branch: pipelines of pull
/// requests go by their target's name, and a bad one may have found a secret.
fn last_good(job: &Job<'_>, branch: Option<&Rev>) -> Result<Option<Rev>, CiError> {
    let is_good = job.is("CI_PREV_PIPELINE_STATUS", "success")
        && job.is("CI_PREV_PIPELINE_EVENT", "push")
        && job.branch("CI_PREV_COMMIT_BRANCH")?.as_ref() == branch;
    if is_good { job.id("CI_PREV_COMMIT_SHA") } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [
            ("CI", "woodpecker"),
            ("CI_PIPELINE_EVENT", "push"),
            ("CI_COMMIT_SHA", commit.as_str()),
            ("CI_REPO_DEFAULT_BRANCH", "main"),
        ];
        range_of(&[more, &job].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_is_what_came_after_the_last_good_push() {
        let good = [
            ("CI_PREV_PIPELINE_STATUS", "success"),
            ("CI_PREV_PIPELINE_EVENT", "push"),
            ("CI_PREV_COMMIT_BRANCH", "x"),
        ];
        for (first, branch, bases, about) in [
            (("", ""), "x", vec![rev('b'), origin("main")], "the push to x"),
            (good[0], "main", vec![], "all that main reaches"),
            (("CI_PREV_COMMIT_BRANCH", "main"), "main", vec![rev('b')], "the push to main"),
            (("CI_PREV_PIPELINE_STATUS", "failure"), "x", vec![origin("main")], "the branch x"),
            (("CI_PREV_PIPELINE_EVENT", "pull_request"), "x", vec![origin("main")], "the branch x"),
            (("CI_PREV_COMMIT_BRANCH", "y"), "x", vec![origin("main")], "the branch x"),
        ] {
            let before = id('b');
            let more = [("CI_COMMIT_BRANCH", branch), ("CI_PREV_COMMIT_SHA", before.as_str())];
            let env = [&[first], &good[..], &more].concat();
            check(&job(&env).unwrap(), &rev('c'), &bases, about);
        }
    }

    #[test]
    fn a_pull_request_is_what_its_target_lacks() {
        let event = ("CI_PIPELINE_EVENT", "pull_request");
        let env = [event, ("CI_COMMIT_TARGET_BRANCH", "dev"), ("CI_COMMIT_BRANCH", "dev")];
        check(&job(&env).unwrap(), &rev('c'), &[origin("dev")], "the pull request into dev");
        assert!(job(&[event]).unwrap_err().contains("CI_COMMIT_TARGET_BRANCH"));
        assert!(job(&[event, ("CI_COMMIT_TARGET_BRANCH", "-x")]).is_err());
    }

    #[test]
    fn anything_else_is_all_that_it_reaches() {
        for event in ["pull_request_closed", "cron", "manual", "deployment", ""] {
            let env = [("CI_PIPELINE_EVENT", event), ("CI_COMMIT_TARGET_BRANCH", "main")];
            check(&job(&env).unwrap(), &rev('c'), &[], "no push has started");
        }
        let tag = job(&[("CI_PIPELINE_EVENT", "tag"), ("CI_COMMIT_TAG", "v1")]).unwrap();
        check(&tag, &rev('c'), &[], "the tag v1");
        assert_eq!(tag.tag, Some(Rev::Ref("refs/tags/v1".into())));
    }
}
