//! What is staged, in every mode of commit.

use crate::fixture::{TestRepo, key, made};

/// Runs a commit that must be stopped, naming the key's rule.
#[track_caller]
fn stopped(repo: &TestRepo, arguments: &[&str]) {
    let before = repo.git(&["rev-parse", "-q", "--verify", "HEAD"]).out;
    let said = repo.git(arguments);
    assert_ne!(said.code, 0, "{said:?}");
    said.says("[aws-access-key-id]").never_says(&key(0));
    assert_eq!(repo.git(&["rev-parse", "-q", "--verify", "HEAD"]).out, before);
}

fn guarded() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.commit("b.txt", "two\n");
    repo.hooks(&["pre-commit"]);
    repo
}

#[test]
fn a_plain_commit_is_stopped_and_a_clean_one_is_silent() {
    let repo = guarded();
    repo.stage("a.txt", "three\n");
    let said = repo.git(&["commit", "-m", "clean"]).exits(0);
    assert_eq!(said.err, "");
    repo.stage("a.txt", format!("three\nid = {}\n", key(0)));
    stopped(&repo, &["commit", "-m", "x"]);
}

#[test]
fn commit_all_reads_the_index_that_git_is_about_to_commit() {
    let repo = guarded();
    repo.write("a.txt", key(0));
    stopped(&repo, &["commit", "-a", "-m", "x"]);
    stopped(&repo, &["commit", "-am", "x"]);
}

#[test]
fn commit_include_and_commit_only_read_just_what_they_commit() {
    let repo = guarded();
    repo.write("a.txt", key(0));
    stopped(&repo, &["commit", "-i", "a.txt", "-m", "x"]);
    stopped(&repo, &["commit", "-m", "x", "--", "a.txt"]);
    stopped(&repo, &["commit", "-o", "a.txt", "-m", "x"]);
    // The key is dirty, and here even staged, but not part of this commit.
    repo.git(&["add", "a.txt"]).exits(0);
    repo.write("b.txt", "clean\n");
    repo.git(&["commit", "-m", "only b", "--", "b.txt"]).exits(0);
}

#[test]
fn commit_patch_reads_what_was_picked() {
    let repo = guarded();
    repo.write("a.txt", format!("one\n{}\n", key(0)));
    let answers = repo.folder().join("answers");
    std::fs::write(&answers, "y\n").unwrap();
    let mut commit = repo.command("git");
    commit.args(["commit", "-p", "-m", "x"]).stdin(std::fs::File::open(answers).unwrap());
    let said = repo.run(commit);
    assert_ne!(said.code, 0);
    said.says("[aws-access-key-id]");
}

#[test]
fn amend_is_stopped_by_what_the_parents_do_not_have() {
    let repo = guarded();
    repo.commit("old.txt", key(0));
    repo.commit("b.txt", "clean\n");
    repo.stage("a.txt", "more\n");
    repo.git(&["commit", "--amend", "-m", "amended"]).exits(0);
    repo.git(&["commit", "--amend", "--no-edit", "--allow-empty"]).exits(0);
    repo.stage("a.txt", key(0));
    stopped(&repo, &["commit", "--amend", "-m", "x"]);
    // What --no-verify let pass is stopped when its message is mended, and gone when it is taken out.
    repo.git(&["commit", "-qnm", "leak"]).exits(0);
    stopped(&repo, &["commit", "--amend", "-m", "still there"]);
    repo.stage("a.txt", "more\n");
    repo.git(&["commit", "--amend", "--allow-empty", "-m", "gone"]).exits(0);
    // An author or a date of its own, in the same second and later, with something staged and without.
    repo.hooks(&["pre-commit", "prepare-commit-msg"]);
    repo.stage("a.txt", key(0));
    repo.git(&["commit", "-qnm", "leak", "--date", "2001-01-01T00:00:00Z"]).exits(0);
    for staged in ["", "more\n"] {
        repo.stage("c.txt", staged);
        for more in [
            &["--no-edit"][..],
            &["--author", "B <b@x.invalid>", "--no-edit"],
            &["--author", "B <b@x.invalid>", "-m", "new"],
            &["--reset-author", "--no-edit"],
            &["--date", "2002-02-02T00:00:00Z", "--no-edit"],
        ] {
            let mut git = repo.command("git");
            git.env_remove("GIT_COMMITTER_DATE").env_remove("GIT_AUTHOR_DATE");
            git.args(["commit", "--amend"]).args(more);
            repo.run(git).exits(1).says("[aws-access-key-id]");
        }
    }
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]).exits(0);
    // Another author within the second in which it was made, where no other hook is told.
    let quick = TestRepo::new();
    quick.hooks(&["pre-commit"]);
    quick.stage("a.txt", key(0));
    let commit = |more: &[&str]| {
        let mut git = quick.command("git");
        git.env_remove("GIT_COMMITTER_DATE").env_remove("GIT_AUTHOR_DATE");
        git.arg("commit").args(more);
        quick.run(git)
    };
    commit(&["-qnm", "leak"]).exits(0);
    commit(&["--amend", "--author", "B <b@x.invalid>", "-m", "x"]).exits(1);
    // The first commit of all has no parents.
    let first = TestRepo::unborn(&["init", "-q", "-b", "main"]);
    first.hooks(&["pre-commit"]);
    first.stage("a.txt", key(0));
    first.git(&["commit", "-qnm", "leak"]).exits(0);
    stopped(&first, &["commit", "--amend", "-m", "still there"]);
}

#[test]
fn the_first_commit_is_compared_with_nothing() {
    let repo = TestRepo::unborn(&["init", "-q", "-b", "main"]);
    repo.hooks(&["pre-commit"]);
    repo.stage("a.txt", key(0));
    stopped(&repo, &["commit", "-m", "x"]);
    repo.stage("a.txt", "clean\n");
    repo.git(&["commit", "-m", "clean"]).exits(0);
    repo.git(&["checkout", "-q", "--orphan", "other"]).exits(0);
    repo.stage("b.txt", key(0));
    stopped(&repo, &["commit", "-m", "x"]);
}

#[test]
fn a_commit_in_a_merge_is_compared_with_every_parent() {
    let repo = guarded();
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("a.txt", "side\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("a.txt", "main\n");
    let said = repo.git(&["merge", "side"]);
    assert_ne!(said.code, 0, "the merge is to conflict");
    repo.stage("a.txt", format!("main\n{}\n", key(0)));
    stopped(&repo, &["commit", "-m", "x"]);
    repo.stage("a.txt", "main\nside\n");
    repo.git(&["commit", "-m", "merged"]).exits(0);
}

#[test]
fn a_conflicted_merge_brings_no_secret_of_the_other_side_unseen() {
    let repo = guarded();
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("secret.txt", key(0));
    repo.git(&["rm", "-q", "secret.txt"]).exits(0);
    repo.commit_staged("removed again");
    repo.commit("a.txt", "side\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.commit("a.txt", "main\n");
    let _ = repo.git(&["merge", "side"]);
    repo.stage("a.txt", "both\n");
    stopped(&repo, &["commit", "-m", "x"]);
    stopped(&repo, &["merge", "--continue"]);
}

#[test]
fn a_linked_worktree_and_a_subdirectory_read_their_own_index() {
    let repo = guarded();
    let other = repo.folder().join("other");
    repo.git(&["worktree", "add", "-q", other.to_str().unwrap(), "-b", "other"]).exits(0);
    std::fs::write(other.join("a.txt"), key(0)).unwrap();
    for arguments in [&["commit", "-am", "x"][..], &["commit", "-m", "x", "--", "a.txt"]] {
        let said = repo.git_in(&other, arguments);
        assert_ne!(said.code, 0);
        said.says("[aws-access-key-id]");
    }
    repo.write("sub/dir/c.txt", key(0));
    repo.git(&["add", "sub"]).exits(0);
    let said = repo.git_in("sub/dir", &["commit", "-m", "x"]);
    assert_ne!(said.code, 0);
    said.says("sub/dir/c.txt:1:1");
    let mut staged = repo.command(crate::fixture::TIGHTLIP);
    staged.current_dir(repo.root.join("sub")).arg("staged");
    repo.run(staged).exits(1).says("sub/dir/c.txt:1:1");
}

#[test]
fn a_submodule_reads_its_own_index() {
    let repo = guarded();
    let library = TestRepo::new();
    library.commit("lib.txt", "library\n");
    repo.git(&["submodule", "add", "-q", library.root.to_str().unwrap(), "lib"]).exits(0);
    // The link to the submodule's commit is nothing to read.
    repo.git(&["commit", "-m", "with a submodule"]).exits(0);
    repo.tightlip(&["staged", "lib", "a.txt"]).exits(0);
    let hooks = repo.root.join(".git/modules/lib/hooks");
    let hook = std::fs::read_to_string(repo.root.join(".git/hooks/pre-commit")).unwrap();
    library.script(hooks.join("pre-commit"), &hook);
    repo.write("lib/lib.txt", key(0));
    let said = repo.git_in("lib", &["commit", "-am", "x"]);
    assert_ne!(said.code, 0);
    said.says("lib.txt:1:1");
}

#[test]
fn an_index_of_the_users_own_is_the_one_that_is_read() {
    let repo = guarded();
    let index = repo.folder().join("index");
    let with_index = |arguments: &[&str]| {
        let mut git = repo.command("git");
        git.env("GIT_INDEX_FILE", &index).args(arguments);
        repo.run(git)
    };
    with_index(&["read-tree", "HEAD"]).exits(0);
    repo.write("a.txt", key(0));
    with_index(&["add", "a.txt"]).exits(0);
    let said = with_index(&["commit", "-m", "x"]);
    assert_ne!(said.code, 0);
    said.says("[aws-access-key-id]");
    repo.git(&["checkout", "-q", "--", "."]).exits(0);
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn a_separate_git_dir_and_work_tree_are_followed() {
    let repo = guarded();
    repo.write("a.txt", key(0));
    let (git_dir, tree) = (repo.root.join(".git"), repo.root.clone());
    let elsewhere = ["--git-dir", git_dir.to_str().unwrap(), "--work-tree", tree.to_str().unwrap()];
    let said = repo.git_in(repo.folder(), &[&elsewhere[..], &["commit", "-am", "x"]].concat());
    assert_ne!(said.code, 0);
    said.says("[aws-access-key-id]");
}

#[test]
fn only_lines_that_the_commit_adds_stop_it() {
    let repo = guarded();
    repo.commit("old.txt", format!("top\n{}\nbottom\n", key(0)));
    repo.stage("old.txt", format!("new top\n{}\nbottom\nnew bottom\n", key(0)));
    let said = repo.tightlip(&["staged"]).exits(0);
    said.says("1 on older lines");
    repo.stage("old.txt", format!("top\n{}\nbottom\n{}\n", key(0), key(1)));
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1);
    assert_eq!(said.objects("finding")[0]["line"], 4);
}

#[test]
fn a_renamed_file_is_compared_with_what_it_was() {
    let repo = guarded();
    let text = "some line\n".repeat(10);
    repo.commit("old.txt", format!("{text}{}\n", key(0)));
    repo.git(&["mv", "old.txt", "new.txt"]).exits(0);
    repo.tightlip(&["staged"]).exits(0);
    repo.stage("new.txt", format!("{text}{}\nand {}\n", key(0), key(1)));
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1);
    assert_eq!(said.objects("finding")[0]["line"], 12);
}

#[test]
fn an_old_line_is_old_only_where_it_was_reported() {
    let allow = "[[allow]]\nreason = \"made up\"\npaths = [\"fixtures\"]\n";
    let lines = "some line\n".repeat(10);
    let with_key = format!("{lines}{}\n", key(0));
    let repo = TestRepo::new();
    repo.commit(".tightlip.toml", allow);
    repo.commit("fixtures/a.txt", &with_key);
    repo.commit("plain.txt", &lines);
    // Out of a path that is allowed: the same bytes, an edited file, into a file that was there.
    repo.git(&["mv", "fixtures/a.txt", "a.txt"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("a.txt:11");
    repo.stage("a.txt", format!("{with_key}more\n"));
    repo.tightlip(&["staged"]).exits(1).says("a.txt:11");
    repo.git(&["commit", "-qnm", "moved"]).exits(0);
    repo.tightlip(&["history", "HEAD~1..HEAD"]).exits(1).says("a.txt:11");
    // From one path that is not allowed to another, it is old.
    repo.git(&["mv", "a.txt", "b.txt"]).exits(0);
    repo.tightlip(&["staged"]).exits(0).says("1 on older lines");
    repo.stage("b.txt", format!("{with_key}other\n"));
    repo.tightlip(&["staged"]).exits(0).says("1 on older lines");
    // And into one that is allowed, too.
    repo.git(&["mv", "b.txt", "fixtures/b.txt"]).exits(0);
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn what_made_an_old_line_harmless_may_stand_above_it() {
    let repo = TestRepo::new();
    repo.commit("a.py", format!("# tightlip:allow-next-line made up\nk = '{}'\n", key(0)));
    repo.tightlip(&["staged"]).exits(0);
    repo.stage("a.py", format!("# nothing\nk = '{}'\n", key(0)));
    repo.tightlip(&["staged"]).exits(1).says("a.py:2:6");
    // A value that nothing names is no secret until something does.
    let value = made("{alnum:40}");
    repo.commit("b.yml", format!("{value}\n"));
    repo.stage("b.yml", format!("aws_secret_access_key: \\\n{value}\n"));
    repo.tightlip(&["staged"]).exits(1).says("b.yml:2");
    // It stays old where the text around it changes and says as little as before.
    repo.stage("b.yml", format!("values:\n{value}\nand more\n"));
    repo.tightlip(&["staged", "b.yml"]).never_says("b.yml:2");
}

#[test]
fn a_secret_is_paired_with_the_id_that_is_already_committed() {
    let repo = guarded();
    let secret = made("{base64:40}");
    repo.commit("aws.txt", format!("id: {}\n", key(0)));
    repo.stage("aws.txt", format!("id: {}\nkey: {secret}\n", key(0)));
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1).never_says(&secret);
    let found = &said.objects("finding")[0];
    assert_eq!(found["line"], 2);
    assert_eq!(found["confidence"], "high");
    let related = &found["related"][0];
    assert_eq!((&related["rule"], &related["line"]), (&"aws-access-key-id".into(), &1.into()));
}

#[test]
fn an_id_that_is_added_to_a_committed_secret_stops_the_commit() {
    let repo = guarded();
    let secret = format!("aws_secret_access_key = {}\n", made("{base64:40}"));
    repo.commit("aws.txt", &secret);
    repo.stage("aws.txt", format!("{secret}id = {}\n", key(0)));
    stopped(&repo, &["commit", "-m", "x"]);
}

#[test]
fn names_links_and_type_changes_are_read() {
    let repo = guarded();
    repo.stage(format!("backup-{}.txt", key(0)), "clean\n");
    repo.tightlip(&["staged"]).exits(1).says("the name itself").never_says(&key(0));
    repo.git(&["reset", "-q", "--hard"]).exits(0);

    std::os::unix::fs::symlink(key(0), repo.root.join("link")).unwrap();
    repo.git(&["add", "link"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("link:1:1");
    repo.git(&["reset", "-q", "--hard"]).exits(0);

    std::os::unix::fs::symlink("a.txt", repo.root.join("turned")).unwrap();
    repo.git(&["add", "turned"]).exits(0);
    repo.commit_staged("a link");
    std::fs::remove_file(repo.root.join("turned")).unwrap();
    repo.stage("turned", key(0));
    stopped(&repo, &["commit", "-m", "x"]);
}

#[test]
fn attributes_filters_and_zero_bytes_hide_nothing() {
    let repo = guarded();
    for (attributes, bytes) in [
        ("* -diff\n", key(0).into_bytes()),
        ("* binary\n", key(0).into_bytes()),
        ("", [b"a\0b\n".as_slice(), key(0).as_bytes()].concat()),
        ("", key(0).encode_utf16().flat_map(u16::to_le_bytes).collect()),
        (
            "",
            [vec![0xfe, 0xff], key(0).encode_utf16().flat_map(u16::to_be_bytes).collect()].concat(),
        ),
        ("", format!("first\r{}\rlast", key(0)).into_bytes()),
    ] {
        repo.stage(".gitattributes", attributes);
        repo.stage("file", bytes);
        stopped(&repo, &["commit", "-m", "x"]);
        repo.git(&["reset", "-q", "--hard"]).exits(0);
    }
}

#[test]
fn an_old_secret_stays_old_in_a_file_that_git_calls_binary() {
    let repo = guarded();
    repo.stage(".gitattributes", "* -diff\n");
    repo.commit("file", format!("{}\n", key(0)));
    repo.stage("file", format!("{}\nmore\n", key(0)));
    repo.git(&["commit", "-m", "fine"]).exits(0);
}

#[test]
fn what_is_not_committed_does_not_stop_a_commit() {
    let repo = guarded();
    repo.write("intended.txt", key(0));
    repo.git(&["add", "-N", "intended.txt"]).exits(0);
    repo.write("untracked.txt", key(0));
    repo.commit("gone.txt", "clean\n");
    repo.git(&["rm", "-q", "gone.txt"]).exits(0);
    repo.git(&["commit", "-m", "fine"]).exits(0);
}

#[test]
fn files_that_are_named_are_read_whole_where_nothing_of_them_is_staged() {
    let repo = guarded();
    repo.commit("old.txt", format!("{}\n", key(0)));
    repo.tightlip(&["staged"]).exits(0);
    repo.tightlip(&["staged", "a.txt"]).exits(0);
    repo.tightlip(&["staged", "a.txt", "old.txt"]).exits(1).says("old.txt:1:1");
    // With a change staged, its new lines alone count.
    repo.append("old.txt", "more\n");
    repo.git(&["add", "old.txt"]).exits(0);
    repo.tightlip(&["staged", "old.txt"]).exits(0);
}

#[test]
fn names_with_every_odd_byte_are_read() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = guarded();
    let names: [&[u8]; 9] = [
        b"caf\xc3\xa9.txt",
        b"inv\xff.txt",
        b"a\"b",
        b"tab\there",
        b"new\nline",
        b"back\\slash",
        b":colon",
        b"[1]*",
        b" -dash",
    ];
    for name in names {
        std::fs::write(repo.root.join(std::ffi::OsStr::from_bytes(name)), key(0)).unwrap();
    }
    repo.git(&["add", "-A"]).exits(0);
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), names.len());
    let said = repo.tightlip(&["staged"]).exits(1);
    assert!(!said.out.contains("new\nline") && said.out.contains("new\\x0aline"));
    assert!(said.out.contains("inv\\xff.txt"));
}

/// A generator with a fixed seed: each case is the same on every run.
fn random(seed: &mut u64, most: usize) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed % most as u64) as usize
}

#[test]
fn a_hunk_finds_what_its_whole_file_finds_on_those_lines() {
    let secret = made("{base64:40}");
    let lines = [
        "plain".to_owned(),
        key(0),
        format!("id = {} # and {}", key(1), key(2)),
        format!("aws_secret_access_key = {secret}"),
        format!("token: {}", made("{crc:ghp_:30}")),
        made("{pem:RSA PRIVATE KEY}").trim_end().to_owned(),
        "other".to_owned(),
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for case in 0..12 {
        let repo = TestRepo::new();
        let text = |seed: &mut u64| -> Vec<String> {
            (0..random(seed, 9)).map(|_| lines[random(seed, lines.len())].clone()).collect()
        };
        let old = text(&mut seed);
        let mut new = old.clone();
        for line in text(&mut seed) {
            new.insert(random(&mut seed, new.len() + 1), line);
        }
        repo.commit("file", old.join("\n") + "\n");
        repo.stage("file", new.join("\n") + "\n");
        let diff = repo.git(&["diff", "--cached", "-U0", "--diff-algorithm=myers"]).out;
        let added = |line: u64| {
            diff.lines().filter(|hunk| hunk.starts_with("@@")).any(|hunk| {
                let range = hunk.split('+').nth(1).unwrap().split(' ').next().unwrap();
                let (start, count) = range.split_once(',').unwrap_or((range, "1"));
                let (start, count): (u64, u64) = (start.parse().unwrap(), count.parse().unwrap());
                (start..start + count).contains(&line)
            })
        };
        let places = |arguments: &[&str]| -> Vec<(String, u64, u64)> {
            let said = repo.tightlip(arguments);
            let found = said.objects("finding");
            let place = |f: &serde_json::Value| {
                (
                    f["fingerprint"].to_string(),
                    f["line"].as_u64().unwrap(),
                    f["end_line"].as_u64().unwrap(),
                )
            };
            found.iter().map(place).collect()
        };
        let staged: Vec<_> = places(&["staged", "--format", "jsonl"]);
        let whole = places(&["scan", "file", "--format", "jsonl"]);
        // Of two lines that are the same, either may be the one that is new.
        let is_new = |line: u64| {
            let text = new.join("\n");
            let text = text.lines().nth(line as usize - 1).unwrap();
            diff.lines().any(|added| added.strip_prefix('+') == Some(text))
        };
        for (_, line, end) in &staged {
            assert!((*line..=*end).any(is_new), "case {case}: line {line} is old\n{diff}");
        }
        // A secret that pairs with an id is one finding; where only the id is new, it is its own.
        let missing: Vec<_> = whole
            .iter()
            .filter(|(_, line, end)| (*line..=*end).any(added))
            .filter(|found| !staged.iter().any(|staged| staged.0 == found.0))
            .collect();
        assert!(missing.is_empty(), "case {case}: {missing:?} not in {staged:?}\n{diff}");
    }
}

#[test]
fn a_key_added_to_a_file_of_ten_thousand_old_ones_is_found() {
    let repo = TestRepo::new();
    let old = format!("{}\n", key(0)).repeat(6_000);
    repo.commit("keys.txt", format!("{old}{old}"));
    repo.stage("keys.txt", format!("{old}{}\n{old}", key(1)));
    let said = repo.tightlip(&["staged", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1);
    assert_eq!(said.objects("finding")[0]["line"], 6001);
    assert_eq!(said.objects("skipped").len(), 0);
    // New ones are as many as they are.
    repo.stage("keys.txt", format!("{old}{old}{}", old.replace("AKIA", "ASIA").repeat(2)));
    repo.tightlip(&["staged"]).exits(2).says("more than 10000 matches");
}

#[test]
fn staged_names_files_that_the_index_does_not_have() {
    let repo = TestRepo::new();
    repo.write(".gitignore", "ignored.txt\n");
    repo.write("untracked.txt", key(0));
    repo.write("ignored.txt", key(1));
    for name in ["untracked.txt", "ignored.txt", "misspelt.txt"] {
        repo.tightlip(&["staged", name]).exits(2).says(name).says("the index has no such file");
    }
    repo.commit("known.txt", "fine\n");
    repo.tightlip(&["staged", "known.txt"]).exits(0);
    // A file that goes is known, and says nothing of others.
    repo.git(&["rm", "-q", "known.txt"]).exits(0);
    repo.tightlip(&["staged", "known.txt"]).exits(0);
    repo.tightlip(&["staged", "known.txt", "misspelt.txt"])
        .exits(2)
        .says("misspelt.txt")
        .says("the index has no such file");
}

#[test]
fn words_for_no_do_not_skip_a_hook() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    for (value, status) in
        [("0", 1), ("no", 1), ("False", 1), ("off", 1), ("", 1), ("1", 0), ("yes", 0)]
    {
        let mut command = repo.command(env!("CARGO_BIN_EXE_tightlip"));
        command.args(["hook", "pre-commit"]).env("TIGHTLIP_SKIP", value);
        repo.run(command).exits(status);
    }
}

#[test]
fn a_relative_index_file_is_one_from_the_top_of_the_tree() {
    let repo = TestRepo::new();
    repo.commit("sub/x", "x\n");
    repo.stage("a.txt", key(0));
    let mut command = repo.command(env!("CARGO_BIN_EXE_tightlip"));
    command.current_dir(repo.root.join("sub")).arg("staged").env("GIT_INDEX_FILE", ".git/index");
    repo.run(command).exits(1).says("a.txt:1:1");
}

#[test]
fn a_loose_object_that_is_cut_short_is_named_and_ends_the_read() {
    for (file, kept) in [("a.txt", 12), ("a.txt", 30), ("a.txt", 1)] {
        let repo = TestRepo::new();
        repo.stage(file, key(0).repeat(200));
        let id = repo.git(&["rev-parse", &format!(":{file}")]).exits(0).out.trim().to_owned();
        let path = repo.root.join(".git/objects").join(&id[..2]).join(&id[2..]);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bytes[..kept]).unwrap();
        repo.tightlip(&["staged"]).exits(2).says(&id);
    }
}

#[test]
fn a_folder_of_known_keys_may_be_renamed_however_large_it_is() {
    let repo = TestRepo::new();
    for number in 0..300 {
        repo.write(format!("old/{number}.txt"), format!("{} {number}\n", key(number)));
    }
    repo.git(&["add", "-A"]).exits(0);
    repo.commit_staged("known");
    repo.git(&["mv", "old", "new"]).exits(0);
    repo.tightlip(&["staged"]).exits(0);
    repo.write("new/7.txt", format!("{}\n", key(1000)));
    repo.git(&["add", "-A"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("new/7.txt");
}

#[test]
fn archives_are_opened_where_they_are_staged_or_pushed() {
    let repo = TestRepo::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, key(0).as_bytes()).unwrap();
    repo.stage("dump.gz", gzip.finish().unwrap());
    repo.tightlip(&["staged"]).exits(1).says("dump.gz");
    repo.commit_staged("archive");
    let push = format!("refs/heads/main {} refs/heads/main {}\n", repo.head(), "0".repeat(40));
    let said =
        repo.tightlip_with_input(&["hook", "pre-push", "elsewhere", "/nowhere"], push.as_bytes());
    said.exits(1).says("dump.gz");
}

#[test]
fn what_a_pointer_of_lfs_stands_for_is_read_if_it_is_here() {
    let repo = guarded();
    let pointer = |content: &str| {
        use sha2::{Digest as _, Sha256};
        let id: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = format!(".git/lfs/objects/{}/{}", &id[..2], &id[2..4]);
        repo.write(format!("{folder}/{id}"), content);
        let size = content.len();
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {size}\n")
    };
    repo.commit("old.bin", pointer(&format!("{}\n", key(0))));
    // What the file held before is old, in the file that a new pointer stands for, too.
    repo.stage("old.bin", pointer(&format!("{}\nmore\n", key(0))));
    repo.tightlip(&["staged"]).exits(0);
    repo.stage("new.bin", pointer(&format!("\n{}\n", key(1))));
    repo.tightlip(&["staged"]).exits(1).says("new.bin:2:1").never_says("old.bin");
    stopped(&repo, &["commit", "-m", "x"]);
}

/// Six secrets of four kinds in five files, one of them deep, one on a long line.
fn six() -> TestRepo {
    let repo = guarded();
    let pair = |id: &str| {
        let id = made(&format!("{id}{{base32:15}}"));
        format!(
            "[default]\nAWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={}\n",
            made("{base64:40}")
        )
    };
    repo.stage("config/prod.env", pair("AKIAS"));
    repo.stage("deploy/terraform/modules/network/staging.tfvars", pair("AKIAT"));
    repo.stage(".github/deploy.yml", format!("token: {}\n", made("{crc:ghp_:30}")));
    repo.stage(
        "src/notify.py",
        made("URL = 'https://hooks.slack.com/services/T{upnum:10}/B{upnum:10}/{alnum:24}'\n"),
    );
    let long = format!("{} key = '{}' {}\n", "before ".repeat(40), key(3), "after ".repeat(40));
    repo.stage("src/long.js", long + &key(4) + "\n");
    repo
}

fn commit_on(repo: &TestRepo, columns: Option<&str>) -> crate::fixture::Ran {
    let mut commit = repo.command("git");
    commit.args(["commit", "-qm", "x"]).envs(columns.map(|columns| ("COLUMNS", columns)));
    repo.run(commit)
}

#[test]
fn a_stopped_commit_says_first_what_to_do_and_six_findings_fit_a_screen() {
    let repo = six();
    let said = commit_on(&repo, Some("80"));
    assert_ne!(said.code, 0);
    let lines: Vec<&str> = said.err.lines().collect();
    assert!(
        lines[0].starts_with("tightlip: nothing was committed; take these lines out"),
        "{}",
        said.err
    );
    // The shell's prompt needs a line, too.
    assert!(lines.len() <= 23, "{} lines:\n{}", lines.len(), said.err);
    let said = said.says("config/prod.env:3:23: AWS secret access key [aws-secret-access-key]");
    let said = said.says("with AWS access key id on line 2").says("[github-personal-access-token]");
    let said = said.says("key = 'AKIA********'").says("`tightlip advice`").says("TIGHTLIP_SKIP=1");
    said.says("say why on its line: `tightlip:allow <why>`");
}

#[test]
fn a_report_fits_every_width_and_loses_nothing() {
    let repo = six();
    // Lines of files are cut, and the time that a run takes is another each time.
    let whole = commit_on(&repo, None).err;
    let lines = whole.lines().filter(|line| !line.contains(" | ") && !line.contains(" ms"));
    let all: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    assert!(all.contains(&"[slack-webhook]") && all.contains(&"account"), "{whole}");
    for width in [40_usize, 60, 80, 120] {
        let said = commit_on(&repo, Some(&width.to_string()));
        assert_eq!(said.err.matches("no secret? tightlip allow ").count(), 6);
        for line in said.err.lines() {
            // A command is one line to paste, and a path is never broken.
            let is_whole = line.contains("tightlip allow ") || line.trim().split(' ').count() == 1;
            assert!(line.chars().count() <= width || is_whole, "{width}: {line}");
        }
        let is_lost = |word: &&str| !said.err.contains(word);
        let lost = all.iter().map(|word| word.trim_end_matches(';')).filter(is_lost);
        // The account helps only later; the rule's id says what its description does.
        let is_spared = |word: &&str| {
            let is_account = word.bytes().all(|byte| byte.is_ascii_digit()) || *word == "account";
            is_account || "GitHub personal access token Slack incoming webhook URL".contains(word)
        };
        let lost: Vec<&str> = lost.filter(|word| !is_spared(word)).collect();
        assert!(lost.is_empty(), "{width}: {lost:?}");
    }
}

#[test]
fn a_refused_push_names_the_commit_behind_each_line() {
    let repo = six();
    repo.hooks(&["pre-push"]);
    repo.git(&["commit", "-qnm", "leak"]).exits(0);
    let remote = repo.folder().join("remote.git");
    repo.git(&["init", "-q", "--bare", remote.to_str().unwrap()]).exits(0);
    let commit = repo.git(&["rev-parse", "HEAD"]).out;
    let mut push = repo.command("git");
    push.args(["push", remote.to_str().unwrap(), "main"]).env("COLUMNS", "80");
    let said = repo.run(push);
    assert_ne!(said.code, 0);
    assert_eq!(said.err.matches(&format!("commit {}", &commit[..12])).count(), 6, "{}", said.err);
    let long = said.err.lines().find(|line| line.contains("key = '")).unwrap();
    assert!(long.contains("= commit ") && long.chars().count() <= 80, "{long}");
    said.says("nothing was pushed; rewrite the commits that hold it");
}

#[test]
fn a_refused_push_of_six_pairs_fits_a_screen() {
    let repo = TestRepo::new();
    repo.hooks(&["pre-push"]);
    for number in 0..6 {
        let pair = made("id = AKIA{base32:16}\naws_secret_access_key = {base64:40}\n");
        repo.stage(format!("service-{number}/dev.ini"), pair);
    }
    repo.git(&["commit", "-qnm", "leak"]).exits(0);
    let remote = repo.folder().join("remote.git");
    repo.git(&["init", "-q", "--bare", remote.to_str().unwrap()]).exits(0);
    let mut push = repo.command("git");
    push.args(["push", remote.to_str().unwrap(), "main"]).env("COLUMNS", "80");
    let said = repo.run(push);
    assert_ne!(said.code, 0);
    let commit = format!(" in commit {}", &repo.head()[..12]);
    assert_eq!(said.err.matches(&commit).count(), 6, "{}", said.err);
    assert_eq!(said.err.matches("= with AWS access key id on line 1").count(), 6, "{}", said.err);
    assert!(said.err.lines().count() <= 24, "{}", said.err);
}

#[test]
fn a_single_finding_is_told_with_what_to_do_about_it() {
    let repo = guarded();
    repo.stage("a.txt", format!("id = {}\n", key(0)));
    let said = commit_on(&repo, Some("80"));
    assert!(said.err.lines().count() <= 20, "{}", said.err);
    let places: Vec<usize> =
        ["nothing was committed", "a.txt:1:6", "1 | id = ", "-> Deactivate", "no secret?"]
            .iter()
            .map(|part| said.err.find(part).unwrap_or_else(|| panic!("{part} in {}", said.err)))
            .collect();
    assert!(places.is_sorted(), "{}", said.err);
    // Machines get no prose in their report, and people are told beside it.
    let said = repo.tightlip(&["hook", "pre-commit", "--format", "jsonl"]).exits(1);
    assert!(
        said.err.contains("\"type\":\"finding\"") && said.err.contains("nothing was committed")
    );
}

#[test]
fn a_secret_alone_is_paired_with_the_only_key_id_of_its_commit() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    let secret = made("key = {base64:40}\n");
    let value = secret.trim().trim_start_matches("key = ").to_owned();
    repo.stage("store.ini", &secret);
    // By itself it may be anybody's.
    repo.tightlip(&["staged", "--rule", "aws-possible-secret-key"]).exits(0);
    repo.stage("deploy.env", format!("\nID={}\n", key(0)));
    let said = repo.tightlip(&["staged"]).exits(1);
    said.says("[aws-access-key-id]")
        .says("[aws-possible-secret-key]")
        .says(" in deploy.env on line 2")
        .never_says(&value)
        .never_says("[generic-key]");
    let said = repo.tightlip(&["staged", "--format", "jsonl"]);
    let found = said.objects("finding");
    let half = found.iter().find(|one| one["rule"] == "aws-possible-secret-key").unwrap();
    assert_eq!(half["confidence"], "high");
    assert_eq!(
        (&half["related"][0]["path"], &half["related"][0]["line"]),
        (&"deploy.env".into(), &2.into())
    );
    assert_eq!(found[0]["path"], "deploy.env", "in the order of paths");
}

#[test]
fn a_secret_alone_is_not_paired_where_two_key_ids_could_be_its_own() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.stage("store.ini", made("key = {base64:40}\n"));
    repo.stage("one.env", format!("ID={}\n", key(0)));
    repo.stage("two.env", format!("ID={}\n", key(1)));
    let said = repo.tightlip(&["staged"]).exits(1);
    said.says("[aws-access-key-id]").never_says("[aws-possible-secret-key]");
}

#[test]
fn a_secret_that_its_commit_pairs_is_the_one_of_another_file() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    // A whole pair, an id alone, a secret alone.
    let pair = made("aws_access_key_id=AKIA{base32:16}\naws_secret_access_key={base64:40}\n");
    repo.stage("both.env", pair);
    repo.stage("id.env", format!("ID={}\n", key(2)));
    repo.stage("secret.env", made("AWS_SECRET_ACCESS_KEY={base64:40}\n"));
    let found = repo.tightlip(&["staged", "--format", "jsonl"]).objects("finding");
    let of = |path: &str| found.iter().find(|one| one["path"] == path).unwrap();
    assert_eq!(of("both.env")["related"][0]["path"], "both.env");
    assert_eq!(of("secret.env")["related"][0]["path"], "id.env");
}
