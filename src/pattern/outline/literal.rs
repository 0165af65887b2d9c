//! Literals in either case.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Returns the bytes of a part that is a literal in either case, in lower case.
pub(crate) fn literal(part: &Hir) -> Option<Vec<u8>> {
    match part.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Class(Class::Bytes(class)) => match class.ranges() {
            [upper, lower]
                if upper.len() == 1
                    && lower.len() == 1
                    && upper.start().is_ascii_uppercase()
                    && upper.start().to_ascii_lowercase() == lower.start() =>
            {
                Some(vec![lower.start()])
            }
            _ => None,
        },
        _ => None,
    }
}
