//! Where patterns come from.

use crate::expected::ours;
use crate::ran::Ran;
use crate::repo::{HUSH, Repo};

#[test]
fn every_value_of_a_key_counts() {
    let repo = Repo::new();
    repo.config("secrets.patterns", "mum");
    repo.config("secrets.patterns", "sh+");
    repo.commit("f", "hush1\nclean\nmum\nshh\n");
    let found = "f:1:hush1\nf:3:mum\nf:4:shh";
    repo.secrets(["--scan", "f"]).finds(found);
    repo.secrets(["--scan"]).finds(found);
}

#[test]
fn a_value_of_several_lines_is_several_patterns() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "hush1\nmum");
    repo.config("secrets.allowed", "never\nmum 2");
    repo.commit("f", "hush1\nmum\nmum 2\n");
    repo.secrets(["--scan", "f"]).finds("f:1:hush1\nf:2:mum");
    repo.secrets(["--scan"]).finds("f:1:hush1\nf:2:mum");
}

#[test]
fn the_names_of_keys_have_no_case() {
    let repo = Repo::lax();
    let config = repo.root.join(".git/config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "[Secrets]\n\tPatterns = hush1\n\tALLOWED = hush2\n").unwrap();
    repo.write("f", "hush1\nhush1 hush2\n");
    repo.secrets(["--scan", "f"]).status(1).err_starts("f:1:hush1\n");
}

#[test]
fn every_place_of_git_configuration_counts() {
    let repo = Repo::lax();
    repo.write("f", "hush1\n");
    repo.write("../more", format!("[secrets]\npatterns = {HUSH}\n"));
    let setting = format!("secrets.patterns={HUSH}");
    let more = repo.folder().join("more");
    let more = more.to_str().unwrap();
    let scan = ["secrets", "--scan", "f"];

    repo.git(scan).passes();
    repo.git(["-c", &setting].into_iter().chain(scan)).finds("f:1:hush1");
    repo.git(["-c", &format!("include.path={more}")].into_iter().chain(scan)).finds("f:1:hush1");
    let environment = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "secrets.patterns"),
        ("GIT_CONFIG_VALUE_0", HUSH),
    ];
    Ran::of(repo.command("git").args(scan).envs(environment)).finds("f:1:hush1");
    Ran::of(repo.command("git").args(scan).env("GIT_CONFIG_GLOBAL", more)).finds("f:1:hush1");
    let system = [("GIT_CONFIG_NOSYSTEM", "0"), ("GIT_CONFIG_SYSTEM", more)];
    Ran::of(repo.command("git").args(scan).envs(system)).finds("f:1:hush1");
    let home = [("XDG_CONFIG_HOME", repo.folder().join("xdg"))];
    repo.write("../xdg/git/config", format!("[secrets]\npatterns = {HUSH}\n"));
    Ran::of(repo.command("git").args(scan).envs(home)).finds("f:1:hush1");
}

#[test]
fn files_of_configuration_count_with_what_they_include() {
    let more = format!("[secrets]\npatterns = {HUSH}\n");
    for (scope, name, value) in [
        ("--local", "secrets.patterns", HUSH),
        ("--global", "secrets.patterns", HUSH),
        ("--local", "include.path", "../../more"),
        ("--global", "include.path", "../more"),
        ("--local", "includeIf.onbranch:main.path", "../../more"),
        ("--global", "includeIf.gitdir:repo/.path", "../more"),
    ] {
        let repo = Repo::lax();
        repo.write("../more", &more);
        repo.write("f", "hush1\n");
        repo.git(["config", scope, name, value]).passes();
        repo.secrets(["--scan", "f"]).finds("f:1:hush1");
    }
}

#[test]
fn an_include_for_another_branch_does_not_count() {
    let repo = Repo::lax();
    repo.write("../more", format!("[secrets]\npatterns = {HUSH}\n"));
    repo.write("f", "hush1\n");
    repo.config("includeIf.onbranch:topic.path", "../../more");
    repo.secrets(["--scan", "f"]).passes();
    repo.git(["checkout", "-q", "-b", "topic"]).passes();
    repo.secrets(["--scan", "f"]).finds("f:1:hush1");
}

#[test]
fn a_work_tree_may_have_patterns_of_its_own() {
    let repo = Repo::lax();
    repo.config("extensions.worktreeConfig", "true");
    repo.git(["worktree", "add", "-q", "../tree"]).passes();
    repo.git_in("../tree", ["config", "--worktree", "secrets.patterns", HUSH]).passes();
    repo.write("f", "hush1\n");
    repo.write("../tree/f", "hush1\n");
    repo.secrets(["--scan", "f"]).passes();
    repo.secrets_in("../tree", ["--scan", "f"]).finds("f:1:hush1");
}

#[test]
fn values_of_all_places_are_joined() {
    let repo = Repo::new();
    repo.git(["config", "--global", "secrets.patterns", "mum"]).passes();
    repo.git(["config", "--global", "secrets.allowed", "hush2"]).passes();
    repo.write("f", "hush1\nhush2\nmum\nshh\n");
    let words = ["-c", "secrets.patterns=shh", "secrets", "--scan", "f"];
    repo.git(words).finds("f:1:hush1\nf:3:mum\nf:4:shh");
}

#[test]
fn a_broken_configuration_is_never_a_clean_scan() {
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    let config = repo.root.join(".git/config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "[secrets\n").unwrap();
    // git-secrets takes it for a configuration without patterns.
    let ran = repo.secrets(["--scan", "f"]);
    if crate::expected::peer().is_none() {
        ran.fails().says("config");
    }
}

#[test]
fn a_carriage_return_in_a_value_is_part_of_the_pattern() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "hush1\r");
    repo.write("unix", "hush1\n");
    repo.write("dos", "hush1\r\n");
    repo.secrets(["--scan", "unix", "dos"]).status(1).err_starts("dos:1:hush1\r\n");
}

#[test]
fn a_pattern_of_several_words_is_one_pattern() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "hush hush");
    repo.commit("f", "hush\nhush hush\n");
    repo.secrets(["--scan", "f"]).finds("f:2:hush hush");
    // B9: the shell takes it apart for `git grep`.
    repo.secrets(["--scan"]).finds(ours("f:2:hush hush").theirs("f:1:hush\nf:2:hush hush"));
}

#[test]
fn a_pattern_is_no_glob() {
    // B9: the shell finds files by it.
    let repo = Repo::lax();
    repo.config("secrets.patterns", "password.*");
    repo.commit("password.txt", "password=swordfish\n");
    let found = "password.txt:1:password=swordfish";
    repo.secrets(["--scan", "password.txt"]).finds(found);
    repo.secrets(["--scan"]).finds(ours(found).theirs(""));
    repo.secrets(["--scan", "--cached"]).finds(ours(found).theirs(""));
}

#[test]
fn files_that_git_includes_are_read_however_they_are_named() {
    let repo = Repo::lax();
    repo.write("f", "hush1\n");
    let included = repo.folder().join("included");
    std::fs::write(&included, format!("[secrets]\n\tpatterns = {HUSH}\n")).unwrap();
    let link = repo.folder().join("link");
    std::os::unix::fs::symlink(&repo.root, &link).unwrap();
    let path = included.to_str().unwrap();
    for condition in [
        "include.path".to_owned(),
        format!("includeIf.gitdir:{}/.path", link.display()),
        format!("includeIf.gitdir:{}/.path", repo.root.display()),
        "includeIf.onbranch:main.path".to_owned(),
    ] {
        // As a shell would have it that has gone through the link.
        let scan = || {
            let mut command = repo.command("git");
            command.current_dir(&link).env("PWD", &link).args(["secrets", "--scan", "f"]);
            Ran::of(&mut command)
        };
        repo.git(["config", "--global", &condition, path]).passes();
        scan().finds("f:1:hush1");
        repo.git(["config", "--global", "--unset", &condition]).passes();
        scan().passes();
    }
}
