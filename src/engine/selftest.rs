//! A rule's own examples, tried.

use std::fmt;

use super::{Engine, EngineError};
use crate::rule::{Rule, RuleSet, expand};

/// An example that did not come out as the rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule's id.
    pub rule: String,
    /// Where the rule was written: `file:line`.
    pub origin: String,
    /// What went wrong, with the template, not its expansion.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: rule `{}`: {}", self.origin, self.rule, self.message)
    }
}

/// Tries every rule of `rules` on its own `matches` and `rejects`, switched on or not.
///
/// # Errors
/// A rule that does not compile.
///
/// ```
/// let failures = tightlip::engine::selftest(tightlip::rule::RuleSet::builtin())?;
/// assert!(failures.is_empty());
/// # Ok::<(), tightlip::engine::EngineError>(())
/// ```
pub fn selftest(mut rules: RuleSet) -> Result<Vec<Failure>, EngineError> {
    rules.enable_all();
    let engine = Engine::new(rules, 0)?;
    let mut failures = Vec::new();
    for (index, rule) in engine.rules().all().iter().enumerate() {
        for (templates, must_match) in [(&rule.matches, true), (&rule.rejects, false)] {
            for template in templates.iter() {
                failures.extend(engine.try_example(index, rule, template, must_match));
            }
        }
    }
    Ok(failures)
}

impl Engine {
    fn try_example(
        &self,
        index: usize,
        rule: &Rule,
        template: &str,
        must_match: bool,
    ) -> Option<Failure> {
        let message = match expand(template) {
            Err(error) => error.to_string(),
            Ok(text) => {
                let does_match = self.scan(&text).list.iter().any(|found| found.rule == index);
                match (must_match, does_match) {
                    (true, false) => format!("does not match its example {template:?}"),
                    (false, true) => format!("matches what it must reject: {template:?}"),
                    _ => return None,
                }
            }
        };
        Some(Failure { rule: rule.id.to_string(), origin: rule.origin.to_string(), message })
    }
}
