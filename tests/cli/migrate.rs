//! Teams that come from another scanner.

use crate::repo::{TestRepo, key};

#[test]
fn marks_of_other_scanners_count_by_one_switch() {
    let repo = TestRepo::new();
    let text = format!(
        "{} # gitleaks:allow\n# pragma: allowlist nextline secret\n{}\n{}\n",
        key(0),
        key(1),
        key(2)
    );
    repo.write("a.txt", text);
    let said = repo.tightlip(&["scan", "a.txt"]).exits(1);
    said.says("3 findings").says("the mark `gitleaks:allow` here does not count");
    repo.write(".tightlip.toml", "other_marks = true\n");
    let said = repo.tightlip(&["scan", "a.txt", "-v"]).exits(1);
    said.says("1 finding:")
        .says("2 allowed (2 by marks of other scanners)")
        .says("the mark of another scanner: pragma: allowlist nextline secret");
}

#[test]
fn allow_entries_name_commits_and_patterns_of_paths() {
    let repo = TestRepo::new();
    repo.commit("a.txt", format!("{}\n", key(0)));
    let first = repo.head();
    repo.commit("b.txt", format!("{}\n", key(1)));
    repo.tightlip(&["history"]).exits(1).says("2 findings");
    let allow = |line: &str| {
        repo.write(".tightlip.toml", format!("[[allow]]\nreason = 'old'\n{line}\n"));
    };
    allow(&format!("commits = ['{}']", first.to_uppercase()));
    repo.tightlip(&["history"]).exits(1).says("1 finding:").says("b.txt:1:1");
    allow("path_patterns = ['^b\\.']");
    repo.tightlip(&["history"]).exits(1).says("1 finding:").says("a.txt:1:1");
    allow("outside_path_patterns = ['^b\\.']\nrules = ['aws-access-key-id']");
    repo.tightlip(&["history"]).exits(1).says("1 finding:").says("b.txt:1:1");
}
