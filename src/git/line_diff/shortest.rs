//! The shortest edit from old lines to new ones.
//!
//! Myers' algorithm in linear space (An O(ND) Difference Algorithm and Its Variations, 1986), with a bound on
//! work. Where the bound is reached, lines that stand once in either part the rest (as in "patience" diff);
//! what is left uncompared counts as new. A match is always one of equal lines in the order of both, so
//! giving up makes too many lines new, never too few.

use std::collections::HashMap;
use std::ops::Range;

use super::Lines;

/// A comparison looks at this many lines at most, which takes about a tenth of a second.
const MAX_WORK: usize = 40_000_000;

/// More edits than this are not looked for in one part: the work grows with their square.
const MAX_EDITS: isize = 6_000;

/// Returns, for each line of `new`, whether `old` has it in that order.
pub(super) fn is_old(old: &Lines<'_>, new: &Lines<'_>) -> Vec<bool> {
    let mut comparison = Comparison {
        old,
        new,
        is_old: vec![false; new.len()],
        work: MAX_WORK,
        forward: Vec::new(),
        backward: Vec::new(),
    };
    let mut parts = vec![(Part { old: 0..old.len(), new: 0..new.len() }, true)];
    while let Some((part, may_anchor)) = parts.pop() {
        comparison.compare(part, may_anchor, &mut parts);
    }
    comparison.is_old
}

/// Some old lines and the new ones that stand in their place.
#[derive(Debug, Clone)]
struct Part {
    old: Range<usize>,
    new: Range<usize>,
}

struct Comparison<'a> {
    old: &'a Lines<'a>,
    new: &'a Lines<'a>,
    is_old: Vec<bool>,
    /// How many more lines may be looked at.
    work: usize,
    /// How far the best path on each diagonal goes, from the start and from the end; a diagonal that no path
    /// reaches has [`NOWHERE`].
    forward: Vec<isize>,
    backward: Vec<isize>,
}

const NOWHERE: isize = -1;

impl Comparison<'_> {
    fn is_same(&self, old: usize, new: usize) -> bool {
        self.old.is_same(old, self.new, new)
    }

    /// Marks the lines at both ends that are the same, and parts the rest further.
    fn compare(&mut self, part: Part, may_anchor: bool, parts: &mut Vec<(Part, bool)>) {
        let Part { mut old, mut new } = part;
        while !old.is_empty() && !new.is_empty() && self.is_same(old.start, new.start) {
            self.is_old[new.start] = true;
            (old.start, new.start) = (old.start + 1, new.start + 1);
        }
        while !old.is_empty() && !new.is_empty() && self.is_same(old.end - 1, new.end - 1) {
            self.is_old[new.end - 1] = true;
            (old.end, new.end) = (old.end - 1, new.end - 1);
        }
        if old.is_empty() || new.is_empty() {
            return;
        }
        let part = Part { old, new };
        if let Some((x, y)) = self.middle(&part) {
            parts.push((Part { old: part.old.start..x, new: part.new.start..y }, may_anchor));
            parts.push((Part { old: x..part.old.end, new: y..part.new.end }, may_anchor));
        } else if may_anchor {
            self.anchor(&part, parts);
        }
    }

    /// Finds a place in the middle of the shortest path; `None` if that takes too much work.
    fn middle(&mut self, part: &Part) -> Option<(usize, usize)> {
        let (n, m) = (part.old.len() as isize, part.new.len() as isize);
        let most = ((n + m + 1) / 2).min(MAX_EDITS / 2);
        let middle = most + 1;
        for paths in [&mut self.forward, &mut self.backward] {
            paths.clear();
            paths.resize(2 * middle as usize + 1, NOWHERE);
            paths[(middle + 1) as usize] = 0;
        }
        let delta = n - m;
        let is_odd = delta % 2 != 0;
        for edits in 0..=most {
            for k in (-edits..=edits).step_by(2) {
                let x = self.step(part, k, edits, true)?;
                let other = delta - k;
                let meets = is_odd && x != NOWHERE && other.abs() < edits;
                if meets
                    && self.backward[(middle + other) as usize] != NOWHERE
                    && x + self.backward[(middle + other) as usize] >= n
                {
                    return Some((part.old.start + x as usize, part.new.start + (x - k) as usize));
                }
            }
            for k in (-edits..=edits).step_by(2) {
                let x = self.step(part, k, edits, false)?;
                let other = delta - k;
                let meets = !is_odd && x != NOWHERE && other.abs() <= edits;
                let ahead = if meets { self.forward[(middle + other) as usize] } else { NOWHERE };
                if ahead != NOWHERE && x + ahead >= n {
                    let y = ahead - other;
                    return Some((part.old.start + ahead as usize, part.new.start + y as usize));
                }
            }
        }
        None
    }

    /// Goes one edit further on diagonal `k`, and along equal lines; returns how many old lines are behind.
    /// `None` if there is no work left.
    fn step(&mut self, part: &Part, k: isize, edits: isize, is_forward: bool) -> Option<isize> {
        let (n, m) = (part.old.len() as isize, part.new.len() as isize);
        let paths = if is_forward { &self.forward } else { &self.backward };
        let middle = paths.len() as isize / 2;
        let at = |k: isize| paths[(middle + k) as usize];
        // One new line more, or one old line more; neither may lead over an end.
        let down = if k < edits || edits == 0 { at(k + 1) } else { NOWHERE };
        let down = if down - k > m { NOWHERE } else { down };
        let right = if k > -edits && at(k - 1) != NOWHERE { at(k - 1) + 1 } else { NOWHERE };
        let right = if right > n { NOWHERE } else { right };
        let mut x = down.max(right);
        if x != NOWHERE && x < k {
            x = NOWHERE;
        }
        let start = x;
        while x != NOWHERE && x < n && x - k < m && self.follows(part, x, x - k, is_forward) {
            x += 1;
        }
        let paths = if is_forward { &mut self.forward } else { &mut self.backward };
        paths[(middle + k) as usize] = x;
        self.work = self.work.checked_sub((x - start) as usize + 1)?;
        Some(x)
    }

    /// Whether the lines are the same that come next, from the start or from the end.
    fn follows(&self, part: &Part, x: isize, y: isize, is_forward: bool) -> bool {
        let (x, y) = (x as usize, y as usize);
        match is_forward {
            true => self.is_same(part.old.start + x, part.new.start + y),
            false => self.is_same(part.old.end - 1 - x, part.new.end - 1 - y),
        }
    }

    /// Parts lines at those that stand once in either, as many as have the same order in both.
    fn anchor(&mut self, part: &Part, parts: &mut Vec<(Part, bool)>) {
        let pairs = self.unique_pairs(part);
        let mut last = (part.old.start, part.new.start);
        for (old, new) in longest_rising(&pairs) {
            self.is_old[new] = true;
            parts.push((Part { old: last.0..old, new: last.1..new }, false));
            last = (old + 1, new + 1);
        }
        parts.push((Part { old: last.0..part.old.end, new: last.1..part.new.end }, false));
    }

    /// The lines that stand once among the old ones and once among the new ones, in the order of the new.
    fn unique_pairs(&self, part: &Part) -> Vec<(usize, usize)> {
        /// Where a line stands, and whether it does so once, in the old and in the new part.
        type Places = [(usize, u8); 2];
        let mut places: HashMap<u64, Places> = HashMap::new();
        let sides = [(self.old, part.old.clone()), (self.new, part.new.clone())];
        for (side, (lines, range)) in sides.into_iter().enumerate() {
            for at in range {
                let place = &mut places.entry(lines.hash(at)).or_default()[side];
                *place = (at, place.1.saturating_add(1));
            }
        }
        let is_once = |[(_, old), (_, new)]: &Places| *old == 1 && *new == 1;
        let once = places.into_values().filter(is_once).map(|[(old, _), (new, _)]| (old, new));
        let mut pairs: Vec<_> = once.filter(|&(old, new)| self.is_same(old, new)).collect();
        pairs.sort_unstable_by_key(|&(_, new)| new);
        pairs
    }
}

/// The longest part of `pairs` in which the first numbers rise.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length, the pair that ends such a part with the lowest number; and for each pair the one before.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (old, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].0 < *old);
        before.push(length.checked_sub(1).map(|length| ends[length]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut next = ends.last().copied();
    let way = std::iter::from_fn(|| {
        let at = next?;
        next = before[at];
        Some(pairs[at])
    });
    let mut rising: Vec<_> = way.collect();
    rising.reverse();
    rising
}
