//! `tightlip rules check`: what is wrong with a rule, and what it costs.

use crate::fixture::{TestRepo, made};

const GOOD: &str = "[[rule]]\nid = 'a'\nkeywords = ['acme_']\npattern = 'acme_[0-9]{9}'\n\
                    matches = ['acme_123456789']\n";

fn with_config(text: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.write(".tightlip.toml", text);
    repo
}

#[test]
fn check_passes_the_builtin_rules_and_a_good_one() {
    let repo = with_config(GOOD);
    repo.tightlip(&["rules", "check", "--strict"]).exits(0).says("0 errors, 0 warnings");
}

#[test]
fn check_fails_for_errors_and_with_strict_for_warnings() {
    let repo = with_config(&GOOD.replace("acme_123456789", "acme_x"));
    repo.tightlip(&["rules", "check"])
        .exits(1)
        .says(".tightlip.toml:1: error [example]: rule `a`: does not match its example")
        .says("1 errors, 0 warnings");
    let repo = with_config(&GOOD.replace("{9}", "+"));
    let said = repo.tightlip(&["rules", "check"]).exits(0);
    said.says("warning [unbounded]: rule `a`").says("0 errors, 1 warnings");
    repo.tightlip(&["rules", "check", "--strict"]).exits(1);
    let repo = with_config(&GOOD.replace("acme_[0-9]{9}", "acme_("));
    repo.tightlip(&["rules", "check"]).exits(2).says("rule `a`");
}

#[test]
fn check_names_two_rules_of_one_file_with_one_id() {
    let repo = with_config(&format!("{GOOD}{GOOD}"));
    repo.tightlip(&["rules", "check"])
        .exits(1)
        .says(".tightlip.toml:6: error [duplicate-id]: rule `a`")
        .says("at .tightlip.toml:1");
}

#[test]
fn check_names_a_rule_that_matches_what_a_builtin_one_does() {
    let repo = with_config(
        "[[rule]]\nid = 'mine'\nkeywords = ['akia']\npattern = 'AKIA[A-Z2-7]{16}'\n\
         matches = ['AKIA{base32:16}']\n",
    );
    let said = repo.tightlip(&["rules", "check", "--strict"]).exits(1);
    said.says("[overlap]: rule `mine`")
        .says("aws-access-key-id")
        .never_says(&made("AKIA{base32:16}"));
}

#[test]
fn check_tells_what_rules_cost_on_a_sample() {
    let repo = with_config(&format!("{GOOD}[[rule]]\nid = 'b'\npattern = '[0-9]{{9}}'\n"));
    repo.write("src/a.txt", format!("acme_123456789\n{}", "some text\n".repeat(50)));
    let said = repo.tightlip(&["rules", "check", "--sample", "src", "--format", "json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(document["sample"]["bytes"], 515);
    let costs = document["sample"]["costs"].as_array().unwrap();
    let of = |id: &str| costs.iter().find(|cost| cost["rule"] == id).unwrap();
    assert_eq!((of("a")["hits"].as_u64(), of("a")["bytes"].as_u64()), (Some(1), Some(14)));
    assert_eq!((of("b")["bytes"].as_u64(), of("b")["matches"].as_u64()), (Some(515), Some(1)));
    let problems = document["problems"].as_array().unwrap();
    let has = |kind: &str| problems.iter().any(|one| one["kind"] == kind && one["rule"] == "b");
    assert!(has("expensive") && has("no-keyword") && has("no-example"), "{problems:?}");
    let said = repo.tightlip(&["rules", "check", "--sample", "src"]).exits(0);
    said.says("cost on 515 bytes").says("expensive");
    repo.tightlip(&["rules", "check", "--sample", "nowhere"]).exits(2).says("nowhere");
}
