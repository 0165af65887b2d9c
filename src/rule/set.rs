//! The rules of one run: built in, overridden, added, disabled.

use std::borrow::Cow;
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
    /// Copied only when one of them changes.
    rules: Cow<'static, [Rule]>,
    /// How many of the first rules are built in: the build script has sorted their ids.
    builtin: usize,
    /// Where each id of the others stands in `rules`.
    own: HashMap<Text, usize>,
    /// Whether no rule was added or replaced.
    is_builtin: bool,
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
        RuleSet {
            rules: Cow::Borrowed(builtin::RULES),
            builtin: builtin::RULES.len(),
            own: HashMap::new(),
            is_builtin: true,
        }
    }

    /// Whether these are the built-in rules, some of them switched on or off.
    #[must_use]
    pub const fn is_builtin(&self) -> bool {
        self.is_builtin
    }

    /// Whether the rule at a place is a built-in one, or stands in the place of one.
    #[must_use]
    pub const fn is_builtin_place(&self, place: usize) -> bool {
        place < self.builtin
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
        let place = self.place(id).ok_or_else(|| SetError { id: id.to_owned() })?;
        if self.rules[place].enabled != enabled {
            self.rules.to_mut()[place].enabled = enabled;
        }
        Ok(())
    }

    /// Switches every rule on.
    pub fn enable_all(&mut self) {
        if self.rules.iter().any(|rule| !rule.enabled) {
            self.rules.to_mut().iter_mut().for_each(|rule| rule.enabled = true);
        }
    }

    /// Leaves only the rules with these ids on, whether they were on before or not.
    ///
    /// # Errors
    /// An id that no rule has.
    pub fn only(&mut self, ids: &[String]) -> Result<(), SetError> {
        for rule in self.rules.to_mut() {
            rule.enabled = false;
        }
        ids.iter().try_for_each(|id| self.enable(id, true))
    }

    /// Returns the rule with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.place(id).map(|place| &self.rules[place])
    }

    /// Returns the ids that somebody who gave `id` may have meant, the nearest first: a few at most.
    ///
    /// ```
    /// let rules = tightlip::rule::RuleSet::builtin();
    /// assert_eq!(rules.near("aws-acces-key-id")[0], "aws-access-key-id");
    /// assert!(rules.near("nothing like any of them").is_empty());
    /// ```
    #[must_use]
    pub fn near(&self, id: &str) -> Vec<&str> {
        const MOST: usize = 3;
        let id = id.to_ascii_lowercase();
        let typo = (id.len() / 4).clamp(1, 4);
        let mut near: Vec<(usize, &str)> = Vec::new();
        for rule in self.all() {
            let distance = edit_distance(id.as_bytes(), rule.id.as_bytes());
            // A part of an id is nearer than one with other letters.
            let is_part = id.len() >= 3 && rule.id.contains(&*id);
            if distance <= typo || is_part {
                near.push((if is_part { distance.min(typo) } else { distance }, &rule.id));
            }
        }
        near.sort();
        near.into_iter().take(MOST).map(|(_, id)| id).collect()
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
        let builtin = &builtin::BY_ID[..if self.builtin > 0 { builtin::BY_ID.len() } else { 0 }];
        let found = builtin.binary_search_by(|&at| (*builtin::RULES[at].id).cmp(id));
        found.map_or_else(|_| self.own.get(id).copied(), |found| Some(builtin[found]))
    }

    fn put(&mut self, rule: Rule) {
        self.is_builtin = false;
        match self.place(&rule.id) {
            Some(place) => self.rules.to_mut()[place] = rule,
            None => {
                self.own.insert(rule.id.clone(), self.rules.len());
                self.rules.to_mut().push(rule);
            }
        }
    }
}

/// How many letters have to be put in, taken out or changed to make one of the other.
fn edit_distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, byte) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, of_other) in other.iter().enumerate() {
            let changed = diagonal + usize::from(byte != of_other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
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
    fn near_ids_are_those_with_a_slip_or_a_part_of_the_name() {
        let set = RuleSet::builtin();
        for (given, meant) in [
            ("aws-access-key", "aws-access-key-id"),
            ("AWS-SECRET-ACCES-KEY", "aws-secret-access-key"),
            ("githb-oauth-token", "github-oauth-token"),
            ("webhook", "discord-webhook"),
        ] {
            assert!(set.near(given).contains(&meant), "{given}: {:?}", set.near(given));
        }
        assert!(set.near("xy").is_empty());
        assert_eq!(super::edit_distance(b"kitten", b"sitting"), 3);
        assert_eq!(super::edit_distance(b"", b"abc"), 3);
    }

    #[test]
    fn an_unknown_id_is_an_error() {
        let error = RuleSet::builtin().enable("no-such-rule", false).unwrap_err();
        assert!(error.to_string().contains("`no-such-rule`"));
    }
}
