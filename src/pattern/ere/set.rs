//! Sets of bytes.

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The set of nothing.
    pub(super) const EMPTY: ByteSet = ByteSet([0; 4]);

    /// The set of one byte.
    pub(super) fn of(byte: u8) -> Self {
        let mut set = ByteSet::EMPTY;
        set.add(byte);
        set
    }

    /// The set of the bytes that `holds` is true of.
    pub(super) fn from_fn(holds: impl Fn(u8) -> bool) -> Self {
        let mut set = ByteSet::EMPTY;
        (0..=u8::MAX).filter(|&byte| holds(byte)).for_each(|byte| set.add(byte));
        set
    }

    /// `\w`: letters, digits and `_`.
    pub(super) fn word() -> Self {
        ByteSet::from_fn(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// `\s`: the white space of C. LF is in it, which no line holds.
    pub(super) fn space() -> Self {
        ByteSet::from_fn(|byte| byte.is_ascii_whitespace() || byte == b'\x0b')
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn add_all(&mut self, other: ByteSet) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own |= other;
        }
    }

    /// The bytes that are not in the set.
    pub(super) fn negated(self) -> Self {
        ByteSet(self.0.map(|bits| !bits))
    }

    /// The set without LF: no match holds the end of a line.
    pub(super) fn in_line(self) -> Self {
        let mut set = self;
        set.0[0] &= !(1 << b'\n');
        set
    }

    pub(super) fn holds(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// The only byte of a set of one.
    pub(super) fn single(self) -> Option<u8> {
        let count: u32 = self.0.iter().map(|bits| bits.count_ones()).sum();
        if count != 1 {
            return None;
        }
        (0..=u8::MAX).find(|&byte| self.holds(byte))
    }

    /// The bytes of the set as ranges, first to last.
    pub(super) fn ranges(self) -> Vec<(u8, u8)> {
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=u8::MAX).filter(|&byte| self.holds(byte)) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == byte => *last = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        ranges
    }
}
