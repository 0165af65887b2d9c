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

use clap::error::ErrorKind;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::process::Process;
use output::ExtraReport;
use tightlip::report::{Format, Streams, masked};
use tightlip::text::chain::chain;

/// What an error ends in, and with it everything that was not understood.
const INCOMPLETE: u8 = 2;

/// Keep secrets out of git
#[derive(Debug, Parser)]
#[command(name = "tightlip", version, propagate_version = true)]
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

/// As [`Cli`], with the one command that git runs at every commit: to lay out all the others takes longer than to
/// parse its words. It also says which version this is.
#[derive(Debug, Parser)]
#[command(name = "tightlip", version, propagate_version = true, disable_help_subcommand = true)]
struct HookCli {
    #[command(subcommand)]
    command: HookCommand,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    Hook(hook::HookArgs),
}

impl Cli {
    fn parse(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let first = arguments.get(1).and_then(|word| word.to_str());
        if let Some("hook" | "--version" | "-V") = first {
            match HookCli::try_parse_from(arguments) {
                Ok(HookCli { command: HookCommand::Hook(args), shared }) => {
                    return Ok(Cli { command: Command::Hook(args), shared });
                }
                Err(error) if error.kind() == ErrorKind::DisplayVersion => return Err(error),
                // Help and errors speak of all commands.
                Err(_) => {}
            }
        }
        Cli::try_parse_from(arguments)
    }
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
    let cli = match Cli::parse(&arguments.collect::<Vec<_>>()) {
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
            let _ = writeln!(process.streams.err, "tightlip: {}", masked(&chain(&*error)));
        }
        INCOMPLETE
    })
}

/// Help goes to standard output and is no error; everything else is one.
fn usage(error: &clap::Error, streams: &mut Streams<'_>) -> u8 {
    let is_help = !error.use_stderr();
    let out = if is_help { &mut *streams.out } else { &mut *streams.err };
    let text = error.render().to_string();
    let _ = write!(out, "{}", if is_help { text } else { masked(&text) });
    if is_help { 0 } else { INCOMPLETE }
}

/// Whether the reader of the report has stopped reading, which is no error: what was found is still found.
fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser as _;

    use super::{Cli, HookCli, HookCommand};

    #[test]
    fn words_of_a_hook_mean_the_same_to_both_parsers() {
        for words in [
            "hook pre-commit",
            "hook -q commit-msg file",
            "hook pre-push origin ../x --format json --threads 2",
            "hook --config c --rule a --rule b pre-commit -vv",
        ] {
            let words: Vec<OsString> =
                std::iter::once("tightlip").chain(words.split(' ')).map(OsString::from).collect();
            let HookCli { command: HookCommand::Hook(args), shared } =
                HookCli::try_parse_from(&words).expect("they are those of a hook");
            let all = Cli::try_parse_from(&words).expect("they are words of a command");
            let both = [format!("Hook({args:?})"), format!("{shared:?}")];
            assert_eq!(both, [format!("{:?}", all.command), format!("{:?}", all.shared)]);
        }
        for words in ["hook --unknown", "--version", "-V", "hook --version", "--version --unknown"]
        {
            let words: Vec<OsString> =
                std::iter::once("tightlip").chain(words.split(' ')).map(OsString::from).collect();
            let text = |parsed: Result<Cli, clap::Error>| match parsed {
                Ok(cli) => panic!("{cli:?}"),
                Err(error) => (error.kind(), error.to_string()),
            };
            assert_eq!(text(Cli::parse(&words)), text(Cli::try_parse_from(&words)), "{words:?}");
        }
    }
}
