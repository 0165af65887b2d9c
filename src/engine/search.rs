//! Rules tried in one buffer: at keywords, everywhere, near the matches of others.

use std::collections::BTreeMap;
use std::ops::Range;

use super::check::{self, Candidate};
use super::decode::View;
use super::explain::Dropped;
use super::pattern::{Found, Next};
use super::quick_scan::PlainLines;
use super::{Engine, Hit, Links, MAX_MATCHES, Match, Matches, decode, generic};
use crate::rule::{Scope, Text};
use crate::text::entropy::shannon;
use crate::text::ranges::merged;
use crate::text::search::holds;

/// Escapes make a match longer than its rule allows; so much longer is looked for.
const ESCAPE_BYTES: usize = 64;

/// The same for the signs and blanks between pieces.
const JOIN_BYTES: usize = 96;

/// How much is decoded before a window.
const BEFORE_BYTES: usize = 16;

/// What stands around a window, without escapes and with its pieces joined, where these hide a part of
/// what is looked for.
pub(super) fn views_around(bytes: &[u8], window: &Range<usize>) -> impl Iterator<Item = View> {
    let end = |more: usize| window.end.saturating_add(more).min(bytes.len());
    // What stands before a match says whether it begins there.
    let start = window.start.saturating_sub(BEFORE_BYTES);
    let joined = decode::joined(bytes, start..end(JOIN_BYTES));
    decode::unescaped(bytes, start..end(ESCAPE_BYTES)).into_iter().chain(joined)
}

/// One buffer on its way through the engine.
pub(super) struct Scan<'a> {
    engine: &'a Engine,
    bytes: &'a [u8],
    is_new: &'a dyn Fn(&Range<usize>) -> bool,
    /// How many of the matches are new.
    new: usize,
    /// What rules of services know for examples of their documentation.
    examples: Vec<Range<usize>>,
    /// Bytes in which no escape and no join begins. Windows overlap, and each would be looked through.
    plain: Range<usize>,
    /// Where the last one that was found begins.
    sign: Option<usize>,
    /// Lines that need not be read again, where there are many versions of one file.
    pub(super) plain_lines: Option<&'a PlainLines>,
    pub(super) found: Matches,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        bytes: &'a [u8],
        is_new: &'a dyn Fn(&Range<usize>) -> bool,
    ) -> Self {
        let found = Matches::default();
        let (examples, plain, plain_lines) = (Vec::new(), 0..0, None);
        Scan { engine, bytes, is_new, new: 0, examples, plain, sign: None, plain_lines, found }
    }

    /// Tries every rule.
    pub(super) fn run(&mut self) {
        let (engine, bytes) = (self.engine, self.bytes);
        self.run_at(|each| engine.links.prefilter.for_each(bytes, each));
    }

    /// Tries every rule, those with keywords at `hits`.
    pub(super) fn run_at(&mut self, hits: impl FnOnce(&mut dyn FnMut(Hit))) {
        self.run_in(std::slice::from_ref(&(0..self.bytes.len())), hits);
    }

    /// Tries rules with keywords at `hits`, and those without in `windows`.
    pub(super) fn run_in(
        &mut self,
        windows: &[Range<usize>],
        hits: impl FnOnce(&mut dyn FnMut(Hit)),
    ) {
        self.keywords(hits);
        self.drop_examples();
        self.everywhere(windows);
        self.near();
    }

    /// Tries each rule at its keywords, or in the windows around them, windows that touch being
    /// one.
    pub(super) fn keywords(&mut self, hits: impl FnOnce(&mut dyn FnMut(Hit))) {
        let engine = self.engine;
        let mut open: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        hits(&mut |hit: Hit| {
            let links = &engine.links;
            let at = hit.start..hit.start + links.prefilter.keyword_bytes(hit.keyword);
            for rule in links.rules_of(hit.keyword).filter(|&rule| engine.is_needed[rule]) {
                if engine.rules.all().is_assignment(rule) {
                    self.try_assignment(rule, &at);
                    continue;
                }
                let pattern = engine.pattern(rule);
                let slot = open.get_mut(&rule);
                if pattern.is_by_line() && slot.as_ref().is_some_and(|open| at.start < open.end) {
                    // Its line is known already: looking for the ends of a long one takes time.
                    continue;
                }
                let window = pattern.window(&at, self.bytes);
                if pattern.has_short_prefix() {
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

    /// Tries the rules for values where a keyword at `hit` is part of a name that is assigned one.
    fn try_assignment(&mut self, rule: usize, hit: &Range<usize>) {
        let bytes = self.bytes;
        let lines = self.plain_lines;
        let place = lines.and_then(|lines| Some((lines, lines.place(bytes, hit, rule)?)));
        if place.as_ref().is_some_and(|(lines, place)| lines.has(place)) {
            return;
        }
        let before = (self.found.list.len(), self.examples.len());
        let is_assigned =
            generic::Assignment::each_at(bytes, hit, |found| self.try_assigned(rule, &found));
        // With too many matches, none is added.
        let is_plain = before == (self.found.list.len(), self.examples.len()) && !self.found.cut;
        if let Some((lines, place)) = place.filter(|_| is_plain) {
            lines.add(bytes, &place, is_assigned);
        }
    }

    fn try_assigned(&mut self, rule: usize, found: &generic::Assignment) {
        let engine = self.engine;
        let hit = || Found { span: found.span(), secret: found.value() };
        let mut is_known = false;
        for named in engine.links.rules_of_name(found.name(self.bytes)) {
            if engine.is_needed[named] && engine.pattern(named).is_whole(self.bytes, found.value())
            {
                let before = self.found.list.len();
                self.keep(named, hit());
                is_known |= self.found.list.len() > before;
            }
        }
        if is_known || !engine.rules.all().is_enabled(rule) {
            return;
        }
        let Some(confidence) = found.confidence(self.bytes) else { return };
        if confidence < engine.min_confidence {
            return;
        }
        if let Ok(mut matched) = engine.judge(rule, self.bytes, hit()) {
            matched.confidence = confidence;
            self.add(matched);
        }
    }

    /// Tries a rule where its keyword stands; returns where the secret ends if it matches.
    fn try_at(&mut self, rule: usize, window: Range<usize>) -> Option<usize> {
        if window.is_empty() {
            return None;
        }
        let pattern = self.engine.pattern(rule);
        let Some(found) = pattern.find_at(self.bytes, window.clone()) else {
            // Where nothing is escaped or joined before the byte that ends every match, no view holds one.
            let reach = pattern.reach(self.bytes, &window);
            if reach.is_none_or(|reach| self.has_sign(reach)) {
                self.try_unescaped(rule, window);
            }
            return None;
        };
        let end = found.secret.end.max(found.span.start + 1);
        let before = self.found.list.len();
        self.keep(rule, found);
        // What was rejected takes no bytes from what begins inside it.
        (self.found.list.len() > before || self.found.cut).then_some(end)
    }

    /// Tries the rules without a keyword.
    pub(super) fn everywhere(&mut self, windows: &[Range<usize>]) {
        let rules = self.engine.links.everywhere.iter();
        for &rule in rules.filter(|&&rule| self.engine.is_needed[rule]) {
            windows.iter().for_each(|window| self.try_rule(rule, window.clone()));
        }
    }

    pub(super) fn near(&mut self) {
        let near = self.engine.links.near.iter();
        for &(rule, other) in near.filter(|(rule, _)| self.engine.is_needed[*rule]) {
            let reach = self.engine.rules.all()[rule].near_bytes;
            let around = |found: &Match| {
                let end = found.span.end.saturating_add(reach).min(self.bytes.len());
                found.span.start.saturating_sub(reach)..end
            };
            let found = self.found.list.iter().filter(|found| found.rule == other);
            for window in merged(found.map(around).collect()) {
                self.try_rule(rule, window);
            }
        }
    }

    fn try_rule(&mut self, rule: usize, window: Range<usize>) {
        let pattern = self.engine.pattern(rule);
        pattern.find(self.bytes, window.clone(), &mut |found| self.keep(rule, found));
        self.try_unescaped(rule, window);
    }

    /// Tries a rule where escapes hide a part of what it looks for, or where it stands in pieces.
    fn try_unescaped(&mut self, rule: usize, window: Range<usize>) {
        let pattern = self.engine.pattern(rule);
        if pattern.is_by_line() {
            // Patterns of git-secrets see lines as they are.
            return;
        }
        let end = window.end.saturating_add(JOIN_BYTES).min(self.bytes.len());
        if !self.has_sign(window.start.saturating_sub(BEFORE_BYTES)..end) {
            return;
        }
        for view in views_around(self.bytes, &window) {
            pattern.find(&view.bytes, 0..view.bytes.len(), &mut |found| {
                let is_decoded = view.is_decoded(&found.span);
                match self.engine.judge(rule, &view.bytes, found) {
                    Ok(found) if is_decoded => self.add(found.decoded_by(&view.decoding)),
                    Ok(_) => Next::Behind,
                    Err(_) => Next::Inside,
                }
            });
        }
    }

    /// Whether an escape or a join begins in `range`.
    fn has_sign(&mut self, range: Range<usize>) -> bool {
        if self.sign.is_some_and(|sign| range.contains(&sign)) {
            return true;
        }
        if range.end < self.plain.start || self.plain.end < range.start {
            self.plain = range.start..range.start;
        }
        let parts = [range.start..self.plain.start, self.plain.end..range.end];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            self.sign = decode::sign_in(self.bytes, part);
            if self.sign.is_some() {
                return true;
            }
        }
        self.plain = self.plain.start.min(range.start)..self.plain.end.max(range.end);
        false
    }

    /// Keeps a hit that passes its rule's checks.
    fn keep(&mut self, rule: usize, found: Found) -> Next {
        let secret = found.secret.clone();
        match self.engine.judge(rule, self.bytes, found) {
            Ok(found) => self.add(found),
            Err(dropped) => {
                if matches!(dropped, Dropped::StopWord(_)) {
                    self.examples.push(secret);
                }
                Next::Inside
            }
        }
    }

    /// Takes out what only the generic judge found where a rule of a service knows an example.
    pub(super) fn drop_examples(&mut self) {
        let examples = std::mem::take(&mut self.examples);
        if examples.is_empty() {
            return;
        }
        let is_example = |secret: &Range<usize>| {
            examples.iter().any(|own| own.start <= secret.start && secret.end <= own.end)
        };
        let rules = self.engine.rules.all();
        self.found.list.retain(|found| {
            let rule = &rules[found.rule];
            rule.scope != Scope::Assignment || rule.is_named() || !is_example(&found.secret)
        });
    }

    /// Adds a match, if there is room for one.
    fn add(&mut self, found: Match) -> Next {
        if (self.is_new)(&found.secret) {
            if self.new == MAX_MATCHES {
                self.found.cut = true;
                return Next::Stop;
            }
            self.new += 1;
        } else if !self.engine.has_companions(found.rule) {
            return Next::Behind;
        }
        self.found.list.push(found);
        Next::Behind
    }
}

impl Engine {
    /// Whether another rule is tried near matches of this one, or pairs with them.
    fn has_companions(&self, rule: usize) -> bool {
        let Links { near, pairs, .. } = &self.links;
        let is_needed = |own: usize| self.is_needed[own];
        near.iter().chain(&**pairs).any(|&(own, other)| other == rule && is_needed(own))
    }

    /// Puts a hit through its rule's checks.
    ///
    /// # Errors
    /// What dropped it.
    pub(super) fn judge(&self, index: usize, bytes: &[u8], found: Found) -> Result<Match, Dropped> {
        let rule = &self.rules.all()[index];
        let secret = &bytes[found.secret.clone()];
        if secret.is_empty() {
            return Err(Dropped::Empty);
        }
        if let Some(least) = rule.min_entropy {
            let bits = shannon(secret);
            if bits < least {
                return Err(Dropped::Entropy { bits, least });
            }
        }
        if !rule.stop_words.is_empty() {
            let lower = secret.to_ascii_lowercase();
            let is_in = |word: &&Text| holds(&lower, word.to_ascii_lowercase().as_bytes());
            if let Some(word) = rule.stop_words.iter().find(is_in) {
                return Err(Dropped::StopWord(word.clone()));
            }
        }
        let candidate = Candidate {
            secret,
            matched: &bytes[found.span.clone()],
            before: &bytes[..found.span.start],
            behind: &bytes[found.secret.end..],
            now: self.now,
        };
        let checked = check::run(&rule.checks, &candidate, rule.confidence);
        let (confidence, learnt) = checked.map_err(|name| Dropped::Check(name.clone()))?;
        Ok(Match {
            rule: index,
            text: secret.into(),
            span: found.span,
            secret: found.secret,
            confidence,
            notes: learnt.notes,
            account: learnt.account,
            pair: None,
            decoding: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Engine, MAX_MATCHES};
    use crate::rule::{RuleSet, parse_pack};

    fn engine(pack: &str) -> Engine {
        Engine::new(RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap()), 0).unwrap()
    }

    /// Each match as `rule secret`.
    fn found(engine: &Engine, text: &str) -> Vec<String> {
        let name = |rule: usize| &engine.rules().all()[rule].id;
        let list = engine.scan(text.as_bytes()).list;
        list.iter().map(|it| format!("{} {}", name(it.rule), &text[it.secret.clone()])).collect()
    }

    const ACME: &str = "[[rule]]\nid = 'acme'\nkeywords = ['acme_']\npattern = 'acme_[a-z0-9_]{12}'\n\
         stop_words = ['example']\n";

    #[test]
    fn what_begins_inside_a_rejected_match_is_found() {
        let engine = engine(ACME);
        for (text, expected) in [
            ("acme_k3v9q7w2x5z1", &["acme acme_k3v9q7w2x5z1"][..]),
            ("acme_example_acme", &[]),
            ("acme_example_acme_k3v9q7w2x5z1", &["acme acme_k3v9q7w2x5z1"]),
            ("acme_example_acme_example_acme_k3v9q7w2x5z1", &["acme acme_k3v9q7w2x5z1"]),
            // What was kept takes its bytes.
            ("acme_k3v9q7_acme_k3v9q7w2x5z1", &["acme acme_k3v9q7_acme_"]),
            (
                "acme_k3v9q7w2x5z1acme_k3v9q7w2x5z2",
                &["acme acme_k3v9q7w2x5z1", "acme acme_k3v9q7w2x5z2"],
            ),
        ] {
            assert_eq!(found(&engine, text), expected, "{text}");
        }
    }

    #[test]
    fn the_generic_judge_is_silent_about_an_example_that_another_rule_knows() {
        const TOKEN: &str =
            "[[rule]]\nid = 'token'\nkeywords = ['token']\ngrammar = 'assignment'\n";
        let known = "[[rule]]\nid = 'acme'\nkeywords = ['acme_']\npattern = 'acme_[a-z0-9]{12}'\n\
             stop_words = ['k3v9q7w2']\n";
        let both = engine(&format!("{TOKEN}{known}"));
        let named = |name: &str, value: &str| format!("{name} = '{value}'");
        let text = named("token", "acme_k3v9q7w2x5z1");
        assert_eq!(found(&engine(TOKEN), &text), ["token acme_k3v9q7w2x5z1"]);
        assert!(found(&both, &text).is_empty());
        // A stop word in the name says nothing about the value.
        let text = named("k3v9q7w2_token", "x7z1b5n8m2k4j6h3");
        assert_eq!(found(&both, &text), ["token x7z1b5n8m2k4j6h3"]);
    }

    #[test]
    fn a_rule_near_another_is_tried_as_far_as_it_says_on_either_side() {
        let engine = engine(
            "[[rule]]\nid = 'id'\npattern = 'user_[0-9]{4}'\n\
             [[rule]]\nid = 'code'\npattern = '#[0-9]{4}'\nnear = 'id'\nnear_bytes = 20\n",
        );
        let behind = |gap: usize| format!("user_1234{}#5678", "-".repeat(gap));
        let before = |gap: usize| format!("#5678{}user_1234", "-".repeat(gap));
        for gap in 0..40 {
            // The whole of it has to be within reach.
            let is_near = gap + "#5678".len() <= 20;
            assert_eq!(
                found(&engine, &behind(gap)).contains(&"code #5678".into()),
                is_near,
                "{gap}"
            );
            assert_eq!(
                found(&engine, &before(gap)).contains(&"code #5678".into()),
                is_near,
                "{gap}"
            );
        }
        assert_eq!(found(&engine, "#5678 and no id"), [""; 0]);
        // Windows that meet are one: what lies across both is found, and found once.
        let between = format!("user_1234{0}#5678{0}user_4321", "-".repeat(12));
        assert_eq!(found(&engine, &between), ["id user_1234", "code #5678", "id user_4321"]);
    }

    #[test]
    fn a_rule_that_is_off_still_leads_to_those_near_it() {
        let engine = engine(
            "[[rule]]\nid = 'id'\npattern = 'user_[0-9]{4}'\nenabled = false\n\
             [[rule]]\nid = 'code'\npattern = '#[0-9]{4}'\nnear = 'id'\nnear_bytes = 20\n\
             [[rule]]\nid = 'off'\npattern = 'other_[0-9]{4}'\nenabled = false\n",
        );
        assert_eq!(found(&engine, "user_1234 #5678 other_1234"), ["code #5678"]);
    }

    #[test]
    fn old_matches_are_left_out_but_for_those_that_new_ones_need() {
        let engine = engine(
            "[[rule]]\nid = 'id'\npattern = 'user_[0-9]{4}'\n\
             [[rule]]\nid = 'code'\npattern = '#[0-9]{4}'\nnear = 'id'\nnear_bytes = 40\n\
             [[rule]]\nid = 'word'\npattern = 'pass_[0-9]{4}'\npair = 'other'\nnear_bytes = 40\n\
             [[rule]]\nid = 'other'\npattern = 'host_[0-9]{4}'\n\
             [[rule]]\nid = 'alone'\npattern = 'solo_[0-9]{4}'\n",
        );
        let text = b"user_1234 host_1234 solo_1234 | #5678 pass_1234 solo_4321";
        let bar = text.iter().position(|byte| *byte == b'|').unwrap();
        let list = engine.scan_new(text, &|secret| secret.start > bar).list;
        let ids: Vec<&str> = list.iter().map(|it| &*engine.rules().all()[it.rule].id).collect();
        assert_eq!(ids, ["id", "other", "code", "word", "alone"]);
        assert_eq!(list[3].pair, Some(1));
    }

    #[test]
    fn more_matches_than_the_most_are_cut_and_only_new_ones_count() {
        let engine = engine("[[rule]]\nid = 'acme'\npattern = 'acme_[0-9]{5}'\n");
        let text = |count: usize| -> Vec<u8> {
            (0..count).flat_map(|number| format!("acme_{number:05}\n").into_bytes()).collect()
        };
        for (count, listed, cut) in [
            (MAX_MATCHES - 1, MAX_MATCHES - 1, false),
            (MAX_MATCHES, MAX_MATCHES, false),
            (MAX_MATCHES + 1, MAX_MATCHES, true),
        ] {
            let found = engine.scan(&text(count));
            assert_eq!((found.list.len(), found.cut), (listed, cut), "{count}");
        }
        let long = text(MAX_MATCHES + 1);
        let last = long.len() - 2;
        let found = engine.scan_new(&long, &|secret| secret.contains(&last));
        assert_eq!((found.list.len(), found.cut), (1, false));
    }
}
