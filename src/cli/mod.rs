//! The command line: flags turned into each module's options, outcomes into exit statuses.
//!
//! Exit status: 0 clean, 1 found, 2 not everything could be read or understood, and 2 outranks 1.

mod advice;
mod allow;
mod audit;
mod baseline;
mod doctor;
mod generate;
mod history;
mod hook;
mod install;
mod message;
mod migrate;
mod output;
mod paths;
mod progress;
mod replace_text;
mod respond;
mod revs;
mod rules;
mod rules_check;
mod scan;
mod session;
mod staged;
mod uninstall;
mod why;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::process::Process;
use output::ExtraReport;
use tightlip::report::{Format, Streams};
use tightlip::text::chain::chain;

/// What an error ends in, and with it everything that was not understood.
const INCOMPLETE: u8 = 2;

/// Keep secrets out of git
#[derive(Debug, Parser)]
#[command(name = "tightlip", version, propagate_version = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit status: 0 clean, 1 found, 2 not everything could be read or understood."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, Subcommand)]
enum Command {
    Staged(staged::StagedArgs),
    History(history::HistoryArgs),
    Audit(audit::AuditArgs),
    Message(message::MessageArgs),
    Scan(scan::ScanArgs),
    Hook(hook::HookArgs),
    Install(install::InstallArgs),
    Uninstall(uninstall::UninstallArgs),
    Doctor(doctor::DoctorArgs),
    Allow(allow::AllowArgs),
    Advice(advice::AdviceArgs),
    Baseline(baseline::BaselineArgs),
    Rules(rules::RulesArgs),
    Why(why::WhyArgs),
    Migrate(migrate::MigrateArgs),
    Generate(generate::GenerateArgs),
    Respond(respond::RespondArgs),
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
struct Shared {
    /// Form of the report
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: FormatArg,
    /// Write the report to FILE
    #[arg(long, global = true, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write one more report, in this form, to FILE; may be given again
    #[arg(long, global = true, value_name = "FORMAT=FILE", value_parser = ExtraReport::parser())]
    report: Vec<ExtraReport>,
    /// Show secrets instead of masking them
    #[arg(long, global = true)]
    reveal: bool,
    /// Let `eventbridge` report keys that no remote is known to have, too
    #[arg(long, global = true)]
    unpushed: bool,
    /// Read this config file and no other
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept what FILE lists, in place of .tightlip.baseline at the repository's root
    #[arg(long, global = true, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Use only the rule with this id; may be given again
    #[arg(long, global = true, value_name = "ID")]
    rule: Vec<String>,
    /// Number of threads; 0 is one a core
    #[arg(long, global = true, value_name = "N", default_value_t = 0,
          value_parser = clap::value_parser!(u16).range(0..=256))]
    threads: u16,
    /// Leave out, and name, objects larger than this
    #[arg(long, global = true, value_name = "BYTES")]
    max_object_bytes: Option<u64>,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: ColorArg,
    /// Say nothing but findings and what went wrong
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Say more: what was allowed and why, and what was covered
    #[arg(long, short, global = true, action = ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test results
    Junit,
    /// GitLab's secret detection report
    Gitlab,
    /// Annotations and step summary of GitHub Actions
    Github,
    /// CSV, for spreadsheets
    Csv,
    /// One HTML page that opens without network
    Html,
    /// Events of exposed AWS keys, for `aws events put-events`
    Eventbridge,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Text => Format::Text,
            FormatArg::Json => Format::Json,
            FormatArg::Jsonl => Format::Jsonl,
            FormatArg::Sarif => Format::Sarif,
            FormatArg::Junit => Format::Junit,
            FormatArg::Gitlab => Format::Gitlab,
            FormatArg::Github => Format::Github,
            FormatArg::Csv => Format::Csv,
            FormatArg::Html => Format::Html,
            FormatArg::Eventbridge => Format::Eventbridge,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a command that went wrong has to say.
type Failure = Box<dyn std::error::Error>;

/// Runs the program and returns its exit status.
#[must_use]
pub(crate) fn run(arguments: impl Iterator<Item = OsString>, process: &mut Process<'_>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &mut process.streams),
    };
    let shared = &cli.shared;
    let done = match cli.command {
        Command::Staged(args) => staged::run(&args, shared, process),
        Command::Message(args) => message::run(&args, shared, process),
        Command::History(args) => history::run(&args, shared, process),
        Command::Audit(args) => audit::run(&args, shared, process),
        Command::Scan(args) => scan::run(&args, shared, process),
        Command::Hook(args) => hook::run(&args, shared, process),
        Command::Install(args) => install::run(args, process),
        Command::Uninstall(args) => uninstall::run(args, process),
        Command::Doctor(args) => doctor::run(args, shared, process),
        Command::Allow(args) => allow::run(&args, process),
        Command::Advice(args) => advice::run(&args, shared, process),
        Command::Baseline(args) => baseline::run(&args, shared, process),
        Command::Rules(args) => rules::run(&args, shared, process),
        Command::Why(args) => why::run(&args, shared, process),
        Command::Generate(args) => generate::run(&args, process),
        Command::Migrate(args) => migrate::run(&args, shared, process),
        Command::Respond(args) => respond::run(&args, shared, process),
    };
    done.unwrap_or_else(|error| {
        if !is_closed_pipe(&*error) {
            let _ = writeln!(process.streams.err, "tightlip: {}", chain(&*error));
        }
        INCOMPLETE
    })
}

/// Help goes to standard output and is no error; everything else is one.
fn usage(error: &clap::Error, streams: &mut Streams<'_>) -> u8 {
    let is_help = !error.use_stderr();
    let out = if is_help { &mut *streams.out } else { &mut *streams.err };
    let _ = write!(out, "{}", error.render());
    if is_help { 0 } else { INCOMPLETE }
}

/// Whether the reader of the report has stopped reading, which is no error: what was found is still found.
fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
