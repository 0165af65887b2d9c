//! Reports for other programs: their forms, several in one run, and what must never be in one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use tightlip::report::Format;

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key, made};

/// The words for all formats.
fn formats() -> Vec<String> {
    Format::ALL.iter().map(|format| format!("{format:?}").to_lowercase()).collect()
}

/// Names that mean something to XML, CSV, logs, Markdown, terminals or nobody.
const NAMES: [&[u8]; 14] = [
    b"a]]>b.txt",
    b"<b>&amp;'\".xml",
    b"=cmd|calc.csv",
    b"@x,y\"z;=1.txt",
    b"::error::x,y=1.txt",
    b"##[group]x",
    b"new\nline\r.txt",
    b"\ttab.txt",
    b"ctrl\x01\x08\x1b[31m.txt",
    b"inv\xff\xfe\xed\xa0\x80.txt",
    b"per%0A::cent.txt",
    b"\xef\xbf\xbe nonchar\xef\xbf\xbf.txt",
    b"|`pipe`|[a](b)<img src=x>.md",
    b"\xe2\x80\xaeright-to-left.txt",
];

/// A repository whose names, messages, authors and contents are hostile, and every secret in it.
fn hostile() -> (TestRepo, Vec<String>) {
    let repo = TestRepo::new();
    let mut secrets: Vec<String> = (0..NAMES.len() + 8).map(key).collect();
    for (name, secret) in NAMES.iter().zip(&secrets) {
        repo.write(Path::new(OsStr::from_bytes(name)), format!("id = {secret}\n"));
    }
    let rest = &secrets[NAMES.len()..];
    let encoded = |text: &str| BASE64_URL_SAFE.encode(text);
    repo.write(format!("in-{}/x", rest[0]), "x\n");
    repo.write(encoded(&format!("aws_access_key_id={}", rest[1])), "x\n");
    repo.write("encoded.txt", encoded(&format!("aws_access_key_id = {}\n", rest[2])));
    repo.write("bare.txt", format!("key: {}\n", BASE64_STANDARD.encode(&rest[3])));
    let other = made("{base64:40}");
    let pair = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={other}\n", rest[4]);
    repo.write("pair.env", pair);
    repo.write("large.txt", "not a secret\n".repeat(1000));
    repo.git(&["add", "-A"]).exits(0);
    let author = format!("=1+1 ]]> ::error:: {} <a@b>", rest[5]);
    let message = format!("::error::x\n\n]]> {} <script>", rest[6]);
    repo.git(&["commit", "-q", "--author", &author, "-m", &message]).exits(0);
    repo.git(&["branch", &format!("b-{}", rest[7])]).exits(0);
    secrets.push(other);
    (repo, secrets)
}

/// Makes the run of a hostile repository incomplete.
const LIMIT: &str = "--max-object-bytes=10000";

/// A secret as it is, backwards, in base64 at each of the three places of its bytes, in hexadecimal, and escaped.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), secret.chars().rev().collect()];
    for before in 0..3_usize {
        let text = [&vec![0; before], secret.as_bytes(), &[0, 0]].concat();
        // The characters that the secret alone decides.
        let span = (before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6;
        forms.push(BASE64_STANDARD.encode(&text)[span.clone()].to_owned());
        forms.push(BASE64_URL_SAFE.encode(&text)[span].to_owned());
    }
    for byte in ["", "%", "\\x", "\\u00", "=", ":"] {
        forms.push(secret.bytes().map(|own| format!("{byte}{own:02x}")).collect());
    }
    forms.push(secret.bytes().map(|byte| format!("&#{byte};")).collect());
    forms
}

#[track_caller]
fn holds_none(what: &str, text: &str, secrets: &[String]) {
    let lower = text.to_ascii_lowercase();
    for form in secrets.iter().flat_map(|secret| forms(secret)) {
        // In another case it is the same to whoever looks for it.
        let holds = text.contains(&form) || lower.contains(&form.to_ascii_lowercase());
        assert!(!holds, "{what} holds {form} in {text}");
    }
}

/// All files below a folder, but objects of git.
fn files(folder: &Path) -> BTreeSet<std::path::PathBuf> {
    let mut found = BTreeSet::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match fs::symlink_metadata(&path).unwrap() {
                kind if kind.is_dir() && !path.ends_with(".git/objects") => todo.push(path),
                kind if kind.is_file() => drop(found.insert(path)),
                _ => {}
            }
        }
    }
    found
}

#[test]
fn no_command_says_or_writes_a_secret() {
    let (repo, mut secrets) = hostile();
    let password = made("{alnum:14}");
    let url = made("{alnum:18}");
    secrets.extend([key(90), password.clone(), url.clone()]);
    let text = format!("id = {}\npassword: {password}\nu = postgres://app:{url}@db/x\n", key(90));
    repo.write("staged.env", &text);
    repo.git(&["add", "staged.env"]).exits(0);
    repo.write("MESSAGE", format!("note {}\n", key(90)));
    let before = files(repo.folder());
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    let fingerprint = said.objects("finding")[0]["fingerprint"].as_str().unwrap().to_owned();
    for arguments in [
        &["staged"][..],
        &["staged", "-v", "--rule", "jwt"],
        &["hook", "pre-commit"],
        &["message", "MESSAGE"],
        &["hook", "commit-msg", "MESSAGE"],
        &["why", "staged.env:1"],
        &["why", "staged.env:2"],
        &["why", "staged.env:3"],
        &["why", "pair.env:2", "--rule", "jwt"],
        &["why", "encoded.txt:1"],
        &["advice"],
        &["advice", &fingerprint],
        &["history", "--rule", "jwt", "-v"],
        &["history", "--report", "html=page.html", "--report", "sarif=log.sarif"],
        &["history", "--checkpoint", "kept"],
        &["history"],
        &["allow", "--last", "--reason", "sample"],
        &["allow", &fingerprint, "--reason", "sample"],
        &["doctor"],
        &["baseline", "create", "--reason", "old"],
        &["baseline", "update"],
        &["baseline", "show"],
        &["baseline", "prune"],
        &["history", "-v"],
        &["audit", "-v", "--exclude", "staged.env"],
        &["rules", "check"],
    ] {
        let said = repo.tightlip(arguments);
        for text in [&said.out, &said.err] {
            holds_none(&arguments.join(" "), text, &secrets);
        }
    }
    let written: Vec<_> = files(repo.folder()).difference(&before).cloned().collect();
    let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    for expected in ["page.html", "log.sarif", ".tightlip.baseline", "last"] {
        assert!(names.iter().any(|name| name.contains(expected)), "{expected}: {names:?}");
    }
    for path in &written {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        holds_none(&path.display().to_string(), &text, &secrets);
    }
}

#[test]
fn names_beside_a_finding_are_masked_whatever_rules_are_asked_for() {
    let repo = TestRepo::new();
    let folder = key(1);
    let password = made("{alnum:16}");
    repo.write(
        format!("{folder}/a.txt"),
        format!("url = postgres://app:{password}@db.prod.internal/x\n"),
    );
    repo.git(&["add", "-A"]).exits(0);
    let author = format!("{} <a@b>", key(2));
    repo.git(&["commit", "-q", "--author", &author, "-m", "one"]).exits(0);
    repo.git(&["mv", &folder, &format!("other-{}", key(3))]).exits(0);
    repo.commit_staged("two");
    repo.git(&["branch", &format!("b-{}", key(4))]).exits(0);
    repo.git(&["checkout", "-q", "--detach"]).exits(0);
    let secrets = [1, 2, 3, 4].map(key);
    for command in ["history", "audit"] {
        for format in formats() {
            let (said, summary) = with_summary(
                &repo,
                &[command, "-v", "--rule", "url-password", "--format", &format],
            );
            assert_eq!(said.code, 1, "{said:?}");
            for text in [&said.out, &said.err, &summary] {
                holds_none(&format!("{command} as {format}"), text, &secrets);
            }
        }
    }
    let place = format!("other-{}/a.txt:1", key(3));
    let why = repo.tightlip(&["why", &place, "--rule", "url-password"]).exits(0);
    holds_none("why", &why.out, &secrets);
}

/// Runs with the summary of a step; returns what was said and the summary.
fn with_summary(repo: &TestRepo, arguments: &[&str]) -> (Ran, String) {
    let file = repo.folder().join("step-summary");
    fs::write(&file, "before\n").unwrap();
    let mut command = repo.command(TIGHTLIP);
    command.args(arguments).env("GITHUB_STEP_SUMMARY", &file);
    (repo.run(command), fs::read_to_string(&file).unwrap())
}

#[test]
fn no_report_holds_a_secret_raw_or_encoded() {
    let (repo, secrets) = hostile();
    for command in ["history", "audit", "scan"] {
        for format in formats() {
            let (said, summary) = with_summary(&repo, &[command, "-v", "--format", &format]);
            assert!(said.code > 0, "{said:?}");
            let name = format!("{command} as {format}");
            holds_none(&name, &said.out, &secrets);
            holds_none(&name, &said.err, &secrets);
            holds_none(&name, &summary, &secrets);
            let revealed = repo.tightlip(&[command, "--format", &format, "--reveal"]);
            // GitHub has no room for all, and events are about what a remote has.
            let is_partial = ["github", "eventbridge"].contains(&&*format);
            assert!(revealed.out.contains(&secrets[0]) || is_partial, "{name}");
        }
    }
}

#[test]
fn several_reports_come_out_of_one_run() {
    let (repo, _) = hostile();
    // `.ci/run` holds these against their schemas: tests/reports/validate.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports");
    fs::create_dir_all(&folder).unwrap();
    for (command, limit, code) in [("history", LIMIT, 2), ("scan", "-v", 1), ("staged", "-v", 0)] {
        let file = |format: &str| folder.join(format!("{command}.{format}"));
        let extra: Vec<String> = formats()
            .iter()
            .map(|format| format!("--report={format}={}", file(format).display()))
            .collect();
        let mut arguments = vec![command, limit, "--format", "jsonl"];
        arguments.extend(extra.iter().map(String::as_str));
        let said = repo.tightlip(&arguments).exits(code);
        let without_time = |text: &str| {
            let lines = text.lines().map(|line| line.split("\"elapsed_ms\"").next().unwrap());
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let same = fs::read_to_string(file("jsonl")).unwrap();
        assert_eq!(without_time(&same), without_time(&said.out));
        let findings = said.objects("finding");
        for format in formats() {
            let text = fs::read_to_string(file(&format)).unwrap();
            for finding in &findings {
                let fingerprint = finding["fingerprint"].as_str().unwrap();
                // Text has none by itself; events are about keys that a remote has.
                let is_partial = ["text", "eventbridge"].contains(&&*format);
                assert!(is_partial || text.contains(fingerprint), "{command} as {format}");
            }
        }
    }
}

#[test]
fn files_that_cannot_be_written_are_named_before_the_scan_or_after_it() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    repo.write("folder/x", "");
    for (arguments, message) in [
        (&["--report", "sarif"][..], "it is not FORMAT=FILE"),
        (&["--report", "sarif="], "it is not FORMAT=FILE"),
        (&["--report", "nope=x"], "unknown format; it can be text, json"),
        (&["--report", "jsonl=no/such/x"], "cannot write `no/such/x`"),
        (&["--report", "jsonl=folder"], "it is a directory"),
        (&["--report", "jsonl=x", "--report", "json=./x"], "two reports would go to `./x`"),
        (&["--output", "x", "--report", "json=folder/../x"], "two reports would go to"),
    ] {
        let said = repo.tightlip(&[&["staged"], arguments].concat()).exits(2).says(message);
        assert!(!said.out.contains("a.txt"), "{said:?}");
        assert!(!repo.root.join("x").exists());
    }
    if Path::new("/dev/full").exists() {
        let said = repo
            .tightlip(&["staged", "--report", "jsonl=/dev/full", "--report", "json=x"])
            .exits(2)
            .says("a.txt:1:1")
            .says("cannot write `/dev/full`");
        assert!(said.err.contains("1 finding"), "{said:?}");
        assert!(fs::read_to_string(repo.root.join("x")).unwrap().contains("a.txt"));
    }
}

#[test]
fn a_report_takes_the_place_of_the_old_one_and_follows_no_link() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    repo.write("old.jsonl", "old");
    fs::set_permissions(repo.root.join("old.jsonl"), fs::Permissions::from_mode(0o600)).unwrap();
    repo.write("victim", "kept");
    symlink("victim", repo.root.join("link.jsonl")).unwrap();
    repo.tightlip(&["staged", "--report", "jsonl=old.jsonl", "--report", "jsonl=link.jsonl"])
        .exits(1);
    let kind = fs::metadata(repo.root.join("old.jsonl")).unwrap();
    assert_eq!(kind.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(repo.root.join("victim")).unwrap(), "kept");
    for name in ["old.jsonl", "link.jsonl"] {
        assert!(
            fs::read_to_string(repo.root.join(name)).unwrap().starts_with("{\"type\":\"finding\"")
        );
    }
    // Nothing is left beside them, and no report is read by the next scan.
    let names = fs::read_dir(&repo.root).unwrap().count();
    assert_eq!(names, 5, ".git, a.txt, victim and two reports");
    let arguments =
        ["scan", "--reveal", "--report", "jsonl=old.jsonl", "--report", "json=link.jsonl"];
    for _ in 0..2 {
        let said = repo.tightlip(&[&arguments[..], &["--format", "jsonl"]].concat()).exits(1);
        assert_eq!(said.objects("finding").len(), 1, "{said:?}");
    }
}

#[test]
fn a_report_to_a_stream_is_written_to_it() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    let arguments = ["staged", "--quiet", "--output", "/dev/null", "--report", "jsonl=/dev/stdout"];
    let said = repo.tightlip(&arguments).exits(1);
    assert!(said.out.starts_with("{\"type\":\"finding\""), "{said:?}");
    let is_device = |path: &str| !fs::symlink_metadata(path).unwrap().is_file();
    assert!(is_device("/dev/null") && is_device("/dev/stdout"));
}

/// Splits CSV by RFC 4180, strictly.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut chars = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(char) = chars.next() {
        let row = rows.last_mut().unwrap();
        match char {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                row.last_mut().unwrap().push('"');
            }
            '"' if is_quoted || row.last().unwrap().is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\r' if !is_quoted => {
                assert_eq!(chars.next(), Some('\n'));
                rows.push(vec![String::new()]);
            }
            _ => {
                assert!(is_quoted || !matches!(char, '"' | '\n'), "{text}");
                row.last_mut().unwrap().push(char);
            }
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last row ends as all do");
    rows
}

#[test]
fn csv_has_the_same_columns_everywhere_and_no_formulas() {
    let (repo, _) = hostile();
    let said = repo.tightlip(&["history", LIMIT, "--format", "csv"]).exits(2);
    let rows = csv(&said.out);
    assert!(rows.len() > NAMES.len());
    for row in &rows {
        assert_eq!(row.len(), rows[0].len(), "{row:?}");
        for cell in row {
            let start = cell.trim_start().chars().next();
            assert!(!start.is_some_and(|char| "=+-@".contains(char)), "{cell:?}");
        }
    }
    assert!(
        rows.iter().any(|row| row[0] == "not-read" && row[4].starts_with("large.txt")),
        "{rows:?}"
    );
    assert!(rows.iter().any(|row| row[4] == "'=cmd|calc.csv"), "{rows:?}");
}

#[test]
fn gitlab_gets_what_its_schema_requires() {
    let (repo, _) = hostile();
    for (arguments, status) in [(&["history", LIMIT][..], "failure"), (&["scan"], "success")] {
        let said = repo.tightlip(&[arguments, &["--format", "gitlab"]].concat());
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert!(report["version"].as_str().unwrap().starts_with("15."));
        let scan = &report["scan"];
        assert_eq!((&scan["type"], &scan["status"]), (&"secret_detection".into(), &status.into()));
        for name in ["start_time", "end_time"] {
            let shape: String = scan[name].as_str().unwrap().replace(|c: char| c.is_numeric(), "9");
            assert_eq!(shape, "9999-99-99T99:99:99");
        }
        let schema = report["schema"].as_str().unwrap();
        assert!(
            schema.starts_with("https://") && schema.contains(report["version"].as_str().unwrap())
        );
        for message in scan["messages"].as_array().unwrap() {
            assert!(["info", "warn"].contains(&message["level"].as_str().unwrap()));
            assert!(message["value"].as_str().is_some_and(|text| !text.is_empty()));
        }
        for part in ["analyzer", "scanner"] {
            assert!(scan[part]["vendor"]["name"].is_string());
            assert!(["id", "name", "version"].iter().all(|name| scan[part][name].is_string()));
        }
        let found = report["vulnerabilities"].as_array().unwrap();
        assert!(found.len() >= NAMES.len());
        let ids: BTreeSet<&str> = found.iter().map(|found| found["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), found.len());
        for found in found {
            assert!(found["name"].as_str().unwrap().chars().count() <= 255);
            assert!(found["solution"].as_str().unwrap().chars().count() <= 7000);
            assert!(found["description"].as_str().unwrap().len() <= 1 << 20);
            assert!(["Critical", "Medium", "Low"].contains(&found["severity"].as_str().unwrap()));
            for identifier in found["identifiers"].as_array().unwrap() {
                let has =
                    |name: &str| identifier[name].as_str().is_some_and(|text| !text.is_empty());
                assert!(["type", "name", "value"].iter().all(|name| has(name)), "{identifier}");
            }
            assert!(found["id"].as_str().is_some_and(|id| !id.is_empty()));
            assert!(
                found["location"]["start_line"].is_u64() && found["location"]["end_line"].is_u64()
            );
            assert_eq!(found["tracking"]["type"], "source");
            for detail in found["details"].as_object().unwrap().values() {
                assert_eq!(detail["type"], "text");
                assert!(detail["name"].as_str().is_some_and(|name| !name.is_empty()));
                assert!(detail["value"].is_string());
            }
            assert!(found["location"]["commit"]["sha"].as_str().unwrap().len() >= 7);
            let signature = &found["tracking"]["items"][0]["signatures"][0];
            assert_eq!(signature["value"].as_str().unwrap().len(), 32);
        }
    }
}

#[test]
fn github_gets_as_many_annotations_as_it_shows_and_the_rest_as_lines() {
    let (repo, _) = hostile();
    let (said, summary) = with_summary(&repo, &["history", LIMIT, "--format", "github"]);
    let begin = |start: &str| said.out.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(begin("::error "), 10, "{said:?}");
    assert_eq!(begin("::error title=tightlip is incomplete::"), 1, "{said:?}");
    assert_eq!((begin("::notice "), begin("::group::"), begin("::endgroup::")), (1, 1, 1));
    assert_eq!(begin("::") + begin("tightlip: "), said.out.lines().count(), "{said:?}");
    assert!(!said.out.contains("##["), "{said:?}");
    let found = repo.tightlip(&["history", "--format", "jsonl"]).objects("finding").len();
    assert_eq!(begin("::error ") - 1 + begin("tightlip: "), found);
    let place = "::error file=\\x3a%3Aerror%3A%3Ax%2Cy=1.txt,line=1,endLine=1,col=6,endColumn=26,\
                 title=AWS access key id::AKIA******** [aws-access-key-id] fingerprint ";
    assert_eq!(begin(place), 1, "{said:?}");
    assert!(summary.starts_with("before\n### tightlip\n"), "{summary}");
    assert!(summary.contains("**Not read**") && summary.contains("**What to do**"), "{summary}");
    assert_eq!(summary.lines().filter(|line| line.starts_with("| ")).count(), found + 1);
    assert!(!summary.contains("<img") && !summary.contains("[a]") && !summary.contains("@x"));
}

#[test]
fn a_step_summary_is_written_for_github_alone_and_added_to_what_is_there() {
    let repo = TestRepo::new();
    let (said, summary) = with_summary(&repo, &["staged", "--format", "jsonl"]);
    assert_eq!((said.code, summary.as_str()), (0, "before\n"));
    let (said, summary) = with_summary(&repo, &["staged", "--report", "github=annotations"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(summary.starts_with("before\n### tightlip\n\nclean"), "{summary}");
    let mut command = repo.command(TIGHTLIP);
    command.args(["staged", "--format", "github"]).env("GITHUB_STEP_SUMMARY", "no/such/file");
    repo.run(command).exits(2).says("cannot write the step summary `no/such/file`");
}

#[test]
fn junit_tells_failures_errors_and_skipped_tests_apart() {
    let repo = TestRepo::new();
    let clean = repo.tightlip(&["staged", "--format", "junit"]).exits(0);
    clean
        .says(" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" ")
        .says("name=\"no secrets\"");
    repo.stage("a.txt", key(0));
    repo.stage("large.txt", "x".repeat(5_000));
    let arguments = ["staged", "--format", "junit", "--max-object-bytes", "2000"];
    repo.tightlip(&arguments)
        .exits(2)
        .says(" tests=\"2\" failures=\"1\" errors=\"1\" skipped=\"0\" ")
        .says("<failure type=\"aws-access-key-id\" message=\"AWS access key id AKIA******** at a.txt:1:1\">")
        .says("message=\"not read: ");
    repo.write(".gitignore", "a.txt\n");
    repo.git(&["rm", "-q", "--cached", "a.txt"]).exits(0);
    repo.tightlip(&["scan", "--format", "junit"])
        .exits(0)
        .says(" skipped=\"1\" ")
        .says("<skipped message=\"left out: 1 ignored");
}
