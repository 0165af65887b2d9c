//! `tightlip baseline`

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::history::{HistoryScan, scan_lfs};
use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::file::{self, Mode};
use tightlip::finding::{Finding, Outcome, Status};
use tightlip::git::RepositoryPool;
use tightlip::report::Mask;
use tightlip::setup::BaselineChoice;
use tightlip::setup::last::Seen;
use tightlip::source::{ArchiveLimits, HistoryOptions, Staged, StagedOptions};
use tightlip::suppress::{Accepted, BASELINE_FILE, Baseline, BaselineFile};
use tightlip::text::count::counted;
use tightlip::text::date::is_day;
use tightlip::text::escape::escape_path;

/// Accept existing findings, so that only new ones are reported
///
/// A baseline is a versioned file, .tightlip.baseline at the repository's root, with a fingerprint a line:
/// no secret, no line number, no date. All commands heed it; `--baseline FILE` names another one.
#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    /// Accept all that history and the index hold now
    Create(AddArgs),
    /// Accept what is new, and drop entries that fit nothing any more
    Update(UpdateArgs),
    /// Drop entries that fit nothing any more or have expired
    Prune,
    /// List what is accepted
    Show,
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// The last day on which it is accepted
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    until: Option<String>,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    #[command(flatten)]
    add: AddArgs,
    /// Add nothing: exit status 1 if there is something new
    #[arg(long)]
    ratchet: bool,
}

fn day(text: &str) -> Result<String, &'static str> {
    if is_day(text) { Ok(text.to_owned()) } else { Err("write a day as in 2027-01-31") }
}

pub(super) fn run(
    args: &BaselineArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    if !shared.rule.is_empty() {
        // With a part of the rules, entries of the other rules would count as unused.
        return Err("a baseline is of all rules: leave out --rule".into());
    }
    let repository = process.repository();
    let path = path(shared, &repository)?;
    let loaded = BaselineFile::new(path.clone(), process.now);
    let known = loaded.load().cloned().map_err(Clone::clone)?;
    let file = Target { path, shown: String::new() }.named();
    match &args.command {
        BaselineCommand::Show => return show(&known, process),
        BaselineCommand::Create(_) if file.path.exists() => {
            return Err(format!(
                "`{}` is there already: use `tightlip baseline update`",
                file.shown
            )
            .into());
        }
        _ => {}
    }
    let outcome = scan(shared, process, &repository)?;
    if outcome.status() == Status::Incomplete && !matches!(args.command, BaselineCommand::Create(_))
    {
        return Err("not everything could be read, so what is gone is not known; see `tightlip \
                    history`"
            .into());
    }
    let found = Found::of(&outcome.findings);
    match &args.command {
        BaselineCommand::Create(add) => create(&file, &found, add, &outcome, process),
        BaselineCommand::Update(update) => {
            let add = (!update.ratchet).then_some(&update.add);
            self::update(&file, known, &found, add, process)
        }
        BaselineCommand::Prune => prune(&file, known, &found, process),
        BaselineCommand::Show => Ok(0),
    }
}

/// The file that is written.
struct Target {
    path: PathBuf,
    shown: String,
}

impl Target {
    fn named(self) -> Self {
        let shown = escape_path(self.path.strip_prefix(".").unwrap_or(&self.path));
        Target { shown, ..self }
    }

    fn write(&self, baseline: &Baseline) -> Result<(), Failure> {
        file::replace(&self.path, baseline.render().as_bytes(), Mode::Plain)
            .map_err(|error| format!("cannot write `{}`: {error}", self.shown).into())
    }
}

fn path(shared: &Shared, repository: &RepositoryPool) -> Result<PathBuf, Failure> {
    if let Some(path) = &shared.baseline {
        return Ok(path.clone());
    }
    let root = repository.location().root();
    let root =
        root.ok_or("this is not a working tree; run it inside one, or use --baseline FILE")?;
    Ok(root.join(BASELINE_FILE))
}

/// Finds all secrets, accepted ones too.
fn scan(
    shared: &Shared,
    process: &mut Process<'_>,
    repository: &RepositoryPool,
) -> Result<Outcome, Failure> {
    let none = BaselineChoice::None;
    let session = Session::load_with(process, repository, shared, Purpose::Look, none)?;
    let options =
        HistoryOptions { archives: Some(ArchiveLimits::default()), ..HistoryOptions::default() };
    let scan = HistoryScan::new(&session, shared, process.streams.err_is_terminal);
    let mut outcome = scan.run(options, |outcome| {
        let staged = Staged::new(repository, StagedOptions::default());
        outcome.merge(session.scanner.scan(&staged));
    })?;
    scan_lfs(&session.scanner, &mut outcome)?;
    Ok(outcome)
}

/// What was found, as entries.
struct Found {
    entries: Vec<Accepted>,
}

impl Found {
    fn of(findings: &[Finding]) -> Self {
        let mut entries = Vec::new();
        let mask = Mask::default();
        for seen in findings.iter().map(|finding| Seen::of(finding, &mask)) {
            entries.extend(seen.accepted_by.into_iter().map(|fingerprint| Accepted {
                fingerprint,
                rule: seen.rule.clone(),
                path: seen.path.clone(),
                reason: None,
                owner: None,
                until: None,
            }));
        }
        Found { entries }
    }

    fn with<'a>(&'a self, add: &'a AddArgs) -> impl Iterator<Item = Accepted> + 'a {
        self.entries.iter().map(|entry| Accepted {
            reason: add.reason.clone(),
            owner: add.owner.clone(),
            until: add.until.clone(),
            ..entry.clone()
        })
    }

    fn names(&self) -> HashSet<&str> {
        self.entries.iter().map(|entry| &*entry.fingerprint).collect()
    }
}

fn create(
    file: &Target,
    found: &Found,
    add: &AddArgs,
    outcome: &Outcome,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let mut baseline = Baseline::default();
    found.with(add).for_each(|entry| baseline.add(entry));
    file.write(&baseline)?;
    let count = baseline.entries().len();
    writeln!(process.streams.out, "{}: {count} accepted", file.shown)?;
    join_by_lines(file, process)?;
    let unread = outcome.skipped.iter().filter(|skipped| skipped.is_incomplete()).count();
    if unread > 0 {
        writeln!(
            process.streams.err,
            "tightlip: {} could not be read, see `tightlip history`",
            counted(unread as u64, "thing", "things")
        )?;
        return Ok(Status::Incomplete.code());
    }
    Ok(0)
}

/// Has git join the lines that two branches add, in place of a conflict.
fn join_by_lines(file: &Target, process: &mut Process<'_>) -> Result<(), Failure> {
    let location = process.repository().location().clone();
    let is_own = file.path.file_name().is_some_and(|name| name == BASELINE_FILE);
    let asked = location.run(["check-attr", "merge", "--", BASELINE_FILE]).unwrap_or_default();
    if !is_own || asked.trim_ascii_end().ends_with(b": union") {
        return Ok(());
    }
    let attributes = file.path.with_file_name(".gitattributes");
    let before = match fs::read(&attributes) {
        Ok(before) => before,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            return Err(format!("cannot read `{}`: {error}", escape_path(&attributes)).into());
        }
    };
    let gap: &[u8] = if before.is_empty() || before.ends_with(b"\n") { b"" } else { b"\n" };
    let line = format!("{BASELINE_FILE} merge=union\n");
    file::replace(&attributes, &[&before, gap, line.as_bytes()].concat(), Mode::Plain)
        .map_err(|error| format!("cannot write `{}`: {error}", escape_path(&attributes)))?;
    let out = &mut process.streams.out;
    writeln!(out, ".gitattributes: git joins the lines that two branches add to it")?;
    writeln!(out, "`git add {BASELINE_FILE} .gitattributes` lets the others have it")?;
    Ok(())
}

/// Adds new entries, or reports them, and drops those that fit nothing.
fn update(
    file: &Target,
    mut known: Baseline,
    found: &Found,
    add: Option<&AddArgs>,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let names = found.names();
    let gone = known.retain(|entry| names.contains(&*entry.fingerprint));
    let new: HashSet<&str> =
        names.iter().copied().filter(|name| known.find(name).is_none()).collect();
    let count = new.len();
    if let Some(add) = add {
        let is_new = |entry: &Accepted| new.contains(&*entry.fingerprint);
        let entries: Vec<Accepted> = found.with(add).filter(is_new).collect();
        entries.into_iter().for_each(|entry| known.add(entry));
    }
    file.write(&known)?;
    // What was accepted until a day that has passed is reported again.
    let now = process.now;
    let expired = known.entries().filter(|entry| entry.is_expired(now)).count();
    let out = &mut process.streams.out;
    let all = known.entries().len() - expired;
    if expired > 0 {
        let entries = counted(expired as u64, "entry has", "entries have");
        writeln!(out, "{}: {entries} expired; `tightlip baseline prune` drops them", file.shown)?;
    }
    match add {
        Some(_) => {
            writeln!(out, "{}: {all} accepted, {count} of them new, {gone} gone", file.shown)?;
            join_by_lines(file, process)?;
            Ok(0)
        }
        None => {
            writeln!(
                out,
                "{}: {all} accepted, {gone} gone, {count} new and not added",
                file.shown
            )?;
            Ok(u8::from(count + expired > 0))
        }
    }
}

fn prune(
    file: &Target,
    mut known: Baseline,
    found: &Found,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let names = found.names();
    let now = process.now;
    let expired = known.retain(|entry| !entry.is_expired(now));
    let gone = known.retain(|entry| names.contains(&*entry.fingerprint));
    file.write(&known)?;
    let all = known.entries().len();
    let out = &mut process.streams.out;
    writeln!(out, "{}: {all} accepted, {gone} gone, {expired} expired", file.shown)?;
    Ok(0)
}

fn show(known: &Baseline, process: &mut Process<'_>) -> Result<u8, Failure> {
    let now = process.now;
    let out = &mut process.streams.out;
    for entry in known.entries() {
        let mut line = format!("{} {} {}", &entry.fingerprint[..8], entry.rule, entry.path);
        for (name, value) in
            [("reason", &entry.reason), ("owner", &entry.owner), ("until", &entry.until)]
        {
            if let Some(value) = value {
                line.push_str(&format!("  {name}: {value}"));
            }
        }
        if entry.is_expired(now) {
            line.push_str("  EXPIRED");
        }
        writeln!(out, "{}", tightlip::text::escape::escape(line.as_bytes()))?;
    }
    let expired = known.entries().filter(|entry| entry.is_expired(now)).count();
    writeln!(out, "{} accepted, {expired} expired", known.entries().len())?;
    Ok(0)
}

/// Whether a path is there, for a baseline that is named.
pub(super) fn must_be_there(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot read `{}`: {error}", escape_path(path)).into()),
    }
}
