//! What is installed, what of it git runs, and what it does not cover.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::change::{exists, is_executable};
use super::install::HIDDEN;
use super::place::{Kind, Place, Reason, global_hooks_path};
use super::plan::kept_name;
use super::proof::{Proof, prove};
use super::script::{self, BlockOptions, Form, Program, Run, Without};
use super::{Hook, HookError, Surroundings, Target, callers, proof_copy, submodules};
use crate::environment::Environment;
use crate::git::config::Level;
use crate::text::escape::{escape, escape_path};

/// What to examine, and where.
#[derive(Debug, Clone)]
pub struct DoctorOptions {
    /// What the hooks were wired into.
    pub target: Target,
    /// Where to look.
    pub around: Surroundings,
    /// The program that examines. A hook that names another one is fired only if that one is the `tightlip` of
    /// the PATH or of the usual places: any other may have come with the repository.
    pub binary: PathBuf,
    /// A directory for throw-away repositories: the system's for temporary files.
    pub temporary: PathBuf,
}

/// What an examination has found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Where git looks for hooks.
    pub place: Place,
    /// Each hook, in the order of [`Hook::ALL`]; the optional ones only if they are there.
    pub hooks: Vec<HookReport>,
    /// What is wrong besides, each a sentence.
    pub warnings: Vec<String>,
    /// The ways past pre-commit, and what stands in them.
    pub bypasses: Vec<Bypass>,
}

impl Report {
    /// Whether every hook that should be there has been proven, or is another program's that calls
    /// tightlip.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        self.hooks.iter().all(HookReport::is_guarded)
    }
}

/// What was found of one hook.
#[derive(Debug, Clone)]
pub struct HookReport {
    /// The hook.
    pub hook: Hook,
    /// The file that git, or husky, runs.
    pub file: PathBuf,
    /// What is in it.
    pub state: State,
    /// What it does where there is no tightlip.
    pub without: Without,
    /// The program that it was told to run.
    pub binary: Option<Binary>,
    /// Whether it stopped a secret; `None` if there is nothing of ours to try.
    pub proof: Option<Proof>,
}

impl HookReport {
    /// Whether it stopped a secret, or calls tightlip.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        self.proof == Some(Proof::Proven) || matches!(self.state, State::Calls(_))
    }
}

/// A program that a hook runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// Its path.
    pub path: PathBuf,
    /// What it says of its version, escaped; `None` if it cannot be run.
    pub version: Option<String>,
}

/// What stands in the place of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Missing,
    /// A hook that is not ours.
    Foreign,
    /// A hook that is not ours and calls tightlip, through what is named here.
    Calls(String),
    /// Ours, as this version writes it.
    Current,
    /// Ours, as another version wrote it.
    Outdated,
    /// Ours, edited by somebody.
    Edited(Part),
    /// Ours, but git does not run it because it is not executable.
    NotExecutable,
}

/// What of a file is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Script,
    /// A block; the rest is a team's.
    Block,
}

/// A way past pre-commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bypass {
    /// What one does.
    pub action: &'static str,
    /// The proven hook that stops a secret there.
    pub covered_by: Option<Hook>,
    /// Whether a proven pre-push stops it later, before others have it.
    pub is_stopped_at_push: bool,
}

/// Examines the hooks and fires each one in a throw-away repository.
///
/// Only hooks are fired that are byte for byte what this version writes, in a directory where no other hook
/// stands; those that they keep do not run. So nothing is run that came with a repository.
///
/// ```no_run
/// use tightlip::environment::Environment;
/// use tightlip::git::Location;
/// use tightlip::hook::{DoctorOptions, Surroundings, Target, doctor};
/// let report = doctor(&DoctorOptions {
///     target: Target::Repository,
///     around: Surroundings {
///         location: Location::new("/home/me/project", Environment::default()),
///         config_directory: "/home/me/.config".into(),
///     },
///     binary: std::env::current_exe()?,
///     temporary: std::env::temp_dir(),
/// })?;
/// assert!(report.is_guarded());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// There is no repository, or the throw-away repositories cannot be made.
pub fn doctor(options: &DoctorOptions) -> Result<Report, HookError> {
    let place = place(options)?;
    let mut hooks = Vec::new();
    for hook in Hook::ALL {
        let report = examine(hook, &place, options)?;
        if is_expected(hook, &place) || is_ours(&report.state) {
            hooks.push(report);
        }
    }
    let warnings = warnings(options, &place)?;
    let bypasses = bypasses(&hooks);
    Ok(Report { place, hooks, warnings, bypasses })
}

fn place(options: &DoctorOptions) -> Result<Place, HookError> {
    let location = &options.around.location;
    match &options.target {
        Target::Repository => Place::of_repository(location),
        Target::Template(folder) => {
            let folder = location.join(folder).join("hooks");
            Ok(Place::of_folder(&folder, Reason::Named))
        }
        Target::Global => {
            let origin = "its core.hooksPath".to_owned();
            let folder = global_hooks_path(location)?.ok_or_else(|| {
                HookError::Refused(
                    "no global core.hooksPath is set, so nothing is installed for all \
                     repositories: see `tightlip install --global`"
                        .into(),
                )
            })?;
            Ok(Place::of_folder(&folder, Reason::Configured { level: Level::Global, origin }))
        }
    }
}

fn is_expected(hook: Hook, place: &Place) -> bool {
    match hook {
        Hook::ReferenceTransaction => false,
        Hook::PreReceive => place.is_bare,
        _ => !place.is_bare,
    }
}

const fn is_ours(state: &State) -> bool {
    !matches!(state, State::Missing | State::Foreign | State::Calls(_))
}

fn examine(hook: Hook, place: &Place, options: &DoctorOptions) -> Result<HookReport, HookError> {
    let file = place.folder.join(hook.name());
    let bytes = fs::read(&file).unwrap_or_default();
    let state = state(hook, place, &file, &bytes);
    // A script that this version did not write may name any program.
    let recorded = script::recorded_binary(&bytes).filter(|_| state == State::Current);
    let obstacle = obstacle(&state, &bytes, recorded.as_deref(), options);
    let is_fired = is_ours(&state) && obstacle.is_none();
    let proof = match obstacle {
        Some(reason) => Some(Proof::unfired(&reason)),
        None if is_fired => Some(prove(hook, place, options)?),
        None => None,
    };
    let environment = options.around.location.environment();
    let binary = recorded.filter(|_| is_fired);
    Ok(HookReport {
        hook,
        binary: binary.map(|path| Binary { version: version(&path, environment), path }),
        without: if is_ours(&state) { Without::of(&bytes) } else { Without::Stops },
        file,
        state,
        proof,
    })
}

/// Says why a hook of ours is not fired: what may have come with the repository is not run.
fn obstacle(
    state: &State,
    bytes: &[u8],
    recorded: Option<&Path>,
    options: &DoctorOptions,
) -> Option<String> {
    match state {
        State::Missing | State::Foreign | State::Calls(_) => None,
        State::Edited(_) => Some("somebody has edited it, so it was not fired".into()),
        State::Outdated => Some("another version wrote it, so it was not fired".into()),
        State::NotExecutable => Some("it was not fired".into()),
        State::Current if !proof_copy::comes_first(bytes) => {
            let reason = "other lines of the file come before tightlip's block, or no shell of the \
                          system runs it, so it was not fired";
            Some(reason.into())
        }
        State::Current => {
            let unknown = recorded.filter(|program| !is_known(program, options))?;
            Some(format!(
                "it runs `{}`, which is neither this program nor on the PATH, so it was not fired; run \
                 `tightlip install`",
                escape_path(unknown)
            ))
        }
    }
}

/// Whether a program is this one, or one that hooks find without being told where it is; so is one that is
/// not there, for then they look on.
fn is_known(program: &Path, options: &DoctorOptions) -> bool {
    let Ok(real) = fs::canonicalize(program) else { return true };
    let environment = options.around.location.environment();
    let home = environment.home().unwrap_or_default();
    let on_path = std::env::split_paths(environment.get("PATH").unwrap_or_default());
    let folders = on_path
        .chain([".cargo/bin", ".local/bin"].map(|folder| home.join(folder)))
        .chain(["/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from))
        .filter(|folder| folder.is_absolute());
    let name = format!("tightlip{}", std::env::consts::EXE_SUFFIX);
    folders
        .map(|folder| folder.join(&name))
        .chain([options.binary.clone()])
        .any(|known| fs::canonicalize(known).is_ok_and(|known| known == real))
}

fn state(hook: Hook, place: &Place, file: &Path, bytes: &[u8]) -> State {
    if !exists(file) {
        return State::Missing;
    }
    let (part, ours, is_current) = if script::is_ours(bytes) {
        if !script::scans(bytes) {
            return State::Missing;
        }
        (Part::Script, bytes, is_current_guard(hook, file, bytes))
    } else if let Some(found) = script::find_block(bytes) {
        let options = BlockOptions {
            is_sourced: place.kind == Kind::Husky || script::loads_husky(bytes),
            is_new: found.is_made(),
            without: Without::of(found.block),
        };
        let wanted = script::block(hook, options);
        (Part::Block, found.block, found.block.trim_ascii() == wanted.trim_ascii())
    } else {
        let is_run = callers::is_run(hook, place);
        let through = is_run.then(|| callers::caller(hook, place, bytes)).flatten();
        return through.map_or(State::Foreign, State::Calls);
    };
    if !script::is_unedited(ours) {
        State::Edited(part)
    } else if !is_executable(file) && place.kind != Kind::Husky {
        State::NotExecutable
    } else if is_current {
        State::Current
    } else {
        State::Outdated
    }
}

fn is_current_guard(hook: Hook, file: &Path, bytes: &[u8]) -> bool {
    let binary = script::recorded_binary(bytes);
    let kept = kept_name(file);
    let run = match fs::read(&kept) {
        Ok(kept_bytes) if is_executable(&kept) => Run::of(&kept_bytes),
        _ => Run::Program,
    };
    let program = binary.as_deref().map_or(Program::OnPath(Without::of(bytes)), Program::At);
    [Form::Beside(run), Form::Own].iter().any(|form| bytes == script::guard(hook, form, program))
}

fn version(binary: &Path, environment: &Environment) -> Option<String> {
    let output = Command::new(binary)
        .arg("--version")
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let line = output.stdout.split(|&byte| byte == b'\n').next()?;
    Some(escape(line.trim_ascii()).into_owned())
}

fn warnings(options: &DoctorOptions, place: &Place) -> Result<Vec<String>, HookError> {
    let mut warnings = Vec::new();
    let has_ours = |folder: &Path| {
        let is_ours =
            |hook: &Hook| fs::read(folder.join(hook.name())).is_ok_and(|b| script::scans(&b));
        Hook::ALL.iter().any(is_ours)
    };
    if options.target == Target::Repository && !place.reason.is_shared() {
        if place.own != place.searched && has_ours(&place.own) {
            warnings.push(format!(
                "the hooks that tightlip has in `{}` never run, because git looks elsewhere: {}",
                escape_path(&place.own),
                place.reason
            ));
        }
        if place.reason != Reason::Default
            && global_hooks_path(&options.around.location)?.is_some_and(|folder| has_ours(&folder))
        {
            warnings.push(format!(
                "the global install does not guard this repository: {} goes before it; \
                 `tightlip install` in here guards it",
                place.reason
            ));
        }
    }
    if options.target == Target::Repository {
        warnings.extend(submodules::warning(place, &options.around.location)?);
    }
    if place.own != place.searched {
        for name in HIDDEN {
            let hook = place.own.join(name);
            if is_executable(&hook) && !exists(&place.searched.join(name)) {
                warnings.push(format!(
                    "`{}` never runs, because git looks for hooks in `{}`",
                    escape_path(&hook),
                    escape_path(&place.searched)
                ));
            }
        }
    }
    Ok(warnings)
}

/// What one can do without pre-commit, and the hooks that run there; the first that is proven
/// counts. Which hooks run where was tried with git 2.47. `prepare-commit-msg` runs in a commit or
/// merge with `--no-verify` too, but respects it.
const WAYS: [(&str, &[Hook]); 14] = {
    use Hook::{
        PreApplypatch as Patch, PreMergeCommit as Merge, PrepareCommitMsg as Message,
        ReferenceTransaction as Ref,
    };
    [
        ("git commit --no-verify", &[Ref]),
        ("git cherry-pick, git revert", &[Message, Ref]),
        ("git rebase, git pull --rebase", &[Message, Ref]),
        ("git rebase --continue after a conflict", &[Message, Ref]),
        ("git merge, git pull", &[Merge, Ref]),
        ("git merge --no-verify", &[Ref]),
        // reference-transaction does not look at what the refs of a remote have.
        ("git merge --ff, git pull of commits that were fetched", &[]),
        ("git am, git rebase --apply", &[Patch, Ref]),
        ("git am --no-verify", &[Ref]),
        ("git push --no-verify", &[]),
        ("git notes, git tag", &[Ref]),
        ("git commit-tree, git fast-import, git filter-branch", &[Ref]),
        ("a program with its own git, as some editors have (libgit2, JGit)", &[]),
        ("git -c core.hooksPath=/dev/null", &[]),
    ]
};

fn bypasses(hooks: &[HookReport]) -> Vec<Bypass> {
    let is_proven = |wanted: Hook| {
        hooks.iter().any(|report| report.hook == wanted && report.proof == Some(Proof::Proven))
    };
    WAYS.iter()
        .map(|(action, by)| Bypass {
            action,
            covered_by: by.iter().copied().find(|&hook| is_proven(hook)),
            // Who goes round all hooks here goes round that one too.
            is_stopped_at_push: !by.is_empty() && is_proven(Hook::PrePush),
        })
        .collect()
}
