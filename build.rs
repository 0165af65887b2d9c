//! Turns `patterns/*.toml` into constants, so that no run spends time on parsing them.

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
    let mut out = String::from(
        "use std::borrow::Cow::Borrowed;\n\
         use super::{Confidence, Rule, RuleOrigin, Scope};\n\
         pub(super) static RULES: &[Rule] = &[\n",
    );
    for path in packs {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let pack: PackFile =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for entry in pack.rule {
            let line = line_of(&text, entry.span().start);
            rule(&mut out, entry.get_ref(), &path.display().to_string().replace('\\', "/"), line);
            entries.push(entry.into_inner());
        }
    }
    out.push_str("];\n");
    let mut by_id: Vec<usize> = (0..entries.len()).collect();
    by_id.sort_by_key(|&at| &entries[at].id);
    let _ = writeln!(out, "pub(super) static BY_ID: &[usize] = &{by_id:?};");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(target.join("builtin.rs"), out).expect("OUT_DIR can be written");
    fs::write(target.join("keywords.rs"), keywords(&entries)).expect("OUT_DIR can be written");
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

/// Lays the tables by which the engine finds the keywords of all rules, switched on or not.
fn keywords(entries: &[RuleEntry]) -> String {
    let place = |rule: &RuleEntry, name: &str| {
        let found = entries.iter().position(|other| other.id == name);
        found.unwrap_or_else(|| panic!("rule `{}` names `{name}`, which is not there", rule.id))
    };
    let mut keywords: Vec<Vec<u8>> = Vec::new();
    let mut rules: Vec<Vec<usize>> = Vec::new();
    let (mut near, mut pairs) = (Vec::new(), Vec::new());
    let mut names: Vec<(String, usize)> = Vec::new();
    for (at, rule) in entries.iter().enumerate() {
        pairs.extend(rule.pair.as_ref().map(|name| (at, place(rule, name))));
        if let Some(name) = &rule.near {
            near.push((at, place(rule, name)));
            continue;
        }
        if rule.grammar.as_deref() == Some("known-value") {
            continue;
        }
        let own = rule.keywords.as_deref().unwrap_or_default();
        if rule.grammar.is_some() && rule.pattern.is_some() {
            names.extend(own.iter().map(|word| (word.to_ascii_lowercase(), at)));
            continue;
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
            let known = keywords.iter().position(|other| *other == keyword);
            let slot = known.unwrap_or_else(|| {
                keywords.push(keyword);
                rules.push(Vec::new());
                keywords.len() - 1
            });
            rules[slot].push(at);
        }
    }
    let mut out = String::new();
    let list: Vec<String> =
        keywords.iter().map(|keyword| format!("Borrowed(&{keyword:?})")).collect();
    let _ = writeln!(
        out,
        "pub(in super::super) static KEYWORDS: &[Cow<'static, [u8]>] = &[{}];",
        list.join(", ")
    );
    let list: Vec<String> = rules.iter().map(|rules| format!("Borrowed(&{rules:?})")).collect();
    let _ = writeln!(
        out,
        "pub(in super::super) static RULES_OF_KEYWORD: &[Cow<'static, [usize]>] = &[{}];",
        list.join(", ")
    );
    names.sort();
    let list: Vec<String> =
        names.iter().map(|(word, rule)| format!("(Borrowed({word:?}), {rule})")).collect();
    let _ = writeln!(
        out,
        "pub(in super::super) static NAMES: &[(Cow<'static, str>, usize)] = &[{}];",
        list.join(", ")
    );
    for (name, list) in [("NEAR", near), ("PAIRS", pairs)] {
        let _ = writeln!(out, "pub(in super::super) static {name}: &[(usize, usize)] = &{list:?};");
    }
    let GramTables { multiplier, bitmap, lists, entries } = GramTables::new(&keywords);
    let of = "pub(in super::super) static";
    let _ = writeln!(out, "{of} MULTIPLIER: u32 = {multiplier};");
    let _ = writeln!(out, "{of} BITMAP: Bitmap = Bitmap({:?});", bitmap.0);
    let _ = writeln!(out, "{of} LISTS_OF_GRAMS: [u32; LISTS] = {lists:?};");
    let _ = writeln!(out, "{of} ENTRIES: &[GramEntry] = &{entries:?};");
    out
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

fn rule(out: &mut String, entry: &RuleEntry, file: &str, line: u32) {
    let need = |value: &Option<String>, key: &str| {
        value.clone().unwrap_or_else(|| panic!("{file}:{line}: rule `{}` has no {key}", entry.id))
    };
    let fields = [
        ("id", text(&entry.id)),
        ("description", text(&need(&entry.description, "description"))),
        ("keywords", texts(entry.keywords.as_deref())),
        (
            "pattern",
            match (&entry.grammar, &entry.pattern) {
                (Some(_), None) => text(""),
                _ => text(&need(&entry.pattern, "pattern")),
            },
        ),
        (
            "scope",
            match entry.grammar.as_deref() {
                None => "Scope::Bytes".into(),
                Some("assignment") => "Scope::Assignment".into(),
                Some("known-value") => "Scope::Known".into(),
                Some(other) => panic!("{file}:{line}: the grammar `{other}` is not known"),
            },
        ),
        ("boundary", option(entry.boundary.as_deref())),
        ("secret_group", format!("{:?}", entry.secret_group)),
        (
            "min_entropy",
            entry.min_entropy.map_or("None".into(), |bits| format!("Some({bits:?}_f32)")),
        ),
        ("checks", texts(entry.checks.as_deref())),
        ("confidence", format!("Confidence::{}", camel(&need(&entry.confidence, "confidence")))),
        ("stop_words", texts(entry.stop_words.as_deref())),
        ("advice", text(need(&entry.advice, "advice").trim())),
        ("url", text(entry.url.as_deref().unwrap_or(""))),
        ("enabled", format!("{:?}", entry.enabled.unwrap_or(true))),
        ("max_bytes", format!("{:?}", entry.max_bytes)),
        ("near", option(entry.near.as_deref())),
        ("pair", option(entry.pair.as_deref())),
        ("near_bytes", near_bytes(entry)),
        ("matches", texts(entry.matches.as_deref())),
        ("rejects", texts(entry.rejects.as_deref())),
        ("origin", format!("RuleOrigin {{ file: {}, line: {line}, builtin: true }}", text(file))),
    ];
    out.push_str("Rule {");
    for (name, value) in fields {
        let _ = write!(out, "{name}: {value}, ");
    }
    out.push_str("},\n");
}

fn near_bytes(entry: &RuleEntry) -> String {
    entry.near_bytes.map_or("super::DEFAULT_NEAR_BYTES".into(), |bytes| bytes.to_string())
}

fn text(value: &str) -> String {
    format!("Borrowed({value:?})")
}

fn texts(values: Option<&[String]>) -> String {
    let items: Vec<String> = values.unwrap_or_default().iter().map(|value| text(value)).collect();
    format!("Borrowed(&[{}])", items.join(", "))
}

fn option(value: Option<&str>) -> String {
    value.map_or("None".into(), |value| format!("Some({})", text(value)))
}

/// `high` as `High`; a name that no variant has fails to compile.
fn camel(name: &str) -> String {
    name.split('-')
        .map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
