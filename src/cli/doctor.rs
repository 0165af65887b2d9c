//! `tightlip doctor`: proves that the hooks run.

use std::env;
use std::io::{self, Write};

use super::install::{WhereTo, program, surroundings};
use super::{Failure, Process, Shared};
use tightlip::git::RepositoryPool;
use tightlip::git::push::has_unasked_remote;
use tightlip::hook::{
    Binary, DoctorOptions, HookReport, Part, Proof, Report, SKIP_VARIABLE, State, Without, doctor,
};
use tightlip::report::masked;
use tightlip::rule::Confidence;
use tightlip::setup::{KnownFile, Request, Scanner, load_config};
use tightlip::text::escape::{escape, escape_path};

/// Prove that git runs the hooks and that they stop a secret
///
/// Fires each hook that this version of tightlip wrote in a throw-away repository, outside of this one, by the
/// git command that runs it, with a made-up AWS key. The rule of that key is on there even if the configuration
/// here has it off. No other hook runs meanwhile, and no program that came with the repository. Hooks that call
/// tightlip by themselves, or through lefthook or pre-commit, are named and count. Doctor also names built-in
/// rules that the configuration here switches off, changes or allows everywhere. Exit status: 0 if all hooks are
/// guarded, 1 if one is not, 2 if it could not be tried.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    where_to: WhereTo,
}

/// Examines, tells what was found, and returns the exit status.
///
/// # Errors
/// Nothing could be tried; or `out` cannot be written to.
pub(super) fn run(
    args: DoctorArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let report = doctor(&DoctorOptions {
        target: args.where_to.target(),
        around: surroundings(process)?,
        binary: program(process)?,
        temporary: env::temp_dir(),
    })?;
    let repository = process.repository();
    let now = process.now;
    let out = &mut *process.streams.out;
    let place = &report.place;
    writeln!(out, "git looks for hooks in {} ({})", escape_path(&place.searched), place.reason)?;
    for hook in &report.hooks {
        tell_hook(hook, out)?;
    }
    tell_binaries(&report, out)?;
    for warning in &report.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    if process.environment.is_true(SKIP_VARIABLE) {
        writeln!(
            out,
            "warning: {SKIP_VARIABLE} is set here, so commits made from here are not scanned"
        )?;
    }
    if repository.get().is_ok_and(|repository| has_unasked_remote(&repository)) {
        writeln!(
            out,
            "note: pre-push takes a remote to have what was last fetched from it, unless git contradicts \
             that; `git config tightlip.askRemote true` has the remote asked at each push"
        )?;
    }
    tell_rules(&repository, shared, now, out)?;
    tell_bypasses(&report, out)?;
    tell_verdict(&report, out)?;
    Ok(u8::from(!report.is_guarded()))
}

fn tell_hook(report: &HookReport, out: &mut dyn Write) -> io::Result<()> {
    let state = match &report.state {
        State::Missing => "missing: run `tightlip install`".into(),
        State::Foreign => {
            "not tightlip's: run `tightlip install`, which keeps it and runs it".into()
        }
        State::Calls(_) | State::Current => String::new(),
        State::Outdated => "; run `tightlip install`".into(),
        State::Edited(Part::Script) => " (delete it and run `tightlip install`)".into(),
        State::Edited(Part::Block) => format!(
            " (take tightlip's block out of {} and run `tightlip install`)",
            escape_path(&report.file)
        ),
        State::NotExecutable => {
            " (not executable, so git does not run it; run `tightlip install`)".into()
        }
    };
    let name = report.hook.name();
    if let State::Calls(through) = &report.state {
        let through = escape(through.as_bytes());
        return writeln!(out, "  {name:<22} calls tightlip through {through}; it was not fired");
    }
    match &report.proof {
        None => writeln!(out, "  {name:<22} {state}"),
        Some(Proof::Proven) => {
            let missing = match report.without {
                Without::Stops => "",
                Without::Warns => "; it only warns where there is no tightlip",
            };
            writeln!(out, "  {name:<22} proven: it stopped a secret{missing}{state}")
        }
        Some(Proof::Failed { reason, seen }) => {
            writeln!(out, "  {name:<22} NOT PROVEN: {reason}{state}")?;
            seen.iter().try_for_each(|line| writeln!(out, "      | {line}"))
        }
    }
}

fn tell_binaries(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut told: Vec<&Binary> = Vec::new();
    for binary in report.hooks.iter().filter_map(|hook| hook.binary.as_ref()) {
        if told.contains(&binary) {
            continue;
        }
        let path = escape_path(&binary.path);
        match &binary.version {
            Some(version) => writeln!(out, "the hooks run {path} ({version})")?,
            None => writeln!(
                out,
                "warning: the hooks are to run {path}, which cannot be run; they look on the \
                 PATH and in the usual places: `tightlip install` mends it"
            )?,
        }
        told.push(binary);
    }
    Ok(())
}

/// Tells what hooks do not look for here, because the configuration says so.
fn tell_rules(
    repository: &RepositoryPool,
    shared: &Shared,
    now: i64,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let request = Request { config: shared.config.clone(), now, ..Request::default() };
    let loaded = load_config(repository, shared.config.as_deref())
        .and_then(|(config, _)| Ok((Scanner::load(repository, &request)?, config)));
    let (scanner, config) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            let error = masked(&super::chain(&error));
            writeln!(out, "warning: no scan can run here, because of the configuration: {error}")?;
            return Ok(());
        }
    };
    if let Some(off) = scanner.switched_off() {
        writeln!(out, "note: {}", escape(off.as_bytes()))?;
    }
    if let Some(least) = config.min_confidence.filter(|&least| least > Confidence::Low) {
        writeln!(out, "note: only findings of {} confidence or more are reported", least.name())?;
    }
    tell_known_files(&scanner, out)?;
    for spot in scanner.blind_spots(now)? {
        writeln!(out, "note: {}", escape(spot.as_bytes()))?;
    }
    Ok(())
}

/// Tells whose values hooks look for, and which files they pass over.
fn tell_known_files(scanner: &Scanner, out: &mut dyn Write) -> io::Result<()> {
    for KnownFile { name, read } in scanner.known_files() {
        match read {
            Ok((used, 0)) => writeln!(out, "note: known values of {name}: {used} looked for")?,
            Ok((used, left)) => writeln!(
                out,
                "note: known values of {name}: {used} looked for, {left} left out (known already, too \
                 short or too common)"
            )?,
            Err(reason) => {
                let reason = escape(reason.as_bytes());
                writeln!(out, "warning: known values of {name} are not looked for: {reason}")?;
            }
        }
    }
    Ok(())
}

fn tell_bypasses(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "where pre-commit does not run:")?;
    for bypass in &report.bypasses {
        let by = match (bypass.covered_by, bypass.is_stopped_at_push) {
            (Some(hook), _) => hook.name().to_owned(),
            (None, true) => "nothing until pre-push".to_owned(),
            (None, false) => "nothing here: a server's pre-receive, or CI".to_owned(),
        };
        writeln!(out, "  {:<66} {by}", bypass.action)?;
    }
    Ok(())
}

/// The last line: whether a commit with a secret is stopped, and by what.
fn tell_verdict(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let open: Vec<&str> = report
        .hooks
        .iter()
        .filter(|hook| !hook.is_guarded())
        .map(|hook| hook.hook.name())
        .collect();
    if !open.is_empty() {
        return writeln!(out, "verdict: NOT guarded: {}", open.join(", "));
    }
    let calls = report.hooks.iter().filter(|hook| matches!(hook.state, State::Calls(_))).count();
    match (report.hooks.len() - calls, calls) {
        (_, 0) => writeln!(out, "verdict: guarded; every hook stopped a secret"),
        (0, calls) => writeln!(
            out,
            "verdict: guarded as far as can be read: {calls} hooks call tightlip and were not fired"
        ),
        (proven, calls) => writeln!(
            out,
            "verdict: guarded: {proven} hooks stopped a secret; {calls} more call tightlip and were \
             not fired"
        ),
    }
}
