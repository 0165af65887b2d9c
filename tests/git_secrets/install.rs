//! `--install`: hooks where git looks for them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::expected::{Expected, ours, peer};
use crate::repo::{HOOKS, HUSH, Repo, hook_text};

/// What is said of hooks in a folder.
fn installed(folder: &str) -> String {
    HOOKS.map(|(hook, _)| format!("Installed {hook} hook to {folder}/{hook}\n")).concat()
}

/// Commits a secret in a folder, and expects that a hook minds.
#[track_caller]
fn is_stopped(repo: &Repo, folder: impl AsRef<Path>, expected: impl Into<Expected<bool>>) {
    let folder = repo.root.join(folder);
    fs::write(folder.join("secret"), "hush1\n").unwrap();
    repo.git_in(&folder, ["add", "secret"]).passes();
    let ran = repo.git_in(&folder, ["commit", "-q", "-m", "x"]);
    ran.stopped_by(if expected.into().now() { "secret:1:hush1\n" } else { "" });
}

#[test]
fn three_hooks_are_installed_and_told() {
    let repo = Repo::new();
    repo.secrets(["--install"]).status(0).out(&installed(".git/hooks"));
    for (hook, command) in HOOKS {
        let file = repo.root.join(".git/hooks").join(hook);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o755);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("git secrets --{command} -- \"$@\"")), "{text}");
        if peer().is_some() {
            assert_eq!(text, hook_text(command));
        }
    }
    is_stopped(&repo, "", true);
}

#[test]
fn only_the_three_are_installed_on_demand() {
    let repo = Repo::new();
    repo.config("secrets.extraHooks", "false");
    repo.secrets(["--install"]).status(0).out(&installed(".git/hooks")).err("");
    let hooks = fs::read_dir(repo.root.join(".git/hooks")).unwrap();
    let mut hooks: Vec<_> = hooks.map(|entry| entry.unwrap().file_name()).collect();
    hooks.sort();
    assert_eq!(hooks, HOOKS.map(|(hook, _)| hook));
}

#[test]
fn more_hooks_are_told_on_standard_error() {
    let repo = Repo::new();
    let ran = repo.secrets(["--install"]).status(0);
    for hook in ["pre-push", "pre-applypatch", "applypatch-msg"] {
        let file = repo.root.join(".git/hooks").join(hook);
        assert_eq!(file.exists(), peer().is_none(), "{hook}");
        assert_eq!(ran.stderr().contains(hook), peer().is_none(), "{hook} in {ran}");
    }
}

#[test]
fn a_push_or_a_mailed_patch_is_stopped_by_the_other_hooks() {
    // B7.
    let repo = Repo::new();
    repo.commit("f", "hush1\n");
    let patch = repo.git(["format-patch", "-1", "--stdout"]).status(0).stdout();
    repo.write("../patch", patch);
    repo.git(["reset", "-q", "--hard", "HEAD~"]).passes();
    repo.secrets(["--install"]).status(0);
    repo.git(["am", "-q", "../patch"]).stopped_by(ours("f:1:hush1\n").theirs(""));
    if peer().is_none() {
        repo.git(["am", "--abort"]).status(0);
        repo.commit("f", "hush1\n");
    }
    repo.git(["init", "-q", "--bare", "../remote.git"]).passes();
    let ran = repo.git(["push", "-q", "../remote.git", "main"]);
    ran.stopped_by(ours("hush1\n").theirs(""));
    repo.git(["reset", "-q", "--hard", "HEAD~"]).passes();
    repo.git(["push", "-q", "../remote.git", "main:clean"]).passes();
}

#[test]
fn from_a_subdirectory_hooks_go_to_the_repository() {
    let repo = Repo::new();
    repo.write("d/f", "");
    let folder = repo.root.join(".git/hooks");
    repo.secrets_in("d", ["--install"]).status(0).out(&installed(folder.to_str().unwrap()));
    is_stopped(&repo, "", true);
}

#[test]
fn a_work_tree_can_be_named() {
    let repo = Repo::new();
    let root = repo.root.to_str().unwrap();
    let ran = repo.secrets_in("..", ["--install", root]).status(0);
    ran.out(&installed(&format!("{root}/.git/hooks")));
    is_stopped(&repo, "", true);
    let ran = repo.secrets_in("..", ["--install", "-f", "repo"]).status(0);
    ran.out(&installed("repo/.git/hooks"));
}

#[test]
fn a_folder_for_templates_can_be_named() {
    let repo = Repo::new();
    repo.git(["config", "--global", "secrets.patterns", HUSH]).passes();
    let folder = repo.folder().join("templates/git");
    let folder = folder.to_str().unwrap();
    repo.secrets(["--install", folder]).status(0).out(&installed(&format!("{folder}/hooks")));
    repo.git(["init", "-q", "--template", folder, "../by-option"]).passes();
    is_stopped(&repo, "../by-option", true);
    repo.git(["config", "--global", "init.templateDir", folder]).passes();
    repo.git(["init", "-q", "../by-setting"]).passes();
    is_stopped(&repo, "../by-setting", true);
    let outside = Repo::outside("plain");
    outside.secrets(["--install", "t", "u"]).status(0).out(&installed("t/hooks"));
    assert!(!outside.root.join("u").exists());
}

#[test]
fn folders_of_hooks_get_a_file_each() {
    let repo = Repo::new();
    let mut said = String::new();
    for (hook, _) in HOOKS {
        fs::create_dir_all(repo.root.join(format!(".git/hooks/{hook}.d"))).unwrap();
        said += &format!("Installed {hook} hook to .git/hooks/{hook}.d/git-secrets\n");
    }
    repo.secrets(["--install"]).status(0).out(&said);
    for (hook, command) in HOOKS {
        let file = repo.root.join(format!(".git/hooks/{hook}.d/git-secrets"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("git secrets --{command} -- \"$@\"")), "{text}");
        assert!(!repo.root.join(".git/hooks").join(hook).exists());
    }
    let exists = ".git/hooks/commit-msg.d/git-secrets already exists. Use -f to force\n";
    repo.secrets(["--install"]).status(1).out("").err(exists);
}

#[test]
fn an_existing_hook_stops_the_installation_before_anything_is_written() {
    for (position, (existing, _)) in HOOKS.into_iter().enumerate() {
        let repo = Repo::new();
        repo.script(Path::new(".git/hooks").join(existing), "#!/bin/sh\nexit 0\n");
        let said = format!(".git/hooks/{existing} already exists. Use -f to force\n");
        let ran = repo.secrets(["--install"]).status(1).err(&said);
        if peer().is_none() {
            ran.out("");
        }
        for (at, (hook, _)) in HOOKS.into_iter().enumerate() {
            let text = fs::read_to_string(repo.root.join(".git/hooks").join(hook));
            let is_ours = text.is_ok_and(|text| text.contains("git secrets"));
            assert_eq!(is_ours, peer().is_some() && at < position, "{hook} beside {existing}");
        }
    }
}

#[test]
fn a_second_installation_needs_force() {
    let repo = Repo::new();
    repo.secrets(["--install"]).status(0);
    let said = ".git/hooks/commit-msg already exists. Use -f to force\n";
    repo.secrets(["--install"]).status(1).out("").err(said);
    for word in ["-f", "--force"] {
        repo.script(".git/hooks/commit-msg", "#!/bin/sh\nexit 0\n");
        repo.secrets(["--install", word]).status(0).out(&installed(".git/hooks"));
        repo.git(["commit", "-q", "--allow-empty", "-m", "hush1"]).stopped_by("hush1\n");
    }
}

#[test]
fn force_writes_through_no_link() {
    let repo = Repo::new();
    repo.script("tracked-hook", "#!/bin/sh\nexit 0\n");
    fs::create_dir_all(repo.root.join(".git/hooks")).unwrap();
    symlink("../../tracked-hook", repo.root.join(".git/hooks/pre-commit")).unwrap();
    repo.secrets(["--install", "-f"]).status(0).out(&installed(".git/hooks"));
    let text = fs::read_to_string(repo.root.join("tracked-hook")).unwrap();
    assert_eq!(text == "#!/bin/sh\nexit 0\n", peer().is_none(), "{text}");
    is_stopped(&repo, "", true);
}

#[test]
fn outside_a_repository_nothing_is_installed() {
    let folder = Repo::outside("plain");
    let said = "fatal: not a git repository (or any of the parent directories): .git\n\
                Not in a Git repository\n";
    folder.secrets(["--install"]).status(1).out("").err(said);
    assert_eq!(fs::read_dir(&folder.root).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let repo = Repo::new();
    repo.write("file", "");
    repo.secrets(["--install", "file"]).status(1).out("").says("Could not create dir: file");
}

#[test]
fn a_linked_work_tree_has_its_repository_s_hooks() {
    // B11.
    for operand in [None, Some(".")] {
        let repo = Repo::new();
        repo.git(["worktree", "add", "-q", "../tree"]).passes();
        let words = ["--install"].into_iter().chain(operand);
        repo.secrets_in("../tree", words).status(0);
        is_stopped(&repo, "../tree", ours(true).theirs(false));
        is_stopped(&repo, "", ours(true).theirs(false));
    }
}

#[test]
fn a_folder_of_hooks_that_is_configured_gets_them() {
    // B11.
    for hooks in ["hooks", "../hooks", "~/hooks"] {
        let repo = Repo::new();
        repo.config("core.hooksPath", hooks);
        repo.secrets(["--install"]).status(0);
        is_stopped(&repo, "", ours(true).theirs(false));
    }
    let repo = Repo::new();
    repo.config("core.hooksPath", "hooks");
    repo.write("d/f", "");
    repo.secrets_in("d", ["--install"]).status(0);
    is_stopped(&repo, "", ours(true).theirs(false));
}

#[test]
fn a_submodule_has_hooks_of_its_own() {
    // B11, with its path as operand; without one, both are right.
    let with_submodule = || {
        let repo = Repo::new();
        repo.git(["init", "-q", "../inner"]).passes();
        repo.git_in("../inner", ["commit", "-q", "--allow-empty", "-m", "first"]).passes();
        repo.git(["submodule", "--quiet", "add", "../inner", "sub"]).status(0);
        repo.git_in("sub", ["config", "secrets.patterns", HUSH]).passes();
        repo
    };
    let repo = with_submodule();
    repo.secrets_in("sub", ["--install"]).status(0);
    is_stopped(&repo, "sub", true);
    let repo = with_submodule();
    repo.secrets(["--install", "sub"]).status(0);
    is_stopped(&repo, "sub", ours(true).theirs(false));
}

#[test]
fn a_git_folder_elsewhere_gets_the_hooks() {
    let separate = || {
        let repo = Repo::outside("repo");
        repo.git(["init", "-q", "--template=", "--separate-git-dir", "../git"]).passes();
        repo.config("secrets.patterns", HUSH);
        repo
    };
    let repo = separate();
    repo.secrets(["--install"]).status(0);
    is_stopped(&repo, "", true);
    let repo = separate();
    repo.secrets_in("..", ["--install", "repo"]).status(0);
    is_stopped(&repo, "", ours(true).theirs(false));
}

#[test]
fn a_bare_repository_gets_hooks_too() {
    let repo = Repo::outside("bare.git");
    repo.git(["init", "-q", "--bare", "--template="]).passes();
    repo.secrets(["--install"]).status(0);
    for (hook, _) in HOOKS {
        assert!(repo.root.join("hooks").join(hook).exists(), "{hook}");
    }
}

#[test]
fn a_folder_of_hooks_that_nothing_runs_is_named() {
    let repo = Repo::new();
    std::fs::create_dir_all(repo.root.join(".git/hooks/pre-commit.d")).unwrap();
    repo.secrets(["--install"]).status(0).says(ours("run what is in pre-commit.d").theirs(""));
}
