//! `tightlip history`: everything that refs lead to.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key};

/// The findings of a run by their secrets, which must all be different.
#[track_caller]
pub(crate) fn by_secret(said: &Ran) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for finding in said.objects("finding") {
        let secret = finding["secret"].as_str().unwrap().to_owned();
        let before = found.insert(secret, finding.clone());
        assert!(before.is_none(), "found twice: {before:#?} and {finding:#?}");
    }
    found
}

/// What a place is expected to be reported as.
pub(crate) struct Hidden {
    pub(crate) key: String,
    pub(crate) source: &'static str,
    pub(crate) path: Option<String>,
    pub(crate) commit: Option<String>,
}

/// Asserts that each hidden secret is found exactly once, where it is.
#[track_caller]
pub(crate) fn assert_found(said: &Ran, hidden: &[Hidden]) {
    let found = by_secret(said);
    for expected in hidden {
        let Hidden { key, source, path, commit } = expected;
        let finding =
            found.get(key).unwrap_or_else(|| panic!("{source} {path:?} is missed: {said:?}"));
        assert_eq!(finding["source"], *source, "{finding:#?}");
        assert_eq!(finding["path"].as_str(), path.as_deref(), "{finding:#?}");
        assert_eq!(finding["commit"].as_str(), commit.as_deref(), "{finding:#?}");
    }
    let is_hidden = |secret: &&String| hidden.iter().any(|hidden| hidden.key == **secret);
    let unexpected: Vec<_> = found.iter().filter(|(secret, _)| !is_hidden(secret)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Hides secrets in a repository, a different one in each place.
pub(crate) struct Hider<'a> {
    pub(crate) repo: &'a TestRepo,
    pub(crate) hidden: Vec<Hidden>,
}

impl<'a> Hider<'a> {
    pub(crate) fn new(repo: &'a TestRepo) -> Self {
        Hider { repo, hidden: Vec::new() }
    }

    pub(crate) fn key(&self) -> String {
        key(self.hidden.len() + 1)
    }

    pub(crate) fn expect(
        &mut self,
        source: &'static str,
        path: Option<&str>,
        commit: Option<&str>,
    ) {
        let key = self.key();
        let (path, commit) = (path.map(str::to_owned), commit.map(str::to_owned));
        self.hidden.push(Hidden { key, source, path, commit });
    }

    /// Commits a file and expects its secret there.
    fn file(&mut self, path: &str, bytes: impl AsRef<[u8]>) {
        self.repo.commit(path, bytes);
        let head = self.repo.head();
        self.expect("commit", Some(path), Some(&head));
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.repo.git(arguments).exits(0).out.trim().to_owned()
    }

    /// Writes an object as it stands.
    fn object(&self, kind: &str, bytes: &[u8]) -> String {
        let file = self.repo.folder().join("object");
        std::fs::write(&file, bytes).unwrap();
        let file = file.to_str().unwrap();
        self.git(&["hash-object", "-t", kind, "-w", "--literally", file])
    }

    fn files(&mut self) {
        let repo = self.repo;
        self.file("plain.txt", format!("id = {}\n", self.key()));
        repo.git(&["rm", "-q", "plain.txt"]).exits(0);
        repo.commit_staged("away with it");
        repo.commit(".gitattributes", "*.hidden -diff binary\n");
        self.file("attribute.hidden", self.key());
        let wide: Vec<u8> = self.key().encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.file("wide.txt", [&b"\xff\xfe"[..], &wide].concat());
        self.file("binary", [b"\0\x01\x02 ", self.key().as_bytes(), b"\0"].concat());
        // A link's target is text.
        std::os::unix::fs::symlink(self.key(), repo.root.join("link")).unwrap();
        repo.git(&["add", "link"]).exits(0);
        repo.commit_staged("a link");
        self.expect("commit", Some("link"), Some(&repo.head()));
        repo.commit("turned", "a file\n");
        std::fs::remove_file(repo.root.join("turned")).unwrap();
        std::os::unix::fs::symlink(self.key(), repo.root.join("turned")).unwrap();
        repo.git(&["add", "turned"]).exits(0);
        repo.commit_staged("turned into a link");
        self.expect("commit", Some("turned"), Some(&repo.head()));
        self.file("before.txt", format!("some text\nmore\nid = {}\nand more\n", self.key()));
        repo.git(&["mv", "before.txt", "after.txt"]).exits(0);
        repo.commit_staged("renamed");
        repo.append("after.txt", "and changed\n");
        repo.git(&["commit", "-qam", "changed"]).exits(0);
        self.file("deep/in/many/folders/file", self.key());
    }

    fn names(&mut self) {
        let repo = self.repo;
        let name = format!("a/{}.txt", self.key());
        repo.stage(&name, "nothing");
        repo.commit_staged("a name");
        self.expect("path", Some(&name), Some(&repo.head()));
        let folder = format!("b/{}", self.key());
        repo.stage(format!("{folder}/one"), "nothing");
        repo.commit_staged("a folder");
        self.expect("path", Some(&folder), Some(&repo.head()));
        repo.stage(format!("{folder}/two"), "nothing more");
        repo.commit_staged("more in it");
        let branch = format!("refs/heads/{}", self.key());
        self.git(&["update-ref", &branch, "HEAD"]);
        self.expect("ref-name", Some(&branch), None);
    }

    fn texts(&mut self) {
        let repo = self.repo;
        repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("uses {}", self.key())])
            .exits(0);
        self.expect("commit-message", None, Some(&repo.head()));
        let author = format!("{} <a@example.com>", self.key());
        repo.git(&["commit", "-q", "--allow-empty", "-m", "by", "--author", &author]).exits(0);
        self.expect("commit-header", None, Some(&repo.head()));
        let raw = repo.git(&["cat-file", "commit", "HEAD"]).out;
        let (headers, message) = raw.split_once("\n\n").unwrap();
        let raw = format!("{headers}\nx-note {}\n\n{message}", self.key());
        // The message of the one before must not be there twice.
        let raw = raw.replace(&author, "A <a@example.com>");
        let odd = self.object("commit", raw.as_bytes());
        self.git(&["update-ref", "refs/pull/1/head", &odd]);
        self.expect("commit-header", None, Some(&odd));
        self.git(&["tag", "-a", "-m", &format!("a tag\n\n{}", self.key()), "v1"]);
        self.expect("tag-message", Some("refs/tags/v1"), None);
        let blob = self.object("blob", self.key().as_bytes());
        self.git(&["tag", "-a", "-m", "of a blob", "inner", &blob]);
        self.git(&["tag", "-a", "-m", "of a tag", "outer", "inner"]);
        self.git(&["tag", "-d", "inner"]);
        self.expect("commit", Some("refs/tags/outer"), None);
        let blob = self.object("blob", self.key().as_bytes());
        let tree = self.repo.folder().join("tree");
        std::fs::write(&tree, format!("100644 blob {blob}\tin-a-tree\n")).unwrap();
        let mut command = self.repo.command("git");
        command.arg("mktree").stdin(std::fs::File::open(&tree).unwrap());
        let tree = self.repo.run(command).exits(0).out;
        self.git(&["tag", "tree", tree.trim()]);
        self.expect("commit", Some("refs/tags/tree:in-a-tree"), None);
    }

    fn refs(&mut self) {
        let repo = self.repo;
        self.git(&["notes", "add", "-m", &format!("see {}", self.key())]);
        let note = self.git(&["rev-parse", "refs/notes/commits"]);
        let path = self.git(&["ls-tree", "-r", "--name-only", "refs/notes/commits"]);
        self.expect("commit", Some(&path), Some(&note));
        // What only a merge has.
        self.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
        repo.commit("side.txt", "side\n");
        self.git(&["checkout", "-q", "main"]);
        repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]).exits(0);
        self.file("evil.txt", self.key());
        // Hidden by a replace ref, and behind a graft.
        self.file("replaced.txt", self.key());
        let blob = self.git(&["rev-parse", "HEAD:replaced.txt"]);
        let clean = self.object("blob", b"clean");
        self.git(&["replace", &blob, &clean]);
        let head = repo.head();
        repo.write(".git/info/grafts", format!("{head}\n"));
    }

    fn stash(&mut self) {
        let repo = self.repo;
        let staged = self.key();
        repo.stage("staged.txt", &staged);
        self.expect("commit", Some("staged.txt"), None);
        let untracked = self.key();
        repo.write("untracked.txt", &untracked);
        self.expect("commit", Some("untracked.txt"), None);
        self.git(&["stash", "push", "-q", "-u"]);
        let parts = [self.git(&["rev-parse", "stash^2"]), self.git(&["rev-parse", "stash^3"])];
        let count = self.hidden.len();
        for (hidden, commit) in self.hidden[count - 2..].iter_mut().zip(parts) {
            hidden.commit = Some(commit);
        }
    }
}

/// A repository with a secret in every place that refs lead to.
pub(crate) fn full(repo: &TestRepo) -> Vec<Hidden> {
    let mut hider = Hider::new(repo);
    hider.files();
    hider.names();
    hider.texts();
    hider.refs();
    hider.stash();
    hider.hidden
}

fn scan(repo: &TestRepo, more: &[&str]) -> Ran {
    repo.tightlip(&[&["history", "--format", "jsonl", "--reveal"], more].concat())
}

/// A run without what may differ from one to the next.
fn plain(said: &Ran) -> Vec<String> {
    let is_kept = |line: &&str| !line.contains("\"summary\"");
    said.out.lines().filter(is_kept).map(str::to_owned).collect()
}

#[test]
fn a_secret_in_every_place_is_found_once() {
    let repo = TestRepo::new();
    let hidden = full(&repo);
    assert_found(&scan(&repo, &[]).exits(1), &hidden);
}

#[test]
fn how_objects_are_stored_makes_no_difference() {
    let repo = TestRepo::new();
    let hidden = full(&repo);
    let loose = scan(&repo, &[]).exits(1);
    assert_found(&loose, &hidden);
    let layouts: [&[&[&str]]; 5] = [
        &[&["repack", "-q", "-d"]],
        &[&["multi-pack-index", "write"]],
        &[&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"]],
        &[&["pack-refs", "--all"], &["gc", "-q", "--aggressive"]],
        &[&["commit-graph", "write", "--reachable"]],
    ];
    for layout in layouts {
        for arguments in layout {
            repo.git(arguments).exits(0);
        }
        let one = scan(&repo, &["--threads", "1"]).exits(1);
        assert_eq!(plain(&one), plain(&loose), "{layout:?}");
        let many = scan(&repo, &["--threads", "4"]).exits(1);
        assert_eq!(plain(&many), plain(&loose), "{layout:?}");
    }
    let clone = repo.folder().join("mirror");
    let clone = clone.to_str().unwrap();
    // Git itself would follow the graft and not send what is behind it.
    std::fs::remove_file(repo.root.join(".git/info/grafts")).unwrap();
    repo.git(&["config", "core.useReplaceRefs", "false"]).exits(0);
    repo.git(&["clone", "-q", "--mirror", &format!("file://{}", repo.root.display()), clone])
        .exits(0);
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.current_dir(clone).args(["history", "--format", "jsonl", "--reveal"]);
    let mirror = repo.run(command).exits(1);
    assert_eq!(by_secret(&mirror).len(), hidden.len());
}

#[test]
fn the_walk_from_commit_to_commit_finds_the_same() {
    let repo = TestRepo::new();
    full(&repo);
    repo.git(&["gc", "-q"]).exits(0);
    let zero = "0".repeat(40);
    let refs = repo.git(&["for-each-ref", "--format=%(refname) %(objectname)"]).out;
    let pushed: String = refs
        .lines()
        .map(|line| {
            let (name, id) = line.split_once(' ').unwrap();
            format!("{name} {id} {name} {zero}\n")
        })
        .collect();
    let arguments =
        ["--format", "jsonl", "--reveal", "hook", "pre-push", "nowhere", "file:///nowhere"];
    let walk = repo.tightlip_with_input(&arguments, pushed.as_bytes()).exits(1);
    let swept = scan(&repo, &[]).exits(1);
    let secrets = |said: &Ran| -> std::collections::BTreeSet<String> {
        let text = format!("{}{}", said.out, said.err);
        let objects = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = objects.filter(|object| object["type"] == "finding");
        found
            .map(|finding| {
                format!("{} {} {}", finding["rule"], finding["secret"], finding["source"])
            })
            .collect()
    };
    assert!(!secrets(&walk).is_empty(), "{walk:?}");
    assert_eq!(secrets(&walk), secrets(&swept));
}

#[test]
fn sha_256_and_reftable_repositories_are_read() {
    for init in [
        &["init", "-q", "-b", "main", "--object-format=sha256"][..],
        &["init", "-q", "-b", "main", "--ref-format=reftable"],
    ] {
        let repo = TestRepo::made_by(init);
        let mut hider = Hider::new(&repo);
        hider.files();
        hider.names();
        let hidden = hider.hidden;
        assert_found(&scan(&repo, &[]).exits(1), &hidden);
        repo.git(&["gc", "-q"]).exits(0);
        assert_found(&scan(&repo, &[]).exits(1), &hidden);
    }
}

#[test]
fn a_finding_says_how_long_it_was_there_and_who_has_it() {
    let repo = TestRepo::new();
    repo.commit("gone", format!("id = {}\n", key(1)));
    let first = repo.head();
    repo.append("gone", "changed\n");
    repo.git(&["commit", "-qam", "last"]).exits(0);
    let last = repo.head();
    repo.git(&["rm", "-q", "gone"]).exits(0);
    repo.commit_staged("gone");
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]).exits(0);
    repo.commit("kept", key(2));
    repo.git(&["tag", "new"]).exits(0);
    let said = scan(&repo, &[]).exits(1);
    let found = by_secret(&said);
    let gone = &found[&key(1)];
    assert_eq!((&gone["commit"], &gone["last_commit"]), (&first.into(), &last.into()));
    assert_eq!((&gone["in_head"], &gone["pushed"]), (&false.into(), &true.into()));
    assert_eq!(gone["ref_count"], 3, "the branch, the tag and the remote's");
    let kept = &found[&key(2)];
    assert_eq!((&kept["in_head"], &kept["pushed"]), (&true.into(), &false.into()));
    assert_eq!(kept["refs"], serde_json::json!(["refs/heads/main", "refs/tags/new"]));
    repo.tightlip(&["history"])
        .exits(1)
        .says("a remote has it: it must be rotated")
        .says("take it out before you push")
        .says("HEAD still has it");
}

#[test]
fn a_file_that_was_renamed_is_one_finding() {
    let repo = TestRepo::new();
    repo.commit("one", format!("text\n{}\n", key(1)));
    repo.git(&["mv", "one", "two"]).exits(0);
    repo.commit_staged("renamed");
    repo.git(&["mv", "two", "three"]).exits(0);
    repo.commit_staged("again");
    repo.commit("copy", format!("text\n{}\n", key(1)));
    let found = scan(&repo, &[]).exits(1).objects("finding");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[0]["path"], "one");
    assert_eq!(found[0]["other_paths"], serde_json::json!(["two", "three"]));
    assert_eq!(found[1]["path"], "copy");
}

#[test]
fn revisions_ranges_and_limits_say_what_counts() {
    let repo = TestRepo::new();
    repo.commit("a", format!("{}\n", key(1)));
    repo.git(&["branch", "old"]).exits(0);
    repo.append("a", &format!("{}\n", key(2)));
    repo.git(&["commit", "-qam", "second"]).exits(0);
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("b", format!("{}\n", key(3)));
    let secrets = |arguments: &[&str]| -> Vec<String> {
        by_secret(&scan(&repo, arguments).exits(1)).into_keys().collect()
    };
    let keys = |numbers: &[usize]| {
        let mut keys: Vec<String> = numbers.iter().map(|&number| key(number)).collect();
        keys.sort();
        keys
    };
    assert_eq!(secrets(&[]), keys(&[1, 2, 3]));
    assert_eq!(secrets(&["old"]), keys(&[1]));
    assert_eq!(secrets(&["--branch", "main"]), keys(&[1, 2]));
    assert_eq!(secrets(&["old..main"]), keys(&[2]));
    assert_eq!(secrets(&["side", "^main"]), keys(&[3]));
    assert_eq!(secrets(&["-n", "2"]), keys(&[2, 3]));
    scan(&repo, &["side..main"]).exits(0);
    scan(&repo, &["nowhere"]).exits(2).says("names no revision");
    scan(&repo, &["--", "--since=x"]).exits(2).says("names no revision");
    scan(&repo, &["--branch", "nowhere"]).exits(2).says("no branch");
    scan(&repo, &["--since", "2001-01-01"]).exits(1);
    scan(&repo, &["--since", "2030-01-01"]).exits(0);
}

#[cfg(unix)]
#[test]
fn revisions_are_named_in_any_encoding() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let repo = TestRepo::new();
    repo.git(&["checkout", "-q", "-b", "other"]).exits(0);
    repo.commit("a", format!("{}\n", key(1)));
    for name in [&b"caf\xe9"[..], b"\x83e\x83X\x83g", "café".as_bytes()] {
        let name = OsStr::from_bytes(name);
        let joined = |before: &str, after: &str| {
            [before.as_bytes(), name.as_bytes(), after.as_bytes()].concat()
        };
        let mut branch = repo.command("git");
        branch.args(["branch".as_ref(), name]);
        repo.run(branch).exits(0);
        for (words, code) in [
            (vec![joined("", "")], 1),
            (vec![joined("--branch=", "")], 1),
            (vec![joined("main..", "")], 1),
            (vec![joined("", "..main")], 0),
            (vec![joined("^", ""), b"main".to_vec()], 0),
            (vec![joined("no-", "")], 2),
            (vec![joined("--branch=no-", "")], 2),
        ] {
            let mut history = repo.command(TIGHTLIP);
            history.arg("history").args(words.iter().map(|word| OsStr::from_bytes(word)));
            let said = repo.run(history).exits(code);
            if code == 2 {
                said.never_says("UTF-8").says("no-");
            }
        }
    }
}

#[test]
fn what_is_missing_is_named() {
    let repo = TestRepo::new();
    repo.commit("lost/file", "lost\n");
    repo.commit("kept", key(1));
    let blob = repo.git(&["rev-parse", "HEAD:lost/file"]).out;
    let object = format!(".git/objects/{}/{}", &blob[..2], blob[2..].trim());
    std::fs::remove_file(repo.root.join(&object)).unwrap();
    scan(&repo, &[]).exits(2).says("lost/file").says("is missing").says(&key(1));
    repo.write(&object, "damaged");
    scan(&repo, &[]).exits(2).says("lost/file").says("cannot be read").says(&key(1));
}

#[test]
fn a_shallow_clone_says_that_history_goes_on() {
    let repo = TestRepo::new();
    repo.commit("a", "a");
    repo.commit("b", key(1));
    let clone = repo.folder().join("shallow");
    let clone = clone.to_str().unwrap();
    let from = format!("file://{}", repo.root.display());
    repo.git(&["clone", "-q", "--depth", "1", &from, clone]).exits(0);
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    let said = repo.run({
        command.current_dir(clone).args(["history"]);
        command
    });
    said.exits(2).says("shallow: history ends at 1 commit").says("git fetch --unshallow");
}

#[test]
fn a_pack_that_git_repack_is_making_is_no_damage_and_one_that_a_crash_has_left_is_named() {
    let repo = TestRepo::new();
    repo.commit("clean", "clean");
    let pack = repo.root.join(".git/objects/pack/.tmp-123-pack-456.pack");
    std::fs::create_dir_all(pack.parent().unwrap()).unwrap();
    std::fs::write(&pack, "PACK").unwrap();
    scan(&repo, &[]).exits(0);
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    let file = std::fs::File::options().write(true).open(&pack).unwrap();
    file.set_modified(long_ago).unwrap();
    scan(&repo, &[]).exits(2).says("its index is missing");
}

#[test]
fn a_damaged_pack_is_named_and_the_rest_is_read() {
    let repo = TestRepo::new();
    repo.commit("one", key(1));
    repo.git(&["repack", "-q", "-a", "-d"]).exits(0);
    repo.commit("two", key(2));
    let folder = repo.root.join(".git/objects/pack");
    let mut packs = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let index = packs.find(|path| path.extension().is_some_and(|end| end == "idx")).unwrap();
    let bytes = std::fs::read(&index).unwrap();
    std::fs::remove_file(&index).unwrap();
    scan(&repo, &[]).exits(2).says("its index is missing").says(&key(2));
    std::fs::write(&index, &bytes[..bytes.len() / 2]).unwrap();
    scan(&repo, &[]).exits(2).says("cut short").says(&key(2));
    std::fs::write(&index, bytes).unwrap();
    let pack = index.with_extension("pack");
    let bytes = std::fs::read(&pack).unwrap();
    let mut permissions = std::fs::metadata(&pack).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "a file of this test")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&pack, permissions).unwrap();
    std::fs::write(&pack, &bytes[..bytes.len() - 60]).unwrap();
    scan(&repo, &[]).exits(2).says(&key(2));
}

#[test]
fn a_checkpoint_leaves_out_what_was_scanned_with_the_same_rules() {
    let repo = TestRepo::new();
    repo.commit("a", "clean");
    let file = repo.folder().join("checkpoint");
    let flag = ["--checkpoint", file.to_str().unwrap()];
    let commits = |said: &Ran| said.objects("summary")[0]["commits"].as_u64().unwrap();
    assert_eq!(commits(&scan(&repo, &flag).exits(0)), 2);
    assert_eq!(commits(&scan(&repo, &flag).exits(0)), 0);
    repo.commit("b", key(1));
    scan(&repo, &flag).exits(1).says(&key(1));
    // It is not forgotten because it was seen once.
    assert_eq!(commits(&scan(&repo, &flag).exits(1)), 1);
    repo.write(".tightlip.toml", "disable = [\"stripe-live-secret-key\"]\n");
    let said = repo.tightlip(&["rules", "list"]);
    let other = if said.out.contains("stripe-live-secret-key") {
        ""
    } else {
        "min_confidence = \"high\"\n"
    };
    if !other.is_empty() {
        repo.write(".tightlip.toml", other);
    }
    assert_eq!(commits(&scan(&repo, &flag).exits(1)), 3, "other rules: all is read again");
    // One that is not ours is said, and counts for nothing.
    std::fs::write(&file, "{").unwrap();
    assert_eq!(commits(&scan(&repo, &flag).exits(1).says("not sealed with this user's key")), 3);
}

#[test]
fn a_ci_job_scans_its_own_range() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    let before = repo.head();
    repo.commit("b", key(2));
    let ci = |before: &str| {
        let mut command = repo.command(crate::fixture::TIGHTLIP);
        command
            .args(["history", "--ci", "--format", "jsonl", "--reveal"])
            .env("GITLAB_CI", "true")
            .env("CI_PIPELINE_SOURCE", "push")
            .env("CI_COMMIT_SHA", repo.head())
            .env("CI_COMMIT_BRANCH", "main")
            .env("CI_DEFAULT_BRANCH", "main")
            .env("CI_COMMIT_BEFORE_SHA", before);
        repo.run(command)
    };
    let found = by_secret(&ci(&before).exits(1));
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [key(2)]);
    let found = by_secret(&ci(&"0".repeat(40)).exits(1));
    assert_eq!(found.len(), 2, "the first push: all of it");
    // What the range itself allows is allowed, and is said.
    let before = repo.head();
    repo.commit(".tightlip.toml", "[[allow]]\nreason = 'x'\nline_patterns = ['[a-z]{3}']\n");
    let said = ci(&before).exits(0);
    assert!(said.err.contains("the range changes .tightlip.toml"), "{}", said.err);
    assert!(
        said.err.contains("allowed in every file, by \"x (.tightlip.toml:1)\""),
        "{}",
        said.err
    );
    let said = ci(&repo.head()).exits(0);
    assert!(!said.err.contains("the range changes"), "{}", said.err);
    repo.tightlip(&["history", "--ci"]).exits(2).says("no CI service is recognised");
}

#[test]
fn a_ci_job_whose_target_has_its_commits_by_now_scans_all() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    let ci = || {
        let mut command = repo.command(crate::fixture::TIGHTLIP);
        command
            .args(["history", "--ci", "--format", "jsonl", "--reveal"])
            .env("DRONE", "true")
            .env("DRONE_BUILD_EVENT", "pull_request")
            .env("DRONE_COMMIT_SHA", repo.head())
            .env("DRONE_TARGET_BRANCH", "main");
        repo.run(command)
    };
    ci().exits(1).says("the commit that the range begins at is not in this clone");
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]).exits(0);
    let said = ci().exits(1).says("the base has all that the head has");
    assert_eq!(by_secret(&said).len(), 1);
    repo.commit("b", key(2));
    let found = by_secret(&ci().exits(1).never_says("the base has all"));
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [key(2)]);
}

#[test]
fn a_ci_range_is_what_its_head_has_and_its_base_has_not() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    let before = repo.head();
    repo.git(&["tag", "v1"]).exits(0);
    repo.commit("b", key(2));
    let ci = |base: &str, head: &str| {
        repo.tightlip(&["history", "--ci", base, head, "--format", "jsonl", "--reveal"])
    };
    let secrets = |said: &Ran| by_secret(said).into_keys().collect::<Vec<_>>();
    for base in [&before, "v1", "HEAD~1", "main~1", &before[..10]] {
        assert_eq!(secrets(&ci(base, "HEAD").exits(1)), [key(2)], "{base}");
    }
    let all = {
        let mut all = [key(1), key(2)];
        all.sort();
        all
    };
    // A new branch.
    for base in ["", &"0".repeat(40)] {
        assert_eq!(secrets(&ci(base, "main").exits(1)), all, "{base:?}");
    }
    // A forced push: its base is gone, so all is scanned, and it is said that this is not the range.
    let gone = ci(&"b".repeat(40), "HEAD").exits(1).says("begins at is not in this clone");
    assert_eq!(secrets(&gone), all);
    // Ends that are the same or the wrong way round would leave nothing to look at.
    assert_eq!(secrets(&ci("HEAD", "main").exits(1).says("the base has all")), all);
    assert_eq!(secrets(&ci("HEAD", "v1").exits(1).says("the base has all")), [key(1)]);
    // A name that is none is no range.
    for (base, head) in [("origin/main", "HEAD"), ("HEAD", "nowhere"), ("--all", "HEAD")] {
        let said = repo.tightlip(&["history", "--ci", "--", base, head]).exits(2);
        assert!(said.err.contains("names no revision"), "{}", said.err);
    }
    ci(&before, &"c".repeat(40)).exits(2).says("names no revision");
    repo.tightlip(&["history", "--ci", "HEAD"]).exits(2).says("two revisions, BASE and HEAD");
    repo.tightlip(&["history", "--ci", "a", "b", "c"]).exits(2).says("two revisions");
}

#[test]
fn a_range_that_renames_a_file_brings_nothing_old() {
    for rename in [
        "git mv a b",
        "mkdir -p x; git mv a x/a",
        "git mv a z; mkdir a; git mv z a/b",
        // The file is changed at the same time, in another line.
        "git mv a b; echo one more >>b; git add b",
    ] {
        let repo = TestRepo::new();
        let lines = "a line that stays\n".repeat(20);
        repo.commit("a", format!("id = {}\n{lines}", key(1)));
        let before = repo.head();
        // Where nothing else is found, the range is not traced.
        repo.commit("f", key(2));
        shell(&repo, &format!("{rename}; git commit -qm rename"));
        let range = format!("{before}..HEAD");
        let said = repo.tightlip(&["history", "--format", "jsonl", "--reveal", &range]).exits(1);
        assert_eq!(by_secret(&said).into_keys().collect::<Vec<_>>(), [key(2)], "{rename}");
    }
}

#[test]
fn a_ci_range_of_a_shallow_clone_is_never_clean() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    let before = repo.head();
    repo.commit("b", "nothing");
    let origin = format!("file://{}", repo.root.display());
    let clone = repo.root.join("../shallow");
    repo.git(&["clone", "-q", "--depth=1", &origin, &clone.display().to_string()]).exits(0);
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.current_dir(&clone).args(["history", "--ci", &before, "HEAD"]);
    repo.run(command).exits(2).says("git fetch --unshallow");
}

/// What the program may use at most, in bytes of address space: enough for any machine's threads,
/// not for what these repositories claim to hold.
fn bounded(repo: &TestRepo, arguments: &[&str]) -> Ran {
    let mut command = repo.command("sh");
    let program = crate::fixture::TIGHTLIP;
    command.args(["-c", &format!("ulimit -v 1500000; exec '{program}' \"$@\""), "sh"]);
    command.args(["--threads", "2"]).args(arguments);
    repo.run(command)
}

fn shell(repo: &TestRepo, script: &str) {
    let mut command = repo.command("sh");
    command.args(["-e", "-c", script]);
    let _ = repo.run(command).exits(0);
}

/// A file with a hole in it: it is read as zeros and takes no room on the disk.
fn file_of_zeros(path: &Path, length: u64) {
    std::fs::File::create(path).unwrap().set_len(length).unwrap();
}

#[test]
fn a_blob_of_two_gigabytes_is_read_in_parts() {
    let repo = TestRepo::new();
    file_of_zeros(&repo.root.join("large"), 2_200_000_000);
    let script = format!(
        "{{ echo; echo 'id = {}'; }} >>large; \
         git -c core.bigFileThreshold=1m -c core.compression=1 add large; \
         git commit -qm large; rm large; git -c core.bigFileThreshold=1m repack -qad",
        key(1)
    );
    shell(&repo, &script);
    let said = bounded(&repo, &["history", "--format", "jsonl", "--reveal"]).exits(1);
    assert_eq!(by_secret(&said)[&key(1)]["path"], "large");
}

#[test]
fn deltas_that_grow_are_held_within_bounds() {
    let repo = TestRepo::new();
    // A pack of 90 KB that inflates to 360 MB.
    for version in 1..=6 {
        file_of_zeros(&repo.root.join("f"), 60_000_000);
        shell(&repo, &format!("echo {version} >>f; git add f; git commit -qm {version}"));
    }
    shell(&repo, "git repack -qadf --window=5");
    bounded(&repo, &["history"]).exits(0);
}

/// A tree of 10^12 paths, all of which lead to one blob; returns its id.
fn tree_bomb(repo: &TestRepo, text: &str) -> String {
    let file = repo.folder().join("bomb");
    std::fs::write(&file, text).unwrap();
    let blob = repo.git(&["hash-object", "-w", file.to_str().unwrap()]).exits(0).out;
    let mut below = format!("100644 blob {}", blob.trim());
    for _ in 0..12 {
        let list: String = (0..10).map(|number| format!("{below}\td{number}\n")).collect();
        let file = repo.folder().join("list");
        std::fs::write(&file, list).unwrap();
        let mut command = repo.command("git");
        command.arg("mktree").stdin(std::fs::File::open(&file).unwrap());
        below = format!("040000 tree {}", repo.run(command).exits(0).out.trim());
    }
    below.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn trees_that_hold_themselves_over_and_over_end() {
    let repo = TestRepo::new();
    let tree = tree_bomb(&repo, &key(1));
    let commit = repo.git(&["commit-tree", "-m", "bomb", &tree]).exits(0).out;
    repo.git(&["update-ref", "refs/heads/bomb", commit.trim()]).exits(0);
    scan(&repo, &[]).exits(2).says(&key(1)).says("more paths lead to findings");
}

#[test]
fn a_range_that_brings_or_deletes_such_trees_ends() {
    let repo = TestRepo::new();
    repo.commit("a", "nothing");
    let before = repo.head();
    let tree = tree_bomb(&repo, "nothing");
    let bomb = repo.git(&["commit-tree", "-m", "bomb", "-p", &before, &tree]).exits(0).out;
    let brings = format!("{before}..{}", bomb.trim());
    scan(&repo, &[&brings]).exits(2).says("more paths than can be listed");
    repo.commit("k", key(1));
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]).exits(0).out;
    let last = repo.git(&["commit-tree", "-m", "x", "-p", bomb.trim(), tree.trim()]).exits(0).out;
    repo.git(&["update-ref", "refs/heads/last", last.trim()]).exits(0);
    let deletes = format!("{}..last", bomb.trim());
    assert_eq!(by_secret(&scan(&repo, &[&deletes]).exits(1)).len(), 1);
    // As HEAD, beside an index that has none of it.
    repo.git(&["update-ref", "HEAD", bomb.trim()]).exits(0);
    repo.git(&["read-tree", "--empty"]).exits(0);
    repo.git(&["add", "k"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says(&key(1)[..4]);
}

#[test]
fn a_range_that_brings_a_path_of_megabytes_ends() {
    let repo = TestRepo::new();
    repo.commit("a", "nothing");
    let before = repo.head();
    // 24,000 levels: their paths together are longer than what is listed.
    let (path, file) = ("d/".repeat(24_000), repo.folder().join("stream"));
    let stream = format!(
        "commit refs/heads/deep\ncommitter A <a@b> 1700000000 +0000\ndata 4\ndeep\n\
         from {before}\nM 100644 inline {path}file\ndata 1\n1\n\n"
    );
    std::fs::write(&file, stream).unwrap();
    let mut command = repo.command("git");
    command.args(["fast-import", "--quiet"]).stdin(std::fs::File::open(&file).unwrap());
    let _ = repo.run(command).exits(0);
    scan(&repo, &[&format!("{before}..deep")]).exits(2).says("more paths than can be listed");
}

#[test]
fn a_deep_path_and_a_malformed_commit_and_tree_are_survived() {
    let repo = TestRepo::new();
    let mut hider = Hider::new(&repo);
    let path = "d/".repeat(3000) + "file";
    let file = repo.folder().join("stream");
    let stream = format!(
        "commit refs/heads/deep\ncommitter A <a@b> 1700000000 +0000\ndata 4\ndeep\n\
         M 100644 inline {path}\ndata {}\n{}\n\n",
        hider.key().len(),
        hider.key()
    );
    std::fs::write(&file, stream).unwrap();
    let mut command = repo.command("git");
    command.args(["fast-import", "--quiet"]).stdin(std::fs::File::open(&file).unwrap());
    let _ = repo.run(command).exits(0);
    let deep = hider.git(&["rev-parse", "deep"]);
    hider.expect("commit", Some(&path), Some(&deep));
    assert_found(&scan(&repo, &[]).exits(1), &hider.hidden);
    let odd = hider.object("commit", b"nothing that makes sense");
    repo.write(".git/refs/heads/odd", format!("{odd}\n"));
    scan(&repo, &[]).exits(2).says(&odd).says("malformed").says(&hider.hidden[0].key);
    let tree = hider.object("tree", b"100644 name without an end");
    let raw = format!("tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx");
    let odd = hider.object("commit", raw.as_bytes());
    repo.write(".git/refs/heads/odd", format!("{odd}\n"));
    scan(&repo, &[]).exits(2).says("malformed tree").says(&hider.hidden[0].key);
}

#[test]
fn a_hundred_thousand_refs_are_read() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    let head = repo.head();
    let refs: String = (0..100_000).map(|number| format!("{head} refs/tags/t{number}\n")).collect();
    repo.write(
        ".git/packed-refs",
        format!("# pack-refs with: peeled fully-peeled sorted \n{refs}"),
    );
    let found = by_secret(&scan(&repo, &[]).exits(1));
    assert_eq!(found[&key(1)]["ref_count"], 100_001);
}

#[test]
fn since_takes_dates_and_nothing_else() {
    let repo = TestRepo::new();
    repo.commit("a.txt", key(0));
    for date in [
        "gestern",
        "letzte Woche",
        "main",
        "",
        "v1.2",
        "--all",
        "soon",
        "2026-13-45",
        "2025-02-29",
        "31.4.2026",
        "99-99-99",
    ] {
        repo.tightlip(&["history", &format!("--since={date}")]).exits(2).says("is no date");
    }
    for date in [
        "1990-01-01",
        "1990-01-01T10:00:00Z",
        "31.12.1990",
        "2/29/1992",
        "40 years ago",
        "Jan 1 1990",
        "last year",
    ] {
        let said = repo.tightlip(&["history", &format!("--since={date}")]);
        assert_ne!(said.code, 2, "{date}: {said:?}");
    }
}

#[test]
fn names_and_lines_are_no_commands_for_a_ci_service() {
    let repo = TestRepo::new();
    repo.write("::stop-commands::x", key(0));
    repo.write("##vso[task.setvariable variable=A]b", format!("##[group] {}", key(1)));
    repo.git(&["add", "-A"]).exits(0);
    repo.commit_staged("two");
    for format in ["text", "json", "jsonl"] {
        let said = repo.tightlip(&["history", "--format", format]).exits(1);
        for output in [&said.out, &said.err] {
            assert!(!output.lines().any(|line| line.trim_start().starts_with("::")), "{output}");
            assert!(!output.contains("##vso[") && !output.contains("##["), "{output}");
        }
    }
}

#[test]
fn advice_for_names_of_refs_and_for_tags_fits_them() {
    let repo = TestRepo::new();
    repo.git(&["branch", &key(0)]).exits(0);
    let said = repo.tightlip(&["history"]).exits(1);
    said.says("`git branch -m AKIA******** NEW`").never_says("rebase").never_says(&key(0));
    repo.git(&["branch", "-D", &key(0)]).exits(0);
    // What only a tag leads to is not taken out of a branch.
    repo.commit("a.txt", key(1));
    repo.git(&["tag", "v1"]).exits(0);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]).exits(0);
    repo.tightlip(&["history"]).exits(1).says("`git tag -d v1`").never_says("rebase");
}

#[test]
fn a_history_is_whole_while_commits_are_made() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    std::thread::scope(|scope| {
        let commits = scope.spawn(|| {
            for number in 0..40 {
                repo.commit("a.txt", format!("{number}\n"));
            }
        });
        let mut scans = 0;
        while !commits.is_finished() || scans == 0 {
            repo.tightlip(&["history", "--no-checkpoint"]).exits(0);
            scans += 1;
        }
    });
}

#[test]
fn files_of_lfs_that_are_here_are_part_of_the_whole_history_and_of_its_baseline() {
    use sha2::Digest as _;
    let repo = TestRepo::new();
    let content = format!("id = {}\n", key(0));
    let id: String =
        sha2::Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    repo.write(format!(".git/lfs/objects/{}/{}/{id}", &id[..2], &id[2..4]), &content);
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {}\n",
        content.len()
    );
    repo.commit("large.txt", pointer);
    repo.commit("more.txt", "clean");
    // The second run recalls what the first one has kept.
    for _ in 0..2 {
        repo.tightlip(&["history"]).exits(1).says(&format!(".git/lfs/objects/{}/", &id[..2]));
    }
    // A part of a history leads to those of its pointers.
    repo.tightlip(&["history", "HEAD~1..HEAD"]).exits(0);
    for part in [&["HEAD"][..], &["--branch", "main"], &["--since", "2000-01-01"], &["-n", "9"]] {
        repo.tightlip(&[&["history"], part].concat()).exits(1).says("large.txt");
    }
    repo.tightlip(&["baseline", "create", "--reason", "old"]).exits(0).says("1 accepted");
    repo.tightlip(&["history"]).exits(0);
}
