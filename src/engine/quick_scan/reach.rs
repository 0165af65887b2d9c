//! How far from a change rules look.

use std::sync::OnceLock;

use super::PlainLines;
use crate::engine::{Engine, check, generic};
use crate::pattern::{analysis, syntax};
use crate::rule::{Rule, Scope};

/// A rule without a keyword that looks further than this from its match makes every version be scanned whole.
const NEAR_BYTES: usize = 512;

/// The bytes around a match that may matter to it: its boundaries, and escapes inside it.
const CONTEXT_BYTES: usize = 128;

/// The same for rules with checks that look around.
const CHECK_BYTES: usize = 512;

/// The longest chain of rules of which each is tried near the one before.
const MAX_NEAR: usize = 8;

/// How far rules look from where a keyword begins, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    pub(super) before: usize,
    pub(super) behind: usize,
    /// Whether one looks to the ends of the line.
    pub(super) is_line: bool,
    /// Whether all are for values assigned to a name, and judge them by their lines alone.
    pub(super) is_assignment: bool,
}

impl Reach {
    fn or(self, other: Reach) -> Reach {
        Reach {
            before: self.before.max(other.before),
            behind: self.behind.max(other.behind),
            is_line: self.is_line | other.is_line,
            is_assignment: self.is_assignment & other.is_assignment,
        }
    }
}

/// How far the rules of an engine look.
#[derive(Debug)]
pub(in crate::engine) struct Far {
    /// For each keyword of the prefilter, how far the rules look that have it: known where it was found.
    keywords: Box<[OnceLock<Reach>]>,
    /// How far from where its gram begins a keyword begins and ends at most.
    pub(super) arms: (usize, usize),
    /// Bytes to rescan around a change for rules without a keyword: to the far end of a match, and what matters
    /// around it.
    pub(super) around_everywhere: usize,
    /// Whether a rule without a keyword looks so far that every version is scanned whole.
    pub(super) is_whole: bool,
    /// Whether there are rules that look to the ends of their line.
    pub(super) has_line_rules: bool,
}

impl Engine {
    pub(super) fn far(&self) -> &Far {
        self.far.get_or_init(|| {
            let rules = self.rules.all();
            let is_needed = |rule: &usize| self.is_needed[*rule];
            let is_far = |rule: usize| match rules[rule].scope {
                Scope::Line { .. } => false,
                _ => syntax::parse(&rules[rule].pattern)
                    .is_ok_and(|hir| analysis::max_bytes(&hir) > NEAR_BYTES),
            };
            let keywords = 0..self.links.rules_of_keyword.len();
            let everywhere = self.links.everywhere.iter();
            let near = everywhere.map(|&rule| self.near_reach(rule, MAX_NEAR)).max().unwrap_or(0);
            Far {
                keywords: keywords.map(|_| OnceLock::new()).collect(),
                arms: self.links.prefilter.longest_arms(),
                around_everywhere: NEAR_BYTES + CHECK_BYTES + near,
                is_whole: self.links.everywhere.iter().copied().filter(is_needed).any(is_far),
                has_line_rules: rules.iter().any(|rule| matches!(rule.scope, Scope::Line { .. })),
            }
        })
    }

    /// Returns how far the rules look that have a keyword. Their patterns are prepared where the keyword was found,
    /// so nothing is parsed for it.
    pub(super) fn reach(&self, keyword: u32) -> Reach {
        *self.far().keywords[keyword as usize].get_or_init(|| {
            let rules = self.links.rules_of(keyword).filter(|&rule| self.is_needed[rule]);
            rules.map(|rule| self.reach_of(rule)).reduce(Reach::or).unwrap_or_default()
        })
    }

    /// Returns how far a rule looks from its keyword, with the rules that are tried near its matches.
    fn reach_of(&self, at: usize) -> Reach {
        let rule = &self.rules.all()[at];
        let more = self.near_reach(at, MAX_NEAR).saturating_add(context(rule));
        let (before, behind) = match rule.scope {
            Scope::Assignment => (generic::BEFORE_BYTES, generic::BEHIND_BYTES),
            _ => self.pattern(at).limits(),
        };
        Reach {
            before: before.saturating_add(more),
            behind: behind.saturating_add(more),
            is_line: matches!(rule.scope, Scope::Line { .. }),
            is_assignment: rule.scope == Scope::Assignment && self.judges_assignments_alone(),
        }
    }

    /// Lines that need not be read again.
    pub(super) fn plain_lines(&self) -> &PlainLines {
        self.plain_lines.get_or_init(|| PlainLines::new(self.judges_assignments_alone()))
    }

    /// Whether the checks of assigned values go by these alone.
    fn judges_assignments_alone(&self) -> bool {
        let rules = self.rules.all().iter().filter(|rule| rule.scope == Scope::Assignment);
        !rules.flat_map(|rule| &*rule.checks).any(|name| check::looks_around(name))
    }

    /// Returns how far from the matches of a rule others are tried, and from theirs again others.
    fn near_reach(&self, at: usize, depth: usize) -> usize {
        let near = self
            .links
            .near
            .iter()
            .filter(|(rule, other)| *other == at && self.is_needed[*rule] && depth > 0);
        let reach = near.map(|&(rule, _)| {
            let own = self.rules.all()[rule].near_bytes.saturating_add(CHECK_BYTES);
            own.saturating_add(self.near_reach(rule, depth - 1))
        });
        reach.max().unwrap_or(0)
    }
}

fn context(rule: &Rule) -> usize {
    let looks_around = rule.checks.iter().any(|name| check::looks_around(name));
    if looks_around { CHECK_BYTES } else { CONTEXT_BYTES }
}
