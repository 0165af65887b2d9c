//! Turns `patterns/*.toml` into constants, so that no run spends time on parsing them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rule/schema.rs"]
#[expect(unreachable_pub, reason = "public in the library, which shares the file")]
mod schema;

use schema::{PackFile, RuleEntry, line_of};

#[path = "src/engine/keyword_tables.rs"]
mod keyword_tables;

use keyword_tables::{GramTables, SHORTEST_KEYWORD};

#[path = "src/pattern/outline/mod.rs"]
#[expect(dead_code, reason = "outlines are laid here and read in the library")]
mod outline;

use outline::{ByteSet, Outline, Row, Run};

/// A folder with further packs, for measuring: `benches/hook.rs` says how.
const MORE_PATTERNS: &str = "TIGHTLIP_MORE_PATTERNS";

fn main() {
    let mut packs = pack_files(Path::new("patterns"));
    println!("cargo::rerun-if-changed=patterns");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=TIGHTLIP_BUILD={:016x}", build());
    println!("cargo::rerun-if-env-changed={MORE_PATTERNS}");
    packs.extend(
        env::var_os(MORE_PATTERNS).map(|more| pack_files(Path::new(&more))).unwrap_or_default(),
    );
    let mut entries = Vec::new();
    let mut constants = RuleConstants::default();
    for path in packs {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let pack: PackFile =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for entry in pack.rule {
            let line = line_of(&text, entry.span().start);
            constants.add(entry.get_ref(), &path.display().to_string().replace('\\', "/"), line);
            entries.push(entry.into_inner());
        }
    }
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let rules = constants.source(&entries);
    fs::write(target.join("builtin.rs"), rules).expect("OUT_DIR can be written");
    let keywords = KeywordConstants::of(&entries).source();
    fs::write(target.join("keywords.rs"), keywords).expect("OUT_DIR can be written");
    let outlines = OutlineConstants::of(&entries).source();
    fs::write(target.join("outlines.rs"), outlines).expect("OUT_DIR can be written");
}

/// A hash of all that the program is built from: what one build has found, another need not find.
fn build() -> u64 {
    let mut hash = DefaultHasher::new();
    let mut todo =
        vec![PathBuf::from("src"), PathBuf::from("patterns"), PathBuf::from("Cargo.lock")];
    todo.extend(env::var_os(MORE_PATTERNS).map(PathBuf::from));
    let mut files = Vec::new();
    while let Some(path) = todo.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => todo.extend(entries.filter_map(|entry| Some(entry.ok()?.path()))),
            Err(_) => files.push(path),
        }
    }
    files.sort();
    for path in files {
        (path.as_os_str(), fs::read(&path).ok()).hash(&mut hash);
    }
    hash.finish()
}

/// What leads from keywords to rules, switched on or not.
#[derive(Default)]
struct KeywordConstants {
    keywords: Vec<Vec<u8>>,
    /// For each keyword, the rules that have it.
    rules: Vec<Vec<usize>>,
    /// Words of names, each with its rule.
    names: Vec<(String, usize)>,
    near: Vec<(usize, usize)>,
    pairs: Vec<(usize, usize)>,
}

impl KeywordConstants {
    fn of(entries: &[RuleEntry]) -> Self {
        let mut constants = KeywordConstants::default();
        for (at, rule) in entries.iter().enumerate() {
            let place = |name: &str| {
                let found = entries.iter().position(|other| other.id == name);
                found.unwrap_or_else(|| panic!("rule `{}` names `{name}`, not a rule", rule.id))
            };
            constants.pairs.extend(rule.pair.as_ref().map(|name| (at, place(name))));
            match &rule.near {
                Some(name) => constants.near.push((at, place(name))),
                None => constants.add(at, rule),
            }
        }
        constants.names.sort();
        constants
    }

    fn add(&mut self, at: usize, rule: &RuleEntry) {
        if rule.grammar.as_deref() == Some("known-value") {
            return;
        }
        let own = rule.keywords.as_deref().unwrap_or_default();
        if rule.grammar.is_some() && rule.pattern.is_some() {
            self.names.extend(own.iter().map(|word| (word.to_ascii_lowercase(), at)));
            return;
        }
        // One of three bytes makes the filter stop at every second place that has its last two.
        let is_usable = |keyword: &String| keyword.len() > SHORTEST_KEYWORD;
        assert!(
            !own.is_empty() && own.iter().all(is_usable),
            "rule `{}` needs keywords of {} bytes or more",
            rule.id,
            SHORTEST_KEYWORD + 1
        );
        for keyword in own {
            let keyword = keyword.to_ascii_lowercase().into_bytes();
            let known = self.keywords.iter().position(|other| *other == keyword);
            let slot = known.unwrap_or_else(|| {
                self.keywords.push(keyword);
                self.rules.push(Vec::new());
                self.keywords.len() - 1
            });
            self.rules[slot].push(at);
        }
    }

    /// The tables by which the engine finds keywords, and what they lead to.
    fn source(&self) -> String {
        const STATIC: &str = "pub(in super::super) static";
        let mut out = String::new();
        let words = self.names.iter().map(|(word, _)| word.as_bytes());
        let keywords = self.keywords.iter().map(|keyword| &**keyword);
        for (name, list_name, (bytes, ends)) in [
            ("KEYWORDS", "KEYWORD_ENDS", in_one_piece(keywords)),
            ("NAMES", "NAME_ENDS", in_one_piece(words)),
        ] {
            let text = bytes.escape_ascii();
            let _ = writeln!(out, "{STATIC} {name}: &[u8] = b\"{text}\";");
            let _ = writeln!(out, "{STATIC} {list_name}: &[u32] = &{ends:?};");
        }
        let (rules, ends) = in_one_piece(self.rules.iter().map(|rules| &**rules));
        let _ = writeln!(out, "{STATIC} RULES_OF_KEYWORD: &[u32] = &{rules:?};");
        let _ = writeln!(out, "{STATIC} RULES_OF_KEYWORD_ENDS: &[u32] = &{ends:?};");
        let rules: Vec<usize> = self.names.iter().map(|(_, rule)| *rule).collect();
        let _ = writeln!(out, "{STATIC} RULE_OF_NAME: &[u32] = &{rules:?};");
        for (name, list) in [("NEAR", &self.near), ("PAIRS", &self.pairs)] {
            let _ = writeln!(out, "{STATIC} {name}: &[(usize, usize)] = &{list:?};");
        }
        let GramTables { multiplier, bitmap, lists, entries } = GramTables::new(&self.keywords);
        let _ = writeln!(out, "{STATIC} MULTIPLIER: u32 = {multiplier};");
        let _ = writeln!(out, "{STATIC} BITMAP: Bitmap = Bitmap({:?});", bitmap.0);
        let _ = writeln!(out, "{STATIC} LISTS_OF_GRAMS: &[u32] = &{lists:?};");
        let _ = writeln!(out, "{STATIC} ENTRIES: &[GramEntry] = &{entries:?};");
        out
    }
}

/// What is told of the patterns of rules.
#[derive(Default)]
struct OutlineConstants {
    places: Vec<ByteSet>,
    runs: Vec<Run>,
    /// `None` for a rule without a pattern.
    rows: Vec<Option<Row>>,
}

impl OutlineConstants {
    fn of(entries: &[RuleEntry]) -> Self {
        let mut constants = OutlineConstants::default();
        for entry in entries {
            let row = entry.pattern.as_ref().map(|pattern| constants.row(entry, pattern));
            constants.rows.push(row);
        }
        constants
    }

    fn row(&mut self, entry: &RuleEntry, pattern: &str) -> Row {
        let hir = outline::parse(pattern).unwrap_or_else(|e| panic!("rule `{}`: {e}", entry.id));
        let keywords = entry.keywords.as_deref().unwrap_or_default().iter();
        let keywords: Vec<Vec<u8>> =
            keywords.map(|word| word.to_ascii_lowercase().into()).collect();
        let Outline { max_prefix, max_bytes, first, run } =
            Outline::new(&hir, &keywords, entry.max_bytes);
        let boundary = entry.boundary.as_deref().map(|class| {
            let malformed = || panic!("rule `{}`: its boundary is no class", entry.id);
            outline::class(class).unwrap_or_else(malformed)
        });
        let (places, runs) = (self.places.len(), self.runs.len());
        self.places.extend_from_slice(&first.places);
        self.runs.extend_from_slice(&first.runs);
        Row {
            max_prefix,
            max_bytes,
            places: (places, self.places.len()),
            behind: first.behind,
            whole: first.whole,
            runs: (runs, self.runs.len()),
            run,
            boundary,
        }
    }

    fn source(&self) -> String {
        let OutlineConstants { places, runs, rows } = self;
        format!(
            "static PLACES: &[ByteSet] = &{places:?};\nstatic RUNS: &[Run] = &{runs:?};\n\
             static ROWS: &[Option<Row>] = &{rows:?};\n"
        )
    }
}

/// Lists one behind the other, and where each ends.
fn in_one_piece<'a, T: Copy + 'a>(lists: impl Iterator<Item = &'a [T]>) -> (Vec<T>, Vec<usize>) {
    let (mut items, mut ends) = (Vec::new(), Vec::new());
    for list in lists {
        items.extend_from_slice(list);
        ends.push(items.len());
    }
    (items, ends)
}

fn pack_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("patterns/ stands beside build.rs");
    let mut packs: Vec<PathBuf> = entries
        .map(|entry| entry.expect("patterns/ can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    packs.sort();
    packs
}

/// The constants that `src/rule/builtin.rs` makes rules of: its types say what they mean.
#[derive(Default)]
struct RuleConstants {
    /// All texts, each once.
    text: String,
    known: HashMap<String, String>,
    /// Spans of texts that are parts of a list.
    lists: Vec<String>,
    rows: String,
    briefs: String,
}

impl RuleConstants {
    fn add(&mut self, entry: &RuleEntry, file: &str, line: u32) {
        let need = |value: &Option<String>, key: &str| {
            let missing = || panic!("{file}:{line}: rule `{}` has no {key}", entry.id);
            value.clone().unwrap_or_else(missing)
        };
        let pattern = match (&entry.grammar, &entry.pattern) {
            (Some(_), None) => String::new(),
            _ => need(&entry.pattern, "pattern"),
        };
        let kind = match (entry.grammar.as_deref(), pattern.is_empty()) {
            (None, _) => "Bytes",
            (Some("assignment"), true) => "Judged",
            (Some("assignment"), false) => "Named",
            (Some("known-value"), _) => "Known",
            (Some(other), _) => panic!("{file}:{line}: the grammar `{other}` is not known"),
        };
        let is_enabled = entry.enabled.unwrap_or(true);
        let _ = writeln!(self.briefs, "Brief {{ is_enabled: {is_enabled}, kind: Kind::{kind} }},");
        let fields = [
            ("id", self.span(&entry.id)),
            ("description", self.span(&need(&entry.description, "description"))),
            ("keywords", self.list(entry.keywords.as_deref())),
            ("pattern", self.span(&pattern)),
            ("boundary", self.option(entry.boundary.as_deref())),
            ("secret_group", format!("{:?}", entry.secret_group)),
            ("min_entropy", format!("{:?}", entry.min_entropy)),
            ("checks", self.list(entry.checks.as_deref())),
            ("confidence", confidence(&need(&entry.confidence, "confidence"))),
            ("stop_words", self.list(entry.stop_words.as_deref())),
            ("advice", self.span(need(&entry.advice, "advice").trim())),
            ("url", self.span(entry.url.as_deref().unwrap_or_default())),
            ("max_bytes", format!("{:?}", entry.max_bytes)),
            ("near", self.option(entry.near.as_deref())),
            ("pair", self.option(entry.pair.as_deref())),
            ("near_bytes", near_bytes(entry)),
            ("matches", self.list(entry.matches.as_deref())),
            ("rejects", self.list(entry.rejects.as_deref())),
            ("file", self.span(file)),
            ("line", line.to_string()),
        ];
        let fields = fields.map(|(name, value)| format!("{name}: {value}"));
        let _ = writeln!(self.rows, "Row {{ {} }},", fields.join(", "));
    }

    fn source(&self, entries: &[RuleEntry]) -> String {
        let mut by_id: Vec<usize> = (0..entries.len()).collect();
        by_id.sort_by_key(|&at| &entries[at].id);
        let (rows, briefs, lists) = (&self.rows, &self.briefs, self.lists.join(", "));
        format!(
            "static TEXT: &str = {:?};\nstatic LISTS: &[Span] = &[{lists}];\n\
             static ROWS: &[Row] = &[\n{rows}];\nstatic BRIEFS: &[Brief] = &[\n{briefs}];\n\
             static BY_ID: &[u32] = &{by_id:?};\n",
            self.text
        )
    }

    fn span(&mut self, value: &str) -> String {
        if let Some(span) = self.known.get(value) {
            return span.clone();
        }
        let start = self.text.len();
        self.text.push_str(value);
        let span = format!("Span({start}, {})", self.text.len());
        self.known.insert(value.to_owned(), span.clone());
        span
    }

    fn list(&mut self, values: Option<&[String]>) -> String {
        let start = self.lists.len();
        for value in values.unwrap_or_default() {
            let span = self.span(value);
            self.lists.push(span);
        }
        format!("SpanList({start}, {})", self.lists.len())
    }

    fn option(&mut self, value: Option<&str>) -> String {
        value.map_or("None".into(), |value| format!("Some({})", self.span(value)))
    }
}

fn near_bytes(entry: &RuleEntry) -> String {
    entry.near_bytes.map_or("super::DEFAULT_NEAR_BYTES".into(), |bytes| bytes.to_string())
}

/// `high` as `Confidence::High`; a name that no variant has fails to compile.
fn confidence(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    format!("Confidence::{}{rest}", first.to_ascii_uppercase())
}
