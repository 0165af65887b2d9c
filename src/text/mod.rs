//! Bytes and nothing else: positions, entropy, escaping, and words for numbers.
//!
//! Nothing here knows what a rule, a finding or a repository is.

pub(crate) mod base64;
pub mod chain;
pub mod checksum;
pub mod count;
pub mod date;
pub mod edits;
pub mod entropy;
pub mod escape;
pub mod fragment;
pub mod hex;
pub mod lines;
pub(crate) mod lists;
pub mod os;
pub mod ranges;
pub mod search;
pub(crate) mod stream;
pub mod wrap;
