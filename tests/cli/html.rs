//! The page for a browser: what stands in it, and what can never run, load or leak there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::fixture::{TestRepo, key, made};

/// Elements that have no end.
const VOID: &[&str] = &["meta", "input", "rect", "!DOCTYPE"];

/// The text between two marks.
#[track_caller]
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("{start} in the page"));
    rest.split_once(end).unwrap_or_else(|| panic!("{end} behind {start}")).0
}

/// The rows and columns that the script filters by.
fn index(page: &str) -> serde_json::Value {
    let json = between(page, "<script type=\"application/json\" id=\"index\">", "</script>");
    serde_json::from_str(json).unwrap()
}

/// Holds that every element ends where it should, whether `noscript` is text or elements, and that
/// there is no element and no attribute that the report does not write.
#[track_caller]
fn is_well_formed(page: &str) {
    let (mut open, mut rest) = (Vec::new(), page);
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text:?}");
        let (tag, tail) = tail.split_once('>').unwrap();
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {:?}", &tail[..tail.len().min(200)]);
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'!'), "{tag:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag:?}");
        for attribute in tag.split('"').step_by(2).flat_map(str::split_whitespace).skip(1) {
            assert!(!attribute.starts_with("on") && !attribute.starts_with("style"), "{tag:?}");
        }
        if ["script", "style"].contains(&name) {
            rest = rest.split_once(&format!("</{name}>")).unwrap().1;
        } else if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(!page.chars().any(|char| char.is_control() && char != '\n'));
}

#[test]
fn a_page_has_one_entry_a_secret_with_all_its_places_in_order_of_exposure() {
    let repo = TestRepo::new();
    repo.commit("gone.txt", format!("{}\n", key(1)));
    repo.commit("a.txt", format!("{}\n", key(0)));
    repo.commit("sub/b.txt", format!("\n{}\n", key(0)));
    repo.git(&["rm", "-q", "gone.txt"]).exits(0);
    repo.commit_staged("gone");
    repo.write("local.txt", format!("{}\n", key(2)));
    let page = repo.tightlip(&["audit", "--format", "html"]).exits(1).out;
    is_well_formed(&page);
    assert!(page.contains("<h1>3 secrets in 4 places</h1>"), "{page}");
    assert_eq!(page.matches("<details class=\"secret\"").count(), 3);
    let sections: Vec<&str> = page.split("<section class=\"group ").skip(1).collect();
    assert_eq!(sections.len(), 3);
    for (section, (name, places)) in sections.iter().zip([
        ("head", &["a.txt:1:1", "sub/b.txt:2:1"][..]),
        ("history", &["gone.txt:1:1"]),
        ("disk", &["local.txt:1:1"]),
    ]) {
        assert!(section.starts_with(name));
        for place in places {
            assert!(section.contains(&format!("<code class=\"path\">{place}</code>")), "{place}");
        }
    }
    assert!(sections[0].contains("git rebase -i"));
    assert!(sections[2].contains("no commit has it"));
    assert!(page.contains("When they came and went") && page.contains("2023-11-14 to HEAD"));
    for view in ["by-rule", "by-folder", "by-author", "by-holder"] {
        assert!(page.contains(&format!("id=\"{view}\"")), "{view}");
    }
    assert!(page.contains("data-only=\"A U Thor &lt;author@example.com&gt;\""));
}

#[test]
fn a_remote_that_has_a_secret_makes_it_urgent() {
    let repo = TestRepo::new();
    repo.commit("pushed.txt", format!("{}\n", key(0)));
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]).exits(0);
    repo.commit("a.txt", format!("{}\n", key(1)));
    let page = repo.tightlip(&["history", "--format", "html"]).exits(1).out;
    let index = index(&page);
    let [first, second] = &index["rows"].as_array().unwrap()[..] else { panic!("{page}") };
    assert_eq!((&first[3], &second[3]), (&1.into(), &0.into()));
    assert!(page.contains("a remote has 1"));
    let entry = between(&page, &format!("id=\"s-{}\"", first[0].as_str().unwrap()), "</details>");
    assert!(entry.contains("pushed.txt:1:1") && entry.contains("it must be rotated"), "{entry}");
}

#[test]
fn hostile_names_authors_and_lines_stay_text() {
    let repo = TestRepo::new();
    let hostile = "<\u{202e}/noscript></script><img src=x onerror=alert(1)>\"'&\x1b[31m";
    let name = hostile.replace('/', "|");
    repo.git(&["config", "user.name", "x"]).exits(0);
    repo.stage(format!("{name}/{name}"), format!("{hostile} {} {hostile}\n", key(0)));
    let mut commit = repo.command("git");
    commit.env("GIT_AUTHOR_NAME", "\"'&</script>").args(["commit", "-q", "-m", hostile]);
    let _ = repo.run(commit).exits(0);
    repo.stage("again.txt", format!("{hostile} {}\n", key(0)));
    repo.git(&["checkout", "-q", "-b", "\"><script>"]).exits(0);
    repo.commit_staged("again");
    for command in [&["audit"][..], &["history"], &["scan"]] {
        let page = repo.tightlip(&[command, &["--format", "html"]].concat()).exits(1).out;
        is_well_formed(&page);
        assert!(!page.contains("<img"), "{command:?}");
        assert_eq!(page.matches("<script").count(), 2, "{command:?}");
        assert_eq!(index(&page)["rows"].as_array().unwrap().len(), 1);
        assert!(page.contains("&lt;\\u{202e}/noscript&gt;&lt;/script&gt;&lt;img src=x"));
    }
}

#[test]
fn a_page_holds_no_secret_unless_it_is_asked_for() {
    let repo = TestRepo::new();
    let password = made("{base64:24}");
    repo.write(".tightlip.toml", "[[allow]]\nreason = 'fixture'\npaths = ['allowed.txt']\n");
    repo.commit("allowed.txt", format!("{}\n", key(4)));
    repo.commit(
        &format!("{}/a.env", key(0)),
        format!("id = {} # {}\npassword = \"{password}\"\n", key(1), key(2)),
    );
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("use {}", key(3))]).exits(0);
    repo.git(&["branch", &key(1)]).exits(0);
    let secrets: Vec<String> = (0..5).map(key).chain([password]).collect();
    let said = repo.tightlip(&["audit", "-v", "--format", "html"]);
    assert!(said.out.contains("AKIA********"));
    for secret in &secrets {
        assert!(!said.out.contains(secret.as_str()) && !said.err.contains(secret.as_str()));
        let percent = secret.replace('+', "%2B").replace('/', "%2F");
        assert!(!said.out.contains(&percent) && !said.out.contains(&STANDARD.encode(secret)));
    }
    let page = repo.tightlip(&["audit", "--reveal", "--format", "html"]).exits(1).out;
    assert!(page.contains(&key(1)) && page.contains("This file shows secrets"));
    is_well_formed(&page);
}

#[test]
fn a_page_loads_nothing_and_runs_its_own_script_alone() {
    let repo = TestRepo::new();
    repo.stage("a.txt", format!("{} {}\n", key(0), made("hf_{lower:17}{upper:17}")));
    let page = repo.tightlip(&["staged", "--format", "html"]).exits(1).out;
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (start, end) in [("<script>", "</script>"), ("<style>", "</style>")] {
        let hash = STANDARD.encode(Sha256::digest(between(&page, start, end)));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{start} in {policy}");
    }
    assert!(!["http:", "https:", "data:", "unsafe", "*"].iter().any(|word| policy.contains(word)));
    for load in [" src=", "<link", "<iframe", "<object", "@import", "url(", "http://", "srcset"] {
        assert!(!page.contains(load), "{load}");
    }
    // Advice names pages of services: as links that a reader may follow, and in no other way.
    let links = page.matches("<a href=\"https://").count();
    assert_eq!(page.matches("https://").count(), 2 * links);
    assert_eq!(page.matches("rel=\"noopener noreferrer\"").count(), links);
}

#[test]
fn what_was_not_read_stands_above_what_was_found() {
    let repo = TestRepo::new();
    repo.stage("a.txt", format!("{}\n", key(0)));
    repo.stage("<large>.bin", "x\n".repeat(2000));
    let arguments = ["staged", "--max-object-bytes", "1000", "--format", "html"];
    let page = repo.tightlip(&arguments).exits(2).out;
    is_well_formed(&page);
    let top = between(&page, "<header class=\"incomplete\">", "</header>");
    let unread = between(top, "<section class=\"unread\"", "</section>");
    assert!(unread.contains("Not everything was read: 1 thing"), "{unread}");
    assert!(unread.contains("<code>&lt;large&gt;.bin</code>"), "{unread}");
    assert!(top.find("unread").unwrap() < top.find("class=\"cards\"").unwrap());
}

#[test]
fn a_clean_run_is_a_whole_page() {
    let repo = TestRepo::new();
    repo.stage("a.txt", "nothing\n");
    let page = repo.tightlip(&["staged", "--format", "html"]).exits(0).out;
    is_well_formed(&page);
    assert!(page.contains("<header class=\"clean\">\n<h1>No secrets found</h1>"));
    assert!(page.trim_end().ends_with("</html>"));
}

#[test]
fn many_secrets_and_places_are_all_in_the_page_and_threads_change_nothing() {
    let repo = TestRepo::new();
    let many: String = (0..520).map(|number| format!("{}\n", key(number))).collect();
    repo.write("many.txt", many);
    for number in 0..260 {
        repo.write(format!("copies/{number}.txt"), format!("{}\n", key(600)));
    }
    let scan =
        |threads| repo.tightlip(&["scan", "--threads", threads, "--format", "html"]).exits(1).out;
    let page = scan("1");
    assert_eq!(page, scan("2"));
    is_well_formed(&page);
    assert_eq!(page.matches("<details class=\"secret\"").count(), 521);
    assert_eq!(page.matches("<code class=\"path\">").count(), 780);
    let index = index(&page);
    let rows = index["rows"].as_array().unwrap();
    let ids: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row[0].as_str().unwrap()).collect();
    assert_eq!((rows.len(), ids.len()), (521, 521));
    // A chunk says which entries it holds; the script counts on it.
    let mut chunks = 0;
    for chunk in page.split("<noscript class=\"chunk\" data-first=\"").skip(1) {
        let (first, rest) = chunk.split_once("\" data-count=\"").unwrap();
        let (count, rest) = rest.split_once("\">").unwrap();
        let inside = rest.split_once("</noscript>").unwrap().0;
        let entries: Vec<&str> = inside
            .split("<details class=\"secret\" id=\"s-")
            .skip(1)
            .map(|rest| &rest[..16])
            .collect();
        assert_eq!(entries.len().to_string(), count);
        for (at, id) in entries.iter().enumerate() {
            assert_eq!(rows[first.parse::<usize>().unwrap() + at][0], *id);
        }
        assert!(!inside.contains("noscript"));
        chunks += 1;
    }
    assert!(chunks >= 2);
    assert_eq!(page.matches("<noscript class=\"rest\" data-count=\"200\">").count(), 1);
}
