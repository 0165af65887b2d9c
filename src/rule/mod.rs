//! Rules as data: what a secret looks like and what to do about it.
//!
//! The built-in rules stand in `patterns/*.toml`; the build script turns them into constants, so
//! a hook spends no time on parsing them, and a rule is made of these when it is asked for. Users' rules have the same form. Nothing here compiles
//! a pattern: that is the engine's work, and only for rules whose keyword occurs.

mod advice;
mod builtin;
mod pack;
mod schema;
mod set;
mod template;

use std::borrow::Cow;
use std::fmt;

pub use advice::Advice;
pub use pack::{PackError, blank, parse_pack, rule_from_entry, toml_problem};
pub use schema::{RuleEntry, line_of};
pub use set::{RuleSet, Rules, SetError};
pub use template::{TemplateError, expand};

/// The beginning of the ids of rules that are made of a team's forbidden patterns.
pub const FORBIDDEN_PREFIX: &str = "forbidden-";

/// The id of the rule for the user's own credentials.
pub const KNOWN_VALUE: &str = "known-value";

/// Text that is a constant for built-in rules and owned for users' rules.
pub type Text = Cow<'static, str>;
/// A list of [`Text`].
pub type Texts = Cow<'static, [Text]>;

/// What a kind of secret looks like, and what to do about one.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Vendor, then kind, in kebab case; unique in a [`RuleSet`].
    pub id: Text,
    /// One noun phrase for people.
    pub description: Text,
    /// Literals; the pattern is tried only where one occurs. ASCII case is ignored.
    pub keywords: Texts,
    /// A regular expression on bytes, in the syntax of the `regex` crate with Unicode off.
    pub pattern: Text,
    /// Where the pattern is looked for.
    pub scope: Scope,
    /// Characters, as between the brackets of a class, that must not stand right before a match, unless they end
    /// an escape such as `\n`, `\u003d`, `%3D` or a terminal's colour.
    pub boundary: Option<Text>,
    /// The group that holds the secret; `None` is group 1 if there is one, else the whole match.
    pub secret_group: Option<usize>,
    /// Bits per byte below which a secret is dropped.
    pub min_entropy: Option<f32>,
    /// Names of offline checks, run in this order; the engine knows them.
    pub checks: Texts,
    /// How sure a match is before the checks.
    pub confidence: Confidence,
    /// Parts of a secret (ASCII case ignored) that mark it as documentation.
    pub stop_words: Texts,
    /// What to do about a finding, one step a line; [`Advice`] tells the lines apart.
    pub advice: Text,
    /// The service's documentation of the format, or empty.
    pub url: Text,
    /// Whether the rule works without being enabled by id.
    pub enabled: bool,
    /// How many bytes a match may reach from its keyword, where the pattern sets no limit.
    pub max_bytes: Option<usize>,
    /// The rule whose matches this pattern is tried near, in place of keywords.
    pub near: Option<Text>,
    /// The rule of the other half: a match of it nearby and one of this rule make a single, stronger finding.
    pub pair: Option<Text>,
    /// How near, in bytes, for `near` and `pair`.
    pub near_bytes: usize,
    /// Templates (see [`expand`]) that must match.
    pub matches: Texts,
    /// Templates that must not match.
    pub rejects: Texts,
    /// Where the rule was written.
    pub origin: RuleOrigin,
}

impl Rule {
    /// Whether the rule is for values that are assigned to names with its keywords, and has a pattern for them.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.scope == Scope::Assignment && !self.pattern.is_empty()
    }
}

/// Where a rule was written: a file and a line of it, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOrigin {
    /// The file; `patterns/...` for built-in rules.
    pub file: Text,
    /// The line of the `[[rule]]` table's first key.
    pub line: u32,
    /// Whether the rule came with the program.
    pub builtin: bool,
}

impl fmt::Display for RuleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Where a pattern is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The value that is assigned to a name which holds a keyword. The pattern matches it as a whole;
    /// without a pattern a model judges name and value.
    Assignment,
    /// In the bytes as they are: a match may reach over the ends of lines.
    Bytes,
    /// Nowhere: the rule is for values that are handed to the engine at run time.
    Known,
    /// In each line by itself, of whatever length, as grep does. The whole match is the secret.
    Line {
        /// The expression in the syntax of a backtracking engine, where `pattern` only finds the
        /// lines that may match: an expression with back-references is no regular one.
        exact: Option<Text>,
    },
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The form fits, as it does for many texts that are no secrets.
    Low,
    /// Most such findings are secrets.
    Medium,
    /// A secret, as far as can be told without asking the service.
    High,
}

impl Confidence {
    /// Returns the name used in rule packs and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    /// Parses the name used in rule packs.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Confidence::Low, Confidence::Medium, Confidence::High]
            .into_iter()
            .find(|c| c.name() == name)
    }

    /// Returns the next lower confidence.
    #[must_use]
    pub const fn lowered(self) -> Self {
        match self {
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        }
    }
}

/// The reach of `near` and `pair` in bytes, unless a rule sets it.
pub const DEFAULT_NEAR_BYTES: usize = 1024;
