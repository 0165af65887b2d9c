//! `tightlip history`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::paths::{self, PathArgs};
use super::progress::{stop_on_signals, watch};
use super::revs::{self, Base, Selection};
use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::ci;
use tightlip::finding::{Outcome, Place, Progress, SkipKind, Skipped, Status};
use tightlip::git::{Location, ObjectId, RepositoryPool};
use tightlip::setup::checkpoint::{Checkpoint, CheckpointError, Earlier, Key, Whole};
use tightlip::setup::{FILE_NAME, Scanner};
use tightlip::source::{ArchiveLimits, HistoryOptions, LfsStore, Worktree, WorktreeOptions};
use tightlip::suppress::{ALLOWED_FILE, BASELINE_FILE};
use tightlip::text::count::counted;
use tightlip::text::escape::escape;

/// Scan everything that history holds: all refs, or the given revisions and ranges
///
/// Reads all versions of all files, members of archives (zip, tar, gzip, zlib, zstd), messages of commits and tags,
/// names of files and refs, authors and committers; without revisions also files of Git LFS that are on this disk. Reports a secret once for each file that holds it, with
/// the first commit that brought it in. From a range, reports only what it adds.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Branches, tags, commits, and ranges such as `A..B` or `^A B`
    #[arg(value_name = "REV")]
    revs: Vec<OsString>,
    /// Only this branch
    #[arg(long, value_name = "NAME", conflicts_with = "revs")]
    branch: Option<OsString>,
    /// Only commits after this date, as git understands dates
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only the newest N commits
    #[arg(long, short = 'n', value_name = "N")]
    max_count: Option<usize>,
    /// Only the range of the CI job that runs this; with BASE and HEAD, what HEAD has and BASE has not
    ///
    /// Known services give the range. For others name both ends, as in `--ci "$BEFORE" HEAD`. Everything that
    /// HEAD reaches is scanned if BASE is empty, zeros or the id of a commit that is not here, or if BASE has all
    /// that HEAD has.
    #[arg(long, conflicts_with = "branch")]
    ci: bool,
    /// Leave out what FILE says was scanned with the same rules; write it when all is clean
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "max_count", "only", "exclude"])]
    checkpoint: Option<PathBuf>,
    /// Read all of history, although nothing has changed since it was last scanned, and keep nothing
    #[arg(long, conflicts_with = "checkpoint")]
    no_checkpoint: bool,
    #[command(flatten)]
    paths: PathArgs,
}

pub(super) fn run(
    args: &HistoryArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let repository = process.repository();
    let mut session = Session::load(process, &repository, shared, Purpose::Look)?;
    args.paths.limit(&mut session.scanner)?;
    let mut scan = HistoryScan::new(&session, shared, process.streams.err_is_terminal);
    let mut selection = selection(args, &mut scan, &repository, process)?;
    let checkpoint = match &args.checkpoint {
        Some(path) => Some(Started::new(path, &mut selection, &session.scanner, process)?),
        None => None,
    };
    let since = args.since.as_deref().map(|date| revs::since(repository.location(), date));
    let is_whole = selection.tips.is_empty()
        && selection.known.is_empty()
        && since.is_none()
        && args.max_count.is_none();
    let is_all = shared.rule.is_empty() && args.paths.is_empty() && is_whole;
    // Of the whole history every file of Git LFS is scanned below; of a part, those that its pointers stand for.
    let opened = if is_whole { None } else { repository.get_if_there()? };
    let lfs = opened.map(|opened| LfsStore::of(&opened)).transpose()?.flatten();
    let options = HistoryOptions {
        tips: selection.tips,
        known: selection.known,
        since: since.transpose()?,
        max_count: args.max_count,
        is_on_server: args.ci,
        archives: Some(ArchiveLimits::default()),
        lfs,
        ..HistoryOptions::default()
    };
    let tips = options.tips.clone();
    let is_kept = is_all && !args.no_checkpoint && !args.ci && checkpoint.is_none();
    let whole = if is_kept { Whole::of(&session.scanner) } else { None };
    let mut outcome = match whole {
        Some(whole) => scan.run_or_recall(options, &whole, shared, process)?,
        None => scan.run(options, |_| {})?,
    };
    if is_whole {
        scan_lfs(&session.scanner, &mut outcome)?;
    }
    let lists = paths::of_history(repository.location(), &tips);
    paths::name_unused(&session.scanner, &mut outcome, lists, process)?;
    if let Some(checkpoint) = checkpoint.filter(|_| outcome.status() == Status::Clean) {
        checkpoint.save()?;
    }
    let code = session.finish(&outcome, &mut process.streams)?;
    if is_all && outcome.status() != Status::Incomplete && !shared.quiet {
        tell_unused(session.scanner.unused_accepted(&outcome), process)?;
    }
    Ok(code)
}

/// Scans the files of Git LFS that are on this disk: a history has only their pointers.
pub(super) fn scan_lfs(scanner: &Scanner, outcome: &mut Outcome) -> Result<(), Failure> {
    let repository = scanner.repository();
    let Some(opened) = repository.get_if_there()? else { return Ok(()) };
    let Some(store) = LfsStore::of(&opened)? else { return Ok(()) };
    let here = repository.location().directory().canonicalize().unwrap_or_default();
    let folder = store.folder().canonicalize().unwrap_or_else(|_| store.folder().to_owned());
    let short = folder.strip_prefix(&here).unwrap_or(&folder).to_owned();
    let options = WorktreeOptions::everything(vec![short], Place::GitDir, scanner.threads());
    outcome.merge(scanner.scan(&Worktree::new(options)));
    Ok(())
}

fn tell_unused(count: usize, process: &mut Process<'_>) -> Result<(), Failure> {
    if count > 0 {
        writeln!(
            process.streams.err,
            "tightlip: {} of the baseline {} nothing any more: `tightlip baseline prune` drops {}",
            counted(count as u64, "entry", "entries"),
            if count == 1 { "fits" } else { "fit" },
            if count == 1 { "it" } else { "them" }
        )?;
    }
    Ok(())
}

/// How to get a base that is not here.
const HINT: &str = "fetch the whole history, as with `git fetch --unshallow origin`, and after a forced push the \
                    commit itself";

/// What to scan.
fn selection(
    args: &HistoryArgs,
    scan: &mut HistoryScan<'_>,
    repository: &RepositoryPool,
    process: &mut Process<'_>,
) -> Result<Selection, Failure> {
    let location = repository.location();
    if let Some(name) = &args.branch {
        return Selection::of_branch(location, name);
    }
    if !args.ci {
        return Selection::of_revs(location, &args.revs);
    }
    let (selection, base, hint) = match &*args.revs {
        [] => {
            let range = ci::range(&process.environment, &ci::read_file)?;
            let (selection, base) = Selection::of_ci(location, &range)?;
            writeln!(process.streams.err, "tightlip: {}: {}", range.service, range.about)?;
            (selection, base, range.hint)
        }
        [base, head] => {
            let (selection, base) = Selection::of_ends(location, base, head)?;
            (selection, base, HINT.to_owned())
        }
        _ => return Err(
            "--ci takes two revisions, BASE and HEAD, or none in a job of a service that it knows"
                .into(),
        ),
    };
    match base {
        Base::Usable => {}
        Base::Lost => scan.name_lost_base(repository.get()?.is_shallow(), &hint),
        Base::Ahead => writeln!(
            process.streams.err,
            "tightlip: the base has all that the head has, so all that the head reaches is scanned"
        )?,
    }
    let err = &mut process.streams.err;
    for file in changed_policy(location, &selection) {
        writeln!(
            err,
            "tightlip: the range changes {file}, which decides what is found in it: look at that \
             change first"
        )?;
    }
    for spot in
        scan.scanner.switched_off().into_iter().chain(scan.scanner.blind_spots(process.now)?)
    {
        writeln!(err, "tightlip: {}", escape(spot.as_bytes()))?;
    }
    Ok(selection)
}

/// The files of configuration that a range changes.
fn changed_policy<'a>(
    location: &'a Location,
    selection: &'a Selection,
) -> impl Iterator<Item = &'static str> + 'a {
    let ends = selection.known.first().zip(selection.tips.first());
    let blob = |id: &ObjectId, file: &str| {
        location.id(["rev-parse", "--verify", "-q", &format!("{id}:{file}")]).ok().flatten()
    };
    let is_changed =
        move |file: &&str| ends.is_some_and(|(base, tip)| blob(base, file) != blob(&tip.id, file));
    [FILE_NAME, ALLOWED_FILE, BASELINE_FILE].into_iter().filter(is_changed)
}

/// A scan of a history, with what people see of it.
pub(super) struct HistoryScan<'a> {
    scanner: &'a Scanner,
    progress: Progress,
    is_watched: bool,
    skipped: Vec<Skipped>,
}

impl<'a> HistoryScan<'a> {
    pub(super) fn new(session: &'a Session<'a>, shared: &'a Shared, is_terminal: bool) -> Self {
        HistoryScan {
            scanner: &session.scanner,
            progress: Progress::default(),
            is_watched: is_terminal && !shared.quiet,
            skipped: Vec::new(),
        }
    }

    /// Notes that a CI job's range begins at a commit that is not here. All that is here is then
    /// scanned, which is only part of it if the clone is shallow.
    fn name_lost_base(&mut self, is_shallow: bool, hint: &str) {
        let kind = if is_shallow { SkipKind::Shallow } else { SkipKind::RangeStart };
        let reason = format!(
            "the commit that the range begins at is not in this clone, so all that is here was \
             scanned; {hint}"
        );
        self.skipped.push(Skipped::new(kind, b"", reason));
    }

    /// Tells what the last scan of all came to, if nothing has changed since, or scans.
    fn run_or_recall(
        self,
        options: HistoryOptions,
        whole: &Whole,
        shared: &Shared,
        process: &mut Process<'_>,
    ) -> Result<Outcome, Failure> {
        let mut say = |line: &str| match shared.quiet {
            true => Ok(()),
            false => writeln!(process.streams.err, "tightlip: {line}"),
        };
        match whole.earlier() {
            Earlier::Same(record) => {
                if let Some(outcome) =
                    self.scanner.recall(&record, options.archives, &self.progress)
                {
                    say(
                        "nothing has changed since the last scan; --no-checkpoint reads all again",
                    )?;
                    return Ok(outcome);
                }
            }
            Earlier::Untrusted(why) => say(&why)?,
            Earlier::None => {}
        }
        let scanner = self.scanner;
        let mut record = None;
        let outcome = self.watched(|progress| {
            let (outcome, made) = scanner.history_recorded(options, progress);
            record = made;
            outcome
        })?;
        // Where it cannot be kept, as in a repository that is only read, the next run scans all again.
        let _ = record.map_or(Ok(()), |record| whole.keep(&record, scanner));
        Ok(outcome)
    }

    /// Scans a history, and then what `more` does.
    pub(super) fn run(
        self,
        options: HistoryOptions,
        more: impl FnOnce(&mut Outcome),
    ) -> Result<Outcome, Failure> {
        let scanner = self.scanner;
        self.watched(|progress| scanner.history_and(options, progress, more))
    }

    fn watched(mut self, scan: impl FnOnce(&Progress) -> Outcome) -> Result<Outcome, Failure> {
        let signals = stop_on_signals(&self.progress)?;
        let mut outcome = watch(&self.progress, self.is_watched, || scan(&self.progress));
        drop(signals);
        outcome.skipped.append(&mut self.skipped);
        Ok(outcome)
    }
}

/// A checkpoint that is written when all is clean.
struct Started<'a> {
    path: &'a PathBuf,
    key: Key,
    next: Checkpoint,
}

impl<'a> Started<'a> {
    /// Leaves out of the selection what the file says was scanned.
    fn new(
        path: &'a PathBuf,
        selection: &mut Selection,
        scanner: &Scanner,
        process: &mut Process<'_>,
    ) -> Result<Self, Failure> {
        let key = Key::load(&process.environment).map_err(|error| {
            format!("no checkpoint can be sealed: {error}; set TIGHTLIP_CACHE_KEY to a secret text")
        })?;
        let rules = scanner.rules_hash();
        if selection.tips.is_empty() {
            let mut skipped = Vec::new();
            selection.tips = scanner.repository().get()?.tips(&mut skipped)?;
            if !skipped.is_empty() {
                return Err("not every ref can be read, so no checkpoint can be made; `git \
                            for-each-ref` shows which"
                    .into());
            }
        }
        let tips: Vec<ObjectId> = selection.tips.iter().map(|tip| tip.id).collect();
        let last = match Checkpoint::load(path, &key) {
            Err(error @ CheckpointError::Untrusted { .. }) => {
                writeln!(process.streams.err, "tightlip: {error}, so all is scanned")?;
                None
            }
            read => read?,
        };
        if let Some(last) = last.filter(|last| last.is_for(&key, &rules)) {
            // Instead of what a CI service says was scanned: this is known.
            selection.known = last.tips().to_vec();
        } else {
            selection.known.clear();
        }
        let next = Checkpoint::new(&key, &rules, tips);
        Ok(Started { path, key, next })
    }

    fn save(self) -> Result<(), Failure> {
        Ok(self.next.save(self.path, &self.key)?)
    }
}
