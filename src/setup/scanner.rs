//! A scanner as a repository and its user configure it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::checkpoint::rules_hash;
use super::git_secrets::{GitSecrets, GitSecretsError, Providers};
use super::known_values::Failed;
use super::{Config, ConfigError, Discovery, FILE_NAME, RuleChange, import, load, load_file};
use crate::engine::{Engine, EngineError};
use crate::finding::{Outcome, Progress, SkipKind};
use crate::git::{GitError, MAX_OBJECT_BYTES, RepositoryPool, Settings};
use crate::rule::{Confidence, PackError, RuleSet, SetError};
use crate::scan::{EngineSieve, Lines, Options, Record, Scan};
use crate::source::{ArchiveLimits, HistoryOptions, Source};
use crate::suppress::{Allow, AllowError, Allowlist, BASELINE_FILE, BaselineFile, PathFilter};

/// What a caller asks for; it outranks the configuration.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// A config file that is read in place of all others.
    pub config: Option<PathBuf>,
    /// Ids of the only rules to use; empty for all that are switched on.
    pub rules: Vec<String>,
    /// How many threads; 0 for one a core.
    pub threads: usize,
    /// Objects larger than this are left out and named.
    pub max_object_bytes: Option<u64>,
    /// Which of git-secrets' providers run.
    pub providers: Providers,
    /// The time now, in seconds since 1970: tokens may have expired.
    pub now: i64,
    /// Which findings are accepted.
    pub baseline: BaselineChoice,
}

/// Which baseline counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum BaselineChoice {
    /// The one at the repository's root, if there is one.
    #[default]
    OfRepository,
    /// This file.
    File(PathBuf),
    /// None.
    None,
}

/// Engine, policy and options, from configuration: what both command lines and libraries scan with.
///
/// ```no_run
/// use tightlip::environment::Environment;
/// use tightlip::git::{Location, RepositoryPool};
/// use tightlip::setup::{Request, Scanner};
/// use tightlip::source::{Staged, StagedOptions};
///
/// let location = Location::named("/a/repository", &Environment::new(std::env::vars_os()));
/// let repository = RepositoryPool::new(location);
/// let scanner = Scanner::load(&repository, &Request::default())?;
/// let outcome = scanner.scan(&Staged::new(&repository, StagedOptions::default()));
/// println!("{:?}", outcome.status());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Scanner {
    pub(super) repository: RepositoryPool,
    pub(super) engine: Engine,
    pub(super) policy: Allowlist,
    options: Options,
    /// Files of known values that could not be read.
    pub(super) known_failed: Failed,
    /// What git-secrets' providers have printed as it is, each with a name for it.
    pub(super) provider_values: Vec<(String, Vec<u8>)>,
    pub(super) config: Config,
    warnings: Vec<String>,
}

/// A configuration with which nothing can be scanned.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The repository cannot be opened, or its configuration cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A config file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// git-secrets' configuration cannot be used.
    #[error(transparent)]
    GitSecrets(#[from] GitSecretsError),
    /// A rule that the configuration adds or changes cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A rule cannot be used.
    #[error(transparent)]
    Rule(#[from] SetError),
    /// The configuration names a rule that is not there.
    #[error("{origin}")]
    Switch {
        /// Where it does: `file:line`.
        origin: String,
        /// What is wrong.
        source: SetError,
    },
    /// An allow entry cannot be used.
    #[error(transparent)]
    Allow(#[from] AllowError),
    /// An allow entry names a rule that is not there.
    #[error("{origin}: no rule has the id `{id}`; see `tightlip rules list`")]
    UnknownRule {
        /// Where it does: `file:line`.
        origin: String,
        /// The id.
        id: String,
    },
    /// The rules do not make an engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Scanner {
    /// Reads the configuration that counts in a repository, or outside of one, and makes a scanner
    /// of it.
    ///
    /// # Errors
    /// Something of the configuration cannot be read or understood.
    pub fn load(repository: &RepositoryPool, request: &Request) -> Result<Self, SetupError> {
        let (config, mut git_secrets) = load_config(repository, request.config.as_deref())?;
        git_secrets.run_providers(request.providers, repository.location().environment())?;
        Scanner::build(repository, request, config, git_secrets)
    }

    /// Makes a scanner of a configuration that is at hand.
    ///
    /// # Errors
    /// Something of it cannot be used.
    pub fn of_config(
        repository: &RepositoryPool,
        request: &Request,
        config: Config,
    ) -> Result<Self, SetupError> {
        Scanner::build(repository, request, config, GitSecrets::default())
    }

    fn build(
        repository: &RepositoryPool,
        request: &Request,
        config: Config,
        git_secrets: GitSecrets,
    ) -> Result<Self, SetupError> {
        let rules = rules(&config, &git_secrets, &request.rules)?;
        let provider_values = git_secrets.provider_values();
        let mut entries = Vec::new();
        for (entry, origin) in &config.allow {
            entries.push(Allow::compile(entry.clone(), origin.clone())?);
        }
        let policy = Allowlist::new(entries)
            .with_lines(git_secrets.line_allows()?)
            .with_other_marks(config.other_marks)
            .with_baseline(baseline(repository, request));
        if let Some((origin, id)) = policy.rule_ids().find(|(_, id)| rules.find(id).is_none()) {
            return Err(SetupError::UnknownRule { origin: origin.into(), id: id.into() });
        }
        let limit = request.max_object_bytes.or(config.max_object_bytes);
        repository.set_max_object_bytes(limit.unwrap_or(MAX_OBJECT_BYTES));
        let min_confidence = config.min_confidence.unwrap_or(Confidence::Medium);
        Ok(Scanner {
            repository: repository.clone(),
            engine: Engine::new(rules, request.now)?.with_min_confidence(min_confidence),
            policy,
            options: Options { threads: request.threads, min_confidence, ..Options::default() },
            known_failed: Failed::default(),
            provider_values,
            config,
            warnings: [git_secrets.warnings, git_secrets.not_run].concat(),
        })
    }

    /// Makes a scanner of what git-secrets' configuration alone forbids, which finds lines as grep
    /// does; `None` if nothing is forbidden.
    ///
    /// # Errors
    /// Something of the configuration cannot be used.
    pub fn of_git_secrets(
        repository: &RepositoryPool,
        found: GitSecrets,
        now: i64,
    ) -> Result<Option<Self>, SetupError> {
        if found.forbids_nothing() {
            return Ok(None);
        }
        let mut rules = found.rules()?;
        if found.completes_aws() {
            rules.extend(GitSecrets::aws_rules());
        }
        Ok(Some(Scanner {
            repository: repository.clone(),
            policy: Allowlist::default().with_lines(found.line_allows()?),
            engine: Engine::new(RuleSet::from_rules(rules), now)?,
            options: Options { lines: Lines::Whole, ..Options::default() },
            known_failed: Failed::default(),
            provider_values: Vec::new(),
            config: Config::default(),
            warnings: found.warnings,
        }))
    }

    /// Scans one source. A source that cannot be listed makes the outcome incomplete, so that what
    /// others hold is still reported.
    #[must_use]
    pub fn scan(&self, source: &dyn Source) -> Outcome {
        let mut outcome = self.pipeline().source(source, &Progress::default());
        outcome.skipped.extend(self.take_known_failed());
        outcome
    }

    /// Scans a history; `progress` tells how far it has come, and ends it.
    #[must_use]
    pub fn history(&self, options: HistoryOptions, progress: &Progress) -> Outcome {
        self.history_and(options, progress, |_| {})
    }

    /// Scans a history, and then what `more` scans: a secret that both hold is one finding.
    #[must_use]
    pub fn history_and(
        &self,
        options: HistoryOptions,
        progress: &Progress,
        more: impl FnOnce(&mut Outcome),
    ) -> Outcome {
        let options = HistoryOptions { threads: self.options.threads, ..options };
        self.pipeline().history(&self.repository, options, progress, more)
    }

    /// Scans a whole history, and makes a record of what it came to, for [`recall`](Self::recall).
    #[must_use]
    pub fn history_recorded(
        &self,
        options: HistoryOptions,
        progress: &Progress,
    ) -> (Outcome, Option<Record>) {
        let options = HistoryOptions { threads: self.options.threads, ..options };
        self.pipeline().history_recorded(&self.repository, options, progress)
    }

    /// Returns what a scan of a history that has not changed since a record was made would come to; `None` if
    /// it would come to something else.
    #[must_use]
    pub fn recall(
        &self,
        record: &Record,
        archives: Option<ArchiveLimits>,
        progress: &Progress,
    ) -> Option<Outcome> {
        self.pipeline().recall(&self.repository, record, archives, progress)
    }

    fn pipeline(&self) -> Scan<'_> {
        Scan { engine: &self.engine, policy: &self.policy, options: self.options }
    }

    /// Leaves out, from now on, paths that do not count.
    pub fn limit_paths(&mut self, paths: PathFilter) {
        self.policy = std::mem::take(&mut self.policy).with_paths(paths);
    }

    /// Returns which paths count.
    #[must_use]
    pub fn paths(&self) -> &PathFilter {
        self.policy.paths()
    }

    /// Returns the repository that is scanned.
    #[must_use]
    pub fn repository(&self) -> &RepositoryPool {
        &self.repository
    }

    /// Returns the engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Returns the sieve for a history, which counts lines as this scanner does.
    #[must_use]
    pub fn sieve(&self) -> EngineSieve<'_> {
        EngineSieve::new(&self.engine, self.options.lines)
    }

    /// Returns the confidence below which findings are not reported.
    #[must_use]
    pub fn min_confidence(&self) -> Confidence {
        self.options.min_confidence
    }

    /// Returns how many threads scan; 0 for one a core.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.options.threads
    }

    /// Returns what was ignored in git-secrets' configuration, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Names the files of other scanners at the root of the repository, which are not read, if there are any.
    #[must_use]
    pub fn unread_files(&self) -> Option<String> {
        let root = self.repository.location().root()?;
        import::unread(&root, &self.config.migrated)
    }

    /// Says that the config file at the root hides something and is not what the index has, if that is so: who
    /// reads the commit does not see why nothing was found.
    #[must_use]
    pub fn uncommitted(&self, outcome: &Outcome) -> Option<String> {
        let path = self.repository.location().root()?.join(FILE_NAME);
        if !self.config.files.contains(&path) {
            return None;
        }
        let mark = format!("{FILE_NAME}:");
        let is_its = |reason: &String| reason.contains(&mark) && reason.ends_with(')');
        let skipped = outcome.skipped.iter().filter(|one| one.kind == SkipKind::AllowedPath);
        let hidden = outcome.suppressed.iter().filter(|one| is_its(&one.reason)).count()
            + skipped.filter(|one| is_its(&one.reason)).count();
        let changed = self.changed_rules(&mark);
        if hidden == 0 && changed.is_empty() || self.is_staged(&path) {
            return None;
        }
        let mut does = Vec::new();
        match hidden {
            0 => {}
            1 => does.push("allows 1 finding or file".to_owned()),
            more => does.push(format!("allows {more} findings or files")),
        }
        if !changed.is_empty() {
            does.push(format!("switches off or changes {}", changed.join(", ")));
        }
        Some(format!("{FILE_NAME} is not what is staged or committed, and {}", does.join(" and ")))
    }

    /// The built-in rules that a file switches off or changes.
    fn changed_rules(&self, mark: &str) -> Vec<&str> {
        let builtin = RuleSet::builtin();
        let changes = self.config.rules.iter().filter_map(|change| match change {
            RuleChange::Put(entry, origin) => {
                let is_its = format!("{}:", origin.file).ends_with(mark);
                (is_its && builtin.find(&entry.id).is_some()).then_some(&*entry.id)
            }
            RuleChange::Switch { id, enabled, origin } => {
                (!enabled && origin.contains(mark)).then_some(&**id)
            }
        });
        changes.collect()
    }

    /// Whether the index has a file at the root as it is, or line breaks alone differ. What cannot be told is no.
    fn is_staged(&self, path: &Path) -> bool {
        let without_returns = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().filter(|&byte| byte != b'\r').collect()
        };
        let Ok(text) = std::fs::read(path) else { return false };
        let Ok(mut repository) = self.repository.get() else { return false };
        let Ok(Some(id)) = repository.staged_id(FILE_NAME) else { return false };
        let is_same = |staged: &[u8]| without_returns(staged) == without_returns(&text);
        repository.object(&id, |_, staged| is_same(staged)).unwrap_or(false)
    }

    /// Reads the baseline now, so that every scan is incomplete if it cannot be understood. A hook does without: it would
    /// read the file for every commit.
    pub fn check_baseline(&self) {
        self.policy.check_baseline();
    }

    /// Returns the entries of the baseline that fit nothing of an outcome: what they accepted is gone.
    #[must_use]
    pub fn unused_accepted(&self, outcome: &Outcome) -> usize {
        let Some(Ok(baseline)) = self.policy.baseline().map(BaselineFile::load) else { return 0 };
        let hidden = outcome.suppressed.iter().map(|hidden| &hidden.finding);
        let used: HashSet<String> = hidden
            .chain(&outcome.findings)
            .flat_map(|finding| {
                let own = std::iter::once(finding.fingerprint.clone());
                own.chain(finding.accepted_by())
            })
            .map(|fingerprint| fingerprint.to_string())
            .collect();
        baseline.entries().filter(|entry| !used.contains(&entry.fingerprint)).count()
    }

    /// Returns a hash of everything that decides what is found.
    #[must_use]
    pub fn rules_hash(&self) -> String {
        let limit = self.repository.max_object_bytes();
        rules_hash(self.engine.rules(), &self.config, &self.policy, limit)
    }
}

/// The baseline that counts; it is read when there is a finding to judge.
fn baseline(repository: &RepositoryPool, request: &Request) -> Option<BaselineFile> {
    let path = match &request.baseline {
        BaselineChoice::OfRepository => repository.location().root()?.join(BASELINE_FILE),
        BaselineChoice::File(path) => path.clone(),
        BaselineChoice::None => return None,
    };
    Some(BaselineFile::new(path, request.now))
}

/// Loads the config that counts, and what git-secrets is configured to forbid and allow. A file that
/// is named takes the place of both.
///
/// # Errors
/// Something of it cannot be read or understood.
pub fn load_config(
    repository: &RepositoryPool,
    named: Option<&Path>,
) -> Result<(Config, GitSecrets), SetupError> {
    let location = repository.location();
    if let Some(path) = named {
        return Ok((load_file(path)?, GitSecrets::default()));
    }
    let environment = location.environment();
    let opened = repository.get_if_there()?;
    let outside;
    let settings = match &opened {
        Some(repository) => repository.settings()?,
        None => {
            outside = Settings::outside(location)?;
            &outside
        }
    };
    let from_git = settings.get("tightlip.config").filter(|_| opened.is_some());
    let root = location.root();
    let git_secrets = GitSecrets::load(settings, root.as_deref().filter(|_| opened.is_some()))?;
    let discovery = Discovery {
        user_dir: environment.config_directory(),
        from_git: from_git.map(|path| match (path.strip_prefix("~/"), environment.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            // One file, from every directory.
            _ => root.as_ref().map_or_else(|| location.join(&path), |root| root.join(&path)),
        }),
        root,
    };
    Ok((load(&discovery)?, git_secrets))
}

/// Joins the built-in rules with what git-secrets' configuration, the config and the caller say.
///
/// # Errors
/// A rule cannot be used, or one that is named is not there.
pub fn rules(
    config: &Config,
    git_secrets: &GitSecrets,
    only: &[String],
) -> Result<RuleSet, SetupError> {
    let mut rules = RuleSet::builtin();
    if git_secrets.completes_aws() {
        rules.enable("aws-account-id", true)?;
    }
    rules.extend(git_secrets.rules()?);
    for change in &config.rules {
        match change {
            RuleChange::Put(entry, origin) => rules.apply((**entry).clone(), origin.clone())?,
            RuleChange::Switch { id, enabled, origin } => {
                let switched = rules.enable(id, *enabled);
                switched.map_err(|source| SetupError::Switch { origin: origin.clone(), source })?;
            }
        }
    }
    if !only.is_empty() {
        rules.only(only)?;
    }
    Ok(rules)
}
