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

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::rule::{Confidence, RuleSet, parse_pack};

    /// Two rules whose halves belong together when they begin within 30 bytes of each other.
    const PACK: &str = "[[rule]]\nid = 'name'\npattern = 'user_[0-9]{4}'\nconfidence = 'low'\n\
         [[rule]]\nid = 'word'\npattern = 'pass_[0-9]{4}'\nconfidence = 'low'\npair = 'name'\nnear_bytes = 30\n";

    /// Each secret that was found, with the other half it was linked to.
    fn pairs(text: &str) -> Vec<(&str, Option<&str>)> {
        let rules = RuleSet::from_rules(parse_pack(PACK, "p.toml").unwrap());
        let list = Engine::new(rules, 0).unwrap().scan(text.as_bytes()).list;
        let secret = |at: usize| &text[list[at].secret.clone()];
        for found in &list {
            let expected = if found.pair.is_some() { Confidence::High } else { Confidence::Low };
            assert_eq!(found.confidence, expected, "{text}");
        }
        (0..list.len()).map(|at| (secret(at), list[at].pair.map(secret))).collect()
    }

    #[test]
    fn each_half_goes_to_the_nearest_that_is_free() {
        for (text, expected) in [
            ("user_0001 pass_0001", &[("pass_0001", Some("user_0001"))][..]),
            ("pass_0001 user_0001", &[("pass_0001", Some("user_0001"))]),
            ("pass_0001", &[("pass_0001", None)]),
            ("user_0001 user_0002 pass_0001", &[("pass_0001", Some("user_0002"))]),
            ("pass_0001 user_0001 user_0002", &[("pass_0001", Some("user_0001"))]),
            ("user_0001 ... pass_0001 user_0002", &[("pass_0001", Some("user_0002"))]),
            ("user_0001 pass_0001 ... user_0002", &[("pass_0001", Some("user_0001"))]),
            // Of two that are as near, the one before.
            ("user_0001 pass_0001 user_0002", &[("pass_0001", Some("user_0001"))]),
            // A half belongs to one secret.
            (
                "user_0001 pass_0001 pass_0002 user_0002",
                &[("pass_0001", Some("user_0001")), ("pass_0002", Some("user_0002"))],
            ),
            (
                "user_0001 pass_0001 pass_0002",
                &[("pass_0001", Some("user_0001")), ("pass_0002", None)],
            ),
        ] {
            let mut found = pairs(text);
            found.retain(|(secret, _)| secret.starts_with("pass"));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn halves_are_linked_as_far_as_the_rule_says() {
        for gap in 0..40 {
            let dots = ".".repeat(gap);
            let is_linked = |text: String| pairs(&text).iter().any(|(_, pair)| pair.is_some());
            // From the beginning of what stands before to that of the secret; from its end to what is behind.
            assert_eq!(is_linked(format!("user_0001{dots}pass_0001")), 9 + gap <= 30, "{gap}");
            assert_eq!(is_linked(format!("pass_0001{dots}user_0001")), gap <= 30, "{gap}");
        }
    }
}
