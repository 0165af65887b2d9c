//! How much a value looks like words: the likelihood of its letters, each given the two before.
//!
//! `letters.bin` has one byte for each three of 27 letters (26, and a boundary): 16 times the natural
//! logarithm of how much likelier the third is in words of identifiers than in random letters.
//! `training/letters.py` makes it.

const TABLE: &[u8; 27 * 27 * 27] = include_bytes!("letters.bin");

/// The boundary of a run of letters.
const EDGE: usize = 26;

/// How wordlike a value is; random letters are below zero, words above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    /// Over all runs of letters, parted at changes of case.
    pub(super) sum: f32,
    /// The same for a letter.
    pub(super) mean: f32,
    /// For a letter, where changes of case do not part runs.
    pub(super) mean_whole: f32,
    /// For a letter, of the least wordlike run of four letters or more.
    pub(super) worst_run: f32,
}

impl Score {
    pub(super) fn new(value: &[u8]) -> Self {
        let mut parted = Sum::default();
        let mut worst = f32::INFINITY;
        for run in value.chunk_by(|a, b| !begins(*a, *b)) {
            let own = of_run(run);
            if own.letters >= 4 {
                worst = worst.min(own.mean());
            }
            parted.add(own);
        }
        let mut whole = Sum::default();
        for run in value.chunk_by(|a, b| a.is_ascii_alphabetic() == b.is_ascii_alphabetic()) {
            whole.add(of_run(run));
        }
        Score {
            sum: parted.sum,
            mean: parted.mean(),
            mean_whole: whole.mean(),
            worst_run: if worst.is_finite() { worst } else { parted.mean() },
        }
    }
}

/// Whether a run of letters ends between two bytes.
const fn begins(before: u8, here: u8) -> bool {
    before.is_ascii_alphabetic() != here.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && here.is_ascii_uppercase()
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sum: f32,
    letters: usize,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.sum += other.sum;
        self.letters += other.letters;
    }

    fn mean(self) -> f32 {
        if self.letters == 0 { 0. } else { self.sum / self.letters as f32 }
    }
}

fn of_run(run: &[u8]) -> Sum {
    if !run.first().is_some_and(u8::is_ascii_alphabetic) {
        return Sum::default();
    }
    let (mut first, mut second) = (EDGE, EDGE);
    let mut sum = 0;
    for byte in run.iter().map(u8::to_ascii_lowercase).chain([b'{']) {
        let third = usize::from(byte - b'a');
        sum += i32::from(TABLE[(first * 27 + second) * 27 + third] as i8);
        (first, second) = (second, third);
    }
    Sum { sum: sum as f32 / 16., letters: run.len() }
}
