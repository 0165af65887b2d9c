//! What git's own lines in a message say of how it will be cleaned up.
//!
//! `git commit --cleanup=MODE` overrules the configuration, and no hook is told. The template that
//! git opens in the editor tells it to people: in its own words that comments are kept, or by the
//! scissors that stand alone.

/// What git says of comments that stay: in English, and in the languages that git 2.47 speaks. The Vietnamese for "kept" is that for "ignored", so it cannot be told there.
const KEPT: [&str; 18] = [
    "will be kept",
    "също ще бъдат включени",
    "mantindran",
    "beibehalten",
    "διατηρηθούν",
    "serán guardadas",
    "serán conservadas",
    "seront conservées",
    "akan tetap",
    "saranno mantenute",
    "보존되니",
    "będą zachowane",
    "serão mantidas",
    "будут оставлены",
    "kommer behållas",
    "tutulacaktır",
    "将被保留",
    "會保留",
];

/// What the template tells of comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// That they stay.
    Kept,
    /// That they go.
    Gone,
    /// Nothing.
    Nothing,
}

/// Reads the lines of a message, in which git cuts at `cut` if anywhere.
pub(super) fn read(lines: &[&[u8]], prefixes: &[Vec<u8>], cut: Option<usize>) -> Told {
    let above = &lines[..cut.unwrap_or(lines.len())];
    for prefix in prefixes {
        let hints = above
            .split(|line| {
                line.strip_prefix(&prefix[..]).is_none_or(|rest| rest.trim_ascii().is_empty())
            })
            .map(|paragraph| joined(paragraph, prefix.len()))
            .filter(|paragraph| is_hint(paragraph, &String::from_utf8_lossy(prefix)));
        let mut is_told = false;
        for hint in hints {
            is_told = true;
            if KEPT.iter().any(|kept| hint.contains(kept)) {
                return Told::Kept;
            }
        }
        if is_told {
            return Told::Gone;
        }
    }
    // By default git says what happens to comments above the scissors of `commit -v`; where
    // scissors are all that cleans up, it says nothing there, and comments above them stay.
    if cut.is_some() { Told::Kept } else { Told::Nothing }
}

/// The lines of a paragraph without their prefix, as one.
fn joined(paragraph: &[&[u8]], prefix: usize) -> String {
    let rest = |line: &&[u8]| String::from_utf8_lossy(line[prefix..].trim_ascii()).into_owned();
    paragraph.iter().map(rest).collect::<Vec<_>>().join(" ")
}

/// Whether git speaks of comments here: it has what begins one between quotation marks.
fn is_hint(paragraph: &str, prefix: &str) -> bool {
    let is_mark = |char: Option<char>| {
        char.is_some_and(|char| !char.is_alphanumeric() && !char.is_whitespace())
    };
    paragraph.match_indices(prefix).any(|(at, _)| {
        is_mark(paragraph[..at].chars().next_back())
            && is_mark(paragraph[at + prefix.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::{Told, read};

    fn told(text: &str, cut: bool) -> Told {
        let lines: Vec<&[u8]> = text.as_bytes().split_inclusive(|&byte| byte == b'\n').collect();
        read(&lines, &[b"#".to_vec()], cut.then_some(lines.len()))
    }

    #[test]
    fn the_template_tells_whether_comments_stay() {
        let english = "# Please enter the commit message for your changes. Lines starting\n# with '#' will be";
        for (text, cut, expected) in [
            (
                format!(
                    "a\n\n{english} ignored, and an empty message aborts the commit.\n#\n# kept\n"
                ),
                false,
                Told::Gone,
            ),
            (
                format!(
                    "a\n\n{english} ignored, and an empty message aborts the commit.\n#\n# On\n"
                ),
                true,
                Told::Gone,
            ),
            (
                format!("a\n\n{english} kept; you may remove them yourself\n#\n# On branch\n"),
                false,
                Told::Kept,
            ),
            (
                "a\n# Zeilen, die\n# mit '#' beginnen, werden beibehalten; wenn\n".into(),
                false,
                Told::Kept,
            ),
            (
                "a\n# Wiersze zaczynające się\n# od „#” będą\n# zachowane; możesz\n".into(),
                false,
                Told::Kept,
            ),
            ("a\n# Zeilen, die\n# mit '#' beginnen, werden ignoriert\n".into(), true, Told::Gone),
            ("a\n# what will be kept\n".into(), false, Told::Nothing),
            ("a\n# mine\n".into(), false, Told::Nothing),
            ("a\n# mine\n".into(), true, Told::Kept),
        ] {
            assert_eq!(told(&text, cut), expected, "{text}");
        }
    }
}
