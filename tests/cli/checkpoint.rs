//! What is kept of a whole scan, and when it counts.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key, made};

const SAME: &str = "nothing has changed since the last scan";

fn history(repo: &TestRepo) -> Command {
    let mut command = repo.command(TIGHTLIP);
    command.args(["history", "--format", "jsonl", "--reveal"]);
    command
}

fn scan(repo: &TestRepo) -> Ran {
    repo.run(history(repo))
}

fn kept(repo: &TestRepo) -> PathBuf {
    repo.root.join(".git/tightlip/history")
}

/// All that a run reports, but for the time it took.
fn report(said: &Ran) -> Vec<String> {
    let without_time = |line: &str| {
        let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
        object.as_object_mut().unwrap().remove("elapsed_ms");
        object.to_string()
    };
    said.out.lines().map(without_time).collect()
}

/// Scans twice, the second time without what is kept, and holds that both say the same.
#[track_caller]
fn same_as_anew(repo: &TestRepo, is_known: bool) -> Ran {
    let said = scan(repo);
    assert_eq!(said.err.contains(SAME), is_known, "{said:?}");
    let mut command = history(repo);
    command.arg("--no-checkpoint");
    let anew = repo.run(command).never_says(SAME);
    assert_eq!((report(&said), said.code), (report(&anew), anew.code));
    said
}

/// A history with a renamed file, several versions, a message, a tag, an archive that cannot be opened and
/// something that is allowed.
fn rich() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("a", format!("{}\n", key(1)));
    repo.commit("a", format!("x\n{}\n{}\n", key(1), key(2)));
    repo.git(&["mv", "a", "dir-b"]).exits(0);
    repo.commit_staged("renamed");
    repo.commit("dir-b", "gone");
    repo.commit("c", format!("{} # tightlip:allow it is a test\n", key(3)));
    repo.commit("c2", format!("{}\n", key(4)));
    repo.commit("bad.zip", b"PK\x03\x04 and nothing more");
    repo.stage("m", "m");
    repo.commit_staged(&format!("message with {}", key(5)));
    repo.git(&["tag", "-a", "v1", "-m", &format!("tag with {}", key(6))]).exits(0);
    repo.git(&["branch", "side", "HEAD~2"]).exits(0);
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD~1"]).exits(0);
    repo
}

#[test]
fn an_unchanged_history_is_told_again_without_being_scanned() {
    let repo = rich();
    let first = same_as_anew(&repo, false);
    assert_eq!(first.objects("finding").len(), 5, "{first:?}");
    let second = same_as_anew(&repo, true);
    assert_eq!(report(&first), report(&second));
    // In every form, and masked.
    for form in ["json", "sarif", "csv", "text"] {
        let run = |more: &[&str]| repo.tightlip(&[&["history", "--format", form], more].concat());
        let (known, anew) = (run(&[]).says(SAME), run(&["--no-checkpoint"]));
        let without_time = |said: &Ran| {
            let is_time = |line: &&str| !line.contains("elapsed") && !line.contains("UTC");
            said.out.lines().filter(is_time).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without_time(&known), without_time(&anew), "{form}");
        known.never_says(&key(1));
    }
    // What is not committed does not count.
    repo.stage("staged", "s");
    scan(&repo).says(SAME);
}

#[test]
fn a_clean_history_stays_clean_until_something_is_committed() {
    let repo = TestRepo::new();
    repo.commit("a", "clean");
    scan(&repo).exits(0).never_says(SAME);
    scan(&repo).exits(0).says(SAME);
    repo.commit("b", key(1));
    same_as_anew(&repo, false).exits(1);
    same_as_anew(&repo, true).exits(1);
}

#[test]
fn refs_that_come_move_and_go_are_looked_at_anew() {
    let repo = rich();
    same_as_anew(&repo, false);
    for change in [
        &["update-ref", "refs/remotes/origin/main", "HEAD"][..],
        &["branch", "new"],
        &["branch", "-D", "new"],
        &["tag", "-d", "v1"],
        &["update-ref", "-d", "refs/remotes/origin/main"],
        &["checkout", "-q", "side"],
        &["branch", "-f", "main", "main~3"],
        &["commit", "-q", "--amend", "-m", "another message"],
    ] {
        repo.git(change).exits(0);
        same_as_anew(&repo, false);
        same_as_anew(&repo, true);
    }
    // Packed refs lead to the same objects; packed objects are in other files.
    repo.git(&["pack-refs", "--all"]).exits(0);
    same_as_anew(&repo, true);
    repo.git(&["gc", "-q", "--prune=now"]).exits(0);
    same_as_anew(&repo, false);
    same_as_anew(&repo, true);
}

#[test]
fn replaced_grafted_and_cut_histories_hide_nothing() {
    let repo = rich();
    same_as_anew(&repo, false);
    fs::write(repo.root.join(".git/info/grafts"), format!("{}\n", repo.head())).unwrap();
    same_as_anew(&repo, true);
    repo.git(&["-c", "advice.graftFileDeprecated=false", "replace", "HEAD", "side"]).exits(0);
    same_as_anew(&repo, false);
    fs::write(repo.root.join(".git/shallow"), format!("{}\n", repo.head())).unwrap();
    same_as_anew(&repo, false);
    same_as_anew(&repo, false);
}

#[test]
fn other_rules_flags_configurations_and_baselines_begin_anew() {
    let repo = rich();
    let run = |more: &[&str]| {
        let mut command = history(&repo);
        command.args(more);
        repo.run(command)
    };
    let steps: [&dyn Fn(); 4] = [
        &|| repo.write(".tightlip.toml", "min_confidence = \"low\"\n"),
        &|| repo.write(".tightlip.toml", "disable = [\"aws-access-key-id\"]\n"),
        &|| {
            fs::remove_file(repo.root.join(".tightlip.toml")).unwrap();
            repo.git(&["config", "secrets.patterns", "nothing-of-the-kind"]).exits(0);
        },
        &|| drop(repo.tightlip(&["baseline", "create"])),
    ];
    same_as_anew(&repo, false);
    for step in steps {
        step();
        same_as_anew(&repo, false);
        same_as_anew(&repo, true);
    }
    run(&["--max-object-bytes", "1000000"]).never_says(SAME);
    scan(&repo).never_says(SAME);
    // Part of a history neither uses nor changes what is kept of all of it.
    let before = fs::read(kept(&repo)).unwrap();
    for part in [&["HEAD"][..], &["-n", "1"], &["--rule", "aws-access-key-id"], &["--exclude", "x"]]
    {
        run(part).never_says(SAME);
    }
    assert_eq!(fs::read(kept(&repo)).unwrap(), before);
    scan(&repo).says(SAME);
}

#[test]
fn what_others_have_written_is_not_believed() {
    let clean = TestRepo::new();
    scan(&clean).exits(0);
    let repo = rich();
    same_as_anew(&repo, false);
    let own = fs::read(kept(&repo)).unwrap();
    let forged = String::from_utf8(own.clone()).unwrap();
    let emptied = forged.replace("\"findings\":[", "\"findings\":[],\"x\":[");
    assert_ne!(forged, emptied);
    for bad in [
        fs::read(kept(&clean)).unwrap(),
        emptied.into_bytes(),
        own[..own.len() / 2].to_vec(),
        b"{}".to_vec(),
        Vec::new(),
    ] {
        fs::write(kept(&repo), bad).unwrap();
        let said = scan(&repo).exits(2).never_says(SAME).says("not sealed with this user's key");
        assert_eq!(said.objects("finding").len(), 5);
        scan(&repo).says(SAME);
    }
    // It is sealed for one user.
    fs::remove_file(repo.home().join(".cache/tightlip/key")).unwrap();
    scan(&repo).exits(2).never_says(SAME).says("not sealed with this user's key");
    // A directory, or a link that leads elsewhere, is left alone.
    let folder = repo.root.join(".git/tightlip");
    fs::remove_dir_all(&folder).unwrap();
    let elsewhere = repo.folder().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &folder).unwrap();
    scan(&repo).exits(2);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    fs::remove_file(&folder).unwrap();
    fs::create_dir_all(kept(&repo)).unwrap();
    scan(&repo).exits(2).never_says(SAME);
}

#[test]
fn damage_to_what_holds_a_secret_is_named() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    scan(&repo).exits(1);
    let id = repo.git(&["rev-parse", "HEAD:a"]).out;
    let object = repo.root.join(".git/objects").join(&id[..2]).join(id[2..].trim());
    let bytes = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    scan(&repo).exits(2).never_says(SAME).says("is missing");
    fs::write(&object, &bytes[..bytes.len() / 2]).unwrap();
    scan(&repo).exits(2).never_says(SAME);
    fs::remove_file(&object).unwrap();
    fs::write(&object, bytes).unwrap();
    same_as_anew(&repo, false).exits(1);
    // A pack that is another file is read again.
    repo.git(&["gc", "-q"]).exits(0);
    same_as_anew(&repo, false);
    same_as_anew(&repo, true);
    let mut packs = fs::read_dir(repo.root.join(".git/objects/pack")).unwrap();
    let pack = packs.find_map(|entry| {
        let path = entry.unwrap().path();
        path.extension().is_some_and(|end| end == "pack").then_some(path)
    });
    let pack = pack.unwrap();
    let bytes = fs::read(&pack).unwrap();
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, &bytes[..bytes.len() - 30]).unwrap();
    scan(&repo).exits(2).never_says(SAME);
}

#[test]
fn objects_that_were_missing_are_looked_for_again() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    repo.commit("b", "to be lost");
    let id = repo.git(&["rev-parse", "HEAD:b"]).out;
    let object = repo.root.join(".git/objects").join(&id[..2]).join(id[2..].trim());
    let away = repo.folder().join("away");
    fs::rename(&object, &away).unwrap();
    same_as_anew(&repo, false).exits(2);
    same_as_anew(&repo, true).exits(2).says("is missing");
    fs::rename(&away, &object).unwrap();
    same_as_anew(&repo, false).exits(1);
}

#[test]
fn nothing_that_is_kept_is_a_secret() {
    let repo = rich();
    let password = made("hunter{digit:3}");
    repo.commit("deploy.sh", format!("curl https://me:{password}@example.com/x\n"));
    scan(&repo);
    let text = fs::read_to_string(kept(&repo)).unwrap();
    for secret in (1..7).map(key).chain([password]) {
        assert!(!text.contains(&secret));
    }
    // A name that holds one is a text that would be kept.
    repo.commit(&format!("{}.txt", key(7)), "x");
    same_as_anew(&repo, false);
    assert!(!kept(&repo).exists());
    same_as_anew(&repo, false);
}

#[test]
fn in_ci_only_a_told_directory_and_a_handed_key_count() {
    let repo = rich();
    let cache = repo.folder().join("cache");
    let ci = |key: Option<&str>| {
        let mut command = history(&repo);
        command.env("CI", "true").env("TIGHTLIP_CACHE", &cache);
        if let Some(key) = key {
            command.env("TIGHTLIP_CACHE_KEY", key);
        }
        repo.run(command)
    };
    let mut plain = history(&repo);
    plain.env("CI", "true");
    repo.run(plain).never_says(SAME);
    assert!(!kept(&repo).exists());
    ci(Some("the secret of this project")).never_says(SAME);
    assert!(cache.join("history").exists());
    // Another job: the user's own cache is new, and the packs are other files.
    repo.git(&["gc", "-q"]).exits(0);
    ci(Some("the secret of this project")).says(SAME);
    // A fork has no key, and whoever writes the cache has another one.
    ci(None).never_says(SAME).says("not sealed");
    ci(Some("the secret of this project")).never_says(SAME).says("not sealed");
    ci(Some("another secret of this project")).never_says(SAME).says("not sealed");
}

#[test]
fn linked_worktrees_share_what_is_kept_and_an_audit_does_not_report_it() {
    let repo = rich();
    repo.git(&["worktree", "add", "-q", "../linked", "side"]).exits(0);
    scan(&repo);
    assert!(kept(&repo).exists());
    scan(&repo).says(SAME);
    let said = repo.tightlip(&["audit", "--format", "jsonl"]);
    assert!(!said.out.contains("tightlip/history"), "{}", said.out);
}

#[test]
fn damaged_refs_are_named_whoever_has_asked_for_them_before() {
    let repo = TestRepo::new();
    repo.commit("a.env", format!("id {}\n", key(0)));
    repo.git(&["pack-refs", "--all"]).ok();
    let packed = repo.root.join(".git/packed-refs");
    let whole = std::fs::read(&packed).unwrap();
    for cut in [1, 30, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&packed, &whole[..cut]).unwrap();
        // With a checkpoint refs are read twice, and libgit2 says only once that they are damaged.
        repo.tightlip(&["history"]).exits(2);
        repo.tightlip(&["history", "--no-checkpoint"]).exits(2);
    }
}
