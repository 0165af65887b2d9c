//! What is said about findings, to people and to machines.

use crate::fixture::{TIGHTLIP, TestRepo, key, made};

fn with_pair() -> (TestRepo, String) {
    let repo = TestRepo::new();
    let secret = made("{base64:40}");
    repo.stage(
        "config/prod.env",
        format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={secret}\n", made("AKIAS{base32:15}")),
    );
    (repo, secret)
}

#[test]
fn people_are_told_where_what_and_what_to_do() {
    let (repo, secret) = with_pair();
    let said = repo.tightlip(&["staged"]).exits(1).never_says(&secret);
    said.says("config/prod.env:2:23: AWS secret access key [aws-secret-access-key]")
        .says("AWS_SECRET_ACCESS_KEY=")
        .says("with AWS access key id AKIA******** on line 1")
        .says("AWS account ")
        .says("aws iam update-access-key --status Inactive")
        .says("tightlip:allow <why>")
        .says("1 finding: 1 file");
}

#[test]
fn machines_are_told_the_same_in_json_and_json_lines() {
    let (repo, secret) = with_pair();
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1).never_says(&secret);
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(lines[0].starts_with("{\"type\":\"finding\",\"rule\":\"aws-secret-access-key\""));
    assert!(
        lines
            .last()
            .unwrap()
            .starts_with("{\"type\":\"summary\",\"schema\":1,\"status\":\"found\"")
    );
    let found = &said.objects("finding")[0];
    for (name, value) in [("line", 2), ("column", 23), ("end_line", 2), ("end_column", 63)] {
        assert_eq!(found[name], value, "{name}");
    }
    assert_eq!((&found["source"], &found["confidence"]), (&"index".into(), &"high".into()));
    assert_eq!(found["fingerprint"].as_str().unwrap().len(), 32);
    assert!(found.get("commit").is_none() && found.get("decoded").is_none());
    let related = &found["related"][0];
    assert_eq!(related["rule"], "aws-access-key-id");
    assert_eq!((&related["path"], &related["line"]), (&"config/prod.env".into(), &1.into()));
    assert_eq!(related["secret"], "AKIA********");
    assert_eq!(found["aws_account"].as_str().unwrap().len(), 12);
    let said = repo.tightlip(&["staged", "--format", "json"]).exits(1);
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(document["findings"][0], *found);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["summary"]["rules"], said_rules(&repo));
}

fn said_rules(repo: &TestRepo) -> u64 {
    let list = repo.tightlip(&["rules", "list"]).out;
    let is_on = |line: &&str| line.split_whitespace().nth(1) != Some("off");
    list.lines().filter(is_on).count() as u64
}

#[test]
fn a_secret_is_shown_only_when_it_is_asked_for() {
    let (repo, secret) = with_pair();
    for format in ["text", "json", "jsonl", "sarif", "html"] {
        let _ = repo.tightlip(&["staged", "-v", "--format", format]).exits(1).never_says(&secret);
        repo.tightlip(&["staged", "--reveal", "--format", format]).exits(1).says(&secret);
    }
}

#[test]
fn other_secrets_on_the_line_and_in_the_path_are_masked_too() {
    let repo = TestRepo::new();
    repo.stage(
        format!("{}/a.txt", key(0)),
        format!("{} # was {} and {}\n", key(0), key(1), key(0)),
    );
    let said = repo.tightlip(&["staged"]).exits(1).never_says(&key(0)).never_says(&key(1));
    said.says("AKIA******** # was AKIA******** and AKIA********");
}

#[test]
fn a_password_that_is_a_word_of_the_path_does_not_hide_the_path() {
    let repo = TestRepo::new();
    let word = ["Trust", "no"].concat();
    let text = format!("DATABASE_PASSWORD = '{word}'\nother = '{word}'\n");
    repo.stage(format!("{word}/settings.py"), text);
    repo.write(".tightlip.toml", "[[rule]]\nid = 'word'\npattern = \"PASSWORD = '([A-Za-z]+)'\"\n");
    let said = repo.tightlip(&["staged", "--rule", "word"]).exits(1);
    said.says(&format!("{word}/settings.py:1")).never_says(&format!("'{word}'"));
    // What is forbidden in a name stays masked there.
    repo.write(".tightlip.toml", format!("[[rule]]\nid = 'word'\npattern = '{word}'\n"));
    repo.tightlip(&["staged", "--rule", "word"]).exits(1).never_says(&word);
}

#[test]
fn a_report_is_never_written_over_what_is_to_be_scanned() {
    let repo = TestRepo::new();
    repo.write("a.txt", key(0));
    for report in [["--output", "./a.txt"], ["--report", "json=a.txt"]] {
        repo.tightlip(&[&["scan", "a.txt"][..], &report].concat())
            .exits(2)
            .says("a report would be written over it");
    }
    assert_eq!(std::fs::read_to_string(repo.root.join("a.txt")).unwrap(), key(0));
}

#[test]
fn a_report_goes_to_a_file_and_colour_to_nobody_who_did_not_ask() {
    let (repo, _) = with_pair();
    repo.tightlip(&["staged", "--output", "report.json", "--format", "json"]).exits(1);
    let text = std::fs::read_to_string(repo.root.join("report.json")).unwrap();
    assert!(text.contains("aws-secret-access-key"));
    repo.tightlip(&["staged", "--output", "no/such/folder", "--format", "json"]).exits(2);
    assert!(!repo.tightlip(&["staged"]).out.contains('\x1b'));
    assert!(repo.tightlip(&["staged", "--color", "always"]).out.contains('\x1b'));
}

#[test]
fn the_receipt_says_what_was_covered() {
    let repo = TestRepo::new();
    repo.tightlip(&["staged"]).exits(0).says("clean: 0 files, 0 bytes");
    repo.stage("a.txt", "four");
    repo.tightlip(&["staged"]).exits(0).says("clean: 1 file, 9 bytes");
    let said = repo.tightlip(&["staged", "--quiet"]).exits(0);
    assert_eq!((said.out, said.err), (String::new(), String::new()));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let repo = TestRepo::new();
    let many: String = (0..2000).map(|n| format!("{}\n", key(n % 50))).collect();
    repo.stage("many.txt", many);
    let mut shell = repo.command("sh");
    shell.args(["-c", &format!("'{TIGHTLIP}' staged 2>err; echo $? >code")]);
    shell.args(["sh"]);
    let mut piped = repo.command("sh");
    piped.args(["-c", &format!("('{TIGHTLIP}' staged 2>err; echo $? >code) | head -n 1")]);
    let _ = repo.run(piped);
    assert_eq!(std::fs::read_to_string(repo.root.join("code")).unwrap().trim(), "1");
    let said = std::fs::read_to_string(repo.root.join("err")).unwrap();
    assert!(!said.contains("panicked") && !said.contains("roken pipe"), "{said}");
}

#[test]
fn wrong_usage_ends_in_2_and_help_in_0() {
    let repo = TestRepo::new();
    repo.tightlip(&[]).exits(2);
    repo.tightlip(&["no-such-command"]).exits(2);
    repo.tightlip(&["staged", "--no-such-flag"]).exits(2);
    repo.tightlip(&["scan", "--threads", "99999"]).exits(2);
    repo.tightlip(&["scan", "--rule", "no-such-rule"]).exits(2).says("no-such-rule");
    repo.tightlip(&["--help"]).exits(0).says("Exit status");
    repo.tightlip(&["--version"]).exits(0).says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn json_tells_encodings_notes_and_warnings_apart() {
    let repo = TestRepo::new();
    let line = format!("id = {} # tightlip:allow\r\n", made("ASIAS{base32:15}"));
    repo.stage("wide.txt", line.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    repo.stage("plain.txt", line);
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    let found = said.objects("finding");
    assert_eq!(found.len(), 2);
    for (finding, path, decoded) in
        [(&found[0], "plain.txt", None), (&found[1], "wide.txt", Some("utf-16le"))]
    {
        assert_eq!(finding["path"], path);
        assert_eq!(finding["decoded"][0].as_str(), decoded);
        assert_eq!(finding["notes"][0], "temporary key");
        assert_eq!(finding["notes"].as_array().unwrap().len(), 1);
        assert!(finding["warnings"][0].as_str().unwrap().contains("it gives no reason"));
        assert!(finding["aws_account"].is_string());
    }
}

#[test]
fn json_tells_why_something_was_skipped_by_a_name() {
    let repo = TestRepo::new();
    repo.write(".tightlip.toml", "[[allow]]\nreason = 'fixtures'\npaths = ['fixtures/']\n");
    repo.stage("fixtures/a", format!("id = {}\n", made("AKIA{base32:16}")));
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(0);
    assert_eq!(said.objects("skipped")[0]["kind"], "allowed-path");
    repo.stage("b", "x".repeat(2000));
    let said =
        repo.tightlip(&["staged", "--max-object-bytes", "1000", "--format", "jsonl"]).exits(2);
    let kinds: Vec<_> = said.objects("skipped").iter().map(|it| it["kind"].clone()).collect();
    assert!(kinds.contains(&"too-large".into()), "{kinds:?}");
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let (repo, _) = with_pair();
    repo.stage("a dir/\u{fc}.txt", format!("{}\n", key(3)));
    let said = repo.tightlip(&["staged", "--format", "sarif"]).exits(1).never_says(&key(3));
    let log: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&"2.1.0".into(), 1));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "tightlip");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert_eq!(result["partialFingerprints"]["tightlip/v1"].as_str().unwrap().len(), 32);
    }
    let place = |result: &serde_json::Value| result["locations"][0]["physicalLocation"].clone();
    assert_eq!(place(&results[0])["artifactLocation"]["uri"], "a%20dir/%C3%BC.txt");
    assert_eq!(place(&results[1])["artifactLocation"]["uri"], "config/prod.env");
    let region =
        serde_json::json!({"startLine": 2, "endLine": 2, "startColumn": 23, "endColumn": 63});
    assert_eq!(place(&results[1])["region"], region);
}

#[test]
fn sarif_fingerprints_survive_a_move_down_and_a_clean_run_is_a_whole_log() {
    let repo = TestRepo::new();
    let log = |said: &str| -> serde_json::Value { serde_json::from_str(said).unwrap() };
    let clean = log(&repo.tightlip(&["staged", "--format", "sarif"]).exits(0).out);
    assert_eq!(clean["runs"][0]["results"], serde_json::json!([]));
    let mut seen = Vec::new();
    for before in ["", "one\ntwo\n"] {
        repo.stage("a.txt", format!("{before}{}\n", key(4)));
        let said = log(&repo.tightlip(&["staged", "--format", "sarif"]).exits(1).out);
        seen.push(said["runs"][0]["results"][0].clone());
    }
    assert_eq!(seen[0]["partialFingerprints"], seen[1]["partialFingerprints"]);
    assert_ne!(seen[0]["locations"], seen[1]["locations"]);
}
