//! How many of the rules' own secrets are found in each shape that a file can have:
//! `cargo run --release --example accuracy_shapes`; `-- --missed SHAPE` names the rules that missed one.
//!
//! Every rule brings examples (templates that are filled from a fixed seed). The secret of each is taken out of its
//! example and put into the shapes of [`SHAPES`] under a name made of the rule's id. What counts is that some finding
//! of medium or high confidence covers the secret; whether the rule itself made it is counted beside.
//!
//! It prints counts and ids, never a secret.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::collections::BTreeSet;
use std::ops::Range;

use tightlip::engine::Engine;
use tightlip::rule::{Confidence, Rule, RuleSet, Scope, expand};

/// How a shape writes a name and a secret.
struct Shape {
    name: &'static str,
    /// `{camel}`, `{snake}`, `{upper}` and `{kebab}` stand for the name, `{s}` for the secret.
    text: &'static str,
    encode: fn(&str) -> Vec<u8>,
}

const fn plain(name: &'static str, text: &'static str) -> Shape {
    Shape { name, text, encode: |secret| secret.as_bytes().to_vec() }
}

const fn encoded(name: &'static str, text: &'static str, encode: fn(&str) -> Vec<u8>) -> Shape {
    Shape { name, text, encode }
}

const SHAPES: [Shape; 36] = [
    plain("Python", "import os\n\n{upper} = '{s}'\n"),
    plain("JavaScript", "const {camel} = \"{s}\";\n"),
    plain("TypeScript", "  private readonly {camel}: string = '{s}';\n"),
    plain("Java", "    private static final String {upper} = \"{s}\";\n"),
    plain("Kotlin", "    val {camel}: String = \"{s}\"\n"),
    plain("Swift", "let {camel} = \"{s}\"\n"),
    plain("Go", "\tcfg := Config{{camel}: \"{s}\", Host: \"db\"}\n"),
    plain("Rust", "const {upper}: &str = \"{s}\";\n"),
    plain("C", "static const char *{snake} = \"{s}\";\n"),
    plain("C#", "        public string {camel} { get; set; } = \"{s}\";\n"),
    plain("PHP", "    '{snake}' => '{s}',\n"),
    plain("Ruby", "  config.{snake} = '{s}'\n"),
    plain("SQL", "INSERT INTO settings ({snake}, kind) VALUES ('{s}', 'live');\n"),
    plain("shell", "export {upper}={s}\n"),
    plain("shell flag", "deploy --region eu-west-1 --{kebab} {s} --wait\n"),
    plain("PowerShell", "$env:{upper} = \"{s}\"\n"),
    plain("Dockerfile", "FROM alpine\nENV {upper}={s}\n"),
    plain("Compose", "services:\n  app:\n    environment:\n      - {upper}={s}\n"),
    plain(".env", "DEBUG=1\n{upper}={s}\n"),
    plain("YAML", "app:\n  {snake}: {s}\n  debug: true\n"),
    plain("YAML flow map", "app: {host: db, {snake}: \"{s}\"}\n"),
    plain("JSON", "{\n  \"{camel}\": \"{s}\",\n  \"debug\": true\n}\n"),
    plain("JSON in a string", "{\"body\": \"{\\\"{camel}\\\": \\\"{s}\\\"}\"}\n"),
    plain("ini", "[app]\n{snake} = {s}\n"),
    plain("TOML", "[app]\n{snake} = \"{s}\"\n"),
    plain("properties", "app.{kebab}={s}\n"),
    plain("XML element", "<app><{camel}>{s}</{camel}></app>\n"),
    plain("XML attribute", "<add key=\"{camel}\" value=\"{s}\" />\n"),
    plain("HCL", "variable \"{snake}\" {\n  default = \"{s}\"\n}\n"),
    plain("Markdown", "Call it with `{upper}={s}` once.\n"),
    plain("notebook", "{\"cells\": [{\"source\": [\"{snake} = '{s}'\\n\"]}]}\n"),
    plain("HTTP header", "GET / HTTP/1.1\nHost: acme.io\nX-{kebab}: {s}\n\n"),
    plain("URL", "https://api.acme.io/v1/items?{snake}={s}&page=2\n"),
    plain("CSV", "id,{snake},kind\n1,{s},live\n"),
    encoded("Kubernetes secret", "kind: Secret\ndata:\n  {snake}: {s}\n", base64),
    plain("diff", "@@ -1,2 +1,2 @@\n-{upper}=\n+{upper}={s}\n"),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let asked = match arguments.next().as_deref() {
        Some("--missed") => arguments.next(),
        _ => None,
    };
    let rules = RuleSet::builtin();
    let engine = Engine::new(rules.clone(), 0).expect("built-in rules compile");
    let samples: Vec<Sample<'_>> =
        rules.all().iter().filter_map(|rule| sample(&engine, rule)).collect();
    println!(
        "{} rules, {} with a secret of one line that can be named and moved\n",
        rules.all().len(),
        samples.len()
    );
    println!("| shape | found | of | by its own rule |\n|---|---:|---:|---:|");
    let mut total = [0; 3];
    for shape in &SHAPES {
        let tried: Vec<(&str, Found)> =
            samples.iter().map(|sample| (sample.id, sample.found_in(&engine, shape))).collect();
        let found = tried.iter().filter(|(_, found)| *found != Found::No).count();
        let own = tried.iter().filter(|(_, found)| *found == Found::ByItsRule).count();
        println!("| {} | {found} | {} | {own} |", shape.name, tried.len());
        total = [total[0] + found, total[1] + tried.len(), total[2] + own];
        if asked.as_deref() == Some(shape.name) {
            let missed = tried.iter().filter(|(_, found)| *found == Found::No);
            missed.for_each(|(id, _)| println!("  {id}"));
        }
    }
    println!("| all | {} | {} | {} |", total[0], total[1], total[2]);
}

/// A rule's secret, without what stands around it in the example.
struct Sample<'a> {
    id: &'a str,
    secret: String,
}

/// Who found a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    ByItsRule,
    ByAnother,
    No,
}

/// The secret of the first example in which the rule finds one of a single line.
fn sample<'a>(engine: &Engine, rule: &'a Rule) -> Option<Sample<'a>> {
    if !rule.enabled || rule.scope == Scope::Known || rule.confidence == Confidence::Low {
        return None;
    }
    rule.matches.iter().find_map(|template| {
        let text = expand(template).ok()?;
        let matches = engine.scan(&text);
        let rules = engine.rules().all();
        let found = matches.list.iter().find(|found| rules[found.rule].id == rule.id)?;
        let secret = String::from_utf8(text.get(found.secret.clone())?.to_vec()).ok()?;
        let is_movable = !secret.contains(['\n', '\r', '"', '\'', ' ', '<']);
        is_movable.then(|| Sample { id: &rule.id, secret })
    })
}

impl Sample<'_> {
    fn found_in(&self, engine: &Engine, shape: &Shape) -> Found {
        let (text, place) = self.written_in(shape);
        let matches = engine.scan(&text);
        let covers = |span: &Range<usize>| span.start < place.end && place.start < span.end;
        let rules: BTreeSet<&str> = matches
            .list
            .iter()
            .filter(|found| found.confidence > Confidence::Low && covers(&found.secret))
            .map(|found| &*engine.rules().all()[found.rule].id)
            .collect();
        match rules.contains(self.id) {
            true => Found::ByItsRule,
            false if rules.is_empty() => Found::No,
            false => Found::ByAnother,
        }
    }

    /// The text of a shape, and where the secret stands in it.
    fn written_in(&self, shape: &Shape) -> (Vec<u8>, Range<usize>) {
        let words: Vec<&str> = self.id.split('-').collect();
        let (before, behind) = shape.text.split_once("{s}").expect("a shape has a place");
        let name = |text: &str| {
            text.replace("{snake}", &words.join("_"))
                .replace("{upper}", &words.join("_").to_uppercase())
                .replace("{kebab}", self.id)
                .replace("{camel}", &camel(&words))
        };
        let mut text = name(before).into_bytes();
        let start = text.len();
        text.extend((shape.encode)(&self.secret));
        let end = text.len();
        text.extend(name(behind).into_bytes());
        (text, start..end)
    }
}

/// `acme-deploy-key` as `acmeDeployKey`.
fn camel(words: &[&str]) -> String {
    let upper = |word: &&str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_uppercase() + rest
    };
    words[0].to_owned() + &words[1..].iter().map(upper).collect::<String>()
}

fn base64(secret: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for part in secret.as_bytes().chunks(3) {
        let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - part.len()));
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at)) as usize & 63;
            out.push(if at <= part.len() { ALPHABET[index] } else { b'=' });
        }
    }
    out
}
