//! What can be told of an expression without compiling it: how far it reaches, how large it is.

use regex_syntax::hir::{Class, ClassBytesRange, Hir, HirKind};

/// Returns how many bytes the longest match has, or `usize::MAX` where there is no longest.
pub(crate) fn max_bytes(hir: &Hir) -> usize {
    hir.properties().maximum_len().unwrap_or(usize::MAX)
}

/// Expressions of this many parts or fewer are never too large to be compiled.
const SMALL_PARTS: usize = 1000;

/// Whether an expression is known to compile without trying it: one of thousands that a team forbids
/// takes longer to be compiled than to be looked for.
pub(crate) fn is_small(hir: &Hir) -> bool {
    parts(hir) <= SMALL_PARTS
}

/// About how many parts the automaton of an expression has.
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
pub(crate) const fn is_run_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'.' | b'%' | b'\\' | b'-')
}

/// Returns how many bytes of a match are none that tokens are made of ([`is_run_byte`]).
pub(crate) fn loose_bytes(hir: &Hir) -> usize {
    loose(hir).unwrap_or(usize::MAX)
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
