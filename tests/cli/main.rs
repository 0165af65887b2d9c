//! The program as its users meet it: real git, real commits, a home of their own.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accepted;
mod advice;
mod audit;
mod checkpoint;
mod commits;
mod config;
mod docs;
mod events;
#[path = "../fixture/mod.rs"]
mod fixture;
mod formats;
mod generate;
mod git_secrets;
mod github_action;
mod golden;
mod history;
mod hostile;
mod html;
mod known;
mod messages;
mod migrate;
mod outputs;
mod paths;
mod pre_commit;
mod report;
mod rules;
mod scan;
mod staged;
mod why;
