//! Configuration: what a file may say, where files are found, and which wins.
//!
//! The layers, the later over the earlier: the rules that come with the program; the user's
//! file; the file that git's `tightlip.config` names; `.tightlip.toml` at the repository's root;
//! flags. Lists of rules and allow entries add up; for a single value the later layer counts. A
//! file given by `--config` takes the place of all of them.
//!
//! [`Scanner`] is made of it: engine, policy and options, for both command lines and for libraries.

mod blind;
pub mod checkpoint;
pub mod git_secrets;
pub mod import;
mod known_values;
pub mod last;
mod load;
mod scanner;
mod schema;

use serde::Deserialize;

pub use import::allow_entry;
pub use known_values::{KnownFile, KnownValuesConfig};
pub use load::{ConfigError, Discovery, USER_FILE, load, load_file, load_text};
pub use scanner::{BaselineChoice, Request, Scanner, SetupError, load_config, rules};
pub use schema::schema;

use crate::rule::{Confidence, RuleEntry, RuleOrigin};
use crate::suppress::AllowEntry;

/// The name of the file at a repository's root.
pub const FILE_NAME: &str = ".tightlip.toml";

/// What a config file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    /// Ids of rules that are switched off.
    #[serde(default)]
    disable: Vec<toml::Spanned<String>>,
    /// Ids of rules that are switched on although they are off by default.
    #[serde(default)]
    enable: Vec<toml::Spanned<String>>,
    /// Findings less sure than this are not reported: `low`, `medium` or `high`.
    min_confidence: Option<toml::Spanned<String>>,
    /// Objects larger than this are left out and named.
    max_object_bytes: Option<u64>,
    /// Whether the inline marks of other scanners count.
    other_marks: Option<bool>,
    /// Files of other scanners that `tightlip migrate` has taken over into this file.
    #[serde(default)]
    migrated: Vec<String>,
    /// Which of the user's own credentials are looked for.
    #[serde(default)]
    known_values: KnownValuesTable,
    /// Rules, new ones or changes to built-in ones.
    #[serde(default)]
    rule: Vec<toml::Spanned<RuleEntry>>,
    /// What is never reported.
    #[serde(default)]
    allow: Vec<toml::Spanned<AllowEntry>>,
}

/// What a config file may say of known values.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownValuesTable {
    /// Files of credentials that are not read: `~/.npmrc`, `.env`.
    #[serde(default)]
    ignore: Vec<String>,
    /// Further files: all their values are looked for.
    #[serde(default)]
    files: Vec<toml::Spanned<String>>,
}

/// All layers, joined.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The statements about rules, in order.
    pub rules: Vec<RuleChange>,
    /// Allow entries, each with its `file:line`.
    pub allow: Vec<(AllowEntry, String)>,
    /// Findings less sure than this are not reported.
    pub min_confidence: Option<Confidence>,
    /// Objects larger than this are left out and named.
    pub max_object_bytes: Option<u64>,
    /// Whether the inline marks of other scanners count.
    pub other_marks: bool,
    /// Which of the user's own credentials are looked for.
    pub known_values: KnownValuesConfig,
    /// Files of other scanners that were taken over, by their names at the repository's root.
    pub migrated: Vec<String>,
    /// The files that were read.
    pub files: Vec<std::path::PathBuf>,
}

impl Config {
    /// Returns rules that have the id of an earlier one in the same file: the id, where the earlier one
    /// stands, and where the later one does. The later one changes the earlier one's keys.
    #[must_use]
    pub fn duplicate_rules(&self) -> Vec<(String, String, String)> {
        let puts: Vec<(&str, &RuleOrigin)> = self
            .rules
            .iter()
            .filter_map(|change| match change {
                RuleChange::Put(entry, origin) => Some((&*entry.id, origin)),
                RuleChange::Switch { .. } => None,
            })
            .collect();
        let earlier = |at: usize| {
            let (id, origin) = puts[at];
            puts[..at].iter().find(|(other, place)| *other == id && place.file == origin.file)
        };
        (0..puts.len())
            .filter_map(|at| {
                let (_, first) = earlier(at)?;
                let (id, second) = puts[at];
                Some((id.to_owned(), first.to_string(), second.to_string()))
            })
            .collect()
    }
}

/// One statement about rules.
#[derive(Debug, Clone)]
pub enum RuleChange {
    /// A new rule, or keys that override those of a rule with the same id.
    Put(Box<RuleEntry>, RuleOrigin),
    /// A rule switched on or off.
    Switch {
        /// The rule's id.
        id: String,
        /// Whether it is on.
        enabled: bool,
        /// Where the statement is: `file:line`.
        origin: String,
    },
}
