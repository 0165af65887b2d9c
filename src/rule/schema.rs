//! The form of a rule pack file, as serde reads it.
//!
//! The build script includes this file too, to turn `patterns/*.toml` into constants, so it names
//! nothing of the crate. Every key is optional here: a user's entry may override one key of a
//! built-in rule. What a complete rule needs is checked where it becomes a
//! [`Rule`](super::Rule).

use serde::Deserialize;

/// One `[[rule]]` table as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// Names the rule: vendor, then kind.
    pub id: String,
    /// One noun phrase for people.
    pub description: Option<String>,
    /// Literals; the pattern is tried only where one occurs (ASCII case is ignored).
    pub keywords: Option<Vec<String>>,
    /// The regular expression, on bytes, Unicode off.
    pub pattern: Option<String>,
    /// `assignment`: the keywords are words of a name that is assigned a value. A pattern has to match
    /// the whole value, whose name also speaks of a secret; without a pattern a model judges name and value.
    pub grammar: Option<String>,
    /// Characters, as between the brackets of a class, that must not stand right before a match, unless they end
    /// an escape. `edge` is its old name.
    #[serde(alias = "edge")]
    pub boundary: Option<String>,
    /// The group that holds the secret; without it group 1, or the whole match.
    pub secret_group: Option<usize>,
    /// Bits per byte below which a secret is dropped.
    pub min_entropy: Option<f32>,
    /// Named offline checks.
    pub checks: Option<Vec<String>>,
    /// `high`, `medium` or `low`.
    pub confidence: Option<String>,
    /// Parts of a secret that mark it as documentation.
    pub stop_words: Option<Vec<String>>,
    /// What to do about a finding; lines.
    pub advice: Option<String>,
    /// The service's own documentation.
    pub url: Option<String>,
    /// `false` for a rule that only works when it is enabled by id.
    pub enabled: Option<bool>,
    /// How many bytes a match may reach from its keyword, where the pattern sets no limit.
    pub max_bytes: Option<usize>,
    /// Try the pattern only near matches of this rule, in place of keywords.
    pub near: Option<String>,
    /// Together with a match of this rule nearby it is one finding.
    pub pair: Option<String>,
    /// How near, in bytes.
    pub near_bytes: Option<usize>,
    /// Templates that must match.
    pub matches: Option<Vec<String>>,
    /// Templates that must not match.
    pub rejects: Option<Vec<String>>,
}

/// A whole pack file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackFile {
    /// The rules, each with its place in the file.
    #[serde(default)]
    pub(crate) rule: Vec<toml::Spanned<RuleEntry>>,
}

/// Returns the line, from 1, of a byte offset in `text`.
pub fn line_of(text: &str, offset: usize) -> u32 {
    let newlines =
        text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count();
    u32::try_from(newlines).map_or(u32::MAX, |lines| lines.saturating_add(1))
}
