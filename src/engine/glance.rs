//! Whether there is anything at all, in bytes or in what was changed of them.
//!
//! A history holds each file many times over, one version differing little from the next. Where
//! one version holds nothing, the next can hold something only near what was changed.

use std::ops::Range;

use super::pattern::reach;
use super::{Engine, Hit, Scan, wide};
use crate::rule::{Rule, Scope};
use crate::text::lines::lf_line_around;

/// Rules that look no further than this from their keyword are tried near changes only. A version
/// that has a keyword of another rule is always read whole, and so are those made from it.
const NEAR_BYTES: usize = 512;

/// So far from a change its keyword may stand, and so much further the rule may look from there;
/// with a little more for what stands around a match.
const AROUND_BYTES: usize = 2 * NEAR_BYTES + 64;

/// What a glance at bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Whether a scan would find a match.
    pub has_match: bool,
    /// Whether a version that is made from these bytes may hold a match although none is near
    /// what was changed.
    pub looks_far: bool,
}

impl Glance {
    /// There is nothing, and nothing has begun.
    pub const NOTHING: Glance = Glance { has_match: false, looks_far: false };
}

impl Engine {
    /// Glances at bytes.
    #[must_use]
    pub fn glance(&self, bytes: &[u8]) -> Glance {
        if memchr::memchr(0, bytes).is_some() {
            // Text in UTF-16 is looked at as a whole.
            let has_match = !self.scan(bytes).list.is_empty();
            return Glance { has_match, looks_far: true };
        }
        debug_assert!(wide::views(bytes).is_empty(), "without NUL there is no UTF-16");
        let far = self.far();
        let mut looks_far = far.everywhere;
        let mut scan = Scan::new(self, bytes, &|_| true);
        scan.keywords(|each| {
            self.prefilter.for_each(bytes, |hit: Hit| {
                looks_far |= far.keywords[hit.keyword as usize];
                each(hit);
            });
        });
        scan.everywhere();
        scan.near();
        // A rule that is switched off may still be one that others are tried near.
        let found = &scan.found.list;
        looks_far |= !found.is_empty();
        let has_match = found.iter().any(|found| self.rules.all()[found.rule].enabled);
        Glance { has_match, looks_far }
    }

    /// Glances at bytes that were made from others by changing them at `edits`, which rise. A
    /// glance at the others came to [`Glance::NOTHING`].
    #[must_use]
    pub fn glance_at_edits(&self, bytes: &[u8], edits: &[Range<usize>]) -> Glance {
        let by_line = self.far().has_line_rules;
        let mut window = 0..0;
        for edit in edits {
            let mut start = edit.start.saturating_sub(AROUND_BYTES);
            let mut end = edit.end.saturating_add(AROUND_BYTES).min(bytes.len());
            if by_line && start > window.end {
                start = lf_line_around(bytes, start).start;
            }
            if by_line && end > window.end {
                end = lf_line_around(bytes, end).end;
            }
            if start > window.end {
                if self.has_something(&bytes[window.clone()]) {
                    return self.glance(bytes);
                }
                window.start = start;
            }
            window.end = end.max(window.end);
        }
        if self.has_something(&bytes[window]) { self.glance(bytes) } else { Glance::NOTHING }
    }

    /// Whether there is anything in part of a version. A part may seem to hold what the whole
    /// does not, never the other way round.
    fn has_something(&self, part: &[u8]) -> bool {
        self.glance(part) != Glance::NOTHING
    }

    fn far(&self) -> &Far {
        self.far.get_or_init(|| {
            let rules = self.rules.all();
            let is_line = |rule: &Rule| matches!(rule.scope, Scope::Line { .. });
            // What cannot be parsed is found out when the pattern is compiled.
            let is_far = |&rule: &usize| {
                let rule = &rules[rule];
                !is_line(rule) && reach(rule).is_ok_and(|reach| reach > NEAR_BYTES)
            };
            let keywords =
                self.rules_of_keyword.iter().map(|rules| rules.iter().any(is_far)).collect();
            Far {
                keywords,
                everywhere: self.everywhere.iter().any(is_far),
                has_line_rules: rules.iter().any(is_line),
            }
        })
    }
}

/// Which rules look further than [`NEAR_BYTES`].
#[derive(Debug)]
pub(super) struct Far {
    /// For each keyword of the prefilter, whether a rule that has it does.
    keywords: Vec<bool>,
    /// Whether a rule that is tried everywhere does.
    everywhere: bool,
    /// Whether there are rules that look to the ends of their line.
    has_line_rules: bool,
}

#[cfg(test)]
mod tests {
    use super::{Engine, Glance};
    use crate::rule::{RuleSet, expand};

    #[test]
    fn a_change_is_enough_to_see_what_it_completes() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let key = expand("AKIA{base32:16}").unwrap();
        let filler = b"nothing to see here\n".repeat(400);
        let text = [&filler[..], b"id = ", &key, b"\n", &filler].concat();
        let at = filler.len() + 5;
        assert!(engine.glance(&text).has_match);
        assert_eq!(engine.glance(&filler), Glance::NOTHING);
        // The last byte of the key is what was changed, or a space behind it was lost.
        for edit in [at + 19..at + 20, at + 20..at + 20, at..at + 20] {
            assert!(engine.glance_at_edits(&text, &[5..9, edit]).has_match);
        }
        let elsewhere = [5..9, 20..30];
        assert_eq!(engine.glance_at_edits(&text, &elsewhere), Glance::NOTHING);
    }

    #[test]
    fn what_has_begun_makes_versions_be_read_whole() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        for begun in ["-----BEGIN RSA PRIVATE KEY-----\n", "a\0b"] {
            let seen = engine.glance(begun.as_bytes());
            assert_eq!(seen, Glance { has_match: false, looks_far: true }, "{begun:?}");
        }
    }
}
