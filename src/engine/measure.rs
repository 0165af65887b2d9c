//! What can be told of a pattern without compiling it: how far it reaches, how large it is.

use regex_syntax::hir::{Class, ClassBytesRange, Hir, HirKind};

use super::pattern::{PatternError, parse};
use crate::rule::{Rule, Scope};

/// How far from its keyword a rule may look, before and behind it.
pub(super) fn reach(rule: &Rule) -> Result<usize, PatternError> {
    // A match that has no end of its own may be longer than the limit where windows touch.
    Ok(parse(&rule.pattern)?.properties().maximum_len().unwrap_or(usize::MAX))
}

/// Patterns that are made of no more parts than this are never too large to be compiled.
const SMALL_PARTS: usize = 1000;

/// Whether a rule's pattern, of which `hir` is the tree, is known to compile without trying it: one of thousands that a team
/// forbids takes longer to be compiled than to be looked for.
///
/// # Errors
/// It is known not to.
pub(super) fn surely_compiles(rule: &Rule, hir: &Hir) -> Result<bool, PatternError> {
    if rule.scope != (Scope::Line { exact: None }) {
        return Ok(false);
    }
    if hir.properties().minimum_len() == Some(0) {
        return Err(PatternError::MatchesEmpty);
    }
    Ok(parts(hir) <= SMALL_PARTS)
}

/// So many parts does the automaton of a pattern have, about.
fn parts(part: &Hir) -> usize {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(4),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            parts(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => parts(&capture.sub).saturating_add(2),
        HirKind::Concat(list) | HirKind::Alternation(list) => {
            list.iter().fold(1, |sum: usize, part| sum.saturating_add(parts(part)))
        }
    }
}

/// Whether tokens are made of such bytes: those of base64 in its forms, with dots and escapes.
pub(super) const fn is_run_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'.' | b'%' | b'\\' | b'-')
}

/// How many other bytes a match may hold.
pub(super) fn loose_bytes(rule: &Rule) -> Result<usize, PatternError> {
    Ok(loose(&parse(&rule.pattern)?).unwrap_or(usize::MAX))
}

fn loose(part: &Hir) -> Option<usize> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => {
            Some(literal.0.iter().filter(|&&byte| !is_run_byte(byte)).count())
        }
        HirKind::Class(Class::Bytes(class)) => {
            let is_run = |range: &ClassBytesRange| (range.start()..=range.end()).all(is_run_byte);
            Some(usize::from(!class.ranges().iter().all(is_run)))
        }
        HirKind::Class(class @ Class::Unicode(_)) => class.maximum_len(),
        HirKind::Repetition(repetition) => match (loose(&repetition.sub)?, repetition.max) {
            (0, _) => Some(0),
            (once, max) => once.checked_mul(max? as usize),
        },
        HirKind::Capture(capture) => loose(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(0usize, |sum, part| sum.checked_add(loose(part)?))
        }
        HirKind::Alternation(parts) => {
            parts.iter().try_fold(0, |most: usize, part| Some(most.max(loose(part)?)))
        }
    }
}
