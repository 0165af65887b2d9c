//! Teams that come from another scanner.

use crate::fixture::{TestRepo, key, made};

#[test]
fn marks_of_other_scanners_count_by_one_switch() {
    let repo = TestRepo::new();
    let text = format!(
        "{} # gitleaks:allow\n# pragma: allowlist nextline secret\n{}\n{}\n",
        key(0),
        key(1),
        key(2)
    );
    repo.write("a.txt", text);
    let said = repo.tightlip(&["scan", "a.txt"]).exits(1);
    said.says("3 findings").says("the mark `gitleaks:allow` here does not count");
    repo.write(".tightlip.toml", "other_marks = true\n");
    let said = repo.tightlip(&["scan", "a.txt", "-v"]).exits(1);
    said.says("1 finding:")
        .says("2 allowed (2 by marks of other scanners)")
        .says("the mark of another scanner: pragma: allowlist nextline secret");
}

#[test]
fn allow_entries_name_commits_and_patterns_of_paths() {
    let repo = TestRepo::new();
    repo.commit("a.txt", format!("{}\n", key(0)));
    let first = repo.head();
    repo.commit("b.txt", format!("{}\n", key(1)));
    repo.tightlip(&["history"]).exits(1).says("2 findings");
    let allow = |line: &str| {
        repo.write(".tightlip.toml", format!("[[allow]]\nreason = 'old'\n{line}\n"));
    };
    allow(&format!("commits = ['{}']", first.to_uppercase()));
    repo.tightlip(&["history"]).exits(1).says("1 finding:").says("b.txt:1:1");
    allow("path_patterns = ['^b\\.']");
    repo.tightlip(&["history"]).exits(1).says("1 finding:").says("a.txt:1:1");
    allow("outside_path_patterns = ['^b\\.']\nrules = ['aws-access-key-id']");
    repo.tightlip(&["history"]).exits(1).says("1 finding:").says("b.txt:1:1");
}

/// What a value of the made-up service looks like.
fn acme() -> String {
    crate::fixture::made("acme_{alnum:32}")
}

const RULE: &str = "[[rules]]\nid = 'acme-key'\ndescription = 'Acme key'\n\
                    regex = '''acme_[a-zA-Z0-9]{32}'''\nkeywords = ['acme_']\n";

fn with_gitleaks(text: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.write(".gitleaks.toml", text);
    repo
}

#[test]
fn files_of_other_scanners_are_named_until_they_are_taken_over() {
    let repo = with_gitleaks(RULE);
    repo.write("a.txt", format!("k = {}\n", acme()));
    let unread = "`.gitleaks.toml` is there and is not read; `tightlip migrate` takes over";
    repo.tightlip(&["scan", "a.txt"]).says(unread).never_says("[acme-key]");
    repo.write(".talismanrc", "threshold: high\n");
    repo.tightlip(&["staged"]).says("`.gitleaks.toml`, `.talismanrc` are there and are not read");
    // A hook is silent where there is nothing to do.
    repo.tightlip(&["hook", "pre-commit"]).exits(0).never_says("not read");
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says("wrote `.tightlip.toml`: 1 rule, 0 allow entries, 0 accepted findings; 2 notes")
        .says(".talismanrc:1: `threshold` does not carry over");
    repo.tightlip(&["scan", "a.txt"]).exits(1).says("[acme-key]").never_says("not read");
    // What is there already is not lost.
    repo.tightlip(&["migrate"]).exits(2).says("cannot write `.tightlip.toml`: it is there already");
    repo.tightlip(&["migrate", "--output", "other.toml"]).exits(0);
    assert_eq!(
        std::fs::read(repo.root.join("other.toml")).unwrap(),
        std::fs::read(repo.root.join(".tightlip.toml")).unwrap()
    );
    repo.tightlip(&["rules", "check"]).exits(0);
    TestRepo::new().tightlip(&["migrate"]).exits(2).says("name one");
}

#[test]
fn rules_of_gitleaks_find_what_they_found() {
    let repo = with_gitleaks(
        "[extend]\nUseDefault = true\ndisabledRules = ['jwt', 'nobody-knows']\n\
         [[rules]]\nID = 'group'\nregex = '''\\Qtok{\\E([0-9]{8})-([a-z]{8})'''\nsecretGroup = 2\n\
         [[rules]]\nid = 'entropy'\nregex = '''ent_[a-z0-9]{16}'''\nentropy = 3.0\ntags = ['x']\n\
         [[rules]]\nid = 'in env'\nregex = '''env_[0-9]{8}'''\npath = '''\\.env$'''\n\
         [[rules]]\nid = 'far'\nregex = '''\\b[0-9]{12}\\b'''\nkeywords = ['Zoo.Pass']\n\
         [[rules]]\nid = 'jwt-like'\nregex = '''jw_[0-9]{8}'''\nskipReport = true\n\
         [[rules]]\nid = 'named'\npath = '''\\.p12$'''\n\
         [[rules]]\nid = 'greek'\nregex = '''\\p{Greek}{8}'''\n\
         [[rules]]\nid = 'aws-access-key-id'\nregex = '''own_[0-9]{8}'''\n\
           [[rules.required]]\n  id = 'jwt-like'\n  withinLines = 3\n",
    );
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says(".gitleaks.toml: gitleaks' own rules are not taken over")
        .says(".gitleaks.toml:3: no rule here has the id `nobody-knows`")
        .says(".gitleaks.toml:8: the tags of the rule `entropy` do not carry over")
        .says("the rule `in env` is called `in-env` here")
        .says("the rule `named` is left out")
        .says("the rule `greek` is left out: it asks for classes of Unicode")
        .says("the rule `aws-access-key-id` is called `gitleaks-aws-access-key-id` here")
        .says("`required` carries over in part");
    repo.write("a.txt", "tok{12345678-abcdefgh\n");
    repo.write("b.txt", "ent_aaaaaaaaaaaaaaaa\nent_a1b2c3d4e5f6g7h8\n");
    repo.write("c.txt", "env_12345678\njw_12345678\n");
    repo.write("c.env", "env_12345678\n");
    repo.write("d.txt", "n = 123456789012\n");
    repo.write("e.txt", "# the zoo.pass\n\nn = 123456789012\n");
    repo.write("f.txt", "own_12345678\n");
    repo.write("g.txt", "jw_12345678\nown_12345678\n");
    let said = repo.tightlip(&["scan", "--format", "jsonl"]).exits(1);
    let mut found: Vec<String> = said
        .objects("finding")
        .iter()
        .map(|f| {
            let text = |key: &str| f[key].as_str().unwrap().to_owned();
            format!("{} {} {}:{}", text("rule"), text("path"), f["line"], f["column"])
        })
        .filter(|line| !line.contains("toml"))
        .collect();
    found.sort();
    let expected = [
        "entropy b.txt 2:1",
        "far e.txt 3:5",
        "gitleaks-aws-access-key-id g.txt 2:1",
        "group a.txt 1:14",
        "in-env c.env 1:1",
    ];
    assert_eq!(found, expected);
    let rules = repo.tightlip(&["rules", "list"]).exits(0).out;
    assert!(rules.lines().any(|line| line.starts_with("jwt ") && line.contains(" off ")));
}

#[test]
fn allowlists_of_gitleaks_hide_what_they_hid() {
    let (one, two) = (acme(), crate::fixture::made("acme_sample{alnum:26}"));
    for (list, lines, hidden) in [
        ("paths = ['''^vendor/''']", "vendor/a.txt", 2),
        ("paths = ['''\\.lock$''']", "vendor/a.txt", 0),
        ("stopwords = ['SAMPLE']", "a.txt", 1),
        ("regexes = ['''^acme_sample''']", "a.txt", 1),
        ("regexTarget = 'line'\nregexes = ['''# fixture$''']", "a.txt", 1),
        ("condition = 'AND'\npaths = ['''^vendor/''']\nstopwords = ['sample']", "vendor/a", 1),
        ("condition = 'AND'\npaths = ['''^vendor/''']\nstopwords = ['sample']", "a.txt", 0),
        ("paths = ['''^vendor/''']\nstopwords = ['sample']", "vendor/a", 2),
        // It cannot be said here; what it would hide is reported.
        ("regexTarget = 'match'\nregexes = ['''acme''']", "a.txt", 0),
        ("condition = '&&'\nregexTarget='match'\nregexes=['''a''']\npaths=['''a''']", "a.txt", 0),
    ] {
        let text = format!("{one}\n{two} # fixture\n");
        let count = |config: String| {
            let repo = with_gitleaks(&config);
            repo.tightlip(&["migrate"]).exits(0);
            repo.write(lines, &text);
            let said = repo.tightlip(&["scan", lines, "--format", "jsonl"]);
            2 - said.objects("finding").len()
        };
        assert_eq!(count(format!("{RULE}[[allowlists]]\n{list}\n")), hidden, "{list}");
        assert_eq!(count(format!("[allowlist]\n{list}\n{RULE}")), hidden, "old {list}");
        if !list.contains("match") {
            let of_rule = format!("{RULE}[[rules.allowlists]]\n{list}\n");
            assert_eq!(count(of_rule), hidden, "rule {list}");
            let targeted = format!("{RULE}[[allowlists]]\ntargetRules = ['acme-key']\n{list}\n");
            assert_eq!(count(targeted), hidden, "target {list}");
        }
        let other = format!("{RULE}[[allowlists]]\ntargetRules = ['other']\n{list}\n");
        assert_eq!(count(other), 0, "other {list}");
    }
}

#[test]
fn gitleaks_files_extend_each_other() {
    let repo = with_gitleaks(
        "[extend]\npath = 'config/base.toml'\ndisabledRules = ['b']\n\
         [[rules]]\nid = 'a'\ndescription = 'ours'\n\
         [[rules.allowlists]]\nstopwords = ['sample']\n",
    );
    repo.write(
        "config/base.toml",
        "[[rules]]\nid = 'a'\nregex = '''acme_[a-zA-Z0-9]{32}'''\n\
         [[rules]]\nid = 'b'\nregex = '''base_[0-9]{8}'''\n",
    );
    repo.tightlip(&["migrate"]).exits(0).says("wrote `.tightlip.toml`: 1 rule, 1 allow entry");
    let sample = crate::fixture::made("acme_sample{alnum:26}");
    repo.write("a.txt", format!("{}\n{sample}\nbase_12345678\n", acme()));
    let said = repo.tightlip(&["scan", "a.txt", "--format", "jsonl"]).exits(1);
    let found = said.objects("finding");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["line"], &found[0]["rule"]), (&1.into(), &"a".into()));
    repo.write("config/base.toml", "[[rules]]\nid = 'a'\nregex = '''('''\n");
    repo.tightlip(&["migrate", "--output", "x.toml"]).exits(2).says("config/base.toml:3: `regex`");
}

#[test]
fn accepted_places_become_fingerprints() {
    let repo = TestRepo::new();
    repo.commit("old.txt", format!("x\n{}\n", key(0)));
    let first = repo.head();
    repo.git(&["rm", "-q", "old.txt"]).exits(0);
    repo.commit("a.txt", format!("{}\n{}\n", key(1), key(2)));
    repo.write(
        ".gitleaksignore",
        format!(
            "# accepted\n{first}:old.txt:aws-access-token:2\na.txt:aws-access-token:2\n\
             a.txt:aws-access-token:9\n../a.txt:x:1\n{first}:gone.txt:x:1\n"
        ),
    );
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says("2 accepted findings")
        .says(".gitleaksignore:4: the entry for line 9 of `a.txt` is left out: nothing is found there")
        .says(".gitleaksignore:5: the entry for line 1 of `../a.txt` is left out")
        .says("`gone.txt` is left out: the commit does not have the file")
        .never_says(&key(0));
    let said = repo.tightlip(&["history", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1);
    assert_eq!(said.objects("finding")[0]["line"], 1);
    // Another secret on that line is new.
    repo.write("a.txt", format!("x\n{}\n", key(3)));
    repo.tightlip(&["scan", "a.txt"]).exits(1).says("a.txt:2:1");
}

#[test]
fn baselines_of_other_scanners_are_looked_up() {
    let repo = TestRepo::new();
    repo.commit("a.txt", format!("{}\n{}\n", key(0), key(1)));
    let entry = |line: usize, secret: &str| {
        serde_json::json!({
            "RuleID": "aws", "Description": "", "StartLine": line, "EndLine": line,
            "StartColumn": 1, "EndColumn": 20, "Match": secret, "Secret": secret,
            "File": "a.txt", "Commit": repo.head(), "Fingerprint": "x", "Tags": [],
        })
    };
    // The second line has another secret by now than the one that was accepted.
    let report = serde_json::json!([entry(1, &key(0)), entry(2, &key(5))]);
    repo.write("gitleaks.json", report.to_string());
    let said = repo.tightlip(&["migrate", "gitleaks.json"]).exits(0);
    said.says("1 accepted finding;")
        .says("gitleaks.json: finding 2: the entry for line 2 of `a.txt` is left out")
        .says("it holds secrets in clear text")
        .never_says(&key(0))
        .never_says(&key(5));
    repo.tightlip(&["scan", "a.txt"]).exits(1).says("a.txt:2:1").says("1 finding:");

    use sha1::Digest as _;
    let hash: String =
        sha1::Sha1::digest(key(1).as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let baseline = serde_json::json!({
        "version": "1.5.0",
        "plugins_used": [{"name": "AWSKeyDetector"}],
        "filters_used": [
            {"path": "detect_secrets.filters.allowlist.is_line_allowlisted"},
            {"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^gen/", "(?=x)"]},
            {"path": "custom.filters.mine"},
        ],
        "results": {"a.txt": [
            {"type": "AWS Access Key", "filename": "a.txt", "hashed_secret": hash, "is_secret": true},
            {"type": "AWS Access Key", "filename": "a.txt", "hashed_secret": "0".repeat(40)},
        ]},
    });
    repo.write(".secrets.baseline", serde_json::to_string_pretty(&baseline).unwrap());
    std::fs::remove_file(repo.root.join(".tightlip.toml")).unwrap();
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says("1 allow entry, 1 accepted finding;")
        .says("the entry was audited as a real secret; rotate it")
        .says("a pattern of `should_exclude_file` is left out")
        .says("the filter `custom.filters.mine` does not carry over")
        .says("the entry for `a.txt` is left out: nothing is found there");
    repo.write("gen/a.txt", key(4));
    let said = repo.tightlip(&["scan", "a.txt", "gen", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1);
    assert_eq!(said.objects("finding")[0]["line"], 1);
}

#[test]
fn broken_files_and_entries_that_hide_everything_are_refused() {
    for (name, text, expected) in [
        (".gitleaks.toml", "x =", ".gitleaks.toml:1: "),
        (".gitleaks.toml", "[[rules]]\nregex = 'a'", ".gitleaks.toml:1: the rule has no id"),
        (".gitleaks.toml", "[[rules]]\nid = 'a'", ".gitleaks.toml:1: the rule `a` has neither"),
        (".gitleaks.toml", "[[rules]]\nid = 'a'\nregex = '('", ".gitleaks.toml:3: `regex` of"),
        (".gitleaks.toml", "[[rules]]\nid = 'a'\nregex = 'a*'", ".gitleaks.toml:1: rule `a`"),
        (".gitleaks.toml", "[[rules]]\nid = 7", ".gitleaks.toml:2: `id` is not a string"),
        (".gitleaks.toml", "[[allowlists]]\ndescription = 'x'", ".gitleaks.toml:1: the allowlist"),
        (
            ".gitleaks.toml",
            "\n[allowlist]\npaths = ['''.*''']",
            ".gitleaks.toml:2: allow pattern 1",
        ),
        (".gitleaks.toml", "[allowlist]\npaths = ['''.+''']", "`path_patterns` would allow every"),
        (".gitleaks.toml", "[allowlist]\nregexes = ['''.''']", "`patterns` would allow every"),
        (".gitleaks.toml", "[allowlist]\nstopwords = ['']", ".gitleaks.toml:1: an empty item"),
        (
            ".gitleaks.toml",
            "[[allowlists]]\nregexes = ['''a(''']",
            ".gitleaks.toml:2: an expression is wrong",
        ),
        (
            ".gitleaks.toml",
            "[extend]\nuseDefault = true\npath = 'x'",
            ".gitleaks.toml:3: `useDefault` and `path`",
        ),
        (".gitleaks.toml", "[extend]\npath = 'x.toml'", "cannot read `x.toml`"),
        (".gitleaksignore", "\nx", ".gitleaksignore:2: the entry is neither"),
        (".gitleaksignore", "a:b:c", ".gitleaksignore:1: the entry is neither"),
        (".secrets.baseline", "{\n\"results\": [\n", ".secrets.baseline:"),
        (".secrets.baseline", "{}", ".secrets.baseline:1: it has not the form"),
        (
            ".secrets.baseline",
            "{\"results\": {}, \"filters_used\": [{\"path\": \
             \"detect_secrets.filters.regex.should_exclude_line\", \"pattern\": \".*\"}]}",
            ".secrets.baseline:1: allow pattern 1 matches everything",
        ),
    ] {
        let repo = TestRepo::new();
        repo.write(name, text);
        repo.tightlip(&["migrate"]).exits(2).says(expected);
        assert!(!repo.root.join(".tightlip.toml").exists(), "{text}");
    }
    let repo = TestRepo::new();
    repo.write("base.json", "[\n{\"a\"");
    repo.tightlip(&["migrate", "base.json"]).exits(2).says("base.json:2: it is not JSON");
    repo.write("base.json", "[{\"a\": 1}]\n");
    repo.tightlip(&["migrate", "base.json"]).exits(2).says("base.json:1: it has not the form");
    repo.write("notes", "text");
    repo.tightlip(&["migrate", "notes"]).exits(2).says("cannot tell the format of `notes`");
    repo.tightlip(&["migrate", "--from", "gitleaksignore", "notes"]).exits(2).says("notes:1: the");
}

/// The lines on which something is found, by path.
fn lines(repo: &TestRepo) -> Vec<String> {
    let said = repo.tightlip(&["scan", "--format", "jsonl"]);
    let place =
        |one: &serde_json::Value| format!("{}:{}", one["path"].as_str().unwrap(), one["line"]);
    let own = |place: &String| !place.starts_with('.');
    let mut found: Vec<String> = said.objects("finding").iter().map(place).filter(own).collect();
    found.sort();
    found
}

#[test]
fn ignore_files_of_ripsecrets_and_betterleaks_are_taken_over() {
    use sha2::Digest as _;
    let repo = TestRepo::new();
    repo.write("a.txt", format!("{}\n{}\n{}\n", key(0), key(1), key(2)));
    repo.write("b/a.txt", format!("{}\n", key(0)));
    repo.write("vendor/x.txt", key(3));
    repo.write(
        ".secretsignore",
        format!("# paths\nvendor/\n!vendor/keep\n\n[secrets]\n{}\n{}\n[other]\n", key(0), key(5)),
    );
    let hash = |text: &str| -> String {
        sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    repo.write(
        ".betterleaksignore",
        format!("{}\na.txt:aws:3\n{}\n", hash(&key(1)), hash("nothing")),
    );
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says(".secretsignore:3: `!vendor/keep` does not carry over")
        .says(".secretsignore:8: the section `[other]` does not carry over")
        .says(".betterleaksignore:3: the entry is left out")
        .says("1 allow entry")
        .never_says(&key(0))
        .never_says(&key(5));
    let text = std::fs::read_to_string(repo.root.join(".tightlip.toml")).unwrap();
    assert!(!text.contains(&key(0)) && !text.contains(&key(5)), "{text}");
    // Where they are listed, too.
    repo.tightlip(&["scan"]).exits(0);
    // Another secret in those files is reported.
    repo.write("a.txt", format!("{}\n{}\n", key(0), key(6)));
    assert_eq!(lines(&repo), ["a.txt:2"]);
}

#[test]
fn files_of_talisman_are_taken_over_where_their_meaning_is_clear() {
    let repo = TestRepo::new();
    let sample = crate::fixture::made("acme_sample{alnum:26}");
    repo.write("gen/a.txt", key(0));
    repo.write("pinned.txt", key(1));
    repo.write("b.txt", format!("{}\n{sample}\n", acme()));
    repo.write("c.txt", format!("{sample}\n"));
    repo.write(
        ".talismanrc",
        "fileignoreconfig:\n- filename: gen/*\n  ignore_detectors: [filecontent]\n\
         - filename: pinned.txt\n  checksum: 'abc'\n\
         - filename: b.txt\n  allowed_patterns:\n  - acme_sample\n  - \\p{Greek}\n\
         - filename: big.bin\n  ignore_detectors:\n  - filesize\n\
         scopeconfig:\n- scope: node\n\
         custom_patterns:\n- acme_[a-zA-Z0-9]{32}\nversion: \"1.0\"\n",
    );
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says("1 rule, 2 allow entries")
        .says(".talismanrc:4: the entry for `pinned.txt` is left out")
        .says(".talismanrc:9: the pattern is left out")
        .says("`scopeconfig` does not carry over")
        .says("`allowed_patterns` count for the secret itself");
    assert_eq!(lines(&repo), ["b.txt:1", "c.txt:1", "pinned.txt:1"]);
    for (text, expected) in [
        ("fileignoreconfig:\n- checksum: x\n", ".talismanrc:2: the entry has no `filename`"),
        ("fileignoreconfig: {}\na: {b: c}\n", ".talismanrc:2: it cannot be read as YAML"),
        ("custom_patterns: ['(']\n", ".talismanrc:1: "),
        ("allowed_patterns: ['.']\n", ".talismanrc:1: `patterns` would allow everything"),
        (
            "fileignoreconfig:\n- filename: '*'\n  ignore_detectors: [filecontent]\n",
            ".talismanrc:2: `paths` would allow everything",
        ),
    ] {
        repo.write(".talismanrc", text);
        repo.tightlip(&["migrate", "--output", "x.toml"]).exits(2).says(expected);
        assert!(!repo.root.join("x.toml").exists());
    }
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_checksum_of_talisman_accepts_what_a_file_holds_while_it_is_that_file() {
    // As talisman makes it of several files: path by path, with what came before.
    let checksum = |files: &[(&str, &str)]| {
        let join =
            |all: String, (path, text): &(&str, &str)| sha256(all) + &sha256(text) + &sha256(path);
        sha256(files.iter().fold(String::new(), join))
    };
    let text = |number| format!("id = {}\n", key(number));
    let (one, two, three, four) = (text(0), text(1), text(2), text(3));
    let repo = TestRepo::new();
    for (path, text) in
        [("one.txt", &one), ("gen/a.txt", &two), ("gen/b.txt", &three), ("changed.txt", &four)]
    {
        repo.stage(path, text);
    }
    let entry = |name: &str, sum: String| format!("- filename: {name}\n  checksum: {sum}\n");
    repo.write(
        ".talismanrc",
        format!(
            "fileignoreconfig:\n{}{}{}",
            entry("one.txt", checksum(&[("one.txt", &one)])),
            entry("gen/*.txt", checksum(&[("gen/a.txt", &two), ("gen/b.txt", &three)])),
            entry("changed.txt", checksum(&[("changed.txt", "as it was\n")])),
        ),
    );
    repo.tightlip(&["migrate"])
        .exits(0)
        .says("3 accepted findings")
        .says(".talismanrc:6: the entry for `changed.txt` is left out");
    assert_eq!(lines(&repo), ["changed.txt:1"]);
    // What is new in such a file is new.
    repo.stage("one.txt", format!("{one}{}", text(4)));
    assert_eq!(lines(&repo), ["changed.txt:1", "one.txt:2"]);
    // Older versions look for a plain name in every folder.
    let repo = TestRepo::new();
    repo.stage("deep/one.txt", &one);
    repo.write(
        ".talismanrc",
        format!("fileignoreconfig:\n{}", entry("one.txt", checksum(&[("deep/one.txt", &one)]))),
    );
    repo.tightlip(&["migrate"]).exits(0).says("1 accepted finding");
    assert_eq!(lines(&repo), [""; 0]);
}

#[test]
fn hashes_of_ggshield_accept_the_credential_that_they_were_made_of() {
    let repo = TestRepo::new();
    let secret = made("{base64:40}");
    let password = made("{alnum:12}");
    let pair = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={secret}\n", key(0));
    repo.write("pair.env", &pair);
    repo.write("token.txt", key(1));
    repo.write("pw.txt", format!("database_password: {password}\n"));
    repo.write("other.txt", key(2));
    let hashes = [
        sha256(format!("{},client_id{secret},client_secret", key(0))),
        sha256(format!("{},apikey", key(1))),
        sha256(format!("{password},password")),
        sha256(format!("{},unknown_name", key(2))),
    ];
    let list: String =
        hashes.iter().map(|hash| format!("  - name: x\n    match: {hash}\n")).collect();
    repo.write(".gitguardian.yaml", format!("version: 2\nsecret:\n  ignored_matches:\n{list}"));
    repo.tightlip(&["migrate"]).exits(0).says("nothing that is found in the working tree fits it");
    assert_eq!(lines(&repo), ["other.txt:1"]);
    // Neither a value nor a hash that would confirm a guess is in the file.
    let written = std::fs::read_to_string(repo.root.join(".tightlip.toml")).unwrap();
    for text in hashes.iter().chain([&password, &secret, &key(0), &key(1)]) {
        assert!(!written.contains(text.as_str()), "{written}");
    }
}

#[test]
fn files_of_ggshield_are_taken_over_in_both_versions() {
    for (name, text) in [
        (
            ".gitguardian.yaml",
            "version: 2\nverbose: false\nsecret:\n  show_secrets: true\n  ignored_paths:\n    - 'gen/**'\n\
             \x20 ignored_matches:\n    - name: sample\n      match: KEY\n    - name: hash\n      match: HASH\n\
             \x20 ignored_detectors: [x]\n",
        ),
        (
            ".gitguardian.yml",
            "paths-ignore:\n- gen/**\nmatches-ignore:\n- KEY\n- match: HASH\n- name: none\nbanlisted-detectors: [x]\n",
        ),
    ] {
        let repo = TestRepo::new();
        repo.write("gen/a.txt", key(0));
        repo.write("a.txt", format!("{}\n{}\n", key(1), key(2)));
        repo.write(name, text.replace("KEY", &key(1)).replace("HASH", &"ab".repeat(32)));
        let said = repo.tightlip(&["migrate"]).exits(0);
        said.says("1 allow entry")
            .says("detectors` does not carry over")
            .says("the entry is left out: nothing that is found in the working tree fits it");
        assert_eq!(lines(&repo), ["a.txt:2"], "{name}");
        let written = std::fs::read_to_string(repo.root.join(".tightlip.toml")).unwrap();
        assert!(!written.contains(&key(1)), "{written}");
    }
}

#[test]
fn baselines_of_kingfisher_and_detectors_of_trufflehog_are_told_by_their_keys() {
    let repo = TestRepo::new();
    repo.write("a.txt", format!("{}\n{}\n", key(0), key(1)));
    repo.write(
        "base.yaml",
        "ExactFindings:\n  matches:\n  - filepath: a.txt\n    fingerprint: 12\n    linenum: 1\n\
         \x20   lastupdated: Fri, 1 May 2026\n  - filepath: gone.txt\n    fingerprint: 7\n    linenum: 1\n",
    );
    let sample = crate::fixture::made("acme_sample{alnum:26}");
    repo.write("t.txt", format!("acme {}\nacme {sample}\n", acme()));
    repo.write(
        "config.yml",
        "detectors:\n- name: acme\n  keywords: [acme]\n  regex:\n    key: acme_[a-zA-Z0-9]{32}\n\
         \x20 exclude_words:\n  - sample\n  verify:\n  - endpoint: https://example.com\n",
    );
    let said = repo.tightlip(&["migrate", "base.yaml", "config.yml"]).exits(0);
    said.says("1 rule, 1 allow entry, 1 accepted finding;")
        .says("base.yaml:7: the entry for line 1 of `gone.txt` is left out")
        .says("config.yml:8: `verify` of `acme` does not carry over");
    assert_eq!(lines(&repo), ["a.txt:2", "t.txt:1"]);
    repo.write("other.yaml", "detectors:\n- regex: {}\n");
    for (from, expected) in [
        ("trufflehog", "other.yaml:2: the detector has no `name`"),
        ("kingfisher", "other.yaml:1: it has not the form of a baseline of kingfisher"),
    ] {
        let arguments = ["migrate", "--output", "x.toml", "--from", from, "other.yaml"];
        repo.tightlip(&arguments).exits(2).says(expected);
    }
}
