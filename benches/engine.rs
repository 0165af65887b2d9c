//! How many bytes a second one core scans: `cargo bench --bench engine`.
//!
//! The corpus is source text. By default it is made from a seed: words, identifiers, indentation
//! and punctuation with the frequencies of code, and URLs and the word "secret" as often as code
//! has them. `TIGHTLIP_BENCH_CORPUS=FILE` uses a file instead, such as all sources of the
//! dependencies: `find ~/.cargo/registry/src -name '*.rs' -exec cat {} + >corpus`.
//!
//! The corpus is handed over in pieces of 64 KB, the size of a large source file: what is
//! measured is scanning, not the memory bus.

use divan::Bencher;
use divan::counter::BytesCount;
use tightlip::engine::Engine;
use tightlip::rule::RuleSet;

const PIECE_BYTES: usize = 64 << 10;
const CORPUS_BYTES: usize = 32 << 20;

fn main() {
    divan::main();
}

fn corpus() -> Vec<u8> {
    if let Some(file) = std::env::var_os("TIGHTLIP_BENCH_CORPUS") {
        return std::fs::read(file).expect("TIGHTLIP_BENCH_CORPUS names a file");
    }
    let words = [
        "let",
        "mut",
        "fn",
        "return",
        "if",
        "else",
        "for",
        "while",
        "match",
        "self",
        "struct",
        "impl",
        "value",
        "index",
        "buffer",
        "result",
        "error",
        "string",
        "options",
        "count",
        "length",
        "node",
        "parent",
        "child",
        "request",
        "response",
        "handler",
        "context",
        "token",
        "key",
        "name",
        "path",
        "import",
        "from",
        "def",
        "class",
        "None",
        "true",
        "false",
        "const",
        "static",
        "void",
        "int",
        "security",
        "session",
        "secret",
        "https://docs.rs/",
        "http://www.apache.org/licenses/",
    ];
    let marks = [
        " ",
        " ",
        " ",
        " ",
        "_",
        ".",
        "(",
        ")",
        " = ",
        ", ",
        ";\n",
        ";\n    ",
        " {\n        ",
        "::",
        "->",
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |most: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % most as u64) as usize
    };
    let mut text = Vec::with_capacity(CORPUS_BYTES + 64);
    while text.len() < CORPUS_BYTES {
        // The last words are rare: one in 400.
        let common = words.len() - 5;
        let word = if next(400) == 0 { words[common + next(5)] } else { words[next(common)] };
        text.extend_from_slice(word.as_bytes());
        text.extend_from_slice(marks[next(marks.len())].as_bytes());
    }
    text
}

/// All rules, matching and judging.
#[divan::bench(sample_count = 20)]
fn scan(bencher: Bencher<'_, '_>) {
    let corpus = corpus();
    let engine = Engine::new(RuleSet::builtin(), 0).expect("built-in rules compile");
    bencher.counter(BytesCount::new(corpus.len())).bench(|| {
        corpus.chunks(PIECE_BYTES).map(|piece| engine.scan(piece).list.len()).sum::<usize>()
    });
}

/// Finding keywords alone.
#[divan::bench(sample_count = 20)]
fn prefilter(bencher: Bencher<'_, '_>) {
    let corpus = corpus();
    let engine = Engine::new(RuleSet::builtin(), 0).expect("built-in rules compile");
    bencher.counter(BytesCount::new(corpus.len())).bench(|| {
        let mut hits = 0u64;
        for piece in corpus.chunks(PIECE_BYTES) {
            engine.prefilter().for_each(piece, |_| hits += 1);
        }
        hits
    });
}

/// What a hook pays before it has read a byte.
#[divan::bench(sample_count = 50)]
fn start() -> Engine {
    Engine::new(RuleSet::builtin(), 0).expect("built-in rules compile")
}
