//! `tightlip why`: what each stage said about one line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::session::{Purpose, Session};
use super::{Failure, Process, Shared};
use tightlip::engine::explain::{Cause, Dropped, Explanation, Judgement, Step, Tried};
use tightlip::engine::{Encoding, Engine, Match};
use tightlip::file;
use tightlip::finding::{Finding, Outcome, Place, Redactor, Secret};
use tightlip::git::{MAX_OBJECT_BYTES, RepositoryPool};
use tightlip::report::masked;
use tightlip::rule::Confidence;
use tightlip::source::{Worktree, WorktreeOptions};
use tightlip::text::count::count;
use tightlip::text::escape::{escape, escape_path};
use tightlip::text::lines::line_at;

/// Tell what each stage said about a line, and why it is reported or not
///
/// Reads the file as it is in the working tree; every line of it counts as new. Exit status: 0 whatever the
/// verdict, 2 if the file or the line cannot be read.
#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// The line; a column behind it, as in reports, is passed over
    #[arg(value_name = "FILE:LINE")]
    place: OsString,
}

/// How many features of a judgement are shown.
const SHOWN_FEATURES: usize = 6;

pub(super) fn run(
    args: &WhyArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let (path, number) = file_and_line(&args.place)?;
    let shown = escape_path(&path).to_string();
    let repository = process.repository();
    let session = Session::load(process, &repository, shared, Purpose::Look)?;
    let session = session.knowing(process, false);
    let most = shared.max_object_bytes.unwrap_or(MAX_OBJECT_BYTES);
    let bytes =
        file::read(&path, most).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let line = line_at(&bytes, number).map_err(|lines| {
        let lines = count(lines, "line");
        format!("cannot explain `{shown}:{number}`: the file has {lines}, counted from 1")
    })?;
    let scanner = &session.scanner;
    let engine = scanner.engine();
    let said = engine.explain(&bytes, line.clone());
    let outcome = scanner.scan(&source(&repository, &path));
    let out = &mut *process.streams.out;
    writeln!(out, "{}:{number}, {} bytes", masked(&shown), line.len())?;
    let words = Words {
        engine,
        least: scanner.min_confidence(),
        redactor: redactor(&said, &bytes[line.clone()]),
        line_start: line.start,
        reveal: shared.reveal,
    };
    words.tell_stages(&said, out)?;
    words.tell_verdict(&said, &outcome, number, out)?;
    Ok(0)
}

/// Parses `FILE:LINE` or `FILE:LINE:COLUMN`.
fn file_and_line(place: &OsString) -> Result<(PathBuf, u64), Failure> {
    let split = |text: &OsString| -> Option<(OsString, u64)> {
        let (file, number) = text.to_str()?.rsplit_once(':')?;
        Some((file.into(), number.parse().ok()?))
    };
    let (file, number) = split(place).ok_or_else(|| {
        let shown = escape(place.as_encoded_bytes());
        format!("cannot explain `{shown}`: it is not FILE:LINE, such as src/config.py:12")
    })?;
    // A file may have a colon and a number in its name.
    match split(&file).filter(|_| !Path::new(&file).exists()) {
        Some((file, line)) => Ok((file.into(), line)),
        None => Ok((file.into(), number)),
    }
}

/// The file by its path from the repository's root, as a hook would see it.
fn source(repository: &RepositoryPool, path: &Path) -> Worktree {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let place = folder.canonicalize().ok().zip(path.file_name());
    let place = place.map_or_else(|| path.to_owned(), |(folder, name)| folder.join(name));
    let root = repository.location().root().and_then(|root| root.canonicalize().ok());
    let root = root.filter(|root| place.starts_with(root));
    let paths = vec![if root.is_some() { place } else { path.to_owned() }];
    Worktree::new(WorktreeOptions {
        named_from: root.unwrap_or_default(),
        archives: None,
        ..WorktreeOptions::everything(paths, Place::Worktree, 1)
    })
}

/// Whether part of a name may be a token that no rule recognises: a long run of letters and digits.
fn may_hold_token(name: &[u8]) -> bool {
    let is_token = |run: &[u8]| {
        run.len() >= 12 && run.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2
    };
    name.split(|byte| !byte.is_ascii_alphanumeric()).any(is_token)
}

/// Masks whatever any rule takes for a secret on the line, of rules that are off, too.
fn redactor(said: &Explanation, line: &[u8]) -> Redactor {
    let all = Engine::of_all_rules();
    let mut secrets: Vec<Secret> =
        all.scan(line).list.into_iter().map(|found| Secret::new(found.text)).collect();
    let decoded = said.decoded.iter().flat_map(|(_, tried)| tried);
    secrets
        .extend(said.tried.iter().chain(decoded).filter_map(|tried| tried.step.secret().cloned()));
    secrets.extend(said.matches.iter().map(|found| Secret::new(found.text.clone())));
    Redactor::new(secrets.iter())
}

/// Puts what the stages said into words.
struct Words<'a> {
    engine: &'a Engine,
    least: Confidence,
    redactor: Redactor,
    line_start: usize,
    reveal: bool,
}

impl Words<'_> {
    fn tell_stages(&self, said: &Explanation, out: &mut dyn Write) -> io::Result<()> {
        self.tell_keywords(&said.tried, out)?;
        self.tell_tried(&said.tried, "", out)?;
        if said.everywhere > 0 {
            writeln!(
                out,
                "  rules: {} without a keyword were tried, too; those that are not named do not match",
                said.everywhere
            )?;
        }
        if said.decoded.is_empty() {
            writeln!(out, "  decoders: nothing here is encoded in a way that is decoded")?;
        }
        for (encodings, tried) in &said.decoded {
            let names: Vec<&str> = encodings.iter().copied().map(Encoding::name).collect();
            let names = names.join(", in it ");
            match tried.is_empty() {
                true => writeln!(out, "  decoders: {names}; no keyword is in it")?,
                false => writeln!(out, "  decoders: {names}")?,
            }
            self.tell_tried(tried, "  ", out)?;
        }
        Ok(())
    }

    /// The first stage: which keywords stand on the line.
    fn tell_keywords(&self, tried: &[Tried], out: &mut dyn Write) -> io::Result<()> {
        let mut told: Vec<(&[u8], usize)> = Vec::new();
        for one in tried {
            if let Cause::Keyword { keyword, at } = &one.cause
                && !told.contains(&(keyword, *at))
            {
                told.push((keyword, *at));
            }
        }
        told.sort_by_key(|(_, at)| *at);
        if told.is_empty() {
            return writeln!(
                out,
                "  keywords: none of any rule is here, so no rule with keywords was tried"
            );
        }
        for (keyword, at) in told {
            let place = self.place(at);
            writeln!(out, "  keywords: `{}` {place}", escape(keyword))?;
        }
        Ok(())
    }

    /// Where an offset stands, seen from the line.
    fn place(&self, at: usize) -> String {
        match at.checked_sub(self.line_start) {
            Some(column) => format!("at column {}", column + 1),
            None => "on a line before".to_owned(),
        }
    }

    fn tell_tried(&self, tried: &[Tried], indent: &str, out: &mut dyn Write) -> io::Result<()> {
        for one in tried {
            let rule = self.id(one.rule);
            let cause = match &one.cause {
                Cause::Keyword { keyword, .. } => format!("`{}`", escape(keyword)),
                Cause::Near(other) => format!("near {}", self.id(*other)),
                Cause::Always => "without a keyword".to_owned(),
            };
            let step = self.step(&one.step);
            writeln!(out, "{indent}  {}: {rule} ({cause}): {step}", stage(&one.step))?;
        }
        Ok(())
    }

    fn id(&self, rule: usize) -> String {
        escape(self.engine.rules().all()[rule].id.as_bytes()).into_owned()
    }

    fn shown(&self, secret: &Secret) -> String {
        match self.reveal {
            true => escape(secret.expose()).into_owned(),
            false => secret.redacted(),
        }
    }

    fn name(&self, name: &[u8]) -> String {
        match self.reveal {
            true => escape(name).into_owned(),
            false if may_hold_token(name) => Secret::new(name).redacted(),
            false => escape(&self.redactor.redact(name)).into_owned(),
        }
    }

    fn step(&self, step: &Step) -> String {
        match step {
            Step::Off => "the rule is switched off".to_owned(),
            Step::NoMatch => "its pattern does not match here".to_owned(),
            Step::NoValue => {
                "no value is assigned to a name with this word: it may be a call, a variable, prose or \
                 part of another word"
                    .to_owned()
            }
            Step::Implausible(name, secret, reason) => {
                let (name, secret) = (self.name(name), self.shown(secret));
                format!("`{name}` has the value {secret}, which {reason}")
            }
            Step::OtherForm(name, secret) => {
                let (name, secret) = (self.name(name), self.shown(secret));
                format!("`{name}` has the value {secret}, which has not the form of the rule's pattern")
            }
            Step::Judged(name, secret, judgement) => {
                let (name, secret) = (self.name(name), self.shown(secret));
                format!("`{name}` has the value {secret}; {}", self.judgement(judgement))
            }
            Step::Dropped(secret, by) => {
                format!("it matches {}, and {}", self.shown(secret), dropped_by(by))
            }
            Step::Matched(secret, confidence) => {
                format!("it matches {}, confidence {}", self.shown(secret), confidence.name())
            }
        }
    }

    fn judgement(&self, judgement: &Judgement) -> String {
        let Judgement { probability, reasons, is_weak, confidence } = judgement;
        let features: Vec<String> = reasons
            .iter()
            .filter(|(_, weight)| *weight != 0)
            .take(SHOWN_FEATURES)
            .map(|(name, weight)| format!("{name} {:+.2}", *weight as f32 / 100.))
            .collect();
        let means = match confidence {
            None => "which is too low for a secret".to_owned(),
            Some(_) if *is_weak => "but everybody knows the word: confidence low".to_owned(),
            Some(confidence) => format!("confidence {}", confidence.name()),
        };
        let cut = match confidence {
            Some(confidence) if *confidence < self.least => {
                format!(", below min_confidence ({})", self.least.name())
            }
            _ => String::new(),
        };
        let features = features.join(", ");
        format!("probability {probability:.2}, {means}{cut}; strongest features: {features}")
    }

    /// The result for each match, and for the line.
    fn tell_verdict(
        &self,
        said: &Explanation,
        outcome: &Outcome,
        number: u64,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let is_here = |finding: &&Finding| {
            let (start, end) = (finding.location.start.line, finding.location.end.line);
            let related = finding.related.as_ref().is_some_and(|other| other.start.line == number);
            (start..=end).contains(&number) || related
        };
        let findings: Vec<&Finding> = outcome.findings.iter().filter(is_here).collect();
        for found in &said.matches {
            let fate = self.fate(found, &findings, outcome);
            let secret = self.shown(&Secret::new(found.text.clone()));
            writeln!(out, "  decision: {} {secret}: {fate}", self.id(found.rule))?;
        }
        for skipped in &outcome.skipped {
            writeln!(out, "  left out: {}", escape(skipped.reason.as_bytes()))?;
        }
        if findings.is_empty() {
            let because = match said.matches.is_empty() {
                true => "no rule finds a secret of enough confidence on this line",
                false => "see the decisions above",
            };
            return writeln!(out, "verdict: not reported; {because}");
        }
        let ids: Vec<String> = findings
            .iter()
            .map(|finding| {
                let id = escape(finding.rule.as_bytes());
                format!("{id} ({}, {})", finding.confidence.name(), finding.fingerprint)
            })
            .collect();
        writeln!(out, "verdict: reported by {}", ids.join(", "))
    }

    fn fate(&self, found: &Match, findings: &[&Finding], outcome: &Outcome) -> String {
        let id = &self.engine.rules().all()[found.rule].id;
        let is_it =
            |finding: &Finding| finding.rule == *id && *finding.secret.expose() == *found.text;
        if findings.iter().any(|finding| is_it(finding)) {
            return "reported".to_owned();
        }
        if let Some(hidden) = outcome.suppressed.iter().find(|hidden| is_it(&hidden.finding)) {
            return format!("not reported: {}", escape(hidden.reason.as_bytes()));
        }
        if found.confidence < self.least {
            let (own, least) = (found.confidence.name(), self.least.name());
            return format!(
                "not reported: its confidence is {own}, below min_confidence ({least})"
            );
        }
        let has_half = |finding: &&&Finding| {
            let related = finding.related.as_ref();
            related.is_some_and(|other| *other.secret.expose() == *found.text)
        };
        if let Some(finding) = findings.iter().find(has_half) {
            return format!("reported with {}, as the other half of one credential", finding.rule);
        }
        match findings.first() {
            Some(finding) => format!("not reported by itself: {} covers it", finding.rule),
            None => {
                "not reported: a surer match has the same bytes, or the file is left out".to_owned()
            }
        }
    }
}

/// The stage in which a step ended.
const fn stage(step: &Step) -> &'static str {
    match step {
        Step::NoValue | Step::Implausible(..) => "grammar",
        Step::Judged(..) => "judge",
        Step::Dropped(..) => "checks",
        Step::Off | Step::NoMatch | Step::OtherForm(..) | Step::Matched(..) => "rules",
    }
}

fn dropped_by(by: &Dropped) -> String {
    match by {
        Dropped::Empty => "there is nothing in it".to_owned(),
        Dropped::Entropy { bits, least } => {
            format!("it has {bits:.1} bits a byte, and the rule asks for {least:.1}")
        }
        Dropped::StopWord(word) => {
            format!("the stop word `{}` in it drops it", escape(word.as_bytes()))
        }
        Dropped::Check(name) => format!("the check `{}` drops it", escape(name.as_bytes())),
    }
}
