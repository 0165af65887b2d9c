//! Text broken into lines that fit a width.

/// Breaks `text` at blanks into lines of at most `width` characters.
///
/// Nothing is cut: a word that is longer than a line, such as an address, has a line of its own. `first` stands
/// before the first line and `next` before the others; both count. Without a width all is one line.
///
/// ```
/// use tightlip::text::wrap::wrap;
/// assert_eq!(wrap("one two three", Some(10), "- ", "  "), "- one two\n  three");
/// assert_eq!(wrap("one two three", None, "- ", "  "), "- one two three");
/// ```
#[must_use]
pub fn wrap(text: &str, width: Option<usize>, first: &str, next: &str) -> String {
    let Some(width) = width else { return format!("{first}{text}") };
    let mut out = first.to_owned();
    let mut used = columns(first);
    let mut is_empty = true;
    for word in text.split(' ') {
        let wide = columns(word);
        if !is_empty && used + 1 + wide > width {
            out.push('\n');
            out.push_str(next);
            used = columns(next);
            is_empty = true;
        }
        if !is_empty {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
        is_empty = false;
    }
    out
}

/// How many columns of a terminal a text takes. Colours take none; every character counts as one.
#[must_use]
pub fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            // A colour ends with the letter m.
            chars.by_ref().take_while(|&char| char != 'm').for_each(drop);
        } else {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{columns, wrap};

    #[test]
    fn lines_fit_and_no_word_is_lost() {
        let text = "see https://example.com/a/very/long/address and do what it says there";
        for width in 1..80 {
            let wrapped = wrap(text, Some(width), "-> ", "   ");
            let words: Vec<&str> = wrapped.split_whitespace().skip(1).collect();
            assert_eq!(words.join(" "), text);
            for line in wrapped.lines() {
                let is_one_word = line.trim_start_matches("-> ").trim().split(' ').count() == 1;
                assert!(columns(line) <= width || is_one_word, "{width}: {line}");
            }
        }
    }

    #[test]
    fn colours_take_no_columns() {
        assert_eq!(columns("\x1b[1;31mred\x1b[0m caf\u{e9}"), 8);
        let wrapped = wrap("\x1b[1mone\x1b[0m two", Some(7), "", "");
        assert_eq!(wrapped, "\x1b[1mone\x1b[0m two");
    }
}
