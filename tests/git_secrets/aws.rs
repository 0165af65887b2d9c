//! `--register-aws` and `--aws-provider`, and what they find.

use crate::expected::{ours, peer};
use crate::fixture::made;
use crate::repo::Repo;

/// Whether the program knows keys of Bedrock; git-secrets' HEAD does, its 1.3.0 does not yet.
fn knows_bedrock() -> bool {
    peer().is_none_or(|script| std::fs::read_to_string(script).unwrap().contains("bedrock"))
}

/// The patterns in their order.
fn patterns() -> Vec<String> {
    let aws = "(\"|')?(AWS|aws|Aws)?_?";
    let is = "(\"|')?\\s*(:|=>|=)\\s*(\"|')?";
    let key_ids = "(A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}";
    let secret = "(SECRET|secret|Secret)?_?(ACCESS|access|Access)?_?(KEY|key|Key)";
    let account = "(ACCOUNT|account|Account)_?(ID|id|Id)?";
    let bedrock = ["ABSK[A-Za-z0-9+/]{109,}=*", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t"];
    std::iter::once(key_ids.to_owned())
        .chain(bedrock.map(str::to_owned).into_iter().filter(|_| knows_bedrock()))
        .chain([
            format!("{aws}{secret}{is}[A-Za-z0-9/\\+=]{{40}}(\"|')?"),
            format!("{aws}{account}{is}[0-9]{{4}}\\-?[0-9]{{4}}\\-?[0-9]{{4}}(\"|')?"),
        ])
        .collect()
}

/// Examples from Amazon's documentation, in two parts each.
fn examples() -> [String; 2] {
    [
        ["AKIAIOSFODNN7", "EXAMPLE"].concat(),
        ["wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"].concat(),
    ]
}

fn registered() -> Repo {
    let repo = Repo::lax();
    repo.secrets(["--register-aws"]).status(0).out("OK\n").err("");
    repo
}

/// Scans each text in a file and in the index.
#[track_caller]
fn check(texts: &[&str], is_found: bool, by_theirs: bool) {
    for text in texts {
        let repo = registered();
        repo.stage("f", format!("{}\n", made(text)));
        let expected = ours(is_found).theirs(by_theirs).now();
        for way in [&["--scan", "f"][..], &["--scan", "--cached"]] {
            let ran = repo.secrets(way);
            assert_eq!(ran.stderr().starts_with("f:1:"), expected, "{text}\n{ran}");
            ran.status(i32::from(expected));
        }
    }
}

#[test]
fn the_patterns_of_aws_are_registered_byte_for_byte() {
    let repo = registered();
    assert_eq!(repo.values("secrets.patterns"), patterns());
    assert_eq!(repo.values("secrets.allowed"), examples());
    assert_eq!(repo.values("secrets.providers"), ["git secrets --aws-provider"]);
}

#[test]
fn the_patterns_are_registered_for_all_repositories() {
    let repo = Repo::lax();
    repo.secrets(["--register-aws", "--global"]).status(0).out("OK\n").err("");
    let values = repo.git(["config", "--global", "--get-all", "secrets.patterns"]).stdout();
    assert!(values.lines().eq(patterns()), "{values}");
    repo.git(["config", "--local", "--get-regexp", "secrets"]).status(1);
    repo.write("f", made("AKIA{base32:16}\n"));
    repo.secrets(["--scan", "f"]).status(1).err_starts("f:1:AKIA");
}

#[test]
fn the_patterns_are_registered_once() {
    let repo = registered();
    repo.secrets(["--register-aws"]).status(0).out("");
    assert_eq!(repo.values("secrets.patterns"), patterns());
    assert_eq!(repo.values("secrets.allowed"), examples());
    assert_eq!(repo.values("secrets.providers").len(), 1);
}

#[test]
fn what_is_not_registered_is_not_found() {
    for repo in [Repo::lax(), Repo::new()] {
        repo.stage("f", made("AKIA{base32:16}\naws_secret_access_key = {alnum:40}\n"));
        repo.secrets(["--scan", "f"]).passes();
        repo.secrets(["--scan"]).passes();
    }
}

#[test]
fn what_is_missing_is_registered() {
    let repo = registered();
    repo.git(["config", "--unset-all", "secrets.allowed"]).passes();
    repo.secrets(["--register-aws"]).status(0).out("OK\n");
    assert_eq!(repo.values("secrets.patterns"), patterns());
    assert_eq!(repo.values("secrets.allowed"), examples());
}

#[test]
fn keys_and_accounts_are_found() {
    let texts = [
        "key = AKIA{base32:16}",
        "ASIA{upnum:16}",
        "A3TX{upnum:16}",
        "aws_secret_access_key = {alnum:40}",
        "aws_secret_access_key={alnum:36}/+ab",
        "\"SecretAccessKey\": \"{alnum:40}\"",
        "AWS_SECRET_ACCESS_KEY: '{alnum:40}'",
        "secret_key => {alnum:40}",
        "account_id = {digit:12}",
        "AWS_ACCOUNT_ID={digit:4}-{digit:4}-{digit:4}",
        "\"Account\": \"{digit:12}\"",
    ];
    check(&texts, true, true);
}

#[test]
fn what_only_looks_alike_is_not_found() {
    let texts = [
        "AKIA{base32:15}",
        "akia{lownum:16}",
        "account_id = {digit:11}",
        "key = {alnum:39}",
        "AKIA",
    ];
    check(&texts, false, false);
}

#[test]
fn keys_of_bedrock_are_found() {
    let texts = [
        "ABSK{base64:132}",
        "Authorization: ABSK{base64:109}==",
        "bedrock-api-key-{}YmVkcm9jay5hbWF6b25hd3MuY29t",
    ];
    check(&texts, true, knows_bedrock());
}

#[test]
fn what_a_word_or_a_form_hides_is_found() {
    let texts = [
        "MYAPP_AWS_SECRET_ACCESS_KEY={alnum:40}",
        "my_aws_secret_access_key = {alnum:40}",
        "aws_secret_access_key := {alnum:40}",
        "<aws_secret_access_key>{alnum:40}</aws_secret_access_key>",
        "aws_secret_key(\"{alnum:40}\")",
        "aws configure set aws_secret_access_key {alnum:40}",
        "aws_session_token = IQoJb3JpZ2luX2Vj{alnum:240}",
        "arn:aws:iam::{digit:12}:role/admin",
        "ABIA{base32:16}",
        "ACCA{base32:16}",
        "AKIA{base32:16}_old",
    ];
    check(&texts, true, false);
}

#[test]
fn a_checksum_under_the_name_of_a_key_is_no_secret() {
    check(&["key: {hex:40}", "cache-key: {hex:40}"], false, true);
}

#[test]
fn examples_of_the_documentation_are_allowed() {
    let repo = registered();
    let [key, secret] = examples();
    repo.stage("f", format!("id = {key}\naws_secret_access_key = {secret}\n"));
    repo.secrets(["--scan", "f"]).passes();
    repo.secrets(["--scan"]).passes();
}

#[test]
fn an_example_hides_no_key_beside_it() {
    // B14.
    let repo = registered();
    repo.stage("f", format!("not {} but {}\n", examples()[0], made("AKIA{base32:16}")));
    for way in [&["--scan", "f"][..], &["--scan"]] {
        repo.secrets(way).stopped_by(ours("f:1:not ").theirs(""));
    }
}

#[test]
fn built_in_rules_can_be_switched_off() {
    let repo = registered();
    repo.config("secrets.builtinAws", "false");
    repo.stage("f", format!("{}\n", made("MYAPP_AWS_SECRET_ACCESS_KEY={alnum:40}")));
    repo.stage("g", format!("{}\n", made("key: {hex:40}")));
    let ran = repo.secrets(["--scan"]).status(1).err_starts("g:1:key: ");
    ran.never_says("f:1:");
}

#[test]
fn a_registered_repository_does_not_find_its_own_patterns() {
    // The literal pattern of Bedrock is found where it is configured.
    let ran = registered().secrets(["--scan", "-r", "."]);
    if peer().is_some() && knows_bedrock() {
        ran.stopped_by("./.git/config:");
    } else {
        ran.passes();
    }
}

#[test]
fn the_provider_prints_the_secrets_of_an_ini_file_as_patterns() {
    let repo = Repo::lax();
    let text = "[default]\n\
                aws_access_key_id = abc123\n\
                aws_secret_access_key=foobaz\n\
                aws_access_key_id = \"Bernard\"\n\
                aws_secret_access_key= \"Laverne\"\n\
                aws_access_key_id= Hoagie+man\n\
                # aws_secret_access_key = commented\n\
                my_aws_access_key_id = prefixed\n\
                AWS_SECRET_ACCESS_KEY = upper\n\
                region = us-east-1\n\
                aws_session_token = session\n\
                aws_secret_access_key = a/b.c|d$e(f)g{h}i?j*k^l\\m\n";
    repo.write("f", text);
    let patterns = "abc123\nfoobaz\nBernard\nLaverne\nHoagie\\+man\ncommented\nprefixed\n\
                    a/b\\.c\\|d\\$e\\(f\\)g\\{h\\}i\\?j\\*k\\^l\\\\m\n";
    repo.secrets(["--aws-provider", "f"]).status(0).out(patterns).err("");
}

#[test]
fn a_value_ends_before_a_second_equals_sign() {
    let repo = Repo::lax();
    repo.write("f", "aws_secret_access_key = abc=def==\n");
    repo.secrets(["--aws-provider", "f"]).status(0).out("abc\n").err("");
}

#[test]
fn the_provider_reads_the_credentials_of_the_user() {
    let repo = Repo::lax();
    repo.secrets(["--aws-provider"]).passes();
    repo.secrets(["--aws-provider", "no-such-file"]).passes();
    repo.write("../home/.aws/credentials", "aws_access_key_id = hush1\n");
    repo.secrets(["--aws-provider"]).status(0).out("hush1\n").err("");
}

#[test]
fn credentials_of_the_user_are_secrets() {
    let repo = registered();
    repo.guard();
    let text = "[default]\naws_access_key_id = first\naws_secret_access_key = sec+ond\n";
    repo.write("../home/.aws/credentials", text);
    repo.stage("f", "the first\nand sec+ond\nsecond\n");
    let found = "f:1:the first\nf:2:and sec+ond";
    repo.secrets(["--scan", "f"]).finds(found);
    repo.git(["commit", "-q", "-m", "x"]).finds(found);
}

#[test]
fn the_provider_may_read_another_file() {
    let repo = Repo::lax();
    repo.write("../keys.ini", "aws_access_key_id = hush1\n");
    let file = repo.folder().join("keys.ini");
    let file = file.to_str().unwrap();
    repo.secrets(["--add-provider", "--", "git", "secrets", "--aws-provider", file]).passes();
    repo.stage("f", "hush1\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1");
    repo.secrets(["--scan"]).finds("f:1:hush1");
}

#[test]
fn a_bracket_in_credentials_is_literal() {
    let repo = Repo::lax();
    repo.write("../keys.ini", "aws_secret_access_key = a[1]b\n");
    let file = repo.folder().join("keys.ini");
    repo.config("secrets.providers", &format!("git secrets --aws-provider {}", file.display()));
    repo.write("f", "a[1]b\n");
    repo.secrets(["--scan", "f"]).stopped_by(ours("f:1:a[1]b\n").theirs(""));
}
