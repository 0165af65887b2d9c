//! tightlip keeps secrets out of git.

pub mod engine;
pub mod finding;
pub mod rule;
pub mod source;
pub mod suppress;
pub mod text;
