//! Lists of lists in two pieces, without a pointer for each.

use std::borrow::Cow;

/// Lists one behind the other, with the place where each ends.
///
/// A constant of this kind holds two pointers, however many lists there are. The system's loader writes every
/// pointer of a constant anew at each start of the program, and copies the pages that it writes to.
#[derive(Debug, Clone)]
pub(crate) struct Lists<T: Clone + 'static> {
    items: Cow<'static, [T]>,
    ends: Cow<'static, [u32]>,
}

impl<T: Clone> Lists<T> {
    /// Makes lists of constants that the build script has laid.
    pub(crate) const fn of_constants(items: &'static [T], ends: &'static [u32]) -> Self {
        Lists { items: Cow::Borrowed(items), ends: Cow::Borrowed(ends) }
    }

    /// Returns how many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the list at a place.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> &[T] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[at] as usize]
    }

    /// Returns all lists in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[T]> {
        (0..self.len()).map(|at| self.get(at))
    }
}

impl<T: Clone, L: AsRef<[T]>> FromIterator<L> for Lists<T> {
    fn from_iter<I: IntoIterator<Item = L>>(lists: I) -> Self {
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for list in lists {
            items.extend_from_slice(list.as_ref());
            ends.push(u32::try_from(items.len()).expect("items of lists are counted in u32"));
        }
        Lists { items: Cow::Owned(items), ends: Cow::Owned(ends) }
    }
}

#[cfg(test)]
mod tests {
    use super::Lists;

    #[test]
    fn lists_are_what_they_were_made_of() {
        let made: Lists<u8> = [&b"one"[..], b"", b"three"].into_iter().collect();
        let constant = Lists::of_constants(b"onethree", &[3, 3, 8]);
        for lists in [made, constant] {
            assert_eq!(lists.len(), 3);
            assert_eq!(lists.iter().collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
            assert_eq!(lists.get(2), b"three");
        }
        assert_eq!(Lists::<u8>::from_iter([[]; 0]).len(), 0);
    }
}
