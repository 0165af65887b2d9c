//! tightlip keeps secrets out of git.

pub mod rule;
pub mod text;
