//! Ranges of bytes.

use std::ops::Range;

/// Sorts ranges, and merges those that overlap or touch.
#[must_use]
pub fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, range| {
        let touches = next.start <= range.end;
        if touches {
            range.end = range.end.max(next.end);
        }
        touches
    });
    ranges
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::merged;

    #[test]
    fn ranges_that_overlap_or_touch_are_merged() {
        for (ranges, expected) in [
            (vec![], vec![]),
            (vec![4..6, 0..2], vec![0..2, 4..6]),
            (vec![0..2, 5..6, 2..3], vec![0..3, 5..6]),
            (vec![1..9, 0..2, 3..4, 11..12], vec![0..9, 11..12]),
        ] as [(Vec<Range<usize>>, Vec<Range<usize>>); 4]
        {
            assert_eq!(merged(ranges), expected);
        }
    }
}
