//! CircleCI.
//!
//! Variables: <https://circleci.com/docs/reference/variables/>. They name neither the target of a pull
//! request nor what was there before a push. `pipeline.git.base_revision` does, but only the
//! configuration of a pipeline can read it, and it is the commit of the build before, which may
//! have failed.

use super::{CiError, CiRange, Job, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "CircleCI", is_here: |job| job.is("CIRCLECI", "true"), range };

const HINT: &str = "give `method: full` to the `checkout` step";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("CIRCLE_SHA1")?.unwrap_or(Rev::Head);
    if let Some(tag) = job.tag("CIRCLE_TAG")? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    let about = "all that the commit of the job reaches: CircleCI does not tell what was pushed, nor \
                 into which branch (`tightlip history --ci BASE HEAD` does with less)";
    Ok(job.all(about, head, HINT))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [("CIRCLECI", "true"), ("CIRCLE_SHA1", commit.as_str())];
        range_of(&[more, &job].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_and_a_pull_request_are_all_that_they_reach() {
        let request = ("CIRCLE_PULL_REQUEST", "https://example.com/o/r/pull/7");
        for env in [
            vec![("CIRCLE_BRANCH", "main")],
            vec![("CIRCLE_BRANCH", "x"), request],
            vec![("CIRCLE_BRANCH", "pull/7"), request, ("CIRCLE_PR_NUMBER", "7")],
        ] {
            check(&job(&env).unwrap(), &rev('c'), &[], "does not tell what was pushed");
        }
        let tag = job(&[("CIRCLE_TAG", "v1")]).unwrap();
        check(&tag, &rev('c'), &[], "the tag v1");
        assert_eq!(tag.tag, Some(Rev::Ref("refs/tags/v1".into())));
    }

    #[test]
    fn a_commit_that_is_none_is_an_error() {
        assert!(job(&[("CIRCLE_SHA1", "main")]).is_err());
        assert!(job(&[("CIRCLE_TAG", "--x")]).is_err());
        check(&job(&[("CIRCLE_SHA1", "")]).unwrap(), &Rev::Head, &[], "all that");
    }
}
