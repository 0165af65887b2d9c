//! Putting the hooks in.

use std::fs;
use std::path::PathBuf;

use super::callers::guards;
use super::change::{Change, is_executable};
use super::manager::{self, Managed, Manager};
use super::place::{self, Kind, Place, Reason, global_hooks_path, system_hooks_path};
use super::plan::{Plan, for_colleagues, notes, without_in};
use super::script::{self, Form, Program, Without};
use super::{Hook, HookError, Surroundings, Target};
use crate::git::config::Level;
use crate::text::escape::escape_path;

/// The other hooks that a directory named by the global `core.hooksPath` has to hand on to the
/// repository's own.
///
/// Left out are `push-to-checkout` and `proc-receive`, whose presence alone changes what git
/// does, and `reference-transaction` and `post-index-change`, which git calls up to five times a
/// commit and at each `git status`: a process each time, for hooks that hardly any repository
/// has. See [`HIDDEN`].
pub(super) const PASSED: [&str; 15] = [
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-auto-gc",
    "pre-rebase",
    "sendemail-validate",
    "update",
];

/// Hooks of a repository that stop running under a global install.
pub(super) const HIDDEN: [&str; 4] =
    ["reference-transaction", "post-index-change", "push-to-checkout", "proc-receive"];

/// What to install, and where.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// What the hooks are wired into.
    pub target: Target,
    /// The program that private hooks run first: an absolute path.
    pub binary: PathBuf,
    /// Installs `reference-transaction` too, which git runs at every change of a ref. Programs with a git of
    /// their own, and commits that were fetched, still pass.
    pub is_strict: bool,
    /// Installs `pre-receive` too, for a repository that is pushed to.
    pub is_server: bool,
    /// Has the hook managers that are in use call tightlip, by lines in their files.
    pub into_manager: bool,
    /// What files that a team shares do in the clone of one who has no tightlip; `None` for what they
    /// do already, or stop.
    pub without: Option<Without>,
    /// Where to look and write.
    pub around: Surroundings,
}

/// What an install has done.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Where git looks.
    pub place: Place,
    /// Each hook, in the order of [`Hook::ALL`].
    pub hooks: Vec<Installed>,
    /// Each manager that was asked to call tightlip.
    pub managers: Vec<ManagerFile>,
    /// What the user should know, each a sentence.
    pub notes: Vec<String>,
}

/// The file of a manager after an install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerFile {
    /// The manager.
    pub manager: Manager,
    /// Its file, or husky's directory.
    pub file: PathBuf,
    /// What was done.
    pub how: How,
}

/// One hook after an install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Git's name of the hook.
    pub name: &'static str,
    /// The file that git, or husky, runs.
    pub file: PathBuf,
    /// What was done.
    pub how: How,
}

/// What was done for one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A script of ours is new.
    New,
    /// A script of ours is new, and the hook that stood there has another name.
    Kept {
        /// Its new name.
        kept: PathBuf,
        /// Whether it runs; git would not have run it either, if not.
        is_run: bool,
    },
    /// A block of ours is new in a file of the team.
    Block {
        /// There was no such file before.
        is_new: bool,
    },
    /// Ours was there, and is new now.
    Refreshed,
    /// Ours was there, and is as it should be.
    Already,
    /// Ours was there, and somebody has edited it; it was left alone.
    Edited,
}

/// Installs the hooks; a second time changes nothing.
///
/// A hook that an earlier install was asked for stays, and is brought up to date as well.
///
/// ```
/// use tightlip::environment::Environment;
/// use tightlip::git::Location;
/// use tightlip::hook::{InstallOptions, Surroundings, Target, UninstallOptions};
/// let folder = tempfile::tempdir()?;
/// let around = Surroundings {
///     location: Location::new(folder.path(), Environment::default()),
///     config_directory: folder.path().join("config"),
/// };
/// let target = Target::Template("template".into());
/// let done = tightlip::hook::install(&InstallOptions {
///     target: target.clone(),
///     binary: "/usr/bin/tightlip".into(),
///     is_strict: false,
///     is_server: false,
///     into_manager: false,
///     without: None,
///     around: around.clone(),
/// })?;
/// assert!(folder.path().join("template/hooks/pre-commit").is_file());
/// let removal = tightlip::hook::uninstall(&UninstallOptions { target, around })?;
/// assert_eq!(removal.hooks.len(), done.hooks.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Git looks for hooks nowhere, something is in the way, or a file cannot be written; then
/// nothing has been changed.
pub fn install(options: &InstallOptions) -> Result<Installation, HookError> {
    let location = &options.around.location;
    let locked = place::locked(&options.target, &options.around);
    // An install makes it anyway; what goes wrong here does so again, with a word, where the hooks are written.
    let _ = locked.as_ref().map(fs::create_dir_all);
    let _lock = place::lock(locked.as_deref());
    match &options.target {
        Target::Repository => install_in_repository(options),
        Target::Template(folder) => {
            let folder = location.join(folder);
            let note = format!(
                "git puts these hooks into new repositories where it is told to: by `git init --template {0}`, or for \
                 all by `git config --global init.templateDir {0}`",
                escape_path(&folder)
            );
            let folder = folder.join("hooks");
            let place = Place::of_folder(&folder, Reason::Named);
            let hooks = client_hooks(options, &place);
            plan_beside(options, place, &hooks, vec![note])?.carry_out(location)
        }
        Target::Global => install_globally(options),
    }
}

/// Finds the hook managers that are in use in the repository.
///
/// # Errors
/// There is no repository.
pub fn managers(around: &Surroundings) -> Result<Vec<Managed>, HookError> {
    let place = Place::of_repository(&around.location)?;
    Ok(manager::in_use(&place, None))
}

/// The hooks of a place where people commit: the usual ones, those that are asked for, and those
/// that are there from before.
fn client_hooks(options: &InstallOptions, place: &Place) -> Vec<Hook> {
    let is_there = |hook: Hook| {
        fs::read(place.folder.join(hook.name())).is_ok_and(|bytes| script::scans(&bytes))
    };
    let mut hooks = Hook::CLIENT.to_vec();
    for (hook, is_asked_for) in
        [(Hook::ReferenceTransaction, options.is_strict), (Hook::PreReceive, options.is_server)]
    {
        if is_asked_for || is_there(hook) {
            hooks.push(hook);
        }
    }
    hooks
}

fn install_in_repository(options: &InstallOptions) -> Result<Installation, HookError> {
    let place = Place::of_repository(&options.around.location)?;
    let mut hooks = client_hooks(options, &place);
    if place.is_bare {
        if !hooks.contains(&Hook::PreReceive) {
            return Err(HookError::Bare);
        }
        hooks.retain(|hook| !Hook::CLIENT.contains(hook));
    }
    let managers = manager::in_use(&place, options.without);
    if options.into_manager && managers.is_empty() {
        let known = Manager::ALL.map(|manager| manager.to_string()).join(", ");
        return Err(HookError::Refused(format!(
            "no hook manager is in use here ({known}): install without --into-manager"
        )));
    }
    if options.without.is_some() && place.kind == Kind::Private && !options.into_manager {
        return Err(HookError::Refused(
            "--if-missing is for hooks that a team shares in its work tree, and git looks for those \
             of this repository elsewhere: install without it"
                .into(),
        ));
    }
    let notes = if options.into_manager { Vec::new() } else { notes(&managers) };
    let mut plan = match place.kind {
        _ if place.reason.is_shared() => plan_shared(place, &hooks)?,
        Kind::Private => plan_beside(options, place, &hooks, notes)?,
        Kind::Team | Kind::Husky => plan_for_team(options, place, hooks, notes)?,
    };
    if options.into_manager {
        for managed in &managers {
            plan.wire(managed, options.without)?;
        }
    }
    plan.carry_out(&options.around.location)
}

/// A setting for all repositories decides: what one repository wants must not change it.
fn plan_shared(place: Place, hooks: &[Hook]) -> Result<Plan, HookError> {
    let installed: Vec<Installed> = hooks
        .iter()
        .map(|hook| Installed {
            name: hook.name(),
            file: place.searched.join(hook.name()),
            how: How::Already,
        })
        .collect();
    if !hooks.iter().all(|&hook| guards(hook, &place)) {
        return Err(HookError::Refused(format!(
            "git looks for the hooks of all repositories in `{}` ({}), so hooks of this one would \
             never run; use `tightlip install --global` to guard them all, with the same options",
            escape_path(&place.searched),
            place.reason
        )));
    }
    let mut plan = Plan::new(place, vec!["the global install guards this repository".into()]);
    plan.hooks = installed;
    Ok(plan)
}

fn plan_beside(
    options: &InstallOptions,
    place: Place,
    hooks: &[Hook],
    notes: Vec<String>,
) -> Result<Plan, HookError> {
    let mut plan = Plan::new(place, notes);
    for &hook in hooks {
        plan.beside(hook, Program::At(&options.binary))?;
    }
    Ok(plan)
}

fn plan_for_team(
    options: &InstallOptions,
    place: Place,
    mut hooks: Vec<Hook>,
    mut notes: Vec<String>,
) -> Result<Plan, HookError> {
    if place.kind == Kind::Husky {
        if !place.searched.is_dir() {
            return Err(HookError::Refused(format!(
                "git looks for hooks in `{}`, which does not exist here, so no hook runs: let \
                 husky make it (`npx husky`, or the package manager's install), then install again",
                escape_path(&place.searched)
            )));
        }
        hooks.retain(|hook| {
            let has_stub = is_executable(&place.searched.join(hook.name()));
            if !has_stub {
                notes.push(format!("husky does not run {hook}, so it was not installed"));
            }
            has_stub
        });
    }
    let without = options.without.unwrap_or_else(|| without_in(&place.folder));
    notes.push(format!(
        "the files in `{}` belong to the work tree: commit them, and everybody who has tightlip \
         on the PATH is guarded; {}",
        escape_path(&place.folder),
        for_colleagues(without)
    ));
    let mut plan = Plan::new(place, notes);
    for hook in hooks {
        plan.team(hook, without)?;
    }
    Ok(plan)
}

fn install_globally(options: &InstallOptions) -> Result<Installation, HookError> {
    let ours = options.around.global_hooks();
    let location = &options.around.location;
    let set = global_hooks_path(location)?;
    let reason = Reason::Configured {
        level: Level::Global,
        origin: "set by `tightlip install --global`".into(),
    };
    match &set {
        Some(folder) if folder.is_relative() => Err(HookError::Refused(format!(
            "the global core.hooksPath is `{}`, another directory in each repository: unset it, \
             or install in each repository",
            escape_path(folder)
        ))),
        Some(folder) if *folder != ours => {
            let place = Place::of_folder(folder, reason);
            let hooks = client_hooks(options, &place);
            let note = "the global core.hooksPath was set before, so the hooks went there; \
                        whether a repository's own hooks run is up to that directory";
            plan_beside(options, place, &hooks, vec![note.into()])?.carry_out(location)
        }
        None if system_hooks_path(location)?.is_some() => Err(HookError::Refused(
            "the system's configuration sets core.hooksPath, and a global value would switch off \
             the hooks it names; ask whoever keeps this machine to install tightlip there"
                .into(),
        )),
        _ => install_own_folder(options, Place::of_folder(&ours, reason), set.is_some()),
    }
}

fn install_own_folder(
    options: &InstallOptions,
    place: Place,
    is_set: bool,
) -> Result<Installation, HookError> {
    let value = place.folder.clone();
    let notes = vec![format!(
        "a repository's own hooks run first, as before, except {}; a core.hooksPath of a \
         repository's own, such as husky's, goes before this one",
        HIDDEN.join(", ")
    )];
    let hooks = client_hooks(options, &place);
    let mut plan = Plan::new(place, notes);
    for &hook in &hooks {
        plan.own(hook.name(), |_| script::guard(hook, &Form::Own, Program::At(&options.binary)))?;
    }
    let mut passed = PASSED.to_vec();
    if !hooks.contains(&Hook::PreReceive) {
        passed.push(Hook::PreReceive.name());
    }
    for name in passed {
        plan.own(name, |_| script::pass(name))?;
    }
    if !is_set {
        plan.changes.push(Change::GlobalHooks(Some(value)));
    }
    plan.carry_out(&options.around.location)
}
