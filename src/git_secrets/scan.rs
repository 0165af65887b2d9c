//! `--scan` and `--scan-history`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use globset::{Glob, GlobSetBuilder};

use super::options::Options;
use super::report::{Once, finish};
use super::scanner::{Guard, Program};
use super::{NAME, Stop, say};
use crate::process::Process;
use tightlip::finding::{Finding, Outcome, Place, SkipKind, Skipped};
use tightlip::git::{GitError, Handle, RepositoryPool};
use tightlip::source::{
    HistoryOptions, Stdin, Tracked, TrackedContent, TrackedOptions, Worktree, WorktreeOptions,
};

/// Scans files, or what git tracks.
pub(super) fn scan(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let by_git = options.cached || options.untracked || options.no_index;
    let is_by_git = options.operands.is_empty() || by_git;
    let program = if is_by_git { Program::GitGrep } else { Program::Grep };
    let Some(guard) = Guard::load(process, program)? else { return Ok(0) };
    let mut outcome = Outcome::default();
    match program {
        Program::Grep => files(&guard, &options.operands, options.recursive, &mut outcome),
        Program::GitGrep => tracked(&guard, options, &mut outcome)?,
    }
    Ok(finish(&guard, &outcome, Once::Line, program, &mut process.streams))
}

/// Scans files and, if `is_recursive`, the files of directories, in the order of the operands.
pub(super) fn files(
    guard: &Guard,
    operands: &[OsString],
    is_recursive: bool,
    outcome: &mut Outcome,
) {
    let mut paths = Vec::new();
    for operand in operands {
        match std::fs::metadata(operand) {
            _ if operand == "-" => {
                guard.scan(&Stdin::new(Box::new(std::io::stdin())), outcome);
            }
            Ok(kind) if kind.is_dir() && !is_recursive => {}
            Ok(_) => paths.push(PathBuf::from(operand)),
            Err(error) => outcome.skipped.push(missing(operand, &error)),
        }
    }
    guard.scan(&Worktree::new(as_typed(paths)), outcome);
    let order = Order::new(operands);
    outcome.findings.sort_by_key(|finding| order.of(finding));
}

fn as_typed(paths: Vec<PathBuf>) -> WorktreeOptions {
    WorktreeOptions {
        archives: None,
        keeps_dot: true,
        ..WorktreeOptions::everything(paths, Place::Worktree, 0)
    }
}

/// What grep says of an operand that is not there.
fn missing(operand: &OsString, error: &std::io::Error) -> Skipped {
    let name = tightlip::text::escape::escape(operand.as_encoded_bytes());
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "No such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "Permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "Not a directory".to_owned(),
        _ => error.to_string(),
    };
    let reason = format!("grep: {name}: {why}");
    Skipped::new(SkipKind::Missing, operand.as_encoded_bytes(), reason)
}

/// The places of operands, by which findings are put in order.
struct Order<'a>(HashMap<&'a [u8], usize>);

impl<'a> Order<'a> {
    fn new(operands: &'a [OsString]) -> Self {
        let mut places = HashMap::new();
        for (place, operand) in operands.iter().enumerate() {
            let name = match operand.as_encoded_bytes() {
                b"-" => b"(standard input)",
                name => name.strip_suffix(b"/").unwrap_or(name),
            };
            places.entry(name).or_insert(place);
        }
        Order(places)
    }

    /// The place of the operand that is a finding's file, or a directory above it.
    fn of(&self, finding: &Finding) -> usize {
        let path = &finding.origin.path;
        let slashes = memchr::memrchr_iter(b'/', path);
        let above = std::iter::once(path.len()).chain(slashes);
        above.map(|end| &path[..end]).find_map(|path| self.0.get(path).copied()).unwrap_or(0)
    }
}

/// Scans what git tracks, and what it does not where that is asked for.
fn tracked(guard: &Guard, options: &Options, outcome: &mut Outcome) -> Result<(), Stop> {
    let paths: Vec<PathBuf> = options.operands.iter().map(PathBuf::from).collect();
    let mut contents = Vec::new();
    if options.cached {
        contents.push(TrackedContent::Index);
    }
    if options.untracked {
        contents.push(TrackedContent::WorktreeAndUntracked);
    }
    if contents.is_empty() && !options.no_index {
        contents.push(TrackedContent::Worktree);
    }
    let repository = if contents.is_empty() { None } else { Some(open(guard.repository())?) };
    let is_bare = || repository.as_ref().is_some_and(|repository| repository.is_bare());
    if contents.iter().any(|&content| content != TrackedContent::Index) && is_bare() {
        return Err(Stop::new(128, "fatal: this operation must be run in a work tree"));
    }
    let settings = repository.as_ref().and_then(|repository| repository.settings().ok());
    let full_name = settings.and_then(|settings| settings.get("grep.fullname"));
    let names_from_root = full_name.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    for content in contents {
        guard.scan(
            &Tracked::new(
                guard.repository(),
                TrackedOptions { paths: paths.clone(), content, names_from_root },
            ),
            outcome,
        );
    }
    if options.no_index {
        unmanaged(guard, paths, outcome)?;
    }
    Ok(())
}

/// Scans files whether git knows them or not: all of them, or those that operands name or fit.
fn unmanaged(guard: &Guard, operands: Vec<PathBuf>, outcome: &mut Outcome) -> Result<(), Stop> {
    let here = || as_typed(vec![PathBuf::from(".")]);
    let scan = |options: WorktreeOptions, outcome: &mut Outcome| {
        guard.scan(&Worktree::new(WorktreeOptions { keeps_dot: false, ..options }), outcome);
    };
    if operands.is_empty() {
        scan(here(), outcome);
    }
    let (paths, patterns): (Vec<_>, Vec<_>) =
        operands.into_iter().partition(|path| path.symlink_metadata().is_ok());
    if !paths.is_empty() {
        scan(as_typed(paths), outcome);
    }
    if !patterns.is_empty() {
        let mut only = GlobSetBuilder::new();
        for pattern in &patterns {
            let glob = Glob::new(&pattern.to_string_lossy());
            only.add(glob.map_err(|error| Stop::of(128, &error))?);
        }
        let only = Some(only.build().map_err(|error| Stop::of(128, &error))?);
        scan(WorktreeOptions { only, ..here() }, outcome);
    }
    Ok(())
}

/// Opens the repository here; there has to be one.
pub(super) fn open(repository: &RepositoryPool) -> Result<Handle, Stop> {
    repository.get().map_err(|error| match error {
        GitError::NoRepository => Stop::no_repository(),
        error => Stop::of(128, &error),
    })
}

/// Scans everything that refs and stashes lead to.
pub(super) fn history(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let Some(guard) = Guard::load(process, Program::GitGrep)? else { return Ok(0) };
    let repository = open(guard.repository())?;
    let mut outcome = Outcome::default();
    let mut tips = repository.tips(&mut outcome.skipped).map_err(|error| Stop::of(128, &error))?;
    tips.extend(repository.stashes().map_err(|error| Stop::of(128, &error))?);
    if tips.is_empty() && !repository.is_bare() {
        // Without a revision `git grep` looks at the working tree, and so does git-secrets.
        drop(repository);
        tracked(&guard, options, &mut outcome)?;
        return Ok(finish(&guard, &outcome, Once::Line, Program::GitGrep, &mut process.streams));
    }
    let options =
        HistoryOptions { tips, allows_shallow: guard.allows_shallow, ..HistoryOptions::default() };
    drop(repository);
    guard.history(options, &mut outcome);
    let status = finish(&guard, &outcome, Once::Text, Program::GitGrep, &mut process.streams);
    for note in outcome.skipped.iter().filter(|skipped| !skipped.is_incomplete()) {
        say(process.streams.err, format_args!("{NAME}: {}", note.reason));
    }
    Ok(status)
}
