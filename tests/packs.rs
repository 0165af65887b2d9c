//! Every rule tried on its own examples, and every file in `patterns/` and `hooks/` embedded.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tightlip::engine::{Engine, selftest};
use tightlip::rule::{Advice, RuleSet, expand, parse_pack};

fn root(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

#[test]
fn every_rule_matches_its_examples_and_rejects_the_others() {
    let failures = selftest(RuleSet::builtin()).unwrap();
    let text: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(text.is_empty(), "{}", text.join("\n"));
}

#[test]
fn every_rule_of_every_pack_is_embedded_as_it_is_written() {
    let builtin = RuleSet::builtin();
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(root("patterns")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("patterns/{}", path.file_name().unwrap().to_string_lossy());
        for rule in parse_pack(&fs::read_to_string(&path).unwrap(), &name).unwrap() {
            let embedded =
                builtin.find(&rule.id).unwrap_or_else(|| panic!("{} is not embedded", rule.id));
            assert_eq!(embedded.pattern, rule.pattern, "{}", rule.id);
            assert_eq!(embedded.boundary, rule.boundary, "{}", rule.id);
            assert_eq!(embedded.keywords, rule.keywords, "{}", rule.id);
            assert_eq!(embedded.origin.to_string(), rule.origin.to_string(), "{}", rule.id);
            assert!(seen.insert(rule.id.to_string()), "{} stands in two packs", rule.id);
        }
    }
    assert_eq!(seen.len(), builtin.all().len());
}

#[test]
fn every_rule_is_whole() {
    for rule in RuleSet::builtin().all() {
        let id = &rule.id;
        assert!(
            !rule.description.is_empty() && !rule.description.ends_with('.'),
            "{id}: description"
        );
        let Advice { can, steps, checks } = Advice::of(&rule.advice);
        assert!(!can.is_empty(), "{id}: no line says what it can do (`It can ...`)");
        assert!(!steps.is_empty(), "{id}: no line says where it is rotated");
        assert!(!checks.is_empty(), "{id}: no line says how to see its use (`Check ...`)");
        assert!(
            rule.advice.lines().map(str::trim).eq([can, steps, checks].concat()),
            "{id}: order"
        );
        assert!(rule.url.starts_with("https://"), "{id}: url");
        if rule.scope == tightlip::rule::Scope::Known {
            // What it finds is handed in: tests/cli/known.rs.
            continue;
        }
        assert!(rule.matches.len() >= 2 && !rule.rejects.is_empty(), "{id}: examples");
        assert_eq!(rule.keywords.is_empty(), rule.near.is_some(), "{id}: keywords or near");
        for keyword in rule.keywords.iter().filter(|_| !rule.is_named()) {
            assert!(
                keyword.len() >= tightlip::pattern::MIN_KEYWORD_BYTES,
                "{id}: {keyword} is too short"
            );
        }
    }
}

#[test]
fn long_tokens_and_keys_are_found_whole() {
    let base64url = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    let made = |template: &str| String::from_utf8(expand(template).unwrap()).unwrap();
    let jwt = |bytes: usize| {
        let roles = made(&format!("{{alnum:{bytes}}}"));
        let header = base64url(r#"{"alg":"RS256","typ":"JWT"}"#);
        let payload = base64url(&format!(r#"{{"sub":"1","roles":"{roles}"}}"#));
        format!("{header}.{payload}.{}", made("{base64url:342}"))
    };
    let key = |lines: usize| {
        let body = "{base64:64}\n".repeat(lines);
        made(&format!(
            "-----BEGIN {{}}RSA PRIVATE KEY-----\nMIIpKgIBAAKC{{base64:52}}\n{body}-----END {{}}RSA PRIVATE KEY-----"
        ))
    };
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    for (id, secret) in [
        ("jwt", jwt(300)),
        ("jwt", jwt(11_000)),
        ("aws-session-token", made("IQoJb3JpZ2lu{base64:7500}")),
        ("pem-rsa-private-key", key(24)),
        ("pem-rsa-private-key", key(420)),
    ] {
        let text = format!("x = \"{secret}\"\n");
        let found = engine.scan(text.as_bytes()).list;
        let is_whole = |found: &tightlip::engine::Match| {
            *engine.rules().all()[found.rule].id == *id && found.secret == (5..5 + secret.len())
        };
        assert!(found.iter().any(is_whole), "{id}: {} bytes: {found:?}", secret.len());
    }
}

/// What stands right before a token in JSON, in source text, in URLs and in coloured logs.
const ESCAPES: [&str; 14] = [
    "",
    "\\n",
    "\\t",
    "\\\\n",
    "\\x22",
    "\\u0022",
    "\\u003d",
    "\\075",
    "%22",
    "%253D",
    "\x1b[31m",
    "\x1b[1;31m\x1b[K",
    "\\e[31m",
    "\\u001b[31m",
];

#[test]
fn an_escape_before_a_match_is_its_boundary_in_every_rule_that_has_one() {
    let mut rules = RuleSet::builtin();
    let ids: Vec<_> = rules.all().iter().map(|rule| rule.id.clone()).collect();
    ids.iter().for_each(|id| rules.enable(id, true).unwrap());
    let engine = Engine::new(rules, 0).unwrap();
    let is_found = |text: &[u8], rule: usize| {
        engine.scan(text).list.into_iter().find(|found| found.rule == rule)
    };
    let mut tried = 0;
    for (index, rule) in engine.rules().all().iter().enumerate() {
        if rule.boundary.is_none() {
            continue;
        }
        for example in rule.matches.iter() {
            let text = expand(example).unwrap();
            let found = is_found(&text, index).unwrap();
            let (before, bare) = text.split_at(found.span.start);
            for escape in ESCAPES {
                let text = [before, b" ", escape.as_bytes(), bare].concat();
                assert!(is_found(&text, index).is_some(), "{}: {escape:?} {example}", rule.id);
                tried += 1;
            }
            let text = [before, b"Z", bare].concat();
            let begins = is_found(&text, index).map(|found| found.span.start);
            assert_ne!(begins, Some(before.len() + 1), "{}: Z {example}", rule.id);
        }
    }
    assert!(tried > 1000, "{tried}");
}

#[test]
fn documented_example_keys_are_never_reported() {
    // The keys of AWS's own documentation, put together here so that none stands in the file.
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    for (id, secret) in [
        ("AKIAIOSFODNN7{}EXAMPLE", "wJalrXUtnFEMI/K7MDENG/{}bPxRfiCYEXAMPLEKEY"),
        ("AKIAI44QH8DHB{}EXAMPLE", "je7MtGbClwBF/2Zp9Utk/{}h3yCo8nvbEXAMPLEKEY"),
        ("ASIAIOSFODNN7{}EXAMPLE", "wJalrXUtnFEMI/K7MDENG/{}bPxRfiCYEXAMPLEKEY"),
    ] {
        let text = expand(&format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n"))
            .unwrap();
        assert_eq!(engine.scan(&text).list, [], "{id}");
    }
}

#[test]
fn an_example_key_does_not_hide_a_real_one_beside_it() {
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let text = expand("AKIAIOSFODNN7{}EXAMPLE and AKIA{base32:16}").unwrap();
    assert_eq!(engine.scan(&text).list.len(), 1);
}

#[test]
fn every_builtin_rule_passes_the_linter() {
    let problems = tightlip::engine::lint::lint(RuleSet::builtin()).unwrap();
    let text: Vec<String> = problems
        .iter()
        .map(|one| format!("{} [{}] {}: {}", one.severity.name(), one.kind, one.rule, one.message))
        .collect();
    assert!(text.is_empty(), "{}", text.join("\n"));
}
