//! The outlines of built-in patterns, as the build script lays them.

use crate::pattern::boundary::Boundary;
use crate::pattern::outline::{ByteSet, Outline, RequiredRun, Row, Run};
use crate::rule::RuleSet;

include!(concat!(env!("OUT_DIR"), "/outlines.rs"));

/// Returns what was laid for the pattern of a rule, and what may not stand before its matches; `None` for rules of users
/// and those without a pattern.
pub(super) fn outline(rules: &RuleSet, rule: usize) -> Option<(Outline, Option<Boundary>)> {
    let row = ROWS.get(rule).filter(|_| !rules.all().is_own(rule))?.as_ref()?;
    Some((row.outline(PLACES, RUNS), row.boundary.map(Boundary::new)))
}

#[cfg(test)]
mod tests {
    use super::outline;
    use crate::engine::pattern::Pattern;
    use crate::rule::{RuleSet, parse_pack};

    #[test]
    fn what_was_laid_is_what_the_patterns_tell() {
        let rules = RuleSet::builtin();
        let mut laid = 0;
        for (at, rule) in
            rules.all().iter().enumerate().filter(|(_, rule)| !rule.pattern.is_empty())
        {
            let (outline, boundary) = outline(&rules, at).unwrap();
            let prepared = Pattern::prepare(rule).unwrap();
            let pattern = Pattern::laid(rule, outline, boundary);
            assert!(pattern.is_prepared_like(&prepared), "{}", rule.id);
            laid += 1;
        }
        assert!(laid > 500, "{laid}");
    }

    #[test]
    fn a_rule_of_a_user_has_its_own_outline_in_the_place_of_a_built_in_one() {
        let mut rules = RuleSet::builtin();
        let id = "aws-access-key-id";
        let pack = format!("[[rule]]\nid = '{id}'\ndescription = 'x'\npattern = 'acme_[a-z]{{9}}'");
        rules.extend(parse_pack(&pack, "p.toml").unwrap());
        assert!(outline(&rules, rules.place(id).unwrap()).is_none());
        let own = RuleSet::from_rules(parse_pack(&pack, "p.toml").unwrap());
        assert!(outline(&own, 0).is_none());
    }
}
