//! Drone, and Harness, which sets the same variables.
//!
//! Variables: <https://docs.drone.io/pipeline/environment/reference/>; how much is fetched:
//! <https://docs.drone.io/pipeline/docker/syntax/cloning/>.

use super::{CiError, CiRange, Job, Push, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "Drone", is_here: |job| job.is("DRONE", "true"), range };

const HINT: &str = "take `depth` out of the `clone` section of .drone.yml, and fetch the base branch \
                    (`git fetch origin`) before the scan";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("DRONE_COMMIT_SHA")?.unwrap_or(Rev::Head);
    match job.text("DRONE_BUILD_EVENT").as_deref() {
        Some("pull_request") => {
            // DRONE_COMMIT_BEFORE is not asked: what it is in a pull request depends on the server that
            // hosts it, and the commit before the last push to the branch would be too late.
            let target = job.branch("DRONE_TARGET_BRANCH")?.or(job.branch("DRONE_BRANCH")?);
            let target = target
                .ok_or(CiError::Missing { service: job.service, name: "DRONE_TARGET_BRANCH" })?;
            Ok(job.pull_request(Some(&target), head, [Some(target.clone())], HINT))
        }
        Some("tag") if let Some(tag) = job.tag("DRONE_TAG")? => Ok(job.tag_range(tag, head, HINT)),
        Some("push") => {
            let push = Push {
                branch: job.branch("DRONE_BRANCH")?,
                before: job.id("DRONE_COMMIT_BEFORE")?,
                default: job.branch("DRONE_REPO_BRANCH")?,
                head,
            };
            Ok(job.push(push, HINT))
        }
        _ => {
            let about = "all that the commit of the build reaches: no push has started the build";
            Ok(job.all(about, head, HINT))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [
            ("DRONE", "true"),
            ("DRONE_BUILD_EVENT", "push"),
            ("DRONE_COMMIT_SHA", commit.as_str()),
            ("DRONE_REPO_BRANCH", "main"),
        ];
        range_of(&[more, &job].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_is_what_was_not_there_before() {
        let (before, zeros) = (id('b'), id('0'));
        for (branch, before, bases, about) in [
            ("x", &before, vec![rev('b'), origin("main")], "the push to x"),
            ("main", &before, vec![rev('b')], "the push to main"),
            ("x", &zeros, vec![origin("main")], "the new branch x"),
            ("main", &zeros, vec![], "all that main reaches"),
        ] {
            let env = [("DRONE_BRANCH", branch), ("DRONE_COMMIT_BEFORE", before.as_str())];
            check(&job(&env).unwrap(), &rev('c'), &bases, about);
        }
        assert!(job(&[("DRONE_COMMIT_BEFORE", "a..b")]).is_err());
    }

    #[test]
    fn a_pull_request_is_what_its_target_lacks_whatever_was_before() {
        let before = id('b');
        let event = ("DRONE_BUILD_EVENT", "pull_request");
        for target in [("DRONE_TARGET_BRANCH", "dev"), ("DRONE_BRANCH", "dev")] {
            let env = [event, target, ("DRONE_COMMIT_BEFORE", before.as_str())];
            let about = "the pull request into dev";
            check(&job(&env).unwrap(), &rev('c'), &[origin("dev")], about);
        }
        assert!(job(&[event]).unwrap_err().contains("DRONE_TARGET_BRANCH"));
    }

    #[test]
    fn anything_else_is_all_that_it_reaches() {
        let before = id('b');
        for event in ["cron", "custom", "promote", "rollback", ""] {
            let env = [("DRONE_BUILD_EVENT", event), ("DRONE_COMMIT_BEFORE", before.as_str())];
            check(&job(&env).unwrap(), &rev('c'), &[], "no push has started");
        }
        let tag = job(&[("DRONE_BUILD_EVENT", "tag"), ("DRONE_TAG", "v1")]).unwrap();
        check(&tag, &rev('c'), &[], "the tag v1");
        assert_eq!(tag.tag, Some(Rev::Ref("refs/tags/v1".into())));
    }
}
