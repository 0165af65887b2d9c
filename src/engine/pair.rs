//! Two matches that are one credential: an AWS key id and the secret that belongs to it.

use super::Match;
use crate::rule::Confidence;

/// Links each match of a pairing rule to the nearest free match of its other half.
///
/// `matches` are in rising order; `pairs` are (rule, other rule); `reach` is how far a rule's
/// other half may be, in bytes. Of two other halves that are as near, the one before is taken.
pub(super) fn link(
    matches: &mut [Match],
    pairs: &[(usize, usize)],
    reach: impl Fn(usize) -> usize,
) {
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for at in 0..matches.len() {
        let rule = matches[at].rule;
        let Some(&(_, other)) = pairs.iter().find(|(own, _)| *own == rule) else {
            continue;
        };
        let secret = matches[at].secret.clone();
        let is_free = |index: usize| {
            taken.iter().all(|&(half, start)| half != index || start == secret.start)
        };
        let distance = |index: usize| {
            let half = &matches[index].secret;
            if half.start < secret.start {
                secret.start.saturating_sub(half.end)
            } else {
                half.start.saturating_sub(secret.end)
            }
        };
        let nearest = nearby(matches, at, reach(rule))
            .filter(|&index| matches[index].rule == other && is_free(index))
            .min_by_key(|&index| (distance(index), index));
        if let Some(half) = nearest {
            taken.push((half, secret.start));
            matches[at].pair = Some(half);
            matches[at].confidence = Confidence::High;
        }
    }
}

/// The matches whose secrets begin within `reach` of that of the one at `at`.
fn nearby(matches: &[Match], at: usize, reach: usize) -> impl Iterator<Item = usize> {
    let secret = &matches[at].secret;
    let first = matches.partition_point(|m| m.secret.start + reach < secret.start);
    let last = matches.partition_point(|m| m.secret.start <= secret.end.saturating_add(reach));
    first..last
}
