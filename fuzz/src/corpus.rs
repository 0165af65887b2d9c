//! Every target on its seeds, as they are and changed at random, for some seconds (`TIGHTLIP_FUZZ_SECONDS`).

use std::time::{Duration, Instant};

use crate::{TARGETS, seeds};

#[test]
fn targets_stand_changed_seeds() {
    let seconds = std::env::var("TIGHTLIP_FUZZ_SECONDS").map_or(5, |value| value.parse().unwrap());
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(seeds.iter().all(|seed| !seed.is_empty()), "{name} has no seeds");
        // First some seeds as they are, then changed ones.
        let start = Instant::now();
        let mut random = Random(1);
        let mut runs = 0u64;
        while runs < 3 || start.elapsed() < Duration::from_secs(seconds) {
            let mut bytes = seeds[runs as usize % seeds.len()].clone();
            if runs as usize >= seeds.len().min(50) {
                bytes = seeds[random.below(seeds.len())].clone();
                for _ in 0..=random.below(4) {
                    change(&mut bytes, &mut random);
                }
            }
            let input = std::panic::AssertUnwindSafe(&bytes);
            if let Err(panic) = std::panic::catch_unwind(|| target(&input)) {
                let file = std::env::temp_dir().join(format!("tightlip-fuzz-{name}-{runs}"));
                std::fs::write(&file, &bytes).unwrap();
                eprintln!("{name}: run {runs} fails; its input is {}", file.display());
                std::panic::resume_unwind(panic);
            }
            runs += 1;
        }
        eprintln!("{name}: {runs} runs");
    }
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(16)).min(bytes.len());
    match random.below(5) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..end)),
        3 => bytes[at..end].fill(0),
        _ => {
            let new: Vec<u8> = (0..=random.below(16)).map(|_| random.below(256) as u8).collect();
            bytes.splice(at..at, new);
        }
    }
}

/// Numbers that a seed fixes (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) % end as u64) as usize
    }
}
