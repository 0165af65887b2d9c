//! Whether there is anything at all, in bytes or in what was changed of them.
//!
//! A history holds each file many times over, one version differing little from the next. Where
//! one version holds nothing, the next can hold something only near what was changed.

use std::ops::Range;

use super::{Engine, Hit, Scan, decode};
use crate::pattern::analysis::{is_run_byte, loose_bytes, max_bytes};
use crate::pattern::syntax;
use crate::rule::{Rule, Scope};
use crate::text::lines::lf_line_around;

/// Rules that look no further than this from their keyword are tried near changes only.
const NEAR_BYTES: usize = 512;

/// So far from a change its keyword may stand, and so much further the rule may look from there;
/// with a little more for what stands around a match.
const AROUND_BYTES: usize = 2 * NEAR_BYTES + 64;

/// Rules whose matches are runs of what tokens are made of, with no more than so many other bytes,
/// look far only where there is such a run: most changes are in text that has none.
const LOOSE_BYTES: usize = 256;

/// What a glance at bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Whether a scan would find a match.
    pub has_match: bool,
    /// Where a match may lie in a version that is made from these bytes.
    pub reach: Reach,
}

/// How far from what was changed a new match may begin or end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// A little way.
    Near,
    /// Over the runs of token characters around it.
    Runs,
    /// Anywhere.
    Anywhere,
}

impl Glance {
    /// There is nothing, and nothing has begun.
    pub const NOTHING: Glance = Glance { has_match: false, reach: Reach::Near };
}

impl Engine {
    /// Glances at bytes.
    #[must_use]
    pub fn glance(&self, bytes: &[u8]) -> Glance {
        if memchr::memchr(0, bytes).is_some() {
            // Text in UTF-16 is looked at as a whole.
            let has_match = !self.scan(bytes).list.is_empty();
            return Glance { has_match, reach: Reach::Anywhere };
        }
        let far = self.far();
        let mut reach = far.everywhere;
        let mut scan = Scan::new(self, bytes, &|_| true);
        scan.keywords(|each| {
            self.links.prefilter.for_each(bytes, |hit: Hit| {
                reach = reach.max(far.keywords[hit.keyword as usize]);
                each(hit);
            });
        });
        scan.everywhere();
        scan.near();
        let mut found = scan.found.list;
        decode::each_run(bytes, &mut |view| {
            // A change at one end of a run decides how all of it is decoded.
            reach = reach.max(Reach::Runs);
            let mut scan = Scan::new(self, &view.bytes, &|_| true);
            scan.keywords(|each| self.links.prefilter.for_each(&view.bytes, each));
            scan.everywhere();
            scan.near();
            found.extend(scan.found.list.into_iter().filter(|found| view.is_decoded(&found.span)));
        });
        // A rule that is switched off may still be one that others are tried near.
        if !found.is_empty() {
            reach = Reach::Anywhere;
        }
        let has_match = found.iter().any(|found| self.rules.all()[found.rule].enabled);
        Glance { has_match, reach }
    }

    /// Glances at bytes that were made from others by changing them at `edits`, which rise. A
    /// glance at the others found no match, and reached as far as `before`.
    #[must_use]
    pub fn glance_at_edits(&self, bytes: &[u8], edits: &[Range<usize>], before: Reach) -> Glance {
        if before == Reach::Anywhere {
            return self.glance(bytes);
        }
        let mut window = 0..0;
        for edit in edits {
            let start = edit.start.saturating_sub(AROUND_BYTES);
            // What is inside already needs no second look: a line may be long, and edits many.
            let start = match start > window.end {
                true => self.start_before(bytes, edit.start, before),
                false => start,
            };
            if start > window.end {
                if self.has_something(&bytes[window.clone()], before) {
                    return self.glance(bytes);
                }
                window.start = start;
            }
            if edit.end.saturating_add(AROUND_BYTES) > window.end {
                window.end = self.end_behind(bytes, edit.end, before).max(window.end);
            }
        }
        match self.has_something(&bytes[window], before) {
            true => self.glance(bytes),
            false => Glance { has_match: false, reach: before },
        }
    }

    /// Where a match may begin that a change at `at` has completed, with what matters before it.
    fn start_before(&self, bytes: &[u8], at: usize, before: Reach) -> usize {
        let near = at.saturating_sub(AROUND_BYTES);
        let start = if before == Reach::Runs { near.min(run_start(bytes, at)) } else { near };
        if self.far().has_line_rules { lf_line_around(bytes, start).start } else { start }
    }

    /// Where such a match may end, with what matters behind it.
    fn end_behind(&self, bytes: &[u8], at: usize, before: Reach) -> usize {
        let near = at.saturating_add(AROUND_BYTES).min(bytes.len());
        let end = if before == Reach::Runs { near.max(run_end(bytes, at)) } else { near };
        if self.far().has_line_rules { lf_line_around(bytes, end).end } else { end }
    }

    /// Whether there is anything in part of a version, or anything that looks further than what
    /// was there before. A part may seem to hold what the whole does not, never the other way
    /// round.
    fn has_something(&self, part: &[u8], before: Reach) -> bool {
        let seen = self.glance(part);
        seen.has_match || seen.reach > before
    }

    fn far(&self) -> &Far {
        self.far.get_or_init(|| {
            let rules = self.rules.all();
            let is_line = |rule: &Rule| matches!(rule.scope, Scope::Line { .. });
            let farthest = |list: &[usize]| {
                let needed = list.iter().filter(|&&rule| self.is_needed[rule]);
                let reaches = needed.map(|&rule| reach_of(&rules[rule]));
                reaches.max().unwrap_or(Reach::Near)
            };
            Far {
                keywords: self.links.rules_of_keyword.iter().map(|rules| farthest(rules)).collect(),
                everywhere: farthest(&self.links.everywhere),
                has_line_rules: rules.iter().any(is_line),
            }
        })
    }
}

/// How far the rules look.
#[derive(Debug)]
pub(super) struct Far {
    /// For each keyword of the prefilter, how far a rule looks that has it.
    keywords: Vec<Reach>,
    /// How far a rule looks that is tried everywhere.
    everywhere: Reach,
    /// Whether there are rules that look to the ends of their line.
    has_line_rules: bool,
}

fn reach_of(rule: &Rule) -> Reach {
    if matches!(rule.scope, Scope::Line { .. } | Scope::Assignment) {
        return Reach::Near;
    }
    match syntax::parse(&rule.pattern) {
        Ok(hir) if max_bytes(&hir) <= NEAR_BYTES => Reach::Near,
        Ok(hir) if loose_bytes(&hir) <= LOOSE_BYTES => Reach::Runs,
        Ok(_) => Reach::Anywhere,
        // What cannot be parsed is found out when the pattern is compiled.
        Err(_) => Reach::Near,
    }
}

/// Where a match may begin that holds what stands at `at`, with what may matter before it.
fn run_start(bytes: &[u8], at: usize) -> usize {
    let mut others = bytes[..at].iter().enumerate().rev().filter(|(_, byte)| !is_run_byte(**byte));
    let start = others.nth(LOOSE_BYTES).map_or(0, |(at, _)| at);
    start.saturating_sub(NEAR_BYTES + 64)
}

/// Where such a match may end, with what may matter behind it.
fn run_end(bytes: &[u8], at: usize) -> usize {
    let at = at.min(bytes.len());
    let mut others = bytes[at..].iter().enumerate().filter(|(_, byte)| !is_run_byte(**byte));
    let end = others.nth(LOOSE_BYTES).map_or(bytes.len(), |(behind, _)| at + behind);
    end.saturating_add(NEAR_BYTES + 64).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::{Engine, Glance, Reach};
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
            assert!(engine.glance_at_edits(&text, &[5..9, edit], Reach::Near).has_match);
        }
        let elsewhere = [5..9, 20..30];
        assert_eq!(engine.glance_at_edits(&text, &elsewhere, Reach::Near), Glance::NOTHING);
    }

    #[test]
    fn what_has_begun_makes_versions_be_read_whole() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        for begun in ["-----BEGIN RSA PRIVATE KEY-----\n", "a\0b"] {
            let seen = engine.glance(begun.as_bytes());
            assert_eq!(seen, Glance { has_match: false, reach: Reach::Anywhere }, "{begun:?}");
        }
    }

    #[test]
    fn a_long_token_is_completed_at_either_end() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let filler = b"nothing to see here\n".repeat(400);
        let token = expand("aws_session_token = {base64:2400}").unwrap();
        let text = [&filler[..], &token, b"\n", &filler].concat();
        let (start, end) = (filler.len() + 20, filler.len() + token.len());
        assert!(engine.glance(&text).has_match);
        // A word before it, and two characters too many.
        for (at, more) in [(start, "x  "), (end, "ab")] {
            let before = [&text[..at], more.as_bytes(), &text[at..]].concat();
            let seen = engine.glance(&before);
            assert_eq!(seen, Glance { has_match: false, reach: Reach::Runs }, "{more}");
            assert!(engine.glance_at_edits(&text, &[5..9, at..at], Reach::Runs).has_match);
            assert_eq!(engine.glance_at_edits(&before, &[5..9, 20..30], Reach::Runs), seen);
        }
    }
}
