//! Taking the hooks out: every file gets back its bytes, its mode and its name.

use std::fs;
use std::path::{Path, PathBuf};

use super::change::{Change, apply, exists};
use super::install::PASSED;
use super::manager::{self, Unwiring};
use super::place::{self, Kind, Place, global_hooks_path};
use super::plan::{MADE_HEAD, is_same, kept_name, moved_guards};
use super::script::{self, KEPT};
use super::{Hook, HookError, Surroundings, Target};
use crate::git::Location;
use crate::text::escape::escape_path;

/// What to take out, and where.
#[derive(Debug, Clone)]
pub struct UninstallOptions {
    /// What the hooks were wired into.
    pub target: Target,
    /// Where to look and write.
    pub around: Surroundings,
}

/// What an uninstall has done.
#[derive(Debug, Clone, Default)]
pub struct Removal {
    /// Each file that was found, in the order of [`Hook::ALL`].
    pub hooks: Vec<Removed>,
    /// What the user should know, each a sentence.
    pub notes: Vec<String>,
}

/// One file after an uninstall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The file.
    pub file: PathBuf,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is gone.
    Removed,
    /// The hook that stood there before has its name again.
    Restored,
    /// Our block is out; the rest of the file is as it was.
    BlockRemoved,
    /// Our lines are out of the file of a hook manager; the rest of it is as it was.
    LinesRemoved,
    /// It was left alone, for this reason.
    Left(String),
}

/// Takes out what an install has put in, and nothing else.
///
/// # Errors
/// There is no repository, or a file cannot be written; then nothing has been changed.
pub fn uninstall(options: &UninstallOptions) -> Result<Removal, HookError> {
    let location = &options.around.location;
    let _lock = place::lock(place::locked(&options.target, &options.around).as_deref());
    match &options.target {
        Target::Repository => uninstall_from_repository(options),
        Target::Template(folder) => {
            let folder = location.join(folder).join("hooks");
            let mut plan = Plan::default();
            plan.folder(&folder)?;
            plan.carry_out(location)
        }
        Target::Global => uninstall_globally(options),
    }
}

fn uninstall_from_repository(options: &UninstallOptions) -> Result<Removal, HookError> {
    let location = &options.around.location;
    let place = Place::of_repository(location)?;
    let mut plan = Plan::default();
    if place.reason.is_shared() {
        plan.removal.notes.push(format!(
            "git looks for hooks in `{}` ({}); what is there was left alone: it belongs to all \
             repositories, see `tightlip uninstall --global`",
            escape_path(&place.searched),
            place.reason
        ));
    } else {
        plan.folder(&place.folder)?;
    }
    // An install from before core.hooksPath was set.
    if place.own != place.folder {
        plan.folder(&place.own)?;
    }
    let is_team = place.kind != Kind::Private && !plan.changes.is_empty();
    if let Some(top) = &place.work_tree {
        let before = plan.changes.len();
        plan.managers(top)?;
        // An install from before husky has set core.hooksPath.
        let husky = top.join(".husky");
        if husky != place.folder && husky.is_dir() {
            plan.folder(&husky)?;
        }
        if plan.changes.len() > before {
            plan.removal.notes.push(
                "files that hook managers read have changed: commit them, and let the manager \
                 write its hooks again"
                    .into(),
            );
        }
    }
    if is_team {
        plan.removal.notes.push(format!(
            "the files in `{}` belong to the work tree: commit what has changed",
            escape_path(&place.folder)
        ));
    }
    plan.carry_out(location)
}

fn uninstall_globally(options: &UninstallOptions) -> Result<Removal, HookError> {
    let ours = options.around.global_hooks();
    let location = &options.around.location;
    let set = global_hooks_path(location)?;
    let mut plan = Plan::default();
    plan.folder(&ours)?;
    let is_left = |hook: &Removed| matches!(hook.fate, Fate::Left(_));
    if set.as_ref() == Some(&ours) {
        if plan.removal.hooks.iter().any(is_left) {
            plan.removal.notes.push(format!(
                "the global core.hooksPath was left as it is, for what is left in `{}`",
                escape_path(&ours)
            ));
        } else {
            plan.changes.push(Change::GlobalHooks(None));
        }
    } else if let Some(other) = set.filter(|folder| folder.is_absolute()) {
        plan.folder(&other)?;
    }
    let removal = plan.carry_out(location)?;
    for folder in [Some(ours.as_path()), ours.parent()].into_iter().flatten() {
        // Where anything is left in it, the directory stays.
        let _ = fs::remove_dir(folder);
    }
    Ok(removal)
}

#[derive(Default)]
struct Plan {
    changes: Vec<Change>,
    removal: Removal,
}

impl Plan {
    fn carry_out(self, location: &Location) -> Result<Removal, HookError> {
        apply(&self.changes, location)?;
        Ok(self.removal)
    }

    fn folder(&mut self, folder: &Path) -> Result<(), HookError> {
        let scanning = Hook::ALL.iter().map(|hook| hook.name());
        for name in scanning.chain(PASSED) {
            self.hook(folder.join(name))?;
        }
        Ok(())
    }

    /// Takes tightlip's lines out of the files of hook managers.
    fn managers(&mut self, top: &Path) -> Result<(), HookError> {
        for Unwiring { file, rest } in manager::unwire(top)? {
            match rest {
                Some(bytes) => {
                    self.changes.push(Change::Write { file: file.clone(), bytes, mode: None });
                    self.done(file, Fate::LinesRemoved);
                }
                None => self.left(file, "somebody has edited tightlip's lines in it"),
            }
        }
        Ok(())
    }

    fn hook(&mut self, file: PathBuf) -> Result<(), HookError> {
        let kept = kept_name(&file);
        let has_kept = exists(&kept);
        for moved in moved_guards(&file) {
            self.changes.push(Change::Remove(moved.clone()));
            self.done(moved, Fate::Removed);
        }
        let is_file = file.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if !is_file {
            match (exists(&file), has_kept) {
                (false, true) => self.restore(kept, file),
                (true, true) => self.kept_beside(&file, kept),
                (_, false) => {}
            }
            return Ok(());
        }
        let bytes = fs::read(&file).map_err(|error| HookError::file("read", &file, error))?;
        if script::is_ours(&bytes) {
            self.guard(file, &bytes, has_kept.then_some(kept));
        } else if let Some(found) = script::find_block(&bytes) {
            self.block(file, &found);
        } else if has_kept {
            self.kept_beside(&file, kept);
        }
        Ok(())
    }

    /// A hook that is not ours stands beside one that was kept.
    fn kept_beside(&mut self, file: &Path, kept: PathBuf) {
        if is_same(file, &kept) {
            // An install that was killed in the middle has kept it.
            self.changes.push(Change::Remove(kept.clone()));
            self.done(kept, Fate::Removed);
        } else {
            self.left(kept, NOT_OURS);
        }
    }

    fn guard(&mut self, file: PathBuf, bytes: &[u8], kept: Option<PathBuf>) {
        if !script::is_unedited(bytes) {
            let advice = match kept {
                Some(_) => format!("{EDITED}; what stood there before is beside it, {KEPT}"),
                None => EDITED.to_owned(),
            };
            return self.left(file, &advice);
        }
        match kept {
            Some(kept) => self.restore(kept, file),
            None => {
                self.changes.push(Change::Remove(file.clone()));
                self.done(file, Fate::Removed);
            }
        }
    }

    fn block(&mut self, file: PathBuf, found: &script::Found<'_>) {
        if !script::is_unedited(found.block) {
            return self.left(file, "somebody has edited tightlip's block in it");
        }
        let rest = found.rest();
        if found.is_made() && (rest.is_empty() || rest == MADE_HEAD) {
            self.changes.push(Change::Remove(file.clone()));
            return self.done(file, Fate::Removed);
        }
        self.changes.push(Change::Write { file: file.clone(), bytes: rest, mode: None });
        self.done(file, Fate::BlockRemoved);
    }

    fn restore(&mut self, kept: PathBuf, file: PathBuf) {
        let to = file.clone();
        self.changes.push(Change::Rename { from: kept, to });
        self.done(file, Fate::Restored);
    }

    fn left(&mut self, file: PathBuf, why: &str) {
        self.done(file, Fate::Left(why.to_owned()));
    }

    fn done(&mut self, file: PathBuf, fate: Fate) {
        self.removal.hooks.push(Removed { file, fate });
    }
}

const EDITED: &str = "somebody has edited it; look at it and delete it by hand";
const NOT_OURS: &str = "tightlip kept it, but another program has put its own hook in its place; \
                        delete the one that is not wanted";
