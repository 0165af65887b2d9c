//! What to do about a secret, and what is never said.

use crate::fixture::{TestRepo, key, made};

fn advice(repo: &TestRepo, arguments: &[&str]) -> crate::fixture::Ran {
    repo.tightlip(&[&["advice"], arguments].concat())
}

fn json(repo: &TestRepo, arguments: &[&str]) -> serde_json::Value {
    let said = advice(repo, &[arguments, &["--format", "json"]].concat()).exits(0);
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn advice_tells_what_a_secret_can_do_where_it_is_rotated_and_how_its_use_is_seen() {
    let repo = TestRepo::new();
    let said = advice(&repo, &["github-personal-access-token"]).exits(0);
    let titles =
        ["\nWhat it can do\n", "\nWhat to do\n", "\nWas it used?\n", "\nIn the repository\n"];
    let places: Vec<usize> = titles.iter().map(|title| said.out.find(title).unwrap()).collect();
    assert!(places.is_sorted(), "{}", said.out);
    said.says("GitHub personal access token [github-personal-access-token]")
        .says("https://github.com/settings/tokens")
        .says("https://github.com/settings/security-log")
        .says("See https://docs.github.com/");
    let all = json(&repo, &[]);
    let list = all["advice"].as_array().unwrap();
    assert_eq!(list.len(), repo.tightlip(&["rules", "list"]).out.lines().count());
    for one in list {
        for part in ["can", "steps", "checks"] {
            let lines = one[part].as_array().unwrap();
            assert!(lines.iter().any(|line| line != ""), "{part} of {one}");
        }
    }
}

#[test]
fn advice_for_an_aws_key_has_the_whole_guidance_with_the_id_and_runs_nothing() {
    let repo = TestRepo::new();
    let id = made("AKIAS{base32:15}");
    for arguments in [&[&*id][..], &["aws-secret-access-key", "--key-id", &id], &["--key-id", &id]]
    {
        let said = advice(&repo, arguments).exits(0).never_says("KEY_ID");
        said.says(&format!(
            "update-access-key --user-name USER --access-key-id {id} --status Inactive"
        ))
        .says("aws iam create-access-key --user-name USER")
        .says(&format!("aws iam delete-access-key --user-name USER --access-key-id {id}"))
        .says(&format!("AttributeKey=AccessKeyId,AttributeValue={id}"))
        .says("AWSCompromisedKeyQuarantine")
        .says("in every Region")
        .says("MFA")
        .says("it is root's")
        .says("paste no secret")
        .says("temporary keys")
        .says("belongs to the AWS account");
    }
    advice(&repo, &["aws-secret-access-key"])
        .exits(0)
        .says("--access-key-id KEY_ID --status Inactive");
    let session = made("ASIA{base32:16}");
    advice(&repo, &[&session])
        .exits(0)
        .says("put-role-policy")
        .says("AWSRevokeOlderSessions")
        .never_says("update-access-key");
    let one = &json(&repo, &["aws-access-key-id", "--key-id", &id])["advice"][0];
    assert_eq!(
        (&one["key_id"], one["guide"][0]["steps"][0]["command"].is_string()),
        (&id.into(), true)
    );
    // Of another service's rule an id of AWS says nothing.
    advice(&repo, &["slack-webhook", "--key-id", &made("AKIA{base32:16}")]).exits(2);
}

#[test]
fn a_secret_given_to_advice_is_refused_and_not_repeated() {
    let repo = TestRepo::new();
    let pem = made("{pem:PRIVATE KEY}");
    for secret in [
        made("{base64:40}"),
        made("{crc:ghp_:30}"),
        made("xoxb-{digit:12}-{digit:12}-{alnum:24}"),
        made("{hex:40}"),
        made("postgres://ada:{alnum:16}@db.example/x"),
        pem.trim_start_matches('-').to_owned(),
        pem,
    ] {
        let word = secret.split(['-', ':', '\n']).max_by_key(|part| part.len()).unwrap();
        advice(&repo, &[&secret]).exits(2).never_says(word).says("may be a secret");
        advice(&repo, &["aws-access-key-id", &secret]).exits(2).never_says(word);
        advice(&repo, &["aws-access-key-id", &format!("--key={secret}")]).exits(2).never_says(word);
        advice(&repo, &[&format!("--key={secret}")]).exits(2).never_says(word);
        advice(&repo, &[&format!("--key-id={secret}")]).exits(2).never_says(word);
    }
}

#[test]
fn an_unknown_rule_is_an_error_that_names_near_ones() {
    let repo = TestRepo::new();
    advice(&repo, &["--fromat", "json"]).exits(2).says("--help");
    advice(&repo, &["--fromat=json"]).exits(2).says("no such option");
    advice(&repo, &["--help"]).exits(0).says("Never give a secret itself");
    advice(&repo, &["aws-acess-key-id"]).exits(2).says("did you mean `aws-access-key-id`");
    advice(&repo, &["no-such-thing"]).exits(2).says("tightlip rules list");
    repo.tightlip(&["rules", "show", "slack-webhok"]).exits(2).says("`slack-webhook`");
    repo.tightlip(&["rules", "show", "slack-webhook"])
        .exits(0)
        .says("tightlip advice slack-webhook");
    advice(&repo, &["slack-webhook", "--format", "sarif"]).exits(2).says("--format json");
}

#[test]
fn without_a_rule_advice_is_about_what_the_last_run_found() {
    let repo = TestRepo::new();
    // Nothing was found yet: every rule.
    let all = advice(&repo, &[]).exits(0).out;
    assert!(all.lines().any(|line| line.starts_with("slack-webhook ")), "{all}");
    repo.stage("a.txt", format!("{}\n{}\n", key(0), key(1)));
    let said = repo.tightlip(&["staged"]).exits(1).says("tightlip advice");
    advice(&repo, &[])
        .exits(0)
        .says("The last run found it in a.txt, 2 times.")
        .says("Stop the key");
    let short = said.out.split("tightlip allow ").nth(1).unwrap().split(' ').next().unwrap();
    advice(&repo, &[short]).exits(0).says("[aws-access-key-id]").never_says(&key(0));
    repo.stage(
        "b.txt",
        made("https://hooks.slack.com/services/T{upnum:10}/B{upnum:10}/{alnum:24}\n"),
    );
    repo.tightlip(&["staged"]).exits(1).says("[slack-webhook]");
    advice(&repo, &[])
        .exits(0)
        .says("tightlip advice aws-access-key-id\n")
        .says("tightlip advice slack-webhook\n")
        .says("b.txt");
    let found = json(&repo, &[]);
    assert_eq!(found["advice"][0]["found"]["count"], 2);
    // Outside a repository there is no last run.
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.arg("advice").current_dir(repo.folder());
    assert_eq!(repo.run(command).exits(0).out, all);
}

#[test]
fn advice_of_a_teams_own_rule_is_shown_as_it_is_written() {
    let repo = TestRepo::new();
    repo.write(
        ".tightlip.toml",
        "[[rule]]\nid = 'acme-key'\npattern = 'acme_[0-9]{9}'\nadvice = '''\nIt can deploy.\nRing Ada.\n\
         Check \\u001b[2J the log.\n'''\n",
    );
    let said = advice(&repo, &["acme-key"]).exits(0).never_says("\x1b");
    said.says("What it can do\n  - It can deploy.\n").says("What to do\n  - Ring Ada.\n");
    repo.write(".tightlip.toml", "[[rule]]\nid = 'acme-key'\npattern = 'acme_[0-9]{9}'\n");
    advice(&repo, &["acme-key"]).exits(0).says("In the repository").never_says("What to do\n");
}

#[test]
fn prose_fits_the_columns_and_commands_stay_whole() {
    let repo = TestRepo::new();
    let id = made("AKIA{base32:16}");
    for columns in ["60", "80", "120"] {
        let mut command = repo.command(crate::fixture::TIGHTLIP);
        command.args(["advice", &id]).env("COLUMNS", columns);
        let said = repo.run(command).exits(0);
        let width: usize = columns.parse().unwrap();
        for line in said.out.lines().filter(|line| !line.starts_with("      ")) {
            let is_one_word = line.trim().trim_start_matches("See ").split(' ').count() <= 2;
            assert!(line.chars().count() <= width || is_one_word, "{columns}: {line}");
        }
        let command =
            format!("      aws iam delete-access-key --user-name USER --access-key-id {id}");
        assert!(said.out.lines().any(|line| line == command), "{}", said.out);
    }
}
