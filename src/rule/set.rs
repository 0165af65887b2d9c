//! The rules of one run: built in, overridden, added, disabled.

use std::collections::HashMap;
use std::ops::Index;
use std::sync::OnceLock;

use super::builtin::{self, Kind};
use super::{PackError, Rule, RuleEntry, RuleOrigin, Scope, Text, rule_from_entry};

/// A rule id that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule has the id `{id}`; `tightlip rules list` shows them all")]
pub struct SetError {
    id: String,
}

/// Rules with unique ids, in the order built-in first, users' own after.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: Rules,
    /// Where each id of the users' own stands in `rules`.
    own: HashMap<Text, usize>,
    /// Whether no rule was added or replaced.
    is_builtin: bool,
}

/// Rules in their order. A built-in rule is made when it is first looked at.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    slots: Vec<Slot>,
    /// How many of the first rules are built in, or stand in the place of one.
    builtin: usize,
}

/// The place of one rule.
#[derive(Debug, Clone)]
struct Slot {
    /// Empty for a built-in rule that nobody has looked at: the one that has the same place among the built-in ones.
    rule: OnceLock<Box<Rule>>,
    is_enabled: bool,
    kind: Kind,
    /// Whether a user added the rule, or put it in the place of a built-in one.
    is_own: bool,
}

impl Slot {
    fn builtin(at: usize) -> Self {
        Slot {
            rule: OnceLock::new(),
            is_enabled: builtin::is_enabled(at),
            kind: builtin::kind(at),
            is_own: false,
        }
    }

    fn own(rule: Rule) -> Self {
        let kind = match rule.scope {
            Scope::Assignment if rule.is_named() => Kind::Named,
            Scope::Assignment => Kind::Judged,
            Scope::Known => Kind::Known,
            Scope::Bytes | Scope::Line { .. } => Kind::Bytes,
        };
        Slot { is_enabled: rule.enabled, kind, rule: OnceLock::from(Box::new(rule)), is_own: true }
    }

    fn enable(&mut self, is_enabled: bool) {
        self.is_enabled = is_enabled;
        if let Some(rule) = self.rule.get_mut() {
            rule.enabled = is_enabled;
        }
    }
}

impl Rules {
    /// Returns how many rules there are, switched on or not.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no rule.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns all rules in order. What one of the methods below tells of a rule costs less.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rule> + Clone {
        (0..self.len()).map(|at| &self[at])
    }

    /// Returns the id of the rule at a place.
    #[must_use]
    pub fn id(&self, at: usize) -> &str {
        self.slots[at].rule.get().map_or_else(|| builtin::id(at), |rule| &rule.id)
    }

    /// Whether the rule at a place is switched on.
    #[must_use]
    pub fn is_enabled(&self, at: usize) -> bool {
        self.slots[at].is_enabled
    }

    /// Whether the rule at a place is a user's, or stands in the place of a built-in one.
    #[must_use]
    pub fn is_own(&self, at: usize) -> bool {
        self.slots[at].is_own
    }

    /// Whether the rule at a place is for values that are assigned to names.
    #[must_use]
    pub fn is_assignment(&self, at: usize) -> bool {
        matches!(self.slots[at].kind, Kind::Judged | Kind::Named)
    }

    /// Whether the rule at a place is one of those, without a pattern: a model judges its values.
    #[must_use]
    pub fn is_judged(&self, at: usize) -> bool {
        self.slots[at].kind == Kind::Judged
    }
}

impl Index<usize> for Rules {
    type Output = Rule;

    fn index(&self, at: usize) -> &Rule {
        let slot = &self.slots[at];
        slot.rule.get_or_init(|| Box::new(Rule { enabled: slot.is_enabled, ..builtin::rule(at) }))
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Rule;
    type IntoIter = Box<dyn Iterator<Item = &'a Rule> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
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
        let slots = (0..builtin::COUNT).map(Slot::builtin).collect();
        RuleSet {
            rules: Rules { slots, builtin: builtin::COUNT },
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
        place < self.rules.builtin
    }

    /// Whether the built-in rules are among these, some of them replaced.
    #[must_use]
    pub const fn has_builtin(&self) -> bool {
        self.rules.builtin > 0
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
        self.rules.slots[place].enable(enabled);
        Ok(())
    }

    /// Switches every rule on.
    pub fn enable_all(&mut self) {
        self.rules.slots.iter_mut().for_each(|slot| slot.enable(true));
    }

    /// Leaves only the rules with these ids on, whether they were on before or not.
    ///
    /// # Errors
    /// An id that no rule has.
    pub fn only(&mut self, ids: &[String]) -> Result<(), SetError> {
        self.rules.slots.iter_mut().for_each(|slot| slot.enable(false));
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
        for known in (0..self.rules.len()).map(|at| self.rules.id(at)) {
            let distance = edit_distance(id.as_bytes(), known.as_bytes());
            // A part of an id is nearer than one with other letters.
            let is_part = id.len() >= 3 && known.contains(&*id);
            if distance <= typo || is_part {
                near.push((if is_part { distance.min(typo) } else { distance }, known));
            }
        }
        near.sort();
        near.into_iter().take(MOST).map(|(_, id)| id).collect()
    }

    /// Returns every rule, switched on or not.
    #[must_use]
    pub const fn all(&self) -> &Rules {
        &self.rules
    }

    /// Returns the number of rules that are switched on.
    #[must_use]
    pub fn enabled_count(&self) -> usize {
        self.rules.slots.iter().filter(|slot| slot.is_enabled).count()
    }

    /// Returns where in [`all`](Self::all) the rule with this id stands.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        let builtin = builtin::place(id).filter(|&place| self.is_builtin_place(place));
        builtin.or_else(|| self.own.get(id).copied())
    }

    fn put(&mut self, rule: Rule) {
        self.is_builtin = false;
        match self.place(&rule.id) {
            Some(place) => self.rules.slots[place] = Slot::own(rule),
            None => {
                self.own.insert(rule.id.clone(), self.rules.len());
                self.rules.slots.push(Slot::own(rule));
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
