//! Events of exposed AWS keys for Amazon EventBridge.

use serde_json::Value;

use crate::fixture::{Ran, TestRepo, key, made};

/// The requests of a report, and the details of all their entries.
#[track_caller]
fn requests(said: &Ran) -> (Vec<Vec<Value>>, Vec<Value>) {
    let parse = |line: &str| -> Vec<Value> { serde_json::from_str(line).unwrap() };
    let requests: Vec<Vec<Value>> = said.out.lines().map(parse).collect();
    let detail = |entry: &Value| -> Value {
        // The API takes a text, not an object.
        serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap()
    };
    let details = requests.iter().flatten().map(detail).collect();
    (requests, details)
}

fn push(repo: &TestRepo) {
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]).exits(0);
}

#[test]
fn a_pushed_key_becomes_an_event_that_health_and_trusted_advisor_automations_read() {
    let repo = TestRepo::new();
    let (id, secret) = (key(0), made("{base64:40}"));
    repo.commit("a.env", format!("AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n"));
    push(&repo);
    let said = repo.tightlip(&["history", "--format", "eventbridge", "--reveal"]).exits(1);
    let said = said.never_says(&secret).never_says("without an event");
    let (requests, details) = requests(&said);
    assert_eq!((requests.len(), details.len()), (1, 1), "{said:?}");
    let (entry, detail) = (&requests[0][0], &details[0]);
    assert_eq!(entry["Source"], "tightlip");
    assert_eq!(entry["DetailType"], "Exposed Credential Found");
    assert_eq!(entry["Resources"][0], *id);
    assert_eq!(detail["affectedEntities"][0]["entityValue"], *id);
    assert_eq!(detail["service"], "RISK");
    let item = &detail["check-item-detail"];
    assert_eq!(item["Access Key ID"], *id);
    assert_eq!(item["Location"], format!("a.env:2:23@{}", repo.head()));
    let finding = &detail["finding"];
    assert_eq!((&finding["pushed"], &finding["secret_found"]), (&true.into(), &true.into()));
    assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
    let again = repo.tightlip(&["history", "--format", "eventbridge"]).exits(1);
    assert_eq!(again.out, said.out, "the same findings give the same events");
}

#[test]
fn a_key_that_no_remote_has_gets_an_event_only_when_it_is_asked_for() {
    let repo = TestRepo::new();
    repo.commit("a.txt", key(0));
    push(&repo);
    repo.commit("b.txt", key(1));
    let said = repo.tightlip(&["history", "--format", "eventbridge"]).exits(1).never_says(&key(1));
    said.says(&key(0)).says("without an event: 1 key that no remote is known to hold");
    let said = repo.tightlip(&["history", "--format", "eventbridge", "--unpushed"]).exits(1);
    let pushed: Vec<Value> = requests(&said.says(&key(0)))
        .1
        .iter()
        .map(|detail| detail["finding"]["pushed"].clone())
        .collect();
    assert_eq!(pushed, [true, false]);
    // What is about to be committed is nowhere else.
    repo.stage("c.txt", key(2));
    let said = repo.tightlip(&["staged", "--format", "eventbridge", "--quiet"]).exits(1);
    assert_eq!((said.out, said.err), (String::new(), String::new()));
}

#[test]
fn a_key_has_one_event_and_a_request_has_ten() {
    let repo = TestRepo::new();
    for number in 0..12 {
        let text = format!("{}\n{}\n", key(number), key(number + 1));
        repo.write(format!("{number}-{}.txt", "long".repeat(40)), text);
    }
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("many");
    push(&repo);
    let (requests, details) =
        requests(&repo.tightlip(&["history", "--format", "eventbridge"]).exits(1));
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [10, 3]);
    let places = details.iter().filter(|detail| detail["finding"]["places"] == 2).count();
    assert_eq!(places, 11);
}

#[test]
fn requests_fit_into_an_argument_whatever_the_paths() {
    let repo = TestRepo::new();
    for number in 0..10 {
        // Each byte takes several in JSON, inside of JSON.
        let folder = format!("{}/", "\"\\\u{1}".repeat(60)).repeat(12);
        repo.write(format!("{folder}{number}-{}.txt", key(number)), key(number));
    }
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("deep");
    push(&repo);
    let said = repo.tightlip(&["history", "--format", "eventbridge"]).exits(1);
    assert!(said.out.lines().all(|line| line.len() <= 120_000));
    let (_, details) = requests(&said);
    assert_eq!(details.len(), 10);
    for detail in &details {
        let id = detail["affectedEntities"][0]["entityValue"].as_str().unwrap();
        let location = detail["finding"]["location"].as_str().unwrap();
        assert!(!location.contains(id), "{location}");
    }
}

#[test]
fn a_secret_without_an_id_is_said_to_have_no_event() {
    let repo = TestRepo::new();
    repo.commit("a.env", format!("AWS_SECRET_ACCESS_KEY={}\n", made("{base64:40}")));
    push(&repo);
    let said = repo.tightlip(&["history", "--format", "eventbridge"]).exits(1);
    assert_eq!(said.out, "");
    said.says("without an event: 1 AWS secret without a key id nearby");
}
