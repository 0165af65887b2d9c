//! `tightlip respond`

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::history::HistoryScan;
use super::output::write_file;
use super::session::{Purpose, Session};
use super::{Failure, FormatArg, INCOMPLETE, Process, Shared};
use tightlip::file;
use tightlip::finding::{Finding, Secret};
use tightlip::respond::{
    AwsProgram, KeyId, Log, Notice, Options, PACE, Response, render_html, render_json, render_plan,
    render_text, respond,
};
use tightlip::source::HistoryOptions;
use tightlip::text::date::moment;
use tightlip::text::escape::escape_path;

/// An event of EventBridge has at most 256 KB; a file may hold many.
const MAX_EVENT_BYTES: u64 = 16 << 20;

/// Respond to an exposed AWS key: who owns it, deactivate it, see what was done with it
///
/// Every step is a command of the `aws` program, which has to be on the PATH: it is shown, written to a
/// log with its answer, and, if it changes anything, run only with --apply. The key is deactivated, never
/// deleted. CloudTrail is read in every Region, by the id of the key and by what it made. Nothing is done
/// as the key itself, as its user, as root, or in another account. Exit status: 0 contained and all read,
/// nothing suspicious; 1 suspicious; 2 not contained, or something could not be read or done.
#[derive(Debug, Args)]
pub(super) struct RespondArgs {
    /// Id of the exposed key: AKIA... or ASIA...
    #[arg(value_name = "KEY_ID", required_unless_present_any = ["event", "finding"])]
    key: Option<String>,
    /// Take the keys from an event of AWS Health, Trusted Advisor or tightlip; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    event: Option<PathBuf>,
    /// Take the key of a finding in this repository's history
    #[arg(long, value_name = "FINGERPRINT", conflicts_with_all = ["key", "event"])]
    finding: Option<String>,
    /// Make the changes: deactivate the key, and what other options ask for
    #[arg(long)]
    apply: bool,
    /// Show the plan, and run nothing
    #[arg(long, conflicts_with = "apply")]
    plan: bool,
    /// Refuse all sessions of the owner that were issued before now, by an inline policy
    #[arg(long)]
    deny_sessions: bool,
    /// Deny the owner everything, by an inline policy
    #[arg(long)]
    deny_all: bool,
    /// Profile of the `aws` program to act as
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Region of the first command, where the profile has none
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Write the log to FILE, which must not be there yet; by default it goes below ~/.local/state
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

pub(super) fn run(
    args: &RespondArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    shared.check_files()?;
    check_formats(shared)?;
    let Notice { keys, gaps } = notice(args, shared, process)?;
    for gap in &gaps {
        writeln!(process.streams.err, "tightlip: incomplete: {gap}")?;
    }
    let all: Vec<Options> =
        keys.into_iter().map(|key| options(args, shared, process, key)).collect();
    // With a report for machines on standard output, people read the plan on the other stream.
    let is_plain = shared.format == FormatArg::Text && shared.output.is_none();
    if args.plan || !shared.quiet {
        let streams = &mut process.streams;
        let to = if is_plain || args.plan { &mut *streams.out } else { &mut *streams.err };
        all.iter().try_for_each(|options| render_plan(options, to))?;
        to.flush()?;
    }
    if args.plan {
        return Ok(0);
    }
    let aws = program(process)?;
    let path = log_path(args, &all, process)?;
    let log = Log::create(&path).map_err(|error| {
        format!(
            "cannot write the log `{}`: {error}; name another one: `--log FILE`",
            path.display()
        )
    })?;
    let done = respond_to_all(all, &aws, &log, shared.quiet, process);
    report(&done, &path, shared, process)?;
    let worst = done.iter().map(|(_, response)| response.status().code()).max();
    Ok(worst.filter(|_| gaps.is_empty()).unwrap_or(INCOMPLETE))
}

fn respond_to_all(
    all: Vec<Options>,
    aws: &AwsProgram,
    log: &Log,
    is_quiet: bool,
    process: &mut Process<'_>,
) -> Vec<(Options, Response)> {
    let err = &mut process.streams.err;
    let mut tell = |text: &str| {
        if !is_quiet {
            let _ = writeln!(err, "tightlip: {text}");
        }
    };
    let one = |options: Options| {
        let response = respond(&options, aws, log, &mut tell);
        (options, response)
    };
    all.into_iter().map(one).collect()
}

fn check_formats(shared: &Shared) -> Result<(), Failure> {
    let formats = shared.files().map(|(format, _)| format).chain([shared.format]);
    if formats.into_iter().any(|format| !is_of_response(format)) {
        return Err(
            "a response is text, json or html; give `--format text`, `json` or `html`".into()
        );
    }
    Ok(())
}

/// Whether a response can be written in this form.
const fn is_of_response(format: FormatArg) -> bool {
    matches!(format, FormatArg::Text | FormatArg::Json | FormatArg::Html)
}

/// The keys that are named, or that an event or a finding names.
fn notice(
    args: &RespondArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<Notice, Failure> {
    if let Some(fingerprint) = &args.finding {
        return of_finding(fingerprint, shared, process);
    }
    let Some(event) = &args.event else {
        let key = KeyId::parse(args.key.as_deref().unwrap_or_default())?;
        return Ok(Notice { keys: vec![key], gaps: Vec::new() });
    };
    let read = if event.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().take(MAX_EVENT_BYTES).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        file::read(&process.directory.join(event), MAX_EVENT_BYTES)
    };
    let name = escape_path(event);
    let bytes = read.map_err(|error| format!("cannot read the event `{name}`: {error}"))?;
    Notice::parse(&bytes).map_err(|error| {
        let error = super::chain(&error);
        format!("cannot understand the event `{name}`: {error}").into()
    })
}

/// Scans all that refs hold for the finding, and returns the id of its key.
fn of_finding(
    fingerprint: &str,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<Notice, Failure> {
    let repository = process.repository();
    let session = Session::load(process, &repository, shared, Purpose::Look)?;
    let scan = HistoryScan::new(&session, shared, process.streams.err_is_terminal);
    let outcome = scan.run(HistoryOptions::default(), |_| {})?;
    let allowed = outcome.suppressed.iter().map(|suppressed| &suppressed.finding);
    // Reports for people show the first digits.
    let is_named = |finding: &&Finding| finding.fingerprint.as_str().starts_with(fingerprint);
    let mut named = outcome.findings.iter().chain(allowed).filter(is_named).peekable();
    if named.peek().is_none() || fingerprint.is_empty() {
        let hint = "`tightlip history` lists them";
        return Err(format!("no finding of this history has that fingerprint; {hint}").into());
    }
    let id = |secret: &Secret| KeyId::parse(std::str::from_utf8(secret.expose()).ok()?).ok();
    let keys: BTreeSet<KeyId> =
        named.flat_map(|finding| finding.secrets().filter_map(id)).collect();
    match keys.len() {
        1 => Ok(Notice { keys: keys.into_iter().collect(), gaps: Vec::new() }),
        0 => Err("the finding holds no id of an AWS key; give the id itself".into()),
        _ => Err("findings of several keys begin like that; give more digits".into()),
    }
}

fn options(args: &RespondArgs, shared: &Shared, process: &Process<'_>, key: KeyId) -> Options {
    let environment = &process.environment;
    let own_key = environment.get_filled("AWS_ACCESS_KEY_ID");
    Options {
        key,
        apply: args.apply,
        deny_sessions: args.deny_sessions,
        deny_all: args.deny_all,
        profile: args.profile.clone(),
        region: args.region.clone(),
        own_key: own_key.map(|key| key.to_string_lossy().into_owned()),
        threads: usize::from(shared.threads),
        pace: PACE,
        now: process.now,
    }
}

/// Finds the `aws` program, but none that a repository holds. The repository's files alone tell where it is, so a
/// damaged one counts, and one on a machine without git.
fn program(process: &Process<'_>) -> Result<AwsProgram, Failure> {
    let is_repository = |folder: &&Path| {
        let is_bare = folder.join("HEAD").is_file() && folder.join("objects").is_dir();
        is_bare || folder.join(".git").exists()
    };
    let folders = process.directory.ancestors().filter(is_repository);
    let untrusted: Vec<PathBuf> = folders.map(Path::to_owned).collect();
    AwsProgram::find(&process.environment, &untrusted).ok_or_else(|| {
        "cannot find the program `aws` on the PATH, outside of this repository; run this in another \
         directory, install the AWS CLI (https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html), or run \
         this in AWS CloudShell"
            .into()
    })
}

fn log_path(
    args: &RespondArgs,
    all: &[Options],
    process: &Process<'_>,
) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.log {
        return Ok(process.directory.join(path));
    }
    let folder = process.environment.state_directory().ok_or(
        "cannot tell where the log is to go, because HOME is not set; name a file: `--log FILE`",
    )?;
    let key = all.first().map_or("", |options| options.key.as_str());
    let time = moment(process.now).replace([':', '-'], "");
    let name = format!("{time}-{key}-{}.jsonl", std::process::id());
    Ok(folder.join("tightlip/respond").join(name))
}

fn report(
    done: &[(Options, Response)],
    log: &Path,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<(), Failure> {
    let log = escape_path(log);
    let files: Vec<String> = shared
        .files()
        .filter_map(|(format, path)| write_file(path, |out| write(done, &log, format, out)).err())
        .collect();
    if shared.output.is_none() {
        write(done, &log, shared.format, &mut *process.streams.out)?;
    }
    if !shared.quiet {
        writeln!(process.streams.err, "tightlip: the log of every command and answer is {log}")?;
    }
    if files.is_empty() { Ok(()) } else { Err(files.join("; ").into()) }
}

fn write(
    done: &[(Options, Response)],
    log: &str,
    format: FormatArg,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        FormatArg::Json => render_json(done, log, out),
        FormatArg::Html => render_html(done.iter().map(|(_, response)| response), log, out),
        _ => done.iter().try_for_each(|(_, response)| render_text(response, out)),
    }
}
