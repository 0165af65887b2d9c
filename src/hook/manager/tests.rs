use super::*;

/// The lines that a file has with tightlip's and had not before, and the file without them again.
fn wired(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    let manager = Manager::ALL.into_iter().find(|manager| manager.file(folder.path()).is_some());
    let manager = manager.unwrap();
    let wire = |without| {
        let wiring = manager.wire(&file, without).unwrap();
        fs::write(&file, &wiring.new).unwrap();
        let again = manager.wire(&file, None).unwrap();
        assert_eq!(
            again.new, wiring.new,
            "twice is the same as once, and keeps what was asked for"
        );
        let parts = unwire(folder.path()).unwrap().pop();
        let rest = parts.map_or_else(|| text.into(), |unwiring| unwiring.rest.unwrap());
        assert_eq!(String::from_utf8(rest).unwrap(), text, "{name}");
        let with = String::from_utf8(wiring.new).unwrap();
        let named: Vec<Hook> =
            Hook::ALL.into_iter().filter(|hook| manager.names(&with, *hook)).collect();
        (with, named)
    };
    let (_, warning) = wire(Some(Without::Warns));
    let (with, stopping) = wire(Some(Without::Stops));
    assert_eq!(warning, stopping, "{with}");
    with
}

fn refused(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    let manager = Manager::ALL.into_iter().find(|manager| manager.file(folder.path()).is_some());
    let error = manager.unwrap().wire(&file, None).err().unwrap().to_string();
    assert_eq!(fs::read(&file).unwrap(), text.as_bytes());
    error
}

#[test]
fn lefthook_gets_a_command_in_each_section() {
    for text in [
        "",
        "# nothing yet\n",
        "pre-commit:\n  parallel: true # fast\n  commands:\n    # first\n    lint:\n      run: make lint\n",
        "pre-commit:\n    jobs:\n    - run: make\npre-push:\n    skip:\n    - merge\n",
        "\"pre-commit\":\n  commands:\n    lint:\n      run: |\n        commands:\n  commit-msg: no",
        "pre-commit:\r\n  commands:\r\n    lint:\r\n      run: x\r\n",
        "commit-msg:",
    ] {
        let with = wired("lefthook.yml", text);
        for hook in Hook::CLIENT {
            assert!(lefthook::names(&with, hook), "{hook}: {with}");
            assert_eq!(with.matches(&format!("tightlip hook {hook}")).count(), 1, "{with}");
        }
    }
    let with = wired("lefthook.yml", "pre-push:\n  commands:\n    test:\n      run: make\n");
    let inside = "pre-push:\n  commands:\n    # >>> tightlip >>>\n";
    let command = "    tightlip:\n      run: tightlip hook pre-push \"{1}\" \"{2}\"\n      use_stdin: true\n    # <<<";
    assert!(with.starts_with(inside) && with.contains(command), "{with}");
    assert!(with.contains("\ncommit-msg:\n  commands:\n    tightlip:\n"), "{with}");
}

#[test]
fn what_calls_tightlip_already_is_left_as_it_is() {
    let with = wired("lefthook.yml", "pre-commit:\n  jobs:\n    - run: tightlip hook pre-commit\n");
    assert_eq!(with.matches("tightlip hook pre-commit").count(), 1, "{with}");
    assert!(with.contains("hook pre-push \""), "{with}");
    let all: Vec<String> = Hook::CLIENT
        .iter()
        .map(|hook| {
            let run = format!("tightlip hook {hook} {{0}}");
            format!("{hook}:\n  jobs:\n  - run: {run}\n    use_stdin: true\n")
        })
        .collect();
    assert_eq!(wired("lefthook.yml", &all.concat()), all.concat());
    let deaf = "pre-push:\n  jobs:\n  - run: tightlip hook pre-push {0}\n";
    assert!(!lefthook::names(deaf, Hook::PrePush), "it is told nothing of the push");
}

#[test]
fn the_framework_gets_a_repository_with_a_hook_for_each_stage() {
    for text in [
        "repos:\n",
        "# a\nrepos:\n# b\n- repo: https://x\n  rev: v1\n  hooks:\n  - id: y\n    stages: [pre-push]\n",
        "exclude: ^a\nrepos:\n    -   repo: https://x\n        hooks:\n        -   id: y\n",
        "repos:\r\n  - repo: meta\r\n    hooks: [{id: check}]",
        "repos:",
    ] {
        let with = wired(".pre-commit-config.yaml", text);
        for hook in framework::STAGES {
            assert!(framework::names(&with, hook), "{hook}: {with}");
        }
        assert!(!framework::names(&with, Hook::PreApplypatch));
        assert!(framework::not_installed(&with, &framework::STAGES).is_empty());
    }
    let own = "default_install_hook_types:\n- pre-commit\n- commit-msg\nrepos:\n- repo: x\n";
    let with = wired(".pre-commit-config.yaml", own);
    assert_eq!(with.matches("default_install_hook_types").count(), 1);
    let missing = framework::not_installed(own, &framework::STAGES);
    assert_eq!(missing, [Hook::PreMergeCommit, Hook::PrepareCommitMsg, Hook::PrePush]);
}

#[test]
fn overcommit_gets_a_hook_in_each_section_that_it_knows() {
    let text = "# mine\nPreCommit:\n  RuboCop:\n    enabled: true\n\nPrePush:\n";
    let with = wired(".overcommit.yml", text);
    for hook in overcommit::HOOKS {
        assert!(overcommit::names(&with, hook), "{hook}: {with}");
    }
    assert!(with.contains("\nPreCommit:\n  # >>> tightlip >>>\n"), "{with}");
}

#[test]
fn files_that_cannot_be_edited_for_sure_are_refused_with_the_lines_to_paste() {
    for (name, text, why, line) in [
        ("lefthook.toml", "", "not YAML", "tightlip hook commit-msg \"{1}\""),
        (
            "lefthook.yml",
            "pre-commit: {commands: {}}\n",
            "has its value on its own line",
            "pre-push:",
        ),
        ("lefthook.yml", "pre-commit: *x\n", "has its value on its own line", "pre-push:"),
        ("lefthook.yml", "pre-commit:\n  <<: *x\n", "merges", "pre-push:"),
        (
            "lefthook.yml",
            "pre-commit:\n  commands: &c\n    a: {run: b}\n",
            "has its value on its own line",
            "pre-push:",
        ),
        (
            "lefthook.yml",
            "pre-commit:\n  commands:\n    tightlip:\n      run: x\n",
            "something else",
            "pre-push:",
        ),
        ("lefthook.yml", "a: b\n---\nc: d\n", "more than one document", "pre-push:"),
        ("lefthook.yml", "- a\n", "no mapping", "pre-push:"),
        (
            ".pre-commit-config.yaml",
            "repos: []\n",
            "has its value on its own line",
            "default_install_hook_types",
        ),
        (".pre-commit-config.yaml", "- repo: x\n", "no mapping", "- repo: local"),
        (".pre-commit-config.yaml", "a: b\n", "no key `repos`", "- repo: local"),
        (
            ".overcommit.yml",
            "PreCommit: &p\n  A: {enabled: true}\n",
            "has its value on its own line",
            "Tightlip:",
        ),
    ] {
        let error = refused(name, text);
        assert!(error.contains(why) && error.contains(line), "{text}: {error}");
        assert!(!error.contains("*x") && !error.contains("&c"), "no value is shown: {error}");
    }
}

#[test]
fn lines_that_somebody_has_edited_stay() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lefthook.yml");
    fs::write(&file, "pre-commit:\n").unwrap();
    let wiring = Manager::Lefthook.wire(&file, None).unwrap();
    let edited = String::from_utf8(wiring.new)
        .unwrap()
        .replace("hook pre-commit", "hook pre-commit || true");
    fs::write(&file, &edited).unwrap();
    assert!(Manager::Lefthook.wire(&file, None).unwrap().is_edited);
    assert_eq!(unwire(folder.path()).unwrap(), [Unwiring { file, rest: None }]);
}

#[test]
fn managers_are_told_apart_and_move_hooks_as_they_do() {
    for manager in Manager::ALL {
        let hook = format!("#!/bin/sh\n{}\n", manager.profile().mark);
        assert_eq!(Manager::of_hook(hook.as_bytes()), Some(manager));
    }
    let aside = |manager: Manager| (manager.moves_to(), manager.runs_moved());
    assert_eq!(aside(Manager::Framework), (Some(".legacy"), Some(".legacy")));
    assert_eq!(aside(Manager::Lefthook), (Some(".old"), None));
    assert_eq!(aside(Manager::Husky), (None, None));
}

#[test]
fn what_a_manager_is_told_not_to_run_does_not_count() {
    for (text, expected) in [
        ("pre-commit:\n  commands:\n    a:\n      run: tightlip staged\n", true),
        ("pre-commit:\n  commands:\n    a:\n      skip: true\n      run: tightlip staged\n", false),
        ("pre-commit:\n  skip: true\n  commands:\n    a:\n      run: tightlip staged\n", false),
        (
            "pre-commit:\n  commands:\n    a:\n      run: tightlip staged\n    b:\n      skip: true\n",
            true,
        ),
        ("pre-commit:\n  jobs:\n  - run: tightlip staged\n    skip: true\n", false),
        ("pre-commit:\n  jobs:\n  - run: tightlip staged\n  - run: make\n    skip: true\n", true),
        ("pre-commit:\n  jobs:\n  - { run: tightlip staged, skip: true }\n", false),
        (
            "pre-commit:\n  jobs:\n  - skip: true\n    run: |\n      make\n      tightlip staged\n",
            false,
        ),
        (
            "pre-commit:\n  jobs:\n  - only: false\n    run: |\n      make\n      tightlip staged\n",
            false,
        ),
    ] {
        assert_eq!(lefthook::names(text, Hook::PreCommit), expected, "{text}");
    }
    for (keys, expected) in
        [("enabled: true", true), ("enabled: false", false), ("description: x", false)]
    {
        let text = format!(
            "PreCommit:\n  A:\n    enabled: true\n  B:\n    command: ['tightlip', 'staged']\n    {keys}\n"
        );
        assert_eq!(overcommit::names(&text, Hook::PreCommit), expected, "{keys}");
    }
}

#[test]
fn what_decides_whether_a_manager_runs_tightlip_is_told() {
    let condition = |manager: Manager, text: &str| {
        assert!(manager.names(text, Hook::PreCommit), "{text}");
        (manager.profile().condition)(text, Hook::PreCommit)
    };
    for (text, expected) in [
        ("pre-commit:\n  jobs:\n  - run: tightlip staged\n", false),
        ("pre-commit:\n  jobs:\n  - run: tightlip staged\n    glob: '*.rb'\n", true),
        ("pre-commit:\n  jobs:\n  - run: tightlip staged\n    skip:\n    - merge\n", true),
        ("pre-commit:\n  only:\n  - ref: main\n  jobs:\n  - run: tightlip staged\n", true),
        ("pre-commit:\n  jobs:\n  - run: tightlip staged\n  - run: make\n    glob: x\n", false),
    ] {
        assert_eq!(condition(Manager::Lefthook, text).is_some(), expected, "{text}");
    }
    for (keys, expected) in [
        ("", false),
        ("    types: [python]\n", true),
        ("    files: x\n    always_run: true\n", false),
        ("    stages: [pre-commit]\n    exclude: x\n", true),
    ] {
        let text = format!("repos:\n- hooks:\n  - id: own\n    entry: tightlip staged\n{keys}");
        assert_eq!(condition(Manager::Framework, &text).is_some(), expected, "{text}");
    }
}
