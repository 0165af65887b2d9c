//! The `tightlip` program: arguments, streams, exit status.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use tightlip::report::Streams;
use tightlip::{cli, compat};

fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
    let mut streams = Streams { out: &mut out, err: &mut err, out_is_terminal, err_is_terminal };
    let is_git_secrets = std::env::args_os().next().is_some_and(|name| compat::is_called(&name));
    let arguments = std::env::args_os();
    ExitCode::from(match is_git_secrets {
        true => compat::run(arguments, &mut streams),
        false => cli::run(arguments, &mut streams),
    })
}
