//! `tightlip why`: each stage's say about a line, and no secret in it.

use crate::fixture::{TestRepo, key, made};

#[test]
fn a_line_that_is_reported_names_its_rule_and_masks_its_secret() {
    let repo = TestRepo::new();
    let id = key(0);
    repo.write("src/a.py", format!("import os\nkey_id = '{id}'\n"));
    let said = repo.tightlip(&["why", "src/a.py:2"]).exits(0);
    said.says("keywords: `akia`")
        .says("rules: aws-access-key-id (`akia`): it matches AKIA********, confidence")
        .says("verdict: reported by aws-access-key-id")
        .never_says(&id);
    let said = repo.tightlip(&["why", "--reveal", "src/a.py:2:11"]).exits(0);
    said.says(&id);
}

#[test]
fn a_generic_secret_comes_with_its_probability_and_features() {
    let repo = TestRepo::new();
    let secret = made("{alnum:40}");
    repo.write("a.py", format!("client_secret = \"{secret}\"\n"));
    let said = repo.tightlip(&["why", "a.py:1"]).exits(0);
    said.says("judge: generic-secret")
        .says("`client_secret` has the value")
        .says("confidence high; strongest features: ")
        .says("verdict: reported by generic-secret")
        .never_says(&secret);
}

#[test]
fn a_line_that_is_not_reported_says_which_stage_ended_it() {
    let repo = TestRepo::new();
    repo.write(
        "a.py",
        "nothing = 1\nclient_secret: \"${VAULT_ONE}\"\n# the secret of the house\n\
         see AKIA in the manual\npassword = \"changeme\"\nid = 'AKIAIOSFODNN7EXAMPLE'\n",
    );
    let why = |line: usize| repo.tightlip(&["why", &format!("a.py:{line}")]).exits(0);
    let not_reported = "verdict: not reported";
    why(1).says("keywords: none of any rule is here").says(not_reported);
    why(2).says("grammar: generic-secret").says("which is a reference: ").says(not_reported);
    why(3).says("no value is assigned").says(not_reported);
    why(4).says("its pattern does not match here").says(not_reported);
    why(5).says("below min_confidence (medium)").says(not_reported);
    why(6).says("checks: aws-access-key-id").says("drops it").says(not_reported);
}

#[test]
fn what_hides_a_finding_is_named() {
    let repo = TestRepo::new();
    let (first, second) = (key(0), key(1));
    repo.commit(
        "src/a.py",
        format!("a = '{first}' # tightlip:allow revoked in May\nb = '{second}'\n"),
    );
    let said = repo.tightlip(&["why", "src/a.py:1"]).exits(0);
    said.says("not reported: inline allow: revoked in May").says("verdict: not reported");
    repo.write(
        ".tightlip.toml",
        "[[allow]]\nreason = 'a fixture'\npaths = ['/src/']\npatterns = ['AKIA']\n",
    );
    let said = repo.tightlip(&["why", "src/a.py:2"]).exits(0);
    said.says("not reported: a fixture (.tightlip.toml:1)").never_says(&second);
    // The path is that of the repository, wherever the command runs.
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.current_dir(repo.root.join("src")).args(["why", "a.py:2"]);
    repo.run(command).exits(0).says("a fixture");
    repo.write(".tightlip.toml", "disable = ['aws-access-key-id']\n");
    let said = repo.tightlip(&["why", "src/a.py:2"]).exits(0);
    said.says("aws-access-key-id (`akia`): the rule is switched off").never_says(&second);
    repo.write(".tightlip.toml", "");
    repo.tightlip(&["baseline", "create", "--reason", "old"]).exits(0);
    let said = repo.tightlip(&["why", "src/a.py:2"]).exits(0);
    said.says("the baseline accepts it: old").never_says(&second);
}

#[test]
fn encoded_text_is_explained_in_its_decoded_form() {
    let repo = TestRepo::new();
    let id = key(0);
    let wide: Vec<u8> =
        format!("a = 1\r\nid = '{id}'\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    repo.write("a.txt", [&[0xff, 0xfe][..], &wide].concat());
    let said = repo.tightlip(&["why", "a.txt:2"]).exits(0);
    said.says("decoders: utf-16le").says("verdict: reported by aws-access-key-id").never_says(&id);
}

#[test]
fn a_secret_in_a_name_is_masked_though_its_rule_is_off() {
    let repo = TestRepo::new();
    let id = key(0);
    repo.write(".tightlip.toml", "disable = ['aws-access-key-id']\n");
    repo.write("a.txt", format!("{id}.password = ${{IT}}\n"));
    repo.tightlip(&["why", "a.txt:1"]).exits(0).says("grammar: ").never_says(&id);
}

#[test]
fn a_token_that_is_part_of_a_name_is_masked_though_no_rule_recognises_it() {
    let repo = TestRepo::new();
    let token = made("{digit:4}{alnum:20}");
    repo.write("a.py", format!("db_password_{token}_x = \"{}\"\n", made("{alnum:16}")));
    repo.tightlip(&["why", "a.py:1"]).exits(0).says("has the value").never_says(&token);
    repo.tightlip(&["why", "--reveal", "a.py:1"]).exits(0).says(&token);
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let repo = TestRepo::new();
    repo.write("a.txt", "one\ntwo\n");
    let said = repo.tightlip(&["why", "nowhere.txt:1"]).exits(2);
    said.says("cannot read `nowhere.txt`");
    repo.tightlip(&["why", "a.txt:3"]).exits(2).says("the file has 2 lines");
    repo.tightlip(&["why", "a.txt:0"]).exits(2);
    repo.tightlip(&["why", "a.txt"]).exits(2).says("it is not FILE:LINE");
    repo.write("b:7", "one\ntwo\n");
    repo.tightlip(&["why", "b:7:2"]).exits(0).says("b:7:2, 3 bytes");
}
