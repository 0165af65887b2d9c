//! The wiring into git's hooks: put in, taken out byte for byte, proved.
//!
//! A hook of somebody else is never replaced: where it stood in a hooks directory it is renamed
//! and run first; in a file that a team shares, a marked block is added. Nothing is written
//! before everything has been looked at, and what fails in the middle is undone.
//!
//! | git looks in | a hook exists | none exists |
//! |---|---|---|
//! | `.git/hooks`, a template, a directory outside the work tree | renamed to `NAME.before-tightlip`, a guard script in its place | guard script |
//! | a directory of the work tree | a block in it (renamed, if it is no shell script) | a new file with the block |
//! | husky's `.husky/_` | a block in `.husky/NAME` | a new `.husky/NAME` with the block |
//! | our own directory, named by the global `core.hooksPath` | runs first, from `.git/hooks` | guard script; a script that only passes on for hooks that do not scan |
//!
//! The files of hook managers get lines where that is asked for (`manager`).
//!
//! The module writes scripts, asks git where to put them, and tells what a hook has to look at ([`Work`]);
//! it scans nothing.

mod callers;
mod change;
mod commands;
mod doctor;
mod install;
mod lost;
mod manager;
mod place;
mod plan;
mod proof;
mod proof_copy;
mod sandbox;
mod script;
mod submodules;
mod uninstall;
mod work;

use std::fmt;
use std::path::{Path, PathBuf};

pub use doctor::{Binary, Bypass, DoctorOptions, HookReport, Part, Report, State, doctor};
pub use install::{How, InstallOptions, Installation, Installed, ManagerFile, install, managers};
pub use lost::lost_guard;
pub use manager::{Managed, Manager};
pub use place::{Kind, Place, Reason};
pub use proof::Proof;
pub use script::Without;
pub use uninstall::{Fate, Removal, Removed, UninstallOptions, uninstall};
pub use work::{Call, Work, WorkError, merged, message_options, was_looked_at};

use crate::git::{GitError, Location};
use crate::text::escape::escape_path;

/// Set to anything but nothing or a word for no, it lets one git command pass.
pub const SKIP_VARIABLE: &str = "TIGHTLIP_SKIP";

/// A hook of git that scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// Before a commit: what is staged.
    PreCommit,
    /// Before the commit of a merge without conflicts.
    PreMergeCommit,
    /// The message, as it was written.
    CommitMsg,
    /// Before the message is written: runs where pre-commit does not, in a cherry-pick, a revert,
    /// a rebase, and with `--no-verify`.
    PrepareCommitMsg,
    /// The message of a mailed patch.
    ApplypatchMsg,
    /// A mailed patch, after it is applied.
    PreApplypatch,
    /// The commits that the other side of a push lacks.
    PrePush,
    /// Every change of a ref, whatever made it.
    ReferenceTransaction,
    /// On a server: what a push brings.
    PreReceive,
}

impl Hook {
    /// All of them, in the order of reports.
    pub const ALL: [Hook; 9] = [
        Hook::PreCommit,
        Hook::PreMergeCommit,
        Hook::CommitMsg,
        Hook::PrepareCommitMsg,
        Hook::ApplypatchMsg,
        Hook::PreApplypatch,
        Hook::PrePush,
        Hook::ReferenceTransaction,
        Hook::PreReceive,
    ];

    /// Those that are always installed where people commit.
    pub const CLIENT: [Hook; 7] = [
        Hook::PreCommit,
        Hook::PreMergeCommit,
        Hook::CommitMsg,
        Hook::PrepareCommitMsg,
        Hook::ApplypatchMsg,
        Hook::PreApplypatch,
        Hook::PrePush,
    ];

    /// Returns git's name of the hook.
    ///
    /// ```
    /// assert_eq!(tightlip::hook::Hook::PreMergeCommit.name(), "pre-merge-commit");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Hook::PreCommit => "pre-commit",
            Hook::PreMergeCommit => "pre-merge-commit",
            Hook::CommitMsg => "commit-msg",
            Hook::PrepareCommitMsg => "prepare-commit-msg",
            Hook::ApplypatchMsg => "applypatch-msg",
            Hook::PreApplypatch => "pre-applypatch",
            Hook::PrePush => "pre-push",
            Hook::ReferenceTransaction => "reference-transaction",
            Hook::PreReceive => "pre-receive",
        }
    }

    /// Returns the hook of this name, as git spells it; `None` for one that does not scan.
    #[must_use]
    pub fn parse(name: &str) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| hook.name() == name)
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What hooks are wired into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The repository of the working directory.
    Repository,
    /// A template directory, whose `hooks` every `git init` and `git clone` copies.
    Template(PathBuf),
    /// Every repository of this user, by the global `core.hooksPath`.
    Global,
}

/// Where the module may look and write; nothing is taken from the environment.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The repository to look at: that of the process's directory, as a rule.
    pub location: Location,
    /// Where this user's configuration lives, such as `~/.config`; a global install makes
    /// `tightlip/hooks` in it.
    pub config_directory: PathBuf,
}

impl Surroundings {
    /// The directory that a global install makes.
    fn global_hooks(&self) -> PathBuf {
        self.config_directory.join("tightlip").join("hooks")
    }
}

/// Why hooks were not installed, taken out or examined.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Git is missing or failed.
    #[error(transparent)]
    Git(GitError),
    /// There is no repository.
    #[error(
        "this is not a git repository; run it inside one, or use --global for all repositories"
    )]
    NoRepository,
    /// Client hooks do not fire here.
    #[error(
        "this repository is bare, so no commit is ever made in it and only hooks of a server \
         fire: use `tightlip install --server`, or run it in a work tree"
    )]
    Bare,
    /// Git's hooks cannot or should not be wired here.
    #[error("{0}")]
    Refused(String),
    /// A file or directory cannot be read or written.
    #[error("cannot {action} `{file}`")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file, escaped.
        file: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A change failed, and so did its undoing.
    #[error("{first}; undoing what was done before failed as well: {second}")]
    NotUndone {
        /// What failed.
        first: Box<HookError>,
        /// Why it could not be undone.
        second: Box<HookError>,
    },
}

impl From<GitError> for HookError {
    fn from(error: GitError) -> Self {
        match &error {
            GitError::Failed { message, .. } if message.contains("not a git repository") => {
                HookError::NoRepository
            }
            _ => HookError::Git(error),
        }
    }
}

impl HookError {
    fn file(action: &'static str, file: &Path, source: std::io::Error) -> Self {
        let file = escape_path(file);
        HookError::File { action, file, source }
    }
}
