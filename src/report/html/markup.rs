//! Text as HTML.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns text as it may stand in an element or in a quoted attribute.
pub(crate) fn html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match entity(char) {
            Some(entity) => out.push_str(entity),
            None => out.push(char),
        }
    }
    Cow::Owned(out)
}

/// Returns the entity of a character that HTML and XML read as markup.
pub(crate) const fn entity(char: char) -> Option<&'static str> {
    match char {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

/// Returns a sentence as HTML, with what stands between backticks as code.
pub(crate) fn with_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, code, after)) = between_backticks(rest) {
        let _ = write!(out, "{}<code>{}</code>", html(before), html(code));
        rest = after;
    }
    out.push_str(&html(rest));
    out
}

fn between_backticks(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

/// Returns a step of advice as HTML: code, and links to pages that the reader may open.
pub(super) fn advice(step: &str) -> String {
    let mut out = String::with_capacity(step.len() + 64);
    let mut rest = step;
    while let Some(at) = rest.find("https://") {
        let url = &rest[at..];
        let ends = |char: char| {
            char.is_whitespace() || !char.is_ascii() || "`\"'<>()[]{}|\\^".contains(char)
        };
        let url = &url[..url.find(ends).unwrap_or(url.len())];
        let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        out.push_str(&with_code(&rest[..at]));
        let shown = html(url);
        let _ = match url.len() > "https://".len() {
            true => write!(out, "<a href=\"{shown}\" rel=\"noopener noreferrer\">{shown}</a>"),
            false => write!(out, "{shown}"),
        };
        rest = &rest[at + url.len()..];
    }
    out.push_str(&with_code(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::{advice, html, with_code};

    #[test]
    fn markup_in_text_stays_text() {
        for (text, expected) in [
            ("plain", "plain"),
            ("</script>", "&lt;/script&gt;"),
            ("a\"b'c&d", "a&quot;b&#39;c&amp;d"),
        ] {
            assert_eq!(html(text), expected);
        }
    }

    #[test]
    fn backticks_become_code() {
        for (text, expected) in [
            ("run `git gc` now", "run <code>git gc</code> now"),
            ("a ` alone", "a ` alone"),
            ("`<b>`", "<code>&lt;b&gt;</code>"),
        ] {
            assert_eq!(with_code(text), expected);
        }
    }

    #[test]
    fn advice_links_to_pages_and_to_nothing_else() {
        let link = |url: &str| format!("<a href=\"{url}\" rel=\"noopener noreferrer\">{url}</a>");
        for (step, expected) in [
            ("Open https://a.example/x.", format!("Open {}.", link("https://a.example/x"))),
            ("See https://a.example/\"onclick=x", {
                format!("See {}&quot;onclick=x", link("https://a.example/"))
            }),
            ("javascript:alert(1)", "javascript:alert(1)".into()),
            ("https:// alone", "https:// alone".into()),
        ] {
            assert_eq!(advice(step), expected);
        }
    }
}
