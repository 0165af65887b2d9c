//! Texts without the tokens and keys in them: errors, names, paths that are kept in files.

use std::sync::OnceLock;

use super::printable;
use crate::engine::{Engine, Match};
use crate::finding::{Finding, Place, Redactor, Secret};
use crate::rule::Scope;

/// Returns a text that goes to people, such as an error, without the tokens and keys in it, be they from a
/// name, an argument or a configuration.
#[must_use]
pub fn masked(text: &str) -> String {
    Mask::default().text(text)
}

/// Masks what built-in rules find in texts, switched on or not. Rules that go by a name are left out: a text such as an
/// error speaks of names and values of its own.
#[derive(Debug, Default)]
pub struct Mask(
    /// Made when there is a text.
    OnceLock<Engine>,
);

impl Mask {
    /// Returns a text without its tokens.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let hidden = self.tokens(text.as_bytes());
        String::from_utf8_lossy(&Redactor::new(hidden.iter()).redact(text.as_bytes())).into_owned()
    }

    /// Returns the path of a finding without its secrets and the tokens in the path, safe to print.
    #[must_use]
    pub fn path(&self, finding: &Finding) -> String {
        let path = &finding.origin.path;
        let hidden = encoded_forms(finding).into_iter().chain(self.tokens(path));
        let hidden: Vec<Secret> = hidden.collect();
        printable(path, &Redactor::new(finding.secrets().chain(&hidden)))
    }

    /// Returns the tokens in a text, as they are and as they are encoded in it.
    pub(super) fn tokens(&self, text: &[u8]) -> Vec<Secret> {
        if text.is_empty() {
            return Vec::new();
        }
        let engine = self.0.get_or_init(Engine::of_all_rules);
        let is_token = |found: &Match| engine.rules().all()[found.rule].scope != Scope::Assignment;
        let found = engine.scan(text).list.into_iter().filter(is_token);
        let both = |found: Match| {
            let raw = text.get(found.secret.clone()).unwrap_or_default();
            [Secret::new(raw), Secret::new(found.text)]
        };
        found.flat_map(both).collect()
    }
}

/// Returns the bytes that a secret was decoded from. A name of a file that holds them is shown in many places.
pub(super) fn encoded_forms(finding: &Finding) -> Vec<Secret> {
    if finding.decoded.is_empty() {
        return Vec::new();
    }
    let excerpt = &finding.excerpt;
    let shown = excerpt.secrets.iter().filter_map(|span| excerpt.bytes.get(span.clone()));
    // An excerpt may be cut; a name is at hand as a whole.
    let (start, end) = (finding.location.start, finding.location.end);
    let span = (start.column as usize).wrapping_sub(1)..(end.column as usize).wrapping_sub(1);
    let is_name = matches!(finding.origin.place, Place::Path | Place::RefName);
    let name = finding.origin.path.get(span).filter(|_| is_name && end.line == 1);
    shown.chain(name).map(Secret::new).collect()
}
