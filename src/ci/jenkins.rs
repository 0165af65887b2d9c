//! Jenkins, with its git plugin.
//!
//! Variables: <https://github.com/jenkinsci/git-plugin/blob/master/README.adoc#environment-variables>;
//! those of multibranch projects: <https://www.jenkins.io/doc/book/pipeline/multibranch/>.

use super::{CiError, CiRange, Job, Rev, Service};

pub(super) const SERVICE: Service = Service {
    name: "Jenkins",
    is_here: |job| job.text("JENKINS_URL").is_some() || job.text("JENKINS_HOME").is_some(),
    range,
};

const HINT: &str = "switch `Shallow clone` off and `Honor refspec on initial clone` too, so that \
                    the base branch is fetched, or name it in the refspec";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    // GIT_COMMIT names the source's side in some plugins and the merge in others.
    let head = Rev::Head;
    if let Some(target) = job.branch("CHANGE_TARGET")? {
        return Ok(job.pull_request(Some(&target), head, [Some(target.clone())], HINT));
    }
    if let Some(tag) = job.tag("TAG_NAME")? {
        return Ok(job.tag_range(tag, head, HINT));
    }
    // GIT_PREVIOUS_COMMIT is not asked: if that build failed because a secret was found, the next
    // one would begin after the secret, and pass.
    match job.id("GIT_PREVIOUS_SUCCESSFUL_COMMIT")? {
        Some(base) => {
            let about = format!("what came after the last good build, of {}", base.shown());
            Ok(CiRange { bases: vec![base], ..job.all(about, head, HINT) })
        }
        None => {
            let about = "all that HEAD reaches: no build of this branch was good so far";
            Ok(job.all(about, head, HINT))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let env = [&[("JENKINS_HOME", "x")], more].concat();
        range_of(&env, "").map_err(|error| error.to_string())
    }

    #[test]
    fn each_build_has_its_range() {
        let (good, last) = (id('b'), id('d'));
        for (env, bases, about) in [
            (
                vec![
                    ("CHANGE_ID", "4"),
                    ("CHANGE_TARGET", "main"),
                    ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &*good),
                ],
                vec![origin("main")],
                "the pull request into main",
            ),
            (
                vec![("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &good), ("GIT_PREVIOUS_COMMIT", &last)],
                vec![rev('b')],
                "the last good build",
            ),
            (vec![("GIT_PREVIOUS_COMMIT", &last)], vec![], "no build of this branch was good"),
            (vec![("TAG_NAME", "v1")], vec![], "the tag v1"),
            (vec![], vec![], "all that HEAD reaches"),
        ] {
            check(&job(&env).unwrap(), &Rev::Head, &bases, about);
        }
        assert!(job(&[("CHANGE_TARGET", "--upload-pack=x")]).is_err());
    }

    #[test]
    fn another_service_in_an_image_of_jenkins_counts() {
        let range = range_of(&[("JENKINS_HOME", "x"), ("TF_BUILD", "True")], "").unwrap();
        assert_eq!(range.service, "Azure Pipelines");
    }
}
