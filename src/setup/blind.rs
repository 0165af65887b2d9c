//! Which findings of the built-in rules a configuration hides.
//!
//! A reader sees that a rule is switched off. A reader does not see that it has another pattern, a keyword that
//! never occurs, or an allow entry that fits everything. So the test compares effects: made-up secrets of all
//! built-in rules are scanned with the configuration and without it.

use std::collections::{BTreeMap, HashSet};
use std::io::Cursor;

use super::{BaselineChoice, Config, Request, RuleChange, Scanner, SetupError};
use crate::finding::{Finding, Outcome};
use crate::rule::{RuleSet, expand};
use crate::source::Stdin;

/// How many rules a sentence names; the others are counted.
const MAX_NAMED: usize = 5;

impl Scanner {
    /// Names the built-in rules that the configuration switches off, with the places where it does, in a sentence;
    /// `None` if there are none.
    #[must_use]
    pub fn switched_off(&self) -> Option<String> {
        let rules = self.engine().rules();
        let off: Vec<String> = RuleSet::builtin()
            .all()
            .iter()
            .filter(|rule| rule.enabled && rules.find(&rule.id).is_some_and(|rule| !rule.enabled))
            .map(|rule| format!("{} ({})", rule.id, switched_by(&self.config, &rule.id)))
            .collect();
        let names = off.join(", ");
        (!off.is_empty()).then(|| format!("built-in rules that are switched off here: {names}"))
    }

    /// Tells, a sentence each, what the configuration hides of made-up secrets of all built-in
    /// rules: rules that it changes so that they find them no more, and allow entries that name
    /// neither a path nor a rule they fit. Rules that are switched off are not among them:
    /// [`switched_off`](Self::switched_off) names these. `now` is the time in seconds since 1970.
    ///
    /// # Errors
    /// The built-in rules do not make a scanner.
    pub fn blind_spots(&self, now: i64) -> Result<Vec<String>, SetupError> {
        if self.config.rules.is_empty() && self.policy.is_empty() {
            return Ok(Vec::new());
        }
        let config = Config { min_confidence: self.config.min_confidence, ..Config::default() };
        // Making a scanner sets the limit of the repository: to what it is.
        let max_object_bytes = Some(self.repository.max_object_bytes());
        let baseline = BaselineChoice::None;
        let request = Request { max_object_bytes, now, baseline, ..Request::default() };
        let plain = Scanner::of_config(&self.repository, &request, config)?;
        let text = made_up_secrets();
        let wanted = scan(&plain, &text);
        let seen = scan(self, &text);
        let found: HashSet<&[u8]> = secrets(&seen.findings).collect();
        let reasons: BTreeMap<&[u8], &str> = seen
            .suppressed
            .iter()
            .map(|hidden| (hidden.finding.secret.expose(), &*hidden.reason))
            .collect();
        let mut allowed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut changed: Vec<String> = Vec::new();
        for finding in &wanted.findings {
            let secret = finding.secret.expose();
            if found.contains(secret) || !self.is_on(&finding.rule) {
                continue;
            }
            match reasons.get(secret) {
                Some(reason) => allowed.entry(reason).or_default().push(finding.rule.to_string()),
                None => changed.push(self.named(&finding.rule)),
            }
        }
        let mut spots = Vec::new();
        if !changed.is_empty() {
            let rules = list(changed);
            spots.push(format!("built-in rules that are changed here, and find less: {rules}"));
        }
        spots.extend(allowed.into_iter().map(|(reason, rules)| {
            format!(
                "what these rules find is allowed in every file, by \"{reason}\": {}",
                list(rules)
            )
        }));
        Ok(spots)
    }

    fn is_on(&self, rule: &str) -> bool {
        self.engine.rules().find(rule).is_some_and(|rule| rule.enabled)
    }

    /// A rule, with the place that changes it.
    fn named(&self, rule: &str) -> String {
        let said = self.config.rules.iter().rev().find_map(|change| match change {
            RuleChange::Put(entry, origin) if entry.id == rule => Some(origin),
            _ => None,
        });
        said.map_or_else(|| rule.to_owned(), |origin| format!("{rule} ({origin})"))
    }
}

/// A text with the examples of every built-in rule.
fn made_up_secrets() -> Vec<u8> {
    let rules = RuleSet::builtin();
    let examples = rules.all().iter().flat_map(|rule| rule.matches.iter());
    let mut text = Vec::new();
    for example in examples.filter_map(|example| expand(example).ok()) {
        text.extend_from_slice(&example);
        // Far enough apart that none is taken for a part of another.
        text.extend_from_slice(&[b'\n'; 64]);
    }
    text
}

fn scan(scanner: &Scanner, text: &[u8]) -> Outcome {
    scanner.scan(&Stdin::new(Box::new(Cursor::new(text.to_vec()))))
}

fn secrets(findings: &[Finding]) -> impl Iterator<Item = &[u8]> {
    findings.iter().map(|finding| finding.secret.expose())
}

fn list(mut rules: Vec<String>) -> String {
    rules.sort();
    rules.dedup();
    let more = rules.len().saturating_sub(MAX_NAMED);
    rules.truncate(MAX_NAMED);
    let named = rules.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// Where the last word on a rule was said.
fn switched_by(config: &Config, rule: &str) -> String {
    let said = config.rules.iter().rev().find_map(|change| match change {
        RuleChange::Switch { id, origin, .. } if id == rule => Some(origin.clone()),
        RuleChange::Put(entry, origin) if entry.id == rule && entry.enabled.is_some() => {
            Some(origin.to_string())
        }
        _ => None,
    });
    said.unwrap_or_default()
}
