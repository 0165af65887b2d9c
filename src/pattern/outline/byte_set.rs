//! The bytes that parts of an expression may match.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A set of bytes, as 256 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ByteSet(pub(crate) [u64; 4]);

impl ByteSet {
    /// Returns the bytes that parts of matches may hold, anywhere.
    pub(super) fn of(hir: &Hir) -> Self {
        let mut set = ByteSet::default();
        set.add_all(hir);
        set
    }

    /// Returns the bytes that a character of a class may hold.
    pub(super) fn of_class(class: &Class) -> Self {
        let mut set = ByteSet::default();
        set.add_class(class);
        set
    }

    /// Returns the set of one byte.
    pub(super) fn of_byte(byte: u8) -> Self {
        let mut set = ByteSet::default();
        set.add(byte);
        set
    }

    #[inline]
    pub(crate) const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    pub(super) fn shares_a_byte(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }

    /// Adds the bytes of another set.
    pub(super) fn extend(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, more)| *own |= more);
    }

    const fn add(&mut self, byte: u8) {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
    }

    fn add_class(&mut self, class: &Class) {
        const FIRST_BEYOND_ASCII: u8 = 0x80;
        match class {
            Class::Bytes(class) => {
                class
                    .iter()
                    .flat_map(|range| range.start()..=range.end())
                    .for_each(|b| self.add(b));
            }
            Class::Unicode(class) => {
                let ascii = |end: char| u8::try_from(end).ok().filter(u8::is_ascii);
                for range in class.iter() {
                    let Some(first) = ascii(range.start()) else { continue };
                    let last = ascii(range.end()).unwrap_or(FIRST_BEYOND_ASCII - 1);
                    (first..=last).for_each(|byte| self.add(byte));
                }
                if !class.is_ascii() {
                    (FIRST_BEYOND_ASCII..=u8::MAX).for_each(|byte| self.add(byte));
                }
            }
        }
    }

    fn add_all(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|byte| self.add(*byte)),
            HirKind::Class(class) => self.add_class(class),
            HirKind::Capture(capture) => self.add_all(&capture.sub),
            HirKind::Repetition(repetition) => self.add_all(&repetition.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().for_each(|part| self.add_all(part));
            }
        }
    }
}
