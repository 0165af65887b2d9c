//! Teams that come from another scanner.

use crate::repo::{TestRepo, key};

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
    crate::repo::made("acme_{alnum:32}")
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
    repo.write(".talismanrc", "");
    repo.tightlip(&["staged"]).says("`.gitleaks.toml`, `.talismanrc` are there and are not read");
    // A hook is silent where there is nothing to do.
    repo.tightlip(&["hook", "pre-commit"]).exits(0).never_says("not read");
    let said = repo.tightlip(&["migrate"]).exits(0);
    said.says("wrote `.tightlip.toml`: 1 rules")
        .says(".talismanrc: files of this scanner are not taken over");
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
    let (one, two) = (acme(), crate::repo::made("acme_sample{alnum:26}"));
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
    repo.tightlip(&["migrate"]).exits(0).says("wrote `.tightlip.toml`: 1 rules, 1 allow entries");
    let sample = crate::repo::made("acme_sample{alnum:26}");
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
    said.says("1 accepted findings")
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
    said.says("1 allow entries, 1 accepted findings")
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
