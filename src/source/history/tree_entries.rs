//! The entries of trees, and which of them a delta brings.
//!
//! Format: <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects>.

use crate::text::edits::{Edits, Kept};

/// Where the entry that begins at `at` ends, without looking at it; `None` if it is cut short.
fn end_of(tree: &[u8], at: usize, id_bytes: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Neither a mode nor a name has a zero.
    let mut zero = at + 1;
    while let Some(&word) = tree.get(zero..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(word);
        let zeros = word.wrapping_sub(ONES) & !word & ONES << 7;
        if zeros != 0 {
            zero += zeros.trailing_zeros() as usize / 8;
            let end = zero + 1 + id_bytes;
            return (end <= tree.len()).then_some(end);
        }
        zero += 8;
    }
    let end = zero + memchr::memchr(0, tree.get(zero..)?)? + 1 + id_bytes;
    (end <= tree.len()).then_some(end)
}

/// How a tree was made from another one, in whole entries.
#[derive(Debug, Default)]
pub(super) struct TreeDiff {
    /// Where the entries begin that are new.
    pub(super) new: Vec<usize>,
    /// Runs of entries that stand in both, in rising order on both sides.
    pub(super) kept: Vec<Kept>,
}

impl TreeDiff {
    /// Takes every entry as new.
    pub(super) fn all_new(&mut self, tree: &[u8], id_bytes: usize) {
        self.new.clear();
        self.kept.clear();
        let mut at = 0;
        while at < tree.len() {
            self.new.push(at);
            let Some(end) = end_of(tree, at, id_bytes) else { return };
            at = end;
        }
    }

    /// Compares `tree` with the `base` that it was made from by `edits`.
    ///
    /// A run counts as kept only where an entry begins on both sides: a delta may cut bytes
    /// anywhere, and one made to harm could make other entries of them. Returns `None` where the
    /// two cannot be laid side by side; every entry is then to be taken as new.
    pub(super) fn between(
        &mut self,
        base: &[u8],
        tree: &[u8],
        edits: &Edits,
        id_bytes: usize,
    ) -> Option<()> {
        self.new.clear();
        self.kept.clear();
        let (mut old, mut now) = (0_usize, 0_usize);
        for part in &edits.kept {
            let (old_end, now_end) = (part.from + part.bytes, part.at + part.bytes);
            while now < now_end {
                let is_old_behind = match (now.checked_sub(part.at), old.checked_sub(part.from)) {
                    (Some(now), Some(old)) if now == old => break,
                    (Some(now), Some(old)) => now > old,
                    (now, _) => now.is_some(),
                };
                if is_old_behind {
                    if old >= old_end {
                        break;
                    }
                    old = end_of(base, old, id_bytes)?;
                } else {
                    self.new.push(now);
                    now = end_of(tree, now, id_bytes)?;
                }
            }
            let is_level = now >= part.at && old >= part.from && now - part.at == old - part.from;
            if !is_level || now >= now_end {
                continue;
            }
            let start = now;
            if now_end == tree.len() && old_end == base.len() {
                now = now_end;
            } else {
                while let Some(end) = end_of(tree, now, id_bytes).filter(|&end| end <= now_end) {
                    now = end;
                }
            }
            if now > start {
                self.kept.push(Kept { at: start, from: old, bytes: now - start });
                old += now - start;
            }
        }
        while now < tree.len() {
            self.new.push(now);
            now = end_of(tree, now, id_bytes)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{TreeDiff, end_of};
    use crate::text::edits::{Edits, Kept};

    const ID_BYTES: usize = 20;

    fn entry(name: &str, id: u8) -> Vec<u8> {
        [b"100644 ", name.as_bytes(), b"\0", &[id; ID_BYTES]].concat()
    }

    fn starts(tree: &[u8]) -> Vec<usize> {
        let (mut starts, mut at) = (Vec::new(), 0);
        while at < tree.len() {
            starts.push(at);
            at = end_of(tree, at, ID_BYTES).unwrap();
        }
        starts
    }

    /// Copies of the base and bytes that are new, as a delta has them.
    enum Part<'a> {
        Copy(std::ops::Range<usize>),
        New(&'a [u8]),
    }

    fn made(base: &[u8], parts: &[Part<'_>]) -> (Vec<u8>, Edits) {
        let (mut tree, mut edits) = (Vec::new(), Edits::default());
        edits.begin(base.len());
        for part in parts {
            match part {
                Part::Copy(range) => {
                    edits.keep(range.start, range.len());
                    tree.extend_from_slice(&base[range.clone()]);
                }
                Part::New(bytes) => {
                    edits.insert(bytes.len());
                    tree.extend_from_slice(bytes);
                }
            }
        }
        edits.end();
        (tree, edits)
    }

    /// Whatever the delta, kept entries are entries of both, and the others are new.
    fn check(base: &[u8], parts: &[Part<'_>]) -> Option<(Vec<usize>, Vec<Kept>)> {
        let (tree, edits) = made(base, parts);
        let mut diff = TreeDiff::default();
        diff.between(base, &tree, &edits, ID_BYTES)?;
        let (old, now) = (starts(base), starts(&tree));
        for &start in &now {
            let kept =
                diff.kept.iter().find(|kept| (kept.at..kept.at + kept.bytes).contains(&start));
            assert_eq!(kept.is_none(), diff.new.contains(&start), "at {start}");
            if let Some(kept) = kept {
                assert!(old.contains(&(start - kept.at + kept.from)), "at {start}");
            }
        }
        Some((diff.new, diff.kept))
    }

    #[test]
    fn a_changed_id_makes_one_entry_new() {
        let base = [entry("a", 1), entry("b", 2), entry("c", 3)].concat();
        let one = entry("a", 1).len();
        let (new, kept) = check(
            &base,
            &[Part::Copy(0..one + 12), Part::New(&[9; 17]), Part::Copy(one + 29..base.len())],
        )
        .unwrap();
        assert_eq!(new, [one]);
        assert_eq!(kept.len(), 2);
    }

    #[test]
    fn entries_come_go_and_stand_alone() {
        let base = [entry("a", 1), entry("b", 2), entry("c", 3), entry("d", 4)].concat();
        let one = entry("a", 1).len();
        let end = base.len();
        let more = entry("bb", 7);
        let (new, _) =
            check(&base, &[Part::Copy(0..2 * one), Part::New(&more), Part::Copy(2 * one..end)])
                .unwrap();
        assert_eq!(new, [2 * one]);
        let (new, kept) = check(&base, &[Part::Copy(0..one), Part::Copy(2 * one..end)]).unwrap();
        assert_eq!((new.len(), kept.len()), (0, 2));
        let (new, _) = check(&base, &[Part::Copy(one..2 * one)]).unwrap();
        assert!(new.is_empty());
        assert_eq!(check(&base, &[Part::New(&more)]).unwrap().0, [0]);
        assert_eq!(check(&base, &[]).unwrap().0.len(), 0);
    }

    #[test]
    fn copies_that_are_cut_anywhere_make_no_false_entry() {
        let base = [entry("a", 1), entry("b100644 c", 2), entry("c", 3), entry("dd", 4)].concat();
        for from in 0..base.len() {
            for end in [base.len() - 23, base.len()] {
                if from >= end {
                    continue;
                }
                for head in [entry("x", 5), entry("x", 5)[..9].to_vec(), b"100644 y".to_vec()] {
                    check(&base, &[Part::New(&head), Part::Copy(from..end)]);
                    check(&base, &[Part::Copy(0..28), Part::New(&head), Part::Copy(from..end)]);
                    check(&base, &[Part::Copy(from..end), Part::Copy(0..28)]);
                }
            }
        }
    }

    #[test]
    fn a_tree_that_is_cut_short_cannot_be_compared() {
        let base = [entry("a", 1), entry("b", 2)].concat();
        assert!(check(&base, &[Part::Copy(0..base.len() - 1)]).is_none());
        assert!(check(&base, &[Part::Copy(0..base.len()), Part::New(b"100644 x\0")]).is_none());
    }
}
