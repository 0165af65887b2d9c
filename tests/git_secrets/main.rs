//! What `git secrets` does, row by row: the contract of a drop-in replacement.
//!
//! The program runs under the name `git-secrets`, from a folder that comes first on `PATH`. With
//! `TIGHTLIP_GIT_SECRETS=/usr/bin/git-secrets` the same tests run against that program: what is
//! expected of both proves that the tests are right, and what is expected of [`ours`] and of
//! [`theirs`](expected::Ours::theirs) apart proves that each difference is real.
//!
//! Where git-secrets lets a secret pass in silence, a test says so by the number of the bypass:
//!
//! | bypass | secret | module |
//! |---|---|---|
//! | B1, B2 | in a file with a name that git quotes, or that begins with a colon | `pre_commit`, `large` |
//! | B3 | in a link that becomes a file | `pre_commit` |
//! | B4 | in a binary or UTF-16 file, or one with the attribute `-diff` | `content` |
//! | B5, B6 | in a merge that is committed later; in an octopus | `merges` |
//! | B7 | in a commit that runs no pre-commit hook | `merges`, `install` |
//! | B8 | beside an invalid or empty allowed expression | `status`, `allowed` |
//! | B9 | of a pattern that the shell takes apart or expands | `configuration`, `providers` |
//! | B10 | outside the directory in which the hook starts | `pre_commit` |
//! | B11 | in a work tree whose hooks git looks for elsewhere | `install` |
//! | B12 | where two ways of scanning are joined | `content` |
//! | B13 | of a provider that fails or reads standard input | `providers` |
//! | B14 | beside an allowed one on its line | `allowed`, `aws` |
//! | B15 | in a merge commit, a message, a tag, a stash | `history` |
//! | B16 | of a pattern that is part of another | `lists` |
//! | B17 | in the target of a link | `content` |
//!
//! [`ours`]: expected::ours
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod allowed;
mod aws;
mod configuration;
mod content;
mod expected;
mod expressions;
#[path = "../fixture/mod.rs"]
mod fixture;
mod grammar;
mod history;
mod install;
mod large;
mod lists;
mod merges;
mod messages;
mod output;
mod pre_commit;
mod providers;
mod ran;
mod repo;
mod repositories;
mod status;
mod words;
