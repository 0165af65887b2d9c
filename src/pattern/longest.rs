//! The longest match that begins at a place, as POSIX has it: `a|ab` matches `ab` whole.
//!
//! What the engine finds first is the match that the order of alternatives prefers. Both begin at
//! the same place, so only the end is looked for here, and only where something was found.

use std::ops::Range;
use std::sync::{Mutex, OnceLock};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::{Anchored, Input, MatchKind, nfa::thompson};

use super::syntax;

/// A pattern whose longest matches are looked for.
#[derive(Debug)]
pub(crate) struct Longest {
    pattern: String,
    dfa: OnceLock<Option<DFA>>,
    cache: Mutex<Option<Cache>>,
}

impl Longest {
    pub(crate) fn new(pattern: &str) -> Self {
        Longest { pattern: pattern.to_owned(), dfa: OnceLock::new(), cache: Mutex::new(None) }
    }

    /// Returns the end of the longest match that begins where `range` does and ends in it, if it can
    /// be told.
    pub(crate) fn end(&self, bytes: &[u8], range: Range<usize>) -> Option<usize> {
        let dfa = self.dfa.get_or_init(|| build(&self.pattern)).as_ref()?;
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

fn build(pattern: &str) -> Option<DFA> {
    let limit = thompson::Config::new().nfa_size_limit(Some(1 << 20));
    DFA::builder()
        .configure(DFA::config().match_kind(MatchKind::All))
        .syntax(syntax::config())
        .thompson(limit)
        .build(pattern)
        .ok()
}
