//! Azure Pipelines.
//!
//! Variables: <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>; how much
//! is fetched: <https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/steps-checkout>.

use super::{CiError, CiRange, Job, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "Azure Pipelines", is_here: |job| job.is("TF_BUILD", "True"), range };

const HINT: &str = "give `fetchDepth: 0` to the `checkout` step, or switch `Shallow fetch` off in \
                    the settings of the pipeline";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let head = job.id("BUILD_SOURCEVERSION")?.unwrap_or(Rev::Head);
    // TARGETBRANCHNAME is not asked: names of this kind are cut to what follows the last slash
    // (`BUILD_SOURCEBRANCHNAME`), and so may be those of another branch.
    if let Some(target) = job.branch("SYSTEM_PULLREQUEST_TARGETBRANCH")? {
        return Ok(job.pull_request(Some(&target), head, [Some(target.clone())], HINT));
    }
    let is_tag = job.text("BUILD_SOURCEBRANCH").is_some_and(|name| name.starts_with("refs/tags/"));
    if is_tag && let Some(tag) = job.tag("BUILD_SOURCEBRANCH")? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    let about = "all that the commit of the job reaches: Azure Pipelines does not tell what was \
                 pushed";
    Ok(job.all(about, head, HINT))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", commit.as_str())];
        range_of(&[&job[..], more].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_pull_request_is_what_its_target_lacks_however_that_is_named() {
        for name in ["refs/heads/release/main", "release/main"] {
            let env = [
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", name),
                ("SYSTEM_PULLREQUEST_TARGETBRANCHNAME", "main"),
                ("BUILD_SOURCEBRANCH", "refs/pull/1/merge"),
            ];
            let about = "the pull request into release/main";
            check(&job(&env).unwrap(), &rev('c'), &[origin("release/main")], about);
        }
        assert!(job(&[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/--x")]).is_err());
    }

    #[test]
    fn a_push_is_all_that_it_reaches() {
        let push = job(&[("BUILD_SOURCEBRANCH", "refs/heads/x")]).unwrap();
        check(&push, &rev('c'), &[], "does not tell what was pushed");
        let tag = job(&[("BUILD_SOURCEBRANCH", "refs/tags/v1")]).unwrap();
        check(&tag, &rev('c'), &[], "the tag v1");
        assert_eq!(tag.tag, Some(Rev::Ref("refs/tags/v1".into())));
    }
}
