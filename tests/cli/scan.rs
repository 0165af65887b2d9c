//! Files, directories and pipes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::fixture::{Ran, TestRepo, key, made};

#[test]
fn a_directory_is_walked_hidden_files_too() {
    let repo = TestRepo::new();
    repo.write("a/b/.hidden/c.txt", key(0));
    repo.write(".env", key(1));
    repo.write("clean.txt", "clean\n");
    let said = repo.tightlip(&["scan", "--format", "jsonl"]).exits(1);
    let paths: Vec<_> = said.objects("finding").iter().map(|f| f["path"].to_string()).collect();
    assert_eq!(paths, ["\".env\"", "\"a/b/.hidden/c.txt\""]);
    assert_eq!(said.objects("summary")[0]["blobs"], 3);
}

#[test]
fn ignored_files_are_counted_and_read_when_asked_for() {
    let repo = TestRepo::new();
    repo.write(".gitignore", "*.log\nbuild/\n!keep.log\n");
    repo.write("sub/.gitignore", "local.txt\n");
    repo.write(".git/info/exclude", "excluded.txt\n");
    for path in ["x.log", "build/y.txt", "sub/local.txt", "excluded.txt", "sub/keep.log"] {
        repo.write(path, key(0));
    }
    let said = repo.tightlip(&["scan", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 1, "{said:?}");
    assert_eq!(said.objects("finding")[0]["path"], "sub/keep.log");
    said.says("4 ignored files and directories");
    let said = repo.tightlip(&["scan", "--no-ignore", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding").len(), 5);
    // However a directory is written.
    for written in ["./", ".//", "sub", "sub/", "sub//", "./sub/.", "sub/../sub"] {
        let said = repo.tightlip(&["scan", written, "--format", "jsonl"]).exits(1);
        assert_eq!(said.objects("finding").len(), 1, "{written}: {said:?}");
    }
    // Named by itself, an ignored file is read.
    repo.tightlip(&["scan", "x.log"]).exits(1);
}

#[test]
fn the_users_own_ignore_file_is_the_one_of_git() {
    let repo = TestRepo::new();
    repo.write("a.own", key(0));
    let found = || repo.tightlip(&["scan", "--format", "jsonl"]).objects("finding").len();
    assert_eq!(found(), 1);
    let ignore = repo.home().join(".config/git/ignore");
    std::fs::create_dir_all(ignore.parent().unwrap()).unwrap();
    std::fs::write(&ignore, "*.own\n").unwrap();
    assert_eq!(found(), 0);
    // Git's configuration names another one.
    std::fs::write(repo.home().join("ignored"), "*.other\n").unwrap();
    repo.git(&["config", "core.excludesFile", "~/ignored"]).exits(0);
    assert_eq!(found(), 1);
    std::fs::write(repo.home().join("ignored"), "a.*\n").unwrap();
    assert_eq!(found(), 0);
}

#[test]
fn a_key_as_long_as_a_secret_of_aws_is_found_as_a_key() {
    let repo = TestRepo::new();
    for (name, rule) in [
        ("API_KEY", "generic-key"),
        ("ENCRYPTION_KEY", "generic-key"),
        ("CLOUDFLARE_API_KEY", "cloudflare-api-token"),
    ] {
        let text = tightlip::rule::expand(&format!("{name}={{alnum:40}}\n")).unwrap();
        repo.write("settings", &text);
        let said = repo.tightlip(&["scan", "settings", "--format", "jsonl"]).exits(1);
        let rules: Vec<_> = said.objects("finding").iter().map(|f| f["rule"].clone()).collect();
        assert_eq!(rules, [rule], "{name}");
    }
}

#[test]
fn standard_input_is_read_to_its_end() {
    let repo = TestRepo::new();
    let text = format!("{}{}\n", "line\n".repeat(4_000_000), key(0));
    repo.tightlip_with_input(&["scan", "-"], text.as_bytes())
        .exits(1)
        .says("(standard input):4000001:1");
    repo.tightlip_with_input(&["scan", "-"], b"").exits(0);
}

#[test]
fn a_secret_across_the_cut_of_a_large_file_is_found_once() {
    let repo = TestRepo::new();
    let cut = (16 << 20) - (128 << 10);
    for before in [cut - 40, cut - 10, cut, cut + 10, (16 << 20) - 10, 16 << 20] {
        let mut bytes = vec![b'.'; before];
        bytes.push(b'\n');
        bytes.extend(key(0).bytes());
        bytes.extend(vec![b'.'; 2 << 20]);
        repo.write("large", &bytes);
        let said = repo.tightlip(&["scan", "large", "--format", "jsonl"]).exits(1);
        let found = said.objects("finding");
        assert_eq!(found.len(), 1, "{before}");
        assert_eq!((&found[0]["line"], &found[0]["column"]), (&2.into(), &1.into()), "{before}");
    }
}

#[test]
fn what_cannot_be_read_is_named_and_ends_in_2() {
    let repo = TestRepo::new();
    repo.write("a.txt", key(0));
    repo.tightlip(&["scan", "no-such-file"]).exits(2).says("no-such-file");
    repo.tightlip(&["scan", "a.txt", "no-such-file"]).exits(2);
    std::os::unix::fs::symlink("nowhere", repo.root.join("dangling")).unwrap();
    repo.tightlip(&["scan", "dangling"]).exits(0);
    repo.write("locked/b.txt", "b\n");
    fs::set_permissions(repo.root.join("locked/b.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads everything.
    if fs::read(repo.root.join("locked/b.txt")).is_err() {
        repo.tightlip(&["scan", "locked"]).exits(2).says("locked/b.txt");
    }
}

#[test]
fn links_are_read_as_text_and_not_followed() {
    let repo = TestRepo::new();
    let outside = repo.folder().join("outside");
    fs::write(&outside, key(0)).unwrap();
    std::os::unix::fs::symlink(&outside, repo.root.join("link")).unwrap();
    repo.tightlip(&["scan"]).exits(0);
    std::os::unix::fs::symlink(key(1), repo.root.join("telling")).unwrap();
    repo.tightlip(&["scan"]).exits(1).says("telling:1:1");
}

#[test]
fn lines_of_wide_text_are_counted_in_characters() {
    let repo = TestRepo::new();
    let text = format!("\u{4e0a}\u{0a01}\u{010a}\r\n\u{4e0a}\nid = {}\n", key(0));
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (bytes, column) in [(little, 11), (big, 12)] {
        repo.write("wide.txt", bytes);
        let said = repo.tightlip(&["scan", "wide.txt", "--format", "jsonl"]).exits(1);
        let found = &said.objects("finding")[0];
        assert_eq!((&found["line"], &found["column"]), (&3.into(), &column.into()));
    }
}

#[test]
fn wide_text_may_end_with_a_secret() {
    let repo = TestRepo::new();
    let text = format!("\u{4e0a}\u{0a01}\u{010a}\r\nid = {}", key(0).trim_end());
    repo.write("wide.txt", text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    let said = repo.tightlip(&["scan", "wide.txt", "--format", "jsonl"]).exits(1);
    assert_eq!(said.objects("finding")[0]["line"], 2);
}

#[test]
fn allows_in_wide_text_count() {
    let repo = TestRepo::new();
    let key = key(0);
    repo.write(
        ".tightlip.toml",
        "[[allow]]\nreason = 'fixtures'\nline_patterns = ['^of the fixture ']\n",
    );
    for (text, exit) in [
        (format!("one\nid = {key} # tightlip:allow k\u{f6}nnte fehlen\r\n"), 0),
        (format!("one\n# tightlip:allow-next-line revoked in May\r\nid = {key}\r\n"), 0),
        (format!("one\nof the fixture \u{17e}: {key}\n"), 0),
        (format!("id = {key}\n# tightlip:allow this line\n"), 1),
        (format!("# tightlip:allow-next-line revoked\n\nid = {key}\n"), 1),
    ] {
        let utf16: Vec<u16> = format!("\u{feff}{text}").encode_utf16().collect();
        for bytes in [
            utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(),
            utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            text.chars().flat_map(|char| (char as u32).to_be_bytes()).collect(),
        ] {
            repo.write("wide.txt", bytes);
            repo.tightlip(&["scan", "wide.txt"]).exits(exit);
        }
    }
}

#[test]
fn a_link_or_a_pipe_that_is_named_stands_for_what_it_leads_to() {
    let repo = TestRepo::new();
    repo.write("folder/x", key(0));
    std::os::unix::fs::symlink("folder", repo.root.join("current")).unwrap();
    std::os::unix::fs::symlink("folder/x", repo.root.join("file")).unwrap();
    repo.tightlip(&["scan", "current"]).exits(1);
    repo.tightlip(&["scan", "file"]).exits(1);
    repo.tightlip_with_input(&["scan", "/dev/stdin"], key(0).as_bytes()).exits(1);
}

#[test]
fn a_name_before_the_cut_of_a_large_file_keeps_its_secret() {
    let repo = TestRepo::new();
    let cut = (16 << 20) - (128 << 10);
    for before in [cut - 60, cut - 22, cut - 3] {
        let mut bytes = vec![b'.'; before];
        bytes.push(b'\n');
        bytes.extend(
            format!("aws_secret_access_key = {}\n", crate::fixture::made("{base64:40}")).bytes(),
        );
        bytes.extend(vec![b'.'; 2 << 20]);
        repo.write("large", &bytes);
        let said = repo.tightlip(&["scan", "large", "--format", "jsonl"]).exits(1);
        assert_eq!(said.objects("finding").len(), 1, "{before}");
    }
    // The cut is no start of a word.
    let mut bytes = vec![b'.'; cut - 1];
    bytes.extend(format!("Z{}", key(0)).bytes());
    bytes.extend(vec![b'.'; 2 << 20]);
    repo.write("large", &bytes);
    repo.tightlip(&["scan", "large"]).exits(0);
}

#[test]
fn files_that_git_tracks_are_read_whatever_gitignore_says() {
    let repo = TestRepo::new();
    repo.write(".gitignore", "*.env\nbuild/\n");
    for path in ["prod.env", "build/kept.txt", "build/made.txt"] {
        repo.write(path, key(0));
    }
    repo.git(&["add", "-f", "prod.env", "build/kept.txt"]).exits(0);
    let paths = |arguments: &[&str]| -> Vec<String> {
        let said = repo.tightlip(arguments);
        said.objects("finding").iter().map(|f| f["path"].as_str().unwrap().to_owned()).collect()
    };
    let scan = ["scan", "--format", "jsonl"];
    assert_eq!(paths(&scan), ["build/kept.txt", "prod.env"]);
    // As many as no command line holds.
    for at in 0..120 {
        repo.write(format!("{at}.env"), "");
    }
    assert_eq!(paths(&scan), ["build/kept.txt", "prod.env"]);
}

#[test]
fn the_report_of_before_is_not_read() {
    let repo = TestRepo::new();
    repo.write("a.txt", key(0));
    for _ in 0..3 {
        repo.tightlip(&["scan", "--reveal", "--format", "json", "--output", "report.json"])
            .exits(1);
    }
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(repo.root.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
    // Under another name it is a file like any other.
    let said = repo.tightlip(&["scan", "--format", "jsonl", "--output", "other.jsonl"]);
    said.exits(1);
    assert!(fs::read_to_string(repo.root.join("other.jsonl")).unwrap().contains("report.json"));
}

#[test]
fn what_is_beside_a_secret_is_masked_whatever_is_switched_off() {
    let repo = TestRepo::new();
    let other = made("{crc:ghp_:30}");
    repo.write("a.txt", format!("id = {} token = {other}\n", key(0)));
    repo.write(".tightlip.toml", "disable = ['github-personal-access-token']\n");
    for arguments in [&["scan", "a.txt"][..], &["scan", "a.txt", "--rule", "aws-access-key-id"]] {
        repo.tightlip(arguments).exits(1).says("[aws-access-key-id]").never_says(&other);
    }
}

#[test]
fn beside_more_matches_than_are_looked_for_nothing_is_shown() {
    let repo = TestRepo::new();
    let line = |at: usize| format!("{} beside-{at}-it\n", key(at));
    repo.write("a.txt", (0..10_050).map(line).collect::<String>());
    repo.tightlip(&["scan", "a.txt"]).exits(2).says("more than 10000").never_says("beside-7-it");
}

/// What an editor gets for a buffer of this name.
fn buffer(repo: &TestRepo, folder: &str, name: &str, text: impl AsRef<[u8]>) -> Ran {
    let input = repo.folder().join("buffer");
    std::fs::write(&input, text).unwrap();
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.current_dir(repo.root.join(folder)).stdin(std::fs::File::open(input).unwrap());
    command.args(["scan", "-", "--format", "jsonl", "--stdin-filename", name]);
    repo.run(command)
}

#[test]
fn a_buffer_of_an_editor_is_judged_as_its_file() {
    let repo = TestRepo::new();
    let text = format!("one\r\n  caf\u{e9} = {}\n\n\tb = '{}'\n", key(0), key(1));
    repo.write("src/a.py", &text);
    let keys =
        ["rule", "path", "line", "column", "end_line", "end_column", "fingerprint", "source"];
    let picked = |said: &Ran| -> Vec<Vec<serde_json::Value>> {
        let pick = |one: &serde_json::Value| keys.iter().map(|key| one[key].clone()).collect();
        said.objects("finding").iter().map(pick).collect()
    };
    let file = picked(&repo.tightlip(&["scan", "src/a.py", "--format", "jsonl"]).exits(1));
    assert_eq!(file.len(), 2);
    assert_eq!((&file[0][2], &file[0][3]), (&2.into(), &11.into()), "{file:?}");
    let absolute = repo.root.join("src/a.py").display().to_string();
    for (folder, name) in
        [("", "src/a.py"), ("src", "a.py"), ("src", "./../src/a.py"), ("src", &absolute)]
    {
        assert_eq!(picked(&buffer(&repo, folder, name, &text).exits(1)), file, "{folder} {name}");
    }
    // The buffer counts, not what is on disk, and the file need not be there.
    buffer(&repo, "", "src/a.py", "clean\n").exits(0);
    let new = buffer(&repo, "src", "new/b.py", key(2)).exits(1);
    assert_eq!(new.objects("finding")[0]["path"], "src/new/b.py");
    buffer(&repo, "", "/elsewhere/c.py", key(2)).exits(1).says("/elsewhere/c.py");
    repo.write(
        ".tightlip.toml",
        "[[allow]]\nreason = 'x'\npaths = ['src/a.py']\npatterns = ['^AKIA']\n\
         [[allow]]\nreason = 'y'\npaths = ['gen']\n",
    );
    buffer(&repo, "src", "a.py", &text).exits(0);
    buffer(&repo, "src", "c.py", &text).exits(1);
    let whole = buffer(&repo, "", "gen/x", &text).exits(0);
    assert_eq!(whole.objects("skipped")[0]["kind"], "allowed-path");
}

#[test]
fn whatever_a_file_may_hold_a_buffer_of_its_name_has_the_same_findings() {
    let repo = TestRepo::new();
    let packed = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut gzip, bytes).unwrap();
        gzip.finish().unwrap()
    };
    let wide: Vec<u8> = key(1).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let password = made("password: {alnum:14}\n");
    for (name, bytes) in [
        ("settings.yaml".to_owned(), password.clone().into_bytes()),
        (".env".to_owned(), password.replace(": ", "=").into_bytes()),
        ("notes.md".to_owned(), password.into_bytes()),
        ("a.json".to_owned(), format!("{{\"api_key\": \"{}\"}}", made("{hex:32}")).into_bytes()),
        (
            "Main.java".to_owned(),
            format!("String k = \"{}\" + \"{}\";", &key(2)[..9], &key(2)[9..]).into(),
        ),
        ("wide.txt".to_owned(), [&[0xff, 0xfe][..], &wide].concat()),
        ("dump.gz".to_owned(), packed(key(3).as_bytes())),
        ("image.png".to_owned(), [&[0x89, 0, 1, 2][..], key(4).as_bytes(), &[0, 255]].concat()),
        (format!("{}/x", key(5)), b"clean".to_vec()),
        ("empty".to_owned(), Vec::new()),
    ] {
        repo.write(&name, &bytes);
        let picked = |said: &Ran| said.objects("finding");
        let file = repo.tightlip(&["scan", &name, "--format", "jsonl"]);
        let same = buffer(&repo, "", &name, &bytes);
        assert_eq!((same.code, picked(&same)), (file.code, picked(&file)), "{name}");
        assert_eq!(file.code, i32::from(name != "empty"), "{name} {file:?}");
    }
    // Without a name an archive is opened, too.
    let input = repo.folder().join("buffer");
    std::fs::write(&input, packed(key(6).as_bytes())).unwrap();
    let mut command = repo.command(crate::fixture::TIGHTLIP);
    command.args(["scan", "-"]).stdin(std::fs::File::open(input).unwrap());
    repo.run(command).exits(1).says("(standard input):1:1");
}

#[test]
fn the_name_of_a_buffer_is_for_standard_input_alone() {
    let repo = TestRepo::new();
    repo.write("a", "clean");
    for paths in [&["a"][..], &["-", "a"], &[]] {
        let said = repo.tightlip(&[&["scan", "--stdin-filename", "a"], paths].concat()).exits(2);
        assert!(said.err.contains("says what standard input is"), "{}", said.err);
    }
    for name in ["..", "/"] {
        buffer(&repo, "", name, "x").exits(2).says("names no file");
    }
    buffer(&repo, "", "", "x").exits(2);
}

#[test]
fn an_archive_that_is_named_is_opened_and_others_are_named() {
    let repo = TestRepo::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, key(0).as_bytes()).unwrap();
    repo.write("folder/dump.gz", gzip.finish().unwrap());
    repo.tightlip(&["scan", "folder/dump.gz"]).exits(1).says("dump.gz");
    let left_out = "left out: folder/dump.gz: it is an archive";
    repo.tightlip(&["scan", "folder", "-v"]).exits(0).says(left_out);
    repo.tightlip(&["scan", "folder", "--archives"]).exits(1).never_says("left out");
}

#[test]
fn words_in_files_of_translations_are_no_secrets() {
    let repo = TestRepo::new();
    let text = |word: &str| format!("{{\"password\": \"{word}\"}}\n");
    repo.write("lang/ca.json", text("Contrasenya"));
    repo.write("other/ca.json", text("Contrasenya"));
    repo.tightlip(&["scan", "other"]).exits(1).says("other/ca.json:1");
    repo.tightlip(&["scan", "lang"]).exits(0);
    repo.write("lang/ca.json", text("Contra5enya7"));
    repo.tightlip(&["scan", "lang"]).exits(1).says("lang/ca.json:1");
}

#[test]
fn packs_and_bundles_of_git_are_named() {
    let repo = TestRepo::new();
    repo.commit("a.txt", key(0));
    repo.git(&["bundle", "create", "-q", "all.bundle", "HEAD"]).exits(0);
    repo.git(&["rm", "-q", "a.txt"]).exits(0);
    repo.tightlip(&["scan", "all.bundle"]).exits(2).says("git bundle");
}
