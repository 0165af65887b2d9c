//! The bytes that parts of an expression may match.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Whether each byte is in a set.
pub(super) type ByteSet = [bool; 256];

/// Adds every byte that a character of a class may hold.
pub(super) fn add_class(class: &Class, set: &mut ByteSet) {
    match class {
        Class::Bytes(class) => {
            for range in class.ranges() {
                set[usize::from(range.start())..=usize::from(range.end())].fill(true);
            }
        }
        Class::Unicode(class) => {
            for range in class.ranges() {
                let ascii = |end: char| (end as usize).min(0x80);
                set[ascii(range.start())..(ascii(range.end()) + 1).min(0x80)].fill(true);
            }
            if !class.is_ascii() {
                set[0x80..].fill(true);
            }
        }
    }
}

/// Adds every byte that a match may hold anywhere.
pub(super) fn add_all(hir: &Hir, set: &mut ByteSet) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            literal.0.iter().for_each(|byte| set[usize::from(*byte)] = true)
        }
        HirKind::Class(class) => add_class(class, set),
        HirKind::Capture(capture) => add_all(&capture.sub, set),
        HirKind::Repetition(repetition) => add_all(&repetition.sub, set),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| add_all(part, set));
        }
    }
}
