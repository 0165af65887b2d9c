//! What can be told of an expression without compiling it: how far it reaches, how large it is.

use regex_syntax::hir::{Class, Hir, HirKind};

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
