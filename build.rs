//! Turns `patterns/*.toml` into constants, so that no run spends time on parsing them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rule/schema.rs"]
#[expect(unreachable_pub, reason = "public in the library, which shares the file")]
mod schema;

use schema::{PackFile, RuleEntry, line_of};

fn main() {
    let packs = pack_files(Path::new("patterns"));
    println!("cargo::rerun-if-changed=patterns");
    println!("cargo::rerun-if-changed=src/rule/schema.rs");
    let mut out = String::from(
        "use std::borrow::Cow::Borrowed;\n\
         use super::{Check, Confidence, Rule, RuleOrigin, Scope};\n\
         pub(super) static RULES: &[Rule] = &[\n",
    );
    for path in packs {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let pack: PackFile =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for entry in pack.rule {
            let line = line_of(&text, entry.span().start);
            rule(&mut out, entry.get_ref(), &path.display().to_string().replace('\\', "/"), line);
        }
    }
    out.push_str("];\n");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(target.join("builtin.rs"), out).expect("OUT_DIR can be written");
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
        ("pattern", text(&need(&entry.pattern, "pattern"))),
        ("scope", "Scope::Bytes".into()),
        ("edge", option(entry.edge.as_deref())),
        ("secret_group", format!("{:?}", entry.secret_group)),
        (
            "min_entropy",
            entry.min_entropy.map_or("None".into(), |bits| format!("Some({bits:?}_f32)")),
        ),
        ("checks", checks(entry.checks.as_deref())),
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

fn checks(names: Option<&[String]>) -> String {
    let items: Vec<String> =
        names.unwrap_or_default().iter().map(|name| format!("Check::{}", camel(name))).collect();
    format!("Borrowed(&[{}])", items.join(", "))
}

/// `crc32-base62` as `Crc32Base62`; a name that no variant has fails to compile.
fn camel(name: &str) -> String {
    name.split('-')
        .map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
