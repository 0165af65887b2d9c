//! The user's own credentials, wherever they are staged, said or pushed.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fixture::{TestRepo, made};

/// A value that no rule finds by its form, where no name tells.
fn value(number: usize) -> String {
    format!("qj7-{}{}", made("{alnum:14}"), number)
}

/// Writes a file of the user's.
fn at_home(repo: &TestRepo, path: &str, text: &str) {
    let path = repo.home().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_staged_value_of_each_file_is_found_with_the_file_it_comes_from() {
    let repo = TestRepo::new();
    let values: Vec<String> = (0..10).map(value).collect();
    let auth = STANDARD.encode(format!("me:{}", values[2]));
    let home = [
        (".aws/credentials", format!("[default]\naws_secret_access_key = {}\n", values[0])),
        (".npmrc", format!("//registry.example/:_authToken={}\n", values[1])),
        (".docker/config.json", format!("{{\"auths\": {{\"r\": {{\"auth\": \"{auth}\"}}}}}}")),
        (".config/gh/hosts.yml", format!("github.com:\n    oauth_token: {}\n", values[3])),
        (".kube/config", format!("users:\n- user:\n    token: {}\n", values[4])),
        (".pypirc", format!("[pypi]\nusername = me\npassword = {}\n", values[5])),
        (".cargo/credentials.toml", format!("[registry]\ntoken = \"{}\"\n", values[6])),
        (".netrc", format!("machine h login me password {}\n", values[7])),
        (".git-credentials", format!("https://me:{}@h.example\n", values[8])),
    ];
    for (path, text) in &home {
        at_home(&repo, path, text);
    }
    repo.write(".gitignore", ".env\n");
    repo.write(".env", format!("MY_TOKEN={}\n", values[9]));
    for (number, value) in values.iter().enumerate() {
        let file =
            home.get(number).map_or_else(|| ".env".to_owned(), |(file, _)| format!("~/{file}"));
        repo.stage("notes.txt", format!("one\nsee {value} there\n"));
        let said = repo.tightlip(&["staged"]).exits(1);
        said.says("notes.txt:2:5")
            .says("[known-value]")
            .says(&format!("in {file}"))
            .never_says(value);
    }
    repo.stage("notes.txt", "nothing\n");
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn an_encoded_value_is_found_and_never_shown() {
    let repo = TestRepo::new();
    let value = value(0);
    at_home(&repo, ".pypirc", &format!("password = {value}\n"));
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    for text in
        [STANDARD.encode(format!("user:{value}")), STANDARD.encode(format!("xy{value}")), hex]
    {
        repo.stage("a.txt", format!("x: {text}\n"));
        for format in ["text", "jsonl", "sarif", "html"] {
            let said = repo.tightlip(&["staged", "--format", format]).exits(1);
            said.says("known-value").never_says(&value).never_says(&text);
        }
    }
}

#[test]
fn hooks_stop_a_known_value_in_files_messages_and_pushes() {
    let repo = TestRepo::new();
    let value = value(0);
    at_home(&repo, ".netrc", &format!("machine h\n  password {value}\n"));
    repo.hooks(&["pre-commit", "commit-msg", "pre-push"]);
    repo.stage("a.txt", format!("x {value} y\n"));
    repo.git(&["commit", "-q", "-m", "x"]).exits(1).says("in ~/.netrc").never_says(&value);
    repo.stage("a.txt", "x\n");
    repo.git(&["commit", "-q", "-m", &format!("see {value}")]).exits(1).says("in ~/.netrc");
    repo.git(&["commit", "-q", "-m", "fine"]).exits(0);
    repo.commit("b.txt", format!("x {value} y\n"));
    let other = repo.folder().join("other.git");
    repo.git(&["init", "-q", "--bare", other.to_str().unwrap()]).exits(0);
    repo.git(&["push", "-q", other.to_str().unwrap(), "main"]).exits(1).says("in ~/.netrc");
}

#[test]
fn ci_and_histories_are_not_searched_unless_it_is_said() {
    let repo = TestRepo::new();
    let value = value(0);
    at_home(&repo, ".pypirc", &format!("password = {value}\n"));
    repo.stage("a.txt", format!("x {value} y\n"));
    let in_ci = |arguments: &[&str]| {
        let mut command = repo.command(crate::fixture::TIGHTLIP);
        command.env("CI", "true").args(arguments);
        repo.run(command)
    };
    in_ci(&["staged"]).exits(0);
    in_ci(&["staged", "--known-values"]).exits(1);
    repo.commit_staged("a");
    repo.tightlip(&["history"]).exits(0);
    repo.tightlip(&["scan", "a.txt"]).exits(0);
    repo.tightlip(&["scan", "--known-values", "a.txt"]).exits(1).says("in ~/.pypirc");
    repo.tightlip(&["why", "a.txt:1"]).exits(0).says("verdict: reported by known-value");
}

#[test]
fn what_is_short_common_or_public_is_left_out() {
    let repo = TestRepo::new();
    at_home(&repo, ".pypirc", "password = short1\n");
    repo.write(".gitignore", ".env*\n");
    repo.write(
        ".env",
        "DB_PASSWORD=development_database\nAPI_KEY=your_api_key_here1\nAPP_NAME=frobnicator9000\n\
         SECRET_URL=http://localhost:3000/path\nNEXT_PUBLIC_KEY=pk8-Zx81kqLw92\n",
    );
    repo.stage("a.txt", "short1 development_database your_api_key_here1 frobnicator9000\n");
    repo.stage("b.txt", "http://localhost:3000/path pk8-Zx81kqLw92\n");
    repo.tightlip(&["staged"]).exits(0);
    // Who reads a file that git does not ignore knows it.
    let value = value(0);
    repo.write(".gitignore", "nothing\n");
    repo.write(".env", format!("MY_TOKEN={value}\n"));
    repo.stage("a.txt", format!("x {value} y\n"));
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn the_configuration_leaves_files_out_and_adds_others() {
    let repo = TestRepo::new();
    let (first, second) = (value(0), value(1));
    at_home(&repo, ".pypirc", &format!("password = {first}\n"));
    at_home(&repo, "team.env", &format!("DEPLOY={second}\n"));
    repo.stage("a.txt", format!("x {first} y\n"));
    repo.stage("b.txt", format!("x {second} y\n"));
    repo.tightlip(&["staged"]).exits(1).says("a.txt:1").never_says("b.txt:1");
    repo.write(".tightlip.toml", "[known_values]\nignore = ['~/.pypirc']\n");
    repo.tightlip(&["staged"]).exits(0);
    repo.write(".tightlip.toml", "disable = ['known-value']\n");
    repo.tightlip(&["staged"]).exits(0);
    at_home(&repo, ".config/tightlip/config.toml", "[known_values]\nfiles = ['~/team.env']\n");
    repo.write(".tightlip.toml", "");
    repo.tightlip(&["staged"]).exits(1).says("the value of `DEPLOY` in ~/team.env");
    // A repository must not name files of its users.
    repo.write(".tightlip.toml", "[known_values]\nfiles = ['~/team.env']\n");
    repo.tightlip(&["staged"]).exits(2).says(".tightlip.toml:2: known_values.files");
    // So is a file of the working tree that git's configuration names.
    repo.write("team.toml", "[known_values]\nfiles = ['~/team.env']\n");
    std::fs::remove_file(repo.root.join(".tightlip.toml")).unwrap();
    repo.git(&["config", "tightlip.config", "team.toml"]).exits(0);
    repo.tightlip(&["staged"]).exits(2).says("team.toml:2: known_values.files");
    repo.git(&["config", "--unset", "tightlip.config"]).exits(0);
    repo.write(".tightlip.toml", "[known_values]\nfiles = ['../home/team.env']\n");
    repo.tightlip(&["staged"]).exits(2);
    // Nor by a link.
    std::os::unix::fs::symlink(repo.home().join("team.env"), repo.root.join("link")).unwrap();
    repo.write(".tightlip.toml", "[known_values]\nfiles = ['link']\n");
    let said = repo.tightlip(&["staged"]).exits(2);
    said.says("a link leads out of the repository");
}

#[test]
fn a_file_that_cannot_be_read_is_passed_over_unless_it_is_named() {
    let repo = TestRepo::new();
    fs::create_dir(repo.home().join(".netrc")).unwrap();
    repo.stage("a.txt", "nothing to see here\n");
    repo.tightlip(&["staged"]).exits(0);
    repo.tightlip(&["doctor"])
        .says("known values of ~/.netrc are not looked for: it is not a regular file");
    at_home(&repo, ".config/tightlip/config.toml", "[known_values]\nfiles = ['~/gone.env']\n");
    repo.tightlip(&["staged"]).exits(2).says("~/gone.env").says("names it for known values");
    // Nothing to look at, nothing to read.
    repo.stage("a.txt", "");
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn a_services_rule_keeps_its_finding_and_learns_where_the_value_is_from() {
    let repo = TestRepo::new();
    let token = made("{crc:ghp_:30}");
    at_home(&repo, ".config/gh/hosts.yml", &format!("github.com:\n    oauth_token: {token}\n"));
    repo.stage("a.txt", format!("x = {token}\n"));
    let said = repo.tightlip(&["staged"]).exits(1);
    said.says("[github-personal-access-token]")
        .says("the value of `oauth_token` in ~/.config/gh/hosts.yml")
        .never_says("[known-value]")
        .never_says(&token);
}

#[test]
fn what_a_provider_prints_is_found_encoded_too() {
    let repo = TestRepo::new();
    let value = value(0);
    repo.write("printed", format!("{value}\nwild.card.*here\n"));
    let file = repo.root.join("printed");
    repo.git(&["config", "--global", "secrets.providers", &format!("cat {}", file.display())])
        .exits(0);
    repo.stage("a.txt", format!("x: {}\n", STANDARD.encode(&value)));
    let said = repo.tightlip(&["staged"]).exits(1);
    said.says("[known-value]").says("output of provider").never_says(&value);
    repo.stage("a.txt", format!("x: {value}\n"));
    repo.tightlip(&["staged"]).exits(1).says("[forbidden-").never_says(&value);
}

#[test]
fn doctor_counts_the_values_of_each_file() {
    let repo = TestRepo::new();
    at_home(&repo, ".pypirc", &format!("password = {}\n[two]\npassword = short\n", value(0)));
    let said = repo.tightlip(&["doctor"]);
    said.says("known values of ~/.pypirc: 1 looked for, 1 left out").never_says(&value(0));
}
