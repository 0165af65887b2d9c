//! Some bytes of something longer, and where they stand in it.

use super::lines::Position;

/// Some bytes of a unit.
#[derive(Debug, Clone, Copy)]
pub struct Fragment<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Where the first of them stands in the unit.
    pub first: Position,
    /// Secrets that begin in this range belong to this fragment; what stands before it and behind
    /// it belongs to its neighbours, and is there for them to be seen in.
    pub own: (usize, usize),
    /// The member of an archive that the bytes are part of; empty for the unit itself.
    pub member: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Makes the only fragment of a unit.
    #[must_use]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Fragment {
            bytes,
            first: Position { line: 1, column: 1 },
            own: (0, bytes.len()),
            member: b"",
        }
    }
}
