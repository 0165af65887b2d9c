//! Reports of many findings: written as they go, in memory that does not grow with them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{self, Write};
use std::sync::Arc;

use tightlip::finding::{
    CommitInfo, Excerpt, Finding, Fingerprint, Location, Origin, Outcome, Place, Secret, SkipKind,
    Skipped,
};
use tightlip::report::{Format, ReportOptions, render, render_summary};
use tightlip::rule::Confidence;
use tightlip::text::lines::Position;

const COUNT: usize = 100_000;

/// How much a report may need beside the findings, however many they are.
const MAX_BYTES: usize = 8_000_000;

/// The page joins the places of each secret before it is written: it keeps numbers and keys of all, and
/// no text.
const MAX_PAGE_BYTES: usize = COUNT * 500;

/// Counts what is written, and how many bytes come at once.
#[derive(Default)]
struct Counter {
    bytes: usize,
    most_at_once: usize,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        self.most_at_once = self.most_at_once.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn finding(number: usize) -> Finding {
    let secret = Secret::new(format!("secret-{}-of-a-run", number % 10).into_bytes());
    let path: Arc<[u8]> = format!("folder-{}/file-{number}.txt", number % 100).into_bytes().into();
    let commit = CommitInfo {
        id: format!("{number:040x}"),
        author: b"A U Thor <author@example.com>".to_vec(),
        time: 1_700_000_000,
    };
    let position = |column| Position { line: number as u64 + 1, column };
    Finding {
        rule: format!("rule-{}", number % 7).into(),
        description: "A secret".into(),
        advice: "Take it out.\nMake a new one.".into(),
        confidence: [Confidence::High, Confidence::Medium, Confidence::Low][number % 3],
        fingerprint: Fingerprint::new("rule", Place::Commit, &path, &secret),
        origin: Origin { place: Place::Commit, path, commit: Some(Arc::new(commit)) },
        location: Location { start: position(1), end: position(20) },
        secret,
        decoded: Vec::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
        related: None,
        account: None,
        excerpt: Excerpt::default(),
        presence: None,
        is_in_member: false,
        other_paths: Vec::new(),
    }
}

fn outcome() -> Outcome {
    let skipped =
        |number| Skipped::new(SkipKind::TooLarge, format!("{number}").as_bytes(), "large");
    Outcome {
        findings: (0..COUNT).map(finding).collect(),
        skipped: (0..COUNT).map(skipped).collect(),
        ..Outcome::default()
    }
}

/// The most memory that this process has had in use since it was last asked.
#[cfg(target_os = "linux")]
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    kilobytes * 1024
}

/// Elsewhere only the sizes of writes are looked at.
#[cfg(not(target_os = "linux"))]
fn peak_bytes() -> usize {
    0
}

/// One test: another beside it would be measured as well.
#[test]
fn reports_of_100_000_findings_need_no_more_memory_than_small_ones() {
    let outcome = outcome();
    a_step_summary_is_as_long_as_github_lets_it_be(&outcome);
    for &format in Format::ALL {
        let options = ReportOptions {
            format,
            reveal: false,
            color: false,
            verbose: true,
            receipt: true,
            ..ReportOptions::default()
        };
        let _ = peak_bytes();
        let before = peak_bytes();
        let mut counter = Counter::default();
        render(&outcome, options, &mut counter).unwrap();
        let used = peak_bytes().saturating_sub(before);
        let most = if format == Format::Html { MAX_PAGE_BYTES } else { MAX_BYTES };
        assert!(used < most, "{format:?} needs {used} bytes");
        // None of them is an AWS key, so there is no event.
        let least = if format == Format::Eventbridge { 0 } else { COUNT * 40 };
        assert!(counter.bytes >= least, "{format:?} says {} bytes", counter.bytes);
        assert!(counter.most_at_once < 500_000, "{format:?}: {} bytes", counter.most_at_once);
    }
}

fn a_step_summary_is_as_long_as_github_lets_it_be(outcome: &Outcome) {
    let options = ReportOptions {
        format: Format::Github,
        reveal: false,
        color: false,
        verbose: false,
        receipt: true,
        ..ReportOptions::default()
    };
    for max_bytes in [0, 1_000, 1_000_000] {
        let mut summary = Vec::new();
        render_summary(outcome, options, max_bytes, &mut summary).unwrap();
        assert!(summary.len() < max_bytes + 1_000, "{} of {max_bytes}", summary.len());
        let text = String::from_utf8(summary).unwrap();
        assert!(text.contains("100000 findings") && text.contains(" more, for which"), "{text}");
    }
}
