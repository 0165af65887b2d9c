//! git-secrets' own command line: the same grammar, messages and exit statuses.
//!
//! The program behaves so when it is called `git-secrets`, which is how git runs it as `git
//! secrets`. What is forbidden comes from `secrets.*` of git's configuration, `.gitallowed` and
//! providers alone. Where it differs from the original, it finds more: the ways past the original
//! that are known are closed. Source of the contract: <https://github.com/awslabs/git-secrets>.

mod configure;
mod hooks;
mod install;
mod link;
mod options;
mod report;
mod scan;
mod scanner;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write;
use std::path::Path;

use crate::process::Process;
pub(crate) use link::link;
use options::{Command, Options, Refusal};
use tightlip::report::masked;
use tightlip::text::chain::chain;
use tightlip::text::escape::escape;

/// What `-h` prints.
const USAGE: &str = include_str!("usage.txt");

/// The name under which the program is git-secrets.
pub(crate) const NAME: &str = "git-secrets";

/// Why there is nothing more to do: an exit status, and what is to be said on standard error.
#[derive(Debug)]
struct Stop {
    status: u8,
    text: String,
}

impl Stop {
    fn new(status: u8, text: impl fmt::Display) -> Self {
        Stop { status, text: text.to_string() }
    }

    /// An error of our own and its causes.
    fn of(status: u8, error: &dyn std::error::Error) -> Self {
        Stop::new(status, format!("{NAME}: {}", masked(&chain(error))))
    }

    /// Git's words where there is no repository.
    fn no_repository() -> Self {
        Stop::new(128, "fatal: not a git repository (or any of the parent directories): .git")
    }
}

/// Whether a program that is called so is git-secrets.
#[must_use]
pub(crate) fn is_called(program: &OsStr) -> bool {
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".exe").unwrap_or(&name) == NAME
}

/// Runs git-secrets and returns its exit status. `arguments` begin with the program's name.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>, process: &mut Process<'_>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().skip(1).collect();
    let done = match Options::parse(&arguments) {
        Ok(options) => obey(&options, process),
        Err(refusal) => Ok(refuse(refusal, &mut process.streams)),
    };
    done.unwrap_or_else(|stop| {
        say(process.streams.err, format_args!("{}", stop.text));
        stop.status
    })
}

fn obey(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    match options.command {
        Command::Scan => scan::scan(options, process),
        Command::ScanHistory => scan::history(options, process),
        Command::Install => install::install(options, process),
        Command::List => configure::list(options, process),
        Command::Add => configure::add(options, process),
        Command::AddProvider => configure::add_provider(options, process),
        Command::RegisterAws => configure::register_aws(options, process),
        Command::AwsProvider => configure::aws_provider(options, process),
        Command::PreCommitHook => hooks::pre_commit(options, process),
        Command::CommitMsgHook => hooks::commit_msg(options, process),
        Command::PrepareCommitMsgHook => hooks::prepare_commit_msg(options, process),
        Command::PrePushHook => hooks::pre_push(options, process),
        Command::PreApplypatchHook => hooks::pre_applypatch(options, process),
    }
}

fn refuse(refusal: Refusal, streams: &mut tightlip::report::Streams<'_>) -> u8 {
    let (out, err) = (&mut *streams.out, &mut *streams.err);
    match refusal {
        Refusal::Usage { status } => {
            show_usage(out);
            return status;
        }
        Refusal::UnknownCommand(option) => {
            say(out, format_args!("Unknown option: {option}"));
            show_usage(out);
        }
        Refusal::UnknownOption(text) => {
            say(err, format_args!("error: {text}"));
            show_usage(err);
        }
        Refusal::Ambiguous(text) => {
            say(err, format_args!("error: {text}"));
            show_usage(out);
        }
        Refusal::Misused(text) => say(err, format_args!("error: {text}")),
        Refusal::Conflict(text) => {
            say(err, format_args!("{text}"));
            return 1;
        }
    }
    129
}

fn show_usage(out: &mut dyn Write) {
    let _ = out.write_all(USAGE.as_bytes());
}

/// Writes lines, with nothing in them that could move a cursor: git's words may hold names. Whoever
/// reads them may stop reading: what is decided stays decided.
fn say(out: &mut dyn Write, lines: fmt::Arguments<'_>) {
    for line in lines.to_string().split('\n') {
        let _ = writeln!(out, "{}", escape(line.as_bytes()));
    }
}
