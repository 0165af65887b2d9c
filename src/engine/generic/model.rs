//! The judgement: one sum of weights, read as a probability.

use std::sync::OnceLock;

use super::features::{GROUPS, Steps};

/// The weights: `bias` and a number, then a line for each group of features in the order of [`GROUPS`], its name and
/// one number for each of its steps, in hundredths. `training/train.py` writes it.
const WEIGHTS: &str = include_str!("weights.txt");

/// What a sum of weights stands for.
#[derive(Debug)]
struct Weights {
    bias: i32,
    steps: Vec<Vec<i32>>,
}

/// Returns the probability that a candidate is a secret.
pub(super) fn probability(steps: &Steps) -> f32 {
    let weights = weights();
    let sum: i32 = weights.bias
        + steps
            .iter()
            .zip(&weights.steps)
            .map(|(step, group)| group[usize::from(*step)])
            .sum::<i32>();
    1. / (1. + (-sum as f32 / 100.).exp())
}

/// Returns the groups that speak most for and against a secret: their names and weights in hundredths.
pub(super) fn reasons(steps: &Steps) -> Vec<(&'static str, i32)> {
    let weights = weights();
    let mut list: Vec<(&'static str, i32)> = GROUPS
        .iter()
        .zip(steps.iter().zip(&weights.steps))
        .map(|(group, (step, weights))| (group.name, weights[usize::from(*step)]))
        .collect();
    list.sort_by_key(|(_, weight)| -weight.abs());
    list
}

fn weights() -> &'static Weights {
    static WEIGHTS_READ: OnceLock<Weights> = OnceLock::new();
    // A hook that meets one assignment reads it: each line is looked at once.
    WEIGHTS_READ.get_or_init(|| {
        let mut lines = WEIGHTS.lines();
        let mut line = |name: &str| {
            let mut words = lines.next().unwrap_or_default().split(' ');
            assert_eq!(words.next(), Some(name), "weights.txt has the groups in their order");
            words.map(|number| number.parse().expect("weights are numbers")).collect::<Vec<i32>>()
        };
        let bias = line("bias")[0];
        Weights { bias, steps: GROUPS.iter().map(|group| line(group.name)).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, weights};

    #[test]
    fn every_step_of_every_group_has_a_weight() {
        for (group, weights) in GROUPS.iter().zip(&weights().steps) {
            assert_eq!(weights.len(), usize::from(group.steps), "{}", group.name);
        }
    }
}
