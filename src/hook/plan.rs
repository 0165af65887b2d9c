//! What an install is going to do, hook by hook: nothing is written before all of it is known.

use std::fs;
use std::path::{Path, PathBuf};

use super::change::{Change, apply, exists, is_executable};
use super::install::{How, Installation, Installed, ManagerFile};
use super::manager::{Managed, Manager};
use super::place::{Kind, Place};
use super::script::{self, BlockOptions, Form, KEPT, Program, Run, Without};
use super::{Hook, HookError};
use crate::git::Location;
use crate::text::escape::escape_path;

/// What is going to be done.
pub(super) struct Plan {
    place: Place,
    pub(super) changes: Vec<Change>,
    pub(super) hooks: Vec<Installed>,
    managers: Vec<ManagerFile>,
    notes: Vec<String>,
}

impl Plan {
    pub(super) fn new(place: Place, notes: Vec<String>) -> Self {
        let changes = vec![Change::MakeFolder(place.folder.clone())];
        Plan { place, changes, hooks: Vec::new(), managers: Vec::new(), notes }
    }

    pub(super) fn carry_out(self, location: &Location) -> Result<Installation, HookError> {
        let is_done = |hook: &Installed| matches!(hook.how, How::Already | How::Edited);
        let is_changed = self.changes.len() > 1;
        if is_changed || !self.hooks.iter().all(is_done) {
            apply(&self.changes, location)?;
        }
        let Plan { place, hooks, managers, notes, .. } = self;
        Ok(Installation { place, hooks, managers, notes })
    }

    fn done(&mut self, name: &'static str, file: PathBuf, how: How) {
        self.hooks.push(Installed { name, file, how });
    }

    /// Plans a guard that keeps and runs what stood in its place.
    pub(super) fn beside(&mut self, hook: Hook, program: Program<'_>) -> Result<(), HookError> {
        let file = self.place.folder.join(hook.name());
        let kept = kept_name(&file);
        let old = look(&file)?;
        match &old {
            Old::Ours(_) | Old::None => self
                .own(hook.name(), |kept_run| script::guard(hook, &Form::Beside(kept_run), program)),
            Old::Link | Old::Foreign(_) => {
                self.forget_moved_guards(&file);
                match kept_of(&file, &kept) {
                    KeptHook::None => {
                        self.changes.push(Change::Keep { file: file.clone(), kept: kept.clone() });
                    }
                    // An install that was killed in the middle has kept it.
                    KeptHook::Same => {}
                    KeptHook::Other => {
                        self.put_older_aside(hook, &kept);
                        self.changes.push(Change::Keep { file: file.clone(), kept: kept.clone() });
                    }
                }
                let is_run = is_executable(&file);
                let run = run_of(&file);
                self.note_manager(&old, hook);
                self.changes.push(Change::Write {
                    file: file.clone(),
                    bytes: script::guard(hook, &Form::Beside(run), program),
                    mode: Some(0o755),
                });
                self.done(hook.name(), file, How::Kept { kept, is_run });
                Ok(())
            }
        }
    }

    /// Plans a script where only one of ours may stand.
    pub(super) fn own(
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
                    escape_path(&file)
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
    pub(super) fn team(&mut self, hook: Hook, without: Without) -> Result<(), HookError> {
        let program = Program::OnPath(without);
        let file = self.place.folder.join(hook.name());
        let is_husky = self.place.kind == Kind::Husky;
        match look(&file)? {
            Old::None if exists(&kept_name(&file)) => self.beside(hook, program),
            Old::None => {
                let options = BlockOptions { is_sourced: is_husky, is_new: true, without };
                let head: &[u8] = if is_husky { b"" } else { MADE_HEAD };
                let bytes = [head, &script::block(hook, options)].concat();
                self.write(&file, bytes);
                self.done(hook.name(), file, How::Block { is_new: true });
                Ok(())
            }
            Old::Link if is_husky => Err(HookError::Refused(format!(
                "`{}` is a symbolic link, and tightlip does not write through links: put a file \
                 in its place, or call `tightlip hook {hook} \"$@\"` in what it leads to",
                escape_path(&file)
            ))),
            Old::Foreign(bytes) if is_husky || is_script(&file, &bytes) => {
                self.block(hook, file, &bytes, without);
                Ok(())
            }
            Old::Link | Old::Foreign(_) | Old::Ours(_) => self.beside(hook, program),
        }
    }

    fn block(&mut self, hook: Hook, file: PathBuf, bytes: &[u8], without: Without) {
        let found = script::find_block(bytes);
        let options = BlockOptions {
            is_sourced: self.place.kind == Kind::Husky || script::loads_husky(bytes),
            is_new: found.as_ref().is_some_and(script::Found::is_made),
            without,
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

    /// Another program has put its hook over ours: that one is what runs now, and is kept. What was
    /// kept before it gets a name of its own, for it may be the only copy.
    fn put_older_aside(&mut self, hook: Hook, kept: &Path) {
        let name = |number: usize| format!("{hook}{KEPT}.{number}");
        let mut free = (1..).map(|number| kept.with_file_name(name(number)));
        let aside = free.find(|path| !exists(path)).unwrap_or_else(|| kept.to_owned());
        self.notes.push(format!(
            "another program has written {hook} since the last install, so that one runs first now; \
             what was kept before it is in `{}`: delete it if it is of no use",
            escape_path(&aside)
        ));
        self.changes.push(Change::Rename { from: kept.to_owned(), to: aside });
    }

    /// Removes the guards that managers have moved aside.
    fn forget_moved_guards(&mut self, file: &Path) {
        self.changes.extend(moved_guards(file).map(Change::Remove));
    }

    /// Plans tightlip's lines in the file of a manager.
    pub(super) fn wire(
        &mut self,
        managed: &Managed,
        without: Option<Without>,
    ) -> Result<(), HookError> {
        let Managed { manager, file, .. } = managed;
        if *manager == Manager::Husky {
            return self.wire_husky(managed, without);
        }
        let wiring = manager.wire(file, without)?;
        let how = match &wiring {
            wiring if wiring.is_edited => How::Edited,
            wiring if wiring.new == wiring.old => How::Already,
            wiring if wiring.has_lines => How::Refreshed,
            _ => How::Block { is_new: false },
        };
        self.notes.extend(wiring.notes);
        if matches!(how, How::Block { .. } | How::Refreshed) {
            let (file, bytes) = (file.clone(), wiring.new);
            self.changes.push(Change::Write { file, bytes, mode: None });
            self.note_next_step(managed, wiring.without);
        }
        self.managers.push(ManagerFile { manager: *manager, file: file.clone(), how });
        Ok(())
    }

    fn note_next_step(&mut self, managed: &Managed, without: Without) {
        self.notes.push(format!("{}; {}", managed.next_step(), for_colleagues(without)));
    }

    /// Plans blocks in husky's directory, in which git does not look yet.
    fn wire_husky(&mut self, managed: &Managed, without: Option<Without>) -> Result<(), HookError> {
        let folder = managed.file.clone();
        let without = without.unwrap_or_else(|| without_in(&folder));
        let place = Place { folder: folder.clone(), kind: Kind::Husky, ..self.place.clone() };
        let mut ahead = Plan::new(place, Vec::new());
        for hook in Hook::CLIENT {
            ahead.team(hook, without)?;
        }
        let how = ahead.hooks.iter().map(|hook| &hook.how).find(|how| **how != How::Already);
        let how = how.cloned().unwrap_or(How::Already);
        if how != How::Already {
            self.note_next_step(managed, without);
        }
        self.changes.extend(ahead.changes);
        self.notes.extend(ahead.notes);
        self.managers.push(ManagerFile { manager: managed.manager, file: folder, how });
        Ok(())
    }

    /// Notes a program that is going to write its hooks again.
    fn note_manager(&mut self, old: &Old, hook: Hook) {
        let Old::Foreign(bytes) = old else {
            return;
        };
        if let Some(name) = Manager::of_hook(bytes) {
            self.notes.push(format!(
                "{hook} was {name}'s and is run first; when {name} writes its hooks again, ours \
                 may go: `tightlip doctor` tells, `tightlip install` mends"
            ));
        }
        let text = String::from_utf8_lossy(bytes);
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

/// What the hooks of a team in a directory do where there is no tightlip.
pub(super) fn without_in(folder: &Path) -> Without {
    let warns = |hook: &Hook| {
        fs::read(folder.join(hook.name()))
            .is_ok_and(|bytes| script::scans(&bytes) && Without::of(&bytes) == Without::Warns)
    };
    if Hook::ALL.iter().any(warns) { Without::Warns } else { Without::Stops }
}

/// What a colleague meets who has no tightlip.
pub(super) const fn for_colleagues(without: Without) -> &'static str {
    match without {
        Without::Stops => {
            "colleagues without it are stopped until they install it (`tightlip install --if-missing \
             warn` lets them go on with a warning)"
        }
        Without::Warns => "colleagues without it are told how to install it, and go on unscanned",
    }
}

/// What a file begins with that is made for a block, where git runs it by itself.
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
            escape_path(file)
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

/// The guards that managers have moved aside.
pub(super) fn moved_guards(file: &Path) -> impl Iterator<Item = PathBuf> {
    let is_ours = |moved: &PathBuf| {
        fs::read(moved).is_ok_and(|bytes| script::is_ours(&bytes) && script::is_unedited(&bytes))
    };
    let endings = Manager::ALL.into_iter().filter_map(Manager::moves_to);
    endings.map(|ending| with_ending(file, ending)).filter(is_ours)
}

/// A path with something behind its name.
pub(super) fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// What an earlier install has kept in the place of a hook.
enum KeptHook {
    None,
    /// The very hook that stands there.
    Same,
    Other,
}

fn kept_of(file: &Path, kept: &Path) -> KeptHook {
    if !exists(kept) {
        return KeptHook::None;
    }
    if is_same(file, kept) { KeptHook::Same } else { KeptHook::Other }
}

/// Whether two names stand for the same: one file, two with the same bytes, or two links to one place.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let links = (fs::read_link(one), fs::read_link(other));
    match links {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), Err(_)) => match (fs::read(one), fs::read(other)) {
            (Ok(first), Ok(second)) => {
                first == second && is_executable(one) == is_executable(other)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Where a hook goes that stood in the place of ours.
pub(super) fn kept_name(file: &Path) -> PathBuf {
    with_ending(file, KEPT)
}

/// Notes managers that are in use and do not call tightlip yet.
pub(super) fn notes(managers: &[Managed]) -> Vec<String> {
    let open = managers.iter().filter(|managed| !managed.is_wired);
    open.map(|managed| {
        let file = escape_path(&managed.file);
        match managed.manager {
            Manager::Husky => format!(
                "`{file}` is there, but git does not look there yet: once husky has set \
                 core.hooksPath these hooks stop running; `tightlip install --into-manager` puts \
                 tightlip there, too"
            ),
            name => format!(
                "{name} is in use (`{file}`) and writes its hooks again when its file changes, over \
                 ours: `tightlip install --into-manager` has it call tightlip"
            ),
        }
    })
    .collect()
}
