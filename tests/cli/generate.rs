//! `tightlip generate`: documents made of the program itself.

use crate::fixture::TestRepo;

#[test]
fn every_command_has_a_manual_page_and_is_completed() {
    let repo = TestRepo::new();
    let help = repo.tightlip(&["--help"]).exits(0).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        // It prints what the others' pages say.
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() > 12, "{help}");
    let folder = repo.folder().join("man1");
    repo.tightlip(&["generate", "man", folder.to_str().unwrap()]).exits(0);
    let completions = repo.tightlip(&["generate", "completions", "bash"]).exits(0).out;
    for command in commands {
        let page = std::fs::read_to_string(folder.join(format!("tightlip-{command}.1"))).unwrap();
        assert!(page.contains(".SH DESCRIPTION"), "{page}");
        assert!(completions.contains(&format!("tightlip,{command})")), "{command}");
    }
    repo.tightlip(&["generate", "man"]).exits(0).says(".SH NAME");
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        repo.tightlip(&["generate", "completions", shell]).exits(0).says("history");
    }
}

#[test]
fn the_schema_is_json_and_names_its_draft() {
    let repo = TestRepo::new();
    let said = repo.tightlip(&["generate", "schema"]).exits(0).out;
    let schema: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["allow"]["items"]["required"][0], "reason");
}
