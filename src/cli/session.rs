//! What every scanning command needs: config, rules, allowlist, and a way to report.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::checkpoint::rules_hash;
use super::{ColorArg, Failure, FormatArg, Shared, Streams};
use crate::config::git_secrets::{GitSecrets, Providers};
use crate::config::{self, Config, Discovery, RuleChange};
use crate::engine::Engine;
use crate::finding::{Outcome, Skipped, Status};
use crate::report::{self, ReportOptions};
use crate::rule::{Confidence, RuleSet};
use crate::scan::{self, Options};
use crate::source::{MAX_OBJECT_BYTES, Repository, RepositoryError, Source};
use crate::suppress::{Allow, Allowlist};

/// Everything that flags, files and the environment say, ready to be used.
pub(super) struct Session<'a> {
    pub(super) engine: Engine,
    pub(super) max_object_bytes: u64,
    pub(super) config: Config,
    allowlist: Allowlist,
    options: Options,
    shared: &'a Shared,
    purpose: Purpose,
    /// What was ignored in git-secrets' configuration, one sentence each.
    warnings: Vec<String>,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Git runs it: it says nothing where there is nothing to say.
    Hook,
    /// Somebody looks at what they are about to commit.
    Commit,
    /// Somebody looks at files or at a history, of their own or of others: no command runs that
    /// only the repository itself names.
    Look,
}

impl<'a> Session<'a> {
    pub(super) fn load(shared: &'a Shared, purpose: Purpose) -> Result<Self, Failure> {
        let (config, mut git_secrets) = load_config(shared)?;
        let which = match purpose {
            Purpose::Hook | Purpose::Commit => Providers::All,
            Purpose::Look => Providers::NotOfRepository,
        };
        git_secrets.run_providers(which, home().as_deref())?;
        let rules = rules(&config, &git_secrets, &shared.rule)?;
        let mut entries = Vec::new();
        for (entry, origin) in &config.allow {
            entries.push(Allow::compile(entry.clone(), origin.clone())?);
        }
        let allowlist = Allowlist::new(entries).with_lines(git_secrets.line_allows()?);
        if let Some((origin, id)) = allowlist.rule_ids().find(|(_, id)| rules.find(id).is_none()) {
            return Err(
                format!("{origin}: no rule has the id `{id}`; see `tightlip rules list`").into()
            );
        }
        let min_confidence = config.min_confidence.unwrap_or(Confidence::Low);
        Ok(Session {
            engine: Engine::new(rules, now())?,
            max_object_bytes: shared
                .max_object_bytes
                .or(config.max_object_bytes)
                .unwrap_or(MAX_OBJECT_BYTES),
            config,
            allowlist,
            options: Options {
                threads: usize::from(shared.threads),
                min_confidence,
                ..Options::default()
            },
            shared,
            purpose,
            warnings: [git_secrets.warnings, git_secrets.not_run].concat(),
        })
    }

    /// Returns a hash of everything that decides what is found.
    pub(super) fn rules_hash(&self) -> String {
        let rules = self.engine.rules();
        rules_hash(rules, &self.config, &self.allowlist, self.max_object_bytes)
    }

    /// Scans one source. A source that cannot be read makes the outcome incomplete, so that what
    /// others found is still reported.
    pub(super) fn scan(&self, source: &dyn Source) -> Outcome {
        scan::run(source, &self.engine, &self.allowlist, self.options).unwrap_or_else(|error| {
            let mut outcome = Outcome::default();
            outcome.skipped.push(Skipped {
                path: Vec::new(),
                reason: super::chain(&error),
                incomplete: true,
            });
            outcome
        })
    }

    /// Reports an outcome and returns the exit status.
    pub(super) fn finish(
        &self,
        outcome: &Outcome,
        streams: &mut Streams<'_>,
    ) -> Result<u8, Failure> {
        let status = outcome.status();
        match &self.shared.output {
            Some(path) => {
                let file = File::create(path)
                    .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
                let mut file = BufWriter::new(file);
                report::render(outcome, self.report_options(false), &mut file)?;
                file.flush()?;
            }
            None => {
                // A hook's findings go where git shows them: not every hook's stdout is.
                let (out, is_terminal) = if self.purpose == Purpose::Hook {
                    (&mut *streams.err, streams.err_is_terminal)
                } else {
                    (&mut *streams.out, streams.out_is_terminal)
                };
                let mut out = BufWriter::new(out);
                closed_is_fine(report::render(
                    outcome,
                    self.report_options(is_terminal),
                    &mut out,
                ))?;
                closed_is_fine(out.flush())?;
            }
        }
        if self.shared.format == FormatArg::Text || self.shared.verbose > 0 {
            let options = self.report_options(streams.err_is_terminal);
            closed_is_fine(report::render_receipt(outcome, options, streams.err))?;
        } else if status == Status::Incomplete {
            closed_is_fine(writeln!(streams.err, "tightlip: incomplete; see the report"))?;
        }
        if !self.shared.quiet {
            for warning in &self.warnings {
                closed_is_fine(writeln!(streams.err, "tightlip: {warning}"))?;
            }
        }
        Ok(status.code())
    }

    fn report_options(&self, is_terminal: bool) -> ReportOptions {
        let color = match self.shared.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => {
                is_terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        ReportOptions {
            format: self.shared.format.into(),
            reveal: self.shared.reveal,
            color,
            verbose: self.shared.verbose > 0,
            receipt: !self.shared.quiet
                && (self.purpose != Purpose::Hook || self.shared.verbose > 0),
        }
    }
}

fn closed_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Loads the config that counts here, and what git-secrets is configured to forbid and allow. A
/// file that is named takes the place of both.
pub(super) fn load_config(shared: &Shared) -> Result<(Config, GitSecrets), Failure> {
    if let Some(path) = &shared.config {
        return Ok((config::load_file(path)?, GitSecrets::default()));
    }
    let repository = match Repository::open() {
        Ok(repository) => Some(repository),
        Err(RepositoryError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let from_git = match &repository {
        Some(repository) => repository.config("tightlip.config")?.map(|path| expand_home(&path)),
        None => None,
    };
    let root = work_tree_root();
    let in_repository = root.as_deref().filter(|_| repository.is_some());
    let git_secrets = GitSecrets::load(repository.as_ref(), in_repository)?;
    Ok((config::load(&Discovery { user_dir: user_dir(), from_git, root })?, git_secrets))
}

/// Joins the built-in rules with what git-secrets' configuration, the config and the flags say.
pub(super) fn rules(
    config: &Config,
    git_secrets: &GitSecrets,
    only: &[String],
) -> Result<RuleSet, Failure> {
    let mut rules = RuleSet::builtin();
    if git_secrets.completes_aws() {
        rules.enable("aws-account-id", true)?;
    }
    rules.extend(git_secrets.rules()?);
    for change in &config.rules {
        match change {
            RuleChange::Put(entry, origin) => rules.apply((**entry).clone(), origin.clone())?,
            RuleChange::Switch { id, enabled, origin } => {
                rules.enable(id, *enabled).map_err(|error| format!("{origin}: {error}"))?;
            }
        }
    }
    if !only.is_empty() {
        rules.only(only)?;
    }
    Ok(rules)
}

/// The user's config directory.
fn user_dir() -> Option<PathBuf> {
    let named = env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty());
    named.map(PathBuf::from).or_else(|| home().map(|home| home.join(".config")))
}

fn home() -> Option<PathBuf> {
    config::home(&|name| env::var_os(name))
}

fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// The root of the working tree in which the process stands.
pub(super) fn work_tree_root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    config::work_tree_root(&here, &|name| env::var_os(name))
}
