//! Source to engine to findings.
//!
//! Workers take units in turn, each with a reader of its own; what they find is put in order
//! afterwards, so one thread and many give the same bytes. Nothing here prints, and nothing
//! here knows a flag or a format.

mod halves;
mod history;
mod judge;
mod maker;
mod masker;
mod occurrences;
mod past;
mod record;
mod sieve;
#[cfg(test)]
mod tests;
mod translation;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use halves::Collected;
pub use history::Scan;
use judge::needs_all;
use masker::Masker;
use past::Past;
use rayon::ThreadPoolBuilder;
pub use record::Record;
pub use sieve::EngineSieve;

use crate::engine::{Engine, Match, Matches};
use crate::finding::{
    Finding, Occurrence, Outcome, Place, Progress, Secret, SkipKind, Skipped, Suppressed,
};
use crate::git::Added;
use crate::rule::{Confidence, Text};
use crate::source::{Listing, Older, Reader, Seen, SeenPart, Source, SourceError, Unit};
use crate::suppress::{Allowlist, LeftOut};
use crate::text::fragment::Fragment;
use crate::text::lines::{Locator, Position};

/// How to scan.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many threads; 0 for one a core.
    pub threads: usize,
    /// Findings that are less sure than this are left out.
    pub min_confidence: Confidence,
    /// How lines are counted and shown.
    pub lines: Lines,
}

/// How lines are counted and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// LF, CRLF and a lone CR end a line; of a line, what is around a secret is kept.
    Around,
    /// Only LF ends a line, as for grep, and the whole line is kept, unless it is very long.
    Whole,
}

impl Lines {
    /// Returns a locator for the bytes of a fragment.
    fn locator(self, fragment: Fragment<'_>) -> Locator<'_> {
        match self {
            Lines::Around => Locator::new(fragment.bytes, fragment.first),
            Lines::Whole => Locator::by_lf(fragment.bytes, fragment.first),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Options { threads: 0, min_confidence: Confidence::Low, lines: Lines::Around }
    }
}

/// Inputs up to this size, in all, are read by the calling thread: starting others takes longer.
const PARALLEL_FROM_BYTES: u64 = 1 << 20;

/// As many units are worth more than one thread, whatever is known of their sizes.
const PARALLEL_FROM_UNITS: usize = 200;

/// Scans everything that `source` lists.
///
/// # Errors
/// The source cannot be listed. A unit that cannot be read is no error here: it is
/// named in the outcome, whose status is then incomplete.
pub fn run(
    source: &dyn Source,
    engine: &Engine,
    allowlist: &Allowlist,
    options: Options,
    progress: &Progress,
) -> Result<Outcome, SourceError> {
    let mut take = Collected::default();
    let outcome = scan_all(source, engine, allowlist, options, progress, &mut take)?;
    let findings = take.linked(engine);
    Ok(Outcome { findings, ..outcome })
}

/// A finding on its way to the report.
struct Taken<'a> {
    finding: Finding,
    /// How long a history holds it.
    occurrence: Option<&'a Arc<Occurrence>>,
    /// The unit that it was found in, and its place among what was found there.
    part: Part,
}

/// The number of a unit, and of a finding in it.
type Part = (u32, u32);

/// Takes findings in report order.
trait Take {
    fn finding(&mut self, taken: Taken<'_>);

    /// Takes what is too unsure to be reported, unless its other half is found in another file. It comes behind the
    /// findings of its unit.
    fn guessed(&mut self, _guess: Finding) {}

    /// Takes note of what is listed, before anything is read, and of all that is left out of it.
    fn listed(&mut self, _listing: &Listing, _skipped: &[Skipped]) {}

    /// Takes note that there is more to say of a unit than its findings.
    fn remarked(&mut self, _unit: u32) {}
}

impl<F: FnMut(Taken<'_>)> Take for F {
    fn finding(&mut self, taken: Taken<'_>) {
        self(taken);
    }
}

/// As [`run`], but hands the findings to `take` as they come: a history may have more than memory holds.
fn scan_all(
    source: &dyn Source,
    engine: &Engine,
    allowlist: &Allowlist,
    options: Options,
    progress: &Progress,
    take: &mut dyn Take,
) -> Result<Outcome, SourceError> {
    let started = Instant::now();
    let mut listing = source.list(progress)?;
    let skipped = leave_out(&mut listing, allowlist);
    take.listed(&listing, &skipped);
    let masker = Masker::default();
    let job = Job { engine, allowlist, options, progress, listing: &listing, masker: &masker };
    let mut outcome = Outcome { skipped, ..Outcome::default() };
    outcome.summary.commits = listing.commits;
    outcome.summary.rules = engine.rules().enabled_count() as u64;
    job.run(threads_for(&listing.units, options.threads), &mut |mut result: UnitResult| {
        let known = listing.units[result.index].occurrence.as_ref();
        let unit = result.index as u32;
        for (number, finding) in (0..).zip(result.findings.drain(..)) {
            take.finding(Taken { finding, occurrence: known, part: (unit, number) });
        }
        result.guesses.drain(..).for_each(|guess| take.guessed(guess));
        if result.has_remarks() {
            take.remarked(unit);
        }
        result.add_to(&mut outcome);
    });
    if progress.is_stopped() {
        let reason = "interrupted: what was found so far is reported, the rest was not read";
        outcome.skipped.push(Skipped::new(SkipKind::Interrupted, b"", reason));
    }
    if let Some(error) = allowlist.failure() {
        outcome.skipped.push(Skipped::new(SkipKind::Damaged, b"", error.to_string()));
    }
    if let Some(blobs) = listing.blobs {
        // The units have been read before, with all the rest.
        (outcome.summary.blobs, outcome.summary.bytes) = (blobs, listing.bytes);
    }
    outcome.summary.elapsed = started.elapsed();
    Ok(outcome)
}

/// Takes what is not looked at out of a listing: by `--path` and `--exclude`, and by paths that are allowed as a whole.
/// Returns what was skipped, with what was so before.
fn leave_out(listing: &mut Listing, allowlist: &Allowlist) -> Vec<Skipped> {
    let mut skipped = std::mem::take(&mut listing.skipped);
    let mut left_out = LeftOut::default();
    let paths = allowlist.paths();
    listing.units.retain(|unit| !paths.leaves_out(&unit.origin, &mut left_out));
    skipped.extend(paths.say(&left_out, listing.blobs.is_some()));
    listing.units.retain(|unit| {
        let is_file = unit.origin.place.is_file();
        let reason = is_file.then(|| allowlist.whole_path(&unit.origin.path)).flatten();
        skipped.extend(reason.as_ref().map(|reason| {
            let reason = format!("its path is allowed: {reason}");
            Skipped::new(SkipKind::AllowedPath, &unit.origin.path, reason)
        }));
        reason.is_none()
    });
    skipped
}

fn threads_for(units: &[Unit], wanted: usize) -> usize {
    let bytes: u64 = units.iter().map(|unit| unit.size_hint).sum();
    if units.len() < PARALLEL_FROM_UNITS && bytes < PARALLEL_FROM_BYTES {
        return 1;
    }
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if wanted == 0 { cores() } else { wanted };
    threads.min(units.len()).max(1)
}

/// What one unit came to.
#[derive(Debug, Default)]
struct UnitResult {
    index: usize,
    findings: Vec<Finding>,
    /// What only its other half would make sure, which may stand in another file.
    guesses: Vec<Finding>,
    suppressed: Vec<Suppressed>,
    skipped: Vec<Skipped>,
    bytes: u64,
    older: u64,
    is_blob: bool,
}

impl UnitResult {
    /// Drops what was found in an archive's own bytes and in a member: those of a member that is
    /// not compressed are both.
    fn raw_copies_out(&mut self) {
        let is_member = |finding: &Finding| finding.is_in_member;
        let key = |finding: &Finding| (finding.rule.clone(), finding.secret.clone());
        let members: HashSet<(Text, Secret)> =
            self.findings.iter().filter(|finding| is_member(finding)).map(key).collect();
        if !members.is_empty() {
            self.findings.retain(|finding| is_member(finding) || !members.contains(&key(finding)));
        }
    }

    fn has_remarks(&self) -> bool {
        !self.suppressed.is_empty() || !self.skipped.is_empty() || self.older > 0
    }

    /// Adds all but the findings.
    fn add_to(self, outcome: &mut Outcome) {
        outcome.suppressed.extend(self.suppressed);
        outcome.skipped.extend(self.skipped);
        outcome.summary.bytes += self.bytes;
        outcome.summary.blobs += u64::from(self.is_blob);
        outcome.summary.older += self.older;
    }
}

struct Job<'a> {
    engine: &'a Engine,
    allowlist: &'a Allowlist,
    options: Options,
    progress: &'a Progress,
    listing: &'a Listing,
    masker: &'a Masker,
}

/// So many units a thread are scanned before what they came to is handed on.
const BATCH_UNITS: usize = 64;

impl Job<'_> {
    /// Reads every unit and hands on what it came to, in the order of the units.
    fn run(&self, threads: usize, take: &mut dyn FnMut(UnitResult)) {
        let pool = match threads {
            1 => None,
            // Where the system gives no more threads, this one does all the work.
            threads => ThreadPoolBuilder::new().num_threads(threads).build().ok(),
        };
        let readers: Vec<Mutex<Reader>> =
            (0..threads).map(|_| Mutex::new(Reader::new(&self.listing.reader))).collect();
        let count = self.listing.units.len();
        for start in (0..count).step_by(BATCH_UNITS * threads) {
            let next = AtomicUsize::new(start);
            let end = count.min(start + BATCH_UNITS * threads);
            let work = |thread: usize| {
                let mut reader = readers[thread].lock().unwrap_or_else(PoisonError::into_inner);
                self.work(&next, end, &mut reader)
            };
            let mut results: Vec<UnitResult> = match &pool {
                None => work(0),
                Some(pool) => {
                    pool.broadcast(|context| work(context.index())).into_iter().flatten().collect()
                }
            };
            results.sort_by_key(|result| result.index);
            results.into_iter().for_each(&mut *take);
        }
    }

    /// One worker: takes units until there are no more before `end`.
    fn work(&self, next: &AtomicUsize, end: usize, reader: &mut Reader) -> Vec<UnitResult> {
        let mut results: Vec<UnitResult> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= end || self.progress.is_stopped() {
                return results;
            }
            results.push(self.unit(index, &self.listing.units[index], reader));
        }
    }

    fn unit(&self, index: usize, unit: &Unit, reader: &mut Reader) -> UnitResult {
        let place = unit.origin.place;
        let is_blob = place.is_file() || place.is_echo() || place == Place::Stdin;
        let mut result = UnitResult { index, is_blob, ..UnitResult::default() };
        if let Some(seen) = unit.seen.as_ref().filter(|_| !needs_all(unit)) {
            self.judge_seen(unit, seen, &mut result);
            return result;
        }
        let mut hits: Vec<Hits<'_>> = Vec::new();
        let mut cut = false;
        let mut unread = false;
        let has_older = unit.has_older();
        let read = reader.read(unit, &mut |fragment| {
            result.bytes += (fragment.own.1 - fragment.own.0) as u64;
            let mut matches = self.engine.scan(fragment.bytes);
            unread |= matches.unread;
            if matches.list.is_empty() && !matches.cut {
                return;
            }
            Hits::own_only(&mut matches, fragment.own);
            let Fragment { bytes, first, own, member } = fragment;
            let found = Hits { bytes: bytes.into(), first, own, member: member.into(), matches };
            if has_older {
                // The reader has the older version, too.
                hits.push(found.into_owned());
            } else {
                cut |= found.matches.cut;
                self.judge(unit, &found, &mut Past::none(), &mut result);
            }
        });
        let judged = read.and_then(|()| {
            hits.into_iter().try_for_each(|mut hits| {
                let versions = reader.older(unit, &hits.bytes)?;
                let added = Older::added(&versions);
                if hits.matches.cut && added != Added::All {
                    self.scan_new(&mut hits, &added);
                }
                cut |= hits.matches.cut;
                self.judge(unit, &hits, &mut Past::new(versions, reader), &mut result);
                Ok(())
            })
        });
        if let Err(error) = judged {
            result.skipped.push(error.skip(&shown_path(unit)));
        } else if cut {
            let most = crate::engine::MAX_MATCHES;
            let reason = format!("more than {most} matches; the rest is not listed");
            let kind = SkipKind::TooManyMatches;
            result.skipped.push(Skipped::new(kind, &shown_path(unit), reason));
        }
        if unread {
            let reason = "it holds more gzip, or more encodings inside each other, than is decoded; decode and scan it by itself";
            result.skipped.push(Skipped::new(SkipKind::Unopened, &shown_path(unit), reason));
        }
        result.skipped.extend(reader.take_left_out());
        result.raw_copies_out();
        result
    }

    /// Judges what was found in a unit when it was listed.
    fn judge_seen(&self, unit: &Unit, seen: &Seen, result: &mut UnitResult) {
        for SeenPart { first, lines } in &seen.parts {
            let (bytes, own) = (Cow::Borrowed(&*lines.bytes), (0, lines.bytes.len()));
            let matches = lines.matches.clone();
            let hits = Hits { bytes, first: *first, own, member: Box::default(), matches };
            self.judge(unit, &hits, &mut Past::none(), result);
        }
    }

    /// Scans again where there was too much to list, for what is new alone: a long list of keys
    /// that was there before must not hide the one that is added to it.
    fn scan_new(&self, hits: &mut Hits<'_>, added: &Added) {
        hits.matches = self.engine.scan_new(&hits.bytes, &|secret| added.touches(secret));
        Hits::own_only(&mut hits.matches, hits.own);
    }
}

/// The bytes of a fragment in which something was found.
struct Hits<'a> {
    bytes: Cow<'a, [u8]>,
    first: Position,
    /// The part of them that no other fragment reports.
    own: (usize, usize),
    /// The member of an archive that they are part of.
    member: Box<[u8]>,
    matches: Matches,
}

impl Hits<'_> {
    fn into_owned(self) -> Hits<'static> {
        Hits { bytes: Cow::Owned(self.bytes.into_owned()), ..self }
    }

    /// Drops what the fragment before has found and what the next one will find. A match belongs
    /// where its secret begins, whichever rule found it.
    fn own_only(matches: &mut Matches, (start, end): (usize, usize)) {
        let is_own = |found: &Match| (start..end).contains(&found.secret.start);
        if matches.list.iter().all(is_own) {
            return;
        }
        let mut places = 0..;
        let place: Vec<Option<usize>> = matches
            .list
            .iter()
            .map(|found| if is_own(found) { places.next() } else { None })
            .collect();
        matches.list.retain(is_own);
        for found in &mut matches.list {
            found.pair = found.pair.and_then(|pair| place[pair]);
        }
    }

    /// The path of the unit, with that of the archive's member behind it.
    fn path(&self, unit: &Unit) -> Arc<[u8]> {
        if self.member.is_empty() {
            return unit.origin.path.clone();
        }
        [&unit.origin.path, &b"!"[..], &self.member].concat().into()
    }

    fn fragment(&self) -> Fragment<'_> {
        Fragment { first: self.first, ..Fragment::whole(&self.bytes) }
    }
}

/// What a unit is called where it cannot be read.
fn shown_path(unit: &Unit) -> Vec<u8> {
    match (&unit.origin.commit, unit.origin.path.is_empty()) {
        (Some(commit), true) => format!("commit {}", commit.id).into_bytes(),
        (Some(commit), false) => {
            [&unit.origin.path, format!(" in commit {}", commit.id).as_bytes()].concat()
        }
        (None, _) => unit.origin.path.to_vec(),
    }
}
