//! What every scanning command needs: config, rules, allowlist, and a way to report.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{ColorArg, Failure, FormatArg, Shared, Streams};
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
    /// Hooks say nothing where there is nothing to say.
    is_hook: bool,
}

impl<'a> Session<'a> {
    pub(super) fn load(shared: &'a Shared, is_hook: bool) -> Result<Self, Failure> {
        let config = load_config(shared)?;
        let rules = rules(&config, &shared.rule)?;
        let mut entries = Vec::new();
        for (entry, origin) in &config.allow {
            entries.push(Allow::compile(entry.clone(), origin.clone())?);
        }
        let allowlist = Allowlist::new(entries);
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
            options: Options { threads: usize::from(shared.threads), min_confidence },
            shared,
            is_hook,
        })
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
                let (out, is_terminal) = if self.is_hook {
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
            receipt: !self.shared.quiet && (!self.is_hook || self.shared.verbose > 0),
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

/// Loads the config that counts here.
pub(super) fn load_config(shared: &Shared) -> Result<Config, Failure> {
    if let Some(path) = &shared.config {
        return Ok(config::load_file(path)?);
    }
    let from_git = match Repository::open() {
        Ok(repository) => repository.config("tightlip.config")?.map(|path| expand_home(&path)),
        Err(RepositoryError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(config::load(&Discovery { user_dir: user_dir(), from_git, root: worktree_root() })?)
}

/// Joins the built-in rules with what the config and the flags say.
pub(super) fn rules(config: &Config, only: &[String]) -> Result<RuleSet, Failure> {
    let mut rules = RuleSet::builtin();
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
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))
}

fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// The root of the working tree: hooks run there, people run tightlip anywhere in it.
fn worktree_root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    if let Some(root) = env::var_os("GIT_WORK_TREE") {
        return Some(here.join(root));
    }
    if here.ancestors().any(|folder| folder.join(".git").exists())
        || env::var_os("GIT_DIR").is_none()
    {
        let root = here.ancestors().find(|folder| folder.join(".git").exists())?;
        // Named from here, so that messages are short.
        return Some(if root == here { PathBuf::from(".") } else { root.to_owned() });
    }
    // With GIT_DIR alone, git takes the current directory for the root; a bare one has none.
    let is_bare = here.join("HEAD").is_file() && here.join("objects").is_dir();
    (!is_bare).then(|| PathBuf::from("."))
}
