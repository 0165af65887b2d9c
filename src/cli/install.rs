//! `tightlip install`: wires the hooks in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, io};

use super::{Failure, Process};
use crate::git_secrets::link;
use tightlip::git::Location;
use tightlip::hook::{
    Hook, How, InstallOptions, Installation, Surroundings, Target, Without, install, managers,
};
use tightlip::text::escape::{escape, escape_path};

/// Wire tightlip into git's hooks
///
/// Hooks that are there already are kept and run first. Where a team shares its hooks in the
/// work tree (husky, a relative core.hooksPath), a marked block is added to them. `tightlip
/// uninstall` puts everything back, byte for byte; `tightlip doctor` proves that the hooks run.
#[derive(Debug, clap::Args)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    where_to: WhereTo,
    /// Install reference-transaction too
    ///
    /// Git runs it at every change of a ref, two to five times a commit. Programs with a git of their own, and
    /// commits that were fetched, still pass.
    #[arg(long)]
    strict: bool,
    /// Install pre-receive too, for a repository that is pushed to
    ///
    /// In a bare repository it is the only hook that is installed.
    #[arg(long)]
    server: bool,
    /// Have the hook manager in use call tightlip, by lines in its file
    ///
    /// For lefthook (lefthook.yml), pre-commit (.pre-commit-config.yaml), husky (.husky) and overcommit
    /// (.overcommit.yml), which write git's hooks themselves, over tightlip's. The rest of the file
    /// stays as it is; what cannot be edited for sure is refused, with the lines to paste. `tightlip
    /// uninstall` takes the lines out. With a terminal and without this flag, install asks.
    #[arg(long, conflicts_with_all = ["global", "template"])]
    into_manager: bool,
    /// What hooks that a team shares do for colleagues who have no tightlip
    ///
    /// For a hooks directory of the work tree, husky, and --into-manager. `warn` prints how to install it and lets
    /// git go on, unscanned. By default what the hooks did before, or `stop`.
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["global", "template"])]
    if_missing: Option<IfMissing>,
    /// Make this program git-secrets as well: a link beside it, and a manual
    ///
    /// `git secrets` then runs it, and hooks that git-secrets has written. No hook is installed.
    #[arg(long, exclusive = true)]
    git_secrets: bool,
}

/// What a shared hook does where there is no tightlip.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum IfMissing {
    /// Stop git
    Stop,
    /// Print how to install tightlip, and go on
    Warn,
}

impl From<IfMissing> for Without {
    fn from(word: IfMissing) -> Self {
        match word {
            IfMissing::Stop => Without::Stops,
            IfMissing::Warn => Without::Warns,
        }
    }
}

/// What hooks are wired into; by default the repository here.
#[derive(Debug, Default, clap::Args)]
#[group(multiple = false)]
pub(super) struct WhereTo {
    /// All repositories of this user, by the global core.hooksPath
    #[arg(long)]
    global: bool,
    /// A template directory: new repositories get its hooks
    ///
    /// For `git init --template DIR`, or for all new ones: `git config --global init.templateDir
    /// DIR`.
    #[arg(long, value_name = "DIR")]
    template: Option<PathBuf>,
}

impl WhereTo {
    /// Returns the scope that the flags name.
    pub(super) fn target(self) -> Target {
        match self {
            WhereTo { global: true, .. } => Target::Global,
            WhereTo { template: Some(folder), .. } => Target::Template(folder),
            _ => Target::Repository,
        }
    }
}

/// Installs, tells what was done, and returns the exit status.
///
/// # Errors
/// Nothing was installed; or `out` cannot be written to.
pub(super) fn run(args: InstallArgs, process: &mut Process<'_>) -> Result<u8, Failure> {
    if args.git_secrets {
        return link(&program(process)?, process);
    }
    let target = args.where_to.target();
    let around = surroundings(process)?;
    let asks = target == Target::Repository && process.in_is_terminal && !args.into_manager;
    let into_manager = args.into_manager || asks && ask(&around, process)?;
    let done = install(&InstallOptions {
        target,
        binary: program(process)?,
        is_strict: args.strict,
        is_server: args.server,
        into_manager,
        without: args.if_missing.map(Without::from),
        around,
    })?;
    tell(&done, process.streams.out)?;
    Ok(0)
}

/// Asks whether the managers in use shall call tightlip; only a word for yes is a yes.
fn ask(around: &Surroundings, process: &mut Process<'_>) -> Result<bool, Failure> {
    let managers = managers(around)?;
    if managers.is_empty() || managers.iter().all(|managed| managed.is_wired) {
        return Ok(false);
    }
    let err = &mut *process.streams.err;
    if let Some(refusal) = managers.iter().find_map(|managed| managed.refusal.as_ref()) {
        writeln!(err, "note: {refusal}")?;
        return Ok(false);
    }
    let names: Vec<String> = managers
        .iter()
        .map(|managed| format!("{} (by {})", managed.manager, name(&managed.file)))
        .collect();
    let names = names.join(" and ");
    write!(err, "{names} may write its hooks over tightlip's. Have it call tightlip, too? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn tell(done: &Installation, out: &mut dyn Write) -> io::Result<()> {
    let folder = escape_path(&done.place.searched);
    writeln!(out, "git looks for hooks in {folder} ({})", done.place.reason)?;
    let is_scanning = |name: &str| Hook::ALL.iter().any(|hook| hook.name() == name);
    for hook in done.hooks.iter().filter(|hook| is_scanning(hook.name)) {
        writeln!(out, "  {:<22} {}", hook.name, what(&hook.how))?;
    }
    let others = done.hooks.iter().filter(|hook| !is_scanning(hook.name));
    if others.clone().next().is_some() {
        writeln!(out, "  and {} more that only run the repository's own", others.count())?;
    }
    for managed in &done.managers {
        let file = escape_path(&managed.file);
        writeln!(out, "{}, by {file}: {}", managed.manager, what_of_manager(&managed.how))?;
    }
    for note in &done.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "`tightlip doctor` proves that they run")
}

fn what(how: &How) -> String {
    match how {
        How::New => "installed".into(),
        How::Kept { kept, is_run: true } => {
            format!("installed; the hook that was there runs first, as {}", name(kept))
        }
        How::Kept { kept, .. } => format!(
            "installed; what was there was not executable, so it is kept and not run: {}",
            name(kept)
        ),
        How::Block { is_new: true } => "installed, in a new file of the work tree".into(),
        How::Block { is_new: false } => "installed, as a block in the file that is there".into(),
        How::Refreshed => "brought up to date".into(),
        How::Already => "already installed".into(),
        How::Edited => "left alone: somebody has edited tightlip's part of it".into(),
    }
}

const fn what_of_manager(how: &How) -> &'static str {
    match how {
        How::Already => "calls tightlip already",
        How::Edited => "left alone: somebody has edited tightlip's lines in it",
        How::Refreshed => "the lines that call tightlip were brought up to date",
        How::New | How::Kept { .. } | How::Block { .. } => "calls tightlip now",
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| escape(name.as_encoded_bytes()).into_owned())
}

/// Where the process stands and where its user's configuration lives.
pub(super) fn surroundings(process: &Process<'_>) -> io::Result<Surroundings> {
    let environment = &process.environment;
    let config_directory = environment
        .config_directory()
        .ok_or_else(|| io::Error::other("HOME is not set to a directory: set it"))?;
    Ok(Surroundings {
        location: Location::new(process.directory.clone(), environment.clone()),
        config_directory,
    })
}

/// The path to record for this program: as the PATH has it, because that link survives an
/// upgrade, else as the system knows it.
pub(super) fn program(process: &Process<'_>) -> io::Result<PathBuf> {
    let this = env::current_exe()?;
    let real = this.canonicalize()?;
    let name = format!("tightlip{}", env::consts::EXE_SUFFIX);
    let folders = process.environment.get("PATH").unwrap_or_default();
    let on_path = env::split_paths(folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|file| file.canonicalize().is_ok_and(|file| file == real));
    Ok(on_path.unwrap_or(this))
}
