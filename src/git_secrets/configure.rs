//! `--list`, `--add`, `--add-provider`, `--register-aws` and `--aws-provider`.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use super::options::Options;
use super::{NAME, Stop, say};
use crate::process::Process;
use tightlip::engine::Engine;
use tightlip::git::Location;
use tightlip::pattern::{Ere, escape_literal};
use tightlip::report::Streams;
use tightlip::rule::{RuleOrigin, RuleSet};
use tightlip::setup::git_secrets::forbidden;
use tightlip::setup::git_secrets::{aws, credentials, join_words};
use tightlip::suppress::LineAllow;
use tightlip::text::chain::chain;
use tightlip::text::escape::escape_path;
use tightlip::text::os::os_str;

/// Which values count, and where a new one goes.
#[derive(Clone, Copy)]
enum Where {
    /// Wherever git would look; a new one is the repository's.
    Here,
    /// The user's file alone.
    Global,
}

impl Where {
    const fn of(options: &Options) -> Self {
        if options.global { Where::Global } else { Where::Here }
    }

    fn git(self, process: &Process<'_>) -> Command {
        let mut git = Location::new(".", process.environment.clone()).plain_git();
        git.arg("config");
        if matches!(self, Where::Global) {
            git.arg("--global");
        }
        git
    }
}

fn no_git(error: &std::io::Error) -> Stop {
    Stop::new(128, format!("{NAME}: git cannot be run: {error}; install it, or put it on the PATH"))
}

/// Prints what is configured, as git does.
pub(super) fn list(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let mut git = Where::of(options).git(process);
    let output =
        git.args(["--get-regexp", "secrets.*"]).output().map_err(|error| no_git(&error))?;
    let _ = process.streams.err.write_all(&output.stderr);
    match process.streams.out_is_terminal {
        true => String::from_utf8_lossy(output.stdout.trim_ascii_end())
            .lines()
            .for_each(|line| say(process.streams.out, format_args!("{line}"))),
        false => print(process.streams.out, &output.stdout)?,
    }
    Ok(status(&output))
}

/// Prints what somebody may rely on: to lose it is an error, to stop reading it is none.
fn print(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Stop> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Stop::new(128, format!("{NAME}: cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

fn status(output: &std::process::Output) -> u8 {
    output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(128)
}

/// Adds a pattern.
pub(super) fn add(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let key = if options.allowed { "secrets.allowed" } else { "secrets.patterns" };
    let given = options.operands.first().cloned().unwrap_or_default();
    if given.is_empty() {
        return Err(Stop::new(1, format!("{NAME}: nothing to add: give a pattern")));
    }
    let value = match options.literal {
        true => escape_literal(given.as_encoded_bytes()),
        false => given.into_encoded_bytes(),
    };
    check(&value, options.allowed, &mut process.streams)?;
    let is_new = put(Where::of(options), key, &value, process)?;
    if !is_new {
        say(process.streams.err, format_args!("{NAME}: {key} has this pattern already"));
    }
    Ok(u8::from(!is_new))
}

/// Refuses what no scan could use, and says what is likely to be a mistake.
fn check(value: &[u8], is_allowed: bool, streams: &mut Streams<'_>) -> Result<(), Stop> {
    for line in value.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let translated =
            if is_allowed { Ere::translate_allowed(line) } else { Ere::translate_word(line) };
        let shown = tightlip::text::escape::escape(line);
        let refused = |error: &dyn std::error::Error| {
            Stop::new(1, format!("{NAME}: `{shown}` was not added: {}", chain(error)))
        };
        let ere = translated.and_then(Ere::if_not_empty).map_err(|error| refused(&error))?;
        let origin = RuleOrigin { file: "--add".into(), line: 1, builtin: false };
        if is_allowed {
            LineAllow::new(line, origin.to_string(), false).map_err(|error| refused(&error))?;
        } else {
            let rule =
                forbidden(line, Default::default(), origin).map_err(|error| refused(&error))?;
            Engine::new(RuleSet::from_rules(vec![rule]), 0).map_err(|error| refused(&error))?;
        }
        for lint in ere.lints {
            say(streams.err, format_args!("{NAME}: `{shown}`: {lint}"));
        }
    }
    Ok(())
}

/// Adds a command that prints patterns.
pub(super) fn add_provider(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    if options.operands.is_empty() {
        return Err(Stop::new(1, format!("{NAME}: nothing to add: give a command")));
    }
    let words: Vec<Vec<u8>> =
        options.operands.iter().map(|word| word.as_encoded_bytes().to_vec()).collect();
    let value = match &words[..] {
        // One word may be a whole command line, as in git-secrets.
        [line] => line.clone(),
        words => join_words(words),
    };
    let key = "secrets.providers";
    let is_new = put(Where::of(options), key, &value, process)?;
    if !is_new {
        say(process.streams.err, format_args!("{NAME}: {key} has this command already"));
    }
    Ok(u8::from(!is_new))
}

/// Adds what is forbidden and allowed of AWS.
pub(super) fn register_aws(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let at = Where::of(options);
    put(at, "secrets.providers", aws::PROVIDER.as_bytes(), process)?;
    for pattern in aws::PATTERNS {
        put(at, "secrets.patterns", pattern.as_bytes(), process)?;
    }
    let mut is_last_new = false;
    for allowed in aws::ALLOWED {
        is_last_new = put(at, "secrets.allowed", allowed.as_bytes(), process)?;
    }
    if is_last_new {
        say(process.streams.out, format_args!("OK"));
    }
    Ok(0)
}

/// Adds a value to git's configuration, unless it is there; returns whether it was not.
fn put(at: Where, key: &str, value: &[u8], process: &mut Process<'_>) -> Result<bool, Stop> {
    let known =
        at.git(process).args(["-z", "--get-all", key]).output().map_err(|error| no_git(&error))?;
    if known.stdout.split(|&byte| byte == 0).any(|known| known == value) {
        return Ok(false);
    }
    let mut git = at.git(process);
    git.args(["--add", "--", key]).arg(&*os_str(value));
    let added = git.output().map_err(|error| no_git(&error))?;
    let _ = process.streams.err.write_all(&added.stderr);
    if added.status.success() {
        return Ok(true);
    }
    Err(Stop::new(status(&added), format!("{NAME}: git has not added it to {key}")))
}

/// Prints the user's own AWS credentials as patterns.
pub(super) fn aws_provider(options: &Options, process: &mut Process<'_>) -> Result<u8, Stop> {
    let default = || process.environment.home().map(|home| home.join(".aws").join("credentials"));
    let named = options.operands.first().filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(path) = named.or_else(default) else { return Ok(0) };
    let patterns = credentials(&path).map_err(|error| {
        Stop::new(1, format!("{NAME}: `{}` cannot be read: {error}", escape_path(&path)))
    })?;
    let lines: Vec<u8> =
        patterns.into_iter().flat_map(|line| [&line[..], b"\n"].concat()).collect();
    print(process.streams.out, &lines)?;
    Ok(0)
}
