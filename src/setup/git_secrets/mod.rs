//! What git-secrets is configured to forbid and to allow: `secrets.*` of git's configuration,
//! `.gitallowed`, and what providers print.
//!
//! Both command lines honour it, so that they agree on what is forbidden. Source of the format:
//! <https://github.com/awslabs/git-secrets#options-for---add>.

pub mod aws;
mod credentials;
mod forbidden;
mod provider;
mod values;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

pub use credentials::credentials;
pub use forbidden::forbidden;
pub use provider::{ProviderError, join_words};

use super::load::MAX_BYTES;
use crate::environment::Environment;
use crate::file;
use crate::git::{GitError, Level, Setting, Settings};
use crate::pattern::EreError;
use crate::rule::{Rule, RuleOrigin, RuleSet, Texts};
use crate::suppress::{ALLOWED_FILE, LineAllow, LineAllowError};
use provider::Provider;

/// The section of git's configuration.
pub const SECTION: &str = "secrets";

/// The beginning of the origin of patterns that a provider has printed.
const PROVIDER_OUTPUT: &str = "output of provider ";

/// What a pattern matches, if that is one text alone.
fn plain_text(pattern: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter().copied();
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'\\' => bytes.next().filter(|byte| !byte.is_ascii_alphanumeric())?,
            byte if b".[]{}()*+?^$|".contains(&byte) => return None,
            byte => byte,
        });
    }
    Some(text)
}

/// Something of git-secrets' configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GitSecretsError {
    /// A pattern cannot be translated.
    #[error("{origin}: pattern")]
    Pattern {
        /// Where it stands.
        origin: RuleOrigin,
        /// What is wrong.
        #[source]
        source: EreError,
    },
    /// An allowed pattern cannot be used.
    #[error(transparent)]
    Allowed(#[from] LineAllowError),
    /// The file of allowed patterns is there and cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A provider failed, so what it forbids is unknown.
    #[error(
        "{origin}: provider `{command}` failed, so not all that is forbidden is known; mend it, or \
         let it fail with `git config secrets.providerErrors ignore`"
    )]
    Provider {
        /// Where it stands.
        origin: RuleOrigin,
        /// The command, escaped.
        command: String,
        /// What happened.
        #[source]
        source: ProviderError,
    },
    /// Git's configuration cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A setting has an invalid value.
    #[error("git's {key} is `{value}`; it can be {expected}")]
    Setting {
        /// The key.
        key: &'static str,
        /// Its value, escaped.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// Which providers may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Providers {
    /// All that git's configuration names: git trusts the repository, and so does its user.
    All,
    /// None that the repository's own configuration names: it may be somebody else's.
    #[default]
    NotOfRepository,
}

/// How much of a line an allowed pattern hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AllowScope {
    /// The secrets that it covers.
    #[default]
    Match,
    /// Everything on its line, as git-secrets has it.
    Line,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
struct Entry {
    text: Vec<u8>,
    origin: RuleOrigin,
}

/// git-secrets' configuration, read.
#[derive(Debug, Clone)]
pub struct GitSecrets {
    patterns: Vec<Entry>,
    allowed: Vec<Entry>,
    providers: Vec<(Provider, RuleOrigin, Level)>,
    /// How much of a line an allowed pattern hides: `secrets.allowScope`, `match` or `line`.
    pub allow_scope: AllowScope,
    /// Whether the AWS rules of this program stand in for what git-secrets' AWS patterns miss, if
    /// those are registered: `secrets.builtinAws`.
    pub builtin_aws: bool,
    /// Whether secrets are masked where git-secrets shows lines whole: `secrets.redact`.
    pub redact: bool,
    /// Whether an install writes hooks beyond git-secrets' own three: `secrets.extraHooks`.
    pub extra_hooks: bool,
    /// Whether a history that a shallow clone cuts off counts as whole: `secrets.allowShallow`.
    pub allow_shallow: bool,
    ignores_provider_errors: bool,
    /// What was ignored, one sentence each.
    pub warnings: Vec<String>,
    /// Providers that were not run, as the repository itself names them.
    pub not_run: Vec<String>,
}

impl Default for GitSecrets {
    fn default() -> Self {
        GitSecrets {
            patterns: Vec::new(),
            allowed: Vec::new(),
            providers: Vec::new(),
            allow_scope: AllowScope::Match,
            builtin_aws: true,
            redact: false,
            extra_hooks: true,
            allow_shallow: false,
            ignores_provider_errors: false,
            warnings: Vec::new(),
            not_run: Vec::new(),
        }
    }
}

impl GitSecrets {
    /// Sorts git's configuration, and reads the file of allowed patterns at the root of the working
    /// tree.
    ///
    /// # Errors
    /// Something of it cannot be read, or a setting has a value that makes no sense.
    pub fn load(settings: &Settings, root: Option<&Path>) -> Result<Self, GitSecretsError> {
        let mut found = GitSecrets::new(settings.section(SECTION))?;
        if let Some(root) = root {
            found.add_allowed_file(root)?;
        }
        Ok(found)
    }

    /// Sorts the values of the section [`SECTION`].
    ///
    /// # Errors
    /// A setting has an invalid value.
    pub fn new<'a>(
        settings: impl IntoIterator<Item = &'a Setting>,
    ) -> Result<Self, GitSecretsError> {
        let mut found = GitSecrets::default();
        for setting in settings {
            found.add(setting)?;
        }
        Ok(found)
    }

    /// Adds what the file of allowed patterns at the root of the working tree says, if it is there.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn add_allowed_file(&mut self, root: &Path) -> Result<(), GitSecretsError> {
        let path = root.join(ALLOWED_FILE);
        let text = match file::read(&path, MAX_BYTES) {
            Ok(text) => text,
            // A link that leads nowhere is there.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && std::fs::symlink_metadata(&path).is_err() =>
            {
                return Ok(());
            }
            Err(source) => return Err(GitSecretsError::File { path, source }),
        };
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let is_comment = line.trim_ascii_start().first().is_none_or(|&first| first == b'#');
            if !is_comment {
                let line_number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let file = Cow::Borrowed(ALLOWED_FILE);
                let origin = RuleOrigin { file, line: line_number, builtin: false };
                self.allowed.push(Entry { text: line.to_vec(), origin });
            }
        }
        Ok(())
    }

    /// Runs the providers, each once, and adds the patterns that they print.
    ///
    /// # Errors
    /// One cannot be run or fails, unless `secrets.providerErrors` says to ignore it.
    pub fn run_providers(
        &mut self,
        which: Providers,
        environment: &Environment,
    ) -> Result<(), GitSecretsError> {
        let mut done: Vec<Provider> = Vec::new();
        for (provider, origin, level) in std::mem::take(&mut self.providers) {
            if done.contains(&provider) {
                continue;
            }
            let may_run = which == Providers::All || !level.is_of_repository();
            if !may_run && !provider.is_own() {
                self.not_run.push(format!(
                    "{origin}: provider `{provider}` was not run, because the repository itself \
                     names it"
                ));
                continue;
            }
            match provider.patterns(environment) {
                Ok(patterns) => {
                    for (index, text) in patterns.into_iter().enumerate() {
                        let file = Cow::Owned(format!("{PROVIDER_OUTPUT}`{provider}`"));
                        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
                        let origin = RuleOrigin { file, line, builtin: false };
                        self.patterns.push(Entry { text, origin });
                    }
                }
                Err(_) if self.ignores_provider_errors => self.warnings.push(format!(
                    "{origin}: provider `{provider}` failed, which secrets.providerErrors ignores"
                )),
                Err(source) => {
                    let command = provider.to_string();
                    return Err(GitSecretsError::Provider { origin, command, source });
                }
            }
            done.push(provider);
        }
        Ok(())
    }

    /// Returns what providers have printed that is plain text, each with the provider's name for it.
    pub(super) fn provider_values(&self) -> Vec<(String, Vec<u8>)> {
        let is_printed = |entry: &&Entry| entry.origin.file.starts_with(PROVIDER_OUTPUT);
        let printed = self.patterns.iter().filter(is_printed);
        printed
            .filter_map(|entry| Some((entry.origin.file.to_string(), plain_text(&entry.text)?)))
            .collect()
    }

    /// Whether nothing is forbidden.
    #[must_use]
    pub fn forbids_nothing(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether git-secrets' AWS patterns are registered and are to be completed by the AWS rules of
    /// this program.
    #[must_use]
    pub fn completes_aws(&self) -> bool {
        self.builtin_aws && self.patterns.iter().any(|entry| entry.text == aws::KEY_ID.as_bytes())
    }

    /// Makes a rule of every pattern.
    ///
    /// # Errors
    /// The first pattern that cannot be translated.
    pub fn rules(&self) -> Result<Vec<Rule>, GitSecretsError> {
        let completes_aws = self.completes_aws();
        let rule = |entry: &Entry| {
            let is_secret_key = completes_aws && entry.text == aws::SECRET_KEY.as_bytes();
            let checks: Texts = match is_secret_key {
                true => Cow::Borrowed(&[Cow::Borrowed("key-of-hash")]),
                false => Texts::default(),
            };
            forbidden(&entry.text, checks, entry.origin.clone())
                .map_err(|source| GitSecretsError::Pattern { origin: entry.origin.clone(), source })
        };
        self.patterns.iter().map(rule).collect()
    }

    /// Returns the built-in rules that complete git-secrets' AWS patterns: all of AWS, that for
    /// account ids too.
    #[must_use]
    pub fn aws_rules() -> Vec<Rule> {
        let rules = RuleSet::builtin();
        let rules = rules.all();
        let own = (0..rules.len()).filter(|&at| rules.id(at).starts_with("aws-"));
        own.map(|at| Rule { enabled: true, ..rules[at].clone() }).collect()
    }

    /// Makes an allow entry of every allowed pattern.
    ///
    /// # Errors
    /// The first one that cannot be used: an entry that is passed over would hide nothing, one that
    /// is misread anything.
    pub fn line_allows(&self) -> Result<Vec<LineAllow>, GitSecretsError> {
        let whole_line = self.allow_scope == AllowScope::Line;
        let allow = |entry: &Entry| {
            LineAllow::new(&entry.text, entry.origin.to_string(), whole_line)
                .map_err(GitSecretsError::from)
        };
        self.allowed.iter().map(allow).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{GitSecrets, Providers};
    use crate::environment::Environment;
    use crate::git::{Level, Setting};

    fn setting(key: &str, value: &str) -> Setting {
        Setting { key: key.into(), value: Some(value.into()), level: Level::Local }
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_place() {
        let found = GitSecrets::new(&[
            setting("secrets.patterns", "fine\na("),
            setting("secrets.allowed", "b["),
            setting("secrets.providers", "/nowhere/at-all x"),
        ]);
        let mut found = found.unwrap();
        let error = found.rules().unwrap_err().to_string();
        assert!(error.contains("secrets.patterns (local git configuration):2: pattern"), "{error}");
        let error = found.line_allows().unwrap_err().to_string();
        assert!(error.contains("secrets.allowed (local git configuration):1"), "{error}");
        let error =
            found.run_providers(Providers::All, &Environment::default()).unwrap_err().to_string();
        assert!(error.contains("provider `/nowhere/at-all x` failed"), "{error}");
        assert!(GitSecrets::new(&[setting("secrets.allowscope", "x")]).is_err());
    }

    #[test]
    fn a_repository_cannot_have_its_own_providers_run_by_an_audit() {
        let mut found = GitSecrets::new(&[setting("secrets.providers", "false")]).unwrap();
        found.run_providers(Providers::NotOfRepository, &Environment::default()).unwrap();
        assert_eq!(found.not_run.len(), 1);
        let mut found = GitSecrets::new(&[
            setting("secrets.providers", "false"),
            setting("secrets.providererrors", "ignore"),
        ])
        .unwrap();
        found.run_providers(Providers::All, &Environment::default()).unwrap();
        assert_eq!(found.warnings.len(), 1);
    }

    #[test]
    fn comments_and_empty_lines_of_the_file_allow_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".gitallowed"), "# a\n\n  # b\n \t\nc d\r\ne\\#\n")
            .unwrap();
        let mut found = GitSecrets::new(&[setting("secrets.allowed", "")]).unwrap();
        assert_eq!(found.warnings.len(), 1);
        found.add_allowed_file(folder.path()).unwrap();
        let texts: Vec<&[u8]> = found.allowed.iter().map(|entry| &*entry.text).collect();
        assert_eq!(texts, [&b"c d"[..], b"e\\#"]);
        assert_eq!(found.allowed[1].origin.to_string(), ".gitallowed:6");
    }

    #[test]
    fn plain_patterns_are_told_from_expressions() {
        for (pattern, expected) in [
            ("abc/d=", Some("abc/d=")),
            (r"a\+b\.c", Some("a+b.c")),
            ("a.c", None),
            ("a[bc]", None),
            (r"\bword", None),
            ("a\\", None),
        ] {
            let found = super::plain_text(pattern.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{pattern}");
        }
    }
}
