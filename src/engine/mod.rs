//! Bytes in, matches out.
//!
//! One pass over the raw bytes finds keywords (`prefilter`); around each, and only there, the
//! patterns of its rules are tried (`pattern`); what matches goes through the rule's offline
//! checks (`check`). Rules without a keyword are tried everywhere, or near the matches of
//! another rule. UTF-16 and UTF-32 text is read as such (`wide`).
//!
//! The engine sees bytes. It knows no path, no commit and no file, and it decides nothing about
//! what is reported.

mod check;
mod edge;
mod glance;
mod lead;
mod longest;
mod measure;
mod pair;
mod pattern;
mod prefilter;
mod required;
mod selftest;
mod shuffle;
mod wide;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

pub use glance::{Glance, Reach};
pub use pattern::PatternError;
pub use prefilter::{Hit, MIN_KEYWORD_BYTES, Prefilter};
pub use selftest::{Failure, selftest};

use crate::rule::{Confidence, Rule, RuleOrigin, RuleSet};
use crate::text::entropy::shannon;
use check::Candidate;
use pattern::{Found, Pattern};

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
    /// The secret as text: what `secret` spans, or that decoded from UTF-16 or UTF-32.
    pub text: Box<[u8]>,
    /// How sure the match is.
    pub confidence: Confidence,
    /// What the checks learnt.
    pub notes: Vec<String>,
    /// The index, in the same list, of the match that makes this one stronger.
    pub pair: Option<usize>,
}

/// What a scan of one buffer found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matches {
    /// In rising order of where the secret begins, then by rule.
    pub list: Vec<Match>,
    /// Whether there were more than [`MAX_MATCHES`].
    pub cut: bool,
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

/// A rule that is tried near the matches of another one that does not exist.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A pattern is wrong.
    #[error(transparent)]
    Compile(#[from] CompileError),
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
    patterns: Vec<OnceLock<Pattern>>,
    prefilter: Prefilter,
    /// For each keyword of the prefilter, the rules that have it.
    rules_of_keyword: Vec<Vec<usize>>,
    /// For each keyword of the prefilter, its length.
    keyword_bytes: Vec<usize>,
    /// Rules that are tried everywhere.
    everywhere: Vec<usize>,
    /// Rules that are tried near the matches of another: (rule, other).
    near: Vec<(usize, usize)>,
    /// Rules whose matches pair with those of another: (rule, other).
    pairs: Vec<(usize, usize)>,
    /// Which rules look far.
    far: OnceLock<glance::Far>,
    /// Seconds since 1970, to tell what has expired.
    now: i64,
}

impl Engine {
    /// Makes an engine of the rules that are switched on. Patterns of built-in rules are compiled
    /// when they are first needed, and so are small ones; others of users' rules are compiled here,
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
            prefilter: Prefilter::new(&[]),
            rules_of_keyword: Vec::new(),
            keyword_bytes: Vec::new(),
            everywhere: Vec::new(),
            near: Vec::new(),
            pairs: Vec::new(),
            far: OnceLock::new(),
            now,
            rules,
        };
        engine.link()?;
        Ok(engine)
    }

    /// Returns the rules, switched on or not.
    #[must_use]
    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Returns the prefilter, for tests and benchmarks.
    #[must_use]
    pub const fn prefilter(&self) -> &Prefilter {
        &self.prefilter
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
        self.scan_with(bytes, is_new, |each| self.prefilter.for_each(bytes, each))
    }

    /// Finds the same with the slow prefilter, for tests.
    #[must_use]
    pub fn scan_slow(&self, bytes: &[u8]) -> Matches {
        self.scan_with(bytes, &|_| true, |each| {
            self.prefilter.slow(bytes).into_iter().for_each(each);
        })
    }

    fn scan_with(
        &self,
        bytes: &[u8],
        is_new: &dyn Fn(&Range<usize>) -> bool,
        hits: impl FnOnce(&mut dyn FnMut(Hit)),
    ) -> Matches {
        let mut scan = Scan::new(self, bytes, is_new);
        scan.keywords(hits);
        scan.everywhere();
        scan.near();
        let mut found = scan.found;
        for view in wide::views(bytes) {
            let is_new = |range: &Range<usize>| is_new(&view.raw(range));
            let mut scan = Scan::new(self, &view.bytes, &is_new);
            scan.keywords(|each| self.prefilter.for_each(&view.bytes, each));
            scan.everywhere();
            scan.near();
            found.cut |= scan.found.cut;
            found.list.extend(scan.found.list.into_iter().map(|found| Match {
                span: view.raw(&found.span),
                secret: view.raw(&found.secret),
                ..found
            }));
        }
        found.list.retain(|found| self.rules.all()[found.rule].enabled);
        found.list.sort_by_key(|found| (found.secret.start, found.secret.end, found.rule));
        found.list.dedup_by(|a, b| a.rule == b.rule && a.secret == b.secret);
        pair::link(&mut found.list, &self.pairs, |rule| self.rules.all()[rule].near_bytes);
        found
    }

    fn link(&mut self) -> Result<(), EngineError> {
        let mut keywords: Vec<Vec<u8>> = Vec::new();
        let mut known = std::collections::HashMap::new();
        // A rule that others are tried near has to be found even where it is not reported.
        let anchors: Vec<&str> = self
            .rules
            .all()
            .iter()
            .filter(|rule| rule.enabled)
            .filter_map(|rule| rule.near.as_deref())
            .collect();
        let is_needed = |rule: &Rule| rule.enabled || anchors.contains(&&*rule.id);
        for (at, rule) in self.rules.all().iter().enumerate().filter(|(_, rule)| is_needed(rule)) {
            let other = |name: &str| {
                self.rules.place(name).ok_or_else(|| EngineError::UnknownRule {
                    origin: rule.origin.clone(),
                    id: rule.id.to_string(),
                    other: name.to_owned(),
                })
            };
            let fail = |source| compile_error(rule, source);
            let hir = match rule.origin.builtin {
                true => None,
                false => Some(pattern::parse(&rule.pattern).map_err(fail)?),
            };
            let is_sure = |hir| measure::surely_compiles(rule, hir).map_err(fail);
            if let Some(hir) = &hir
                && !is_sure(hir)?
            {
                let pattern = Pattern::compile(rule).map_err(fail)?;
                let _ = self.patterns[at].set(pattern);
            }
            if let Some(name) = &rule.pair {
                self.pairs.push((at, other(name)?));
            }
            if let Some(name) = &rule.near {
                self.near.push((at, other(name)?));
                continue;
            }
            let own = pattern::keywords(rule, hir.as_ref()).map_err(fail)?;
            if own.is_empty() {
                self.everywhere.push(at);
            }
            for mut keyword in own {
                keyword.make_ascii_lowercase();
                let slot = *known.entry(keyword).or_insert_with_key(|keyword| {
                    keywords.push(keyword.clone());
                    self.rules_of_keyword.push(Vec::new());
                    keywords.len() - 1
                });
                self.rules_of_keyword[slot].push(at);
            }
        }
        self.keyword_bytes = keywords.iter().map(Vec::len).collect();
        self.prefilter = Prefilter::new(&keywords.iter().map(|k| &**k).collect::<Vec<_>>());
        Ok(())
    }

    fn pattern(&self, rule: usize) -> &Pattern {
        self.patterns[rule].get_or_init(|| {
            Pattern::compile(&self.rules.all()[rule])
                .expect("small patterns compile, and built-in ones: tests/packs.rs")
        })
    }
}

fn compile_error(rule: &Rule, source: PatternError) -> CompileError {
    CompileError { origin: rule.origin.clone(), id: rule.id.to_string(), source }
}

/// One buffer on its way through the engine.
struct Scan<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    is_new: &'a dyn Fn(&Range<usize>) -> bool,
    /// How many of the matches are new.
    new: usize,
    found: Matches,
}

impl<'a> Scan<'a> {
    fn new(engine: &'a Engine, bytes: &'a [u8], is_new: &'a dyn Fn(&Range<usize>) -> bool) -> Self {
        Scan { engine, bytes, is_new, new: 0, found: Matches::default() }
    }

    /// Tries each rule at its keywords, or in the windows around them, windows that touch being
    /// one.
    fn keywords(&mut self, hits: impl FnOnce(&mut dyn FnMut(Hit))) {
        let engine = self.engine;
        let mut open: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        hits(&mut |hit: Hit| {
            let keyword = hit.keyword as usize;
            let at = hit.start..hit.start + engine.keyword_bytes[keyword];
            for &rule in &engine.rules_of_keyword[keyword] {
                let pattern = engine.pattern(rule);
                let slot = open.get_mut(&rule);
                if pattern.is_by_line() && slot.as_ref().is_some_and(|open| at.start < open.end) {
                    // Its line is known already: looking for the ends of a long one takes time.
                    continue;
                }
                let window = pattern.window(&at, self.bytes);
                if pattern.has_short_lead() {
                    let done = slot.map_or(0, |done| done.end);
                    if let Some(end) = self.try_at(rule, window.start.max(done)..window.end) {
                        open.insert(rule, end..end);
                    }
                    continue;
                }
                match slot {
                    Some(open) if window.start <= open.end => {
                        open.start = open.start.min(window.start);
                        open.end = open.end.max(window.end);
                    }
                    Some(open) => {
                        let done = std::mem::replace(open, window);
                        self.try_rule(rule, done);
                    }
                    None => {
                        open.insert(rule, window);
                    }
                }
            }
        });
        for (rule, window) in open.into_iter().filter(|(_, window)| !window.is_empty()) {
            self.try_rule(rule, window);
        }
    }

    /// Tries a rule where its keyword stands; returns where the secret ends if it matches.
    fn try_at(&mut self, rule: usize, window: Range<usize>) -> Option<usize> {
        if window.is_empty() {
            return None;
        }
        let found = self.engine.pattern(rule).find_at(self.bytes, window)?;
        let end = found.secret.end.max(found.span.start + 1);
        let before = self.found.list.len();
        self.keep(rule, found);
        // What was rejected takes no bytes from what begins inside it.
        (self.found.list.len() > before || self.found.cut).then_some(end)
    }

    fn everywhere(&mut self) {
        for &rule in &self.engine.everywhere {
            self.try_rule(rule, 0..self.bytes.len());
        }
    }

    fn near(&mut self) {
        for &(rule, other) in &self.engine.near {
            let reach = self.engine.rules.all()[rule].near_bytes;
            let around = |found: &Match| {
                let end = found.span.end.saturating_add(reach).min(self.bytes.len());
                found.span.start.saturating_sub(reach)..end
            };
            let mut windows: Vec<Range<usize>> =
                self.found.list.iter().filter(|found| found.rule == other).map(around).collect();
            windows.sort_by_key(|window| window.start);
            windows.dedup_by(|next, window| {
                let touches = next.start <= window.end;
                if touches {
                    window.end = window.end.max(next.end);
                }
                touches
            });
            for window in windows {
                self.try_rule(rule, window);
            }
        }
    }

    fn try_rule(&mut self, rule: usize, window: Range<usize>) {
        let pattern = self.engine.pattern(rule);
        pattern.find(self.bytes, window, &mut |found| self.keep(rule, found));
    }

    /// Keeps a hit that passes its rule's checks; returns whether there is room for more.
    fn keep(&mut self, rule: usize, found: Found) -> bool {
        if let Some(found) = self.engine.judge(rule, self.bytes, found) {
            if (self.is_new)(&found.secret) {
                if self.new == MAX_MATCHES {
                    self.found.cut = true;
                    return false;
                }
                self.new += 1;
            } else if !self.engine.has_companions(rule) {
                return true;
            }
            self.found.list.push(found);
        }
        true
    }
}

impl Engine {
    /// Whether another rule is tried near matches of this one, or pairs with them.
    fn has_companions(&self, rule: usize) -> bool {
        self.near.iter().chain(&self.pairs).any(|&(_, other)| other == rule)
    }

    /// Puts a hit through its rule's checks.
    fn judge(&self, index: usize, bytes: &[u8], found: Found) -> Option<Match> {
        let rule = &self.rules.all()[index];
        let secret = &bytes[found.secret.clone()];
        if secret.is_empty() || rule.min_entropy.is_some_and(|bits| shannon(secret) < bits) {
            return None;
        }
        let lower = secret.to_ascii_lowercase();
        let is_stopped = |word: &crate::rule::Text| {
            memchr::memmem::find(&lower, word.to_ascii_lowercase().as_bytes()).is_some()
        };
        if rule.stop_words.iter().any(is_stopped) {
            return None;
        }
        let candidate = Candidate {
            secret,
            matched: &bytes[found.span.clone()],
            before: &bytes[..found.span.start],
            now: self.now,
        };
        let (confidence, notes) = check::run(&rule.checks, candidate, rule.confidence)?;
        Some(Match {
            rule: index,
            text: secret.into(),
            span: found.span,
            secret: found.secret,
            confidence,
            notes,
            pair: None,
        })
    }
}
