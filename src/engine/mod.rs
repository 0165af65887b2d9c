//! Bytes in, matches out.
//!
//! One pass over the raw bytes finds keywords (`prefilter`); around each, and only there, the
//! patterns of its rules are tried (`pattern`); what matches goes through the rule's offline
//! checks (`check`). Rules without a keyword are tried everywhere, or near the matches of
//! another rule (`search`). What is encoded is decoded first (`decode`): wide text, base64, escapes.
//!
//! The engine sees bytes. It knows no path, no commit and no file, and it decides nothing about
//! what is reported.

mod check;
mod decode;
pub mod explain;
pub mod generic;
mod grams;
mod keyword_tables;
pub mod known;
mod laid;
mod links;
pub mod lint;
mod pair;
mod pattern;
mod prefilter;
mod quick_scan;
mod search;
mod selftest;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use check::aws_account::aws_account;
use decode::View;
pub use decode::{Decoding, Encoding};
pub use pattern::PatternError;
pub use prefilter::{Hit, Prefilter};
pub use quick_scan::{QuickScan, Trail};
pub use selftest::{Failure, selftest};

use crate::rule::{Confidence, KNOWN_VALUE, Rule, RuleOrigin, RuleSet, Scope};
use known::{Known, Load};
use links::{Draft, Links};
use pattern::Pattern;
use search::Scan;

/// More matches than this in one buffer are not looked for; the scan says that it was cut. See
/// [`Engine::scan_new`].
pub const MAX_MATCHES: usize = 10_000;

/// A pattern hit that passed its rule's checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The rule's index in [`Engine::rules`].
    pub rule: usize,
    /// The bytes that matched.
    pub span: Range<usize>,
    /// The bytes of the secret, inside `span` as a rule.
    pub secret: Range<usize>,
    /// The secret as text: what `secret` spans, or that decoded.
    pub text: Box<[u8]>,
    /// How `text` was decoded; `None` for bytes as they are.
    pub decoding: Option<Arc<Decoding>>,
    /// How sure the match is.
    pub confidence: Confidence,
    /// What the checks learnt, one noun phrase each.
    pub notes: Vec<String>,
    /// The AWS account that the credential belongs to, as far as it tells.
    pub account: Option<String>,
    /// The index, in the same list, of the match that makes this one stronger.
    pub pair: Option<usize>,
}

impl Match {
    /// Leads a match in decoded bytes back to the raw ones.
    fn decoded_by(self, decoding: &Arc<Decoding>) -> Self {
        let inner = self.decoding.as_ref();
        Match {
            span: decoding.raw(&self.span),
            secret: decoding.raw(&self.secret),
            decoding: Some(inner.map_or_else(|| decoding.clone(), |inner| inner.inside(decoding))),
            ..self
        }
    }
}

/// What a scan of one buffer found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matches {
    /// In rising order of where the secret begins, then by rule.
    pub list: Vec<Match>,
    /// Whether there were more than [`MAX_MATCHES`].
    pub cut: bool,
    /// Whether text stands encoded in the buffer that was not decoded to its end.
    pub unread: bool,
}

/// A rule whose pattern cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: rule `{id}`")]
pub struct CompileError {
    origin: RuleOrigin,
    id: String,
    #[source]
    source: PatternError,
}

/// Rules that make no engine: a wrong pattern, an unknown check, or `near` / `pair` that names no
/// rule.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A pattern is wrong.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A rule names a check that is not there.
    #[error("{origin}: rule `{id}` has the unknown check `{check}`; the checks are: {known}")]
    UnknownCheck {
        /// Where the rule was written.
        origin: RuleOrigin,
        /// The rule.
        id: String,
        /// The name.
        check: String,
        /// The names of all checks.
        known: String,
    },
    /// `near` or `pair` names no rule.
    #[error("{origin}: rule `{id}` names the rule `{other}`, and there is none")]
    UnknownRule {
        /// Where the rule was written.
        origin: RuleOrigin,
        /// The rule.
        id: String,
        /// The rule it names.
        other: String,
    },
}

/// Rules made ready to be matched.
#[derive(Debug)]
pub struct Engine {
    rules: RuleSet,
    patterns: Vec<OnceLock<Box<Pattern>>>,
    links: Links,
    /// Which rules are tried: those that are switched on, and those near which such ones are tried.
    is_needed: Vec<bool>,
    /// Which rules look far.
    far: OnceLock<quick_scan::Far>,
    /// Lines that quick scans need not read again.
    plain_lines: OnceLock<quick_scan::PlainLines>,
    /// Seconds since 1970, to tell what has expired.
    now: i64,
    /// Values that are looked for as they are.
    known: Option<Known>,
    /// Generic secrets below are not looked for. Other matches are kept: a companion may raise them.
    min_confidence: Confidence,
}

impl Engine {
    /// Makes an engine of the rules that are switched on. Patterns of built-in rules are compiled
    /// when they are needed often, and so are small ones; others of users' rules are compiled here,
    /// so that a mistake shows.
    ///
    /// `now` is the time in seconds since 1970, for tokens that say when they expire.
    ///
    /// # Errors
    /// A pattern that is no regular expression, is too large or matches everywhere; a rule that
    /// names a rule which does not exist.
    ///
    /// ```
    /// use tightlip::{engine::Engine, rule::{RuleSet, expand}};
    /// let engine = Engine::new(RuleSet::builtin(), 0)?;
    /// let found = engine.scan(&expand("id = AKIA{base32:16}").unwrap());
    /// assert_eq!(engine.rules().all()[found.list[0].rule].id, "aws-access-key-id");
    /// # Ok::<(), tightlip::engine::EngineError>(())
    /// ```
    pub fn new(rules: RuleSet, now: i64) -> Result<Self, EngineError> {
        let count = rules.all().len();
        let mut engine = Engine {
            patterns: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            links: Links::builtin(),
            is_needed: (0..count).map(|at| rules.all().is_enabled(at)).collect(),
            far: OnceLock::new(),
            plain_lines: OnceLock::new(),
            now,
            known: None,
            min_confidence: Confidence::Low,
            rules,
        };
        if !engine.rules.is_builtin() {
            engine.link()?;
        }
        // A rule that others are tried near has to be found even where it is not reported.
        for &(rule, other) in &*engine.links.near {
            engine.is_needed[other] |= engine.rules.all().is_enabled(rule);
        }
        // The words of generic rules lead to names, which others go by.
        let mut named = engine.links.rule_of_name.iter();
        if named.any(|&rule| engine.rules.all().is_enabled(rule as usize)) {
            for (at, is_needed) in engine.is_needed.iter_mut().enumerate() {
                *is_needed |= engine.rules.all().is_judged(at);
            }
        }
        Ok(engine)
    }

    /// Leaves out generic secrets of less confidence, which would be dropped later, so that they cost
    /// nothing.
    #[must_use]
    pub const fn with_min_confidence(mut self, least: Confidence) -> Self {
        self.min_confidence = least;
        self
    }

    /// Looks for values that are known to be secrets, too, if the rule [`KNOWN_VALUE`] is on. `load` is called
    /// once, when there are bytes to look at. [`Engine::scan`] finds them; the quick scan of a history does not.
    #[must_use]
    pub fn with_known_values(mut self, load: Load) -> Self {
        let rule = self.rules.place(KNOWN_VALUE).filter(|&rule| self.rules.all().is_enabled(rule));
        self.known = rule.map(|rule| Known::new(rule, load));
        self
    }

    /// Returns the rules, switched on or not.
    #[must_use]
    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Returns the prefilter, for tests and benchmarks.
    #[must_use]
    pub const fn prefilter(&self) -> &Prefilter {
        &self.links.prefilter
    }

    /// Makes an engine of all built-in rules, switched on or not: what they find is not to be shown.
    ///
    /// # Panics
    /// Never: a test holds that built-in rules make an engine.
    #[must_use]
    pub fn of_all_rules() -> Self {
        let mut rules = RuleSet::builtin();
        rules.enable_all();
        Engine::new(rules, 0).expect("built-in rules make an engine: tests/packs.rs")
    }

    /// Finds what the rules match in `bytes`.
    #[must_use]
    pub fn scan(&self, bytes: &[u8]) -> Matches {
        self.scan_new(bytes, &|_| true)
    }

    /// Finds the matches whose secret `is_new` accepts; [`MAX_MATCHES`] counts those alone.
    ///
    /// The others are left out, except those that a new one may stand beside: an AWS key id that
    /// was there before makes the secret near it what it is.
    #[must_use]
    pub fn scan_new(&self, bytes: &[u8], is_new: &dyn Fn(&Range<usize>) -> bool) -> Matches {
        self.scan_with(bytes, is_new, |each| self.links.prefilter.for_each(bytes, each))
    }

    /// Finds the same with the slow prefilter, for tests.
    #[must_use]
    pub fn scan_slow(&self, bytes: &[u8]) -> Matches {
        self.scan_with(bytes, &|_| true, |each| {
            self.links.prefilter.slow(bytes).into_iter().for_each(each);
        })
    }

    fn scan_with(
        &self,
        bytes: &[u8],
        is_new: &dyn Fn(&Range<usize>) -> bool,
        hits: impl FnOnce(&mut dyn FnMut(Hit)),
    ) -> Matches {
        let mut scan = Scan::new(self, bytes, is_new);
        scan.run_at(hits);
        self.complete(scan, bytes, is_new, |each| decode::each_view(bytes, each))
    }

    /// Adds to what was found in plain text what is found in `views`, and known values; puts all in order.
    fn complete(
        &self,
        plain: Scan<'_>,
        bytes: &[u8],
        is_new: &dyn Fn(&Range<usize>) -> bool,
        views: impl FnOnce(&mut dyn FnMut(&View)) -> bool,
    ) -> Matches {
        let mut found = plain.found;
        found.unread = views(&mut |view| {
            let raw = |range: &Range<usize>| view.decoding.raw(range);
            let is_new = |range: &Range<usize>| is_new(&raw(range));
            let mut scan = Scan::new(self, &view.bytes, &is_new);
            scan.run();
            found.cut |= scan.found.cut;
            let decoded = scan.found.list.into_iter().filter(|found| view.is_decoded(&found.span));
            found.list.extend(decoded.map(|found| found.decoded_by(&view.decoding)));
        });
        if let Some(known) = &self.known {
            let before = found.list.len();
            known.find(bytes, &mut |matched| {
                if is_new(&matched.secret) {
                    found.cut |= found.list.len() - before == MAX_MATCHES;
                    if !found.cut {
                        found.list.push(matched);
                    }
                }
                !found.cut
            });
        }
        found.list.retain(|found| self.rules.all().is_enabled(found.rule));
        // Of the same match in plain and in decoded text, the plain one is told.
        found.list.sort_by_key(|found| {
            (found.secret.start, found.secret.end, found.rule, found.decoding.is_some())
        });
        found.list.dedup_by(|a, b| a.rule == b.rule && a.secret == b.secret);
        pair::link(&mut found.list, &self.links.pairs, |rule| self.rules.all()[rule].near_bytes);
        found
    }

    /// Links a user's rules, beside the built-in ones if these are in the set. The build script has laid the links of
    /// the built-in ones: making them anew takes several times as long as the rest of a hook.
    fn link(&mut self) -> Result<(), EngineError> {
        let mut draft = Draft::default();
        let rules = self.rules.all();
        for at in (0..rules.len()).filter(|&at| rules.is_own(at)) {
            let rule = &rules[at];
            if let Some(name) = &rule.pair {
                draft.pairs.push((at, self.place_of(rule, name)?));
            }
            if rule.enabled {
                self.check(at)?;
            }
            match &rule.near {
                Some(name) => draft.near.push((at, self.place_of(rule, name)?)),
                None => draft.add(at, rule).map_err(|source| compile_error(rule, source))?,
            }
        }
        self.links = if self.rules.has_builtin() {
            draft.beside_builtin(|rule| !rules.is_own(rule))
        } else {
            draft.finish()
        };
        Ok(())
    }

    /// Finds every mistake in a user's rule.
    fn check(&self, at: usize) -> Result<(), EngineError> {
        let rule = &self.rules.all()[at];
        if let Some(check) = rule.checks.iter().find(|name| !check::is_known(name)) {
            let (origin, id) = (rule.origin.clone(), rule.id.to_string());
            let known = check::names();
            return Err(EngineError::UnknownCheck { origin, id, check: check.to_string(), known });
        }
        let fail = |source| compile_error(rule, source);
        if rule.scope == Scope::Known || rule.scope == Scope::Assignment && !rule.is_named() {
            return Ok(());
        }
        if !rule.origin.builtin && !pattern::surely_compiles(rule).map_err(fail)? {
            let pattern = Box::new(Pattern::compile(rule).map_err(fail)?);
            let _ = self.patterns[at].set(pattern);
        }
        Ok(())
    }

    /// Returns where the rule stands that another one names.
    fn place_of(&self, rule: &Rule, name: &str) -> Result<usize, EngineError> {
        self.rules.place(name).ok_or_else(|| EngineError::UnknownRule {
            origin: rule.origin.clone(),
            id: rule.id.to_string(),
            other: name.to_owned(),
        })
    }

    fn pattern(&self, rule: usize) -> &Pattern {
        self.patterns[rule].get_or_init(|| {
            let laid = laid::outline(&self.rules, rule);
            let own = &self.rules.all()[rule];
            Box::new(match laid {
                Some((outline, boundary)) => Pattern::laid(own, outline, boundary),
                None => Pattern::prepare(own).expect("patterns of users were checked"),
            })
        })
    }
}

fn compile_error(rule: &Rule, source: PatternError) -> CompileError {
    CompileError { origin: rule.origin.clone(), id: rule.id.to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::Engine;
    use crate::rule::{RuleSet, expand, parse_pack};
    use crate::text::edits::Edits;

    #[test]
    fn engine_names_a_check_that_is_unknown() {
        let pack = "[[rule]]\nid = 'a'\npattern = 'x{9}'\nchecks = ['y']";
        let rules = RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap());
        let error = Engine::new(rules, 0).unwrap_err().to_string();
        assert!(error.starts_with("p.toml:1: rule `a` has the unknown check `y`"), "{error}");
        assert!(error.contains("placeholder, not-hex"), "{error}");
    }

    #[test]
    fn quick_scan_of_edits_sees_a_secret_that_an_edit_completes_wherever_it_stands() {
        let engine = Engine::new(RuleSet::builtin(), 1_790_000_000).unwrap();
        let mut seen = 0;
        for template in RuleSet::builtin().all().iter().flat_map(|rule| rule.matches.iter()) {
            let text = expand(template).unwrap();
            if engine.scan(&text).list.is_empty() {
                // Its rule is off.
                continue;
            }
            for at in [1, text.len() / 2, text.len() - 1] {
                let rest = text.len() - at;
                // What is kept of another version, as (from, bytes), with what is inserted between.
                let put_behind = (text[..at].to_vec(), vec![Ok((0, at)), Err(rest)]);
                let put_before = (text[at..].to_vec(), vec![Err(at), Ok((0, rest))]);
                let put_between = (
                    [&text[..at], &text[at + 1..]].concat(),
                    vec![Ok((0, at)), Err(1), Ok((at, rest - 1))],
                );
                let taken_out = (
                    [&text[..at], b"\n~\n", &text[at..]].concat(),
                    vec![Ok((0, at)), Ok((at + 3, rest))],
                );
                for (base, steps) in [put_behind, put_before, put_between, taken_out] {
                    let mut edits = Edits::default();
                    edits.begin(base.len());
                    for step in steps {
                        match step {
                            Ok((from, bytes)) => edits.keep(from, bytes),
                            Err(bytes) => edits.insert(bytes),
                        }
                    }
                    edits.end();
                    let seen_now =
                        engine.quick_scan_of_edits(&text, &edits, &engine.quick_scan(&base).trail);
                    assert!(
                        seen_now.has_match,
                        "{template} at {at} from {}",
                        String::from_utf8_lossy(&base)
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 1000, "{seen}");
    }
}
