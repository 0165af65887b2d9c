//! What each stage of the engine says about a part of some bytes, for people who ask why something was found
//! or not.
//!
//! It goes the way of `search`, with the same keywords, patterns, checks and judge, and keeps what `search`
//! throws away. It is no part of a scan: [`Engine::scan`] alone decides what matches.

use std::ops::Range;

pub use super::generic::Judgement;
use super::generic::Reading;
use super::pattern::{Found, Next};
use super::search::{Scan, views_around};
use super::{Encoding, Engine, Hit, Match, decode, generic};
use crate::finding::Secret;
use crate::rule::{Confidence, Rule, Scope, Text};

/// Why a hit is no match.
#[derive(Debug, Clone, PartialEq)]
pub enum Dropped {
    /// The secret is empty.
    Empty,
    /// The secret has fewer bits a byte than its rule asks for.
    Entropy {
        /// What it has.
        bits: f32,
        /// What the rule asks for.
        least: f32,
    },
    /// The secret holds this stop word of its rule.
    StopWord(Text),
    /// The offline check with this name dropped it.
    Check(Text),
}

/// What all stages say about a part of some bytes.
#[derive(Debug, Default)]
pub struct Explanation {
    /// What was tried in the bytes as they are.
    pub tried: Vec<Tried>,
    /// What was decoded there, and what was tried in it.
    pub decoded: Vec<(Vec<Encoding>, Vec<Tried>)>,
    /// How many rules without a keyword were tried, too.
    pub everywhere: usize,
    /// What matches there, from a scan of all bytes.
    pub matches: Vec<Match>,
}

/// A rule, where it was tried and how that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The rule's index in [`Engine::rules`].
    pub rule: usize,
    /// Why it was tried.
    pub cause: Cause,
    /// How it ended.
    pub step: Step,
}

/// Why a rule was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// One of its keywords occurs.
    Keyword {
        /// The keyword, in lower case.
        keyword: Box<[u8]>,
        /// Where it stands in the bytes, or in those decoded.
        at: usize,
    },
    /// The rule with this index matches nearby.
    Near(usize),
    /// It has no keyword.
    Always,
}

/// How far a rule came.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It is switched off.
    Off,
    /// Its pattern does not match.
    NoMatch,
    /// No value is assigned to a name here.
    NoValue,
    /// A value that is surely no secret is assigned to this name, for this reason.
    Implausible(Box<[u8]>, Secret, &'static str),
    /// The value assigned to this name has not the form of the rule's pattern.
    OtherForm(Box<[u8]>, Secret),
    /// The model has judged the value assigned to this name.
    Judged(Box<[u8]>, Secret, Judgement),
    /// It matches, and the match is dropped.
    Dropped(Secret, Dropped),
    /// It matches.
    Matched(Secret, Confidence),
}

impl Step {
    /// The secret or value that it is about.
    #[must_use]
    pub const fn secret(&self) -> Option<&Secret> {
        match self {
            Step::Off | Step::NoMatch | Step::NoValue => None,
            Step::Implausible(_, secret, _)
            | Step::OtherForm(_, secret)
            | Step::Judged(_, secret, _)
            | Step::Dropped(secret, _)
            | Step::Matched(secret, _) => Some(secret),
        }
    }
}

/// Whether two ranges have a byte in common, or the one lies in the other.
fn touches(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end.max(b.start + 1) && b.start < a.end.max(a.start + 1)
}

impl Engine {
    /// Tells what each stage says about `part` of `bytes`.
    ///
    /// ```
    /// use tightlip::{engine::Engine, rule::RuleSet};
    /// let engine = Engine::new(RuleSet::builtin(), 0)?;
    /// let text = b"password = get_password()";
    /// let said = engine.explain(text, 0..text.len());
    /// assert!(said.matches.is_empty() && !said.tried.is_empty());
    /// # Ok::<(), tightlip::engine::EngineError>(())
    /// ```
    #[must_use]
    pub fn explain(&self, bytes: &[u8], part: Range<usize>) -> Explanation {
        let mut all = self.scan(bytes).list;
        all.retain(|found| touches(&found.span, &part) || touches(&found.secret, &part));
        let mut said = Explanation {
            tried: Trial::new(self, bytes, &|range| touches(range, &part)).run(),
            everywhere: self.links.everywhere.iter().filter(|&&rule| self.is_needed[rule]).count(),
            matches: all,
            ..Explanation::default()
        };
        let _ = decode::each_view(bytes, &mut |view| {
            if !touches(&view.raw(), &part) {
                return;
            }
            let is_here = |range: &Range<usize>| {
                view.is_decoded(range) && touches(&view.decoding.raw(range), &part)
            };
            let tried = Trial::new(self, &view.bytes, &is_here).run();
            said.decoded.push((view.decoding.encodings(), tried));
        });
        said
    }
}

/// One buffer, and which part of it is asked about.
struct Trial<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    is_here: &'a dyn Fn(&Range<usize>) -> bool,
    tried: Vec<Tried>,
}

impl<'a> Trial<'a> {
    fn new(
        engine: &'a Engine,
        bytes: &'a [u8],
        is_here: &'a dyn Fn(&Range<usize>) -> bool,
    ) -> Self {
        Trial { engine, bytes, is_here, tried: Vec::new() }
    }

    fn run(mut self) -> Vec<Tried> {
        let (engine, bytes) = (self.engine, self.bytes);
        engine.links.prefilter.for_each(bytes, |hit| self.keyword(hit));
        let mut scan = Scan::new(engine, bytes, &|_| true);
        scan.run();
        for &(rule, other) in &*engine.links.near {
            if !engine.rules.all()[rule].enabled {
                continue;
            }
            let reach = engine.rules.all()[rule].near_bytes;
            for found in scan.found.list.iter().filter(|found| found.rule == other) {
                let end = found.span.end.saturating_add(reach).min(bytes.len());
                let window = found.span.start.saturating_sub(reach)..end;
                if (self.is_here)(&window) {
                    self.pattern(rule, window, Cause::Near(other), true);
                }
            }
        }
        for &rule in engine.links.everywhere.iter().filter(|&&rule| engine.is_needed[rule]) {
            self.pattern(rule, 0..bytes.len(), Cause::Always, false);
        }
        self.tried
    }

    fn keyword(&mut self, hit: Hit) {
        let links = &self.engine.links;
        let keyword = links.prefilter.keyword(hit.keyword);
        let at = hit.start..hit.start + keyword.len();
        let cause = || Cause::Keyword { keyword: keyword.into(), at: hit.start };
        let stands_here = (self.is_here)(&at);
        for rule in links.rules_of(hit.keyword) {
            let Rule { enabled, scope, .. } = &self.engine.rules.all()[rule];
            if *scope == Scope::Assignment && self.engine.is_needed[rule] {
                self.assignment(rule, &at, &cause);
            } else if !enabled {
                if stands_here {
                    self.add(rule, cause(), Step::Off);
                }
            } else {
                let window = self.engine.pattern(rule).window(&at, self.bytes);
                if (self.is_here)(&window) {
                    self.pattern(rule, window, cause(), stands_here);
                }
            }
        }
    }

    /// Tries a pattern in a window. What does not match is told only where `tells_misses`.
    fn pattern(&mut self, rule: usize, window: Range<usize>, cause: Cause, tells_misses: bool) {
        let (engine, bytes, is_here) = (self.engine, self.bytes, self.is_here);
        let pattern = engine.pattern(rule);
        let mut steps = Vec::new();
        let judged = |bytes: &[u8], found: Found| {
            let secret = Secret::new(&bytes[found.secret.clone()]);
            match engine.judge(rule, bytes, found) {
                Ok(found) => (Step::Matched(secret, found.confidence), Next::Behind),
                Err(dropped) => (Step::Dropped(secret, dropped), Next::Inside),
            }
        };
        pattern.find(bytes, window.clone(), &mut |found| {
            let is_shown = is_here(&found.span);
            let (step, next) = judged(bytes, found);
            steps.extend(is_shown.then_some(step));
            next
        });
        if !pattern.is_by_line() {
            for view in views_around(bytes, &window) {
                pattern.find(&view.bytes, 0..view.bytes.len(), &mut |found| {
                    let is_shown =
                        view.is_decoded(&found.span) && is_here(&view.decoding.raw(&found.span));
                    let (step, next) = judged(&view.bytes, found);
                    steps.extend(is_shown.then_some(step));
                    next
                });
            }
        }
        if steps.is_empty() && tells_misses {
            steps.push(Step::NoMatch);
        }
        steps.into_iter().for_each(|step| self.add(rule, cause.clone(), step));
    }

    /// Reads the assignment to the name that holds a keyword.
    fn assignment(&mut self, rule: usize, at: &Range<usize>, cause: &dyn Fn() -> Cause) {
        let (engine, bytes) = (self.engine, self.bytes);
        let found = match generic::read(bytes, at) {
            Reading::NoValue => {
                if (self.is_here)(at) {
                    self.add(rule, cause(), Step::NoValue);
                }
                return;
            }
            Reading::Implausible(found, _) | Reading::Plausible(found)
                if !(self.is_here)(&found.span()) =>
            {
                return;
            }
            Reading::Implausible(found, reason) => {
                let secret = Secret::new(&bytes[found.value()]);
                let step = Step::Implausible(found.name(bytes).into(), secret, reason);
                return self.add(rule, cause(), step);
            }
            Reading::Plausible(found) => found,
        };
        let name: Box<[u8]> = found.name(bytes).into();
        let secret = || Secret::new(&bytes[found.value()]);
        for named in engine.links.rules_of_name(&name) {
            let step = if !engine.rules.all().is_enabled(named) {
                Step::Off
            } else if !engine.pattern(named).is_whole(bytes, found.value()) {
                Step::OtherForm(name.clone(), secret())
            } else {
                let hit = Found { span: found.span(), secret: found.value() };
                match engine.judge(named, bytes, hit) {
                    Ok(found) => Step::Matched(secret(), found.confidence),
                    Err(dropped) => Step::Dropped(secret(), dropped),
                }
            };
            self.add(named, cause(), step);
        }
        let step = if engine.rules.all()[rule].enabled {
            let hit = Found { span: found.span(), secret: found.value() };
            match engine.judge(rule, bytes, hit) {
                Err(dropped) => Step::Dropped(secret(), dropped),
                Ok(_) => Step::Judged(name, secret(), found.judgement(bytes)),
            }
        } else {
            Step::Off
        };
        self.add(rule, cause(), step);
    }

    /// Two keywords of a rule may lead to the same step.
    fn add(&mut self, rule: usize, cause: Cause, step: Step) {
        let is_same = |other: &Tried| other.rule == rule && other.step == step;
        if !self.tried.iter().any(is_same) {
            self.tried.push(Tried { rule, cause, step });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, Dropped, Explanation, Step};
    use crate::engine::Engine;
    use crate::rule::{RuleSet, expand};

    fn explain(template: &str) -> (Engine, Explanation) {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let text = expand(template).unwrap();
        let said = engine.explain(&text, 0..text.len());
        (engine, said)
    }

    /// The steps of a rule.
    fn steps<'a>((engine, said): &'a (Engine, Explanation), id: &str) -> Vec<&'a Step> {
        let rule = engine.rules().place(id).unwrap();
        let decoded = said.decoded.iter().flat_map(|(_, tried)| tried);
        let all = said.tried.iter().chain(decoded);
        all.filter(|tried| tried.rule == rule).map(|tried| &tried.step).collect()
    }

    #[test]
    fn each_stage_says_what_it_did_with_a_line() {
        let said = explain("client_secret: my_client_secret");
        assert!(matches!(steps(&said, "generic-secret")[..], [Step::Implausible(_, _, reason), ..]
            if reason.contains("a placeholder")));
        let said = explain("the secret of the house");
        assert_eq!(steps(&said, "generic-secret"), [&Step::NoValue]);
        let said = explain("client_secret = '{alnum:40}'");
        assert!(matches!(steps(&said, "generic-secret")[..], [Step::Judged(_, _, judgement)]
            if judgement.probability > 0.9 && judgement.confidence.is_some()));
        let said = explain("see AKIA for more");
        assert_eq!(steps(&said, "aws-access-key-id"), [&Step::NoMatch]);
        let said = explain("id = AKIAIOSFODNN7EXAMPLE");
        assert!(matches!(steps(&said, "aws-access-key-id")[..], [Step::Dropped(_, why)]
            if matches!(why, Dropped::Check(_) | Dropped::StopWord(_))));
    }

    #[test]
    fn only_the_part_that_is_asked_about_is_explained() {
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let text = expand("a = AKIA{base32:16}\nnothing\n").unwrap();
        let line = memchr::memchr(b'\n', &text).unwrap();
        assert_eq!(engine.explain(&text, 0..line).matches.len(), 1);
        let said = engine.explain(&text, line + 1..text.len());
        assert!(said.matches.is_empty());
        // The secret that belongs to the id may stand there.
        assert!(said.tried.iter().all(|tried| matches!(tried.cause, Cause::Near(_))));
    }

    #[test]
    fn what_is_decoded_is_explained_too() {
        let text = expand("{}aws_access_key_id = AKIA{base32:16}\n").unwrap();
        let wide: Vec<u8> = text.iter().flat_map(|&byte| [byte, 0]).collect();
        let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
        let said = engine.explain(&wide, 0..wide.len());
        assert_eq!(said.matches.len(), 1);
        let said = (engine, said);
        assert!(matches!(steps(&said, "aws-access-key-id")[..], [Step::Matched(..)]));
    }
}
