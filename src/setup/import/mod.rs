//! Files of other scanners, taken over into one file of our own.
//!
//! Each format has a file here, which adds to a `Draft` what it says and notes what does not carry over.
//! Findings that another scanner was told to accept by their place are looked up (`accepted`), and
//! stand in the new file by their fingerprints: another secret on the same line is not accepted.
//! The draft is made a scanner before it is written, so a broken expression and an entry that
//! would hide everything are errors, with the file and line of the other scanner's file.

mod accepted;
mod baseline;
mod detect_secrets;
mod ggshield;
mod gitleaks;
mod gitleaks_ignore;
mod kingfisher;
mod ripsecrets;
mod talisman;
mod talisman_checksum;
mod trufflehog;
mod write;
mod yaml;

use std::io;
use std::path::{Path, PathBuf};

pub use write::allow_entry;

use super::{Config, ConfigError, FILE_NAME, Request, RuleChange, Scanner, SetupError, load};
use crate::git::RepositoryPool;
use crate::rule::{RuleEntry, RuleOrigin, line_of};
use crate::suppress::AllowEntry;

/// A file of another scanner that cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file, escaped.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its content is invalid.
    #[error("{origin}: {message}")]
    Content {
        /// `file:line`.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// Its format cannot be told.
    #[error(
        "cannot tell the format of `{path}`: nothing in it names a known scanner; give the format with `--from`"
    )]
    Unknown {
        /// The file, escaped.
        path: String,
    },
    /// What it says cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// What is written cannot be read again.
    #[error("cannot write what was read")]
    Written(#[source] ConfigError),
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.gitleaks.toml`, and the same of betterleaks.
    Gitleaks,
    /// `.gitleaksignore`, and the same of betterleaks.
    GitleaksIgnore,
    /// A report of gitleaks as JSON, which it takes as a baseline.
    GitleaksBaseline,
    /// `.secrets.baseline` of detect-secrets.
    DetectSecrets,
    /// A baseline of kingfisher.
    Kingfisher,
    /// Custom detectors of trufflehog.
    Trufflehog,
    /// `.secretsignore` of ripsecrets.
    Ripsecrets,
    /// `.talismanrc`
    Talisman,
    /// `.gitguardian.yaml` of ggshield.
    Ggshield,
}

impl Format {
    fn guess(path: &Path, text: &str) -> Option<Format> {
        let name = path.file_name()?.to_str()?;
        let json = || serde_json::from_str::<serde_json::Value>(text).ok();
        match name {
            ".gitleaksignore" | ".betterleaksignore" => Some(Format::GitleaksIgnore),
            ".secrets.baseline" => Some(Format::DetectSecrets),
            ".secretsignore" => Some(Format::Ripsecrets),
            ".talismanrc" => Some(Format::Talisman),
            ".gitguardian.yaml" | ".gitguardian.yml" => Some(Format::Ggshield),
            name if name.ends_with(".yaml") || name.ends_with(".yml") => {
                let has = |key: &str| text.lines().any(|line| line.starts_with(&format!("{key}:")));
                let keys =
                    [(kingfisher::KEY, Format::Kingfisher), (trufflehog::KEY, Format::Trufflehog)];
                keys.iter().find(|(key, _)| has(key)).map(|(_, format)| *format)
            }
            name if name.ends_with(".toml") => Some(Format::Gitleaks),
            _ => match json() {
                Some(serde_json::Value::Array(_)) => Some(Format::GitleaksBaseline),
                Some(serde_json::Value::Object(keys)) if keys.contains_key("results") => {
                    Some(Format::DetectSecrets)
                }
                // Reading it tells where it is broken.
                None if name.ends_with(".json") => Some(Format::GitleaksBaseline),
                _ => None,
            },
        }
    }
}

/// The names of other scanners' files at a repository's root.
const KNOWN: [&str; 9] = [
    ".gitleaks.toml",
    ".gitleaksignore",
    ".betterleaks.toml",
    ".betterleaksignore",
    ".secrets.baseline",
    ".secretsignore",
    ".talismanrc",
    ".gitguardian.yaml",
    ".gitguardian.yml",
];

/// Whether a text is a SHA-256 in hexadecimal.
fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Names the files of other scanners at `root`, which have no effect; `None` if there are none.
pub(super) fn unread(root: &Path, migrated: &[String]) -> Option<String> {
    let is_there = |name: &&str| root.join(name).symlink_metadata().is_ok();
    let is_new = |name: &&str| !migrated.iter().any(|known| known == name);
    let names = KNOWN.into_iter().filter(is_there).filter(is_new);
    let shown: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let verb = if shown.len() == 1 { "is" } else { "are" };
    (!shown.is_empty()).then(|| {
        format!(
            "{} {verb} there and {verb} not read; `tightlip migrate` takes over what it can",
            shown.join(", ")
        )
    })
}

/// The result of taking over other scanners' files.
#[derive(Debug, Default)]
pub struct Migration {
    /// The text of our own file.
    pub text: String,
    /// What does not carry over and what to know, each with its file and line, safe to print.
    pub notes: Vec<String>,
    /// How many rules there are in it.
    pub rules: usize,
    /// How many allow entries, those of accepted findings aside.
    pub allow: usize,
    /// How many findings are accepted by their fingerprints.
    pub accepted: usize,
    files: usize,
}

impl Migration {
    /// Whether there was no file to take over.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.files == 0
    }
}

/// Takes over `files`, or those that are known by name at the repository's root if none is named.
///
/// # Errors
/// A file cannot be read or understood, or holds an entry that would hide everything.
pub fn migrate(
    repository: &RepositoryPool,
    files: &[PathBuf],
    from: Option<Format>,
    now: i64,
) -> Result<Migration, ImportError> {
    let root = repository.location().root().unwrap_or_else(|| PathBuf::from("."));
    let mut draft = Draft { root, ..Draft::default() };
    if files.is_empty() {
        draft.add_known()?;
    }
    for path in files {
        draft.add(path, from)?;
    }
    let request = Request { now, ..Request::default() };
    let scanner = Scanner::of_config(repository, &request, draft.config())?;
    talisman_checksum::resolve(&mut draft, repository);
    let found = accepted::resolve(&mut draft, repository, &scanner);
    let text = write::render(&draft, &found);
    let again = load::load_text(&text, FILE_NAME).map_err(ImportError::Written)?;
    Scanner::of_config(repository, &request, again)?;
    Ok(Migration {
        text,
        rules: draft.rules.len(),
        allow: draft.allow.len(),
        accepted: found.len(),
        files: draft.files.len(),
        notes: draft.notes,
    })
}

/// What files of other scanners say, in our own terms.
#[derive(Debug, Default)]
struct Draft {
    root: PathBuf,
    files: Vec<String>,
    rules: Vec<(RuleEntry, RuleOrigin)>,
    disable: Vec<(String, String)>,
    allow: Vec<(AllowEntry, String)>,
    accepted: Vec<accepted::Accepted>,
    anywhere: Vec<accepted::Anywhere>,
    pinned: Vec<talisman_checksum::Pinned>,
    notes: Vec<String>,
}

impl Draft {
    fn add_known(&mut self) -> Result<(), ImportError> {
        for name in KNOWN {
            let path = self.root.join(name);
            if path.symlink_metadata().is_ok() {
                self.add(&path, None)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, from: Option<Format>) -> Result<(), ImportError> {
        let file = SourceFile::read(path)?;
        let format = from.or_else(|| Format::guess(path, &file.text));
        let format = format.ok_or_else(|| ImportError::Unknown { path: file.shown.clone() })?;
        match format {
            Format::Gitleaks => gitleaks::add(self, &file)?,
            Format::GitleaksIgnore => gitleaks_ignore::add(self, &file)?,
            Format::GitleaksBaseline => baseline::add(self, &file)?,
            Format::DetectSecrets => detect_secrets::add(self, &file)?,
            Format::Kingfisher => kingfisher::add(self, &file)?,
            Format::Trufflehog => trufflehog::add(self, &file)?,
            Format::Ripsecrets => ripsecrets::add(self, &file)?,
            Format::Talisman => talisman::add(self, &file)?,
            Format::Ggshield => ggshield::add(self, &file)?,
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.files.push(name);
        Ok(())
    }

    /// Notes what does not carry over.
    fn note(&mut self, origin: &str, text: &str) {
        self.notes.push(format!("{origin}: {text}"));
    }

    fn config(&self) -> Config {
        let put = |(entry, origin): &(RuleEntry, RuleOrigin)| {
            RuleChange::Put(Box::new(entry.clone()), origin.clone())
        };
        let switch = |(id, origin): &(String, String)| RuleChange::Switch {
            id: id.clone(),
            enabled: false,
            origin: origin.clone(),
        };
        Config {
            rules: self.rules.iter().map(put).chain(self.disable.iter().map(switch)).collect(),
            allow: self.allow.clone(),
            ..Config::default()
        }
    }
}

/// A file of another scanner.
#[derive(Debug)]
struct SourceFile {
    /// As the user would name it, escaped.
    shown: String,
    text: String,
}

impl SourceFile {
    fn read(path: &Path) -> Result<Self, ImportError> {
        let shown = load::shown(path);
        match load::read(path) {
            Ok(text) => Ok(SourceFile { shown, text }),
            Err(source) => Err(ImportError::Read { path: shown, source }),
        }
    }

    fn line(&self, offset: usize) -> u32 {
        line_of(&self.text, offset)
    }

    fn at(&self, line: impl std::fmt::Display) -> String {
        format!("{}:{line}", self.shown)
    }
}

/// An error about `file:line`.
fn wrong(origin: &str, message: impl Into<String>) -> ImportError {
    ImportError::Content { origin: origin.to_owned(), message: message.into() }
}
