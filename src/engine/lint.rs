//! Rules looked over: what is wrong with one, what makes it slow, and what each costs on a sample.
//!
//! Of rules that match the same, an example of the one shows it. A rule's cost is counted in places where its
//! keyword occurs and in bytes that its pattern looks at, which are the same on every machine; its time is a hint.

use std::ops::Range;
use std::time::{Duration, Instant};

use regex_syntax::hir::Hir;

use super::pattern::Next;
use super::{Engine, EngineError, Match, generic, pattern, selftest};
use crate::pattern::outline;
use crate::rule::{Confidence, Rule, RuleSet, Scope, expand};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The rule does not do what it says.
    Error,
    /// The rule works, and could do so better.
    Warning,
}

impl Severity {
    /// Returns the name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Something about a rule that is to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What kind it is, as a word for machines.
    pub kind: &'static str,
    /// The rule's id.
    pub rule: String,
    /// Where the rule was written: `file:line`.
    pub origin: String,
    /// What is wrong and what to do, as a sentence without a full stop.
    pub message: String,
}

impl Problem {
    fn warning(kind: &'static str, rule: &Rule, message: String) -> Self {
        let (id, origin) = (rule.id.to_string(), rule.origin.to_string());
        Problem { severity: Severity::Warning, kind, rule: id, origin, message }
    }
}

/// Shorter keywords stand everywhere.
const MIN_KEYWORD_BYTES: usize = 4;

/// Words that stand in most files of source: a rule with such a keyword is tried all the time.
const COMMON: [&str; 32] = [
    "http", "https", "://", "name", "type", "data", "value", "string", "text", "file", "path",
    "user", "host", "test", "config", "this", "self", "true", "false", "null", "none", "return",
    "import", "class", "public", "const", "function", "code", "info", "main", "list", "with",
];

/// Looks over every rule, switched on or not: its examples, keywords, limits, and what other rules match of it.
///
/// # Errors
/// A rule that does not compile.
///
/// ```
/// use tightlip::engine::lint::lint;
/// use tightlip::rule::{RuleSet, parse_pack};
/// let pack = "[[rule]]\nid = 'a'\npattern = '[0-9]{9}'\nmatches = ['123456789']\n";
/// let problems = lint(RuleSet::from_rules(parse_pack(pack, "p.toml")?))?;
/// assert_eq!(problems[0].kind, "no-keyword");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lint(mut rules: RuleSet) -> Result<Vec<Problem>, EngineError> {
    rules.enable_all();
    let mut problems: Vec<Problem> = selftest(rules.clone())?
        .into_iter()
        .map(|failure| Problem {
            severity: Severity::Error,
            kind: "example",
            rule: failure.rule,
            origin: failure.origin,
            message: failure.message + "; mend the pattern, the checks or the example",
        })
        .collect();
    let engine = Engine::new(rules, 0)?;
    for (index, rule) in engine.rules.all().iter().enumerate() {
        problems.extend(keyword_problems(rule));
        problems.extend(unbounded(rule));
        problems.extend(without_example(rule));
        problems.extend(engine.overlaps(index, rule));
    }
    Ok(problems)
}

fn keyword_problems(rule: &Rule) -> Vec<Problem> {
    if rule.near.is_some() || rule.scope == Scope::Known {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if pattern::keywords(rule).is_ok_and(|keywords| keywords.is_empty()) && !rule.is_named() {
        let message = format!(
            "it has no keyword, so its pattern is tried on every byte; add `keywords` of \
             {MIN_KEYWORD_BYTES} bytes or more, one of which every match holds"
        );
        problems.push(Problem::warning("no-keyword", rule, message));
    }
    if rule.scope == Scope::Assignment {
        // The words of names are cheap: most end after a few byte tests.
        return problems;
    }
    for keyword in rule.keywords.iter() {
        let lower = keyword.to_ascii_lowercase();
        let why = if keyword.len() < MIN_KEYWORD_BYTES {
            format!("has only {} bytes", keyword.len())
        } else if COMMON.contains(&&*lower) {
            "stands in nearly every file of source".to_owned()
        } else {
            continue;
        };
        let message = format!(
            "its keyword `{keyword}` {why}, so its pattern is tried again and again; take a longer or \
             rarer part of what it matches"
        );
        problems.push(Problem::warning("weak-keyword", rule, message));
    }
    problems
}

/// A pattern without an upper bound is cut somewhere, and looks far around each keyword.
fn unbounded(rule: &Rule) -> Option<Problem> {
    if rule.scope != Scope::Bytes || rule.max_bytes.is_some() {
        return None;
    }
    let hir: Hir = pattern::parse(&rule.pattern).ok()?;
    let is_unbounded = hir.properties().maximum_len().is_none();
    is_unbounded.then(|| {
        let most = outline::DEFAULT_MAX_BYTES;
        let message = format!(
            "its pattern has no upper bound, so a match is cut {most} bytes behind its keyword; write \
             `{{20,200}}` in place of `+` or `*`, or set `max_bytes`"
        );
        Problem::warning("unbounded", rule, message)
    })
}

fn without_example(rule: &Rule) -> Option<Problem> {
    // Patterns of git-secrets' configuration have no place for examples.
    let is_bare = rule.matches.is_empty() && matches!(rule.scope, Scope::Bytes | Scope::Assignment);
    is_bare.then(|| {
        let message = "it has no example; add `matches` with a template of what it finds, and \
                       `rejects` of what it must not find"
            .to_owned();
        Problem::warning("no-example", rule, message)
    })
}

impl Engine {
    /// Other rules that match the same bytes in examples of this one.
    ///
    /// Not counted: rules that belong together by `near` or `pair`; the generic judge and matches of low confidence,
    /// which give way to others; of two built-in rules, an example that shows one in the place of the other, such
    /// as a token in a URL.
    fn overlaps(&self, index: usize, rule: &Rule) -> Vec<Problem> {
        let mut others: Vec<(usize, &str, usize)> = Vec::new();
        for template in rule.matches.iter() {
            for other in self.others_in(index, template) {
                match others.iter_mut().find(|(known, ..)| *known == other) {
                    Some((.., count)) => *count += 1,
                    None => others.push((other, template, 1)),
                }
            }
        }
        let counts = |&(other, _, count): &(usize, &str, usize)| {
            let are_builtin = rule.origin.builtin && self.rules.all()[other].origin.builtin;
            !are_builtin || count == rule.matches.len()
        };
        let problem = |(other, template, _): (usize, &str, usize)| {
            let Rule { id, origin, .. } = &self.rules.all()[other];
            let message = format!(
                "its example {template:?} is matched by the rule `{id}` ({origin}), too; narrow one of \
                 the two, or leave one out"
            );
            Problem::warning("overlap", rule, message)
        };
        others.into_iter().filter(counts).map(problem).collect()
    }

    /// The rules beside `index` that match what it matches in an example.
    fn others_in(&self, index: usize, template: &str) -> Vec<usize> {
        let Ok(text) = expand(template) else { return Vec::new() };
        let list = self.scan(&text).list;
        let is_same =
            |found: &&Match| list.iter().any(|own| own.rule == index && own.secret == found.secret);
        let counts = |found: &&Match| {
            found.rule != index
                && found.confidence > Confidence::Low
                && self.rules.all()[found.rule].scope != Scope::Assignment
                && !self.belong_together(index, found.rule)
        };
        let mut others: Vec<usize> =
            list.iter().filter(counts).filter(is_same).map(|found| found.rule).collect();
        others.sort_unstable();
        others.dedup();
        others
    }

    /// Whether two rules are linked by `near` or `pair`, at once or over a third one.
    fn belong_together(&self, a: usize, b: usize) -> bool {
        let linked = |own: usize| {
            let links = self.links.near.iter().chain(&*self.links.pairs);
            links.filter(move |(rule, _)| *rule == own).map(|(_, other)| *other).chain([own])
        };
        linked(a).any(|one| linked(b).any(|other| one == other))
    }

    /// Adds what each rule that is on costs on some bytes; `costs` has an entry for each rule.
    pub fn add_costs(&self, bytes: &[u8], costs: &mut [Cost]) {
        let mut done: Vec<usize> = vec![0; costs.len()];
        self.links.prefilter.for_each(bytes, |hit| {
            let length = self.links.prefilter.keyword(hit.keyword).len();
            let at = hit.start..hit.start + length;
            for rule in self.links.rules_of(hit.keyword) {
                if !self.is_needed[rule] {
                    continue;
                }
                let (started, cost) = (Instant::now(), &mut costs[rule]);
                cost.hits += 1;
                if self.rules.all()[rule].scope == Scope::Assignment {
                    if let Some(found) = generic::Assignment::at(bytes, &at) {
                        cost.bytes += found.span().len() as u64;
                        cost.matches += u64::from(found.confidence(bytes).is_some());
                    }
                } else {
                    let window = self.pattern(rule).window(&at, bytes);
                    // Windows that touch are looked at once.
                    let window = window.start.max(done[rule])..window.end;
                    done[rule] = done[rule].max(window.end);
                    self.add_cost(rule, bytes, window, cost);
                }
                cost.time += started.elapsed();
            }
        });
        for &rule in &self.links.everywhere {
            if self.is_needed[rule] {
                let started = Instant::now();
                self.add_cost(rule, bytes, 0..bytes.len(), &mut costs[rule]);
                costs[rule].time += started.elapsed();
            }
        }
    }

    fn add_cost(&self, rule: usize, bytes: &[u8], window: Range<usize>, cost: &mut Cost) {
        if window.is_empty() {
            return;
        }
        cost.bytes += window.len() as u64;
        self.pattern(rule).find(bytes, window, &mut |found| {
            let is_kept = self.judge(rule, bytes, found).is_ok();
            cost.matches += u64::from(is_kept);
            if is_kept { Next::Behind } else { Next::Inside }
        });
    }
}

/// What a rule costs on a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// How often its keywords occur.
    pub hits: u64,
    /// How many bytes its pattern looks at.
    pub bytes: u64,
    /// How often it matches.
    pub matches: u64,
    /// How long it took here; a hint.
    pub time: Duration,
}

/// A rule that looks at a larger share of a sample is too expensive, in percent.
const MAX_SHARE: u64 = 10;

/// Returns a problem for each rule that looks at too much of a sample of so many bytes.
#[must_use]
pub fn expensive(rules: &RuleSet, costs: &[Cost], sample_bytes: u64) -> Vec<Problem> {
    let is_too_much = |(_, cost): &(&Rule, &Cost)| {
        cost.bytes.saturating_mul(100) > sample_bytes.saturating_mul(MAX_SHARE)
    };
    rules
        .all()
        .iter()
        .zip(costs)
        .filter(|(rule, _)| rule.scope != Scope::Assignment)
        .filter(is_too_much)
        .map(|(rule, cost)| {
            let share = cost.bytes.saturating_mul(100) / sample_bytes.max(1);
            let message = format!(
                "its pattern looks at {share} % of the sample ({} places with a keyword); take rarer \
                 `keywords`, or bound what the pattern may hold",
                cost.hits
            );
            Problem::warning("expensive", rule, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Cost, Severity, expensive, lint};
    use crate::engine::Engine;
    use crate::rule::{RuleSet, parse_pack};

    fn rules(pack: &str) -> RuleSet {
        RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap())
    }

    #[test]
    fn each_fault_of_a_rule_has_its_problem() {
        let good = "[[rule]]\nid = 'a'\nkeywords = ['acme_']\npattern = 'acme_[0-9]{9}'\n\
                    matches = ['acme_123456789']\n";
        assert_eq!(lint(rules(good)).unwrap(), []);
        for (change, kind, severity) in [
            (("acme_123456789", "acme_x"), "example", Severity::Error),
            (("matches = ['acme_123456789']\n", ""), "no-example", Severity::Warning),
            (("['acme_']", "['acm']"), "weak-keyword", Severity::Warning),
            (("acme_", "name"), "weak-keyword", Severity::Warning),
            (("{9}", "+"), "unbounded", Severity::Warning),
        ] {
            let problems = lint(rules(&good.replace(change.0, change.1))).unwrap();
            let found: Vec<_> = problems.iter().map(|one| (one.kind, one.severity)).collect();
            assert_eq!(found, [(kind, severity)], "{problems:?}");
        }
        let pack = "[[rule]]\nid = 'b'\npattern = '[0-9]{9}'\nmatches = ['123456789']\n";
        let problems = lint(rules(&format!("{good}{pack}"))).unwrap();
        let kinds: Vec<_> = problems.iter().map(|one| (&*one.rule, one.kind)).collect();
        assert_eq!(kinds, [("b", "no-keyword")]);
        let pack =
            "[[rule]]\nid = 'b'\npattern = '(acme_[0-9]{9})'\nmatches = ['acme_987654321']\n";
        let problems = lint(rules(&format!("{good}{pack}"))).unwrap();
        let kinds: Vec<_> = problems.iter().map(|one| (&*one.rule, one.kind)).collect();
        assert_eq!(kinds, [("a", "overlap"), ("b", "overlap")]);
        assert!(problems[0].message.contains("the rule `b` (p.toml:6)"), "{problems:?}");
    }

    #[test]
    fn costs_are_counted_in_bytes_that_a_pattern_looks_at() {
        let pack = "[[rule]]\nid = 'a'\nkeywords = ['acme_']\npattern = 'acme_[0-9]{9}'\n\
                    [[rule]]\nid = 'b'\npattern = '[0-9]{9}'\n";
        let engine = Engine::new(rules(pack), 0).unwrap();
        let text = [&b"acme_123456789 acme_x"[..], &[b'.'; 400]].concat();
        let mut costs = [Cost::default(); 2];
        engine.add_costs(&text, &mut costs);
        assert_eq!((costs[0].hits, costs[0].bytes, costs[0].matches), (2, 28, 1));
        assert_eq!((costs[1].hits, costs[1].bytes, costs[1].matches), (0, 421, 1));
        let problems = expensive(engine.rules(), &costs, text.len() as u64);
        let found: Vec<_> = problems.iter().map(|one| (&*one.rule, one.kind)).collect();
        assert_eq!(found, [("b", "expensive")]);
    }

    #[test]
    fn rules_that_overlap_are_named_once_however_many_examples_show_it() {
        let rule = |id: &str, pattern: &str, matches: &str| {
            format!("[[rule]]\nid = '{id}'\npattern = '{pattern}'\nmatches = [{matches}]\n")
        };
        let both = "'acme_1234', 'acme_5678'";
        for (other, is_builtin, expected) in [
            ("acme_[0-9]{4}", false, &["a", "b"][..]),
            ("acme_[0-9]{4}", true, &["a", "b"]),
            // Of two built-in rules, one example may show the one in the place of the other.
            ("acme_1[0-9]{3}", false, &["a", "b"]),
            ("acme_1[0-9]{3}", true, &["b"]),
            ("acne_[0-9]{4}", false, &[]),
        ] {
            let examples = if other.starts_with("acme_[") { both } else { "'acme_1234'" };
            let examples = if other.starts_with("acne") { "'acne_1234'" } else { examples };
            let pack = rule("a", "acme_[0-9]{4}", both) + &rule("b", other, examples);
            let mut list = parse_pack(&pack, "p.toml").unwrap();
            list.iter_mut().for_each(|rule| rule.origin.builtin = is_builtin);
            let problems = lint(RuleSet::from_rules(list)).unwrap();
            let overlaps = problems.iter().filter(|problem| problem.kind == "overlap");
            let rules: Vec<&str> = overlaps.map(|problem| &*problem.rule).collect();
            assert_eq!(rules, expected, "{other} {is_builtin} {problems:?}");
        }
    }
}
