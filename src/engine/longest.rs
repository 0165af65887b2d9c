//! The longest match that begins at a place, as POSIX has it: `a|ab` matches `ab` whole.
//!
//! What the engine finds first is the match that the order of alternatives prefers. Both begin at
//! the same place, so only the end is looked for here, and only where something was found.

use std::ops::Range;
use std::sync::{Mutex, OnceLock};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind, nfa::thompson};

/// A pattern whose longest matches are looked for.
#[derive(Debug)]
pub(super) struct Longest {
    pattern: String,
    dfa: OnceLock<Option<DFA>>,
    cache: Mutex<Option<Cache>>,
}

impl Longest {
    pub(super) fn new(pattern: &str) -> Self {
        Longest { pattern: pattern.to_owned(), dfa: OnceLock::new(), cache: Mutex::new(None) }
    }

    /// Returns the end of the longest match that begins where `range` does and ends in it, if it can
    /// be told.
    pub(super) fn end(
        &self,
        bytes: &[u8],
        range: Range<usize>,
        syntax: syntax::Config,
    ) -> Option<usize> {
        let dfa = self.dfa.get_or_init(|| build(&self.pattern, syntax)).as_ref()?;
        let spare = self.cache.lock().ok().and_then(|mut cache| cache.take());
        let mut cache = spare.unwrap_or_else(|| dfa.create_cache());
        let input = Input::new(bytes).range(range).anchored(Anchored::Yes);
        let found = dfa.try_search_fwd(&mut cache, &input);
        if let Ok(mut spare) = self.cache.lock() {
            *spare = Some(cache);
        }
        found.ok().flatten().map(|half| half.offset())
    }
}

fn build(pattern: &str, syntax: syntax::Config) -> Option<DFA> {
    let limit = thompson::Config::new().nfa_size_limit(Some(1 << 20));
    DFA::builder()
        .configure(DFA::config().match_kind(MatchKind::All))
        .syntax(syntax)
        .thompson(limit)
        .build(pattern)
        .ok()
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::rule::{RuleOrigin, RuleSet, forbidden};

    #[test]
    fn the_longest_match_counts_whatever_the_order_of_alternatives() {
        for (ere, line, expected) in [
            ("foo(-bar)?|foo-bar-baz", "a foo-bar-baz b", "foo-bar-baz"),
            ("x|x-y|x-y-z", "x-y-z", "x-y-z"),
            ("key|key=[0-9]+", "key=12\nkey=345", "key=12"),
            ("[0-9]+(-[0-9]+)*$", "1-2-3\r\n", "1-2-3"),
        ] {
            let origin = RuleOrigin { file: "x".into(), line: 1, builtin: false };
            let rule = forbidden(ere.as_bytes(), &[], origin).unwrap();
            let engine = Engine::new(RuleSet::from_rules(vec![rule]), 0).unwrap();
            let found = engine.scan(line.as_bytes());
            let first = &found.list[0];
            assert_eq!(&line[first.span.clone()], expected, "{ere}");
            assert_eq!(first.span, first.secret);
        }
    }
}
