//! What every scanning command does: load a scanner, and report what it found.

use std::io::{self, BufWriter, Write};
use std::mem::ManuallyDrop;
use std::path::PathBuf;

use super::output::{add_summary, write_file};
use super::{ColorArg, Failure, FormatArg, Process, Shared};
use tightlip::ci::is_job;
use tightlip::environment::Environment;
use tightlip::finding::{Outcome, Status};
use tightlip::git::RepositoryPool;
use tightlip::report::{self, ReportOptions, Streams};
use tightlip::setup::git_secrets::Providers;
use tightlip::setup::{BaselineChoice, Request, Scanner, last};
use tightlip::text::wrap::wrap;

/// The variable that names the file for the Markdown summary of a step of GitHub Actions.
const STEP_SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// A scanner, and how its findings are shown.
pub(super) struct Session<'a> {
    /// Never taken apart: when a session ends, the process does, and its memory goes at once.
    pub(super) scanner: ManuallyDrop<Scanner>,
    shared: &'a Shared,
    purpose: Purpose,
    /// Whether the user does not want colours on a terminal.
    is_plain: bool,
    /// What to do now if something is found.
    to_do: Option<&'static str>,
    /// When the run began, in seconds since 1970.
    started: i64,
    /// The file for the summary of a step of GitHub Actions, where one is asked for.
    step_summary: Option<PathBuf>,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Git runs the command, which is silent if nothing is found.
    Hook,
    /// Somebody looks at files, at a history or at what they are about to commit, of their own or of
    /// others: no command runs that only the repository itself names.
    Look,
    /// As `Look`, at all that a repository holds, which may then have to be cleaned.
    Audit,
}

impl<'a> Session<'a> {
    pub(super) fn load(
        process: &Process<'_>,
        repository: &RepositoryPool,
        shared: &'a Shared,
        purpose: Purpose,
    ) -> Result<Self, Failure> {
        let baseline = match &shared.baseline {
            Some(path) => {
                super::baseline::must_be_there(path)?;
                BaselineChoice::File(path.clone())
            }
            None => BaselineChoice::OfRepository,
        };
        Session::load_with(process, repository, shared, purpose, baseline)
    }

    /// As [`load`](Self::load), with a baseline of the caller's choice.
    pub(super) fn load_with(
        process: &Process<'_>,
        repository: &RepositoryPool,
        shared: &'a Shared,
        purpose: Purpose,
        baseline: BaselineChoice,
    ) -> Result<Self, Failure> {
        shared.check_files()?;
        let request = Request {
            config: shared.config.clone(),
            rules: shared.rule.clone(),
            threads: usize::from(shared.threads),
            max_object_bytes: shared.max_object_bytes,
            providers: match purpose {
                Purpose::Hook => Providers::All,
                Purpose::Look | Purpose::Audit => Providers::NotOfRepository,
            },
            now: process.now,
            baseline,
        };
        let scanner = Scanner::load(repository, &request)?;
        if purpose != Purpose::Hook {
            scanner.check_baseline();
        }
        let step_summary = process.environment.get_filled(STEP_SUMMARY_VARIABLE);
        Ok(Session {
            scanner: ManuallyDrop::new(scanner),
            shared,
            purpose,
            is_plain: is_plain(&process.environment),
            to_do: None,
            started: process.now,
            step_summary: step_summary
                .filter(|_| shared.reports_as(FormatArg::Github))
                .map(PathBuf::from),
        })
    }

    /// Has a report for people begin with what to do now.
    pub(super) fn with_to_do(self, to_do: &'static str) -> Self {
        Session { to_do: Some(to_do), ..self }
    }

    /// Whether the report on a stream is for people.
    pub(super) fn is_for_people(&self) -> bool {
        self.shared.format == FormatArg::Text && self.shared.output.is_none()
    }

    /// Looks for the user's own credentials, too. In a job of CI, where the credentials are those of the job, only
    /// if it is told to.
    pub(super) fn knowing(mut self, process: &Process<'_>, is_told: bool) -> Self {
        if is_told || !is_job(&process.environment) {
            let scanner = ManuallyDrop::into_inner(self.scanner);
            self.scanner = ManuallyDrop::new(scanner.with_known_values());
        }
        self
    }

    /// Reports an outcome and returns the exit status.
    pub(super) fn finish(
        &self,
        outcome: &Outcome,
        streams: &mut Streams<'_>,
    ) -> Result<u8, Failure> {
        let status = outcome.status();
        // If the cache cannot be written, `tightlip allow` reports it.
        let _ = last::note(self.scanner.repository(), &outcome.findings);
        if self.shared.output.is_none() {
            self.write_stream(outcome, streams)?;
        }
        let failures = self.write_files(outcome);
        if self.shared.format == FormatArg::Text || self.shared.verbose > 0 {
            let options = self.options_on(streams.err_is_terminal, streams.err_width);
            closed_is_fine(report::render_receipt(outcome, options, streams.err))?;
        } else if status == Status::Incomplete {
            closed_is_fine(writeln!(streams.err, "tightlip: incomplete; see the report"))?;
        }
        if !self.shared.quiet {
            // A hook that found nothing is silent.
            let may_look = self.purpose != Purpose::Hook && self.shared.config.is_none();
            let unread = if may_look { self.scanner.unread_files() } else { None };
            let left_out = self.left_out(outcome);
            let uncommitted = self.scanner.uncommitted(outcome);
            let said = unread.iter().chain(&left_out).chain(&uncommitted);
            for warning in self.scanner.warnings().iter().chain(said) {
                let line = wrap(&format!("tightlip: {warning}"), streams.err_width, "", "  ");
                closed_is_fine(writeln!(streams.err, "{line}"))?;
            }
        }
        if failures.is_empty() { Ok(status.code()) } else { Err(failures.join("; ").into()) }
    }

    /// Writes the report that goes to a stream.
    fn write_stream(&self, outcome: &Outcome, streams: &mut Streams<'_>) -> io::Result<()> {
        // Git does not show the standard output of every hook, so findings go to standard error.
        let (out, is_terminal, width) = if self.purpose == Purpose::Hook {
            (&mut *streams.err, streams.err_is_terminal, streams.err_width)
        } else {
            (&mut *streams.out, streams.out_is_terminal, streams.out_width)
        };
        let mut out = BufWriter::new(out);
        let options = self.options_on(is_terminal, width);
        closed_is_fine(report::render(outcome, options, &mut out))?;
        closed_is_fine(out.flush())
    }

    /// Writes every report that goes to a file, and returns why one could not be written: the others are
    /// written all the same.
    fn write_files(&self, outcome: &Outcome) -> Vec<String> {
        let mut failures = Vec::new();
        for (format, path) in self.shared.files() {
            let options = self.report_options(format, false);
            let done = write_file(path, |out| report::render(outcome, options, out));
            failures.extend(done.err());
        }
        if let Some(path) = &self.step_summary {
            let options = self.report_options(FormatArg::Github, false);
            let done = add_summary(path, |max_bytes, out| {
                report::render_summary(outcome, options, max_bytes, out)
            });
            failures.extend(done.err());
        }
        failures
    }

    /// Returns what the requested formats leave out.
    fn left_out(&self, outcome: &Outcome) -> Option<String> {
        let is_asked_for = self.shared.reports_as(FormatArg::Eventbridge);
        let options = self.report_options(FormatArg::Eventbridge, false);
        report::left_out(outcome, options).filter(|_| is_asked_for)
    }

    /// How the report on a stream is written.
    fn options_on(&self, is_terminal: bool, width: Option<usize>) -> ReportOptions {
        ReportOptions { width, ..self.report_options(self.shared.format, is_terminal) }
    }

    fn report_options(&self, format: FormatArg, is_terminal: bool) -> ReportOptions {
        let color = match self.shared.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => is_terminal && !self.is_plain,
        };
        ReportOptions {
            format: format.into(),
            reveal: self.shared.reveal,
            color,
            verbose: self.shared.verbose > 0,
            recipe: self.purpose == Purpose::Audit,
            how_to_allow: self.scanner.repository().location().root().is_some(),
            receipt: !self.shared.quiet
                && (self.purpose != Purpose::Hook || self.shared.verbose > 0),
            to_do: self.to_do,
            width: None,
            started: self.started,
            unpushed: self.shared.unpushed,
        }
    }
}

/// Whether the user wants no colours on any terminal (<https://no-color.org>, <https://bixense.com/clicolors>),
/// or the terminal has none: one that is not named has none either.
fn is_plain(environment: &Environment) -> bool {
    environment.get_filled("NO_COLOR").is_some()
        || environment.get("CLICOLOR").is_some_and(|wanted| wanted == "0")
        || environment.get_filled("TERM").is_none_or(|term| term == "dumb")
}

fn closed_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
