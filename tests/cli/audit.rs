//! `tightlip audit`: all that a repository holds, refs or not.

use std::process::Command;

use crate::fixture::{Ran, TIGHTLIP, TestRepo, key, made};
use crate::history::{Hider, assert_found, by_secret, full};

fn audit(repo: &TestRepo) -> Ran {
    repo.tightlip(&["audit", "--format", "jsonl", "--reveal"])
}

/// An archive with one file in it, which holds a secret.
fn archive(repo: &TestRepo, format: &str, secret: &str) -> Vec<u8> {
    let folder = repo.folder().join("archived");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("inside.txt"), format!("{secret}\n{}", "text\n".repeat(99)))
        .unwrap();
    let run = |arguments: &[&str]| {
        let mut command = repo.command("git");
        command.current_dir(&folder).args(arguments);
        repo.run(command).exits(0)
    };
    let _ = std::fs::remove_dir_all(folder.join(".git"));
    let _ = run(&["init", "-q"]);
    let _ = run(&["add", "inside.txt"]);
    let tree = run(&["write-tree"]).out;
    let file = repo.folder().join("archive");
    let (file, format) = (file.to_str().unwrap(), format!("--format={format}"));
    let _ = run(&["archive", &format, "-o", file, tree.trim()]);
    std::fs::read(file).unwrap()
}

#[test]
fn a_secret_in_every_place_is_found_once() {
    let repo = TestRepo::new();
    let mut hider = Hider::new(&repo);
    hider.hidden = full(&repo);
    std::fs::remove_file(repo.root.join(".git/info/grafts")).unwrap();
    // Only the reflog leads to what an amended commit was.
    repo.commit("amended.txt", hider.key());
    hider.expect("commit", Some("amended.txt"), Some(&repo.head()));
    repo.write("amended.txt", "clean");
    repo.git(&["commit", "-qa", "--amend", "-m", "amended"]).exits(0);
    // A line of the reflog itself.
    repo.git(&["update-ref", "-m", &hider.key(), "--create-reflog", "refs/heads/other", "HEAD"])
        .exits(0);
    hider.expect("git-dir", Some(".git/logs/refs/heads/other"), None);
    // A stash that was dropped, and a blob that nothing ever led to.
    repo.write("after.txt", hider.key());
    repo.git(&["stash", "push", "-q"]).exits(0);
    let stashed = repo.git(&["rev-parse", "stash"]).out.trim().to_owned();
    repo.git(&["stash", "drop", "-q"]).exits(0);
    hider.expect("commit", Some("after.txt"), Some(&stashed));
    repo.write("loose", hider.key());
    let blob = repo.git(&["hash-object", "-w", "loose"]).out;
    std::fs::remove_file(repo.root.join("loose")).unwrap();
    hider.expect("object", Some(&format!("object {}", blob.trim())), None);
    // Config, and what git left lying.
    let url = format!("https://example.com/{}", hider.key());
    repo.git(&["remote", "add", "origin", &url]).exits(0);
    hider.expect("git-dir", Some(".git/config"), None);
    // The working tree.
    repo.write("new.txt", hider.key());
    hider.expect("worktree", Some("new.txt"), None);
    repo.write(".gitignore", "ignored/\n");
    repo.write("ignored/file", hider.key());
    hider.expect("worktree", Some("ignored/file"), None);
    repo.stage("only-staged", hider.key());
    repo.write("only-staged", "something else");
    hider.expect("index", Some("only-staged"), None);
    // Archives, in history and on disk, one in the other.
    let secret = hider.key();
    repo.commit("old.zip", archive(&repo, "zip", &secret));
    hider.expect("commit", Some("old.zip!inside.txt"), Some(&repo.head()));
    repo.git(&["rm", "-q", "old.zip"]).exits(0);
    repo.commit_staged("no archive");
    let secret = hider.key();
    repo.write("ignored/a.tgz", archive(&repo, "tar.gz", &secret));
    hider.expect("worktree", Some("ignored/a.tgz!inside.txt"), None);
    // A file of Git LFS.
    let name = made("{hex:64}");
    let path = format!(".git/lfs/objects/{}/{}/{name}", &name[..2], &name[2..4]);
    repo.write(&path, hider.key());
    hider.expect("git-dir", Some(&path), None);
    // What is only staged got into a commit on the way.
    for hidden in &mut hider.hidden {
        if hidden.path.as_deref() == Some("only-staged") {
            let log = repo.git(&["log", "--format=%H", "--", "only-staged"]).out;
            hidden.source = "commit";
            hidden.commit = Some(log.trim().to_owned());
        }
    }
    assert_found(&audit(&repo).exits(1), &hider.hidden);
    // The dates here are old; reflogs would be cut.
    repo.git(&["config", "gc.reflogExpire", "never"]).exits(0);
    repo.git(&["config", "gc.reflogExpireUnreachable", "never"]).exits(0);
    repo.git(&["gc", "-q", "--prune=never"]).exits(0);
    assert_found(&audit(&repo).exits(1), &hider.hidden);
}

#[test]
fn what_echoes_a_finding_is_not_another() {
    let repo = TestRepo::new();
    // In the file, in HEAD, in the message, in the reflog, in the message that git left.
    repo.stage("file", format!("{}\n", key(1)));
    repo.git(&["commit", "-q", "-m", &format!("with {}", key(2))]).exits(0);
    let found = by_secret(&audit(&repo).exits(1));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[&key(1)]["source"], "commit");
    assert_eq!(found[&key(2)]["source"], "commit-message");
}

#[test]
fn a_repository_is_audited_from_elsewhere_and_bare() {
    let repo = TestRepo::new();
    repo.commit("file", key(1));
    repo.write("untracked", key(2));
    let output = repo.folder().join("report");
    let mut command = repo.command(TIGHTLIP);
    command.current_dir(repo.folder());
    command.args(["audit", "repo", "--format", "jsonl", "--reveal", "--output", "report"]);
    repo.run(command).exits(1);
    let report = std::fs::read_to_string(output).unwrap();
    assert!(report.contains(&key(1)) && report.contains(&key(2)), "{report}");
    repo.git(&["clone", "-q", "--bare", ".", "../bare"]).exits(0);
    let mut command = repo.command(TIGHTLIP);
    command.current_dir(repo.folder().join("bare"));
    command.args(["audit", "--format", "jsonl", "--reveal"]);
    let found = by_secret(&repo.run(command).exits(1));
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [key(1)]);
    let mut command = repo.command(TIGHTLIP);
    command.current_dir(repo.folder()).args(["audit", "nowhere"]);
    repo.run(command).exits(2).says("is not a directory");
}

#[test]
fn linked_worktrees_are_part_of_the_repository() {
    let repo = TestRepo::new();
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]).exits(0);
    repo.git_in("../linked", &["commit", "-q", "--allow-empty", "-m", &key(1)]).exits(0);
    repo.write("../linked/untracked", key(2));
    let found = by_secret(&audit(&repo).exits(1));
    assert_eq!(found[&key(1)]["source"], "commit-message");
    assert_eq!(found[&key(2)]["source"], "worktree");
    // History has what is checked out there, too.
    repo.tightlip(&["history", "--reveal"]).exits(1).says(&key(1));
    let head = repo.root.join(".git/worktrees/linked/HEAD");
    std::fs::write(head, "nonsense").unwrap();
    repo.tightlip(&["history"]).exits(2).says("HEAD of worktree linked");
}

#[test]
fn what_a_linked_worktree_has_checked_out_is_read_as_git_stores_it() {
    let repo = TestRepo::made_by(&["init", "-q", "-b", "main", "--ref-format=reftable"]);
    repo.commit("a", "clean");
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]).exits(0);
    repo.git_in("../linked", &["commit", "-q", "--allow-empty", "-m", &key(1)]).exits(0);
    repo.tightlip(&["history", "--reveal"]).exits(1).says(&key(1));
}

#[test]
fn the_history_of_a_submodule_is_named() {
    let repo = TestRepo::new();
    repo.git(&["clone", "-q", ".", "../module"]).exits(0);
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../module"])
        .exits(0);
    audit(&repo).exits(2).says(".git/modules/module").says("run `tightlip audit` in it");
}

#[test]
fn what_only_a_damaged_tree_leads_to_is_not_passed_over() {
    let repo = TestRepo::new();
    repo.commit("folder/file", key(1));
    let tree = repo.git(&["rev-parse", "HEAD:folder"]).out.trim().to_owned();
    let file = repo.root.join(format!(".git/objects/{}/{}", &tree[..2], &tree[2..]));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "damaged").unwrap();
    repo.tightlip(&["history"]).exits(2).says(&tree);
}

#[test]
fn archives_that_are_not_opened_are_named() {
    let repo = TestRepo::new();
    repo.write("locked.7z", b"7z\xbc\xaf\x27\x1c\x00\x04 and more");
    let whole = archive(&repo, "zip", &key(1));
    repo.write("cut.zip", &whole[..whole.len() / 2]);
    audit(&repo).exits(2).says("locked.7z").says("cut.zip");
}

#[test]
fn what_archives_of_a_history_hold_is_found_and_what_is_not_opened_is_named() {
    let repo = TestRepo::new();
    for (number, format) in ["zip", "tar", "tar.gz"].into_iter().enumerate() {
        repo.commit(&format!("gone.{format}"), archive(&repo, format, &key(number)));
    }
    for format in ["zip", "tar", "tar.gz"] {
        repo.git(&["rm", "-q", &format!("gone.{format}")]).exits(0);
    }
    repo.commit_staged("gone");
    let scan = || repo.tightlip(&["history", "--format", "jsonl", "--reveal"]);
    let found = by_secret(&scan().exits(1));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains_key(&key(2)), "{found:?}");
    repo.commit("locked.7z", b"7z\xbc\xaf\x27\x1c\x00\x04 and more");
    scan().exits(2).says("locked.7z").says("not opened");
    let allow = "[[allow]]\nreason = 'made by the vendor'\npaths = ['*.7z', 'gone.*']\n";
    repo.commit(".tightlip.toml", allow);
    scan().exits(0);
}

#[test]
fn a_zip_behind_a_large_program_is_opened_in_every_place() {
    let repo = TestRepo::new();
    let program = [vec![b'p'; 17 << 20], archive(&repo, "zip", &key(1))].concat();
    repo.commit("installer", program);
    repo.tightlip(&["history", "--reveal"]).exits(1).says(&key(1)).says("inside.txt");
    repo.tightlip(&["scan", "--archives", "--reveal"]).exits(1).says(&key(1));
    repo.tightlip(&["history", "--reveal", "HEAD"]).exits(1).says(&key(1));
}

#[test]
fn a_bomb_is_defused_and_named() {
    let repo = TestRepo::new();
    // 1.5 GB of zeros, made without holding them.
    let script = "head -c 1500000000 /dev/zero | gzip -1 >bomb.gz";
    let done = Command::new("sh").arg("-c").arg(script).current_dir(&repo.root).status().unwrap();
    assert!(done.success());
    audit(&repo).exits(2).says("bomb.gz");
}

#[test]
fn linked_working_trees_that_are_not_there_are_named() {
    let repo = TestRepo::new();
    let other = repo.folder().join("usb");
    repo.git(&["worktree", "add", "-q", other.to_str().unwrap(), "-b", "y"]).exits(0);
    std::fs::write(other.join("untracked"), key(0)).unwrap();
    repo.tightlip(&["audit"]).exits(1);
    std::fs::rename(&other, repo.folder().join("unplugged")).unwrap();
    repo.tightlip(&["audit"]).exits(2).says("usb").says("git worktree prune");
    repo.git(&["worktree", "prune"]).exits(0);
    repo.tightlip(&["audit"]).exits(0);
}

#[test]
fn each_place_has_its_own_way_out() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    repo.git(&["stash", "-q"]).exits(0);
    repo.tightlip(&["audit"]).exits(1).says("git stash drop").never_says("git rebase");
    repo.git(&["stash", "drop", "-q"]).exits(0);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]).exits(0);
    repo.git(&["gc", "-q", "--prune=now"]).exits(0);
    repo.git(&["notes", "add", "-m", &key(1)]).exits(0);
    repo.tightlip(&["audit"]).exits(1).says("git notes").never_says("git rebase");
    repo.git(&["update-ref", "-d", "refs/notes/commits"]).exits(0);
    repo.git(&["gc", "-q", "--prune=now"]).exits(0);
    repo.git(&["tag", "-a", "v1", "-m", &key(2)]).exits(0);
    repo.tightlip(&["history"]).exits(1).says("git tag -d v1").never_says("git rebase");
    repo.git(&["tag", "-d", "v1"]).exits(0);
    repo.commit("b.txt", key(3));
    repo.tightlip(&["history"]).exits(1).says("git rebase -i --rebase-merges");
}

#[test]
fn many_secrets_are_one_entry_each_below_a_summary() {
    let repo = TestRepo::new();
    for number in 0..5 {
        for copy in 0..6 {
            let path = format!("src/deep/er/{number}-{copy}");
            repo.write(&path, format!("{}\n", key(number)));
        }
        repo.git(&["add", "."]).exits(0);
        repo.commit_staged(&format!("number {number}"));
    }
    repo.git(&["rm", "-rqf", "src"]).exits(0);
    repo.commit_staged("gone");
    repo.commit("now", key(7));
    repo.write("untracked", key(8));
    let said = repo.tightlip(&["audit"]).exits(1);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines[0],
        "7 secrets to rotate, in 32 places: 1 in HEAD, 5 only in history, 1 only on this disk"
    );
    assert!(said.out.contains("by directory: src/deep 5, "), "{}", said.out);
    let titles: Vec<&&str> = lines.iter().filter(|line| line.starts_with("== ")).collect();
    assert_eq!(titles, [&"== In HEAD", &"== Only in history", &"== Only on this disk"]);
    assert_eq!(said.out.matches("no secret? tightlip allow").count(), 7);
    assert_eq!(said.out.matches("and 2 more (-v names all)").count(), 5, "{}", said.out);
    // Once: for the others it differs in the commit alone.
    assert_eq!(said.out.matches("take it out before you push").count(), 1);
    assert!(lines.len() < 60, "{} lines", lines.len());
    assert!(said.out.contains("git filter-repo --replace-text"), "{}", said.out);
    let all = repo.tightlip(&["audit", "-v"]).exits(1);
    for copy in 0..6 {
        assert!(all.out.contains(&format!("src/deep/er/3-{copy}")), "{}", all.out);
    }
    // A history is not an audit: nothing is said of how to clean it.
    repo.tightlip(&["history"]).exits(1).never_says("filter-repo");
}

#[test]
fn forty_findings_of_twelve_secrets_read_in_one_screen_and_a_half() {
    let repo = TestRepo::new();
    let templates = [
        "AWS_ACCESS_KEY_ID=AKIA{base32:16}",
        "aws_secret_access_key = {base64:40}",
        "database_password: {alnum:14}",
        "url = postgres://app:{alnum:16}@db.prod.internal/app",
        "slack_token=xoxb-{digit:12}-{digit:12}-{alnum:24}",
        "api_key = {hex:32}",
    ];
    let folders = ["services/api/config", "services/web", "deploy/prod", "scripts", "tests/data"];
    for number in 0..12 {
        let template = templates[number % 6];
        // Examples come from one seed: the second six differ from the first.
        let line = match number < 6 {
            true => made(template),
            false => made(&format!("{{hex:{}}}\n{template}", number + 2)).split_off(number + 3),
        };
        for copy in 0..if number < 4 { 4 } else { 3 } {
            let path = format!("{}/conf{number}_{copy}.env", folders[(number + copy) % 5]);
            repo.write(path, format!("# settings\nPORT=80{number}\n{line}\n"));
        }
        repo.git(&["add", "."]).exits(0);
        repo.commit_staged(&format!("settings {number}"));
    }
    repo.git(&["rm", "-q", ":/*conf[5-8]_*"]).exits(0);
    repo.commit_staged("some of them gone");
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    let said = repo.run({
        command.arg("audit").env("COLUMNS", "100");
        command
    });
    let all = format!("{}{}", said.out, said.err);
    said.says("12 secrets to rotate, in 40 places: 8 in HEAD, 4 only in history");
    let lines = all.lines().count();
    assert!(lines <= 75, "{lines} lines:\n{all}");
    assert!(all.lines().all(|line| line.chars().count() <= 100 || line.contains("http")), "{all}");
    // Each secret has its place, its line, its commit, its other places, and the command that allows it.
    for (text, count) in [("no secret? tightlip allow ", 12), ("commit ", 12), (" | ", 12)] {
        assert!(all.matches(text).count() >= count, "{text}:\n{all}");
    }
    let named_or_counted = all.matches("also in ").count() + all.matches(" more places").count();
    assert_eq!(named_or_counted, 12, "{all}");
    // What to do first is said once for each kind.
    assert_eq!(all.matches("  -> ").count(), 5, "{all}");
}

#[test]
fn what_a_ref_leads_to_without_a_commit_has_its_own_way_out() {
    let repo = TestRepo::new();
    repo.commit("clean", "clean");
    for (number, name) in ["light", "noted"].iter().enumerate() {
        repo.write("blob", key(number));
        let blob = repo.git(&["hash-object", "-w", "blob"]).out.trim().to_owned();
        let more = if number == 0 { &[][..] } else { &["-m", "x"] };
        repo.git(&[&["tag"], more, &[name, &blob]].concat()).exits(0);
    }
    repo.write("in-tree", key(2));
    repo.git(&["add", "in-tree"]).exits(0);
    let tree = repo.git(&["write-tree"]).out.trim().to_owned();
    repo.git(&["update-ref", "refs/custom/tree", &tree]).exits(0);
    repo.git(&["reset", "-q"]).exits(0);
    let said = repo.tightlip(&["history"]).exits(1);
    said.says("`git tag -d light` takes them away")
        .says("`git tag -d noted` takes them away")
        .says("`git update-ref -d refs/custom/tree` takes it away")
        .never_says("git rebase");
}

#[test]
fn what_audit_leaves_out_by_one_pattern_is_said_once() {
    let repo = TestRepo::new();
    repo.commit("a/one.txt", key(1));
    repo.commit("b/two.txt", key(2));
    repo.write("a/three.txt", key(3));
    let said = repo.tightlip(&["audit", "--exclude", "a/", "--format", "jsonl"]).exits(1);
    let notes: Vec<String> = said
        .objects("skipped")
        .iter()
        .filter(|one| one["kind"] == "excluded")
        .map(|one| one["reason"].to_string())
        .collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains(" files and names, and "), "{notes:?}");
}

#[test]
fn secrets_are_written_for_filter_repo_to_a_file_of_the_users_own() {
    let repo = TestRepo::new();
    let pem = made("{pem:PRIVATE KEY}");
    repo.commit("a", format!("{}\n{pem}\n", key(0)));
    let file = repo.folder().join("replace.txt");
    let audit = || repo.tightlip(&["audit", "--replace-text", file.to_str().unwrap()]);
    audit().exits(1).says("2 secrets written to");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("literal:{}==>***REMOVED***\n", key(0))));
    assert!(text.lines().all(|line| line.starts_with("literal:") || line.starts_with("regex:")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Before anything is read.
    audit().exits(2).says("cannot write").says("it is there already").never_says(&key(0)[..4]);
    // What can only be known afterwards does not keep the findings back.
    let nowhere = ["audit", "--replace-text", "no/such/folder"];
    repo.tightlip(&nowhere).exits(2).says("cannot write").says("aws-access-key-id");
}

#[test]
fn a_repository_inside_the_working_tree_is_named() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "clean");
    repo.git(&["init", "-q", "vendor/inner"]).exits(0);
    repo.tightlip(&["audit"]).exits(2).says("vendor/inner: it is a repository of its own");
    repo.tightlip(&["scan", "."]).exits(0).says("the history of 1 repository in it");
}

#[test]
fn a_repository_beside_its_working_tree_is_audited_whole() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "clean");
    repo.tightlip(&["audit"]).exits(0);
    repo.git(&["init", "-q", "--separate-git-dir", "../beside.git"]).exits(0);
    repo.tightlip(&["audit"]).exits(0);
}
