//! tightlip keeps secrets out of git.
//!
//! It scans what is about to be committed, merged or pushed, and commit messages. It finds AWS keys,
//! other credentials and a team's own forbidden patterns, and reports their places without
//! showing them. The way of the data: a [`source`] lists units of bytes, the [`engine`]
//! finds matches in them, [`suppress`] decides what is allowed and why, [`scan`] makes findings of
//! the rest, [`report`] writes them.
//!
//! To scan a repository by its own configuration, begin with [`setup::Scanner`]: it has the engine, the policy and
//! the options. To scan bytes alone, use [`scan::run`], or [`engine::Engine::scan`] for bare matches:
//!
//! ```
//! use tightlip::engine::Engine;
//! use tightlip::finding::Progress;
//! use tightlip::rule::{RuleSet, expand};
//! use tightlip::scan::{Options, run};
//! use tightlip::source::Stdin;
//! use tightlip::suppress::Allowlist;
//!
//! // A made-up key: no token stands in this file.
//! let text = expand("AWS_ACCESS_KEY_ID=AKIA{base32:16}").unwrap();
//! let source = Stdin::new(Box::new(std::io::Cursor::new(text)));
//! let engine = Engine::new(RuleSet::builtin(), 0)?;
//! let (policy, progress) = (Allowlist::default(), Progress::default());
//! let outcome = run(&source, &engine, &policy, Options::default(), &progress)?;
//! assert_eq!(outcome.findings[0].rule, "aws-access-key-id");
//! assert_eq!(outcome.findings[0].secret.redacted(), "AKIA********");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod archive;
pub mod ci;
pub mod engine;
pub mod environment;
pub mod file;
pub mod finding;
pub mod git;
pub mod hook;
pub mod pattern;
pub mod report;
pub mod respond;
pub mod rule;
pub mod scan;
pub mod setup;
pub mod source;
pub mod suppress;
pub mod text;
