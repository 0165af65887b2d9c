//! Scans what is staged in a repository, and its history, by the repository's own configuration.
//!
//! `cargo run --example scan_repository -- PATH`

use std::error::Error;
use std::io::stdout;

use tightlip::environment::Environment;
use tightlip::finding::{Outcome, Progress};
use tightlip::git::{Location, RepositoryPool};
use tightlip::report::{Format, ReportOptions, render};
use tightlip::setup::{Request, Scanner};
use tightlip::source::{HistoryOptions, Staged, StagedOptions};

fn scan(path: &str) -> Result<Outcome, Box<dyn Error>> {
    let location = Location::named(path, &Environment::new(std::env::vars_os()));
    let repository = RepositoryPool::new(location);
    let scanner = Scanner::load(&repository, &Request::default())?;
    let mut outcome = scanner.scan(&Staged::new(&repository, StagedOptions::default()));
    outcome.merge(scanner.history(HistoryOptions::default(), &Progress::default()));
    Ok(outcome)
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = ReportOptions { format: Format::Jsonl, ..ReportOptions::default() };
    for path in std::env::args().skip(1) {
        render(&scan(&path)?, options, &mut stdout())?;
    }
    Ok(())
}
