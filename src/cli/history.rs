//! `tightlip history`

use std::path::PathBuf;

use clap::Args;

use super::checkpoint::Checkpoint;
use super::ci;
use super::progress::{stop_on_signals, watch};
use super::revs::{self, Selection};
use super::session::{Purpose, Session};
use super::{Failure, Shared, Streams};
use crate::finding::{Outcome, Skipped, Status};
use crate::scan::{EngineSieve, join_families};
use crate::source::{Commits, History, HistoryOptions, Known, ObjectId, Progress, Repository};

/// Scan everything that history holds: all refs, or the given revisions and ranges
///
/// Read are all versions of all files, messages of commits and tags, names of files and refs,
/// and who made what. A secret is reported once for each file that holds it, with the first commit
/// that brought it in. Of a range, only what it adds is reported.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Branches, tags, commits, and ranges such as `A..B` or `^A B`
    #[arg(value_name = "REV")]
    revs: Vec<String>,
    /// Only this branch
    #[arg(long, value_name = "NAME", conflicts_with = "revs")]
    branch: Option<String>,
    /// Only commits after this date, as git understands dates
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only the newest N commits
    #[arg(long, short = 'n', value_name = "N")]
    max_count: Option<usize>,
    /// Only what the CI job that runs this is about
    #[arg(long, conflicts_with_all = ["revs", "branch"])]
    ci: bool,
    /// Leave out what FILE says was scanned with the same rules; write it when all is clean
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "max_count"])]
    checkpoint: Option<PathBuf>,
}

/// Up to so many commits, going from one to the next is faster than reading everything.
const FEW_COMMITS: usize = 1000;

pub(super) fn run(
    args: &HistoryArgs,
    shared: &Shared,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let session = Session::load(shared, Purpose::Look)?;
    let mut scan = HistoryScan::new(&session, shared, streams.err_is_terminal);
    let mut selection = selection(args, &mut scan, streams)?;
    let checkpoint = match &args.checkpoint {
        Some(path) => Some(Started::new(path, &mut selection, &session)?),
        None => None,
    };
    let options = HistoryOptions {
        tips: selection.tips,
        known: selection.known,
        since: args.since.as_deref().map(revs::since).transpose()?,
        max_count: args.max_count,
        ..scan.options()
    };
    let outcome = scan.run(options, |_| {})?;
    if let Some(checkpoint) = checkpoint.filter(|_| outcome.status() == Status::Clean) {
        checkpoint.save()?;
    }
    session.finish(&outcome, streams)
}

/// What to scan.
fn selection(
    args: &HistoryArgs,
    scan: &mut HistoryScan<'_>,
    streams: &mut Streams<'_>,
) -> Result<Selection, Failure> {
    if let Some(name) = &args.branch {
        return Selection::of_branch(name);
    }
    if !args.ci {
        return Selection::of_revs(&args.revs);
    }
    let range = ci::range(&|name| std::env::var(name).ok(), &ci::read_file)?;
    let (selection, is_lost) = Selection::of_ci(&range)?;
    let about = format!("{}: {}", range.service, range.about);
    writeln!(streams.err, "tightlip: {about}")?;
    if is_lost {
        scan.base_is_lost(&range.hint)?;
    }
    Ok(selection)
}

/// A scan of a history, with what people see of it.
pub(super) struct HistoryScan<'a> {
    session: &'a Session<'a>,
    shared: &'a Shared,
    progress: Progress,
    is_watched: bool,
    skipped: Vec<Skipped>,
}

impl<'a> HistoryScan<'a> {
    pub(super) fn new(session: &'a Session<'a>, shared: &'a Shared, is_terminal: bool) -> Self {
        HistoryScan {
            session,
            shared,
            progress: Progress::default(),
            is_watched: is_terminal && !shared.quiet,
            skipped: Vec::new(),
        }
    }

    pub(super) fn options(&self) -> HistoryOptions {
        HistoryOptions {
            threads: usize::from(self.shared.threads),
            max_object_bytes: self.session.max_object_bytes,
            ..HistoryOptions::default()
        }
    }

    /// Notes that a CI job's range begins at a commit that is not here. All that is here is then
    /// scanned, which is only part of it if the clone is shallow.
    fn base_is_lost(&mut self, hint: &str) -> Result<(), Failure> {
        self.skipped.push(Skipped {
            path: Vec::new(),
            reason: format!(
                "the commit that the range begins at is not in this clone, so all that is here \
                 was scanned; {hint}"
            ),
            incomplete: Repository::open()?.is_shallow(),
        });
        Ok(())
    }

    /// Scans a history, and then what `more` does.
    pub(super) fn run(
        mut self,
        options: HistoryOptions,
        more: impl FnOnce(&mut Outcome),
    ) -> Result<Outcome, Failure> {
        let signals = stop_on_signals(&self.progress)?;
        let mut outcome = watch(&self.progress, self.is_watched, || {
            let mut outcome = match self.few(&options) {
                Some(outcome) => outcome,
                None => self.all(options),
            };
            if !self.progress.is_stopped() {
                more(&mut outcome);
            }
            outcome
        });
        drop(signals);
        join_families(&mut outcome);
        outcome.skipped.append(&mut self.skipped);
        Ok(outcome)
    }

    /// Scans a short range from commit to commit; `None` if it is not short, or if something is
    /// found: then where it stands is to be found out, too.
    fn few(&self, options: &HistoryOptions) -> Option<Outcome> {
        if options.known.is_empty() || options.since.is_some() || options.max_count.is_some() {
            return None;
        }
        let (tips, known) = (options.tips.clone(), options.known.clone());
        let selection = Selection { tips, known };
        if revs::count(&selection, FEW_COMMITS).ok()? > FEW_COMMITS {
            return None;
        }
        let known = Known { ids: selection.known, ref_prefixes: Vec::new() };
        let source = Commits::new(selection.tips, known, options.max_object_bytes);
        let outcome = self.session.scan(&source);
        outcome.findings.is_empty().then_some(outcome)
    }

    fn all(&self, options: HistoryOptions) -> Outcome {
        let sieve = EngineSieve(&self.session.engine);
        self.session.scan(&History::new(options, &sieve, &self.progress))
    }
}

/// A checkpoint that is written when all is clean.
struct Started<'a> {
    path: &'a PathBuf,
    next: Checkpoint,
}

impl<'a> Started<'a> {
    /// Leaves out of the selection what the file says was scanned.
    fn new(
        path: &'a PathBuf,
        selection: &mut Selection,
        session: &Session<'_>,
    ) -> Result<Self, Failure> {
        let is_ci_or_all = selection.known.is_empty();
        let rules = session.rules_hash();
        if selection.tips.is_empty() {
            let mut skipped = Vec::new();
            selection.tips = Repository::open()?.tips(&mut skipped)?;
            if !skipped.is_empty() {
                return Err("not every ref can be read, so no checkpoint can be made; `git \
                            for-each-ref` shows which"
                    .into());
            }
        }
        let tips: Vec<ObjectId> = selection.tips.iter().map(|tip| tip.id).collect();
        if let Some(last) = Checkpoint::load(path)?.filter(|last| last.is_for(&rules)) {
            // Instead of what a CI service says was scanned: this is known.
            selection.known = last.tips().to_vec();
        } else if !is_ci_or_all {
            selection.known.clear();
        }
        Ok(Started { path, next: Checkpoint::new(rules, tips) })
    }

    fn save(self) -> Result<(), Failure> {
        Ok(self.next.save(self.path)?)
    }
}
