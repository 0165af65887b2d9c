//! Hooks put in, fired by real git, taken out.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its repository has failed")]

#[path = "fixture/mod.rs"]
mod fixture;

use std::ffi::OsStr;
use std::fs;
use std::ops::Deref;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::{Ran, link_program, made, script};
use tightlip::text::checksum::crc32_base62;

/// A line with a secret that the AWS rules find.
fn secret() -> String {
    made("aws_access_key_id = AKIA{base32:16}\n")
}

/// A repository, a home and a copy of the program, all below one directory whose name a shell has to quote.
struct TestRepo {
    repo: fixture::TestRepo,
    /// The program.
    tightlip: PathBuf,
}

impl Deref for TestRepo {
    type Target = fixture::TestRepo;

    fn deref(&self) -> &fixture::TestRepo {
        &self.repo
    }
}

impl TestRepo {
    /// Makes an empty repository with one commit.
    fn new() -> Self {
        let repo = Self::outside();
        repo.git(&["init", "-q", "--template=", "-b", "main"]).ok();
        repo.git(&["commit", "-q", "--allow-empty", "-m", "first"]).ok();
        repo
    }

    /// Makes the directories and no repository.
    fn outside() -> Self {
        let repo = fixture::TestRepo::outside("it's a test ", "repo");
        let tightlip = link_program(&repo.folder().join("bin"));
        TestRepo { repo, tightlip }
    }

    /// A command whose cache and temporary files are this repository's, too.
    fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = fixture::sealed(program, folder, self.home());
        command
            .env("PATH", "/usr/bin:/bin:/usr/local/bin")
            .env("XDG_CACHE_HOME", self.folder().join("cache"))
            .env("TMPDIR", self.folder());
        command
    }

    /// Runs git in the work tree.
    #[must_use = "nothing is expected of this run"]
    fn git(&self, arguments: &[&str]) -> Ran {
        self.git_in(&self.root, arguments)
    }

    /// Runs git somewhere else.
    #[must_use = "nothing is expected of this run"]
    fn git_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        Ran::of(self.command("git", folder).args(arguments))
    }

    /// Runs git with the program on the PATH.
    #[must_use = "nothing is expected of this run"]
    fn git_with_path(&self, arguments: &[&str]) -> Ran {
        let path = format!("{}:/usr/bin:/bin", self.folder().join("bin").display());
        Ran::of(self.command("git", &self.root).args(arguments).env("PATH", path))
    }

    /// Runs tightlip in the work tree.
    #[must_use = "nothing is expected of this run"]
    fn tightlip(&self, arguments: &[&str]) -> Ran {
        self.tightlip_in(&self.root, arguments)
    }

    /// Runs tightlip somewhere else.
    #[must_use = "nothing is expected of this run"]
    fn tightlip_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        Ran::of(self.command(&self.tightlip, folder).args(arguments))
    }

    fn hooks(&self) -> PathBuf {
        self.root.join(".git/hooks")
    }

    /// Stages a secret and expects that a commit fails because of it; then a clean commit has to go through.
    #[track_caller]
    fn assert_guarded(&self) {
        self.stage("file", secret());
        self.git_with_path(&["commit", "-m", "secret"]).blocked();
        self.stage("file", "clean\n");
        self.git_with_path(&["commit", "--allow-empty", "-m", "clean"]).ok();
    }
}

/// Everything below a directory: path, mode, bytes or target.
fn snapshot(folder: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let mode = metadata.permissions().mode();
        if metadata.is_dir() {
            all.extend(snapshot(&path));
        }
        let bytes = if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else {
            fs::read(&path).unwrap_or_default()
        };
        all.push((path, mode, bytes));
    }
    all.sort();
    all
}

const CLIENT: [&str; 7] = [
    "pre-commit",
    "pre-merge-commit",
    "commit-msg",
    "prepare-commit-msg",
    "applypatch-msg",
    "pre-applypatch",
    "pre-push",
];

fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_plain_repository_is_guarded_and_left_as_it_was() {
    let repo = TestRepo::new();
    let before = snapshot(&repo.root.join(".git"));
    repo.tightlip(&["install"]).ok();
    for name in CLIENT {
        assert!(repo.hooks().join(name).is_file(), "{name}");
    }
    let after = snapshot(&repo.root.join(".git"));
    assert_eq!(after.len(), before.len() + CLIENT.len() + 1);
    repo.assert_guarded();
    repo.git(&["commit", "--allow-empty", "-m", &secret()]).blocked();
    repo.tightlip(&["uninstall"]).ok();
    assert!(snapshot(&repo.hooks()).is_empty());
}

#[test]
fn ways_around_pre_commit_are_guarded() {
    let repo = TestRepo::new();
    repo.git(&["checkout", "-q", "-b", "other"]).ok();
    repo.stage("file", secret());
    repo.git(&["commit", "-q", "-m", "secret"]).ok();
    let mail = repo.git(&["format-patch", "--stdout", "-1"]).ok();
    fs::write(repo.folder().join("mail"), mail).unwrap();
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.stage("clean", "clean\n");
    repo.git(&["commit", "-q", "-m", "clean"]).ok();
    repo.tightlip(&["install"]).ok();

    repo.git(&["cherry-pick", "other"]).blocked();
    repo.git(&["reset", "-q", "--hard"]).ok();
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "other"]).blocked();
    repo.git(&["reset", "-q", "--hard"]).ok();
    repo.git(&["am", "-q", "../mail"]).blocked();
    repo.git(&["am", "--abort"]).ok();
    repo.git(&["rebase", "--force-rebase", "--onto", "main", "main", "other"]).blocked();
}

#[test]
fn an_existing_hook_is_kept_runs_first_and_is_restored_with_its_mode() {
    let repo = TestRepo::new();
    let hook = repo.hooks().join("pre-commit");
    // A formatter: what it puts into the index is what has to be scanned.
    let text =
        "#!/bin/sh\necho first >>../log\ncp ../planted file && git add file\n# no end of line";
    script(&hook, text);
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o750)).unwrap();
    let before = snapshot(&repo.hooks());
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("pre-commit.before-tightlip"), "{said}");
    fs::write(repo.folder().join("planted"), secret()).unwrap();
    repo.git(&["commit", "--allow-empty", "-m", "x"]).blocked();
    assert_eq!(lines(&repo.folder().join("log")), ["first"]);
    fs::write(repo.folder().join("planted"), "clean\n").unwrap();
    repo.git(&["commit", "--allow-empty", "-m", "x"]).ok();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.hooks()), before);
}

#[test]
fn a_kept_hook_that_fails_stops_the_commit_with_its_own_words() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("commit-msg"), "#!/bin/sh\necho no >&2\nexit 3\n");
    repo.tightlip(&["install"]).ok();
    let err = repo.git(&["commit", "--allow-empty", "-m", &secret()]).fails();
    assert_eq!(err, "no\n");
}

#[test]
fn a_linked_hook_stays_a_link_and_is_never_written_through() {
    let repo = TestRepo::new();
    let target = repo.root.join("tools/check.sh");
    script(&target, "#!/bin/sh\necho linked >>../log\n");
    fs::create_dir_all(repo.hooks()).unwrap();
    symlink("../../tools/check.sh", repo.hooks().join("pre-commit")).unwrap();
    symlink("nowhere", repo.hooks().join("pre-push")).unwrap();
    let before = (snapshot(&repo.hooks()), snapshot(&repo.root.join("tools")));
    repo.tightlip(&["install"]).ok();
    repo.assert_guarded();
    assert_eq!(lines(&repo.folder().join("log")), ["linked", "linked"]);
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!((snapshot(&repo.hooks()), snapshot(&repo.root.join("tools"))), before);
}

#[test]
fn a_hook_that_is_not_executable_is_kept_and_not_run() {
    let repo = TestRepo::new();
    let hook = repo.hooks().join("pre-commit");
    script(&hook, "#!/bin/sh\nexit 9\n");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    let before = snapshot(&repo.hooks());
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("not executable"), "{said}");
    repo.assert_guarded();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.hooks()), before);
}

#[test]
fn a_kept_hook_that_looks_at_its_own_name_finds_it() {
    let repo = TestRepo::new();
    // As the hooks of husky 4, and the runners of Debian's NAME.d directories.
    script(
        &repo.hooks().join("pre-commit"),
        "#!/bin/sh -e\necho \"$(basename \"$0\") $# $-\" >>../log\nfor f in \"$0.d\"/*; do \"$f\"; done\nexit 0\n",
    );
    script(&repo.hooks().join("pre-commit.d/one"), "#!/bin/sh\necho one >>../log\n");
    repo.tightlip(&["install"]).ok();
    repo.git(&["commit", "--allow-empty", "-m", "x"]).ok();
    let log = lines(&repo.folder().join("log"));
    assert!(log[0].starts_with("pre-commit 0 ") && log[0].contains('e'), "{log:?}");
    assert_eq!(log[1], "one");
}

#[test]
fn installing_twice_changes_nothing() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-push"), "#!/bin/sh\n");
    repo.tightlip(&["install"]).ok();
    let once = snapshot(&repo.hooks());
    let said = repo.tightlip(&["install"]).ok();
    assert_eq!(said.matches("already installed").count(), CLIENT.len(), "{said}");
    assert_eq!(snapshot(&repo.hooks()), once);
}

#[test]
fn a_script_that_names_an_older_program_is_refreshed() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    let other = repo.folder().join("other program");
    fs::rename(&repo.tightlip, &other).unwrap();
    let mut command = repo.command(&other, &repo.root);
    command.arg("install");
    let said = Ran::of(&mut command).ok();
    assert_eq!(said.matches("brought up to date").count(), CLIENT.len(), "{said}");
    let hook = fs::read_to_string(repo.hooks().join("pre-commit")).unwrap();
    assert!(hook.contains("other program'") && !hook.contains("bin/tightlip'"), "{hook}");
    repo.stage("file", secret());
    repo.git(&["commit", "-m", "x"]).blocked();
}

#[test]
fn a_linked_worktree_is_guarded_by_the_hooks_it_shares() {
    let repo = TestRepo::new();
    let tree = repo.folder().join("tree");
    repo.git(&["worktree", "add", "-q", "../tree"]).ok();
    repo.tightlip_in(&tree, &["install"]).ok();
    assert!(repo.hooks().join("pre-commit").is_file());
    repo.assert_guarded();
    fs::write(tree.join("file"), secret()).unwrap();
    repo.git_in(&tree, &["add", "file"]).ok();
    repo.git_in(&tree, &["commit", "-m", "x"]).blocked();
    repo.tightlip_in(&tree, &["uninstall"]).ok();
    assert!(snapshot(&repo.hooks()).is_empty());
}

#[test]
fn a_submodule_has_hooks_of_its_own() {
    let repo = TestRepo::new();
    repo.git(&["clone", "-q", ".", "../library"]).ok();
    let add =
        ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "sub"];
    let mut command = repo.command("git", &repo.root);
    command.args(add);
    command.env("GIT_ALLOW_PROTOCOL", "file");
    repo.git(&["config", "remote.origin.url", repo.root.to_str().unwrap()]).ok();
    Ran::of(&mut command).ok();
    let sub = repo.root.join("sub");
    repo.tightlip_in(&sub, &["install"]).ok();
    assert!(repo.root.join(".git/modules/sub/hooks/pre-commit").is_file());
    assert!(!repo.hooks().join("pre-commit").exists());
    fs::write(sub.join("file"), secret()).unwrap();
    repo.git_in(&sub, &["add", "file"]).ok();
    repo.git_in(&sub, &["commit", "-m", "x"]).blocked();
}

#[test]
fn a_separate_git_directory_is_found() {
    let repo = TestRepo::outside();
    repo.git_in(
        repo.folder(),
        &["init", "-q", "--template=", "--separate-git-dir=elsewhere", "repo"],
    )
    .ok();
    fs::create_dir(repo.root.join("deep")).unwrap();
    repo.tightlip_in(&repo.root.join("deep"), &["install"]).ok();
    assert!(repo.folder().join("elsewhere/hooks/pre-commit").is_file());
    repo.assert_guarded();
}

#[test]
fn hooks_go_where_core_hooks_path_says() {
    for value in ["/absolute", "~/hooks"] {
        let repo = TestRepo::new();
        let (value, folder) = match value.strip_prefix("~/") {
            Some(name) => (value.to_owned(), repo.folder().join("home").join(name)),
            None => {
                let folder = repo.folder().join("outside");
                (folder.to_str().unwrap().to_owned(), folder)
            }
        };
        repo.git(&["config", "core.hooksPath", &value]).ok();
        let said = repo.tightlip(&["install"]).ok();
        assert!(said.contains("core.hooksPath in the local configuration"), "{said}");
        assert!(folder.join("pre-commit").is_file(), "{value}");
        assert!(!repo.hooks().exists(), "{value}");
        repo.assert_guarded();
        repo.tightlip(&["uninstall"]).ok();
        assert!(snapshot(&folder).is_empty());
    }
}

#[test]
fn a_directory_of_the_team_gets_blocks_without_paths_of_this_machine() {
    let repo = TestRepo::new();
    repo.git(&["config", "core.hooksPath", ".githooks"]).ok();
    let folder = repo.root.join(".githooks");
    script(&folder.join("pre-commit"), "#!/bin/sh\necho team >>../log\nexit 0");
    script(&folder.join("pre-push"), "#!/usr/bin/env python3\nprint('x')\n");
    fs::create_dir(repo.root.join("deep")).unwrap();
    let before = snapshot(&folder);
    let said = repo.tightlip_in(&repo.root.join("deep"), &["install"]).ok();
    assert!(said.contains("commit them"), "{said}");
    for (path, _, bytes) in snapshot(&folder) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(repo.folder().to_str().unwrap()), "{path:?}: {text}");
    }
    // The script ends before what is appended to it would be reached.
    repo.assert_guarded();
    assert_eq!(lines(&repo.folder().join("log")), ["team", "team"]);
    repo.git_with_path(&["commit", "--allow-empty", "-m", &secret()]).blocked();
    let again = repo.tightlip(&["install"]).ok();
    assert_eq!(again.matches("already installed").count(), CLIENT.len(), "{again}");
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&folder), before);
}

#[test]
fn a_relative_hooks_path_is_another_directory_in_each_worktree() {
    let repo = TestRepo::new();
    repo.git(&["config", "core.hooksPath", ".githooks"]).ok();
    repo.git(&["worktree", "add", "-q", "../tree"]).ok();
    let tree = repo.folder().join("tree");
    repo.tightlip_in(&tree, &["install"]).ok();
    assert!(tree.join(".githooks/pre-commit").is_file());
    assert!(!repo.root.join(".githooks").exists());
    fs::write(tree.join("file"), secret()).unwrap();
    repo.git_in(&tree, &["add", "file"]).ok();
    let err = repo.git_in(&tree, &["commit", "-m", "x"]).fails();
    assert!(err.contains("no tightlip program on the PATH"), "{err}");
    repo.tightlip_in(&tree, &["uninstall"]).ok();
    assert!(snapshot(&tree.join(".githooks")).is_empty());
}

#[test]
fn a_linked_directory_of_hooks_is_the_one_it_leads_to() {
    let repo = TestRepo::new();
    let folder = repo.root.join("scripts");
    script(&folder.join("pre-commit"), "#!/bin/sh\necho team >>../log\n");
    symlink("../scripts", repo.hooks()).unwrap();
    let before = snapshot(&folder);
    repo.tightlip(&["install"]).ok();
    repo.assert_guarded();
    assert_eq!(lines(&repo.folder().join("log")), ["team", "team"]);
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&folder), before);
    assert!(repo.hooks().is_symlink());
}

#[test]
fn hooks_that_are_switched_off_are_an_error_and_not_an_install() {
    for (value, word) in [("", "is empty"), ("/dev/null", "not a directory")] {
        let repo = TestRepo::new();
        repo.git(&["config", "core.hooksPath", value]).ok();
        let ran = repo.tightlip(&["install"]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(word), "{}", ran.err);
        assert!(!repo.root.join("pre-commit").exists());
    }
}

/// What husky 9 generates.
fn husky(repo: &TestRepo) {
    let stubs = repo.root.join(".husky/_");
    script(
        &stubs.join("h"),
        "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n\
         [ ! -f \"$s\" ] && exit 0\nexport PATH=\"node_modules/.bin:$PATH\"\nsh -e \"$s\" \"$@\"\nc=$?\n\
         [ $c != 0 ] && echo \"husky - $n script failed (code $c)\"\nexit $c\n",
    );
    for name in CLIENT {
        script(&stubs.join(name), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n");
    }
    repo.git(&["config", "core.hooksPath", ".husky/_"]).ok();
}

#[test]
fn husky_9_gets_blocks_in_the_files_of_the_team() {
    let repo = TestRepo::new();
    husky(&repo);
    let ours = repo.root.join(".husky/pre-commit");
    fs::write(&ours, "echo husky >>../log\n[ -f never ] || exit 0").unwrap();
    let before = snapshot(&repo.root.join(".husky"));
    repo.tightlip(&["install"]).ok();
    let generated = snapshot(&repo.root.join(".husky/_"));
    repo.assert_guarded();
    assert_eq!(lines(&repo.folder().join("log")), ["husky", "husky"]);
    repo.git_with_path(&["commit", "--allow-empty", "-m", &secret()]).blocked();
    assert_eq!(snapshot(&repo.root.join(".husky/_")), generated);
    let text = fs::read_to_string(&ours).unwrap();
    assert!(!text.contains(repo.folder().to_str().unwrap()), "{text}");
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.root.join(".husky")), before);
}

#[test]
fn husky_8_gets_blocks_below_the_line_that_loads_husky() {
    let repo = TestRepo::new();
    script(
        &repo.root.join(".husky/_/husky.sh"),
        "#!/usr/bin/env sh\nif [ -z \"$husky_skip_init\" ]; then\n  readonly husky_skip_init=1\n  export husky_skip_init\n  \
         sh -e \"$0\" \"$@\"\n  exit $?\nfi\n",
    );
    let hook = repo.root.join(".husky/pre-commit");
    script(
        &hook,
        "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\necho husky >>../log\n",
    );
    repo.git(&["config", "core.hooksPath", ".husky"]).ok();
    let before = snapshot(&repo.root.join(".husky"));
    repo.tightlip(&["install"]).ok();
    repo.assert_guarded();
    assert_eq!(lines(&repo.folder().join("log")), ["husky", "husky"]);
    repo.git_with_path(&["commit", "--allow-empty", "-m", &secret()]).blocked();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.root.join(".husky")), before);
}

#[test]
fn what_a_team_adds_to_a_file_of_ours_runs_and_stays() {
    let repo = TestRepo::new();
    husky(&repo);
    repo.tightlip(&["install"]).ok();
    let file = repo.root.join(".husky/commit-msg");
    let mut text = fs::read_to_string(&file).unwrap();
    text += "echo added >>../log\n";
    fs::write(&file, text).unwrap();
    repo.git_with_path(&["commit", "--allow-empty", "-m", "x"]).ok();
    assert_eq!(lines(&repo.folder().join("log")), ["added"]);
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(fs::read_to_string(&file).unwrap(), "echo added >>../log\n");
}

#[test]
fn husky_without_its_directory_is_refused() {
    let repo = TestRepo::new();
    repo.git(&["config", "core.hooksPath", ".husky/_"]).ok();
    let ran = repo.tightlip(&["install"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("npx husky"), "{}", ran.err);
    assert!(!repo.root.join(".husky").exists());
}

#[test]
fn a_template_guards_new_repositories() {
    let repo = TestRepo::outside();
    let template = repo.folder().join("template");
    let said = repo.tightlip_in(repo.folder(), &["install", "--template", "template"]).ok();
    assert!(said.contains("git config --global init.templateDir"), "{said}");
    repo.git_in(repo.folder(), &["init", "-q", "--template", template.to_str().unwrap(), "repo"])
        .ok();
    repo.assert_guarded();
    repo.tightlip(&["uninstall"]).ok();
    assert!(snapshot(&repo.hooks()).is_empty());
    repo.tightlip_in(repo.folder(), &["uninstall", "--template", "template"]).ok();
    assert!(snapshot(&template.join("hooks")).is_empty());
}

/// Puts a program in the place of the recorded one that counts its runs.
fn count_scans(repo: &TestRepo) {
    let real = repo.folder().join("real");
    fs::rename(&repo.tightlip, &real).unwrap();
    let (log, real) = (repo.folder().join("scans"), real);
    let quote = |path: &Path| format!("\"{}\"", path.display());
    let text = format!("#!/bin/sh\necho \"$2\" >>{}\nexec {} \"$@\"\n", quote(&log), quote(&real));
    script(&repo.tightlip, &text);
}

#[test]
fn a_global_install_guards_all_and_runs_each_repositorys_own_hooks() {
    let repo = TestRepo::new();
    for name in ["pre-commit", "post-commit", "post-checkout", "pre-push"] {
        let text = format!("#!/bin/sh\necho \"{name} $#\" >>\"$HOME/log\"\n");
        script(&repo.hooks().join(name), &text);
    }
    let home = repo.folder().join("home");
    fs::create_dir(home.join(".config")).unwrap();
    repo.git(&["config", "--global", "user.name", "x"]).ok();
    let before = snapshot(&home);
    let own = snapshot(&repo.hooks());
    repo.tightlip(&["install", "--global"]).ok();
    let once = snapshot(&home);
    repo.tightlip(&["install", "--global"]).ok();
    assert_eq!(snapshot(&home), once);
    assert_eq!(snapshot(&repo.hooks()), own);

    repo.assert_guarded();
    let log = repo.folder().join("home/log");
    assert_eq!(lines(&log), ["pre-commit 0", "pre-commit 0", "post-commit 0"]);
    fs::remove_file(&log).unwrap();
    repo.git(&["worktree", "add", "-q", "../tree"]).ok();
    assert_eq!(lines(&log), ["post-checkout 3"]);
    fs::remove_file(&log).unwrap();
    let tree = repo.folder().join("tree");
    fs::write(tree.join("other"), secret()).unwrap();
    repo.git_in(&tree, &["add", "other"]).ok();
    repo.git_in(&tree, &["commit", "-m", "x"]).blocked();
    assert_eq!(lines(&log), ["pre-commit 0"]);
    fs::remove_file(&log).unwrap();

    repo.tightlip(&["uninstall", "--global"]).ok();
    assert_eq!(snapshot(&home), before);
}

#[test]
fn a_global_install_finds_own_hooks_wherever_the_git_directory_is() {
    let repo = TestRepo::outside();
    let log = repo.folder().join("home/log");
    let own = |folder: &str, name: &str| {
        let text = format!("#!/bin/sh\necho {name} >>\"$HOME/log\"\ncat >>\"$HOME/stdin\"\n");
        script(&repo.folder().join(folder).join("hooks").join(name), &text);
    };
    let init = ["init", "-q", "--template=", "-b", "main"];
    repo.git_in(repo.folder(), &[&init[..], &["--separate-git-dir=elsewhere", "repo"]].concat())
        .ok();
    repo.git_in(repo.folder(), &[&init[..], &["--bare", "server.git"]].concat()).ok();
    own("elsewhere", "pre-commit");
    own("elsewhere", "pre-push");
    own("elsewhere", "post-commit");
    own("server.git", "pre-receive");
    own("server.git", "post-receive");
    repo.tightlip_in(repo.folder(), &["install", "--global"]).ok();

    repo.stage("file", "clean\n");
    repo.git(&["commit", "-q", "-m", "clean"]).ok();
    repo.git(&["push", "-q", "../server.git", "main"]).ok();
    assert_eq!(
        lines(&log),
        ["pre-commit", "post-commit", "pre-push", "pre-receive", "post-receive"]
    );
    assert_eq!(lines(&repo.folder().join("home/stdin")).len(), 3);
    fs::remove_file(&log).unwrap();
    // From a bare repository, whose directory the hook runs in.
    repo.git(&["init", "-q", "--bare", "../third.git"]).ok();
    own("server.git", "pre-push");
    let server = repo.folder().join("server.git");
    repo.git_in(&server, &["push", "-q", "../third.git", "main"]).ok();
    assert_eq!(lines(&log), ["pre-push"]);
    repo.stage("file", secret());
    repo.git(&["commit", "-q", "-m", "x"]).blocked();
}

#[test]
fn a_hook_that_becomes_git_itself_is_guarded_as_any_other_git() {
    let push = "#!/bin/sh\nexec git push -q ../server.git main\n";
    for (name, folder, install) in [
        ("post-commit", ".git/hooks", &["install", "--global"][..]),
        ("pre-commit", ".git/hooks", &["install", "--global"]),
        ("pre-commit", ".git/hooks", &["install"]),
        // A block in a file of a team.
        ("pre-commit", ".githooks", &["install"]),
    ] {
        let repo = TestRepo::new();
        repo.git(&["init", "-q", "--bare", "../server.git"]).ok();
        repo.stage("file", secret());
        repo.git(&["commit", "-q", "-m", "secret"]).ok();
        script(&repo.root.join(folder).join(name), push);
        if folder == ".githooks" {
            repo.git(&["config", "core.hooksPath", folder]).ok();
        }
        repo.tightlip(install).ok();
        repo.stage("other", "clean\n");
        let ran = repo.git_with_path(&["commit", "-m", "clean"]);
        let pushed = repo.git(&["ls-remote", "../server.git"]).ok();
        assert_eq!(pushed, "", "{name} in {folder} after {install:?}: {ran:?}");
        ran.says("nothing was pushed");
    }
}

#[test]
fn an_install_never_takes_back_what_an_earlier_one_was_asked_for() {
    let repo = TestRepo::new();
    for target in [&["install"][..], &["install", "--global"]] {
        repo.tightlip(&[target, &["--strict", "--server"]].concat()).ok();
        let said = repo.tightlip(target).ok();
        assert_eq!(said.matches("already installed").count(), 9, "{said}");
    }
    let said = repo.tightlip(&["install", "--strict", "--server"]).ok();
    assert!(said.contains("the global install guards"), "{said}");
    repo.tightlip(&["uninstall", "--global"]).ok();
    repo.tightlip(&["install", "--global"]).ok();
    // A script that only hands on is not taken for one that scans.
    let ran = repo.tightlip(&["install", "--server"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn a_global_guard_and_a_repositorys_own_scan_once() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-commit"), "#!/bin/sh\necho own >>../log\n");
    repo.tightlip(&["install"]).ok();
    repo.tightlip(&["install", "--global"]).ok();
    count_scans(&repo);
    repo.git(&["commit", "--allow-empty", "-m", "x"]).ok();
    assert_eq!(lines(&repo.folder().join("log")), ["own"]);
    let scans = lines(&repo.folder().join("scans"));
    assert_eq!(scans, ["pre-commit", "prepare-commit-msg", "commit-msg"]);
}

#[test]
fn in_a_repository_that_the_global_install_guards_there_is_nothing_to_do() {
    let repo = TestRepo::new();
    repo.tightlip(&["install", "--global"]).ok();
    let before = snapshot(&repo.folder().join("home"));
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("the global install guards"), "{said}");
    let ran = repo.tightlip(&["install", "--strict"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--global"), "{}", ran.err);
    assert_eq!(snapshot(&repo.folder().join("home")), before);
}

#[test]
fn a_global_hooks_path_of_somebody_else_is_kept() {
    let repo = TestRepo::new();
    let folder = repo.folder().join("home/theirs");
    script(&folder.join("pre-commit"), "#!/bin/sh\necho theirs >>../log\n");
    repo.git(&["config", "--global", "core.hooksPath", "~/theirs"]).ok();
    let before = snapshot(&repo.folder().join("home"));
    let ran = repo.tightlip(&["install"]);
    assert!(ran.code == 2 && ran.err.contains("--global"), "{ran:?}");
    repo.tightlip(&["install", "--global"]).ok();
    repo.assert_guarded();
    assert_eq!(lines(&repo.folder().join("log")), ["theirs", "theirs"]);
    repo.tightlip(&["uninstall", "--global"]).ok();
    assert_eq!(snapshot(&repo.folder().join("home")), before);
}

#[test]
fn a_bare_repository_gets_pre_receive_only() {
    let repo = TestRepo::new();
    let server = repo.folder().join("server.git");
    repo.git(&["init", "-q", "--bare", "--template=", "../server.git"]).ok();
    let ran = repo.tightlip_in(&server, &["install"]);
    assert!(ran.code == 2 && ran.err.contains("--server"), "{ran:?}");
    assert!(!server.join("hooks").exists());
    repo.tightlip_in(&server, &["install", "--server"]).ok();
    let names: Vec<_> =
        snapshot(&server.join("hooks")).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(names, [server.join("hooks/pre-receive")]);
    repo.git(&["push", "-q", "../server.git", "main"]).ok();
    repo.stage("file", secret());
    repo.git(&["commit", "-q", "-m", "x"]).ok();
    repo.git(&["push", "-q", "../server.git", "main"]).blocked();
    let said = repo.tightlip_in(&server, &["doctor"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn a_missing_program_stops_the_commit_with_one_line() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    fs::remove_file(&repo.tightlip).unwrap();
    let ran = repo.git(&["commit", "--allow-empty", "-m", "x"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(
        ran.err.contains("pre-commit") && ran.err.contains("TIGHTLIP_SKIP=1 git"),
        "{}",
        ran.err
    );
    // An upgrade that ran out of disk: a shell would take an empty file for a script that ends well.
    script(&repo.tightlip, "");
    repo.git(&["commit", "--allow-empty", "-m", "x"]).fails();
    let mut skipped = repo.command("git", &repo.root);
    skipped.args(["commit", "--allow-empty", "-m", "x"]).env("TIGHTLIP_SKIP", "1");
    Ran::of(&mut skipped).ok();
}

#[test]
fn a_program_that_has_moved_is_found_in_the_usual_places() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    for place in ["home/.cargo/bin", "home/.local/bin"] {
        let folder = repo.folder().join(place);
        fs::create_dir_all(&folder).unwrap();
        fs::rename(&repo.tightlip, folder.join("tightlip")).unwrap();
        repo.stage("file", secret());
        repo.git(&["commit", "-m", "x"]).blocked();
        fs::rename(folder.join("tightlip"), &repo.tightlip).unwrap();
    }
}

#[test]
fn a_guard_needs_hardly_any_environment() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    repo.stage("file", secret());
    for shell in ["sh", "dash", "bash"] {
        let mut command = repo.command(format!("/bin/{shell}"), &repo.root);
        // Git itself has to be found by the program; the guard needs nothing.
        command.env_clear().env("PATH", "/usr/bin:/bin").arg(".git/hooks/pre-commit");
        if !Path::new("/bin").join(shell).exists() {
            continue;
        }
        Ran::of(&mut command).blocked();
    }
    fs::remove_file(&repo.tightlip).unwrap();
    let mut command = repo.command(repo.hooks().join("pre-commit"), &repo.root);
    command.env_clear();
    let ran = Ran::of(&mut command);
    assert_eq!((ran.code, ran.err.lines().count()), (1, 1), "{ran:?}");
}

#[test]
fn both_hooks_read_all_that_git_says_in_a_push() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-push"), "#!/bin/sh\ncat >>../log\necho \"$1\" >>../log\n");
    repo.tightlip(&["install"]).ok();
    repo.git(&["init", "-q", "--bare", "../server.git"]).ok();
    // More than a pipe holds.
    for number in 0..1200 {
        let name = format!("refs/heads/a-branch-with-a-name-that-is-rather-long/{number:04}");
        fs::create_dir_all(repo.root.join(".git").join(&name).parent().unwrap()).unwrap();
        let head = fs::read(repo.root.join(".git/refs/heads/main")).unwrap();
        fs::write(repo.root.join(".git").join(&name), head).unwrap();
    }
    repo.git(&["push", "-q", "--all", "../server.git"]).ok();
    let log = lines(&repo.folder().join("log"));
    assert_eq!(log.len(), 1202);
    assert_eq!(log.last().unwrap(), "../server.git");
    repo.stage("file", secret());
    repo.git(&["-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "x"]).ok();
    repo.git(&["push", "-q", "../server.git", "main"]).blocked();
    assert_eq!(lines(&repo.folder().join("log")).len(), 1204);
    // Nothing to push: nothing is said to either, and no line is made up.
    repo.git(&["reset", "-q", "--hard", "HEAD^"]).ok();
    repo.git(&["push", "-q", "../server.git", "main"]).ok();
    assert_eq!(lines(&repo.folder().join("log")).len(), 1205);
    // A kept hook need not read.
    script(&repo.hooks().join("pre-push.before-tightlip"), "#!/bin/sh\nexit 0\n");
    repo.git(&["push", "-q", "--mirror", "../server.git"]).ok();
}

#[test]
fn a_push_hook_of_husky_reads_what_ours_reads() {
    let repo = TestRepo::new();
    husky(&repo);
    fs::write(repo.root.join(".husky/pre-push"), "cat >>../log\n").unwrap();
    repo.tightlip(&["install"]).ok();
    repo.git(&["init", "-q", "--bare", "../server.git"]).ok();
    repo.git_with_path(&["push", "-q", "../server.git", "main"]).ok();
    assert_eq!(lines(&repo.folder().join("log")).len(), 1);
    repo.stage("file", secret());
    repo.git(&["-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "x"]).ok();
    repo.git_with_path(&["push", "-q", "../server.git", "main"]).blocked();
    assert_eq!(lines(&repo.folder().join("log")).len(), 2);
}

#[test]
fn what_somebody_has_edited_is_left_and_named() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-push"), "#!/bin/sh\n");
    repo.tightlip(&["install"]).ok();
    for name in ["pre-commit", "pre-push"] {
        let hook = repo.hooks().join(name);
        let text = fs::read_to_string(&hook).unwrap().replace("exit 1", "exit 0");
        fs::write(&hook, text).unwrap();
    }
    let again = repo.tightlip(&["install"]).ok();
    assert_eq!(again.matches("left alone").count(), 2, "{again}");
    let said = repo.tightlip(&["uninstall"]).ok();
    assert_eq!(said.matches("edited").count(), 2, "{said}");
    let names: Vec<_> = snapshot(&repo.hooks())
        .into_iter()
        .map(|(path, ..)| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["pre-commit", "pre-push", "pre-push.before-tightlip"]);
}

#[test]
fn an_edited_block_is_left_and_named() {
    let repo = TestRepo::new();
    husky(&repo);
    fs::write(repo.root.join(".husky/pre-commit"), "true\n").unwrap();
    repo.tightlip(&["install"]).ok();
    let file = repo.root.join(".husky/pre-commit");
    let text = fs::read_to_string(&file).unwrap().replace("exit 1", "exit 0");
    fs::write(&file, &text).unwrap();
    let told = repo.tightlip(&["doctor"]).out;
    let advice = told.split("(take tightlip's block out of ").nth(1).unwrap();
    assert!(advice.contains("/.husky/pre-commit and run `tightlip install`)"), "{told}");
    assert!(!told.contains("(delete it"), "{told}");
    let said = repo.tightlip(&["uninstall"]).ok();
    assert!(said.contains("edited tightlip's block"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert!(!repo.root.join(".husky/commit-msg").exists());
}

#[test]
fn a_hook_that_another_program_put_over_ours_is_not_lost() {
    let repo = TestRepo::new();
    let hook = repo.hooks().join("pre-commit");
    script(&hook, "#!/bin/sh\necho one\n");
    repo.tightlip(&["install"]).ok();
    script(&hook, "#!/bin/sh\necho two\n");
    let before = snapshot(&repo.hooks());
    let said = repo.tightlip(&["uninstall"]).ok();
    assert!(said.contains("before-tightlip: tightlip kept it"), "{said}");
    let ours_out: Vec<_> = before.into_iter().filter(|(path, ..)| is_of_pre_commit(path)).collect();
    assert_eq!(snapshot(&repo.hooks()), ours_out);
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("runs first now; what was kept before it is in"), "{said}");
    let out = repo.git(&["commit", "--allow-empty", "-m", "x"]);
    assert!(out.err.contains("two") && !out.err.contains("one"), "{out:?}");
    repo.assert_guarded();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\necho two\n");
    let older = repo.hooks().join("pre-commit.before-tightlip.1");
    assert_eq!(fs::read_to_string(older).unwrap(), "#!/bin/sh\necho one\n");
}

fn is_of_pre_commit(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with("pre-commit")
}

/// As `pre-commit install` does: what is not its own gets another name, and is run first.
fn install_as_the_framework_does(repo: &TestRepo) {
    let hook = repo.hooks().join("pre-commit");
    let text = "#!/bin/sh\n# File generated by pre-commit\nlegacy=${0%/*}/pre-commit.legacy\n\
                [ ! -x \"$legacy\" ] || \"$legacy\" \"$@\" || exit 1\necho framework >&2\n";
    if fs::read(&hook).is_ok_and(|bytes| bytes != text.as_bytes()) {
        fs::rename(&hook, repo.hooks().join("pre-commit.legacy")).unwrap();
    }
    script(&hook, text);
}

#[test]
fn a_framework_that_moves_the_guard_aside_and_runs_it_breaks_no_commit() {
    let repo = TestRepo::new();
    install_as_the_framework_does(&repo);
    let before = snapshot(&repo.hooks());
    repo.tightlip(&["install"]).ok();
    repo.assert_guarded();
    install_as_the_framework_does(&repo);
    repo.assert_guarded();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.hooks()), before, "a guard that was moved aside goes, too");
    repo.tightlip(&["install"]).ok();
    install_as_the_framework_does(&repo);
    let said = repo.tightlip(&["doctor"]);
    assert!(said.code == 1 && said.out.contains("not tightlip's: run"), "{said:?}");
    repo.tightlip(&["install"]).ok();
    repo.assert_guarded();
    assert!(!repo.hooks().join("pre-commit.legacy").exists());
    let ran = repo.tightlip(&["doctor"]);
    assert!(ran.out.ends_with("verdict: guarded; every hook stopped a secret\n"), "{ran:?}");
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.hooks()), before);
}

#[test]
fn a_hook_is_under_its_name_at_every_instant() {
    let repo = TestRepo::new();
    let hook = repo.hooks().join("pre-commit");
    script(&hook, "#!/bin/sh\ntrue\n");
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let missing = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut missing = 0;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                missing += u64::from(!hook.exists());
            }
            missing
        });
        for _ in 0..20 {
            repo.tightlip(&["install"]).ok();
            repo.tightlip(&["uninstall"]).ok();
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert_eq!(missing, 0);
}

#[test]
fn what_an_install_that_was_killed_has_left_is_taken_up() {
    let repo = TestRepo::new();
    let hook = repo.hooks().join("pre-commit");
    script(&hook, "#!/bin/sh\ntrue\n");
    let before = snapshot(&repo.hooks());
    // Killed when the hook had a second name, and no guard was in its place yet.
    let killed = || {
        fs::hard_link(&hook, repo.hooks().join("pre-commit.before-tightlip")).unwrap();
        fs::write(repo.hooks().join(".tightlip-4194999-1.new"), "half").unwrap();
    };
    killed();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.hooks()), before);
    killed();
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("runs first, as pre-commit.before-tightlip"), "{said}");
    assert!(!repo.hooks().join("pre-commit.before-tightlip.1").exists());
    repo.assert_guarded();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&repo.hooks()), before);
}

#[test]
fn what_is_in_the_way_is_an_error_before_anything_is_written() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-commit"), "#!/bin/sh\n");
    fs::create_dir_all(repo.hooks().join("pre-push/deep")).unwrap();
    let before = snapshot(&repo.hooks());
    let ran = repo.tightlip(&["install"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("pre-push") && ran.err.contains("move it away"), "{}", ran.err);
    assert_eq!(snapshot(&repo.hooks()), before);
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error_that_leaves_nothing_half_done() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-commit"), "#!/bin/sh\n");
    let before = snapshot(&repo.hooks());
    fs::set_permissions(repo.hooks(), fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write everywhere but where the kernel says no.
    let is_superuser = fs::write(repo.hooks().join("try"), "").is_ok();
    if is_superuser {
        fs::remove_file(repo.hooks().join("try")).unwrap();
        if !Path::new("/proc/self/task").is_dir() {
            return;
        }
        repo.git(&["config", "core.hooksPath", "/proc/1/task"]).ok();
    }
    let ran = repo.tightlip(&["install"]);
    fs::set_permissions(repo.hooks(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cannot write beside") && ran.err.lines().count() == 1, "{}", ran.err);
    assert_eq!(snapshot(&repo.hooks()), before);
}

#[test]
fn strict_hooks_stop_what_no_other_hook_sees() {
    let repo = TestRepo::new();
    repo.git(&["checkout", "-q", "-b", "other"]).ok();
    repo.stage("file", secret());
    repo.git(&["commit", "-q", "-m", "secret"]).ok();
    let id = repo.git(&["rev-parse", "HEAD"]).ok();
    repo.git(&["checkout", "-q", "main"]).ok();
    // New is only what no ref has yet.
    repo.git(&["branch", "-q", "-D", "other"]).ok();
    repo.tightlip(&["install", "--strict"]).ok();
    repo.git(&["merge", "--ff-only", id.trim()]).blocked();
    repo.git(&["reset", "-q", "--hard"]).ok();
    repo.git(&["update-ref", "refs/heads/third", id.trim()]).blocked();
    repo.git(&["commit", "--allow-empty", "-m", "clean"]).ok();
    // Others made what was fetched: no hook looks at it, and doctor says so.
    let other = repo.folder().join("other");
    repo.git_in(repo.folder(), &["clone", "-q", "repo", "other"]).ok();
    fs::write(other.join("file"), secret()).unwrap();
    repo.git_in(&other, &["add", "file"]).ok();
    repo.git_in(&other, &["commit", "-q", "-m", "secret"]).ok();
    repo.git(&["remote", "add", "origin", other.to_str().unwrap()]).ok();
    repo.git(&["fetch", "-q", "origin"]).ok();
    repo.git(&["merge", "-q", "--ff-only", "origin/main"]).ok();
    let told = repo.tightlip(&["doctor"]).out;
    let by = |start: &str| {
        let line = told.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
        line.split("  ").last().unwrap().trim().to_owned()
    };
    assert_eq!(
        by("git merge --ff, git pull of commits"),
        "nothing here: a server's pre-receive, or CI"
    );
    assert_eq!(by("git notes"), "reference-transaction");
}

#[test]
fn doctor_proves_every_hook_and_leaves_nothing_behind() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("pre-commit"), "#!/bin/sh\necho ran >>\"$HOME/log\"\n");
    repo.tightlip(&["install", "--strict", "--server"]).ok();
    let before = snapshot(repo.folder());
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.matches("proven: it stopped a secret").count(), 9, "{}", ran.out);
    assert!(!ran.out.contains("warning"), "{}", ran.out);
    assert_eq!(snapshot(repo.folder()), before);
}

#[test]
fn doctor_proves_hooks_wherever_they_are() {
    let husky_repo = TestRepo::new();
    husky(&husky_repo);
    fs::write(husky_repo.root.join(".husky/pre-commit"), "exit 7\n").unwrap();
    let team = TestRepo::new();
    team.git(&["config", "core.hooksPath", "hooks"]).ok();
    for repo in [husky_repo, team] {
        repo.tightlip(&["install"]).ok();
        let mut command = repo.command(&repo.tightlip, &repo.root);
        let path = format!("{}:/usr/bin:/bin", repo.folder().join("bin").display());
        command.arg("doctor").env("PATH", path);
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code, 0, "{ran:?}");
        // Where the program is not on the PATH, the blocks do not find it.
        let ran = repo.tightlip(&["doctor"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains("not because of the secret"), "{}", ran.out);
    }
    let global = TestRepo::new();
    global.tightlip(&["install", "--global"]).ok();
    for arguments in [&["doctor", "--global"][..], &["doctor"]] {
        let ran = global.tightlip(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.out.matches("proven: it stopped a secret").count(), 7, "{}", ran.out);
    }
}

#[test]
fn doctor_tells_what_is_broken() {
    let repo = TestRepo::new();
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.matches("missing: run").count(), 7, "{}", ran.out);
    repo.tightlip(&["install"]).ok();
    let hook = |name: &str| repo.hooks().join(name);
    script(&hook("pre-commit"), "#!/bin/sh\n# tightlip guard: pre-commit\nexit 0\n");
    script(&hook("pre-push"), "#!/bin/sh\nexit 0\n");
    script(
        &hook("pre-merge-commit"),
        "#!/bin/sh\n# tightlip guard: x\necho 'oh \x1b[1m no' >&2\nexit 1\n",
    );
    fs::set_permissions(hook("commit-msg"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 1);
    let out = ran.out;
    let line = |name: &str| {
        let start = format!("  {name} ");
        out.lines().find(|line| line.starts_with(&start)).unwrap().to_owned()
    };
    assert!(line("pre-commit").contains("NOT PROVEN: somebody has edited it"), "{out}");
    assert!(line("pre-push").contains("not tightlip's"), "{out}");
    assert!(line("pre-merge-commit").contains("NOT PROVEN: somebody has edited it"), "{out}");
    assert!(!out.contains("no\n"), "what somebody has edited is not fired: {out}");
    assert!(
        out.ends_with("verdict: NOT guarded: pre-commit, pre-merge-commit, commit-msg, pre-push\n"),
        "{out}"
    );
    let advice = "(not executable, so git does not run it; run `tightlip install`)";
    assert!(line("commit-msg").contains(advice), "{out}");
    assert!(line("pre-commit").contains("(delete it and run `tightlip install`)"), "{out}");
    assert!(line("applypatch-msg").contains("proven: it stopped"), "{out}");
    assert!(out.contains("nothing here: a server's pre-receive, or CI"), "{out}");
}

#[test]
fn doctor_does_not_count_a_guard_that_ends_before_it_scans() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    let hook = repo.hooks().join("pre-commit");
    let guard = fs::read_to_string(&hook).unwrap();
    for edited in [
        guard.replacen('\n', "\nexit 0\n", 1),
        format!("#!/bin/sh\nexit 0\n{guard}"),
        "#!/bin/sh\nexit 0\ntightlip hook pre-commit\n".to_owned(),
        "#!/bin/sh\ntightlip hook commit-msg \"$1\"\n".to_owned(),
        "#!/bin/sh\n# Not executable.\ntightlip hook pre-commit\n".to_owned(),
    ] {
        script(&hook, &edited);
        if edited.contains("Not executable") {
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let ran = repo.tightlip(&["doctor"]);
        assert_eq!(ran.code, 1, "{edited}\n{}", ran.out);
        assert!(ran.out.ends_with("verdict: NOT guarded: pre-commit\n"), "{}", ran.out);
    }
}

#[test]
fn installs_and_uninstalls_at_once_keep_the_hook_of_the_team() {
    let team = "#!/bin/sh\n# the team's\nexit 0\n";
    for (target, folder) in [
        (&[][..], "repo/.git/hooks"),
        (&["--template", "../template"], "template/hooks"),
        // The first directory is the user's own, the second is ours.
        (&["--global"], "home/theirs"),
        (&["--global"], "home/.config/tightlip/hooks"),
    ] {
        let repo = TestRepo::new();
        let hook = repo.folder().join(folder).join("pre-commit");
        if folder.ends_with("theirs") {
            repo.git(&["config", "--global", "core.hooksPath", "~/theirs"]).ok();
        }
        let is_ours = folder.contains("tightlip");
        if !is_ours {
            script(&hook, team);
        }
        let run = |command: &str| repo.tightlip(&[&[command], target].concat()).ok();
        for _ in 0..4 {
            std::thread::scope(|scope| {
                for command in ["install", "uninstall"].repeat(3) {
                    scope.spawn(move || run(command));
                }
            });
            run("uninstall");
            if is_ours {
                assert!(!hook.exists());
                continue;
            }
            assert_eq!(fs::read_to_string(&hook).unwrap(), team);
            assert_eq!(fs::read_dir(hook.parent().unwrap()).unwrap().count(), 1);
        }
    }
}

#[test]
fn doctor_names_rules_that_are_switched_off_and_proves_the_hooks_all_the_same() {
    let repo = TestRepo::new();
    repo.tightlip(&["install", "--server"]).ok();
    let ran = repo.tightlip(&["doctor"]);
    assert!(!ran.out.contains("note:"), "{}", ran.out);
    let user = repo.folder().join("home/.config/tightlip");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join("config.toml"), "disable = ['aws-access-key-id']\n").unwrap();
    let own = "min_confidence = 'high'\ndisable = ['jwt']\nenable = ['aws-account-id']\n\
               [[rule]]\nid = 'npm-access-token'\nenabled = false\n";
    fs::write(repo.root.join(".tightlip.toml"), own).unwrap();
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.matches("proven: it stopped a secret").count(), 8, "{}", ran.out);
    let note = ran.out.lines().find(|line| line.starts_with("note: built-in rules")).unwrap();
    for expected in [
        "aws-access-key-id (",
        "config.toml:1)",
        "jwt (",
        ".tightlip.toml:2)",
        "npm-access-token (",
    ] {
        assert!(note.contains(expected), "{note}");
    }
    assert!(!note.contains("aws-account-id"), "{note}");
    assert!(ran.out.contains("note: only findings of high confidence"), "{}", ran.out);
    fs::write(repo.root.join(".tightlip.toml"), "disable = ['no-such-rule']\n").unwrap();
    let ran = repo.tightlip(&["doctor"]);
    assert!(ran.out.contains("warning: no scan can run here"), "{}", ran.out);
}

#[test]
fn doctor_names_what_a_configuration_blinds_whatever_it_says() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    let notes = |config: &str, allowed: &str| {
        fs::write(repo.root.join(".tightlip.toml"), config).unwrap();
        fs::write(repo.root.join(".gitallowed"), allowed).unwrap();
        let ran = repo.tightlip(&["doctor"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out.lines().filter(|line| line.starts_with("note:")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(notes("", ""), "");
    // What is added, and what is allowed in one place or for one rule, blinds nothing.
    let harmless = "[[rule]]\nid = 'own'\ndescription = 'own'\nkeywords = ['own-']\n\
                    pattern = 'own-[0-9]{8}'\n[[allow]]\nreason = 'fixtures'\npaths = \
                    ['tests/**']\n[[allow]]\nreason = 'a sample'\nstop_words = ['sample-only']\n";
    assert_eq!(notes(harmless, "^docs/.*example\n"), "");
    let rule = "[[rule]]\nid = 'aws-access-key-id'\n";
    for change in [
        "pattern = 'ZZZZQQQ'",
        "keywords = ['zzzzzz']",
        "min_entropy = 8.0",
        "stop_words = ['a']",
        "checks = ['jwt']",
        "near = 'jwt'",
    ] {
        let note = notes(&format!("{rule}{change}\n"), "");
        assert!(note.contains("aws-access-key-id (.tightlip.toml:1)"), "{change}: {note}");
    }
    for (config, allowed, origin) in [
        ("[[allow]]\nreason = 'x'\npatterns = ['[A-Z0-9]{8,}']\n", "", ".tightlip.toml:1"),
        ("[[allow]]\nreason = 'x'\nline_patterns = ['key']\n", "", ".tightlip.toml:1"),
        ("", "# all\n[A-Z0-9]{8,}\n", ".gitallowed:2"),
    ] {
        let note = notes(config, allowed);
        assert!(note.contains("allowed in every file") && note.contains(origin), "{note}");
    }
}

#[test]
fn doctor_fires_no_hook_of_others_and_no_program_that_an_edited_one_names() {
    let repo = TestRepo::new();
    let log = "#!/bin/sh\necho \"$0\" >>\"$HOME/log\"\n";
    for name in ["post-index-change", "reference-transaction", "post-commit"] {
        script(&repo.hooks().join(name), log);
    }
    repo.tightlip(&["install"]).ok();
    fs::remove_file(repo.folder().join("home/log")).ok();
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let program = repo.folder().join("home/program");
    script(&program, &format!("{log}echo tightlip 1\n"));
    let edited = format!(
        "#!/bin/sh\n# tightlip guard: pre-commit (checksum 000000).\nbinary='{}'\n\"$binary\"\n",
        program.display()
    );
    script(&repo.hooks().join("pre-commit"), &edited);
    assert_eq!(repo.tightlip(&["doctor"]).code, 1);
    assert_eq!(lines(&repo.folder().join("home/log")), Vec::<String>::new());
}

#[test]
fn doctor_runs_nothing_that_came_with_a_repository() {
    let log = "#!/bin/sh\necho \"$0\" >>\"$HOME/log\"\n";
    let unfired = |repo: &TestRepo, reason: &str| {
        let path = format!("{}:/usr/bin:/bin", repo.folder().join("bin").display());
        let ran = Ran::of(repo.command(&repo.tightlip, &repo.root).arg("doctor").env("PATH", path));
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(lines(&repo.folder().join("home/log")), Vec::<String>::new(), "{reason}");
        let told = ran.out.lines().find(|line| line.starts_with("  pre-commit ")).unwrap();
        assert!(told.contains("NOT PROVEN") && told.contains(reason), "{told}");
    };
    // Just as this version writes it, for a program in the repository.
    let repo = TestRepo::new();
    let theirs = link_program(&repo.root.join("bin"));
    Ran::of(repo.command(&theirs, &repo.root).arg("install")).ok();
    fs::remove_file(&theirs).unwrap();
    script(&theirs, log);
    unfired(&repo, "neither this program nor on the PATH");

    // With a right checksum, as another version may have written it.
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    let other = log.replace("/sh\n", "/sh\n# tightlip guard: x (checksum @SUM@).\n");
    let sum = String::from_utf8(crc32_base62(other.as_bytes()).to_vec()).unwrap();
    script(&repo.hooks().join("pre-commit"), &other.replace("@SUM@", &sum));
    unfired(&repo, "another version wrote it");

    // By an interpreter in the repository, and below a line that runs more than it seems to.
    for (first, head) in
        [("#!{repo}/sh\n", "#!/bin/sh\n"), ("#!/bin/sh\n", "#!/bin/sh\n. \"$(./sh)/husky.sh\"\n")]
    {
        let repo = TestRepo::new();
        repo.git(&["config", "core.hooksPath", "hooks"]).ok();
        let name = repo.root.to_str().unwrap();
        script(&repo.root.join("sh"), log);
        let file = repo.root.join("hooks/pre-commit");
        script(&file, head);
        repo.tightlip(&["install"]).ok();
        let text = fs::read_to_string(&file).unwrap();
        let first = first.replace("{repo}", name);
        script(&file, &text.replacen("#!/bin/sh\n", &first, 1));
        unfired(&repo, "no shell of the system runs it");
    }

    // What husky has generated, or somebody else in its place.
    let repo = TestRepo::new();
    husky(&repo);
    repo.tightlip(&["install"]).ok();
    for name in ["h", "husky.sh", "pre-commit"] {
        script(&repo.root.join(".husky/_").join(name), log);
    }
    let path = format!("{}:/usr/bin:/bin", repo.folder().join("bin").display());
    let ran = Ran::of(repo.command(&repo.tightlip, &repo.root).arg("doctor").env("PATH", path));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(lines(&repo.folder().join("home/log")), Vec::<String>::new());
}

#[test]
fn doctor_counts_hooks_that_call_tightlip_through_a_manager() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    script(&repo.hooks().join("pre-commit"), "#!/bin/sh\n# lefthook\nlefthook run pre-commit\n");
    assert_eq!(repo.tightlip(&["doctor"]).code, 1);
    let file = repo.root.join("lefthook.yml");
    fs::write(&file, "pre-commit:\n  jobs:\n    - run: tightlip hook pre-commit\n").unwrap();
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("calls tightlip through lefthook, by lefthook.yml"), "{}", ran.out);
    assert!(ran.out.contains("verdict: guarded: 6 hooks stopped a secret; 1 "), "{}", ran.out);
}

/// As lefthook does: writes a hook for each section of its file, which runs what the section says, and puts
/// what stood there aside.
fn install_as_lefthook_does(repo: &TestRepo) {
    let file = fs::read_to_string(repo.root.join("lefthook.yml")).unwrap();
    let sections = file.lines().filter_map(|line| line.strip_suffix(':'));
    for name in sections.filter(|name| name.starts_with(|char: char| char.is_ascii_lowercase())) {
        let hook = repo.hooks().join(name);
        let text = format!(
            "#!/bin/sh\n# LEFTHOOK\nrun=$(awk '/^[a-z]/ {{ inside = ($0 == \"{name}:\") }} inside && \
             /run: tightlip/ {{ sub(/.*run: /, \"\"); print }}' lefthook.yml)\n\
             eval \"${{run%%\\\"*}} \\\"\\$@\\\"\"\n"
        );
        if fs::read(&hook).is_ok_and(|bytes| bytes != text.as_bytes()) {
            fs::rename(&hook, repo.hooks().join(format!("{name}.old"))).unwrap();
        }
        script(&hook, &text);
    }
}

#[test]
fn a_manager_that_calls_tightlip_may_write_its_hooks_again_and_again() {
    let repo = TestRepo::new();
    let file = repo.root.join("lefthook.yml");
    let text =
        "# ours\npre-commit:\n  parallel: true # fast\n  commands:\n    lint:\n      run: x\n";
    fs::write(&file, text).unwrap();
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("`tightlip install --into-manager` has it call tightlip"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let said = repo.tightlip(&["install", "--into-manager"]).ok();
    assert!(said.contains("lefthook.yml: calls tightlip now"), "{said}");
    assert!(!said.contains("--into-manager"), "{said}");
    let wired = fs::read_to_string(&file).unwrap();
    let said = repo.tightlip(&["install", "--into-manager"]).ok();
    assert!(said.contains("lefthook.yml: calls tightlip already"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), wired);
    repo.assert_guarded();
    install_as_lefthook_does(&repo);
    install_as_lefthook_does(&repo);
    repo.assert_guarded();
    let message = secret();
    repo.git_with_path(&["commit", "--allow-empty", "-m", &message]).blocked();
    let said = repo.tightlip(&["doctor"]);
    assert!(said.code == 0 && said.out.ends_with("7 hooks call tightlip and were not fired\n"));
    repo.tightlip(&["install"]).ok();
    install_as_lefthook_does(&repo);
    repo.tightlip(&["install"]).ok();
    repo.assert_guarded();
    let said = repo.tightlip(&["uninstall"]).ok();
    assert!(said.contains("took tightlip's lines out of"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn the_framework_tells_by_variables_what_git_tells_by_arguments() {
    let repo = TestRepo::new();
    repo.stage("file", secret());
    repo.git(&["commit", "-q", "-m", "secret"]).ok();
    let id = repo.git(&["rev-parse", "HEAD"]).ok();
    let first = repo.git(&["rev-parse", "HEAD~1"]).ok();
    let push = |variables: &[(&str, &str)]| {
        let mut command = repo.command(&repo.tightlip, &repo.root);
        command.args(["hook", "pre-push"]).envs(variables.iter().copied());
        Ran::of(&mut command)
    };
    let branches = [
        ("PRE_COMMIT", "1"),
        ("PRE_COMMIT_LOCAL_BRANCH", "HEAD"),
        ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/a"),
    ];
    push(&branches).blocked();
    let range = [("PRE_COMMIT_FROM_REF", first.trim()), ("PRE_COMMIT_TO_REF", id.trim())];
    push(&[&branches[..], &range].concat()).blocked();
    let nothing_new = [("PRE_COMMIT_FROM_REF", id.trim()), ("PRE_COMMIT_TO_REF", id.trim())];
    push(&[&branches[..], &nothing_new].concat()).ok();
    let said = push(&[]);
    assert_eq!(said.code, 2, "whoever passes nothing on is told: {said:?}");
    assert!(said.err.contains("cannot tell what is pushed"), "{}", said.err);
    // A hook that starts another git command hands the variables down: git's own words count.
    let with_arguments = || {
        let mut command = repo.command(&repo.tightlip, &repo.root);
        command.args(["hook", "pre-push", "origin", "url"]).envs(branches);
        Ran::of(&mut command)
    };
    with_arguments().blocked();
    repo.git(&["reset", "-q", "--hard", first.trim()]).ok();
    with_arguments().ok();
}

#[test]
fn what_cannot_be_put_into_a_manager_changes_nothing() {
    let repo = TestRepo::new();
    let said = repo.tightlip(&["install", "--into-manager"]).fails();
    assert!(said.contains("no hook manager is in use here"), "{said}");
    let file = repo.root.join("lefthook.yml");
    fs::write(&file, "pre-commit: {commands: {}}\n").unwrap();
    let said = repo.tightlip(&["install", "--into-manager"]).fails();
    assert!(
        said.contains("cannot add tightlip to") && said.contains("      run: tightlip"),
        "{said}"
    );
    assert!(snapshot(&repo.hooks()).is_empty());
    fs::remove_file(&file).unwrap();
    fs::write(repo.root.join("elsewhere"), "").unwrap();
    symlink("elsewhere", &file).unwrap();
    let said = repo.tightlip(&["install", "--into-manager"]).fails();
    assert!(said.contains("is a symbolic link"), "{said}");
    repo.tightlip(&["install"]).ok();
    repo.tightlip(&["uninstall"]).ok();
    assert!(snapshot(&repo.hooks()).is_empty());
}

#[test]
fn husky_finds_the_blocks_when_git_comes_to_look_there() {
    let repo = TestRepo::new();
    let hook = repo.root.join(".husky/pre-commit");
    script(&hook, "echo team\n");
    let before = snapshot(&repo.root.join(".husky"));
    repo.tightlip(&["install", "--into-manager"]).ok();
    repo.assert_guarded();
    husky(&repo);
    let wired = snapshot(&repo.root.join(".husky"));
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("pre-commit             already installed"), "{said}");
    assert_eq!(snapshot(&repo.root.join(".husky")), wired);
    repo.assert_guarded();
    repo.git(&["config", "--unset", "core.hooksPath"]).ok();
    repo.tightlip(&["uninstall"]).ok();
    fs::remove_dir_all(repo.root.join(".husky/_")).unwrap();
    assert_eq!(snapshot(&repo.root.join(".husky")), before);
}

#[test]
#[cfg(target_os = "linux")]
fn at_a_terminal_install_asks_before_it_writes_into_a_manager() {
    use std::io::Write as _;
    let answer = |answer: &str| {
        let repo = TestRepo::new();
        fs::write(repo.root.join("lefthook.yml"), "pre-commit:\n").unwrap();
        let mut command = repo.command("script", &repo.root);
        let install = "exec \"$TIGHTLIP\" install";
        command.args(["-q", "-e", "-c", install, "/dev/null"]).env("TIGHTLIP", &repo.tightlip);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = fixture::start(&mut command);
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        assert!(said.contains("Have it call tightlip, too? [y/N]"), "{said}");
        assert!(repo.hooks().join("pre-commit").exists(), "{said}");
        fs::read_to_string(repo.root.join("lefthook.yml")).unwrap().contains("tightlip")
    };
    assert!(answer("y\n") && !answer("n\n") && !answer("\n"));
}

#[test]
fn the_other_guards_say_that_pre_commit_is_gone() {
    let repo = TestRepo::new();
    let origin = repo.folder().join("origin.git").to_str().unwrap().to_owned();
    repo.git(&["init", "-q", "--bare", &origin]).ok();
    repo.tightlip(&["install"]).ok();
    let hook = repo.hooks().join("pre-commit");
    let said = || {
        let commit = repo.git_with_path(&["commit", "--allow-empty", "-m", "clean"]);
        let push = repo.git_with_path(&["push", &origin, "HEAD:refs/heads/main"]);
        let count = |text: &str| text.matches("`tightlip install` mends that").count();
        assert_eq!((commit.code, push.code), (0, 0), "{commit:?} {push:?}");
        assert_eq!(count(&commit.err), count(&push.err), "{commit:?} {push:?}");
        assert!(count(&commit.err) < 2, "{commit:?}");
        commit.err.lines().find(|line| line.contains("mends that")).unwrap_or("").to_owned()
    };
    assert_eq!(said(), "");
    fs::remove_file(&hook).unwrap();
    assert!(said().contains("pre-commit` is gone, so nothing looks at"), "{}", said());
    script(&hook, "#!/bin/sh\necho theirs\n");
    assert!(said().contains("pre-commit` is no longer tightlip's"), "{}", said());
    repo.tightlip(&["install"]).ok();
    assert_eq!(said(), "");
    let mode = |mode| fs::set_permissions(&hook, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert!(said().contains("pre-commit` is not executable"), "{}", said());
    mode(0o755);
    // A manager that runs the guard it has moved aside, or calls tightlip by itself, is as good.
    install_as_the_framework_does(&repo);
    assert_eq!(said(), "");
    fs::remove_file(repo.hooks().join("pre-commit.legacy")).unwrap();
    assert!(said().contains("no longer tightlip's"), "{}", said());
    script(&hook, "#!/bin/sh\n# LEFTHOOK\nexit 0\n");
    assert!(said().contains("no longer tightlip's"), "{}", said());
    let file = repo.root.join("lefthook.yml");
    fs::write(&file, "pre-commit:\n  jobs:\n    - run: tightlip hook pre-commit\n").unwrap();
    assert_eq!(said(), "");
}

#[test]
fn a_hook_that_a_manager_calls_expects_no_guard_beside_it() {
    let repo = TestRepo::new();
    script(&repo.hooks().join("commit-msg"), "#!/bin/sh\ntightlip hook commit-msg \"$1\"\n");
    let ran = repo.git_with_path(&["commit", "--allow-empty", "-m", "clean"]);
    assert!(ran.code == 0 && !ran.err.contains("tightlip"), "{ran:?}");
}

#[test]
fn a_hook_without_the_file_of_the_message_says_what_to_do() {
    let repo = TestRepo::new();
    let ran = repo.tightlip(&["hook", "commit-msg"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says("git passes it as the first argument. By hand use `tightlip message FILE`");
}

#[test]
fn a_team_may_have_colleagues_without_tightlip_warned_and_not_stopped() {
    let repo = TestRepo::new();
    let hooks = repo.root.join(".githooks");
    script(&hooks.join("pre-commit"), "#!/bin/sh\necho team\n");
    script(&hooks.join("commit-msg"), "#!/usr/bin/env python3\n");
    repo.git(&["config", "core.hooksPath", ".githooks"]).ok();
    let before = snapshot(&hooks);
    let said = repo.tightlip(&["install"]).ok();
    assert!(said.contains("colleagues without it are stopped until they install it"), "{said}");
    let commit = || repo.git(&["commit", "--allow-empty", "-m", "x"]);
    let said = commit().fails();
    assert!(said.contains("tightlip: pre-commit stopped, nothing was scanned"), "{said}");
    let said = repo.tightlip(&["install", "--if-missing", "warn"]).ok();
    assert!(said.contains("colleagues without it are told how to install it"), "{said}");
    assert_eq!(said.matches("brought up to date").count(), 7, "{said}");
    let said = commit();
    assert_eq!(said.code, 0, "{said:?}");
    for hook in ["pre-commit", "commit-msg"] {
        let warning = format!("tightlip: nothing was scanned by {hook}: there is no tightlip");
        assert!(said.err.contains(&warning) && said.err.contains("cargo install"), "{said:?}");
    }
    repo.assert_guarded();
    let wired = snapshot(&hooks);
    let said = repo.tightlip(&["install"]).ok();
    assert_eq!(said.matches("already installed").count(), 7, "a plain install keeps it: {said}");
    assert_eq!(snapshot(&hooks), wired);
    let mut doctor = repo.command(&repo.tightlip, &repo.root);
    doctor
        .arg("doctor")
        .env("PATH", format!("{}:/usr/bin:/bin", repo.folder().join("bin").display()));
    let said = Ran::of(&mut doctor).ok();
    let warns = "proven: it stopped a secret; it only warns where there is no tightlip\n";
    assert_eq!(said.matches(warns).count(), 7, "{said}");
    repo.tightlip(&["install", "--if-missing", "stop"]).ok();
    let _ = commit().fails();
    repo.tightlip(&["uninstall"]).ok();
    assert_eq!(snapshot(&hooks), before);
}

#[test]
fn a_hook_of_ones_own_has_no_colleagues_to_warn() {
    let repo = TestRepo::new();
    let said = repo.tightlip(&["install", "--if-missing", "warn"]).fails();
    assert!(said.contains("--if-missing is for hooks that a team shares"), "{said}");
    assert!(snapshot(&repo.hooks()).is_empty());
}

#[test]
fn lines_in_a_managers_file_warn_where_that_was_asked_for() {
    let repo = TestRepo::new();
    let file = repo.root.join("lefthook.yml");
    fs::write(&file, "commit-msg:\n").unwrap();
    let said = repo.tightlip(&["install", "--into-manager", "--if-missing", "warn"]).ok();
    assert!(said.contains("colleagues without it are told how to install it"), "{said}");
    let wired = fs::read_to_string(&file).unwrap();
    repo.tightlip(&["install", "--into-manager"]).ok();
    assert_eq!(fs::read_to_string(&file).unwrap(), wired, "a plain install keeps it");
    // The lines of the first hook, as lefthook gives them to a shell.
    let lines: Vec<&str> = wired.lines().skip_while(|line| !line.ends_with("run: |")).collect();
    let run = lines[1..4].join("\n").replace("\"{1}\"", "\"$1\"");
    fs::write(repo.root.join("message"), secret()).unwrap();
    let call = |path: &str| {
        let mut command = repo.command("sh", &repo.root);
        command.args(["-ec", &run, "sh", "message"]).env("PATH", path);
        Ran::of(&mut command)
    };
    let said = call("/usr/bin:/bin");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.err.contains("tightlip: nothing was scanned by commit-msg; install it"),
        "{said:?}"
    );
    call(&format!("{}:/usr/bin:/bin", repo.folder().join("bin").display())).blocked();
    let hook = repo.hooks().join("commit-msg");
    script(&hook, "#!/bin/sh\n# LEFTHOOK\n");
    let said = repo.tightlip(&["doctor"]);
    assert!(said.out.contains("by lefthook.yml, which only warns where there is no tightlip;"));
}

/// Makes a repository in `folder` and puts it into the index of the one around it.
fn submodule(repo: &TestRepo, around: &Path, name: &str) -> PathBuf {
    let folder = around.join(name);
    fs::create_dir_all(&folder).unwrap();
    repo.git_in(&folder, &["init", "-q", "--template=", "-b", "main"]).ok();
    repo.git_in(&folder, &["commit", "-q", "--allow-empty", "-m", "first"]).ok();
    repo.git_in(around, &["add", name]).ok();
    folder
}

#[test]
fn doctor_names_submodules_whose_commits_nothing_stops() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    let warning = || {
        let out = repo.tightlip(&["doctor"]).out;
        out.lines().find(|line| line.contains("these submodules")).map(str::to_owned)
    };
    assert_eq!(warning(), None);
    let covered = submodule(&repo, &repo.root, "covered");
    let inner = submodule(&repo, &covered, "in ner");
    let other = submodule(&repo, &repo.root, "other\x1b");
    // One that is not checked out, and a link that leads up in the place of one.
    fs::rename(submodule(&repo, &repo.root, "absent"), repo.folder().join("gone")).unwrap();
    fs::rename(submodule(&repo, &repo.root, "loop"), repo.folder().join("moved")).unwrap();
    symlink("..", repo.root.join("loop")).unwrap();
    repo.tightlip_in(&covered, &["install"]).ok();
    let told = warning().unwrap();
    assert!(told.contains("hooks of their own: `covered/in ner`, `other\\x1b`; run"), "{told}");
    // It is true: the one lets a secret pass, the other does not.
    for (folder, passes) in [(&other, true), (&covered, false)] {
        fs::write(folder.join("f"), secret()).unwrap();
        repo.git_in(folder, &["add", "f"]).ok();
        let ran = repo.git_in(folder, &["commit", "-q", "-m", "f"]);
        assert_eq!(ran.code == 0, passes, "{ran:?}");
    }
    // With GIT_DIR, as in a hook, a submodule is still its own repository.
    let mut doctor = repo.command(&repo.tightlip, &repo.root);
    doctor.arg("doctor").env("GIT_DIR", repo.root.join(".git")).env("GIT_TRACE", "1");
    let in_a_hook = Ran::of(&mut doctor).out;
    assert!(in_a_hook.lines().any(|line| line == told), "{in_a_hook}");
    repo.tightlip_in(&inner, &["install"]).ok();
    repo.tightlip_in(&other, &["install"]).ok();
    assert_eq!(warning(), None);
    // Git runs no guard that is not executable, and a script that calls tightlip is as good as one.
    let guard = covered.join(".git/hooks/pre-commit");
    fs::set_permissions(&guard, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(warning().unwrap().contains("`covered`"), "{:?}", warning());
    script(&guard, "#!/bin/sh\nexec tightlip hook pre-commit\n");
    assert_eq!(warning(), None);
}

#[test]
fn doctor_tells_which_hooks_are_out_of_gits_sight() {
    let repo = TestRepo::new();
    repo.tightlip(&["install"]).ok();
    repo.tightlip(&["install", "--global"]).ok();
    repo.git(&["config", "core.hooksPath", "hooks"]).ok();
    let ran = repo.tightlip(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains(".git/hooks never run") || ran.out.contains(".git/hooks` never run"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("the global install does not guard this repository"), "{}", ran.out);
    repo.tightlip(&["uninstall"]).ok();
    assert!(snapshot(&repo.hooks()).is_empty());
}

#[test]
fn every_script_is_read_by_every_shell() {
    let repo = TestRepo::new();
    husky(&repo);
    repo.tightlip(&["install"]).ok();
    repo.git(&["config", "--unset", "core.hooksPath"]).ok();
    repo.tightlip(&["install", "--strict", "--server"]).ok();
    repo.tightlip(&["install", "--global"]).ok();
    let made =
        [repo.hooks(), repo.root.join(".husky"), repo.folder().join("home/.config/tightlip/hooks")];
    for (path, _, bytes) in made.iter().flat_map(|folder| snapshot(folder)) {
        assert!(!bytes.contains(&b'\r'), "{path:?}");
        for shell in [&["dash", "-n"][..], &["bash", "--posix", "-n"]] {
            if path.is_file() && Path::new("/bin").join(shell[0]).exists() {
                let mut command = repo.command(shell[0], &repo.root);
                command.args(&shell[1..]).arg(&path);
                assert_eq!(Ran::of(&mut command).err, "", "{path:?}");
            }
        }
    }
}

#[test]
fn outside_of_a_repository_there_is_a_reason() {
    let repo = TestRepo::outside();
    for command in ["install", "uninstall", "doctor"] {
        let ran = repo.tightlip_in(repo.folder(), &[command]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("not a git repository"), "{}", ran.err);
    }
}
