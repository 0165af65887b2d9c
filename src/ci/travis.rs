//! Travis CI.
//!
//! Variables: <https://docs.travis-ci.com/user/environment-variables/#default-environment-variables>;
//! how much is fetched: <https://docs.travis-ci.com/user/customizing-the-build/#git-clone-depth>.

use super::{CiError, CiRange, Job, Push, Rev, Service};

pub(super) const SERVICE: Service =
    Service { name: "Travis CI", is_here: |job| job.is("TRAVIS", "true"), range };

const HINT: &str = "put `git: depth: false` into .travis.yml";

const RANGE: &str = "TRAVIS_COMMIT_RANGE";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    let commit = job.id("TRAVIS_COMMIT")?.unwrap_or(Rev::Head);
    // It is `false` in a build of anything else.
    if job.text("TRAVIS_PULL_REQUEST").is_some_and(|number| number != "false") {
        // TRAVIS_COMMIT is a merge with a target that moves on. The range may lack both ids.
        let head = job.id("TRAVIS_PULL_REQUEST_SHA")?.unwrap_or(commit);
        let target = job.branch("TRAVIS_BRANCH")?;
        let bases = [before(job)?, target.clone()];
        return Ok(job.pull_request(target.as_ref(), head, bases, HINT));
    }
    if let Some(tag) = job.tag("TRAVIS_TAG")? {
        return Ok(job.tag_range(tag, commit, HINT));
    }
    if !job.is("TRAVIS_EVENT_TYPE", "push") {
        let about = "all that the commit of the build reaches: no push has started the build";
        return Ok(job.all(about, commit, HINT));
    }
    // The default branch is not told, so a new branch is all that it reaches.
    let branch = job.branch("TRAVIS_BRANCH")?;
    Ok(job.push(Push { branch, before: before(job)?, default: None, head: commit }, HINT))
}

/// The first side of the range, `before...after`, which is empty for a new branch. After a forced push
/// its commit is in no clone.
fn before(job: &Job<'_>) -> Result<Option<Rev>, CiError> {
    let Some(range) = job.text(RANGE) else { return Ok(None) };
    let base = range.split_once("..").map_or("", |(base, _)| base);
    if base.is_empty() {
        return Err(job.said(RANGE, &range).is_no("range of commits"));
    }
    Rev::id(job.said(RANGE, base))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, id, origin, range_of, rev};
    use super::{CiRange, Rev};

    fn job(more: &[(&str, &str)]) -> Result<CiRange, String> {
        let commit = id('c');
        let job = [
            ("TRAVIS", "true"),
            ("TRAVIS_COMMIT", commit.as_str()),
            ("TRAVIS_PULL_REQUEST", "false"),
            ("TRAVIS_EVENT_TYPE", "push"),
            ("TRAVIS_BRANCH", "x"),
        ];
        range_of(&[more, &job].concat(), "").map_err(|error| error.to_string())
    }

    #[test]
    fn a_push_is_what_was_not_there_before() {
        let short = Rev::Id("b".repeat(12));
        let cut = format!("{}...{}", "b".repeat(12), "c".repeat(12));
        let whole = format!("{}..{}", id('b'), id('c'));
        let new = format!("{}...{}", id('0'), id('c'));
        for (env, bases, about) in [
            (vec![("TRAVIS_COMMIT_RANGE", cut.as_str())], vec![short], "the push to x"),
            (vec![("TRAVIS_COMMIT_RANGE", &whole)], vec![rev('b')], "the push to x"),
            (vec![("TRAVIS_COMMIT_RANGE", &new)], vec![], "all that x reaches"),
            (vec![("TRAVIS_COMMIT_RANGE", "")], vec![], "all that x reaches"),
            (vec![], vec![], "all that x reaches"),
            (
                vec![("TRAVIS_EVENT_TYPE", "cron"), ("TRAVIS_COMMIT_RANGE", &whole)],
                vec![],
                "no push has started",
            ),
            (vec![("TRAVIS_TAG", "v1"), ("TRAVIS_COMMIT_RANGE", &whole)], vec![], "the tag v1"),
        ] {
            check(&job(&env).unwrap(), &rev('c'), &bases, about);
        }
        for hostile in ["--all..x", "main...x", "a", "...", "..x"] {
            assert!(job(&[("TRAVIS_COMMIT_RANGE", hostile)]).is_err(), "{hostile}");
        }
    }

    #[test]
    fn a_pull_request_is_what_its_target_lacks() {
        let (sha, range) = (id('d'), format!("{}...{}", id('b'), id('d')));
        let request = [
            ("TRAVIS_EVENT_TYPE", "pull_request"),
            ("TRAVIS_PULL_REQUEST", "4"),
            ("TRAVIS_PULL_REQUEST_SHA", sha.as_str()),
            ("TRAVIS_BRANCH", "main"),
        ];
        let about = "the pull request into main";
        check(&job(&request).unwrap(), &rev('d'), &[origin("main")], about);
        let env = [&request[..], &[("TRAVIS_COMMIT_RANGE", range.as_str())]].concat();
        check(&job(&env).unwrap(), &rev('d'), &[rev('b'), origin("main")], about);
        assert!(job(&[("TRAVIS_BRANCH", "--x"), ("TRAVIS_PULL_REQUEST", "4")]).is_err());
    }
}
