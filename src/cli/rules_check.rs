//! `tightlip rules check`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::session::{Purpose, Session};
use super::{Failure, FormatArg, INCOMPLETE, Process, Shared};
use tightlip::engine::Engine;
use tightlip::engine::lint::{Cost, Problem, Severity, expensive, lint};
use tightlip::finding::{Place, Progress, Skipped};
use tightlip::git::RepositoryPool;
use tightlip::report::masked;
use tightlip::rule::RuleSet;
use tightlip::setup::Config;
use tightlip::source::{Reader, Source as _, Worktree, WorktreeOptions};
use tightlip::text::escape::escape;

/// Check every rule and allow entry: examples, keywords, limits, overlaps, cost
///
/// Errors: an example that does not come out as the rule says; two rules of one file with the same id.
/// Warnings: no or weak keywords, a pattern without an upper bound, no example, an example that another rule
/// matches, too, and, with --sample, a rule that looks at too much of it. Forms: text and json. Exit status: 0
/// without errors, 1 with one (or, with --strict, a warning), 2 if something could not be read or understood.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Exit with 1 for warnings, too
    #[arg(long)]
    strict: bool,
    /// Tell what each rule costs on the files in PATH; may be given again
    #[arg(long, value_name = "PATH")]
    sample: Vec<PathBuf>,
}

/// How many rules are listed with their cost, the most expensive first.
const SHOWN_COSTS: usize = 20;

pub(super) fn run(
    args: &CheckArgs,
    shared: &Shared,
    process: &mut Process<'_>,
    config: &Config,
    rules: RuleSet,
) -> Result<u8, Failure> {
    if !matches!(shared.format, FormatArg::Text | FormatArg::Json) {
        return Err("cannot write the check in this form: it can be text or json".into());
    }
    // A session finds every mistake in a config file that a scan would find.
    Session::load(process, &process.repository(), shared, Purpose::Look)?;
    let mut problems = duplicates(config);
    problems.extend(lint(rules.clone())?);
    let sample = match args.sample.is_empty() {
        true => None,
        false => {
            let engine = Engine::new(rules.clone(), process.now)?;
            Some(Sample::read(args, shared, engine, &process.repository())?)
        }
    };
    if let Some(sample) = &sample {
        problems.extend(expensive(&rules, &sample.costs, sample.bytes));
    }
    problems.sort_by_key(|problem| problem.severity);
    let out = &mut *process.streams.out;
    if shared.format == FormatArg::Json {
        writeln!(out, "{:#}", to_json(&rules, &problems, sample.as_ref()))?;
    } else {
        tell(&rules, &problems, sample.as_ref(), out)?;
    }
    let fails = |problem: &Problem| args.strict || problem.severity == Severity::Error;
    let is_incomplete =
        sample.is_some_and(|sample| sample.skipped.iter().any(Skipped::is_incomplete));
    Ok(if is_incomplete { INCOMPLETE } else { u8::from(problems.iter().any(fails)) })
}

/// Two rules of one file with one id: the second changes the first, which nobody means.
fn duplicates(config: &Config) -> Vec<Problem> {
    let problem = |(id, first, second): (String, String, String)| Problem {
        severity: Severity::Error,
        kind: "duplicate-id",
        message: format!(
            "the same file has a rule with this id at {first}; give one of them another id, or make \
             them one"
        ),
        rule: id,
        origin: second,
    };
    config.duplicate_rules().into_iter().map(problem).collect()
}

/// What the rules cost on files.
struct Sample {
    bytes: u64,
    costs: Vec<Cost>,
    skipped: Vec<Skipped>,
}

impl Sample {
    fn read(
        args: &CheckArgs,
        shared: &Shared,
        engine: Engine,
        repository: &RepositoryPool,
    ) -> Result<Self, Failure> {
        let paths = args.sample.clone();
        let threads = usize::from(shared.threads);
        let source = Worktree::new(WorktreeOptions {
            honour_ignore_files: true,
            global_ignore: repository.excludes_file(),
            archives: None,
            ..WorktreeOptions::everything(paths, Place::Worktree, threads)
        });
        let listing = source.list(&Progress::default())?;
        let mut reader = Reader::new(&listing.reader);
        let costs = vec![Cost::default(); engine.rules().all().len()];
        let mut sample = Sample { bytes: 0, costs, skipped: listing.skipped };
        for unit in listing.units.iter().filter(|unit| unit.origin.place == Place::Worktree) {
            let read = reader.read(unit, &mut |fragment| {
                sample.bytes += (fragment.own.1 - fragment.own.0) as u64;
                engine.add_costs(fragment.bytes, &mut sample.costs);
            });
            sample.skipped.extend(read.err().map(|error| error.skip(&unit.origin.path)));
        }
        Ok(sample)
    }

    /// The rules with a cost, the most expensive first.
    fn ranked<'a>(&'a self, rules: &'a RuleSet) -> Vec<(&'a str, &'a Cost)> {
        let ids = rules.all().iter().map(|rule| &*rule.id);
        let mut ranked: Vec<_> = ids.zip(&self.costs).filter(|(_, cost)| cost.bytes > 0).collect();
        ranked.sort_by_key(|(id, cost)| (std::cmp::Reverse((cost.bytes, cost.hits)), *id));
        ranked
    }
}

fn tell(
    rules: &RuleSet,
    problems: &[Problem],
    sample: Option<&Sample>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for Problem { severity, kind, rule, origin, message } in problems {
        let line = format!("{origin}: {} [{kind}]: rule `{rule}`: {message}", severity.name());
        writeln!(out, "{}", escape(masked(&line).as_bytes()))?;
    }
    if let Some(sample) = sample {
        writeln!(
            out,
            "cost on {} bytes, of the {SHOWN_COSTS} most expensive rules:",
            sample.bytes
        )?;
        writeln!(
            out,
            "  {:<44} {:>10} {:>12} {:>9} {:>10}",
            "rule", "hits", "bytes", "matches", "time"
        )?;
        for (id, cost) in sample.ranked(rules).into_iter().take(SHOWN_COSTS) {
            let Cost { hits, bytes, matches, time } = cost;
            let millis = time.as_secs_f64() * 1000.;
            writeln!(out, "  {id:<44} {hits:>10} {bytes:>12} {matches:>9} {millis:>7.1} ms")?;
        }
        for skipped in &sample.skipped {
            let line = [&skipped.path, &b": left out: "[..], skipped.reason.as_bytes()].concat();
            writeln!(out, "{}", escape(&line))?;
        }
    }
    let count = |wanted| problems.iter().filter(|problem| problem.severity == wanted).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    writeln!(out, "{} rules, {errors} errors, {warnings} warnings", rules.all().len())
}

fn to_json(rules: &RuleSet, problems: &[Problem], sample: Option<&Sample>) -> Value {
    let problem = |Problem { severity, kind, rule, origin, message }: &Problem| {
        json!({
            "severity": severity.name(),
            "kind": kind,
            "rule": rule,
            "origin": origin,
            "message": message,
        })
    };
    let problems: Vec<Value> = problems.iter().map(problem).collect();
    let mut document = json!({ "rules": rules.all().len(), "problems": problems });
    if let Some(sample) = sample {
        let costs: Vec<Value> = sample
            .ranked(rules)
            .into_iter()
            .map(|(id, Cost { hits, bytes, matches, time })| {
                let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
                json!({ "rule": id, "hits": hits, "bytes": bytes, "matches": matches, "micros": micros })
            })
            .collect();
        let left_out = |skipped: &Skipped| {
            let path = String::from_utf8_lossy(&skipped.path);
            json!({ "path": path, "kind": skipped.kind.name(), "reason": skipped.reason })
        };
        let skipped: Vec<Value> = sample.skipped.iter().map(left_out).collect();
        document["sample"] = json!({ "bytes": sample.bytes, "costs": costs, "skipped": skipped });
    }
    document
}
