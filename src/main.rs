//! The `tightlip` program: arguments, environment, streams, exit status.

mod cli;
mod git_secrets;
mod process;

use std::env;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use terminal_size::{Height, Width, terminal_size_of};
use tightlip::environment::Environment;
use tightlip::report::Streams;

use process::Process;

fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
    let environment = Environment::new(env::vars_os());
    let columns = environment.columns();
    let width = |size: Option<(Width, Height)>| size.map(|(Width(columns), _)| columns.into());
    let out_width = columns.or_else(|| width(terminal_size_of(&out)));
    let err_width = columns.or_else(|| width(terminal_size_of(&err)));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut process = Process {
        environment,
        directory: env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
        streams: Streams {
            out: &mut out,
            err: &mut err,
            out_is_terminal,
            err_is_terminal,
            out_width,
            err_width,
        },
        in_is_terminal: std::io::stdin().is_terminal(),
    };
    let is_git_secrets = env::args_os().next().is_some_and(|name| git_secrets::is_called(&name));
    ExitCode::from(match is_git_secrets {
        true => git_secrets::run(env::args_os(), &mut process),
        false => cli::run(env::args_os(), &mut process),
    })
}
