//! The rules of one run: built in, overridden, added, disabled.

use std::collections::HashMap;

use super::{PackError, Rule, RuleEntry, RuleOrigin, Text, builtin, rule_from_entry};

/// A rule id that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule has the id `{id}`; `tightlip rules list` shows them all")]
pub struct SetError {
    id: String,
}

/// Rules with unique ids, in the order built-in first, users' own after.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Where each id stands in `rules`.
    places: HashMap<Text, usize>,
}

impl RuleSet {
    /// Returns the rules that come with the program.
    ///
    /// ```
    /// let rules = tightlip::rule::RuleSet::builtin();
    /// assert!(rules.find("aws-access-key-id").is_some());
    /// ```
    #[must_use]
    pub fn builtin() -> Self {
        RuleSet::from_rules(builtin::RULES.to_vec())
    }

    /// Makes a set of `rules`, the later of two with one id winning.
    #[must_use]
    pub fn from_rules(rules: Vec<Rule>) -> Self {
        let mut set = RuleSet::default();
        set.extend(rules);
        set
    }

    /// Adds a user's entry, or overrides the keys it gives of the rule that has its id.
    ///
    /// # Errors
    /// What [`rule_from_entry`] refuses.
    pub fn apply(&mut self, entry: RuleEntry, origin: RuleOrigin) -> Result<(), PackError> {
        let rule = rule_from_entry(entry.clone(), self.find(&entry.id), origin)?;
        self.put(rule);
        Ok(())
    }

    /// Adds rules, each in the place of the one that has its id.
    pub fn extend(&mut self, rules: Vec<Rule>) {
        rules.into_iter().for_each(|rule| self.put(rule));
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// An id that no rule has.
    pub fn enable(&mut self, id: &str, enabled: bool) -> Result<(), SetError> {
        let place = self.places.get(id).ok_or_else(|| SetError { id: id.to_owned() })?;
        self.rules[*place].enabled = enabled;
        Ok(())
    }

    /// Leaves only the rules with these ids on, whether they were on before or not.
    ///
    /// # Errors
    /// An id that no rule has.
    pub fn only(&mut self, ids: &[String]) -> Result<(), SetError> {
        for rule in &mut self.rules {
            rule.enabled = false;
        }
        ids.iter().try_for_each(|id| self.enable(id, true))
    }

    /// Returns the rule with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.place(id).map(|place| &self.rules[place])
    }

    /// Returns every rule, switched on or not.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the number of rules that are switched on.
    #[must_use]
    pub fn enabled_count(&self) -> usize {
        self.rules.iter().filter(|rule| rule.enabled).count()
    }

    /// Returns where in [`all`](Self::all) the rule with this id stands.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    fn put(&mut self, rule: Rule) {
        match self.place(&rule.id) {
            Some(place) => self.rules[place] = rule,
            None => {
                self.places.insert(rule.id.clone(), self.rules.len());
                self.rules.push(rule);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RuleEntry, RuleOrigin, RuleSet};

    fn origin() -> RuleOrigin {
        RuleOrigin { file: "user.toml".into(), line: 1, builtin: false }
    }

    #[test]
    fn an_override_keeps_what_it_does_not_name() {
        let mut set = RuleSet::builtin();
        let before = set.find("aws-access-key-id").unwrap().clone();
        let entry = RuleEntry {
            id: "aws-access-key-id".into(),
            confidence: Some("low".into()),
            ..RuleEntry::default()
        };
        set.apply(entry, origin()).unwrap();
        let after = set.find("aws-access-key-id").unwrap();
        assert_eq!(after.pattern, before.pattern);
        assert_eq!(after.keywords, before.keywords);
        assert_eq!(after.confidence.name(), "low");
        assert_eq!(set.all().len(), RuleSet::builtin().all().len());
    }

    #[test]
    fn an_unknown_id_is_an_error() {
        let error = RuleSet::builtin().enable("no-such-rule", false).unwrap_err();
        assert!(error.to_string().contains("`no-such-rule`"));
    }
}
