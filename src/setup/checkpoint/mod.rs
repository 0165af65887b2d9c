//! What an earlier run has looked at already.
//!
//! [`Whole`] keeps what a scan of a whole history came to; it needs no flag. The rest of this file is
//! `--checkpoint FILE`: the commits that were scanned to the end, and a digest of everything that decided what
//! was found in them. It counts only where that digest is still the same: after a change of a rule, an allow
//! entry or the program, all of history is looked at again. It holds no finding, so it must be saved only after
//! a run that read everything and found nothing to report; otherwise the next run would pass over what this
//! one has found.
//!
//! Both are sealed with a [`Key`] of the user's: what others have written is not believed.

mod seal;
mod whole;

use std::io;
use std::path::Path;

pub use seal::Key;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
pub use whole::{Earlier, Whole};

use crate::file::{self, Mode};
use crate::git::ObjectId;
use crate::rule::{Confidence, Rule, RuleOrigin, RuleSet, Scope};
use crate::setup::Config;
use crate::suppress::{AllowEntry, Allowlist};
use crate::text::escape::escape_path;
use crate::text::hex::hex;

/// What this program was built from: another build may find something else.
const BUILD: &str = env!("TIGHTLIP_BUILD");

/// The most that a checkpoint may hold: it comes out of a cache that anything may have written.
const MAX_BYTES: u64 = 64 << 20;

/// A checkpoint that cannot be used or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is there and cannot be read.
    #[error("cannot read the checkpoint `{path}`")]
    Read {
        /// The file, escaped.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is damaged, or others have written it.
    #[error("the checkpoint `{path}` is damaged, or not sealed with this user's key")]
    Untrusted {
        /// The file, escaped.
        path: String,
    },
    /// It cannot be written.
    #[error("cannot write the checkpoint `{path}`")]
    Write {
        /// The file, escaped.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What an earlier run has looked at, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// A keyed digest of what [`rules_hash`] returned for that run.
    rules: String,
    tips: Vec<ObjectId>,
}

/// The file as written, below its seal. The program's version in it is for people.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tightlip: String,
    rules: String,
    tips: Vec<String>,
}

impl Checkpoint {
    /// Makes a checkpoint of commits that were scanned, by the rules of this hash.
    #[must_use]
    pub fn new(key: &Key, rules_hash: &str, mut tips: Vec<ObjectId>) -> Self {
        tips.sort();
        tips.dedup();
        Checkpoint { rules: keyed(key, rules_hash), tips }
    }

    /// Whether it was made by exactly these rules. One that was not proves nothing.
    #[must_use]
    pub fn is_for(&self, key: &Key, rules_hash: &str) -> bool {
        self.rules == keyed(key, rules_hash)
    }

    /// Returns the commits that need not be looked at again, in rising order.
    pub fn tips(&self) -> &[ObjectId] {
        &self.tips
    }

    /// Reads a checkpoint; `None` where there is no such file, as before the first run.
    ///
    /// # Errors
    /// A file that is there and cannot be read, or was not sealed with this key.
    pub fn load(path: &Path, key: &Key) -> Result<Option<Self>, CheckpointError> {
        let sealed = match file::read(path, MAX_BYTES) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CheckpointError::Read { path: escape_path(path), source }),
        };
        let untrusted = || CheckpointError::Untrusted { path: escape_path(path) };
        let bytes = key.open(&sealed).ok_or_else(untrusted)?;
        let Written { tightlip: _, rules, tips } =
            serde_json::from_slice(bytes).map_err(|_| untrusted())?;
        let tips: Option<_> = tips.iter().map(|id| ObjectId::parse(id.as_bytes())).collect();
        Ok(Some(Checkpoint { rules, tips: tips.ok_or_else(untrusted)? }))
    }

    /// Writes the checkpoint: wholly, or not at all. A run that is killed leaves the old one.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn save(&self, path: &Path, key: &Key) -> Result<(), CheckpointError> {
        let fail = |source| CheckpointError::Write { path: escape_path(path), source };
        let written = Written {
            tightlip: env!("CARGO_PKG_VERSION").to_owned(),
            rules: self.rules.clone(),
            tips: self.tips.iter().map(ToString::to_string).collect(),
        };
        let mut bytes = serde_json::to_vec_pretty(&written).map_err(|error| fail(error.into()))?;
        bytes.push(b'\n');
        file::replace(path, &key.seal(&bytes), Mode::Plain).map_err(fail)
    }
}

/// Patterns may come from a file of credentials: without the key, their hash could be tried for guesses.
fn keyed(key: &Key, rules_hash: &str) -> String {
    hex(&key.digest([&b"rules"[..], rules_hash.as_bytes()]))
}

/// Returns a SHA-256, as 64 hexadecimal digits, of everything that decides what is found: the
/// program's version, every rule, every allow entry and every limit. `allowlist` has the entries
/// of git-secrets beside those of the config; `max_object_bytes` is the limit that counts in the
/// end, from a flag or from the config.
///
/// Rules that are switched off are part of it: others may be tried near their matches. Where a
/// rule or an entry stands is not: to move it changes nothing that is found.
pub fn rules_hash(
    rules: &RuleSet,
    config: &Config,
    allowlist: &Allowlist,
    max_object_bytes: u64,
) -> String {
    // Every struct is taken apart without `..`, so that a new field does not compile until it is
    // part of the hash. What `rules` says is in the rule set, with what the flags say.
    let Config {
        rules: _,
        allow,
        min_confidence,
        max_object_bytes: _,
        other_marks,
        // A history is not searched for known values.
        known_values: _,
        migrated: _,
        files: _,
    } = config;
    let mut parts = Parts::default();
    parts.text("tightlip rules 1");
    parts.text(BUILD);
    parts.number(max_object_bytes);
    parts.text(min_confidence.unwrap_or(Confidence::Medium).name());
    parts.number(u64::from(*other_marks));
    parts.number(rules.all().len() as u64);
    for rule in rules.all() {
        parts.rule(rule);
    }
    parts.number(allow.len() as u64);
    for (entry, _) in allow {
        parts.allow(entry);
    }
    for (entry, hides_line) in allowlist.line_keys() {
        parts.text(entry);
        parts.number(u64::from(hides_line));
    }
    match allowlist.baseline().map(|file| (file, file.load())) {
        Some((file, Ok(baseline))) => {
            for accepted in baseline.entries() {
                parts.text(&accepted.fingerprint);
                parts.text(accepted.until.as_deref().unwrap_or_default());
                // On the day after the last one, what it accepted is to be reported.
                parts.number(u64::from(file.is_expired(accepted)));
            }
        }
        Some((_, Err(_))) => parts.text("a baseline that cannot be read"),
        None => {}
    }
    hex(&parts.0.finalize())
}

/// A hash of parts, each with its length before it, so that no part can run into the next.
#[derive(Default)]
struct Parts(Sha256);

impl Parts {
    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn texts<T: AsRef<str>>(&mut self, texts: &[T]) {
        self.number(texts.len() as u64);
        for text in texts {
            self.text(text.as_ref());
        }
    }

    fn option<T>(&mut self, value: Option<T>, part: impl FnOnce(&mut Self, T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            part(self, value);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        let Rule {
            id,
            description,
            keywords,
            pattern,
            scope,
            boundary,
            secret_group,
            min_entropy,
            checks,
            confidence,
            stop_words,
            advice,
            url,
            enabled,
            max_bytes,
            near,
            pair,
            near_bytes,
            matches,
            rejects,
            origin: RuleOrigin { file: _, line: _, builtin },
        } = rule;
        for text in [id, description, pattern, advice, url] {
            self.text(text);
        }
        for texts in [keywords, stop_words, matches, rejects] {
            self.texts(texts);
        }
        self.option(
            match scope {
                Scope::Bytes => None,
                Scope::Assignment => Some(Some("\0assignment")),
                Scope::Known => Some(Some("\0known")),
                Scope::Line { exact } => Some(exact.as_deref()),
            },
            |parts, exact| parts.option(exact, Self::text),
        );
        self.option(boundary.as_deref(), Self::text);
        self.option(*secret_group, |parts, group| parts.number(group as u64));
        self.option(*min_entropy, |parts, bits| parts.number(u64::from(bits.to_bits())));
        self.texts(checks);
        self.text(confidence.name());
        self.number(u64::from(*enabled));
        self.option(*max_bytes, |parts, bytes| parts.number(bytes as u64));
        self.option(near.as_deref(), Self::text);
        self.option(pair.as_deref(), Self::text);
        self.number(*near_bytes as u64);
        self.number(u64::from(*builtin));
    }

    fn allow(&mut self, entry: &AllowEntry) {
        self.text(&entry.reason);
        for texts in entry.lists() {
            self.texts(texts);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Checkpoint, Key, MAX_BYTES, rules_hash};
    use crate::environment::Environment;
    use crate::git::ObjectId;
    use crate::rule::{RuleSet, parse_pack};
    use crate::setup::{Config, load_file};
    use crate::suppress::{Allowlist, BaselineFile, LineAllow};

    const LIMIT: u64 = 1 << 20;

    fn id(digit: &str) -> ObjectId {
        ObjectId::parse(digit.repeat(40).as_bytes()).unwrap()
    }

    fn config(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        fs::write(&path, text).unwrap();
        load_file(&path).unwrap()
    }

    fn hash_of(pack: &str, config_text: &str) -> String {
        let rules = RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap());
        rules_hash(&rules, &config(config_text), &Allowlist::default(), LIMIT)
    }

    const PACK: &str = "[[rule]]\nid = 'acme'\npattern = 'acme_[0-9]{9}'\nkeywords = ['ab', 'c']\n";
    const ALLOW: &str = "[[allow]]\nreason = 'because'\npaths = ['tests/']\n";

    #[test]
    fn everything_that_decides_what_is_found_changes_the_hash() {
        let mut seen = vec![("nothing changed", hash_of(PACK, ALLOW))];
        let rule = |line: &str| format!("{PACK}{line}\n");
        let allow = |line: &str| format!("{ALLOW}{line}\n");
        for (name, pack, config) in [
            ("pattern", PACK.replace("{9}", "{8}"), ALLOW.to_owned()),
            ("id", PACK.replace("'acme'", "'acme2'"), ALLOW.to_owned()),
            ("keywords run together", PACK.replace("'ab', 'c'", "'a', 'bc'"), ALLOW.to_owned()),
            ("switched off", rule("enabled = false"), ALLOW.to_owned()),
            ("group", rule("secret_group = 0"), ALLOW.to_owned()),
            ("entropy", rule("min_entropy = 3.0"), ALLOW.to_owned()),
            ("other entropy", rule("min_entropy = 3.1"), ALLOW.to_owned()),
            ("check", rule("checks = ['not-hex']"), ALLOW.to_owned()),
            ("confidence", rule("confidence = 'low'"), ALLOW.to_owned()),
            ("stop word", rule("stop_words = ['x']"), ALLOW.to_owned()),
            ("reach", rule("max_bytes = 10"), ALLOW.to_owned()),
            ("near", rule("near = 'x'"), ALLOW.to_owned()),
            ("pair", rule("pair = 'x'"), ALLOW.to_owned()),
            ("near bytes", rule("near_bytes = 9"), ALLOW.to_owned()),
            ("no allow entry", PACK.to_owned(), String::new()),
            ("another allow entry", PACK.to_owned(), format!("{ALLOW}{ALLOW}")),
            ("allow rules", PACK.to_owned(), allow("rules = ['acme']")),
            ("allow patterns", PACK.to_owned(), allow("patterns = ['x']")),
            ("allow lines", PACK.to_owned(), allow("line_patterns = ['x']")),
            ("allow stop words", PACK.to_owned(), allow("stop_words = ['x']")),
            ("allow fingerprints", PACK.to_owned(), allow("fingerprints = ['x']")),
            ("allow path patterns", PACK.to_owned(), allow("path_patterns = ['xy']")),
            ("allow outside", PACK.to_owned(), allow("outside_path_patterns = ['xy']")),
            ("allow commits", PACK.to_owned(), allow("commits = ['xy']")),
            ("marks of others", PACK.to_owned(), format!("other_marks = true\n{ALLOW}")),
            ("allow paths", PACK.to_owned(), ALLOW.replace("tests/", "test/")),
            ("confidence", PACK.to_owned(), format!("min_confidence = 'high'\n{ALLOW}")),
        ] {
            let hash = hash_of(&pack, &config);
            assert_eq!(hash.len(), 64);
            let same = seen.iter().find(|(_, other)| *other == hash);
            assert!(same.is_none(), "{name} has the hash of {:?}", same.unwrap().0);
            seen.push((name, hash));
        }
    }

    #[test]
    fn a_rule_that_is_disabled_and_another_limit_change_the_hash() {
        let mut rules = RuleSet::builtin();
        let (config, none) = (Config::default(), Allowlist::default());
        let before = rules_hash(&rules, &config, &none, LIMIT);
        assert_eq!(before, rules_hash(&RuleSet::builtin(), &config, &none, LIMIT));
        assert_ne!(before, rules_hash(&rules, &config, &none, LIMIT + 1));
        rules.enable("aws-access-key-id", false).unwrap();
        assert_ne!(before, rules_hash(&rules, &config, &none, LIMIT));
    }

    #[test]
    fn an_entry_of_git_secrets_changes_the_hash() {
        let (rules, config) = (RuleSet::builtin(), Config::default());
        let hash = |hides_line| {
            let entry = LineAllow::new(b"example", "f:1".into(), hides_line).unwrap();
            let allowlist = Allowlist::default().with_lines(vec![entry]);
            rules_hash(&rules, &config, &allowlist, LIMIT)
        };
        let none = rules_hash(&rules, &config, &Allowlist::default(), LIMIT);
        assert_ne!(hash(true), hash(false));
        assert_ne!(hash(false), none);
    }

    #[test]
    fn the_day_on_which_an_entry_of_the_baseline_expires_changes_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline");
        let line = |until: &str| {
            format!(
                "{{\"fingerprint\":\"{}\",\"rule\":\"r\",\"path\":\"p\"{until}}}\n",
                "0123456789abcdef".repeat(2)
            )
        };
        let hash = |until: &str, day: i64| {
            fs::write(&path, line(until)).unwrap();
            let file = BaselineFile::new(path.clone(), day * 86_400);
            assert_eq!(file.load().unwrap().entries().count(), 1);
            let allowlist = Allowlist::default().with_baseline(Some(file));
            rules_hash(&RuleSet::builtin(), &Config::default(), &allowlist, LIMIT)
        };
        let until = ",\"until\":\"1970-01-11\"";
        assert_eq!(hash(until, 3), hash(until, 10));
        assert_ne!(hash(until, 10), hash(until, 11), "the last day has passed");
        assert_eq!(hash("", 10), hash("", 11));
    }

    #[test]
    fn where_a_rule_stands_does_not_change_the_hash() {
        assert_eq!(hash_of(PACK, ALLOW), hash_of(&format!("\n\n{PACK}"), &format!("\n{ALLOW}")));
        let file = |name| {
            let rules = RuleSet::from_rules(parse_pack(PACK, name).unwrap());
            rules_hash(&rules, &Config::default(), &Allowlist::default(), LIMIT)
        };
        assert_eq!(file("p.toml"), file("sub/p.toml"));
    }

    fn key() -> Key {
        let key = ("TIGHTLIP_CACHE_KEY".into(), "sixteen bytes or more".into());
        Key::load(&Environment::new([key])).unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded_and_the_order_of_tips_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let key = key();
        assert_eq!(Checkpoint::load(&path, &key).unwrap(), None);
        let hash = hash_of(PACK, ALLOW);
        for tips in [vec![id("b"), id("a"), id("b")], vec![id("a"), id("b")]] {
            Checkpoint::new(&key, &hash, tips).save(&path, &key).unwrap();
            let loaded = Checkpoint::load(&path, &key).unwrap().unwrap();
            assert_eq!(loaded.tips(), [id("a"), id("b")]);
            assert!(loaded.is_for(&key, &hash) && !loaded.is_for(&key, &hash_of(PACK, "")));
        }
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "no temporary file stays");
    }

    #[test]
    fn a_checkpoint_that_others_have_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("c"), key());
        Checkpoint::new(&key, &hash_of(PACK, ""), vec![id("1")]).save(&path, &key).unwrap();
        let good = fs::read(&path).unwrap();
        let (head, body) = good.split_at(good.iter().position(|&byte| byte == b'\n').unwrap());
        let other_tip = String::from_utf8_lossy(&good).replace("1111", "2222");
        for bad in [b"", head, body, &good[..50], other_tip.as_bytes(), &[&good[..], b" "].concat()]
        {
            fs::write(&path, bad).unwrap();
            let error = Checkpoint::load(&path, &key).expect_err("it is not ours").to_string();
            assert!(error.contains("not sealed with this user's key"), "{error}");
        }
        fs::write(&path, key.seal(b"{\"tightlip\":\"9\",\"tips\":[]}")).unwrap();
        assert!(Checkpoint::load(&path, &key).is_err(), "another form");
    }

    #[test]
    fn what_is_no_file_or_too_large_is_an_error() {
        let (folder, key) = (tempfile::tempdir().unwrap(), key());
        assert!(Checkpoint::load(folder.path(), &key).is_err());
        let path = folder.path().join("c.json");
        fs::File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert!(Checkpoint::load(&path, &key).is_err());
        let checkpoint = Checkpoint::new(&key, "", Vec::new());
        assert!(checkpoint.save(&folder.path().join("no/such/folder"), &key).is_err());
        assert!(checkpoint.save(Path::new("/"), &key).is_err());
    }
}
