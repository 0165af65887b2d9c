//! Patterns are POSIX extended regular expressions with GNU's extensions.

use crate::expected::peer;
use crate::repo::Repo;

/// Who finds the line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// grep and git alike.
    Both,
    /// grep alone; ours in the index too.
    Grep,
    Nobody,
}

impl By {
    fn in_file(self) -> bool {
        match self {
            By::Both | By::Grep => true,
            By::Nobody => false,
        }
    }

    fn in_index(self) -> bool {
        match self {
            By::Both => true,
            By::Grep => peer().is_none(),
            By::Nobody => false,
        }
    }
}

#[track_caller]
fn check(rows: &[(&str, &str, By)]) {
    for &(pattern, line, by) in rows {
        let repo = Repo::lax();
        repo.config("secrets.patterns", pattern);
        repo.stage("f", format!("{line}\n"));
        for (way, expected) in [(&["f"][..], by.in_file()), (&["--cached"], by.in_index())] {
            let ran = repo.secrets(["--scan"].iter().chain(way));
            let is_found = ran.stderr().contains("[ERROR] Matched");
            assert_eq!(is_found, expected, "{pattern} on {line:?}\n{ran}");
        }
    }
}

#[test]
fn a_backslash_in_brackets_is_itself() {
    check(&[
        ("k=[a/\\+=]{4}", "k=a\\+/", By::Both),
        ("k=[\\d]", "k=d", By::Both),
        ("k=[\\d]", "k=\\", By::Both),
        ("k=[\\d]", "k=7", By::Nobody),
        ("k=[\\w]x", "k=ax", By::Nobody),
        ("k=[a\\]x", "k=\\x", By::Both),
        ("k=[a\\]]x", "k=a]x", By::Both),
    ]);
}

#[test]
fn brackets_hold_what_other_dialects_treat_as_operators() {
    check(&[
        ("k=[]a]x", "k=]x", By::Both),
        ("k=[^]a]x", "k=]x", By::Nobody),
        ("k=[^]a]x", "k=bx", By::Both),
        ("k=[a-]x", "k=-x", By::Both),
        ("k=[-a]x", "k=-x", By::Both),
        ("k=[a[]x", "k=[x", By::Both),
        ("k=[a&&b]x", "k=&x", By::Both),
        ("k=[a~~b]x", "k=ax", By::Both),
        ("k=[a^]x", "k=^x", By::Both),
        ("k=[.*+?(){}|$]x", "k=|x", By::Both),
        ("k=[!--]x", "k=-x", By::Both),
    ]);
}

#[test]
fn classes_have_names() {
    check(&[
        ("k=[[:alpha:]]+", "k=abc", By::Both),
        ("k=[[:alpha:]]+", "k=1", By::Nobody),
        ("k=[[:alnum:]_]+x", "k=a_1x", By::Both),
        ("k=[^[:space:]]x", "k= x", By::Nobody),
        ("k=[[:xdigit:][:punct:]]+", "k=aF!9", By::Both),
        ("k=[[:upper:]]x", "k=Éx", By::Nobody),
        ("k=[[.a.]]x", "k=ax", By::Both),
        ("k=[[=a=]]x", "k=ax", By::Both),
    ]);
}

#[test]
fn letters_behind_a_backslash_are_gnu_s() {
    check(&[
        ("k\\s=\\sv", "k = v", By::Both),
        ("k\\s=", "k\t= v", By::Both),
        ("k\\Sv", "k=v", By::Both),
        ("k=\\w+", "k=a_1", By::Both),
        ("k\\Wv", "k=v", By::Both),
        ("\\bk=v\\b", "k=v", By::Both),
        ("\\<k=v\\>", "k=v", By::Both),
        ("k\\B=v", "k=v", By::Nobody),
        ("\\`k=v\\'", "k=v", By::Grep),
        ("\\`v", "k=v", By::Nobody),
    ]);
}

#[test]
fn any_other_character_behind_a_backslash_is_itself() {
    check(&[
        ("k=\\d{3}x", "k=dddx", By::Both),
        ("k=\\t", "k=t", By::Both),
        ("k=\\n", "k=n", By::Both),
        ("k=\\x41", "k=x41", By::Both),
        ("k\\/v", "k/v", By::Both),
        ("k\\\"v", "k\"v", By::Both),
        ("k\\-v", "k-v", By::Both),
        ("k\\=v", "k=v", By::Both),
        ("k\\@v", "k@v", By::Both),
        ("k\\.v", "k.v", By::Both),
        ("k\\.v", "k-v", By::Nobody),
        ("k\\{v", "k{v", By::Both),
        ("k\\\\v", "k\\v", By::Both),
        ("k=\\e", "k=e", By::Both),
    ]);
}

#[test]
fn a_brace_that_counts_nothing_is_itself() {
    check(&[
        ("k=a{2}x", "k=aax", By::Both),
        ("k=a{2,}x", "k=aaaax", By::Both),
        ("k=a{2,3}x", "k=aaaax", By::Nobody),
        ("k=a{,2}x", "k=aax", By::Both),
        ("k=a{,2}x", "k=x", By::Both),
        ("k=a{,2}x", "k=aaax", By::Nobody),
        ("k=foo{", "k=foo{", By::Grep),
        ("k=a{2", "k=a{2", By::Grep),
        ("k=a{x}", "k=a{x}", By::Grep),
        ("k=a}", "k=a}", By::Both),
    ]);
}

#[test]
fn nothing_is_lazy() {
    check(&[
        ("k=.+?x", "k=x", By::Both),
        ("k=a*?x", "k=x", By::Both),
        ("k=a??x", "k=ax", By::Both),
        ("k=a**x", "k=aax", By::Both),
        ("k=a+*x", "k=x", By::Both),
        ("k=(a|b)+?x", "k=abx", By::Both),
    ]);
}

#[test]
fn groups_can_be_referred_to() {
    check(&[
        ("k=(a|b)\\1", "k=aa", By::Both),
        ("k=(a|b)\\1", "k=ab", By::Nobody),
        ("(.)(.)=\\2\\1", "kv=vk", By::Both),
        ("k=([a-z]+)-\\1", "k=one-one", By::Both),
    ]);
}

#[test]
fn characters_beyond_ascii_are_their_bytes() {
    check(&[
        ("clé=[0-9]+", "clé=1", By::Both),
        ("k=.v", "k=év", By::Nobody),
        ("k=..v", "k=év", By::Both),
        ("k=[é]+", "k=é", By::Both),
        ("k=é+v", "k=éév", By::Nobody),
    ]);
}

#[test]
fn a_pattern_is_not_split_at_its_blanks() {
    check(&[
        ("my secret is [a-z]+", "my secret is x", By::Both),
        ("k = v", "k = v", By::Both),
        ("k  = v", "k  = v", By::Both),
        ("k ", "k =", By::Both),
    ]);
}

#[test]
fn alternatives_are_of_the_whole_pattern() {
    check(&[
        ("k=a|k=b", "k=b", By::Both),
        ("k=(a|b)|c", "c", By::Both),
        ("^k=a|k=b$", "k=a x", By::Both),
        ("^k=a|k=b$", "x k=a", By::Nobody),
    ]);
}

#[test]
fn a_dot_and_a_negated_class_end_with_the_line() {
    let repo = Repo::lax();
    repo.config("secrets.patterns", "one.two");
    repo.config("secrets.patterns", "one[^x]two");
    repo.config("secrets.patterns", "one\\s+two");
    repo.stage("f", "one\ntwo\none two\n");
    repo.secrets(["--scan", "f"]).finds("f:3:one two");
    repo.secrets(["--scan"]).finds("f:3:one two");
}

#[test]
fn a_pattern_beside_others_means_the_same() {
    let repo = Repo::lax();
    for pattern in ["(a)\\1-k", "(b|c)=v", "^d", "e$"] {
        repo.config("secrets.patterns", pattern);
    }
    repo.stage("f", "aa-k\nb=v\nxd\nd-x\nx-e\ne-x\n");
    let found = "f:1:aa-k\nf:2:b=v\nf:4:d-x\nf:5:x-e";
    repo.secrets(["--scan", "f"]).finds(found);
    repo.secrets(["--scan"]).finds(found);
}
