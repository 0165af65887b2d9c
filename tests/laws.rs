//! Laws that hold for every input: property tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tightlip::engine::{Engine, Prefilter};
use tightlip::finding::{Finding, Fingerprint, Outcome, Place, Progress};
use tightlip::report::{Format, ReportOptions, render, render_receipt, render_summary};
use tightlip::rule::{RuleOrigin, RuleSet, expand};
use tightlip::scan::{Options, run};
use tightlip::setup::git_secrets::forbidden;
use tightlip::source::{Worktree, WorktreeOptions};
use tightlip::suppress::{Accepted, Allowlist, Baseline, BaselineFile};
use tightlip::text::edits::Edits;

fn engine() -> Engine {
    Engine::new(RuleSet::builtin(), 1_790_000_000).unwrap()
}

/// An engine of rules that look to the ends of their line, however far they are.
fn line_engine() -> Engine {
    let origin = RuleOrigin { file: "patterns".into(), line: 1, builtin: false };
    let rule = |ere: &str| forbidden(ere.as_bytes(), Default::default(), origin.clone()).unwrap();
    let rules = ["secret.*=", "AKIA.*[0-9]$", "^[^a-z]*[A-F]{4}", r"(=|:)+ *\1"].map(rule);
    Engine::new(RuleSet::from_rules(rules.into()), 1_790_000_000).unwrap()
}

/// Templates of every rule, with which texts are made.
fn templates() -> Vec<String> {
    let rules = RuleSet::builtin();
    rules.all().iter().flat_map(|rule| rule.matches.iter().map(ToString::to_string)).collect()
}

/// Text that is likely to hold secrets, keywords and line ends of every kind.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let templates = templates();
    let piece = prop_oneof![
        4 => prop::sample::select(templates).prop_map(|template| expand(&template).unwrap()),
        3 => prop::sample::select(vec!["\n", "\r\n", "\r", " ", "\0", "secret", "AKIA", "://", "=", "\""])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..40),
        1 => "[a-zA-Z0-9 =:'\"/+]{0,60}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn write_files(files: &[Vec<u8>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (index, bytes) in files.iter().enumerate() {
        fs::write(folder.path().join(format!("{index:03}")), bytes).unwrap();
    }
    folder
}

fn scan_folder(folder: &Path, threads: usize) -> Outcome {
    scan_folder_with(folder, threads, None)
}

/// An entry that accepts a finding by one of its fingerprints.
fn accepted(finding: &Finding, known: &Fingerprint) -> Accepted {
    Accepted {
        fingerprint: known.to_string(),
        rule: finding.rule.to_string(),
        path: String::from_utf8_lossy(&finding.origin.path).into_owned(),
        reason: None,
        owner: None,
        until: None,
    }
}

fn scan_folder_with(folder: &Path, threads: usize, baseline: Option<BaselineFile>) -> Outcome {
    let paths = vec![folder.to_owned()];
    let source = Worktree::new(WorktreeOptions::everything(paths, Place::Worktree, threads));
    let options = Options { threads, ..Options::default() };
    let allowlist = Allowlist::default().with_baseline(baseline);
    let mut outcome = run(&source, &engine(), &allowlist, options, &Progress::default()).unwrap();
    outcome.summary.elapsed = std::time::Duration::ZERO;
    outcome
}

fn report(outcome: &Outcome, format: Format, reveal: bool) -> Vec<u8> {
    let options = ReportOptions {
        format,
        reveal,
        verbose: true,
        receipt: true,
        how_to_allow: true,
        ..ReportOptions::default()
    };
    let mut bytes = Vec::new();
    render(outcome, options, &mut bytes).unwrap();
    if format == Format::Github {
        render_summary(outcome, options, 1_000_000, &mut bytes).unwrap();
    }
    render_receipt(outcome, options, &mut bytes).unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_prefilter_finds_what_an_automaton_finds(
        bytes in text(),
        keywords in prop::collection::vec("[a-c_/:]{3,9}", 1..30),
        repeat in 1usize..4,
    ) {
        let keywords: Vec<&[u8]> = keywords.iter().map(String::as_bytes).collect();
        let prefilter = Prefilter::new(&keywords);
        let mut bytes = [bytes, b"ab_cab//:abc_aab".repeat(repeat)].concat();
        for round in 0..2 {
            let mut found = Vec::new();
            prefilter.for_each(&bytes, |hit| found.push(hit));
            prop_assert_eq!(&found, &prefilter.slow(&bytes));
            prop_assert_eq!(found, prefilter.portable(&bytes));
            // Short bytes are all tail, which no vector reads.
            if round == 0 {
                bytes = bytes.repeat(600_000 / bytes.len().max(1) + 1);
            }
        }
    }

    #[test]
    fn the_prefilter_changes_no_match(bytes in text()) {
        let engine = engine();
        prop_assert_eq!(engine.scan(&bytes), engine.scan_slow(&bytes));
    }

    #[test]
    fn quick_scan_of_edits_misses_nothing(
        has_line_rules in any::<bool>(),
        base in text(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..60, text()), 1..4),
    ) {
        let engine = if has_line_rules { line_engine() } else { engine() };
        let filler = b"some words that mean nothing\n".repeat(90);
        let base = [&filler[..], &base, &filler].concat();
        // From back to front, so that places stay true.
        let mut edits: Vec<(usize, usize, Vec<u8>)> = edits
            .into_iter()
            .map(|(at, lost, new)| (at.index(base.len()), lost, new))
            .collect();
        edits.sort();
        let mut text = Vec::new();
        let mut how = Edits::default();
        how.begin(base.len());
        let mut at = 0;
        for (start, lost, new) in edits {
            let start = start.max(at);
            text.extend_from_slice(&base[at..start]);
            how.keep(at, start - at);
            how.insert(new.len());
            text.extend(new);
            at = (start + lost).min(base.len());
        }
        text.extend_from_slice(&base[at..]);
        how.keep(at, base.len() - at);
        how.end();
        let has_match = !engine.scan(&text).list.is_empty();
        prop_assert_eq!(engine.quick_scan(&text).has_match, has_match);
        let seen = engine.quick_scan_of_edits(&text, &how, &engine.quick_scan(&base).trail);
        prop_assert!(seen.has_match || !has_match);
        for trail in [&seen.trail, &engine.quick_scan(&text).trail] {
            if let Some(along) = engine.scan_along(&text, trail) {
                prop_assert_eq!(along, engine.scan(&text));
            }
        }
        // And from there back to the others.
        let mut back = Edits::default();
        back.begin(text.len());
        let mut at = 0;
        for kept in &how.kept {
            back.insert(kept.from - at);
            back.keep(kept.at, kept.bytes);
            at = kept.from + kept.bytes;
        }
        back.insert(base.len() - at);
        back.end();
        let has_match = !engine.scan(&base).list.is_empty();
        let seen = engine.quick_scan_of_edits(&base, &back, &seen.trail);
        prop_assert!(seen.has_match || !has_match);
        if let Some(along) = engine.scan_along(&base, &seen.trail) {
            prop_assert_eq!(along, engine.scan(&base));
        }
    }

    #[test]
    fn what_stands_far_before_or_behind_changes_no_match(bytes in text()) {
        let engine = engine();
        let padding = b"-\n".repeat(40_000);
        let alone: Vec<_> = engine.scan(&[b"\n", &bytes[..], b"\n"].concat()).list;
        let padded: Vec<_> = engine.scan(&[&padding[..], &bytes, b"\n", &padding].concat()).list;
        let places = |list: &[tightlip::engine::Match], shift: usize| -> Vec<_> {
            list.iter().map(|m| (m.rule, m.secret.start - shift, m.confidence)).collect()
        };
        prop_assert_eq!(places(&alone, 1), places(&padded, padding.len()));
    }

    #[test]
    fn one_thread_and_many_give_the_same_bytes(files in prop::collection::vec(text(), 1..8)) {
        // Enough files for several threads.
        let files: Vec<Vec<u8>> = files.iter().cycle().take(220).cloned().collect();
        let folder = write_files(&files);
        let one = scan_folder(folder.path(), 1);
        let many = scan_folder(folder.path(), 4);
        prop_assert_eq!(report(&one, Format::Jsonl, false), report(&many, Format::Jsonl, false));
        prop_assert_eq!(report(&one, Format::Text, false), report(&many, Format::Text, false));
    }

    #[test]
    fn a_redacted_report_never_holds_a_secret(bytes in text()) {
        let folder = write_files(&[bytes]);
        let outcome = scan_folder(folder.path(), 1);
        for &format in Format::ALL {
            let shown = report(&outcome, format, false);
            for finding in &outcome.findings {
                let secret = finding.secret.expose();
                // A short password may be a word of the report itself.
                if secret.len() >= 8 {
                    let holds = shown.windows(secret.len()).any(|window| window == secret);
                    prop_assert!(!holds, "{} leaks in {:?}", finding.rule, format);
                }
            }
        }
    }

    #[test]
    fn a_baseline_silences_exactly_its_own_run_and_two_merge_to_that_of_both(
        ours in prop::collection::vec(text(), 1..4),
        theirs in prop::collection::vec(text(), 1..4),
    ) {
        let folder = write_files(&[&ours[..], &theirs[..]].concat());
        let in_ours = |finding: &Finding| {
            let name = finding.origin.path.split(|&byte| byte == b'/').next_back();
            name.is_some_and(|name| String::from_utf8_lossy(name).parse::<usize>().unwrap() < ours.len())
        };
        let all = scan_folder(folder.path(), 1);
        let accept = |is_in: &dyn Fn(&Finding) -> bool| {
            let mut baseline = Baseline::default();
            for finding in all.findings.iter().filter(|finding| is_in(finding)) {
                finding.accepted_by().iter().for_each(|known| baseline.add(accepted(finding, known)));
            }
            baseline
        };
        let both = accept(&|_| true);
        let (one, two) = (accept(&in_ours), accept(&|finding| !in_ours(finding)));
        let merged = one.render() + &two.render();
        prop_assert_eq!(&Baseline::parse(merged.as_bytes(), "f").unwrap(), &both);
        // With the baseline of one half, what it does not name is found as before, and nothing else.
        for (baseline, is_in) in [(&both, None), (&one, Some(true)), (&two, Some(false))] {
            let kept = tempfile::tempdir().unwrap();
            let path = kept.path().join("baseline");
            fs::write(&path, baseline.render()).unwrap();
            let left = scan_folder_with(folder.path(), 1, Some(BaselineFile::new(path, 0)));
            let is_named = |finding: &&Finding| {
                finding.accepted_by().iter().any(|known| baseline.find(known.as_str()).is_some())
            };
            let names = |list: &[Finding]| -> std::collections::BTreeSet<(Vec<u8>, String, u64)> {
                let name = |one: &Finding| {
                    let start = one.location.start;
                    (one.origin.path.to_vec(), one.fingerprint.to_string(), start.line)
                };
                list.iter().map(name).collect()
            };
            let expected: Vec<Finding> =
                all.findings.iter().filter(|one| !is_named(one)).cloned().collect();
            prop_assert!(is_in.is_some() || expected.is_empty());
            prop_assert_eq!(names(&left.findings), names(&expected));
        }
    }

    #[test]
    fn every_finding_lies_where_it_says(bytes in text()) {
        let folder = write_files(std::slice::from_ref(&bytes));
        let outcome = scan_folder(folder.path(), 1);
        for finding in outcome.findings.iter().filter(|f| f.origin.place == Place::Worktree) {
            let start = finding.location.start;
            let offset = offset_of(&bytes, start.line, start.column);
            let secret = finding.secret.expose();
            let wide = (1..=4).any(|width| {
                secret.iter().enumerate().all(|(at, byte)| bytes.get(offset + at * width) == Some(byte))
            });
            // Pieces that a language joins stand one behind the other.
            let mut rest = bytes[offset..].iter();
            let in_pieces = finding.decoded.contains(&"joined")
                && secret.iter().all(|byte| rest.any(|next| next == byte));
            prop_assert!(wide || in_pieces, "{} at {:?}", finding.rule, start);
        }
    }
}

/// The offset of a line and column, found the slow way.
fn offset_of(bytes: &[u8], line: u64, column: u64) -> usize {
    let mut start = 0;
    let mut at = 0;
    let mut lines = 1;
    while lines < line {
        if bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
            lines += 1;
            start = at + 1;
        }
        at += 1;
    }
    start + column as usize - 1
}
