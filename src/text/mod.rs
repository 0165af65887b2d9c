//! Bytes and nothing else: positions, entropy, escaping.
//!
//! Nothing here knows what a rule, a finding or a repository is.

pub mod checksum;
pub mod date;
pub mod entropy;
pub mod escape;
pub mod exact;
pub mod lines;
pub mod os;
pub mod wide;
