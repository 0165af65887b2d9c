//! What is allowed: `secrets.allowed` and `.gitallowed`.

use crate::expected::{ours, peer};
use crate::repo::{HUSH, Repo};

const WAYS: [&[&str]; 3] = [&["--scan", "f"], &["--scan"], &["--scan", "--cached"]];

#[test]
fn an_allowed_match_is_no_finding() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "hush1");
    repo.config("secrets.allowed", "hush[7-9]");
    repo.commit("f", "hush1\nhush2\nhush8\n");
    for way in WAYS {
        repo.secrets(way).finds("f:2:hush2");
    }
    repo.scan_input("hush1\n").passes();
}

#[test]
fn an_allowed_expression_may_reach_beyond_the_match() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "an example: hush[0-9]+;");
    repo.commit("f", "an example: hush1;\nno example: hush1;\n");
    for way in WAYS {
        repo.secrets(way).finds("f:2:no example: hush1;");
    }
}

#[test]
fn a_part_of_a_match_is_enough_to_allow_it() {
    for allowed in ["hush", "ush1", "sh", "say hus", "1 out loud"] {
        let repo = Repo::new();
        repo.config("secrets.allowed", allowed);
        repo.commit("f", "say hush1 out loud\nhu\n");
        for way in WAYS {
            repo.secrets(way).passes();
        }
    }
}

#[test]
fn an_allowed_match_hides_no_other_on_its_line() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "hush1");
    repo.commit("f", "hush1 hush2\nhush1 hush1\n");
    for way in WAYS {
        repo.secrets(way).finds(ours("f:1:hush1 hush2").theirs(""));
    }
}

#[test]
fn an_allowed_match_may_hide_its_line_on_demand() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "hush1");
    repo.config("secrets.allowScope", "line");
    repo.commit("f", "hush1 hush2\nhush3\n");
    for way in WAYS {
        repo.secrets(way).finds("f:2:hush3");
    }
}

#[test]
fn a_path_can_be_allowed() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "^d/fixtures/.*:");
    repo.commit("d/fixtures/f", "hush1 hush2\n");
    repo.commit("d/f", "hush1\n");
    repo.commit("x/d/fixtures/f", "hush1\n");
    let found = "d/f:1:hush1\nx/d/fixtures/f:1:hush1";
    repo.secrets(["--scan"]).finds(found);
    repo.secrets(["--scan", "--cached"]).finds(found);
    repo.secrets(["--scan", "d/fixtures/f", "d/f"]).finds("d/f:1:hush1");
}

#[test]
fn a_line_of_a_path_can_be_allowed() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "^f:2:");
    repo.commit("f", "hush1\nhush2 hush3\nhush4\n");
    for way in WAYS {
        repo.secrets(way).finds("f:1:hush1\nf:3:hush4");
    }
}

#[test]
fn a_word_in_a_path_is_enough_to_allow_it() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "testdata");
    repo.commit("testdata/f", "hush1\n");
    repo.commit("f", "hush2\n");
    repo.secrets(["--scan"]).finds("f:1:hush2");
}

#[test]
fn a_place_in_history_can_be_allowed() {
    let repo = Repo::new();
    repo.commit("d/f", "hush1\n");
    repo.config("secrets.allowed", "^[0-9a-f]{40}:d/");
    repo.secrets(["--scan-history"]).passes();
    repo.secrets(["--scan"]).finds("d/f:1:hush1");
}

#[test]
fn an_allowed_expression_with_the_ends_of_the_line_is_anchored_there() {
    let repo = Repo::new();
    repo.config("secrets.allowed", "hush[0-9]$");
    repo.commit("f", "hush1\nhush2;\n");
    for way in WAYS {
        repo.secrets(way).finds("f:2:hush2;");
    }
}

#[test]
fn an_allowed_expression_needs_no_word_around_it() {
    let repo = Repo::new();
    repo.config("secrets.patterns", "x_hush[0-9]+");
    repo.config("secrets.allowed", "_hush[0-9]");
    repo.commit("f", "x_hush1\n");
    for way in WAYS {
        repo.secrets(way).passes();
    }
}

#[test]
fn the_file_gitallowed_counts_though_it_is_not_tracked() {
    let repo = Repo::guarded();
    repo.write(".gitallowed", "hush1\n");
    repo.stage("f", "hush1\nhush2\n");
    for way in WAYS {
        repo.secrets(way).finds("f:2:hush2");
    }
    repo.git(["commit", "-qm", "x"]).finds("f:2:hush2");
    // As it is in the work tree.
    repo.commit(".gitallowed", "hush2\n");
    repo.write(".gitallowed", "hush1\n");
    repo.secrets(["--scan", "f"]).finds("f:2:hush2");
}

#[test]
fn gitallowed_is_the_one_at_the_root() {
    let repo = Repo::new();
    repo.write(".gitallowed", "hush1\n");
    repo.write("d/.gitallowed", "hush2\n");
    repo.commit("d/f", "hush1\nhush2\n");
    for way in WAYS {
        repo.secrets_in("d", way).finds("f:2:hush2");
    }
}

#[test]
fn comments_and_empty_lines_of_gitallowed_allow_nothing() {
    let repo = Repo::new();
    repo.write(".gitallowed", "\n  \t\n#hush1\n   # hush2\nhush3\n\n");
    repo.commit("f", "hush1\nhush2\nhush3\n");
    for way in WAYS {
        repo.secrets(way).finds("f:1:hush1\nf:2:hush2");
    }
}

#[test]
fn blanks_in_a_line_of_gitallowed_are_part_of_it() {
    let repo = Repo::new();
    repo.write(".gitallowed", "  hush1\nhush2 # why not\nhush3 \n");
    repo.commit("f", "hush1\n-  hush1\nhush2\nhush2 # why not\nhush3\nhush3 .\n");
    for way in WAYS {
        repo.secrets(way).finds("f:1:hush1\nf:3:hush2\nf:5:hush3");
    }
}

#[test]
fn gitallowed_needs_no_last_newline() {
    let repo = Repo::new();
    repo.write(".gitallowed", "hush1");
    repo.commit("f", "hush1\n");
    repo.secrets(["--scan"]).passes();
}

#[test]
fn gitallowed_may_have_dos_line_ends() {
    let repo = Repo::new();
    repo.write(".gitallowed", "# mine\r\n\r\nhush1\r\n");
    repo.commit("f", "hush1\n");
    for way in WAYS {
        repo.secrets(way).finds(ours("").theirs("f:1:hush1"));
    }
}

#[test]
fn gitallowed_is_found_where_a_path_has_a_space() {
    let repo = Repo::unborn("my repo");
    repo.config("secrets.patterns", HUSH);
    repo.write(".gitallowed", "hush1\n");
    repo.commit("f", "hush1\n");
    for way in WAYS {
        let ran = repo.secrets(way);
        if peer().is_some() {
            ran.status(1);
        } else {
            ran.passes();
        }
    }
}

#[test]
fn an_empty_allowed_value_allows_nothing() {
    // B8: before another value, it allows everything.
    let repo = Repo::new();
    repo.config("secrets.allowed", "");
    repo.config("secrets.allowed", "never");
    repo.commit("f", "hush1\n");
    for way in WAYS {
        let ran = repo.secrets(way).status(ours(1).theirs(0));
        if peer().is_none() {
            ran.err_starts("f:1:hush1\n").says("secrets.allowed");
        }
    }
}

#[test]
fn a_last_allowed_value_that_is_empty_allows_nothing() {
    // The shell drops empty lines at the end.
    let repo = Repo::new();
    repo.config("secrets.allowed", "never");
    repo.config("secrets.allowed", "");
    repo.commit("f", "hush1\n");
    for way in WAYS {
        repo.secrets(way).status(1).err_starts("f:1:hush1\n");
    }
    repo.scan_input("clean\n").status(0).out("");
}

#[test]
fn gitallowed_never_finds_itself() {
    let repo = Repo::new();
    repo.commit(".gitallowed", "hush1\n^d/.*hush2\n");
    repo.secrets(["--scan"]).finds(ours("").theirs(".gitallowed:2:^d/.*hush2"));
}

#[test]
fn allowed_expressions_are_extended_ones() {
    for allowed in ["(hush|mum)1", "hush1?", "h.sh1", "hush[[:digit:]]", "hush{1}1", "\\bhush1\\b"]
    {
        let repo = Repo::new();
        repo.config("secrets.allowed", allowed);
        repo.write("f", "hush1\n");
        repo.secrets(["--scan", "f"]).passes();
    }
}

#[test]
fn an_allowed_expression_covers_no_more_than_grep_finds() {
    let repo = Repo::new();
    for (entry, line) in
        [(r"id\d+ hush", "id12 hush1"), (r"x\thush", "x\thush1"), ("hush1$", "hush1\r")]
    {
        repo.write("f", format!("{line}\n"));
        repo.write(".gitallowed", format!("{entry}\n"));
        repo.secrets(["--scan", "f"]).finds(format!("f:1:{line}").as_str());
    }
}

#[test]
fn a_file_of_allowed_lines_that_is_no_file_is_an_error() {
    if peer().is_some() {
        return; // It would read without end.
    }
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    std::os::unix::fs::symlink("/dev/zero", repo.root.join(".gitallowed")).unwrap();
    repo.secrets(["--scan", "f"]).status(2).says("it is not a regular file");
}

#[test]
fn an_allowed_expression_that_is_too_large_is_named() {
    if peer().is_some() {
        return; // grep takes it.
    }
    let repo = Repo::new();
    repo.write("f", "hush1\n");
    repo.write(".gitallowed", "(.{1,500}x){500}\n");
    repo.secrets(["--scan", "f"]).status(2).says(".gitallowed:1").says("it is too large");
}

#[test]
fn a_key_in_the_file_of_allowed_patterns_is_found_unless_one_of_them_fits_it() {
    let repo = Repo::new();
    let key = tightlip::rule::expand("AKIA{base32:16}").unwrap();
    let key = String::from_utf8(key).unwrap();
    let _ = repo.secrets(["--register-aws"]).status(0);
    // The pattern begins at the start of a line, where the key does not stand.
    repo.write(".gitallowed", format!("^{key}$\n"));
    repo.git(["add", "."]).passes();
    repo.secrets(["--scan", ".gitallowed"]).finds(&*format!(".gitallowed:1:^{key}$"));
    repo.write(".gitallowed", format!("{key}\n"));
    repo.secrets(["--scan", ".gitallowed"]).passes();
}
