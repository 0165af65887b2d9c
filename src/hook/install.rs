//! Putting the hooks in.

use std::fs;
use std::path::{Path, PathBuf};

use super::change::{Change, apply, exists, is_executable};
use super::place::{Kind, Place, Reason, global_hooks_path, system_hooks_path};
use super::script::{self, BlockOptions, Form, KEPT, Run};
use super::{Hook, HookError, Surroundings, Target, shown};

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
    /// Installs `reference-transaction` too, which nothing passes by.
    pub is_strict: bool,
    /// Installs `pre-receive` too, for a repository that is pushed to.
    pub is_server: bool,
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
    /// What the user should know, each a sentence.
    pub notes: Vec<String>,
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
/// use tightlip::hook::{InstallOptions, Surroundings, Target, UninstallOptions};
/// let folder = tempfile::tempdir()?;
/// let around = Surroundings {
///     directory: folder.path().into(),
///     config_directory: folder.path().join("config"),
/// };
/// let target = Target::Template("template".into());
/// let done = tightlip::hook::install(&InstallOptions {
///     target: target.clone(),
///     binary: "/usr/bin/tightlip".into(),
///     is_strict: false,
///     is_server: false,
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
    match &options.target {
        Target::Repository => install_in_repository(options),
        Target::Template(folder) => {
            let folder = options.around.directory.join(folder).join("hooks");
            let place = Place::of_folder(&folder, Reason::Named);
            let hooks = client_hooks(options, &place);
            install_beside(options, place, &hooks, Vec::new())
        }
        Target::Global => install_globally(options),
    }
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
    let place = Place::of_repository(&options.around.directory)?;
    let mut hooks = client_hooks(options, &place);
    if place.is_bare {
        if !hooks.contains(&Hook::PreReceive) {
            return Err(HookError::Bare);
        }
        hooks.retain(|hook| !Hook::CLIENT.contains(hook));
    }
    if place.reason.is_shared() {
        return shared(place, &hooks);
    }
    let notes = notes(&place);
    match place.kind {
        Kind::Private => install_beside(options, place, &hooks, notes),
        Kind::Team | Kind::Husky => install_for_team(place, hooks, notes),
    }
}

/// A setting for all repositories decides: what one repository wants must not change it.
fn shared(place: Place, hooks: &[Hook]) -> Result<Installation, HookError> {
    let installed: Vec<Installed> = hooks
        .iter()
        .map(|hook| Installed {
            name: hook.name(),
            file: place.searched.join(hook.name()),
            how: How::Already,
        })
        .collect();
    let is_guarded = |hook: &Installed| {
        is_executable(&hook.file) && fs::read(&hook.file).is_ok_and(|bytes| script::scans(&bytes))
    };
    if !installed.iter().all(is_guarded) {
        return Err(HookError::Refused(format!(
            "git looks for the hooks of all repositories in `{}` ({}), so hooks of this one would \
             never run; use `tightlip install --global` to guard them all, with the same options",
            shown(&place.searched),
            place.reason
        )));
    }
    let notes = vec!["the global install guards this repository".into()];
    Ok(Installation { place, hooks: installed, notes })
}

fn install_beside(
    options: &InstallOptions,
    place: Place,
    hooks: &[Hook],
    notes: Vec<String>,
) -> Result<Installation, HookError> {
    let mut plan = Plan::new(place, notes);
    for &hook in hooks {
        plan.beside(hook, Some(&options.binary))?;
    }
    plan.carry_out()
}

fn install_for_team(
    place: Place,
    mut hooks: Vec<Hook>,
    mut notes: Vec<String>,
) -> Result<Installation, HookError> {
    if place.kind == Kind::Husky {
        if !place.searched.is_dir() {
            return Err(HookError::Refused(format!(
                "git looks for hooks in `{}`, which does not exist here, so no hook runs: let \
                 husky make it (`npx husky`, or the package manager's install), then install again",
                shown(&place.searched)
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
    notes.push(format!(
        "the files in `{}` belong to the work tree: commit them, and everybody who has tightlip \
         on the PATH is guarded",
        shown(&place.folder)
    ));
    let mut plan = Plan::new(place, notes);
    for hook in hooks {
        plan.team(hook)?;
    }
    plan.carry_out()
}

fn install_globally(options: &InstallOptions) -> Result<Installation, HookError> {
    let ours = options.around.global_hooks();
    let set = global_hooks_path()?;
    let reason = Reason::Configured {
        scope: "global".into(),
        origin: "set by `tightlip install --global`".into(),
    };
    match &set {
        Some(folder) if folder.is_relative() => Err(HookError::Refused(format!(
            "the global core.hooksPath is `{}`, another directory in each repository: unset it, \
             or install in each repository",
            shown(folder)
        ))),
        Some(folder) if *folder != ours => {
            let place = Place::of_folder(folder, reason);
            let hooks = client_hooks(options, &place);
            let note = "the global core.hooksPath was set before, so the hooks went there; \
                        whether a repository's own hooks run is up to that directory";
            install_beside(options, place, &hooks, vec![note.into()])
        }
        None if system_hooks_path()?.is_some() => Err(HookError::Refused(
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
        plan.own(hook.name(), |_| script::guard(hook, &Form::Own, Some(&options.binary)))?;
    }
    let mut passed = PASSED.to_vec();
    if !hooks.contains(&Hook::PreReceive) {
        passed.push(Hook::PreReceive.name());
    }
    for name in passed {
        plan.own(name, |_| script::pass(name))?;
    }
    if !is_set {
        plan.changes.push(Change::GlobalConfig { key: "core.hooksPath", value: Some(value) });
    }
    plan.carry_out()
}

/// What is going to be done.
struct Plan {
    place: Place,
    changes: Vec<Change>,
    hooks: Vec<Installed>,
    notes: Vec<String>,
}

impl Plan {
    fn new(place: Place, notes: Vec<String>) -> Self {
        let changes = vec![Change::MakeFolder(place.folder.clone())];
        Plan { place, changes, hooks: Vec::new(), notes }
    }

    fn carry_out(self) -> Result<Installation, HookError> {
        let is_done = |hook: &Installed| matches!(hook.how, How::Already | How::Edited);
        let is_changed = self.changes.len() > 1;
        if is_changed || !self.hooks.iter().all(is_done) {
            apply(&self.changes)?;
        }
        Ok(Installation { place: self.place, hooks: self.hooks, notes: self.notes })
    }

    fn done(&mut self, name: &'static str, file: PathBuf, how: How) {
        self.hooks.push(Installed { name, file, how });
    }

    /// Plans a guard that keeps and runs what stood in its place.
    fn beside(&mut self, hook: Hook, binary: Option<&Path>) -> Result<(), HookError> {
        let file = self.place.folder.join(hook.name());
        let kept = kept_name(&file);
        let old = look(&file)?;
        match &old {
            Old::Ours(_) | Old::None => self
                .own(hook.name(), |kept_run| script::guard(hook, &Form::Beside(kept_run), binary)),
            Old::Link | Old::Foreign(_) => {
                if exists(&kept) {
                    return Err(HookError::Refused(format!(
                        "`{}` is not tightlip's, and what it once kept is still in `{}`: see \
                         which of the two is wanted, delete the other, and install again",
                        shown(&file),
                        shown(&kept)
                    )));
                }
                let is_run = is_executable(&file);
                let run = run_of(&file);
                self.note_manager(&old, hook);
                self.changes.push(Change::Rename { from: file.clone(), to: kept.clone() });
                self.changes.push(Change::Write {
                    file: file.clone(),
                    bytes: script::guard(hook, &Form::Beside(run), binary),
                    mode: Some(0o755),
                });
                self.done(hook.name(), file, How::Kept { kept, is_run });
                Ok(())
            }
        }
    }

    /// Plans a script where only one of ours may stand.
    fn own(
        &mut self,
        name: &'static str,
        script: impl FnOnce(Run) -> Vec<u8>,
    ) -> Result<(), HookError> {
        let file = self.place.folder.join(name);
        let wanted = script(run_of(&kept_name(&file)));
        let how = match look(&file)? {
            Old::Link | Old::Foreign(_) => {
                return Err(HookError::Refused(format!(
                    "`{}` is not tightlip's, in a directory that is: move it away",
                    shown(&file)
                )));
            }
            Old::None => How::New,
            Old::Ours(bytes) if !script::is_unedited(&bytes) => How::Edited,
            Old::Ours(bytes) if bytes == wanted && is_executable(&file) => How::Already,
            Old::Ours(_) => How::Refreshed,
        };
        if matches!(how, How::New | How::Refreshed) {
            self.write(&file, wanted);
        }
        self.done(name, file, how);
        Ok(())
    }

    fn write(&mut self, file: &Path, bytes: Vec<u8>) {
        self.changes.push(Change::Write { file: file.to_owned(), bytes, mode: Some(0o755) });
    }

    /// Plans a block in a file of the team.
    fn team(&mut self, hook: Hook) -> Result<(), HookError> {
        let file = self.place.folder.join(hook.name());
        let is_husky = self.place.kind == Kind::Husky;
        match look(&file)? {
            Old::None if exists(&kept_name(&file)) => self.beside(hook, None),
            Old::None => {
                let options = BlockOptions { is_sourced: is_husky, is_new: true };
                let head: &[u8] = if is_husky { b"" } else { MADE_HEAD };
                let bytes = [head, &script::block(hook, options)].concat();
                self.write(&file, bytes);
                self.done(hook.name(), file, How::Block { is_new: true });
                Ok(())
            }
            Old::Link if is_husky => Err(HookError::Refused(format!(
                "`{}` is a symbolic link, and tightlip does not write through links: put a file \
                 in its place, or call `tightlip hook {hook} \"$@\"` in what it leads to",
                shown(&file)
            ))),
            Old::Foreign(bytes) if is_husky || is_script(&file, &bytes) => {
                self.block(hook, file, &bytes);
                Ok(())
            }
            Old::Link | Old::Foreign(_) | Old::Ours(_) => self.beside(hook, None),
        }
    }

    fn block(&mut self, hook: Hook, file: PathBuf, bytes: &[u8]) {
        let found = script::find_block(bytes);
        let options = BlockOptions {
            is_sourced: self.place.kind == Kind::Husky || script::loads_husky(bytes),
            is_new: found.as_ref().is_some_and(script::Found::is_made),
        };
        let block = script::block(hook, options);
        let how = match &found {
            None => How::Block { is_new: false },
            Some(found) if found.block.trim_ascii() == block.trim_ascii() => How::Already,
            Some(found) if !script::is_unedited(found.block) => How::Edited,
            Some(_) => How::Refreshed,
        };
        let without = found.map_or_else(|| bytes.to_vec(), |found| found.rest());
        if matches!(how, How::Block { .. } | How::Refreshed) {
            self.changes.push(Change::Write {
                file: file.clone(),
                bytes: script::with_block(&without, &block),
                mode: None,
            });
        }
        self.done(hook.name(), file, how);
    }

    /// Notes a program that is going to write its hooks again.
    fn note_manager(&mut self, old: &Old, hook: Hook) {
        let Old::Foreign(bytes) = old else {
            return;
        };
        let text = String::from_utf8_lossy(bytes);
        let managers = [
            ("lefthook", "LEFTHOOK"),
            ("pre-commit", "File generated by pre-commit"),
            ("overcommit", "overcommit"),
            ("husky", "# husky"),
        ];
        if let Some((name, _)) = managers.iter().find(|(_, mark)| text.contains(mark)) {
            self.notes.push(format!(
                "{hook} was {name}'s and is run first; when {name} writes its hooks again, ours \
                 may go: `tightlip doctor` tells, `tightlip install` mends"
            ));
        }
        let looks_at_name =
            text.contains("$0") || text.contains("argv") || text.contains("__file__");
        if script::shell_of(bytes).is_none() && looks_at_name {
            self.notes.push(format!(
                "{hook} was no shell script and may depend on its own name, which is now \
                 {hook}{KEPT}: see that it still works"
            ));
        }
    }
}

/// A file that we make for a block, where git runs it by itself, begins so.
pub(super) const MADE_HEAD: &[u8] = b"#!/bin/sh\n";

/// What stands in a hook's place.
enum Old {
    None,
    Link,
    Ours(Vec<u8>),
    Foreign(Vec<u8>),
}

fn look(file: &Path) -> Result<Old, HookError> {
    let metadata = match file.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Old::None),
        Err(error) => return Err(HookError::file("look at", file, error)),
    };
    if metadata.is_symlink() {
        return Ok(Old::Link);
    }
    if !metadata.is_file() {
        return Err(HookError::Refused(format!(
            "`{}` is not a file, so no hook can stand there: move it away",
            shown(file)
        )));
    }
    let bytes = fs::read(file).map_err(|error| HookError::file("read", file, error))?;
    Ok(if script::is_ours(&bytes) { Old::Ours(bytes) } else { Old::Foreign(bytes) })
}

fn is_script(file: &Path, bytes: &[u8]) -> bool {
    is_executable(file) && script::shell_of(bytes).is_some()
}

/// How a kept hook has to be run; what is not there is not run at all.
fn run_of(file: &Path) -> Run {
    match fs::read(file) {
        Ok(bytes) if is_executable(file) => Run::of(&bytes),
        _ => Run::Program,
    }
}

/// Where a hook goes that stood in the place of ours.
pub(super) fn kept_name(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(KEPT);
    PathBuf::from(name)
}

/// Notes programs that write hooks of their own in this work tree.
fn notes(place: &Place) -> Vec<String> {
    let Some(top) = &place.work_tree else {
        return Vec::new();
    };
    let has = |names: &[&str]| names.iter().any(|name| exists(&top.join(name)));
    let mut notes = Vec::new();
    if place.reason == Reason::Default && has(&[".husky"]) {
        notes.push(
            "there is a .husky directory, but git does not look there yet: once husky has set \
             core.hooksPath these hooks stop running; then install again"
                .into(),
        );
    }
    if has(&["lefthook.yml", "lefthook.yaml", "lefthook.toml", ".lefthook.yml", ".lefthook.yaml"]) {
        notes.push(
            "lefthook writes its hooks again when its file changes, and puts ours aside: add \
             `tightlip hook NAME {0}` to its file, or run `tightlip install` after it"
                .into(),
        );
    }
    notes
}
