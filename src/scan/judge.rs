//! From matches to findings: what is new, what is allowed, and what is one credential.

use super::maker::Maker;
use super::past::Past;
use super::{Hits, Job, UnitResult, translation};
use crate::engine::Match;
use crate::finding::{Finding, Fingerprint, Place, Secret, Suppressed};
use crate::rule::{Confidence, Scope, parse_pack};
use crate::source::Unit;
use crate::suppress::{Decision, Subject, decide};

/// What became of a match.
enum Fate {
    /// With a warning, if there is one.
    Reported(Option<String>),
    Suppressed(String),
    /// As a finding it is accepted: what else was found of it is no finding either.
    Accepted(String),
    /// It stands on lines that were there before, and was reported there.
    Older,
    /// Too unsure to be reported, unless its other half stands in another file.
    Guess,
    /// Too unsure to be reported.
    Unsure,
}

impl Job<'_> {
    /// Turns the matches of one fragment into findings.
    pub(super) fn judge(
        &self,
        unit: &Unit,
        hits: &Hits<'_>,
        past: &mut Past<'_>,
        result: &mut UnitResult,
    ) {
        let list = &hits.matches.list;
        let mut fates: Vec<Fate> = Vec::with_capacity(list.len());
        let mut make = Maker::new(self, unit, hits);
        for found in list {
            fates.push(if found.confidence < self.options.min_confidence {
                let is_guess = self.is_guess(found) && !past.has_lines_of(found);
                match is_guess.then(|| self.decide(unit, hits, found, &mut make)) {
                    Some(Fate::Reported(None)) => Fate::Guess,
                    _ => Fate::Unsure,
                }
            } else {
                match self.decide(unit, hits, found, &mut make) {
                    // What is accepted anyway need not be looked for in older versions.
                    Fate::Suppressed(_) | Fate::Accepted(_) if past.has_lines_of(found) => {
                        Fate::Older
                    }
                    Fate::Reported(_) if past.reported(self, unit, hits, found) => Fate::Older,
                    fate => fate,
                }
            });
        }
        self.report(hits, &fates, make, result);
    }

    /// Returns the secrets of `hits` that are reported in a unit, or accepted one by one there.
    pub(super) fn told(&self, unit: &Unit, hits: &Hits<'_>) -> Vec<Box<[u8]>> {
        let mut make = Maker::new(self, unit, hits);
        let mut told = Vec::new();
        for found in &hits.matches.list {
            if found.confidence >= self.options.min_confidence
                && let Fate::Reported(_) | Fate::Accepted(_) =
                    self.decide(unit, hits, found, &mut make)
            {
                told.push(Box::from(&found.text[..]));
            }
        }
        told
    }

    fn decide(&self, unit: &Unit, hits: &Hits<'_>, found: &Match, make: &mut Maker<'_>) -> Fate {
        let rule = &self.engine.rules().all()[found.rule];
        let origin = &unit.origin;
        let secret = Secret::new(found.text.clone());
        let path = hits.path(unit);
        let fingerprint = match origin.place {
            Place::Path => {
                let name = name_at(&path, found.secret.end);
                Fingerprint::new(&rule.id, origin.place, name, &secret)
            }
            place => Fingerprint::new(&rule.id, place, &path, &secret),
        };
        let anywhere = Fingerprint::anywhere(&rule.id, origin.place, &secret);
        let line = match self.allowlist.asks_for_lines() {
            true => make.locate(found, found.secret.start).line,
            false => 0,
        };
        let decision = decide(
            self.allowlist,
            Subject {
                rule: &rule.id,
                place: origin.place,
                path: &origin.path,
                line,
                commit: origin.commit.as_ref().map(|commit| &*commit.id),
                secret: secret.expose(),
                fingerprint: &fingerprint,
                anywhere: anywhere.as_ref(),
                bytes: &hits.bytes,
                span: &found.secret,
                decoding: found.decoding.as_deref(),
            },
        );
        match decision {
            Decision::Report(None) if self.is_own_example(unit, hits, found) => {
                Fate::Suppressed("it stands in the entry of the rule that finds it".into())
            }
            Decision::Report(_)
                if rule.scope == Scope::Assignment
                    && rule.origin.builtin
                    && translation::is_text(&path, &found.text) =>
            {
                Fate::Suppressed("it is text in a file of translations".into())
            }
            Decision::Report(warning) => Fate::Reported(warning),
            Decision::Suppress(reason) => Fate::Suppressed(reason),
            Decision::Accept(reason) => Fate::Accepted(reason),
        }
    }

    /// Whether a match stands in the config file's entry of its own rule: its pattern and examples match it.
    /// What a built-in rule finds there counts, overridden or not.
    fn is_own_example(&self, unit: &Unit, hits: &Hits<'_>, found: &Match) -> bool {
        let rule = &self.engine.rules().all()[found.rule];
        let origin = &unit.origin;
        let is_its_file = !rule.origin.builtin
            && !self.engine.rules().is_builtin_place(found.rule)
            && hits.member.is_empty()
            && origin.place.is_file()
            && is_config(&origin.path)
            && rule.origin.file.as_bytes().ends_with(&origin.path);
        if !is_its_file {
            return false;
        }
        // Versions of a file have the entry on other lines: its id tells.
        let (before, behind) = hits.bytes.split_at(found.secret.start);
        let start = memchr::memmem::rfind(before, b"\n[[").map_or(0, |at| at + 1);
        let end = memchr::memmem::find(behind, b"\n[[").unwrap_or(behind.len());
        let entry = std::str::from_utf8(&hits.bytes[start..before.len() + end]);
        let rules = entry.ok().and_then(|entry| parse_pack(entry, ".tightlip.toml").ok());
        rules.is_some_and(|rules| rules.iter().any(|own| own.id == rule.id))
    }

    /// Two matches of one credential become one finding, and so do two rules that found the same
    /// bytes.
    fn report(
        &self,
        hits: &Hits<'_>,
        fates: &[Fate],
        mut make: Maker<'_>,
        result: &mut UnitResult,
    ) {
        let list = &hits.matches.list;
        let is_reported =
            |index: usize| matches!(fates[index], Fate::Reported(_) | Fate::Accepted(_));
        let joined: Vec<usize> = (0..list.len())
            .filter(|&index| is_reported(index))
            .filter_map(|index| list[index].pair)
            .collect();
        for (index, (found, fate)) in list.iter().zip(fates).enumerate() {
            match fate {
                Fate::Reported(warning) => {
                    if joined.contains(&index) || self.is_covered(list, index, is_reported) {
                        continue;
                    }
                    let mut finding = make.finding(found);
                    finding.warnings.extend(warning.clone());
                    self.add_known(list, index, &mut finding);
                    result.findings.push(finding);
                }
                Fate::Suppressed(reason) | Fate::Accepted(reason) => {
                    let (finding, reason) = (make.finding(found), reason.clone());
                    result.suppressed.push(Suppressed { finding, reason });
                }
                Fate::Older => result.older += 1,
                Fate::Guess => result.guesses.push(make.finding(found)),
                Fate::Unsure => {}
            }
        }
    }

    /// Whether a surer match of another rule has the same bytes.
    fn is_covered(
        &self,
        list: &[Match],
        index: usize,
        is_reported: impl Fn(usize) -> bool,
    ) -> bool {
        let own = &list[index];
        // Matches rise by where their secret begins: look both ways until none can overlap.
        let is_generic =
            |at: usize| self.engine.rules().all()[list[at].rule].scope == Scope::Assignment;
        let rank = |at: usize| {
            let found = &list[at];
            // A service's rule says more of a known value; what is known of it is added to that.
            let is_service = !is_generic(at) && !self.is_known(found);
            let rank = u8::from(!is_generic(at)) + u8::from(is_service);
            (rank, found.confidence, found.pair.is_some(), found.secret.len())
        };
        let beats = |other: usize| {
            let found = &list[other];
            let overlaps =
                found.secret.start < own.secret.end && own.secret.start < found.secret.end;
            // What a service's rule knows is nothing generic, reported or not; what it guesses may be.
            let is_known = is_generic(index) && !is_generic(other) && !self.is_guess(found);
            let counts = is_reported(other) || is_known;
            overlaps
                && counts
                && (rank(other) > rank(index) || rank(other) == rank(index) && other < index)
        };
        let near = index.saturating_sub(NEIGHBOURS)..(index + NEIGHBOURS + 1).min(list.len());
        near.filter(|&other| other != index).any(beats)
    }

    fn is_known(&self, found: &Match) -> bool {
        self.engine.rules().all()[found.rule].scope == Scope::Known
    }

    /// Adds to a finding what is known of its bytes: that they are a credential of the user's.
    fn add_known(&self, list: &[Match], index: usize, finding: &mut Finding) {
        let own = &list[index];
        if self.is_known(own) {
            return;
        }
        let near =
            &list[index.saturating_sub(NEIGHBOURS)..(index + NEIGHBOURS + 1).min(list.len())];
        for other in near.iter().filter(|other| self.is_known(other)) {
            if other.secret.start < own.secret.end && own.secret.start < other.secret.end {
                finding.notes.extend(other.notes.iter().cloned());
                finding.confidence = Confidence::High;
            }
        }
    }

    /// Whether a match is half of a pair that only its other half would have made sure: 40 characters
    /// behind the word *key* may be AWS's or anybody's.
    fn is_guess(&self, found: &Match) -> bool {
        let is_half = self.engine.rules().all()[found.rule].pair.is_some();
        is_half && found.pair.is_none() && found.confidence == Confidence::Low
    }
}

/// Whether a unit is judged by more than the lines of what was found in it.
pub(super) fn needs_all(unit: &Unit) -> bool {
    unit.has_older() || is_config(&unit.origin.path)
}

/// Whether a path names a config file: the examples of its own rules are not findings there.
fn is_config(path: &[u8]) -> bool {
    path.ends_with(b".tightlip.toml")
}

/// The name of the file or directory that ends next behind `end`.
pub(super) fn name_at(path: &[u8], end: usize) -> &[u8] {
    let slash = path.get(end..).and_then(|rest| memchr::memchr(b'/', rest));
    slash.map_or(path, |slash| &path[..end + slash])
}

/// How many matches before and behind one are compared with it.
const NEIGHBOURS: usize = 16;

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::engine::known::KnownValue;
    use crate::finding::{Finding, Outcome, Place, Progress, Secret};
    use crate::rule::{Confidence, RuleSet, parse_pack};
    use crate::scan::{Options, run};
    use crate::source::{Stdin, Worktree, WorktreeOptions};
    use crate::suppress::Allowlist;

    fn engine(pack: &str) -> Engine {
        Engine::new(RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap()), 0).unwrap()
    }

    fn scan(engine: &Engine, bytes: &[u8], min_confidence: Confidence) -> Outcome {
        let source = Stdin::new(Box::new(std::io::Cursor::new(bytes.to_vec())));
        let options = Options { min_confidence, ..Options::default() };
        run(&source, engine, &Allowlist::default(), options, &Progress::default()).unwrap()
    }

    fn findings(pack: &str, text: &str) -> Vec<Finding> {
        scan(&engine(pack), text.as_bytes(), Confidence::Low).findings
    }

    fn told(pack: &str, text: &str) -> Vec<String> {
        let one = |finding: &Finding| {
            format!("{} {}", finding.rule, String::from_utf8_lossy(finding.secret.expose()))
        };
        findings(pack, text).iter().map(one).collect()
    }

    const OVERLAPPING: &str = "\
        [[rule]]\nid = 'word'\npattern = 'tok_[a-z]{8}'\nconfidence = 'medium'\n\
        [[rule]]\nid = 'same'\npattern = 'tok_[a-z]{8}'\nconfidence = 'medium'\n\
        [[rule]]\nid = 'long'\npattern = 'tok_[a-z]{8}_[0-9]{4}'\nconfidence = 'medium'\n\
        [[rule]]\nid = 'sure'\npattern = '[a-z]{4}_[0-9]{2}'\nconfidence = 'high'\n\
        [[rule]]\nid = 'other'\npattern = 'key_[a-z]{8}'\nconfidence = 'medium'\n\
        [[rule]]\nid = 'half'\npattern = 'tok_[a-z]{8}'\nconfidence = 'low'\npair = 'other'\n";

    #[test]
    fn of_rules_that_find_the_same_bytes_the_surest_is_told() {
        for (text, expected) in [
            ("tok_abcdefgh", &["word tok_abcdefgh"][..]),
            // What only begins as the longer one does.
            ("tok_abcdefgh_9", &["word tok_abcdefgh"]),
            ("key_abcdefgh", &["other key_abcdefgh"]),
            // Less than whole, but surer.
            ("tok_abcdefgh_1234", &["sure efgh_12"]),
            // With its other half, it is as sure as can be.
            ("tok_abcdefgh key_abcdefgh", &["half tok_abcdefgh"]),
            // Those beside each other are two.
            ("tok_abcdefghtok_ijklmnop", &["word tok_abcdefgh", "word tok_ijklmnop"]),
        ] {
            assert_eq!(told(OVERLAPPING, text), expected, "{text}");
        }
        let two = "[[rule]]\nid = 'short'\npattern = 'tok_[a-z]{4}'\n[[rule]]\nid = 'long'\npattern = 'tok_[a-z]{8}'\n";
        assert_eq!(told(two, "tok_abcdefgh"), ["long tok_abcdefgh"]);
        let touching = "[[rule]]\nid = 'left'\npattern = 'tok_[a-z]{4}'\n[[rule]]\nid = 'right'\npattern = '1234=[0-9]{4}'\n";
        assert_eq!(told(touching, "tok_abcd1234=5678"), ["left tok_abcd", "right 1234=5678"]);
    }

    #[test]
    fn what_a_service_knows_is_nothing_generic_and_what_it_guesses_may_be() {
        const VALUE: &str = "k3v9q7w2x5z1b5n8";
        let told = |service: &str, text: &str| -> Vec<String> {
            let pack = format!(
                "[[rule]]\nid = 'token'\nkeywords = ['token']\ngrammar = 'assignment'\n\
                 [[rule]]\nid = 'user'\npattern = 'user_[0-9]{{4}}'\n\
                 [[rule]]\nid = 'acme'\nkeywords = ['token']\n\
                 pattern = '[a-z]oken = .([a-z0-9]{{16}})'\nnear_bytes = 60\n{service}"
            );
            let outcome = scan(&engine(&pack), text.as_bytes(), Confidence::Medium);
            outcome.findings.iter().map(|finding| finding.rule.to_string()).collect()
        };
        let alone = format!("token = '{VALUE}'");
        let paired = format!("user_1234 token = '{VALUE}'");
        // A service that is sure, and one that says that it is worth little.
        assert_eq!(told("confidence = 'medium'", &alone), ["acme"]);
        assert_eq!(told("confidence = 'low'", &alone), [""; 0]);
        // Half of a pair is a guess where it is not sure by itself.
        assert_eq!(told("confidence = 'low'\npair = 'user'", &alone), ["token"]);
        assert_eq!(told("confidence = 'medium'\npair = 'user'", &alone), ["acme"]);
        assert_eq!(told("confidence = 'low'\npair = 'user'", &paired), ["acme"]);
    }

    #[test]
    fn what_is_less_sure_than_asked_for_is_left_out() {
        let pack = "[[rule]]\nid = 'a'\npattern = 'aaaa_[0-9]'\nconfidence = 'low'\n\
             [[rule]]\nid = 'b'\npattern = 'bbbb_[0-9]'\nconfidence = 'medium'\n\
             [[rule]]\nid = 'c'\npattern = 'cccc_[0-9]'\nconfidence = 'high'\n";
        for (least, expected) in [
            (Confidence::Low, &["a", "b", "c"][..]),
            (Confidence::Medium, &["b", "c"]),
            (Confidence::High, &["c"]),
        ] {
            let outcome = scan(&engine(pack), b"aaaa_1 bbbb_2 cccc_3", least);
            let rules: Vec<&str> = outcome.findings.iter().map(|finding| &*finding.rule).collect();
            assert_eq!(rules, expected);
        }
    }

    /// What is shown of the line of each finding, with `*` for its secrets and `~` where it was cut.
    fn shown(pack: &str, text: &str) -> Vec<String> {
        let one = |finding: &Finding| {
            let excerpt = &finding.excerpt;
            let mut bytes = excerpt.bytes.clone();
            excerpt.secrets.iter().for_each(|secret| bytes[secret.clone()].fill(b'*'));
            let cut = |is_cut: bool| if is_cut { "~" } else { "" };
            let text = String::from_utf8(bytes).unwrap();
            format!("{}{text}{}", cut(excerpt.cut_before), cut(excerpt.cut_after))
        };
        findings(pack, text).iter().map(one).collect()
    }

    #[test]
    fn a_line_is_shown_around_a_secret_with_every_secret_on_it_masked() {
        let pack = "[[rule]]\nid = 'a'\npattern = 'aaaa_[0-9]'\n[[rule]]\nid = 'b'\npattern = '[0-9]=bbbb'\n";
        let dots = |count: usize| ".".repeat(count);
        for (text, expected) in [
            ("x\nid aaaa_1 end\ny\n".to_owned(), vec!["id ****** end".to_owned()]),
            ("aaaa_1".to_owned(), vec!["******".to_owned()]),
            ("aaaa_1 aaaa_2\n".to_owned(), vec!["****** ******".to_owned(); 2]),
            ("aaaa_1aaaa_2\n".to_owned(), vec!["************".to_owned(); 2]),
            // Two that share a byte: one is told, and both are masked.
            ("<aaaa_1=bbbb>".to_owned(), vec!["<***********>".to_owned()]),
            // 80 bytes are shown on either side.
            (format!("{0}aaaa_1{0}", dots(80)), vec![format!("{0}******{0}", dots(80))]),
            (format!("{0}aaaa_1{0}", dots(81)), vec![format!("~{0}******{0}~", dots(80))]),
            // A secret that is shown in part is masked as far as it is shown.
            (
                format!("aaaa_1{}aaaa_2", dots(78)),
                vec![format!("******{}**~", dots(78)), format!("~**{}******", dots(78))],
            ),
            (
                format!("aaaa_1{}aaaa_2", dots(80)),
                vec![format!("******{}~", dots(80)), format!("~{}******", dots(80))],
            ),
        ] {
            assert_eq!(shown(pack, &text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_pair_is_made_of_is_told_with_it() {
        let pack = "[[rule]]\nid = 'name'\npattern = 'user_[0-9]{4}'\n\
             [[rule]]\nid = 'word'\npattern = 'pass_[0-9]{4}'\nconfidence = 'low'\npair = 'name'\nnear_bytes = 30\n";
        let list = findings(pack, "user_0001\n  pass_0001\n\n\n\nuser_0002\n");
        let rules: Vec<&str> = list.iter().map(|finding| &*finding.rule).collect();
        assert_eq!(rules, ["word", "name"]);
        let related = list[0].related.as_ref().unwrap();
        assert_eq!((&*related.rule, related.secret.expose()), ("name", &b"user_0001"[..]));
        assert_eq!((related.start.line, related.start.column), (1, 1));
        assert_eq!((list[0].location.start.line, list[0].location.start.column), (2, 3));
        assert_eq!(list[0].confidence, Confidence::High);
        assert!(list[1].related.is_none());
    }

    #[test]
    fn lines_of_wide_text_end_at_its_characters_and_columns_count_bytes() {
        let text = "x\r\nid aaaa_1 aaaa_2\n\u{17e} aaaa_3\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let engine = engine("[[rule]]\nid = 'a'\npattern = 'aaaa_[0-9]'\n");
        let list = scan(&engine, &bytes, Confidence::Low).findings;
        let places: Vec<_> = list
            .iter()
            .map(|finding| {
                let (start, end) = (finding.location.start, finding.location.end);
                (start.line, start.column, end.column)
            })
            .collect();
        assert_eq!(places, [(2, 7, 19), (2, 21, 33), (3, 5, 17)]);
        // What is shown is the text, all of it secret.
        let whole = vec![std::ops::Range { start: 0, end: 6 }];
        assert!(list.iter().all(|finding| finding.excerpt.secrets == whole));
        assert!(list.iter().all(|finding| finding.decoded == ["utf-16le"]));
    }

    #[test]
    fn a_known_value_is_told_by_the_rule_of_its_service_and_learns_where_it_is_from() {
        const VALUE: &str = "tok_k3v9q7w2x5z1m8";
        let service =
            "[[rule]]\nid = 'service'\npattern = 'tok_[a-z0-9]{14}'\nconfidence = 'low'\n";
        let known = "[[rule]]\nid = 'known-value'\ngrammar = 'known-value'\n";
        for (pack, text, expected) in [
            (format!("{service}{known}"), format!("id {VALUE}"), &[("service", "from a file")][..]),
            (known.to_owned(), format!("id {VALUE}"), &[("known-value", "from a file")]),
            (format!("{service}{known}"), "id tok_z1m8k3v9q7w2x5".to_owned(), &[("service", "")]),
        ] {
            let engine = engine(&pack).with_known_values(Box::new(|| {
                let secret = Secret::new(VALUE.as_bytes());
                vec![KnownValue { secret, source: "from a file".to_owned() }]
            }));
            let list = scan(&engine, text.as_bytes(), Confidence::Low).findings;
            let told: Vec<_> = list
                .iter()
                .map(|finding| {
                    let is_from = |note: &&String| note.contains("from a file");
                    let source = finding.notes.iter().find(is_from).map_or("", |_| "from a file");
                    (&*finding.rule, source)
                })
                .collect();
            assert_eq!(told, expected, "{text}");
            let is_sure = list[0].confidence == Confidence::High;
            assert_eq!(is_sure, !expected[0].1.is_empty(), "{text}");
        }
    }

    #[test]
    fn an_example_of_a_rule_counts_only_outside_the_rules_own_entry() {
        let entry = |id: &str, example: &str| {
            format!("[[rule]]\nid = '{id}'\npattern = '{id}_[0-9]{{4}}'\nmatches = ['{example}']\n")
        };
        for (name, text, expected) in [
            (".tightlip.toml", entry("aaaa", "aaaa_1234"), &[][..]),
            (".tightlip.toml", entry("aaaa", "aaaa_1234") + &entry("bbbb", "bbbb_1234"), &[]),
            (".tightlip.toml", entry("bbbb", "x") + &entry("aaaa", "aaaa_1234"), &[]),
            (".tightlip.toml", entry("aaaa", "bbbb_1234") + &entry("bbbb", "x"), &["bbbb"]),
            (".tightlip.toml", entry("bbbb", "x") + &entry("aaaa", "bbbb_1234"), &["bbbb"]),
            (".tightlip.toml", entry("aaaa", "x") + "\n[other]\nkey = 'aaaa_1234'\n", &["aaaa"]),
            (
                ".tightlip.toml",
                entry("aaaa", "x") + "\n[[allow]]\nreason = 'aaaa_1234'\n",
                &["aaaa"],
            ),
            ("other.toml", entry("aaaa", "aaaa_1234"), &["aaaa"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, &text).unwrap();
            let pack = entry("aaaa", "x") + &entry("bbbb", "x");
            let origin = folder.path().join(".tightlip.toml").display().to_string();
            let rules = RuleSet::from_rules(parse_pack(&pack, &origin).unwrap());
            let engine = Engine::new(rules, 0).unwrap();
            let options = WorktreeOptions::everything(vec![path], Place::Worktree, 1);
            let (policy, progress) = (Allowlist::default(), Progress::default());
            let source = Worktree::new(options);
            let outcome = run(&source, &engine, &policy, Options::default(), &progress).unwrap();
            let told: Vec<&str> = outcome.findings.iter().map(|finding| &*finding.rule).collect();
            assert_eq!(told, expected, "{name} {text}");
        }
    }
}
