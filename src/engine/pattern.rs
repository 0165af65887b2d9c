//! A rule's regular expression, where it is tried, and what is told of a place before it is parsed or compiled.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_automata::meta::{BuildError, Regex};
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

use crate::pattern::boundary::{Boundary, BoundaryError};
use crate::pattern::exact::{Exact, ExactError};
use crate::pattern::longest::Longest;
use crate::pattern::outline::Outline;
use crate::pattern::stepwise::{self, Search, TooManySteps};
use crate::pattern::{MIN_KEYWORD_BYTES, analysis, required_literals, syntax};
use crate::rule::{Rule, Scope, Text};
use crate::text::lines::lf_line_around;

/// How large a compiled pattern may be, in bytes.
const SIZE_LIMIT: usize = 16 << 20;

/// How many steps a pattern is followed before it is compiled: they take about as long as compiling does.
const STEPS: usize = 1 << 18;

/// What is wrong with a pattern.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is not a regular expression.
    #[error("the pattern is not a regular expression")]
    Syntax(#[from] syntax::SyntaxError),
    /// It is one, but it cannot be compiled: too large, as a rule.
    #[error("the pattern cannot be compiled: {0}")]
    Build(Box<BuildError>),
    /// The secret is said to stand in a group that is not there.
    #[error("secret_group is {group}, but the pattern has {have} groups")]
    NoGroup {
        /// What the rule says.
        group: usize,
        /// How many groups the pattern has.
        have: usize,
    },
    /// What may not stand before a match is not a set of characters.
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    /// It cannot be compiled for the engine that knows back-references.
    #[error("the pattern cannot be compiled")]
    Exact(#[source] ExactError),
    /// The pattern matches where there is nothing.
    #[error("the pattern matches the empty string, so it would match everywhere")]
    MatchesEmpty,
}

/// A pattern. It is parsed where its outline does not tell that no match begins; then it is followed step by step at
/// first, and compiled when that has been done for long.
#[derive(Debug)]
pub(super) struct Pattern {
    text: Text,
    outline: Outline,
    parsed: OnceLock<Parsed>,
    regex: OnceLock<Regex>,
    extent: Extent,
    boundary: Option<Boundary>,
    secret_group: Option<usize>,
}

#[derive(Debug)]
struct Parsed {
    hir: Hir,
    /// How many steps it may still be followed.
    steps: AtomicUsize,
}

impl Parsed {
    fn new(hir: Hir, extent: &Extent) -> Self {
        let can_follow = matches!(extent, Extent::Bytes) && stepwise::can_follow(&hir);
        Parsed { hir, steps: AtomicUsize::new(if can_follow { STEPS } else { 0 }) }
    }
}

/// How far a match may reach.
#[derive(Debug)]
enum Extent {
    /// Over the ends of lines, as far as the pattern allows.
    Bytes,
    /// To the ends of its line, where the longest one counts; the lines that match are looked at
    /// again by the exact expression, if there is one.
    Line { exact: Option<Exact>, longest: Box<Longest> },
}

/// Up to so many bytes before a keyword, each is tried as the start of a match; with more, a
/// search through the window is cheaper.
const MAX_STARTS: usize = 16;

/// Where a pattern matched, and which part of it is the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) span: Range<usize>,
    pub(super) secret: Range<usize>,
}

/// How a search goes on behind a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Behind the secret, which is taken.
    Behind,
    /// At the next byte: the match was rejected.
    Inside,
    /// Not at all.
    Stop,
}

/// A search goes on inside of rejected matches up to this long: in longer ones it would take time that
/// grows with the square of their length.
const MAX_REJECTED_BYTES: usize = 256;

impl Pattern {
    /// Prepares the pattern of a rule and compiles it, for one that is not known to compile.
    pub(super) fn compile(rule: &Rule) -> Result<Self, PatternError> {
        let pattern = Pattern::prepare(rule)?;
        let _ = pattern.regex.set(build(&pattern.parsed().hir)?);
        Ok(pattern)
    }

    /// Prepares the pattern of a rule, which is compiled when it is needed.
    pub(super) fn prepare(rule: &Rule) -> Result<Self, PatternError> {
        let hir = parse(&rule.pattern)?;
        let properties = hir.properties();
        if properties.minimum_len() == Some(0) {
            return Err(PatternError::MatchesEmpty);
        }
        let groups = properties.explicit_captures_len();
        if let Some(group) = rule.secret_group.filter(|&group| group > groups) {
            return Err(PatternError::NoGroup { group, have: groups });
        }
        let keywords: Vec<Vec<u8>> =
            rule.keywords.iter().map(|keyword| keyword.to_ascii_lowercase().into()).collect();
        let outline = Outline::new(&hir, &keywords, rule.max_bytes);
        let boundary = rule.boundary.as_deref().map(Boundary::parse).transpose()?;
        let (extent, secret_group) = match &rule.scope {
            Scope::Bytes | Scope::Assignment | Scope::Known => (Extent::Bytes, rule.secret_group),
            Scope::Line { exact } => {
                let exact = exact.as_deref().map(Exact::compile).transpose();
                let exact = exact.map_err(PatternError::Exact)?;
                let longest = Box::new(Longest::new(&rule.pattern));
                (Extent::Line { exact, longest }, Some(0))
            }
        };
        let parsed = OnceLock::from(Parsed::new(hir, &extent));
        let (text, regex) = (rule.pattern.clone(), OnceLock::new());
        Ok(Pattern { text, outline, parsed, regex, extent, boundary, secret_group })
    }

    /// Returns the pattern of a built-in rule, parsed when it is needed.
    pub(super) fn laid(rule: &Rule, outline: Outline, boundary: Option<Boundary>) -> Self {
        Pattern {
            text: rule.pattern.clone(),
            outline,
            parsed: OnceLock::new(),
            regex: OnceLock::new(),
            extent: Extent::Bytes,
            boundary,
            secret_group: rule.secret_group,
        }
    }

    /// Whether a pattern that was laid is as one that was prepared.
    #[cfg(test)]
    pub(super) fn is_prepared_like(&self, prepared: &Self) -> bool {
        let is_by_bytes = |pattern: &Self| matches!(pattern.extent, Extent::Bytes);
        (&self.text, &self.outline, &self.boundary, self.secret_group)
            == (&prepared.text, &prepared.outline, &prepared.boundary, prepared.secret_group)
            && is_by_bytes(self)
            && is_by_bytes(prepared)
    }

    fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| {
            let hir = parse(&self.text).expect("built-in patterns can be parsed: tests/packs.rs");
            Parsed::new(hir, &self.extent)
        })
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            build(&self.parsed().hir)
                .expect("small patterns compile, and built-in ones: tests/packs.rs")
        })
    }

    /// The part of `bytes` in which a match must lie that holds the keyword at `keyword`.
    pub(super) fn window(&self, keyword: &Range<usize>, bytes: &[u8]) -> Range<usize> {
        if self.is_by_line() {
            return lf_line_around(bytes, keyword.start);
        }
        let start = keyword.start.saturating_sub(self.outline.max_prefix);
        let end = keyword.start.saturating_add(self.outline.max_bytes.max(keyword.len()));
        start..end.min(bytes.len())
    }

    /// How many bytes before and behind the beginning of its keyword a match may reach.
    pub(super) const fn limits(&self) -> (usize, usize) {
        (self.outline.max_prefix, self.outline.max_bytes)
    }

    /// Whether a match lies in one line, of whatever length.
    pub(super) const fn is_by_line(&self) -> bool {
        matches!(self.extent, Extent::Line { .. })
    }

    /// Whether a match begins so near its keyword that [`find_at`](Self::find_at) is cheaper than
    /// a search.
    pub(super) const fn has_short_prefix(&self) -> bool {
        self.outline.max_prefix <= MAX_STARTS && !self.is_by_line()
    }

    /// Returns the match that begins first in `window`, at most [`MAX_STARTS`] bytes into it.
    pub(super) fn find_at(&self, bytes: &[u8], window: Range<usize>) -> Option<Found> {
        let last = window.end.min(window.start + self.outline.max_prefix + 1);
        (window.start..last).find_map(|start| {
            let may_begin = self.may_begin(bytes, start)
                && self.outline.first.mismatch(bytes, start..window.end).is_none();
            may_begin.then(|| self.search(bytes, start..window.end, Anchored::Yes))?
        })
    }

    /// Returns the bytes that a match may hold which begins where `window` does, with the one that ends it; `None`
    /// for patterns whose keyword may stand behind other bytes.
    pub(super) fn reach(&self, bytes: &[u8], window: &Range<usize>) -> Option<Range<usize>> {
        let end = self.outline.first.end(bytes, window.clone()) + 1;
        (self.outline.max_prefix == 0).then(|| window.start..end.min(bytes.len()))
    }

    /// Whether the pattern matches the whole of `range`.
    pub(super) fn is_whole(&self, bytes: &[u8], range: Range<usize>) -> bool {
        if self.outline.first.mismatch(bytes, range.clone()).is_some() {
            return false;
        }
        let end = range.end;
        self.search(bytes, range, Anchored::Yes).is_some_and(|found| found.span.end == end)
    }

    /// Calls `each` for every match in `window`; `each` says how to go on. What stands around the
    /// window counts for `\b`, `^` and `$`.
    ///
    /// The search goes on behind the secret, not behind the match, so that a character between
    /// two secrets can be the edge of both; inside a match that was rejected, so that it takes no
    /// bytes from what begins there.
    pub(super) fn find(
        &self,
        bytes: &[u8],
        window: Range<usize>,
        each: &mut dyn FnMut(Found) -> Next,
    ) {
        if self.outline.run.as_ref().is_some_and(|run| !run.is_in(bytes, window.clone())) {
            return;
        }
        if let Extent::Line { exact: Some(exact), .. } = &self.extent {
            return self.find_exact(exact, bytes, window, each);
        }
        let Range { start: mut from, end } = window;
        while let Some(mut found) = self.search(bytes, from..end, Anchored::No) {
            self.lengthen(bytes, end, &mut found);
            let start = found.span.start;
            if !self.may_begin(bytes, start) {
                from = start + 1;
                continue;
            }
            let behind = found.secret.end.max(start + 1);
            let is_long = found.span.len() > MAX_REJECTED_BYTES;
            let next = match each(found) {
                Next::Stop => return,
                Next::Inside if !is_long => start + 1,
                Next::Inside | Next::Behind => behind,
            };
            if next >= end {
                return;
            }
            from = next;
        }
    }

    /// Returns the first match in `range`, or the one that begins where it does.
    fn search(&self, bytes: &[u8], range: Range<usize>, anchored: Anchored) -> Option<Found> {
        if self.regex.get().is_none() {
            let starts = match anchored {
                Anchored::No => range.clone(),
                _ => range.start..range.start + 1,
            };
            // With too many steps, it is compiled.
            if let Ok(found) = self.follow(bytes, starts, range.end) {
                return found;
            }
        }
        let input = Input::new(bytes).range(range).anchored(anchored);
        self.regex().search_half(&input)?;
        let mut groups = self.regex().create_captures();
        self.regex().search_captures(&input, &mut groups);
        let group = |group| groups.get_group(group).map(|span| span.range());
        Some(self.found(groups.get_match()?.range(), group))
    }

    /// As [`search`](Self::search), step by step, as long as steps are left.
    fn follow(
        &self,
        bytes: &[u8],
        starts: Range<usize>,
        end: usize,
    ) -> Result<Option<Found>, TooManySteps> {
        let next = |starts| self.outline.first.next_start(bytes, starts, end);
        // Most patterns are never parsed.
        let Some(mut at) = next(starts.clone()) else { return Ok(None) };
        let Parsed { hir, steps } = self.parsed();
        let granted = steps.load(Ordering::Relaxed);
        let mut search = Search::new(bytes, end, granted);
        let found = loop {
            match search.take(1).and_then(|()| search.end_of_match(hir, at)) {
                Ok(None) => {}
                Ok(Some(end)) => break Ok(Some(self.found(at..end, |group| search.group(group)))),
                Err(error) => break Err(error),
            }
            match next(at + 1..starts.end) {
                Some(start) => at = start,
                None => break Ok(None),
            }
        };
        // Other threads may have taken theirs from the same grant.
        let taken = granted - search.steps();
        let left = steps.load(Ordering::Relaxed).saturating_sub(taken);
        steps.store(left, Ordering::Relaxed);
        found
    }

    /// Makes a match in a line the longest that begins where it does. No pattern for lines matches
    /// their ends.
    fn lengthen(&self, bytes: &[u8], limit: usize, found: &mut Found) {
        if let Extent::Line { longest, .. } = &self.extent {
            let start = found.span.start;
            if let Some(end) = longest.end(bytes, start..limit) {
                found.span.end = end.max(found.span.end);
                found.secret = found.span.clone();
            }
        }
    }

    /// As [`find`](Self::find), in the lines on which the regular expression matches.
    fn find_exact(
        &self,
        exact: &Exact,
        bytes: &[u8],
        window: Range<usize>,
        each: &mut dyn FnMut(Found) -> Next,
    ) {
        let mut input = Input::new(bytes).range(window.clone()).anchored(Anchored::No);
        while let Some(found) = self.regex().search_half(&input) {
            let line = lf_line_around(bytes, found.offset().saturating_sub(1).max(input.start()));
            let next = line.end + 1;
            // What takes too long to be told must not pass.
            let whole = 0..line.len();
            let spans = exact.find(&bytes[line.clone()]).unwrap_or_else(|_| Vec::from([whole]));
            for span in spans {
                let span = line.start + span.start..line.start + span.end;
                if each(Found { secret: span.clone(), span }) == Next::Stop {
                    return;
                }
            }
            if next >= window.end {
                return;
            }
            input.set_start(next);
        }
    }

    fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        self.boundary.as_ref().is_none_or(|boundary| boundary.is_at(bytes, at))
    }

    fn found(&self, span: Range<usize>, group: impl Fn(usize) -> Option<Range<usize>>) -> Found {
        let secret = match self.secret_group {
            Some(number) => group(number),
            None => (1..=self.parsed().hir.properties().explicit_captures_len()).find_map(group),
        };
        Found { secret: secret.unwrap_or_else(|| span.clone()), span }
    }
}

fn build(hir: &Hir) -> Result<Regex, PatternError> {
    let config = Regex::config().nfa_size_limit(Some(SIZE_LIMIT));
    let built = Regex::builder().configure(config).build_from_hir(hir);
    built.map_err(|error| PatternError::Build(Box::new(error)))
}

/// Parses the pattern of a rule.
pub(super) fn parse(pattern: &str) -> Result<Hir, PatternError> {
    Ok(syntax::parse(pattern)?)
}

/// Whether a rule's pattern is known to compile without trying it.
///
/// # Errors
/// It is known not to compile.
pub(super) fn surely_compiles(rule: &Rule) -> Result<bool, PatternError> {
    let hir = parse(&rule.pattern)?;
    if rule.scope != (Scope::Line { exact: None }) {
        return Ok(false);
    }
    if hir.properties().minimum_len() == Some(0) {
        return Err(PatternError::MatchesEmpty);
    }
    Ok(analysis::is_small(&hir))
}

/// Returns the keywords of a rule: its own, or literals with which every match must begin or
/// end, or of which it must hold one. An empty list means that the pattern has to be tried everywhere.
pub(super) fn keywords(rule: &Rule) -> Result<Vec<Vec<u8>>, PatternError> {
    let usable = |keywords: &[Vec<u8>]| keywords.iter().all(|k| k.len() >= MIN_KEYWORD_BYTES);
    if !rule.keywords.is_empty() {
        let own: Vec<Vec<u8>> = rule.keywords.iter().map(|k| k.as_bytes().to_vec()).collect();
        return Ok(if usable(&own) { own } else { Vec::new() });
    }
    let hir = &parse(&rule.pattern)?;
    for kind in [ExtractKind::Prefix, ExtractKind::Suffix] {
        // A class of two is a letter in both cases; a larger one is no literal.
        let literals = Extractor::new().kind(kind).limit_class(2).extract(hir);
        let mut literals: Vec<Vec<u8>> = literals
            .literals()
            .unwrap_or_default()
            .iter()
            .map(|literal| literal.as_bytes().to_ascii_lowercase())
            .collect();
        literals.sort();
        literals.dedup();
        if !literals.is_empty() && usable(&literals) {
            return Ok(literals);
        }
    }
    Ok(required_literals::literals(hir).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{MAX_REJECTED_BYTES, Next, Pattern, STEPS, keywords};
    use crate::rule::parse_pack;

    fn rule(pattern: &str) -> crate::rule::Rule {
        let text = format!("[[rule]]\nid = 'x'\npattern = '''{pattern}'''\n");
        parse_pack(&text, "x.toml").unwrap().remove(0)
    }

    #[test]
    fn keywords_come_from_the_pattern_where_it_has_them() {
        for (pattern, expected) in [
            (r"\b(acme_dk_[0-9a-f]{40})\b", &["acme_dk_"][..]),
            (r"(?i)passphrase\s*=", &["passphr"]),
            (r"foo_bar|baz_bar", &["baz_bar", "foo_bar"]),
            (r"[0-9]{4}-internal", &["-internal"]),
            (r"[0-9]{16}", &[]),
            (r"ab", &[]),
        ] {
            let found: Vec<String> = keywords(&rule(pattern))
                .unwrap()
                .into_iter()
                .map(|keyword| String::from_utf8(keyword).unwrap())
                .collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn one_character_can_bound_two_secrets() {
        let pattern = Pattern::compile(&rule("(?:^|[^0-9])([0-9]{4})(?:[^0-9]|$)")).unwrap();
        let mut secrets = Vec::new();
        pattern.find(b"1234,5678,9012", 0..14, &mut |found| {
            secrets.push(found.secret);
            Next::Behind
        });
        assert_eq!(secrets, [0..4, 5..9, 10..14]);
    }

    #[test]
    fn a_rejected_match_takes_no_bytes_from_what_begins_inside_it() {
        let pattern = Pattern::compile(&rule("x_[a-z_]{6,}")).unwrap();
        let starts = |bytes: &[u8]| {
            let mut starts = Vec::new();
            pattern.find(bytes, 0..bytes.len(), &mut |found| {
                starts.push(found.span.start);
                Next::Inside
            });
            starts
        };
        assert_eq!(starts(b"x_aaaaa_x_bbbbbb x_cccccc"), [0, 8, 17]);
        // A long one is left behind as a whole: to look for others at each of its bytes takes too long.
        let long = [&b"x_"[..], &vec![b'a'; MAX_REJECTED_BYTES], b"x_bbbbbb x_cccccc"].concat();
        assert_eq!(starts(&long), [0, long.len() - 8]);
    }

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        for (pattern, expected) in
            [("a*", "empty string"), ("(a", "unclosed group"), ("a{90000000}", "")]
        {
            let error = crate::text::chain::chain(&Pattern::compile(&rule(pattern)).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_pattern_is_compiled_when_it_was_followed_for_long() {
        let rule = rule("acme_([a-z]{2}|[0-9]{9})+z");
        let (followed, compiled) =
            (Pattern::prepare(&rule).unwrap(), Pattern::compile(&rule).unwrap());
        let find = |pattern: &Pattern, text: &[u8]| {
            let mut found = Vec::new();
            pattern.find(text, 0..text.len(), &mut |one| {
                found.push(one);
                Next::Behind
            });
            (found, pattern.find_at(text, 0..text.len()), pattern.is_whole(text, 0..text.len()))
        };
        for text in
            [&b"acme_task, acme_12345678"[..], b"acme_123456789z", b"an acme_abz, acme_cdefz"]
        {
            assert_eq!(find(&followed, text), find(&compiled, text));
        }
        assert!(followed.regex.get().is_none());
        let nowhere = [b'z'; STEPS];
        assert_eq!(find(&followed, &nowhere), (Vec::new(), None, false));
        assert!(followed.regex.get().is_none(), "no match may begin there");
        let long = [b"acme_", &[b'a'; STEPS][..]].concat();
        assert_eq!(find(&followed, &long), find(&compiled, &long));
        assert!(followed.regex.get().is_some());
    }

    #[test]
    fn a_pattern_that_cannot_be_followed_is_compiled_where_a_match_may_begin() {
        let pattern = Pattern::prepare(&rule("acme_(?:[0-9]?){9}x")).unwrap();
        let count = |text: &[u8]| {
            let mut count = 0;
            pattern.find(text, 0..text.len(), &mut |_| {
                count += 1;
                Next::Behind
            });
            (count, pattern.regex.get().is_some())
        };
        assert_eq!(count(b"acme-1x acm"), (0, false));
        assert_eq!(count(b"acme_123x acme_x"), (2, true));
    }
}
