//! Users' own rules, allow entries, and mistakes in them.

use crate::fixture::{TestRepo, key, made};

fn with_config(text: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.write(".tightlip.toml", text);
    repo
}

#[test]
fn a_forbidden_pattern_of_the_teams_own_stops_a_commit() {
    let repo = with_config("[[rule]]\nid = 'codename'\npattern = '(?i)project[ -]?bluebird'\n");
    repo.hooks(&["pre-commit", "commit-msg"]);
    repo.stage("a.txt", "About Project Bluebird.\n");
    let said = repo.git(&["commit", "-m", "x"]).exits(1);
    said.says("[codename]").never_says("Project Bluebird");
    repo.stage("a.txt", "About nothing.\n");
    repo.git(&["commit", "-m", "start project-bluebird"]).exits(1);
    repo.git(&["commit", "-m", "start"]).exits(0);
}

#[test]
fn a_rule_without_a_literal_works_everywhere() {
    let repo = with_config("[[rule]]\nid = 'card'\npattern = '\\b[0-9]{4} [0-9]{4} [0-9]{4}\\b'\n");
    repo.write("a.txt", "x\n1234 5678 9012\n");
    repo.tightlip(&["scan", "a.txt"]).exits(1).says("a.txt:2:1");
}

#[test]
fn rules_of_the_user_and_of_the_repository_add_up() {
    let repo = with_config("[[rule]]\nid = 'ours'\npattern = 'forbidden-here'\n");
    let user = repo.home().join(".config/tightlip");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(user.join("config.toml"), "[[rule]]\nid = 'mine'\npattern = 'forbidden-mine'\n")
        .unwrap();
    repo.write("named.toml", "[[rule]]\nid = 'named'\npattern = 'forbidden-named'\n");
    let named = repo.root.join("named.toml");
    repo.git(&["config", "tightlip.config", named.to_str().unwrap()]).exits(0);
    let text = format!("forbidden-here\nforbidden-mine\nforbidden-named\n{}\n", key(0));
    repo.write("a.txt", text);
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    let rules: Vec<_> = said.objects("finding").iter().map(|f| f["rule"].to_string()).collect();
    assert_eq!(rules, ["\"ours\"", "\"mine\"", "\"named\"", "\"aws-access-key-id\""]);
    // A file that is named takes the place of all others.
    let said =
        repo.tightlip(&["scan", "a.txt", "--format", "jsonl", "--config", "named.toml"]).exits(1);
    assert_eq!(said.objects("finding").len(), 2);
}

#[test]
fn rules_are_disabled_enabled_and_overridden_by_id() {
    let repo = with_config(
        "disable = ['aws-access-key-id']\nenable = ['aws-account-id']\n\
         [[rule]]\nid = 'stripe-test-key'\nconfidence = 'high'\n",
    );
    repo.write("a.txt", format!("{}\naws_account_id = {}\n", key(0), made("{digit:12}")));
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding")[0]["rule"], "aws-account-id");
    assert_eq!(said.objects("finding").len(), 1);
    let list = repo.tightlip(&["rules", "list"]).exits(0);
    let line = list.out.lines().find(|line| line.starts_with("aws-access-key-id ")).unwrap();
    assert!(line.contains("off"));
    repo.tightlip(&["rules", "show", "stripe-test-key"]).exits(0).says("confidence    high");
    repo.tightlip(&["scan", "a.txt", "--rule", "aws-access-key-id"]).exits(1).says("a.txt:1:1");
}

#[test]
fn an_allow_entry_hides_what_it_covers_and_removes_no_rule() {
    let repo = with_config(&format!(
        "[[allow]]\nreason = 'fixtures'\npaths = ['fixtures/']\n\
         [[allow]]\nreason = 'revoked in May'\npatterns = ['^{}$']\n",
        key(1)
    ));
    repo.write("fixtures/a.txt", key(0));
    repo.write("b.txt", format!("{} {}\n", key(1), key(2)));
    let said = repo.tightlip(&["scan", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1, "{said:?}");
    let column = said.objects("finding")[0]["column"].as_u64().unwrap();
    assert_eq!(column, key(1).len() as u64 + 2);
    let said = repo.tightlip(&["scan", "-v"]).exits(1);
    said.says("fixtures (.tightlip.toml:1)").says("revoked in May (.tightlip.toml:4)");
}

#[test]
fn an_inline_allow_needs_a_reason() {
    let repo = TestRepo::new();
    repo.write("a.txt", format!("{} # tightlip:allow fixture of the parser\n", key(0)));
    repo.tightlip(&["scan", "a.txt"]).exits(0).says("1 allowed");
    repo.write("a.txt", format!("{} # tightlip:allow\n", key(0)));
    repo.tightlip(&["scan", "a.txt"]).exits(1).says("it gives no reason");
    repo.write("a.txt", format!("# tightlip:allow-next-line fixture\n{}\n{}\n", key(0), key(1)));
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding")[0]["line"], 3);
}

#[test]
fn a_fingerprint_can_be_allowed_and_stays_the_same() {
    let repo = TestRepo::new();
    repo.write("a.txt", key(0));
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    let fingerprint = said.objects("finding")[0]["fingerprint"].as_str().unwrap().to_owned();
    repo.stage("a.txt", format!("\n\nmoved {}", key(0)));
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding")[0]["fingerprint"], *fingerprint);
    repo.write(
        ".tightlip.toml",
        format!("[[allow]]\nreason = 'old'\nfingerprints = ['{fingerprint}']\n"),
    );
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn mistakes_name_their_file_and_line_and_end_in_2() {
    for (text, expected) in [
        ("disabel = []", ".tightlip.toml:1: unknown field `disabel`"),
        ("\n[[rule]]\nid = 'x'\npattern = '('", ".tightlip.toml:2: rule `x`"),
        ("[[rule]]\nid = 'x'\npattern = 'a*'", "empty string"),
        ("[[rule]]\nid = 'x'", ".tightlip.toml:1: rule `x` has no pattern"),
        ("[[rule]]\nid = 'x'\npattern = '(.{1000}){1000}'", ".tightlip.toml:1: rule `x`"),
        ("[[rule]]\nid = 'x'\npattern = 'abc'\nnear = 'nothing'", "`nothing`"),
        ("disable = ['no-such-rule']", ".tightlip.toml:1: no rule has the id `no-such-rule`"),
        (
            "[[allow]]\nreason = 'r'\npatterns = ['foo(']",
            ".tightlip.toml:1: allow pattern 1: unclosed group",
        ),
        ("[[allow]]\nreason = 'r'\npatterns = ['']", ".tightlip.toml:1: an empty item"),
        ("[[allow]]\nreason = 'r'\nrules = ['nope']\npaths = ['x']", ".tightlip.toml:1: no rule"),
        (
            "[[allow]]\nreason = ''\npaths = ['x']",
            ".tightlip.toml:1: an allow entry needs a reason",
        ),
        ("[[rule]]\nid = 'x'\npattern = 'abc'\nstop_words = ['']", "empty stop word"),
        ("this is not toml", ".tightlip.toml:1: "),
    ] {
        let repo = with_config(text);
        repo.hooks(&["pre-commit"]);
        repo.stage("a.txt", "clean\n");
        repo.tightlip(&["scan"]).exits(2).says(expected);
        repo.tightlip(&["staged"]).exits(2).says(expected);
        repo.tightlip(&["rules", "check"]).exits(2).says(expected);
        assert_ne!(repo.git(&["commit", "-m", "x"]).code, 0);
    }
}

#[test]
fn rules_check_tries_the_users_own_examples() {
    let repo = with_config(
        "[[rule]]\nid = 'acme'\npattern = 'acme_[0-9]{9}'\nmatches = ['acme_{digit:9}']\n\
         rejects = ['acme_{digit:8}']\n",
    );
    repo.tightlip(&["rules", "check"]).exits(0).says("0 errors");
    repo.write(
        ".tightlip.toml",
        "[[rule]]\nid = 'acme'\npattern = 'acme_[0-9]{9}'\nmatches = ['acme-{digit:9}']\n",
    );
    repo.tightlip(&["rules", "check"])
        .exits(1)
        .says(".tightlip.toml:1: error [example]: rule `acme`: does not match");
    repo.tightlip(&["rules", "show", "nothing"]).exits(2);
}

#[test]
fn the_least_confidence_is_set_in_the_config() {
    let repo = with_config("min_confidence = 'high'\n");
    repo.write("a.txt", made("sk_test_{alnum:24}"));
    repo.tightlip(&["scan", "a.txt"]).exits(0);
    repo.write(".tightlip.toml", "min_confidence = 'low'\n");
    repo.tightlip(&["scan", "a.txt"]).exits(1);
}

#[test]
fn a_rule_that_needs_another_works_where_that_one_is_off() {
    let repo = with_config("disable = ['aws-access-key-id']\n");
    repo.write("a.txt", format!("{}\n{}\n", key(0), made("{base64:40}")));
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1);
    assert_eq!(said.objects("finding")[0]["rule"], "aws-secret-near-key-id");
    repo.tightlip(&["scan", "a.txt", "--rule", "aws-secret-near-key-id"])
        .exits(1)
        .says("a.txt:2:1");
}

#[test]
fn the_fingerprints_of_a_run_silence_exactly_that_run() {
    let repo = TestRepo::new();
    repo.write("a.txt", format!("{}\n{}\n", key(0), made("token: {crc:ghp_:30}")));
    repo.write("b.txt", format!("{}\n", key(1)));
    let said = repo.tightlip(&["scan", "--format", "jsonl"]).exits(1);
    let known: Vec<String> =
        said.objects("finding").iter().map(|f| f["fingerprint"].to_string()).collect();
    assert_eq!(known.len(), 3);
    let config = format!("[[allow]]\nreason = 'accepted'\nfingerprints = [{}]\n", known.join(", "));
    repo.write(".tightlip.toml", config);
    repo.tightlip(&["scan"]).exits(0).says("3 allowed");
    // The same secret elsewhere, and another one here, are new.
    repo.write("c.txt", key(0));
    repo.append("b.txt", &format!("{}\n", key(2)));
    let said = repo.tightlip(&["scan", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 2);
}

#[test]
fn a_config_that_is_included_by_the_remotes_address_counts() {
    let repo = TestRepo::new();
    let rules = repo.home().join("team.toml");
    std::fs::write(&rules, "[[rule]]\nid = 'team'\npattern = 'forbidden-word'\n").unwrap();
    let included = repo.home().join("included");
    std::fs::write(&included, format!("[tightlip]\n\tconfig = {}\n", rules.display())).unwrap();
    let key = "includeIf.hasconfig:remote.*.url:https://example.com/**.path";
    repo.git(&["config", "--global", key, included.to_str().unwrap()]).exits(0);
    repo.stage("a.txt", "forbidden-word\n");
    repo.tightlip(&["staged"]).exits(0);
    repo.git(&["remote", "add", "origin", "https://example.com/team/repo"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("[team]");
}

#[test]
fn a_rule_is_not_found_in_its_own_entry() {
    let repo = TestRepo::new();
    let rule = "[[rule]]\nid = 'codename'\ndescription = 'A name'\npattern = '(?i)project[ -]?bluebird'\n\
                matches = ['project-bluebird']\n";
    repo.stage(".tightlip.toml", rule);
    repo.tightlip(&["staged"]).exits(0);
    repo.tightlip(&["scan"]).exits(0);
    // Elsewhere it is, in this file too; and so is what a built-in rule finds.
    let allow = "[[allow]]\nreason = 'project bluebird'\npaths = ['x.txt']\n";
    repo.stage(".tightlip.toml", format!("{allow}{rule}"));
    repo.tightlip(&["staged"]).exits(1).says("[codename]").says(":2:");
    repo.stage(".tightlip.toml", rule.replace("'A name'", &format!("'{}'", key(0))));
    repo.tightlip(&["staged"]).exits(1).says("[aws-access-key-id]").never_says("[codename]");
    repo.stage(".tightlip.toml", rule);
    repo.stage("a.txt", "project-bluebird\n");
    repo.tightlip(&["staged"]).exits(1).says("a.txt");
}

#[test]
fn an_empty_git_directory_further_down_changes_no_root() {
    let repo = TestRepo::new();
    repo.write(
        ".tightlip.toml",
        "[[rule]]\nid = 'cn'\ndescription = 'x'\npattern = 'bluebird-[0-9]+'\n",
    );
    std::fs::create_dir_all(repo.root.join("sub/.git")).unwrap();
    repo.stage("sub/a.txt", "bluebird-77\n");
    let mut staged = repo.command(crate::fixture::TIGHTLIP);
    staged.current_dir(repo.root.join("sub")).arg("staged");
    repo.run(staged).exits(1).says("[cn]");
}

#[test]
fn a_config_that_hides_something_and_is_not_staged_is_named() {
    let repo = TestRepo::new();
    repo.hooks(&["pre-commit"]);
    repo.stage("a.txt", key(0));
    let named = ".tightlip.toml is not what is staged or committed";
    for (config, does) in [
        ("[[allow]]\nreason = 'x'\npaths = ['a.txt']\n", "allows 1 finding or file"),
        ("[[allow]]\nreason = 'x'\npatterns = ['AKIA']\n", "allows 1 finding or file"),
        ("disable = ['aws-access-key-id']\n", "switches off or changes aws-access-key-id"),
        (
            "[[rule]]\nid = 'aws-access-key-id'\npattern = 'zzzzzz'\n",
            "switches off or changes aws-access-key-id",
        ),
    ] {
        repo.write(".tightlip.toml", config);
        repo.tightlip(&["staged"]).exits(0).says(named).says(does);
        repo.tightlip(&["hook", "pre-commit"]).exits(0).says(named).says(does);
        // Staged, it is there to be read.
        repo.git(&["add", ".tightlip.toml"]).exits(0);
        repo.tightlip(&["hook", "pre-commit"]).exits(0).never_says("tightlip.toml");
        repo.append(".tightlip.toml", "# edited\n");
        repo.tightlip(&["hook", "pre-commit"]).exits(0).says(named);
        repo.git(&["rm", "-q", "--cached", "-f", ".tightlip.toml"]).exits(0);
    }
    // What hides nothing is not named.
    repo.stage("a.txt", "clean\n");
    repo.write(".tightlip.toml", "[[allow]]\nreason = 'x'\npaths = ['b.txt']\n");
    repo.tightlip(&["staged"]).exits(0).never_says("is not what");
}
