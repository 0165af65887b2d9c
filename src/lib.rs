//! tightlip keeps secrets out of git.

pub mod cli;
pub mod config;
pub mod engine;
pub mod finding;
pub mod hook;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod suppress;
pub mod text;
