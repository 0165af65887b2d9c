//! A list of millions that grows without moving what it holds.

use std::ops::Range;

/// A list in pieces. A vector that grows to megabytes leaves holes behind that nothing fills; this
/// one leaves none.
#[derive(Debug)]
pub(super) struct LongList<T>(Vec<Vec<T>>);

impl<T> Default for LongList<T> {
    fn default() -> Self {
        LongList(Vec::new())
    }
}

impl<T: Copy> LongList<T> {
    /// How many values a piece holds.
    const PIECE: usize = 1 << 15;

    pub(super) fn push(&mut self, value: T) {
        match self.0.last_mut().filter(|last| last.len() < Self::PIECE) {
            Some(last) => last.push(value),
            None => {
                // The first piece of a small history takes little.
                let mut piece = Vec::with_capacity(if self.0.is_empty() { 0 } else { Self::PIECE });
                piece.push(value);
                self.0.push(piece);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * Self::PIECE + last.len())
    }

    /// The value at a place.
    ///
    /// # Panics
    /// There is none.
    pub(super) fn get(&self, at: usize) -> T {
        self.0[at / Self::PIECE][at % Self::PIECE]
    }

    /// The value at a place, to be changed.
    ///
    /// # Panics
    /// There is none.
    pub(super) fn get_mut(&mut self, at: usize) -> &mut T {
        &mut self.0[at / Self::PIECE][at % Self::PIECE]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }

    /// The first place of a range where `is_before` does not hold, as that of a slice.
    pub(super) fn partition_point(
        &self,
        range: Range<usize>,
        is_before: impl Fn(&T) -> bool,
    ) -> usize {
        let (mut start, mut end) = (range.start, range.end);
        while start < end {
            let middle = start + (end - start) / 2;
            if is_before(&self.get(middle)) {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use super::LongList;

    #[test]
    fn it_holds_what_a_vector_would_hold() {
        let mut list = LongList::default();
        assert_eq!(list.len(), 0);
        let count = LongList::<usize>::PIECE * 2 + 7;
        for at in 0..count {
            assert_eq!(list.len(), at);
            list.push(at * 2);
        }
        assert!(list.iter().copied().eq((0..count).map(|at| at * 2)));
        *list.get_mut(count - 1) += 1;
        assert_eq!((list.get(0), list.get(count - 1)), (0, count * 2 - 1));
        for wanted in [0, 3, LongList::<usize>::PIECE, count - 2, count * 9] {
            let at = list.partition_point(2..count - 1, |value| *value < wanted * 2);
            assert_eq!(at, wanted.clamp(2, count - 1), "{wanted}");
        }
    }
}
