//! The range that a CI job is about, for `history --ci`: what a push or a pull request brings.
//!
//! Services tell it in variables of the environment, and GitHub in a file. Both are handed in to
//! [`range`], which reads neither. Everything that is said there is hostile, for whoever opens a
//! pull request names its branch; it only becomes a [`Rev`], which is checked, and is never a word
//! of a command line.
//!
//! The rule of all services: never silently less. A base is what another job has looked at, as
//! far as the service says so; where it does not, everything that the head reaches is scanned.
//! Ids come before branches, because a branch moves: a job that runs late would find that its
//! commits have been merged, and so nothing to look at. A range also trusts the jobs before it:
//! where one of those failed or was skipped, only a checkpoint remembers what was not looked at.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod codebuild;
mod drone;
mod github;
mod gitlab;
mod jenkins;
mod rev;
mod teamcity;
mod travis;
mod woodpecker;

use std::io;
use std::path::Path;

use crate::environment::Environment;
use crate::file;

pub use rev::Rev;
use rev::Said;

/// Whether a process runs in a job: the variable is one that every service sets.
#[must_use]
pub fn is_job(environment: &Environment) -> bool {
    environment.is_true("CI")
}

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiRange {
    /// The service, as it calls itself.
    pub service: &'static str,
    /// What is scanned, for people: `the pull request into main`. It is safe to print.
    pub about: String,
    /// What is scanned: everything that this reaches, except what the base reaches too. If it is
    /// not here, the job cannot be done.
    pub head: Rev,
    /// What counts as the base: the first of these that is here. Where none is, or the list is
    /// empty, there is no base, and everything that `head` reaches is scanned. Commits that both
    /// sides share are left out by git's own `base..head`; no merge base has to be computed.
    pub bases: Vec<Rev>,
    /// The tag that is built: its own message is scanned as well, if it is here.
    pub tag: Option<Rev>,
    /// How to get what is not here, in the words of the service. It is safe to print.
    pub hint: String,
}

/// A job whose range cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum CiError {
    /// No known service runs this.
    #[error(
        "no CI service is recognised by its environment; --ci knows {}; elsewhere give both ends, \
         as in `tightlip history --ci BASE HEAD`",
        names()
    )]
    NotRecognised,
    /// Something is said that cannot be meant.
    #[error("{service}: {name} is `{value}`, which is no {kind}; nothing was scanned")]
    Value {
        /// The service.
        service: &'static str,
        /// The variable.
        name: String,
        /// Its value, escaped.
        value: String,
        /// What it should be.
        kind: &'static str,
    },
    /// Something is not said that must be.
    #[error("{service}: {name} is not set, and without it the job's range is not known")]
    Missing {
        /// The service.
        service: &'static str,
        /// The variable.
        name: &'static str,
    },
    /// The file with the event, or with what is known of the build, cannot be read.
    #[error("{service}: cannot read `{path}`, which tells what the job is about")]
    Event {
        /// The service.
        service: &'static str,
        /// The file, escaped.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A service: its name, how it is recognised, and how its range is read.
struct Service {
    name: &'static str,
    is_here: fn(&Job<'_>) -> bool,
    range: fn(&Job<'_>) -> Result<CiRange, CiError>,
}

/// The services, the first that is recognised counts. CodeBuild comes after those whose runners it hosts.
/// Jenkins comes last: images set its variables without running under it.
const SERVICES: [Service; 12] = [
    github::SERVICE,
    gitlab::SERVICE,
    azure::SERVICE,
    bitbucket::SERVICE,
    buildkite::SERVICE,
    circleci::SERVICE,
    travis::SERVICE,
    woodpecker::SERVICE,
    drone::SERVICE,
    codebuild::SERVICE,
    teamcity::SERVICE,
    jenkins::SERVICE,
];

fn names() -> String {
    SERVICES.map(|service| service.name).join(", ")
}

/// Tells which range the job is about, from its environment and, on GitHub, the file that this
/// names.
///
/// # Errors
/// No service is recognised; something is said that cannot be meant; a file that should be there
/// cannot be read.
pub fn range(
    environment: &Environment,
    read: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<CiRange, CiError> {
    for service in &SERVICES {
        let job = Job { service: service.name, environment, read };
        if (service.is_here)(&job) {
            return (service.range)(&job);
        }
    }
    Err(CiError::NotRecognised)
}

/// Reads a file as [`range`] needs it: whole, but not without end.
///
/// # Errors
/// It cannot be read, or it holds more than any service sends.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    file::read(path, MAX_EVENT_BYTES)
}

/// GitHub caps events at 25 MB:
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap>.
const MAX_EVENT_BYTES: u64 = 64 << 20;

/// What the job says of itself.
struct Job<'a> {
    service: &'static str,
    environment: &'a Environment,
    read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
}

impl Job<'_> {
    /// Returns a variable; an empty one is as good as none.
    fn text(&self, name: &str) -> Option<String> {
        self.environment.get_filled(name)?.to_str().map(str::to_owned)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case(value))
    }

    const fn said<'b>(&self, name: &'b str, value: &'b str) -> Said<'b> {
        Said { service: self.service, name, value }
    }

    fn id(&self, name: &str) -> Result<Option<Rev>, CiError> {
        self.text(name).map_or(Ok(None), |value| Rev::id(self.said(name, &value)))
    }

    fn branch(&self, name: &str) -> Result<Option<Rev>, CiError> {
        self.text(name).map_or(Ok(None), |value| Rev::branch(self.said(name, &value)))
    }

    fn tag(&self, name: &str) -> Result<Option<Rev>, CiError> {
        self.text(name).map_or(Ok(None), |value| Rev::tag(self.said(name, &value)))
    }

    /// A range without a base.
    fn all(&self, about: impl Into<String>, head: Rev, hint: &str) -> CiRange {
        CiRange {
            service: self.service,
            about: about.into(),
            head,
            bases: Vec::new(),
            tag: None,
            hint: hint.to_owned(),
        }
    }

    /// All that a tag reaches. Its commits mostly are on a branch as well, but nobody knows
    /// whether a job looked at them there; and a release is worth the time.
    fn tag_range(&self, tag: Rev, head: Rev, hint: &str) -> CiRange {
        let about = format!("all that the tag {} reaches", tag.shown());
        CiRange { tag: Some(tag), ..self.all(about, head, hint) }
    }

    /// What a pull request brings to its target.
    fn pull_request(
        &self,
        target: Option<&Rev>,
        head: Rev,
        bases: impl IntoIterator<Item = Option<Rev>>,
        hint: &str,
    ) -> CiRange {
        let into = target.map_or(String::new(), |target| format!(" into {}", target.shown()));
        let range = self.all(format!("the pull request{into}"), head, hint);
        CiRange { bases: bases.into_iter().flatten().collect(), ..range }
    }

    /// What a push brings to a branch: what was not there `before`; where that is gone, as after
    /// a forced push, or never was, as on a new branch, what the default branch does not have.
    ///
    /// The default branch is no base of itself. Other branches are none at all, although they
    /// would make the range of a new branch smaller: services run no jobs on branches that their
    /// configuration leaves out, so nobody may have looked at what is there.
    fn push(&self, push: Push, hint: &str) -> CiRange {
        let Push { branch, before, default, head } = push;
        let branch_name = branch.as_ref().map_or_else(|| "a branch".to_owned(), Rev::shown);
        let default = default.filter(|default| branch.as_ref().is_some_and(|b| b != default));
        let bases: Vec<Rev> = before.into_iter().chain(default).collect();
        let about = match bases.first() {
            Some(Rev::Id(_)) => format!("the push to {branch_name}"),
            Some(_) => format!("the new branch {branch_name}"),
            None => format!("all that {branch_name} reaches: nothing tells what was there before"),
        };
        CiRange { bases, ..self.all(about, head, hint) }
    }
}

/// What is known of a push to a branch.
struct Push {
    branch: Option<Rev>,
    before: Option<Rev>,
    default: Option<Rev>,
    head: Rev,
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{CiError, CiRange, Environment, MAX_EVENT_BYTES, Rev, range, read_file};

    /// Ids that are easy to tell apart: `id('a')`.
    pub(super) fn id(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    pub(super) fn rev(digit: char) -> Rev {
        Rev::Id(id(digit))
    }

    /// A branch of the service.
    pub(super) fn origin(name: &str) -> Rev {
        Rev::Ref(format!("refs/remotes/origin/{name}"))
    }

    /// The range of a job with these variables and this event.
    pub(super) fn range_of(env: &[(&str, &str)], event: &str) -> Result<CiRange, CiError> {
        // The first of two counts, so that a case may change one of its job's.
        let env = env.iter().rev().map(|(name, value)| (name.into(), value.into()));
        range(&Environment::new(env), &|path| {
            if path.as_os_str() == "event.json" {
                Ok(event.as_bytes().to_vec())
            } else {
                Err(io::ErrorKind::NotFound.into())
            }
        })
    }

    /// Checks one case of a table: the head, the bases, and a part of what is said.
    #[track_caller]
    pub(super) fn check(range: &CiRange, head: &Rev, bases: &[Rev], about: &str) {
        assert_eq!(&range.head, head, "{}", range.about);
        assert_eq!(range.bases, bases, "{}", range.about);
        assert!(range.about.contains(about), "{:?} in {:?}", about, range.about);
        assert!(!range.hint.is_empty());
    }

    #[test]
    fn no_service_is_an_error_that_says_what_to_do() {
        let error = range_of(&[("CI", "true")], "").unwrap_err().to_string();
        let all = [
            "GitHub",
            "GitLab",
            "Azure",
            "Bitbucket",
            "Buildkite",
            "CircleCI",
            "Travis",
            "Woodpecker",
            "Drone",
            "CodeBuild",
            "TeamCity",
            "Jenkins",
        ];
        assert!(all.iter().all(|name| error.contains(name)), "{error}");
        assert!(error.contains("tightlip history --ci BASE HEAD"), "{error}");
    }

    #[test]
    fn an_event_file_without_end_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        assert_eq!(read_file(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(read_file(&path).unwrap(), b"{}");
        std::fs::File::create(&path).unwrap().set_len(MAX_EVENT_BYTES + 1).unwrap();
        assert!(read_file(&path).is_err());
        assert!(read_file(folder.path()).is_err());
    }
}
