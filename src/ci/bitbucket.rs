//! Bitbucket Pipelines.
//!
//! Variables: <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>, which
//! knows no range of commits; how much is fetched:
//! <https://support.atlassian.com/bitbucket-cloud/docs/git-clone-behavior/>.

use super::{CiError, CiRange, Job, Rev, Service};

pub(super) const SERVICE: Service = Service {
    name: "Bitbucket Pipelines",
    is_here: |job| job.text("BITBUCKET_BUILD_NUMBER").is_some(),
    range,
};

const HINT: &str = "put `clone: depth: full` into bitbucket-pipelines.yml";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("BITBUCKET_COMMIT")?.unwrap_or(Rev::Head);
    if job.text("BITBUCKET_PR_ID").is_some() {
        let target = job.branch("BITBUCKET_PR_DESTINATION_BRANCH")?;
        // The id may be cut to 12 digits.
        let bases = [job.id("BITBUCKET_PR_DESTINATION_COMMIT")?, target.clone()];
        return Ok(job.pull_request(target.as_ref(), head, bases, HINT));
    }
    if let Some(tag) = job.tag("BITBUCKET_TAG")? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    let about = "all that the commit of the job reaches: Bitbucket Pipelines does not tell what \
                 was pushed";
    Ok(job.all(about, head, HINT))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [("BITBUCKET_BUILD_NUMBER", "5"), ("BITBUCKET_COMMIT", commit.as_str())];
        range_of(&[&job[..], more].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_pull_request_is_what_its_destination_lacks() {
        let whole = id('b');
        for destination in [&whole, &whole[..12]] {
            let env = [
                ("BITBUCKET_PR_ID", "1"),
                ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
                ("BITBUCKET_PR_DESTINATION_COMMIT", destination),
            ];
            let bases = [Rev::Id(destination.to_owned()), origin("main")];
            check(&job(&env).unwrap(), &rev('c'), &bases, "the pull request into main");
        }
        let hostile = [("BITBUCKET_PR_ID", "1"), ("BITBUCKET_PR_DESTINATION_BRANCH", "a..b")];
        assert!(job(&hostile).is_err());
    }

    #[test]
    fn a_push_is_all_that_it_reaches() {
        let push = [("BITBUCKET_BRANCH", "x"), ("BITBUCKET_COMMIT_RANGE", "--all")];
        check(&job(&push).unwrap(), &rev('c'), &[], "does not tell what was pushed");
        let tag = job(&[("BITBUCKET_TAG", "v1")]).unwrap();
        check(&tag, &rev('c'), &[], "the tag v1");
        assert_eq!(tag.tag, Some(Rev::Ref("refs/tags/v1".into())));
    }
}
