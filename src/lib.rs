//! tightlip keeps secrets out of git.

pub mod engine;
pub mod rule;
pub mod text;
