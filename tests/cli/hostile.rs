//! Damage and malice: everything that cannot be read is named, and nothing is executed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::fixture::{TestRepo, key, made};

/// The file of a loose object.
fn loose(repo: &TestRepo, revision: &str) -> std::path::PathBuf {
    let id = repo.git(&["rev-parse", revision]).exits(0).out.trim().to_owned();
    repo.root.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Makes a read-only object file something else.
fn damage(path: &std::path::Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_or_missing_object_is_named_and_the_rest_is_scanned() {
    for damaged in [Some(&b"garbage"[..]), Some(b""), None] {
        let repo = TestRepo::new();
        repo.stage("bad.txt", "bad\n");
        repo.stage("good.txt", key(0));
        let path = loose(&repo, ":bad.txt");
        match damaged {
            Some(bytes) => damage(&path, bytes),
            None => fs::remove_file(&path).unwrap(),
        }
        let id = format!(
            "{}{}",
            path.parent().unwrap().file_name().unwrap().to_str().unwrap(),
            path.file_name().unwrap().to_str().unwrap()
        );
        repo.tightlip(&["staged"]).exits(2).says("good.txt:1:1").says("bad.txt").says(&id);
        repo.tightlip(&["hook", "pre-commit"]).exits(2).says(&id);
    }
}

#[test]
fn a_damaged_index_head_or_tree_is_an_error() {
    let repo = TestRepo::new();
    repo.commit("sub/a.txt", "one\n");
    repo.stage("b.txt", key(0));
    let index = fs::read(repo.root.join(".git/index")).unwrap();
    for bytes in
        [&b"garbage"[..], &index[..index.len() / 2], &[&index[..20], &index[24..]].concat()]
    {
        fs::write(repo.root.join(".git/index"), bytes).unwrap();
        repo.tightlip(&["staged"]).exits(2).says("index");
    }
    fs::write(repo.root.join(".git/index"), &index).unwrap();
    repo.tightlip(&["staged"]).exits(1);
    let head = fs::read(repo.root.join(".git/HEAD")).unwrap();
    for bytes in [&b"garbage"[..], b""] {
        fs::write(repo.root.join(".git/HEAD"), bytes).unwrap();
        repo.tightlip(&["staged"]).exits(2);
    }
    fs::write(repo.root.join(".git/HEAD"), head).unwrap();
    fs::remove_file(loose(&repo, "HEAD^{tree}")).unwrap();
    repo.tightlip(&["staged"]).exits(2);
}

#[test]
fn a_broken_ref_hides_nothing_from_a_server() {
    let repo = TestRepo::new();
    repo.commit("a.txt", "one\n");
    repo.git(&["checkout", "-q", "--detach"]).exits(0);
    repo.commit("secret.txt", key(0));
    let (head, zero) = (repo.head(), "0".repeat(40));
    repo.write(".git/refs/heads/bad", "garbage\n");
    repo.git(&["checkout", "-q", "main"]).exits(0);
    let line = format!("{zero} {head} refs/heads/new\n");
    let said = repo.tightlip_with_input(&["hook", "pre-receive"], line.as_bytes());
    assert_ne!(said.code, 0);
    said.says("secret.txt:1:1");
}

#[test]
fn nothing_that_a_repository_names_is_executed() {
    for format in ["sha1", "sha256"] {
        let repo = TestRepo::made_by(&["init", "-q", "-b", "main", "--object-format", format]);
        let marker = repo.folder().join("executed");
        let evil = repo.folder().join("evil.sh");
        repo.script(&evil, &format!("#!/bin/sh\ntouch '{}'\n", marker.display()));
        let evil = evil.to_str().unwrap();
        repo.stage("a.txt", key(0));
        repo.stage(".gitattributes", "* diff=evil filter=evil\n");
        for key in [
            "core.fsmonitor",
            "core.pager",
            "core.sshCommand",
            "diff.external",
            "diff.evil.textconv",
            "diff.evil.command",
            "filter.evil.smudge",
            "core.editor",
        ] {
            repo.git(&["config", key, evil]).exits(0);
        }
        repo.git(&["config", "core.hooksPath", repo.folder().to_str().unwrap()]).exits(0);
        repo.tightlip(&["staged"]).exits(1);
        repo.tightlip(&["staged", "a.txt"]).exits(1);
        repo.tightlip(&["scan"]).exits(1);
        let (head, zero) = (repo.head(), "0".repeat(repo.head().len()));
        let line = format!("x {head} refs/heads/x {zero}\n");
        let _ = repo.tightlip_with_input(&["hook", "pre-push", "o", "u"], line.as_bytes());
        assert!(!marker.exists(), "{format}");
    }
}

#[test]
fn nothing_is_written_into_the_repository() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    repo.write("untracked.txt", "x\n");
    let state = || {
        let mut find = repo.command("find");
        find.args([".", "-printf", "%p %s %T@ %A@\\n", "-path", "./.git/*"]);
        let mut lines: Vec<String> =
            repo.run(find).out.lines().map(|l| l.rsplit_once(' ').unwrap().0.to_owned()).collect();
        lines.sort();
        lines
    };
    let before = state();
    let _ =
        (repo.tightlip(&["staged"]), repo.tightlip(&["scan"]), repo.tightlip(&["rules", "check"]));
    assert_eq!(state(), before);
}

#[test]
fn control_characters_of_names_and_lines_never_reach_the_terminal() {
    let repo = TestRepo::new();
    repo.stage("\x1b[2Jname\u{202e}.txt", format!("\x1b]0;title\x07 {}\n", key(0)));
    let said = repo.tightlip(&["staged"]).exits(1);
    assert!(
        !said.out.contains('\x1b') && !said.out.contains('\u{202e}') && !said.out.contains('\x07')
    );
    let said = repo.tightlip(&["staged", "--format", "json"]).exits(1);
    assert!(!said.out.contains('\x1b'));
}

#[test]
fn errors_show_no_token() {
    let repo = TestRepo::new();
    repo.stage("a.txt", "clean\n");
    let token = key(0);
    let path = format!("no/{token}");
    for arguments in [
        &["message", &path][..],
        &["--config", &path, "staged"],
        &["--baseline", &path, "staged"],
        &["--rule", &token, "staged"],
        &["--output", &path, "staged"],
        &["--format", &token, "staged"],
        &["--max-object-bytes", &token, "staged"],
        &["hook", &token],
        &[&token],
        &["scan", &path],
        &["staged", &path],
        &["history", &token],
        &["why", &format!("{path}:1")],
        &["rules", "show", &token],
    ] {
        repo.tightlip(arguments).exits(2).says("AKIA********").never_says(&token);
    }
    let push = format!("junk {token}\n");
    let said = repo.tightlip_with_input(&["hook", "pre-push", "origin", "x"], push.as_bytes());
    said.exits(2).never_says(&token);
    for config in [
        format!("[[rule]]\nid = '{token}'\ndescription = 'x'\npattern = '('\n"),
        format!("disable = ['{token}']\n"),
        format!("{token} = 1\n"),
        format!("[[allow]]\nreason = 'x'\nrules = ['{token}']\npaths = ['a/b']\n"),
        format!("[[rule]]\nid = 'x'\ndescription = 'x'\npattern = 'abcd'\nmatches = ['{token}']\n"),
    ] {
        repo.write(".tightlip.toml", &config);
        for command in [&["staged"][..], &["rules", "check"], &["doctor"], &["audit", "-v"]] {
            repo.tightlip(command).never_says(&token);
        }
    }
}

#[test]
fn a_file_of_refs_without_an_id_is_named() {
    for text in ["junk\n", "", "0123\n"] {
        let repo = TestRepo::new();
        repo.commit("a.txt", "clean\n");
        repo.write(".git/refs/heads/topic/broken", text);
        repo.write(".git/refs/heads/x.lock", "");
        repo.git(&["symbolic-ref", "refs/heads/unborn", "refs/heads/nothing"]).exits(0);
        let said = repo.tightlip(&["history"]).exits(2).says("refs/heads/topic/broken");
        said.never_says("x.lock").never_says("unborn");
    }
}

#[test]
fn an_object_above_the_limit_is_named() {
    let repo = TestRepo::new();
    repo.stage("large.bin", "x".repeat(5000));
    repo.stage("a.txt", key(0));
    let said = repo.tightlip(&["staged", "--max-object-bytes", "1000"]).exits(2);
    said.says("large.bin").says("5000 bytes").says("a.txt:1:1");
    repo.write(".tightlip.toml", "[[allow]]\nreason = 'a picture'\npaths = ['*.bin']\n");
    repo.tightlip(&["staged", "--max-object-bytes", "1000"]).exits(1).says("a picture");
}

#[test]
fn a_very_long_line_is_bounded_in_the_report() {
    let repo = TestRepo::new();
    let line = format!("{} {} {}", "x".repeat(5_000_000), key(0), "y".repeat(5_000_000));
    repo.stage("long.txt", line);
    let said = repo.tightlip(&["staged"]).exits(1).says("long.txt:1:5000002").says("...");
    assert!(said.out.len() < 2000);
}

#[test]
fn more_matches_than_can_be_listed_are_incomplete_not_silent() {
    let repo = TestRepo::new();
    let all: String =
        (0..10_050).map(|n| made(&format!("AKIA{{base32:16}}{}\n", "{}".repeat(n % 40)))).collect();
    repo.stage("all.txt", all);
    repo.tightlip(&["staged", "--format", "jsonl"]).exits(2).says("more than 10000 matches");
}

#[test]
fn a_pathological_pattern_ends() {
    let repo = TestRepo::new();
    repo.write(
        ".tightlip.toml",
        "[[rule]]\nid = 'slow'\npattern = '(a+)+$x'\nmax_bytes = 100000\n",
    );
    repo.stage("a.txt", "a".repeat(200_000));
    repo.tightlip(&["staged"]).exits(0);
}

#[test]
fn a_tree_with_odd_modes_hides_nothing_from_a_push() {
    use std::io::Write as _;
    let repo = TestRepo::new();
    repo.write("secret", key(0));
    let blob = repo.git(&["hash-object", "-w", "secret"]).out;
    let raw_id = |hex: &str| -> Vec<u8> {
        let hex = hex.trim();
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    };
    let tree = |entry: &str, id: &str| {
        let file = repo.folder().join("tree");
        let mut out = fs::File::create(&file).unwrap();
        out.write_all(entry.as_bytes()).unwrap();
        out.write_all(&[&b"\0"[..], &raw_id(id)].concat()).unwrap();
        repo.git(&["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()])
            .exits(0)
            .out
    };
    for (mode, of_file) in [("40755", "100664"), ("40000", "100777"), ("040000", "120644")] {
        let inner = tree(&format!("{of_file} s"), &blob);
        let outer = tree(&format!("{mode} dir"), &inner);
        let commit = repo.git(&["commit-tree", "-m", "odd", outer.trim()]).exits(0).out;
        let line = format!("x {} refs/heads/x {}\n", commit.trim(), "0".repeat(40));
        let said = repo.tightlip_with_input(&["hook", "pre-push", "o", "u"], line.as_bytes());
        said.exits(1).says("dir/s:1:1");
    }
    // A file that is a tree in truth is not passed over.
    let inner = tree("100644 s", &blob);
    let outer = tree("100644 file", &inner);
    let commit = repo.git(&["commit-tree", "-m", "odd", outer.trim()]).out;
    let line = format!("x {} refs/heads/x {}\n", commit.trim(), "0".repeat(40));
    repo.tightlip_with_input(&["hook", "pre-push", "o", "u"], line.as_bytes())
        .exits(2)
        .says("file");
}

#[test]
fn a_changed_directory_of_a_sparse_index_is_read() {
    let repo = TestRepo::new();
    for path in ["in/a", "out/a", "out/deep/b"] {
        repo.write(path, "one\n");
    }
    repo.git(&["add", "."]).exits(0);
    repo.commit_staged("base");
    repo.git(&["checkout", "-q", "-b", "side"]).exits(0);
    repo.commit("out/deep/b", key(0));
    repo.git(&["checkout", "-q", "main"]).exits(0);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]).exits(0);
    repo.git(&["reset", "-q", "--hard", "side"]).exits(0);
    repo.git(&["reset", "-q", "--soft", "HEAD~1"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("out/deep/b:1:1");
}

#[test]
fn a_config_file_that_is_no_file_is_an_error() {
    let repo = TestRepo::new();
    std::os::unix::fs::symlink("/dev/zero", repo.root.join(".tightlip.toml")).unwrap();
    repo.tightlip(&["staged"]).exits(2).says("not a regular file");
}

/// A loose object as it is stored, of any name, type and declared size.
fn put_loose(repo: &TestRepo, id: &str, header: &str, bytes: &[u8]) {
    use std::io::Write as _;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(format!("{header}\0").as_bytes()).unwrap();
    packed.write_all(bytes).unwrap();
    repo.write(format!(".git/objects/{}/{}", &id[..2], &id[2..]), packed.finish().unwrap());
}

#[test]
fn a_loose_object_cut_at_any_byte_ends_the_scan_with_a_name() {
    let repo = TestRepo::new();
    repo.commit("cut.txt", "some words that are stored compressed\n");
    repo.stage("cut.txt", "other words that are stored compressed\n");
    repo.stage("good.txt", key(0));
    // The older version of a file in which nothing is found is not read.
    for revision in [":cut.txt", "HEAD^{tree}"] {
        let path = loose(&repo, revision);
        let whole = fs::read(&path).unwrap();
        for left in [1, 2, 12, whole.len() / 2, whole.len() - 4, whole.len() - 1] {
            damage(&path, &whole[..left]);
            repo.tightlip(&["staged"]).exits(2);
        }
        damage(&path, &whole);
    }
    repo.tightlip(&["staged"]).exits(1).says("good.txt");
}

#[test]
fn loose_objects_that_lie_about_type_or_size_are_named() {
    let id = "11".repeat(20);
    for header in ["blub 3", "blob 4", "blob 2", "blob 99999999999", "blob -3", "blob", "blob x"] {
        let repo = TestRepo::new();
        repo.stage("good.txt", key(0));
        put_loose(&repo, &id, header, b"abc");
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},bad")]).exits(0);
        repo.tightlip(&["staged"]).exits(2).says("good.txt:1:1").says(&id);
    }
}

/// The pack of a repository with everything in it, writable.
fn only_pack(repo: &TestRepo, depth: &str) -> std::path::PathBuf {
    repo.git(&["repack", "-q", "-a", "-d", depth]).exits(0);
    let files = fs::read_dir(repo.root.join(".git/objects/pack")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    files.find(|path| path.extension().is_some_and(|end| end == "pack")).unwrap()
}

/// Where an object begins in a pack.
fn offset_in(repo: &TestRepo, pack: &std::path::Path, id: &str) -> usize {
    let listed = repo.git(&["verify-pack", "-v", pack.to_str().unwrap()]).exits(0).out;
    let line = listed.lines().find(|line| line.starts_with(id)).unwrap();
    line.split_whitespace().nth(4).unwrap().parse().unwrap()
}

#[test]
fn packed_objects_of_unknown_type_or_broken_content_are_named_and_the_rest_is_found() {
    let repo = TestRepo::new();
    repo.commit("good.txt", key(1));
    repo.commit("bad.txt", "other words\n");
    let id = repo.git(&["rev-parse", "HEAD:bad.txt"]).out.trim().to_owned();
    let pack = only_pack(&repo, "--depth=0");
    let at = offset_in(&repo, &pack, &id);
    let whole = fs::read(&pack).unwrap();
    repo.stage("staged.txt", key(0));
    for (place, mask) in [(at, 0x50), (at, 0x70), (at, 0x01), (at + 2, 0xff), (at + 4, 0xff)] {
        let mut bytes = whole.clone();
        bytes[place] = match mask {
            0x50 | 0x70 => bytes[place] & 0x8f | mask,
            flip => bytes[place] ^ flip,
        };
        damage(&pack, &bytes);
        repo.tightlip(&["history"]).exits(2).says("good.txt").says(&id);
        // A staged change of the damaged file needs its older version.
        repo.stage("bad.txt", "third words\n");
        repo.tightlip(&["staged"]).says("staged.txt:1:1");
    }
    damage(&pack, &whole);
    repo.tightlip(&["history"]).exits(1);
}

#[test]
fn a_damaged_copy_gives_way_to_a_whole_one() {
    let repo = TestRepo::new();
    repo.stage("a.txt", key(0));
    let path = loose(&repo, ":a.txt");
    let whole = fs::read(&path).unwrap();
    repo.commit_staged("a");
    only_pack(&repo, "--depth=0");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, &whole[..whole.len() - 4]).unwrap();
    repo.tightlip(&["history"]).exits(1).says("a.txt");
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]).out;
    assert!(!tree.trim().is_empty());
    repo.git(&["update-ref", "-d", "HEAD"]).exits(0);
    repo.tightlip(&["staged"]).exits(1).says("a.txt:1:1");
}

#[test]
fn deltas_in_a_circle_end_and_are_named() {
    use sha1::{Digest as _, Sha1};
    let sum = |bytes: &[u8]| Sha1::digest(bytes).to_vec();
    // One object made from itself; two, each made from the other.
    for count in [1_u8, 2] {
        let repo = TestRepo::new();
        let ids: Vec<[u8; 20]> = (1..=count).map(|at| [at; 20]).collect();
        // A delta from four bytes to four bytes: copy four from the beginning.
        let mut delta = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut delta, &[4, 4, 0x90, 4]).unwrap();
        let delta = delta.finish().unwrap();
        let mut pack = [&b"PACK"[..], &[0, 0, 0, 2, 0, 0, 0, count]].concat();
        let mut offsets = Vec::new();
        for at in 0..ids.len() {
            offsets.extend((pack.len() as u32).to_be_bytes());
            pack.push(7 << 4 | 4);
            pack.extend(ids[(at + 1) % ids.len()]);
            pack.extend(&delta);
        }
        let pack_sum = sum(&pack);
        pack.extend(&pack_sum);
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..=255_u8 {
            index.extend(u32::from(first.min(count)).to_be_bytes());
        }
        index.extend(ids.concat());
        index.extend(vec![0; ids.len() * 4]);
        index.extend(offsets);
        index.extend(&pack_sum);
        index.extend(sum(&index));
        repo.write(".git/objects/pack/pack-x.pack", pack);
        repo.write(".git/objects/pack/pack-x.idx", index);
        let id = "01".repeat(20);
        repo.stage("good.txt", key(0));
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},bad")]).exits(0);
        repo.tightlip(&["staged"]).exits(2).says("good.txt:1:1").says(&id);
        repo.tightlip(&["history"]).exits(2);
    }
}

#[test]
fn commits_whose_parents_lead_in_a_circle_are_named_and_read() {
    let repo = TestRepo::new();
    repo.commit("a", key(1));
    let first = repo.head();
    repo.commit("b", key(2));
    let second = repo.head();
    // A loose object says what its file's name is worth: the first commit is given the second one as its parent.
    let text = repo.git(&["cat-file", "commit", &first]).exits(0).out;
    let (tree, rest) = text.split_once('\n').unwrap();
    let forged = format!("{tree}\nparent {second}\n{rest}");
    let raw = format!("commit {}\0{forged}", forged.len());
    let file = repo.root.join(format!(".git/objects/{}/{}", &first[..2], &first[2..]));
    std::fs::remove_file(&file).unwrap();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, raw.as_bytes()).unwrap();
    std::fs::write(&file, packed.finish().unwrap()).unwrap();
    let said = repo.tightlip(&["history", "--reveal", "--no-checkpoint"]).exits(2);
    said.says("its parents lead in a circle").says(&key(1)).says(&key(2));
}
