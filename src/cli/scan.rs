//! `tightlip scan`

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use clap::Args;

use super::paths::{self as filter, PathArgs};
use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::finding::{Outcome, Place, SkipKind, Skipped};
use tightlip::git::command::nul_fields;
use tightlip::git::{Location, RepositoryPool};
use tightlip::source::{ArchiveLimits, Stdin, Worktree, WorktreeOptions};
use tightlip::text::escape::escape_path;
use tightlip::text::os::os_str;

/// Scan files and directories
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// Files and directories; `-` is standard input
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// What standard input is, as an editor has it: allow entries go by this path, and findings name it
    ///
    /// The path is named from the repository's root, wherever the editor runs.
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// Read files that .gitignore names, too
    #[arg(long)]
    no_ignore: bool,
    /// Open archives (zip, tar, gzip, zlib, zstd) in directories and scan what is in them
    ///
    /// An archive that is named itself is opened anyway.
    #[arg(long)]
    archives: bool,
    #[command(flatten)]
    filter: PathArgs,
    /// Look for your own credentials (~/.aws/credentials, .env and the like), too
    #[arg(long)]
    known_values: bool,
}

pub(super) fn run(
    args: &ScanArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    refuse_own_report(args, shared)?;
    let mut session = Session::load(process, &process.repository(), shared, Purpose::Look)?;
    args.filter.limit(&mut session.scanner)?;
    if args.known_values {
        session = session.knowing(process, true);
    }
    let is_stdin = |path: &&PathBuf| path.as_path() == Path::new("-");
    let mut outcome = Outcome::default();
    let paths: Vec<PathBuf> = args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    if let Some(name) = &args.stdin_filename {
        if args.paths != [Path::new("-")] {
            let message =
                "--stdin-filename says what standard input is: give `-`, and no other path";
            return Err(message.into());
        }
        let name = name_in_repository(name, process)?;
        let name = name.as_os_str().as_encoded_bytes();
        let buffer = Stdin::in_place_of(Box::new(std::io::stdin()), name);
        outcome.merge(session.scanner.scan(&buffer.open_archives(ArchiveLimits::default())));
    } else if paths.len() < args.paths.len() {
        let input = Stdin::new(Box::new(std::io::stdin()));
        outcome.merge(session.scanner.scan(&input.open_archives(ArchiveLimits::default())));
    }
    if !paths.is_empty() {
        let options = WorktreeOptions {
            honour_ignore_files: !args.no_ignore,
            global_ignore: session.scanner.repository().excludes_file(),
            archives: (args.archives || names_file(args)).then(ArchiveLimits::default),
            reports: shared.report_files(),
            ..WorktreeOptions::everything(paths, Place::Worktree, usize::from(shared.threads))
        };
        let source = Worktree::new(options.clone());
        let mut found = session.scanner.scan(&source);
        let left_out = source.take_left_out();
        if !left_out.is_empty() {
            match tracked(&left_out, &options.paths, process) {
                Ok(paths) => {
                    let options = WorktreeOptions { paths, honour_ignore_files: false, ..options };
                    found.merge(session.scanner.scan(&Worktree::new(options)));
                }
                // What was found is reported all the same.
                Err(error) => {
                    let reason = format!("ignored files that git tracks cannot be listed: {error}");
                    found.skipped.push(Skipped::new(SkipKind::Source, b"", reason));
                }
            }
        }
        outcome.merge(found);
    }
    // All files were listed.
    filter::name_unused(&session.scanner, &mut outcome, [], process)?;
    session.finish(&outcome, &mut process.streams)
}

/// Refuses a report that would be written over a file that is to be scanned.
fn refuse_own_report(args: &ScanArgs, shared: &Shared) -> Result<(), Failure> {
    let place = |path: &Path| path.is_file().then(|| path.canonicalize().ok()).flatten();
    for report in shared.report_files() {
        let own = place(&report);
        if own.is_some() && args.paths.iter().any(|path| place(path) == own) {
            let shown = escape_path(&report);
            return Err(format!("`{shown}` is to be scanned, and a report would be written over it; name another file for the report").into());
        }
    }
    Ok(())
}

/// Whether a path that is named is a file, and not a directory.
fn names_file(args: &ScanArgs) -> bool {
    args.paths.iter().any(|path| path.is_file())
}

/// A file as it is named from the repository's root; it need not be there. What is outside keeps its name.
fn name_in_repository(name: &Path, process: &Process<'_>) -> Result<PathBuf, Failure> {
    let Some(file) = name.file_name() else {
        let shown = escape_path(name);
        return Err(format!("cannot use `--stdin-filename {shown}`: it names no file").into());
    };
    let Some(root) = process.repository().location().root() else { return Ok(name.to_owned()) };
    let folder = process.directory.join(name.parent().unwrap_or(Path::new("")));
    // A new file of an editor may be in a folder that is not there yet.
    let folder = folder.canonicalize().unwrap_or_else(|_| without_dots(&folder));
    let root = root.canonicalize().unwrap_or(root);
    let inside = folder.strip_prefix(&root).map(|folder| folder.join(file));
    Ok(inside.unwrap_or_else(|_| name.to_owned()))
}

/// A path without `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

/// More paths than this may not fit a command line.
const MAX_PATHSPECS: usize = 100;

/// The files that git tracks among those that `.gitignore` names in directories.
fn tracked(
    left_out: &[PathBuf],
    paths: &[PathBuf],
    process: &Process<'_>,
) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for folder in paths.iter().filter(|path| path.is_dir()) {
        let inside: Vec<&Path> =
            left_out.iter().filter_map(|path| path.strip_prefix(folder).ok()).collect();
        let location = Location::named(folder, &process.environment);
        if inside.is_empty()
            || RepositoryPool::new(location.clone()).get_if_there()?.is_none_or(|own| own.is_bare())
        {
            continue;
        }
        // Asked about each file of the index, git looks at it on disk.
        let listed = match inside.len() > MAX_PATHSPECS {
            true => location.run(["ls-files", "-z", "-c", "-i", "--exclude-standard"])?,
            false => {
                let command = ["ls-files", "-z", "-c", "--"].map(OsStr::new).into_iter();
                location.run(command.chain(inside.iter().map(|path| path.as_os_str())))?
            }
        };
        let files = nul_fields(&listed).map(|path| folder.join(&*os_str(path)));
        found.extend(files.filter(|path| path.symlink_metadata().is_ok()));
    }
    Ok(found)
}
