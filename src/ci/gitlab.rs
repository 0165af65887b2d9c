//! GitLab CI.
//!
//! Variables: <https://docs.gitlab.com/ci/variables/predefined_variables/>; what starts a
//! pipeline: <https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable>;
//! how much is fetched: <https://docs.gitlab.com/ci/runners/configure_runners/#shallow-cloning>.

use super::{CiError, CiRange, Job, Push, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "GitLab CI", is_here: |job| job.is("GITLAB_CI", "true"), range };

/// With depth 0 the runner fetches every branch, and not only the one of the job.
const HINT: &str = "set the variable `GIT_DEPTH: 0` for the job";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("CI_COMMIT_SHA")?.unwrap_or(Rev::Head);
    if job.text("CI_MERGE_REQUEST_IID").is_some() {
        return merge_request(job, head);
    }
    if job.text("CI_EXTERNAL_PULL_REQUEST_IID").is_some() {
        return external_pull_request(job, head);
    }
    if let Some(tag) = job.tag("CI_COMMIT_TAG")? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    let (branch, default) = (job.branch("CI_COMMIT_BRANCH")?, job.branch("CI_DEFAULT_BRANCH")?);
    let before = job.id("CI_COMMIT_BEFORE_SHA")?;
    if before.is_none() && !job.is("CI_PIPELINE_SOURCE", "push") {
        let about = "all that the commit of the job reaches: no push has started the pipeline";
        return Ok(job.all(about, head, HINT));
    }
    // Zeros in a push are a new branch.
    Ok(job.push(Push { branch, before, default, head }, HINT))
}

/// Merged results pipelines and merge trains run on a merge commit, and name both of its sides;
/// other merge request pipelines name only where the two sides part. That id is kept even when
/// the target is changed (<https://gitlab.com/gitlab-org/gitlab/-/issues/442031>), so the target's
/// own comes first.
fn merge_request(job: &Job<'_>, commit: Rev) -> Result<CiRange, CiError> {
    let head = job.id("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")?.unwrap_or(commit);
    let target = job.branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")?;
    let bases = [
        job.id("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")?,
        job.id("CI_MERGE_REQUEST_DIFF_BASE_SHA")?,
        target.clone(),
    ];
    let range = job.pull_request(target.as_ref(), head, bases, HINT);
    Ok(CiRange { about: range.about.replacen("pull request", "merge request", 1), ..range })
}

/// A pull request of GitHub whose jobs GitLab runs.
fn external_pull_request(job: &Job<'_>, commit: Rev) -> Result<CiRange, CiError> {
    let head = job.id("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA")?.unwrap_or(commit);
    let target = job.branch("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME")?;
    let bases = [job.id("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")?, target.clone()];
    Ok(job.pull_request(target.as_ref(), head, bases, HINT))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job =
            [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", &commit), ("CI_DEFAULT_BRANCH", "main")];
        range_of(&[&job[..], more].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_is_what_was_not_there_before() {
        let (before, zeros) = (id('b'), id('0'));
        for (source, branch, before, bases, about) in [
            ("push", "x", &before, vec![rev('b'), origin("main")], "the push to x"),
            ("push", "main", &before, vec![rev('b')], "the push to main"),
            ("push", "x", &zeros, vec![origin("main")], "the new branch x"),
            ("push", "main", &zeros, vec![], "all that main reaches"),
            ("web", "x", &zeros, vec![], "no push has started"),
            ("schedule", "main", &zeros, vec![], "no push has started"),
        ] {
            let env = [
                ("CI_PIPELINE_SOURCE", source),
                ("CI_COMMIT_BRANCH", branch),
                ("CI_COMMIT_BEFORE_SHA", before.as_str()),
            ];
            check(&job(&env).unwrap(), &rev('c'), &bases, about);
        }
        check(&job(&[]).unwrap(), &rev('c'), &[], "no push has started");
        assert!(job(&[("CI_COMMIT_BEFORE_SHA", "a..b")]).is_err());
    }

    #[test]
    fn a_tag_is_all_that_it_reaches() {
        let before = id('b');
        let range = job(&[("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_BEFORE_SHA", &before)]).unwrap();
        check(&range, &rev('c'), &[], "all that the tag v1 reaches");
        assert_eq!(range.tag, Some(Rev::Ref("refs/tags/v1".into())));
        assert!(job(&[("CI_COMMIT_TAG", "--x")]).is_err());
    }

    #[test]
    fn a_merge_request_is_what_its_target_lacks() {
        let (source, target, base, zeros) = (id('d'), id('e'), id('b'), id('0'));
        let request = [
            ("CI_MERGE_REQUEST_IID", "3"),
            ("CI_COMMIT_BEFORE_SHA", zeros.as_str()),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "dev"),
        ];
        let about = "the merge request into dev";
        check(&job(&request).unwrap(), &rev('c'), &[rev('b'), origin("dev")], about);
        for kind in ["merged_result", "merge_train"] {
            let more = [
                ("CI_MERGE_REQUEST_EVENT_TYPE", kind),
                ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", source.as_str()),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &target),
            ];
            let range = job(&[&request[..], &more].concat()).unwrap();
            check(&range, &rev('d'), &[rev('e'), rev('b'), origin("dev")], about);
        }
        let hostile = [("CI_MERGE_REQUEST_IID", "3"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "--all")];
        assert!(job(&hostile).is_err());
    }

    #[test]
    fn an_external_pull_request_is_what_its_target_lacks() {
        let (source, target) = (id('d'), id('e'));
        let env = [
            ("CI_EXTERNAL_PULL_REQUEST_IID", "3"),
            ("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA", source.as_str()),
            ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", &target),
            ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        let bases = [rev('e'), origin("main")];
        check(&job(&env).unwrap(), &rev('d'), &bases, "the pull request into main");
    }
}
