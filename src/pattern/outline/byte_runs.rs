//! Parts of an expression that are runs of bytes of one set, each ended by what comes next: a name, a colon, a
//! password, an at sign.
//!
//! Where a run cannot hold the byte that begins the next one, there is one way to read them: each takes all that it
//! can. So bytes tell whether a match goes on, without a search by the expression.

use std::ops::Range;

use regex_syntax::hir::{Hir, HirKind};

use super::ByteSet;

/// Bytes of one set, one behind the other. In a row of runs each begins where the one before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) set: ByteSet,
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// Returns the runs with which a sequence of parts begins, as far as there is one way to read them.
pub(super) fn runs(parts: &[&Hir]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for run in parts.iter().map_while(|part| runs_of(part)).flatten() {
        let can_read_on = runs.last().is_none_or(|last| {
            last.least == last.most || run.least > 0 && !last.set.shares_a_byte(&run.set)
        });
        if !can_read_on {
            break;
        }
        runs.push(run);
    }
    // Nothing tells where the last one ends.
    if let Some(last) = runs.last_mut() {
        last.most = last.least;
    }
    runs
}

/// Reads runs from the start of `range`.
///
/// # Errors
/// The place at which no match goes on.
#[inline]
pub(super) fn read(runs: &[Run], bytes: &[u8], range: Range<usize>) -> Result<usize, usize> {
    let mut at = range.start;
    for Run { set, least, most } in runs {
        let text = &bytes[at..range.end.min(at.saturating_add(*most))];
        let count = text.iter().take_while(|byte| set.has(**byte)).count();
        at += count;
        if count < *least {
            return Err(at);
        }
    }
    Ok(at)
}

/// The runs that a part consists of; `None` if it is something else.
fn runs_of(part: &Hir) -> Option<Vec<Run>> {
    let run = |hir: &Hir, least: usize, most: usize| Run { set: ByteSet::of(hir), least, most };
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Vec::new()),
        HirKind::Literal(literal) => {
            let one = |byte: &u8| Run { set: ByteSet::of_byte(*byte), least: 1, most: 1 };
            Some(literal.0.iter().map(one).collect())
        }
        HirKind::Class(_) if is_one_byte(part) => Some(vec![run(part, 1, 1)]),
        HirKind::Capture(capture) => runs_of(&capture.sub),
        HirKind::Repetition(repetition) if is_one_byte(&repetition.sub) => {
            let most = repetition.max.map_or(usize::MAX, |most| most as usize);
            Some(vec![run(&repetition.sub, repetition.min as usize, most)])
        }
        HirKind::Concat(parts) => {
            parts.iter().map(runs_of).collect::<Option<Vec<_>>>().map(|runs| runs.concat())
        }
        _ => None,
    }
}

/// Whether a part always matches exactly one byte.
fn is_one_byte(part: &Hir) -> bool {
    let properties = part.properties();
    matches!(part.kind(), HirKind::Class(_) | HirKind::Literal(_))
        && (properties.minimum_len(), properties.maximum_len()) == (Some(1), Some(1))
}
