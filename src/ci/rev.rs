//! What a service may say: ids and names, checked before anything is done with them.

use super::CiError;
use crate::text::escape::escape;

/// An object, named so that only one can be meant.
///
/// Ids and refs are kept apart, and refs are written in full: git takes a tag called `origin/main`
/// for the branch, and a branch called `abc1234` for the id, so whoever can push names could
/// otherwise choose the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rev {
    /// What is checked out.
    Head,
    /// An id in lower-case hexadecimal: whole, or cut to 7 digits or more where a service does
    /// that. One that is cut must be looked up among objects, never among refs (`git rev-parse
    /// --disambiguate`), and be the only one.
    Id(String),
    /// The full name of a ref, beginning with `refs/`.
    Ref(String),
}

impl Rev {
    /// Parses an id; nothing, zeros and `null` (Jenkins) are none.
    pub(super) fn id(said: Said<'_>) -> Result<Option<Rev>, CiError> {
        let id = said.value.to_ascii_lowercase();
        if id.bytes().all(|digit| digit == b'0') || id == "null" {
            return Ok(None);
        }
        let is_id = (7..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id { Ok(Some(Rev::Id(id))) } else { Err(said.is_no("id of a commit")) }
    }

    /// Makes the name that a branch of the service has in a clone. A local branch of that name
    /// proves nothing: it may be what the pull request brings.
    pub(super) fn branch(said: Said<'_>) -> Result<Option<Rev>, CiError> {
        let name = said.value.strip_prefix("refs/heads/").unwrap_or(said.value);
        if name.is_empty() {
            return Ok(None);
        }
        if !is_ref_name(name) {
            return Err(said.is_no("name of a branch"));
        }
        Ok(Some(Rev::Ref(format!("refs/remotes/origin/{name}"))))
    }

    pub(super) fn tag(said: Said<'_>) -> Result<Option<Rev>, CiError> {
        let name = said.value.strip_prefix("refs/tags/").unwrap_or(said.value);
        if name.is_empty() {
            return Ok(None);
        }
        if !is_ref_name(name) {
            return Err(said.is_no("name of a tag"));
        }
        Ok(Some(Rev::Ref(format!("refs/tags/{name}"))))
    }

    /// Returns the words for [`super::CiRange::about`].
    pub fn shown(&self) -> String {
        match self {
            Rev::Head => "HEAD".into(),
            Rev::Id(id) => id[..id.len().min(12)].to_owned(),
            Rev::Ref(name) => {
                let short = ["refs/remotes/origin/", "refs/tags/"]
                    .iter()
                    .find_map(|prefix| name.strip_prefix(prefix))
                    .unwrap_or(name);
                escape(short.as_bytes()).into_owned()
            }
        }
    }
}

/// What git allows after `refs/heads/`: <https://git-scm.com/docs/git-check-ref-format>. No name
/// that passes is taken for a flag, a range or a suffix such as `^1`.
fn is_ref_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with(".lock")
            && !part.ends_with('.')
    };
    let is_bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    name.len() <= MAX_NAME_BYTES
        && !name.starts_with('-')
        && name != "@"
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(is_bad)
        && name.split('/').all(is_part)
}

/// Longer names are none that a file system holds.
const MAX_NAME_BYTES: usize = 1024;

/// Something that a service says, and under which name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) service: &'static str,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

impl Said<'_> {
    pub(super) fn is_no(self, kind: &'static str) -> CiError {
        let value: String = self.value.chars().take(100).collect();
        CiError::Value {
            service: self.service,
            name: self.name.to_owned(),
            value: escape(value.as_bytes()).into_owned(),
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{id, range_of, rev};
    use super::{Rev, is_ref_name};

    #[test]
    fn hostile_names_are_errors() {
        for name in [
            "--upload-pack=x",
            "-x",
            "a..b",
            "a b",
            "a\nb",
            "a\u{1b}[31m",
            "a^1",
            "a~1",
            "a:b",
            "@{u}",
            "a@{1}",
            "@",
            "a//b",
            "/a",
            "a/",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "a?",
            "a*",
            "[a",
            "a\\b",
        ] {
            assert!(!is_ref_name(name), "{name:?}");
            let job = [("BUILDKITE", "true"), ("BUILDKITE_PULL_REQUEST", "1")];
            let env = [&job[..], &[("BUILDKITE_PULL_REQUEST_BASE_BRANCH", name)]].concat();
            let error = range_of(&env, "").expect_err(name).to_string();
            assert!(error.contains("BUILDKITE_PULL_REQUEST_BASE_BRANCH"), "{error}");
            assert!(!error.contains(|c: char| c.is_control()), "{error:?}");
        }
        for name in ["main", "feature/x", "HEAD", "caf\u{e9}", "a-b_c.d", "refs/heads/x", "1@2"] {
            assert!(is_ref_name(name), "{name}");
        }
        assert!(!is_ref_name(&"a".repeat(5000)));
    }

    #[test]
    fn what_is_no_id_is_an_error_and_zeros_are_none() {
        let before = |value: &str| {
            range_of(&[("JENKINS_URL", "x"), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", value)], "")
        };
        for value in ["HEAD", "main", "--all", "abc", "g".repeat(40).as_str(), "a..b", "^a"] {
            let error = before(value).expect_err(value).to_string();
            assert!(error.contains("no id of a commit"), "{error}");
        }
        assert!(before(&"a".repeat(65)).is_err());
        for value in ["", "null", &"0".repeat(40), &"0".repeat(64)] {
            assert_eq!(before(value).unwrap().bases, []);
        }
        let upper = before(&id('A')).unwrap();
        assert_eq!(upper.bases, [rev('a')]);
        assert_eq!(before(&"b".repeat(64)).unwrap().bases, [Rev::Id("b".repeat(64))]);
    }
}
